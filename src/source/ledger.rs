//! What reading a vendor gave: findings, what was counted, what is missing.

use std::collections::{BTreeMap, HashSet};

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::names::one_line;
use super::{Collected, Fault};
use crate::finding::{Coverage, Finding, Scan, Sighting, State, Text};
use crate::net::Masks;

/// So many examples of rows that could not be read are told.
const EXAMPLES: usize = 3;
/// The longest reason or note, in bytes.
const LONGEST: usize = 2000;

/// The account of one vendor's reading.
#[derive(Debug)]
pub(super) struct Ledger {
    source: Text,
    reasons: Vec<(State, String)>,
    notes: Vec<String>,
    /// The projects that were read, by name.
    pub(super) projects: Vec<Text>,
    scans: Option<Vec<Scan>>,
    /// Answers that were read.
    pub(super) pages: u64,
    findings: Vec<Finding>,
    skipped: BTreeMap<String, (u64, Vec<String>)>,
    unknown: BTreeMap<(&'static str, String), u64>,
}

impl Ledger {
    /// Nothing was read yet.
    pub(super) fn new(source: &str) -> Ledger {
        Ledger {
            source: source.into(),
            reasons: Vec::new(),
            notes: Vec::new(),
            projects: Vec::new(),
            scans: None,
            pages: 0,
            findings: Vec::new(),
            skipped: BTreeMap::new(),
            unknown: BTreeMap::new(),
        }
    }

    /// Nothing that could be trusted was read.
    pub(super) fn failed(&mut self, fault: Fault) {
        self.reasons.push((State::Failed, fault.0));
    }

    /// Something is missing.
    pub(super) fn partial(&mut self, reason: impl Into<String>) {
        self.reasons.push((State::Partial, reason.into()));
    }

    /// A reader should know this although it harms nothing.
    pub(super) fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// The scans that the evidence rests on. To call it, even with none, says that the vendor tells its scans.
    pub(super) fn scans(&mut self, scans: Vec<Scan>) {
        self.scans.get_or_insert_default().extend(scans);
    }

    /// A finding was read.
    pub(super) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Takes over the account of a part that was read by itself.
    pub(super) fn absorb(&mut self, part: Ledger) {
        let Ledger { source: _, reasons, notes, projects, scans, pages, findings, skipped, unknown } = part;
        self.reasons.extend(reasons);
        notes.into_iter().for_each(|note| self.note(note));
        self.projects.extend(projects);
        if let Some(scans) = scans {
            self.scans(scans);
        }
        self.pages += pages;
        self.findings.extend(findings);
        for (list, (count, examples)) in skipped {
            let (counted, kept) = self.skipped.entry(list).or_default();
            *counted += count;
            kept.extend(examples);
            kept.truncate(EXAMPLES);
        }
        for (word, count) in unknown {
            *self.unknown.entry(word).or_default() += count;
        }
    }

    /// Takes over the account of another reading of the same things, with the findings of which none that is here has the
    /// vendor's id. Gives how many those are.
    pub(super) fn absorb_unseen(&mut self, mut part: Ledger) -> u64 {
        let id = |finding: &Finding| finding.sightings.first().and_then(|sighting| sighting.id.clone());
        let known: HashSet<Text> = self.findings.iter().filter_map(id).collect();
        part.findings.retain(|finding| id(finding).is_none_or(|id| !known.contains(&id)));
        let unseen = part.read();
        self.absorb(part);
        unseen
    }

    /// How many findings were read so far.
    pub(super) fn read(&self) -> u64 {
        self.findings.len() as u64
    }

    /// A row could not be read. `list` is what it stood in: `SAST findings`.
    pub(super) fn skip(&mut self, list: &str, why: impl std::fmt::Display) {
        let (count, examples) = self.skipped.entry(list.to_owned()).or_default();
        *count += 1;
        if examples.len() < EXAMPLES {
            examples.push(one_line(&why.to_string(), 120));
        }
    }

    /// Reads a row. One that cannot be read is a counted skip.
    pub(super) fn row<T: DeserializeOwned>(&mut self, list: &str, row: &RawValue) -> Option<T> {
        serde_json::from_str(row.get()).map_err(|error| self.skip(list, error)).ok()
    }

    /// A word that nobody knows stood in a field (`status`, `severity`) of a finding; it counts as the strictest.
    pub(super) fn unknown_word(&mut self, field: &'static str, word: &str) {
        *self.unknown.entry((field, one_line(word, 40))).or_default() += 1;
    }

    /// Closes the account. Credentials that a server echoed are taken out.
    pub(super) fn finish(mut self, masks: &Masks) -> Collected {
        let mut skipped = 0;
        for (list, (count, examples)) in std::mem::take(&mut self.skipped) {
            skipped += count;
            let more = if count > examples.len() as u64 { "; and so on" } else { "" };
            let rows = if count == 1 { "1 row".to_owned() } else { format!("{count} rows") };
            self.partial(format!("{rows} of the {list} could not be read ({}{more})", examples.join("; ")));
        }
        for ((field, word), count) in std::mem::take(&mut self.unknown) {
            let findings = if count == 1 { "1 finding has".to_owned() } else { format!("{count} findings have") };
            let counts = match field {
                "status" => "counts as open",
                "severity" => "counts as `unknown_severity`",
                "kind" => "counts as `other`",
                _ => "counts as the strictest",
            };
            self.note(format!("{findings} the {field} `{word}`, which this version does not know; it {counts}"));
        }
        // Stable: within one state the order of reading stays.
        self.reasons.sort_by_key(|(state, _)| std::cmp::Reverse(*state));
        let state = self.reasons.first().map_or(State::Complete, |(state, _)| *state);
        // What was read before the source failed cannot be trusted to be all, but what it shows is there.
        let mut findings = self.findings;
        findings.iter_mut().for_each(|finding| mask(finding, masks));
        // What says that an answer cannot be read may repeat all of it.
        let clean = |text: String| match masks.apply(&text) {
            text if text.len() > LONGEST => one_line(&text, LONGEST),
            text => text.into_owned(),
        };
        let tells_scans = self.scans.is_some();
        let mut scans = self.scans.unwrap_or_default();
        scans.sort_by(|a, b| (&a.target, &a.engine, &a.origin).cmp(&(&b.target, &b.engine, &b.origin)));
        for scan in &mut scans {
            mask_text(&mut scan.engine, masks);
            mask_text(&mut scan.origin, masks);
            for text in [&mut scan.target, &mut scan.status, &mut scan.commit, &mut scan.branch].into_iter().flatten() {
                mask_text(text, masks);
            }
        }
        self.projects.iter_mut().for_each(|name| mask_text(name, masks));
        let coverage = Coverage {
            source: self.source,
            state,
            reasons: self.reasons.into_iter().map(|(_, reason)| clean(reason)).collect(),
            notes: self.notes.into_iter().map(clean).collect(),
            projects: self.projects,
            scans,
            tells_scans,
            pages: self.pages,
            read: findings.len() as u64,
            skipped,
        };
        Collected { findings, coverage }
    }
}

fn mask_text(text: &mut Text, masks: &Masks) {
    if let std::borrow::Cow::Owned(masked) = masks.apply(text) {
        *text = masked.into();
    }
}

fn mask_list(list: &mut std::sync::Arc<[Text]>, masks: &Masks) {
    if list.iter().any(|text| matches!(masks.apply(text), std::borrow::Cow::Owned(_))) {
        *list = list.iter().map(|text| Text::from(&*masks.apply(text))).collect();
    }
}

/// Takes credentials out of every text of a finding that a vendor filled.
fn mask(finding: &mut Finding, masks: &Masks) {
    mask_text(&mut finding.title, masks);
    mask_text(&mut finding.severity_from, masks);
    for list in
        [&mut finding.ids, &mut finding.fixed_in, &mut finding.also_in, &mut finding.license, &mut finding.links]
    {
        mask_list(list, masks);
    }
    if let Some(location) = &mut finding.location {
        mask_text(&mut location.path, masks);
    }
    if let Some(vector) = &mut finding.cvss_vector {
        mask_text(vector, masks);
    }
    if let Some(package) = &mut finding.package {
        mask_text(&mut package.name, masks);
        for text in [&mut package.version, &mut package.purl].into_iter().flatten() {
            mask_text(text, masks);
        }
    }
    for sighting in &mut finding.sightings {
        let Sighting { source: _, tool, check, id, status, excuse: _, justification, severity, url, fingerprint: _ } =
            sighting;
        for text in [tool, check, id, status, justification, severity, url].into_iter().flatten() {
            mask_text(text, masks);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_repeats_no_whole_answer() {
        let mut ledger = Ledger::new("vendor");
        ledger.partial(format!("it cannot be read: {}", "a ".repeat(100_000)));
        ledger.note("b".repeat(100_000));
        let coverage = ledger.finish(&Masks::default()).coverage;
        let texts: Vec<&String> = coverage.reasons.iter().chain(&coverage.notes).collect();
        assert_eq!(texts.len(), 2);
        for text in texts {
            assert!(text.chars().count() <= LONGEST && text.ends_with('\u{2026}'), "{text}");
        }
    }
}
