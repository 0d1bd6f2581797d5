//! `record`: the decision as an in-toto statement with a SLSA verification summary, to be signed and kept.
//!
//! The members that SLSA names say who verified what, by which policy, and how it ended. What findgate needs to judge again
//! stands in one member of its own, [`EXTENSION`]: there, as in `json`, every object always has all its members. The same
//! input gives the same bytes. A record is not signed here; whoever signs it vouches for what it says.

use std::fmt::Write as _;
use std::io;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::escape::percent_encode_path;
use super::stream::Object;
use super::{Report, json};
use crate::event::Event;
use crate::exit::Status;
use crate::policy::{Verdict, Violation};
use crate::policy_file::{InputFile, Role};
use crate::project::{Project, PullRequest};
use crate::snapshot::Seal;

/// What `_type` says.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// What `predicateType` says.
pub const PREDICATE_TYPE: &str = "https://slsa.dev/verification_summary/v1";
/// The member of the predicate that is findgate's own.
pub const EXTENSION: &str = "https://github.com/findgate/findgate/record/v1";

/// Who verified.
const VERIFIER: &str = "https://github.com/findgate/findgate";
/// The level that a pass attests. SLSA leaves names to others that do not begin with `SLSA_`.
const LEVEL: &str = "FINDGATE_POLICY";
/// The level that a pass attests where `--only` chose the sources: whoever asks for the other one must not get this.
const LEVEL_IN_PART: &str = "FINDGATE_POLICY_IN_PART";
/// The level that SLSA asks for where verification failed.
const NO_LEVEL: &str = "FAILED";

pub(super) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    write_by(env!("CARGO_PKG_VERSION"), report, out)
}

/// As a version of findgate writes it, so that the record of an older one can be compared.
///
/// # Errors
/// Whatever the target says.
pub fn write_by(version: &str, report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let Report { evaluation, policy_origin, policy_digest, inputs, project, seal, as_of, .. } = *report;
    let evaluated = digest_of_evaluation(version, report)?;
    let mut statement = Object::open(out)?;
    statement.member("_type", STATEMENT_TYPE)?;
    statement.list("subject", [subject(project, seal, &evaluated)])?;
    statement.member("predicateType", PREDICATE_TYPE)?;
    let mut predicate = statement.object("predicate")?;
    predicate.member("verifier", Verifier { id: VERIFIER, version: Versions { findgate: version } })?;
    predicate.member("timeVerified", as_of.to_string())?;
    predicate.member("resourceUri", resource(project, seal, &evaluated))?;
    predicate.member("policy", Resource { uri: uri_of(policy_origin), digest: Digests::sha256(policy_digest) })?;
    let snapshot = seal
        .map(|seal| Resource { uri: urn("snapshot", &seal.content), digest: Digests::sha256(&seal.content) })
        .into_iter();
    let files = inputs.iter().filter(|input| input.role != Role::Snapshot && input.digest != policy_digest);
    let files = files.map(|input| Resource { uri: uri_of(&input.name), digest: Digests::sha256(&input.digest) });
    predicate.list("inputAttestations", snapshot.chain(files))?;
    let passed = evaluation.verdict == Verdict::Pass;
    predicate.member("verificationResult", if passed { "PASSED" } else { "FAILED" })?;
    let level = match report.only {
        _ if !passed => NO_LEVEL,
        [] => LEVEL,
        _ => LEVEL_IN_PART,
    };
    predicate.member("verifiedLevels", [level])?;
    predicate.member("slsaVersion", "1.0")?;
    extension(version, report, &evaluated, predicate.object(EXTENSION)?)?;
    predicate.close()?;
    statement.close()
}

fn extension(version: &str, report: &Report<'_>, evaluated: &str, mut own: Object<'_>) -> io::Result<()> {
    let Report {
        evaluation,
        policy,
        policy_origin,
        policy_shown,
        trust,
        base,
        policy_digest,
        inputs,
        told,
        bypasses,
        baseline_named,
        project,
        is_of_fork,
        seal,
        as_of,
        only,
        beside: _,
    } = *report;
    own.member("tool", ToolWire { name: env!("CARGO_PKG_NAME"), version })?;
    own.member("verdict", evaluation.verdict.name())?;
    own.member("status", Status::from(evaluation.verdict).number())?;
    own.member("as_of", as_of.to_string())?;
    own.member(
        "policy",
        PolicyWire { origin: policy_origin, digest: policy_digest, r#override: policy.applied.as_deref() },
    )?;
    own.member("trust", TrustWire { side: trust, base, shown: policy_shown, told })?;
    own.list("inputs", inputs.iter().map(InputWire::of))?;
    own.member("snapshot", seal.map(|Seal { content, file }| SealWire { content, file }))?;
    own.member("project", ProjectWire::of(project, is_of_fork))?;
    own.member("only", only)?;
    own.member("bypasses", bypasses)?;
    own.member("baseline", baseline_named)?;
    own.list("violated", evaluation.violations.iter().map(ViolatedWire::of))?;
    own.member("evaluation", evaluated)?;
    own.close()
}

/// `sha256:` and the digest of what `json` writes, without its members `beside` and `warnings`, which decide nothing.
fn digest_of_evaluation(version: &str, report: &Report<'_>) -> io::Result<String> {
    let mut hash = Hashed(Sha256::new());
    let mut out = io::BufWriter::with_capacity(1 << 16, &mut hash);
    json::write_decided(version, report, &mut out)?;
    io::Write::flush(&mut out)?;
    drop(out);
    let mut text = String::from("sha256:");
    for byte in hash.0.finalize() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

/// Takes the digest of what is written to it.
struct Hashed(Sha256);

impl io::Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the decision is about: the commit, else what was read.
fn subject<'a>(project: &'a Project, seal: Option<&Seal>, evaluated: &str) -> Subject<'a> {
    let name = project.repository.as_deref();
    if let Some(commit) = full_commit(project) {
        let digest = Digests { git_commit: Some(commit), sha256: None };
        return Subject { name: name.unwrap_or("commit"), digest };
    }
    let digest = Digests::sha256(seal.map_or(evaluated, |seal| &seal.content));
    Subject { name: name.unwrap_or("findings"), digest }
}

/// The same as an address. SLSA asks for one.
fn resource(project: &Project, seal: Option<&Seal>, evaluated: &str) -> String {
    // A host may have a port.
    let encoded = |repository: &str| percent_encode_path(repository).replace("%3A", ":");
    match (&project.repository, &project.commit) {
        (Some(repository), Some(commit)) => {
            format!("git+https://{}@{}", encoded(repository), percent_encode_path(commit))
        }
        (Some(repository), None) => format!("git+https://{}", encoded(repository)),
        (None, _) => match seal {
            Some(seal) => urn("snapshot", &seal.content),
            None => urn("evaluation", evaluated),
        },
    }
}

/// The full name of a commit, in either of git's hashes; a branch or a beginning is no digest.
fn full_commit(project: &Project) -> Option<String> {
    let commit = project.commit.as_deref()?;
    let full = matches!(commit.len(), 40 | 64) && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    full.then(|| commit.to_ascii_lowercase())
}

fn urn(what: &str, digest: &str) -> String {
    format!("urn:findgate:{what}:{digest}")
}

/// The name of a file as an address: a path is one that is relative to the repository.
fn uri_of(name: &str) -> String {
    let is_address = name.starts_with("https://") || name.starts_with("preset:");
    if is_address { name.to_owned() } else { percent_encode_path(name).into_owned() }
}

#[derive(Serialize)]
struct Subject<'a> {
    name: &'a str,
    digest: Digests,
}

#[derive(Serialize)]
struct Digests {
    #[serde(rename = "gitCommit", skip_serializing_if = "Option::is_none")]
    git_commit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

impl Digests {
    fn sha256(digest: &str) -> Digests {
        let digits = digest.strip_prefix("sha256:").unwrap_or(digest);
        Digests { git_commit: None, sha256: Some(digits.to_owned()) }
    }
}

#[derive(Serialize)]
struct Verifier<'a> {
    id: &'static str,
    version: Versions<'a>,
}

#[derive(Serialize)]
struct Versions<'a> {
    findgate: &'a str,
}

#[derive(Serialize)]
struct Resource {
    uri: String,
    digest: Digests,
}

#[derive(Serialize)]
struct ToolWire<'a> {
    name: &'static str,
    version: &'a str,
}

#[derive(Serialize)]
struct PolicyWire<'a> {
    origin: &'a str,
    digest: &'a str,
    r#override: Option<&'a str>,
}

/// Which version of the repository's files decided, and what was said of that.
#[derive(Serialize)]
struct TrustWire<'a> {
    side: &'a str,
    base: Option<&'a str>,
    shown: &'a str,
    told: &'a [String],
}

#[derive(Serialize)]
struct InputWire<'a> {
    role: &'static str,
    name: &'a str,
    digest: &'a str,
}

impl InputWire<'_> {
    fn of(input: &InputFile) -> InputWire<'_> {
        let InputFile { role, name, digest } = input;
        InputWire { role: role.name(), name, digest }
    }
}

#[derive(Serialize)]
struct SealWire<'a> {
    content: &'a str,
    file: &'a str,
}

#[derive(Serialize)]
struct ProjectWire<'a> {
    name: Option<&'a str>,
    repository: Option<&'a str>,
    branch: Option<&'a str>,
    commit: Option<&'a str>,
    base: Option<&'a str>,
    pull_request: Option<PullRequestWire<'a>>,
    event: Option<&'static str>,
    environment: Option<&'a str>,
    of_fork: bool,
    is_change: bool,
}

#[derive(Serialize)]
struct PullRequestWire<'a> {
    number: Option<u64>,
    from_fork: Option<bool>,
    target: Option<&'a str>,
}

impl ProjectWire<'_> {
    fn of(project: &Project, is_of_fork: bool) -> ProjectWire<'_> {
        let Project {
            ci: _,
            name,
            repository,
            branch,
            commit,
            base,
            pull_request,
            event,
            environment,
            is_change,
            notes: _,
            warnings: _,
            no_branch: _,
        } = project;
        ProjectWire {
            name: name.as_deref(),
            repository: repository.as_deref(),
            branch: branch.as_deref(),
            commit: commit.as_deref(),
            base: base.as_deref(),
            pull_request: pull_request.as_ref().map(|PullRequest { number, from_fork, target }| PullRequestWire {
                number: *number,
                from_fork: *from_fork,
                target: target.as_deref(),
            }),
            event: event.map(Event::name),
            environment: environment.as_deref(),
            of_fork: is_of_fork,
            is_change: *is_change,
        }
    }
}

#[derive(Serialize)]
struct ViolatedWire<'a> {
    rule: &'a str,
    enforcement: &'static str,
    allowed: u64,
    found: u64,
}

impl ViolatedWire<'_> {
    fn of(violation: &Violation) -> ViolatedWire<'_> {
        let Violation { rule, enforcement, allowed, found, .. } = violation;
        ViolatedWire { rule, enforcement: enforcement.name(), allowed: *allowed, found: *found }
    }
}

#[cfg(test)]
mod tests;
