use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::finding::{Excuse, Finding, Renames, Way};
use crate::report::Format;
use crate::report::sample::{Checks, Sample, any_sample, large, sample};

fn read(bytes: &[u8]) -> Result<Baseline, String> {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("b"), bytes).expect("written");
    let tree = Tree::worktree(folder.path());
    let project = Project::default();
    let reading = Reading { tree: &tree, folder: folder.path(), selection: None, project: &project };
    let read = super::read("b", reading);
    assert_eq!(read.digest, Some(digest(bytes)));
    read.baseline
}

fn evaluation(sample: &Sample) -> Value {
    serde_json::from_str(&sample.written(Format::Json)).expect("JSON")
}

fn findings(sample: &Sample) -> Vec<Finding> {
    sample.evaluation.findings.iter().map(|judged| judged.finding.clone()).collect()
}

/// Those that were there.
fn there(sample: &Sample) -> Vec<Finding> {
    let is_gone = |finding: &Finding| finding.sightings.iter().all(|s| s.excuse == Some(Excuse::Fixed));
    findings(sample).into_iter().filter(|finding| !is_gone(finding)).collect()
}

/// That an evaluation knows what it tells of, by its fingerprints and, where those are others, by what stands around it.
fn knows_itself(sample: &Sample) {
    let baseline = read(sample.written(Format::Json).as_bytes()).expect("a baseline");
    let mut current = there(sample);
    assert_eq!(baseline.known.count(), current.len() as u64);
    baseline.known.mark(&mut current, &Renames::default());
    assert!(current.iter().all(|finding| finding.new == Some(false)));
    for finding in &mut current {
        finding.fingerprint.hash = finding.fingerprint.hash.map(|byte| !byte);
        for sighting in &mut finding.sightings {
            sighting.id = None;
            sighting.fingerprint = [1; 16];
        }
    }
    let ways = baseline.known.mark(&mut current, &Renames::default());
    assert!(ways.iter().all(|way| *way == Some(Way::Context)), "{ways:?}");
}

#[test]
fn an_evaluation_knows_what_it_tells_of() {
    knows_itself(&sample());
    knows_itself(&large(2_000, Checks::Few));
    knows_itself(&large(500, Checks::OneEach));
}

#[test]
fn members_of_a_later_version_and_another_order_harm_nothing() {
    let mut document = evaluation(&sample());
    document["later"] = json!({"a": [1]});
    for finding in document["findings"].as_array_mut().expect("a list") {
        finding["later"] = json!(true);
        finding["sources"][0]["later"] = json!("x");
    }
    // serde_json sorts the members, so that `schema` stands far from the beginning.
    let text = document.to_string();
    assert!(text.find("findgate/evaluation/v1").expect("there") > HEAD);
    let baseline = read(text.as_bytes()).expect("a baseline");
    assert_eq!(baseline.known.count(), there(&sample()).len() as u64);
    assert_eq!(baseline.commit.as_deref(), Some("0123456789abcdef0123456789abcdef01234567"));
    assert_eq!(baseline.taken, Some(sample().as_of));
}

#[test]
fn sources_that_were_not_complete_and_sources_that_are_missing_are_named() {
    let mut baseline = read(sample().written(Format::Json).as_bytes()).expect("a baseline");
    let notes = baseline.notes.join("\n");
    assert!(
        notes.contains("the source mayo had failed when it was taken (503 ::error::): what it lacks counts as new")
    );
    assert!(notes.contains("the source mend was partial") && !notes.contains("source sarif"), "{notes}");
    baseline.note_missing(["mend", "cybedefend"].into_iter());
    let last = baseline.notes.last().expect("a note");
    assert_eq!(last, "it lacks the source cybedefend: all that it finds counts as new");
}

#[test]
fn an_evaluation_that_had_no_baseline_itself_does_not_tell_of_a_source_of_that_name() {
    let mut sample = sample();
    let mut missing = sample.evaluation.evidence[0].clone();
    missing.coverage = Coverage::unread(crate::policy::BASELINE, "there is none".to_owned());
    sample.evaluation.evidence.push(missing);
    let baseline = read(sample.written(Format::Json).as_bytes()).expect("a baseline");
    assert!(!baseline.sources.iter().any(|source| source == "baseline"));
    assert!(!baseline.notes.iter().any(|note| note.contains("there is none")));
}

#[test]
fn what_cannot_be_understood_is_no_baseline() {
    for (at, value) in [
        ("/findings/0/kind", json!("sorcery")),
        ("/findings/0/fingerprint", json!("v2:00")),
        ("/findings/0/sources/0/excuse", json!("bribed")),
        ("/findings/0/context", json!("12zz")),
        ("/findings/0/title", json!(7)),
        ("/findings", json!(null)),
        ("/sources/0/state", json!("great")),
        ("/as_of", json!("yesterday")),
    ] {
        let mut document = evaluation(&sample());
        *document.pointer_mut(at).expect(at) = value;
        let reason = read(document.to_string().as_bytes()).expect_err(at);
        assert!(reason.starts_with("the baseline b cannot be used: "), "{at}: {reason}");
        assert!(reason.ends_with("make one on the default branch with `findgate collect --output b` and keep it"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_was_judged_is_known(sample in any_sample()) {
        knows_itself(&sample);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), from in 0usize..4000) {
        let _ = read(&bytes);
        let mut document = sample().written(Format::Json).into_bytes();
        let from = from.min(document.len());
        let to = (from + bytes.len()).min(document.len());
        document.splice(from..to, bytes);
        let _ = read(&document);
    }
}
