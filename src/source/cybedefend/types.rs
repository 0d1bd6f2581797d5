//! The types of finding that CybeDefend has, each a list of its own.

use crate::finding::Kind;
use crate::policy::shape::Words;

/// One type of finding; in the order of the policy's `types`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Type {
    /// Flaws in code.
    Sast,
    /// Vulnerable packages.
    Sca,
    /// Infrastructure as code.
    Iac,
    /// Credentials in code.
    Secret,
    /// Pipelines.
    Cicd,
    /// What images hold.
    Container,
}

/// The words of `types`.
pub(super) static WORDS: Words = Words {
    what: "type of finding",
    words: &["sast", "sca", "iac", "secret", "cicd", "container"],
    synonyms: &[
        ("secrets", "secret"),
        ("ci/cd", "cicd"),
        ("ci-cd", "cicd"),
        ("pipeline", "cicd"),
        ("containers", "container"),
        ("image", "container"),
        ("images", "container"),
        ("dependencies", "sca"),
        ("code", "sast"),
        ("terraform", "iac"),
    ],
};

impl Type {
    /// All of them.
    pub(super) const ALL: [Type; 6] = [Type::Sast, Type::Sca, Type::Iac, Type::Secret, Type::Cicd, Type::Container];

    /// The name in addresses and in the policy.
    pub(super) fn name(self) -> &'static str {
        match self {
            Type::Sast => "sast",
            Type::Sca => "sca",
            Type::Iac => "iac",
            Type::Secret => "secret",
            Type::Cicd => "cicd",
            Type::Container => "container",
        }
    }

    /// Reads [`Type::name`], exactly.
    pub(super) fn from_name(name: &str) -> Option<Type> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// The name for people.
    pub(super) fn title(self) -> &'static str {
        match self {
            Type::Sast => "SAST",
            Type::Sca => "SCA",
            Type::Iac => "IaC",
            Type::Secret => "secret",
            Type::Cicd => "CI/CD",
            Type::Container => "container",
        }
    }

    /// What its list is called in messages.
    pub(super) fn list(self) -> &'static str {
        match self {
            Type::Sast => "SAST findings",
            Type::Sca => "SCA findings",
            Type::Iac => "IaC findings",
            Type::Secret => "secret findings",
            Type::Cicd => "CI/CD findings",
            Type::Container => "container findings",
        }
    }

    /// The kind of its findings.
    pub(super) fn kind(self) -> Kind {
        match self {
            Type::Sast => Kind::Sast,
            Type::Sca => Kind::Sca,
            Type::Iac => Kind::Iac,
            Type::Secret => Kind::Secret,
            Type::Cicd => Kind::Cicd,
            Type::Container => Kind::Container,
        }
    }

    /// Whether its list is documented to page by `page` and `limit`; the others page by `pageNumber` and `pageSizeNumber`.
    pub(super) fn pages_by_limit(self) -> bool {
        matches!(self, Type::Sca | Type::Container)
    }

    /// Whether its list is documented to sort by `createdAt`.
    pub(super) fn sorts(self) -> bool {
        self != Type::Container
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_its_word_in_the_policy_and_a_kind_of_the_same_name() {
        assert_eq!(WORDS.words, Type::ALL.map(Type::name));
        for one in Type::ALL {
            assert_eq!(Type::from_name(one.name()), Some(one));
            assert_eq!(one.kind().name(), one.name());
        }
    }
}
