//! Writers: one file a format, one signature, one match.
//!
//! A writer gets a finished [`Report`] and turns it into bytes. It knows no source and no raw policy, and cannot change
//! the verdict.

mod anchor;
mod destination;
mod escape;
mod github;
mod gitlab;
mod html;
mod human;
mod json;
mod junit;
mod markdown;
mod record;
#[cfg(test)]
pub(crate) mod sample;
mod sarif;
mod stream;
mod target;
mod words;
pub(crate) mod xml;

pub use destination::Destination;
pub use escape::{ActionsSafe, actions_safe, terminal};
pub(crate) use human::wrapped;
pub use json::{SCHEMA as EVALUATION_SCHEMA, schema as json_schema};
pub use record::{EXTENSION, PREDICATE_TYPE, STATEMENT_TYPE, write_by as write_record};
pub(crate) use stream::compact;
pub use target::{Color, Output, Target, Targets, Unprepared, Written};
pub(crate) use words::waivers::{owners, unwaived};
pub(crate) use words::{only_read, plural, waive};

use std::io;

use jiff::Timestamp;

use crate::policy::{BesideRole, Difference, Evaluation, Resolved, Verdict};
use crate::policy_file::InputFile;
use crate::project::Project;
use crate::snapshot::Seal;

/// What every writer gets.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// What was decided, and from what.
    pub evaluation: &'a Evaluation,
    /// The policy that decided it.
    pub policy: &'a Resolved,
    /// The policy's file as the user named it, or `preset:NAME`.
    pub policy_origin: &'a str,
    /// The same and which version of it, for people: `.findgate.yml at base 1a2b3c4d5e6f`.
    pub policy_shown: &'a str,
    /// Which version of the repository's files decides: `base` or `worktree`.
    pub trust: &'a str,
    /// The base's full commit, where anything was read from it.
    pub base: Option<&'a str>,
    /// `sha256:` and the digest of the policy's text.
    pub policy_digest: &'a str,
    /// Every file that the verdict rests on.
    pub inputs: &'a [InputFile],
    /// What every report says of where the policy came from, a sentence each; they stand among the warnings, too.
    pub told: &'a [String],
    /// What was asked for on the command line that weakens the gate, a sentence each.
    pub bypasses: &'a [String],
    /// The file that `--baseline` names, whether or not it could be read.
    pub baseline_named: Option<&'a str>,
    /// The project that was judged.
    pub project: &'a Project,
    /// Whether the branch is that of a fork, so that scans of the branch of that name here are not of it.
    pub is_of_fork: bool,
    /// The digests of a snapshot of what was judged, where a record is written.
    pub seal: Option<&'a Seal>,
    /// The day that was judged.
    pub as_of: Timestamp,
    /// The sources that `--only` left: empty when all were read. A report says so, for the rest was not looked at.
    pub only: &'a [String],
    /// What other policies would say; they decide nothing.
    pub beside: &'a [Beside],
}

/// What a policy would say that is judged beside the one that decides.
#[derive(Clone, Debug)]
pub struct Beside {
    /// Why it is judged.
    pub role: BesideRole,
    /// Its file, or `preset:NAME`, for people.
    pub origin: String,
    /// `sha256:` and the digest of its text, where it could be read.
    pub digest: Option<String>,
    /// What it would say, or why it cannot be used.
    pub result: Result<Would, String>,
}

/// What a policy would say.
#[derive(Clone, Debug)]
pub struct Would {
    /// What it says otherwise than the policy that decides, which comes before.
    pub difference: Difference,
    /// The rules that it would be violated in, deny before warn.
    pub violated: Vec<String>,
    /// What it asks for and was not read, a sentence each: of such its verdict is undecided.
    pub unread: Vec<String>,
}

impl Would {
    /// Its verdict.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.difference.verdict.1
    }
}

impl Beside {
    /// What it would say, in a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Beside { role, origin, digest: _, result } = self;
        let would = match (role, result) {
            (BesideRole::Change, Err(problem)) => {
                return format!("the change's own policy cannot be used: {problem}");
            }
            (BesideRole::Shadow, Err(problem)) => {
                return format!("the shadow policy {origin} cannot be used: {problem}");
            }
            (_, Ok(would)) => would,
        };
        let verdict = would.verdict().name();
        let verdict = match (&*would.violated, &*would.unread) {
            (rules, _) if would.verdict() == Verdict::Fail => format!("{verdict} ({})", rules.join(", ")),
            (_, [reason, ..]) if would.verdict() == Verdict::Undecided => format!("{verdict} ({reason})"),
            _ => verdict.to_owned(),
        };
        match role {
            BesideRole::Change => format!(
                "by the policy of this change ({origin}) the verdict would be {verdict} after the merge; it does not decide"
            ),
            BesideRole::Shadow => {
                format!("by the shadow policy {origin} the verdict would be {verdict}; it does not decide")
            }
        }
    }
}

/// A format that `--format` and `--output` know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum Format {
    /// For a person at a terminal or in a CI log.
    Human,
    /// For programs: `findgate/evaluation/v1`.
    Json,
    /// SARIF 2.1.0 for code scanning: violations and warnings.
    Sarif,
    /// SARIF 2.1.0 for the record: every finding, waived and excused ones suppressed.
    SarifAudit,
    /// JUnit XML for Jenkins, GitLab and everything that shows tests: a case a finding.
    Junit,
    /// GitLab Code Quality, for the widget of merge requests.
    Gitlab,
    /// Markdown: the summary of a job, and the comment on a pull request.
    Markdown,
    /// One HTML file without references, to be kept with the build.
    Html,
    /// Workflow commands of GitHub Actions: annotations beside the code.
    Github,
    /// The decision as an in-toto statement with a SLSA verification summary, for `findgate verify` and to be signed.
    Record,
}

impl Format {
    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Format::Human => "human",
            Format::Json => "json",
            Format::Sarif => "sarif",
            Format::SarifAudit => "sarif-audit",
            Format::Junit => "junit",
            Format::Gitlab => "gitlab",
            Format::Markdown => "markdown",
            Format::Html => "html",
            Format::Github => "github",
            Format::Record => "record",
        }
    }
}

/// What a user should know of a format that could not hold everything, if there is anything.
fn shortened(format: Format, report: &Report<'_>) -> Option<String> {
    match format {
        Format::Junit => junit::shortened(report),
        Format::Gitlab => gitlab::shortened(report),
        _ => None,
    }
}

/// Writes one format.
///
/// # Errors
/// Whatever the target says.
pub fn write(format: Format, report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    match format {
        Format::Human => human::write(report, out),
        Format::Json => json::write(report, out),
        Format::Sarif => sarif::write(report, sarif::Profile::CodeScanning, out),
        Format::SarifAudit => sarif::write(report, sarif::Profile::Audit, out),
        Format::Junit => junit::write(report, out),
        Format::Gitlab => gitlab::write(report, out),
        Format::Markdown => markdown::write(report, out),
        Format::Html => html::write(report, out),
        Format::Github => github::write(report, out),
        Format::Record => record::write(report, out),
    }
}
