//! A library as a package. Mend's names are those of files (`globmatch-2.3.1.tgz`), so they are taken apart.

use packageurl::PackageUrl;

use super::path;
use crate::finding::Package;
use crate::source::mend::wire::{Component, DependencyContext, LibraryLocation};
use crate::source::names::one_line;
use crate::source::purl;
use crate::source::scalar::{Scalar, first};

/// A library of the project.
#[derive(Clone, Debug)]
pub(crate) struct Library {
    /// Its UUID, else its name.
    pub(in crate::source::mend) id: String,
    /// As Mend calls it: `copyleft-parser-3.1.0.jar`.
    pub(in crate::source::mend) name: String,
    /// What it is.
    pub(in crate::source::mend) package: Package,
    /// Where it is named, in the repository.
    pub(in crate::source::mend) path: Option<String>,
    /// Its licenses.
    pub(in crate::source::mend) licenses: Vec<Licensed>,
}

/// A license of a library.
#[derive(Clone, Debug)]
pub(crate) struct Licensed {
    /// Its name: `GPL-3.0`.
    pub(in crate::source::mend) name: String,
    /// Mend's word for its risk.
    pub(in crate::source::mend) risk: Scalar,
}

/// Reads a library. `None` if it cannot be told from others.
pub(in crate::source::mend) fn library(row: &Component, repository: Option<&str>) -> Option<Library> {
    let name = first(&[&row.name, &row.artifact_id]).word().map(|name| one_line(&name, 200));
    let id = row.uuid.word().map(std::borrow::Cow::into_owned).or_else(|| name.clone())?;
    let package = package(row, &[])?;
    let licenses = row.licenses.iter().filter_map(|license| {
        Some(Licensed { name: one_line(license.name.text()?, 120), risk: license.severity.clone() })
    });
    let licenses = licenses.collect();
    let path = location(row, repository);
    Some(Library { name: name.unwrap_or_else(|| id.clone()), id, package, path, licenses })
}

/// The package that a library is. `None` if nothing names it.
pub(super) fn package(component: &Component, contexts: &[DependencyContext]) -> Option<Package> {
    let version = component.version.word().map(|version| one_line(&version, 120));
    let direct = direct(component, contexts);
    if let Some(told) = component.purl.text().and_then(purl::parse) {
        let name = name_of(&told);
        let version = version.or_else(|| told.version().map(str::to_owned));
        // Built anew, so that it is the same with and without what Mend adds to it (`?type=jar`).
        let purl = purl::build(told.ty(), &name, version.as_deref()).unwrap_or_else(|| told.to_string());
        return Some(Package {
            name: name.into(),
            version: version.map(Into::into),
            purl: Some(purl.into()),
            direct,
            scope: None,
        });
    }
    let ecosystem = ecosystem(first(&[&component.library_type, &component.language]).text().unwrap_or_default());
    let name = name(component, ecosystem, version.as_deref())?;
    let purl = ecosystem.and_then(|ecosystem| purl::build(ecosystem, &name, version.as_deref()));
    Some(Package {
        name: name.into(),
        version: version.map(Into::into),
        purl: purl.map(Into::into),
        direct,
        scope: None,
    })
}

/// Name and namespace as the ecosystem writes them.
fn name_of(purl: &PackageUrl<'_>) -> String {
    match (purl.namespace(), purl.ty()) {
        (Some(namespace), "maven") => format!("{namespace}:{}", purl.name()),
        (Some(namespace), _) => format!("{namespace}/{}", purl.name()),
        (None, _) => purl.name().to_owned(),
    }
}

/// The purl type of what Mend calls a kind of library.
fn ecosystem(kind: &str) -> Option<&'static str> {
    let kind = kind.to_ascii_uppercase();
    let has = |part: &str| kind.contains(part);
    Some(match kind.as_str() {
        "MAVEN_ARTIFACT" | "JAVA_ARCHIVE" => "maven",
        "NODE_PACKAGED_MODULE" => "npm",
        "GO_PACKAGE" | "GO_MODULE" => "golang",
        "DOT_NET_AS_GENERIC_RESOURCE" => "nuget",
        _ if has("PYTHON") => "pypi",
        _ if has("RUBY") => "gem",
        _ if has("PHP") => "composer",
        _ if has("NUGET") => "nuget",
        _ if has("RUST") || has("CARGO") => "cargo",
        _ => return None,
    })
}

fn name(component: &Component, ecosystem: Option<&str>, version: Option<&str>) -> Option<String> {
    let group = component.group_id.text();
    let artifact = component.artifact_id.text().map(|artifact| without_version(artifact, version));
    let file = component.name.text().map(|name| without_version(name, version));
    let plain = || artifact.or(file).map(str::to_owned);
    let name = match (ecosystem, group) {
        (Some("maven"), Some(group)) => artifact.or(file).map(|artifact| format!("{group}:{artifact}")),
        // For npm the group is the whole name; a scope that stands alone needs the rest.
        (Some("npm"), Some(group)) if group.starts_with('@') && !group.contains('/') => artifact
            .or(file)
            .map(|artifact| format!("{group}/{}", artifact.trim_start_matches(group).trim_start_matches('/'))),
        (Some("npm"), Some(group)) => Some(group.to_owned()),
        (Some("golang"), Some(group)) if group.contains('/') => Some(group.to_owned()),
        _ => plain().or_else(|| group.map(str::to_owned)),
    };
    name.map(|name| one_line(&name, 200)).filter(|name| !name.is_empty())
}

/// The name of a package in the name of its file: `globmatch` of `globmatch-2.3.1.tgz`.
fn without_version<'n>(file: &'n str, version: Option<&str>) -> &'n str {
    if let Some(version) = version {
        for gap in ['-', '.', '@'] {
            let place = file.rfind(version).filter(|place| *place > 1);
            if let Some(head) = place.and_then(|place| file.get(..place)).and_then(|head| head.strip_suffix(gap)) {
                return head;
            }
        }
    }
    let ends = [".tar.gz", ".tgz", ".jar", ".war", ".ear", ".aar", ".whl", ".nupkg", ".gem", ".crate", ".zip", ".dll"];
    ends.iter().find_map(|end| file.strip_suffix(end)).unwrap_or(file)
}

/// Whether the project names the library itself. One that it names and that another brings, too, is one that it names.
fn direct(component: &Component, contexts: &[DependencyContext]) -> Option<bool> {
    let word = |word: &Scalar, part: &str| word.text().is_some_and(|text| text.to_ascii_lowercase().contains(part));
    let is_direct =
        |one: &DependencyContext| one.is_direct.flag() == Some(true) || word(&one.dependency_type, "direct");
    let is_transitive =
        |one: &DependencyContext| one.is_transitive.flag() == Some(true) || word(&one.dependency_type, "transitive");
    if contexts.iter().any(is_direct) {
        return Some(true);
    }
    if contexts.iter().any(is_transitive) {
        return Some(false);
    }
    if word(&component.dependency_type, "direct") {
        return Some(true);
    }
    if word(&component.dependency_type, "transitive") {
        return Some(false);
    }
    component.direct_dependency.flag()
}

/// Where a library is named: a manifest before the library's own file, the first that lies in the repository.
pub(super) fn location(component: &Component, repository: Option<&str>) -> Option<String> {
    let Component { path: plain, dependency_file, local_path, library_locations, locations, .. } = component;
    let places = || library_locations.iter().chain(locations);
    let manifests = places().map(|LibraryLocation { dependency_file, .. }| dependency_file);
    let files = places().map(|LibraryLocation { local_path, .. }| local_path);
    let told = [dependency_file, plain].into_iter().chain(manifests).chain([local_path]).chain(files);
    told.filter_map(Scalar::text).find_map(|told| path::relative(told, repository))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Component {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_names_of_files_become_the_names_of_packages() {
        for (json, name, purl) in [
            (
                r#"{"libraryType": "NODE_PACKAGED_MODULE", "groupId": "globmatch", "artifactId": "globmatch-2.3.1.tgz", "version": "2.3.1"}"#,
                "globmatch",
                Some("pkg:npm/globmatch@2.3.1"),
            ),
            (
                r#"{"language": "NODE_PACKAGED_MODULE", "groupId": "@acme/glob", "artifactId": "glob-2.3.1.tgz", "version": "2.3.1"}"#,
                "@acme/glob",
                Some("pkg:npm/%40acme/glob@2.3.1"),
            ),
            (
                r#"{"language": "NODE_PACKAGED_MODULE", "groupId": "@acme", "artifactId": "glob-2.3.1.tgz", "version": "2.3.1"}"#,
                "@acme/glob",
                Some("pkg:npm/%40acme/glob@2.3.1"),
            ),
            (
                r#"{"libraryType": "MAVEN_ARTIFACT", "groupId": "org.woodreader", "artifactId": "woodreader", "version": "6.2.8"}"#,
                "org.woodreader:woodreader",
                Some("pkg:maven/org.woodreader/woodreader@6.2.8"),
            ),
            (
                r#"{"libraryType": "JAVA_ARCHIVE", "name": "jackson-databind-2.13.3.jar", "groupId": "g", "version": "2.13.3"}"#,
                "g:jackson-databind",
                Some("pkg:maven/g/jackson-databind@2.13.3"),
            ),
            (
                r#"{"language": "GO_PACKAGE", "name": "github.com/gogo/x-v3.2.2+incompatible", "version": "v3.2.2+incompatible"}"#,
                "github.com/gogo/x",
                Some("pkg:golang/github.com/gogo/x@v3.2.2%2Bincompatible"),
            ),
            (
                r#"{"language": "DOT_NET_AS_GENERIC_RESOURCE", "artifactId": "System.Drawing.Common.4.7.0.nupkg", "version": "4.7.0"}"#,
                "System.Drawing.Common",
                Some("pkg:nuget/System.Drawing.Common@4.7.0"),
            ),
            (r#"{"name": "oldpack-1.22.22.tgz", "version": "1.22.22"}"#, "oldpack", None),
            (
                r#"{"purl": "pkg:maven/org.copyleft/copyleft-parser@3.1.0?type=jar", "name": "x.jar"}"#,
                "org.copyleft:copyleft-parser",
                Some("pkg:maven/org.copyleft/copyleft-parser@3.1.0"),
            ),
            (
                r#"{"purl": "pkg:rpm/fedora/dbus@1.10.24?arch=x86_64", "name": "dbus.rpm"}"#,
                "fedora/dbus",
                Some("pkg:rpm/fedora/dbus@1.10.24?arch=x86_64"),
            ),
        ] {
            let package = package(&of(json), &[]).unwrap();
            assert_eq!((&*package.name, package.purl.as_deref()), (name, purl), "{json}");
        }
        assert!(package(&of("{}"), &[]).is_none());
    }

    #[test]
    fn whether_a_library_is_direct_is_read_from_wherever_it_is_told() {
        for (json, want) in [
            (r#"{"dependencyType": "Direct"}"#, Some(true)),
            (r#"{"dependencyType": "DIRECT"}"#, Some(true)),
            (r#"{"dependencyType": "Transitive"}"#, Some(false)),
            (r#"{"dependencyType": "Direct / Transitive"}"#, Some(true)),
            (r#"{"dependencyType": "", "directDependency": "False"}"#, Some(false)),
            (r#"{"directDependency": "True"}"#, Some(true)),
            (r#"{"dependencyType": "?"}"#, None),
        ] {
            assert_eq!(direct(&of(json), &[]), want, "{json}");
        }
        let contexts: Vec<DependencyContext> =
            serde_json::from_str(r#"[{"dependencyType": "TRANSITIVE"}, {"isDirect": true}]"#).unwrap();
        assert_eq!(direct(&of(r#"{"dependencyType": "Transitive"}"#), &contexts), Some(true));
        assert_eq!(direct(&of(r#"{"dependencyType": "Direct"}"#), &contexts[..1]), Some(false));
    }
}
