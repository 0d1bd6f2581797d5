//! Asking Mayo: the key, and what the service says when it refuses.

use serde_json::Value;

use super::Fault;
use super::config::{AuthHeader, KEY, KEY_PREFIX, NAME, Reader, is_session_token};
use crate::net::{Answer, Client, Request, Secret};
use crate::source::Desk;

/// So many keys that are not ours are taken out of what the service sends. More of them are no accident, and each makes
/// masking slower.
const MOST_FOREIGN_KEYS: usize = 50;
/// A key is at least so long; shorter words that begin like one may be the name of a check.
const SHORTEST_KEY: usize = 24;
/// The most of a body that is looked into for the reason of a refusal, in bytes.
const MOST_SAID: usize = 64 * 1024;

/// The service.
pub(super) struct Api<'a> {
    /// What is needed to read.
    pub(super) reader: &'a Reader,
    /// What is judged.
    pub(super) desk: &'a Desk,
    client: Client,
}

/// A list of the service, for one reading.
#[derive(Clone, Debug)]
pub(super) struct List {
    /// What it lists: `findings`.
    pub(super) what: &'static str,
    /// The parts of its path.
    pub(super) path: Vec<String>,
    /// Parameters beside those of paging.
    pub(super) query: Vec<(String, String)>,
    /// The permission that the key needs for it.
    pub(super) permission: &'static str,
    /// What to do where there is no such list.
    pub(super) help: &'static str,
}

/// Why a page could not be read.
#[derive(Clone, Debug)]
pub(super) enum Denied {
    /// There is no answer, or none that can be read.
    Fault(Fault),
    /// The service refused.
    Refused(Refusal),
}

/// A refusal.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    /// The HTTP status.
    pub(super) status: u16,
    /// What it says of single parameters: their names.
    fields: Vec<String>,
    /// What it says.
    said: String,
    /// The sentence for people.
    pub(super) fault: Fault,
}

impl From<Denied> for Fault {
    fn from(denied: Denied) -> Fault {
        match denied {
            Denied::Fault(fault) => fault,
            Denied::Refused(refusal) => refusal.fault,
        }
    }
}

impl Refusal {
    /// Whether it is about a parameter.
    pub(super) fn names(&self, parameter: &str) -> bool {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        !parameter.is_empty()
            && matches!(self.status, 400 | 422)
            && (self.fields.iter().any(|field| field == parameter)
                || self.said.split(|c| !is_word(c)).any(|word| word == parameter))
    }

    /// Whether there is no such list.
    pub(super) fn is_missing(&self) -> bool {
        matches!(self.status, 404 | 405 | 501)
    }
}

impl<'a> Api<'a> {
    /// Makes it ready to be asked.
    pub(super) fn open(reader: &'a Reader, desk: &'a Desk) -> Result<Api<'a>, Fault> {
        let concurrency = usize::try_from(reader.settings.concurrency).unwrap_or(1);
        let client = desk.network.client(NAME, &[&reader.endpoint], concurrency);
        client
            .map(|client| Api { reader, desk, client })
            .map_err(|error| Fault::new(format!("cannot ask {}: {error:#}", reader.endpoint.host())))
    }

    /// Host and port, for messages.
    pub(super) fn host(&self) -> String {
        self.reader.endpoint.host()
    }

    /// Tells the curious something.
    pub(super) fn log(&self, line: &str) {
        self.client.log(line);
    }

    /// Reads one page of a list; gives the body.
    pub(super) async fn page(&self, list: &List, number: u64, size: u32) -> Result<String, Denied> {
        let attempt = if number == 1 {
            format!("read the {}", list.what)
        } else {
            format!("read page {number} of the {}", list.what)
        };
        let segments: Vec<&str> = list.path.iter().map(String::as_str).collect();
        let mut request = Request::get(&self.reader.endpoint, &segments, &attempt);
        for (name, value) in &list.query {
            request = request.query(name, value);
        }
        request = request.query("page", &number.to_string()).query("per_page", &size.to_string());
        let key = &self.reader.key;
        request = match self.reader.settings.auth_header {
            AuthHeader::ApiKey if !is_session_token(key) => request.secret_header("x-api-key", key),
            AuthHeader::ApiKey | AuthHeader::Authorization => request.bearer(key),
        };
        let answer = self.client.send(&request).await.map_err(|failure| Denied::Fault(failure.into()))?;
        self.mask_keys(&answer.body);
        if answer.is_success() {
            return Ok(answer.body);
        }
        Err(Denied::Refused(refusal(&attempt, &self.host(), &answer, list)))
    }

    /// Whatever looks like a key of Mayo is kept out of every output, also one that is not ours.
    fn mask_keys(&self, body: &str) {
        let mut rest = body;
        for _ in 0..MOST_FOREIGN_KEYS {
            let Some(at) = rest.find(KEY_PREFIX) else { return };
            let found = rest.get(at..).unwrap_or_default();
            let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
            let (key, after) = found.split_at(found.find(|c| !is_part(c)).unwrap_or(found.len()));
            if key.len() >= SHORTEST_KEY && key != self.reader.key.expose() {
                self.client.masks().add(&Secret::new(key));
            }
            rest = after;
        }
    }
}

/// What a body says of a refusal.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    /// `error.code`.
    code: Option<String>,
    /// The message.
    message: Option<String>,
    /// The parameters that it is about.
    fields: Vec<String>,
}

/// Reads `{"error": {"code", "message", "details"}}`, `{"error": "..."}`, `{"detail": "..."}`, `{"detail": [{"loc", "msg"}]}` and
/// `{"message": "..."}`, in this order; of anything else the body itself is what was said.
fn said(body: &str) -> Said {
    let plain = || Said { message: Some(body.trim().to_owned()).filter(|body| !body.is_empty()), ..Said::default() };
    if body.len() > MOST_SAID {
        return Said { message: body.get(..1000).map(str::to_owned), ..Said::default() };
    }
    let Ok(value) = serde_json::from_str::<Value>(body.trim_start_matches('\u{feff}')) else { return plain() };
    let text = |value: &Value| value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let error = &value["error"];
    let code = text(&error["code"]);
    let (mut fields, mut parts) = (Vec::new(), Vec::new());
    if let Some(message) = text(&error["message"]) {
        parts.push(message);
        // A list of fields, or an object of them.
        for detail in error["details"].as_array().into_iter().flatten() {
            let (field, message) = (text(&detail["field"]), text(&detail["message"]));
            parts.extend(match (&field, message) {
                (Some(field), Some(message)) => Some(format!("{field}: {message}")),
                (Some(field), None) => Some(field.clone()),
                (None, message) => message,
            });
            fields.extend(field);
        }
        for (field, about) in error["details"].as_object().into_iter().flatten() {
            parts.push(text(about).map_or_else(|| field.clone(), |about| format!("{field}: {about}")));
            fields.push(field.clone());
        }
    } else if let Some(message) = text(error).or_else(|| text(&value["detail"])) {
        parts.push(message);
    } else if let Some(list) = value["detail"].as_array() {
        for detail in list {
            let path: Vec<String> = detail["loc"].as_array().into_iter().flatten().filter_map(text).collect();
            let message = text(&detail["msg"]).unwrap_or_default();
            parts.push(if path.is_empty() { message } else { format!("{}: {message}", path.join(".")) });
            fields.extend(path.into_iter().skip_while(|part| part == "query"));
        }
    } else {
        parts.extend(text(&value["message"]));
    }
    let message = parts.join("; ");
    if message.is_empty() && code.is_none() {
        return plain();
    }
    Said { code, message: Some(message).filter(|message| !message.is_empty()), fields }
}

fn refusal(attempt: &str, host: &str, answer: &Answer, list: &List) -> Refusal {
    let Said { code, message, fields } = said(&answer.body);
    let help = help(answer.status, code.as_deref(), list);
    let told = match (&code, &message) {
        (Some(code), Some(message)) => Some(format!("{code}: {message}")),
        (code, message) => code.clone().or_else(|| message.clone()),
    };
    let fault = Fault::refused(attempt, host, answer, told.as_deref(), &help);
    Refusal { status: answer.status, fields, said: message.unwrap_or_default(), fault }
}

/// What to do about a refusal.
fn help(status: u16, code: Option<&str>, list: &List) -> String {
    const CREATE: &str = "create a new one at Mayo (Settings > Integrations > API Keys)";
    match (status, code) {
        (401, Some("api_key_revoked")) => format!("the key in {KEY} was revoked; {CREATE}"),
        (401, Some("api_key_expired")) => format!("the key in {KEY} has expired; {CREATE}"),
        (401, Some("token_expired" | "token_invalid")) => {
            format!("{KEY} holds the token of a session, which lasts an hour; use an API key: {CREATE}")
        }
        (401, _) => format!("the key in {KEY} is not one that the service knows; copy it once more, or {CREATE}"),
        (403, _) => {
            format!(
                "the key in {KEY} may not do this; it needs the permission {} (and must be of the right organization)",
                list.permission
            )
        }
        (404 | 405, _) => list.help.to_owned(),
        (500.., _) => "the service is in trouble; run it later".to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_of_a_refusal_is_found_in_every_form_that_the_service_writes() {
        for (body, code, message, fields) in [
            (
                r#"{"error": {"code": "validation_error", "message": "Invalid", "details": [{"field": "sort", "message": "unknown"}]}}"#,
                Some("validation_error"),
                "Invalid; sort: unknown",
                &["sort"][..],
            ),
            (
                r#"{"error": {"code": "x", "message": "m", "details": {"project_id": "no"}}}"#,
                Some("x"),
                "m; project_id: no",
                &["project_id"],
            ),
            (r#"{"error": {"code": "x", "message": "m", "details": []}}"#, Some("x"), "m", &[]),
            (r#"{"error": "no such thing"}"#, None, "no such thing", &[]),
            (r#"{"detail": "Project not found"}"#, None, "Project not found", &[]),
            (
                r#"{"detail": [{"type": "extra", "loc": ["query", "project_id"], "msg": "Extra inputs are not permitted"}]}"#,
                None,
                "query.project_id: Extra inputs are not permitted",
                &["project_id"],
            ),
            (r#"{"message": "gone"}"#, None, "gone", &[]),
            ("<html>oops</html>", None, "<html>oops</html>", &[]),
            ("{}", None, "{}", &[]),
        ] {
            let said = said(body);
            assert_eq!(said.code.as_deref(), code, "{body}");
            assert_eq!(said.message.as_deref(), Some(message), "{body}");
            assert_eq!(said.fields, fields, "{body}");
        }
    }

    #[test]
    fn a_refusal_is_about_a_parameter_when_it_names_it_as_a_word() {
        let refusal = |status, fields: &[&str], said: &str| Refusal {
            status,
            fields: fields.iter().map(|field| (*field).to_owned()).collect(),
            said: said.to_owned(),
            fault: Fault::new("x"),
        };
        assert!(refusal(400, &["project_id"], "").names("project_id"));
        assert!(refusal(422, &[], "unknown parameter 'project_id'").names("project_id"));
        assert!(!refusal(422, &[], "unknown parameter 'my_project_id'").names("project_id"));
        assert!(!refusal(404, &["project_id"], "project_id").names("project_id"));
        assert!(!refusal(400, &[""], "").names(""));
    }
}
