//! One finding: what it is, why it counts, what to do about it, and who said so.

use jiff::Timestamp;

use super::Report;
use super::page::Page;
use crate::finding::{Excuse, Finding, Package, Scope, Sighting};
use crate::policy::{Disposition, Judged};
use crate::policy_file::proposal;
use crate::report::escape::shorten;
use crate::report::words::{self, links, plural};

/// The most of a title that stands in a heading, and of it and any other text that stands below, in characters: some
/// scanners write a page.
const TITLE: usize = 280;
const TEXT: usize = 2_000;

/// How many of one sort a finding shows: links, paths, sources.
const SHOWN: usize = 20;

/// Days since a source saw it first; what lies ahead of the day that is judged counts as that day.
pub(super) fn age(finding: &Finding, as_of: Timestamp) -> Option<u64> {
    let seconds = as_of.as_second().saturating_sub(finding.first_seen?.as_second());
    Some(u64::try_from(seconds).unwrap_or(0) / 86_400)
}

pub(super) fn finding(report: &Report<'_>, judged: &Judged, page: &mut Page<'_>) {
    let finding = &judged.finding;
    let severity = judged.severity.name();
    let fingerprint = finding.fingerprint.to_string();
    let is_new = words::is_new(report, finding);
    page.raw("<article id=\"").text(&fingerprint).raw("\" data-severity=\"").raw(severity);
    page.raw("\" data-kind=\"").raw(finding.kind.name()).raw("\" data-landed=\"").raw(judged.disposition.name());
    page.raw("\" data-rules=\"");
    for (at, number) in judged.violations.iter().enumerate() {
        page.raw(if at > 0 { " " } else { "" }).plain(u64::from(*number));
    }
    page.raw(if is_new { "\" data-new=\"\">\n" } else { "\">\n" });
    page.raw("<h3><span class=\"badge ").raw(severity).raw("\">").raw(severity).raw("</span> ");
    if is_new {
        page.raw("<span class=\"badge new\">new</span> ");
    }
    page.element("span", "i", &title(finding, TITLE)).raw("</h3>\n");

    page.raw("<p class=\"what\"><span class=\"place i\">");
    let place = words::place(finding);
    match finding.location.as_ref().and_then(|location| links::file(report, location)) {
        Some(address) => page.link(&address, &shorten(&place, TEXT)),
        None => page.text(&shorten(&place, TEXT)),
    };
    page.raw("</span> <span class=\"i\">").raw(finding.kind.name()).raw(": ");
    page.text(&shorten(&words::about(finding), TEXT)).raw("</span></p>\n<dl class=\"facts\">\n");
    facts(report, judged, page);
    page.raw("</dl>\n<details>\n<summary>Who saw it");
    page.raw(if judged.counts() { ", and how to waive it</summary>\n" } else { "</summary>\n" });
    more(report, judged, &fingerprint, page);
    page.raw("</details>\n</article>\n");
}

fn title(finding: &Finding, most: usize) -> String {
    let title = finding.title.trim();
    if title.is_empty() { "Without a title".to_owned() } else { shorten(title, most).into_owned() }
}

fn facts(report: &Report<'_>, judged: &Judged, page: &mut Page<'_>) {
    let finding = &judged.finding;
    if let Some(unrated) = words::unrated(judged) {
        page.fact("Severity", &unrated);
    }
    if let Some(fix) = words::fix(finding) {
        page.fact("Fix", fix.strip_prefix("fix: ").unwrap_or(&fix));
    }
    landed(report, judged, page);
    let risk = risk(finding);
    if !risk.is_empty() {
        page.fact("Risk", &risk.join("; "));
    }
    if let Some((seen, days)) = finding.first_seen.zip(age(finding, report.as_of)) {
        let ago = if days == 0 { "today".to_owned() } else { format!("{} ago", plural(days, "day")) };
        page.fact("First seen", &format!("{}, {ago}", seen.strftime("%Y-%m-%d")));
    }
}

/// Why it counts, or why it does not.
fn landed(report: &Report<'_>, judged: &Judged, page: &mut Page<'_>) {
    let evaluation = report.evaluation;
    match judged.disposition {
        Disposition::Violation | Disposition::Warning => {
            let verb = if judged.disposition == Disposition::Warning { "Warned of by" } else { "Violates" };
            page.raw("<div><dt>").raw(verb).raw("</dt><dd>");
            for (at, number) in judged.violations.iter().enumerate() {
                let Some(violation) = evaluation.violations.get(*number as usize) else { continue };
                page.raw(if at > 0 { ", " } else { "" }).raw("<a class=\"i\" href=\"#rule-").plain(u64::from(*number));
                page.raw("\">").text(&violation.rule).raw("</a>");
            }
            page.raw("</dd></div>\n");
            if let Some(why) = words::waivers::unwaived(evaluation, judged) {
                page.fact("Not waived", why.strip_prefix("not waived: ").unwrap_or(&why));
            }
        }
        Disposition::Allowed => {
            page.fact("Allowed", "it counts, within every rule");
        }
        Disposition::Baseline => {
            page.fact("Known", "the baseline knows it, and no violated rule counts it");
        }
        Disposition::Waived => {
            if let Some(waiver) = judged.waiver.and_then(|number| evaluation.waivers.get(number as usize)) {
                let until = waiver.expires.map(|day| format!(", until {day}")).unwrap_or_default();
                let about = words::waivers::about(waiver);
                page.fact("Waived by", &format!("{} ({}{until}): {about}", waiver.id, waiver.place));
            }
        }
        Disposition::Excused => {
            let why = judged.excuse.map_or("its sources do not call it open", Excuse::name);
            page.fact("Excused", why);
        }
    }
}

/// What is known of how dangerous it is.
fn risk(finding: &Finding) -> Vec<String> {
    let told = |fact: Option<bool>, yes, no| fact.map(|fact| String::from(if fact { yes } else { no }));
    let likely = finding.epss.filter(|likely| (0.0..=1.0).contains(likely));
    let score = finding.cvss.filter(|score| (0.0..=10.0).contains(score));
    let risk = [
        told(finding.kev, "known to be exploited (KEV)", "not known to be exploited"),
        likely.map(|likely| format!("EPSS {:.2}%", likely * 100.0)),
        told(finding.reachable, "reachable", "not reachable"),
        score.map(|score| format!("CVSS {score:.1}")),
        finding.cvss_vector.as_ref().map(|vector| shorten(vector, TITLE).into_owned()),
    ];
    risk.into_iter().flatten().collect()
}

/// What is read by whoever works on it.
fn more(report: &Report<'_>, judged: &Judged, fingerprint: &str, page: &mut Page<'_>) {
    let finding = &judged.finding;
    page.raw("<dl class=\"facts\">\n");
    if title(finding, TEXT) != title(finding, TITLE) {
        page.fact("In full", &title(finding, TEXT));
    }
    if let Some(package) = finding.package.as_deref() {
        let package = about_package(package);
        if !package.is_empty() {
            page.fact("Package", &package);
        }
    }
    for (name, texts) in [("Licence", &finding.license), ("Also in", &finding.also_in)] {
        let shown: Vec<&str> = texts.iter().take(SHOWN).map(|text| &**text).collect();
        let rest = texts.len() - shown.len();
        let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        if !shown.is_empty() {
            page.fact(name, &format!("{}{more}", shown.join(", ")));
        }
    }
    page.raw("<div><dt>Seen by</dt><dd>\n<ul>\n");
    for sighting in finding.sightings.iter().take(SHOWN) {
        page.raw("<li>").text(&seen(sighting));
        if let Some(address) = sighting.url.as_deref().and_then(links::https) {
            page.raw(" ").link(address, "its page there");
        }
        page.raw("</li>\n");
    }
    rest(finding.sightings.len(), "more source", page);
    page.raw("</ul>\n</dd></div>\n");
    let addresses: Vec<&str> = finding.links.iter().filter_map(|link| links::https(link)).collect();
    if !addresses.is_empty() {
        page.raw("<div><dt>About it</dt><dd>\n<ul>\n");
        for address in addresses.iter().take(SHOWN) {
            page.raw("<li>").link(address, address).raw("</li>\n");
        }
        rest(addresses.len(), "more link", page);
        page.raw("</ul>\n</dd></div>\n");
    }
    page.raw("<div><dt>Fingerprint</dt><dd><a class=\"i\" href=\"#")
        .text(fingerprint)
        .raw("\"><code>")
        .text(fingerprint);
    page.raw("</code></a></dd></div>\n<div class=\"ask\"><dt>Ask why</dt><dd><code>").text(&words::explain(finding));
    page.raw("</code>, with the options of that run</dd></div>\n</dl>\n");
    if judged.counts() {
        waiver(report, judged, page);
    }
}

fn rest(count: usize, noun: &str, page: &mut Page<'_>) {
    if let Some(rest) = count.checked_sub(SHOWN).filter(|&rest| rest > 0) {
        page.element("li", "cut", &format!("and {}", plural(rest as u64, noun))).raw("\n");
    }
}

/// `pkg:npm/lodash@4.17.20, direct, production`.
fn about_package(package: &Package) -> String {
    let Package { name: _, version: _, purl, direct, scope } = package;
    let direct = direct.map(|direct| if direct { "direct" } else { "transitive" });
    let parts = [purl.as_deref(), direct, scope.map(Scope::name)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// `mend (Mend SCA): check CVE-2021-23337, id 12, status ACTIVE, severity HIGH`.
fn seen(sighting: &Sighting) -> String {
    let Sighting { source, tool, check, id, status, excuse, justification, severity, url: _, fingerprint: _ } =
        sighting;
    let tool = tool.as_ref().map(|tool| format!(" ({tool})")).unwrap_or_default();
    let said = [("check", check), ("id", id), ("status", status), ("severity", severity)];
    let said = said.into_iter().filter_map(|(what, value)| Some(format!("{what} {}", value.as_ref()?)));
    let excuse = excuse.map(|excuse| match justification {
        Some(reason) => format!("not open there, {}: {}", excuse.name(), shorten(reason, TEXT)),
        None => format!("not open there, {}", excuse.name()),
    });
    let said: Vec<String> = said.chain(excuse).collect();
    if said.is_empty() { format!("{source}{tool}") } else { format!("{source}{tool}: {}", said.join(", ")) }
}

/// The waiver to paste. It is offered, and not given: whoever owns the policy answers for it.
fn waiver(report: &Report<'_>, judged: &Judged, page: &mut Page<'_>) {
    let rules = &report.policy.waiver_rules;
    page.raw(
        "<div class=\"paste\">\n<p>To waive it until a day, whoever owns the policy completes this and adds it under <code>waivers:</code>",
    );
    if let Some(file) = rules.files.first() {
        page.raw(" in ").element("code", "", &file.value);
    }
    page.raw("</p>\n<pre>");
    for line in proposal(judged, rules, report.as_of).block(0, 2, "\n").lines() {
        page.text(line).raw("\n");
    }
    page.raw("</pre>\n</div>\n");
}
