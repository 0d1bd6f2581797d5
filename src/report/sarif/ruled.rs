//! Violated rules that no finding violates: a result each, at the rule in the policy, so that an alert tells of them.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_sarif::sarif::{
    Location, Message, MultiformatMessageString, PropertyBag, ReportingConfiguration, ReportingDescriptor,
    Result as SarifResult, ResultKind, ResultLevel,
};

use super::super::Report;
use super::super::escape::markdown;
use super::Profile;
use super::result::at_line;
use super::rules::message;
use crate::policy::{Disposition, Enforcement, Violation};

/// The longest text.
const TEXT: usize = 1_000;

/// The violations that count no finding, in the order of their rule ids.
pub(super) fn violations<'a>(report: &Report<'a>) -> Vec<&'a Violation> {
    let mut all: Vec<&Violation> =
        report.evaluation.violations.iter().filter(|violation| violation.findings.is_empty()).collect();
    all.sort_by_key(|violation| id(violation));
    all.dedup_by_key(|violation| id(violation));
    all
}

/// What SARIF calls the rule.
pub(super) fn id(violation: &Violation) -> String {
    format!("findgate/{}", message(&violation.rule, 200))
}

fn level(violation: &Violation) -> (ResultLevel, &'static str, &'static str) {
    match violation.enforcement {
        Enforcement::Deny => (ResultLevel::Error, "error", "8.0"),
        Enforcement::Warn => (ResultLevel::Warning, "warning", "5.5"),
    }
}

fn sentence(violation: &Violation) -> String {
    let Violation { rule, description, place, found, allowed, .. } = violation;
    let what = description.clone().unwrap_or_else(|| format!("{found} found, {allowed} allowed."));
    format!("{} Violates {rule} ({place}).", message(&what, 600))
}

pub(super) fn result(report: &Report<'_>, profile: Profile, violation: &Violation, index: Option<i64>) -> SarifResult {
    let disposition = match violation.enforcement {
        Enforcement::Deny => Disposition::Violation,
        Enforcement::Warn => Disposition::Warning,
    };
    let rules = Value::Array(vec![Value::String(message(&violation.rule, 200))]);
    let bag = BTreeMap::from([
        ("findgate/disposition".to_owned(), Value::String(disposition.name().to_owned())),
        ("findgate/policyRules".to_owned(), rules),
    ]);
    let place = at_line(report, &violation.place.file, violation.place.line);
    let mut result = SarifResult::builder()
        .message(Message::builder().text(message(&sentence(violation), TEXT)).build())
        .rule_id(id(violation))
        .kind(ResultKind::Fail)
        .level(level(violation).0)
        .locations(vec![Location::builder().physical_location(place).build()])
        .partial_fingerprints(BTreeMap::from([("findgateFinding/v1".to_owned(), id(violation))]))
        .properties(PropertyBag::builder().additional_properties(bag).build())
        .build();
    result.rule_index = index;
    // Where a baseline is, every result says whether it is new; a rule of the policy's own is in no baseline.
    result.baseline_state = report.evaluation.baseline.as_ref().map(|_| Value::from("new"));
    result.suppressions = (profile == Profile::Audit).then(Vec::new);
    result
}

pub(super) fn descriptor(violation: &Violation) -> ReportingDescriptor {
    let text = |text: &str| MultiformatMessageString::builder().text(message(text, TEXT)).build();
    let short = format!("The rule {} of the policy is violated", violation.rule);
    let help = format!("{short}. {}", violation.description.as_deref().unwrap_or_default());
    let (_, level, severity) = level(violation);
    let severity = BTreeMap::from([("security-severity".to_owned(), Value::String(severity.to_owned()))]);
    let tags = vec!["security".to_owned(), "policy".to_owned()];
    ReportingDescriptor::builder()
        .id(id(violation))
        .name("PolicyViolation")
        .short_description(text(&short))
        .full_description(text(&format!("{short}.")))
        .help(
            MultiformatMessageString::builder()
                .text(message(&help, TEXT))
                .markdown(markdown(&message(&help, TEXT)))
                .build(),
        )
        .default_configuration(ReportingConfiguration::builder().level(Value::String(level.to_owned())).build())
        .properties(PropertyBag::builder().tags(tags).additional_properties(severity).build())
        .build()
}
