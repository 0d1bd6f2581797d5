//! The files for CI platforms, as the pages show them. `.ci/run` runs the files themselves.

use std::collections::BTreeSet;
use std::fs;

use super::pages::{document, root};

/// The names in the first cells of the tables of a page.
fn rows(page: &str) -> BTreeSet<String> {
    let cells = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    cells.map(|(name, _)| name.to_owned()).collect()
}

/// What stands after a beginning of a line, up to a colon.
fn named(text: &str, beginning: &str) -> BTreeSet<String> {
    let names = text.lines().filter_map(|line| line.strip_prefix(beginning));
    let names = names.map(|name| name.trim_end_matches(':').to_owned());
    names.filter(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-')).collect()
}

#[test]
fn the_files_for_platforms_are_shown_as_they_are() {
    let mut shown = BTreeSet::new();
    for (page, language, name) in [
        ("docs/gitlab.md", "yaml", "gitlab-ci.yml"),
        ("docs/gitlab.md", "yaml", "gitlab-ci-plain.yml"),
        ("docs/jenkins.md", "groovy", "Jenkinsfile"),
        ("docs/platforms.md", "yaml", "azure-pipelines.yml"),
        ("docs/platforms.md", "yaml", "bitbucket-pipelines.yml"),
        ("docs/platforms.md", "yaml", "circleci.yml"),
    ] {
        let block = format!("```{language}\n{}```\n", document(&format!("examples/platforms/{name}")));
        assert!(document(page).contains(&block), "{page} does not show {name} as it is");
        shown.insert(name.to_owned());
    }
    let folder = fs::read_dir(root().join("examples/platforms")).unwrap();
    let files: BTreeSet<String> = folder.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(files, shown);
}

#[test]
fn every_input_of_the_component_and_every_hook_is_documented() {
    let inputs = named(document("templates/findgate.yml").split("\n---\n").next().unwrap(), "    ");
    assert!(inputs.len() > 8, "only {inputs:?} were found: the test looks in the wrong place");
    assert_eq!(rows(&document("docs/gitlab.md")), inputs);
    let hooks = named(&document(".pre-commit-hooks.yaml"), "- id: ");
    assert!(!hooks.is_empty(), "no hook was found");
    assert_eq!(rows(&document("docs/pre-commit.md")), hooks);
}
