//! Git as it is: real repositories in folders of their own, with nothing of the surrounding configuration.

#![expect(clippy::disallowed_methods, reason = "git is found by the search path of the test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::{Project, Said, detect};
use crate::env::Env;

/// A folder with a repository of one commit on `main`, `origin` on GitHub.
struct Repository {
    dir: TempDir,
}

/// What every git of a test gets: the search path, and neither a user's nor the machine's configuration.
fn environment() -> Vec<(&'static str, String)> {
    let path = std::env::var("PATH").unwrap();
    vec![
        ("PATH", path),
        ("GIT_CONFIG_GLOBAL", "/dev/null".to_owned()),
        ("GIT_CONFIG_SYSTEM", "/dev/null".to_owned()),
        ("GIT_CONFIG_NOSYSTEM", "1".to_owned()),
    ]
}

/// Rust alone builds and tests this program, so a machine without git has nothing to test here.
fn git_is_missing() -> bool {
    let is_missing = Command::new("git").arg("--version").output().is_err();
    if is_missing {
        eprintln!("skipped: there is no git program");
    }
    is_missing
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    for (name, value) in ["AUTHOR", "COMMITTER"]
        .into_iter()
        .flat_map(|who| [(format!("GIT_{who}_NAME"), "Test"), (format!("GIT_{who}_EMAIL"), "test@example.com")])
    {
        command.env(name, value);
    }
    command.args(["-c", "protocol.file.allow=always", "-c", "commit.gpgSign=false"]);
    let output = command.args(arguments).current_dir(folder).envs(environment()).output().expect("run git");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

impl Repository {
    fn empty() -> Repository {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("work")).unwrap();
        let repository = Repository { dir };
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository
    }

    fn new() -> Repository {
        let repository = Repository::empty();
        repository.commit("a.txt");
        repository.git(&["remote", "add", "origin", "https://user:secret@github.com/acme/shop.git"]);
        repository
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("work")
    }

    /// A place outside the repository.
    fn beside(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(&self.path(), arguments)
    }

    fn commit(&self, file: &str) -> String {
        fs::write(self.path().join(file), file).unwrap();
        self.git(&["add", "."]);
        self.git(&["commit", "--quiet", "--message", file]);
        self.head()
    }

    fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    fn project(&self, variables: &[(&str, &str)]) -> Project {
        project(&self.path(), variables)
    }
}

fn project(folder: &Path, variables: &[(&str, &str)]) -> Project {
    let environment = environment();
    let all = environment.iter().map(|(name, value)| (*name, value.as_str())).chain(variables.iter().copied());
    let project = detect(Said::default(), &Env::of(all, folder));
    assert!(!format!("{project:?}").contains("secret"), "{project:?}");
    project
}

#[track_caller]
fn assert_project(project: &Project, repository: Option<&str>, branch: Option<&str>, commit: Option<&str>) {
    let known = [&project.repository, &project.branch, &project.commit].map(Option::as_deref);
    assert_eq!(known, [repository, branch, commit], "{project:#?}");
}

const SHOP: Option<&str> = Some("github.com/acme/shop");

#[test]
fn a_branch_its_commit_and_origin_are_found_from_any_folder_below() {
    if git_is_missing() {
        return;
    }
    let repository = Repository::new();
    let head = repository.head();
    let found = repository.project(&[]);
    assert_project(&found, SHOP, Some("main"), Some(&head));
    assert_eq!(found.warnings, [""; 0]);
    assert_eq!(
        found.notes,
        [
            "repository github.com/acme/shop (from the git remote origin)".to_owned(),
            "branch main (from git)".to_owned(),
            format!("commit {head} (from git)"),
        ]
    );
    repository.git(&["checkout", "--quiet", "-b", "feature/näme"]);
    let below = repository.path().join("a/b");
    fs::create_dir_all(&below).unwrap();
    assert_project(&project(&below, &[]), SHOP, Some("feature/näme"), Some(&head));
}

#[test]
fn a_detached_head_has_no_branch_and_says_so() {
    if git_is_missing() {
        return;
    }
    let repository = Repository::new();
    repository.git(&["checkout", "--quiet", "--detach"]);
    let found = repository.project(&[]);
    assert_project(&found, SHOP, None, Some(&repository.head()));
    assert!(found.no_branch.unwrap().contains("detached"));
}

#[test]
fn what_git_calls_a_branch_is_none_where_the_platform_says_so() {
    if git_is_missing() {
        return;
    }
    let repository = Repository::new();
    repository.git(&["checkout", "--quiet", "-b", "pull/12"]);
    let head = repository.head();
    for variables in [
        [("CIRCLECI", "true"), ("CIRCLE_BRANCH", "pull/12")],
        [("JENKINS_URL", "x"), ("TAG_NAME", "v1")],
        [("GITHUB_ACTIONS", "true"), ("GITHUB_REF", "refs/tags/v1")],
    ] {
        assert_project(&repository.project(&variables), SHOP, None, Some(&head));
    }
    let scripted = [("JENKINS_URL", "x")];
    assert_project(&repository.project(&scripted), SHOP, Some("pull/12"), Some(&head));
}

#[test]
fn a_branch_without_a_commit_is_a_branch() {
    if git_is_missing() {
        return;
    }
    assert_project(&Repository::empty().project(&[]), None, Some("main"), None);
}

#[test]
fn the_remote_is_origin_or_the_only_one_and_its_address_is_never_shown() {
    if git_is_missing() {
        return;
    }
    let repository = Repository::new();
    repository.git(&["remote", "add", "another", "https://user:secret@gitlab.com/g/r.git"]);
    assert_eq!(repository.project(&[]).repository.as_deref(), SHOP);
    repository.git(&["remote", "remove", "origin"]);
    assert_eq!(repository.project(&[]).repository.as_deref(), Some("gitlab.com/g/r"));
    repository.git(&["remote", "add", "third", "https://github.com/third/r"]);
    let several = repository.project(&[]);
    assert_eq!(several.repository, None);
    assert!(several.notes[0].contains("several git remotes"), "{:?}", several.notes);
    for address in ["/srv/secret/r.git", "git@github.com-secret:o/r.git", "https://user:se/cret@github.com/o/r"] {
        let repository = Repository::new();
        repository.git(&["remote", "set-url", "origin", address]);
        let found = repository.project(&[]);
        assert_eq!(found.repository, None, "{address}");
        assert!(found.notes[0].contains("--repo") && !found.notes[0].contains("cret"), "{:?}", found.notes);
    }
    let repository = Repository::new();
    repository.git(&["remote", "set-url", "origin", "work:acme/shop.git"]);
    repository.git(&["config", "url.ssh://git@github.com/.insteadOf", "work:"]);
    repository.git(&["remote", "set-url", "--add", "origin", "https://gitlab.com/second/address"]);
    assert_eq!(repository.project(&[]).repository.as_deref(), SHOP);
}

#[test]
fn changed_files_are_told_and_files_that_git_does_not_know_are_not() {
    if git_is_missing() {
        return;
    }
    let repository = Repository::new();
    fs::write(repository.path().join("report.sarif"), "{}").unwrap();
    assert!(repository.project(&[]).warnings.is_empty());
    fs::write(repository.path().join("a.txt"), "other").unwrap();
    let head = repository.head();
    let expected = [format!("files have changed since commit {head}; findings may be of other code than that")];
    assert_eq!(repository.project(&[]).warnings, expected);
    repository.git(&["add", "a.txt"]);
    assert_eq!(repository.project(&[]).warnings, expected);
    let platform = [("GITHUB_ACTIONS", "true"), ("GITHUB_SHA", head.as_str())];
    assert!(repository.project(&platform).warnings.is_empty(), "the platform told the commit");
    for number in 0..2000 {
        fs::write(repository.path().join(format!("{number:040}.txt")), "x").unwrap();
    }
    repository.git(&["add", "."]);
    assert_eq!(repository.project(&[]).warnings, expected, "a list that is cut is read, too");
}

#[test]
fn a_worktree_and_a_submodule_have_a_git_file_and_work() {
    if git_is_missing() {
        return;
    }
    let repository = Repository::new();
    let worktree = repository.beside("worktree");
    repository.git(&["worktree", "add", "--quiet", "-b", "other", &worktree]);
    assert!(Path::new(&worktree).join(".git").is_file());
    assert_project(&project(Path::new(&worktree), &[]), SHOP, Some("other"), Some(&repository.head()));

    let outer = Repository::new();
    outer.git(&["submodule", "--quiet", "add", repository.path().to_str().unwrap(), "inner"]);
    let inner = outer.path().join("inner");
    git(&inner, &["remote", "set-url", "origin", "https://github.com/acme/inner"]);
    assert_project(&project(&inner, &[]), Some("github.com/acme/inner"), Some("main"), Some(&repository.head()));

    fs::remove_dir_all(repository.path()).unwrap();
    let broken = project(Path::new(&worktree), &[]);
    assert_project(&broken, None, None, None);
    assert!(
        broken.warnings[0].contains("not a git repository") && broken.warnings[0].contains("--branch"),
        "{broken:?}"
    );
    assert_eq!(broken.no_branch.as_ref(), broken.warnings.first());
}

#[test]
fn the_surrounding_environment_leads_git_nowhere_else() {
    if git_is_missing() {
        return;
    }
    let repository = Repository::new();
    let other = Repository::empty();
    other.git(&["checkout", "--quiet", "-b", "elsewhere"]);
    let git_dir = other.path().join(".git");
    let (git_dir, work_tree) = (git_dir.to_str().unwrap(), other.path());
    let trace = repository.beside("trace");
    let variables = [
        ("GIT_DIR", git_dir),
        ("GIT_WORK_TREE", work_tree.to_str().unwrap()),
        ("GIT_INDEX_FILE", "/nowhere"),
        ("GIT_COMMON_DIR", git_dir),
        ("GIT_OBJECT_DIRECTORY", "/nowhere"),
        ("GIT_NAMESPACE", "x"),
        ("GIT_TRACE", trace.as_str()),
        ("GIT_CONFIG_PARAMETERS", "broken"),
        ("GIT_PAGER", "false"),
        ("LC_ALL", "de_DE.UTF-8"),
    ];
    let found = repository.project(&variables);
    assert_project(&found, SHOP, Some("main"), Some(&repository.head()));
    assert!(found.warnings.is_empty() && !Path::new(&trace).exists());
    // What names configuration does reach it: containers trust a folder that way.
    let configured = [
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "url.https://ghe.example.com/.insteadOf"),
        ("GIT_CONFIG_VALUE_0", "https://user:secret@github.com/"),
    ];
    assert_eq!(repository.project(&configured).repository.as_deref(), Some("ghe.example.com/acme/shop"));
}

#[test]
fn a_folder_of_the_checkout_that_looks_like_a_repository_is_not_taken_for_one() {
    if git_is_missing() {
        return;
    }
    let repository = Repository::new();
    let planted = repository.path().join("planted");
    repository.git(&["init", "--quiet", "--bare", "--initial-branch=release/1", planted.to_str().unwrap()]);
    let found = project(&planted, &[]);
    assert_project(&found, None, None, None);
    assert!(found.warnings[0].contains("bare repository"), "{:?}", found.warnings);
}

#[cfg(unix)]
mod programs {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn script(path: &Path, text: &str) {
        fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// The project with a git that is a script. What it writes to `asked` is given back, too.
    fn with_git(text: &str, said: Said<'_>, variables: &[(&str, &str)]) -> (Project, Option<String>) {
        let repository = Repository::new();
        let bin = repository.beside("bin");
        fs::create_dir(&bin).unwrap();
        let asked = repository.beside("asked");
        script(&Path::new(&bin).join("git"), &format!("echo \"$@\" >> '{asked}'\n{text}"));
        let all = [("PATH", bin.as_str())].into_iter().chain(variables.iter().copied());
        let project = detect(said, &Env::of(all, &repository.path()));
        (project, fs::read_to_string(asked).ok())
    }

    #[test]
    fn a_refusal_and_a_missing_git_say_what_to_do_in_a_warning() {
        if git_is_missing() {
            return;
        }
        let dubious = "printf '%s\\n' \"fatal: detected dubious ownership in repository at '/x'\" >&2; exit 128";
        let (project, _) = with_git(dubious, Said::default(), &[]);
        assert_project(&project, None, None, None);
        assert_eq!(project.warnings.len(), 1);
        let warning = &project.warnings[0];
        assert!(
            warning.contains("git config --global --add safe.directory /") && warning.contains("--branch"),
            "{warning}"
        );
        assert_eq!(project.no_branch.as_ref(), Some(warning));

        let old = "printf 'error: unknown option\\nusage: git status [options]\\n' >&2; exit 129";
        let (project, _) = with_git(old, Said::default(), &[]);
        assert!(project.warnings[0].starts_with("git is too old"), "{:?}", project.warnings);

        let (project, _) = with_git("exit 1", Said::default(), &[]);
        assert!(project.warnings[0].contains("git ended without a word"), "{:?}", project.warnings);

        let repository = Repository::new();
        let project = detect(Said::default(), &Env::of([("PATH", "/nowhere")], &repository.path()));
        assert_project(&project, None, None, None);
        assert!(
            project.warnings[0].starts_with("there is no git program on PATH; install git"),
            "{:?}",
            project.warnings
        );
    }

    #[test]
    fn git_is_not_started_when_every_value_is_told() {
        if git_is_missing() {
            return;
        }
        let said =
            Said { repository: Some("r"), branch: Some("b"), commit: Some("c"), base: Some("a"), ..Said::default() };
        assert_eq!(with_git("", said, &[]).1, None);
        let platform = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_REPOSITORY", "o/r"),
            ("GITHUB_REF", "refs/heads/main"),
            ("GITHUB_SHA", "1111111111111111111111111111111111111111"),
        ];
        assert_eq!(with_git("", Said::default(), &platform).1, None);
        let tag = [platform[0], platform[1], ("GITHUB_REF", "refs/tags/v1"), platform[3]];
        assert_eq!(with_git("", Said::default(), &tag).1, None, "that there is no branch is told, too");
        let said = Said { branch: Some("b"), commit: Some("c"), ..Said::default() };
        assert_eq!(with_git("", said, &[]).1.unwrap().lines().count(), 2, "remote and base");
        assert_eq!(with_git("", Said::default(), &[]).1.unwrap().lines().count(), 3);
    }

    #[test]
    fn a_commit_of_a_variable_is_no_option_of_git() {
        if git_is_missing() {
            return;
        }
        let pull = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_REPOSITORY", "o/r"),
            ("GITHUB_HEAD_REF", "b"),
            ("GITHUB_SHA", "--upload-pack=touch owned"),
        ];
        assert_eq!(with_git("", Said::default(), &pull).1, None);
    }

    #[test]
    fn nothing_that_a_repository_configures_is_run() {
        if git_is_missing() {
            return;
        }
        let repository = Repository::new();
        let ran = repository.beside("ran");
        let program = repository.beside("program");
        script(Path::new(&program), &format!("echo \"$0\" >> '{ran}'; exit 0"));
        for key in ["core.fsmonitor", "core.pager", "pager.status", "core.editor", "diff.external", "core.sshCommand"] {
            repository.git(&["config", key, &program]);
        }
        let hooks = repository.path().join(".git/hooks");
        fs::create_dir_all(&hooks).unwrap();
        for hook in ["post-index-change", "fsmonitor-watchman", "reference-transaction"] {
            fs::copy(&program, hooks.join(hook)).unwrap();
        }
        let _ = fs::remove_file(&ran);
        // Makes git look at the content of the file, and want to write the index.
        fs::write(repository.path().join("a.txt"), "a.txt").unwrap();
        let found = repository.project(&[]);
        assert_project(&found, SHOP, Some("main"), found.commit.as_deref());
        assert_eq!(fs::read_to_string(&ran).ok(), None);
    }
}

/// What GitHub and Azure check out for a pull request: the head merged into the tip of the base.
fn merged() -> (Repository, String, String, String) {
    let repository = Repository::new();
    repository.git(&["checkout", "--quiet", "-b", "fix/login"]);
    let head = repository.commit("b.txt");
    repository.git(&["checkout", "--quiet", "main"]);
    let base = repository.commit("c.txt");
    repository.git(&["checkout", "--quiet", "--detach"]);
    repository.git(&["merge", "--quiet", "--no-ff", "--message", "Merge", "fix/login"]);
    let merge = repository.head();
    (repository, merge, base, head)
}

const STALE: &str = "9999999999999999999999999999999999999999";

/// The project of a pull request whose event names this head.
fn of_pull_request(folder: &Path, merge: &str, head: Option<&str>) -> Project {
    let event = match head {
        Some(head) => format!(
            r#"{{"number": 12, "pull_request": {{"head": {{"ref": "fix/login", "sha": "{head}"}}, "base": {{"ref": "main", "sha": "{STALE}"}}}}}}"#
        ),
        None => "{".to_owned(),
    };
    let path = folder.parent().unwrap().join("event.json");
    fs::write(&path, event).unwrap();
    let variables = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_REPOSITORY", "acme/shop"),
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_REF", "refs/pull/12/merge"),
        ("GITHUB_HEAD_REF", "fix/login"),
        ("GITHUB_BASE_REF", "main"),
        ("GITHUB_SHA", merge),
        ("GITHUB_EVENT_PATH", path.to_str().unwrap()),
    ];
    project(folder, &variables)
}

#[test]
fn the_base_of_a_pull_request_is_what_its_head_was_merged_into() {
    if git_is_missing() {
        return;
    }
    let (repository, merge, base, head) = merged();
    let found = of_pull_request(&repository.path(), &merge, Some(&head));
    assert_project(&found, SHOP, Some("fix/login"), Some(&head));
    assert_eq!(found.base.as_ref(), Some(&base));
    // The merge is of another head than the event's: whatever it is, its first parent is not this change's base.
    let found = of_pull_request(&repository.path(), &merge, Some(STALE));
    assert_eq!((found.commit.as_deref(), found.base.as_deref()), (Some(STALE), Some(STALE)));
    // Without the event the parents tell what was merged.
    let found = of_pull_request(&repository.path(), &merge, None);
    assert_project(&found, SHOP, Some("fix/login"), Some(&head));
    assert_eq!(found.base.as_ref(), Some(&base));

    let variables = [
        ("TF_BUILD", "True"),
        ("BUILD_REPOSITORY_URI", "https://github.com/acme/shop"),
        ("BUILD_REASON", "PullRequest"),
        ("BUILD_SOURCEVERSION", merge.as_str()),
        ("SYSTEM_PULLREQUEST_SOURCEBRANCH", "refs/heads/fix/login"),
        ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main"),
        ("SYSTEM_PULLREQUEST_SOURCECOMMITID", head.as_str()),
    ];
    let found = repository.project(&variables);
    assert_eq!((found.commit.as_ref(), found.base.as_ref()), (Some(&head), Some(&base)));
}

#[test]
fn a_shallow_merge_has_no_parents_and_the_event_tells_the_base() {
    if git_is_missing() {
        return;
    }
    let (repository, merge, base, head) = merged();
    repository.git(&["branch", "merged"]);
    let source = format!("file://{}", repository.path().display());
    for (depth, want) in [("1", STALE), ("2", base.as_str())] {
        let clone = repository.beside(&format!("depth-{depth}"));
        git(repository.dir.path(), &["clone", "--quiet", "--depth", depth, "--branch", "merged", &source, &clone]);
        let found = of_pull_request(Path::new(&clone), &merge, Some(&head));
        assert_eq!((found.commit.as_ref(), found.base.as_deref()), (Some(&head), Some(want)), "depth {depth}");
    }
    let clone = repository.beside("depth-1");
    let found = of_pull_request(Path::new(&clone), &merge, None);
    assert_eq!((found.commit.as_ref(), found.base.as_deref()), (Some(&merge), Some("main")));
    assert!(found.warnings[0].contains("only this run knows"), "{:?}", found.warnings);
    let found = of_pull_request(Path::new(&clone), STALE, Some(&head));
    assert_eq!(found.base.as_deref(), Some(STALE), "a commit that is not there");
    assert!(found.warnings.is_empty(), "{:?}", found.warnings);
}

#[test]
fn before_a_merge_the_base_is_where_the_branch_left_the_default_branch_of_the_remote() {
    if git_is_missing() {
        return;
    }
    let repository = Repository::new();
    let left_at = repository.head();
    repository.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    repository.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
    assert_eq!(repository.project(&[]).base, None, "on the default branch nothing was left");
    repository.git(&["switch", "--quiet", "--create", "feature"]);
    repository.commit("b.txt");
    assert_eq!(repository.project(&[]).base, Some(left_at));
    repository.git(&["symbolic-ref", "--delete", "refs/remotes/origin/HEAD"]);
    assert_eq!(repository.project(&[]).base, None, "a remote whose default branch nobody knows tells no base");
}
