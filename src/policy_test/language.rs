//! The keys of a file of cases.

use crate::policy::language::EVENT;
use crate::policy::shape::{AtLeastOne, Emptiness, Form, Key, Presence, Shape, Table, Words};
use crate::source::sarif;

const fn key(name: &'static str, shape: Shape, presence: Presence, example: &'static str, doc: &'static str) -> Key {
    Key { name, doc, shape, presence, example }
}

const OPTIONAL: Presence = Presence::Optional("");

static DAY: Form = Form {
    what: "a day (2026-11-21) or a time (2026-11-21T10:00:00Z)",
    pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z)?$",
};

static VERDICT_WORDS: Words = Words {
    what: "verdict",
    words: &["pass", "fail", "undecided"],
    synonyms: &[("passed", "pass"), ("ok", "pass"), ("failed", "fail"), ("violated", "fail"), ("unknown", "undecided")],
};
/// The verdicts.
pub static VERDICT: &Words = &VERDICT_WORDS;

const NAMES: Shape = Shape::List(&Shape::Text, Emptiness::Allowed);

/// The whole file.
pub static TESTS: Table = Table {
    name: "tests",
    what: "a file of cases",
    doc: "Cases that a policy must decide as they say; `findgate policy test` runs them.",
    keys: &[
        key("version", Shape::One, Presence::Required, "1", "The version of this language; always 1."),
        key(
            "policy",
            Shape::Text,
            OPTIONAL,
            ".findgate.yml",
            "The policy, relative to the folder of this file, or `preset:NAME`; without it, the one that the command uses.",
        ),
        key("as_of", Shape::Form(&DAY), OPTIONAL, "2026-11-21", "The day that is judged, for cases that name none."),
        key(
            "cases",
            Shape::List(&Shape::Map(&CASE), Emptiness::Refused),
            Presence::Required,
            "[{name: a leaked key blocks, sarif: leak.sarif, as_of: 2026-11-21, expect: {verdict: fail}}]",
            "The cases.",
        ),
    ],
    at_least_one: None,
    synonyms: &[("tests", "cases"), ("case", "cases"), ("date", "as_of"), ("as-of", "as_of")],
};

/// One case.
pub static CASE: Table = Table {
    name: "case",
    what: "a case",
    doc: "Evidence, and what the policy must make of it. Paths are relative to the folder of the file.",
    keys: &[
        key("name", Shape::Text, Presence::Required, "a leaked key blocks", "What it shows, as a sentence."),
        key(
            "sarif",
            sarif::FILES,
            OPTIONAL,
            "leak.sarif",
            "SARIF files, as in `sources.sarif.files`; together they are one source, and no source of the policy is read.",
        ),
        key("snapshot", Shape::Text, OPTIONAL, "week-47.json", "A snapshot; whatever it holds is judged."),
        key(
            "as_of",
            Shape::Form(&DAY),
            OPTIONAL,
            "2026-11-21",
            "The day that is judged; here, or once for the whole file.",
        ),
        key("repository", Shape::Text, OPTIONAL, "github.com/acme/payments", "The repository that is judged."),
        key("branch", Shape::Text, OPTIONAL, "main", "The branch that is judged; overrides go by it."),
        key(
            "commit",
            Shape::Text,
            OPTIONAL,
            "0123456789abcdef0123456789abcdef01234567",
            "The commit that is judged; `commit: head` of `evidence` goes by it.",
        ),
        key("event", Shape::Word(&EVENT), OPTIONAL, "pull_request", "What started the run; overrides go by it."),
        key(
            "baseline",
            Shape::Text,
            OPTIONAL,
            "known.json",
            "A baseline, in any of the forms that `--baseline` takes.",
        ),
        key("environment", Shape::Text, OPTIONAL, "production", "The environment; overrides go by it."),
        key("expect", Shape::Map(&EXPECT), Presence::Required, "{verdict: fail}", "What the policy must make of it."),
    ],
    at_least_one: Some(AtLeastOne {
        keys: &["sarif", "snapshot"],
        message: "the case shows the policy nothing",
        help: "name `sarif` files or a `snapshot`",
    }),
    synonyms: &[
        ("title", "name"),
        ("expected", "expect"),
        ("file", "sarif"),
        ("files", "sarif"),
        ("date", "as_of"),
        ("as-of", "as_of"),
        ("env", "environment"),
        ("repo", "repository"),
    ],
};

/// `expect`.
pub static EXPECT: Table = Table {
    name: "expect",
    what: "`expect`",
    doc: "What the policy must make of it; what is not given may be anything.",
    keys: &[
        key("verdict", Shape::Word(VERDICT), OPTIONAL, "fail", "The verdict."),
        key(
            "violated",
            NAMES,
            OPTIONAL,
            "[thresholds.secret.any]",
            "Exactly the rules that are violated, those that only warn among them.",
        ),
        key("waived", NAMES, OPTIONAL, "[lodash-2026]", "Exactly the waivers that answer for a finding, by id."),
        key(
            "not_read",
            NAMES,
            OPTIONAL,
            "[sarif]",
            "Exactly the sources that are not complete; without it every source must be, unless the verdict is undecided.",
        ),
    ],
    at_least_one: Some(AtLeastOne {
        keys: &["verdict", "violated", "waived", "not_read"],
        message: "`expect` expects nothing",
        help: "write for example `expect: {verdict: fail}`",
    }),
    synonyms: &[
        ("status", "verdict"),
        ("result", "verdict"),
        ("rules", "violated"),
        ("violations", "violated"),
        ("waivers", "waived"),
        ("undecided_because", "not_read"),
        ("unread", "not_read"),
    ],
};
