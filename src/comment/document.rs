//! The document that is posted: Markdown of `check`, which a hidden first line marks as findgate's.

use anyhow::{anyhow, ensure};

/// The most bytes of a document that are read; no platform takes as many.
pub const LARGEST: u64 = 8 << 20;
/// The longest name in a marker, in characters.
const LONGEST_NAME: usize = 100;
/// What a cut document ends with, and the room that is kept for it.
const ROOM: usize = 200;

/// A report in Markdown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its first line, which no reader sees: `<!-- findgate: NAME -->`.
    pub marker: String,
    /// All of it, the first line included, with the line ends of Unix.
    pub text: String,
}

impl Document {
    /// Takes bytes for a report.
    ///
    /// # Errors
    /// If they are none that findgate wrote.
    pub fn parse(bytes: Vec<u8>) -> anyhow::Result<Document> {
        let text = String::from_utf8(bytes).map_err(|_| anyhow!("it is not UTF-8"))?;
        let text = plain(&text);
        ensure!(!text.is_empty(), "it is empty");
        let marker = marker_of(&text).ok_or_else(|| {
            anyhow!("it is no report of findgate, for its first line is no `<!-- findgate: NAME -->`; `findgate check --output markdown=FILE` writes one")
        })?;
        // Nothing behind it, so that it fits in whatever the document is cut to.
        let rest = text.find('\n').and_then(|end| text.get(end..)).unwrap_or_default();
        Ok(Document { marker: marker.to_owned(), text: format!("{marker}{rest}") })
    }

    /// The document without what GitLab carries out: a line that begins with a slash and a word, as in `/close`, wherever it
    /// stands. A character without width stands before the slash then.
    #[must_use]
    pub fn without_commands(&self) -> Document {
        let mut text = String::with_capacity(self.text.len());
        for line in self.text.split_inclusive('\n') {
            let at = line.len() - line.trim_start().len();
            let (blank, rest) = line.split_at(at);
            text.push_str(blank);
            let word = rest.strip_prefix('/');
            if word.is_some_and(|word| word.starts_with(|c: char| c.is_ascii_alphabetic())) {
                text.push('\u{200b}');
            }
            text.push_str(rest);
        }
        Document { marker: self.marker.clone(), text }
    }

    /// The document in at most so many characters, counted as UTF-16 code units (the largest of the counts that platforms use).
    /// A longer one is cut at a line; what is open there is closed, and the last line says that it was cut.
    #[must_use]
    pub fn within(&self, limit: usize) -> String {
        if length(&self.text) <= limit {
            return self.text.clone();
        }
        let total = self.text.lines().count();
        let (mut open, mut used) = (Open::default(), 0);
        let mut kept = (0, 0, Open::default());
        let mut end = 0;
        for (number, line) in (1..).zip(self.text.split_inclusive('\n')) {
            used += length(line);
            end += line.len();
            open.step(line.trim_end());
            if used + open.closing().len() + ROOM > limit {
                break;
            }
            kept = (number, end, open.clone());
        }
        let (lines, end, open) = kept;
        let cut = total.saturating_sub(lines);
        let head = self.text.get(..end).unwrap_or_default();
        format!(
            "{head}{}\n*Cut here: {cut} more lines do not fit; the report that was written has them all.*\n",
            open.closing()
        )
    }
}

/// The first line, if it is a marker.
pub(crate) fn marker_of(text: &str) -> Option<&str> {
    let first = text.lines().next()?.trim_end();
    let name = first.strip_prefix("<!-- findgate: ")?.strip_suffix(" -->")?;
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'/' | b'-');
    (!name.is_empty() && name.len() <= LONGEST_NAME && name.bytes().all(is_plain)).then_some(first)
}

/// Text as platforms keep it, to compare: they change line ends and what stands behind the last word.
pub(super) fn plain(text: &str) -> String {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    let end = text.trim_end().len();
    let mut text = text;
    text.truncate(end);
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// How long a text is, in UTF-16 code units.
pub fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// What is open at a line: a block of code, and folded parts.
#[derive(Clone, Debug, Default)]
struct Open {
    fence: Option<String>,
    folded: usize,
}

impl Open {
    fn step(&mut self, line: &str) {
        let text = line.trim_start();
        let run = |mark: char| text.chars().take_while(|c| *c == mark).count();
        if let Some(fence) = &self.fence {
            let mark = fence.chars().next().unwrap_or('`');
            if run(mark) >= fence.len() && text.trim_start_matches(mark).is_empty() {
                self.fence = None;
            }
            return;
        }
        for mark in ['`', '~'] {
            // What holds the mark again is code within a line.
            let is_block = mark == '~' || !text.trim_start_matches(mark).contains(mark);
            if run(mark) >= 3 && is_block {
                self.fence = Some(mark.to_string().repeat(run(mark)));
                return;
            }
        }
        // Elsewhere in a line it may be a word that is shown.
        if text.starts_with("<details") || text.starts_with("</details") {
            self.folded =
                (self.folded + text.matches("<details").count()).saturating_sub(text.matches("</details").count());
        }
    }

    /// What closes it, lines of its own.
    fn closing(&self) -> String {
        let fence = self.fence.as_ref().map(|fence| format!("{fence}\n")).unwrap_or_default();
        format!("{fence}{}", "\n</details>\n".repeat(self.folded))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> Document {
        Document::parse(text.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn the_first_line_says_that_it_is_a_report() {
        let report = document("\u{feff}<!-- findgate: web/api.v2_x-1 -->\r\n## pass\r\n\r\n");
        assert_eq!(report.marker, "<!-- findgate: web/api.v2_x-1 -->");
        assert_eq!(report.text, "<!-- findgate: web/api.v2_x-1 -->\n## pass\n");
        let long = format!("<!-- findgate: {} -->", "a".repeat(101));
        for text in [
            "",
            "\n",
            "## pass",
            "\n<!-- findgate: a -->\n",
            " <!-- findgate: a -->",
            "<!-- findgate:  -->",
            "<!-- findgate: a b -->",
            "<!-- findgate: a --> b",
            "<!-- findgate: a\u{e9} -->",
            "<!--findgate: a-->",
            &long,
        ] {
            assert!(Document::parse(text.as_bytes().to_vec()).is_err(), "{text:?}");
        }
        assert!(Document::parse(vec![0xff, 0xfe]).is_err());
    }

    #[test]
    fn what_fits_is_posted_as_it_is() {
        let report = document("<!-- findgate: a -->\n\u{1f308}\n");
        assert_eq!(length(&report.text), 24);
        assert_eq!(report.within(24), report.text);
        assert_ne!(report.within(23), report.text);
    }

    #[test]
    fn what_does_not_fit_is_cut_at_a_line_with_everything_closed_and_says_so() {
        let text = format!(
            "<!-- findgate: a -->\n<details><summary>a</summary>\n\n<details>\n\n`````yaml\n```\n<details>\n{}`````\n</details>\n</details>\n",
            "a line of a block of code\n".repeat(100)
        );
        let report = document(&text);
        let mut seen = 0;
        for limit in (300..length(&text)).step_by(7) {
            let cut = report.within(limit);
            assert!(length(&cut) <= limit, "{limit}: {}", length(&cut));
            assert!(cut.starts_with("<!-- findgate: a -->\n"));
            let fences = cut.lines().filter(|line| line.starts_with("`````")).count();
            assert_eq!(fences % 2, 0, "{cut}");
            assert_eq!(cut.matches("</details>").count(), 2, "{cut}");
            let last = cut.lines().last().unwrap();
            assert!(
                last.starts_with("*Cut here: ")
                    && last.ends_with("more lines do not fit; the report that was written has them all.*")
            );
            seen += 1;
        }
        assert!(seen > 100, "{seen}");
        // How many lines are missing is right.
        let cut = report.within(600);
        let missing: usize = cut.lines().last().unwrap().split(' ').nth(2).unwrap().parse().unwrap();
        let kept = cut.lines().filter(|line| text.lines().any(|other| other == *line)).count();
        assert!(missing + kept >= text.lines().count(), "{missing} {kept}");
    }

    #[test]
    fn no_line_is_a_command_to_gitlab_and_nothing_else_is_changed() {
        let report = document(
            "<!-- findgate: a -->\n/close\r  /merge now\n```\n/Approve\n```\na /close b\n- /src\n// x\n/ y\n</details>\n",
        );
        let quiet = report.without_commands();
        let want = "<!-- findgate: a -->\n^/close\n  ^/merge now\n```\n^/Approve\n```\na /close b\n- /src\n// x\n/ y\n</details>\n";
        assert_eq!(quiet.text.replace('\u{200b}', "^"), want);
        assert_eq!(quiet.without_commands(), quiet);
    }

    #[test]
    fn a_line_that_is_too_long_leaves_the_marker() {
        let report = document(&format!("<!-- findgate: a -->\n{}\n", "a".repeat(5000)));
        let cut = report.within(1000);
        assert!(cut.starts_with("<!-- findgate: a -->\n\n*Cut here: 1 more lines"), "{cut}");
        // Blanks behind the marker are no reason to lose it.
        let report = document(&format!("<!-- findgate: a -->{}\nb\n", "\t ".repeat(5000)));
        assert_eq!(report.within(1000), "<!-- findgate: a -->\nb\n");
    }
}
