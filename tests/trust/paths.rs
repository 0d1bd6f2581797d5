//! No way of writing a path, no link and no folder leads around the base.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::common::STRICT;
use crate::repository::{LAX, Repository, gate, says, short, words, write};

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
fn a_file_that_is_too_large_is_refused_before_it_is_read() {
    let repository = Repository::new(&[(".findgate.yml", &"#".repeat((1 << 20) + 1))]);
    repository.check(&[]).ends_with(2).complains("larger than 1048576 bytes");
}
