//! Which policy counts, and what it says of a finding.

use serde_json::{Value, json};

use crate::common::{Folder, STRICT, finish, gate, result_at, results, sarif};

#[test]
fn every_policy_problem_is_told_at_once_with_its_line() {
    let policy = "version: 1\nthresholds:\n  scaa: high\n  sast: {hgih: 3}\nrules:\n  r:\n    when: {severty: high}\n";
    let folder = Folder::new().with("policy.yml", policy).with("scan.sarif", sarif(Vec::new()));
    let run = folder.check(&[]).ends_with(2);
    for part in ["policy.yml:3:3", "`sca`", "policy.yml:4:10", "`high`", "policy.yml:7:12", "`severity`"] {
        assert!(run.stderr.contains(part), "no {part} in\n{}", run.stderr);
    }
    assert_eq!(run.stdout, "");
}

#[test]
fn no_policy_says_how_to_get_one() {
    let folder = Folder::new().with("scan.sarif", sarif(Vec::new()));
    let run = folder.run(["check", "--sarif", "scan.sarif"]).ends_with(2);
    run.complains(".findgate.yml, findgate.yml, .github/findgate.yml")
        .complains("findgate policy init")
        .complains("preset:recommended");
}

#[test]
fn a_policy_that_was_named_must_load() {
    let folder = gate(0);
    folder.run(["check", "--policy", "other.yml", "--sarif", "*.sarif"]).ends_with(2).complains("other.yml");
    folder
        .run(["check", "--policy", "preset:recomended", "--sarif", "*.sarif"])
        .ends_with(2)
        .complains("preset:recommended");
}

#[test]
fn the_first_of_the_usual_policy_files_counts_even_if_it_cannot_be_read() {
    let folder = Folder::new().with("scan.sarif", sarif(results(1))).with("findgate.yml", STRICT);
    folder.run(["check", "--sarif", "scan.sarif"]).ends_with(1).says("policy findgate.yml");
    std::fs::create_dir(folder.path().join(".findgate.yml")).unwrap();
    folder.run(["check", "--sarif", "scan.sarif"]).ends_with(2).complains(".findgate.yml");
}

#[test]
fn a_waiver_excuses_until_the_end_of_its_last_day() {
    let policy = "version: 1\nthresholds: {all: any}\nwaivers:\n  - id: known\n    match: {check: T1, path: 'src/**'}\n    reason: known and harmless\n    expires: 2026-11-21\n";
    let folder = Folder::new().with("policy.yml", policy).with("scan.sarif", sarif(results(2)));
    folder.check(&["--as-of", "2026-11-06"]).ends_with(0).says("excuses 2 findings until 2026-11-21");
    folder.check(&["--as-of", "2026-11-07"]).ends_with(0).says("expires in 14 days");
    folder.check(&["--as-of", "2026-11-21T23:59:59Z"]).ends_with(0).says("expires today");
    let run = folder.check(&["--as-of", "2026-11-22", "--format", "json"]).ends_with(1).json();
    assert_eq!(run["waivers"][0]["state"], "expired");
    assert_eq!(run["findings"][0]["disposition"], "violation");
    folder.check(&["--as-of", "yesterday"]).ends_with(2).complains("2026-11-21");
    folder.check(&["--as-of", "2026-11-22T10:00:00"]).ends_with(2).complains("zone");
}

#[test]
fn an_override_goes_by_the_branch_and_a_branch_that_is_not_known_is_told() {
    let policy =
        "version: 1\nthresholds: {all: critical}\noverrides:\n  - {branch: 'release/*', thresholds: {all: medium}}\n";
    let folder = Folder::new().with("policy.yml", policy).with("scan.sarif", sarif(results(1)));
    folder.check(&["--branch", "main"]).ends_with(0);
    folder
        .check(&["--branch", "release/1.2"])
        .ends_with(1)
        .says("thresholds.all.medium")
        .says("overrides at policy.yml:4");
    folder.check(&[]).ends_with(2).complains("--branch");
    let mut command = folder.command();
    command.args(["check", "--policy", "policy.yml", "--sarif", "*.sarif", "--trust", "worktree"]);
    finish(command.env("GITHUB_ACTIONS", "true").env("GITHUB_HEAD_REF", "release/2").env("GITHUB_REF_NAME", "7/merge"))
        .ends_with(1);
}

#[test]
fn a_number_in_a_threshold_covers_its_severity_and_everything_worse() {
    let mut findings = results(3);
    findings.extend((10..13).map(|line| result_at("src/a.py", line, "warning")));
    let folder = Folder::new().with("scan.sarif", sarif(findings));
    for (thresholds, status, rules) in [
        ("{all: high}", 1, vec!["thresholds.all.high"]),
        ("{all: critical}", 0, vec![]),
        ("{all: {high: 3, medium: 6}}", 0, vec![]),
        ("{all: {high: 2, medium: 6}}", 1, vec!["thresholds.all.high"]),
        ("{all: {medium: 5}}", 1, vec!["thresholds.all.medium"]),
        ("{sast: any, sca: any}", 1, vec!["thresholds.sast.any"]),
        ("{secret: any}", 0, vec![]),
    ] {
        let policy = folder.write("policy.yml", format!("version: 1\nthresholds: {thresholds}\nsources: {{sarif: {{files: [{{path: scan.sarif, kind: sast}}]}}}}\n"));
        let run =
            folder.run(["check", "--policy", policy.to_str().unwrap(), "--format", "json"]).ends_with(status).json();
        let violated: Vec<_> =
            run["violations"].as_array().unwrap().iter().map(|v| v["rule"].as_str().unwrap()).collect();
        assert_eq!(violated, rules, "{thresholds}");
    }
}

#[test]
fn a_fact_that_nobody_told_counts_as_true_unless_the_policy_says_skip() {
    let folder = Folder::new().with("scan.sarif", sarif(results(1)));
    for (when, status) in [
        ("{cvss: '>=9'}", 1),
        ("{cvss: '>=9', unknown: skip}", 0),
        ("{not: {cvss: '>=9'}}", 1),
        ("{any: [{cvss: '>=9'}, {severity: high}]}", 1),
        ("{all: [{cvss: '>=9'}, {severity: low}]}", 0),
        ("{new: true}", 1),
        ("{age: '>30d'}", 1),
        // A flaw in the code is in no catalog of published vulnerabilities: that is known.
        ("{kev: true, kind: sast}", 0),
    ] {
        folder.write("policy.yml", format!("version: 1\nrules: {{r: {{when: {when}}}}}\n"));
        let run = folder.check(&["--format", "json"]).ends_with(status).json();
        if when == "{cvss: '>=9'}" {
            assert_eq!(run["violations"][0]["unknown_facts"][0]["fact"], "cvss", "{run:#}");
        }
    }
}

#[test]
fn a_warning_rule_warns_and_changes_no_status() {
    let folder = Folder::new().with("scan.sarif", sarif(results(1)));
    folder.write("policy.yml", "version: 1\nrules: {r: {when: {severity: high}, enforcement: warn}}\n");
    let run = folder.check(&["--format", "json"]).ends_with(0).json();
    assert_eq!(run["verdict"], "pass");
    assert_eq!(run["findings"][0]["disposition"], "warning");
    folder.check(&[]).ends_with(0).says("warns only");
}

#[test]
fn a_path_that_nobody_can_place_counts_for_rules_by_path_until_its_root_is_named() {
    let elsewhere = result_at("file:///src/shop/lib/a.py", 3, "error");
    let folder = Folder::new().with("scan.sarif", sarif(vec![elsewhere]));
    let policy = |root: &str| {
        format!(
            "version: 1\nsources: {{sarif: {{files: [{{path: scan.sarif{root}}}]}}}}\nrules: {{r: {{when: {{path: 'app/**'}}}}}}\n"
        )
    };
    folder.write("policy.yml", policy(""));
    let run = folder.run(["check", "--policy", "policy.yml", "--format", "json"]).ends_with(1).json();
    assert_eq!(run["violations"][0]["unknown_facts"][0]["fact"], "path");
    assert_eq!(run["findings"][0]["location"]["path"], "/src/shop/lib/a.py");
    folder.run(["check", "--policy", "policy.yml"]).ends_with(1).says("say where the scanner");

    folder.write("policy.yml", policy(", root: /src/shop"));
    let run = folder.run(["check", "--policy", "policy.yml", "--format", "json"]).ends_with(0).json();
    assert_eq!(run["findings"][0]["location"]["path"], "lib/a.py");
    folder.write("policy.yml", policy(", root: src/shop"));
    folder.run(["check", "--policy", "policy.yml"]).ends_with(2).complains("absolute folder");
}

#[test]
fn the_recommended_policy_blocks_a_high_finding_of_a_scanner_that_nobody_knows() {
    let report = json!({
        "version": "2.1.0",
        "runs": [{"tool": {"driver": {"name": "Homemade"}}, "results": [result_at("src/a.py", 1, "error")]}]
    });
    let folder = Folder::new().with("a.sarif", report.to_string());
    let run = folder.run(["check", "--policy", "preset:recommended", "--sarif", "a.sarif"]).ends_with(1);
    assert_eq!(run.verdict(), "findgate: fail (1): thresholds.other.high");
}

#[test]
fn a_fact_that_was_told_counts_whatever_the_finding_is_about() {
    for (rule, properties) in [
        ("kev: true", json!({"kev": true})),
        ("epss: '>0.5'", json!({"epss": 0.97})),
        ("license: 'AGPL-*'", json!({"license": "AGPL-3.0"})),
    ] {
        let mut told = result_at("src/a.py", 1, "note");
        told["properties"] = properties;
        let folder = Folder::new()
            .with("policy.yml", format!("version: 1\nrules:\n  told: {{when: {{{rule}}}}}\n"))
            .with("scan.sarif", sarif(vec![told]));
        folder.check(&[]).ends_with(1).says("told");
    }
}

#[test]
fn findings_of_no_known_kind_that_no_rule_looks_at_are_told() {
    let report = |tool: &str| {
        let results = results(2);
        json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": tool}}, "results": results}]}).to_string()
    };
    let folder = Folder::new().with("scan.sarif", report("Homemade"));
    for (policy, told) in [
        ("thresholds: {sast: any, sca: any}", true),
        ("thresholds: {sast: any, all: critical}", false),
        ("thresholds: {sast: any, other: critical}", false),
        ("thresholds: {sast: any}\nrules: {r: {when: {path: 'src/**'}, allow: 2}}", false),
    ] {
        folder.write("policy.yml", format!("version: 1\n{policy}\n"));
        let run = folder.check(&[]).ends_with(0);
        assert_eq!(run.stdout.contains("not judged"), told, "{policy}:\n{}", run.stdout);
    }
}

#[test]
fn a_tag_or_a_variable_of_git_hides_no_override_of_the_branch() {
    if std::process::Command::new("git").arg("--version").output().is_err() {
        eprintln!("skipped: there is no git here");
        return;
    }
    let policy = "version: 1\nthresholds: {all: critical}\noverrides:\n  - {branch: main, thresholds: {all: any}}\n";
    let folder = Folder::new().with("policy.yml", policy).with("scan.sarif", sarif(results(1)));
    let other = Folder::new();
    let git = |folder: &Folder, arguments: &[&str]| {
        let who = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
        let mut command = std::process::Command::new("git");
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").arg("-C").arg(folder.path()).args(who).args(arguments);
        assert!(command.output().unwrap().status.success(), "{arguments:?}");
    };
    for (folder, branch) in [(&folder, "main"), (&other, "dev")] {
        git(folder, &["init", "--quiet", "-b", branch]);
        git(folder, &["commit", "--quiet", "--allow-empty", "-m", "first"]);
    }
    folder.check(&[]).ends_with(1);
    git(&folder, &["tag", "main"]);
    folder.check(&[]).ends_with(1);
    let mut command = folder.command();
    command.args(["check", "--policy", "policy.yml", "--sarif", "*.sarif"]);
    finish(command.env("GIT_DIR", other.path().join(".git"))).ends_with(1);
    folder.check(&["--branch", "refs/heads/main"]).ends_with(1);
    folder.check(&["--branch", "origin/main"]).ends_with(1);
    git(&folder, &["checkout", "--quiet", "-b", "work"]);
    let mut command = folder.command();
    command.args(["check", "--policy", "policy.yml", "--sarif", "*.sarif"]);
    command.env("GITHUB_ACTIONS", "true").env("GITHUB_REF_TYPE", "tag").env("GITHUB_REF_NAME", "main");
    finish(&mut command).ends_with(2).complains("--branch");
}

#[test]
fn a_result_at_several_places_counts_for_a_rule_of_each_and_is_waived_only_where_all_are() {
    let mut spread = result_at("lib/a.py", 1, "error");
    let other = result_at("payments/b.py", 2, "error")["locations"][0].clone();
    spread["locations"].as_array_mut().unwrap().extend([other, json!("no location"), json!({})]);
    let folder = Folder::new().with("scan.sarif", sarif(vec![spread]));
    let rule = |path: &str| format!("version: 1\nrules: {{r: {{when: {{path: '{path}'}}}}}}\n");
    for (path, status) in [("lib/**", 1), ("payments/**", 1), ("docs/**", 0)] {
        folder.write("policy.yml", rule(path));
        let run = folder.check(&["--format", "json"]).ends_with(status).json();
        assert_eq!(run["findings"][0]["also_in"], json!(["payments/b.py"]));
    }
    for (paths, status) in [("lib/**", 1), ("[lib/**, payments/**]", 0)] {
        let waiver = format!("waivers: [{{id: w, match: {{path: {paths}}}, reason: known, expires: 2099-01-01}}]");
        folder.write("policy.yml", format!("{STRICT}{waiver}\n"));
        folder.check(&[]).ends_with(status);
    }
}

#[test]
fn a_place_more_excludes_nothing_from_a_rule() {
    let mut spread = result_at("tests/a.py", 1, "error");
    let rule = "version: 1\nrules: {r: {when: {not: {path: 'tests/**'}}}}\n";
    let folder = Folder::new().with("policy.yml", rule);
    folder.write("scan.sarif", sarif(vec![spread.clone()]));
    folder.check(&[]).ends_with(0);
    let by_uri = result_at("src/b.py", 2, "error")["locations"][0].clone();
    let by_index = json!({"physicalLocation": {"artifactLocation": {"index": 0}}});
    for other in [by_uri, by_index] {
        spread["locations"] = json!([spread["locations"][0], other]);
        let mut scan: Value = serde_json::from_str(&sarif(vec![spread.clone()])).unwrap();
        scan["runs"][0]["artifacts"] = json!([{"location": {"uri": "src/b.py"}}]);
        folder.write("scan.sarif", scan.to_string());
        folder.check(&[]).ends_with(1);
    }
}

#[test]
fn a_policy_file_that_is_passed_over_is_told() {
    let folder =
        Folder::new().with("scan.sarif", sarif(Vec::new())).with(".findgate.yml", STRICT).with("findgate.yml", STRICT);
    folder.run(["check", "--sarif", "scan.sarif"]).ends_with(0).complains("findgate.yml exists too and is not read");
}

#[test]
fn a_wildcard_in_a_path_counts_a_name_of_one_character_whatever_its_bytes() {
    let rule = |path: &str| format!("version: 1\nrules: {{r: {{when: {{path: {path:?}}}}}}}\n");
    let folder = Folder::new();
    for name in ["x", "\u{e4}", "\u{4e2d}", "\u{1f980}"] {
        folder.write("scan.sarif", sarif(vec![result_at(&format!("src/{name}.py"), 1, "error")]));
        for (path, status) in [
            ("src/?.py", 1),
            ("src/[!y].py", 1),
            ("src/[x\u{e4}\u{4e2d}\u{1f980}].py", 1),
            ("src/*.py", 1),
            ("src/??.py", 0),
            ("src/[y\u{f6}].py", 0),
            ("src?*.py", 0),
        ] {
            folder.write("policy.yml", rule(path));
            folder.check(&[]).ends_with(status);
        }
    }
    folder.write("policy.yml", rule("src/[a-c-e].py"));
    folder
        .check(&[])
        .ends_with(2)
        .complains("`src/[a-c-e].py` is not a glob: in its brackets a `-` follows the range `a-c`");
}
