//! `extends` of files, presets and servers that a closure plays.

use std::cell::RefCell;
use std::path::Path;

use anyhow::bail;
use jiff::Timestamp;

use super::draw;
use super::load::{Address, Loaded, Loading, NotLoaded, load};
use super::parents::beside;
use crate::digest::digest;
use crate::tree::Tree;

const ORG: &str = "version: 1\nextends: preset:strict\nthresholds: {sca: {high: 2, locked: true}}\n";

struct World {
    folder: tempfile::TempDir,
    served: Vec<(String, String)>,
    asked: RefCell<Vec<Address>>,
}

impl World {
    fn new() -> World {
        World { folder: tempfile::tempdir().expect("a folder"), served: Vec::new(), asked: RefCell::default() }
    }

    fn file(self, name: &str, text: &str) -> World {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(""))).expect("a folder");
        std::fs::write(path, text).expect("written");
        self
    }

    fn served(mut self, url: &str, text: &str) -> World {
        self.served.push((url.to_owned(), text.to_owned()));
        self
    }

    fn load(&self) -> Result<Loaded, NotLoaded> {
        let fetch = |address: &Address| {
            self.asked.borrow_mut().push(address.clone());
            match self.served.iter().find(|(url, _)| *url == address.url) {
                Some((_, text)) => Ok(text.clone().into_bytes()),
                None => bail!("the server does not answer"),
            }
        };
        let tree = Tree::worktree(self.folder.path());
        load(Some("p.yml"), Loading { tree: &tree, as_of: Timestamp::UNIX_EPOCH, fetch: &fetch })
    }

    #[track_caller]
    fn loaded(&self) -> Loaded {
        self.load().unwrap_or_else(|_| panic!("{}", self.drawn()))
    }

    /// Everything that is wrong, as it is drawn.
    #[track_caller]
    fn drawn(&self) -> String {
        match self.load() {
            Err(NotLoaded::Wrong(wrong)) => {
                draw(&wrong.problems, |file| wrong.texts.get(file).map(|text| &**text), false)
            }
            Err(NotLoaded::Other(error)) => panic!("{error:#}"),
            Ok(_) => panic!("nothing is wrong"),
        }
    }
}

fn extends(entries: &str) -> String {
    format!("version: 1\nextends: {entries}\n")
}

fn remote(url: &str, text: &str) -> String {
    format!("{{url: {url}, digest: \"{}\"}}", digest(text.as_bytes()))
}

#[test]
fn a_path_is_relative_to_the_file_that_names_it() {
    for (file, path, want) in [
        ("p.yml", "org.yml", "org.yml"),
        ("p.yml", "./org/a.yml", "org/a.yml"),
        ("org/a.yml", "b.yml", "org/b.yml"),
        ("org/deep/a.yml", "../b.yml", "org/b.yml"),
        ("./org/a.yml", "././../c.yml", "c.yml"),
        ("p.yml", "../org/a.yml", "../org/a.yml"),
        ("../x/p.yml", "../a.yml", "../a.yml"),
        ("/etc/p.yml", "a.yml", "/etc/a.yml"),
        ("org/a.yml", "/etc/a.yml", "/etc/a.yml"),
    ] {
        assert_eq!(beside(file, path), want, "{path} in {file}");
    }
}

#[test]
fn all_that_is_extended_is_read_in_order_and_each_file_stands_in_the_account() {
    let base = "version: 1\nthresholds: {iac: high}\n";
    let world = World::new()
        .file("p.yml", &extends(&format!("[org/a.yml, {}]", remote("https://x.example/b.yml", base))))
        .file("org/a.yml", ORG)
        .served("https://x.example/b.yml", base);
    let loaded = world.loaded();
    let names: Vec<&str> = loaded.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["p.yml", "org/a.yml", "preset:strict", "https://x.example/b.yml"]);
    let entries: Vec<String> = loaded
        .extends
        .iter()
        .map(|entry| format!("{} at {}:{}", entry.name, entry.place.file, entry.place.line))
        .collect();
    assert_eq!(entries, ["org/a.yml at p.yml:2", "preset:strict at org/a.yml:2", "https://x.example/b.yml at p.yml:2"]);
    let place = |name: &str| {
        let limit = loaded.policy.limits.iter().find(|limit| limit.name == name).expect("a limit");
        format!("{}:{} {}", limit.place.file, limit.place.line, limit.locked)
    };
    assert_eq!(place("thresholds.all.medium"), "preset:strict:13 false");
    assert_eq!(place("thresholds.sca.high"), "org/a.yml:3 true");
    assert_eq!(place("thresholds.iac.high"), "https://x.example/b.yml:2 false");
    assert_eq!(world.asked.borrow()[0].digest.as_deref(), Some(&*digest(base.as_bytes())));
}

#[test]
fn the_digest_of_one_file_is_its_own_and_of_several_what_sha256sum_would_print() {
    let one = World::new().file("p.yml", "version: 1\nthresholds: {all: high}\n").loaded();
    assert_eq!((one.files.len(), &one.digest), (1, &one.files[0].digest));
    let (policy, org) = (extends("org.yml"), "version: 1\nthresholds: {all: high}\n");
    let world = World::new().file("p.yml", &policy).file("org.yml", org);
    let line = |text: &str, name: &str| format!("{}  {name}\n", digest(text.as_bytes()).replace("sha256:", ""));
    let list = line(&policy, "p.yml") + &line(org, "org.yml");
    assert_eq!(world.loaded().digest, digest(list.as_bytes()));
    let changed = world.file("org.yml", "version: 1\nthresholds: {all: low}\n").loaded();
    assert_ne!(changed.digest, digest(list.as_bytes()));
}

#[test]
fn a_policy_that_is_named_twice_is_read_once_and_applied_twice() {
    let org = "version: 1\nthresholds: {all: high, sca: high}\nwaivers: [{id: w, match: {id: X}, reason: r}]\n";
    let loaded = World::new()
        .file("p.yml", &extends("[a.yml, b.yml]"))
        .file("a.yml", "version: 1\nextends: org.yml\nthresholds: {sca: low}\n")
        .file("b.yml", "version: 1\nextends: org.yml\nthresholds: {sast: low}\n")
        .file("org.yml", org)
        .loaded();
    assert_eq!((loaded.files.len(), loaded.extends.len(), loaded.policy.waivers.len()), (4, 4, 1));
    // `b.yml` comes later, and brings `org.yml` with it.
    let names: Vec<&str> = loaded.policy.limits.iter().map(|limit| limit.name.as_str()).collect();
    assert_eq!(names, ["thresholds.all.high", "thresholds.sca.high", "thresholds.sast.low"]);
}

#[test]
fn a_file_that_is_called_like_a_built_in_policy_does_not_stand_for_it() {
    assert_eq!(beside("p.yml", "./preset:strict"), "./preset:strict");
    let world = World::new()
        .file("p.yml", &extends("[./preset:strict, org.yml]"))
        .file("org.yml", "version: 1\nextends: preset:strict\n")
        .file("preset:strict", "version: 1\nthresholds: {all: {critical: 999}}\n");
    let loaded = world.loaded();
    let names: Vec<&str> = loaded.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["p.yml", "./preset:strict", "org.yml", "preset:strict"]);
    assert!(
        loaded.policy.limits.iter().any(|limit| limit.name == "thresholds.all.medium"),
        "{:?}",
        loaded.policy.limits
    );
}

#[test]
fn a_circle_is_told_with_all_who_are_in_it() {
    let drawn = World::new()
        .file("p.yml", &extends("./org/a.yml"))
        .file("org/a.yml", &extends("../b.yml"))
        .file("b.yml", &extends("[preset:strict, ./p.yml]"))
        .drawn();
    let want = "\
error: the policy extends itself: p.yml -> org/a.yml -> b.yml -> p.yml
 --> b.yml:2:26
  |
2 | extends: [preset:strict, ./p.yml]
  |                          ^^^^^^^ closes the circle
";
    assert!(drawn.starts_with(want), "{drawn}");
    let own = World::new().file("p.yml", &extends("p.yml")).drawn();
    assert!(own.contains("the policy extends itself: p.yml -> p.yml"), "{own}");
}

#[test]
fn what_cannot_be_had_is_told_at_the_entry_that_names_it() {
    let url = "https://x.example/b.yml";
    let meant = digest(b"version: 1\nthresholds: {all: low}\n");
    let entry = format!("{{url: {url}, digest: \"{meant}\"}}");
    let served = "version: 1\nthresholds: {all: high}\n";
    let drawn =
        World::new().file("p.yml", &extends(&format!("[no.yml, preset:strct, {entry}]"))).served(url, served).drawn();
    for part in [
        "error: cannot read the policy no.yml: there is no such file\n --> p.yml:2:11",
        "error: there is no built-in policy `strct`; did you mean preset:strict? built in: ",
        &format!(
            "error: the policy {url} is not the one that is meant: expected {meant}, found {}",
            digest(served.as_bytes())
        ),
        "3 problems in p.yml",
    ] {
        assert!(drawn.contains(part), "no {part:?} in\n{drawn}");
    }
    let silent = World::new().file("p.yml", &extends(&entry)).drawn();
    assert!(silent.contains("cannot read the policy https://x.example/b.yml: the server does not answer"), "{silent}");
}

#[test]
fn what_is_wrong_in_a_policy_that_is_extended_is_drawn_in_its_own_text() {
    let drawn = World::new()
        .file("p.yml", &extends("[a.yml, b.yml]"))
        .file("a.yml", "version: 1\nthresholds: {all: hgih}\n")
        .file("b.yml", "version: 1\nthresholds: {all: high}\nname: 7\n")
        .drawn();
    assert!(drawn.contains(" --> a.yml:2:19\n  |\n2 | thresholds: {all: hgih}"), "{drawn}");
    assert!(drawn.contains(" --> b.yml:3:7\n"), "{drawn}");
    assert!(drawn.ends_with("2 problems in a.yml, b.yml\n"), "{drawn}");
}

#[test]
fn a_loosened_lock_is_drawn_with_both_lines() {
    let drawn = World::new()
        .file("p.yml", "version: 1\nextends: org.yml\nthresholds: {sca: {high: 3}}\n")
        .file("org.yml", ORG)
        .drawn();
    for part in [
        "error: `thresholds.sca` is locked and would be loosened\n --> p.yml:3:20",
        "3 | thresholds: {sca: {high: 3}}",
        "::: org.yml:3:20",
        "----- locked here",
    ] {
        let part = part.replace("----- ", "---- ");
        assert!(drawn.contains(&part), "no {part:?} in\n{drawn}");
    }
}

#[test]
fn a_policy_on_a_server_names_no_file() {
    let (url, text) = ("https://x.example/a.yml", extends("[preset:strict, ./b.yml]"));
    let world = World::new().file("p.yml", &extends(&remote(url, &text))).file("b.yml", ORG).served(url, &text);
    let drawn = world.drawn();
    assert!(
        drawn.contains(
            "error: a policy on a server cannot extend the file `./b.yml`\n --> https://x.example/a.yml:2:26"
        ),
        "{drawn}"
    );
    let (inner, inner_text) = ("https://y.example/b.yml", ORG);
    let text = extends(&remote(inner, inner_text));
    let world = World::new().file("p.yml", &extends(&remote(url, &text))).served(url, &text).served(inner, inner_text);
    assert_eq!(world.loaded().files.len(), 4);
}

#[test]
fn one_address_is_asked_for_once_and_has_one_digest() {
    let (url, text) = ("https://x.example/a.yml", "version: 1\nthresholds: {all: high}\n");
    let both = format!("[{}, {}]", remote(url, text), remote(url, text));
    let world = World::new().file("p.yml", &extends(&both)).served(url, text);
    assert_eq!((world.loaded().files.len(), world.asked.borrow().len()), (2, 1));
    let other = format!("[{}, {}]", remote(url, text), remote(url, "another"));
    let drawn = World::new().file("p.yml", &extends(&other)).served(url, text).drawn();
    assert!(drawn.contains("is not the one that is meant"), "{drawn}");
}

#[test]
fn levels_files_and_entries_have_an_end() {
    let chain = |levels: usize| {
        let mut world = World::new().file("p.yml", &extends("l1.yml"));
        for level in 1..levels {
            world = world.file(&format!("l{level}.yml"), &extends(&format!("l{}.yml", level + 1)));
        }
        world.file(&format!("l{levels}.yml"), "version: 1\nthresholds: {all: high}\n")
    };
    assert_eq!(chain(8).loaded().files.len(), 9);
    let drawn = chain(9).drawn();
    assert!(drawn.contains("extend each other over more than 8 levels\n --> l8.yml:2:10"), "{drawn}");
    // In whatever order they are met.
    let drawn = chain(8).file("p.yml", &extends("[l1.yml, z.yml]")).file("z.yml", &extends("l1.yml")).drawn();
    assert!(drawn.contains("over more than 8 levels\n --> z.yml:2:10"), "{drawn}");

    let list = |files: usize| {
        let names: Vec<String> = (0..files).map(|number| format!("f{number}.yml")).collect();
        let mut world = World::new().file("p.yml", &extends(&format!("[{}]", names.join(", "))));
        for name in &names {
            world = world.file(name, "version: 1\nthresholds: {all: high}\n");
        }
        world
    };
    assert_eq!(list(31).loaded().files.len(), 32);
    assert!(list(32).drawn().contains("made of more than 32 files"));
    assert!(list(33).drawn().contains("`extends` has more than 32 entries"));
}

#[test]
fn a_section_of_a_source_is_planned_when_it_is_whole() {
    let half = "version: 1\nthresholds: {all: high}\nsources: {sarif: {root: /src}}\n";
    let whole = World::new()
        .file("p.yml", "version: 1\nextends: org.yml\nsources: {sarif: {files: \"*.sarif\"}}\n")
        .file("org.yml", half)
        .loaded();
    assert_eq!(whole.plans.len(), 1);
    let drawn = World::new().file("p.yml", &extends("org.yml")).file("org.yml", half).drawn();
    assert!(drawn.contains("`files` is missing") && drawn.contains(" --> org.yml:3:11"), "{drawn}");
    let wrong = half.replace("root: /src", "root: 7");
    let drawn = World::new()
        .file("p.yml", "version: 1\nextends: org.yml\nsources: {sarif: {files: \"*.sarif\"}}\n")
        .file("org.yml", &wrong)
        .drawn();
    assert!(drawn.contains(" --> org.yml:3:25"), "{drawn}");
}
