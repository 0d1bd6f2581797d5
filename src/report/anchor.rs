//! Where a platform shows a thing beside the code: a file of the repository, and a line of it.

use super::Report;
use crate::finding::Finding;

/// A file of the repository, and a line of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Anchor<'a> {
    /// Relative to the root of the repository, with `/`.
    pub(super) path: &'a str,
    /// From 1. Consumers may read it into 32 bits.
    pub(super) line: u32,
}

/// The longest path of a file that an operating system opens, in bytes.
const LONGEST: usize = 4_096;

/// Where policies usually stand.
const USUAL_POLICY: &str = ".findgate.yml";

/// The place of a finding; its first line where no line is told. `None` where it has no file of a repository.
pub(super) fn of(finding: &Finding) -> Option<Anchor<'_>> {
    let location = finding.location.as_ref()?;
    relative(&location.path).map(|path| at(path, location.line.unwrap_or(1)))
}

/// Where a thing without a file is shown on platforms that take none without.
pub(super) fn at_policy<'a>(report: &Report<'a>) -> Anchor<'a> {
    at_line(report, report.policy_origin, 1)
}

/// A line of a file of the policy; one that is built in or lies elsewhere is shown where a policy usually stands.
pub(super) fn at_line<'a>(report: &Report<'a>, file: &'a str, line: u32) -> Anchor<'a> {
    in_policy(report, file, line).unwrap_or(Anchor { path: USUAL_POLICY, line: 1 })
}

/// A line of a file of the policy, else the beginning of the policy. `None` where neither is a file of the repository.
pub(super) fn in_policy<'a>(report: &Report<'a>, file: &'a str, line: u32) -> Option<Anchor<'a>> {
    let own = |name: &'a str| {
        if name.contains(':') { None } else { relative(name.strip_prefix("./").unwrap_or(name)) }
    };
    own(file).map(|path| at(path, line)).or_else(|| own(report.policy_origin).map(|path| at(path, 1)))
}

fn at(path: &str, line: u32) -> Anchor<'_> {
    Anchor { path, line: line.clamp(1, i32::MAX as u32) }
}

/// A path of the repository. The model promises such paths; a source that broke the promise must not spoil what the
/// platform makes of everything else.
pub(super) fn relative(path: &str) -> Option<&str> {
    let fits = (1..=LONGEST).contains(&path.len())
        && !path.contains(char::is_control)
        && path.split('/').all(|segment| !matches!(segment, "" | "." | ".."));
    fits.then_some(path)
}
