//! What AppSec+ sends: JSON in camelCase, where every field may be missing, null or of another type.

use serde::Deserialize;

use crate::source::scalar::{Scalar, object, scalars};

/// An application.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Application {
    pub(super) id: Scalar,
    pub(super) name: Scalar,
    pub(super) criticality: Scalar,
    pub(super) repo_url: Scalar,
    #[serde(deserialize_with = "scalars")]
    pub(super) tags: Vec<Scalar>,
}

/// A scan.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Scan {
    pub(super) id: Scalar,
    pub(super) application_id: Scalar,
    pub(super) scan_type: Scalar,
    pub(super) status: Scalar,
    pub(super) triggered_by: Scalar,
    pub(super) started_at: Scalar,
    pub(super) completed_at: Scalar,
    #[serde(deserialize_with = "object")]
    pub(super) summary: Summary,
}

/// How many findings a scan made.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Summary {
    pub(super) total_findings: Scalar,
    pub(super) critical: Scalar,
    pub(super) high: Scalar,
    pub(super) medium: Scalar,
    pub(super) low: Scalar,
}

/// A finding. The second half of the fields is not documented; some servers may add them.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Vulnerability {
    pub(super) id: Scalar,
    pub(super) application_id: Scalar,
    pub(super) scan_id: Scalar,
    pub(super) title: Scalar,
    pub(super) description: Scalar,
    pub(super) severity: Scalar,
    pub(super) status: Scalar,
    pub(super) cwe: Scalar,
    pub(super) cve: Scalar,
    pub(super) cvss_score: Scalar,
    pub(super) created_at: Scalar,

    pub(super) file_path: Scalar,
    pub(super) file: Scalar,
    pub(super) path: Scalar,
    pub(super) line: Scalar,
    pub(super) line_number: Scalar,
    pub(super) start_line: Scalar,
    pub(super) rule_id: Scalar,
    pub(super) rule: Scalar,
    pub(super) scanner: Scalar,
    pub(super) tool: Scalar,
    pub(super) package_name: Scalar,
    pub(super) package: Scalar,
    pub(super) component: Scalar,
    pub(super) package_version: Scalar,
    pub(super) fixed_version: Scalar,
    pub(super) url: Scalar,
    pub(super) link: Scalar,
}
