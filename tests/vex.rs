//! VEX documents, end to end: what they excuse, what they do not, and that it is said why.

mod common;

use common::{Folder, Run, result_at, sarif};
use serde_json::{Value, json};

const LODASH: &str = "pkg:npm/lodash@4.17.20";

/// A finding of an advisory in a package, as OSV-Scanner would tell it.
fn finding(advisory: &str, aliases: &[&str], purl: &str, line: u64) -> Value {
    let mut result = result_at("package-lock.json", line, "error");
    result["ruleId"] = json!(advisory);
    result["properties"] = json!({"purl": purl, "tags": aliases});
    result
}

fn two() -> String {
    sarif(vec![
        finding("CVE-2021-0001", &["GHSA-35jh-r3h4-6jhm"], LODASH, 1),
        finding("CVE-2021-0002", &[], LODASH, 2),
        finding("CVE-2021-0001", &["GHSA-35jh-r3h4-6jhm"], "pkg:npm/other@1.0.0", 3),
    ])
}

fn folder(waivers: &str, document: &Value) -> Folder {
    Folder::new()
        .with("policy.yml", format!("version: 1\nthresholds: {{all: any}}\nwaivers: {{vex: v.json{waivers}}}\n"))
        .with("v.json", document.to_string())
        .with("scan.sarif", two())
}

fn ran(folder: &Folder) -> Value {
    let options = ["--as-of", "2026-11-21", "--repo", "github.com/acme/payments", "--format", "json"];
    folder.check(&options).ends_with(1).json()
}

fn judged(waivers: &str, document: &Value) -> Value {
    ran(&folder(waivers, document))
}

/// The findings that are waived, as advisory and package.
fn waived(run: &Value) -> Vec<String> {
    let waived = run["findings"].as_array().unwrap().iter().filter(|finding| finding["disposition"] == "waived");
    let mut waived: Vec<String> = waived
        .map(|finding| {
            format!("{} {}", finding["ids"][0].as_str().unwrap(), finding["package"]["name"].as_str().unwrap())
        })
        .collect();
    waived.sort();
    waived
}

fn openvex(statements: Value) -> Value {
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://acme.example/vex/1", "author": "Acme PSIRT",
        "timestamp": "2026-11-01T10:00:00Z", "version": 1, "statements": statements
    })
}

fn not_affected(vulnerability: &str, product: &str) -> Value {
    json!({
        "vulnerability": {"name": vulnerability}, "products": [{"@id": product}], "status": "not_affected",
        "justification": "vulnerable_code_not_in_execute_path", "impact_statement": "template() is never called"
    })
}

#[test]
fn a_statement_excuses_the_vulnerability_in_its_product_and_no_other() {
    let run = judged("", &openvex(json!([not_affected("CVE-2021-0001", LODASH)])));
    assert_eq!(waived(&run), ["CVE-2021-0001 lodash"]);
    let waiver = &run["waivers"][0];
    let want = json!({
        "id": "v.json#CVE-2021-0001", "state": "active", "matches": "CVE-2021-0001 in pkg:npm/lodash@4.17.20", "matched": 1,
        "vex": "not_affected", "because": null, "expires": null, "days_left": null, "vulnerabilities": null, "too_long": null,
        "allowed_until": null, "owner": "Acme PSIRT", "approved_by": null, "ticket": null,
        "reason": "vulnerable_code_not_in_execute_path: template() is never called", "file": "v.json", "line": 1
    });
    assert_eq!(waiver, &want);
    assert_eq!(run["findings"].as_array().unwrap().iter().filter(|f| f["waiver"] == "v.json#CVE-2021-0001").count(), 1);
}

#[test]
fn aliases_versions_and_parts_of_products_count() {
    for (statement, want) in [
        (not_affected("GHSA-35jh-r3h4-6jhm", LODASH), &["CVE-2021-0001 lodash"][..]),
        (
            json!({"vulnerability": {"name": "OSV-1", "aliases": ["cve-2021-0001"]}, "products": [LODASH], "status": "fixed"}),
            &["CVE-2021-0001 lodash"],
        ),
        (
            json!({"vulnerability": "CVE-2021-0001", "products": ["pkg:npm/lodash"], "status": "fixed", "status_notes": "patched"}),
            &["CVE-2021-0001 lodash"],
        ),
        (
            json!({"vulnerability": {"@id": "https://nvd.example/vuln/CVE-2021-0002"}, "status": "fixed",
                   "products": [{"@id": "pkg:oci/app@sha256:12", "subcomponents": [{"@id": "x", "identifiers": {"purl": LODASH}}]}]}),
            &["CVE-2021-0002 lodash"],
        ),
        (not_affected("CVE-2021-0001", "pkg:npm/lodash@4.17.21"), &[]),
        (not_affected("CVE-2021-0001", "pkg:npm/lodash?arch=x86"), &[]),
        (not_affected("CVE-2021-0001", "pkg:pypi/lodash"), &[]),
        (not_affected("CVE-2021-0003", LODASH), &[]),
        (not_affected("CVE-2021-0001", "lodash"), &[]),
    ] {
        assert_eq!(waived(&judged("", &openvex(json!([statement])))), want, "{statement}");
    }
}

#[test]
fn a_statement_about_the_judged_repository_is_about_every_package_in_it() {
    for product in ["pkg:github/acme/payments", "pkg:github/Acme/Payments", "https://github.com/acme/payments.git"] {
        let run = judged("", &openvex(json!([not_affected("CVE-2021-0001", product)])));
        assert_eq!(waived(&run), ["CVE-2021-0001 lodash", "CVE-2021-0001 other"], "{product}");
    }
    for (product, why) in [
        (
            "pkg:github/acme/other",
            "CVE-2021-0001 was found in pkg:npm/lodash@4.17.20, the statement is about pkg:github/acme/other",
        ),
        ("pkg:github/acme/payments@v1", "is version v1 of this project, and another one is judged"),
    ] {
        let run = judged("", &openvex(json!([not_affected("CVE-2021-0001", product)])));
        assert_eq!(waived(&run), [""; 0], "{product}");
        assert!(run["waivers"][0]["because"].as_str().unwrap().contains(why), "{run:#}");
    }
}

#[test]
fn the_newest_statement_counts() {
    let at = |mut statement: Value, time: &str| {
        statement["timestamp"] = json!(time);
        statement
    };
    let affected =
        |product: &str| json!({"vulnerability": "CVE-2021-0001", "products": [product], "status": "affected"});
    let own = not_affected("CVE-2021-0001", LODASH);
    let (early, late) = ("2026-10-01T00:00:00Z", "2026-10-02T00:00:00+02:00");
    for (statements, want) in [
        (json!([at(own.clone(), early), at(affected(LODASH), late)]), 0),
        (json!([at(affected(LODASH), late), at(own.clone(), early)]), 0),
        (json!([at(own.clone(), late), at(affected(LODASH), early)]), 1),
        (json!([at(own.clone(), late), at(affected(LODASH), late)]), 0),
        (json!([at(own.clone(), early), at(affected("pkg:npm/lodash@1.0.0"), late)]), 1),
        (json!([at(own.clone(), early), at(affected("pkg:github/acme/payments"), late)]), 0),
        (json!([at(own.clone(), early), at(affected("pkg:npm/lodash"), "never")]), 0),
    ] {
        let run = judged("", &openvex(statements.clone()));
        assert_eq!(waived(&run).len(), want, "{statements}");
        if want == 0 {
            let waiver = &run["waivers"][0];
            assert_eq!(waiver["state"], "refused");
            assert!(waiver["because"].as_str().unwrap().contains("says affected (v.json:1)"), "{waiver}");
        }
    }
}

#[test]
fn what_is_stated_of_another_project_or_version_of_it_excuses_nothing_here() {
    let part = |product: &str| {
        json!({"vulnerability": "CVE-2021-0001", "status": "fixed",
               "products": [{"@id": product, "subcomponents": [{"@id": LODASH}]}]})
    };
    let older = |product: &str| json!({"vulnerability": "CVE-2021-0001", "status": "fixed", "products": [product], "subcomponents": [LODASH]});
    for (product, want, why) in [
        ("pkg:github/acme/payments", 1, ""),
        ("pkg:oci/payments", 1, ""),
        ("pkg:github/acme/other", 0, "is stated as a part of pkg:github/acme/other, which is not what is judged"),
        ("pkg:github/acme/payments@v1", 0, "is version v1 of this project, and another one is judged"),
    ] {
        for statement in [part(product), older(product)] {
            let run = judged("", &openvex(json!([statement])));
            assert_eq!(waived(&run).len(), want, "{statement}");
            assert!(want == 1 || run["waivers"][0]["because"].as_str().unwrap().contains(why), "{run:#}");
        }
    }
    for (purl, want) in [
        ("pkg:github/acme/payments", 2),
        ("pkg:npm/payments@2.0.0", 2),
        ("pkg:github/acme/other", 0),
        ("pkg:github/acme/payments@v1", 0),
    ] {
        let mut document = cyclonedx(json!([analysed("CVE-2021-0001", "not_affected", json!([{"ref": "app"}]))]));
        document["metadata"]["component"]["purl"] = json!(purl);
        assert_eq!(waived(&judged("", &document)).len(), want, "{purl}");
    }
}

#[test]
fn what_is_dated_after_the_judged_day_excuses_nothing_and_overtakes_nothing() {
    let mut ahead = not_affected("CVE-2021-0001", LODASH);
    ahead["timestamp"] = json!("2099-01-01T00:00:00Z");
    let run = judged("", &openvex(json!([ahead.clone()])));
    assert_eq!((waived(&run).len(), &run["waivers"][0]["state"]), (0, &"refused".into()));
    assert_eq!(run["waivers"][0]["because"], "it is dated 2099-01-01, after the day that is judged");
    let affected = json!({"vulnerability": "CVE-2021-0001", "products": [LODASH], "status": "affected"});
    assert_eq!(waived(&judged("", &openvex(json!([affected, ahead])))).len(), 0);
    let mut that_day = not_affected("CVE-2021-0001", LODASH);
    that_day["timestamp"] = json!("2026-11-21T23:59:59Z");
    assert_eq!(waived(&judged("", &openvex(json!([that_day])))).len(), 1);
}

#[test]
fn a_document_that_was_touched_again_does_not_make_its_statements_newer() {
    let mut affected = json!({"vulnerability": "CVE-2021-0001", "products": [LODASH], "status": "affected"});
    affected["timestamp"] = json!("2026-11-10T00:00:00Z");
    let mut document = openvex(json!([not_affected("CVE-2021-0001", LODASH), affected]));
    document["last_updated"] = json!("2026-11-20T00:00:00Z");
    assert_eq!(waived(&judged("", &document)).len(), 0);
    document["statements"].as_array_mut().unwrap().pop();
    assert_eq!(judged(", max_life: {high: 30d}", &document)["waivers"][0]["expires"], "2026-12-01");
}

#[test]
fn what_stands_against_a_statement_need_not_be_certain_of_the_package() {
    let mut own = not_affected("CVE-2021-0001", "pkg:npm/lodash");
    own["timestamp"] = json!("2026-10-01T00:00:00Z");
    for (product, want) in [
        ("pkg:npm/lodash@4.17.20?arch=x86", 0),
        ("pkg:npm/lodash#lib", 0),
        ("pkg:npm/lodash@4.17.19?arch=x86", 1),
        ("pkg:npm/other?arch=x86", 1),
    ] {
        let affected =
            json!({"vulnerability": "cve-2021-0001", "products": [product], "status": "under_investigation"});
        assert_eq!(waived(&judged("", &openvex(json!([own.clone(), affected])))).len(), want, "{product}");
    }
}

#[test]
fn a_statement_that_is_overtaken_for_one_of_its_findings_is_not_said_to_excuse_both() {
    let mut both = not_affected("CVE-2021-0001", LODASH);
    both["products"] = json!(["pkg:npm/lodash", "pkg:npm/other"]);
    let affected = json!({"vulnerability": "CVE-2021-0001", "products": ["pkg:npm/other"], "status": "affected"});
    let folder = folder("", &openvex(json!([both, affected])));
    assert_eq!(waived(&ran(&folder)), ["CVE-2021-0001 lodash"]);
    folder.check(&["--as-of", "2026-11-21"]).ends_with(1).says("v.json#CVE-2021-0001  excuses some of 2 findings");
}

#[test]
fn a_statement_is_no_waiver_that_somebody_forgot_to_end() {
    let document = openvex(json!([not_affected("CVE-2021-0001", LODASH)]));
    for (rules, end) in [("", "# never expires"), (", max_life: {default: 90d}", "# as long as `max_life` allows")] {
        let folder = folder(rules, &document);
        let run = folder.run(["policy", "check", "policy.yml", "--strict"]).ends_with(0);
        run.says("1 waiver");
        folder.run(["policy", "show", "policy.yml"]).ends_with(0).says(end);
    }
    let folder = folder(", unused: deny", &document);
    folder.run(["policy", "check", "policy.yml"]).ends_with(0).says("2 rules");
    folder.check(&[]).says("2 rules");
}

#[test]
fn what_matches_nothing_says_why_in_every_format_and_is_never_denied() {
    let document = openvex(json!([
        not_affected("CVE-1999-0001", LODASH),
        not_affected("CVE-2021-0002", "pkg:npm/other"),
        not_affected("CVE-2021-0001", "pkg:npm/lodash@1.2"),
    ]));
    let whys = [
        "there is no finding of CVE-1999-0001",
        "CVE-2021-0002 was found in pkg:npm/lodash@4.17.20, the statement is about pkg:npm/other",
        "version 1.2 of pkg:npm/lodash is stated, 4.17.20 was found",
    ];
    let folder = folder(", unused: deny", &document);
    let run = ran(&folder);
    for (waiver, why) in run["waivers"].as_array().unwrap().iter().zip(whys) {
        assert_eq!((&waiver["state"], &waiver["because"]), (&"unused".into(), &why.into()));
    }
    let rules: Vec<&Value> = run["violations"].as_array().unwrap().iter().map(|violation| &violation["rule"]).collect();
    assert_eq!(rules, ["thresholds.all.any"]);
    for format in ["human", "json", "sarif", "sarif-audit"] {
        let out = folder.check(&["--as-of", "2026-11-21", "--format", format]).ends_with(1).stdout;
        let out = out.split_whitespace().collect::<Vec<_>>().join(" ");
        for why in whys {
            assert!(out.contains(why), "{format}: no {why}:\n{out}");
        }
    }
}

#[test]
fn the_rules_for_waivers_hold_for_statements() {
    let document = openvex(json!([not_affected("CVE-2021-0001", LODASH)]));
    // From the day of the statement, 2026-11-01.
    let run = judged(", max_life: {high: 30d}", &document);
    assert_eq!((waived(&run).len(), &run["waivers"][0]["expires"]), (1, &"2026-12-01".into()));
    assert_eq!((&run["waivers"][0]["state"], &run["waivers"][0]["days_left"]), (&"expiring".into(), &10.into()));
    let run = judged(", max_life: {high: 19d, default: 90d}", &document);
    assert_eq!((waived(&run).len(), &run["waivers"][0]["state"]), (0, &"expired".into()));
    assert_eq!(run["waivers"][0]["expires"], "2026-11-20");
    assert_eq!(waived(&judged(", max_life: {critical: 1d}", &document)).len(), 1);

    let mut undated = document.clone();
    undated.as_object_mut().unwrap().remove("timestamp");
    assert_eq!(waived(&judged("", &undated)).len(), 1);
    let run = judged(", max_life: {high: 30d}", &undated);
    assert_eq!(run["waivers"][0]["because"], "it has no date, from which `max_life` counts");
    let mut ahead = document.clone();
    ahead["timestamp"] = json!("2027-01-01T00:00:00Z");
    let run = judged(", max_life: {high: 30d}", &ahead);
    assert_eq!((waived(&run).len(), &run["waivers"][0]["state"]), (0, &"refused".into()));

    assert_eq!(waived(&judged(", require: [owner, reason]", &document)).len(), 1);
    for part in ["ticket", "approved_by", "expires"] {
        let run = judged(&format!(", require: {part}"), &document);
        let waiver = &run["waivers"][0];
        let why = format!("the policy demands `{part}`, which the document does not say");
        assert_eq!((waived(&run).len(), &waiver["because"]), (0, &why.into()));
    }
}

fn cyclonedx(vulnerabilities: Value) -> Value {
    json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79", "version": 1,
        "metadata": {"timestamp": "2026-11-01T10:00:00Z", "authors": [{"name": "PSIRT"}],
                     "component": {"bom-ref": "app", "type": "application", "name": "payments", "purl": "pkg:npm/payments@2.0.0"}},
        "components": [
            {"bom-ref": "outer", "name": "outer", "components": [{"bom-ref": "l", "name": "lodash", "purl": LODASH}]},
            {"bom-ref": "o", "name": "other", "purl": "pkg:npm/other@1.0.0"}
        ],
        "vulnerabilities": vulnerabilities
    })
}

fn analysed(id: &str, state: &str, affects: Value) -> Value {
    json!({"id": id, "affects": affects, "analysis": {"state": state, "justification": "code_not_reachable", "detail": "no"}})
}

#[test]
fn cyclonedx_says_the_same_in_its_own_words() {
    for (vulnerability, want) in [
        (analysed("CVE-2021-0001", "not_affected", json!([{"ref": "l"}])), &["CVE-2021-0001 lodash"][..]),
        (analysed("CVE-2021-0001", "false_positive", json!([{"ref": LODASH}])), &["CVE-2021-0001 lodash"]),
        (
            analysed("CVE-2021-0001", "resolved", json!([{"ref": "l"}, {"ref": "o"}])),
            &["CVE-2021-0001 lodash", "CVE-2021-0001 other"],
        ),
        (
            analysed(
                "CVE-2021-0002",
                "resolved_with_pedigree",
                json!([{"ref": "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#l"}]),
            ),
            &["CVE-2021-0002 lodash"],
        ),
        (
            analysed(
                "CVE-2021-0002",
                "not_affected",
                json!([{"ref": "urn:cdx:00000000-0000-4000-8000-000000000000/1#pkg%3Anpm%2Flodash"}]),
            ),
            &["CVE-2021-0002 lodash"],
        ),
        (
            analysed("CVE-2021-0001", "not_affected", json!([{"ref": "app"}])),
            &["CVE-2021-0001 lodash", "CVE-2021-0001 other"],
        ),
        (
            json!({"id": "X-1", "references": [{"id": "GHSA-35jh-r3h4-6jhm"}], "affects": [{"ref": "l"}], "analysis": {"state": "not_affected"}}),
            &["CVE-2021-0001 lodash"],
        ),
        (
            analysed(
                "CVE-2021-0001",
                "not_affected",
                json!([{"ref": "l", "versions": [{"version": "4.17.20", "status": "unaffected"}]}]),
            ),
            &["CVE-2021-0001 lodash"],
        ),
        (
            analysed(
                "CVE-2021-0001",
                "not_affected",
                json!([{"ref": "l", "versions": [{"version": "4.17.20", "status": "affected"}]}]),
            ),
            &[],
        ),
        (analysed("CVE-2021-0001", "in_triage", json!([{"ref": "l"}])), &[]),
        (analysed("CVE-2021-0001", "exploitable", json!([{"ref": "l"}])), &[]),
        (
            analysed(
                "CVE-2021-0001",
                "not_affected",
                json!([{"ref": "urn:cdx:00000000-0000-4000-8000-000000000000/1#l"}]),
            ),
            &[],
        ),
        (analysed("CVE-2021-0001", "not_affected", json!([{"ref": "outer"}])), &[]),
        (json!({"id": "CVE-2021-0001", "affects": [{"ref": "l"}]}), &[]),
    ] {
        assert_eq!(waived(&judged("", &cyclonedx(json!([vulnerability])))), want, "{vulnerability}");
    }
    let run = judged("", &cyclonedx(json!([analysed("CVE-2021-0001", "not_affected", json!([{"ref": "l"}]))])));
    let waiver = &run["waivers"][0];
    assert_eq!((&waiver["owner"], &waiver["reason"]), (&"PSIRT".into(), &"code_not_reachable: no".into()));
}

#[test]
fn a_document_about_a_dependency_is_not_one_about_the_project() {
    let mut document = cyclonedx(json!([analysed("CVE-2021-0001", "not_affected", json!([{"ref": "app"}]))]));
    document["metadata"]["component"]["purl"] = json!(LODASH);
    assert_eq!(waived(&judged("", &document)), ["CVE-2021-0001 lodash"]);
}

fn broken(text: &str) -> Run {
    folder("", &json!({})).with("v.json", text).check(&["--as-of", "2026-11-21"]).ends_with(2)
}

#[test]
fn a_document_that_cannot_be_read_is_an_error_that_says_where() {
    broken("{\"@context\": \"https://openvex.dev/ns\",\n \"statements\": [}")
        .complains("`v.json` cannot be read")
        .complains("v.json:2:17");
    broken("{}").complains("neither OpenVEX").complains("policy.yml:3");
    broken("").complains("EOF");
    broken(&json!({"@context": "https://openvex.dev/ns/v0.2.0"}).to_string()).complains("missing field `statements`");
    broken(&json!({"bomFormat": "CycloneDX", "components": {}}).to_string()).complains("v.json:1:");
    let deep = format!("{}[]{}", "[{\"components\": ".repeat(5000), "}]".repeat(5000));
    broken(&format!("{{\"bomFormat\": \"CycloneDX\", \"components\": {deep}}}")).complains("recursion limit exceeded");
    let missing = Folder::new()
        .with("policy.yml", "version: 1\nthresholds: {all: any}\nwaivers: {vex: none.json}\n")
        .with("scan.sarif", two());
    missing.check(&[]).ends_with(2).complains("cannot read the VEX document `none.json`: there is no such file");
}

#[test]
fn a_statement_that_cannot_be_read_is_told_and_excuses_nothing() {
    let mut never = not_affected("CVE-2021-0001", LODASH);
    never["timestamp"] = json!("yesterday");
    for (statement, why) in [
        (json!({"products": [LODASH], "status": "fixed"}), "missing field `vulnerability`"),
        (
            json!({"vulnerability": "CVE-2021-0001", "products": [LODASH], "status": "fine"}),
            "`fine` is no status that is known",
        ),
        (json!({"vulnerability": "CVE-2021-0001", "products": [], "status": "fixed"}), "it names no product"),
        (
            json!({"vulnerability": "CVE-2021-0001", "products": [LODASH], "status": "not_affected"}),
            "needs a `justification`",
        ),
        (never, "`yesterday` is no time"),
    ] {
        let document = openvex(json!([statement, not_affected("CVE-2021-0002", LODASH)]));
        let folder = folder("", &document);
        folder
            .check(&["--as-of", "2026-11-21"])
            .ends_with(1)
            .complains("a VEX statement is skipped and excuses nothing")
            .complains(why);
        let run = ran(&folder);
        assert_eq!(waived(&run), ["CVE-2021-0002 lodash"]);
        assert!(run["warnings"].to_string().contains("is skipped and excuses nothing"), "{run:#}");
        let sarif = folder.check(&["--as-of", "2026-11-21", "--format", "sarif"]).ends_with(1);
        sarif.says("is skipped and excuses nothing");
    }
    let document = cyclonedx(json!([analysed("CVE-2021-0001", "harmless", json!([{"ref": "l"}]))]));
    folder("", &document).check(&[]).ends_with(1).complains("`harmless` is no status that is known");
}

#[test]
fn the_record_says_whose_statement_excuses_a_finding() {
    let folder = folder("", &openvex(json!([not_affected("CVE-2021-0001", LODASH)])));
    folder.check(&["--as-of", "2026-11-21", "--format", "sarif-audit"]).ends_with(1).says(
        "Waiver v.json#CVE-2021-0001 (v.json:1, owner Acme PSIRT, without an end): vulnerable_code_not_in_execute_path",
    );
    folder.check(&["--as-of", "2026-11-21"]).ends_with(1).says("(VEX, not_affected)");
}

#[test]
fn a_newer_statement_with_a_word_that_nobody_knows_stands_against_an_older_one() {
    let mut newer = not_affected("CVE-2021-0001", LODASH);
    (newer["status"], newer["timestamp"]) = (json!("Affected"), json!("2026-11-10T00:00:00Z"));
    let run = judged("", &openvex(json!([not_affected("CVE-2021-0001", LODASH), newer])));
    assert_eq!(waived(&run).len(), 0, "{run:#}");
    assert!(run["waivers"][0]["because"].as_str().unwrap().contains("says Affected (v.json:1)"), "{run:#}");
    newer["timestamp"] = json!("2026-10-10T00:00:00Z");
    assert_eq!(waived(&judged("", &openvex(json!([not_affected("CVE-2021-0001", LODASH), newer])))).len(), 1);
    let state = |id: &str, state: &str, day: &str| json!({"id": id, "affects": [{"ref": LODASH}], "analysis": {"state": state, "detail": "d", "lastUpdated": day}});
    let (known, odd) = (state("CVE-2021-0001", "not_affected", "2026-10-10T00:00:00Z"), "2026-11-10T00:00:00Z");
    let run = judged("", &cyclonedx(json!([known, state("CVE-2021-0001", "Exploitable", odd)])));
    assert_eq!(waived(&run).len(), 0, "{run:#}");
}
