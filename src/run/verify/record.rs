//! Reading a record: the statement as it is, or within the envelope of a signature.

use anyhow::{Context as _, anyhow, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::event::Event;
use crate::project::{Project, PullRequest};
use crate::report::{EXTENSION, PREDICATE_TYPE, STATEMENT_TYPE};
use crate::run::once::Once;

/// What the payload of an envelope is.
const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// An envelope may stand in a bundle; nothing stands deeper.
const DEEPEST: u8 = 2;

/// The longest name of a file, a branch and the like, in bytes; no platform and no file system has longer ones.
const NAME: usize = 8_192;

/// A record that was read.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// Whether it came in the envelope of a signature, whose subject is the signer's choice.
    pub(super) is_signed: bool,
    /// The whole statement.
    pub(super) statement: Value,
    /// What findgate says of itself in it.
    pub(super) own: Own,
    /// The day that was judged.
    pub(super) as_of: Timestamp,
    /// The project that was judged.
    pub(super) project: Project,
}

/// The member of the predicate that is findgate's own. A member that this version does not know might be what matters.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Own {
    pub(super) tool: Tool,
    pub(super) verdict: String,
    #[serde(rename = "status")]
    _status: u8,
    pub(super) as_of: String,
    pub(super) policy: PolicyFacts,
    pub(super) trust: TrustFacts,
    pub(super) inputs: Vec<InputFacts>,
    pub(super) snapshot: Option<SealFacts>,
    pub(super) project: ProjectFacts,
    pub(super) only: Vec<String>,
    pub(super) bypasses: Vec<String>,
    pub(super) baseline: Option<String>,
    pub(super) violated: Vec<Violated>,
    pub(super) evaluation: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tool {
    #[serde(rename = "name")]
    _name: String,
    pub(super) version: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyFacts {
    pub(super) origin: String,
    #[serde(rename = "digest")]
    _digest: String,
    #[serde(rename = "override")]
    _override: Option<String>,
}

/// Which version of the repository's files decided.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TrustFacts {
    pub(super) side: String,
    pub(super) base: Option<String>,
    pub(super) shown: String,
    pub(super) told: Vec<String>,
}

/// A file that the verdict rested on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InputFacts {
    pub(super) role: String,
    pub(super) name: String,
    pub(super) digest: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SealFacts {
    pub(super) content: String,
    pub(super) file: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProjectFacts {
    name: Option<String>,
    repository: Option<String>,
    branch: Option<String>,
    commit: Option<String>,
    base: Option<String>,
    pull_request: Option<PullRequestFacts>,
    event: Option<String>,
    environment: Option<String>,
    pub(super) of_fork: bool,
    is_change: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PullRequestFacts {
    number: Option<u64>,
    from_fork: Option<bool>,
    target: Option<String>,
}

/// A rule that was violated.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Violated {
    pub(super) rule: String,
    pub(super) enforcement: String,
    pub(super) allowed: u64,
    pub(super) found: u64,
}

impl Record {
    /// Takes the bytes of a file for a record.
    pub(super) fn parse(bytes: &[u8]) -> anyhow::Result<Record> {
        ensure!(!bytes.is_empty(), "it is empty; write it again with `findgate check --output record=PATH`");
        let document = json(bytes).context("it is damaged, or not a record")?;
        let (statement, is_signed) = statement(document, DEEPEST)?;
        let word = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        ensure!(
            word(&statement, "_type").as_deref() == Some(STATEMENT_TYPE),
            "it is no record: `_type` is not {STATEMENT_TYPE}"
        );
        ensure!(
            word(&statement, "predicateType").as_deref() == Some(PREDICATE_TYPE),
            "it is no record of findgate: `predicateType` is not {PREDICATE_TYPE}"
        );
        let predicate = statement.get("predicate").and_then(Value::as_object).context("it has no `predicate`")?;
        let own = predicate.get(EXTENSION).ok_or_else(|| other(predicate))?;
        let own: Own = serde_json::from_value(own.clone())
            .context("it was altered, or another version wrote it; verify it with the version that did")?;
        let Own { policy: PolicyFacts { origin, .. }, trust, project, only, baseline, .. } = &own;
        let ProjectFacts { name, repository, branch, commit, base, .. } = project;
        let names = [baseline, &trust.base, name, repository, branch, commit, base].into_iter().flatten();
        ensure!(
            names.chain(only).chain([origin]).all(|name| name.len() <= NAME),
            "it was altered, or another version wrote it: a name in it has more than {NAME} bytes"
        );
        let as_of = own.as_of.parse().with_context(|| format!("`as_of` is {}, which is no time", own.as_of))?;
        let project = own.project.clone().take()?;
        Ok(Record { is_signed, own, as_of, project, statement })
    }
}

fn json(bytes: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice::<Once>(bytes)?;
    serde_json::from_slice(bytes)
}

/// The statement, and whether it was in an envelope.
fn statement(document: Value, depth: u8) -> anyhow::Result<(Value, bool)> {
    if let (Some(envelope), Some(depth)) = (document.get("dsseEnvelope"), depth.checked_sub(1)) {
        return statement(envelope.clone(), depth);
    }
    let Some(payload) = document.get("payload").and_then(Value::as_str) else { return Ok((document, false)) };
    let kind = document.get("payloadType").and_then(Value::as_str).unwrap_or_default();
    ensure!(kind == PAYLOAD_TYPE, "it is an envelope of {kind}, and a record is {PAYLOAD_TYPE}");
    let bytes = STANDARD.decode(payload).or_else(|_| URL_SAFE.decode(payload));
    let bytes = bytes.map_err(|_| anyhow!("it is an envelope whose payload is not base64"))?;
    let statement = json(&bytes).context("it is an envelope whose payload is damaged")?;
    Ok((statement, true))
}

/// That a verification summary is not ours, or not of this version.
fn other(predicate: &Map<String, Value>) -> anyhow::Error {
    let family = EXTENSION.trim_end_matches("v1");
    match predicate.keys().find(|key| key.starts_with(family)) {
        Some(key) => anyhow!("it is a record of another version ({key}); verify it with the version that wrote it"),
        None => anyhow!("it is a verification summary, but not one that findgate wrote: it has no `{EXTENSION}`"),
    }
}

impl ProjectFacts {
    fn take(self) -> anyhow::Result<Project> {
        let ProjectFacts {
            name,
            repository,
            branch,
            commit,
            base,
            pull_request,
            event,
            environment,
            of_fork: _,
            is_change,
        } = self;
        let event = match event {
            Some(name) => match Event::from_name(&name) {
                Some(event) => Some(event),
                None => bail!("it was altered, or another version wrote it: there is no event {name}"),
            },
            None => None,
        };
        let pull_request = pull_request.map(|PullRequestFacts { number, from_fork, target }| PullRequest {
            number,
            from_fork,
            target,
        });
        Ok(Project {
            name,
            repository,
            branch,
            commit,
            base,
            pull_request,
            event,
            environment,
            is_change,
            no_branch: Some("the record names none".to_owned()),
            ..Project::default()
        })
    }
}
