//! From a row to a finding. Pure: nothing is asked, and the same row gives the same finding.

use jiff::Timestamp;

use super::NAME;
use super::package;
use super::severity::{self, Scores, Told};
use super::types::Type;
use super::wire::{Base, Container, Element, Rule, Snippet, WrappedContainer};
use crate::finding::{
    Context, Cwe, Excuse, Finding, Fingerprint, FingerprintInput, Kind, Location, Package, Sighting, Text,
};
use crate::policy::short_branch;
use crate::source::ids;
use crate::source::names::{Names, one_line};
use crate::source::place::{link, relative};
use crate::source::scalar::{Scalar, first};

/// The scanner, as far as it is told.
pub(super) const TOOL: &str = "CybeDefend";
/// The longest title, in characters.
const TITLE: usize = 200;

/// What rows are read for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lens<'a> {
    /// The id of the project.
    pub(super) project: &'a str,
    /// Its name.
    pub(super) project_name: &'a str,
    /// The list that the rows stand in.
    pub(super) list: Type,
    /// The branch that was asked for; `None`: all.
    pub(super) branch: Option<&'a str>,
    /// Whether a finding that does not tell its branch is none of it.
    pub(super) only_of_branch: bool,
    /// The beginning of links.
    pub(super) app: Option<&'a str>,
}

/// A row that could be read.
#[derive(Debug)]
pub(super) struct Row {
    /// Its id, which no other finding of the list has.
    pub(super) id: String,
    /// What it is.
    pub(super) content: Content,
}

/// What a row is.
#[derive(Debug)]
pub(super) enum Content {
    /// A finding.
    Finding(Box<Read>),
    /// A finding of another project, which nobody asked for.
    OtherProject,
    /// A finding of another branch although one was asked for.
    OtherBranch,
}

/// A finding and what the account of the reading needs to know.
#[derive(Debug)]
pub(super) struct Read {
    /// The finding.
    pub(super) finding: Finding,
    /// The branch that it says it is of.
    pub(super) branch: Option<Text>,
    /// Words that this version does not know, each with its field.
    pub(super) unknown: Vec<(&'static str, String)>,
    /// Whether it tells no status.
    pub(super) without_status: bool,
}

/// Reads a row. `Err`: why it cannot be read.
pub(super) fn normalize(raw: &str, lens: Lens<'_>, names: &mut Names) -> Result<Row, String> {
    let read = |error: serde_json::Error| error.to_string();
    let (facts, envelope) = if lens.list == Type::Container {
        let mut row: Container = serde_json::from_str(raw).map_err(read)?;
        if row.id.is_nothing() {
            row = serde_json::from_str::<WrappedContainer>(raw).map_err(read)?.base;
        }
        let envelope = Envelope::new(&row.id, &row.project_id, &row.branch)?;
        (of_container(&row), envelope)
    } else {
        let mut row: Element = serde_json::from_str(raw).map_err(read)?;
        if row.base.id.is_nothing() {
            row.base = serde_json::from_str(raw).map_err(read)?;
        }
        let envelope = Envelope::new(&row.base.id, &row.base.project_id, &row.base.branch)?;
        (of_element(&row, lens), envelope)
    };
    let Envelope { id, project, branch } = envelope;
    let other_branch = |wanted: &str| branch.as_deref().map_or(lens.only_of_branch, |branch| branch != wanted);
    let content = if project.is_some_and(|project| !project.eq_ignore_ascii_case(lens.project)) {
        Content::OtherProject
    } else if lens.branch.is_some_and(other_branch) {
        Content::OtherBranch
    } else {
        let branch = branch.map(|branch| names.text(&branch));
        Content::Finding(Box::new(finished(facts, &id, branch, lens, names)))
    };
    Ok(Row { id, content })
}

/// What every row says of itself.
struct Envelope {
    id: String,
    project: Option<String>,
    branch: Option<String>,
}

impl Envelope {
    fn new(id: &Scalar, project: &Scalar, branch: &Scalar) -> Result<Envelope, String> {
        let id = id.word().ok_or("it has no id")?.into_owned();
        let branch = branch.text().map(|name| short_branch(name).to_owned());
        Ok(Envelope { id, project: project.text().map(str::to_owned), branch })
    }
}

/// What is particular to a type of finding.
#[derive(Debug, Default)]
struct Facts {
    status: Option<String>,
    severity: Option<Told>,
    check: Option<String>,
    title: String,
    ids: Vec<String>,
    cwe: Vec<Cwe>,
    package: Option<Package>,
    fix: Option<bool>,
    fixed_in: Vec<String>,
    location: Option<Location>,
    context: Option<Context>,
    first_seen: Option<Timestamp>,
    cvss: Option<f32>,
    cvss_vector: Option<String>,
    epss: Option<f32>,
    links: Vec<Text>,
}

/// A finding of every list but that of containers.
fn of_element(row: &Element, lens: Lens<'_>) -> Facts {
    let Element { base, library, metadata, cvss_score, autofix_records } = row;
    let Rule { id, name, short_description, severity: rule_severity, cwe, cwe_array } = &base.vulnerability;
    let mut scores = scores_of(base);
    let mut facts = Facts {
        status: base.current_state.text().map(str::to_owned),
        first_seen: base.created_at.time(),
        epss: probability(&base.epss_score),
        ..Facts::default()
    };
    for cwe in cwe.iter().chain(cwe_array).filter_map(Scalar::word) {
        ids::weakness(&cwe, &mut facts.cwe);
    }
    if lens.list == Type::Sca {
        scores = scores.with_older(cvss_score, metadata.severities.iter().map(|rating| &rating.score));
        facts.severity =
            Some(severity::judge(&base.current_severity, &metadata.severity_gh, "severity of the advisory", &scores));
        facts.ids = package::advisories(metadata);
        for cwe in metadata.cwes.iter().filter_map(|weakness| weakness.cwe_id.word()) {
            ids::weakness(&cwe, &mut facts.cwe);
        }
        facts.package = package::of_library(library, lens.project_name);
        (facts.fix, facts.fixed_in) = package::fixes(library, metadata, autofix_records);
        facts.check = facts.ids.first().cloned();
        facts.location = library.file_name.text().and_then(relative).map(|path| place(&path, None, None));
        let named = metadata.summary.text().map(str::to_owned);
        facts.title = named.unwrap_or_else(|| package::title(facts.check.as_deref(), facts.package.as_ref()));
        facts.links =
            metadata.references.iter().filter_map(|reference| Some(Text::from(link(reference.url.text()?)?))).collect();
        (facts.cvss, facts.cvss_vector) = scores.worst();
        return facts;
    }
    facts.severity = Some(severity::judge(&base.current_severity, rule_severity, "severity of the rule", &scores));
    facts.check = first(&[id, name]).word().map(|check| one_line(&check, TITLE));
    // The code, and a text about it, may hold the secret; the name of its rule does not.
    let is_secret = lens.list == Type::Secret;
    let told = if is_secret || facts.cwe.iter().any(|cwe| ids::is_credential(*cwe)) {
        name
    } else {
        first(&[name, short_description])
    };
    facts.title = match told.text() {
        Some(title) => title.to_owned(),
        None if is_secret => "a credential".to_owned(),
        None => {
            format!("{} finding of the rule {}", lens.list.title(), facts.check.as_deref().unwrap_or("without a name"))
        }
    };
    if !is_secret {
        facts.context = base.code_snippets.iter().find_map(context);
    }
    let (line, end_line) = (base.vulnerable_start_line.line(), base.vulnerable_end_line.line());
    facts.location = base.path.text().and_then(relative).map(|path| place(&path, line, end_line));
    (facts.cvss, facts.cvss_vector) = scores.worst();
    facts
}

/// A finding in an image.
fn of_container(row: &Container) -> Facts {
    let Container { vulnerability_identifier, package: told, vuln, .. } = row;
    let scores =
        Scores::new([&row.environmental_score, &row.base_score], [&row.environmental_vector, &row.base_vector]);
    let mut ids = Vec::new();
    for id in [vulnerability_identifier, &vuln.vulnerability_id].into_iter().filter_map(Scalar::text) {
        package::advisory(id, &mut ids);
    }
    let mut cwe = Vec::new();
    for word in vuln.cwe_ids.iter().filter_map(Scalar::word) {
        ids::weakness(&word, &mut cwe);
    }
    let package = package::of_image(told, vuln);
    let check = ids.first().cloned();
    let title = vuln.title.text().map(str::to_owned);
    let title = title.unwrap_or_else(|| package::title(check.as_deref(), package.as_ref()));
    let fixed_in = package::versions(row.fixed_version.text().unwrap_or_default());
    let (cvss, cvss_vector) = scores.worst();
    Facts {
        status: row.current_state.text().map(str::to_owned),
        severity: Some(severity::judge(&row.current_severity, &vuln.severity, "severity of the advisory", &scores)),
        check,
        title: match vuln.target.text() {
            Some(target) => format!("{title} (in {target})"),
            None => title,
        },
        ids,
        cwe,
        package,
        fix: (!fixed_in.is_empty()).then_some(true),
        fixed_in,
        // An image is no file of the repository, but two images are two places; SARIF of image scanners names them so, too.
        location: vuln
            .target
            .text()
            .map(package::image)
            .and_then(|image| relative(&image))
            .map(|path| place(&path, None, None)),
        context: None,
        first_seen: row.created_at.time(),
        cvss,
        cvss_vector,
        epss: probability(&row.epss_score),
        links: Vec::new(),
    }
}

fn scores_of(base: &Base) -> Scores {
    Scores::new([&base.environmental_score, &base.base_score], [&base.environmental_vector, &base.base_vector])
}

fn finished(facts: Facts, id: &str, branch: Option<Text>, lens: Lens<'_>, names: &mut Names) -> Read {
    let Facts {
        status,
        severity,
        check,
        title,
        ids,
        cwe,
        package,
        fix,
        fixed_in,
        location,
        context,
        first_seen,
        cvss,
        cvss_vector,
        epss,
        links,
    } = facts;
    let kind = lens.list.kind();
    let mut unknown = Vec::new();
    let Told { severity, from, raw, unknown: unknown_severity } = severity.unwrap_or_default();
    unknown.extend(unknown_severity.map(|word| ("severity", word)));
    let known = status.as_deref().map(|word| (word, meaning(word)));
    if let Some((word, None)) = known {
        unknown.push(("status", word.to_owned()));
    }
    let title = names.text(&one_line(&title, TITLE));
    let ids: Vec<Text> = ids.into_iter().map(Text::from).collect();
    let hash = FingerprintInput {
        kind,
        advisory: advisory(&ids),
        check: check.as_deref(),
        package: package.as_ref(),
        path: location.as_ref().map(|location| &*location.path),
        context,
        message: if kind == Kind::Secret { "" } else { &title },
    }
    .hash();
    let sighting = Sighting {
        source: names.text(NAME),
        tool: Some(names.text(TOOL)),
        check: check.map(|check| names.text(&check)),
        id: Some(id.into()),
        status: status.as_deref().map(|word| names.text(&one_line(word, 40))),
        excuse: known.and_then(|(_, meaning)| meaning).and_then(|meaning| meaning),
        justification: None,
        severity: raw.map(|raw| names.text(&one_line(&raw, 40))),
        url: page(lens, id),
        fingerprint: hash,
    };
    let finding = Finding {
        fingerprint: Fingerprint { hash, ordinal: 1 },
        context,
        kind,
        severity,
        severity_from: names.text(from),
        ids: names.texts(ids),
        cwe: names.cwe(cwe),
        title,
        said: Context::of_code(id),
        package: package.map(Box::new),
        fix,
        fixed_in: names.texts(fixed_in.into_iter().map(Text::from).collect()),
        location,
        also_in: names.texts(Vec::new()),
        first_seen,
        cvss_vector: cvss_vector.map(Text::from),
        cvss,
        epss,
        // That it is exploited somewhere is said without saying by whom, and how code is reached is not said at all.
        kev: None,
        reachable: None,
        license: names.texts(Vec::new()),
        new: None,
        links: names.texts(links),
        sightings: vec![sighting],
    };
    Read { finding, branch, unknown, without_status: status.is_none() }
}

/// What a status means: open, or why it does not count. `None`: nobody knows the word, so it counts.
pub(super) fn meaning(word: &str) -> Option<Option<Excuse>> {
    Some(match word.trim().to_ascii_lowercase().as_str() {
        // An AI proposed that it cannot be exploited; nobody confirmed it.
        "to_verify" | "confirmed" | "proposed_not_exploitable" => None,
        "resolved" | "fixed" => Some(Excuse::Fixed),
        "ignored" => Some(Excuse::Ignored),
        "accepted_risk" => Some(Excuse::AcceptedRisk),
        "not_exploitable" => Some(Excuse::FalsePositive),
        _ => return None,
    })
}

/// The id that people know it by: a CVE, else a GHSA, else any other.
fn advisory(ids: &[Text]) -> Option<&str> {
    let rank = |id: &str| if id.starts_with("CVE-") { 0 } else { 1 + u8::from(!id.starts_with("GHSA-")) };
    ids.iter().map(|id| &**id).min_by_key(|id| (rank(id), *id))
}

/// The code that is vulnerable, without what stands around it; all of it where its lines are not told.
fn context(snippet: &Snippet) -> Option<Context> {
    let Snippet { vulnerable_start_line, vulnerable_end_line, code } = snippet;
    let from = vulnerable_start_line.line();
    let to = vulnerable_end_line.line().or(from);
    let is_inside = |line: u32| from.is_some_and(|from| line >= from) && to.is_some_and(|to| line <= to);
    let join = |all: bool| {
        let lines = code.iter().filter(|line| all || line.line.line().is_some_and(is_inside));
        lines.filter_map(|line| line.content.text()).collect::<Vec<_>>().join("\n")
    };
    Context::of_code(&join(false)).or_else(|| Context::of_code(&join(true)))
}

fn place(path: &str, line: Option<u32>, end_line: Option<u32>) -> Location {
    let end_line = end_line.filter(|end| line.is_some_and(|line| *end >= line));
    Location { path: path.into(), line, column: None, end_line, end_column: None }
}

/// A probability.
#[expect(clippy::cast_possible_truncation, reason = "a probability needs no more digits")]
fn probability(told: &Scalar) -> Option<f32> {
    told.number().filter(|number| (0.0..=1.0).contains(number)).map(|number| number as f32)
}

/// The page of a finding at CybeDefend.
fn page(lens: Lens<'_>, id: &str) -> Option<Text> {
    let Lens { project, list, app, .. } = lens;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (id.len() <= 100 && id.chars().all(is_plain)).then_some(())?;
    link(&format!("{}/project/{project}/{}/issue/{id}", app?, list.name())).map(Text::from)
}

#[cfg(test)]
#[path = "tests/normalize.rs"]
mod tests;
