//! What is said on stderr beside the outputs: progress in words, notes, errors. Never the verdict.

use std::io::{IsTerminal as _, Write as _};

use crate::cli::Shared;
use crate::env::Env;
use crate::report::{ActionsSafe, Color, actions_safe, terminal};

/// How much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Volume {
    Quiet,
    #[default]
    Normal,
    Verbose,
}

/// The voice on stderr.
#[derive(Clone, Copy, Debug, Default)]
pub struct Messages {
    volume: Volume,
    /// Whether nobody watches stderr although it looks like a terminal.
    in_ci: bool,
}

impl Messages {
    /// As loud as the options say. Sets the color of every stream as `--color` says.
    #[must_use]
    pub fn new(shared: &Shared, env: &Env) -> Messages {
        match shared.color {
            // What Node tools and some CI platforms set; the library does not know it. NO_COLOR is the stronger wish.
            Color::Auto
                if env.get("FORCE_COLOR").is_some_and(|value| value != "0") && env.get("NO_COLOR").is_none() =>
            {
                anstream::ColorChoice::Always.write_global();
            }
            Color::Auto => {}
            Color::Always => anstream::ColorChoice::Always.write_global(),
            Color::Never => anstream::ColorChoice::Never.write_global(),
        }
        let volume = match (shared.quiet, shared.verbose) {
            (true, _) => Volume::Quiet,
            (_, true) => Volume::Verbose,
            _ => Volume::Normal,
        };
        // `CI=false` is how people say that it is none.
        Messages { volume, in_ci: env.get("CI").is_some_and(|value| value != "false") }
    }

    /// The same voice, saying only errors.
    #[must_use]
    pub fn hushed(self) -> Messages {
        Messages { volume: Volume::Quiet, ..self }
    }

    /// What only the curious want to know.
    pub fn detail(self, text: &str) {
        if self.volume >= Volume::Verbose {
            say("", text);
        }
    }

    /// What everyone should know.
    pub fn note(self, text: &str) {
        if self.volume >= Volume::Normal {
            say("note: ", text);
        }
    }

    /// One line on what goes on.
    pub fn line(self, text: &str) {
        if self.volume >= Volume::Normal {
            say("", text);
        }
    }

    /// Why it cannot go on, with every cause.
    pub fn error(self, error: &anyhow::Error) {
        say("error: ", &format!("{error:#}"));
    }

    /// What is wrong with the arguments. It repeats them as they are, so one could hold a command to a CI platform.
    pub fn usage(self, error: &clap::Error) {
        let _ = write!(ActionsSafe::new(anstream::stderr()), "{}", error.render().ansi());
    }

    /// Text that is safe and styled already.
    pub fn drawn(self, text: &str) {
        let _ = write!(anstream::stderr(), "{text}");
    }

    /// The same, but not for those who want to hear errors only.
    pub fn remark(self, text: &str) {
        if self.volume >= Volume::Normal {
            self.drawn(text);
        }
    }

    /// Whether a person sits there who can be asked something.
    #[must_use]
    pub fn may_ask(self) -> bool {
        let is_terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        self.volume >= Volume::Normal && !self.in_ci && is_terminal
    }

    /// Whether a person watches who may be shown a moving bar. Some CI platforms pretend to be a terminal, and would keep
    /// every state of the bar in their log.
    #[must_use]
    pub fn may_draw_progress(self) -> bool {
        self.volume >= Volume::Normal && !self.in_ci && std::io::stderr().is_terminal()
    }
}

/// A closed stderr is nobody's fault and changes nothing, so its errors are dropped. The text may hold words from
/// outside, so it is made safe for a terminal and for the logs of CI platforms.
fn say(prefix: &str, text: &str) {
    let mut out = anstream::stderr();
    for (number, line) in text.lines().enumerate() {
        let prefix = if number == 0 { prefix } else { "  " };
        let _ = writeln!(out, "{}", actions_safe(&format!("{prefix}{}", terminal(line))));
    }
}
