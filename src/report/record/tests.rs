use serde_json::{Value, json};

use super::super::Format;
use super::super::sample::{Sample, any_sample, sample};
use super::*;
use crate::policy::PRESETS;
use proptest::prelude::*;

fn document(report: &Report<'_>) -> Value {
    let mut out = Vec::new();
    write(report, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn sealed() -> Seal {
    Seal { content: format!("sha256:{}", "c".repeat(64)), file: format!("sha256:{}", "f".repeat(64)) }
}

fn of(sample: &Sample, change: impl FnOnce(&mut Project)) -> Value {
    let mut project = sample.project.clone();
    change(&mut project);
    let seal = sealed();
    document(&Report { project: &project, seal: Some(&seal), ..sample.report() })
}

#[test]
fn it_is_a_statement_with_a_verification_summary_of_the_commit() {
    let sample = sample();
    let record = of(&sample, |_| {});
    let commit = sample.project.commit.clone().unwrap();
    assert_eq!(record["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(record["predicateType"], "https://slsa.dev/verification_summary/v1");
    assert_eq!(record["subject"], json!([{"name": "github.com/acme/payments", "digest": {"gitCommit": commit}}]));
    let predicate = &record["predicate"];
    assert_eq!(predicate["verifier"]["id"], "https://github.com/findgate/findgate");
    assert_eq!(predicate["verifier"]["version"], json!({"findgate": env!("CARGO_PKG_VERSION")}));
    assert_eq!(predicate["timeVerified"], "2026-11-21T10:00:00Z");
    assert_eq!(predicate["resourceUri"], format!("git+https://github.com/acme/payments@{commit}"));
    assert_eq!(predicate["policy"], json!({"uri": ".findgate.yml", "digest": {"sha256": "ab".repeat(32)}}));
    assert_eq!(predicate["verificationResult"], "FAILED");
    assert_eq!(predicate["verifiedLevels"], json!(["FAILED"]));
    assert_eq!(predicate["slsaVersion"], "1.0");
    assert_eq!(predicate["inputAttestations"][0]["digest"], json!({"sha256": "c".repeat(64)}));
    assert_eq!(predicate[EXTENSION]["verdict"], "fail");
    assert_eq!(predicate[EXTENSION]["violated"].as_array().unwrap().len(), 4);
}

#[test]
fn only_a_pass_attests_a_level() {
    for (verdict, result, level) in [
        // The sample is of a run with `--only`.
        (Verdict::Pass, "PASSED", LEVEL_IN_PART),
        (Verdict::Fail, "FAILED", NO_LEVEL),
        (Verdict::Undecided, "FAILED", NO_LEVEL),
    ] {
        let mut sample = sample();
        sample.evaluation.verdict = verdict;
        let predicate = of(&sample, |_| {})["predicate"].clone();
        assert_eq!((&predicate["verificationResult"], &predicate["verifiedLevels"]), (&json!(result), &json!([level])));
        assert_eq!(predicate[EXTENSION]["verdict"], verdict.name());
    }
}

#[test]
fn without_a_full_commit_the_subject_is_what_was_read() {
    let sample = sample();
    for commit in [None, Some("main"), Some("0123456"), Some("g".repeat(40).as_str())] {
        let record = of(&sample, |project| project.commit = commit.map(str::to_owned));
        assert_eq!(record["subject"][0]["digest"], json!({"sha256": "c".repeat(64)}), "{commit:?}");
    }
    let record = of(&sample, |project| *project = Project::default());
    assert_eq!(record["subject"][0]["name"], "findings");
    assert_eq!(record["predicate"]["resourceUri"], format!("urn:findgate:snapshot:sha256:{}", "c".repeat(64)));
}

#[test]
fn the_digest_of_the_evaluation_is_that_of_the_json() {
    let sample = sample();
    let record = of(&sample, |_| {});
    let json = sample.written(Format::Json);
    // The two members at the end decide nothing.
    let (decided, rest) = json.split_once(",\n  \"beside\": ").unwrap();
    assert!(rest.contains("\"warnings\": "), "{rest}");
    let told = crate::digest::digest(format!("{decided}\n}}\n").as_bytes());
    assert_eq!(record["predicate"][EXTENSION]["evaluation"], told);
}

#[test]
fn what_an_older_version_wrote_differs_by_its_version_alone() {
    let sample = sample();
    let mut out = Vec::new();
    write_by("0.0.1", &sample.report(), &mut out).unwrap();
    let older: Value = serde_json::from_slice(&out).unwrap();
    let mut now = document(&sample.report());
    assert_ne!(older["predicate"][EXTENSION]["evaluation"], now["predicate"][EXTENSION]["evaluation"]);
    now["predicate"]["verifier"]["version"]["findgate"] = json!("0.0.1");
    now["predicate"][EXTENSION]["tool"]["version"] = json!("0.0.1");
    now["predicate"][EXTENSION]["evaluation"] = older["predicate"][EXTENSION]["evaluation"].clone();
    now["subject"] = older["subject"].clone();
    assert_eq!(older, now);
}

#[test]
fn every_file_stands_with_its_digest_and_the_policy_once() {
    let sample = sample();
    let input = |role, name: &str, digit: &str| InputFile {
        role,
        name: name.to_owned(),
        digest: format!("sha256:{}", digit.repeat(64)),
    };
    let policy = InputFile { digest: sample.policy_digest.clone(), ..input(Role::Policy, ".findgate.yml", "0") };
    let inputs = [policy, input(Role::Waivers, "a b/wäivers.yml", "1"), input(Role::Snapshot, "s.json", "2")];
    let seal = sealed();
    let record = document(&Report { inputs: &inputs, seal: Some(&seal), ..sample.report() });
    let attested = record["predicate"]["inputAttestations"].as_array().unwrap();
    let uris: Vec<&str> = attested.iter().map(|resource| resource["uri"].as_str().unwrap()).collect();
    assert_eq!(uris, [&*urn("snapshot", &seal.content), "a%20b/w%C3%A4ivers.yml"]);
    assert_eq!(record["predicate"][EXTENSION]["inputs"].as_array().unwrap().len(), 3);
}

#[test]
fn a_built_in_policy_is_named_as_it_is_asked_for() {
    let sample = sample();
    for preset in PRESETS {
        let origin = format!("preset:{}", preset.name);
        let record = document(&Report { policy_origin: &origin, ..sample.report() });
        assert_eq!(record["predicate"]["policy"]["uri"], origin);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_was_judged_is_recorded_alike_each_time(sample in any_sample()) {
        let written = sample.written(Format::Record);
        prop_assert_eq!(&sample.written(Format::Record), &written);
        let record: Value = serde_json::from_str(&written).unwrap();
        prop_assert_eq!(record["subject"].as_array().unwrap().len(), 1);
        prop_assert_eq!(record["subject"][0]["digest"].as_object().unwrap().len(), 1);
        prop_assert!(!record["predicate"]["resourceUri"].as_str().unwrap().is_empty());
        prop_assert_eq!(&record["predicate"][EXTENSION]["verdict"], sample.evaluation.verdict.name());
    }
}
