//! What a policy reads besides its own file: policies that it extends, a baseline, feeds.

use super::super::shape::{AtLeastOne, Form, Shape, Table};
use super::{DURATION, optional, required};

/// One policy that is read besides.
pub(super) static PARENT: Form =
    Form { what: "`preset:NAME`, or the path of a policy beside this one", pattern: "^[^ ].*$" };

static HTTPS: Form = Form { what: "an https address", pattern: "^https://[^ ]+$" };
static DIGEST: Form = Form { what: "a SHA-256 digest", pattern: "^(sha256:)?[0-9a-fA-F]{64}$" };

/// What may stand behind `extends`.
pub(super) const PARENTS: Shape = Shape::OneOrMany(&Shape::Either(&[Shape::Form(&PARENT), Shape::Map(&REMOTE)]));

/// A policy on a server.
pub static REMOTE: Table = Table {
    name: "remote",
    what: "a policy on a server",
    doc: "A policy that is fetched; the digest says which one.",
    keys: &[
        required("url", Shape::Form(&HTTPS), "https://policies.acme.example/base.yml", "Where it is."),
        required(
            "digest",
            Shape::Form(&DIGEST),
            "\"sha256:0f343b0931126a20f133d67c2b018a3b0f343b0931126a20f133d67c2b018a3b\"",
            "The SHA-256 of its bytes; anything else is refused.",
        ),
    ],
    at_least_one: None,
    synonyms: &[("sha256", "digest"), ("href", "url"), ("address", "url")],
};

/// `baseline`.
pub static BASELINE: Table = Table {
    name: "baseline",
    what: "`baseline`",
    doc: "What was known before the change: a file, or a branch as the vendors know it. One of the two. It decides what is \
          new, whatever a source says of that; where it cannot be read, the run is undecided.",
    keys: &[
        optional(
            "file",
            Shape::Text,
            "",
            ".findgate/baseline.json",
            "A snapshot, an evaluation in JSON, or a SARIF file.",
        ),
        optional(
            "branch",
            Shape::Text,
            "",
            "main",
            "A branch that the sources are asked for; only vendors that keep branches can tell.",
        ),
    ],
    at_least_one: Some(AtLeastOne {
        keys: &["file", "branch"],
        message: "`baseline` names nothing",
        help: "write for example `baseline: {file: .findgate/baseline.json}`, or leave it out",
    }),
    synonyms: &[("path", "file"), ("snapshot", "file")],
};

const SOURCE_OF_FEED: Shape = Shape::Either(&[Shape::Text, Shape::Map(&FEED)]);

/// `enrich`.
pub static ENRICH: Table = Table {
    name: "enrich",
    what: "`enrich`",
    doc: "Public feeds that tell facts about advisories. A path, an https address, or a map of either and more.",
    keys: &[
        optional("kev", SOURCE_OF_FEED, "", "kev.json", "CISA's catalog of known exploited vulnerabilities, in JSON."),
        optional("epss", SOURCE_OF_FEED, "", "epss.csv.gz", "FIRST's EPSS scores, in CSV, plain or gzip."),
    ],
    at_least_one: Some(AtLeastOne {
        keys: &["kev", "epss"],
        message: "`enrich` names no feed",
        help: "write for example `enrich: {kev: kev.json}`, or leave it out",
    }),
    synonyms: &[],
};

/// One feed.
pub static FEED: Table = Table {
    name: "feed",
    what: "a feed",
    doc: "Where a feed is and how old it may be. One of `file` and `url`.",
    keys: &[
        optional("file", Shape::Text, "", "feeds/kev.json", "A path in the repository."),
        optional("url", Shape::Form(&HTTPS), "", "https://feeds.acme.example/kev.json", "An address."),
        optional(
            "max_age",
            Shape::Form(&DURATION),
            "30d",
            "7d",
            "How old the feed may be, by its own date; an older one makes the run undecided.",
        ),
        optional(
            "digest",
            Shape::Form(&DIGEST),
            "",
            "\"sha256:0f343b0931126a20f133d67c2b018a3b0f343b0931126a20f133d67c2b018a3b\"",
            "The SHA-256 of its bytes, for a feed that is to be this one and no other.",
        ),
    ],
    at_least_one: Some(AtLeastOne {
        keys: &["file", "url"],
        message: "a feed that is nowhere",
        help: "name a `file` or a `url`",
    }),
    synonyms: &[("path", "file"), ("sha256", "digest"), ("age", "max_age")],
};
