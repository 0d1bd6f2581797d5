//! What a policy made of a case, beside what it must make of it.

use std::collections::BTreeSet;

use crate::finding::State;
use crate::policy::{Disposition, Evaluation, WaiverState};
use crate::policy_test::Expected;

use super::super::lines;

/// How many findings are shown of a rule that nobody expected.
const SHOWN: usize = 3;

/// The differences, a line each; what is expected and was not found begins with `-`, the contrary with `+`.
pub(super) fn compare(expected: &Expected, evaluation: &Evaluation) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(verdict) = expected.verdict.filter(|verdict| *verdict != evaluation.verdict) {
        lines.push(format!("verdict: expected {}, found {}", verdict.name(), evaluation.verdict.name()));
    }
    if let Some(rules) = &expected.violated {
        violated(rules, evaluation, &mut lines);
    }
    if let Some(ids) = &expected.waived {
        waived(ids, evaluation, &mut lines);
    }
    if let Some(sources) = expected.unread() {
        not_read(sources, evaluation, &mut lines);
    }
    lines
}

fn violated(expected: &[String], evaluation: &Evaluation, lines: &mut Vec<String>) {
    for rule in expected {
        if evaluation.violations.iter().any(|violation| violation.rule == *rule) {
            continue;
        }
        let known = evaluation.limits.contains(rule);
        lines.push(format!(
            "violated: - {rule}: expected, {}",
            if known { "and it holds" } else { "and the policy has no such rule" }
        ));
    }
    for violation in evaluation.violations.iter().filter(|violation| !expected.contains(&violation.rule)) {
        lines.push(format!(
            "violated: + {}: not expected, {} with {} found and {} allowed",
            violation.rule,
            violation.enforcement.name(),
            violation.found,
            violation.allowed
        ));
        let counted = violation.findings.iter().filter_map(|&at| evaluation.findings.get(at as usize));
        lines.extend(counted.take(SHOWN).map(|judged| format!("              {}", lines::finding(judged))));
        let more = violation.findings.len().saturating_sub(SHOWN);
        if more > 0 {
            lines.push(format!("              and {more} more"));
        }
    }
}

fn waived(expected: &[String], evaluation: &Evaluation, lines: &mut Vec<String>) {
    let answering = evaluation.with(Disposition::Waived).filter_map(|judged| judged.waiver);
    let answering: BTreeSet<u32> = answering.collect();
    let answering: BTreeSet<&str> = answering
        .iter()
        .filter_map(|&at| evaluation.waivers.get(at as usize))
        .map(|waiver| waiver.id.as_str())
        .collect();
    for id in expected.iter().filter(|id| !answering.contains(id.as_str())) {
        let why = match evaluation.waivers.iter().find(|waiver| waiver.id == *id) {
            Some(waiver) => match waiver.state {
                WaiverState::Active | WaiverState::Expiring { .. } => {
                    "and another one answers for what it matches".to_owned()
                }
                state => format!("and it excuses nothing: it is {}", state.name()),
            },
            None => "and the policy has no such waiver".to_owned(),
        };
        lines.push(format!("waived: - {id}: expected, {why}"));
    }
    for id in answering.into_iter().filter(|id| !expected.iter().any(|expected| expected == id)) {
        lines.push(format!("waived: + {id}: not expected"));
    }
}

fn not_read(expected: &[String], evaluation: &Evaluation, lines: &mut Vec<String>) {
    let incomplete: Vec<_> =
        evaluation.evidence.iter().map(|one| &one.coverage).filter(|one| one.state != State::Complete).collect();
    for name in expected.iter().filter(|name| !incomplete.iter().any(|one| *one.source == ***name)) {
        lines.push(format!("not read: - {name}: expected, and it is complete or not asked for"));
    }
    for coverage in incomplete.into_iter().filter(|one| !expected.iter().any(|name| *one.source == **name)) {
        let reason = coverage.reasons.first().map_or("no reason was given", String::as_str);
        lines.push(format!("not read: + {} {}: {reason}", coverage.source, coverage.state.said()));
    }
}
