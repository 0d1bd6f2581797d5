//! `sources.sarif` in the policy, and `--sarif` on the command line.

use std::path::PathBuf;

use crate::finding::{Kind, Text};
use crate::policy::expect::{self, Fields};
use crate::policy::language::KIND;
use crate::policy::shape::{Form, Key, Presence, Shape, SourceLanguage, Table, Words};
use crate::policy::{Node, Place, Problem, Problems, Value, file_glob};

/// What to read.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The source's name in coverage and findings: `sarif`.
    pub name: Text,
    /// What to read, in the order given.
    pub files: Vec<Selection>,
    /// The files that this run is going to write, links followed. What an earlier run left in them is no scan.
    pub written: Vec<PathBuf>,
}

/// One entry of `files`, or one `--sarif`.
#[derive(Clone, Debug)]
pub struct Selection {
    /// `path`: a glob of files, relative to the working directory; `/` separates on every system.
    pub path: String,
    /// `kind`: what every finding in these files is, where the inference would be wrong.
    pub kind: Option<Kind>,
    /// `root`: the folder that the scanner saw the repository in, where that is not the working directory; absolute.
    pub root: Option<String>,
    /// `severity`: which of the places where a tool may tell the severity counts.
    pub severity: SeverityFrom,
    /// `suppressions`: whose suppressions are honored.
    pub suppressions: Suppressions,
    /// `empty`: what a file without runs means.
    pub empty: Empty,
}

/// `severity:` of a selection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SeverityFrom {
    /// `auto`: the first place that tells, in the documented order.
    #[default]
    Auto,
    /// `tool`: only the tool's own word.
    Tool,
    /// `score`: only `security-severity`.
    Score,
    /// `level`: only the SARIF level.
    Level,
}

/// `suppressions:` of a selection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Suppressions {
    /// `honor`: every accepted suppression excuses.
    #[default]
    Honor,
    /// `external`: only those that stand outside the code; one in the code is in the hands of the change.
    External,
    /// `ignore`: none excuses.
    Ignore,
}

/// `empty:` of a selection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Empty {
    /// `fail`: a file without any run shows nothing, so the source is not complete.
    #[default]
    Fail,
    /// `allow`: this producer writes such a file when it has nothing to say.
    Allow,
}

/// The name of this source in the policy.
pub const NAME: &str = "sarif";

/// What this source adds to the policy language.
pub const LANGUAGE: SourceLanguage = SourceLanguage {
    name: NAME,
    table: &TABLE,
    check: |section, owner, problems| {
        let _ = decode(section, owner, problems);
    },
};

/// The keys of `sources.sarif`.
static TABLE: Table = Table {
    name: "sarif",
    what: "the source `sarif`",
    doc: "SARIF 2.1.0 files. A glob that matches no file is a source that was not read.",
    keys: &[
        Key {
            name: "files",
            doc: "The files, as globs relative to the working directory; a map says more about its files.",
            shape: FILES,
            presence: Presence::Required,
            example: "[\"reports/**/*.sarif\"]",
        },
        ROOT,
        SEVERITY,
        SUPPRESSIONS,
        EMPTY,
    ],
    at_least_one: None,
    synonyms: &[("file", "files"), ("path", "files"), ("paths", "files"), ("suppression", "suppressions")],
};

/// What may stand behind `files`.
pub const FILES: Shape = Shape::OneOrMany(&Shape::Either(&[Shape::Form(&FILE_GLOB), Shape::Map(&FILE)]));

static FILE: Table = Table {
    name: "sarif-file",
    what: "an entry of `files`",
    doc: "Files of one producer, and what is to be known about them.",
    keys: &[
        Key {
            name: "path",
            doc: "The files, as a glob relative to the working directory.",
            shape: Shape::Form(&FILE_GLOB),
            presence: Presence::Required,
            example: "\"reports/*.sarif\"",
        },
        Key {
            name: "kind",
            doc: "What every finding in these files is, where the tool does not tell it.",
            shape: Shape::Word(&KIND),
            presence: Presence::Optional(""),
            example: "iac",
        },
        ROOT,
        SEVERITY,
        SUPPRESSIONS,
        EMPTY,
    ],
    at_least_one: None,
    synonyms: &[("file", "path"), ("files", "path"), ("glob", "path"), ("type", "kind")],
};

static FILE_GLOB: Form =
    Form { what: "a glob of files (`*` stays within a folder, `**` crosses folders)", pattern: "^[^!\\\\][^\\\\]*$" };

static FOLDER: Form = Form { what: "an absolute folder, like `/src/app`", pattern: "^(/|[A-Za-z]:).*$" };

const ROOT: Key = Key {
    name: "root",
    doc: "The folder that the scanner saw the repository in, as in a container: absolute paths below it are made relative.",
    shape: Shape::Form(&FOLDER),
    presence: Presence::Optional(""),
    example: "/src/app",
};
const SEVERITY: Key = Key {
    name: "severity",
    doc: "Which of the places where a tool may tell the severity counts: the first that tells, only the tool's own word, only \
          `security-severity`, or only the SARIF level.",
    shape: Shape::Word(&SEVERITY_FROM),
    presence: Presence::Optional("auto"),
    example: "score",
};
const SUPPRESSIONS: Key = Key {
    name: "suppressions",
    doc: "Whose suppressions excuse a finding: all that were accepted, only those outside the code, or none.",
    shape: Shape::Word(&SUPPRESSIONS_WORDS),
    presence: Presence::Optional("honor"),
    example: "external",
};
const EMPTY: Key = Key {
    name: "empty",
    doc: "Whether a file without any run shows nothing (`fail`) or that there is nothing (`allow`).",
    shape: Shape::Word(&EMPTY_WORDS),
    presence: Presence::Optional("fail"),
    example: "allow",
};

static SEVERITY_FROM: Words = Words {
    what: "place of severities",
    words: &["auto", "tool", "score", "level"],
    synonyms: &[("security-severity", "score"), ("cvss", "score"), ("default", "auto")],
};
static SUPPRESSIONS_WORDS: Words = Words {
    what: "meaning of suppressions",
    words: &["honor", "external", "ignore"],
    synonyms: &[("honour", "honor"), ("true", "honor"), ("false", "ignore"), ("all", "honor"), ("none", "ignore")],
};
static EMPTY_WORDS: Words = Words {
    what: "meaning of an empty file",
    words: &["fail", "allow"],
    synonyms: &[("deny", "fail"), ("error", "fail"), ("ok", "allow"), ("pass", "allow")],
};

/// What a selection says where it says nothing itself.
#[derive(Clone, Default)]
struct Defaults {
    root: Option<String>,
    severity: SeverityFrom,
    suppressions: Suppressions,
    empty: Empty,
}

/// Reads the section `sources.sarif`; `owner` is where its key stands. `None` if it has a problem.
#[must_use]
pub fn decode(section: &Node, owner: &Place, problems: &mut Problems) -> Option<Settings> {
    let before = problems.len();
    let fields = Fields::open(section, owner, &TABLE, problems)?;
    let defaults = defaults(&fields, Defaults::default(), problems);
    let files = fields.get("files").and_then(|node| expect::one_or_many(node, "`files`", problems));
    fields.end();
    let files = files?.iter().map(|node| selection(node, defaults.clone(), problems)).collect::<Vec<_>>();
    let files = files.into_iter().collect::<Option<Vec<_>>>()?;
    (problems.len() == before).then(|| Settings { name: NAME.into(), files, written: Vec::new() })
}

fn defaults(fields: &Fields<'_>, inherited: Defaults, problems: &mut Problems) -> Defaults {
    let root = fields.get("root").and_then(|node| folder(node, problems)).or(inherited.root);
    let mut word = |name, words| fields.get(name).and_then(|node| expect::word(node, words, problems));
    Defaults {
        root,
        severity: match word("severity", &SEVERITY_FROM) {
            Some("auto") => SeverityFrom::Auto,
            Some("tool") => SeverityFrom::Tool,
            Some("score") => SeverityFrom::Score,
            Some("level") => SeverityFrom::Level,
            _ => inherited.severity,
        },
        suppressions: match word("suppressions", &SUPPRESSIONS_WORDS) {
            Some("honor") => Suppressions::Honor,
            Some("external") => Suppressions::External,
            Some("ignore") => Suppressions::Ignore,
            _ => inherited.suppressions,
        },
        empty: match word("empty", &EMPTY_WORDS) {
            Some("fail") => Empty::Fail,
            Some("allow") => Empty::Allow,
            _ => inherited.empty,
        },
    }
}

/// Reads one entry of `files` that stands by itself. `None` if it has a problem.
#[must_use]
pub fn entry(node: &Node, problems: &mut Problems) -> Option<Selection> {
    selection(node, Defaults::default(), problems)
}

fn selection(node: &Node, inherited: Defaults, problems: &mut Problems) -> Option<Selection> {
    let (path, kind, defaults) = if let Value::Map(_) = node.value {
        let fields = Fields::open(node, &node.place, &FILE, problems)?;
        let path = fields.get("path").and_then(|node| file_glob(node, problems));
        let kind = fields.get("kind").and_then(|node| expect::word(node, &KIND, problems)).and_then(Kind::from_name);
        let defaults = defaults(&fields, inherited, problems);
        fields.end();
        (path?, kind, defaults)
    } else {
        (file_glob(node, problems)?, None, inherited)
    };
    let Defaults { root, severity, suppressions, empty } = defaults;
    Some(Selection { path, kind, root, severity, suppressions, empty })
}

/// A folder of another machine, so nothing but its form can be checked. The root of everything would make every absolute
/// path one of the repository.
fn folder(node: &Node, problems: &mut Problems) -> Option<String> {
    let text = expect::text(node, "an absolute folder", problems)?;
    let drive = text.get(1..2) == Some(":") && text.starts_with(|c: char| c.is_ascii_alphabetic());
    let named = text.trim_end_matches(['/', '\\']).len() > if drive { 2 } else { 0 };
    if (drive || text.starts_with('/')) && named && !text.split(['/', '\\']).any(|part| part == "..") {
        return Some(text.to_string());
    }
    let problem = Problem::new(&node.place, format!("expected an absolute folder, found {}", expect::found(node)));
    let help = "write the folder that the scanner saw the repository in: `/src/app`";
    problems.add(problem.label("not an absolute folder").help(help));
    None
}

impl Selection {
    /// One that says nothing but a path.
    #[must_use]
    pub fn plain(path: String) -> Selection {
        Selection {
            path,
            kind: None,
            root: None,
            severity: SeverityFrom::default(),
            suppressions: Suppressions::default(),
            empty: Empty::default(),
        }
    }

    /// One `--sarif`.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the glob and what to write.
    pub fn from_argument(glob: &str) -> Result<Selection, String> {
        let place = Place { file: "--sarif".into(), line: 1, column: 1, bytes: 0..glob.len() };
        let node = Node { place, value: Value::Scalar { text: glob.into(), plain: false } };
        let mut problems = Problems::default();
        selection(&node, Defaults::default(), &mut problems).ok_or_else(|| {
            let sentences = problems.sorted().into_iter().map(|Problem { message, help, .. }| match help {
                Some(help) => format!("{message}; {help}"),
                None => message,
            });
            sentences.collect::<Vec<_>>().join("; ")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::test_section;

    fn read(section: &str) -> Result<Settings, Vec<String>> {
        test_section::read(section, decode)
    }

    #[test]
    fn an_entry_of_files_has_the_defaults_of_its_section_where_it_says_nothing() {
        let settings = read(
            "suppressions: external\nempty: allow\nfiles:\n- ./reports/**/*.sarif\n- {path: /tmp/x.sarif, kind: iac, suppressions: ignore, severity: level}\n",
        )
        .expect("good");
        assert_eq!(settings.files.len(), 2);
        let first = &settings.files[0];
        assert_eq!(first.path, "reports/**/*.sarif");
        assert_eq!((first.kind, first.severity), (None, SeverityFrom::Auto));
        assert_eq!((first.suppressions, first.empty), (Suppressions::External, Empty::Allow));
        let second = &settings.files[1];
        assert_eq!((second.kind, second.severity), (Some(Kind::Iac), SeverityFrom::Level));
        assert_eq!((second.suppressions, second.empty), (Suppressions::Ignore, Empty::Allow));
        assert_eq!(read("files: a.sarif").expect("good").files.len(), 1);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_place() {
        for (section, want) in [
            ("severity: tool", vec!["1:1 `files` is missing in the source `sarif`"]),
            ("files: []", vec!["1:8 expected at least one item for `files`"]),
            ("files:", vec!["1:6 expected a glob of files, found nothing"]),
            ("files: [a.sarif, '']", vec!["1:18 expected a glob of files, found empty text"]),
            ("files: ../a.sarif", vec!["1:8 the path `../a.sarif` holds `..`"]),
            ("files: 'a\\b.sarif'", vec!["1:8 the path `a\\b.sarif` holds a backslash"]),
            ("files: 'a[.sarif'", vec!["1:8 `a[.sarif` is not a glob"]),
            ("files: reports/", vec!["1:8 `reports/` names a folder"]),
            ("files: '**.sarif'", vec!["1:8 the path `**.sarif` holds `**` beside other text"]),
            ("files: [{kind: iac}]", vec!["1:9 `path` is missing"]),
            ("files: [{path: a, kind: terraform}]", vec!["1:25 unknown kind `terraform` | did you mean `iac`?"]),
            (
                "files: a\nsupressions: ignore\nempty: yes",
                vec![
                    "2:1 unknown key `supressions` in the source `sarif` | did you mean `suppressions`?",
                    "3:8 unknown meaning of an empty file `yes`",
                ],
            ),
        ] {
            let problems = read(section).expect_err(section);
            assert_eq!(problems.len(), want.len(), "{section}: {problems:#?}");
            for (problem, want) in problems.iter().zip(want) {
                assert!(problem.starts_with(want), "{section}: {problem}");
            }
        }
    }

    #[test]
    fn an_argument_is_a_glob_with_every_default() {
        let selection = Selection::from_argument("./out/*.sarif").expect("good");
        assert_eq!(selection.path, "out/*.sarif");
        assert_eq!(selection.suppressions, Suppressions::Honor);
        let error = Selection::from_argument("../out.sarif").expect_err("refused");
        assert!(error.contains("holds `..`; "), "{error}");
        assert!(Selection::from_argument("").is_err());
    }
}
