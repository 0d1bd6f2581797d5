//! Asking AppSec+: requests with a token, and its refusals in words.

use serde_json::Value;

use super::config::{Credentials, HOST, Reader};
use crate::net::{Answer, Client, Request};
use crate::source::Fault;
use crate::source::fault::cleaned;
use crate::source::session::Session;

/// The API, for one run.
pub(super) struct Api<'r> {
    reader: &'r Reader,
    session: Session<'r, &'r Credentials>,
}

impl<'r> Api<'r> {
    /// Nothing was asked yet.
    pub(super) fn new(reader: &'r Reader, client: &'r Client) -> Api<'r> {
        Api { reader, session: Session::new(client, &reader.credentials) }
    }

    /// Logs in, if a token has to be fetched.
    pub(super) async fn log_in(&self) -> Result<(), Fault> {
        self.session.begin().await.map_err(|fault| self.explained(fault))
    }

    /// A request for what lies below the API.
    pub(super) fn request(&self, segments: &[&str], attempt: &str) -> Request {
        Request::get(&self.reader.url, segments, attempt)
    }

    /// Sends it; a status that means no is an answer, too.
    pub(super) async fn send(&self, request: Request) -> Result<Answer, Fault> {
        self.session.send(request).await.map_err(|fault| self.explained(fault))
    }

    /// The host, for messages.
    pub(super) fn host(&self) -> String {
        self.reader.url.host()
    }

    /// The settings.
    pub(super) fn reader(&self) -> &'r Reader {
        self.reader
    }

    /// A refusal in words. `missing` is what to do where the server does not know what was asked for.
    pub(super) fn refused(&self, attempt: &str, answer: &Answer, missing: &str) -> Fault {
        let fetched = matches!(self.reader.credentials, Credentials::Client(_));
        let help = match answer.status {
            401 if fetched => {
                "the token was fetched a moment ago, so do `url` (APPSECPLUS_URL) and `token_url` (APPSECPLUS_TOKEN_URL) belong to \
                 the same AppSec+?"
                    .to_owned()
            }
            401 => "APPSECPLUS_TOKEN is wrong or has expired; give a new one".to_owned(),
            403 => {
                let who = if fetched { "the client of APPSECPLUS_CLIENT_ID" } else { "the token of APPSECPLUS_TOKEN" };
                format!("{who} may not read that; the role Read-Only suffices, an admin of AppSec+ gives it")
            }
            404 | 405 => missing.to_owned(),
            408 | 425 | 500..=599 => "the server has trouble; run it again later".to_owned(),
            _ => String::new(),
        };
        Fault::refused(attempt, &self.host(), answer, said(&answer.body).as_deref(), &help)
    }

    /// What cannot be read in an answer.
    pub(super) fn protocol(&self, attempt: &str, what: impl std::fmt::Display) -> Fault {
        Fault::protocol(attempt, &self.host(), what)
    }

    /// Nobody answers at the host of the documentation, which is the one where no other is named.
    fn explained(&self, fault: Fault) -> Fault {
        if self.reader.url.host() != HOST {
            return fault;
        }
        Fault::new(format!(
            "{fault}; that host is an example, so name your own as `url` in the policy or in APPSECPLUS_URL"
        ))
    }
}

/// What a server says about a refusal, with its code before it. AppSec+ writes `code`, `message` and `details`; a token
/// endpoint may write `error` and `error_description` as OAuth 2.0 does.
pub(super) fn said(body: &str) -> Option<String> {
    let plain = || Some(cleaned(body)).filter(|said| !said.is_empty());
    let Ok(Value::Object(body)) = serde_json::from_str::<Value>(body) else { return plain() };
    let text = |value: Option<&Value>| {
        value.and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let error = body.get("error");
    let message = text(body.get("message"))
        .or_else(|| text(body.get("error_description")))
        .or_else(|| text(error.and_then(|error| error.get("message"))))
        .or_else(|| text(error))
        .or_else(|| text(body.get("detail")));
    let code =
        text(body.get("code")).or_else(|| text(error.and_then(|error| error.get("code")))).or_else(|| text(error));
    match (code, message) {
        (Some(code), Some(message)) if code != message => Some(format!("{code}: {message}")),
        (_, Some(message)) => Some(message),
        (Some(code), None) => Some(code),
        (None, None) => plain(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_is_found_in_every_shape_that_it_has() {
        for (body, want) in [
            (r#"{"code": "not_found", "message": "no such thing", "details": {}}"#, Some("not_found: no such thing")),
            (r#"{"error": "invalid_client", "error_description": "Failed"}"#, Some("invalid_client: Failed")),
            (r#"{"error": {"code": "x", "message": "broken"}}"#, Some("x: broken")),
            (r#"{"error": "broken"}"#, Some("broken")),
            (r#"{"detail": "slow down"}"#, Some("slow down")),
            (r#"{"code": "rate_limited", "details": null}"#, Some("rate_limited")),
            ("plain\n words", Some("plain words")),
            ("<html>", Some("a page for people")),
            ("", None),
        ] {
            assert_eq!(said(body).as_deref(), want, "{body}");
        }
    }
}
