//! The policy that holds for this project: overrides applied, defaults filled in.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Circumstances, Globs, Limit, Occasion, Override, Place, Policy, Waiver, WaiverRules};
use crate::event::Event;
use crate::finding::Severity;

/// A policy with nothing left to choose.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// `name`.
    pub name: Option<String>,
    /// The limits, in the order of the file; at least one.
    pub limits: Vec<Limit>,
    /// What an unrated finding counts as; critical unless said otherwise.
    pub unknown_severity: Severity,
    /// The waivers.
    pub waivers: Vec<Waiver>,
    /// What holds for all of them.
    pub waiver_rules: WaiverRules,
    /// The override that was applied, for people: `overrides at .findgate.yml:30 (branch release/1.2)`.
    pub applied: Option<String>,
}

/// That an override asks for something that nobody told. To go on could miss an override that is stricter.
#[derive(Clone, Debug)]
pub struct CircumstanceUnknown {
    /// The override that asks.
    pub place: Place,
    /// What it asks for: `branch`, `event`.
    pub what: &'static str,
}

impl fmt::Display for CircumstanceUnknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CircumstanceUnknown { place: Place { file, line, .. }, what } = self;
        let (plural, option) = match *what {
            "event" => ("events", "--event"),
            _ => ("branches", "--branch"),
        };
        write!(
            f,
            "the policy has overrides for {plural} ({file}:{line}), and the {what} is not known; name it with {option}"
        )
    }
}

impl std::error::Error for CircumstanceUnknown {}

/// Applies the first override that matches.
///
/// # Errors
/// If one that nothing rules out asks for what nobody told.
pub fn resolve(policy: &Policy, circumstances: Circumstances<'_>) -> Result<Resolved, CircumstanceUnknown> {
    let mut resolved = Resolved {
        name: policy.name.as_ref().map(|name| name.value.clone()),
        limits: policy.limits.clone(),
        unknown_severity: policy.unknown_severity.as_ref().map_or(Severity::Critical, |stated| stated.value),
        waivers: policy.waivers.clone(),
        waiver_rules: policy.waiver_rules.clone(),
        applied: None,
    };
    for Override { place, when, limits, unknown_severity } in &policy.overrides {
        if !when.holds(circumstances).map_err(|what| CircumstanceUnknown { place: place.clone(), what })? {
            continue;
        }
        resolved.limits = replace(resolved.limits, limits);
        if let Some(severity) = unknown_severity {
            resolved.unknown_severity = severity.value;
        }
        let because = when.described(circumstances).join(", ");
        resolved.applied = Some(format!("overrides at {place} ({because})"));
        break;
    }
    Ok(resolved)
}

impl Resolved {
    /// Tells VEX statements what is judged: one about the repository is one about everything in it.
    ///
    /// `revisions` are the commit and the branch that are judged, as far as they are known.
    pub fn settle_statements(&mut self, repository: Option<&str>, revisions: &[&str]) {
        for waiver in &mut self.waivers {
            if let Some(statement) = &mut waiver.matches.statement {
                statement.settle(repository, revisions);
            }
        }
        // Where nobody knows what is judged, a statement that stands against others may well be about it.
        for statement in self.waiver_rules.contrary.iter_mut().filter(|_| repository.is_some()) {
            statement.settle(repository, revisions);
        }
    }

    /// Only some of the sources are read: a waiver that matches nothing there may match elsewhere, so it is only told.
    pub fn read_in_part(&mut self) {
        self.waiver_rules.is_in_part = true;
    }
}

impl Occasion {
    /// Whether all that it asks for is so.
    ///
    /// # Errors
    /// What nobody told, where nothing else rules it out.
    pub fn holds(&self, circumstances: Circumstances<'_>) -> Result<bool, &'static str> {
        let Occasion { branch, environment, event } = self;
        let fits = |globs: &Globs, value: &str| globs.patterns.is_match(value);
        let branch = branch.as_ref().map(|globs| {
            let value = circumstances.branch.filter(|branch| !branch.is_empty());
            value.map(|value| fits(globs, value)).ok_or("branch")
        });
        // No environment is one that is known: nothing is deployed.
        let environment = environment
            .as_ref()
            .map(|globs| Ok(circumstances.environment.is_some_and(|environment| fits(globs, environment))));
        let event =
            event.as_ref().map(|events| circumstances.event.map(|event| events.contains(&event)).ok_or("event"));
        let asked: Vec<Result<bool, &'static str>> = [branch, environment, event].into_iter().flatten().collect();
        if asked.contains(&Ok(false)) {
            return Ok(false);
        }
        asked.into_iter().collect::<Result<Vec<bool>, _>>().map(|_| true)
    }

    /// What it asked for and what was found, for people.
    fn described(&self, circumstances: Circumstances<'_>) -> Vec<String> {
        let Occasion { branch, environment, event } = self;
        let told = |asked: bool, name: &str, value: Option<&str>| {
            value.filter(|_| asked).map(|value| format!("{name} {value}"))
        };
        let all = [
            told(branch.is_some(), "branch", circumstances.branch),
            told(environment.is_some(), "environment", circumstances.environment),
            told(event.is_some(), "event", circumstances.event.map(Event::name)),
        ];
        all.into_iter().flatten().collect()
    }
}

/// Puts limits where the first of those stood that they replace, and what replaces nothing at the end.
pub(super) fn replace(base: Vec<Limit>, new: &[Limit]) -> Vec<Limit> {
    let mut by_key: BTreeMap<&str, Vec<&Limit>> = BTreeMap::new();
    for limit in new {
        by_key.entry(limit.key()).or_default().push(limit);
    }
    let mut limits = Vec::with_capacity(base.len() + new.len());
    let mut placed: BTreeSet<&str> = BTreeSet::new();
    for limit in base {
        match by_key.get_key_value(limit.key()) {
            None => limits.push(limit),
            Some((key, replacing)) if placed.insert(key) => limits.extend(replacing.iter().copied().cloned()),
            // Its place was taken already, by all that replace its key.
            Some(_) => {}
        }
    }
    limits.extend(new.iter().filter(|new| !placed.contains(&new.key())).cloned());
    limits
}

#[cfg(test)]
mod tests {
    use super::super::decode::tests::read;
    use super::*;

    const POLICY: &str = "version: 1
thresholds: {all: critical, sca: {critical: 0, high: 2}, sast: high}
rules:
  a: {when: {kev: true}}
  b: {when: {new: true}, allow: 5}
overrides:
- branch: [\"release/*\", main]
  thresholds: {sca: medium, secret: any}
  rules:
    b: {when: {new: true}}
    c: {when: {fix: available}}
- branch: \"**\"
  unknown_severity: low
";

    fn on(branch: Option<&str>) -> Circumstances<'_> {
        Circumstances { branch, ..Circumstances::default() }
    }

    fn names(branch: &str) -> (Vec<String>, Option<String>) {
        let resolved = resolve(&read(POLICY).expect("good"), on(Some(branch))).expect("resolved");
        (resolved.limits.iter().map(|l| format!("{} {}", l.name, l.allow)).collect(), resolved.applied)
    }

    #[test]
    fn the_first_override_that_matches_replaces_what_it_names_and_keeps_the_rest() {
        let (limits, applied) = names("release/1.2");
        assert_eq!(
            limits,
            [
                "thresholds.all.critical 0",
                "thresholds.sca.medium 0",
                "thresholds.sast.high 0",
                "a 0",
                "b 0",
                "thresholds.secret.any 0",
                "c 0",
            ]
        );
        assert_eq!(applied.as_deref(), Some("overrides at p.yml:7 (branch release/1.2)"));
        assert_eq!(names("main").0, limits);
        let policy = read(POLICY).expect("good");
        for other in ["release/1/2", "dev", "Main"] {
            let resolved = resolve(&policy, on(Some(other))).expect("resolved");
            assert_eq!(resolved.unknown_severity, Severity::Low);
            assert_eq!(resolved.limits.len(), policy.limits.len(), "{other}");
            assert_eq!(resolved.applied, Some(format!("overrides at p.yml:12 (branch {other})")));
        }
    }

    #[test]
    fn a_policy_without_overrides_needs_no_branch() {
        let policy = read("version: 1\nthresholds: {all: high}\n").expect("good");
        let resolved = resolve(&policy, on(None)).expect("resolved");
        assert_eq!((resolved.limits.len(), resolved.applied), (1, None));
    }

    #[test]
    fn an_override_is_not_missed_because_nobody_told_the_branch() {
        for branch in [None, Some("")] {
            let error = resolve(&read(POLICY).expect("good"), on(branch)).expect_err("refused").to_string();
            assert_eq!(
                error,
                "the policy has overrides for branches (p.yml:7), and the branch is not known; name it with --branch"
            );
        }
    }

    #[test]
    fn an_override_asks_for_all_that_it_names_and_for_nothing_that_is_ruled_out() {
        let policy = read(
            "{version: 1, thresholds: {all: low}, overrides: [{branch: main, environment: \"prod*\", event: [push, schedule], \
             unknown_severity: low}]}",
        )
        .expect("good");
        let holds = |branch, environment, event| {
            resolve(&policy, Circumstances { branch, environment, event })
                .map(|resolved| resolved.applied)
                .map_err(|unknown| unknown.what)
        };
        let applied = "overrides at p.yml:1 (branch main, environment Production, event push)".to_owned();
        assert_eq!(holds(Some("main"), Some("Production"), Some(Event::Push)), Ok(Some(applied)));
        assert_eq!(holds(Some("main"), Some("prod"), Some(Event::PullRequest)), Ok(None));
        assert_eq!(holds(Some("main"), None, None), Ok(None));
        assert_eq!(holds(Some("dev"), Some("prod"), None), Ok(None));
        assert_eq!(holds(Some("main"), Some("prod"), None), Err("event"));
        assert_eq!(holds(None, Some("prod"), Some(Event::Push)), Err("branch"));
    }
}
