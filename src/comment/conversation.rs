//! Which pull or merge request a comment goes to, and by which token.
//!
//! The host is what the platform's own variable names, or the vendor's: never what an option, a document or a policy says. So
//! no token leaves for another one.

use anyhow::{anyhow, ensure};

use crate::env::Env;
use crate::net::{Endpoint, Given, Masks, Secret, Trust};
use crate::project::{Ci, Project, is_same_repository};

/// A platform that comments are posted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forge {
    /// github.com, or GitHub Enterprise.
    Github,
    /// gitlab.com, or an instance of one's own.
    Gitlab,
}

/// Where a comment goes.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// The platform.
    pub forge: Forge,
    /// Where its API is.
    pub api: Endpoint,
    /// The project below the API: `repos`, owner and name, or `projects` and its id.
    pub(super) project: Vec<String>,
    /// The number of the request.
    pub(super) number: u64,
    /// What it is written with.
    pub(super) token: Secret,
    /// The variable that holds it.
    pub(super) token_from: &'static str,
    /// Whether the request is known to come from a fork.
    pub(super) is_of_fork: bool,
}

/// What the user said.
#[derive(Clone, Copy, Debug, Default)]
pub struct Said<'a> {
    /// `--ci`.
    pub ci: Option<Ci>,
    /// `--repo`.
    pub repository: Option<&'a str>,
    /// `--pull-request`.
    pub number: Option<u64>,
}

/// Why there is nowhere to post.
#[derive(Debug)]
pub enum Nowhere {
    /// The options or the platform's variables cannot be right.
    Wrong(anyhow::Error),
    /// This run is of no request: nothing to worry about.
    NoRequest(String),
    /// There is no token.
    NoToken(String),
}

impl From<anyhow::Error> for Nowhere {
    fn from(error: anyhow::Error) -> Nowhere {
        Nowhere::Wrong(error)
    }
}

impl Conversation {
    /// Finds out where to post. The token is masked from now on.
    ///
    /// # Errors
    /// If there is nowhere, and why.
    pub fn find(said: Said<'_>, project: &Project, masks: &Masks, env: &Env) -> Result<Conversation, Nowhere> {
        let forge = match project.ci {
            Ci::Github => Forge::Github,
            Ci::Gitlab => Forge::Gitlab,
            Ci::Azure | Ci::Bitbucket | Ci::Circleci | Ci::Jenkins | Ci::None => {
                let why = "comments are posted on GitHub and GitLab; name one with --ci github or --ci gitlab, besides --repo and \
                           --pull-request";
                return Err(match said.ci {
                    Some(_) => Nowhere::Wrong(anyhow!("--ci: {why}")),
                    None => Nowhere::NoRequest(format!("this platform is neither: {why}")),
                });
            }
        };
        if let Some(named) = said.repository {
            let is_read = project.repository.as_ref().is_some_and(|known| is_same_repository(named, known));
            if !is_read {
                return Err(
                    anyhow!("--repo cannot be read; write host and path, as in github.com/acme/payments").into()
                );
            }
        }
        let number = said.number.or_else(|| forge.number(project, env));
        let Some(number) = number else { return Err(Nowhere::NoRequest(forge.no_request(env))) };
        let api = forge.api(env)?;
        let path = forge.project(said, project, &api, env)?;
        let token = forge.tokens().into_iter().find_map(|variable| {
            let secret = Secret::new(env.get(variable)?);
            (!secret.expose().is_empty()).then_some((secret, variable))
        });
        let Some((token, token_from)) = token else { return Err(Nowhere::NoToken(forge.no_token())) };
        masks.add(&token);
        let is_of_fork = project.pull_request.as_ref().is_some_and(|request| request.from_fork == Some(true));
        Ok(Conversation { forge, api, project: path, number, token, token_from, is_of_fork })
    }

    /// What it is, for people: `pull request 7 of acme/payments`.
    #[must_use]
    pub fn shown(&self) -> String {
        let Conversation { number, project, .. } = self;
        match self.forge {
            Forge::Github => format!("pull request {number} of {}", project.get(1..).unwrap_or_default().join("/")),
            Forge::Gitlab => {
                format!("merge request {number} of project {}", project.get(1..).unwrap_or_default().join("/"))
            }
        }
    }
}

impl Forge {
    /// The variables that hold a token, the first first. GitLab's CI_JOB_TOKEN is not among them: it may not write notes.
    fn tokens(self) -> [&'static str; 2] {
        match self {
            Forge::Github => ["FINDGATE_GITHUB_TOKEN", "GITHUB_TOKEN"],
            Forge::Gitlab => ["FINDGATE_GITLAB_TOKEN", "GITLAB_TOKEN"],
        }
    }

    fn no_token(self) -> String {
        match self {
            Forge::Github => "there is no token; pass `GITHUB_TOKEN: ${{ github.token }}` to the step, and grant the job \
                              `pull-requests: write`"
                .to_owned(),
            Forge::Gitlab => "there is no token; keep a project access token with the scope `api` and the role Reporter in the \
                              variable FINDGATE_GITLAB_TOKEN (CI_JOB_TOKEN may not write notes, and a protected variable is not \
                              given to other branches)"
                .to_owned(),
        }
    }

    /// The number that the platform tells.
    fn number(self, project: &Project, env: &Env) -> Option<u64> {
        let number = project.pull_request.as_ref()?.number?;
        match self {
            Forge::Github => Some(number),
            // The number of a request on another platform is that of another request here.
            Forge::Gitlab => env.get("CI_MERGE_REQUEST_IID").map(|_| number),
        }
    }

    fn no_request(self, env: &Env) -> String {
        match self {
            Forge::Gitlab if env.get("CI_EXTERNAL_PULL_REQUEST_IID").is_some() => {
                "the pull request is on another platform; name that with --ci github, --repo and --pull-request"
                    .to_owned()
            }
            Forge::Github => "this run is of no pull request; --pull-request names one".to_owned(),
            Forge::Gitlab => "this pipeline is of no merge request (`rules: [{if: $CI_PIPELINE_SOURCE == \
                              \"merge_request_event\"}]` makes one); --pull-request names one"
                .to_owned(),
        }
    }

    /// Where the API is: what the platform's own variable says, else the vendor's.
    fn api(self, env: &Env) -> anyhow::Result<Endpoint> {
        let (variable, own) = match self {
            Forge::Github => ("GITHUB_API_URL", "https://api.github.com"),
            Forge::Gitlab => ("CI_API_V4_URL", "https://gitlab.com/api/v4"),
        };
        let (address, given) =
            env.get(variable).map_or((own, Given::BuiltIn), |address| (address, Given::Environment(variable)));
        Trust::default().endpoint("comment", address, given, |_| false)
    }

    /// The project below the API.
    fn project(self, said: Said<'_>, project: &Project, api: &Endpoint, env: &Env) -> anyhow::Result<Vec<String>> {
        let told = |name: &str| env.get(name).filter(|_| said.repository.is_none()).map(str::to_owned);
        let path = match self {
            Forge::Github => told("GITHUB_REPOSITORY"),
            // In a fork's pipeline the request belongs to the project that it goes into.
            Forge::Gitlab => told("CI_MERGE_REQUEST_PROJECT_ID").or_else(|| told("CI_PROJECT_ID")),
        };
        let path = path.map_or_else(|| self.path(project, api, env), Ok)?;
        Ok(match self {
            Forge::Github => {
                let parts: Vec<&str> = path.split('/').collect();
                ensure!(
                    parts.len() == 2 && parts.iter().all(|part| !part.is_empty()),
                    "{path} is no repository of GitHub; it has an owner and a name"
                );
                ["repos"].iter().chain(&parts).map(|part| (*part).to_owned()).collect()
            }
            Forge::Gitlab => vec!["projects".to_owned(), path],
        })
    }

    /// The path of the repository on the server that the API is of.
    fn path(self, project: &Project, api: &Endpoint, env: &Env) -> anyhow::Result<String> {
        let repository = project.repository.as_deref();
        let repository =
            repository.ok_or_else(|| anyhow!("which repository it is, is not known; name it with --repo"))?;
        let server = self.server(api, env);
        let path = repository.get(..server.len()).filter(|head| head.eq_ignore_ascii_case(&server));
        let path = path.and_then(|_| repository.get(server.len()..)?.strip_prefix('/'));
        let variable = match self {
            Forge::Github => "GITHUB_API_URL",
            Forge::Gitlab => "CI_API_V4_URL",
        };
        path.map(str::to_owned).ok_or_else(|| {
            anyhow!("the repository {repository} is not on {server}, and no token goes elsewhere; set {variable} to the API of its server")
        })
    }

    /// What addresses of repositories begin with, without a scheme: `github.com`, `gitlab.example:8443`, `example.org/gitlab`.
    fn server(self, api: &Endpoint, env: &Env) -> String {
        let address = api.address();
        let bare = |address: &str| {
            let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
            rest.trim_end_matches('/').to_owned()
        };
        match self {
            Forge::Gitlab => bare(address.strip_suffix("/api/v4").unwrap_or(address)),
            Forge::Github => match env.get("GITHUB_SERVER_URL") {
                Some(server) => bare(server),
                None => {
                    let host = bare(address.strip_suffix("/api/v3").unwrap_or(address));
                    let own = host.strip_prefix("api.").filter(|own| *own == "github.com" || own.ends_with(".ghe.com"));
                    own.map(str::to_owned).unwrap_or(host)
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::project;

    fn find(variables: &[(&str, &str)], said: Said<'_>) -> Result<Conversation, Nowhere> {
        let env = Env::of(variables.iter().copied(), Path::new("/nowhere"));
        let from = project::Said { ci: said.ci, repository: said.repository, ..project::Said::default() };
        Conversation::find(said, &project::detect(from, &env), &Masks::default(), &env)
    }

    fn wrong(variables: &[(&str, &str)], said: Said<'_>) -> String {
        match find(variables, said) {
            Err(Nowhere::Wrong(error)) => error.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_server_of_a_repository_is_that_of_the_api() {
        let token = ("FINDGATE_GITHUB_TOKEN", "token-0123456789");
        let said = |repository| Said { ci: Some(Ci::Github), repository: Some(repository), number: Some(7) };
        let enterprise = ("GITHUB_API_URL", "https://ghe.example/api/v3");
        for (variables, repository, api) in [
            (vec![token], "github.com/o/r", "https://api.github.com"),
            (vec![token], "git@github.com:o/r.git", "https://api.github.com"),
            (vec![token, enterprise], "GHE.example/o/r", "https://ghe.example/api/v3"),
            (
                vec![token, ("GITHUB_API_URL", "https://api.acme.ghe.com")],
                "acme.ghe.com/o/r",
                "https://api.acme.ghe.com",
            ),
        ] {
            let conversation = find(&variables, said(repository)).unwrap();
            assert_eq!(
                (conversation.api.address(), &*conversation.project),
                (api, &["repos", "o", "r"].map(str::to_owned)[..])
            );
            assert_eq!(conversation.shown(), "pull request 7 of o/r");
        }
        for (variables, repository) in [
            (vec![token], "ghe.example/o/r"),
            (vec![token], "github.com.evil.example/o/r"),
            (vec![token], "api.github.com/o/r"),
            (vec![token, enterprise], "github.com/o/r"),
            (vec![token, ("GITHUB_API_URL", "https://api.evil.example")], "evil.example/o/r"),
        ] {
            let why = wrong(&variables, said(repository));
            assert!(why.contains("no token goes elsewhere"), "{repository}: {why}");
        }
        assert!(wrong(&[token], said("github.com/o/r/x")).contains("an owner and a name"));
        assert!(wrong(&[token], said("/a/path")).contains("is not on github.com"));
    }

    #[test]
    fn a_project_of_gitlab_is_its_id_or_its_whole_path() {
        let token = ("GITLAB_TOKEN", "token-0123456789");
        let said = |repository| Said { ci: Some(Ci::Gitlab), repository, number: Some(7) };
        let id = |variables: &[(&str, &str)], repository| find(variables, said(repository)).unwrap().project[1].clone();
        assert_eq!(id(&[token], Some("gitlab.com/g/sub/r")), "g/sub/r");
        let own = ("CI_API_V4_URL", "https://gitlab.example:8443/api/v4");
        assert_eq!(id(&[token, own], Some("https://gitlab.example:8443/g/sub/r.git")), "g/sub/r");
        let folder = ("CI_API_V4_URL", "https://example.org/gitlab/api/v4");
        assert_eq!(id(&[token, folder], Some("example.org/gitlab/g/r")), "g/r");
        assert!(wrong(&[token, folder], said(Some("example.org/other/g/r"))).contains("no token goes elsewhere"));
        let ids = [token, ("CI_PROJECT_ID", "5"), ("CI_MERGE_REQUEST_PROJECT_ID", "4")];
        assert_eq!(id(&ids, None), "4");
        assert_eq!(id(&ids[..2], None), "5");
        assert_eq!(id(&ids, Some("gitlab.com/g/r")), "g/r");
    }

    #[test]
    fn the_number_of_a_request_elsewhere_is_none_of_here() {
        let variables =
            [("GITLAB_CI", "true"), ("CI_EXTERNAL_PULL_REQUEST_IID", "9"), ("GITLAB_TOKEN", "token-0123456789")];
        let Err(Nowhere::NoRequest(why)) = find(&variables, Said::default()) else { panic!("found") };
        assert!(why.contains("another platform"), "{why}");
    }

    #[test]
    fn plain_http_and_other_platforms_are_wrong_usage() {
        let said = Said { ci: Some(Ci::Github), repository: None, number: Some(1) };
        let variables = [("GITHUB_API_URL", "http://ghe.example/api/v3"), ("GITHUB_REPOSITORY", "o/r")];
        assert!(wrong(&variables, said).contains("not encrypted"));
        let said = Said { ci: Some(Ci::Azure), ..said };
        assert!(wrong(&[], said).contains("GitHub and GitLab"));
    }
}
