//! `findgate waive`, end to end: what it writes, what it refuses, and that nothing else changes.

mod common;

use common::{Folder, Run, result_at, results, sarif};
use serde_json::{Value, json};

const POLICY: &str = "version: 1\nthresholds: {all: any}\nwaivers: {file: .findgate/waivers.yml}\n";
const FILE: &str = ".findgate/waivers.yml";

fn dependency(advisory: &str, purl: &str, line: u64) -> Value {
    let mut result = result_at("package-lock.json", line, "error");
    result["ruleId"] = json!(advisory);
    result["properties"] = json!({"purl": purl});
    result
}

fn folder(policy: &str, scan: Vec<Value>) -> Folder {
    Folder::new().with("policy.yml", policy).with("scan.sarif", sarif(scan))
}

fn waive(folder: &Folder, more: &[&str]) -> Run {
    let options = ["waive", "--policy", "policy.yml", "--sarif", "*.sarif", "--as-of", "2026-11-21"];
    folder.run(options.iter().chain(more))
}

fn by_options(folder: &Folder, more: &[&str]) -> Run {
    folder.run(["waive", "--policy", "policy.yml", "--as-of", "2026-11-21"].iter().chain(more))
}

fn check(folder: &Folder, status: i32) -> Value {
    folder.check(&["--as-of", "2026-11-21", "--format", "json"]).ends_with(status).json()
}

#[test]
fn a_finding_is_waived_until_a_day_and_only_that_one() {
    let folder = folder(POLICY, results(2));
    let run = waive(&folder, &["src/a.py:2", "--reason", "only in tests", "--owner", "web-team"]).ends_with(0);
    run.says("wrote .findgate/waivers.yml:4: waiver t1-").says("until 2026-12-21").says("it excuses 1 finding");
    let text = folder.read(FILE);
    assert!(
        text.starts_with("# ") && text.contains("    reason: \"only in tests\"\n    owner: \"web-team\"\n"),
        "{text}"
    );
    let run = check(&folder, 1);
    assert_eq!((&run["dispositions"]["waived"], &run["dispositions"]["violation"]), (&1.into(), &1.into()));
    // The second one goes behind the first, with an id of its own.
    waive(&folder, &["src/a.py:1", "--reason", "r", "--expires", "2026-12-01"]).ends_with(0);
    assert_eq!(check(&folder, 0)["dispositions"]["waived"], 2);
    assert!(folder.read(FILE).starts_with(&text));
    waive(&folder, &["src/a.py:1", "--reason", "r"])
        .ends_with(2)
        .complains("waives it already until 2026-12-01; change it in");
}

#[test]
fn comments_order_and_line_ends_of_the_file_stay() {
    let old = "# ours\r\nversion: 1\r\nwaivers:\r\n- id: 'old' # quoted\r\n  match: {id: CVE-1}\r\n  reason: r\r\n  expires: 2026-12-31\r\n# the end\r\n";
    let folder = folder(POLICY, results(1)).with(FILE, old);
    waive(&folder, &["src/a.py", "--reason", "line 1\nline 2: \"x\" # y"]).ends_with(0);
    let new = folder.read(FILE);
    let (head, tail) = old.split_at(old.find("# the end").unwrap());
    assert!(new.starts_with(head) && new.ends_with(tail), "{new}");
    assert!(new.contains("\r\n  reason: \"line 1\\nline 2: \\\"x\\\" # y\"\r\n"), "{new}");
    assert!(!new.replace("\r\n", "").contains('\n'));
    assert_eq!(check(&folder, 0)["waivers"][1]["reason"], "line 1\nline 2: \"x\" # y");
}

#[test]
fn nothing_is_written_where_anything_is_wrong() {
    let damaged = "version: 1\nwaivers: [{id: a}]\n";
    let with_file = |text: &str| folder(POLICY, results(1)).with(FILE, text);
    let folder_of = with_file(damaged);
    waive(&folder_of, &["src/a.py", "--reason", "r"]).ends_with(2).complains(".findgate/waivers.yml:2:11");
    assert_eq!(folder_of.read(FILE), damaged);
    // A file that the policy does not read is looked at, too.
    let elsewhere = folder(POLICY, results(1)).with("w.yml", damaged);
    waive(&elsewhere, &["src/a.py", "--reason", "r", "--file", "w.yml"]).ends_with(2).complains("w.yml:2:11");
    assert_eq!(elsewhere.read("w.yml"), damaged);
    let plain = folder(POLICY, results(1));
    for (more, why) in [
        (&["src/a.py"][..], "a waiver needs --reason, and nobody can be asked here"),
        (&["src/a.py", "--reason", " "], "a waiver needs --reason"),
        (&["src/b.py", "--reason", "r"], "none of 1 findings fits"),
        (&["src/a.py", "--reason", "r", "--expires", "soon"], "--expires soon: not a day or duration"),
        (&["src/a.py", "--reason", "r", "--expires", "2026-11-20"], "that day has passed"),
        (&["src/a.py", "--reason", "r", "--expires", "5h"], "whole days"),
        (&["src/a.py", "--reason", "r", "--match", "name"], "`name` is no part of a finding"),
        (&["src/a.py", "--reason", "r", "--match", "package"], "the finding has none"),
        (&["src/a.py", "--reason", "r", "--id", "CVE-1"], "cannot be used with"),
        (&["--reason", "r"], "required"),
    ] {
        waive(&plain, more).ends_with(2).complains(why);
    }
    waive(&plain, &["src/b.py", "--reason", "r", "--sarif", "none.sarif"]).ends_with(3).complains("may be missing");
    assert!(!plain.path().join(".findgate").exists());
    plain.write(".findgate", "a file where the folder should be");
    waive(&plain, &["src/a.py", "--reason", "r", "--file", ".findgate/x/w.yml"]).ends_with(3).complains("cannot write");
}

#[test]
fn what_cannot_be_written_is_no_success() {
    let blocked = folder(POLICY, results(1));
    blocked.write("taken", "");
    waive(&blocked, &["src/a.py", "--reason", "r", "--file", "w.yml/"])
        .ends_with(3)
        .complains("cannot write the waivers");
}

#[test]
fn several_findings_are_listed_unless_they_are_one_advisory() {
    let scan = vec![
        dependency("CVE-2021-0001", "pkg:npm/lodash@4.17.20", 1),
        dependency("CVE-2021-0001", "pkg:npm/other@1.0.0", 2),
        dependency("CVE-2021-0002", "pkg:npm/lodash@4.17.20", 3),
    ];
    let several = folder(POLICY, scan.clone());
    let run = waive(&several, &["lodash", "--reason", "r"]).ends_with(2);
    run.complains("2 findings fit; name one by its fingerprint").complains("v1:").complains("in package-lock.json");
    waive(&several, &["cve-2021-0001", "--reason", "r"])
        .ends_with(0)
        .says("{id: \"CVE-2021-0001\"}")
        .says("excuses 2 findings");
    let run = check(&several, 1);
    assert_eq!((&run["dispositions"]["waived"], &run["dispositions"]["violation"]), (&2.into(), &1.into()));

    let chosen = folder(POLICY, scan.clone());
    waive(&chosen, &["CVE-2021-0002", "--reason", "r", "--match", "id+package"])
        .ends_with(0)
        .says("{id: \"CVE-2021-0002\", package: \"pkg:npm/lodash\"}");
    waive(&chosen, &["CVE-2021-0001", "--reason", "r", "--match", "fingerprint"])
        .ends_with(2)
        .complains("each has its own");
    let broad = folder(POLICY, scan);
    waive(&broad, &["CVE-2021-0002", "--reason", "r", "--match", "package"])
        .ends_with(2)
        .complains("which of its 2 vulnerabilities");
    assert!(!broad.path().join(FILE).exists());
}

#[test]
fn the_policy_says_what_a_waiver_needs_and_how_long_it_may_be() {
    let strict = "version: 1\nthresholds: {all: any}\nwaivers: {file: w.yml, max_life: {high: 10d, default: 90d}, require: [owner, ticket, approved_by, expires]}\n";
    let strict = folder(strict, results(1));
    waive(&strict, &["src/a.py", "--reason", "r"])
        .ends_with(2)
        .complains("a waiver needs --owner and --ticket and --approved-by");
    let all = ["src/a.py", "--reason", "r", "--owner", "o", "--ticket", "T-1", "--approved-by", "jane"];
    let with = |expires: &str| waive(&strict, &[&all[..], &["--expires", expires]].concat());
    with("2026-12-02")
        .ends_with(2)
        .complains("`max_life` (policy.yml:3) allows 2026-12-01 at most for a finding that is high");
    with("11d").ends_with(2).complains("allows 2026-12-01");
    assert!(!strict.path().join("w.yml").exists());
    waive(&strict, &[&all[..], &["--dry-run"]].concat())
        .ends_with(0)
        .says("would write w.yml:4")
        .says("    expires: 2026-12-01\n");
    assert!(!strict.path().join("w.yml").exists());
    waive(&strict, &all).ends_with(0).says("until 2026-12-01");
    let run = check(&strict, 0);
    let waiver = &run["waivers"][0];
    assert_eq!(
        (&waiver["owner"], &waiver["ticket"], &waiver["approved_by"], &waiver["expires"]),
        (&"o".into(), &"T-1".into(), &"jane".into(), &"2026-12-01".into())
    );
}

#[test]
fn without_reading_anything_the_options_say_what_is_matched() {
    let strict = "version: 1\nsources: {mend: {url: saas, projects: [x]}}\nthresholds: {all: any}\nwaivers: {file: w.yml, max_life: {high: 10d, default: 90d}}\n";
    let folder = Folder::new().with("policy.yml", strict);
    let lodash = ["--id", "CVE-2021-0001", "--package", "pkg:npm/lodash", "--reason", "r"];
    by_options(&folder, &lodash).ends_with(0).says("waiver cve-2021-0001 until 2026-12-01");
    by_options(&folder, &[&lodash[..], &["--expires", "90d"]].concat())
        .ends_with(0)
        .says("waiver cve-2021-0001-2 until 2027-02-19");
    by_options(&folder, &[&lodash[..], &["--expires", "91d"]].concat())
        .ends_with(2)
        .complains("allows 2027-02-19 at most");
    by_options(&folder, &["--path", "src/**", "--check", "B602", "--reason", "r"]).ends_with(0);
    by_options(&folder, &["--fingerprint", "v1:12", "--reason", "r"])
        .ends_with(2)
        .complains("is not a fingerprint of findgate");
    by_options(&folder, &["--id", "", "--reason", "r"]).ends_with(2).complains("--id was given without a value");
    assert_eq!(folder.read("w.yml").matches("- id:").count(), 3);
    folder.run(["policy", "check", "policy.yml"]).ends_with(0).says("3 waivers");
}

#[test]
fn a_policy_without_a_file_of_waivers_says_what_to_add() {
    let folder = folder("version: 1\nthresholds: {all: any}\n", results(1));
    waive(&folder, &["src/a.py", "--reason", "r"])
        .ends_with(2)
        .complains("add `waivers: {file: .findgate/waivers.yml}` to it");
    let wrong = waive(&folder, &["--fingerprint", "v1:0123abcd", "--reason", "r", "--file", "mine.yml"]).ends_with(2);
    wrong.complains("cannot add a waiver to mine.yml: the waiver would be wrong: `v1:0123abcd` is not a fingerprint");
    let run = waive(&folder, &["src/a.py", "--reason", "r", "--file", "mine.yml"]).ends_with(0);
    run.complains("the policy policy.yml does not read mine.yml").says("wrote mine.yml:4");
    assert_eq!(check(&folder, 1)["waivers"], json!([]));
    folder.write("policy.yml", POLICY.replace(FILE, "mine.yml"));
    assert_eq!(check(&folder, 0)["dispositions"]["waived"], 1);
}

#[test]
fn a_path_that_looks_like_a_glob_means_itself() {
    let scan = vec![result_at("app/[id]/page.py", 1, "error"), result_at("app/i/page.py", 1, "error")];
    let folder = folder(POLICY, scan);
    waive(&folder, &["app/[id]/page.py", "--reason", "r", "--match", "path+check"])
        .ends_with(0)
        .says("excuses 1 finding");
    assert_eq!(check(&folder, 1)["dispositions"]["waived"], 1);
}

#[test]
fn what_somebody_types_cannot_command_the_terminal_or_add_a_waiver() {
    let folder = folder(POLICY, results(2));
    let hostile = "x\u{1b}[2J\"\n  - {id: all, match: {path: '**'}, reason: r}\u{202e}";
    let run = waive(&folder, &["src/a.py:1", "--reason", hostile, "--owner", "::error::x"]).ends_with(0);
    assert!(!run.stdout.contains('\u{1b}') && !run.stdout.starts_with("::"));
    assert!(!folder.read(FILE).contains(['\u{1b}', '\u{202e}']));
    let run = check(&folder, 1);
    assert_eq!((run["waivers"].as_array().unwrap().len(), &run["dispositions"]["waived"]), (1, &1.into()));
}
