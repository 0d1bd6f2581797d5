//! `baseline: {branch: NAME}`: what the vendors know of a branch, and who can tell.

#![allow(clippy::disallowed_methods, reason = "a test sets up the environment of the binary")]

mod common;
#[path = "cybedefend/mock.rs"]
#[expect(dead_code, reason = "another test file uses the rest")]
mod cybedefend;
#[path = "mend/mock.rs"]
#[expect(dead_code, reason = "another test file uses the rest")]
mod mend;

use common::server::{Reply, Server};
use common::{Folder, Run, finish, sarif};
use cybedefend::{Mock, PAT, TYPES, Vendor, code, of_project, on};
use mend::{EMAIL, KEY, Mend, SAST, SCA, SCANS, Shape};
use serde_json::{Value, json};

const BASELINE: &str = "baseline: {branch: main}\n";

fn at_cybedefend(vendor: &Vendor, policy: &str, more: &[&str]) -> Run {
    let folder = Folder::new().with("policy.yml", policy).with("scan.sarif", sarif(Vec::new()));
    let mut command = folder.command();
    command.args(["check", "--policy", "policy.yml", "--format", "json", "--as-of", "2026-11-21"]).args(more);
    command.env("CYBEDEFEND_PAT", PAT);
    command.env("CYBEDEFEND_URL", &vendor.api.url).env("CYBEDEFEND_AUTH_URL", &vendor.auth.url);
    finish(&mut command)
}

/// What the evidence of the baseline says, if anything of it is missing.
fn missing(run: &Run) -> Option<(String, String)> {
    let report = run.json();
    let sources = report["sources"].as_array().unwrap();
    let baseline = sources.iter().find(|source| source["name"] == "baseline")?;
    Some((baseline["state"].as_str().unwrap().to_owned(), baseline["reasons"].to_string()))
}

const CHANGE: [&str; 2] = ["--branch", "feature/x"];

fn policy_of(section: &str) -> String {
    format!("{}{BASELINE}", of_project(section))
}

#[test]
fn a_vendor_that_keeps_branches_is_asked_for_the_base_in_the_same_run() {
    let rows = vec![
        on("feature/x", code(1, "high", "to_verify")),
        on("feature/x", code(2, "high", "to_verify")),
        on("main", code(1, "high", "to_verify")),
    ];
    let vendor = Mock::new().with("sast", rows).start();
    let run = at_cybedefend(&vendor, &policy_of(", branch: current"), &CHANGE).ends_with(1);
    assert_eq!(missing(&run), None, "{}", run.stdout);
    assert_eq!(run.json()["findings"].as_array().unwrap().len(), 2);
    let run = run.complains("cybedefend: complete, 2 findings in 1 scan");
    run.complains("cybedefend, branch main: complete, 1 finding in 1 scan");
    for list in TYPES {
        let mut branches: Vec<String> =
            vendor.of_list(list).iter().map(|request| request.query("branch").unwrap().to_owned()).collect();
        branches.sort();
        branches.dedup();
        assert_eq!(branches, ["feature/x", "main"], "{list}");
    }
    // To keep a snapshot or to try the sources out needs no base.
    let folder = Folder::new().with("policy.yml", policy_of(", branch: current"));
    let asked = vendor.api.requests().len();
    let mut collect = folder.command();
    collect.args(["collect", "--policy", "policy.yml", "--output", "s.json"]).args(CHANGE).env("CYBEDEFEND_PAT", PAT);
    collect.env("CYBEDEFEND_URL", &vendor.api.url).env("CYBEDEFEND_AUTH_URL", &vendor.auth.url);
    finish(&mut collect).ends_with(0);
    let of_main = |request: &&common::server::Request| request.query("branch") == Some("main");
    assert_eq!(vendor.api.requests()[asked..].iter().filter(of_main).count(), 0);
}

#[test]
fn a_finding_that_does_not_tell_its_branch_is_not_known_at_the_base() {
    let mock = Mock::new();
    let mut row = code(1, "high", "to_verify");
    row["base"]["branch"] = Value::Null;
    let every = Mock::new().with("secret", vec![row]);
    let mock = mock.at("/project/{id}/results/secret", move |request| {
        let mut request = request.clone();
        request.query.retain(|(name, _)| name != "branch");
        every.page(&request, "secret")
    });
    let run = at_cybedefend(&mock.start(), &policy_of(", branch: current"), &CHANGE).ends_with(1);
    run.complains("cybedefend: complete, 1 finding").complains("cybedefend, branch main: complete, 0 findings");
}

#[test]
fn a_base_that_cannot_be_read_is_undecided() {
    let refuse_main = |request: &common::server::Request| {
        (request.query("branch") == Some("main")).then(|| cybedefend::refusal(403, "Forbidden"))
    };
    let vendor = Mock::new().before(refuse_main).start();
    let run = at_cybedefend(&vendor, &policy_of(", branch: current"), &CHANGE).ends_with(3);
    let (state, reasons) = missing(&run).expect("the baseline is missing");
    assert!(state == "failed" && reasons.contains("cybedefend, branch main: "), "{state} {reasons}");
    let optional = policy_of(", branch: current, required: false");
    let run = at_cybedefend(&vendor, &optional, &CHANGE).ends_with(0);
    assert!(run.stdout.contains("optional source baseline failed"), "{}", run.stdout);
    let partial = |request: &common::server::Request| {
        let is_it = request.query("branch") == Some("main") && request.path.ends_with("/sast");
        is_it.then(|| Reply::ok(&json!({"vulnerabilities": [{"base": {}}], "total": 1, "totalPages": 1, "page": 1})))
    };
    let run =
        at_cybedefend(&Mock::new().before(partial).start(), &policy_of(", branch: current"), &CHANGE).ends_with(3);
    assert_eq!(missing(&run).expect("something is missing").0, "partial");
}

#[test]
fn files_show_no_other_branch_which_is_said_and_is_no_baseline_where_nobody_else_tells() {
    let files = format!("version: 1\nthresholds: {{all: any}}\nsources: {{sarif: {{files: \"*.sarif\"}}}}\n{BASELINE}");
    let folder = Folder::new().with("policy.yml", &files).with("scan.sarif", sarif(Vec::new()));
    let run = folder.run(["check", "--policy", "policy.yml", "--format", "json"]).ends_with(3);
    let (_, reasons) = missing(&run).expect("there is no baseline");
    assert!(reasons.contains("no source tells what the branch main holds: sarif has files"), "{reasons}");
    let vendor = Mock::new().start();
    let run =
        at_cybedefend(&vendor, &policy_of(""), &[CHANGE.as_slice(), &["--sarif", "*.sarif"]].concat()).ends_with(0);
    assert_eq!(missing(&run), None);
    let warnings = run.json()["warnings"].to_string();
    assert!(warnings.contains("every finding of sarif counts as new: sarif has files"), "{warnings}");
}

#[test]
fn a_snapshot_does_not_hold_the_base_and_says_how_to_keep_one() {
    let folder = Folder::new()
        .with("policy.yml", format!("version: 1\nthresholds: {{all: any}}\n{BASELINE}"))
        .with("scan.sarif", sarif(Vec::new()));
    folder.run(["collect", "--policy", "policy.yml", "--sarif", "*.sarif", "--output", "s.json"]).ends_with(0);
    let run = folder.run(["check", "--policy", "policy.yml", "--snapshot", "s.json", "--format", "json"]).ends_with(3);
    let (_, reasons) = missing(&run).expect("there is no baseline");
    assert!(reasons.contains("findgate collect --branch main") && reasons.contains("--baseline FILE"), "{reasons}");
}

// Mend: a project for each branch.

const BASE: &str = "9d1e3a6f-8b52-4a1f-8d66-4a7a1a2c8e21";

/// The project of the repository for the branch `dev`, and beside it one called so, with this branch in its tag if any.
fn mend(name: &str, tag: Option<&str>) -> Server {
    let mut mend = Mend::clean();
    mend.summaries[0]["name"] = json!("GH_payments-api_dev");
    mend.summaries[0]["tags"][1]["value"] = json!("dev");
    let mut base = mend.summaries[0].clone();
    (base["uuid"], base["name"]) = (json!(BASE), json!(name));
    let tags = base["tags"].as_array_mut().unwrap();
    tags.truncate(1);
    tags.extend(tag.map(|branch| json!({"key": "branch", "value": branch})));
    mend.summaries.push(base);
    let of_base = |list: &str| list.replace("{p}", BASE);
    let scan = mend::scan(mend::SCA_SCAN, "SCA", "FINISHED", "2026-09-14T08:21:40Z");
    let rows = mend::rows("sca").into_iter().map(|mut row| {
        row["project"]["uuid"] = json!(BASE);
        row
    });
    mend.with(
        &of_base(SCANS),
        Shape::Nested,
        vec![{
            let mut scan = scan;
            scan["projectUuid"] = json!(BASE);
            scan["projectName"] = json!(name);
            scan
        }],
    )
    .with(&of_base(SCA), Shape::Nested, rows.collect())
    .with(&of_base(SAST), Shape::Code, Vec::new())
    .start()
}

fn at_mend(server: &Server, section: &str, more: &[&str]) -> Run {
    let policy = format!("{}{BASELINE}", mend::policy(server, section).replace("_main", "_dev"));
    let folder = Folder::new().with("policy.yml", policy);
    let mut command = folder.command();
    command.args(["check", "--policy", "policy.yml", "--format", "json", "--branch", "dev"]);
    command.args(["--repo", "github.com/acme/payments-api"]).args(more);
    finish(command.env("MEND_EMAIL", EMAIL).env("MEND_USER_KEY", KEY))
}

#[test]
fn mends_project_of_the_branch_is_found_as_that_of_the_change_is() {
    for (name, tag) in [("GH_payments-api_main", None), ("payments", Some("refs/heads/main")), ("payments_main", None)]
    {
        let run = at_mend(&mend(name, tag), "named: no, engines: sca", &[]).ends_with(0);
        assert_eq!(missing(&run), None, "{name}: {}", run.stdout);
        run.complains("mend: complete, 2 findings").complains("mend, branch main: complete, 3 findings");
    }
}

#[test]
fn a_project_that_is_not_shown_to_be_of_the_branch_is_not_the_base() {
    let run = at_mend(&mend("payments", None), "named: no, engines: sca", &[]).ends_with(3);
    let (_, reasons) = missing(&run).expect("there is no baseline");
    assert!(reasons.contains("tells no branch, so what it holds is not shown to be that of main"), "{reasons}");
    let run = at_mend(&mend("GH_payments-api_next", Some("next")), "named: no, engines: sca", &[]).ends_with(3);
    let (_, reasons) = missing(&run).expect("there is no baseline");
    assert!(reasons.contains("and of the branch main"), "{reasons}");
}

#[test]
fn a_project_that_is_named_needs_the_name_of_the_one_of_the_base() {
    let server = mend("payments", None);
    let section = |more: &str| format!("project: GH_payments-api_dev, engines: sca{more}");
    let run = at_mend(&server, &section(""), &[]).ends_with(3);
    assert!(missing(&run).expect("there is no baseline").1.contains("name it with `baseline_project`"));
    let run = at_mend(&server, &section(", baseline_project: payments"), &[]).ends_with(0);
    assert_eq!(missing(&run), None, "{}", run.stdout);
    run.complains("mend, branch main: complete, 3 findings");
    // Everything that is judged would be known.
    let run = at_mend(&server, &section(", baseline_project: GH_payments-api_dev"), &[]).ends_with(3);
    let (_, reasons) = missing(&run).expect("there is no baseline");
    assert!(reasons.contains("is of the branch dev"), "{reasons}");
    let server = mend("payments", None);
    let same = "project: payments, engines: sca, baseline_project: payments";
    let (_, reasons) = missing(&at_mend(&server, same, &[]).ends_with(1)).expect("there is no baseline");
    assert!(reasons.contains("is the one that is judged"), "{reasons}");
}
