use std::collections::BTreeSet;
use std::sync::LazyLock;

use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::finding::State;
use crate::policy::{Enforcement, Verdict};
use crate::report::Format;
use crate::report::escape::is_hidden;
use crate::report::sample::{Checks, Sample, any_sample, large, sample, talkative};

static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| {
    let schema: Value = serde_json::from_str(include_str!("code-quality.schema.json")).unwrap();
    jsonschema::validator_for(&schema).unwrap()
});

fn check(sample: &Sample) -> Vec<Value> {
    let text = sample.written(Format::Gitlab);
    assert!(text.starts_with('[') && text.ends_with("]\n") && !text.contains("##["), "{text}");
    let document: Value = serde_json::from_str(&text).unwrap();
    let problems: Vec<String> =
        VALIDATOR.iter_errors(&document).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(problems.is_empty(), "{problems:#?}");
    let entries = document.as_array().unwrap().clone();
    let unique: BTreeSet<&str> = entries.iter().map(|entry| text_of(entry, "fingerprint")).collect();
    assert_eq!(unique.len(), entries.len(), "GitLab merges entries that share a fingerprint");
    let (is_violated, is_read) = sample.grounds();
    assert!(!entries.is_empty() || is_read && !is_violated, "a run that does not pass is no clean report");
    for entry in &entries {
        let texts = [text_of(entry, "description"), text_of(entry, "check_name")];
        assert!(texts.iter().all(|text| !text.contains(is_hidden)), "{entry}");
    }
    entries
}

fn text_of<'a>(entry: &'a Value, key: &str) -> &'a str {
    entry[key].as_str().unwrap_or_else(|| panic!("no {key} in {entry}"))
}

fn find<'a>(entries: &'a [Value], part: &str) -> &'a Value {
    let found = entries.iter().find(|entry| text_of(entry, "description").contains(part));
    found.unwrap_or_else(|| panic!("no {part:?} in {entries:#?}"))
}

/// The sample, read completely.
fn complete() -> Sample {
    let mut sample = sample();
    sample.only.clear();
    sample.evaluation.evidence.retain(|evidence| evidence.coverage.state == State::Complete);
    sample
}

#[test]
fn violations_and_warnings_are_entries_and_nothing_else() {
    let sample = complete();
    let entries = check(&sample);
    let reported = sample.evaluation.findings.iter().filter(|judged| !judged.violations.is_empty());
    let want: BTreeSet<String> = reported.map(|judged| judged.finding.fingerprint.to_string()).collect();
    let got: BTreeSet<String> = entries.iter().map(|entry| text_of(entry, "fingerprint").to_owned()).collect();
    assert_eq!(got, want);
}

#[test]
fn an_entry_tells_what_it_is_where_and_what_to_do() {
    let entries = check(&sample());
    let entry = find(&entries, "Prototype pollution");
    let want = serde_json::json!({
        "description": "lodash 4.17.20: Prototype pollution in lodash; violates thresholds.all.critical (3 found, 0 allowed; \
            .findgate.yml:12), thresholds.sca.high (2 found, 0 allowed; .findgate.yml:14); not waived: the waiver too-late \
            expired on 2026-01-31 (.findgate/waivers.yml:15); fix: upgrade to 4.17.21",
        "check_name": "CVE-2026-0001/lodash",
        "fingerprint": "v1:00000001a5a5a5a5a5a5a5a5a5a5a5a5",
        "severity": "blocker",
        "location": {"path": "web/package-lock.json", "lines": {"begin": 11}}
    });
    assert_eq!(*entry, want);
}

#[test]
fn the_waiver_and_the_rule_are_told_however_long_the_rest_is() {
    let entries = check(&talkative());
    let description = text_of(&entries[0], "description");
    let said = "; not waived: the waiver too-late expired on 2026-01-31 (.findgate/waivers.yml:15); unrated; counts as";
    assert!(description.contains(said) && description.contains("; violates rule rule"), "{description}");
}

#[test]
fn severities_have_gitlabs_names_and_what_nobody_rates_is_said() {
    for (ours, theirs) in [
        (Some(Severity::Critical), "blocker"),
        (Some(Severity::High), "critical"),
        (Some(Severity::Medium), "major"),
        (Some(Severity::Low), "minor"),
        (Some(Severity::Info), "info"),
        (None, "info"),
    ] {
        assert_eq!(severity(ours), theirs);
    }
    assert_eq!(find(&check(&sample()), "unrated; counts as critical")["severity"], "info");
}

#[test]
fn a_finding_without_a_file_is_shown_at_the_policy() {
    let entries = check(&complete());
    let lost: Vec<&Value> =
        entries.iter().filter(|entry| text_of(entry, "description").contains("no file is known")).collect();
    // One has no place, one a path with empty segments.
    assert_eq!(lost.len(), 2, "{lost:#?}");
    for entry in lost {
        assert_eq!(entry["location"], serde_json::json!({"path": ".findgate.yml", "lines": {"begin": 1}}));
    }
}

#[test]
fn nothing_found_is_an_empty_array() {
    let sample = large(0, Checks::Few);
    assert_eq!(sample.written(Format::Gitlab), "[]\n");
    assert!(check(&sample).is_empty());
}

#[test]
fn what_was_not_read_is_never_a_clean_report() {
    let mut sample = large(0, Checks::Few);
    sample.evaluation.evidence = self::sample().evaluation.evidence;
    sample.evaluation.verdict = Verdict::Undecided;
    let entries = check(&sample);
    let told: Vec<(&str, &str)> =
        entries.iter().map(|entry| (text_of(entry, "severity"), text_of(entry, "description"))).collect();
    assert_eq!(
        told,
        [
            (
                "blocker",
                "appsecplus is stale: the newest scan is 9 days old, 7 are allowed (required, so the verdict lacks it)"
            ),
            ("info", "mayo failed: 503 ::error::; and 1 more reason (optional)"),
            (
                "blocker",
                "mend is partial: 1 row could not be read; and 1 more reason (required, so the verdict lacks it)"
            ),
        ]
    );
    sample.evaluation.evidence.clear();
    assert_eq!(find(&check(&sample), "no source was read")["severity"], "blocker");
}

#[test]
fn the_reason_that_something_was_not_read_changes_no_fingerprint() {
    let mut sample = sample();
    let of = |sample: &Sample| find(&check(sample), "appsecplus is")["fingerprint"].clone();
    let before = of(&sample);
    sample.evaluation.evidence[0].coverage.reasons = vec!["the newest scan is 10 days old".to_owned()];
    assert_eq!(of(&sample), before);
}

#[test]
fn a_rule_without_findings_is_an_entry_at_its_line() {
    let mut sample = complete();
    let mut unused = sample.evaluation.violations[2].clone();
    unused.rule = "waivers.unused".to_owned();
    unused.description = Some("No waiver without a finding.".to_owned());
    unused.enforcement = Enforcement::Deny;
    sample.evaluation.violations.push(unused);
    let entries = check(&sample.settle());
    let entry = find(&entries, "[waivers.unused]");
    assert_eq!(entry["location"], serde_json::json!({"path": ".findgate.yml", "lines": {"begin": 20}}));
    assert_eq!(entry["severity"], "critical");
}

#[test]
fn what_is_beyond_the_limit_is_cut_worst_first_and_said() {
    let sample = large(FINDINGS as u32 + 2_000, Checks::Few);
    let entries = check(&sample);
    assert_eq!(entries.len(), FINDINGS + 1);
    let of = |severity: &str| entries.iter().filter(|entry| entry["severity"] == severity).count();
    assert_eq!([of("blocker"), of("critical"), of("major"), of("minor"), of("info")], [1_400, 1_400, 1_400, 800, 1]);
    let last = text_of(entries.last().unwrap(), "description");
    assert_eq!(last, "this report was cut: 2000 of 7000 findings are not in it; it holds the worst");
    assert!(shortened(&sample.report()).is_some_and(|cut| last.ends_with(&cut)));
    assert_eq!(shortened(&complete().report()), None);
}

#[test]
fn of_a_hundred_thousand_findings_the_worst_are_entries() {
    let entries = check(&large(100_000, Checks::OneEach));
    assert_eq!(entries.len(), FINDINGS + 1);
    let (cut, findings) = entries.split_last().unwrap();
    assert!(findings.iter().all(|entry| entry["severity"] == "blocker"));
    assert!(text_of(cut, "description").contains("95000 of 100000 findings are not in it"));
}

#[test]
fn whatever_is_in_the_texts_an_entry_is_never_long() {
    let mut sample = large(1, Checks::OneEach);
    let finding = &mut sample.evaluation.findings[0].finding;
    finding.title = "\"".repeat(70_000).into();
    finding.location.as_mut().unwrap().path = "\"".repeat(70_000).into();
    finding.package.as_mut().unwrap().name = "\u{202e}".repeat(70_000).into();
    finding.ids = ["\\".repeat(70_000).into()].into();
    sample.evaluation.violations[0].rule = "\\".repeat(70_000);
    let entries = check(&sample);
    assert_eq!(entries[0]["location"]["path"], ".findgate.yml", "no file has such a path");
    sample.evaluation.findings[0].finding.location.as_mut().unwrap().path = "\"".repeat(4_096).into();
    assert_eq!(text_of(&check(&sample)[0]["location"], "path").len(), 4_096);
    assert!(sample.written(Format::Gitlab).len() < 12_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_was_found_gitlab_takes_the_report(sample in any_sample()) {
        check(&sample);
    }
}
