//! One finding as one result.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_sarif::sarif::{
    ArtifactLocation, Location, LogicalLocation, Message, PhysicalLocation, PropertyBag, Region, Result as SarifResult,
    ResultKind, ResultLevel, Suppression,
};

use super::super::Report;
use super::super::anchor::{self, Anchor};
use super::super::escape::percent_encode_path;
use super::super::words::{self, subject, title};
use super::rules::{Rules, about, message, versions};
use super::{Chosen, Profile};
use crate::finding::{Excuse, Location as Place, Severity};
use crate::policy::{Disposition, Enforcement, Judged, WaiverOutcome};

/// GitLab skips a result whose message is longer than 2,048; GitHub names no limit. Less than that is room enough.
const MESSAGE: usize = 1_500;

/// The base of every URI, declared by the run.
pub(super) const ROOT: &str = "%SRCROOT%";

pub(super) fn result(report: &Report<'_>, profile: Profile, rules: &Rules, chosen: &Chosen) -> SarifResult {
    let judged = &report.evaluation.findings[chosen.finding];
    let finding = &judged.finding;
    let place = finding.location.as_ref().and_then(physical);
    let placed = place.is_some();
    let mut location = Location::builder().physical_location(place.unwrap_or_else(|| at_policy(report))).build();
    location.logical_locations = finding.package.as_deref().map(|package| {
        let name = package.purl.as_deref().unwrap_or(&package.name);
        vec![LogicalLocation::builder().fully_qualified_name(message(name, MESSAGE)).kind("package").build()]
    });
    let mut result = SarifResult::builder()
        .message(Message::builder().text(sentence(report, judged, placed)).build())
        .rule_id(rules.id(chosen.rule))
        .kind(ResultKind::Fail)
        .level(level(finding.severity))
        .locations(vec![location])
        // Under a name of our own: GitHub's `primaryLocationLineHash` is made of the source line, which only the upload
        // step has at hand; a value that differs from the one it computes is logged for each result.
        .partial_fingerprints(BTreeMap::from([("findgateFinding/v1".to_owned(), finding.fingerprint.to_string())]))
        .properties(properties(report, judged))
        .build();
    result.rule_index = rules.index(chosen.rule);
    // On all results or on none (SARIF 2.1.0, 3.27.24).
    let state = |new| Value::String(if new == Some(false) { "unchanged" } else { "new" }.to_owned());
    result.baseline_state = report.evaluation.baseline.is_some().then(|| state(finding.new));
    result.suppressions = match profile {
        // GitHub does not read it, and tools that do would hide what violates the policy.
        Profile::CodeScanning => None,
        Profile::Audit => Some(suppressions(report, judged)),
    };
    result
}

/// What is wrong, the version that fixes it, which rules of the policy it violates: the first sentence is what GitHub
/// shows where there is little room.
fn sentence(report: &Report<'_>, judged: &Judged, placed: bool) -> String {
    let finding = &judged.finding;
    let mut text = String::new();
    if let Some(subject) = subject(finding) {
        text.push_str(&message(&subject, 150));
        text.push_str(": ");
    }
    // Some scanners begin with the name of the package, which was just said.
    let title = title(finding);
    let name = finding.package.as_deref().map(|package| format!("{}: ", package.name));
    text.push_str(&message(name.and_then(|name| title.strip_prefix(&name)).unwrap_or(title), 400));
    if let Some(advisory) = finding.advisory().filter(|advisory| !finding.title.contains(&***advisory)) {
        text.push_str(&format!(" ({})", message(advisory, 60)));
    }
    if !text.ends_with(['…', '!', '?']) {
        text.push('.');
    }
    if !finding.fixed_in.is_empty() {
        text.push_str(&format!(" Fixed in {}.", message(&versions(finding), 120)));
    }
    text.push_str(&violated(report, judged));
    let told = [
        words::waivers::unwaived(report.evaluation, judged),
        words::unrated(judged),
        (finding.severity == Some(Severity::Info)).then(|| "its severity is info".to_owned()),
        words::newness(report, finding),
        words::unknown_of(report, judged),
    ];
    for told in told.into_iter().flatten() {
        text.push_str(&format!(" {}.", message(&capitalized(&told), 300)));
    }
    if !placed {
        text.push_str(&format!(
            " No file is known for {}, so it is shown at the policy.",
            message(&about(finding), 100)
        ));
    }
    message(&text, MESSAGE)
}

fn capitalized(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map_or_else(String::new, |first| format!("{}{}", first.to_ascii_uppercase(), chars.as_str()))
}

/// The violated rules, each with its line in the policy. How many findings a rule counted is not said here: with every
/// finding that comes or goes the text of all other alerts would change.
fn violated(report: &Report<'_>, judged: &Judged) -> String {
    const SHOWN: usize = 2;
    let mut text = String::new();
    for violation in words::violations(report, judged).take(SHOWN) {
        let verb = match violation.enforcement {
            Enforcement::Deny => "Violates",
            Enforcement::Warn => "Warned of by",
        };
        text.push_str(&format!(
            " {verb} {} ({}:{}).",
            message(&violation.rule, 80),
            message(&violation.place.file, 80),
            violation.place.line,
        ));
    }
    match judged.violations.len().saturating_sub(SHOWN) {
        0 => {}
        1 => text.push_str(" And 1 more rule."),
        more => text.push_str(&format!(" And {more} more rules.")),
    }
    text
}

/// GitHub's rules: a relative URI, and a region that begins at a line. Columns are given only where they make sense
/// together; a line alone is better than an invented column. `None` where the path is none of a repository.
fn physical(place: &Place) -> Option<PhysicalLocation> {
    let uri = relative_uri(&place.path)?;
    // Line numbers beyond this are no lines of a file, but a consumer may read them into 32 bits.
    let number = |value: Option<u32>| value.filter(|v| *v > 0).map(|v| i64::from(v.min(i32::MAX as u32)));
    let line = number(place.line);
    let mut region = Region::builder().start_line(line.unwrap_or(1)).build();
    if let Some(line) = line {
        region.start_column = number(place.column);
        region.end_line = number(place.end_line).filter(|end| *end >= line);
        let one_line = region.end_line.is_none_or(|end| end == line);
        // One past the last column: in one line it may not stand before the first.
        region.end_column =
            number(place.end_column).filter(|end| !one_line || *end >= region.start_column.unwrap_or(1));
    }
    Some(at(uri, region))
}

/// Where a finding without a file is shown: GitHub refuses the whole file for one result without a place.
fn at_policy(report: &Report<'_>) -> PhysicalLocation {
    at_line(report, report.policy_origin, 1)
}

/// A line of a file of the policy.
pub(super) fn at_line(report: &Report<'_>, file: &str, line: u32) -> PhysicalLocation {
    let Anchor { path, line } = anchor::at_line(report, file, line);
    at(percent_encode_path(path).into_owned(), Region::builder().start_line(i64::from(line)).build())
}

fn at(uri: String, region: Region) -> PhysicalLocation {
    PhysicalLocation::builder()
        .artifact_location(ArtifactLocation::builder().uri(uri).uri_base_id(ROOT).build())
        .region(region)
        .build()
}

/// A path of the repository as a URI reference.
fn relative_uri(path: &str) -> Option<String> {
    anchor::relative(path).map(|path| percent_encode_path(path).into_owned())
}

fn level(severity: Option<Severity>) -> ResultLevel {
    match severity {
        Some(Severity::Critical | Severity::High) => ResultLevel::Error,
        Some(Severity::Medium) => ResultLevel::Warning,
        Some(Severity::Low | Severity::Info) | None => ResultLevel::Note,
    }
}

/// The same for a rule, where serde-sarif takes any value.
pub(super) fn level_name(severity: Option<Severity>) -> &'static str {
    match level(severity) {
        ResultLevel::Error => "error",
        ResultLevel::Warning => "warning",
        ResultLevel::Note => "note",
        ResultLevel::None => "none",
    }
}

fn properties(report: &Report<'_>, judged: &Judged) -> PropertyBag {
    let Judged { finding, severity: counted, disposition, violations, waiver, unwaived: _, excuse } = judged;
    let name = |name: &str| Value::String(message(name, 200));
    let rules = violations
        .iter()
        .filter_map(|&at| report.evaluation.violations.get(at as usize))
        .map(|v| name(&v.rule))
        .collect();
    let mut sources: Vec<Value> = finding.sightings.iter().map(|sighting| name(&sighting.source)).collect();
    sources.dedup();
    let mut bag = BTreeMap::from([
        ("findgate/severity".to_owned(), name(finding.severity.map_or("unknown", Severity::name))),
        ("findgate/countedSeverity".to_owned(), name(counted.name())),
        ("findgate/disposition".to_owned(), name(disposition.name())),
        ("findgate/policyRules".to_owned(), Value::Array(rules)),
        ("findgate/sources".to_owned(), Value::Array(sources)),
    ]);
    if let Some(waiver) = waiver.and_then(|at| report.evaluation.waivers.get(at as usize)) {
        bag.insert("findgate/waiver".to_owned(), name(&waiver.id));
    }
    if let Some(excuse) = excuse.map(Excuse::name) {
        bag.insert("findgate/excuse".to_owned(), name(excuse));
    }
    PropertyBag::builder().additional_properties(bag).build()
}

/// Empty for what counts: asked, and not suppressed.
fn suppressions(report: &Report<'_>, judged: &Judged) -> Vec<Suppression> {
    let justification = match judged.disposition {
        Disposition::Violation | Disposition::Warning | Disposition::Allowed | Disposition::Baseline => {
            return Vec::new();
        }
        Disposition::Waived => match judged.waiver.and_then(|at| report.evaluation.waivers.get(at as usize)) {
            Some(waiver) => waived(waiver),
            None => "Waived.".to_owned(),
        },
        Disposition::Excused => excused(judged),
    };
    let accepted = Suppression::builder()
        .kind(Value::String("external".to_owned()))
        .status(Value::String("accepted".to_owned()))
        .justification(message(&justification, MESSAGE))
        .build();
    vec![accepted]
}

fn waived(waiver: &WaiverOutcome) -> String {
    let mut text = format!("Waiver {} ({}", waiver.id, waiver.place);
    for (what, who) in [("owner", &waiver.owner), ("approved by", &waiver.approved_by), ("ticket", &waiver.ticket)] {
        if let Some(who) = who {
            text.push_str(&format!(", {what} {who}"));
        }
    }
    match waiver.expires {
        Some(day) => text.push_str(&format!(", until {day})")),
        None => text.push_str(", without an end)"),
    }
    format!("{text}: {}", waiver.reason)
}

fn excused(judged: &Judged) -> String {
    let words: Vec<String> = judged
        .finding
        .sightings
        .iter()
        .filter_map(|sighting| {
            let excuse = sighting.excuse?.name();
            Some(match &sighting.justification {
                Some(reason) => format!("{}: {excuse}: {reason}", sighting.source),
                None => format!("{}: {excuse}", sighting.source),
            })
        })
        .collect();
    if words.is_empty() { judged.excuse.map_or("excused", Excuse::name).to_owned() } else { words.join("; ") }
}
