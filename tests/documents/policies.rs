//! The policies, files of cases and other data that the documents show.

use std::collections::BTreeSet;

use findgate::policy::{Document, PRESETS, Problems};
use findgate::policy_test;

use super::pages::{Block, Page, blocks, document, pages, root};
use crate::common::{self, Folder};

/// What a block of YAML is.
enum Meaning {
    /// A whole policy.
    Policy,
    /// Keys of a policy, but not all that one needs.
    Fragment,
    Waivers,
    Cases,
    /// A workflow, a pipeline, a hook.
    Other,
}

fn meaning(block: &Block, keys_of_policies: &BTreeSet<String>) -> Meaning {
    let lines = block.text.lines().filter(|line| !line.starts_with([' ', '#', '-', '}', ']']) && !line.is_empty());
    let keys: Vec<&str> = lines.filter_map(|line| line.split_once(':')).map(|(key, _)| key).collect();
    let has = |key: &str| keys.contains(&key);
    if has("cases") {
        Meaning::Cases
    } else if has("version") && has("waivers") && keys.len() == 2 {
        Meaning::Waivers
    } else if has("version") && has("workflows") {
        // CircleCI's file has a version, too.
        Meaning::Other
    } else if has("version") {
        Meaning::Policy
    } else if !keys.is_empty() && keys.iter().all(|key| keys_of_policies.contains(*key)) {
        Meaning::Fragment
    } else {
        Meaning::Other
    }
}

#[test]
fn every_policy_in_the_documents_holds() {
    let schema = Folder::new().run(["policy", "schema"]).ends_with(0).json();
    let keys: BTreeSet<String> = schema["properties"].as_object().unwrap().keys().cloned().collect();
    let mut seen = [0; 5];
    for page in pages() {
        let yaml: Vec<&Block> = page.blocks().filter(|block| block.language == "yaml").collect();
        let statements = r#"{"@context": "https://openvex.dev/ns", "statements": []}"#;
        let mut folder = Folder::new().with("vex/payments.openvex.json", statements);
        for block in page.blocks() {
            folder = match block.file() {
                Some(file) => folder.with(file, &block.text),
                None => folder,
            };
        }
        for block in &yaml {
            let place = format!("{}:{}", page.name, block.line);
            let text = &block.text;
            let meaning = meaning(block, &keys);
            seen[match meaning {
                Meaning::Policy => 0,
                Meaning::Fragment => 1,
                Meaning::Waivers => 2,
                Meaning::Cases => 3,
                Meaning::Other => 4,
            }] += 1;
            match meaning {
                Meaning::Policy if is_extended(block, &page) => {}
                // It shows mistakes, so it must have some.
                Meaning::Policy if block.file() == Some("wrong.yml") => {
                    folder.run(["policy", "check", "wrong.yml"]).ends_with(2);
                }
                Meaning::Policy => check(&folder, &place, block.file(), text),
                // An address, which nobody answers at here; the page on inheritance has a test of its own.
                Meaning::Fragment if text.starts_with("extends:") && text.contains("url: https") => {}
                Meaning::Fragment => {
                    let limits = ["thresholds:", "new_thresholds:", "rules:", "extends:"];
                    let has_limit = text.lines().any(|line| limits.iter().any(|limit| line.starts_with(limit)));
                    let more = if has_limit { "" } else { "thresholds: {all: any}\n" };
                    check(&folder, &place, None, &format!("version: 1\n{more}{text}"));
                }
                Meaning::Waivers => {
                    folder.write("waivers-of-the-page.yml", text);
                    let policy = format!("{}waivers: {{file: waivers-of-the-page.yml}}\n", common::STRICT);
                    check(&folder, &place, None, &policy);
                }
                Meaning::Cases => {
                    let mut problems = Problems::default();
                    let file = Document::parse(&place, text, &mut problems);
                    let file = file.and_then(|file| policy_test::decode(&file, &mut problems));
                    assert!(file.is_some(), "{place}: {:#?}", problems.sorted());
                }
                Meaning::Other => {
                    let mut problems = Problems::default();
                    let parsed = Document::parse(&place, text, &mut problems);
                    assert!(parsed.is_some(), "{place}: {:#?}", problems.sorted());
                }
            }
        }
    }
    let least = [24, 3, 1, 2, 15];
    assert!(
        seen.iter().zip(least).all(|(seen, least)| *seen >= least),
        "{seen:?} were found: looks in the wrong place"
    );
}

/// Whether another policy of the page is built on it, and so is what is checked.
fn is_extended(block: &Block, page: &Page) -> bool {
    let Some(file) = block.file() else { return false };
    page.blocks().any(|other| other.text.lines().any(|line| line.starts_with("extends:") && line.contains(file)))
}

#[track_caller]
fn check(folder: &Folder, place: &str, file: Option<&str>, text: &str) {
    folder.write("alone.yml", text);
    let run = folder.run(["policy", "check", file.unwrap_or("alone.yml"), "--as-of", "2026-11-21"]);
    assert_eq!(run.status, 0, "{place}\n{}{}", run.stdout, run.stderr);
}

#[test]
fn the_policies_of_the_examples_hold() {
    let mut policies: Vec<String> = ["appsecplus", "cybedefend", "findgate", "mayo", "mend"]
        .map(|name| format!("examples/vendors/{name}.yml"))
        .into();
    policies.push("examples/shop/findgate.yml".to_owned());
    policies.extend(PRESETS.iter().map(|preset| format!("policies/{}.yml", preset.name)));
    for policy in policies {
        check(&Folder::new(), &policy, None, &document(&policy));
    }
}

#[test]
fn every_json_in_the_documents_is_json() {
    for page in pages() {
        for block in page.blocks().filter(|block| block.language == "json") {
            let parsed: Result<serde_json::Value, _> = serde_json::from_str(&block.text);
            assert!(parsed.is_ok(), "{}:{}: {parsed:?}", page.name, block.line);
        }
    }
}

#[test]
fn the_waivers_in_the_documents_hold() {
    let file = blocks(&document("docs/waivers.md"), "yaml").remove(0);
    let rules = blocks(&document("docs/waivers.md"), "yaml").into_iter().find(|block| block.starts_with("waivers:\n"));
    let policy = format!("{}{}", common::STRICT, rules.expect("the rules for waivers"));
    // On any day: what reaches too far is a mistake.
    let policy = policy.replace("14d", "100y").replace("30d", "100y").replace("90d", "100y");
    let folder = Folder::new().with("policy.yml", policy).with(".findgate/waivers.yml", file);
    folder.write("vex/payments.openvex.json", r#"{"@context": "https://openvex.dev/ns", "statements": []}"#);
    folder.run(["policy", "check", "policy.yml"]).ends_with(0).says("1 waiver");
}

#[test]
fn every_preset_is_named_in_the_readme_and_is_a_file() {
    let readme = document("README.md");
    let presets = readme.split("built in: ").nth(1).expect("what is built in").split(").").next().unwrap();
    for preset in PRESETS {
        assert!(presets.contains(&format!("`{}`", preset.name)), "{}", preset.name);
        assert!(root().join("policies").join(format!("{}.yml", preset.name)).exists());
    }
}
