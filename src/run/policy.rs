//! `findgate policy`: check, show, schema, init.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use anyhow::{Context as _, anyhow};

use crate::cli::{PolicyAction, PolicyInput, ProjectArgs};
use crate::env::Env;
use crate::exit::Status;
use crate::messages::Messages;
use crate::policy::{
    CommitRule, Enforcement, EvidenceRule, Limit, Requirement, Resolved, Subject, WhenUnknown, json_schema,
};
use crate::policy_file;
use crate::report::{self, terminal};
use crate::settings::{self, Loaded, Refusal};
use crate::source;

use super::shell::print;

pub(super) fn run(action: &PolicyAction, env: &Env, messages: Messages) -> Result<Status, Refusal> {
    match action {
        PolicyAction::Check(input) => check(input, env, messages),
        PolicyAction::Show { policy, branch, ci } => {
            let project = ProjectArgs { branch: branch.clone(), ci: *ci, ..ProjectArgs::default() };
            show(policy, &project, env, messages)
        }
        PolicyAction::Schema { output: false } => {
            let schema = serde_json::to_string_pretty(&json_schema(&source::LANGUAGES)).context("write the schema")?;
            print(format!("{schema}\n").as_bytes())
        }
        PolicyAction::Schema { output: true } => print(report::json_schema().as_bytes()),
        PolicyAction::Init { preset, path } => init(preset, path, env, messages),
    }
}

fn check(input: &PolicyInput, env: &Env, messages: Messages) -> Result<Status, Refusal> {
    let loaded = load(input, env, messages)?;
    let policy = &loaded.policy;
    let count = |count: usize, noun: &str| if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") };
    let text = format!(
        "{}: nothing wrong; {}, {}, {}, {}\n",
        terminal(&loaded.origin),
        count(policy.limits.len(), "rule"),
        count(policy.waivers.len(), "waiver"),
        count(policy.overrides.len(), "override"),
        count(policy.sources.len(), "source"),
    );
    print(text.as_bytes())
}

fn load(input: &PolicyInput, env: &Env, messages: Messages) -> Result<Loaded, Refusal> {
    let loaded = settings::load(input.named(), env)?;
    for sentence in loaded.passed_over() {
        messages.note(&sentence);
    }
    Ok(loaded)
}

fn show(input: &PolicyInput, project: &ProjectArgs, env: &Env, messages: Messages) -> Result<Status, Refusal> {
    let loaded = load(input, env, messages)?;
    let project = settings::project(project, env);
    for note in &project.notes {
        messages.detail(note);
    }
    let resolved = settings::resolve(&loaded, &project)?;
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = describe(&mut text, &loaded, &resolved);
    print(text.as_bytes())
}

fn describe(out: &mut String, loaded: &Loaded, resolved: &Resolved) -> std::fmt::Result {
    writeln!(out, "policy: {}", terminal(&loaded.origin))?;
    writeln!(out, "digest: {}", loaded.digest)?;
    if let Some(name) = &resolved.name {
        writeln!(out, "name: {}", terminal(name))?;
    }
    if let Some(applied) = &resolved.applied {
        writeln!(out, "applied: {}", terminal(applied))?;
    }
    writeln!(out, "unknown_severity: {}", resolved.unknown_severity)?;
    writeln!(out, "rules:")?;
    for limit in &resolved.limits {
        describe_limit(out, limit)?;
    }
    writeln!(out, "sources:{}", if loaded.plans.is_empty() { " none; name files with --sarif" } else { "" })?;
    for (plan, rule) in &loaded.plans {
        writeln!(out, "  {}: {}", terminal(plan.name()), asked(rule))?;
        for what in plan.reads() {
            writeln!(out, "    reads {}", terminal(&what))?;
        }
    }
    writeln!(out, "waivers:{}", if resolved.waivers.is_empty() { " none" } else { "" })?;
    for waiver in &resolved.waivers {
        let until = waiver.expires.map_or("no end".to_owned(), |date| format!("until {date}"));
        writeln!(
            out,
            "  {}: {} ({until})  # {}:{}",
            terminal(&waiver.id),
            terminal(&waiver.matches.as_written),
            terminal(&waiver.place.file),
            waiver.place.line
        )?;
    }
    Ok(())
}

/// What is asked of a source: `required, max_age 7d, commit branch, wait 10m`.
fn asked(rule: &EvidenceRule) -> String {
    let EvidenceRule { requirement, max_age, commit, wait } = rule;
    let mut parts = vec![match requirement {
        Requirement::Required => "required".to_owned(),
        Requirement::Optional => "optional".to_owned(),
    }];
    parts.extend(max_age.map(|seconds| format!("max_age {}", duration(seconds))));
    if *commit != CommitRule::Any {
        parts.push(format!("commit {}", commit.name()));
    }
    if *wait > 0 {
        parts.push(format!("wait {}", duration(*wait)));
    }
    parts.join(", ")
}

/// Seconds as the policy writes them, in the largest unit that fits.
fn duration(seconds: u64) -> String {
    let unit = [(86_400, "d"), (3600, "h"), (60, "m")].into_iter().find(|(unit, _)| seconds.is_multiple_of(*unit));
    unit.map_or_else(|| format!("{seconds}s"), |(unit, name)| format!("{}{name}", seconds / unit))
}

fn describe_limit(out: &mut String, limit: &Limit) -> std::fmt::Result {
    let allow = if limit.allow == 0 { "none allowed".to_owned() } else { format!("{} allowed", limit.allow) };
    let effect = match limit.enforcement {
        Enforcement::Deny => "deny",
        Enforcement::Warn => "warn",
    };
    let place = format!("{}:{}", terminal(&limit.place.file), limit.place.line);
    writeln!(out, "  {}: {effect}, {allow}  # {place}", limit.name)?;
    match &limit.subject {
        Subject::AtLeast { kind, floor } => {
            let kind = kind.map_or("any kind", |kind| kind.name());
            writeln!(out, "    counts {kind}, {floor} or worse")
        }
        Subject::When(condition) => {
            for clause in &condition.clauses {
                writeln!(out, "    when {}", terminal(&clause.written))?;
            }
            match condition.when_unknown {
                WhenUnknown::Match => writeln!(out, "    what is not told counts as true"),
                WhenUnknown::Skip => writeln!(out, "    what is not told counts as false (unknown: skip)"),
            }
        }
    }
}

fn init(preset: &str, path: &Path, env: &Env, messages: Messages) -> Result<Status, Refusal> {
    let text = policy_file::preset(preset)?.text;
    let target = env.folder.join(path);
    let shown = path.display();
    // Created anew or not at all: a policy that stands there must not be lost.
    let mut file =
        OpenOptions::new().write(true).create_new(true).open(&target).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => {
                anyhow!("write {shown}: it exists; name another file, or change the one that is there")
            }
            ErrorKind::NotFound => anyhow!("write {shown}: its folder does not exist; create it first"),
            ErrorKind::PermissionDenied => anyhow!("write {shown}: permission denied"),
            _ => anyhow::Error::new(error).context(format!("write {shown}")),
        })?;
    file.write_all(text.as_bytes()).with_context(|| format!("write {shown}"))?;
    messages.line(&format!("wrote {shown}; judge by it with: findgate check --sarif 'reports/*.sarif'"));
    Ok(Status::Holds)
}
