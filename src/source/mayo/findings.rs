//! The list of findings: read, held against the projects that were asked for, and counted.
//!
//! Nothing is left to the server: neither a status nor a severity is asked for, for a server that does not know a word of a
//! filter shows nothing, and whether it knows the restriction to a project only its rows can tell.

use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use serde_json::value::RawValue;

use super::client::{Api, Denied, List};
use super::config::PROJECT_ID;
use super::normalize::{self, Choice, Read};
use super::pages::{self, Row, Rows};
use super::project::{Asset, Belongs, Chosen, Target};
use super::scans::Scans;
use super::{Fault, Ledger, wire};
use crate::policy::{CommitRule, quoted, short_branch};
use crate::source::names::{Names, one_line};

/// So many names of other projects are told.
const MOST_NAMES: usize = 3;

/// A row.
#[derive(Debug)]
pub(super) struct Kept {
    /// Where it belongs.
    pub(super) belongs: Belongs,
    /// Whether it is of the asset that alone counts, if one does.
    of_asset: bool,
    /// Whether it shows that a project that was found by its name is the right one.
    proves: Option<bool>,
    /// `None` for a row of another project.
    read: Option<Box<Read>>,
}

/// How far one reading of the list is restricted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Restricted {
    /// To the target of this number, if the service does what it is asked.
    To(usize),
    /// Not at all.
    No,
}

/// What was counted.
#[derive(Debug)]
struct Count {
    /// Rows that belong to what was asked for, by group.
    ours: Vec<u64>,
    /// Those that are left when only one asset counts.
    counted: Vec<u64>,
    /// Rows of other projects, by their names.
    elsewhere: BTreeMap<String, u64>,
    /// Rows of other assets.
    other_assets: u64,
    /// Rows that do not tell their project, and were counted.
    untold: u64,
    /// Rows of other branches than the one that is judged.
    other_branches: u64,
    /// Rows of which nothing tells the kind.
    kinds_untold: u64,
    /// Rows that show that the project is the right one, and that it is another's.
    proofs: (u64, u64),
    /// Whether each list told how many findings it has.
    has_total: bool,
    /// Whether a reading ended well.
    is_whole: bool,
}

/// The list, restricted to a project.
pub(super) fn list(api: &Api<'_>, target: Option<&Target>) -> List {
    let settings = &api.reader.settings;
    let id = target.map(|target| target.id.as_str()).unwrap_or_default();
    let path = settings.findings_path.iter().map(|part| part.replace(PROJECT_ID, id)).collect();
    let mut query = settings.extra_query.clone();
    if target.is_some() && !settings.project_param.is_empty() {
        query.push((settings.project_param.clone(), id.to_owned()));
    }
    List {
        what: "findings",
        path,
        query,
        permission: "findings:read",
        help: "is the address right (it ends in /api)? `findings_path` in the policy says where the findings are",
    }
}

/// Whether the path itself names the project.
fn is_in_path(api: &Api<'_>) -> bool {
    api.reader.settings.findings_path.iter().any(|part| part.contains(PROJECT_ID))
}

/// What is done with a row of the list.
pub(super) fn parse(raw: &RawValue, chosen: &Chosen, choice: Choice, names: &mut Names) -> Result<Row<Kept>, String> {
    let row: wire::Finding = serde_json::from_str(raw.get()).map_err(|error| error.to_string())?;
    let place = row.place();
    let belongs = chosen.belongs(place);
    if let Belongs::Elsewhere(_) = belongs {
        let key = row.id.word().or_else(|| row.finding_id.word()).map(|id| id.into_owned());
        return Ok(Row { key, value: Kept { belongs, of_asset: false, proves: None, read: None } });
    }
    let read = normalize::read(&row, choice, names)?;
    let (of_asset, proves) = (chosen.is_of_asset(place), chosen.proves(place));
    Ok(Row { key: Some(read.id.clone()), value: Kept { belongs, of_asset, proves, read: Some(Box::new(read)) } })
}

/// Of two rows of one id the one that counts more: it may have changed while the pages were read.
fn is_stricter(new: &Kept, old: &Kept) -> bool {
    let weight = |kept: &Kept| {
        let finding = kept.read.as_ref().map(|read| &read.finding);
        (
            kept.read.is_some(),
            finding.is_some_and(|f| f.excuse().is_none()),
            finding.map(|f| f.severity.map_or(u8::MAX, |s| s as u8)),
        )
    };
    weight(new) > weight(old)
}

/// Reads every finding of what was chosen.
pub(super) async fn read(api: &Api<'_>, chosen: &Chosen, scans: &Scans, ledger: &RefCell<Ledger>) {
    let settings = &api.reader.settings;
    let choice = Choice { severity: settings.severity, count_accepted_risk: settings.count_accepted_risk };
    let groups = chosen.targets.iter().map(|target| target.group + 1).max().unwrap_or(0);
    let mut count = Count {
        ours: vec![0; groups],
        counted: vec![0; groups],
        elsewhere: BTreeMap::new(),
        other_assets: 0,
        untold: 0,
        other_branches: 0,
        kinds_untold: 0,
        proofs: (0, 0),
        has_total: true,
        is_whole: true,
    };
    let mut readings: Vec<Restricted> = (0..chosen.targets.len()).map(Restricted::To).collect();
    if settings.project_param.is_empty() && !is_in_path(api) {
        readings = vec![Restricted::No];
    }
    let names = RefCell::new(Names::new());
    let make = |raw: &RawValue| parse(raw, chosen, choice, &mut names.borrow_mut());
    let known = ledger.borrow().read();
    let meter = |read: u64, of: Option<u64>| api.desk.meter.count(known + read, of);
    let rows = Rows { parse: &make, is_stricter, wanted: None, count: &meter };
    let mut all: Vec<Kept> = Vec::new();
    let mut at = 0;
    while let Some(restricted) = readings.get(at).copied() {
        at += 1;
        let target = match restricted {
            Restricted::To(target) => chosen.targets.get(target),
            Restricted::No => None,
        };
        let listing = match pages::read(api, &list(api, target), &rows).await {
            Ok(listing) => listing,
            // A service that does not know the parameter shows everything, and the rows tell the rest.
            Err(Denied::Refused(refusal))
                if restricted != Restricted::No && !is_in_path(api) && refusal.names(&settings.project_param) =>
            {
                ledger.borrow_mut().note(format!(
                    "the service refuses the parameter {}, so all findings of the organization were read, and those of other \
                     projects left out",
                    quoted(&settings.project_param)
                ));
                readings = vec![Restricted::No];
                at = 0;
                all.clear();
                continue;
            }
            Err(denied) => {
                ledger.borrow_mut().failed(denied.into());
                count.is_whole = false;
                break;
            }
        };
        {
            let mut ledger = ledger.borrow_mut();
            ledger.pages += listing.pages;
            for why in &listing.bad {
                ledger.skip("findings", why);
            }
            for reason in &listing.missing {
                ledger.partial(reason.clone());
            }
            count.has_total &= listing.has_total;
            if !listing.has_total {
                ledger.note("no total given: the list of findings ends where the service shows no more");
            }
            if let Some(fault) = listing.fault {
                ledger.failed(fault);
                count.is_whole = false;
            }
        }
        all.extend(restrict(api, chosen, listing.rows, restricted, ledger, &mut count).await);
        if !count.is_whole {
            break;
        }
    }
    add(api, all, ledger, &mut count);
    tell(api, chosen, ledger, &count);
    if count.is_whole {
        prove(api, chosen, scans, ledger, &count);
    }
}

/// Leaves out what belongs to others. Gives what counts.
async fn restrict(
    api: &Api<'_>,
    chosen: &Chosen,
    rows: Vec<Kept>,
    restricted: Restricted,
    ledger: &RefCell<Ledger>,
    count: &mut Count,
) -> Vec<Kept> {
    let is_restricted = matches!(restricted, Restricted::To(_));
    let trusted = api.reader.settings.trust_server_filter && is_restricted;
    let own = match restricted {
        Restricted::To(target) => target,
        Restricted::No => 0,
    };
    let mut by_asset: Vec<(Asset, Belongs)> = Vec::new();
    let mut kept = Vec::new();
    let (mut told, mut untold) = (0_u64, 0_u64);
    for mut row in rows {
        if let Belongs::Asset(asset) = &row.belongs {
            let belongs = match by_asset.iter().find(|(known, _)| known == asset) {
                Some((_, belongs)) => belongs.clone(),
                None => {
                    let belongs = chosen.by_asset(api, ledger, asset).await.unwrap_or_else(|fault| {
                        ledger.borrow_mut().partial(fault.0);
                        Belongs::Untold
                    });
                    by_asset.push((asset.clone(), belongs.clone()));
                    belongs
                }
            };
            row.belongs = belongs;
        }
        match &row.belongs {
            Belongs::To(_) => told += 1,
            Belongs::Elsewhere(name) => {
                told += 1;
                *count.elsewhere.entry(one_line(name, 60)).or_default() += 1;
                continue;
            }
            Belongs::Asset(_) | Belongs::Untold => {
                untold += 1;
                row.belongs = Belongs::To(own);
            }
        }
        kept.push(row);
    }
    if untold > 0 && told == 0 && !trusted {
        let wait = if is_restricted {
            "if the service is known to do what it is asked, `trust_server_filter: true` takes its word for it"
        } else {
            "nothing restricts the list to the project"
        };
        ledger.borrow_mut().failed(Fault::new(format!(
            "none of the {untold} findings of {} tells its project or a known asset, so whose they are is not known; {wait}",
            api.host()
        )));
        count.is_whole = false;
        return Vec::new();
    }
    count.untold += untold;
    if trusted && untold > 0 {
        ledger.borrow_mut().note(
            "findings that do not tell their project were taken for those of the project that was asked for \
             (`trust_server_filter`)",
        );
    }
    for row in &kept {
        let Belongs::To(target) = row.belongs else { continue };
        let group = chosen.targets.get(target).map_or(0, |target| target.group);
        if let Some(ours) = count.ours.get_mut(group) {
            *ours += 1;
        }
        match row.proves {
            Some(true) => count.proofs.0 += 1,
            Some(false) => count.proofs.1 += 1,
            None => {}
        }
        if let Some(counted) = count.counted.get_mut(group).filter(|_| row.of_asset) {
            *counted += 1;
        }
    }
    let before = kept.len();
    kept.retain(|row| row.of_asset);
    count.other_assets += u64::try_from(before - kept.len()).unwrap_or(0);
    kept
}

/// Puts the findings into the account, each id once: a finding may belong to several projects.
fn add(api: &Api<'_>, rows: Vec<Kept>, ledger: &RefCell<Ledger>, count: &mut Count) {
    let branch = api.desk.branch.as_deref().map(short_branch);
    let mut ledger = ledger.borrow_mut();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut kept: Vec<Kept> = Vec::new();
    for row in rows {
        let Some(id) = row.read.as_ref().map(|read| read.id.clone()) else { continue };
        match places.entry(id) {
            Entry::Vacant(place) => {
                place.insert(kept.len());
                kept.push(row);
            }
            // It may have changed between two lists, as it may between two pages.
            Entry::Occupied(place) => {
                if let Some(known) = kept.get_mut(*place.get()).filter(|known| is_stricter(&row, known)) {
                    *known = row;
                }
            }
        }
    }
    for read in kept.into_iter().filter_map(|row| row.read) {
        let Read { id: _, finding, unknown, kind_untold, branch: found_on } = *read;
        for (field, word) in unknown {
            ledger.unknown_word(field, &word);
        }
        count.kinds_untold += u64::from(kind_untold);
        let is_other = matches!((branch, &found_on), (Some(branch), Some(found_on)) if *branch != **found_on);
        count.other_branches += u64::from(is_other);
        ledger.add(finding);
    }
}

fn number(findings: u64) -> String {
    if findings == 1 { "1 finding".to_owned() } else { format!("{findings} findings") }
}

/// What a reader should know.
fn tell(api: &Api<'_>, chosen: &Chosen, ledger: &RefCell<Ledger>, count: &Count) {
    let mut ledger = ledger.borrow_mut();
    let findings = number;
    let dropped: u64 = count.elsewhere.values().sum();
    if dropped > 0 {
        let names: Vec<String> = count.elsewhere.keys().take(MOST_NAMES).map(|name| quoted(name)).collect();
        let more = if count.elsewhere.len() > MOST_NAMES { ", ..." } else { "" };
        ledger.note(format!(
            "the list of findings is not restricted to the project: {} of other projects left out ({}{more})",
            findings(dropped),
            names.join(", ")
        ));
    }
    if count.other_assets > 0 {
        let asset = api.reader.settings.asset.as_deref().or(api.desk.repository.as_deref()).unwrap_or("the asset");
        ledger.note(format!("{} of other assets than {asset} left out", findings(count.other_assets)));
    }
    if count.untold > 0 && !api.reader.settings.trust_server_filter {
        ledger.note(format!("{} without a project in the list; all of them count", findings(count.untold)));
    }
    if count.kinds_untold > 0 {
        ledger.note(format!(
            "{} counted as `other`, for nothing tells what kind of scan found them",
            findings(count.kinds_untold)
        ));
    }
    if let Some(branch) = api.desk.branch.as_deref().filter(|_| count.other_branches > 0) {
        ledger.note(format!(
            "{} of other branches than {branch}; they count all the same",
            findings(count.other_branches)
        ));
    }
    if count.counted.iter().any(|count| *count > 0) {
        ledger.note(
            "a project's list holds what scans of every branch found, pull requests among them; all of it counts",
        );
    }
    for (name, value) in &api.reader.settings.extra_query {
        ledger.note(format!(
            "the findings were asked for with {} (`extra_query`); what the service leaves out for it is not seen",
            quoted(&format!("{name}={value}"))
        ));
    }
    for (group, ours) in count.ours.iter().enumerate() {
        let Some(said) = chosen.said_findings(group).filter(|said| count.is_whole && *ours > 0 && said > ours) else {
            continue;
        };
        let told = format!(
            "the project {} is said to have {}, and its list has {ours}",
            chosen.group_name(group),
            findings(said)
        );
        // Where a total was reached and nothing left out, it is the other number that is old.
        if count.has_total && dropped == 0 {
            ledger.note(told);
        } else {
            ledger.partial(format!("{told}, and nothing shows that these are all"));
        }
    }
}

/// Whether what was read is proof of what it shows, where it shows nothing.
fn prove(api: &Api<'_>, chosen: &Chosen, scans: &Scans, ledger: &RefCell<Ledger>, count: &Count) {
    let mut ledger = ledger.borrow_mut();
    let host = api.host();
    if let Some(repository) = chosen.unproven.as_deref().filter(|_| count.proofs.1 > 0 && count.proofs.0 == 0) {
        ledger.failed(Fault::new(format!(
            "the project {}, found by nothing but its name, holds findings of other repositories and none of {repository}; name \
             the right one with `project` or --project",
            chosen.group_name(0)
        )));
        return;
    }
    for (group, _) in chosen.groups() {
        let (ours, counted) = (count.ours.get(group).unwrap_or(&0), count.counted.get(group).unwrap_or(&0));
        let name = chosen.group_name(group);
        let said = chosen.said_findings(group);
        if *ours == 0
            && let Some(said) = said.filter(|said| *said > 0)
        {
            let or = if api.reader.settings.extra_query.is_empty() {
                ""
            } else {
                ", or `extra_query` leaves all of them out"
            };
            ledger.failed(Fault::new(format!(
                "the project {name} is said to have {}, and {host} shows none: either the parameter that restricts the list is \
                 another one (`project_param`, `findings_path`), or the key lacks findings:read{or}",
                number(said)
            )));
            continue;
        }
        if *ours == 0 && said.is_none() && count.elsewhere.is_empty() {
            let empty = format!("the list of findings is empty, and the project {name} does not tell how many it has");
            if api.reader.settings.trust_server_filter {
                ledger.note(format!("{empty}; the server's word is taken for it (`trust_server_filter`)"));
            } else {
                ledger.partial(format!("{empty}, so nothing shows that the list is that of the project"));
            }
        }
        if *counted > 0 {
            continue;
        }
        if let Some(asset) = chosen.asset_title().filter(|_| *ours > 0 && !chosen.knows_asset()) {
            ledger.partial(format!(
                "none of the {} of the project {name} names {asset}, which {host} does not list, so whether they are of it \
                 is not known; leave `asset` out, and all of them count",
                number(*ours)
            ));
        }
        if chosen.said_assets(group) == Some(0) {
            ledger.failed(Fault::new(format!("never scanned: the project {name} has no assets")));
        } else if scans.tells && !scans.is_scanned(group) {
            let what = chosen.asset_title().unwrap_or_else(|| format!("the project {name}"));
            if scans.is_cut {
                ledger.partial(format!("there is neither a finding of {what} nor a scan of it among the newest"));
                continue;
            }
            ledger.failed(Fault::new(format!(
                "never scanned: {host} shows neither a finding nor a scan of {what}; start a scan there first"
            )));
        } else if !scans.tells && api.desk.rule.commit == CommitRule::Any {
            ledger.note(format!(
                "the project {name} has no findings, and its scans are not told, so it is clean or was never scanned"
            ));
        }
    }
}
