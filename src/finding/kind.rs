//! The kinds of finding: the keys of `thresholds` in the policy.

use std::fmt;

/// What kind of scan finds such things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A known vulnerability in a dependency.
    Sca,
    /// A flaw in the code itself.
    Sast,
    /// A credential in the code.
    Secret,
    /// Infrastructure as code.
    Iac,
    /// A container image and what it holds.
    Container,
    /// A licence that may not be used.
    License,
    /// A build or deployment pipeline.
    Cicd,
    /// Found in the running program.
    Dast,
    /// None of these, or not told.
    Other,
}

impl Kind {
    /// All kinds, in the order of reports.
    pub const ALL: [Kind; 9] = [
        Kind::Sca,
        Kind::Sast,
        Kind::Secret,
        Kind::Iac,
        Kind::Container,
        Kind::License,
        Kind::Cicd,
        Kind::Dast,
        Kind::Other,
    ];

    /// The name in the policy and in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Sca => "sca",
            Kind::Sast => "sast",
            Kind::Secret => "secret",
            Kind::Iac => "iac",
            Kind::Container => "container",
            Kind::License => "license",
            Kind::Cicd => "cicd",
            Kind::Dast => "dast",
            Kind::Other => "other",
        }
    }

    /// Reads [`Kind::name`], exactly.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Kind> {
        Self::ALL.into_iter().find(|k| k.name() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
