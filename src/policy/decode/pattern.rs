//! Globs and packages.
//!
//! A star stays within a folder in paths and branches, and matches anything elsewhere: the names of packages, checks and
//! licenses hold slashes that separate nothing.

use packageurl::PackageUrl;

use super::super::PackagePattern;
use super::super::document::{Node, Value};
use super::super::expect;
use super::super::glob::{Case, Pattern, Patterns, Slash};
use super::super::problem::{Problem, Problems, quoted};

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
        if holds_stuck_stars(text) {
            let problem =
                Problem::new(&node.place, format!("the branch {} holds `**` beside other text", quoted(text)));
            problems.add(
                problem
                    .label("would not cross a `/`")
                    .help("`**` crosses slashes only between slashes: \"release/**\""),
            );
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

/// Whether `**` stands beside other text, where it is but `*`.
fn holds_stuck_stars(text: &str) -> bool {
    text.split('/').any(|part| part.contains("**") && part != "**")
}

fn path_glob(node: &Node, text: &str, problems: &mut Problems) -> Option<Pattern> {
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
    } else if holds_stuck_stars(path) {
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
    read: impl Fn(&Node, &mut Problems) -> Option<Pattern>,
) -> Option<Patterns> {
    let items = expect::one_or_many(node, what, problems)?;
    let patterns: Vec<Option<Pattern>> = items.iter().map(|item| read(item, problems)).collect();
    ready(node, patterns.into_iter().collect::<Option<_>>()?, problems)
}

fn ready(node: &Node, patterns: Vec<Pattern>, problems: &mut Problems) -> Option<Patterns> {
    Patterns::new(patterns)
        .map_err(|reason| {
            let problem = Problem::new(&node.place, format!("these globs cannot be used: {reason}"));
            problems.add(problem.label("too much for a glob").help("write fewer or simpler globs"));
        })
        .ok()
}

fn compile(node: &Node, text: &str, case: Case, slash: Slash, problems: &mut Problems) -> Option<Pattern> {
    // Longer ones are compiled into programs of megabytes.
    const LONGEST: usize = 1000;
    let pattern = if text.len() > LONGEST {
        Err(format!("it is longer than {LONGEST} bytes"))
    } else {
        Pattern::new(text, case, slash)
    };
    pattern
        .map_err(|reason| {
            let problem = Problem::new(&node.place, format!("{} is not a glob: {reason}", quoted(text)));
            problems.add(
                problem
                    .label("not a glob")
                    .help("`*`, `?`, `[ab]` and `{a,b}` have a meaning; put a literal one into brackets: `[*]`"),
            );
        })
        .ok()
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
        let pattern = compile(node, text, Case::Kept, Slash::Plain, problems)?;
        return ready(node, vec![pattern], problems).map(PackagePattern::Name);
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
