//! The policy as written: a tree of YAML values, each with the place where it stands.
//!
//! Values keep how they were written (plain or quoted), because a plain `no` where a switch is expected deserves another
//! answer than a quoted one. The tree is built from parser events under budgets, so that no document, however made, costs
//! more than a fraction of a second: see [`Document::parse`].

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use granit_parser::{Event, Marker, Parser, ScalarStyle, Span, StructureStyle, Tag};

use super::expect::Written;
use super::problem::{Problem, Problems, is_deceptive, quoted};
use super::syntax::{self, MAX_DEPTH};

/// The longest text that is read: a policy is written by people.
pub const MAX_BYTES: usize = 1024 * 1024;

/// The most values, those behind an alias counted each time it is used. The decoder walks all of them.
pub(super) const MAX_NODES: usize = 50_000;

/// How many characters that do not belong into text are told one by one.
const MAX_BAD_CHARACTERS: usize = 10;

/// Where something stands in a file: what a person needs (line, column) and what drawing needs (bytes).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file as the user named it, or `preset:NAME`.
    pub file: Arc<str>,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// Byte offsets in the text of the file, the byte-order mark not counted.
    pub bytes: std::ops::Range<usize>,
}

/// For people: `.findgate.yml:14`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A whole file.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its text: UTF-8, without a byte-order mark.
    pub text: Arc<str>,
    /// The value it holds.
    pub root: Node,
}

/// A value and its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it stands; for an alias where it is used.
    pub place: Place,
    /// What it is.
    pub value: Value,
}

/// What a YAML value is, before anything is expected of it. Sequences and mappings are shared, so that an alias costs
/// nothing.
#[derive(Clone, Debug)]
pub enum Value {
    /// Nothing, `~` or `null`.
    Null,
    /// A scalar.
    Scalar {
        /// Its text, quotes and escapes undone.
        text: Arc<str>,
        /// Whether it stands without quotes: only then may it be a number or a switch.
        plain: bool,
    },
    /// A sequence.
    List(Arc<[Node]>),
    /// A mapping, in the order of the file, with all its keys; duplicates are a problem that was told already. Every key
    /// is a [`Value::Scalar`].
    Map(Arc<[(Node, Node)]>),
    /// Something that was refused (an alias of nothing). Its problem was told; nothing more is to be said of it.
    Refused,
}

impl Node {
    /// The text of a scalar, quoted or not.
    #[must_use]
    pub fn text(&self) -> Option<&Arc<str>> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            Value::Null | Value::List(_) | Value::Map(_) | Value::Refused => None,
        }
    }

    /// Whether its problem was told already.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(self.value, Value::Refused)
    }

    /// The value on one line of YAML, for people: `{kind: [sca, container], severity: ">=high"}`.
    #[must_use]
    pub fn to_flow(&self) -> String {
        match &self.value {
            Value::Null | Value::Refused => "null".to_owned(),
            Value::Scalar { text, plain: true } if !text.contains(|c| is_deceptive(c) || ",[]{}#:".contains(c)) => {
                text.to_string()
            }
            Value::Scalar { text, .. } => format!("{text:?}"),
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(Node::to_flow).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Map(entries) => {
                let entries: Vec<String> =
                    entries.iter().map(|(key, value)| format!("{}: {}", key.to_flow(), value.to_flow())).collect();
                format!("{{{}}}", entries.join(", "))
            }
        }
    }

    /// The value for comparing: two values that mean the same have the same form, however they are laid out, quoted and
    /// ordered. No other two have it.
    #[must_use]
    pub fn canonical(&self) -> String {
        match &self.value {
            Value::Null => "null".to_owned(),
            Value::Refused => "refused".to_owned(),
            Value::Scalar { text, plain: true } if Written::of(text) != Written::Text => text.to_string(),
            Value::Scalar { text, .. } => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(Node::canonical).collect();
                format!("[{}]", items.join(","))
            }
            Value::Map(entries) => {
                let mut entries: Vec<String> =
                    entries.iter().map(|(key, value)| format!("{}:{}", key.canonical(), value.canonical())).collect();
                entries.sort();
                format!("{{{}}}", entries.join(","))
            }
        }
    }
}

impl Document {
    /// Parses a policy's text.
    ///
    /// Adds every problem it can see: after one in the syntax it stops, after one in the tree (a duplicate key, a tag) it
    /// goes on, and then returns a tree although there are problems. A byte-order mark at the start is left out, and no
    /// place counts it.
    #[must_use]
    pub fn parse(file: &str, text: &str, problems: &mut Problems) -> Option<Document> {
        let file: Arc<str> = file.into();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let start = Place { file: file.clone(), line: 1, column: 1, bytes: 0..0 };
        if text.len() > MAX_BYTES {
            let message =
                format!("the policy is too large: {} bytes, and at most {MAX_BYTES} (1 MiB) are read", text.len());
            problems.add(Problem::new(&start, message).help("a policy is written by people; is this the right file?"));
            return None;
        }
        if !check_characters(&file, text, problems) {
            return None;
        }
        let mut builder = Builder {
            file: &file,
            text,
            problems,
            open: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
            bytes: 0,
            documents: 0,
            root: None,
        };
        if builder.run().is_err() {
            return None;
        }
        match builder.root {
            Some(root) if !matches!(root.value, Value::Null) => {
                let text = text.into();
                Some(Document { text, root })
            }
            // An alias as the whole document left a problem and no root.
            None if builder.documents > 0 => None,
            _ => {
                let help = "run `findgate policy init` to write a first policy, or use `--policy preset:recommended`";
                problems.add(Problem::new(&start, "the policy is empty").label("nothing stands here").help(help));
                None
            }
        }
    }
}

/// Refuses characters that YAML does not allow, and those that make a line look different from what it says.
fn check_characters(file: &Arc<str>, text: &str, problems: &mut Problems) -> bool {
    let mut found = 0;
    let (mut line, mut line_start) = (1, 0);
    let mut chars = text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        let message = match char {
            '\n' => {
                line += 1;
                line_start = at + 1;
                continue;
            }
            '\t' => continue,
            '\r' if matches!(chars.peek(), Some((_, '\n'))) => continue,
            '\r' => "a carriage return without a line feed".to_owned(),
            '\0' => "a NUL character".to_owned(),
            '\u{feff}' => "a byte-order mark inside the text".to_owned(),
            c if c.is_control() => format!("a control character (U+{:04X})", u32::from(c)),
            // Marks for single characters (U+200E, U+200F) stand in honest right-to-left text; these reorder whole lines.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                format!("a bidirectional control character (U+{:04X})", u32::from(char))
            }
            '\u{fffe}' | '\u{ffff}' => format!("a character that is no character (U+{:04X})", u32::from(char)),
            _ => continue,
        };
        found += 1;
        if found > MAX_BAD_CHARACTERS {
            continue;
        }
        let column = text.get(line_start..at).map_or(0, |before| before.chars().count()) + 1;
        let place = Place { file: file.clone(), line, column: narrow(column), bytes: at..at + char.len_utf8() };
        let problem = Problem::new(&place, format!("{message} stands in the policy")).label("not allowed in a policy");
        problems.add(match char {
            '\0' => problem.help("is the file text, and UTF-8? save it as UTF-8"),
            '\r' => problem.help("end every line with a line feed"),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                problem.help("such a character makes a line look different from what it says; remove it")
            }
            _ => problem.help("remove it"),
        });
    }
    found == 0
}

/// That parsing cannot go on; why was added to the problems.
struct Stopped;

struct Builder<'a> {
    file: &'a Arc<str>,
    text: &'a str,
    problems: &'a mut Problems,
    /// The lists and maps that are not closed yet, outermost first.
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    /// Values and bytes of text so far, those behind aliases counted again.
    nodes: usize,
    bytes: usize,
    documents: usize,
    root: Option<Node>,
}

/// A list or a map that is not closed yet.
struct Open {
    place: Place,
    style: StructureStyle,
    anchor: usize,
    children: Children,
    size: Size,
}

enum Children {
    List(Vec<Node>),
    Map { entries: Vec<(Node, Node)>, key: Option<Key>, seen: HashMap<Arc<str>, Place> },
}

/// The key whose value comes next.
enum Key {
    Good(Node),
    /// It was refused; its value is left out.
    Refused,
}

/// What a value costs when it is used: how many values it is, how many bytes of text they hold, and how many levels.
#[derive(Clone, Copy)]
struct Size {
    nodes: usize,
    bytes: usize,
    levels: usize,
}

impl Size {
    /// A value without text and without values of its own.
    const ONE: Size = Size { nodes: 1, bytes: 0, levels: 0 };
}

/// What an anchor stands for.
enum Anchored {
    Unfinished,
    Value(Node, Size),
}

/// Whether a value stands there itself.
#[derive(Clone, Copy, PartialEq)]
enum Origin {
    Written,
    Alias,
}

impl Builder<'_> {
    fn run(&mut self) -> Result<(), Stopped> {
        // The parser has the same limits, because its scanner runs ahead of its events.
        let options = granit_parser::options! {
            emit_anchor_events: false,
            emit_unresolved_aliases: true,
            flow_nesting_limit: MAX_DEPTH,
            block_nesting_limit: MAX_DEPTH,
        };
        for next in Parser::new_from_str_with_options(self.text, options) {
            match next {
                Ok((event, span)) => self.event(event, &span)?,
                Err(error) => {
                    let place = self.place(*error.marker(), *error.marker());
                    let opener = self.open.iter().rfind(|open| open.style == StructureStyle::Flow).map(|o| &o.place);
                    self.problems.add(syntax::problem(error.kind(), place, opener, self.text));
                    return Err(Stopped);
                }
            }
        }
        Ok(())
    }

    fn event(&mut self, event: Event<'_>, span: &Span) -> Result<(), Stopped> {
        let mut place = self.place(span.start, span.end);
        match event {
            Event::DocumentStart(_, version) => {
                self.document(place, version.is_some_and(|v| (v.major, v.minor) < (1, 2)))
            }
            Event::Scalar(text, style, anchor, tag) => {
                if text.is_empty() && matches!(style, ScalarStyle::Folded | ScalarStyle::Literal) {
                    place = self.block_header(place);
                }
                let plain = self.scalar_tag(style, tag.as_deref(), span);
                let value = self.scalar(&text, plain, &place);
                let size = Size { nodes: 1, bytes: text.len(), levels: 0 };
                self.count(size, &place)?;
                let node = Node { place, value };
                if anchor > 0 {
                    self.anchors.insert(anchor, Anchored::Value(node.clone(), size));
                }
                self.add(node, size, Origin::Written);
                Ok(())
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.collection_tag("seq", tag.as_deref(), span);
                self.start(place, style, anchor, Children::List(Vec::new()))
            }
            Event::MappingStart(style, anchor, tag) => {
                self.collection_tag("map", tag.as_deref(), span);
                self.start(place, style, anchor, Children::Map { entries: Vec::new(), key: None, seen: HashMap::new() })
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.end(&place);
                Ok(())
            }
            Event::Alias(id) => self.alias(id, place),
            Event::UnresolvedAlias(name) => {
                let message = format!("unknown anchor {}", quoted(&name));
                let problem = Problem::new(&place, message).label("nothing has this name");
                // `path: **/*.js` is what people mean far more often than an alias.
                let written = self.text.get(place.bytes.clone()).unwrap_or_default();
                self.problems.add(problem.help(if written.contains(['/', '.']) || name.contains('*') {
                    format!("text that begins with `*` needs quotes: \"{written}\"")
                } else {
                    format!("an anchor is set with `&{name}` before `*{name}` is used; text that begins with `*` needs quotes")
                }));
                self.add(Node { place, value: Value::Refused }, Size::ONE, Origin::Alias);
                Ok(())
            }
            // Comments and anchors as events are not asked for; the stream's ends hold nothing.
            _ => Ok(()),
        }
    }

    fn document(&mut self, place: Place, old: bool) -> Result<(), Stopped> {
        self.documents += 1;
        if self.documents > 1 {
            let problem = Problem::new(&place, "a second document starts here").label("a policy is one document");
            self.problems.add(problem.help("keep one document to a file; `---` may stand once, at the top"));
            return Err(Stopped);
        }
        if old {
            let problem = Problem::new(&place, "the policy says that it is YAML 1.1, and findgate reads YAML 1.2");
            self.problems
                .add(problem.help("remove the `%YAML` line; in YAML 1.2 only `true` and `false` are switches"));
        }
        Ok(())
    }

    /// Whether a scalar counts as plain: a core tag decides, then how it is written.
    fn scalar_tag(&mut self, style: ScalarStyle, tag: Option<&Tag>, span: &Span) -> bool {
        let plain = style == ScalarStyle::Plain;
        match tag.map(Tag::core_suffix) {
            None => plain,
            Some(Some("str")) => false,
            Some(Some("int" | "float" | "bool" | "null")) => true,
            Some(_) => {
                self.wrong_tag(tag, span);
                plain
            }
        }
    }

    fn collection_tag(&mut self, own: &str, tag: Option<&Tag>, span: &Span) {
        if tag.is_some_and(|tag| tag.core_suffix() != Some(own)) {
            self.wrong_tag(tag, span);
        }
    }

    fn wrong_tag(&mut self, tag: Option<&Tag>, span: &Span) {
        let span = span.tag_span().unwrap_or(*span);
        let place = self.place(span.start, span.end);
        let name = tag.map(Tag::original).unwrap_or_default();
        let message = format!("the tag {} has no meaning in a policy", quoted(&name));
        self.problems.add(
            Problem::new(&place, message).label("a tag").help("remove it; text that begins with `!` needs quotes"),
        );
    }

    fn scalar(&mut self, text: &str, plain: bool, place: &Place) -> Value {
        let written = !place.bytes.is_empty();
        // An empty plain scalar arrives as `~`, and only a tag makes it text.
        let text = if written || plain { text } else { "" };
        if plain && matches!(text, "" | "~" | "null" | "Null" | "NULL") {
            return Value::Null;
        }
        if let Some(char) = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
            let message = format!("an escape makes a control character (U+{:04X})", u32::from(char));
            self.problems.add(Problem::new(place, message).label("not allowed in a policy").help("remove the escape"));
        }
        Value::Scalar { text: text.into(), plain }
    }

    fn start(&mut self, place: Place, style: StructureStyle, anchor: usize, children: Children) -> Result<(), Stopped> {
        if self.open.len() >= MAX_DEPTH {
            return self.too_deep(&place);
        }
        self.count(Size::ONE, &place)?;
        if anchor > 0 {
            self.anchors.insert(anchor, Anchored::Unfinished);
        }
        self.open.push(Open { place, style, anchor, children, size: Size { levels: 1, ..Size::ONE } });
        Ok(())
    }

    fn end(&mut self, end: &Place) {
        let Some(open) = self.open.pop() else { return };
        let Open { mut place, style, anchor, children, size } = open;
        let value = match children {
            Children::List(items) => {
                // A block collection has no bracket to point at: its first value stands for it.
                if let (StructureStyle::Block, Some(first)) = (style, items.first()) {
                    place = first.place.clone();
                }
                Value::List(items.into())
            }
            Children::Map { entries, .. } => {
                if let (StructureStyle::Block, Some((first, _))) = (style, entries.first()) {
                    place = first.place.clone();
                }
                Value::Map(entries.into())
            }
        };
        if style == StructureStyle::Flow {
            place.bytes.end = end.bytes.end;
        }
        let node = Node { place, value };
        if anchor > 0 {
            self.anchors.insert(anchor, Anchored::Value(node.clone(), size));
        }
        self.add(node, size, Origin::Written);
    }

    fn alias(&mut self, id: usize, place: Place) -> Result<(), Stopped> {
        let (node, size) = match self.anchors.get(&id) {
            Some(Anchored::Value(node, size)) => (Node { place, value: node.value.clone() }, *size),
            Some(Anchored::Unfinished) | None => {
                let problem = Problem::new(&place, "an alias stands inside the value that it names");
                self.problems.add(problem.label("this would never end").help("write the value out"));
                (Node { place, value: Value::Refused }, Size::ONE)
            }
        };
        if self.open.len() + size.levels > MAX_DEPTH {
            return self.too_deep(&node.place);
        }
        self.count(size, &node.place)?;
        self.add(node, size, Origin::Alias);
        Ok(())
    }

    fn count(&mut self, size: Size, place: &Place) -> Result<(), Stopped> {
        self.nodes = self.nodes.saturating_add(size.nodes);
        self.bytes = self.bytes.saturating_add(size.bytes);
        let (most, what) = match (self.nodes > MAX_NODES, self.bytes > MAX_BYTES) {
            (true, _) => (MAX_NODES, "values"),
            (false, true) => (MAX_BYTES, "bytes of text"),
            (false, false) => return Ok(()),
        };
        let message = format!("the policy holds more than {most} {what}, counting each use of an alias");
        self.problems.add(Problem::new(place, message).label("one too many").help("split or shorten it"));
        Err(Stopped)
    }

    fn too_deep(&mut self, place: &Place) -> Result<(), Stopped> {
        self.problems.add(syntax::too_deep(place));
        Err(Stopped)
    }

    /// Hands a finished value to the collection that it stands in.
    fn add(&mut self, node: Node, size: Size, origin: Origin) {
        let Some(parent) = self.open.last_mut() else {
            self.root = (origin == Origin::Written).then_some(node);
            return;
        };
        parent.size.nodes = parent.size.nodes.saturating_add(size.nodes);
        parent.size.bytes = parent.size.bytes.saturating_add(size.bytes);
        parent.size.levels = parent.size.levels.max(size.levels + 1);
        match &mut parent.children {
            Children::List(items) => items.push(node),
            Children::Map { entries, key, seen } => match key.take() {
                Some(Key::Good(key)) => entries.push((key, node)),
                Some(Key::Refused) => {}
                None => *key = Some(read_key(node, origin, seen, self.problems)),
            },
        }
    }

    /// Where a block of text without lines begins: at its `>` or `|`, for its span is where the next line begins.
    fn block_header(&self, place: Place) -> Place {
        let before = self.text.get(..place.bytes.start).unwrap_or_default();
        let Some(at) = before.rfind(['>', '|']) else { return place };
        let line_start = before.get(..at).and_then(|b| b.rfind('\n')).map_or(0, |newline| newline + 1);
        let end = before.get(at..).and_then(|rest| rest.find(['\r', '\n'])).map_or(before.len(), |length| at + length);
        Place {
            line: narrow(before.get(..at).unwrap_or_default().matches('\n').count() + 1),
            column: narrow(before.get(line_start..at).unwrap_or_default().chars().count() + 1),
            bytes: at..end,
            ..place
        }
    }

    fn place(&self, start: Marker, end: Marker) -> Place {
        let at = |mark: Marker| mark.byte_offset().unwrap_or(self.text.len()).min(self.text.len());
        let bytes = at(start)..at(end).max(at(start));
        Place { file: self.file.clone(), line: narrow(start.line()), column: narrow(start.col() + 1), bytes }
    }
}

/// Refuses what is no key, and tells a key that stood before.
fn read_key(node: Node, origin: Origin, seen: &mut HashMap<Arc<str>, Place>, problems: &mut Problems) -> Key {
    let text = match &node.value {
        Value::Scalar { text, plain } if origin == Origin::Written => {
            if *plain && &**text == "<<" {
                let problem = Problem::new(&node.place, "`<<` merges nothing: YAML 1.2 has no merge keys");
                problems
                    .add(problem.label("a merge key").help("write the keys out, or name a whole value by an alias"));
                return Key::Refused;
            }
            text.clone()
        }
        _ => {
            let found = match &node.value {
                _ if origin == Origin::Alias => "an alias",
                Value::Null if node.place.bytes.is_empty() => "nothing",
                Value::Null | Value::Refused => "null",
                Value::List(_) => "a list",
                Value::Map(_) => "a map",
                Value::Scalar { .. } => "text",
            };
            let problem = Problem::new(&node.place, format!("expected a key, found {found}")).label("not a key");
            problems.add(problem.help("a key is text, plain or in quotes"));
            return Key::Refused;
        }
    };
    if let Some(first) = seen.get(&text) {
        let problem = Problem::new(&node.place, format!("duplicate key {}", quoted(&text))).label("and here again");
        problems.add(problem.related(first, "first here").help("keep one of them; findgate does not choose"));
    } else {
        seen.insert(text, node.place.clone());
    }
    Key::Good(node)
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
