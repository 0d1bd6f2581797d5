//! The policy that holds for this project: overrides applied.

use std::fmt;

use super::{Limit, Override, Place, Policy, Subject, Waiver};
use crate::finding::Severity;

/// A policy with nothing left to choose.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// `name`.
    pub name: Option<String>,
    /// The limits, in the order of the file; at least one.
    pub limits: Vec<Limit>,
    /// What an unrated finding counts as.
    pub unknown_severity: Severity,
    /// The waivers.
    pub waivers: Vec<Waiver>,
    /// The override that was applied, for people: `overrides at .findgate.yml:30 (branch release/1.2)`.
    pub applied: Option<String>,
}

/// That the policy has overrides and nobody told the branch. To go on without one could miss an override that is stricter.
#[derive(Clone, Debug)]
pub struct BranchUnknown {
    /// The first override.
    pub place: Place,
}

impl fmt::Display for BranchUnknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { file, line, .. } = &self.place;
        write!(
            f,
            "the policy has overrides for branches ({file}:{line}), and the branch is not known; name it with --branch"
        )
    }
}

impl std::error::Error for BranchUnknown {}

/// Applies the first override that matches the branch.
///
/// # Errors
/// If there are overrides and `branch` is `None`.
pub fn resolve(policy: &Policy, branch: Option<&str>) -> Result<Resolved, BranchUnknown> {
    let mut resolved = Resolved {
        name: policy.name.clone(),
        limits: policy.limits.clone(),
        unknown_severity: policy.unknown_severity,
        waivers: policy.waivers.clone(),
        applied: None,
    };
    let Some(first) = policy.overrides.first() else { return Ok(resolved) };
    let Some(branch) = branch.filter(|branch| !branch.is_empty()) else {
        return Err(BranchUnknown { place: first.place.clone() });
    };
    if let Some(matching) = policy.overrides.iter().find(|entry| entry.branch.0.is_match(branch)) {
        let Override { place, branch: _, branch_as_written: _, limits, unknown_severity } = matching;
        resolved.limits = replace(resolved.limits, limits);
        resolved.unknown_severity = unknown_severity.unwrap_or(resolved.unknown_severity);
        resolved.applied = Some(format!("overrides at {}:{} (branch {branch})", place.file, place.line));
    }
    Ok(resolved)
}

/// Puts the limits of an override where the first of those stood that they replace, and what replaces nothing at the end.
fn replace(base: Vec<Limit>, new: &[Limit]) -> Vec<Limit> {
    let mut limits = Vec::with_capacity(base.len() + new.len());
    let mut placed: Vec<&str> = Vec::new();
    for limit in base {
        let replacing = || new.iter().filter(|new| key(new) == key(&limit));
        match replacing().next() {
            None => limits.push(limit),
            Some(first) if !placed.contains(&key(first)) => {
                placed.push(key(first));
                limits.extend(replacing().cloned());
            }
            // Its place was taken already, by all that replace its key.
            Some(_) => {}
        }
    }
    limits.extend(new.iter().filter(|new| !placed.contains(&key(new))).cloned());
    limits
}

/// What an override replaces as a whole: `thresholds.sca` of `thresholds.sca.high`, or a rule's name.
fn key(limit: &Limit) -> &str {
    match &limit.subject {
        Subject::AtLeast { .. } => limit.name.rsplit_once('.').map_or(&limit.name, |(key, _)| key),
        Subject::When(_) => &limit.name,
    }
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

    fn names(branch: &str) -> (Vec<String>, Option<String>) {
        let resolved = resolve(&read(POLICY).expect("good"), Some(branch)).expect("resolved");
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
            let resolved = resolve(&policy, Some(other)).expect("resolved");
            assert_eq!(resolved.unknown_severity, Severity::Low);
            assert_eq!(resolved.limits.len(), policy.limits.len(), "{other}");
            assert_eq!(resolved.applied, Some(format!("overrides at p.yml:12 (branch {other})")));
        }
    }

    #[test]
    fn a_policy_without_overrides_needs_no_branch() {
        let policy = read("version: 1\nthresholds: {all: high}\n").expect("good");
        let resolved = resolve(&policy, None).expect("resolved");
        assert_eq!((resolved.limits.len(), resolved.applied), (1, None));
    }

    #[test]
    fn an_override_is_not_missed_because_nobody_told_the_branch() {
        for branch in [None, Some("")] {
            let error = resolve(&read(POLICY).expect("good"), branch).expect_err("refused").to_string();
            assert_eq!(
                error,
                "the policy has overrides for branches (p.yml:7), and the branch is not known; name it with --branch"
            );
        }
    }
}
