//! A change cannot excuse itself: in a pull or merge request the policy is the base's. End to end, with real repositories.

#![allow(clippy::disallowed_methods, reason = "a test sets up the environment of the binary")]

mod common;
#[path = "trust/repository.rs"]
mod repository;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::Run;
use repository::{Repository, gate, git, write};
use serde_json::{Value, json};

/// The finding is high, so it is violated by the one and not by the other.
const STRICT: &str = "version: 1\nthresholds: {all: any}\n";
const LAX: &str = "version: 1\nthresholds: {all: critical}\n";

/// Everything that stdout says, wherever its lines are broken.
fn words(run: &Run) -> String {
    run.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn says(run: &Run, part: &str) {
    assert!(words(run).contains(part), "no {part:?} in stdout:\n{}", run.stdout);
}

fn short(commit: &str) -> &str {
    &commit[..12]
}

#[test]
fn a_policy_that_the_change_loosens_does_not_decide_on_any_platform() {
    let repository = Repository::new(&[(".findgate.yml", STRICT)]);
    repository.change(&[(".findgate.yml", LAX)]);
    // What this clone calls main is of the change's making.
    repository.git(&["branch", "--force", "main", "change"]);
    repository.git(&["tag", "origin/main", "change"]);
    let origin = format!(".findgate.yml at base {}", short(&repository.base));
    for (platform, variables) in repository.platforms() {
        let check = ["check", "--sarif", "*.sarif"];
        let run = repository.run(&variables, &check);
        assert_eq!(run.status, 1, "{platform}\n{}\n{}", run.stdout, run.stderr);
        says(&run, &origin);
        says(&run, "the policy of this change would give pass (0) after the merge; it does not decide");
        let run = repository.run(&variables, &[&check[..], &["--format", "json"]].concat()).ends_with(1);
        let run = run.complains("the verdict would be pass after the merge; it does not decide");
        let policy = &run.json()["policy"];
        assert_eq!(
            [&policy["origin"], &policy["trust"], &policy["base"]],
            [&json!(origin), &json!("base"), &json!(repository.base)],
            "{platform}"
        );
    }
    // Outside of a change the files are what was merged.
    let push = [("GITHUB_ACTIONS", "true".to_owned()), ("GITHUB_EVENT_NAME", "push".to_owned())];
    let run = repository.run(&push, &["check", "--sarif", "*.sarif", "--format", "json"]).ends_with(0).json();
    assert_eq!(
        [&run["policy"]["origin"], &run["policy"]["trust"], &run["policy"]["base"], &run["beside"]],
        [&json!(".findgate.yml"), &json!("worktree"), &Value::Null, &json!([])]
    );
}

#[test]
fn a_policy_that_the_change_tightens_decides_after_the_merge() {
    let repository = Repository::new(&[(".findgate.yml", LAX)]);
    repository.change(&[(".findgate.yml", STRICT)]);
    let run = repository.check(&[]).ends_with(0);
    says(&run, "the policy of this change would give fail (1) after the merge");
    assert_eq!(run.verdict(), "findgate: pass (0)");
    let run = run.complains("would be fail (thresholds.all.any) after the merge");
    let json = repository.check(&["--format", "json"]).ends_with(0).json();
    let beside = &json["beside"][0];
    let fingerprint = &json["findings"][0]["fingerprint"];
    assert_eq!(
        *beside,
        json!({
            "role": "change", "origin": ".findgate.yml", "digest": beside["digest"], "problem": null,
            "verdict": "fail", "status": 1, "violated": ["thresholds.all.any"], "unread": [],
            "rules": [{"rule": "thresholds.all.any", "before": null,
                       "after": {"enforcement": "deny", "allowed": 0, "found": 1}}],
            "findings": [{"fingerprint": fingerprint, "before": "allowed", "after": "violation"}]
        }),
        "{}",
        run.stdout
    );
    assert_ne!(beside["digest"], json["policy"]["digest"]);
}

#[test]
fn a_policy_that_the_change_deletes_or_goes_around_decides() {
    let deleted = Repository::new(&[("findgate.yml", STRICT)]);
    deleted.remove("findgate.yml");
    let run = deleted.check(&[]).ends_with(1).complains("the change's own policy cannot be used: no policy: ");
    says(&run, &format!("findgate.yml at base {}", short(&deleted.base)));
    let json = deleted.check(&["--format", "json"]).ends_with(1).json();
    assert_eq!(json["beside"][0]["verdict"], Value::Null);
    assert!(json["beside"][0]["problem"].as_str().unwrap().starts_with("no policy"), "{json}");

    let around = Repository::new(&[("findgate.yml", STRICT)]);
    around.change(&[(".findgate.yml", LAX)]);
    let run = around.check(&[]).ends_with(1);
    says(&run, &format!("policy findgate.yml at base {}", short(&around.base)));
    says(&run, "would give pass (0) after the merge; it does not decide .findgate.yml");

    // Not committed, as a script of the change would write it.
    let edited = Repository::new(&[(".findgate.yml", STRICT)]);
    write(&edited.path(), &[(".findgate.yml", LAX)]);
    edited.check(&[]).ends_with(1);

    let broken = Repository::new(&[(".findgate.yml", LAX)]);
    broken.change(&[(".findgate.yml", "version: 1\nthresholds: {all: critcal}\nnam: x\n")]);
    broken
        .check(&[])
        .ends_with(0)
        .complains("the change's own policy cannot be used: .findgate.yml:2: unknown severity `critcal` (and 1 more");
}

#[test]
fn a_policy_that_is_new_is_used_and_every_report_says_so() {
    let repository = Repository::new(&[]);
    repository.change(&[(".findgate.yml", LAX)]);
    let run = repository.check(&[]).ends_with(0).complains("the policy .findgate.yml is new in this change");
    says(&run, "policy .findgate.yml (new in this change)");
    let json = repository.check(&["--format", "json"]).ends_with(0).json();
    assert_eq!(json["policy"]["origin"], ".findgate.yml (new in this change)");
    assert!(json["warnings"][0].as_str().unwrap().contains("is new in this change"), "{json}");
    assert_eq!(json["beside"], json!([]));
    for format in ["sarif", "sarif-audit"] {
        repository.check(&["--format", format]).ends_with(0).says("is new in this change");
    }
    // One that is named is no other.
    let named = Repository::new(&[]);
    named.change(&[("ci/gate.yml", LAX)]);
    named.check(&["--policy", "ci/gate.yml"]).ends_with(0).says("ci/gate.yml (new in this change)");
}

#[test]
fn a_waiver_in_the_policy_of_the_change_excuses_nothing_yet() {
    let repository = Repository::new(&[(".findgate.yml", STRICT)]);
    let waived = format!("{STRICT}waivers:\n- {{id: mine, match: {{path: 'src/**'}}, reason: I say so.}}\n");
    repository.change(&[(".findgate.yml", &waived)]);
    let run = repository.check(&[]).ends_with(1);
    says(&run, "thresholds.all.any: 1 found, 0 allowed, deny; by it not violated");
    says(&run, "flaw 1: violation, by it waived");
    let json = repository.check(&["--format", "json"]).ends_with(1).json();
    assert_eq!(json["waivers"], json!([]));
    assert_eq!(json["beside"][0]["findings"][0]["after"], "waived");
}

#[test]
fn no_way_of_writing_a_path_leads_around_the_base() {
    let repository = Repository::new(&[(".findgate.yml", STRICT), ("ci/gate.yml", STRICT), ("a/b.txt", "")]);
    repository.change(&[(".findgate.yml", LAX), ("ci/gate.yml", LAX), ("new/b.txt", ""), ("new-gate.yml", LAX)]);
    fs::create_dir(repository.path().join("untracked")).unwrap();
    let absolute = repository.path().join("ci/gate.yml");
    let through = format!("../{}/.findgate.yml", repository.path().file_name().unwrap().to_str().unwrap());
    for policy in [
        ".findgate.yml",
        "./.findgate.yml",
        "./a/../.findgate.yml",
        "new/../.findgate.yml",
        "untracked/.././/ci/gate.yml",
        "ci/../ci/gate.yml",
        absolute.to_str().unwrap(),
        through.as_str(),
    ] {
        let run = repository.check(&["--policy", policy]);
        assert_eq!(run.status, 1, "{policy}\n{}\n{}", run.stdout, run.stderr);
        says(&run, &format!("at base {}", short(&repository.base)));
    }
    // In a subfolder the names are relative to it, and a folder that only the change has is no way out.
    let reports = repository.path().join("*.sarif");
    for folder in ["ci", "new", "untracked"] {
        let arguments = ["check", "--sarif", reports.to_str().unwrap(), "--policy", "../ci/gate.yml"];
        gate(&repository.path().join(folder), &repository.github(), &arguments).ends_with(1);
    }
    repository.check(&["--policy", "new/../nowhere.yml"]).ends_with(2).complains("there is no such file");
    repository.check(&["--policy", "a"]).ends_with(2).complains("it is a directory");
}

#[test]
fn a_policy_is_found_in_the_subfolder_of_the_base_in_which_the_run_is() {
    let repository = Repository::new(&[("services/shop/.findgate.yml", STRICT), (".findgate.yml", LAX)]);
    repository.change(&[("services/shop/.findgate.yml", LAX)]);
    let folder = repository.path().join("services/shop");
    let reports = repository.path().join("*.sarif");
    let check = ["check", "--sarif", reports.to_str().unwrap()];
    let run = gate(&folder, &repository.github(), &check).ends_with(1);
    says(&run, &format!("policy .findgate.yml at base {}", short(&repository.base)));
    // A folder that is gone in the work tree is there in the base.
    fs::remove_dir_all(&folder).unwrap();
    repository.check(&["--policy", "services/shop/.findgate.yml"]).ends_with(1);
}

#[cfg(unix)]
#[test]
fn links_are_followed_in_the_base_and_lead_nowhere_else() {
    let mut repository = Repository::new(&[("ci/strict.yml", STRICT), ("ci/lax.yml", LAX)]);
    repository.link(".findgate.yml", "conf/strict.yml");
    repository.link("conf", "ci");
    repository.link("out.yml", "../outside.yml");
    repository.link("loop.yml", "loop.yml");
    repository.link("absolute.yml", "/etc/hostname");
    repository.base = repository.commit("links");
    write(Path::new(&repository.beside("")), &[("outside.yml", LAX)]);
    // The change leads each of them elsewhere.
    repository.link(".findgate.yml", "ci/lax.yml");
    fs::remove_file(repository.path().join("conf")).unwrap();
    repository.change(&[("conf/strict.yml", LAX), ("ci/strict.yml", LAX)]);
    let run = repository.check(&[]).ends_with(1);
    says(&run, &format!("policy .findgate.yml at base {}", short(&repository.base)));
    repository.check(&["--policy", "conf/strict.yml"]).ends_with(1);
    repository.check(&["--policy", "out.yml"]).ends_with(2).complains("leads out of the repository");
    repository.check(&["--policy", "absolute.yml"]).ends_with(2).complains("leads out of the repository");
    repository.check(&["--policy", "loop.yml"]).ends_with(2).complains("too many symbolic links");
    // A link that the job made leads to the base's version, and one of the change is new.
    repository.link("job.yml", "ci/strict.yml");
    repository.check(&["--policy", "job.yml"]).ends_with(1).says("job.yml at base");
    repository.link("mine.yml", "ci/strict.yml");
    repository.link("mine", "ci");
    repository.git(&["add", "mine.yml", "mine"]);
    for policy in ["mine.yml", "mine/strict.yml"] {
        // It is the change that chose the file, but not what is in it.
        let run = repository.check(&["--policy", policy]).ends_with(1);
        says(&run, &format!("{policy} (new in this change)"));
    }
    repository.link("mine/far.yml", "../../outside.yml");
    repository.git(&["add", "ci/far.yml"]);
    repository.check(&["--policy", "ci/far.yml"]).ends_with(0).says("(new in this change)");
}

#[test]
fn what_the_job_made_and_what_is_outside_is_read_as_it_is() {
    let repository = Repository::new(&[(".findgate.yml", STRICT)]);
    write(&repository.path(), &[("made.yml", LAX)]);
    write(Path::new(&repository.beside("")), &[("org.yml", LAX)]);
    let outside = repository.beside("org.yml");
    for policy in ["made.yml", "../org.yml", outside.as_str()] {
        let run = repository.check(&["--policy", policy]).ends_with(0);
        assert!(!words(&run).contains("at base") && !words(&run).contains("new in"), "{}", run.stdout);
    }
}

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
    let bare = common::Folder::new().with("policy.yml", LAX).with("scan.sarif", common::sarif(Vec::new()));
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
fn what_the_change_brings_under_a_name_of_another_case_is_no_artifact() {
    let policy = format!("{STRICT}waivers: {{file: W.yml}}\n");
    let waivers =
        "version: 1\nwaivers: [{id: mine, match: {path: 'src/**'}, reason: I say so., expires: 2999-01-01}]\n";
    let repository = Repository::new(&[(".findgate.yml", &policy)]);
    repository.change(&[("w.yml", waivers)]);
    // As it looks where both names are one file.
    write(&repository.path(), &[("W.yml", waivers)]);
    repository.check(&[]).ends_with(1).complains("the waivers of W.yml do not count: it is new in this change");
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

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_the_folder_of_the_run_leads_to_no_other_policy() {
    let files = [("services/shop/.findgate.yml", STRICT), ("examples/.findgate.yml", LAX), ("apps/a.txt", "")];
    // To a folder of the change, to one of the base, by way of another link, one level higher, and to the top.
    for (link, target) in [
        ("services/shop", "../mine/shop"),
        ("services/shop", "../examples"),
        ("services/shop", "../by-way"),
        ("services", "mine"),
        ("services/shop", "../"),
    ] {
        let repository = Repository::new(&files);
        repository.git(&["rm", "--quiet", "-r", "services"]);
        write(&repository.path(), &[("mine/shop/.findgate.yml", LAX), ("services/other.txt", "")]);
        repository.link("by-way", "examples");
        if link == "services" {
            fs::remove_dir_all(repository.path().join("services")).unwrap();
        }
        repository.link(link, target);
        repository.commit("change");
        let reports = repository.path().join("*.sarif");
        let check = ["check", "--sarif", reports.to_str().unwrap()];
        let run = gate(&repository.path().join("services/shop"), &repository.github(), &check).ends_with(2);
        run.complains("a link that leads to").complains("name the policy with --policy");
        if target == "../" {
            continue;
        }
        // The policy that is meant is there, and elsewhere nothing is in doubt.
        repository.check(&["--policy", "services/shop/.findgate.yml"]).ends_with(1);
        gate(&repository.path().join("apps"), &repository.github(), &check).ends_with(2).complains("no policy");
    }
    // A link that takes no folder's place, and one that the base has, too, are no reason.
    let mut repository = Repository::new(&files);
    repository.link("old", "services/shop");
    repository.base = repository.commit("link");
    repository.link("new", "services/shop");
    repository.commit("change");
    let reports = repository.path().join("*.sarif");
    for folder in ["old", "new", "services/shop"] {
        let check = ["check", "--sarif", reports.to_str().unwrap()];
        gate(&repository.path().join(folder), &repository.github(), &check).ends_with(1);
    }
}

#[test]
fn trusting_the_work_tree_is_possible_and_told() {
    let repository = Repository::new(&[(".findgate.yml", STRICT)]);
    repository.change(&[(".findgate.yml", LAX)]);
    let run =
        repository.check(&["--trust", "worktree"]).ends_with(0).complains("--trust worktree: policy and waivers are");
    assert!(!run.stdout.contains("at base"), "{}", run.stdout);
    let json = repository.check(&["--trust", "worktree", "--format", "json"]).ends_with(0).json();
    assert_eq!([&json["policy"]["trust"], &json["policy"]["base"]], [&json!("worktree"), &Value::Null]);
    assert!(json["warnings"][0].as_str().unwrap().starts_with("--trust worktree"), "{json}");
    let mut variables = repository.github();
    variables.push(("FINDGATE_TRUST", "worktree".to_owned()));
    let check = ["check", "--sarif", "*.sarif"];
    repository.run(&variables, &check).ends_with(0);
    repository.run(&variables, &[&check[..], &["--trust", "base"]].concat()).ends_with(1);
    // Outside of a change it is no news, and the base can be asked for.
    let run = repository.run(&[], &[&check[..], &["--trust", "worktree"]].concat()).ends_with(0);
    assert!(!run.stderr.contains("--trust worktree"), "{}", run.stderr);
    repository.run(&[], &[&check[..], &["--trust", "base", "--base", "main"]].concat()).ends_with(1);
    repository.run(&[], &[&check[..], &["--trust", "base"]].concat()).ends_with(2).complains("--base");
    repository.run(&[], &[&check[..], &["--trust", "nobody"]].concat()).ends_with(2).complains("worktree");
}

#[test]
fn who_says_that_it_is_a_change_is_judged_by_the_base() {
    // As on a platform that findgate does not know.
    let repository = Repository::new(&[(".findgate.yml", STRICT)]);
    repository.change(&[(".findgate.yml", LAX)]);
    let run = |variables: &[(&str, String)], more: &[&str]| {
        repository.run(variables, &[&["check", "--sarif", "*.sarif"][..], more].concat())
    };
    for event in ["pull_request", "merge_group"] {
        says(&run(&[], &["--event", event, "--base", "main"]).ends_with(1), "at base");
        run(&[("FINDGATE_EVENT", event.to_owned())], &["--base", "main"]).ends_with(1);
        run(&[], &["--event", event]).ends_with(2).complains("--base");
        run(&[], &["--event", event, "--trust", "worktree"])
            .ends_with(0)
            .complains("--trust worktree: policy and waivers are");
    }
    run(&[], &["--event", "push", "--base", "main"]).ends_with(0);
    // Nor does a word take from a pull request that it is one.
    run(&repository.github(), &["--event", "push"]).ends_with(1);
}

#[test]
fn every_command_reads_the_same_policy_and_the_linter_that_of_the_work_tree() {
    let sources = "sources: {sarif: {files: '*.sarif'}}\n";
    let repository = Repository::new(&[(".findgate.yml", &format!("{STRICT}{sources}"))]);
    repository.change(&[(".findgate.yml", "version: 1\nthresholds: {}\n")]);
    let github = repository.github();
    let run = |arguments: &[&str]| repository.run(&github, arguments);
    run(&["collect", "--output", "snapshot.json"]).ends_with(0);
    run(&["sources"]).ends_with(0).says("1 finding in 1 scan");
    run(&["explain", "T1"]).ends_with(0).says("thresholds.all.any: counts it");
    let base = format!("# policy: .findgate.yml at base {}\n", short(&repository.base));
    run(&["policy", "show"]).ends_with(0).says(&base).says("thresholds:\n  all:\n    info: 0  # .findgate.yml:2");
    run(&["policy", "show", "--trust", "worktree"]).ends_with(2);
    repository.run(&[], &["policy", "show", "--trust", "base", "--base", "main"]).ends_with(0).says(&base);
    run(&["policy", "check"]).ends_with(2);
    run(&["check", "--snapshot", "snapshot.json"]).ends_with(1);
}

#[test]
fn the_policy_of_the_change_shares_what_was_read_and_nobody_is_asked_for_it() {
    let of = |sources: &str, thresholds: &str| format!("version: 1\nsources: {sources}\nthresholds: {thresholds}\n");
    let one = "{sarif: {files: '*.sarif'}}";
    let repository = Repository::new(&[(".findgate.yml", &of(one, "{all: any}"))]);
    let beside = |policy: &str| {
        repository.change(&[(".findgate.yml", policy)]);
        let run = repository.run(&repository.github(), &["check", "--format", "json"]).ends_with(1);
        run.json()["beside"][0].clone()
    };
    assert_eq!(beside(&of("{sarif: {files: ['*.sarif']}}", "{all: critical}"))["verdict"], "undecided");
    let spaced = beside(&of("{sarif:  {files: \"*.sarif\"}}", "{all: critical}"));
    assert_eq!([&spaced["verdict"], &spaced["unread"]], [&json!("pass"), &json!([])]);
    let other = beside(&of("{sarif: {files: 'other/*.sarif'}}", "{all: any}"));
    assert_eq!(other["verdict"], "undecided");
    assert!(other["unread"][0].as_str().unwrap().contains("asks the source for something else"), "{other}");
    // A source that only the change names, at a host that it chose: no credential is needed, and none is sent.
    let more = "{sarif: {files: '*.sarif'}, mayo: {url: 'https://evil.example', project: shop}}";
    let vendor = beside(&of(more, "{all: critical}"));
    assert_eq!(vendor["verdict"], "undecided");
    assert!(vendor["unread"][0].as_str().unwrap().contains("does not name the source"), "{vendor}");
    let still = beside(&of(more, "{all: high}"));
    assert_eq!([&still["verdict"], &still["violated"]], [&json!("fail"), &json!(["thresholds.all.high"])]);
    // Nor is another feed read for it, which could excuse anything.
    let feed = beside(&format!("{}enrich: {{kev: mine.json}}\n", of(one, "{all: critical}")));
    assert_eq!(feed["verdict"], "undecided", "{feed}");
}

#[test]
fn a_shadow_policy_is_judged_beside_and_decides_nothing() {
    let shadowed = |policy: &str| format!("{LAX}shadow: {policy}\n");
    let repository = Repository::new(&[
        ("ci/gate.yml", &shadowed("next.yml")),
        ("ci/next.yml", STRICT),
        ("same.yml", &shadowed("preset:audit")),
        ("gone.yml", &shadowed("nowhere.yml")),
        ("broken.yml", &shadowed("bad.yml")),
        ("bad.yml", "version: 1\nthresholds: {all: hgih}\n"),
    ]);
    let run = |variables: &[(&str, String)], policy: &str| {
        repository.run(variables, &["check", "--sarif", "*.sarif", "--policy", policy])
    };
    let told =
        run(&[], "ci/gate.yml").ends_with(0).complains("by the shadow policy ci/next.yml the verdict would be fail");
    says(&told, "the shadow policy would give fail (1); it does not decide ci/next.yml");
    says(&told, "flaw 1: allowed, by it violation");
    run(&[], "same.yml").ends_with(0).says("preset:audit");
    run(&[], "gone.yml").ends_with(0).complains("the shadow policy nowhere.yml cannot be used: cannot read the policy");
    // Where it was not read for the shadow, nothing is said of what the shadow does not find.
    repository.change(&[
        ("other.yml", &format!("{STRICT}sources: {{sarif: {{files: '*.sarif'}}}}\nshadow: unread.yml\n")),
        ("unread.yml", &format!("{STRICT}sources: {{sarif: {{files: ['*.sarif']}}}}\n")),
    ]);
    let other = repository.run(&[], &["check", "--policy", "other.yml"]).ends_with(1);
    says(&other, "the shadow policy would give undecided (3); it does not decide unread.yml not read: sarif is failed");
    says(&other, "both name it in the same words under `sources` counted findings");
    // One that names no source is about what is read anyway.
    repository
        .change(&[("preset.yml", &format!("{LAX}sources: {{sarif: {{files: '*.sarif'}}}}\nshadow: preset:strict\n"))]);
    let preset = repository.run(&[], &["check", "--policy", "preset.yml"]).ends_with(0);
    says(&preset, "the shadow policy would give fail (1); it does not decide preset:strict");
    run(&[], "broken.yml")
        .ends_with(0)
        .complains("the shadow policy bad.yml cannot be used: bad.yml:2: unknown severity");
    // In a change it is the base's, too.
    repository.change(&[("ci/next.yml", LAX)]);
    let told = run(&repository.github(), "ci/gate.yml").ends_with(0);
    says(&told, &format!("ci/next.yml at base {}", short(&repository.base)));
    let json = repository
        .run(&repository.github(), &["check", "--sarif", "*.sarif", "--policy", "ci/gate.yml", "--format", "json"])
        .ends_with(0)
        .json();
    let roles: Vec<&Value> = json["beside"].as_array().unwrap().iter().map(|one| &one["role"]).collect();
    assert_eq!(roles, ["shadow"], "what the change makes of the shadow changes no policy that decides");
}

#[test]
fn a_file_of_a_submodule_is_not_taken_for_one_of_the_base() {
    let inner = Repository::new(&[("gate.yml", LAX)]);
    let mut repository = Repository::new(&[(".findgate.yml", STRICT)]);
    repository.git(&["submodule", "--quiet", "add", &format!("file://{}", inner.origin()), "old"]);
    repository.base = repository.commit("submodule");
    repository.check(&["--policy", "old/gate.yml"]).ends_with(2).complains("it is in a submodule");
    repository.git(&["submodule", "--quiet", "add", &format!("file://{}", inner.origin()), "new"]);
    // Before it is committed and after.
    repository.check(&["--policy", "new/gate.yml"]).ends_with(0).says("(new in this change)");
    repository.commit("new");
    repository.check(&["--policy", "new/gate.yml"]).ends_with(0).says("(new in this change)");
    let folder = repository.path().join("new");
    let variables = repository.github();
    gate(&folder, &variables, &["check", "--sarif", "../*.sarif"]).ends_with(2).complains("is a submodule of");
}

#[test]
fn lines_that_the_checkout_ended_otherwise_are_no_change() {
    let repository = Repository::new(&[(".findgate.yml", STRICT)]);
    write(&repository.path(), &[(".findgate.yml", &STRICT.replace('\n', "\r\n"))]);
    assert_eq!(repository.check(&["--format", "json"]).ends_with(1).json()["beside"], json!([]));
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

#[test]
fn a_file_that_is_too_large_is_refused_before_it_is_read() {
    let repository = Repository::new(&[(".findgate.yml", &"#".repeat((1 << 20) + 1))]);
    repository.check(&[]).ends_with(2).complains("larger than 1048576 bytes");
}

#[test]
fn the_record_of_a_change_is_confirmed_by_the_files_of_the_base_that_decided() {
    let waived = "version: 1\nthresholds: {all: any}\nwaivers: {file: w.yml}\n";
    let repository = Repository::new(&[(".findgate.yml", waived)]);
    let waiver = "version: 1\nwaivers:\n- {id: own, match: {check: T1}, reason: mine, expires: 2030-01-01}\n";
    repository.change(&[(".findgate.yml", &waived.replace("any", "critical")), ("w.yml", waiver)]);
    let day = ["--as-of", "2026-11-21", "--output", "record=record.json", "--save-snapshot", "snapshot.json"];
    let verify = |more: &[&str]| {
        let verify = ["verify", "record.json", "--snapshot", "snapshot.json"];
        gate(&repository.path(), &[], &[&verify[..], more].concat())
    };
    repository.check(&day).ends_with(1);
    let run = verify(&[]).ends_with(0).says("confirmed");
    assert!(!run.stderr.contains("--trust worktree"), "nobody gave it:\n{}", run.stderr);
    // A policy that is named is the one that stands there.
    verify(&["--policy", ".findgate.yml"]).ends_with(1).says("policy .findgate.yml: differs");
    repository.check(&[&day[..], &["--trust", "worktree"]].concat()).ends_with(0);
    let run = verify(&[]).ends_with(0).says("bypassed: --trust worktree");
    run.complains("those of the change itself");
    // A base that this clone lacks: its files may stand in the work tree all the same.
    repository.check(&day).ends_with(1);
    let record = fs::read_to_string(repository.path().join("record.json")).unwrap();
    let snapshot = fs::read_to_string(repository.path().join("snapshot.json")).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let files = [(".findgate.yml", waived), ("record.json", &record), ("snapshot.json", &snapshot)];
    write(elsewhere.path(), &files);
    gate(elsewhere.path(), &[], &["verify", "record.json", "--snapshot", "snapshot.json"]).ends_with(0);
}

#[test]
fn a_baseline_that_the_change_has_otherwise_is_told_even_where_the_policy_is_the_same() {
    let policy = "version: 1\nnew_thresholds: {all: any}\nbaseline: {file: base.json}\n";
    let repository = Repository::new(&[(".findgate.yml", policy), ("base.json", &common::sarif(Vec::new()))]);
    let everything = fs::read_to_string(repository.path().join("scan.sarif")).unwrap();
    repository.change(&[("base.json", &everything)]);
    let run = repository.check(&["--format", "json"]).ends_with(1);
    let beside = &run.json()["beside"][0];
    assert_eq!(beside["role"], "change", "{}", run.stdout);
    assert_eq!(
        beside["unread"],
        json!(["baseline is failed: base.json is another one in this change, which was not read"])
    );
}
