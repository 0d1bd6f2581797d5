//! What every report for people says, as plain text: the same words at a terminal, in Markdown, in HTML, in a test report.
//!
//! Nothing here is escaped, styled, wrapped or cut; that is each format's own. Text from outside is in most of it.

pub(super) mod beside;
pub(super) mod evidence;
pub(super) mod links;
pub(super) mod waivers;

use std::borrow::Borrow;
use std::ops::Deref;

use super::Report;
use super::escape::is_visible;
use crate::exit::Status;
use crate::finding::{Finding, State};
use crate::policy::{Baseline, Candidate, Disposition, Enforcement, Evidence, Fact, Judged, Verdict, Violation};
use crate::project::short;

const EXIT_ZERO: &str = "--exit-zero";

/// How good something is, for color.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// As it should be.
    Good,
    /// Somebody should look at it.
    Warning,
    /// It fails the build.
    Bad,
}

impl From<Verdict> for Tone {
    fn from(verdict: Verdict) -> Tone {
        match verdict {
            Verdict::Pass => Tone::Good,
            Verdict::Fail => Tone::Bad,
            Verdict::Undecided => Tone::Warning,
        }
    }
}

/// The verdict in a word and in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Headline {
    pub(super) tone: Tone,
    /// `PASS`, `FAIL`, `UNDECIDED`.
    pub(super) word: &'static str,
    /// What it means, without an end: `the policy is violated in 2 rules`.
    pub(super) sentence: String,
}

pub(super) fn headline(report: &Report<'_>) -> Headline {
    let evaluation = report.evaluation;
    let by = |enforcement| evaluation.violations.iter().filter(|v| v.enforcement == enforcement).count() as u64;
    let (denied, warned) = (by(Enforcement::Deny), by(Enforcement::Warn));
    let missing = evaluation.evidence.iter().any(is_missing);
    let (tone, word, sentence) = match evaluation.verdict {
        // Only optional sources, and none of them was read: allowed, but nobody should take it for a look at the findings.
        Verdict::Pass if !evaluation.evidence.iter().any(|e| e.coverage.state == State::Complete) => (
            Tone::Warning,
            "PASS",
            "no violation was seen, but no source was read completely; all are optional".to_owned(),
        ),
        // What was left out may hold a violation; nobody should take it for a look at everything.
        Verdict::Pass if !report.only.is_empty() => {
            (Tone::Warning, "PASS", "no violation was seen, but only what --only names was read".to_owned())
        }
        Verdict::Pass if warned == 0 => (Tone::Good, "PASS", "the policy holds".to_owned()),
        Verdict::Pass => (Tone::Good, "PASS", format!("the policy holds, with warnings of {}", plural(warned, "rule"))),
        Verdict::Fail if missing => {
            let denied = plural(denied, "rule");
            let sentence = format!("the policy is violated in {denied}, and not everything that is required was read");
            (Tone::Bad, "FAIL", sentence)
        }
        Verdict::Fail => (Tone::Bad, "FAIL", format!("the policy is violated in {}", plural(denied, "rule"))),
        Verdict::Undecided => (
            Tone::Warning,
            "UNDECIDED",
            "no violation was seen, but not everything that is required was read".to_owned(),
        ),
    };
    Headline { tone, word, sentence }
}

/// `policy .findgate.yml (payments), 12 rules, as of 2026-11-21`. Always with the day, because `--as-of` can make an
/// expired waiver hold.
pub(super) fn policy(report: &Report<'_>) -> String {
    let name = report.policy.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    let limits = plural(report.evaluation.limits.len() as u64, "rule");
    let day = report.as_of.strftime("%Y-%m-%d");
    format!("policy {}{name}, {limits}, as of {day}", report.policy_shown)
}

/// `project github.com/acme/payments, branch main, commit 0123456789ab`.
pub(super) fn project(report: &Report<'_>) -> Option<String> {
    let project = [
        report.project.repository.clone(),
        report.project.branch.as_ref().map(|branch| format!("branch {branch}")),
        report.project.commit.as_ref().map(|commit| format!("commit {}", short(commit))),
    ];
    let project: Vec<String> = project.into_iter().flatten().collect();
    (!project.is_empty()).then(|| format!("project {}", project.join(", ")))
}

/// `baseline .findgate/baseline.json of 2026-11-20 (commit 1a2b3c): 120 known, 3 new`.
pub(super) fn compared(baseline: &Baseline) -> String {
    let Baseline { file, taken, commit, matched, new, .. } = baseline;
    let of = taken.map(|time| format!(" of {}", time.strftime("%Y-%m-%d"))).unwrap_or_default();
    let commit = commit.as_ref().map(|commit| format!(" (commit {})", short(commit))).unwrap_or_default();
    format!("baseline {file}{of}{commit}: {matched} known, {new} new")
}

/// Which sources `--only` left: `only mend and sarif were read`.
pub(crate) fn only_read(only: &[String]) -> Option<String> {
    let verb = if only.len() == 1 { "was" } else { "were" };
    (!only.is_empty()).then(|| format!("only {} {verb} read", only.join(" and ")))
}

/// That the status of the run does not tell of a violation, because of `--exit-zero`; another job may.
pub(super) fn ends_well(report: &Report<'_>) -> Option<&'static str> {
    let is_given = report.bypasses.iter().any(|bypass| bypass == EXIT_ZERO);
    (is_given && report.evaluation.verdict == Verdict::Fail).then_some("the violation does not fail this run")
}

/// What else weakens the gate on the command line.
pub(super) fn weakened<'a>(report: &Report<'a>) -> Vec<&'a str> {
    let is_said = |bypass: &str| bypass == EXIT_ZERO || bypass.starts_with("--only ");
    report.bypasses.iter().map(String::as_str).filter(|bypass| !is_said(bypass)).collect()
}

/// What decided, after the verdict and its status: `fail (1): thresholds.sca.high, known-exploited`.
pub(super) fn last_line(report: &Report<'_>) -> (&'static str, String) {
    let evaluation = report.evaluation;
    let verdict = evaluation.verdict;
    let decided: Vec<String> = match verdict {
        Verdict::Pass => Vec::new(),
        Verdict::Fail => {
            let denied = evaluation.violations.iter().filter(|violation| violation.enforcement == Enforcement::Deny);
            denied.map(|violation| violation.rule.clone()).collect()
        }
        Verdict::Undecided => {
            let missing = evaluation.evidence.iter().filter(|evidence| is_missing(evidence));
            missing.map(|e| format!("{} {}", e.coverage.source, e.coverage.state.said())).collect()
        }
    };
    // First what was left out, for the line may be cut.
    let why: Vec<String> = only_read(report.only).into_iter().chain(decided).collect();
    let why = if why.is_empty() { String::new() } else { format!(": {}", why.join(", ")) };
    (verdict.name(), format!(" ({}){why}", Status::from(verdict).number()))
}

/// Whether the verdict lacks something for want of this source.
pub(super) fn is_missing(evidence: &Evidence) -> bool {
    evidence.requirement.lacks(evidence.coverage.state)
}

/// What a rule counted: `5 found, 0 allowed  (warns only; denies from 2026-12-01)`.
pub(super) fn counted(violation: &Violation) -> String {
    let Violation { found, allowed, .. } = violation;
    let effect = warns_only(violation).map(|effect| format!("  ({effect})")).unwrap_or_default();
    format!("{found} found, {allowed} allowed{effect}")
}

/// That a rule does not deny: `warns only; denies from 2026-12-01`.
pub(super) fn warns_only(violation: &Violation) -> Option<String> {
    let from = violation.denies_from.map(|day| format!("; denies from {day}")).unwrap_or_default();
    (violation.enforcement == Enforcement::Warn).then(|| format!("warns only{from}"))
}

/// Which facts of a rule nobody knows, so that they were taken for true.
pub(super) fn unknown(violation: &Violation) -> Option<String> {
    let facts = violation.unknown.iter().map(|(fact, count)| format!("{fact} ({})", plural(*count, "finding")));
    untold(&facts.collect::<Vec<_>>())
}

fn untold<S: Borrow<str>>(facts: &[S]) -> Option<String> {
    (!facts.is_empty()).then(|| format!("not told by any source, so counted as true: {}", facts.join(", ")))
}

/// The same of one finding and the rules that it violates or is warned of by.
pub(super) fn unknown_of(report: &Report<'_>, judged: &Judged) -> Option<String> {
    let candidate = Candidate { finding: &judged.finding, severity: judged.severity, as_of: report.as_of };
    let mut facts = Vec::new();
    for violation in violations(report, judged).filter(|violation| !violation.unknown.is_empty()) {
        let limit = report.policy.limits.iter().find(|limit| limit.name == violation.rule);
        if let Some(limit) = limit {
            let _ = limit.subject.counts(&candidate, &mut facts);
        }
    }
    facts.sort_unstable();
    facts.dedup();
    untold(&facts.into_iter().map(Fact::name).collect::<Vec<_>>())
}

/// Why a finding counts, for formats that tell it nowhere else: a sentence each, the most important first.
pub(super) fn why(report: &Report<'_>, judged: &Judged) -> Vec<String> {
    let why = [
        Some(ruled_at(report, judged)),
        waivers::unwaived(report.evaluation, judged),
        unrated(judged),
        newness(report, &judged.finding),
        unknown_of(report, judged),
    ];
    let described = violations(report, judged)
        .filter_map(|violation| Some(format!("{}: {}", violation.rule, violation.description.as_ref()?)))
        .take(2);
    why.into_iter().flatten().chain(described).collect()
}

/// What people must see: what violates, then what only warns, the worst first.
pub(super) fn shown<'a>(report: &Report<'a>) -> Vec<&'a Judged> {
    let evaluation = report.evaluation;
    evaluation.with(Disposition::Violation).chain(evaluation.with(Disposition::Warning)).collect()
}

/// The violated rules that count it.
pub(super) fn violations<'a>(report: &Report<'a>, judged: &'a Judged) -> impl Iterator<Item = &'a Violation> {
    let all = &report.evaluation.violations;
    judged.violations.iter().filter_map(|&number| all.get(number as usize))
}

/// Their names: `thresholds.sca.high, known-exploited`.
pub(super) fn rules(report: &Report<'_>, judged: &Judged) -> String {
    violations(report, judged).map(|violation| violation.rule.as_str()).collect::<Vec<_>>().join(", ")
}

/// What stands before them.
pub(super) fn verb(judged: &Judged) -> &'static str {
    if judged.disposition == Disposition::Warning { "warned of by" } else { "violates" }
}

/// The rules that it violates or is warned of by: `violates thresholds.sca.high, known-exploited`.
pub(super) fn ruled(report: &Report<'_>, judged: &Judged) -> String {
    format!("{} {}", verb(judged), rules(report, judged))
}

/// The same with the lines of the policy that say so: `violates thresholds.sca.high (.findgate.yml:14)`, and how many
/// more there are.
pub(super) fn ruled_at(report: &Report<'_>, judged: &Judged) -> String {
    const NAMED: usize = 3;
    let rules = violations(report, judged).take(NAMED).map(|violation| {
        let Violation { rule, place, found, allowed, denies_from, .. } = violation;
        let from = denies_from.map(|day| format!(", denies from {day}")).unwrap_or_default();
        format!("{rule} ({found} found, {allowed} allowed{from}; {place})")
    });
    let rules: Vec<String> = rules.collect();
    let more = judged.violations.len().saturating_sub(NAMED) as u64;
    let more = if more > 0 { format!(" and {}", plural(more, "more rule")) } else { String::new() };
    format!("{} {}{more}", verb(judged), rules.join(", "))
}

/// What is said where there is not even a source.
pub(super) const NOTHING_READ: &str = "no source was read, so nothing is proven";

/// What a rule without findings is violated by: its description, which tells it, else the count.
pub(super) fn rule_itself(violation: &Violation) -> String {
    violation.description.clone().unwrap_or_else(|| counted(violation))
}

/// That a document does not hold everything: `95000 of 100000 findings are not in it; it holds the worst`.
pub(super) fn left_out(left_out: u64, all: u64) -> String {
    let verb = if left_out == 1 { "is" } else { "are" };
    format!("{left_out} of {} {verb} not in it; it holds the worst", plural(all, "finding"))
}

/// Whether to call it new: without a baseline nearly everything would be, or nothing.
pub(super) fn is_new(report: &Report<'_>, finding: &Finding) -> bool {
    report.evaluation.baseline.is_some() && finding.new == Some(true)
}

/// Against what it is new: `new: the baseline base.json does not know it`.
pub(super) fn newness(report: &Report<'_>, finding: &Finding) -> Option<String> {
    let baseline = report.evaluation.baseline.as_ref().filter(|_| is_new(report, finding))?;
    Some(format!("new: the baseline {} does not know it", baseline.file))
}

/// Who says so and what it is about: `lodash 4.17.20, CVE-2021-23337, CWE-94 (Trivy)`.
pub(super) fn about(finding: &Finding) -> String {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(subject(finding));
    parts.extend(finding.ids.iter().map(|id| id.to_string()));
    if let Some(check) = finding.check().filter(|check| !finding.ids.contains(check)) {
        parts.push(check.to_string());
    }
    parts.extend(finding.cwe.iter().map(ToString::to_string));
    let tools = format!("({})", seen_by(finding).join(", "));
    if parts.is_empty() { tools } else { format!("{} {tools}", parts.join(", ")) }
}

/// The package and its version: `lodash 4.17.20`.
pub(super) fn subject(finding: &Finding) -> Option<String> {
    let package = finding.package.as_deref()?;
    Some(match &package.version {
        Some(version) => format!("{} {version}", package.name),
        None => package.name.to_string(),
    })
}

/// The advisory for what concerns a package, else the check; each for the other where that is missing.
pub(super) fn name_of_check(finding: &Finding) -> &str {
    let advisory = finding.advisory();
    let check = finding.check();
    let name = if finding.package.is_some() { advisory.or(check) } else { check.or(advisory) };
    name.map(|name| name.trim()).filter(|name| is_visible(name)).unwrap_or(finding.kind.name())
}

/// The finding's title, or its check where a scanner gives none: platforms take an empty text for a missing one.
pub(super) fn title(finding: &Finding) -> &str {
    let title = finding.title.trim().trim_end_matches('.');
    if is_visible(title) { title } else { name_of_check(finding) }
}

/// The tools that saw it, sorted; a source that names no tool by its own name.
pub(super) fn seen_by(finding: &Finding) -> Vec<&str> {
    let mut tools: Vec<&str> = finding.sightings.iter().map(|s| s.tool.as_deref().unwrap_or(&s.source)).collect();
    tools.sort_unstable();
    tools.dedup();
    tools
}

/// `fix: upgrade to 4.17.21`, as far as a source tells.
pub(super) fn fix(finding: &Finding) -> Option<String> {
    if finding.fixed_in.is_empty() {
        return (finding.fix == Some(false)).then(|| "no fixed version yet".to_owned());
    }
    let versions: Vec<&str> = finding.fixed_in.iter().map(Deref::deref).collect();
    Some(format!("fix: upgrade to {}", versions.join(" or ")))
}

/// `src/login.py:42:7`, or that there is none.
pub(super) fn place(finding: &Finding) -> String {
    match &finding.location {
        None => "no location".to_owned(),
        Some(location) => {
            let numbers = [location.line, location.column.filter(|_| location.line.is_some())];
            let numbers: String = numbers.into_iter().flatten().map(|number| format!(":{number}")).collect();
            format!("{}{numbers}", location.path)
        }
    }
}

/// That a severity is the policy's and no source's.
pub(super) fn unrated(judged: &Judged) -> Option<String> {
    judged.finding.severity.is_none().then(|| format!("unrated; counts as {}", judged.severity))
}

/// How to ask why a finding counts: `findgate explain v1:0123abcd`.
pub(super) fn explain(finding: &Finding) -> String {
    let fingerprint = finding.fingerprint.to_string();
    format!("findgate explain {}", fingerprint.get(..11).unwrap_or(&fingerprint))
}

/// How to waive a finding: `findgate waive v1:0123abcd4567`.
pub(crate) fn waive(finding: &Finding) -> String {
    let fingerprint = finding.fingerprint.to_string();
    format!("findgate waive {}", fingerprint.get(..15).unwrap_or(&fingerprint))
}

/// `1 rule`, `2 rules`, `2 vulnerabilities`.
pub(crate) fn plural(count: u64, noun: &str) -> String {
    match (count, noun.strip_suffix("ty")) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{count} {stem}ties"),
        (_, None) => format!("{count} {noun}s"),
    }
}
