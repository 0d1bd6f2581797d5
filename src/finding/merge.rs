//! Merging: the same thing seen several times is one finding, with every sighting kept.
//!
//! Three steps, each of them blind to the order of the input:
//!
//! 1. The same reading twice (a file given twice, a report inside another) is one.
//! 2. Packages: the same package at the same path with an advisory in common. A reading that lacks the path or the purl
//!    joins the one finding that has it, if there is exactly one.
//! 3. Code: the same kind, path and code with a weakness class in common, seen by different tools.
//!
//! Where it is not certain that two readings are the same thing they stay two: counting one too many can only block, never
//! pass. The worst severity counts, and every fact is taken in its stricter form.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::groups::Groups;
use super::{Context, Cwe, Finding, Kind, Location, Package, Scope, Text};

/// What merging gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// The findings, ordered by fingerprint, each fingerprint once.
    pub findings: Vec<Finding>,
    /// How many readings joined another.
    pub joined: u64,
}

/// Merges what all sources read. Merging what was merged changes nothing.
#[must_use]
pub fn merge(mut findings: Vec<Finding>) -> Merged {
    let read = findings.len();
    sort(&mut findings);
    join_repeats(&mut findings);
    loop {
        let before = findings.len();
        let groups = groups_of_packages(&findings);
        join_groups(&mut findings, groups);
        let groups = groups_of_code(&findings);
        join_groups(&mut findings, groups);
        if findings.len() == before {
            break;
        }
        // Joining fills in facts, and a fact filled in may show that two more are the same.
        sort(&mut findings);
        join_repeats(&mut findings);
    }
    number(&mut findings);
    Merged { joined: (read - findings.len()) as u64, findings }
}

/// Sorts by the hash of the fingerprint, and by everything else where that is equal. The places are sorted first and each
/// finding is then moved once: they are large, and a second list of them would cost as much memory as the first.
fn sort(findings: &mut [Finding]) {
    let mut places: Vec<([u8; 16], u32)> = (0u32..).zip(&*findings).map(|(i, f)| (f.fingerprint.hash, i)).collect();
    places.sort_unstable_by(|a, b| {
        a.0.cmp(&b.0).then_with(|| total_order(&findings[a.1 as usize], &findings[b.1 as usize]))
    });
    // `places[i]` says where the finding that belongs to place `i` stands; each circle of such moves is followed once.
    for start in 0..places.len() {
        let mut hole = start;
        loop {
            let from = places[hole].1 as usize;
            places[hole].1 = hole as u32;
            if from == start || from == hole {
                break;
            }
            findings.swap(hole, from);
            hole = from;
        }
    }
}

/// An order over everything that a finding holds: two findings are equal in it only if nothing tells them apart.
pub(crate) fn total_order(a: &Finding, b: &Finding) -> Ordering {
    // Destructured, so that a new field cannot be forgotten here.
    let Finding {
        fingerprint,
        context,
        kind,
        severity,
        severity_from,
        ids,
        cwe,
        title,
        said,
        package,
        fix,
        fixed_in,
        location,
        also_in,
        first_seen,
        cvss_vector,
        cvss,
        epss,
        kev,
        reachable,
        license,
        new,
        links,
        sightings,
    } = a;
    let float = |x: &Option<f32>, y: &Option<f32>| match (x, y) {
        (Some(x), Some(y)) => x.total_cmp(y),
        (x, y) => x.is_some().cmp(&y.is_some()),
    };
    fingerprint
        .hash
        .cmp(&b.fingerprint.hash)
        .then_with(|| by_location(location.as_ref(), b.location.as_ref()))
        .then_with(|| also_in.cmp(&b.also_in))
        .then_with(|| kind.cmp(&b.kind))
        .then_with(|| package.cmp(&b.package))
        .then_with(|| title.cmp(&b.title))
        .then_with(|| said.cmp(&b.said))
        .then_with(|| sightings.cmp(&b.sightings))
        .then_with(|| ids.cmp(&b.ids))
        .then_with(|| cwe.cmp(&b.cwe))
        .then_with(|| severity.cmp(&b.severity))
        .then_with(|| severity_from.cmp(&b.severity_from))
        .then_with(|| context.cmp(&b.context))
        .then_with(|| fix.cmp(&b.fix))
        .then_with(|| fixed_in.cmp(&b.fixed_in))
        .then_with(|| first_seen.cmp(&b.first_seen))
        .then_with(|| cvss_vector.cmp(&b.cvss_vector))
        .then_with(|| float(cvss, &b.cvss))
        .then_with(|| float(epss, &b.epss))
        .then_with(|| kev.cmp(&b.kev))
        .then_with(|| reachable.cmp(&b.reachable))
        .then_with(|| license.cmp(&b.license))
        .then_with(|| new.cmp(&b.new))
        .then_with(|| links.cmp(&b.links))
        .then_with(|| fingerprint.ordinal.cmp(&b.fingerprint.ordinal))
}

/// A reading with a location goes before one without.
fn by_location(a: Option<&Location>, b: Option<&Location>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => a.cmp(b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

/// Whether two readings are one reading made twice.
fn is_repeat(a: &Finding, b: &Finding) -> bool {
    a.fingerprint.hash == b.fingerprint.hash
        && a.kind == b.kind
        && a.location == b.location
        && a.also_in == b.also_in
        && a.package == b.package
        && a.title == b.title
        && a.said == b.said
        && a.tool() == b.tool()
        && a.check() == b.check()
}

fn join_repeats(sorted: &mut Vec<Finding>) {
    sorted.dedup_by(|finding, first| {
        let repeat = is_repeat(first, finding);
        if repeat {
            join(first, finding);
        }
        repeat
    });
    sorted.iter_mut().for_each(settle);
}

/// Brings the sightings into their order, once for all that were joined: after each it would take the square of the time.
fn settle(finding: &mut Finding) {
    if finding.sightings.len() > 1 {
        finding.sightings.sort_unstable();
        finding.sightings.dedup();
    }
}

/// Folds every group into its first finding.
fn join_groups(findings: &mut Vec<Finding>, mut groups: Groups) {
    let mut folded = false;
    for place in 0..findings.len() {
        let root = groups.root(place as u32) as usize;
        if root < place {
            let (before, rest) = findings.split_at_mut(place);
            join(&mut before[root], &rest[0]);
            folded = true;
        }
    }
    if folded {
        let mut place = 0u32;
        findings.retain(|_| {
            place += 1;
            groups.root(place - 1) == place - 1
        });
        findings.iter_mut().for_each(settle);
    }
}

/// One advisory of one package in one version, without a path.
type Affected<'a> = (Kind, &'a str, String, Option<&'a str>);

fn groups_of_packages(findings: &[Finding]) -> Groups {
    let mut groups = Groups::of(findings.len());
    let mut exact: HashMap<(Affected<'_>, Option<&str>, Option<&str>), u32> = HashMap::new();
    let mut affected_by_package = Vec::new();
    for (place, finding) in (0u32..).zip(findings) {
        let Some(package) = finding.package.as_deref() else { continue };
        let path = finding.location.as_ref().map(|l| &*l.path);
        for id in finding.ids.iter() {
            let affected = (finding.kind, &**id, package.name.to_lowercase(), package.version.as_deref());
            let purl = package.purl.as_deref();
            let first = *exact.entry((affected.clone(), path, purl)).or_insert(place);
            groups.unite(first, place);
            affected_by_package.push((affected, path, purl, place));
        }
    }
    join_incomplete(&mut groups, &affected_by_package);
    stay_apart_where_a_tool_tells_apart(findings, &affected_by_package, &mut groups);
    groups
}

/// A reading of a package within a group: its ids, path and purl.
type Reading<'a> = (u32, &'a [Text], Option<&'a str>, Option<&'a str>);

/// Takes groups apart in which one tool tells of several vulnerabilities that have no id in common: a reading of another
/// tool, which names all of their ids, would make one of them, and a waiver of one would hide the others. What has the
/// same ids stays together.
fn stay_apart_where_a_tool_tells_apart(
    findings: &[Finding],
    readings: &[(Affected<'_>, Option<&str>, Option<&str>, u32)],
    groups: &mut Groups,
) {
    // Within the readings of one tool in one group: what an id connects.
    let mut own = Groups::of(findings.len());
    let mut by_id: HashMap<(u32, Option<&Text>, &str), u32> = HashMap::new();
    for ((_, id, ..), .., place) in readings {
        let root = groups.root(*place);
        for sighting in &findings[*place as usize].sightings {
            let first = *by_id.entry((root, sighting.tool.as_ref(), id)).or_insert(*place);
            own.unite(first, *place);
        }
    }
    // A reading of two tools connects those of both; that is less than asked for only where they were one before.
    let mut first_of: HashMap<(u32, Option<&Text>), u32> = HashMap::new();
    let mut apart: HashSet<u32> = HashSet::new();
    for (.., place) in readings {
        let (root, connected) = (groups.root(*place), own.root(*place));
        for sighting in &findings[*place as usize].sightings {
            if *first_of.entry((root, sighting.tool.as_ref())).or_insert(connected) != connected {
                apart.insert(root);
            }
        }
    }
    if apart.is_empty() {
        return;
    }
    let mut kept = Groups::of(findings.len());
    let mut same: HashMap<Reading<'_>, u32> = HashMap::new();
    for (_, path, purl, place) in readings {
        let root = groups.root(*place);
        let first = if apart.contains(&root) {
            *same.entry((root, &findings[*place as usize].ids, *path, *purl)).or_insert(*place)
        } else {
            root
        };
        kept.unite(first, *place);
    }
    *groups = kept;
}

/// A reading without path or purl joins the only group that has what it lacks and agrees in the rest. With two such groups
/// nobody can say which it is, so it stays alone.
fn join_incomplete(groups: &mut Groups, readings: &[(Affected<'_>, Option<&str>, Option<&str>, u32)]) {
    type Slot<'a, 'b> = (&'b Affected<'a>, Option<&'a str>, Option<&'a str>);
    let lacking: HashSet<&Affected<'_>> = readings
        .iter()
        .filter(|(_, path, purl, _)| path.is_none() || purl.is_none())
        .map(|(affected, ..)| affected)
        .collect();
    if lacking.is_empty() {
        return;
    }
    // For every way of lacking something: the only group that would fit, or `None` where there are several.
    let mut fits: HashMap<Slot<'_, '_>, Option<u32>> = HashMap::new();
    for (affected, path, purl, place) in readings {
        if !lacking.contains(affected) {
            continue;
        }
        let root = groups.root(*place);
        let ways = [
            (path.is_some(), None, *purl),
            (purl.is_some(), *path, None),
            (path.is_some() && purl.is_some(), None, None),
        ];
        for (_, path, purl) in ways.into_iter().filter(|(has_more, ..)| *has_more) {
            fits.entry((affected, path, purl))
                .and_modify(|only| *only = only.filter(|&other| other == root))
                .or_insert(Some(root));
        }
    }
    for (affected, path, purl, place) in readings {
        if (path.is_none() || purl.is_none())
            && let Some(Some(root)) = fits.get(&(affected, *path, *purl))
        {
            groups.unite(*root, *place);
        }
    }
}

/// One weakness in one piece of code.
type Flaw<'a> = (Kind, &'a str, Context, Cwe);

fn groups_of_code(findings: &[Finding]) -> Groups {
    let mut groups = Groups::of(findings.len());
    // Within one tool a check has its own meaning: two checks on the same code are two findings.
    let mut seen: HashMap<Flaw<'_>, Vec<(u32, Option<&Text>)>> = HashMap::new();
    let tools: HashSet<Option<&Text>> = findings.iter().map(Finding::tool).collect();
    if tools.len() < 2 {
        return groups;
    }
    for (place, finding) in (0u32..).zip(findings) {
        let (None, Some(context), Some(location)) = (&finding.package, finding.context, &finding.location) else {
            continue;
        };
        for cwe in finding.cwe.iter() {
            seen.entry((finding.kind, &location.path, context, *cwe)).or_default().push((place, finding.tool()));
        }
    }
    for readings in seen.into_values() {
        // The same code in other lines is another place; nobody moves it between two scans of one commit.
        let lines = |place: &u32| {
            let location = findings[*place as usize].location.as_ref()?;
            let line = location.line?;
            Some((line, location.end_line.map_or(line, |end| end.max(line))))
        };
        let begins = readings.iter().filter_map(|(place, _)| lines(place)).map(|(line, _)| line).max();
        let ends = readings.iter().filter_map(|(place, _)| lines(place)).map(|(_, end)| end).min();
        if begins > ends {
            continue;
        }
        // The same code twice in one file, seen by two tools: which belongs to which cannot be told, so they stay apart.
        let distinct: HashSet<_> = readings.iter().map(|(_, tool)| *tool).collect();
        if distinct.len() == readings.len()
            && let Some(((first, _), rest)) = readings.split_first()
        {
            for (place, _) in rest {
                groups.unite(*first, *place);
            }
        }
    }
    groups
}

/// Takes `other` into `first`, whose sightings are to be settled afterwards. Severity and facts end up in their stricter
/// form; the words of `first` stay.
fn join(first: &mut Finding, other: &Finding) {
    let Finding {
        fingerprint,
        context,
        kind: _,
        severity,
        severity_from,
        ids,
        cwe,
        title: _,
        said: _,
        package,
        fix,
        fixed_in,
        location,
        also_in,
        first_seen,
        cvss_vector,
        cvss,
        epss,
        kev,
        reachable,
        license,
        new,
        links,
        sightings,
    } = other;
    if *severity > first.severity {
        first.severity = *severity;
        first.severity_from = Text::clone(severity_from);
    }
    if *cvss > first.cvss || (first.cvss.is_none() && first.cvss_vector.is_none()) {
        first.cvss = *cvss;
        first.cvss_vector = cvss_vector.clone();
    }
    first.fingerprint.hash = first.fingerprint.hash.min(fingerprint.hash);
    first.context = first.context.or(*context);
    first.location = first.location.take().or_else(|| location.clone());
    first.first_seen = match (first.first_seen, *first_seen) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    first.epss = if *epss > first.epss { *epss } else { first.epss };
    // `Some(true)` is the greatest, `None` the least: whoever says yes is believed, and a no before nothing.
    first.kev = first.kev.max(*kev);
    first.reachable = first.reachable.max(*reachable);
    first.new = first.new.max(*new);
    first.fix = first.fix.max(*fix);
    first.ids = union(&first.ids, ids);
    first.cwe = union(&first.cwe, cwe);
    first.fixed_in = union(&first.fixed_in, fixed_in);
    first.license = union(&first.license, license);
    first.links = union(&first.links, links);
    first.also_in = union(&first.also_in, also_in);
    if let Some(own) = first.location.as_ref().map(|location| &location.path)
        && first.also_in.contains(own)
    {
        first.also_in = first.also_in.iter().filter(|path| *path != own).cloned().collect();
    }
    first.package = match (first.package.take(), package) {
        (Some(a), Some(b)) => Some(Box::new(join_packages(*a, b))),
        (a, b) => a.or_else(|| b.clone()),
    };
    first.sightings.extend_from_slice(sightings);
}

fn join_packages(a: Package, b: &Package) -> Package {
    Package {
        name: a.name,
        version: a.version.or_else(|| b.version.clone()),
        purl: a.purl.or_else(|| b.purl.clone()),
        direct: a.direct.max(b.direct),
        scope: match (a.scope, b.scope) {
            (Some(Scope::Production), _) | (_, Some(Scope::Production)) => Some(Scope::Production),
            (a, b) => a.or(b),
        },
    }
}

fn union<T: Clone + Ord>(a: &Arc<[T]>, b: &Arc<[T]>) -> Arc<[T]> {
    if b.is_empty() || a == b {
        return Arc::clone(a);
    }
    if a.is_empty() {
        return Arc::clone(b);
    }
    let mut all: Vec<T> = a.iter().chain(b.iter()).cloned().collect();
    all.sort_unstable();
    all.dedup();
    all.into()
}

/// Gives equal hashes their ordinals, in the order of their places.
fn number(sorted: &mut [Finding]) {
    let mut last = None;
    let mut ordinal = 0;
    for finding in sorted {
        ordinal = if last == Some(finding.fingerprint.hash) { ordinal + 1 } else { 1 };
        last = Some(finding.fingerprint.hash);
        finding.fingerprint.ordinal = ordinal;
    }
}
