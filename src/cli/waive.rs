//! `findgate waive` and `findgate verify` on the command line.

use std::path::PathBuf;

use clap::Args;

use super::Input;

pub(super) const WAIVE_HELP: &str = "\
The file is the first of `waivers.file` in the policy; it is made if it does not
exist. A waiver that reaches further than `max_life` allows is refused, with the
day that is allowed.

Exit status:
  0  the waiver was written
  2  wrong usage, settings or policy, no finding or several, or a waiver that
     the policy does not allow; nothing was written
  3  no finding fits and not everything was read, or the file could not be
     written

Examples:
  findgate waive v1:0123abcd --sarif '*.sarif' --reason 'only in tests'
  findgate waive --id CVE-2021-23337 --package pkg:npm/lodash \\
    --reason 'not reachable' --owner web-team --expires 2027-03-31";

pub(super) const VERIFY_HELP: &str = "\
Exit status:
  0  everything is the same, and the verdict is confirmed
  1  something differs
  2  wrong usage, or the policy or the snapshot is not there
  3  the record is none, damaged or of another version; or the snapshot is";

/// `findgate waive`.
#[derive(Clone, Debug, Args)]
pub struct Waive {
    /// A fingerprint or its beginning, an advisory id, a check, a package, or PATH:LINE; exactly one finding, or one advisory.
    #[arg(value_name = "FINDING", required_unless_present_any = ["id", "fingerprint", "package", "path", "check"])]
    pub query: Option<String>,

    /// Why it is acceptable.
    #[arg(long, value_name = "TEXT", help_heading = "Waiver")]
    pub reason: Option<String>,

    /// Who answers for it.
    #[arg(long, value_name = "NAME", help_heading = "Waiver")]
    pub owner: Option<String>,

    /// Where the work is tracked.
    #[arg(long, value_name = "TICKET", help_heading = "Waiver")]
    pub ticket: Option<String>,

    /// Who allowed it.
    #[arg(long, value_name = "NAME", help_heading = "Waiver")]
    pub approved_by: Option<String>,

    /// Its last day, or for how long: 2027-03-31, 30d [default: 30d, or less where the policy allows less].
    #[arg(long, value_name = "DATE|DURATION", help_heading = "Waiver")]
    pub expires: Option<String>,

    /// What of the finding it matches, joined by `+`: fingerprint, id, package, path, check
    /// [default: fingerprint; of an advisory with several findings id and package].
    #[arg(long = "match", value_name = "PARTS", requires = "query", help_heading = "Waiver")]
    pub matching: Option<String>,

    /// The file of waivers to write [default: the first of `waivers.file` in the policy].
    #[arg(long, value_name = "PATH", help_heading = "Waiver")]
    pub file: Option<PathBuf>,

    /// Say what would be written, and write nothing.
    #[arg(long, help_heading = "Waiver")]
    pub dry_run: bool,

    /// Match an advisory id. Nothing is read.
    #[arg(long, value_name = "ID", conflicts_with = "query", help_heading = "Instead of FINDING")]
    pub id: Option<String>,

    /// Match a fingerprint. Nothing is read.
    #[arg(long, value_name = "FINGERPRINT", conflicts_with = "query", help_heading = "Instead of FINDING")]
    pub fingerprint: Option<String>,

    /// Match a package URL, or a glob of names. Nothing is read.
    #[arg(long, value_name = "PACKAGE", conflicts_with = "query", help_heading = "Instead of FINDING")]
    pub package: Option<String>,

    /// Match a glob of paths. Nothing is read.
    #[arg(long, value_name = "GLOB", conflicts_with = "query", help_heading = "Instead of FINDING")]
    pub path: Option<String>,

    /// Match a scanner's check. Nothing is read.
    #[arg(long, value_name = "CHECK", conflicts_with = "query", help_heading = "Instead of FINDING")]
    pub check: Option<String>,

    /// What to judge.
    #[command(flatten)]
    pub input: Input,
}

/// `findgate verify`.
#[derive(Clone, Debug, Args)]
pub struct Verify {
    /// The record: what `check --output record=PATH` wrote, or an envelope of in-toto that holds it.
    #[arg(value_name = "RECORD")]
    pub record: PathBuf,

    /// The snapshot of what was judged: the one that `check` was given, or kept with --save-snapshot.
    #[arg(long, value_name = "FILE", env = "FINDGATE_SNAPSHOT", hide_env_values = true)]
    pub snapshot: PathBuf,

    /// The policy: a file or `preset:NAME` [default: what the record names].
    #[arg(long, value_name = "PATH|preset:NAME", env = "FINDGATE_POLICY", hide_env_values = true)]
    pub policy: Option<String>,

    /// The baseline that findings were compared with [default: the file that the record names].
    #[arg(long, value_name = "FILE", env = "FINDGATE_BASELINE", hide_env_values = true)]
    pub baseline: Option<String>,
}
