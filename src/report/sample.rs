//! Evaluations that the tests of every format share.
//!
//! [`sample`] holds every outcome once, in hostile words; [`large`] is for limits; [`any_sample`] makes evaluations that
//! nobody thought of. They are put together by hand and not by the evaluation, so that a format is tested on what the
//! model can hold and not only on what today's evaluation happens to make.

mod any;
mod beside;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::date;
use proptest::prelude::*;

use super::{Beside, Report};
use crate::finding::{
    Context, Coverage, Cwe, Excuse, Finding, Fingerprint, Kind, Location, Package, Scan, ScanState, Scope, Severity,
    Sighting, State, Text,
};
use crate::policy::{
    Disposition, Enforcement, Evaluation, Evidence, FeedUse, Judged, Limit, Place, Requirement, Resolved, Subject,
    Verdict, Violation, WaiverOutcome, WaiverState, count, open_findings_of, rank,
};
use crate::project::Project;

pub(crate) use any::any_sample;

/// Everything that a [`Report`] borrows.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) evaluation: Evaluation,
    pub(crate) policy: Resolved,
    pub(crate) policy_origin: String,
    pub(crate) policy_digest: String,
    pub(crate) project: Project,
    pub(crate) as_of: Timestamp,
    pub(crate) only: Vec<String>,
    pub(crate) beside: Vec<Beside>,
}

impl Sample {
    pub(crate) fn report(&self) -> Report<'_> {
        Report {
            evaluation: &self.evaluation,
            policy: &self.policy,
            policy_origin: &self.policy_origin,
            policy_shown: &self.policy_origin,
            trust: "worktree",
            base: None,
            policy_digest: &self.policy_digest,
            inputs: &[],
            told: &[],
            bypasses: &[],
            baseline_named: None,
            project: &self.project,
            is_of_fork: false,
            seal: None,
            as_of: self.as_of,
            only: &self.only,
            beside: &self.beside,
        }
    }

    /// What a format makes of it.
    pub(crate) fn written(&self, format: super::Format) -> String {
        let mut out = Vec::new();
        super::write(format, &self.report(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// Whether a rule that denies is violated, and whether everything required was read: what the verdict follows from.
    pub(crate) fn grounds(&self) -> (bool, bool) {
        let Evaluation { violations, evidence, .. } = &self.evaluation;
        let is_read =
            |one: &Evidence| one.coverage.state == State::Complete || one.requirement == Requirement::Optional;
        (
            violations.iter().any(|violation| violation.enforcement == Enforcement::Deny),
            !evidence.is_empty() && evidence.iter().all(is_read),
        )
    }

    /// Sorts the findings by fingerprint, as the evaluation promises, and makes every number follow from them.
    pub(crate) fn settle(mut self) -> Sample {
        let evaluation = &mut self.evaluation;
        evaluation.findings.sort_by_key(|judged| judged.finding.fingerprint);
        evaluation.findings.dedup_by_key(|judged| judged.finding.fingerprint);
        for (at, violation) in evaluation.violations.iter_mut().enumerate() {
            let at = at as u32;
            let mut findings: Vec<u32> = (0u32..)
                .zip(&evaluation.findings)
                .filter(|(_, judged)| judged.violations.contains(&at))
                .map(|(index, _)| index)
                .collect();
            findings.sort_by_key(|&index| (std::cmp::Reverse(evaluation.findings[index as usize].severity), index));
            violation.found = findings.len() as u64;
            violation.findings = findings;
        }
        for (at, waiver) in evaluation.waivers.iter_mut().enumerate() {
            waiver.matched =
                evaluation.findings.iter().filter(|judged| judged.waiver == Some(at as u32)).count() as u64;
        }
        evaluation.ranked = rank(&evaluation.findings);
        evaluation.counts = count(&evaluation.findings);
        let open = |source: &Evidence| open_findings_of(&source.coverage.source, &evaluation.findings);
        evaluation.open = evaluation.evidence.iter().map(open).collect();
        self
    }
}

/// Texts that want to be read as something else.
pub(crate) const HOSTILE: [&str; 12] = [
    "::error::pwned",
    "x\n::set-output name=verdict::pass",
    "##[error]pwned and ##vso[task.complete result=Succeeded]",
    "[click](javascript:alert(1)) and [this](0)",
    "\u{1b}[2J\u{1b}[32mfindgate: pass\u{9b}0m",
    "user\u{202e}txt.exe\u{2066}\u{200b}\u{feff}\u{e0041}",
    "placeholder {0} and {1} and {{2}}",
    "nul \0 bell \u{7} delete \u{7f} next\u{85}line\u{2028}",
    "a | table | `code` <script>alert(1)</script> &amp; @octocat #12",
    "emoji 😀❤️ 👩‍💻 漢字",
    "\"quotes\" 'single' \\ back\\slash %0A%s",
    "]\u{200b}(https://evil.example) \r\n\t ",
];

/// Any text, with more than its share of what could do harm.
pub(crate) fn hostile_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => proptest::sample::select(&HOSTILE[..]).prop_map(str::to_owned),
        4 => proptest::sample::select(&[":", "::", "#", "##", "[", "]", "(", "{", "0", "}", "\n", "\r", " ", "vso[", "GH-1", "\u{1b}[31m", "\u{200b}", "\\", "`", "@", "/", "..", "%", "<", "|"][..])
            .prop_map(str::to_owned),
        3 => any::<char>().prop_map(String::from),
        1 => "[a-z]{1,12}",
    ];
    proptest::collection::vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

/// Every disposition, severity, kind, state of a waiver and of a source, and texts that want to be read as something else.
pub(crate) fn sample() -> Sample {
    use Disposition::{Allowed, Excused, Violation as Violated, Waived, Warning};
    use Severity::{Critical, High, Info, Low, Medium};
    let mut findings = vec![
        judged(1, Kind::Sca, Some(Critical), Violated, &[0, 1], "Prototype pollution in lodash"),
        judged(2, Kind::Sca, Some(High), Violated, &[1], HOSTILE[3]),
        judged(3, Kind::Sca, None, Violated, &[0], HOSTILE[0]),
        judged(4, Kind::Sast, Some(High), Violated, &[2, 3], HOSTILE[4]),
        judged(5, Kind::Sast, Some(Medium), Warning, &[3], HOSTILE[2]),
        judged(6, Kind::Sast, Some(Low), Warning, &[3], HOSTILE[6]),
        judged(7, Kind::Secret, Some(Info), Violated, &[2], "GitHub token"),
        judged(8, Kind::Iac, Some(Medium), Allowed, &[], HOSTILE[5]),
        judged(9, Kind::Container, Some(Critical), Violated, &[0], HOSTILE[7]),
        judged(10, Kind::License, Some(High), Violated, &[2], "AGPL-3.0-only is not allowed"),
        judged(11, Kind::Cicd, Some(Low), Allowed, &[], HOSTILE[8]),
        judged(12, Kind::Dast, Some(Medium), Warning, &[3], HOSTILE[9]),
        judged(13, Kind::Other, None, Allowed, &[], ""),
        judged(14, Kind::Sca, Some(High), Waived, &[], "Waived until a day"),
        judged(15, Kind::Sast, Some(High), Waived, &[], HOSTILE[1]),
        judged(16, Kind::Sca, Some(Critical), Excused, &[], "Not affected"),
        judged(17, Kind::Sast, Some(Low), Excused, &[], HOSTILE[10]),
        judged(18, Kind::Sast, Some(High), Violated, &[2], &"A title of five kilobytes. ".repeat(190)),
        judged(19, Kind::Sast, Some(High), Violated, &[2], "The same call again"),
        judged(20, Kind::Sast, Some(Critical), Violated, &[2], "The same check with another severity"),
        judged(21, Kind::Dast, Some(High), Violated, &[2], HOSTILE[11]),
    ];
    // Alike in all but the ordinal.
    findings[18].finding.fingerprint = Fingerprint { hash: findings[17].finding.fingerprint.hash, ordinal: 2 };
    findings[13].waiver = Some(0);
    findings[14].waiver = Some(1);
    for (at, waiver) in [(0, 2), (1, 4), (4, 6), (5, 5), (8, 7)] {
        findings[at].unwaived = Some(waiver);
    }
    for (at, excuse) in [(15, Excuse::FalsePositive), (16, Excuse::Suppressed)] {
        findings[at].excuse = Some(excuse);
        findings[at].finding.sightings[0].excuse = Some(excuse);
        findings[at].finding.sightings[0].justification = Some("[reviewed](javascript:x) by\nteam {0}".into());
    }
    describe(&mut findings);
    let mut sample = Sample {
        evaluation: Evaluation {
            verdict: Verdict::Fail,
            findings,
            violations: vec![
                violation("thresholds.all.critical", None, 12, Enforcement::Deny),
                violation("thresholds.sca.high", None, 14, Enforcement::Deny),
                violation(
                    "known-exploited",
                    Some("Nothing that is exploited [x](y) {0}.\n::error::"),
                    20,
                    Enforcement::Deny,
                ),
                violation("code-quality", Some("Told, not enforced."), 31, Enforcement::Warn),
            ],
            limits: [
                "thresholds.all.critical",
                "thresholds.sca.high",
                "thresholds.secret.any",
                "known-exploited",
                "code-quality",
            ]
            .map(String::from)
            .to_vec(),
            waivers: waivers(),
            evidence: evidence(),
            undecided: Vec::new(),
            baseline: None,
            ranked: Vec::new(),
            feeds: vec![FeedUse {
                name: "kev",
                from: "https://feeds.example/kev.json?\u{1b}[31m".to_owned(),
                date: "2026-11-20T15:00:12Z".parse().unwrap(),
                entries: 1432,
                told: Vec::new(),
            }],
            open: Vec::new(),
            counts: Vec::new(),
            unseen: Some("no rule looks at 2 findings, whose kind nobody knows".to_owned()),
            warnings: vec![
                "waiver lodash-later expires in 3 days".to_owned(),
                "optional source mayo failed: 503\n::error::from ##[the] server [x](y)".to_owned(),
                "the waivers of ::error::x.yml do not count: [x](y)".to_owned(),
            ],
            besides: vec!["the waivers of ::error::x.yml do not count: [x](y)".to_owned()],
        },
        policy: policy(Some("payments / \u{202e}team")),
        policy_origin: ".findgate.yml".to_owned(),
        policy_digest: format!("sha256:{}", "ab".repeat(32)),
        project: Project {
            repository: Some("github.com/acme/payments".to_owned()),
            branch: Some("feature/\u{1b}[31m".to_owned()),
            commit: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
            base: Some("main".to_owned()),
            ..Project::default()
        },
        as_of: "2026-11-21T10:00:00Z".parse().unwrap(),
        only: vec!["sarif".to_owned(), "mend".to_owned()],
        beside: Vec::new(),
    }
    .settle();
    sample.beside = beside::beside(&sample.evaluation.findings);
    sample
}

/// Facts, places and second sources for the findings of [`sample`].
fn describe(findings: &mut [Judged]) {
    let [first, second, _, fourth, fifth, sixth, seventh, eighth, ninth, tenth, .., last] = findings else {
        unreachable!()
    };
    first.finding.cvss = Some(9.8);
    first.finding.also_in = ["web/old/package-lock.json".into()].into();
    first.finding.kev = Some(true);
    first.finding.sightings.push(sighting("mend", 1));
    first.finding.sightings[1].severity = Some("HIGH".into());
    // The score says medium, the vendor high: the label must win.
    second.finding.cvss = Some(5.0);
    second.finding.package = Some(Box::new(Package {
        name: "@acme/näme with:colon%".into(),
        version: Some("1.0.0 {0}".into()),
        purl: Some("pkg:npm/%40acme/name@1.0.0".into()),
        direct: Some(false),
        scope: Some(Scope::Development),
    }));
    fourth.finding.location = Some(place("C:\\src\\a b.c", Some(3)));
    fifth.finding.location = Some(place("nginx:1.25/etc/pass wd#x?%41[0].conf", Some(7)));
    sixth.finding.location = Some(place("src/näme 漢字.rs", None));
    seventh.finding.sightings[0].check = Some("github-pat".into());
    eighth.finding.location = Some(place("../../etc/passwd", Some(1)));
    ninth.finding.location = None;
    tenth.finding.license = ["AGPL-3.0-only".into()].into();
    last.finding.location = Some(Location {
        path: "/abs//./x.py".into(),
        line: Some(9),
        column: Some(5),
        end_line: Some(2),
        end_column: Some(1),
    });
}

/// A finding that holds what its kind usually holds; `number` makes its identity, its check and its place.
fn judged(
    number: u32,
    kind: Kind,
    severity: Option<Severity>,
    disposition: Disposition,
    violations: &[u32],
    title: &str,
) -> Judged {
    let in_package = matches!(kind, Kind::Sca | Kind::Container | Kind::License);
    let advisory = matches!(kind, Kind::Sca | Kind::Container);
    let ids: Vec<Text> =
        if advisory { vec![format!("CVE-2026-{number:04}").into(), "GHSA-35jh-r3h4-6jhm".into()] } else { Vec::new() };
    let mut hash = [0xa5; 16];
    hash[..4].copy_from_slice(&number.to_be_bytes());
    Judged {
        finding: Finding {
            fingerprint: Fingerprint { hash, ordinal: 1 },
            context: Some(Context(u128::from(number).to_be_bytes())),
            kind,
            severity,
            severity_from: "sarif".into(),
            ids: ids.into(),
            cwe: if advisory { [Cwe(79), Cwe(1321)].into() } else { [Cwe(94)].into() },
            title: title.into(),
            said: None,
            package: in_package.then(|| {
                Box::new(Package {
                    name: "lodash".into(),
                    version: Some("4.17.20".into()),
                    purl: Some("pkg:npm/lodash@4.17.20".into()),
                    direct: Some(true),
                    scope: Some(Scope::Production),
                })
            }),
            fix: advisory.then_some(true),
            fixed_in: if advisory { ["4.17.21".into()].into() } else { Arc::from([]) },
            also_in: Arc::default(),
            location: Some(place(if in_package { "web/package-lock.json" } else { "src/main.rs" }, Some(10 + number))),
            first_seen: Some("2026-08-01T00:00:00Z".parse().unwrap()),
            cvss_vector: advisory.then(|| "CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H".into()),
            cvss: advisory.then_some(7.2),
            epss: advisory.then_some(0.42),
            kev: None,
            reachable: advisory.then_some(false),
            license: Arc::from([]),
            new: Some(number.is_multiple_of(2)),
            links: ["https://github.com/advisories/GHSA-35jh-r3h4-6jhm".into(), "https://example.org/a b|c".into()]
                .into(),
            sightings: vec![sighting("sarif", number)],
        },
        // What the sample's policy counts an unrated finding as.
        severity: severity.unwrap_or(Severity::Critical),
        disposition,
        violations: violations.to_vec(),
        waiver: None,
        unwaived: None,
        excuse: None,
    }
}

fn sighting(source: &str, number: u32) -> Sighting {
    Sighting {
        source: source.into(),
        tool: Some("Semgrep OSS".into()),
        check: Some(format!("rules.check-{}", number % 5).into()),
        id: Some(format!("{source}-{number}").into()),
        status: Some("open".into()),
        excuse: None,
        justification: None,
        severity: Some("HIGH".into()),
        url: Some("https://mend.example/findings/1".into()),
        fingerprint: [7; 16],
    }
}

fn place(path: &str, line: Option<u32>) -> Location {
    Location { path: path.into(), line, column: line.map(|_| 5), end_line: line, end_column: line.map(|_| 20) }
}

fn in_policy(line: u32) -> Place {
    Place { file: ".findgate.yml".into(), line, column: 3, bytes: 0..0 }
}

fn violation(rule: &str, description: Option<&str>, line: u32, enforcement: Enforcement) -> Violation {
    Violation {
        rule: rule.to_owned(),
        description: description.map(str::to_owned),
        place: in_policy(line),
        enforcement,
        denies_from: None,
        allowed: 0,
        found: 0,
        findings: Vec::new(),
        unknown: if description.is_some() { vec![("epss", 2), ("age", 1)] } else { Vec::new() },
    }
}

fn waivers() -> Vec<WaiverOutcome> {
    let waiver = |id: &str, state: WaiverState, line: u32| WaiverOutcome {
        id: id.to_owned(),
        place: Place { file: ".findgate/waivers.yml".into(), ..in_policy(line) },
        matches: "id: CVE-2026-0014, path: web/**".to_owned(),
        reason: format!("Not reachable; {}", HOSTILE[3]),
        owner: Some("team-payments".to_owned()),
        ticket: Some("PAY-12".to_owned()),
        approved_by: None,
        expires: Some(date(2026, 11, 24)),
        state,
        matched: 0,
        vex: None,
        because: None,
    };
    let vex = |id: &str, state: WaiverState, because: Option<&str>| WaiverOutcome {
        vex: Some(HOSTILE[2].to_owned()),
        because: because.map(str::to_owned),
        ..waiver(id, state, 40)
    };
    vec![
        waiver("lodash-later", WaiverState::Expiring { days: 3 }, 3),
        WaiverOutcome { expires: None, owner: None, ticket: None, ..waiver("forever {0}", WaiverState::Active, 9) },
        WaiverOutcome { expires: Some(date(2026, 1, 31)), ..waiver("too-late", WaiverState::Expired, 15) },
        waiver("nothing", WaiverState::Unused, 21),
        waiver("whole-package", WaiverState::TooBroad { vulnerabilities: 4 }, 27),
        waiver("for-ever", WaiverState::TooLong { findings: 2, until: date(2026, 12, 5) }, 33),
        vex("a.json#CVE-2026-0015", WaiverState::Refused, Some(HOSTILE[4])),
        vex("a.json#CVE-2026-0016", WaiverState::Unused, Some(HOSTILE[1])),
    ]
}

fn evidence() -> Vec<Evidence> {
    let source = |name: &str, state: State, requirement: Requirement, reasons: &[&str]| Evidence {
        coverage: Coverage {
            source: name.into(),
            state,
            reasons: reasons.iter().map(|&reason| reason.to_owned()).collect(),
            notes: vec!["2 findings have no location".to_owned()],
            projects: vec!["payments".into()],
            tells_scans: true,
            pages: 3,
            scans: vec![Scan {
                engine: "Semgrep OSS".into(),
                version: Some("1.2.3".into()),
                origin: "reports/semgrep.sarif, run 1".into(),
                target: Some("payments".into()),
                state: ScanState::Finished,
                status: Some("executionSuccessful".into()),
                finished: Some("2026-11-21T09:00:00Z".parse().unwrap()),
                commit: None,
                branch: Some("main".into()),
                findings: 21,
            }],
            read: 24,
            skipped: u64::from(state == State::Partial),
        },
        requirement,
    };
    vec![
        source("appsecplus", State::Stale, Requirement::Required, &["the newest scan is 9 days old, 7 are allowed"]),
        source("mayo", State::Failed, Requirement::Optional, &["503 ::error::", "##[error]no project"]),
        source(
            "mend",
            State::Partial,
            Requirement::Required,
            &["1 row could not be read", "page 3 of 4 is missing [x](y)"],
        ),
        source("sarif", State::Complete, Requirement::Required, &[]),
    ]
}

fn policy(name: Option<&str>) -> Resolved {
    Resolved {
        name: name.map(str::to_owned),
        limits: vec![Limit {
            name: "thresholds.all.critical".to_owned(),
            description: None,
            place: in_policy(12),
            enforcement: Enforcement::Deny,
            from: None,
            allow: 0,
            subject: Subject::AtLeast { kind: None, floor: Severity::Critical, only_new: false },
            locked: false,
        }],
        unknown_severity: Severity::Critical,
        waivers: Vec::new(),
        waiver_rules: crate::policy::WaiverRules::default(),
        applied: Some("overrides at .findgate.yml:30 (branch release/1.2)".to_owned()),
    }
}

/// How the rules of a large evaluation are spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checks {
    /// 400 checks, as scanners of code have.
    Few,
    /// One advisory for each finding: as many rules as results.
    OneEach,
}

/// A failed evaluation with this many violations, everything read.
pub(crate) fn large(count: u32, checks: Checks) -> Sample {
    let findings = (0..count).map(|number| {
        let kind = if checks == Checks::OneEach { Kind::Sca } else { Kind::Sast };
        let severity = Severity::WORST_FIRST[number as usize % 5];
        let mut one = judged(
            number,
            kind,
            Some(severity),
            Disposition::Violation,
            &[0],
            "Subprocess call with shell=True; an attacker may run commands",
        );
        one.finding.sightings[0].check = Some(format!("python.lang.security.check-{}", number % 400).into());
        one.finding.location = Some(place(
            &format!("services/part{}/src/module_{}.py", number % 97, number % 1009),
            Some(1 + number % 2000),
        ));
        one
    });
    let mut sample = sample();
    sample.evaluation.findings = findings.collect();
    sample.evaluation.violations = vec![violation("thresholds.all.info", None, 12, Enforcement::Deny)];
    sample.evaluation.waivers.clear();
    sample.evaluation.warnings.clear();
    sample.evaluation.besides.clear();
    sample.evaluation.evidence.retain(|source| source.coverage.state == State::Complete);
    sample.evaluation.verdict = if count == 0 { Verdict::Pass } else { Verdict::Fail };
    if count == 0 {
        sample.evaluation.violations.clear();
    }
    sample.only.clear();
    sample.settle()
}

/// A violation with more text than anybody writes, read completely, and a waiver for it that has expired.
pub(crate) fn talkative() -> Sample {
    let mut sample = large(1, Checks::OneEach);
    let long = |text: &str| text.repeat(3_000);
    let violation = &mut sample.evaluation.violations[0];
    (violation.rule, violation.description) = (long("rule "), Some(long("Described. ")));
    let judged = &mut sample.evaluation.findings[0];
    (judged.finding.severity, judged.unwaived) = (None, Some(2));
    judged.finding.title = long("title% ").into();
    judged.finding.ids = (0..500).map(|number| format!("CVE-{number}%").into()).collect();
    judged.finding.fixed_in = (0..500).map(|number| format!("{number}.0").into()).collect();
    judged.finding.package.as_mut().unwrap().name = long("😀%").into();
    judged.finding.location.as_mut().unwrap().path = long("a/").into();
    sample.evaluation.waivers = waivers();
    sample.settle()
}

/// Files for validators that are no part of the tests: `cargo test write_samples -- --ignored`.
#[test]
#[ignore = "writes files for validators that are run by hand"]
fn write_samples() {
    use clap::ValueEnum as _;
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/samples");
    std::fs::create_dir_all(&folder).unwrap();
    let samples = [
        ("sample", sample()),
        ("empty", large(0, Checks::Few)),
        ("few", large(5_001, Checks::Few)),
        ("each", large(5_001, Checks::OneEach)),
    ];
    for (name, sample) in samples {
        for format in super::Format::value_variants() {
            std::fs::write(folder.join(format!("{name}.{}", format.name())), sample.written(*format)).unwrap();
        }
    }
}

/// What 100,000 violations cost: `cargo test --release costs -- --ignored --nocapture`.
#[test]
#[ignore = "tells times, which no test may depend on"]
fn costs_of_a_hundred_thousand() {
    use clap::ValueEnum as _;
    #[derive(Debug)]
    struct Count(u64);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len() as u64;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let peak = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        status.lines().find(|line| line.starts_with("VmHWM")).map(str::to_owned).unwrap_or_default()
    };
    for checks in [Checks::Few, Checks::OneEach] {
        let sample = large(100_000, checks);
        println!("{checks:?}: model {}", peak());
        for format in super::Format::value_variants() {
            let start = std::time::Instant::now();
            let mut out = std::io::BufWriter::with_capacity(1 << 16, Count(0));
            super::write(*format, &sample.report(), &mut out).unwrap();
            println!("{}: {:?}, {} bytes, {}", format.name(), start.elapsed(), out.into_inner().unwrap().0, peak());
        }
    }
}
