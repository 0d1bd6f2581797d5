//! The account of a reading: what was counted, what is missing, and what a reader should know.

use super::read::OWN_OUTPUT;
use std::collections::BTreeMap;

use crate::finding::{Coverage, Scan, State, Text};

/// So many examples of results that could not be read are shown for each file.
const EXAMPLES: usize = 3;

/// Something that makes a source less than complete.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Problem {
    /// How bad.
    pub(super) state: State,
    /// What, without the file's name.
    pub(super) text: String,
}

impl Problem {
    /// Some of it is missing.
    pub(super) fn partial(text: impl Into<String>) -> Problem {
        Problem { state: State::Partial, text: text.into() }
    }

    /// Nothing of it can be trusted.
    pub(super) fn failed(text: impl Into<String>) -> Problem {
        Problem { state: State::Failed, text: text.into() }
    }
}

/// The results of a run (or a part of it), counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tally {
    /// Findings.
    pub(super) findings: u64,
    /// Results of a kind that is no finding, by kind.
    pub(super) other_kinds: BTreeMap<&'static str, u64>,
    /// Results that the file itself calls gone (`baselineState: absent`).
    pub(super) absent: u64,
    /// Results that could not be read.
    pub(super) skipped: u64,
    /// The first of them: number in the run, from 1, and why.
    pub(super) examples: Vec<(u64, String)>,
    /// Findings whose path leaves the root.
    pub(super) outside: u64,
    /// Findings with an absolute path under nothing known.
    pub(super) elsewhere: u64,
    /// Suppressions that the policy does not honor.
    pub(super) not_honored: u64,
    /// Findings whose kind nothing told.
    pub(super) unknown_kind: u64,
    /// Results with bytes that are no UTF-8.
    pub(super) mended: u64,
}

impl Tally {
    /// Everything that was looked at.
    #[cfg(test)]
    pub(super) fn results(&self) -> u64 {
        self.findings + self.other_kinds.values().sum::<u64>() + self.absent + self.skipped
    }

    /// Counts a result that could not be read.
    pub(super) fn skip(&mut self, number: u64, why: impl Into<String>) {
        self.skipped += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push((number, why.into()));
        }
    }

    /// Adds another part of the same run.
    pub(super) fn add(&mut self, other: Tally) {
        let Tally {
            findings,
            other_kinds,
            absent,
            skipped,
            examples,
            outside,
            elsewhere,
            not_honored,
            unknown_kind,
            mended,
        } = other;
        self.findings += findings;
        for (kind, count) in other_kinds {
            *self.other_kinds.entry(kind).or_default() += count;
        }
        self.absent += absent;
        self.skipped += skipped;
        self.examples.extend(examples);
        // Parts arrive in the order in which threads finish; the examples must not tell.
        self.examples.sort();
        self.examples.truncate(EXAMPLES);
        self.outside += outside;
        self.elsewhere += elsewhere;
        self.not_honored += not_honored;
        self.unknown_kind += unknown_kind;
        self.mended += mended;
    }
}

/// One run in the account.
#[derive(Clone, Debug)]
pub(super) struct RunAccount {
    /// The scan, its findings not yet counted.
    pub(super) scan: Scan,
    /// What was counted.
    pub(super) tally: Tally,
}

/// One file in the account.
#[derive(Clone, Debug)]
pub(super) struct FileAccount {
    /// Its path, as people know it.
    pub(super) origin: String,
    /// What is missing.
    pub(super) problems: Vec<Problem>,
    /// What a reader should know.
    pub(super) notes: Vec<String>,
    /// Its runs, in the order of the file.
    pub(super) runs: Vec<RunAccount>,
}

impl FileAccount {
    /// Says what the counts mean.
    fn conclude(&mut self) {
        let several = self.runs.len() > 1;
        for (number, run) in self.runs.iter().enumerate() {
            let tally = &run.tally;
            let place = if several { format!("run {}: ", number + 1) } else { String::new() };
            if tally.skipped > 0 {
                let examples: Vec<String> =
                    tally.examples.iter().map(|(number, why)| format!("result {number}: {why}")).collect();
                let more = if tally.skipped > examples.len() as u64 { "; and so on" } else { "" };
                self.problems.push(Problem::partial(format!(
                    "{place}{} could not be read ({}{more})",
                    results(tally.skipped),
                    examples.join("; "),
                )));
            }
            for (kind, count) in &tally.other_kinds {
                let meaning = match *kind {
                    "open" | "review" => "the scanner did not decide them, and they do not count",
                    _ => "no findings",
                };
                self.notes.push(format!("{place}{} of kind {kind}: {meaning}", results(*count)));
            }
            if tally.absent > 0 {
                self.notes.push(format!(
                    "{place}{} with the baseline state absent: gone since the last scan, and they do not count",
                    results(tally.absent)
                ));
            }
            if tally.outside > 0 {
                self.notes.push(format!(
                    "{place}{} with a path that leaves the root of the repository: they count, without a location",
                    results(tally.outside)
                ));
            }
            if tally.elsewhere > 0 {
                self.notes.push(format!(
                    "{place}{} with an absolute path outside of the repository, so rules by path cannot tell and count them; \
                     say where the scanner saw the repository with `root` beside `path` in the policy, or run it with \
                     relative paths",
                    results(tally.elsewhere)
                ));
            }
            if tally.not_honored > 0 {
                self.notes.push(format!(
                    "{place}{} suppressed in the file, which the policy does not honor",
                    results(tally.not_honored)
                ));
            }
            if tally.unknown_kind > 0 {
                self.notes.push(format!(
                    "{place}nothing tells what kind of findings {} reports, so {} counted as other; set `kind` for this \
                     file in the policy",
                    run.scan.engine,
                    if tally.unknown_kind == 1 { "1 is".to_owned() } else { format!("{} are", tally.unknown_kind) }
                ));
            }
            if tally.mended > 0 {
                self.notes
                    .push(format!("{place}{} with bytes that are no UTF-8; they were replaced", results(tally.mended)));
            }
        }
    }
}

fn results(count: u64) -> String {
    if count == 1 { "1 result".to_owned() } else { format!("{count} results") }
}

/// Sums up. `general` holds what concerns no single file.
pub(super) fn coverage(
    source: Text,
    general: Vec<Problem>,
    mut notes: Vec<String>,
    files: Vec<FileAccount>,
) -> Coverage {
    let mut problems = general;
    let mut scans = Vec::new();
    let (mut read, mut skipped, pages) = (0, 0, files.len() as u64);
    // Where nothing but this run's own output was found, nothing shows that a scan took place.
    if !files.is_empty() && files.iter().all(|file| file.notes.iter().any(|note| note == OWN_OUTPUT)) {
        problems.push(Problem::failed(
            "nothing but what findgate itself writes was found; name the scanners' files, and write the output elsewhere",
        ));
    }
    for mut file in files {
        file.conclude();
        let FileAccount { origin, problems: of_file, notes: notes_of_file, runs } = file;
        problems.extend(of_file.into_iter().map(|p| Problem { state: p.state, text: format!("{origin}: {}", p.text) }));
        notes.extend(notes_of_file.into_iter().map(|note| format!("{origin}: {note}")));
        for RunAccount { mut scan, tally } in runs {
            scan.findings = tally.findings;
            read += tally.findings;
            skipped += tally.skipped;
            scans.push(scan);
        }
    }
    // Stable: within one state the order of reading stays.
    problems.sort_by_key(|problem| std::cmp::Reverse(problem.state));
    Coverage {
        source,
        state: problems.first().map_or(State::Complete, |problem| problem.state),
        reasons: problems.into_iter().map(|problem| problem.text).collect(),
        notes,
        projects: Vec::new(),
        scans,
        tells_scans: true,
        pages,
        read,
        skipped,
    }
}
