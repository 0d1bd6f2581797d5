//! The rules of reading, a test each.

use super::super::config::{Empty, SeverityFrom, Suppressions};
use super::{document, one, read, read_with, results};
use crate::finding::{Excuse, Kind, Severity, State};

fn severity(rules: &str, members: &str) -> (Option<Severity>, String, Option<String>) {
    let finding = one(rules, members);
    let raw = finding.sightings[0].severity.as_ref().map(ToString::to_string);
    (finding.severity, finding.severity_from.to_string(), raw)
}

#[test]
fn the_first_place_that_tells_gives_the_severity() {
    use Severity::{Critical, High, Info, Low, Medium};
    let rule = |rest: &str| format!(r#"{{"id": "R", {rest}}}"#);
    let full = rule(
        r#""defaultConfiguration": {"level": "note"},
           "properties": {"severity": "low", "security-severity": "9.1", "cvssv3_vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N"}"#,
    );
    let plain =
        |score: &str| rule(&format!(r#""properties": {{"security-severity": {score}, "problem.severity": "error"}}"#));
    for (rules, members, want, from, raw) in [
        (
            full.as_str(),
            r#", "properties": {"issue_severity": "HIGH", "severity": "low"}, "level": "note""#,
            Some(High),
            "issue_severity of the result",
            "HIGH",
        ),
        (&full, r#", "properties": {"severity": "Critical"}"#, Some(Critical), "severity of the result", "Critical"),
        (&full, r#", "properties": {"severity": "unknown"}"#, Some(Low), "severity of the rule", "low"),
        (&full, r#", "properties": {"severity": 2}"#, Some(Low), "severity of the rule", "low"),
        (
            &rule(r#""properties": {"cvssv3_vector": "CVSS:3.1/AV:N/AC:L", "security-severity": "high"}"#),
            "",
            Some(High),
            "security-severity of the rule",
            "high",
        ),
        (
            &rule(
                r#""properties": {"cvssv3_vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "security-severity": "1"}"#,
            ),
            "",
            Some(Critical),
            "CVSS vector of the rule",
            "9.8",
        ),
        (
            &rule(r#""properties": {"problem": {"severity": "medium"}}"#),
            r#", "level": "error""#,
            Some(Medium),
            "problem of the rule",
            "medium",
        ),
        (&plain("7.0"), r#", "level": "note""#, Some(High), "security-severity of the rule", "7"),
        (
            &plain("6.9"),
            r#", "properties": {"security-severity": 9.5}"#,
            Some(Critical),
            "security-severity of the result",
            "9.5",
        ),
        (&plain("\"undefined\""), r#", "level": "Error""#, Some(High), "level of the result", "Error"),
        (&plain("11"), r#", "level": "note""#, Some(Low), "level of the result", "note"),
        (&plain("\"NaN\""), "", Some(High), "problem.severity of the rule", "error"),
        (&plain("-1"), r#", "level": """#, Some(High), "problem.severity of the rule", "error"),
        (
            &rule(
                r#""defaultConfiguration": {"level": "ERROR"}, "properties": {"problem.severity": "recommendation"}"#,
            ),
            "",
            Some(High),
            "default level of the rule",
            "ERROR",
        ),
        ("", r#", "level": "none""#, Some(Info), "level of the result", "none"),
        ("", r#", "level": null"#, Some(Medium), "SARIF's default level", "warning"),
        ("", r#", "level": "catastrophic""#, None, "a level that is no word of SARIF", "catastrophic"),
    ] {
        assert_eq!(severity(rules, members), (want, from.to_owned(), Some(raw.to_owned())), "{rules} {members}");
    }
}

#[test]
fn a_selection_can_name_the_place_of_the_severity() {
    let rule = r#"{"id": "R", "properties": {"security-severity": "9.1"}}"#;
    let text = document(
        rule,
        r#"{"ruleId": "R", "message": "m", "level": "note", "properties": {"severity": "medium"}}, {"message": "x"}"#,
    );
    for (mode, first, second) in [
        (SeverityFrom::Auto, Some(Severity::Medium), (Some(Severity::Medium), "SARIF's default level")),
        (SeverityFrom::Tool, Some(Severity::Medium), (None, "no word of the tool itself")),
        (SeverityFrom::Score, Some(Severity::Critical), (None, "no security-severity")),
        (SeverityFrom::Level, Some(Severity::Low), (Some(Severity::Medium), "SARIF's default level")),
    ] {
        let collected = read_with(&text, |selection| selection.severity = mode);
        let with = collected.findings.iter().find(|f| f.check().is_some()).unwrap();
        let without = collected.findings.iter().find(|f| f.check().is_none()).unwrap();
        assert_eq!(with.severity, first, "{mode:?}");
        assert_eq!((without.severity, &*without.severity_from), second, "{mode:?}");
    }
}

#[test]
fn an_invocation_can_configure_the_level_of_a_rule() {
    let text = r#"{"version": "2.1.0", "runs": [{"results": [{"ruleId": "R", "message": {"text": "m"}}],
        "invocations": [{"executionSuccessful": true, "ruleConfigurationOverrides":
            [{"descriptor": {"index": 0}, "configuration": {"level": "error"}}, {"descriptor": {"id": "R"}, "configuration": {"level": "note"}}]}],
        "tool": {"driver": {"name": "Tool", "rules": [{"id": "R", "defaultConfiguration": {"level": "note"}}]}}}]}"#;
    let finding = &read(text).findings[0];
    assert_eq!((finding.severity, &*finding.severity_from), (Some(Severity::High), "configured level of the rule"));
}

#[test]
fn only_failures_that_are_not_gone_count() {
    let collected = results(
        "",
        r#"{"message": "a", "kind": "pass"}, {"message": "b", "kind": "notApplicable"}, {"message": "c", "kind": "informational"},
           {"message": "d", "kind": "review"}, {"message": "e", "kind": "open"}, {"message": "f", "kind": "Fail"}, {"message": "g"},
           {"message": "h", "kind": "somethingNew"}, {"message": "i", "baselineState": "absent"},
           {"message": "j", "baselineState": "new"}, {"message": "k", "baselineState": "unchanged"}, {"message": "l", "baselineState": "updated"}"#,
    );
    let found: Vec<(&str, Option<bool>)> = collected.findings.iter().map(|f| (&*f.title, f.new)).collect();
    let mut sorted = found.clone();
    sorted.sort();
    let want = [("f", None), ("g", None), ("h", None), ("j", Some(true)), ("k", Some(false)), ("l", Some(false))];
    assert_eq!(sorted, want);
    assert_eq!(
        (collected.coverage.read, collected.coverage.skipped, collected.coverage.state),
        (6, 0, State::Complete)
    );
    let notes = collected.coverage.notes.join("\n");
    for said in
        ["1 result of kind open: the scanner did not decide", "kind review", "kind pass", "baseline state absent"]
    {
        assert!(notes.contains(said), "{said}: {notes}");
    }
}

#[test]
fn a_suppression_excuses_only_when_all_agree_and_the_policy_honors_it() {
    let accepted = r#"{"kind": "inSource", "justification": "j"}"#;
    let external = r#"{"kind": "external", "status": "Accepted"}"#;
    use Suppressions::{External, Honor, Ignore};
    for (list, mode, status, excused) in [
        (accepted.to_owned(), Honor, "suppressed", true),
        (accepted.to_owned(), External, "suppressed", false),
        (accepted.to_owned(), Ignore, "suppressed", false),
        (external.to_owned(), External, "suppressed", true),
        (format!("{accepted}, {external}"), External, "suppressed", true),
        (format!(r#"{accepted}, {{"status": "underReview"}}"#), Honor, "underReview", false),
        (format!(r#"{accepted}, {{"status": "rejected"}}"#), Honor, "rejected", false),
        (format!(r#"{accepted}, {{"status": "perhaps"}}"#), Honor, "open", false),
        (String::new(), Honor, "open", false),
    ] {
        let text = document("", &format!(r#"{{"message": "m", "suppressions": [{list}]}}"#));
        let collected = read_with(text, |selection| selection.suppressions = mode);
        let sighting = &collected.findings[0].sightings[0];
        assert_eq!(sighting.status.as_deref(), Some(status), "{list} {mode:?}");
        assert_eq!(sighting.excuse, excused.then_some(Excuse::Suppressed), "{list} {mode:?}");
        let noted = collected.coverage.notes.iter().any(|note| note.contains("does not honor"));
        assert_eq!(noted, status == "suppressed" && !excused, "{list} {mode:?}");
    }
}

#[test]
fn messages_are_looked_up_and_filled_in() {
    let rules = r#"{"id": "R", "messageStrings": {"one": {"text": "{0} of {1}, {2}, {{0}}"}}}"#;
    for (message, want) in [
        (r#"{"id": "one", "arguments": ["a", 2]}"#, "a of 2, {2}, {0}"),
        (r#"{"text": "plain {0}"}"#, "plain {0}"),
        (r#"{"markdown": "**m**"}"#, "**m**"),
        (r#"{"text": "", "markdown": "**m**"}"#, "**m**"),
        (r#"{"text": "a [b](1) c [d](https://e) f]("}"#, "a b c d f]("),
        (r#""just text""#, "just text"),
        ("null", "R"),
        (r#"{"text": "First.\nSecond."}"#, "First."),
        (r#"{"text": "First and\nsecond.\n\nThird"}"#, "First and second."),
    ] {
        let collected = results(rules, &format!(r#"{{"ruleId": "R", "message": {message}}}"#));
        assert_eq!(&*collected.findings[0].title, want, "{message}");
    }
}

#[test]
fn a_long_title_is_cut_and_says_so() {
    let finding = one("", &format!(r#", "hostedViewerUri": "{}""#, "https://x"));
    assert_eq!(finding.sightings[0].url.as_deref(), Some("https://x"));
    let collected = results("", &format!(r#"{{"message": {{"text": "{}"}}}}"#, "word ".repeat(1000)));
    assert!(collected.findings[0].title.ends_with('…'));
    assert!(collected.findings[0].title.chars().count() <= 1024);
}

#[test]
fn the_kind_of_a_selection_decides_before_anything_is_made_of_the_text() {
    let text = document(
        r#"{"id": "R", "fullDescription": {"text": "match: hunter2"}}"#,
        r#"{"ruleId": "R", "message": {"text": "hunter2"}, "locations": [{"physicalLocation": {"artifactLocation": {"uri": "a"},
            "region": {"startLine": 3, "snippet": {"text": "hunter2"}}}}]}"#,
    );
    let collected = read_with(&text, |selection| selection.kind = Some(Kind::Secret));
    assert_eq!(collected.findings[0].kind, Kind::Secret);
    assert!(!format!("{collected:?}").contains("hunter2"));
    let other = read(&text);
    assert_eq!(other.findings[0].kind, Kind::Other);
    assert!(other.coverage.notes[0].contains("set `kind`"), "{:?}", other.coverage.notes);
}

#[test]
fn facts_in_properties_are_taken_over() {
    let finding = one(
        "",
        r#", "provenance": {"firstDetectionTimeUtc": "2026-01-02T03:04:05Z"}, "taxa": [{"id": "611", "toolComponent": {"name": "CWE"}}],
           "properties": {"purl": "PKG:npm/%40a/b@1.0", "epss": "0.42", "kev": true, "reachability": "Reachable", "direct": "false", "scope": "dev",
              "cwe": ["CWE-79", 22], "tags": ["CVE-2021-44228"], "fixed_in": ["1.1", "1.2"], "license": "MIT", "cvss": 8.1}"#,
    );
    assert_eq!(finding.kind, Kind::Sca);
    let package = finding.package.unwrap();
    assert_eq!((&*package.name, package.purl.as_deref()), ("@a/b", Some("pkg:npm/%40a/b@1.0")));
    assert_eq!((package.direct, package.scope.map(|s| s.name())), (Some(false), Some("development")));
    assert_eq!(
        (finding.epss, finding.kev, finding.reachable, finding.cvss),
        (Some(0.42), Some(true), Some(true), Some(8.1))
    );
    assert_eq!(finding.cwe.iter().map(|cwe| cwe.0).collect::<Vec<_>>(), [22, 79, 611]);
    assert_eq!(finding.first_seen, Some("2026-01-02T03:04:05Z".parse().unwrap()));
    assert_eq!((finding.fix, finding.fixed_in.len(), finding.license.len()), (Some(true), 2, 1));
}

#[test]
fn moved_code_keeps_its_fingerprint_and_other_code_does_not() {
    let at = |line: u32, code: &str| {
        one("", &format!(
            r#", "locations": [{{"physicalLocation": {{"artifactLocation": {{"uri": "./a.c"}}, "region": {{"startLine": {line}, "snippet": {{"text": "{code}"}}}}}}}}]"#
        ))
        .fingerprint
    };
    assert_eq!(at(1, "f( x )"), at(900, "  f( x )"));
    assert_ne!(at(1, "f(x)"), at(1, "f(y)"));
    let print =
        |hash: &str| one("", &format!(r#", "partialFingerprints": {{"primaryLocationLineHash": {hash}}}"#)).context;
    assert_eq!(print(r#""39fa2ee980eb94b0:1""#), print(r#""39fa2ee980eb94b0:2""#));
    assert!(print(r#""39fa2ee980eb94b0:1""#).is_some());
    for nothing in [r#""requires login""#, "17", r#"{"a": 1}"#, "null"] {
        assert_eq!(print(nothing), None, "{nothing}");
    }
}

#[test]
fn paths_that_leave_the_root_are_counted_and_not_kept() {
    let place = |uri: &str| {
        format!(
            r#"{{"message": "m", "locations": [{{"physicalLocation": {{"artifactLocation": {{"uri": "{uri}"}}}}}}]}}"#
        )
    };
    let collected = results("", &[place("../../etc/passwd"), place("%2e%2e/x"), place("src/a%20b.c")].join(","));
    let paths: Vec<Option<&str>> = collected.findings.iter().map(|f| f.location.as_ref().map(|l| &*l.path)).collect();
    assert_eq!(paths, [None, None, Some("src/a b.c")]);
    assert!(collected.coverage.notes.iter().any(|note| note.contains("2 results with a path that leaves the root")));
}

#[test]
fn a_file_that_shows_no_scan_is_no_pass() {
    let run =
        |rest: &str| format!(r#"{{"version": "2.1.0", "runs": [{{"tool": {{"driver": {{"name": "T"}}}}{rest}}}]}}"#);
    for (text, state, said) in [
        (String::new(), State::Failed, "the file is empty"),
        ("\u{feff}".to_owned(), State::Failed, "the file is empty"),
        ("  \n".to_owned(), State::Failed, "ends in the middle"),
        ("nonsense".to_owned(), State::Failed, "this is no JSON"),
        ("[]".to_owned(), State::Failed, "the `{` of a SARIF document"),
        ("{}".to_owned(), State::Failed, "there is no `runs`"),
        (r#"{"version": "2.1.0", "runs": null}"#.to_owned(), State::Failed, "`runs` is no list"),
        (r#"{"version": "2.1.0", "runs": []}"#.to_owned(), State::Failed, "`runs` is empty"),
        (r#"{"version": "2.1.0", "runs": [7]}"#.to_owned(), State::Failed, ""),
        (run(""), State::Failed, "the run has no `results`"),
        (run(r#", "results": null"#), State::Failed, "the run has no `results`"),
        (run(r#", "results": {}"#), State::Failed, "`results` is no list"),
        (run(r#", "results": []"#), State::Complete, ""),
        (run(r#", "results": [], "invocations": [{}]"#), State::Complete, ""),
        (run(r#", "results": [], "invocations": [{"executionSuccessful": false}]"#), State::Partial, "did not succeed"),
        (
            run(r#", "results": [], "invocations": [{"executionSuccessful": "perhaps"}]"#),
            State::Partial,
            "neither true nor false",
        ),
        (
            run(
                r#", "results": [], "invocations": [{"executionSuccessful": true, "toolConfigurationNotifications": [{"level": "Error", "message": {"text": "bad\nrule"}}]}]"#,
            ),
            State::Partial,
            "reports an error: bad rule",
        ),
        (
            run(
                r#", "results": [], "invocations": [{"executionSuccessful": true, "toolExecutionNotifications": [{"level": "warning", "message": {"text": "x"}}]}]"#,
            ),
            State::Complete,
            "",
        ),
        (
            run(r#", "results": [], "invocations": [{"executionSuccessful": true, "exitSignalName": "SIGKILL"}]"#),
            State::Partial,
            "ended by a signal: SIGKILL",
        ),
        (
            run(r#", "results": [], "externalPropertyFileReferences": {"results": [{"location": {"uri": "x"}}]}"#),
            State::Partial,
            "stand in other files",
        ),
        (
            run(r#", "results": [], "externalPropertyFileReferences": {"graphs": [{"location": {"uri": "x"}}]}"#),
            State::Complete,
            "",
        ),
        (run(r#", "results": []"#).replace("2.1.0", "2.0.0"), State::Failed, "version 2.0.0 is not supported"),
        (run(r#", "results": []"#).replace("\"2.1.0\"", "2.2"), State::Failed, "version 2.2 is not supported"),
        (run(r#", "results": []"#).replace("2.1.0", "2.1.0-rtm.5"), State::Complete, ""),
        (run(r#", "results": []"#).replace("\"version\": \"2.1.0\", ", ""), State::Complete, ""),
        (
            run(r#", "results": []"#).replace("}]}", "}], \"inlineExternalProperties\": [{\"results\": [{}]}]}"),
            State::Partial,
            "inlineExternalProperties",
        ),
        (run(r#", "results": []"#) + "{}", State::Partial, "more text follows"),
    ] {
        let collected = read(&text);
        assert_eq!(collected.coverage.state, state, "{text}: {:?}", collected.coverage.reasons);
        assert!(collected.coverage.reasons.join("\n").contains(said), "{text}: {:?}", collected.coverage.reasons);
        assert_eq!(collected.coverage.reasons.is_empty(), state == State::Complete, "{text}");
    }
}

#[test]
fn a_file_without_runs_can_be_allowed() {
    let collected = read_with(r#"{"version": "2.1.0", "runs": []}"#, |selection| selection.empty = Empty::Allow);
    assert_eq!((collected.coverage.state, collected.coverage.notes.len()), (State::Complete, 1));
}

#[test]
fn one_run_without_results_does_not_hide_the_other() {
    let collected = read(
        r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "A"}}}, {"tool": {"driver": {"name": "B"}}, "results": [{"message": "m"}]}]}"#,
    );
    assert_eq!(
        (collected.findings.len(), collected.coverage.state, collected.coverage.scans.len()),
        (1, State::Partial, 2)
    );
    assert_eq!(collected.coverage.scans[1].findings, 1);
}

#[test]
fn a_score_of_zero_and_a_level_that_is_no_word_make_no_result_harmless() {
    use crate::finding::Severity;
    for (members, want) in [
        (r#""level": "error", "properties": {"security-severity": "0.0"}"#, Some(Severity::High)),
        (r#""level": "none", "properties": {"security-severity": "0.0"}"#, Some(Severity::Info)),
        (r#""properties": {"security-severity": "0.0"}"#, Some(Severity::Info)),
        (r#""level": "note", "properties": {"security-severity": "9.8"}"#, Some(Severity::Critical)),
        (r#""level": "fatal""#, None),
        (r#""level": """#, None),
        (r#""kind": "fail""#, Some(Severity::Medium)),
    ] {
        let finding = super::one(r#"{"id": "R"}"#, &format!(", {members}"));
        assert_eq!(finding.severity, want, "{members}");
    }
}

#[test]
fn an_override_whose_number_is_that_of_another_rule_configures_the_rule_of_its_id() {
    let text = r#"{"version": "2.1.0", "runs": [{
        "tool": {"driver": {"name": "x", "rules": [{"id": "B", "defaultConfiguration": {"level": "error"}}, {"id": "A"}]}},
        "invocations": [{"executionSuccessful": true, "ruleConfigurationOverrides": [
            {"descriptor": {"id": "A", "index": 0}, "configuration": {"level": "note"}}]}],
        "results": [{"ruleId": "B", "message": "m"}]}]}"#;
    assert_eq!(super::read(text).findings[0].severity, Some(crate::finding::Severity::High));
}

#[test]
fn of_facts_that_contradict_each_other_the_stricter_holds() {
    for members in [
        r#""kev": false, "knownExploited": true, "reachable": false"#,
        r#""knownExploited": true, "kev": false, "reachable": false"#,
    ] {
        let finding = super::one(r#"{"id": "R"}"#, &format!(r#", "properties": {{{members}}}"#));
        assert_eq!((finding.kev, finding.reachable), (Some(true), Some(false)), "{members}");
    }
}

#[test]
fn an_end_before_its_beginning_is_none() {
    for (region, want) in [
        (r#"{"startLine": 7, "endLine": 9, "endColumn": 2}"#, (Some(7), Some(9), Some(2))),
        (r#"{"startLine": 7, "endLine": 7, "endColumn": 2}"#, (Some(7), Some(7), Some(2))),
        (r#"{"startLine": 7, "endColumn": 2}"#, (Some(7), None, Some(2))),
        (r#"{"startLine": 7, "endLine": 6, "endColumn": 2}"#, (Some(7), None, None)),
        (r#"{"endLine": 6, "endColumn": 2}"#, (None, None, None)),
    ] {
        let at = format!(r#""physicalLocation": {{"artifactLocation": {{"uri": "a"}}, "region": {region}}}"#);
        let location = one("", &format!(r#", "locations": [{{{at}}}]"#)).location.unwrap();
        assert_eq!((location.line, location.end_line, location.end_column), want, "{region}");
    }
}
