//! A reader of HTML that is stricter than any browser: what it does not expect, it refuses.

use std::collections::BTreeMap;

/// An element that was opened, in the order of the page.
#[derive(Clone, Debug)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: BTreeMap<String, String>,
    /// All text in it, as a reader sees it.
    pub(super) text: String,
    /// How many elements stand around it.
    pub(super) depth: usize,
}

impl Element {
    pub(super) fn get(&self, attribute: &str) -> &str {
        self.attributes.get(attribute).map(String::as_str).unwrap_or_default()
    }
}

/// Elements that hold nothing and are not closed.
const VOID: [&str; 4] = ["meta", "input", "br", "link"];

/// Reads a page. Panics where an element is not closed in its turn, an attribute is not quoted, a character that means
/// something stands in a text, or an entity is none of ours.
pub(super) fn elements(page: &str) -> Vec<Element> {
    let mut rest = page.strip_prefix("<!DOCTYPE html>\n").expect("it says what it is");
    let mut elements: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    while let Some(at) = rest.find('<') {
        say(&rest[..at], &open, &mut elements);
        let (tag, after) = tag(&rest[at + 1..]);
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            let last = open.pop().unwrap_or_else(|| panic!("nothing is open at </{name}>"));
            assert_eq!(elements[last].name, name, "another element is open");
            continue;
        }
        let tag_closed = tag.strip_suffix('/');
        let element = element(tag_closed.unwrap_or(tag), open.len());
        let name = element.name.clone();
        elements.push(element);
        if matches!(&*name, "script" | "style") {
            let close = format!("</{name}>");
            let (text, after) = rest.split_once(&close).expect("it is closed");
            elements.last_mut().unwrap().text = text.to_owned();
            rest = after;
        } else if tag_closed.is_none() && !VOID.contains(&&*name) {
            open.push(elements.len() - 1);
        }
    }
    say(rest, &open, &mut elements);
    assert!(open.is_empty(), "not closed: {:?}", open.iter().map(|&at| &elements[at].name).collect::<Vec<_>>());
    elements
}

/// Adds text to all elements around it.
fn say(text: &str, open: &[usize], elements: &mut [Element]) {
    let text = decoded(text);
    assert!(!open.is_empty() || text.trim().is_empty(), "text outside of everything: {text:?}");
    for &at in open {
        elements[at].text.push_str(&text);
    }
}

/// What stands up to the next `>` that is not in a value, and what follows.
fn tag(text: &str) -> (&str, &str) {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => return (&text[..at], &text[at + 1..]),
            '<' => panic!("a tag in a tag: {}", &text[..at]),
            _ => {}
        }
    }
    panic!("a tag without an end: {text}")
}

fn element(tag: &str, depth: usize) -> Element {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) && !name.is_empty(), "a name: {name:?}");
    let mut attributes = BTreeMap::new();
    while !rest.is_empty() {
        let end = rest.find(['=', ' ']).unwrap_or(rest.len());
        let attribute = rest[..end].to_owned();
        assert!(attribute.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-'), "an attribute: {attribute:?}");
        let value = match rest[end..].strip_prefix("=\"") {
            Some(quoted) => {
                let (value, after) = quoted.split_once('"').expect("the value ends");
                assert!(after.is_empty() || after.starts_with(' '), "behind a value: {after:?}");
                rest = after.trim_start_matches(' ');
                decoded(value)
            }
            None => {
                assert!(!rest[end..].starts_with('='), "not quoted: {rest:?}");
                rest = rest[end..].trim_start_matches(' ');
                String::new()
            }
        };
        assert!(attributes.insert(attribute, value).is_none(), "an attribute twice: {tag:?}");
    }
    Element { name: name.to_owned(), attributes, text: String::new(), depth }
}

/// Text with its entities read.
fn decoded(text: &str) -> String {
    assert!(!text.contains('>'), "not escaped: {text:?}");
    let mut pieces = text.split('&');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (entity, after) = piece.split_once(';').unwrap_or_else(|| panic!("not escaped: {text:?}"));
        out.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "#39" => '\'',
            _ => panic!("no entity of ours: {entity:?}"),
        });
        out.push_str(after);
    }
    out
}
