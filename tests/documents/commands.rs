//! The commands of the documents, as the command line understands them, whether they can be run here or not.

use std::fs;

use findgate::cli;
use findgate::env::Env;

use super::pages::{Page, blocks, document, pages, root};
use crate::common::{self, Folder, finish};

/// The commands of the program in the blocks of a page, each with its place, as words.
fn commands(page: &Page) -> Vec<(String, Vec<String>)> {
    let mut commands = Vec::new();
    for block in page.blocks().filter(|block| block.language != "text") {
        let text = block.text.replace("\\\n", "");
        for line in text.lines() {
            let line = line.trim().trim_start_matches("- ").trim_start_matches("$ ");
            let line = line.trim_start_matches("run: ").trim_start_matches("entry: ");
            let in_groovy = ["\"", "'"].iter().find_map(|q| line.strip_prefix("sh ")?.strip_prefix(q)?.strip_suffix(q));
            let line = in_groovy.unwrap_or(line);
            if line.starts_with("findgate ") {
                commands.push((format!("{}:{}: {line}", page.name, block.line), words(line)));
            }
        }
    }
    commands
}

/// The words of a command as a shell takes them, up to what is no longer the command.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, '|' | '>' | ';' | '&') => break,
            (None, '#') if word.is_none() => break,
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word.filter(|_| quote.is_none()));
    words
}

#[test]
fn every_findgate_command_in_the_documents_is_one() {
    let env = Env::capture().unwrap();
    let mut seen = 0;
    for page in pages() {
        for (place, words) in commands(&page) {
            // Of `findgate 2>report.log` the number is the shell's.
            let words = words.into_iter().filter(|word| word != "2").map(Into::into);
            let parsed = cli::parse(&env, words);
            assert!(parsed.is_ok(), "{place}\n{}", parsed.err().map(|error| error.to_string()).unwrap_or_default());
            seen += 1;
        }
    }
    assert!(seen >= 105, "only {seen} commands were found: the test looks in the wrong place");
}

#[test]
fn every_block_of_commands_is_run_or_says_why_not() {
    for page in pages() {
        for block in page.blocks().filter(|block| matches!(block.language.as_str(), "sh" | "bash" | "shell")) {
            // Its two have tests of their own: the first below, and the second runs this.
            let is_tested =
                page.name == "README.md" && (block.text.starts_with("cargo run ") || block.text == "cargo test\n");
            let place = format!("{}:{}", page.name, block.line);
            assert!(
                is_tested || block.not_run.is_some(),
                "{place}: make it a block of the language console, or say `<!-- not run: WHY -->` before it"
            );
        }
    }
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
fn every_check_of_the_readme_judges_in_a_fresh_folder() {
    // As on a runner: a policy and the reports of the scanners, and none of the folders that an output may name.
    let report = common::sarif(Vec::new());
    let mut seen = 0;
    for (place, words) in commands(&Page::read("README.md")).iter().filter(|(_, words)| words[1] == "check") {
        let folder = Folder::new()
            .with(".findgate.yml", common::STRICT)
            .with("reports/scan.sarif", &report)
            .with("bandit.sarif", &report);
        for snapshot in ["snapshot.json", "baseline.json"] {
            folder.run(["collect", "--sarif", "bandit.sarif", "--output", snapshot]).ends_with(0);
        }
        let mut words: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
        if !words.iter().any(|word| matches!(*word, "--sarif" | "--snapshot")) {
            words.extend(["--sarif", "reports/*.sarif"]);
        }
        let run = folder.run(words);
        assert_eq!(run.status, 0, "{place}\n{}{}", run.stdout, run.stderr);
        seen += 1;
    }
    assert!(seen >= 4, "only {seen} commands were found: the test looks in the wrong place");
}

#[test]
fn commands_are_taken_apart_as_a_shell_does() {
    for (line, expected) in [
        ("findgate check --sarif 'a b' # no", &["findgate", "check", "--sarif", "a b"][..]),
        ("findgate check \"\" | cat", &["findgate", "check", ""]),
        ("findgate check --repo a#b > x", &["findgate", "check", "--repo", "a#b"]),
        ("findgate check && true", &["findgate", "check"]),
    ] {
        assert_eq!(words(line), expected, "{line}");
    }
}
