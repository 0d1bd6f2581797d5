//! Findings of the dependency scanner. The list holds what was fixed and suppressed as well; what counts is decided here.

use serde_json::value::RawValue;

use super::{LINKS, Maker, Rated, advisories, component, excuse, probability, rate, reachable, vulnerability_page};
use crate::finding::{Excuse, Finding, Kind, Location, Text};
use crate::source::ledger::Ledger;
use crate::source::mend::client::Row;
use crate::source::mend::wire::{FindingInfo, ScaRow, TopFix};
use crate::source::names::{one_line, sorted};
use crate::source::scalar::{Scalar, first};

/// Reads a row.
pub(super) fn read(maker: &Maker<'_>, row: ScaRow, ledger: &mut Ledger) -> Result<Row<Finding>, &'static str> {
    let names: Vec<&str> = [&row.vulnerability.name, &row.name].into_iter().filter_map(Scalar::text).collect();
    let name = *names.first().ok_or("it names no vulnerability")?;
    let id = match (row.uuid.word(), row.component.uuid.word()) {
        (Some(uuid), _) => uuid.into_owned(),
        // One vulnerability of one library is one finding.
        (None, Some(library)) => format!("{name} {library}"),
        (None, None) => return Err("it has no uuid"),
    };
    if maker.is_foreign(&[&row.project.uuid]) {
        return Ok(Row::Foreign(id));
    }
    let ids = advisories(&names);
    let advisory = ids.iter().min_by_key(|id| (!id.starts_with("CVE-"), !id.starts_with("GHSA-"), Text::clone(id)));
    let advisory = advisory.map(|id| id.to_string());
    let package = component::package(&row.component, &row.dependency_contexts);
    let path = component::location(&row.component, maker.repository);
    let title = title(&row, name, package.as_ref().map(|package| &*package.name));
    let scored =
        || row.vulnerability.vulnerability_scoring.iter().filter_map(|one| one.score.number()).reduce(f64::max);
    let score = row.vulnerability.score.number().filter(|score| *score > 0.0).or_else(scored);
    let vectors = row.vulnerability.vulnerability_scoring.iter().map(|one| &one.score_metadata_vector);
    let vectors: Vec<&Scalar> = std::iter::once(&row.score_metadata_vector).chain(vectors).collect();
    let rated: Rated<'_> = rate(&row.vulnerability.severity, first(&vectors), score, ledger);
    let mut finding = maker.finding(
        super::Draft {
            kind: Kind::Sca,
            tool: "Mend SCA",
            id: &id,
            check: Some(name),
            title,
            rated,
            package,
            location: path.map(|path| Location {
                path: maker.text(&path),
                line: None,
                column: None,
                end_line: None,
                end_column: None,
            }),
            snippet: None,
            first_seen: row.finding_info.detected_at.time(),
        },
        advisory.as_deref(),
    );
    let (reason, status, why) = standing(&row.finding_info, ledger);
    excuse(&mut finding, reason, maker.maybe(status), maker.maybe(why.as_deref()));
    (finding.fix, finding.fixed_in) = fix(row.top_fix.as_deref());
    let threats = [&row.threat_assessment, &row.vulnerability.threat_assessment];
    finding.epss = threats.iter().find_map(|threat| probability(&threat.epss_percentage));
    finding.reachable = reachable(&row.reachability);
    finding.links = links(&row, advisory.as_deref());
    finding.ids = sorted(ids);
    Ok(Row::Kept(id, finding))
}

fn title(row: &ScaRow, name: &str, package: Option<&str>) -> String {
    let described = row.vulnerability.description.text().map(str::to_owned);
    let plain = || package.map_or_else(|| name.to_owned(), |package| format!("{name} in {package}"));
    let title = described.unwrap_or_else(plain);
    if row.malicious.flag() == Some(true) { format!("malicious package: {title}") } else { title }
}

/// Whether it is open, the word that says so, and a person's reason. The older field goes on being sent beside the newer one;
/// either suffices for an excuse, and a word that nobody knows is none.
fn standing<'r>(info: &'r FindingInfo, ledger: &mut Ledger) -> (Option<Excuse>, Option<&'r str>, Option<String>) {
    let (new, old) = (info.finding_status.text(), info.status.text());
    if new.is_none() && old.is_none() {
        ledger.note("SCA findings without a status count as open");
    }
    let mut best: Option<(u8, Excuse, &str)> = None;
    for word in [new, old].into_iter().flatten() {
        let (rank, reason) = match word.to_ascii_uppercase().as_str() {
            "REMEDIATED" | "LIBRARY_REMOVED" => (0, Excuse::Fixed),
            "SUPPRESSED" => (1, Excuse::Suppressed),
            "IGNORED" => (1, Excuse::Ignored),
            "LIBRARY_IN_HOUSE" | "LIBRARY_WHITELIST" => (2, Excuse::Ignored),
            "UNREVIEWED" | "IN_REVIEW" | "ISSUE_CREATED" | "ACTIVE" => continue,
            _ => {
                ledger.unknown_word("status", word);
                continue;
            }
        };
        if best.is_none_or(|(known, ..)| rank < known) {
            best = Some((rank, reason, word));
        }
    }
    let why = info.comment.comment.text().map(|comment| one_line(comment, 300));
    match best {
        Some((_, reason, word)) => (Some(reason), Some(word), why),
        None => (None, new.or(old), None),
    }
}

/// Whether there is a fix, and the versions that Mend names. An empty object is how it says that there is none, and so is the
/// word `no_fix`; where the field is missing nobody told.
fn fix(told: Option<&RawValue>) -> (Option<bool>, std::sync::Arc<[Text]>) {
    let nothing = || sorted(Vec::new());
    let Some(told) = told.filter(|told| told.get().starts_with('{')) else { return (None, nothing()) };
    let Ok(fix) = serde_json::from_str::<TopFix>(told.get()) else { return (None, nothing()) };
    let is_empty = told.get().bytes().all(|byte| matches!(byte, b'{' | b'}') || byte.is_ascii_whitespace());
    match fix.fix_resolution.text() {
        Some(text) if text.eq_ignore_ascii_case("no_fix") => (Some(false), nothing()),
        Some(text) => (Some(true), sorted(versions(text).into_iter().map(Text::from).collect())),
        None if is_empty => (Some(false), nothing()),
        None => (None, nothing()),
    }
}

/// The versions in free text: `com.acme:lib:5.4.0,6.4.0`, `System.Drawing.Common - 4.7.2,5.0.3`, `https://x/y.git - 2.3.2`.
/// Text that has none of these forms is kept whole.
fn versions(text: &str) -> Vec<String> {
    let tail = match text.rsplit_once(" - ") {
        Some((_, tail)) => tail,
        None if text.contains("://") => "",
        None => text.rsplit(':').next().unwrap_or(text),
    };
    let is_version = |part: &&str| part.bytes().any(|byte| byte.is_ascii_digit()) && !part.contains([' ', '/', ':']);
    let parts: Vec<&str> = tail.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    if !parts.is_empty() && parts.iter().all(is_version) {
        parts.into_iter().take(20).map(|part| one_line(part, 80)).collect()
    } else {
        vec![one_line(text, 200)]
    }
}

/// Advisories first, then Mend's own page.
fn links(row: &ScaRow, advisory: Option<&str>) -> std::sync::Arc<[Text]> {
    let advisories = row.vulnerability.references.iter().filter(|link| link.advisory.flag() == Some(true));
    let mut links: Vec<Text> = advisories
        .filter_map(|link| link.url.text().and_then(crate::source::place::link))
        .take(LINKS - 1)
        .map(Text::from)
        .collect();
    links.extend(advisory.and_then(vulnerability_page).map(Text::from));
    sorted(links)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_status_words_is_read_as_documented() {
        for (new, old, want, word) in [
            ("null", "\"ACTIVE\"", None, Some("ACTIVE")),
            ("\"UNREVIEWED\"", "\"ACTIVE\"", None, Some("UNREVIEWED")),
            ("\"IN_REVIEW\"", "null", None, Some("IN_REVIEW")),
            ("\"ISSUE_CREATED\"", "\"ACTIVE\"", None, Some("ISSUE_CREATED")),
            ("\"SUPPRESSED\"", "\"IGNORED\"", Some(Excuse::Suppressed), Some("SUPPRESSED")),
            ("null", "\"IGNORED\"", Some(Excuse::Ignored), Some("IGNORED")),
            ("\"suppressed\"", "\"ACTIVE\"", Some(Excuse::Suppressed), Some("suppressed")),
            ("\"REMEDIATED\"", "\"LIBRARY_REMOVED\"", Some(Excuse::Fixed), Some("REMEDIATED")),
            ("\"UNREVIEWED\"", "\"LIBRARY_REMOVED\"", Some(Excuse::Fixed), Some("LIBRARY_REMOVED")),
            ("\"SUPPRESSED\"", "\"LIBRARY_REMOVED\"", Some(Excuse::Fixed), Some("LIBRARY_REMOVED")),
            ("null", "\"LIBRARY_IN_HOUSE\"", Some(Excuse::Ignored), Some("LIBRARY_IN_HOUSE")),
            ("null", "\"LIBRARY_WHITELIST\"", Some(Excuse::Ignored), Some("LIBRARY_WHITELIST")),
            ("null", "null", None, None),
            ("\"ARCHIVED\"", "null", None, Some("ARCHIVED")),
            ("\"ARCHIVED\"", "\"IGNORED\"", Some(Excuse::Ignored), Some("IGNORED")),
        ] {
            let info: FindingInfo =
                serde_json::from_str(&format!(r#"{{"findingStatus": {new}, "status": {old}, "comment": {{}}}}"#))
                    .unwrap();
            let (excuse, status, _) = standing(&info, &mut Ledger::new("mend"));
            assert_eq!((excuse, status), (want, word), "{new} {old}");
        }
    }

    #[test]
    fn a_fix_is_read_from_free_text() {
        for (json, fix_is, want) in [
            ("null", None, &[][..]),
            ("[]", None, &[]),
            ("{ }", Some(false), &[]),
            (r#"{"fixResolution": "no_fix"}"#, Some(false), &[]),
            (r#"{"fixResolution": "", "type": "PATCH"}"#, None, &[]),
            (r#"{"fixResolution": "com.acme:lib:5.4.0,6.4.0"}"#, Some(true), &["5.4.0", "6.4.0"]),
            (r#"{"fixResolution": "System.Drawing.Common - 4.7.2,5.0.3"}"#, Some(true), &["4.7.2", "5.0.3"]),
            (r#"{"fixResolution": "https://github.com/x/y.git - 2.3.2"}"#, Some(true), &["2.3.2"]),
            (r#"{"fixResolution": "https://github.com/x/y.git"}"#, Some(true), &["https://github.com/x/y.git"]),
            (r#"{"fixResolution": "Upgrade to the newest"}"#, Some(true), &["Upgrade to the newest"]),
        ] {
            let raw = RawValue::from_string(json.to_owned()).unwrap();
            let (fix, versions) = fix(Some(&raw));
            assert_eq!(fix, fix_is, "{json}");
            assert_eq!(versions.iter().map(|v| &**v).collect::<Vec<_>>(), want, "{json}");
        }
        assert_eq!(fix(None).0, None);
    }
}
