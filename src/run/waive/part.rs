//! What of a finding a waiver matches.

use anyhow::{anyhow, bail};
use globset::escape;

use crate::finding::{Finding, Package, unversioned};

/// A key of `match`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Fingerprint,
    Id,
    Package,
    Path,
    Check,
}

impl Part {
    const ALL: [Part; 5] = [Part::Fingerprint, Part::Id, Part::Package, Part::Path, Part::Check];

    /// The key.
    pub(super) fn name(self) -> &'static str {
        match self {
            Part::Fingerprint => "fingerprint",
            Part::Id => "id",
            Part::Package => "package",
            Part::Path => "path",
            Part::Check => "check",
        }
    }

    /// Reads `--match`.
    pub(super) fn list(text: &str) -> anyhow::Result<Vec<Part>> {
        let mut parts = Vec::new();
        for word in text.split(['+', ',']).map(str::trim) {
            let known = Part::ALL.into_iter().find(|part| part.name() == word);
            let known = known.ok_or_else(|| {
                let names = Part::ALL.map(Part::name).join(", ");
                anyhow!("--match {text}: `{word}` is no part of a finding; parts are {names}, joined by +")
            })?;
            if parts.contains(&known) {
                bail!("--match {text}: `{word}` is named twice");
            }
            parts.push(known);
        }
        Ok(parts)
    }

    /// What is matched of these findings unless somebody says it: one finding by its identity, several of one advisory by the
    /// advisory, and by the package that they share.
    pub(super) fn fitting(findings: &[Finding]) -> Vec<Part> {
        match findings {
            [_] => vec![Part::Fingerprint],
            _ if shared(findings, package).is_ok() => vec![Part::Id, Part::Package],
            _ => vec![Part::Id],
        }
    }

    /// Its value, which all the findings share.
    pub(super) fn of(self, findings: &[Finding], advisory: Option<&str>) -> anyhow::Result<Vec<String>> {
        let missing = |what: &str| anyhow!("--match {}: {what}; match something else", self.name());
        match self {
            Part::Fingerprint => shared(findings, |finding| Some(finding.fingerprint.to_string()))
                .map_err(|_| missing("several findings are meant, and each has its own")),
            Part::Id => match advisory {
                Some(advisory) => Ok(vec![known_as(advisory, findings)]),
                None => shared(findings, |finding| {
                    let own = finding.sightings.iter().find_map(|sighting| sighting.id.as_ref());
                    finding.advisory().or(own).map(ToString::to_string)
                })
                .map_err(missing),
            },
            Part::Package => shared(findings, package).map_err(missing),
            Part::Path => {
                let mut paths = Vec::new();
                for finding in findings {
                    let location = finding.location.as_ref().ok_or_else(|| missing("the finding has no path"))?;
                    paths
                        .extend(std::iter::once(&location.path).chain(finding.also_in.iter()).map(|path| escape(path)));
                }
                paths.sort();
                paths.dedup();
                Ok(paths)
            }
            Part::Check => shared(findings, |finding| finding.check().map(ToString::to_string)).map_err(missing),
        }
    }
}

/// What all findings have, or why there is no such thing.
fn shared(findings: &[Finding], of: impl Fn(&Finding) -> Option<String>) -> Result<Vec<String>, &'static str> {
    let mut values: Vec<String> = Vec::new();
    for finding in findings {
        values.push(of(finding).ok_or("the finding has none")?);
    }
    values.dedup();
    if values.len() == 1 { Ok(values) } else { Err("the findings do not share one") }
}

/// The package in every version, by its package URL where that is known.
fn package(finding: &Finding) -> Option<String> {
    let Package { name, purl, .. } = finding.package.as_deref()?;
    Some(purl.as_deref().map_or_else(|| escape(name), |purl| unversioned(purl).to_owned()))
}

/// An advisory as the findings write it.
fn known_as(advisory: &str, findings: &[Finding]) -> String {
    let ids = findings.iter().flat_map(|finding| finding.ids.iter());
    ids.map(|id| &**id).find(|id| id.eq_ignore_ascii_case(advisory)).unwrap_or(advisory).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Case, Pattern, Patterns, Slash};

    #[test]
    fn parts_are_named_and_joined() {
        assert_eq!(Part::list("id+package").expect("parts"), [Part::Id, Part::Package]);
        assert_eq!(Part::list("path, check").expect("parts"), [Part::Path, Part::Check]);
        for (wrong, why) in [("ids", "`ids` is no part"), ("id+id", "twice"), ("", "`` is no part")] {
            let error = Part::list(wrong).expect_err("refused").to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn a_literal_glob_matches_itself_and_nothing_else() {
        for path in ["src/a.py", "a/[id].tsx", "a/{x}/*.c", "a?b", "app/[[...slug]]/page.js"] {
            let glob = Pattern::new(&escape(path), Case::Kept, Slash::Separates).expect("a glob");
            let matcher = Patterns::new([glob]).expect("a matcher");
            assert!(matcher.is_match(path), "{path}: {}", escape(path));
            assert!(!matcher.is_match(&format!("{path}x")) && !matcher.is_match("a/i.tsx") && !matcher.is_match("aXb"));
        }
    }
}
