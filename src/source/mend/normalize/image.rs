//! What is found in container images. Mend tells no status of it, so everything is open.

use super::{Maker, advisories, probability, rate, reachable};
use crate::finding::{Finding, Kind, Location, Package, Text};
use crate::source::ledger::Ledger;
use crate::source::mend::client::Row;
use crate::source::mend::wire::{ImageRow, SecretRow};
use crate::source::names::{one_line, sorted};
use crate::source::scalar::{Scalar, first};

/// Reads a vulnerability.
pub(super) fn read(maker: &Maker<'_>, row: ImageRow, ledger: &mut Ledger) -> Result<Row<Finding>, &'static str> {
    let id = row.uuid.word().ok_or("it has no uuid")?.into_owned();
    if maker.is_foreign(&[&row.project_uuid, &row.project_uuid_too]) {
        return Ok(Row::Foreign(id));
    }
    let name = first(&[&row.vulnerability_id, &row.vulnerability_id_too]).text().ok_or("it names no vulnerability")?;
    let ids = advisories(&[name]);
    let advisory = ids.first().map(|id| id.to_string());
    // Which distribution the package is of is not told, so there is no package URL.
    let package = row.package_name.text().map(|package| Package {
        name: maker.text(&one_line(package, 200)),
        version: row.package_version.word().map(|version| maker.text(&one_line(&version, 120))),
        purl: None,
        direct: None,
        scope: None,
    });
    let image = row.image_name.text();
    let rated = rate(&row.severity, &row.cvss_details, row.cvss.number(), ledger);
    let title = match (row.description.text(), package.as_ref(), image) {
        (Some(said), ..) => said.to_owned(),
        (None, Some(package), Some(image)) => format!("{name} in {} of the image {image}", package.name),
        (None, Some(package), None) => format!("{name} in {}", package.name),
        (None, None, _) => name.to_owned(),
    };
    let draft = super::Draft {
        kind: Kind::Container,
        tool: "Mend Container",
        id: &id,
        check: Some(name),
        title,
        rated,
        package,
        // As scanners of images do it in SARIF: the image is the place. Its tag changes with every build.
        location: image.and_then(repository_of).map(|image| place(maker.text(&image))),
        snippet: None,
        first_seen: first(&[&row.detection_date, &row.created_at]).time(),
    };
    let mut finding = maker.finding(draft, advisory.as_deref());
    finding.ids = sorted(ids);
    finding.fix = row.has_fix.flag();
    finding.fixed_in = match row.fix_version.word() {
        Some(versions) => {
            let versions = versions.split(',').map(str::trim).filter(|version| !version.is_empty());
            sorted(versions.take(20).map(|version| one_line(version, 80).into()).collect())
        }
        None => finding.fixed_in,
    };
    if !finding.fixed_in.is_empty() {
        finding.fix = Some(true);
    }
    // The scale is not documented; Mend's example is 5.1, and dependencies are told in percent.
    finding.epss = probability(&row.epss);
    finding.reachable = reachable(&row.reachability_status);
    Ok(Row::Kept(id, finding))
}

/// Reads a secret. Its value is not told, and what describes it is the text of the check.
pub(super) fn read_secret(
    maker: &Maker<'_>,
    row: SecretRow,
    ledger: &mut Ledger,
) -> Result<Row<Finding>, &'static str> {
    let id = row.uuid.word().ok_or("it has no uuid")?.into_owned();
    let check = first(&[&row.rule_id, &row.category]).word();
    // The path is one of the image, from its root.
    let file = row.file_path.text().map(|path| path.replace('\\', "/"));
    let file = file.map(|path| path.trim_start_matches('/').to_owned());
    let location = maker.path(&file.map_or(Scalar::Nothing, Scalar::Text)).map(|path| Location {
        path,
        line: row.start_line.line(),
        column: None,
        end_line: row.end_line.line().filter(|end| row.start_line.line().is_some_and(|line| line <= *end)),
        end_column: None,
    });
    let what = first(&[&row.description, &row.category]).text().unwrap_or("secret");
    let draft = super::Draft {
        kind: Kind::Secret,
        tool: "Mend Container",
        id: &id,
        check: check.as_deref(),
        title: format!("{what} in a container image"),
        rated: rate(&row.severity, &Scalar::Nothing, None, ledger),
        package: None,
        location,
        snippet: None,
        first_seen: row.created_at.time(),
    };
    let finding = maker.finding(draft, None);
    Ok(Row::Kept(id, finding))
}

fn place(path: Text) -> Location {
    Location { path, line: None, column: None, end_line: None, end_column: None }
}

/// The name of an image without its tag and digest: `registry:5000/app` of `registry:5000/app:1.2@sha256:...`.
fn repository_of(image: &str) -> Option<String> {
    let image = image.split('@').next().unwrap_or_default();
    let folder = image.rfind('/').map_or(0, |slash| slash + 1);
    let end = image.get(folder..)?.find(':').map_or(image.len(), |colon| folder + colon);
    super::path::relative(image.get(..end)?.trim_start_matches('/'), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_named_without_what_changes_with_every_build() {
        for (image, want) in [
            ("payments-api:1.4.2", Some("payments-api")),
            ("registry.acme.example:5000/team/app:1@sha256:abc", Some("registry.acme.example:5000/team/app")),
            ("registry:5000/app", Some("registry:5000/app")),
            ("app", Some("app")),
            (":1", None),
            ("../x", None),
        ] {
            assert_eq!(repository_of(image).as_deref(), want, "{image}");
        }
    }
}
