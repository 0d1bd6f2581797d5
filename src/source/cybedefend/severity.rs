//! How bad a finding is, in the order in which CybeDefend tells it.

use crate::finding::Severity;
use crate::source::cvss;
use crate::source::scalar::Scalar;

/// What was told.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Told {
    /// `None`: nothing that a severity could be read from.
    pub(super) severity: Option<Severity>,
    /// What told it.
    pub(super) from: &'static str,
    /// The word or score as it was told.
    pub(super) raw: Option<String>,
    /// A word that nobody knows.
    pub(super) unknown: Option<String>,
}

/// The CVSS scores of a finding, each with its vector.
#[derive(Clone, Debug, Default)]
pub(super) struct Scores {
    /// The most particular first: adjusted to the project, of the finding itself, of an older CVSS. Absent is not zero.
    told: Vec<(f64, Option<String>)>,
}

/// One word of the vendor's.
enum Word {
    Level(Severity),
    /// It says that nothing is known.
    Nothing,
    Unknown,
}

impl Scores {
    /// Scores of CVSS 4 with their vectors, the more particular first. A vector without a score has the score it stands for.
    pub(super) fn new(scores: [&Scalar; 2], vectors: [&Scalar; 2]) -> Scores {
        let mut told = Scores::default();
        for (score, vector) in scores.into_iter().zip(vectors) {
            told.add(score.number(), vector.text());
        }
        told
    }

    /// Adds what an advisory says where the finding has no score of its own: a score, and vectors or scores as text.
    pub(super) fn with_older<'s>(mut self, score: &Scalar, ratings: impl Iterator<Item = &'s Scalar>) -> Scores {
        if !self.told.is_empty() {
            return self;
        }
        let rated: Vec<(Option<f64>, Option<&str>)> =
            ratings.map(|rating| (rating.number(), rating.text().filter(|text| text.contains('/')))).collect();
        match score.number() {
            Some(score) => self.add(Some(score), rated.iter().find_map(|(_, vector)| *vector)),
            None => rated.into_iter().for_each(|(score, vector)| self.add(score, vector)),
        }
        self
    }

    fn add(&mut self, score: Option<f64>, vector: Option<&str>) {
        let score = score.or_else(|| vector.and_then(cvss::score).map(f64::from));
        if let Some(score) = score.filter(|score| (0.0..=10.0).contains(score)) {
            self.told.push((score, vector.map(str::to_owned)));
        }
    }

    /// The highest score and its vector: of facts that contradict each other the stricter holds.
    pub(super) fn worst(&self) -> (Option<f32>, Option<String>) {
        let worst = self.told.iter().max_by(|a, b| a.0.total_cmp(&b.0));
        (worst.map(|(score, _)| cvss::narrow(*score)), worst.and_then(|(_, vector)| vector.clone()))
    }
}

/// Where a severity is from, where CybeDefend tells it of the finding itself.
const AT_CYBEDEFEND: &str = "severity at CybeDefend";

/// The severity of a finding: its own word, which triage may have changed; that of its rule or advisory; a score. An unrated
/// finding is not a harmless one: it stays without a severity, and so does one with a word that nobody knows.
pub(super) fn judge(current: &Scalar, rule: &Scalar, rule_is: &'static str, scores: &Scores) -> Told {
    for (told, from) in [(current, AT_CYBEDEFEND), (rule, rule_is)] {
        let Some(raw) = told.word() else { continue };
        match read(&raw) {
            Word::Level(severity) => {
                return Told { severity: Some(severity), from, raw: Some(raw.into_owned()), unknown: None };
            }
            Word::Nothing => {}
            Word::Unknown => {
                return Told { severity: None, from, raw: Some(raw.to_string()), unknown: Some(raw.into_owned()) };
            }
        }
    }
    match scores.told.first() {
        Some((score, _)) => Told {
            severity: Severity::from_score(*score),
            from: "CVSS score",
            raw: Some(score.to_string()),
            unknown: None,
        },
        None => Told { severity: None, from: AT_CYBEDEFEND, raw: None, unknown: None },
    }
}

/// All words that CybeDefend has for a severity; `MODERATE` is GitHub's for medium.
fn read(word: &str) -> Word {
    Word::Level(match word.trim().to_ascii_lowercase().as_str() {
        "critical" => Severity::Critical,
        "high" => Severity::High,
        "medium" | "moderate" => Severity::Medium,
        "low" => Severity::Low,
        "info" | "informational" => Severity::Info,
        "unknown" | "none" | "undefined" => return Word::Nothing,
        _ => return Word::Unknown,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scalar(text: &str) -> Scalar {
        if text.is_empty() { Scalar::Nothing } else { Scalar::Text(text.to_owned()) }
    }

    fn scores(environmental: Option<f64>, base: Option<f64>) -> Scores {
        let number = |score: Option<f64>| score.map_or(Scalar::Nothing, Scalar::Number);
        Scores::new([&number(environmental), &number(base)], [&Scalar::Nothing, &Scalar::Nothing])
    }

    #[test]
    fn the_first_that_tells_counts_and_what_nobody_rates_is_not_low() {
        let none = || scores(None, None);
        for (current, rule, scores, want, from) in [
            ("critical", "LOW", none(), Some(Severity::Critical), AT_CYBEDEFEND),
            ("low", "CRITICAL", none(), Some(Severity::Low), AT_CYBEDEFEND),
            ("", "HIGH", none(), Some(Severity::High), "rule"),
            (" ", "MODERATE", none(), Some(Severity::Medium), "rule"),
            ("", "INFO", none(), Some(Severity::Info), "rule"),
            ("none", "UNKNOWN", scores(Some(8.6), Some(9.3)), Some(Severity::High), "CVSS score"),
            ("", "", scores(None, Some(9.0)), Some(Severity::Critical), "CVSS score"),
            ("", "", scores(Some(0.0), None), Some(Severity::Info), "CVSS score"),
            ("", "", none(), None, AT_CYBEDEFEND),
        ] {
            let told = judge(&scalar(current), &scalar(rule), "rule", &scores);
            assert_eq!((told.severity, told.from), (want, from), "{current:?} {rule:?} {scores:?}");
            assert_eq!(told.unknown, None);
        }
    }

    #[test]
    fn a_word_that_nobody_knows_is_not_replaced_by_a_milder_one() {
        let told = judge(&scalar("catastrophic"), &scalar("LOW"), "rule", &scores(Some(1.0), None));
        assert_eq!((told.severity, told.unknown.as_deref()), (None, Some("catastrophic")));
        let told = judge(&Scalar::Nothing, &scalar("WILD"), "rule", &scores(Some(1.0), None));
        assert_eq!((told.severity, told.unknown.as_deref()), (None, Some("WILD")));
    }

    #[test]
    fn bands_are_those_of_cvss_and_a_number_out_of_range_is_no_score() {
        for (score, want) in [
            (10.0, Some(Severity::Critical)),
            (9.0, Some(Severity::Critical)),
            (8.9, Some(Severity::High)),
            (7.0, Some(Severity::High)),
            (6.9, Some(Severity::Medium)),
            (4.0, Some(Severity::Medium)),
            (3.9, Some(Severity::Low)),
            (0.1, Some(Severity::Low)),
            (0.0, Some(Severity::Info)),
            (10.1, None),
            (-1.0, None),
        ] {
            assert_eq!(
                judge(&Scalar::Nothing, &Scalar::Nothing, "", &scores(Some(score), None)).severity,
                want,
                "{score}"
            );
        }
    }

    #[test]
    fn the_higher_score_is_the_fact_and_an_older_one_only_where_there_is_no_other() {
        let vector = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N";
        let both = Scores::new([&Scalar::Number(8.6), &Scalar::Number(9.3)], [&Scalar::Nothing, &scalar(vector)]);
        assert_eq!(both.worst(), (Some(9.3), Some(vector.to_owned())));
        let kept = both.with_older(&Scalar::Number(10.0), [].into_iter());
        assert_eq!(kept.worst().0, Some(9.3));

        let unscored = Scores::new([&Scalar::Nothing, &Scalar::Nothing], [&Scalar::Nothing, &scalar(vector)]);
        assert_eq!(unscored.worst(), (Some(9.3), Some(vector.to_owned())), "the score that the vector stands for");

        let v3 = scalar("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:N");
        let older = Scores::default().with_older(&Scalar::Nothing, [&v3].into_iter());
        assert_eq!(older.worst().0, Some(5.3));
        let number = scalar("7.5");
        assert_eq!(Scores::default().with_older(&Scalar::Nothing, [&number].into_iter()).worst(), (Some(7.5), None));
        assert_eq!(Scores::default().with_older(&Scalar::Number(5.4), [&v3].into_iter()).worst().0, Some(5.4));
        assert_eq!(Scores::default().worst(), (None, None));
    }
}
