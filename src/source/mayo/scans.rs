//! The scans of a project: one of each scanner on each asset, as far as the service tells them.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::client::{Api, Denied, List};
use super::pages::{self, Listing, Row, Rows};
use super::project::{Belongs, Chosen, asset_label};
use super::{Fault, Ledger, wire, words};
use crate::finding::{Scan, ScanState, Text};
use crate::policy::{CommitRule, short_branch};
use crate::source::names::one_line;
use crate::source::scalar::{Scalar, first};
use crate::source::scans::settle;

/// Of a long history so many of the newest are read, unless the policy asks how old every one may be.
const NEWEST: u64 = 1_000;

/// What the scans show.
#[derive(Debug, Default)]
pub(super) struct Scans {
    /// Whether the service tells them.
    pub(super) tells: bool,
    /// Whether only the newest were looked at.
    pub(super) is_cut: bool,
    /// The groups of projects of which there is one.
    groups: BTreeSet<usize>,
}

impl Scans {
    /// Whether anything of the group was ever scanned.
    pub(super) fn is_scanned(&self, group: usize) -> bool {
        self.groups.contains(&group)
    }
}

/// A row.
#[derive(Clone, Debug)]
struct Seen {
    belongs: Belongs,
    scan: Scan,
    /// The id of its asset, where it tells one.
    asset: Option<Text>,
    /// When it began.
    began: Option<Timestamp>,
    /// When it was asked for.
    created: Option<Timestamp>,
}

/// All scans, read once.
#[derive(Default)]
struct Once {
    scans: Vec<Scan>,
    groups: BTreeSet<usize>,
    /// The assets that were scanned, with their groups.
    assets: BTreeSet<(usize, Text)>,
    bad: Vec<String>,
    missing: Vec<String>,
    pages: u64,
    elsewhere: u64,
    untold: u64,
    is_cut: bool,
}

fn list(api: &Api<'_>, id: Option<&str>, sort: bool) -> List {
    let mut query = Vec::new();
    if let Some(id) = id {
        query.push((api.reader.settings.project_param.clone(), id.to_owned()));
    }
    if sort {
        query.push(("sort".to_owned(), "-created_at".to_owned()));
    }
    List { what: "scans", path: vec!["scans".to_owned()], query, permission: "scans:read", help: "" }
}

/// Reads the scans, and waits for those that run as long as the policy says.
pub(super) async fn read(api: &Api<'_>, chosen: &Chosen, ledger: &RefCell<Ledger>) -> Scans {
    let last: RefCell<Option<Once>> = RefCell::default();
    let why_not: RefCell<Option<String>> = RefCell::default();
    let settled = settle(api.desk, || async {
        match once(api, chosen, ledger).await {
            Ok(once) => {
                let scans = once.scans.clone();
                last.replace(Some(once));
                Ok(scans)
            }
            // What was told once is not unknown because it is refused now: it may be running still.
            Err(Denied::Refused(refusal))
                if last.borrow().is_none() && (refusal.is_missing() || refusal.status == 403) =>
            {
                why_not.replace(Some(if refusal.status == 403 {
                    format!("it does not tell its scans: {}", refusal.fault)
                } else {
                    "it does not tell its scans".to_owned()
                }));
                Ok(Vec::new())
            }
            Err(denied) => Err(Fault::from(denied)),
        }
    })
    .await;
    let mut ledger = ledger.borrow_mut();
    let scans = match (settled, why_not.into_inner()) {
        (Err(fault), _) => {
            ledger.partial(fault.0);
            return Scans::default();
        }
        (Ok(_), Some(why_not)) => {
            // Where the policy asks for scans this is why nothing is proven, and stands with the reasons.
            let rule = api.desk.rule;
            if rule.max_age.is_some() || rule.commit != CommitRule::Any {
                ledger.partial(why_not);
            } else {
                ledger.note(why_not);
            }
            return Scans::default();
        }
        (Ok(scans), None) => scans,
    };
    let once = last.into_inner().unwrap_or_default();
    ledger.pages += once.pages;
    for why in once.bad {
        ledger.skip("scans", why);
    }
    for reason in once.missing {
        ledger.partial(reason);
    }
    if once.elsewhere > 0 {
        ledger
            .note(format!("the list of scans is not restricted to the project: {} of others left out", once.elsewhere));
    }
    if once.untold > 0 {
        ledger.note(format!("{} scans do not tell their project, so they prove nothing", once.untold));
        if once.scans.is_empty() {
            return Scans::default();
        }
    }
    if once.is_cut {
        ledger.note(format!("of the scans only the newest {NEWEST} were looked at"));
    }
    for (group, name) in chosen.groups() {
        let scanned = once.assets.iter().filter(|(of, _)| *of == group).count() as u64;
        if let Some(assets) =
            chosen.said_assets(group).filter(|assets| !once.is_cut && scanned > 0 && scanned < *assets)
            && chosen.asset.is_none()
        {
            ledger.note(format!("scans are told of {scanned} of the {assets} assets of {name}"));
        }
    }
    ledger.scans(scans);
    Scans { tells: true, is_cut: once.is_cut, groups: once.groups }
}

/// Reads the scans of all targets.
async fn once(api: &Api<'_>, chosen: &Chosen, ledger: &RefCell<Ledger>) -> Result<Once, Denied> {
    let settings = &api.reader.settings;
    let mut once = Once::default();
    let mut restricted = !settings.project_param.is_empty();
    let mut sort = true;
    let mut rows: Vec<(usize, Seen)> = Vec::new();
    let mut at = 0;
    let mut wanted = Some(NEWEST).filter(|_| api.desk.rule.max_age.is_none());
    while at < if restricted { chosen.targets.len() } else { 1 } {
        let id = chosen.targets.get(at).map(|target| target.id.as_str()).filter(|_| restricted);
        let parse = |raw: &RawValue| seen(raw, chosen);
        let wants = Rows { parse: &parse, is_stricter, wanted, count: &|_, _| {} };
        let listing = match pages::read(api, &list(api, id, sort), &wants).await {
            Ok(listing) => listing,
            Err(Denied::Refused(refusal)) if sort && refusal.names("sort") => {
                sort = false;
                continue;
            }
            Err(Denied::Refused(refusal)) if restricted && refusal.names(&settings.project_param) => {
                (restricted, at) = (false, 0);
                rows.clear();
                continue;
            }
            // The scans of another project were told, so there is such a list.
            Err(Denied::Refused(refusal)) if at > 0 => return Err(Denied::Fault(refusal.fault)),
            Err(denied) => return Err(denied),
        };
        let Listing { rows: read, bad, pages, missing, fault, has_total: _, is_cut } = listing;
        once.pages += pages;
        if let Some(fault) = fault {
            return Err(Denied::Fault(fault));
        }
        // Only where they really come newest first does a beginning hold the newest.
        if is_cut && !read.is_sorted_by(|a, b| a.created.is_some() && a.created >= b.created) {
            wanted = None;
            continue;
        }
        once.is_cut |= is_cut;
        once.bad.extend(bad);
        once.missing.extend(missing);
        rows.extend(read.into_iter().map(|seen| (at, seen)));
        at += 1;
    }
    let trusted = restricted && settings.trust_server_filter;
    let mut ours = Vec::new();
    for (asked, mut seen) in rows {
        if let Belongs::Asset(asset) = &seen.belongs {
            seen.belongs = chosen.by_asset(api, ledger, asset).await.map_err(Denied::Fault)?;
        }
        let target = match &seen.belongs {
            Belongs::To(target) => *target,
            Belongs::Elsewhere(_) => {
                once.elsewhere += 1;
                continue;
            }
            Belongs::Asset(_) | Belongs::Untold if trusted => asked,
            Belongs::Asset(_) | Belongs::Untold => {
                once.untold += 1;
                continue;
            }
        };
        let Some(target) = chosen.targets.get(target) else { continue };
        let asset = seen.scan.target.take();
        let known = asset.as_deref().and_then(|id| chosen.asset_name(id)).map(Text::from).or(asset);
        once.assets.extend(known.clone().map(|asset| (target.group, asset)));
        seen.scan.target = Some(known.unwrap_or_else(|| target.name.as_str().into()));
        once.groups.insert(target.group);
        ours.push(seen);
    }
    tell_apart(&mut ours);
    once.scans = without_overtaken(ours);
    Ok(once)
}

/// Two assets may have one name; a fresh scan of one is none of the other. So those get their ids behind it.
fn tell_apart(scans: &mut [Seen]) {
    let mut assets: HashMap<Text, BTreeSet<Text>> = HashMap::new();
    for seen in scans.iter() {
        if let (Some(name), Some(asset)) = (&seen.scan.target, &seen.asset) {
            assets.entry(name.clone()).or_default().insert(asset.clone());
        }
    }
    for seen in scans {
        if let (Some(name), Some(asset)) = (&seen.scan.target, &seen.asset)
            && assets.get(name).is_some_and(|of_that_name| of_that_name.len() > 1)
        {
            seen.scan.target = Some(format!("{name} ({asset})").into());
        }
    }
}

/// Of two rows of one id the one that proves less: it may have changed while the pages were read.
fn is_stricter(new: &Seen, old: &Seen) -> bool {
    new.scan.state > old.scan.state
}

/// Reads a row.
fn seen(raw: &RawValue, chosen: &Chosen) -> Result<Row<Seen>, String> {
    let row: wire::Scan = serde_json::from_str(raw.get()).map_err(|error| error.to_string())?;
    let place = row.place();
    let id = first(&[&row.id, &row.scan_id]).word().ok_or("a scan without an id")?;
    let belongs = match chosen.belongs(place) {
        // Of another asset than the one that counts.
        Belongs::To(_) | Belongs::Asset(_) | Belongs::Untold if !chosen.is_of_asset(place) => {
            Belongs::Elsewhere("another asset".to_owned())
        }
        belongs => belongs,
    };
    let status = first(&[&row.status, &row.state]).word();
    let state = status.as_deref().map_or(ScanState::Unknown, words::scan);
    let (created, started) = (row.created_at.time(), row.started_at.time());
    let ended = row.completed_at.time().or_else(|| row.finished_at.time());
    let finished = match state {
        ScanState::Running | ScanState::Unknown => None,
        // A scan that tells its end nowhere ended after it began, so it is taken for older than it is, never for newer.
        ScanState::Finished | ScanState::Partial | ScanState::Failed => ended.or(started).or(created),
    };
    let scanner = row.scanner.name().or_else(|| row.tool.name());
    let kind = row.scanner_type.text();
    let engine = match (scanner.as_deref(), kind) {
        (Some(scanner), Some(kind)) if !scanner.eq_ignore_ascii_case(kind) => format!("{scanner} ({kind})"),
        (Some(word), _) | (None, Some(word)) => word.to_owned(),
        (None, None) => "unnamed".to_owned(),
    };
    let (label, asset) = asset_label(place);
    let text = |scalar: &Scalar| scalar.text().map(Text::from);
    let scan = Scan {
        engine: one_line(&engine, 80).into(),
        version: None,
        origin: Text::from(&*id),
        target: label.or_else(|| asset.clone()).map(Text::from),
        state,
        status: status.as_deref().map(Text::from),
        finished,
        commit: text(first(&[&row.commit_sha, &row.commit])),
        branch: first(&[&row.branch, &row.ref_]).text().map(short_branch).map(Text::from),
        findings: row.finding_count.count().unwrap_or(0),
    };
    let key = Some(id.into_owned());
    Ok(Row { key, value: Seen { belongs, scan, asset: asset.map(Text::from), began: started.or(created), created } })
}

/// Leaves out what has not ended although a later scan of the same scanner, asset and branch began: it will not end any more,
/// and what it would have found the later one has looked at.
fn without_overtaken(mut seen: Vec<Seen>) -> Vec<Scan> {
    let key = |seen: &Seen| (seen.scan.target.clone(), seen.scan.engine.clone(), seen.scan.branch.clone());
    let mut newest: HashMap<_, Option<Timestamp>> = HashMap::new();
    for one in &seen {
        let known = newest.entry(key(one)).or_default();
        *known = (*known).max(one.began);
    }
    seen.retain(|one| {
        let has_ended = !matches!(one.scan.state, ScanState::Running | ScanState::Unknown);
        let overtaken = one.began.is_some() && newest.get(&key(one)).is_some_and(|newest| *newest > one.began);
        has_ended || !overtaken
    });
    seen.into_iter().map(|one| one.scan).collect()
}

#[cfg(test)]
mod tests;
