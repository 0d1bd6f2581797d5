//! `overrides`: what differs on some occasions.

use super::super::shape::{AtLeastOne, Shape, Table, Words};
use super::{BRANCH_GLOB, GLOB, NAME, NEW_THRESHOLDS, RULE, SEVERITY, THRESHOLDS, optional};

/// One of `overrides`.
pub static OVERRIDE: Table = Table {
    name: "override",
    what: "an override",
    doc: "What differs on some branches, in some environments or at some events; all that is given must match. A threshold \
          replaces all the policy says for the same key, a rule the rule of the same name; what it does not name stays.",
    keys: &[
        optional(
            "branch",
            Shape::OneOrMany(&Shape::Form(&BRANCH_GLOB)),
            "",
            "\"release/*\"",
            "Globs of branches, one of which must match; in a pull request the branch that it goes into is compared.",
        ),
        optional(
            "environment",
            Shape::OneOrMany(&Shape::Form(&GLOB)),
            "",
            "production",
            "Globs of the environments that the platform deploys to, or that `--environment` names.",
        ),
        optional("event", Shape::OneOrMany(&Shape::Word(&EVENT)), "", "[push, schedule]", "What started the run."),
        optional("thresholds", Shape::Map(&THRESHOLDS), "", "{all: medium}", "Thresholds that hold there."),
        optional("new_thresholds", Shape::Map(&NEW_THRESHOLDS), "", "{all: low}", "Thresholds for new findings."),
        optional(
            "rules",
            Shape::Named(&NAME, &Shape::Map(&RULE)),
            "",
            "{known-exploited: {when: {kev: true}}}",
            "Rules that hold there.",
        ),
        optional("unknown_severity", Shape::Word(&SEVERITY), "", "high", "What an unrated finding counts as there."),
    ],
    at_least_one: Some(AtLeastOne {
        keys: &["thresholds", "new_thresholds", "rules", "unknown_severity"],
        message: "an override that changes nothing",
        help: "add `thresholds`, `rules` or `unknown_severity`, or remove it",
    }),
    synonyms: &[
        ("branches", "branch"),
        ("when", "branch"),
        ("env", "environment"),
        ("environments", "environment"),
        ("events", "event"),
        ("on", "event"),
        ("threshold", "thresholds"),
        ("rule", "rules"),
    ],
};

/// What can start a run.
pub static EVENT: Words = Words {
    what: "event",
    words: &["push", "pull_request", "merge_group", "tag", "schedule", "manual", "other"],
    synonyms: &[
        ("merge_request", "pull_request"),
        ("merge_request_event", "pull_request"),
        ("pull_request_target", "pull_request"),
        ("pr", "pull_request"),
        ("mr", "pull_request"),
        ("merge_train", "merge_group"),
        ("release", "tag"),
        ("cron", "schedule"),
        ("nightly", "schedule"),
        ("workflow_dispatch", "manual"),
        ("web", "manual"),
    ],
};
