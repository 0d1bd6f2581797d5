//! Tokens: OAuth 2.0 client credentials, or one that somebody else fetched.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;

use super::api::said;
use super::config::{ClientAuth, ClientCredentials, Credentials, is_visible};
use crate::net::{Answer, Client, Field, Request, Secret};
use crate::source::Fault;
use crate::source::scalar::Scalar;
use crate::source::session::{Login, Token};

/// How long a token holds where the server does not say: what AppSec+ documents.
const HOLDS: Duration = Duration::from_secs(3600);
/// A token is renewed so long before it ends.
const MARGIN: Duration = Duration::from_secs(60);

impl Login for &Credentials {
    async fn token(&self, client: &Client, _: Option<&Token>) -> Result<Token, Fault> {
        match self {
            Credentials::Token(secret) => Ok(Token { secret: secret.clone(), renew_at: None }),
            Credentials::Client(credentials) => credentials.fetch(client).await,
        }
    }

    /// A token that we did not fetch cannot be renewed, so a refusal of it is the answer.
    fn may_have_ended(&self, answer: &Answer) -> bool {
        answer.status == 401 && matches!(self, Credentials::Client(_))
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Given {
    access_token: Scalar,
    token_type: Scalar,
    expires_in: Scalar,
}

impl ClientCredentials {
    async fn fetch(&self, client: &Client) -> Result<Token, Fault> {
        let ClientCredentials { id, secret, basic, token_url, is_whole, auth, scope } = self;
        let attempt = "log in to AppSec+";
        let segments: &[&str] = if *is_whole { &[] } else { &["oauth", "token"] };
        let mut request = Request::post(token_url, segments, attempt);
        let mut form = vec![("grant_type", Field::Plain("client_credentials"))];
        match auth {
            ClientAuth::Body => {
                form.push(("client_id", Field::Plain(id)));
                form.push(("client_secret", Field::Secret(secret)));
            }
            ClientAuth::Basic => {
                request = request.secret_header("authorization", &Secret::new(&format!("Basic {}", basic.expose())));
            }
        }
        form.extend(scope.iter().map(|scope| ("scope", Field::Plain(scope))));
        let answer = client.send(&request.form(&form)).await?;
        let host = token_url.host();
        if !answer.is_success() {
            let help = match answer.status {
                400 | 401 => {
                    "check APPSECPLUS_CLIENT_ID and APPSECPLUS_CLIENT_SECRET; some servers want `client_auth: basic` or \
                     a `scope`"
                }
                403 => "the client of APPSECPLUS_CLIENT_ID may not have a token; ask an admin of AppSec+",
                404 | 405 => {
                    "is that where tokens are given? If it is elsewhere, say so as `token_url` or in APPSECPLUS_TOKEN_URL"
                }
                _ => "",
            };
            return Err(Fault::refused(attempt, &host, &answer, said(&answer.body).as_deref(), help));
        }
        let given: Given =
            serde_json::from_str(&answer.body).map_err(|error| Fault::protocol(attempt, &host, &error))?;
        let Some(token) = given.access_token.text().filter(|token| is_visible(token)) else {
            let what =
                said(&answer.body).map_or("there is no `access_token`".to_owned(), |said| format!("it says {said}"));
            return Err(Fault::protocol(attempt, &host, what));
        };
        let secret = Secret::new(token);
        client.masks().add(&secret);
        if let Some(kind) = given.token_type.text().filter(|kind| !kind.eq_ignore_ascii_case("bearer")) {
            return Err(Fault::protocol(attempt, &host, format!("its token is of the type `{kind}`, not Bearer")));
        }
        let holds = given.expires_in.count().map_or(HOLDS, Duration::from_secs);
        // A token that holds for a minute would otherwise never be used twice.
        let used = holds.saturating_sub(MARGIN).max(holds / 2);
        Ok(Token { secret, renew_at: Instant::now().checked_add(used) })
    }
}
