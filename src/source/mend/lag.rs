//! Whether the lists of dependencies show the newest scan already: they belong to the project, and follow its scans by and by.

use std::time::Duration;

use jiff::Timestamp;

use super::client::Api;
use super::config::Engine;
use super::project::{Project, again};
use super::scans::Scans;
use crate::policy::CommitRule;
use crate::source::ledger::Ledger;

/// Two clocks of Mend's may differ by so much.
const SLACK: i64 = 60;

/// Waits a little until the project's own time of its last scan is that of the newest one. Where it stays behind, that is
/// told; it is held against the source where the policy asks for a scan of its own branch or commit, for then somebody has
/// just scanned.
pub(super) async fn wait(api: &Api<'_>, org: &str, project: &Project, scans: &Scans, ledger: &mut Ledger) {
    let Some(made) = scans.newest_made(Engine::Sca) else { return };
    let is_behind = |project: &Project| {
        project.scanned.dependencies.is_some_and(|last| made.duration_since(last).as_secs() > SLACK)
    };
    let mut behind = is_behind(project);
    // Who does not wait for scans does not wait for this either.
    let tries = if api.desk.rule.wait > 0 { 5 } else { 0 };
    for _ in 0..tries {
        if !behind {
            break;
        }
        api.desk.meter.say("waiting for the findings of a scan");
        let pause = tokio::time::sleep(Duration::from_secs(api.desk.rule.wait.min(3)));
        if tokio::time::timeout_at(api.desk.network.deadline, pause).await.is_err() {
            break;
        }
        behind = again(api, org, &project.uuid).await.as_ref().is_none_or(is_behind);
    }
    if behind {
        let told = format!(
            "Mend's own time of the last SCA scan of {} is before that of the newest one, so its lists may not show that yet",
            project.label
        );
        // What the lists show may be older than the newest scan by more than the policy lets anything be.
        let is_too_old = |last: Timestamp| {
            let lag = u64::try_from(made.duration_since(last).as_secs()).unwrap_or(0);
            api.desk.rule.max_age.is_some_and(|most| lag > most)
        };
        match api.desk.rule.commit {
            CommitRule::Any if !project.scanned.dependencies.is_some_and(is_too_old) => ledger.note(told),
            CommitRule::Any | CommitRule::Branch | CommitRule::Head => ledger.partial(told),
        }
    }
}
