//! `evidence`, and the same keys inside a source.

use super::super::document::Node;
use super::super::expect::{self, Fields};
use super::super::language::{COMMIT, EVIDENCE};
use super::super::problem::{Problem, Problems};
use super::super::{CommitRule, EvidenceRule, Requirement};

/// Reads `evidence`.
pub(super) fn evidence(key: &Node, node: &Node, problems: &mut Problems) -> EvidenceRule {
    let mut rule = EvidenceRule::default();
    let Some(fields) = Fields::open(node, &key.place, &EVIDENCE, problems) else { return rule };
    for (name, _, value) in fields.in_order() {
        set(&mut rule, name, value, problems);
    }
    fields.end();
    rule
}

/// Reads one of its keys.
pub(super) fn set(rule: &mut EvidenceRule, name: &str, node: &Node, problems: &mut Problems) {
    match name {
        "required" => {
            if let Some(required) = expect::switch(node, "`required`", problems) {
                rule.requirement = if required { Requirement::Required } else { Requirement::Optional };
            }
        }
        "max_age" => {
            if let Some(seconds) = expect::duration(node, "`max_age`", problems) {
                if seconds == 0 {
                    let problem = Problem::new(&node.place, "no scan is young enough for a `max_age` of 0");
                    problems.add(problem.label("nothing").help("write for example 7d, or leave it out for any age"));
                }
                rule.max_age = Some(seconds);
            }
        }
        "commit" => {
            let word = expect::word(node, &COMMIT, problems);
            let known = [CommitRule::Any, CommitRule::Branch, CommitRule::Head];
            if let Some(commit) = word.and_then(|word| known.into_iter().find(|rule| rule.name() == word)) {
                rule.commit = commit;
            }
        }
        _ => {
            if let Some(seconds) = expect::duration(node, "`wait`", problems) {
                rule.wait = seconds;
            }
        }
    }
}
