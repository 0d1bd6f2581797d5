//! A repository with a remote, in a folder of its own, on a branch that changes something.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::common::{Run, finish, results, sarif};

pub(crate) struct Repository {
    dir: TempDir,
    pub(crate) base: String,
}

/// The variables of a platform.
pub(crate) type Variables = Vec<(&'static str, String)>;

/// Neither a user's nor the machine's configuration, and nothing of the surrounding environment but the search path.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    for name in ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"] {
        command.env(name, "/dev/null");
    }
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "Test").env(format!("GIT_{who}_EMAIL"), "test@example.com");
    }
    command.args(["-c", "protocol.file.allow=always", "-c", "commit.gpgSign=false"]);
    let output = command.args(arguments).current_dir(folder).output().expect("run git");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

pub(crate) fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, content) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // What may stand there as a link is replaced, not written through.
        let _ = fs::remove_file(&path);
        fs::write(path, content).unwrap();
    }
}

/// Runs the binary in a folder.
pub(crate) fn gate(folder: &Path, variables: &[(&str, String)], arguments: &[&str]) -> Run {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_findgate"));
    command.env_clear().current_dir(folder);
    command.env("PATH", std::env::var_os("PATH").unwrap());
    for name in ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"] {
        command.env(name, "/dev/null");
    }
    finish(command.envs(variables.iter().map(|(name, value)| (*name, value.as_str()))).args(arguments))
}

impl Repository {
    /// `main` holds these files, and the branch `change` is checked out. A report with one finding of severity high is an
    /// artifact.
    pub(crate) fn new(files: &[(&str, &str)]) -> Repository {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("work")).unwrap();
        let mut repository = Repository { dir, base: String::new() };
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        write(&repository.path(), files);
        write(&repository.path(), &[("readme.txt", "A shop.\n")]);
        repository.base = repository.commit("base");
        let origin = repository.origin();
        git(repository.dir.path(), &["init", "--quiet", "--bare", "--initial-branch=main", &origin]);
        repository.git(&["remote", "add", "origin", &format!("file://{origin}")]);
        repository.git(&["push", "--quiet", "origin", "main"]);
        repository.git(&["switch", "--quiet", "--create", "change"]);
        fs::write(repository.path().join("scan.sarif"), sarif(results(1))).unwrap();
        repository
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("work")
    }

    /// A path outside of the repository.
    pub(crate) fn beside(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn origin(&self) -> String {
        self.beside("origin.git")
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        git(&self.path(), arguments)
    }

    /// Commits everything that git does not ignore, but the report.
    pub(crate) fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all", "--", ".", ":!*.sarif"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Changes these files on the branch.
    pub(crate) fn change(&self, files: &[(&str, &str)]) {
        write(&self.path(), files);
        self.commit("change");
    }

    #[cfg(unix)]
    pub(crate) fn link(&self, name: &str, target: &str) {
        let path = self.path().join(name);
        let _ = fs::remove_file(&path);
        std::os::unix::fs::symlink(target, path).unwrap();
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.path().join(name)).unwrap();
        self.commit("remove");
    }

    pub(crate) fn run(&self, variables: &[(&str, String)], arguments: &[&str]) -> Run {
        gate(&self.path(), variables, arguments)
    }

    /// `findgate check` of the report in a pull request on GitHub.
    pub(crate) fn check(&self, more: &[&str]) -> Run {
        self.run(&self.github(), &[&["check", "--sarif", "*.sarif"], more].concat())
    }

    /// A pull request on GitHub.
    pub(crate) fn github(&self) -> Variables {
        let head = self.git(&["rev-parse", "HEAD"]);
        let event = format!(
            r#"{{"number": 7, "pull_request": {{"head": {{"ref": "change", "sha": "{head}"}}, "base": {{"ref": "main", "sha": "{}"}}}}}}"#,
            self.base
        );
        let file = self.beside("event.json");
        fs::write(&file, event).unwrap();
        vec![
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_REPOSITORY", "acme/shop".to_owned()),
            ("GITHUB_EVENT_NAME", "pull_request".to_owned()),
            ("GITHUB_REF", "refs/pull/7/merge".to_owned()),
            ("GITHUB_HEAD_REF", "change".to_owned()),
            ("GITHUB_BASE_REF", "main".to_owned()),
            ("GITHUB_SHA", head),
            ("GITHUB_EVENT_PATH", file),
        ]
    }

    /// Every way in which a platform runs a change, by name.
    pub(crate) fn platforms(&self) -> Vec<(&'static str, Variables)> {
        let head = self.git(&["rev-parse", "HEAD"]);
        let queue = format!(
            r#"{{"merge_group": {{"head_sha": "{head}", "base_sha": "{}", "base_ref": "refs/heads/main"}}}}"#,
            self.base
        );
        let file = self.beside("queue.json");
        fs::write(&file, queue).unwrap();
        let text = |pairs: &[(&'static str, &str)]| -> Variables {
            pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
        };
        let merge_request = [
            ("GITLAB_CI", "true"),
            ("CI_PROJECT_URL", "https://gitlab.com/acme/shop"),
            ("CI_MERGE_REQUEST_IID", "7"),
            ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "change"),
            ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
            ("CI_COMMIT_SHA", head.as_str()),
        ];
        let train = ("CI_MERGE_REQUEST_EVENT_TYPE", "merge_train");
        vec![
            ("github", self.github()),
            (
                "github merge queue",
                text(&[
                    ("GITHUB_ACTIONS", "true"),
                    ("GITHUB_REPOSITORY", "acme/shop"),
                    ("GITHUB_EVENT_NAME", "merge_group"),
                    ("GITHUB_REF", "refs/heads/gh-readonly-queue/main/pr-7-1"),
                    ("GITHUB_EVENT_PATH", &file),
                ]),
            ),
            ("gitlab", text(&[&merge_request[..], &[("CI_MERGE_REQUEST_DIFF_BASE_SHA", self.base.as_str())]].concat())),
            ("gitlab by branch", text(&merge_request)),
            (
                "gitlab merge train",
                text(
                    &[&merge_request[..], &[train, ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", self.base.as_str())]]
                        .concat(),
                ),
            ),
            (
                "jenkins",
                text(&[
                    ("JENKINS_URL", "https://ci.example.com"),
                    ("CHANGE_ID", "7"),
                    ("CHANGE_BRANCH", "change"),
                    ("CHANGE_TARGET", "main"),
                ]),
            ),
            (
                "azure",
                text(&[
                    ("TF_BUILD", "True"),
                    ("BUILD_REASON", "PullRequest"),
                    ("SYSTEM_PULLREQUEST_SOURCEBRANCH", "refs/heads/change"),
                    ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main"),
                ]),
            ),
            (
                "bitbucket",
                text(&[
                    ("BITBUCKET_BUILD_NUMBER", "1"),
                    ("BITBUCKET_BRANCH", "change"),
                    ("BITBUCKET_PR_ID", "7"),
                    ("BITBUCKET_PR_DESTINATION_BRANCH", "main"),
                ]),
            ),
        ]
    }
}

/// The finding is high, so it violates `STRICT` and not this.
pub(crate) const LAX: &str = "version: 1\nthresholds: {all: critical}\n";

/// Everything that stdout says, wherever its lines are broken.
pub(crate) fn words(run: &Run) -> String {
    run.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
pub(crate) fn says(run: &Run, part: &str) {
    assert!(words(run).contains(part), "no {part:?} in stdout:\n{}", run.stdout);
}

pub(crate) fn short(commit: &str) -> &str {
    &commit[..12]
}
