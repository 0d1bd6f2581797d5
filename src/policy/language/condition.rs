//! The conditions of `when`, as a table.

use super::*;

const GLOBS: Shape = Shape::OneOrMany(&Shape::Form(&GLOB));
pub(super) const PATHS: Shape = Shape::OneOrMany(&Shape::Form(&PATH_GLOB));

const fn test(name: &'static str, shape: Shape, example: &'static str, doc: &'static str) -> Key {
    optional(name, shape, "", example, doc)
}

/// `when` of a rule.
pub static CONDITION: Table = Table {
    name: "condition",
    what: "a condition",
    doc: "All that is given must hold. A fact that no source told is unknown; in the end unknown counts as a match, so that a \
          missing fact lets nothing slip through, unless the condition says `unknown: skip`.",
    keys: &[
        test("kind", Shape::OneOrMany(&Shape::Word(&KIND)), "[sca, container]", "One of these kinds."),
        test(
            "severity",
            Shape::Either(&[Shape::OneOrMany(&Shape::Word(&SEVERITY)), Shape::Form(&SEVERITY_COMPARISON)]),
            "\">=high\"",
            "Exactly one of these severities, or a comparison. An unrated finding has the policy's `unknown_severity`.",
        ),
        test("new", Shape::Switch, "true", "Whether the change brings it."),
        test("fix", Shape::Word(&FIX), "available", "Whether a fixed version exists."),
        test("kev", Shape::Switch, "true", "Whether CISA lists it as known to be exploited."),
        test(
            "epss",
            Shape::Form(&NUMBER_COMPARISON),
            "\">=0.5\"",
            "The probability that it will be exploited, 0 to 1.",
        ),
        test("cvss", Shape::Form(&NUMBER_COMPARISON), "\">=7\"", "The CVSS score, 0 to 10."),
        test("age", Shape::Form(&AGE_COMPARISON), "\">30d\"", "The time since it was first seen."),
        test("reachable", Shape::Switch, "true", "Whether the vulnerable code can be reached."),
        test("direct", Shape::Switch, "true", "Whether the project names the package itself."),
        test("scope", Shape::OneOrMany(&Shape::Word(&SCOPE)), "production", "Whether the package ships."),
        test("path", PATHS, "\"src/payments/**\"", "The path in the repository fits one of these globs."),
        test(
            "package",
            Shape::OneOrMany(&Shape::Form(&PACKAGE)),
            "pkg:npm/lodash",
            "The package is one of these, or its name fits one of these globs.",
        ),
        test(
            "id",
            GLOBS,
            "CVE-2021-44228",
            "An id fits: CVE, GHSA, the source's own, the check. Case does not matter.",
        ),
        test(
            "cwe",
            Shape::OneOrMany(&Shape::Either(&[Shape::Form(&CWE), Shape::Range(1, 999_999)])),
            "[CWE-79, CWE-89]",
            "One of these weaknesses.",
        ),
        test("license", GLOBS, "[\"AGPL-*\", \"SSPL-*\"]", "A license fits one of these globs. Case does not matter."),
        test("source", GLOBS, "sarif", "A source that saw it fits one of these globs."),
        test("tool", GLOBS, "semgrep", "A tool that saw it fits one of these globs. Case does not matter."),
        test("check", GLOBS, "\"java.lang.security.*\"", "The scanner's check fits one of these globs."),
        test(
            "status",
            GLOBS,
            "confirmed",
            "The source's own word on it fits one of these globs. Case does not matter.",
        ),
        test(
            "any",
            Shape::List(&Shape::Map(&CONDITION), Emptiness::Refused),
            "[{path: \"src/**\"}, {path: \"libs/**\"}]",
            "At least one of these conditions holds.",
        ),
        test(
            "all",
            Shape::List(&Shape::Map(&CONDITION), Emptiness::Refused),
            "[{kev: true}, {fix: available}]",
            "Every one of these conditions holds.",
        ),
        test(
            "not",
            Shape::Map(&CONDITION),
            "{path: \"test/**\"}",
            "This condition does not hold. Of several paths, licenses, or words of those that saw it, one that does not fit is enough.",
        ),
        optional(
            "unknown",
            Shape::Word(&UNKNOWN),
            "match",
            "skip",
            "What a fact that no source told means here: `match` counts it as unknown, `skip` as not matching.",
        ),
    ],
    at_least_one: Some(AtLeastOne {
        keys: &[
            "kind",
            "severity",
            "new",
            "fix",
            "kev",
            "epss",
            "cvss",
            "age",
            "reachable",
            "direct",
            "scope",
            "path",
            "package",
            "id",
            "cwe",
            "license",
            "source",
            "tool",
            "check",
            "status",
            "any",
            "all",
            "not",
        ],
        message: "a condition without a test matches every finding",
        help: "add a test; to allow no finding at all, write the threshold `all: any`",
    }),
    synonyms: &[
        ("kinds", "kind"),
        ("type", "kind"),
        ("severities", "severity"),
        ("level", "severity"),
        ("file", "path"),
        ("files", "path"),
        ("paths", "path"),
        ("packages", "package"),
        ("purl", "package"),
        ("cve", "id"),
        ("ids", "id"),
        ("cwes", "cwe"),
        ("licence", "license"),
        ("licenses", "license"),
        ("scanner", "tool"),
        ("engine", "tool"),
        ("rule", "check"),
        ("fixable", "fix"),
        ("fix_available", "fix"),
        ("or", "any"),
        ("and", "all"),
    ],
};

/// `fix`.
pub static FIX: Words = Words {
    what: "fix",
    words: &["available", "none"],
    synonyms: &[
        ("true", "available"),
        ("yes", "available"),
        ("false", "none"),
        ("no", "none"),
        ("unavailable", "none"),
    ],
};

/// `scope`.
pub static SCOPE: Words = Words {
    what: "scope",
    words: &["production", "development"],
    synonyms: &[("prod", "production"), ("runtime", "production"), ("dev", "development"), ("test", "development")],
};

/// `unknown` in a condition.
pub static UNKNOWN: Words =
    Words { what: "meaning of unknown", words: &["match", "skip"], synonyms: &[("ignore", "skip")] };
