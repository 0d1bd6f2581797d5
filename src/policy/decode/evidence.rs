//! `evidence`, and the same keys inside a source.

use super::super::document::Node;
use super::super::expect::{self, Fields};
use super::super::language::{COMMIT, EVIDENCE};
use super::super::problem::{Problem, Problems};
use super::super::{Asked, CommitRule, Requirement, Stated};

/// Reads `evidence`.
pub(super) fn evidence(key: &Node, node: &Node, problems: &mut Problems) -> Asked {
    let mut asked = Asked::default();
    let Some(fields) = Fields::open(node, &key.place, &EVIDENCE, problems) else { return asked };
    for (name, key, value) in fields.in_order() {
        set(&mut asked, name, key, value, problems);
    }
    fields.end();
    asked
}

/// Reads one of its keys.
pub(super) fn set(asked: &mut Asked, name: &str, key: &Node, node: &Node, problems: &mut Problems) {
    fn stated<T>(value: T, key: &Node) -> Stated<T> {
        Stated { value, place: key.place.clone() }
    }
    match name {
        "required" => {
            if let Some(required) = expect::switch(node, "`required`", problems) {
                let requirement = if required { Requirement::Required } else { Requirement::Optional };
                asked.requirement = Some(stated(requirement, key));
            }
        }
        "max_age" => {
            if let Some(seconds) = expect::duration(node, "`max_age`", problems) {
                if seconds == 0 {
                    let problem = Problem::new(&node.place, "no scan is young enough for a `max_age` of 0");
                    problems.add(problem.label("nothing").help("write for example 7d, or leave it out for any age"));
                }
                asked.max_age = Some(stated(seconds, key));
            }
        }
        "commit" => {
            let word = expect::word(node, &COMMIT, problems);
            let known = [CommitRule::Any, CommitRule::Branch, CommitRule::Head];
            if let Some(commit) = word.and_then(|word| known.into_iter().find(|rule| rule.name() == word)) {
                asked.commit = Some(stated(commit, key));
            }
        }
        "locked" => {
            if let Some(locked) = expect::switch(node, "`locked`", problems) {
                asked.locked = Some(stated(locked, key));
            }
        }
        _ => {
            if let Some(seconds) = expect::duration(node, "`wait`", problems) {
                asked.wait = Some(stated(seconds, key));
            }
        }
    }
}
