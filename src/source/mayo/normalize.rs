//! From a row to a finding. Pure: the same row gives the same finding.
//!
//! A secret is named by its check and nothing else: its title, its code and its message may quote the secret itself.

use crate::finding::{Context, Cwe, Finding, Fingerprint, FingerprintInput, Kind, Location, Package, Sighting, Text};
use crate::source::names::{Names, one_line};
use crate::source::scalar::{Scalar, first};
use crate::source::{cvss, ids, place, purl};

use super::config::{NAME, SeverityFrom};
use super::wire;
use super::words::{self, Finds, Rated, Standing};
use crate::finding::{Excuse, Severity};
use crate::policy::short_branch;

/// The longest title, in characters.
const TITLE: usize = 200;
/// No text that is kept may be longer, in bytes; such a row is skipped and counted, for no scanner writes it in earnest.
const LONGEST: usize = 64 * 1024;
/// A row with more ids is not one finding.
const MOST_IDS: usize = 200;

/// What the policy says about reading a row.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Choice {
    /// `severity`.
    pub(super) severity: SeverityFrom,
    /// `count_accepted_risk`.
    pub(super) count_accepted_risk: bool,
}

/// A finding, and what else its row says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Read {
    /// The service's id of it.
    pub(super) id: String,
    /// The finding.
    pub(super) finding: Finding,
    /// Words that nobody knows, with the field that they stood in.
    pub(super) unknown: Vec<(&'static str, String)>,
    /// Whether nothing tells what kind of scan found it.
    pub(super) kind_untold: bool,
    /// The branch that it was found on.
    pub(super) branch: Option<Text>,
}

/// Reads a row.
///
/// # Errors
/// What it lacks: without an id, a severity and a status it cannot be judged.
pub(super) fn read(row: &wire::Finding, choice: Choice, names: &mut Names) -> Result<Read, String> {
    let id = first(&[&row.id, &row.finding_id]).word().ok_or("a finding without an id")?.into_owned();
    let reported = row.severity.word().ok_or_else(|| format!("finding {id} has no severity"))?;
    let status = row.status.word().ok_or_else(|| format!("finding {id} has no status"))?;
    let mut unknown = Vec::new();

    let excuse = match words::status(&status) {
        Standing::Open => None,
        Standing::Excused(Excuse::AcceptedRisk) if choice.count_accepted_risk => None,
        Standing::Excused(excuse) => Some(excuse),
        Standing::Unknown => {
            unknown.push(("status", status.clone().into_owned()));
            None
        }
    };

    let vector = [&row.cvss_vector, &row.cvss].into_iter().filter_map(Scalar::text).find(|text| text.contains("AV:"));
    // What is not told is written as 0; so 0 is no score, and rates nothing as harmless.
    let is_score = |score: &f64| (0.0..=10.0).contains(score) && *score > 0.0;
    let score = [&row.cvss_score, &row.cvss].into_iter().filter_map(Scalar::number).find(is_score);
    let score = score.map(cvss::narrow).or_else(|| vector.and_then(cvss::score));
    let adjusted = row.adjusted_severity.word().filter(|_| choice.severity == SeverityFrom::Adjusted);
    let from = if adjusted.is_some() { "priority policy at Mayo" } else { "severity at Mayo" };
    let raw = adjusted.unwrap_or(reported);
    let (severity, severity_from) = match words::severity(&raw) {
        Rated::As(severity) => (Some(severity), from),
        Rated::Not => (score.and_then(|score| Severity::from_score(f64::from(score))), "CVSS score at Mayo"),
        Rated::Unknown => {
            unknown.push(("severity", raw.clone().into_owned()));
            (None, from)
        }
    };

    let check = first(&[&row.rule_id, &row.rule.word, &row.rule.parts.id, &row.rule.parts.name]).word();
    let mut advisories = Vec::new();
    for told in row.cve_id.iter().chain(&row.cve).filter_map(Scalar::text) {
        let before = advisories.len();
        ids::advisories(told, &mut advisories);
        if advisories.len() == before && !told.contains(char::is_whitespace) && told.len() < 100 {
            advisories.push(told.to_ascii_uppercase());
        }
    }
    let has_package = row.package.name().is_some();
    let (kind, kind_untold) =
        kind(row, check.as_deref().unwrap_or_default(), has_package, !advisories.is_empty(), &mut unknown);
    if matches!(kind, Kind::Sca | Kind::Container)
        && let Some(check) = &check
    {
        ids::advisories(check, &mut advisories);
    }
    let mut cwe = Vec::new();
    for told in row.cwe_id.iter().chain(&row.cwe).filter_map(Scalar::word) {
        ids::weakness(&told, &mut cwe);
    }
    if advisories.len().max(cwe.len()) > MOST_IDS {
        return Err(format!("finding {id} names more than {MOST_IDS} advisories or weaknesses"));
    }

    let location = location(row, names);
    let package = package(row, location.as_ref().map(|location| &*location.path), kind).map(Box::new);
    let fixed: Vec<Text> = row
        .fixed_version
        .word()
        .iter()
        .flat_map(|versions| versions.split(',').map(str::trim).map(Text::from).collect::<Vec<_>>())
        .filter(|version| !version.is_empty())
        .collect();
    let fix = match &row.fixed_version {
        _ if !fixed.is_empty() => Some(true),
        // An empty text in the row of a package is the service's word for "none is known"; `null` says nothing.
        Scalar::Text(_) if package.is_some() => Some(false),
        _ => None,
    };

    let quiet = kind == Kind::Secret || cwe.iter().any(|cwe: &Cwe| ids::is_credential(*cwe));
    let tool = tool(row);
    let said = first(&[&row.title, &row.name, &row.message]).text();
    for text in [Some(&*id), check.as_deref(), tool.as_deref(), said].into_iter().flatten() {
        if text.len() > LONGEST {
            return Err("a finding with a text of more than 64 KiB".to_owned());
        }
    }
    let title = match (said.filter(|_| !quiet), check.as_deref()) {
        (Some(said), _) => one_line(said, TITLE),
        (None, Some(check)) if quiet => one_line(&format!("a credential ({check})"), TITLE),
        (None, None) if quiet => "a credential".to_owned(),
        (None, Some(check)) => one_line(check, TITLE),
        (None, None) => format!("finding {}", one_line(&id, 100)),
    };
    let snippet = first(&[&row.code_snippet, &row.snippet]).text();
    let context = snippet.filter(|_| !quiet && package.is_none()).and_then(Context::of_code);
    let advisories: Vec<Text> = advisories.into_iter().map(Text::from).collect();
    let ids = names.texts(advisories);
    let hash = FingerprintInput {
        kind,
        advisory: ids.iter().find(|id| id.starts_with("CVE-")).or_else(|| ids.first()).map(|id| &**id),
        check: check.as_deref(),
        package: package.as_deref(),
        path: location.as_ref().map(|location| &*location.path),
        context,
        message: if quiet { "" } else { said.unwrap_or_default() },
    }
    .hash();

    let url = [&row.url, &row.html_url, &row.link].into_iter().filter_map(Scalar::text).find_map(place::link);
    let sighting = Sighting {
        source: names.text(NAME),
        tool: tool.as_deref().map(|tool| names.text(tool)),
        check: check.as_deref().map(|check| names.text(check)),
        id: Some(Text::from(&*id)),
        status: Some(names.text(&status)),
        excuse,
        justification: None,
        severity: Some(names.text(&raw)),
        url: url.map(Text::from),
        fingerprint: hash,
    };
    let seen = [&row.first_detected, &row.first_detected_at, &row.first_seen, &row.first_seen_at, &row.created_at];
    let branch = first(&[&row.branch, &row.ref_]).text().map(|branch| names.text(short_branch(branch)));
    let finding = Finding {
        fingerprint: Fingerprint { hash, ordinal: 1 },
        context,
        kind,
        severity,
        severity_from: names.text(severity_from),
        epss: epss(row, ids.is_empty()),
        ids,
        cwe: names.cwe(cwe),
        title: names.text(&title),
        said: Context::of_code(&id),
        package,
        fix,
        fixed_in: names.texts(fixed),
        location,
        also_in: names.texts(Vec::new()),
        first_seen: seen.into_iter().find_map(Scalar::time),
        cvss_vector: vector.map(Text::from),
        cvss: score,
        kev: [&row.in_kev, &row.kev].into_iter().filter_map(Scalar::flag).max(),
        reachable: None,
        license: names.texts(Vec::new()),
        new: None,
        links: names.texts(Vec::new()),
        sightings: vec![sighting],
    };
    Ok(Read { id, finding, unknown, kind_untold, branch })
}

/// What kind of scan finds it, and whether nothing tells.
fn kind(
    row: &wire::Finding,
    check: &str,
    has_package: bool,
    has_advisory: bool,
    unknown: &mut Vec<(&'static str, String)>,
) -> (Kind, bool) {
    let categories = [&row.scanner_type, &row.type_, &row.category];
    let categories: Vec<&str> = categories.into_iter().filter_map(Scalar::text).collect();
    if let Some(kind) = categories.iter().find_map(|word| words::category(word)) {
        return (kind, false);
    }
    let scanner = row.scanner.name().or_else(|| row.tool.name());
    let finds = scanner.as_deref().into_iter().chain(categories.iter().copied()).find_map(words::scanner);
    if let Some(Finds::One(kind)) = finds {
        // Rules about credentials, which quote what they find.
        let is_secret = kind == Kind::Sast && [".secrets.", "secrets.security"].iter().any(|part| check.contains(part));
        return (if is_secret { Kind::Secret } else { kind }, false);
    }
    if has_package && has_advisory {
        return (Kind::Sca, false);
    }
    match categories.first().copied().or(scanner.as_deref()) {
        Some(word) => {
            unknown.push(("kind", word.to_owned()));
            (Kind::Other, false)
        }
        None => (Kind::Other, true),
    }
}

/// The scanner's name. What Mayo's screens call its type may be its name.
fn tool(row: &wire::Finding) -> Option<String> {
    let named = row.scanner.name().or_else(|| row.tool.name()).map(|name| name.into_owned());
    named.or_else(|| {
        let words = [&row.scanner_type, &row.type_, &row.category].into_iter().filter_map(Scalar::text);
        words
            .filter(|word| words::category(word).is_none())
            .find(|word| words::scanner(word).is_some())
            .map(str::to_owned)
    })
}

fn package(row: &wire::Finding, path: Option<&str>, kind: Kind) -> Option<Package> {
    let told = row.package.name()?;
    let version = row.package_version.word().or_else(|| row.package.parts.version.word());
    let version = version.map(|version| version.into_owned());
    if let Some(purl) = purl::parse(&told) {
        let name = match (purl.ty(), purl.namespace()) {
            (_, None) | ("deb" | "apk" | "rpm", _) => purl.name().to_owned(),
            ("maven", Some(namespace)) => format!("{namespace}:{}", purl.name()),
            (_, Some(namespace)) => format!("{namespace}/{}", purl.name()),
        };
        let version = version.or_else(|| purl.version().map(str::to_owned));
        let (name, version) = (name.into(), version.map(Text::from));
        return Some(Package { name, version, purl: Some(purl.to_string().into()), direct: None, scope: None });
    }
    let ecosystem = path.and_then(purl::ecosystem_of_path).filter(|_| matches!(kind, Kind::Sca | Kind::License));
    let purl = ecosystem.and_then(|ecosystem| purl::build(ecosystem, &told, version.as_deref()));
    Some(Package {
        name: told.as_ref().into(),
        version: version.map(Text::from),
        purl: purl.map(Text::from),
        direct: None,
        scope: None,
    })
}

fn location(row: &wire::Finding, names: &mut Names) -> Option<Location> {
    let path = relative(first(&[&row.file_path, &row.path, &row.file]).text()?)?;
    let line = [&row.line_number, &row.start_line, &row.line].into_iter().find_map(Scalar::line);
    let end_line = row.end_line.line().filter(|end| line.is_some_and(|line| line <= *end));
    Some(Location { path: names.text(&path), line, column: None, end_line, end_column: None })
}

/// A path of the repository: Mayo's scanners see it as their root, so a slash in front says nothing. `None` for what leads out
/// of it, or to another machine.
fn relative(path: &str) -> Option<String> {
    let path = path.strip_prefix("file://").unwrap_or(path);
    place::relative(path.trim_start_matches(['/', '\\']))
}

/// The probability, where it is one. Of an advisory 0 means that nobody has estimated it yet.
fn epss(row: &wire::Finding, no_advisory: bool) -> Option<f32> {
    let told = first(&[&row.epss_score, &row.epss]).number()?;
    let is_one = (0.0..=1.0).contains(&told) && (told > 0.0 || no_advisory);
    is_one.then(|| cvss::narrow(told))
}

#[cfg(test)]
mod tests;
