//! What each tool writes, and what it becomes. The fixtures are composed by hand in the shape of each tool's output.

use std::fmt::Write as _;

use super::{Collected, collect, selection};
use crate::finding::{Finding, State};

fn fixture(name: &str) -> Collected {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/source/sarif/fixtures");
    collect(&folder, vec![selection(&format!("{name}.sarif"))])
}

/// A finding in one line.
fn shown(finding: &Finding) -> String {
    let mut out = String::new();
    let Finding { kind, title, .. } = finding;
    let severity = finding.severity.map_or("unknown", |severity| severity.name());
    let place = finding.location.as_ref().map_or("-".to_owned(), |location| match location.line {
        Some(line) => format!("{}:{line}", location.path),
        None => location.path.to_string(),
    });
    write!(out, "{kind} {severity} ({}) {place} {title}", finding.severity_from).unwrap();
    if !finding.ids.is_empty() {
        write!(out, " {}", finding.ids.join(" ")).unwrap();
    }
    for cwe in finding.cwe.iter() {
        write!(out, " {cwe}").unwrap();
    }
    if let Some(package) = &finding.package {
        write!(out, " [{}", package.name).unwrap();
        if let Some(version) = &package.version {
            write!(out, " {version}").unwrap();
        }
        if let Some(purl) = &package.purl {
            write!(out, " {purl}").unwrap();
        }
        out.push(']');
    }
    if let Some(fix) = finding.fix {
        write!(out, " fix:{fix} {}", finding.fixed_in.join(" ")).unwrap();
    }
    if !finding.license.is_empty() {
        write!(out, " license:{}", finding.license.join(",")).unwrap();
    }
    if let Some(score) = finding.cvss {
        write!(out, " cvss:{score}").unwrap();
    }
    if let Some(excuse) = finding.excuse() {
        write!(out, " {}", excuse.name()).unwrap();
        if let Some(reason) = &finding.sightings[0].justification {
            write!(out, ": {reason}").unwrap();
        }
    }
    out
}

fn check(name: &str, want: &[&str]) -> Collected {
    let collected = fixture(name);
    let found: Vec<String> = collected.findings.iter().map(|finding| shown(finding).trim_end().to_owned()).collect();
    assert_eq!(found, want, "{name}");
    collected
}

#[test]
fn containers_and_dependencies_keep_package_fix_and_advisories() {
    check(
        "trivy",
        &[
            "iac medium (severity in the message) Dockerfile:3 image runs as root",
            "secret critical (severity in the message) app/settings.py:7 AWS access key",
            "container unknown (severity in the message) library/debian overflow in parser CVE-2022-0001 [libexpat1 2.2] fix:false",
            "sca high (severity in the message) web/package-lock.json command injection via template CVE-2021-23337 [lodash 4.17.20 pkg:npm/lodash@4.17.20] fix:true 4.17.21 cvss:7.2",
            "sca low (severity in the message) web/package-lock.json command injection via template CVE-2021-23337 [lodash.template 4.5.0 pkg:npm/lodash.template@4.5.0] fix:false  cvss:7.2",
            "license low (severity tag of the rule) web/package-lock.json WTFPL in left-pad [left-pad pkg:npm/left-pad] license:WTFPL",
        ],
    );
    check(
        "grype",
        &[
            "sca high (severity in the message) old/package-lock.json GHSA-35JH-R3H4-6JHM high vulnerability for lodash package GHSA-35jh-r3h4-6jhm [lodash 4.0.0 pkg:npm/lodash@4.0.0] fix:true 4.17.21",
            "container low (severity in the message) shop/var/lib/dpkg/status CVE-2022-0001 low vulnerability for libexpat package CVE-2022-0001 [libexpat 2.2 pkg:deb/debian/libexpat@2.2?arch=amd64] fix:false",
            "sca high (severity in the message) web/package-lock.json GHSA-35JH-R3H4-6JHM high vulnerability for lodash package GHSA-35jh-r3h4-6jhm [lodash 4.17.20 pkg:npm/lodash@4.17.20] fix:true 4.17.21",
        ],
    );
    check(
        "osv-scanner",
        &[
            "sca high (security-severity of the rule) /work/app/Cargo.lock CVE-2022-24713: slow regular expressions CVE-2022-24713 GHSA-m5pq-gvj9-9vr8 RUSTSEC-2022-0013 [regex 1.5.1 pkg:cargo/regex@1.5.1] fix:true 1.5.5",
        ],
    );
    check(
        "dependency-check",
        &[
            "sca low (severity of the result) /work/app/lib/log4j-core-2.14.jar CVE-2021-44228 - lookup CVE-2021-44228 [org.apache.logging.log4j:log4j-core 2.14.0 pkg:maven/org.apache.logging.log4j/log4j-core@2.14.0]",
            "sca high (level of the result) /work/app/lib/x.jar x CVE-2020-1111",
        ],
    );
    check(
        "cargo-deny",
        &[
            "sca high (level of the result) Cargo.lock:9 Segfault in time RUSTSEC-2020-0071 [time 0.1.43 pkg:cargo/time@0.1.43]",
            "license high (level of the result) Cargo.toml:4 A license was not accepted [shop 0.1.0] license:AGPL-3.0-only,MIT",
        ],
    );
    check(
        "retire-js",
        &[
            "sca high (name of the rule) web/jquery.js jquery: another RETIREJS-jquery-8 [jquery 1.12.4]",
            "sca high (name of the rule) web/jquery.js jquery: cross-site scripting CVE-2015-9251 [jquery 1.12.4]",
        ],
    );
    check("dockle", &["container high (level of the result) - Create a user for the container"]);
}

#[test]
fn the_four_tools_of_snyk_are_told_apart() {
    check(
        "snyk-open-source",
        &[
            "sca high (severity in the message) package.json High severity - Command Injection vulnerability in lodash CVE-2021-23337 SNYK-JS-LODASH-1040724 CWE-94 [lodash 4.17.20 pkg:npm/lodash@4.17.20] fix:true 4.17.21",
            "license medium (severity in the message) package.json Medium severity - GPL-3.0 license vulnerability in left-pad [left-pad 1.0.0 pkg:npm/left-pad@1.0.0] license:GPL-3.0",
        ],
    );
    check(
        "snyk-container",
        &[
            "container low (severity in the message) debian_12 Low severity - Overflow vulnerability in expat CVE-2022-0001 SNYK-DEBIAN12-EXPAT-1 CWE-120 [expat/libexpat1 2.2]",
        ],
    );
    check("snyk-iac", &["iac high (problem of the rule) infra/main.tf:16 High severity - security group is open"]);
    check(
        "snyk-code",
        &["sast high (level of the result) src/db.js:5 Unsanitized input flows into query, where it is used. CWE-89"],
    );
}

#[test]
fn code_scanners_are_judged_by_what_they_say_themselves() {
    check(
        "semgrep",
        &[
            "sast medium (default level of the rule) app/b.py:3 eval suppressed",
            "sast high (security-severity of the rule) app/my file.py:14 Text reaches SQL. Use parameters. CWE-89",
            "secret high (default level of the rule) deploy/x.env:1 Semgrep Finding: detected-key",
        ],
    );
    check(
        "codeql",
        &[
            "sast high (security-severity of the rule) src/db.js:10 This query depends on a user-provided value. CWE-89",
            "sast low (default level of the rule) src/un used.js Unused.",
        ],
    );
    check(
        "bandit",
        &[
            "sast low (issue_severity of the result) app/auth.py:6 hardcoded_password_string CWE-259",
            "sast high (issue_severity of the result) app/auth.py:6 subprocess call with shell=True identified, security issue. CWE-78",
            "sast medium (issue_severity of the result) app/auth.py:6 x CWE-78",
        ],
    );
    check("njsscan", &["sast medium (SARIF's default level) /src/index.js:321 weak random CWE-327"]);
    check(
        "flawfinder",
        &["sast high (level of the result) src/a.c:9 Does not check for buffer overflows (CWE-120) CWE-120"],
    );
    check("gosec", &["sast low (severity tag of the rule) main.go:3 Potential hardcoded credentials CWE-798"]);
    check(
        "checkov",
        &[
            "secret high (level of the result) app.env:2 Base64 High Entropy String",
            "iac high (level of the result) infra/main.tf:6 S3 is public",
            "iac low (security-severity of the rule) infra/main.tf:9 with a key",
            "iac medium (level of the result) infra/other.tf:6 S3 is public suppressed: a website",
        ],
    );
    check(
        "gitleaks",
        &[
            "secret medium (SARIF's default level) a.env:1 Identified a pattern that may indicate AWS credentials",
            "secret medium (SARIF's default level) a.env:2 AWS Manager ID",
        ],
    );
}

#[test]
fn a_scanner_that_failed_makes_the_source_partial_but_its_findings_stay() {
    let collected =
        check("spotbugs", &["sast low (level of the result) Main.java:4 Possible null in Main.run(), see {1}"]);
    assert_eq!(collected.coverage.state, State::Partial);
    assert_eq!(
        collected.coverage.reasons,
        [
            "spotbugs.sarif: the scanner says that it did not succeed (`executionSuccessful: false`)",
            "spotbugs.sarif: the scanner reports an error: missing classes",
        ]
    );
    assert_eq!(collected.coverage.scans[0].status.as_deref(), Some("failed"));
}

#[test]
fn the_scan_of_a_run_is_told_with_version_time_and_commit() {
    let bandit = fixture("bandit").coverage;
    assert_eq!(bandit.state, State::Complete);
    let scan = &bandit.scans[0];
    assert_eq!((&*scan.engine, scan.version.as_deref(), &*scan.origin), ("Bandit", Some("1.9.4"), "bandit.sarif"));
    assert_eq!(scan.finished, Some("2026-11-21T21:29:01Z".parse().unwrap()));
    assert_eq!((scan.findings, scan.status.as_deref()), (3, Some("successful")));
    let codeql = fixture("codeql").coverage;
    assert_eq!(
        (codeql.scans[0].commit.as_deref(), codeql.scans[0].branch.as_deref()),
        (Some("0123abcd"), Some("main"))
    );
}

#[test]
fn nothing_of_a_secret_is_kept() {
    for name in ["trivy", "semgrep", "checkov", "bandit", "gitleaks", "gosec"] {
        let collected = fixture(name);
        let all = format!("{collected:?}").to_lowercase();
        assert!(!all.contains("hunter2"), "{name}");
        for finding in collected.findings.iter().filter(|f| f.kind == crate::finding::Kind::Secret) {
            assert_eq!(finding.context, None, "{name}");
        }
    }
}

#[test]
fn every_fixture_is_read_to_its_end() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/source/sarif/fixtures");
    let collected = collect(&folder, vec![selection("*.sarif")]);
    assert_eq!(collected.coverage.skipped, 0);
    assert_eq!(collected.coverage.read, collected.findings.len() as u64);
    assert_eq!(collected.coverage.scans.len(), 20);
}
