mod shown;

use std::collections::BTreeSet;

use proptest::prelude::*;
use pulldown_cmark::HeadingLevel;

use self::shown::Shown;
use super::*;
use crate::comment::marker_of;
use crate::policy::{BesideRole, Counts, Disposition, Enforcement, Evaluation, Verdict};
use crate::report::escape::is_hidden;
use crate::report::sample::{Checks, HOSTILE, Sample, any_sample, large, sample};
use crate::report::words::links;
use crate::report::{Beside, Format};

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

const HEADINGS: [&str; 8] = [
    "Not read",
    "Violated rules",
    "Warnings of rules",
    "Findings",
    "Also to know",
    "Counted findings",
    "Waivers",
    "Beside",
];

/// What a comment on a pull request must not do, whatever was found.
fn assert_harmless(sample: &Sample, document: &str) {
    assert!(units(document) <= LIMIT, "{} units", units(document));
    assert!(marker_of(document).is_some(), "{document}");
    let shown = Shown::of(document);
    assert!(shown.foreign.is_empty(), "{:#?}", shown.foreign);
    assert_only_our_headings(&shown);
    let report = sample.report();
    let findings = || sample.evaluation.findings.iter().map(|judged| &judged.finding);
    let told = findings().flat_map(|f| f.links.iter().chain(f.sightings.iter().filter_map(|s| s.url.as_ref())));
    let told = told.filter_map(|link| https(link)).map(str::to_owned);
    let code = findings().filter_map(|finding| links::file(&report, finding.location.as_ref()?));
    let rules = sample.evaluation.violations.iter().filter_map(|one| links::policy(&report, &one.place));
    let ours: BTreeSet<String> = told.chain(code).chain(rules).collect();
    assert!(shown.links.is_subset(&ours), "{:#?}", shown.links.difference(&ours));
    for block in &shown.prose {
        assert_nobody_is_notified(block);
    }
    // A renderer mends rows that have too many cells or too few, so they are counted in the text.
    let rows: Vec<usize> = document.lines().filter(|line| line.starts_with('|')).map(bars).collect();
    let mut rendered = 0;
    for cells in &shown.tables {
        // A row of the text is the line below the heads.
        let lines = &rows[rendered..=rendered + cells.len()];
        assert!(lines.iter().all(|&bars| bars == cells[0] + 1), "{cells:?} {lines:?}");
        rendered += cells.len() + 1;
    }
    assert_eq!(rendered, rows.len(), "a row stands in no table");
    for line in document.lines() {
        assert!(!line.starts_with('/'), "GitLab would take it for a command: {line:?}");
    }
    assert_eq!(document.matches("<details>").count(), document.matches("\n</details>\n").count());
}

fn assert_only_our_headings(shown: &Shown) {
    let mut headings = shown.headings.iter().map(|&(level, block)| (level, shown.blocks[block].as_str()));
    let (level, verdict) = headings.next().expect("the verdict");
    let is_word = |word: &&str| verdict.contains(&format!(" {word}: "));
    assert!(level == HeadingLevel::H2 && ["PASS", "FAIL", "UNDECIDED"].iter().any(is_word), "{verdict}");
    for (level, text) in headings {
        assert!(level == HeadingLevel::H3 && HEADINGS.contains(&text), "{text:?}");
    }
}

/// The bars of a row that end a cell.
fn bars(row: &str) -> usize {
    let mut escaped = false;
    row.chars()
        .filter(|&c| {
            let ends = c == '|' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        })
        .count()
}

/// What GitHub and GitLab look for in rendered text, told independently of how the escape looks for it.
fn assert_nobody_is_notified(outside: &str) {
    let lower = outside.to_lowercase();
    for part in ["://", "www.", "mailto:"] {
        assert!(!lower.contains(part), "{part} in {outside:?}");
    }
    let chars: Vec<char> = outside.chars().collect();
    for pair in chars.windows(2) {
        let is_reference = "@#!%~&$^".contains(pair[0]) && (pair[1].is_alphanumeric() || pair[1] == '"');
        assert!(!is_reference, "{pair:?} in {outside:?}");
        assert!(!("[{".contains(pair[0]) && "+-".contains(pair[1])), "a difference in {outside:?}");
    }
    for four in lower.chars().collect::<Vec<char>>().windows(4) {
        assert!(!(four[..3] == ['g', 'h', '-'] && four[3].is_ascii_digit()), "an issue in {outside:?}");
    }
    let is_hash = |word: &str| word.len() >= 7 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(!outside.split(|c: char| !c.is_alphanumeric()).any(is_hash), "a commit in {outside:?}");
    assert!(!outside.contains(|c| is_hidden(c) && c != '\u{200b}' && c != '\n'), "{outside:?}");
}

#[test]
fn hostile_words_are_shown_and_do_nothing() {
    let mut sample = sample();
    assert_harmless(&sample, &sample.written(Format::Markdown));
    sample.evaluation.baseline = Some(crate::policy::Baseline::sample());
    for (judged, text) in sample.evaluation.findings.iter_mut().zip(HOSTILE.iter().cycle()) {
        let finding = &mut judged.finding;
        finding.ids = [(*text).into()].into();
        finding.sightings[0].tool = Some((*text).into());
        finding.sightings[0].check = Some((*text).into());
        if let Some(place) = &mut finding.location {
            place.path = (*text).into();
        }
    }
    for violation in &mut sample.evaluation.violations {
        violation.description = Some(HOSTILE[8].to_owned());
        violation.place.file = HOSTILE[8].into();
        violation.rule.push_str(HOSTILE[8]);
    }
    for waiver in &mut sample.evaluation.waivers {
        waiver.id = HOSTILE[8].to_owned();
        waiver.matches = HOSTILE[8].to_owned();
        waiver.owner = Some(HOSTILE[8].to_owned());
    }
    sample.policy.applied = Some(HOSTILE[8].to_owned());
    assert_harmless(&sample, &sample.written(Format::Markdown));
}

#[test]
fn the_verdict_comes_first_then_what_decided_then_what_was_not_read() {
    let document = sample().written(Format::Markdown);
    let lines: Vec<&str> = document.lines().take(5).collect();
    let verdict = "## ❌ FAIL: the policy is violated in 3 rules, and not everything that is required was read";
    let decided = "`findgate: fail (1): only sarif and mend were read, thresholds.all.critical, thresholds.sca.high, known-exploited`";
    assert_eq!(lines, ["<!-- findgate: payments-/--team -->", "", verdict, "", decided]);
    let at = |part: &str| document.find(part).unwrap_or_else(|| panic!("no {part:?}:\n{document}"));
    let order = [
        "\n### Not read",
        "`appsecplus` **stale, required**",
        "`mend` **partial, required**",
        "`mayo` failed, optional",
        "\n### Violated rules",
        "\n### Findings",
        "\n### Also to know",
        "\n### Counted findings",
        "\n### Waivers",
        "\n### Beside",
        "<summary>What was read",
        "<sub>policy",
    ];
    assert!(order.windows(2).all(|pair| at(pair[0]) < at(pair[1])), "{document}");
}

#[test]
fn a_policy_that_holds_is_not_called_violated_and_says_so_in_words() {
    let mut sample = large(0, Checks::Few);
    let document = sample.written(Format::Markdown);
    assert!(document.contains("\n## ✅ PASS: the policy holds\n\n`findgate: pass (0)`\n"), "{document}");
    assert!(!document.contains("Violated") && !document.contains("Waivers"), "{document}");
    sample.evaluation.evidence.clear();
    assert!(sample.written(Format::Markdown).contains("\n## ⚠️ PASS: no violation was seen, but no source"));
    sample.evaluation.verdict = Verdict::Undecided;
    assert!(sample.written(Format::Markdown).contains("\n## ⚠️ UNDECIDED: "));
}

/// White space and what nobody sees make no difference between two texts, nor does what is marked as code.
fn plain(text: &str) -> String {
    let visible: String = text.chars().filter(|&c| c == '\n' || c == '\r' || c == '\t' || !is_hidden(c)).collect();
    visible.replace(['`', '\u{85}', '\u{2028}'], " ").split_whitespace().collect::<Vec<_>>().join("")
}

#[test]
fn everything_that_the_report_at_a_terminal_tells_is_told_here() {
    let mut sample = sample();
    sample.evaluation.baseline = Some(crate::policy::Baseline::sample());
    let report = sample.report();
    let evaluation: &Evaluation = report.evaluation;
    let mut told: Vec<String> = Vec::new();
    let headline = words::headline(&report);
    let (verdict, why) = words::last_line(&report);
    told.extend([
        headline.word.to_owned(),
        headline.sentence,
        format!("findgate: {verdict}{why}"),
        words::policy(&report),
    ]);
    told.extend(words::project(&report));
    told.extend(words::only_read(report.only));
    told.extend(evaluation.baseline.iter().map(words::compared));
    told.extend(evaluation.baseline.iter().flat_map(|baseline| baseline.notes.clone()));
    told.extend(report.policy.applied.clone());
    for violation in &evaluation.violations {
        told.extend([violation.rule.clone(), format!("{}:{}", violation.place.file, violation.place.line)]);
        told.extend(violation.description.clone());
        told.extend(words::unknown(violation));
        if violation.enforcement == Enforcement::Warn {
            told.push("warns only".to_owned());
        }
    }
    for judged in words::shown(&report) {
        let finding = &judged.finding;
        // A long title is cut.
        told.push(finding.title.chars().take(100).collect());
        told.extend([words::place(finding), words::about(finding), finding.fingerprint.to_string()]);
        told.extend(words::unrated(judged));
        told.extend(words::fix(finding));
        told.push(words::ruled(&report, judged));
        told.push(judged.severity.to_string());
    }
    told.push(words::explain(&words::shown(&report)[0].finding));
    for (evidence, open) in evaluation.evidence.iter().zip(&evaluation.open) {
        let coverage = &evidence.coverage;
        told.extend([coverage.source.to_string(), words::evidence::missing(evidence)]);
        if evidence.coverage.state == crate::finding::State::Complete {
            told.pop();
        }
        told.extend(coverage.reasons.clone());
        told.extend(coverage.notes.iter().map(|note| format!("note: {note}")));
        told.extend(words::evidence::read(coverage, *open));
        told.extend(words::evidence::projects(coverage, 50));
        told.extend(coverage.scans.iter().map(words::evidence::scan));
    }
    for waiver in &evaluation.waivers {
        told.extend([waiver.id.clone(), words::waivers::outcome(&report, waiver).1, words::waivers::about(waiver)]);
        told.extend(waiver.because.clone());
    }
    for Beside { role, origin, result, .. } in report.beside {
        told.extend([words::beside::whose(*role).to_owned()]);
        match result {
            Ok(would) => {
                told.push(origin.clone());
                told.extend(would.unread.clone());
                told.extend(words::beside::differences(&report, would).into_iter().take(10));
            }
            Err(problem) => told.push(problem.clone()),
        }
        let after = if *role == BesideRole::Change { "after the merge" } else { "does not decide" };
        told.push(after.to_owned());
    }
    for (kind, Counts { critical, high, medium, low, info, unknown }) in
        evaluation.counts.iter().filter(|(_, counts)| *counts != Counts::default())
    {
        told.push(format!("\n{kind}\n{critical}\n{high}\n{medium}\n{low}\n{info}\n{unknown}"));
    }
    for disposition in [Disposition::Waived, Disposition::Excused] {
        told.push(format!("{} findings not counted: {}", evaluation.with(disposition).count(), disposition.name()));
    }
    told.extend(evaluation.unseen.clone());
    told.extend(evaluation.feeds.iter().map(words::evidence::feed));
    told.extend(evaluation.besides.clone());
    told.extend([report.policy_digest.to_owned(), env!("CARGO_PKG_VERSION").to_owned(), report.as_of.to_string()]);

    let document = sample.written(Format::Markdown);
    let shown = plain(&Shown::of(&document).blocks.join("\n"));
    for part in told {
        assert!(shown.contains(&plain(&part)), "no {part:?}:\n{document}");
    }
}

#[test]
fn a_fingerprint_can_be_copied_wherever_it_stands() {
    let document = sample().written(Format::Markdown);
    assert!(
        document.contains("\n  - `v1:00000002a5a5a5a5a5a5a5a5a5a5a5a5`: not seen, by it violation\n"),
        "{document}"
    );
    assert!(!document.contains("v1:\u{200b}"), "{document}");
}

#[test]
fn what_violates_can_be_waived_by_what_is_pasted() {
    let sample = sample();
    let document = sample.written(Format::Markdown);
    let report = sample.report();
    for judged in sample.evaluation.with(Disposition::Violation) {
        let entry = crate::policy_file::proposal(judged, &report.policy.waiver_rules, report.as_of);
        let fence = format!("\n\n```yaml\n{}\n```\n", entry.block(0, 2, "\n"));
        assert_eq!(document.matches(&fence).count(), 1, "{fence}");
    }
    for part in ["`findgate waive v1:", " --file PATH`", "Who answers for waivers here: team-payments."] {
        assert!(document.contains(part), "no {part}:\n{document}");
    }
}

#[test]
fn a_place_and_a_rule_link_to_the_platform_at_the_version_that_was_judged() {
    let mut sample = sample();
    let (commit, base) = ("0123456789abcdef0123456789abcdef01234567", "ba5e".repeat(10));
    let link = |shown: &str, commit: &str, path: &str| {
        format!("[`{shown}`](<https://github.com/acme/payments/blob/{commit}/{path}>)")
    };
    let document = sample.written(Format::Markdown);
    for part in [
        link("web/package-lock.json:11:5", commit, "web/package-lock.json#L11"),
        link("src/näme 漢字.rs", commit, "src/n%C3%A4me%20%E6%BC%A2%E5%AD%97.rs"),
        link(".findgate.yml:20", commit, ".findgate.yml#L20"),
    ] {
        assert!(document.contains(&part), "no {part}:\n{document}");
    }
    // What a change makes of the policy is at the head; what decided is not.
    let written = |sample: &Sample, shown: &str| {
        let report = Report { trust: "base", base: Some(&base), policy_shown: shown, ..sample.report() };
        let mut out = Vec::new();
        write(&report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let document = written(&sample, ".findgate.yml at base ba5eba5eba5e");
    assert!(document.contains(&link(".findgate.yml:20", &base, ".findgate.yml#L20")), "{document}");
    let document = written(&sample, ".findgate.yml (new in this change)");
    assert!(document.contains("<br>`.findgate.yml:20` |"), "{document}");
    for violation in &mut sample.evaluation.violations {
        violation.place.file = "preset:strict".into();
    }
    assert!(sample.written(Format::Markdown).contains("<br>`preset:strict:20` |"));
}

#[test]
fn a_link_refers_to_no_issue_and_no_commit_of_the_platform() {
    let mut sample = sample();
    let told = |sample: &mut Sample, links: &[&str]| {
        for judged in &mut sample.evaluation.findings {
            judged.finding.links = links.iter().map(|&link| link.into()).collect();
            judged.finding.sightings.clear();
        }
        let links = Shown::of(&sample.written(Format::Markdown)).links;
        links.into_iter().filter(|link| !link.contains("/blob/")).collect::<Vec<String>>()
    };
    let referring = [
        "https://github.com/acme/lib/issues/12",
        "https://github.com/acme/lib/pull/3#issuecomment-1",
        "https://github.com/acme/lib/discussions?x=1",
        "https://github.com/acme/lib/commit/0123456789abcdef",
        "https://gitlab.com/acme/lib/-/merge_requests/4",
        "https://gitlab.com/acme/lib/-/work_items/4",
    ];
    assert!(told(&mut sample, &referring).is_empty());
    let advisory = "https://github.com/advisories/GHSA-35jh-r3h4-6jhm";
    assert_eq!(told(&mut sample, &[&referring[..], &[advisory]].concat()), [advisory]);
    for link in ["http://plain.example/a", "javascript:alert(1)", "https://a.example/>(x)", "https://u:p@a.example/"] {
        assert!(told(&mut sample, &[link]).is_empty(), "{link}");
    }
}

#[test]
fn no_path_begins_a_line_so_none_is_a_command_to_gitlab() {
    let mut sample = sample();
    for judged in &mut sample.evaluation.findings {
        judged.finding.title = "".into();
        if let Some(place) = &mut judged.finding.location {
            place.path = "/close|x".into();
        }
    }
    assert_harmless(&sample, &sample.written(Format::Markdown));
}

#[test]
fn what_weakens_the_gate_stands_at_the_head() {
    let sample = sample();
    let bypasses = ["--exit-zero", "--only sarif", "--allow-host @team", "--trust worktree"].map(str::to_owned);
    let head = |sample: &Sample| {
        let mut out = Vec::new();
        write(&Report { bypasses: &bypasses, ..sample.report() }, &mut out).unwrap();
        String::from_utf8(out).unwrap().split("\n### ").next().unwrap().to_owned()
    };
    let told = head(&sample);
    assert!(told.contains("- **weakened on the command line:** `--allow-host @team; --trust worktree`\n"), "{told}");
    // Each has its own sentence.
    assert!(told.contains("- **only sarif and mend were read**, because of `--only`\n"), "{told}");
    assert!(told.contains("- **the violation does not fail this run**, because of `--exit-zero`\n"), "{told}");
    let mut holds = self::sample();
    holds.evaluation.verdict = crate::policy::Verdict::Pass;
    assert!(!head(&holds).contains("--exit-zero"), "without a violation it weakens nothing");
    assert!(!sample.written(Format::Markdown).contains("weakened"));
}

#[test]
fn at_most_fifty_findings_are_shown_and_the_rest_is_counted() {
    let document = large(120, Checks::Few).written(Format::Markdown);
    let rows = document.lines().filter(|line| line.contains("<br><sub>`v1:")).count();
    assert!((30..=SHOWN).contains(&rows), "{rows}");
    let rest = format!("\nand {} more findings; `--output json=findgate.json` holds them all\n", 120 - rows);
    assert!(document.contains(&rest), "no {rest}:\n{document}");
}

#[test]
fn the_first_line_names_the_policy_and_cannot_end_before_its_end() {
    let mut sample = sample();
    let mut first = |name: Option<&str>, origin: &str| {
        sample.policy.name = name.map(str::to_owned);
        sample.policy_origin = origin.to_owned();
        sample.written(Format::Markdown).lines().next().unwrap().to_owned()
    };
    assert_eq!(first(None, "preset:recommended"), "<!-- findgate: preset-recommended -->");
    assert_eq!(first(Some(""), "a/b.yml"), "<!-- findgate: a/b.yml -->");
    assert_eq!(first(Some("x --> <b>\n漢"), "a"), "<!-- findgate: x------b--- -->");
    assert_eq!(first(Some(&"n".repeat(300)), "a"), format!("<!-- findgate: {} -->", "n".repeat(100)));
    assert_eq!(marker_of("<!-- findgate: a/b -->\r\nrest"), Some("<!-- findgate: a/b -->"));
    for other in ["", "\n<!-- findgate: a -->", "<!-- findgate: a b -->", "<!-- findgate:  -->", "<!-- other: a -->"] {
        assert_eq!(marker_of(other), None, "{other:?}");
    }
}

/// As much of everything as nobody has.
fn swollen(mut sample: Sample, text: &str) -> Sample {
    let long = text.repeat(1 + 1_000 / text.len().max(1));
    let evaluation = &mut sample.evaluation;
    let some = |all: &[String]| (0..60).map(|at| format!("{at} {long} {all:?}")).collect::<Vec<String>>();
    evaluation.besides = some(&[]);
    evaluation.unseen = Some(long.clone());
    for evidence in &mut evaluation.evidence {
        let coverage = &mut evidence.coverage;
        coverage.reasons = some(&coverage.reasons);
        coverage.notes = some(&[]);
        coverage.projects = vec![long.clone().into(); 60];
        coverage.scans = coverage.scans.iter().cycle().take(100).cloned().collect();
    }
    evaluation.evidence = evaluation.evidence.iter().cycle().take(40).cloned().collect();
    evaluation.open = vec![7; 40];
    evaluation.feeds = evaluation.feeds.iter().cycle().take(100).cloned().collect();
    for waiver in &mut evaluation.waivers {
        waiver.matches.clone_from(&long);
        waiver.id.clone_from(&long);
        waiver.because = Some(long.clone());
    }
    evaluation.waivers = evaluation.waivers.iter().cycle().take(200).cloned().collect();
    for violation in &mut evaluation.violations {
        violation.rule.clone_from(&long);
        violation.description = Some(long.clone());
    }
    evaluation.violations = evaluation.violations.iter().cycle().take(100).cloned().collect();
    for judged in &mut evaluation.findings {
        judged.finding.title = long.clone().into();
        judged.finding.ids = vec![long.clone().into(); 30].into();
        judged.finding.fixed_in = vec![long.clone().into(); 30].into();
    }
    if let Some(baseline) = &mut evaluation.baseline {
        baseline.file.clone_from(&long);
        baseline.notes = some(&[]);
    }
    sample.policy.applied = Some(long.clone());
    sample.policy_origin = long.clone();
    sample.project.branch = Some(long.clone());
    sample.only = vec![long.clone(); 20];
    for beside in &mut sample.beside {
        beside.origin.clone_from(&long);
        if let Ok(would) = &mut beside.result {
            would.unread = some(&[]);
        }
    }
    sample.beside = sample.beside.iter().cycle().take(30).cloned().collect();
    sample
}

#[test]
fn a_hundred_thousand_findings_fit_and_what_is_left_out_is_said() {
    let sample = large(100_000, Checks::OneEach);
    let document = sample.written(Format::Markdown);
    assert_harmless(&sample, &document);
    let rows = document.lines().filter(|line| line.contains("<br><sub>`v1:")).count();
    assert!(document.contains(&format!("\nand {} more findings; ", 100_000 - rows)), "{document}");
    assert!(document.ends_with("</sub>\n"), "{document}");
}

#[test]
fn every_part_is_there_and_says_what_it_leaves_out_however_much_there_is_of_everything() {
    for text in HOSTILE {
        let sample = swollen(sample(), text);
        let document = sample.written(Format::Markdown);
        assert_harmless(&sample, &document);
        assert!(units(&document) > LIMIT / 2, "{} units", units(&document));
        for heading in
            ["Not read", "Violated rules", "Findings", "Also to know", "Counted findings", "Waivers", "Beside"]
        {
            let part = document.split(&format!("\n### {heading}\n")).nth(1).unwrap_or_else(|| panic!("no {heading}"));
            let part = part.split("\n### ").next().unwrap();
            assert!(
                part.contains("--output json=") || ["Findings", "Counted findings"].contains(&heading),
                "{heading} is silent:\n{part}"
            );
        }
        assert!(document.contains("<summary>What was read") && document.ends_with("</sub>\n"), "{document}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_was_found_the_document_fits_into_a_comment_and_does_nothing(
        sample in any_sample(), text in crate::report::sample::hostile_text(), much in any::<bool>(),
    ) {
        let sample = if much { swollen(sample, &text) } else { sample };
        assert_harmless(&sample, &sample.written(Format::Markdown));
    }
}
