//! CVSS: the score of a vector.

use std::str::FromStr as _;

/// The score of a vector. `None` unless every base metric is there: the parser takes a fragment such as
/// `CVSS:3.1/AV:N/AC:L` and scores it 0.0, which would make a critical finding harmless.
pub(super) fn score(vector: &str) -> Option<f32> {
    let vector = vector.trim().trim_start_matches('(').trim_end_matches(')');
    // The parser wants version 2 without a prefix and all others with one.
    let vector = vector.strip_prefix("CVSS:2.0/").unwrap_or(vector);
    let needed: &[&str] = if vector.starts_with("CVSS:4") {
        &["AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA"]
    } else if vector.starts_with("CVSS:3") {
        &["AV", "AC", "PR", "UI", "S", "C", "I", "A"]
    } else {
        &["AV", "AC", "Au", "C", "I", "A"]
    };
    let has =
        |metric: &&str| vector.split('/').any(|part| part.split_once(':').is_some_and(|(name, _)| name == *metric));
    if !needed.iter().all(has) {
        return None;
    }
    ::cvss::Cvss::from_str(vector).ok().map(|cvss| narrow(cvss.score()))
}

/// A score as the model keeps it.
#[expect(clippy::cast_possible_truncation, reason = "a score has one digit behind the point")]
pub(super) fn narrow(score: f64) -> f32 {
    score as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_counts_only_when_it_is_complete() {
        for (vector, want) in [
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Some(9.8)),
            ("CVSS:3.1/AV:N/AC:L", None),
            ("CVSS:2.0/AV:N/AC:L/Au:N/C:P/I:P/A:P", Some(7.5)),
            ("(AV:N/AC:L/Au:N/C:P/I:P/A:P)", Some(7.5)),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", Some(9.3)),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H", None),
            ("AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", None),
            ("nonsense", None),
        ] {
            assert_eq!(score(vector), want, "{vector}");
        }
    }
}
