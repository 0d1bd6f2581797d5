//! `findgate check`, end to end: what goes in, what comes out, how it ends.

mod common;

use common::{Folder, STRICT, finish, result, result_at, results, sarif};
use serde_json::{Value, json};

const FORMATS: [&str; 7] = ["human", "json", "sarif", "sarif-audit", "junit", "gitlab", "github"];

fn gate(findings: u64) -> Folder {
    Folder::new().with("policy.yml", STRICT).with("scan.sarif", sarif(results(findings)))
}

#[test]
fn the_status_is_the_same_for_every_number_of_findings_in_every_format() {
    for findings in [0, 1, 255, 256, 257, 512] {
        let folder = gate(findings);
        let violated = i32::from(findings > 0);
        for format in FORMATS {
            folder.check(&["--format", format]).ends_with(violated);
            folder.check(&["--format", format, "--exit-zero"]).ends_with(0);
            folder.check(&["--format", format, "--quiet"]).ends_with(violated);
        }
    }
}

#[test]
fn the_status_stays_when_the_reader_of_stdout_goes_away() {
    for (findings, status) in [(0, 0), (512, 1)] {
        let folder = gate(findings);
        for format in FORMATS {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_findgate"));
            command.args(["check", "--policy", "policy.yml", "--sarif", "*.sarif", "--format", format]);
            let ended = command
                .current_dir(folder.path())
                .stdout(writer)
                .stderr(std::process::Stdio::piped())
                .output()
                .unwrap();
            assert_eq!(ended.status.code(), Some(status), "{findings} findings as {format}");
            let stderr = String::from_utf8(ended.stderr).unwrap();
            assert!(!stderr.contains("panic") && !stderr.contains("error"), "{stderr}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_cannot_be_written_is_never_a_pass() {
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for (findings, arguments, status) in [(0, &[][..], 3), (1, &[], 1), (1, &["--exit-zero"], 3)] {
        let folder = gate(findings);
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_findgate"));
        command.args(["check", "--policy", "policy.yml", "--sarif", "*.sarif"]).args(arguments);
        let ended = command.current_dir(folder.path()).stdout(full()).output().unwrap();
        assert_eq!(ended.status.code(), Some(status), "{findings} findings, {arguments:?}");
        assert!(String::from_utf8(ended.stderr).unwrap().contains("error: "));
    }
}

#[test]
fn exit_zero_changes_no_output_and_neither_2_nor_3() {
    let folder = gate(1);
    for format in FORMATS {
        let plain = folder.check(&["--format", format, "--as-of", "2026-11-21"]).ends_with(1);
        let lenient = folder.check(&["--format", format, "--as-of", "2026-11-21", "--exit-zero"]).ends_with(0);
        assert_eq!(plain.stdout, lenient.stdout, "{format}");
    }
    folder.run(["check", "--policy", "policy.yml", "--sarif", "none*.sarif", "--exit-zero"]).ends_with(3);
    folder.run(["check", "--policy", "none.yml", "--sarif", "*.sarif", "--exit-zero"]).ends_with(2);
}

#[test]
fn the_day_that_was_judged_is_told_in_whole_seconds_and_can_be_judged_again() {
    let folder = gate(1);
    let first = folder.check(&["--format", "json"]).ends_with(1);
    let as_of = first.json()["as_of"].as_str().unwrap().to_owned();
    assert_eq!(as_of.len(), "2026-11-21T10:00:00Z".len(), "{as_of}");
    assert_eq!(folder.check(&["--format", "json", "--as-of", &as_of]).ends_with(1).stdout, first.stdout);
}

#[test]
fn a_report_without_findings_passes_and_says_what_was_read() {
    let run = gate(0).check(&[]).ends_with(0).says("PASS").says("sarif  complete, 0 findings read in 1 scan");
    assert_eq!(run.verdict(), "findgate: pass (0)");
}

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
        assert!(run.verdict().starts_with("findgate: undecided (3): sarif is "), "{name}: {}", run.verdict());
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
    assert!(run["warnings"][0].as_str().unwrap().contains("optional source sarif is failed"), "{run:#}");
    folder.run(["check", "--policy", "policy.yml"]).ends_with(0).says("no source was read completely");
    // Named on the command line, it is asked for.
    folder.run(["check", "--policy", "policy.yml", "--sarif", "none.sarif"]).ends_with(3);
}

#[test]
fn violated_and_incomplete_is_violated() {
    let folder = gate(1);
    let run =
        folder.run(["check", "--policy", "policy.yml", "--sarif", "*.sarif", "--sarif", "none.sarif"]).ends_with(1);
    run.says("not read").says("none.sarif").says("FAIL");
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
fn the_same_file_twice_counts_once() {
    let folder = gate(3);
    folder.write("copy.sarif", sarif(results(3)));
    let run = folder.check(&["--format", "json"]).ends_with(1).json();
    assert_eq!(run["sources"][0]["read"], 6);
    assert_eq!(run["findings"].as_array().unwrap().len(), 3);
}

#[test]
fn the_order_of_files_and_results_changes_no_byte() {
    let (a, b) = (results(20), vec![result_at("src/b.py", 1, "note"), result_at("src/b.py", 2, "warning")]);
    let reversed = |mut results: Vec<Value>| {
        results.reverse();
        results
    };
    let one =
        Folder::new().with("policy.yml", STRICT).with("1.sarif", sarif(a.clone())).with("2.sarif", sarif(b.clone()));
    let other = Folder::new()
        .with("policy.yml", STRICT)
        .with("1.sarif", sarif(reversed(a)))
        .with("2.sarif", sarif(reversed(b)));
    for format in FORMATS {
        let arguments = ["--format", format, "--as-of", "2026-11-21"];
        assert_eq!(one.check(&arguments).ends_with(1).stdout, other.check(&arguments).ends_with(1).stdout, "{format}");
    }
}

#[test]
fn every_policy_problem_is_told_at_once_with_its_line() {
    let policy = "version: 1\nthresholds:\n  scaa: high\n  sast: {hgih: 3}\nrules:\n  r:\n    when: {severty: high}\n";
    let folder = Folder::new().with("policy.yml", policy).with("scan.sarif", sarif(Vec::new()));
    let run = folder.check(&[]).ends_with(2);
    for part in ["policy.yml:3:3", "`sca`", "policy.yml:4:10", "`high`", "policy.yml:7:12", "`severity`"] {
        assert!(run.stderr.contains(part), "no {part} in\n{}", run.stderr);
    }
    assert_eq!(run.stdout, "");
}

#[test]
fn no_policy_says_how_to_get_one() {
    let folder = Folder::new().with("scan.sarif", sarif(Vec::new()));
    let run = folder.run(["check", "--sarif", "scan.sarif"]).ends_with(2);
    run.complains(".findgate.yml, findgate.yml, .github/findgate.yml")
        .complains("findgate policy init")
        .complains("preset:recommended");
}

#[test]
fn a_policy_that_was_named_must_load() {
    let folder = gate(0);
    folder.run(["check", "--policy", "other.yml", "--sarif", "*.sarif"]).ends_with(2).complains("other.yml");
    folder
        .run(["check", "--policy", "preset:recomended", "--sarif", "*.sarif"])
        .ends_with(2)
        .complains("preset:recommended");
}

#[test]
fn the_first_of_the_usual_policy_files_counts_even_if_it_cannot_be_read() {
    let folder = Folder::new()
        .with("scan.sarif", sarif(results(1)))
        .with("findgate.yml", "version: 1\nthresholds: {all: any}\n");
    folder.run(["check", "--sarif", "scan.sarif"]).ends_with(1).says("policy findgate.yml");
    std::fs::create_dir(folder.path().join(".findgate.yml")).unwrap();
    folder.run(["check", "--sarif", "scan.sarif"]).ends_with(2).complains(".findgate.yml");
}

#[test]
fn no_source_at_all_is_wrong_usage() {
    let folder = gate(0);
    folder.run(["check", "--policy", "policy.yml"]).ends_with(2).complains("--sarif");
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
fn variables_stand_for_options_and_empty_ones_for_nothing() {
    let folder = gate(1);
    let run = |more: &[(&str, &str)]| {
        let mut command = folder.command();
        command
            .arg("check")
            .env("FINDGATE_POLICY", "policy.yml")
            .env("FINDGATE_SARIF", "scan.sarif")
            .env("FINDGATE_AS_OF", "");
        finish(command.envs(more.iter().copied()))
    };
    run(&[]).ends_with(1);
    run(&[("FINDGATE_EXIT_ZERO", "true")]).ends_with(0);
    run(&[("FINDGATE_EXIT_ZERO", "false")]).ends_with(1);
    run(&[("FINDGATE_EXIT_ZERO", ""), ("FINDGATE_FORMAT", ""), ("FINDGATE_COLOR", ""), ("FINDGATE_OUTPUT", "")])
        .ends_with(1);
    run(&[("FINDGATE_FORMAT", "json")]).ends_with(1).says("findgate/evaluation/v1");
    run(&[("FINDGATE_SARIF", "scan.sarif\nnone.sarif")]).ends_with(1).says("none.sarif");
    run(&[("FINDGATE_SARIF", "\r\n  scan.sarif\r\n\n")]).ends_with(1);
    run(&[("FINDGATE_OUTPUT", "json=a.json\nsarif=b.json\n")]).ends_with(1);
    assert_eq!(folder.json("a.json")["status"], 1);
    assert_eq!(folder.json("b.json")["version"], "2.1.0");
}

#[test]
fn outputs_are_written_beside_stdout_and_are_whole() {
    let folder = gate(2);
    let run =
        folder.check(&["--output", "json=out.json", "-o", "sarif=out.sarif.json", "--format", "human"]).ends_with(1);
    assert!(run.verdict().starts_with("findgate: fail (1)"));
    assert_eq!(folder.json("out.json")["verdict"], "fail");
    assert_eq!(folder.json("out.sarif.json")["runs"][0]["results"].as_array().unwrap().len(), 2);
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 4, "temporary files stayed: {left:?}");
}

#[test]
fn an_output_to_stdout_takes_its_place() {
    let run = gate(1).check(&["--output", "json=-"]).ends_with(1);
    assert_eq!(run.json()["status"], 1);
    gate(1).check(&["--output", "json=-", "--format", "human"]).ends_with(2);
}

#[test]
fn an_unwritable_output_is_found_before_anything_is_read() {
    let folder = gate(0);
    for path in ["no/such/folder/out.json", "."] {
        let run = folder.check(&["--output", &format!("json={path}")]).ends_with(3);
        assert_eq!(run.stdout, "", "nothing was judged");
        assert!(!run.stderr.contains("sarif: "), "nothing was read: {}", run.stderr);
    }
}

/// A change could put such a link in place of a report: its text would land in a script of the job, or in git's own files.
#[cfg(unix)]
#[test]
fn an_output_follows_no_link_out_of_the_repository() {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    let folder = gate(0).with(".git/config", "[core]\n");
    let outside = tempfile::tempdir().unwrap();
    for (link, to) in [("out", outside.path()), ("git.json", Path::new(".git/config")), ("in", Path::new("real"))] {
        symlink(to, folder.path().join(link)).unwrap();
    }
    let absolute = folder.path().canonicalize().unwrap().join("out/a.json");
    for path in ["out/a.json", ".git/../out/a.json", "git.json", absolute.to_str().unwrap()] {
        let run = folder.check(&["--output", &format!("json={path}")]).ends_with(3);
        let run = run.complains("a link in the repository leads to");
        assert_eq!(run.stdout, "", "nothing was judged");
    }
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    assert_eq!(folder.read(".git/config"), "[core]\n");
    // Within it one does, and a path that leads out by itself is meant.
    let other = format!("json={}", outside.path().join("a.json").display());
    folder.check(&["--output", "sarif=in", "--output", &other]).ends_with(0);
    assert!(folder.path().join("real").exists() && outside.path().join("a.json").exists());
}

#[test]
fn wrong_outputs_are_wrong_usage() {
    let folder = gate(0);
    for (output, part) in [("jsn=out.json", "json"), ("json", "NAME=PATH"), ("json=", "names no file")] {
        folder.check(&["--output", output]).ends_with(2).complains(part);
    }
    folder.check(&["--output", "json=a.json", "--output", "sarif=./a.json"]).ends_with(2);
    folder.check(&["--format", "yaml"]).ends_with(2).complains("human");
}

#[test]
fn a_waiver_excuses_until_the_end_of_its_last_day() {
    let policy = "version: 1\nthresholds: {all: any}\nwaivers:\n  - id: known\n    match: {check: T1, path: 'src/**'}\n    reason: known and harmless\n    expires: 2026-11-21\n";
    let folder = Folder::new().with("policy.yml", policy).with("scan.sarif", sarif(results(2)));
    folder.check(&["--as-of", "2026-11-06"]).ends_with(0).says("excuses 2 findings until 2026-11-21");
    folder.check(&["--as-of", "2026-11-07"]).ends_with(0).says("expires in 14 days");
    folder.check(&["--as-of", "2026-11-21T23:59:59Z"]).ends_with(0).says("expires today");
    let run = folder.check(&["--as-of", "2026-11-22", "--format", "json"]).ends_with(1).json();
    assert_eq!(run["waivers"][0]["state"], "expired");
    assert_eq!(run["findings"][0]["disposition"], "violation");
    folder.check(&["--as-of", "yesterday"]).ends_with(2).complains("2026-11-21");
    folder.check(&["--as-of", "2026-11-22T10:00:00"]).ends_with(2).complains("zone");
}

#[test]
fn an_override_goes_by_the_branch_and_a_branch_that_is_not_known_is_told() {
    let policy =
        "version: 1\nthresholds: {all: critical}\noverrides:\n  - {branch: 'release/*', thresholds: {all: medium}}\n";
    let folder = Folder::new().with("policy.yml", policy).with("scan.sarif", sarif(results(1)));
    folder.check(&["--branch", "main"]).ends_with(0);
    folder
        .check(&["--branch", "release/1.2"])
        .ends_with(1)
        .says("thresholds.all.medium")
        .says("overrides at policy.yml:4");
    folder.check(&[]).ends_with(2).complains("--branch");
    let mut command = folder.command();
    command.args(["check", "--policy", "policy.yml", "--sarif", "*.sarif", "--trust", "worktree"]);
    finish(command.env("GITHUB_ACTIONS", "true").env("GITHUB_HEAD_REF", "release/2").env("GITHUB_REF_NAME", "7/merge"))
        .ends_with(1);
}

#[test]
fn text_of_a_finding_cannot_command_a_log_or_a_terminal() {
    let mut hostile = result_at("src/\u{1b}[2Ja.py", 1, "error");
    hostile["message"]["text"] =
        json!("::error::owned\n##[error]owned \u{202e}gnp \u{1b}]0;title\u{7} ::set-output name=a::b");
    let folder = Folder::new().with("policy.yml", STRICT).with("scan.sarif", sarif(vec![hostile]));
    let run = folder.check(&["--color", "always", "--verbose"]).ends_with(1);
    for stream in [&run.stdout, &run.stderr] {
        assert!(
            !stream.contains('\u{202e}') && !stream.contains("\u{1b}[2J") && !stream.contains("\u{1b}]0"),
            "{stream:?}"
        );
        assert!(!stream.contains("##[") && !stream.lines().any(|line| line.trim_start().starts_with("::")), "{stream}");
    }
}

#[test]
fn color_is_for_terminals_unless_asked_for() {
    let folder = gate(1);
    assert!(!folder.check(&[]).ends_with(1).stdout.contains('\u{1b}'));
    assert!(folder.check(&["--color", "always"]).ends_with(1).stdout.contains('\u{1b}'));
    let mut command = folder.command();
    command
        .args(["check", "--policy", "policy.yml", "--sarif", "*.sarif", "--output", "human=out.txt"])
        .env("CLICOLOR_FORCE", "1");
    assert!(finish(&mut command).ends_with(1).stdout.contains('\u{1b}'));
    assert!(!folder.read("out.txt").contains('\u{1b}'), "a file gets no color");
    for (more, colored) in [(("NO_COLOR", ""), true), (("NO_COLOR", "1"), false)] {
        let mut command = folder.command();
        command
            .args(["check", "--policy", "policy.yml", "--sarif", "*.sarif"])
            .env("FORCE_COLOR", "1")
            .env(more.0, more.1);
        assert_eq!(finish(&mut command).ends_with(1).stdout.contains('\u{1b}'), colored, "{more:?}");
    }
}

#[test]
fn quiet_and_verbose_change_no_output() {
    let folder = gate(2);
    let plain = folder.check(&["--as-of", "2026-11-21"]).ends_with(1);
    let quiet = folder.check(&["--as-of", "2026-11-21", "--quiet"]).ends_with(1);
    let verbose = folder.check(&["--as-of", "2026-11-21", "--verbose"]).ends_with(1);
    assert_eq!(plain.stdout, quiet.stdout);
    assert_eq!(plain.stdout, verbose.stdout);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn a_number_in_a_threshold_covers_its_severity_and_everything_worse() {
    let mut findings = results(3);
    findings.extend((10..13).map(|line| result_at("src/a.py", line, "warning")));
    let folder = Folder::new().with("scan.sarif", sarif(findings));
    for (thresholds, status, rules) in [
        ("{all: high}", 1, vec!["thresholds.all.high"]),
        ("{all: critical}", 0, vec![]),
        ("{all: {high: 3, medium: 6}}", 0, vec![]),
        ("{all: {high: 2, medium: 6}}", 1, vec!["thresholds.all.high"]),
        ("{all: {medium: 5}}", 1, vec!["thresholds.all.medium"]),
        ("{sast: any, sca: any}", 1, vec!["thresholds.sast.any"]),
        ("{secret: any}", 0, vec![]),
    ] {
        let policy = folder.write("policy.yml", format!("version: 1\nthresholds: {thresholds}\nsources: {{sarif: {{files: [{{path: scan.sarif, kind: sast}}]}}}}\n"));
        let run =
            folder.run(["check", "--policy", policy.to_str().unwrap(), "--format", "json"]).ends_with(status).json();
        let violated: Vec<_> =
            run["violations"].as_array().unwrap().iter().map(|v| v["rule"].as_str().unwrap()).collect();
        assert_eq!(violated, rules, "{thresholds}");
    }
}

#[test]
fn a_fact_that_nobody_told_counts_as_true_unless_the_policy_says_skip() {
    let folder = Folder::new().with("scan.sarif", sarif(results(1)));
    for (when, status) in [
        ("{cvss: '>=9'}", 1),
        ("{cvss: '>=9', unknown: skip}", 0),
        ("{not: {cvss: '>=9'}}", 1),
        ("{any: [{cvss: '>=9'}, {severity: high}]}", 1),
        ("{all: [{cvss: '>=9'}, {severity: low}]}", 0),
        ("{new: true}", 1),
        ("{age: '>30d'}", 1),
        // A flaw in the code is in no catalog of published vulnerabilities: that is known.
        ("{kev: true, kind: sast}", 0),
    ] {
        folder.write("policy.yml", format!("version: 1\nrules: {{r: {{when: {when}}}}}\n"));
        let run = folder.check(&["--format", "json"]).ends_with(status).json();
        if when == "{cvss: '>=9'}" {
            assert_eq!(run["violations"][0]["unknown_facts"][0]["fact"], "cvss", "{run:#}");
        }
    }
}

#[test]
fn a_warning_rule_warns_and_changes_no_status() {
    let folder = Folder::new().with("scan.sarif", sarif(results(1)));
    folder.write("policy.yml", "version: 1\nrules: {r: {when: {severity: high}, enforcement: warn}}\n");
    let run = folder.check(&["--format", "json"]).ends_with(0).json();
    assert_eq!(run["verdict"], "pass");
    assert_eq!(run["findings"][0]["disposition"], "warning");
    folder.check(&[]).ends_with(0).says("warns only");
}

#[test]
fn a_path_that_nobody_can_place_counts_for_rules_by_path_until_its_root_is_named() {
    let elsewhere = result_at("file:///src/shop/lib/a.py", 3, "error");
    let folder = Folder::new().with("scan.sarif", sarif(vec![elsewhere]));
    let policy = |root: &str| {
        format!(
            "version: 1\nsources: {{sarif: {{files: [{{path: scan.sarif{root}}}]}}}}\nrules: {{r: {{when: {{path: 'app/**'}}}}}}\n"
        )
    };
    folder.write("policy.yml", policy(""));
    let run = folder.run(["check", "--policy", "policy.yml", "--format", "json"]).ends_with(1).json();
    assert_eq!(run["violations"][0]["unknown_facts"][0]["fact"], "path");
    assert_eq!(run["findings"][0]["location"]["path"], "/src/shop/lib/a.py");
    folder.run(["check", "--policy", "policy.yml"]).ends_with(1).says("say where the scanner");

    folder.write("policy.yml", policy(", root: /src/shop"));
    let run = folder.run(["check", "--policy", "policy.yml", "--format", "json"]).ends_with(0).json();
    assert_eq!(run["findings"][0]["location"]["path"], "lib/a.py");
    folder.write("policy.yml", policy(", root: src/shop"));
    folder.run(["check", "--policy", "policy.yml"]).ends_with(2).complains("absolute folder");
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

#[test]
fn the_recommended_policy_blocks_a_high_finding_of_a_scanner_that_nobody_knows() {
    let report = json!({
        "version": "2.1.0",
        "runs": [{"tool": {"driver": {"name": "Homemade"}}, "results": [result_at("src/a.py", 1, "error")]}]
    });
    let folder = Folder::new().with("a.sarif", report.to_string());
    let run = folder.run(["check", "--policy", "preset:recommended", "--sarif", "a.sarif"]).ends_with(1);
    assert_eq!(run.verdict(), "findgate: fail (1): thresholds.other.high");
}

#[test]
fn a_fact_that_was_told_counts_whatever_the_finding_is_about() {
    for (rule, properties) in [
        ("kev: true", json!({"kev": true})),
        ("epss: '>0.5'", json!({"epss": 0.97})),
        ("license: 'AGPL-*'", json!({"license": "AGPL-3.0"})),
    ] {
        let mut told = result_at("src/a.py", 1, "note");
        told["properties"] = properties;
        let folder = Folder::new()
            .with("policy.yml", format!("version: 1\nrules:\n  told: {{when: {{{rule}}}}}\n"))
            .with("scan.sarif", sarif(vec![told]));
        folder.check(&[]).ends_with(1).says("told");
    }
}

/// Findings of a scanner of packages: check, version, aliases.
fn packages(tool: &str, findings: &[(&str, &str, &[&str])]) -> String {
    let results = findings.iter().map(|(check, version, aliases)| {
        json!({
            "ruleId": check, "level": "error", "message": {"text": "vulnerable"},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": "package-lock.json"}}}],
            "properties": {"purl": format!("pkg:npm/lodash@{version}"), "aliases": aliases},
        })
    });
    let results: Vec<Value> = results.collect();
    json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": tool}}, "results": results}]}).to_string()
}

#[test]
fn a_fingerprint_waives_one_finding_also_when_another_had_it_before_merging() {
    let strict = "version: 1\nthresholds: {all: any}\n";
    let ghsa = "GHSA-aaaa-bbbb-cccc";
    let folder = Folder::new()
        .with("policy.yml", strict)
        .with("a.sarif", packages("npm-audit", &[(ghsa, "3.0.0", &[]), (ghsa, "4.0.0", &[])]));
    let run = folder.check(&["--format", "json"]).ends_with(1).json();
    let fingerprint = run["findings"][0]["fingerprint"].as_str().unwrap();
    let waiver = format!(
        "{strict}waivers:\n  - {{id: w, match: {{fingerprint: '{fingerprint}'}}, reason: known and harmless, expires: 2099-01-01}}\n"
    );
    folder.write("policy.yml", waiver);
    for number in 1000..1020 {
        let cve = format!("CVE-2021-{number}");
        folder.write("b.sarif", packages("osv-scanner", &[(&cve, "3.0.0", &[ghsa])]));
        let run = folder.check(&["--format", "json"]).ends_with(1).json();
        let waived = run["findings"].as_array().unwrap().iter().filter(|one| one["disposition"] == "waived").count();
        assert!(waived <= 1, "{cve}: {run:#}");
    }
}

#[test]
fn a_waiver_of_a_package_hides_no_second_vulnerability_that_has_the_same_check_and_no_id() {
    let mut two = [result_at("a/package-lock.json", 1, "error"), result_at("b/package-lock.json", 1, "error")];
    for (number, one) in two.iter_mut().enumerate() {
        one["message"]["text"] = format!("vulnerability {number}").into();
        one["properties"] = json!({"package": "lodash", "packageVersion": "4.17.0"});
    }
    let policy = "version: 1\nthresholds: {all: any}\nsources: {sarif: {files: {path: '*.sarif', kind: sca}}}\nwaivers:\n  - {id: w, match: {package: lodash}, reason: known and harmless, expires: 2099-01-01}\n";
    let folder = Folder::new().with("policy.yml", policy).with("scan.sarif", sarif(two.to_vec()));
    folder.run(["check", "--policy", "policy.yml"]).ends_with(1).says("2 vulnerabilities");
    folder.write("scan.sarif", sarif(vec![two[0].clone()]));
    folder.run(["check", "--policy", "policy.yml"]).ends_with(0);
}

#[test]
fn readings_that_say_different_things_of_one_place_stay_two() {
    let place = |line: u64, code: &str| json!([{"physicalLocation": {"artifactLocation": {"uri": "pom.xml"}, "region": {"startLine": line, "snippet": {"text": code}}}}]);
    let one = |kind: &str, check: &str, message: &str| {
        (
            kind.to_owned(),
            json!({"ruleId": check, "level": "error", "message": {"text": message}, "locations": place(1, "x")}),
        )
    };
    for [(kind, first), (_, second)] in [
        [
            one("sca", "CVE-2021-44228", "log4j-core is vulnerable"),
            one("sca", "CVE-2021-44228", "log4j-api is vulnerable"),
        ],
        [one("iac", "T1", "bucket A is public"), one("iac", "T1", "bucket B is public")],
        [one("secret", "T1", "found AKIA1"), one("secret", "T1", "found AKIA2")],
        [one("sast", "T1", "SQL injection.\nfrom a"), one("sast", "T1", "SQL injection.\nfrom b")],
    ] {
        let policy = format!(
            "version: 1\nthresholds: {{all: {{info: 1}}}}\nsources: {{sarif: {{files: {{path: '*.sarif', kind: {kind}}}}}}}\n"
        );
        let folder = Folder::new().with("policy.yml", policy).with("scan.sarif", sarif(vec![first.clone(), second]));
        let run = folder.run(["check", "--policy", "policy.yml", "--format", "json"]).ends_with(1);
        assert!(!run.stdout.contains("AKIA"), "{}", run.stdout);
        // The same reading twice is still one.
        folder.write("scan.sarif", sarif(vec![first.clone(), first]));
        folder.run(["check", "--policy", "policy.yml"]).ends_with(0);
    }
}

#[test]
fn the_same_code_in_other_lines_is_another_finding_for_another_tool_too() {
    let scan = |tool: &str, line: u64| {
        let rules = json!([{"id": "E", "properties": {"tags": ["CWE-95"]}}]);
        let region = json!({"startLine": line, "snippet": {"text": "eval(x)"}});
        let locations = json!([{"physicalLocation": {"artifactLocation": {"uri": "a.py"}, "region": region}}]);
        json!({"version": "2.1.0", "runs": [{
            "tool": {"driver": {"name": tool, "rules": rules}},
            "results": [{"ruleId": "E", "message": {"text": "m"}, "locations": locations}],
        }]})
        .to_string()
    };
    let folder = Folder::new()
        .with("policy.yml", "version: 1\nthresholds: {all: {info: 1}}\n")
        .with("a.sarif", scan("Semgrep", 10))
        .with("b.sarif", scan("Bandit", 500));
    folder.check(&[]).ends_with(1);
    folder.write("b.sarif", scan("Bandit", 10));
    folder.check(&[]).ends_with(0);
}

#[test]
fn a_reading_with_the_ids_of_two_vulnerabilities_does_not_make_one_of_them() {
    let waiver = "waivers:\n  - {id: w, match: {id: CVE-2021-0001}, reason: known and harmless, expires: 2099-01-01}\n";
    let both: &[&str] = &["CVE-2021-0001", "CVE-2021-0002"];
    let folder = Folder::new()
        .with("policy.yml", format!("version: 1\nthresholds: {{all: any}}\n{waiver}"))
        .with("a.sarif", packages("osv-scanner", &[("GHSA-aaaa-bbbb-cccc", "4.0.0", both)]))
        .with("b.sarif", packages("npm-audit", &[("CVE-2021-0001", "4.0.0", &[]), ("CVE-2021-0002", "4.0.0", &[])]));
    let run = folder.check(&["--format", "json"]).ends_with(1).json();
    let open = run["findings"].as_array().unwrap().iter().filter(|one| one["disposition"] == "violation").count();
    assert_eq!(open, 1, "{run:#}");
}

#[test]
fn findings_of_no_known_kind_that_no_rule_looks_at_are_told() {
    let report = |tool: &str| {
        let results = results(2);
        json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": tool}}, "results": results}]}).to_string()
    };
    let folder = Folder::new().with("scan.sarif", report("Homemade"));
    for (policy, told) in [
        ("thresholds: {sast: any, sca: any}", true),
        ("thresholds: {sast: any, all: critical}", false),
        ("thresholds: {sast: any, other: critical}", false),
        ("thresholds: {sast: any}\nrules: {r: {when: {path: 'src/**'}, allow: 2}}", false),
    ] {
        folder.write("policy.yml", format!("version: 1\n{policy}\n"));
        let run = folder.check(&[]).ends_with(0);
        assert_eq!(run.stdout.contains("not judged"), told, "{policy}:\n{}", run.stdout);
    }
}

#[test]
fn a_tag_or_a_variable_of_git_hides_no_override_of_the_branch() {
    if std::process::Command::new("git").arg("--version").output().is_err() {
        eprintln!("skipped: there is no git here");
        return;
    }
    let policy = "version: 1\nthresholds: {all: critical}\noverrides:\n  - {branch: main, thresholds: {all: any}}\n";
    let folder = Folder::new().with("policy.yml", policy).with("scan.sarif", sarif(results(1)));
    let other = Folder::new();
    let git = |folder: &Folder, arguments: &[&str]| {
        let who = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
        let mut command = std::process::Command::new("git");
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").arg("-C").arg(folder.path()).args(who).args(arguments);
        assert!(command.output().unwrap().status.success(), "{arguments:?}");
    };
    for (folder, branch) in [(&folder, "main"), (&other, "dev")] {
        git(folder, &["init", "--quiet", "-b", branch]);
        git(folder, &["commit", "--quiet", "--allow-empty", "-m", "first"]);
    }
    folder.check(&[]).ends_with(1);
    git(&folder, &["tag", "main"]);
    folder.check(&[]).ends_with(1);
    let mut command = folder.command();
    command.args(["check", "--policy", "policy.yml", "--sarif", "*.sarif"]);
    finish(command.env("GIT_DIR", other.path().join(".git"))).ends_with(1);
    folder.check(&["--branch", "refs/heads/main"]).ends_with(1);
    folder.check(&["--branch", "origin/main"]).ends_with(1);
    git(&folder, &["checkout", "--quiet", "-b", "work"]);
    let mut command = folder.command();
    command.args(["check", "--policy", "policy.yml", "--sarif", "*.sarif"]);
    command.env("GITHUB_ACTIONS", "true").env("GITHUB_REF_TYPE", "tag").env("GITHUB_REF_NAME", "main");
    finish(&mut command).ends_with(2).complains("--branch");
}

#[test]
fn a_result_at_several_places_counts_for_a_rule_of_each_and_is_waived_only_where_all_are() {
    let mut spread = result_at("lib/a.py", 1, "error");
    let other = result_at("payments/b.py", 2, "error")["locations"][0].clone();
    spread["locations"].as_array_mut().unwrap().extend([other, json!("no location"), json!({})]);
    let folder = Folder::new().with("scan.sarif", sarif(vec![spread]));
    let rule = |path: &str| format!("version: 1\nrules: {{r: {{when: {{path: '{path}'}}}}}}\n");
    for (path, status) in [("lib/**", 1), ("payments/**", 1), ("docs/**", 0)] {
        folder.write("policy.yml", rule(path));
        let run = folder.check(&["--format", "json"]).ends_with(status).json();
        assert_eq!(run["findings"][0]["also_in"], json!(["payments/b.py"]));
    }
    for (paths, status) in [("lib/**", 1), ("[lib/**, payments/**]", 0)] {
        let waiver = format!("waivers: [{{id: w, match: {{path: {paths}}}, reason: known, expires: 2099-01-01}}]");
        folder.write("policy.yml", format!("{STRICT}{waiver}\n"));
        folder.check(&[]).ends_with(status);
    }
}

#[test]
fn an_option_that_is_given_and_names_nothing_is_wrong_usage() {
    // Its policy has a source of its own, so that there is something to pass by.
    let policy = "version: 1\nthresholds: {all: any}\nsources: {sarif: {files: scan.sarif}}\n";
    let folder = Folder::new().with("policy.yml", policy).with("scan.sarif", sarif(Vec::new()));
    let check = |more: &[&str]| folder.run(["check", "--policy", "policy.yml"].iter().chain(more));
    check(&[]).ends_with(0);
    for option in ["--sarif", "--only", "--output"] {
        for nothing in ["", " ", "\n"] {
            check(&[option, nothing]).ends_with(2).complains(&format!("{option} was given without a value"));
        }
    }
    check(&["--sarif", "scan.sarif", "--sarif", ""]).ends_with(2);
}

#[test]
fn a_policy_file_that_is_passed_over_is_told() {
    let folder =
        Folder::new().with("scan.sarif", sarif(Vec::new())).with(".findgate.yml", STRICT).with("findgate.yml", STRICT);
    folder.run(["check", "--sarif", "scan.sarif"]).ends_with(0).complains("findgate.yml exists too and is not read");
}
