//! What other policies would say, in `findgate/evaluation/v1`.

use serde::Serialize;

use super::finding::FingerprintWire;
use crate::exit::Status;
use crate::policy::{Change, Landed, Outcome, RuleChange, Verdict};
use crate::report::{Beside, Would};

#[derive(Serialize)]
pub(super) struct BesideWire<'a> {
    role: &'static str,
    origin: &'a str,
    digest: Option<&'a str>,
    problem: Option<&'a str>,
    verdict: Option<&'static str>,
    status: Option<u8>,
    violated: &'a [String],
    unread: &'a [String],
    rules: Vec<RuleWire<'a>>,
    findings: Vec<ChangeWire>,
}

#[derive(Serialize)]
struct RuleWire<'a> {
    rule: &'a str,
    before: Option<OutcomeWire>,
    after: Option<OutcomeWire>,
}

#[derive(Serialize)]
struct OutcomeWire {
    enforcement: &'static str,
    allowed: u64,
    found: u64,
}

#[derive(Serialize)]
struct ChangeWire {
    fingerprint: FingerprintWire,
    before: Option<&'static str>,
    after: Option<&'static str>,
}

impl<'a> BesideWire<'a> {
    pub(super) fn of(beside: &'a Beside) -> BesideWire<'a> {
        let Beside { role, origin, digest, result } = beside;
        let would = result.as_ref().ok();
        let verdict = would.map(Would::verdict);
        BesideWire {
            role: role.name(),
            origin,
            digest: digest.as_deref(),
            problem: result.as_ref().err().map(String::as_str),
            verdict: verdict.map(Verdict::name),
            status: verdict.map(|verdict| Status::from(verdict).number()),
            violated: would.map_or(&[], |would| &would.violated),
            unread: would.map_or(&[], |would| &would.unread),
            rules: would.iter().flat_map(|would| &would.difference.rules).map(RuleWire::of).collect(),
            findings: would.iter().flat_map(|would| &would.difference.findings).map(ChangeWire::of).collect(),
        }
    }
}

impl<'a> RuleWire<'a> {
    fn of(change: &'a RuleChange) -> RuleWire<'a> {
        let RuleChange { rule, before, after } = change;
        let outcome = |outcome: &Outcome| {
            let Outcome { enforcement, allowed, found } = *outcome;
            OutcomeWire { enforcement: enforcement.name(), allowed, found }
        };
        RuleWire { rule, before: before.as_ref().map(outcome), after: after.as_ref().map(outcome) }
    }
}

impl ChangeWire {
    fn of(change: &Change) -> ChangeWire {
        let Change { fingerprint, before, after } = change;
        let landed = |landed: &Landed| landed.disposition.name();
        ChangeWire {
            fingerprint: FingerprintWire(*fingerprint),
            before: before.as_ref().map(landed),
            after: after.as_ref().map(landed),
        }
    }
}
