//! Globs and packages.
//!
//! A star stays within a folder in paths and branches, and matches anything elsewhere: the names of packages, checks and
//! licenses hold slashes that separate nothing.

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use packageurl::PackageUrl;

use super::super::document::{Node, Value};
use super::super::expect;
use super::super::problem::{Problem, Problems, quoted};
use super::super::{PackagePattern, Patterns};

/// Whether upper and lower case are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Kept,
    Ignored,
}

/// What `/` is in the text that a glob is matched with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slash {
    /// It separates: `*` does not cross it.
    Separates,
    /// A character like any other.
    Plain,
}

/// Globs of anything but paths.
pub(super) fn globs(node: &Node, what: &str, case: Case, problems: &mut Problems) -> Option<Patterns> {
    set(node, what, problems, |node, problems| {
        let text = text(node, "a glob", problems)?;
        refuse_negation(node, text, problems)?;
        compile(node, text, case, Slash::Plain, problems)
    })
}

/// Globs of paths in the repository.
pub(super) fn paths(node: &Node, problems: &mut Problems) -> Option<Patterns> {
    set(node, "`path`", problems, |node, problems| {
        let text = text(node, "a glob of paths", problems)?;
        // What is left after one fault must not have the next.
        let below = if text.ends_with('/') { "**" } else { "" };
        if let Some(rest) = text.strip_prefix('/') {
            let problem = Problem::new(&node.place, format!("the path {} begins with `/`", quoted(text)));
            problems.add(
                problem.label("not relative").help(format!("paths are relative to the repository: \"{rest}{below}\"")),
            );
            return None;
        }
        if let Some(rest) = text.strip_prefix("./") {
            let problem = Problem::new(&node.place, format!("the path {} begins with `./`", quoted(text)));
            problems.add(problem.label("would match nothing").help(format!("leave it out: \"{rest}{below}\"")));
            return None;
        }
        if text.ends_with('/') {
            let problem = Problem::new(&node.place, format!("the path {} ends with `/`", quoted(text)));
            problems
                .add(problem.label("would match nothing").help(format!("for everything below it write \"{text}**\"")));
            return None;
        }
        path_glob(node, text, problems)
    })
}

/// Globs of branches.
pub(super) fn branches(node: &Node, problems: &mut Problems) -> Option<(Patterns, Vec<String>)> {
    let patterns = set(node, "`branch`", problems, |node, problems| {
        let text = text(node, "a glob of branches", problems)?;
        refuse_negation(node, text, problems)?;
        if let Some(rest) = text.strip_prefix("refs/heads/").or_else(|| text.strip_prefix("origin/")) {
            let problem = Problem::new(&node.place, format!("{} is not how a branch is named here", quoted(text)));
            problems.add(problem.label("would match nothing").help(format!("write the name alone: \"{rest}\"")));
            return None;
        }
        if text.starts_with('/') || text.ends_with('/') {
            let problem =
                Problem::new(&node.place, format!("no branch begins or ends with `/` as {} does", quoted(text)));
            problems.add(problem.label("would match nothing").help("for everything below it write `/**`"));
            return None;
        }
        compile(node, text, Case::Kept, Slash::Separates, problems)
    })?;
    Some((patterns, written(node)))
}

/// Globs of environments.
pub(super) fn environments(node: &Node, problems: &mut Problems) -> Option<(Patterns, Vec<String>)> {
    let patterns = set(node, "`environment`", problems, |node, problems| {
        let text = text(node, "a glob of environments", problems)?;
        refuse_negation(node, text, problems)?;
        compile(node, text, Case::Ignored, Slash::Plain, problems)
    })?;
    Some((patterns, written(node)))
}

fn written(node: &Node) -> Vec<String> {
    match &node.value {
        Value::List(items) => items.iter().filter_map(|item| item.text().map(ToString::to_string)).collect(),
        _ => node.text().map(ToString::to_string).into_iter().collect(),
    }
}

/// A glob of files on disk, as sources take them: `/` separates on every system, and a leading `./` is left out.
#[must_use]
pub fn file_glob(node: &Node, problems: &mut Problems) -> Option<String> {
    let text = text(node, "a glob of files", problems)?;
    let text = text.strip_prefix("./").unwrap_or(text);
    if text.ends_with('/') {
        let problem = Problem::new(&node.place, format!("{} names a folder", quoted(text))).label("a folder");
        problems.add(problem.help(format!("for everything below it write \"{text}**\"")));
        return None;
    }
    path_glob(node, text, problems)?;
    Some(text.to_owned())
}

fn path_glob(node: &Node, text: &str, problems: &mut Problems) -> Option<Glob> {
    refuse_negation(node, text, problems)?;
    let path = text.strip_prefix('/').unwrap_or(text);
    let (message, label, help) = if text.contains('\\') {
        (format!("the path {} holds a backslash", quoted(text)), "not a separator", "write `/` on every system")
    } else if path.split('/').any(|part| part == "..") {
        let help = "write the path without it; for files elsewhere an absolute path";
        (format!("the path {} holds `..`", quoted(text)), "leaves the folder", help)
    } else if path == "." {
        let help = "name the files in it: \"*.sarif\"";
        (format!("{} names a folder", quoted(text)), "a folder", help)
    } else if path.split('/').any(|part| part.is_empty() || part == ".") {
        (
            format!("the path {} holds an empty part", quoted(text)),
            "would match nothing",
            "write one `/` between names, and no `.`",
        )
    } else if path.split('/').any(|part| part.contains("**") && part != "**") {
        let help = "`**` crosses folders only between slashes: \"src/**/*.js\"";
        (format!("the path {} holds `**` beside other text", quoted(text)), "would not cross folders", help)
    } else {
        return compile(node, text, Case::Kept, Slash::Separates, problems);
    };
    problems.add(Problem::new(&node.place, message).label(label).help(help));
    None
}

fn set(
    node: &Node,
    what: &str,
    problems: &mut Problems,
    read: impl Fn(&Node, &mut Problems) -> Option<Glob>,
) -> Option<Patterns> {
    let items = expect::one_or_many(node, what, problems)?;
    let globs: Vec<Option<Glob>> = items.iter().map(|item| read(item, problems)).collect();
    let mut builder = GlobSetBuilder::new();
    for glob in globs {
        builder.add(glob?);
    }
    build(node, &builder, problems).map(Patterns)
}

fn build(node: &Node, builder: &GlobSetBuilder, problems: &mut Problems) -> Option<GlobSet> {
    builder
        .build()
        .map_err(|error| {
            let problem = Problem::new(&node.place, format!("these globs cannot be used: {}", error.kind()));
            problems.add(problem.label("too much for a glob").help("write fewer or simpler globs"));
        })
        .ok()
}

fn compile(node: &Node, text: &str, case: Case, slash: Slash, problems: &mut Problems) -> Option<Glob> {
    // Longer ones are compiled into programs of megabytes.
    const LONGEST: usize = 1000;
    let refuse = |reason: String| {
        Problem::new(&node.place, format!("{} is not a glob: {reason}", quoted(text)))
            .label("not a glob")
            .help("`*`, `?`, `[ab]` and `{a,b}` have a meaning; put a literal one into brackets: `[*]`")
    };
    if text.len() > LONGEST {
        problems.add(refuse(format!("it is longer than {LONGEST} bytes")));
        return None;
    }
    let pattern = match brackets(text, slash) {
        Ok(pattern) => pattern,
        Err(reason) => {
            problems.add(refuse(reason.to_owned()));
            return None;
        }
    };
    let glob = GlobBuilder::new(&pattern)
        .literal_separator(slash == Slash::Separates)
        .case_insensitive(case == Case::Ignored)
        .backslash_escape(true)
        .build();
    glob.map_err(|error| problems.add(refuse(error.kind().to_string()))).ok()
}

/// The glob with brackets that match what people expect: `[!a]` would match a slash where no star does. And a glob is
/// compared byte by byte, so a bracket around anything but ASCII would match half a character.
fn brackets(text: &str, slash: Slash) -> Result<String, &'static str> {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some((before, mark, behind)) = split(rest, &['[', '\\']) {
        out.push_str(before);
        out.push(mark);
        rest = behind;
        if mark == '\\' {
            let escaped = rest.chars().next();
            out.extend(escaped);
            rest = rest.get(escaped.map_or(0, char::len_utf8)..).unwrap_or_default();
            continue;
        }
        let inside = rest.strip_prefix(['!', '^']);
        // The first may be `]` itself.
        let body = inside.unwrap_or(rest);
        let Some((end, _)) = body.char_indices().skip(1).find(|(_, c)| *c == ']') else { break };
        let (body, behind) = body.split_at(end);
        if !body.is_ascii() {
            return Err("brackets hold only characters of ASCII; put others into braces: `{\u{e4},\u{f6}}`");
        }
        rest = behind;
        match inside {
            None if slash == Slash::Separates && holds_slash(body) => {
                return Err("its brackets hold `/`, which separates folders");
            }
            None => out.push_str(body),
            Some(_) => {
                out.push('!');
                out.push_str(&if slash == Slash::Separates { and_slash(body)? } else { body.to_owned() });
            }
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// What stands before one of the marks, the mark, and what follows.
fn split<'t>(text: &'t str, marks: &[char]) -> Option<(&'t str, char, &'t str)> {
    let (before, behind) = text.split_at(text.find(marks)?);
    let mut behind = behind.chars();
    Some((before, behind.next()?, behind.as_str()))
}

/// Whether what stands in brackets, characters and ranges of them, is `/`, too.
fn holds_slash(body: &str) -> bool {
    let mut rest = body.chars();
    while let Some(first) = rest.next() {
        let mut ahead = rest.clone();
        let last = (ahead.next() == Some('-')).then(|| ahead.next()).flatten();
        if let Some(last) = last {
            rest = ahead;
            if (first..=last).contains(&'/') {
                return true;
            }
        } else if first == '/' {
            return true;
        }
    }
    false
}

/// The same in brackets, and `/`. A `]` stays the first, and a `-` that is no range becomes the last.
fn and_slash(body: &str) -> Result<String, &'static str> {
    match body.strip_prefix([']', '-']) {
        None => Ok(format!("/{body}")),
        Some(rest) if rest.starts_with('-') => Err("a range in its brackets begins with `]` or `-`"),
        Some(rest) if body.starts_with(']') => Ok(format!("]/{rest}")),
        Some(rest) if rest.ends_with('-') => Ok(format!("/{rest}")),
        Some(rest) => Ok(format!("/{rest}-")),
    }
}

/// Text without white space at its ends, which nothing that is matched has.
fn text<'n>(node: &'n Node, what: &str, problems: &mut Problems) -> Option<&'n str> {
    expect::text(node, what, problems)?;
    let text = node.text()?;
    if text.trim() != &**text {
        let problem = Problem::new(&node.place, format!("{} begins or ends with white space", quoted(text)));
        problems.add(problem.label("would match nothing").help(format!("write {}", quoted(text.trim()))));
        return None;
    }
    Some(text)
}

fn refuse_negation(node: &Node, text: &str, problems: &mut Problems) -> Option<()> {
    let Some(rest) = text.strip_prefix('!') else { return Some(()) };
    let problem = Problem::new(&node.place, format!("{} begins with `!`, which does not negate here", quoted(text)));
    problems.add(problem.label("would match nothing").help(format!("in a condition write `not: {{...: \"{rest}\"}}`")));
    None
}

/// A package URL, or a glob of names.
pub(super) fn package(node: &Node, problems: &mut Problems) -> Option<PackagePattern> {
    let text = text(node, "a package", problems)?;
    if !text.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("pkg:")) {
        refuse_negation(node, text, problems)?;
        let glob = compile(node, text, Case::Kept, Slash::Plain, problems)?;
        return Some(PackagePattern::Name(glob.compile_matcher()));
    }
    let mut refuse = |reason: &str, label: &str, help: String| {
        let message = format!("{} cannot be matched: {reason}", quoted(text));
        problems.add(Problem::new(&node.place, message).label(label).help(help));
        None
    };
    let bare = text.split(['?', '#']).next().unwrap_or(text);
    if !text.starts_with("pkg:") {
        return refuse(
            "`pkg:` is written in lower case",
            "not a package URL",
            format!("write pkg:{}", text.get(4..).unwrap_or_default()),
        );
    }
    if bare.contains(['*', '[', ']', '{', '}']) {
        let help = "without a version it means every version; a glob of names is written without `pkg:`: \"@acme/*\"";
        return refuse("a package URL holds no glob", "a glob in a package URL", help.to_owned());
    }
    if bare.len() < text.len() {
        return refuse("qualifiers and subpaths are not compared", "too exact", format!("write {bare}"));
    }
    let url: PackageUrl<'_> = match text.parse() {
        Ok(url) => url,
        Err(error) => {
            return refuse(
                &error.to_string(),
                "not a package URL",
                "write for example pkg:npm/lodash@4.17.20".to_owned(),
            );
        }
    };
    let version = url.version().map(str::to_owned);
    if version.as_deref() == Some("") {
        return refuse("nothing follows the `@`", "no version", format!("write {}", text.trim_end_matches('@')));
    }
    let base = PackageUrl::new(url.ty().to_owned(), url.name().to_owned()).and_then(|mut base| {
        if let Some(namespace) = url.namespace() {
            base.with_namespace(namespace.to_owned())?;
        }
        Ok(base.to_string())
    });
    match base {
        Ok(base) => Some(PackagePattern::Purl { base, version }),
        Err(error) => {
            refuse(&error.to_string(), "not a package URL", "write for example pkg:npm/lodash@4.17.20".to_owned())
        }
    }
}

#[cfg(test)]
#[path = "pattern_tests.rs"]
mod tests;
