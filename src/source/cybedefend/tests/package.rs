use super::*;

fn library(json: &str) -> Library {
    serde_json::from_str(json).unwrap()
}

#[test]
fn a_package_has_a_purl_where_its_ecosystem_is_known() {
    for (json, purl) in [
        (r#"{"packageName": "cookie", "packageVersion": "0.3.1", "ecosystem": "npm"}"#, Some("pkg:npm/cookie@0.3.1")),
        (
            r#"{"packageName": "@angular/core", "packageVersion": "1.0.0", "ecosystem": "npm"}"#,
            Some("pkg:npm/%40angular/core@1.0.0"),
        ),
        (r#"{"packageName": "Django", "packageVersion": "3", "ecosystem": "pip"}"#, Some("pkg:pypi/django@3")),
        (r#"{"packageName": "org.a:b", "packageVersion": "1", "ecosystem": "Maven"}"#, Some("pkg:maven/org.a/b@1")),
        (r#"{"packageName": "b", "packageVersion": "1", "ecosystem": "maven"}"#, None),
        (
            r#"{"packageName": "github.com/a/b", "packageVersion": "1", "ecosystem": "Go"}"#,
            Some("pkg:golang/github.com/a/b@1"),
        ),
        (r#"{"packageName": "time", "packageVersion": "0.1", "ecosystem": "crates.io"}"#, Some("pkg:cargo/time@0.1")),
        (r#"{"packageName": "a/b", "packageVersion": "1", "ecosystem": "Packagist"}"#, Some("pkg:composer/a/b@1")),
        (r#"{"packageName": "x", "ecosystem": "", "fileName": "web/yarn.lock"}"#, Some("pkg:npm/x")),
        (r#"{"packageName": "x", "ecosystem": "carrier-pigeon"}"#, None),
    ] {
        let package = of_library(&library(json), "payments-api").unwrap();
        assert_eq!(package.purl.as_deref(), purl, "{json}");
    }
    assert_eq!(of_library(&library("{}"), ""), None);
}

#[test]
fn a_chain_tells_whether_the_project_names_the_package_itself() {
    for (path, want) in [
        ("[]", None),
        ("null", None),
        (r#"["cookie@0.3.1"]"#, Some(true)),
        (r#"["express@4.16.0", "cookie@0.3.1"]"#, Some(false)),
        (r#"["payments-api@1.0.0", "cookie@0.3.1"]"#, Some(true)),
        (r#"["payments-api", "express", "cookie"]"#, Some(false)),
    ] {
        let library = library(&format!(r#"{{"packageName": "cookie", "path": {path}}}"#));
        assert_eq!(of_library(&library, "payments-api").unwrap().direct, want, "{path}");
    }
}

#[test]
fn an_advisory_is_named_by_its_cve_its_ghsa_or_else_by_whatever_names_it() {
    for (json, want) in [
        (
            r#"{"ghsaId": "GHSA-pxg6-pf52-xh8x", "cve": "CVE-2024-47764", "aliases": [{"alias": "CVE-2024-47764"}]}"#,
            &["CVE-2024-47764", "CVE-2024-47764", "GHSA-pxg6-pf52-xh8x"][..],
        ),
        (
            r#"{"ghsaId": "GHSA-V88G-CGMW-V5XW", "cve": "", "aliases": [{"alias": "PYSEC-1"}, {"alias": "CVE-2020-15366"}]}"#,
            &["CVE-2020-15366", "GHSA-v88g-cgmw-v5xw"],
        ),
        (r#"{"cve": null, "internalId": "cd-2024-7"}"#, &["CD-2024-7"]),
        (r#"{"aliases": [{"alias": "odd-1"}]}"#, &["ODD-1"]),
        (r#"{"internalId": "cd-1", "ghsaId": "GHSA-v88g-cgmw-v5xw"}"#, &["GHSA-v88g-cgmw-v5xw"]),
        ("{}", &[]),
    ] {
        assert_eq!(advisories(&serde_json::from_str(json).unwrap()), want, "{json}");
    }
    let mut ids = Vec::new();
    advisory("cve-2023-45853", &mut ids);
    advisory("dla-1234-1", &mut ids);
    assert_eq!(ids, ["CVE-2023-45853", "DLA-1234-1"]);
}

#[test]
fn a_fix_is_what_is_proposed_else_what_the_advisory_names_and_none_only_where_that_is_said() {
    let library = library(r#"{"packageName": "cookie"}"#);
    let packages = |rest: &str| {
        format!(r#"{{"packages": [{{"packageName": "cookie", {rest}}}, {{"packageName": "other", "fixed": "9"}}]}}"#)
    };
    for (metadata, autofix, want) in [
        (
            packages(r#""fixed": "0.7.0""#),
            r#"[{"vulnerablePackage": "cookie", "recommendedProposedVersion": "0.7.1"}]"#,
            (Some(true), vec!["0.7.1"]),
        ),
        (packages(r#""fixed": "0.7.0", "fixAvailable": true"#), "[]", (Some(true), vec!["0.7.0"])),
        (packages(r#""fixed": "0.7.0, 1.2.3""#), r#"["a", "b"]"#, (Some(true), vec!["0.7.0", "1.2.3"])),
        (
            packages(r#""fixed": """#),
            r#"[{"vulnerablePackage": "other", "recommendedProposedVersion": "2"}]"#,
            (None, vec![]),
        ),
        (packages(r#""fixed": null, "fixAvailable": false"#), "[]", (Some(false), vec![])),
        (packages(r#""fixAvailable": false"#), r#"[{"hasFixAvailable": true}]"#, (Some(true), vec![])),
        ("{}".to_owned(), r#"[{"hasFixAvailable": false}]"#, (None, vec![])),
        ("{}".to_owned(), "[]", (None, vec![])),
    ] {
        let autofix: Vec<Autofix> = serde_json::from_str::<crate::source::cybedefend::wire::Element>(&format!(
            r#"{{"autofixRecords": {autofix}}}"#
        ))
        .unwrap()
        .autofix_records;
        let (fix, fixed) = fixes(&library, &serde_json::from_str(&metadata).unwrap(), &autofix);
        assert_eq!((fix, fixed.iter().map(String::as_str).collect()), want, "{metadata} {autofix:?}");
    }
}

#[test]
fn an_image_is_named_without_what_changes_with_every_build() {
    for (target, want) in [
        ("acme/payments:1.4.2 (debian 12.5)", "acme/payments"),
        ("registry.example:5000/acme/payments:1.4.2", "registry.example:5000/acme/payments"),
        ("registry.example:5000/acme/payments", "registry.example:5000/acme/payments"),
        ("acme/payments@sha256:0123 (alpine 3.20)", "acme/payments"),
        ("acme/payments:1@sha256:0123", "acme/payments"),
        ("app/package-lock.json", "app/package-lock.json"),
        ("node_modules/@angular/core/package.json", "node_modules/@angular/core/package.json"),
    ] {
        assert_eq!(image(target), want, "{target}");
    }
}

#[test]
fn a_package_of_an_image_has_a_purl_only_where_its_kind_is_told() {
    for (vuln, purl) in [
        (r#"{"class": "os-pkgs", "type": "deb", "target": "a:1 (debian 12)"}"#, None),
        (r#"{"class": "lang-pkgs", "type": "node-pkg"}"#, Some("pkg:npm/x@1")),
        (r#"{"class": "lang-pkgs", "type": "", "target": "app/Cargo.lock"}"#, Some("pkg:cargo/x@1")),
        (r#"{"class": "lang-pkgs", "type": "", "target": "Java"}"#, None),
    ] {
        let package = serde_json::from_str(r#"{"name": "x", "version": "1"}"#).unwrap();
        let package = of_image(&package, &serde_json::from_str(vuln).unwrap()).unwrap();
        assert_eq!(package.purl.as_deref(), purl, "{vuln}");
    }
    let vuln = serde_json::from_str(r#"{"pkgName": "zlib1g", "installedVersion": "1"}"#).unwrap();
    let package = of_image(&ImagePackage::default(), &vuln).unwrap();
    assert_eq!((&*package.name, package.version.as_deref()), ("zlib1g", Some("1")));
}
