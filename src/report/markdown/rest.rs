//! What stands beside the findings: warnings, counts, other policies.

use super::{NAME, Page, Report, SENTENCE, SHOWN, code, more, plural, sign, text};
use crate::exit::Status;
use crate::policy::{BesideRole, Counts, Disposition};
use crate::report::words::{self, beside};

/// How many differences of one policy are shown at most.
const DIFFERENCES: usize = 10;

pub(super) fn warnings(report: &Report<'_>, page: &mut Page) {
    let item = |sentence: &String| format!("- {}\n", text(sentence, SENTENCE));
    let warnings = &report.evaluation.besides;
    if !warnings.is_empty() {
        page.add("\n### Also to know\n\n");
        let rest = page.list(warnings.iter().map(item), SHOWN);
        more(rest, "warning", page);
    }
}

pub(super) fn counts(report: &Report<'_>, page: &mut Page) {
    let evaluation = report.evaluation;
    page.add("\n### Counted findings\n\n");
    let told: Vec<_> = evaluation.counts.iter().filter(|(_, counts)| *counts != Counts::default()).collect();
    if told.is_empty() {
        page.add("none\n");
    } else {
        page.add("| kind | critical | high | medium | low | info | unknown |\n|---|--:|--:|--:|--:|--:|--:|\n");
        for (kind, counts) in told {
            let Counts { critical, high, medium, low, info, unknown } = counts;
            page.add(&format!("| {kind} | {critical} | {high} | {medium} | {low} | {info} | {unknown} |\n"));
        }
    }
    let with = |disposition| evaluation.with(disposition).count() as u64;
    let mut lines = Vec::new();
    if let Some(baseline) = &evaluation.baseline {
        lines.push(text(&words::compared(baseline), SENTENCE));
        lines.extend(baseline.notes.iter().take(SHOWN).map(|note| format!("note: {}", text(note, SENTENCE))));
    }
    for (count, what) in [
        (with(Disposition::Baseline), "known from the baseline, and in no violated rule"),
        (with(Disposition::Waived), "not counted: waived"),
        (with(Disposition::Excused), "not counted: excused by their source"),
    ] {
        lines.extend((count > 0).then(|| format!("{} {what}", plural(count, "finding"))));
    }
    lines.extend(evaluation.unseen.as_ref().map(|unseen| format!("**not judged:** {}", text(unseen, SENTENCE))));
    if !lines.is_empty() {
        page.add("\n");
    }
    for line in lines {
        page.add(&format!("- {line}\n"));
    }
}

pub(super) fn beside(report: &Report<'_>, page: &mut Page) {
    if report.beside.is_empty() {
        return;
    }
    page.add("\n### Beside\n\n");
    for one in report.beside {
        let what = beside::whose(one.role);
        let Ok(would) = &one.result else {
            page.add(&format!("- ⚠️ **{what}**: {}\n", text(&one.sentence(), SENTENCE)));
            continue;
        };
        let verdict = would.verdict();
        let (sign, status) = (sign(verdict.into()), Status::from(verdict).number());
        let after = if one.role == BesideRole::Change { " after the merge" } else { "" };
        let origin = code(&one.origin, NAME);
        let verdict = verdict.name();
        page.add(&format!(
            "- {sign} **{what}** would give **{verdict}** ({status}){after}; it does not decide ({origin})\n"
        ));
        let unread = would.unread.iter().map(|reason| format!("not read: {reason}"));
        let differences = beside::differences(report, would);
        let is_same = differences.is_empty() && would.unread.is_empty();
        let same = is_same.then(|| "it makes no difference".to_owned());
        let lines = unread.take(DIFFERENCES).chain(differences.iter().take(DIFFERENCES).cloned()).chain(same);
        let lines: Vec<String> = lines.collect();
        let left_out = page.list(lines.iter().map(|line| format!("  - {}\n", difference(line))), SHOWN)
            + differences.len().saturating_sub(DIFFERENCES)
            + would.unread.len().saturating_sub(DIFFERENCES);
        if left_out > 0 {
            page.add(&format!("  - and {}; {}\n", plural(left_out as u64, "more difference"), super::ALL));
        }
    }
}

/// A finding that only the other policy saw is named by its fingerprint, which people copy.
fn difference(line: &str) -> String {
    match line.split_once(": ").filter(|(name, _)| name.starts_with("v1:")) {
        Some((fingerprint, rest)) => format!("{}: {}", code(fingerprint, NAME), text(rest, SENTENCE)),
        None => text(line, SENTENCE),
    }
}
