//! `findgate waive`: appends a waiver to the file of waivers.
//!
//! What is written was judged before: the policy allows it, and it excuses what it is meant for and no more than that.

mod ask;
mod part;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use jiff::civil::Date;
use jiff::{Timestamp, civil};

use crate::cli::Waive;
use crate::env::Env;
use crate::exit::Status;
use crate::finding::{Finding, Severity};
use crate::messages::Messages;
use crate::policy::expect::seconds;
use crate::policy::{
    Evaluation, Judged, MAX_BYTES, Problems, Resolved, Waiver, WaiverRules, WaiverState, check_waivers, day_of,
    decode_waivers, evaluate, last_day,
};
use crate::policy_file::{self, Appended, Entry, Loaded, Refused, Texts, Wrong, proposed_end, waiver_id, waiver_name};
use crate::report::Destination;
use crate::settings::{self, Refusal};
use crate::tree::{Tree, TreeFile, Unread};

use super::explain::found;
use super::lines::{print, safe};
use part::Part;

/// How many findings are listed where several fit.
const LISTED: usize = 10;

/// What is waived, by which policy.
struct Target {
    policy: Loaded,
    as_of: Timestamp,
    /// A name for the waiver.
    id: String,
    matches: Vec<(&'static str, Vec<String>)>,
    /// The worst severity that is waived; `None` where nothing was read.
    severity: Option<Severity>,
    /// The findings that are waived, and the policy and findings to try the waiver with.
    judged: Option<(Vec<Finding>, Resolved, Evaluation)>,
}

pub(super) fn run(arguments: &Waive, env: &Env, messages: Messages) -> Result<Status, Refusal> {
    let target = match &arguments.query {
        Some(query) => of_finding(query, arguments, env, messages)?,
        None => of_options(arguments, env, messages)?,
    };
    let rules = &target.policy.policy.waiver_rules;
    let file = file(arguments, &target.policy)?;
    let (old, taken) = existing(&file, &target.policy, env)?;
    let expires = end(arguments.expires.as_deref(), &target)?;
    let [reason, owner, ticket, approved_by] = ask::parts(arguments, rules, messages)?;
    let entry = Entry {
        id: unused_id(&target.id, &taken),
        matches: target.matches.clone(),
        reason: reason.unwrap_or_default(),
        owner,
        ticket,
        approved_by,
        expires,
    };
    let shown = file.to_string_lossy().into_owned();
    let Appended { text, line } =
        policy_file::append(&shown, old.as_deref(), &entry).map_err(|refused| match refused {
            Refused::Wrong(wrong) => Refusal::Policy(wrong),
            Refused::Other(error) => Refusal::Other(error.context(format!("cannot add a waiver to {shown}"))),
        })?;
    let excused = judge(&shown, &text, &target)?;
    let what = match excused {
        Some(1) => "; it excuses 1 finding".to_owned(),
        Some(count) => format!("; it excuses {count} findings"),
        None => String::new(),
    };
    let sentence = format!("waiver {} until {expires}, for {}{what}", entry.id, entry.matching());
    if arguments.dry_run {
        let block = entry.block(2, 2, "\n");
        return print(safe_lines(&format!("would write {shown}:{line}: {sentence}\n{block}\n")).as_bytes());
    }
    // Who adds a waiver at the same time must not lose it.
    if existing(&file, &target.policy, env)?.0 != old {
        return Err(anyhow!("{shown} was changed meanwhile, and nothing was written; run it again").into());
    }
    write(&file, &text)?;
    if !rules.files.iter().any(|known| is_same(Path::new(&known.value), &file)) {
        messages.note(&format!(
            "the policy {} does not read {shown}; {}",
            target.policy.origin,
            how_to_read(&shown, &target.policy.origin)
        ));
    }
    print(safe_lines(&format!("wrote {shown}:{line}: {sentence}\n")).as_bytes())
}

fn safe_lines(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", safe(line))).collect()
}

/// The finding that a query means, as the sources show it.
fn of_finding(query: &str, arguments: &Waive, env: &Env, messages: Messages) -> Result<Target, Refusal> {
    let parts = arguments.matching.as_deref().map(Part::list).transpose()?;
    let (settings, evaluation) = super::judged(&arguments.input, env, messages)?;
    let fitting = found("waive", query, &evaluation)?;
    let open: Vec<&Judged> = fitting.iter().copied().filter(|judged| judged.counts()).collect();
    let Some(worst) = open.first() else { return Err(nothing_to_waive(query, &fitting, &evaluation).into()) };
    let is_one_advisory = open.iter().all(|judged| judged.finding.ids.iter().any(|id| id.eq_ignore_ascii_case(query)));
    if open.len() > 1 && !is_one_advisory {
        return Err(several(query, &open).into());
    }
    let findings: Vec<Finding> = open.iter().map(|judged| judged.finding.clone()).collect();
    let advisory = is_one_advisory.then_some(query);
    let parts = parts.unwrap_or_else(|| Part::fitting(&findings));
    let mut matches = Vec::new();
    for part in parts {
        matches.push((part.name(), part.of(&findings, advisory)?));
    }
    Ok(Target {
        id: waiver_id(&worst.finding),
        as_of: settings.as_of,
        matches,
        severity: open.iter().map(|judged| judged.severity).max(),
        judged: Some((findings, settings.resolved, evaluation)),
        policy: settings.policy,
    })
}

/// What the options name. Nothing is read but the policy.
fn of_options(arguments: &Waive, env: &Env, messages: Messages) -> Result<Target, Refusal> {
    let as_of = settings::as_of(arguments.input.as_of.as_deref(), env.now)?;
    let policy =
        settings::draft(arguments.input.reading.policy.as_deref(), &arguments.input.network.reach, &env.at(as_of))?;
    for sentence in policy.passed_over().chain(policy.warnings.iter().cloned()) {
        messages.note(&sentence);
    }
    let Waive { id, fingerprint, package, path, check, .. } = arguments;
    let given = [
        (Part::Id, id),
        (Part::Fingerprint, fingerprint),
        (Part::Package, package),
        (Part::Path, path),
        (Part::Check, check),
    ];
    let given: Vec<(Part, String)> =
        given.into_iter().filter_map(|(part, value)| Some((part, value.as_ref()?.trim().to_owned()))).collect();
    if let Some((part, _)) = given.iter().find(|(_, value)| value.is_empty()) {
        return Err(
            anyhow!("--{} was given without a value; is a variable empty that should hold it?", part.name()).into()
        );
    }
    let name = given.iter().map(|(_, value)| waiver_name(value)).next().unwrap_or_default();
    let matches = given.into_iter().map(|(part, value)| (part.name(), vec![value])).collect();
    Ok(Target { policy, as_of, id: name, matches, severity: None, judged: None })
}

/// That everything that fits is waived or excused already.
fn nothing_to_waive(query: &str, fitting: &[&Judged], evaluation: &Evaluation) -> anyhow::Error {
    let waiver = fitting.iter().find_map(|judged| evaluation.waivers.get(judged.waiver? as usize));
    match waiver {
        Some(waiver) => {
            let until = waiver.expires.map(|day| format!(" until {day}")).unwrap_or_default();
            anyhow!("waive {query}: {} waives it already{until}; change it in {}", waiver.id, waiver.place)
        }
        None => anyhow!("waive {query}: every source that saw it excuses it, so there is nothing to waive"),
    }
}

/// That it is not clear which finding is meant.
fn several(query: &str, open: &[&Judged]) -> anyhow::Error {
    let mut text = format!("waive {query}: {} findings fit; name one by its fingerprint:", open.len());
    for judged in open.iter().take(LISTED) {
        let finding = &judged.finding;
        let fingerprint = finding.fingerprint.to_string();
        let place = finding.location.as_ref().map(|location| {
            let line = location.line.map(|line| format!(":{line}")).unwrap_or_default();
            format!(" in {}{line}", location.path)
        });
        let title: String = finding.title.chars().filter(|c| !c.is_control()).take(80).collect();
        text.push_str(&format!("\n{fingerprint}  {}{}: {title}", judged.severity, place.unwrap_or_default()));
    }
    if open.len() > LISTED {
        text.push_str(&format!("\nand {} more", open.len() - LISTED));
    }
    anyhow!(text)
}

/// The file that is written.
fn file(arguments: &Waive, policy: &Loaded) -> anyhow::Result<PathBuf> {
    if let Some(file) = &arguments.file {
        return Ok(file.clone());
    }
    if let Some(file) = policy.policy.waiver_rules.files.first() {
        return Ok(PathBuf::from(&file.value));
    }
    bail!(
        "the policy {} names no file of waivers; {}, or name a file with --file",
        policy.origin,
        how_to_read(".findgate/waivers.yml", &policy.origin)
    )
}

fn how_to_read(file: &str, policy: &str) -> String {
    // Nobody can write into a built-in policy.
    let whose = if policy.starts_with("preset:") { "a policy that extends it" } else { "it" };
    format!("add `waivers: {{file: {file}}}` to {whose} (waivers that stand in the policy go below `entries` then)")
}

fn is_same(one: &Path, other: &Path) -> bool {
    let plain = |path: &Path| path.strip_prefix(".").unwrap_or(path).to_owned();
    plain(one) == plain(other)
}

/// The text of the file as it is in the work tree, and the ids that are taken.
fn existing(file: &Path, policy: &Loaded, env: &Env) -> Result<(Option<String>, Vec<String>), Refusal> {
    let mut taken: Vec<String> = policy.policy.waivers.iter().map(|waiver| waiver.id.clone()).collect();
    let attempt = || format!("cannot read the waivers {}", file.display());
    let text = match Tree::worktree(&env.folder).read(file, MAX_BYTES as u64) {
        Ok(TreeFile { bytes, .. }) => Some(policy_file::decode(bytes).with_context(attempt)?.text),
        Err(Unread::Missing | Unread::OnlyInChange) => None,
        Err(Unread::Refused(error)) => return Err(Refusal::Other(error.context(attempt()))),
    };
    // The policy may be read from elsewhere, or not read this file at all. What is wrong with it is told when it is changed.
    let shown = file.to_string_lossy();
    taken.extend(text.iter().flat_map(|text| waivers_of(&shown, text).unwrap_or_default()).map(|waiver| waiver.id));
    Ok((text, taken))
}

fn waivers_of(name: &str, text: &str) -> Option<Vec<Waiver>> {
    let mut problems = Problems::default();
    let document = crate::policy::Document::parse(name, text, &mut problems)?;
    decode_waivers(&document, &mut problems)
}

fn unused_id(id: &str, taken: &[String]) -> String {
    let is_free = |id: &String| !taken.contains(id);
    let numbered = (2u64..).map(|number| format!("{id}-{number}"));
    std::iter::once(id.to_owned()).chain(numbered).find(is_free).unwrap_or_else(|| id.to_owned())
}

/// The last day of the waiver: what was asked for, where the policy allows it, else what is proposed.
fn end(given: Option<&str>, target: &Target) -> anyhow::Result<Date> {
    let rules = &target.policy.policy.waiver_rules;
    let today = day_of(target.as_of);
    // Of a finding that was not read nobody knows the severity: the shortest life is proposed, the longest one allowed.
    let (proposed, longest) = match target.severity {
        Some(severity) => (rules.max_life(severity), rules.max_life(severity)),
        None => {
            let lives = Severity::WORST_FIRST.into_iter().filter_map(|severity| rules.max_life(severity));
            (lives.min_by_key(|life| life.value), rules.longest_life())
        }
    };
    let Some(given) = given.map(str::trim) else {
        return Ok(proposed_end(target.as_of, proposed.map(|life| life.value)));
    };
    let end = match seconds(given) {
        Some(seconds) if seconds < 86_400 => {
            bail!("--expires {given}: a waiver holds for whole days; write for example 30d")
        }
        Some(seconds) => last_day(today, seconds),
        None => day(given)?,
    };
    if end < today {
        bail!("--expires {given}: that day has passed, so the waiver would excuse nothing");
    }
    if let Some(life) = longest {
        let until = last_day(today, life.value);
        let of = target.severity.map(|severity| format!(" for a finding that is {severity}")).unwrap_or_default();
        if end > until {
            bail!("--expires {given}: `max_life` ({}) allows {until} at most{of}", life.place);
        }
    }
    Ok(end)
}

fn day(text: &str) -> anyhow::Result<Date> {
    let is_day = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let day: Option<civil::Date> = if is_day { text.parse().ok() } else { None };
    day.with_context(|| format!("--expires {text}: not a day or duration; write 2027-03-31 or 30d"))
}

/// Judges the new waiver as `check` would. Gives how many findings it excuses, where findings were read.
fn judge(name: &str, text: &str, target: &Target) -> Result<Option<u64>, Refusal> {
    let new = waivers_of(name, text).and_then(|mut waivers| waivers.pop()).context("the waiver cannot be read back")?;
    let rules: &WaiverRules = &target.policy.policy.waiver_rules;
    let mut problems = Problems::default();
    check_waivers(std::slice::from_ref(&new), rules, target.as_of, &mut problems);
    if !problems.is_empty() {
        let texts = Texts::from([(name.into(), text.into())]);
        return Err(Refusal::Policy(Wrong { problems: problems.sorted(), texts }));
    }
    let Some((findings, resolved, evaluation)) = &target.judged else { return Ok(None) };
    if let Some(missed) = findings.iter().find(|finding| !new.matches.fits(finding)) {
        return Err(anyhow!(
            "the waiver ({}) would not match {}; choose what it matches with --match",
            new.matches.as_written,
            missed.fingerprint
        )
        .into());
    }
    let alone = Resolved { waivers: vec![new], ..resolved.clone() };
    let all = evaluation.findings.iter().map(|judged| judged.finding.clone()).collect();
    let outcome = evaluate(&alone, Vec::new(), all, target.as_of).waivers.into_iter().next();
    match outcome.map(|outcome| (outcome.state, outcome.matched)) {
        Some((WaiverState::Active | WaiverState::Expiring { .. }, matched)) => Ok(Some(matched)),
        Some((WaiverState::TooBroad { vulnerabilities }, _)) => Err(anyhow!(
            "the waiver would name a package and not which of its {vulnerabilities} vulnerabilities, and excuse nothing; match the \
             id, too: --match id+package"
        )
        .into()),
        Some((WaiverState::TooLong { findings, until }, _)) => Err(anyhow!(
            "the waiver would match {findings} findings that `max_life` allows to be waived until {until} at most; match less with \
             --match, or end it earlier with --expires {until}"
        )
        .into()),
        _ => Err(anyhow!("the waiver would excuse nothing").into()),
    }
}

/// Writes the file, whole or not at all, and the folder that it stands in.
fn write(file: &Path, text: &str) -> Result<(), Refusal> {
    let attempt = || format!("cannot write the waivers to {}", file.display());
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).with_context(attempt).map_err(Refusal::Output)?;
    }
    let to = Destination::check(file).with_context(attempt).map_err(Refusal::Output)?;
    to.write(|out| out.write_all(text.as_bytes())).with_context(attempt).map_err(Refusal::Output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_is_taken_gets_a_number() {
        let taken = ["a".to_owned(), "a-2".to_owned()];
        assert_eq!(unused_id("b", &taken), "b");
        assert_eq!(unused_id("a", &taken), "a-3");
    }

    #[test]
    fn the_end_of_a_waiver_is_a_day_of_the_calendar() {
        assert_eq!(day("2027-01-31").expect("a day").to_string(), "2027-01-31");
        for wrong in ["2027-02-31", "2027-1-31", "tomorrow", "2027-01-31T00:00:00Z", ""] {
            assert!(day(wrong).is_err(), "{wrong}");
        }
    }
}
