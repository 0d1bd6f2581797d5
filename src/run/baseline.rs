//! What is new: the findings of this run beside those of the baseline, files that were renamed followed.

use crate::baseline::Baseline;
use crate::env::Env;
use crate::finding::{Finding, Renames};
use crate::messages::Messages;
use crate::policy;
use crate::project::{Renamed, renamed};
use crate::settings::Settings;

/// Says of each finding whether it is new. The findings are merged.
pub(super) fn compare(
    baseline: &Baseline,
    findings: &mut [Finding],
    settings: &Settings,
    env: &Env,
    messages: Messages,
) -> policy::Baseline {
    let Baseline { file, digest, taken, commit, known, sources: _, notes } = baseline;
    let mut notes = notes.clone();
    let mut comparison = known.compare(findings);
    if comparison.asks_for_renames() {
        let since = commit.as_deref().or(settings.project.base.as_deref());
        let asked = since.ok_or_else(|| "nobody tells the commit that it was taken for".to_owned());
        match asked.and_then(|since| renamed(since, env)) {
            Ok(Renamed { pairs, is_cut }) => {
                messages.detail(&format!("files renamed since the baseline: {}", pairs.len()));
                if is_cut {
                    notes.push(
                        "more files were renamed than are followed; findings in the others count as new".to_owned(),
                    );
                }
                comparison.follow(&Renames::new(pairs));
            }
            Err(why) => notes.push(format!(
                "files that were renamed since are not followed, and findings in them count as new: {why}"
            )),
        }
    }
    let ways = comparison.mark(findings);
    let matched = ways.iter().flatten().count() as u64;
    let new = findings.iter().filter(|finding| finding.new == Some(true)).count() as u64;
    messages.detail(&format!("baseline {file}: {} held, {matched} of them still there, {new} new", known.count()));
    policy::Baseline {
        file: file.clone(),
        digest: digest.clone(),
        taken: *taken,
        commit: commit.clone(),
        known: known.count(),
        matched,
        new,
        notes,
        ways,
    }
}
