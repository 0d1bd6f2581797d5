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
fn a_way_through_braces_may_be_empty() {
    for glob in ["src{,/lib}/a.py", "src{/lib,}/a.py", "src{/{lib,},}/a.p{y,}"] {
        assert!(fits(glob, "src/a.py") && fits(glob, "src/lib/a.py") && !fits(glob, "src/li/a.py"), "{glob}");
    }
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
            .empty_alternates(true)
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

/// A part of a glob without braces.
#[derive(Clone, Debug)]
enum Part {
    Is(char),
    One,
    Set(bool, Vec<(char, char)>),
    Star,
    Folders,
}

/// A glob, built part by part so that its meaning is known without reading it.
#[derive(Clone, Debug)]
enum Piece {
    Part(Part),
    Either(Vec<Vec<Piece>>),
}

fn written(pieces: &[Piece]) -> String {
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Part(Part::Is(c)) if "?*[]{},\\".contains(*c) => out.extend(['\\', *c]),
            Piece::Part(Part::Is(c)) => out.push(*c),
            Piece::Part(Part::One) => out.push('?'),
            Piece::Part(Part::Star) => out.push('*'),
            Piece::Part(Part::Folders) => out.push_str("/**/"),
            Piece::Part(Part::Set(not, ranges)) => {
                out.push_str(if *not { "[!" } else { "[" });
                for (first, last) in ranges {
                    out.push(*first);
                    if first != last {
                        out.extend(['-', *last]);
                    }
                }
                out.push(']');
            }
            Piece::Either(ways) => {
                let ways: Vec<String> = ways.iter().map(|way| written(way)).collect();
                out.push_str(&format!("{{{}}}", ways.join(",")));
            }
        }
    }
    out
}

/// Every way through the braces.
fn ways(pieces: &[Piece]) -> Vec<Vec<Part>> {
    pieces.iter().fold(vec![Vec::new()], |done, piece| {
        let more: Vec<Vec<Part>> = match piece {
            Piece::Part(part) => vec![vec![part.clone()]],
            Piece::Either(each) => each.iter().flat_map(|way| ways(way)).collect(),
        };
        done.iter().flat_map(|way| more.iter().map(move |rest| [way.clone(), rest.clone()].concat())).collect()
    })
}

fn other_case(c: char) -> char {
    match c {
        '\u{e4}' => '\u{c4}',
        '\u{c4}' => '\u{e4}',
        c if c.is_ascii_lowercase() => c.to_ascii_uppercase(),
        c => c.to_ascii_lowercase(),
    }
}

fn naive(parts: &[Part], text: &[char], case: Case, slash: Slash) -> bool {
    let Some((part, rest)) = parts.split_first() else { return text.is_empty() };
    let plain = |c: char| slash == Slash::Plain || c != '/';
    let either = |c: char, fits: &dyn Fn(char) -> bool| fits(c) || (case == Case::Ignored && fits(other_case(c)));
    let one = |fits: &dyn Fn(char) -> bool| {
        text.split_first().is_some_and(|(c, more)| fits(*c) && naive(rest, more, case, slash))
    };
    match part {
        Part::Is(wanted) => one(&|c| either(c, &|c| c == *wanted)),
        Part::One => one(&plain),
        Part::Set(not, ranges) => one(&|c| {
            let inside = either(c, &|c| ranges.iter().any(|(first, last)| (*first..=*last).contains(&c)));
            inside != *not && (plain(c) || !*not)
        }),
        Part::Star => (0..=text.len())
            .take_while(|n| text[..*n].iter().all(|c| plain(*c)))
            .any(|n| naive(rest, &text[n..], case, slash)),
        Part::Folders => {
            (1..=text.len()).any(|n| text[0] == '/' && text[n - 1] == '/' && naive(rest, &text[n..], case, slash))
        }
    }
}

fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let literal = select("aB\u{e4}\u{c4}\u{4e2d}/.-?*[]{},\\\n\u{e000}".chars().collect::<Vec<_>>());
    let range = select(vec![
        ('a', 'a'),
        ('a', 'c'),
        ('B', 'D'),
        ('\u{e4}', '\u{e4}'),
        (',', ','),
        ('{', '{'),
        ('}', '}'),
        ('*', '*'),
        ('?', '?'),
        ('\\', '\\'),
    ]);
    let part = prop_oneof![
        6 => literal.prop_map(Part::Is),
        2 => Just(Part::One),
        2 => (any::<bool>(), prop::collection::vec(range, 1..4)).prop_map(|(not, ranges)| Part::Set(not, ranges)),
        2 => Just(Part::Star),
        1 => Just(Part::Folders),
    ];
    let piece = part.prop_map(Piece::Part).prop_recursive(3, 24, 4, |inner| {
        prop::collection::vec(prop::collection::vec(inner, 0..4), 1..4).prop_map(Piece::Either)
    });
    prop::collection::vec(piece, 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// A glob says what its parts say, with every way through its braces, in any alphabet and case.
    #[test]
    fn a_glob_matches_what_its_parts_match(
        pieces in pieces(),
        noise in prop::collection::vec("[aAbB\u{e4}\u{c4}\u{4e2d}/.,?*{}\\[\\]\\\\\n\u{e000}-]{0,5}", 8),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 24),
        ignored in any::<bool>(),
        separates in any::<bool>(),
    ) {
        let glob = written(&pieces);
        let case = if ignored { Case::Ignored } else { Case::Kept };
        let slash = if separates { Slash::Separates } else { Slash::Plain };
        let ways = ways(&pieces);
        prop_assume!(ways.len() < 200 && !glob.replace("/**/", "/").contains("**"));
        // Noise matches little, so beside it stand ways through the glob, with something for each wildcard.
        let mut texts = noise.clone();
        for pair in picks.chunks(2) {
            let way = pair[0].get(&ways);
            let mut text = String::new();
            for (at, part) in way.iter().enumerate() {
                let n = pair[1].index(1 << 20).wrapping_mul(at * 7 + 3);
                match part {
                    Part::Is(c) => text.push(if n % 5 == 0 { other_case(*c) } else { *c }),
                    Part::One => text.push(['a', '/', '\u{4e2d}', '\n'][n % 4]),
                    Part::Set(_, ranges) => text.push([ranges[n % ranges.len()].1, other_case(ranges[0].0), 'z', '/'][n / 3 % 4]),
                    Part::Star => text.push_str(["", "a", "a/b", "\u{c4}."][n % 4]),
                    Part::Folders => text.push_str(["/", "/a/", "/a/b/", "//", "a"][n % 5]),
                }
            }
            texts.push(text);
        }
        let ours = Pattern::new(&glob, case, slash).unwrap_or_else(|error| panic!("{glob}: {error}"));
        let ours = Patterns::new([ours]).expect("a matcher");
        for text in &texts {
            let chars: Vec<char> = text.chars().collect();
            let wanted = ways.iter().any(|way| naive(way, &chars, case, slash));
            prop_assert_eq!(ours.is_match(text), wanted, "{:?} and {:?}, {:?} {:?}", glob, text, case, slash);
        }
    }
}
