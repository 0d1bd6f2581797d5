//! A session with a vendor: a token that is fetched once, renewed before it ends, and renewed once more where the server
//! says that it has ended already.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::Fault;
use crate::net::{Answer, Client, Request, Secret};

/// How a vendor gives tokens.
pub(super) trait Login {
    /// Fetches a token. `previous` is the one that has ended, if there was one.
    async fn token(&self, client: &Client, previous: Option<&Token>) -> Result<Token, Fault>;

    /// Whether an answer may mean that the token has ended.
    fn may_have_ended(&self, answer: &Answer) -> bool {
        answer.status == 401
    }
}

/// A token and when it should be renewed.
#[derive(Clone, Debug)]
pub(super) struct Token {
    /// The token.
    pub(super) secret: Secret,
    /// From then on it is not used any more. `None`: it is used until a server refuses it.
    pub(super) renew_at: Option<Instant>,
}

/// What a JWT says of itself. Nobody verifies it here: a wrong word only makes the token be renewed at the wrong time. `None`
/// if the token is none.
pub(super) fn claims<T: DeserializeOwned>(token: &str) -> Option<T> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&payload).ok()
}

/// A client that is logged in.
pub(super) struct Session<'c, L> {
    client: &'c Client,
    login: L,
    /// Held while a token is fetched, so that all who need one wait for the same. The number tells tokens apart.
    token: Mutex<(u64, Option<Token>)>,
}

impl<'c, L: Login> Session<'c, L> {
    /// A session that has not begun.
    pub(super) fn new(client: &'c Client, login: L) -> Session<'c, L> {
        Session { client, login, token: Mutex::new((0, None)) }
    }

    /// The way in.
    pub(super) fn login(&self) -> &L {
        &self.login
    }

    /// Logs in if that has not happened yet.
    pub(super) async fn begin(&self) -> Result<(), Fault> {
        self.current().await.map(|_| ())
    }

    /// Sends a request with the token. If the answer may mean that it has ended, a new one is fetched and the request sent
    /// once more; what then comes back is the answer.
    pub(super) async fn send(&self, request: Request) -> Result<Answer, Fault> {
        let (number, token) = self.current().await?;
        let answer = self.client.send(&request.clone().bearer(&token)).await?;
        if !self.login.may_have_ended(&answer) {
            return Ok(answer);
        }
        let token = self.renewed(number).await?;
        Ok(self.client.send(&request.bearer(&token)).await?)
    }

    async fn current(&self) -> Result<(u64, Secret), Fault> {
        let mut held = self.token.lock().await;
        let (number, token) = &mut *held;
        let usable = |token: &Token| token.renew_at.is_none_or(|moment| Instant::now() < moment);
        if let Some(token) = token.as_ref().filter(|token| usable(token)) {
            return Ok((*number, token.secret.clone()));
        }
        let fresh = self.login.token(self.client, token.as_ref()).await?;
        self.client.masks().add(&fresh.secret);
        *number += 1;
        let secret = fresh.secret.clone();
        *token = Some(fresh);
        Ok((*number, secret))
    }

    /// A token other than that of the number: another request may have fetched it already.
    async fn renewed(&self, refused: u64) -> Result<Secret, Fault> {
        {
            let mut held = self.token.lock().await;
            if held.0 == refused
                && let Some(token) = &mut held.1
            {
                token.renew_at = Some(Instant::now());
            }
        }
        self.current().await.map(|(_, secret)| secret)
    }
}
