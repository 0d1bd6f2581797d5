//! A document as a parser of Markdown reads it that is not ours.

use std::collections::BTreeSet;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::comment::marker_of;
use crate::report::escape::is_hidden;

/// As GitHub and GitLab read it, with everything on that either of them has. Bare addresses, references and the like are
/// found in what was rendered; the tests look for them in the prose.
fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_GFM
        | Options::ENABLE_MATH
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_WIKILINKS
}

/// What a person sees of a document, and what it does.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// A block each, and the same without its code, in which no platform looks for anything.
    pub(super) blocks: Vec<String>,
    pub(super) prose: Vec<String>,
    /// Of each heading its level and its block.
    pub(super) headings: Vec<(HeadingLevel, usize)>,
    pub(super) links: BTreeSet<String>,
    /// Of each table the cells of each row.
    pub(super) tables: Vec<Vec<usize>>,
    /// What it holds that we never write.
    pub(super) foreign: Vec<String>,
}

impl Shown {
    /// Reads a document.
    pub(super) fn of(document: &str) -> Shown {
        let mut shown = Shown::default();
        // The code block that is open.
        let mut code: Option<String> = None;
        for event in Parser::new_ext(document, options()) {
            match event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) if &*info == "yaml" => {
                    code = Some(String::new());
                }
                Event::End(TagEnd::CodeBlock) => shown.entry(&code.take().expect("a code block was open")),
                Event::Text(text) => match &mut code {
                    Some(code) => code.push_str(&text),
                    None => shown.say(&text, &text),
                },
                Event::Start(tag) => shown.start(tag),
                Event::Code(text) => {
                    if text.contains(is_hidden) {
                        shown.foreign.push(format!("hidden in code: {text:?}"));
                    }
                    shown.say(&text, "`");
                }
                Event::Html(line) => shown.html(line.trim_end()),
                Event::InlineHtml(html) => {
                    if !["<br>", "<sub>", "</sub>"].contains(&&*html) {
                        shown.foreign.push(html.to_string());
                    }
                    shown.say(" ", " ");
                }
                Event::End(_) | Event::SoftBreak => {}
                other => shown.foreign.push(format!("{other:?}")),
            }
        }
        shown
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::Item => self.begin(),
            Tag::Heading { level, .. } => {
                self.headings.push((level, self.blocks.len()));
                self.begin();
            }
            Tag::Table(_) => self.tables.push(Vec::new()),
            Tag::TableHead | Tag::TableRow => self.tables.last_mut().unwrap().push(0),
            Tag::TableCell => {
                *self.tables.last_mut().unwrap().last_mut().unwrap() += 1;
                self.begin();
            }
            Tag::Link { dest_url, .. } => {
                self.links.insert(dest_url.to_string());
            }
            Tag::List(None) | Tag::Strong | Tag::HtmlBlock => {}
            other => self.foreign.push(format!("{other:?}")),
        }
    }

    fn begin(&mut self) {
        self.blocks.push(String::new());
        self.prose.push(String::new());
    }

    fn say(&mut self, text: &str, prose: &str) {
        self.blocks.last_mut().expect("text stands in a block").push_str(text);
        self.prose.last_mut().expect("text stands in a block").push_str(prose);
    }

    /// The entry of a waiver.
    fn entry(&mut self, code: &str) {
        if !code.lines().all(|line| line.starts_with("- id: ") || line.starts_with("  ")) {
            self.foreign.push(code.to_owned());
        }
        self.blocks.push(code.to_owned());
        self.prose.push(String::new());
    }

    fn html(&mut self, line: &str) {
        let summary = line.strip_prefix("<summary>").and_then(|line| line.strip_suffix("</summary>"));
        let is_ours = ["<details>", "</details>"].contains(&line)
            || summary.is_some_and(|text| !text.contains(['<', '&', '@', '`', '#']))
            || marker_of(line) == Some(line);
        if !is_ours {
            self.foreign.push(line.to_owned());
        }
        self.blocks.push(line.to_owned());
        self.prose.push(String::new());
    }
}
