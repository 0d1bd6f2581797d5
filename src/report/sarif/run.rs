//! What a run says of itself: the tool, the category, how the evaluation ended, which repository it looked at.
//!
//! Command line, environment, machine and folders are properties that SARIF has and that stay out: they tell strangers
//! what a runner looks like, and change from run to run.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde_json::Value;
use serde_sarif::sarif::{
    ArtifactLocation, Invocation, Message, Notification, ReportingDescriptorReference, RunAutomationDetails,
    VersionControlDetails,
};

use super::super::Report;
use super::super::escape::is_visible;
use super::super::stream::Object;
use super::super::words::is_missing;
use super::super::words::links::repository_uri;
use super::result::ROOT;
use super::rules::message;
use super::{Profile, RESULTS, Selection};
use crate::exit::Status;
use crate::finding::State;
use crate::policy::{Evidence, Requirement, Verdict};

/// The longest notification.
const NOTIFICATION: usize = 1_024;

/// Everything of the driver but its rules. `driver.notifications` stays out: GitHub's rules would ask for help texts there.
pub(super) fn driver(driver: &mut Object<'_>) -> io::Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    driver.member("name", "findgate")?;
    driver.member("fullName", format!("findgate {version}"))?;
    driver.member("organization", "findgate")?;
    driver.member("version", version)?;
    driver.member("semanticVersion", version)?;
    driver.member("informationUri", "https://github.com/findgate/findgate")
}

/// The category, up to the last slash; after it would come an id of the run, which we do not give. A run that left sources
/// out has one of its own: in the category of the whole it would close the alerts of those that it did not read.
pub(super) fn automation_details(report: &Report<'_>) -> RunAutomationDetails {
    const LENGTH: usize = 100;
    let name: String = report.policy.name.as_deref().unwrap_or_default().chars().take(LENGTH).map(plain).collect();
    let name = name.trim_matches('-');
    let name = if name.is_empty() { "default" } else { name };
    let only: BTreeSet<&String> = report.only.iter().collect();
    let only: String = only.into_iter().flat_map(|source| ["-only-", source]).flat_map(str::chars).map(plain).collect();
    RunAutomationDetails::builder().id(format!("findgate/{name}{only}/")).build()
}

/// Letters and digits of any script stay: two teams' policies must not end up in one category.
fn plain(c: char) -> char {
    if c.is_alphanumeric() || matches!(c, '.' | '_') { c } else { '-' }
}

/// A violated policy is a successful evaluation. An evaluation without all of its evidence is not: GitHub then refuses
/// the file and keeps the alerts that it has, instead of closing those of a source that was not read, optional or not.
pub(super) fn invocation(report: &Report<'_>, selection: &Selection<'_>) -> Invocation {
    let verdict = report.evaluation.verdict;
    let lacks = |one: &Evidence| is_missing(one) || lacks(one);
    let complete = verdict != Verdict::Undecided && !report.evaluation.evidence.iter().any(lacks);
    let time = report.as_of.to_string();
    let description = match verdict {
        Verdict::Pass => "The policy holds.",
        Verdict::Fail => "The policy is violated.",
        Verdict::Undecided => "Undecided: not everything that the policy requires was read.",
    };
    Invocation::builder()
        .execution_successful(complete)
        .exit_code(i64::from(Status::from(verdict).number()))
        .exit_code_description(description)
        // The time that was judged, not the time of the run: the same findings give the same bytes.
        .start_time_utc(time.as_str())
        .end_time_utc(time.as_str())
        .tool_execution_notifications(notifications(report, selection))
        .build()
}

/// Whether findings of it may not be here. What is stale is old and whole.
fn lacks(evidence: &Evidence) -> bool {
    matches!(evidence.coverage.state, State::Partial | State::Failed)
}

fn notifications(report: &Report<'_>, selection: &Selection<'_>) -> Vec<Notification> {
    let mut all = Vec::new();
    for evidence in &report.evaluation.evidence {
        let coverage = &evidence.coverage;
        let state = coverage.state.said();
        // The first reason of an optional source is among the evaluation's warnings.
        let (level, told) = match evidence.requirement {
            Requirement::Required => ("error", 0),
            Requirement::Optional => ("warning", 1),
        };
        for reason in coverage.reasons.iter().skip(told) {
            all.push(notification(level, "source", &format!("Source {} {state}: {reason}", coverage.source)));
        }
        if is_missing(evidence) && coverage.reasons.is_empty() {
            all.push(notification("error", "source", &format!("Source {} {state}.", coverage.source)));
        }
        for note in &coverage.notes {
            all.push(notification("note", "source", &format!("Source {}: {note}", coverage.source)));
        }
    }
    if !report.only.is_empty() {
        let text = format!("Only these sources were read: {}. The others were not looked at.", report.only.join(", "));
        all.push(notification("warning", "only", &text));
    }
    all.extend(report.evaluation.warnings.iter().map(|warning| notification("warning", "warning", warning)));
    if selection.cut() > 0 {
        let text = format!(
            "{} of {} findings are not in this file: code scanning shows {RESULTS}, and these are the worst. The other formats have all.",
            selection.cut(),
            selection.all,
        );
        all.push(notification("warning", "cut", &text));
    } else if selection.profile == Profile::Audit && selection.all > RESULTS {
        let text =
            format!("This file holds {} results; code scanning platforms keep {RESULTS} of a run.", selection.all);
        all.push(notification("note", "cut", &text));
    }
    if selection.rules.left_out() > 0 {
        let text =
            format!("{} checks are named by their results only, without a description.", selection.rules.left_out());
        all.push(notification("note", "cut", &text));
    }
    all
}

fn notification(level: &str, about: &str, text: &str) -> Notification {
    // GitHub takes an empty text for a missing one.
    let text = if is_visible(text) { text } else { "No text." };
    Notification::builder()
        .message(Message::builder().text(message(text, NOTIFICATION)).build())
        .level(Value::String(level.to_owned()))
        .descriptor(ReportingDescriptorReference::builder().id(format!("findgate/{about}")).build())
        .build()
}

/// The repository that was judged, where it can be said as an address.
pub(super) fn provenance(report: &Report<'_>) -> Option<VersionControlDetails> {
    let uri = repository_uri(report.project.repository.as_deref()?)?;
    let mut details = VersionControlDetails::builder()
        .repository_uri(uri)
        .mapped_to(ArtifactLocation::builder().uri_base_id(ROOT).build())
        .build();
    details.revision_id = report.project.commit.as_deref().map(|commit| message(commit, 200));
    details.branch = report.project.branch.as_deref().map(|branch| message(branch, 200));
    Some(details)
}

/// The base without its own address, which would be a folder of the runner (SARIF 2.1.0, 3.14.14 lets it be absent).
pub(super) fn bases() -> BTreeMap<&'static str, ArtifactLocation> {
    let description = Message::builder().text("The root of the checked-out repository.").build();
    BTreeMap::from([(ROOT, ArtifactLocation::builder().description(description).build())])
}
