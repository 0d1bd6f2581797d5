//! Which commit is the base, and what to do where it is not there.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::common::{Folder, Run, STRICT, sarif};
use crate::repository::{LAX, Repository, gate, git, says, short, write};

#[test]
fn what_needs_no_file_of_the_repository_needs_no_base() {
    let repository = Repository::new(&[(".findgate.yml", STRICT)]);
    let mut variables = repository.github();
    write(Path::new(&repository.beside("")), &[("org.yml", LAX)]);
    let event = json!({"pull_request": {"head": {"ref": "change"}, "base": {"ref": "main", "sha": "9".repeat(40)}}});
    fs::write(repository.beside("event.json"), event.to_string()).unwrap();
    let check = |folder: &Path, policy: &str, variables: &[(&str, String)]| {
        gate(folder, variables, &["check", "--sarif", "*.sarif", "--policy", policy])
    };
    check(&repository.path(), "preset:audit", &variables).ends_with(0);
    check(&repository.path(), "../org.yml", &variables).ends_with(0);
    check(&repository.path(), ".findgate.yml", &variables).ends_with(2);
    // Neither is a repository or git needed.
    variables.push(("PATH", "/nowhere".to_owned()));
    check(&repository.path(), "preset:audit", &variables).ends_with(0);
    check(&repository.path(), ".findgate.yml", &variables).ends_with(2).complains("install git");
    let bare = Folder::new().with("policy.yml", LAX).with("scan.sarif", sarif(Vec::new()));
    check(bare.path(), "preset:audit", &variables).ends_with(0);
    check(bare.path(), "policy.yml", &variables).ends_with(2).complains("is in no git repository");
}

/// The line of stderr that is the command to run.
fn command_of(run: &Run) -> String {
    let line = run.stderr.lines().find_map(|line| line.trim().strip_prefix("git fetch "));
    format!("git fetch {}", line.unwrap_or_else(|| panic!("no command in:\n{}", run.stderr)))
}

#[test]
fn a_base_that_is_not_there_is_told_with_the_command_that_fetches_it() {
    for (policies, status) in [((STRICT, LAX), 1), ((LAX, STRICT), 0)] {
        let repository = Repository::new(&[(".findgate.yml", policies.0)]);
        repository.change(&[(".findgate.yml", policies.1)]);
        repository.git(&["push", "--quiet", "origin", "change"]);
        for (platform, variables) in repository.platforms() {
            // As platforms check out: one commit of one branch.
            let clone = repository.beside(&format!("{platform} {status}"));
            let source = format!("file://{}", repository.origin());
            let shallow = ["clone", "--quiet", "--depth", "1", "--branch", "change", &source, &clone];
            git(Path::new(&repository.beside("")), &shallow);
            let clone = Path::new(&clone);
            fs::copy(repository.path().join("scan.sarif"), clone.join("scan.sarif")).unwrap();
            let check = ["check", "--sarif", "*.sarif"];
            let run = gate(clone, &variables, &check).ends_with(2);
            let run = run.complains("fetch-depth: 0").complains("GIT_DEPTH: 0").complains("--trust worktree");
            let command = command_of(&run);
            let is_of_commit = command == format!("git fetch --no-tags --depth=1 origin {}", repository.base);
            let branch = "git fetch --no-tags --depth=1 origin +refs/heads/main:refs/remotes/origin/main";
            assert!(is_of_commit || command == branch, "{platform}: {command}");
            let fetched = Command::new("sh")
                .args(["-c", &command])
                .current_dir(clone)
                .env("GIT_CONFIG_GLOBAL", "/dev/null")
                .env("GIT_CONFIG_SYSTEM", "/dev/null")
                .output()
                .unwrap();
            assert!(fetched.status.success(), "{command}: {}", String::from_utf8_lossy(&fetched.stderr));
            let run = gate(clone, &variables, &check);
            assert_eq!(run.status, status, "{platform}\n{}\n{}", run.stdout, run.stderr);
        }
    }
}

#[test]
fn the_merge_that_a_platform_made_and_its_parents_are_enough() {
    let repository = Repository::new(&[(".findgate.yml", LAX)]);
    repository.change(&[("other.txt", "")]);
    repository.git(&["switch", "--quiet", "main"]);
    repository.change(&[(".findgate.yml", STRICT)]);
    let tip = repository.git(&["rev-parse", "HEAD"]);
    let head = repository.git(&["rev-parse", "change"]);
    repository.git(&["merge", "--quiet", "--no-ff", "--message", "Merge", "change"]);
    repository.git(&["push", "--quiet", "origin", "HEAD:refs/heads/merged"]);
    let merge = repository.git(&["rev-parse", "HEAD"]);
    let clone = repository.beside("clone");
    let source = format!("file://{}", repository.origin());
    git(Path::new(&repository.beside("")), &["clone", "--quiet", "--depth=2", "--branch=merged", &source, &clone]);
    fs::copy(repository.path().join("scan.sarif"), Path::new(&clone).join("scan.sarif")).unwrap();
    let mut variables = repository.github();
    let event = fs::read_to_string(repository.beside("event.json")).unwrap().replace(&merge, &head);
    fs::write(repository.beside("event.json"), event).unwrap();
    variables.push(("GITHUB_SHA", merge));
    // What the head was merged into, and not the older commit that the event names.
    let run = gate(Path::new(&clone), &variables, &["check", "--sarif", "*.sarif"]).ends_with(1);
    says(&run, &format!("at base {}", short(&tip)));
}

#[test]
fn a_base_that_nobody_tells_is_named() {
    let repository = Repository::new(&[(".findgate.yml", STRICT)]);
    repository.change(&[(".findgate.yml", LAX)]);
    let circle = [
        ("CIRCLECI", "true".to_owned()),
        ("CIRCLE_BRANCH", "change".to_owned()),
        ("CIRCLE_PULL_REQUEST", "https://github.com/acme/shop/pull/7".to_owned()),
    ];
    let check = |more: &[&str]| repository.run(&circle, &[&["check", "--sarif", "*.sarif"], more].concat());
    check(&[]).ends_with(2).complains("name it with --base");
    for base in ["main", "origin/main", "HEAD~1", "change~1", &repository.base[..8], &repository.base] {
        let run = check(&["--base", base]);
        assert_eq!(run.status, 1, "{base}: {}", run.stderr);
    }
    check(&["--base", "change"]).ends_with(0);
    for base in ["nowhere", "a b", "--output=x", "-x", "HEAD~99", "main:.findgate.yml"] {
        check(&[&format!("--base={base}")]).ends_with(2).complains("--trust worktree");
    }
    // A branch that the platform names is one of the remote, and none of this clone.
    repository.git(&["update-ref", "-d", "refs/remotes/origin/main"]);
    let jenkins = |target: &str| {
        let variables = [("JENKINS_URL", "x"), ("CHANGE_ID", "7"), ("CHANGE_TARGET", target)];
        let variables = variables.map(|(name, value)| (name, value.to_owned()));
        repository.run(&variables, &["check", "--sarif", "*.sarif"])
    };
    for target in ["main", "change", "HEAD", "change~1", "--all", "-x"] {
        jenkins(target).ends_with(2);
    }
    let run = jenkins("main");
    // This clone is not shallow, so the command does not make it so.
    assert_eq!(command_of(&run), "git fetch --no-tags origin +refs/heads/main:refs/remotes/origin/main");
    let odd = jenkins("it's;touch $(x)");
    assert!(!odd.stderr.contains("git fetch --no-tags origin +refs/heads/it's;"), "{}", odd.stderr);
    // Where there is but one remote, it is that one.
    repository.git(&["remote", "rename", "origin", "upstream"]);
    repository.git(&["fetch", "--quiet", "upstream"]);
    jenkins("main").ends_with(1);
}

#[test]
fn a_base_of_the_remote_is_not_what_the_change_calls_so() {
    let repository = Repository::new(&[(".findgate.yml", STRICT)]);
    repository.change(&[(".findgate.yml", LAX)]);
    let based = |base: &str| repository.run(&[], &["check", "--sarif", "*.sarif", "--trust", "base", "--base", base]);
    let check = || {
        for base in ["origin/main", "origin/main~0", "refs/remotes/origin/main"] {
            says(&based(base).ends_with(1), &format!("at base {}", short(&repository.base)));
        }
    };
    // A branch of the remote, then a tag, then a branch of this clone.
    repository.git(&["push", "--quiet", "origin", "change:refs/heads/origin/main"]);
    repository.git(&["fetch", "--quiet"]);
    check();
    repository.git(&["tag", "origin/main", "change"]);
    repository.git(&["branch", "origin/main", "change"]);
    check();
    // Nor where the remote's is not there yet, and what is told fetches that one.
    repository.git(&["update-ref", "-d", "refs/remotes/origin/main"]);
    based("origin/main~0").ends_with(2).complains("is not in this clone");
    let run = based("origin/main").ends_with(2);
    assert_eq!(command_of(&run), "git fetch --no-tags origin +refs/heads/main:refs/remotes/origin/main");
    repository.git(&["fetch", "--quiet"]);
    check();
    // Of several remotes it is the one that is named.
    repository.git(&["remote", "rename", "origin", "upstream"]);
    repository.git(&["remote", "add", "origin", "nowhere"]);
    repository.git(&["update-ref", "refs/remotes/origin/upstream/main", "change"]);
    based("upstream/main").ends_with(1);
}

#[test]
fn a_part_of_a_commit_is_not_taken_for_a_branch_that_is_called_so() {
    let repository = Repository::new(&[(".findgate.yml", STRICT)]);
    repository.change(&[(".findgate.yml", LAX)]);
    let part = short(&repository.base).to_owned();
    repository.git(&["push", "--quiet", "origin", &format!("change:refs/heads/{part}")]);
    repository.git(&["fetch", "--quiet"]);
    let bitbucket = [
        ("BITBUCKET_BUILD_NUMBER", "1".to_owned()),
        ("BITBUCKET_PR_ID", "7".to_owned()),
        ("BITBUCKET_PR_DESTINATION_BRANCH", "main".to_owned()),
        ("BITBUCKET_PR_DESTINATION_COMMIT", part.clone()),
    ];
    let run = repository.run(&bitbucket, &["check", "--sarif", "*.sarif"]).ends_with(1);
    says(&run, &format!("at base {part}"));
}

#[test]
fn a_clone_without_the_bytes_of_a_file_says_how_to_get_them() {
    let repository = Repository::new(&[(".findgate.yml", STRICT)]);
    repository.change(&[(".findgate.yml", LAX)]);
    repository.git(&["push", "--quiet", "origin", "change"]);
    git(Path::new(&repository.origin()), &["config", "uploadpack.allowFilter", "true"]);
    let clone = repository.beside("partial");
    let source = format!("file://{}", repository.origin());
    let partial = ["clone", "--quiet", "--filter=blob:none", "--branch", "change", &source, &clone];
    git(Path::new(&repository.beside("")), &partial);
    let clone = Path::new(&clone);
    fs::copy(repository.path().join("scan.sarif"), clone.join("scan.sarif")).unwrap();
    let check = ["check", "--sarif", "*.sarif"];
    let run = gate(clone, &repository.github(), &check).ends_with(2).complains("lacks its bytes");
    let object = run.stderr.split("git cat-file -e ").nth(1).unwrap().split('`').next().unwrap().to_owned();
    git(clone, &["cat-file", "-e", &object]);
    gate(clone, &repository.github(), &check).ends_with(1);
}
