//! Locks: what a policy that extends another may not loosen.
//!
//! Strict where in doubt: what cannot be seen to be at least as strict is refused, with the line that it would loosen.

use std::collections::{BTreeMap, BTreeSet};

use super::extend::{is_true, own_overrides};
use super::problem::{Problem, Problems};
use super::{
    Asked, Condition, Enforcement, EvidenceRule, Globs, Limit, Occasion, Override, Place, Policy, Requirement, Stated,
    Subject, Test, Unused, WaiverRules,
};
use crate::finding::Severity;

/// Tells everything by which `over` loosens what `base` locks. `merged` is what both say together.
pub(super) fn check(base: &Policy, over: &Policy, merged: &Policy, problems: &mut Problems) {
    limits(base, over, merged, problems);
    evidence(base, over, problems);
    waivers(&base.waiver_rules, &over.waiver_rules, &merged.waiver_rules, problems);
}

/// Tells everything of `earlier` that still holds beside `later` and loosens what that locks. `merged` is what both say
/// together.
pub(super) fn check_earlier(earlier: &Policy, later: &Policy, merged: &Policy, problems: &mut Problems) {
    let held = held(later);
    let all = || held.iter().flat_map(|held| held.limits.iter().copied());
    // The overrides of `later` go before those of `earlier`, so these go before nothing but what holds in general.
    if let (Some(first), Some(general)) = (all().next(), held.iter().find(|held| held.own.is_none())) {
        if let Some(said) = earlier.unknown_severity.as_ref().filter(|_| later.unknown_severity.is_none()) {
            problems.extend(unknown(said.value, &said.place, general, &all, first));
        }
        for own in own_overrides(later, earlier) {
            let groups = groups(&own.limits);
            let brought = general.limits.iter().filter_map(|lock| Some((*lock, groups.get(lock.key())?)));
            problems.extend(brought.filter_map(|(lock, group)| loosened(lock, group, Some((own, general)))));
            if let Some(said) = &own.unknown_severity {
                problems.extend(unknown(said.value, &said.place, general, &all, first));
            }
        }
    }
    if let Some(lock) = later.evidence.locked.as_ref().filter(|locked| locked.value) {
        let nothing = Asked::default();
        laxer(&left_of(&earlier.evidence, &later.evidence), &nothing, &later.evidence, lock, problems);
        for section in &earlier.sources {
            let own = later.sources.iter().find(|known| known.name == section.name).map(|known| &known.evidence);
            let own = own.unwrap_or(&nothing);
            laxer(&left_of(&section.evidence, own), own, &later.evidence, lock, problems);
        }
    }
    let left = WaiverRules {
        unused: earlier.waiver_rules.unused.clone().filter(|_| later.waiver_rules.unused.is_none()),
        ..WaiverRules::default()
    };
    waivers(&later.waiver_rules, &left, &merged.waiver_rules, problems);
}

/// What still holds of what an earlier policy says.
fn left_of(earlier: &Asked, later: &Asked) -> Asked {
    Asked {
        requirement: earlier.requirement.clone().filter(|_| later.requirement.is_none()),
        max_age: earlier.max_age.clone().filter(|_| later.max_age.is_none()),
        commit: earlier.commit.clone().filter(|_| later.commit.is_none()),
        wait: None,
        locked: None,
    }
}

/// How many pairs of overrides are compared; nobody who writes by hand comes near it.
const MOST_PAIRS: usize = 1 << 16;

/// Limits by their key.
pub(super) type Groups<'a> = BTreeMap<&'a str, Vec<&'a Limit>>;

/// Puts limits together that are replaced together.
pub(super) fn groups(limits: &[Limit]) -> Groups<'_> {
    let mut groups = Groups::new();
    for limit in limits {
        groups.entry(limit.key()).or_default().push(limit);
    }
    groups
}

/// What is locked on an occasion.
struct Held<'a> {
    /// The override that holds then; `None`: none of the base's.
    own: Option<&'a Override>,
    /// The locked limits that it brings. Those that it does not touch are the ones of the policy itself.
    limits: Vec<&'a Limit>,
    unknown_severity: Severity,
    /// Where `unknown_severity` stands, if it does.
    said: Option<&'a Place>,
}

/// What a policy locks where no override of its own holds, and what each of them does to it.
fn held(base: &Policy) -> Vec<Held<'_>> {
    let keys: BTreeSet<&str> = base.limits.iter().filter(|limit| limit.locked).map(Limit::key).collect();
    std::iter::once(None)
        .chain(base.overrides.iter().map(Some))
        .map(|own| {
            let limits = own.map_or(&base.limits, |own| &own.limits);
            let said = own.and_then(|own| own.unknown_severity.as_ref()).or(base.unknown_severity.as_ref());
            Held {
                own,
                limits: limits.iter().filter(|limit| limit.locked || keys.contains(limit.key())).collect(),
                unknown_severity: said.map_or(Severity::Critical, |said| said.value),
                said: said.map(|said| &said.place),
            }
        })
        .collect()
}

fn limits(base: &Policy, over: &Policy, merged: &Policy, problems: &mut Problems) {
    let held = held(base);
    let all = || held.iter().flat_map(|held| held.limits.iter().copied());
    let Some(first) = all().next() else { return };
    for unlocked in &over.unlocked {
        // A policy may unlock what it builds on and lock it again itself; its last word counts.
        let said = over.limits.iter().chain(over.overrides.iter().flat_map(|own| &own.limits));
        let is_last_word = said.filter(|limit| limit.key() == unlocked.value).any(|limit| !limit.locked);
        let lock = all().find(|limit| limit.key() == unlocked.value);
        if let (Some(lock), true) = (lock, is_last_word) {
            problems.add(unlocks(&unlocked.place, &format!("`{}`", lock.key()), &lock.place));
        }
    }
    let brought = groups(&over.limits);
    for general in held.iter().filter(|held| held.own.is_none()) {
        // What `over` says nothing of stays as it was.
        let replaced = general.limits.iter().filter_map(|lock| Some((*lock, brought.get(lock.key())?)));
        problems.extend(replaced.filter_map(|(lock, group)| loosened(lock, group, None)));
    }
    if let Some(said) = &over.unknown_severity {
        for held in held.iter().filter(|held| held.own.is_none_or(|own| own.unknown_severity.is_none())) {
            problems.extend(unknown(said.value, &said.place, held, &all, first));
        }
    }
    let own: Vec<&Override> = own_overrides(base, over).collect();
    if let Some(last) = own.last().filter(|_| own.len().saturating_mul(held.len()) > MOST_PAIRS) {
        let problem =
            Problem::new(&last.place, "too many overrides to compare with those of the policy that is extended");
        problems.add(problem.label("cannot be compared").related(&first.place, "must not be loosened"));
        return;
    }
    let merged_groups = groups(&merged.limits);
    for own in own {
        let own_groups = groups(&own.limits);
        let nothing = Vec::new();
        let effective = |key: &str| own_groups.get(key).or(merged_groups.get(key)).unwrap_or(&nothing);
        let said = own.unknown_severity.as_ref();
        let severity = said.or(merged.unknown_severity.as_ref()).map_or(Severity::Critical, |said| said.value);
        let place = said.map_or(&own.place, |said| &said.place);
        for held in held.iter().filter(|held| held.own.is_none_or(|theirs| !theirs.when.excludes(&own.when))) {
            let before = problems.len();
            let by = Some((own, held));
            problems.extend(held.limits.iter().filter_map(|lock| loosened(lock, effective(lock.key()), by)));
            // What it does not say itself was told above, unless the override that it may go before is stricter.
            if said.is_some()
                || over.unknown_severity.is_none()
                || held.own.is_some_and(|own| own.unknown_severity.is_some())
            {
                problems.extend(unknown(severity, place, held, &all, first));
            }
            // What is too loose for the policy itself need not be told once more for each of its overrides.
            if problems.len() > before {
                break;
            }
        }
    }
}

fn unlocks(place: &Place, what: &str, lock: &Place) -> Problem {
    let problem = Problem::new(place, format!("{what} is locked and cannot be unlocked")).label("unlocked here");
    problem.related(lock, "locked here").help("remove `locked: false`; what is locked can only be made stricter")
}

/// That nothing of what stands for a locked limit now is as strict, if it is so. `by` is the override that holds then, and
/// what it goes before.
fn loosened(lock: &Limit, group: &[&Limit], by: Option<(&Override, &Held<'_>)>) -> Option<Problem> {
    if group.iter().any(|limit| limit.is_as_strict_as(lock)) {
        return None;
    }
    let key = lock.key();
    let place = group.first().map(|limit| &limit.place);
    let (place, message) = match by {
        None => (place?, format!("`{key}` is locked and would be loosened")),
        Some((own, held)) => {
            let brought = own.limits.iter().any(|limit| limit.key() == key);
            let message = match held.own {
                Some(_) => format!("this override may go before one that is stricter in `{key}`, which is locked"),
                None if brought => format!("`{key}` is locked and would be loosened on this occasion"),
                // It changes nothing of what the policy says in general, which was looked at.
                None => return None,
            };
            (place.filter(|_| brought).unwrap_or(&own.place), message)
        }
    };
    let problem = Problem::new(place, message).label("is not as strict");
    Some(problem.related(&lock.place, "locked here").help(tighter(lock)))
}

/// What may stand in the place of a locked limit.
fn tighter(lock: &Limit) -> String {
    let enforcement = match (lock.enforcement, lock.from) {
        (Enforcement::Warn, _) => "enforcement warn or deny".to_owned(),
        (Enforcement::Deny, None) => "enforcement deny, without `warn_until`".to_owned(),
        (Enforcement::Deny, Some(from)) => format!("enforcement deny, on {from} or before"),
    };
    match &lock.subject {
        Subject::AtLeast { floor, .. } => {
            format!("it needs a number of at most {} for {floor} or a lesser severity, with {enforcement}", lock.allow)
        }
        Subject::When(_) => {
            format!(
                "it needs the same `when`, written the same way, `allow` of at most {}, with {enforcement}",
                lock.allow
            )
        }
    }
}

impl Limit {
    /// Whether it fails whatever the other fails, as far as can be seen: it counts at least the same findings, allows no more
    /// of them, and does no less about it.
    #[must_use]
    pub fn is_as_strict_as(&self, other: &Limit) -> bool {
        let counts_as_much = match (&self.subject, &other.subject) {
            (
                Subject::AtLeast { kind, floor, only_new },
                Subject::AtLeast { kind: other_kind, floor: other_floor, only_new: other_new },
            ) => (kind.is_none() || kind == other_kind) && floor <= other_floor && (!only_new || *other_new),
            (Subject::When(own), Subject::When(other)) => own.canonical == other.canonical,
            _ => false,
        };
        let acts_as_much = match (self.enforcement, other.enforcement) {
            (_, Enforcement::Warn) => true,
            (Enforcement::Warn, Enforcement::Deny) => false,
            (Enforcement::Deny, Enforcement::Deny) => self.from <= other.from,
        };
        counts_as_much && acts_as_much && self.allow <= other.allow
    }
}

/// That a severity for unrated findings loosens what is locked, if it does. `all` is everything that is locked anywhere.
fn unknown<'a, I: Iterator<Item = &'a Limit>>(
    severity: Severity,
    place: &Place,
    held: &Held<'_>,
    all: &impl Fn() -> I,
    first: &Limit,
) -> Option<Problem> {
    let before = held.unknown_severity;
    if severity < before {
        let message = format!(
            "`unknown_severity` would be {severity}, which loosens the limits that are locked: they go by {before}"
        );
        let problem = Problem::new(place, message).label("is less than before");
        let problem = match held.said {
            Some(said) => problem.related(said, "said here"),
            None => problem.related(&first.place, "locked here"),
        };
        return Some(problem.help(format!("write {before} or a worse severity")));
    }
    // A rule for what is low does not count an unrated finding that is called critical.
    let falls =
        |limit: &&Limit| matches!(&limit.subject, Subject::When(condition) if !condition.grows_with_severity(true));
    let rule = all().filter(|_| severity > before).find(falls)?;
    let message =
        format!("`unknown_severity` cannot be changed: the locked rule `{}` asks for lesser severities", rule.name);
    let problem = Problem::new(place, message).label("is another than before").related(&rule.place, "locked here");
    Some(problem.help(format!("leave it as it is: {before}")))
}

impl Condition {
    /// Whether a finding that it counts is still counted when its severity becomes worse. `positive`: not behind a `not`.
    fn grows_with_severity(&self, positive: bool) -> bool {
        self.clauses.iter().all(|clause| match &clause.test {
            Test::Any(parts) | Test::All(parts) => parts.iter().all(|part| part.grows_with_severity(positive)),
            Test::Not(part) => part.grows_with_severity(!positive),
            Test::Severity(listed) => {
                let marks = Severity::WORST_FIRST.map(|severity| listed.contains(&severity));
                // From the worst one down without a gap; behind a `not` from the least one up.
                if positive { marks.is_sorted_by(|worse, lesser| worse >= lesser) } else { marks.is_sorted() }
            }
            _ => true,
        })
    }
}

impl Occasion {
    /// Whether the two can never hold at the same time, as far as can be seen.
    fn excludes(&self, other: &Occasion) -> bool {
        let events = match (&self.event, &other.event) {
            (Some(own), Some(theirs)) => !own.iter().any(|event| theirs.contains(event)),
            _ => false,
        };
        let globs = |own: &Option<Globs>, theirs: &Option<Globs>| match (own, theirs) {
            (Some(own), Some(theirs)) => own.excludes(theirs) || theirs.excludes(own),
            _ => false,
        };
        events || globs(&self.branch, &other.branch) || globs(&self.environment, &other.environment)
    }

    /// Whether it holds whenever the other does, as far as can be seen.
    #[must_use]
    pub(super) fn covers(&self, other: &Occasion) -> bool {
        let events = match (&self.event, &other.event) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(theirs)) => theirs.iter().all(|event| own.contains(event)),
        };
        let globs = |own: &Option<Globs>, theirs: &Option<Globs>| match (own, theirs) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(theirs)) => theirs
                .as_written
                .iter()
                .all(|glob| own.as_written.contains(glob) || (is_literal(glob) && own.patterns.is_match(glob))),
        };
        events && globs(&self.branch, &other.branch) && globs(&self.environment, &other.environment)
    }
}

impl Globs {
    /// Whether these are names without wildcards, none of which the others match.
    fn excludes(&self, other: &Globs) -> bool {
        self.as_written.iter().all(|name| is_literal(name) && !other.patterns.is_match(name))
    }
}

fn is_literal(glob: &str) -> bool {
    !glob.contains(['*', '?', '[', ']', '{', '}', '\\'])
}

/// `evidence`, and the same keys in every section of a source.
fn evidence(base: &Policy, over: &Policy, problems: &mut Problems) {
    let Some(lock) = base.evidence.locked.as_ref().filter(|locked| locked.value) else { return };
    if let Some(unlocked) = over.evidence.locked.as_ref().filter(|locked| !locked.value) {
        problems.add(unlocks(&unlocked.place, "`evidence`", &lock.place));
    }
    let nothing = Asked::default();
    laxer(&over.evidence, &nothing, &base.evidence, lock, problems);
    for section in &over.sources {
        let own = base.sources.iter().find(|known| known.name == section.name).map(|known| &known.evidence);
        laxer(&section.evidence, own.unwrap_or(&nothing), &base.evidence, lock, problems);
    }
}

/// Tells each key of `said` that asks for less than what holds: `own` of the source before `general`.
fn laxer(said: &Asked, own: &Asked, general: &Asked, lock: &Stated<bool>, problems: &mut Problems) {
    let EvidenceRule { requirement, max_age, commit, wait: _ } = own.over(general);
    let mut tell = |place: &Place, key: &str, known: Option<&Place>, help: String| {
        let problem = Problem::new(place, format!("`evidence` is locked, and this `{key}` asks for less"));
        let (place, label) =
            known.map_or((&lock.place, "locked here"), |known| (known, "and must stay as strict as this"));
        problems.add(problem.label("loosens it").related(place, label).help(help));
    };
    if let Some(now) = &said.requirement
        && (now.value, requirement) == (Requirement::Optional, Requirement::Required)
    {
        let known = own.requirement.as_ref().or(general.requirement.as_ref()).map(|known| &known.place);
        tell(&now.place, "required", known, "remove it; every source must stay required".to_owned());
    }
    if let (Some(now), Some(most)) = (&said.max_age, max_age)
        && now.value > most
    {
        let known = own.max_age.as_ref().or(general.max_age.as_ref()).map(|known| &known.place);
        tell(&now.place, "max_age", known, "remove it, or write a shorter time".to_owned());
    }
    if let Some(now) = &said.commit
        && now.value < commit
    {
        let known = own.commit.as_ref().or(general.commit.as_ref()).map(|known| &known.place);
        tell(&now.place, "commit", known, format!("remove it, or write `{}`", commit.name()));
    }
}

/// What `waivers` says besides the waivers.
fn waivers(base: &WaiverRules, over: &WaiverRules, merged: &WaiverRules, problems: &mut Problems) {
    let Some(lock) = base.locked.as_ref().filter(|_| is_true(&base.locked)) else { return };
    if let Some(unlocked) = over.locked.as_ref().filter(|locked| !locked.value) {
        problems.add(unlocks(&unlocked.place, "`waivers`", &lock.place));
    }
    for severity in Severity::WORST_FIRST {
        let (Some(most), Some(now)) = (base.max_life(severity), merged.max_life(severity)) else { continue };
        if now.value > most.value {
            let message = "`waivers` is locked, and this `max_life` is longer than before";
            let problem = Problem::new(&now.place, message).label("loosens it").related(&most.place, "was this");
            problems.add(problem.help(format!("write a time that is not longer, for findings that are {severity}")));
        }
    }
    let before = base.unused.as_ref().map_or(Unused::Warn, |unused| unused.value);
    if let Some(now) = over.unused.as_ref().filter(|now| now.value < before) {
        let problem = Problem::new(&now.place, "`waivers` is locked, and this `unused` is weaker than before");
        let place = base.unused.as_ref().map_or(&lock.place, |unused| &unused.place);
        problems.add(
            problem
                .label("loosens it")
                .related(place, "must stay as strict as this")
                .help(format!("remove it, or write `{}`", before.name())),
        );
    }
}
