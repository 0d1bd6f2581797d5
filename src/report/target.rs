//! Where reports go: standard output and files.
//!
//! Targets are prepared before anything is read; how a file is checked and written, `destination` knows.
//!
//! This file knows no format's content. Only that `human` carries ANSI styles, which are dropped here wherever they are
//! not wanted, so that the writer need not know where it writes to.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anstream::AutoStream;
use anstream::adapter::StripBytes;
use anyhow::{Context as _, anyhow, bail, ensure};
use clap::ValueEnum as _;

use super::destination::{Destination, shown};
use super::escape::{ActionsSafe, terminal};
use super::{Format, Report, sarif};
use crate::parallel;

/// What `--color` says: whether `human` is colored on standard output. A file is never colored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE` or `TERM` say otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where one report goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `-`, or a name that the system gives to standard output.
    Stdout,
    /// A path.
    File(PathBuf),
}

/// One `--output NAME=PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// What to write.
    pub format: Format,
    /// Where to.
    pub target: Target,
}

impl FromStr for Output {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Output> {
        let shown = terminal(text);
        let Some((name, path)) = text.split_once('=') else {
            bail!("expected NAME=PATH, as in json=findgate.json, not `{shown}`; {}", formats());
        };
        let Some(format) = Format::value_variants().iter().copied().find(|format| format.name() == name) else {
            let nearest = nearest_format(name).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            bail!("`{}` is not a format; {nearest}{}", terminal(name), formats());
        };
        ensure!(!path.is_empty(), "`{shown}` names no file; `{name}=-` writes to standard output");
        Ok(Output { format, target: Target::of(Path::new(path)) })
    }
}

impl Target {
    /// What a path on the command line means.
    #[must_use]
    pub fn of(path: &Path) -> Target {
        // As files the names of standard output would be emptied or replaced below whatever the shell has opened.
        let is_stdout = |name: &&str| path == Path::new(name);
        if path == Path::new("-")
            || (cfg!(unix) && ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(is_stdout))
        {
            return Target::Stdout;
        }
        Target::File(path.to_owned())
    }
}

fn formats() -> String {
    let names: Vec<&str> = Format::value_variants().iter().map(|format| format.name()).collect();
    format!("formats: {}", names.join(", "))
}

/// The format that the user may have meant.
fn nearest_format(name: &str) -> Option<&'static str> {
    Format::value_variants()
        .iter()
        .map(|format| (strsim::jaro_winkler(name, format.name()), format.name()))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// All targets of a run, known to be writable when they were prepared.
#[derive(Debug)]
pub struct Targets {
    stdout: Option<Format>,
    color: Color,
    files: Vec<Prepared>,
}

/// A file to be.
#[derive(Debug)]
struct Prepared {
    format: Format,
    to: Destination,
}

/// Why targets could not be prepared.
#[derive(Debug)]
pub enum Unprepared {
    /// They contradict each other: wrong usage.
    Conflict(anyhow::Error),
    /// One of them cannot be written.
    Unwritable(anyhow::Error),
}

impl std::fmt::Display for Unprepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Unprepared::Conflict(error) | Unprepared::Unwritable(error)) = self;
        write!(f, "{error:#}")
    }
}

/// How the writing ended, when nothing failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Written {
    /// Whoever read standard output had enough (`| head`). That is no failure: the verdict's status stands.
    pub stdout_closed: bool,
    /// What a user should know, a sentence each: a file that is too large for a platform.
    pub notes: Vec<String>,
}

impl Targets {
    /// Finds out whether every target can be written. Nothing that is there is changed.
    ///
    /// `format` is what standard output carries. `None` leaves it to `outputs`, and to `human` if none of them takes it.
    ///
    /// # Errors
    /// [`Unprepared::Conflict`] for two documents in one place; [`Unprepared::Unwritable`] for a folder that is missing or
    /// cannot be written to and for a path that is a folder.
    pub fn prepare(format: Option<Format>, outputs: &[Output], color: Color) -> Result<Targets, Unprepared> {
        let mut stdout = format;
        let mut files: Vec<Prepared> = Vec::new();
        for Output { format, target } in outputs {
            match target {
                Target::Stdout => match stdout {
                    Some(other) if other != *format => {
                        return Err(Unprepared::Conflict(anyhow!(
                            "{} and {} both go to standard output, which carries one document; give one of them a file: \
                             --output {}=PATH",
                            other.name(),
                            format.name(),
                            format.name(),
                        )));
                    }
                    _ => stdout = Some(*format),
                },
                Target::File(path) => {
                    let to = Destination::check(path)
                        .with_context(|| format!("cannot write {} to {}", format.name(), shown(path)))
                        .map_err(Unprepared::Unwritable)?;
                    if let Some(other) = files.iter().find(|other| other.to.resolved() == to.resolved()) {
                        return Err(Unprepared::Conflict(anyhow!(
                            "{} and {} are both to be written to {}; give one of them another path",
                            other.format.name(),
                            format.name(),
                            shown(path),
                        )));
                    }
                    files.push(Prepared { format: *format, to });
                }
            }
        }
        Ok(Targets { stdout: stdout.or(Some(Format::Human)), color, files })
    }

    /// Whether standard output carries this format.
    #[must_use]
    pub fn stdout_carries(&self, format: Format) -> bool {
        self.stdout == Some(format)
    }

    /// Whether any of them carries this format.
    #[must_use]
    pub fn carry(&self, format: Format) -> bool {
        self.stdout == Some(format) || self.files.iter().any(|file| file.format == format)
    }

    /// The files that are going to be written, links followed.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|file| file.to.resolved())
    }

    /// Writes every report. One that fails does not keep the others from being written; standard output comes last, so
    /// that whoever reads the verdict there finds the files.
    ///
    /// # Errors
    /// What could not be written, and why; all of it.
    pub fn write_all(&self, report: &Report<'_>) -> anyhow::Result<Written> {
        let mut written = self.write_with(&|format, out| super::write(format, report, out))?;
        let files = self.files.iter().map(|file| (file.format, file.to.shown().to_string()));
        let stdout = self.stdout.map(|format| (format, format!("{} on standard output", format.name())));
        written.notes.extend(
            files.chain(stdout).filter_map(|(format, to)| Some(format!("{to}: {}", super::shortened(format, report)?))),
        );
        Ok(written)
    }

    fn write_with(&self, render: &Render<'_>) -> anyhow::Result<Written> {
        let mut written = Written::default();
        let mut failures: Vec<anyhow::Error> = Vec::new();
        for (Prepared { format, to }, filled) in self.files.iter().zip(self.fill_files(render)) {
            match filled {
                Ok(bytes) => written.notes.extend(note(*format, to, bytes)),
                Err(error) => {
                    failures.push(anyhow!(error).context(format!("cannot write {} to {}", format.name(), to.shown())))
                }
            }
        }
        if let Some(format) = self.stdout {
            match self.write_stdout(format, render) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => written.stdout_closed = true,
                Err(error) => {
                    failures.push(anyhow!(error).context(format!("cannot write {} to standard output", format.name())));
                }
            }
        }
        match failures.len() {
            0 => Ok(written),
            1 => Err(failures.remove(0)),
            count => {
                let all: Vec<String> = failures.iter().map(|failure| format!("{failure:#}")).collect();
                Err(anyhow!("{count} outputs could not be written: {}", all.join("; ")))
            }
        }
    }

    /// Writes the files, all at once; gives the bytes of each.
    fn fill_files(&self, render: &Render<'_>) -> Vec<io::Result<u64>> {
        parallel::each(self.files.iter().collect(), |Prepared { format, to }| {
            to.write(|file| fill(*format, file, render))
        })
    }

    fn write_stdout(&self, format: Format, render: &Render<'_>) -> io::Result<()> {
        let stdout = io::stdout();
        let colored = match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => AutoStream::choice(&stdout) != anstream::ColorChoice::Never,
        };
        if format == Format::Human && colored {
            // `AutoStream` for the sake of Windows, where a console may have to be told that colors come.
            let mut out = io::BufWriter::with_capacity(BUFFER, ActionsSafe::new(AutoStream::always(stdout.lock())));
            render(format, &mut out)?;
            out.into_inner().map_err(io::IntoInnerError::into_error)?.finish()
        } else {
            fill(format, &mut stdout.lock(), render).map(|_| ())
        }
    }
}

/// What writes a format; in tests also what fails halfway.
type Render<'a> = dyn Fn(Format, &mut dyn Write) -> io::Result<()> + Sync + 'a;

/// Large enough that a report of usual size is a handful of writes.
const BUFFER: usize = 1 << 16;

/// Writes a report without colors; gives the bytes written.
fn fill(format: Format, to: &mut dyn Write, render: &Render<'_>) -> io::Result<u64> {
    let mut to = Counted { to, bytes: 0 };
    if format == Format::Human {
        // The styles go first: without them, what stands at the beginning of a line may be another text.
        let plain = Plain { to: ActionsSafe::new(&mut to), state: StripBytes::new() };
        let mut out = io::BufWriter::with_capacity(BUFFER, plain);
        render(format, &mut out)?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.to.finish()?;
    } else {
        let mut out = io::BufWriter::with_capacity(BUFFER, &mut to);
        render(format, &mut out)?;
        out.flush()?;
    }
    Ok(to.bytes)
}

fn note(format: Format, to: &Destination, bytes: u64) -> Option<String> {
    match format {
        Format::Sarif => sarif::size_note(bytes).map(|note| format!("{}: {note}", to.shown())),
        _ => None,
    }
}

/// Counts what is written.
struct Counted<'w> {
    to: &'w mut dyn Write,
    bytes: u64,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.to.write(bytes)?;
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Drops ANSI styles. `anstream::StripStream` does the same, but only before streams that it knows.
struct Plain<W: Write> {
    to: W,
    state: StripBytes,
}

impl<W: Write> Write for Plain<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for printable in self.state.strip_next(bytes) {
            self.to.write_all(printable)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests;
