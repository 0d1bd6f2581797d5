//! HTML: one page for people who were not there, to be kept with the build.
//!
//! It refers to nothing outside, is readable without its script and without its style, in light and dark, on paper and by
//! ear. Its own policy allows the browser exactly the one style and the one script that stand in it, by their digests, so
//! that text from outside could not run even if it were not escaped. Nothing from outside stands in the script.

mod beside;
mod evidence;
mod finding;
mod findings;
mod head;
mod page;
mod plots;
mod record;
#[cfg(test)]
mod tests;
mod waivers;

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::Report;
use super::words::Tone;
use page::Page;

/// The style of the page.
const STYLE: &str = include_str!("html/style.css");

/// Filters what the page shows, and opens what is closed before it is printed. The page is whole without it.
const SCRIPT: &str = include_str!("html/script.js");

/// How many sentences of one kind are listed: reasons, scans, differences.
const LISTED: usize = 200;

/// Writes the page.
pub(super) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page::new(out);
    begin(report, &mut page);
    page.raw("<body>\n<a class=\"skip\" href=\"#findings\">Skip to the findings</a>\n");
    head::head(report, &mut page);
    page.raw("<main>\n");
    head::why(report, &mut page);
    evidence::not_read(report, &mut page);
    head::notes(report, &mut page);
    plots::plots(report, &mut page);
    findings::findings(report, &mut page);
    waivers::waivers(report, &mut page);
    beside::beside(report, &mut page);
    evidence::sources(report, &mut page);
    evidence::feeds(report, &mut page);
    record::record(report, &mut page);
    page.raw("</main>\n");
    record::foot(report, &mut page);
    page.raw("<script>").raw(SCRIPT).raw("</script>\n</body>\n</html>\n");
    page.finish()
}

/// Everything before the body. What the browser may do comes first: it holds for what stands below it.
fn begin(report: &Report<'_>, page: &mut Page<'_>) {
    let (style, script) = (digest(STYLE), digest(SCRIPT));
    page.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src 'none'; style-src 'sha256-",
    );
    page.text(&style).raw("'; script-src 'sha256-").text(&script);
    page.raw("'; base-uri 'none'; form-action 'none'\">\n<meta name=\"referrer\" content=\"no-referrer\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    page.text(&head::title(report)).raw("</title>\n<style>").raw(STYLE).raw("</style>\n</head>\n");
}

/// What a Content Security Policy calls a text.
fn digest(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text.as_bytes()))
}

/// How good something is, for color; a word stands beside it always.
fn class_of(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Warning => "warning",
        Tone::Bad => "bad",
    }
}
