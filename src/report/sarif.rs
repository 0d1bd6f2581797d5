//! `sarif` and `sarif-audit`: SARIF 2.1.0 in two profiles.
//!
//! `sarif` goes to GitHub code scanning (and the platforms that read the same): what violates the policy, within the
//! platform's limits. A waived finding is left out, for GitHub does not list `suppressions` among the properties it reads
//! and would show it as open; left out, its alert is closed. `sarif-audit` is for the record: every finding, the waived and
//! the excused ones suppressed (SARIF 2.1.0, 3.27.23: all results of a run have the property, or none).
//!
//! One run, because GitHub refuses several of one tool and category. The properties and limits followed here are those of
//! GitHub's documentation, "SARIF support for code scanning"; one result without a place makes it refuse the whole file,
//! so every result gets one. Nothing that changes from run to run (folders, times, versions) goes into an identity.
//!
//! The types are those of serde-sarif, for single results, rules and notifications. The frame around them is written by
//! hand, because a `Run` of that crate holds all its results at two kilobytes each before their text.

mod result;
mod ruled;
mod rules;
mod run;

use std::cmp::Reverse;
use std::io;

use self::rules::Rules;
use super::Report;
use super::stream::Object;
use crate::policy::{Disposition, Judged, Violation};

/// For whom it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Profile {
    /// Violations and warnings, at most [`RESULTS`].
    CodeScanning,
    /// Every finding.
    Audit,
}

/// How many results of a run GitHub and GitLab keep. Which ones they drop is theirs to choose, so we cut.
const RESULTS: usize = 5_000;

pub(super) fn write(report: &Report<'_>, profile: Profile, out: &mut dyn io::Write) -> io::Result<()> {
    let selection = Selection::of(report, profile);
    let mut document = Object::open(out)?;
    document.member("$schema", "https://json.schemastore.org/sarif-2.1.0.json")?;
    document.member("version", "2.1.0")?;
    document.single("runs", |run| {
        run.object("tool").and_then(|mut tool| {
            let mut driver = tool.object("driver")?;
            run::driver(&mut driver)?;
            driver.list("rules", selection.rules.descriptors(report, &selection.ruled))?;
            driver.close()?;
            tool.close()
        })?;
        run.member("automationDetails", run::automation_details(report))?;
        run.list("invocations", [run::invocation(report, &selection)])?;
        if let Some(provenance) = run::provenance(report) {
            run.list("versionControlProvenance", [provenance])?;
        }
        run.member("originalUriBaseIds", run::bases())?;
        run.member("columnKind", "unicodeCodePoints")?;
        let found = selection.findings.iter().map(|chosen| result::result(report, profile, &selection.rules, chosen));
        let ruled = selection.ruled.iter().map(|violation| {
            ruled::result(report, profile, violation, selection.rules.own_index(&ruled::id(violation)))
        });
        run.list("results", found.chain(ruled))
    })?;
    document.close()
}

/// What a user should know of a file of this size.
pub(super) fn size_note(bytes: u64) -> Option<String> {
    /// A tenth below what GitLab takes, uncompressed, and GitHub, compressed.
    const NEARLY_TOO_LARGE: u64 = 9_000_000;
    (bytes > NEARLY_TOO_LARGE).then(|| {
        format!(
            "{}.{} MB of SARIF; GitLab refuses reports above 10 MB, GitHub those above 10 MB when compressed",
            bytes / 1_000_000,
            bytes % 1_000_000 / 100_000,
        )
    })
}

/// What is written, in the order in which it is written.
struct Selection<'a> {
    profile: Profile,
    rules: Rules,
    findings: Vec<Chosen>,
    /// The violated rules that count no finding.
    ruled: Vec<&'a Violation>,
    /// How many there would be without a limit.
    all: usize,
}

/// A finding and its rule, by index.
struct Chosen {
    finding: usize,
    rule: usize,
}

impl<'a> Selection<'a> {
    /// Worst first: what fails the build before what only warns, then by severity; then by rule and place, so that the
    /// order is total.
    fn of(report: &Report<'a>, profile: Profile) -> Selection<'a> {
        let findings = &report.evaluation.findings;
        let ruled = ruled::violations(report);
        let mut rules = Rules::of(findings, ruled.iter().map(|violation| ruled::id(violation)).collect());
        let mut chosen: Vec<Chosen> = (0..)
            .zip(findings)
            .filter(|(_, judged)| profile == Profile::Audit || reported(judged))
            .map(|(finding, judged)| Chosen { finding, rule: rules.number(judged) })
            .collect();
        let all = chosen.len();
        chosen.sort_by_cached_key(|Chosen { finding, rule }| {
            let judged = &findings[*finding];
            let location = judged.finding.location.as_ref();
            (
                judged.disposition,
                Reverse(judged.severity),
                rules.rank(*rule),
                location.map(|l| (l.path.clone(), l.line)),
                *finding,
            )
        });
        if profile == Profile::CodeScanning {
            chosen.truncate(RESULTS.saturating_sub(ruled.len()));
        }
        rules.keep(findings, &mut chosen);
        Selection { profile, rules, findings: chosen, ruled, all }
    }

    /// How many findings have no result.
    fn cut(&self) -> usize {
        self.all - self.findings.len()
    }
}

/// Whether code scanning hears of it.
fn reported(judged: &Judged) -> bool {
    match judged.disposition {
        Disposition::Violation | Disposition::Warning => true,
        Disposition::Allowed | Disposition::Baseline | Disposition::Waived | Disposition::Excused => false,
    }
}

#[cfg(test)]
mod tests;
