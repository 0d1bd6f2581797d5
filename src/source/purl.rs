//! Package URLs: parsed, and built where the ecosystem is known for sure.

use std::str::FromStr;

use packageurl::PackageUrl;

/// Parses a package URL; the parser wants the scheme in small letters.
pub(super) fn parse(text: &str) -> Option<PackageUrl<'static>> {
    let rest = text.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("pkg:")).and_then(|_| text.get(4..))?;
    PackageUrl::from_str(&format!("pkg:{rest}")).ok()
}

/// A package URL in canonical form, where the name can be taken apart for sure.
pub(super) fn build(ecosystem: &str, name: &str, version: Option<&str>) -> Option<String> {
    let (namespace, name) = match ecosystem {
        "maven" => name.split_once(':').map(|(group, artifact)| (Some(group), artifact))?,
        "npm" | "golang" | "composer" => match name.rsplit_once('/') {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, name),
        },
        "pypi" | "cargo" | "gem" | "nuget" | "pub" | "hex" => (None, name),
        // Packages of an operating system need the name of the distribution, which is not told.
        _ => return None,
    };
    let mut purl = PackageUrl::new(ecosystem.to_owned(), name.to_owned()).ok()?;
    if let Some(namespace) = namespace {
        purl.with_namespace(namespace.to_owned()).ok()?;
    }
    if let Some(version) = version {
        purl.with_version(version.to_owned()).ok()?;
    }
    // Written and read once more, for only reading brings a name into the form that its type demands.
    PackageUrl::from_str(&purl.to_string()).ok().map(|purl| purl.to_string())
}

/// The purl type of what tools call a kind of package or a package manager.
pub(super) fn purl_type(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_lowercase().as_str() {
        "npm" | "yarn" | "pnpm" | "javascript" => "npm",
        "pip" | "pypi" | "poetry" | "pipenv" | "python" => "pypi",
        "maven" | "gradle" | "java-archive" | "sbt" => "maven",
        "golang" | "gomodules" | "golangdep" | "go-module" | "govendor" => "golang",
        "cargo" | "rust-crate" => "cargo",
        "gem" | "rubygems" => "gem",
        "nuget" | "dotnet" | "paket" => "nuget",
        "composer" | "php-composer" => "composer",
        "hex" => "hex",
        "pub" | "dart-pub" => "pub",
        "deb" => "deb",
        "rpm" => "rpm",
        "apk" => "apk",
        _ => return None,
    })
}

/// The purl type of what a manifest or lock file lists.
pub(super) fn ecosystem_of_path(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next()?;
    Some(match name {
        "package-lock.json" | "package.json" | "npm-shrinkwrap.json" | "yarn.lock" | "pnpm-lock.yaml" | "bun.lock" => {
            "npm"
        }
        "Pipfile" | "Pipfile.lock" | "poetry.lock" | "uv.lock" | "pdm.lock" | "pyproject.toml" | "pylock.toml"
        | "setup.py" | "METADATA" | "PKG-INFO" => "pypi",
        "go.mod" | "go.sum" => "golang",
        "Cargo.lock" | "Cargo.toml" => "cargo",
        "pom.xml" | "gradle.lockfile" | "buildscript-gradle.lockfile" | "build.gradle" | "build.gradle.kts" => "maven",
        "Gemfile" | "Gemfile.lock" | "gems.locked" => "gem",
        "composer.json" | "composer.lock" | "installed.json" => "composer",
        "packages.lock.json" | "packages.config" | "Directory.Packages.props" | "project.assets.json" => "nuget",
        "pubspec.lock" | "pubspec.yaml" => "pub",
        "mix.lock" | "mix.exs" => "hex",
        name => {
            let end = |tails: &[&str]| tails.iter().any(|tail| name.ends_with(tail));
            if name.starts_with("requirements") && end(&[".txt"]) {
                "pypi"
            } else if end(&[".jar", ".war", ".ear"]) {
                "maven"
            } else if end(&[".gemspec"]) {
                "gem"
            } else if end(&[".csproj", ".fsproj", ".vbproj", ".deps.json"]) {
                "nuget"
            } else {
                return None;
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_urls_are_built_in_canonical_form_or_not_at_all() {
        for (ecosystem, name, version, want) in [
            ("npm", "@angular/core", Some("1.0.0"), Some("pkg:npm/%40angular/core@1.0.0")),
            ("npm", "lodash", None, Some("pkg:npm/lodash")),
            ("pypi", "Django_Rest", Some("3"), Some("pkg:pypi/django-rest@3")),
            ("maven", "org.a:b", Some("1"), Some("pkg:maven/org.a/b@1")),
            ("maven", "b", Some("1"), None),
            ("golang", "github.com/gogo/protobuf", Some("1.3.1"), Some("pkg:golang/github.com/gogo/protobuf@1.3.1")),
            ("deb", "openssl", Some("1"), None),
            ("npm", "", Some("1"), None),
        ] {
            assert_eq!(build(ecosystem, name, version).as_deref(), want, "{ecosystem} {name}");
        }
    }

    #[test]
    fn a_manifest_tells_the_kind_of_its_packages() {
        for (path, want) in [
            ("web/package-lock.json", Some("npm")),
            ("requirements-dev.txt", Some("pypi")),
            ("lib/log4j-core-2.14.jar", Some("maven")),
            ("library/alpine", None),
        ] {
            assert_eq!(ecosystem_of_path(path), want, "{path}");
        }
    }
}
