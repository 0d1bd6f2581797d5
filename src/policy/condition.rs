//! Conditions: what a rule's `when` says about one finding, in three values.
//!
//! A condition whose fact no source told is [`Truth::Unknown`]; `any`, `all` and `not` follow Kleene's logic. At the top
//! of a rule unknown counts as true, so that a missing fact never lets a finding slip through, unless the condition itself
//! says `unknown: skip`.

use super::glob::Patterns;
use crate::finding::{Cwe, Finding, Kind, Package, Scope, Severity, Sighting, is_absolute};

/// True, false, or not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// The source did not tell the fact.
    Unknown,
}

/// `when` of a rule: all its tests must hold.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Its clauses, in the order of the file.
    pub clauses: Vec<Clause>,
    /// What an unknown answer of this condition becomes.
    pub when_unknown: WhenUnknown,
    /// The whole of it for comparing: conditions of one form mean the same, however they are laid out.
    pub canonical: String,
}

/// `unknown:` in a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenUnknown {
    /// `match`, the default: unknown stays unknown, and counts as true at the top of the rule.
    Match,
    /// `skip`: unknown becomes false here.
    Skip,
}

/// One test of a condition.
#[derive(Clone, Debug)]
pub enum Test {
    /// `any`: at least one holds.
    Any(Vec<Condition>),
    /// `all`: every one holds.
    All(Vec<Condition>),
    /// `not`: it does not hold.
    Not(Box<Condition>),
    /// `kind`: one of these.
    Kind(Vec<Kind>),
    /// `severity`: one of these (`">=high"` is written out). An unrated finding has the policy's `unknown_severity`.
    Severity(Vec<Severity>),
    /// `new`.
    New(bool),
    /// `fix`: `true` for `available`, `false` for `none`.
    Fix(bool),
    /// `kev`.
    Kev(bool),
    /// `epss`, 0.0 to 1.0.
    Epss(Bound),
    /// `cvss`, 0.0 to 10.0.
    Cvss(Bound),
    /// `age` since first seen, in seconds.
    Age(Bound),
    /// `reachable`.
    Reachable(bool),
    /// `direct`.
    Direct(bool),
    /// `scope`.
    Scope(Vec<Scope>),
    /// `path`: globs.
    Path(Patterns),
    /// `package`: purls or globs of names.
    Package(Vec<PackagePattern>),
    /// `id`: globs over advisory ids, the vendor's ids and checks; case does not matter.
    Id(Patterns),
    /// `cwe`: one of these.
    Cwe(Vec<Cwe>),
    /// `license`: globs; case does not matter.
    License(Patterns),
    /// `source`: globs.
    Source(Patterns),
    /// `tool`: globs; case does not matter.
    Tool(Patterns),
    /// `check`: globs.
    Check(Patterns),
    /// `status`: globs over the source's words; case does not matter.
    Status(Patterns),
}

/// A package in a policy or a waiver.
#[derive(Clone, Debug)]
pub enum PackagePattern {
    /// A package URL, in canonical form. Without a version it means every version.
    Purl {
        /// Type, namespace and name: `pkg:npm/lodash`.
        base: String,
        /// The version after `@`.
        version: Option<String>,
    },
    /// A glob of names.
    Name(Patterns),
}

/// A comparison with a number: `">0.5"`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// How to compare.
    pub comparison: Comparison,
    /// With what.
    pub limit: f64,
}

/// How a fact is compared with the number in the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `<`
    Below,
    /// `<=`
    AtMost,
}

/// One test as it stands in the policy.
#[derive(Clone, Debug)]
pub struct Clause {
    /// The test.
    pub test: Test,
    /// The key and its value as written, for people: `severity: ">=high"`.
    pub written: String,
}

/// A fact that a source may not tell. Its name is the condition's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the condition of the same name")]
pub enum Fact {
    New,
    Fix,
    Kev,
    Epss,
    Cvss,
    Age,
    Reachable,
    Direct,
    Scope,
    Path,
    Package,
    Id,
    Cwe,
    License,
    Tool,
    Check,
    Status,
}

impl Fact {
    /// The condition's key.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Fact::New => "new",
            Fact::Fix => "fix",
            Fact::Kev => "kev",
            Fact::Epss => "epss",
            Fact::Cvss => "cvss",
            Fact::Age => "age",
            Fact::Reachable => "reachable",
            Fact::Direct => "direct",
            Fact::Scope => "scope",
            Fact::Path => "path",
            Fact::Package => "package",
            Fact::Id => "id",
            Fact::Cwe => "cwe",
            Fact::License => "license",
            Fact::Tool => "tool",
            Fact::Check => "check",
            Fact::Status => "status",
        }
    }
}

/// A finding under the eyes of a condition.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// The finding.
    pub finding: &'a Finding,
    /// The severity that counts.
    pub severity: Severity,
    /// The day that is judged.
    pub as_of: jiff::Timestamp,
}

/// The answer to one clause, for `findgate explain`.
#[derive(Clone, Debug)]
pub struct Answer<'a> {
    /// How deep it stands below `when`: 0 for its own clauses.
    pub depth: usize,
    /// The clause as written; for a combination its key (`any`).
    pub written: &'a str,
    /// What it said.
    pub truth: Truth,
}

/// How many of its paths, sightings or licenses must fit. Whatever is in one place more, or seen by one tool more, matches no
/// rule less: so behind `not` all must.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    One,
    All,
}

impl std::ops::Not for Asked {
    type Output = Asked;

    fn not(self) -> Asked {
        match self {
            Asked::One => Asked::All,
            Asked::All => Asked::One,
        }
    }
}

impl Asked {
    /// The answer of all together; `None` where nothing decides it and one of them was not told.
    fn of(self, each: impl Iterator<Item = Option<bool>>) -> Option<bool> {
        let decides = self == Asked::One;
        let mut answer = Some(!decides);
        for one in each {
            match one {
                Some(one) if one == decides => return Some(one),
                Some(_) => {}
                None => answer = None,
            }
        }
        answer
    }
}

impl std::ops::Not for Truth {
    type Output = Truth;

    fn not(self) -> Truth {
        match self {
            Truth::True => Truth::False,
            Truth::False => Truth::True,
            Truth::Unknown => Truth::Unknown,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Truth {
        if holds { Truth::True } else { Truth::False }
    }
}

impl Truth {
    /// All must hold: one that does not decides, whatever is unknown.
    fn all(truths: impl Iterator<Item = Truth>) -> Truth {
        let mut all = Truth::True;
        for truth in truths {
            match truth {
                Truth::False => return Truth::False,
                Truth::Unknown => all = Truth::Unknown,
                Truth::True => {}
            }
        }
        all
    }

    /// One must hold.
    fn any(truths: impl Iterator<Item = Truth>) -> Truth {
        !Truth::all(truths.map(|truth| !truth))
    }
}

impl Condition {
    /// What it says of a finding. Facts that were asked for and not told are added to `unknown`.
    #[must_use]
    pub fn truth(&self, candidate: &Candidate<'_>, unknown: &mut Vec<Fact>) -> Truth {
        self.asked(candidate, Asked::One, unknown)
    }

    fn asked(&self, candidate: &Candidate<'_>, asked: Asked, unknown: &mut Vec<Fact>) -> Truth {
        let truth = Truth::all(self.clauses.iter().map(|clause| clause.test.truth(candidate, asked, unknown)));
        match (truth, self.when_unknown) {
            (Truth::Unknown, WhenUnknown::Skip) => Truth::False,
            (truth, _) => truth,
        }
    }

    /// What each of its clauses says, in the order of the policy, each combination before its parts.
    #[must_use]
    pub fn answers(&self, candidate: &Candidate<'_>) -> Vec<Answer<'_>> {
        let mut answers = Vec::new();
        self.add_answers(candidate, Asked::One, 0, &mut answers);
        answers
    }

    fn add_answers<'a>(&'a self, candidate: &Candidate<'_>, asked: Asked, depth: usize, answers: &mut Vec<Answer<'a>>) {
        for Clause { test, written } in &self.clauses {
            answers.push(Answer { depth, written, truth: test.truth(candidate, asked, &mut Vec::new()) });
            match test {
                Test::Any(parts) | Test::All(parts) => {
                    for part in parts {
                        part.add_answers(candidate, asked, depth + 1, answers);
                    }
                }
                Test::Not(part) => part.add_answers(candidate, !asked, depth + 1, answers),
                _ => {}
            }
        }
    }
}

impl Test {
    fn truth(&self, candidate: &Candidate<'_>, asked: Asked, unknown: &mut Vec<Fact>) -> Truth {
        let Candidate { finding, severity, as_of } = *candidate;
        let mut told = |fact: Fact, answer: Option<bool>| match answer {
            Some(holds) => holds.into(),
            None => {
                unknown.push(fact);
                Truth::Unknown
            }
        };
        match self {
            Test::Any(parts) => Truth::any(parts.iter().map(|part| part.asked(candidate, asked, unknown))),
            Test::All(parts) => Truth::all(parts.iter().map(|part| part.asked(candidate, asked, unknown))),
            Test::Not(part) => !part.asked(candidate, !asked, unknown),
            Test::Kind(kinds) => kinds.contains(&finding.kind).into(),
            Test::Severity(severities) => severities.contains(&severity).into(),
            Test::New(wanted) => told(Fact::New, finding.new.map(|new| new == *wanted)),
            // A fact that was told counts, whatever the finding seems to be about.
            Test::Fix(_) if finding.fix.is_none() && !concerns_package(finding) => Truth::False,
            Test::Fix(wanted) => told(Fact::Fix, finding.fix.map(|fix| fix == *wanted)),
            Test::Kev(wanted) if finding.kev.is_none() && !concerns_advisory(finding) => (!*wanted).into(),
            Test::Kev(wanted) => told(Fact::Kev, finding.kev.map(|kev| kev == *wanted)),
            Test::Epss(_) if finding.epss.is_none() && !concerns_advisory(finding) => Truth::False,
            Test::Epss(bound) => told(Fact::Epss, finding.epss.map(|epss| bound.holds(shortest(epss)))),
            Test::Cvss(bound) => told(Fact::Cvss, finding.cvss.map(|cvss| bound.holds(shortest(cvss)))),
            Test::Age(bound) => {
                told(Fact::Age, finding.first_seen.map(|seen| bound.holds(as_of.duration_since(seen).as_secs_f64())))
            }
            Test::Reachable(wanted) => told(Fact::Reachable, finding.reachable.map(|reachable| reachable == *wanted)),
            Test::Direct(_) | Test::Scope(_) if !concerns_package(finding) => Truth::False,
            Test::Direct(wanted) => {
                told(Fact::Direct, finding.package.as_ref().and_then(|p| p.direct).map(|direct| direct == *wanted))
            }
            Test::Scope(scopes) => {
                told(Fact::Scope, finding.package.as_ref().and_then(|p| p.scope).map(|scope| scopes.contains(&scope)))
            }
            Test::Path(globs) => told(Fact::Path, in_repository(finding, globs, asked)),
            Test::Package(_) if !concerns_package(finding) => Truth::False,
            Test::Package(patterns) => {
                told(Fact::Package, finding.package.as_deref().and_then(|p| matches_one(patterns, p)))
            }
            Test::Id(globs) => {
                let mut ids =
                    finding.ids.iter().chain(finding.sightings.iter().flat_map(|s| s.id.iter().chain(&s.check)));
                match ids.clone().next() {
                    None => told(Fact::Id, None),
                    Some(_) => ids.any(|id| globs.match_any([&**id])).into(),
                }
            }
            // A licence has no weakness class.
            Test::Cwe(_) if finding.cwe.is_empty() && finding.kind == Kind::License => Truth::False,
            Test::Cwe(wanted) => {
                let known = (!finding.cwe.is_empty()).then(|| finding.cwe.iter().any(|cwe| wanted.contains(cwe)));
                told(Fact::Cwe, known)
            }
            Test::License(_) if finding.license.is_empty() && !concerns_package(finding) => Truth::False,
            Test::License(globs) => {
                let licenses = finding.license.iter().map(|l| Some(globs.is_match(l)));
                told(Fact::License, (!finding.license.is_empty()).then(|| asked.of(licenses)).flatten())
            }
            // Every sighting tells its source.
            Test::Source(globs) => told(Fact::Tool, asked.of(sighted(finding, globs, |s| Some(&s.source)))),
            Test::Tool(globs) => told(Fact::Tool, asked.of(sighted(finding, globs, |s| s.tool.as_deref()))),
            Test::Check(globs) => told(Fact::Check, asked.of(sighted(finding, globs, |s| s.check.as_deref()))),
            Test::Status(globs) => told(Fact::Status, asked.of(sighted(finding, globs, |s| s.status.as_deref()))),
        }
    }
}

/// Whether globs match the paths that it is in. What an absolute path is called in the repository nobody said.
fn in_repository(finding: &Finding, globs: &Patterns, asked: Asked) -> Option<bool> {
    let first = finding.location.as_ref()?;
    let paths = std::iter::once(&first.path).chain(finding.also_in.iter());
    asked.of(paths.map(|path| if globs.is_match(path) { Some(true) } else { (!is_absolute(path)).then_some(false) }))
}

/// Whether globs match what each sighting tells.
fn sighted<'f>(
    finding: &'f Finding,
    globs: &Patterns,
    tells: impl Fn(&'f Sighting) -> Option<&'f str>,
) -> impl Iterator<Item = Option<bool>> {
    finding.sightings.iter().map(move |sighting| tells(sighting).map(|told| globs.is_match(told)))
}

/// Whether one of the patterns means the package; `None` where none is sure to and one cannot tell.
fn matches_one(patterns: &[PackagePattern], package: &Package) -> Option<bool> {
    let mut certain = true;
    for pattern in patterns {
        match pattern.matches(package) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => certain = false,
        }
    }
    certain.then_some(false)
}

/// Whether facts about packages make sense for it at all. A flaw in the project's own code has no fixed version that
/// nobody told; it has none.
fn concerns_package(finding: &Finding) -> bool {
    finding.package.is_some() || matches!(finding.kind, Kind::Sca | Kind::Container | Kind::License)
}

/// Whether facts that are kept per published advisory (KEV, EPSS) make sense for it.
fn concerns_advisory(finding: &Finding) -> bool {
    !finding.ids.is_empty() || matches!(finding.kind, Kind::Sca | Kind::Container)
}

/// The decimal number that a person reads in the source: 0.1, not the 0.10000000149 that a float of half the size holds.
/// Without it `epss: "<=0.1"` would not match 0.1.
fn shortest(value: f32) -> f64 {
    (f64::from(value) * 1e6).round() / 1e6
}

impl Bound {
    /// Whether a fact is within it.
    #[must_use]
    pub fn holds(&self, fact: f64) -> bool {
        match self.comparison {
            Comparison::Above => fact > self.limit,
            Comparison::AtLeast => fact >= self.limit,
            Comparison::Below => fact < self.limit,
            Comparison::AtMost => fact <= self.limit,
        }
    }
}

impl PackagePattern {
    /// Whether a package is meant. `None`: a purl is wanted, the package's own is not known, and its name would fit.
    #[must_use]
    pub fn matches(&self, package: &Package) -> Option<bool> {
        match self {
            PackagePattern::Name(glob) => Some(glob.is_match(&package.name)),
            PackagePattern::Purl { base, version } => {
                let wrong_version = match (version, &package.version) {
                    (Some(wanted), Some(version)) => **wanted != **version,
                    _ => false,
                };
                let same_package = match &package.purl {
                    Some(purl) => {
                        let rest = purl.strip_prefix(base.as_str());
                        Some(rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['@', '?', '#'])))
                    }
                    None if last_name(base).eq_ignore_ascii_case(last_name(&package.name)) => None,
                    None => Some(false),
                };
                match same_package {
                    _ if wrong_version => Some(false),
                    Some(true) if version.is_some() && package.version.is_none() => None,
                    answer => answer,
                }
            }
        }
    }
}

/// The name without its namespace, in the writing of every ecosystem: `core` of `@angular/core`, `log4j` of `org.apache:log4j`.
fn last_name(name: &str) -> &str {
    name.rsplit(['/', ':']).next().unwrap_or(name)
}
