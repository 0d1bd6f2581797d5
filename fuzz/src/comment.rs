//! What `findgate comment` posts: a document in Markdown.

use findgate::comment::{Document, length};

/// A document.
pub fn comment(data: &[u8]) {
    let document = match Document::parse(data.to_vec()) {
        Ok(document) => document,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert_eq!(document.text.lines().next(), Some(&*document.marker));
    assert_eq!(Document::parse(document.text.clone().into_bytes()).ok().as_ref(), Some(&document), "read again");
    let quiet = document.without_commands();
    for line in quiet.text.lines() {
        let word = line.trim_start().strip_prefix('/');
        assert!(word.is_none_or(|word| !word.starts_with(|c: char| c.is_ascii_alphabetic())), "{line:?}");
    }
    assert_eq!(quiet.text.replace('\u{200b}', ""), document.text.replace('\u{200b}', ""), "nothing else is changed");
    assert_eq!(quiet.without_commands(), quiet);
    for limit in [400, 1000, 65_536] {
        let cut = document.within(limit);
        assert!(length(&cut) <= limit, "{} in {limit}:\n{cut}", length(&cut));
        let again = Document::parse(cut.into_bytes()).expect("what is posted is recognized again");
        assert_eq!(again.marker, document.marker);
    }
}
