//! The action of GitHub, compared with its page, and the actions of others that the documents name.

use std::collections::BTreeMap;

use super::pages::{document, pages, table};

/// The entries of a section of action.yml, each with what it says of a key.
fn of_action(section: &str, key: &str) -> Vec<Vec<String>> {
    let text = document("action.yml");
    let text = text.split(&format!("\n{section}:\n")).nth(1).unwrap_or_else(|| panic!("no section {section}"));
    let mut entries: Vec<Vec<String>> = Vec::new();
    for line in text.lines().take_while(|line| line.is_empty() || line.starts_with(' ')) {
        if let Some(name) = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')) {
            entries.push(vec![name.trim_end_matches(':').to_owned(), String::new()]);
        } else if let Some(value) = line.trim().strip_prefix(&format!("{key}: ")) {
            value.trim_matches('"').clone_into(&mut entries.last_mut().unwrap()[1]);
        }
    }
    entries
}

#[test]
fn the_inputs_and_outputs_of_the_action_are_those_of_its_page() {
    let page = document("docs/github.md");
    let told = |heading: &str, cells: usize| -> Vec<Vec<String>> {
        let plain = |cell: &String| cell.trim_matches('`').to_owned();
        table(&page, heading).iter().map(|row| row[..cells].iter().map(plain).collect()).collect()
    };
    let inputs = of_action("inputs", "default");
    assert!(inputs.len() > 20 && inputs.contains(&vec!["fail".to_owned(), "true".to_owned()]), "{inputs:?}");
    assert_eq!(told("Inputs", 2), inputs);
    let outputs = of_action("outputs", "none");
    assert_eq!(told("Outputs", 1), outputs.iter().map(|entry| entry[..1].to_vec()).collect::<Vec<_>>());
    // What an expression of a step asks for is set by a script, and every input reaches one.
    let action = document("action.yml");
    let scripts: String = ["install", "base", "gate"].map(|name| document(&format!("action/{name}.sh"))).concat();
    for output in outputs.iter().map(|entry| &entry[0]) {
        assert!(action.contains(&format!("steps.gate.outputs.{output} ")), "{output}");
        let mut words = scripts.split(|c: char| c.is_whitespace() || c == ';');
        assert!(words.any(|word| word == output), "no script sets {output}");
    }
    for input in inputs.iter().map(|entry| &entry[0]) {
        assert!(action.contains(&format!(": ${{{{ inputs.{input} }}}}")), "{input} goes nowhere");
    }
}

#[test]
fn what_the_documents_fetch_of_findgate_has_the_name_of_the_tag() {
    let version = env!("CARGO_PKG_VERSION");
    let releasing = document("docs/releasing.md");
    assert!(releasing.contains(&format!("git tag -s v{version} ")), "a release has another tag");
    let mut seen = 0;
    let files = ["gitlab-ci.yml", "gitlab-ci-plain.yml"].map(|name| format!("examples/platforms/{name}"));
    for name in pages().into_iter().map(|page| page.name).chain(files) {
        let text = document(&name);
        for line in text.lines() {
            let component = line.split_once("/findgate/findgate@").filter(|_| line.contains("component:"));
            let revision = line.trim().strip_prefix("rev: ").or(component.map(|(_, reference)| reference));
            let Some(named) = revision.and_then(|revision| revision.split(' ').next()) else { continue };
            assert_eq!(named, format!("v{version}"), "{name}: {line}");
            seen += 1;
        }
    }
    assert!(seen >= 5, "only {seen} were found: the test looks in the wrong place");
}

#[test]
fn what_the_page_on_failures_quotes_of_the_action_and_the_component_is_said_there() {
    let said: String = ["action/install.sh", "action/gate.sh", "templates/findgate.yml"].map(document).concat();
    let rows = table(&document("docs/why.md"), "Before findgate ran");
    assert!(rows.len() >= 7, "{rows:?}");
    for row in rows {
        assert!(said.contains(row[0].trim_matches('`')), "nobody says {}", row[0]);
    }
}

#[test]
fn the_action_names_no_other_and_puts_no_value_into_a_script() {
    let action = document("action.yml");
    assert!(!action.contains("uses:"), "an action within could change without a change here");
    let mut scripts = action.lines().filter(|line| line.trim_start().starts_with("run:"));
    assert!(scripts.clone().count() >= 4 && scripts.all(|line| !line.contains("${{")), "a value would be run");
}

#[test]
fn every_action_of_others_is_named_by_its_full_commit_wherever_it_is_used() {
    let workflows = ["ci", "release"].map(|name| format!(".github/workflows/{name}.yml"));
    let names = pages().into_iter().map(|page| page.name).chain(workflows);
    let mut seen = BTreeMap::new();
    for name in names {
        let text = document(&name);
        for used in text.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: ")) {
            let Some((action, commit)) = used.split(' ').next().unwrap().split_once('@') else { continue };
            if action == "findgate/findgate" {
                // Nothing is released yet.
                assert_eq!(commit, "FULL-COMMIT-SHA", "{name}: {used}");
                continue;
            }
            assert!(commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()), "{name}: {used}");
            assert_eq!(seen.entry(action.to_owned()).or_insert(commit.to_owned()), commit, "{name}: another {action}");
        }
    }
    assert!(seen.len() >= 5, "only {seen:?} were found: the test looks in the wrong place");
}
