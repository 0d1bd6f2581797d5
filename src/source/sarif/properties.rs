//! Property bags: where tools put the facts that SARIF has no place for. The keys of all tools stand in one table.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::wire::{Loose, Str};

/// What is read of a property bag: the places where tools put facts that SARIF has no place for.
#[derive(Debug, Default)]
pub(super) struct Properties<'a> {
    /// `security-severity`.
    pub(super) security_severity: Option<Loose<'a>>,
    /// The tool's own word, by the name of its key.
    pub(super) severity: Vec<(Property, Loose<'a>)>,
    /// `tags`.
    pub(super) tags: Vec<Cow<'a, str>>,
    /// Everything else that is known, by its meaning.
    pub(super) facts: Vec<(Property, Loose<'a>)>,
}

impl<'a> Properties<'a> {
    /// The first fact of this meaning.
    pub(super) fn fact(&self, property: Property) -> Option<&Loose<'a>> {
        self.all(property).next()
    }

    /// Every fact of this meaning: one tool may tell it under several names, and not each time the same.
    pub(super) fn all(&self, property: Property) -> impl Iterator<Item = &Loose<'a>> {
        self.facts.iter().filter(move |(p, _)| *p == property).map(|(_, value)| value)
    }
}

/// What a property means. The variants of severity stand in the order in which they are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Property {
    /// `issue_severity`: Bandit.
    IssueSeverity,
    /// `severity`: Dependency-Check, Terrascan and many others.
    Severity,
    /// `zizmor/severity`.
    ZizmorSeverity,
    /// `problem: {severity}`: Snyk IaC.
    Problem,
    /// `problem.severity`: CodeQL; it only repeats the level.
    ProblemSeverity,
    /// CVSS vectors, the newest version first.
    Vector4,
    /// Version 3.
    Vector3,
    /// Version 2.
    Vector2,
    /// A vector of any version.
    Vector,
    /// CVSS scores, the newest version first.
    Score4,
    /// Version 3.
    Score3,
    /// Version 2.
    Score2,
    /// A score of any version.
    Score,
    /// `cvss`: a vector or a score.
    Cvss,
    /// Weakness classes.
    Cwe,
    /// Package URLs.
    Purl,
    /// The package's name, or an object with name and version.
    Package,
    /// The installed version.
    Version,
    /// Versions that fix it.
    Fixed,
    /// Licences.
    License,
    /// The probability of exploitation.
    Epss,
    /// Known to be exploited.
    Kev,
    /// Whether the code can be reached.
    Reachable,
    /// Whether the project names the package itself.
    Direct,
    /// Whether it ships.
    Scope,
    /// Advisory ids.
    Ids,
}

impl Property {
    /// The meaning of a key.
    fn of(key: &str) -> Option<Property> {
        Some(match key {
            "issue_severity" => Property::IssueSeverity,
            "severity" | "Severity" => Property::Severity,
            "zizmor/severity" => Property::ZizmorSeverity,
            "problem" => Property::Problem,
            "problem.severity" => Property::ProblemSeverity,
            "cvssv40_vector" | "cvssv4_vector" => Property::Vector4,
            "cvssv31_vector" | "cvssv3_vector" | "cvssV3Vector" => Property::Vector3,
            "cvssv2_vector" | "cvssV2Vector" => Property::Vector2,
            "cvssVector" | "cvss_vector" | "cvss-vector" => Property::Vector,
            "cvssv40_baseScore" | "cvssv4_baseScore" | "cvssv4_score" => Property::Score4,
            "cvssv31_baseScore" | "cvssv3_baseScore" | "cvssv3_score" => Property::Score3,
            "cvssv2_baseScore" | "cvssv2_score" => Property::Score2,
            "cvssScore" | "cvss_score" | "cvss-score" => Property::Score,
            "cvss" => Property::Cvss,
            "cwe" | "cwes" | "CWE" | "cwe_id" | "cwe-id" | "cweId" | "cweIds" => Property::Cwe,
            "purl" | "purls" | "packageUrl" | "package_url" | "packageURL" => Property::Purl,
            "package" | "packageName" | "package_name" | "pkgName" => Property::Package,
            "packageVersion" | "package_version" | "installedVersion" | "installed_version" => Property::Version,
            "fixedVersion" | "fixed_version" | "fixedVersions" | "fixed_versions" | "fixedIn" | "fixed_in" => {
                Property::Fixed
            }
            "license" | "licenses" | "licence" => Property::License,
            "epss" | "epssScore" | "epss_score" => Property::Epss,
            "kev" | "isKev" | "cisaKev" | "knownExploited" | "known_exploited" => Property::Kev,
            "reachable" | "reachability" => Property::Reachable,
            "direct" | "isDirect" | "is_direct" => Property::Direct,
            "scope" | "dependencyScope" => Property::Scope,
            "aliases" | "cve" | "cves" | "CVE" | "cveId" | "cve_id" | "ghsa" => Property::Ids,
            _ => return None,
        })
    }

    /// Whether it is the tool's own word on how bad it is.
    fn is_severity(self) -> bool {
        self <= Property::Problem
    }
}

impl<'a, 'de: 'a> Deserialize<'de> for Properties<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'a> Visitor<'a> for V {
            type Value = Properties<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a property bag")
            }

            fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut bag = Properties::default();
                let mut tags = false;
                while let Some(Str(key)) = map.next_key::<Str<'a>>()? {
                    let twice = match &*key {
                        "security-severity" => bag.security_severity.replace(map.next_value()?).is_some(),
                        "tags" => {
                            let list: Loose<'a> = map.next_value()?;
                            match list {
                                Loose::List(list) => bag.tags.extend(list.into_iter().filter_map(|tag| match tag {
                                    Loose::Text(text) => Some(text),
                                    _ => None,
                                })),
                                Loose::Text(text) => bag.tags.push(text),
                                _ => {}
                            }
                            std::mem::replace(&mut tags, true)
                        }
                        name => match Property::of(name) {
                            None => {
                                map.next_value::<IgnoredAny>()?;
                                false
                            }
                            Some(property) => {
                                let value = map.next_value()?;
                                let list = if property.is_severity() { &mut bag.severity } else { &mut bag.facts };
                                // Two spellings of one meaning may stand side by side; the same severity twice may not.
                                let twice = property.is_severity() && list.iter().any(|(p, _)| *p == property);
                                list.push((property, value));
                                twice
                            }
                        },
                    };
                    if twice {
                        return Err(A::Error::custom(format_args!("duplicate property `{key}`")));
                    }
                }
                bag.severity.sort_by_key(|(property, _)| *property);
                Ok(bag)
            }

            // A list or text where the bag belongs holds nothing that could be read, and nothing of SARIF's own.
            fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Properties::default())
            }
        }
        deserializer.deserialize_any(V)
    }
}
