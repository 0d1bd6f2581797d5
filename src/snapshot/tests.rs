use std::io::Write as _;

use jiff::Timestamp;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use super::read::decode;
use super::*;
use crate::finding::{
    Context, Coverage, Cwe, Excuse, Finding, Fingerprint, Kind, Location, Package, Scan, ScanState, Scope, Severity,
    Sighting, State, Text, merge, total_order,
};
use crate::policy::{Document, EvidenceRule, Problems};
use crate::project::PullRequest;
use crate::report::sample::hostile_text;

fn text() -> impl Strategy<Value = Text> {
    hostile_text().prop_map(Text::from)
}

fn texts() -> impl Strategy<Value = Vec<Text>> {
    vec(text(), 0..3)
}

fn time() -> impl Strategy<Value = Timestamp> {
    let range = Timestamp::MIN.as_nanosecond()..=Timestamp::MAX.as_nanosecond();
    range.prop_map(|nanoseconds| Timestamp::from_nanosecond(nanoseconds).unwrap())
}

fn float() -> impl Strategy<Value = f32> {
    any::<u32>().prop_map(f32::from_bits).prop_filter("equal to itself", |float| !float.is_nan())
}

prop_compose! {
    fn sighting()(
        source in prop_oneof![Just(Text::from("mend")), text()],
        (tool, check, id, status) in (of(text()), of(text()), of(text()), of(text())),
        excuse in of(select(Excuse::ALL.to_vec())),
        (justification, severity, url) in (of(text()), of(text()), of(text())),
        fingerprint in prop_oneof![Just([7; 16]), any::<[u8; 16]>()],
    ) -> Sighting {
        Sighting { source, tool, check, id, status, excuse, justification, severity, url, fingerprint }
    }
}

prop_compose! {
    fn package()(
        name in text(), version in of(text()), purl in of(text()), direct in of(any::<bool>()),
        scope in of(select(vec![Scope::Production, Scope::Development])),
    ) -> Package {
        Package { name, version, purl, direct, scope }
    }
}

prop_compose! {
    fn location()(
        path in text(), (line, column, end_line, end_column) in any::<(Option<u32>, Option<u32>, Option<u32>, Option<u32>)>(),
    ) -> Location {
        Location { path, line, column, end_line, end_column }
    }
}

prop_compose! {
    fn finding()(
        (hash, ordinal) in (prop_oneof![Just([7; 16]), any::<[u8; 16]>()], prop_oneof![Just(1), any::<u32>()]),
        (context, said) in any::<(Option<u64>, Option<u64>)>(),
        kind in select(Kind::ALL.to_vec()),
        severity in of(select(Severity::WORST_FIRST.to_vec())),
        (severity_from, title) in (text(), text()),
        (ids, cwe, fixed_in, also_in, license, links) in (texts(), vec(any::<u32>(), 0..3), texts(), texts(), texts(), texts()),
        (package, location) in (of(package()), of(location())),
        (fix, kev, reachable, new) in any::<(Option<bool>, Option<bool>, Option<bool>, Option<bool>)>(),
        first_seen in of(time()),
        (cvss_vector, cvss, epss) in (of(text()), of(float()), of(float())),
        sightings in vec(sighting(), 0..3),
    ) -> Finding {
        Finding {
            fingerprint: Fingerprint { hash, ordinal },
            context: context.map(hashed),
            kind,
            severity,
            severity_from,
            ids: ids.into(),
            cwe: cwe.into_iter().map(Cwe).collect(),
            title,
            said: said.map(hashed),
            package: package.map(Box::new),
            fix,
            fixed_in: fixed_in.into(),
            location,
            also_in: also_in.into(),
            first_seen,
            cvss_vector,
            cvss,
            epss,
            kev,
            reachable,
            license: license.into(),
            new,
            links: links.into(),
            sightings,
        }
    }
}

prop_compose! {
    fn scan()(
        (engine, version, origin, target) in (text(), of(text()), text(), of(text())),
        state in select(ScanState::ALL.to_vec()),
        status in of(text()), finished in of(time()), (commit, branch) in (of(text()), of(text())), findings in any::<u64>(),
    ) -> Scan {
        Scan { engine, version, origin, target, state, status, finished, commit, branch, findings }
    }
}

prop_compose! {
    fn collected(source: &'static str)(
        findings in vec(finding(), 0..6), state in select(State::ALL.to_vec()), reasons in vec(hostile_text(), 0..3),
        notes in vec(hostile_text(), 0..3), projects in texts(), scans in vec(scan(), 0..3), tells_scans in any::<bool>(),
        pages in any::<u64>(), skipped in any::<u64>(),
    ) -> Collected {
        let read = findings.len() as u64;
        let source = source.into();
        let coverage = Coverage { source, state, reasons, notes, projects, scans, tells_scans, pages, read, skipped };
        Collected { findings, coverage }
    }
}

prop_compose! {
    fn snapshot()(
        taken in time(),
        (name, repository, branch, commit, base) in
            (of(hostile_text()), of(hostile_text()), of(hostile_text()), of(hostile_text()), of(hostile_text())),
        pull_request in of((any::<Option<u64>>(), any::<Option<bool>>(), of(hostile_text()))),
        sarif in vec(hostile_text(), 0..3),
        (mend, files) in (collected("mend"), of(collected("sarif"))),
        settings in hostile_text(),
    ) -> Snapshot {
        let pull_request =
            pull_request.map(|(number, from_fork, target)| PullRequest { number, from_fork, target });
        Snapshot {
            taken,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            project: Project { name, repository, branch, commit, base, pull_request, ..Project::default() },
            sarif,
            sources: [Some(mend), files]
                .into_iter()
                .flatten()
                .map(|collected| Held { settings: settings.clone(), collected })
                .collect(),
            seal: unsealed(),
        }
    }
}

/// Of a snapshot that was not written yet.
fn unsealed() -> Seal {
    Seal { content: String::new(), file: String::new() }
}

fn contents(snapshot: &Snapshot) -> Contents<'_> {
    let Snapshot { taken, version: _, project, sarif, sources, seal: _ } = snapshot;
    let sources = sources.iter().map(|held| (held.settings.as_str(), &held.collected)).collect();
    Contents { taken: *taken, project, sarif, sources }
}

fn bytes(snapshot: &Snapshot) -> Vec<u8> {
    let mut out = Vec::new();
    write(&contents(snapshot), &mut out).unwrap();
    out
}

/// Without the hashes that were made of secrets.
fn veiled(mut findings: Vec<Finding>) -> Vec<Finding> {
    for finding in findings.iter_mut().filter(|finding| finding.kind == Kind::Secret) {
        (finding.context, finding.said) = (None, None);
    }
    findings
}

/// Everything but the version and the hashes that were made of secrets; the order of findings does not matter.
fn said(snapshot: &Snapshot) -> String {
    let Snapshot { taken, version: _, project, sarif, sources, seal: _ } = snapshot;
    let mut sources = sources.clone();
    for held in &mut sources {
        held.collected.findings.sort_by(total_order);
        held.collected.findings = veiled(std::mem::take(&mut held.collected.findings));
    }
    format!("{:#?}", (taken, project, sarif, sources))
}

fn refusal(bytes: &[u8]) -> String {
    format!("{:#}", decode(bytes).unwrap_err())
}

fn hashed(number: u64) -> Context {
    Context(u128::from(number).to_be_bytes())
}

/// A small snapshot in which every kind of value occurs.
fn small() -> Snapshot {
    let sample = crate::report::sample::sample();
    let coverage = sample.evaluation.evidence[2].coverage.clone();
    let findings: Vec<Finding> = [0, 4].map(|at: usize| sample.evaluation.findings[at].finding.clone()).into();
    let coverage = Coverage { read: findings.len() as u64, ..coverage };
    Snapshot {
        taken: sample.as_of,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        project: Project { name: Some("payments".to_owned()), notes: Vec::new(), ..sample.project },
        sarif: vec!["*.sarif".to_owned()],
        sources: vec![Held { settings: "sha256:0".to_owned(), collected: Collected { findings, coverage } }],
        seal: unsealed(),
    }
}

/// The same document with another content and the seal that belongs to it.
fn resealed(document: &[u8], change: impl Fn(&str) -> String) -> Vec<u8> {
    let document = std::str::from_utf8(document).unwrap();
    let (head, rest) = document.split_once("\"content\": ").unwrap();
    let (content, _) = rest.rsplit_once(",\n\"digest\"").unwrap();
    let content = change(content);
    let digest = crate::digest::digest(content.as_bytes());
    format!("{head}\"content\": {content},\n\"digest\": \"{digest}\"\n}}\n").into_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn the_seal_is_known_before_anything_is_written(snapshot in snapshot()) {
        let written = bytes(&snapshot);
        let seal = seal(&contents(&snapshot)).unwrap();
        prop_assert_eq!(&seal.file, &crate::digest::digest(&written));
        prop_assert_eq!(decode(&written).unwrap().seal, seal);
    }

    #[test]
    fn what_is_written_is_read_back_exactly(snapshot in snapshot()) {
        let written = bytes(&snapshot);
        let read = decode(&written).unwrap();
        prop_assert_eq!(said(&read), said(&snapshot));
        for (read, told) in read.sources.iter().zip(&snapshot.sources) {
            let mut told = told.collected.clone();
            told.findings.sort_by(total_order);
            prop_assert_eq!(&read.collected.coverage, &told.coverage);
            prop_assert_eq!(veiled(read.collected.findings.clone()), veiled(told.findings));
        }
        prop_assert_eq!(bytes(&read), written, "and written again it gives the same bytes");
    }

    #[test]
    fn what_is_read_back_is_merged_as_what_was_written(
        mut snapshot in snapshot(), hashes in vec((of(0u64..4), of(0u64..4)), 6), one in finding(),
    ) {
        // Alike but for the hashes, so that they decide.
        snapshot.sources[0].collected.findings.extend(hashes.iter().map(|(context, said)| Finding {
            kind: Kind::Secret,
            context: context.map(|hash| hashed(hash << 40)),
            said: said.map(|hash| hashed(hash << 50)),
            ..one.clone()
        }));
        snapshot.sources[0].collected.coverage.read += 6;
        let read = decode(&bytes(&snapshot)).unwrap();
        let merged = |snapshot: &Snapshot| {
            merge(snapshot.sources.iter().flat_map(|held| held.collected.findings.clone()).collect())
        };
        let (read, told) = (merged(&read), merged(&snapshot));
        prop_assert_eq!(read.joined, told.joined);
        prop_assert_eq!(veiled(read.findings), veiled(told.findings));
    }

    #[test]
    fn the_order_of_reading_changes_no_byte(
        (snapshot, shuffled) in snapshot().prop_flat_map(|snapshot| {
            let findings = snapshot.sources[0].collected.findings.clone();
            (Just(snapshot), Just(findings).prop_shuffle())
        })
    ) {
        let mut other = snapshot.clone();
        other.sources[0].collected.findings = shuffled;
        prop_assert_eq!(bytes(&other), bytes(&snapshot));
    }

    #[test]
    fn a_float_comes_back_as_the_same_bits(float in float()) {
        let mut snapshot = small();
        snapshot.sources[0].collected.findings[0].cvss = Some(float);
        let read = decode(&bytes(&snapshot)).unwrap();
        let floats: Vec<u32> =
            read.sources[0].collected.findings.iter().filter_map(|finding| finding.cvss).map(f32::to_bits).collect();
        prop_assert_eq!(floats, [float.to_bits()]);
    }

    #[test]
    fn bytes_that_are_no_snapshot_harm_nothing(bytes in vec(any::<u8>(), 0..300)) {
        prop_assert!(decode(&bytes).is_err());
    }

    #[test]
    fn several_changes_at_once_are_never_read_as_another_snapshot(
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..9),
    ) {
        let snapshot = small();
        let mut changed = bytes(&snapshot);
        for (place, byte) in changes {
            let place = place.index(changed.len());
            changed[place] = byte;
        }
        if let Ok(read) = decode(&changed) {
            prop_assert_eq!(said(&read), said(&snapshot));
        }
    }

    #[test]
    fn no_content_makes_the_reader_panic_although_its_seal_fits(
        place in any::<prop::sample::Index>(), with in select(&["", "0", "-", "9e999", "\"", "{", "]", "null", "\\u0000", "x", "[]"][..]), length in 0usize..40,
    ) {
        let changed = resealed(&bytes(&small()), |content| {
            let from = content.floor_char_boundary(place.index(content.len()));
            let to = content.ceil_char_boundary((from + length).min(content.len()));
            format!("{}{with}{}", &content[..from], &content[to..])
        });
        let _ = decode(&changed);
    }
}

#[test]
fn no_hash_that_was_made_of_a_secret_is_written() {
    let mut snapshot = small();
    let findings = &mut snapshot.sources[0].collected.findings;
    for (finding, kind) in findings.iter_mut().zip([Kind::Secret, Kind::Sast]) {
        finding.kind = kind;
        finding.context = Context::of_code("password = 'hunter2'");
        finding.said = Context::of_code("found hunter2");
    }
    let Context(code) = findings[0].context.unwrap();
    let Context(said) = findings[0].said.unwrap();
    let written = String::from_utf8(bytes(&snapshot)).unwrap();
    for hash in [code, said] {
        assert_eq!(
            written.matches(&format!("{:032x}", u128::from_be_bytes(hash))).count(),
            1,
            "only of the code that is no secret"
        );
    }
}

#[test]
fn no_single_byte_can_be_changed_into_another_snapshot() {
    let snapshot = small();
    let (written, want) = (bytes(&snapshot), said(&snapshot));
    let mut unharmed = 0;
    for place in 0..written.len() {
        for flip in [1, 2, 0x20, 0x80] {
            let mut changed = written.clone();
            changed[place] ^= flip;
            if let Ok(read) = decode(&changed) {
                assert_eq!(said(&read), want, "byte {place}");
                unharmed += 1;
            }
        }
    }
    // Only the words about the tool may change: they are no evidence.
    assert!(unharmed < 4 * "\"findgate\", \"version\": \"0.10.10\"".len(), "{unharmed}");
}

#[test]
fn no_beginning_of_a_snapshot_is_one_and_each_says_that_it_was_cut_off() {
    let written = bytes(&small());
    for end in 0..written.len() - 2 {
        let why = refusal(&written[..end]);
        // A cut within a character leaves half of it.
        let wants = if end == 0 { &["it is empty"][..] } else { &["it ends too early", "it is damaged"] };
        assert!(wants.iter().any(|want| why.contains(want)), "{end}: {why}");
    }
    assert!(refusal(&[&written[..], b"{}"].concat()).contains("it is damaged"));
}

#[test]
fn what_is_not_a_snapshot_of_this_version_is_told_apart() {
    let written = String::from_utf8(bytes(&small())).unwrap();
    let later = written.replace("snapshot/v1", "snapshot/v2").replace("\"tool\":", "\"seal\": {}, \"tool\":");
    for (document, why) in [
        ("", "it is empty"),
        ("{}", "it is not a snapshot"),
        ("[1, 2]", "it is not a snapshot"),
        ("\"text\"", "it is not a snapshot"),
        ("<html>", "it is damaged, or not a snapshot"),
        (r#"{"version": "2.1.0", "runs": []}"#, "it is not a snapshot but SARIF; name it with --sarif"),
        (r#"{"schema": "findgate/evaluation/v1", "verdict": "pass"}"#, "`findgate/evaluation/v1`"),
        (r#"{"schema": "findgate/snapshot/v1"}"#, "it is not whole"),
        (&later, "it says that it is `findgate/snapshot/v2`, and findgate"),
        (&written.replace("\"tool\":", "\"seal\": {}, \"tool\":"), "altered, or another version took it"),
        (&written.replace("lodash", "lodahs"), "its digest does not fit"),
        (&written.replace("\"digest\": \"sha256:", "\"digest\": \"SHA256:"), "its digest does not fit"),
    ] {
        assert!(refusal(document.as_bytes()).contains(why), "{why}: {}", refusal(document.as_bytes()));
    }
}

#[test]
fn what_a_later_version_may_mean_is_not_guessed_although_the_seal_fits() {
    let written = bytes(&small());
    assert!(decode(&resealed(&written, str::to_owned)).is_ok());
    for (from, to, why) in [
        ("\"kind\":\"sca\"", "\"kind\":\"quantum\"", "finding 1 of the source mend: the kind `quantum` is not known"),
        ("\"severity\":\"critical\"", "\"severity\":\"fatal\"", "the severity `fatal` is not known"),
        ("\"scope\":\"production\"", "\"scope\":\"both\"", "the scope `both`"),
        ("\"state\":\"partial\"", "\"state\":\"perfect\"", "the state `perfect`"),
        ("\"state\":\"finished\"", "\"state\":\"over\"", "the state of a scan `over`"),
        ("\"kev\":true", "\"kev\":true,\"exploited\":true", "unknown field `exploited`"),
        ("\"kev\":true", "\"kev\":\"yes\"", "invalid type"),
        ("\"kev\":true", "\"kev\":true,\"kev\":false", "duplicate field"),
        ("\"first_seen\":\"2026", "\"first_seen\":\"x2026", "the time `x2026"),
        ("\"cvss\":9.8", "\"cvss\":\"high\"", "not a number"),
        ("\"hash\":\"", "\"hash\":\"+", "not a hash"),
        ("\"read\":2", "\"read\":3", "tells of 3 findings, and 2 are there"),
        ("\"sarif\": [", "\"more\": 1, \"sarif\": [", "unknown field `more`"),
    ] {
        let changed = resealed(&written, |content| {
            assert!(content.contains(from), "no {from} in {content}");
            content.replacen(from, to, 1)
        });
        let told = refusal(&changed);
        assert!(told.contains(why) && told.starts_with("this version does not understand"), "{from}: {told}");
    }
    let mut twice = small();
    twice.sources.push(twice.sources[0].clone());
    assert!(refusal(&bytes(&twice)).contains("the source mend twice"));
}

#[test]
fn many_levels_and_long_numbers_harm_nothing() {
    for deep in ["[".repeat(500_000), format!("{{\"content\":{}", "[".repeat(500_000)), "{\"a\":".repeat(200_000)] {
        assert!(decode(deep.as_bytes()).is_err());
    }
    let written = bytes(&small());
    for number in ["1".repeat(100_000), "1e99999".to_owned(), "-1".to_owned(), "1.5".to_owned()] {
        let changed = resealed(&written, |content| content.replacen("\"pages\":3", &format!("\"pages\":{number}"), 1));
        assert!(decode(&changed).is_err(), "{number}");
    }
}

#[test]
fn a_large_snapshot_is_read_by_several_threads() {
    let mut snapshot = small();
    let held = &mut snapshot.sources[0].collected;
    let one = held.findings[0].clone();
    held.findings =
        (0..4_000u32).map(|number| Finding { title: format!("flaw {number}").into(), ..one.clone() }).collect();
    held.coverage.read = 4_000;
    let written = bytes(&snapshot);
    let read = decode(&written).unwrap();
    assert_eq!(said(&read), said(&snapshot));
    let [first, second, ..] = &read.sources[0].collected.findings[..] else { panic!("4,000 findings") };
    assert!(std::sync::Arc::ptr_eq(&first.links, &second.links), "what many findings share is kept once");
    // Whichever thread comes upon it: its number is that in the whole list, which is in the order of titles here.
    let mut titles: Vec<String> = (0..4_000).map(|number| format!("\"flaw {number}\"")).collect();
    titles.sort();
    let refused = refusal(&resealed(&written, |content| content.replacen(&titles[3_000], "7", 1)));
    assert!(refused.contains("finding 3001 of the source"), "{refused}");
}

#[test]
fn a_file_that_is_too_large_or_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let unreadable = |path: &std::path::Path| match read(path) {
        Err(Unusable::Unreadable(error)) => format!("{error:#}"),
        other => panic!("{other:?}"),
    };
    assert!(unreadable(&folder.path().join("none.json")).contains("there is no such file"));
    assert!(unreadable(folder.path()).contains("it is a folder"));
    let path = folder.path().join("sparse.json");
    let mut file = std::fs::File::create(&path).unwrap();
    file.write_all(b"{").unwrap();
    let error = super::read::contents(std::fs::File::open(&path).unwrap(), 0).unwrap_err();
    assert!(error.to_string().contains("larger than 0 bytes"), "{error}");
    assert!(matches!(read(&path), Err(Unusable::NoEvidence(_))));
}

fn section(text: &str) -> String {
    let mut problems = Problems::default();
    let document = Document::parse("p.yml", text, &mut problems).unwrap();
    section_digest(Some(&document.root), &[])
}

#[test]
fn a_section_is_the_same_however_it_is_laid_out_and_another_when_it_means_another() {
    let same = section("files: ['a.sarif', b.sarif]\nroot: /src\nempty: allow\n");
    assert_eq!(same, section("# moved\nempty:    \"allow\"\nfiles:\n  - a.sarif\n  - b.sarif\nroot: '/src'\n"));
    for other in [
        "files: [b.sarif, a.sarif]\nroot: /src\nempty: allow\n",
        "files: [a.sarif]\nroot: /src\nempty: allow\n",
        "files: ['a.sarif\", \"b.sarif']\nroot: /src\nempty: allow\n",
        "files: [a.sarif, b.sarif]\nroot: /src\n",
        "files: [a.sarif, b.sarif]\nroot: /src\nempty: fail\n",
    ] {
        assert_ne!(section(other), same, "{other}");
    }
    assert_ne!(section("page_size: 100"), section("page_size: '100'"), "a number is no text");
    assert_ne!(section("url: null"), section("url: 'null'"));
    let globs = ["a".to_owned(), "b".to_owned()];
    assert_ne!(section_digest(None, &globs), section_digest(None, &["a".to_owned()]));
    assert_ne!(section_digest(None, &globs), section_digest(None, &[]));
}

fn wanted(name: &str, settings: &str) -> Wanted {
    Wanted { name: name.to_owned(), rule: EvidenceRule::default(), settings: settings.to_owned() }
}

#[test]
fn a_policy_gets_what_it_asks_for_in_its_own_order_and_what_is_missing_is_said() {
    let mut snapshot = small();
    snapshot.sources[0].collected.coverage.state = State::Complete;
    snapshot.sources[0].collected.coverage.reasons.clear();
    assert_eq!(snapshot.unwanted(&["sarif"]).collect::<Vec<_>>(), ["mend"]);
    assert_eq!(snapshot.unwanted(&["mend", "sarif"]).count(), 0);
    let shown = snapshot.clone().show(&[wanted("mayo", "sha256:1"), wanted("mend", "sha256:0")]);
    assert_eq!(shown[0].coverage.state, State::Failed);
    assert!(shown[0].coverage.reasons[0].contains("does not hold the source mayo; take it again"));
    assert!(shown[0].findings.is_empty());
    assert_eq!(shown[1], snapshot.sources[0].collected);
    let shown = snapshot.show(&[wanted("mend", "sha256:other")]);
    assert_eq!((shown[0].coverage.state, shown[0].findings.len()), (State::Partial, 2));
    assert!(shown[0].coverage.reasons[0].contains("is not what it said when the snapshot was taken"));
}

#[test]
fn a_project_gets_the_facts_that_a_run_does_not_know() {
    let mut snapshot = small();
    snapshot.project.pull_request = Some(PullRequest { number: Some(7), ..PullRequest::default() });
    let mut unknown = Project { no_branch: Some("detached".to_owned()), ..Project::default() };
    snapshot.fill(&mut unknown).unwrap();
    assert_eq!(unknown.repository.as_deref(), Some("github.com/acme/payments"));
    assert_eq!((unknown.base.as_deref(), unknown.name.as_deref()), (Some("main"), Some("payments")));
    assert_eq!((unknown.commit, unknown.branch), (snapshot.project.commit.clone(), snapshot.project.branch.clone()));
    assert_eq!((unknown.pull_request, unknown.no_branch), (snapshot.project.pull_request.clone(), None));
    assert!(unknown.notes.iter().any(|note| note == "base main (from the snapshot)"), "{:?}", unknown.notes);
    // Nobody named it in this run, and it goes before what the policy names.
    let [warning] = &unknown.warnings[..] else { panic!("{:?}", unknown.warnings) };
    assert!(warning.contains("taken for the project payments (--project)"), "{warning}");

    let own = |text: &str| Some(text.to_owned());
    let mut known = Project {
        name: own("payments"),
        repository: own("GitHub.com/ACME/Payments.git"),
        branch: own("fix"),
        commit: own("0123456"),
        ..Project::default()
    };
    snapshot.fill(&mut known).unwrap();
    assert_eq!((known.branch.as_deref(), known.base.as_deref()), (Some("fix"), Some("main")));
    assert!(known.warnings.is_empty(), "the beginning of a commit is that commit: {:?}", known.warnings);
}

#[test]
fn what_belongs_to_another_commit_is_not_taken_over() {
    let name = Some("payments".to_owned());
    let mut moved = Project { name, commit: Some("f".repeat(40)), ..Project::default() };
    small().fill(&mut moved).unwrap();
    assert_eq!((moved.branch, moved.base, moved.pull_request), (None, None, None));
    assert!(moved.repository.is_some());
    let [warning] = &moved.warnings[..] else { panic!("{:?}", moved.warnings) };
    assert!(warning.contains("taken for commit 0123456789ab, and commit ffffffffffff is judged"), "{warning}");
}

#[test]
fn another_project_is_refused() {
    let refused = |project: Project| small().fill(&mut project.clone()).unwrap_err().to_string();
    let other = refused(Project { repository: Some("github.com/acme/other".to_owned()), ..Project::default() });
    for part in ["github.com/acme/payments", "github.com/acme/other", "--repo"] {
        assert!(other.contains(part), "{other}");
    }
    let other = refused(Project { name: Some("Payments".to_owned()), ..Project::default() });
    assert!(other.contains("for the project payments") && other.contains("--project"), "{other}");
    let mut unnamed = small();
    unnamed.project.name = None;
    let mut project = Project { name: Some("payments".to_owned()), ..Project::default() };
    assert!(unnamed.fill(&mut project).unwrap_err().to_string().contains("taken without --project"));
}

/// What 100,000 findings cost: `cargo test --release costs -- --ignored --nocapture`.
#[test]
#[ignore = "tells times, which no test may depend on"]
fn costs_of_a_hundred_thousand() {
    let sample = crate::report::sample::large(100_000, crate::report::sample::Checks::Few);
    let findings: Vec<Finding> = sample.evaluation.findings.into_iter().map(|judged| judged.finding).collect();
    let coverage = Coverage { read: findings.len() as u64, ..sample.evaluation.evidence[0].coverage.clone() };
    let held = Held { settings: "sha256:0".to_owned(), collected: Collected { findings, coverage } };
    let snapshot = Snapshot { sources: vec![held], ..small() };
    let start = std::time::Instant::now();
    let written = bytes(&snapshot);
    println!("written: {:?}, {} bytes", start.elapsed(), written.len());
    let start = std::time::Instant::now();
    let read = decode(&written).unwrap();
    println!("read: {:?}, {} findings", start.elapsed(), read.sources[0].collected.findings.len());
}
