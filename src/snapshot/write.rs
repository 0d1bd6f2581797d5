//! Writing a snapshot: piece by piece, sealed while it is written.

use std::io;

use sha2::{Digest as _, Sha256};

use super::finding::{FindingWire, Veil};
use super::value::Str;
use super::wire::{CoverageWire, ProjectWire, ToolWire};
use super::{Contents, SCHEMA, Seal};
use crate::digest::written;
use crate::finding::{Finding, total_order};
use crate::report::compact;
use crate::source::Collected;

/// Writes a snapshot: a line for each finding, in an order that does not depend on the order of reading, so that two of
/// them can be compared by line.
///
/// # Errors
/// Whatever the target says.
pub fn write(contents: &Contents<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let line = &mut Vec::new();
    document(contents, out, line).map(|_| ())
}

/// The digests of the file that [`write()`] would write.
///
/// # Errors
/// Whatever writing it would say; there is no target that could fail.
pub fn seal(contents: &Contents<'_>) -> io::Result<Seal> {
    let mut file = Sealed { to: &mut io::sink(), hash: Sha256::new() };
    let content = document(contents, &mut file, &mut Vec::new())?;
    Ok(Seal { content, file: written(file.hash) })
}

/// Writes the document; gives the digest of its content.
fn document(contents: &Contents<'_>, out: &mut dyn io::Write, line: &mut Vec<u8>) -> io::Result<String> {
    let tool = ToolWire { name: Str::of(env!("CARGO_PKG_NAME")), version: Str::of(env!("CARGO_PKG_VERSION")) };
    member(out, line, "{\n\"schema\": ", SCHEMA)?;
    member(out, line, ",\n\"tool\": ", tool)?;
    out.write_all(b",\n\"content\": ")?;
    let mut sealed = Sealed { to: out, hash: Sha256::new() };
    write_content(contents, &mut sealed, line)?;
    let digest = written(sealed.hash);
    member(out, line, ",\n\"digest\": ", &digest)?;
    out.write_all(b"\n}\n")?;
    out.flush()?;
    Ok(digest)
}

fn write_content(contents: &Contents<'_>, out: &mut dyn io::Write, line: &mut Vec<u8>) -> io::Result<()> {
    let Contents { taken, project, sarif, sources } = contents;
    member(out, line, "{\"taken\": ", Str::of_time(*taken))?;
    member(out, line, ",\n\"project\": ", ProjectWire::of(project))?;
    member(out, line, ",\n\"sarif\": ", sarif)?;
    let veil = Veil::over(sources.iter().flat_map(|(_, collected)| &collected.findings));
    out.write_all(b",\n\"sources\": [")?;
    for (place, (settings, Collected { findings, coverage })) in sources.iter().enumerate() {
        member(out, line, if place == 0 { "\n{\"settings\": " } else { ",\n{\"settings\": " }, settings)?;
        member(out, line, ",\n\"coverage\": ", CoverageWire::of(coverage))?;
        out.write_all(b",\n\"findings\": [")?;
        for (place, finding) in sorted(findings).into_iter().enumerate() {
            let before = if place == 0 { "\n" } else { ",\n" };
            member(out, line, before, FindingWire::of(finding, &coverage.source, &veil))?;
        }
        out.write_all(b"]}")?;
    }
    out.write_all(b"]}")
}

/// A value and what stands before it.
fn member(out: &mut dyn io::Write, line: &mut Vec<u8>, before: &str, value: impl serde::Serialize) -> io::Result<()> {
    out.write_all(before.as_bytes())?;
    compact(out, line, value)
}

fn sorted(findings: &[Finding]) -> Vec<&Finding> {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_unstable_by(|a, b| total_order(a, b));
    sorted
}

/// Passes on what is written, and hashes it.
struct Sealed<'w> {
    to: &'w mut dyn io::Write,
    hash: Sha256,
}

impl io::Write for Sealed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.to.write(bytes)?;
        self.hash.update(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
