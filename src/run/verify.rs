//! `findgate verify`: judges again what a record tells of, and compares.
//!
//! What only the run could know (the day, the project, what started it) is taken from the record. Everything else is read
//! and judged anew, a record is written of it, and the two are compared member by member. So nothing that a record says
//! stays unlooked at. Who signed it, a tool for signatures must say.

mod compare;
mod record;

use std::path::Path;

use anyhow::{Context as _, anyhow};

use crate::brief::bounded;
use crate::cli::{Input, ProjectArgs, Reading, Verify};
use crate::env::Env;
use crate::exit::Status;
use crate::messages::Messages;
use crate::policy::Evaluation;
use crate::policy_file::{InputFile, POLICY_FILES, Role, digest_of};
use crate::report::{Report, write_record};
use crate::settings::{Apart, Given, PolicyAt, Refusal, Settings, apart};
use crate::tree::{Revision, Side, Tree, Unread};

use super::collect::{Telling, collect};
use super::judge::judge;
use super::lines::{cut, print, safe};

use compare::{Pair, pairs};
use record::{Record, TrustFacts};

/// A record of so many bytes is none: it grows with the files of a policy and the rules that are violated.
const LARGEST: u64 = 16 << 20;

/// The most of a line that is printed, in characters: a record may hold any text where a name belongs.
const LINE: usize = 1_000;

/// What is wrong repeats no more of the record than a reader needs.
pub(super) fn run(arguments: &Verify, env: &Env, messages: Messages) -> Result<Status, Refusal> {
    verify(arguments, env, messages).map_err(|refusal| match refusal {
        Refusal::Policy(wrong) => Refusal::Policy(wrong),
        Refusal::Output(error) => Refusal::Output(bounded(error)),
        Refusal::NoEvidence(error) => Refusal::NoEvidence(bounded(error)),
        Refusal::Other(error) => Refusal::Other(bounded(error)),
    })
}

fn verify(arguments: &Verify, env: &Env, messages: Messages) -> Result<Status, Refusal> {
    let Verify { record: path, snapshot, policy, baseline } = arguments;
    let record = read(path, env)?;
    if record.is_signed {
        messages.note("the record stands in a signed envelope; its signature is not checked here");
    }
    let env = env.at(record.as_of);
    let input = Input {
        reading: Reading {
            policy: Some(policy.clone().unwrap_or_else(|| record.own.policy.origin.clone())),
            only: record.own.only.clone(),
            ..Reading::default()
        },
        snapshot: Some(snapshot.clone()),
        // One that the policy names, the policy names again.
        baseline: baseline.clone().or_else(|| record.own.baseline.clone()),
        as_of: Some(record.own.as_of.clone()),
        // Says no more than that the branch is not one of a fork.
        project: ProjectArgs {
            branch: record.project.branch.clone().filter(|_| !record.own.project.of_fork),
            ..ProjectArgs::default()
        },
        ..Input::default()
    };
    let tree = tree(&record, policy.is_some(), &env);
    let known = Apart { project: record.project.clone(), evidence: Given::Asked, tree };
    let mut settings = apart(&input, known, &env)?;
    if let (Some(Ok(baseline)), Some(recorded)) = (&mut settings.baseline, recorded_baseline(&record)) {
        baseline.file = recorded;
    }
    // Which version of the files decided then is a fact of that run; that they are the same, their digests tell.
    let TrustFacts { side, base, shown, told } = &record.own.trust;
    let side = if side == Side::Base.name() { Side::Base } else { Side::Worktree };
    settings.policy_at = PolicyAt { shown: shown.clone(), side, base: base.clone() };
    settings.told.clone_from(told);
    settings.warnings.extend(told.iter().map(|told| cut(told, LINE)));
    let read = collect(&mut settings, Telling::Weighed, &env, messages);
    let mut evaluation = judge(&mut settings, read, &env, messages);
    let found = settings.inputs.clone();
    let pairs = pairs(&record.own.inputs, &found);
    rename(&pairs, &mut settings, &mut evaluation);
    let again = again(&record, &pairs, &settings, &evaluation)?;
    let compared = compare::compare(&record, &pairs, &settings, &evaluation, &again);
    let shown: String = compared.lines.iter().map(|line| format!("{}\n", safe(&cut(line, LINE)))).collect();
    print(shown.as_bytes())?;
    Ok(if compared.differs { Status::Violated } else { Status::Holds })
}

/// Where the files are read from: where the base decided then, from the same commit, if this clone has it. The work tree is
/// that of the change, or of another day. A policy that is named is the one that stands there.
fn tree(record: &Record, is_named: bool, env: &Env) -> Tree {
    let worktree = Tree::worktree(&env.folder);
    let TrustFacts { side, base, .. } = &record.own.trust;
    match base {
        Some(base) if !is_named && *side == Side::Base.name() => {
            let tree = Tree::base(env, Revision::Told(base.clone()));
            if tree.discover(&POLICY_FILES).is_ok() { tree } else { worktree }
        }
        _ => worktree,
    }
}

/// The file of the baseline that findings were compared with then.
fn recorded_baseline(record: &Record) -> Option<String> {
    let baseline = record.own.inputs.iter().find(|input| input.role == Role::Baseline.name());
    baseline.map(|input| input.name.clone())
}

fn read(path: &Path, env: &Env) -> Result<Record, Refusal> {
    let attempt = || format!("cannot read the record {}", path.display());
    let file = match Tree::worktree(&env.folder).read(path, LARGEST) {
        Ok(file) => file,
        Err(unread @ (Unread::Missing | Unread::OnlyInChange)) => {
            return Err(anyhow!(unread).context(attempt()).into());
        }
        Err(Unread::Refused(error)) => return Err(error.context(attempt()).into()),
    };
    Record::parse(&file.bytes).with_context(attempt).map_err(Refusal::NoEvidence)
}

/// Gives files the names that they have in the record: a policy is the same under another name.
fn rename(pairs: &[Pair<'_>], settings: &mut Settings, evaluation: &mut Evaluation) {
    for Pair { recorded, found } in pairs {
        let (Some(recorded), Some(found)) = (recorded, found) else { continue };
        if recorded.name == found.name {
            continue;
        }
        let places = evaluation.violations.iter_mut().map(|violation| &mut violation.place);
        for place in places.chain(evaluation.waivers.iter_mut().map(|waiver| &mut waiver.place)) {
            if *place.file == *found.name {
                place.file = recorded.name.as_str().into();
            }
        }
        if let Some(applied) = &mut settings.resolved.applied
            && let Some(rest) = applied.strip_prefix(&format!("overrides at {}:", found.name))
        {
            *applied = format!("overrides at {}:{rest}", recorded.name);
        }
        if settings.policy.origin == found.name {
            settings.policy.origin.clone_from(&recorded.name);
        }
        for file in settings.policy.files.iter_mut().filter(|file| file.role == found.role && file.name == found.name) {
            file.name.clone_from(&recorded.name);
        }
    }
    // The digest of a policy that extends others is one of their names, too.
    let policies = settings.policy.files.iter().filter(|file| file.role == Role::Policy).cloned();
    settings.policy.digest = digest_of(&policies.collect::<Vec<_>>());
}

/// The record of what was judged now, as the version that wrote the other would write it.
fn again(
    record: &Record,
    pairs: &[Pair<'_>],
    settings: &Settings,
    evaluation: &Evaluation,
) -> Result<serde_json::Value, Refusal> {
    let named = pairs.iter().filter_map(|Pair { recorded, found }| {
        let found = found.as_ref()?;
        let name = recorded.map_or(&found.name, |recorded| &recorded.name);
        // What is given here in place of sources that were asked then is no file of that run.
        let counts = recorded.is_some() || found.role != Role::Snapshot;
        counts.then(|| InputFile { name: name.clone(), ..(*found).clone() })
    });
    let inputs: Vec<InputFile> = named.collect();
    let report = Report {
        policy_origin: &settings.policy.origin,
        inputs: &inputs,
        bypasses: &record.own.bypasses,
        baseline_named: record.own.baseline.as_deref(),
        ..super::report(settings, evaluation)
    };
    let mut bytes = Vec::new();
    write_record(&record.own.tool.version, &report, &mut bytes)
        .context("write the record again")
        .map_err(Refusal::Output)?;
    Ok(serde_json::from_slice(&bytes).context("read the record that was written again")?)
}
