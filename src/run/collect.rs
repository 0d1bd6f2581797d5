//! What is judged: the sources as they are, or as a snapshot shows them. And `findgate collect`, which takes one.

use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context as _, anyhow, ensure};

use crate::cli::{Check, Collect, Input};
use crate::env::Env;
use crate::exit::Status;
use crate::finding::Coverage;
use crate::messages::Messages;
use crate::parallel;
use crate::policy::weigh;
use crate::progress::Board;
use crate::report::{Destination, Target, Targets, plural};
use crate::settings::{BaselineBranch, Refusal, Settings, settings};
use crate::snapshot::{self, Contents, Seal};
use crate::source::{self, Collected};

use super::{desks, desks_for, feeds, tell};

/// Large enough that a snapshot is not written in small pieces.
const BUFFER: usize = 1 << 16;

/// `findgate collect`.
pub(super) fn run(arguments: &Collect, env: &Env, messages: Messages) -> Result<Status, Refusal> {
    let Collect { reading, project, network, output } = arguments;
    let mut settings = settings(&Input::to_read(reading, project, network), env)?;
    let to = match Target::of(output) {
        Target::Stdout => None,
        Target::File(path) => Some(destination(&path)?),
    };
    settings.set_written(to.iter().map(|to| to.resolved().to_owned()).collect(), &env.folder)?;
    let collected = collect(&mut settings, Telling::Read, env, messages).collected;
    match &to {
        Some(to) => keep(to, &settings, &collected, env)?,
        None => {
            let mut out = BufWriter::with_capacity(BUFFER, io::stdout().lock());
            // Unlike a report, which somebody may have seen enough of, a snapshot that did not arrive whole is none.
            let written = snapshot::write(&contents(&settings, &collected, env), &mut out).and_then(|()| out.flush());
            written.context("cannot write the snapshot to standard output").map_err(Refusal::Output)?;
        }
    }
    let findings: u64 = collected.iter().map(|one| one.findings.len() as u64).sum();
    let place = to.map_or("standard output".to_owned(), |to| to.shown());
    messages.line(&format!(
        "wrote {place}: {} of {}",
        plural(findings, "finding"),
        plural(collected.len() as u64, "source")
    ));
    let missing: Vec<String> = settings
        .wanted
        .iter()
        .zip(&collected)
        .filter(|(wanted, one)| wanted.rule.requirement.lacks(one.coverage.state))
        .map(|(wanted, one)| format!("{} {}", wanted.name, one.coverage.state.said()))
        .collect();
    // Giving a million findings back one by one takes longer than all that the process has left to do.
    std::mem::forget(collected);
    if missing.is_empty() {
        return Ok(Status::Holds);
    }
    messages.error(&anyhow!("the snapshot is not complete, and says so: {}", missing.join(", ")));
    Ok(Status::Undecided)
}

/// Refuses to judge a snapshot and to keep one in the same run.
pub(super) fn refuse_both(arguments: &Check) -> anyhow::Result<()> {
    ensure!(
        arguments.input.snapshot.is_none() || arguments.save_snapshot.is_none(),
        "--save-snapshot keeps what is read, and with --snapshot nothing is read; give one of them (FINDGATE_SAVE_SNAPSHOT and \
         FINDGATE_SNAPSHOT count as given)"
    );
    Ok(())
}

/// Where `check --save-snapshot` keeps what it reads.
pub(super) fn saved(arguments: &Check, targets: &Targets) -> Result<Option<Destination>, Refusal> {
    let Some(path) = &arguments.save_snapshot else { return Ok(None) };
    let Target::File(path) = Target::of(path) else {
        return Err(anyhow!("--save-snapshot: standard output carries the report; name a file").into());
    };
    let to = destination(&path)?;
    if targets.files().any(|target| target == to.resolved()) {
        return Err(anyhow!(
            "a report and the snapshot are both to be written to {}; give one of them another path",
            to.shown()
        )
        .into());
    }
    Ok(Some(to))
}

fn destination(path: &Path) -> Result<Destination, Refusal> {
    let attempt = || format!("cannot write the snapshot to {}", path.display());
    Destination::check(path).with_context(attempt).map_err(Refusal::Output)
}

/// Writes a snapshot.
pub(super) fn keep(to: &Destination, settings: &Settings, read: &[Collected], env: &Env) -> Result<(), Refusal> {
    let written = to.write(|file| {
        let mut out = BufWriter::with_capacity(BUFFER, file);
        snapshot::write(&contents(settings, read, env), &mut out)
    });
    written.with_context(|| format!("cannot write the snapshot to {}", to.shown())).map_err(Refusal::Output)
}

/// The digests of the snapshot that [`keep`] would write.
pub(super) fn seal(settings: &Settings, read: &[Collected], env: &Env) -> Result<Seal, Refusal> {
    let sealed = snapshot::seal(&contents(settings, read, env));
    sealed.context("cannot take the digest of what was read").map_err(Refusal::Output)
}

fn contents<'a>(settings: &'a Settings, collected: &'a [Collected], env: &Env) -> Contents<'a> {
    Contents {
        taken: env.now,
        project: &settings.project,
        sarif: &settings.sarif,
        sources: settings.wanted.iter().map(|wanted| wanted.settings.as_str()).zip(collected).collect(),
    }
}

/// What the line of a source says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Telling {
    /// How far it was read.
    Read,
    /// What that is worth to the policy: a source that was read whole may be stale.
    Weighed,
}

/// What was read.
pub(super) struct Read {
    /// What the sources showed, in the order of `wanted`.
    pub(super) collected: Vec<Collected>,
    /// What the branch that is the baseline holds, in the order of its readers. `None`: it was not asked for, or a snapshot is
    /// judged.
    pub(super) baseline_branch: Option<Vec<Collected>>,
    /// The feeds; none where nothing is judged.
    pub(super) feeds: Vec<feeds::Read>,
}

/// Reads every source, or takes them from the snapshot that is judged, and whatever else a judgement rests on, all at once.
/// Each is told in a line.
pub(super) fn collect(settings: &mut Settings, telling: Telling, env: &Env, messages: Messages) -> Read {
    for note in &settings.notes {
        messages.detail(note);
    }
    for warning in &settings.warnings {
        messages.note(warning);
    }
    let snapshot = settings.snapshot.take();
    let settings = &*settings;
    let told = |coverage: &Coverage| {
        let wanted = settings.wanted.iter().find(|wanted| *wanted.name == *coverage.source);
        match wanted.filter(|_| telling == Telling::Weighed) {
            Some(wanted) => {
                let evidence = weigh(coverage.clone(), &wanted.rule, settings.aim(), settings.as_of);
                tell(&evidence.coverage, messages);
            }
            None => tell(coverage, messages),
        }
    };
    let reading = feeds::reading(settings);
    let board = if messages.may_draw_progress() && snapshot.is_none() { Board::drawn() } else { Board::silent() };
    let board = &board;
    let sources = || match snapshot {
        Some(snapshot) => {
            let collected = snapshot.show(&settings.wanted);
            collected.iter().for_each(|one| told(&one.coverage));
            (collected, None)
        }
        None => {
            let told = |coverage: &Coverage| board.above(|| told(coverage));
            let branch = settings.baseline_branch.as_ref();
            let aside = || branch.map(|branch| of_branch(branch, settings, board, env, messages));
            let desks = desks(settings, board, messages);
            let here = || source::collect(&settings.readers, &env.folder, board, &desks, &told);
            let (read, collected) = parallel::both(aside, here);
            // A thread that ended without a word has read nothing, as is said then.
            (collected, read.unwrap_or_else(|| branch.map(|_| Vec::new())))
        }
    };
    let reading = || if telling == Telling::Weighed { reading() } else { Vec::new() };
    let (feeds, (collected, baseline_branch)) = parallel::both(reading, sources);
    Read { collected, baseline_branch, feeds: feeds.unwrap_or_else(|| feeds::lost(settings)) }
}

/// Reads the branch that is the baseline.
fn of_branch(
    branch: &BaselineBranch,
    settings: &Settings,
    board: &Board,
    env: &Env,
    messages: Messages,
) -> Vec<Collected> {
    let told = |coverage: &Coverage| {
        let source = format!("{}, branch {}", coverage.source, branch.name).into();
        board.above(|| tell(&Coverage { source, ..coverage.clone() }, messages));
    };
    let desks = desks_for(settings, (Some(branch.name.clone()), None), board, messages);
    source::collect(&branch.readers, &env.folder, board, &desks, &told)
}
