//! Hints, each with a policy that deserves it and one that does not.

use super::decode::tests::read;
use super::*;

fn hints(text: &str) -> Vec<String> {
    let policy = read(text).unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"));
    let hints = lint::lint(&policy, "2026-11-21".parse().expect("a day"));
    hints.iter().map(|hint| format!("{}:{} {}", hint.place.line, hint.place.column, hint.message)).collect()
}

/// The hints of a rule.
fn when(when: &str) -> Vec<String> {
    hints(&format!("version: 1\nbaseline: {{branch: main}}\nrules: {{r: {{when: {when}}}}}\n"))
}

#[test]
fn a_rule_that_can_never_match_is_hinted_at() {
    for (condition, part) in [
        ("{kind: sast, package: \"lodash\"}", "`package` is a fact of packages"),
        ("{kind: [secret, iac], direct: true}", "`direct` is a fact of packages"),
        ("{not: {kind: [sca, container, license, other, cicd]}, scope: production}", "`scope` is a fact of packages"),
        ("{severity: high, all: [{severity: \"<high\"}]}", "no `severity` is left"),
        ("{severity: high, not: {severity: \">=high\"}}", "no `severity` is left"),
        ("{kind: sca, all: [{kind: sast}]}", "no `kind` is left"),
        ("{kind: sca, any: [{kind: sast}, {all: [{kind: iac}]}]}", "no `kind` is left"),
        ("{kev: true, not: {kev: true}, unknown: skip}", "`kev` cannot be both"),
        ("{kev: true, not: {kev: true}}", "asks `kev` for two things that exclude each other"),
        ("{cvss: \">=9\", all: [{cvss: \"<9\"}]}", "asks `cvss` for two things"),
        ("{age: \">30d\", all: [{age: \"<7d\"}]}", "asks `age` for two things"),
    ] {
        let told = when(condition);
        assert!(told.len() == 1 && told[0].starts_with("3:9 ") && told[0].contains(part), "{condition}: {told:?}");
    }
    for condition in [
        "{kind: [sast, sca], package: lodash}",
        "{kind: other, package: lodash}",
        "{severity: [high, low], all: [{severity: \"<high\"}]}",
        "{kind: sca, any: [{kind: sast}, {severity: high}]}",
        "{kev: true, any: [{not: {kev: true}}, {severity: high}]}",
        "{cvss: \">=9\", all: [{cvss: \"<=9\"}]}",
        "{not: {kind: sca, severity: high}}",
        "{kind: sca, not: {package: lodash}}",
        "{direct: true, not: {direct: false}}",
    ] {
        assert_eq!(when(condition), [""; 0], "{condition}");
    }
}

#[test]
fn a_limit_that_another_one_makes_needless_is_hinted_at() {
    for (limits, want) in [
        (
            "thresholds: {all: high, sca: {critical: 3}}",
            &["2:31 `thresholds.sca.critical` says nothing: whatever it forbids, `thresholds.all.high` does"][..],
        ),
        (
            "thresholds: {sca: {high: 0, critical: 3}}",
            &["2:29 `thresholds.sca.critical` says nothing: whatever it forbids, `thresholds.sca.high` does"],
        ),
        ("thresholds: {all: high}\nnew_thresholds: {sca: high}\nbaseline: {branch: main}", &[]),
        (
            "thresholds: {all: high}\nnew_thresholds: {sca: critical}\nbaseline: {branch: main}",
            &["3:23 `new_thresholds.sca.critical` says nothing: whatever it forbids, `thresholds.all.high` does"],
        ),
        (
            "rules: {a: {when: {kev: true}}, b: {when: {kev: true}, allow: 2}}",
            &["2:33 `b` says nothing: whatever it forbids, `a` does"],
        ),
        (
            "rules: {a: {when: {kev: true}}, b: {when: {kev: true}}}",
            &["2:33 `b` says nothing: whatever it forbids, `a` does"],
        ),
        // What only says more clearly what another one means.
        ("thresholds: {all: critical, sca: {critical: 0, high: 0, medium: 20}, secret: any}", &[]),
        ("thresholds: {all: {high: 5}, sca: {critical: 3}}", &[]),
        ("thresholds: {all: {high: 0, enforcement: warn}, sca: {critical: 3}}", &[]),
        ("rules: {a: {when: {kev: true}, enforcement: warn}, b: {when: {kev: true}, allow: 2}}", &[]),
    ] {
        assert_eq!(hints(&format!("version: 1\n{limits}\n")), want, "{limits}");
    }
}

#[test]
fn waivers_are_hinted_at_that_have_no_end_or_reach_it() {
    let waivers = |expires: &str| {
        let waiver = format!("{{id: w, match: {{id: X}}, reason: r{expires}}}");
        hints(&format!("version: 1\nthresholds: {{all: high}}\nwaivers: [{waiver}]\n"))
    };
    assert_eq!(waivers(""), ["3:11 the waiver `w` never expires"]);
    assert_eq!(waivers(", expires: 2026-11-20"), ["3:11 the waiver `w` expired on 2026-11-20 and excuses nothing"]);
    assert_eq!(waivers(", expires: 2026-11-21"), ["3:11 the waiver `w` expires today"]);
    assert_eq!(waivers(", expires: 2026-12-05"), ["3:11 the waiver `w` expires on 2026-12-05, in 14 days"]);
    assert_eq!(waivers(", expires: 2026-12-06"), [""; 0]);
}

#[test]
fn an_override_that_is_never_reached_is_hinted_at() {
    let overrides = |earlier: &str, later: &str| {
        let one = |when: &str| format!("{{{when}, thresholds: {{all: low}}}}");
        hints(&format!("version: 1\nthresholds: {{all: high}}\noverrides:\n- {}\n- {}\n", one(earlier), one(later)))
    };
    for (earlier, later) in [
        ("branch: \"release/*\"", "branch: release/1"),
        ("branch: \"release/*\"", "branch: \"release/*\", event: push"),
        ("event: [push, tag]", "event: tag, environment: prod"),
        ("environment: [prod, \"test*\"]", "environment: [\"test*\", prod]"),
    ] {
        assert_eq!(overrides(earlier, later), ["5:3 this override never applies"], "{earlier} and {later}");
    }
    for (earlier, later) in [
        ("branch: release/1", "branch: \"release/*\""),
        ("branch: \"release/*\", event: push", "branch: \"release/*\""),
        ("branch: \"release/*\"", "branch: release/1/2"),
        ("event: [push, tag]", "event: [tag, schedule]"),
        ("environment: prod", "event: push"),
    ] {
        assert_eq!(overrides(earlier, later), [""; 0], "{earlier} and {later}");
    }
}

#[test]
fn staging_that_is_over_and_new_without_a_baseline_are_hinted_at() {
    let staged = |day: &str| {
        hints(&format!("version: 1\nrules: {{r: {{when: {{kev: true}}, enforcement: {{warn_until: {day}}}}}}}\n"))
    };
    assert_eq!(staged("2026-11-21"), ["2:9 `r` denies since 2026-11-21, so its `warn_until` says nothing any more"]);
    assert_eq!(staged("2026-11-22"), [""; 0]);
    let new = "`r` asks for what is new, and the policy names no `baseline`";
    assert_eq!(hints("version: 1\nrules: {r: {when: {not: {new: false}}}}\n"), [format!("2:9 {new}")]);
    assert_eq!(hints("version: 1\nrules: {r: {when: {not: {new: false}}}}\nbaseline: {file: b.json}\n"), [""; 0]);
    assert_eq!(hints("version: 1\nnew_thresholds: {all: high}\n").len(), 1);
}

#[test]
fn what_is_looser_than_in_the_policy_that_is_extended_is_hinted_at_where_no_lock_forbids_it() {
    let told = |base: &str, over: &str| -> Vec<String> {
        let policy = |text: &str| read(&format!("version: 1\n{text}\n")).expect("good");
        lint::weakened(&policy(base), &policy(over)).into_iter().map(|hint| hint.message).collect()
    };
    let base = "thresholds: {sca: {high: 3}}\nrules: {r: {when: {kev: true}}}\nunknown_severity: high";
    assert_eq!(
        told(base, "thresholds: {sca: {high: 4}}"),
        ["`thresholds.sca` is weaker than in the policy that is extended"]
    );
    assert_eq!(
        told(base, "rules: {r: {when: {kev: true}, enforcement: warn}}"),
        ["`r` is weaker than in the policy that is extended"]
    );
    assert_eq!(
        told(base, "thresholds: {all: low}\nunknown_severity: low"),
        ["`unknown_severity` is weaker than in the policy that is extended"]
    );
    assert_eq!(told(base, "thresholds: {sca: {medium: 3, critical: 9}}\nunknown_severity: critical"), [""; 0]);
    assert_eq!(told(base, "rules: {r: {when: {kev: true, severity: high}}}"), [""; 0]);
    let locked = "thresholds: {sca: {high: 3, locked: true}}";
    assert_eq!(told(locked, "thresholds: {sca: {high: 4}}"), [""; 0], "that is a problem");
}

#[test]
fn no_built_in_policy_deserves_a_hint_but_for_the_baseline_that_is_the_projects_to_name() {
    for preset in PRESETS {
        let told = hints(preset.text);
        let named: Vec<&String> = told.iter().filter(|hint| !hint.contains("names no `baseline`")).collect();
        assert!(named.is_empty(), "{}: {named:?}", preset.name);
        assert_eq!(told.len(), usize::from(preset.name == "new-code"), "{}", preset.name);
    }
}
