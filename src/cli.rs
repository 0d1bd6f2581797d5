//! The command line: options and their help, as types. It knows neither files nor the environment; the parser fills in
//! `FINDGATE_` variables.

use std::path::PathBuf;

use clap::builder::{BoolishValueParser, FalseyValueParser};
use clap::{ArgAction, Args, Command, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::env::Env;
use crate::event::Event;
use crate::project::Ci;
use crate::report::{Color, Format};
use crate::tree::Side;

mod platform;
mod policy;
mod waive;

use platform::{COMMENT_HELP, VERDICT_HELP};
pub use platform::{Comment, PlaceArgs, Verdict};
use policy::{DIFF_HELP, TEST_HELP};
pub use policy::{Listing, PolicyDiff, PolicyTest};
use waive::{VERIFY_HELP, WAIVE_HELP};
pub use waive::{Verify, Waive};

const AFTER_HELP: &str = "\
Exit status:
  0  the policy holds
  1  the policy is violated
  2  wrong usage, settings or policy; nothing was judged
  3  undecided: a required source is missing, incomplete or unreadable,
     or an output could not be written

Examples:
  Judge what the scanners found, by the built-in policy:
    findgate check --policy preset:recommended --sarif 'reports/*.sarif'

  Start a policy of your own, then judge by it:
    findgate policy init
    findgate check --sarif 'reports/*.sarif'

  Keep what people and platforms read, too:
    findgate check --output sarif=findgate.sarif --output json=findgate.json

  See whether the vendors can be read with the credentials that are set:
    findgate sources

  Read where the credentials are, judge where they are not:
    findgate collect --output snapshot.json
    findgate check --snapshot snapshot.json

  Test a policy, and see what another one would change:
    findgate policy test
    findgate policy diff .findgate.yml next.yml --snapshot snapshot.json

  Keep the decision, and judge it again later:
    findgate check --save-snapshot snapshot.json --output record=record.json
    findgate verify record.json --snapshot snapshot.json

  Show it on the pull request, and end as it says once it is shown:
    findgate check --exit-zero --output markdown=findgate.md \\
      --output json=findgate.json
    findgate comment findgate.md
    findgate verdict findgate.json

  Ask why a finding counts, and how to waive it:
    findgate explain CVE-2021-23337 --sarif 'reports/*.sarif'
    findgate explain src/login.py:42 --sarif 'reports/*.sarif'

  Waive it until a day:
    findgate waive CVE-2021-23337 --sarif 'reports/*.sarif' \\
      --reason 'not reachable' --owner web-team --expires 30d";

/// A CI policy gate for security findings.
///
/// findgate reads the results of security scanners, judges them by a policy and fails the build when the policy is
/// violated. It passes only if everything that the policy requires was read completely.
#[derive(Clone, Debug, Parser)]
#[command(name = "findgate", version, after_help = AFTER_HELP, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Action,

    /// Options of every command.
    #[command(flatten)]
    pub shared: Shared,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Messages")]
pub struct Shared {
    /// Tell more on stderr: what was detected and what was read.
    // No conflict with `--quiet`: either may stand in the environment of a CI platform, and `--quiet` wins.
    #[arg(short, long, global = true, value_parser = FalseyValueParser::new(),
          env = "FINDGATE_VERBOSE", hide_env_values = true)]
    pub verbose: bool,

    /// Tell only errors on stderr, whatever `--verbose` says. The verdict and every output stay the same.
    #[arg(short, long, global = true, value_parser = FalseyValueParser::new(), env = "FINDGATE_QUIET", hide_env_values = true)]
    pub quiet: bool,

    /// When to use color.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        env = "FINDGATE_COLOR",
        hide_env_values = true
    )]
    pub color: Color,
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub enum Action {
    /// Judge the current project (the main job).
    #[command(after_help = CHECK_HELP)]
    Check(Check),
    /// Read the sources of the policy and keep what they show as a snapshot, to be judged later and elsewhere.
    #[command(after_help = COLLECT_HELP)]
    Collect(Collect),
    /// Say why a finding counts, is waived or is excused.
    ///
    /// It reads what `check` would read, and shows for each finding that fits: what it is, where its severity came from,
    /// which rules looked at it and what each condition said, which waiver applies, and the waiver to paste if it blocks.
    Explain(Explain),
    /// Judge again what a record of `check` tells of, and say what is the same and what differs.
    ///
    /// The day, the project and what started the run are taken from the record; policy and snapshot are read and judged anew.
    #[command(after_help = VERIFY_HELP)]
    Verify(Verify),
    /// Waive a finding until a day: append a waiver to the file of waivers.
    ///
    /// It reads what `check` would read, unless the finding is named by what to match. Comments, order and quotes of the file
    /// stay; what comes out is checked before it is written. On a terminal it asks for what the policy demands.
    #[command(after_help = WAIVE_HELP)]
    Waive(Box<Waive>),
    /// End as a stored evaluation says, where another job wrote the reports.
    #[command(after_help = VERDICT_HELP)]
    Verdict(Verdict),
    /// Post a report on the pull or merge request, or update the one that is there.
    #[command(after_help = COMMENT_HELP)]
    Comment(Comment),
    /// Try each source out: host, credentials, project, newest scans, permissions.
    ///
    /// It judges nothing. It ends with 0 if every required source can be read, with 2 if a setting or credential is missing
    /// or wrong before anybody is asked, else with 3.
    Sources(Sources),
    /// Work on policies.
    #[command(subcommand, subcommand_required = true, arg_required_else_help = true)]
    Policy(PolicyAction),
    /// Print a completion script for a shell.
    ///
    /// For bash: `findgate completions bash > ~/.local/share/bash-completion/completions/findgate`.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print a manual page.
    ///
    /// `findgate man | man -l -` shows the first one, `findgate man check | man -l -` that of a command.
    Man {
        /// The command that the page is about.
        #[arg(value_name = "COMMAND")]
        command: Vec<String>,
    },
}

const CHECK_HELP: &str = "\
Formats: human, json, sarif (violations and warnings, for code scanning),
sarif-audit (every finding, excused ones suppressed, for the record), junit (a
case a finding), gitlab (Code Quality), markdown (the summary of a job, and a
comment), html (one page with plots and a filter, to be kept with the build),
github (annotations, which are written to stderr by themselves on GitHub
Actions), record (the decision as an in-toto statement, for `findgate verify`
and to be signed).

The verdict and the exit status are the same in every format.

A snapshot that does not exist or cannot be opened is wrong usage (2). One that
is damaged, cut off, altered or of another version is no evidence, so nothing
is decided (3). A baseline that is missing or cannot be used leaves undecided
what is new (3).";

const COLLECT_HELP: &str = "\
Nothing is judged. The snapshot is written although a source is incomplete, and
says so; judging it gives the same result as judging the sources, without
network and credentials:
  findgate check --snapshot FILE

Exit status:
  0  every required source was read completely
  2  wrong usage, settings or policy; nothing was read
  3  a required source is missing, incomplete or unreadable, or the snapshot
     could not be written";

/// `findgate check`.
#[derive(Clone, Debug, Args)]
pub struct Check {
    /// What to judge.
    #[command(flatten)]
    pub input: Input,

    /// What stdout carries [default: human].
    #[arg(long, value_name = "NAME", env = "FINDGATE_FORMAT", hide_env_values = true, help_heading = "Output")]
    pub format: Option<Format>,

    /// Write a format to a file as well; `-` is stdout. May be given several times.
    #[arg(long = "output", short = 'o', value_name = "NAME=PATH", action = ArgAction::Append,
          env = "FINDGATE_OUTPUT", hide_env_values = true, help_heading = "Output")]
    pub outputs: Vec<String>,

    /// Keep what was read as a snapshot, to judge it again with --snapshot.
    #[arg(long, value_name = "FILE", env = "FINDGATE_SAVE_SNAPSHOT", hide_env_values = true, help_heading = "Output")]
    pub save_snapshot: Option<PathBuf>,

    /// End with 0 where the policy is violated. Outputs still say fail; 2 and 3 stay.
    // In the environment only a plain yes is one.
    #[arg(long, value_parser = BoolishValueParser::new(), env = "FINDGATE_EXIT_ZERO", hide_env_values = true,
          help_heading = "Output")]
    pub exit_zero: bool,
}

/// `findgate collect`.
#[derive(Clone, Debug, Args)]
pub struct Collect {
    /// What to read.
    #[command(flatten)]
    pub reading: Reading,

    /// The project.
    #[command(flatten)]
    pub project: ProjectArgs,

    /// The network.
    #[command(flatten)]
    pub network: NetworkArgs,

    /// The snapshot to write; `-` is stdout.
    #[arg(
        long,
        short = 'o',
        value_name = "FILE",
        env = "FINDGATE_SAVE_SNAPSHOT",
        hide_env_values = true,
        help_heading = "Output"
    )]
    pub output: PathBuf,
}

/// What is read, and the policy that says so.
#[derive(Clone, Debug, Default, Args)]
pub struct Reading {
    /// The policy: a file, or a built-in one as `preset:NAME` (recommended, strict, audit, new-code)
    /// [default: .findgate.yml, findgate.yml or .github/findgate.yml].
    #[arg(long, value_name = "PATH|preset:NAME", env = "FINDGATE_POLICY", hide_env_values = true)]
    pub policy: Option<String>,

    /// Where policy, waivers, baseline and feeds are read from, as far as they are files of the repository: the commit that
    /// the change goes into, or the change itself [default: base in a pull or merge request, else worktree].
    #[arg(long, value_name = "WHICH", env = "FINDGATE_TRUST", hide_env_values = true)]
    pub trust: Option<Side>,

    /// SARIF files to read besides those in the policy. May be given several times; quote the glob.
    #[arg(long, value_name = "GLOB", action = ArgAction::Append, env = "FINDGATE_SARIF",
          hide_env_values = true)]
    pub sarif: Vec<String>,

    /// Read only this source of the policy. May be given several times; every output says so.
    #[arg(long, value_name = "SOURCE", action = ArgAction::Append, env = "FINDGATE_ONLY",
          hide_env_values = true)]
    pub only: Vec<String>,
}

/// What is judged, by what.
#[derive(Clone, Debug, Default, Args)]
pub struct Input {
    /// What to read.
    #[command(flatten)]
    pub reading: Reading,

    /// Judge this snapshot instead of reading the sources: no network, no credentials.
    #[arg(long, value_name = "FILE", env = "FINDGATE_SNAPSHOT", hide_env_values = true)]
    pub snapshot: Option<PathBuf>,

    /// Findings that were known before: a snapshot, an evaluation in JSON, or SARIF; goes before `baseline` of the policy.
    #[arg(long, value_name = "FILE", env = "FINDGATE_BASELINE", hide_env_values = true)]
    pub baseline: Option<String>,

    /// Judge as if it were this day (2026-11-21) or time (2026-11-21T10:00:00Z) [default: now].
    #[arg(long, value_name = "DATE", env = "FINDGATE_AS_OF", hide_env_values = true)]
    pub as_of: Option<String>,

    /// The project.
    #[command(flatten)]
    pub project: ProjectArgs,

    /// The network.
    #[command(flatten)]
    pub network: NetworkArgs,

    /// Whether nothing is judged; no option, but what the command is.
    #[arg(skip)]
    pub only_read: bool,
}

impl Input {
    /// That of a command that reads the sources and judges nothing.
    #[must_use]
    pub fn to_read(reading: &Reading, project: &ProjectArgs, network: &NetworkArgs) -> Input {
        Input {
            reading: reading.clone(),
            snapshot: None,
            baseline: None,
            as_of: None,
            project: project.clone(),
            network: network.clone(),
            only_read: true,
        }
    }
}

/// How vendors are reached.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Network")]
pub struct NetworkArgs {
    /// A host that may receive a credential although only the policy names it. May be given several times.
    #[arg(long = "allow-host", value_name = "HOST", action = ArgAction::Append, env = "FINDGATE_ALLOW_HOST",
          hide_env_values = true)]
    pub allow_hosts: Vec<String>,

    /// What asking anybody needs.
    #[command(flatten)]
    pub reach: ReachArgs,
}

/// How anybody is reached.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Network")]
pub struct ReachArgs {
    /// Certificates to trust besides the system's, in PEM.
    #[arg(long, value_name = "PEM", env = "FINDGATE_CA_FILE", hide_env_values = true)]
    pub ca_file: Option<PathBuf>,

    /// How long the run may take, waiting included [default: 10m].
    #[arg(long, value_name = "DURATION", env = "FINDGATE_TIMEOUT", hide_env_values = true)]
    pub timeout: Option<String>,
}

/// Overrides of what is detected from the CI platform or git.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Project (detected from the CI platform or git)")]
pub struct ProjectArgs {
    /// The CI platform that tells about the project, where the wrong one is recognized.
    #[arg(long, value_name = "PLATFORM", env = "FINDGATE_CI", hide_env_values = true)]
    pub ci: Option<Ci>,

    /// The project's name or id at the vendors; goes before what the policy names [default: found by the repository].
    #[arg(long, value_name = "NAME", env = "FINDGATE_PROJECT", hide_env_values = true)]
    pub project: Option<String>,

    /// The repository: host and path, as in github.com/acme/payments.
    #[arg(long, value_name = "HOST/PATH", env = "FINDGATE_REPO", hide_env_values = true)]
    pub repo: Option<String>,

    /// The branch that is judged; overrides in the policy go by it, in a pull request by the one that it goes into.
    #[arg(long, value_name = "NAME", env = "FINDGATE_BRANCH", hide_env_values = true)]
    pub branch: Option<String>,

    /// The commit that is judged.
    #[arg(long, value_name = "SHA", env = "FINDGATE_COMMIT", hide_env_values = true)]
    pub commit: Option<String>,

    /// The commit or branch that the change goes into.
    #[arg(long, value_name = "REF", env = "FINDGATE_BASE", hide_env_values = true)]
    pub base: Option<String>,

    /// What started the run, for overrides that go by it: push, pull_request, merge_group, tag, schedule, manual, other.
    /// `pull_request` and `merge_group` make it a change, as `--trust` means it.
    #[arg(long, value_name = "EVENT", value_parser = event, env = "FINDGATE_EVENT", hide_env_values = true)]
    pub event: Option<Event>,

    /// The environment that is deployed to, for overrides that go by it.
    #[arg(long, value_name = "NAME", env = "FINDGATE_ENVIRONMENT", hide_env_values = true)]
    pub environment: Option<String>,
}

fn event(text: &str) -> Result<Event, String> {
    let words = Event::ALL.map(Event::name).join(", ");
    Event::from_name(text).ok_or_else(|| format!("not an event; events are {words}"))
}

/// `findgate explain`.
#[derive(Clone, Debug, Args)]
pub struct Explain {
    /// A fingerprint or its beginning, an advisory id, a check, a package, a violated rule, or PATH:LINE.
    #[arg(value_name = "FINDING")]
    pub query: String,

    /// What to judge.
    #[command(flatten)]
    pub input: Input,
}

/// `findgate sources`.
#[derive(Clone, Debug, Args)]
pub struct Sources {
    /// What to try.
    #[command(flatten)]
    pub reading: Reading,

    /// The project.
    #[command(flatten)]
    pub project: ProjectArgs,

    /// The network.
    #[command(flatten)]
    pub network: NetworkArgs,
}

/// `findgate policy`.
#[derive(Clone, Debug, Subcommand)]
pub enum PolicyAction {
    /// Say everything that is wrong with a policy, and hint at what is probably not meant.
    Check {
        /// End with 2 where there are hints, too.
        #[arg(long)]
        strict: bool,

        /// Measure waivers and staged rules by this day (2026-11-21) or time [default: now].
        #[arg(long, value_name = "DATE", env = "FINDGATE_AS_OF", hide_env_values = true)]
        as_of: Option<String>,

        /// Which policy.
        // Last, for its options of the network end with a heading of their own.
        #[command(flatten)]
        policy: PolicyInput,
    },
    /// Print the policy that holds: all that it extends, defaults filled in, overrides applied, each value with its line.
    Show {
        /// Where it is read from: the commit that the change goes into, or the change itself [default: base in a pull or
        /// merge request, else worktree].
        #[arg(long, value_name = "WHICH", env = "FINDGATE_TRUST", hide_env_values = true)]
        trust: Option<Side>,

        /// The commit or branch that the change goes into.
        #[arg(long, value_name = "REF", env = "FINDGATE_BASE", hide_env_values = true)]
        base: Option<String>,

        /// The branch to show it for; overrides go by it [default: detected from the CI platform or git].
        #[arg(long, value_name = "NAME", env = "FINDGATE_BRANCH", hide_env_values = true)]
        branch: Option<String>,

        /// What started the run; overrides go by it [default: as the CI platform tells].
        #[arg(long, value_name = "EVENT", value_parser = event, env = "FINDGATE_EVENT", hide_env_values = true)]
        event: Option<Event>,

        /// The environment that is deployed to; overrides go by it [default: as the CI platform tells].
        #[arg(long, value_name = "NAME", env = "FINDGATE_ENVIRONMENT", hide_env_values = true)]
        environment: Option<String>,

        /// The CI platform that tells these, where the wrong one is recognized.
        #[arg(long, value_name = "PLATFORM", env = "FINDGATE_CI", hide_env_values = true)]
        ci: Option<Ci>,

        /// How to print it.
        #[arg(long, value_name = "NAME", default_value = "human")]
        format: Listing,

        /// Which policy.
        #[command(flatten)]
        policy: PolicyInput,
    },
    /// Judge the cases of a policy, and say where it does not decide as it must.
    #[command(after_help = TEST_HELP)]
    Test(PolicyTest),
    /// Say what another policy would make of what was found.
    #[command(after_help = DIFF_HELP)]
    Diff(PolicyDiff),
    /// Print the JSON Schema of the policy, for editors.
    Schema {
        /// The schema of `--format json` instead.
        #[arg(long, conflicts_with = "tests")]
        output: bool,

        /// The schema of the files that `policy test` reads instead.
        #[arg(long)]
        tests: bool,
    },
    /// Write a policy to start from.
    Init {
        /// Which built-in policy to start from.
        #[arg(long, value_name = "NAME", default_value = "recommended")]
        preset: String,
        /// The file to write; it must not exist.
        #[arg(value_name = "PATH", default_value = ".findgate.yml")]
        path: PathBuf,
    },
}

/// Which policy.
#[derive(Clone, Debug, Args)]
pub struct PolicyInput {
    /// The policy: a file or `preset:NAME` [default: .findgate.yml, findgate.yml or .github/findgate.yml].
    #[arg(long, value_name = "PATH|preset:NAME", env = "FINDGATE_POLICY", hide_env_values = true)]
    pub policy: Option<String>,

    /// The policy, as `--policy` takes it; goes before `--policy` and its variable.
    #[arg(value_name = "POLICY")]
    pub path: Option<String>,

    /// What fetching a policy that it extends needs.
    #[command(flatten)]
    pub reach: ReachArgs,
}

impl PolicyInput {
    /// The policy that was named.
    #[must_use]
    pub fn named(&self) -> Option<&str> {
        self.path.as_deref().or(self.policy.as_deref())
    }
}

/// The parser. A variable that is set to nothing counts as not set: CI platforms pass unset inputs that way.
#[must_use]
pub fn command(env: &Env) -> Command {
    without_empty(Cli::command(), env)
}

fn without_empty(command: Command, env: &Env) -> Command {
    command
        .mut_args(|arg| match arg.get_env() {
            Some(name) if env.is_empty(name) => arg.env(None::<&str>),
            _ => arg,
        })
        .mut_subcommands(|subcommand| without_empty(subcommand, env))
}

/// Parses the arguments.
///
/// # Errors
/// Wrong usage, `--help` and `--version`; the error prints itself and knows which of them it is.
pub fn parse(env: &Env, arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Cli, clap::Error> {
    let mut command = command(env);
    let matches = command.try_get_matches_from_mut(arguments)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}
