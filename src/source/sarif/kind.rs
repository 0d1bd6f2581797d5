//! What kind of finding a tool reports: one table of tools, then what the rule says.
//!
//! The table is the place to add a tool. Names are compared word by word, in small letters: `OWASP Dependency-Check`
//! holds `dependency check`, while `Zapier` does not hold `zap`. The first row wins.

use crate::finding::Kind;

/// The tools whose way of writing packages, severities or kinds is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maker {
    /// Trivy.
    Trivy,
    /// Grype.
    Grype,
    /// Snyk's four tools.
    Snyk,
    /// OSV-Scanner.
    Osv,
    /// retire.js.
    Retire,
    /// cargo-deny.
    CargoDeny,
    /// Checkov.
    Checkov,
    /// Semgrep and its fork.
    Semgrep,
    /// JFrog Xray.
    Xray,
    /// Every other.
    Other,
}

use Kind::{Cicd, Container, Dast, Iac, License, Sast, Sca, Secret};

/// Words of a tool's name, how it writes, and what it finds; `None` where that depends on the rule alone.
const TOOLS: &[(&[&str], Maker, Option<Kind>)] = &[
    // Several kinds in one tool.
    (&["trivy"], Maker::Trivy, None),
    (&["grype", "anchore"], Maker::Grype, Some(Sca)),
    (&["snyk container"], Maker::Snyk, Some(Container)),
    (&["snyk open source", "snyk opensource"], Maker::Snyk, Some(Sca)),
    (&["snyk iac", "snykiac"], Maker::Snyk, Some(Iac)),
    (&["snyk code", "snykcode"], Maker::Snyk, Some(Sast)),
    (&["snyk secrets"], Maker::Snyk, Some(Secret)),
    (&["checkov", "bridgecrew"], Maker::Checkov, Some(Iac)),
    (&["semgrep", "opengrep"], Maker::Semgrep, Some(Sast)),
    (&["jfrog sast"], Maker::Other, Some(Sast)),
    (&["jfrog secrets"], Maker::Other, Some(Secret)),
    (&["jfrog terraform", "jfrog iac"], Maker::Other, Some(Iac)),
    (&["jfrog", "xray"], Maker::Xray, Some(Sca)),
    (&["cargo deny"], Maker::CargoDeny, Some(Sca)),
    // Credentials in code.
    (
        &[
            "gitleaks",
            "trufflehog",
            "secretlint",
            "detect secrets",
            "ggshield",
            "gitguardian",
            "talisman",
            "whispers",
            "noseyparker",
            "nosey parker",
            "kingfisher",
            "ripsecrets",
            "betterleaks",
            "leaktk",
            "git secrets",
        ],
        Maker::Other,
        Some(Secret),
    ),
    // Pipelines.
    (
        &[
            "zizmor",
            "actionlint",
            "poutine",
            "octoscan",
            "gato",
            "gato x",
            "scorecard",
            "ghalint",
            "legitify",
            "pinact",
        ],
        Maker::Other,
        Some(Cicd),
    ),
    // Infrastructure as code; Dockerfiles are such code, images are not.
    (
        &[
            "kics",
            "tfsec",
            "terrascan",
            "tflint",
            "hadolint",
            "cfn lint",
            "cfn nag",
            "cfn guard",
            "kube linter",
            "kubelinter",
            "kubesec",
            "kubescape",
            "kube score",
            "polaris",
            "regula",
            "datree",
            "ansible lint",
            "templateanalyzer",
            "template analyzer",
            "psrule",
            "cloudsplaining",
            "steampipe",
            "prowler",
            "bicep",
            "conftest",
            "dockerfile lint",
            "yamllint",
        ],
        Maker::Other,
        Some(Iac),
    ),
    // Images.
    (&["dockle", "clair", "docker scout", "docker bench"], Maker::Other, Some(Container)),
    // Dependencies.
    (&["osv scanner", "osvscanner"], Maker::Osv, Some(Sca)),
    (&["retire", "retire js", "retirejs"], Maker::Retire, Some(Sca)),
    (
        &[
            "dependency check",
            "npm audit",
            "yarn audit",
            "pnpm audit",
            "pip audit",
            "cargo audit",
            "govulncheck",
            "bundler audit",
            "bundle audit",
            "composer audit",
            "safety",
            "nancy",
            "cve bin tool",
            "dep scan",
            "depscan",
            "owasp depscan",
            "vuls",
            "dependabot",
            "renovate",
            "socket",
            "mend",
            "whitesource",
            "black duck",
            "blackduck",
            "debricked",
            "nuget audit",
            "dotnet list package",
            "auditjs",
            "cyclonedx",
            "vexctl",
            "meterian",
            "snyk",
        ],
        Maker::Other,
        Some(Sca),
    ),
    // Licences.
    (
        &[
            "scancode",
            "licensee",
            "licensed",
            "license finder",
            "licensecheck",
            "askalono",
            "reuse",
            "fossology",
            "license",
        ],
        Maker::Other,
        Some(License),
    ),
    // Running programs.
    (
        &[
            "zap",
            "zaproxy",
            "nuclei",
            "burp",
            "arachni",
            "nikto",
            "wapiti",
            "stackhawk",
            "hawkscan",
            "dastardly",
            "acunetix",
            "invicti",
            "netsparker",
            "sqlmap",
            "wpscan",
            "schemathesis",
            "restler",
            "webinspect",
            "dast",
        ],
        Maker::Other,
        Some(Dast),
    ),
    // Code.
    (
        &[
            "codeql",
            "bandit",
            "clippy",
            "eslint",
            "njsscan",
            "nodejsscan",
            "mobsfscan",
            "libsast",
            "spotbugs",
            "findsecbugs",
            "find security bugs",
            "flawfinder",
            "gosec",
            "brakeman",
            "pmd",
            "detekt",
            "sonar",
            "sonarqube",
            "sonarcloud",
            "sonarlint",
            "checkmarx",
            "cxsast",
            "cxflow",
            "fortify",
            "veracode",
            "coverity",
            "cppcheck",
            "clang",
            "clang tidy",
            "clangtidy",
            "infer",
            "pylint",
            "ruff",
            "flake8",
            "mypy",
            "staticcheck",
            "golangci",
            "golangci lint",
            "psalm",
            "phpstan",
            "phan",
            "rubocop",
            "devskim",
            "security code scan",
            "roslyn",
            "bearer",
            "horusec",
            "insider",
            "slither",
            "mythril",
            "shellcheck",
            "stylelint",
            "biome",
            "oxlint",
            "pysa",
            "pyre",
            "pyright",
            "dlint",
            "credo",
            "sobelow",
            "prefast",
            "msvc",
            "klocwork",
            "polyspace",
            "qodana",
            "swiftlint",
            "ktlint",
            "android lint",
            "psscriptanalyzer",
            "kiuwan",
            "appscan",
            "joern",
            "tslint",
            "jshint",
            "gcc",
            "binskim",
            "errorprone",
            "error prone",
            "revive",
            "graudit",
            "cxone",
            "miri",
            "mariana trench",
            "datadog static analyzer",
        ],
        Maker::Other,
        Some(Sast),
    ),
    // Words that tell the kind of a tool nobody listed.
    (&["secret", "secrets", "credential", "credentials"], Maker::Other, Some(Secret)),
    (&["sast"], Maker::Other, Some(Sast)),
    (&["sca"], Maker::Other, Some(Sca)),
    (&["iac"], Maker::Other, Some(Iac)),
    (&["container"], Maker::Other, Some(Container)),
];

/// A tool, as far as the table knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tool {
    /// How it writes.
    pub(super) maker: Maker,
    /// What it finds, if not told otherwise.
    pub(super) kind: Option<Kind>,
    /// Whether this run looked at a container image.
    pub(super) image: bool,
}

impl Tool {
    /// Looks the name up.
    pub(super) fn of(name: &str, image: bool) -> Tool {
        let words = words(name);
        let row = TOOLS.iter().find(|(names, _, _)| names.iter().any(|known| holds(&words, known)));
        match row {
            Some((_, maker, kind)) => Tool { maker: *maker, kind: *kind, image },
            None => Tool { maker: Maker::Other, kind: None, image },
        }
    }
}

/// The name's words, in small letters.
fn words(name: &str) -> Vec<String> {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect()
}

/// Whether the words hold those of the pattern, side by side.
fn holds(words: &[String], pattern: &str) -> bool {
    let pattern: Vec<&str> = pattern.split(' ').collect();
    words.windows(pattern.len()).any(|window| window.iter().zip(&pattern).all(|(word, want)| word == want))
}

/// What a rule says of its kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said<'a> {
    /// The rule's id.
    pub(super) check: &'a str,
    /// The rule's name.
    pub(super) name: &'a str,
    /// Its tags, and those of the result.
    pub(super) tags: &'a [Box<str>],
    /// Whether it names an advisory.
    pub(super) advisory: bool,
    /// Whether it names a weakness class.
    pub(super) weakness: bool,
}

/// Infers the kind; `None` where nothing tells.
pub(super) fn infer(tool: Tool, said: Said<'_>) -> Option<Kind> {
    let check = said.check;
    let tag = |wanted: &[&str]| said.tags.iter().any(|tag| wanted.iter().any(|w| tag.eq_ignore_ascii_case(w)));
    let packages = if tool.image { Container } else { Sca };
    match tool.maker {
        // The rule's name is the class of the target (pkg/report/sarif.go of aquasecurity/trivy).
        Maker::Trivy => match said.name {
            "OsPackageVulnerability" => return Some(Container),
            "LanguageSpecificPackageVulnerability" => return Some(packages),
            "Misconfiguration" => return Some(Iac),
            "Secret" => return Some(Secret),
            "License" => return Some(License),
            _ if tag(&["secret"]) => return Some(Secret),
            _ if tag(&["license"]) => return Some(License),
            _ if tag(&["misconfiguration"]) => return Some(Iac),
            _ if tag(&["vulnerability"]) || said.advisory => return Some(packages),
            _ => {}
        },
        Maker::Grype | Maker::Xray if tool.image => return Some(Container),
        Maker::Snyk if starts(check, "snyk:lic") => return Some(License),
        Maker::CargoDeny if starts(check, "l:") || tag(&["license"]) => return Some(License),
        Maker::Checkov => {
            let check = check.to_ascii_uppercase();
            let any = |parts: &[&str]| parts.iter().any(|part| check.contains(part));
            if any(&["_SECRET_"]) {
                return Some(Secret);
            }
            if any(&[
                "_GHA_",
                "_GITLABCI_",
                "_CIRCLECIPIPELINES_",
                "_AZUREPIPELINES_",
                "_BITBUCKETPIPELINES_",
                "_ARGO_",
            ]) {
                return Some(Cicd);
            }
            if any(&["BC_LIC", "CKV_LIC"]) {
                return Some(License);
            }
            if any(&["_CVE_", "CVE-", "_VUL_"]) {
                return Some(Sca);
            }
            if any(&["CKV3_SAST", "_SAST_"]) {
                return Some(Sast);
            }
        }
        Maker::Semgrep => {
            let check = check.to_ascii_lowercase();
            let any = |parts: &[&str]| parts.iter().any(|part| check.contains(part));
            // `generic.secrets.*` of the registry quote what they find, wherever the rules were copied to.
            if any(&[".secrets.", "secrets.security", "/secrets/"]) || tag(&["secrets", "secret"]) {
                return Some(Secret);
            }
            if starts(&check, "ssc-") || any(&[".ssc-"]) {
                return Some(Sca);
            }
            if any(&["github-actions", "gitlab-ci"]) {
                return Some(Cicd);
            }
            if any(&["dockerfile.", "terraform.", "yaml.kubernetes", "yaml.docker-compose", "cloudformation"]) {
                return Some(Iac);
            }
        }
        _ => {}
    }
    if tool.kind.is_some() {
        return tool.kind;
    }
    // Nobody knows the tool. A secret comes first: taking it for something else would show it.
    if tag(&["secret", "secrets", "credential", "credentials"]) {
        Some(Secret)
    } else if tag(&["license", "licence", "compliance/license"]) {
        Some(License)
    } else if said.advisory {
        Some(packages)
    } else if tag(&[
        "misconfiguration",
        "iac",
        "infrastructure",
        "terraform",
        "kubernetes",
        "cloudformation",
        "dockerfile",
    ]) {
        Some(Iac)
    } else if tag(&["container", "image"]) {
        Some(Container)
    } else if tag(&["dast"]) {
        Some(Dast)
    } else if tag(&["ci", "ci/cd", "cicd", "github-actions"]) {
        Some(Cicd)
    } else if tag(&["security", "sast"]) || said.weakness {
        Some(Sast)
    } else {
        None
    }
}

/// Whether the text begins with this, in any case.
fn starts(text: &str, head: &str) -> bool {
    text.get(..head.len()).is_some_and(|start| start.eq_ignore_ascii_case(head))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(tool: &str, check: &str, name: &str, tags: &[&str]) -> Option<Kind> {
        let tags: Vec<Box<str>> = tags.iter().map(|tag| Box::from(*tag)).collect();
        let mut ids = Vec::new();
        super::super::ids::advisories(check, &mut ids);
        let said = Said { check, name, tags: &tags, advisory: !ids.is_empty(), weakness: false };
        infer(Tool::of(tool, false), said)
    }

    #[test]
    fn the_tool_tells_the_kind() {
        for (tool, want) in [
            ("Gitleaks", Secret),
            ("gitleaks v8.18", Secret),
            ("OWASP Dependency-Check", Sca),
            ("dependency-check", Sca),
            ("SnykCode", Sast),
            ("Snyk Container", Container),
            ("Snyk Open Source", Sca),
            ("Snyk IaC", Iac),
            ("Semgrep OSS", Sast),
            ("CodeQL", Sast),
            ("GitHub CodeQL", Sast),
            ("zizmor", Cicd),
            ("Hadolint", Iac),
            ("Dockle", Container),
            ("nodejsscan", Sast),
            ("@microsoft/eslint-formatter-sarif ESLint", Sast),
            ("osv-scanner", Sca),
            ("npm-audit", Sca),
            ("OWASP ZAP", Dast),
            ("retire-js", Sca),
            ("Acme Secret Finder", Secret),
            ("KICS", Iac),
        ] {
            assert_eq!(kind(tool, "x", "", &[]), Some(want), "{tool}");
        }
        assert_eq!(kind("Acme Analyzer", "X1", "", &[]), None);
        assert_eq!(kind("Zapier", "X1", "", &[]), None, "part of a word is no word");
    }

    #[test]
    fn a_tool_of_many_kinds_is_told_by_its_rules() {
        for (tool, check, name, tags, want) in [
            ("Trivy", "CVE-2020-1", "OsPackageVulnerability", &[][..], Container),
            ("Trivy", "CVE-2020-1234", "LanguageSpecificPackageVulnerability", &[], Sca),
            ("Trivy", "DS002", "Misconfiguration", &[], Iac),
            ("Trivy", "aws-access-key-id", "Secret", &[], Secret),
            ("Trivy", "x:GPL-3.0", "License", &[], License),
            ("Trivy", "x", "UnknownIssue", &["secret"], Secret),
            ("Checkov", "CKV_AWS_1", "", &[], Iac),
            ("Checkov", "CKV_SECRET_6", "", &[], Secret),
            ("Checkov", "CKV2_GHA_1", "", &[], Cicd),
            ("Semgrep OSS", "rules.generic.secrets.security.detected-aws.x", "", &[], Secret),
            ("Semgrep PRO", "ssc-1234", "", &[], Sca),
            ("Semgrep OSS", "python.lang.security.hardcoded-password", "", &[], Sast),
            ("Snyk Open Source", "snyk:lic:npm:a:GPL-3.0", "", &[], License),
            ("cargo-deny", "l:rejected", "", &[], License),
            ("cargo-deny", "a:vulnerability", "", &["security"], Sca),
        ] {
            assert_eq!(kind(tool, check, name, tags), Some(want), "{tool} {check}");
        }
    }

    #[test]
    fn an_unknown_tool_is_told_by_what_its_rules_say() {
        for (check, tags, want) in [
            ("CVE-2021-12345", &[][..], Some(Sca)),
            ("x", &["security"], Some(Sast)),
            ("x", &["security", "secret"], Some(Secret)),
            ("x", &["iac"], Some(Iac)),
            ("x", &["style"], None),
        ] {
            assert_eq!(kind("Acme", check, "", tags), want, "{check} {tags:?}");
        }
    }
}
