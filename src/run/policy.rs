//! `findgate policy`: check, show, schema, init; and where the other commands are.

mod show;
mod show_json;

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use anyhow::{Context as _, anyhow};

use crate::cli::{Listing, PolicyAction, PolicyInput, ProjectArgs};
use crate::env::Env;
use crate::exit::Status;
use crate::messages::Messages;
use crate::policy::{Unused, day_of, json_schema, json_schema_of, lint};
use crate::policy_file::{self, Loaded};
use crate::policy_test::language::TESTS;
use crate::report::{self, plural, terminal};
use crate::settings::{self, Refusal};
use crate::source;
use crate::tree::Side;

use super::lines::print;
use super::{cases, diff};
use show::Shown;

pub(super) fn run(action: &PolicyAction, env: &Env, messages: Messages) -> Result<Status, Refusal> {
    match action {
        PolicyAction::Check { policy, strict, as_of } => check(policy, *strict, as_of.as_deref(), env, messages),
        PolicyAction::Show { policy, trust, base, branch, event, environment, ci, format } => {
            let (base, branch, environment) = (base.clone(), branch.clone(), environment.clone());
            let project = ProjectArgs { base, branch, event: *event, environment, ci: *ci, ..ProjectArgs::default() };
            show(policy, *trust, &project, *format, env, messages)
        }
        PolicyAction::Test(arguments) => cases::run(arguments, env, messages),
        PolicyAction::Diff(arguments) => diff::run(arguments, env, messages),
        PolicyAction::Schema { output: true, tests: _ } => print(report::json_schema().as_bytes()),
        PolicyAction::Schema { output: false, tests } => {
            let schema = if *tests {
                json_schema_of(&TESTS, "findgate policy tests", &[])
            } else {
                json_schema(&source::LANGUAGES)
            };
            let schema = serde_json::to_string_pretty(&schema).context("write the schema")?;
            print(format!("{schema}\n").as_bytes())
        }
        PolicyAction::Init { preset, path } => init(preset, path, env, messages),
    }
}

fn check(
    input: &PolicyInput,
    strict: bool,
    as_of: Option<&str>,
    env: &Env,
    messages: Messages,
) -> Result<Status, Refusal> {
    let today = day_of(settings::as_of(as_of, env.now)?);
    let loaded = settings::draft(input.named(), &input.reach, env)?;
    pass_over(&loaded, messages);
    let policy = &loaded.policy;
    let mut hints = lint::lint(policy, today);
    hints.extend(loaded.hints.iter().cloned());
    // Whoever asks can mend this file and its waivers; policies that it extends are looked at where they are kept.
    hints.retain(|hint| !loaded.extends.iter().any(|entry| *entry.name == *hint.place.file));
    hints.sort_by_cached_key(|hint| (hint.place.file.clone(), hint.place.bytes.start));
    if !hints.is_empty() {
        let text_of = |file: &str| loaded.texts.get(file).map(|text| &**text);
        let drawn = policy_file::draw_hints(&hints, text_of, true);
        if strict { messages.drawn(&drawn) } else { messages.remark(&drawn) }
    }
    // `unused: deny` is a rule as well: `check` counts it.
    let unused = policy.waiver_rules.unused.as_ref().is_some_and(|unused| unused.value == Unused::Deny);
    let count = |count: usize, noun: &str| plural(count as u64, noun);
    let text = format!(
        "{}: nothing wrong; {}, {}, {}, {}{}\n",
        terminal(&loaded.origin),
        count(policy.limits.len() + usize::from(unused), "rule"),
        count(policy.waivers.len(), "waiver"),
        count(policy.overrides.len(), "override"),
        count(policy.sources.len(), "source"),
        if hints.is_empty() { String::new() } else { format!("; {}", count(hints.len(), "hint")) },
    );
    print(text.as_bytes())?;
    Ok(if strict && !hints.is_empty() { Status::Usage } else { Status::Holds })
}

fn pass_over(loaded: &Loaded, messages: Messages) {
    for sentence in loaded.passed_over().chain(loaded.warnings.iter().cloned()) {
        messages.note(&sentence);
    }
}

fn show(
    input: &PolicyInput,
    trust: Option<Side>,
    project: &ProjectArgs,
    format: Listing,
    env: &Env,
    messages: Messages,
) -> Result<Status, Refusal> {
    let is_named = project.branch.is_some();
    let (loaded, at, mut project) = settings::deciding(input.named(), trust, project, &input.reach, env)?;
    pass_over(&loaded, messages);
    for warning in &project.warnings {
        messages.note(warning);
    }
    if is_named {
        // Whoever names a branch wants to see what holds on it, whatever this run is of.
        project.pull_request = None;
    }
    for note in &project.notes {
        messages.detail(note);
    }
    let resolved = settings::resolve(&loaded, &project)?;
    let shown =
        Shown { loaded: &loaded, at: &at, resolved: &resolved, circumstances: settings::circumstances(&project) };
    match format {
        Listing::Human => print(shown.text().as_bytes()),
        Listing::Json => print(&shown.json().context("write the policy as JSON")?),
    }
}

/// For fuzzing: `policy show` in both its forms, of a policy of the work tree.
#[cfg(fuzzing)]
pub(crate) fn shown(loaded: &Loaded, project: &crate::project::Project) -> anyhow::Result<(String, Vec<u8>)> {
    let at = settings::PolicyAt { shown: loaded.origin.clone(), side: Side::Worktree, base: None };
    let resolved = settings::resolve(loaded, project)?;
    let shown = Shown { loaded, at: &at, resolved: &resolved, circumstances: settings::circumstances(project) };
    Ok((shown.text(), shown.json()?))
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
