//! Advisory ids and weakness classes in what tools write.

use crate::finding::Cwe;

/// Schemes of the form `NAME-year-number`; their ids are upper case.
const DATED: [&str; 8] = ["CVE", "RUSTSEC", "PYSEC", "GO", "OSV", "MAL", "HSEC", "GSD"];

/// Adds every advisory id that the text holds, in its canonical form.
pub(super) fn advisories(text: &str, found: &mut Vec<String>) {
    for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
        if let Some(id) = advisory(word) {
            found.push(id);
        }
    }
}

/// The advisory id that the word begins with: what follows may be a package, as in Grype's `CVE-2021-1234-openssl`.
fn advisory(word: &str) -> Option<String> {
    let (scheme, rest) = word.split_once('-')?;
    if let Some(name) = DATED.iter().find(|name| scheme.eq_ignore_ascii_case(name)) {
        let (year, rest) = rest.split_once('-')?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number = rest.get(..digits)?;
        let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
        // A letter right behind the number would be another scheme's id.
        let ends = rest.get(digits..).is_none_or(|tail| tail.is_empty() || tail.starts_with('-'));
        // PYSEC counts from 1; all others write at least four digits.
        let enough = if *name == "PYSEC" || *name == "MAL" || *name == "OSV" { 1 } else { 4 };
        return (is_year && ends && digits >= enough).then(|| format!("{name}-{year}-{number}"));
    }
    if scheme.eq_ignore_ascii_case("ghsa") {
        let id = rest.get(..14)?;
        let ends = rest.get(14..).is_none_or(|tail| tail.is_empty() || tail.starts_with('-'));
        let groups = id.split('-').all(|group| group.len() == 4 && group.bytes().all(|b| b.is_ascii_alphanumeric()));
        // GitHub writes the scheme in capitals and the rest in small letters.
        return (groups && ends).then(|| format!("GHSA-{}", id.to_ascii_lowercase()));
    }
    if scheme.eq_ignore_ascii_case("snyk") {
        let number = rest.rsplit('-').next()?;
        // `SNYK-CC-...` are Snyk's checks of infrastructure code, not advisories.
        let is_id = rest.contains('-')
            && !rest.starts_with("CC-")
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit());
        return is_id.then(|| word.to_ascii_uppercase());
    }
    None
}

/// Adds every weakness class that the text names: `external/cwe/cwe-079`, `CWE-95: Improper ...`, `cwe_79`.
pub(super) fn weaknesses(text: &str, found: &mut Vec<Cwe>) {
    let bytes = text.as_bytes();
    for (at, window) in bytes.windows(3).enumerate() {
        if !window.eq_ignore_ascii_case(b"cwe") {
            continue;
        }
        let rest = bytes.get(at + 3..).unwrap_or_default();
        let gap = rest.iter().take(2).take_while(|byte| matches!(byte, b'-' | b'_' | b':' | b' ' | b'/')).count();
        if let Some(number) = number(rest.get(gap..).unwrap_or_default()) {
            found.push(Cwe(number));
        }
    }
}

/// A weakness class that stands alone, as a number or with its name.
pub(super) fn weakness(text: &str, found: &mut Vec<Cwe>) {
    match number(text.trim().as_bytes()) {
        Some(number) => found.push(Cwe(number)),
        None => weaknesses(text, found),
    }
}

/// The number that the bytes begin with, unless it is no number of a class.
fn number(bytes: &[u8]) -> Option<u32> {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let text = std::str::from_utf8(bytes.get(..digits)?).ok()?;
    text.parse().ok().filter(|number| (1..100_000).contains(number))
}

/// Whether this is a UUID.
pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Whether a weakness is about credentials: then a message may quote one.
pub(super) fn is_credential(cwe: Cwe) -> bool {
    // Hard-coded password, cryptographic key, credentials; plain-text password; insufficiently protected credentials;
    // use of a hard-coded constant for security.
    matches!(cwe.0, 256 | 259 | 312 | 321 | 522 | 547 | 798)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advisory_ids_are_found_and_brought_into_one_form() {
        for (text, want) in [
            ("CVE-2021-23337", &["CVE-2021-23337"][..]),
            ("cve-2021-23337-lodash", &["CVE-2021-23337"]),
            ("CVE-2018-3721_lodash_4.17.0", &["CVE-2018-3721"]),
            ("GHSA-35JH-r3h4-6jhm-lodash", &["GHSA-35jh-r3h4-6jhm"]),
            ("SNYK-JS-LODASH-590103", &["SNYK-JS-LODASH-590103"]),
            (
                "Package 'a@1' is vulnerable to 'RUSTSEC-2022-0013' (also known as 'PYSEC-2021-3').",
                &["RUSTSEC-2022-0013", "PYSEC-2021-3"],
            ),
            ("(CVE-2020-8203,CVE-2021-1234) lodash@4", &["CVE-2020-8203", "CVE-2021-1234"]),
            ("CVE-2021-12", &[]),
            ("GO-home", &[]),
            ("go-2021", &[]),
            ("xCVE-2021-12345", &[]),
            ("snyk:lic:npm:a:GPL-3.0", &[]),
        ] {
            let mut found = Vec::new();
            advisories(text, &mut found);
            assert_eq!(found, want, "{text}");
        }
    }

    #[test]
    fn weakness_classes_are_found_however_they_are_written() {
        for (text, want) in [
            ("external/cwe/cwe-079", &[79][..]),
            ("CWE-95: Improper Neutralization", &[95]),
            ("cwe_22, CWE:23", &[22, 23]),
            ("CWE", &[]),
            ("cwe-0", &[]),
            ("scwelch-12", &[]),
        ] {
            let mut found = Vec::new();
            weaknesses(text, &mut found);
            assert_eq!(found, want.iter().map(|n| Cwe(*n)).collect::<Vec<_>>(), "{text}");
        }
    }
}
