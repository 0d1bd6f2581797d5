//! The record of a decision, and `findgate verify`, end to end.

mod common;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::{Folder, Run, finish, result, result_at, sarif};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

const POLICY: &str = "version: 1
thresholds: {all: critical, sast: {high: 1}}
rules:
  told: {when: {path: 'src/**'}, enforcement: warn}
waivers:
- {id: known, match: {path: 'lib/**', check: T1}, reason: known, expires: 2030-12-31}
overrides:
- {branch: 'release/*', thresholds: {sast: any}}
sources: {sarif: {files: '*.sarif'}}
";
const EXTENSION: &str = "https://github.com/findgate/findgate/record/v1";
const SHA: &str = "1111111111111111111111111111111111111111";
const PROJECT: [&str; 6] = ["--repo", "github.com/acme/payments", "--branch", "main", "--commit", SHA];

fn folder() -> Folder {
    let findings = vec![result(1), result(2), result_at("lib/b.py", 3, "warning")];
    Folder::new().with(".findgate.yml", POLICY).with("scan.sarif", sarif(findings))
}

/// Judges, keeping a record and a snapshot.
fn judged(folder: &Folder, more: &[&str]) -> Run {
    let arguments = ["check", "--output", "record=record.json", "--save-snapshot", "snapshot.json"];
    folder.run(arguments.iter().chain(&PROJECT).chain(more))
}

fn verify(folder: &Folder, more: &[&str]) -> Run {
    folder.run(["verify", "record.json", "--snapshot", "snapshot.json"].iter().chain(more))
}

fn own(folder: &Folder) -> Value {
    folder.json("record.json")["predicate"][EXTENSION].clone()
}

/// Changes a record and writes it back.
fn altered(folder: &Folder, change: impl FnOnce(&mut Value)) {
    folder.alter("record.json", change);
}

#[test]
fn a_record_says_what_was_judged_by_what_and_how_it_ended() {
    let folder = folder();
    judged(&folder, &["--as-of", "2026-11-21", "--event", "push", "--environment", "staging"]).ends_with(1);
    let record = folder.json("record.json");
    assert_eq!(record["subject"], json!([{"name": "github.com/acme/payments", "digest": {"gitCommit": SHA}}]));
    assert_eq!(record["predicate"]["verificationResult"], "FAILED");
    assert_eq!(record["predicate"]["timeVerified"], "2026-11-21T00:00:00Z");
    let own = own(&folder);
    assert_eq!((&own["verdict"], &own["status"]), (&json!("fail"), &json!(1)));
    assert_eq!(
        own["violated"],
        json!([
            {"rule": "thresholds.sast.high", "enforcement": "deny", "allowed": 1, "found": 2},
            {"rule": "told", "enforcement": "warn", "allowed": 0, "found": 2},
        ])
    );
    assert_eq!(own["project"]["event"], "push");
    assert_eq!(own["project"]["environment"], "staging");
    assert_eq!(own["inputs"].as_array().unwrap().len(), 1);
    assert_eq!(own["inputs"][0]["role"], "policy");
    assert_eq!(own["snapshot"]["content"], folder.json("snapshot.json")["digest"]);
    assert_eq!(own["bypasses"], json!([]));
}

#[test]
fn a_record_is_confirmed_by_what_it_was_made_of() {
    let folder = folder();
    judged(&folder, &[]).ends_with(1);
    let run = verify(&folder, &[]).ends_with(0);
    let want = "policy .findgate.yml: same
findings: same
verdict: fail, as recorded
rules: the same 2 violated
evaluation: same, with every finding
confirmed
";
    assert_eq!(run.stdout, want);
    // Wherever it is verified, and under whatever name the policy is there.
    let elsewhere = Folder::new()
        .with("gate/policy.yml", POLICY)
        .with("record.json", folder.read("record.json"))
        .with("snapshot.json", folder.read("snapshot.json"));
    let run = verify(&elsewhere, &["--policy", "gate/policy.yml"]).ends_with(0);
    run.says("policy .findgate.yml (here gate/policy.yml): same").says("confirmed");
    verify(&elsewhere, &[]).ends_with(2).complains("cannot read the policy .findgate.yml");
}

#[test]
fn the_same_input_gives_the_same_record() {
    let folder = folder();
    judged(&folder, &["--as-of", "2026-11-21"]).ends_with(1);
    let again = |name: &str| {
        let output = format!("record={name}");
        let run = ["check", "--snapshot", "snapshot.json", "--as-of", "2026-11-21", "--output", &output];
        folder.run(run.iter().chain(&PROJECT)).ends_with(1);
        folder.read(name)
    };
    let first = again("a.json");
    assert_eq!(again("b.json"), first);
    let (live, kept): (Value, Value) = (folder.json("record.json"), serde_json::from_str(&first).unwrap());
    for member in ["snapshot", "evaluation", "violated", "project"] {
        assert_eq!(live["predicate"][EXTENSION][member], kept["predicate"][EXTENSION][member], "{member}");
    }
    // The snapshot is a file of the second run, and none of the first.
    let inputs = kept["predicate"][EXTENSION]["inputs"].as_array().unwrap();
    assert_eq!(
        (inputs.len(), &inputs[1]["role"], &inputs[1]["name"]),
        (2, &json!("snapshot"), &json!("snapshot.json"))
    );
    let stdout = folder.run(
        ["check", "--snapshot", "snapshot.json", "--as-of", "2026-11-21", "--format", "record"].iter().chain(&PROJECT),
    );
    assert_eq!(stdout.ends_with(1).stdout, first);
}

#[test]
fn what_was_bypassed_stands_in_the_record_and_changes_no_verdict() {
    let folder = folder();
    judged(&folder, &["--exit-zero", "--allow-host", "vendor.example"]).ends_with(0);
    let own = own(&folder);
    assert_eq!(own["bypasses"], json!(["--allow-host vendor.example", "--exit-zero"]));
    assert_eq!((&own["verdict"], &own["status"]), (&json!("fail"), &json!(1)));
    verify(&folder, &[]).ends_with(0).says("bypassed: --allow-host vendor.example").says("bypassed: --exit-zero");
}

#[test]
fn a_run_that_was_undecided_passed_or_read_less_is_confirmed_as_what_it_was() {
    let undecided = folder();
    undecided.write("broken.sarif", "{");
    judged(&undecided, &[]).ends_with(1);
    verify(&undecided, &[]).ends_with(0);
    let empty = Folder::new().with(".findgate.yml", POLICY);
    judged(&empty, &[]).ends_with(3);
    assert_eq!(own(&empty)["verdict"], "undecided");
    assert_eq!(empty.json("record.json")["predicate"]["verificationResult"], "FAILED");
    verify(&empty, &[]).ends_with(0).says("verdict: undecided, as recorded");
    let clean = Folder::new().with(".findgate.yml", POLICY).with("scan.sarif", sarif(Vec::new()));
    judged(&clean, &["--only", "sarif"]).ends_with(0);
    assert_eq!(clean.json("record.json")["predicate"]["verifiedLevels"], json!(["FINDGATE_POLICY_IN_PART"]));
    assert_eq!((&own(&clean)["only"], &own(&clean)["bypasses"]), (&json!(["sarif"]), &json!(["--only sarif"])));
    verify(&clean, &[]).ends_with(0).says("verdict: pass, as recorded").says("bypassed: --only sarif");
    judged(&clean, &[]).ends_with(0);
    assert_eq!(clean.json("record.json")["predicate"]["verifiedLevels"], json!(["FINDGATE_POLICY"]));
}

#[test]
fn the_branch_the_platform_and_the_day_of_the_record_count_and_those_of_the_run_do_not() {
    let folder = folder();
    let mut gate = folder.command();
    gate.envs([
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "push"),
        ("GITHUB_REPOSITORY", "acme/payments"),
        ("GITHUB_REF", "refs/heads/release/1"),
        ("GITHUB_SHA", SHA),
    ]);
    gate.args(["check", "--output", "record=record.json", "--save-snapshot", "snapshot.json", "--as-of", "2026-11-21"]);
    finish(gate.args(["--event", "push"])).ends_with(1);
    assert_eq!(own(&folder)["policy"]["override"], "overrides at .findgate.yml:8 (branch release/1)");
    assert_eq!(own(&folder)["project"]["event"], "push");
    verify(&folder, &[]).ends_with(0);
    let mut elsewhere = folder.command();
    elsewhere.envs([("FINDGATE_BRANCH", "main"), ("FINDGATE_AS_OF", "2031-01-01"), ("CI_COMMIT_BRANCH", "x")]);
    finish(elsewhere.args(["verify", "record.json", "--snapshot", "snapshot.json"])).ends_with(0);
}

#[test]
fn the_branch_of_a_fork_stays_that_of_a_fork() {
    let folder = Folder::new().with(
        ".findgate.yml",
        "version: 1\nthresholds: {all: critical}\nevidence: {commit: branch}\nsources: {sarif: {files: '*.sarif'}}\n",
    );
    let mut report: Value = serde_json::from_str(&sarif(Vec::new())).unwrap();
    report["runs"][0]["versionControlProvenance"] =
        json!([{"repositoryUri": "https://github.com/acme/payments", "revisionId": "3".repeat(40), "branch": "main"}]);
    folder.write("scan.sarif", report.to_string());
    let event = json!({"pull_request": {
        "number": 7,
        "head": {"ref": "main", "sha": SHA, "repo": {"full_name": "evil/payments", "fork": true}},
        "base": {"ref": "main", "sha": "2".repeat(40), "repo": {"full_name": "acme/payments"}},
    }});
    let path = folder.write("event.json", event.to_string());
    let mut gate = folder.command();
    gate.env("GITHUB_EVENT_PATH", path).envs([
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_REPOSITORY", "acme/payments"),
        ("GITHUB_REF", "refs/pull/7/merge"),
        ("GITHUB_HEAD_REF", "main"),
        ("GITHUB_BASE_REF", "main"),
    ]);
    gate.args(["check", "--trust", "worktree", "--output", "record=record.json", "--save-snapshot", "snapshot.json"]);
    let status = finish(&mut gate).status;
    assert_eq!(status, 3, "nobody can tell whether the scan is of the fork's branch");
    let own = own(&folder);
    assert_eq!(
        (&own["project"]["of_fork"], &own["project"]["pull_request"]["from_fork"]),
        (&json!(true), &json!(true))
    );
    verify(&folder, &[]).ends_with(0);
    altered(&folder, |record| record["predicate"][EXTENSION]["project"]["of_fork"] = json!(false));
    verify(&folder, &[]).ends_with(1).says("verdict: recorded undecided, now pass");
}

#[test]
fn one_changed_byte_of_any_file_is_found() {
    let folder = folder();
    judged(&folder, &["--as-of", "2026-11-21"]).ends_with(1);
    for file in [".findgate.yml", "snapshot.json"] {
        let good = folder.read(file).into_bytes();
        let step = good.len() / 60 + 1;
        for at in (0..good.len()).step_by(step) {
            let mut bad = good.clone();
            // A neighbor of the character, so that digits stay digits and letters letters.
            bad[at] ^= 1;
            folder.write(file, &bad);
            let run = verify(&folder, &[]);
            assert_ne!(run.status, 0, "byte {at} of {file}: {}", run.stdout);
        }
        folder.write(file, &good);
        verify(&folder, &[]).ends_with(0);
    }
    // A change that means nothing is a change.
    folder.write(".findgate.yml", format!("{POLICY}# looser soon\n"));
    let run = verify(&folder, &[]).ends_with(1);
    run.says("policy .findgate.yml: differs (recorded sha256:").says("verdict: fail, as recorded").says("\ndiffers\n");
}

/// A policy that rests on every kind of file that there is.
fn every_kind() -> Folder {
    let policy = "version: 1
name: shop
extends: [preset:recommended, org/base.yml, org/more.yml]
sources: {sarif: {files: '*.sarif'}}
thresholds: {all: critical, sast: {high: 1}}
new_thresholds: {sast: any}
rules:
  soon: {when: {path: 'lib/**'}, enforcement: {warn_until: 2027-01-01}}
  exploited: {when: {kev: true, severity: '>=medium'}}
baseline: {file: known/base.json}
waivers: {file: waivers/w.yml, vex: [v.openvex.json], require: [reason], max_life: {default: 9999d}, unused: deny}
enrich: {kev: {file: kev.json, max_age: 9999d}, epss: {file: epss.csv, max_age: 9999d}}
overrides:
- {branch: 'release/*', thresholds: {sast: {high: 4}}}
- {event: tag, environment: prod, thresholds: {all: low}}
";
    let mut package = result_at("package-lock.json", 4, "error");
    package["ruleId"] = json!("CVE-2021-0001");
    package["properties"] = json!({"purl": "pkg:npm/lodash@4.17.20"});
    let vex = json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://acme.example/vex/1", "author": "ACME",
        "timestamp": "2026-11-01T00:00:00Z", "version": 1,
        "statements": [{
            "vulnerability": {"name": "CVE-2021-0001"}, "products": [{"@id": "pkg:npm/lodash@4.17.20"}],
            "status": "not_affected", "justification": "vulnerable_code_not_in_execute_path",
        }],
    });
    let kev = json!({
        "catalogVersion": "2026.11.20", "dateReleased": "2026-11-20T15:00:12.1234Z", "count": 1, "title": "t",
        "vulnerabilities": [{"cveID": "CVE-2021-0001", "dateAdded": "2026-01-01"}],
    });
    Folder::new()
        .with(".findgate.yml", policy)
        .with("org/base.yml", "version: 1\nthresholds: {sast: {high: 9}}\nrules:\n  org: {when: {path: 'src/**'}, allow: 5, locked: true}\n")
        .with("org/more.yml", "version: 1\nthresholds: {secret: any}\n")
        .with("waivers/w.yml", "version: 1\nwaivers:\n- {id: known, match: {path: 'lib/**', check: T1}, reason: known, expires: 2030-12-31}\n")
        .with("v.openvex.json", vex.to_string())
        .with("kev.json", kev.to_string())
        .with("epss.csv", "#model_version:v2025.03.14,score_date:2026-11-20T00:00:00+0000\ncve,epss,percentile\nCVE-2021-0001,0.91,0.99\n")
        .with("known/base.json", sarif(vec![result(1)]))
        .with("scan.sarif", sarif(vec![result(1), result(2), result_at("lib/b.py", 3, "warning"), package]))
}

/// The files of [`every_kind`] that a verdict rests on, and the snapshot.
const EVERY_KIND: [&str; 9] = [
    ".findgate.yml",
    "org/base.yml",
    "org/more.yml",
    "waivers/w.yml",
    "v.openvex.json",
    "kev.json",
    "epss.csv",
    "known/base.json",
    "snapshot.json",
];

#[test]
fn one_changed_byte_of_a_file_of_any_kind_is_found() {
    let folder = every_kind();
    judged(&folder, &["--as-of", "2026-11-21"]).ends_with(1);
    let roles: Vec<String> = own(&folder)["inputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|input| format!("{} {}", input["role"].as_str().unwrap(), input["name"].as_str().unwrap()))
        .collect();
    let want = [
        "policy .findgate.yml",
        "policy preset:recommended",
        "policy org/base.yml",
        "policy org/more.yml",
        "waivers waivers/w.yml",
        "vex v.openvex.json",
        "baseline known/base.json",
        "feed kev.json",
        "feed epss.csv",
    ];
    assert_eq!(roles, want);
    let run = verify(&folder, &[]).ends_with(0);
    run.says("verdict: fail, as recorded").says("\nconfirmed\n");
    for file in EVERY_KIND {
        let good = folder.read(file).into_bytes();
        let step = good.len() / 12 + 1;
        for at in (0..good.len()).step_by(step).chain([good.len() - 1]) {
            let mut bad = good.clone();
            bad[at] ^= 1;
            folder.write(file, &bad);
            let run = verify(&folder, &[]);
            assert_ne!(run.status, 0, "byte {at} of {file}: {}", run.stdout);
        }
        // A file that is gone is no file that is the same.
        std::fs::remove_file(folder.path().join(file)).unwrap();
        assert_ne!(verify(&folder, &[]).status, 0, "{file} is gone");
        folder.write(file, &good);
    }
    verify(&folder, &[]).ends_with(0);
    // A byte more that means nothing, where the form allows one.
    for file in EVERY_KIND.iter().filter(|file| !file.starts_with("snapshot")) {
        let good = folder.read(file);
        folder.write(file, format!("{good}\n"));
        verify(&folder, &[]).ends_with(1).says(&format!(" {file}: differs (recorded sha256:"));
        folder.write(file, good);
    }
}

#[test]
fn a_baseline_that_was_named_and_missing_is_no_other_one_when_the_record_is_verified() {
    let folder = every_kind();
    judged(&folder, &["--as-of", "2026-11-21", "--baseline", "gone.json"]).ends_with(1);
    assert_eq!(own(&folder)["baseline"], "gone.json");
    verify(&folder, &[]).ends_with(0);
    folder.write("gone.json", folder.read("known/base.json"));
    verify(&folder, &[]).ends_with(1).says("baseline gone.json: read now, and not recorded");
}

#[test]
fn a_policy_that_extends_and_a_baseline_may_have_other_names_where_they_are_verified() {
    let folder = every_kind();
    judged(&folder, &["--as-of", "2026-11-21"]).ends_with(1);
    for (from, to) in [(".findgate.yml", "shop.yml"), ("known/base.json", "base.json")] {
        std::fs::rename(folder.path().join(from), folder.path().join(to)).unwrap();
    }
    let run = verify(&folder, &["--policy", "shop.yml", "--baseline", "base.json"]).ends_with(0);
    run.says("policy .findgate.yml (here shop.yml): same")
        .says("baseline known/base.json (here base.json): same")
        .says("confirmed");
    let extended = folder.read("org/base.yml");
    folder.write("org/base.yml", format!("{extended}# looser\n"));
    let run = verify(&folder, &["--policy", "shop.yml", "--baseline", "base.json"]).ends_with(1);
    run.says("policy org/base.yml: differs");
}

#[test]
fn another_policy_another_snapshot_and_another_verdict_are_told() {
    let folder = folder();
    judged(&folder, &["--as-of", "2026-11-21"]).ends_with(1);
    folder.write(".findgate.yml", POLICY.replace("{high: 1}", "{high: 9}"));
    let run = verify(&folder, &[]).ends_with(1);
    run.says("policy .findgate.yml: differs")
        .says("verdict: recorded fail, now pass")
        .says("rule thresholds.sast.high: recorded deny, 2 found, 1 allowed; now it holds")
        .says("evaluation: differs");
    folder.write(".findgate.yml", POLICY);
    folder.write("scan.sarif", sarif(vec![result(1)]));
    let collect = ["collect", "--output", "snapshot.json"];
    folder.run(collect.iter().chain(&PROJECT)).ends_with(0);
    let run = verify(&folder, &[]).ends_with(1);
    run.says("policy .findgate.yml: same").says("findings: differ (").says("verdict: recorded fail, now pass");
}

#[test]
fn nothing_that_a_record_says_can_be_altered_unseen() {
    let alter = |change: &dyn Fn(&mut Value)| {
        let folder = folder();
        judged(&folder, &["--as-of", "2026-11-21"]).ends_with(1);
        altered(&folder, |record| change(record));
        verify(&folder, &[])
    };
    let predicate =
        |name: &'static str, value: Value| move |record: &mut Value| record["predicate"][name] = value.clone();
    let own = |name: &'static str, value: Value| {
        move |record: &mut Value| record["predicate"][EXTENSION][name] = value.clone()
    };
    alter(&predicate("verificationResult", json!("PASSED")))
        .ends_with(1)
        .says("predicate.verificationResult: recorded");
    alter(&predicate("verifiedLevels", json!(["SLSA_BUILD_LEVEL_3"]))).ends_with(1).says("predicate.verifiedLevels");
    alter(&predicate("timeVerified", json!("2020-01-01T00:00:00Z"))).ends_with(1).says("predicate.timeVerified");
    alter(&predicate("resourceUri", json!("git+https://github.com/acme/other"))).ends_with(1).says("resourceUri");
    alter(&predicate("more", json!(1))).ends_with(1).says("predicate.more: recorded 1, now null");
    alter(&|record| record["subject"][0]["digest"]["gitCommit"] = json!("2".repeat(40))).ends_with(1).says("subject: ");
    alter(&own("verdict", json!("pass"))).ends_with(1).says("verdict: recorded pass, now fail");
    alter(&own("status", json!(0))).ends_with(1).says("record.status: recorded 0, now 1");
    alter(&own("violated", json!([]))).ends_with(1).says("rule thresholds.sast.high: not violated in the record");
    alter(&own("evaluation", json!("sha256:00"))).ends_with(1).says("evaluation: differs");
    alter(&own("inputs", json!([]))).ends_with(1).says("policy .findgate.yml: read now, and not recorded");
    alter(&own("snapshot", json!(null))).ends_with(1).says("the record does not say what was judged");
    alter(&own("as_of", json!("2027-11-21T00:00:00Z"))).ends_with(1).says("evaluation: differs");
    alter(&|record| record["predicate"][EXTENSION]["project"]["branch"] = json!("release/1")).ends_with(1);
    alter(&|record| {
        let waivers = json!({"role": "waivers", "name": "w.yml", "digest": "sha256:00"});
        record["predicate"][EXTENSION]["inputs"].as_array_mut().unwrap().push(waivers);
    })
    .ends_with(1)
    .says("waivers w.yml: recorded, and nothing reads it now");
}

#[test]
fn what_is_no_record_of_this_version_is_told_apart() {
    let folder = folder();
    judged(&folder, &[]).ends_with(1);
    let good = folder.read("record.json");
    let refused = |record: &str, why: &str| {
        folder.write("record.json", record);
        verify(&folder, &[]).ends_with(3).complains(why);
    };
    refused("", "it is empty");
    refused(&good[..good.len() - 3], "it is damaged, or not a record");
    refused("{}", "it is no record");
    refused(&sarif(Vec::new()), "it is no record");
    let result = "\"verificationResult\": \"FAILED\"";
    assert!(good.contains(result), "{good}");
    let twice = good.replace(result, &format!("\"verificationResult\": \"PASSED\", {result}"));
    refused(&twice, "the member \"verificationResult\" stands in it twice");
    refused(&good.replace("in-toto.io/Statement/v1", "in-toto.io/Statement/v2"), "it is no record");
    refused(&good.replace("verification_summary", "provenance"), "`predicateType`");
    refused(&good.replace("findgate/record/v1", "findgate/record/v2"), "a record of another version");
    refused(&good.replace("findgate/findgate/record/v1", "acme/other"), "not one that findgate wrote");
    refused(&good.replace("\"only\": []", "\"only\": [], \"later\": 1"), "another version wrote it");
    refused(&good.replace("\"of_fork\"", "\"fork\""), "another version wrote it");
    folder.write("record.json", &good);
    verify(&folder, &[]).ends_with(0);
    folder.run(["verify", "none.json", "--snapshot", "snapshot.json"]).ends_with(2).complains("there is no such file");
    folder.run(["verify", "record.json", "--snapshot", "none.json"]).ends_with(2).complains("there is no such file");
    folder.run(["verify", "record.json"]).ends_with(2);
    folder.write("snapshot.json", folder.read("snapshot.json").replacen("flaw", "flow", 1));
    verify(&folder, &[]).ends_with(3).complains("was altered or damaged");
}

#[test]
fn the_record_of_another_version_is_compared_all_the_same() {
    let folder = folder();
    judged(&folder, &["--as-of", "2026-11-21"]).ends_with(1);
    let version = env!("CARGO_PKG_VERSION");
    // What the version before would have written: its number stands in the evaluation, too.
    let json = folder.run(
        ["check", "--snapshot", "snapshot.json", "--as-of", "2026-11-21", "--format", "json"].iter().chain(&PROJECT),
    );
    let older = json.ends_with(1).stdout.replacen(&format!("\"version\":\"{version}\""), "\"version\":\"0.0.9\"", 1);
    // The two members at the end decide nothing, so the digest is without them.
    let older = format!("{}\n}}\n", older.split(",\n  \"beside\": ").next().unwrap());
    let digest = findgate::digest::digest(older.as_bytes());
    altered(&folder, |record| {
        record["predicate"]["verifier"]["version"]["findgate"] = json!("0.0.9");
        record["predicate"][EXTENSION]["tool"]["version"] = json!("0.0.9");
        record["predicate"][EXTENSION]["evaluation"] = json!(digest);
    });
    let run = verify(&folder, &[]).ends_with(0);
    run.says(&format!("findgate: 0.0.9 wrote the record, and this is {version}")).says("confirmed");
}

#[test]
fn a_record_in_the_envelope_of_a_signature_is_read() {
    let folder = folder();
    judged(&folder, &[]).ends_with(1);
    let statement = folder.read("record.json");
    let envelope = |statement: &str, kind: &str| json!({"payloadType": kind, "payload": STANDARD.encode(statement), "signatures": [{"sig": "", "keyid": ""}]});
    let kind = "application/vnd.in-toto+json";
    for document in
        [envelope(&statement, kind), json!({"mediaType": "bundle", "dsseEnvelope": envelope(&statement, kind)})]
    {
        folder.write("record.json", document.to_string());
        verify(&folder, &[]).ends_with(0).complains("its signature is not checked here");
    }
    // A signer that attests an artifact names it as the subject.
    let mut attested: Value = serde_json::from_str(&statement).unwrap();
    attested["subject"] = json!([{"name": "payments.tar.gz", "digest": {"sha256": "ab".repeat(32)}}]);
    folder.write("record.json", envelope(&attested.to_string(), kind).to_string());
    verify(&folder, &[]).ends_with(0);
    folder.write("record.json", envelope(&statement, "text/plain").to_string());
    verify(&folder, &[]).ends_with(3).complains("it is an envelope of text/plain");
    folder.write("record.json", json!({"payloadType": kind, "payload": "%%%"}).to_string());
    verify(&folder, &[]).ends_with(3).complains("not base64");
    let nested = json!({"dsseEnvelope": {"dsseEnvelope": {"dsseEnvelope": {"dsseEnvelope": {}}}}});
    folder.write("record.json", nested.to_string());
    verify(&folder, &[]).ends_with(3);
}

#[test]
fn what_stands_in_a_record_comes_to_no_terminal_unescaped() {
    let folder = folder();
    judged(&folder, &[]).ends_with(1);
    altered(&folder, |record| {
        record["predicate"]["x\u{1b}[31m\n::error::"] = json!("\u{202e}");
        record["predicate"][EXTENSION]["verdict"] = json!("\u{1b}[2J::error::x");
    });
    let run = verify(&folder, &[]).ends_with(1);
    assert!(!run.stdout.contains(['\u{1b}', '\u{202e}']), "{:?}", run.stdout);
    assert!(!run.stdout.lines().any(|line| line.starts_with("::")), "{:?}", run.stdout);
}

#[test]
fn a_text_of_a_megabyte_in_a_record_is_not_repeated() {
    let folder = folder();
    judged(&folder, &[]).ends_with(1);
    let (good, long) = (folder.read("record.json"), "x".repeat(1 << 20));
    for (at, status) in [("as_of", 3), ("verdict", 1), ("baseline", 3)] {
        folder.write("record.json", &good);
        altered(&folder, |record| record["predicate"][EXTENSION][at] = json!(long));
        let run = verify(&folder, &[]).ends_with(status);
        assert!(run.stdout.len() + run.stderr.len() < 10_000, "{at}: {} bytes", run.stdout.len() + run.stderr.len());
    }
}

proptest! {
    // Each runs the binary twice.
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_record_of_a_run_that_rests_on_every_kind_of_file_is_always_confirmed(
        branch in select(vec!["main", "release/1"]),
        more in proptest::collection::vec(select(vec![
            &["--exit-zero"][..], &["--only", "sarif"][..], &["--event", "tag", "--environment", "prod"][..],
            &["--baseline", "scan.sarif"][..], &["--baseline", "gone.json"][..], &["--trust", "worktree"][..],
            &["--sarif", "scan.sarif"][..], &["--allow-host", "vendor.example"][..],
        ]), 0..3),
        gone in proptest::option::of(select(vec!["kev.json", "epss.csv", "waivers/w.yml", "known/base.json", "scan.sarif"])),
        damaged in proptest::option::of(select(vec!["kev.json", "epss.csv", "known/base.json", "scan.sarif"])),
        as_of in select(vec!["2026-11-21", "2026-11-01", "2028-01-01T01:02:03Z"]),
    ) {
        let folder = every_kind();
        if let Some(file) = damaged {
            folder.write(file, "{");
        }
        if let Some(file) = gone {
            std::fs::remove_file(folder.path().join(file)).unwrap();
        }
        let mut more = more;
        more.sort();
        more.dedup_by_key(|options| options[0]);
        let check = ["check", "--save-snapshot", "snapshot.json", "--output", "record=record.json"];
        let project = ["--branch", branch, "--as-of", as_of];
        let options = check.into_iter().chain(project).chain(more.into_iter().flatten().copied());
        let run = folder.run(options);
        prop_assert_ne!(run.status, 2, "{}", run.stderr);
        let run = verify(&folder, &[]);
        prop_assert_eq!(run.status, 0, "{}\n{}", run.stdout, run.stderr);
    }

    #[test]
    fn the_record_of_a_run_is_always_confirmed(
        found in proptest::collection::vec((select(vec!["src/a.py", "lib/b.py", "c d/ü.py"]), 1u64..9, select(vec!["error", "warning", "note"])), 0..6),
        threshold in select(vec!["critical", "high", "any", "{high: 2, low: 3}"]),
        branch in select(vec!["main", "release/1", "x y/\u{fc}"]),
        more in select(vec![&[][..], &["--exit-zero"][..], &["--only", "sarif"][..], &["--event", "tag"][..], &["--environment", "prod"][..]]),
        as_of in select(vec!["2026-11-21", "2031-01-01T01:02:03Z", "2026-11-21T10:00:00.5Z"]),
        from_snapshot in any::<bool>(),
    ) {
        let results = found.into_iter().map(|(path, line, level)| result_at(path, line, level)).collect();
        let folder = Folder::new()
            .with(".findgate.yml", POLICY.replace("critical, sast", &format!("{threshold}, sast")))
            .with("scan.sarif", sarif(results));
        let project = ["--branch", branch, "--as-of", as_of];
        let run = if from_snapshot {
            let collect = ["collect", "--output", "snapshot.json"];
            let status = folder.run(collect).status;
            prop_assert_eq!(status, 0);
            let check = ["check", "--snapshot", "snapshot.json", "--output", "record=record.json"];
            folder.run(check.iter().chain(&project).chain(more))
        } else {
            let check = ["check", "--save-snapshot", "snapshot.json", "--output", "record=record.json"];
            folder.run(check.iter().chain(&project).chain(more))
        };
        prop_assert!(run.status < 2, "{}", run.stderr);
        let run = verify(&folder, &[]);
        prop_assert_eq!(run.status, 0, "{}\n{}", run.stdout, run.stderr);
    }
}
