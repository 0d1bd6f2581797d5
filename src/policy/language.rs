//! The policy language as one table: its keys, what may stand behind each, and a line of documentation.
//!
//! It knows no source: each source brings the table of its own section.

mod condition;

use condition::PATHS;
pub use condition::{CONDITION, FIX, SCOPE, UNKNOWN};

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
static WAIVER_ID: Form = Form {
    what: "an id (letters, digits, `_`, `-` and `.`, beginning with a letter or digit)",
    pattern: "^[A-Za-z0-9][A-Za-z0-9_.-]*$",
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
    doc: "What a project may carry. It must limit something: `thresholds`, `rules` or both.",
    keys: &[
        required("version", Shape::One, "1", "The version of this language; always 1."),
        optional("name", Shape::Text, "", "payments", "A name for reports."),
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
            "What differs on some branches; the first entry that matches holds.",
        ),
    ],
    at_least_one: Some(AtLeastOne {
        keys: &["thresholds", "rules"],
        message: "the policy limits nothing",
        help: "add thresholds, for example `thresholds: {all: critical, secret: any}`, or rules",
    }),
    later: &["extends", "new_thresholds", "baseline", "enrich"],
    synonyms: &[
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

static EVIDENCE_KEYS: [Key; 4] = evidence(["true", "", "any", "0s"]);

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
    later: &[],
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
    later: &[],
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
    keys: &[
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
    ],
    at_least_one: Some(AtLeastOne {
        keys: &["all", "sca", "sast", "secret", "iac", "container", "license", "cicd", "dast", "other"],
        message: "`thresholds` limits nothing",
        help: "write for example `thresholds: {all: critical, secret: any}`, or leave it out",
    }),
    later: &[],
    synonyms: KIND_SYNONYMS,
};

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
    ],
    at_least_one: Some(AtLeastOne {
        keys: &["critical", "high", "medium", "low", "info"],
        message: "this threshold limits nothing",
        help: "write for example `{critical: 0, high: 5}`, or `any` to allow none",
    }),
    later: &[],
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
        optional("enforcement", Shape::Word(&ENFORCEMENT), "deny", "warn", "`deny` fails the run; `warn` only tells."),
    ],
    at_least_one: None,
    later: &["locked"],
    synonyms: &[
        ("if", "when"),
        ("match", "when"),
        ("conditions", "when"),
        ("condition", "when"),
        ("max", "allow"),
        ("action", "enforcement"),
    ],
};

/// `enforcement`.
pub static ENFORCEMENT: Words = Words {
    what: "enforcement",
    words: &["deny", "warn"],
    synonyms: &[("block", "deny"), ("fail", "deny"), ("error", "deny"), ("warning", "warn"), ("audit", "warn")],
};

const WAIVER_LIST: Shape = Shape::List(&Shape::Map(&WAIVER), Emptiness::Allowed);

/// The map form of `waivers`.
pub static WAIVERS: Table = Table {
    name: "waivers",
    what: "`waivers`",
    doc: "The waivers, in the form that leaves room for more keys beside them.",
    keys: &[required(
        "entries",
        WAIVER_LIST,
        "[{id: lodash-2026, match: {id: CVE-2021-23337}, reason: not reachable}]",
        "The waivers.",
    )],
    at_least_one: None,
    later: &["file", "max_life", "require", "unused"],
    synonyms: &[],
};

/// One waiver.
pub static WAIVER: Table = Table {
    name: "waiver",
    what: "a waiver",
    doc: "A finding that somebody answers for. An expired waiver excuses nothing.",
    keys: &[
        required("id", Shape::Form(&WAIVER_ID), "lodash-2026", "A name of your choice, unique within the policy."),
        required("match", Shape::Map(&MATCH), "{id: CVE-2021-23337}", "Which findings it excuses."),
        required("reason", Shape::Text, "not reachable from our code", "Why."),
        optional("owner", Shape::Text, "", "team-payments", "Who answers for it."),
        optional("ticket", Shape::Text, "", "SEC-1234", "Where the work is tracked."),
        optional("approved_by", Shape::Text, "", "jane@acme.example", "Who allowed it."),
        optional("expires", Shape::Form(&DATE), "", "2027-01-31", "The last day on which it holds, in UTC."),
    ],
    at_least_one: None,
    later: &[],
    synonyms: &[
        ("name", "id"),
        ("when", "match"),
        ("matches", "match"),
        ("justification", "reason"),
        ("description", "reason"),
        ("until", "expires"),
        ("expiry", "expires"),
        ("expiration", "expires"),
        ("approver", "approved_by"),
    ],
};

/// `match` of a waiver.
pub static MATCH: Table = Table {
    name: "match",
    what: "`match`",
    doc: "What a waiver excuses: all that is given must match.",
    keys: &[
        optional("id", Shape::Text, "", "CVE-2021-23337", "An advisory id, an alias of it, or the source's own id."),
        optional(
            "fingerprint",
            Shape::Form(&FINGERPRINT),
            "",
            "\"v1:0123456789abcdef0123456789abcdef\"",
            "A finding's fingerprint, as reports show it.",
        ),
        optional("package", Shape::Form(&PACKAGE), "", "pkg:npm/lodash", "A package URL or a glob of names."),
        optional("path", PATHS, "", "\"web/**\"", "Globs of paths in the repository."),
        optional("check", Shape::Text, "", "B602", "A scanner's check."),
    ],
    at_least_one: Some(AtLeastOne {
        keys: &["id", "fingerprint", "package", "path", "check"],
        message: "`match` matches nothing",
        help: "name the finding, for example `match: {id: CVE-2021-23337}`",
    }),
    later: &[],
    synonyms: &[("cve", "id"), ("purl", "package"), ("file", "path"), ("paths", "path"), ("rule", "check")],
};

/// One of `overrides`.
pub static OVERRIDE: Table = Table {
    name: "override",
    what: "an override",
    doc: "What differs on some branches. A threshold replaces all the policy says for the same key, a rule the rule of the \
          same name; what it does not name stays.",
    keys: &[
        required(
            "branch",
            Shape::OneOrMany(&Shape::Form(&BRANCH_GLOB)),
            "\"release/*\"",
            "Globs of branches, one of which must match.",
        ),
        optional("thresholds", Shape::Map(&THRESHOLDS), "", "{all: medium}", "Thresholds for these branches."),
        optional(
            "rules",
            Shape::Named(&NAME, &Shape::Map(&RULE)),
            "",
            "{known-exploited: {when: {kev: true}}}",
            "Rules for these branches.",
        ),
        optional("unknown_severity", Shape::Word(&SEVERITY), "", "high", "What an unrated finding counts as there."),
    ],
    at_least_one: Some(AtLeastOne {
        keys: &["thresholds", "rules", "unknown_severity"],
        message: "an override that changes nothing",
        help: "add `thresholds`, `rules` or `unknown_severity`, or remove it",
    }),
    later: &["new_thresholds"],
    synonyms: &[("branches", "branch"), ("when", "branch"), ("threshold", "thresholds"), ("rule", "rules")],
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
        assert!(ALLOWED.keys.iter().map(|k| k.name).eq(Severity::WORST_FIRST.map(Severity::name)));
    }
}
