//! OpenVEX, versions 0.0.1 to 0.2.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Effect, Fault, Said, Taker, fault, loose, product, time, told};
use crate::policy::{Product, Purl};

#[derive(Deserialize)]
struct Document<'t> {
    #[serde(default, deserialize_with = "loose::text")]
    author: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    timestamp: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    last_updated: Option<String>,
    #[serde(borrow)]
    statements: Vec<&'t RawValue>,
}

#[derive(Deserialize)]
struct Statement {
    vulnerability: Vulnerability,
    #[serde(default)]
    products: Vec<Named>,
    /// Version 0.0.1 has them beside the products.
    #[serde(default)]
    subcomponents: Vec<Named>,
    status: String,
    #[serde(default, deserialize_with = "loose::text")]
    justification: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    impact_statement: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    status_notes: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    timestamp: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    last_updated: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Vulnerability {
    Name(String),
    Object {
        #[serde(rename = "@id", default, deserialize_with = "loose::text")]
        id: Option<String>,
        #[serde(default, deserialize_with = "loose::text")]
        name: Option<String>,
        #[serde(default)]
        aliases: Vec<String>,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Named {
    Name(String),
    Object {
        #[serde(rename = "@id", default, deserialize_with = "loose::text")]
        id: Option<String>,
        #[serde(default)]
        identifiers: Option<Identifiers>,
        #[serde(default)]
        subcomponents: Vec<Named>,
    },
}

#[derive(Deserialize)]
struct Identifiers {
    #[serde(default, deserialize_with = "loose::text")]
    purl: Option<String>,
}

pub(super) fn read<'t>(text: &'t str, taker: &mut Taker<'t>) -> Result<(), Fault> {
    let document: Document<'t> = serde_json::from_str(text).map_err(|error| fault(&error))?;
    for part in &document.statements {
        let said = serde_json::from_str(part.get())
            .map_err(|error| fault(&error).message)
            .and_then(|statement: Statement| said(statement, &document));
        taker.take(part, said.map(Some));
    }
    Ok(())
}

fn said(statement: Statement, document: &Document<'_>) -> Result<Said, String> {
    let effect = match statement.status.as_str() {
        "not_affected" | "fixed" => Effect::Excuses,
        "affected" | "under_investigation" => Effect::Contrary,
        _ => Effect::Unknown,
    };
    let ids = ids(statement.vulnerability);
    if ids.is_empty() {
        return Err("it names no vulnerability".to_owned());
    }
    let mut products = Vec::new();
    if statement.subcomponents.is_empty() {
        statement.products.iter().for_each(|named| add(named, None, &mut products));
    } else {
        let of: Vec<Purl> = statement.products.iter().filter_map(Named::purl).collect();
        for part in &statement.subcomponents {
            if of.is_empty() {
                add(part, None, &mut products);
            }
            of.iter().for_each(|of| add(part, Some(of), &mut products));
        }
    }
    if products.is_empty() {
        return Err("it names no product".to_owned());
    }
    let (justification, impact) = (told(statement.justification), told(statement.impact_statement));
    if statement.status == "not_affected" && justification.is_none() && impact.is_none() {
        return Err("`not_affected` needs a `justification` or an `impact_statement`, and it has neither".to_owned());
    }
    let reason: Vec<String> = [justification, impact, told(statement.status_notes)].into_iter().flatten().collect();
    Ok(Said {
        ids,
        products,
        status: statement.status,
        effect,
        reason: (!reason.is_empty()).then(|| reason.join(": ")),
        since: time(statement.last_updated)
            .or_else(|| time(statement.timestamp))
            .or_else(|| time(document.timestamp.clone()))
            .or_else(|| time(document.last_updated.clone())),
        owner: told(document.author.clone()),
    })
}

/// The name and the aliases; of a page about the vulnerability its last part.
fn ids(vulnerability: Vulnerability) -> Vec<String> {
    let tail = |id: String| id.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    let (name, aliases) = match vulnerability {
        Vulnerability::Name(name) => (told(Some(tail(name))), Vec::new()),
        Vulnerability::Object { id, name, aliases } => (told(name).or_else(|| told(id.map(tail))), aliases),
    };
    name.into_iter().chain(aliases.into_iter().filter_map(|alias| told(Some(alias)))).collect()
}

impl Named {
    /// Its package URL, where that is what it is called by.
    fn purl(&self) -> Option<Purl> {
        match self {
            Named::Name(name) => Purl::parse(name),
            Named::Object { id, identifiers, subcomponents: _ } => {
                let purl = identifiers.as_ref().and_then(|identifiers| identifiers.purl.as_deref());
                Purl::parse(purl.or(id.as_deref())?)
            }
        }
    }
}

/// What a product is about: its parts, where it names some, else itself. `of` is the product that it is a part of.
fn add(named: &Named, of: Option<&Purl>, products: &mut Vec<Product>) {
    let found = match named {
        Named::Name(name) => product(name, None),
        Named::Object { subcomponents, .. } if !subcomponents.is_empty() => {
            let own = named.purl();
            return subcomponents.iter().for_each(|part| add(part, of.or(own.as_ref()), products));
        }
        Named::Object { id, identifiers, subcomponents: _ } => {
            let purl = identifiers.as_ref().and_then(|identifiers| identifiers.purl.as_deref());
            let Some(name) = id.as_deref().or(purl) else { return };
            product(name, purl)
        }
    };
    products.push(match (found, of) {
        (Product::Package(part), Some(of)) => Product::Part { part, of: of.clone() },
        (found, _) => found,
    });
}
