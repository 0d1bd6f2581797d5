//! What differs, for people and for programs.

use std::fmt::Write as _;
use std::io;

use serde::Serialize;

use super::super::lines::safe;
use super::{Compared, Moved, Named, Shown};
use crate::policy::{Disposition, Landed, Outcome, RuleChange};
use crate::report::{compact, plural};

/// As much as anybody reads; what is more is counted.
const MOST: usize = 50;

/// For people.
pub(super) fn human(compared: &Compared) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = describe(&mut out, compared);
    out
}

fn describe(out: &mut String, compared: &Compared) -> std::fmt::Result {
    let Compared { old, new, as_of, shown } = compared;
    writeln!(out, "{} -> {}, as of {as_of}\n", safe(&old.origin), safe(&new.origin))?;
    let changed = compared.changed();
    for one in shown.iter().filter(|shown| !shown.difference.is_empty()).take(MOST) {
        describe_one(out, one)?;
    }
    if changed > MOST {
        writeln!(out, "{} more change and are not shown\n", changed - MOST)?;
    }
    let mut parts: Vec<String> = compared
        .verdicts()
        .into_iter()
        .map(|((before, after), count)| format!("{count} {} -> {}", before.name(), after.name()))
        .collect();
    let same = changed - compared.verdicts().iter().map(|(_, count)| count).sum::<usize>();
    if same > 0 {
        parts.push(format!("{same} with the same verdict"));
    }
    let tail = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    let change = if changed == 1 { "changes" } else { "change" };
    writeln!(out, "{changed} of {} {change}{tail}", plural(shown.len() as u64, "snapshot"))
}

fn describe_one(out: &mut String, shown: &Shown) -> std::fmt::Result {
    let Shown { name, findings, difference, moved } = shown;
    let (before, after) = difference.verdict;
    let verdict = if before == after {
        format!("{}, as before", after.name())
    } else {
        format!("{} -> {}", before.name(), after.name())
    };
    writeln!(out, "{}: {verdict}", safe(name))?;
    for RuleChange { rule, before, after } in difference.rules.iter().take(MOST) {
        let line = match (before, after) {
            (None, Some(after)) => format!("+ {rule}: {}", outcome(after)),
            (Some(before), None) => format!("- {rule}: {}", outcome(before)),
            (Some(before), Some(after)) => format!("~ {rule}: {} -> {}", outcome(before), outcome(after)),
            (None, None) => continue,
        };
        writeln!(out, "  {}", safe(&line))?;
    }
    if difference.rules.len() > MOST {
        writeln!(out, "  and {} more rules", difference.rules.len() - MOST)?;
    }
    if !moved.is_empty() {
        writeln!(out, "  {} of {} change:", moved.len(), plural(*findings as u64, "finding"))?;
    }
    for Moved { change, described, .. } in moved.iter().take(MOST) {
        let way = format!("{} -> {}", landed(place(change.before)), landed(place(change.after)));
        writeln!(out, "    {way:22}  {}", safe(described))?;
    }
    if moved.len() > MOST {
        writeln!(out, "    and {} more", moved.len() - MOST)?;
    }
    writeln!(out)
}

fn outcome(outcome: &Outcome) -> String {
    let Outcome { enforcement, allowed, found } = outcome;
    format!("{}, {found} found, {allowed} allowed", enforcement.name())
}

fn place(landed: Option<Landed>) -> Option<Disposition> {
    landed.map(|landed| landed.disposition)
}

fn landed(disposition: Option<Disposition>) -> &'static str {
    disposition.map_or("not there", Disposition::name)
}

/// For programs: everything, a snapshot a line.
pub(super) fn json(compared: &Compared) -> io::Result<Vec<u8>> {
    let Compared { old, new, as_of, shown } = compared;
    let (mut out, mut line) = (Vec::new(), Vec::new());
    out.extend_from_slice(b"{\n  \"schema\": ");
    compact(&mut out, &mut line, "findgate/policy-diff/v1")?;
    out.extend_from_slice(b",\n  \"old\": ");
    compact(&mut out, &mut line, NamedWire::of(old))?;
    out.extend_from_slice(b",\n  \"new\": ");
    compact(&mut out, &mut line, NamedWire::of(new))?;
    out.extend_from_slice(b",\n  \"as_of\": ");
    compact(&mut out, &mut line, as_of.to_string())?;
    out.extend_from_slice(b",\n  \"summary\": ");
    compact(&mut out, &mut line, SummaryWire::of(compared))?;
    out.extend_from_slice(b",\n  \"snapshots\": [");
    for (place, shown) in shown.iter().enumerate() {
        out.extend_from_slice(if place == 0 { &b"\n    "[..] } else { b",\n    " });
        compact(&mut out, &mut line, ShownWire::of(shown))?;
    }
    out.extend_from_slice(b"\n  ]\n}\n");
    Ok(out)
}

#[derive(Serialize)]
struct NamedWire<'a> {
    origin: &'a str,
    digest: &'a str,
}

impl NamedWire<'_> {
    fn of(named: &Named) -> NamedWire<'_> {
        let Named { origin, digest } = named;
        NamedWire { origin, digest }
    }
}

#[derive(Serialize)]
struct SummaryWire {
    snapshots: usize,
    changed: usize,
    verdicts: Vec<VerdictsWire>,
}

#[derive(Serialize)]
struct VerdictsWire {
    before: &'static str,
    after: &'static str,
    snapshots: usize,
}

impl SummaryWire {
    fn of(compared: &Compared) -> SummaryWire {
        let verdicts = compared.verdicts().into_iter().map(|((before, after), snapshots)| VerdictsWire {
            before: before.name(),
            after: after.name(),
            snapshots,
        });
        SummaryWire { snapshots: compared.shown.len(), changed: compared.changed(), verdicts: verdicts.collect() }
    }
}

#[derive(Serialize)]
struct ShownWire<'a> {
    name: &'a str,
    changed: bool,
    verdict: ChangeWire,
    rules: Vec<RuleWire<'a>>,
    judged: usize,
    findings: Vec<MovedWire<'a>>,
}

#[derive(Serialize)]
struct ChangeWire {
    before: &'static str,
    after: &'static str,
}

#[derive(Serialize)]
struct RuleWire<'a> {
    rule: &'a str,
    before: Option<OutcomeWire>,
    after: Option<OutcomeWire>,
}

#[derive(Serialize)]
struct OutcomeWire {
    enforcement: &'static str,
    allowed: u64,
    found: u64,
}

#[derive(Serialize)]
struct MovedWire<'a> {
    fingerprint: String,
    kind: &'static str,
    severity: &'static str,
    title: &'a str,
    path: Option<&'a str>,
    line: Option<u32>,
    before: Option<&'static str>,
    after: Option<&'static str>,
}

impl ShownWire<'_> {
    fn of(shown: &Shown) -> ShownWire<'_> {
        let Shown { name, findings, difference, moved } = shown;
        let (before, after) = difference.verdict;
        let outcome = |outcome: &Outcome| {
            let Outcome { enforcement, allowed, found } = *outcome;
            OutcomeWire { enforcement: enforcement.name(), allowed, found }
        };
        ShownWire {
            name,
            changed: !difference.is_empty(),
            verdict: ChangeWire { before: before.name(), after: after.name() },
            rules: difference
                .rules
                .iter()
                .map(|RuleChange { rule, before, after }| RuleWire {
                    rule,
                    before: before.as_ref().map(outcome),
                    after: after.as_ref().map(outcome),
                })
                .collect(),
            judged: *findings,
            findings: moved.iter().map(MovedWire::of).collect(),
        }
    }
}

impl MovedWire<'_> {
    fn of(moved: &Moved) -> MovedWire<'_> {
        let Moved { change, kind, severity, title, path, line, described: _ } = moved;
        MovedWire {
            fingerprint: change.fingerprint.to_string(),
            kind,
            severity: severity.name(),
            title,
            path: path.as_deref(),
            line: *line,
            before: place(change.before).map(Disposition::name),
            after: place(change.after).map(Disposition::name),
        }
    }
}
