//! Packages: their names, versions, advisories and fixes.

use super::wire::{Autofix, ImageAdvisory, ImagePackage, Library, Metadata};
use crate::finding::Package;
use crate::source::ids;
use crate::source::purl::{build, ecosystem_of_path, purl_type};
use crate::source::scalar::{Scalar, first};

/// The package of an SCA finding. `project` is the name of what was scanned, which may stand at the root of the chain.
pub(super) fn of_library(library: &Library, project: &str) -> Option<Package> {
    let Library { package_name, package_version, file_name, ecosystem, path } = library;
    let name = package_name.text()?;
    let version = package_version.text();
    let ecosystem = ecosystem.text().and_then(ecosystem_of_word).or_else(|| ecosystem_of_path(file_name.text()?));
    let chain: Vec<&str> = path.iter().filter_map(Scalar::text).collect();
    let chain = match chain.as_slice() {
        [root, rest @ ..] if without_version(root) == project => rest,
        all => all,
    };
    Some(Package {
        name: name.into(),
        version: version.map(Into::into),
        purl: ecosystem.and_then(|ecosystem| build(ecosystem, name, version)).map(Into::into),
        direct: match chain.len() {
            0 => None,
            length => Some(length == 1),
        },
        scope: None,
    })
}

/// `cookie` of `cookie@0.3.1`, `@angular/core` of `@angular/core@1.0.0`.
fn without_version(text: &str) -> &str {
    match text.rsplit_once('@') {
        Some((name, _)) if !name.is_empty() => name,
        _ => text,
    }
}

/// The package of a container finding. Those of an operating system have no purl: their distribution is not told.
pub(super) fn of_image(package: &ImagePackage, vuln: &ImageAdvisory) -> Option<Package> {
    let name = first(&[&package.name, &vuln.pkg_name]).text()?;
    let version = first(&[&package.version, &vuln.installed_version]).text();
    let is_system = vuln.class.text().is_some_and(|class| class.eq_ignore_ascii_case("os-pkgs"));
    let ecosystem = vuln.package_type.text().filter(|_| !is_system).and_then(ecosystem_of_word);
    let ecosystem = ecosystem.or_else(|| vuln.target.text().filter(|_| !is_system).and_then(ecosystem_of_path));
    Some(Package {
        name: name.into(),
        version: version.map(Into::into),
        purl: ecosystem.and_then(|ecosystem| build(ecosystem, name, version)).map(Into::into),
        direct: None,
        scope: None,
    })
}

/// The purl type of what CybeDefend, OSV and Trivy call a kind of package.
fn ecosystem_of_word(word: &str) -> Option<&'static str> {
    Some(match word.trim().to_ascii_lowercase().as_str() {
        "go" | "gobinary" | "gomod" => "golang",
        "crates.io" | "rust" | "rustbinary" => "cargo",
        "packagist" | "php" => "composer",
        "node-pkg" | "node" => "npm",
        "python-pkg" => "pypi",
        "jar" | "pom" => "maven",
        "gemspec" | "bundler" | "ruby" => "gem",
        "dotnet-core" | "dotnet-deps" => "nuget",
        other => return purl_type(other),
    })
}

/// The ids of an SCA finding's advisory, that which names it first: the CVE, the GHSA, the aliases; the vendor's own only where
/// there is no other, for nobody else knows it.
pub(super) fn advisories(metadata: &Metadata) -> Vec<String> {
    let Metadata { cve, ghsa_id, internal_id, aliases, .. } = metadata;
    let mut ids = Vec::new();
    for told in [cve, ghsa_id].into_iter().chain(aliases.iter().map(|alias| &alias.alias)).filter_map(Scalar::text) {
        ids::advisories(told, &mut ids);
    }
    // An alias may name the CVE that `cve` does not.
    ids.sort_by_key(|id| !id.starts_with("CVE-"));
    if ids.is_empty() {
        let own = [cve, ghsa_id, internal_id].into_iter().chain(aliases.iter().map(|alias| &alias.alias));
        ids.extend(own.filter_map(Scalar::text).next().map(str::to_ascii_uppercase));
    }
    ids
}

/// Adds the id of an advisory; one of a scheme that is not known is kept as it is, in capitals.
pub(super) fn advisory(told: &str, ids: &mut Vec<String>) {
    let before = ids.len();
    ids::advisories(told, ids);
    if ids.len() == before {
        ids.push(told.to_ascii_uppercase());
    }
}

/// Whether a fixed version exists, and which they are: what CybeDefend proposes, else what the advisory says.
pub(super) fn fixes(library: &Library, metadata: &Metadata, autofix: &[Autofix]) -> (Option<bool>, Vec<String>) {
    let name = library.package_name.text().unwrap_or_default();
    // A record that names no package is about this one.
    let own = |told: &Scalar| told.text().is_none_or(|told| told == name);
    let autofix = || autofix.iter().filter(|record| own(&record.vulnerable_package));
    let affected = || metadata.packages.iter().filter(|affected| affected.package_name.text() == Some(name));
    let mut fixed: Vec<String> =
        autofix().filter_map(|record| record.recommended_proposed_version.text()).flat_map(versions).collect();
    if fixed.is_empty() {
        fixed = affected().filter_map(|affected| affected.fixed.text()).flat_map(versions).collect();
    }
    let told =
        autofix().map(|record| &record.has_fix_available).chain(affected().map(|affected| &affected.fix_available));
    let told: Vec<bool> = told.filter_map(Scalar::flag).collect();
    let fix = if !fixed.is_empty() || told.contains(&true) {
        Some(true)
    } else {
        // Only where it is said of the advisory; that nothing is proposed automatically does not mean that nothing is there.
        affected().any(|affected| affected.fix_available.flag() == Some(false)).then_some(false)
    };
    (fix, fixed)
}

/// Versions in a list.
pub(super) fn versions(text: &str) -> Vec<String> {
    let versions = text.split([',', ';']).map(str::trim).filter(|version| !version.is_empty());
    versions.map(str::to_owned).collect()
}

/// What a finding of a package is called where nobody gave it a name.
pub(super) fn title(advisory: Option<&str>, package: Option<&Package>) -> String {
    let what = advisory.unwrap_or("a vulnerability");
    package.map_or_else(|| what.to_owned(), |package| format!("{what} in {}", package.name))
}

/// The image that a target names, without its tag and digest, which change with every build, and without the operating system
/// in brackets behind it. A file in an image stays as it is.
pub(super) fn image(target: &str) -> String {
    let target = target.split(" (").next().unwrap_or_default().trim();
    let target = target.split('@').next().filter(|_| target.contains("@sha256:")).unwrap_or(target);
    match target.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') && !name.is_empty() => name.to_owned(),
        _ => target.to_owned(),
    }
}

#[cfg(test)]
#[path = "tests/package.rs"]
mod tests;
