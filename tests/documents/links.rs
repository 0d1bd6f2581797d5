//! The links between the documents.

use std::collections::{BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};

use super::pages::{pages, root};

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(prose: &str) -> BTreeSet<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let headings = prose.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let anchors = headings.map(|heading| {
        let text = without_targets(heading).to_lowercase();
        let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        let anchor: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let count = seen.entry(anchor.clone()).and_modify(|count| *count += 1).or_insert(0);
        if *count == 0 { anchor } else { format!("{anchor}-{count}") }
    });
    anchors.collect()
}

/// A heading's text without the addresses of links in it.
fn without_targets(heading: &str) -> String {
    let mut parts = heading.split("](");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(part.split_once(')').map_or("", |(_, rest)| rest));
    }
    text
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => assert!(plain.pop(), "{} leaves the repository", path.display()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

#[test]
fn every_link_in_the_documents_leads_somewhere() {
    let pages = pages();
    let anchors: HashMap<PathBuf, BTreeSet<String>> =
        pages.iter().map(|page| (PathBuf::from(&page.name), anchors(&page.prose()))).collect();
    let mut seen = 0;
    let mut broken = Vec::new();
    for page in &pages {
        let prose = page.prose();
        // What stands in backticks is no link.
        let links = prose.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
        for link in links.filter(|link| !link.contains("://") && !link.starts_with("mailto:")) {
            let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
            let here = Path::new(&page.name);
            let target = if path.is_empty() { here.to_path_buf() } else { plain(&here.parent().unwrap().join(path)) };
            seen += 1;
            if !root().join(&target).exists() {
                broken.push(format!("{}: {link}", page.name));
            } else if let Some(anchor) = anchor
                && !anchors.get(&target).is_some_and(|anchors| anchors.contains(anchor))
            {
                broken.push(format!("{}: {link}: no such heading", page.name));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(seen > 150, "only {seen} links were found: the test looks in the wrong place");
}

#[test]
fn the_table_of_contents_names_every_page() {
    let pages = pages();
    let index = pages.iter().find(|page| page.name == "docs/index.md").expect("the table of contents");
    for page in pages.iter().filter(|page| page.name.starts_with("docs/") && page.name != "docs/index.md") {
        let path = page.name.trim_start_matches("docs/");
        assert!(index.text.contains(&format!("]({path})")), "{path} is not in docs/index.md");
    }
}

#[test]
fn anchors_are_those_of_github() {
    let page = "# Why did it fail?\n## `check`: 0 and 1\n## A\n## A\n## A [link](x.md#y) there\n";
    let expected = ["why-did-it-fail", "check-0-and-1", "a", "a-1", "a-link-there"];
    assert_eq!(anchors(page), expected.map(str::to_owned).into());
}
