use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::finding::Severity;
use crate::policy::Verdict;
use crate::report::Format;
use crate::report::sample::{Checks, Sample, any_sample, large, sample};

/// GitLab's limit of a report.
const LARGEST: usize = 30_000_000;

/// An element, as a parser that forgives nothing reads it.
#[derive(Clone, Debug, Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Element>,
    text: String,
}

impl Element {
    fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }

    fn find(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str) -> usize {
        self.get(name).parse().unwrap()
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    fn suite(&self, name: &str) -> &Element {
        self.all("testsuite").find(|suite| suite.get("name") == name).unwrap_or_else(|| panic!("no suite {name}"))
    }

    /// The cases that ended so.
    fn ended(&self, how: &str) -> Vec<&Element> {
        let cases = self.children.iter().flat_map(|suite| suite.all("testcase"));
        cases.filter(|case| case.all(how).next().is_some()).collect()
    }

    /// Whether all cases of this suite ended so.
    fn all_ended(&self, how: &str) -> bool {
        self.all("testcase").all(|case| case.all(how).next().is_some())
    }

    fn said(&self) -> &str {
        self.all("system-out").next().map_or("", |element| &element.text)
    }
}

fn parse(document: &str) -> Element {
    let may_stand =
        |c| matches!(c, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}');
    assert!(document.chars().all(may_stand), "XML 1.0 cannot hold this");
    let body = document.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").expect("a declaration");
    let (root, rest) = element(body);
    assert_eq!(rest, "\n");
    root
}

fn element(text: &str) -> (Element, &str) {
    let text = text.strip_prefix('<').expect("an element");
    let (tag, mut rest) = text.split_once('>').expect("the end of a tag");
    let (tag, is_empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
    let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
    let mut element = Element { name: name.to_owned(), ..Element::default() };
    while !attributes.is_empty() {
        let (name, after) = attributes.split_once("=\"").expect("a value in quotes");
        let (value, after) = after.split_once('"').expect("the other quote");
        assert!(!value.contains(['<', '\n', '\t']), "{value:?}");
        element.attributes.push((name.to_owned(), read_back(value)));
        attributes = after.strip_prefix(' ').unwrap_or(after);
    }
    if is_empty {
        return (element, rest);
    }
    loop {
        let (before, after) = rest.split_once('<').expect("an end");
        element.text.push_str(&read_back(before));
        if let Some(end) = after.strip_prefix('/') {
            rest = end.strip_prefix(name).and_then(|end| end.strip_prefix('>')).expect("the end of what was begun");
            break;
        }
        let (child, after) = self::element(&rest[before.len()..]);
        element.children.push(child);
        rest = after;
    }
    (element, rest)
}

fn read_back(text: &str) -> String {
    let known = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#35;", "#"), ("&#10;", "\n"), ("&#9;", "\t")];
    let mut plain = text.to_owned();
    for (entity, c) in known {
        plain = plain.replace(entity, c);
    }
    assert_eq!(plain.matches('&').count(), plain.matches("&amp;").count(), "{text}");
    plain.replace("&amp;", "&")
}

/// What the strict schema says, what GitLab wants, and that the document agrees with itself.
fn check(sample: &Sample) -> Element {
    let document = sample.written(Format::Junit);
    assert!(document.len() < LARGEST, "{} bytes", document.len());
    for line in document.lines() {
        assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{line}");
    }
    let root = parse(&document);
    assert_eq!(root.name, "testsuites");
    let known = |element: &Element, names: &[&str]| {
        element
            .attributes
            .iter()
            .for_each(|(name, _)| assert!(names.contains(&name.as_str()), "{name} in {element:?}"));
    };
    known(&root, &["name", "time", "tests", "failures", "disabled", "errors"]);
    let mut suites = BTreeSet::new();
    let mut cases = 0;
    for suite in &root.children {
        assert_eq!(suite.name, "testsuite");
        assert!(suites.insert(suite.get("name")), "{} is there twice", suite.get("name"));
        known(suite, &["name", "tests", "failures", "errors", "time", "skipped", "timestamp"]);
        let names = suite.children.iter().map(|child| child.name.as_str()).collect::<Vec<_>>();
        assert!(names.iter().rev().skip(1).all(|name| *name == "testcase"), "{names:?}");
        assert!(matches!(names.last(), Some(&"testcase" | &"system-out")), "{names:?}");
        let mut unique = BTreeSet::new();
        for case in suite.all("testcase") {
            known(case, &["name", "time", "classname", "file"]);
            assert!(unique.insert(case.get("name")), "{} is there twice", case.get("name"));
            assert!(case.children.len() <= 1);
            for child in &case.children {
                match child.name.as_str() {
                    "skipped" => known(child, &[]),
                    "failure" | "error" => {
                        known(child, &["type", "message"]);
                        assert!(!child.get("message").is_empty());
                    }
                    other => panic!("{other} in a case"),
                }
            }
            cases += 1;
        }
        assert!(!unique.is_empty(), "an empty suite");
        let is_cut = suite.said().contains(" not in it; ");
        assert!(is_cut || suite.number("tests") == unique.len(), "{}", suite.get("name"));
    }
    assert!(cases > 0);
    let (is_violated, is_read) = sample.grounds();
    assert_eq!((!root.ended("failure").is_empty(), root.ended("error").is_empty()), (is_violated, is_read));
    assert_eq!((root.number("failures") > 0, root.number("errors") == 0), (is_violated, is_read));
    for total in ["tests", "failures", "errors"] {
        let sum: usize = root.children.iter().map(|suite| suite.number(total)).sum();
        assert_eq!(root.number(total), sum, "{total}");
    }
    root
}

/// The sample without what was not read.
fn complete() -> Sample {
    let mut sample = sample();
    sample.evaluation.evidence.retain(|evidence| evidence.coverage.state == State::Complete);
    sample
}

/// The sample, in which only the rule that warns is violated.
fn warned() -> Sample {
    let mut sample = complete();
    sample.evaluation.verdict = Verdict::Pass;
    for judged in &mut sample.evaluation.findings {
        if judged.disposition == Disposition::Violation {
            (judged.disposition, judged.violations) = (Disposition::Allowed, Vec::new());
        }
        judged.violations.iter_mut().for_each(|violation| *violation = 0);
    }
    sample.evaluation.violations.retain(|violation| violation.enforcement == Enforcement::Warn);
    sample.settle()
}

#[test]
fn every_rule_source_and_waived_finding_is_a_case() {
    let sample = sample();
    let root = check(&sample);
    for rule in &sample.evaluation.limits {
        let suite = root.suite(&format!("policy: {rule}"));
        assert!(suite.all("testcase").all(|case| case.get("classname") == rule));
    }
    let suite = root.suite("policy: thresholds.all.critical");
    assert_eq!(suite.number("failures"), sample.evaluation.violations[0].findings.len());
    assert_eq!(suite.number("tests"), suite.number("failures"));
    let evidence = root.suite("evidence");
    let names: Vec<&str> = evidence.all("testcase").map(|case| case.get("name")).collect();
    assert_eq!(names, ["appsecplus", "mayo", "mend", "sarif", "sources that --only leaves out"]);
    assert_eq!((evidence.number("errors"), evidence.number("skipped")), (2, 2));
    assert_eq!(root.suite("waivers").number("skipped"), 2);
}

#[test]
fn a_failure_tells_rule_place_fix_and_the_waiver_to_paste() {
    let root = check(&sample());
    let suite = root.suite("policy: thresholds.all.critical");
    let case = suite.all("testcase").find(|case| case.get("name").starts_with("CVE-2026-0001 lodash ")).unwrap();
    assert_eq!(case.get("file"), "web/package-lock.json");
    let failure = &case.children[0];
    assert_eq!(failure.get("type"), "critical");
    assert_eq!(
        failure.get("message"),
        "web/package-lock.json:11:5: Prototype pollution in lodash; fix: upgrade to 4.17.21"
    );
    for part in [
        "critical at web/package-lock.json:11:5\n",
        "violates thresholds.all.critical (3 found, 0 allowed; .findgate.yml:12), \
         thresholds.sca.high (2 found, 0 allowed; .findgate.yml:14)\n",
        "not waived: the waiver too-late expired on 2026-01-31 (.findgate/waivers.yml:15)\n",
        "why: findgate explain v1:00000001, with",
        "  - id: cve-2026-0001-000000\n    match: {fingerprint: \"v1:00000001",
    ] {
        assert!(failure.text.contains(part), "no {part:?} in\n{}", failure.text);
    }
}

#[test]
fn what_has_no_location_is_not_at_it() {
    let document = sample().written(Format::Junit);
    assert!(document.contains(", no location") && !document.contains(" at no location"), "{document}");
}

#[test]
fn there_is_a_failure_only_where_the_policy_is_violated() {
    let root = check(&warned());
    assert_eq!((root.number("failures"), root.number("errors")), (0, 0));
    let suite = root.suite("policy: code-quality");
    assert_eq!(suite.number("skipped"), 3);
    assert!(suite.all("testcase").all(|case| case.children[0].text.starts_with("warns only: ")));
    // The others hold: they were read, and nobody is asked to look.
    let held = root.suite("policy: thresholds.sca.high");
    assert!(held.all("testcase").all(|case| case.children.is_empty() && case.get("name") == "thresholds.sca.high"));
}

#[test]
fn a_rule_holds_only_where_everything_required_was_read() {
    let mut sample = warned();
    sample.evaluation.verdict = Verdict::Undecided;
    sample.evaluation.evidence = self::sample().evaluation.evidence;
    let root = check(&sample);
    assert_eq!((root.number("failures"), root.ended("error").len()), (0, 2));
    let case = root.suite("policy: thresholds.sca.high").all("testcase").next().unwrap();
    let why = "not decided, for appsecplus is stale: the newest scan is 9 days old, 7 are allowed";
    assert_eq!(case.children[0].text, why);
    // A limit that asks for what is new, where the baseline was optional.
    let mut sample = warned();
    sample.evaluation.undecided = vec!["thresholds.sca.high".to_owned()];
    let root = check(&sample);
    let case = root.suite("policy: thresholds.sca.high").all("testcase").next().unwrap();
    assert_eq!(case.children[0].text, "not decided without the baseline");
}

#[test]
fn a_run_without_any_evidence_has_an_error() {
    let mut sample = warned();
    sample.evaluation.evidence.clear();
    sample.evaluation.verdict = Verdict::Undecided;
    let root = check(&sample.settle());
    assert_eq!((root.number("errors"), root.number("failures")), (1, 0));
    assert!(root.suite("policy: thresholds.sca.high").all_ended("skipped"));
}

#[test]
fn a_pass_has_a_case_for_each_rule_and_source() {
    let root = check(&large(0, Checks::Few));
    assert_eq!((root.number("failures"), root.number("errors")), (0, 0));
    assert_eq!(root.number("tests"), 5 + root.suite("evidence").number("tests"));
}

#[test]
fn a_rule_that_counts_no_finding_is_a_case_itself() {
    let mut sample = complete();
    let mut unused = sample.evaluation.violations[2].clone();
    unused.rule = "waivers.unused".to_owned();
    unused.description = Some("No waiver without a finding; these match none: nothing.".to_owned());
    sample.evaluation.violations.push(unused);
    let sample = sample.settle();
    let root = check(&sample);
    let case = root.suite("policy: waivers.unused").all("testcase").next().unwrap();
    assert_eq!(case.get("name"), "waivers.unused");
    assert_eq!(case.children[0].get("message"), "No waiver without a finding; these match none: nothing.");
}

#[test]
fn a_line_that_moves_changes_no_name() {
    let names = |sample: &Sample| {
        let root = check(sample);
        let cases = root.children.iter().flat_map(|suite| suite.all("testcase"));
        cases.map(|case| case.get("name").to_owned()).collect::<BTreeSet<_>>()
    };
    let mut moved = sample();
    for judged in &mut moved.evaluation.findings {
        if let Some(location) = &mut judged.finding.location {
            location.line = location.line.map(|line| line + 100);
        }
    }
    assert_eq!(names(&sample()), names(&moved));
}

#[test]
fn what_is_beyond_the_limit_is_cut_worst_first_and_counted() {
    let sample = large(12_000, Checks::Few);
    let root = check(&sample);
    let suite = root.suite("policy: thresholds.all.info");
    assert_eq!((root.number("failures"), suite.number("tests")), (12_000, 12_000));
    let cases: Vec<&Element> = suite.all("testcase").collect();
    assert_eq!(cases.len(), CASES + 1);
    let of = |kind: &str| cases.iter().filter(|case| case.children[0].get("type") == kind).count();
    // A fifth of 12,000 are critical, as many high; the rest of the room is for medium ones.
    assert_eq!([of("critical"), of("high"), of("medium"), of("low")], [2_400, 2_400, 200, 0]);
    let cut = "7000 of 12000 findings are not in it; it holds the worst, because platforms refuse larger reports";
    let last = cases.last().unwrap();
    assert_eq!((last.get("name"), last.children[0].get("message")), ("findings that have no case", cut));
    assert!(suite.said().ends_with(cut), "{}", suite.said());
    assert_eq!(shortened(&sample.report()).as_deref(), Some(cut));
    assert_eq!(shortened(&self::sample().report()), None);
}

#[test]
fn of_a_hundred_thousand_findings_the_worst_have_cases() {
    let root = check(&large(100_000, Checks::OneEach));
    let suite = root.suite("policy: thresholds.all.info");
    assert_eq!((root.number("failures"), suite.number("tests")), (100_000, 100_000));
    let failures = root.ended("failure");
    assert_eq!(failures.len(), CASES + 1);
    assert!(failures[..CASES].iter().all(|case| case.children[0].get("type") == "critical"));
    assert!(failures[CASES].children[0].get("message").starts_with("95000 of 100000 findings are not in it"));
}

#[test]
fn what_holds_beside_the_verdict_is_told_in_the_first_suite() {
    let mut sample = sample();
    sample.evaluation.baseline = Some(crate::policy::Baseline::sample());
    let root = check(&sample);
    let said = root.suite("evidence").said();
    assert!(said.starts_with("findgate: fail (1): only sarif and mend were read, thresholds.all.critical"), "{said}");
    for part in
        ["\npolicy .findgate.yml", "\nwith overrides at .findgate.yml:30", "\nbaseline ", "; it does not decide"]
    {
        assert!(said.contains(part), "no {part:?} in\n{said}");
    }
}

#[test]
fn waived_findings_get_what_room_is_left() {
    let mut sample = large(6_000, Checks::Few);
    for judged in &mut sample.evaluation.findings {
        (judged.disposition, judged.violations, judged.waiver) = (Disposition::Waived, Vec::new(), None);
    }
    sample.evaluation.violations.clear();
    sample.evaluation.verdict = Verdict::Pass;
    let sample = sample.settle();
    let root = check(&sample);
    let suite = root.suite("waivers");
    assert_eq!((suite.number("tests"), suite.all("testcase").count()), (6_000, CASES));
    assert!(suite.said().starts_with("1000 of 6000 findings are not in it"), "{}", suite.said());
}

#[test]
fn whatever_is_in_the_texts_the_document_is_never_too_large() {
    // What takes most room: a quote is six bytes.
    let mut sample = large(CASES as u32 + 10, Checks::OneEach);
    for judged in &mut sample.evaluation.findings {
        judged.finding.title = "\"".repeat(3_000).into();
        judged.finding.location.as_mut().unwrap().path = "\"&".repeat(1_000).into();
        judged.finding.package.as_mut().unwrap().name = "\u{202e}".repeat(1_000).into();
    }
    check(&sample);
}

#[test]
fn styles_of_a_terminal_are_gone_and_what_is_hidden_is_seen() {
    let mut sample = sample();
    let finding = &mut sample.evaluation.findings[0].finding;
    finding.title = "\u{1b}[1;31mred\u{1b}[0m and \u{fffe}\u{0} and \u{202e}".into();
    let document = sample.written(Format::Junit);
    assert!(document.contains("red and \\u{fffe}\\u{0} and \\u{202e}; fix"), "{document}");
}

#[test]
fn no_text_names_a_file_that_a_platform_would_attach() {
    let text = "[\u{1b}[0m[[ATTACHMENT|/etc/passwd]]";
    let mut sample = sample();
    sample.evaluation.warnings.insert(0, text.to_owned());
    sample.evaluation.evidence[2].coverage.reasons.insert(0, text.to_owned());
    sample.evaluation.findings[0].finding.title = text.into();
    let document = sample.written(Format::Junit);
    assert!(document.contains("[ [ATTACHMENT|/etc/passwd]]") && !document.contains("[[ATTACHMENT"), "{document}");
}

#[test]
fn the_time_is_the_one_that_was_judged() {
    let root = check(&sample());
    for suite in &root.children {
        assert_eq!((suite.get("time"), suite.get("timestamp")), ("0", "2026-11-21T10:00:00"));
    }
}

#[test]
fn a_finding_is_worse_the_sooner_it_stands() {
    let root = check(&large(50, Checks::Few));
    let kinds: Vec<&str> = root.ended("failure").iter().map(|case| case.children[0].get("type")).collect();
    let rank = |kind: &str| Severity::WORST_FIRST.iter().position(|severity| severity.name() == kind);
    assert!(kinds.is_sorted_by_key(|kind| rank(kind)), "{kinds:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_was_found_the_document_fits_the_schema(sample in any_sample()) {
        check(&sample);
    }
}
