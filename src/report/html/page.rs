//! A page that is being written.

use std::borrow::Cow;
use std::io;

use crate::report::escape::terminal;
use crate::report::words::plural;

/// A page that is being written. What is markup must be known when the program is built; everything else is text. Keeps
/// the first error of the writer and writes nothing after it.
pub(super) struct Page<'w> {
    out: &'w mut dyn io::Write,
    result: io::Result<()>,
}

impl<'w> Page<'w> {
    pub(super) fn new(out: &'w mut dyn io::Write) -> Page<'w> {
        Page { out, result: Ok(()) }
    }

    /// Whatever the writer said first.
    pub(super) fn finish(self) -> io::Result<()> {
        self.result
    }

    /// Markup of ours.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.write(markup)
    }

    /// Text, from outside or not, between tags or in an attribute in double quotes.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.write(&escaped(text))
    }

    /// Text within an element: `<b class="rule">thresholds.all.critical</b>`.
    pub(super) fn element(&mut self, name: &'static str, class: &'static str, text: &str) -> &mut Self {
        self.raw("<").raw(name);
        if !class.is_empty() {
            self.raw(" class=\"").raw(class).raw("\"");
        }
        self.raw(">").text(text).raw("</").raw(name).raw(">")
    }

    /// Text that leads to an address, which must be one that outputs may carry.
    pub(super) fn link(&mut self, address: &str, text: &str) -> &mut Self {
        self.raw("<a rel=\"noreferrer\" href=\"").text(address).raw("\">").text(text).raw("</a>")
    }

    /// A number as people read it: `100,000`.
    pub(super) fn number(&mut self, number: u64) -> &mut Self {
        self.write(&grouped(number))
    }

    /// A number as programs read it.
    pub(super) fn plain(&mut self, number: u64) -> &mut Self {
        self.write(&number.to_string())
    }

    /// Sentences as a list, and how many more there are.
    pub(super) fn list<S: AsRef<str>>(&mut self, sentences: &[S], most: usize, noun: &str) -> &mut Self {
        if sentences.is_empty() {
            return self;
        }
        self.raw("<ul>\n");
        for sentence in sentences.iter().take(most) {
            self.element("li", "", sentence.as_ref()).raw("\n");
        }
        if let Some(rest) = sentences.len().checked_sub(most).filter(|&rest| rest > 0) {
            self.element("li", "cut", &format!("and {}; {HOLDS_ALL}", plural(rest as u64, noun))).raw("\n");
        }
        self.raw("</ul>\n")
    }

    /// One fact of a list of them.
    pub(super) fn fact(&mut self, name: &'static str, text: &str) -> &mut Self {
        self.raw("<div><dt>").raw(name).raw("</dt><dd>").text(text).raw("</dd></div>\n")
    }

    fn write(&mut self, bytes: &str) -> &mut Self {
        if self.result.is_ok() {
            self.result = self.out.write_all(bytes.as_bytes());
        }
        self
    }
}

/// Where what was cut can be read.
pub(super) const HOLDS_ALL: &str = "--output json=findgate.json holds them all";

/// Text in which nothing is markup and nothing is hidden: what would not be seen, or would change the order in which
/// others are seen, is shown as `\u{202e}`.
fn escaped(text: &str) -> Cow<'_, str> {
    let text = terminal(text);
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// `1,234,567`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
