//! Waivers in files, and the rules that a policy has for them, end to end.

mod common;

use common::{Folder, Run, finish, result, result_at, results, sarif};
use serde_json::{Value, json};

const DAY: [&str; 2] = ["--as-of", "2026-11-21"];

/// A finding in a package, of a severity.
fn dependency(advisory: &str, purl: &str, level: &str, line: u64) -> Value {
    let mut result = result_at("package-lock.json", line, level);
    result["ruleId"] = json!(advisory);
    result["properties"] = json!({"purl": purl});
    result
}

fn policy(waivers: &str) -> String {
    format!("version: 1\nthresholds: {{all: any}}\nwaivers:\n{waivers}")
}

fn judged(folder: &Folder, status: i32) -> Value {
    folder.check(&[&DAY[..], &["--format", "json"]].concat()).ends_with(status).json()
}

fn refused(policy: &str, files: &[(&str, &str)]) -> Run {
    let folder = Folder::new().with("policy.yml", policy).with("scan.sarif", sarif(results(1)));
    for (name, text) in files {
        folder.write(name, text);
    }
    folder.check(&DAY).ends_with(2)
}

fn with_state<'a>(run: &'a Value, id: &str) -> &'a Value {
    run["waivers"].as_array().unwrap().iter().find(|waiver| waiver["id"] == id).unwrap_or_else(|| panic!("{run:#}"))
}

#[test]
fn a_file_of_waivers_excuses_as_the_policy_would() {
    let folder = Folder::new()
        .with("policy.yml", policy("  file: [w/a.yml, w/b.yml]\n"))
        .with("w/a.yml", "version: 1\nwaivers:\n  - {id: a, match: {check: T1, path: 'src/**'}, reason: known, expires: 2026-12-31}\n")
        .with("w/b.yml", "version: 1\nwaivers: []\n")
        .with("scan.sarif", sarif(results(2)));
    let run = judged(&folder, 0);
    let waiver = with_state(&run, "a");
    assert_eq!((&waiver["file"], &waiver["line"], &waiver["state"]), (&"w/a.yml".into(), &3.into(), &"active".into()));
    assert_eq!((&waiver["matched"], &run["dispositions"]["waived"]), (&2.into(), &2.into()));
    folder.check(&DAY).ends_with(0).says("excuses 2 findings until 2026-12-31");
}

#[test]
fn a_file_that_does_not_exist_holds_none_and_is_told() {
    let folder = Folder::new().with("policy.yml", policy("  {file: none.yml}\n")).with("scan.sarif", sarif(results(1)));
    folder.check(&DAY).ends_with(1).complains("none.yml does not exist; `findgate waive` makes it");
    folder.run(["policy", "check", "policy.yml"]).ends_with(0).complains("none.yml does not exist");
}

#[test]
fn every_problem_is_drawn_in_the_file_that_it_is_in() {
    let bad =
        "version: 1\nwaivers:\n  - {id: a, match: {id: CVE-1}, reason: r, expires: soon}\n  - {id: b, reason: r}\n";
    refused(&policy("  {file: w.yml}\n"), &[("w.yml", bad)])
        .complains("w.yml:3:53")
        .complains("expires: soon")
        .complains("`match` is missing")
        .complains("2 problems in w.yml");
    for (text, why) in [
        ("", "the file of waivers is empty"),
        ("# none\n", "the file of waivers is empty"),
        ("version: 1\nwaivers: [\n", "w.yml:"),
        ("version: 2\nwaivers: []\n", "w.yml:1:10"),
        ("version: 1\nwaivers: []\nextends: x\n", "`extends`"),
    ] {
        refused(&policy("  {file: w.yml}\n"), &[("w.yml", text)]).complains(why);
    }
    let folder = Folder::new().with("policy.yml", policy("  {file: w.yml}\n")).with("scan.sarif", sarif(results(1)));
    folder.write("w.yml", b"\xff\xfev\0e\0");
    folder
        .check(&DAY)
        .ends_with(2)
        .complains("cannot read the waivers `w.yml`: it is UTF-16")
        .complains("policy.yml:4");
    let folder =
        Folder::new().with("policy.yml", policy("  {file: w}\n")).with("w/x", "").with("scan.sarif", sarif(results(1)));
    folder.check(&DAY).ends_with(2).complains("cannot read the waivers `w`: it is a directory");
    refused(&policy("  {file: [w.yml, ./w.yml]}\n"), &[("w.yml", "version: 1\nwaivers: []\n")])
        .complains("is named twice");
}

#[test]
fn an_id_is_unique_over_the_policy_and_its_files_and_both_places_are_named() {
    let entry = "{id: same, match: {id: CVE-1}, reason: r, expires: 2026-12-01}";
    let run = refused(
        &policy(&format!("  file: w.yml\n  entries:\n    - {entry}\n")),
        &[("w.yml", &format!("version: 1\nwaivers: [{entry}]\n"))],
    );
    run.complains("duplicate waiver `same`").complains("w.yml:2:11").complains("policy.yml:6:7");
}

#[test]
fn what_the_policy_demands_is_in_every_waiver() {
    let entry = "{id: a, match: {id: CVE-1}, reason: r, owner: me}";
    let run = refused(&policy(&format!("  require: [owner, ticket, expires]\n  entries: [{entry}]\n")), &[]);
    let run = run.complains("the waiver `a` has no `ticket`, which the policy demands").complains("has no `expires`");
    assert!(run.stderr.contains("demanded here") && run.stderr.contains("2 problems"), "{}", run.stderr);
    let good = "{id: a, match: {check: T1}, reason: r, owner: me, ticket: T-1, expires: 2026-12-01}";
    let folder = Folder::new()
        .with("policy.yml", policy(&format!("  require: [owner, ticket, expires]\n  entries: [{good}]\n")))
        .with("scan.sarif", sarif(results(1)));
    assert_eq!(judged(&folder, 0)["dispositions"]["waived"], 1);
}

#[test]
fn a_waiver_beyond_every_life_is_an_error_on_the_day_that_is_judged() {
    let with = |expires: &str| {
        let entry = format!("{{id: a, match: {{check: T1}}, reason: r{expires}}}");
        let policy = policy(&format!("  max_life: {{high: 10d, default: 30d}}\n  entries: [{entry}]\n"));
        Folder::new().with("policy.yml", policy).with("scan.sarif", sarif(results(1)))
    };
    with(", expires: 2026-12-22")
        .check(&DAY)
        .ends_with(2)
        .complains("`max_life` allows 2026-12-21 at most")
        .complains("limited here");
    with("").check(&DAY).ends_with(2).complains("the waiver `a` has no `expires`");
    with(", expires: 2026-12-01").check(&DAY).ends_with(0);
    // A day later it reaches less far.
    with(", expires: 2026-12-22").check(&["--as-of", "2026-12-15"]).ends_with(0);
    // Where one severity has no limit, each finding decides.
    let unlimited = policy("  max_life: {critical: 10d}\n  entries: [{id: a, match: {check: T1}, reason: r}]\n");
    let folder = Folder::new().with("policy.yml", unlimited).with("scan.sarif", sarif(results(1)));
    assert_eq!(judged(&folder, 0)["waivers"][0]["state"], "active");
}

#[test]
fn a_waiver_excuses_only_findings_of_which_the_life_is_long_enough() {
    let rules = "  max_life: {high: 10d, default: 30d}\n  entries: [{id: a, match: {check: T1}, reason: r, expires: 2026-12-20}]\n";
    let scan =
        vec![result_at("src/a.py", 1, "error"), result_at("src/a.py", 2, "warning"), result_at("src/a.py", 3, "note")];
    let folder = Folder::new().with("policy.yml", policy(rules)).with("scan.sarif", sarif(scan));
    let run = judged(&folder, 1);
    let waiver = with_state(&run, "a");
    assert_eq!(
        (&waiver["state"], &waiver["matched"], &waiver["too_long"], &waiver["allowed_until"]),
        (&"too-long".into(), &3.into(), &1.into(), &"2026-12-01".into())
    );
    for finding in run["findings"].as_array().unwrap() {
        let want = if finding["severity"] == "high" { "violation" } else { "waived" };
        assert_eq!(finding["disposition"], want);
    }
    let warning = "waiver a reaches to 2026-12-20, too far to excuse 1 of the 3 findings it matches: `max_life` allows 2026-12-01";
    assert!(run["warnings"].as_array().unwrap().contains(&warning.into()), "{:#}", run["warnings"]);
    folder.check(&DAY).ends_with(1).says("holds too long, excuses 2 of 3 findings; max_life allows 2026-12-01");
    for format in ["sarif", "sarif-audit"] {
        folder.check(&[&DAY[..], &["--format", format]].concat()).ends_with(1).says("too far to excuse 1 of the 3");
    }
}

#[test]
fn an_unrated_finding_may_be_waived_as_long_as_what_it_counts_as() {
    let policy = |counts_as: &str| {
        format!(
            "version: 1\nunknown_severity: {counts_as}\nthresholds: {{all: any}}\nrules: {{r: {{when: {{kind: other}}}}}}\nwaivers: {{max_life: {{critical: 5d, default: 90d}}, entries: [{{id: a, match: {{check: WS-1}}, reason: r, expires: 2026-12-20}}]}}\n"
        )
    };
    // A level that is no word of SARIF tells nothing.
    let unrated = dependency("WS-1", "pkg:npm/a@1", "dreadful", 1);
    let scan = sarif(vec![unrated]);
    for counts_as in ["critical", "low"] {
        let folder = Folder::new().with("policy.yml", policy(counts_as)).with("scan.sarif", &scan);
        let (status, state) = if counts_as == "critical" { (1, "too-long") } else { (0, "active") };
        let run = judged(&folder, status);
        assert_eq!((&run["findings"][0]["severity"], &run["waivers"][0]["state"]), (&"unknown".into(), &state.into()));
    }
}

const UNUSED: &str = "{id: gone, match: {id: CVE-2000-0001}, reason: r, expires: 2027-01-31}";

#[test]
fn a_waiver_that_matches_nothing_is_ignored_told_or_denied() {
    let with = |unused: &str| {
        let policy = policy(&format!("  unused: {unused}\n  entries: [{UNUSED}]\n"));
        Folder::new().with("policy.yml", policy).with("scan.sarif", sarif(Vec::new()))
    };
    let run = judged(&with("ignore"), 0);
    assert_eq!((&run["waivers"][0]["state"], &run["warnings"]), (&"unused".into(), &json!([])));
    let run = judged(&with("warn"), 0);
    assert_eq!(run["warnings"][0], "waiver gone matches no finding; remove it or correct its `match`");

    let folder = with("deny");
    let run = judged(&folder, 1);
    assert_eq!(run["verdict"], "fail");
    let violation = &run["violations"][0];
    assert_eq!(
        (&violation["rule"], &violation["found"], &violation["findings"], &violation["policy_line"]),
        (&"waivers.unused".into(), &1.into(), &json!([]), &4.into())
    );
    assert!(run["policy"]["rules"].as_array().unwrap().contains(&"waivers.unused".into()));
    let human = folder.check(&DAY).ends_with(1).says("waivers.unused").says("these match none: gone");
    assert_eq!(human.verdict(), "findgate: fail (1): waivers.unused");
    for format in ["sarif", "sarif-audit"] {
        let run = folder.check(&[&DAY[..], &["--format", format]].concat()).ends_with(1).json();
        let result = &run["runs"][0]["results"][0];
        assert_eq!((&result["ruleId"], &result["level"]), (&"findgate/waivers.unused".into(), &"error".into()));
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(
            (&place["artifactLocation"]["uri"], &place["region"]["startLine"]),
            (&"policy.yml".into(), &4.into())
        );
        let rule = &run["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], result["ruleId"]);
    }
    let explain = ["explain", "--policy", "policy.yml", "--sarif", "*.sarif", "waivers.unused"];
    folder.run(explain).ends_with(0).says("these match none: gone");
}

#[test]
fn a_waiver_is_not_called_unused_where_not_everything_was_read() {
    let rules = format!("  unused: deny\n  entries: [{UNUSED}]\n");
    let folder = Folder::new().with("policy.yml", policy(&rules)).with("scan.sarif", sarif(Vec::new()));
    let run = folder.check(&["--sarif", "none.sarif", "--as-of", "2026-11-21", "--format", "json"]).ends_with(3).json();
    assert_eq!(run["violations"], json!([]));
    let warning = "waiver gone matches no finding; not everything was read, so it may still be needed";
    assert!(run["warnings"].as_array().unwrap().contains(&warning.into()), "{run:#}");

    let two = format!(
        "version: 1\nsources: {{mend: {{url: saas, projects: [x]}}, sarif: {{files: '*.sarif'}}}}\nthresholds: {{all: any}}\nwaivers:\n{rules}"
    );
    let folder = Folder::new().with("policy.yml", two).with("scan.sarif", sarif(Vec::new()));
    let only = ["check", "--policy", "policy.yml", "--only", "sarif", "--as-of", "2026-11-21", "--format", "json"];
    let run = folder.run(only).ends_with(0).json();
    assert_eq!((&run["verdict"], &run["violations"]), (&"pass".into(), &json!([])));
    assert!(run["warnings"].as_array().unwrap().contains(&warning.into()), "{run:#}");
}

#[test]
fn a_waiver_of_a_file_hides_no_second_vulnerability_and_knows_aliases() {
    let file = |waiver: &str| {
        Folder::new()
            .with("policy.yml", policy("  {file: w.yml}\n"))
            .with("w.yml", format!("version: 1\nwaivers: [{{{waiver}, reason: r, expires: 2026-12-31}}]\n"))
            .with(
                "scan.sarif",
                sarif(vec![
                    dependency("CVE-2021-0001", "pkg:npm/lodash@4.17.20", "error", 1),
                    dependency("CVE-2021-0002", "pkg:npm/lodash@4.17.20", "error", 2),
                ]),
            )
    };
    let folder = file("id: a, match: {package: pkg:npm/lodash}");
    let run = judged(&folder, 1);
    assert_eq!((&run["waivers"][0]["state"], &run["dispositions"]["waived"]), (&"too-broad".into(), &0.into()));
    let run = judged(&file("id: a, match: {package: pkg:npm/lodash, id: cve-2021-0001}"), 1);
    assert_eq!((&run["dispositions"]["waived"], &run["dispositions"]["violation"]), (&1.into(), &1.into()));

    let mut known_twice = dependency("CVE-2021-0001", "pkg:npm/lodash@4.17.20", "error", 1);
    known_twice["properties"]["tags"] = json!(["GHSA-35jh-r3h4-6jhm"]);
    let folder = file("id: a, match: {id: GHSA-35jh-r3h4-6jhm}").with("scan.sarif", sarif(vec![known_twice]));
    let run = judged(&folder, 0);
    assert_eq!(run["findings"][0]["waiver"], "a", "{run:#}");
}

#[test]
fn a_check_that_is_one_check_for_all_vulnerable_packages_tells_no_vulnerability() {
    let of_check = |advisory: &str, line: u64| {
        let mut result = dependency("osv-vulnerability", "pkg:npm/lodash@4.17.20", "error", line);
        result["properties"]["tags"] = json!([advisory]);
        result
    };
    let waivers =
        "[{id: a, match: {package: pkg:npm/lodash, check: osv-vulnerability}, reason: r, expires: 2026-12-31}]";
    let folder = Folder::new().with("policy.yml", policy(&format!(" {waivers}\n")));
    folder.write("scan.sarif", sarif(vec![of_check("CVE-2021-0001", 1), of_check("CVE-2021-0002", 2)]));
    let run = judged(&folder, 1);
    assert_eq!((&run["waivers"][0]["state"], &run["dispositions"]["waived"]), (&"too-broad".into(), &0.into()));
    folder.write("scan.sarif", sarif(vec![of_check("CVE-2021-0001", 1)]));
    assert_eq!(judged(&folder, 0)["dispositions"]["waived"], 1);
}

#[test]
fn what_expires_is_told_in_every_format() {
    let entries = "  - {id: late, match: {path: 'src/a.py'}, reason: r, expires: 2026-11-20}\n  - {id: soon, match: {path: 'src/b.py'}, reason: r, expires: 2026-12-05}\n";
    let folder = Folder::new()
        .with("policy.yml", policy(entries))
        .with("scan.sarif", sarif(vec![result(1), result_at("src/b.py", 1, "error")]));
    let told = [
        "waiver late expired on 2026-11-20 and excuses nothing; it matches 1 finding",
        "waiver soon expires in 14 days",
    ];
    for format in ["json", "sarif", "sarif-audit"] {
        let run = folder.check(&[&DAY[..], &["--format", format]].concat()).ends_with(1);
        for told in told {
            assert!(run.stdout.contains(told), "{format}:\n{}", run.stdout);
        }
    }
    folder.check(&DAY).ends_with(1).says("expired on 2026-11-20").says("expires in 14 days");
}

#[test]
fn explain_prints_a_waiver_that_the_policy_allows() {
    let rules = "  file: w.yml\n  max_life: {high: 10d, default: 90d}\n  require: [owner, ticket, approved_by]\n";
    let folder = Folder::new().with("policy.yml", policy(rules)).with("scan.sarif", sarif(results(1)));
    let explain = ["explain", "--policy", "policy.yml", "--sarif", "*.sarif", "--as-of", "2026-11-21", "src/a.py:1"];
    let run = folder.run(explain).ends_with(0).says("findgate waive v1:").says("in w.yml").says("expires: 2026-12-01");
    let waiver: Vec<&str> =
        run.stdout.lines().skip_while(|line| !line.contains("- id:")).filter(|line| !line.is_empty()).collect();
    assert_eq!(waiver.len(), 7, "{}", run.stdout);
    folder.write("w.yml", format!("version: 1\nwaivers:\n{}\n", waiver.join("\n")));
    folder.check(&DAY).ends_with(0);
}

#[test]
fn policy_show_tells_the_rules_for_waivers_and_where_they_stand() {
    let rules = "  file: w.yml\n  max_life: {high: 10d, default: 90d}\n  require: owner\n  unused: deny\n";
    let folder = Folder::new().with("policy.yml", policy(rules));
    folder.write("w.yml", "version: 1\nwaivers: [{id: a, match: {id: C}, reason: r, owner: o, expires: 2020-01-31}]\n");
    let run = folder.run(["policy", "show", "policy.yml"]).ends_with(0);
    let run = run.says("- id: a  # w.yml:2\n").says("- w.yml  # policy.yml:4\n");
    let run = run.says("high: 10d  # policy.yml:5\n").says("default: 90d  # policy.yml:5\n");
    run.says("- owner  # policy.yml:6\n").says("unused: deny  # policy.yml:7\n");
}

#[test]
fn the_same_input_gives_the_same_bytes_whatever_holds_the_waivers() {
    let folder = Folder::new()
        .with("policy.yml", policy("  {file: w.yml}\n"))
        .with("w.yml", format!("version: 1\nwaivers: [{UNUSED}]\n"))
        .with("scan.sarif", sarif(results(3)));
    for format in ["human", "json", "sarif", "sarif-audit"] {
        let run = |_| {
            finish(folder.command().args([
                "check",
                "--policy",
                "policy.yml",
                "--sarif",
                "*.sarif",
                "--as-of",
                "2026-11-21",
                "--format",
                format,
            ]))
            .ends_with(1)
            .stdout
        };
        assert_eq!(run(1), run(2), "{format}");
    }
}

#[test]
fn a_finding_whose_waiver_does_not_hold_says_why_in_every_format() {
    let lodash = |advisory, line| dependency(advisory, "pkg:npm/lodash@4.17.20", "error", line);
    let two = sarif(vec![lodash("CVE-2021-0001", 1), lodash("CVE-2021-0002", 2)]);
    let entry = |rest: &str| policy(&format!("  - {{id: w, reason: r, {rest}}}\n"));
    let stated = json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://acme.example/vex/1", "author": "Acme PSIRT",
        "timestamp": "2026-12-01T10:00:00Z", "version": 1, "statements": [{
            "vulnerability": {"name": "CVE-2021-0001"}, "products": [{"@id": "pkg:npm/lodash"}],
            "status": "not_affected", "justification": "vulnerable_code_not_present"
        }]
    });
    for (policy, why) in [
        (entry("match: {path: '*'}, expires: 2026-11-20"), "the waiver w expired on 2026-11-20 (policy.yml:4)"),
        (
            entry("match: {package: 'pkg:npm/lodash'}, expires: 2026-12-31"),
            "the waiver w is too broad: the package has 2 vulnerabilities; add the id of the one that is meant (policy.yml:4)",
        ),
        (
            policy(
                "  max_life: {high: 10d, default: 90d}\n  entries: [{id: w, match: {path: '*'}, reason: r, expires: 2026-12-31}]\n",
            ),
            "the waiver w holds too long; max_life allows 2026-12-01 (policy.yml:5)",
        ),
        (
            entry("match: {id: CVE-2021-0001, package: 'pkg:npm/lodash@4.17.19'}, expires: 2026-12-31"),
            "the waiver w does not hold for it: it names version 4.17.19 of pkg:npm/lodash, 4.17.20 was found (policy.yml:4)",
        ),
        (policy("  {vex: v.json}\n"), "does not hold for it: it is dated 2026-12-01, after the day that is judged"),
    ] {
        let folder = Folder::new().with("policy.yml", policy).with("scan.sarif", two.clone());
        folder.write("v.json", stated.to_string());
        for format in ["human", "markdown", "html", "junit", "github", "gitlab", "sarif", "sarif-audit"] {
            let run = folder.check(&[&DAY[..], &["--format", format]].concat()).ends_with(1);
            let said = run.stdout.replace(['\\', '\u{200b}'], "").split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(said.contains(why), "no {why:?} in {format}:\n{}", run.stdout);
            let said = said.to_lowercase();
            assert!(said.contains("not waived: the ") || said.contains("not waived</dt><dd>the "), "{format}: {said}");
        }
        let run = judged(&folder, 1);
        let first =
            run["findings"].as_array().unwrap().iter().find(|finding| finding["check"] == "CVE-2021-0001").unwrap();
        assert_eq!(first["unwaived"], run["waivers"][0]["id"], "{run:#}");
        let explain =
            ["explain", "--policy", "policy.yml", "--sarif", "*.sarif", "--as-of", "2026-11-21", "CVE-2021-0001"];
        folder.run(explain).ends_with(0).says("not waived: the ").says(why);
    }
}
