//! Evaluation: a pure and total function from policy, evidence and findings to a verdict.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::finding::{Finding, Kind, Severity, State, Text, total_order};

use super::baseline::without_baseline;
use super::waiving::{self, Answer, apply_waivers};
use super::{
    Candidate, Counts, Disposition, Enforcement, Evaluation, Evidence, Fact, Judged, Limit, Requirement, Resolved,
    Subject, Truth, Unused, Verdict, Violation,
};

/// Judges findings by a policy.
///
/// Total and pure: it reads nothing, cannot fail, and gives the same for the same input in any order. `findings` are
/// merged; `as_of` is the day that ages and waivers are measured by. Without any evidence nothing was proven, so the
/// verdict is undecided.
#[must_use]
pub fn evaluate(
    policy: &Resolved,
    mut evidence: Vec<Evidence>,
    mut findings: Vec<Finding>,
    as_of: Timestamp,
) -> Evaluation {
    evidence.sort_by(|a, b| a.coverage.source.cmp(&b.coverage.source));
    if !findings.is_sorted_by_key(|finding| finding.fingerprint) {
        findings.sort_by(|a, b| a.fingerprint.cmp(&b.fingerprint).then_with(|| total_order(a, b)));
    }
    let (waivers, answers) = apply_waivers(policy, &findings, as_of);
    let mut judged: Vec<Judged> = findings
        .into_iter()
        .zip(answers)
        .map(|(finding, Answer { waiver, unwaived })| {
            let excuse = finding.excuse();
            Judged {
                severity: finding.severity.unwrap_or(policy.unknown_severity),
                disposition: match (excuse, waiver) {
                    (Some(_), _) => Disposition::Excused,
                    (None, Some(_)) => Disposition::Waived,
                    (None, None) => Disposition::Allowed,
                },
                violations: Vec::new(),
                waiver: waiver.filter(|_| excuse.is_none()),
                unwaived: unwaived.filter(|_| excuse.is_none() && waiver.is_none()),
                excuse,
                finding,
            }
        })
        .collect();

    let ranked = rank(&judged);
    let mut violations: Vec<Violation> =
        policy.limits.iter().filter_map(|limit| violation_of(limit, &judged, &ranked, as_of)).collect();
    let undecided = without_baseline(policy, &judged, as_of, &mut violations, &mut evidence);
    // What was not read may hold what a waiver is for.
    let rules = &policy.waiver_rules;
    let is_complete = !evidence.is_empty() && evidence.iter().all(|e| e.coverage.state == State::Complete);
    let is_complete = is_complete && !rules.is_in_part;
    violations.extend(waiving::violation_of_unused(rules, &waivers, is_complete));
    violations.sort_by_key(|violation| Reverse(violation.enforcement));
    for (number, violation) in (0u32..).zip(&violations) {
        for &finding in &violation.findings {
            let judged = &mut judged[finding as usize];
            judged.violations.push(number);
            judged.disposition = match (violation.enforcement, judged.disposition) {
                (Enforcement::Deny, _) | (_, Disposition::Violation) => Disposition::Violation,
                (Enforcement::Warn, _) => Disposition::Warning,
            };
        }
    }

    let unseen = unseen(policy, &judged, as_of);
    let denies = violations.iter().any(|violation| violation.enforcement == Enforcement::Deny);
    let read: Vec<_> = evidence.iter().map(|one| (one.coverage.state, one.requirement)).collect();
    Evaluation {
        verdict: verdict_of(denies, &read),
        open: evidence.iter().map(|evidence| open_findings_of(&evidence.coverage.source, &judged)).collect(),
        counts: count(&judged),
        warnings: warnings_of(&evidence, unseen.clone(), waiving::warnings(&waivers, rules.unused(), is_complete)),
        unseen,
        besides: Vec::new(),
        feeds: Vec::new(),
        limits: limits_of(policy),
        findings: judged,
        ranked,
        violations,
        undecided,
        waivers,
        evidence,
        baseline: None,
    }
}

/// The name of everything that can be violated.
fn limits_of(policy: &Resolved) -> Vec<String> {
    let denies_unused = policy.waiver_rules.unused() == Unused::Deny;
    let unused = denies_unused.then(|| waiving::UNUSED_RULE.to_owned());
    policy.limits.iter().map(|limit| limit.name.clone()).chain(unused).collect()
}

/// The verdict that follows from whether any limit that denies is violated, and from how far each source was read.
#[must_use]
pub fn verdict_of(denies: bool, evidence: &[(State, Requirement)]) -> Verdict {
    if denies {
        Verdict::Fail
    } else if !evidence.is_empty() && !evidence.iter().any(|(state, requirement)| requirement.lacks(*state)) {
        Verdict::Pass
    } else {
        Verdict::Undecided
    }
}

impl Subject {
    /// Whether a limit counts a finding; facts that were asked for and not told are added to `unknown`.
    #[must_use]
    pub fn counts(&self, candidate: &Candidate<'_>, unknown: &mut Vec<Fact>) -> bool {
        match self {
            Subject::AtLeast { kind, floor, only_new } => {
                let finding = candidate.finding;
                let fits = kind.is_none_or(|kind| kind == finding.kind) && candidate.severity >= *floor;
                if fits && *only_new && finding.new.is_none() {
                    unknown.push(Fact::New);
                }
                // Where nobody tells, it is new: otherwise a comparison that is missing would let everything through.
                fits && (!only_new || finding.new != Some(false))
            }
            Subject::When(condition) => condition.truth(candidate, unknown) != Truth::False,
        }
    }
}

/// The violation of one limit, if there is one.
fn violation_of(limit: &Limit, judged: &[Judged], ranked: &[u32], as_of: Timestamp) -> Option<Violation> {
    let mut matching = Vec::new();
    let mut unknown: BTreeMap<Fact, u64> = BTreeMap::new();
    let mut facts = Vec::new();
    let counted = ranked.iter().map(|&number| (number, &judged[number as usize])).filter(|(_, judged)| judged.counts());
    for (number, judged) in counted {
        facts.clear();
        let candidate = Candidate { finding: &judged.finding, severity: judged.severity, as_of };
        if limit.subject.counts(&candidate, &mut facts) {
            matching.push(number);
            facts.sort_unstable();
            facts.dedup();
            for &fact in &facts {
                *unknown.entry(fact).or_default() += 1;
            }
        }
    }
    let found = matching.len() as u64;
    if found <= limit.allow {
        return None;
    }
    Some(Violation {
        rule: limit.name.clone(),
        description: limit.description.clone(),
        place: limit.place.clone(),
        enforcement: limit.enforcement_on(day_of(as_of)),
        denies_from: limit.from.filter(|from| day_of(as_of) < *from),
        allowed: limit.allow,
        found,
        findings: matching,
        unknown: unknown.into_iter().map(|(fact, findings)| (fact.name(), findings)).collect(),
    })
}

/// The order in which people read findings: the worst first, then by path, line and column, then as they stand.
///
/// Paths are compared once each and not once per comparison, because there are many findings and few paths.
pub(crate) fn rank(judged: &[Judged]) -> Vec<u32> {
    let path_of = |judged: &Judged| judged.finding.location.as_ref().map(|location| Text::clone(&location.path));
    let mut places: HashMap<Text, u32> = judged.iter().filter_map(path_of).map(|path| (path, 0)).collect();
    let mut paths: Vec<Text> = places.keys().cloned().collect();
    paths.sort_unstable();
    for (place, path) in (0u32..).zip(&paths) {
        places.insert(Text::clone(path), place);
    }
    // A finding without a place goes after those that have one.
    let key = |(number, judged): (u32, &Judged)| {
        let location = judged.finding.location.as_ref();
        let path = location.and_then(|location| places.get(&location.path)).copied().unwrap_or(u32::MAX);
        (Reverse(judged.severity), path, location.and_then(|l| l.line), location.and_then(|l| l.column), number)
    };
    let mut keys: Vec<_> = (0u32..).zip(judged).map(key).collect();
    keys.sort_unstable();
    keys.into_iter().map(|(.., number)| number).collect()
}

/// The day (UTC) that a time is on.
#[must_use]
pub fn day_of(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}

/// How many findings of a source count.
pub(crate) fn open_findings_of(source: &str, judged: &[Judged]) -> u64 {
    let seen_by = |judged: &&Judged| judged.finding.sightings.iter().any(|sighting| *sighting.source == *source);
    judged.iter().filter(|judged| judged.counts()).filter(seen_by).count() as u64
}

/// The findings that count, by kind and told severity.
pub(crate) fn count(judged: &[Judged]) -> Vec<(Kind, Counts)> {
    let mut counts: BTreeMap<Kind, Counts> = Kind::ALL.into_iter().map(|kind| (kind, Counts::default())).collect();
    for judged in judged.iter().filter(|judged| judged.counts()) {
        let counts = counts.entry(judged.finding.kind).or_default();
        *match judged.finding.severity {
            Some(Severity::Critical) => &mut counts.critical,
            Some(Severity::High) => &mut counts.high,
            Some(Severity::Medium) => &mut counts.medium,
            Some(Severity::Low) => &mut counts.low,
            Some(Severity::Info) => &mut counts.info,
            None => &mut counts.unknown,
        } += 1;
    }
    counts.into_iter().collect()
}

/// That findings whose kind nobody knows are looked at by no limit, if it is so: a threshold for the kind that they really
/// are would have counted them.
fn unseen(policy: &Resolved, judged: &[Judged], as_of: Timestamp) -> Option<String> {
    let unseen = |judged: &&Judged| {
        let candidate = Candidate { finding: &judged.finding, severity: judged.severity, as_of };
        let looks = |limit: &Limit| match &limit.subject {
            Subject::AtLeast { kind, .. } => kind.is_none_or(|kind| kind == Kind::Other),
            Subject::When(_) => limit.subject.counts(&candidate, &mut Vec::new()),
        };
        judged.counts() && judged.finding.kind == Kind::Other && !policy.limits.iter().any(looks)
    };
    let count = judged.iter().filter(unseen).count() as u64;
    (count > 0).then(|| {
        format!(
            "no rule looks at {}, whose kind nobody knows; say their `kind` beside the `path` of the file, or add `other` or \
             `all` to `thresholds`",
            findings(count)
        )
    })
}

fn warnings_of(evidence: &[Evidence], unseen: Option<String>, of_waivers: Vec<String>) -> Vec<String> {
    let mut warnings = Vec::new();
    warnings.extend(unseen);
    for Evidence { coverage, requirement } in evidence {
        if *requirement == Requirement::Optional && coverage.state != State::Complete {
            let reason = coverage.reasons.first().map_or("no reason was given", String::as_str);
            warnings.push(format!("optional source {} {}: {reason}", coverage.source, coverage.state.said()));
        }
    }
    warnings.extend(of_waivers);
    warnings
}

pub(super) fn findings(count: u64) -> String {
    if count == 1 { "1 finding".to_owned() } else { format!("{count} findings") }
}
