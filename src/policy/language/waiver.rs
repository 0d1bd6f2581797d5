//! `waivers`: their list, the rules that hold for all of them, and what one waiver says.

use super::super::shape::{AtLeastOne, Emptiness, Form, Shape, Table, Words};
use super::condition::PATHS;
use super::{DATE, DURATION, FINGERPRINT, LOCKED, PACKAGE, optional, required};

static WAIVER_ID: Form = Form {
    what: "an id (letters, digits, `_`, `-` and `.`, beginning with a letter or digit)",
    pattern: "^[A-Za-z0-9][A-Za-z0-9_.-]*$",
};

pub(super) const WAIVER_LIST: Shape = Shape::List(&Shape::Map(&WAIVER), Emptiness::Allowed);

/// The map form of `waivers`.
pub static WAIVERS: Table = Table {
    name: "waivers",
    what: "`waivers`",
    doc: "Where waivers stand, and what each of them must say.",
    keys: &[
        optional(
            "file",
            Shape::OneOrMany(&Shape::Text),
            "",
            ".findgate/waivers.yml",
            "Files of waivers, which `findgate waive` writes. One that does not exist holds none.",
        ),
        optional(
            "vex",
            Shape::OneOrMany(&Shape::Text),
            "",
            "vex.openvex.json",
            "OpenVEX and CycloneDX documents, in JSON; what they say is not affected or fixed is waived.",
        ),
        optional(
            "entries",
            WAIVER_LIST,
            "",
            "[{id: lodash-2026, match: {id: CVE-2021-23337}, reason: not reachable}]",
            "The waivers.",
        ),
        optional(
            "max_life",
            Shape::Map(&MAX_LIFE),
            "",
            "{critical: 14d, high: 30d, default: 90d}",
            "How far from today a waiver may reach.",
        ),
        optional(
            "require",
            Shape::OneOrMany(&Shape::Word(&REQUIRED)),
            "",
            "[owner, ticket]",
            "What every waiver must say.",
        ),
        optional(
            "unused",
            Shape::Word(&UNUSED),
            "warn",
            "deny",
            "What a waiver that matches nothing is: nothing to tell, a warning, or a violation.",
        ),
        LOCKED,
    ],
    at_least_one: Some(AtLeastOne {
        keys: &["file", "vex", "entries", "max_life", "require", "unused"],
        message: "`waivers` says nothing",
        help: "name a file, for example `waivers: {file: .findgate/waivers.yml}`, or leave it out",
    }),
    synonyms: &[
        ("files", "file"),
        ("path", "file"),
        ("list", "entries"),
        ("max_age", "max_life"),
        ("max-life", "max_life"),
        ("required", "require"),
        ("requires", "require"),
    ],
};

/// `max_life`.
pub static MAX_LIFE: Table = Table {
    name: "max_life",
    what: "`max_life`",
    doc: "For each severity how far from today a waiver of such a finding may reach.",
    keys: &[
        optional("critical", Shape::Form(&DURATION), "max_life.default", "14d", "For critical findings."),
        optional("high", Shape::Form(&DURATION), "max_life.default", "30d", "For high findings."),
        optional("medium", Shape::Form(&DURATION), "max_life.default", "90d", "For medium findings."),
        optional("low", Shape::Form(&DURATION), "max_life.default", "180d", "For low findings."),
        optional("info", Shape::Form(&DURATION), "max_life.default", "1y", "For findings of severity info."),
        optional("default", Shape::Form(&DURATION), "", "90d", "For severities without an entry."),
    ],
    at_least_one: Some(AtLeastOne {
        keys: &["critical", "high", "medium", "low", "info", "default"],
        message: "`max_life` limits nothing",
        help: "write for example `max_life: {critical: 14d, default: 90d}`, or leave it out",
    }),
    synonyms: &[("all", "default"), ("other", "default"), ("any", "default")],
};

/// What `require` may ask for.
pub static REQUIRED: Words = Words {
    what: "part of a waiver",
    words: &["reason", "owner", "ticket", "approved_by", "expires"],
    synonyms: &[("approver", "approved_by"), ("approval", "approved_by"), ("expiry", "expires"), ("issue", "ticket")],
};

/// What a waiver that matches nothing is.
pub static UNUSED: Words = Words {
    what: "answer to an unused waiver",
    words: &["ignore", "warn", "deny"],
    synonyms: &[("error", "deny"), ("fail", "deny"), ("allow", "ignore"), ("off", "ignore"), ("warning", "warn")],
};

/// A file of waivers.
pub static WAIVER_FILE: Table = Table {
    name: "waiver_file",
    what: "a file of waivers",
    doc: "What `waivers.file` names.",
    keys: &[
        required("version", Shape::One, "1", "The version of this language; always 1."),
        required(
            "waivers",
            WAIVER_LIST,
            "[{id: lodash-2026, match: {id: CVE-2021-23337}, reason: not reachable}]",
            "The waivers.",
        ),
    ],
    at_least_one: None,
    synonyms: &[("entries", "waivers"), ("waiver", "waivers")],
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
    synonyms: &[("cve", "id"), ("purl", "package"), ("file", "path"), ("paths", "path"), ("rule", "check")],
};
