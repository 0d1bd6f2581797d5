//! Where a finding is.

use super::Text;

/// A place in the repository. Lines and columns start at 1; columns count Unicode code points where the source tells.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// Relative to the root of the repository, with `/`, without `./` or `..`.
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
