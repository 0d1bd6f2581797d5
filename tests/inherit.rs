//! Policies that extend others: what holds, what a lock forbids, what `policy show` and `policy check` tell.

mod common;

use common::{Folder, finish, result_at, results, sarif};
use serde_json::{Value, json};

/// What the security team keeps.
const ORG: &str = "version: 1
name: acme
extends: ./base.yml
unknown_severity: high
thresholds:
  all: {high: 2, locked: true}
rules:
  no-secrets:
    description: No credential.
    when: {kind: secret}
    locked: true
evidence: {max_age: 7d, required: false, locked: true}
waivers: {max_life: {default: 90d}, require: [owner], locked: true}
overrides:
- {branch: \"release/*\", thresholds: {all: {high: 0, locked: true}}}
";

const BASE: &str = "version: 1\nthresholds: {iac: high}\nsources: {sarif: {root: /src, max_age: 3d}}\n";

fn folder(policy: &str, findings: Vec<Value>) -> Folder {
    Folder::new()
        .with("policy.yml", policy)
        .with("org/policy.yml", ORG)
        .with("org/base.yml", BASE)
        .with("scan.sarif", sarif(findings))
}

/// A project that has no scan times to show, so nothing of `max_age` can be asked here.
fn plain(org: &str, policy: &str, found: u64) -> Folder {
    Folder::new().with("policy.yml", policy).with("org/policy.yml", org).with("scan.sarif", sarif(results(found)))
}

#[test]
fn the_limits_of_a_policy_that_is_extended_hold() {
    let org = "version: 1\nthresholds: {all: {high: 2}}\n";
    let extends = "version: 1\nextends: org/policy.yml\n";
    plain(org, extends, 2).check(&[]).ends_with(0);
    let run = plain(org, extends, 3).check(&["--format", "json"]).ends_with(1).json();
    assert_eq!(run["violations"][0]["rule"], "thresholds.all.high");
    let human = plain(org, extends, 3).check(&[]).ends_with(1);
    human.says("org/policy.yml:2");
    // What the project says goes before it, and what it does not name stays.
    let looser = "version: 1\nextends: org/policy.yml\nthresholds: {all: {high: 3}}\n";
    plain(org, looser, 3).check(&[]).ends_with(0);
    let beside = "version: 1\nextends: [org/policy.yml]\nrules: {r: {when: {path: \"src/**\"}, allow: 5}}\n";
    plain(org, beside, 3).check(&[]).ends_with(1);
    plain(org, beside, 2).check(&[]).ends_with(0);
}

#[test]
fn a_built_in_policy_can_be_extended() {
    let policy = "version: 1\nextends: preset:recommended\nthresholds: {sast: {high: 9}, other: {high: 9}}\n";
    plain("version: 1\n", policy, 3).check(&[]).ends_with(0);
    let stricter = "version: 1\nextends: preset:strict\n";
    let run = plain("version: 1\n", stricter, 1).check(&[]).ends_with(1);
    run.says("preset:strict:13");
}

#[test]
fn a_change_that_loosens_what_is_locked_is_refused_with_both_lines() {
    for (own, at, part) in [
        ("thresholds: {all: {high: 3}}", "policy.yml:3:20", "`thresholds.all` is locked and would be loosened"),
        (
            "thresholds: {all: {high: 0, locked: false}}",
            "policy.yml:3:29",
            "`thresholds.all` is locked and cannot be unlocked",
        ),
        ("rules: {no-secrets: {when: {kind: secret}, enforcement: warn}}", "policy.yml:3:9", "`no-secrets` is locked"),
        ("unknown_severity: low", "policy.yml:3:1", "`unknown_severity` would be low"),
        ("evidence: {max_age: 30d}", "policy.yml:3:12", "`evidence` is locked, and this `max_age` asks for less"),
        ("sources: {sarif: {files: \"*.sarif\", max_age: 4d}}", "policy.yml:3:37", "`evidence` is locked"),
        ("waivers: {max_life: {critical: 1y}}", "policy.yml:3:22", "`waivers` is locked"),
        ("overrides: [{branch: main, unknown_severity: info}]", "policy.yml:3:28", "`unknown_severity` would be info"),
        ("overrides: [{branch: \"release/*\", thresholds: {all: high, sca: low}}]", "", ""),
        (
            "overrides: [{branch: \"*/1\", thresholds: {all: {high: 1}}}]",
            "policy.yml:3:48",
            "this override may go before one that is stricter in `thresholds.all`, which is locked",
        ),
    ] {
        let folder = folder(&format!("version: 1\nextends: org/policy.yml\n{own}\n"), results(1));
        let folder = if own.contains("sources") {
            folder
        } else {
            folder.with("org/base.yml", "version: 1\nthresholds: {iac: high}\n")
        };
        let run = folder.run(["policy", "check", "policy.yml"]);
        if at.is_empty() {
            run.ends_with(0);
            continue;
        }
        let run = run.ends_with(2).complains(part).complains(&format!("--> {at}")).complains("org/");
        assert!(run.stdout.is_empty(), "{}", run.stdout);
        folder.check(&["--branch", "main"]).ends_with(2).complains(part);
    }
}

#[test]
fn a_branch_cannot_escape_a_locked_override_by_one_of_its_own() {
    let org = "version: 1\nthresholds: {all: {high: 2, locked: true}}\noverrides: [{branch: \"release/*\", thresholds: {all: high}}]\n";
    let own = |overrides: &str| format!("version: 1\nextends: org/policy.yml\noverrides: [{overrides}]\n");
    let evasive = plain(org, &own("{event: push, thresholds: {sca: low}}"), 1);
    evasive.check(&["--branch", "release/1", "--event", "push"]).ends_with(2).complains("org/policy.yml:3");
    let honest = plain(org, &own("{event: push, thresholds: {sca: low, all: high}}"), 1);
    honest.check(&["--branch", "release/1", "--event", "push"]).ends_with(1);
    honest.check(&["--branch", "release/1", "--event", "tag"]).ends_with(1);
    honest.check(&["--branch", "main", "--event", "tag"]).ends_with(0);
}

#[test]
fn what_cannot_be_put_together_is_wrong_usage_and_nothing_is_judged() {
    let org = |text: &str| plain(text, "version: 1\nextends: org/policy.yml\n", 0);
    org("version: 1\nextends: ../policy.yml\n")
        .check(&[])
        .ends_with(2)
        .complains("the policy extends itself: policy.yml -> org/policy.yml -> policy.yml");
    org("version: 1\nextends: [base.yml, preset:strct]\n")
        .check(&[])
        .ends_with(2)
        .complains("cannot read the policy org/base.yml: there is no such file")
        .complains("--> org/policy.yml:2:11")
        .complains("did you mean preset:strict?");
    org("version: 1\nthresholds: {all: hgih}\n").check(&[]).ends_with(2).complains("--> org/policy.yml:2:19");
    let waiver = "waivers: [{id: w, match: {id: X}, reason: r}]";
    plain(
        &format!("version: 1\nthresholds: {{all: high}}\n{waiver}\n"),
        &format!("version: 1\nextends: org/policy.yml\n{waiver}\n"),
        0,
    )
    .check(&[])
    .ends_with(2)
    .complains("duplicate waiver `w`")
    .complains("org/policy.yml:3")
    .complains("policy.yml:3");
    let policy = "version: 1\nextends: {url: \"https://127.0.0.1:9/p.yml\", digest: \"0f343b0931126a20f133d67c2b018a3b0f343b0931126a20f133d67c2b018a3b\"}\n";
    plain("version: 1\n", policy, 0)
        .check(&[])
        .ends_with(2)
        .complains("https://127.0.0.1:9/p.yml")
        .complains("policy.yml:2:10");
}

#[test]
fn the_policy_of_a_folder_above_is_found_by_the_file_that_names_it() {
    let folder = Folder::new()
        .with("team/app/policy.yml", "version: 1\nextends: ../base.yml\n")
        .with("team/base.yml", "version: 1\nextends: [shared/all.yml]\n")
        .with("team/shared/all.yml", "version: 1\nthresholds: {all: any}\n")
        .with("scan.sarif", sarif(results(1)));
    let run = folder.run(["check", "--policy", "team/app/policy.yml", "--sarif", "*.sarif"]).ends_with(1);
    run.says("team/shared/all.yml:2");
}

#[test]
fn policy_show_tells_where_each_value_comes_from() {
    let policy = "version: 1
extends: org/policy.yml
sources: {sarif: {files: \"*.sarif\"}}
thresholds: {iac: {medium: 4}, all: {medium: 2}}
waivers:
  entries:
  - {id: w, match: {id: CVE-2021-1}, reason: \"not: reachable\", owner: web, expires: 2027-01-31}
baseline: {file: b.json}
";
    let folder = folder(policy, results(1));
    let show = |more: &[&str]| folder.run(["policy", "show", "policy.yml"].iter().chain(more)).ends_with(0);
    let want = "
# extends:
#   org/policy.yml (at policy.yml:2)
#   org/base.yml (at org/policy.yml:3)
version: 1
name: acme  # org/policy.yml:2
unknown_severity: high  # org/policy.yml:4
thresholds:
  iac:
    medium: 4  # policy.yml:4
  all:
    medium: 2  # policy.yml:4
    locked: true
rules:
  no-secrets:  # org/policy.yml:8
    description: No credential.
    when: {kind: secret}  # what is not told counts as true
    allow: 0
    enforcement: deny
    locked: true
evidence:
  required: false  # org/policy.yml:12
  max_age: 7d  # org/policy.yml:12
  commit: any  # default
  wait: 0s  # default
  locked: true  # org/policy.yml:12
sources:
  sarif:  # policy.yml:3
    root: /src  # org/base.yml:3
    files: \"*.sarif\"  # policy.yml:3
    required: false  # org/policy.yml:12
    max_age: 3d  # org/base.yml:3
    commit: any  # default
    wait: 0s  # default
    # reads *.sarif
waivers:
  max_life:
    default: 90d  # org/policy.yml:13
  require:
    - owner  # org/policy.yml:13
  unused: warn  # default
  locked: true  # org/policy.yml:13
  entries:
    - id: w  # policy.yml:7
      match: {id: CVE-2021-1}
      reason: \"not: reachable\"
      owner: web
      expires: 2027-01-31
baseline: {file: b.json}  # policy.yml:8
overrides:
  - when: {branch: [\"release/*\"]}  # org/policy.yml:15, does not apply here
    thresholds:
      all:
        high: 0  # org/policy.yml:15
        locked: true
";
    let shown = show(&["--branch", "main"]).stdout;
    let (head, rest) = shown.split_once("\n# extends:").expect("the chain");
    assert!(head.starts_with("# policy: policy.yml\n# digest: sha256:"), "{head}");
    assert_eq!(format!("\n# extends:{rest}"), want);
    let release = show(&["--branch", "release/1"]);
    let release = release
        .says("  all:\n    high: 0  # org/policy.yml:15\n    locked: true\n")
        .says("# org/policy.yml:15, applied above\n");
    release.says("# applied: overrides at org/policy.yml:15 (branch release/1)");
}

#[test]
fn policy_show_tells_programs_the_same() {
    let policy =
        "version: 1\nextends: org/policy.yml\nsources: {sarif: {files: [a.sarif]}}\nthresholds: {all: {high: 1}}\n";
    let folder = folder(policy, results(1));
    let show = |branch: &str| {
        folder.run(["policy", "show", "policy.yml", "--format", "json", "--branch", branch]).ends_with(0).json()
    };
    let shown = show("main");
    let from = |file: &str, line: u32| json!({"file": file, "line": line});
    assert_eq!(shown["schema"], "findgate/policy/v1");
    assert_eq!(shown["name"], json!({"value": "acme", "from": from("org/policy.yml", 2)}));
    assert_eq!(shown["extends"][1], json!({"name": "org/base.yml", "from": from("org/policy.yml", 3)}));
    let names: Vec<&Value> = shown["files"].as_array().unwrap().iter().map(|file| &file["name"]).collect();
    assert_eq!(names, ["policy.yml", "org/policy.yml", "org/base.yml"]);
    assert_eq!(
        shown["limits"][1],
        json!({
            "rule": "thresholds.all.high", "from": from("policy.yml", 4), "description": null, "kind": "all", "floor": "high",
            "only_new": false, "when": null, "unknown": null, "allow": 1, "enforcement": "deny", "warn_until": null,
            "locked": true
        })
    );
    assert_eq!(shown["limits"][2]["when"], json!(["kind: secret"]));
    assert_eq!(shown["evidence"]["wait"], json!({"value": 0, "from": null}));
    assert_eq!(shown["evidence"]["locked"], json!({"value": true, "from": from("org/policy.yml", 12)}));
    let source = &shown["sources"][0];
    assert_eq!(source["evidence"]["max_age"], json!({"value": 3 * 86_400, "from": from("org/base.yml", 3)}));
    assert_eq!(source["keys"][0], json!({"key": "root", "value": "/src", "from": from("org/base.yml", 3)}));
    assert_eq!(source["reads"], json!(["a.sarif"]));
    assert_eq!((&shown["applied"], &shown["overrides"][0]["applied"]), (&json!(null), &json!(false)));
    let release = show("release/2");
    assert_eq!(release["overrides"][0]["applied"], true);
    // Every object has the same members, whatever is known.
    let members = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let preset = folder.run(["policy", "show", "preset:audit", "--format", "json"]).ends_with(0).json();
    assert_eq!(members(&preset), members(&shown));
    assert_eq!(members(&preset["limits"][0]), members(&shown["limits"][0]));
    // Same input, same bytes.
    assert_eq!(show("main"), shown);
}

#[test]
fn hints_are_told_and_fail_only_where_somebody_asks() {
    let org = "version: 1\nthresholds: {sca: {high: 3}}\nwaivers: [{id: o, match: {id: O}, reason: r}]\n";
    let policy = "version: 1
extends: org/policy.yml
thresholds: {sca: {high: 4}}
rules: {never: {when: {kind: sast, package: lodash}}}
waivers: [{id: w, match: {id: X}, reason: r, expires: 2026-11-30}]
";
    let folder = plain(org, policy, 0);
    let check =
        |more: &[&str]| folder.run(["policy", "check", "policy.yml", "--as-of", "2026-11-21"].iter().chain(more));
    let run = check(&[])
        .ends_with(0)
        .says("policy.yml: nothing wrong; 2 rules, 2 waivers, 0 overrides, 0 sources; 3 hints\n");
    for part in [
        "hint: `thresholds.sca` is weaker than in the policy that is extended\n --> policy.yml:3:20",
        "::: org/policy.yml:2:20",
        "hint: the rule `never` can never match: `package` is a fact of packages",
        "hint: the waiver `w` expires on 2026-11-30, in 9 days",
        "3 hints in policy.yml\n",
    ] {
        assert!(run.stderr.contains(part), "no {part:?} in\n{}", run.stderr);
    }
    assert!(!run.stderr.contains("waiver `o`"), "that is for those who keep it: {}", run.stderr);
    check(&["--strict"]).ends_with(2).complains("3 hints in policy.yml");
    assert!(check(&["--quiet"]).ends_with(0).stderr.is_empty());
    let later = folder.run(["policy", "check", "policy.yml", "--as-of", "2026-12-24"]).ends_with(0);
    later.complains("the waiver `w` expired on 2026-11-30");
    folder
        .run(["policy", "check", "org/policy.yml", "--strict"])
        .ends_with(2)
        .complains("the waiver `o` never expires");
    folder.run(["policy", "check", "preset:strict", "--strict"]).ends_with(0);
    folder.run(["policy", "check", "policy.yml", "--as-of", "soon"]).ends_with(2).complains("--as-of soon");
    // Where something is wrong, nothing is hinted.
    let wrong = plain(org, &policy.replace("lodash", "[]"), 0).run(["policy", "check", "policy.yml"]).ends_with(2);
    assert!(!wrong.stderr.contains("hint:"), "{}", wrong.stderr);
}

#[test]
fn a_waiver_of_a_policy_that_is_extended_excuses() {
    let mut found = result_at("package-lock.json", 1, "error");
    found["ruleId"] = json!("CVE-2021-23337");
    let org = "version: 1\nthresholds: {all: any}\nwaivers: [{id: o, match: {id: CVE-2021-23337}, reason: r, expires: 2999-01-01}]\n";
    let folder = Folder::new()
        .with("org/policy.yml", org)
        .with("policy.yml", "version: 1\nextends: org/policy.yml\n")
        .with("scan.sarif", sarif(vec![found]));
    folder.check(&[]).ends_with(0);
    let mut show = folder.command();
    finish(show.args(["policy", "show", "policy.yml"])).ends_with(0).says("- id: o  # org/policy.yml:3");
}

#[test]
fn the_policies_of_the_page_on_inheritance_hold_together() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/inheritance.md")).unwrap();
    let mut folder = Folder::new().with("reports/scan.sarif", sarif(results(1)));
    let mut seen = 0;
    for block in page.split("```yaml\n").skip(1) {
        let block = block.split("```").next().unwrap();
        if block.starts_with("extends:") {
            // An address, which nobody here answers at.
            let policy = format!("version: 1\n{}", block.replace("https://", "http://"));
            let told = folder.with("server.yml", policy);
            told.run(["policy", "check", "server.yml"]).ends_with(2).complains("1 problem");
            folder = told;
            continue;
        }
        let name = block.lines().next().unwrap().strip_prefix("# ").expect("a block begins with its file's name");
        folder = folder.with(name, block);
        seen += 1;
    }
    assert_eq!(seen, 2, "the test looks in the wrong place");
    folder.run(["policy", "check", "policy.yml", "--strict"]).ends_with(0);
    // Of the page's own words: a scan that tells no time proves no `max_age`.
    folder.run(["check", "--policy", "policy.yml", "--branch", "main"]).ends_with(1).says("thresholds.all.high");
    let loose = "version: 1\nextends: org/policy.yml\nsources: {sarif: {files: x}}\nthresholds: {all: {high: 6}}\n";
    folder.with("loose.yml", loose).run(["policy", "check", "loose.yml"]).ends_with(2).complains("--> loose.yml:4:20");
}

#[test]
fn a_policy_that_is_named_before_the_one_that_locks_does_not_loosen_it_either() {
    let org = "version: 1
thresholds: {all: {high: 0, locked: true}}
rules: {low: {when: {severity: \">=low\"}, locked: true}}
evidence: {max_age: 7d, locked: true}
waivers: {max_life: {default: 9d}, locked: true}
";
    let run = |first: &str| {
        let first = format!("version: 1\nthresholds: {{sca: any}}\n{first}\n");
        let policy = "version: 1\nextends: [first.yml, org/policy.yml]\n";
        plain(org, policy, 1).with("first.yml", first).run([
            "check",
            "--policy",
            "policy.yml",
            "--sarif",
            "*.sarif",
            "--branch",
            "dev",
        ])
    };
    for first in [
        "overrides: [{branch: '**', thresholds: {all: {critical: 9}}}]",
        "overrides: [{branch: '**', rules: {low: {when: {severity: '>=low'}, allow: 9}}}]",
        "overrides: [{branch: '**', unknown_severity: info}]",
        "unknown_severity: info",
        "evidence: {required: false}",
        "sources: {sarif: {files: '*.sarif', max_age: 90d}}",
        "sources: {sarif: {files: '*.sarif', required: false}}",
        "waivers: {max_life: {critical: 90d}}",
        "waivers: {unused: ignore}",
    ] {
        run(first).ends_with(2).complains("locked");
    }
    // What the later one replaces, and what is stricter, is no matter.
    for first in [
        "evidence: {max_age: 90d}",
        "waivers: {max_life: {default: 90d}}",
        "rules: {low: {when: {severity: '>=low'}, allow: 9}}",
        "overrides: [{branch: '**', thresholds: {all: any}}]",
    ] {
        run(first).ends_with(1);
    }
}
