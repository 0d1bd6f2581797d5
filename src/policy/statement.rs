//! What VEX documents state: that a vulnerability does not concern a product, or that it does.
//!
//! What the documents look like is not known here. A statement excuses a finding only where vulnerability and package are
//! certain; whatever is not told on either side does not match.

use std::collections::HashMap;

use jiff::Timestamp;
use packageurl::PackageUrl;

use crate::finding::{Finding, Package, unversioned};

use super::{PackagePattern, Place};

/// One statement.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Where it stands.
    pub place: Place,
    /// The vulnerability and its aliases, at least one; they are compared without case.
    pub ids: Vec<String>,
    /// What it is about.
    pub products: Vec<Product>,
    /// The document's word: `not_affected`.
    pub status: String,
    /// Whether the document says why.
    pub is_reasoned: bool,
    /// Since when it holds, UTC.
    pub since: Option<Timestamp>,
}

/// What a statement is about.
#[derive(Clone, Debug)]
pub enum Product {
    /// A package.
    Package(Purl),
    /// A package as a part of a product: only where that product is the one that is judged.
    Part {
        /// The part.
        part: Purl,
        /// The product.
        of: Purl,
    },
    /// What the document as a whole is about: the vulnerability is stated for every package in it.
    Whole {
        /// Its name, for people.
        name: String,
        /// Its package URL, where it has one: if the project depends on such a package, that one is meant.
        purl: Option<Purl>,
    },
    /// Something that nothing can be compared with.
    Unclear {
        /// As the document names it.
        name: String,
        /// Why not: `is no package URL`.
        why: String,
    },
}

/// A package URL in a statement.
#[derive(Clone, Debug)]
pub struct Purl {
    /// As it was written.
    pub text: String,
    /// Package and version; without a version every version is meant.
    pattern: PackagePattern,
    /// Qualifiers, all of which a finding's package must have.
    qualifiers: Vec<(String, String)>,
    /// A part of the package; only findings of the same part are meant.
    subpath: Option<String>,
    /// Host and path, where the type is that of a platform: `github.com/acme/payments`.
    repository: Option<String>,
}

/// Whose repository a package URL names.
enum Whose {
    /// The one that is judged.
    Own,
    /// The same in another version, in words.
    Version(String),
    /// Another one.
    Other,
}

impl Purl {
    /// Reads one. `None` if it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Purl> {
        let rest = text.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("pkg:")).and_then(|_| text.get(4..))?;
        let whole = format!("pkg:{rest}");
        let url: PackageUrl<'_> = whole.parse().ok()?;
        let mut base = PackageUrl::new(url.ty().to_owned(), url.name().to_owned()).ok()?;
        if let Some(namespace) = url.namespace() {
            base.with_namespace(namespace.to_owned()).ok()?;
        }
        let host = match url.ty() {
            "github" => Some("github.com"),
            "gitlab" => Some("gitlab.com"),
            "bitbucket" => Some("bitbucket.org"),
            _ => None,
        };
        let path = url.namespace().map_or(url.name().to_owned(), |namespace| format!("{namespace}/{}", url.name()));
        let version = url.version().filter(|version| !version.is_empty()).map(str::to_owned);
        let mut qualifiers: Vec<(String, String)> =
            url.qualifiers().iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        qualifiers.sort();
        Some(Purl {
            text: text.to_owned(),
            pattern: PackagePattern::Purl { base: base.to_string(), version },
            qualifiers,
            subpath: url.subpath().map(str::to_owned),
            repository: host.map(|host| format!("{host}/{path}")),
        })
    }

    /// The version that is stated.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        match &self.pattern {
            PackagePattern::Purl { version, .. } => version.as_deref(),
            PackagePattern::Name(_) => None,
        }
    }

    /// The same package in one version.
    #[must_use]
    pub fn at(mut self, wanted: &str) -> Purl {
        if let PackagePattern::Purl { version, .. } = &mut self.pattern {
            *version = Some(wanted.to_owned());
        }
        self
    }

    fn without_version(&self) -> Purl {
        let mut any = self.clone();
        if let PackagePattern::Purl { version, .. } = &mut any.pattern {
            *version = None;
        }
        any.qualifiers.clear();
        any.subpath = None;
        any
    }

    /// Whose repository it names, if it names one. Where nobody knows which is judged, it is another one.
    fn project(&self, repository: Option<&str>, revisions: &[&str]) -> Option<Whose> {
        let own = self.repository.as_deref()?;
        if !repository.is_some_and(|judged| own.eq_ignore_ascii_case(judged)) {
            return Some(Whose::Other);
        }
        Some(match self.version() {
            Some(version) if !revisions.contains(&version) => {
                Whose::Version(format!("is version {version} of this project, and another one is judged"))
            }
            _ => Whose::Own,
        })
    }

    /// Whether it certainly means the package.
    fn means(&self, package: &Package) -> bool {
        if self.pattern.matches(package) != Some(true) {
            return false;
        }
        if self.qualifiers.is_empty() && self.subpath.is_none() {
            return true;
        }
        let Some(url) = package.purl.as_deref().and_then(|purl| purl.parse::<PackageUrl<'_>>().ok()) else {
            return false;
        };
        let same = |(key, value): &(String, String)| url.qualifiers().get(key.as_str()).is_some_and(|v| *v == **value);
        self.qualifiers.iter().all(same) && (self.subpath.is_none() || self.subpath.as_deref() == url.subpath())
    }

    /// Whether it is not certain that it means another one.
    fn may_mean(&self, package: &Package) -> bool {
        if self.pattern.matches(package) == Some(false) {
            return false;
        }
        let Some(url) = package.purl.as_deref().and_then(|purl| purl.parse::<PackageUrl<'_>>().ok()) else {
            return true;
        };
        let other = |(key, value): &(String, String)| url.qualifiers().get(key.as_str()).is_some_and(|v| *v != **value);
        !self.qualifiers.iter().any(other)
    }
}

impl Statement {
    /// Takes a package URL of the repository that is judged for the whole of it.
    ///
    /// `revisions` are the commit and branch that are judged: a statement about another version of the project says nothing.
    pub(super) fn settle(&mut self, repository: Option<&str>, revisions: &[&str]) {
        for product in &mut self.products {
            let settled = match product {
                Product::Package(purl) => match purl.project(repository, revisions) {
                    None | Some(Whose::Other) => continue,
                    Some(Whose::Own) => Product::Whole { name: purl.text.clone(), purl: None },
                    Some(Whose::Version(why)) => Product::Unclear { name: purl.text.clone(), why },
                },
                // Not every product is a repository: of one that is none nobody can tell whether it is made of this project.
                Product::Part { part, of } => match of.project(repository, revisions) {
                    None | Some(Whose::Own) => Product::Package(part.clone()),
                    Some(Whose::Other) => Product::Unclear {
                        name: part.text.clone(),
                        why: format!("is stated as a part of {}, which is not what is judged", of.text),
                    },
                    Some(Whose::Version(why)) => Product::Unclear { name: of.text.clone(), why },
                },
                Product::Whole { name, purl: Some(purl) } => match purl.project(repository, revisions) {
                    None | Some(Whose::Own) => continue,
                    // It may still be what the project depends on.
                    Some(Whose::Other) => Product::Package(purl.clone()),
                    Some(Whose::Version(why)) => Product::Unclear { name: name.clone(), why },
                },
                Product::Unclear { name, .. }
                    if repository.is_some_and(|repository| is_address_of(name, repository)) =>
                {
                    Product::Whole { name: name.clone(), purl: None }
                }
                Product::Whole { .. } | Product::Unclear { .. } => continue,
            };
            *product = settled;
        }
    }

    /// Whether it is about the finding, seen alone: a product that is a whole counts, whatever the project depends on.
    #[must_use]
    pub fn fits(&self, finding: &Finding) -> bool {
        self.names(finding) && self.products.iter().any(|product| product.covers(finding))
    }

    fn names(&self, finding: &Finding) -> bool {
        let same = |known: &str| self.ids.iter().any(|id| id.eq_ignore_ascii_case(known));
        finding.ids.iter().any(|id| same(id)) || finding.sightings.iter().any(|s| s.id.as_deref().is_some_and(same))
    }

    /// The vulnerability, for people.
    fn vulnerability(&self) -> &str {
        self.ids.first().map_or("the vulnerability", String::as_str)
    }
}

impl Product {
    fn covers(&self, finding: &Finding) -> bool {
        match self {
            Product::Package(purl) | Product::Part { part: purl, of: _ } => {
                finding.package.as_deref().is_some_and(|package| purl.means(package))
            }
            Product::Whole { .. } => true,
            Product::Unclear { .. } => false,
        }
    }

    /// Whether it may be about the finding: what stands against a waiver need not be as certain as the waiver.
    fn may_cover(&self, finding: &Finding) -> bool {
        match self {
            Product::Package(purl) | Product::Part { part: purl, of: _ } => {
                finding.package.as_deref().is_some_and(|package| purl.may_mean(package))
            }
            Product::Whole { .. } | Product::Unclear { .. } => self.covers(finding),
        }
    }

    /// As people know it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Product::Package(purl) | Product::Part { part: purl, of: _ } => &purl.text,
            Product::Whole { name, .. } | Product::Unclear { name, .. } => name,
        }
    }
}

/// Whether a name is the web address of a repository.
fn is_address_of(name: &str, repository: &str) -> bool {
    let bare = name.strip_prefix("https://").unwrap_or_default();
    let bare = bare.trim_end_matches('/');
    bare.strip_suffix(".git").unwrap_or(bare).eq_ignore_ascii_case(repository)
}

/// Findings by the ids that statements name them by.
pub(super) struct ById<'f> {
    findings: &'f [Finding],
    numbers: HashMap<String, Vec<u32>>,
}

impl<'f> ById<'f> {
    pub(super) fn of(findings: &'f [Finding]) -> ById<'f> {
        let mut numbers: HashMap<String, Vec<u32>> = HashMap::new();
        for (number, finding) in (0u32..).zip(findings) {
            for id in finding.ids.iter().chain(finding.sightings.iter().filter_map(|sighting| sighting.id.as_ref())) {
                let with_id = numbers.entry(id.to_ascii_uppercase()).or_default();
                if with_id.last() != Some(&number) {
                    with_id.push(number);
                }
            }
        }
        ById { findings, numbers }
    }

    /// The findings of a statement's vulnerability, ascending.
    pub(super) fn named(&self, statement: &Statement) -> Vec<usize> {
        let ids = statement.ids.iter().filter_map(|id| self.numbers.get(&id.to_ascii_uppercase()));
        let mut named: Vec<usize> = ids.flatten().map(|&number| number as usize).collect();
        named.sort_unstable();
        named.dedup();
        named
    }

    fn is_dependency(&self, purl: &Purl) -> bool {
        let any = purl.without_version();
        self.findings.iter().any(|finding| finding.package.as_deref().is_some_and(|package| any.means(package)))
    }

    /// The findings that a statement is about, ascending.
    pub(super) fn covered(&self, statement: &Statement) -> Vec<usize> {
        let mut named = self.named(statement);
        // Looking through all packages is only worth it where the answer matters.
        if named.is_empty() {
            return named;
        }
        let products: Vec<Product> = statement.products.iter().map(|product| self.meant(product)).collect();
        named.retain(|&at| products.iter().any(|product| product.covers(&self.findings[at])));
        named
    }

    /// For each finding the newest of statements that may be about it. One without a date is newer than any.
    pub(super) fn newest<'s>(&self, statements: &'s [Statement]) -> Vec<Option<&'s Statement>> {
        let since = |statement: &Statement| statement.since.unwrap_or(Timestamp::MAX);
        let mut newest: Vec<Option<&Statement>> = vec![None; self.findings.len()];
        for statement in statements {
            for at in self.named(statement) {
                let finding = &self.findings[at];
                if newest[at].is_none_or(|known| since(known) < since(statement))
                    && statement.products.iter().any(|product| product.may_cover(finding))
                {
                    newest[at] = Some(statement);
                }
            }
        }
        newest
    }

    /// A product as it is meant here: a document about a package that the project depends on is not one about the project.
    fn meant(&self, product: &Product) -> Product {
        match product {
            Product::Whole { purl: Some(purl), .. } if self.is_dependency(purl) => Product::Package(purl.clone()),
            Product::Whole { .. } | Product::Package(_) | Product::Part { .. } | Product::Unclear { .. } => {
                product.clone()
            }
        }
    }

    /// Why a statement is about none of the findings, for people.
    pub(super) fn why_none(&self, statement: &Statement) -> String {
        let id = statement.vulnerability();
        let packages = self.named(statement).into_iter().map(|at| self.findings[at].package.as_deref());
        let packages: Vec<Option<&Package>> = packages.collect();
        if packages.is_empty() {
            return format!("there is no finding of {id}");
        }
        for product in &statement.products {
            match product {
                Product::Package(purl)
                | Product::Part { part: purl, of: _ }
                | Product::Whole { purl: Some(purl), .. } => {
                    let any = purl.without_version();
                    let Some(found) = packages.iter().flatten().find(|package| any.means(package)) else { continue };
                    return match (purl.version(), &found.version) {
                        (Some(stated), Some(found)) if *stated != **found => {
                            format!("version {stated} of {} is stated, {found} was found", unversioned(&any.text))
                        }
                        (Some(stated), None) => {
                            format!("version {stated} is stated, and which one was found is not told")
                        }
                        _ => format!("{} is narrower than what the finding tells of the package", purl.text),
                    };
                }
                Product::Unclear { name, why } if statement.products.len() == 1 => return format!("{name} {why}"),
                Product::Whole { .. } | Product::Unclear { .. } => {}
            }
        }
        let found = packages.iter().find_map(|package| package.map(|p| p.purl.as_deref().unwrap_or(&p.name)));
        let about: Vec<&str> = statement.products.iter().take(3).map(Product::name).collect();
        let more = if statement.products.len() > about.len() { ", ..." } else { "" };
        let found = found.unwrap_or("no package that is told");
        format!("{id} was found in {found}, the statement is about {}{more}", about.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(purl: Option<&str>, version: Option<&str>) -> Package {
        Package {
            name: "lodash".into(),
            version: version.map(Into::into),
            purl: purl.map(Into::into),
            direct: None,
            scope: None,
        }
    }

    #[test]
    fn a_package_url_means_a_package_only_where_that_is_certain() {
        let found = package(Some("pkg:npm/lodash@4.17.20?arch=x86&os=linux"), Some("4.17.20"));
        for (stated, means) in [
            ("pkg:npm/lodash", true),
            ("PKG:npm/lodash@4.17.20", true),
            ("pkg:npm/lodash@4.17.20?os=linux", true),
            ("pkg:npm/lodash?arch=arm", false),
            ("pkg:npm/lodash?distro=a", false),
            ("pkg:npm/lodash#lib", false),
            ("pkg:npm/lodash@4.17", false),
            ("pkg:npm/lodash-es", false),
            ("pkg:npm/%40x/lodash", false),
        ] {
            assert_eq!(Purl::parse(stated).expect("a package URL").means(&found), means, "{stated}");
        }
        let stated = Purl::parse("pkg:npm/lodash@4.17.20").expect("a package URL");
        assert!(!stated.means(&package(None, Some("4.17.20"))), "its own package URL is not told");
        assert!(!stated.means(&package(Some("pkg:npm/lodash"), None)), "its version is not told");
        for none in ["lodash", "pkg:", "pkg:npm", "https://a.example/", "", "pkg"] {
            assert!(Purl::parse(none).is_none(), "{none}");
        }
    }

    #[test]
    fn only_the_judged_repository_is_taken_for_the_whole() {
        let settled = |product: &str, repository: Option<&str>| {
            let product = match Purl::parse(product) {
                Some(purl) => Product::Package(purl),
                None => Product::Unclear { name: product.to_owned(), why: "is no package URL".to_owned() },
            };
            let place = Place { file: "v.json".into(), line: 1, column: 1, bytes: 0..0 };
            let (ids, status) = (vec!["CVE-1".to_owned()], "fixed".to_owned());
            let mut statement =
                Statement { place, ids, products: vec![product], status, is_reasoned: true, since: None };
            statement.settle(repository, &["abc", "main"]);
            matches!(statement.products[0], Product::Whole { .. })
        };
        for (product, repository, whole) in [
            ("pkg:github/acme/payments", "github.com/acme/payments", true),
            ("pkg:github/acme/payments@main", "github.com/acme/payments", true),
            ("pkg:github/acme/payments@v1", "github.com/acme/payments", false),
            ("pkg:github/acme/payments", "gitlab.com/acme/payments", false),
            ("pkg:bitbucket/acme/payments", "bitbucket.org/acme/payments", true),
            ("pkg:npm/payments", "github.com/acme/payments", false),
            ("https://git.acme.example/a/b/", "git.acme.example/a/b", true),
            ("http://git.acme.example/a/b", "git.acme.example/a/b", false),
        ] {
            assert_eq!(settled(product, Some(repository)), whole, "{product} in {repository}");
            assert!(!settled(product, None), "{product}");
        }
    }
}
