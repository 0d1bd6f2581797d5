//! What CI platforms tell by environment variables. Which of them runs us is seen by a variable that only it sets.
//!
//! Every platform but GitHub, which also writes a file, is one function here. A value is taken as it stands and
//! unknown stays unknown; git may know it.

use super::PullRequest;
use super::address;
use super::git::is_commit;
use super::github;
use super::occasion::{self, ToldEvent};
use crate::env::Env;

/// A CI platform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Ci {
    /// GitHub Actions
    Github,
    /// GitLab CI
    Gitlab,
    /// Azure Pipelines
    Azure,
    /// Bitbucket Pipelines
    Bitbucket,
    /// CircleCI
    Circleci,
    /// Jenkins
    Jenkins,
    /// No platform: git is asked
    #[default]
    None,
}

/// A value and who told it.
pub(super) type Told = (String, &'static str);

/// What a platform tells.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Which platform it is, if any.
    pub(super) ci: Ci,
    pub(super) repository: Option<Told>,
    pub(super) branch: Option<Told>,
    /// Why there is no branch, where the platform knows. Then git is not asked: it may have checked out something that
    /// is only called like one.
    pub(super) no_branch: Option<String>,
    pub(super) commit: Option<Told>,
    pub(super) base: Option<Told>,
    /// The merge that the platform made of base and head, for this run only. Git can tell them apart.
    pub(super) merge: Option<Told>,
    pub(super) pull_request: Option<PullRequest>,
    pub(super) event: Option<ToldEvent>,
    pub(super) environment: Option<Told>,
    pub(super) notes: Vec<String>,
    pub(super) warnings: Vec<String>,
}

/// How each platform is recognized, and what people call it. The most specific come first: Jenkins is the one that
/// starts others, and whose address people set by hand.
const MARKS: [(Ci, &str, Mark, &str); 6] = [
    (Ci::Github, "GITHUB_ACTIONS", Mark::True, "GitHub Actions"),
    (Ci::Gitlab, "GITLAB_CI", Mark::True, "GitLab"),
    (Ci::Azure, "TF_BUILD", Mark::True, "Azure Pipelines"),
    (Ci::Bitbucket, "BITBUCKET_BUILD_NUMBER", Mark::Set, "Bitbucket"),
    (Ci::Circleci, "CIRCLECI", Mark::True, "CircleCI"),
    (Ci::Jenkins, "JENKINS_URL", Mark::Set, "Jenkins"),
];

#[derive(Clone, Copy)]
enum Mark {
    True,
    Set,
}

/// What the platform tells: the one that was named, else the one that is recognized.
pub(super) fn facts(named: Option<Ci>, env: &Env) -> Facts {
    let mut notes = Vec::new();
    let ci = named.unwrap_or_else(|| detect(env, &mut notes));
    if let Some(ci) = named {
        let name = MARKS.iter().find(|(known, ..)| *known == ci).map_or("none", |(.., name)| name);
        notes.push(format!("CI platform {name} (from --ci)"));
    }
    let mut facts = match ci {
        Ci::Github => github::facts(env),
        Ci::Gitlab => gitlab(env),
        Ci::Azure => azure(env),
        Ci::Bitbucket => bitbucket(env),
        Ci::Circleci => circleci(env),
        Ci::Jenkins => jenkins(env),
        Ci::None => Facts::default(),
    };
    notes.append(&mut facts.notes);
    facts.event = occasion::event(ci, env);
    facts.environment = facts.environment.or_else(|| occasion::environment(ci, env));
    Facts { notes, ci, ..facts }
}

fn detect(env: &Env, notes: &mut Vec<String>) -> Ci {
    let is_marked = |variable, mark| match mark {
        Mark::True => env.get(variable).is_some_and(|value| value.eq_ignore_ascii_case("true")),
        Mark::Set => env.get(variable).is_some(),
    };
    let mut marked = MARKS.iter().filter(|(_, variable, mark, _)| is_marked(variable, *mark));
    let Some((ci, variable, _, name)) = marked.next() else {
        if env.get("CI").is_some_and(|value| !value.eq_ignore_ascii_case("false")) {
            notes.push("CI is set, by a platform that is not known; git is asked".to_owned());
        }
        return Ci::None;
    };
    // Agreed among tools; builds also set it to calm a compiler, so it is said.
    if env.get("CI").is_some_and(|value| value.eq_ignore_ascii_case("false")) {
        notes.push(format!("CI=false: {variable} is set and not looked at; --ci makes it count"));
        return Ci::None;
    }
    notes.push(format!("CI platform {name} (from {variable})"));
    for (_, other, ..) in marked {
        notes.push(format!("{other} is set, too, and passed over; --ci names the platform that counts"));
    }
    *ci
}

/// A variable as a value.
pub(super) fn told(env: &Env, name: &'static str) -> Option<Told> {
    Some((env.get(name)?.to_owned(), name))
}

/// A variable that names a commit. Platforms write nothing as zeros.
pub(super) fn commit(env: &Env, name: &'static str) -> Option<Told> {
    told(env, name).filter(|(value, _)| !is_zeros(value))
}

pub(super) fn is_zeros(commit: &str) -> bool {
    commit.bytes().all(|byte| byte == b'0')
}

/// A variable that names a branch, with or without `refs/heads/`.
pub(super) fn branch(env: &Env, name: &'static str) -> Option<Told> {
    match Reference::of(env.get(name)?) {
        Reference::Branch(branch) => Some((branch.to_owned(), name)),
        Reference::Tag(_) | Reference::Other => None,
    }
}

/// A variable that holds the address of a repository.
fn repository(env: &Env, name: &'static str, notes: &mut Vec<String>) -> Option<Told> {
    match address::repository(env.get(name)?) {
        Ok(repository) => Some((repository, name)),
        Err(reason) => {
            notes.push(format!("{name} {reason}"));
            None
        }
    }
}

fn text(env: &Env, name: &str) -> Option<String> {
    env.get(name).map(str::to_owned)
}

fn number(env: &Env, name: &str) -> Option<u64> {
    env.get(name)?.parse().ok()
}

/// Why there is no branch where a tag is built.
pub(super) fn of_tag(tag: &str, by: &str) -> String {
    format!("tag {tag} is built (from {by})")
}

/// A reference of git, as platforms write them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reference<'a> {
    Branch(&'a str),
    Tag(&'a str),
    /// What a platform made for itself.
    Other,
}

impl Reference<'_> {
    pub(super) fn of(text: &str) -> Reference<'_> {
        if let Some(branch) = text.strip_prefix("refs/heads/") {
            Reference::Branch(branch)
        } else if let Some(tag) = text.strip_prefix("refs/tags/") {
            Reference::Tag(tag)
        } else if text.starts_with("refs/") || text.is_empty() {
            Reference::Other
        } else {
            Reference::Branch(text)
        }
    }
}

/// <https://docs.gitlab.com/ci/variables/predefined_variables/>
fn gitlab(env: &Env) -> Facts {
    let mut facts = Facts::default();
    let host = env.get("CI_SERVER_HOST").unwrap_or("gitlab.com");
    // The address knows the port, and the folder of an instance that lives in one.
    facts.repository = repository(env, "CI_PROJECT_URL", &mut facts.notes)
        .or_else(|| told(env, "CI_PROJECT_PATH").map(|(path, by)| (format!("{host}/{path}"), by)));
    if env.get("CI_MERGE_REQUEST_IID").is_some() || env.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME").is_some() {
        facts.branch = branch(env, "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME");
        // Told only in a merged-result pipeline, where CI_COMMIT_SHA is a temporary commit that nobody else knows.
        facts.commit = commit(env, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA").or_else(|| commit(env, "CI_COMMIT_SHA"));
        // The tip that was merged into, told only there, too. The other goes stale when the target moves on.
        facts.base = commit(env, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA")
            .or_else(|| commit(env, "CI_MERGE_REQUEST_DIFF_BASE_SHA"))
            .or_else(|| branch(env, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"));
        facts.pull_request = Some(PullRequest {
            number: number(env, "CI_MERGE_REQUEST_IID"),
            from_fork: differ(
                env.get("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH"),
                env.get("CI_MERGE_REQUEST_PROJECT_PATH"),
            ),
            target: text(env, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"),
        });
        return facts;
    }
    if env.get("CI_EXTERNAL_PULL_REQUEST_IID").is_some() {
        facts.branch = branch(env, "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME");
        facts.commit =
            commit(env, "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_SHA").or_else(|| commit(env, "CI_COMMIT_SHA"));
        facts.base = commit(env, "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA")
            .or_else(|| branch(env, "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME"));
        facts.pull_request = Some(PullRequest {
            number: number(env, "CI_EXTERNAL_PULL_REQUEST_IID"),
            from_fork: differ(
                env.get("CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY"),
                env.get("CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY"),
            ),
            target: text(env, "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME"),
        });
        return facts;
    }
    facts.commit = commit(env, "CI_COMMIT_SHA");
    if let Some(tag) = env.get("CI_COMMIT_TAG") {
        facts.no_branch = Some(of_tag(tag, "CI_COMMIT_TAG"));
        return facts;
    }
    facts.branch = branch(env, "CI_COMMIT_BRANCH").or_else(|| branch(env, "CI_COMMIT_REF_NAME"));
    // Which branch the request goes into is not told here, and before it was opened nothing was; so it can only be said.
    if env.get("CI_OPEN_MERGE_REQUESTS").is_some() {
        facts.warnings.push(
            "this is a pipeline of a branch that has a merge request, so policy and waivers are those of the branch itself, unless \
             --trust says otherwise; let the job run in the pipeline of the merge request, by `rules: [{if: $CI_PIPELINE_SOURCE == \
             \"merge_request_event\"}]`"
                .to_owned(),
        );
    }
    if matches!(env.get("CI_PIPELINE_SOURCE"), None | Some("push")) {
        facts.base = commit(env, "CI_COMMIT_BEFORE_SHA");
    }
    facts
}

/// <https://learn.microsoft.com/azure/devops/pipelines/build/variables>
fn azure(env: &Env) -> Facts {
    let mut facts = Facts::default();
    // What is no git repository has an address, too: that of the server.
    if !matches!(env.get("BUILD_REPOSITORY_PROVIDER"), Some("TfsVersionControl" | "Svn")) {
        facts.repository = repository(env, "BUILD_REPOSITORY_URI", &mut facts.notes);
    }
    let pull_request = ["SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "SYSTEM_PULLREQUEST_PULLREQUESTID"];
    if env.get("BUILD_REASON") == Some("PullRequest") || pull_request.iter().any(|name| env.get(name).is_some()) {
        facts.branch = branch(env, "SYSTEM_PULLREQUEST_SOURCEBRANCH");
        facts.commit = commit(env, "SYSTEM_PULLREQUEST_SOURCECOMMITID");
        facts.merge = commit(env, "BUILD_SOURCEVERSION");
        facts.base = branch(env, "SYSTEM_PULLREQUEST_TARGETBRANCH");
        facts.pull_request = Some(PullRequest {
            // On GitHub the id is one of a database, and the number is what people see.
            number: pull_request.iter().find_map(|name| number(env, name)),
            from_fork: env.get("SYSTEM_PULLREQUEST_ISFORK").map(|value| value.eq_ignore_ascii_case("true")),
            target: facts.base.as_ref().map(|(branch, _)| branch.clone()),
        });
        if facts.branch.is_none() {
            facts.no_branch = Some("SYSTEM_PULLREQUEST_SOURCEBRANCH is not set".to_owned());
        }
        return facts;
    }
    facts.commit = commit(env, "BUILD_SOURCEVERSION");
    facts.branch = branch(env, "BUILD_SOURCEBRANCH");
    if let Some(Reference::Tag(tag)) = env.get("BUILD_SOURCEBRANCH").map(Reference::of) {
        facts.no_branch = Some(of_tag(tag, "BUILD_SOURCEBRANCH"));
    }
    facts
}

/// <https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/>
fn bitbucket(env: &Env) -> Facts {
    let mut facts = Facts::default();
    facts.repository = repository(env, "BITBUCKET_GIT_HTTP_ORIGIN", &mut facts.notes)
        .or_else(|| told(env, "BITBUCKET_REPO_FULL_NAME").map(|(path, by)| (format!("bitbucket.org/{path}"), by)));
    facts.commit = commit(env, "BITBUCKET_COMMIT");
    facts.branch = branch(env, "BITBUCKET_BRANCH");
    if let (None, Some(tag)) = (&facts.branch, env.get("BITBUCKET_TAG")) {
        facts.no_branch = Some(of_tag(tag, "BITBUCKET_TAG"));
    }
    if env.get("BITBUCKET_PR_ID").is_some() {
        // Often but the first twelve digits, and whoever can push can call a branch so.
        facts.base = commit(env, "BITBUCKET_PR_DESTINATION_COMMIT")
            .filter(|(commit, _)| is_commit(commit))
            .or_else(|| branch(env, "BITBUCKET_PR_DESTINATION_BRANCH"));
        facts.pull_request = Some(PullRequest {
            number: number(env, "BITBUCKET_PR_ID"),
            from_fork: None,
            target: text(env, "BITBUCKET_PR_DESTINATION_BRANCH"),
        });
    }
    facts
}

/// <https://circleci.com/docs/variables/>
fn circleci(env: &Env) -> Facts {
    let mut facts = Facts::default();
    facts.repository = repository(env, "CIRCLE_REPOSITORY_URL", &mut facts.notes);
    facts.commit = commit(env, "CIRCLE_SHA1");
    facts.branch = branch(env, "CIRCLE_BRANCH");
    if let (None, Some(tag)) = (&facts.branch, env.get("CIRCLE_TAG")) {
        facts.no_branch = Some(of_tag(tag, "CIRCLE_TAG"));
    }
    // Told for forks only.
    let of_fork = number(env, "CIRCLE_PR_NUMBER");
    let number = of_fork.or_else(|| env.get("CIRCLE_PULL_REQUEST")?.rsplit('/').next()?.parse().ok());
    if number.is_some() || env.get("CIRCLE_PULL_REQUEST").is_some() {
        facts.pull_request = Some(PullRequest { number, from_fork: of_fork.map(|_| true), target: None });
    }
    // A fork's branch is not told: `pull/12` is how CircleCI calls what it fetched. An override may ask for its name.
    if let Some((made, by)) = facts.branch.take_if(|(branch, _)| is_pull(branch)) {
        facts.no_branch = Some(format!("{by} is {made}, which is no branch"));
    }
    facts
}

fn is_pull(branch: &str) -> bool {
    branch.strip_prefix("pull/").is_some_and(|number| number.parse::<u64>().is_ok())
}

/// <https://www.jenkins.io/doc/book/pipeline/multibranch/>, and the variables of two older plugins, which build pull
/// requests of GitHub and merge requests of GitLab in ordinary jobs. A scripted pipeline has no `GIT_` variables.
fn jenkins(env: &Env) -> Facts {
    let mut facts = Facts::default();
    facts.repository = repository(env, "GIT_URL", &mut facts.notes)
        .or_else(|| repository(env, "gitlabTargetRepoHttpUrl", &mut facts.notes));
    let target = |name| branch(env, name);
    let pull_request = |number_in, from_fork, target: &Option<Told>| {
        Some(PullRequest {
            number: number(env, number_in),
            from_fork,
            target: target.as_ref().map(|(branch, _)| branch.clone()),
        })
    };
    if env.get("CHANGE_ID").is_some() {
        facts.branch = branch(env, "CHANGE_BRANCH");
        facts.commit = commit(env, "GIT_COMMIT");
        facts.base = target("CHANGE_TARGET");
        facts.notes.push("a job may merge the target first; then the commit is one that only Jenkins knows".to_owned());
        // That it is not set may also mean that the plugin does not tell.
        let from_fork = env.get("CHANGE_FORK").map(|_| true);
        facts.pull_request = pull_request("CHANGE_ID", from_fork, &facts.base);
        if facts.branch.is_none() {
            facts.no_branch = Some("CHANGE_BRANCH is not set".to_owned());
        }
    } else if env.get("ghprbPullId").is_some() {
        facts.branch = branch(env, "ghprbSourceBranch");
        facts.commit = commit(env, "ghprbActualCommit");
        facts.base = target("ghprbTargetBranch");
        let from_fork = differ(address_of(env, "ghprbAuthorRepoGitUrl"), address_of(env, "GIT_URL"));
        facts.pull_request = pull_request("ghprbPullId", from_fork, &facts.base);
    } else if env.get("gitlabMergeRequestIid").is_some() {
        facts.branch = branch(env, "gitlabSourceBranch");
        facts.commit = commit(env, "gitlabMergeRequestLastCommit");
        facts.base = target("gitlabTargetBranch");
        let from_fork = differ(address_of(env, "gitlabSourceRepoHttpUrl"), address_of(env, "gitlabTargetRepoHttpUrl"));
        facts.pull_request = pull_request("gitlabMergeRequestIid", from_fork, &facts.base);
    } else {
        facts.commit = commit(env, "GIT_COMMIT");
        if let Some(tag) = env.get("TAG_NAME") {
            facts.no_branch = Some(of_tag(tag, "TAG_NAME"));
        } else {
            facts.branch = branch(env, "BRANCH_NAME").or_else(|| git_branch(env));
        }
    }
    facts
}

/// `GIT_BRANCH` is `origin/main`, `detached`, or the name of a tag as a reference.
fn git_branch(env: &Env) -> Option<Told> {
    let (branch, by) = branch(env, "GIT_BRANCH").or_else(|| {
        let (_, remote) = env.get("GIT_BRANCH")?.strip_prefix("refs/remotes/")?.split_once('/')?;
        Some((remote.to_owned(), "GIT_BRANCH"))
    })?;
    // Jenkins was told to make a local branch of it; what stands before its name is the name of the remote.
    if let Some(local) = env.get("GIT_LOCAL_BRANCH")
        && branch.strip_suffix(local).is_some_and(|remote| remote.ends_with('/'))
    {
        return Some((local.to_owned(), "GIT_LOCAL_BRANCH"));
    }
    let branch = branch.strip_prefix("origin/").unwrap_or(&branch);
    (!matches!(branch, "detached" | "HEAD")).then(|| (branch.to_owned(), by))
}

fn address_of(env: &Env, name: &str) -> Option<String> {
    address::repository(env.get(name)?).ok()
}

/// Whether two names are of different repositories, where both are told. Platforms compare them without case.
fn differ(one: Option<impl AsRef<str>>, other: Option<impl AsRef<str>>) -> Option<bool> {
    Some(!one?.as_ref().eq_ignore_ascii_case(other?.as_ref()))
}
