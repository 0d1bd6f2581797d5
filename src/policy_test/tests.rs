use std::path::Path;

use serde_json::Value as Json;

use super::language::{CASE, EXPECT, TESTS};
use super::*;
use crate::policy::shape::{Presence, Table};
use crate::policy::{Document, Problems, json_schema_of};

fn read(text: &str) -> Result<TestFile, Vec<String>> {
    let mut problems = Problems::default();
    let file = Document::parse("x.test.yml", text, &mut problems).and_then(|document| decode(&document, &mut problems));
    let told = problems.sorted();
    match file {
        Some(file) if told.is_empty() => Ok(file),
        _ => Err(told.iter().map(|p| format!("{}:{} {}", p.place.line, p.place.column, p.message)).collect()),
    }
}

const GOOD: &str = "version: 1
policy: ../policy.yml
as_of: 2026-11-21
cases:
- name: one
  sarif: [a.sarif, {path: b.sarif, kind: sca}]
  branch: main
  event: pull_request
  environment: production
  commit: abc
  repository: github.com/acme/payments
  expect: {verdict: fail, violated: [thresholds.secret.any], waived: [], not_read: []}
- {name: two, snapshot: s.json, as_of: \"2027-01-01T10:00:00Z\", expect: {verdict: undecided}}
";

#[test]
fn a_case_says_what_is_judged_when_and_what_must_come_of_it() {
    let file = read(GOOD).expect("good");
    assert_eq!(file.policy.as_deref(), Some("../policy.yml"));
    let [one, two] = file.cases.as_slice() else { panic!("{file:?}") };
    assert!(matches!(&one.shown, Shown::Sarif(files) if files.len() == 2));
    assert_eq!(one.as_of.to_string(), "2026-11-21T00:00:00Z");
    assert_eq!((one.event, one.branch.as_deref()), (Some(Event::PullRequest), Some("main")));
    assert_eq!(one.expect.violated.as_deref(), Some(&["thresholds.secret.any".to_owned()][..]));
    assert!(matches!(&two.shown, Shown::Snapshot(file) if file == "s.json"));
    assert_eq!(two.as_of.to_string(), "2027-01-01T10:00:00Z");
}

#[test]
fn evidence_that_is_missing_must_be_expected() {
    let unread = |expect: &str| {
        let text = format!("{{version: 1, as_of: 2026-11-21, cases: [{{name: a, sarif: a, expect: {expect}}}]}}");
        read(&text).expect("good").cases[0].expect.unread().map(<[String]>::to_vec)
    };
    assert_eq!(unread("{violated: []}"), Some(vec![]));
    assert_eq!(unread("{verdict: pass}"), Some(vec![]));
    assert_eq!(unread("{verdict: undecided}"), None);
    assert_eq!(unread("{verdict: undecided, not_read: [sarif]}"), Some(vec!["sarif".to_owned()]));
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_place() {
    let case = |text: &str| format!("version: 1\nas_of: 2026-11-21\ncases:\n- {{{text}}}\n");
    for (text, want) in [
        (case("name: a, sarif: a"), "4:3 `expect` is missing in a case"),
        (case("name: a, expect: {verdict: pass}"), "4:3 the case shows the policy nothing"),
        (case("name: a, sarif: a, snapshot: b, expect: {verdict: pass}"), "4:23 the case names `sarif` and `snapshot`"),
        (case("name: a, sarif: a, expect: {}"), "4:23 `expect` expects nothing"),
        (case("name: a, sarif: a, expect: {verdict: green}"), "4:41 unknown verdict `green`"),
        (case("name: a, sarif: a, expect: {violatd: []}"), "4:32 unknown key `violatd` in `expect`"),
        (case("name: a, sarif: a, expect: {violated: thresholds.all.any}"), "4:42 expected a list for `violated`"),
        (case("name: a, sarif: ../a, expect: {verdict: pass}"), "4:20 the path `../a` holds `..`"),
        (case("name: a, sarif: a, as_of: tomorrow, expect: {verdict: pass}"), "4:30 expected a day for `as_of`"),
        (case("name: a, sarif: a, as_of: 2026-11-21T10:00:00, expect: {verdict: pass}"), "4:30 expected a day"),
        (case("name: a, sarif: a, event: release, expect: {verdict: pass}"), "4:30 unknown event `release`"),
        ("version: 1\ncases: []\n".to_owned(), "2:1 `cases` is empty"),
        ("version: 2\ncases: [{name: a}]\n".to_owned(), "1:10 expected version 1"),
        (
            "version: 1\ncases:\n- {name: a, sarif: a, expect: {verdict: pass}}\n".to_owned(),
            "3:3 the case does not say which day is judged",
        ),
    ] {
        let problems = read(&text).expect_err(&text);
        assert!(problems.iter().any(|problem| problem.starts_with(want)), "{text}: {problems:#?}");
    }
    let twice = "{name: a, sarif: a, expect: {verdict: pass}}";
    let text = format!("version: 1\nas_of: 2026-11-21\ncases:\n- {twice}\n- {twice}\n");
    assert_eq!(read(&text).expect_err("refused"), ["5:3 two cases are named `a`"]);
}

#[test]
fn every_key_of_the_tables_is_read_and_its_example_fits_the_schema() {
    let schema = json_schema_of(&TESTS, "findgate policy tests", &[]);
    jsonschema::draft202012::meta::validate(&schema).expect("a schema");
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    let case = "name: a, expect: {verdict: pass}";
    let places: [(&Table, String); 3] = [
        (&TESTS, "{@}".to_owned()),
        (&CASE, "{version: 1, as_of: 2026-11-21, cases: [{@}]}".to_owned()),
        (&EXPECT, "{version: 1, as_of: 2026-11-21, cases: [{name: a, sarif: b, expect: {@}}]}".to_owned()),
    ];
    let mut count = 0;
    for (table, place) in places {
        for key in table.keys {
            let mut keys = format!("{}: {}", key.name, key.example);
            for other in table.keys.iter().filter(|k| k.presence == Presence::Required && k.name != key.name) {
                keys.push_str(&format!(", {}: {}", other.name, other.example));
            }
            if table.name == "case" && !["sarif", "snapshot"].contains(&key.name) {
                keys.push_str(", sarif: a.sarif");
            }
            let yaml = place.replace('@', &keys);
            read(&yaml).unwrap_or_else(|problems| panic!("{yaml}: {problems:#?}"));
            let value = to_json(&yaml);
            assert!(validator.is_valid(&value), "{yaml}: {:?}", validator.iter_errors(&value).next());
            count += 1;
        }
    }
    assert_eq!(count, 4 + 11 + 4);
    assert!(!validator.is_valid(&to_json(&format!("{{version: 1, cases: [{{{case}}}]}}"))), "nothing is shown");
}

fn to_json(yaml: &str) -> Json {
    let mut problems = Problems::default();
    crate::policy::to_json(&Document::parse("x", yaml, &mut problems).expect("YAML").root)
}

#[test]
fn a_path_is_relative_to_the_folder_of_its_file() {
    for (file, named, want) in [
        ("x.test.yml", "policy.yml", "policy.yml"),
        ("a/x.test.yml", "policy.yml", "a/policy.yml"),
        (".findgate/tests/x.test.yml", "../../.findgate.yml", ".findgate.yml"),
        ("a/x.test.yml", "./b/../c.yml", "a/c.yml"),
        ("x.test.yml", "../p.yml", "../p.yml"),
        ("/r/x.test.yml", "../p.yml", "/p.yml"),
        ("a/x.test.yml", "/etc/p.yml", "/etc/p.yml"),
    ] {
        assert_eq!(beside(Path::new(file), named), Path::new(want), "{named} in {file}");
    }
}
