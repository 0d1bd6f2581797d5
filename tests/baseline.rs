//! What is new, end to end: a baseline in each of its forms, what it changes, and what becomes of a run without it.

#![allow(clippy::disallowed_methods, reason = "a test sets up a repository")]

mod common;

use std::path::Path;
use std::process::Command;

use common::{Folder, Run, STRICT, result_at, sarif};
use serde_json::{Value, json};

/// Nothing new, whatever there was before.
const NEW: &str = "version: 1\nnew_thresholds: {all: any}\n";

/// A finding of a check in a line, with its code.
fn flaw(path: &str, line: u64, code: &str) -> Value {
    let mut result = result_at(path, line, "error");
    result["message"]["text"] = json!("a flaw");
    result["locations"][0]["physicalLocation"]["region"]["snippet"] = json!({"text": code});
    result
}

fn flaws(count: u64) -> Vec<Value> {
    (1..=count).map(|line| flaw("src/a.py", line, "call(x)")).collect()
}

/// A vulnerable package, as scanners of packages write it.
fn vulnerable(advisory: &str, version: &str) -> String {
    json!({
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "Trivy", "rules": [{"id": advisory, "properties": {"tags": ["vulnerability", "security"]}}]}},
            "results": [{
                "ruleId": advisory, "level": "error",
                "message": {"text": format!("Package: lodash\nInstalled Version: {version}\nVulnerability {advisory}\nSeverity: HIGH")},
                "locations": [{"physicalLocation": {"artifactLocation": {"uri": "package-lock.json"}, "region": {"startLine": 1}}}]
            }]
        }]
    })
    .to_string()
}

/// A folder with a policy, whose scan found this before.
fn known(before: &str) -> Folder {
    let folder = Folder::new().with("policy.yml", NEW).with("scan.sarif", before);
    folder.run(["collect", "--policy", "policy.yml", "--sarif", "*.sarif", "--output", "baseline.json"]).ends_with(0);
    folder
}

fn check(folder: &Folder, more: &[&str]) -> Run {
    let arguments = ["--baseline", "baseline.json"];
    folder.check(&[&arguments[..], more].concat())
}

/// What is new, by path and line, once the scan finds something else.
#[track_caller]
fn new(folder: &Folder, after: &str) -> Vec<(String, u64)> {
    folder.write("scan.sarif", after);
    let run = check(folder, &["--format", "json"]);
    let evaluation = run.json();
    let findings = evaluation["findings"].as_array().unwrap();
    let place = |finding: &Value| {
        let location = &finding["location"];
        (location["path"].as_str().unwrap_or_default().to_owned(), location["line"].as_u64().unwrap_or_default())
    };
    let mut new: Vec<_> = findings.iter().filter(|finding| finding["new"] == true).map(place).collect();
    new.sort();
    assert_eq!(evaluation["baseline"]["new"], new.len());
    assert_eq!(evaluation["baseline"]["matched"], findings.len() - new.len());
    run.ends_with(i32::from(!new.is_empty()));
    new
}

fn at(path: &str, line: u64) -> (String, u64) {
    (path.to_owned(), line)
}

/// What stdout says, wherever its lines end.
fn words(run: &Run) -> String {
    run.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn one_finding_that_became_a_hundred_and_one_is_a_hundred_new_ones() {
    let folder = known(&sarif(vec![flaw("src/a.py", 40, "call(x)")]));
    let want: Vec<_> = (2..=101).map(|line| at("src/a.py", line)).collect();
    assert_eq!(new(&folder, &sarif(flaws(101))), want);
}

#[test]
fn what_was_fixed_does_not_pay_for_what_was_added() {
    let folder = known(&sarif(vec![flaw("src/a.py", 1, "call(x)"), flaw("src/b.py", 1, "call(x)")]));
    let after = sarif(vec![flaw("src/b.py", 1, "call(x)"), flaw("src/c.py", 1, "call(x)")]);
    assert_eq!(new(&folder, &after), [at("src/c.py", 1)]);
}

#[test]
fn moved_lines_and_indented_code_are_not_new() {
    let folder = known(&sarif(vec![flaw("src/a.py", 1, "call(x)"), flaw("src/a.py", 2, "run(y)")]));
    let after = sarif(vec![flaw("src/a.py", 90, "\tcall(\n\t x)"), flaw("src/a.py", 70, "    run(y)")]);
    assert_eq!(new(&folder, &after), []);
    assert_eq!(new(&folder, &sarif(vec![flaw("src/a.py", 1, "call(z)")])), [at("src/a.py", 1)]);
}

#[test]
fn a_second_vulnerability_of_a_package_is_new_and_a_bumped_version_is_not() {
    let folder = known(&vulnerable("CVE-2021-23337", "4.17.19"));
    assert_eq!(new(&folder, &vulnerable("CVE-2021-23337", "4.17.20")), []);
    folder.write("other.sarif", vulnerable("CVE-2020-8203", "4.17.20"));
    assert_eq!(new(&folder, &vulnerable("CVE-2021-23337", "4.17.20")).len(), 1);
}

#[test]
fn a_package_of_the_same_name_in_another_ecosystem_is_new_in_every_form() {
    let found = |purl: &str| {
        let mut result = result_at("lock.json", 1, "error");
        result["ruleId"] = json!("CVE-2021-0001");
        result["properties"] = json!({"purl": purl});
        sarif(vec![result])
    };
    let folder = known(&found("pkg:npm/protobuf@1.0.0")).with("all.yml", STRICT);
    let arguments = ["check", "--policy", "all.yml", "--sarif", "scan.sarif", "--format", "json"];
    let evaluation = folder.run(arguments).ends_with(1).stdout;
    let snapshot = folder.read("baseline.json");
    for form in [snapshot, evaluation, found("pkg:npm/protobuf@1.0.0")] {
        folder.write("baseline.json", form);
        assert_eq!(new(&folder, &found("pkg:npm/protobuf@1.0.1")), []);
        assert_eq!(new(&folder, &found("pkg:pypi/protobuf@1.0.0")), [at("lock.json", 0)]);
    }
}

#[test]
fn each_form_of_a_baseline_knows_the_same_and_its_content_says_which_it_is() {
    let before = sarif(vec![flaw("src/a.py", 1, "call(x)"), flaw("src/b.py", 2, "run(y)")]);
    let folder = known(&before).with("all.yml", STRICT);
    let arguments = ["check", "--policy", "all.yml", "--sarif", "scan.sarif", "--format", "json"];
    folder.write("evaluation.txt", folder.run(arguments).ends_with(1).stdout);
    folder.write("snapshot.txt", folder.read("baseline.json"));
    folder.write("sarif.txt", &before);
    let utf16: Vec<u8> = format!("\u{feff}{before}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    folder.write("utf16.txt", utf16);
    let sorted: Value = folder.json("evaluation.txt");
    folder.write("sorted.txt", sorted.to_string());
    folder.write("scan.sarif", sarif(vec![flaw("src/a.py", 7, "call(x)"), flaw("src/c.py", 1, "run(y)")]));
    for file in ["snapshot.txt", "evaluation.txt", "sorted.txt", "sarif.txt", "utf16.txt"] {
        folder.write("policy.yml", format!("{NEW}baseline: {{file: {file}}}\n"));
        let by_policy = folder.check(&["--format", "json", "--as-of", "2026-11-21"]).ends_with(1);
        folder.write("policy.yml", NEW);
        let by_option = folder.check(&["--format", "json", "--as-of", "2026-11-21", "--baseline", file]).ends_with(1);
        let (by_policy, by_option) = (by_policy.json(), by_option.json());
        assert_eq!(by_policy["baseline"], by_option["baseline"]);
        assert_eq!(by_policy["findings"], by_option["findings"]);
        let baseline = &by_option["baseline"];
        assert_eq!(
            (&baseline["known"], &baseline["matched"], &baseline["new"]),
            (&json!(2), &json!(1), &json!(1)),
            "{file}"
        );
        assert_eq!(baseline["file"], file);
        assert!(baseline["digest"].as_str().unwrap().starts_with("sha256:"));
        assert_eq!(by_option["dispositions"]["baseline"], 1, "{file}");
        let mut command = folder.command();
        command.args(["check", "--policy", "policy.yml", "--sarif", "*.sarif"]).env("FINDGATE_BASELINE", file);
        common::finish(&mut command).ends_with(1).says("1 known, 1 new");
    }
}

#[test]
fn the_option_goes_before_the_policy() {
    let folder = known(&sarif(flaws(1)));
    folder.write("policy.yml", format!("{NEW}baseline: {{file: missing.json}}\n"));
    folder.check(&[]).ends_with(3);
    check(&folder, &[]).ends_with(0).says("baseline baseline.json of ").says(": 1 known, 0 new");
}

#[test]
fn a_baseline_of_itself_leaves_nothing_new_in_any_form() {
    let folder = known(&sarif(flaws(300)));
    check(&folder, &[]).ends_with(0).says("300 known, 0 new").says("300 known from the baseline");
    folder.write("policy.yml", STRICT);
    folder.write("evaluation.json", folder.check(&["--format", "json"]).ends_with(1).stdout);
    folder.write("policy.yml", NEW);
    for file in ["evaluation.json", "scan.sarif"] {
        folder.check(&["--baseline", file]).ends_with(0).says("300 known, 0 new");
    }
}

#[test]
fn a_known_finding_still_counts_for_thresholds() {
    let folder = known(&sarif(flaws(2)));
    folder.write("policy.yml", "version: 1\nthresholds: {all: {high: 1}}\nnew_thresholds: {all: any}\n");
    let evaluation = check(&folder, &["--format", "json"]).ends_with(1).json();
    assert_eq!(evaluation["violations"].as_array().unwrap().len(), 1, "{evaluation:#}");
    assert_eq!(evaluation["violations"][0]["rule"], "thresholds.all.high");
    assert_eq!(evaluation["dispositions"]["violation"], 2);
    folder.write("policy.yml", "version: 1\nthresholds: {all: {high: 2}}\n");
    let evaluation = check(&folder, &["--format", "json"]).ends_with(0).json();
    assert_eq!(evaluation["dispositions"]["baseline"], 2);
    assert_eq!(evaluation["counts"]["sast"]["high"], 2, "{evaluation:#}");
}

#[test]
fn a_rule_can_ask_for_what_is_new_and_for_what_is_not() {
    let folder = known(&sarif(flaws(1)));
    folder.write("scan.sarif", sarif(vec![flaw("src/a.py", 1, "call(x)"), flaw("src/b.py", 1, "call(x)")]));
    for (when, path) in [("true", "src/b.py"), ("false", "src/a.py")] {
        folder.write("policy.yml", format!("version: 1\nrules: {{r: {{when: {{new: {when}}}}}}}\n"));
        let evaluation = check(&folder, &["--format", "json"]).ends_with(1).json();
        let fingerprint = &evaluation["violations"][0]["findings"][0];
        let all = evaluation["findings"].as_array().unwrap();
        let counted = all.iter().find(|finding| finding["fingerprint"] == *fingerprint).unwrap();
        assert_eq!(counted["location"]["path"], path);
        assert_eq!(evaluation["violations"][0]["found"], 1);
        assert_eq!(evaluation["violations"][0]["unknown_facts"], json!([]));
    }
}

#[test]
fn the_baseline_goes_before_what_a_scanner_says_of_newness() {
    let folder = known(&sarif(flaws(1)));
    let mut told = [flaw("src/a.py", 1, "call(x)"), flaw("src/b.py", 1, "call(x)")];
    told[0]["baselineState"] = json!("new");
    told[1]["baselineState"] = json!("unchanged");
    assert_eq!(new(&folder, &sarif(told.to_vec())), [at("src/b.py", 1)]);
}

#[test]
fn without_its_baseline_a_run_is_undecided_and_says_how_to_make_one() {
    let folder = Folder::new().with("scan.sarif", sarif(flaws(1)));
    let file = ".findgate/baseline.json";
    let sentence = "there is no baseline .findgate/baseline.json; make one on the default branch with `findgate collect \
                    --output .findgate/baseline.json` and keep it";
    for (policy, arguments) in [
        (format!("{NEW}baseline: {{file: {file}}}\n"), &[][..]),
        (NEW.to_owned(), &["--baseline", file]),
        (format!("version: 1\nrules: {{r: {{when: {{new: false}}}}}}\nbaseline: {{file: {file}}}\n"), &[]),
        // Something that holds does not pass either.
        (format!("version: 1\nthresholds: {{all: critical}}\nbaseline: {{file: {file}}}\n"), &[]),
    ] {
        folder.write("policy.yml", policy);
        let run = folder
            .check(arguments)
            .ends_with(3)
            .says("UNDECIDED")
            .says("not read")
            .says("baseline  failed, required")
            .says("  baseline  failed\n");
        assert!(words(&run).contains(sentence), "{}", run.stdout);
        assert_eq!(run.verdict(), "findgate: undecided (3): baseline failed");
        let run = run.complains(&format!("baseline: failed: {sentence}"));
        assert_eq!(run.status, 3);
        let evaluation = folder.check(&[arguments, &["--format", "json"]].concat()).ends_with(3).json();
        assert_eq!(evaluation["baseline"], Value::Null);
        let source =
            evaluation["sources"].as_array().unwrap().iter().find(|source| source["name"] == "baseline").unwrap();
        assert_eq!((&source["state"], &source["reason"]), (&json!("failed"), &json!(sentence)));
        for format in ["sarif", "sarif-audit"] {
            folder.check(&[arguments, &["--format", format]].concat()).ends_with(3).says("there is no baseline");
        }
    }
}

#[test]
fn what_is_not_decided_without_the_baseline_is_named_and_what_is_violated_without_it_stays_violated() {
    let folder = Folder::new().with("scan.sarif", sarif(flaws(3)));
    folder.write(
        "policy.yml",
        "version: 1\nthresholds: {all: high}\nnew_thresholds: {all: any}\nbaseline: {file: b.json}\n",
    );
    let run = folder.check(&[]).ends_with(1);
    assert!(words(&run).contains("so it is not decided: new_thresholds.all.any"), "{}", run.stdout);
    assert_eq!(run.verdict(), "findgate: fail (1): thresholds.all.high");
    folder
        .run(["explain", "T1", "--policy", "policy.yml", "--sarif", "*.sarif"])
        .ends_with(0)
        .says("not decided without the baseline");
    // What is so whether it is new or not needs no baseline.
    let either =
        "version: 1\nrules: {r: {when: {any: [{new: true}, {severity: \">=high\"}]}}}\nbaseline: {file: b.json}\n";
    folder.write("policy.yml", either);
    folder.check(&[]).ends_with(1);
    folder.write("policy.yml", either.replace(">=high", ">=critical"));
    folder.check(&[]).ends_with(3);
    // A scanner may tell by itself that something is new; that is proven.
    let mut told = flaws(1);
    told[0]["baselineState"] = json!("new");
    folder.write("scan.sarif", sarif(told));
    folder.write("policy.yml", format!("{NEW}baseline: {{file: b.json}}\n"));
    folder.check(&[]).ends_with(1);
}

#[test]
fn what_is_no_baseline_is_undecided_and_says_why() {
    let folder = known(&sarif(flaws(1)));
    let good = folder.read("baseline.json");
    folder.write("policy.yml", STRICT);
    let evaluation = folder.check(&["--format", "json"]).ends_with(1).stdout;
    let own = folder.check(&["--format", "sarif"]).ends_with(1).stdout;
    folder.write("policy.yml", NEW);
    for (content, why) in [
        (String::new(), "it is empty"),
        (" \n".to_owned(), "it is empty"),
        (good[..good.len() - 40].to_owned(), "it ends too early"),
        (good.replace("src/a.py", "src/b.py"), "digest does not fit"),
        (good.replace("findgate/snapshot/v1", "findgate/snapshot/v9"), "it says that it is `findgate/snapshot/v9`"),
        (evaluation[..evaluation.len() / 2].to_owned(), "it ends too early"),
        (
            evaluation.replace("findgate/evaluation/v1", "findgate/evaluation/v2"),
            "it says that it is `findgate/evaluation/v2`",
        ),
        (evaluation.replace("\"fingerprint\":\"v1:", "\"fingerprint\":\"v7:"), "finding 1 of it cannot be read"),
        ("{}".to_owned(), "it is neither a snapshot nor an evaluation in JSON nor SARIF"),
        ("<html>".to_owned(), "it is damaged, or neither"),
        (r#"{"version": "2.1.0", "runs": []}"#.to_owned(), "run"),
        (sarif(flaws(1))[..300].to_owned(), "it ends too early"),
        (own, "what findgate itself writes as SARIF"),
    ] {
        folder.write("baseline.json", &content);
        let run = check(&folder, &["--format", "json"]).ends_with(3).json();
        let source = run["sources"].as_array().unwrap().iter().find(|source| source["name"] == "baseline").unwrap();
        let reason = source["reason"].as_str().unwrap();
        assert!(reason.contains(why), "no {why:?} in: {reason}");
        assert!(reason.contains("findgate collect --output baseline.json"), "{reason}");
    }
    folder.check(&["--baseline", "."]).ends_with(3).says("it is a directory");
}

#[test]
fn a_baseline_of_another_repository_is_none() {
    let folder = Folder::new().with("policy.yml", NEW).with("scan.sarif", sarif(flaws(1)));
    let take = |repository: &str| {
        let reading = ["collect", "--policy", "policy.yml", "--sarif", "*.sarif", "--output", "baseline.json"];
        folder.run([&reading[..], &["--repo", repository]].concat()).ends_with(0);
    };
    take("github.com/acme/other");
    let run = check(&folder, &["--repo", "github.com/acme/payments"]).ends_with(3);
    run.says("github.com/acme/other").says("github.com/acme/payments");
    take("github.com/acme/payments");
    check(&folder, &["--repo", "https://github.com/Acme/payments.git"]).ends_with(0).says("1 known, 0 new");
}

#[test]
fn a_baseline_that_lacks_a_source_says_so_and_what_it_lacks_counts_as_new() {
    let folder = Folder::new().with("policy.yml", NEW).with("scan.sarif", sarif(flaws(1)));
    folder.write("broken.sarif", "{");
    let reading = ["collect", "--policy", "policy.yml", "--sarif", "*.sarif", "--output", "baseline.json"];
    folder.run(reading).ends_with(3);
    folder.write("broken.sarif", sarif(vec![flaw("src/z.py", 1, "call(x)")]));
    let run = check(&folder, &[])
        .ends_with(1)
        .says("note: the source sarif had failed when it was taken")
        .says("1 known, 1 new");
    assert!(run.stdout.contains("broken.sarif"), "{}", run.stdout);
    let evaluation = check(&folder, &["--format", "json"]).ends_with(1).json();
    let warning = evaluation["warnings"][0].as_str().unwrap();
    assert!(warning.starts_with("baseline baseline.json: the source sarif had failed"), "{warning}");
}

#[test]
fn what_was_waived_or_suppressed_before_is_known() {
    let mut before = flaws(1);
    before[0]["suppressions"] = json!([{"kind": "external", "status": "accepted"}]);
    let folder = known(&sarif(before));
    assert_eq!(new(&folder, &sarif(flaws(1))), []);
}

#[test]
fn a_second_tool_that_sees_a_known_finding_does_not_make_it_new() {
    let with = |tool: &str| {
        let mut result = flaw("src/a.py", 1, "call(x)");
        result["properties"] = json!({"tags": ["CWE-78", "security"]});
        sarif(vec![result]).replace("Testscan", tool)
    };
    let folder = known(&with("Testscan"));
    folder.write("other.sarif", with("Otherscan").replace("T1", "O9"));
    let evaluation = check(&folder, &["--format", "json"]).ends_with(0).json();
    assert_eq!(evaluation["findings"].as_array().unwrap().len(), 1, "{evaluation:#}");
    assert_eq!(evaluation["findings"][0]["sources"].as_array().unwrap().len(), 2);
}

#[test]
fn every_output_tells_what_is_new() {
    let folder = known(&sarif(flaws(1)));
    folder.write("scan.sarif", sarif(vec![flaw("src/a.py", 1, "call(x)"), flaw("src/b.py", 3, "call(x)")]));
    let run = check(&folder, &[]).ends_with(1).says("1 known, 1 new").says("1 known from the baseline");
    assert!(run.stdout.lines().any(|line| line.contains("src/b.py:3") && line.ends_with("  new")), "{}", run.stdout);
    for (format, want) in [("sarif", vec!["new"]), ("sarif-audit", vec!["new", "unchanged"])] {
        let document = check(&folder, &["--format", format]).ends_with(1).json();
        let results = document["runs"][0]["results"].as_array().unwrap();
        let states: Vec<&str> = results.iter().map(|result| result["baselineState"].as_str().unwrap()).collect();
        assert_eq!(states, want, "{format}");
        let plain = folder.check(&["--format", format]).ends_with(1).json();
        assert!(plain["runs"][0]["results"][0].get("baselineState").is_none());
    }
    let explain = |query: &str| {
        folder
            .run(["explain", query, "--policy", "policy.yml", "--sarif", "*.sarif", "--baseline", "baseline.json"])
            .ends_with(0)
    };
    explain("src/b.py").says("yes: the baseline baseline.json of ").says("does not know it");
    explain("src/a.py")
        .says("no: known from the baseline baseline.json of ")
        .says("by its fingerprint")
        .says("baseline: it counts");
    folder.run(["policy", "show", "policy.yml"]).ends_with(0).says("waivers:");
    folder.write("policy.yml", format!("{NEW}baseline: {{file: b.json}}\n"));
    folder.run(["policy", "show", "policy.yml"]).ends_with(0).says("b.json");
}

#[test]
fn the_order_on_either_side_changes_no_byte() {
    let all: Vec<Value> =
        (1..=30).map(|line| flaw(["src/a.py", "src/b.py"][line as usize % 2], line, "call(x)")).collect();
    let reversed: Vec<Value> = all.iter().rev().cloned().collect();
    let one = known(&sarif(all[..20].to_vec()));
    let two = Folder::new().with("policy.yml", NEW).with("scan.sarif", sarif(reversed.clone()));
    two.write("baseline.json", one.read("baseline.json"));
    one.write("scan.sarif", sarif(all));
    for format in ["human", "json", "sarif-audit"] {
        let day = ["--format", format, "--as-of", "2026-11-21"];
        assert_eq!(check(&one, &day).ends_with(1).stdout, check(&two, &day).ends_with(1).stdout, "{format}");
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgSign=false"]);
    command.args(arguments).current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let output = command.output().ok()?;
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

#[test]
fn a_file_that_was_renamed_takes_its_known_findings_along() {
    let folder = Folder::new().with("policy.yml", NEW).with("src/old name.py", "import os\ncall(x)\n".repeat(20));
    // Rust alone builds and tests this program, so a machine without git has nothing to test here.
    if git(folder.path(), &["init", "--quiet", "--initial-branch=main"]).is_none() {
        return;
    }
    git(folder.path(), &["add", "src"]);
    git(folder.path(), &["commit", "--quiet", "--message", "before"]);
    let here = |path: &str, lines: &[u64]| sarif(lines.iter().map(|line| flaw(path, *line, "call(x)")).collect());
    folder.write("scan.sarif", here("src/old%20name.py", &[2]));
    let reading = ["collect", "--policy", "policy.yml", "--sarif", "*.sarif", "--output", "baseline.json"];
    folder.run(reading).ends_with(0);
    git(folder.path(), &["mv", "src/old name.py", "lib.py"]);
    git(folder.path(), &["commit", "--quiet", "--message", "moved"]);
    assert_eq!(new(&folder, &here("lib.py", &[2])), []);
    assert_eq!(new(&folder, &here("lib.py", &[2, 4])), [at("lib.py", 4)]);
    let explain =
        ["explain", "lib.py:2", "--policy", "policy.yml", "--sarif", "*.sarif", "--baseline", "baseline.json"];
    folder.run(explain).ends_with(0).says("in a file that was renamed");

    // SARIF tells no commit, but the run knows what the change goes into.
    folder.write("sarif.json", here("src/old%20name.py", &[2]));
    git(folder.path(), &["update-ref", "refs/remotes/origin/main", "HEAD~1"]);
    folder.write("scan.sarif", here("lib.py", &[2]));
    folder.check(&["--baseline", "sarif.json", "--base", "main"]).ends_with(0).says("1 known, 0 new");
    folder.check(&["--baseline", "sarif.json", "--base=--output=x"]).ends_with(1).says("0 known, 1 new");

    // A commit that is not there: what cannot be known counts as new, and is said.
    let snapshot = folder.read("baseline.json");
    let commit = git(folder.path(), &["rev-parse", "HEAD~1"]).unwrap();
    assert!(snapshot.contains(&commit));
    folder.write("policy.yml", STRICT);
    folder.write("scan.sarif", here("src/old%20name.py", &[2]));
    let evaluation = folder.check(&["--format", "json", "--commit", &"0".repeat(40)]).ends_with(1).stdout;
    folder.write("baseline.json", evaluation);
    folder.write("policy.yml", NEW);
    folder.write("scan.sarif", here("lib.py", &[2]));
    let run = check(&folder, &[]).ends_with(1).says("0 known, 1 new").says("are not followed");
    assert!(words(&run).contains("a shallow clone lacks it"), "{}", run.stdout);
}

#[test]
fn in_a_folder_of_the_repository_renames_are_those_of_the_folder() {
    let folder = Folder::new().with("part/policy.yml", NEW).with("part/src/a.py", "import os\ncall(x)\n".repeat(20));
    if git(folder.path(), &["init", "--quiet", "--initial-branch=main"]).is_none() {
        return;
    }
    git(folder.path(), &["add", "part/src"]);
    git(folder.path(), &["commit", "--quiet", "--message", "before"]);
    let run = |arguments: &[&str]| {
        let mut command = folder.command();
        command.current_dir(folder.path().join("part")).args(arguments);
        common::finish(command.args(["--policy", "policy.yml", "--sarif", "*.sarif"]))
    };
    folder.write("part/scan.sarif", sarif(flaws(1)));
    run(&["collect", "--output", "baseline.json"]).ends_with(0);
    git(folder.path(), &["mv", "part/src/a.py", "part/b.py"]);
    git(folder.path(), &["commit", "--quiet", "--message", "moved"]);
    folder.write("part/scan.sarif", sarif(vec![flaw("b.py", 2, "call(x)")]));
    run(&["check", "--baseline", "baseline.json"]).ends_with(0).says("1 known, 0 new");
}
