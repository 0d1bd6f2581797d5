//! GitHub Actions: what is written there by itself, and nowhere else.

mod common;

use common::{Folder, Run, STRICT, finish, gate, sarif};
use serde_json::Value;

const GITHUB: [(&str, &str); 2] = [("GITHUB_ACTIONS", "true"), ("GITHUB_REF", "refs/heads/main")];

fn check(folder: &Folder, variables: &[(&str, &str)], more: &[&str]) -> Run {
    let mut command = folder.command();
    let arguments = ["check", "--policy", "policy.yml", "--sarif", "*.sarif"];
    finish(command.envs(variables.iter().copied()).args(arguments).args(more))
}

fn commands(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.trim_start().starts_with("::")).collect()
}

const FIRST: &str = "::error file=src/a.py,line=1,title=findgate%3A thresholds.all.any (high)::flaw 1%0A";

#[test]
fn annotations_are_on_stderr_once_and_stdout_stays_one_document() {
    let folder = gate(2);
    for format in ["human", "json", "sarif", "junit", "gitlab"] {
        let plain =
            check(&folder, &[], &["--format", format, "--branch", "main", "--as-of", "2026-11-21"]).ends_with(1);
        let run = check(&folder, &GITHUB, &["--format", format, "--as-of", "2026-11-21"]).ends_with(1);
        assert!(commands(&run.stdout).is_empty(), "{format}: {}", run.stdout);
        let told = commands(&run.stderr);
        assert_eq!(told.len(), 2, "{format}: {}", run.stderr);
        assert!(told[0].starts_with(FIRST), "{}", told[0]);
        if format != "human" {
            assert_eq!(run.stdout, plain.stdout, "{format}");
        }
        assert!(commands(&plain.stderr).is_empty(), "{format}: {}", plain.stderr);
    }
    let run = check(&folder, &GITHUB, &["--format", "json"]).ends_with(1);
    assert_eq!(run.json()["verdict"], "fail");
}

#[test]
fn annotations_on_stdout_are_not_on_stderr_as_well() {
    let folder = gate(2);
    for more in [&["--format", "github"][..], &["--output", "github=-"], &["--format", "github", "--quiet"]] {
        let run = check(&folder, &GITHUB, more).ends_with(1);
        assert_eq!(commands(&run.stdout).len(), 2, "{more:?}: {}", run.stdout);
        assert_eq!(run.stdout.lines().count(), 2, "{more:?}: {}", run.stdout);
        assert!(commands(&run.stderr).is_empty(), "{more:?}: {}", run.stderr);
    }
}

#[test]
fn a_file_of_annotations_is_one_that_no_runner_reads() {
    let folder = gate(2);
    let run = check(&folder, &GITHUB, &["--output", "github=annotations.txt"]).ends_with(1);
    assert_eq!(commands(&run.stderr).len(), 2, "{}", run.stderr);
    assert_eq!(commands(&folder.read("annotations.txt")), commands(&run.stderr));
}

#[test]
fn elsewhere_nothing_is_written_that_was_not_asked_for() {
    let folder = gate(2);
    let elsewhere: [&[(&str, &str)]; 5] = [
        &[],
        &[("GITHUB_ACTIONS", "false")],
        &[("GITHUB_ACTIONS", "")],
        &[("GITLAB_CI", "true"), ("CI_COMMIT_BRANCH", "main")],
        &[("CI", "true")],
    ];
    for variables in elsewhere {
        let run = check(&folder, variables, &[]).ends_with(1);
        assert!(commands(&run.stderr).is_empty() && commands(&run.stdout).is_empty(), "{variables:?}: {}", run.stderr);
        // Asked for, it is written anywhere.
        let run = check(&folder, variables, &["--format", "github"]).ends_with(1);
        assert_eq!(commands(&run.stdout).len(), 2, "{variables:?}: {}", run.stdout);
    }
}

#[test]
fn a_run_that_passes_annotates_nothing_and_one_that_is_undecided_says_why() {
    let folder = gate(0);
    let run = check(&folder, &GITHUB, &[]).ends_with(0);
    assert!(commands(&run.stderr).is_empty(), "{}", run.stderr);
    let run = check(&folder, &GITHUB, &["--sarif", "missing-*.json"]).ends_with(3);
    let told = commands(&run.stderr);
    assert_eq!(told.len(), 1, "{}", run.stderr);
    assert!(told[0].starts_with("::error file=policy.yml,line=1,title=findgate%3A sarif failed::"), "{}", told[0]);
    assert!(told[0].contains("missing-*.json"), "{}", told[0]);
}

#[test]
fn annotations_change_no_status_and_no_loudness_silences_them() {
    let folder = gate(1);
    for (more, status) in [(&["--exit-zero"][..], 0), (&["--quiet"], 1), (&["--verbose"], 1)] {
        let run = check(&folder, &GITHUB, more).ends_with(status);
        assert_eq!(commands(&run.stderr).len(), 1, "{more:?}: {}", run.stderr);
    }
}

#[test]
fn a_thousand_findings_are_ten_annotations_and_a_count() {
    let folder = gate(1_000);
    let run = check(&folder, &GITHUB, &["--format", "json"]).ends_with(1);
    let told = commands(&run.stderr);
    assert_eq!(told.len(), 11, "{}", run.stderr);
    let notice = "::notice title=findgate::findgate: fail (1): thresholds.all.any%0ANot shown: 990 errors; ";
    assert!(told[10].starts_with(notice), "{}", told[10]);
}

#[test]
fn what_a_scanner_writes_cannot_command_the_runner() {
    let mut hostile = common::result(1);
    hostile["message"]["text"] = Value::from("x\n::add-mask::a\r\n::error::b ##[error]c\u{1b}[31m");
    hostile["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] = Value::from("a,line=7::b.py");
    let folder = Folder::new().with("policy.yml", STRICT).with("scan.sarif", sarif(vec![hostile]));
    let run = check(&folder, &GITHUB, &["--format", "junit"]).ends_with(1);
    let told = commands(&run.stderr);
    assert_eq!(told.len(), 1, "{}", run.stderr);
    assert!(told[0].starts_with("::error "), "{}", told[0]);
    for text in [&run.stderr, &run.stdout] {
        assert!(!text.contains("##[") && !text.contains('\u{1b}') && !text.contains('\r'), "{text}");
    }
}

#[test]
fn a_report_that_was_cut_is_told_on_stderr() {
    let folder = gate(5_001);
    for (format, file) in [("gitlab", "codequality.json"), ("junit", "junit.xml")] {
        let output = format!("{format}={file}");
        let run = check(&folder, &[], &["--output", &output]).ends_with(1);
        run.complains("note: ").complains(file).complains("1 of 5001 findings is not in it; it holds the worst");
        let run = check(&folder, &[], &["--format", format]).ends_with(1);
        run.complains(&format!("{format} on standard output: 1 of 5001 findings"));
    }
    let held: Value = serde_json::from_str(&folder.read("codequality.json")).unwrap();
    assert_eq!(held.as_array().unwrap().len(), 5_001, "5,000 findings and the word that one is missing");
}
