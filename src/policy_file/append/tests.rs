use proptest::prelude::*;

use super::*;

fn entry(reason: &str) -> Entry {
    Entry {
        id: "new-1".to_owned(),
        matches: vec![("id", vec!["CVE-2021-1".to_owned()]), ("path", vec!["a/b".to_owned(), "c".to_owned()])],
        reason: reason.to_owned(),
        owner: Some("team: \"x\"".to_owned()),
        ticket: None,
        approved_by: None,
        expires: "2027-01-31".parse().expect("a day"),
    }
}

fn added(text: &str) -> String {
    match append("w.yml", Some(text), &entry("because")) {
        Ok(appended) => appended.text,
        Err(refused) => panic!("{refused:?}\n{text}"),
    }
}

const OLD: &str = "{id: old, match: {id: CVE-1}, reason: r}";
const FLOW: &str = "{id: new-1, match: {id: \"CVE-2021-1\", path: [\"a/b\", \"c\"]}, reason: \"because\", owner: \"team: \\\"x\\\"\", expires: 2027-01-31}";

fn block(indent: usize, gap: usize, end: &str) -> String {
    entry("because").block(indent, gap, end)
}

#[test]
fn a_waiver_is_added_to_files_of_every_shape_and_nothing_else_changes() {
    let two = block(2, 2, "\n");
    for (before, after) in [
        // Indented, not indented, indented wide.
        (
            "version: 1\nwaivers:\n  - id: old\n    match: {id: CVE-1}\n    reason: r\n",
            format!("version: 1\nwaivers:\n  - id: old\n    match: {{id: CVE-1}}\n    reason: r\n{two}\n"),
        ),
        (
            "version: 1\nwaivers:\n- id: old\n  match: {id: CVE-1}\n  reason: 'r'\n",
            format!("version: 1\nwaivers:\n- id: old\n  match: {{id: CVE-1}}\n  reason: 'r'\n{}\n", block(0, 2, "\n")),
        ),
        (
            "version: 1\nwaivers:\n    -   id: old\n        match: {id: CVE-1}\n        reason: r\n",
            format!(
                "version: 1\nwaivers:\n    -   id: old\n        match: {{id: CVE-1}}\n        reason: r\n{}\n",
                block(4, 4, "\n")
            ),
        ),
        // Items in braces, a comment behind the last, comments and keys after it.
        (
            "# top\nwaivers:\n  - {id: old, match: {id: CVE-1}, reason: r} # why\n  # the end\n\nversion: 1 # one\n",
            format!(
                "# top\nwaivers:\n  - {{id: old, match: {{id: CVE-1}}, reason: r}} # why\n{two}\n  # the end\n\nversion: 1 # one\n"
            ),
        ),
        // No line end, CRLF, a byte-order mark, the ends of a document.
        (
            "version: 1\nwaivers:\n  - {id: old, match: {id: CVE-1}, reason: r}",
            format!("version: 1\nwaivers:\n  - {OLD}\n{two}"),
        ),
        (
            "version: 1\r\nwaivers:\r\n  - {id: old, match: {id: CVE-1}, reason: r}\r\n",
            format!("version: 1\r\nwaivers:\r\n  - {OLD}\r\n{}\r\n", block(2, 2, "\r\n")),
        ),
        (
            "\u{feff}---\nversion: 1\nwaivers:\n  - {id: old, match: {id: CVE-1}, reason: é漢}\n...\n",
            format!(
                "\u{feff}---\nversion: 1\nwaivers:\n  - {{id: old, match: {{id: CVE-1}}, reason: é漢}}\n{two}\n...\n"
            ),
        ),
        // Text of several lines at the end.
        (
            "version: 1\nwaivers:\n  - id: old\n    match: {id: CVE-1}\n    reason: |\n      one # no comment\n      two\n\n# end\n",
            format!(
                "version: 1\nwaivers:\n  - id: old\n    match: {{id: CVE-1}}\n    reason: |\n      one # no comment\n      two\n{two}\n\n# end\n"
            ),
        ),
        (
            "version: 1\nwaivers:\n  - id: old\n    match: {id: CVE-1}\n    reason: >-\n      one\n\n      two\n",
            format!(
                "version: 1\nwaivers:\n  - id: old\n    match: {{id: CVE-1}}\n    reason: >-\n      one\n\n      two\n{two}\n"
            ),
        ),
        (
            "version: 1\nwaivers:\n  - id: old\n    match: {id: CVE-1}\n    reason: one\n      two\n    owner: \"a\n      b\"\n",
            format!(
                "version: 1\nwaivers:\n  - id: old\n    match: {{id: CVE-1}}\n    reason: one\n      two\n    owner: \"a\n      b\"\n{two}\n"
            ),
        ),
        // Blank lines between items stay the habit of the file.
        (
            "version: 1\nwaivers:\n  - {id: a, match: {id: C}, reason: r}\n\n  - {id: b, match: {id: C}, reason: r}\n",
            format!(
                "version: 1\nwaivers:\n  - {{id: a, match: {{id: C}}, reason: r}}\n\n  - {{id: b, match: {{id: C}}, reason: r}}\n\n{two}\n"
            ),
        ),
        // Empty lists.
        ("version: 1\nwaivers: []\n", format!("version: 1\nwaivers:\n{two}\n")),
        ("version: 1\nwaivers: [ ] # none yet", format!("version: 1\nwaivers: # none yet\n{two}")),
        ("waivers: []\nversion: 1\n", format!("waivers:\n{two}\nversion: 1\n")),
        ("version: 1\nwaivers: [\n  # none\n]\n", format!("version: 1\nwaivers: [{FLOW}\n  # none\n]\n")),
        ("{version: 1, waivers: []}\n", format!("{{version: 1, waivers: [{FLOW}]}}\n")),
        // Lists in brackets.
        (
            "version: 1\nwaivers: [{id: old, match: {id: CVE-1}, reason: r}]\n",
            format!("version: 1\nwaivers: [{OLD}, {FLOW}]\n"),
        ),
        (
            "version: 1\nwaivers: [\n  {id: old, match: {id: CVE-1}, reason: r}, # last\n]\n",
            format!("version: 1\nwaivers: [\n  {OLD},\n  {FLOW}, # last\n]\n"),
        ),
        // Nothing but comments, and nothing.
        ("# ours\n", format!("# ours\nversion: 1\nwaivers:\n{two}\n")),
        ("# ours", format!("# ours\nversion: 1\nwaivers:\n{two}\n")),
        ("", format!("version: 1\nwaivers:\n{two}\n")),
    ] {
        assert_eq!(added(before), after, "\n--- from\n{before}");
        // Once more, into what came out: another one goes behind it.
        let another = Entry { id: "new-2".to_owned(), ..entry("again") };
        let again = append("w.yml", Some(&after), &another).expect("added").text;
        assert!(again.contains("new-1") && again.contains("new-2"), "{again}");
    }
}

#[test]
fn a_file_that_does_not_exist_says_what_it_is_for() {
    let Appended { text, line } = append("w.yml", None, &entry("because")).expect("added");
    assert_eq!(text, format!("{HEADER}version: 1\nwaivers:\n{}\n", block(2, 2, "\n")));
    assert_eq!(line, 4);
}

#[test]
fn what_is_wrong_or_cannot_be_added_to_is_left_alone() {
    for wrong in [
        "version: 2\nwaivers: []\n",
        "version: 1\n",
        "version: 1\nwaivers:\n",
        "version: 1\nwaivers: [\n",
        "version: 1\nwaivers: [{id: a}]\n",
        "[]\n",
        "version: 1\nwaivers: [{id: new-1, match: {id: C}, reason: r}, {id: new-1, match: {id: C}, reason: r}]\n",
    ] {
        assert!(matches!(append("w.yml", Some(wrong), &entry("r")), Err(Refused::Wrong(_))), "{wrong}");
    }
    let taken = "version: 1\nwaivers: [{id: new-1, match: {id: C}, reason: r}]\n";
    match append("w.yml", Some(taken), &entry("r")) {
        Err(Refused::Other(error)) => assert!(format!("{error:#}").contains("duplicate waiver `new-1`"), "{error:#}"),
        other => panic!("{other:?}"),
    }
    let apart = "version: 1\nwaivers:\n  -\n    id: old\n    match: {id: CVE-1}\n    reason: r\n";
    assert!(matches!(append("w.yml", Some(apart), &entry("r")), Err(Refused::Other(_))));
}

#[test]
fn anchors_and_aliases_are_kept() {
    let text =
        "version: 1\nwaivers:\n  - &a {id: a, match: &m {id: C}, reason: r}\n  - {id: b, match: *m, reason: r}\n";
    assert_eq!(added(text), format!("{text}{}\n", block(2, 2, "\n")));
}

proptest! {
    #[test]
    fn whatever_somebody_types_is_read_back_as_it_was(
        reason in "\\PC{0,20}[\\x00-\\x1f\\x7f-\\x9f\u{200e}\u{202e}\u{2028}\u{feff}\u{fffe}'\"\\\\:#{}\\[\\],&*!|>%@`-]{0,6}\\PC{1,20}"
    ) {
        prop_assume!(!reason.trim().is_empty());
        for text in ["version: 1\nwaivers: []\n", "{version: 1, waivers: []}"] {
            let appended = append("w.yml", Some(text), &entry(&reason));
            let visible: String = reason.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { ' ' } else { c }).collect();
            prop_assume!(!visible.trim().is_empty());
            let appended = appended.map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
            let mut problems = Problems::default();
            let document = Document::parse("w.yml", &appended.text, &mut problems).expect("it parses");
            let waivers = decode_waivers(&document, &mut problems).expect("it holds a waiver");
            prop_assert_eq!(waivers[0].reason.as_str(), visible.trim());
        }
    }
}
