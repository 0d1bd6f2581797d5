use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::policy::{Requirement, Verdict};
use crate::report::Format;
use crate::report::sample::{Checks, HOSTILE, Sample, any_sample, large, sample, talkative};

/// An annotation, as the runner reads a line (actions/runner, `ActionCommand.cs`).
#[derive(Debug)]
struct Read {
    level: String,
    properties: HashMap<String, String>,
    message: String,
}

fn read(line: &str) -> Read {
    assert!(!line.contains("##[") && !line.to_lowercase().contains("##vso["), "{line}");
    assert_eq!(terminal(line), line, "nothing is hidden");
    let command = line.strip_prefix("::").expect("a command of ours");
    let (head, data) = command.split_once("::").expect("an end of the properties");
    let (level, properties) = head.split_once(' ').expect("properties");
    assert!(["error", "warning", "notice"].contains(&level), "{line}");
    let property = |text: &str| {
        let (name, value) = text.split_once('=').expect("a name and a value");
        let plain = value.replace("%3A", ":").replace("%2C", ",");
        (name.to_owned(), plain.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%"))
    };
    let properties: HashMap<String, String> = properties.split(',').map(property).collect();
    assert!(properties.keys().all(|name| ["file", "line", "title"].contains(&name.as_str())), "{line}");
    assert_eq!(properties.contains_key("file"), properties.contains_key("line"));
    assert!(data.encode_utf16().count() <= 4_096, "{} characters", data.len());
    let message = data.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
    assert!(!message.trim().is_empty());
    Read { level: level.to_owned(), properties, message }
}

fn check(sample: &Sample) -> Vec<Read> {
    let text = sample.written(Format::Github);
    assert!(text.is_empty() || text.ends_with('\n'));
    assert!(!text.contains('\r'));
    let read: Vec<Read> = text.lines().map(read).collect();
    let of = |level: &str| read.iter().filter(|one| one.level == level).count();
    assert!(of("error") <= SHOWN && of("warning") <= SHOWN && of("notice") <= 1, "{text}");
    let (is_violated, is_read) = sample.grounds();
    assert_eq!(of("error") > 0, is_violated || !is_read, "an error stands where the run does not pass: {text}");
    assert!(read.is_sorted_by_key(|one| ["error", "warning", "notice"].iter().position(|level| *level == one.level)));
    read
}

/// The sample, read completely.
fn complete() -> Sample {
    let mut sample = sample();
    sample.only.clear();
    sample.evaluation.evidence.retain(|evidence| evidence.coverage.state == State::Complete);
    sample
}

fn titles<'a>(read: &'a [Read], level: &str) -> Vec<&'a str> {
    read.iter().filter(|one| one.level == level).map(|one| one.properties["title"].as_str()).collect()
}

#[test]
fn a_finding_is_told_at_its_line_with_rule_fix_and_policy_line() {
    let sample = complete();
    let line = sample.written(Format::Github).lines().find(|line| line.contains("Prototype")).unwrap().to_owned();
    let want = "::error file=web/package-lock.json,line=11,title=findgate%3A thresholds.all.critical%2C \
                thresholds.sca.high (critical)::Prototype pollution in lodash%0A\
                violates thresholds.all.critical (3 found, 0 allowed; .findgate.yml:12), \
                thresholds.sca.high (2 found, 0 allowed; .findgate.yml:14)%0A\
                not waived: the waiver too-late expired on 2026-01-31 (.findgate/waivers.yml:15)%0A\
                lodash 4.17.20, CVE-2026-0001, GHSA-35jh-r3h4-6jhm, rules.check-1, CWE-79, CWE-1321 (Semgrep OSS)%0A\
                fix: upgrade to 4.17.21%0A\
                why, and the waiver to paste: findgate explain v1:00000001, with the options of this run";
    assert_eq!(line, want);
}

#[test]
fn what_was_not_read_comes_first() {
    let sample = sample();
    let read = check(&sample);
    let errors = titles(&read, "error");
    assert_eq!(errors[..2], ["findgate: appsecplus is stale", "findgate: mend is partial"]);
    assert_eq!(titles(&read, "warning")[0], "findgate: mayo failed");
    assert!(read[0].message.starts_with("appsecplus is stale: the newest scan is 9 days old"), "{read:#?}");
    assert_eq!(read[0].properties["file"], ".findgate.yml");
}

#[test]
fn an_undecided_run_has_an_error_although_nothing_was_found() {
    let mut sample = large(0, Checks::Few);
    sample.evaluation.verdict = Verdict::Undecided;
    sample.evaluation.evidence = self::sample().evaluation.evidence;
    sample.evaluation.evidence.retain(|evidence| evidence.requirement == Requirement::Required);
    assert_eq!(titles(&check(&sample), "error").len(), 2);
    sample.evaluation.evidence.clear();
    let read = check(&sample);
    assert_eq!(titles(&read, "error"), ["findgate: not read"]);
    assert_eq!(read[0].message, "no source was read, so nothing is proven");
}

#[test]
fn a_run_about_which_there_is_nothing_to_say_writes_nothing() {
    assert_eq!(large(0, Checks::Few).written(Format::Github), "");
    // What was left out on purpose is something to say.
    let mut sample = large(0, Checks::Few);
    sample.only = vec!["sarif".to_owned()];
    let read = check(&sample);
    assert_eq!((read.len(), read[0].message.as_str()), (1, "findgate: pass (0): only sarif was read"));
}

#[test]
fn the_worst_ten_are_shown_and_the_others_counted_in_one_notice() {
    let mut sample = large(60, Checks::Few);
    let mut warn = sample.evaluation.violations[0].clone();
    (warn.rule, warn.enforcement) = ("code-quality".to_owned(), Enforcement::Warn);
    sample.evaluation.violations.push(warn);
    for judged in sample.evaluation.findings.iter_mut().take(25) {
        (judged.disposition, judged.violations) = (Disposition::Warning, vec![1]);
    }
    let read = check(&sample.settle());
    assert_eq!((titles(&read, "error").len(), titles(&read, "warning").len()), (10, 10));
    // Of the 35 that violate, seven are critical, of the 25 that are warned of, five.
    let critical = |level: &str| titles(&read, level).iter().filter(|title| title.ends_with("(critical)")).count();
    assert_eq!((critical("error"), critical("warning")), (7, 5));
    let notice = read.last().unwrap();
    assert_eq!(notice.level, "notice");
    assert!(notice.message.starts_with("findgate: fail (1): thresholds.all.info\n"), "{}", notice.message);
    assert!(notice.message.contains("Not shown: 25 errors and 15 warnings; "), "{}", notice.message);
}

#[test]
fn a_rule_without_findings_is_told_at_its_line_before_any_finding() {
    let mut sample = large(60, Checks::Few);
    let mut unused = sample.evaluation.violations[0].clone();
    unused.rule = "waivers.unused".to_owned();
    unused.place.line = 33;
    unused.description = Some("No waiver without a finding; these match none: a.".to_owned());
    sample.evaluation.violations.push(unused);
    let read = check(&sample.settle());
    assert_eq!(read[0].properties["title"], "findgate: waivers.unused");
    assert_eq!((read[0].properties["file"].as_str(), read[0].properties["line"].as_str()), (".findgate.yml", "33"));
    assert!(read[0].message.starts_with("No waiver without a finding; these match none: a.\n"));
}

#[test]
fn a_policy_that_is_no_file_of_the_repository_is_not_named_as_one() {
    for origin in ["preset:recommended", "/etc/findgate.yml", "../policy.yml"] {
        let mut sample = sample();
        sample.policy_origin = origin.to_owned();
        assert!(!check(&sample)[0].properties.contains_key("file"), "{origin}");
    }
}

#[test]
fn a_finding_without_a_file_says_so() {
    let sample = complete();
    let read = check(&sample);
    let one = read.iter().find(|one| one.message.contains("\nno location\n")).expect("the finding");
    assert!(!one.properties.contains_key("file"), "{one:?}");
}

#[test]
fn no_text_becomes_a_command_or_a_property() {
    for text in HOSTILE.into_iter().chain(["%0A::error::x", "a,line=1::x", "%25", "x\r::error::y"]) {
        let mut sample = large(1, Checks::Few);
        let judged = &mut sample.evaluation.findings[0];
        judged.finding.title = text.into();
        judged.finding.location.as_mut().unwrap().path = text.into();
        sample.evaluation.violations[0].rule = text.to_owned();
        let written = sample.written(Format::Github);
        assert_eq!(written.lines().count(), 1, "{text:?}: {written}");
        let read = check(&sample);
        assert_eq!(read.len(), 1, "{text:?}");
        if !text.contains(char::is_control) && actions_safe(text) == text && text.trim() == text {
            assert!(read[0].message.starts_with(text), "{text:?} is read back: {:?}", read[0].message);
            assert_eq!(read[0].properties.get("file").map(String::as_str), anchor::relative(text));
        }
    }
}

#[test]
fn the_waiver_and_the_rule_are_told_however_long_the_rest_is() {
    let read = check(&talkative());
    let message = &read[0].message;
    let said = "\nnot waived: the waiver too-late expired on 2026-01-31 (.findgate/waivers.yml:15)\n";
    assert!(message.contains(said) && message.contains("\nunrated; counts as"), "{message}");
    assert!(message.contains("\nviolates rule rule"), "{message}");
}

#[test]
fn a_message_is_never_longer_than_github_shows() {
    let mut sample = large(1, Checks::OneEach);
    let finding = &mut sample.evaluation.findings[0].finding;
    finding.title = "%".repeat(9_000).into();
    finding.ids = (0..500).map(|number| format!("CVE-{number}%").into()).collect();
    finding.package.as_mut().unwrap().name = "😀%".repeat(3_000).into();
    finding.location.as_mut().unwrap().path = "%".repeat(9_000).into();
    let read = check(&sample);
    assert!(!read[0].properties.contains_key("file"), "no file has such a path");
    sample.evaluation.findings[0].finding.location.as_mut().unwrap().path = "%".repeat(4_096).into();
    assert_eq!(check(&sample)[0].properties["file"].len(), 4_096);
}

#[test]
fn of_a_hundred_thousand_findings_the_worst_ten_are_annotations() {
    let read = check(&large(100_000, Checks::OneEach));
    assert_eq!((titles(&read, "error").len(), read.len()), (10, 11));
    assert!(read[10].message.contains("\nNot shown: 99990 errors; "), "{}", read[10].message);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_was_found_every_line_is_a_command_of_ours(sample in any_sample()) {
        check(&sample);
    }
}
