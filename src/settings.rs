//! Flags, environment and policy file become settings: everything a run needs, with nothing left to look up.
//!
//! What fails here is wrong usage or a wrong policy: status 2, nothing was judged. It does not know what is inside a
//! source's section; the source reads it.

use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::cli::{Input, ProjectArgs};
use crate::env::Env;
use crate::policy::{self, Document, Policy, Problem, Problems, Requirement, Resolved};
use crate::policy_file::{self, PolicyFile};
use crate::project::{self, Project, Said};
use crate::source::{self, Plan, sarif};

/// Everything that a judgement needs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The policy, and where it came from.
    pub policy: Loaded,
    /// The policy that holds for this project.
    pub resolved: Resolved,
    /// What is read, and whether a pass needs it.
    pub plans: Vec<(Plan, Requirement)>,
    /// The sources that `--only` left; empty when all are read.
    pub only: Vec<String>,
    /// The project.
    pub project: Project,
    /// The day that is judged.
    pub as_of: Timestamp,
    /// What only the curious want to hear on stderr.
    pub notes: Vec<String>,
    /// What the user should hear there although nothing is wrong.
    pub warnings: Vec<String>,
}

/// A valid policy.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The file as the user named it, or `preset:NAME`.
    pub origin: String,
    /// `sha256:` and the digest of its bytes.
    pub digest: String,
    /// What it says.
    pub policy: Policy,
    /// What its source sections say, in the order of the file.
    pub plans: Vec<(Plan, Requirement)>,
    /// Other policy files that were passed over.
    pub passed_over: Vec<&'static str>,
}

impl Loaded {
    /// A sentence for each policy file that was passed over: somebody may think that it holds.
    pub fn passed_over(&self) -> impl Iterator<Item = String> {
        self.passed_over.iter().map(|file| format!("{file} exists too and is not read; {} comes first", self.origin))
    }
}

/// Why there are no settings.
#[derive(Debug)]
pub enum Refusal {
    /// The policy is wrong: all its problems, and its text to draw them on.
    Policy {
        /// The problems, in order.
        problems: Vec<Problem>,
        /// The text of the policy.
        text: String,
    },
    /// An output cannot be written.
    Output(anyhow::Error),
    /// Something else is wrong.
    Other(anyhow::Error),
}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Refusal {
        Refusal::Other(error)
    }
}

/// Where a policy is looked for, in this order, when none is named.
pub const POLICY_FILES: [&str; 3] = [".findgate.yml", "findgate.yml", ".github/findgate.yml"];

/// Brings everything together.
///
/// # Errors
/// Whatever is wrong with the options or the policy.
pub fn settings(input: &Input, env: &Env) -> Result<Settings, Refusal> {
    let policy = load(input.policy.as_deref(), env)?;
    let project = project(&input.project, env);
    let resolved = resolve(&policy, &project)?;
    let as_of = as_of(input.as_of.as_deref(), env.now)?;
    let only: Vec<String> = entries("--only", &input.only)?.into_iter().map(str::to_owned).collect();
    let plans = plans(input, &only, &policy)?;
    let mut notes = project.notes.clone();
    if let Some(applied) = &resolved.applied {
        notes.push(format!("applied {applied}"));
    }
    let mut warnings = project.warnings.clone();
    warnings.extend(policy.passed_over());
    Ok(Settings { resolved, plans, only, project, as_of, notes, warnings, policy })
}

/// Loads and checks a policy, its source sections included.
///
/// # Errors
/// If there is none, it cannot be read, or anything in it is wrong.
pub fn load(named: Option<&str>, env: &Env) -> Result<Loaded, Refusal> {
    let (origin, PolicyFile { text, digest }, passed_over) = find(named, &env.folder)?;
    let mut problems = Problems::default();
    let policy = Document::parse(&origin, &text, &mut problems)
        .and_then(|document| policy::decode(&document, &source::LANGUAGES, &mut problems));
    let mut plans = Vec::new();
    for section in policy.iter().flat_map(|policy| &policy.sources) {
        plans.extend(source::plan(section, &mut problems).map(|plan| (plan, section.requirement)));
    }
    match policy {
        Some(policy) if problems.is_empty() => Ok(Loaded { origin, digest, policy, plans, passed_over }),
        _ => Err(Refusal::Policy { problems: problems.sorted(), text }),
    }
}

/// The policy's name for people, its text, and the files that would have been found after it.
fn find(named: Option<&str>, folder: &Path) -> anyhow::Result<(String, PolicyFile, Vec<&'static str>)> {
    if let Some(named) = named {
        let text = match named.strip_prefix("preset:") {
            Some(preset) => policy_file::preset(preset)?,
            None => policy_file::load(&folder.join(named))?,
        };
        return Ok((named.to_owned(), text, Vec::new()));
    }
    // Whatever stands at such a path is the policy, readable or not: a folder or a broken link there must not make the
    // next one count.
    let mut found = POLICY_FILES.into_iter().filter(|file| folder.join(file).symlink_metadata().is_ok());
    let Some(first) = found.next() else {
        bail!(
            "no policy: none of {} is in {}; write one with `findgate policy init`, name one with --policy, \
             or take a built-in one: --policy preset:recommended",
            POLICY_FILES.join(", "),
            folder.display()
        )
    };
    Ok((first.to_owned(), policy_file::load(&folder.join(first))?, found.collect()))
}

/// The policy that holds for a project.
///
/// # Errors
/// If an override asks for a branch that is not known.
pub fn resolve(policy: &Loaded, project: &Project) -> anyhow::Result<Resolved> {
    let why = || project.no_branch.as_ref().map(|reason| format!("\n{reason}")).unwrap_or_default();
    policy::resolve(&policy.policy, project.branch.as_deref())
        .map_err(|error| anyhow!("{}: {error}{}", policy.origin, why()))
}

/// Everything that is read: the policy's sources, the files of `--sarif`, less what `--only` leaves out.
fn plans(input: &Input, only: &[String], policy: &Loaded) -> anyhow::Result<Vec<(Plan, Requirement)>> {
    let mut plans = policy.plans.clone();
    let globs = entries("--sarif", &input.sarif)?;
    if !globs.is_empty() {
        let selection =
            |glob: &str| sarif::Selection::from_argument(glob).map_err(|error| anyhow!("--sarif {glob}: {error}"));
        let files = globs.into_iter().map(selection).collect::<anyhow::Result<Vec<_>>>()?;
        let named = plans.iter_mut().map(|(Plan::Sarif(settings), requirement)| (settings, requirement)).next();
        match named {
            // What was named on the command line is asked for, whatever the policy says of its own files.
            Some((settings, requirement)) => {
                settings.files.extend(files);
                *requirement = Requirement::Required;
            }
            None => plans.push((
                Plan::Sarif(sarif::Settings { name: sarif::NAME.into(), files, written: Vec::new() }),
                Requirement::Required,
            )),
        }
    }
    for only in only {
        if !plans.iter().any(|(plan, _)| plan.name() == only) {
            let known: Vec<&str> = plans.iter().map(|(plan, _)| plan.name()).collect();
            bail!(
                "--only {only}: there is no such source; there is: {}",
                if known.is_empty() { "none".into() } else { known.join(", ") }
            );
        }
    }
    plans.retain(|(plan, _)| only.is_empty() || only.iter().any(|only| only == plan.name()));
    if plans.is_empty() {
        bail!(
            "no source: policy {} names none; add `sources` to it, or name files with --sarif 'reports/*.sarif'",
            policy.origin
        );
    }
    Ok(plans)
}

/// What an option names, an entry a line: a variable holds all of them, as a block of YAML in a CI file gives it.
///
/// # Errors
/// If it was given and names nothing. That is what `--sarif "$REPORTS"` becomes where the variable is not set: what was meant
/// to be read would not be, and nobody would hear of it.
pub fn entries<'a>(option: &str, values: &'a [String]) -> anyhow::Result<Vec<&'a str>> {
    let mut entries = Vec::new();
    for value in values {
        let before = entries.len();
        entries.extend(value.lines().map(str::trim).filter(|line| !line.is_empty()));
        if entries.len() == before {
            bail!("{option} was given without a value; is a variable empty that should hold it?");
        }
    }
    Ok(entries)
}

/// The day that is judged. A day means its first moment in UTC.
fn as_of(given: Option<&str>, now: Timestamp) -> anyhow::Result<Timestamp> {
    let Some(given) = given else { return Ok(now) };
    if let Ok(timestamp) = given.parse::<Timestamp>() {
        return Ok(timestamp);
    }
    let date: Date =
        // The parser's own words are about digits, which helps nobody who wrote `yesterday`.
        given.parse().map_err(|_| anyhow!("--as-of {given}: not a day or time; write 2026-11-21 or 2026-11-21T10:00:00Z"))?;
    if given.contains(['T', ' ', ':']) {
        bail!("--as-of {given}: a time needs its zone; write 2026-11-21T10:00:00Z");
    }
    Ok(date.to_zoned(TimeZone::UTC).with_context(|| format!("--as-of {given}"))?.timestamp())
}

/// The project: what the options say, else what is detected.
#[must_use]
pub fn project(args: &ProjectArgs, env: &Env) -> Project {
    let ProjectArgs { ci, repo, branch, commit, base } = args;
    let said = Said {
        ci: *ci,
        repository: repo.as_deref(),
        branch: branch.as_deref(),
        commit: commit.as_deref(),
        base: base.as_deref(),
    };
    project::detect(said, env)
}
