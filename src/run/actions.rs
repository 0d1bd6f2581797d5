//! What GitHub Actions shows beside the log: annotations at the code, and the summary of the job.
//!
//! Both are written by themselves there, whatever stdout carries. Neither is what was asked for, so neither changes the
//! status where it fails.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context as _, ensure};

use crate::env::Env;
use crate::messages::Messages;
use crate::project::Ci;
use crate::report::{Format, Report, Targets, write};

use super::lines::safe;

/// The most that a step's summary may hold, in bytes. Of a longer one GitHub shows nothing at all.
const SUMMARY: u64 = 1 << 20;

/// The variable that names the file of the summary.
const SUMMARY_FILE: &str = "GITHUB_STEP_SUMMARY";

pub(super) fn tell(report: &Report<'_>, targets: &Targets, env: &Env, messages: Messages) {
    if report.project.ci != Ci::Github {
        return;
    }
    // The runner reads commands on either stream, and stdout carries one document. A file it does not read.
    if !targets.stdout_carries(Format::Github) {
        let mut annotations = Vec::new();
        // At once, so that no other line comes between. Who closed stderr wants none.
        let _ = write(Format::Github, report, &mut annotations).and_then(|()| io::stderr().write_all(&annotations));
    }
    let Some(file) = env.get(SUMMARY_FILE) else { return };
    let to = env.folder.join(file);
    // A document that was to be written there stands there alone, as a file does that an output is written to.
    if targets.files().any(|target| is_same(target, &to)) {
        return;
    }
    if let Err(error) = append(report, &to) {
        messages.note(&format!("the summary of the job was not written to {}: {error:#}", safe(file)));
    }
}

/// Whether two paths lead to one file. The second may be anywhere, the first has its links followed.
fn is_same(target: &Path, other: &Path) -> bool {
    target == other || other.canonicalize().is_ok_and(|other| target == other)
}

/// Adds the report to what the steps of this job have written so far.
fn append(report: &Report<'_>, to: &Path) -> anyhow::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(to).context("open it")?;
    let there = file.metadata().context("read its size")?.len();
    // What another program wrote last may lack its line end, and would swallow our first line.
    let mut summary = Vec::from(if there > 0 { "\n\n" } else { "" });
    write(Format::Markdown, report, &mut summary)?;
    ensure!(
        there.saturating_add(summary.len() as u64) <= SUMMARY,
        "the {there} bytes that it holds leave no room within the {SUMMARY} that GitHub shows"
    );
    file.write_all(&summary).context("append to it")
}
