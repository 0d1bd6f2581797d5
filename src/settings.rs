//! Options, environment and policy file become settings: everything a run needs, with nothing left to look up.
//!
//! What fails here is wrong usage or a wrong policy: status 2, nothing was judged. It does not know what is inside a
//! source's section; the source reads it.

mod apart;
mod beside;
mod compared;
mod library;
mod trusted;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio::time::Instant;

use crate::baseline::Baseline;
use crate::cli::{Input, NetworkArgs, ProjectArgs, ReachArgs};
use crate::env::Env;
use crate::fetch::Fetcher;
use crate::net::{Host, Masks, Roots, Trust};
use crate::policy::expect::seconds;
use crate::policy::{self, Aim, Asked, BaselineAt, Circumstances, EvidenceRule, Policy, Requirement, Resolved, Stated};
use crate::policy_file::{InputFile, Loaded, NotLoaded, Role, Wrong};
use crate::project::{self, Project, Said};
use crate::snapshot::{self, Seal, Snapshot, Wanted, section_digest};
use crate::source::{Access, Plan, Reader, Unready, sarif};
use crate::tree::{Side, Tree};

use beside::Around;
use library::Library;

pub use apart::{Apart, Given};
pub use beside::{Candidate, Contender};
pub use compared::BaselineBranch;
use compared::{baseline, baseline_branch};
pub use trusted::PolicyAt;

/// Everything that a judgement needs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The policy, and where it came from.
    pub policy: Loaded,
    /// Which version of it, and of the other files of the repository, decides.
    pub policy_at: PolicyAt,
    /// Where those files are read from.
    pub tree: Tree,
    /// The policies that are judged beside it; they decide nothing.
    pub beside: Vec<Candidate>,
    /// The policy that holds for this project.
    pub resolved: Resolved,
    /// What is asked for, and what it must show, in the order of the policy.
    pub wanted: Vec<Wanted>,
    /// What is read for it, in the same order; empty where a snapshot is judged.
    pub readers: Vec<(Reader, EvidenceRule)>,
    /// What is read of the branch that is the baseline, where the policy names one and findings are judged.
    pub baseline_branch: Option<BaselineBranch>,
    /// The snapshot that is judged instead.
    pub snapshot: Option<Snapshot>,
    /// The digests of that snapshot; of what was read, once a record asks for them.
    pub seal: Option<Seal>,
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
    /// When that is over.
    pub deadline: Instant,
    /// Gets what the policy names by an address.
    pub fetcher: Fetcher,
    /// The trusted roots.
    pub roots: Roots,
    /// The credentials of the run.
    pub masks: Masks,
    /// What findings are compared with, or why it cannot be read.
    pub baseline: Option<Result<Baseline, String>>,
    /// The file that `--baseline` names, whether or not it could be read.
    pub baseline_named: Option<String>,
    /// Every file that the verdict rests on: those of the policy, then a baseline, feeds and a snapshot as they are read.
    pub inputs: Vec<InputFile>,
    /// What was asked for on the command line that weakens the gate, a sentence each: it stands in the record.
    pub bypasses: Vec<String>,
    /// What every report must say besides, a sentence each.
    pub told: Vec<String>,
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
    ///
    /// # Errors
    /// If the verdict rests on one of them: the next run could not read it, or would know what this one found.
    pub fn set_written(&mut self, files: Vec<PathBuf>, folder: &Path) -> anyhow::Result<()> {
        let is_written =
            |input: &&InputFile| folder.join(&input.name).canonicalize().is_ok_and(|file| files.contains(&file));
        if let Some(InputFile { role, name, .. }) = self.inputs.iter().find(is_written) {
            bail!("an output would replace {name}, which this run reads as its {}; give it another path", role.name());
        }
        for (reader, _) in &mut self.readers {
            reader.set_written(&files);
        }
        Ok(())
    }
}

/// Why there are no settings.
#[derive(Debug)]
pub enum Refusal {
    /// The policy is wrong: all its problems, and its text to draw them on.
    Policy(Wrong),
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

impl From<NotLoaded> for Refusal {
    fn from(error: NotLoaded) -> Refusal {
        match error {
            NotLoaded::Wrong(wrong) => Refusal::Policy(wrong),
            NotLoaded::Other(error) => Refusal::Other(error),
        }
    }
}

/// Brings everything together.
///
/// # Errors
/// Whatever is wrong with the options or the policy.
pub fn settings(input: &Input, env: &Env) -> Result<Settings, Refusal> {
    with(input, None, env, Unusable::Refused)
}

/// As [`settings`], with what is told instead of found out.
///
/// # Errors
/// Whatever is wrong with the options or the policy.
pub fn apart(input: &Input, apart: Apart, env: &Env) -> Result<Settings, Refusal> {
    with(input, Some(apart), env, Unusable::Refused)
}

/// As [`settings`], to try the sources out: one that cannot be used is told as one that was not read, beside the others.
///
/// # Errors
/// Whatever is wrong with the options or the policy.
pub fn trial(input: &Input, env: &Env) -> Result<Settings, Refusal> {
    with(input, None, env, Unusable::Told)
}

/// What becomes of a required source that lacks a credential or has a wrong setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unusable {
    /// Nothing is judged.
    Refused,
    /// It is told, and the others are read.
    Told,
}

fn with(input: &Input, apart: Option<Apart>, env: &Env, unusable: Unusable) -> Result<Settings, Refusal> {
    let timeout = timeout(input.network.reach.timeout.as_deref())?;
    let deadline = Instant::now() + timeout;
    let as_of = as_of(input.as_of.as_deref(), env.now)?;
    let ca_file = input.network.reach.ca_file.clone();
    let fetcher = Fetcher::new(env, ca_file, (deadline, timeout), input.snapshot.is_some());
    let library = Library::new(fetcher, as_of);
    let is_apart = apart.is_some();
    let Apart { mut project, evidence: given, tree } = apart.unwrap_or_else(|| {
        let project = project(&input.project, env);
        let tree = tree(input.reading.trust, &input.project, &project, env);
        Apart { project, evidence: Given::Asked, tree }
    });
    let named = input.reading.policy.as_deref();
    let policy = library.load(named, &tree)?;
    // Who judges apart from the run knows which version of the files it takes, and why.
    let told = if is_apart { Vec::new() } else { trusted::told(&tree, &project) };
    let sarif = owned("--sarif", &input.reading.sarif)?;
    let snapshot = match &given {
        Given::Snapshot(snapshot) => {
            snapshot.fill(&mut project)?;
            Some((**snapshot).clone())
        }
        Given::Asked | Given::Files(_) => {
            input.snapshot.as_deref().map(|file| read_snapshot(file, &sarif, &mut project, env)).transpose()?
        }
    };
    let is_of_fork = input.project.branch.is_none()
        && project.pull_request.as_ref().is_some_and(|request| request.from_fork == Some(true));
    let sarif = snapshot.as_ref().map_or(sarif, |snapshot| snapshot.sarif.clone());
    // Overrides change what is judged, and nothing of what is read; so reading needs no branch.
    let mut resolved =
        if input.only_read { resolve(&without_overrides(&policy), &project)? } else { resolve(&policy, &project)? };
    let only = owned("--only", &input.reading.only)?;
    if !only.is_empty() {
        resolved.read_in_part();
    }
    let mut plans = match &given {
        Given::Files(files) => apart::plans_of(files),
        Given::Asked | Given::Snapshot(_) => plans(&sarif, &policy)?,
    };
    if let Some(snapshot) = &snapshot {
        let names: Vec<&str> = plans.iter().map(|(plan, _)| plan.name()).collect();
        let unwanted = snapshot.unwanted(&names);
        project.warnings.extend(unwanted.map(|name| {
            format!("the snapshot holds the source {name}, which the policy does not name; it is ignored")
        }));
    }
    // A snapshot that is told holds sources enough, whatever the policy names.
    if !matches!(given, Given::Snapshot(_)) {
        select(&mut plans, &only, &policy)?;
    }
    let mut wanted: Vec<Wanted> = plans.iter().map(|(plan, rule)| self::wanted(plan, *rule, &policy, &sarif)).collect();
    if let (Given::Snapshot(_), Some(snapshot)) = (&given, &snapshot) {
        apart::want_all_of(snapshot, &policy, &mut wanted);
    }
    let masks = Masks::default();
    // A snapshot is judged where there may be neither certificates nor credentials.
    let (roots, readers) = if snapshot.is_some() {
        (Roots::default(), Vec::new())
    } else if let Given::Files(_) = given {
        let ready = |(plan, rule): &(Plan, EvidenceRule)| match plan {
            Plan::Sarif(files) => Some((Reader::Sarif(files.clone()), *rule)),
            Plan::Mend(_) | Plan::Mayo(_) | Plan::Cybedefend(_) | Plan::Appsecplus(_) => None,
        };
        (Roots::default(), plans.iter().filter_map(ready).collect())
    } else {
        let roots = Roots::read(input.network.reach.ca_file.as_deref(), env)?;
        let trust = trust(&input.network)?;
        let access = Access { env, trust: &trust, project: &project, masks: &masks };
        (roots, readers(plans, &access, unusable)?)
    };
    let baseline_branch = match &policy.policy.baseline {
        Some(Stated { value: BaselineAt::Branch(branch), .. }) if !input.only_read && input.baseline.is_none() => {
            Some(baseline_branch(branch, &readers, project.branch.as_deref(), is_of_fork))
        }
        _ => None,
    };
    let mut notes = project.notes.clone();
    if let Some(applied) = &resolved.applied {
        notes.push(format!("applied {applied}"));
    }
    let mut inputs = policy.files.clone();
    let seal = snapshot.as_ref().map(|snapshot| snapshot.seal.clone());
    if let (Some(file), Some(seal)) = (&input.snapshot, &seal) {
        inputs.push(InputFile { role: Role::Snapshot, name: file.display().to_string(), digest: seal.file.clone() });
    }
    let baseline =
        if input.only_read { None } else { baseline(input, &policy, &wanted, &project, &tree, &mut inputs, env) };
    // What judges nothing has nothing to compare. All files of the policy are read by now, so it is known which the change has
    // otherwise; only feeds are still to come.
    let beside = if input.only_read || is_apart {
        Vec::new()
    } else {
        let (policy, tree, library, project) = (&policy, &tree, &library, &project);
        Around { named, policy, tree, library, project, sarif: &sarif, only: &only, env }.candidates()
    };
    let mut bypasses = input.network.allow_hosts.iter().map(|host| format!("--allow-host {host}")).collect::<Vec<_>>();
    bypasses.extend(only.iter().map(|only| format!("--only {only}")));
    bypasses.extend(trusted::bypass(&tree, &project));
    let mut warnings = project.warnings.clone();
    warnings.extend(told.iter().cloned());
    warnings.extend(policy.passed_over());
    warnings.extend(policy.warnings.iter().cloned());
    Ok(Settings {
        policy_at: trusted::policy_at(&policy, &tree),
        policy,
        tree,
        beside,
        resolved,
        wanted,
        readers,
        baseline_branch,
        snapshot,
        seal,
        sarif,
        only,
        project,
        is_of_fork,
        as_of,
        timeout,
        deadline,
        fetcher: library.fetcher,
        roots,
        masks,
        baseline,
        baseline_named: input.baseline.clone(),
        inputs,
        bypasses,
        told,
        notes,
        warnings,
    })
}

/// The policy as it stands in the work tree, for whoever works on it.
///
/// # Errors
/// If there is none, it cannot be read, or anything in it is wrong.
pub fn draft(named: Option<&str>, reach: &ReachArgs, env: &Env) -> Result<Loaded, Refusal> {
    Ok(library(reach, env)?.load(named, &Tree::worktree(&env.folder))?)
}

/// The policy that decides here, and which version of it that is.
///
/// # Errors
/// If there is none, it cannot be read, or anything in it is wrong.
pub fn deciding(
    named: Option<&str>,
    trust: Option<Side>,
    args: &ProjectArgs,
    reach: &ReachArgs,
    env: &Env,
) -> Result<(Loaded, PolicyAt, Project), Refusal> {
    let mut project = project(args, env);
    let tree = tree(trust, args, &project, env);
    let policy = library(reach, env)?.load(named, &tree)?;
    project.warnings.extend(trusted::told(&tree, &project));
    let at = trusted::policy_at(&policy, &tree);
    Ok((policy, at, project))
}

fn library(reach: &ReachArgs, env: &Env) -> anyhow::Result<Library> {
    let timeout = timeout(reach.timeout.as_deref())?;
    let fetcher = Fetcher::new(env, reach.ca_file.clone(), (Instant::now() + timeout, timeout), false);
    Ok(Library::new(fetcher, env.now))
}

fn tree(trust: Option<Side>, args: &ProjectArgs, project: &Project, env: &Env) -> Tree {
    trusted::tree(trust, args.base.as_deref(), project, env)
}

/// The policy that holds for a project.
///
/// # Errors
/// If an override asks for a branch that is not known.
pub fn resolve(policy: &Loaded, project: &Project) -> anyhow::Result<Resolved> {
    let why = || project.no_branch.as_ref().map(|reason| format!("\n{reason}")).unwrap_or_default();
    let mut resolved = policy::resolve(&policy.policy, circumstances(project))
        .map_err(|error| anyhow!("{}: {error}{}", policy.origin, why()))?;
    let revisions: Vec<&str> = [&project.commit, &project.branch].into_iter().filter_map(Option::as_deref).collect();
    resolved.settle_statements(project.repository.as_deref(), &revisions);
    Ok(resolved)
}

/// What overrides are matched with. A change is judged as a part of the branch that it goes into: the name of its own
/// branch is its author's choice.
#[must_use]
pub fn circumstances(project: &Project) -> Circumstances<'_> {
    let target = project.pull_request.as_ref().and_then(|request| request.target.as_deref());
    Circumstances {
        branch: target.or(project.branch.as_deref()),
        environment: project.environment.as_deref(),
        event: project.event,
    }
}

fn without_overrides(policy: &Loaded) -> Loaded {
    Loaded { policy: Policy { overrides: Vec::new(), ..policy.policy.clone() }, ..policy.clone() }
}

/// Reads the snapshot that is judged instead of asking the sources. What this run does not know of the project, it tells.
fn read_snapshot(file: &Path, sarif: &[String], project: &mut Project, env: &Env) -> Result<Snapshot, Refusal> {
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
        let files = selections(sarif)?;
        let named = plans.iter_mut().find_map(|(plan, rule)| match plan {
            Plan::Sarif(settings) => Some((settings, rule)),
            Plan::Mend(_) | Plan::Mayo(_) | Plan::Cybedefend(_) | Plan::Appsecplus(_) => None,
        });
        // What was named on the command line is asked for, whatever the policy says of its own files.
        let required =
            EvidenceRule { requirement: Requirement::Required, ..Asked::default().over(&policy.policy.evidence) };
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

/// The files that the globs of `--sarif` mean.
///
/// # Errors
/// If one of them means nothing.
pub fn selections(globs: &[impl AsRef<str>]) -> anyhow::Result<Vec<sarif::Selection>> {
    let one = |glob: &str| sarif::Selection::from_argument(glob).map_err(|error| anyhow!("--sarif {glob}: {error}"));
    globs.iter().map(|glob| one(glob.as_ref())).collect()
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
        // Nobody can write into a built-in policy.
        let whose = if policy.origin.starts_with("preset:") { "a policy that extends it" } else { "it" };
        bail!(
            "no source: policy {} names none; add `sources` to {whose}, or name files with --sarif 'reports/*.sarif'",
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

/// How long a run may take: what `--timeout` says.
///
/// # Errors
/// If it is no duration.
pub fn timeout(given: Option<&str>) -> anyhow::Result<Duration> {
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
///
/// # Errors
/// If it is neither a day nor a time.
pub fn as_of(given: Option<&str>, now: Timestamp) -> anyhow::Result<Timestamp> {
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
    let ProjectArgs { ci, project, repo, branch, commit, base, event, environment } = args;
    let said = Said {
        ci: *ci,
        name: project.as_deref(),
        repository: repo.as_deref(),
        branch: branch.as_deref(),
        commit: commit.as_deref(),
        base: base.as_deref(),
        event: *event,
        environment: environment.as_deref(),
    };
    project::detect(said, env)
}
