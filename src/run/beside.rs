//! What other policies would say of what was read. Nobody is asked again for them: what they ask for otherwise was not read.

use crate::finding::{self, Coverage, Finding, State};
use crate::policy::{Difference, Evaluation, Evidence, Requirement, evaluate, weigh};
use crate::report::{Beside, Would};
use crate::settings::{Contender, Settings};
use crate::snapshot::Wanted;
use crate::source::Collected;

/// What one of them is judged on.
pub(super) struct Shared {
    evidence: Vec<Evidence>,
    /// `None`: the findings of the policy that decides.
    findings: Option<Vec<Finding>>,
}

/// What each of the policies beside gets of what was read; `None` for one that cannot be used. Findings are copied only where
/// one asks for other sources than the policy that decides.
pub(super) fn shared(settings: &Settings, collected: &[Collected]) -> Vec<Option<Shared>> {
    let share = |contender: &Contender| {
        let known: Vec<Option<&Collected>> =
            contender.wanted.iter().map(|wanted| known(wanted, settings, collected)).collect();
        let weighed = contender.wanted.iter().zip(&known).map(|(wanted, known)| {
            let coverage = known.map_or_else(|| unread(wanted, settings), |known| known.coverage.clone());
            weigh(coverage, &wanted.rule, settings.aim(), settings.as_of)
        });
        let is_same = known.len() == collected.len() && known.iter().all(Option::is_some);
        let findings = || known.iter().flatten().flat_map(|known| known.findings.iter().cloned()).collect();
        Shared { evidence: weighed.collect(), findings: (!is_same).then(findings) }
    };
    settings.beside.iter().map(|candidate| candidate.policy.as_ref().ok().map(share)).collect()
}

/// What was read of a source, if the policy that decides asks for just the same.
fn known<'a>(wanted: &Wanted, settings: &Settings, collected: &'a [Collected]) -> Option<&'a Collected> {
    let same = |ours: &Wanted| ours.name == wanted.name && ours.settings == wanted.settings;
    settings.wanted.iter().zip(collected).find(|(ours, _)| same(ours)).map(|(_, collected)| collected)
}

fn unread(wanted: &Wanted, settings: &Settings) -> Coverage {
    let name = &wanted.name;
    let is_named = settings.wanted.iter().any(|ours| ours.name == *name);
    let why = if is_named { "asks the source for something else" } else { "does not name the source" };
    let how = "to be compared, both name it in the same words under `sources`";
    Coverage::unread(name, format!("the policy that decides {why}, so it was not read for this one; {how}"))
}

/// Judges by each of the policies beside.
pub(super) fn judge(settings: &Settings, shared: Vec<Option<Shared>>, decided: &Evaluation) -> Vec<Beside> {
    let judged = settings.beside.iter().zip(shared).map(|(candidate, shared)| {
        let result = match (&candidate.policy, shared) {
            (Ok(contender), Some(Shared { mut evidence, findings })) => {
                let inputs = contender.unread(&settings.policy.policy, candidate.role, &settings.tree);
                evidence.extend(
                    inputs.into_iter().map(|coverage| Evidence { coverage, requirement: Requirement::Required }),
                );
                let findings =
                    findings.map_or_else(|| findings_of(decided), |findings| known_besides(findings, decided));
                let after = evaluate(&contender.resolved, evidence, findings, settings.as_of);
                let after = match &decided.baseline {
                    Some(baseline) => after.compared(baseline.clone()),
                    None => after,
                };
                Ok(Would {
                    difference: Difference::between(decided, &after),
                    violated: after.violations.iter().map(|violation| violation.rule.clone()).collect(),
                    unread: after.evidence.iter().filter_map(missing).collect(),
                })
            }
            (Ok(_), None) => Err("nothing was read for it".to_owned()),
            (Err(problem), _) => Err(problem.clone()),
        };
        Beside { role: candidate.role, origin: candidate.origin.clone(), digest: candidate.digest.clone(), result }
    });
    judged.collect()
}

/// Merged, and with all that is known of them besides.
fn findings_of(decided: &Evaluation) -> Vec<Finding> {
    decided.findings.iter().map(|judged| judged.finding.clone()).collect()
}

/// Merges findings of other sources, and adds what the findings that were decided on got from a baseline or feeds.
fn known_besides(findings: Vec<Finding>, decided: &Evaluation) -> Vec<Finding> {
    let mut merged = finding::merge(findings).findings;
    for finding in &mut merged {
        let at = decided.findings.binary_search_by(|judged| judged.finding.fingerprint.cmp(&finding.fingerprint));
        if let Some(known) = at.ok().and_then(|at| decided.findings.get(at)).map(|judged| &judged.finding) {
            finding.new = finding.new.or(known.new);
            finding.kev = finding.kev.or(known.kev);
            finding.epss = finding.epss.or(known.epss);
        }
    }
    merged
}

fn missing(evidence: &Evidence) -> Option<String> {
    let Evidence { coverage: Coverage { source, state, reasons, .. }, requirement } = evidence;
    if *state == State::Complete || *requirement == Requirement::Optional {
        return None;
    }
    let reason = reasons.first().map(|reason| format!(": {reason}")).unwrap_or_default();
    Some(format!("{source} {}{reason}", state.said()))
}
