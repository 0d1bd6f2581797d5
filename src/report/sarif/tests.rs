use std::sync::LazyLock;

use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::finding::{Severity, State};
use crate::policy::{Requirement, Verdict};
use crate::report::Format;
use crate::report::escape::is_hidden;
use crate::report::sample::{Checks, Sample, any_sample, large, sample, talkative};

#[test]
fn the_waiver_and_the_rule_are_told_however_long_the_rest_is() {
    let document = document(&talkative(), Format::Sarif);
    check(&document, Profile::CodeScanning);
    let message = text(&document, "/runs/0/results/0/message/text");
    let said = " Not waived: the waiver too-late expired on 2026-01-31 (.findgate/waivers.yml:15). Unrated; counts as";
    assert!(message.contains(said) && message.contains(" Violates rule rule"), "{message}");
}

/// Built once: a schema takes longer to read than a document to check.
static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| {
    let schema: Value = serde_json::from_str(include_str!("../../../tests/data/sarif-2.1.0.json")).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
});

fn document(sample: &Sample, format: Format) -> Value {
    serde_json::from_str(&sample.written(format)).unwrap()
}

fn list<'a>(value: &'a Value, at: &str) -> &'a [Value] {
    value
        .pointer(at)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_else(|| panic!("no list at {at} in {value}"))
}

fn text<'a>(value: &'a Value, at: &str) -> &'a str {
    value.pointer(at).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {at} in {value}"))
}

fn fits(text: &str, limit: usize) -> bool {
    !text.is_empty() && text.encode_utf16().count() <= limit && !text.contains(|c| is_hidden(c) && c != '\n')
}

fn is_plain(text: &str) -> bool {
    !text.contains("](") && !(0..10).any(|digit| text.contains(&format!("{{{digit}}}")))
}

/// What no schema and no validator checks: the limits of the platforms and what they refuse a whole file for.
fn check(document: &Value, profile: Profile) {
    let runs = list(document, "/runs");
    assert_eq!(runs.len(), 1, "one run, so one category");
    let run = &runs[0];
    let category = text(run, "/automationDetails/id");
    assert!(
        category.starts_with("findgate/") && category.ends_with('/') && category.matches('/').count() == 2,
        "{category}"
    );

    let rules = list(run, "/tool/driver/rules");
    assert!(rules.len() <= 25_000);
    let mut ids: Vec<&str> = rules.iter().map(|rule| text(rule, "/id")).collect();
    assert!(ids.is_sorted(), "the table has a fixed order");
    ids.dedup();
    assert_eq!(ids.len(), rules.len(), "a rule is described once");
    rules.iter().for_each(check_rule);

    let results = list(run, "/results");
    if profile == Profile::CodeScanning {
        assert!(results.len() <= 5_000);
    }
    for result in results {
        check_result(result, rules, profile);
        let told = |result: &Value| result.get("baselineState").is_some();
        assert_eq!(told(result), told(&results[0]), "all results say whether they are new, or none does");
    }
    for notification in list(run, "/invocations/0/toolExecutionNotifications") {
        assert!(fits(text(notification, "/message/text"), 1_024) && is_plain(text(notification, "/message/text")));
    }
}

fn check_rule(rule: &Value) {
    assert!(fits(text(rule, "/id"), 220));
    for at in ["/shortDescription/text", "/fullDescription/text"] {
        assert!(fits(text(rule, at), 1_024) && is_plain(text(rule, at)), "{rule}");
    }
    assert!(fits(text(rule, "/help/text"), 8_192) && is_plain(text(rule, "/help/text")));
    // What follows stands in a code span. A rule of the policy's own has no finding to waive.
    let rendered = text(rule, "/help/markdown");
    let is_own = text(rule, "/id").starts_with("findgate/");
    let rendered = if is_own { rendered } else { rendered.split_once("\n\nTo waive ").expect("how to waive").0 };
    let bare = rendered.replace("\\]", "");
    assert!(!bare.contains("<script") && !bare.contains("](") && !bare.contains("@o"), "{rendered}");
    if let Some(name) = rule.get("name") {
        assert!(fits(name.as_str().unwrap(), 255) && *name != rule["id"]);
    }
    if let Some(uri) = rule.get("helpUri") {
        assert!(uri.as_str().unwrap().starts_with("https://") && uri.as_str().unwrap().len() <= 2_048);
    }
    let level = text(rule, "/defaultConfiguration/level");
    let tags = list(rule, "/properties/tags");
    assert!(tags.len() <= 10 && tags[0] == "security", "{tags:?}");
    match rule.pointer("/properties/security-severity") {
        None => assert_eq!(level, "note"),
        Some(severity) => {
            let number: f64 = severity.as_str().expect("a string").parse().expect("a number");
            assert_eq!(format!("{number:.1}"), severity.as_str().unwrap());
            let bands = match level {
                "error" => number >= 7.0,
                "warning" => (4.0..7.0).contains(&number),
                _ => number > 0.0 && number < 4.0,
            };
            assert!(bands, "{number} and {level} contradict each other");
        }
    }
}

fn check_result(result: &Value, rules: &[Value], profile: Profile) {
    if let Some(index) = result.get("ruleIndex") {
        let rule = &rules[usize::try_from(index.as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
    } else {
        assert!(rules.len() == 25_000, "only a full table leaves a rule out");
    }
    assert_eq!(result["kind"], "fail");
    assert!(result.get("level").is_some());
    assert!(result.get("baselineState").is_none_or(|state| ["new", "unchanged"].iter().any(|known| state == known)));
    assert!(fits(text(result, "/message/text"), 1_024) && is_plain(text(result, "/message/text")), "{result}");
    let locations = list(result, "/locations");
    assert_eq!(locations.len(), 1);
    let place = &locations[0]["physicalLocation"];
    let uri = text(place, "/artifactLocation/uri");
    assert!(uri.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/%".contains(&b)), "{uri}");
    assert!(uri.split('/').all(|segment| !matches!(segment, "" | "." | "..")), "{uri}");
    assert_eq!(place["artifactLocation"]["uriBaseId"], "%SRCROOT%");
    let number = |name: &str| place["region"].get(name).map(|value| value.as_u64().unwrap());
    let start = number("startLine").expect("a line");
    let end = number("endLine").unwrap_or(start);
    assert!(start >= 1 && end >= start);
    if end == start {
        assert!(number("endColumn").is_none_or(|end| end >= number("startColumn").unwrap_or(1)));
    }
    assert!(number("startColumn") != Some(0) && number("endColumn") != Some(0));
    let keys: Vec<&String> = result["partialFingerprints"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["findgateFinding/v1"]);
    assert_eq!(result.get("suppressions").is_some(), profile == Profile::Audit, "on all results or on none");
}

fn check_both(sample: &Sample, validator: &Validator) {
    for (format, profile) in [(Format::Sarif, Profile::CodeScanning), (Format::SarifAudit, Profile::Audit)] {
        let written = sample.written(format);
        assert_eq!(written, sample.written(format), "two writes are equal");
        assert!(!written.starts_with('\u{feff}') && !written.contains("##"));
        let document: Value = serde_json::from_str(&written).unwrap();
        let faults: Vec<String> =
            validator.iter_errors(&document).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
        assert!(faults.is_empty(), "{faults:#?}");
        check(&document, profile);
    }
}

#[test]
fn a_run_that_left_sources_out_closes_no_alert_of_theirs() {
    let mut sample = sample();
    let category = |sample: &Sample| {
        let document: Value = serde_json::from_str(&sample.written(Format::Sarif)).unwrap();
        text(&document, "/runs/0/automationDetails/id").to_owned()
    };
    sample.only = Vec::new();
    let whole = category(&sample);
    sample.only = vec!["sarif".to_owned(), "mend".to_owned()];
    assert_eq!(category(&sample), whole.trim_end_matches('/').to_owned() + "-only-mend-only-sarif/");
}

#[test]
fn the_sample_is_sarif_that_platforms_take() {
    check_both(&sample(), &VALIDATOR);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn whatever_is_judged_is_sarif_that_platforms_take(sample in any_sample()) {
        check_both(&sample, &VALIDATOR);
    }
}

fn result_of(document: &Value, fingerprint: u32) -> &Value {
    let wanted = format!("v1:{fingerprint:08x}");
    list(document, "/runs/0/results")
        .iter()
        .find(|result| text(result, "/partialFingerprints/findgateFinding~1v1").starts_with(&wanted))
        .unwrap_or_else(|| panic!("no result {fingerprint}"))
}

fn rule_of<'a>(document: &'a Value, result: &Value) -> &'a Value {
    &list(document, "/runs/0/tool/driver/rules")[result["ruleIndex"].as_u64().unwrap() as usize]
}

#[test]
fn code_scanning_gets_violations_and_warnings_and_the_audit_gets_everything() {
    let sample = sample();
    let count = |format| list(&document(&sample, format), "/runs/0/results").len();
    let reported = sample.evaluation.findings.iter().filter(|judged| reported(judged)).count();
    assert_eq!(count(Format::Sarif), reported);
    assert_eq!(count(Format::SarifAudit), sample.evaluation.findings.len());
}

#[test]
fn the_audit_says_why_a_finding_does_not_count() {
    let audit = document(&sample(), Format::SarifAudit);
    assert_eq!(result_of(&audit, 1)["suppressions"], serde_json::json!([]));
    let waived = &result_of(&audit, 14)["suppressions"][0];
    assert_eq!((&waived["kind"], &waived["status"]), (&"external".into(), &"accepted".into()));
    let why = text(waived, "/justification");
    let want = "Waiver lodash-later (.findgate/waivers.yml:3, owner team-payments, ticket PAY-12, until 2026-11-24): Not reachable; [click] (javascript";
    assert!(why.starts_with(want), "{why}");
    let why = text(&result_of(&audit, 16)["suppressions"][0], "/justification");
    assert_eq!(why, "sarif: false positive: [reviewed] (javascript:x) by team { 0 }");
}

#[test]
fn a_message_says_what_is_wrong_what_fixes_it_and_which_rule_it_violates() {
    let sarif = document(&sample(), Format::Sarif);
    assert_eq!(
        text(result_of(&sarif, 1), "/message/text"),
        "lodash 4.17.20: Prototype pollution in lodash (CVE-2026-0001). Fixed in 4.17.21. \
         Violates thresholds.all.critical (.findgate.yml:12). Violates thresholds.sca.high (.findgate.yml:14). \
         Not waived: the waiver too-late expired on 2026-01-31 (.findgate/waivers.yml:15)."
    );
    let unrated = text(result_of(&sarif, 3), "/message/text");
    assert!(unrated.contains("Unrated; counts as critical."), "{unrated}");
    let long = text(result_of(&sarif, 18), "/message/text");
    assert!(long.contains("… Violates known-exploited"), "{long}");
}

#[test]
fn a_finding_without_a_usable_file_is_shown_at_the_policy() {
    let mut sample = sample();
    for (origin, want) in [
        (".findgate.yml", ".findgate.yml"),
        ("./ci/my policy.yml", "ci/my%20policy.yml"),
        ("preset:recommended", ".findgate.yml"),
        ("/etc/findgate.yml", ".findgate.yml"),
        ("../org/policy.yml", ".findgate.yml"),
    ] {
        sample.policy_origin = origin.to_owned();
        let sarif = document(&sample, Format::Sarif);
        for fingerprint in [9, 21] {
            let result = result_of(&sarif, fingerprint);
            let place = &result["locations"][0]["physicalLocation"];
            assert_eq!(place["artifactLocation"]["uri"], want);
            assert_eq!(place["region"], serde_json::json!({"startLine": 1}));
            assert!(text(result, "/message/text").contains("No file is known for "), "{result}");
        }
    }
}

#[test]
fn a_dependency_is_named_by_advisory_and_package_and_a_check_by_itself() {
    let sarif = document(&sample(), Format::Sarif);
    let id = |fingerprint| text(result_of(&sarif, fingerprint), "/ruleId");
    assert_eq!(id(1), "CVE-2026-0001/lodash");
    assert_eq!(id(10), "rules.check-0/lodash", "a license has no advisory");
    assert_eq!(id(7), "github-pat");
    assert_eq!(id(4), "rules.check-4", "high wherever it is found");
    assert_eq!(id(20), "rules.check-0", "as often critical as medium: the worse keeps the name");
    assert_eq!(id(5), "rules.check-0/medium");
}

#[test]
fn the_severity_that_github_shows_never_contradicts_ours() {
    let sarif = document(&sample(), Format::Sarif);
    let shown = |fingerprint| rule_of(&sarif, result_of(&sarif, fingerprint)).pointer("/properties/security-severity");
    assert_eq!(shown(1), Some(&"9.8".into()), "the score agrees");
    assert_eq!(shown(2), Some(&"8.0".into()), "the score 5.0 would be medium, the finding is high");
    assert_eq!(shown(9), Some(&"9.5".into()), "the score 7.2 would be high, the finding is critical");
    assert_eq!(shown(5), Some(&"5.5".into()));
    assert_eq!(shown(3), None, "unknown");
    assert_eq!(shown(7), None, "info");
}

#[test]
fn tags_stand_in_the_order_of_their_use() {
    let sarif = document(&sample(), Format::Sarif);
    let rule = rule_of(&sarif, result_of(&sarif, 1));
    let want = [
        "security",
        "sca",
        "external/cwe/cwe-079",
        "cwe-79",
        "external/cwe/cwe-1321",
        "cwe-1321",
        "cve-2026-0001",
        "ghsa-35jh-r3h4-6jhm",
    ];
    assert_eq!(rule["properties"]["tags"], serde_json::json!(want));
}

#[test]
fn help_says_what_to_do_and_how_to_waive() {
    let sarif = document(&sample(), Format::Sarif);
    let help = &rule_of(&sarif, result_of(&sarif, 1))["help"];
    for part in [
        "Upgrade lodash to 4.17.21.",
        "<https://github.com/advisories/GHSA-35jh-r3h4-6jhm>",
        "`match: {id: \"CVE-2026-0001\", package: \"pkg:npm/lodash\"}`",
    ] {
        assert!(text(help, "/markdown").contains(part), "{help}");
    }
    let hostile = text(&rule_of(&sarif, result_of(&sarif, 2))["help"], "/markdown").to_owned();
    assert!(hostile.contains("\\[click\\](javascript:alert(1))"), "{hostile}");
}

#[test]
fn the_invocation_tells_the_verdict_and_whether_everything_was_read() {
    let mut sample = sample();
    let invocation = |sample: &Sample| document(sample, Format::Sarif)["runs"][0]["invocations"][0].clone();
    let told = invocation(&sample);
    assert_eq!(
        (&told["executionSuccessful"], &told["exitCode"]),
        (&false.into(), &1.into()),
        "mend was read in part only"
    );
    assert_eq!(told["startTimeUtc"], "2026-11-21T10:00:00Z");
    assert_eq!(told["endTimeUtc"], told["startTimeUtc"]);
    let said: Vec<(&str, &str)> = list(&told, "/toolExecutionNotifications")
        .iter()
        .map(|notification| (text(notification, "/level"), text(notification, "/message/text")))
        .collect();
    for want in [
        ("error", "Source mend is partial: 1 row could not be read"),
        ("error", "Source mend is partial: page 3 of 4 is missing [x] (y)"),
        ("error", "Source appsecplus is stale: the newest scan is 9 days old, 7 are allowed"),
        ("warning", "Source mayo failed: ##[error]no project"),
        ("warning", "Only these sources were read: sarif, mend. The others were not looked at."),
        ("warning", "waiver lodash-later expires in 3 days"),
        ("note", "Source sarif: 2 findings have no location"),
    ] {
        assert!(said.contains(&want), "{want:?} is not among {said:#?}");
    }
    for evidence in &mut sample.evaluation.evidence {
        evidence.requirement = Requirement::Optional;
    }
    assert_eq!(invocation(&sample)["executionSuccessful"], false, "alerts of what is optional would be closed, too");
    for evidence in &mut sample.evaluation.evidence {
        evidence.coverage.state = match evidence.coverage.state {
            State::Partial | State::Failed => State::Complete,
            state => state,
        };
    }
    assert_eq!(invocation(&sample)["executionSuccessful"], true, "a violated policy is a successful evaluation");
    sample.evaluation.verdict = Verdict::Undecided;
    let told = invocation(&sample);
    assert_eq!((&told["executionSuccessful"], &told["exitCode"]), (&false.into(), &3.into()));
}

#[test]
fn worst_comes_first() {
    let sarif = document(&sample(), Format::Sarif);
    let order: Vec<(bool, usize)> = list(&sarif, "/runs/0/results")
        .iter()
        .map(|result| {
            let counted = text(result, "/properties/findgate~1countedSeverity");
            let worst = ["critical", "high", "medium", "low", "info"].iter().position(|name| *name == counted).unwrap();
            (result["properties"]["findgate/disposition"] == "warning", worst)
        })
        .collect();
    assert!(order.is_sorted(), "{order:?}");
}

#[test]
fn an_evaluation_without_findings_closes_all_alerts() {
    let empty = large(0, Checks::Few);
    check_both(&empty, &VALIDATOR);
    let sarif = document(&empty, Format::Sarif);
    assert_eq!(sarif["runs"][0]["results"], serde_json::json!([]));
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], true);
}

fn told_of_a_cut(document: &Value) -> Option<String> {
    list(document, "/runs/0/invocations/0/toolExecutionNotifications")
        .iter()
        .find(|notification| notification["descriptor"]["id"] == "findgate/cut")
        .map(|notification| text(notification, "/message/text").to_owned())
}

#[test]
fn what_is_cut_is_the_mildest_and_is_told() {
    for (count, cut) in [(1, 0), (4_999, 0), (5_000, 0), (5_001, 1), (6_000, 1_000)] {
        let large = large(count, Checks::OneEach);
        let sarif = document(&large, Format::Sarif);
        check(&sarif, Profile::CodeScanning);
        let results = list(&sarif, "/runs/0/results");
        assert_eq!(results.len() + cut, count as usize);
        match told_of_a_cut(&sarif) {
            None => assert_eq!(cut, 0),
            Some(told) => {
                assert!(told.starts_with(&format!("{cut} of {count} findings are not in this file")), "{told}")
            }
        }
        if cut > 0 {
            let infos = results.iter().filter(|result| result["properties"]["findgate/severity"] == "info").count();
            assert_eq!(infos, count as usize / 5 - cut);
        }
    }
}

#[test]
fn the_audit_is_not_cut_and_describes_as_many_rules_as_a_run_may_have() {
    let large = large(26_000, Checks::OneEach);
    let audit = document(&large, Format::SarifAudit);
    check(&audit, Profile::Audit);
    assert_eq!(list(&audit, "/runs/0/results").len(), 26_000);
    assert_eq!(list(&audit, "/runs/0/tool/driver/rules").len(), 25_000);
    assert!(told_of_a_cut(&audit).is_some());
}

#[test]
fn a_waiver_does_not_rename_the_alerts_of_others() {
    let mut sample = sample();
    let before = text(result_of(&document(&sample, Format::Sarif), 5), "/ruleId").to_owned();
    assert_eq!(before, "rules.check-0/medium");
    for judged in &mut sample.evaluation.findings {
        if judged.finding.fingerprint.hash[..4] != 5u32.to_be_bytes() {
            judged.disposition = Disposition::Waived;
        }
    }
    assert_eq!(text(result_of(&document(&sample, Format::Sarif), 5), "/ruleId"), before);
}

#[test]
fn a_large_file_is_announced_in_megabytes() {
    assert_eq!(size_note(9_000_000), None);
    assert!(size_note(12_340_000).unwrap().starts_with("12.3 MB of SARIF"));
}

#[test]
fn one_odd_finding_renames_no_other_and_no_title_of_one_describes_all() {
    let mut sample = large(3, Checks::Few);
    for (at, judged) in sample.evaluation.findings.iter_mut().enumerate() {
        judged.finding.severity = Some(if at == 0 { Severity::High } else { Severity::Medium });
        judged.finding.package = None;
        judged.finding.title = format!("password in variable {at}").into();
        for sighting in &mut judged.finding.sightings {
            (sighting.check, sighting.tool) = (Some("R".into()), Some("Scan".into()));
        }
    }
    let sarif = document(&sample, Format::Sarif);
    let ids: Vec<&str> = list(&sarif, "/runs/0/tool/driver/rules").iter().map(|rule| text(rule, "/id")).collect();
    assert_eq!(ids, ["R", "R/high"]);
    let usual = &sarif["runs"][0]["tool"]["driver"]["rules"][0];
    assert_eq!(text(usual, "/shortDescription/text"), "R of Scan");
    assert!(text(usual, "/help/text").contains("findgate explain R"), "{usual}");
}
