//! `findgate collect` and `--snapshot`, end to end: what one run read, another judges.

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{Folder, Run, STRICT, finish, gate, results, sarif};
use serde_json::{Value, json};

const FORMATS: [&str; 4] = ["human", "json", "sarif", "sarif-audit"];
const DAY: [&str; 2] = ["--as-of", "2026-11-21"];
/// The policy names its files itself.
const NAMED: &str = "version: 1\nthresholds: {all: any}\nsources: {sarif: {files: 'reports/*.sarif'}}\n";
const SHA: &str = "1111111111111111111111111111111111111111";
const OTHER: &str = "2222222222222222222222222222222222222222";

/// A folder with a policy that names its reports, and one report.
fn named(findings: u64) -> Folder {
    Folder::new().with("policy.yml", NAMED).with("reports/scan.sarif", sarif(results(findings)))
}

/// Another folder in which nothing is but the policy and the snapshot.
fn elsewhere(folder: &Folder, policy: &str) -> Folder {
    Folder::new().with("policy.yml", policy).with("snapshot.json", folder.read("snapshot.json"))
}

fn collect(folder: &Folder, more: &[&str]) -> Run {
    folder.run(["collect", "--policy", "policy.yml", "--output", "snapshot.json"].iter().chain(more))
}

fn judge(folder: &Folder, more: &[&str]) -> Run {
    folder.run(["check", "--policy", "policy.yml", "--snapshot", "snapshot.json"].iter().chain(more))
}

/// That stdout says something, wherever its lines are broken.
#[track_caller]
fn says(run: &Run, part: &str) {
    let words = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(part), "no {part:?} in stdout:\n{}", run.stdout);
}

/// A scan of a commit that ended at a time.
fn scan(commit: &str, finished: &str, results: Vec<Value>) -> String {
    let mut report: Value = serde_json::from_str(&sarif(results)).unwrap();
    report["runs"][0]["invocations"] = json!([{"executionSuccessful": true, "endTimeUtc": finished}]);
    report["runs"][0]["versionControlProvenance"] =
        json!([{"repositoryUri": "https://github.com/acme/payments", "revisionId": commit, "branch": "main"}]);
    report.to_string()
}

const GITHUB: [(&str, &str); 5] = [
    ("GITHUB_ACTIONS", "true"),
    ("GITHUB_EVENT_NAME", "push"),
    ("GITHUB_REPOSITORY", "acme/payments"),
    ("GITHUB_REF", "refs/heads/main"),
    ("GITHUB_SHA", SHA),
];

#[test]
fn a_snapshot_of_thirteen_scanners_gives_the_same_bytes_as_their_reports_in_every_format() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Folder::new();
    let snapshot = folder.path().join("snapshot.json");
    let run = |command: &str, more: &[&str]| {
        let mut gate = folder.command();
        finish(gate.current_dir(root).arg(command).args(["--policy", "examples/shop/findgate.yml"]).args(more))
    };
    let file = snapshot.to_str().unwrap();
    run("collect", &["--output", file]).ends_with(0).complains("sarif: complete, ").complains("of 1 source");
    for format in FORMATS {
        let more = ["--format", format, DAY[0], DAY[1]];
        let live = run("check", &more).ends_with(1);
        let again = run("check", &[&more[..], &["--snapshot", file]].concat()).ends_with(1);
        assert_eq!(again.stdout, live.stdout, "{format}");
    }
    let query = ["CVE-2019-19919", DAY[0], DAY[1]];
    let live = run("explain", &query).ends_with(0);
    assert_eq!(run("explain", &[&query[..], &["--snapshot", file]].concat()).ends_with(0).stdout, live.stdout);
}

#[test]
fn what_a_check_saves_is_judged_as_it_was_where_nothing_else_is() {
    for (findings, status) in [(0, 0), (300, 1)] {
        let folder = gate(findings);
        for format in FORMATS {
            let more = ["--format", format, DAY[0], DAY[1], "--only", "sarif"];
            let live = folder.check(&[&more[..], &["--save-snapshot", "snapshot.json"]].concat()).ends_with(status);
            assert_eq!(live.stdout, folder.check(&more).ends_with(status).stdout, "saving changes no output");
            let again = judge(&elsewhere(&folder, STRICT), &more).ends_with(status);
            assert_eq!(again.stdout, live.stdout, "{format}");
            let lines = |run: &Run| run.stderr.lines().filter(|line| line.starts_with("sarif: ")).count();
            assert_eq!((lines(&live), lines(&again)), (1, 1), "a line for each source:\n{}", again.stderr);
        }
    }
}

#[test]
fn the_project_and_the_moment_of_reading_go_along() {
    let folder = named(1);
    let mut command = folder.command();
    command.envs(GITHUB).args(["collect", "--policy", "policy.yml", "-o", "snapshot.json", "--base", "develop"]);
    finish(&mut command).ends_with(0);
    let snapshot = folder.json("snapshot.json");
    assert_eq!(snapshot["schema"], "findgate/snapshot/v1");
    assert_eq!(snapshot["tool"], json!({"name": "findgate", "version": env!("CARGO_PKG_VERSION")}));
    assert!(snapshot["digest"].as_str().unwrap().starts_with("sha256:"));
    let content = &snapshot["content"];
    assert_eq!(content["taken"].as_str().unwrap().len(), "2026-11-21T10:00:00Z".len());
    let project = json!({"repository": "github.com/acme/payments", "branch": "main", "commit": SHA, "base": "develop"});
    assert_eq!(content["project"], project);

    let elsewhere = elsewhere(&folder, NAMED);
    let run = judge(&elsewhere, &["--format", "json", "--verbose"]).ends_with(1);
    let run =
        run.complains("judging the snapshot snapshot.json, taken at 2").complains("branch main (from the snapshot)");
    assert_eq!(run.json()["project"], project);
    // What the run knows itself goes before.
    let own = judge(&elsewhere, &["--format", "json", "--branch", "release/1"]).ends_with(1).json();
    assert_eq!(own["project"]["branch"], "release/1");
}

#[test]
fn an_override_goes_by_the_branch_that_is_judged_and_reading_needs_none() {
    let policy = NAMED.replace("all: any", "all: critical");
    let policy = format!("{policy}overrides:\n  - {{branch: 'release/*', thresholds: {{all: high}}}}\n");
    let folder = Folder::new().with("policy.yml", policy).with("reports/scan.sarif", sarif(results(1)));
    collect(&folder, &[]).ends_with(0);
    judge(&folder, &[]).ends_with(2).complains("--branch");
    judge(&folder, &["--branch", "release/1"]).ends_with(1);
    collect(&folder, &["--branch", "release/1", "--commit", SHA]).ends_with(0);
    judge(&folder, &[]).ends_with(1);
    judge(&folder, &["--branch", "main"]).ends_with(0);
    // The branch of one commit says nothing of another.
    judge(&folder, &["--commit", OTHER]).ends_with(2).complains("--branch");
}

#[test]
fn a_pull_request_from_a_fork_judges_what_a_trusted_job_read() {
    let event = json!({"number": 7, "pull_request": {
        "head": {"ref": "fix", "sha": SHA, "repo": {"full_name": "eve/payments", "fork": true}},
        "base": {"ref": "main", "sha": OTHER, "repo": {"full_name": "acme/payments"}}
    }})
    .to_string();
    for (findings, status) in [(0, 0), (1, 1)] {
        let trusted = Folder::new().with("policy.yml", NAMED).with("reports/scan.sarif", sarif(results(findings)));
        let mut command = trusted.command();
        command.envs(GITHUB).args(["collect", "--policy", "policy.yml", "--output", "snapshot.json"]);
        finish(&mut command).ends_with(0);

        let fork = elsewhere(&trusted, NAMED).with("event.json", &event);
        let check = |more: &[&str]| {
            let mut command = fork.command();
            command.envs(GITHUB).envs([
                ("GITHUB_EVENT_NAME", "pull_request"),
                ("GITHUB_HEAD_REF", "fix"),
                ("GITHUB_BASE_REF", "main"),
                ("GITHUB_REF", "refs/pull/7/merge"),
                ("GITHUB_EVENT_PATH", "event.json"),
            ]);
            finish(command.args(["check", "--policy", "policy.yml", "--trust", "worktree"]).args(more))
        };
        check(&[]).ends_with(3);
        let run = check(&["--snapshot", "snapshot.json", "--format", "json"]).ends_with(status).json();
        assert_eq!(run["project"]["branch"], "fix");
        assert_eq!(run["project"]["commit"], SHA);
    }
}

#[test]
fn another_repository_is_wrong_usage_and_repo_says_that_it_is_meant() {
    let folder = named(0);
    collect(&folder, &["--repo", "github.com/acme/payments", "--commit", SHA]).ends_with(0);
    let run = judge(&folder, &["--repo", "gitlab.com/acme/payments"]).ends_with(2);
    run.complains("repository github.com/acme/payments")
        .complains("about gitlab.com/acme/payments")
        .complains("--repo");
    judge(&folder, &["--repo", "GitHub.com/Acme/Payments"]).ends_with(0);
    let detected = |more: &[&str]| {
        let mut command = folder.command();
        command.envs(GITHUB).env("GITHUB_REPOSITORY", "acme/other");
        command.args(["check", "--policy", "policy.yml", "--snapshot", "snapshot.json"]).args(more);
        finish(&mut command)
    };
    detected(&[]).ends_with(2).complains("about github.com/acme/other");
    detected(&["--repo", "github.com/acme/payments"]).ends_with(0);
    judge(&folder, &["--project", "payments"]).ends_with(2).complains("without --project");
}

#[test]
fn another_commit_is_told_and_is_undecided_where_the_policy_asks_for_the_head() {
    let policy = |commit: &str| {
        format!(
            "version: 1\nthresholds: {{all: any}}\nsources: {{sarif: {{files: 'reports/*.sarif', commit: {commit}}}}}\n"
        )
    };
    let report = scan(SHA, "2026-11-20T00:00:00Z", Vec::new());
    let folder = Folder::new().with("policy.yml", policy("head")).with("reports/scan.sarif", report);
    collect(&folder, &["--commit", SHA]).ends_with(0);
    let told = "taken for commit 111111111111, and commit 222222222222 is";
    let run = judge(&folder, &["--commit", SHA]).ends_with(0);
    assert!(!run.stderr.contains("taken for commit"), "{}", run.stderr);
    let run = judge(&folder, &["--commit", OTHER]).ends_with(3).complains(told);
    says(&run, "no scan of commit 2222222222");
    // What the policy asks of a source is no part of what is read, so the snapshot still serves.
    folder.write("policy.yml", policy("any"));
    judge(&folder, &["--commit", OTHER]).ends_with(0).complains(told);
}

#[test]
fn a_snapshot_grows_old() {
    let policy = "version: 1\nthresholds: {all: any}\nsources: {sarif: {files: 'reports/*.sarif', max_age: 7d}}\n";
    let report = scan(SHA, "2026-11-20T00:00:00Z", Vec::new());
    let folder = Folder::new().with("policy.yml", policy).with("reports/scan.sarif", report);
    collect(&folder, &[]).ends_with(0);
    judge(&folder, &["--as-of", "2026-11-27"]).ends_with(0);
    let run = judge(&folder, &["--as-of", "2026-11-29"]).ends_with(3);
    says(&run, "sarif stale, required");
    says(&run, "ended 9 days ago, and the policy allows 7 days");
}

#[test]
fn what_was_not_read_stays_undecided_and_the_snapshot_is_written_all_the_same() {
    let broken = [results(1), vec![json!("no result")]].concat();
    for (report, state, said) in [(Some(sarif(broken)), "partial", "is partial"), (None, "failed", "failed")] {
        let folder = Folder::new().with("policy.yml", NAMED);
        if let Some(report) = &report {
            folder.write("reports/scan.sarif", report);
        }
        let run = collect(&folder, &[]).ends_with(3).complains(&format!("sarif: {state}"));
        run.complains(&format!("error: the snapshot is not complete, and says so: sarif {said}"));
        assert_eq!(folder.json("snapshot.json")["content"]["sources"][0]["coverage"]["state"], state);
        let lenient = NAMED.replace("all: any", "all: critical");
        folder.write("policy.yml", &lenient);
        for format in FORMATS {
            let more = ["--format", format, DAY[0], DAY[1]];
            let live = folder.run(["check", "--policy", "policy.yml"].iter().chain(&more)).ends_with(3);
            assert_eq!(judge(&elsewhere(&folder, &lenient), &more).ends_with(3).stdout, live.stdout, "{format}");
        }
    }
    let optional = NAMED.replace("files:", "required: false, files:");
    let folder = Folder::new().with("policy.yml", &optional);
    collect(&folder, &[]).ends_with(0).complains("sarif: failed");
    judge(&folder, &[]).ends_with(0).says("no source was read completely");
}

#[test]
fn a_vendor_that_failed_stays_failed_in_every_format_and_the_others_are_judged() {
    let policy =
        "version: 1\nthresholds: {all: any}\nsources: {mend: {required: false}, sarif: {files: 'reports/*.sarif'}}\n";
    let folder = Folder::new().with("policy.yml", policy).with("reports/scan.sarif", sarif(results(2)));
    collect(&folder, &[]).ends_with(0).complains("mend: failed").complains("2 findings of 2 sources");
    let elsewhere = elsewhere(&folder, policy);
    for format in FORMATS {
        let more = ["--format", format, DAY[0], DAY[1]];
        let live = folder.run(["check", "--policy", "policy.yml"].iter().chain(&more)).ends_with(1);
        assert_eq!(judge(&elsewhere, &more).ends_with(1).stdout, live.stdout, "{format}");
    }
    // Required it is undecided; nobody is asked again, so no credentials are needed.
    elsewhere.write("policy.yml", policy.replace("{required: false}", "{}").replace("any", "critical"));
    judge(&elsewhere, &[]).ends_with(3).says("mend");
    judge(&elsewhere, &["--only", "sarif"]).ends_with(0);
    judge(&elsewhere, &["--only", "mend"]).ends_with(3);
    judge(&elsewhere, &["--only", "mayo"]).ends_with(2).complains("there is: mend, sarif");
}

#[test]
fn a_source_that_the_snapshot_lacks_is_failed_and_one_that_the_policy_lacks_is_told() {
    let both = "version: 1\nthresholds: {all: critical}\nsources: {mend: {required: false}, sarif: {files: 'reports/*.sarif'}}\n";
    let folder = Folder::new().with("policy.yml", both).with("reports/scan.sarif", sarif(results(1)));
    collect(&folder, &["--only", "sarif"]).ends_with(0);
    folder.write("policy.yml", both.replace("{required: false}", "{}"));
    let run = judge(&folder, &[]).ends_with(3);
    says(&run, "the snapshot does not hold the source mend; take it again with this policy");
    judge(&folder, &["--only", "sarif"]).ends_with(0);

    folder.write("policy.yml", both);
    collect(&folder, &[]).ends_with(0);
    folder.write("policy.yml", NAMED);
    let run = judge(&folder, &[]).ends_with(1);
    run.complains("the snapshot holds the source mend, which the policy does not name; it is ignored");
    // A policy without any source has nothing to judge.
    folder.write("policy.yml", STRICT);
    judge(&folder, &[]).ends_with(2).complains("no source");
}

#[test]
fn a_section_that_changed_makes_its_source_partial_and_one_that_was_only_rewritten_does_not() {
    let folder = named(0);
    collect(&folder, &[]).ends_with(0);
    let policy = |section: &str| format!("version: 1\nthresholds: {{all: any}}\nsources:\n  sarif: {section}\n");
    for same in ["{files: reports/*.sarif}", "{required: true, max_age: 900000d, files: \"reports/*.sarif\"}"] {
        folder.write("policy.yml", policy(same));
        let run = judge(&folder, &[]);
        assert!(!run.stdout.contains("is not what it said"), "{same}:\n{}", run.stdout);
    }
    for other in ["{files: ['reports/*.sarif', 'more/*.sarif']}", "{files: reports/*.sarif, suppressions: ignore}"] {
        folder.write("policy.yml", policy(other));
        let run = judge(&folder, &[]).ends_with(3).complains("sarif: partial");
        says(&run, "what the policy says of the source sarif is not what it said when the snapshot was taken");
    }
}

#[test]
fn files_of_the_command_line_are_asked_for_again_without_being_named_again() {
    let folder = named(0).with("more.sarif", sarif(results(3)));
    collect(&folder, &["--sarif", "more.sarif", "--sarif", "none*.sarif"]).ends_with(3);
    let run = judge(&folder, &["--format", "json"]).ends_with(1).json();
    assert_eq!(run["sources"][0]["state"], "failed", "{run:#}");
    assert!(run["sources"][0]["reason"].as_str().unwrap().contains("none*.sarif matches no file"), "{run:#}");
    assert_eq!(run["findings"].as_array().unwrap().len(), 3);
}

#[test]
fn what_contradicts_itself_is_wrong_usage() {
    let folder = named(0);
    collect(&folder, &[]).ends_with(0);
    judge(&folder, &["--sarif", "reports/*.sarif"]).ends_with(2).complains("--snapshot is judged instead of files");
    judge(&folder, &["--save-snapshot", "other.json"]).ends_with(2).complains("with --snapshot nothing is read");
    let with = |variable: &str, value: &str, arguments: &[&str]| {
        finish(folder.command().env(variable, value).args(arguments).args(["--policy", "policy.yml"]))
    };
    with("FINDGATE_SNAPSHOT", "snapshot.json", &["check", "--sarif", "x.sarif"])
        .ends_with(2)
        .complains("FINDGATE_SARIF");
    with("FINDGATE_SNAPSHOT", "snapshot.json", &["check", "--save-snapshot", "x"]).ends_with(2);
    with("FINDGATE_SAVE_SNAPSHOT", "x", &["check", "--snapshot", "snapshot.json"]).ends_with(2);
    with("FINDGATE_SNAPSHOT", "", &["check"]).ends_with(0);
    with("FINDGATE_SNAPSHOT", "none.json", &["check"]).ends_with(2);
    with("FINDGATE_SAVE_SNAPSHOT", "kept.json", &["check"]).ends_with(0);
    with("FINDGATE_SAVE_SNAPSHOT", "collected.json", &["collect"]).ends_with(0).complains("wrote collected.json");
    let content = |name: &str| folder.json(name)["content"]["sources"].clone();
    assert_eq!(content("kept.json"), content("collected.json"));
    judge(&folder, &["--output", "json=snapshot.json"]).ends_with(2).complains("would replace snapshot.json");
    let check = |more: &[&str]| folder.run(["check", "--policy", "policy.yml"].iter().chain(more));
    check(&["--save-snapshot", "x.json", "--output", "json=./x.json"])
        .ends_with(2)
        .complains("both to be written to x.json");
    check(&["--save-snapshot", "-"]).ends_with(2).complains("standard output carries the report");
    folder.run(["collect", "--policy", "policy.yml"]).ends_with(2).complains("--output");
    folder.run(["collect", "--policy", "policy.yml", "-o", "x", "--snapshot", "snapshot.json"]).ends_with(2);
    assert!(!folder.path().join("x.json").exists() && !folder.path().join("x").exists());
}

#[test]
fn a_snapshot_that_is_not_there_is_wrong_usage_and_one_that_is_damaged_no_evidence() {
    let folder = named(0);
    collect(&folder, &[]).ends_with(0);
    let good = folder.read("snapshot.json");
    let check = |content: &[u8]| {
        folder.write("snapshot.json", content);
        judge(&folder, &["--exit-zero", "--output", "json=report.json"])
    };
    check(good.as_bytes()).ends_with(0);
    check(good.replace("Testscan", "Restscan").as_bytes()).ends_with(3).complains("altered or damaged");
    check(&good.as_bytes()[..good.len() / 2]).ends_with(3).complains("cut off");
    check(&good.as_bytes()[..good.len() - 3]).ends_with(3).complains("cut off");
    check(b"").ends_with(3).complains("it is empty");
    check(sarif(Vec::new()).as_bytes()).ends_with(3).complains("not a snapshot but SARIF; name it with --sarif");
    check(b"\xff\xfe{").ends_with(3).complains("damaged");
    check(good.replace("snapshot/v1", "snapshot/v9").as_bytes()).ends_with(3).complains("findgate/snapshot/v9");
    let report = folder.read("report.json");
    assert!(report.contains("\"verdict\": \"pass\""), "only the first run had anything to report");
    check(b"{}").ends_with(3).complains("cannot read the snapshot ").complains("it is not a snapshot");
    for query in ["explain", "check"] {
        let more: &[&str] = if query == "explain" { &["T1"] } else { &[] };
        let of = |file: &str| folder.run([query, "--policy", "policy.yml", "--snapshot", file].iter().chain(more));
        of("snapshot.json").ends_with(3);
        of("none.json").ends_with(2).complains("there is no such file");
        of("reports").ends_with(2).complains("it is a folder");
    }
}

#[test]
fn a_snapshot_that_cannot_be_written_is_never_a_pass() {
    let folder = named(0);
    for (file, why) in [("none/snapshot.json", "folder"), ("reports", "it is a folder")] {
        let run = folder.run(["collect", "--policy", "policy.yml", "-o", file]).ends_with(3);
        run.complains("cannot write the snapshot to ").complains(why);
        let run = folder.run(["check", "--policy", "policy.yml", "--save-snapshot", file]).ends_with(3);
        run.complains("cannot write the snapshot to ").complains(why);
    }
    #[cfg(target_os = "linux")]
    {
        folder.run(["collect", "--policy", "policy.yml", "-o", "/dev/full"]).ends_with(3).complains("/dev/full");
        let full = ["check", "--policy", "policy.yml", "--save-snapshot", "/dev/full"];
        folder.run(full).ends_with(3).says("PASS").complains("cannot write the snapshot to /dev/full");
        let folder = named(1);
        folder.run(full).ends_with(1).complains("cannot write the snapshot to /dev/full");
        folder.run(full.iter().chain(&["--exit-zero"])).ends_with(3);
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_findgate"));
        command.args(["collect", "--policy", "policy.yml", "-o", "-"]).current_dir(folder.path());
        let ended = command.env_clear().stdout(full).output().unwrap();
        assert_eq!(ended.status.code(), Some(3));
        assert!(String::from_utf8(ended.stderr).unwrap().contains("cannot write the snapshot to standard output"));
    }
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "nothing is left behind: {left:?}");
}

#[test]
fn standard_output_carries_a_snapshot_and_one_that_did_not_arrive_is_said() {
    let folder = named(2);
    let run = folder.run(["collect", "--policy", "policy.yml", "-o", "-"]).ends_with(0);
    let run = run.complains("wrote standard output: 2 findings of 1 source");
    folder.write("snapshot.json", &run.stdout);
    judge(&folder, &[]).ends_with(1);
    assert_eq!(run.json()["schema"], "findgate/snapshot/v1");

    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_findgate"));
    command.args(["collect", "--policy", "policy.yml", "-o", "-"]).current_dir(folder.path()).env_clear();
    let ended = command.stdout(writer).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(ended.status.code(), Some(3), "who waits for it did not get it");
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert!(stderr.contains("error: cannot write the snapshot") && !stderr.contains("panic"), "{stderr}");
}

#[test]
fn a_snapshot_that_is_written_over_a_report_is_not_complete() {
    for command in [&["collect", "--output"][..], &["check", "--save-snapshot"]] {
        let folder = named(0);
        let run = folder.run(command.iter().chain(&["reports/scan.sarif", "--policy", "policy.yml"])).ends_with(3);
        run.complains("writes over it");
        let what = folder.json("reports/scan.sarif");
        assert_eq!(what["content"]["sources"][0]["coverage"]["state"], "partial", "{what:#}");
    }
}

#[test]
fn the_same_input_gives_the_same_content_whatever_the_order_of_reading() {
    let content = |folder: &Folder| {
        collect(folder, &[]).ends_with(0);
        let mut snapshot = folder.json("snapshot.json");
        let taken = snapshot["content"]["taken"].take();
        assert!(taken.is_string());
        snapshot["content"].to_string()
    };
    let mut backwards = results(500);
    backwards.reverse();
    let folder = named(500);
    let first = content(&folder);
    assert_eq!(content(&folder), first);
    folder.write("reports/scan.sarif", sarif(backwards));
    assert_eq!(content(&folder), first);
}

#[test]
fn a_snapshot_holds_no_credential_and_no_code_of_a_secret() {
    const KEY: &str = "k3y-0f-the-robot-9876543210";
    // Whatever it is asked, it says back.
    let echo = common::server::Server::start(|request| {
        let said = format!("{:?} {:?} {}", request.headers, request.query, request.body);
        common::server::Reply::json(401, &json!({"message": said.clone(), "error": said, "supportToken": KEY}))
    });
    let policy = "version: 1\nthresholds: {all: any}\nsources:\n  mend: {required: false}\n  sarif: {files: 'reports/*.sarif'}\n";
    let mut secret = common::result(1);
    secret["ruleId"] = json!("generic-api-key");
    secret["message"] = json!({"text": "found hunter2hunter2 in the code"});
    secret["locations"][0]["physicalLocation"]["region"]["snippet"] = json!({"text": "password = 'hunter2hunter2'"});
    let report = sarif(vec![secret]).replace("Testscan", "gitleaks");
    let folder = Folder::new().with("policy.yml", policy).with("reports/scan.sarif", report);
    let mut command = folder.command();
    command.env("MEND_EMAIL", "robot@acme.example").env("MEND_USER_KEY", KEY).env("MEND_URL", &echo.url);
    command.args(["collect", "--policy", "policy.yml", "-o", "snapshot.json", "--timeout", "3s", "--verbose"]);
    let run = finish(&mut command).ends_with(0);
    let snapshot = folder.read("snapshot.json");
    assert_eq!(folder.json("snapshot.json")["content"]["sources"][1]["findings"][0]["kind"], "secret");
    for text in [&snapshot, &run.stderr] {
        assert!(!text.contains(KEY) && !text.contains("hunter2"), "{text}");
    }
    let finding = &folder.json("snapshot.json")["content"]["sources"][1]["findings"][0];
    for hash in ["context", "said"] {
        let hash = finding[hash].as_str();
        assert!(hash.is_none_or(|hash| hash.starts_with("00000000000000")), "a rank, not a hash: {finding:#}");
    }
}

#[test]
fn judging_a_snapshot_opens_no_connection_and_needs_no_settings_of_the_network() {
    let asked = common::server::Server::start(|_| common::server::Reply::Hangup);
    let policy = "version: 1\nthresholds: {all: any}\nsources: {mend: {}, sarif: {files: 'reports/*.sarif'}}\n";
    let folder = Folder::new().with("policy.yml", NAMED).with("reports/scan.sarif", sarif(Vec::new()));
    collect(&folder, &[]).ends_with(0);
    folder.write("policy.yml", policy);
    let mut command = folder.command();
    command.envs([
        ("MEND_EMAIL", "robot@acme.example"),
        ("MEND_USER_KEY", "k3y-0f-the-robot"),
        ("MEND_URL", &*asked.url),
    ]);
    command.env("SSL_CERT_FILE", "none.pem").env("FINDGATE_CA_FILE", "none.pem");
    command.args(["check", "--policy", "policy.yml", "--snapshot", "snapshot.json"]);
    says(&finish(&mut command).ends_with(3), "does not hold the source mend");
    assert!(asked.requests().is_empty(), "nobody was asked");
}
