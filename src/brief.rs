//! Errors that repeat no more than a reader needs: what says why a document cannot be read may quote all that stands in it.

/// The most of an error that is repeated, in characters.
const LONGEST: usize = 1000;

/// The error, cut where it is long.
pub(crate) fn bounded(error: anyhow::Error) -> anyhow::Error {
    let text = format!("{error:#}");
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => anyhow::anyhow!("{}…", text.get(..end).unwrap_or_default()),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use anyhow::{Context as _, anyhow};

    use super::*;

    #[test]
    fn an_error_repeats_no_more_than_a_reader_needs() {
        let error = || anyhow!("no number: {}", "\u{e4}".repeat(5000)).context("read it");
        let cut = bounded(error()).to_string();
        assert!(cut.starts_with("read it: no number: \u{e4}") && cut.ends_with('\u{2026}'), "{cut}");
        assert_eq!(cut.chars().count(), LONGEST + 1);
        let short = bounded(Err::<(), _>(anyhow!("a")).context("b").unwrap_err());
        assert_eq!((short.to_string(), format!("{short:#}")), ("b".to_owned(), "b: a".to_owned()));
    }
}
