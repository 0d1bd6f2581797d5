//! What stands between brackets.

use super::*;

fn fits(pattern: &str, path: &str) -> bool {
    let glob = brackets(pattern, Slash::Separates).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    let glob = GlobBuilder::new(&glob).literal_separator(true).backslash_escape(true).build();
    glob.unwrap_or_else(|error| panic!("{error}")).compile_matcher().is_match(path)
}

#[test]
fn no_bracket_crosses_a_folder() {
    for pattern in ["a[!b]c", "a[^b]c", "a[!]]c", "a[!-]c", "a[!-b]c", "a[!b-]c", "a[!/]c", "a{[!b],x}c", "**/a[!b-d]c"]
    {
        assert!(!fits(pattern, "a/c"), "{pattern}");
        assert!(fits(pattern, "axc"), "{pattern}");
    }
}

#[test]
fn what_a_bracket_leaves_out_stays_left_out() {
    for (pattern, path) in [
        ("a[!b]c", "abc"),
        ("a[!]]c", "a]c"),
        ("a[!]b]c", "abc"),
        ("a[!-]c", "a-c"),
        ("a[!-b]c", "a-c"),
        ("a[!-b]c", "abc"),
        ("a[!b-]c", "a-c"),
        ("a[!-b-]c", "a-c"),
        ("a[!b-d]c", "acc"),
    ] {
        assert!(!fits(pattern, path), "{pattern} and {path}");
    }
}

#[test]
fn what_only_looks_like_a_bracket_is_left_alone() {
    for text in ["a", "\\[!b]", "a[", "a[]", "a[!]", "a[b-d]", "[]]", "\\", "a[!"] {
        assert_eq!(brackets(text, Slash::Separates).as_deref(), Ok(text));
    }
    assert_eq!(brackets("[^a/]\\\\[!b]", Slash::Plain).as_deref(), Ok("[!a/]\\\\[!b]"));
    assert!(fits("[]a]", "]") && fits("\\[!b]", "[!b]"));
}
