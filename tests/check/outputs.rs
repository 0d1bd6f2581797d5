//! Outputs: where they go, what they may not write over, what no text in them can do.

use serde_json::json;

use crate::common::{Folder, STRICT, finish, gate, result_at, sarif};

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
