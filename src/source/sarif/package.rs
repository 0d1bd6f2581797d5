//! Which package a result is about, where a tool tells.
//!
//! SARIF has no place for packages, so each tool writes them in its own way: most in the sentence of the message, some in
//! properties, Dependency-Check as a logical location. What is certain is taken, and nothing is guessed: a package URL
//! is built only where the kind of package is told, by a property or by the name of the manifest.

use packageurl::PackageUrl;

use super::ids;
use super::kind::Maker;
use super::purl::{self, build, ecosystem_of_path, purl_type};
use super::wire::{self, Loose, Properties, Property};
use crate::finding::{Kind, Package, Scope, Text};

/// What a rule says of packages.
#[derive(Clone, Debug, Default)]
pub(super) struct Hints {
    /// Package URLs among its properties.
    purls: Box<[Box<str>]>,
    /// Its kind of package, as its tool calls it.
    ecosystem: Option<Box<str>>,
    /// Package and version that fixes it.
    fixed: Box<[(Box<str>, Box<str>)]>,
    /// The fixed version of its one package; empty where the rule says that there is none.
    fix: Option<Box<str>>,
}

impl Hints {
    /// Reads the rule's properties and the lines and tables of its help.
    pub(super) fn of(rule: &wire::Rule<'_>) -> Hints {
        let bag = rule.properties.as_ref();
        let purls = bag.into_iter().flat_map(|bag| &bag.facts).filter(|(property, _)| *property == Property::Purl);
        let purls = purls.flat_map(|(_, value)| value.each()).filter_map(Loose::text).map(Into::into).collect();
        let help = rule.help.as_ref().and_then(|help| help.text.as_deref().filter(|text| !text.is_empty()));
        let markdown = rule.help.as_ref().and_then(|help| help.markdown.as_deref());
        let both = || help.into_iter().chain(markdown);
        // Snyk: "* Package Manager: npm", and the same word among the tags; Grype: "Type: npm".
        let ecosystem = both().find_map(|text| line(text, "* Package Manager:").or_else(|| line(text, "Type:")));
        let tagged = || bag?.tags.iter().find(|tag| purl_type(tag).is_some()).map(|tag| &**tag);
        Hints {
            purls,
            ecosystem: ecosystem.filter(|word| !word.is_empty()).or_else(tagged).map(Into::into),
            fixed: both().find(|text| text.contains("Fixed Version |")).map(fixed_table).unwrap_or_default(),
            fix: help.and_then(|text| line(text, "Fix Version:")).map(Into::into),
        }
    }
}

/// OSV-Scanner's table "Vulnerability ID | Package Name | Fixed Version".
fn fixed_table(text: &str) -> Box<[(Box<str>, Box<str>)]> {
    let rows = text.lines().skip_while(|row| !row.contains("| Fixed Version |")).skip(2);
    let rows = rows.take_while(|row| row.starts_with('|')).filter_map(|row| {
        let mut cells = row.trim_matches('|').split('|').map(str::trim).skip(1);
        let (name, version) = (cells.next()?, cells.next()?);
        (!name.is_empty() && version.starts_with(|c: char| c.is_ascii_alphanumeric()))
            .then(|| (name.into(), version.into()))
    });
    rows.collect()
}

/// What was recovered.
#[derive(Debug, Default)]
pub(super) struct Recovered {
    /// The package.
    pub(super) package: Option<Box<Package>>,
    /// Whether there is a fix.
    pub(super) fix: Option<bool>,
    /// Versions that fix it.
    pub(super) fixed_in: Vec<Text>,
    /// Licences.
    pub(super) license: Vec<Text>,
    /// Advisories that stand beside the package.
    pub(super) ids: Vec<String>,
    /// What is wrong, where only the details beside the package say it.
    pub(super) title: Option<String>,
}

/// What it is recovered from.
#[derive(Clone, Copy)]
pub(super) struct Clues<'a> {
    /// How the tool writes.
    pub(super) maker: Maker,
    /// What it is about.
    pub(super) kind: Kind,
    /// The result.
    pub(super) result: &'a wire::Outcome<'a>,
    /// Its message.
    pub(super) message: &'a str,
    /// Its rule's id.
    pub(super) check: &'a str,
    /// Its path.
    pub(super) path: Option<&'a str>,
    /// What its rule says.
    pub(super) hints: Option<&'a Hints>,
}

/// Name, version and kind of a package, as far as told.
#[derive(Debug, Default)]
struct Seen {
    name: String,
    version: Option<String>,
    ecosystem: Option<&'static str>,
}

/// Recovers.
pub(super) fn recover(clues: Clues<'_>) -> Recovered {
    let mut out = Recovered::default();
    let manifest = clues.path.and_then(ecosystem_of_path);
    let hint = clues.hints.and_then(|hints| hints.ecosystem.as_deref()).and_then(purl_type);
    let mut seen = match clues.maker {
        Maker::Trivy => trivy(clues.message, manifest, &mut out),
        Maker::Grype => grype(clues.message),
        Maker::Snyk => snyk(clues, hint, &mut out),
        Maker::Osv => osv(clues, manifest, &mut out),
        Maker::Retire => retire(clues.message, &mut out),
        Maker::CargoDeny => cargo_deny(clues, &mut out),
        Maker::Xray => xray(clues.check, manifest),
        Maker::Checkov | Maker::Semgrep | Maker::Other => None,
    };
    if clues.maker == Maker::Grype
        && let Some(fix) = clues.hints.and_then(|hints| hints.fix.as_deref())
    {
        told_fix(fix, &mut out);
    }
    if let Some(hints) = clues.hints
        && let Some(seen) = &seen
    {
        let fixed = hints.fixed.iter().filter(|(name, _)| **name == *seen.name);
        out.fixed_in.extend(fixed.map(|(_, version)| Text::from(&**version)));
    }
    let bag = clues.result.properties.as_ref();
    let stated = bag.and_then(|bag| stated(bag, manifest, &mut out));
    seen = seen.or(stated);
    let purl = purl_told(clues, seen.as_ref());
    let package = match (purl, seen) {
        (Some(purl), seen) => Some(of_purl(&purl, seen)),
        (None, Some(seen)) => Some(of_seen(seen)),
        (None, None) => None,
    };
    out.package = package.map(|mut package| {
        if let Some(bag) = bag {
            package.direct = bag.fact(Property::Direct).and_then(Loose::truth);
            package.scope = bag.fact(Property::Scope).and_then(Loose::text).and_then(scope);
        }
        Box::new(package)
    });
    out.fixed_in.sort();
    out.fixed_in.dedup();
    if !out.fixed_in.is_empty() {
        out.fix = Some(true);
    }
    out
}

/// The rest of the first line that begins like this.
pub(super) fn line<'a>(text: &'a str, head: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.trim_start().strip_prefix(head)).map(str::trim)
}

/// A list of versions, or nothing where the tool says that there is none.
fn told_fix(versions: &str, out: &mut Recovered) {
    let versions = versions.split(',').map(str::trim).filter(|version| !version.is_empty());
    out.fixed_in.extend(versions.map(Text::from));
    out.fix = Some(!out.fixed_in.is_empty());
}

/// Lines of the message (pkg/report/sarif.go of aquasecurity/trivy).
fn trivy(message: &str, manifest: Option<&'static str>, out: &mut Recovered) -> Option<Seen> {
    if let Some(name) = line(message, "PkgName:") {
        out.license.extend(line(message, "License ").filter(|license| !license.is_empty()).map(Text::from));
        return (!name.is_empty()).then(|| Seen { name: name.to_owned(), version: None, ecosystem: manifest });
    }
    let name = line(message, "Package:").filter(|name| !name.is_empty())?;
    if let Some(fixed) = line(message, "Fixed Version:") {
        told_fix(fixed, out);
    }
    let version = line(message, "Installed Version:").filter(|version| !version.is_empty()).map(str::to_owned);
    Some(Seen { name: name.to_owned(), version, ecosystem: manifest })
}

/// "A high vulnerability in npm package: lodash, version 4.17.20 was found at: /package-lock.json"
/// (grype/presenter/sarif/presenter.go of anchore/grype).
fn grype(message: &str) -> Option<Seen> {
    let (kind, rest) = message.split_once(" vulnerability in ")?.1.split_once(" package: ")?;
    let (name, rest) = rest.split_once(", version ")?;
    let version = rest.split(" was found ").next().unwrap_or(rest).trim();
    Some(Seen {
        name: name.to_owned(),
        version: (!version.is_empty()).then(|| version.to_owned()),
        ecosystem: purl_type(kind),
    })
}

/// `name@version` as a logical location (src/lib/formatters/get-sarif-result.ts of snyk/cli).
fn snyk(clues: Clues<'_>, hint: Option<&'static str>, out: &mut Recovered) -> Option<Seen> {
    if clues.kind == Kind::License {
        // snyk:lic:npm:name:GPL-3.0
        out.license.extend(clues.check.rsplit(':').next().map(Text::from));
    }
    let (name, version) = at(logical(clues.result)?)?;
    let upgrade = clues.result.fixes.as_ref().and_then(|fixes| fixes.0.as_ref());
    let upgrade = upgrade.and_then(|fix| fix.description.as_ref()?.text.as_deref()?.strip_prefix("Upgrade to "));
    if let Some((upgraded, to)) = upgrade.and_then(at) {
        // The upgrade is that of the direct dependency, which may be another package.
        out.fix = Some(true);
        if upgraded == name {
            out.fixed_in.push(to.into());
        }
    }
    Some(Seen { name: name.to_owned(), version: Some(version.to_owned()), ecosystem: hint })
}

/// "Package 'regex@1.5.1' is vulnerable to 'CVE-2022-24713' (also known as 'RUSTSEC-2022-0013', ...)."
fn osv(clues: Clues<'_>, manifest: Option<&'static str>, out: &mut Recovered) -> Option<Seen> {
    let (package, rest) = clues.message.strip_prefix("Package '")?.split_once('\'')?;
    ids::advisories(rest, &mut out.ids);
    let (name, version) = at(package).unwrap_or((package, ""));
    let version = (!version.is_empty()).then(|| version.to_owned());
    Some(Seen { name: name.to_owned(), version, ecosystem: manifest })
}

/// "'handlebars v4.0.11' contains a known vulnerability."; JSON with ids and a summary follows.
fn retire(message: &str, out: &mut Recovered) -> Option<Seen> {
    ids::advisories(message, &mut out.ids);
    let (name, version) = message.strip_prefix('\'')?.split_once('\'')?.0.rsplit_once(' ')?;
    let version = version.strip_prefix('v').unwrap_or(version);
    let details = message.split_once("Vulnerability details:").and_then(|(_, json)| serde_json::from_str(json).ok());
    if let Some(details) = &details {
        let details: &Loose<'_> = details;
        out.title = details.member("summary").and_then(Loose::text).map(|summary| format!("{name}: {summary}"));
        // All vulnerabilities of a library that have no other id share a rule; this number tells them apart.
        if let Some(number) = details.member("retid").and_then(Loose::word).filter(|_| out.ids.is_empty()) {
            out.ids.push(format!("RETIREJS-{name}-{number}"));
        }
    }
    // The component is retire.js's own name for a library; that npm has it under the same name is not told.
    Some(Seen { name: name.to_owned(), version: Some(version.to_owned()), ecosystem: None })
}

/// `name@version`, with the source before it if it is not crates.io (src/sarif/collector.rs of EmbarkStudios/cargo-deny).
fn cargo_deny(clues: Clues<'_>, out: &mut Recovered) -> Option<Seen> {
    let prints = clues.result.partial_fingerprints.as_ref()?;
    if let Some(advisory) = &prints.advisory {
        ids::advisories(advisory, &mut out.ids);
        // One rule stands for all advisories; its description says nothing of this one.
        out.title = Some(clues.message.to_owned()).filter(|title| !title.trim().is_empty());
    }
    if clues.kind == Kind::License
        && let Some(expression) = snippet(clues.result)
        && expression.len() <= 200
        && expression.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '+' | '(' | ')' | ' ' | '"'))
    {
        // The label points at the expression in the manifest.
        let names = expression.split([' ', '(', ')', '"']).filter(|word| !matches!(*word, "" | "OR" | "AND" | "WITH"));
        out.license.extend(names.map(Text::from));
    }
    let krate = prints.krate.as_deref()?;
    let (source, package) = krate.rsplit_once('#').map_or((None, krate), |(source, package)| (Some(source), package));
    let (name, version) = at(package)?;
    let ecosystem = source.is_none().then_some("cargo");
    Some(Seen { name: name.to_owned(), version: Some(version.to_owned()), ecosystem })
}

/// `CVE-2018-3721_lodash_4.17.0`
fn xray(check: &str, manifest: Option<&'static str>) -> Option<Seen> {
    let (rest, version) = check.rsplit_once('_')?;
    let (_, name) = rest.split_once('_')?;
    Some(Seen { name: name.to_owned(), version: Some(version.to_owned()), ecosystem: manifest })
}

/// Properties that name the package.
fn stated(bag: &Properties<'_>, manifest: Option<&'static str>, out: &mut Recovered) -> Option<Seen> {
    if let Some(fixed) = bag.fact(Property::Fixed) {
        out.fixed_in.extend(fixed.each().iter().filter_map(Loose::text).filter(|v| !v.is_empty()).map(Text::from));
    }
    if let Some(license) = bag.fact(Property::License) {
        out.license.extend(license.each().iter().filter_map(Loose::text).filter(|l| !l.is_empty()).map(Text::from));
    }
    let package = bag.fact(Property::Package)?;
    let name = package.text().or_else(|| package.member("name")?.text()).filter(|name| !name.is_empty())?;
    let version = package.member("version").or_else(|| bag.fact(Property::Version)).and_then(Loose::word);
    Some(Seen { name: name.to_owned(), version: version.map(|v| v.into_owned()), ecosystem: manifest })
}

/// The package URL that the file itself tells, if it fits what was seen.
fn purl_told(clues: Clues<'_>, seen: Option<&Seen>) -> Option<PackageUrl<'static>> {
    let bag = clues.result.properties.as_ref();
    let in_result = bag.into_iter().flat_map(|bag| &bag.facts).filter(|(property, _)| *property == Property::Purl);
    let in_result = in_result.flat_map(|(_, value)| value.each()).filter_map(Loose::text);
    let own = in_result.chain(logical(clues.result)).find_map(purl::parse);
    own.or_else(|| {
        // A rule's package is that of its first result. Grype's rule is one package of any version or kind.
        let mut purl = clues.hints?.purls.iter().find_map(|purl| purl::parse(purl))?;
        if let Some(seen) = seen {
            if seen.ecosystem.is_some_and(|ecosystem| ecosystem != purl.ty()) {
                return None;
            }
            match &seen.version {
                Some(version) if purl.version() != Some(version) => {
                    purl.clear_qualifiers();
                    purl.with_version(version.clone()).ok()?;
                }
                _ => {}
            }
        }
        Some(purl)
    })
}

/// The package that a package URL names.
fn of_purl(purl: &PackageUrl<'_>, seen: Option<Seen>) -> Package {
    let name = match (purl.ty(), purl.namespace()) {
        (_, None) | ("deb" | "apk" | "rpm", _) => purl.name().to_owned(),
        ("maven", Some(namespace)) => format!("{namespace}:{}", purl.name()),
        (_, Some(namespace)) => format!("{namespace}/{}", purl.name()),
    };
    let version = seen.and_then(|seen| seen.version).or_else(|| purl.version().map(str::to_owned));
    Package {
        name: name.into(),
        version: version.map(Text::from),
        purl: Some(purl.to_string().into()),
        direct: None,
        scope: None,
    }
}

/// The package that was seen.
fn of_seen(seen: Seen) -> Package {
    let purl = seen.ecosystem.and_then(|ecosystem| build(ecosystem, &seen.name, seen.version.as_deref()));
    Package {
        name: seen.name.into(),
        version: seen.version.map(Text::from),
        purl: purl.map(Text::from),
        direct: None,
        scope: None,
    }
}

/// `name@version`, where a name may begin with `@`.
fn at(text: &str) -> Option<(&str, &str)> {
    let (name, version) = text.rsplit_once('@')?;
    (!name.is_empty() && !version.is_empty()).then_some((name, version))
}

/// The name of the first logical location.
fn logical<'a>(result: &'a wire::Outcome<'_>) -> Option<&'a str> {
    let location = result.locations.as_ref()?.first.as_ref()?.logical_locations.as_ref()?.0.as_ref()?;
    location.fully_qualified_name.as_ref().map(|name| &*name.0)
}

/// The code that the first location shows.
pub(super) fn snippet<'a>(result: &'a wire::Outcome<'_>) -> Option<&'a str> {
    let physical = result.locations.as_ref()?.first.as_ref()?.physical_location.as_ref()?;
    physical.region.as_ref()?.snippet.as_ref()?.text.as_ref().map(|text| &*text.0)
}

fn scope(word: &str) -> Option<Scope> {
    match word.to_ascii_lowercase().as_str() {
        "production" | "prod" | "runtime" | "compile" => Some(Scope::Production),
        "development" | "dev" | "test" => Some(Scope::Development),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions_are_told_apart_at_the_last_at() {
        assert_eq!(at("@a/b@1.0"), Some(("@a/b", "1.0")));
        assert_eq!(at("@a/b"), None);
        assert_eq!(at("lodash@"), None);
    }
}
