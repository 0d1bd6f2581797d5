//! `enrich`: what feeds tell, which of it counts, and what is missing where a feed cannot be used.

#![allow(clippy::disallowed_methods, reason = "a test looks at digests itself")]

mod common;

use std::io::Write as _;

use common::{Folder, Run, sarif};
use serde_json::{Value, json};

const KEV: &str = r#"{"catalogVersion": "2026.11.20", "dateReleased": "2026-11-20T15:00:12.1234Z", "count": 2,
    "vulnerabilities": [{"cveID": "CVE-2021-44228"}, {"cveID": "CVE-2024-3094"}]}"#;

const EPSS: &str = "#model_version:v2025.03.14,score_date:2026-11-20T00:00:00+0000
cve,epss,percentile
CVE-2020-0001,0.00051,0.1
CVE-2021-44228,0.94358,0.99957
";

/// Blocks what is exploited and what is likely to be; nothing else.
const POLICY: &str = "version: 1
rules:
  exploited: {when: {kev: true, unknown: skip}}
  likely: {when: {epss: \">0.5\", unknown: skip}}
";

/// A vulnerability with one advisory id.
fn vulnerability(id: &str) -> Value {
    json!({
        "ruleId": id,
        "level": "note",
        "message": {"text": format!("{id} in a library")},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": "package-lock.json"}, "region": {"startLine": 1}}}]
    })
}

/// A folder with these vulnerabilities and both feeds, judged by `POLICY` and this `enrich`.
fn folder(ids: &[&str], enrich: &str) -> Folder {
    Folder::new()
        .with("policy.yml", format!("{POLICY}{enrich}\n"))
        .with("scan.sarif", sarif(ids.iter().map(|id| vulnerability(id)).collect()))
        .with("kev.json", KEV)
        .with("epss.csv", EPSS)
}

fn judged(folder: &Folder, more: &[&str]) -> Run {
    folder.check(&[&["--as-of", "2026-11-21", "--format", "json"], more].concat())
}

fn finding<'a>(report: &'a Value, id: &str) -> &'a Value {
    report["findings"].as_array().unwrap().iter().find(|finding| finding["ids"] == json!([id])).expect("the finding")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn digest(bytes: &[u8]) -> String {
    findgate::digest::digest(bytes)
}

const BOTH: &str = "enrich: {kev: kev.json, epss: epss.csv}";

#[test]
fn what_a_feed_lists_or_scores_is_blocked_and_the_rest_is_known_to_be_harmless() {
    let folder = folder(&["CVE-2021-44228", "CVE-2020-0001", "GHSA-35jh-r3h4-6jhm"], BOTH);
    let report = judged(&folder, &[]).ends_with(1).json();
    let rules = |id: &str| finding(&report, id)["rules"].clone();
    assert_eq!(rules("CVE-2021-44228"), json!(["exploited", "likely"]));
    let told = |id: &str| (finding(&report, id)["kev"].clone(), finding(&report, id)["epss"].as_f64());
    assert_eq!(told("CVE-2021-44228").0, json!(true));
    assert!((told("CVE-2021-44228").1.unwrap() - 0.94358).abs() < 1e-6);
    assert_eq!((told("CVE-2020-0001").0, rules("CVE-2020-0001")), (json!(false), json!([])));
    assert_eq!(told("GHSA-35jh-r3h4-6jhm"), (Value::Null, None));
    assert_eq!(
        report["feeds"],
        json!([
            {"name": "kev", "from": "kev.json", "date": "2026-11-20T15:00:12.1234Z", "entries": 2, "applied": 2},
            {"name": "epss", "from": "epss.csv", "date": "2026-11-20T00:00:00Z", "entries": 2, "applied": 2},
        ])
    );
    let human = folder.check(&["--as-of", "2026-11-21"]).ends_with(1);
    human
        .says("kev  2 vulnerabilities, of 2026-11-20, told 2 findings (kev.json)")
        .says("epss  2 vulnerabilities, of 2026-11-20, told 2 findings (epss.csv)");
    let arguments =
        ["explain", "CVE-2021-44228", "--policy", "policy.yml", "--sarif", "*.sarif", "--as-of", "2026-11-21"];
    folder
        .run(arguments)
        .ends_with(0)
        .says("exploited    known to be, from the feed of 2026-11-20")
        .says("epss         0.94358, from the feed of 2026-11-20");
    folder.run(["policy", "show", "policy.yml"]).ends_with(0).says("kev: {file: kev.json");
}

#[test]
fn feeds_are_read_plain_and_packed_and_give_the_same_bytes() {
    let plain = judged(&folder(&["CVE-2021-44228", "CVE-2020-0001"], BOTH), &[]).ends_with(1).stdout;
    let packed = folder(&["CVE-2021-44228", "CVE-2020-0001"], BOTH)
        .with("kev.json", gzip(KEV.as_bytes()))
        .with("epss.csv", gzip(EPSS.as_bytes()));
    assert_eq!(judged(&packed, &[]).ends_with(1).stdout, plain);
}

#[test]
fn without_the_feed_a_rule_that_skips_what_is_not_known_holds_and_with_a_missing_one_it_is_undecided() {
    judged(&folder(&["CVE-2021-44228"], ""), &[]).ends_with(0);
    let report = judged(&folder(&["CVE-2021-44228"], "enrich: {kev: no.json}"), &[]).ends_with(3).json();
    assert_eq!(report["feeds"], json!([]));
    let missing = report["sources"].as_array().unwrap().iter().find(|source| source["name"] == "enrich.kev").unwrap();
    assert_eq!((&missing["state"], &missing["required"]), (&json!("failed"), &json!(true)));
    assert_eq!(missing["reason"], json!("cannot read no.json: there is no such file"));
}

#[test]
fn a_feed_that_is_damaged_cut_or_not_the_one_that_is_named_is_no_evidence() {
    for (name, content, word) in [
        ("kev.json", KEV.replace("\"count\": 2", "\"count\": 3"), "not all of it is there"),
        ("kev.json", KEV[..KEV.len() - 4].to_owned(), "not a KEV catalog"),
        ("kev.json", "<html>moved</html>".to_owned(), "not a KEV catalog"),
        ("kev.json", KEV.replace("2026-11-20T", "2026-11-24T"), "after the time that is judged"),
        ("epss.csv", EPSS.trim_end().to_owned(), "in the middle of a line"),
        ("epss.csv", EPSS.replace("0.94358", "?"), "line 4"),
        ("epss.csv", EPSS.replace("2026-11-20T", "2027-11-20T"), "after the time that is judged"),
        ("epss.csv", KEV.to_owned(), "not an EPSS feed"),
    ] {
        let folder = folder(&["CVE-2020-0001"], BOTH).with(name, content);
        let run = judged(&folder, &[]).ends_with(3);
        assert!(run.stdout.contains(word), "no {word:?} in {}", run.stdout);
        assert!(run.stdout.contains(&format!("the feed {name}")), "{}", run.stdout);
        assert!(run.stderr.contains("enrich."), "{}", run.stderr);
    }
    let cut = gzip(EPSS.as_bytes());
    let cut = folder(&["CVE-2020-0001"], BOTH).with("epss.csv", &cut[..cut.len() - 9]);
    let run = judged(&cut, &[]).ends_with(3);
    assert!(run.stdout.contains("cannot unpack it"), "{}", run.stdout);
}

#[test]
fn a_feed_that_is_too_old_by_its_own_date_is_used_and_proves_no_pass() {
    let old = KEV.replace("2026-11-20T", "2026-10-01T");
    let report = judged(&folder(&["CVE-2020-0001"], BOTH).with("kev.json", &old), &[]).ends_with(3).json();
    let stale = report["sources"].as_array().unwrap().iter().find(|source| source["name"] == "enrich.kev").unwrap();
    assert_eq!(stale["state"], json!("stale"));
    assert!(stale["reason"].as_str().unwrap().contains("50 days before the day that is judged, and 30 are allowed"));
    judged(&folder(&["CVE-2021-44228"], BOTH).with("kev.json", &old), &[]).ends_with(1);
    let allowed = "enrich: {kev: {file: kev.json, max_age: 60d}}";
    judged(&folder(&["CVE-2020-0001"], allowed).with("kev.json", &old), &[]).ends_with(0);
    // The day that is judged counts, not today.
    let folder = folder(&["CVE-2020-0001"], BOTH);
    folder.check(&["--as-of", "2026-12-25"]).ends_with(3);
    folder.check(&["--as-of", "2026-11-20T00:00:00Z"]).ends_with(0);
    folder.check(&["--as-of", "2026-11-18"]).ends_with(3);
}

#[test]
fn a_feed_with_a_digest_is_that_one_and_no_other() {
    let of = |digest: &str| format!("enrich: {{kev: {{file: kev.json, digest: \"{digest}\"}}}}");
    judged(&folder(&["CVE-2020-0001"], &of(&digest(KEV.as_bytes()))), &[]).ends_with(0);
    let run = judged(&folder(&["CVE-2020-0001"], &of(&digest(b"other"))), &[]).ends_with(3);
    assert!(run.stdout.contains("its digest is sha256:"), "{}", run.stdout);
}

#[test]
fn a_source_that_calls_it_exploited_is_believed_although_the_feed_does_not_list_it() {
    let mut row = vulnerability("CVE-2020-0001");
    row["properties"] = json!({"kev": true, "epss": 0.9});
    let of = |enrich: &str, row: &Value| folder(&[], enrich).with("scan.sarif", sarif(vec![row.clone()]));
    let said = judged(&of("", &row), &[]).ends_with(1).json();
    assert_eq!(said["findings"][0]["rules"], json!(["exploited", "likely"]));
    let report = judged(&of(BOTH, &row), &[]).ends_with(1).json();
    assert_eq!(report["findings"][0]["rules"], json!(["exploited"]));
    assert!(report["findings"][0]["epss"].as_f64().unwrap() < 0.01, "the feed's score goes before the source's");
    assert_eq!((&report["feeds"][0]["applied"], &report["feeds"][1]["applied"]), (&json!(0), &json!(1)));
    // And the other way round: what is listed is exploited although a source says that it is not.
    row["ruleId"] = json!("CVE-2021-44228");
    row["properties"] = json!({"kev": false});
    judged(&of("", &row), &[]).ends_with(0);
    judged(&of(BOTH, &row), &[]).ends_with(1);
}

#[test]
fn a_snapshot_holds_what_sources_said_and_feeds_are_applied_when_it_is_judged() {
    let folder = folder(&["CVE-2021-44228"], BOTH);
    folder.run(["collect", "--policy", "policy.yml", "--sarif", "*.sarif", "--output", "s.json"]).ends_with(0);
    assert!(!folder.read("s.json").contains("0.94358"));
    let arguments =
        ["check", "--policy", "policy.yml", "--snapshot", "s.json", "--as-of", "2026-11-21", "--format", "json"];
    let by_snapshot = folder.run(arguments).ends_with(1).stdout;
    assert_eq!(by_snapshot, judged(&folder, &[]).ends_with(1).stdout);
    std::fs::remove_file(folder.path().join("kev.json")).unwrap();
    // Nothing of a feed is needed to read the sources.
    folder.run(["collect", "--policy", "policy.yml", "--sarif", "*.sarif", "--output", "s.json"]).ends_with(0);
    let run = folder.run(arguments).ends_with(1);
    assert!(run.stdout.contains("enrich.kev"), "{}", run.stdout);
}
