//! The policy of the base decides, and that of the change is told beside it.

use std::fs;

use serde_json::{Value, json};

use crate::common::{STRICT, sarif};
use crate::repository::{LAX, Repository, gate, says, short, write};

#[test]
fn a_policy_that_the_change_loosens_does_not_decide_on_any_platform() {
    let repository = Repository::new(&[(".findgate.yml", STRICT)]);
    repository.change(&[(".findgate.yml", LAX)]);
    // What this clone calls main is of the change's making.
    repository.git(&["branch", "--force", "main", "change"]);
    repository.git(&["tag", "origin/main", "change"]);
    let origin = format!(".findgate.yml at base {}", short(&repository.base));
    for (platform, variables) in repository.platforms() {
        let check = ["check", "--sarif", "*.sarif"];
        let run = repository.run(&variables, &check);
        assert_eq!(run.status, 1, "{platform}\n{}\n{}", run.stdout, run.stderr);
        says(&run, &origin);
        says(&run, "the policy of this change would give pass (0) after the merge; it does not decide");
        let run = repository.run(&variables, &[&check[..], &["--format", "json"]].concat()).ends_with(1);
        let run = run.complains("the verdict would be pass after the merge; it does not decide");
        let policy = &run.json()["policy"];
        assert_eq!(
            [&policy["origin"], &policy["trust"], &policy["base"]],
            [&json!(origin), &json!("base"), &json!(repository.base)],
            "{platform}"
        );
    }
    // Outside of a change the files are what was merged.
    let push = [("GITHUB_ACTIONS", "true".to_owned()), ("GITHUB_EVENT_NAME", "push".to_owned())];
    let run = repository.run(&push, &["check", "--sarif", "*.sarif", "--format", "json"]).ends_with(0).json();
    assert_eq!(
        [&run["policy"]["origin"], &run["policy"]["trust"], &run["policy"]["base"], &run["beside"]],
        [&json!(".findgate.yml"), &json!("worktree"), &Value::Null, &json!([])]
    );
}

#[test]
fn a_policy_that_the_change_tightens_decides_after_the_merge() {
    let repository = Repository::new(&[(".findgate.yml", LAX)]);
    repository.change(&[(".findgate.yml", STRICT)]);
    let run = repository.check(&[]).ends_with(0);
    says(&run, "the policy of this change would give fail (1) after the merge");
    assert_eq!(run.verdict(), "findgate: pass (0)");
    let run = run.complains("would be fail (thresholds.all.any) after the merge");
    let json = repository.check(&["--format", "json"]).ends_with(0).json();
    let beside = &json["beside"][0];
    let fingerprint = &json["findings"][0]["fingerprint"];
    assert_eq!(
        *beside,
        json!({
            "role": "change", "origin": ".findgate.yml", "digest": beside["digest"], "problem": null,
            "verdict": "fail", "status": 1, "violated": ["thresholds.all.any"], "unread": [],
            "rules": [{"rule": "thresholds.all.any", "before": null,
                       "after": {"enforcement": "deny", "allowed": 0, "found": 1}}],
            "findings": [{"fingerprint": fingerprint, "before": "allowed", "after": "violation"}]
        }),
        "{}",
        run.stdout
    );
    assert_ne!(beside["digest"], json["policy"]["digest"]);
}

#[test]
fn a_policy_that_the_change_deletes_or_goes_around_decides() {
    let deleted = Repository::new(&[("findgate.yml", STRICT)]);
    deleted.remove("findgate.yml");
    let run = deleted.check(&[]).ends_with(1).complains("the change's own policy cannot be used: no policy: ");
    says(&run, &format!("findgate.yml at base {}", short(&deleted.base)));
    let json = deleted.check(&["--format", "json"]).ends_with(1).json();
    assert_eq!(json["beside"][0]["verdict"], Value::Null);
    assert!(json["beside"][0]["problem"].as_str().unwrap().starts_with("no policy"), "{json}");

    let around = Repository::new(&[("findgate.yml", STRICT)]);
    around.change(&[(".findgate.yml", LAX)]);
    let run = around.check(&[]).ends_with(1);
    says(&run, &format!("policy findgate.yml at base {}", short(&around.base)));
    says(&run, "would give pass (0) after the merge; it does not decide .findgate.yml");

    // Not committed, as a script of the change would write it.
    let edited = Repository::new(&[(".findgate.yml", STRICT)]);
    write(&edited.path(), &[(".findgate.yml", LAX)]);
    edited.check(&[]).ends_with(1);

    let broken = Repository::new(&[(".findgate.yml", LAX)]);
    broken.change(&[(".findgate.yml", "version: 1\nthresholds: {all: critcal}\nnam: x\n")]);
    broken
        .check(&[])
        .ends_with(0)
        .complains("the change's own policy cannot be used: .findgate.yml:2: unknown severity `critcal` (and 1 more");
}

#[test]
fn a_policy_that_is_new_is_used_and_every_report_says_so() {
    let repository = Repository::new(&[]);
    repository.change(&[(".findgate.yml", LAX)]);
    let run = repository.check(&[]).ends_with(0).complains("the policy .findgate.yml is new in this change");
    says(&run, "policy .findgate.yml (new in this change)");
    let json = repository.check(&["--format", "json"]).ends_with(0).json();
    assert_eq!(json["policy"]["origin"], ".findgate.yml (new in this change)");
    assert!(json["warnings"][0].as_str().unwrap().contains("is new in this change"), "{json}");
    assert_eq!(json["beside"], json!([]));
    for format in ["sarif", "sarif-audit"] {
        repository.check(&["--format", format]).ends_with(0).says("is new in this change");
    }
    // One that is named is no other.
    let named = Repository::new(&[]);
    named.change(&[("ci/gate.yml", LAX)]);
    named.check(&["--policy", "ci/gate.yml"]).ends_with(0).says("ci/gate.yml (new in this change)");
}

#[test]
fn a_waiver_in_the_policy_of_the_change_excuses_nothing_yet() {
    let repository = Repository::new(&[(".findgate.yml", STRICT)]);
    let waived = format!("{STRICT}waivers:\n- {{id: mine, match: {{path: 'src/**'}}, reason: I say so.}}\n");
    repository.change(&[(".findgate.yml", &waived)]);
    let run = repository.check(&[]).ends_with(1);
    says(&run, "thresholds.all.any: 1 found, 0 allowed, deny; by it not violated");
    says(&run, "flaw 1: violation, by it waived");
    let json = repository.check(&["--format", "json"]).ends_with(1).json();
    assert_eq!(json["waivers"], json!([]));
    assert_eq!(json["beside"][0]["findings"][0]["after"], "waived");
}

#[test]
fn trusting_the_work_tree_is_possible_and_told() {
    let repository = Repository::new(&[(".findgate.yml", STRICT)]);
    repository.change(&[(".findgate.yml", LAX)]);
    let run =
        repository.check(&["--trust", "worktree"]).ends_with(0).complains("--trust worktree: policy and waivers are");
    assert!(!run.stdout.contains("at base"), "{}", run.stdout);
    let json = repository.check(&["--trust", "worktree", "--format", "json"]).ends_with(0).json();
    assert_eq!([&json["policy"]["trust"], &json["policy"]["base"]], [&json!("worktree"), &Value::Null]);
    assert!(json["warnings"][0].as_str().unwrap().starts_with("--trust worktree"), "{json}");
    let mut variables = repository.github();
    variables.push(("FINDGATE_TRUST", "worktree".to_owned()));
    let check = ["check", "--sarif", "*.sarif"];
    repository.run(&variables, &check).ends_with(0);
    repository.run(&variables, &[&check[..], &["--trust", "base"]].concat()).ends_with(1);
    // Outside of a change it is no news, and the base can be asked for.
    let run = repository.run(&[], &[&check[..], &["--trust", "worktree"]].concat()).ends_with(0);
    assert!(!run.stderr.contains("--trust worktree"), "{}", run.stderr);
    repository.run(&[], &[&check[..], &["--trust", "base", "--base", "main"]].concat()).ends_with(1);
    repository.run(&[], &[&check[..], &["--trust", "base"]].concat()).ends_with(2).complains("--base");
    repository.run(&[], &[&check[..], &["--trust", "nobody"]].concat()).ends_with(2).complains("worktree");
}

#[test]
fn who_says_that_it_is_a_change_is_judged_by_the_base() {
    // As on a platform that findgate does not know.
    let repository = Repository::new(&[(".findgate.yml", STRICT)]);
    repository.change(&[(".findgate.yml", LAX)]);
    let run = |variables: &[(&str, String)], more: &[&str]| {
        repository.run(variables, &[&["check", "--sarif", "*.sarif"][..], more].concat())
    };
    for event in ["pull_request", "merge_group"] {
        says(&run(&[], &["--event", event, "--base", "main"]).ends_with(1), "at base");
        run(&[("FINDGATE_EVENT", event.to_owned())], &["--base", "main"]).ends_with(1);
        run(&[], &["--event", event]).ends_with(2).complains("--base");
        run(&[], &["--event", event, "--trust", "worktree"])
            .ends_with(0)
            .complains("--trust worktree: policy and waivers are");
    }
    run(&[], &["--event", "push", "--base", "main"]).ends_with(0);
    // Nor does a word take from a pull request that it is one.
    run(&repository.github(), &["--event", "push"]).ends_with(1);
}

#[test]
fn every_command_reads_the_same_policy_and_the_linter_that_of_the_work_tree() {
    let sources = "sources: {sarif: {files: '*.sarif'}}\n";
    let repository = Repository::new(&[(".findgate.yml", &format!("{STRICT}{sources}"))]);
    repository.change(&[(".findgate.yml", "version: 1\nthresholds: {}\n")]);
    let github = repository.github();
    let run = |arguments: &[&str]| repository.run(&github, arguments);
    run(&["collect", "--output", "snapshot.json"]).ends_with(0);
    run(&["sources"]).ends_with(0).says("1 finding in 1 scan");
    run(&["explain", "T1"]).ends_with(0).says("thresholds.all.any: counts it");
    let base = format!("# policy: .findgate.yml at base {}\n", short(&repository.base));
    run(&["policy", "show"]).ends_with(0).says(&base).says("thresholds:\n  all:\n    info: 0  # .findgate.yml:2");
    run(&["policy", "show", "--trust", "worktree"]).ends_with(2);
    repository.run(&[], &["policy", "show", "--trust", "base", "--base", "main"]).ends_with(0).says(&base);
    run(&["policy", "check"]).ends_with(2);
    run(&["check", "--snapshot", "snapshot.json"]).ends_with(1);
}

#[test]
fn the_policy_of_the_change_shares_what_was_read_and_nobody_is_asked_for_it() {
    let of = |sources: &str, thresholds: &str| format!("version: 1\nsources: {sources}\nthresholds: {thresholds}\n");
    let one = "{sarif: {files: '*.sarif'}}";
    let repository = Repository::new(&[(".findgate.yml", &of(one, "{all: any}"))]);
    let beside = |policy: &str| {
        repository.change(&[(".findgate.yml", policy)]);
        let run = repository.run(&repository.github(), &["check", "--format", "json"]).ends_with(1);
        run.json()["beside"][0].clone()
    };
    assert_eq!(beside(&of("{sarif: {files: ['*.sarif']}}", "{all: critical}"))["verdict"], "undecided");
    let spaced = beside(&of("{sarif:  {files: \"*.sarif\"}}", "{all: critical}"));
    assert_eq!([&spaced["verdict"], &spaced["unread"]], [&json!("pass"), &json!([])]);
    let other = beside(&of("{sarif: {files: 'other/*.sarif'}}", "{all: any}"));
    assert_eq!(other["verdict"], "undecided");
    assert!(other["unread"][0].as_str().unwrap().contains("asks the source for something else"), "{other}");
    // A source that only the change names, at a host that it chose: no credential is needed, and none is sent.
    let more = "{sarif: {files: '*.sarif'}, mayo: {url: 'https://evil.example', project: shop}}";
    let vendor = beside(&of(more, "{all: critical}"));
    assert_eq!(vendor["verdict"], "undecided");
    assert!(vendor["unread"][0].as_str().unwrap().contains("does not name the source"), "{vendor}");
    let still = beside(&of(more, "{all: high}"));
    assert_eq!([&still["verdict"], &still["violated"]], [&json!("fail"), &json!(["thresholds.all.high"])]);
    // Nor is another feed read for it, which could excuse anything.
    let feed = beside(&format!("{}enrich: {{kev: mine.json}}\n", of(one, "{all: critical}")));
    assert_eq!(feed["verdict"], "undecided", "{feed}");
}

#[test]
fn a_shadow_policy_is_judged_beside_and_decides_nothing() {
    let shadowed = |policy: &str| format!("{LAX}shadow: {policy}\n");
    let repository = Repository::new(&[
        ("ci/gate.yml", &shadowed("next.yml")),
        ("ci/next.yml", STRICT),
        ("same.yml", &shadowed("preset:audit")),
        ("gone.yml", &shadowed("nowhere.yml")),
        ("broken.yml", &shadowed("bad.yml")),
        ("bad.yml", "version: 1\nthresholds: {all: hgih}\n"),
    ]);
    let run = |variables: &[(&str, String)], policy: &str| {
        repository.run(variables, &["check", "--sarif", "*.sarif", "--policy", policy])
    };
    let told =
        run(&[], "ci/gate.yml").ends_with(0).complains("by the shadow policy ci/next.yml the verdict would be fail");
    says(&told, "the shadow policy would give fail (1); it does not decide ci/next.yml");
    says(&told, "flaw 1: allowed, by it violation");
    run(&[], "same.yml").ends_with(0).says("preset:audit");
    run(&[], "gone.yml").ends_with(0).complains("the shadow policy nowhere.yml cannot be used: cannot read the policy");
    // Where it was not read for the shadow, nothing is said of what the shadow does not find.
    repository.change(&[
        ("other.yml", &format!("{STRICT}sources: {{sarif: {{files: '*.sarif'}}}}\nshadow: unread.yml\n")),
        ("unread.yml", &format!("{STRICT}sources: {{sarif: {{files: ['*.sarif']}}}}\n")),
    ]);
    let other = repository.run(&[], &["check", "--policy", "other.yml"]).ends_with(1);
    says(&other, "the shadow policy would give undecided (3); it does not decide unread.yml not read: sarif failed");
    says(&other, "both name it in the same words under `sources` counted findings");
    // One that names no source is about what is read anyway.
    repository
        .change(&[("preset.yml", &format!("{LAX}sources: {{sarif: {{files: '*.sarif'}}}}\nshadow: preset:strict\n"))]);
    let preset = repository.run(&[], &["check", "--policy", "preset.yml"]).ends_with(0);
    says(&preset, "the shadow policy would give fail (1); it does not decide preset:strict");
    run(&[], "broken.yml")
        .ends_with(0)
        .complains("the shadow policy bad.yml cannot be used: bad.yml:2: unknown severity");
    // In a change it is the base's, too.
    repository.change(&[("ci/next.yml", LAX)]);
    let told = run(&repository.github(), "ci/gate.yml").ends_with(0);
    says(&told, &format!("ci/next.yml at base {}", short(&repository.base)));
    let json = repository
        .run(&repository.github(), &["check", "--sarif", "*.sarif", "--policy", "ci/gate.yml", "--format", "json"])
        .ends_with(0)
        .json();
    let roles: Vec<&Value> = json["beside"].as_array().unwrap().iter().map(|one| &one["role"]).collect();
    assert_eq!(roles, ["shadow"], "what the change makes of the shadow changes no policy that decides");
}

#[test]
fn the_record_of_a_change_is_confirmed_by_the_files_of_the_base_that_decided() {
    let waived = "version: 1\nthresholds: {all: any}\nwaivers: {file: w.yml}\n";
    let repository = Repository::new(&[(".findgate.yml", waived)]);
    let waiver = "version: 1\nwaivers:\n- {id: own, match: {check: T1}, reason: mine, expires: 2030-01-01}\n";
    repository.change(&[(".findgate.yml", &waived.replace("any", "critical")), ("w.yml", waiver)]);
    let day = ["--as-of", "2026-11-21", "--output", "record=record.json", "--save-snapshot", "snapshot.json"];
    let verify = |more: &[&str]| {
        let verify = ["verify", "record.json", "--snapshot", "snapshot.json"];
        gate(&repository.path(), &[], &[&verify[..], more].concat())
    };
    repository.check(&day).ends_with(1);
    let run = verify(&[]).ends_with(0).says("confirmed");
    assert!(!run.stderr.contains("--trust worktree"), "nobody gave it:\n{}", run.stderr);
    // A policy that is named is the one that stands there.
    verify(&["--policy", ".findgate.yml"]).ends_with(1).says("policy .findgate.yml: differs");
    repository.check(&[&day[..], &["--trust", "worktree"]].concat()).ends_with(0);
    let run = verify(&[]).ends_with(0).says("bypassed: --trust worktree");
    run.complains("those of the change itself");
    // A base that this clone lacks: its files may stand in the work tree all the same.
    repository.check(&day).ends_with(1);
    let record = fs::read_to_string(repository.path().join("record.json")).unwrap();
    let snapshot = fs::read_to_string(repository.path().join("snapshot.json")).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let files = [(".findgate.yml", waived), ("record.json", &record), ("snapshot.json", &snapshot)];
    write(elsewhere.path(), &files);
    gate(elsewhere.path(), &[], &["verify", "record.json", "--snapshot", "snapshot.json"]).ends_with(0);
}

#[test]
fn a_baseline_that_the_change_has_otherwise_is_told_even_where_the_policy_is_the_same() {
    let policy = "version: 1\nnew_thresholds: {all: any}\nbaseline: {file: base.json}\n";
    let repository = Repository::new(&[(".findgate.yml", policy), ("base.json", &sarif(Vec::new()))]);
    let everything = fs::read_to_string(repository.path().join("scan.sarif")).unwrap();
    repository.change(&[("base.json", &everything)]);
    let run = repository.check(&["--format", "json"]).ends_with(1);
    let beside = &run.json()["beside"][0];
    assert_eq!(beside["role"], "change", "{}", run.stdout);
    assert_eq!(
        beside["unread"],
        json!(["baseline failed: base.json is another one in this change, which was not read"])
    );
}
