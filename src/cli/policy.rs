//! `findgate policy test` and `findgate policy diff` on the command line.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use super::event;
use crate::event::Event;

pub(super) const TEST_HELP: &str = "\
Without FILE it runs the cases beside the policy that have its name (those of
.findgate.yml stand in .findgate.test.yml) and every .findgate/tests/*.test.yml.
It needs no network, no credentials and no clock.

Exit status:
  0  the policy decides every case as it must
  1  a case is decided otherwise
  2  wrong usage, policy or tests; or a case could not be judged";

pub(super) const DIFF_HELP: &str = "\
Both policies judge the same findings on the same day:
  findgate policy diff .findgate.yml next.yml --snapshot snapshots/*.json

Exit status:
  0  nothing changes
  1  a verdict, a rule or a finding changes
  2  wrong usage or policy
  3  a snapshot or SARIF file cannot be read";

/// `findgate policy test`.
#[derive(Clone, Debug, Args)]
pub struct PolicyTest {
    /// Files of cases [default: those that belong to the policy].
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// The policy, for files that name none: a file or `preset:NAME`
    /// [default: .findgate.yml, findgate.yml or .github/findgate.yml].
    #[arg(long, value_name = "PATH|preset:NAME", env = "FINDGATE_POLICY", hide_env_values = true)]
    pub policy: Option<String>,

    /// Run only the cases that have this in their name.
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,

    /// Write the result as JUnit XML as well.
    #[arg(long, value_name = "PATH")]
    pub junit: Option<PathBuf>,
}

/// `findgate policy diff`.
#[derive(Clone, Debug, Args)]
pub struct PolicyDiff {
    /// The policy that holds: a file or `preset:NAME`.
    #[arg(value_name = "OLD")]
    pub old: String,

    /// The one that might: a file or `preset:NAME`.
    #[arg(value_name = "NEW")]
    pub new: String,

    /// Snapshots to judge by both. May be given several times, and with several files.
    #[arg(long = "snapshot", value_name = "FILE", num_args = 1.., action = ArgAction::Append)]
    pub snapshots: Vec<PathBuf>,

    /// SARIF files to judge by both, as one source. May be given several times; quote the glob.
    #[arg(long, value_name = "GLOB", action = ArgAction::Append)]
    pub sarif: Vec<String>,

    /// Judge as if it were this day (2026-11-21) or time (2026-11-21T10:00:00Z) [default: now].
    #[arg(long, value_name = "DATE", env = "FINDGATE_AS_OF", hide_env_values = true)]
    pub as_of: Option<String>,

    /// The branch, for overrides that go by it [default: that of each snapshot].
    #[arg(long, value_name = "NAME")]
    pub branch: Option<String>,

    /// What started the run, for overrides that go by it: push, pull_request, merge_group, tag, schedule, manual, other.
    #[arg(long, value_name = "EVENT", value_parser = event)]
    pub event: Option<Event>,

    /// The environment that is deployed to, for overrides that go by it.
    #[arg(long, value_name = "NAME")]
    pub environment: Option<String>,

    /// What stdout carries.
    #[arg(long, value_name = "NAME", default_value = "human")]
    pub format: Listing,
}

/// How a policy, or what differs between two, is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Listing {
    /// For people
    Human,
    /// For programs
    Json,
}
