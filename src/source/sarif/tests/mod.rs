//! The source from the outside: files in, findings and coverage out.

mod hostile;
mod rules;
mod selection;
mod tools;

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::config::{Selection, Settings};
use crate::finding::Finding;
use crate::progress::Progress;
use crate::source::Collected;

/// A selection that says nothing but a path.
fn selection(path: &str) -> Selection {
    Selection::plain(path.to_owned())
}

/// Reads what the selections name below the folder, in a fixed order.
fn collect(root: &Path, files: Vec<Selection>) -> Collected {
    let mut collected =
        super::collect(&Settings { name: "sarif".into(), files, written: Vec::new() }, root, &Progress::silent());
    collected.findings.sort_by(|a, b| {
        let key = |f: &Finding| (f.location.clone(), f.check().cloned(), f.title.clone(), f.fingerprint);
        key(a).cmp(&key(b))
    });
    collected
}

/// Reads one file with these bytes.
fn read_with(bytes: impl AsRef<[u8]>, change: impl FnOnce(&mut Selection)) -> Collected {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.sarif"), bytes).unwrap();
    let mut selection = selection("a.sarif");
    change(&mut selection);
    collect(folder.path(), vec![selection])
}

/// Reads one file with these bytes.
fn read(bytes: impl AsRef<[u8]>) -> Collected {
    read_with(bytes, |_| {})
}

/// A document with one run of a tool, its rules and its results.
fn document(rules: &str, results: &str) -> String {
    format!(
        r#"{{"version": "2.1.0", "runs": [{{"tool": {{"driver": {{"name": "Tool", "rules": [{rules}]}}}}, "results": [{results}]}}]}}"#
    )
}

/// Reads the results of one run.
fn results(rules: &str, results: &str) -> Collected {
    read(document(rules, results))
}

/// The one finding of a result, given the rest of its members.
fn one(rules: &str, members: &str) -> Finding {
    let mut collected = results(rules, &format!(r#"{{"ruleId": "R", "message": {{"text": "m"}}{members}}}"#));
    assert_eq!(collected.coverage.reasons, Vec::<String>::new());
    assert_eq!(collected.findings.len(), 1);
    collected.findings.remove(0)
}
