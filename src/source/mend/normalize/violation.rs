//! Violations of the organization's policies at Mend, and licenses.

use super::component::{Library, Licensed};
use super::{Draft, Maker, rate};
use crate::finding::{Finding, Kind, Location, Package, Text};
use crate::source::ledger::Ledger;
use crate::source::mend::wire::{ViolationRow, Workflow};
use crate::source::names::{one_line, sorted};
use crate::source::scalar::Scalar;

/// The finding of a violation. `None` where the finding that violates is in a list of its own: it would count twice.
pub(super) fn finding(
    maker: &Maker<'_>,
    row: &ViolationRow,
    library: Option<&Library>,
    ledger: &mut Ledger,
) -> Option<Finding> {
    let id = row.uuid.word()?;
    let kind = kind(row, ledger)?;
    let name = row.name.text().map(|name| one_line(name, 120));
    let origin = row.origin_name.text().map(|origin| one_line(origin, 200));
    let policies: Vec<String> = row
        .workflow_data
        .iter()
        .filter_map(|Workflow { workflow_name }| Some(one_line(workflow_name.text()?, 80)))
        .collect();
    let named = library.map(|library| library.package.clone()).or_else(|| {
        let name = origin.as_ref().filter(|_| matches!(kind, Kind::License | Kind::Other))?;
        Some(Package { name: name.as_str().into(), version: None, purl: None, direct: None, scope: None })
    });
    let what = name.as_deref().unwrap_or("something");
    let subject = origin.as_ref().map(|origin| format!(" of {origin}")).unwrap_or_default();
    let violates = if policies.is_empty() { String::new() } else { format!(" violates {}", policies.join(", ")) };
    let draft = Draft {
        kind,
        tool: "Mend",
        id: &id,
        // A license is its own check; a violation by a library as such is named by the policy.
        check: name.as_deref().or(policies.first().map(String::as_str)),
        title: match kind {
            Kind::License => format!("license {what}{subject}{violates}"),
            _ => format!("{what}{subject}{violates}"),
        },
        rated: rate(&row.risk, &Scalar::Nothing, None, ledger),
        package: named,
        location: library.and_then(|library| library.path.as_deref()).map(|path| place(maker.text(path))),
        snippet: None,
        first_seen: row.created_at.time(),
    };
    let mut finding = maker.finding(draft, None);
    if kind == Kind::License {
        finding.license = sorted(name.into_iter().map(Text::from).collect());
    }
    Some(finding)
}

/// What kind of finding a violation is.
fn kind(row: &ViolationRow, ledger: &mut Ledger) -> Option<Kind> {
    let engine = row.engine.text().unwrap_or_default().to_ascii_uppercase();
    match row.finding_type.text().unwrap_or_default().to_ascii_uppercase().as_str() {
        "LEGAL" => Some(Kind::License),
        "LIBRARY" => Some(Kind::Other),
        // These engines have no list of findings; what violates a policy is all that Mend tells of them.
        "SECURITY" => match engine.as_str() {
            "IAC" => Some(Kind::Iac),
            "DAST" => Some(Kind::Dast),
            "SCA" | "SAST" | "IMG" | "UNIFIED" => None,
            _ => Some(Kind::Other),
        },
        other => {
            ledger.unknown_word("type", if other.is_empty() { "(none)" } else { other });
            Some(Kind::Other)
        }
    }
}

/// The finding of a license that violates no policy.
pub(super) fn license(maker: &Maker<'_>, library: &Library, license: &Licensed, ledger: &mut Ledger) -> Finding {
    let id = format!("{} {}", library.id, license.name);
    let draft = Draft {
        kind: Kind::License,
        tool: "Mend",
        id: &id,
        check: Some(&license.name),
        title: format!("license {} of {}", license.name, library.name),
        rated: rate(&license.risk, &Scalar::Nothing, None, ledger),
        package: Some(library.package.clone()),
        location: library.path.as_deref().map(|path| place(maker.text(path))),
        snippet: None,
        first_seen: None,
    };
    let mut finding = maker.finding(draft, None);
    finding.license = sorted(vec![maker.text(&license.name)]);
    finding
}

fn place(path: Text) -> Location {
    Location { path, line: None, column: None, end_line: None, end_column: None }
}
