use std::sync::LazyLock;

use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::report::Format;
use crate::report::sample::{Checks, Sample, any_sample, large, sample};

/// Built once: a schema takes longer to read than a document to check.
static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| {
    let schema: Value = serde_json::from_str(schema()).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
});

fn faults(validator: &Validator, sample: &Sample) -> Vec<String> {
    let document: Value = serde_json::from_str(&sample.written(Format::Json)).unwrap();
    validator.iter_errors(&document).map(|fault| format!("{}: {fault}", fault.instance_path())).collect()
}

#[test]
fn the_schema_describes_every_member_of_every_object() {
    // An object schema that forgets `additionalProperties` or a required name would accept anything.
    fn walk(schema: &Value, path: &str) {
        if let Some(properties) =
            schema.get("properties").and_then(Value::as_object).filter(|_| schema["type"] == "object")
        {
            assert_eq!(schema["additionalProperties"], false, "{path}");
            if path != "/properties/counts" {
                let required: Vec<&str> =
                    schema["required"].as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect();
                let mut names: Vec<&str> = properties.keys().map(String::as_str).collect();
                let mut sorted = required.clone();
                names.sort_unstable();
                sorted.sort_unstable();
                assert_eq!(names, sorted, "{path}");
            }
        }
        match schema {
            Value::Object(members) => members.iter().for_each(|(name, value)| walk(value, &format!("{path}/{name}"))),
            Value::Array(values) => values.iter().for_each(|value| walk(value, path)),
            _ => {}
        }
    }
    walk(&serde_json::from_str(schema()).unwrap(), "");
}

#[test]
fn the_schema_knows_the_names_of_the_model() {
    let schema: Value = serde_json::from_str(schema()).unwrap();
    let names = |at: &str| -> Vec<String> {
        let list = schema.pointer(at).unwrap_or_else(|| panic!("{at}")).as_array().unwrap();
        list.iter().map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("/$defs/kind/enum"), Kind::ALL.map(Kind::name));
    let mut severities: Vec<&str> = crate::finding::Severity::WORST_FIRST.map(crate::finding::Severity::name).to_vec();
    assert_eq!(names("/$defs/finding/properties/counted_severity/enum"), severities);
    severities.push("unknown");
    assert_eq!(names("/$defs/severity/enum"), severities);
    assert_eq!(names("/$defs/counts/required"), severities);
    assert_eq!(names("/$defs/finding/properties/disposition/enum"), Disposition::ALL.map(Disposition::name));
    assert_eq!(names("/properties/dispositions/required"), Disposition::ALL.map(Disposition::name));
    let of_sample: Vec<&str> = sample().evaluation.waivers.iter().map(|waiver| waiver.state.name()).collect();
    let mut states = names("/$defs/waiver/properties/state/enum");
    states.retain(|state| !of_sample.contains(&state.as_str()));
    assert_eq!(states, [""; 0], "every state is in the sample");
}

#[test]
fn the_sample_is_what_the_schema_says_and_the_same_each_time() {
    let sample = sample();
    assert_eq!(faults(&VALIDATOR, &sample), [""; 0]);
    assert_eq!(sample.written(Format::Json), sample.written(Format::Json));
}

#[test]
fn a_finding_tells_everything_that_is_known_of_it() {
    let document: Value = serde_json::from_str(&sample().written(Format::Json)).unwrap();
    let finding = &document["findings"][0];
    let mut want = serde_json::json!({
        "fingerprint": "v1:00000001a5a5a5a5a5a5a5a5a5a5a5a5", "context": "00000000000000000000000000000001",
        "kind": "sca", "severity": "critical", "severity_from": "sarif", "counted_severity": "critical",
        "check": "rules.check-1", "tool": "Semgrep OSS", "ids": ["CVE-2026-0001", "GHSA-35jh-r3h4-6jhm"],
        "cwe": ["CWE-79", "CWE-1321"], "title": "Prototype pollution in lodash",
        "package": {"name": "lodash", "version": "4.17.20", "purl": "pkg:npm/lodash@4.17.20", "direct": true, "scope": "production"},
        "also_in": ["web/old/package-lock.json"],
            "location": {"path": "web/package-lock.json", "line": 11, "column": 5, "end_line": 11, "end_column": 20},
        "first_seen": "2026-08-01T00:00:00Z", "fix": "available", "fixed_in": ["4.17.21"],
        "cvss": {"vector": "CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H", "score": 9.8}, "epss": 0.42, "kev": true,
        "reachable": false, "license": [], "new": false,
        "links": ["https://github.com/advisories/GHSA-35jh-r3h4-6jhm", "https://example.org/a b|c"],
        "disposition": "violation", "rules": ["thresholds.all.critical", "thresholds.sca.high"], "waiver": null, "excuse": null,
        "sources": [
            {"source": "sarif", "fingerprint": "v1:07070707070707070707070707070707", "tool": "Semgrep OSS",
             "check": "rules.check-1", "id": "sarif-1", "status": "open", "excuse": null, "justification": null,
             "severity": "HIGH", "url": "https://mend.example/findings/1"},
            {"source": "mend", "fingerprint": "v1:07070707070707070707070707070707", "tool": "Semgrep OSS",
             "check": "rules.check-1", "id": "mend-1", "status": "open", "excuse": null, "justification": null,
             "severity": "HIGH", "url": "https://mend.example/findings/1"}
        ]
    });
    want["unwaived"] = "too-late".into();
    // Floats as they are written: the model's 32 bits must not show up as 0.41999998...
    let text = sample().written(Format::Json);
    assert!(text.contains("\"score\":9.8}") && text.contains("\"epss\":0.42,"));
    assert_eq!(finding, &want);
}

#[test]
fn every_number_agrees_with_the_lists() {
    let document: Value = serde_json::from_str(&sample().written(Format::Json)).unwrap();
    let findings = document["findings"].as_array().unwrap();
    let landed: u64 = document["dispositions"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(landed, findings.len() as u64);
    let counted: u64 = document["counts"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|kind| kind.as_object().unwrap().values())
        .map(|n| n.as_u64().unwrap())
        .sum();
    let counting = |f: &&Value| !matches!(f["disposition"].as_str(), Some("waived" | "excused"));
    assert_eq!(counted, findings.iter().filter(counting).count() as u64);
    for violation in document["violations"].as_array().unwrap() {
        let rule = &violation["rule"];
        let of_rule = findings.iter().filter(|f| f["rules"].as_array().unwrap().contains(rule)).count();
        assert_eq!(violation["found"], of_rule);
        assert_eq!(violation["findings"].as_array().unwrap().len(), of_rule);
    }
    assert_eq!((document["verdict"].as_str(), document["status"].as_u64()), (Some("fail"), Some(1)));
    assert_eq!(document["sources"][1]["reason"], "503 ::error::");
    assert_eq!(document["waivers"][0]["days_left"], 3);
    assert_eq!(document["waivers"][4]["vulnerabilities"], 4);
    let too_long = &document["waivers"][5];
    assert_eq!((&too_long["too_long"], &too_long["allowed_until"]), (&2.into(), &"2026-12-05".into()));
    assert_eq!(document["violations"][2]["unknown_facts"][0], serde_json::json!({"fact": "epss", "findings": 2}));
}

#[test]
fn a_secret_does_not_show_a_hash_of_its_code() {
    let document: Value = serde_json::from_str(&sample().written(Format::Json)).unwrap();
    let secret = document["findings"].as_array().unwrap().iter().find(|f| f["kind"] == "secret").unwrap();
    assert_eq!(secret["context"], Value::Null);
}

#[test]
fn a_finding_is_a_line() {
    let text = large(1000, Checks::Few).written(Format::Json);
    assert_eq!(text.lines().filter(|line| line.starts_with("    {\"fingerprint\":")).count(), 1000);
    assert!(text.ends_with("}\n"));
}

#[test]
fn no_line_of_it_is_a_command_and_nothing_in_it_is_hidden() {
    let text = sample().written(Format::Json);
    assert!(!text.contains("##"));
    assert!(text.lines().all(|line| !line.trim_start().starts_with("::")));
    assert!(!text.replace('\n', "").contains(crate::report::escape::is_hidden));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_is_judged_is_written_as_the_schema_says(sample in any_sample()) {
        prop_assert_eq!(faults(&VALIDATOR, &sample), [""; 0]);
    }
}
