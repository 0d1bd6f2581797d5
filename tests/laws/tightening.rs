//! A policy as it is written, made stricter in one place: never does a failure become a pass.

use findgate::finding::{Coverage, merge};
use findgate::policy::{
    BASELINE, Circumstances, Document, Evidence, Problems, Requirement, Resolved, decode, evaluate, resolve,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::values::{evidence, findings, rank, states};

/// A policy as somebody writes it, with everything at once that can make it stricter or laxer.
#[derive(Clone, Debug)]
struct Written {
    thresholds: Vec<Threshold>,
    new_thresholds: Vec<Threshold>,
    rules: Vec<Rule>,
    /// What holds on the branch `main`, which is judged.
    on_main: Vec<Threshold>,
    unknown: &'static str,
    /// What each matches, and its last day.
    waivers: Vec<(&'static str, &'static str)>,
    unused: &'static str,
    life: &'static str,
}

#[derive(Clone, Debug)]
struct Threshold {
    kind: &'static str,
    severity: &'static str,
    allow: u64,
    enforcement: &'static str,
}

#[derive(Clone, Debug)]
struct Rule {
    when: &'static str,
    allow: u64,
    enforcement: &'static str,
}

/// From the laxest to the strictest; 2026-06-01 is judged.
const ENFORCEMENTS: [&str; 4] = ["warn", "{warn_until: 2027-01-01}", "{warn_until: 2026-06-01}", "deny"];

const CONDITIONS: [&str; 9] = [
    "{kind: [sca, secret]}",
    "{severity: '>=medium'}",
    "{new: true}",
    "{new: false}",
    "{kev: true}",
    "{kev: true, unknown: skip}",
    "{not: {path: src/a.py}}",
    "{any: [{new: true, severity: '>=low'}, {path: 'src/**'}]}",
    "{all: [{kev: false}, {not: {new: true}}]}",
];

prop_compose! {
    fn thresholds()(
        kinds in subsequence(vec!["all", "sca", "sast", "secret"], 0..=3),
        parts in prop::collection::vec((select(vec!["critical", "high", "medium", "info"]), 0u64..4, select(ENFORCEMENTS.to_vec())), 3),
    ) -> Vec<Threshold> {
        let one = |(kind, (severity, allow, enforcement))| Threshold { kind, severity, allow, enforcement };
        kinds.into_iter().zip(parts).map(one).collect()
    }
}

prop_compose! {
    fn written()(
        thresholds in thresholds(), new_thresholds in thresholds(), on_main in thresholds(),
        rules in prop::collection::vec((select(CONDITIONS.to_vec()), 0u64..4, select(ENFORCEMENTS.to_vec())), 1..4),
        unknown in select(vec!["info", "medium", "critical"]),
        waivers in prop::collection::vec((
            select(vec!["{path: src/a.py}", "{check: C1}", "{id: CVE-2021-0001}", "{package: left-pad}", "{path: nowhere}"]),
            select(vec!["2026-05-31", "2026-06-01", "2026-07-01", "2027-01-01"]),
        ), 0..3),
        unused in select(vec!["ignore", "warn", "deny"]),
        life in select(vec!["{default: 999d}", "{default: 999d, high: 30d}"]),
    ) -> Written {
        let rules = rules.into_iter().map(|(when, allow, enforcement)| Rule { when, allow, enforcement }).collect();
        Written { thresholds, new_thresholds, rules, on_main, unknown, waivers, unused, life }
    }
}

impl Written {
    /// The policy that holds on the branch `main`.
    fn holds(&self) -> Resolved {
        let map = |thresholds: &[Threshold]| {
            let one = |Threshold { kind, severity, allow, enforcement }: &Threshold| {
                format!("{kind}: {{{severity}: {allow}, enforcement: {enforcement}}}")
            };
            thresholds.iter().map(one).collect::<Vec<_>>().join(", ")
        };
        let mut text = format!("version: 1\nunknown_severity: {}\nrules:\n", self.unknown);
        for (number, Rule { when, allow, enforcement }) in self.rules.iter().enumerate() {
            text += &format!("  r{number}: {{when: {when}, allow: {allow}, enforcement: {enforcement}}}\n");
        }
        for (key, thresholds) in [("thresholds", &self.thresholds), ("new_thresholds", &self.new_thresholds)] {
            if !thresholds.is_empty() {
                text += &format!("{key}: {{{}}}\n", map(thresholds));
            }
        }
        if !self.on_main.is_empty() {
            text += &format!("overrides:\n- {{branch: main, thresholds: {{{}}}}}\n", map(&self.on_main));
        }
        text += &format!("waivers:\n  unused: {}\n  max_life: {}\n  entries:\n", self.unused, self.life);
        for (number, (matches, expires)) in self.waivers.iter().enumerate() {
            text += &format!("  - {{id: w{number}, match: {matches}, reason: known, expires: {expires}}}\n");
        }
        let text = if self.waivers.is_empty() { text.replace("  entries:\n", "") } else { text };
        let mut problems = Problems::default();
        let document = Document::parse("policy.yml", &text, &mut problems).expect("YAML");
        let policy = decode(&document, &findgate::source::LANGUAGES, &mut problems);
        let policy = policy.unwrap_or_else(|| panic!("{:#?}\n{text}", problems.sorted()));
        resolve(&policy, Circumstances { branch: Some("main"), environment: None, event: None }).expect("a branch")
    }

    /// Makes it stricter in one place. Whether a waiver is unused, which may be denied, is another matter.
    fn tighten(&mut self, how: usize, which: prop::sample::Index) {
        let all = [&mut self.thresholds, &mut self.new_thresholds, &mut self.on_main];
        let mut thresholds: Vec<&mut Threshold> = all.into_iter().flatten().collect();
        let at = (!thresholds.is_empty()).then(|| which.index(thresholds.len()));
        let threshold = at.map(|at| thresholds.swap_remove(at));
        let rule = which.index(self.rules.len());
        let rule = &mut self.rules[rule];
        let stricter = |enforcement: &mut &'static str| {
            let at = ENFORCEMENTS.iter().position(|one| one == enforcement).unwrap();
            *enforcement = ENFORCEMENTS[(at + 1).min(3)];
        };
        match (how, threshold) {
            (0, Some(threshold)) => threshold.allow = threshold.allow.saturating_sub(1),
            (1, Some(threshold)) => threshold.severity = "info",
            (2, Some(threshold)) => stricter(&mut threshold.enforcement),
            (3, _) => rule.allow = rule.allow.saturating_sub(1),
            (4, _) => stricter(&mut rule.enforcement),
            (5, _) if self.unused != "deny" => self.waivers.truncate(1),
            (6, _) if self.unused != "deny" => self.waivers.iter_mut().for_each(|waiver| waiver.1 = "2026-05-31"),
            (7, _) if self.unused != "deny" => self.life = "{default: 999d, critical: 0d, high: 0d, medium: 0d}",
            (8, _) => self.unused = if self.unused == "ignore" { "warn" } else { "deny" },
            (9, _) => self.unknown = "critical",
            _ => self.rules.push(Rule { when: "{severity: '>=high'}", allow: 1, enforcement: "deny" }),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn tightening_never_makes_a_failure_pass_whatever_else_the_policy_says(
        findings in findings().prop_map(|f| merge(f).findings), loose in written(), state in states(),
        without_baseline in any::<bool>(), how in 0usize..11, which in any::<prop::sample::Index>(),
    ) {
        let mut strict = loose.clone();
        strict.tighten(how, which);
        let mut findings = findings;
        let mut shown = evidence(state, Requirement::Required);
        if without_baseline {
            findings.iter_mut().for_each(|finding| finding.new = None);
            let coverage = Coverage::unread(BASELINE, "there is none".to_owned());
            shown.push(Evidence { coverage, requirement: Requirement::Required });
        }
        let judged = |written: &Written| {
            evaluate(&written.holds(), shown.clone(), findings.clone(), "2026-06-01T00:00:00Z".parse().unwrap())
        };
        let (before, after) = (judged(&loose).verdict, judged(&strict).verdict);
        prop_assert!(rank(after) >= rank(before), "{before:?} became {after:?} by {strict:#?}");
    }
}
