use proptest::prelude::*;

use super::*;
use crate::exit::Status;
use crate::finding::State;
use crate::policy::Verdict;
use crate::report::sample::{Checks, Sample, any_sample, large, sample};
use crate::report::words::is_missing;
use crate::report::{ActionsSafe, Format};

/// The report as a log shows it: without styles, through the net that every target puts below it.
fn plain(sample: &Sample) -> String {
    let plain = anstream::adapter::strip_str(&sample.written(Format::Human)).to_string();
    let mut out = Vec::new();
    let mut net = ActionsSafe::new(&mut out);
    net.write_all(plain.as_bytes()).unwrap();
    net.finish().unwrap();
    String::from_utf8(out).unwrap()
}

fn wrapped_text(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    wrapped("  ", "    ", text, &mut out).unwrap();
    String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
}

/// What no line of a log may do: hide something, or be a command to the platform.
fn assert_harmless(report: &str) {
    for line in report.lines() {
        assert_eq!(terminal(line), line);
        assert_eq!(actions_safe(line), line);
    }
}

#[test]
fn the_verdict_comes_first_and_the_rules_that_decided_it_last() {
    let mut sample = sample();
    sample.only.clear();
    sample.evaluation.evidence.retain(|evidence| evidence.coverage.state == State::Complete);
    let report = plain(&sample);
    assert!(report.starts_with("FAIL  the policy is violated in 3 rules\n"), "{report}");
    let last = "\nfindgate: fail (1): thresholds.all.critical, thresholds.sca.high, known-exploited\n";
    assert!(report.ends_with(last), "{report}");
    sample.evaluation.violations.clear();
    sample.evaluation.verdict = Verdict::Pass;
    let report = plain(&sample);
    assert!(report.starts_with("PASS  the policy holds\n") && report.ends_with("\nfindgate: pass (0)\n"), "{report}");
}

#[test]
fn a_pass_of_what_only_names_is_not_called_a_policy_that_holds() {
    let mut sample = sample();
    sample.evaluation.verdict = Verdict::Pass;
    sample.evaluation.violations.clear();
    let report = plain(&sample);
    assert!(report.starts_with("PASS  no violation was seen, but only what --only names was read\n"), "{report}");
    assert!(sample.written(Format::Markdown).contains("\n## \u{26a0}\u{fe0f} PASS: no violation was seen, but only"));
    let page = sample.written(Format::Html);
    assert!(page.contains("<header class=\"warning\">") && !page.contains("No rule is violated"));
}

#[test]
fn a_violation_with_something_unread_says_both_at_the_top() {
    let sample = sample();
    assert!(sample.evaluation.evidence.iter().any(is_missing), "the sample holds a source that was not read");
    let report = plain(&sample);
    let head: Vec<&str> = report.lines().take(2).map(str::trim).collect();
    let want = "FAIL  the policy is violated in 3 rules, and not everything that is required was read";
    assert_eq!(head.join(" "), want);
}

#[test]
fn a_policy_that_holds_with_warnings_is_not_called_violated() {
    let mut sample = sample();
    sample.only.clear();
    sample.evaluation.verdict = Verdict::Pass;
    for judged in &mut sample.evaluation.findings {
        if judged.disposition == Disposition::Violation {
            judged.disposition = Disposition::Allowed;
        }
    }
    sample.evaluation.violations.retain(|violation| violation.enforcement == Enforcement::Warn);
    let report = plain(&sample);
    assert!(report.starts_with("PASS  the policy holds, with warnings of 1 rule\n"), "{report}");
    assert!(report.contains("\nwarnings\n") && !report.contains("\nviolated\n"), "{report}");
    assert!(!report.contains(" violates "), "{report}");
}

#[test]
fn every_outcome_is_shown_or_counted() {
    let report = plain(&sample());
    for part in [
        "Prototype pollution in lodash",
        "violates thresholds.all.critical, thresholds.sca.high",
        "warned of by code-quality",
        "(warns only)",
        "unrated; counts as",
        "not counted: 2 waived, 2 excused by their source",
        "no location",
        "only sarif and mend were read",
    ] {
        assert!(report.contains(part), "no {part:?}:\n{report}");
    }
    for evidence in &sample().evaluation.evidence {
        let source = &evidence.coverage.source;
        assert!(report.contains(&format!("\n  {source}  ")), "no {source}:\n{report}");
    }
    for waiver in &sample().evaluation.waivers {
        assert!(report.contains(&format!("\n  {}  ", waiver.id)), "no {}:\n{report}", waiver.id);
    }
}

#[test]
fn a_title_is_the_same_in_every_format_for_people() {
    let mut sample = sample();
    sample.evaluation.findings[0].finding.title = "Shell used.".into();
    for format in [Format::Human, Format::Markdown, Format::Junit, Format::Gitlab, Format::Github] {
        let report = sample.written(format);
        assert!(report.contains("Shell used") && !report.contains("Shell used."), "{report}");
    }
}

#[test]
fn what_must_be_fixed_comes_before_what_only_warns() {
    let report = plain(&sample());
    assert!(report.rfind(" violates ").unwrap() < report.find(" warned of by ").unwrap(), "{report}");
}

#[test]
fn at_most_fifty_findings_are_shown_and_the_rest_is_counted() {
    let report = plain(&large(120, Checks::Few));
    assert_eq!(report.lines().filter(|line| line.trim_start().starts_with("v1:")).count(), SHOWN);
    assert!(report.contains("  and 70 more findings; `--output json=findgate.json` holds them all\n"), "{report}");
}

#[test]
fn a_title_of_kilobytes_is_cut_and_its_end_is_marked() {
    let report = plain(&sample());
    let mut lines = report.lines().skip_while(|line| !line.contains("A title of five kilobytes."));
    let title: Vec<&str> = lines.by_ref().take_while(|line| line.contains("kilobytes") || line.contains('…')).collect();
    assert!(title.len() <= 5 && title.last().unwrap().ends_with('…'), "{title:#?}");
}

#[test]
fn hostile_text_is_escaped_and_never_begins_a_line() {
    let report = plain(&sample());
    assert_harmless(&report);
    let ours = [
        "FAIL  ",
        "  ",
        "violated",
        "findings",
        "not read",
        "waivers",
        "beside",
        "counted findings",
        "sources",
        "risk facts",
        "findgate: ",
    ];
    for line in report.lines().filter(|line| !line.is_empty()) {
        assert!(ours.iter().any(|ours| line.starts_with(ours)), "{line:?}");
    }
}

#[test]
fn no_line_is_wider_than_eighty_columns_unless_it_is_one_word() {
    let report = plain(&sample());
    let mut lines: Vec<&str> = report.lines().collect();
    // The last line is for searching, whatever it holds.
    lines.pop();
    for line in lines {
        // A heading of an entry is a name or a place, and those are not broken.
        let text = line.trim_start();
        let breakable = line.starts_with("     ") && text.contains(' ');
        assert!(line.width() <= WIDTH || !breakable, "{} columns: {line:?}", line.width());
    }
}

#[test]
fn text_is_wrapped_by_columns_and_not_by_characters() {
    let lines = wrapped_text(&"漢字".repeat(60));
    assert!(lines.len() > 2 && lines.iter().all(|line| line.width() <= WIDTH), "{lines:#?}");
    let lines = wrapped_text(&format!("first {} last", "x".repeat(100)));
    assert_eq!(lines, ["  first".to_owned(), format!("    {}", "x".repeat(100)), "    last".to_owned()]);
    assert_eq!(wrapped_text("a 漢字b c"), ["  a 漢字b c"]);
    assert_eq!(wrapped_text(""), ["  "]);
}

#[test]
fn numbers_and_nouns_agree() {
    assert_eq!(plural(0, "finding"), "0 findings");
    assert_eq!(plural(1, "vulnerability"), "1 vulnerability");
    assert_eq!(plural(2, "vulnerability"), "2 vulnerabilities");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_was_found_the_report_is_harmless_and_ends_with_the_verdict(sample in any_sample()) {
        let report = plain(&sample);
        assert_harmless(&report);
        let last = report.lines().last().unwrap();
        let verdict = sample.evaluation.verdict;
        let start = format!("findgate: {} ({})", verdict.name(), Status::from(verdict).number());
        prop_assert!(last.starts_with(&start), "{}", last);
    }
}
