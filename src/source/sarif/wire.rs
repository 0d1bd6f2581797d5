//! SARIF as it is written by tools: borrowed, all optional, tolerant where a slip cannot hide anything.
//!
//! Two rules decide what is tolerated. What can only be meant in one way is read in that way: `3.0` or `"3"` where an
//! integer belongs, a number as a rule's id, plain text as a message. What could make a finding smaller or less (a
//! `kind`, a `level`, a list of suppressions of the wrong type, the same key twice) is an error, and the result is
//! skipped and counted. Properties are free-form, so nothing in them is an error but a known key given twice.

use serde::Deserialize;

pub(super) use super::properties::{Properties, Property};
pub(super) use crate::source::Str;

pub(super) use super::tolerant::{First, Int, Label, Loose, Message, Object, Prints, Several, Strings};

/// A result.
#[derive(Deserialize, Debug, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Outcome<'a> {
    #[serde(borrow)]
    pub(super) rule_id: Option<Label<'a>>,
    pub(super) rule_index: Option<Int>,
    #[serde(borrow)]
    pub(super) rule: Option<RuleRef<'a>>,
    #[serde(borrow)]
    pub(super) kind: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) level: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) message: Option<Message<'a>>,
    #[serde(borrow)]
    pub(super) locations: Option<Several<'a, Location<'a>>>,
    #[serde(borrow)]
    pub(super) suppressions: Option<Vec<Object<Suppression<'a>>>>,
    #[serde(borrow)]
    pub(super) baseline_state: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) partial_fingerprints: Option<Prints<'a>>,
    #[serde(borrow)]
    pub(super) provenance: Option<Provenance<'a>>,
    #[serde(borrow)]
    pub(super) properties: Option<Properties<'a>>,
    #[serde(borrow)]
    pub(super) taxa: Option<Vec<RuleRef<'a>>>,
    #[serde(borrow)]
    pub(super) fixes: Option<First<Fix<'a>>>,
    #[serde(borrow)]
    pub(super) hosted_viewer_uri: Option<Loose<'a>>,
}

/// A reference to a rule or a taxon (`reportingDescriptorReference`).
#[derive(Deserialize, Debug, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RuleRef<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Label<'a>>,
    pub(super) index: Option<Int>,
    #[serde(borrow)]
    pub(super) guid: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) tool_component: Option<ComponentRef<'a>>,
}

/// A reference to the driver, an extension or a taxonomy.
#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub(super) struct ComponentRef<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Str<'a>>,
    pub(super) index: Option<Int>,
    #[serde(borrow)]
    pub(super) guid: Option<Str<'a>>,
}

/// A suppression.
#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub(super) struct Suppression<'a> {
    #[serde(borrow)]
    pub(super) kind: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) status: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) justification: Option<Str<'a>>,
}

/// `provenance` of a result.
#[derive(Deserialize, Debug, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Provenance<'a> {
    #[serde(borrow)]
    pub(super) first_detection_time_utc: Option<Loose<'a>>,
}

/// A proposed fix; only its words are read.
#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub(super) struct Fix<'a> {
    #[serde(borrow)]
    pub(super) description: Option<Message<'a>>,
}

/// A location.
#[derive(Deserialize, Debug, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Location<'a> {
    #[serde(borrow)]
    pub(super) physical_location: Option<Physical<'a>>,
    #[serde(borrow)]
    pub(super) logical_locations: Option<First<Logical<'a>>>,
}

/// A place in a file.
#[derive(Deserialize, Debug, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Physical<'a> {
    #[serde(borrow)]
    pub(super) artifact_location: Option<ArtifactLocation<'a>>,
    #[serde(borrow)]
    pub(super) region: Option<Region<'a>>,
}

/// A file.
#[derive(Deserialize, Debug, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ArtifactLocation<'a> {
    #[serde(borrow)]
    pub(super) uri: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) uri_base_id: Option<Str<'a>>,
    pub(super) index: Option<Int>,
}

/// Lines and columns.
#[derive(Deserialize, Debug, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Region<'a> {
    pub(super) start_line: Option<Int>,
    pub(super) start_column: Option<Int>,
    pub(super) end_line: Option<Int>,
    pub(super) end_column: Option<Int>,
    /// Where no line is told: binary files, tools that count characters.
    #[serde(borrow)]
    pub(super) byte_offset: Option<Loose<'a>>,
    #[serde(borrow)]
    pub(super) char_offset: Option<Loose<'a>>,
    #[serde(borrow)]
    pub(super) snippet: Option<Snippet<'a>>,
}

/// Code. Read leniently: it only feeds a hash.
#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub(super) struct Snippet<'a> {
    #[serde(borrow)]
    pub(super) text: Option<Str<'a>>,
}

/// A logical location.
#[derive(Deserialize, Debug, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Logical<'a> {
    #[serde(borrow)]
    pub(super) fully_qualified_name: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) name: Option<Loose<'a>>,
    #[serde(borrow)]
    pub(super) index: Option<Loose<'a>>,
}

/// A rule (`reportingDescriptor`).
#[derive(Deserialize, Debug, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Rule<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Label<'a>>,
    #[serde(borrow)]
    pub(super) guid: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) name: Option<Label<'a>>,
    #[serde(borrow)]
    pub(super) short_description: Option<Message<'a>>,
    #[serde(borrow)]
    pub(super) full_description: Option<Message<'a>>,
    #[serde(borrow)]
    pub(super) help: Option<Message<'a>>,
    #[serde(borrow)]
    pub(super) help_uri: Option<Loose<'a>>,
    #[serde(borrow)]
    pub(super) deprecated_ids: Option<Vec<Loose<'a>>>,
    #[serde(borrow)]
    pub(super) default_configuration: Option<Configuration<'a>>,
    #[serde(borrow)]
    pub(super) message_strings: Option<Strings<'a>>,
    #[serde(borrow)]
    pub(super) relationships: Option<Vec<Relationship<'a>>>,
    #[serde(borrow)]
    pub(super) properties: Option<Properties<'a>>,
}

/// How a rule is configured.
#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub(super) struct Configuration<'a> {
    #[serde(borrow)]
    pub(super) level: Option<Str<'a>>,
}

/// A rule's tie to another descriptor, mostly a CWE.
#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub(super) struct Relationship<'a> {
    #[serde(borrow)]
    pub(super) target: Option<RuleRef<'a>>,
}

/// An invocation.
#[derive(Deserialize, Debug, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Invocation<'a> {
    #[serde(borrow)]
    pub(super) execution_successful: Option<Loose<'a>>,
    #[serde(borrow)]
    pub(super) end_time_utc: Option<Loose<'a>>,
    #[serde(borrow)]
    pub(super) exit_signal_name: Option<Loose<'a>>,
    #[serde(borrow)]
    pub(super) process_start_failure_message: Option<Loose<'a>>,
    #[serde(borrow)]
    pub(super) working_directory: Option<ArtifactLocation<'a>>,
    #[serde(borrow)]
    pub(super) tool_execution_notifications: Option<Vec<Notification<'a>>>,
    #[serde(borrow)]
    pub(super) tool_configuration_notifications: Option<Vec<Notification<'a>>>,
    #[serde(borrow)]
    pub(super) rule_configuration_overrides: Option<Vec<Override<'a>>>,
}

/// What a tool said about its own work.
#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub(super) struct Notification<'a> {
    #[serde(borrow)]
    pub(super) level: Option<Str<'a>>,
    #[serde(borrow)]
    pub(super) message: Option<Message<'a>>,
}

/// A rule's configuration in one invocation.
#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub(super) struct Override<'a> {
    #[serde(borrow)]
    pub(super) descriptor: Option<RuleRef<'a>>,
    #[serde(borrow)]
    pub(super) configuration: Option<Configuration<'a>>,
}

/// Where the code came from.
#[derive(Deserialize, Debug, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct VersionControl<'a> {
    #[serde(borrow)]
    pub(super) revision_id: Option<Loose<'a>>,
    #[serde(borrow)]
    pub(super) branch: Option<Loose<'a>>,
}

/// An artifact; only where it is.
#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub(super) struct Artifact<'a> {
    #[serde(borrow)]
    pub(super) location: Option<ArtifactLocation<'a>>,
}

/// A taxonomy; only its name and the ids of its taxa.
#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub(super) struct Taxonomy<'a> {
    #[serde(borrow)]
    pub(super) name: Option<Loose<'a>>,
    #[serde(borrow)]
    pub(super) taxa: Option<Vec<Taxon<'a>>>,
}

/// One class of a taxonomy.
#[derive(Deserialize, Debug, Default)]
#[serde(default)]
pub(super) struct Taxon<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Label<'a>>,
}
