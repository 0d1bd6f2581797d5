//! VEX documents: what somebody states of vulnerabilities in a product. OpenVEX and CycloneDX, in JSON.
//!
//! It knows what the documents look like, and neither files nor findings. What says that a vulnerability does no harm
//! becomes a waiver; everything else that is stated can only take such a waiver away. A statement that cannot be read is
//! skipped and told; a document that cannot be read is an error.

mod cyclonedx;
mod loose;
mod openvex;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::policy::{Match, Place, Product, Purl, Statement, Waiver, quoted};

/// The longest document that is read: 64 MiB.
pub const MAX_BYTES: u64 = 64 << 20;

/// How many skipped statements of a document are told one by one.
const TOLD: usize = 20;

/// What a document states.
#[derive(Clone, Debug, Default)]
pub struct Vex {
    /// What does no harm, as waivers, in the order of the document.
    pub waivers: Vec<Waiver>,
    /// What does harm, or may.
    pub contrary: Vec<Statement>,
    /// What was skipped and why, a sentence each.
    pub skipped: Vec<String>,
}

/// Why a document cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
}

/// Reads a document; `file` is its name for people.
///
/// # Errors
/// If it is no JSON, of neither form, or its frame is not as its form wants it.
pub fn read(file: &str, text: &str) -> Result<Vex, Fault> {
    /// What tells the forms apart.
    #[derive(Deserialize)]
    struct Head {
        #[serde(rename = "@context", default, deserialize_with = "loose::text")]
        context: Option<String>,
        #[serde(rename = "bomFormat", default, deserialize_with = "loose::text")]
        format: Option<String>,
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let head: Head = serde_json::from_str(text).map_err(|error| fault(&error))?;
    let at = At { line: 1, line_start: 0, offset: 0 };
    let mut taker = Taker { file: file.into(), text, at, seen: HashMap::new(), told: 0, vex: Vex::default() };
    let is_openvex = |context: &str| {
        let bare = context.trim_start_matches("https://").trim_start_matches("http://");
        bare.starts_with("openvex.dev/ns")
    };
    match (head.context.as_deref(), head.format.as_deref()) {
        (Some(context), _) if is_openvex(context) => openvex::read(text, &mut taker)?,
        (_, Some("CycloneDX")) => cyclonedx::read(text, &mut taker)?,
        _ => {
            let message = "it is neither OpenVEX (`@context` begins with https://openvex.dev/ns) nor CycloneDX (`bomFormat` is \
                           CycloneDX)";
            return Err(Fault { line: 1, column: 1, message: message.to_owned() });
        }
    }
    Ok(taker.finish())
}

fn fault(error: &serde_json::Error) -> Fault {
    let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).max(1);
    let message = error.to_string();
    // Line and column stand beside the message.
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    Fault { line: narrow(error.line()), column: narrow(error.column()), message: message.to_owned() }
}

/// What one statement says, whichever form it stood in.
struct Said {
    /// The vulnerability, then its aliases.
    ids: Vec<String>,
    products: Vec<Product>,
    /// The document's word.
    status: String,
    effect: Effect,
    /// Why, in the document's words.
    reason: Option<String>,
    /// `None`: it has no date. `Some(Err)`: what stands there is none.
    since: Option<Result<Timestamp, String>>,
    owner: Option<String>,
}

/// What follows from a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    /// The vulnerability does no harm.
    Excuses,
    /// It does, or may.
    Contrary,
    /// Nobody knows the word: it excuses nothing, and what is older no longer does.
    Unknown,
}

/// How far the lines of a text were counted.
struct At {
    line: u32,
    line_start: usize,
    offset: usize,
}

/// Takes the statements of a document one by one.
struct Taker<'t> {
    file: Arc<str>,
    text: &'t str,
    at: At,
    /// How many waivers each vulnerability has.
    seen: HashMap<String, u32>,
    told: usize,
    vex: Vex,
}

impl<'t> Taker<'t> {
    /// Where a part of the text begins. Parts come in the order of the text, which is looked through once.
    fn place(&mut self, part: &'t RawValue) -> Place {
        let start = (part.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize).min(self.text.len());
        let between = self.text.as_bytes().get(self.at.offset..start).unwrap_or_default();
        for (offset, _) in between.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
            self.at.line = self.at.line.saturating_add(1);
            self.at.line_start = self.at.offset + offset + 1;
        }
        self.at.offset = start.max(self.at.offset);
        let column = u32::try_from(start.saturating_sub(self.at.line_start) + 1).unwrap_or(u32::MAX);
        Place { file: self.file.clone(), line: self.at.line, column, bytes: start..start + part.get().len() }
    }

    /// Takes one statement, or what is wrong with it.
    fn take(&mut self, part: &'t RawValue, said: Result<Option<Said>, String>) {
        let place = self.place(part);
        let said = match said {
            Ok(None) => return,
            Ok(Some(said)) => said,
            Err(why) => return self.skip(&place, &why),
        };
        let Said { ids, products, status, effect, reason, since, owner } = said;
        let since = match since {
            Some(Err(written)) if effect == Effect::Excuses => {
                return self.skip(&place, &format!("{} is no time; write 2026-11-21T10:00:00Z", quoted(&written)));
            }
            // What does harm needs no date to do it.
            other => other.and_then(Result::ok),
        };
        let is_reasoned = reason.is_some();
        let statement = Statement { place: place.clone(), ids, products, status, is_reasoned, since };
        if effect == Effect::Unknown {
            self.skip(&place, &format!("{} is no status that is known", quoted(&statement.status)));
        }
        match effect {
            Effect::Contrary | Effect::Unknown => self.vex.contrary.push(statement),
            Effect::Excuses => {
                let waiver = self.waiver(place, statement, reason, owner);
                self.vex.waivers.push(waiver);
            }
        }
    }

    fn waiver(&mut self, place: Place, statement: Statement, reason: Option<String>, owner: Option<String>) -> Waiver {
        /// How many products are named.
        const NAMED: usize = 3;
        let vulnerability = statement.ids.first().map(String::as_str).unwrap_or_default();
        let number = self.seen.entry(vulnerability.to_owned()).or_default();
        *number += 1;
        let ordinal = if *number > 1 { format!(".{number}") } else { String::new() };
        let id = format!("{}#{vulnerability}{ordinal}", self.file);
        let named: Vec<&str> = statement.products.iter().take(NAMED).map(Product::name).collect();
        let more = statement.products.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let as_written = format!("{vulnerability} in {}{more}", named.join(", "));
        let reason = reason.unwrap_or_else(|| format!("{}, without a reason", statement.status));
        let statement = Some(Box::new(statement));
        Waiver {
            id,
            place,
            matches: Match {
                id: None,
                fingerprint: None,
                package: None,
                path: None,
                check: None,
                statement,
                as_written,
            },
            reason,
            owner,
            ticket: None,
            approved_by: None,
            expires: None,
        }
    }

    fn skip(&mut self, place: &Place, why: &str) {
        self.told += 1;
        if self.told <= TOLD {
            let Place { file, line, .. } = place;
            self.vex.skipped.push(format!("{file}:{line}: a VEX statement is skipped and excuses nothing: {why}"));
        }
    }

    fn finish(mut self) -> Vex {
        if let Some(rest) = self.told.checked_sub(TOLD).filter(|&rest| rest > 0) {
            self.vex.skipped.push(format!("{}: {rest} more VEX statements are skipped and excuse nothing", self.file));
        }
        self.vex
    }
}

/// What a document names as a product, where it is no component of the document.
fn product(name: &str, purl: Option<&str>) -> Product {
    match Purl::parse(purl.unwrap_or(name)) {
        Some(purl) => Product::Package(purl),
        None => Product::Unclear { name: name.to_owned(), why: "is no package URL".to_owned() },
    }
}

/// Text that says something.
fn told(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn time(text: Option<String>) -> Option<Result<Timestamp, String>> {
    told(text).map(|text| text.parse().map_err(|_| text))
}

#[cfg(test)]
mod tests;
