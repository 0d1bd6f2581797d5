//! What the system may deny a run: descriptors, threads, files that are none. Nothing of it ends green, in a panic or in the
//! loss of a file that the run reads.

#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test starts the binary under a limit")]

mod common;

use std::os::unix::fs::symlink;
use std::process::Command;

use common::server::{Reply, Server};
use common::{Folder, Run, STRICT, result, sarif};
use serde_json::json;

const KEY: &str = "mayo_ak_0123456789abcdefABCDEF0123456789";

/// A vendor whose only project has a scan and no finding.
fn vendor() -> Server {
    Server::start(|request| {
        let rows = match request.path.as_str() {
            "/projects" => json!([{"id": "p1", "name": "shop", "finding_count": 0}]),
            "/scans" => json!([{"id": "s1", "asset_id": "a1", "project_id": "p1", "scanner": "semgrep",
                "scanner_type": "sast", "status": "completed", "branch": "main",
                "started_at": "2026-11-20T03:00:00Z", "completed_at": "2026-11-20T03:10:00Z"}]),
            "/findings" => json!([]),
            _ => return Reply::json(404, &json!({})),
        };
        let total = rows.as_array().unwrap().len();
        Reply::ok(&json!({"data": rows, "pagination": {"page": 1, "per_page": 100, "total": total}}))
    })
}

/// A run under limits that a shell sets.
fn limited(folder: &Folder, limits: &str, server: &Server, arguments: &[&str]) -> Run {
    let script = format!("{limits}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_findgate")]).args(arguments);
    command
        .env_clear()
        .current_dir(folder.path())
        .envs([("MAYOASPM_URL", server.url.as_str()), ("MAYOASPM_API_KEY", KEY)]);
    let output = command.output().unwrap();
    Run {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_run_without_descriptors_for_the_network_says_so_and_is_not_green() {
    let server = vendor();
    let policy = "version: 1\nthresholds: {all: any}\nsources: {mayo: {project: shop}}\n";
    let folder = Folder::new().with("policy.yml", policy);
    let run = |limits: &str, command: &str| limited(&folder, limits, &server, &[command, "--policy", "policy.yml"]);
    run("true", "sources").ends_with(0).says("ok");
    run("true", "check").ends_with(0);
    // Enough to read the policy with, and too few to wait for an answer.
    run("ulimit -n 4", "sources").ends_with(3).says("FAIL  network").says("no means to wait");
    let check = run("ulimit -n 4", "check").ends_with(3).says("no means to wait").complains("mayo: failed");
    assert!(!check.stdout.contains("please report this"), "{}", check.stdout);
}

#[test]
fn an_output_never_replaces_what_the_verdict_rests_on() {
    let policy = "version: 1\nextends: parent.yml\nwaivers: {file: waivers.yml}\n";
    let waivers = "version: 1\nwaivers: [{id: w, match: {check: T9}, reason: later, expires: 2099-01-01}]\n";
    let folder = Folder::new().with("policy.yml", policy).with("parent.yml", STRICT).with("waivers.yml", waivers);
    folder.write("a.sarif", sarif(vec![result(1)]));
    folder.check(&["--save-snapshot", "known.json"]).ends_with(1);
    symlink("policy.yml", folder.path().join("link.yml")).unwrap();
    let files = ["policy.yml", "parent.yml", "waivers.yml", "known.json", "link.yml"];
    let before = files.map(|file| folder.read(file));
    for file in files {
        let (output, told) = (format!("json={file}"), if file == "link.yml" { "policy.yml" } else { file });
        let told = format!("an output would replace {told}");
        // Whoever writes over the baseline knows everything the next time.
        let baseline = ["--baseline", "known.json"];
        folder.check(&[&baseline[..], &["--output", &output]].concat()).ends_with(2).complains(&told);
        folder.check(&[&baseline[..], &["--save-snapshot", file]].concat()).ends_with(2).complains(&told);
        if file != "known.json" {
            let collect = ["collect", "--policy", "policy.yml", "--sarif", "a.sarif", "--output", file];
            folder.run(collect).ends_with(2).complains(&told);
        }
        assert_eq!(files.map(|file| folder.read(file)), before, "{file}");
    }
    folder.check(&["--output", "json=other.json"]).ends_with(1);
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_opened_is_told_in_the_words_of_the_system() {
    let folder = Folder::new().with("a.sarif", sarif(Vec::new()));
    symlink("policy.yml", folder.path().join("policy.yml")).unwrap();
    folder.check(&[]).ends_with(2).complains("cannot read the policy policy.yml: Too many levels of symbolic links");
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
    for (arguments, status) in
        [(["--policy", "socket"], 2), (["--snapshot", "socket"], 2), (["--baseline", "socket"], 3)]
    {
        folder.write("real.yml", STRICT);
        let policy: &[&str] = if arguments[0] == "--policy" { &[] } else { &["--policy", "real.yml"] };
        let sarif: &[&str] = if arguments[0] == "--snapshot" { &[] } else { &["--sarif", "a.sarif"] };
        let run = folder.run([&["check"], &arguments[..], policy, sarif].concat());
        run.ends_with(status).complains("No such device or address");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_of_certificates_without_end_is_not_read_to_its_end() {
    let policy = "version: 1\nthresholds: {all: any}\nsources: {mayo: {project: shop}}\n";
    let folder = Folder::new().with("policy.yml", policy);
    let run =
        limited(&folder, "ulimit -v 400000", &vendor(), &["check", "--policy", "policy.yml", "--ca-file", "/dev/zero"]);
    run.ends_with(2).complains("--ca-file /dev/zero: it is larger than 16777216 bytes");
}

/// Whether a run as nobody, who may have no second process, can be shown: only root becomes somebody else.
#[cfg(target_os = "linux")]
fn can_be_nobody(wrapped: &[&str]) -> bool {
    let tried = Command::new(wrapped[0]).args(&wrapped[1..]).arg("true").output();
    tried.is_ok_and(|output| output.status.success())
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_without_a_thread_for_the_bar_ends_no_run() {
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "prlimit", "--nproc=0"];
    let has_terminal = Command::new("script").args(["-qec", "true", "/dev/null"]).output();
    if !can_be_nobody(&nobody) || !has_terminal.is_ok_and(|output| output.status.success()) {
        return;
    }
    let server = vendor();
    let policy = "version: 1\nthresholds: {all: any}\nsources: {mayo: {project: shop}}\n";
    let folder = Folder::new().with("policy.yml", policy);
    // What nobody can reach: neither the folder of the test nor that of the binary need be open to everybody.
    let open = |path: &std::path::Path, mode| {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    open(folder.path(), 0o755);
    let binary = folder.path().join("findgate");
    std::fs::copy(env!("CARGO_BIN_EXE_findgate"), &binary).unwrap();
    open(&binary, 0o755);
    let line = format!("{} ./findgate check --policy policy.yml", nobody.join(" "));
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).env_clear().current_dir(folder.path());
    command.env("PATH", std::env::var_os("PATH").unwrap());
    command.envs([
        ("MAYOASPM_URL", server.url.as_str()),
        ("MAYOASPM_API_KEY", KEY),
        ("TERM", "xterm"),
        ("NO_COLOR", "1"),
    ]);
    let output = command.stdin(std::process::Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("findgate: pass"), "{said}");
}
