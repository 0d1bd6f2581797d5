//! From what the sources showed to an evaluation: weigh, merge, add what is known besides, evaluate.

use crate::env::Env;
use crate::finding::{self, Coverage, Finding};
use crate::messages::Messages;
use crate::policy::{BASELINE, Evaluation, Evidence, Requirement, evaluate, weigh};
use crate::settings::Settings;
use crate::source::Collected;

use super::collect::Read;
use super::{baseline, baseline_branch, feeds, tell};

/// Judges what was read; the sources are in the order of `wanted`. The feeds that the verdict rests on are added to the inputs.
pub(super) fn judge(settings: &mut Settings, read: Read, env: &Env, messages: Messages) -> Evaluation {
    let Read { collected, baseline_branch: branch, feeds } = read;
    let (mut evidence, findings) = weighed(settings, collected);
    let merged = finding::merge(findings);
    if merged.joined > 0 {
        messages.detail(&format!(
            "{} readings of {} findings",
            merged.findings.len() as u64 + merged.joined,
            merged.findings.len()
        ));
    }
    let mut findings = merged.findings;
    let facts = feeds::apply(feeds, &mut findings, settings, messages);
    evidence.extend(facts.evidence);
    settings.inputs.extend(facts.inputs);
    let known = match settings.baseline.take() {
        Some(Ok(baseline)) => Some(baseline),
        Some(Err(reason)) => {
            let coverage = Coverage::unread(BASELINE, reason);
            evidence.push(Evidence { coverage, requirement: Requirement::Required });
            None
        }
        None => {
            let (known, missing) = baseline_branch::known(settings, branch);
            evidence.extend(missing);
            known
        }
    };
    for missing in evidence.iter().filter(|evidence| *evidence.coverage.source == *BASELINE) {
        tell(&missing.coverage, messages);
    }
    let compared = known.map(|known| baseline::compare(&known, &mut findings, settings, env, messages));
    let mut evaluation = evaluate(&settings.resolved, evidence, findings, settings.as_of);
    if let Some(compared) = compared {
        evaluation = evaluation.compared(compared);
    }
    evaluation.feeds = facts.uses;
    evaluation.besides.extend(baseline_branch::all_new(settings));
    evaluation.besides.extend(settings.told.iter().cloned());
    // What of waivers and VEX documents was not taken.
    evaluation.besides.extend(settings.policy.warnings.iter().cloned());
    evaluation.warnings.extend(evaluation.besides.iter().cloned());
    evaluation
}

/// What each source is worth to the policy, and all that they read.
fn weighed(settings: &Settings, collected: Vec<Collected>) -> (Vec<Evidence>, Vec<Finding>) {
    let mut evidence = Vec::new();
    let mut findings = Vec::new();
    for (wanted, collected) in settings.wanted.iter().zip(collected) {
        evidence.push(weigh(collected.coverage, &wanted.rule, settings.aim(), settings.as_of));
        if findings.is_empty() {
            findings = collected.findings;
        } else {
            findings.extend(collected.findings);
        }
    }
    (evidence, findings)
}
