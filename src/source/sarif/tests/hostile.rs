//! Broken, hostile and odd input: nothing is lost in silence, and nothing panics.

use proptest::prelude::*;

use super::super::config::{Settings, SeverityFrom};
use super::super::{account, files, path, read as reading};
use super::{document, read, results, selection};
use crate::finding::State;
use crate::progress::Progress;

const GOOD: &str = r#"{"message": {"text": "good"}}"#;

#[test]
fn a_bad_result_costs_itself_and_nothing_else() {
    for (bad, why) in [
        ("7", "no object"),
        ("null", "no object"),
        ("\"text\"", "no object"),
        ("[[\"R\"]]", "no object"),
        ("{}", "names no rule and has no message"),
        (r#"{"message": []}"#, "invalid type"),
        (r#"{"message": {"text": 3}}"#, "invalid type"),
        (r#"{"message": "m", "level": 3}"#, "invalid type"),
        (r#"{"message": "m", "kind": ["pass"]}"#, "invalid type"),
        (r#"{"message": "m", "suppressions": "all"}"#, "invalid type"),
        (r#"{"message": "m", "locations": {}}"#, "invalid type"),
        (r#"{"message": "m", "ruleIndex": true}"#, "invalid type"),
        (r#"{"message": "m", "ruleIndex": 1.5}"#, "1.5 is no integer"),
        (r#"{"message": "m", "level": "error", "level": "none"}"#, "duplicate field `level`"),
        (r#"{"message": "m", "kind": "fail", "kind": "pass"}"#, "duplicate field `kind`"),
        (r#"{"message": {"text": "a", "text": "b"}}"#, "duplicate field `text`"),
        (r#"{"message": "m", "properties": {"severity": "high", "severity": "low"}}"#, "duplicate property `severity`"),
        (r#"{"message": "lone \ud800 half"}"#, "hex escape"),
        (r#"{"message": "bad \x escape"}"#, "escape"),
        (r#"{"message": tru}"#, "expected"),
        (r#"{"message": "m" "level": "note"}"#, "expected"),
    ] {
        let collected = results("", &format!("{GOOD}, {bad} ,{GOOD}"));
        let coverage = &collected.coverage;
        assert_eq!(
            (collected.findings.len(), coverage.skipped, coverage.state),
            (2, 1, State::Partial),
            "{bad}: {coverage:?}"
        );
        let reason = &coverage.reasons[0];
        assert!(reason.contains(why) && reason.contains("result 2"), "{bad}: {reason}");
    }
}

#[test]
fn what_follows_a_broken_structure_is_said_to_be_lost() {
    let collected = results("", &format!(r#"{GOOD}, {{"message": ]}}, {GOOD}"#));
    assert_eq!((collected.findings.len(), collected.coverage.state), (1, State::Partial));
    assert!(collected.coverage.reasons[0].contains("what follows was not read"), "{:?}", collected.coverage.reasons);
    for (good, bad) in [("\"rules\": []", "\"rules\": {}"), ("\"tool\": {", "\"invocations\": {}, \"tool\": {")] {
        let collected = read(document("", GOOD).replace(good, bad));
        assert_eq!((collected.findings.len(), collected.coverage.state), (1, State::Partial), "{bad}");
        assert!(collected.coverage.reasons[0].contains("is no list"), "{:?}", collected.coverage.reasons);
    }
}

#[test]
fn a_reason_does_not_quote_what_was_in_the_file() {
    let collected =
        results("", r#"{"message": "m", "locations": [{"physicalLocation": {"region": {"snippet": "hunter2"}}}]}"#);
    assert_eq!(collected.coverage.skipped, 1);
    assert!(!format!("{:?}", collected.coverage).contains("hunter2"), "{:?}", collected.coverage.reasons);
}

#[test]
fn a_deep_result_is_skipped_and_a_deep_property_is_not_even_read() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let tags = results("", &format!(r#"{GOOD}, {{"message": "m", "properties": {{"cwe": {deep}}}}}, {GOOD}"#));
    assert_eq!((tags.findings.len(), tags.coverage.skipped), (2, 1));
    let ignored = results("", &format!(r#"{{"message": "m", "codeFlows": {deep}}}"#));
    assert_eq!(ignored.findings.len() as u64 + ignored.coverage.skipped, 1);
    let outside = read(document("", GOOD).replacen('{', &format!("{{\"x\": {deep},"), 1));
    assert_eq!((outside.findings.len(), outside.coverage.state), (1, State::Complete));
}

#[test]
fn many_bad_results_are_counted_and_the_first_are_shown() {
    let collected = results("", &vec!["7"; 1000].join(","));
    assert_eq!(collected.coverage.skipped, 1000);
    assert_eq!(
        collected.coverage.reasons,
        ["a.sarif: 1000 results could not be read (result 1: it is no object; result 2: it is no object; \
          result 3: it is no object; and so on)"]
    );
}

#[test]
fn slips_that_can_only_mean_one_thing_are_read() {
    for slip in [
        r#"{"ruleId": 17, "message": "m"}"#,
        r#"{"ruleId": "R", "ruleIndex": -1, "message": null}"#,
        r#"{"message": "m", "ruleIndex": "3"}"#,
        r#"{"message": "m", "locations": [{"physicalLocation": {"artifactLocation": {"uri": "a"}, "region": {"startLine": 3.0, "endLine": "4", "startColumn": -1}}}]}"#,
        r#"{"message": "m", "locations": null, "properties": [], "fingerprints": {"a": {"b": 1}}, "partialFingerprints": {"a": 1}, "codeFlows": 3}"#,
        r#"{"message": "m", "attachments": [1], "rank": "x", "graphs": {}, "unknown": [[]]}"#,
    ] {
        let collected = results("", slip);
        assert_eq!(
            (collected.findings.len(), collected.coverage.state),
            (1, State::Complete),
            "{slip}: {:?}",
            collected.coverage
        );
    }
}

#[test]
fn a_truncated_file_keeps_what_was_read() {
    let text = document("", &[GOOD; 10].join(",\n"));
    let start = text.find(GOOD).unwrap();
    for end in 0..text.len() {
        let collected = read(&text[..end]);
        let coverage = &collected.coverage;
        assert_ne!(coverage.state, State::Complete, "{}", &text[..end]);
        let whole = if end < start { 0 } else { text[..end].matches(GOOD).count() };
        assert_eq!(collected.findings.len(), whole, "{}", &text[..end]);
        assert_eq!(coverage.state == State::Failed, whole == 0, "{}", &text[..end]);
    }
    let cut = read(&text[..start + GOOD.len() + 9]);
    assert_eq!(cut.coverage.skipped, 1);
    assert!(cut.coverage.reasons[0].contains("line 2, column"), "{:?}", cut.coverage.reasons);
}

#[test]
fn what_stands_twice_is_never_less() {
    let run = |results: &str| format!(r#"{{"tool": {{"driver": {{"name": "T"}}}}, "results": [{results}]}}"#);
    let twice = read(format!(r#"{{"version": "2.1.0", "runs": [{}], "runs": []}}"#, run(GOOD)));
    assert_eq!((twice.findings.len(), twice.coverage.notes.len()), (1, 2), "{:?}", twice.coverage);
    let twice = read(document("", GOOD).replace("\"results\": [", "\"results\": [], \"results\": ["));
    assert_eq!(twice.findings.len(), 1);
    let twice = read(document("", GOOD).replace("\"tool\":", "\"tool\": {}, \"tool\":"));
    assert_eq!((twice.findings.len(), twice.coverage.state), (1, State::Partial));
    let escaped = read(document("", GOOD).replace("\"results\"", "\"re\\u0073ults\""));
    assert_eq!(escaped.findings.len(), 1);
}

#[test]
fn every_encoding_gives_the_same_findings() {
    let text = document("", r#"{"message": "prüfung 😀"}, {"message": "zwei"}"#);
    let utf16 = |big: bool, mark: bool| -> Vec<u8> {
        let mark = mark.then_some(0xfeff);
        let units = mark.into_iter().chain(text.encode_utf16());
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    let plain = read(&text);
    for bytes in [
        [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        utf16(true, true),
        utf16(true, false),
        utf16(false, true),
        utf16(false, false),
    ] {
        let collected = read(&bytes);
        assert_eq!(collected.findings, plain.findings);
        assert_eq!(collected.coverage, plain.coverage);
    }
}

#[test]
fn bytes_that_are_no_text_are_replaced_and_said() {
    let text = document("", &format!(r#"{GOOD}, {{"message": "caf{}"}}, {GOOD}"#, '\u{1}')).replace('\u{1}', "X");
    let bytes: Vec<u8> = text.bytes().map(|byte| if byte == b'X' { 0xe9 } else { byte }).collect();
    let collected = read(bytes);
    assert_eq!((collected.findings.len(), collected.coverage.state), (3, State::Complete));
    assert!(collected.findings.iter().any(|f| &*f.title == "caf\u{fffd}"));
    assert!(collected.coverage.notes.iter().any(|note| note.contains("1 result with bytes that are no UTF-8")));
}

#[test]
fn a_rule_that_cannot_be_read_is_said_and_keeps_its_number() {
    let collected = results(
        r#"{"id": []}, {"id": "B", "properties": {"security-severity": "9.9"}}"#,
        r#"{"ruleIndex": 1, "message": "m"}"#,
    );
    assert_eq!(collected.coverage.state, State::Partial);
    assert!(collected.coverage.reasons[0].contains("1 rules could not be read"));
    assert_eq!(collected.findings[0].check().map(|check| &**check), Some("B"));
}

#[test]
fn the_limit_of_results_counts_in_the_order_of_the_files() {
    let folder = tempfile::TempDir::new().unwrap();
    for name in ["a", "b", "c"] {
        std::fs::write(folder.path().join(format!("{name}.sarif")), document("", &[GOOD; 4].join(","))).unwrap();
    }
    let settings = Settings { name: "sarif".into(), files: vec![selection("*.sarif")], written: Vec::new() };
    let found = files::select(&settings.files, folder.path());
    let roots = path::Roots::new(folder.path());
    let read = reading::read_at_most(6, &settings, &found.files, &roots, &Progress::silent());
    assert_eq!(read.findings.len(), 6);
    let coverage = account::coverage("sarif".into(), Vec::new(), Vec::new(), read.files);
    assert_eq!((coverage.read, coverage.skipped, coverage.state), (6, 6, State::Partial));
    assert!(coverage.reasons[0].starts_with("b.sarif: the source holds more than 6 results"), "{:?}", coverage.reasons);
}

#[test]
fn many_chunks_and_threads_give_the_same_account() {
    let some: Vec<String> = (0..20_000)
        .map(|i| match i % 100 {
            7 => "7".to_owned(),
            8 => r#"{"message": "m", "kind": "pass"}"#.to_owned(),
            _ => format!(r#"{{"ruleId": "R{}", "message": {{"text": "message {i} {}"}}}}"#, i % 7, "x".repeat(60)),
        })
        .collect();
    let text = document("", &some.join(",\n"));
    assert!(text.len() > 2_000_000, "several chunks, several threads");
    let first = read(&text);
    assert_eq!((first.findings.len(), first.coverage.skipped), (19_600, 200));
    for _ in 0..3 {
        assert!(read(&text).findings == first.findings);
        assert_eq!(read(&text).coverage, first.coverage);
    }
}

/// Results of all sorts: good, no findings, broken but balanced.
fn any_result() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(GOOD.to_owned()),
        Just("7".to_owned()),
        Just(r#"{"message": {"text": 1}}"#.to_owned()),
        Just(r#"{"message": "m", "baselineState": "absent"}"#.to_owned()),
        Just("{]}".replace(']', "")),
        prop::sample::select(vec!["pass", "fail", "open", "review", "informational", "notApplicable", "other"])
            .prop_map(|kind| format!(r#"{{"message": "m", "kind": "{kind}"}}"#)),
        "[a-z\\\\\"{}\\[\\],:é ]{0,12}".prop_map(|text| format!(r#"{{"message": {}}}"#, serde_json::Value::from(text))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_without_panic_and_never_as_a_pass(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let collected = read(&bytes);
        prop_assert_ne!(collected.coverage.state, State::Complete);
        prop_assert!(!collected.coverage.reasons.is_empty());
    }

    #[test]
    fn any_change_of_a_good_file_is_read_without_panic(
        which in 0_usize..5,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..3), 1..12),
    ) {
        let mut bytes = [
            &include_bytes!("../fixtures/trivy.sarif")[..],
            include_bytes!("../fixtures/codeql.sarif"),
            include_bytes!("../fixtures/semgrep.sarif"),
            include_bytes!("../fixtures/spotbugs.sarif"),
            include_bytes!("../fixtures/osv-scanner.sarif"),
        ][which].to_vec();
        for (at, byte, what) in edits {
            let at = at.index(bytes.len());
            match what {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => { bytes.remove(at); }
            }
        }
        let collected = read(&bytes);
        prop_assert_eq!(collected.findings.len() as u64, collected.coverage.read);
        prop_assert_eq!(collected.coverage.state == State::Complete, collected.coverage.reasons.is_empty());
    }

    #[test]
    fn every_result_is_a_finding_or_counted(list in prop::collection::vec(any_result(), 0..40), late in any::<bool>()) {
        let tool = r#""tool": {"driver": {"name": "T"}}"#;
        let results = format!(r#""results": [{}]"#, list.join(" , "));
        let members = if late { format!("{results}, {tool}") } else { format!("{tool}, {results}") };
        let folder = tempfile::TempDir::new().unwrap();
        std::fs::write(folder.path().join("a.sarif"), format!(r#"{{"version": "2.1.0", "runs": [{{{members}}}]}}"#)).unwrap();
        let settings = Settings { name: "sarif".into(), files: vec![selection("a.sarif")], written: Vec::new() };
        let found = files::select(&settings.files, folder.path());
        let read = reading::read(&settings, &found.files, &path::Roots::new(folder.path()), &Progress::silent());
        prop_assert_eq!(read.files[0].runs[0].tally.results(), list.len() as u64);
        prop_assert_eq!(read.files[0].runs[0].tally.findings, read.findings.len() as u64);
    }

    #[test]
    fn any_severity_that_is_told_is_read_or_falls_through(word in "[A-Za-z0-9. -]{0,12}") {
        let text = document("", &format!(r#"{{"message": "m", "level": "error", "properties": {{"severity": "{word}"}}}}"#));
        let collected = super::read_with(text, |selection| selection.severity = SeverityFrom::Auto);
        prop_assert!(collected.findings[0].severity.is_some());
    }
}

#[test]
fn a_file_of_nothing_but_beginnings_is_read_in_bounded_memory() {
    let runs = read(format!(r#"{{"version": "2.1.0", "runs": [{}]}}"#, vec!["{}"; 100_000].join(",")));
    assert_eq!((runs.coverage.state, runs.coverage.scans.len()), (State::Failed, 10_000));
    assert!(runs.coverage.reasons.len() <= 1_000);
    let lists = vec![r#""results": [7]"#; 50_000].join(",");
    let lists = read(format!(r#"{{"version": "2.1.0", "runs": [{{{lists}}}]}}"#));
    assert_eq!(lists.coverage.skipped, 50_000);
    let extensions = read(
        document("", GOOD)
            .replace("{\"driver\"", &format!("{{\"extensions\": [{}], \"driver\"", vec!["{}"; 5_000].join(","))),
    );
    assert_eq!((extensions.findings.len(), extensions.coverage.state), (1, State::Partial));
}

#[test]
fn a_file_that_is_no_json_is_never_complete_wherever_it_is_broken() {
    let bad = r#"{"ruleId": "R", "level": "error", "message": "m"}"#;
    let tool = r#""tool": {"driver": {"name": "x"}}"#;
    for members in [
        // The bracket that is missing hides the results behind it.
        format!(r#""results": [], "graphs": [{{"a": 1}}, {{"x": 1}}, "results": [{bad}]}}"#),
        r#""results": [], "graphs": [1}"#.to_owned(),
        r#""results": [], "graphs": [nonsense, here]"#.to_owned(),
        r#""results": [], "invocations": nope"#.to_owned(),
        format!(r#""results": [], "re\xsults": [{bad}]"#),
        "\"results\": [], \"graphs\": \"a\nb\"".to_owned(),
    ] {
        let read = read(format!(r#"{{"version": "2.1.0", "runs": [{{{tool}, {members}}}]}}"#));
        assert_ne!(read.coverage.state, State::Complete, "{members}");
    }
}

#[test]
fn rules_that_stand_there_twice_leave_it_open_which_level_holds() {
    let rules = |level: &str| format!(r#""rules": [{{"id": "R", "defaultConfiguration": {{"level": "{level}"}}}}]"#);
    let (note, error) = (rules("note"), rules("error"));
    for tool in [
        format!(r#"{{"driver": {{"name": "x", {note}, {error}}}}}"#),
        format!(r#"{{"driver": {{"name": "x", {note}}}, "driver": {{"name": "x", {error}}}}}"#),
    ] {
        let results = r#"[{"ruleId": "R", "message": "m"}]"#;
        let read = read(format!(r#"{{"version": "2.1.0", "runs": [{{"tool": {tool}, "results": {results}}}]}}"#));
        assert_eq!(read.coverage.state, State::Partial, "{tool}");
    }
}

#[test]
fn bytes_that_were_lost_where_they_decide_make_it_incomplete() {
    let text = document("", r#"{"ruleId": "R", "level": "error", "kind": "fail", "message": "m"}"#);
    for (from, to) in
        [(&b"\"error\""[..], &b"\"err\xffor\""[..]), (b"\"level\"", b"\"lev\xffel\""), (b"\"fail\"", b"\"fa\xffil\"")]
    {
        let at = text.as_bytes().windows(from.len()).position(|window| window == from).unwrap();
        let mut bytes = text.clone().into_bytes();
        bytes.splice(at..at + from.len(), to.iter().copied());
        let read = read(bytes);
        assert_eq!((read.coverage.state, read.coverage.skipped), (State::Partial, 1), "{}", from.escape_ascii());
    }
    let mut units: Vec<u16> = text.encode_utf16().collect();
    let message = units.iter().rposition(|unit| *unit == u16::from(b'm')).unwrap();
    units[message] = 0xd800;
    let bytes: Vec<u8> = units.into_iter().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read(bytes).coverage.state, State::Partial);
}

#[test]
fn a_list_where_a_suppression_belongs_excuses_nothing() {
    let read = results("", r#"{"ruleId": "R", "message": "m", "suppressions": [[]]}"#);
    assert_eq!((read.coverage.skipped, read.findings.len()), (1, 0));
}

#[test]
fn texts_of_nothing_but_beginnings_are_read_in_time_that_grows_with_their_length() {
    let long = 1 << 20;
    let arguments = r#""arguments": ["x"]"#;
    for message in [
        format!(r#"{{"text": "{}"}}"#, "](".repeat(long)),
        format!(r#"{{"text": "{}"}}"#, "[](".repeat(long)),
        format!(r#"{{"text": "{}", {arguments}}}"#, "{".repeat(long)),
        format!(r#"{{"text": "{}", {arguments}}}"#, "{0".repeat(long)),
    ] {
        let read = results("", &format!(r#"{{"ruleId": "R", "message": {message}}}"#));
        assert_eq!((read.coverage.state, read.findings.len()), (State::Complete, 1));
    }
    let deep = results(r#"{"id": "R"}"#, &format!(r#"{{"ruleId": "{}", "message": "m"}}"#, "a/".repeat(long)));
    assert_eq!((deep.coverage.state, deep.coverage.skipped), (State::Partial, 1));
}

#[test]
fn a_rule_of_more_advisories_than_belong_together_is_not_kept() {
    let tags: Vec<String> = (10_000..11_000).map(|number| format!(r#""CVE-2021-{number}""#)).collect();
    let rule = format!(r#"{{"id": "R", "properties": {{"tags": [{}]}}}}"#, tags.join(","));
    assert_eq!(results(&rule, r#"{"ruleId": "R", "message": "m"}"#).coverage.state, State::Partial);
}
