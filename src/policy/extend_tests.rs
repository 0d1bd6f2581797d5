//! What policies say together, and what a lock forbids.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::decode::tests::read;
use super::*;
use crate::event::Event;
use crate::finding::{Coverage, Finding, Fingerprint, FingerprintInput, Kind, State};

/// Both, each in a file of its own.
fn pair(base: &str, over: &str) -> (Policy, Policy) {
    (named("base.yml", base), named("over.yml", over))
}

fn named(file: &str, text: &str) -> Policy {
    let mut problems = Problems::default();
    let policy = Document::parse(file, text, &mut problems).and_then(|d| decode_part(&d, &[], &mut problems));
    policy.unwrap_or_else(|| panic!("{file}: {:#?}\n{text}", problems.sorted()))
}

/// The composition, and `FILE:LINE message <- FILE:LINE` for each problem.
fn extended(base: &str, over: &str) -> (Policy, Vec<String>) {
    let (base, over) = pair(base, over);
    let mut problems = Problems::default();
    let merged = extend(&base, &over, &mut problems);
    let told = |problem: Problem| {
        let Problem { place, message, related, .. } = problem;
        let related = related.map(|(place, _)| format!(" <- {}:{}", place.file, place.line)).unwrap_or_default();
        format!("{}:{} {message}{related}", place.file, place.line)
    };
    (merged, problems.sorted().into_iter().map(told).collect())
}

fn refused(base: &str, over: &str) -> Vec<String> {
    extended(base, over).1
}

fn limits(policy: &Policy) -> Vec<String> {
    policy.limits.iter().map(|l| format!("{} {} {}:{}", l.name, l.allow, l.place.file, l.place.line)).collect()
}

#[test]
fn later_wins_key_by_key() {
    let (merged, problems) = extended(
        "version: 1
name: org
unknown_severity: low
thresholds:
  all: critical
  sca: {critical: 0, high: 2}
new_thresholds: {all: high}
rules:
  a: {when: {kev: true}}
evidence: {max_age: 7d, commit: branch}
baseline: {file: a.json}
enrich: {kev: kev.json, epss: epss.csv}
shadow: next.yml
waivers: {file: w.yml, max_life: {critical: 7d, default: 90d}, require: [owner], unused: deny}
overrides: [{branch: main, thresholds: {all: low}}]
",
        "version: 1
extends: base.yml
thresholds:
  sca: medium
  sast: high
rules:
  a: {when: {kev: true, unknown: skip}}
evidence: {max_age: 3d}
enrich: {kev: own.json}
waivers: {file: [own.yml, w.yml], max_life: {critical: 14d}, require: [ticket]}
overrides: [{branch: dev, thresholds: {all: high}}]
",
    );
    assert_eq!(problems, [""; 0]);
    assert_eq!(
        limits(&merged),
        [
            "thresholds.all.critical 0 base.yml:5",
            "thresholds.sca.medium 0 over.yml:4",
            "new_thresholds.all.high 0 base.yml:7",
            "a 0 over.yml:7",
            "thresholds.sast.high 0 over.yml:5",
        ]
    );
    assert_eq!(merged.name.map(|name| name.value), Some("org".to_owned()));
    assert_eq!(merged.evidence.over(&Asked::default()).max_age, Some(3 * 86_400));
    assert_eq!(merged.evidence.over(&Asked::default()).commit, CommitRule::Branch);
    let file = |feed: Option<Stated<Feed>>| feed.map(|feed| format!("{} {:?}", feed.place.file, feed.value.at));
    assert_eq!(file(merged.kev), Some("over.yml File(\"own.json\")".to_owned()));
    assert_eq!(file(merged.epss), Some("base.yml File(\"epss.csv\")".to_owned()));
    assert!(merged.baseline.is_some() && merged.shadow.is_some());
    let rules = &merged.waiver_rules;
    assert_eq!(rules.files.iter().map(|f| f.value.as_str()).collect::<Vec<_>>(), ["w.yml", "own.yml"]);
    assert_eq!(rules.max_life(Severity::Critical).map(|l| l.value), Some(14 * 86_400));
    assert_eq!(rules.max_life(Severity::Low).map(|l| l.value), Some(90 * 86_400));
    assert_eq!(rules.require.iter().map(|r| r.value).collect::<Vec<_>>(), [Demanded::Ticket]);
    assert_eq!(rules.unused.as_ref().map(|u| u.value), Some(Unused::Deny));
    let places: Vec<&str> = merged.overrides.iter().map(|own| &*own.place.file).collect();
    assert_eq!(places, ["over.yml", "base.yml"]);
}

#[test]
fn a_section_of_a_source_may_be_said_in_parts() {
    let read = |file, text: &str| {
        let mut problems = Problems::default();
        let document = Document::parse(file, text, &mut problems).expect("yaml");
        let sources = [crate::source::sarif::config::LANGUAGE];
        decode_part(&document, &sources, &mut problems).expect("a part")
    };
    let base =
        read("b.yml", "{version: 1, thresholds: {all: low}, sources: {sarif: {root: /src, max_age: 7d, empty: fail}}}");
    let over = read("o.yml", "{version: 1, extends: b.yml, sources: {sarif: {files: \"*.sarif\", empty: allow}}}");
    let merged = extend(&base, &over, &mut Problems::default());
    let section = &merged.sources[0];
    assert_eq!(section.section.to_flow(), "{root: /src, empty: allow, files: \"*.sarif\"}");
    assert_eq!((&*section.place.file, section.evidence.max_age.as_ref().map(|a| a.value)), ("o.yml", Some(604_800)));
}

#[test]
fn a_waiver_that_comes_twice_is_one_and_another_of_its_name_is_refused() {
    let waiver = |id: &str| {
        format!("{{version: 1, thresholds: {{all: low}}, waivers: [{{id: {id}, match: {{id: X}}, reason: r}}]}}")
    };
    let (merged, problems) = extended(&waiver("a"), &waiver("b"));
    assert_eq!((merged.waivers.len(), problems), (2, Vec::new()));
    assert_eq!(refused(&waiver("a"), &waiver("a")), ["over.yml:1 duplicate waiver `a` <- base.yml:1"]);
    let base = named("base.yml", &waiver("a"));
    let mut problems = Problems::default();
    assert_eq!(extend(&base, &base, &mut problems).waivers.len(), 1);
    assert!(problems.is_empty());
}

const LOCKED: &str = "version: 1
unknown_severity: high
thresholds:
  sca: {high: 2, critical: 0, locked: true}
rules:
  kev: {when: {kev: true}, allow: 1, enforcement: {warn_until: 2027-01-31}, locked: true}
";

#[test]
fn what_is_locked_can_be_tightened() {
    for over in [
        "thresholds: {sca: any}",
        "thresholds: {sca: {medium: 2, critical: 0}}",
        "thresholds: {sca: {high: 2, critical: 0, low: 50}}",
        "thresholds: {all: critical, sast: {high: 100}}",
        "rules: {kev: {when: {kev: true}}}",
        "rules: {kev: {when: {kev: true}, allow: 1, enforcement: {warn_until: 2027-01-01}, locked: true}}",
        "unknown_severity: critical",
        "overrides: [{branch: dev, thresholds: {sca: {high: 0}}}]",
        "overrides: [{branch: dev, unknown_severity: critical, rules: {other: {when: {kev: false}}}}]",
    ] {
        let (merged, problems) = extended(LOCKED, &format!("version: 1\nextends: base.yml\n{over}\n"));
        assert_eq!(problems, [""; 0], "{over}");
        let own = merged.overrides.iter().flat_map(|own| &own.limits);
        for limit in merged.limits.iter().chain(own) {
            let is_locked = ["thresholds.sca", "kev"].contains(&limit.key());
            assert_eq!(limit.locked, is_locked, "{over}: {}", limit.name);
        }
    }
}

#[test]
fn what_is_locked_cannot_be_loosened() {
    let sca = "over.yml:3 `thresholds.sca` is locked and would be loosened <- base.yml:4";
    let kev = "over.yml:3 `kev` is locked and would be loosened <- base.yml:6";
    let occasion = "over.yml:3 `thresholds.sca` is locked and would be loosened on this occasion <- base.yml:4";
    for (over, want) in [
        ("thresholds: {sca: critical}", sca),
        ("thresholds: {sca: {high: 3, critical: 0}}", sca),
        ("thresholds: {sca: {high: 2}}", sca),
        ("thresholds: {sca: {high: 0, enforcement: warn}}", sca),
        ("thresholds: {sca: {high: 0, enforcement: {warn_until: 2020-01-01}}}", sca),
        ("rules: {kev: {when: {kev: true, unknown: skip}}}", kev),
        ("rules: {kev: {when: {kev: true}, allow: 2}}", kev),
        ("rules: {kev: {when: {kev: true}, enforcement: warn}}", kev),
        ("rules: {kev: {when: {kev: true}, enforcement: {warn_until: 2027-02-01}}}", kev),
        (
            "rules: {kev: {when: {kev: true}, locked: false}}",
            "over.yml:3 `kev` is locked and cannot be unlocked <- base.yml:6",
        ),
        (
            "thresholds: {sca: {info: 0, locked: false}}",
            "over.yml:3 `thresholds.sca` is locked and cannot be unlocked <- base.yml:4",
        ),
        (
            "unknown_severity: medium",
            "over.yml:3 `unknown_severity` would be medium, which loosens the limits that are locked: they go by high <- base.yml:2",
        ),
        ("overrides: [{branch: dev, thresholds: {sca: critical}}]", occasion),
        (
            "overrides: [{branch: dev, unknown_severity: low}]",
            "over.yml:3 `unknown_severity` would be low, which loosens the limits that are locked: they go by high <- base.yml:2",
        ),
        (
            // Once, and not again for each override that says nothing of it.
            "unknown_severity: low\noverrides: [{branch: dev, thresholds: {sast: high}}]",
            "over.yml:3 `unknown_severity` would be low, which loosens the limits that are locked: they go by high <- base.yml:2",
        ),
    ] {
        let told = refused(LOCKED, &format!("version: 1\nextends: base.yml\n{over}\n"));
        assert!(told.contains(&want.to_owned()), "{over}\n{told:#?}");
    }
}

#[test]
fn a_locked_rule_for_lesser_severities_keeps_what_an_unrated_finding_counts_as() {
    for (when, refuses) in [
        ("{severity: low}", true),
        ("{severity: [critical, medium]}", true),
        ("{not: {severity: \">=high\"}}", true),
        ("{any: [{kev: true}, {severity: \"<=medium\"}]}", true),
        ("{severity: \">=high\"}", false),
        ("{not: {severity: [low, info]}}", false),
        ("{not: {not: {severity: critical}}}", false),
    ] {
        let base = format!("version: 1\nunknown_severity: low\nrules: {{r: {{when: {when}, locked: true}}}}\n");
        let told = refused(&base, "version: 1\nextends: base.yml\nunknown_severity: critical\n");
        assert_eq!(told.len(), usize::from(refuses), "{when}: {told:?}");
    }
}

#[test]
fn an_override_does_not_go_before_a_stricter_one_of_what_is_extended() {
    let base = "version: 1
thresholds: {all: {high: 5, locked: true}}
overrides:
- {branch: \"release/*\", thresholds: {all: medium}}
- {event: schedule, unknown_severity: critical, thresholds: {sca: low}}
";
    let before = "over.yml:3 this override may go before one that is stricter in `thresholds.all`, which is locked <- base.yml:4";
    for (own, want) in [
        ("{environment: prod, thresholds: {sast: low}}", Some(before)),
        ("{environment: prod, thresholds: {all: high}}", Some(before)),
        ("{environment: prod, thresholds: {all: medium, sast: low}}", None),
        // The two never hold together.
        ("{branch: main, thresholds: {all: high}}", None),
        ("{branch: release/1, thresholds: {all: high}}", Some(before)),
        ("{branch: [main, \"hotfix/*\"], thresholds: {all: high}}", Some(before)),
    ] {
        let told = refused(base, &format!("version: 1\nextends: base.yml\noverrides: [{own}]\n"));
        assert_eq!(told, want.into_iter().collect::<Vec<_>>(), "{own}");
    }
}

#[test]
fn locked_evidence_is_asked_for_by_every_later_source() {
    let base = "version: 1\nthresholds: {all: low}\nevidence:\n  max_age: 7d\n  commit: branch\n  locked: true\n";
    let less = |key: &str, line: u32| {
        format!("over.yml:2 `evidence` is locked, and this `{key}` asks for less <- base.yml:{line}")
    };
    for (over, want) in [
        ("evidence: {max_age: 8d}", Some(less("max_age", 4))),
        ("evidence: {commit: any}", Some(less("commit", 5))),
        ("evidence: {required: false}", Some(less("required", 6))),
        (
            "evidence: {max_age: 1d, locked: false}",
            Some("over.yml:2 `evidence` is locked and cannot be unlocked <- base.yml:6".to_owned()),
        ),
        ("evidence: {max_age: 6d, commit: head, required: true, wait: 10m}", None),
        ("evidence: {wait: 10m}", None),
    ] {
        let told = refused(base, &format!("version: 1\n{over}\nthresholds: {{all: low}}\n"));
        assert_eq!(told, want.into_iter().collect::<Vec<_>>(), "{over}");
    }
    let part = |file: &str, text: &str| {
        let mut problems = Problems::default();
        let document = Document::parse(file, text, &mut problems).expect("yaml");
        decode_part(&document, &[crate::source::sarif::config::LANGUAGE], &mut problems).expect("good")
    };
    let over =
        |section: &str| part("over.yml", &format!("{{version: 1, extends: base.yml, sources: {{sarif: {section}}}}}"));
    let count = |base: &Policy, section: &str| {
        let mut problems = Problems::default();
        let _ = extend(base, &over(section), &mut problems);
        problems.len()
    };
    let plain = part("base.yml", base);
    assert_eq!(count(&plain, "{required: false, max_age: 30d, commit: any}"), 3);
    assert_eq!(count(&plain, "{max_age: 7d, commit: head}"), 0);
    // What the owner of the lock allows to one source, it allows.
    let lax =
        part("base.yml", &format!("{base}sources: {{sarif: {{files: a.sarif, required: false, max_age: 1d}}}}\n"));
    assert_eq!(count(&lax, "{required: false}"), 0);
    assert_eq!(count(&lax, "{max_age: 2d}"), 1);
}

#[test]
fn locked_rules_for_waivers_only_grow() {
    let base = "version: 1\nthresholds: {all: low}\nwaivers:\n  max_life: {critical: 7d, default: 90d}\n  require: [owner]\n  locked: true\n";
    let with = |waivers: &str| format!("version: 1\nextends: base.yml\nwaivers: {waivers}\n");
    let told = |waivers: &str| refused(base, &with(waivers));
    assert_eq!(told("{require: [ticket], max_life: {high: 30d}, unused: deny}"), [""; 0]);
    let (merged, _) = extended(base, &with("{require: [ticket]}"));
    let required: Vec<Demanded> = merged.waiver_rules.require.iter().map(|r| r.value).collect();
    assert_eq!(required, [Demanded::Owner, Demanded::Ticket]);
    assert_eq!(
        told("{max_life: {critical: 8d}}"),
        ["over.yml:3 `waivers` is locked, and this `max_life` is longer than before <- base.yml:4"]
    );
    assert_eq!(told("{max_life: {low: 91d}}").len(), 1);
    assert_eq!(told("{max_life: {default: 91d}}").len(), 1);
    assert_eq!(
        told("{unused: ignore}"),
        ["over.yml:3 `waivers` is locked, and this `unused` is weaker than before <- base.yml:6"]
    );
    assert_eq!(
        told("{locked: false, unused: warn}"),
        ["over.yml:3 `waivers` is locked and cannot be unlocked <- base.yml:6"]
    );
}

/// A map of thresholds, or rules, each locked or not.
fn limits_of(sections: &'static [&'static str]) -> impl Strategy<Value = String> {
    let word = select(vec!["critical", "high", "medium", "low", "info"]);
    let rest = (
        select(vec![
            "",
            ", enforcement: warn",
            ", enforcement: {warn_until: 2026-07-01}",
            ", enforcement: {warn_until: 2026-01-01}",
        ]),
        select(vec!["", "", ", locked: true"]),
    );
    let threshold = (select(vec!["all", "sca", "sast"]), word, 0u32..4, rest.clone()).prop_map(
        |(key, word, allow, (enforcement, locked))| format!("{key}: {{{word}: {allow}{enforcement}{locked}}}"),
    );
    let when =
        select(vec!["{kev: true}", "{severity: low}", "{not: {severity: \">=high\"}}", "{severity: \">=medium\"}"]);
    let rule = (select(vec!["a", "b"]), when, 0u32..3, rest).prop_map(|(name, when, allow, (enforcement, locked))| {
        format!("{name}: {{when: {when}, allow: {allow}{enforcement}{locked}}}")
    });
    let unique = |entries: Vec<String>| {
        let mut seen = std::collections::BTreeSet::new();
        entries.into_iter().filter(|e| seen.insert(e.split(':').next().map(str::to_owned))).collect::<Vec<_>>()
    };
    let section = move |name: &'static str| -> BoxedStrategy<Vec<String>> {
        if name == "rules" {
            prop::collection::vec(rule.clone(), 0..3).boxed()
        } else {
            prop::collection::vec(threshold.clone(), 0..3).boxed()
        }
    };
    let all: Vec<BoxedStrategy<Vec<String>>> = sections.iter().map(|name| section(name)).collect();
    all.prop_map(move |found| {
        let written = sections.iter().zip(found).filter(|(_, entries)| !entries.is_empty());
        written
            .map(|(name, entries)| format!("{name}: {{{}}}", unique(entries).join(", ")))
            .collect::<Vec<_>>()
            .join(", ")
    })
}

const SECTIONS: &[&str] = &["thresholds", "new_thresholds", "rules"];

fn policies() -> impl Strategy<Value = String> {
    let unknown = || select(vec!["", "unknown_severity: low", "unknown_severity: high", "unknown_severity: critical"]);
    let occasion = select(vec!["branch: main", "branch: \"*\"", "event: push", "event: [schedule, push], branch: dev"]);
    let own = (occasion, limits_of(SECTIONS), unknown()).prop_map(|(occasion, limits, unknown)| {
        let parts = [occasion, &*limits, unknown];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let parts = if parts.len() == 1 { vec![occasion, "unknown_severity: critical"] } else { parts };
        format!("{{{}}}", parts.join(", "))
    });
    (limits_of(SECTIONS), unknown(), prop::collection::vec(own, 0..3)).prop_map(|(limits, unknown, overrides)| {
        let overrides =
            if overrides.is_empty() { String::new() } else { format!("overrides: [{}]", overrides.join(", ")) };
        let parts = ["version: 1", "extends: x.yml", &limits, unknown, &overrides];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        format!("{{{}}}", parts.join(", "))
    })
}

fn finding(kind: Kind, severity: Option<Severity>, kev: Option<bool>, new: Option<bool>) -> Finding {
    let input = FingerprintInput {
        kind,
        advisory: None,
        check: Some("C1"),
        package: None,
        path: None,
        context: None,
        message: "flaw",
    };
    Finding {
        fingerprint: Fingerprint { hash: input.hash(), ordinal: 1 },
        context: None,
        kind,
        severity,
        severity_from: "tool".into(),
        ids: Arc::default(),
        cwe: Arc::default(),
        title: "flaw".into(),
        said: None,
        package: None,
        fix: None,
        fixed_in: Arc::default(),
        also_in: Arc::default(),
        location: None,
        first_seen: None,
        cvss_vector: None,
        cvss: None,
        epss: None,
        kev,
        reachable: None,
        license: Arc::default(),
        new,
        links: Arc::default(),
        sightings: Vec::new(),
    }
}

fn findings() -> impl Strategy<Value = Vec<Finding>> {
    let severity = prop::option::of(select(Severity::WORST_FIRST.to_vec()));
    let one = (select(vec![Kind::Sca, Kind::Sast]), severity, any::<Option<bool>>(), any::<Option<bool>>());
    prop::collection::vec(one.prop_map(|(kind, severity, kev, new)| finding(kind, severity, kev, new)), 0..8)
}

/// The policy with nothing but what is locked.
fn locked_part(policy: &Policy) -> Policy {
    let keys: Vec<&str> = policy.limits.iter().filter(|limit| limit.locked).map(Limit::key).collect();
    let locked = |limits: &[Limit]| -> Vec<Limit> {
        limits.iter().filter(|limit| limit.locked || keys.contains(&limit.key())).cloned().collect()
    };
    let overrides =
        policy.overrides.iter().map(|own| Override { limits: locked(&own.limits), ..own.clone() }).collect();
    Policy { limits: locked(&policy.limits), overrides, ..policy.clone() }
}

fn verdict(policy: &Policy, circumstances: Circumstances<'_>, findings: Vec<Finding>) -> Verdict {
    let resolved = resolve(policy, circumstances).expect("all is known");
    evaluate(&resolved, complete(), findings, "2026-06-01T00:00:00Z".parse().expect("a time")).verdict
}

fn complete() -> Vec<Evidence> {
    let coverage = Coverage {
        source: "sarif".into(),
        state: State::Complete,
        reasons: Vec::new(),
        notes: Vec::new(),
        projects: Vec::new(),
        scans: Vec::new(),
        tells_scans: true,
        pages: 0,
        read: 0,
        skipped: 0,
    };
    vec![Evidence { coverage, requirement: Requirement::Required }]
}

fn said(policy: &Policy) -> String {
    let mut limits: Vec<String> = policy.limits.iter().map(|limit| format!("{limit:?}")).collect();
    limits.sort();
    format!("{limits:#?} {:?} {:#?} {:#?}", policy.unknown_severity, policy.overrides, policy.evidence)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn what_is_locked_still_fails_whatever_extends_it(
        base in policies(), over in policies(), findings in findings(),
        branch in select(vec!["main", "dev", "x"]), event in select(vec![Event::Push, Event::Schedule, Event::Tag]),
    ) {
        let (base, over) = pair(&base, &over);
        let mut problems = Problems::default();
        let merged = extend(&base, &over, &mut problems);
        prop_assume!(problems.is_empty());
        let on = Circumstances { branch: Some(branch), environment: None, event: Some(event) };
        if verdict(&locked_part(&base), on, findings.clone()) == Verdict::Fail {
            prop_assert_eq!(verdict(&merged, on, findings), Verdict::Fail);
        }
    }

    #[test]
    fn a_policy_that_only_tightens_what_is_locked_is_taken(base in policies()) {
        // Itself again, and with every limit at its strictest.
        let base = named("base.yml", &base);
        let mut strict = base.clone();
        for limit in &mut strict.limits {
            (limit.allow, limit.enforcement, limit.from) = (0, Enforcement::Deny, None);
        }
        strict.overrides.clear();
        strict.unknown_severity = None;
        let mut problems = Problems::default();
        let _ = extend(&base, &strict, &mut problems);
        prop_assert!(problems.is_empty(), "{:#?}", problems.sorted());
    }

    #[test]
    fn extending_a_policy_twice_or_by_nothing_changes_nothing(base in policies()) {
        let base = named("base.yml", &base);
        let mut problems = Problems::default();
        prop_assert_eq!(said(&extend(&base, &base, &mut problems)), said(&extend(&Policy::default(), &base, &mut problems)));
        let empty = named("child.yml", "{version: 1, extends: base.yml}");
        prop_assert_eq!(said(&extend(&base, &empty, &mut problems)), said(&extend(&Policy::default(), &base, &mut problems)));
        prop_assert!(problems.is_empty(), "{:#?}", problems.sorted());
    }

    #[test]
    fn policies_that_speak_of_different_things_may_come_in_any_order(
        one in limits_of(&["thresholds"]), other in limits_of(&["rules"]), evidence in subsequence(vec!["max_age: 7d", "commit: head"], 1..=2),
    ) {
        let one = named("one.yml", &format!("{{version: 1, extends: x.yml, {one}}}").replace(", }", "}"));
        let rest = format!("{{version: 1, extends: x.yml, evidence: {{{}}}, {other}}}", evidence.join(", ")).replace(", }", "}");
        let other = named("other.yml", &rest);
        let mut problems = Problems::default();
        prop_assert_eq!(said(&extend(&one, &other, &mut problems)), said(&extend(&other, &one, &mut problems)));
        prop_assert!(problems.is_empty());
    }
}

#[test]
fn a_lock_of_what_is_extended_reaches_through_a_policy_between() {
    let mut problems = Problems::default();
    let base = named("base.yml", LOCKED);
    let middle = extend(
        &base,
        &named("middle.yml", "{version: 1, extends: base.yml, thresholds: {sca: {high: 1, critical: 0}}}"),
        &mut problems,
    );
    assert!(problems.is_empty());
    let _ = extend(
        &middle,
        &named("leaf.yml", "{version: 1, extends: middle.yml, thresholds: {sca: {high: 2, critical: 0}}}"),
        &mut problems,
    );
    assert_eq!(problems.len(), 1);
    assert_eq!(
        problems.sorted()[0].related.as_ref().map(|(place, _)| place.file.to_string()),
        Some("middle.yml".to_owned())
    );
    assert!(read("{version: 1, thresholds: {sca: high}}").is_ok());
}
