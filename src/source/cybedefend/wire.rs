//! What CybeDefend sends. No field is relied on to be there or to be of its documented type.

use serde::Deserialize;

use crate::source::scalar::{Rows, Scalar, object, objects, scalars};

/// `GET /client-apps`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ClientApps {
    #[serde(deserialize_with = "object")]
    pub(super) cli: ClientApp,
    /// The audience to ask a token for, where it is not the address of the API.
    pub(super) logto_resource: Scalar,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ClientApp {
    pub(super) app_id: Scalar,
}

/// The answer of the exchange.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Exchanged {
    pub(super) access_token: Scalar,
    /// Seconds.
    pub(super) expires_in: Scalar,
}

/// What a token says of its time, in seconds since 1970.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Claims {
    pub(super) iat: Scalar,
    pub(super) exp: Scalar,
}

/// Every shape of error.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Refusal {
    /// Text, or a list of texts.
    #[serde(deserialize_with = "scalars")]
    pub(super) message: Vec<Scalar>,
    pub(super) error_description: Scalar,
    pub(super) error: Scalar,
    /// `oidc.invalid_grant` of the login service; a number elsewhere.
    pub(super) code: Scalar,
}

/// `GET /user/profile`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Profile {
    #[serde(deserialize_with = "objects")]
    pub(super) my_organizations: Vec<Organization>,
    #[serde(deserialize_with = "objects")]
    pub(super) my_accessible_projects: Vec<Listed>,
}

/// `GET /organizations` where it is not a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Organizations {
    #[serde(deserialize_with = "objects")]
    pub(super) organizations: Vec<Organization>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Organization {
    pub(super) id: Scalar,
    pub(super) name: Scalar,
}

/// A page of `GET /organization/{id}/projects`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Listing {
    #[serde(deserialize_with = "objects")]
    pub(super) projects: Vec<Listed>,
    pub(super) total_pages: Scalar,
}

/// A project in a list: a profile calls its name `projectName`, an organization `name`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Listed {
    pub(super) project_id: Scalar,
    pub(super) id: Scalar,
    pub(super) project_name: Scalar,
    pub(super) name: Scalar,
    pub(super) organization_id: Scalar,
}

/// `GET /project/{id}`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Project {
    pub(super) project_id: Scalar,
    pub(super) id: Scalar,
    pub(super) name: Scalar,
    pub(super) sast_enabled: Scalar,
    pub(super) sca_enabled: Scalar,
    pub(super) iac_enabled: Scalar,
    pub(super) container_enabled: Scalar,
    /// The severities that are shown. An empty list shows none, so it is told from one that is not there.
    pub(super) sast_severities: serde_json::Value,
    pub(super) sca_severities: serde_json::Value,
    pub(super) iac_severities: serde_json::Value,
    pub(super) sca_transitive_dependencies_enabled: Scalar,
    pub(super) sca_development_dependencies_enabled: Scalar,
}

/// `GET /project/{id}/branches`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Branches {
    #[serde(deserialize_with = "scalars")]
    pub(super) branches: Vec<Scalar>,
}

/// The scan that a list names.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ScanInfo {
    pub(super) scan_id: Scalar,
    pub(super) state: Scalar,
    pub(super) create_at: Scalar,
}

/// `GET /project/{id}/scan/{id}`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Scan {
    pub(super) id: Scalar,
    pub(super) state: Scalar,
    pub(super) project_id: Scalar,
    pub(super) updated_at: Scalar,
    pub(super) end_time: Scalar,
    pub(super) error_message: Scalar,
    pub(super) error_category: Scalar,
}

/// A page of findings.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Page<'a> {
    pub(super) project_id: Scalar,
    pub(super) total: Scalar,
    pub(super) total_pages: Scalar,
    /// The filters that the server applied.
    #[serde(deserialize_with = "scalars")]
    pub(super) severity: Vec<Scalar>,
    #[serde(deserialize_with = "scalars")]
    pub(super) status: Vec<Scalar>,
    #[serde(deserialize_with = "scalars")]
    pub(super) priority: Vec<Scalar>,
    #[serde(borrow)]
    pub(super) vulnerabilities: Option<Rows<'a>>,
    #[serde(deserialize_with = "object")]
    pub(super) scan_project_info: ScanInfo,
}

/// A finding of every type but container. An older API sent what `base` holds without `base` around it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Element {
    #[serde(deserialize_with = "object")]
    pub(super) base: Base,
    #[serde(deserialize_with = "object")]
    pub(super) library: Library,
    #[serde(deserialize_with = "object")]
    pub(super) metadata: Metadata,
    pub(super) cvss_score: Scalar,
    #[serde(deserialize_with = "objects")]
    pub(super) autofix_records: Vec<Autofix>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Base {
    pub(super) id: Scalar,
    pub(super) project_id: Scalar,
    pub(super) created_at: Scalar,
    pub(super) current_state: Scalar,
    pub(super) current_severity: Scalar,
    pub(super) path: Scalar,
    pub(super) vulnerable_start_line: Scalar,
    pub(super) vulnerable_end_line: Scalar,
    pub(super) branch: Scalar,
    #[serde(deserialize_with = "objects")]
    pub(super) code_snippets: Vec<Snippet>,
    #[serde(rename = "cvss4BaseScore")]
    pub(super) base_score: Scalar,
    #[serde(rename = "cvss4EnvironmentalScore")]
    pub(super) environmental_score: Scalar,
    #[serde(rename = "cvss4Vector")]
    pub(super) base_vector: Scalar,
    #[serde(rename = "cvss4EnvironmentalVector")]
    pub(super) environmental_vector: Scalar,
    pub(super) epss_score: Scalar,
    #[serde(deserialize_with = "object")]
    pub(super) vulnerability: Rule,
}

/// The rule that found it; `null` for packages.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Rule {
    pub(super) id: Scalar,
    pub(super) name: Scalar,
    pub(super) short_description: Scalar,
    pub(super) severity: Scalar,
    #[serde(deserialize_with = "scalars")]
    pub(super) cwe: Vec<Scalar>,
    #[serde(deserialize_with = "scalars")]
    pub(super) cwe_array: Vec<Scalar>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Snippet {
    pub(super) vulnerable_start_line: Scalar,
    pub(super) vulnerable_end_line: Scalar,
    #[serde(deserialize_with = "objects")]
    pub(super) code: Vec<Line>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Line {
    pub(super) line: Scalar,
    /// Not trimmed by who hashes it: white space does not count there.
    pub(super) content: Scalar,
}

/// The package of an SCA finding.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Library {
    pub(super) package_name: Scalar,
    pub(super) package_version: Scalar,
    /// The manifest or lock file.
    pub(super) file_name: Scalar,
    pub(super) ecosystem: Scalar,
    /// From what the project names to the package.
    #[serde(deserialize_with = "scalars")]
    pub(super) path: Vec<Scalar>,
}

/// The advisory of an SCA finding.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Metadata {
    pub(super) cve: Scalar,
    pub(super) ghsa_id: Scalar,
    pub(super) internal_id: Scalar,
    pub(super) summary: Scalar,
    pub(super) severity_gh: Scalar,
    #[serde(deserialize_with = "objects")]
    pub(super) aliases: Vec<Alias>,
    #[serde(deserialize_with = "objects")]
    pub(super) cwes: Vec<Weakness>,
    #[serde(deserialize_with = "objects")]
    pub(super) references: Vec<Reference>,
    #[serde(deserialize_with = "objects")]
    pub(super) severities: Vec<Rating>,
    #[serde(deserialize_with = "objects")]
    pub(super) packages: Vec<Affected>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Alias {
    pub(super) alias: Scalar,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Weakness {
    pub(super) cwe_id: Scalar,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reference {
    pub(super) url: Scalar,
}

/// `score` is a CVSS vector, or a number as text.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Rating {
    pub(super) score: Scalar,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Affected {
    pub(super) package_name: Scalar,
    pub(super) fixed: Scalar,
    pub(super) fix_available: Scalar,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Autofix {
    pub(super) vulnerable_package: Scalar,
    pub(super) recommended_proposed_version: Scalar,
    pub(super) has_fix_available: Scalar,
}

/// A container finding as an element that has `base` after all.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WrappedContainer {
    #[serde(deserialize_with = "object")]
    pub(super) base: Container,
}

/// A container finding: nothing is nested in `base`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Container {
    pub(super) id: Scalar,
    pub(super) project_id: Scalar,
    pub(super) created_at: Scalar,
    pub(super) vulnerability_identifier: Scalar,
    pub(super) current_state: Scalar,
    pub(super) current_severity: Scalar,
    pub(super) fixed_version: Scalar,
    pub(super) branch: Scalar,
    #[serde(rename = "cvss4BaseScore")]
    pub(super) base_score: Scalar,
    #[serde(rename = "cvss4EnvironmentalScore")]
    pub(super) environmental_score: Scalar,
    #[serde(rename = "cvss4Vector")]
    pub(super) base_vector: Scalar,
    #[serde(rename = "cvss4EnvironmentalVector")]
    pub(super) environmental_vector: Scalar,
    pub(super) epss_score: Scalar,
    #[serde(deserialize_with = "object")]
    pub(super) package: ImagePackage,
    #[serde(deserialize_with = "object")]
    pub(super) vuln: ImageAdvisory,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ImagePackage {
    pub(super) name: Scalar,
    pub(super) version: Scalar,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ImageAdvisory {
    pub(super) vulnerability_id: Scalar,
    pub(super) pkg_name: Scalar,
    pub(super) installed_version: Scalar,
    pub(super) title: Scalar,
    pub(super) severity: Scalar,
    #[serde(rename = "type")]
    pub(super) package_type: Scalar,
    pub(super) class: Scalar,
    /// The image, or a file in it.
    pub(super) target: Scalar,
    #[serde(deserialize_with = "scalars")]
    pub(super) cwe_ids: Vec<Scalar>,
}
