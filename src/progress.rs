//! What a waiting person sees on stderr while sources are read. It never says anything about the verdict.

use std::sync::OnceLock;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::parallel;

/// Reading less than this is over before anyone could look.
const WORTH_SHOWING: u64 = 16 << 20;

/// Everything that moves on stderr.
#[derive(Clone, Debug, Default)]
pub struct Board(Option<MultiProgress>);

impl Board {
    /// Shows nothing.
    #[must_use]
    pub fn silent() -> Board {
        Board(None)
    }

    /// Draws on stderr, which is a terminal that somebody watches.
    #[must_use]
    pub fn drawn() -> Board {
        Board(Some(MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10))))
    }

    /// A bar for files.
    #[must_use]
    pub fn files(&self) -> Progress {
        Progress { board: self.clone(), bar: OnceLock::new() }
    }

    /// A line for a source that asks a vendor.
    #[must_use]
    pub fn meter(&self, source: &str) -> Meter {
        let Board(Some(board)) = self else { return Meter(None) };
        let bar = board.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}: {msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.set_prefix(source.to_owned());
        bar.set_message("connecting");
        // It takes a thread, and the library ends the run where the system gives none.
        if parallel::is_possible() {
            bar.enable_steady_tick(std::time::Duration::from_millis(120));
        }
        Meter(Some(bar))
    }

    /// Says something above what moves.
    pub fn above(&self, say: impl FnOnce()) {
        match &self.0 {
            Some(board) => board.suspend(say),
            None => say(),
        }
    }
}

/// Tells how far a vendor was read. Clones tell of the same.
#[derive(Clone, Debug, Default)]
pub struct Meter(Option<ProgressBar>);

impl Meter {
    /// So many findings were read, of so many where the vendor tells.
    pub fn count(&self, read: u64, of: Option<u64>) {
        if let Some(bar) = &self.0 {
            bar.set_message(match of {
                Some(of) => format!("{read} of {of} findings"),
                None => format!("{read} findings"),
            });
        }
    }

    /// What goes on. The words are ours; nothing from outside may stand in them.
    pub fn say(&self, what: &'static str) {
        if let Some(bar) = &self.0 {
            bar.set_message(what);
        }
    }

    /// Nothing stays on the screen.
    pub fn finish(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// Tells how far reading of files is.
#[derive(Debug, Default)]
pub struct Progress {
    board: Board,
    bar: OnceLock<ProgressBar>,
}

impl Progress {
    /// Tells nothing.
    #[must_use]
    pub fn silent() -> Progress {
        Progress::default()
    }

    /// Reading of this many bytes begins.
    pub fn begin(&self, bytes: u64) {
        let Board(Some(board)) = &self.board else { return };
        if bytes < WORTH_SHOWING {
            return;
        }
        self.bar.get_or_init(|| {
            let bar = board.add(ProgressBar::new(bytes));
            if let Ok(style) = ProgressStyle::with_template("reading {bar:30} {percent:>3}%  eta {eta}") {
                bar.set_style(style);
            }
            bar
        });
    }

    /// So many bytes more were read.
    pub fn advance(&self, bytes: u64) {
        if let Some(bar) = self.bar.get() {
            bar.inc(bytes);
        }
    }

    /// Reading is over: nothing stays on the screen.
    pub fn finish(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}
