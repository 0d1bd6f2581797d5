//! Severity: five levels with a total order. "Unknown" is no level; it is `Option::None` where a severity stands.

use std::fmt;

/// How bad a finding is; `Critical` is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing, nothing to fix.
    Info,
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
    /// Critical.
    Critical,
}

impl Severity {
    /// All levels, worst first: the order of reports.
    pub const WORST_FIRST: [Severity; 5] =
        [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];

    /// The name in the policy and in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }

    /// Reads the policy's own names, exactly; tools' words go through [`Severity::from_word`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Severity> {
        Self::WORST_FIRST.into_iter().find(|s| s.name() == name)
    }

    /// Reads the words that scanners use, in any case. `None` for words that carry no severity, `undefined` and
    /// `unknown` among them.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Severity> {
        let word = word.trim().to_ascii_lowercase();
        Some(match word.as_str() {
            "critical" | "blocker" | "emergency" | "very high" | "very-high" => Severity::Critical,
            "high" | "error" | "important" | "major" | "severe" => Severity::High,
            "medium" | "moderate" | "warning" | "warn" => Severity::Medium,
            "low" | "minor" | "note" => Severity::Low,
            "info" | "informational" | "information" | "negligible" | "none" | "recommendation" | "trivial" => {
                Severity::Info
            }
            _ => return None,
        })
    }

    /// The qualitative rating of a CVSS score: 9.0 critical, 7.0 high, 4.0 medium, above 0 low, 0 info (CVSS v3.1,
    /// section 5). `None` for a number that is no score.
    #[must_use]
    pub fn from_score(score: f64) -> Option<Severity> {
        match score {
            s if !(0.0..=10.0).contains(&s) => None,
            s if s >= 9.0 => Some(Severity::Critical),
            s if s >= 7.0 => Some(Severity::High),
            s if s >= 4.0 => Some(Severity::Medium),
            s if s > 0.0 => Some(Severity::Low),
            _ => Some(Severity::Info),
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn critical_is_the_worst_and_the_order_is_total() {
        assert!(Severity::WORST_FIRST.windows(2).all(|pair| pair[0] > pair[1]));
    }

    #[test]
    fn words_are_read_in_any_case_and_words_without_a_severity_are_not_guessed() {
        assert_eq!(Severity::from_word(" HIGH "), Some(Severity::High));
        assert_eq!(Severity::from_word("Moderate"), Some(Severity::Medium));
        for nothing in ["", "undefined", "unknown", "n/a", "7.5"] {
            assert_eq!(Severity::from_word(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn scores_follow_the_cvss_bands_and_numbers_that_are_no_scores_are_refused() {
        for (score, want) in [
            (10.0, Some(Severity::Critical)),
            (9.0, Some(Severity::Critical)),
            (8.9, Some(Severity::High)),
            (6.9, Some(Severity::Medium)),
            (0.1, Some(Severity::Low)),
            (0.0, Some(Severity::Info)),
            (-0.1, None),
            (10.1, None),
            (f64::NAN, None),
        ] {
            assert_eq!(Severity::from_score(score), want, "{score}");
        }
    }
}
