//! What a waiting person sees on stderr while sources are read. It never says anything about the verdict.

use std::sync::OnceLock;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Reading less than this is over before anyone could look.
const WORTH_SHOWING: u64 = 16 << 20;

/// Tells how far reading is.
#[derive(Debug, Default)]
pub struct Progress {
    visible: bool,
    bar: OnceLock<ProgressBar>,
}

impl Progress {
    /// Tells nothing.
    #[must_use]
    pub fn silent() -> Progress {
        Progress::default()
    }

    /// Draws a bar on stderr, which is a terminal that somebody watches.
    #[must_use]
    pub fn bar() -> Progress {
        Progress { visible: true, bar: OnceLock::new() }
    }

    /// Reading of this many bytes begins.
    pub fn begin(&self, bytes: u64) {
        if !self.visible || bytes < WORTH_SHOWING {
            return;
        }
        self.bar.get_or_init(|| {
            let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr_with_hz(10));
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
