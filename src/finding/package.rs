//! The package that a finding is about.

use super::Text;

/// A package, as far as the source tells it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Package {
    /// Name with its namespace, as the ecosystem writes it: `lodash`, `@angular/core`, `org.apache.logging.log4j:log4j-core`.
    pub name: Text,
    /// The installed version.
    pub version: Option<Text>,
    /// Package URL in canonical form, with the version where it is known.
    pub purl: Option<Text>,
    /// Whether the project names it itself (`Some(true)`) or another package brings it (`Some(false)`).
    pub direct: Option<bool>,
    /// Whether it ships or only helps to build.
    pub scope: Option<Scope>,
}

/// A package URL without its version and what follows: the package, whichever version is installed next week.
#[must_use]
pub fn unversioned(purl: &str) -> &str {
    let end = purl.find(['?', '#']).unwrap_or(purl.len());
    let bare = purl.get(..end).unwrap_or(purl);
    match bare.rfind('@') {
        Some(at) if !bare.get(at..).is_some_and(|version| version.contains('/')) => bare.get(..at).unwrap_or(bare),
        _ => bare,
    }
}

/// Whether a package ships with the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// It ships.
    Production,
    /// Only for building or testing.
    Development,
}

impl Scope {
    /// The name in the policy and in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Scope::Production => "production",
            Scope::Development => "development",
        }
    }

    /// Reads [`Scope::name`], exactly.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Scope> {
        [Scope::Production, Scope::Development].into_iter().find(|s| s.name() == name)
    }
}
