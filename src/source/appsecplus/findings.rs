//! The vulnerabilities of the application.

use std::collections::HashMap;
use std::collections::hash_map::{DefaultHasher, Entry};
use std::hash::{Hash as _, Hasher as _};

use serde_json::value::RawValue;

use super::api::Api;
use super::application::Application;
use super::list::{Extent, Seen};
use super::normalize::{Reading, normalize};
use super::route::read_of;
use super::wire;
use crate::finding::Text;
use crate::progress::Meter;
use crate::source::Fault;
use crate::source::ledger::Ledger;
use crate::source::names::Names;

const LIST: &str = "vulnerabilities";

/// What was counted besides findings.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Rows that may be of this application, whatever became of them.
    pub(super) rows: u64,
    /// Findings by the scan that made them.
    pub(super) by_scan: HashMap<String, u64>,
    /// Rows of other applications.
    foreign: u64,
    /// Those of them that were listed below this one.
    foreign_below: u64,
    /// Findings that are accepted at the vendor and do not count.
    accepted: u64,
    /// Findings of which nothing tells the kind.
    unkind: u64,
    /// Rows that came again with other content.
    changed: u64,
}

/// Reads all of them, whatever their severity and status: what counts is judged here. `types` tells the type of each scan.
pub(super) async fn read(
    api: &Api<'_>,
    application: &Application,
    types: &HashMap<String, Text>,
    ledger: &mut Ledger,
    meter: &Meter,
) -> Result<Counts, Fault> {
    let mut counts = Counts::default();
    let mut seen: HashMap<String, u64> = HashMap::new();
    let mut names = Names::new();
    let mut extent = Extent::default();
    let count_accepted = api.reader().count_accepted;
    let read = read_of(api, application, LIST, &mut extent, |raw: &RawValue, is_flat| {
        let row: Option<wire::Vulnerability> = ledger.row(LIST, raw);
        // What has no id is itself what it is known by.
        let id = row.as_ref().and_then(|row| row.id.word()).map_or_else(|| raw.get().to_owned(), |id| id.into_owned());
        let content = hash(raw.get());
        let seen = match seen.entry(id) {
            Entry::Vacant(place) => {
                place.insert(content);
                Seen::New
            }
            Entry::Occupied(place) if *place.get() == content => return Seen::Known,
            // It changed while pages were read. Both count: the stricter one will.
            Entry::Occupied(_) => {
                counts.changed += 1;
                Seen::Known
            }
        };
        let Some(row) = row else {
            counts.rows += 1;
            return seen;
        };
        match row.application_id.word() {
            Some(of) if of != application.id => {
                counts.foreign += 1;
                counts.foreign_below += u64::from(!is_flat);
                return seen;
            }
            None if is_flat => {
                ledger.skip(LIST, "it does not say which application it is of");
                return seen;
            }
            _ => {}
        }
        counts.rows += 1;
        let scan = row.scan_id.word();
        let scan_type = scan.as_deref().and_then(|scan| types.get(scan)).map(|scan_type| &**scan_type);
        match normalize(&row, Reading { scan_type, count_accepted }, &mut names) {
            Ok(normalized) => {
                for (field, word) in &normalized.unknown {
                    ledger.unknown_word(field, word);
                }
                counts.accepted += u64::from(normalized.is_accepted);
                counts.unkind += u64::from(normalized.has_no_kind);
                if let Some(scan) = scan {
                    match counts.by_scan.get_mut(&*scan) {
                        Some(count) => *count += 1,
                        None => drop(counts.by_scan.insert(scan.into_owned(), 1)),
                    }
                }
                ledger.add(normalized.finding);
                meter.count(ledger.read(), None);
            }
            Err(why) => ledger.skip(LIST, why),
        }
        seen
    })
    .await;
    ledger.pages += extent.pages;
    tell(&counts, extent, ledger);
    read.map(|()| counts)
}

/// Says what is to be known about what was read.
fn tell(counts: &Counts, extent: Extent, ledger: &mut Ledger) {
    let of =
        |count: u64, one: &str, many: &str| if count == 1 { format!("1 {one}") } else { format!("{count} {many}") };
    if let Some(why) = extent.missing {
        ledger.partial(format!("the vulnerabilities were not all read: {why}"));
    }
    extent.notes.into_iter().for_each(|note| ledger.note(note));
    if counts.foreign > 0 {
        ledger
            .note(format!("{} of other applications left out", of(counts.foreign, "vulnerability", "vulnerabilities")));
    }
    if counts.rows == 0 && counts.foreign_below > 0 {
        ledger.partial(
            "the list of vulnerabilities below the application holds none of it, and those of others, so nothing shows that it \
             is the list of this application",
        );
    }
    if counts.changed > 0 {
        ledger
            .note(format!("{} came again with other content; the stricter counts", of(counts.changed, "row", "rows")));
    }
    if counts.accepted > 0 {
        ledger.note(format!(
            "{} accepted in AppSec+ and so not counted; `count_accepted: true` counts them",
            of(counts.accepted, "finding is", "findings are")
        ));
    }
    if counts.unkind > 0 {
        ledger.note(format!(
            "what kind {} is not told: the scan is not known; the kind `other` applies",
            of(counts.unkind, "finding is of", "findings are of")
        ));
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
