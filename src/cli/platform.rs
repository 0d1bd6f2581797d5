//! `findgate comment` and `findgate verdict` on the command line: what a platform is told after `check`.

use std::path::PathBuf;

use clap::Args;

use super::{ProjectArgs, ReachArgs};
use crate::project::Ci;

pub(super) const VERDICT_HELP: &str = "\
For a job that must fail after another one which must not: `check --exit-zero
--output json=findgate.json` writes the verdict and ends well, its reports are
taken, and this job ends as the verdict says. The file must be whole, its
members must agree, and it must be of the repository and commit that are built.

Exit status:
  0  the policy held
  1  the policy was violated
  2  wrong usage
  3  undecided; or the file is missing, damaged, of another version, or of
     another repository or commit";

pub(super) const COMMENT_HELP: &str = "\
The comment that is there is updated: it is the first one of whoever the token
belongs to that begins with the document's first line. Nothing is written where
it says the same already.

Tokens: FINDGATE_GITHUB_TOKEN, else GITHUB_TOKEN, with `pull-requests: write`;
FINDGATE_GITLAB_TOKEN, else GITLAB_TOKEN, with the scope `api`. They go to the
host of GITHUB_API_URL or CI_API_V4_URL only.

Exit status:
  0  the comment says what the document says; or it could not be written, and a
     warning says why: the verdict is that of `check`
  2  wrong usage, or the document is no report of findgate

Examples:
  findgate check --output markdown=findgate.md
  findgate comment findgate.md";

/// `findgate verdict`.
#[derive(Clone, Debug, Args)]
pub struct Verdict {
    /// The evaluation: what `check --output json=FILE` wrote; `-` is stdin.
    #[arg(value_name = "FILE")]
    pub evaluation: PathBuf,

    /// Where this runs.
    #[command(flatten)]
    pub place: PlaceArgs,

    /// The commit that is built.
    #[arg(long, value_name = "SHA", env = "FINDGATE_COMMIT", hide_env_values = true)]
    pub commit: Option<String>,
}

/// `findgate comment`.
#[derive(Clone, Debug, Args)]
pub struct Comment {
    /// The document: what `check --output markdown=FILE` wrote; `-` is stdin [default: stdin].
    #[arg(value_name = "FILE")]
    pub document: Option<PathBuf>,

    /// The number of the pull request, or of the merge request within its project [default: detected from the CI platform].
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..),
          env = "FINDGATE_PULL_REQUEST", hide_env_values = true)]
    pub pull_request: Option<u64>,

    /// Say what would be written, and write nothing.
    #[arg(long)]
    pub dry_run: bool,

    /// Where this runs.
    #[command(flatten)]
    pub place: PlaceArgs,

    /// The network.
    // Last, for its options end with a heading of their own.
    #[command(flatten)]
    pub reach: ReachArgs,
}

/// Where a command runs that judges nothing.
#[derive(Clone, Debug, Default, Args)]
pub struct PlaceArgs {
    /// The CI platform that tells about the project, where the wrong one is recognized.
    #[arg(long, value_name = "PLATFORM", env = "FINDGATE_CI", hide_env_values = true)]
    pub ci: Option<Ci>,

    /// The repository: host and path, as in github.com/acme/payments.
    #[arg(long, value_name = "HOST/PATH", env = "FINDGATE_REPO", hide_env_values = true)]
    pub repo: Option<String>,
}

impl PlaceArgs {
    /// What is said of the project.
    #[must_use]
    pub fn project(&self, commit: Option<&str>) -> ProjectArgs {
        let PlaceArgs { ci, repo } = self.clone();
        ProjectArgs { ci, repo, commit: commit.map(str::to_owned), ..ProjectArgs::default() }
    }
}
