//! Flags, environment and policy file become settings: everything a run needs, with nothing left to look up.
//!
//! What fails here is wrong usage or a wrong policy: status 2, nothing was judged. It does not know what is inside a
//! source's section; the source reads it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::cli::{Input, NetworkArgs, ProjectArgs};
use crate::env::Env;
use crate::net::{Host, Masks, Roots, Trust};
use crate::policy::expect::seconds;
use crate::policy::{self, Aim, Document, EvidenceRule, Policy, Problem, Problems, Requirement, Resolved};
use crate::policy_file::{self, PolicyFile};
use crate::project::{self, Project, Said};
use crate::snapshot::{self, Snapshot, Wanted, section_digest};
use crate::source::{self, Access, Plan, Reader, Unready, sarif};

/// Everything that a judgement needs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The policy, and where it came from.
    pub policy: Loaded,
    /// The policy that holds for this project.
    pub resolved: Resolved,
    /// What is asked for, and what it must show, in the order of the policy.
    pub wanted: Vec<Wanted>,
    /// What is read for it, in the same order; empty where a snapshot is judged.
    pub readers: Vec<(Reader, EvidenceRule)>,
    /// The snapshot that is judged instead.
    pub snapshot: Option<Snapshot>,
    /// The globs of `--sarif`, or those of the run that took the snapshot.
    pub sarif: Vec<String>,
    /// The sources that `--only` left; empty when all are read.
    pub only: Vec<String>,
    /// The project.
    pub project: Project,
    /// Whether the branch is that of a fork, and nobody named it on the command line.
    pub is_of_fork: bool,
    /// The day that is judged.
    pub as_of: Timestamp,
    /// How long the run may take.
    pub timeout: Duration,
    /// The trusted roots.
    pub roots: Roots,
    /// The credentials of the run.
    pub masks: Masks,
    /// What only the curious want to hear on stderr.
    pub notes: Vec<String>,
    /// What the user should hear there although nothing is wrong.
    pub warnings: Vec<String>,
}

impl Settings {
    /// What is judged, to compare scans with.
    #[must_use]
    pub fn aim(&self) -> Aim<'_> {
        // The branch of a fork is not the one that has its name here, which is the one that vendors scan.
        let branch = self.project.branch.as_deref().filter(|_| !self.is_of_fork);
        Aim { branch, commit: self.project.commit.as_deref() }
    }

    /// Tells the sources which files this run is going to write, links followed.
    pub fn set_written(&mut self, files: Vec<PathBuf>) {
        for (reader, _) in &mut self.readers {
            reader.set_written(&files);
        }
    }
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
    pub plans: Vec<(Plan, EvidenceRule)>,
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
    /// The snapshot that was to be judged shows nothing.
    NoEvidence(anyhow::Error),
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
    with(input, env, Unusable::Refused)
}

/// As [`settings`], to try the sources out: one that cannot be used is told as one that was not read, beside the others.
///
/// # Errors
/// Whatever is wrong with the options or the policy.
pub fn trial(input: &Input, env: &Env) -> Result<Settings, Refusal> {
    with(input, env, Unusable::Told)
}

/// What becomes of a required source that lacks a credential or has a wrong setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unusable {
    /// Nothing is judged.
    Refused,
    /// It is told, and the others are read.
    Told,
}

fn with(input: &Input, env: &Env, unusable: Unusable) -> Result<Settings, Refusal> {
    let policy = load(input.reading.policy.as_deref(), env)?;
    let mut project = project(&input.project, env);
    let sarif = owned("--sarif", &input.reading.sarif)?;
    let snapshot = input.snapshot.as_deref().map(|file| snapshot(file, &sarif, &mut project, env)).transpose()?;
    let is_of_fork = input.project.branch.is_none()
        && project.pull_request.as_ref().is_some_and(|request| request.from_fork == Some(true));
    let sarif = snapshot.as_ref().map_or(sarif, |snapshot| snapshot.sarif.clone());
    // Overrides change what is judged, and nothing of what is read; so reading needs no branch.
    let resolved =
        if input.only_read { resolve(&without_overrides(&policy), &project)? } else { resolve(&policy, &project)? };
    let as_of = as_of(input.as_of.as_deref(), env.now)?;
    let only = owned("--only", &input.reading.only)?;
    let mut plans = plans(&sarif, &policy)?;
    if let Some(snapshot) = &snapshot {
        let names: Vec<&str> = plans.iter().map(|(plan, _)| plan.name()).collect();
        let unwanted = snapshot.unwanted(&names);
        project.warnings.extend(unwanted.map(|name| {
            format!("the snapshot holds the source {name}, which the policy does not name; it is ignored")
        }));
    }
    select(&mut plans, &only, &policy)?;
    let wanted = plans.iter().map(|(plan, rule)| wanted(plan, *rule, &policy, &sarif)).collect();
    let timeout = timeout(input.network.timeout.as_deref())?;
    let masks = Masks::default();
    // A snapshot is judged where there may be neither certificates nor credentials.
    let (roots, readers) = if snapshot.is_some() {
        (Roots::default(), Vec::new())
    } else {
        let roots = Roots::read(input.network.ca_file.as_deref(), env)?;
        let trust = trust(&input.network)?;
        let access = Access { env, trust: &trust, project: &project, masks: &masks };
        (roots, readers(plans, &access, unusable)?)
    };
    let mut notes = project.notes.clone();
    if let Some(applied) = &resolved.applied {
        notes.push(format!("applied {applied}"));
    }
    let mut warnings = project.warnings.clone();
    warnings.extend(policy.passed_over());
    Ok(Settings {
        policy,
        resolved,
        wanted,
        readers,
        snapshot,
        sarif,
        only,
        project,
        is_of_fork,
        as_of,
        timeout,
        roots,
        masks,
        notes,
        warnings,
    })
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
        plans.extend(source::plan(section, &mut problems).map(|plan| (plan, section.evidence)));
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

fn without_overrides(policy: &Loaded) -> Loaded {
    Loaded { policy: Policy { overrides: Vec::new(), ..policy.policy.clone() }, ..policy.clone() }
}

/// Reads the snapshot that is judged instead of asking the sources. What this run does not know of the project, it tells.
fn snapshot(file: &Path, sarif: &[String], project: &mut Project, env: &Env) -> Result<Snapshot, Refusal> {
    if !sarif.is_empty() {
        let error = anyhow!(
            "--snapshot is judged instead of files, and --sarif names some; give --sarif to the run that takes the snapshot \
             (FINDGATE_SNAPSHOT and FINDGATE_SARIF count as given)"
        );
        return Err(error.into());
    }
    let snapshot = snapshot::read(&env.folder.join(file)).map_err(|unusable| match unusable {
        snapshot::Unusable::Unreadable(error) => Refusal::Other(error),
        snapshot::Unusable::NoEvidence(error) => Refusal::NoEvidence(error),
    })?;
    let name = file.display();
    snapshot.fill(project).with_context(|| format!("cannot judge the snapshot {name}"))?;
    let Snapshot { taken, version, .. } = &snapshot;
    project.warnings.push(format!("judging the snapshot {name}, taken at {taken} by findgate {version}"));
    Ok(snapshot)
}

/// Everything that is asked for: the policy's sources, and the files of `--sarif`.
fn plans(sarif: &[String], policy: &Loaded) -> anyhow::Result<Vec<(Plan, EvidenceRule)>> {
    let mut plans = policy.plans.clone();
    if !sarif.is_empty() {
        let selection =
            |glob: &str| sarif::Selection::from_argument(glob).map_err(|error| anyhow!("--sarif {glob}: {error}"));
        let files = sarif.iter().map(|glob| selection(glob)).collect::<anyhow::Result<Vec<_>>>()?;
        let named = plans.iter_mut().find_map(|(plan, rule)| match plan {
            Plan::Sarif(settings) => Some((settings, rule)),
            Plan::Mend(_) | Plan::Mayo(_) | Plan::Cybedefend(_) | Plan::Appsecplus(_) => None,
        });
        // What was named on the command line is asked for, whatever the policy says of its own files.
        let required = EvidenceRule { requirement: Requirement::Required, ..policy.policy.evidence };
        match named {
            Some((settings, rule)) => {
                settings.files.extend(files);
                rule.requirement = Requirement::Required;
            }
            None => {
                let settings = sarif::Settings { name: sarif::NAME.into(), files, written: Vec::new() };
                plans.push((Plan::Sarif(settings), required));
            }
        }
    }
    Ok(plans)
}

/// Leaves only what `--only` names.
fn select(plans: &mut Vec<(Plan, EvidenceRule)>, only: &[String], policy: &Loaded) -> anyhow::Result<()> {
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
    Ok(())
}

/// What is asked of a source.
fn wanted(plan: &Plan, rule: EvidenceRule, policy: &Loaded, sarif: &[String]) -> Wanted {
    let section = policy.policy.sources.iter().find(|section| section.name == plan.name());
    let sarif = if matches!(plan, Plan::Sarif(_)) { sarif } else { &[] };
    let settings = section_digest(section.map(|section| &section.section), sarif);
    Wanted { name: plan.name().to_owned(), rule, settings }
}

/// Makes the sources ready.
///
/// # Errors
/// If a setting is wrong, or a required source has no credentials, unless that is only to be told.
fn readers(
    plans: Vec<(Plan, EvidenceRule)>,
    access: &Access<'_>,
    unusable: Unusable,
) -> anyhow::Result<Vec<(Reader, EvidenceRule)>> {
    let fork = access.project.pull_request.as_ref().is_some_and(|request| request.from_fork == Some(true));
    let ready = |(plan, rule): (Plan, EvidenceRule)| {
        let name = plan.name();
        let told = |reason: String| Ok((Reader::unread(name, reason), rule));
        match plan.ready(access) {
            Ok(reader) => Ok((reader, rule)),
            Err(Unready::NoCredentials(variables)) if fork => told(format!(
                "no credentials: {variables} is empty, as the platform gives no secrets to a pull request from a fork; judge a \
                 snapshot that a trusted job took: findgate check --snapshot FILE"
            )),
            Err(Unready::NoCredentials(variables))
                if unusable == Unusable::Told || rule.requirement == Requirement::Optional =>
            {
                told(format!("no credentials: set {variables}"))
            }
            Err(Unready::NoCredentials(variables)) => bail!(
                "cannot use the source {name}: it has no credentials; set {variables}, or leave it out of this run by naming the \
                 others with --only"
            ),
            Err(Unready::Refused(error)) if unusable == Unusable::Told => told(format!("{error:#}")),
            Err(Unready::Refused(error)) => Err(error.context(format!("cannot use the source {name}"))),
        }
    };
    plans.into_iter().map(ready).collect()
}

/// The hosts that the command line trusts.
fn trust(args: &NetworkArgs) -> anyhow::Result<Trust> {
    let host = |text: &str| Host::parse(text).context("--allow-host");
    Ok(Trust::new(entries("--allow-host", &args.allow_hosts)?.into_iter().map(host).collect::<anyhow::Result<_>>()?))
}

/// How long a run may take.
fn timeout(given: Option<&str>) -> anyhow::Result<Duration> {
    let text = given.unwrap_or(TIMEOUT);
    let timeout = seconds(text).filter(|seconds| *seconds > 0);
    let timeout =
        timeout.ok_or_else(|| anyhow!("--timeout {text}: not a duration; write for example 90s, 10m or 1h"))?;
    Ok(Duration::from_secs(timeout))
}

/// The budget of a run that names none.
const TIMEOUT: &str = "10m";

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

fn owned(option: &str, values: &[String]) -> anyhow::Result<Vec<String>> {
    Ok(entries(option, values)?.into_iter().map(str::to_owned).collect())
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
    let ProjectArgs { ci, project, repo, branch, commit, base } = args;
    let said = Said {
        ci: *ci,
        name: project.as_deref(),
        repository: repo.as_deref(),
        branch: branch.as_deref(),
        commit: commit.as_deref(),
        base: base.as_deref(),
    };
    project::detect(said, env)
}
