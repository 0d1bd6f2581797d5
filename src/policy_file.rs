//! The policy as a file: reading it, and drawing what is wrong with it.
//!
//! It knows files and the look of a diagnostic, and nothing of the language. The text that it draws is hostile: a policy
//! may come with a change that nobody has looked at.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use anyhow::bail;

use crate::digest::digest;
use crate::policy::{MAX_BYTES, PRESETS, Place, Preset, Problem, is_deceptive, quoted};

mod append;
mod credentials;
mod load;
mod parents;
#[cfg(test)]
mod parents_tests;
mod proposal;
mod waivers;

pub use append::{Appended, Entry, Refused, append};
pub use load::{Address, InputFile, Loaded, Loading, NotLoaded, POLICY_FILES, Role, Texts, Wrong, load};
pub use parents::{Extends, beside, digest_of};
pub use proposal::{proposal, proposed_end, waiver_id, waiver_name};

/// A policy that was read and is text.
#[derive(Clone, Debug)]
pub struct PolicyFile {
    /// Its text, a byte-order mark included.
    pub text: String,
    /// `sha256:` and the digest of its bytes.
    pub digest: String,
}

/// A built-in policy, as if it had been read.
///
/// # Errors
/// If there is none of that name; the message lists them.
pub fn preset(name: &str) -> anyhow::Result<PolicyFile> {
    let Some(preset) = Preset::named(name) else {
        let nearest = PRESETS.iter().map(|preset| (strsim::jaro_winkler(preset.name, name), preset.name));
        let nearest = nearest.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(likeness, _)| *likeness > 0.7);
        let help = nearest.map(|(_, near)| format!("did you mean preset:{near}? ")).unwrap_or_default();
        let known: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
        bail!("there is no built-in policy {}; {help}built in: {}", quoted(name), known.join(", "));
    };
    Ok(PolicyFile { text: preset.text.to_owned(), digest: digest(preset.text.as_bytes()) })
}

/// Takes bytes for a policy.
///
/// # Errors
/// If there are more than a policy may have, or they are not UTF-8.
pub fn decode(bytes: Vec<u8>) -> anyhow::Result<PolicyFile> {
    if bytes.len() > MAX_BYTES {
        bail!("it is larger than {MAX_BYTES} bytes (1 MiB), the most that is read; a policy is written by people");
    }
    if let Some(encoding) = other_encoding(&bytes) {
        bail!("it is {encoding}; save it as UTF-8");
    }
    let digest = digest(&bytes);
    match String::from_utf8(bytes) {
        Ok(text) => Ok(PolicyFile { text, digest }),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let line = error.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
            bail!("it is not UTF-8: byte {at}, in line {line}, belongs to no character; save it as UTF-8")
        }
    }
}

/// The encodings that editors on Windows write, with their marks or without.
fn other_encoding(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, 1..=255, ..] | [1..=255, 0, 0, 0, ..] => {
            Some("UTF-32")
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=255, ..] | [1..=255, 0, ..] => Some("UTF-16"),
        _ => None,
    }
}

/// The most problems that are drawn; the rest is counted.
const MOST: usize = 50;
/// How many lines may lie between two places of one drawing.
const APART: u32 = 12;
/// The last column that is drawn. Further right only the place is told, for nobody reads such a line.
const LAST_COLUMN: u32 = 500;
/// How many characters of a mark, and of a line behind it, are drawn.
const LONGEST: usize = 120;

/// Draws problems as compilers do, each with its source line, and a last line that counts them.
///
/// `text_of` gives the text of a file by the name that its places have; where it gives none, only the place is told.
#[must_use]
pub fn draw<'t>(problems: &[Problem], text_of: impl Fn(&str) -> Option<&'t str>, styled: bool) -> String {
    draw_all(problems, Gravity::Error, text_of, styled)
}

/// The same for hints: nothing is wrong.
#[must_use]
pub fn draw_hints<'t>(hints: &[Problem], text_of: impl Fn(&str) -> Option<&'t str>, styled: bool) -> String {
    draw_all(hints, Gravity::Hint, text_of, styled)
}

/// How grave what is drawn is.
#[derive(Clone, Copy)]
enum Gravity {
    Error,
    Hint,
}

impl Gravity {
    fn level(self) -> Level<'static> {
        match self {
            Gravity::Error => Level::ERROR,
            Gravity::Hint => Level::NOTE.with_name("hint"),
        }
    }

    /// What is counted in the last line.
    fn noun(self) -> &'static str {
        match self {
            Gravity::Error => "problem",
            Gravity::Hint => "hint",
        }
    }
}

fn draw_all<'t>(
    problems: &[Problem],
    gravity: Gravity,
    text_of: impl Fn(&str) -> Option<&'t str>,
    styled: bool,
) -> String {
    let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    let mut texts: BTreeMap<std::sync::Arc<str>, String> = BTreeMap::new();
    let mut pieces: Vec<String> = Vec::new();
    let files = |problem: &'_ Problem| {
        [Some(problem.place.file.clone()), problem.related.as_ref().map(|(place, _)| place.file.clone())]
    };
    for file in problems.iter().take(MOST).flat_map(files).flatten() {
        if let (false, Some(text)) = (texts.contains_key(&file), text_of(&file)) {
            let (starred, hidden) = credentials::star(text);
            texts.insert(file.clone(), starred);
            pieces.extend(hidden);
        }
    }
    // The longest first: one may be a part of another.
    pieces.sort_by_key(|piece| std::cmp::Reverse(piece.len()));
    let text_of = |file: &str| texts.get(file).map(String::as_str);
    for problem in problems.iter().take(MOST) {
        out.push_str(&draw_one(problem, gravity, &text_of, &pieces, &renderer));
        out.push_str("\n\n");
    }
    if problems.len() > MOST {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{} more are not shown\n", problems.len() - MOST);
    }
    let mut files: Vec<&str> = problems.iter().map(|problem| &*problem.place.file).collect();
    files.dedup();
    let files: Vec<String> = files.into_iter().map(clean).collect();
    let count = match problems.len() {
        1 => format!("1 {}", gravity.noun()),
        count => format!("{count} {}s", gravity.noun()),
    };
    let _ = writeln!(out, "{count} in {}", files.join(", "));
    out
}

fn draw_one<'t>(
    problem: &Problem,
    gravity: Gravity,
    text_of: &impl Fn(&str) -> Option<&'t str>,
    hidden: &[String],
    renderer: &Renderer,
) -> String {
    let Problem { place, message, label, help, related } = problem;
    let message = clean(&credentials::without(message, hidden));
    let mut group = Group::with_title(gravity.level().primary_title(&message));
    let marks = Marks::of(place, label.as_deref(), related.as_ref());
    for marks in marks {
        let text = text_of(&marks.file).filter(|_| marks.all.iter().all(|mark| mark.place.column <= LAST_COLUMN));
        match text {
            Some(text) => group = group.element(snippet(text, &marks)),
            None => {
                for Mark { place, .. } in &marks.all {
                    let origin = Origin::path(clean(&place.file)).line(place.line as usize);
                    group = group.element(origin.char_column(place.column as usize));
                }
            }
        }
    }
    if let Some(help) = help {
        group = group.element(Level::HELP.message(clean(&credentials::without(help, hidden))));
    }
    renderer.render(&[group])
}

/// Marks that are drawn together.
struct Marks<'p> {
    file: String,
    all: Vec<Mark<'p>>,
}

struct Mark<'p> {
    place: &'p Place,
    kind: AnnotationKind,
    label: Option<String>,
}

impl<'p> Marks<'p> {
    fn of(place: &'p Place, label: Option<&str>, related: Option<&'p (Place, String)>) -> Vec<Marks<'p>> {
        let first = Mark { place, kind: AnnotationKind::Primary, label: label.map(clean) };
        let mut marks = vec![Marks { file: place.file.to_string(), all: vec![first] }];
        if let Some((second, label)) = related {
            let mark = Mark { place: second, kind: AnnotationKind::Context, label: Some(clean(label)) };
            match marks.first_mut() {
                Some(marks) if second.file == place.file && second.line.abs_diff(place.line) <= APART => {
                    marks.all.push(mark)
                }
                _ => marks.push(Marks { file: second.file.to_string(), all: vec![mark] }),
            }
        }
        marks
    }
}

/// The lines from the first to the last mark, made harmless.
fn snippet<'s>(text: &str, marks: &Marks<'_>) -> Snippet<'s, Annotation<'s>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let spans: Vec<Range<usize>> = marks.all.iter().map(|mark| visible(text, &mark.place.bytes)).collect();
    let from = spans.iter().map(|span| line_of(text, span.start).start).min().unwrap_or(0);
    let to = spans.iter().map(|span| line_of(text, span.start).end).max().unwrap_or(text.len());
    let mut source = String::new();
    // Where each mark begins and ends in the source that is drawn.
    let mut drawn: Vec<Range<usize>> = spans.iter().map(|_| 0..0).collect();
    let mut at = from;
    while at <= to {
        let line = line_of(text, at);
        let shown = spans.iter().filter(|s| line.start <= s.start && s.start <= line.end).map(|s| s.end).max();
        let mut rest = LONGEST;
        for (offset, char) in text.get(line.clone()).unwrap_or_default().char_indices() {
            let offset = line.start + offset;
            note(&spans, &mut drawn, offset, source.len());
            if offset >= shown.unwrap_or(line.start) {
                if rest == 0 {
                    source.push('…');
                    break;
                }
                rest -= 1;
            }
            source.push(harmless(char));
        }
        note(&spans, &mut drawn, line.end, source.len());
        source.push('\n');
        // Beyond the line feed, or the carriage return and the line feed.
        at = text
            .get(line.end..)
            .and_then(|rest| rest.find('\n'))
            .map_or(text.len() + 1, |newline| line.end + newline + 1);
    }
    let first = text.get(..from).map_or(0, |before| before.matches('\n').count()) + 1;
    let mut snippet = Snippet::source(source).line_start(first).path(clean(&marks.file));
    for (mark, span) in marks.all.iter().zip(drawn) {
        snippet = snippet.annotation(mark.kind.span(span.start..span.end.max(span.start)).label(mark.label.clone()));
    }
    snippet
}

/// Notes where the marks that begin or end at an offset of the text do so in what is drawn.
fn note(spans: &[Range<usize>], drawn: &mut [Range<usize>], offset: usize, at: usize) {
    for (span, drawn) in spans.iter().zip(drawn) {
        if span.start == offset {
            drawn.start = at;
        }
        if span.end == offset {
            drawn.end = at;
        }
    }
}

/// The part of a mark that is drawn: on its first line, and not longer than anybody reads.
fn visible(text: &str, bytes: &Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(bytes.start.min(text.len()));
    let line = line_of(text, start);
    let start = start.min(line.end);
    let end = bytes.end.clamp(start, line.end);
    let marked = text.get(start..end).unwrap_or_default();
    let length = marked.char_indices().nth(LONGEST).map_or(marked.len(), |(at, _)| at);
    start..start + length
}

/// The line that an offset is on, without its end.
fn line_of(text: &str, offset: usize) -> Range<usize> {
    let start = text.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
    let line = text.get(start..).unwrap_or_default();
    let line = line.split('\n').next().unwrap_or_default();
    start..start + line.strip_suffix('\r').unwrap_or(line).len()
}

/// A character that is shown as itself; one that is not is replaced by one, so that no mark moves.
fn harmless(char: char) -> char {
    match char {
        '\t' => char,
        c if is_deceptive(c) => '\u{fffd}',
        // Characters without width would let a mark stand beside what it means.
        '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{ad}' => '\u{fffd}',
        c => c,
    }
}

/// Text of a message on one line.
fn clean(text: &str) -> String {
    text.chars().map(|char| if char == '\t' { ' ' } else { harmless(char) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Document, Problems, decode as decode_policy};

    fn drawn(text: &str) -> String {
        let mut problems = Problems::default();
        if let Some(document) = Document::parse(".findgate.yml", text, &mut problems) {
            let _ = decode_policy(&document, &[], &mut problems);
        }
        draw(&problems.sorted(), |_| Some(text), false)
    }

    #[test]
    fn a_problem_is_drawn_under_its_source_line_with_the_help_below() {
        let want = "\
error: unknown severity `critcal`
 --> .findgate.yml:2:19
  |
2 | thresholds: {all: critcal, secret: any}
  |                   ^^^^^^^ not a severity
  |
  = help: did you mean `critical`?

1 problem in .findgate.yml
";
        let text = "version: 1\nthresholds: {all: critcal, secret: any}\n";
        assert_eq!(drawn(text), want);
        assert_eq!(drawn(&text.replace('\n', "\r\n")), want);
        assert_eq!(drawn(&format!("\u{feff}{text}")), want);
    }

    #[test]
    fn both_places_of_a_duplicate_are_drawn_together_or_apart_when_far() {
        let near = drawn("version: 1\nthresholds: {all: high}\nversion: 1\n");
        let want = "\
error: duplicate key `version`
 --> .findgate.yml:3:1
  |
1 | version: 1
  | ------- first here
2 | thresholds: {all: high}
3 | version: 1
  | ^^^^^^^ and here again
  |
  = help: keep one of them; findgate does not choose

1 problem in .findgate.yml
";
        assert_eq!(near, want);
        let far = drawn(&format!("version: 1\nthresholds: {{all: high}}\n{}version: 1\n", "#\n".repeat(500)));
        assert!(far.contains("503 | version: 1"), "{far}");
        assert!(far.contains("  1 | version: 1"), "{far}");
        assert!(far.lines().count() < 20, "{far}");
    }

    #[test]
    fn hostile_characters_are_replaced_and_no_mark_moves() {
        let text = "version: 1\n# \u{202e}\u{1b}[31m\u{9b}\nthresholds: {all: \u{200b}hgih} # \u{2028}\u{200f}\n";
        let out = drawn(text);
        assert!(!out.contains(|c: char| c != '\n' && is_deceptive(c)), "{out:?}");
        let mut problems = Problems::default();
        let place = Place { file: "a\u{1b}[31mb".into(), line: 3, column: 20, bytes: 0..0 };
        let at = text.find("hgih").expect("there");
        problems.add(
            Problem::new(&Place { bytes: at..at + 4, ..place }, "bad\u{7}\u{202e}").label("l\u{1b}").help("h\u{9b}"),
        );
        let out = draw(&problems.sorted(), |_| Some(text), false);
        assert!(!out.contains(|c: char| c != '\n' && is_deceptive(c)), "{out:?}");
        assert!(out.contains("3 | thresholds: {all: \u{fffd}hgih}"), "{out}");
        assert!(out.contains("  |                    ^^^^ l"), "{out}");
    }

    #[test]
    fn long_lines_and_many_problems_are_cut() {
        let long =
            format!("version: 1\nthresholds: {{all: {}}}\nname: [{}x]\n", "h".repeat(200_000), "'',".repeat(100_000));
        let out = drawn(&long);
        assert!(out.len() < 2_000, "{} bytes: {}", out.len(), &out[..1000]);
        let right = format!("version: 1\nname: x{}\nthresholds: {{ {}all: hgih }}\n", "", " ".repeat(100_000));
        let out = drawn(&right);
        assert!(out.contains(".findgate.yml:3:100020"), "{out}");
        assert!(out.len() < 1_000, "{}", out.len());
        let many: String = (0..1000).map(|n| format!("key{n}: 1\n")).collect();
        let out = drawn(&format!("version: 1\nthresholds: {{all: high}}\n{many}"));
        assert!(out.contains("950 more are not shown"), "{out}");
        assert!(out.ends_with("1000 problems in .findgate.yml\n"));
    }

    #[test]
    fn without_a_text_the_place_is_told() {
        let mut problems = Problems::default();
        problems.add(Problem::new(&Place { file: "x.yml".into(), line: 7, column: 3, bytes: 90..95 }, "wrong"));
        let out = draw(&problems.sorted(), |_| None, false);
        assert!(out.starts_with("error: wrong\n--> x.yml:7:3\n"), "{out}");
    }

    #[test]
    fn places_that_do_not_fit_the_text_harm_nothing() {
        for bytes in [0..0, 5..900, 900..901, 2..3, 1..2] {
            let mut problems = Problems::default();
            problems.add(Problem::new(&Place { file: "x".into(), line: 1, column: 1, bytes }, "wrong").label("here"));
            assert!(draw(&problems.sorted(), |_| Some("\u{fc}\u{fc}\r\nx"), true).contains("wrong"));
        }
    }

    #[test]
    fn files_that_are_no_policy_are_refused_with_the_reason() {
        let error = |bytes: &[u8]| format!("{:#}", decode(bytes.to_vec()).expect_err("refused"));
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        assert_eq!(error(&utf16("\u{feff}version: 1")), "it is UTF-16; save it as UTF-8");
        assert_eq!(error(&utf16("version: 1")), "it is UTF-16; save it as UTF-8");
        assert_eq!(error(b"\xff\xfe\0\0v\0\0\0"), "it is UTF-32; save it as UTF-8");
        assert_eq!(
            error(b"a: 1\nb: \xe4\n"),
            "it is not UTF-8: byte 8, in line 2, belongs to no character; save it as UTF-8"
        );
        assert!(error(&vec![b'a'; MAX_BYTES + 1]).contains("larger than 1048576 bytes (1 MiB)"));
        let good = decode(b"\xef\xbb\xbfa: 1".to_vec()).expect("UTF-8");
        assert_eq!(good.text, "\u{feff}a: 1");
    }
}
