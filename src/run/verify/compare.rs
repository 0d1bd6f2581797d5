//! What a record says, beside what is so now.

use serde_json::Value;

use super::record::{InputFacts, Record, Violated};
use crate::policy::{Evaluation, Violation};
use crate::policy_file::{InputFile, Role};
use crate::report::EXTENSION;
use crate::run::lines::cut;
use crate::settings::Settings;

/// What was found.
pub(super) struct Compared {
    /// A line for each thing that was looked at.
    pub(super) lines: Vec<String>,
    /// Whether any of them is another now.
    pub(super) differs: bool,
}

/// A file in the record and the one that has its place now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<'a> {
    pub(super) recorded: Option<&'a InputFacts>,
    pub(super) found: Option<&'a InputFile>,
}

/// Each file of the record with the one of its role and name; what is left over with one of its role; then what is new.
pub(super) fn pairs<'a>(recorded: &'a [InputFacts], found: &'a [InputFile]) -> Vec<Pair<'a>> {
    let mut left: Vec<Option<&InputFile>> = found.iter().map(Some).collect();
    let mut take =
        |fits: &dyn Fn(&InputFile) -> bool| left.iter_mut().find(|file| file.is_some_and(fits)).and_then(Option::take);
    let mut pairs: Vec<Pair<'a>> = recorded
        .iter()
        .map(|one| Pair {
            recorded: Some(one),
            found: take(&|file: &InputFile| file.role.name() == one.role && file.name == one.name),
        })
        .collect();
    for pair in pairs.iter_mut().filter(|pair| pair.found.is_none()) {
        let Some(one) = pair.recorded else { continue };
        pair.found = take(&|file: &InputFile| file.role.name() == one.role);
    }
    pairs.extend(left.into_iter().flatten().map(|file| Pair { recorded: None, found: Some(file) }));
    pairs
}

/// Compares everything. `again` is the record of what was judged now.
pub(super) fn compare(
    record: &Record,
    pairs: &[Pair<'_>],
    settings: &Settings,
    evaluation: &Evaluation,
    again: &Value,
) -> Compared {
    let mut told = Compared { lines: Vec::new(), differs: false };
    let own = &record.own;
    let version = env!("CARGO_PKG_VERSION");
    if own.tool.version != version {
        told.lines.push(format!("findgate: {} wrote the record, and this is {version}", own.tool.version));
    }
    pairs.iter().for_each(|pair| input(pair, &mut told));
    snapshot(record, settings, &mut told);
    let inputs_differ = told.differs;
    let verdict = evaluation.verdict.name();
    if own.verdict == verdict {
        told.same(format!("verdict: {verdict}, as recorded"));
    } else {
        told.differs(format!("verdict: recorded {}, now {verdict}", own.verdict));
    }
    rules(&own.violated, &evaluation.violations, &mut told);
    let evaluated = own_member(again, "evaluation").and_then(Value::as_str).unwrap_or_default();
    if own.evaluation == evaluated {
        told.same("evaluation: same, with every finding".to_owned());
    } else {
        told.differs(format!("evaluation: differs ({})", digests(&own.evaluation, evaluated)));
    }
    members(record, again, inputs_differ, &mut told);
    told.lines.extend(own.bypasses.iter().map(|bypass| format!("bypassed: {bypass}")));
    told.lines.push(if told.differs { "differs" } else { "confirmed" }.to_owned());
    told
}

impl Compared {
    fn same(&mut self, line: String) {
        self.lines.push(line);
    }

    fn differs(&mut self, line: String) {
        self.lines.push(line);
        self.differs = true;
    }
}

fn input(pair: &Pair<'_>, told: &mut Compared) {
    match (pair.recorded, pair.found) {
        (Some(recorded), Some(found)) => {
            let InputFacts { role, name, digest } = recorded;
            let here = if *name == found.name { String::new() } else { format!(" (here {})", found.name) };
            if *digest == found.digest {
                told.same(format!("{role} {name}{here}: same"));
            } else {
                told.differs(format!("{role} {name}{here}: differs ({})", digests(digest, &found.digest)));
            }
        }
        (Some(InputFacts { role, name, .. }), None) => {
            told.differs(format!("{role} {name}: recorded, and nothing reads it now"));
        }
        // What is given here in place of sources that were asked then is compared as a snapshot.
        (None, Some(found)) if found.role == Role::Snapshot => {}
        (None, Some(InputFile { role, name, .. })) => {
            told.differs(format!("{} {name}: read now, and not recorded", role.name()));
        }
        (None, None) => {}
    }
}

fn snapshot(record: &Record, settings: &Settings, told: &mut Compared) {
    match (&record.own.snapshot, &settings.seal) {
        (Some(recorded), Some(seal)) if recorded.content != seal.content => {
            told.differs(format!("findings: differ ({})", digests(&recorded.content, &seal.content)));
        }
        (Some(recorded), Some(seal)) if recorded.file != seal.file => {
            told.differs(format!("findings: same, in another file ({})", digests(&recorded.file, &seal.file)));
        }
        (Some(_), Some(_)) => told.same("findings: same".to_owned()),
        _ => told.differs("findings: the record does not say what was judged".to_owned()),
    }
}

fn rules(recorded: &[Violated], now: &[Violation], told: &mut Compared) {
    let mut differ = false;
    for Violated { rule, enforcement, allowed, found } in recorded {
        let before = format!("{enforcement}, {found} found, {allowed} allowed");
        let after = now.iter().find(|violation| violation.rule == *rule);
        let after = after.map_or_else(|| "it holds, or there is none of that name".to_owned(), described);
        if before != after {
            differ = true;
            told.differs(format!("rule {rule}: recorded {before}; now {after}"));
        }
    }
    for violation in now.iter().filter(|now| !recorded.iter().any(|recorded| recorded.rule == now.rule)) {
        differ = true;
        told.differs(format!("rule {}: not violated in the record; now {}", violation.rule, described(violation)));
    }
    if !differ {
        told.same(format!("rules: the same {} violated", recorded.len()));
    }
}

fn described(violation: &Violation) -> String {
    let Violation { enforcement, allowed, found, .. } = violation;
    format!("{}, {found} found, {allowed} allowed", enforcement.name())
}

/// Every member that has no line of its own.
fn members(record: &Record, again: &Value, inputs_differ: bool, told: &mut Compared) {
    /// Follow from what has a line.
    const FOLLOWING: [&str; 2] = ["policy", "inputAttestations"];
    const TOLD: [&str; 5] = ["inputs", "snapshot", "verdict", "violated", "evaluation"];
    let empty = Value::Null;
    let of = |document: &Value| {
        let predicate = document.get("predicate").cloned().unwrap_or_default();
        let own = predicate.get(EXTENSION).cloned().unwrap_or_default();
        [("", document.clone()), ("predicate.", predicate), ("record.", own)]
    };
    for ((prefix, recorded), (_, now)) in of(&record.statement).into_iter().zip(of(again)) {
        let maps = (recorded.as_object(), now.as_object());
        let (Some(recorded), Some(now)) = maps else { continue };
        let new = now.keys().filter(|key| !recorded.contains_key(*key));
        for name in recorded.keys().chain(new) {
            let is_told = match prefix {
                // The subject of an envelope is what the signer attests, which need not be the commit.
                "" => name == "predicate" || (name == "subject" && record.is_signed),
                "predicate." => name == EXTENSION || (inputs_differ && FOLLOWING.contains(&name.as_str())),
                _ => TOLD.contains(&name.as_str()) || (inputs_differ && name == "policy"),
            };
            let (before, after) = (recorded.get(name).unwrap_or(&empty), now.get(name).unwrap_or(&empty));
            let same = recorded.contains_key(name) == now.contains_key(name) && before == after;
            if !is_told && !same {
                told.differs(format!("{prefix}{name}: recorded {}, now {}", shown(before), shown(after)));
            }
        }
    }
}

fn own_member<'v>(document: &'v Value, name: &str) -> Option<&'v Value> {
    document.get("predicate")?.get(EXTENSION)?.get(name)
}

/// A value on a line that somebody can read.
fn shown(value: &Value) -> String {
    cut(&value.to_string(), 120)
}

fn digests(recorded: &str, found: &str) -> String {
    /// `sha256:` and as many digits as tell two digests apart.
    const SHOWN: usize = 19;
    let short = |digest: &str| digest.chars().take(SHOWN).collect::<String>();
    format!("recorded {}…, found {}…", short(recorded), short(found))
}
