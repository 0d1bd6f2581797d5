//! JUnit XML: for Jenkins, GitLab, and everything that shows tests.
//!
//! A suite for what was read, one for each rule of the policy, one for waived findings. A case of a violated rule is a
//! finding: `failure` where the rule denies. What was not read is an `error`. A finding that a rule only warns of is
//! `skipped`, as a waived one is, and as a rule that was not decided: a platform fails or marks a build for a failure, and
//! no format may say more than the verdict. So there is a failure if and only if the policy is violated, and an error if
//! and only if something required was not read.
//!
//! Names of cases are what platforms follow from run to run, and GitLab takes the first of a name only. So a name holds
//! the fingerprint, and no line. The document fits the strict schema of the field, which knows no line of a case, no
//! count of what was skipped over all suites, and no attribute of `skipped`. No time is measured: the time is the one that
//! was judged.

mod case;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io;

use self::case::{Case, Outcome};
use super::words::{self, counted, evidence, is_missing};
use super::xml::{Xml, fitting};
use super::{Beside, Report};
use crate::finding::State;
use crate::policy::{Disposition, Enforcement, Requirement, Violation};

/// The most findings that have cases. GitLab takes 30 MB of a report; a case takes at most 5 KB, so these take 25.
const CASES: usize = 5_000;

/// The most sentences of a kind beside the cases of a suite.
const SENTENCES: usize = 50;

/// The most that a name and a sentence take, in bytes.
const NAME: usize = 300;
const SENTENCE: usize = 1_000;

pub(super) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let plan = Plan::of(report);
    let read = read(report);
    let mut xml = Xml::open(out)?;
    let mut all = Totals::of(&read);
    for rule in &plan.rules {
        all.add(&rule.totals(report));
    }
    let waived = report.evaluation.with(Disposition::Waived).count();
    all.add(&Totals { tests: waived, skipped: waived, ..Totals::default() });
    let [tests, failures, errors, _] = all.texts();
    xml.start(
        "testsuites",
        &[("name", "findgate"), ("tests", &tests), ("failures", &failures), ("errors", &errors), ("time", "0")],
    )?;
    suite(report, "evidence", &Totals::of(&read), &mut xml, |xml| {
        read.iter().try_for_each(|case| case.write("evidence", xml))?;
        said(&about(report), xml)
    })?;
    for rule in &plan.rules {
        let name = format!("policy: {}", rule.name());
        suite(report, &name, &rule.totals(report), &mut xml, |xml| rule.write(report, &plan, xml))?;
    }
    if waived > 0 {
        let totals = Totals { tests: waived, skipped: waived, ..Totals::default() };
        suite(report, "waivers", &totals, &mut xml, |xml| {
            for judged in report.evaluation.with(Disposition::Waived).take(plan.waived) {
                case::waived(report, judged).write("waivers", xml)?;
            }
            said(&cut(waived.saturating_sub(plan.waived), waived), xml)
        })?;
    }
    xml.end()
}

/// What a user should know of a document that does not hold everything.
pub(super) fn shortened(report: &Report<'_>) -> Option<String> {
    let plan = Plan::of(report);
    let waived = report.evaluation.with(Disposition::Waived).count();
    let all = plan.found + waived;
    let held = plan.held + plan.waived.min(waived);
    cut(all.saturating_sub(held), all).pop()
}

fn cut(left_out: usize, all: usize) -> Vec<String> {
    let sentence = words::left_out(left_out as u64, all as u64);
    if left_out > 0 { vec![format!("{sentence}, because platforms refuse larger reports")] } else { Vec::new() }
}

/// What is written.
struct Plan<'a> {
    rules: Vec<Rule<'a>>,
    /// By the number of the finding: whether it has cases.
    chosen: Vec<bool>,
    /// How many findings violate or are warned of, and how many of them have cases.
    found: usize,
    held: usize,
    /// How many waived findings may have cases.
    waived: usize,
}

/// A rule of the policy, and what became of it.
enum Rule<'a> {
    Violated(&'a Violation),
    NotViolated(&'a str),
}

impl<'a> Plan<'a> {
    /// The worst findings: what denies before what warns, then in the order of reports. One that several rules count has
    /// as many cases.
    fn of(report: &Report<'a>) -> Plan<'a> {
        let evaluation = report.evaluation;
        let mut chosen = vec![false; evaluation.findings.len()];
        let (mut found, mut held, mut left, mut is_full) = (0, 0, CASES, false);
        for disposition in [Disposition::Violation, Disposition::Warning] {
            for &number in &evaluation.ranked {
                let Some(judged) = evaluation.findings.get(number as usize) else { continue };
                if judged.disposition != disposition {
                    continue;
                }
                found += 1;
                is_full |= judged.violations.len() > left;
                if !is_full {
                    left -= judged.violations.len();
                    held += 1;
                    chosen[number as usize] = true;
                }
            }
        }
        let violated = evaluation.violations.iter();
        let names: BTreeSet<&str> = violated.clone().map(|violation| violation.rule.as_str()).collect();
        let others = evaluation.limits.iter().filter(|limit| !names.contains(limit.as_str()));
        let rules = violated.map(Rule::Violated).chain(others.map(|limit| Rule::NotViolated(limit))).collect();
        Plan { rules, chosen, found, held, waived: left }
    }
}

impl Rule<'_> {
    fn name(&self) -> &str {
        match self {
            Rule::Violated(violation) => &violation.rule,
            Rule::NotViolated(name) => name,
        }
    }

    fn totals(&self, report: &Report<'_>) -> Totals {
        match self {
            // A rule that counts no finding is violated itself.
            Rule::Violated(violation) => {
                let tests = violation.findings.len().max(1);
                match violation.enforcement {
                    Enforcement::Deny => Totals { tests, failures: tests, ..Totals::default() },
                    Enforcement::Warn => Totals { tests, skipped: tests, ..Totals::default() },
                }
            }
            Rule::NotViolated(name) => {
                let skipped = usize::from(undecided(report, name).is_some());
                Totals { tests: 1, skipped, ..Totals::default() }
            }
        }
    }

    fn write(&self, report: &Report<'_>, plan: &Plan<'_>, xml: &mut Xml<'_>) -> io::Result<()> {
        let violation = match self {
            Rule::NotViolated(name) => {
                let outcome = undecided(report, name).map_or(Outcome::Holds, Outcome::Skipped);
                return Case { name: (*name).to_owned(), file: None, outcome }.write(name, xml);
            }
            Rule::Violated(violation) => violation,
        };
        let chosen = || {
            let chosen = violation.findings.iter().filter(|&&number| plan.chosen.get(number as usize) == Some(&true));
            chosen.filter_map(|&number| report.evaluation.findings.get(number as usize))
        };
        for judged in chosen() {
            case::found(report, violation, judged).write(&violation.rule, xml)?;
        }
        let all = violation.findings.len();
        let cut = cut(all - chosen().count(), all);
        let rule = match cut.first() {
            Some(cut) => Some(case::ruled(violation, "findings that have no case", cut)),
            None if all == 0 => Some(case::ruled(violation, &violation.rule, &words::rule_itself(violation))),
            None => None,
        };
        rule.map_or(Ok(()), |case| case.write(&violation.rule, xml))?;
        let place = format!("{} ({})", counted(violation), violation.place);
        let told = [violation.description.clone(), Some(place), words::unknown(violation)].into_iter().flatten();
        said(&told.chain(cut).collect::<Vec<_>>(), xml)
    }
}

/// Why a rule that is not violated is not proven to hold.
fn undecided(report: &Report<'_>, rule: &str) -> Option<String> {
    let evaluation = report.evaluation;
    let missing = evaluation.evidence.iter().find(|evidence| is_missing(evidence)).and_then(evidence::not_read);
    match missing {
        Some(missing) => Some(format!("not decided, for {missing}")),
        None if evaluation.undecided.iter().any(|undecided| undecided == rule) => {
            Some("not decided without the baseline".to_owned())
        }
        None if evaluation.evidence.is_empty() => Some("not decided, for no source was read".to_owned()),
        None => None,
    }
}

/// A case for each source, and for what `--only` left out.
fn read(report: &Report<'_>) -> Vec<Case> {
    let mut cases = Vec::new();
    for one in &report.evaluation.evidence {
        let coverage = &one.coverage;
        let text: Vec<&str> = coverage.reasons.iter().take(SENTENCES).map(String::as_str).collect();
        let outcome = match (coverage.state, one.requirement, evidence::not_read(one)) {
            (State::Complete, _, _) | (_, _, None) => Outcome::Holds,
            (_, Requirement::Optional, Some(why)) => Outcome::Skipped(format!("optional, and {why}")),
            (state, Requirement::Required, Some(message)) => {
                let text = text.iter().map(|reason| format!("- {reason}")).collect();
                Outcome::Error { kind: state.name(), message, text }
            }
        };
        cases.push(Case { name: coverage.source.to_string(), file: None, outcome });
    }
    if cases.is_empty() {
        let message = words::NOTHING_READ.to_owned();
        let outcome = Outcome::Error { kind: "failed", message, text: Vec::new() };
        cases.push(Case { name: "sources".to_owned(), file: None, outcome });
    }
    if let Some(only) = words::only_read(report.only) {
        let outcome = Outcome::Skipped(format!("{only}, because of --only"));
        cases.push(Case { name: "sources that --only leaves out".to_owned(), file: None, outcome });
    }
    cases
}

/// The verdict, and what stands above it in other reports.
fn about(report: &Report<'_>) -> Vec<String> {
    let (verdict, why) = words::last_line(report);
    let mut told = vec![format!("findgate: {verdict}{why}"), words::policy(report)];
    told.extend(report.policy.applied.as_ref().map(|applied| format!("with {applied}")));
    told.extend(words::project(report));
    told.extend(report.evaluation.baseline.as_ref().map(words::compared));
    told.extend(words::weakened(report).iter().map(|weakened| format!("weakened on the command line: {weakened}")));
    told.extend(report.beside.iter().map(Beside::sentence));
    told.extend(report.evaluation.warnings.iter().take(SENTENCES).map(|warning| format!("warning: {warning}")));
    told
}

/// Sentences beside the cases of a suite.
fn said(sentences: &[String], xml: &mut Xml<'_>) -> io::Result<()> {
    let lines: Vec<String> = sentences.iter().map(|sentence| fitting(&case::line(sentence), SENTENCE).into()).collect();
    if lines.is_empty() { Ok(()) } else { xml.element("system-out", &[], &lines.join("\n")) }
}

fn suite<'w>(
    report: &Report<'_>,
    name: &str,
    totals: &Totals,
    xml: &mut Xml<'w>,
    write: impl FnOnce(&mut Xml<'w>) -> io::Result<()>,
) -> io::Result<()> {
    let [tests, failures, errors, skipped] = totals.texts();
    let time = report.as_of.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    xml.start(
        "testsuite",
        &[
            ("name", &fitting(name, NAME)),
            ("tests", &tests),
            ("failures", &failures),
            ("errors", &errors),
            ("skipped", &skipped),
            ("time", "0"),
            ("timestamp", &time),
        ],
    )?;
    write(xml)?;
    xml.end()
}

/// How many findings, rules and sources there are; of a suite that was cut, with those that have no case.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Totals {
    fn of(cases: &[Case]) -> Totals {
        let mut totals = Totals { tests: cases.len(), ..Totals::default() };
        for case in cases {
            match case.outcome {
                Outcome::Holds => {}
                Outcome::Failure { .. } => totals.failures += 1,
                Outcome::Error { .. } => totals.errors += 1,
                Outcome::Skipped(_) => totals.skipped += 1,
            }
        }
        totals
    }

    fn add(&mut self, other: &Totals) {
        self.tests += other.tests;
        self.failures += other.failures;
        self.errors += other.errors;
        self.skipped += other.skipped;
    }

    fn texts(&self) -> [String; 4] {
        [self.tests, self.failures, self.errors, self.skipped].map(|count| count.to_string())
    }
}
