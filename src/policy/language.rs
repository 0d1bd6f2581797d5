//! The policy language as one table: its keys, what may stand behind each, and a line of documentation.
//!
//! It knows no source: each source brings the table of its own section.

mod condition;
mod origin;
mod overriding;
mod waiver;

pub use condition::{CONDITION, FIX, SCOPE, UNKNOWN};
pub use origin::{BASELINE, ENRICH, FEED, REMOTE};
use origin::{PARENT, PARENTS};
pub use overriding::{EVENT, OVERRIDE};
use waiver::WAIVER_LIST;
pub use waiver::{MATCH, MAX_LIFE, REQUIRED, UNUSED, WAIVER, WAIVER_FILE, WAIVERS};

use super::shape::{AtLeastOne, Emptiness, Form, Key, Presence, Shape, Synonyms, Table, Words};

const fn required(name: &'static str, shape: Shape, example: &'static str, doc: &'static str) -> Key {
    Key { name, doc, shape, presence: Presence::Required, example }
}

const fn optional(
    name: &'static str,
    shape: Shape,
    default: &'static str,
    example: &'static str,
    doc: &'static str,
) -> Key {
    Key { name, doc, shape, presence: Presence::Optional(default), example }
}

/// The five severities, worst first.
pub static SEVERITY: Words =
    Words { what: "severity", words: &["critical", "high", "medium", "low", "info"], synonyms: SEVERITY_SYNONYMS };

const SEVERITY_SYNONYMS: Synonyms = &[
    ("blocker", "critical"),
    ("urgent", "critical"),
    ("crit", "critical"),
    ("error", "high"),
    ("important", "high"),
    ("major", "high"),
    ("severe", "high"),
    ("moderate", "medium"),
    ("warning", "medium"),
    ("warn", "medium"),
    ("med", "medium"),
    ("minor", "low"),
    ("note", "low"),
    ("informational", "info"),
    ("information", "info"),
    ("negligible", "info"),
];

/// The kinds of finding.
pub static KIND: Words = Words {
    what: "kind",
    words: &["sca", "sast", "secret", "iac", "container", "license", "cicd", "dast", "other"],
    synonyms: KIND_SYNONYMS,
};

const KIND_SYNONYMS: Synonyms = &[
    ("dependency", "sca"),
    ("dependencies", "sca"),
    ("oss", "sca"),
    ("code", "sast"),
    ("secrets", "secret"),
    ("credential", "secret"),
    ("credentials", "secret"),
    ("terraform", "iac"),
    ("infrastructure", "iac"),
    ("misconfiguration", "iac"),
    ("containers", "container"),
    ("image", "container"),
    ("images", "container"),
    ("docker", "container"),
    ("licence", "license"),
    ("licences", "license"),
    ("licenses", "license"),
    ("ci", "cicd"),
    ("ci/cd", "cicd"),
    ("ci-cd", "cicd"),
    ("pipeline", "cicd"),
    ("others", "other"),
];

static NAME: Form = Form {
    what: "a name (letters, digits, `_` and `-`, beginning with a letter or digit)",
    pattern: "^[A-Za-z0-9][A-Za-z0-9_-]*$",
};
static NUMBER_COMPARISON: Form =
    Form { what: "a comparison with a number, like \">=7\"", pattern: "^(>=|>|<=|<) ?[0-9]+(\\.[0-9]+)?$" };
static AGE_COMPARISON: Form = Form {
    what: "a comparison with a time, like \">30d\" (h, d, w, mo = 30d, y = 365d)",
    pattern: "^(>=|>|<=|<) ?[0-9]+(h|d|w|mo|y)$",
};
static SEVERITY_COMPARISON: Form = Form {
    what: "a comparison with a severity, like \">=high\"",
    pattern: "^(>=|>|<=|<) ?(critical|high|medium|low|info)$",
};
static PATH_GLOB: Form = Form {
    what: "a glob of paths in the repository (`*` stays within a folder, `**` crosses folders)",
    pattern: "^[^/!\\\\][^\\\\]*$",
};
static PACKAGE: Form = Form {
    what: "a package URL (`pkg:npm/lodash`, with or without a version) or a glob of package names",
    pattern: "^[^ ].*$",
};
static GLOB: Form = Form { what: "a glob (`*` matches anything)", pattern: "^[^!].*$" };
static BRANCH_GLOB: Form = Form {
    what: "a glob of branches (`*` stays within a part between slashes, `**` crosses them)",
    pattern: "^[^/!].*$",
};
static CWE: Form = Form { what: "a CWE, like `CWE-79`", pattern: "^([Cc][Ww][Ee]-)?[1-9][0-9]{0,5}$" };
static FINGERPRINT: Form =
    Form { what: "a fingerprint, as findgate prints it", pattern: "^v1:[0-9a-f]{32}(\\.([2-9]|[1-9][0-9]+))?$" };
/// A duration.
pub static DURATION: Form = Form {
    what: "a duration, like 10m or 7d (s, m, h, d, w, mo = 30d, y = 365d)",
    pattern: "^[0-9]+(s|m|h|d|w|mo|y)$",
};
static DATE: Form = Form { what: "a date, YYYY-MM-DD", pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" };

/// The whole policy.
pub static POLICY: Table = Table {
    name: "policy",
    what: "the policy",
    doc: "What a project may carry. It must limit something, or extend a policy that does.",
    keys: &[
        required("version", Shape::One, "1", "The version of this language; always 1."),
        optional("name", Shape::Text, "", "payments", "A name for reports."),
        optional(
            "extends",
            PARENTS,
            "",
            "[preset:recommended, ./org-policy.yml]",
            "Policies that this one is built on, the later going before the earlier and this file before all.",
        ),
        optional(
            "sources",
            Shape::Sources,
            "",
            "{sarif: {files: \"reports/**/*.sarif\"}}",
            "Where findings are read from, one section per source.",
        ),
        optional("evidence", Shape::Map(&EVIDENCE), "", "{required: true}", "What every source must show."),
        optional(
            "thresholds",
            Shape::Map(&THRESHOLDS),
            "",
            "{all: critical, sca: {critical: 0, high: 0, medium: 20}, secret: any}",
            "How many findings are allowed, by kind and severity.",
        ),
        optional(
            "new_thresholds",
            Shape::Map(&NEW_THRESHOLDS),
            "",
            "{all: medium}",
            "The same for findings that the baseline does not know; not told counts as new.",
        ),
        optional(
            "rules",
            Shape::Named(&NAME, &Shape::Map(&RULE)),
            "",
            "{known-exploited: {when: {kev: true}}}",
            "What a threshold cannot say; each rule has a name of your choice.",
        ),
        optional(
            "unknown_severity",
            Shape::Word(&SEVERITY),
            "critical",
            "high",
            "What a finding counts as when no source told its severity.",
        ),
        optional(
            "waivers",
            Shape::Either(&[WAIVER_LIST, Shape::Map(&WAIVERS)]),
            "",
            "[{id: lodash-2026, match: {id: CVE-2021-23337}, reason: not reachable, expires: 2027-01-31}]",
            "Findings that somebody answers for, until a day.",
        ),
        optional(
            "overrides",
            Shape::List(&Shape::Map(&OVERRIDE), Emptiness::Refused),
            "",
            "[{branch: \"release/*\", thresholds: {all: medium}}]",
            "What differs on some branches, environments or events; the first entry that matches holds.",
        ),
        optional(
            "baseline",
            Shape::Map(&BASELINE),
            "",
            "{file: .findgate/baseline.json}",
            "What was known before the change; every other finding is new.",
        ),
        optional(
            "enrich",
            Shape::Map(&ENRICH),
            "",
            "{kev: kev.json, epss: epss.csv.gz}",
            "Public feeds of what is exploited and what is likely to be.",
        ),
        optional(
            "shadow",
            Shape::Form(&PARENT),
            "",
            "./next-policy.yml",
            "A policy that is judged beside this one; what it would change is told, and decides nothing.",
        ),
    ],
    at_least_one: Some(AtLeastOne {
        keys: &["thresholds", "new_thresholds", "rules", "extends"],
        message: "the policy limits nothing",
        help: "add thresholds, for example `thresholds: {all: critical, secret: any}`, or rules",
    }),
    synonyms: &[
        ("extend", "extends"),
        ("inherits", "extends"),
        ("include", "extends"),
        ("base", "extends"),
        ("new", "new_thresholds"),
        ("feeds", "enrich"),
        ("threshold", "thresholds"),
        ("rule", "rules"),
        ("policies", "rules"),
        ("waiver", "waivers"),
        ("exceptions", "waivers"),
        ("ignore", "waivers"),
        ("override", "overrides"),
        ("source", "sources"),
    ],
};

/// `commit` of `evidence`.
pub static COMMIT: Words = Words {
    what: "rule for commits",
    words: &["any", "branch", "head"],
    synonyms: &[("sha", "head"), ("commit", "head"), ("exact", "head"), ("none", "any")],
};

const fn evidence(defaults: [&'static str; 4]) -> [Key; 4] {
    [
        optional(
            "required",
            Shape::Switch,
            defaults[0],
            "true",
            "Whether a source that is not complete makes the run undecided (`true`) or is a warning (`false`).",
        ),
        optional(
            "max_age",
            Shape::Form(&DURATION),
            defaults[1],
            "7d",
            "How old the newest finished scan of each engine may be; without it, any age will do.",
        ),
        optional(
            "commit",
            Shape::Word(&COMMIT),
            defaults[2],
            "branch",
            "What a scan must belong to: `any`, the `branch` that is judged, or its `head` commit.",
        ),
        optional(
            "wait",
            Shape::Form(&DURATION),
            defaults[3],
            "10m",
            "How long a scan that is still running is waited for.",
        ),
    ]
}

static EVIDENCE_KEYS: [Key; 5] = {
    let [required, max_age, commit, wait] = evidence(["true", "", "any", "0s"]);
    [required, max_age, commit, wait, LOCKED]
};

/// `locked`, wherever it may stand.
const LOCKED: Key = optional(
    "locked",
    Shape::Switch,
    "false",
    "true",
    "Whether a policy that extends this one can only make it stricter.",
);

/// `evidence`.
pub static EVIDENCE: Table = Table {
    name: "evidence",
    what: "`evidence`",
    doc: "What a source must show before a pass is believed; the same keys inside a source override these.",
    keys: &EVIDENCE_KEYS,
    at_least_one: Some(AtLeastOne {
        keys: &["required", "max_age", "commit", "wait"],
        message: "`evidence` says nothing",
        help: "write for example `evidence: {max_age: 7d}`, or leave it out",
    }),
    synonyms: EVIDENCE_SYNONYMS,
};

const EVIDENCE_SYNONYMS: Synonyms = &[("age", "max_age"), ("max-age", "max_age"), ("timeout", "wait")];

static SOURCE_KEYS: [Key; 4] = evidence(["evidence.required", "evidence.max_age", "evidence.commit", "evidence.wait"]);

/// The keys that every source has beside its own.
pub static SOURCE_COMMON: Table = Table {
    name: "source",
    what: "a source",
    doc: "The keys that every source has.",
    keys: &SOURCE_KEYS,
    at_least_one: None,
    synonyms: EVIDENCE_SYNONYMS,
};

/// What stands behind a key of `thresholds`.
const THRESHOLD: Shape = Shape::Either(&[Shape::Word(&THRESHOLD_WORD), Shape::Map(&ALLOWED)]);

/// The words that may stand behind a key of `thresholds`.
pub static THRESHOLD_WORD: Words = Words {
    what: "severity",
    words: &["any", "critical", "high", "medium", "low", "info"],
    synonyms: SEVERITY_SYNONYMS,
};

const fn threshold(name: &'static str, example: &'static str, doc: &'static str) -> Key {
    optional(name, THRESHOLD, "", example, doc)
}

/// `thresholds`.
pub static THRESHOLDS: Table = Table {
    name: "thresholds",
    what: "`thresholds`",
    doc: "For each kind of finding, or for all together: a severity (none at that severity or worse), `any` (none at all), \
          or a map from severities to the number allowed. A kind without an entry is limited by `all` only.",
    keys: &THRESHOLD_KEYS,
    at_least_one: Some(AtLeastOne {
        keys: THRESHOLD_NAMES,
        message: "`thresholds` limits nothing",
        help: "write for example `thresholds: {all: critical, secret: any}`, or leave it out",
    }),
    synonyms: KIND_SYNONYMS,
};

/// `new_thresholds`.
pub static NEW_THRESHOLDS: Table = Table {
    name: "new_thresholds",
    what: "`new_thresholds`",
    doc: "As `thresholds`, and only findings that are new count. Where neither the baseline nor the source tells whether one \
          is, it is new.",
    keys: &THRESHOLD_KEYS,
    at_least_one: Some(AtLeastOne {
        keys: THRESHOLD_NAMES,
        message: "`new_thresholds` limits nothing",
        help: "write for example `new_thresholds: {all: medium}`, or leave it out",
    }),
    synonyms: KIND_SYNONYMS,
};

const THRESHOLD_NAMES: &[&str] =
    &["all", "sca", "sast", "secret", "iac", "container", "license", "cicd", "dast", "other"];

static THRESHOLD_KEYS: [Key; 10] = [
    threshold("all", "critical", "Findings of every kind, counted together."),
    threshold("sca", "{critical: 0, high: 0, medium: 20}", "Known vulnerabilities in dependencies."),
    threshold("sast", "{high: 5}", "Flaws in the code itself."),
    threshold("secret", "any", "Credentials in the code."),
    threshold("iac", "high", "Infrastructure as code."),
    threshold("container", "high", "Container images and what they hold."),
    threshold("license", "any", "Licenses that may not be used."),
    threshold("cicd", "high", "Build and deployment pipelines."),
    threshold("dast", "medium", "Found in the running program."),
    threshold("other", "critical", "None of these, or not told."),
];

const fn allowed(name: &'static str, example: &'static str, doc: &'static str) -> Key {
    optional(name, Shape::Count, "", example, doc)
}

/// The map from severities to numbers in `thresholds`.
pub static ALLOWED: Table = Table {
    name: "allowed",
    what: "a threshold",
    doc: "How many findings are allowed. A number covers its severity and everything worse: `{high: 5}` allows five \
          findings that are high or critical, together.",
    keys: &[
        allowed("critical", "0", "Critical findings."),
        allowed("high", "0", "High and critical findings, together."),
        allowed("medium", "20", "Medium findings and worse, together."),
        allowed("low", "50", "Low findings and worse, together."),
        allowed("info", "100", "Findings of every severity, together."),
        optional("enforcement", ENFORCED, "deny", "warn", ENFORCED_DOC),
        LOCKED,
    ],
    at_least_one: Some(AtLeastOne {
        keys: &["critical", "high", "medium", "low", "info"],
        message: "this threshold limits nothing",
        help: "write for example `{critical: 0, high: 5}`, or `any` to allow none",
    }),
    synonyms: SEVERITY_SYNONYMS,
};

/// One of `rules`.
pub static RULE: Table = Table {
    name: "rule",
    what: "a rule",
    doc: "Findings that match `when` may not be more than `allow`.",
    keys: &[
        optional(
            "description",
            Shape::Text,
            "",
            "Nothing that is being exploited.",
            "What the rule is for, for reports.",
        ),
        required("when", Shape::Map(&CONDITION), "{kev: true}", "Which findings it counts."),
        optional("allow", Shape::Count, "0", "3", "How many are allowed."),
        optional("enforcement", ENFORCED, "deny", "warn", ENFORCED_DOC),
        LOCKED,
    ],
    at_least_one: None,
    synonyms: &[
        ("if", "when"),
        ("match", "when"),
        ("conditions", "when"),
        ("condition", "when"),
        ("max", "allow"),
        ("action", "enforcement"),
    ],
};

/// What may stand behind `enforcement`.
const ENFORCED: Shape = Shape::Either(&[Shape::Word(&ENFORCEMENT), Shape::Map(&STAGED)]);

const ENFORCED_DOC: &str = "`deny` fails the run; `warn` only tells; a day until which it warns, to deny from then on.";

/// `enforcement` that changes on a day.
pub static STAGED: Table = Table {
    name: "staged",
    what: "`enforcement`",
    doc: "Warns first and denies later.",
    keys: &[required("warn_until", Shape::Form(&DATE), "2027-01-31", "The first day on which it denies, in UTC.")],
    at_least_one: None,
    synonyms: &[("until", "warn_until"), ("deny_from", "warn_until"), ("date", "warn_until")],
};

/// `enforcement`.
pub static ENFORCEMENT: Words = Words {
    what: "enforcement",
    words: &["deny", "warn"],
    synonyms: &[("block", "deny"), ("fail", "deny"), ("error", "deny"), ("warning", "warn"), ("audit", "warn")],
};

/// The form that names of rules have.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Kind, Severity};

    #[test]
    fn the_tables_name_every_kind_and_every_severity_of_the_model() {
        assert_eq!(KIND.words, Kind::ALL.map(Kind::name));
        assert_eq!(SEVERITY.words, Severity::WORST_FIRST.map(Severity::name));
        assert_eq!(THRESHOLDS.keys[0].name, "all");
        assert!(THRESHOLDS.keys[1..].iter().map(|k| k.name).eq(Kind::ALL.map(Kind::name)));
        assert!(THRESHOLDS.keys.iter().map(|k| k.name).eq(THRESHOLD_NAMES.iter().copied()));
        assert!(ALLOWED.keys[..5].iter().map(|k| k.name).eq(Severity::WORST_FIRST.map(Severity::name)));
    }
}
