//! What other policies would say.

use std::io::{self, Write};

use super::{BOLD, Report, YELLOW, plural, section, style_of, wrapped};
use crate::exit::Status;
use crate::policy::BesideRole;
use crate::report::words::beside as words;
use crate::report::{Beside, Would};

/// How many differences of one policy are shown at most.
const SHOWN: usize = 10;

pub(super) fn beside(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    if report.beside.is_empty() {
        return Ok(());
    }
    section("beside", out)?;
    for one in report.beside {
        let Beside { role, origin, digest: _, result } = one;
        let what = words::whose(*role);
        let would = match result {
            Ok(would) => would,
            Err(_) => {
                writeln!(out, "  {YELLOW}{what}{YELLOW:#}")?;
                wrapped("    ", "    ", &one.sentence(), out)?;
                continue;
            }
        };
        let verdict = would.verdict();
        let style = style_of(verdict.into());
        let status = Status::from(verdict).number();
        let after = if *role == BesideRole::Change { " after the merge" } else { "" };
        writeln!(
            out,
            "  {BOLD}{what}{BOLD:#}  would give {style}{}{style:#} ({status}){after}; it does not decide",
            verdict.name()
        )?;
        wrapped("    ", "      ", origin, out)?;
        differences(report, would, out)?;
    }
    Ok(())
}

fn differences(report: &Report<'_>, would: &Would, out: &mut dyn Write) -> io::Result<()> {
    for reason in would.unread.iter().take(SHOWN) {
        wrapped("    not read: ", "      ", reason, out)?;
    }
    let lines = words::differences(report, would);
    if lines.is_empty() {
        return if would.unread.is_empty() { writeln!(out, "    it makes no difference") } else { Ok(()) };
    }
    for line in lines.iter().take(SHOWN) {
        wrapped("    - ", "      ", line, out)?;
    }
    if let Some(rest) = lines.len().checked_sub(SHOWN).filter(|&rest| rest > 0) {
        let more = plural(rest as u64, "more difference");
        writeln!(out, "    - and {more}; `--output json=findgate.json` holds them all")?;
    }
    Ok(())
}
