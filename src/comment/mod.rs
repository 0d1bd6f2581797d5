//! One comment of findgate on a pull or merge request, kept up to date.
//!
//! A comment is ours if it begins with the document's marker *and* whoever the token belongs to wrote it: anybody can write
//! the marker, and a token that may comment may edit what others wrote.

mod conversation;
mod document;

use std::borrow::Cow;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout_at};

use crate::net::{Answer, Client, Endpoint, Request};

pub use conversation::{Conversation, Forge, Nowhere, Said};
pub(crate) use document::marker_of;
pub use document::{Document, LARGEST, length};

/// Comments asked for at a time, the most that both platforms give.
const PAGE: usize = 100;
/// The most pages that are read.
const MOST_PAGES: usize = 100;
/// How often a comment is sent that may not have been made.
const TRIES: u32 = 3;
/// How long a platform is given to show what it has made.
const PAUSE: Duration = Duration::from_secs(1);
/// The most of what a server says that is repeated, in characters.
const SAID: usize = 200;
/// Whom the token of a job on GitHub Actions belongs to.
const ACTIONS: &str = "github-actions[bot]";

/// What was done, or would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What it was.
    pub what: What,
    /// The comment's number, where the platform told it.
    pub id: Option<u64>,
    /// How many more comments there are that begin with the same marker and are ours.
    pub others: usize,
    /// How long the comment is, in UTF-16 code units.
    pub length: usize,
    /// Whether the document was too long for the platform.
    pub is_cut: bool,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// There was none.
    Created,
    /// There was one that said something else.
    Updated,
    /// There was one that says the same.
    Kept,
}

/// Whom a token belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Me {
    /// The account of this id.
    Account(u64),
    /// The bot of this login. Ids are not compared: the interface that tells it counts in its own way.
    Bot(String),
}

/// A comment, as far as it matters.
#[derive(Deserialize)]
struct Row {
    id: u64,
    body: Option<String>,
    /// Who wrote it, on GitHub.
    user: Option<Author>,
    /// Who wrote it, on GitLab.
    author: Option<Author>,
    /// Written by GitLab itself.
    system: Option<bool>,
}

#[derive(Deserialize)]
struct Author {
    id: Option<u64>,
    login: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// What makes a request of a path below an endpoint.
type Make = fn(&Endpoint, &[&str], &'static str) -> Request;

/// A comment of ours.
struct Own {
    id: u64,
    body: String,
}

impl Me {
    fn wrote(&self, author: &Author) -> bool {
        let Author { id, login, kind } = author;
        match self {
            Me::Account(own) => *id == Some(*own),
            // Users cannot have such a name; what is told of a bot may lack the end of it.
            Me::Bot(own) => {
                kind.as_deref() == Some("Bot")
                    && login.as_deref().is_some_and(|login| bare(login).eq_ignore_ascii_case(bare(own)))
            }
        }
    }
}

fn bare(login: &str) -> &str {
    login.strip_suffix("[bot]").unwrap_or(login)
}

/// Makes the comment say what the document says. `dry`: finds out what that would take, and writes nothing.
///
/// # Errors
/// If it cannot be done: what was attempted, why, and what to do, without credentials.
pub async fn publish(
    conversation: &Conversation,
    document: &Document,
    client: &Client,
    dry: bool,
) -> Result<Done, String> {
    let limit = conversation.forge.limit();
    let document = match conversation.forge {
        Forge::Github => Cow::Borrowed(document),
        Forge::Gitlab => Cow::Owned(document.without_commands()),
    };
    let text = document.within(limit);
    let me = conversation.me(client).await?;
    let done = |what, id, others| Done { what, id, others, length: length(&text), is_cut: text != document.text };
    let mut unclear = None;
    for attempt in 0..=TRIES {
        let own = conversation.own(&me, &document.marker, client).await?;
        if let Some((first, others)) = own.split_first() {
            if first.body == text {
                let what = if unclear.is_some() { What::Created } else { What::Kept };
                return Ok(done(what, Some(first.id), others.len()));
            }
            if !dry {
                conversation.update(first.id, &text, client).await?;
            }
            return Ok(done(What::Updated, Some(first.id), others.len()));
        }
        if dry {
            return Ok(done(What::Created, None, 0));
        }
        if attempt == TRIES {
            break;
        }
        match conversation.create(&text, client).await? {
            Made::Yes(id) => return Ok(done(What::Created, id, 0)),
            Made::Unclear(why) => unclear = Some(why),
        }
        // Whether time is left, the next request finds out.
        let _ = timeout_at(client.deadline(), sleep(PAUSE)).await;
    }
    Err(unclear.unwrap_or_default())
}

/// Whether a comment was made.
enum Made {
    Yes(Option<u64>),
    /// Perhaps: what happened.
    Unclear(String),
}

impl Forge {
    /// The longest comment, in UTF-16 code units.
    fn limit(self) -> usize {
        match self {
            Forge::Github => 65_536,
            Forge::Gitlab => 1_000_000,
        }
    }
}

impl Conversation {
    fn dressed(&self, request: Request) -> Request {
        match self.forge {
            Forge::Github => request
                .accepting("application/vnd.github+json")
                .header("x-github-api-version", "2022-11-28")
                .bearer(&self.token),
            Forge::Gitlab => request.secret_header("private-token", &self.token),
        }
    }

    /// A request about all comments, or about one.
    fn request(&self, make: Make, id: Option<u64>, attempt: &'static str) -> Request {
        let number = self.number.to_string();
        let id = id.map(|id| id.to_string());
        let rest: &[&str] = match (self.forge, &id) {
            (Forge::Github, None) => &["issues", &number, "comments"],
            (Forge::Github, Some(id)) => &["issues", "comments", id],
            (Forge::Gitlab, None) => &["merge_requests", &number, "notes"],
            (Forge::Gitlab, Some(id)) => &["merge_requests", &number, "notes", id],
        };
        let path: Vec<&str> = self.project.iter().map(String::as_str).chain(rest.iter().copied()).collect();
        self.dressed(make(&self.api, &path, attempt))
    }

    async fn me(&self, client: &Client) -> Result<Me, String> {
        #[derive(Deserialize)]
        struct User {
            id: u64,
        }
        const ASK: &str = "ask whom the token belongs to";
        let answer = self.sent(self.dressed(Request::get(&self.api, &["user"], ASK)), client).await?;
        match (self.forge, answer.status) {
            (_, 200..300) => self.parsed::<User>(&answer, ASK).map(|user| Me::Account(user.id)),
            // The token of an app, as that of a job is one, has no user. The other interface tells the app's bot; where that
            // knows none, it is taken for the job's own.
            (Forge::Github, 403 | 404) if !is_busy(&answer) => {
                Ok(Me::Bot(self.bot(client).await?.unwrap_or_else(|| ACTIONS.to_owned())))
            }
            _ => Err(self.refused(&answer, ASK)),
        }
    }

    /// # Errors
    /// If nobody answered: a guess could take the comment of another bot for ours, or not find ours and make a second one.
    async fn bot(&self, client: &Client) -> Result<Option<String>, String> {
        const ASK: &str = "ask which bot the token belongs to";
        let path = if self.api.address().ends_with("/api/v3") { "/api/graphql" } else { "/graphql" };
        let request = self.dressed(Request::post(&self.api.with_path(path), &[], ASK));
        let answer = self.sent(request.json(&json!({"query": "query { viewer { login } }"})), client).await?;
        if answer.status >= 500 || is_busy(&answer) {
            return Err(self.refused(&answer, ASK));
        }
        let told = serde_json::from_str::<Value>(&answer.body).ok().filter(|_| answer.is_success());
        let login = told.as_ref().and_then(|told| told.pointer("/data/viewer/login")?.as_str());
        Ok(login.filter(|login| !login.is_empty()).map(str::to_owned))
    }

    /// The comments of ours with this marker, the oldest first.
    async fn own(&self, me: &Me, marker: &str, client: &Client) -> Result<Vec<Own>, String> {
        const READ: &str = "read the comments";
        let mut own = Vec::new();
        for page in 1..=MOST_PAGES {
            let request = self.request(Request::get, None, READ);
            let request = request.query("per_page", &PAGE.to_string()).query("page", &page.to_string());
            let request = match self.forge {
                // The oldest comes first without a word.
                Forge::Github => request,
                Forge::Gitlab => request.query("order_by", "created_at").query("sort", "asc"),
            };
            let answer = self.sent(request, client).await?;
            if !answer.is_success() {
                return Err(self.refused(&answer, READ));
            }
            let rows: Vec<Row> = self.parsed(&answer, READ)?;
            let is_last = rows.len() < PAGE && !has_next(&answer);
            for Row { id, body, user, author, system } in rows {
                let author = if self.forge == Forge::Github { user } else { author };
                let is_mine = author.is_some_and(|author| me.wrote(&author)) && system != Some(true);
                let body = body.filter(|_| is_mine).map(|body| document::plain(&body));
                let body = body.filter(|body| marker_of(body) == Some(marker));
                own.extend(body.map(|body| Own { id, body }));
            }
            if is_last {
                return Ok(own);
            }
        }
        if own.is_empty() {
            let most = PAGE * MOST_PAGES;
            return Err(format!(
                "cannot find the comment to update: there are more than {most} comments; post nothing here any more"
            ));
        }
        Ok(own)
    }

    async fn update(&self, id: u64, text: &str, client: &Client) -> Result<(), String> {
        const UPDATE: &str = "update the comment";
        let make = match self.forge {
            Forge::Github => Request::patch,
            Forge::Gitlab => Request::put,
        };
        let request = self.request(make, Some(id), UPDATE).json(&json!({"body": text}));
        let answer = self.sent(request, client).await?;
        if answer.is_success() { Ok(()) } else { Err(self.refused(&answer, UPDATE)) }
    }

    async fn create(&self, text: &str, client: &Client) -> Result<Made, String> {
        #[derive(Deserialize)]
        struct Created {
            id: Option<u64>,
        }
        const CREATE: &str = "post the comment";
        let request = self.request(Request::make, None, CREATE).json(&json!({"body": text}));
        match client.send(&request).await {
            Ok(answer) if answer.is_success() => {
                Ok(Made::Yes(serde_json::from_str::<Created>(&answer.body).ok().and_then(|created| created.id)))
            }
            Ok(answer) if answer.status == 408 || answer.status >= 500 => {
                Ok(Made::Unclear(self.refused(&answer, CREATE)))
            }
            Ok(answer) => Err(self.refused(&answer, CREATE)),
            Err(failure) if failure.is_unclear() => Ok(Made::Unclear(failure.to_string())),
            Err(failure) => Err(failure.to_string()),
        }
    }

    async fn sent(&self, request: Request, client: &Client) -> Result<Answer, String> {
        client.send(&request).await.map_err(|failure| failure.to_string())
    }

    fn parsed<T: DeserializeOwned>(&self, answer: &Answer, attempt: &str) -> Result<T, String> {
        let host = self.api.host();
        serde_json::from_str(&answer.body)
            .map_err(|error| format!("cannot {attempt}: the answer of {host} is not what it should be ({error})"))
    }

    /// Why a request was refused, and what to do.
    fn refused(&self, answer: &Answer, attempt: &str) -> String {
        let (host, status, token) = (self.api.host(), answer.status, self.token_from);
        let said = said(&answer.body).map(|said| format!(" ({said})")).unwrap_or_default();
        let grant = match self.forge {
            Forge::Github => "grant the job `permissions: {pull-requests: write}`, or give the token that permission",
            Forge::Gitlab => "the token needs the scope `api` and at least the role Reporter in the project",
        };
        let of_fork = match self.forge {
            Forge::Github if self.is_of_fork => {
                "; for a pull request from a fork the job's token can only read, whatever is granted: the summary of the job \
                 shows the report"
            }
            _ => "",
        };
        let help = match status {
            401 => format!("; {token} is not accepted: is it whole, and has it not expired?"),
            403 if is_busy(answer) => "; it has had too many requests: run it later".to_owned(),
            403 => format!("; {grant}{of_fork}"),
            404 => format!("; either there is no {}, or {token} may not see it: {grant}{of_fork}", self.shown()),
            500.. => "; run it again, or later".to_owned(),
            _ => String::new(),
        };
        format!("cannot {attempt}: {host} answered {status}{said}{help}")
    }
}

/// Whether a refusal is one of too many requests, which GitHub gives the status of a missing permission.
fn is_busy(answer: &Answer) -> bool {
    matches!(answer.status, 403 | 429)
        && (answer.header("retry-after").is_some()
            || answer.header("x-ratelimit-remaining") == Some("0")
            || answer.body.to_ascii_lowercase().contains("rate limit"))
}

/// What a server says of a refusal, in part.
fn said(body: &str) -> Option<String> {
    let value: Value = serde_json::from_str(body).ok()?;
    let text = ["message", "error_description", "error"].iter().find_map(|name| match value.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    })?;
    Some(
        text.char_indices()
            .nth(SAID)
            .map_or(text.clone(), |(at, _)| format!("{}…", text.get(..at).unwrap_or_default())),
    )
}

/// Whether a server says that there is another page.
fn has_next(answer: &Answer) -> bool {
    let by_link = answer.header_lines("link").any(|links| links.split(',').any(|link| link.contains("rel=\"next\"")));
    by_link || answer.header("x-next-page").is_some()
}
