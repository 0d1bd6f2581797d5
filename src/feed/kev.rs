//! CISA's catalog of known exploited vulnerabilities, in JSON.

use std::collections::HashSet;

use anyhow::{Context as _, ensure};
use jiff::Timestamp;
use serde::Deserialize;

use super::unpacked;

/// The catalog.
#[derive(Clone, Debug)]
pub struct Catalog {
    /// When it was released.
    pub date: Timestamp,
    /// How many entries it has.
    pub entries: u64,
    /// The CVE ids that it lists, upper case.
    listed: HashSet<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    date_released: String,
    count: u64,
    vulnerabilities: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "cveID")]
    cve: String,
}

impl Catalog {
    /// Reads the catalog, plain or packed with gzip.
    ///
    /// # Errors
    /// If it is not the catalog, or not all of it.
    pub fn parse(bytes: &[u8]) -> anyhow::Result<Catalog> {
        let bytes = unpacked(bytes)?;
        let wire: Wire = serde_json::from_slice(&bytes).context("it is not a KEV catalog in JSON")?;
        let Wire { date_released, count, vulnerabilities } = wire;
        let date = date_released.trim().parse();
        let date = date.with_context(|| format!("`dateReleased` is no time: {date_released:?}"))?;
        let entries = vulnerabilities.len() as u64;
        ensure!(entries == count, "it has {entries} entries and says that it has {count}: not all of it is there");
        // Who never saw an exploited vulnerability would call none exploited.
        ensure!(entries > 0, "it has no entry");
        let mut listed = HashSet::with_capacity(vulnerabilities.len());
        for (number, Entry { cve }) in vulnerabilities.into_iter().enumerate() {
            let id = cve.trim().to_ascii_uppercase();
            ensure!(id.starts_with("CVE-"), "`cveID` of entry {} is no CVE id: {cve:?}", number + 1);
            listed.insert(id);
        }
        Ok(Catalog { date, entries, listed })
    }

    /// Whether it lists a CVE id.
    #[must_use]
    pub fn lists(&self, cve: &str) -> bool {
        self.listed.contains(cve)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog(count: u64, entries: &str) -> String {
        format!(
            r#"{{"title": "x", "catalogVersion": "2026.11.20", "dateReleased": "2026-11-20T15:00:12.1234Z", "count": {count},
               "vulnerabilities": [{entries}]}}"#
        )
    }

    const TWO: &str = r#"{"cveID": "CVE-2021-44228", "vendorProject": "Apache", "dueDate": "2021-12-24", "cwes": []}, {"cveID": " cve-2024-3094"}"#;

    #[test]
    fn a_catalog_is_read_plain_and_packed() {
        for bytes in [catalog(2, TWO).into_bytes(), super::super::packed(catalog(2, TWO).as_bytes())] {
            let catalog = Catalog::parse(&bytes).unwrap();
            assert_eq!((catalog.entries, catalog.date.to_string().as_str()), (2, "2026-11-20T15:00:12.1234Z"));
            assert!(catalog.lists("CVE-2021-44228") && catalog.lists("CVE-2024-3094"));
            assert!(!catalog.lists("CVE-2021-4422"));
        }
    }

    #[test]
    fn what_is_not_the_whole_catalog_is_refused() {
        let whole = catalog(2, TWO);
        for (text, word) in [
            (catalog(3, TWO), "has 2 entries and says that it has 3"),
            (catalog(1, TWO), "has 2 entries and says that it has 1"),
            (catalog(0, ""), "no entry"),
            (catalog(1, r#"{"cveID": "GHSA-1"}"#), "no CVE id"),
            (catalog(1, r#"{"cve": "CVE-2021-1"}"#), "not a KEV catalog"),
            (whole.replace("2026-11-20T15:00:12.1234Z", "yesterday"), "no time"),
            (whole[..whole.len() - 3].to_owned(), "not a KEV catalog"),
            ("<html></html>".to_owned(), "not a KEV catalog"),
            ("[]".to_owned(), "not a KEV catalog"),
            (String::new(), "not a KEV catalog"),
        ] {
            let error = format!("{:#}", Catalog::parse(text.as_bytes()).expect_err(&text));
            assert!(error.contains(word), "{word}: {error}");
        }
    }
}
