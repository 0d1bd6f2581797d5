//! Asking CybeDefend: the exchange of the personal access token, and what its refusals mean.

use std::cell::OnceCell;
use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;

use super::config::{PAT, Reader};
use super::wire;
use crate::net::{Answer, Client, Endpoint, Field, Request, Secret};
use crate::source::Fault;
use crate::source::scalar::Scalar;
use crate::source::session::{Login, Session, Token};

/// A CybeDefend that can be asked.
pub(super) struct Server<'c> {
    session: Session<'c, Exchange>,
    api: Endpoint,
}

impl<'c> Server<'c> {
    /// Nobody was asked yet.
    pub(super) fn new(client: &'c Client, reader: &Reader) -> Server<'c> {
        let Reader { api, auth, pat, .. } = reader;
        let login = Exchange { api: api.clone(), auth: auth.clone(), pat: pat.clone(), app: OnceCell::new() };
        Server { session: Session::new(client, login), api: api.clone() }
    }

    /// The host of the API, for messages.
    pub(super) fn host(&self) -> String {
        self.api.host()
    }

    /// Finds out how to log in, which needs no credential.
    pub(super) async fn reach(&self, client: &Client) -> Result<(), Fault> {
        self.session.login().app(client).await.map(|_| ())
    }

    /// Logs in.
    pub(super) async fn begin(&self) -> Result<(), Fault> {
        self.session.begin().await
    }

    /// A request. `attempt` fits after "cannot".
    pub(super) fn get(&self, segments: &[&str], attempt: impl Into<String>) -> Request {
        Request::get(&self.api, segments, attempt)
    }

    /// Sends a request; the answer may be a refusal.
    pub(super) async fn send(&self, request: Request) -> Result<Answer, Fault> {
        self.session.send(request).await
    }

    /// Sends a request; every refusal is a fault.
    pub(super) async fn ask(&self, request: Request) -> Result<Answer, Fault> {
        let attempt = request.attempt().to_owned();
        let answer = self.send(request).await?;
        if answer.is_success() { Ok(answer) } else { Err(self.refused(&attempt, &answer)) }
    }

    /// Reads an answer.
    pub(super) fn parse<'a, T: Deserialize<'a>>(&self, attempt: &str, answer: &'a Answer) -> Result<T, Fault> {
        parse(attempt, &self.host(), answer)
    }

    /// What a refusal means and what to do about it.
    pub(super) fn refused(&self, attempt: &str, answer: &Answer) -> Fault {
        refused(
            attempt,
            &self.host(),
            answer,
            match answer.status {
                400 => "the server does not know what findgate asked for; is it a version of its own?",
                401 => {
                    "it refuses a token that was fetched just now: is CYBEDEFEND_PAT of this region, and does the login service \
                 belong to this API?"
                }
                403 => {
                    "the user of CYBEDEFEND_PAT may not read this; a team role of the project (Read Only suffices) allows it, and an id \
                 of another region is refused in the same way"
                }
                404 => "it does not exist here; check the id (`project`), and that the region is the right one",
                410 => {
                    "it takes the credential for an API key, which CybeDefend has given up; create a personal access token (Profile > \
                 Personal Access Tokens) and set CYBEDEFEND_PAT to it"
                }
                500.. => "the server is in trouble; run it again later",
                _ => "",
            },
        )
    }
}

fn parse<'a, T: Deserialize<'a>>(attempt: &str, host: &str, answer: &'a Answer) -> Result<T, Fault> {
    let body = answer.body.trim_start_matches('\u{feff}');
    serde_json::from_str(body).map_err(|error| Fault::protocol(attempt, host, error))
}

fn refused(attempt: &str, host: &str, answer: &Answer, help: &str) -> Fault {
    Fault::refused(attempt, host, answer, said(answer).as_deref(), help)
}

/// What the server said: its message, which may be a list, else its error, else the body.
fn said(answer: &Answer) -> Option<String> {
    let body = answer.body.trim();
    let Ok(told) = serde_json::from_str::<wire::Refusal>(body) else {
        return (!body.is_empty()).then(|| body.to_owned());
    };
    let message: Vec<&str> = told.message.iter().filter_map(Scalar::text).collect();
    if !message.is_empty() {
        return Some(message.join("; "));
    }
    told.error_description.text().or(told.error.text()).or((!body.is_empty()).then_some(body)).map(str::to_owned)
}

/// A personal access token is no bearer token: the login service of the same region gives one for it (RFC 8693).
pub(super) struct Exchange {
    api: Endpoint,
    auth: Endpoint,
    pat: Secret,
    app: OnceCell<App>,
}

/// What the token is asked for with.
#[derive(Clone, Debug, PartialEq, Eq)]
struct App {
    /// The only client that may exchange such tokens.
    id: String,
    /// The audience. Without it the token would open nothing; with that of another region the API refuses it.
    resource: String,
}

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const PAT_TYPE: &str = "urn:logto:token-type:personal_access_token";
/// How long a token holds where nobody tells, in seconds.
const LIFETIME: u64 = 600;
/// So many seconds before its end a token is renewed.
const EARLY: u64 = 60;

impl Login for Exchange {
    async fn token(&self, client: &Client, _: Option<&Token>) -> Result<Token, Fault> {
        let app = self.app(client).await?;
        let attempt = format!("exchange the personal access token ({PAT})");
        let request = Request::post(&self.auth, &["oidc", "token"], attempt.as_str()).form(&[
            ("grant_type", Field::Plain(EXCHANGE)),
            ("client_id", Field::Plain(&app.id)),
            ("subject_token", Field::Secret(&self.pat)),
            ("subject_token_type", Field::Plain(PAT_TYPE)),
            ("resource", Field::Plain(&app.resource)),
        ]);
        let answer = client.send(&request).await?;
        let arrived = Instant::now();
        if !answer.is_success() {
            return Err(self.not_exchanged(&attempt, &answer));
        }
        let told: wire::Exchanged = parse(&attempt, &self.auth.host(), &answer)?;
        let token = told.access_token.text();
        let token = token.ok_or_else(|| Fault::protocol(&attempt, &self.auth.host(), "it holds no access_token"))?;
        let renew_after = renew_after(lifetime(token, &told.expires_in));
        Ok(Token { secret: Secret::new(token), renew_at: Some(arrived + renew_after) })
    }
}

impl Exchange {
    /// Finds the client that may exchange, once.
    async fn app(&self, client: &Client) -> Result<App, Fault> {
        if let Some(app) = self.app.get() {
            return Ok(app.clone());
        }
        let app = match self.discover(client).await {
            Ok(app) => app,
            // Elsewhere the login service would not know this client, and what it says then leads astray.
            Err(fault) => match public_app(self.api.address()) {
                Some(id) => {
                    client.log(&format!("{fault}; going on with the client id that this region is known to have"));
                    App { id: id.to_owned(), resource: self.api.address().to_owned() }
                }
                None => return Err(fault),
            },
        };
        Ok(self.app.get_or_init(|| app).clone())
    }

    async fn discover(&self, client: &Client) -> Result<App, Fault> {
        let attempt = "find out how to log in to CybeDefend";
        let answer = client.send(&Request::get(&self.api, &["client-apps"], attempt)).await?;
        let host = self.api.host();
        if !answer.is_success() {
            let help = match answer.status {
                500.. => "",
                _ => {
                    "is this the address of CybeDefend's API? check the region (CYBEDEFEND_REGION, `region`) or the address \
                      (CYBEDEFEND_URL, `url`); the credential was not sent yet"
                }
            };
            return Err(refused(attempt, &host, &answer, help));
        }
        let apps: wire::ClientApps = parse(attempt, &host, &answer)?;
        let id = apps.cli.app_id.text().ok_or_else(|| Fault::protocol(attempt, &host, "it names no client `cli`"))?;
        let resource = apps.logto_resource.text().unwrap_or(self.api.address()).trim_end_matches('/');
        Ok(App { id: id.to_owned(), resource: resource.to_owned() })
    }

    /// Why there is no token. The login service answers 400 to nearly everything; only its code tells the reasons apart, and
    /// revoked and expired tokens not even that.
    fn not_exchanged(&self, attempt: &str, answer: &Answer) -> Fault {
        let told: wire::Refusal = serde_json::from_str(answer.body.trim()).unwrap_or_default();
        let code = told.error.text().or(told.code.text()).unwrap_or_default();
        let code = code.strip_prefix("oidc.").unwrap_or(code);
        let not_allowed =
            answer.body.contains("token_exchange_not_allowed") || answer.body.contains("grant type is not allowed");
        let help = match (answer.status, code) {
            (_, "invalid_client") => {
                "the login service does not know the client that the API names: do both addresses belong to one CybeDefend?"
            }
            (_, "invalid_target") => {
                "the login service does not give tokens for this API: do both addresses belong to one CybeDefend, and is the region right?"
            }
            _ if not_allowed => {
                "this CybeDefend does not exchange personal access tokens; its administrator has to allow it for the client `cli`"
            }
            (_, "invalid_grant") | (401 | 403, _) => {
                "the token is not accepted: it was revoked, has expired, or was issued for another region; create a new one \
                 (Profile > Personal Access Tokens) and check the region"
            }
            (500.., _) => "the login service is in trouble; run it again later",
            _ => {
                "check the address of the login service (CYBEDEFEND_AUTH_URL, `auth_url`) and the region (CYBEDEFEND_REGION, `region`)"
            }
        };
        refused(attempt, &self.auth.host(), answer, help)
    }
}

/// The client of a public region, for when its discovery fails.
fn public_app(api: &str) -> Option<&'static str> {
    match api {
        "https://api-eu.cybedefend.com" => Some("fm90ay05zohu8fk2q45ms"),
        "https://api-us.cybedefend.com" => Some("7o6r9cvvi8um0kisvn7hm"),
        _ => None,
    }
}

/// How long a token holds, in seconds: what the answer says or the token itself, whichever is less.
fn lifetime(token: &str, expires_in: &Scalar) -> u64 {
    let claims = || {
        let claims: wire::Claims = crate::source::session::claims(token)?;
        claims.exp.count()?.checked_sub(claims.iat.count()?)
    };
    let told = [expires_in.count(), claims()];
    told.into_iter().flatten().filter(|seconds| *seconds > 0).min().unwrap_or(LIFETIME)
}

/// When a token is renewed. One that holds hardly longer than the margin would be fetched for every request.
fn renew_after(lifetime: u64) -> Duration {
    const DAY: u64 = 24 * 3600;
    Duration::from_secs(lifetime.saturating_sub(EARLY).max(lifetime / 2).min(DAY))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    fn jwt(claims: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn a_token_holds_as_long_as_the_shorter_of_what_is_told_and_ten_minutes_where_nothing_is() {
        let number = Scalar::Whole;
        for (token, expires_in, want) in [
            (jwt(r#"{"iat": 1000, "exp": 1600}"#), number(3600), 600),
            (jwt(r#"{"iat": 1000, "exp": 9000}"#), number(900), 900),
            (jwt(r#"{"iat": 1000, "exp": 1300}"#), Scalar::Nothing, 300),
            (jwt(r#"{"exp": 1300}"#), Scalar::Nothing, 600),
            (jwt(r#"{"iat": 1000, "exp": 900}"#), number(0), 600),
            ("opaque".to_owned(), Scalar::Text("120".into()), 120),
            ("opaque".to_owned(), Scalar::Nothing, 600),
            ("a.!!!.c".to_owned(), number(-5), 600),
        ] {
            assert_eq!(lifetime(&token, &expires_in), want, "{token} {expires_in:?}");
        }
    }

    #[test]
    fn a_token_is_renewed_a_minute_before_its_end_and_a_short_one_at_half_of_it() {
        for (lifetime, want) in [(600, 540), (3600, 3540), (90, 45), (60, 30), (1, 0), (u64::MAX, 24 * 3600)] {
            assert_eq!(renew_after(lifetime).as_secs(), want, "{lifetime}");
        }
    }

    #[test]
    fn only_the_public_regions_have_a_client_that_is_known_beforehand() {
        assert!(
            public_app("https://api-eu.cybedefend.com").is_some()
                && public_app("https://api-us.cybedefend.com").is_some()
        );
        for other in [
            "https://api-acme.cybedefend.com",
            "https://x.example",
            "http://api-eu.cybedefend.com",
            "http://127.0.0.1:1",
        ] {
            assert_eq!(public_app(other), None, "{other}");
        }
    }
}
