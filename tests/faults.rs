//! What a machine does to a run: it is killed, the disk is full, pipes close, files change while they are read. Whatever
//! happens, no half file is left behind and no verdict is one of half the evidence.

#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test waits for what happens at the same time")]

mod common;

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use common::server::{Reply, Server};
use common::{Folder, STRICT, result, results, sarif};
use serde_json::{Value, json};

/// The binary, started and not waited for.
fn start(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_findgate"));
    command.env_clear().current_dir(folder.path()).args(arguments).envs(variables.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("start the binary")
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args(["-s", name, &child.id().to_string()]).status().expect("run kill");
    assert!(status.success(), "kill -s {name}");
}

fn is_whole(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok()
}

#[test]
fn a_run_that_is_killed_leaves_the_old_file_or_the_new_one() {
    let folder = Folder::new().with("policy.yml", STRICT).with("a.sarif", sarif(results(1_000)));
    let old = r#"{"the":"old one"}"#;
    let outputs = ["json=e.json", "sarif=s.json", "sarif-audit=a.json"];
    let mut arguments =
        vec!["check", "--policy", "policy.yml", "--sarif", "a.sarif", "--save-snapshot", "snapshot.json"];
    arguments.extend(outputs.iter().flat_map(|output| ["--output", output]));
    let files = ["e.json", "s.json", "a.json", "snapshot.json"];
    let mut replaced = 0;
    let mut ended_by_itself = false;
    // A little later each time, until it comes to its end before; whichever moment it is, what is asserted holds.
    for step in 0.. {
        if ended_by_itself {
            break;
        }
        for file in files {
            folder.write(file, old);
        }
        let mut child = start(&folder, &arguments, &[]);
        thread::sleep(Duration::from_millis(step * 15));
        signal(&child, "KILL");
        ended_by_itself = child.wait().unwrap().code().is_some();
        for file in files {
            let text = folder.read(file);
            assert!(
                text == old || is_whole(&text),
                "{file} is neither the old file nor a whole new one: {} bytes",
                text.len()
            );
            replaced += u32::from(text != old);
        }
    }
    assert!(replaced > 0, "no run came as far as its outputs, so nothing was shown");
}

#[test]
fn whoever_ends_a_run_that_waits_is_obeyed_at_once_and_no_file_is_left() {
    // A vendor whose scan never ends.
    let server = Server::start(|request| {
        let rows = match request.path.as_str() {
            "/projects" => json!([{"id": "p1", "name": "shop", "finding_count": 0}]),
            "/scans" => {
                json!([{"id": "s1", "project_id": "p1", "scanner": "semgrep", "status": "running", "branch": "main"}])
            }
            "/findings" => json!([]),
            _ => return Reply::json(404, &json!({})),
        };
        let total = rows.as_array().unwrap().len();
        Reply::ok(&json!({"data": rows, "pagination": {"page": 1, "per_page": 100, "total": total}}))
    });
    for (name, number) in [("TERM", 15), ("INT", 2)] {
        let folder = Folder::new()
            .with("policy.yml", "version: 1\nthresholds: {all: any}\nsources: {mayo: {project: shop, wait: 9m}}\n");
        let before = server.count("/scans");
        let arguments = ["check", "--policy", "policy.yml", "--output", "json=e.json", "--save-snapshot", "s.json"];
        let key = "mayo_ak_0123456789abcdefABCDEF0123456789";
        let mut child = start(&folder, &arguments, &[("MAYOASPM_URL", &server.url), ("MAYOASPM_API_KEY", key)]);
        while server.count("/scans") == before {
            assert!(child.try_wait().unwrap().is_none(), "it ended before it was told to");
            thread::sleep(Duration::from_millis(20));
        }
        signal(&child, name);
        let status = child.wait().unwrap();
        // A shell calls it 128 and the number: 143 and 130.
        assert_eq!(status.signal(), Some(number), "{status:?}");
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["policy.yml"], "{name} left files behind");
    }
}

#[test]
fn an_output_that_a_full_disk_cuts_is_undecided_and_the_old_file_stays() {
    // A limit of the process takes the place of a disk: what writes beyond it is refused the rest.
    let folder = Folder::new().with("policy.yml", "version: 1\nthresholds: {all: critical}\n");
    folder.write("a.sarif", sarif(results(400)));
    folder.write("e.json", "old");
    let limited = |limit: &str, format: &str| {
        let script =
            format!("trap '' XFSZ; ulimit -f {limit}; exec \"$0\" check --policy policy.yml --sarif a.sarif {format}");
        let mut command = Command::new("sh");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_findgate")]).env_clear().current_dir(folder.path());
        let run = command.output().unwrap();
        (run.status.code(), String::from_utf8(run.stderr).unwrap())
    };
    let (status, said) = limited("8", "--output json=e.json");
    assert_eq!(status, Some(3), "{said}");
    assert!(said.contains("cannot write json to e.json"), "{said}");
    assert_eq!(folder.read("e.json"), "old");
    let left: Vec<String> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
    assert_eq!(limited("unlimited", "--output json=e.json").0, Some(0));
    assert!(is_whole(&folder.read("e.json")));
    // What is violated is, whatever could not be written.
    folder.write("policy.yml", STRICT);
    assert_eq!(limited("8", "--output json=e.json").0, Some(1));
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_behind_standard_output_is_undecided() {
    let folder = Folder::new().with("policy.yml", "version: 1\nthresholds: {all: critical}\n");
    folder.write("a.sarif", sarif(results(1)));
    for format in ["human", "json", "sarif"] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_findgate"));
        command.env_clear().current_dir(folder.path()).stdout(full);
        let run = command
            .args(["check", "--policy", "policy.yml", "--sarif", "a.sarif", "--format", format])
            .output()
            .unwrap();
        assert_eq!(run.status.code(), Some(3), "{format}");
        let said = String::from_utf8(run.stderr).unwrap();
        assert!(said.contains(&format!("cannot write {format} to standard output")), "{said}");
    }
}

#[test]
fn a_reader_that_leaves_changes_no_status() {
    let folder = Folder::new().with("a.sarif", sarif(results(2_000)));
    for (policy, status) in [("version: 1\nthresholds: {all: critical}\n", 0), (STRICT, 1)] {
        folder.write("policy.yml", policy);
        for format in ["human", "json", "sarif-audit"] {
            let arguments = ["check", "--policy", "policy.yml", "--sarif", "a.sarif", "--format", format];
            let mut child = start(&folder, &arguments, &[]);
            // Closed before anything is written, and after the first bytes.
            let mut first = [0u8; 16];
            let mut stdout = child.stdout.take().unwrap();
            if format != "human" {
                stdout.read_exact(&mut first).unwrap();
            }
            drop(stdout);
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            assert_eq!(child.wait().unwrap().code(), Some(status), "{format}: {said}");
            assert!(!said.contains("panicked"), "{said}");
        }
    }
}

#[test]
fn a_folder_that_cannot_be_written_to_is_told_before_anything_is_read() {
    // /proc is read-only for everybody, root among them.
    if !Path::new("/proc/self").exists() {
        return;
    }
    let folder = Folder::new().with("policy.yml", STRICT).with("a.sarif", sarif(Vec::new()));
    let run =
        folder.check(&["--output", "json=/proc/e.json"]).ends_with(3).complains("cannot write json to /proc/e.json");
    assert!(!run.stderr.contains("1 scan"), "it was read first:\n{}", run.stderr);
    folder.check(&["--save-snapshot", "/proc/s.json"]).ends_with(3).complains("/proc/s.json");
}

#[test]
fn a_file_that_changes_while_it_is_read_never_makes_a_pass_of_half_of_it() {
    let folder = Folder::new().with("policy.yml", "version: 1\nthresholds: {all: {high: 1999}}\n");
    let whole = sarif(results(2_000));
    let path = folder.write("a.sarif", &whole);
    let stop = Arc::new(AtomicBool::new(false));
    let writer = {
        let (stop, path, whole) = (Arc::clone(&stop), path.clone(), whole.clone());
        thread::spawn(move || {
            let half = &whole.as_bytes()[..whole.len() / 2];
            while !stop.load(Ordering::SeqCst) {
                // In place, as a scanner does that still writes.
                fs::write(&path, half).unwrap();
                fs::write(&path, &whole).unwrap();
            }
        })
    };
    let mut seen = Vec::new();
    for _ in 0..25 {
        let run = folder.check(&["--format", "json"]);
        // 2,000 findings violate; fewer would pass, and must not be believed.
        assert!(matches!(run.status, 1 | 3), "status {}\n{}", run.status, run.stderr);
        seen.push(run.status);
    }
    stop.store(true, Ordering::SeqCst);
    writer.join().unwrap();
    folder.check(&[]).ends_with(1);
    assert_eq!(seen.len(), 25);
}

#[test]
fn ten_thousand_files_of_a_glob_are_all_read() {
    let folder = Folder::new()
        .with("policy.yml", "version: 1\nthresholds: {all: any}\nsources: {sarif: {files: 'r/**/*.sarif'}}\n");
    for number in 0..10_000u64 {
        let results = if number % 100 == 0 { vec![result(number + 1)] } else { Vec::new() };
        folder.write(&format!("r/{}/{number}.sarif", number % 37), sarif(results));
    }
    let run = folder.run(["check", "--policy", "policy.yml", "--format", "json"]).ends_with(1);
    let told = run.json();
    assert_eq!(told["sources"][0]["read"], 100);
    assert_eq!(told["sources"][0]["scans"].as_array().unwrap().len(), 10_000);
    // One of them that cannot be read is enough.
    folder.write("r/3/broken.sarif", "{");
    let run = folder.run(["check", "--policy", "policy.yml", "--format", "json"]).ends_with(1);
    assert_ne!(run.json()["sources"][0]["state"], "complete");
}

#[test]
fn a_link_that_leads_out_of_the_project_is_told_and_never_read_in_silence() {
    let outside = Folder::new().with("scan.sarif", sarif(vec![result(1)]));
    let folder = Folder::new().with("policy.yml", STRICT).with("a.sarif", sarif(Vec::new()));
    symlink(outside.path().join("scan.sarif"), folder.path().join("b.sarif")).unwrap();
    folder.check(&[]).ends_with(3).complains("b.sarif");
}

#[test]
fn a_day_that_jumps_changes_nothing_but_what_depends_on_the_day() {
    let folder = Folder::new().with("a.sarif", sarif(results(2)));
    let waiver = "waivers:\n- {id: w, match: {check: T1}, reason: later, expires: 2026-12-01}\n";
    folder.write("policy.yml", format!("{STRICT}{waiver}"));
    for (day, status) in [("1971-01-01", 0), ("2026-11-30", 0), ("2026-12-01", 0), ("2026-12-02", 1), ("9999-12-30", 1)]
    {
        folder.check(&["--as-of", day]).ends_with(status);
    }
    folder.check(&["--as-of", "10000-01-01"]).ends_with(2).complains("--as-of");
}
