//! Composition: what a policy and those that it extends say together.
//!
//! Later wins, but what is locked can only be tightened. What "tighter" means, [`super::lock`] says.

use std::collections::{BTreeMap, BTreeSet};

use super::problem::{Problem, Problems, quoted};
use super::resolve::replace;
use super::{Asked, Limit, Node, Override, Policy, SourceSection, Stated, Value, Waiver, WaiverRules, lock};

/// What `over` says on top of `base`.
///
/// A name, a severity, a feed and the like: the later one that is said. A key of `thresholds` or `new_thresholds` and a rule
/// are replaced as a whole; `evidence` and the sections of sources key by key. Waivers and their files hold all together.
/// Overrides of `over` go before those of `base`; one that both bring keeps the place that it has in `base`.
///
/// What loosens a lock of `base` is a problem, as are two waivers of one id; the composition is made all the same.
#[must_use]
pub fn extend(base: &Policy, over: &Policy, problems: &mut Problems) -> Policy {
    let mut merged = Policy {
        name: later(&base.name, &over.name),
        extends: over.extends.clone(),
        limits: replace(base.limits.clone(), &over.limits),
        unknown_severity: later(&base.unknown_severity, &over.unknown_severity),
        waivers: waivers(&base.waivers, &over.waivers, problems),
        waiver_rules: waiver_rules(&base.waiver_rules, &over.waiver_rules),
        evidence: asked(&base.evidence, &over.evidence),
        sources: sources(&base.sources, &over.sources),
        overrides: own_overrides(base, over).chain(&base.overrides).cloned().collect(),
        baseline: later(&base.baseline, &over.baseline),
        kev: later(&base.kev, &over.kev),
        epss: later(&base.epss, &over.epss),
        shadow: later(&base.shadow, &over.shadow),
        unlocked: distinct(base.unlocked.iter().chain(&over.unlocked), |said| {
            (said.place.file.clone(), said.place.bytes.start)
        }),
    };
    keep_locked(base, &mut merged);
    lock::check(base, over, &merged, problems);
    merged
}

/// What two policies say together that a third one extends, one after the other: as [`extend`], but what of the earlier one
/// still holds must not loosen what the later one locks either. Else a lock would be open to whoever names a policy before it.
#[must_use]
pub fn extend_both(earlier: &Policy, later: &Policy, problems: &mut Problems) -> Policy {
    let merged = extend(earlier, later, problems);
    lock::check_earlier(earlier, later, &merged, problems);
    merged
}

/// The overrides that `over` brings and `base` does not have yet: both may extend one policy.
pub(super) fn own_overrides<'a>(base: &'a Policy, over: &'a Policy) -> impl Iterator<Item = &'a Override> {
    let place = |own: &'a Override| (&*own.place.file, own.place.bytes.start);
    let known: BTreeSet<(&str, usize)> = base.overrides.iter().map(place).collect();
    over.overrides.iter().filter(move |own| !known.contains(&place(own)))
}

fn later<T: Clone>(base: &Option<Stated<T>>, over: &Option<Stated<T>>) -> Option<Stated<T>> {
    over.as_ref().or(base.as_ref()).cloned()
}

/// Each once: the first of those that have one key.
fn distinct<'a, T: Clone + 'a, K: Ord>(all: impl Iterator<Item = &'a T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut seen = BTreeSet::new();
    all.filter(|item| seen.insert(key(item))).cloned().collect()
}

/// All waivers. One that comes twice, because a policy is extended twice, is one.
fn waivers(base: &[Waiver], over: &[Waiver], problems: &mut Problems) -> Vec<Waiver> {
    let known: BTreeMap<&str, &Waiver> = base.iter().map(|waiver| (waiver.id.as_str(), waiver)).collect();
    let mut all = base.to_vec();
    for waiver in over {
        match known.get(waiver.id.as_str()) {
            Some(first) if first.place == waiver.place => {}
            Some(first) => {
                let message = format!("duplicate waiver {}", quoted(&waiver.id));
                let problem = Problem::new(&waiver.place, message).label("and here again");
                problems.add(problem.related(&first.place, "first here").help("give each waiver an id of its own"));
            }
            None => all.push(waiver.clone()),
        }
    }
    all
}

fn waiver_rules(base: &WaiverRules, over: &WaiverRules) -> WaiverRules {
    let locked = is_true(&base.locked);
    let paths =
        |base: &[Stated<String>], over: &[Stated<String>]| distinct(base.iter().chain(over), |path| path.value.clone());
    let mut max_life = base.max_life.clone();
    for (severity, life) in &over.max_life {
        match max_life.iter_mut().find(|(known, _)| known == severity) {
            Some((_, known)) => *known = life.clone(),
            None => max_life.push((*severity, life.clone())),
        }
    }
    WaiverRules {
        files: paths(&base.files, &over.files),
        vex: paths(&base.vex, &over.vex),
        max_life,
        max_life_default: later(&base.max_life_default, &over.max_life_default),
        require: match (over.require.is_empty(), locked) {
            (true, _) => base.require.clone(),
            (false, true) => distinct(base.require.iter().chain(&over.require), |demanded| demanded.value),
            (false, false) => over.require.clone(),
        },
        unused: later(&base.unused, &over.unused),
        locked: if locked { base.locked.clone() } else { later(&base.locked, &over.locked) },
        // What the files say and what the run reads is known when all is composed.
        contrary: Vec::new(),
        is_in_part: false,
    }
}

pub(super) fn is_true(said: &Option<Stated<bool>>) -> bool {
    said.as_ref().is_some_and(|said| said.value)
}

fn asked(base: &Asked, over: &Asked) -> Asked {
    Asked {
        requirement: later(&base.requirement, &over.requirement),
        max_age: later(&base.max_age, &over.max_age),
        commit: later(&base.commit, &over.commit),
        wait: later(&base.wait, &over.wait),
        locked: if is_true(&base.locked) { base.locked.clone() } else { later(&base.locked, &over.locked) },
    }
}

fn sources(base: &[SourceSection], over: &[SourceSection]) -> Vec<SourceSection> {
    let mut all = base.to_vec();
    for section in over {
        match all.iter_mut().find(|known| known.name == section.name) {
            Some(known) => {
                known.evidence = asked(&known.evidence, &section.evidence);
                known.section = merged_map(&known.section, &section.section);
                known.place = section.place.clone();
            }
            None => all.push(section.clone()),
        }
    }
    all
}

/// The keys of two maps: a later key replaces what stood behind it.
fn merged_map(base: &Node, over: &Node) -> Node {
    let (Value::Map(known), Value::Map(later)) = (&base.value, &over.value) else { return over.clone() };
    let key_of = |key: &Node| key.text().cloned();
    let mut entries = known.to_vec();
    for (key, value) in later.iter() {
        match entries.iter_mut().find(|(known, _)| key_of(known) == key_of(key)) {
            Some(entry) => *entry = (key.clone(), value.clone()),
            None => entries.push((key.clone(), value.clone())),
        }
    }
    Node { place: over.place.clone(), value: Value::Map(entries.into()) }
}

/// What was locked stays so, although the later one does not say it; an override of it is locked with it.
fn keep_locked(base: &Policy, merged: &mut Policy) {
    let keys: BTreeSet<&str> = base.limits.iter().filter(|limit| limit.locked).map(Limit::key).collect();
    for limit in &mut merged.limits {
        limit.locked = limit.locked || keys.contains(limit.key());
    }
    let keys: BTreeSet<&str> = merged.limits.iter().filter(|limit| limit.locked).map(Limit::key).collect();
    for limit in merged.overrides.iter_mut().flat_map(|own| &mut own.limits) {
        limit.locked = limit.locked || keys.contains(limit.key());
    }
}
