//! Doors for the targets in `fuzz/`, to what is private otherwise. They are there only where `cargo fuzz` builds.
//!
//! Each takes bytes from outside as the program does, and goes as far as the program goes with them. What has to hold of
//! the outcome, the targets say.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use tokio::time::Instant;

use crate::env::Env;
use crate::net::fuzzing::{Sent, serve};
use crate::net::{Masks, Network, Roots, Trust, on_one_thread};
use crate::policy::{Document, EvidenceRule, Problems, Verdict, decode};
use crate::policy_file::Loaded;
use crate::progress::Board;
use crate::project::{self, Project};
use crate::source::{self, Access, Collected, Desk, LANGUAGES, Reader};

/// Time that a server which sends nonsense is given. Whoever is asked answers at once, so only waits are cut.
const BUDGET: Duration = Duration::from_millis(100);

/// A vendor that answers from memory.
pub struct Vendor {
    reader: Reader,
    rule: EvidenceRule,
    project: Project,
    masks: Masks,
}

impl Vendor {
    /// The vendor of the first source of a policy; `variables` hold its address and its credentials. No answer is waited for
    /// unless the policy says so.
    ///
    /// # Errors
    /// If the policy cannot be used: then the target is wrong.
    pub fn new(policy: &str, variables: &[(&str, &str)]) -> anyhow::Result<Vendor> {
        let mut problems = Problems::default();
        let policy = Document::parse("policy.yml", policy, &mut problems)
            .and_then(|document| decode(&document, &LANGUAGES, &mut problems));
        let policy = policy.with_context(|| format!("{:?}", problems.sorted()))?;
        let section = policy.sources.first().context("the policy names no source")?;
        let plan = source::plan(section, &mut Problems::default()).context("the section is wrong")?;
        let project = Project {
            repository: Some("github.com/acme/payments".to_owned()),
            branch: Some("main".to_owned()),
            commit: Some("4f2a9c1d7e0b4f2a9c1d7e0b4f2a9c1d7e0b4f2a".to_owned()),
            ..Project::default()
        };
        let (env, masks) = (Env::of(variables.iter().copied(), Path::new("/")), Masks::default());
        let access = Access { env: &env, trust: &Trust::default(), project: &project, masks: &masks };
        let reader = plan.ready(&access).map_err(|unready| anyhow!("{unready:?}"))?;
        Ok(Vendor { reader, rule: section.evidence.over(&policy.evidence), project, masks })
    }

    /// Reads it to the end. `answers` gets method and path of each request, `GET /findings`, and gives status, headers and
    /// body; `None` says that the run's time is used up.
    pub fn read(&self, answers: impl FnMut(&str) -> Option<Sent> + 'static) -> Collected {
        serve(answers);
        let network = Network {
            roots: Roots::default(),
            deadline: Instant::now() + BUDGET,
            budget: BUDGET,
            masks: self.masks.clone(),
            log: Arc::new(|_| ()),
        };
        let Project { repository, branch, commit, .. } = self.project.clone();
        let meter = Board::silent().meter(self.reader.name());
        let desk = Desk { network, rule: self.rule, repository, branch, commit, meter };
        let unread = || Collected {
            findings: Vec::new(),
            coverage: crate::finding::Coverage::unread(self.reader.name(), "it was not read".to_owned()),
        };
        let read = on_one_thread(async {
            match &self.reader {
                Reader::Mend(reader) => source::mend::collect(reader, &desk).await,
                Reader::Mayo(reader) => source::mayo::collect(reader, &desk).await,
                Reader::Cybedefend(reader) => source::cybedefend::collect(reader, &desk).await,
                Reader::Appsecplus(reader) => source::appsecplus::collect(reader, &desk).await,
                Reader::Sarif(_) | Reader::Unread(_) => unread(),
            }
        });
        read.unwrap_or_else(|_| unread())
    }
}

/// What an address of a git remote is read as, and what a repository is that a user names so; else why it names none.
#[must_use]
pub fn addressed(text: &str) -> [Result<String, &'static str>; 2] {
    project::addressed(text)
}

/// Every text that GitHub Actions tells of the project: by its variables, and by the event in the file that one of them names.
#[must_use]
pub fn of_github(variables: &[(&str, &str)], folder: &Path) -> Vec<String> {
    project::of_github(&Env::of(variables.iter().copied(), folder))
}

/// `policy show`, for people and as JSON.
///
/// # Errors
/// If an override asks for something that is not known of the project.
pub fn shown(loaded: &Loaded, project: &Project) -> anyhow::Result<(String, Vec<u8>)> {
    crate::run::shown(loaded, project)
}

/// The verdict of a stored evaluation and the lines of `findgate verdict`.
///
/// # Errors
/// If it is none, not whole, or does not agree with itself.
pub fn stored_verdict(bytes: &[u8]) -> anyhow::Result<(Verdict, Vec<String>)> {
    crate::run::stored_verdict(bytes)
}
