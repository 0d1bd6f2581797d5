use super::*;

fn taken(text: &str) -> Vex {
    read("v.json", text).unwrap_or_else(|fault| panic!("{fault:?}\n{text}"))
}

fn openvex(statements: &str) -> String {
    format!("{{\n\"@context\": \"https://openvex.dev/ns/v0.2.0\",\n\"statements\": [{statements}]}}")
}

const GOOD: &str = r#"{"vulnerability": "CVE-1", "products": ["pkg:npm/a", "pkg:npm/b", "c", "d"], "status": "fixed"}"#;

#[test]
fn the_form_is_told_by_the_content() {
    for (text, is_read) in [
        (r#"{"@context": "https://openvex.dev/ns", "statements": []}"#, true),
        (r#"{"@context": ["https://openvex.dev/ns/v0.2.0"], "statements": []}"#, true),
        (r#"{"bomFormat": "CycloneDX"}"#, true),
        ("\u{feff}{\"bomFormat\": \"CycloneDX\"}", true),
        (r#"{"@context": "https://example.org/ns", "statements": []}"#, false),
        (r#"{"bomFormat": "SPDX"}"#, false),
        (r#"{"document": {"category": "csaf_vex"}}"#, false),
        ("[]", false),
        ("1", false),
        ("", false),
    ] {
        assert_eq!(read("v.json", text).is_ok(), is_read, "{text}");
    }
}

#[test]
fn every_statement_has_its_place_and_an_id_of_its_own() {
    let vex = taken(&openvex(&format!("{GOOD},\n\n  {GOOD}, {GOOD}")));
    let told: Vec<(&str, u32, u32)> =
        vex.waivers.iter().map(|waiver| (waiver.id.as_str(), waiver.place.line, waiver.place.column)).collect();
    let third = u32::try_from(GOOD.len()).unwrap() + 5;
    assert_eq!(told, [("v.json#CVE-1", 3, 16), ("v.json#CVE-1.2", 5, 3), ("v.json#CVE-1.3", 5, third)]);
    assert_eq!(vex.waivers[0].matches.as_written, "CVE-1 in pkg:npm/a, pkg:npm/b, c and 1 more");
    assert_eq!(vex.waivers[0].reason, "fixed, without a reason");
    assert!(!vex.waivers[0].statement().unwrap().is_reasoned);
}

#[test]
fn what_excuses_nothing_only_stands_against_what_does() {
    for status in ["affected", "under_investigation"] {
        let vex = taken(&openvex(&GOOD.replace("fixed", status)));
        assert_eq!((vex.waivers.len(), vex.contrary.len(), vex.skipped.len()), (0, 1, 0), "{status}");
    }
}

#[test]
fn members_that_nobody_knows_or_of_another_type_cost_nothing() {
    let odd = r#"{"@id": 1, "vulnerability": {"name": "CVE-1", "description": {}, "aliases": ["", "G-1"]}, "products":
        [{"@id": 5, "identifiers": {"purl": "pkg:npm/a", "cpe23": []}}], "status": "not_affected", "justification": ["j"],
        "impact_statement": 7, "timestamp": null, "supplier": [], "x": [[]]}"#;
    let vex = taken(&openvex(odd));
    let statement = vex.waivers[0].statement().unwrap();
    assert_eq!(statement.ids, ["CVE-1", "G-1"]);
    assert_eq!((statement.products[0].name(), vex.waivers[0].reason.as_str()), ("pkg:npm/a", "j"));
}

#[test]
fn many_broken_statements_are_counted_and_a_few_are_told() {
    let vex = taken(&openvex(&vec!["{}"; 30].join(",")));
    assert_eq!((vex.waivers.len(), vex.skipped.len()), (0, TOLD + 1));
    assert_eq!(vex.skipped[TOLD], "v.json: 10 more VEX statements are skipped and excuse nothing");
    let text = r#"{"bomFormat": "CycloneDX", "vulnerabilities": [1, {"id": "C", "analysis": {"state": "resolved"}}]}"#;
    assert_eq!(taken(text).skipped.len(), 2);
}

#[test]
fn two_components_with_one_reference_are_none() {
    let text = r#"{"bomFormat": "CycloneDX",
        "components": [{"bom-ref": "a", "purl": "pkg:npm/a"}, {"bom-ref": "a", "purl": "pkg:npm/b"}, {"bom-ref": "p", "name": "n"}],
        "vulnerabilities": [{"id": "C", "affects": [{"ref": "a"}, {"ref": "p"}], "analysis": {"state": "resolved"}}]}"#;
    let vex = taken(text);
    for product in &vex.waivers[0].statement().unwrap().products {
        assert!(matches!(product, Product::Unclear { .. }), "{product:?}");
    }
}

#[test]
fn a_fault_says_where_it_is() {
    let fault = read("v.json", "{\n  \"a\": ]").expect_err("refused");
    assert_eq!((fault.line, fault.column), (2, 8));
    assert!(!fault.message.contains(" at line "), "{}", fault.message);
}
