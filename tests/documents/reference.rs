//! The reference of the policy, and what else the documents tell of the program in tables.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use clap::ValueEnum as _;
use findgate::cli;
use findgate::env::Env;
use findgate::exit::Status;
use findgate::finding::Kind;
use findgate::policy;
use findgate::report::Format;
use findgate::source::LANGUAGES;
use serde_json::Value;

use super::pages::{document, named_in, root, table};
use crate::common::Folder;

const PAGE: &str = "docs/policy.md";

#[test]
fn the_reference_is_the_one_that_the_program_makes() {
    let made = policy::reference(&LANGUAGES);
    assert!(document(PAGE) == made, "{PAGE} is out of date: cargo test --test documents -- --ignored");
}

#[test]
#[ignore = "writes the reference of the policy"]
fn write_the_reference() {
    fs::write(root().join(PAGE), policy::reference(&LANGUAGES)).unwrap();
}

#[test]
fn the_reference_tells_of_every_key_what_the_schema_tells() {
    let schema = Folder::new().run(["policy", "schema"]).ends_with(0).json();
    let page = document(PAGE);
    let sections: BTreeMap<&str, &str> = page
        .split("\n## ")
        .skip(1)
        .map(|section| section.split_once('\n').unwrap())
        .map(|(heading, text)| (heading.trim_matches('`'), text))
        .collect();
    let mut tables: Vec<(String, &Value)> = vec![("The policy".to_owned(), &schema)];
    for (name, section) in schema["properties"]["sources"]["properties"].as_object().unwrap() {
        tables.push((format!("sources.{name}"), section));
    }
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        tables.push((name.clone(), definition));
    }
    assert!(tables.len() > 20, "only {} maps were found: the test looks in the wrong place", tables.len());
    let mut seen = 0;
    for (name, map) in tables {
        let section = sections.get(name.as_str()).unwrap_or_else(|| panic!("no section on {name}"));
        let required: Vec<&str> = map["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (key, value) in map["properties"].as_object().unwrap() {
            // What all sources have in common is told once.
            let common = name.starts_with("sources.").then(|| row(sections["Every source"], key)).flatten();
            let told =
                row(section, key).or(common).unwrap_or_else(|| panic!("{key} of {name} is not in the reference"));
            assert_eq!(Some(told.meaning.as_str()), value["description"].as_str(), "{key} of {name}");
            assert!(!told.value.is_empty(), "{key} of {name}: no value");
            for word in value["enum"].as_array().into_iter().flatten() {
                let word = word.as_str().unwrap();
                assert!(told.value.contains(&format!("`{word}`")), "{key} of {name}: {word}");
            }
            let example = told.example.strip_prefix(&format!("{key}: ")).expect("an example is the key and a value");
            assert_eq!(as_json(example), value["examples"][0], "{key} of {name}");
            let default = match &value["default"] {
                _ if required.contains(&key.as_str()) => "**required**".to_owned(),
                // What holds then stands elsewhere in the policy, or nowhere.
                Value::Null => {
                    let is_elsewhere = told.default.contains('.') && told.default.starts_with('`');
                    assert!(told.default.is_empty() || is_elsewhere, "{key} of {name}: {}", told.default);
                    continue;
                }
                Value::String(text) => format!("`{text}`"),
                other => format!("`{other}`"),
            };
            assert_eq!(told.default, default, "{key} of {name}");
            seen += 1;
        }
    }
    assert!(seen > 40, "only {seen} defaults were found: the test looks in the wrong place");
}

/// What the reference tells of a key.
struct Told {
    meaning: String,
    value: String,
    example: String,
    default: String,
}

/// The row of a key in a section of the reference.
fn row(section: &str, key: &str) -> Option<Told> {
    let row = section.lines().find(|line| line.starts_with(&format!("| `{key}` |")))?.replace("\\|", "\u{0}");
    let cells: Vec<String> = row.split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect();
    let [_, _, told, default, _] = &cells[..] else { panic!("{key}: a row has three cells, not {cells:?}") };
    let (meaning, rest) = told.split_once("<br>Value: ").unwrap_or_else(|| panic!("{key} has no value: {told}"));
    let (value, example) = rest.split_once("<br>Example: ").unwrap_or_else(|| panic!("{key} has no example: {told}"));
    Some(Told {
        meaning: meaning.to_owned(),
        value: value.to_owned(),
        example: example.trim_matches('`').to_owned(),
        default: default.clone(),
    })
}

/// A value of YAML as JSON.
fn as_json(yaml: &str) -> Value {
    let mut problems = policy::Problems::default();
    let document = policy::Document::parse("an example", yaml, &mut problems);
    policy::to_json(&document.unwrap_or_else(|| panic!("{yaml}: {:#?}", problems.sorted())).root)
}

#[test]
fn every_example_of_a_source_in_the_reference_is_read() {
    let page = document(PAGE);
    let folder = Folder::new();
    let mut seen = 0;
    for (source, least) in [
        ("mend", "url: saas"),
        ("mayo", ""),
        ("cybedefend", "region: eu"),
        ("appsecplus", ""),
        ("sarif", "files: x.sarif"),
    ] {
        let section = page.split(&format!("\n## `sources.{source}`\n")).nth(1).expect("its section");
        let section = section.split("\n## ").next().unwrap();
        let keys = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`')).map(|(key, _)| key);
        for key in keys {
            let example = row(section, key).unwrap().example;
            // What a key needs beside it, or cannot have beside it.
            let beside = match (source, key) {
                ("mend", "url") | ("sarif", "files") | ("cybedefend", "region") => "",
                ("mend", "licenses") => "url: saas, engines: [license]",
                ("cybedefend", "url") => "auth_url: https://auth.acme.example",
                ("cybedefend", "auth_url" | "app_url") => "url: https://api.acme.example",
                _ => least,
            };
            let more =
                if (source, key) == ("cybedefend", "app_url") { ", auth_url: https://auth.acme.example" } else { "" };
            let entries = if beside.is_empty() { example } else { format!("{example}, {beside}{more}") };
            folder.write(
                "policy.yml",
                format!("version: 1\nthresholds: {{all: any}}\nsources: {{{source}: {{{entries}}}}}\n"),
            );
            let run = folder.run(["policy", "check", "policy.yml", "--as-of", "2026-11-21"]);
            assert_eq!(run.status, 0, "{entries}\n{}{}", run.stdout, run.stderr);
            seen += 1;
        }
    }
    assert!(seen > 50, "only {seen} keys were found: the test looks in the wrong place");
}

#[test]
fn the_exit_statuses_are_the_same_in_the_documents_the_help_and_the_code() {
    let help = Folder::new().run(["--help"]).ends_with(0).stdout.replace("\n     ", " ");
    let statuses = [Status::Holds, Status::Violated, Status::Usage, Status::Undecided];
    for page in ["README.md", "docs/why.md"] {
        let table = table(&document(page), "How it ends");
        assert_eq!(table.len(), statuses.len(), "{page}");
        for (row, status) in table.iter().zip(statuses) {
            assert_eq!(row[0], status.number().to_string(), "{page}");
            assert!(help.contains(&format!("  {}  {}", row[0], row[1])), "{page}: {row:?} is not in the help:\n{help}");
        }
    }
}

#[test]
fn the_commands_of_the_readme_are_those_of_the_help() {
    let command = cli::command(&Env::capture().unwrap());
    let known: Vec<String> = command
        .get_subcommands()
        .map(|command| format!("`{}`", command.get_name()))
        .filter(|name| name != "`help`")
        .collect();
    let told: Vec<String> = table(&document("README.md"), "Commands").into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(told, known);
    let policy = command.find_subcommand("policy").unwrap();
    let row = table(&document("README.md"), "Commands").into_iter().find(|row| row[0] == "`policy`").unwrap();
    for command in policy.get_subcommands() {
        assert!(row[1].contains(&format!("`{}`", command.get_name())), "policy {}", command.get_name());
    }
}

#[test]
fn every_option_of_check_has_a_variable_as_the_readme_says() {
    assert!(document("README.md").contains("every option of `check` has a variable"));
    let command = cli::command(&Env::capture().unwrap());
    let check = command.find_subcommand("check").unwrap();
    let is_option = |argument: &&clap::Arg| argument.get_long().is_some_and(|long| long != "help");
    let (with, without): (Vec<_>, Vec<_>) =
        check.get_arguments().filter(is_option).partition(|option| option.get_env().is_some());
    let without: Vec<&str> = without.iter().map(|option| option.get_id().as_str()).collect();
    assert!(with.len() > 20 && without.is_empty(), "{without:?}");
}

#[test]
fn no_line_below_a_help_is_longer_than_80_columns() {
    // The library breaks such lines, but fills none again: what is too long leaves a line of a few words.
    let command = cli::command(&Env::capture().unwrap());
    let mut seen = 0;
    for command in command.get_subcommands().chain([&command]) {
        let below = [command.get_after_help(), command.get_after_long_help()].into_iter().flatten();
        for line in below.flat_map(|text| text.to_string().lines().map(str::to_owned).collect::<Vec<_>>()) {
            assert!(line.chars().count() <= 80, "{}: {line}", command.get_name());
            seen += 1;
        }
    }
    assert!(seen > 20, "only {seen} lines were found: the test looks in the wrong place");
}

#[test]
fn the_readme_names_every_kind_condition_and_format() {
    let readme = document("README.md");
    let kinds: BTreeSet<String> =
        Kind::ALL.iter().map(|kind| kind.name().to_owned()).chain(["all".to_owned(), "any".to_owned()]).collect();
    assert_eq!(named_in(&readme, "**Thresholds.**"), kinds);

    let schema = Folder::new().run(["policy", "schema"]).ends_with(0).json();
    let conditions: BTreeSet<String> =
        schema["$defs"]["condition"]["properties"].as_object().unwrap().keys().cloned().collect();
    let mut told = named_in(&readme, "**Rules.**");
    assert!(told.remove("when") && told.remove("unknown: skip"));
    told.insert("unknown".to_owned());
    assert_eq!(told, conditions);

    let formats: Vec<String> =
        table(&readme, "What it writes").iter().map(|row| row[0].trim_matches('`').to_owned()).collect();
    let known: Vec<String> = Format::value_variants().iter().map(|format| format.name().to_owned()).collect();
    assert_eq!(formats, known);
}

#[test]
fn the_tables_of_the_sources_are_those_of_the_policy_language() {
    let schema = Folder::new().run(["policy", "schema"]).ends_with(0).json();
    let keys = |page: &str, heading: &str| -> BTreeMap<String, String> {
        let mut keys = BTreeMap::new();
        for row in table(&document(page), heading) {
            for key in row[0].split(", ") {
                keys.insert(key.trim_matches('`').to_owned(), row[2].clone());
            }
        }
        keys
    };
    let common = keys("docs/sources.md", "Keys of every source");
    let sections = schema["properties"]["sources"]["properties"].as_object().unwrap();
    for (name, section) in sections {
        let mut told = keys(&format!("docs/sources/{name}.md"), "Keys");
        for (key, value) in &common {
            assert!(told.insert(key.clone(), value.clone()).is_none(), "{key} of {name} is told twice");
        }
        let properties = section["properties"].as_object().unwrap();
        let known: Vec<&String> = properties.keys().collect();
        assert_eq!(told.keys().collect::<Vec<_>>(), known, "the keys of {name}");
        for (key, property) in properties {
            let default = match &property["default"] {
                Value::Null => continue,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            assert_eq!(told[key], format!("`{default}`"), "the default of {key} of {name}");
        }
    }
}

#[test]
fn every_variable_of_a_source_is_on_its_page() {
    let mut seen = 0;
    for (source, prefix) in
        [("mend", "MEND_"), ("mayo", "MAYOASPM_"), ("cybedefend", "CYBEDEFEND_"), ("appsecplus", "APPSECPLUS_")]
    {
        let page = document(&format!("docs/sources/{source}.md"));
        let code = document(&format!("src/source/{source}/config.rs"));
        let words = code.split(|c: char| !(c.is_ascii_uppercase() || c == '_'));
        for variable in words.filter(|word| word.starts_with(prefix)) {
            assert!(page.contains(&format!("`{variable}`")), "{variable} is not in the page on {source}");
            seen += 1;
        }
    }
    assert!(seen >= 12, "only {seen} variables were found: the test looks in the wrong place");
}

#[test]
fn every_page_on_a_vendor_tells_the_same_things() {
    for source in ["mend", "mayo", "cybedefend", "appsecplus"] {
        let page = document(&format!("docs/sources/{source}.md"));
        let headings: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let expected =
            ["What to create", "Policy", "Keys", "Branch and commit", "When it is complete", "Limits", "If it fails"];
        assert_eq!(headings, expected, "{source}");
    }
}

#[test]
fn the_rooms_of_the_architecture_exist() {
    for row in table(&document("ARCHITECTURE.md"), "Beside the program") {
        for room in row[0].split(", ").map(|room| room.trim_matches('`')) {
            assert!(root().join(room).exists(), "{room} does not exist");
        }
    }
    for row in table(&document("ARCHITECTURE.md"), "Rooms") {
        for room in row[0].split(", ").map(|room| room.trim_matches('`')) {
            let room = room.replace("/NAME/", "/sarif/").replace("/FORMAT.rs", "/json.rs").replace("/*.rs", "/mod.rs");
            assert!(root().join("src").join(&room).exists(), "src/{room} does not exist");
        }
    }
}

#[test]
fn every_dependency_has_its_reason_beside_it() {
    let manifest = document("Cargo.toml");
    let mut above = "";
    let mut section = "";
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        } else if section.contains("dependencies") && line.contains(" = ") {
            assert!(above.starts_with('#') && above.len() > 20, "no reason above: {line}");
        }
        above = line;
    }
}

#[test]
fn every_boundary_of_the_threat_model_says_how_it_is_tested() {
    let text = document("SECURITY.md");
    let first = |heading| table(&text, heading).into_iter().map(|row| row[0].clone()).collect::<Vec<_>>();
    assert_eq!(first("How each boundary is tested"), first("Threat model"));
}
