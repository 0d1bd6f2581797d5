use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::super::{Context, Fingerprint, FingerprintInput, Location, Package, Sighting, merge};
use super::*;

/// What a test says of a finding; the rest follows.
#[derive(Clone, Debug)]
struct Said<'a> {
    kind: Kind,
    check: &'a str,
    path: Option<&'a str>,
    line: u32,
    code: Option<&'a str>,
    title: &'a str,
    ids: &'a [&'a str],
    package: Option<(&'a str, &'a str)>,
    seen: &'a [(&'a str, Option<&'a str>)],
    excuse: Option<Excuse>,
}

const SAID: Said<'static> = Said {
    kind: Kind::Sast,
    check: "B602",
    path: Some("src/a.py"),
    line: 1,
    code: Some("call(x)"),
    title: "shell",
    ids: &[],
    package: None,
    seen: &[("sarif", None)],
    excuse: None,
};

const IN_PACKAGE: Said<'static> = Said {
    kind: Kind::Sca,
    check: "vulnerable-dependency",
    path: Some("package-lock.json"),
    code: None,
    title: "lodash 4.17.20 is vulnerable",
    ids: &["CVE-2021-23337"],
    package: Some(("lodash", "4.17.20")),
    ..SAID
};

fn finding(said: &Said<'_>) -> Finding {
    let Said { kind, check, path, line, code, title, ids, package, seen, excuse } = said;
    let package = package.map(|(name, version)| Package {
        name: name.into(),
        version: Some(version.into()),
        purl: Some(format!("pkg:npm/{name}@{version}").into()),
        direct: None,
        scope: None,
    });
    let context = code.and_then(Context::of_code);
    let hash = FingerprintInput {
        kind: *kind,
        advisory: ids.first().copied(),
        check: Some(check),
        package: package.as_ref(),
        path: *path,
        context,
        message: title,
    }
    .hash();
    Finding {
        fingerprint: Fingerprint { hash, ordinal: 1 },
        context,
        kind: *kind,
        severity: None,
        severity_from: "test".into(),
        ids: ids.iter().map(|id| Text::from(*id)).collect(),
        cwe: Arc::default(),
        title: (*title).into(),
        said: Context::of_code(&format!("{line} {title}")),
        package: package.map(Box::new),
        fix: None,
        fixed_in: Arc::default(),
        location: path.map(|path| Location {
            path: path.into(),
            line: Some(*line),
            column: None,
            end_line: None,
            end_column: None,
        }),
        also_in: Arc::default(),
        first_seen: None,
        cvss_vector: None,
        cvss: None,
        epss: None,
        kev: None,
        reachable: None,
        license: Arc::default(),
        new: None,
        links: Arc::default(),
        sightings: seen
            .iter()
            .map(|(source, id)| Sighting {
                source: (*source).into(),
                tool: Some("Testscan".into()),
                check: Some((*check).into()),
                id: id.map(Text::from),
                status: None,
                excuse: *excuse,
                justification: None,
                severity: None,
                url: None,
                fingerprint: hash,
            })
            .collect(),
    }
}

fn findings(all: &[Said<'_>]) -> Vec<Finding> {
    merge(all.iter().map(finding).collect()).findings
}

/// What is new among the current findings, by path and line, and how the others were recognized.
fn compared(known: &[Said<'_>], current: &[Said<'_>], renames: &Renames) -> (Vec<(String, u32)>, Vec<Way>) {
    let mut current = findings(current);
    let ways = Known::of(findings(known)).mark(&mut current, renames);
    let place = |finding: &Finding| {
        let location = finding.location.as_ref();
        let path = location.map_or_else(String::new, |location| location.path.to_string());
        (path, location.and_then(|location| location.line).unwrap_or(0))
    };
    let mut new: Vec<(String, u32)> = current.iter().filter(|f| f.new == Some(true)).map(place).collect();
    new.sort();
    assert_eq!(new.len(), ways.iter().filter(|way| way.is_none()).count());
    (new, ways.into_iter().flatten().collect())
}

fn new(known: &[Said<'_>], current: &[Said<'_>]) -> Vec<(String, u32)> {
    compared(known, current, &Renames::default()).0
}

fn at(path: &str, line: u32) -> (String, u32) {
    (path.to_owned(), line)
}

#[test]
fn one_finding_that_became_a_hundred_and_one_is_a_hundred_new_ones_and_the_first_is_known() {
    let many: Vec<Said<'_>> = (1..=101).map(|line| Said { line, ..SAID }).collect();
    let new = new(&[Said { line: 50, ..SAID }], &many);
    assert_eq!(new, (2..=101).map(|line| at("src/a.py", line)).collect::<Vec<_>>());
}

#[test]
fn lines_that_moved_and_code_that_was_indented_are_known() {
    assert_eq!(new(&[SAID], &[Said { line: 900, code: Some("  call(\n  x)"), ..SAID }]), []);
}

#[test]
fn what_was_fixed_does_not_answer_for_the_same_check_in_another_file() {
    let elsewhere = Said { path: Some("src/b.py"), ..SAID };
    assert_eq!(new(&[SAID], std::slice::from_ref(&elsewhere)), [at("src/b.py", 1)]);
    assert_eq!(
        new(&[SAID, elsewhere.clone()], &[elsewhere, Said { path: Some("src/c.py"), ..SAID }]),
        [at("src/c.py", 1)]
    );
}

#[test]
fn other_code_in_the_same_file_is_new() {
    assert_eq!(new(&[SAID], &[Said { code: Some("call(y)"), ..SAID }]), [at("src/a.py", 1)]);
}

#[test]
fn a_finding_in_a_file_that_was_renamed_is_known() {
    let moved = Said { path: Some("lib/a.py"), line: 7, ..SAID };
    let renames = Renames::new([("src/a.py".to_owned(), "lib/a.py".to_owned())]);
    assert_eq!(new(&[SAID], std::slice::from_ref(&moved)), [at("lib/a.py", 7)]);
    assert_eq!(compared(&[SAID], std::slice::from_ref(&moved), &renames), (Vec::new(), vec![Way::Renamed]));
    let two = compared(&[SAID], &[moved.clone(), Said { line: 9, ..moved }], &renames);
    assert_eq!(two.0, [at("lib/a.py", 9)]);
}

#[test]
fn renames_are_asked_for_only_where_they_could_help() {
    let asks = |known: &[Said<'_>], current: &[Said<'_>]| {
        Known::of(findings(known)).compare(&findings(current)).asks_for_renames()
    };
    let moved = Said { path: Some("lib/a.py"), ..SAID };
    assert!(asks(&[SAID], std::slice::from_ref(&moved)));
    assert!(!asks(&[SAID], &[SAID, moved.clone()]));
    assert!(!asks(&[], std::slice::from_ref(&moved)));
    assert!(!asks(&[SAID, moved.clone()], &[SAID]));
    // The file is still there, so it was not renamed.
    assert!(!asks(&[SAID], &[Said { check: "B1", ..SAID }, moved]));
}

#[test]
fn a_second_vulnerability_of_the_same_package_is_new_and_a_bumped_version_is_not() {
    let second = Said { ids: &["CVE-2020-8203"], line: 2, ..IN_PACKAGE };
    assert_eq!(new(&[IN_PACKAGE], &[IN_PACKAGE, second]), [at("package-lock.json", 2)]);
    let bumped = Said { package: Some(("lodash", "4.17.21")), title: "lodash 4.17.21 is vulnerable", ..IN_PACKAGE };
    assert_eq!(new(&[IN_PACKAGE], &[bumped]), []);
    let other = Said { package: Some(("lodash.merge", "4.17.20")), ..IN_PACKAGE };
    assert_eq!(new(&[IN_PACKAGE], &[other]), [at("package-lock.json", 1)]);
}

#[test]
fn an_advisory_that_got_a_better_name_is_the_same() {
    let known = Said { ids: &["GHSA-35jh-r3h4-6jhm"], ..IN_PACKAGE };
    let current = Said { ids: &["CVE-2021-23337", "GHSA-35jh-r3h4-6jhm"], ..IN_PACKAGE };
    assert_eq!(compared(&[known], &[current], &Renames::default()), (Vec::new(), vec![Way::Context]));
}

#[test]
fn numbers_of_lines_in_a_message_do_not_matter_and_other_numbers_do() {
    let message = |line, title| Said { line, title, code: None, ..SAID };
    for (before, after) in [
        (message(3, "flaw at 3"), message(8, "flaw at 8")),
        (message(3, "already defined on line 1"), message(8, "already defined on line 6")),
        (message(3, "see Lines: 12 and 3."), message(8, "see Lines: 14 and 8.")),
    ] {
        assert_eq!(new(&[before], &[after]), []);
    }
    for (before, after) in [
        (message(3, "port 8080"), message(8, "port 9090")),
        (message(3, "a pipeline 1"), message(8, "a pipeline 2")),
        (message(3, "flaw at 8"), message(8, "flaw at 3")),
    ] {
        assert_eq!(new(&[before], std::slice::from_ref(&after)), [at("src/a.py", 8)], "{after:?}");
    }
}

#[test]
fn a_vendors_id_is_believed_of_the_same_kind_of_thing_only() {
    let with = |id, check, path| Said { seen: id, check, path: Some(path), ..SAID };
    const ONE: &[(&str, Option<&str>)] = &[("mend", Some("1"))];
    let known = with(ONE, "B602", "src/a.py");
    let moved = Said { code: Some("quite(other)"), ..with(ONE, "B602", "src/b.py") };
    assert_eq!(compared(std::slice::from_ref(&known), &[moved], &Renames::default()), (Vec::new(), vec![Way::Id]));
    // The vendor uses it again for another check, or another vendor has the same.
    let again = Said { code: Some("quite(other)"), ..with(ONE, "B1", "src/a.py") };
    assert_eq!(new(std::slice::from_ref(&known), &[again]), [at("src/a.py", 1)]);
    let other = Said { code: Some("quite(other)"), ..with(&[("mayo", Some("1"))], "B602", "src/a.py") };
    assert_eq!(new(std::slice::from_ref(&known), &[other]), [at("src/a.py", 1)]);
    // Rows that share an id are counted, and the one that is the same in all is the one that is known.
    let shared = [known.clone(), with(ONE, "B602", "src/0.py"), with(ONE, "B602", "src/z.py")];
    assert_eq!(new(&[known], &shared), [at("src/0.py", 1), at("src/z.py", 1)]);
}

#[test]
fn a_vendors_new_id_of_a_known_finding_does_not_make_it_new() {
    let known = Said { seen: &[("mend", Some("1"))], ..SAID };
    let current = Said { seen: &[("mend", Some("2"))], ..SAID };
    assert_eq!(compared(&[known], &[current], &Renames::default()), (Vec::new(), vec![Way::Fingerprint]));
}

#[test]
fn a_finding_that_one_more_source_sees_is_known_and_so_is_one_that_one_source_less_sees() {
    let alone = findings(&[SAID]);
    let mut both = alone.clone();
    let mut second = both[0].sightings[0].clone();
    second.source = "mend".into();
    second.fingerprint = [0; 16];
    both[0].fingerprint.hash = [0; 16];
    both[0].sightings.push(second);
    for (known, current) in [(&alone, &both), (&both, &alone)] {
        let mut current = current.clone();
        Known::of(known.clone()).mark(&mut current, &Renames::default());
        assert_eq!(current[0].new, Some(false));
    }
}

#[test]
fn what_was_fixed_came_back_and_what_was_excused_otherwise_was_there() {
    for excuse in Excuse::ALL {
        let known = Said { excuse: Some(excuse), ..SAID };
        let want = if excuse == Excuse::Fixed { vec![at("src/a.py", 1)] } else { Vec::new() };
        assert_eq!(new(&[known], &[SAID]), want, "{excuse:?}");
    }
    // One source that still saw it is enough.
    let mut both = findings(&[Said { seen: &[("mayo", None), ("mend", None)], ..SAID }]);
    both[0].sightings[0].excuse = Some(Excuse::Fixed);
    assert_eq!(Known::of(both).count(), 1);
}

#[test]
fn what_is_fixed_is_not_new_although_nobody_knew_it() {
    assert_eq!(new_ones(&[], &[Said { excuse: Some(Excuse::Fixed), ..SAID }]), 0);
    assert_eq!(new_ones(&[], &[Said { excuse: Some(Excuse::Ignored), ..SAID }]), 1);
}

fn new_ones(known: &[Said<'_>], current: &[Said<'_>]) -> usize {
    count_new(&findings(known), &findings(current))
}

#[test]
fn the_code_and_the_message_of_a_secret_are_not_looked_at() {
    let secret = Said { kind: Kind::Secret, path: Some(".env"), code: Some("key = 1"), ..SAID };
    let known = Entry::of(&finding(&secret));
    let veiled = Entry::of(&finding(&Said { code: Some("key = 2"), title: "other", ..secret }));
    assert_eq!(known, veiled);
}

#[test]
fn what_a_source_says_of_newness_gives_way_to_the_baseline() {
    let mut current = findings(&[SAID, Said { path: Some("src/b.py"), ..SAID }]);
    for finding in &mut current {
        let is_known = finding.location.as_ref().is_some_and(|location| &*location.path == "src/a.py");
        finding.new = Some(is_known);
    }
    let said: Vec<Option<bool>> = current.iter().map(|finding| finding.new).collect();
    Known::of(findings(&[SAID])).mark(&mut current, &Renames::default());
    assert!(current.iter().zip(said).all(|(finding, said)| finding.new != said));
}

/// Few values for each fact, so that findings meet each other.
fn any_finding() -> impl Strategy<Value = Finding> {
    let what = (
        select(vec![Kind::Sast, Kind::Sca, Kind::Secret]),
        select(vec!["C1", "C2"]),
        prop::option::of(select(vec!["a", "b", "c"])),
        1u32..4,
        prop::option::of(select(vec!["x()", "y()"])),
    );
    let who = (
        subsequence(vec!["CVE-1", "GHSA-1"], 0..=2),
        prop::option::of((select(vec!["p", "q"]), select(vec!["1", "2"]))),
        subsequence(vec![("mend", Some("1")), ("mayo", Some("1")), ("mend", Some("2")), ("sarif", None)], 1..=2),
        prop::option::weighted(0.2, select(vec![Excuse::Ignored, Excuse::Fixed])),
        prop::option::weighted(0.2, 0u8..3),
    );
    (what, who).prop_map(|((kind, check, path, line, code), (ids, package, seen, excuse, other))| {
        let title = "at 1";
        let mut finding =
            finding(&Said { kind, check, path, line, code, title, ids: &ids, package, seen: &seen, excuse });
        if let Some(other) = other {
            finding.sightings[0].fingerprint = [other; 16];
        }
        finding
    })
}

/// Merged, as they are when they are compared.
fn any_findings() -> impl Strategy<Value = Vec<Finding>> {
    prop::collection::vec(any_finding(), 0..20).prop_map(|findings| merge(findings).findings)
}

fn added(findings: &[Finding]) -> Known {
    let mut known = Known::new();
    findings.iter().for_each(|finding| known.add(finding));
    known
}

fn marked(known: &[Finding], current: &[Finding]) -> Vec<Finding> {
    let mut current = current.to_vec();
    added(known).mark(&mut current, &any_renames());
    current
}

fn any_renames() -> Renames {
    Renames::new([("a".to_owned(), "b".to_owned())])
}

fn count_new(known: &[Finding], current: &[Finding]) -> usize {
    marked(known, current).iter().filter(|finding| finding.new == Some(true)).count()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn a_baseline_of_itself_leaves_nothing_new_but_what_came_back(findings in any_findings()) {
        let back = findings.iter().filter(|f| f.sightings.iter().all(|s| s.excuse == Some(Excuse::Fixed))).count();
        prop_assert!(count_new(&findings, &findings) <= back);
        let there: Vec<Finding> = findings.into_iter().filter(|f| f.excuse() != Some(Excuse::Fixed)).collect();
        prop_assert_eq!(count_new(&there, &there), 0);
    }

    #[test]
    fn the_order_of_neither_side_matters(
        (known, other) in any_findings().prop_flat_map(|f| (Just(f.clone()), Just(f).prop_shuffle())),
        (current, shuffled) in any_findings().prop_flat_map(|f| (Just(f.clone()), Just(f).prop_shuffle())),
    ) {
        let mut one = marked(&known, &current);
        let mut two = marked(&other, &shuffled);
        one.sort_by(super::super::total_order);
        two.sort_by(super::super::total_order);
        prop_assert_eq!(one, two);
    }

    #[test]
    fn one_known_finding_answers_for_one_finding(known in any_findings(), current in any_findings()) {
        let new = count_new(&known, &current);
        let there = current.iter().filter(|finding| !is_gone(finding)).count();
        prop_assert!(new >= there.saturating_sub(added(&known).entries.len()));
        prop_assert!(new <= current.len());
    }

    #[test]
    fn more_that_is_known_never_makes_more_new(
        known in any_findings(), more in any_findings(), current in any_findings(),
    ) {
        let larger: Vec<Finding> = known.iter().chain(&more).cloned().collect();
        let (before, after) = (marked(&known, &current), marked(&larger, &current));
        // Not only in number: what was known stays known.
        for (before, after) in before.iter().zip(&after) {
            prop_assert!(after.new == Some(false) || before.new == Some(true));
        }
    }

    #[test]
    fn findings_that_are_added_make_no_more_new_than_they_are_and_never_fewer(
        known in any_findings(), current in any_findings(), more in any_findings(),
    ) {
        let both: Vec<Finding> = current.iter().chain(&more).cloned().collect();
        let (before, after) = (count_new(&known, &current), count_new(&known, &both));
        prop_assert!(after >= before);
        prop_assert!(after <= before + more.len());
    }

    #[test]
    fn findings_that_nobody_knew_are_all_new(known in any_findings(), copies in 1usize..20) {
        let strange = Said { check: "nobody-knows", path: Some("z"), ..SAID };
        let strange: Vec<Finding> = (0..copies).map(|line| finding(&Said { line: line as u32 + 1, ..strange.clone() })).collect();
        let there: Vec<Finding> = known.into_iter().filter(|f| f.excuse() != Some(Excuse::Fixed)).collect();
        let both: Vec<Finding> = there.iter().cloned().chain(strange).collect();
        prop_assert_eq!(count_new(&there, &both), copies);
    }
}

/// What 100,000 findings cost: `cargo test --release --lib finding::baseline::tests::costs -- --ignored --nocapture`.
#[test]
#[ignore = "tells times, which no test may depend on"]
fn costs_of_a_hundred_thousand() {
    const MANY: u32 = 100_000;
    let many = |path: &str, check: &str, code: fn(u32) -> String| -> Vec<Finding> {
        let one = |line| {
            let path = format!("{path}/{}.py", line % 1009);
            finding(&Said { path: Some(&path), check, line, code: Some(&code(line)), ..SAID })
        };
        merge((0..MANY).map(one).collect()).findings
    };
    let each = |line: u32| format!("call({line})");
    let all_same = |_| "call(x)".to_owned();
    for (what, known, current) in [
        ("the same", many("a", "C", each), many("a", "C", each)),
        ("moved to other files", many("a", "C", each), many("b", "C", each)),
        ("all alike", many("a", "C", all_same), many("a", "C", all_same)),
        ("of another check", many("a", "C", each), many("a", "D", each)),
    ] {
        let known = added(&known);
        let mut current = current;
        let start = std::time::Instant::now();
        let ways = known.mark(&mut current, &Renames::default());
        println!("{what}: {:?}, {} known", start.elapsed(), ways.iter().flatten().count());
    }
}
