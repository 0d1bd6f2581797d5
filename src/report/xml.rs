//! XML, written by hand: elements, attributes and text, and nothing that text from outside could break out of.

use std::borrow::Cow;
use std::io;

use super::escape::{is_hidden, unstyled};

/// A document that is being written, an element a line.
pub(crate) struct Xml<'w> {
    out: &'w mut dyn io::Write,
    open: Vec<&'static str>,
}

/// The attributes of an element, in the order in which they are written.
pub(crate) type Attributes<'a> = &'a [(&'static str, &'a str)];

impl<'w> Xml<'w> {
    /// Begins a document.
    pub(crate) fn open(out: &'w mut dyn io::Write) -> io::Result<Xml<'w>> {
        out.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")?;
        Ok(Xml { out, open: Vec::new() })
    }

    /// Begins an element that holds others.
    pub(crate) fn start(&mut self, name: &'static str, attributes: Attributes<'_>) -> io::Result<()> {
        self.tag(name, attributes)?;
        self.out.write_all(b">\n")?;
        self.open.push(name);
        Ok(())
    }

    /// An element that holds text, or nothing.
    pub(crate) fn element(&mut self, name: &'static str, attributes: Attributes<'_>, text: &str) -> io::Result<()> {
        self.tag(name, attributes)?;
        if text.is_empty() {
            return self.out.write_all(b"/>\n");
        }
        writeln!(self.out, ">{}</{name}>", escaped(text, Place::Text))
    }

    /// Ends the element that was begun last.
    pub(crate) fn end(&mut self) -> io::Result<()> {
        let Some(name) = self.open.pop() else { return Ok(()) };
        self.indent()?;
        writeln!(self.out, "</{name}>")
    }

    fn tag(&mut self, name: &str, attributes: Attributes<'_>) -> io::Result<()> {
        self.indent()?;
        write!(self.out, "<{name}")?;
        for (name, value) in attributes {
            write!(self.out, " {name}=\"{}\"", escaped(value, Place::Attribute))?;
        }
        Ok(())
    }

    fn indent(&mut self) -> io::Result<()> {
        (0..self.open.len()).try_for_each(|_| self.out.write_all(b"  "))
    }
}

/// Where text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Text,
    Attribute,
}

/// Text that is read back as it is. What XML 1.0 cannot hold, and what is not shown but acts on what is, is replaced; what
/// styles a terminal goes. No `##[` stands in it, which a CI log would take as a command.
fn escaped(text: &str, place: Place) -> String {
    let mut out = String::with_capacity(text.len());
    for c in unstyled(text).chars() {
        match entity(c) {
            Some(_) if matches!(c, '\n' | '\t') && place == Place::Text => out.push(c),
            Some(_) if c == '#' && !out.ends_with('#') => out.push(c),
            Some(entity) => out.push_str(entity),
            None => out.push(c),
        }
    }
    out
}

/// What stands for a character that cannot stand for itself everywhere.
fn entity(c: char) -> Option<&'static str> {
    Some(match c {
        '&' => "&amp;",
        '<' => "&lt;",
        // Ends a section in `]]>`.
        '>' => "&gt;",
        '"' => "&quot;",
        '#' => "&#35;",
        // A reader would make a space of it in an attribute.
        '\n' => "&#10;",
        '\t' => "&#9;",
        c if is_hidden(c) => "\u{fffd}",
        _ => return None,
    })
}

/// The beginning of a text that takes at most `limit` bytes in the document; `…` closes what is cut.
pub(crate) fn fitting(text: &str, limit: usize) -> Cow<'_, str> {
    const MARK: char = '…';
    let cost = |c: char| entity(c).map_or(c.len_utf8(), str::len);
    let mut used = 0;
    let mut end = 0;
    for (at, c) in text.char_indices() {
        if used + MARK.len_utf8() <= limit {
            end = at;
        }
        used += cost(c);
        if used > limit {
            return Cow::Owned(format!("{}{MARK}", &text[..end]));
        }
    }
    Cow::Borrowed(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sample::{HOSTILE, hostile_text};
    use super::*;

    fn written(value: &str) -> String {
        let mut out = Vec::new();
        let mut xml = Xml::open(&mut out).unwrap();
        xml.start("suite", &[("name", value)]).unwrap();
        xml.element("case", &[("name", "x")], "").unwrap();
        xml.element("failure", &[("message", value)], value).unwrap();
        xml.end().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn elements_stand_within_one_another() {
        let want = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<suite name=\"a &amp; b\">\n  <case name=\"x\"/>\n  \
                    <failure message=\"a &amp; b\">a &amp; b</failure>\n</suite>\n";
        assert_eq!(written("a & b"), want);
    }

    #[test]
    fn nothing_breaks_out_and_nothing_is_held_that_xml_cannot_hold() {
        for text in HOSTILE.into_iter().chain(["\"><x y=\"", "]]>", "<!--", "\u{0}\u{b}\u{fffe}\u{ffff}\u{1b}"]) {
            let xml = written(text);
            assert_eq!(xml.matches('<').count(), 6, "{xml}");
            assert!(xml.chars().all(|c| matches!(c, '\n' | '\t') || c >= ' ' && !('\u{7f}'..'\u{a0}').contains(&c)));
            assert!(!xml.contains(['\u{fffe}', '\u{ffff}', '\u{202e}']), "{xml}");
        }
    }

    #[test]
    fn styles_of_a_terminal_go_and_no_command_of_a_log_is_left() {
        assert_eq!(escaped("\u{1b}[1;31mred\u{9b}0m ##[error] ###", Place::Text), "red #&#35;[error] #&#35;#");
        assert_eq!(escaped("half \u{1b}[31", Place::Text), "half \u{fffd}[31");
    }

    #[test]
    fn a_text_is_cut_by_what_it_takes_in_the_document() {
        assert_eq!(fitting("short", 5), "short");
        assert_eq!(fitting("longer", 5), "lo…");
        assert_eq!(fitting("\"\"\"", 12), "\"…");
        assert_eq!(fitting("", 0), "");
        assert_eq!(fitting("漢字漢字", 9), "漢字…");
    }

    proptest! {
        #[test]
        fn what_is_cut_fits(text in hostile_text(), limit in 3usize..60) {
            let cut = fitting(&text, limit);
            prop_assert!(escaped(&cut, Place::Attribute).len() <= limit);
            prop_assert!(text.starts_with(cut.trim_end_matches('…')));
        }

        #[test]
        fn text_of_any_kind_leaves_the_structure_as_it_is(text in hostile_text()) {
            let xml = written(&text);
            prop_assert_eq!(xml.matches('<').count(), if text.is_empty() { 5 } else { 6 });
            prop_assert_eq!(xml.matches('"').count(), 10);
        }
    }
}
