//! Snapshots.

use std::path::Path;

use findgate::digest::digest;
use findgate::finding::Kind;
use findgate::project::Project;
use findgate::snapshot::{Contents, Snapshot, decode, write};
use findgate::source::sarif::{Selection, collect_held};

use crate::judged::{AS_OF, LONGEST, judge};

/// A snapshot. What begins with a brace is the value of `content`, and gets a digest that fits: otherwise nothing would
/// be read. What begins with anything else is, without that byte, a whole document.
pub fn snapshot(data: &[u8]) {
    let document = match data.split_first() {
        Some((b'{', _)) => sealed(data),
        Some((_, document)) => document.to_vec(),
        None => return,
    };
    let first = match decode(&document) {
        Ok(first) => first,
        Err(error) => {
            let why = format!("{error:#}");
            return assert!(why.len() <= LONGEST, "a text of {} bytes: {why}", why.len());
        }
    };
    let written = written(&first);
    let second = decode(&written).unwrap_or_else(|error| panic!("what was written cannot be read: {error:#}"));
    assert_eq!(crate::snapshot::written(&second), written, "written again it is the same");
    assert_eq!(first.taken, second.taken);
    for (one, other) in first.sources.iter().zip(&second.sources) {
        assert_eq!(one.settings, other.settings);
        assert_eq!(one.collected.coverage, other.collected.coverage);
        let plain = |collected: &findgate::source::Collected| {
            // The hashes of secrets come back as their ranks; findings come back sorted.
            let kept = collected.findings.iter().filter(|finding| finding.kind != Kind::Secret);
            let mut texts: Vec<String> = kept.map(|finding| format!("{finding:?}")).collect();
            texts.sort();
            texts
        };
        assert_eq!(plain(&one.collected), plain(&other.collected), "what is read is what was written");
    }
    for held in &second.sources {
        judge(&held.collected);
    }
}

fn sealed(content: &[u8]) -> Vec<u8> {
    let mut document =
        br#"{"schema": "findgate/snapshot/v1", "tool": {"name": "findgate", "version": "0.1.0"}, "content": "#.to_vec();
    document.extend_from_slice(content.trim_ascii());
    document.extend_from_slice(format!(", \"digest\": \"{}\"}}", digest(content.trim_ascii())).as_bytes());
    document
}

fn written(snapshot: &Snapshot) -> Vec<u8> {
    let Snapshot { taken, version: _, project, sarif, sources, seal: _ } = snapshot;
    let sources = sources.iter().map(|held| (&*held.settings, &held.collected)).collect();
    let mut out = Vec::new();
    write(&Contents { taken: *taken, project, sarif, sources }, &mut out).expect("memory takes all");
    out
}

/// The contents of snapshots of SARIF files.
pub(crate) fn made_of(files: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let made = |bytes: &Vec<u8>| {
        let collected =
            collect_held(Selection::plain("a.sarif".to_owned()), "a.sarif", bytes.clone(), Path::new("/src"));
        let project = Project { repository: Some("github.com/acme/payments".to_owned()), ..Project::default() };
        let contents = Contents { taken: AS_OF, project: &project, sarif: &[], sources: vec![("", &collected)] };
        let mut out = Vec::new();
        write(&contents, &mut out).expect("memory takes all");
        let document: serde_json::Value = serde_json::from_slice(&out).expect("JSON");
        document["content"].to_string().into_bytes()
    };
    files.iter().map(made).collect()
}
