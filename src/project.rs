//! The project that is judged: repository, branch, commit, base. Told by options, else by the CI platform, else by git.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::env::Env;

/// What is known of the project. A fact that nobody told is `None`.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// Host and path, without credentials: `github.com/acme/payments`.
    pub repository: Option<String>,
    /// The branch that is judged; in a pull request its head.
    pub branch: Option<String>,
    /// The commit that is judged.
    pub commit: Option<String>,
    /// The commit or branch that a change goes into.
    pub base: Option<String>,
    /// Where each value came from, a sentence each.
    pub notes: Vec<String>,
}

/// A value and who told it.
type Told = (String, &'static str);

/// What the user said of the project, by options.
#[derive(Clone, Copy, Debug, Default)]
pub struct Said<'a> {
    /// `--repo`.
    pub repository: Option<&'a str>,
    /// `--branch`.
    pub branch: Option<&'a str>,
    /// `--commit`.
    pub commit: Option<&'a str>,
    /// `--base`.
    pub base: Option<&'a str>,
}

/// Finds out what is known: an option before the CI platform before git.
#[must_use]
pub fn detect(said: Said<'_>, env: &Env) -> Project {
    let git = Git::ask(&env.folder);
    let option = |value: Option<&str>, name| value.filter(|v| !v.is_empty()).map(|value| (value.to_owned(), name));
    let platform = Platform::detect(env);
    let mut notes = Vec::new();
    let mut noted = |what: &str, told: Option<Told>| {
        told.map(|(value, by)| {
            notes.push(format!("{what} {value} (from {by})"));
            value
        })
    };
    let repository = option(said.repository, "--repo")
        .or(platform.repository)
        .or_else(|| git.remote.as_deref().and_then(repository_of).map(|value| (value, "git remote")));
    let branch = option(said.branch, "--branch").or(platform.branch).or(git.branch.map(|value| (value, "git")));
    let commit = option(said.commit, "--commit").or(platform.commit).or(git.commit.map(|value| (value, "git")));
    let base = option(said.base, "--base").or(platform.base);
    Project {
        repository: noted("repository", repository),
        branch: noted("branch", branch),
        commit: noted("commit", commit),
        base: noted("base", base),
        notes,
    }
}

#[derive(Default)]
struct Platform {
    repository: Option<Told>,
    branch: Option<Told>,
    commit: Option<Told>,
    base: Option<Told>,
}

impl Platform {
    fn detect(env: &Env) -> Platform {
        let get = |name: &'static str| env.get(name).map(|value| (value.to_owned(), name));
        if env.get("GITHUB_ACTIONS") == Some("true") {
            let host = env
                .get("GITHUB_SERVER_URL")
                .and_then(|url| url.split_once("://"))
                .map_or("github.com", |(_, host)| host);
            let on_branch = env.get("GITHUB_REF_TYPE") != Some("tag")
                && !env.get("GITHUB_REF").is_some_and(|r| r.starts_with("refs/pull/"));
            return Platform {
                repository: get("GITHUB_REPOSITORY").map(|(path, name)| (format!("{host}/{path}"), name)),
                // A pull request has its own branch there; GITHUB_REF_NAME would be `12/merge`.
                branch: get("GITHUB_HEAD_REF").or_else(|| get("GITHUB_REF_NAME").filter(|_| on_branch)),
                commit: get("GITHUB_SHA"),
                base: get("GITHUB_BASE_REF"),
            };
        }
        if env.get("GITLAB_CI") == Some("true") {
            let host = env.get("CI_SERVER_HOST").unwrap_or("gitlab.com");
            return Platform {
                repository: get("CI_PROJECT_PATH").map(|(path, name)| (format!("{host}/{path}"), name)),
                branch: get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME").or_else(|| get("CI_COMMIT_BRANCH")),
                // In a merged-result pipeline CI_COMMIT_SHA is a temporary commit that nobody else knows.
                commit: get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA").or_else(|| get("CI_COMMIT_SHA")),
                base: get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"),
            };
        }
        Platform::default()
    }
}

/// What git says of a folder; nothing where there is no git or no repository.
#[derive(Default)]
struct Git {
    remote: Option<String>,
    branch: Option<String>,
    commit: Option<String>,
}

impl Git {
    fn ask(folder: &Path) -> Git {
        // Without a repository above it, git need not be started at all.
        if !folder.ancestors().any(|folder| folder.join(".git").exists()) {
            return Git::default();
        }
        Git {
            remote: git(folder, &["remote", "get-url", "origin"]),
            // Fails on a detached head, as CI platforms check out: then no branch is known.
            branch: git(folder, &["symbolic-ref", "--quiet", "--short", "HEAD"]),
            commit: git(folder, &["rev-parse", "--verify", "--quiet", "HEAD"]),
        }
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let line = text.trim_end_matches(['\r', '\n']);
    (output.status.success() && !line.is_empty()).then(|| line.to_owned())
}

/// Host and path of a remote address, in any of the forms git takes, without credentials. `None` for a local folder.
fn repository_of(address: &str) -> Option<String> {
    let (host, path) = match address.split_once("://") {
        Some(("file", _)) => return None,
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_once('/')?;
            let host = authority.rsplit('@').next()?;
            // A port of SSH says nothing about the address that people open.
            let host = if scheme.ends_with("ssh") { host.split(':').next()? } else { host };
            (host, path)
        }
        None => {
            let (host, path) = address.split_once(':')?;
            // A slash before the colon, or one letter before it, is a path of this machine.
            if host.contains(['/', '\\']) || host.len() < 2 {
                return None;
            }
            (host.rsplit('@').next()?, path)
        }
    };
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    (!host.is_empty() && !path.is_empty()).then(|| format!("{}/{path}", host.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_becomes_host_and_path_without_credentials() {
        for (address, want) in [
            ("https://github.com/o/r.git", Some("github.com/o/r")),
            ("https://user:token@GitHub.com/o/r/", Some("github.com/o/r")),
            ("https://oauth2:t@gitlab.example.com:8443/g/sub/r.git", Some("gitlab.example.com:8443/g/sub/r")),
            ("git@github.com:o/r.git", Some("github.com/o/r")),
            ("github.com:o/r.git", Some("github.com/o/r")),
            ("ssh://git@gitlab.example.com:2222/g/r.git", Some("gitlab.example.com/g/r")),
            ("https://github.com/o/my.repo.git", Some("github.com/o/my.repo")),
            ("file:///srv/git/r.git", None),
            ("/srv/git/r.git", None),
            ("../r.git", None),
            (r"C:\r", None),
            ("C:/r.git", None),
        ] {
            assert_eq!(repository_of(address).as_deref(), want, "{address}");
        }
    }
}
