//! From a row of AppSec+ to a finding. Pure: the same row gives the same finding.

use super::wire;
use crate::finding::{
    Context, Cwe, Excuse, Finding, Fingerprint, FingerprintInput, Kind, Location, Package, Severity, Sighting, Text,
};
use crate::source::cvss::narrow;
use crate::source::names::{Names, one_line};
use crate::source::place::{link, relative};
use crate::source::scalar::Scalar;
use crate::source::{ids, purl};

/// What a row is read by.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reading<'a> {
    /// The type of the scan that made it, in small letters, where that is known.
    pub(super) scan_type: Option<&'a str>,
    /// Whether accepted findings count.
    pub(super) count_accepted: bool,
}

/// A finding, and what is to be said about it.
#[derive(Debug)]
pub(super) struct Normalized {
    /// The finding.
    pub(super) finding: Finding,
    /// Words that nobody knows, with the field that they stood in.
    pub(super) unknown: Vec<(&'static str, String)>,
    /// Whether it is accepted at the vendor, so that it does not count.
    pub(super) is_accepted: bool,
    /// Whether nothing tells what kind of finding it is.
    pub(super) has_no_kind: bool,
}

/// Reads a row.
///
/// # Errors
/// If it lacks what a finding must have: an id and a severity.
pub(super) fn normalize(
    row: &wire::Vulnerability,
    reading: Reading<'_>,
    names: &mut Names,
) -> Result<Normalized, &'static str> {
    let id = row.id.word().ok_or("it has no id")?;
    let severity_word = row.severity.word().ok_or("it has no severity")?;
    let mut unknown = Vec::new();

    let severity = severity(&severity_word);
    if severity.is_none() {
        unknown.push(("severity", severity_word.to_string()));
    }
    let status_word = row.status.word();
    let status = status_word.as_deref().map_or(Some(Status::Open), status);
    if status.is_none() {
        unknown.push(("status", status_word.as_deref().unwrap_or_default().to_owned()));
    }
    let excuse = match status {
        Some(Status::Excused(excuse @ (Excuse::AcceptedRisk | Excuse::FalsePositive))) if !reading.count_accepted => {
            Some(excuse)
        }
        Some(Status::Excused(excuse @ Excuse::Fixed)) => Some(excuse),
        Some(Status::Open | Status::Excused(_)) | None => None,
    };

    let advisories = advisories(&row.cve);
    let package = package(row, names);
    let location =
        word(&[&row.file_path, &row.file, &row.path]).and_then(|path| relative(&path)).map(|path| Location {
            path: names.text(&path),
            line: [&row.line, &row.line_number, &row.start_line].into_iter().find_map(|line| line.line()),
            column: None,
            end_line: None,
            end_column: None,
        });
    let kind = kind(reading.scan_type, !advisories.is_empty() && package.is_some(), location.is_some());
    if let (None, Some(word)) = (kind, reading.scan_type.filter(|word| !word.is_empty())) {
        unknown.push(("kind", word.to_owned()));
    }
    let has_no_kind = kind.is_none() && reading.scan_type.is_none_or(str::is_empty);
    let kind = kind.unwrap_or(Kind::Other);

    let mut cwe: Vec<Cwe> = Vec::new();
    if let Some(told) = row.cwe.word() {
        ids::weakness(&told, &mut cwe);
    }
    let check = word(&[&row.rule_id, &row.rule]);
    let title = title(row, advisories.first().map(String::as_str).or(check.as_deref()), &id);
    let advisory = advisories.iter().find(|id| id.starts_with("CVE-")).or(advisories.first());
    let hash = FingerprintInput {
        kind,
        advisory: advisory.map(String::as_str),
        check: check.as_deref(),
        package: package.as_deref(),
        path: location.as_ref().map(|location| &*location.path),
        context: None,
        message: &title,
    }
    .hash();
    let fixed_in =
        word(&[&row.fixed_version]).map(|version| vec![Text::from(one_line(&version, 100))]).unwrap_or_default();
    let tool = word(&[&row.scanner, &row.tool]);
    let sighting = Sighting {
        source: names.text(super::NAME),
        tool: Some(names.text(&tool.map_or_else(|| "AppSec+".to_owned(), |tool| one_line(&tool, 80)))),
        check: check.map(|check| names.text(&check)),
        id: Some(id.as_ref().into()),
        status: status_word.map(|word| names.text(&one_line(&word, 40))),
        excuse,
        justification: None,
        severity: Some(names.text(&one_line(&severity_word, 40))),
        url: word(&[&row.url, &row.link]).and_then(|text| link(&text).map(Text::from)),
        fingerprint: hash,
    };
    let finding = Finding {
        fingerprint: Fingerprint { hash, ordinal: 1 },
        context: None,
        kind,
        severity,
        severity_from: names.text("severity at AppSec+"),
        ids: names.texts(advisories.into_iter().map(Text::from).collect()),
        cwe: names.cwe(cwe),
        title: title.into(),
        said: Context::of_code(&id),
        package,
        fix: (!fixed_in.is_empty()).then_some(true),
        fixed_in: names.texts(fixed_in),
        location,
        also_in: names.texts(Vec::new()),
        first_seen: row.created_at.time(),
        cvss_vector: None,
        cvss: score(&row.cvss_score, severity),
        epss: None,
        kev: None,
        reachable: None,
        license: names.texts(Vec::new()),
        new: None,
        links: names.texts(Vec::new()),
        sightings: vec![sighting],
    };
    Ok(Normalized {
        finding,
        unknown,
        is_accepted: matches!(excuse, Some(Excuse::AcceptedRisk | Excuse::FalsePositive)),
        has_no_kind,
    })
}

/// The levels of AppSec+, and three words of other tools that some servers pass on.
fn severity(word: &str) -> Option<Severity> {
    Some(match word.trim().to_ascii_lowercase().as_str() {
        "critical" => Severity::Critical,
        "high" => Severity::High,
        "medium" | "moderate" => Severity::Medium,
        "low" => Severity::Low,
        "info" | "informational" => Severity::Info,
        _ => return None,
    })
}

/// What a status means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Open,
    Excused(Excuse),
}

/// The statuses of AppSec+, with the words of its life cycle. `in_progress` is not done, so it is open. `None` for a word
/// that nobody knows.
fn status(word: &str) -> Option<Status> {
    // `in_progress`, `in-progress`, `inProgress`, `In Progress` are one word.
    let letters: String = word.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    Some(match letters.as_str() {
        "" | "open" | "new" | "detected" | "triaged" | "reopened" | "inprogress" => Status::Open,
        "resolved" | "fixed" | "verified" | "closed" => Status::Excused(Excuse::Fixed),
        "accepted" | "acceptedrisk" | "riskaccepted" => Status::Excused(Excuse::AcceptedRisk),
        "falsepositive" => Status::Excused(Excuse::FalsePositive),
        _ => return None,
    })
}

/// The kind of a finding: the type of its scan, else what its facts show.
fn kind(scan_type: Option<&str>, is_of_package: bool, has_path: bool) -> Option<Kind> {
    match scan_type {
        Some("sast") => Some(Kind::Sast),
        Some("dast") => Some(Kind::Dast),
        Some("sca") => Some(Kind::Sca),
        Some("container") => Some(Kind::Container),
        _ if is_of_package => Some(Kind::Sca),
        _ if has_path => Some(Kind::Sast),
        _ => None,
    }
}

/// The first of several fields that holds a word.
fn word(fields: &[&Scalar]) -> Option<String> {
    fields.iter().find_map(|field| field.word()).map(|word| word.trim().to_owned())
}

/// The advisory of a row. What looks like no id at all (`N/A`) is none.
fn advisories(cve: &Scalar) -> Vec<String> {
    let Some(text) = cve.text() else { return Vec::new() };
    let mut found = Vec::new();
    ids::advisories(text, &mut found);
    let looks_like_an_id = || {
        text.len() <= 60
            && text.contains('-')
            && text.bytes().any(|byte| byte.is_ascii_digit())
            && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if found.is_empty() && looks_like_an_id() {
        found.push(text.to_ascii_uppercase());
    }
    found
}

/// The package, from fields that only some servers have. A title may name one, but where its name ends nobody can tell.
fn package(row: &wire::Vulnerability, names: &mut Names) -> Option<Box<Package>> {
    let told = word(&[&row.package_name, &row.package, &row.component])?;
    let version = word(&[&row.package_version]);
    let (name, version, purl) = match purl::parse(&told) {
        Some(mut purl) => {
            let name = match (purl.ty(), purl.namespace()) {
                (_, None) | ("deb" | "apk" | "rpm", _) => purl.name().to_owned(),
                ("maven", Some(namespace)) => format!("{namespace}:{}", purl.name()),
                (_, Some(namespace)) => format!("{namespace}/{}", purl.name()),
            };
            let version = purl.version().map(str::to_owned).or(version);
            if let (None, Some(version)) = (purl.version(), &version) {
                purl.with_version(version.clone()).ok()?;
            }
            (name, version, Some(purl.to_string()))
        }
        None => (one_line(&told, 200), version, None),
    };
    Some(Box::new(Package {
        name: names.text(&name),
        version: version.map(|version| names.text(&one_line(&version, 100))),
        purl: purl.map(|purl| names.text(&purl)),
        direct: None,
        scope: None,
    }))
}

/// One line that says what is wrong: the title, else the description, else what it is known by.
fn title(row: &wire::Vulnerability, known_as: Option<&str>, id: &str) -> String {
    let line = [&row.title, &row.description].into_iter().find_map(Scalar::text).map(|text| one_line(text, 200));
    line.unwrap_or_else(|| known_as.map_or_else(|| format!("finding {}", one_line(id, 60)), |name| one_line(name, 100)))
}

/// A CVSS score. 0 beside a severity means that nobody gave one.
fn score(score: &Scalar, severity: Option<Severity>) -> Option<f32> {
    let score = score.number().filter(|score| (0.0..=10.0).contains(score))?;
    (score > 0.0 || severity == Some(Severity::Info)).then(|| narrow(score))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str, reading: Reading<'_>) -> Result<Normalized, &'static str> {
        normalize(&serde_json::from_str(json).expect("a row"), reading, &mut Names::new())
    }

    fn of(scan_type: &str) -> Reading<'_> {
        Reading { scan_type: Some(scan_type), count_accepted: false }
    }

    #[test]
    fn a_row_as_it_is_documented_becomes_a_finding() {
        let json = r#"{
            "id": "vuln-3002", "applicationId": "app-20417", "scanId": "scan-881",
            "title": "libfoo 1.2.0 is vulnerable", "description": "Fixed in 1.2.4.",
            "severity": "high", "cwe": "CWE-502", "cve": "CVE-2025-11111", "cvssScore": 8.1,
            "status": "in_progress", "introducedIn": "commit:77ab01c", "remediation": "Upgrade libfoo.",
            "createdAt": "2025-11-02T08:00:00Z", "updatedAt": "2025-11-18T10:30:00Z"
        }"#;
        let Normalized { finding, unknown, is_accepted, has_no_kind } = read(json, of("sca")).unwrap();
        assert!(unknown.is_empty() && !is_accepted && !has_no_kind);
        assert_eq!((finding.kind, finding.severity), (Kind::Sca, Some(Severity::High)));
        assert_eq!(&*finding.title, "libfoo 1.2.0 is vulnerable");
        assert_eq!(&*finding.ids, &[Text::from("CVE-2025-11111")]);
        assert_eq!((&*finding.cwe, finding.cvss), ([Cwe(502)].as_slice(), Some(8.1)));
        assert_eq!(finding.first_seen, Some("2025-11-02T08:00:00Z".parse().unwrap()));
        // Neither a package nor a fixed version is guessed from the text.
        assert_eq!((finding.package, finding.fix, finding.fixed_in.len()), (None, None, 0));
        let sighting = &finding.sightings[0];
        assert_eq!((sighting.id.as_deref(), sighting.status.as_deref()), (Some("vuln-3002"), Some("in_progress")));
        assert_eq!((sighting.excuse, sighting.severity.as_deref()), (None, Some("high")));
        assert_eq!(sighting.fingerprint, finding.fingerprint.hash);
    }

    #[test]
    fn fields_that_a_server_adds_are_used() {
        let json = r#"{
            "id": 7, "severity": "LOW", "filePath": ".\\src\\a.rs", "lineNumber": "12", "ruleId": "R1", "scanner": "Grep",
            "component": "pkg:npm/%40acme/core", "packageVersion": "1.0.0", "fixedVersion": "1.0.1", "cwe": 89, "cvssScore": "3.1",
            "url": "https://appsec.acme.example/v/7", "cve": "ghsa-35jh-r3h4-6jhm"
        }"#;
        let finding = read(json, Reading::default()).unwrap().finding;
        let location = finding.location.as_ref().unwrap();
        assert_eq!((&*location.path, location.line), ("src/a.rs", Some(12)));
        let package = finding.package.as_deref().unwrap();
        assert_eq!((&*package.name, package.version.as_deref()), ("@acme/core", Some("1.0.0")));
        assert_eq!(package.purl.as_deref(), Some("pkg:npm/%40acme/core@1.0.0"));
        assert_eq!((finding.fix, &*finding.fixed_in), (Some(true), [Text::from("1.0.1")].as_slice()));
        assert_eq!((&*finding.ids, finding.kind), ([Text::from("GHSA-35jh-r3h4-6jhm")].as_slice(), Kind::Sca));
        assert_eq!((&*finding.cwe, finding.cvss), ([Cwe(89)].as_slice(), Some(3.1)));
        let sighting = &finding.sightings[0];
        assert_eq!((sighting.tool.as_deref(), sighting.check.as_deref()), (Some("Grep"), Some("R1")));
        assert_eq!(sighting.url.as_deref(), Some("https://appsec.acme.example/v/7"));
        assert_eq!(&*finding.title, "GHSA-35jh-r3h4-6jhm");
        let plain =
            read(r#"{"id": 1, "severity": "low", "package": "libfoo", "url": "http://x"}"#, of("sca")).unwrap().finding;
        let package = plain.package.as_deref().unwrap();
        assert_eq!((&*package.name, &package.purl, &plain.sightings[0].url), ("libfoo", &None, &None));
        // A list where a path should be does not hide the next field that tells one.
        let other = read(r#"{"id": 1, "severity": "low", "file": ["x"], "path": "b.rs"}"#, of("sast")).unwrap().finding;
        assert_eq!(other.location.map(|location| location.path).as_deref(), Some("b.rs"));
    }

    #[test]
    fn a_row_without_an_id_or_a_severity_is_none() {
        for (json, want) in [
            (r#"{"severity": "low"}"#, "it has no id"),
            (r#"{"id": " ", "severity": "low"}"#, "it has no id"),
            (r#"{"id": "a"}"#, "it has no severity"),
            (r#"{"id": "a", "severity": null}"#, "it has no severity"),
            (r#"{"id": "a", "severity": ["high"]}"#, "it has no severity"),
        ] {
            assert_eq!(read(json, Reading::default()).map(|_| ()), Err(want), "{json}");
        }
    }

    #[test]
    fn every_severity_is_read_in_any_case_and_an_unknown_one_is_unrated_whatever_the_score() {
        for (word, want) in [
            ("low", Some(Severity::Low)),
            ("Medium", Some(Severity::Medium)),
            ("moderate", Some(Severity::Medium)),
            ("HIGH", Some(Severity::High)),
            ("critical", Some(Severity::Critical)),
            ("info", Some(Severity::Info)),
            ("Informational", Some(Severity::Info)),
            ("urgent", None),
            ("none", None),
            ("5", None),
        ] {
            let json = format!(r#"{{"id": "a", "severity": "{word}", "cvssScore": 1.0}}"#);
            let read = read(&json, of("sast")).unwrap();
            assert_eq!(read.finding.severity, want, "{word}");
            let unknown: Vec<_> = want.is_none().then(|| ("severity", word.to_owned())).into_iter().collect();
            assert_eq!(read.unknown, unknown);
        }
    }

    #[test]
    fn every_status_is_read_however_it_is_spelled() {
        for (word, excuse, counted) in [
            ("open", None, None),
            ("new", None, None),
            ("detected", None, None),
            ("triaged", None, None),
            ("reopened", None, None),
            ("in_progress", None, None),
            ("inProgress", None, None),
            ("in-progress", None, None),
            ("resolved", Some(Excuse::Fixed), Some(Excuse::Fixed)),
            ("Fixed", Some(Excuse::Fixed), Some(Excuse::Fixed)),
            ("verified", Some(Excuse::Fixed), Some(Excuse::Fixed)),
            ("closed", Some(Excuse::Fixed), Some(Excuse::Fixed)),
            ("accepted", Some(Excuse::AcceptedRisk), None),
            ("accepted_risk", Some(Excuse::AcceptedRisk), None),
            ("riskAccepted", Some(Excuse::AcceptedRisk), None),
            ("false_positive", Some(Excuse::FalsePositive), None),
            ("not_open", None, None),
        ] {
            let json = format!(r#"{{"id": "a", "severity": "low", "status": "{word}"}}"#);
            let with = |count_accepted| read(&json, Reading { scan_type: Some("sast"), count_accepted }).unwrap();
            assert_eq!(with(false).finding.sightings[0].excuse, excuse, "{word}");
            assert_eq!(with(true).finding.sightings[0].excuse, counted, "{word}");
            assert_eq!(with(false).unknown.len(), usize::from(word == "not_open"), "{word}");
            assert_eq!(with(false).is_accepted, excuse.is_some_and(|excuse| excuse != Excuse::Fixed), "{word}");
        }
        for absent in ["", r#", "status": null"#, r#", "status": """#] {
            let read = read(&format!(r#"{{"id": "a", "severity": "low"{absent}}}"#), of("sast")).unwrap();
            assert!(read.unknown.is_empty() && read.finding.sightings[0].excuse.is_none(), "{absent}");
        }
    }

    #[test]
    fn the_kind_is_that_of_the_scan_or_what_the_facts_show() {
        for (scan_type, more, want, unknown, none) in [
            (Some("sast"), "", Kind::Sast, false, false),
            (Some("dast"), r#", "path": "a.rs""#, Kind::Dast, false, false),
            (Some("container"), "", Kind::Container, false, false),
            (None, r#", "cve": "CVE-2025-11111", "package": "x", "path": "a.rs""#, Kind::Sca, false, false),
            (None, r#", "package": "x", "path": "a.rs""#, Kind::Sast, false, false),
            (Some("api"), r#", "path": "a.rs""#, Kind::Sast, false, false),
            (Some("api"), "", Kind::Other, true, false),
            (Some(""), "", Kind::Other, false, true),
            (None, r#", "cve": "CVE-2025-11111""#, Kind::Other, false, true),
        ] {
            let json = format!(r#"{{"id": "a", "severity": "low"{more}}}"#);
            let read = read(&json, Reading { scan_type, count_accepted: false }).unwrap();
            assert_eq!((read.finding.kind, read.has_no_kind), (want, none), "{scan_type:?} {more}");
            assert_eq!(read.unknown.iter().any(|(field, _)| *field == "kind"), unknown, "{scan_type:?} {more}");
        }
    }

    #[test]
    fn only_paths_of_the_repository_and_real_scores_and_ids_are_taken() {
        for (path, want) in [
            ("./a//b/../c", None),
            ("src\\a.rs", Some("src/a.rs")),
            ("a/./b", Some("a/b")),
            ("/etc/passwd", None),
            ("C:\\a", None),
            ("https://shop.acme.example/cart", None),
            ("..", None),
            (".", None),
            ("a\u{7}b", None),
        ] {
            assert_eq!(relative(path).as_deref(), want, "{path}");
        }
        for (text, severity, want) in [
            ("9.4", Some(Severity::High), Some(9.4)),
            ("\"7\"", None, Some(7.0)),
            ("0", Some(Severity::High), None),
            ("0", Some(Severity::Info), Some(0.0)),
            ("11", None, None),
            ("null", None, None),
        ] {
            assert_eq!(score(&serde_json::from_str(text).unwrap(), severity), want, "{text}");
        }
        for (text, want) in [
            ("\"cve-2025-11111\"", vec!["CVE-2025-11111"]),
            ("\"CVE-2025-1111, CVE-2025-2222\"", vec!["CVE-2025-1111", "CVE-2025-2222"]),
            ("\"ws-2020-12\"", vec!["WS-2020-12"]),
            ("\"N/A\"", vec![]),
            ("\"no cve-id 5\"", vec![]),
            ("null", vec![]),
        ] {
            assert_eq!(advisories(&serde_json::from_str(text).unwrap()), want, "{text}");
        }
    }

    #[test]
    fn two_findings_with_the_same_words_stay_two() {
        let one =
            |id| read(&format!(r#"{{"id": "{id}", "severity": "low", "title": "same"}}"#), of("sast")).unwrap().finding;
        let (first, second) = (one("vuln-1"), one("vuln-2"));
        assert_eq!(first.fingerprint, second.fingerprint);
        assert_eq!(crate::finding::merge(vec![first.clone(), second]).findings.len(), 2);
        assert_eq!(crate::finding::merge(vec![first.clone(), first]).findings.len(), 1);
    }
}
