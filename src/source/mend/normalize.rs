//! From rows to findings. Nothing here asks anybody; what is odd about a row is told to the ledger.

mod code;
mod component;
mod dependency;
mod image;
mod path;
mod violation;

#[cfg(test)]
mod tests;

use std::cell::RefCell;

pub(super) use component::{Library, library};

use serde_json::value::RawValue;

use super::client::Row;
use super::config::NAME;
use super::wire;
use crate::finding::{
    Context, Excuse, Finding, Fingerprint, FingerprintInput, Kind, Location, Package, Severity, Sighting, Text,
};
use crate::source::ids::is_uuid;
use crate::source::ledger::Ledger;
use crate::source::names::{Names, one_line, sorted};
use crate::source::scalar::Scalar;
use crate::source::{cvss, ids};

/// The most characters of a title.
const TITLE: usize = 200;
/// The most links of a finding; some advisories name a hundred.
const LINKS: usize = 5;

/// Makes findings of the rows of one project.
pub(super) struct Maker<'a> {
    /// The project's UUID: rows of another one are left out.
    project: &'a str,
    /// The repository that is judged: paths are cut at its name.
    repository: Option<&'a str>,
    names: RefCell<Names>,
}

/// What all findings are made of; the rest is given by each kind of row.
struct Draft<'d> {
    kind: Kind,
    tool: &'static str,
    /// Mend's id of the finding.
    id: &'d str,
    check: Option<&'d str>,
    title: String,
    rated: Rated<'d>,
    package: Option<Package>,
    location: Option<Location>,
    /// The code at the place.
    snippet: Option<&'d str>,
    first_seen: Option<jiff::Timestamp>,
}

impl<'a> Maker<'a> {
    /// For a project.
    pub(super) fn new(project: &'a str, repository: Option<&'a str>) -> Maker<'a> {
        Maker { project, repository, names: RefCell::new(Names::new()) }
    }

    /// A finding of the dependency scanner.
    pub(super) fn dependency(&self, row: &RawValue, ledger: &mut Ledger) -> Row<Finding> {
        self.row("SCA findings", row, ledger, dependency::read)
    }

    /// A finding of the code scanner.
    pub(super) fn code(&self, row: &RawValue, ledger: &mut Ledger) -> Row<Finding> {
        self.row("SAST findings", row, ledger, code::read)
    }

    /// A vulnerability in an image.
    pub(super) fn image(&self, row: &RawValue, ledger: &mut Ledger) -> Row<Finding> {
        self.row("image findings", row, ledger, image::read)
    }

    /// A secret in an image.
    pub(super) fn secret(&self, row: &RawValue, ledger: &mut Ledger) -> Row<Finding> {
        self.row("image secrets", row, ledger, image::read_secret)
    }

    /// A violation; what becomes of it is decided when the libraries are known.
    pub(super) fn violation(&self, row: &RawValue, ledger: &mut Ledger) -> Row<wire::ViolationRow> {
        self.row("policy violations", row, ledger, |maker, row: wire::ViolationRow, _| {
            let id = row.uuid.word().ok_or("it has no uuid")?.into_owned();
            let foreign = maker.is_foreign(&[&row.project_uuid]);
            Ok(if foreign { Row::Foreign(id) } else { Row::Kept(id, row) })
        })
    }

    /// A library with its licenses.
    pub(super) fn library(&self, row: &RawValue, ledger: &mut Ledger) -> Row<Library> {
        let repository = self.repository;
        self.row("libraries", row, ledger, |_, row: wire::Component, _| {
            let library = library(&row, repository).ok_or("it has neither a uuid nor a name")?;
            Ok(Row::Kept(library.id.clone(), library))
        })
    }

    /// The finding of a violation.
    pub(super) fn violated(
        &self,
        row: &wire::ViolationRow,
        library: Option<&Library>,
        ledger: &mut Ledger,
    ) -> Option<Finding> {
        violation::finding(self, row, library, ledger)
    }

    /// The finding of a license of a library that violates nothing.
    pub(super) fn licensed(&self, library: &Library, license: &component::Licensed, ledger: &mut Ledger) -> Finding {
        violation::license(self, library, license, ledger)
    }

    fn row<R: serde::de::DeserializeOwned, T>(
        &self,
        list: &'static str,
        row: &RawValue,
        ledger: &mut Ledger,
        read: impl FnOnce(&Self, R, &mut Ledger) -> Result<Row<T>, &'static str>,
    ) -> Row<T> {
        let Some(wire) = ledger.row::<R>(list, row) else { return Row::Unreadable };
        read(self, wire, ledger).unwrap_or_else(|why| {
            ledger.skip(list, why);
            Row::Unreadable
        })
    }

    /// Whether a row says that it belongs to another project. One that names its project in another way than by a UUID says
    /// nothing.
    fn is_foreign(&self, told: &[&Scalar]) -> bool {
        let other = |told: &&Scalar| {
            told.text()
                .is_some_and(|told| is_uuid(told) && is_uuid(self.project) && !told.eq_ignore_ascii_case(self.project))
        };
        told.iter().any(other)
    }

    fn text(&self, text: &str) -> Text {
        self.names.borrow_mut().text(text)
    }

    fn maybe(&self, text: Option<&str>) -> Option<Text> {
        text.map(|text| self.text(text))
    }

    fn path(&self, told: &Scalar) -> Option<Text> {
        path::relative(told.text()?, self.repository).map(|path| self.text(&path))
    }

    /// A finding with what all of them have.
    fn finding(&self, draft: Draft<'_>, advisory: Option<&str>) -> Finding {
        let Draft { kind, tool, id, check, title, rated, package, location, snippet, first_seen } = draft;
        let title = one_line(&title, TITLE);
        let context = snippet.and_then(Context::of_code);
        let path = location.as_ref().map(|location| &*location.path);
        let input =
            FingerprintInput { kind, advisory, check, package: package.as_ref(), path, context, message: &title };
        let hash = input.hash();
        let mut names = self.names.borrow_mut();
        let sighting = Sighting {
            source: names.text(NAME),
            tool: Some(names.text(tool)),
            check: check.map(|check| names.text(check)),
            id: Some(id.into()),
            status: None,
            excuse: None,
            justification: None,
            severity: rated.raw.map(|raw| names.text(raw)),
            url: None,
            fingerprint: hash,
        };
        Finding {
            fingerprint: Fingerprint { hash, ordinal: 1 },
            context,
            kind,
            severity: rated.severity,
            severity_from: names.text(rated.from),
            ids: names.texts(Vec::new()),
            cwe: names.cwe(Vec::new()),
            title: names.text(&title),
            said: Context::of_code(id),
            package: package.map(Box::new),
            fix: None,
            fixed_in: names.texts(Vec::new()),
            location,
            also_in: names.texts(Vec::new()),
            first_seen,
            cvss_vector: rated.vector.map(|vector| names.text(vector)),
            cvss: rated.score,
            epss: None,
            kev: None,
            reachable: None,
            license: names.texts(Vec::new()),
            new: None,
            links: names.texts(Vec::new()),
            sightings: vec![sighting],
        }
    }
}

/// Says of a finding that Mend does not count it as open.
fn excuse(finding: &mut Finding, excuse: Option<Excuse>, status: Option<Text>, why: Option<Text>) {
    for sighting in &mut finding.sightings {
        sighting.excuse = excuse;
        sighting.status.clone_from(&status);
        sighting.justification = why.clone().filter(|_| excuse.is_some());
    }
}

/// A severity, and what it was read from.
struct Rated<'d> {
    severity: Option<Severity>,
    from: &'static str,
    raw: Option<&'d str>,
    vector: Option<&'d str>,
    score: Option<f32>,
}

/// Mend's word, else the CVSS vector or the score, the worse of them. A score of 0 is how Mend writes that nobody rated it yet,
/// and a word that nobody knows is not replaced by a number that may be milder.
fn rate<'d>(word: &'d Scalar, vector: &'d Scalar, score: Option<f64>, ledger: &mut Ledger) -> Rated<'d> {
    let raw = word.text();
    let vector = vector.text();
    let of_vector = vector.and_then(cvss::score);
    let score = score.filter(|score| *score > 0.0 && *score <= 10.0);
    // `none` beside a score that says otherwise tells that nobody wrote a word.
    let is_contradicted = raw.is_some_and(|raw| raw.eq_ignore_ascii_case("none"))
        && (score.is_some() || of_vector.is_some_and(|score| score > 0.0));
    let told = raw.filter(|_| !is_contradicted).and_then(Severity::from_word);
    if let (None, Some(word)) = (told, raw)
        && !(is_contradicted || is_no_severity(word))
    {
        ledger.unknown_word("severity", word);
        let from = "severity at Mend, in a word that nobody knows";
        return Rated { severity: None, from, raw, vector, score: score.map(cvss::narrow).or(of_vector) };
    }
    let by_vector = || of_vector.map(f64::from).and_then(Severity::from_score);
    let (severity, from) = match (told, by_vector(), score.and_then(Severity::from_score)) {
        (Some(severity), ..) => (Some(severity), "severity at Mend"),
        (None, Some(severity), other) if other.is_none_or(|other| other <= severity) => {
            (Some(severity), "CVSS vector at Mend")
        }
        (None, _, Some(severity)) => (Some(severity), "CVSS score at Mend"),
        (None, _, None) => (None, "severity at Mend, which tells none"),
    };
    Rated { severity, from, raw, vector, score: score.map(cvss::narrow).or(of_vector) }
}

/// Words for "not rated", which are no surprise.
fn is_no_severity(word: &str) -> bool {
    ["unknown", "undefined", "unspecified", "unrated", "n/a"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// A probability from a percentage: Mend writes 2.9 for 0.029. What is no percentage tells nothing.
fn probability(percentage: &Scalar) -> Option<f32> {
    percentage.number().filter(|percent| (0.0..=100.0).contains(percent)).map(|percent| cvss::narrow(percent / 100.0))
}

/// Whether the vulnerable code can be reached. What may be reached counts as reached.
fn reachable(word: &Scalar) -> Option<bool> {
    match word.text()?.to_ascii_uppercase().as_str() {
        "REACHABLE" | "POTENTIALLY_REACHABLE" => Some(true),
        "UNREACHABLE" => Some(false),
        _ => None,
    }
}

/// The advisory ids in what Mend calls a vulnerability; one of Mend's own schemes (`WS-`, `MSC-`) stays as it is.
fn advisories(names: &[&str]) -> Vec<Text> {
    let mut found = Vec::new();
    for name in names {
        let before = found.len();
        ids::advisories(name, &mut found);
        if found.len() == before {
            found.push(one_line(name, 80).to_ascii_uppercase());
        }
    }
    sorted(found.into_iter().map(Text::from).collect()).to_vec()
}

/// A page about a vulnerability at Mend, for the schemes that it has pages of.
fn vulnerability_page(id: &str) -> Option<String> {
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (plain && (id.starts_with("CVE-") || id.starts_with("WS-")))
        .then(|| format!("https://www.mend.io/vulnerability-database/{id}"))
}
