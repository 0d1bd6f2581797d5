//! What was read and what was not.

use serde_json::json;

use crate::FORMATS;
use crate::common::{Folder, STRICT, gate, result, result_at, sarif};

#[test]
fn what_was_not_read_is_undecided_and_says_why() {
    let good = sarif(Vec::new());
    let run = |members: &str| {
        format!(r#"{{"version": "2.1.0", "runs": [{{"tool": {{"driver": {{"name": "Testscan"}}}}, {members}}}]}}"#)
    };
    for (name, content, why) in [
        ("missing", None, "matches no file"),
        ("empty file", Some(String::new()), "empty"),
        ("not JSON", Some("<html>".to_owned()), "JSON"),
        ("cut off", Some(good[..good.len() - 9].to_owned()), "end"),
        ("no runs", Some(r#"{"version": "2.1.0", "runs": []}"#.to_owned()), "runs"),
        ("null results", Some(run(r#""results": null"#)), "results"),
        ("no results", Some(run(r#""properties": {}"#)), "results"),
        (
            "failed run",
            Some(run(r#""results": [], "invocations": [{"executionSuccessful": false}]"#)),
            "did not succeed",
        ),
        (
            "error notification",
            Some(run(
                r#""results": [], "invocations": [{"executionSuccessful": true, "toolExecutionNotifications": [{"level": "error", "message": {"text": "out of memory"}}]}]"#,
            )),
            "out of memory",
        ),
        ("broken result", Some(sarif(vec![json!("no result")])), "could not be read"),
        ("other version", Some(good.replace("2.1.0", "1.0.0")), "1.0.0"),
    ] {
        let folder = Folder::new().with("policy.yml", STRICT);
        if let Some(content) = &content {
            folder.write("scan.sarif", content);
        }
        let run = folder.check(&[]).ends_with(3).says("UNDECIDED").says("not read");
        assert!(run.verdict().starts_with("findgate: undecided (3): sarif "), "{name}: {}", run.verdict());
        assert!(run.stdout.contains(why), "{name}: no {why:?} in\n{}", run.stdout);
        for format in FORMATS {
            folder.check(&["--format", format]).ends_with(3);
        }
    }
}

#[test]
fn an_optional_source_that_was_not_read_is_a_warning() {
    let policy = "version: 1\nthresholds: {all: any}\nsources: {sarif: {files: 'none/*.sarif', required: false}}\n";
    let folder = Folder::new().with("policy.yml", policy);
    let run = folder.run(["check", "--policy", "policy.yml", "--format", "json"]).ends_with(0).json();
    assert_eq!(run["sources"][0]["state"], "failed");
    assert_eq!(run["sources"][0]["required"], false);
    assert!(run["warnings"][0].as_str().unwrap().contains("optional source sarif failed"), "{run:#}");
    folder.run(["check", "--policy", "policy.yml"]).ends_with(0).says("no source was read completely");
    // Named on the command line, it is asked for.
    folder.run(["check", "--policy", "policy.yml", "--sarif", "none.sarif"]).ends_with(3);
}

#[test]
fn one_bad_result_is_one_counted_skip_and_loses_nothing_else() {
    let folder = Folder::new().with("policy.yml", STRICT);
    folder.write("scan.sarif", sarif(vec![result(1), json!({"message": 7}), result(2)]));
    let run = folder.check(&["--format", "json"]).ends_with(1).json();
    assert_eq!(run["sources"][0]["read"], 2);
    assert_eq!(run["sources"][0]["skipped"], 1);
    assert_eq!(run["sources"][0]["state"], "partial");
    assert_eq!(run["findings"].as_array().unwrap().len(), 2);
}

#[test]
fn only_names_a_source_and_every_output_says_so() {
    let policy = "version: 1\nthresholds: {all: any}\nsources: {sarif: {files: '*.sarif'}}\n";
    let folder = Folder::new().with("policy.yml", policy).with("scan.sarif", sarif(Vec::new()));
    let run = folder.run(["check", "--policy", "policy.yml", "--only", "sarif"]).ends_with(0);
    assert_eq!(run.verdict(), "findgate: pass (0): only sarif was read");
    assert!(!run.stdout.contains("the policy holds"), "{}", run.stdout);
    folder.run(["check", "--policy", "policy.yml", "--only", "mend"]).ends_with(2).complains("there is: sarif");
}

#[test]
fn its_own_sarif_report_is_no_scan_and_its_findings_do_not_come_back() {
    let folder =
        Folder::new().with("policy.yml", STRICT).with("a.sarif", sarif(vec![result_at("src/a.py", 1, "error")]));
    folder.check(&["--output", "sarif=gate.sarif"]).ends_with(1);
    // The finding is fixed; what is left of it is the report of the run before.
    folder.write("a.sarif", sarif(Vec::new()));
    let run = folder.check(&[]).ends_with(3).says("gate.sarif: findgate wrote it");
    assert!(!run.stdout.contains("src/a.py"), "{}", run.stdout);
    // A run that writes it anew need not look at it, unless there is nothing else to look at.
    folder.check(&["--output", "sarif=gate.sarif"]).ends_with(0).says("gate.sarif: this run writes it anew");
    folder.run(["check", "--policy", "policy.yml", "--sarif", "gate.sarif", "-o", "sarif=gate.sarif"]).ends_with(3);
}

#[test]
fn an_output_that_would_write_over_what_is_read_is_no_pass() {
    let folder = gate(0);
    folder.check(&["--output", "json=scan.sarif"]).ends_with(3).says("writes over it");
}
