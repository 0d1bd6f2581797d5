//! What fuzzing starts with, and what `cargo test` runs each target over: the fixtures, the examples, and the texts in the
//! tests of what a target reads.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// The largest seed, in bytes. Of a larger one each target would see a part.
const LARGEST: usize = 32 << 10;
/// The most words of a dictionary.
const WORDS: usize = 1000;

/// The seeds of a target.
///
/// # Panics
/// If there is no such target, or a file of the repository cannot be read.
#[must_use]
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    let seeds: Vec<Vec<u8>> = match target {
        "policy" => policies(),
        "sarif" => sarif(),
        "mend" | "mayo" | "cybedefend" | "appsecplus" => crate::vendors::seeds(target),
        "waivers" => together(&[texts("src/policy_file/append"), blocks("yaml"), texts("tests/waivers.rs")]),
        "vex" => together(&[texts("src/vex"), texts("tests/vex.rs"), blocks("json")]),
        "snapshot" => snapshots(),
        "event" => events(),
        "address" => together(&[texts("src/project/address.rs"), texts("src/project/platform_tests.rs")]),
        "evaluation" => evaluations(),
        "comment" => together(&[texts("src/comment/document.rs"), crate::judged::written_as(&sarif(), "markdown")]),
        _ => panic!("there is no target {target}"),
    };
    let mut seeds: Vec<Vec<u8>> = seeds.into_iter().filter(|seed| seed.len() <= LARGEST).collect();
    if !matches!(target, "address" | "comment") {
        seeds.extend(long(target));
    }
    seeds.sort();
    seeds.dedup();
    assert!(!seeds.is_empty(), "{target} has no seed");
    seeds
}

/// A text where something else belongs: whoever says so must not repeat all of it.
fn long(target: &str) -> Vec<Vec<u8>> {
    let text = Value::from("\u{1b}a".repeat(2 * crate::judged::LONGEST));
    let known = json!({"schema": "findgate/evaluation/v1"});
    let with = |name: &str| {
        let mut document = known.clone();
        document[name] = text.clone();
        document
    };
    let mut documents = vec![text.clone(), json!([text]), json!({"a": text}), json!({"version": text})];
    documents.extend(["schema", "verdict", "status", "tool", "findings", "project", "sources", "as_of"].map(with));
    documents.extend([json!({"version": "2.1.0", "runs": text}), json!({"version": "2.1.0", "runs": [text]})]);
    documents.extend(["taken", "project", "sources"].map(|name| json!({name: text})));
    // The first byte of an event names it.
    let first: &[u8] = if target == "event" { &[0] } else { &[] };
    documents.iter().map(|document| [first, document.to_string().as_bytes()].concat()).collect()
}

/// Writes the seeds of a target, and the words in them, into the folder that `FINDGATE_SEEDS` names, if it names one.
///
/// # Panics
/// If they cannot be written.
pub fn plant(target: &str) {
    let Some(folder) = std::env::var_os("FINDGATE_SEEDS").map(PathBuf::from) else { return };
    let corpus = folder.join(target);
    fs::create_dir_all(&corpus).expect("a folder");
    let seeds = seeds(target);
    for (number, seed) in seeds.iter().enumerate() {
        fs::write(corpus.join(format!("seed-{number:04}")), seed).expect("a seed");
    }
    fs::write(folder.join(format!("{target}.dict")), dictionary(&seeds)).expect("a dictionary");
}

/// The words of the seeds, as a dictionary of libFuzzer: those that stand in most seeds, and the marks between them.
fn dictionary(seeds: &[Vec<u8>]) -> String {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for text in seeds.iter().filter_map(|seed| std::str::from_utf8(seed).ok()) {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/' | '.' | ':' | '@');
        let words: BTreeSet<&str> = text.split(|c| !is_part(c)).filter(|word| (3..32).contains(&word.len())).collect();
        words.into_iter().for_each(|word| *counts.entry(word).or_default() += 1);
    }
    let mut words: Vec<(&str, usize)> = counts.into_iter().collect();
    words.sort_by(|(one, often), (other, less)| less.cmp(often).then(one.cmp(other)));
    let quoted = |word: &str| format!("\"{word}\"\n\"\\\"{word}\\\": \"\n");
    let marks = "\"\\\\u0000\"\n\"\\\\ud800\"\n\"null\"\n\"true\"\n\"-1\"\n\"1e400\"\n\"18446744073709551615\"\n\"\\xef\\xbb\\xbf\"\n";
    words.into_iter().take(WORDS).map(|(word, _)| quoted(word)).chain([marks.to_owned()]).collect()
}

/// Findings in every form that findgate reads.
fn sarif() -> Vec<Vec<u8>> {
    together(&[
        files("src/source/sarif/fixtures", "sarif"),
        files("examples/shop/reports", "sarif"),
        texts("src/source/sarif/tests"),
        texts("src/source/sarif/outline"),
        texts("src/source/sarif/scan.rs"),
    ])
}

fn policies() -> Vec<Vec<u8>> {
    together(&[
        files("policies", "yml"),
        files("templates", "yml"),
        files("examples/shop", "yml"),
        files("examples/vendors", "yml"),
        blocks("yaml"),
        texts("src/policy"),
        texts("src/policy_file"),
    ])
}

fn snapshots() -> Vec<Vec<u8>> {
    let whole = files("examples/vendors", "json");
    let contents = whole.iter().map(|document| {
        let value: Value = serde_json::from_slice(document).expect("JSON");
        value["content"].to_string().into_bytes()
    });
    let contents: Vec<Vec<u8>> = contents.collect();
    let of_files = crate::snapshot::made_of(&sarif());
    let marked = whole.iter().map(|document| [b" ", &document[..]].concat()).collect();
    together(&[contents, of_files, marked])
}

/// Each is tried as each event: the first byte names it.
fn events() -> Vec<Vec<u8>> {
    let of_pull = json!({
        "action": "synchronize", "number": 12,
        "pull_request": {
            "number": 12, "merged": false,
            "head": {"ref": "fix/login", "sha": "4f2a9c1d7e0b4f2a9c1d7e0b4f2a9c1d7e0b4f2a", "repo": {"full_name": "ada/payments"}},
            "base": {"ref": "main", "sha": "0f2a9c1d7e0b4f2a9c1d7e0b4f2a9c1d7e0b4f2b", "repo": {"full_name": "acme/payments"}},
        },
        "repository": {"full_name": "acme/payments", "default_branch": "main"},
    });
    let of_run = json!({
        "workflow_run": {
            "event": "pull_request", "head_branch": "fix/login", "head_sha": "4f2a9c1d7e0b4f2a9c1d7e0b4f2a9c1d7e0b4f2a",
            "head_repository": {"full_name": "ada/payments"},
            "pull_requests": [{"number": 12, "base": {"ref": "main", "sha": "0f2a9c1d7e0b4f2a9c1d7e0b4f2a9c1d7e0b4f2b"}}],
        },
    });
    let of_push = json!({
        "ref": "refs/heads/main", "before": "0f2a9c1d7e0b4f2a9c1d7e0b4f2a9c1d7e0b4f2b",
        "after": "4f2a9c1d7e0b4f2a9c1d7e0b4f2a9c1d7e0b4f2a", "forced": false, "created": false,
    });
    let of_group = json!({
        "merge_group": {"head_ref": "refs/heads/gh-readonly-queue/main/pr-12-0f2a", "base_ref": "refs/heads/main",
            "head_sha": "4f2a9c1d7e0b4f2a9c1d7e0b4f2a9c1d7e0b4f2a", "base_sha": "0f2a9c1d7e0b4f2a9c1d7e0b4f2a9c1d7e0b4f2b"},
    });
    let of_deployment = json!({"deployment": {"environment": "production", "ref": "main", "sha": "4f2a9c1d7e0b"}});
    let events = [of_pull, of_run, of_push, of_group, of_deployment, json!([]), json!({})];
    let named = |event: &Value| (0..8).map(|name| [&[name], event.to_string().as_bytes()].concat()).collect::<Vec<_>>();
    events.iter().flat_map(named).collect()
}

fn evaluations() -> Vec<Vec<u8>> {
    together(&[
        crate::judged::written_as(&sarif(), "json"),
        crate::judged::written_as(&sarif(), "sarif"),
        texts("src/baseline"),
        texts("src/run/verdict"),
    ])
}

fn together(lists: &[Vec<Vec<u8>>]) -> Vec<Vec<u8>> {
    lists.concat()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files below a folder, or the file itself, sorted.
fn below(path: &str) -> Vec<PathBuf> {
    let mut open = vec![root().join(path)];
    let mut files = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            open.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn files(path: &str, extension: &str) -> Vec<Vec<u8>> {
    let fits = |path: &PathBuf| path.extension().is_some_and(|end| end == extension);
    let files: Vec<Vec<u8>> = below(path).iter().filter(|path| fits(path)).map(|path| read(path)).collect();
    assert!(!files.is_empty(), "{path} holds no {extension}");
    files
}

/// The blocks of a language in the documents.
fn blocks(language: &str) -> Vec<Vec<u8>> {
    let mut blocks = Vec::new();
    for document in [files("docs", "md"), files("README.md", "md")].concat() {
        let document = String::from_utf8(document).expect("UTF-8");
        let mut block: Option<String> = None;
        for line in document.split_inclusive('\n') {
            let word = line.trim().strip_prefix("```");
            match (&mut block, word) {
                (None, Some(word)) => block = word.starts_with(language).then(String::new),
                (Some(_), Some(_)) => blocks.extend(block.take().map(String::into_bytes)),
                (Some(text), None) => text.push_str(line),
                (None, None) => {}
            }
        }
    }
    blocks
}

/// The texts in Rust below a path: what stands in quotes.
fn texts(path: &str) -> Vec<Vec<u8>> {
    let files = files(path, "rs").into_iter().map(|text| String::from_utf8(text).expect("UTF-8"));
    files.flat_map(|text| quoted(&text)).filter(|text| text.len() > 1).map(String::into_bytes).collect()
}

/// What stands in quotes in Rust. Comments may end a text early or begin one; what it gives then is a seed like any other.
fn quoted(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('"') {
        let before = &rest[..at];
        rest = &rest[at + 1..];
        let marks = before.len() - before.trim_end_matches('#').len();
        if before[..before.len() - marks].ends_with('r') {
            let end = format!("\"{}", "#".repeat(marks));
            let Some((inside, behind)) = rest.split_once(&end) else { break };
            found.push(inside.to_owned());
            rest = behind;
        } else if !before.ends_with('\'') {
            let Some(end) = end_of(rest) else { break };
            found.push(unescaped(&rest[..end]));
            rest = &rest[end + 1..];
        }
    }
    found
}

fn end_of(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.bytes().position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    })
}

fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('\\') {
        out.push_str(before);
        let mut behind = behind.chars();
        match behind.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('0') => out.push('\0'),
            Some('\n') => behind = behind.as_str().trim_start().chars(),
            Some('u') => {
                let number = behind.as_str().strip_prefix('{').and_then(|rest| rest.split_once('}'));
                if let Some((number, after)) = number {
                    out.extend(u32::from_str_radix(number, 16).ok().and_then(char::from_u32));
                    behind = after.chars();
                }
            }
            Some(c) => out.push(c),
            None => {}
        }
        rest = behind.as_str();
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a target over its seeds.
    fn run(target: &str) {
        let (_, run) = crate::TARGETS.iter().find(|(name, _)| *name == target).expect(target);
        for seed in seeds(target) {
            if let Err(panic) = std::panic::catch_unwind(|| run(&seed)) {
                eprintln!("{target} fails on this seed: \"{}\"", seed.escape_ascii());
                std::panic::resume_unwind(panic);
            }
        }
    }

    macro_rules! targets {
        ($($name:ident)*) => {
            $(#[test]
            fn $name() {
                run(stringify!($name));
            })*

            #[test]
            fn each_target_has_its_test_and_its_program() {
                let tested = [$(stringify!($name)),*];
                let targets: Vec<&str> = crate::TARGETS.iter().map(|(name, _)| *name).collect();
                assert_eq!(tested[..], targets);
                let manifest = String::from_utf8(read(&root().join("fuzz/Cargo.toml"))).expect("UTF-8");
                assert_eq!(manifest.matches("[[bin]]").count(), targets.len());
                for name in targets {
                    let entry = format!("[[bin]]\nname = \"{name}\"\npath = \"targets/{name}.rs\"\n");
                    assert!(manifest.contains(&entry), "{name} is not in Cargo.toml");
                    let program = String::from_utf8(read(&root().join(format!("fuzz/targets/{name}.rs")))).expect("UTF-8");
                    let body = format!("init: findgate_fuzz::plant(\"{name}\"), |data: &[u8]| findgate_fuzz::{name}(data)");
                    assert!(program.contains(&body), "{program}");
                }
            }
        };
    }

    targets!(policy sarif mend mayo cybedefend appsecplus waivers vex snapshot event address evaluation comment);

    #[test]
    fn what_stands_in_quotes_is_found_as_it_is_meant() {
        let rust = "let a = \"x\\n\\\"y\\u{e9}\"; b'\"'; r#\"raw \"\\n\"#; \"last\"";
        assert_eq!(quoted(rust), ["x\n\"y\u{e9}", "raw \"\\n", "last"]);
    }
}
