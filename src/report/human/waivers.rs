//! What became of the waivers.

use std::io::{self, Write};

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
        let (tone, what) = words::outcome(waiver);
        let style = style_of(tone);
        writeln!(out, "  {style}{}{style:#}  {what}", terminal(&waiver.id))?;
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
