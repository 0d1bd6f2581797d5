//! Judging what was read, as `findgate check` does, and writing it in every format.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use clap::ValueEnum as _;
use findgate::finding::{Finding, Known, Renames, merge};
use findgate::policy::{
    Aim, Disposition, Document, Enforcement, Evaluation, EvidenceRule, Problems, Resolved, decode, evaluate, weigh,
};
use findgate::project::Project;
use findgate::report::{self, Format, Report};
use findgate::snapshot::{Contents, seal};
use findgate::source::sarif::{Selection, collect_held};
use findgate::source::{Collected, LANGUAGES};
use jiff::Timestamp;

/// The longest text, in bytes, in which a source or a reader says what is wrong.
pub(crate) const LONGEST: usize = 4096;

/// The moment that is judged.
pub(crate) const AS_OF: Timestamp = Timestamp::constant(1_795_262_400, 0);

/// A policy that asks for every fact of a finding.
const POLICY: &str = r#"
version: 1
name: everything
unknown_severity: high
thresholds:
  all: {critical: 0, high: 3}
  sca: medium
  secret: any
new_thresholds:
  sast: {high: 0, enforcement: warn}
rules:
  known: {when: {kev: true, unknown: skip}}
  likely: {when: {epss: ">=0.5"}, enforcement: warn}
  reachable: {when: {reachable: true, fix: available}, allow: 1}
  old: {when: {age: ">30d", severity: ">=low"}, enforcement: {warn_until: 2027-01-01}}
  places: {when: {any: [{path: "src/**"}, {not: {path: ["**/*.{js,ts}", "[!a]?"]}}]}, enforcement: warn}
  packages: {when: {package: ["lod*", "@acme/*", "pkg:npm/left-pad"], direct: true}}
  licenses: {when: {license: ["AGPL-*", "SSPL-*"]}}
  weak: {when: {cwe: [79, 89], cvss: ">=4"}, enforcement: warn}
waivers:
  max_life: {default: 365d, critical: 30d}
  entries:
  - {id: path, match: {path: "test/**"}, reason: tests, owner: ada, expires: 2026-12-01}
  - {id: package, match: {package: "lodash"}, reason: known, owner: ada, expires: 2026-12-01}
"#;

static RESOLVED: LazyLock<Resolved> = LazyLock::new(|| {
    let mut problems = Problems::default();
    let policy = Document::parse("policy.yml", POLICY, &mut problems)
        .and_then(|document| decode(&document, &LANGUAGES, &mut problems));
    let problems = problems.sorted();
    assert!(problems.is_empty(), "{problems:#?}");
    findgate::policy::resolve(&policy.unwrap(), Default::default()).unwrap()
});

/// Judges what sources showed by a policy that asks for everything, and writes the outcome.
pub(crate) fn judge(collected: &Collected) {
    judge_by(&RESOLVED, collected);
    let findings = &collected.findings;
    let mut merged = merge(findings.clone()).findings;
    assert_eq!(merge(findings.iter().rev().cloned().collect()).findings, merged, "no order matters");
    // As a baseline of itself: what is there is known, but for what was gone when it was taken.
    let known = Known::of(findings.clone());
    let ways = known.mark(&mut merged, &Renames::default());
    assert_eq!(ways.iter().flatten().count() as u64, known.count(), "of {merged:#?}");
}

/// The reports on SARIF files in one format.
pub(crate) fn written_as(files: &[Vec<u8>], format: &str) -> Vec<Vec<u8>> {
    let format = Format::value_variants().iter().find(|one| one.name() == format).expect("a format");
    let written = |bytes: &Vec<u8>| {
        let file = Selection::plain("a.sarif".to_owned());
        let collected = collect_held(file, "a.sarif", bytes.clone(), Path::new("/src"));
        let evaluation = evaluation_by(&RESOLVED, &collected);
        reported(&RESOLVED, &evaluation, &collected, &[*format]).remove(0)
    };
    files.iter().map(written).collect()
}

/// Judges by this policy. Every law that needs no second run is asserted.
pub(crate) fn judge_by(policy: &Resolved, collected: &Collected) {
    let evaluation = evaluation_by(policy, collected);
    let formats = Format::value_variants();
    for (format, out) in formats.iter().zip(reported(policy, &evaluation, collected, formats)) {
        let text = std::str::from_utf8(&out).unwrap_or_else(|error| panic!("{}: {error}", format.name()));
        safe(*format, text);
    }
}

fn evaluation_by(policy: &Resolved, collected: &Collected) -> Evaluation {
    let Collected { findings, coverage } = collected.clone();
    let aim = Aim { branch: Some("main"), commit: Some("4f2a9c1d7e0b4f2a9c1d7e0b4f2a9c1d7e0b4f2a") };
    let rule = EvidenceRule { max_age: Some(7 * 86_400), ..EvidenceRule::default() };
    let count = findings.len();
    let merged = merge(findings);
    assert_eq!(merged.findings.len() as u64 + merged.joined, count as u64, "merging counts each reading");
    let total = merged.findings.len();
    let evaluation = evaluate(policy, vec![weigh(coverage, &rule, aim, AS_OF)], merged.findings, AS_OF);
    holds(&evaluation, total);
    evaluation
}

fn holds(evaluation: &Evaluation, total: usize) {
    assert_eq!(evaluation.findings.len(), total);
    let mut ranked: Vec<u32> = evaluation.ranked.clone();
    ranked.sort_unstable();
    assert!(ranked.iter().copied().eq(0..total as u32), "each finding is ranked once");
    let landed: usize = Disposition::ALL.into_iter().map(|one| evaluation.with(one).count()).sum();
    assert_eq!(landed, total, "each finding lands once");
    let prints: BTreeSet<_> = evaluation.findings.iter().map(|judged| judged.finding.fingerprint).collect();
    assert_eq!(prints.len(), total, "each finding has a fingerprint of its own");
    for judged in &evaluation.findings {
        let denied = judged.violations.iter().any(|at| {
            let violation = &evaluation.violations[*at as usize];
            violation.enforcement == Enforcement::Deny
        });
        assert_eq!(judged.disposition == Disposition::Violation, denied);
    }
    for violation in &evaluation.violations {
        assert!(violation.found > violation.allowed);
        assert_eq!(violation.found, violation.findings.len() as u64);
    }
}

/// What is written, of each format.
fn reported(policy: &Resolved, evaluation: &Evaluation, collected: &Collected, formats: &[Format]) -> Vec<Vec<u8>> {
    let project = Project { repository: Some("github.com/acme/payments".to_owned()), ..Project::default() };
    let contents = Contents { taken: AS_OF, project: &project, sarif: &[], sources: vec![("", collected)] };
    let seal = seal(&contents).unwrap();
    let digest = findgate::digest::digest(b"");
    let report = Report {
        evaluation,
        policy,
        policy_origin: "policy.yml",
        policy_shown: "policy.yml",
        trust: "worktree",
        base: None,
        policy_digest: &digest,
        inputs: &[],
        told: &[],
        bypasses: &[],
        baseline_named: None,
        project: &project,
        is_of_fork: false,
        seal: Some(&seal),
        as_of: AS_OF,
        only: &[],
        beside: &[],
    };
    let write = |format: &Format| {
        let mut out = Vec::new();
        report::write(*format, &report, &mut out).unwrap_or_else(|error| panic!("{}: {error}", format.name()));
        out
    };
    formats.iter().map(write).collect()
}

/// What findgate itself colours lines with.
const STYLES: [&str; 6] = ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m"];

/// Asserts that a report does nothing to whoever reads it, and is what it says to be.
fn safe(format: Format, text: &str) {
    match format {
        Format::Human => plain(&STYLES.iter().fold(text.to_owned(), |text, style| text.replace(style, ""))),
        Format::Json | Format::Sarif | Format::SarifAudit | Format::Record | Format::Gitlab => {
            let _: serde_json::Value = serde_json::from_str(text).unwrap_or_else(|error| {
                panic!("{} is no JSON: {error}\n{text}", format.name());
            });
            assert!(!text.contains(|c: char| c != '\n' && c.is_control()), "{} holds controls", format.name());
        }
        Format::Junit | Format::Markdown | Format::Html | Format::Github => {
            let is_bad = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
            assert!(!text.contains(is_bad), "{} holds controls", format.name());
        }
    }
    match format {
        Format::Markdown => assert!(findgate::comment::Document::parse(text.into()).is_ok(), "it cannot be posted"),
        Format::Json => {
            let stored = findgate::fuzzing::stored_verdict(text.as_bytes());
            stored.unwrap_or_else(|error| panic!("it is no evaluation: {error:#}"));
        }
        _ => {}
    }
}

/// Asserts that lines for people hold nothing that a terminal or a CI platform would act on.
pub(crate) fn plain(text: &str) {
    for line in text.split('\n') {
        assert!(!line.contains(char::is_control), "{line:?}");
        let line = line.trim_start();
        assert!(!line.starts_with("::") && !line.contains("##[") && !line.contains("##vso["), "{line:?}");
    }
}

/// Asserts what has to hold of every finding that a source made.
pub(crate) fn normalized(collected: &Collected) {
    let Collected { findings, coverage } = collected;
    assert_eq!(coverage.read, findings.len() as u64);
    for Finding { title, location, package, sightings, epss, cvss, .. } in findings {
        assert!(!title.is_empty() && !title.contains('\n'), "{title:?}");
        if let Some(location) = location {
            let path = &*location.path;
            assert!(!path.is_empty() && !path.split('/').any(|part| part == ".."), "{path:?}");
            assert!(location.line != Some(0), "lines begin with 1");
            let begins = |end| location.line.is_some_and(|line| line <= end);
            assert!(location.end_line.is_none_or(begins), "an end before its beginning: {location:?}");
        }
        assert!(package.as_ref().is_none_or(|package| !package.name.is_empty()));
        assert_eq!(sightings.len(), 1);
        assert!(epss.is_none_or(|epss| (0.0..=1.0).contains(&epss)));
        assert!(cvss.is_none_or(|cvss| (0.0..=10.0).contains(&cvss)));
    }
}
