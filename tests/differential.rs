//! The same question answered twice: by findgate, and by another implementation or the simplest one that there can be.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use findgate::finding::{Finding, Kind, Severity, State, merge};
use findgate::policy::{
    Aim, Disposition, Document, Enforcement, Evaluation, EvidenceRule, Problems, Resolved, Verdict, decode, evaluate,
    weigh,
};
use findgate::source::Collected;
use findgate::source::sarif::config::SeverityFrom;
use findgate::source::sarif::{Selection, collect_held};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use serde_sarif::sarif::Sarif;

fn read(text: &str, selection: Selection) -> Collected {
    collect_held(selection, "a.sarif", text.as_bytes().to_vec(), Path::new("/src"))
}

fn plain() -> Selection {
    Selection::plain("a.sarif".to_owned())
}

fn policy(text: &str) -> Resolved {
    let mut problems = Problems::default();
    let policy = Document::parse("policy.yml", text, &mut problems)
        .and_then(|document| decode(&document, &findgate::source::LANGUAGES, &mut problems));
    let policy = policy.unwrap_or_else(|| panic!("{:#?}\n{text}", problems.sorted()));
    findgate::policy::resolve(&policy, findgate::policy::Circumstances::default()).expect("nothing is asked for")
}

fn judge(policy: &Resolved, collected: Vec<Collected>) -> Evaluation {
    let as_of = "2026-06-01T00:00:00Z".parse().unwrap();
    let (mut evidence, mut findings) = (Vec::new(), Vec::new());
    for Collected { coverage, findings: more } in collected {
        assert_eq!(coverage.state, State::Complete, "{:?}", coverage.reasons);
        evidence.push(weigh(coverage, &EvidenceRule::default(), Aim { branch: None, commit: None }, as_of));
        findings.extend(more);
    }
    let merged = merge(findings);
    assert_eq!(merged.joined, 0, "each finding has a path of its own");
    evaluate(policy, evidence, merged.findings, as_of)
}

// --- SARIF, and what serde-sarif reads ------------------------------------------------------------------------------

/// What both readers tell of a result: the rule, the level as a severity, the path, line, column, last line and column.
type Told = (Option<String>, Option<Severity>, Option<String>, [Option<u32>; 4]);

/// What serde-sarif reads, with the defaults of the standard put in by hand (3.27.10, 3.27.7, 3.52.4).
fn told_by_serde_sarif(text: &str) -> Vec<Told> {
    let sarif: Sarif = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut told = Vec::new();
    for run in &sarif.runs {
        let rules = run.tool.driver.rules.as_deref().unwrap_or_default();
        for result in run.results.iter().flatten() {
            let is_finding = result.kind.as_ref().is_none_or(|kind| word(kind) == "fail");
            if !is_finding || result.baseline_state.as_ref().is_some_and(|state| word(state) == "absent") {
                continue;
            }
            let of_plugin = || {
                let reference = result.rule.as_ref()?;
                let plugin = usize::try_from(reference.tool_component.as_ref()?.index?).ok()?;
                let rules = run.tool.extensions.as_ref()?.get(plugin)?.rules.as_ref()?;
                rules.get(usize::try_from(reference.index?).ok()?)
            };
            let by_index = of_plugin().or_else(|| rules.get(usize::try_from(result.rule_index?).ok()?));
            let by_id = || rules.iter().find(|rule| Some(&rule.id) == result.rule_id.as_ref());
            let rule = by_index.or_else(by_id);
            let configured = rule.and_then(|rule| rule.default_configuration.as_ref()?.level.as_ref());
            let level = match (&result.level, configured) {
                (Some(level), _) => word(level),
                (None, Some(level)) => word(level),
                (None, None) => "warning".to_owned(),
            };
            let severity = match level.as_str() {
                "error" => Severity::High,
                "warning" => Severity::Medium,
                "note" => Severity::Low,
                "none" => Severity::Info,
                other => panic!("a level {other}"),
            };
            let first = result.locations.as_deref().unwrap_or_default().first();
            let physical = first.and_then(|location| location.physical_location.as_ref());
            let artifact = physical.and_then(|physical| physical.artifact_location.as_ref());
            let listed = || {
                let index = usize::try_from(artifact?.index?).ok()?;
                run.artifacts.as_ref()?.get(index)?.location.as_ref()?.uri.clone()
            };
            let path = artifact.and_then(|artifact| artifact.uri.clone()).or_else(listed);
            let region = physical.filter(|_| path.is_some()).and_then(|physical| physical.region.as_ref());
            let place = region.map_or([None; 4], |region| {
                [region.start_line, region.start_column, region.end_line, region.end_column]
                    .map(|number| number.and_then(|number| u32::try_from(number).ok()))
            });
            // An end has to lie behind its beginning.
            let place = match place {
                [line, column, Some(end), _] if line.is_none_or(|line| end < line) => [line, column, None, None],
                place => place,
            };
            let id = result.rule_id.clone().or_else(|| rule.map(|rule| rule.id.clone()));
            told.push((id, Some(severity), path, place));
        }
    }
    told.sort();
    told
}

/// A word of an enumeration of serde-sarif, as it is written.
fn word<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value).expect("a word") {
        Value::String(word) => word,
        other => panic!("{other} is no word"),
    }
}

fn told_by_findgate(findings: &[Finding]) -> Vec<Told> {
    let one = |finding: &Finding| {
        let location = finding.location.as_ref();
        let place = location.map_or([None; 4], |at| [at.line, at.column, at.end_line, at.end_column]);
        let check = finding.sightings[0].check.as_ref().map(ToString::to_string);
        (check, finding.severity, location.map(|location| location.path.to_string()), place)
    };
    let mut told: Vec<Told> = findings.iter().map(one).collect();
    told.sort();
    told
}

fn level() -> impl Strategy<Value = Option<&'static str>> {
    select(vec![None, Some("error"), Some("warning"), Some("note"), Some("none")])
}

prop_compose! {
    /// A result, with as much of it left out as the standard allows. It is of a rule by its id, its index or both.
    fn result()(
        rule in 0usize..4, named in 0..3, level in level(),
        kind in select(vec![None, None, Some("fail"), Some("pass"), Some("open"), Some("notApplicable"), Some("review")]),
        state in select(vec![None, None, Some("new"), Some("unchanged"), Some("updated"), Some("absent")]),
        path in select(vec![None, Some("src/a.py"), Some("src/b c.py"), Some("\u{e9}/x.rs")]), by_index in any::<bool>(),
        place in prop::array::uniform4(prop::option::of(1u32..90)), text in "[ -~\u{e9}\u{4e16}\u{1f600}]{1,12}",
    ) -> Value {
        let mut result = json!({"message": {"text": format!("m{text}")}});
        if named != 0 {
            result["ruleIndex"] = json!(rule);
        }
        if named != 1 {
            result["ruleId"] = json!(format!("R{rule}"));
        }
        for (name, value) in [("level", level), ("kind", kind), ("baselineState", state)] {
            if let Some(value) = value {
                result[name] = json!(value);
            }
        }
        if let Some(path) = path {
            let artifact = if by_index { json!({"index": path.len() % 2}) } else { json!({"uri": path}) };
            let names = ["startLine", "startColumn", "endLine", "endColumn"];
            let region: serde_json::Map<String, Value> =
                names.iter().zip(place).filter_map(|(name, number)| Some(((*name).to_owned(), json!(number?)))).collect();
            result["locations"] = json!([{"physicalLocation": {"artifactLocation": artifact, "region": region}}]);
        }
        result
    }
}

prop_compose! {
    fn run()(levels in prop::array::uniform4(level()), results in prop::collection::vec(result(), 0..6), rules_last in any::<bool>())
        -> String {
        let rule = |(number, level): (usize, &Option<&str>)| match level {
            Some(level) => json!({"id": format!("R{number}"), "defaultConfiguration": {"level": level}}),
            None => json!({"id": format!("R{number}")}),
        };
        let rules: Vec<Value> = levels.iter().enumerate().map(rule).collect();
        let tool = format!("\"tool\": {}", json!({"driver": {"name": "linter", "rules": rules}}));
        let results = format!("\"results\": {}", Value::from(results));
        let artifacts = r#""artifacts": [{"location": {"uri": "lib/one.c"}}, {"location": {"uri": "lib/two.c"}}]"#;
        let mut members = [tool, artifacts.to_owned(), results];
        if rules_last {
            members.reverse();
        }
        format!("{{{}}}", members.join(",\n"))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn serde_sarif_reads_the_same_rules_levels_and_places(runs in prop::collection::vec(run(), 0..3), indented in any::<bool>()) {
        let mut text = format!("{{\"version\": \"2.1.0\", \"runs\": [{}]}}", runs.join(", "));
        if indented {
            let value: Value = serde_json::from_str(&text).unwrap();
            text = serde_json::to_string_pretty(&value).unwrap();
        }
        let read = read(&text, Selection { severity: SeverityFrom::Level, kind: Some(Kind::Sast), ..plain() });
        prop_assert_eq!(read.coverage.skipped, 0);
        prop_assert_eq!(told_by_findgate(&read.findings), told_by_serde_sarif(&text), "{}", text);
    }
}

#[test]
fn serde_sarif_finds_as_many_results_of_the_same_rules_in_the_reports_of_real_tools() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> = ["src/source/sarif/fixtures", "examples/shop/reports"]
        .iter()
        .flat_map(|folder| fs::read_dir(root.join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sarif"))
        .collect();
    files.sort();
    let (mut compared, mut results) = (0, 0);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        // It takes no file in which a tool left the schema.
        if serde_json::from_str::<Sarif>(&text).is_err() {
            continue;
        }
        // Some write a path below a base, and findgate knows where that is; rules and levels are as they stand there.
        let known = |told: Vec<Told>| {
            let mut known: Vec<_> = told.into_iter().map(|(rule, severity, ..)| (rule, severity)).collect();
            known.sort();
            known
        };
        let read = read(&text, Selection { severity: SeverityFrom::Level, ..plain() });
        let want = known(told_by_serde_sarif(&text));
        assert_eq!(known(told_by_findgate(&read.findings)), want, "{}", file.display());
        (compared, results) = (compared + 1, results + want.len());
    }
    assert!(compared > 20 && results > 200, "only {compared} files with {results} results");
}

// --- globs, and the simplest matcher ---------------------------------------------------------------------------------

/// A part of a glob.
#[derive(Clone, Debug)]
enum Part {
    Text(char),
    /// `?`.
    One,
    /// `*`.
    Many,
    /// `[ab]`, `[!a-c]`.
    Of {
        not: bool,
        ranges: Vec<(char, char)>,
    },
    /// `{a,b}`.
    Either(Vec<Vec<Part>>),
}

impl Part {
    fn write(&self, out: &mut String) {
        let write = |parts: &Vec<Part>, out: &mut String| parts.iter().for_each(|part| part.write(out));
        match self {
            Part::Text(c) => out.push(*c),
            Part::One => out.push('?'),
            Part::Many => out.push('*'),
            Part::Of { not, ranges } => {
                out.push_str(if *not { "[!" } else { "[" });
                for (first, last) in ranges {
                    out.push(*first);
                    if first != last {
                        out.extend(['-', *last]);
                    }
                }
                out.push(']');
            }
            Part::Either(choices) => {
                for (number, choice) in choices.iter().enumerate() {
                    out.push(if number == 0 { '{' } else { ',' });
                    write(choice, out);
                }
                out.push('}');
            }
        }
    }
}

/// How a text is looked at.
#[derive(Clone, Copy)]
struct Look {
    /// `/` is a character like any other.
    crosses: bool,
    /// Case matters.
    exact: bool,
}

impl Look {
    fn same(self, one: char, other: char) -> bool {
        one == other || !self.exact && one.to_lowercase().eq(other.to_lowercase())
    }

    fn is_in(self, (first, last): (char, char), c: char) -> bool {
        (first..=last).contains(&c) || !self.exact && (first..=last).any(|one| self.same(one, c))
    }
}

/// Whether a text is what the parts describe, a character at a time.
fn is_like(parts: &[Part], text: &[char], look: Look) -> bool {
    let Some((part, rest)) = parts.split_first() else { return text.is_empty() };
    let fits = |c: &char| *c != '/' || look.crosses;
    let one = |is_it: &dyn Fn(&char) -> bool| text.first().is_some_and(is_it) && is_like(rest, &text[1..], look);
    match part {
        Part::Text(wanted) => one(&|c| look.same(*wanted, *c)),
        Part::One => one(&fits),
        Part::Of { not, ranges } => one(&|c| fits(c) && ranges.iter().any(|range| look.is_in(*range, *c)) != *not),
        Part::Many => (0..=text.len())
            .take_while(|end| text[..*end].iter().all(fits))
            .any(|end| is_like(rest, &text[end..], look)),
        Part::Either(choices) => choices.iter().any(|choice| is_like(&[choice, rest].concat(), text, look)),
    }
}

fn chars(text: &str) -> Vec<char> {
    text.chars().collect()
}

/// Whether a path is below or at what names of folders and of a file describe; `None` is `**`: any folders, and none, too.
fn is_at(names: &[Option<Vec<Part>>], path: &[&str]) -> bool {
    match (names.split_first(), path.split_first()) {
        (None, None) => true,
        // At the end it is everything below, and not the folder itself.
        (Some((None, [])), _) => !path.is_empty(),
        (Some((None, rest)), _) => (0..=path.len()).any(|skipped| is_at(rest, &path[skipped..])),
        (Some((Some(name), rest)), Some((first, others))) => {
            is_like(name, &chars(first), Look { crosses: false, exact: true }) && is_at(rest, others)
        }
        (None, Some(_)) | (Some((Some(_), _)), None) => false,
    }
}

fn part(wide_ranges: bool) -> impl Strategy<Value = Part> {
    // Characters of one to four bytes, some of them in both cases.
    let text = || select(chars("abc.-A\u{e9}\u{c9}\u{4e2d}\u{1f980}")).prop_map(Part::Text);
    let range = select(vec![
        ('a', 'a'),
        ('b', 'b'),
        ('a', 'b'),
        ('b', 'z'),
        ('0', '9'),
        ('.', '.'),
        ('\u{e9}', '\u{e9}'),
        ('\u{c9}', '\u{c9}'),
        ('\u{1f980}', '\u{1f980}'),
    ]);
    let wide = select(vec![('\u{c0}', '\u{df}'), ('b', '\u{4e2d}'), ('\u{4e2d}', '\u{1f980}')]);
    let range = prop_oneof![5 => range, u32::from(wide_ranges) => wide];
    let of = (any::<bool>(), prop::collection::vec(range, 1..3)).prop_map(|(not, ranges)| Part::Of { not, ranges });
    let leaf = prop_oneof![6 => text(), 1 => Just(Part::One), 2 => Just(Part::Many), 2 => of];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop::collection::vec(prop::collection::vec(inner, 1..3), 1..4).prop_map(Part::Either)
    })
}

/// Two stars beside each other have a meaning of their own.
fn has_no_stars_that_meet(text: &str) -> bool {
    !text.contains("**") && !text.contains("*{*") && !text.contains("*}*")
}

fn name(wide_ranges: bool) -> impl Strategy<Value = Vec<Part>> {
    prop::collection::vec(part(wide_ranges), 1..4).prop_filter("stars that meet", |parts| {
        has_no_stars_that_meet(&written(parts)) && !matches!(written(parts).as_str(), "." | "..")
    })
}

fn written(parts: &[Part]) -> String {
    let mut text = String::new();
    parts.iter().for_each(|part| part.write(&mut text));
    text
}

fn names() -> impl Strategy<Value = Vec<Option<Vec<Part>>>> {
    let one = prop_oneof![3 => name(true).prop_map(Some), 1 => Just(None)];
    prop::collection::vec(one, 1..4)
}

/// Which of the findings a rule counts.
fn counted(policy: &Resolved, findings: Collected) -> BTreeMap<String, bool> {
    let evaluation = judge(policy, vec![findings]);
    let told = |judged: &findgate::policy::Judged| {
        let path = judged.finding.location.as_ref().expect("a place").path.to_string();
        (path, judged.disposition == Disposition::Violation)
    };
    evaluation.findings.iter().map(told).collect()
}

fn results_at(paths: &[String]) -> Collected {
    let result = |path: &String| {
        let at = json!({"physicalLocation": {"artifactLocation": {"uri": path}}});
        json!({"ruleId": path, "message": {"text": "m"}, "locations": [at]})
    };
    let results: Vec<Value> = paths.iter().map(result).collect();
    let text = json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "linter"}}, "results": results}]});
    read(&text.to_string(), plain())
}

fn paths() -> impl Strategy<Value = Vec<String>> {
    let name = "[abc.A\u{e9}\u{c9}\u{4e2d}\u{1f980}-]{1,3}".prop_filter("a folder", |name| name != "." && name != "..");
    let path = prop::collection::vec(name, 1..5).prop_map(|names| names.join("/"));
    prop::collection::btree_set(path, 1..12).prop_map(|paths| paths.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn a_glob_of_paths_matches_what_the_simplest_matcher_matches(names in names(), paths in paths()) {
        let glob: Vec<String> =
            names.iter().map(|name| name.as_ref().map_or("**".to_owned(), |parts| written(parts))).collect();
        let glob = glob.join("/");
        let text = format!("version: 1\nrules: {{r: {{when: {{path: {}}}}}}}\n", Value::from(glob.as_str()));
        let counted = counted(&policy(&text), results_at(&paths));
        for path in &paths {
            let parts: Vec<&str> = path.split('/').collect();
            prop_assert_eq!(counted[path], is_at(&names, &parts), "{} and {}", glob, path);
        }
    }

    #[test]
    fn a_star_in_a_glob_of_checks_matches_anything(
        (exact, parts) in any::<bool>().prop_flat_map(|exact| (Just(exact), name(exact))),
        slash in any::<bool>(),
        paths in paths(),
    ) {
        // Only where case matters may a range in brackets leave ASCII.
        let key = if exact { "check" } else { "id" };
        let mut parts = parts;
        if slash {
            parts.insert(parts.len() / 2, Part::Text('/'));
        }
        let glob = written(&parts);
        prop_assume!(!glob.starts_with('!'));
        let text = format!("version: 1\nrules: {{r: {{when: {{{key}: {}}}}}}}\n", Value::from(glob.as_str()));
        let counted = counted(&policy(&text), results_at(&paths));
        for path in &paths {
            // Each finding is of a check that is named like its path, and an id fits where its check does.
            let look = Look { crosses: true, exact };
            prop_assert_eq!(counted[path], is_like(&parts, &chars(path), look), "{} and {}", glob, path);
        }
    }
}

// --- thresholds, and counting by hand --------------------------------------------------------------------------------

/// The best first: the place is the rank.
const RANKS: [&str; 5] = ["info", "low", "medium", "high", "critical"];
const KINDS: [(&str, Kind); 3] = [("sca", Kind::Sca), ("sast", Kind::Sast), ("secret", Kind::Secret)];

#[derive(Clone, Debug)]
struct Threshold {
    /// One of [`KINDS`], or all of them.
    kind: Option<usize>,
    rank: usize,
    allow: usize,
    denies: bool,
}

fn thresholds() -> impl Strategy<Value = Vec<Threshold>> {
    let one = (prop::option::of(0..KINDS.len()), 0..RANKS.len(), 0usize..4, any::<bool>());
    prop::collection::vec(one, 1..5).prop_map(|ones| {
        let ones = ones.into_iter().map(|(kind, rank, allow, denies)| Threshold { kind, rank, allow, denies });
        // A key stands once.
        let by_kind: BTreeMap<Option<usize>, Threshold> = ones.map(|one| (one.kind, one)).collect();
        by_kind.into_values().collect()
    })
}

/// Findings as kinds and ranks; nobody rated those without a rank.
fn rated() -> impl Strategy<Value = Vec<(usize, Option<usize>)>> {
    prop::collection::vec((0..KINDS.len(), prop::option::weighted(0.85, 0..RANKS.len())), 0..16)
}

fn of_kind(rated: &[(usize, Option<usize>)], wanted: usize) -> Collected {
    let result = |(number, (_, rank)): (usize, &(usize, Option<usize>))| {
        let at = json!({"physicalLocation": {"artifactLocation": {"uri": format!("{wanted}/{number}")}}});
        let mut result = json!({"ruleId": "R", "message": {"text": "m"}, "locations": [at]});
        if let Some(rank) = rank {
            result["properties"] = json!({"severity": RANKS[*rank]});
        }
        result
    };
    let results: Vec<Value> = rated.iter().enumerate().filter(|(_, (kind, _))| *kind == wanted).map(result).collect();
    let text = json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "linter"}}, "results": results}]});
    read(&text.to_string(), Selection { kind: Some(KINDS[wanted].1), severity: SeverityFrom::Tool, ..plain() })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn a_threshold_counts_as_one_counts_by_hand(thresholds in thresholds(), rated in rated(), unknown in 0..RANKS.len()) {
        let mut text = format!("version: 1\nunknown_severity: {}\nthresholds:\n", RANKS[unknown]);
        let key = |one: &Threshold| one.kind.map_or("all", |kind| KINDS[kind].0);
        for one in &thresholds {
            let enforcement = if one.denies { "deny" } else { "warn" };
            text += &format!("  {}: {{{}: {}, enforcement: {enforcement}}}\n", key(one), RANKS[one.rank], one.allow);
        }
        let evaluation = judge(&policy(&text), (0..KINDS.len()).map(|kind| of_kind(&rated, kind)).collect());

        let mut want = BTreeMap::new();
        for one in &thresholds {
            let counts = |(kind, rank): &&(usize, Option<usize>)| {
                one.kind.is_none_or(|wanted| wanted == *kind) && rank.unwrap_or(unknown) >= one.rank
            };
            let found = rated.iter().filter(counts).count();
            if found > one.allow {
                want.insert(format!("thresholds.{}.{}", key(one), RANKS[one.rank]), (found as u64, one.denies));
            }
        }
        let fails = want.values().any(|(_, denies)| *denies);
        let found = evaluation.violations.iter().map(|one| (one.rule.clone(), (one.found, one.enforcement == Enforcement::Deny)));
        prop_assert_eq!(found.collect::<BTreeMap<_, _>>(), want, "{}", text);
        prop_assert_eq!(evaluation.verdict, if fails { Verdict::Fail } else { Verdict::Pass });
    }

    #[test]
    fn the_worst_come_first_as_they_do_sorted_by_hand(rated in rated(), unknown in 0..RANKS.len()) {
        let text = format!("version: 1\nunknown_severity: {}\nthresholds: {{all: critical}}\n", RANKS[unknown]);
        let evaluation = judge(&policy(&text), (0..KINDS.len()).map(|kind| of_kind(&rated, kind)).collect());
        let counted = |at: &u32| evaluation.findings[*at as usize].severity.name();
        let mut want: Vec<usize> = rated.iter().map(|(_, rank)| rank.unwrap_or(unknown)).collect();
        want.sort_by(|one, other| other.cmp(one));
        let want: Vec<&str> = want.into_iter().map(|rank| RANKS[rank]).collect();
        let of = |disposition: &Disposition| {
            let of = evaluation.ranked.iter().filter(|at| evaluation.findings[**at as usize].disposition == *disposition);
            of.map(counted).collect::<Vec<&str>>()
        };
        // Those that fail the build stand before those that do not.
        let found = [Disposition::Violation, Disposition::Allowed].iter().flat_map(of).collect::<Vec<&str>>();
        prop_assert_eq!(found, want);
    }
}
