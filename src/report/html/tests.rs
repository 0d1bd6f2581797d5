mod parsed;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::plots::SERIES;
use super::*;
use crate::policy::{Disposition, Verdict};
use crate::policy_file::proposal;
use crate::report::Format;
use crate::report::escape::{is_hidden, shorten, terminal};
use crate::report::sample::{Checks, HOSTILE, Sample, any_sample, large, sample};
use crate::report::words;
use parsed::{Element, elements};

fn read(sample: &Sample) -> Vec<Element> {
    elements(&sample.written(Format::Html))
}

fn named<'a>(elements: &'a [Element], name: &str) -> Vec<&'a Element> {
    elements.iter().filter(|element| element.name == name).collect()
}

fn with_id<'a>(elements: &'a [Element], id: &str) -> &'a Element {
    elements.iter().find(|element| element.get("id") == id).unwrap_or_else(|| panic!("nothing has the id {id}"))
}

/// Text as it is compared: one space between words.
fn flat(text: &str) -> String {
    terminal(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where the links in a finding lead.
fn article_links<'a>(page: &'a [Element], fingerprint: &str) -> Vec<&'a str> {
    let within = page.iter().skip_while(|element| element.get("id") != fingerprint).skip(1);
    let within = within.take_while(|element| element.name != "article" && element.name != "section");
    within.filter(|element| element.name == "a").map(|element| element.get("href")).collect()
}

fn text_of(elements: &[Element]) -> String {
    flat(&named(elements, "body")[0].text)
}

/// What every page keeps, whatever was found.
fn assert_sound(page: &str) {
    assert!(page.chars().all(|c| c == '\n' || !is_hidden(c)), "something hidden is in it");
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("<style").count(), 1);
    let elements = elements(page);
    assert_eq!(named(&elements, "script")[0].text, SCRIPT);
    let mut ids = BTreeSet::new();
    for element in elements.iter().filter(|element| element.attributes.contains_key("id")) {
        assert!(ids.insert(element.get("id")), "the id {} is there twice", element.get("id"));
    }
    for element in &elements {
        for (attribute, value) in &element.attributes {
            assert!(!attribute.starts_with("on") && attribute != "style" && attribute != "src", "{element:?}");
            if attribute == "href" {
                let is_within = value.strip_prefix('#').is_some_and(|id| ids.contains(id));
                assert!(is_within || words::links::https(value).is_some(), "a link to {value:?}");
                assert!(is_within || element.get("rel") == "noreferrer", "{element:?}");
            }
            if attribute == "aria-labelledby" {
                assert!(value.split(' ').all(|id| ids.contains(id)), "{element:?}");
            }
        }
    }
    let mut level = 0;
    for heading in elements.iter().filter(|e| matches!(&*e.name, "h1" | "h2" | "h3" | "h4")) {
        let its: usize = heading.name[1..].parse().unwrap();
        assert!(its <= level + 1 && (its > 1 || level == 0), "{} stands below h{level}", heading.text);
        level = its;
    }
    for landmark in ["header", "nav", "main", "footer", "h1"] {
        assert_eq!(named(&elements, landmark).len(), 1, "{landmark}");
    }
    // Drawings have titles of their own, deeper in.
    assert_eq!(named(&elements, "title").iter().filter(|title| title.depth == 2).count(), 1);
}

#[test]
fn the_page_is_sound_and_holds_no_hostile_text_as_it_was() {
    for sample in [sample(), large(0, Checks::Few), large(30, Checks::OneEach)] {
        assert_sound(&sample.written(Format::Html));
    }
    let page = sample().written(Format::Html);
    for hostile in HOSTILE.iter().filter(|text| text.contains(['<', '\'', '"']) || text.contains(is_hidden)) {
        assert!(!page.contains(hostile), "{hostile:?}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp;amp; @octocat"), "it is shown as it was");
    assert!(page.contains("user\\u{202e}txt.exe"), "what would hide is shown");
}

#[test]
fn the_browser_may_run_the_one_script_and_nothing_else() {
    let page = read(&sample());
    let policy = page.iter().find(|element| element.get("http-equiv") == "Content-Security-Policy").unwrap();
    let mut rules: BTreeMap<&str, &str> =
        policy.get("content").split("; ").map(|rule| rule.split_once(' ').unwrap()).collect();
    let digest = |name| format!("'sha256-{}'", digest(&named(&page, name)[0].text));
    assert_eq!(rules.remove("style-src"), Some(&*digest("style")));
    assert_eq!(rules.remove("script-src"), Some(&*digest("script")));
    for rule in ["default-src", "img-src", "base-uri", "form-action"] {
        assert_eq!(rules.remove(rule), Some("'none'"), "{rule}");
    }
    assert!(rules.is_empty(), "{rules:?}");
    let before = page.iter().take_while(|element| element.get("http-equiv").is_empty());
    assert!(before.map(|element| &*element.name).eq(["html", "head", "meta"]), "it holds for what stands below it");
    assert_eq!(digest_of_known_text(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

/// SHA-256 of nothing, as every specification of it gives it.
fn digest_of_known_text() -> String {
    super::digest("")
}

#[test]
fn everything_that_the_report_at_a_terminal_tells_is_told() {
    let sample = sample();
    let report = sample.report();
    let page = read(&sample);
    let text = text_of(&page);
    let evaluation = report.evaluation;
    let headline = words::headline(&report);
    let mut told = vec![
        headline.word.to_owned(),
        headline.sentence,
        words::policy(&report),
        words::project(&report).unwrap(),
        words::only_read(report.only).unwrap(),
        report.policy.applied.clone().unwrap(),
        evaluation.unseen.clone().unwrap(),
        report.policy_digest.to_owned(),
    ];
    let (verdict, why) = words::last_line(&report);
    told.push(format!("findgate: {verdict}{why}"));
    for violation in &evaluation.violations {
        told.extend([violation.rule.clone(), words::counted(violation)]);
        told.extend(violation.description.clone().into_iter().chain(words::unknown(violation)));
        told.push(format!("{}:{}", violation.place.file, violation.place.line));
    }
    for (evidence, open) in evaluation.evidence.iter().zip(&evaluation.open) {
        let coverage = &evidence.coverage;
        told.push(format!("{} {}", coverage.source, words::evidence::missing(evidence)));
        told.extend(words::evidence::read(coverage, *open).into_iter().chain(words::evidence::projects(coverage, 9)));
        told.extend(coverage.reasons.iter().chain(&coverage.notes).cloned());
        told.extend(coverage.scans.iter().map(words::evidence::scan));
    }
    for waiver in &evaluation.waivers {
        told.extend([waiver.id.clone(), words::waivers::outcome(&report, waiver).1, words::waivers::about(waiver)]);
        told.extend(waiver.because.clone());
    }
    told.extend(evaluation.feeds.iter().map(words::evidence::feed));
    told.extend(evaluation.besides.iter().cloned());
    for beside in report.beside {
        match &beside.result {
            Err(_) => told.push(beside.sentence()),
            Ok(would) => {
                told.extend([words::beside::whose(beside.role).to_owned(), beside.origin.clone()]);
                told.extend(would.unread.iter().cloned().chain(words::beside::differences(&report, would)));
            }
        }
    }
    for part in told {
        assert!(text.contains(&flat(&part)), "no {part:?}:\n{text}");
    }
}

#[test]
fn every_finding_stands_there_with_all_that_is_known() {
    let sample = sample();
    let report = sample.report();
    let page = read(&sample);
    let articles = named(&page, "article");
    assert_eq!(articles.len(), report.evaluation.findings.len());
    for judged in &report.evaluation.findings {
        let finding = &judged.finding;
        let fingerprint = finding.fingerprint.to_string();
        let article = with_id(&page, &fingerprint);
        assert_eq!(article.get("data-severity"), judged.severity.name());
        assert_eq!(article.get("data-kind"), finding.kind.name());
        assert_eq!(article.get("data-landed"), judged.disposition.name());
        let text = flat(&article.text);
        let mut told = vec![
            judged.severity.name().to_owned(),
            shorten(finding.title.trim(), 280).into_owned(),
            words::place(finding),
            words::about(finding),
            words::explain(finding),
            format!("Fingerprint{fingerprint}"),
            "First seen2026-08-01, 112 days ago".to_owned(),
        ];
        told.extend(words::unrated(judged));
        told.extend(words::fix(finding).map(|fix| fix.replace("fix: ", "Fix")));
        let rules: Vec<String> = judged.violations.iter().map(ToString::to_string).collect();
        assert_eq!(article.get("data-rules"), rules.join(" "));
        for (number, violation) in rules.iter().zip(words::violations(&report, judged)) {
            told.push(violation.rule.clone());
            assert!(article_links(&page, &fingerprint).contains(&&*format!("#rule-{number}")), "{fingerprint}");
            assert!(with_id(&page, &format!("rule-{number}")).text.starts_with(&violation.rule));
        }
        for sighting in &finding.sightings {
            told.push(format!("{} (Semgrep OSS)", sighting.source));
            told.push(format!("status {}", sighting.status.as_ref().unwrap()));
        }
        told.extend(finding.ids.iter().chain(&*finding.license).chain(&*finding.also_in).map(ToString::to_string));
        told.extend(finding.cwe.iter().map(ToString::to_string));
        told.extend(finding.kev.map(|_| "known to be exploited (KEV)".to_owned()));
        told.extend(finding.epss.map(|_| "EPSS 42.00%".to_owned()));
        told.extend(finding.cvss.map(|score| format!("CVSS {score:.1}")));
        told.extend(finding.reachable.map(|_| "not reachable".to_owned()));
        told.extend(judged.excuse.map(|excuse| format!("Excused{}", excuse.name())));
        told.extend(judged.waiver.map(|at| report.evaluation.waivers[at as usize].reason.clone()));
        let paste = proposal(judged, &report.policy.waiver_rules, report.as_of).block(0, 2, "\n");
        assert_eq!(article.text.contains(&paste), judged.counts(), "the waiver to paste:\n{}", article.text);
        for part in told {
            assert!(text.contains(&flat(&part)), "no {part:?}:\n{text}");
        }
    }
    let links: BTreeSet<&str> = page.iter().map(|element| element.get("href")).collect();
    for link in [
        "https://github.com/acme/payments/blob/0123456789abcdef0123456789abcdef01234567/web/package-lock.json#L11",
        "https://github.com/advisories/GHSA-35jh-r3h4-6jhm",
        "https://mend.example/findings/1",
    ] {
        assert!(links.contains(link), "{links:#?}");
    }
}

#[test]
fn what_must_be_looked_at_is_open_and_the_rest_is_closed() {
    let page = read(&sample());
    let mut groups = BTreeMap::new();
    let mut group = "open";
    for element in &page {
        if element.name == "h2" {
            group = element.text.split(':').next().unwrap();
        } else if element.name == "article" {
            let counted: &mut BTreeSet<&str> = groups.entry(group).or_default();
            counted.insert(element.get("data-landed"));
        }
    }
    let want = [
        ("Findings", &["violation", "warning"][..]),
        ("Allowed", &["allowed"]),
        ("Waived", &["waived"]),
        ("Excused by their source, which does not call them open", &["excused"]),
    ];
    assert_eq!(groups, want.into_iter().map(|(name, landed)| (name, landed.iter().copied().collect())).collect());
    assert!(page.iter().all(|element| element.name != "details" || !element.attributes.contains_key("open")));
    let filter = with_id(&page, "filter");
    assert!(filter.attributes.contains_key("hidden"), "without the script it would do nothing");
    assert_eq!(with_id(&page, "hits").get("aria-live"), "polite");
}

#[test]
fn what_is_new_is_said_only_where_there_is_a_baseline() {
    let mut sample = sample();
    assert!(!read(&sample).iter().any(|element| element.attributes.contains_key("data-new")));
    sample.evaluation.baseline = Some(crate::policy::Baseline::sample());
    let page = read(&sample);
    let new = page.iter().filter(|element| element.attributes.contains_key("data-new")).count();
    assert_eq!(new, sample.evaluation.findings.iter().filter(|judged| judged.finding.new == Some(true)).count());
    assert!(text_of(&page).contains(&flat(&words::compared(sample.evaluation.baseline.as_ref().unwrap()))));
    assert_eq!(with_id(&page, "new").get("type"), "checkbox");
}

#[test]
fn the_plots_count_every_finding_that_counts_and_so_do_their_tables() {
    let mut sample = sample();
    for (at, day) in [(0, "2026-11-21"), (1, "2026-11-13"), (2, "2026-10-22"), (3, "2020-01-01"), (4, "2027-01-01")] {
        sample.evaluation.findings[at].finding.first_seen = Some(format!("{day}T00:00:00Z").parse().unwrap());
    }
    sample.evaluation.findings[5].finding.first_seen = None;
    let page = read(&sample);
    let rows: Vec<String> = named(&page, "tr").iter().map(|row| row.text.clone()).collect();
    let table = |first: &str| rows.iter().find(|row| row.starts_with(first)).unwrap_or_else(|| panic!("{rows:#?}"));
    // Critical, high, medium, low, info, not told, all.
    assert_eq!(table("sca"), "sca1100013");
    assert_eq!(table("sast"), "sast1311006");
    // A day that lies ahead is no age; counted as today, and not lost.
    assert_eq!(table("0-7 days"), "0-7 days1010002");
    assert_eq!(table("8-30 days"), "8-30 days0100012");
    assert_eq!(table("over 365"), "over 365 days0100001");
    assert_eq!(table("not told"), "not told0001001");
    let counted = sample.evaluation.findings.iter().filter(|judged| judged.counts()).count();
    for plot in named(&page, "desc") {
        let sum: usize = plot.text.split(". ").filter_map(|part| part.rsplit(": ").next()?.parse::<usize>().ok()).sum();
        assert_eq!(sum, counted, "{}", plot.text);
    }
    assert_eq!(named(&page, "svg").len(), 2);
    assert_eq!(named(&page, "caption").len(), 2);
    let plots = page.iter().skip_while(|element| element.name != "svg");
    let bars = plots.filter(|element| element.name == "rect").count();
    let cells = rows.iter().filter(|row| !row.contains("critical")).count();
    assert!(bars > cells, "{bars} bars of {cells} rows");
}

#[test]
fn ages_that_nobody_knows_are_no_plot() {
    let mut sample = sample();
    for judged in &mut sample.evaluation.findings {
        judged.finding.first_seen = None;
    }
    let page = read(&sample);
    assert_eq!(named(&page, "svg").len(), 1);
    assert!(text_of(&page).contains("By age: not known, for no source tells when it saw these findings first."));
}

#[test]
fn the_count_of_a_rule_leads_to_its_findings() {
    let sample = sample();
    let page = read(&sample);
    let violations = &sample.evaluation.violations;
    let counts: Vec<&Element> = page.iter().filter(|element| element.attributes.contains_key("data-rule")).collect();
    assert_eq!(counts.len(), violations.len());
    for (number, (count, violation)) in counts.iter().zip(violations).enumerate() {
        assert_eq!(flat(&count.text), flat(&words::counted(violation)));
        assert_eq!(count.get("href"), "#findings", "without the script it leads there, too");
        let number = number.to_string();
        assert_eq!(count.get("data-rule"), number);
        let of_it = |element: &&Element| element.get("data-rules").split(' ').any(|one| one == number);
        assert_eq!(page.iter().filter(of_it).count(), violation.findings.len());
        let chosen = |element: &&Element| element.name == "option" && element.get("value") == number;
        assert_eq!(page.iter().find(chosen).unwrap().text, violation.rule);
    }
}

#[test]
fn of_many_findings_the_worst_are_listed_and_what_was_cut_is_said() {
    let sample = large(9_000, Checks::OneEach);
    let page = read(&sample);
    let articles = named(&page, "article");
    assert_eq!(articles.len(), 2_000);
    assert!(articles.iter().take(1_800).all(|article| article.get("data-severity") == "critical"));
    let text = text_of(&page);
    assert!(
        text.contains("The worst 2,000 of 9,000 are listed; --output json=findgate.json holds them all."),
        "{text}"
    );
    assert!(text.contains("sca: 9,000."), "counts are of all: {text}");
    let mut aside = large(1_200, Checks::Few);
    for judged in &mut aside.evaluation.findings {
        judged.disposition = Disposition::Allowed;
    }
    let page = read(&aside);
    assert_eq!(named(&page, "article").len(), 500);
    assert!(text_of(&page).contains("The worst 500 of 1,200 are listed"));
}

#[test]
fn the_same_findings_give_the_same_bytes() {
    assert_eq!(sample().written(Format::Html), sample().written(Format::Html));
}

#[test]
fn style_and_script_stay_small_and_refer_to_nothing() {
    assert!(STYLE.len() + SCRIPT.len() < 16_000, "{} and {} bytes", STYLE.len(), SCRIPT.len());
    for text in [STYLE, SCRIPT] {
        for word in ["url(", "@import", "http", "</", "eval", "innerHTML", "fetch", "cookie", "localStorage", "\r"] {
            assert!(!text.contains(word), "{word}");
        }
    }
}

/// The colors by name, light and dark.
fn palettes() -> [BTreeMap<String, String>; 2] {
    let block = |text: &str| {
        let inside = text.split(":root {").nth(1).unwrap().split('}').next().unwrap().to_owned();
        let colors = inside.split(';').filter_map(|line| line.trim().strip_prefix("--")?.split_once(": "));
        colors.map(|(name, color)| (name.to_owned(), color.to_owned())).collect()
    };
    let dark = STYLE.split("(prefers-color-scheme: dark)").nth(1).unwrap();
    [block(STYLE), block(dark)]
}

/// The contrast of two colors (WCAG 2.2), 1 to 21.
fn contrast(one: &str, other: &str) -> f64 {
    let light = |color: &str| {
        let part = |at: usize| {
            let value = f64::from(u8::from_str_radix(&color[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    };
    let (one, other) = (light(one), light(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn every_text_has_enough_contrast_in_light_and_in_dark() {
    assert!((contrast("#ffffff", "#000000") - 21.0).abs() < 1e-9);
    let [light, dark] = palettes();
    assert!(light.keys().eq(dark.keys()) && light != dark, "both have all colors");
    let mut seen = 0;
    for palette in [&light, &dark] {
        let mut pairs = Vec::new();
        for back in ["page", "card", "bad-tint", "warning-tint", "good-tint"] {
            pairs.extend(["ink", "soft"].map(|text| (text, back, 4.5)));
        }
        for name in ["link", "bad", "warning", "good"] {
            pairs.extend([(name, "page", 4.5), (name, "card", 4.5)]);
        }
        pairs.extend([("bad", "bad-tint", 4.5), ("warning", "warning-tint", 4.5), ("good", "good-tint", 4.5)]);
        for (severity, _) in SERIES {
            pairs.extend([("on", severity, 4.5), (severity, "page", 3.0)]);
        }
        pairs.extend([("edge", "page", 3.0), ("edge", "card", 3.0)]);
        for (text, back, least) in pairs {
            let found = contrast(&palette[text], &palette[back]);
            assert!(found >= least, "{text} {} on {back} {}: {found:.2}", palette[text], palette[back]);
            seen += 1;
        }
    }
    assert_eq!(seen, 2 * 35);
    for (severity, color) in SERIES {
        assert_eq!(light[severity], color, "without the style it is drawn in the color of light");
    }
}

#[test]
fn an_evaluation_of_nothing_says_so_and_one_that_is_undecided_does_not_call_the_policy_held() {
    let mut sample = large(0, Checks::Few);
    let page = read(&sample);
    let text = text_of(&page);
    assert_eq!(with_id(&page, "why-title").text, "No rule is violated");
    assert!(named(&page, "title")[0].text.starts_with("PASS: the policy holds"), "{}", named(&page, "title")[0].text);
    assert!(text.contains("There is none that violates a rule or is warned of."), "{text}");
    assert!(named(&page, "svg").is_empty() && named(&page, "article").is_empty());
    sample.evaluation.verdict = Verdict::Undecided;
    let page = read(&sample);
    assert_eq!(with_id(&page, "why-title").text, "No violation was seen");
    assert_eq!(named(&page, "header")[0].get("class"), "warning");
}

#[test]
fn an_error_of_the_target_is_told() {
    struct Full;
    impl io::Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let error = write(&sample().report(), &mut Full).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_was_found_the_page_is_sound(sample in any_sample()) {
        let page = sample.written(Format::Html);
        assert_sound(&page);
        let listed = named(&elements(&page), "article").len();
        prop_assert_eq!(listed, sample.evaluation.findings.len());
    }
}
