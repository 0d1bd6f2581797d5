//! What was violated: the rules, the findings, and how to waive them.

use super::{ALL, NAME, Page, Report, SENTENCE, SHOWN, code, fold, linked, plural, text, unfold};
use crate::finding::{Finding, Kind, Severity};
use crate::policy::{Disposition, Enforcement, Judged, Violation};
use crate::policy_file::proposal;
use crate::report::escape::is_visible;
use crate::report::words::links::{file, https, policy};
use crate::report::words::{self, waivers::owners};

/// The most of a title that is shown, in UTF-16 code units.
const TITLE: usize = 200;

/// The most rules of one finding that are shown.
const RULES: usize = 4;

pub(super) fn rules(report: &Report<'_>, page: &mut Page) {
    let violations = &report.evaluation.violations;
    if violations.is_empty() {
        return;
    }
    // Below a policy that holds, "violated" would contradict the verdict.
    let denied = violations.iter().any(|violation| violation.enforcement == Enforcement::Deny);
    let heading = if denied { "Violated rules" } else { "Warnings of rules" };
    page.add(&format!("\n### {heading}\n\n| rule | found | allowed | effect | description |\n|---|--:|--:|---|---|\n"));
    let rest = page.list(violations.iter().map(|violation| rule(report, violation)), SHOWN);
    below(rest, "rule", page);
}

fn rule(report: &Report<'_>, violation: &Violation) -> String {
    let Violation { rule, description, place, allowed, found, .. } = violation;
    let at = code(&place.to_string(), NAME);
    let at = linked(&at, policy(report, place).as_deref());
    let effect = words::warns_only(violation).unwrap_or_else(|| "**denies**".to_owned());
    let why = [description.clone(), words::unknown(violation)].into_iter().flatten();
    let why: Vec<String> = why.map(|sentence| text(&sentence, SENTENCE)).collect();
    format!("| {}<br>{at} | {found} | {allowed} | {effect} | {} |\n", code(rule, NAME), why.join("<br>"))
}

pub(super) fn findings(report: &Report<'_>, page: &mut Page) {
    let shown = words::shown(report);
    let Some(worst) = shown.first() else { return };
    page.add("\n### Findings\n\n| severity | finding |\n|---|---|\n");
    let rest = page.list(shown.iter().map(|judged| finding(report, judged)), SHOWN);
    below(rest, "finding", page);
    if worst.disposition == Disposition::Violation {
        let explain = words::explain(&worst.finding);
        page.close(&format!("\nWhy one of them counts: `{explain}`, with the options of this run.\n"));
    }
}

fn finding(report: &Report<'_>, judged: &Judged) -> String {
    let finding = &judged.finding;
    let address = finding.location.as_ref().and_then(|location| file(report, location));
    let place = linked(&place(finding), address.as_deref());
    let mut lines = vec![title(finding, TITLE, "**"), place, text(&words::about(finding), TITLE)];
    let told = [words::unrated(judged), words::fix(finding)];
    lines.extend(told.into_iter().flatten().map(|sentence| text(&sentence, NAME)));
    lines.push(ruled(report, judged));
    lines.extend(words::waivers::unwaived(report.evaluation, judged).map(|why| text(&why, SENTENCE)));
    let read_on = link(finding).map(|(host, address)| format!(" · {}", linked(&code(host, NAME), Some(address))));
    lines.push(format!("<sub>`{}`{}</sub>", finding.fingerprint, read_on.unwrap_or_default()));
    lines.retain(|line| !line.is_empty());
    let new = if words::is_new(report, finding) { "<br>**new**" } else { "" };
    let strong = if judged.severity >= Severity::High { "**" } else { "" };
    format!("| {strong}{}{strong}{new} | {} |\n", judged.severity, lines.join("<br>"))
}

fn place(finding: &Finding) -> String {
    let place = words::place(finding);
    if finding.location.is_some() { code(&place, TITLE) } else { place }
}

fn title(finding: &Finding, limit: usize, style: &str) -> String {
    // What a scanner of secrets wrote stays as it is, so that the platform finds in it what it masks.
    let title = match finding.kind {
        _ if !is_visible(&finding.title) => return String::new(),
        Kind::Secret => code(words::title(finding), limit),
        _ => text(words::title(finding), limit),
    };
    format!("{style}{title}{style}")
}

/// The rules that it violates or is warned of by.
fn ruled(report: &Report<'_>, judged: &Judged) -> String {
    let mut rules = words::violations(report, judged).map(|violation| code(&violation.rule, NAME));
    let mut shown: Vec<String> = rules.by_ref().take(RULES).collect();
    let rest = rules.count();
    shown.extend((rest > 0).then(|| format!("{rest} more")));
    format!("{} {}", words::verb(judged), shown.join(", "))
}

/// Where to read on, and on whose server that is.
fn link(finding: &Finding) -> Option<(&str, &str)> {
    let told = finding.sightings.iter().filter_map(|sighting| sighting.url.as_deref());
    let mut links = finding.links.iter().map(|link| &**link).chain(told).filter_map(https);
    let address = links.find(|address| address.len() <= super::ADDRESS && !is_reference(address))?;
    let host = address.split('/').nth(2)?;
    Some((host.split(['?', '#']).next().unwrap_or(host), address))
}

/// Whether a platform may take the address for a reference to something of its own, which it then tells of the document that
/// refers to it: an advisory often names the issue that it came from.
fn is_reference(address: &str) -> bool {
    const REFERRED: [&str; 8] =
        ["issues", "pull", "discussions", "commit", "merge_requests", "work_items", "epics", "milestones"];
    address.split(['/', '?', '#']).skip(3).any(|part| REFERRED.iter().any(|name| part.eq_ignore_ascii_case(name)))
}

/// Who may waive what violates, and how.
pub(super) fn proposals(report: &Report<'_>, page: &mut Page) {
    let violating: Vec<&Judged> = report.evaluation.with(Disposition::Violation).collect();
    let Some(worst) = violating.first() else { return };
    let rules = &report.policy.waiver_rules;
    let into = rules.files.first().map(|file| format!(" in {}", code(&file.value, NAME))).unwrap_or_default();
    let option = if rules.files.is_empty() { " --file PATH" } else { "" };
    let command = format!("{}{option}", words::waive(&worst.finding));
    fold("How to waive a finding until a day: the entries to paste", page);
    page.add(&format!(
        "Whoever owns the policy runs `{command}` with the options of this run, or adds under `waivers:`{into} the entry of \
         the finding, with the reason.\n"
    ));
    let owners = owners(&report.evaluation.waivers);
    if !owners.is_empty() {
        page.add(&format!("Who answers for waivers here: {}.\n", text(&owners.join(", "), SENTENCE)));
    }
    let entry = |judged: &&Judged| {
        let package = words::subject(&judged.finding).filter(|_| judged.finding.location.is_none());
        let at = package.map_or_else(|| place(&judged.finding), |package| code(&package, NAME));
        let about = [at, title(&judged.finding, 80, "")];
        let about = about.iter().filter(|part| !part.is_empty()).map(|part| &**part).collect::<Vec<_>>().join(", ");
        let entry = proposal(judged, rules, report.as_of).block(0, 2, "\n");
        format!("\nFor {about}:\n\n```yaml\n{entry}\n```\n")
    };
    let rest = page.list(violating.iter().map(entry), SHOWN);
    if rest > 0 {
        page.close(&format!(
            "\nand of {}: `findgate explain FINGERPRINT` prints it.\n",
            plural(rest as u64, "more finding")
        ));
    }
    unfold(page);
}

/// Below a table, of which it would be a row without the empty line.
fn below(rest: usize, noun: &str, page: &mut Page) {
    if rest > 0 {
        page.close(&format!("\nand {}; {ALL}\n", plural(rest as u64, &format!("more {noun}"))));
    }
}
