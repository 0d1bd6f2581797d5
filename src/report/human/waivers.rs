//! What became of the waivers.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr as _;

use super::{Report, plural, section, style_of, wrapped};
use crate::report::escape::terminal;
use crate::report::words::waivers as words;

/// How many statements of VEX documents are shown that nothing was found of.
const STATEMENTS: usize = 10;

pub(super) fn waivers(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let waivers = &report.evaluation.waivers;
    if waivers.is_empty() {
        return Ok(());
    }
    section("waivers", out)?;
    let (shown, rest) = words::shown(waivers, STATEMENTS);
    for waiver in shown {
        let (tone, what) = words::outcome(report, waiver);
        let style = style_of(tone);
        let id = terminal(&waiver.id);
        let mut lines = Vec::new();
        wrapped(&" ".repeat(id.width() + 4), "    ", &what, &mut lines)?;
        write!(out, "  {style}{id}{style:#}  ")?;
        out.write_all(lines.trim_ascii_start())?;
        for line in waiver.because.clone().into_iter().chain([words::about(waiver)]) {
            wrapped("    ", "    ", &line, out)?;
        }
    }
    if rest > 0 {
        let rest = plural(rest, "more VEX statement");
        writeln!(out, "  and {rest} of what was not found; `--output json=findgate.json` holds them all")?;
    }
    Ok(())
}
