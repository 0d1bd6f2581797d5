//! `findgate verdict`: a stored evaluation ends as its check would have, and nothing else passes.

mod common;

use common::{Folder, Run, finish, gate, results, sarif};
use serde_json::{Value, json};

const SHA: &str = "1111111111111111111111111111111111111111";
const OTHER: &str = "2222222222222222222222222222222222222222";

/// A folder with an evaluation of so many findings, of which none is allowed.
fn judged(findings: u64, more: &[&str], status: i32) -> Folder {
    let folder = gate(findings);
    folder.check(&[&["--output", "json=findgate.json", "--commit", SHA][..], more].concat()).ends_with(status);
    folder
}

fn verdict(folder: &Folder, more: &[&str]) -> Run {
    folder.run([&["verdict", "findgate.json"][..], more].concat())
}

/// The evaluation with a change.
fn with(folder: &Folder, change: impl FnOnce(&mut Value)) {
    folder.alter("findgate.json", change);
}

#[test]
fn a_stored_verdict_ends_as_the_check_did() {
    let run = verdict(&judged(0, &[], 0), &["--commit", SHA]).ends_with(0);
    assert_eq!(run.verdict(), "findgate: pass (0)");
    assert_eq!(run.stderr, "");
    let run = verdict(&judged(2, &[], 1), &["--commit", SHA]).ends_with(1);
    assert_eq!(run.verdict(), "findgate: fail (1): thresholds.all.any");
    run.says("policy policy.yml, 1 rule, as of ")
        .says("violated\n  thresholds.all.any  2 found, 0 allowed  policy.yml:2\n")
        .says("every finding: findgate.json\n")
        .says("commit 111111111111\n");
    let run = verdict(&judged(0, &["--sarif", "none.sarif"], 3), &["--commit", SHA]).ends_with(3);
    assert_eq!(run.verdict(), "findgate: undecided (3): sarif failed");
    run.says("not read completely\n  sarif (failed, required): ");
}

#[test]
fn exit_zero_of_the_first_job_does_not_reach_the_second() {
    let folder = judged(1, &["--exit-zero"], 0);
    let run = verdict(&folder, &["--commit", SHA]).ends_with(1);
    assert!(run.verdict().starts_with("findgate: fail (1)"), "{}", run.stdout);
}

#[test]
fn warnings_are_counted_and_a_rule_that_warns_does_not_fail() {
    let policy = "version: 1\nthresholds: {all: {high: 0, enforcement: warn}}\nsources:\n  sarif: {files: none.sarif, required: false}\n";
    let folder = Folder::new().with("policy.yml", policy);
    folder.run(["check", "--policy", "policy.yml", "--output", "json=findgate.json"]).ends_with(0);
    let run = verdict(&folder, &[]).ends_with(0);
    run.says("no source was read completely; all are optional").says("1 warning and every finding: findgate.json");
    let folder = Folder::new().with("policy.yml", policy).with("scan.sarif", sarif(results(3)));
    folder.check(&["--output", "json=findgate.json", "--only", "sarif"]).ends_with(3);
    folder.write("none.sarif", sarif(Vec::new()));
    folder.check(&["--output", "json=findgate.json", "--only", "sarif"]).ends_with(0);
    let run = verdict(&folder, &[]).ends_with(0).says("\nwarnings\n").says("3 found, 0 allowed  (warns only)");
    assert!(!run.stdout.contains("violated"), "below a policy that holds: {}", run.stdout);
    assert_eq!(run.verdict(), "findgate: pass (0): only sarif was read");
}

#[test]
fn the_day_from_which_a_warning_denies_is_told() {
    let policy =
        "version: 1\nrules:\n  soon:\n    when: {severity: \">=info\"}\n    enforcement: {warn_until: 2027-03-01}\n";
    let folder = Folder::new().with("policy.yml", policy).with("scan.sarif", sarif(results(1)));
    folder.check(&["--output", "json=findgate.json", "--as-of", "2026-11-21"]).ends_with(0);
    verdict(&folder, &[]).ends_with(0).says("1 found, 0 allowed  (warns only; denies from 2027-03-01)");
}

#[test]
fn the_last_line_is_that_of_the_check_also_where_only_some_sources_were_read() {
    let policy = "version: 1\nthresholds: {all: any}\nsources: {sarif: {files: '*.sarif'}}\n";
    let folder = Folder::new().with("policy.yml", policy).with("scan.sarif", sarif(results(1)));
    let arguments = ["check", "--policy", "policy.yml", "--only", "sarif", "--output", "json=findgate.json"];
    let checked = folder.run(arguments).ends_with(1);
    assert_eq!(checked.verdict(), "findgate: fail (1): only sarif was read, thresholds.all.any");
    assert_eq!(verdict(&folder, &[]).ends_with(1).verdict(), checked.verdict());
}

#[test]
fn every_way_in_which_a_finding_can_land_agrees_with_itself() {
    let policy = "version: 1\nnew_thresholds: {all: any}\nthresholds: {all: {high: 3, enforcement: warn}}\nwaivers:\n  unused: deny\n  entries:\n    - {id: none, match: {id: CVE-2020-0001}, reason: not there, expires: 2027-01-01}\n    - {id: one, match: {path: src/a.py, check: T2}, reason: fine, expires: 2027-01-01}\n";
    let mut waived = common::result(50);
    waived["ruleId"] = json!("T2");
    let mut suppressed = common::result(60);
    suppressed["suppressions"] = json!([{"kind": "inSource"}]);
    let known = results(3);
    let folder = Folder::new().with("policy.yml", policy).with("baseline.json", sarif(known.clone()));
    let run = |findings: Vec<Value>, status: i32| {
        folder.write("scan.sarif", sarif(findings));
        let more = ["--baseline", "baseline.json", "--output", "json=findgate.json", "--as-of", "2026-11-21"];
        let checked = folder.check(&more).ends_with(status);
        let run = verdict(&folder, &[]).ends_with(status);
        assert_eq!(run.verdict(), checked.verdict());
        (run, folder.json("findgate.json"))
    };
    let all = [known.clone(), vec![common::result(90), waived, suppressed]].concat();
    let (told, document) = run(all, 1);
    told.says("waivers.unused  1 found, 0 allowed  policy.yml:").says("(warns only)");
    for disposition in ["violation", "warning", "waived", "excused"] {
        assert_ne!(document["dispositions"][disposition], 0, "{disposition}");
    }
    let (_, document) = run(known, 1);
    assert_eq!(document["dispositions"]["baseline"], 3);
}

#[test]
fn it_is_read_from_standard_input_too() {
    let folder = judged(1, &[], 1);
    let mut command = folder.command();
    command.args(["verdict", "-", "--commit", SHA]).write_stdin(folder.read("findgate.json"));
    finish(&mut command).ends_with(1).says("every finding: standard input");
    let mut command = folder.command();
    command.args(["verdict", "-"]).write_stdin("");
    finish(&mut command).ends_with(3).complains("cannot take the verdict from standard input: it is empty");
}

#[test]
fn what_is_no_evidence_never_passes() {
    let folder = judged(0, &[], 0);
    let whole = folder.read("findgate.json");
    folder.run(["verdict", "missing.json"]).ends_with(3).complains("there is no such file");
    folder.run(["verdict", "."]).ends_with(3).complains("directory");
    for (text, want) in [
        (String::new(), "it is empty"),
        (whole[..whole.len() / 2].to_owned(), "cut off"),
        ("<html>".to_owned(), "not JSON"),
        (whole.replace("evaluation/v1", "evaluation/v2"), "another version"),
        (whole.replacen("\"verdict\"", "\"verdict\": \"fail\", \"verdict\"", 1), "stands in it twice"),
        (folder.read("scan.sarif"), "it is no evaluation"),
    ] {
        folder.write("findgate.json", text);
        let run = verdict(&folder, &[]).ends_with(3);
        assert_eq!(run.stdout, "", "{want}");
        run.complains("error: cannot take the verdict from findgate.json: ").complains(want);
    }
    folder.run(["collect", "--policy", "policy.yml", "--sarif", "*.sarif", "-o", "findgate.json"]).ends_with(0);
    verdict(&folder, &[]).ends_with(3).complains("it is no evaluation");
}

#[test]
fn a_verdict_that_its_own_evidence_does_not_bear_is_damaged() {
    let folder = judged(1, &[], 1);
    with(&folder, |document| {
        document["verdict"] = json!("pass");
        document["status"] = json!(0);
    });
    verdict(&folder, &["--commit", SHA]).ends_with(3).complains("it would be fail");
    let folder = judged(1, &[], 1);
    with(&folder, |document| {
        document["verdict"] = json!("pass");
        document["status"] = json!(0);
        document["violations"] = json!([]);
    });
    verdict(&folder, &["--commit", SHA]).ends_with(3).complains("names a rule that is not violated");
    let folder = judged(0, &[], 0);
    with(&folder, |document| document["sources"][0]["state"] = json!("failed"));
    verdict(&folder, &["--commit", SHA]).ends_with(3).complains("it would be undecided");
    let folder = judged(0, &[], 0);
    with(&folder, |document| document["sources"] = json!([]));
    verdict(&folder, &["--commit", SHA]).ends_with(3).complains("it would be undecided");
}

#[test]
fn an_evaluation_of_another_commit_is_no_evidence() {
    let folder = judged(0, &[], 0);
    let run = verdict(&folder, &["--commit", OTHER]).ends_with(3);
    assert_eq!(run.stdout, "");
    run.complains(&format!("it is of commit {SHA}, and commit {OTHER} is built"));
    // As people write a commit, and as a platform tells it.
    verdict(&folder, &["--commit", "11111111111"]).ends_with(0);
    for (sha, status) in [(SHA, 0), (OTHER, 3)] {
        let mut command = folder.command();
        command.args(["verdict", "findgate.json"]).envs([
            ("GITLAB_CI", "true"),
            ("CI_COMMIT_SHA", sha),
            ("CI_COMMIT_BRANCH", "main"),
        ]);
        finish(&mut command).ends_with(status);
    }
}

#[test]
fn where_a_commit_is_not_known_it_is_said_and_another_repository_is_no_evidence() {
    let folder = judged(0, &["--repo", "github.com/o/r"], 0);
    verdict(&folder, &[]).ends_with(0).complains("which commit is built is not known");
    verdict(&folder, &["--repo", "https://github.com/o/r.git"]).ends_with(0).complains("note: findgate.json: ");
    verdict(&folder, &["--repo", "github.com/o/other"])
        .ends_with(3)
        .complains("it is of the repository github.com/o/r");
    // The same commit may stand in a fork or a mirror, whose findings are its own.
    verdict(&folder, &["--repo", "github.com/o/other", "--commit", SHA]).ends_with(3).complains("say with --repo");
    verdict(&folder, &["--repo", "git@github.com:o/r.git", "--commit", SHA]).ends_with(0);
    with(&folder, |document| document["project"]["commit"] = Value::Null);
    verdict(&folder, &["--commit", SHA]).ends_with(3).complains("it does not say of which commit it is");
    verdict(&folder, &[]).ends_with(0).complains("neither its commit nor the one that is built is known");
}

#[test]
fn nothing_that_an_evaluation_says_is_a_command_to_a_platform_or_hidden() {
    let folder = judged(1, &[], 1);
    let evil = "a\u{1b}[2J\u{202e}\n::error::x\n##vso[task.complete]";
    with(&folder, |document| {
        document["violations"][0]["rule"] = json!(evil);
        document["violations"][0]["policy_file"] = json!(evil);
        document["findings"][0]["rules"] = json!([evil]);
        document["policy"]["rules"] = json!([evil]);
        document["policy"]["origin"] = json!(evil.repeat(1000));
        document["project"]["repository"] = json!(evil);
        document["only"] = json!([evil]);
    });
    let run = verdict(&folder, &["--commit", SHA]).ends_with(1);
    assert!(!run.stdout.contains(['\u{1b}', '\u{202e}']), "{}", run.stdout);
    assert!(!run.stdout.contains("##vso["));
    assert!(run.stdout.lines().all(|line| !line.trim_start().starts_with("::") && line.chars().count() < 5000));
    assert!(run.verdict().starts_with("findgate: fail (1): only a"), "{}", run.verdict());
}

#[test]
fn usage_that_is_wrong_is_two() {
    let folder = judged(0, &[], 0);
    folder.run(["verdict"]).ends_with(2);
    verdict(&folder, &["--exit-zero"]).ends_with(2);
    verdict(&folder, &["--ci", "travis"]).ends_with(2);
    verdict(&folder, &["other.json"]).ends_with(2);
}

#[test]
fn what_check_makes_of_real_reports_is_taken() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Folder::new();
    let stored = folder.path().join("shop.json");
    let mut command = folder.command();
    let output = format!("json={}", stored.display());
    command.current_dir(root).args(["check", "--policy", "examples/shop/findgate.yml", "--commit", SHA, "-o", &output]);
    let checked = finish(&mut command).ends_with(1);
    let run = folder.run(["verdict", "shop.json", "--commit", SHA]).ends_with(1);
    assert_eq!(run.verdict(), checked.verdict());
}
