//! How a run ends, whatever it writes and whoever reads it.

use crate::FORMATS;
use crate::common::{Folder, finish, gate, sarif};

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

#[test]
fn exit_zero_changes_no_output_and_neither_2_nor_3() {
    let folder = gate(1);
    for format in FORMATS {
        let plain = folder.check(&["--format", format, "--as-of", "2026-11-21"]).ends_with(1);
        let lenient = folder.check(&["--format", format, "--as-of", "2026-11-21", "--exit-zero"]).ends_with(0);
        assert_eq!(plain.stdout, lenient.stdout, "{format}");
        lenient.complains("the violation does not fail this run, because of --exit-zero");
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
fn violated_and_incomplete_is_violated() {
    let folder = gate(1);
    let run =
        folder.run(["check", "--policy", "policy.yml", "--sarif", "*.sarif", "--sarif", "none.sarif"]).ends_with(1);
    run.says("not read").says("none.sarif").says("FAIL");
}

#[test]
fn no_source_at_all_is_wrong_usage() {
    let folder = gate(0);
    folder.run(["check", "--policy", "policy.yml"]).ends_with(2).complains("--sarif");
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
    run(&[("FINDGATE_EXIT_ZERO", "never")]).ends_with(2).complains("--exit-zero");
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
