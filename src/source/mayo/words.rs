//! The words of Mayo, and what they mean here.

use crate::finding::{Excuse, Kind, ScanState, Severity};

/// A word in one form: Mayo's pages write `In Progress`, its policies `in_progress`.
pub(super) fn plain(word: &str) -> String {
    word.trim().chars().map(|c| if matches!(c, ' ' | '-') { '_' } else { c.to_ascii_lowercase() }).collect()
}

/// What a severity says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rated {
    /// This.
    As(Severity),
    /// That nobody rated it: a score may say more.
    Not,
    /// Nothing that anybody knows.
    Unknown,
}

/// Reads a severity. The five words of the API, and what Mayo's screens and scanners write for them.
pub(super) fn severity(word: &str) -> Rated {
    match plain(word).as_str() {
        "critical" => Rated::As(Severity::Critical),
        "high" => Rated::As(Severity::High),
        "medium" | "moderate" => Rated::As(Severity::Medium),
        "low" => Rated::As(Severity::Low),
        "info" | "informational" | "information" | "note" | "none" => Rated::As(Severity::Info),
        "unknown" | "undefined" | "unrated" | "not_rated" | "n/a" => Rated::Not,
        _ => Rated::Unknown,
    }
}

/// What a status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It counts.
    Open,
    /// It does not, for this reason.
    Excused(Excuse),
    /// Nothing that anybody knows; it counts.
    Unknown,
}

/// Reads a status. A finding that was *accepted* in triage is a real one and counts; one whose *risk* was accepted does not.
pub(super) fn status(word: &str) -> Standing {
    match plain(word).as_str() {
        // Where a triage policy could not decide, no person has either.
        "open" | "new" | "reopened" | "triaged" | "deferred" | "in_triage" | "confirmed" | "accepted"
        | "in_progress" | "fixing" => Standing::Open,
        "resolved" | "fixed" | "closed" => Standing::Excused(Excuse::Fixed),
        "false_positive" => Standing::Excused(Excuse::FalsePositive),
        "suppressed" | "rejected" => Standing::Excused(Excuse::Suppressed),
        "ignored" | "muted" => Standing::Excused(Excuse::Ignored),
        "accepted_risk" | "risk_accepted" => Standing::Excused(Excuse::AcceptedRisk),
        _ => Standing::Unknown,
    }
}

/// Reads how a scan stands.
pub(super) fn scan(word: &str) -> ScanState {
    match plain(word).as_str() {
        "queued" | "pending" | "waiting" | "running" | "in_progress" | "scanning" | "processing" => ScanState::Running,
        "completed" | "complete" | "success" | "succeeded" | "finished" | "done" => ScanState::Finished,
        "failed" | "error" | "errored" | "timeout" | "timed_out" | "cancelled" | "canceled" | "aborted" => {
            ScanState::Failed
        }
        _ => ScanState::Unknown,
    }
}

/// What a category says of the kind. `None`: it is none of the known ones; perhaps it is the name of a scanner, which Mayo's
/// screens call a scanner's type.
pub(super) fn category(word: &str) -> Option<Kind> {
    Some(match plain(word).as_str() {
        "sast" | "code" | "static_analysis" => Kind::Sast,
        "sca" | "dependency" | "dependencies" | "dependency_scanning" => Kind::Sca,
        "secret" | "secrets" | "secret_detection" => Kind::Secret,
        "container" | "containers" | "container_image" | "image" => Kind::Container,
        "iac" | "infrastructure" | "infrastructure_as_code" | "misconfiguration" => Kind::Iac,
        "license" | "licence" => Kind::License,
        "cicd" | "ci_cd" | "ci/cd" | "pipeline" => Kind::Cicd,
        "dast" => Kind::Dast,
        _ => return None,
    })
}

/// What a scanner finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finds {
    /// This.
    One(Kind),
    /// Several things; the finding itself tells which.
    Several,
}

/// What a scanner of this name finds. `None`: nobody knows it. What follows its name, as a version does, says nothing.
pub(super) fn scanner(name: &str) -> Option<Finds> {
    let name = plain(name);
    SCANNERS.iter().find_map(|(names, finds)| {
        let is_it =
            |known: &&&str| name.strip_prefix(**known).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
        names.iter().find(is_it).map(|_| *finds)
    })
}

/// The scanners that Mayo runs, and others whose results are uploaded to it.
const SCANNERS: &[(&[&str], Finds)] = &[
    (&["trivy", "snyk"], Finds::Several),
    (
        &[
            "opengrep",
            "semgrep",
            "codeql",
            "bandit",
            "gosec",
            "brakeman",
            "njsscan",
            "eslint",
            "spotbugs",
            "findsecbugs",
            "flawfinder",
            "sonarqube",
            "sonarcloud",
            "checkmarx",
            "horusec",
            "bearer",
            "phpstan",
            "psalm",
        ],
        Finds::One(Kind::Sast),
    ),
    (
        &[
            "grype",
            "osv_scanner",
            "dependency_check",
            "owasp_dependency_check",
            "npm_audit",
            "yarn_audit",
            "pip_audit",
            "cargo_audit",
            "bundler_audit",
            "govulncheck",
            "retire",
            "dependabot",
            "safety",
        ],
        Finds::One(Kind::Sca),
    ),
    (
        &["gitleaks", "trufflehog", "detect_secrets", "secretlint", "ggshield", "noseyparker", "talisman"],
        Finds::One(Kind::Secret),
    ),
    (
        &[
            "checkov",
            "kics",
            "tfsec",
            "terrascan",
            "tflint",
            "hadolint",
            "kube_linter",
            "kubesec",
            "kubescape",
            "cfn_lint",
            "cfn_nag",
        ],
        Finds::One(Kind::Iac),
    ),
    (&["dockle", "clair"], Finds::One(Kind::Container)),
    (&["zizmor", "actionlint", "poutine"], Finds::One(Kind::Cicd)),
    (&["zap", "owasp_zap", "nuclei"], Finds::One(Kind::Dast)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_severity_that_is_written_somewhere_is_read_and_no_other_is_guessed() {
        for (word, want) in [
            ("critical", Rated::As(Severity::Critical)),
            (" CRITICAL ", Rated::As(Severity::Critical)),
            ("High", Rated::As(Severity::High)),
            ("medium", Rated::As(Severity::Medium)),
            ("moderate", Rated::As(Severity::Medium)),
            ("low", Rated::As(Severity::Low)),
            ("info", Rated::As(Severity::Info)),
            ("Informational", Rated::As(Severity::Info)),
            ("information", Rated::As(Severity::Info)),
            ("note", Rated::As(Severity::Info)),
            ("none", Rated::As(Severity::Info)),
            ("unknown", Rated::Not),
            ("Not Rated", Rated::Not),
            ("urgent", Rated::Unknown),
            ("error", Rated::Unknown),
            ("9.8", Rated::Unknown),
        ] {
            assert_eq!(severity(word), want, "{word}");
        }
    }

    #[test]
    fn every_status_that_is_written_somewhere_is_read_and_only_five_reasons_excuse() {
        for word in [
            "open",
            "Open",
            "new",
            "reopened",
            "triaged",
            "deferred",
            "in_triage",
            "confirmed",
            "accepted",
            "In Progress",
            "in-progress",
            "IN_PROGRESS",
            "fixing",
        ] {
            assert_eq!(status(word), Standing::Open, "{word}");
        }
        for (words, excuse) in [
            (&["resolved", "fixed", "Closed"][..], Excuse::Fixed),
            (&["false_positive", "False Positive", "false-positive"], Excuse::FalsePositive),
            (&["suppressed", "rejected"], Excuse::Suppressed),
            (&["ignored", "muted"], Excuse::Ignored),
            (&["accepted_risk", "Accepted Risk", "risk_accepted"], Excuse::AcceptedRisk),
        ] {
            for word in words {
                assert_eq!(status(word), Standing::Excused(excuse), "{word}");
            }
        }
        for word in ["quarantined", "closed?", "accept", "resolved_in_branch", "not open", "inprogress"] {
            assert_eq!(status(word), Standing::Unknown, "{word}");
        }
    }

    #[test]
    fn every_state_of_a_scan_is_read_and_an_unknown_one_has_not_ended() {
        for (words, want) in [
            (
                &["queued", "pending", "waiting", "running", "In Progress", "scanning", "processing"][..],
                ScanState::Running,
            ),
            (&["completed", "complete", "success", "SUCCEEDED", "finished", "done"], ScanState::Finished),
            (
                &[
                    "failed",
                    "error",
                    "errored",
                    "timeout",
                    "timed_out",
                    "Timed Out",
                    "cancelled",
                    "canceled",
                    "aborted",
                ],
                ScanState::Failed,
            ),
            (&["paused", "", "completed_with_warnings"], ScanState::Unknown),
        ] {
            for word in words {
                assert_eq!(scan(word), want, "{word}");
            }
        }
    }

    #[test]
    fn a_scanner_is_known_by_its_name_whatever_follows_it() {
        for (name, want) in [
            ("semgrep", Some(Finds::One(Kind::Sast))),
            ("OpenGrep", Some(Finds::One(Kind::Sast))),
            ("Semgrep OSS", Some(Finds::One(Kind::Sast))),
            ("gitleaks v8.18", Some(Finds::One(Kind::Secret))),
            ("grype", Some(Finds::One(Kind::Sca))),
            ("osv-scanner", Some(Finds::One(Kind::Sca))),
            ("checkov", Some(Finds::One(Kind::Iac))),
            ("trivy", Some(Finds::Several)),
            ("zapier", None),
            ("acme", None),
        ] {
            assert_eq!(scanner(name), want, "{name}");
        }
    }
}
