//! Where a finding is.

use super::Text;

/// A place in the repository. Lines and columns start at 1; columns count Unicode code points where the source tells.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// Relative to the root of the repository, with `/`, without `./` or `..`. Absolute, with a leading `/` or a drive, where
    /// the scanner saw the file in a folder that nobody called the root.
    pub path: Text,
    /// First line.
    pub line: Option<u32>,
    /// First column.
    pub column: Option<u32>,
    /// Last line.
    pub end_line: Option<u32>,
    /// One past the last column.
    pub end_column: Option<u32>,
}

/// Whether a path is not one of the repository.
#[must_use]
pub fn is_absolute(path: &str) -> bool {
    let drive = path.get(1..3) == Some(":/") && path.starts_with(|c: char| c.is_ascii_alphabetic());
    drive || path.starts_with('/')
}
