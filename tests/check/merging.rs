//! Which readings are one finding, and what a waiver of one of them excuses.

use serde_json::{Value, json};

use crate::FORMATS;
use crate::common::{Folder, STRICT, gate, result_at, results, sarif};

#[test]
fn the_same_file_twice_counts_once() {
    let folder = gate(3);
    folder.write("copy.sarif", sarif(results(3)));
    let run = folder.check(&["--format", "json"]).ends_with(1).json();
    assert_eq!(run["sources"][0]["read"], 6);
    assert_eq!(run["findings"].as_array().unwrap().len(), 3);
}

#[test]
fn the_order_of_files_and_results_changes_no_byte() {
    let (a, b) = (results(20), vec![result_at("src/b.py", 1, "note"), result_at("src/b.py", 2, "warning")]);
    let reversed = |mut results: Vec<Value>| {
        results.reverse();
        results
    };
    let one =
        Folder::new().with("policy.yml", STRICT).with("1.sarif", sarif(a.clone())).with("2.sarif", sarif(b.clone()));
    let other = Folder::new()
        .with("policy.yml", STRICT)
        .with("1.sarif", sarif(reversed(a)))
        .with("2.sarif", sarif(reversed(b)));
    for format in FORMATS {
        let arguments = ["--format", format, "--as-of", "2026-11-21"];
        assert_eq!(one.check(&arguments).ends_with(1).stdout, other.check(&arguments).ends_with(1).stdout, "{format}");
    }
}

/// Findings of a scanner of packages: check, version, aliases.
fn packages(tool: &str, findings: &[(&str, &str, &[&str])]) -> String {
    let results = findings.iter().map(|(check, version, aliases)| {
        json!({
            "ruleId": check, "level": "error", "message": {"text": "vulnerable"},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": "package-lock.json"}}}],
            "properties": {"purl": format!("pkg:npm/lodash@{version}"), "aliases": aliases},
        })
    });
    let results: Vec<Value> = results.collect();
    json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": tool}}, "results": results}]}).to_string()
}

#[test]
fn a_fingerprint_waives_one_finding_also_when_another_had_it_before_merging() {
    let ghsa = "GHSA-aaaa-bbbb-cccc";
    let folder = Folder::new()
        .with("policy.yml", STRICT)
        .with("a.sarif", packages("npm-audit", &[(ghsa, "3.0.0", &[]), (ghsa, "4.0.0", &[])]));
    let run = folder.check(&["--format", "json"]).ends_with(1).json();
    let fingerprint = run["findings"][0]["fingerprint"].as_str().unwrap();
    let waiver = format!(
        "{STRICT}waivers:\n  - {{id: w, match: {{fingerprint: '{fingerprint}'}}, reason: known and harmless, expires: 2099-01-01}}\n"
    );
    folder.write("policy.yml", waiver);
    for number in 1000..1020 {
        let cve = format!("CVE-2021-{number}");
        folder.write("b.sarif", packages("osv-scanner", &[(&cve, "3.0.0", &[ghsa])]));
        let run = folder.check(&["--format", "json"]).ends_with(1).json();
        let waived = run["findings"].as_array().unwrap().iter().filter(|one| one["disposition"] == "waived").count();
        assert!(waived <= 1, "{cve}: {run:#}");
    }
}

#[test]
fn a_waiver_of_a_package_hides_no_second_vulnerability_that_has_the_same_check_and_no_id() {
    let mut two = [result_at("a/package-lock.json", 1, "error"), result_at("b/package-lock.json", 1, "error")];
    for (number, one) in two.iter_mut().enumerate() {
        one["message"]["text"] = format!("vulnerability {number}").into();
        one["properties"] = json!({"package": "lodash", "packageVersion": "4.17.0"});
    }
    let policy = "version: 1\nthresholds: {all: any}\nsources: {sarif: {files: {path: '*.sarif', kind: sca}}}\nwaivers:\n  - {id: w, match: {package: lodash}, reason: known and harmless, expires: 2099-01-01}\n";
    let folder = Folder::new().with("policy.yml", policy).with("scan.sarif", sarif(two.to_vec()));
    folder.run(["check", "--policy", "policy.yml"]).ends_with(1).says("2 vulnerabilities");
    folder.write("scan.sarif", sarif(vec![two[0].clone()]));
    folder.run(["check", "--policy", "policy.yml"]).ends_with(0);
}

#[test]
fn readings_that_say_different_things_of_one_place_stay_two() {
    let place = |line: u64, code: &str| json!([{"physicalLocation": {"artifactLocation": {"uri": "pom.xml"}, "region": {"startLine": line, "snippet": {"text": code}}}}]);
    let one = |kind: &str, check: &str, message: &str| {
        (
            kind.to_owned(),
            json!({"ruleId": check, "level": "error", "message": {"text": message}, "locations": place(1, "x")}),
        )
    };
    for [(kind, first), (_, second)] in [
        [
            one("sca", "CVE-2021-44228", "log4j-core is vulnerable"),
            one("sca", "CVE-2021-44228", "log4j-api is vulnerable"),
        ],
        [one("iac", "T1", "bucket A is public"), one("iac", "T1", "bucket B is public")],
        [one("secret", "T1", "found AKIA1"), one("secret", "T1", "found AKIA2")],
        [one("sast", "T1", "SQL injection.\nfrom a"), one("sast", "T1", "SQL injection.\nfrom b")],
    ] {
        let policy = format!(
            "version: 1\nthresholds: {{all: {{info: 1}}}}\nsources: {{sarif: {{files: {{path: '*.sarif', kind: {kind}}}}}}}\n"
        );
        let folder = Folder::new().with("policy.yml", policy).with("scan.sarif", sarif(vec![first.clone(), second]));
        let run = folder.run(["check", "--policy", "policy.yml", "--format", "json"]).ends_with(1);
        assert!(!run.stdout.contains("AKIA"), "{}", run.stdout);
        // The same reading twice is still one.
        folder.write("scan.sarif", sarif(vec![first.clone(), first]));
        folder.run(["check", "--policy", "policy.yml"]).ends_with(0);
    }
}

#[test]
fn the_same_code_in_other_lines_is_another_finding_for_another_tool_too() {
    let scan = |tool: &str, line: u64| {
        let rules = json!([{"id": "E", "properties": {"tags": ["CWE-95"]}}]);
        let region = json!({"startLine": line, "snippet": {"text": "eval(x)"}});
        let locations = json!([{"physicalLocation": {"artifactLocation": {"uri": "a.py"}, "region": region}}]);
        json!({"version": "2.1.0", "runs": [{
            "tool": {"driver": {"name": tool, "rules": rules}},
            "results": [{"ruleId": "E", "message": {"text": "m"}, "locations": locations}],
        }]})
        .to_string()
    };
    let folder = Folder::new()
        .with("policy.yml", "version: 1\nthresholds: {all: {info: 1}}\n")
        .with("a.sarif", scan("Semgrep", 10))
        .with("b.sarif", scan("Bandit", 500));
    folder.check(&[]).ends_with(1);
    folder.write("b.sarif", scan("Bandit", 10));
    folder.check(&[]).ends_with(0);
}

#[test]
fn a_reading_with_the_ids_of_two_vulnerabilities_does_not_make_one_of_them() {
    let waiver = "waivers:\n  - {id: w, match: {id: CVE-2021-0001}, reason: known and harmless, expires: 2099-01-01}\n";
    let both: &[&str] = &["CVE-2021-0001", "CVE-2021-0002"];
    let folder = Folder::new()
        .with("policy.yml", format!("version: 1\nthresholds: {{all: any}}\n{waiver}"))
        .with("a.sarif", packages("osv-scanner", &[("GHSA-aaaa-bbbb-cccc", "4.0.0", both)]))
        .with("b.sarif", packages("npm-audit", &[("CVE-2021-0001", "4.0.0", &[]), ("CVE-2021-0002", "4.0.0", &[])]));
    let run = folder.check(&["--format", "json"]).ends_with(1).json();
    let open = run["findings"].as_array().unwrap().iter().filter(|one| one["disposition"] == "violation").count();
    assert_eq!(open, 1, "{run:#}");
}

#[test]
fn results_of_one_check_that_differ_only_in_where_they_are_stay_two() {
    let at =
        |location: Value| json!({"ruleId": "T1", "level": "error", "message": {"text": "m"}, "locations": [location]});
    let file =
        |region: Value| at(json!({"physicalLocation": {"artifactLocation": {"uri": "a.dll"}, "region": region}}));
    let outside = |uri: &str| at(json!({"physicalLocation": {"artifactLocation": {"uri": uri}}}));
    let twice = |line: u64| {
        let mut result = result_at("a.py", 1, "error");
        let other = result_at("a.py", line, "error")["locations"][0].clone();
        result["message"]["text"] = json!("m");
        result["locations"].as_array_mut().unwrap().push(other);
        result
    };
    let filled =
        |word: &str| json!({"ruleId": "T1", "level": "error", "message": {"id": "untold", "arguments": [word]}});
    let logical = |name: &str| at(json!({"logicalLocations": [{"fullyQualifiedName": name}]}));
    let named = |name: &str| at(json!({"logicalLocations": [{"name": name}]}));
    for [one, other] in [
        [file(json!({"byteOffset": 1, "byteLength": 2})), file(json!({"byteOffset": 9, "byteLength": 2}))],
        [file(json!({"charOffset": 1})), file(json!({"charOffset": 9}))],
        [outside("../../a.py"), outside("../../b.py")],
        [outside("%2e%2e/%2e%2e/a.py"), outside("%2e%2e/%2e%2e/b.py")],
        [twice(7), twice(9)],
        [filled("a"), filled("b")],
        [logical("A::f"), logical("A::g")],
        [named("f"), named("g")],
    ] {
        let folder = Folder::new().with("policy.yml", "version: 1\nthresholds: {all: {info: 1}}\n");
        folder.write("scan.sarif", sarif(vec![one.clone(), other]));
        folder.check(&[]).ends_with(1);
        folder.write("scan.sarif", sarif(vec![one.clone(), one]));
        folder.check(&[]).ends_with(0);
    }
}
