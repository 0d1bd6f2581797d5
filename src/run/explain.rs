//! `findgate explain`: why a finding counts, is waived or is excused.

use std::fmt::Write as _;

use anyhow::anyhow;

use crate::cli::Explain;
use crate::env::Env;
use crate::exit::Status;
use crate::finding::{Finding, State, Way};
use crate::messages::Messages;
use crate::policy::{Baseline, Candidate, Disposition, Enforcement, Evaluation, Judged, Subject, Truth, day_of};
use crate::policy_file::proposal;
use crate::report::{owners, unwaived, waive};
use crate::settings::{Refusal, Settings};

use super::lines::{print, safe};

/// How many findings are explained at most; a query that fits more is too vague to be meant.
const SHOWN: usize = 10;

pub(super) fn run(arguments: &Explain, env: &Env, messages: Messages) -> Result<Status, Refusal> {
    let (settings, evaluation) = super::judged(&arguments.input, env, messages)?;
    // A rule for waivers has no finding that could be explained.
    let ruled = evaluation.violations.iter().find(|violation| violation.rule == arguments.query);
    if let Some(violation) = ruled.filter(|violation| violation.findings.is_empty()) {
        let place = violation.place.to_string();
        let description = violation.description.as_deref().unwrap_or("It is violated by no finding.");
        return print(format!("{} ({})\n  {}\n", safe(&violation.rule), safe(&place), safe(description)).as_bytes());
    }
    let fitting = found("explain", &arguments.query, &evaluation)?;
    let mut text = String::new();
    for judged in fitting.iter().take(SHOWN) {
        // Writing to a string cannot fail.
        let _ = explain(&mut text, judged, &evaluation, &settings);
        text.push('\n');
    }
    if fitting.len() > SHOWN {
        let _ = writeln!(text, "and {} more that fit; name one by its fingerprint", fitting.len() - SHOWN);
    }
    print(text.as_bytes())
}

/// The findings that a query means, the worst first; at least one.
///
/// # Errors
/// If there is none. One that was perhaps not read is not one that does not exist.
pub(super) fn found<'a>(command: &str, query: &str, evaluation: &'a Evaluation) -> Result<Vec<&'a Judged>, Refusal> {
    let fitting = fitting(query, evaluation);
    if !fitting.is_empty() {
        return Ok(fitting);
    }
    let incomplete = evaluation.evidence.iter().any(|evidence| evidence.coverage.state != State::Complete);
    let error = anyhow!(
        "{command} {query}: none of {} findings fits; give the beginning of a fingerprint (v1:...), an id, a check, a package, a \
         violated rule, or PATH:LINE{}",
        evaluation.findings.len(),
        if incomplete { "; not every source was read completely, so it may be missing" } else { "" }
    );
    Err(if incomplete { Refusal::Output(error) } else { Refusal::Other(error) })
}

/// The findings that a query means, the worst first.
fn fitting<'a>(query: &str, evaluation: &'a Evaluation) -> Vec<&'a Judged> {
    let ranked = evaluation.ranked.iter().filter_map(|&at| evaluation.findings.get(at as usize));
    match evaluation.violations.iter().position(|violation| violation.rule == query) {
        Some(rule) => ranked.filter(|judged| judged.violations.iter().any(|&at| at as usize == rule)).collect(),
        None => ranked.filter(|judged| fits(&judged.finding, query)).collect(),
    }
}

fn fits(finding: &Finding, query: &str) -> bool {
    /// The fewest digits that are taken for the beginning of a fingerprint: fewer fit too many by chance.
    const DIGITS: usize = 4;
    let fingerprint = finding.fingerprint.to_string();
    let digits = query.strip_prefix("v1:").unwrap_or(query);
    if digits.len() >= DIGITS && fingerprint.strip_prefix("v1:").is_some_and(|known| known.starts_with(digits)) {
        return true;
    }
    if finding.package.as_ref().is_some_and(|package| package.name.eq_ignore_ascii_case(query)) {
        return true;
    }
    let named = finding.ids.iter().chain(finding.sightings.iter().flat_map(|s| s.id.iter().chain(&s.check)));
    let mut named = named.map(|name| &**name);
    if named.any(|name| name.eq_ignore_ascii_case(query)) {
        return true;
    }
    let Some(location) = &finding.location else { return false };
    let (path, line) = match query.rsplit_once(':').map(|(path, line)| (path, line.parse::<u32>())) {
        Some((path, Ok(line))) => (path, Some(line)),
        _ => (query, None),
    };
    let spans = |line: u32| {
        let first = location.line.unwrap_or(0);
        (first..=location.end_line.unwrap_or(first)).contains(&line)
    };
    *location.path == *path.trim_start_matches("./") && line.is_none_or(spans)
}

fn explain(out: &mut String, judged: &Judged, evaluation: &Evaluation, settings: &Settings) -> std::fmt::Result {
    let finding = &judged.finding;
    writeln!(out, "{}", safe(&finding.title))?;
    writeln!(out, "  fingerprint  {}", finding.fingerprint)?;
    writeln!(out, "  kind         {}", finding.kind)?;
    let severity = match finding.severity {
        Some(severity) => format!("{severity}, from the {}", safe(&finding.severity_from)),
        None => format!("not told; counts as {} (unknown_severity)", judged.severity),
    };
    writeln!(out, "  severity     {severity}")?;
    if let Some(location) = &finding.location {
        let line = location.line.map(|line| format!(":{line}")).unwrap_or_default();
        writeln!(out, "  where        {}{line}", safe(&location.path))?;
    }
    if let Some(package) = &finding.package {
        let version = package.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
        let purl = package.purl.as_ref().map(|purl| format!(" ({purl})")).unwrap_or_default();
        writeln!(out, "  package      {}", safe(&format!("{}{version}{purl}", package.name)))?;
    }
    let list = |texts: &mut dyn Iterator<Item = String>| texts.collect::<Vec<_>>().join(", ");
    let feed = |name: &str| {
        let feed = evaluation.feeds.iter().find(|feed| feed.name == name).filter(|feed| feed.told(finding));
        feed.map_or(", from its source".to_owned(), |feed| {
            format!(", from the feed of {}", feed.date.strftime("%Y-%m-%d"))
        })
    };
    let exploited = |kev: &bool| format!("{}{}", if *kev { "known to be" } else { "not known to be" }, feed("kev"));
    for (name, value) in [
        ("also in", list(&mut finding.also_in.iter().map(ToString::to_string))),
        ("ids", list(&mut finding.ids.iter().map(ToString::to_string))),
        ("weakness", list(&mut finding.cwe.iter().map(ToString::to_string))),
        ("fixed in", list(&mut finding.fixed_in.iter().map(ToString::to_string))),
        ("cvss", list(&mut finding.cvss.iter().map(ToString::to_string))),
        ("exploited", list(&mut finding.kev.iter().map(exploited))),
        ("epss", list(&mut finding.epss.iter().map(|epss| format!("{epss}{}", feed("epss"))))),
        ("first seen", list(&mut finding.first_seen.iter().map(ToString::to_string))),
        ("links", list(&mut finding.links.iter().map(ToString::to_string))),
    ] {
        if !value.is_empty() {
            writeln!(out, "  {name:11}  {}", safe(&value))?;
        }
    }
    for sighting in &finding.sightings {
        let tool = sighting.tool.as_deref().unwrap_or("unnamed tool");
        let check = sighting.check.as_ref().map(|check| format!(", check {check}")).unwrap_or_default();
        let severity = sighting.severity.as_ref().map(|word| format!(", severity {word}")).unwrap_or_default();
        let status = sighting.status.as_ref().map(|word| format!(", status {word}")).unwrap_or_default();
        let because = sighting.justification.as_ref().map(|text| format!(" ({text})")).unwrap_or_default();
        let told = format!("{tool} through {}{check}{severity}{status}{because}", sighting.source);
        writeln!(out, "  seen by      {}", safe(&told))?;
    }
    writeln!(out, "  outcome      {}", outcome(judged, evaluation))?;
    if let Some(baseline) = &evaluation.baseline {
        writeln!(out, "  new          {}", safe(&newness(finding, baseline, evaluation.way(finding))))?;
    }
    rules(out, judged, evaluation, settings)?;
    waiver(out, judged, evaluation, settings)
}

fn outcome(judged: &Judged, evaluation: &Evaluation) -> String {
    match judged.disposition {
        Disposition::Violation => "violation: it is among the findings of a violated rule".to_owned(),
        Disposition::Warning => "warning: it is among the findings of a violated rule that only warns".to_owned(),
        Disposition::Allowed => "allowed: it counts, within every limit".to_owned(),
        Disposition::Baseline => "baseline: it counts, within every limit, and was known before".to_owned(),
        Disposition::Excused => {
            let why = judged.excuse.map_or("not open", |excuse| excuse.name());
            format!("excused: every source that saw it calls it {why}")
        }
        Disposition::Waived => {
            let waiver = judged.waiver.and_then(|number| evaluation.waivers.get(number as usize));
            let id = waiver.map_or("", |waiver| waiver.id.as_str());
            format!("waived by {}", safe(id))
        }
    }
}

/// Whether the baseline knows it, and by what.
fn newness(finding: &Finding, baseline: &Baseline, way: Option<Way>) -> String {
    let Baseline { file, taken, commit, .. } = baseline;
    let taken = taken.map(|time| format!(" of {}", time.strftime("%Y-%m-%d"))).unwrap_or_default();
    let commit = commit.as_ref().map(|commit| format!(" (commit {commit})")).unwrap_or_default();
    match way {
        _ if finding.new == Some(false) && way.is_none() => {
            "no: every source that tells of it calls it fixed".to_owned()
        }
        Some(way) => format!("no: known from the baseline {file}{taken}{commit}, {}", way.name()),
        None => format!("yes: the baseline {file}{taken}{commit} does not know it"),
    }
}

fn rules(out: &mut String, judged: &Judged, evaluation: &Evaluation, settings: &Settings) -> std::fmt::Result {
    let counts = !matches!(judged.disposition, Disposition::Waived | Disposition::Excused);
    let heading = if counts { "what each rule says" } else { "what each rule would say if it counted" };
    writeln!(out, "\n  {heading}:")?;
    let candidate = Candidate { finding: &judged.finding, severity: judged.severity, as_of: settings.as_of };
    let day = day_of(settings.as_of);
    for limit in &settings.resolved.limits {
        let matches = limit.subject.counts(&candidate, &mut Vec::new());
        let violation = evaluation.violations.iter().find(|violation| violation.rule == limit.name);
        let found = match violation {
            Some(violation) => format!("{} found, {} allowed: violated", violation.found, violation.allowed),
            None if evaluation.undecided.contains(&limit.name) => {
                format!("{} allowed: not decided without the baseline", limit.allow)
            }
            None => format!("{} allowed: holds", limit.allow),
        };
        let mark = if matches { "counts it" } else { "does not count it" };
        let enforcement = if limit.enforcement_on(day) == Enforcement::Warn { ", warns only" } else { "" };
        let place = safe(&limit.place.to_string());
        writeln!(out, "    {}: {mark} ({found}{enforcement}; {place})", limit.name)?;
        if let Subject::When(condition) = &limit.subject {
            for answer in condition.answers(&candidate) {
                let truth = match answer.truth {
                    Truth::True => "yes",
                    Truth::False => "no",
                    Truth::Unknown => "not told",
                };
                writeln!(out, "      {}{:8}  {}", "  ".repeat(answer.depth), truth, safe(answer.written))?;
            }
        }
    }
    Ok(())
}

/// Which waiver applies, or the one that would.
fn waiver(out: &mut String, judged: &Judged, evaluation: &Evaluation, settings: &Settings) -> std::fmt::Result {
    if let Some(waiver) = judged.waiver.and_then(|number| evaluation.waivers.get(number as usize)) {
        let until = waiver.expires.map(|date| format!(", until {date}")).unwrap_or_default();
        let owner = waiver.owner.as_ref().map(|owner| format!(", owner {owner}")).unwrap_or_default();
        let place = safe(&format!("{}{until}{owner}", waiver.place));
        writeln!(out, "\n  waiver {} ({place}): {}", safe(&waiver.id), safe(&waiver.reason))?;
    }
    if let Some(why) = unwaived(evaluation, judged) {
        writeln!(out, "\n  {}", safe(&why))?;
    }
    if judged.disposition != Disposition::Violation {
        return Ok(());
    }
    let rules = &settings.resolved.waiver_rules;
    let entry = proposal(judged, rules, settings.as_of);
    let owners = owners(&evaluation.waivers);
    if !owners.is_empty() {
        writeln!(out, "\n  who answers for waivers here: {}", safe(&owners.join(", ")))?;
    }
    let file = rules.files.first().map(|file| file.value.as_str());
    let command = waive(&judged.finding);
    let option = if file.is_none() { " --file PATH" } else { "" };
    let within = file.map(|file| format!(" in {}", safe(file))).unwrap_or_default();
    writeln!(out, "\n  to waive it, whoever owns the policy runs `{command}{option}`")?;
    writeln!(out, "  with the options of this run, or adds under `waivers:`{within}")?;
    writeln!(out, "{}", entry.block(4, 2, "\n"))
}
