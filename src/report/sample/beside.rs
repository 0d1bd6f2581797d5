//! What other policies would say, for the tests of every format.

use super::HOSTILE;
use crate::policy::{
    BesideRole, Change, Difference, Disposition, Enforcement, Judged, Landed, Outcome, RuleChange, Verdict,
};
use crate::report::{Beside, Would};

/// Both roles, each outcome, in hostile words.
pub(super) fn beside(findings: &[Judged]) -> Vec<Beside> {
    let outcome = |found| Some(Outcome { enforcement: Enforcement::Deny, allowed: 0, found });
    let rule = |before, after| RuleChange { rule: "thresholds.all.critical".to_owned(), before, after };
    let landed = |at: usize| Some(Landed { finding: at as u32, disposition: findings[at].disposition });
    let changes = (0..findings.len()).map(|at| {
        let (before, after) = match at % 3 {
            0 => (landed(at), None),
            1 => (None, landed(at)),
            _ => (landed(at), Some(Landed { finding: at as u32, disposition: Disposition::Allowed })),
        };
        Change { fingerprint: findings[at].finding.fingerprint, before, after }
    });
    let difference = Difference {
        verdict: (Verdict::Fail, Verdict::Undecided),
        rules: vec![rule(outcome(3), None), rule(None, outcome(1)), rule(outcome(3), outcome(1))],
        findings: changes.collect(),
    };
    let same = Difference { verdict: (Verdict::Fail, Verdict::Fail), rules: Vec::new(), findings: Vec::new() };
    let one = |role, origin: &str, result| Beside { role, origin: origin.to_owned(), digest: None, result };
    let unread = vec![format!("mend failed: {}", HOSTILE[2])];
    vec![
        one(BesideRole::Change, HOSTILE[0], Ok(Would { difference, violated: Vec::new(), unread })),
        one(BesideRole::Change, "p.yml", Err(format!("p.yml:1: {}", HOSTILE[4]))),
        one(
            BesideRole::Shadow,
            "preset:strict",
            Ok(Would { difference: same, violated: vec!["thresholds.all.any".to_owned()], unread: Vec::new() }),
        ),
    ]
}
