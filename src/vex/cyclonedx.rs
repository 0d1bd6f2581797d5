//! CycloneDX: `vulnerabilities` with an `analysis`, beside the components that they are about or without them.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Effect, Fault, Said, Taker, fault, loose, product, time, told};
use crate::policy::{Product, Purl};

#[derive(Deserialize)]
struct Bom<'t> {
    #[serde(rename = "serialNumber", default, deserialize_with = "loose::text")]
    serial: Option<String>,
    #[serde(default)]
    metadata: Option<Metadata>,
    #[serde(default)]
    components: Vec<Component>,
    #[serde(borrow, default)]
    vulnerabilities: Vec<&'t RawValue>,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default, deserialize_with = "loose::text")]
    timestamp: Option<String>,
    #[serde(default)]
    authors: Vec<Party>,
    #[serde(default)]
    supplier: Option<Party>,
    #[serde(default)]
    manufacturer: Option<Party>,
    #[serde(default)]
    component: Option<Component>,
}

#[derive(Deserialize)]
struct Party {
    #[serde(default, deserialize_with = "loose::text")]
    name: Option<String>,
}

#[derive(Deserialize)]
struct Component {
    #[serde(rename = "bom-ref", default, deserialize_with = "loose::text")]
    reference: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    purl: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    name: Option<String>,
    #[serde(default)]
    components: Vec<Component>,
}

#[derive(Deserialize)]
struct Vulnerability {
    #[serde(default, deserialize_with = "loose::text")]
    id: Option<String>,
    #[serde(default)]
    references: Vec<Reference>,
    #[serde(default)]
    affects: Vec<Affected>,
    #[serde(default)]
    analysis: Option<Analysis>,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(default, deserialize_with = "loose::text")]
    id: Option<String>,
}

#[derive(Deserialize)]
struct Affected {
    #[serde(rename = "ref")]
    reference: String,
    #[serde(default)]
    versions: Vec<Version>,
}

#[derive(Deserialize)]
struct Version {
    #[serde(default, deserialize_with = "loose::text")]
    version: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    status: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Analysis {
    #[serde(default, deserialize_with = "loose::text")]
    state: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    justification: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    detail: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    first_issued: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    last_updated: Option<String>,
}

/// What the document says beside its vulnerabilities.
struct Frame {
    serial: Option<String>,
    timestamp: Option<String>,
    owner: Option<String>,
    /// By `bom-ref`; two components with the same are told apart by nobody.
    products: HashMap<String, Product>,
}

pub(super) fn read<'t>(text: &'t str, taker: &mut Taker<'t>) -> Result<(), Fault> {
    let Bom { serial, metadata, components, vulnerabilities } =
        serde_json::from_str::<Bom<'t>>(text).map_err(|error| fault(&error))?;
    let mut frame = Frame { serial, timestamp: None, owner: None, products: HashMap::new() };
    frame.add(&components);
    if let Some(Metadata { timestamp, authors, supplier, manufacturer, component }) = metadata {
        let parties = authors.into_iter().chain(supplier).chain(manufacturer);
        frame.owner = parties.filter_map(|party| told(party.name)).next();
        frame.timestamp = timestamp;
        if let Some(whole) = component {
            frame.add(&whole.components);
            frame.add_whole(whole);
        }
    }
    for part in vulnerabilities {
        let said = serde_json::from_str(part.get())
            .map_err(|error| fault(&error).message)
            .and_then(|vulnerability: Vulnerability| said(vulnerability, &frame));
        taker.take(part, said);
    }
    Ok(())
}

impl Frame {
    fn add(&mut self, components: &[Component]) {
        for Component { reference, purl, name, components } in components {
            if let Some(reference) = reference {
                let shown = purl.as_ref().or(name.as_ref()).unwrap_or(reference);
                let found = match purl {
                    Some(purl) => product(shown, Some(purl)),
                    None => match Purl::parse(reference) {
                        Some(purl) => Product::Package(purl),
                        None => unclear(shown, "is a component without a package URL"),
                    },
                };
                self.insert(reference, found);
            }
            self.add(components);
        }
    }

    fn add_whole(&mut self, whole: Component) {
        let Component { reference, purl, name, components: _ } = whole;
        let Some(reference) = reference else { return };
        let shown = name.or_else(|| purl.clone()).unwrap_or_else(|| reference.clone());
        let purl = purl.as_deref().and_then(Purl::parse);
        self.insert(&reference, Product::Whole { name: shown, purl });
    }

    fn insert(&mut self, reference: &str, found: Product) {
        let twice = || unclear(reference, "is the `bom-ref` of several components");
        self.products.entry(reference.to_owned()).and_modify(|known| *known = twice()).or_insert(found);
    }

    /// What a reference means: a component of this document, or a package URL. `urn:cdx:SERIAL/VERSION#REF` leads to another
    /// document unless the serial number is that of this one.
    fn resolve(&self, reference: &str) -> Product {
        let known = |reference: &str| self.products.get(reference).cloned();
        if let Some(found) = known(reference) {
            return found;
        }
        let Some((document, fragment)) = reference.strip_prefix("urn:cdx:").and_then(|rest| rest.split_once('#'))
        else {
            return match Purl::parse(reference) {
                Some(purl) => Product::Package(purl),
                None => unclear(reference, "is no component of the document"),
            };
        };
        let fragment = decoded(fragment);
        let own = self.serial.as_deref().map(|serial| serial.trim_start_matches("urn:uuid:"));
        let is_own = own.is_some_and(|own| document.split('/').next().is_some_and(|d| d.eq_ignore_ascii_case(own)));
        match (known(&fragment).filter(|_| is_own), Purl::parse(&fragment)) {
            (Some(found), _) => found,
            (None, Some(purl)) => Product::Package(purl),
            (None, None) => unclear(reference, "is a component of another document, and no package URL"),
        }
    }
}

fn unclear(name: &str, why: &str) -> Product {
    Product::Unclear { name: name.to_owned(), why: why.to_owned() }
}

/// Undoes percent-encoding; what would be no text stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let hex = hex.filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        match (first, hex.and_then(|digits| u8::from_str_radix(digits, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// `None`: nobody has analysed it, so it states nothing.
fn said(vulnerability: Vulnerability, frame: &Frame) -> Result<Option<Said>, String> {
    let Vulnerability { id, references, affects, analysis } = vulnerability;
    let Some((analysis, status)) = analysis.and_then(|mut analysis| {
        let state = told(analysis.state.take())?;
        Some((analysis, state))
    }) else {
        return Ok(None);
    };
    let effect = match status.as_str() {
        "not_affected" | "false_positive" | "resolved" | "resolved_with_pedigree" => Effect::Excuses,
        "exploitable" | "in_triage" => Effect::Contrary,
        _ => Effect::Unknown,
    };
    let Some(id) = told(id) else { return Err("it names no vulnerability".to_owned()) };
    let aliases = references.into_iter().filter_map(|reference| told(reference.id));
    let ids: Vec<String> = std::iter::once(id).chain(aliases).collect();
    let products: Vec<Product> = affects.iter().flat_map(|affected| of_versions(affected, effect, frame)).collect();
    if products.is_empty() {
        return Err("it says of no component that it affects it or not".to_owned());
    }
    let reason: Vec<String> = [told(analysis.justification), told(analysis.detail)].into_iter().flatten().collect();
    Ok(Some(Said {
        ids,
        products,
        status,
        effect,
        reason: (!reason.is_empty()).then(|| reason.join(": ")),
        since: time(analysis.last_updated)
            .or_else(|| time(analysis.first_issued))
            .or_else(|| time(frame.timestamp.clone())),
        owner: frame.owner.clone(),
    }))
}

/// What a statement says of a component. Where versions are listed, only those that are called unaffected are excused: the
/// others are affected, whatever the analysis says of the whole.
fn of_versions(affected: &Affected, effect: Effect, frame: &Frame) -> Vec<Product> {
    let whole = frame.resolve(&affected.reference);
    if affected.versions.is_empty() || effect == Effect::Contrary {
        return vec![whole];
    }
    let unaffected = affected.versions.iter().filter(|version| version.status.as_deref() == Some("unaffected"));
    let exact: Vec<&String> = unaffected.filter_map(|version| version.version.as_ref()).collect();
    let why = "is listed with versions, none of which is called unaffected";
    match whole {
        Product::Package(_) if exact.is_empty() => vec![unclear(&affected.reference, why)],
        Product::Package(purl) => exact.into_iter().map(|v| Product::Package(purl.clone().at(v))).collect(),
        Product::Whole { name, .. } => vec![unclear(&name, "is stated in some of its versions only")],
        Product::Unclear { .. } | Product::Part { .. } => vec![whole],
    }
}
