//! A folder to run the binary in, and the binary in a scrubbed environment.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::disallowed_methods, reason = "a test sets up the environment of the binary")]

pub(crate) mod server;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder of its own for a test.
pub(crate) struct Folder {
    dir: TempDir,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Folder {
    pub(crate) fn new() -> Folder {
        Folder { dir: tempfile::tempdir().expect("make a folder for the test") }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file, with the folders above it.
    pub(crate) fn with(self, name: &str, content: impl AsRef<[u8]>) -> Folder {
        self.write(name, content);
        self
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap_or_else(|error| panic!("read {name}: {error}"))
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }

    /// Changes a document and writes it back.
    pub(crate) fn alter(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let mut document = self.json(name);
        change(&mut document);
        self.write(name, document.to_string());
    }

    /// The binary, in this folder, with nothing of the surrounding environment but the search path.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_findgate"));
        command.env_clear().current_dir(self.path());
        for kept in ["PATH", "SystemRoot", "TMPDIR", "TEMP"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        command
    }

    /// The binary in a job of GitHub, for a pull request from that repository and its branch into `o/r`.
    pub(crate) fn in_pull_request(&self, from: &str, branch: &str) -> Command {
        let event = json!({"number": 7, "pull_request": {
            "number": 7,
            "head": {"ref": branch, "sha": "1".repeat(40), "repo": {"full_name": from, "fork": from != "o/r"}},
            "base": {"ref": "main", "sha": "2".repeat(40), "repo": {"full_name": "o/r"}}
        }});
        self.write("event.json", event.to_string());
        let mut command = self.command();
        command.envs([
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_REPOSITORY", "o/r"),
            ("GITHUB_EVENT_NAME", "pull_request"),
            ("GITHUB_EVENT_PATH", "event.json"),
            ("GITHUB_REF", "refs/pull/7/merge"),
            ("GITHUB_HEAD_REF", branch),
            ("GITHUB_BASE_REF", "main"),
        ]);
        command
    }

    /// Runs it. The status must be looked at by the caller, as [`Run`] has nothing else to offer first.
    pub(crate) fn run<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, arguments: I) -> Run {
        finish(self.command().args(arguments))
    }

    /// `findgate check` of every SARIF file in the folder, by `policy.yml`.
    pub(crate) fn check(&self, more: &[&str]) -> Run {
        let arguments = ["check", "--policy", "policy.yml", "--sarif", "*.sarif"];
        self.run(arguments.iter().chain(more))
    }
}

pub(crate) fn finish(command: &mut Command) -> Run {
    let output = command.output().expect("run the binary");
    Run {
        status: output.status.code().expect("it ended by itself"),
        stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
    }
}

impl Run {
    /// Asserts the status, and shows everything if it is another.
    #[track_caller]
    pub(crate) fn ends_with(self, status: i32) -> Run {
        assert_eq!(self.status, status, "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn says(self, part: &str) -> Run {
        assert!(self.stdout.contains(part), "no {part:?} in stdout:\n{}", self.stdout);
        self
    }

    #[track_caller]
    pub(crate) fn complains(self, part: &str) -> Run {
        assert!(self.stderr.contains(part), "no {part:?} in stderr:\n{}", self.stderr);
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}:\n{}", self.stdout))
    }

    /// The last line of stdout.
    pub(crate) fn verdict(&self) -> &str {
        self.stdout.lines().last().unwrap_or_default()
    }
}

/// A policy that allows nothing.
pub(crate) const STRICT: &str = "version: 1\nthresholds: {all: any}\n";

/// A SARIF file of one run with these results.
pub(crate) fn sarif(results: Vec<Value>) -> String {
    json!({
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "Testscan", "version": "1.0", "rules": [{"id": "T1", "properties": {"tags": ["security"]}}]}},
            "results": results
        }]
    })
    .to_string()
}

/// A result of severity high in a line of its own.
pub(crate) fn result(line: u64) -> Value {
    result_at("src/a.py", line, "error")
}

/// A result at a place, of a SARIF level.
pub(crate) fn result_at(path: &str, line: u64, level: &str) -> Value {
    json!({
        "ruleId": "T1",
        "level": level,
        "message": {"text": format!("flaw {line}")},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": path}, "region": {"startLine": line}}}]
    })
}

/// So many results, each at a line of its own.
pub(crate) fn results(count: u64) -> Vec<Value> {
    (1..=count).map(result).collect()
}

/// A folder with so many findings and a policy that allows none.
pub(crate) fn gate(findings: u64) -> Folder {
    Folder::new().with("policy.yml", STRICT).with("scan.sarif", sarif(results(findings)))
}
