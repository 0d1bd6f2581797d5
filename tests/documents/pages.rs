//! The pages of the documents, taken apart.
//!
//! Comments of HTML, which nobody sees who reads a page, say to the tests what a reader knows by himself:
//!
//! | comment | meaning |
//! |---|---|
//! | `setup`, then lines | a shell runs these lines before what follows |
//! | `sarif: PATH COUNT` | a report with so many findings stands there |
//! | `vendors` | four servers give the answers of `examples/vendors`, and their variables are set |
//! | `fresh` | what follows begins in an empty folder |
//! | `not run: REASON` | the next block cannot be run here |

use std::fs;
use std::path::{Path, PathBuf};

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the repository.
pub(crate) fn document(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("read {name}: {error}"))
}

/// Every page for readers: those in the root, in `docs` and beside the examples.
pub(crate) fn pages() -> Vec<Page> {
    let mut names: Vec<PathBuf> =
        ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"].map(PathBuf::from).into();
    for folder in ["docs", "examples"] {
        let files = walkdir::WalkDir::new(root().join(folder)).sort_by_file_name();
        let files = files.into_iter().map(|entry| entry.unwrap().into_path());
        let pages = files.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
        names.extend(pages.map(|path| path.strip_prefix(root()).unwrap().to_path_buf()));
    }
    assert!(names.len() > 20, "only {} pages were found: the test looks in the wrong place", names.len());
    names.iter().map(|name| Page::read(name.to_str().unwrap())).collect()
}

/// A page.
pub(crate) struct Page {
    /// Its path in the repository.
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) parts: Vec<Part>,
}

/// What a page has beside its prose, with the number of the line where it begins.
pub(crate) enum Part {
    Block(Block),
    /// A comment to the tests: its word, and what stands behind it.
    Comment {
        line: usize,
        word: String,
        text: String,
    },
}

/// A fenced block.
#[derive(Clone)]
pub(crate) struct Block {
    pub(crate) line: usize,
    pub(crate) language: String,
    pub(crate) text: String,
    /// Why it is not run, if it is not.
    pub(crate) not_run: Option<String>,
}

/// The words that comments to the tests begin with.
const WORDS: [&str; 5] = ["setup", "sarif", "vendors", "fresh", "not run"];

impl Page {
    pub(crate) fn read(name: &str) -> Page {
        let text = document(name);
        let parts = parts(name, &text);
        Page { name: name.to_owned(), text, parts }
    }

    pub(crate) fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.parts.iter().filter_map(|part| match part {
            Part::Block(block) => Some(block),
            Part::Comment { .. } => None,
        })
    }

    /// The lines outside of fenced blocks.
    pub(crate) fn prose(&self) -> String {
        let mut is_code = false;
        let lines = self.text.lines().filter(|line| {
            let is_fence = line.trim_start().starts_with("```");
            is_code ^= is_fence;
            !is_code && !is_fence
        });
        lines.map(|line| format!("{line}\n")).collect()
    }
}

impl Block {
    /// The file that it is, where its first line says so: `# org/policy.yml`.
    pub(crate) fn file(&self) -> Option<&str> {
        let first = self.text.lines().next()?.strip_prefix("# ")?.split(';').next()?.trim();
        let is_path = !first.contains(' ') && (first.ends_with(".yml") || first.ends_with(".json"));
        is_path.then_some(first)
    }
}

fn parts(name: &str, text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut not_run = None;
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let line_number = number + 1;
        if let Some(language) = line.trim_start().strip_prefix("```") {
            let indent = line.len() - line.trim_start().len();
            let mut block = String::new();
            for (_, line) in lines.by_ref().take_while(|(_, line)| line.trim() != "```") {
                block.push_str(line.get(indent..).unwrap_or_default());
                block.push('\n');
            }
            let language = language.to_owned();
            parts.push(Part::Block(Block { line: line_number, language, text: block, not_run: not_run.take() }));
        } else if let Some(comment) = line.strip_prefix("<!--") {
            let mut comment = comment.to_owned();
            while !comment.contains("-->") {
                let (_, line) = lines.next().unwrap_or_else(|| panic!("{name}:{line_number}: a comment without end"));
                comment.push('\n');
                comment.push_str(line);
            }
            let comment = comment.trim_end().trim_end_matches("-->").trim();
            let Some(word) = WORDS.iter().find(|word| comment.starts_with(**word)) else { continue };
            let text = comment[word.len()..].trim_start_matches(':').trim().to_owned();
            if *word == "not run" {
                assert!(text.len() > 10, "{name}:{line_number}: say why it is not run");
                not_run = Some(text);
            } else {
                parts.push(Part::Comment { line: line_number, word: (*word).to_owned(), text });
            }
        }
    }
    assert!(not_run.is_none(), "{name}: a block is called not run, and there is none");
    parts
}

/// The fenced blocks of a language.
pub(crate) fn blocks(document: &str, language: &str) -> Vec<String> {
    let parts = parts("document", document).into_iter();
    let blocks = parts.filter_map(|part| match part {
        Part::Block(block) if block.language == language => Some(block.text),
        _ => None,
    });
    blocks.collect()
}

/// The cells of the rows of the table under a heading of the second level.
pub(crate) fn table(document: &str, heading: &str) -> Vec<Vec<String>> {
    let section = document.split(&format!("\n## {heading}\n")).nth(1).unwrap_or_else(|| panic!("no heading {heading}"));
    let rows =
        section.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// Every word in backticks of the paragraph that begins so.
pub(crate) fn named_in(document: &str, paragraph: &str) -> std::collections::BTreeSet<String> {
    let text = document.split(paragraph).nth(1).unwrap_or_else(|| panic!("no paragraph {paragraph}"));
    text.split("\n\n").next().unwrap().split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
