//! Logging in: a user key gives a refresh token, and that gives the token that everything else is read with.

use std::cell::RefCell;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::config::Reader;
use super::envelope::said;
use crate::net::{Answer, Client, Request, Secret};
use crate::policy::quoted;
use crate::source::Fault;
use crate::source::names::one_line;
use crate::source::scalar::{Scalar, first, object};
use crate::source::session::{Login, Token, claims};

/// How long a token is used of which nobody tells when it ends: Mend's own pages speak of 10 and of 30 minutes.
const UNTOLD: Duration = Duration::from_secs(8 * 60);

/// The organization that the key belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Org {
    /// Its UUID.
    pub(super) uuid: String,
    /// Its name, where Mend tells.
    pub(super) name: Option<String>,
}

/// Logs in with the user key, and again with the refresh token.
pub(super) struct Keys<'r> {
    reader: &'r Reader,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    refresh: Option<Secret>,
    access: Option<Secret>,
    org: Option<Org>,
    reached: bool,
}

impl<'r> Keys<'r> {
    /// Nobody was asked yet.
    pub(super) fn new(reader: &'r Reader) -> Keys<'r> {
        Keys { reader, state: RefCell::default() }
    }

    /// The organization, once a token was given.
    pub(super) fn org(&self) -> Option<Org> {
        self.state.borrow().org.clone()
    }

    /// Whether the server gave any answer.
    pub(super) fn is_reached(&self) -> bool {
        self.state.borrow().reached
    }

    /// Gives the refresh token back, so that it ends. What comes of it changes nothing any more.
    pub(super) async fn end(&self, client: &Client) {
        let (refresh, access) = {
            let mut state = self.state.borrow_mut();
            (state.refresh.take(), state.access.take())
        };
        let Some(refresh) = refresh else { return };
        let mut request = self.request(&["logout"], "log out of Mend").secret_header(REFRESH, &refresh);
        if let Some(access) = access {
            request = request.bearer(&access);
        }
        let _ = tokio::time::timeout(Duration::from_secs(3), client.send(&request)).await;
    }

    fn request(&self, segments: &[&str], attempt: &str) -> Request {
        signed(Request::post(&self.reader.endpoint, segments, attempt))
    }

    /// The first step: the refresh token. An access token that comes with it is `Err`, for then there is no second step.
    async fn refresh(&self, client: &Client) -> Result<Result<Secret, Given>, Fault> {
        let Reader { settings, endpoint, email, key, baseline: _ } = self.reader;
        let mut body = json!({"email": email.expose(), "userKey": key.expose()});
        if let Some(org) = &settings.org {
            body["orgUuid"] = json!(org);
        }
        let request = self.request(&["login"], "log in to Mend").json(&body);
        let answer = client.send(&request).await?;
        self.state.borrow_mut().reached = true;
        let host = endpoint.host();
        if !answer.is_success() {
            let help = match answer.status {
                400 | 401 | 403 => {
                    "are MEND_EMAIL and MEND_USER_KEY right and of one user, is the key still valid, and is this the instance \
                     that the user belongs to?"
                }
                404 => "is the address right (`url`, MEND_URL)?",
                _ => "",
            };
            return Err(Fault::refused(request.attempt(), &host, &answer, said(&answer).as_deref(), help));
        }
        let given = given(&answer).map_err(|error| Fault::protocol(request.attempt(), &host, error))?;
        match (given.refresh_token.text(), given.jwt_token.text()) {
            (Some(token), _) => {
                let token = Secret::new(token);
                client.masks().add(&token);
                self.state.borrow_mut().refresh = Some(token.clone());
                Ok(Ok(token))
            }
            (None, Some(_)) => Ok(Err(given)),
            (None, None) => Err(Fault::protocol(request.attempt(), &host, "there is no refresh token in it")),
        }
    }

    /// The second step: the access token. `None` if the refresh token is refused.
    async fn access(&self, client: &Client, refresh: &Secret, strict: Strict) -> Result<Option<Given>, Fault> {
        // Without a body some clients leave the type out as well, which a server could refuse.
        let mut request = self.request(&["login", "accessToken"], "get an access token from Mend").json(&json!({}));
        request = request.secret_header(REFRESH, refresh);
        if let Some(org) = &self.reader.settings.org {
            request = request.query("orgUuid", org);
        }
        let answer = client.send(&request).await?;
        let host = self.reader.endpoint.host();
        if matches!(answer.status, 400 | 401 | 403) && strict == Strict::No {
            return Ok(None);
        }
        if !answer.is_success() {
            let help = match &self.reader.settings.org {
                Some(org) => format!(
                    "does the user belong to the organization {} (`org`, MEND_ORG_UUID), and is that its UUID?",
                    quoted(org)
                ),
                None => "does the user belong to an organization? name it with `org` or MEND_ORG_UUID".to_owned(),
            };
            return Err(Fault::refused(request.attempt(), &host, &answer, said(&answer).as_deref(), &help));
        }
        given(&answer).map(Some).map_err(|error| Fault::protocol(request.attempt(), &host, error))
    }

    /// What was given becomes a token, if it is one of the organization that was asked for.
    fn token_of(&self, given: &Given) -> Result<Token, Fault> {
        let attempt = "get an access token from Mend";
        let host = self.reader.endpoint.host();
        let Some(token) = given.jwt_token.text() else {
            return Err(Fault::protocol(attempt, &host, "there is no token in it"));
        };
        let claims = claims::<Claims>(token).unwrap_or_default();
        // A token that is fetched later must be of the organization that reading began with: the lists of another one are
        // empty where the project is not in it.
        let begun = self.org().map(|org| org.uuid);
        let asked = self.reader.settings.org.as_deref();
        let told = first(&[&given.org_uuid, &claims.org_uuid]).text();
        let name = first(&[&given.org_name, &claims.org_name]).text().map(|name| one_line(name, 80));
        let uuid = match (asked, told) {
            (Some(asked), Some(told)) if !asked.eq_ignore_ascii_case(told) => {
                let named = name.map(|name| format!(" ({name})")).unwrap_or_default();
                return Err(Fault::new(format!(
                    "the key belongs to organization {told}{named}, and {asked} was asked for (`org`, MEND_ORG_UUID); use a key \
                     of a user of that organization, or correct it"
                )));
            }
            (None, Some(told)) if begun.as_ref().is_some_and(|begun| !begun.eq_ignore_ascii_case(told)) => {
                return Err(Fault::new(format!(
                    "Mend gave a new token of another organization ({told}) than the one that reading began with ({}); fix it with \
                     `org` or MEND_ORG_UUID",
                    begun.unwrap_or_default()
                )));
            }
            (_, Some(told)) => told.to_owned(),
            (Some(asked), None) => asked.to_owned(),
            (None, None) if begun.is_some() => begun.unwrap_or_default(),
            (None, None) => {
                let help = "the answer does not tell the organization; name it with `org` or MEND_ORG_UUID";
                return Err(Fault::protocol(attempt, &host, help));
            }
        };
        let secret = Secret::new(token);
        let mut state = self.state.borrow_mut();
        state.org = Some(Org { uuid, name });
        state.access = Some(secret.clone());
        let life = claims.life().or_else(|| life_of(&given.token_ttl)).unwrap_or(UNTOLD);
        // A short token is not renewed before it was used.
        let margin = (life / 5).min(Duration::from_secs(60));
        Ok(Token { secret, renew_at: Some(Instant::now() + life.saturating_sub(margin)) })
    }
}

/// Whether a refused refresh token is a fault already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strict {
    Yes,
    No,
}

impl Login for Keys<'_> {
    async fn token(&self, client: &Client, previous: Option<&Token>) -> Result<Token, Fault> {
        let held = self.state.borrow().refresh.clone().filter(|_| previous.is_some());
        if let Some(refresh) = held
            && let Some(given) = self.access(client, &refresh, Strict::No).await?
        {
            return self.token_of(&given);
        }
        match self.refresh(client).await? {
            Ok(refresh) => match self.access(client, &refresh, Strict::Yes).await? {
                Some(given) => self.token_of(&given),
                None => Err(Fault::new("cannot get an access token from Mend: it was refused")),
            },
            Err(given) => self.token_of(&given),
        }
    }

    /// Mend documents no 401 for what it lists, so a token that has ended may as well be a 403.
    fn may_have_ended(&self, answer: &Answer) -> bool {
        matches!(answer.status, 401 | 403)
    }
}

/// The header that the refresh token travels in.
const REFRESH: &str = "wss-refresh-token";

/// Says who asks: Mend counts its clients by these headers.
pub(super) fn signed(request: Request) -> Request {
    request.header("agent-name", "findgate").header("agent-version", env!("CARGO_PKG_VERSION"))
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Given {
    refresh_token: Scalar,
    jwt_token: Scalar,
    #[serde(rename = "tokenTTL")]
    token_ttl: Scalar,
    org_uuid: Scalar,
    org_name: Scalar,
}

fn given(answer: &Answer) -> Result<Given, serde_json::Error> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Body {
        #[serde(deserialize_with = "object")]
        response: Given,
    }
    serde_json::from_str::<Body>(&answer.body).map(|body| body.response)
}

/// What a token says of itself. Nobody verifies it here: a wrong claim only makes the token be renewed at the wrong time.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Claims {
    exp: Scalar,
    iat: Scalar,
    org_uuid: Scalar,
    org_name: Scalar,
}

impl Claims {
    /// From its beginning to its end: the difference of the server's own times, so that it does not matter how the clock of
    /// this machine is set.
    fn life(&self) -> Option<Duration> {
        let seconds = self.exp.count()?.checked_sub(self.iat.count()?)?;
        Some(Duration::from_secs(seconds)).filter(|life| !life.is_zero() && *life < Duration::from_secs(7 * 24 * 3600))
    }
}

/// A life in seconds or, as some of Mend's instances write it, in milliseconds: no token lives longer than a day.
fn life_of(ttl: &Scalar) -> Option<Duration> {
    let number = ttl.count().filter(|number| *number > 0)?;
    Some(if number >= 100_000 { Duration::from_millis(number) } else { Duration::from_secs(number) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    #[test]
    fn a_life_is_read_in_seconds_and_in_milliseconds() {
        for (ttl, seconds) in [
            (Scalar::Whole(1800), Some(1800)),
            (Scalar::Whole(600_000), Some(600)),
            (Scalar::Text("1800".into()), Some(1800)),
            (Scalar::Whole(0), None),
            (Scalar::Nothing, None),
        ] {
            assert_eq!(life_of(&ttl), seconds.map(Duration::from_secs), "{ttl:?}");
        }
    }

    #[test]
    fn a_token_tells_its_life_and_its_organization_and_a_broken_one_tells_nothing() {
        let token = |payload: &str| format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(payload));
        let told =
            claims::<Claims>(&token(r#"{"iat": 1790000000, "exp": 1790000600, "orgUuid": "o-1"}"#)).unwrap_or_default();
        assert_eq!(told.life(), Some(Duration::from_secs(600)));
        assert_eq!(told.org_uuid.text(), Some("o-1"));
        for broken in ["", "a.b.c", &token("[]"), &token(r#"{"exp": 5}"#), &token(r#"{"exp": 5, "iat": 6}"#)] {
            assert_eq!(claims::<Claims>(broken).unwrap_or_default().life(), None, "{broken}");
        }
    }
}
