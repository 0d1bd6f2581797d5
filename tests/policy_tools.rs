//! `findgate policy test` and `findgate policy diff`, end to end.

mod common;

use std::fs;
use std::path::Path;

use common::{Folder, Run, finish, result_at, results, sarif};
use serde_json::{Value, json};

const POLICY: &str = "version: 1
thresholds: {all: critical, sast: {high: 1}}
rules:
  told: {when: {path: 'src/**'}, enforcement: warn}
waivers:
- {id: old-flaw, match: {path: 'src/a.py', check: T1}, reason: known, expires: 2026-12-31}
overrides:
- {branch: 'release/*', thresholds: {sast: any}}
- {event: schedule, thresholds: {sast: {high: 99}}}
";

/// A folder with a policy and two reports: one that it waives, and one that violates it.
fn folder() -> Folder {
    Folder::new()
        .with("policy.yml", POLICY)
        .with("fixtures/waived.sarif", sarif(results(3)))
        .with("fixtures/leak.sarif", sarif(vec![result_at("src/b.py", 1, "error"), result_at("src/b.py", 2, "error")]))
}

fn cases(cases: &[&str]) -> String {
    let list: Vec<String> = cases.iter().map(|case| format!("- {{{case}}}\n")).collect();
    format!("version: 1\nas_of: 2026-11-21\ncases:\n{}", list.concat())
}

const WAIVED: &str = "name: what is waived does not block, sarif: fixtures/waived.sarif, branch: main, event: push, \
                      expect: {verdict: pass, violated: [], waived: [old-flaw]}";
const LEAK: &str = "name: two flaws block, sarif: fixtures/leak.sarif, branch: main, event: push, \
                    expect: {verdict: fail, violated: [thresholds.sast.high, told], waived: []}";

fn test(folder: &Folder, more: &[&str]) -> Run {
    folder.run(["policy", "test", "--policy", "policy.yml"].iter().chain(more))
}

#[test]
fn cases_beside_the_policy_and_in_the_folder_of_tests_are_run() {
    let folder = folder()
        .with("policy.test.yml", cases(&[WAIVED, LEAK]))
        .with(
            ".findgate/tests/b.test.yml",
            cases(&[&LEAK.replace("fixtures/", "")]).replace("version: 1", "version: 1\npolicy: ../../policy.yml"),
        )
        .with(
            ".findgate/tests/leak.sarif",
            sarif(vec![result_at("src/b.py", 1, "error"), result_at("src/b.py", 2, "error")]),
        )
        .with(".findgate/tests/notes.yml", "no cases");
    let other = folder.path().join(".findgate/tests/c.test.yaml");
    std::fs::write(
        &other,
        cases(&[&WAIVED.replace("fixtures/waived", "leak")])
            .replace("version: 1", "version: 1\npolicy: ../../policy.yml"),
    )
    .unwrap();
    test(&folder, &[]).ends_with(1).says(".findgate/tests/c.test.yaml\n  FAIL   what is waived does not block");
    std::fs::remove_file(other).unwrap();
    let run = test(&folder, &[]).ends_with(0);
    let want = "policy.test.yml
  ok     what is waived does not block
  ok     two flaws block
.findgate/tests/b.test.yml
  ok     two flaws block

3 cases: 3 ok
";
    assert_eq!(run.stdout, want);
    assert_eq!(run.stderr, "");
    let run = test(&folder, &["policy.test.yml", "--filter", "block"]).ends_with(0);
    assert!(run.stdout.ends_with("2 cases: 2 ok\n"), "{}", run.stdout);
    test(&folder, &["--filter", "waived"]).ends_with(0).says("1 case: 1 ok");
    test(&folder, &["--filter", "nothing"]).ends_with(2).complains("--filter nothing: no case has that in its name");
}

#[test]
fn the_policy_that_is_found_by_itself_has_its_cases_beside_it() {
    let folder = folder().with(".findgate.yml", POLICY).with(".findgate.test.yml", cases(&[LEAK]));
    folder.run(["policy", "test"]).ends_with(0).says(".findgate.test.yml").says("1 case: 1 ok");
}

#[test]
fn without_cases_nothing_was_tested() {
    let run = test(&folder(), &[]).ends_with(2);
    run.complains("neither policy.test.yml nor any file .findgate/tests/*.test.yml is in");
    test(&folder(), &["none.test.yml"])
        .ends_with(2)
        .complains("cannot read the cases none.test.yml: there is no such file");
}

#[test]
fn a_case_that_is_decided_otherwise_fails_and_says_how() {
    let wrong = "name: wrong, sarif: fixtures/leak.sarif, branch: main, event: push, \
                 expect: {verdict: pass, violated: [thresholds.all.critical, nonsense], waived: [old-flaw, other], not_read: [mend]}";
    let folder = folder().with("policy.test.yml", cases(&[LEAK, wrong]));
    let run = test(&folder, &[]).ends_with(1);
    let want = "policy.test.yml
  ok     two flaws block
  FAIL   wrong
           verdict: expected pass, found fail
           violated: - thresholds.all.critical: expected, and it holds
           violated: - nonsense: expected, and the policy has no such rule
           violated: + thresholds.sast.high: not expected, deny with 2 found and 1 allowed
                         high      src/b.py:1  flaw 1
                         high      src/b.py:2  flaw 2
           violated: + told: not expected, warn with 2 found and 0 allowed
                         high      src/b.py:1  flaw 1
                         high      src/b.py:2  flaw 2
           waived: - old-flaw: expected, and it excuses nothing: it is unused
           waived: - other: expected, and the policy has no such waiver
           not read: - mend: expected, and it is complete or not asked for

2 cases: 1 ok, 1 failed
";
    assert_eq!(run.stdout, want);
}

#[test]
fn the_day_the_branch_and_the_event_of_a_case_count_and_those_of_the_run_do_not() {
    let folder = folder();
    let case = |more: &str, expect: &str| {
        format!("name: \"{more}\", sarif: fixtures/waived.sarif, {more}, expect: {{{expect}}}")
    };
    folder.write(
        "policy.test.yml",
        cases(&[
            &case("branch: main, event: push, as_of: 2026-12-31", "verdict: pass, waived: [old-flaw]"),
            &case("branch: main, event: push, as_of: 2027-01-01", "verdict: fail, waived: []"),
            &case("branch: release/1, as_of: 2027-01-01", "violated: [told, thresholds.sast.any]"),
            &case("branch: main, event: schedule, as_of: 2027-01-01", "verdict: pass"),
        ]),
    );
    test(&folder, &[]).ends_with(0).says("4 cases: 4 ok");
    let mut elsewhere = folder.command();
    elsewhere.args(["policy", "test", "--policy", "policy.yml"]);
    elsewhere.envs([
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_REF", "refs/heads/release/9"),
        ("GITHUB_EVENT_NAME", "schedule"),
        ("FINDGATE_AS_OF", "2001-01-01"),
        ("FINDGATE_SARIF", "none/*.sarif"),
        ("FINDGATE_SNAPSHOT", "none.json"),
    ]);
    finish(&mut elsewhere).ends_with(0).says("4 cases: 4 ok");
}

#[test]
fn evidence_that_is_not_there_is_no_policy_that_holds() {
    let broken = |expect: &str| {
        let case = format!("name: a, sarif: fixtures/none.sarif, branch: main, event: push, expect: {{{expect}}}");
        test(&folder().with("policy.test.yml", cases(&[&case])), &[])
    };
    broken("violated: []").ends_with(1).says("not read: + sarif failed: fixtures/none.sarif does not exist");
    broken("verdict: undecided").ends_with(0);
    broken("verdict: undecided, not_read: [sarif]").ends_with(0);
    broken("verdict: undecided, not_read: []").ends_with(1);
}

#[test]
fn a_case_that_cannot_be_judged_is_a_fault_of_the_tests() {
    let case = |more: &str| format!("name: a, {more}, expect: {{verdict: pass}}");
    for (more, why) in [
        ("snapshot: none.json", "there is no such file"),
        ("snapshot: policy.yml", "cannot read the snapshot"),
        ("sarif: fixtures/leak.sarif, event: push", "the branch is not known"),
    ] {
        let folder = folder().with("policy.test.yml", cases(&[LEAK, &case(more)]));
        let run =
            test(&folder, &[]).ends_with(2).says("ERROR  a").says(why).says("2 cases: 1 ok, 1 could not be judged");
        assert!(run.stdout.contains("ok     two flaws block"), "{}", run.stdout);
    }
}

#[test]
fn what_is_wrong_with_tests_or_policy_is_drawn_with_its_place() {
    let folder = folder()
        .with("a.test.yml", "version: 1\ncases:\n- {name: a, sarif: a, expct: {verdict: pass}}\n")
        .with("b.test.yml", cases(&["name: b, sarif: b, expect: {verdict: green}"]));
    let run = test(&folder, &["a.test.yml", "b.test.yml"]).ends_with(2);
    let run = run.complains("a.test.yml:3:23").complains("did you mean `expect`?");
    run.complains("the case does not say which day is judged")
        .complains("b.test.yml:4:")
        .complains("unknown verdict `green`");
    folder.write("policy.yml", "version: 1\nthresholds: {all: hgih}\n");
    folder.write("policy.test.yml", cases(&[LEAK]));
    test(&folder, &[]).ends_with(2).complains("policy.yml:2:19");
}

#[test]
fn sources_of_the_policy_are_not_read_for_files() {
    let policy =
        format!("{POLICY}sources:\n  sarif: {{files: 'reports/*.sarif'}}\n  mend: {{url: saas, projects: [x]}}\n");
    let folder = folder().with("policy.test.yml", cases(&[LEAK]));
    folder.write("policy.yml", policy);
    test(&folder, &[]).ends_with(0);
}

#[test]
fn a_snapshot_is_judged_as_it_is_whatever_the_policy_says_of_its_sources() {
    let folder = folder();
    folder
        .run(["collect", "--policy", "policy.yml", "--sarif", "fixtures/leak.sarif", "--output", "fixtures/s.json"])
        .ends_with(0);
    let case = |more: &str| format!("name: a, snapshot: fixtures/s.json, branch: main, event: push, {more}");
    folder.write("policy.test.yml", cases(&[&case("expect: {verdict: fail, violated: [thresholds.sast.high, told]}")]));
    test(&folder, &[]).ends_with(0);
    folder.write("policy.yml", format!("{POLICY}sources: {{sarif: {{files: other.sarif}}}}\n"));
    test(&folder, &[]).ends_with(0);
    // What the policy asks for and the snapshot does not hold was not read.
    folder.write("policy.yml", format!("{POLICY}sources: {{mend: {{url: saas, projects: [x]}}}}\n"));
    test(&folder, &[]).ends_with(1).says("not read: + mend failed: the snapshot does not hold the source mend");
}

#[test]
fn the_result_is_written_as_junit_with_every_word_escaped() {
    let hostile = "name: \"a <b> & \\\"c\\\" \\u202e ]]>\", sarif: fixtures/leak.sarif, branch: main, event: push, expect: {verdict: pass}";
    let folder = folder()
        .with("policy.test.yml", cases(&[LEAK, hostile, "name: broken, snapshot: none.json, expect: {verdict: pass}"]));
    test(&folder, &["--junit", "out.xml"]).ends_with(2);
    let xml = folder.read("out.xml");
    for part in [
        r#"<testsuites name="findgate policy test" tests="3" failures="1" errors="1">"#,
        r#"<testsuite name="policy.test.yml" tests="3" failures="1" errors="1">"#,
        r#"<testcase name="two flaws block" classname="policy.test.yml" file="policy.test.yml" line="4"/>"#,
        "a &lt;b&gt; &amp; &quot;c&quot; \u{fffd} ]]&gt;",
        r#"<failure message="verdict: expected pass, found fail">verdict: expected pass, found fail</failure>"#,
        r#"<error message="cannot read the snapshot "#,
    ] {
        assert!(xml.contains(part), "no {part:?} in\n{xml}");
    }
    let again = test(&folder, &["--junit", "again.xml", "--filter", "two flaws"]).ends_with(0);
    assert!(again.stdout.contains("1 case: 1 ok"));
    test(&folder, &["--junit", "none/out.xml", "--filter", "two flaws"])
        .ends_with(3)
        .complains("cannot write the report");
    test(&folder, &["--junit", "-"]).ends_with(2).complains("name a file");
}

#[test]
fn the_schema_of_tests_accepts_the_example_and_refuses_what_the_reader_refuses() {
    let schema = Folder::new().run(["policy", "schema", "--tests"]).ends_with(0).json();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let case = json!({"name": "a", "sarif": "a.sarif", "as_of": "2026-11-21", "expect": {"verdict": "fail"}});
    assert!(validator.is_valid(&json!({"version": 1, "cases": [case]})));
    assert!(!validator.is_valid(&json!({"version": 1, "cases": []})));
    Folder::new().run(["policy", "schema", "--tests", "--output"]).ends_with(2);
}

#[test]
fn the_cases_of_the_example_hold() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut gate = Folder::new().command();
    let run = finish(gate.current_dir(root).args(["policy", "test", "--policy", "examples/shop/findgate.yml"]));
    let run = run.ends_with(0);
    let cases = fs::read_to_string(root.join("examples/shop/findgate.test.yml")).unwrap().matches("- name:").count();
    assert!(cases >= 5, "{cases} cases");
    run.says(&format!("{cases} cases: {cases} ok"));
}

// -- diff

fn snapshots() -> Folder {
    let folder = Folder::new().with("old.yml", "{version: 1, thresholds: {all: critical}}").with(
        "new.yml",
        "{version: 1, thresholds: {all: {critical: 0, high: 1}}, rules: {told: {when: {path: 'src/**'}, enforcement: warn}}}",
    );
    for (name, count) in [("none", 0), ("one", 1), ("three", 3)] {
        folder.write("scan.sarif", sarif(results(count)));
        folder
            .run(["collect", "--policy", "old.yml", "--sarif", "scan.sarif", "--output", &format!("{name}.json")])
            .ends_with(0);
    }
    folder
}

fn diff(folder: &Folder, more: &[&str]) -> Run {
    folder.run(["policy", "diff"].iter().chain(more).chain(&["--as-of", "2026-11-21"]))
}

#[test]
fn a_difference_tells_verdicts_rules_and_findings_the_worst_first() {
    let folder = snapshots();
    let files = ["--snapshot", "none.json", "one.json", "--snapshot", "three.json"];
    let run = diff(&folder, &[&["old.yml", "new.yml"][..], &files].concat()).ends_with(1);
    let want = "old.yml -> new.yml, as of 2026-11-21T00:00:00Z

three.json: pass -> fail
  + thresholds.all.high: deny, 3 found, 1 allowed
  + told: warn, 3 found, 0 allowed
  3 of 3 findings change:
    allowed -> violation    high      src/a.py:1  flaw 1
    allowed -> violation    high      src/a.py:2  flaw 2
    allowed -> violation    high      src/a.py:3  flaw 3

one.json: pass, as before
  + told: warn, 1 found, 0 allowed
  1 of 1 finding change:
    allowed -> warning      high      src/a.py:1  flaw 1

2 of 3 snapshots change: 1 pass -> fail, 1 with the same verdict
";
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let mut found = lines(&run.stdout);
    found[6..9].sort();
    assert_eq!(found, lines(want));
    let back = diff(&folder, &["new.yml", "old.yml", "--snapshot", "three.json"]).ends_with(1);
    back.says("three.json: fail -> pass")
        .says("- thresholds.all.high: deny")
        .says("1 of 1 snapshot changes: 1 fail -> pass");
    let same = diff(&folder, &[&["old.yml", "old.yml"][..], &files].concat()).ends_with(0);
    same.says("0 of 3 snapshots change\n");
}

#[test]
fn a_difference_for_programs_holds_everything() {
    let folder = snapshots();
    let run = diff(&folder, &["old.yml", "new.yml", "--snapshot", "three.json", "none.json", "--format", "json"]);
    let diff: Value = run.ends_with(1).json();
    assert_eq!(diff["schema"], "findgate/policy-diff/v1");
    assert_eq!(diff["old"]["origin"], "old.yml");
    assert_eq!(
        diff["summary"],
        json!({"snapshots": 2, "changed": 1, "verdicts": [{"before": "pass", "after": "fail", "snapshots": 1}]})
    );
    let [three, none] = diff["snapshots"].as_array().unwrap().as_slice() else { panic!("{diff:#}") };
    assert_eq!((&three["name"], &three["judged"]), (&json!("three.json"), &json!(3)));
    assert_eq!(three["verdict"], json!({"before": "pass", "after": "fail"}));
    assert_eq!(
        three["rules"][0],
        json!({"rule": "thresholds.all.high", "before": null, "after": {"enforcement": "deny", "allowed": 1, "found": 3}})
    );
    assert_eq!(three["findings"].as_array().unwrap().len(), 3);
    assert_eq!(three["findings"][0]["before"], "allowed");
    assert_eq!(none["changed"], false);
    assert_eq!(none["findings"], json!([]));
}

#[test]
fn more_than_anybody_reads_is_counted() {
    let folder = snapshots();
    folder.write("many.sarif", sarif(results(80)));
    let run = diff(&folder, &["old.yml", "preset:strict", "--sarif", "many.sarif"]).ends_with(1);
    let shown = run.stdout.lines().filter(|line| line.contains("allowed -> violation")).count();
    assert_eq!(shown, 50, "{}", run.stdout);
    run.says("80 of 80 findings change").says("and 30 more");
}

#[test]
fn what_cannot_be_read_is_no_difference_and_no_sameness() {
    let folder = snapshots();
    let damaged = folder.read("one.json").replacen("flaw", "flow", 1);
    folder.write("damaged.json", damaged);
    diff(&folder, &["old.yml", "new.yml", "--snapshot", "none.json", "damaged.json"])
        .ends_with(3)
        .complains("damaged.json");
    diff(&folder, &["old.yml", "new.yml", "--snapshot", "missing.json"])
        .ends_with(3)
        .complains("there is no such file");
    diff(&folder, &["old.yml", "old.yml", "--sarif", "missing.sarif"])
        .ends_with(3)
        .complains("were not read completely");
    diff(&folder, &["old.yml", "new.yml"]).ends_with(2).complains("nothing to compare by");
    diff(&folder, &["old.yml", "gone.yml", "--snapshot", "one.json"])
        .ends_with(2)
        .complains("cannot read the policy gone.yml");
    folder.write("bad.yml", "version: 1\nthresholds: {all: hgih}\n");
    diff(&folder, &["old.yml", "bad.yml", "--snapshot", "one.json"]).ends_with(2).complains("bad.yml:2:19");
}

#[test]
fn the_branch_is_that_of_the_snapshot_unless_it_is_said() {
    let folder = snapshots();
    folder.write(
        "new.yml",
        "{version: 1, thresholds: {all: critical}, overrides: [{branch: main, thresholds: {all: any}}]}",
    );
    folder.write("scan.sarif", sarif(results(1)));
    let collect = ["collect", "--policy", "old.yml", "--sarif", "scan.sarif", "--output"];
    folder.run(collect.iter().chain(&["main.json", "--branch", "main"])).ends_with(0);
    folder.run(collect.iter().chain(&["dev.json", "--branch", "dev"])).ends_with(0);
    diff(&folder, &["old.yml", "new.yml", "--snapshot", "main.json"]).ends_with(1).says("pass -> fail");
    diff(&folder, &["old.yml", "new.yml", "--snapshot", "dev.json"]).ends_with(0);
    diff(&folder, &["old.yml", "new.yml", "--snapshot", "dev.json", "--branch", "main"]).ends_with(1);
    diff(&folder, &["old.yml", "new.yml", "--snapshot", "one.json"]).ends_with(2).complains("the branch is not known");
}
