//! Evaluations, as `findgate verdict` takes them, and whatever may be named as a baseline.

use std::fs;
use std::path::Path;

use findgate::baseline::{Reading, read};
use findgate::fuzzing::stored_verdict;
use findgate::policy::Verdict;
use findgate::project::Project;
use findgate::tree::Tree;
use serde_json::Value;

use crate::judged::{LONGEST, plain};
use crate::policies::folder;

/// A file that is to be an evaluation.
pub fn evaluation(data: &[u8]) {
    match stored_verdict(data) {
        Ok((verdict, lines)) => {
            assert!(lines.last().is_some_and(|line| line.starts_with("findgate: ")), "{lines:?}");
            lines.iter().for_each(|line| plain(line));
            proven(verdict, data);
        }
        Err(error) => short(&format!("{error:#}")),
    }
    known(data);
}

/// The verdict follows from what the document says, read in the simplest way.
fn proven(verdict: Verdict, data: &[u8]) {
    let document: Value = serde_json::from_slice(data).expect("what was taken is JSON");
    let list = |name: &str| document[name].as_array().expect(name).clone();
    let denies = list("violations").iter().any(|one| one["enforcement"] == "deny");
    let sources = list("sources");
    let missing = |source: &Value| source["required"] == true && source["state"] != "complete";
    let is_proven = !sources.is_empty() && !sources.iter().any(missing);
    let violating = list("findings").iter().any(|finding| finding["disposition"] == "violation");
    let (name, status) = match (denies, is_proven) {
        (true, _) => ("fail", 1),
        (false, true) => ("pass", 0),
        (false, false) => ("undecided", 3),
    };
    assert_eq!(verdict.name(), name);
    assert_eq!((&document["verdict"], &document["status"]), (&name.into(), &status.into()));
    assert!(denies || !violating, "a finding that violates, and nothing that is violated");
}

fn short(why: &str) {
    assert!(!why.is_empty() && why.len() <= LONGEST, "a text of {} bytes: {why}", why.len());
}

/// The same file named as a baseline.
fn known(data: &[u8]) {
    let folder = folder();
    fs::write(folder.join("baseline"), data).expect("a file");
    let (tree, project) = (Tree::worktree(&folder), Project::default());
    let reading = Reading { tree: &tree, folder: Path::new("/src"), selection: None, project: &project };
    let one = read("baseline", reading);
    assert!(one.digest.is_some());
    match (one.baseline, read("baseline", reading).baseline) {
        (Ok(one), Ok(other)) => assert_eq!(format!("{one:?}"), format!("{other:?}"), "read again it is the same"),
        (Err(one), Err(other)) => {
            short(&one);
            assert_eq!(one, other);
        }
        (one, other) => panic!("{one:?}\n{other:?}"),
    }
}
