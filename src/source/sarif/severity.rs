//! How bad a result is, and which place in the file told so.
//!
//! The order, first that tells: the tool's own word (a property of the result, the message of tools that write it there,
//! a property or tag of the rule), a CVSS vector or score, `security-severity` of the result and of the rule, the level
//! of the result, the level of the rule, a linter's `problem.severity`, and at last SARIF's own default, `warning`.
//! Words that carry no severity (`undefined`, `unknown`) tell nothing, and the next place is asked; only Trivy's
//! `UNKNOWN` ends the search, because the level and the score that stand beside it are made from that very word.

use std::borrow::Cow;

use super::config::SeverityFrom;
use super::cvss::{narrow, score};
use super::kind::Maker;
use super::rule::Rule;
use super::wire::{Loose, Properties, Property};
use crate::finding::{Severity, Text};

/// A severity with its origin.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Told<'a> {
    /// `None` where nothing told.
    pub(super) severity: Option<Severity>,
    /// The place, for people.
    pub(super) from: &'static str,
    /// As it was written.
    pub(super) raw: Option<Cow<'a, str>>,
}

/// A CVSS vector and score, as far as they are told.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Cvss {
    /// The vector as it was written.
    pub(super) vector: Option<Text>,
    /// Its score, or the score that was told.
    pub(super) score: Option<f32>,
}

/// What a severity is judged by.
#[derive(Clone, Copy)]
pub(super) struct Evidence<'a> {
    /// The result's properties.
    pub(super) properties: Option<&'a Properties<'a>>,
    /// The word in the message, for tools that write one.
    pub(super) message: Option<&'a str>,
    /// The result's level.
    pub(super) level: Option<&'a str>,
    /// The result's CVSS.
    pub(super) cvss: &'a Cvss,
    /// The rule.
    pub(super) rule: Option<&'a Rule>,
    /// How the tool writes.
    pub(super) maker: Maker,
}

/// Judges.
pub(super) fn judge<'a>(evidence: Evidence<'a>, mode: SeverityFrom) -> Told<'a> {
    let nothing = |from| Told { severity: None, from, raw: None };
    match mode {
        SeverityFrom::Auto => own(evidence)
            .or_else(|| cvss(evidence))
            .or_else(|| security_severity(evidence).map(|told| scored(told, evidence)))
            .or_else(|| level(evidence))
            .or_else(|| problem(evidence))
            .unwrap_or_else(|| default(evidence)),
        SeverityFrom::Tool => {
            own(evidence).or_else(|| problem(evidence)).unwrap_or_else(|| nothing("no word of the tool itself"))
        }
        SeverityFrom::Score => security_severity(evidence).unwrap_or_else(|| nothing("no security-severity")),
        SeverityFrom::Level => level(evidence).unwrap_or_else(|| default(evidence)),
    }
}

/// Zero stands for "not scored" as often as for "harmless": where a level says more, the level counts.
fn scored<'a>(told: Told<'a>, evidence: Evidence<'a>) -> Told<'a> {
    match level(evidence) {
        Some(level) if told.severity == Some(Severity::Info) && level.severity > told.severity => level,
        _ => told,
    }
}

/// SARIF's own default holds where no level stands. One that stands there and is no word that anybody knows (`fatal`, or
/// nothing at all) tells nothing, and what that counts as is for the policy to say.
fn default(evidence: Evidence<'_>) -> Told<'_> {
    let of_rule = || {
        let rule = evidence.rule?;
        rule.configured.as_deref().or(rule.level.as_deref())
    };
    if let Some(raw) = evidence.level.or_else(of_rule) {
        return Told { severity: None, from: "a level that is no word of SARIF", raw: Some(Cow::Borrowed(raw)) };
    }
    Told { severity: Some(Severity::Medium), from: "SARIF's default level", raw: Some(Cow::Borrowed("warning")) }
}

/// A word that tells.
fn word<'a>(raw: &'a str, from: &'static str) -> Option<Told<'a>> {
    let severity = Severity::from_word(raw)?;
    Some(Told { severity: Some(severity), from, raw: Some(Cow::Borrowed(raw)) })
}

/// The tool's own word.
fn own(evidence: Evidence<'_>) -> Option<Told<'_>> {
    let in_result = evidence.properties.and_then(own_word).and_then(|(raw, property)| {
        let from = match property {
            Property::IssueSeverity => "issue_severity of the result",
            Property::ZizmorSeverity => "zizmor/severity of the result",
            Property::Problem => "problem of the result",
            _ => "severity of the result",
        };
        word(raw, from)
    });
    let trivy = |raw: &str| evidence.maker == Maker::Trivy && raw.eq_ignore_ascii_case("unknown");
    let in_message = || match evidence.message {
        Some(raw) if trivy(raw) => {
            Some(Told { severity: None, from: "severity in the message", raw: Some(Cow::Borrowed(raw)) })
        }
        Some(raw) => word(raw, "severity in the message"),
        None => None,
    };
    let in_rule = || {
        let (raw, from) = evidence.rule?.word.as_ref()?;
        if trivy(raw) {
            return Some(Told { severity: None, from, raw: Some(Cow::Borrowed(raw)) });
        }
        word(raw, from)
    };
    in_result.or_else(in_message).or_else(in_rule)
}

/// The first severity among the properties that is a word which tells.
pub(super) fn own_word<'a>(properties: &'a Properties<'a>) -> Option<(&'a str, Property)> {
    properties.severity.iter().find_map(|(property, value)| {
        let value = match property {
            Property::Problem => value.member("severity")?,
            _ => value,
        };
        // A number here is a level on some scale of the tool's own (retire.js writes 2), not a score.
        let raw = value.text()?;
        Severity::from_word(raw).map(|_| (raw, *property))
    })
}

fn cvss(evidence: Evidence<'_>) -> Option<Told<'_>> {
    let of = |cvss: &Cvss, vector: &'static str, score: &'static str| {
        let number = cvss.score?;
        let from = if cvss.vector.is_some() { vector } else { score };
        let severity = Severity::from_score(f64::from(number))?;
        Some(Told { severity: Some(severity), from, raw: Some(Cow::Owned(number.to_string())) })
    };
    of(evidence.cvss, "CVSS vector of the result", "CVSS score of the result")
        .or_else(|| of(&evidence.rule?.cvss, "CVSS vector of the rule", "CVSS score of the rule"))
}

fn security_severity(evidence: Evidence<'_>) -> Option<Told<'_>> {
    let of_result = evidence.properties.and_then(|properties| properties.security_severity.as_ref());
    of_result
        .and_then(|value| value.word().and_then(|raw| score_or_word(raw, "security-severity of the result")))
        .or_else(|| {
            score_or_word(Cow::Borrowed(evidence.rule?.security_severity.as_deref()?), "security-severity of the rule")
        })
}

/// A score, or a word where a score belongs.
fn score_or_word<'a>(raw: Cow<'a, str>, from: &'static str) -> Option<Told<'a>> {
    let severity = match raw.trim().parse::<f64>() {
        Ok(score) => Severity::from_score(score),
        Err(_) => Severity::from_word(&raw),
    }?;
    Some(Told { severity: Some(severity), from, raw: Some(raw) })
}

fn level(evidence: Evidence<'_>) -> Option<Told<'_>> {
    let of_rule = || {
        let rule = evidence.rule?;
        let configured = rule.configured.as_deref().and_then(|raw| word(raw, "configured level of the rule"));
        configured.or_else(|| word(rule.level.as_deref()?, "default level of the rule"))
    };
    evidence.level.and_then(|raw| word(raw, "level of the result")).or_else(of_rule)
}

/// CodeQL's word; it stands last because it only repeats the level, and `error` there is no tool's judgment of a risk.
fn problem(evidence: Evidence<'_>) -> Option<Told<'_>> {
    word(evidence.rule?.problem.as_deref()?, "problem.severity of the rule")
}

/// Reads CVSS out of properties.
pub(super) fn cvss_of(properties: &Properties<'_>) -> Cvss {
    if properties.facts.is_empty() {
        return Cvss::default();
    }
    let all = |property| properties.facts.iter().filter(move |(p, _)| *p == property).map(|(_, value)| value);
    let order = [Property::Vector4, Property::Vector3, Property::Vector, Property::Cvss, Property::Vector2];
    let vectors = || order.into_iter().flat_map(all).filter_map(Loose::text).filter(|text| text.contains(':'));
    let complete = vectors().find_map(|text| score(text).map(|score| (text, score)));
    let told = || {
        [Property::Score4, Property::Score3, Property::Score, Property::Cvss, Property::Score2]
            .into_iter()
            .flat_map(all)
            .filter_map(Loose::number)
            // Zero stands for "not scored" wherever a tool writes all of its fields.
            .find(|score| *score > 0.0 && *score <= 10.0)
            .map(narrow)
    };
    match complete {
        Some((vector, score)) => Cvss { vector: Some(vector.into()), score: Some(score) },
        None => Cvss { vector: vectors().next().map(Text::from), score: told() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cvss_is_read_from_properties_newest_version_first() {
        let read = |json: &str| cvss_of(&serde_json::from_str(json).unwrap());
        let both = read(
            r#"{"cvssv2_vector": "AV:N/AC:L/Au:N/C:P/I:P/A:P", "cvssv2_score": 7.5, "cvssv3_baseScore": 9.8,
                "cvssv3_vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}"#,
        );
        assert_eq!(both.score, Some(9.8));
        assert!(both.vector.unwrap().starts_with("CVSS:3.1/"));
        assert_eq!(read(r#"{"cvssv3_vector": "CVSS:3.1/AV:N", "cvssv3_baseScore": "8.1"}"#).score, Some(8.1));
        assert_eq!(read(r#"{"cvssv3_baseScore": 0.0, "cvssv2_score": 5}"#).score, Some(5.0));
        assert_eq!(read(r#"{"cvss": 11}"#), Cvss::default());
    }
}
