//! The commands beside `check`: explain, policy, completions, man, help.

mod common;

use common::{Folder, STRICT, finish, gate, result_at, results, sarif};
use serde_json::json;

fn dependency() -> serde_json::Value {
    let mut result = result_at("package-lock.json", 12, "error");
    result["ruleId"] = json!("CVE-2021-23337");
    result
}

#[test]
fn explain_says_what_a_finding_is_and_what_each_condition_said() {
    let policy = "version: 1\nthresholds: {all: critical}\nrules:\n  src-is-clean:\n    when: {path: 'src/**', severity: '>=medium', not: {tool: Other}}\n  scored:\n    when: {cvss: '>=9', unknown: skip}\n";
    let folder = Folder::new().with("policy.yml", policy).with("scan.sarif", sarif(results(2)));
    let run = folder.run(["explain", "--policy", "policy.yml", "--sarif", "*.sarif", "src/a.py:2"]).ends_with(0);
    for part in [
        "flaw 2",
        "severity     high, from the level of the result",
        "where        src/a.py:2",
        "seen by      Testscan through sarif, check T1, severity error",
        "outcome      violation",
        "src-is-clean: counts it (2 found, 0 allowed: violated; policy.yml:4)",
        "yes       path: \"src/**\"",
        "yes       severity: \">=medium\"",
        "yes       not:",
        "no        tool: Other",
        "scored: does not count it (0 allowed: holds; policy.yml:6)",
        "not told  cvss: \">=9\"",
        "thresholds.all.critical: does not count it",
    ] {
        assert!(run.stdout.contains(part), "no {part:?} in\n{}", run.stdout);
    }
    assert!(!run.stdout.contains("flaw 1"));
}

#[test]
fn what_only_warns_before_a_day_is_told_as_that_and_a_long_place_has_a_line_of_its_own() {
    let policy = "version: 1\nthresholds: {all: {high: 0, enforcement: {warn_until: 2026-12-31}}}\n";
    let name = format!("{}.yml", "policy-of-a-very-long-name".repeat(2));
    let folder = Folder::new().with(&name, policy).with("scan.sarif", sarif(results(1)));
    let run = |command: &str, day: &str, more: &[&str], status: i32| {
        let arguments = [&[command, "--policy", &name, "--sarif", "*.sarif", "--as-of", day][..], more].concat();
        folder.run(arguments).ends_with(status)
    };
    run("check", "2026-12-30", &[], 0).says(&format!(
        "  thresholds.all.high  1 found, 0 allowed  (warns only; denies from 2026-12-31)\n    {name}:2\n"
    ));
    run("check", "2026-12-31", &[], 1).says("1 found, 0 allowed\n");
    run("explain", "2026-12-30", &["nothing"], 2);
    run("explain", "2026-12-30", &["T1"], 0).says("(1 found, 0 allowed: violated, warns only; ");
    let denied = run("explain", "2026-12-31", &["T1"], 0);
    assert!(!denied.stdout.contains("warns only"), "{}", denied.stdout);
}

#[test]
fn an_option_stands_under_the_heading_that_it_belongs_to() {
    fn look(command: &clap::Command, network: &mut usize) {
        for argument in command.get_arguments() {
            let name = argument.get_id().as_str();
            let is_network = ["allow_hosts", "ca_file", "timeout"].contains(&name);
            *network += usize::from(is_network);
            let heading = argument.get_help_heading();
            assert_eq!(is_network, heading == Some("Network"), "{}: {name} under {heading:?}", command.get_name());
        }
        command.get_subcommands().for_each(|command| look(command, network));
    }
    let mut network = 0;
    look(&findgate::cli::command(&findgate::env::Env::capture().unwrap()), &mut network);
    assert!(network > 10, "{network}");
}

#[test]
fn the_waiver_that_explain_prints_can_be_pasted() {
    let folder =
        Folder::new().with("policy.yml", STRICT).with("scan.sarif", sarif(vec![dependency(), results(1).remove(0)]));
    let ask = |query: &str| {
        folder
            .run(["explain", "--policy", "policy.yml", "--sarif", "*.sarif", "--as-of", "2026-11-21", query])
            .ends_with(0)
            .stdout
    };
    for query in ["cve-2021-23337", "package-lock.json:12", "package-lock.json"] {
        let explained = ask(query);
        let waiver: Vec<&str> =
            explained.lines().skip_while(|line| !line.contains("- id:")).filter(|line| !line.is_empty()).collect();
        assert_eq!(waiver.len(), 5, "{explained}");
        folder.write("waived.yml", format!("{STRICT}waivers:\n{}\n", waiver.join("\n")));
        let run = folder.run([
            "check",
            "--policy",
            "waived.yml",
            "--sarif",
            "*.sarif",
            "--as-of",
            "2026-11-21",
            "--format",
            "json",
        ]);
        let run = run.ends_with(1).json();
        let with =
            |wanted: &str| run["findings"].as_array().unwrap().iter().filter(|f| f["disposition"] == wanted).count();
        assert_eq!((with("waived"), with("violation")), (1, 1), "{run:#}");
    }
    let fingerprint =
        ask("CVE-2021-23337").lines().find_map(|line| line.strip_prefix("  fingerprint  ").map(str::to_owned)).unwrap();
    assert!(ask(&fingerprint[..12]).contains(&fingerprint));
}

#[test]
fn explain_of_nothing_is_wrong_usage_and_of_what_may_be_missing_undecided() {
    let folder = gate(1);
    folder
        .run(["explain", "--policy", "policy.yml", "--sarif", "*.sarif", "CVE-1999-0001"])
        .ends_with(2)
        .complains("none of 1 findings fits");
    let incomplete =
        ["explain", "--policy", "policy.yml", "--sarif", "*.sarif", "--sarif", "none.sarif", "CVE-1999-0001"];
    folder.run(incomplete).ends_with(3).complains("may be missing");
}

#[test]
fn policy_check_tells_every_problem_and_passes_what_is_right() {
    let folder = Folder::new()
        .with("good.yml", STRICT)
        .with("bad.yml", "version: 2\nthresholds: {all: hgih, sast: {high: -1}}\n");
    folder.run(["policy", "check", "good.yml"]).ends_with(0).says("good.yml");
    folder.run(["policy", "check", "preset:strict"]).ends_with(0);
    let run = folder.run(["policy", "check", "--policy", "bad.yml"]).ends_with(2);
    run.complains("bad.yml:1:10").complains("bad.yml:2:19").complains("bad.yml:2:38");
}

#[test]
fn every_built_in_policy_holds_and_can_be_started_from() {
    for preset in ["recommended", "strict", "audit", "new-code"] {
        let folder = Folder::new().with("scan.sarif", sarif(Vec::new()));
        folder.run(["policy", "init", "--preset", preset]).ends_with(0).complains("wrote .findgate.yml");
        folder.run(["policy", "check"]).ends_with(0);
        folder.run(["check", "--sarif", "scan.sarif"]).ends_with(0);
        folder.run(["check", "--policy", &format!("preset:{preset}"), "--sarif", "scan.sarif"]).ends_with(0);
        folder.run(["policy", "init"]).ends_with(2).complains("exists");
    }
    Folder::new().run(["policy", "init", "--preset", "strct"]).ends_with(2).complains("strict");
}

#[test]
fn audit_never_blocks_and_new_code_counts_what_is_not_known_to_be_old() {
    let mut old = result_at("src/a.py", 1, "error");
    old["baselineState"] = json!("unchanged");
    let folder = Folder::new()
        .with("scan.sarif", sarif(vec![result_at("src/b.py", 1, "error")]))
        .with("old.sarif", sarif(vec![old]));
    folder.run(["check", "--policy", "preset:audit", "--sarif", "scan.sarif"]).ends_with(0).says("warns only");
    folder.run(["check", "--policy", "preset:new-code", "--sarif", "scan.sarif"]).ends_with(1);
    folder.run(["check", "--policy", "preset:new-code", "--sarif", "old.sarif"]).ends_with(0);
}

#[test]
fn policy_show_prints_what_holds_with_the_line_of_each_value() {
    let policy = "version: 1\nname: shop\nthresholds:\n  all: critical\n  sast: {high: 5}\noverrides:\n  - {branch: 'release/*', thresholds: {all: medium}}\n";
    let folder = Folder::new().with("policy.yml", policy);
    let run = folder.run(["policy", "show", "policy.yml", "--branch", "main"]).ends_with(0);
    run.says("name: shop  # policy.yml:2\n")
        .says("thresholds:\n  all:\n    critical: 0  # policy.yml:4\n  sast:\n    high: 5  # policy.yml:5\n")
        .says("unknown_severity: critical  # default\n");
    let run = folder.run(["policy", "show", "policy.yml", "--branch", "release/1"]).ends_with(0);
    run.says("  all:\n    medium: 0  # policy.yml:7\n").says("applied: overrides at policy.yml:7 (branch release/1)");
    folder.run(["policy", "show", "policy.yml"]).ends_with(2).complains("--branch");
}

#[test]
fn both_schemas_are_schemas_and_judge_what_they_are_for() {
    let folder = gate(3);
    let policy = folder.run(["policy", "schema"]).ends_with(0).json();
    let output = folder.run(["policy", "schema", "--output"]).ends_with(0).json();
    let policy = jsonschema::validator_for(&policy).unwrap();
    let output = jsonschema::validator_for(&output).unwrap();
    assert!(policy.is_valid(&json!({"version": 1, "thresholds": {"all": "any"}})));
    assert!(!policy.is_valid(&json!({"version": 1, "thresholds": {"all": "hgih"}})));
    let run = folder.check(&["--format", "json"]).ends_with(1).json();
    let problems: Vec<String> = output.iter_errors(&run).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(problems.is_empty(), "{problems:#?}");
    assert!(!output.is_valid(&json!({"schema": "findgate/evaluation/v1"})));
}

#[test]
fn completions_and_manual_pages_are_printed() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        folder.run(["completions", shell]).ends_with(0).says("findgate").says("check");
    }
    folder.run(["man"]).ends_with(0).says(".TH findgate 1").says("Exit status:").says("undecided");
    folder.run(["man", "check"]).ends_with(0).says("exit");
    folder.run(["man", "chek"]).ends_with(2).complains("check");
}

#[test]
fn help_and_version_are_no_failure_and_wrong_usage_is() {
    let folder = Folder::new();
    folder.run(["--version"]).ends_with(0).says("findgate 0.1.0");
    folder.run(["--help"]).ends_with(0).says("Exit status:").says("Examples:");
    folder.run(["check", "--help"]).ends_with(0).says("--sarif");
    folder.run([""; 0]).ends_with(2);
    folder.run(["chek"]).ends_with(2).complains("check");
    folder.run(["check", "--sarf", "x"]).ends_with(2).complains("--sarif");
}

#[test]
fn help_is_the_same_whatever_the_environment_holds() {
    let folder = Folder::new();
    let plain = folder.run(["check", "--help"]).ends_with(0).stdout;
    let mut command = folder.command();
    command.args(["check", "--help"]).env("FINDGATE_POLICY", "secret-name.yml");
    assert_eq!(finish(&mut command).ends_with(0).stdout, plain);
}

#[test]
fn a_variable_never_turns_an_option_into_wrong_usage() {
    let folder = Folder::new().with("mine.yml", "version: 1\nthresholds: {all: high}\n");
    for (variable, value, arguments) in [
        ("FINDGATE_POLICY", "no-such.yml", ["policy", "check", "mine.yml"]),
        ("FINDGATE_POLICY", "no-such.yml", ["policy", "show", "mine.yml"]),
        ("FINDGATE_VERBOSE", "1", ["--quiet", "policy", "schema"]),
        ("FINDGATE_QUIET", "1", ["--verbose", "policy", "schema"]),
    ] {
        finish(folder.command().env(variable, value).args(arguments)).ends_with(0);
    }
}

#[test]
fn mistakes_are_told_in_words_of_ours_and_not_of_a_library() {
    let folder = Folder::new().with("policy.yml", STRICT).with("a.sarif", sarif(results(1)));
    folder
        .check(&["--as-of", "yesterday"])
        .ends_with(2)
        .complains("--as-of yesterday: not a day or time; write 2026-11-21");
    folder.check(&["--as-of", "2026-02-31"]).ends_with(2).complains("not a day or time");
    folder
        .run(["policy", "init", "no/such/p.yml"])
        .ends_with(2)
        .complains("its folder does not exist; create it first");
    folder.check(&[]).ends_with(1).complains("sarif: complete, 1 finding in 1 scan\n");
}

#[test]
fn the_manual_neither_justifies_nor_hyphenates_the_commands_to_copy() {
    let page = Folder::new().run(["man"]).ends_with(0).stdout;
    let notes = page.split(".SH NOTES\n").nth(1).expect("the notes");
    assert!(notes.starts_with(".nf\n"), "{notes}");
    assert!(notes.find("findgate policy init").unwrap() < notes.find("\n.fi\n").unwrap(), "{notes}");
}

#[test]
fn policy_show_tells_what_a_missing_fact_counts_as_and_which_files_are_read() {
    let policy = "version: 1\nsources: {sarif: {files: 'reports/*.sarif'}}\nrules:\n  a: {when: {kev: true, unknown: skip}}\n  b: {when: {kev: true}}\n";
    let shown = Folder::new().with("p.yml", policy).run(["policy", "show", "p.yml"]).ends_with(0);
    let shown = shown.says("    # reads reports/*.sarif\n").stdout;
    let (a, b) = shown.split_once("  b:").expect("both rules");
    assert!(a.contains("when: {kev: true, unknown: skip}  # what is not told counts as false"), "{shown}");
    assert!(b.contains("what is not told counts as true"), "{shown}");
}

#[test]
fn explain_takes_a_package_or_a_violated_rule_and_no_beginning_that_fits_by_chance() {
    let mut lodash = dependency();
    lodash["properties"] = json!({"purl": "pkg:npm/lodash@4.17.20"});
    let folder = Folder::new().with("policy.yml", STRICT).with("scan.sarif", sarif(vec![lodash, results(1).remove(0)]));
    let ask = |query: &str| folder.run(["explain", "--policy", "policy.yml", "--sarif", "*.sarif", query]);
    let run = ask("lodash").ends_with(0).says("CVE-2021-23337");
    assert!(!run.stdout.contains("flaw 1\n"), "{}", run.stdout);
    ask("thresholds.all.any").ends_with(0).says("CVE-2021-23337").says("flaw 1");
    ask("v1:").ends_with(2).complains("none of 2 findings fits");
}

#[test]
fn a_credential_in_a_policy_is_refused_with_its_variable_and_never_shown() {
    let secret = "supersecret0123456789";
    for (source, key, variable) in [
        ("mend", "user_key", "MEND_USER_KEY"),
        ("mend", "MEND_USER_KEY", "MEND_USER_KEY"),
        ("mayo", "api_key", "MAYOASPM_API_KEY"),
        ("cybedefend", "pat", "CYBEDEFEND_PAT"),
        ("appsecplus", "client_secret", "APPSECPLUS_CLIENT_SECRET"),
        ("appsecplus", "token", "APPSECPLUS_TOKEN"),
    ] {
        let policy = format!("version: 1\nthresholds: {{all: any}}\nsources:\n  {source}:\n    {key}: {secret}\n");
        let run = Folder::new().with("p.yml", policy).run(["policy", "check", "p.yml"]).ends_with(2);
        let run = run.complains("a policy holds no credentials").complains(variable);
        assert!(!format!("{}{}", run.stdout, run.stderr).contains("supersecret"), "{}", run.stderr);
    }
    // Where a value is quoted in the message, too, and in lines that are drawn between two others.
    for section in [
        format!("{{auth_header: 'Bearer {secret}'}}"),
        format!("{{severity: mayo_ak_{secret}}}"),
        format!("{{project: a, token: {secret}, projects: [a]}}"),
        format!("{{project: https://me:{secret}@x.example, projekt: x}}"),
    ] {
        let policy = format!("version: 1\nthresholds: {{all: any}}\nsources:\n  mayo: {section}\n");
        let run = Folder::new().with("p.yml", policy).run(["policy", "check", "p.yml"]).ends_with(2);
        assert!(!format!("{}{}", run.stdout, run.stderr).contains(secret), "{}", run.stderr);
    }
}

#[test]
fn an_argument_that_is_refused_is_no_command_to_a_ci_platform() {
    for argument in ["##[set-output name=verdict]pass", "###[error]x", "x\n::error::x", "x\r::error::x"] {
        for arguments in [["check", argument], ["check", &format!("--trust={argument}")]] {
            let run = Folder::new().run(arguments).ends_with(2).complains("error: ");
            assert!(!run.stderr.contains("##["), "{}", run.stderr);
            let mut lines = run.stderr.split(['\n', '\r']);
            assert!(!lines.any(|line| line.trim_start().starts_with("::")), "{}", run.stderr);
        }
    }
}

/// Every option of a command and of those below it, with the commands before it: `check --policy`.
fn options(command: &clap::Command, before: &str, found: &mut Vec<(String, Option<String>)>) {
    for option in command.get_arguments() {
        let Some(long) = option.get_long() else { continue };
        let variable = option.get_env().map(|name| name.to_string_lossy().into_owned());
        found.push((format!("{before}--{long}"), variable));
    }
    for below in command.get_subcommands() {
        options(below, &format!("{before}{} ", below.get_name()), found);
    }
}

#[test]
fn a_variable_is_called_like_its_option() {
    let command = findgate::cli::command(&findgate::env::Env::capture().unwrap());
    let mut found = Vec::new();
    options(&command, "", &mut found);
    assert!(found.len() > 50, "{found:?}");
    for (option, variable) in &found {
        let (_, long) = option.split_once("--").unwrap();
        // What `check` keeps besides is all that `collect` writes.
        let long = if option == "collect --output" { "save-snapshot" } else { long };
        let called = format!("FINDGATE_{}", long.to_uppercase().replace('-', "_"));
        assert!(variable.as_ref().is_none_or(|variable| *variable == called), "{option}: {variable:?}");
    }
}

#[test]
fn a_variable_says_what_its_option_says() {
    let folder = Folder::new().with("policy.yml", STRICT).with("scan.sarif", sarif(results(1)));
    let arguments = ["check", "--verbose", "--policy", "policy.yml", "--sarif", "*.sarif"];
    for (variable, value, told) in [
        ("FINDGATE_REPO", "github.com/acme/shop", "repository github.com/acme/shop (from --repo)"),
        ("FINDGATE_COMMIT", "0123456789ab", "commit 0123456789ab (from --commit)"),
        ("FINDGATE_BASE", "main", "base main (from --base)"),
        ("FINDGATE_BRANCH", "dev", "branch dev (from --branch)"),
        ("FINDGATE_EVENT", "push", "event push (from --event)"),
        ("FINDGATE_ENVIRONMENT", "prod", "environment prod (from --environment)"),
    ] {
        let run = finish(folder.command().args(arguments).env(variable, value)).ends_with(1);
        assert!(run.stderr.contains(told), "{variable}: {}", run.stderr);
    }
    finish(folder.command().args(arguments).env("FINDGATE_ONLY", "mend"))
        .ends_with(2)
        .complains("--only mend: there is no such source; there is: sarif");
}
