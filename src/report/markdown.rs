//! Markdown, for the summary of a job and the comment on a pull request.
//!
//! One document serves both, so it is never longer than a comment may be, whatever was found: every text is cut, every list
//! ends, and what is left out is said. The verdict and what was not read come before everything that can be cut. The first
//! line is hidden and names the policy, so that a later run finds its comment.

mod evidence;
mod findings;
mod page;
mod rest;
#[cfg(test)]
mod tests;
mod waivers;

use std::io;

use super::Report;
use super::escape::{markdown_code_within, markdown_within};
use super::words::links::https;
use super::words::{self, Headline, Tone, plural};
use crate::project::short;
use page::Page;

/// The most that a document holds, in UTF-16 code units. GitHub takes comments of 65,536.
const LIMIT: usize = 60_000;

/// The most entries of a list that are shown; the other formats hold them all.
const SHOWN: usize = 50;

/// The most of a sentence that is shown, in UTF-16 code units.
const SENTENCE: usize = 400;

/// The most of a name that is shown, in UTF-16 code units.
const NAME: usize = 160;

/// The longest address that becomes a link.
const ADDRESS: usize = 400;

const ALL: &str = "`--output json=findgate.json` holds them all";

/// A part of the document: what is kept for it while others are written, and the most that it may use.
type Part = (usize, usize, fn(&Report<'_>, &mut Page));

/// In the order of reading, the head and the foot left out.
const PARTS: [Part; 9] = [
    (4_000, 28_000, evidence::not_read),
    (4_000, 10_000, findings::rules),
    (7_000, 30_000, findings::findings),
    (2_500, 12_000, findings::proposals),
    (2_000, 5_000, rest::warnings),
    (3_500, 6_000, rest::counts),
    (3_500, 9_000, waivers::waivers),
    (2_000, 6_000, rest::beside),
    (2_000, 8_000, evidence::sources),
];

/// The most that the foot takes.
const FOOT: usize = 1_000;

/// Writes the document.
pub(super) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page::new(LIMIT);
    let mut kept = FOOT + PARTS.iter().map(|(least, ..)| least).sum::<usize>();
    page.begin(kept, LIMIT);
    head(report, &mut page);
    for (least, most, part) in PARTS {
        kept -= least;
        page.begin(kept, most);
        part(report, &mut page);
        page.end(&format!("\nNot all of it is shown; {ALL}.\n"));
    }
    page.begin(0, LIMIT);
    foot(report, &mut page);
    out.write_all(page.into_text().as_bytes())
}

/// The longest name in the first line, in characters.
const MARKED: usize = 100;

fn is_marking(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | '-')
}

/// The first line, by which [`crate::comment`] finds the comment that holds an earlier document: `<!-- findgate: NAME -->`.
fn marker(report: &Report<'_>) -> String {
    let named = report.policy.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(report.policy_origin);
    let name: String = named.chars().take(MARKED).map(|c| if is_marking(c) { c } else { '-' }).collect();
    format!("<!-- findgate: {} -->\n", if name.is_empty() { "policy" } else { &name })
}

fn head(report: &Report<'_>, page: &mut Page) {
    page.add(&marker(report));
    let Headline { tone, word, sentence } = words::headline(report);
    page.add(&format!("\n## {} {word}: {sentence}\n", sign(tone)));
    let (verdict, why) = words::last_line(report);
    page.add(&format!("\n{}\n\n", code(&format!("findgate: {verdict}{why}"), 1_000)));
    page.add(&format!("- {}\n", text(&words::policy(report), SENTENCE)));
    if let Some(applied) = &report.policy.applied {
        page.add(&format!("- with {}\n", text(applied, SENTENCE)));
    }
    if let Some(project) = project(report) {
        page.add(&format!("- project {project}\n"));
    }
    if let Some(only) = words::only_read(report.only) {
        page.add(&format!("- **{}**, because of `--only`\n", text(&only, SENTENCE)));
    }
    if let Some(sentence) = words::ends_well(report) {
        page.add(&format!("- **{sentence}**, because of `--exit-zero`\n"));
    }
    let weakened = words::weakened(report);
    if !weakened.is_empty() {
        page.add(&format!("- **weakened on the command line:** {}\n", code(&weakened.join("; "), SENTENCE)));
    }
}

/// As `words::project` says it, with each fact as code, so that it can be copied.
fn project(report: &Report<'_>) -> Option<String> {
    let project = report.project;
    let commit = project.commit.as_deref().map(short);
    let facts = [("", project.repository.as_deref()), ("branch ", project.branch.as_deref()), ("commit ", commit)];
    let facts = facts.into_iter().filter_map(|(what, fact)| Some(format!("{what}{}", code(fact?, NAME))));
    let facts: Vec<String> = facts.collect();
    (!facts.is_empty()).then(|| facts.join(", "))
}

fn foot(report: &Report<'_>, page: &mut Page) {
    let digest = code(report.policy_digest, NAME);
    let version = env!("CARGO_PKG_VERSION");
    page.add(&format!("\n<sub>policy {digest} · findgate {version} · judged as of {}</sub>\n", report.as_of));
}

/// A sign beside a word; it is never alone.
fn sign(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "✅",
        Tone::Warning => "⚠️",
        Tone::Bad => "❌",
    }
}

/// Text from outside, in a sentence or a cell.
fn text(text: &str, limit: usize) -> String {
    markdown_within(text, limit)
}

/// Text from outside that people copy.
fn code(text: &str, limit: usize) -> String {
    markdown_code_within(text, limit)
}

/// A link, if there is an address that may be one; else what would be linked.
fn linked(shown: &str, address: Option<&str>) -> String {
    match address.and_then(https).filter(|address| address.len() <= ADDRESS) {
        // An ampersand may begin an entity.
        Some(address) => format!("[{shown}](<{}>)", address.replace('&', "&amp;")),
        None => shown.to_owned(),
    }
}

/// `- and 3 more reasons; ...`, if any are left out.
fn more(rest: usize, noun: &str, page: &mut Page) {
    if rest > 0 {
        page.close(&format!("- and {}; {ALL}\n", plural(rest as u64, &format!("more {noun}"))));
    }
}

/// Opens what is folded; what follows is Markdown only behind an empty line.
fn fold(summary: &str, page: &mut Page) -> bool {
    page.add(&format!("\n<details>\n<summary>{summary}</summary>\n\n"))
}

fn unfold(page: &mut Page) {
    page.close("\n</details>\n");
}
