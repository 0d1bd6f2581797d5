//! What Mend's lists hold, as far as it is read. Every field may be missing, null, empty or of another type.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::source::scalar::{Scalar, object, objects, scalars};

/// A project, as the summaries tell it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Summary {
    pub(super) uuid: Scalar,
    pub(super) name: Scalar,
    /// The name of the application, too.
    pub(super) path: Scalar,
    pub(super) application_name: Scalar,
    pub(super) last_scanned: Scalar,
    #[serde(deserialize_with = "objects")]
    pub(super) tags: Vec<Tag>,
    #[serde(deserialize_with = "object")]
    pub(super) statistics: Statistics,
}

/// A tag of a project or scan.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tag {
    pub(super) key: Scalar,
    pub(super) value: Scalar,
}

/// The one group of the statistics that is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Statistics {
    #[serde(rename = "LAST_SCAN", deserialize_with = "object")]
    pub(super) last_scan: LastScan,
}

/// When a project was scanned, in milliseconds since 1970; 0 means never.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct LastScan {
    pub(super) last_scan_time: Scalar,
    pub(super) last_sca_scan_time: Scalar,
    pub(super) last_sast_scan_time: Scalar,
    pub(super) last_img_scan_time: Scalar,
}

/// A scan: the list writes `scanStatus` and `scanTime`, the scan itself `status`, `startTime` and `endTime`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ScanRow {
    pub(super) uuid: Scalar,
    pub(super) engine: Scalar,
    pub(super) scan_status: Scalar,
    pub(super) status: Scalar,
    pub(super) scan_time: Scalar,
    pub(super) start_time: Scalar,
    pub(super) end_time: Scalar,
    pub(super) project_uuid: Scalar,
    #[serde(deserialize_with = "objects")]
    pub(super) tags: Vec<Tag>,
    #[serde(deserialize_with = "object")]
    pub(super) agent_info: AgentInfo,
}

/// What ran a scan.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct AgentInfo {
    pub(super) error_message: Scalar,
}

/// A finding of the dependency scanner.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ScaRow {
    pub(super) uuid: Scalar,
    pub(super) name: Scalar,
    #[serde(deserialize_with = "object")]
    pub(super) finding_info: FindingInfo,
    #[serde(deserialize_with = "object")]
    pub(super) project: Reference,
    #[serde(deserialize_with = "object")]
    pub(super) component: Component,
    #[serde(deserialize_with = "object")]
    pub(super) vulnerability: Vulnerability,
    /// Unread, for an empty object says something else than nothing.
    pub(super) top_fix: Option<Box<RawValue>>,
    pub(super) reachability: Scalar,
    #[serde(deserialize_with = "object")]
    pub(super) threat_assessment: Threat,
    pub(super) malicious: Scalar,
    pub(super) score_metadata_vector: Scalar,
    #[serde(deserialize_with = "objects")]
    pub(super) dependency_contexts: Vec<DependencyContext>,
}

/// Something by its UUID.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reference {
    pub(super) uuid: Scalar,
}

/// What became of a finding.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct FindingInfo {
    pub(super) finding_status: Scalar,
    pub(super) status: Scalar,
    #[serde(deserialize_with = "object")]
    pub(super) comment: Comment,
    pub(super) detected_at: Scalar,
}

/// What a person wrote.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Comment {
    pub(super) comment: Scalar,
}

/// A library. Findings and the list of libraries write the same fields.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Component {
    pub(super) uuid: Scalar,
    pub(super) name: Scalar,
    pub(super) library_type: Scalar,
    pub(super) language: Scalar,
    pub(super) group_id: Scalar,
    pub(super) artifact_id: Scalar,
    pub(super) version: Scalar,
    pub(super) purl: Scalar,
    pub(super) direct_dependency: Scalar,
    pub(super) dependency_type: Scalar,
    pub(super) path: Scalar,
    pub(super) dependency_file: Scalar,
    pub(super) local_path: Scalar,
    #[serde(deserialize_with = "objects")]
    pub(super) library_locations: Vec<LibraryLocation>,
    #[serde(deserialize_with = "objects")]
    pub(super) locations: Vec<LibraryLocation>,
    #[serde(deserialize_with = "objects")]
    pub(super) licenses: Vec<License>,
}

/// Where a library is.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct LibraryLocation {
    pub(super) local_path: Scalar,
    pub(super) dependency_file: Scalar,
}

/// A license of a library.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct License {
    pub(super) name: Scalar,
    pub(super) severity: Scalar,
}

/// How a library came in.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct DependencyContext {
    pub(super) dependency_type: Scalar,
    pub(super) is_direct: Scalar,
    pub(super) is_transitive: Scalar,
}

/// What is known of a vulnerability.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Vulnerability {
    pub(super) name: Scalar,
    pub(super) description: Scalar,
    pub(super) score: Scalar,
    pub(super) severity: Scalar,
    #[serde(deserialize_with = "objects")]
    pub(super) vulnerability_scoring: Vec<Scoring>,
    #[serde(deserialize_with = "objects")]
    pub(super) references: Vec<Link>,
    #[serde(deserialize_with = "object")]
    pub(super) threat_assessment: Threat,
}

/// A score by one version of CVSS.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Scoring {
    pub(super) score: Scalar,
    pub(super) score_metadata_vector: Scalar,
}

/// A page about a vulnerability.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Link {
    pub(super) url: Scalar,
    pub(super) advisory: Scalar,
}

/// How likely an attack is.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Threat {
    pub(super) epss_percentage: Scalar,
}

/// The fix that Mend proposes.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct TopFix {
    pub(super) fix_resolution: Scalar,
}

/// A finding of the code scanner.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct SastRow {
    pub(super) id: Scalar,
    pub(super) project_id: Scalar,
    #[serde(rename = "type", deserialize_with = "object")]
    pub(super) check: SastType,
    pub(super) description: Scalar,
    pub(super) created_time: Scalar,
    pub(super) severity: Scalar,
    pub(super) severity_rating: Scalar,
    pub(super) suppressed: Scalar,
    pub(super) suppression_message: Scalar,
    pub(super) suppression_requested: Scalar,
    #[serde(deserialize_with = "object")]
    pub(super) shared_step: Step,
    #[serde(deserialize_with = "objects")]
    pub(super) data_flows: Vec<Flow>,
}

/// A check of the code scanner.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct SastType {
    pub(super) id: Scalar,
    pub(super) common_id: Scalar,
    pub(super) name: Scalar,
    pub(super) sarif: Scalar,
    pub(super) severity: Scalar,
    pub(super) severity_rating: Scalar,
    #[serde(deserialize_with = "scalars")]
    pub(super) references: Vec<Scalar>,
    #[serde(deserialize_with = "object")]
    pub(super) cwe: Weakness,
}

/// A weakness class.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Weakness {
    pub(super) id: Scalar,
    pub(super) url: Scalar,
}

/// A place in the code. `startLine` and `endLine` frame the snippet, not the flaw, so they are not read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Step {
    pub(super) file: Scalar,
    pub(super) line: Scalar,
    pub(super) snippet: Scalar,
}

/// A way of data through the code.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Flow {
    pub(super) sink_file: Scalar,
    pub(super) sink_line: Scalar,
    pub(super) sink_snippet: Scalar,
}

/// A vulnerability in a container image. Two fields are written in two ways, depending on the version of the service.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ImageRow {
    pub(super) uuid: Scalar,
    #[serde(rename = "vulnerabilityID")]
    pub(super) vulnerability_id: Scalar,
    #[serde(rename = "vulnerabilityId")]
    pub(super) vulnerability_id_too: Scalar,
    #[serde(rename = "projectUUID")]
    pub(super) project_uuid: Scalar,
    #[serde(rename = "projectUuid")]
    pub(super) project_uuid_too: Scalar,
    pub(super) description: Scalar,
    pub(super) image_name: Scalar,
    pub(super) package_name: Scalar,
    pub(super) package_version: Scalar,
    pub(super) severity: Scalar,
    pub(super) cvss: Scalar,
    pub(super) cvss_details: Scalar,
    pub(super) epss: Scalar,
    pub(super) has_fix: Scalar,
    pub(super) fix_version: Scalar,
    pub(super) detection_date: Scalar,
    pub(super) created_at: Scalar,
    pub(super) reachability_status: Scalar,
}

/// A secret in a container image. Its value is not told.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct SecretRow {
    pub(super) uuid: Scalar,
    pub(super) rule_id: Scalar,
    pub(super) category: Scalar,
    pub(super) description: Scalar,
    pub(super) severity: Scalar,
    pub(super) file_path: Scalar,
    pub(super) start_line: Scalar,
    pub(super) end_line: Scalar,
    pub(super) created_at: Scalar,
}

/// A violation of a policy at Mend.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ViolationRow {
    pub(super) uuid: Scalar,
    pub(super) name: Scalar,
    pub(super) project_uuid: Scalar,
    pub(super) engine: Scalar,
    pub(super) finding_type: Scalar,
    pub(super) origin_uuid: Scalar,
    pub(super) origin_name: Scalar,
    pub(super) risk: Scalar,
    #[serde(deserialize_with = "objects")]
    pub(super) workflow_data: Vec<Workflow>,
    pub(super) created_at: Scalar,
}

/// A policy at Mend.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Workflow {
    pub(super) workflow_name: Scalar,
}
