//! What becomes of each waiver, and which findings it answers for.

use std::collections::HashMap;

use jiff::civil::Date;
use jiff::{Span, Timestamp};

use crate::finding::{Finding, Groups, Severity};

use super::evaluate::{day_of, findings};
use super::problem::{Problem, Problems, quoted};
use super::statement::ById;
use super::{
    Demanded, Enforcement, Match, PackagePattern, Place, Resolved, Statement, Unused, Violation, Waiver, WaiverOutcome,
    WaiverRules, WaiverState,
};

/// How many days before its end a waiver is announced.
const ANNOUNCED_DAYS: u32 = 14;

/// The rule that is violated by waivers that match nothing, where the policy denies them.
pub const UNUSED_RULE: &str = "waivers.unused";

/// The last day of a life of so many seconds that begins on a day. Hours that make no whole day do not count.
#[must_use]
pub fn last_day(from: Date, life: u64) -> Date {
    let days = i64::try_from(life / 86_400).unwrap_or(i64::MAX);
    Span::new().try_days(days).ok().and_then(|span| from.checked_add(span).ok()).unwrap_or(Date::MAX)
}

/// Judges the waivers that people wrote by the rules of the policy: no id is given twice, no demanded part is missing, none
/// reaches further than the longest life. What depends on the severity of a finding is judged with the finding.
pub fn check_waivers(waivers: &[Waiver], rules: &WaiverRules, as_of: Timestamp, problems: &mut Problems) {
    let mut seen: HashMap<&str, &Place> = HashMap::new();
    for waiver in waivers.iter().filter(|waiver| waiver.statement().is_none()) {
        let id = quoted(&waiver.id);
        match seen.get(waiver.id.as_str()) {
            Some(first) => {
                let problem = Problem::new(&waiver.place, format!("duplicate waiver {id}")).label("and here again");
                problems.add(problem.related(first, "first here").help("give each waiver an id of its own"));
            }
            None => {
                seen.insert(&waiver.id, &waiver.place);
            }
        }
        for demanded in rules.require.iter().filter(|demanded| !demanded.value.is_in(waiver)) {
            let part = demanded.value.name();
            let problem =
                Problem::new(&waiver.place, format!("the waiver {id} has no `{part}`, which the policy demands"));
            problems.add(
                problem
                    .label(format!("`{part}` is missing"))
                    .related(&demanded.place, "demanded here")
                    .help(format!("add `{part}` to it, or remove the waiver")),
            );
        }
        let demands_end = rules.require.iter().any(|demanded| demanded.value == Demanded::Expires);
        let Some(longest) = rules.longest_life() else { continue };
        let until = last_day(day_of(as_of), longest.value);
        let message = match waiver.expires {
            Some(expires) if expires <= until => continue,
            Some(expires) => format!("the waiver {id} reaches to {expires}, and `max_life` allows {until} at most"),
            None if demands_end => continue,
            None => format!("the waiver {id} has no `expires`, and `max_life` allows {until} at most"),
        };
        let problem = Problem::new(&waiver.place, message).label("holds too long");
        problems
            .add(problem.related(&longest.place, "limited here").help(format!("write `expires: {until}` or earlier")));
    }
}

/// The waivers of one finding, by number: the first that excuses it, and the first that is about it and does not.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Answer {
    pub(super) waiver: Option<u32>,
    pub(super) unwaived: Option<u32>,
}

/// What became of each waiver, and of each finding by them.
pub(super) fn apply_waivers(
    policy: &Resolved,
    findings: &[Finding],
    as_of: Timestamp,
) -> (Vec<WaiverOutcome>, Vec<Answer>) {
    let Resolved { waivers, waiver_rules: rules, unknown_severity, .. } = policy;
    let today = day_of(as_of);
    let by_id = waivers.iter().any(|waiver| waiver.statement().is_some()).then(|| ById::of(findings));
    let contrary = by_id.as_ref().map(|by_id| by_id.newest(&rules.contrary)).unwrap_or_default();
    let court = Court { rules, unknown: *unknown_severity, today, findings, contrary };
    let mut answers = vec![Answer::default(); findings.len()];
    // What matches comes before what would match another version.
    let mut nearly: Vec<(u32, Vec<usize>)> = Vec::new();
    let mut outcomes = Vec::with_capacity(waivers.len());
    for (number, waiver) in (0u32..).zip(waivers) {
        let (matched, decision) = match (waiver.statement(), &by_id) {
            (Some(statement), Some(by_id)) => {
                let matched = by_id.covered(statement);
                let decision = match matched.is_empty() {
                    true => {
                        nearly.push((number, by_id.named(statement)));
                        Decision { because: Some(by_id.why_none(statement)), ..Decision::of(WaiverState::Unused) }
                    }
                    false => court.stated(waiver, statement, &matched),
                };
                (matched, decision)
            }
            _ => {
                let matched = matched(&waiver.matches, findings);
                let mut decision = court.written(waiver, &matched);
                if let (true, Some((near, because))) = (matched.is_empty(), other_version(waiver, findings)) {
                    nearly.push((number, near));
                    decision.because = Some(because);
                }
                (matched, decision)
            }
        };
        for &finding in &decision.excused {
            answers[finding].waiver.get_or_insert(number);
        }
        for finding in matched.iter().filter(|finding| decision.excused.binary_search(finding).is_err()) {
            answers[*finding].unwaived.get_or_insert(number);
        }
        outcomes.push(WaiverOutcome {
            id: waiver.id.clone(),
            place: waiver.place.clone(),
            matches: waiver.matches.as_written.clone(),
            reason: waiver.reason.clone(),
            owner: waiver.owner.clone(),
            ticket: waiver.ticket.clone(),
            approved_by: waiver.approved_by.clone(),
            expires: waiver.expires.or(decision.expires),
            state: decision.state,
            matched: matched.len() as u64,
            vex: waiver.statement().map(|statement| statement.status.clone()),
            because: decision.because,
        });
    }
    for (number, findings) in nearly {
        for finding in findings {
            answers[finding].unwaived.get_or_insert(number);
        }
    }
    (outcomes, answers)
}

/// The findings that a waiver would match if it did not name the version of the package, and what that means.
fn other_version(waiver: &Waiver, findings: &[Finding]) -> Option<(Vec<usize>, String)> {
    let Some(PackagePattern::Purl { base, version: Some(named) }) = &waiver.matches.package else { return None };
    let package = Some(PackagePattern::Purl { base: base.clone(), version: None });
    let near = matched(&Match { package, ..waiver.matches.clone() }, findings);
    let found = findings.get(*near.first()?)?.package.as_deref()?.version.as_deref();
    let found = found.map_or("and which one was found is not told".to_owned(), |found| format!("{found} was found"));
    Some((near, format!("it names version {named} of {base}, {found}")))
}

/// The findings that are matched, ascending.
fn matched(matches: &Match, findings: &[Finding]) -> Vec<usize> {
    let mut matched: Vec<usize> =
        findings.iter().enumerate().filter(|(_, finding)| matches.fits(finding)).map(|(i, _)| i).collect();
    if let Some(wanted) = matches.fingerprint
        && matched.len() > 1
    {
        // A fingerprint means one finding. Sightings of several may have had it before they were merged; then only the one
        // that has it now is meant.
        matched.retain(|&i| findings[i].fingerprint == wanted);
    }
    matched
}

/// What waivers are judged by.
struct Court<'a> {
    rules: &'a WaiverRules,
    /// What an unrated finding counts as.
    unknown: Severity,
    today: Date,
    findings: &'a [Finding],
    /// For each finding the newest statement that stands against those that excuse it.
    contrary: Vec<Option<&'a Statement>>,
}

/// What becomes of one waiver.
struct Decision {
    state: WaiverState,
    /// The findings that it excuses.
    excused: Vec<usize>,
    /// The end that `max_life` gives a statement.
    expires: Option<Date>,
    because: Option<String>,
}

impl Decision {
    fn of(state: WaiverState) -> Decision {
        Decision { state, excused: Vec::new(), expires: None, because: None }
    }
}

impl Court<'_> {
    /// How long a finding may be waived, in seconds.
    fn life(&self, finding: usize) -> Option<u64> {
        let severity = self.findings[finding].severity.unwrap_or(self.unknown);
        self.rules.max_life(severity).map(|life| life.value)
    }

    /// A waiver that somebody wrote.
    fn written(&self, waiver: &Waiver, matched: &[usize]) -> Decision {
        if waiver.expires.is_some_and(|expires| expires < self.today) {
            return Decision::of(WaiverState::Expired);
        }
        if matched.is_empty() {
            return Decision::of(WaiverState::Unused);
        }
        if waiver.matches.names_no_vulnerability() {
            let is_one_check = waiver.matches.check.is_some();
            let vulnerabilities = distinct_vulnerabilities(matched.iter().map(|&at| &self.findings[at]), is_one_check);
            if vulnerabilities > 1 {
                return Decision::of(WaiverState::TooBroad { vulnerabilities });
            }
        }
        let mut excused = Vec::with_capacity(matched.len());
        let mut until: Option<Date> = None;
        for &at in matched {
            let allowed = self.life(at).map(|life| last_day(self.today, life));
            match allowed.filter(|&allowed| waiver.expires.is_none_or(|expires| allowed < expires)) {
                Some(allowed) => until = Some(until.map_or(allowed, |until| until.min(allowed))),
                None => excused.push(at),
            }
        }
        let state = match until {
            Some(until) => WaiverState::TooLong { findings: narrow(matched.len() - excused.len()), until },
            None => self.running(waiver.expires),
        };
        Decision { excused, ..Decision::of(state) }
    }

    /// A statement of a VEX document, of which at least one finding is matched.
    fn stated(&self, waiver: &Waiver, statement: &Statement, matched: &[usize]) -> Decision {
        let refused = |because: String| Decision { because: Some(because), ..Decision::of(WaiverState::Refused) };
        let lacking = self.rules.require.iter().filter(|demanded| !demanded.value.is_in(waiver));
        let lacking: Vec<String> = lacking.map(|demanded| format!("`{}`", demanded.value.name())).collect();
        if !lacking.is_empty() {
            return refused(format!("the policy demands {}, which the document does not say", lacking.join(" and ")));
        }
        let since = statement.since.map(day_of);
        // On the day that is judged nobody had said it, and it would be newer than whatever is said meanwhile.
        if let Some(since) = since.filter(|&since| since > self.today) {
            return refused(format!("it is dated {since}, after the day that is judged"));
        }
        let mut overtaken = None;
        let mut standing: Vec<usize> = matched.to_vec();
        standing.retain(|&at| {
            let is_older = |other: &Statement| other.since.zip(statement.since).is_some_and(|(other, own)| other < own);
            let by = self.contrary.get(at).copied().flatten().filter(|other| !is_older(other));
            overtaken = overtaken.or(by);
            by.is_none()
        });
        let overtaken =
            overtaken.map(|by: &Statement| format!("a statement that is no older says {} ({})", by.status, by.place));
        if standing.is_empty() {
            return refused(overtaken.unwrap_or_default());
        }
        let limited = standing.iter().any(|&at| self.life(at).is_some());
        let (mut excused, mut end, mut past, mut past_end) = (Vec::new(), None::<Date>, 0u32, None::<Date>);
        for &at in &standing {
            match (self.life(at), since) {
                (None, _) => excused.push(at),
                (Some(_), None) => {}
                (Some(life), Some(since)) => {
                    let last = last_day(since, life);
                    if last < self.today {
                        past += 1;
                        past_end = past_end.max(Some(last));
                    } else {
                        excused.push(at);
                        end = Some(end.map_or(last, |end| end.min(last)));
                    }
                }
            }
        }
        let is_undated = limited && since.is_none();
        let undated = is_undated.then(|| "it has no date, from which `max_life` counts".to_owned());
        let state = match (excused.is_empty(), past_end) {
            (true, Some(_)) => WaiverState::Expired,
            (true, None) => WaiverState::Refused,
            (false, Some(until)) => WaiverState::TooLong { findings: past, until },
            (false, None) => self.running(end),
        };
        let expires = if excused.is_empty() { past_end } else { end };
        Decision { state, excused, expires, because: undated.or(overtaken) }
    }

    /// The state of what excuses, and ends on a day.
    fn running(&self, end: Option<Date>) -> WaiverState {
        let days = end.map(|end| end.duration_since(self.today).as_hours() / 24);
        match days.and_then(|days| u32::try_from(days).ok()) {
            Some(days) if days <= ANNOUNCED_DAYS => WaiverState::Expiring { days },
            _ => WaiverState::Active,
        }
    }
}

fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// How many different vulnerabilities findings are about: findings that share an advisory id are about the same one.
/// Without an id each is one of its own, for a check such as `vulnerable-dependency` names none, unless all are of one check.
fn distinct_vulnerabilities<'a>(findings: impl Iterator<Item = &'a Finding> + Clone, is_one_check: bool) -> u32 {
    let mut groups = Groups::of(findings.clone().count());
    let mut first_with: HashMap<&str, u32> = HashMap::new();
    for (number, finding) in (0u32..).zip(findings) {
        if is_one_check && finding.ids.is_empty() {
            groups.unite(*first_with.entry("").or_insert(number), number);
        }
        for id in finding.ids.iter() {
            groups.unite(*first_with.entry(id).or_insert(number), number);
        }
    }
    narrow(groups.count())
}

/// The waivers that somebody wrote and that match nothing. A document may well speak of what nobody found.
fn unused(waivers: &[WaiverOutcome]) -> impl Iterator<Item = &WaiverOutcome> {
    waivers.iter().filter(|waiver| waiver.vex.is_none() && waiver.state == WaiverState::Unused)
}

/// That waivers match nothing, where the policy denies that and everything was read.
pub(super) fn violation_of_unused(
    rules: &WaiverRules,
    waivers: &[WaiverOutcome],
    is_complete: bool,
) -> Option<Violation> {
    const NAMED: usize = 10;
    let denied = rules.unused.as_ref().filter(|unused| unused.value == Unused::Deny && is_complete)?;
    let ids: Vec<&str> = unused(waivers).map(|waiver| waiver.id.as_str()).collect();
    let count = ids.len();
    let named = ids.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    let more = if count > NAMED { format!(" and {} more", count - NAMED) } else { String::new() };
    (count > 0).then(|| Violation {
        rule: UNUSED_RULE.to_owned(),
        description: Some(format!("No waiver without a finding; these match none: {named}{more}.")),
        place: denied.place.clone(),
        enforcement: Enforcement::Deny,
        denies_from: None,
        allowed: 0,
        found: count as u64,
        findings: Vec::new(),
        unknown: Vec::new(),
    })
}

/// What a reader must know of waivers, a sentence each.
///
/// `is_complete` says that everything was read.
pub(super) fn warnings(waivers: &[WaiverOutcome], unused: Unused, is_complete: bool) -> Vec<String> {
    /// How many statements without a finding are told; a document may hold the history of a product.
    const STATEMENTS: usize = 10;
    let mut warnings = Vec::new();
    let mut silent = 0usize;
    let mut statements = 0usize;
    for waiver in waivers {
        let is_vex = waiver.vex.is_some();
        let id = if is_vex { format!("VEX statement {}", waiver.id) } else { format!("waiver {}", waiver.id) };
        let because = waiver.because.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        match waiver.state {
            WaiverState::Active if waiver.expires.is_none() && !is_vex => {
                warnings.push(format!("{id} never expires; give it an `expires` date"));
            }
            WaiverState::Active if !because.is_empty() => {
                warnings.push(format!("{id} does not excuse all that it is about{because}"));
            }
            WaiverState::Active => {}
            WaiverState::Expiring { days: 0 } => warnings.push(format!("{id} expires today")),
            WaiverState::Expiring { days: 1 } => warnings.push(format!("{id} expires tomorrow")),
            WaiverState::Expiring { days } => warnings.push(format!("{id} expires in {days} days")),
            WaiverState::Expired => {
                let since = waiver.expires.map(|date| format!(" on {date}")).unwrap_or_default();
                warnings
                    .push(format!("{id} expired{since} and excuses nothing; it matches {}", findings(waiver.matched)));
            }
            WaiverState::Unused if unused == Unused::Ignore => {}
            WaiverState::Unused if is_vex => {
                statements += 1;
                if statements <= STATEMENTS {
                    warnings.push(format!("{id} excuses nothing{because}"));
                } else {
                    silent += 1;
                }
            }
            WaiverState::Unused if !is_complete => {
                warnings.push(format!("{id} matches no finding; not everything was read, so it may still be needed"));
            }
            // A violation tells of them.
            WaiverState::Unused if unused == Unused::Deny => {}
            WaiverState::Unused => {
                warnings.push(format!("{id} matches no finding{because}; remove it or correct its `match`"));
            }
            WaiverState::TooBroad { vulnerabilities } => warnings.push(format!(
                "{id} names a package and not which of its {vulnerabilities} vulnerabilities, and excuses nothing; \
                 add the `id` of the one that is meant"
            )),
            WaiverState::TooLong { .. } => warnings.push(format!("{id} {}", too_long(waiver))),
            WaiverState::Refused => warnings.push(format!("{id} excuses nothing{because}")),
        }
    }
    if silent > 0 {
        warnings.push(format!("{silent} more VEX statements excuse nothing, as nothing that they are about was found"));
    }
    warnings
}

/// What is to be said of a waiver that `max_life` stops.
fn too_long(waiver: &WaiverOutcome) -> String {
    let WaiverState::TooLong { findings: stopped, until } = waiver.state else { return String::new() };
    let of = format!("{stopped} of the {} it matches", findings(waiver.matched));
    match (&waiver.vex, waiver.expires) {
        (Some(_), _) => format!("is too old for {of}: `max_life` let it hold until {until}"),
        (None, Some(expires)) => format!("reaches to {expires}, too far to excuse {of}: `max_life` allows {until}"),
        (None, None) => format!("never expires, so it cannot excuse {of}: `max_life` allows {until}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::decode::tests::read;
    use super::*;

    fn problems(waivers: &str) -> Vec<String> {
        let policy = read(&format!("{{version: 1, thresholds: {{all: high}}, waivers: {waivers}}}")).expect("good");
        let mut problems = Problems::default();
        let as_of = "2026-11-21T23:59:59Z".parse().expect("a time");
        check_waivers(&policy.waivers, &policy.waiver_rules, as_of, &mut problems);
        let told = |problem: Problem| {
            assert!(problem.related.is_some(), "the rule has a place, too");
            problem.message
        };
        problems.sorted().into_iter().map(told).collect()
    }

    #[test]
    fn a_life_is_counted_in_whole_days() {
        let day = |text: &str| text.parse::<Date>().expect("a day");
        let life = |seconds| last_day(day("2026-11-21"), seconds);
        assert_eq!(life(0), day("2026-11-21"));
        assert_eq!(life(86_399), day("2026-11-21"));
        assert_eq!(life(14 * 86_400), day("2026-12-05"));
        assert_eq!(life(u64::MAX), Date::MAX);
    }

    #[test]
    fn waivers_are_judged_by_the_rules_of_the_policy() {
        let with = |rules: &str, rest: &str| {
            problems(&format!("{{{rules}, entries: [{{id: a, match: {{id: C}}, reason: r{rest}}}]}}"))
        };
        let none: [&str; 0] = [];
        assert_eq!(with("require: [owner, reason]", ", owner: me"), none);
        assert_eq!(with("require: owner", ""), ["the waiver `a` has no `owner`, which the policy demands"]);
        let life = "max_life: {critical: 1d, default: 10d}";
        assert_eq!(with(life, ", expires: 2026-12-01"), none);
        assert_eq!(with(life, ", expires: 2020-01-01"), none, "what has ended is told by the evaluation");
        let long = "the waiver `a` reaches to 2026-12-02, and `max_life` allows 2026-12-01 at most";
        assert_eq!(with(life, ", expires: 2026-12-02"), [long]);
        assert_eq!(with(life, ""), ["the waiver `a` has no `expires`, and `max_life` allows 2026-12-01 at most"]);
        assert_eq!(with(&format!("require: expires, {life}"), "").len(), 1, "one thing is told once");
        assert_eq!(with("max_life: {critical: 1d}", ""), none, "other severities have no limit");
    }
}
