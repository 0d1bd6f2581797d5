//! The branch that is the baseline: what of it was read, and what is missing.

use crate::baseline::{Baseline, Taken};
use crate::finding::{Coverage, Known, State};
use crate::policy::{BASELINE, Evidence, Requirement};
use crate::settings::{BaselineBranch, Settings};
use crate::source::Collected;

/// What was read of the branch as a baseline, and what is missing of it.
///
/// One that is not whole is no baseline where the policy requires its sources: findings would count as new that are not.
pub(super) fn known(settings: &Settings, read: Option<Vec<Collected>>) -> (Option<Baseline>, Option<Evidence>) {
    let missing = missing(settings, read.as_deref());
    let is_missing = missing.as_ref().is_some_and(|evidence| evidence.requirement == Requirement::Required);
    let (Some(BaselineBranch { name, .. }), Some(read), false) = (&settings.baseline_branch, read, is_missing) else {
        return (None, missing);
    };
    let (mut findings, mut coverage) = (Vec::new(), Vec::new());
    for one in read {
        findings.extend(one.findings);
        coverage.push(one.coverage);
    }
    let taken = Taken { known: Known::of(findings), coverage, ..Taken::default() };
    (Some(Baseline::of(format!("branch {name}"), None, taken)), missing)
}

/// What is missing for want of the baseline. `None`: nothing is.
///
/// A finding that the baseline does not hold is new, so what was not read of it only makes more findings new. But then the
/// baseline is not the one that the policy asks for, and to say how many findings are new would be a guess.
fn missing(settings: &Settings, read: Option<&[Collected]>) -> Option<Evidence> {
    let BaselineBranch { name, readers, without } = settings.baseline_branch.as_ref()?;
    let unread = |requirement, reason| Some(Evidence { coverage: Coverage::unread(BASELINE, reason), requirement });
    let Some(read) = read else {
        return unread(
            Requirement::Required,
            format!(
                "the baseline is the branch {name} as the vendors know it, and with --snapshot nobody is asked; keep what it holds \
                 with `findgate collect --branch {name} --output FILE`, and name that with `--baseline FILE`"
            ),
        );
    };
    if readers.is_empty() {
        let why: Vec<&str> = without.iter().map(|(_, why)| why.as_str()).collect();
        let why = if why.is_empty() { String::new() } else { format!(": {}", why.join("; ")) };
        return unread(
            Requirement::Required,
            format!(
                "no source tells what the branch {name} holds{why}; keep it in a file, and name that: `baseline: {{file: FILE}}`"
            ),
        );
    }
    if read.len() != readers.len() {
        return unread(Requirement::Required, "its reader ended without a word; please report this".to_owned());
    }
    let mut requirement = Requirement::Optional;
    let mut state = State::Complete;
    let mut reasons = Vec::new();
    for (Collected { coverage, .. }, (_, rule)) in read.iter().zip(readers) {
        if coverage.state == State::Complete {
            continue;
        }
        state = state.max(coverage.state);
        if rule.requirement == Requirement::Required {
            requirement = Requirement::Required;
        }
        let source = &coverage.source;
        reasons.extend(coverage.reasons.iter().map(|reason| format!("{source}, branch {name}: {reason}")));
    }
    if state == State::Complete {
        return None;
    }
    let coverage = Coverage { state, reasons, ..Coverage::unread(BASELINE, String::new()) };
    Some(Evidence { coverage, requirement })
}

/// Of which sources every finding is new, because they do not tell what the branch holds: a sentence each.
pub(super) fn all_new(settings: &Settings) -> Vec<String> {
    let Some(BaselineBranch { readers, without, .. }) = &settings.baseline_branch else { return Vec::new() };
    // Where nobody tells, the evidence says so.
    let without = if readers.is_empty() { &[] } else { without.as_slice() };
    without.iter().map(|(source, why)| format!("every finding of {source} counts as new: {why}")).collect()
}
