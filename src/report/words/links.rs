//! Links that outputs may carry.

use std::borrow::Cow;

use crate::finding::Location;
use crate::policy::Place;
use crate::project::Ci;
use crate::report::Report;
use crate::report::escape::percent_encode_path;

/// A link that may stand in a URI field and between angle brackets of Markdown: https, written in the characters of RFC
/// 3986, without credentials, and not longer than platforms take.
pub(in crate::report) fn https(link: &str) -> Option<&str> {
    const LENGTH: usize = 2_048;
    let rest = link.strip_prefix("https://")?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host_fits =
        !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b':'));
    let (name, port) = host.split_once(':').unwrap_or((host, ""));
    let rest_fits =
        rest[host.len()..].bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/?#%!$&'()*+,;=:@".contains(&b))
            && rest.split('%').skip(1).all(|after| after.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2)
            && rest.matches('#').count() <= 1;
    let port_fits = port.bytes().all(|b| b.is_ascii_digit());
    (link.len() <= LENGTH && host_fits && !name.is_empty() && port_fits && rest_fits).then_some(link)
}

/// A repository as it is known (`github.com/acme/payments`) as an address.
pub(in crate::report) fn repository_uri(repository: &str) -> Option<String> {
    let (host, path) = repository.split_once('/')?;
    let address: Cow<'_, str> = percent_encode_path(path);
    https(&format!("https://{host}/{address}")).map(str::to_owned)
}

/// Where a platform shows a file as it was judged, at the line. Of a host that nobody knows the layout of there is none.
pub(in crate::report) fn file(report: &Report<'_>, location: &Location) -> Option<String> {
    at_commit(report, report.project.commit.as_deref()?, &location.path, location.line)
}

/// Where a platform shows what stands in the policy, in the version that decided. Of a built-in policy, of one that is
/// extended by one of the base, and of one that is no file of the repository there is none.
pub(in crate::report) fn policy(report: &Report<'_>, place: &Place) -> Option<String> {
    let is_file = !place.file.starts_with("preset:");
    let is_of_base = *place.file == *report.policy_origin && report.policy_shown.contains(" at base ");
    let commit = match report.trust {
        "worktree" => report.project.commit.as_deref(),
        _ => report.base.filter(|_| is_of_base),
    };
    at_commit(report, commit.filter(|_| is_file)?, &place.file, Some(place.line))
}

fn at_commit(report: &Report<'_>, commit: &str, path: &str, line: Option<u32>) -> Option<String> {
    let project = report.project;
    let repository = project.repository.as_deref()?;
    let host = repository.split('/').next()?;
    let (folder, mark) = match (host, project.ci) {
        ("github.com", _) | (_, Ci::Github) => ("blob", "#L"),
        ("gitlab.com", _) | (_, Ci::Gitlab) => ("-/blob", "#L"),
        ("bitbucket.org", _) => ("src", "#lines-"),
        _ => return None,
    };
    let is_commit = commit.len() >= 7 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_inside = !path.is_empty() && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    let line = line.map(|line| format!("{mark}{line}")).unwrap_or_default();
    let uri = repository_uri(repository).filter(|_| is_commit && is_inside)?;
    https(&format!("{uri}/{folder}/{commit}/{}{line}", percent_encode_path(path))).map(str::to_owned)
}
