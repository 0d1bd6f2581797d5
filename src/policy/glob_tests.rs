//! What globs match.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

fn matches(glob: &str, case: Case, slash: Slash, text: &str) -> bool {
    let pattern = Pattern::new(glob, case, slash).unwrap_or_else(|error| panic!("{glob}: {error}"));
    Patterns::new([pattern]).unwrap_or_else(|error| panic!("{glob}: {error}")).is_match(text)
}

fn fits(glob: &str, path: &str) -> bool {
    matches(glob, Case::Kept, Slash::Separates, path)
}

fn refused(glob: &str, case: Case, slash: Slash) -> String {
    Pattern::new(glob, case, slash).expect_err(glob)
}

/// Characters of one to four bytes.
const LENGTHS: [char; 4] = ['x', '\u{e4}', '\u{4e2d}', '\u{1f980}'];

#[test]
fn a_question_mark_is_one_character_however_many_bytes_it_has() {
    for c in LENGTHS {
        for glob in ["src/?.py", "src/[!y].py", "**/?.py", "s?c/*.py", "{src/?,lib/?}.py", "src/**/?.p[xyz]"] {
            assert!(fits(glob, &format!("src/{c}.py")), "{glob} and {c}");
        }
        assert!(!fits("src/??.py", &format!("src/{c}.py")) && fits("src/??.py", &format!("src/{c}{c}.py")));
        assert!(matches("a?b", Case::Kept, Slash::Plain, &format!("a{c}b")));
    }
    assert!(fits("?", "\n") && matches("?", Case::Kept, Slash::Plain, "\n"));
    assert!(!fits("a?b", "a/b") && matches("a?b", Case::Kept, Slash::Plain, "a/b"));
    assert!(fits("\\?", "?") && !fits("\\?", "x"));
}

#[test]
fn a_bracket_matches_the_characters_that_it_shows() {
    for (glob, yes, no) in [
        ("[\u{e4}]", "\u{e4}", "\u{f6}"),
        ("[!\u{e4}]", "\u{f6}", "\u{e4}"),
        ("[\u{e0}-\u{ff}]", "\u{f6}", "\u{4e2d}"),
        ("[a-\u{1f980}]", "\u{4e2d}", "A"),
        ("[^a-\u{4e2d}]", "\u{1f980}", "\u{e4}"),
        ("\u{4e2d}[\u{1f980}x]*", "\u{4e2d}\u{1f980}\u{e4}", "\u{4e2d}\u{e4}"),
        ("[[]id[]]/{a,[\u{e4}]?}", "[id]/\u{e4}\u{f6}", "[id]/\u{e4}"),
        ("[]a]", "]", "b"),
        ("[]-a]", "_", "b"),
        ("[--9]", "5", "a"),
        ("[a-]", "-", "b"),
        ("[a-c-]", "-", "d"),
        ("[\\]]", "\\]", "]"),
        ("\\[!b]", "[!b]", "c"),
        ("[!\u{0}-\u{10ffff}]{a,}*", "", "a"),
    ] {
        let fits = |text: &str| matches(glob, Case::Kept, Slash::Plain, text);
        assert_eq!((fits(yes), fits(no)), (!yes.is_empty(), false), "{glob}");
    }
}

#[test]
fn no_bracket_crosses_a_folder() {
    for pattern in [
        "a[!b]c",
        "a[^b]c",
        "a[!]]c",
        "a[!-]c",
        "a[!-b]c",
        "a[!b-]c",
        "a[!/]c",
        "a{[!b],x}c",
        "**/a[!b-d]c",
        "a[!--a]c",
    ] {
        assert!(!fits(pattern, "a/c"), "{pattern}");
        assert!(fits(pattern, "axc"), "{pattern}");
    }
    for pattern in ["a[/]c", "a[+-9]c", "a[b/]c", "a[--a]c", "[!-\u{e4}][!-\u{e4}][ -\u{e4}]"] {
        assert!(refused(pattern, Case::Kept, Slash::Separates).contains("hold `/`"), "{pattern}");
    }
    assert!(matches("a[+-9]c", Case::Kept, Slash::Plain, "a/c"));
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
        ("a[!--a]c", "a0c"),
    ] {
        assert!(!fits(pattern, path), "{pattern} and {path}");
    }
}

#[test]
fn case_is_ignored_in_every_letter_that_has_two() {
    let ignores = |glob: &str, text: &str| matches(glob, Case::Ignored, Slash::Plain, text);
    for (glob, text) in [
        ("\u{e4}bc*", "\u{c4}BC"),
        ("\u{c4}BC", "\u{e4}bc"),
        ("\\\u{c4}?", "\u{e4}\u{1f980}"),
        ("[\u{e4}]", "\u{c4}"),
        ("[a-c]{x,\u{f6}}", "B\u{d6}"),
        ("[A-C]", "b"),
        ("[Z-a]", "A"),
        ("[Z-a]", "z"),
        ("[!b]", "\u{e4}"),
        ("\u{df}", "\u{df}"),
    ] {
        assert!(ignores(glob, text), "{glob} and {text}");
    }
    for (glob, text) in [
        ("[!\u{e4}]", "\u{c4}"),
        ("[!b]", "B"),
        ("[!a-c]", "B"),
        // The signs for Kelvin and long s are no letters of ASCII.
        ("k", "\u{212a}"),
        ("[k]", "\u{212a}"),
        ("\u{212a}", "k"),
        ("[\u{17f}]", "S"),
    ] {
        assert!(!ignores(glob, text), "{glob} and {text}");
    }
    assert!(!matches("\u{e4}", Case::Kept, Slash::Plain, "\u{c4}"));
    assert!(refused("[\u{e4}-\u{f6}]", Case::Ignored, Slash::Plain).contains("stays within ASCII"));
}

#[test]
fn what_is_no_glob_is_refused() {
    for (glob, why) in [
        ("[a", "not closed"),
        ("[]", "not closed"),
        ("[!]", "not closed"),
        ("a\u{e4}[b-a]", "`b-a` runs backwards"),
        ("[a-z-b]", "a `-` follows the range `a-z`"),
        ("{a", "unclosed alternate"),
        ("?}", "unopened alternate"),
        ("?\\", "dangling"),
    ] {
        let said = refused(glob, Case::Kept, Slash::Plain);
        assert!(said.contains(why), "{glob}: {said}");
    }
}

#[test]
fn a_mark_is_no_character_of_the_glob() {
    for (glob, yes, no) in [
        ("\u{e000}?", "\u{e000}\u{e4}", "\u{e4}\u{e000}"),
        ("?\u{e000}\u{e001}", "\u{e4}\u{e000}\u{e001}", "\u{e4}\u{e001}\u{e001}"),
        ("\\\\xee\\\\x80\\\\x80?", "\\xee\\x80\\x80b", "\u{e000}b"),
        ("\\\u{e000}[a-z]", "\u{e000}b", "\u{e001}b"),
    ] {
        assert!(fits(glob, yes) && !fits(glob, no), "{glob}");
    }
    let all: String = ('\u{e000}'..='\u{f8ff}').collect();
    assert!(Pattern::new(&all, Case::Kept, Slash::Plain).is_err());
}

#[test]
fn what_is_too_much_is_refused_and_nothing_fails() {
    let deep = |inside: &str| format!("{}{inside}{}", "{".repeat(400), "}".repeat(400));
    for inside in ["a", "?"] {
        let pattern = Pattern::new(&deep(inside), Case::Kept, Slash::Plain).expect("a glob");
        let error = Patterns::new([pattern]).expect_err("too deep");
        assert!(!error.is_empty() && !error.contains('\u{e000}'), "{error}");
    }
    let long = |_| Pattern::new(&"?".repeat(1000), Case::Kept, Slash::Separates).expect("a glob");
    assert!(Patterns::new((0..3).map(long)).is_ok());
    assert_eq!(Patterns::new((0..300).map(long)).expect_err("too much"), "they need more than 10485760 bytes");
    assert!(!Patterns::new([]).expect("nothing").is_match(""));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, ..ProptestConfig::default() })]

    /// In ASCII these are the globs of globset, but for what is refused, and that no bracket crosses a folder.
    #[test]
    fn in_ascii_a_glob_matches_what_globset_matches(
        glob in prop::collection::vec(select("ab-][!^?*{},\\/.Bc".chars().collect::<Vec<_>>()), 1..10),
        texts in prop::collection::vec("[abBc\\]\\[!^?,./-]{0,5}", 12),
        ignored in any::<bool>(),
        separates in any::<bool>(),
    ) {
        let glob: String = glob.into_iter().collect();
        let case = if ignored { Case::Ignored } else { Case::Kept };
        let slash = if separates { Slash::Separates } else { Slash::Plain };
        let theirs = GlobBuilder::new(&glob)
            .literal_separator(separates)
            .case_insensitive(ignored)
            .backslash_escape(true)
            .build();
        match (Pattern::new(&glob, case, slash), theirs) {
            (Ok(ours), Ok(theirs)) => {
                let ours = Patterns::new([ours]).expect("a matcher");
                let theirs = theirs.compile_matcher();
                let crosses = separates && glob.contains('[');
                for text in texts.iter().filter(|text| !crosses || !text.contains('/')) {
                    prop_assert_eq!(ours.is_match(text), theirs.is_match(text), "{} and {}", glob, text);
                }
            }
            (Err(why), Ok(_)) => {
                prop_assert!(why.contains("follows the range") || (separates && why.contains("hold `/`")), "{}: {}", glob, why);
            }
            (Ok(_), Err(error)) => prop_assert!(false, "{glob}: {error}"),
            (Err(_), Err(_)) => {}
        }
    }
}
