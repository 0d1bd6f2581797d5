//! The address of a git remote, made into the host and path that people know.
//!
//! An address may carry credentials. They are removed here, and no message of this file repeats an address: one that
//! cannot be read for sure is refused, for what looks like a host in it may be the half of a password.

/// Why an address names no repository.
pub(super) type Nowhere = &'static str;

const LOCAL: Nowhere = "is a path of this machine";
const ALIAS: Nowhere = "has a host that looks like an alias of the SSH configuration";
const UNREADABLE: Nowhere = "cannot be read as an address";

/// Addresses of SSH that stand for a host of another name, for networks that let only port 443 through.
const ALIASES: [(&str, &str); 3] =
    [("ssh.github.com", "github.com"), ("altssh.gitlab.com", "gitlab.com"), ("altssh.bitbucket.org", "bitbucket.org")];

/// Host and path of a remote's address in any of the forms that git takes: `github.com/acme/payments`.
pub(super) fn repository(address: &str) -> Result<String, Nowhere> {
    let address = address.trim();
    let (transport, host, path) = match address.split_once("://") {
        Some((scheme, rest)) => url(scheme, rest)?,
        None => scp(address)?,
    };
    // Whoever writes credentials with a slash in them gets here with half of them in the path.
    if path.contains('@') || !is_host(&host) {
        return Err(UNREADABLE);
    }
    let mut segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    if let Some(last) = segments.last_mut() {
        *last = last.strip_suffix(".git").unwrap_or(last);
    }
    if segments.iter().all(|segment| segment.is_empty()) {
        return Err(UNREADABLE);
    }
    if let Some(azure) = azure(&host, &segments) {
        return azure;
    }
    if transport == Transport::Ssh && is_alias(&host) {
        return Err(ALIAS);
    }
    // Bitbucket Server clones over HTTP from below `/scm/`, which is no part of the name.
    if let (Transport::Http, ["scm", _, _]) = (transport, segments.as_slice()) {
        segments.remove(0);
    }
    let host = ALIASES.iter().find(|(alias, _)| *alias == host).map_or(host.as_str(), |(_, name)| name);
    Ok(format!("{host}/{}", segments.join("/")))
}

/// A repository as a user names it: host and path, but people paste addresses, too.
pub(super) fn named(text: &str) -> Result<String, Nowhere> {
    let authority = text.split('/').next().unwrap_or_default();
    let host = without_user(authority);
    // Behind a host stands a port or, in the short form of SSH, the path.
    let is_scp = !host.starts_with('[')
        && host.rsplit_once(':').is_some_and(|(_, port)| !port.bytes().all(|byte| byte.is_ascii_digit()));
    if text.contains("://") || is_scp {
        repository(text)
    } else if authority.contains('@') {
        repository(&format!("https://{text}"))
    } else {
        Ok(text.to_owned())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Transport {
    Ssh,
    Http,
    Git,
}

/// The host in small letters, and the path.
type Parts<'a> = (Transport, String, &'a str);

fn url<'a>(scheme: &str, rest: &'a str) -> Result<Parts<'a>, Nowhere> {
    let scheme = scheme.to_ascii_lowercase();
    let (transport, default_port) = match scheme.as_str() {
        "file" => return Err(LOCAL),
        "https" | "git+https" => (Transport::Http, "443"),
        "http" | "git+http" => (Transport::Http, "80"),
        "git" => (Transport::Git, "9418"),
        "ssh" | "git+ssh" | "ssh+git" => (Transport::Ssh, ""),
        _ => return Err(UNREADABLE),
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_once('/').ok_or(UNREADABLE)?;
    let (host, port) = host_and_port(without_user(authority))?;
    let host = host.to_lowercase();
    // A port of SSH says nothing about the address that people open.
    let port = port.filter(|port| transport != Transport::Ssh && *port != default_port);
    let host = port.map_or(host.clone(), |port| format!("{host}:{port}"));
    Ok((transport, host, path))
}

/// The short form of SSH, `git@host:path`, with a bracket around a host that has colons of its own.
fn scp(address: &str) -> Result<Parts<'_>, Nowhere> {
    let start = address.split(['/', '\\']).next().unwrap_or_default();
    let (host, path) = match start.find('[') {
        Some(open) => {
            let (inside, rest) = address.get(open + 1..).and_then(|rest| rest.split_once(']')).ok_or(UNREADABLE)?;
            let inside = without_user(inside);
            let bracketed = format!("[{inside}]");
            let host = if inside.matches(':').count() > 1 { bracketed } else { host_and_port(inside)?.0.to_owned() };
            (host, rest.strip_prefix(':').ok_or(UNREADABLE)?)
        }
        None => {
            // A slash before the colon, or one letter before it, is a path of this machine.
            let (host, path) = address.split_once(':').filter(|_| start.contains(':')).ok_or(LOCAL)?;
            if host.len() < 2 {
                return Err(LOCAL);
            }
            // `ext::command`: a program of git's that knows what the rest means.
            if path.starts_with(':') {
                return Err(UNREADABLE);
            }
            (without_user(host).to_owned(), path)
        }
    };
    Ok((Transport::Ssh, host.to_lowercase(), path))
}

fn without_user(authority: &str) -> &str {
    authority.rsplit('@').next().unwrap_or_default()
}

fn host_and_port(authority: &str) -> Result<(&str, Option<&str>), Nowhere> {
    // The colons of an IPv6 address stand in brackets.
    let end = authority.rfind(']').map_or(0, |at| at + 1);
    let (host, port) = match authority.get(end..).and_then(|rest| rest.find(':')) {
        Some(colon) => (&authority[..end + colon], Some(&authority[end + colon + 1..])),
        None => (authority, None),
    };
    match port {
        Some(port) if !port.bytes().all(|byte| byte.is_ascii_digit()) => Err(UNREADABLE),
        port => Ok((host, port.filter(|port| !port.is_empty()))),
    }
}

/// Whether this may be a host, perhaps with a port.
fn is_host(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inside, port)) => {
            let is_address = inside.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '.' | '%'));
            return is_address && (port.is_empty() || port.starts_with(':'));
        }
        None => host.split_once(':').unwrap_or((host, "0")),
    };
    let is_name = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '.' | '_'));
    is_name && name.contains(char::is_alphanumeric) && port.bytes().all(|byte| byte.is_ascii_digit())
}

/// `github.com-work`: no top-level domain has a hyphen, except those that are encoded, so nobody but the SSH
/// configuration of one machine knows such a host. One word without a dot may be a host of the house, and is taken for one.
fn is_alias(host: &str) -> bool {
    !host.starts_with('[')
        && host.rsplit_once('.').is_some_and(|(_, top)| top.contains('-') && !top.starts_with("xn--"))
}

/// Azure DevOps writes one repository in many ways; `None` where the host is another.
fn azure(host: &str, segments: &[&str]) -> Option<Result<String, Nowhere>> {
    let named = |organization: &str, project: &str, repository: &str| {
        Some(Ok(format!("dev.azure.com/{organization}/{project}/{repository}")))
    };
    let (organization, rest) = match host {
        "ssh.dev.azure.com" | "vs-ssh.visualstudio.com" => {
            return match segments {
                ["v3", organization, project, repository] => named(organization, project, repository),
                _ => Some(Err(UNREADABLE)),
            };
        }
        "dev.azure.com" => segments.split_first().map(|(organization, rest)| (*organization, rest))?,
        _ => (host.strip_suffix(".visualstudio.com")?, segments),
    };
    match rest.strip_prefix(&["DefaultCollection"]).unwrap_or(rest) {
        [project, "_git" | "_ssh", "_full" | "_optimized", repository]
        | [project, "_git" | "_ssh", repository]
        // The short form of a repository that is named like its project.
        | ["_git" | "_ssh", project @ repository] => named(organization, project, repository),
        _ if host == "dev.azure.com" => None,
        _ => Some(Err(UNREADABLE)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_becomes_host_and_path_without_credentials() {
        for (address, want) in [
            ("https://github.com/o/r.git", Ok("github.com/o/r")),
            ("https://github.com/o/r", Ok("github.com/o/r")),
            ("https://user:token@GitHub.com/o/r/", Ok("github.com/o/r")),
            ("HTTPS://github.com:443/o/r.git/", Ok("github.com/o/r")),
            ("http://github.com:80/o/r", Ok("github.com/o/r")),
            ("https://a@b:p@ss@github.com/o/r.git", Ok("github.com/o/r")),
            ("https://github.com/o/r.git?access_token=secret", Ok("github.com/o/r")),
            ("https://oauth2:t@gitlab.example.com:8443/g/sub/r.git", Ok("gitlab.example.com:8443/g/sub/r")),
            ("git@github.com:o/r.git", Ok("github.com/o/r")),
            ("git@github.com:/o/r.git", Ok("github.com/o/r")),
            ("github.com:o/r.git", Ok("github.com/o/r")),
            ("gitserver:team/r.git", Ok("gitserver/team/r")),
            ("git@git.xn--p1ai:o/r.git", Ok("git.xn--p1ai/o/r")),
            ("ssh://git@gitlab.example.com:2222/g/sub/r.git", Ok("gitlab.example.com/g/sub/r")),
            ("git+ssh://git@github.com/o/r.git", Ok("github.com/o/r")),
            ("git://github.com/o/r.git", Ok("github.com/o/r")),
            ("git://github.com:9418/o/r.git", Ok("github.com/o/r")),
            ("ssh://git@ssh.github.com:443/o/r.git", Ok("github.com/o/r")),
            ("git@altssh.gitlab.com:o/r.git", Ok("gitlab.com/o/r")),
            ("git@ssh.dev.azure.com:v3/org/proj/repo", Ok("dev.azure.com/org/proj/repo")),
            ("ssh://git@ssh.dev.azure.com:22/v3/org/proj/repo", Ok("dev.azure.com/org/proj/repo")),
            ("org@vs-ssh.visualstudio.com:v3/org/proj/repo", Ok("dev.azure.com/org/proj/repo")),
            ("https://org@dev.azure.com/org/proj/_git/repo", Ok("dev.azure.com/org/proj/repo")),
            ("https://dev.azure.com/org/proj/_git/_full/repo", Ok("dev.azure.com/org/proj/repo")),
            ("https://dev.azure.com/org/_git/repo", Ok("dev.azure.com/org/repo/repo")),
            ("https://org.visualstudio.com/proj/_git/repo", Ok("dev.azure.com/org/proj/repo")),
            ("https://org.visualstudio.com/DefaultCollection/proj/_git/repo", Ok("dev.azure.com/org/proj/repo")),
            ("https://org.visualstudio.com/_git/repo", Ok("dev.azure.com/org/repo/repo")),
            ("https://bb.example.com/scm/PRJ/r.git", Ok("bb.example.com/PRJ/r")),
            ("https://bb.example.com/scm/~ada/r.git", Ok("bb.example.com/~ada/r")),
            ("https://gitlab.com/scm/r.git", Ok("gitlab.com/scm/r")),
            ("ssh://git@bb.example.com:7999/prj/r.git", Ok("bb.example.com/prj/r")),
            ("ssh://git@[2001:DB8::1]:2222/g/r.git", Ok("[2001:db8::1]/g/r")),
            ("https://[2001:db8::1]:8443/g/r.git", Ok("[2001:db8::1]:8443/g/r")),
            ("https://[2001:db8::1]/g/r.git", Ok("[2001:db8::1]/g/r")),
            ("git@[2001:db8::1]:g/r.git", Ok("[2001:db8::1]/g/r")),
            ("[git@host.example.com:2222]:g/r.git", Ok("host.example.com/g/r")),
            ("https://github.com/o/my.repo.git", Ok("github.com/o/my.repo")),
            ("https://github.com/o/r.git.git", Ok("github.com/o/r.git")),
            ("git@github.com-work:o/r.git", Err(ALIAS)),
            ("file:///srv/git/r.git", Err(LOCAL)),
            ("/srv/git/r.git", Err(LOCAL)),
            ("../r.git", Err(LOCAL)),
            ("r", Err(LOCAL)),
            ("./a:b", Err(LOCAL)),
            (r"C:\r", Err(LOCAL)),
            (r"\\server\share\r", Err(LOCAL)),
            ("C:/r.git", Err(LOCAL)),
            ("", Err(LOCAL)),
        ] {
            assert_eq!(repository(address), want.map(str::to_owned), "{address}");
        }
    }

    #[test]
    fn an_address_that_cannot_be_read_for_sure_is_refused_and_so_gives_no_credential_away() {
        for address in [
            "https://user:pa/ss@github.com/o/r.git",
            "https://user:12/ss@github.com/o/r.git",
            "https://user:p?ss@github.com/o/r.git",
            "https://user:p#ss@github.com/o/r.git",
            "user:password@github.com:o/r.git",
            "https://to ken@/o/r",
            "https://github.com",
            "https://github.com/",
            "https://github.com/.git",
            "https:///o/r",
            "https://[::1/o/r",
            "[::1]o/r",
            "ext::sh -c 'echo secret'",
            "codecommit::us-east-1://profile@repo",
            "git@vs-ssh.visualstudio.com:proj/_ssh/repo",
        ] {
            assert!(repository(address).is_err(), "{address}: {:?}", repository(address));
        }
    }

    #[test]
    fn a_repository_that_is_named_stays_as_it_is_unless_it_is_an_address() {
        for (text, want) in [
            ("github.com/acme/payments", "github.com/acme/payments"),
            ("GitHub.com/Acme/payments", "GitHub.com/Acme/payments"),
            ("ghe.example.com:8443/o/r", "ghe.example.com:8443/o/r"),
            ("[::1]:8443/o/r", "[::1]:8443/o/r"),
            ("payments", "payments"),
            ("https://user:token@github.com/o/r.git", "github.com/o/r"),
            ("token@github.com/o/r", "github.com/o/r"),
            ("user:token@github.com/o/r", "github.com/o/r"),
            ("git@github.com:o/r.git", "github.com/o/r"),
            ("github.com:o/r", "github.com/o/r"),
        ] {
            assert_eq!(named(text).as_deref(), Ok(want), "{text}");
        }
        assert!(named("file:///srv/r").is_err());
    }
}
