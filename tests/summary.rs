//! The summary of a job of GitHub Actions, which is written by itself. End to end.

#![allow(clippy::disallowed_methods, reason = "a test sets up the environment of the binary")]

mod common;

use common::{Folder, Run, STRICT, finish, result, sarif};

/// The most of a step's summary that GitHub shows, in bytes.
const SHOWN: usize = 1 << 20;

/// The most of a comment that GitHub takes, in UTF-16 code units.
const COMMENT: usize = 65_536;

fn folder() -> Folder {
    Folder::new().with("policy.yml", STRICT).with("a.sarif", sarif(vec![result(3)]))
}

/// `findgate check` in a job of GitHub Actions.
fn job(folder: &Folder, summary: &str, more: &[&str]) -> Run {
    let mut command = folder.command();
    command.args(["check", "--policy", "policy.yml", "--sarif", "*.sarif"]).args(more);
    command.envs([("CI", "true"), ("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", "push")]);
    finish(command.env("GITHUB_REPOSITORY", "acme/shop").env("GITHUB_STEP_SUMMARY", summary))
}

/// The document as it is written where it was asked for.
fn document(folder: &Folder) -> String {
    job(folder, "", &["--format", "markdown"]).ends_with(1).stdout
}

#[test]
fn a_job_gets_a_summary_whatever_stdout_carries() {
    for format in ["human", "json", "markdown"] {
        let folder = folder();
        job(&folder, "summary.md", &["--format", format]).ends_with(1);
        let summary = folder.read("summary.md");
        let start =
            "<!-- findgate: policy.yml -->\n\n## ❌ FAIL: the policy is violated in 1 rule\n\n`findgate: fail (1): ";
        assert!(summary.starts_with(start), "{summary}");
        assert_eq!(summary.matches("<!-- findgate: ").count(), 1, "{summary}");
    }
}

#[test]
fn a_summary_is_what_the_format_writes_and_is_the_same_each_time() {
    let folder = folder();
    let day = ["--as-of", "2026-11-21"];
    job(&folder, "summary.md", &day).ends_with(1);
    let run = job(&folder, "", &[&day[..], &["--format", "markdown"]].concat()).ends_with(1);
    assert_eq!(folder.read("summary.md"), run.stdout);
}

#[test]
fn what_stands_in_a_summary_stays_and_ours_begins_on_a_line_of_its_own() {
    let folder = folder().with("summary.md", "# Tests\n\nall well");
    job(&folder, "summary.md", &[]).ends_with(1);
    let once = folder.read("summary.md");
    assert!(once.starts_with("# Tests\n\nall well\n\n<!-- findgate: policy.yml -->\n\n## "), "{once}");
    job(&folder, "summary.md", &[]).ends_with(1);
    let twice = folder.read("summary.md");
    assert!(twice.starts_with(&once) && twice.matches("\n<!-- findgate: ").count() == 2, "{twice}");
}

#[test]
fn a_pass_and_what_is_undecided_have_a_summary_too() {
    let lax = Folder::new().with("policy.yml", "version: 1\nthresholds: {all: critical}\n");
    let passed = lax.with("a.sarif", sarif(vec![result(3)]));
    job(&passed, "summary.md", &[]).ends_with(0);
    assert!(passed.read("summary.md").contains("\n## ✅ PASS: the policy holds\n"));
    let undecided = Folder::new().with("policy.yml", STRICT);
    job(&undecided, "summary.md", &[]).ends_with(3);
    let summary = undecided.read("summary.md");
    assert!(
        summary.contains("\n## ⚠️ UNDECIDED: ") && summary.contains("\n- `sarif` **failed, required**\n"),
        "{summary}"
    );
}

#[test]
fn what_a_scanner_wrote_notifies_nobody_and_shows_no_image() {
    let mut hostile = result(3);
    hostile["message"]["text"] = "@octocat see #12 https://evil.example/x.png <img src=x>".into();
    let folder = folder().with("a.sarif", sarif(vec![hostile]));
    job(&folder, "summary.md", &[]).ends_with(1);
    let summary = folder.read("summary.md");
    let shown = "@\u{200b}octocat see \\#\u{200b}12 https:\u{200b}//evil.example/x.png &lt;img src=x&gt;";
    // The title of the finding, and of what to paste to waive it.
    assert_eq!(summary.matches(shown).count(), 2, "{summary}");
    assert!(!summary.contains("@octocat") && !summary.contains("<img") && !summary.contains("https://"), "{summary}");
}

#[test]
fn a_summary_that_cannot_be_written_is_a_note_and_changes_no_status() {
    let folder = folder().with("file", "");
    for summary in ["missing/summary.md", ".", "file/summary.md"] {
        let run = job(&folder, summary, &[]).ends_with(1);
        let note = format!("note: the summary of the job was not written to {summary}: open it: ");
        assert!(run.stderr.contains(&note), "{}", run.stderr);
        assert!(run.verdict().starts_with("findgate: fail (1)"), "{}", run.stdout);
    }
    let full = "x".repeat(SHOWN - 100);
    folder.write("full.md", &full);
    job(&folder, "full.md", &[]).ends_with(1).complains("leave no room within the 1048576 that GitHub shows");
    assert_eq!(folder.read("full.md"), full);
}

#[test]
fn a_summary_is_filled_to_the_last_byte_and_no_further() {
    let folder = folder();
    // The day is part of what is written.
    let day = ["--as-of", "2026-11-21"];
    let length = job(&folder, "", &[&day[..], &["--format", "markdown"]].concat()).ends_with(1).stdout.len();
    for (free, fits) in [(length + 2, true), (length + 1, false)] {
        folder.write("summary.md", "x".repeat(SHOWN - free));
        let run = job(&folder, "summary.md", &day).ends_with(1);
        assert_eq!(run.stderr.contains("leave no room"), !fits, "{}", run.stderr);
        let summary = folder.read("summary.md");
        assert_eq!(summary.len(), if fits { SHOWN } else { SHOWN - free });
    }
}

#[test]
fn nothing_is_written_outside_of_github() {
    let folder = folder();
    let run = |name: &str| {
        let mut command = folder.command();
        command.args(["check", "--policy", "policy.yml", "--sarif", "*.sarif"]);
        finish(command.env(name, "true").env("CI", "true").env("GITHUB_STEP_SUMMARY", "summary.md")).ends_with(1)
    };
    for platform in ["GITLAB_CI", "NOTHING"] {
        run(platform);
        assert!(!folder.path().join("summary.md").exists(), "{platform}");
    }
    run("GITHUB_ACTIONS");
    assert!(folder.path().join("summary.md").exists());
}

#[test]
fn an_output_to_the_very_file_of_the_summary_stands_there_once() {
    let folder = folder();
    let absolute = folder.path().join("summary.md");
    let absolute = absolute.to_str().unwrap();
    for (summary, output) in
        [("summary.md", "summary.md"), (absolute, "summary.md"), ("summary.md", absolute), ("./summary.md", absolute)]
    {
        folder.write("summary.md", "of another command");
        job(&folder, summary, &["--output", &format!("markdown={output}")]).ends_with(1);
        let text = folder.read("summary.md");
        assert!(text.starts_with("<!-- findgate: policy.yml -->\n"), "{text}");
        assert_eq!(text.matches("<!-- findgate: ").count(), 1, "{text}");
    }
    job(&folder, "summary.md", &["--output", "json=summary.md"]).ends_with(1);
    assert_eq!(folder.json("summary.md")["verdict"], "fail");
    // Another file takes nothing from the summary.
    job(&folder, "other.md", &["--output", "markdown=summary.md"]).ends_with(1);
    assert_eq!(folder.read("other.md"), folder.read("summary.md"));
}

#[cfg(unix)]
#[test]
fn a_link_to_the_file_of_the_summary_is_that_file() {
    let folder = folder().with("summary.md", "");
    std::os::unix::fs::symlink("summary.md", folder.path().join("link.md")).unwrap();
    job(&folder, "link.md", &["--output", "markdown=summary.md"]).ends_with(1);
    assert_eq!(folder.read("summary.md").matches("<!-- findgate: ").count(), 1);
    job(&folder, "summary.md", &["--output", "markdown=link.md"]).ends_with(1);
    assert_eq!(folder.read("summary.md").matches("<!-- findgate: ").count(), 1);
}

#[test]
fn ten_thousand_findings_fit_into_a_comment() {
    let folder = folder().with("a.sarif", sarif((1..=10_000).map(result).collect()));
    let document = document(&folder);
    assert!(document.encode_utf16().count() < COMMENT);
    let rest = document.split("\nand ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    assert_eq!(rest, "9950");
}
