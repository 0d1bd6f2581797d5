//! SARIF files.

use std::path::Path;

use findgate::finding::State;
use findgate::source::sarif::{Selection, collect_held};
use serde_json::Value;

use crate::judged::{judge, normalized};

/// The bytes of a SARIF file.
pub fn sarif(data: &[u8]) {
    let read = || collect_held(Selection::plain("a.sarif".to_owned()), "a.sarif", data.to_vec(), Path::new("/src"));
    let collected = read();
    normalized(&collected);
    if let Some(results) = results(data) {
        let coverage = &collected.coverage;
        let seen = coverage.read + coverage.skipped + set_aside(&coverage.notes);
        // Of a file that cannot be read at all, as of another version, nothing is counted.
        let is_refused = coverage.state == State::Failed && coverage.read == 0;
        assert!(seen == results || is_refused, "{seen} of {results} results were seen: {coverage:#?}");
    }
    assert_eq!(collected, read(), "the same bytes give the same");
    judge(&collected);
}

/// How many results there are, where that is beyond doubt: the file is JSON, and no key stands twice in what holds them.
fn results(data: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(data).ok()?;
    let value: Value = serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(text)).ok()?;
    // A key that stands twice loses a value when it is parsed; then there are more strings than this finds.
    let keys = ["\"runs\"", "\"results\"", "\\u"];
    let runs = value.get("runs")?.as_array()?;
    let told = runs.iter().filter(|run| run.get("results").is_some()).count();
    if text.matches(keys[0]).count() != 1 || text.matches(keys[1]).count() != told || text.contains(keys[2]) {
        return None;
    }
    let lists = runs.iter().filter_map(|run| run.get("results"));
    lists.map(|list| Some(list.as_array()?.len() as u64)).sum()
}

/// How many results the notes say are none: of a kind that is no finding, or gone.
fn set_aside(notes: &[String]) -> u64 {
    let count = |note: &String| {
        let (before, _) =
            note.split_once(" of kind ").or_else(|| note.split_once(" with the baseline state absent"))?;
        let number = before.strip_suffix(" results").or_else(|| before.strip_suffix(" result"))?;
        number.rsplit(' ').next()?.parse::<u64>().ok()
    };
    notes.iter().filter_map(count).sum()
}
