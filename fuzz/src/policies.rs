//! Policies, files of waivers, VEX documents.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use findgate::policy::{Circumstances, Document, Problems, lint, resolve};
use findgate::policy_file::{Entry, Loaded, Loading, NotLoaded, Refused, Wrong, append, draw, draw_hints, load};
use findgate::project::Project;
use findgate::source::Collected;
use findgate::source::sarif::{Selection, collect_held};
use findgate::tree::Tree;
use jiff::tz::TimeZone;

use crate::judged::{AS_OF, judge_by, plain};

/// A folder for what the program reads from files.
pub(crate) fn folder() -> PathBuf {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| tempfile::tempdir().expect("a folder").keep());
    FOLDER.clone()
}

/// Findings of every kind, to be judged by whatever policy holds.
static SAMPLE: LazyLock<Vec<Collected>> = LazyLock::new(|| {
    let files: [&[u8]; 3] = [
        include_bytes!("../../src/source/sarif/fixtures/trivy.sarif"),
        include_bytes!("../../src/source/sarif/fixtures/gitleaks.sarif"),
        include_bytes!("../../src/source/sarif/fixtures/semgrep.sarif"),
    ];
    let read = |bytes: &[u8]| {
        let mut read = collect_held(Selection::plain("a.sarif".into()), "a.sarif", bytes.to_vec(), Path::new("/src"));
        read.findings.truncate(8);
        read.coverage.read = read.findings.len() as u64;
        read
    };
    files.into_iter().map(read).collect()
});

fn loaded(name: &str) -> Result<Loaded, NotLoaded> {
    let tree = Tree::worktree(&folder());
    let fetch = |_: &findgate::policy_file::Address| anyhow::bail!("there is no network");
    load(Some(name), Loading { tree: &tree, as_of: AS_OF, fetch: &fetch })
}

/// What is wrong is drawn, and the drawing is harmless. Nothing that is wrong means that something was said to be.
fn refused(why: NotLoaded) {
    if let NotLoaded::Wrong(Wrong { problems, texts }) = why {
        assert!(!problems.is_empty(), "refused without a word");
        let drawn = draw(&problems, |file| texts.get(file).map(|text| &**text), false);
        harmless(&drawn);
    }
}

fn harmless(drawn: &str) {
    assert!(!drawn.contains(|c: char| c.is_control() && c != '\n'), "{drawn:?}");
}

/// A policy's text.
pub fn policy(data: &[u8]) {
    let folder = folder();
    fs::write(folder.join("policy.yml"), data).expect("a file");
    fs::write(folder.join("other.yml"), "version: 1\nthresholds: {all: {high: 3, locked: true}, sca: high}\n")
        .expect("a file");
    let policy = match loaded("policy.yml") {
        Ok(policy) => policy,
        Err(why) => return refused(why),
    };
    canonical(policy.texts.get("policy.yml").expect("its own text"));
    let hints = lint::lint(&policy.policy, AS_OF.to_zoned(TimeZone::UTC).date());
    harmless(&draw_hints(&hints, |file| policy.texts.get(file).map(|text| &**text), false));
    let shown = shown(&policy);
    let again = loaded("policy.yml").unwrap_or_else(|why| panic!("read again it is refused: {why:?}"));
    assert_eq!(shown, self::shown(&again), "read again it is the same");
    judged(&policy);
}

/// Whether a document that is laid out on one line means the same.
fn canonical(text: &str) {
    let mut problems = Problems::default();
    let Some(document) = Document::parse("policy.yml", text, &mut problems) else { return };
    let flow = document.root.to_flow();
    // What is written for people shows some characters by their numbers; that is not YAML.
    if flow.contains("\\u{") || flow.contains("\\'") {
        return;
    }
    let again = Document::parse("policy.yml", &flow, &mut problems);
    let again = again.unwrap_or_else(|| panic!("{:?}\n{flow}", problems.sorted()));
    assert_eq!(again.root.canonical(), document.root.canonical(), "{flow}");
}

fn shown(policy: &Loaded) -> Option<(String, Vec<u8>)> {
    let project = Project {
        repository: Some("github.com/acme/payments".to_owned()),
        branch: Some("main".to_owned()),
        environment: Some("production".to_owned()),
        event: Some(findgate::event::Event::Push),
        ..Project::default()
    };
    let shown = findgate::fuzzing::shown(policy, &project).ok()?;
    plain(&shown.0);
    let _: serde_json::Value = serde_json::from_slice(&shown.1).expect("JSON");
    Some(shown)
}

fn judged(policy: &Loaded) {
    for branch in ["main", "release/1.2"] {
        let event = Some(findgate::event::Event::PullRequest);
        let circumstances = Circumstances { branch: Some(branch), environment: Some("production"), event };
        let mut resolved = resolve(&policy.policy, circumstances).expect("everything is known");
        assert!(!resolved.limits.is_empty(), "a policy without a limit would pass everything");
        resolved.settle_statements(Some("github.com/acme/payments"), &[branch]);
        for sample in SAMPLE.iter() {
            judge_by(&resolved, sample);
        }
    }
}

/// A file of waivers.
pub fn waivers(data: &[u8]) {
    fs::write(folder().join("waivers.yml"), data).expect("a file");
    by(
        "policy-of-waivers.yml",
        "version: 1\nthresholds: {all: low}\nwaivers: {files: [waivers.yml], max_life: 999d}\n",
    );
    let Ok(text) = std::str::from_utf8(data) else { return };
    let entry = Entry {
        id: "added".to_owned(),
        matches: vec![("id", vec!["CVE-2021-23337".to_owned()]), ("path", vec!["a: b".to_owned(), "#\"".to_owned()])],
        reason: "it is known: # and \"said\"\nin two lines".to_owned(),
        owner: Some("ada".to_owned()),
        ticket: None,
        approved_by: Some("- eve".to_owned()),
        expires: jiff::civil::date(2026, 12, 1),
    };
    match append("waivers.yml", Some(text), &entry) {
        Ok(appended) => {
            assert!(appended.text.len() > text.len());
            match append("waivers.yml", Some(&appended.text), &entry) {
                Ok(_) => panic!("two waivers of one id"),
                Err(Refused::Wrong(wrong)) => panic!("what was written is wrong: {:?}", wrong.problems),
                Err(Refused::Other(_)) => {}
            }
        }
        Err(Refused::Wrong(Wrong { problems, .. })) => assert!(!problems.is_empty()),
        Err(Refused::Other(error)) => assert!(!error.to_string().is_empty()),
    }
}

/// A VEX document.
pub fn vex(data: &[u8]) {
    fs::write(folder().join("vex.json"), data).expect("a file");
    by("policy-of-vex.yml", "version: 1\nthresholds: {all: low}\nwaivers: {vex: [vex.json]}\n");
}

fn by(name: &str, text: &str) {
    fs::write(folder().join(name), text).expect("a file");
    match loaded(name) {
        Err(why) => refused(why),
        Ok(policy) => {
            let _ = shown(&policy);
            judged(&policy);
        }
    }
}
