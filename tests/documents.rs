//! What the documents promise, compared with the program.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use clap::ValueEnum as _;
use common::{Folder, finish};
use findgate::cli;
use findgate::env::Env;
use findgate::exit::Status;
use findgate::finding::Kind;
use findgate::policy::{Document, PRESETS, Problems};
use findgate::policy_test;
use findgate::report::Format;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn document(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// The pages in `docs`.
fn docs() -> Vec<String> {
    let pages = fs::read_dir(root().join("docs")).unwrap().map(|page| page.unwrap().file_name());
    pages.map(|page| format!("docs/{}", page.to_str().unwrap())).collect()
}

/// The fenced blocks of a language.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    document.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// The first cells of the rows of the table under a heading.
fn table(document: &str, heading: &str) -> Vec<Vec<String>> {
    let section = document.split(&format!("\n## {heading}\n")).nth(1).unwrap_or_else(|| panic!("no heading {heading}"));
    let rows =
        section.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// Every word in backticks of the paragraph that begins so.
fn named_in(document: &str, paragraph: &str) -> BTreeSet<String> {
    let text = document
        .split(paragraph)
        .nth(1)
        .unwrap_or_else(|| panic!("no paragraph {paragraph}"))
        .split("\n\n")
        .next()
        .unwrap();
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_first_command_of_the_readme_judges_the_example_and_fails() {
    let readme = document("README.md");
    let command = blocks(&readme, "sh").remove(0);
    let arguments = command.trim().split_once(" -- ").unwrap().1.replace('\'', "");
    let mut gate = Folder::new().command();
    let run = finish(gate.current_dir(root()).args(arguments.split(' '))).ends_with(1);
    assert!(run.verdict().starts_with("findgate: fail (1): "), "{}", run.verdict());
    let reports = fs::read_dir(root().join("examples/shop/reports")).unwrap().count();
    assert_eq!(reports, 13, "the README says thirteen scanners");
    assert!(run.stdout.contains("13 scans"), "{}", run.stdout);
}

#[test]
fn every_findgate_command_in_the_documents_is_one() {
    let env = Env::capture().unwrap();
    let mut seen = 0;
    let mut names = vec!["README.md".to_owned(), "CHANGELOG.md".to_owned()];
    names.extend(docs());
    for name in names {
        let text = document(&name);
        let lines = text
            .lines()
            .map(|line| line.trim().trim_start_matches("- ").trim_start_matches("run: ").trim_start_matches("entry: "));
        for line in lines.filter(|line| line.starts_with("findgate ") || line.contains("sh \"findgate ")) {
            let line = line.trim_start_matches("sh \"").trim_end_matches('"');
            let command = line.split(" # ").next().unwrap().split("   ").next().unwrap().replace('\'', "");
            if !["check", "collect", "explain", "waive", "sources", "policy", "verify", "completions", "man"]
                .contains(&command.split(' ').nth(1).unwrap())
            {
                continue;
            }
            let arguments = command.split_whitespace().map(Into::into);
            assert!(cli::parse(&env, arguments).is_ok(), "{name}: {line}");
            seen += 1;
        }
    }
    assert!(seen >= 7, "only {seen} commands were found: the test looks in the wrong place");
}

#[test]
fn every_check_of_the_readme_judges_in_a_fresh_folder() {
    // As on a runner: a policy and the reports of the scanners, and none of the folders that an output may name.
    let report = common::sarif(Vec::new());
    let readme = document("README.md");
    let commands = readme.split(['\n', '"']).map(|line| line.trim().trim_start_matches(['-', ' ']));
    let commands = commands.map(|line| line.trim_start_matches("run: ").trim_start_matches("entry: "));
    let mut seen = 0;
    for line in commands.filter(|line| line.starts_with("findgate check ")) {
        let line = line.split("   ").next().unwrap();
        let folder = Folder::new()
            .with(".findgate.yml", common::STRICT)
            .with("reports/scan.sarif", &report)
            .with("bandit.sarif", &report);
        for snapshot in ["snapshot.json", "baseline.json"] {
            folder.run(["collect", "--sarif", "bandit.sarif", "--output", snapshot]).ends_with(0);
        }
        folder.run(line.replace('\'', "").split_whitespace().skip(1)).ends_with(0);
        seen += 1;
    }
    assert!(seen >= 6, "only {seen} commands were found: the test looks in the wrong place");
}

#[test]
fn every_policy_in_the_documents_holds() {
    let mut policies: Vec<String> = ["README.md", "docs/sources.md"]
        .iter()
        .flat_map(|name| blocks(&document(name), "yaml"))
        .filter(|block| block.starts_with("version:"))
        .collect();
    assert!(policies.len() >= 7, "only {} policies were found", policies.len());
    for name in ["appsecplus", "cybedefend", "findgate", "mayo", "mend"] {
        policies.push(document(&format!("examples/vendors/{name}.yml")));
    }
    for policy in policies {
        Folder::new().with("policy.yml", &policy).run(["policy", "check", "policy.yml"]).ends_with(0);
    }
    Folder::new()
        .with("policy.yml", document("examples/shop/findgate.yml"))
        .run(["policy", "check", "policy.yml"])
        .ends_with(0);
}

#[test]
fn the_policies_that_belong_together_in_the_documents_hold() {
    let mut folder = Folder::new();
    for block in blocks(&document("docs/rollout.md"), "yaml") {
        if let Some((name, _)) = block.strip_prefix("# ").and_then(|text| text.split_once('\n')) {
            folder = folder.with(name, &block);
        } else {
            folder.write("alone.yml", &block);
            folder.run(["policy", "check", "alone.yml", "--as-of", "2026-11-21", "--strict"]).ends_with(0);
        }
    }
    for name in [".findgate.yml", "next.yml"] {
        folder.run(["policy", "check", name]).ends_with(0);
    }
}

#[test]
fn every_file_of_cases_in_the_documents_is_one() {
    let mut seen = 0;
    for name in ["README.md", "docs/policy-tests.md"] {
        for block in blocks(&document(name), "yaml").iter().filter(|block| block.contains("\ncases:\n")) {
            let mut problems = Problems::default();
            let file = Document::parse(name, block, &mut problems);
            let file = file.and_then(|file| policy_test::decode(&file, &mut problems));
            assert!(file.is_some(), "{name}: {:#?}", problems.sorted());
            seen += 1;
        }
    }
    assert!(seen >= 2, "only {seen} files were found: the test looks in the wrong place");
}

#[test]
fn the_waivers_in_the_documents_hold() {
    let file = blocks(&document("docs/waivers.md"), "yaml").remove(0);
    let rules = blocks(&document("README.md"), "yaml").into_iter().find(|block| block.starts_with("waivers:\n"));
    let policy = format!("{}{}", common::STRICT, rules.expect("the rules for waivers"));
    // On any day: what reaches too far is a mistake.
    let policy = policy.replace("14d", "100y").replace("30d", "100y").replace("90d", "100y");
    let folder = Folder::new().with("policy.yml", policy).with(".findgate/waivers.yml", file);
    folder.write("vex/payments.openvex.json", r#"{"@context": "https://openvex.dev/ns", "statements": []}"#);
    folder.run(["policy", "check", "policy.yml"]).ends_with(0).says("1 waiver");
}

#[test]
fn the_exit_statuses_are_the_same_in_the_readme_the_help_and_the_code() {
    let table = table(&document("README.md"), "How it ends");
    let help = Folder::new().run(["--help"]).ends_with(0).stdout.replace("\n     ", " ");
    let statuses = [Status::Holds, Status::Violated, Status::Usage, Status::Undecided];
    assert_eq!(table.len(), statuses.len());
    for (row, status) in table.iter().zip(statuses) {
        assert_eq!(row[0], status.number().to_string());
        assert!(help.contains(&format!("  {}  {}", row[0], row[1])), "{row:?} is not in the help:\n{help}");
    }
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
fn the_readme_names_every_kind_condition_preset_and_format() {
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

    let presets = readme.split("built in: ").nth(1).unwrap().split(").").next().unwrap();
    for preset in PRESETS {
        assert!(presets.contains(&format!("`{}`", preset.name)), "{}", preset.name);
        assert!(root().join("policies").join(format!("{}.yml", preset.name)).exists());
    }
    let formats: Vec<String> =
        table(&readme, "What it writes").iter().map(|row| row[0].trim_matches('`').to_owned()).collect();
    let known: Vec<String> = Format::value_variants().iter().map(|format| format.name().to_owned()).collect();
    assert_eq!(formats, known);
}

#[test]
fn the_tables_of_the_sources_are_those_of_the_policy_language() {
    let text = document("docs/sources.md");
    let schema = Folder::new().run(["policy", "schema"]).ends_with(0).json();
    let keys = |heading: &str| -> BTreeMap<String, String> {
        let mut keys = BTreeMap::new();
        for row in table(&text, heading) {
            for key in row[0].split(", ") {
                keys.insert(key.trim_matches('`').to_owned(), row[2].clone());
            }
        }
        keys
    };
    let common = keys("Every source");
    let sections = schema["properties"]["sources"]["properties"].as_object().unwrap();
    let headings: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    for (name, section) in sections {
        let heading = headings.iter().find(|heading| heading.ends_with(&format!(": `{name}`")));
        let mut told = keys(heading.unwrap_or_else(|| panic!("no section on {name}")));
        for (key, value) in &common {
            assert!(told.insert(key.clone(), value.clone()).is_none(), "{key} of {name} is told twice");
        }
        let properties = section["properties"].as_object().unwrap();
        let known: Vec<&String> = properties.keys().collect();
        assert_eq!(told.keys().collect::<Vec<_>>(), known, "the keys of {name}");
        for (key, property) in properties {
            let default = match &property["default"] {
                serde_json::Value::Null => continue,
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            assert_eq!(told[key], format!("`{default}`"), "the default of {key} of {name}");
        }
    }
}

#[test]
fn every_variable_of_a_source_is_documented() {
    let text = document("docs/sources.md");
    let mut seen = 0;
    for source in ["mend", "mayo", "cybedefend", "appsecplus"] {
        let code = document(&format!("src/source/{source}/config.rs"));
        let words = code.split(|c: char| !(c.is_ascii_uppercase() || c == '_'));
        let prefixes = ["MEND_", "MAYOASPM_", "CYBEDEFEND_", "APPSECPLUS_"];
        for variable in words.filter(|word| prefixes.iter().any(|prefix| word.starts_with(prefix))) {
            assert!(text.contains(&format!("`{variable}`")), "{variable} is not in docs/sources.md");
            seen += 1;
        }
    }
    assert!(seen >= 12, "only {seen} variables were found: the test looks in the wrong place");
}

#[test]
fn the_rooms_of_the_architecture_exist() {
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
