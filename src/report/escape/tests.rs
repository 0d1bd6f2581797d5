use std::io::Write as _;

use proptest::prelude::*;

use super::*;
use crate::report::sample::hostile_text;

fn check(escape: fn(&str) -> Cow<'_, str>, cases: &[(&str, &str)]) {
    for (text, want) in cases {
        assert_eq!(escape(text), *want, "{text:?}");
    }
}

#[test]
fn a_terminal_shows_what_was_hidden() {
    check(
        terminal,
        &[
            ("a\tb\r\nc\nd\re", "a b c d e"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("user\u{202e}gpj.exe", "user\\u{202e}gpj.exe"),
            (
                "pay\u{200b}load\u{feff}\u{85}\u{2028}\u{9b}\0\u{7f}",
                "pay\\u{200b}load\\u{feff}\\u{85}\\u{2028}\\u{9b}\\u{0}\\u{7f}",
            ),
            ("\u{e0041}\u{ffff}", "\\u{e0041}\\u{ffff}"),
            ("Größe ❤️ 漢字 \\ {0}", "Größe ❤️ 漢字 \\ {0}"),
        ],
    );
}

#[test]
fn a_log_gets_no_command() {
    check(
        actions_safe,
        &[
            ("::error::x", ": :error::x"),
            (" \u{a0}::error::x", " \u{a0}: :error::x"),
            ("x\n::error::y", "x ::error::y"),
            (":::x", ": ::x"),
            ("a ##[error]b ##[x]", "a ## [error]b ## [x]"),
            ("###[group]####[", "### [group]#### ["),
            ("##VsO[task.setvariable]", "## VsO[task.setvariable]"),
            ("std::vec # ## #[", "std::vec # ## #["),
        ],
    );
}

#[test]
fn a_sarif_message_holds_no_link_and_no_placeholder() {
    check(
        sarif_message,
        &[
            ("[x](javascript:alert(1))", "[x] (javascript:alert(1))"),
            ("]\u{200b}(", "] ("),
            ("{0} {12} {x} {} {{0}}", "{ 0 } { 12 } {x} {} {{ 0 }}"),
            ("{\u{0}1}", "{ 1 }"),
            ("a\r\nb\u{1b}c", "a bc"),
            ("array[i] (x)", "array[i] (x)"),
        ],
    );
}

fn check_markdown(cases: &[(&str, &str)]) {
    for (text, want) in cases {
        assert_eq!(markdown(text).replace('\u{200b}', "^"), *want, "{text:?}");
    }
}

#[test]
fn markdown_is_shown_and_does_nothing() {
    check_markdown(&[
        ("[x](y) *b* `c` | # a ~~ _e_", "\\[x\\](y) \\*b\\* \\`c\\` \\| \\# a \\~\\~ \\_e\\_"),
        ("<script> & $x$", "&lt;script&gt; &amp; &#36;^x&#36;"),
        ("a\n# b\u{202e}", "a \\# b"),
        ("plain text.", "plain text."),
    ]);
}

#[test]
fn markdown_refers_to_nobody_and_nothing() {
    check_markdown(&[
        ("@octocat a@b.example #12 GH-12 gh-3 GH-x", "@^octocat a@^b.example \\#^12 GH-^12 gh-^3 GH-x"),
        ("!12 ~label ~\"a b\" %1 $12 &12 ^alert", "!^12 \\~^label \\~^\"a b\" %^1 &#36;^12 &amp;^12 ^^alert"),
        ("[issue:12] [a] *iteration:1 50% done! a & b", "\\[^issue:12\\] \\[a\\] \\*^iteration:1 50% done! a &amp; b"),
        ("https://x.example HTTP://x www.x.example WWW.x", "https:^//x.example HTTP:^//x www^.x.example WWW^.x"),
        ("{+ a +} [- b -] {a} [-]", "\\{^+ a +\\} \\[^- b -\\] \\{a\\} \\[^-\\]"),
        (":octocat: a:b std::vec a: b:", ":^octocat: a:b std::vec a: b:"),
        (
            "0123456789abcdef 1234567 123456 decades defaced_ x0123456",
            "012345^6789ab^cdef 123456^7 123456 decades deface^d\\_ x0123456",
        ),
    ]);
}

#[test]
fn markdown_begins_no_block() {
    check_markdown(&[
        ("- a - b", "\\- a - b"),
        ("+ a", "\\+ a"),
        (" \n\t  12. a 1. b", "12\\. a 1. b"),
        ("3) a", "3\\) a"),
        ("1.5 a", "1\\.5 a"),
    ]);
}

#[test]
fn markdown_is_cut_before_it_is_escaped_and_fits_after() {
    for escape in [markdown_within, markdown_code_within] {
        for text in ["&".repeat(300), "`".repeat(300), "😀|".repeat(300), "a".repeat(300), "@a".repeat(300)] {
            for limit in [1, 7, 40, 250] {
                let escaped = escape(&text, limit);
                assert!(escaped.encode_utf16().count() <= limit.max(6), "{limit} {escaped:?}");
            }
        }
    }
    assert_eq!(markdown_within("a & b", 9), "a &amp; b");
    assert_eq!(markdown_within("a & b & c & d", 12), "a &amp; b…");
    assert_eq!(markdown_code_within("a & b", 9), "`a & b`");
    assert_eq!(markdown_code_within("a|b", 9), "a\\|b", "in a cell of a table a bar must not stand in code");
}

#[test]
fn code_is_fenced_by_more_backticks_than_it_holds() {
    for (text, want) in
        [("a@b #12", "`a@b #12`"), ("a`b``c", "```a`b``c```"), ("`x", "`` `x ``"), ("a\nb\u{202e}", "`a b`")]
    {
        assert_eq!(markdown_code(text), want);
    }
}

#[test]
fn a_path_becomes_a_relative_uri() {
    check(
        percent_encode_path,
        &[
            ("src/a-b_c.~d", "src/a-b_c.~d"),
            ("a b#c?d%e[f]", "a%20b%23c%3Fd%25e%5Bf%5D"),
            ("nginx:1.25", "nginx%3A1.25"),
            ("C:\\src\\ü", "C%3A%5Csrc%5C%C3%BC"),
        ],
    );
}

#[test]
fn a_text_is_cut_at_a_character_and_says_so() {
    assert_eq!(shorten("abc", 3), "abc");
    assert_eq!(shorten("abcd", 3), "ab…");
    assert_eq!(shorten("😀😀", 4), "😀😀");
    assert_eq!(shorten("😀😀x", 4), "😀…");
}

#[test]
fn the_net_below_a_report_catches_commands_that_are_put_together() {
    let mut out = Vec::new();
    let mut net = ActionsSafe::new(&mut out);
    for piece in [":", ":error::x\n", "ok ##", "[y]\r::z\r\n", "  \u{1b}[31", "m::w\na:", ":b", "\n::last"] {
        net.write_all(piece.as_bytes()).unwrap();
        net.flush().unwrap();
    }
    net.finish().unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text, ": :error::x\nok ## [y]\r: :z\r\n  \u{1b}[31m: :w\na::b\n: :last");
}

/// What a runner would take as a command, told independently of how the escapes look for it.
fn holds_a_command(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.contains("##[")
        || lower.contains("##vso[")
        || text.split(['\n', '\r']).any(|line| line.trim_start().starts_with("::"))
}

proptest! {
    #[test]
    fn no_escape_lets_through_what_it_is_there_for(text in hostile_text()) {
        let shown = terminal(&text);
        prop_assert!(!shown.contains(is_hidden));
        let logged = actions_safe(&text);
        prop_assert!(!logged.contains(is_hidden) && !holds_a_command(&logged), "{logged:?}");
        let indented = format!("  {logged}");
        prop_assert!(!holds_a_command(&indented));
        let message = sarif_message(&text);
        prop_assert!(!message.contains(is_hidden) && !message.contains("](") && placeholder(&message).is_none(), "{message:?}");
        let uri = percent_encode_path(&text);
        prop_assert!(uri.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/%".contains(&b)));
        let rendered = markdown(&text);
        let rendered = rendered.replace("&#36;", "");
        let bare = rendered.replace('\u{200b}', "");
        prop_assert!(!bare.contains(is_hidden) && !bare.contains(['<', '>']));
        for (at, c) in rendered.char_indices().filter(|(_, c)| "`*_[]|#~$".contains(*c)) {
            prop_assert!(rendered[..at].ends_with('\\'), "{c} is bare in {rendered:?}");
        }
    }

    #[test]
    fn escaping_twice_is_escaping_once(text in hostile_text()) {
        for escape in [terminal, actions_safe, sarif_message] {
            let once = escape(&text);
            prop_assert_eq!(&escape(&once), &once);
        }
    }

    #[test]
    fn harmless_text_is_not_copied(text in "[a-zA-Z0-9 ,.äöü漢字/-]{0,40}") {
        for escape in [terminal, actions_safe, sarif_message] {
            let borrowed = matches!(escape(&text), Cow::Borrowed(same) if same == text);
            prop_assert!(borrowed);
        }
    }

    #[test]
    fn a_net_gives_the_same_however_the_bytes_arrive(text in hostile_text(), size in 1usize..7) {
        let mut out = Vec::new();
        let mut net = ActionsSafe::new(&mut out);
        for piece in text.as_bytes().chunks(size) {
            net.write_all(piece).unwrap();
        }
        drop(net);
        let mut whole = Vec::new();
        ActionsSafe::new(&mut whole).write_all(text.as_bytes()).unwrap();
        prop_assert_eq!(&out, &whole);
        prop_assert!(!holds_a_command(&String::from_utf8(out).unwrap()));
    }

    #[test]
    fn a_cut_text_fits_and_is_a_beginning(text in hostile_text(), limit in 1usize..40) {
        let cut = shorten(&text, limit);
        prop_assert!(cut.encode_utf16().count() <= limit);
        prop_assert!(text.starts_with(cut.trim_end_matches('…')) || cut == text);
    }
}

#[test]
fn sequences_that_style_a_terminal_go_whole_and_nothing_else() {
    assert_eq!(unstyled("\u{1b}[1;31mred\u{1b}[0m \u{9b}2Kline"), "red line");
    for text in ["plain [31m", "\u{1b}", "\u{1b}[", "\u{1b}[31", "\u{1b}]0;title\u{7}", "\u{9b}ä", ""] {
        assert_eq!(unstyled(text), text);
    }
}
