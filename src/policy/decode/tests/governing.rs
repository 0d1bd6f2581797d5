//! What an organisation governs with: extending, staging, locks, rules for waivers, baselines, feeds.

use super::super::super::{BaselineAt, Demanded, Enforcement, FeedAt, Parent, Unused};
use super::{T, check, read};
use crate::finding::Severity;

const DIGEST: &str = "0f343b0931126a20f133d67c2b018a3b0f343b0931126a20f133d67c2b018a3b";

#[test]
fn what_a_policy_extends_is_a_preset_a_file_or_an_address_with_a_digest() {
    let text = format!(
        "{{version: 1, extends: [preset:strict, ./org.yml, {{url: https://a.example/p.yml, digest: {DIGEST}}}]}}"
    );
    let policy = read(&text).expect("good");
    let parents: Vec<&Parent> = policy.extends.iter().map(|stated| &stated.value).collect();
    let remote = Parent::Remote { url: "https://a.example/p.yml".into(), digest: format!("sha256:{DIGEST}") };
    assert_eq!(parents, [&Parent::Preset("strict".into()), &Parent::File("./org.yml".into()), &remote]);
    assert_eq!(read("{version: 1, extends: preset:strict}").expect("good").extends.len(), 1);
    check("version: 1\nextends: https://a.example/p.yml\n", &[(2, 10, "is an address without a digest | write {url:")]);
    check("version: 1\nextends: [\"*.yml\"]\n", &[(2, 11, "found the glob")]);
    check("version: 1\nextends: []\n", &[(2, 10, "expected at least one item for a policy to extend")]);
    let remote = |rest: &str| format!("version: 1\nextends: {{url: {rest}}}\n");
    check(&remote("https://a.example/p"), &[(2, 10, "`digest` is missing in a policy on a server")]);
    check(&remote(&format!("http://a.example/p, digest: {DIGEST}")), &[(2, 16, "begins with https://")]);
    check(&remote(&format!("https://u:p@a.example/p, digest: {DIGEST}")), &[(2, 16, "no user and no password")]);
    check(&remote("https://a.example/p, digest: sha256:12"), &[(2, 45, "expected a SHA-256 digest")]);
}

#[test]
fn a_limit_may_be_staged_and_locked() {
    let policy = read(
        "{version: 1, thresholds: {all: high, sca: {high: 1, low: 9, enforcement: {warn_until: 2027-01-31}, locked: true}}, \
         new_thresholds: {sast: {medium: 0, enforcement: warn}}, rules: {r: {when: {kev: true}, locked: true}}}",
    )
    .expect("good");
    let told: Vec<_> = policy
        .limits
        .iter()
        .map(|l| (l.name.as_str(), l.enforcement, l.from.map(|day| day.to_string()), l.locked))
        .collect();
    assert_eq!(
        told,
        [
            ("thresholds.all.high", Enforcement::Deny, None, false),
            ("thresholds.sca.high", Enforcement::Deny, Some("2027-01-31".to_owned()), true),
            ("thresholds.sca.low", Enforcement::Deny, Some("2027-01-31".to_owned()), true),
            ("new_thresholds.sast.medium", Enforcement::Warn, None, false),
            ("r", Enforcement::Deny, None, true),
        ]
    );
    let day = |text: &str| text.parse().expect("a day");
    assert_eq!(policy.limits[1].enforcement_on(day("2027-01-30")), Enforcement::Warn);
    assert_eq!(policy.limits[1].enforcement_on(day("2027-01-31")), Enforcement::Deny);
    check(
        &format!("{T}rules: {{r: {{when: {{kev: true}}, enforcement: {{warn_until: soon}}}}}}\n"),
        &[(3, 58, "expected a date for `warn_until`")],
    );
    check(
        &format!("{T}rules: {{r: {{when: {{kev: true}}, enforcement: {{}}}}}}\n"),
        &[(3, 45, "`warn_until` is missing in `enforcement`")],
    );
}

#[test]
fn waivers_may_stand_in_files_and_follow_rules() {
    let policy = read(
        "{version: 1, thresholds: {all: high}, waivers: {file: w.yml, vex: [a.json, b.json], max_life: {critical: 14d, default: 90d}, \
         require: [owner, ticket], unused: deny, locked: true}}",
    )
    .expect("good");
    let rules = &policy.waiver_rules;
    assert_eq!(rules.files.iter().map(|f| f.value.as_str()).collect::<Vec<_>>(), ["w.yml"]);
    assert_eq!(rules.vex.len(), 2);
    let life = |severity| rules.max_life(severity).map(|life| life.value / 86_400);
    assert_eq!((life(Severity::Critical), life(Severity::Low)), (Some(14), Some(90)));
    assert_eq!(rules.require.iter().map(|r| r.value).collect::<Vec<_>>(), [Demanded::Owner, Demanded::Ticket]);
    assert_eq!(rules.unused.as_ref().map(|u| u.value), Some(Unused::Deny));
    assert_eq!(rules.locked.as_ref().map(|l| l.value), Some(true));
    check(&format!("{T}waivers: {{require: [name]}}\n"), &[(3, 21, "unknown part of a waiver `name`")]);
    check(&format!("{T}waivers: {{max_life: {{high: 30}}}}\n"), &[(3, 28, "30")]);
    check(&format!("{T}waivers: {{file: \"*.yml\"}}\n"), &[(3, 17, "found the glob")]);
}

#[test]
fn a_baseline_and_a_feed_are_in_one_place_each() {
    let policy = read(
        "{version: 1, new_thresholds: {all: low}, baseline: {branch: main}, enrich: {kev: kev.json, epss: {url: \
         https://a.example/e.csv.gz, max_age: 2d}}, shadow: next.yml}",
    )
    .expect("good");
    assert_eq!(policy.baseline.map(|b| b.value), Some(BaselineAt::Branch("main".into())));
    let (kev, epss) = (policy.kev.expect("kev").value, policy.epss.expect("epss").value);
    assert_eq!((kev.at, kev.max_age), (FeedAt::File("kev.json".into()), 30 * 86_400));
    assert_eq!((epss.at, epss.max_age), (FeedAt::Url("https://a.example/e.csv.gz".into()), 2 * 86_400));
    assert_eq!(policy.shadow.map(|s| s.value), Some(Parent::File("next.yml".into())));
    check(&format!("{T}baseline: {{file: a, branch: b}}\n"), &[(3, 11, "both are named")]);
    check(&format!("{T}baseline: {{}}\n"), &[(3, 1, "`baseline` names nothing")]);
    check(&format!("{T}enrich: {{kev: {{file: a, url: https://a.example/}}}}\n"), &[(3, 15, "both are named")]);
    check(&format!("{T}enrich: {{kev: http://a.example/}}\n"), &[(3, 15, "begins with https://")]);
}

#[test]
fn an_override_names_branches_environments_or_events() {
    let good = "{version: 1, thresholds: {all: low}, overrides: [{event: [push, tag], environment: \"prod*\", unknown_severity: low}]}";
    assert!(read(good).is_ok());
    check(
        &format!("{T}overrides: [{{event: pr, thresholds: {{all: low}}}}]\n"),
        &[(3, 21, "unknown event `pr` | did you mean `pull_request`?")],
    );
}
