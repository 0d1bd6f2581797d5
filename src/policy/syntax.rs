//! What a fault in the YAML itself means, in the words of somebody who writes a policy.

use granit_parser::ErrorKind;

use super::{Place, Problem};

/// The deepest nesting of lists and maps. The decoder recurses into a document; this is what bounds it.
pub(super) const MAX_DEPTH: usize = 32;

/// The problem that tells a syntax error. `opener` is the innermost bracket that is still open.
pub(super) fn problem(kind: &ErrorKind, mut place: Place, opener: Option<&Place>, text: &str) -> Problem {
    if *kind == ErrorKind::RecursionLimitExceeded {
        return too_deep(&place);
    }
    let line = line_at(text, place.bytes.start);
    let (message, help) = words(kind);
    if is_unclosed(kind)
        && let Some(opener) = opener
    {
        let mut opener = opener.clone();
        opener.bytes.end = opener.bytes.end.min(opener.bytes.start + 1);
        let bracket = text.get(opener.bytes.clone()).unwrap_or("[");
        let problem = Problem::new(&opener, format!("the bracket `{bracket}` is not closed")).label("opened here");
        return problem.help(help);
    }
    // The mark is empty; one character of the line shows it better than the end of the line before.
    if let Some(char) = text.get(place.bytes.start..).and_then(|rest| rest.chars().next())
        && char != '\n'
        && char != '\r'
    {
        place.bytes.end = place.bytes.start + char.len_utf8();
    }
    let problem = Problem::new(&place, message).label("here");
    if has_unquoted_comparison(line) {
        return problem.help("a comparison needs quotes, for a plain `>` starts a block of text: \">=high\", \">0.5\"");
    }
    if matches!(kind, ErrorKind::UnknownQuotedScalarEscape) {
        return problem.help("in double quotes `\\` starts an escape; use `/` in paths, or single quotes");
    }
    if *kind == ErrorKind::InvalidColonPlacement
        && let Some(opener) = opener
    {
        let mut opener = opener.clone();
        opener.bytes.end = opener.bytes.end.min(opener.bytes.start + 1);
        return problem.related(&opener, "this bracket is still open").help(help);
    }
    problem.help(help)
}

/// The problem of a document with more levels than are read.
pub(super) fn too_deep(place: &Place) -> Problem {
    let problem = Problem::new(place, format!("the policy is nested more than {MAX_DEPTH} levels deep"));
    problem.label("too deep").help("flatten it; `any` and `all` take lists of any length")
}

fn is_unclosed(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnexpectedEofFlowSequence
            | ErrorKind::UnexpectedEofFlowMapping
            | ErrorKind::UnclosedFlowCollection { .. }
            | ErrorKind::ExpectedFlowSequenceSeparator
            | ErrorKind::ExpectedFlowMappingSeparator
    )
}

/// `severity: >=high`, which YAML reads as the header of a block of text.
fn has_unquoted_comparison(line: &str) -> bool {
    line.match_indices('>').any(|(at, _)| {
        let before = line.get(..at).unwrap_or_default().trim_end();
        let after = line.get(at + 1..).unwrap_or_default();
        before.ends_with([':', '-', '[', ',', '{'])
            && after.trim_start().starts_with(|c: char| c == '=' || c.is_ascii_alphanumeric() || c == '.')
    })
}

fn line_at(text: &str, at: usize) -> &str {
    let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
    let rest = text.get(start..).unwrap_or_default();
    rest.lines().next().unwrap_or_default()
}

/// What is wrong, and what to do.
fn words(kind: &ErrorKind) -> (String, &'static str) {
    let indentation = "indent every key of a map by the same number of spaces";
    let (message, help) = match kind {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar => {
            ("a tab stands where YAML wants spaces", "indent with spaces; YAML allows no tabs there")
        }
        ErrorKind::UnclosedQuotedScalar
        | ErrorKind::InvalidQuotedScalarIndent
        | ErrorKind::DocumentIndicatorInQuotedScalar => {
            ("a quote that was opened before this is not closed", "close the quote on the line where the text ends")
        }
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => (
            "something follows the closing quote",
            "put the whole text in quotes; in single quotes a quote is written twice",
        ),
        ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::ExpectedFlowSequenceSeparator
        | ErrorKind::ExpectedFlowMappingSeparator => {
            ("a bracket is not closed", "close it, and separate what stands in it by commas")
        }
        ErrorKind::UnexpectedEofImplicitFlowMapping => {
            ("expected a key or a closing bracket", "remove the comma, or write the key before it")
        }
        ErrorKind::MisplacedFlowCollectionEnd | ErrorKind::MismatchedFlowCollectionEnd { .. } => {
            ("this bracket closes nothing", "remove it, or open its pair")
        }
        ErrorKind::InvalidColonPlacement | ErrorKind::FlowMappingValueAdjacentCollection => {
            ("a `:` stands where no key may be", "close the bracket before it, or put a space after the colon")
        }
        ErrorKind::MappingValueNotAllowed
        | ErrorKind::MappingKeyNotAllowed
        | ErrorKind::InvalidMappingValueWhitespace => (
            "a key and its `:` stand where no key may be",
            "indent every key of a map by the same number of spaces; text that holds `: ` needs quotes",
        ),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey | ErrorKind::ExpectedBlockMappingKey => {
            ("expected a key with a colon and a space after it", "write `key: value`, indented as the keys above it")
        }
        ErrorKind::InvalidIndentation | ErrorKind::InvalidFlowScalarIndent | ErrorKind::InvalidBlockScalarIndent => {
            ("the indentation fits nothing above", indentation)
        }
        ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::BlockSequenceEntryNotAllowed
        | ErrorKind::BlockEntryInFlowCollection
        | ErrorKind::InvalidBlockEntryWhitespace
        | ErrorKind::PlainScalarStartsWithDashFlowIndicator => {
            ("a `-` stands where no list may be", "indent every `- ` of a list by the same number of spaces")
        }
        ErrorKind::InvalidBlockScalarHeader | ErrorKind::ZeroBlockScalarIndent => {
            ("a `>` or `|` starts a block of text, and this is none", "put the text in quotes")
        }
        ErrorKind::UnexpectedCharacter { character } => {
            let message = format!("text may not begin with {}", super::problem::quoted(&character.to_string()));
            return (message, "put the text in quotes");
        }
        ErrorKind::MissingAnchorOrAliasName => {
            ("text may not begin with `*` or `&`, which name a value", "put the text in quotes: \"*.js\"")
        }
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidLowSurrogateHexEscape
        | ErrorKind::InvalidLowSurrogate
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::UnpairedLowSurrogate
        | ErrorKind::InvalidUnicodeEscape => (
            "an escape in this quoted text does not exist",
            "in double quotes `\\` starts an escape; use single quotes",
        ),
        ErrorKind::CommentNotSeparated | ErrorKind::CommentInterceptedScalar => {
            ("a comment stands inside text", "put a space before `#`, or quotes around the text")
        }
        other => return (format!("this is not YAML: {other}"), "see https://yaml.org/spec/1.2.2/"),
    };
    (message.to_owned(), help)
}
