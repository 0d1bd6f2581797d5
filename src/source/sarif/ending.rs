//! How a run ended: what its invocations say of success, errors, time and configuration.

use super::names::one_line;
use super::rule::{self, Component};
use super::wire::{self, Loose};

/// How the invocations of a run ended.
#[derive(Debug, Default)]
pub(super) struct Ending {
    any: bool,
    failed: bool,
    /// When the last invocation ended.
    pub(super) finished: Option<jiff::Timestamp>,
    /// The folders that the tool worked in.
    pub(super) folders: Vec<String>,
    /// What went wrong.
    pub(super) problems: Vec<String>,
}

impl Ending {
    /// Adds an invocation, and configures the rules as it says.
    pub(super) fn add(&mut self, invocation: &wire::Invocation<'_>, components: &mut [Component]) {
        self.any = true;
        match &invocation.execution_successful {
            None | Some(Loose::Nothing) => {}
            Some(loose) if loose.truth() == Some(true) => {}
            Some(loose) => {
                self.failed = true;
                self.problems.push(match loose.truth() {
                    Some(_) => "the scanner says that it did not succeed (`executionSuccessful: false`)".to_owned(),
                    None => "`executionSuccessful` is neither true nor false".to_owned(),
                });
            }
        }
        for (member, name) in [
            (&invocation.exit_signal_name, "was ended by a signal"),
            (&invocation.process_start_failure_message, "could not be started"),
        ] {
            if let Some(text) = member.as_ref().and_then(Loose::text).filter(|text| !text.is_empty()) {
                self.failed = true;
                self.problems.push(format!("the scanner {name}: {}", one_line(text, 200)));
            }
        }
        let notifications = || {
            let execution = invocation.tool_execution_notifications.iter().flatten();
            let all = execution.chain(invocation.tool_configuration_notifications.iter().flatten());
            all.filter(|n| n.level.as_ref().is_some_and(|level| level.0.trim().eq_ignore_ascii_case("error")))
        };
        let count = notifications().count();
        if count > 0 {
            let text = notifications().find_map(|n| n.message.as_ref()?.text.as_deref()).unwrap_or("no message");
            let more = if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() };
            self.problems.push(format!("the scanner reports an error: {}{more}", one_line(text, 200)));
        }
        if let Some(time) = invocation.end_time_utc.as_ref().and_then(Loose::text).and_then(|text| text.parse().ok()) {
            self.finished = self.finished.max(Some(time));
        }
        let folder = invocation.working_directory.as_ref().and_then(|folder| folder.uri.as_ref());
        self.folders.extend(folder.map(|uri| uri.0.clone().into_owned()));
        for one in invocation.rule_configuration_overrides.iter().flatten() {
            let level = one.configuration.as_ref().and_then(|configuration| configuration.level.as_ref());
            let (Some(level), Some(descriptor)) = (level, &one.descriptor) else { continue };
            configure(components, descriptor, &level.0);
        }
    }

    /// How all of them ended, in a word.
    pub(super) fn status(&self) -> Option<&'static str> {
        match () {
            () if self.failed => Some("failed"),
            () if !self.problems.is_empty() => Some("with errors"),
            () if self.any => Some("successful"),
            () => None,
        }
    }
}

/// Configures the rule that an override names, by number or by id.
fn configure(components: &mut [Component], descriptor: &wire::RuleRef<'_>, level: &str) {
    let Some(component) = rule::component(components, descriptor.tool_component.as_ref()) else { return };
    let Some(component) = components.get_mut(component) else { return };
    let id = descriptor.id.as_ref().map(|id| &*id.0);
    let index = descriptor.index.and_then(|int| usize::try_from(int.0).ok());
    // A number that points at a rule of another id is not believed, as in `rule::find`.
    let fits = |rule: &rule::Rule| id.is_none() || rule.id.is_none() || rule.id.as_deref() == id;
    let numbered = index.filter(|index| component.rules.get(*index).is_some_and(fits));
    let named = || component.rules.iter().position(|rule| id.is_some() && rule.id.as_deref() == id);
    let rule = numbered.or_else(named).and_then(|index| component.rules.get_mut(index));
    if let Some(rule) = rule {
        rule.configure(level);
    }
}
