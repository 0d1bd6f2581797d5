//! Hints: what may stand in a policy, and is probably not meant. A hint is no problem, and changes no verdict.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::lock::groups;
use super::problem::Problem;
use super::{Bound, Comparison, Condition, Limit, Policy, Subject, Test, Waiver, WhenUnknown};
use crate::finding::{Kind, Severity};

/// How many days before its end a waiver is announced.
const ANNOUNCED_DAYS: i64 = 14;
/// How many overrides are compared with each other; nobody who writes by hand has more.
const MOST_COMPARED: usize = 1000;

/// What in a policy is probably not meant, in the order of its places. `today` is a day in UTC.
///
/// The places may be in any of the files that the policy is made of.
#[must_use]
pub fn lint(policy: &Policy, today: Date) -> Vec<Problem> {
    let mut hints = Vec::new();
    let all = || policy.limits.iter().chain(policy.overrides.iter().flat_map(|own| &own.limits));
    hints.extend(all().filter_map(never));
    hints.extend(all().filter_map(|limit| begun(limit, today)));
    says_nothing(&policy.limits, &mut hints);
    for own in &policy.overrides {
        says_nothing(&own.limits, &mut hints);
    }
    hints.extend(policy.waivers.iter().filter_map(|waiver| ends(waiver, today)));
    // A VEX document cannot say an end, so that nobody could follow the hint.
    let endless = |waiver: &&Waiver| waiver.expires.is_none() && waiver.statement().is_none();
    hints.extend(policy.waivers.iter().filter(endless).map(|waiver| {
        Problem::new(&waiver.place, format!("the waiver `{}` never expires", waiver.id))
            .label("has no `expires`")
            .help("give it a day on which somebody looks at it again")
    }));
    for (number, own) in policy.overrides.iter().enumerate().take(MOST_COMPARED) {
        if let Some(earlier) = policy.overrides.iter().take(number).find(|earlier| earlier.when.covers(&own.when)) {
            hints.push(if earlier.place.file == own.place.file {
                let problem = Problem::new(&own.place, "this override never applies").label("never reached");
                let help = "the first that matches holds: put the narrower one first";
                problem.related(&earlier.place, "matches whenever it does").help(help)
            } else {
                let message = "because of this override, one of the policy that is extended never applies";
                let problem = Problem::new(&earlier.place, message).label("goes before it");
                problem
                    .related(&own.place, "never reached")
                    .help("make it narrower, or let it say all that the other one says")
            });
        }
    }
    if policy.baseline.is_none()
        && let Some(limit) = all().find(|limit| asks_for_new(limit))
    {
        let message = format!("`{}` asks for what is new, and the policy names no `baseline`", limit.name);
        let entry = policy.extends.first().filter(|entry| entry.place.file != limit.place.file);
        let problem = match entry {
            Some(entry) => Problem::new(&entry.place, message).related(&limit.place, "asks for it"),
            None => Problem::new(&limit.place, message),
        };
        let help = "where no source tells what is new, every finding is; name a baseline";
        hints.push(problem.label("new compared with what?").help(help));
    }
    hints.sort_by_cached_key(|hint| (hint.place.file.clone(), hint.place.bytes.start));
    hints
}

/// Where `over` is looser than `base`, and may be: nothing is locked there.
#[must_use]
pub fn weakened(base: &Policy, over: &Policy) -> Vec<Problem> {
    let mut hints = Vec::new();
    let brought = groups(&over.limits);
    for known in base.limits.iter().filter(|limit| !limit.locked) {
        let Some(group) = brought.get(known.key()) else { continue };
        let Some(first) = group.first() else { continue };
        // Whether another `when` is weaker, nobody can tell.
        let comparable = match (&known.subject, &first.subject) {
            (Subject::When(known), Subject::When(own)) => known.canonical == own.canonical,
            _ => true,
        };
        if comparable && !group.iter().any(|limit| limit.is_as_strict_as(known)) {
            let message = format!("`{}` is weaker than in the policy that is extended", known.key());
            let problem = Problem::new(&first.place, message).label("allows more").related(&known.place, "is stricter");
            hints.push(problem.help("nothing forbids it; `locked: true` in the other policy would"));
        }
    }
    if let (Some(known), Some(own)) = (&base.unknown_severity, &over.unknown_severity)
        && own.value < known.value
    {
        let problem = Problem::new(&own.place, "`unknown_severity` is weaker than in the policy that is extended");
        let problem = problem.label("counts for less").related(&known.place, "is stricter");
        hints.push(problem.help("nothing forbids it; a locked limit in the other policy would"));
    }
    hints
}

/// That a rule can match nothing, if it is so.
fn never(limit: &Limit) -> Option<Problem> {
    let Subject::When(condition) = &limit.subject else { return None };
    let why = contradiction(condition, &Asked::default(), false)?;
    let problem = match why {
        Why::Never(why) => Problem::new(&limit.place, format!("the rule `{}` can never match: {why}", limit.name))
            .label("never matches"),
        Why::OnlyUnknown(fact) => {
            let message = format!("the rule `{}` asks `{fact}` for two things that exclude each other", limit.name);
            Problem::new(&limit.place, message).label(format!("matches only where nobody tells `{fact}`"))
        }
    };
    Some(problem.help("take one of the conditions out, or put them into `any`"))
}

/// Why a condition cannot hold.
enum Why {
    /// It cannot hold at all.
    Never(String),
    /// It holds only where this fact is not told, which counts as true.
    OnlyUnknown(&'static str),
}

/// The end of a range, and whether the end itself is left out.
type End = (f64, bool);

/// What a conjunction asks for so far.
#[derive(Clone, Default)]
struct Asked {
    /// `None`: any.
    kinds: Option<BTreeSet<Kind>>,
    severities: Option<BTreeSet<Severity>>,
    flags: BTreeMap<&'static str, bool>,
    /// From where to where.
    ranges: BTreeMap<&'static str, (End, End)>,
    /// Conditions that only a finding of a package can meet.
    of_package: Option<&'static str>,
}

/// Why a condition contradicts itself or what was asked before it. `skip`: what is not told counts as false.
fn contradiction(condition: &Condition, before: &Asked, skip: bool) -> Option<Why> {
    let skip = skip || condition.when_unknown == WhenUnknown::Skip;
    let mut asked = before.clone();
    let mut unknown = None;
    let mut combined = Vec::new();
    flatten(condition, &mut combined);
    for test in &combined {
        match asked.add(test) {
            Some(Why::OnlyUnknown(fact)) if skip => return Some(Why::Never(format!("`{fact}` cannot be both"))),
            Some(Why::OnlyUnknown(fact)) => unknown = unknown.or(Some(Why::OnlyUnknown(fact))),
            Some(why) => return Some(why),
            None => {}
        }
    }
    for test in &combined {
        if let Test::Any(parts) = test {
            let mut whys: Vec<Option<Why>> = parts.iter().map(|part| contradiction(part, &asked, skip)).collect();
            if whys.iter().all(|why| matches!(why, Some(Why::Never(_)))) {
                return whys.pop().flatten();
            }
        }
    }
    unknown
}

/// The tests that must all hold, `all` taken apart.
fn flatten<'a>(condition: &'a Condition, into: &mut Vec<&'a Test>) {
    for clause in &condition.clauses {
        match &clause.test {
            Test::All(parts) => parts.iter().for_each(|part| flatten(part, into)),
            test => into.push(test),
        }
    }
}

impl Asked {
    /// Asks for one thing more.
    fn add(&mut self, test: &Test) -> Option<Why> {
        match test {
            Test::Kind(kinds) => self.kinds(kinds.iter().copied().collect()),
            Test::Severity(severities) => self.severities(severities.iter().copied().collect()),
            Test::Not(part) => match part.clauses.as_slice() {
                [only] => self.add_not(&only.test),
                _ => None,
            },
            Test::New(wanted) => self.flag("new", *wanted),
            Test::Fix(wanted) => self.flag("fix", *wanted),
            Test::Kev(wanted) => self.flag("kev", *wanted),
            Test::Reachable(wanted) => self.flag("reachable", *wanted),
            Test::Direct(wanted) => self.of_package("direct").or_else(|| self.flag("direct", *wanted)),
            Test::Scope(_) => self.of_package("scope"),
            Test::Package(_) => self.of_package("package"),
            Test::License(_) => self.of_package("license"),
            Test::Epss(bound) => self.range("epss", *bound),
            Test::Cvss(bound) => self.range("cvss", *bound),
            Test::Age(bound) => self.range("age", *bound),
            _ => None,
        }
    }

    fn add_not(&mut self, test: &Test) -> Option<Why> {
        match test {
            Test::Kind(kinds) => self.kinds(Kind::ALL.into_iter().filter(|kind| !kinds.contains(kind)).collect()),
            Test::Severity(severities) => {
                let others = Severity::WORST_FIRST.into_iter().filter(|severity| !severities.contains(severity));
                self.severities(others.collect())
            }
            Test::New(wanted) => self.flag("new", !wanted),
            Test::Kev(wanted) => self.flag("kev", !wanted),
            Test::Reachable(wanted) => self.flag("reachable", !wanted),
            // Of these `not` also holds for what has no package, so they exclude nothing.
            _ => None,
        }
    }

    fn kinds(&mut self, kinds: BTreeSet<Kind>) -> Option<Why> {
        let left: BTreeSet<Kind> = match &self.kinds {
            Some(known) => known.intersection(&kinds).copied().collect(),
            None => kinds,
        };
        let none = left.is_empty();
        self.kinds = Some(left);
        if none { Some(Why::Never("no `kind` is left".to_owned())) } else { self.without_package() }
    }

    fn severities(&mut self, severities: BTreeSet<Severity>) -> Option<Why> {
        let left: BTreeSet<Severity> = match &self.severities {
            Some(known) => known.intersection(&severities).copied().collect(),
            None => severities,
        };
        let none = left.is_empty();
        self.severities = Some(left);
        none.then(|| Why::Never("no `severity` is left".to_owned()))
    }

    fn flag(&mut self, fact: &'static str, wanted: bool) -> Option<Why> {
        let known = *self.flags.entry(fact).or_insert(wanted);
        (known != wanted).then_some(Why::OnlyUnknown(fact))
    }

    fn range(&mut self, fact: &'static str, bound: Bound) -> Option<Why> {
        let (least, most) = self.ranges.entry(fact).or_insert(((f64::NEG_INFINITY, false), (f64::INFINITY, false)));
        let (limit, open) = (bound.limit, matches!(bound.comparison, Comparison::Above | Comparison::Below));
        match bound.comparison {
            Comparison::Above | Comparison::AtLeast if limit > least.0 || (limit >= least.0 && open) => {
                *least = (limit, open)
            }
            Comparison::Below | Comparison::AtMost if limit < most.0 || (limit <= most.0 && open) => {
                *most = (limit, open)
            }
            _ => {}
        }
        let empty = least.0 > most.0 || (least.0 >= most.0 && (least.1 || most.1));
        empty.then_some(Why::OnlyUnknown(fact))
    }

    fn of_package(&mut self, fact: &'static str) -> Option<Why> {
        self.of_package = self.of_package.or(Some(fact));
        self.without_package()
    }

    /// That only kinds are left whose findings have no package, although a fact of one is asked for.
    fn without_package(&self) -> Option<Why> {
        let (fact, kinds) = (self.of_package?, self.kinds.as_ref()?);
        let bare = [Kind::Sast, Kind::Secret, Kind::Iac, Kind::Dast];
        let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
        kinds.iter().all(|kind| bare.contains(kind)).then(|| {
            Why::Never(format!("`{fact}` is a fact of packages, which findings of kind {} have not", names.join(", ")))
        })
    }
}

/// That the day of `warn_until` has come.
fn begun(limit: &Limit, today: Date) -> Option<Problem> {
    let from = limit.from.filter(|from| *from <= today)?;
    let message = format!("`{}` denies since {from}, so its `warn_until` says nothing any more", limit.key());
    Some(Problem::new(&limit.place, message).label("denies").help("remove `enforcement`; deny is the default"))
}

/// Limits that another one of the same list makes needless. Two that allow the same are no fault: one says what the other
/// means.
fn says_nothing(limits: &[Limit], hints: &mut Vec<Problem>) {
    // By what they could be compared with, so that a thousand rules are not compared with each other.
    let mut groups: BTreeMap<&str, Vec<&Limit>> = BTreeMap::new();
    for limit in limits {
        let group = match &limit.subject {
            Subject::AtLeast { .. } => "",
            Subject::When(condition) => condition.canonical.as_str(),
        };
        groups.entry(group).or_default().push(limit);
    }
    for group in groups.values() {
        for weak in group {
            let same = |strict: &Limit| match (&strict.subject, &weak.subject) {
                (Subject::AtLeast { floor, .. }, Subject::AtLeast { floor: other, .. }) => {
                    strict.allow == weak.allow && (floor == other || strict.key() == weak.key())
                }
                _ => false,
            };
            let stronger = |strict: &&&Limit| {
                strict.name != weak.name
                    && strict.is_as_strict_as(weak)
                    && !same(strict)
                    && (!weak.is_as_strict_as(strict) || strict.place.bytes.start < weak.place.bytes.start)
            };
            if let Some(strict) = group.iter().find(stronger) {
                let message = format!("`{}` says nothing: whatever it forbids, `{}` does", weak.name, strict.name);
                let problem = Problem::new(&weak.place, message).label("is never violated alone");
                hints.push(
                    problem.related(&strict.place, "is at least as strict").help("remove it, or make it stricter"),
                );
            }
        }
    }
}

/// That a waiver has ended, or is about to.
fn ends(waiver: &Waiver, today: Date) -> Option<Problem> {
    let expires = waiver.expires?;
    let days = expires.duration_since(today).as_hours() / 24;
    let (message, help) = match days {
        ..0 => {
            (format!("the waiver `{}` expired on {expires} and excuses nothing", waiver.id), "remove it, or renew it")
        }
        0 => (format!("the waiver `{}` expires today", waiver.id), "fix what it excuses, or renew it"),
        1..=ANNOUNCED_DAYS => (
            format!("the waiver `{}` expires on {expires}, in {days} days", waiver.id),
            "fix what it excuses, or renew it",
        ),
        _ => return None,
    };
    Some(Problem::new(&waiver.place, message).label(if days < 0 { "has expired" } else { "expires soon" }).help(help))
}

fn asks_for_new(limit: &Limit) -> bool {
    fn in_condition(condition: &Condition) -> bool {
        condition.clauses.iter().any(|clause| match &clause.test {
            Test::New(_) => true,
            Test::Any(parts) | Test::All(parts) => parts.iter().any(in_condition),
            Test::Not(part) => in_condition(part),
            _ => false,
        })
    }
    match &limit.subject {
        Subject::AtLeast { only_new, .. } => *only_new,
        Subject::When(condition) => in_condition(condition),
    }
}
