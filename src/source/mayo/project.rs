//! Which projects are read, and which rows belong to them.
//!
//! How a list is restricted to one project is nowhere documented, so nothing rests on it: every row is held against the
//! projects that were asked for.

use std::cell::RefCell;

use serde_json::value::RawValue;

use super::client::{Api, Denied, List};
use super::pages::{self, Listing, Row, Rows};
use super::wire::{self, Named, Place};
use super::{Fault, Ledger};
use crate::policy::quoted;
use crate::source::scalar::{Scalar, first};

/// So many names are told where one was not found.
const MOST_NAMES: usize = 10;

/// A project that is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Target {
    /// The id.
    pub(super) id: String,
    /// The name.
    pub(super) name: String,
    /// The name in addresses.
    slug: Option<String>,
    /// How many findings it is said to have.
    pub(super) findings: Option<u64>,
    /// How many assets it is said to have.
    pub(super) assets: Option<u64>,
    /// Which of the projects that were named it belongs to: a sub-project belongs to its parent's.
    pub(super) group: usize,
    parent: Option<String>,
}

/// An asset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asset {
    id: Option<String>,
    name: Option<String>,
    full_name: Option<String>,
    projects: Vec<String>,
}

/// What is read.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    /// The projects, each once; sub-projects behind their parents.
    pub(super) targets: Vec<Target>,
    /// The asset that alone counts, if one does.
    pub(super) asset: Option<Asset>,
    /// The repository, where the project was found by nothing but its name: its findings must show that it is the right one.
    pub(super) unproven: Option<String>,
    /// The assets of the organization, where they were read. `Some(None)`: the service does not list them.
    assets: RefCell<Option<Option<Vec<Asset>>>>,
}

/// Whether a row belongs to what is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Belongs {
    /// It does, to the target of this number.
    To(usize),
    /// It belongs to another project, of this name or id.
    Elsewhere(String),
    /// It names no project, but an asset; the list of assets tells.
    Asset(Asset),
    /// It does not say.
    Untold,
}

/// `/projects`.
pub(super) fn projects_list() -> List {
    List {
        what: "projects",
        path: vec!["projects".to_owned()],
        query: Vec::new(),
        permission: "projects:read",
        help: "is the address right (MAYOASPM_URL, `url`)? It ends in /api, as in https://mayoaspm.com/api",
    }
}

fn assets_list() -> List {
    List {
        what: "assets",
        path: vec!["assets".to_owned()],
        query: Vec::new(),
        permission: "projects:read",
        help: "name the project in the policy",
    }
}

/// Reads a short list whole.
async fn all<T>(
    api: &Api<'_>,
    list: &List,
    ledger: &RefCell<Ledger>,
    make: fn(&RawValue) -> Result<Row<T>, String>,
) -> Result<Vec<T>, Denied> {
    let rows = Rows { parse: &make, is_stricter: |_, _| false, wanted: None, count: &|_, _| {} };
    let Listing { rows, bad, pages, missing, fault, has_total: _, is_cut: _ } = pages::read(api, list, &rows).await?;
    let mut ledger = ledger.borrow_mut();
    ledger.pages += pages;
    for why in bad {
        ledger.skip(list.what, why);
    }
    for reason in missing {
        ledger.partial(reason);
    }
    fault.map_or(Ok(rows), |fault| Err(Denied::Fault(fault)))
}

fn word(scalar: &Scalar) -> Option<String> {
    scalar.word().map(|word| word.into_owned())
}

fn project(raw: &RawValue) -> Result<Row<Target>, String> {
    let row: wire::Project = serde_json::from_str(raw.get()).map_err(|error| error.to_string())?;
    let id = word(&row.id).ok_or("a project without an id")?;
    let slug = word(&row.slug);
    let name = word(&row.name).or_else(|| slug.clone()).unwrap_or_else(|| id.clone());
    let parent = word(&row.parent_id).or_else(|| word(&row.parent.parts.id)).or_else(|| word(&row.parent.word));
    let (findings, assets) = (row.finding_count.count(), row.asset_count.count());
    Ok(Row { key: Some(id.clone()), value: Target { id, name, slug, findings, assets, group: 0, parent } })
}

fn asset(raw: &RawValue) -> Result<Row<Asset>, String> {
    let row: wire::Asset = serde_json::from_str(raw.get()).map_err(|error| error.to_string())?;
    let id = word(&row.id);
    let full_name = [&row.full_name, &row.repository.word, &row.repository.parts.full_name, &row.repo.word];
    let full_name = word(first(&full_name)).or_else(|| word(&row.repo.parts.full_name));
    let mut projects: Vec<String> = row.project_ids.iter().filter_map(word).collect();
    projects.extend(row.projects.iter().filter_map(|one| word(first(&[&one.parts.id, &one.word]))));
    projects.extend(word(first(&[&row.project_id, &row.project.parts.id, &row.project.word])));
    projects.sort();
    projects.dedup();
    if id.is_none() && full_name.is_none() {
        return Err("an asset without an id and a full name".to_owned());
    }
    let key = id.clone().or_else(|| full_name.clone());
    Ok(Row { key, value: Asset { id, name: word(&row.name), full_name, projects } })
}

/// Finds out what is read.
pub(super) async fn choose(api: &Api<'_>, ledger: &RefCell<Ledger>) -> Result<Chosen, Fault> {
    let settings = &api.reader.settings;
    let known = all(api, &projects_list(), ledger, project).await?;
    let chosen = Chosen::default();
    let wanted = settings.asset.clone().or_else(|| {
        let repository = api.desk.repository.as_ref().filter(|_| settings.projects.is_empty())?;
        Some(repository.clone())
    });
    let asset = match &wanted {
        Some(wanted) => chosen.find_asset(api, ledger, wanted).await?,
        None => None,
    };
    let mut roots = Vec::new();
    let mut unproven = None;
    if !settings.projects.is_empty() {
        for name in &settings.projects {
            roots.push(by_name(&known, name).map_err(|error| Fault::new(format!("{error}{}", api.at())))?);
        }
        if asset.is_none()
            && let Some(asset) = &settings.asset
        {
            ledger.borrow_mut().note(format!(
                "{} does not list its assets, so the findings of {asset} are known by the names that they carry",
                api.host()
            ));
        }
    } else if let Some(asset) = &asset {
        let name = asset.full_name.as_deref().unwrap_or_default();
        if asset.projects.is_empty() {
            return Err(Fault::new(format!(
                "the asset {name} belongs to no project{}; name the project in the policy (`project`) or with --project",
                api.at()
            )));
        }
        for id in &asset.projects {
            roots.push(known.iter().find(|project| project.id == *id).cloned().unwrap_or_else(|| Target {
                id: id.clone(),
                name: id.clone(),
                ..Target::default()
            }));
        }
    } else if let Some(repository) = &wanted {
        let short = repository.trim_end_matches(".git").rsplit('/').next().unwrap_or_default();
        roots.push(by_name(&known, short).map_err(|error| {
            Fault::new(format!(
                "{error}{}; the service does not list its assets, so a project of the repository's name was looked for; name \
                 the project in the policy (`project`) or with --project",
                api.at()
            ))
        })?);
        ledger.borrow_mut().note(format!(
            "the service does not list its assets, so the project was found by the name of the repository {repository}"
        ));
        unproven = Some(repository.clone());
    }
    let own = settings.asset.as_ref().map(|name| Asset { full_name: Some(name.clone()), ..Asset::default() });
    let asset = if unproven.is_some() { None } else { asset.or(own) };
    let targets = with_children(roots, &known);
    ledger.borrow_mut().projects.extend(targets.iter().map(|target| target.name.as_str().into()));
    Ok(Chosen { targets, asset, unproven, ..chosen })
}

impl Api<'_> {
    /// ` at mayoaspm.com`
    fn at(&self) -> String {
        format!(" at {}", self.host())
    }
}

/// The projects that were named, each once, and behind each its sub-projects.
fn with_children(roots: Vec<Target>, known: &[Target]) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::new();
    for (group, root) in roots.into_iter().enumerate() {
        if targets.iter().any(|target| target.id == root.id) {
            continue;
        }
        let mut next = targets.len();
        targets.push(Target { group, ..root });
        // Mayo has two levels; more would be read all the same.
        while let Some(parent) = targets.get(next).map(|target| target.id.clone()) {
            next += 1;
            for child in known.iter().filter(|child| child.parent.as_deref() == Some(&*parent)) {
                if !targets.iter().any(|target| target.id == child.id) {
                    targets.push(Target { group, ..child.clone() });
                }
            }
        }
    }
    targets
}

/// A project by its id, its exact name, or its name in whatever case.
fn by_name(known: &[Target], wanted: &str) -> Result<Target, String> {
    if let Some(project) = known.iter().find(|project| project.id == wanted) {
        return Ok(project.clone());
    }
    let named = |test: &dyn Fn(&str) -> bool| -> Vec<&Target> { known.iter().filter(|one| test(&one.name)).collect() };
    let lower = wanted.to_lowercase();
    let exact = named(&|name| name == wanted);
    let found = if exact.is_empty() { named(&|name| name.to_lowercase() == lower) } else { exact };
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let mut names: Vec<String> = known.iter().map(|project| quoted(&project.name)).collect();
            names.sort();
            let more = if names.len() > MOST_NAMES { ", ..." } else { "" };
            names.truncate(MOST_NAMES);
            let there = if names.is_empty() {
                "the key sees no project at all".to_owned()
            } else {
                format!("there is {}{more}", names.join(", "))
            };
            Err(format!("there is no project {}; {there}", quoted(wanted)))
        }
        several => {
            let ids: Vec<&str> = several.iter().take(MOST_NAMES).map(|project| project.id.as_str()).collect();
            Err(format!(
                "{} projects are called {}; name one by its id: {}",
                several.len(),
                quoted(wanted),
                ids.join(", ")
            ))
        }
    }
}

/// A repository without what addresses put around it, and whether its host is told: `acme/payments` of
/// `https://github.com/acme/payments.git`.
fn path_of(repository: &str) -> (String, bool) {
    let (address, is_url) = match repository.trim().split_once("://") {
        Some((_, rest)) => (rest.to_owned(), true),
        None => (repository.trim().to_owned(), false),
    };
    let (address, is_scp) = match address.split_once('@') {
        // The short form of SSH has a colon where others have a slash.
        Some((_, rest)) => (if is_url { rest.to_owned() } else { rest.replacen(':', "/", 1) }, true),
        None => (address, false),
    };
    let address = address.trim_end_matches('/').trim_end_matches(".git");
    match address.split_once('/') {
        Some((host, path)) if is_url || is_scp || (path.contains('/') && host.contains(['.', ':'])) => {
            (path.to_owned(), true)
        }
        _ => (address.to_owned(), false),
    }
}

/// Whether two names are those of one repository. Mayo writes them without a host, or as an address.
fn is_repository(a: &str, b: &str) -> bool {
    let ((path, has_host), (other, other_has_host)) = (path_of(a), path_of(b));
    crate::project::is_same_repository(a, b) || (same(&path, &other) && !(has_host && other_has_host))
}

fn same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

impl Chosen {
    /// The projects that were named, each with its name.
    pub(super) fn groups(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut last = None;
        self.targets.iter().filter_map(move |target| {
            (last.replace(target.group) != Some(target.group)).then_some((target.group, target.name.as_str()))
        })
    }

    /// The name of a project that was named.
    pub(super) fn group_name(&self, group: usize) -> String {
        self.groups().find(|(one, _)| *one == group).map(|(_, name)| quoted(name)).unwrap_or_default()
    }

    /// How many findings a project and its sub-projects are said to have; the count of a project may or may not hold those of
    /// its sub-projects. `None` if one of them does not say.
    pub(super) fn said_findings(&self, group: usize) -> Option<u64> {
        self.said(group, |target| target.findings)
    }

    /// How many assets they are said to have.
    pub(super) fn said_assets(&self, group: usize) -> Option<u64> {
        self.said(group, |target| target.assets)
    }

    fn said(&self, group: usize, what: impl Fn(&Target) -> Option<u64>) -> Option<u64> {
        let all: Option<Vec<u64>> = self.targets.iter().filter(|target| target.group == group).map(what).collect();
        all?.into_iter().max()
    }

    /// The asset that alone counts, for people.
    pub(super) fn asset_title(&self) -> Option<String> {
        let asset = self.asset.as_ref()?;
        Some(format!("the asset {}", quoted(asset.full_name.as_deref().or(asset.name.as_deref())?)))
    }

    /// Whether the asset that alone counts was found in the list of assets.
    pub(super) fn knows_asset(&self) -> bool {
        self.asset.as_ref().is_some_and(|asset| asset.id.is_some() || !asset.projects.is_empty())
    }

    /// The assets of the organization. `None`: the service does not list them.
    async fn assets(&self, api: &Api<'_>, ledger: &RefCell<Ledger>) -> Result<Option<Vec<Asset>>, Fault> {
        if let Some(known) = &*self.assets.borrow() {
            return Ok(known.clone());
        }
        let read = match all(api, &assets_list(), ledger, asset).await {
            Ok(assets) => Some(assets),
            Err(Denied::Refused(refusal)) if refusal.is_missing() => None,
            Err(denied) => return Err(denied.into()),
        };
        self.assets.replace(Some(read.clone()));
        Ok(read)
    }

    /// The asset of a repository. `None`: the service does not list its assets.
    async fn find_asset(&self, api: &Api<'_>, ledger: &RefCell<Ledger>, wanted: &str) -> Result<Option<Asset>, Fault> {
        let Some(assets) = self.assets(api, ledger).await? else { return Ok(None) };
        let is_it = |asset: &&Asset| asset.full_name.as_deref().is_some_and(|name| is_repository(name, wanted));
        let mut found: Vec<&Asset> = assets.iter().filter(is_it).collect();
        found.dedup();
        match found.as_slice() {
            [asset] => Ok(Some((*asset).clone())),
            [] => {
                let mut names: Vec<String> =
                    assets.iter().filter_map(|asset| asset.full_name.as_deref().map(quoted)).collect();
                names.sort();
                let more = if names.len() > MOST_NAMES { ", ..." } else { "" };
                names.truncate(MOST_NAMES);
                let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                Err(Fault::new(format!(
                    "there is no asset {}{} (there is {there}{more}), so it was never scanned there; add the repository at Mayo, \
                     or name the project with `project` or --project",
                    quoted(wanted),
                    api.at()
                )))
            }
            several => Err(Fault::new(format!(
                "{} assets{} are called {}; name the project with `project` or --project",
                several.len(),
                api.at(),
                quoted(wanted)
            ))),
        }
    }

    /// Where a row belongs, as far as it tells itself.
    pub(super) fn belongs(&self, place: Place<'_>) -> Belongs {
        let mut ids: Vec<String> = place.project_ids.iter().filter_map(word).collect();
        ids.extend(word(place.project_id));
        let (mut words, mut names) = (Vec::new(), Vec::new());
        for one in place.projects.iter().chain([place.project]) {
            ids.extend(word(&one.parts.id));
            // The findings of a sub-project belong to its parent as well.
            ids.extend(word(&one.parts.parent_id));
            words.extend(word(&one.word));
            names.extend(word(&one.parts.name));
        }
        // Where ids are told, names say nothing more: two projects may share one.
        if !ids.is_empty() || !words.is_empty() {
            names.clear();
        }
        names.extend(words.iter().cloned());
        ids.extend(words);
        let called = |target: &Target, name: &String| {
            same(&target.name, name) || target.slug.as_ref().is_some_and(|slug| slug == name)
        };
        let is_it = |target: &Target| ids.contains(&target.id) || names.iter().any(|name| called(target, name));
        if let Some(target) = self.targets.iter().position(is_it) {
            return Belongs::To(target);
        }
        // An asset may be in several projects although its findings name only one of them.
        if let Some(target) = self.of_known_asset(&asset_of(place)) {
            return Belongs::To(target);
        }
        if let Some(other) = names.into_iter().chain(ids).next() {
            return Belongs::Elsewhere(place.project.name().map_or(other, |name| name.into_owned()));
        }
        let asset = asset_of(place);
        if asset == Asset::default() { Belongs::Untold } else { Belongs::Asset(asset) }
    }

    /// The target that an asset belongs to, as far as the assets were read.
    fn of_known_asset(&self, asset: &Asset) -> Option<usize> {
        let assets = self.assets.borrow();
        let own = self.asset.iter().chain(assets.iter().flatten().flatten());
        let mut projects = own.filter(|known| known.is(asset) == Some(true)).flat_map(|known| &known.projects);
        projects.find_map(|id| self.targets.iter().position(|target| target.id == *id))
    }

    /// Where rows belong that name no project, but an asset. What the assets do not tell is untold.
    pub(super) async fn by_asset(
        &self,
        api: &Api<'_>,
        ledger: &RefCell<Ledger>,
        asset: &Asset,
    ) -> Result<Belongs, Fault> {
        if let Some(only) = &self.asset
            && only.is(asset) == Some(true)
            && let Some(target) = self.targets.iter().position(|target| only.projects.contains(&target.id))
        {
            return Ok(Belongs::To(target));
        }
        let Some(assets) = self.assets(api, ledger).await? else { return Ok(Belongs::Untold) };
        let mut projects =
            assets.iter().filter(|known| known.is(asset) == Some(true)).flat_map(|known| &known.projects).peekable();
        let Some(first) = projects.peek().map(|id| (*id).clone()) else { return Ok(Belongs::Untold) };
        let target = projects.find_map(|id| self.targets.iter().position(|target| target.id == *id));
        Ok(target.map_or(Belongs::Elsewhere(first), Belongs::To))
    }

    /// Whether a row shows that the project that was found by its name is the right one. `None`: it shows nothing.
    pub(super) fn proves(&self, place: Place<'_>) -> Option<bool> {
        Some(is_repository(&asset_of(place).full_name?, self.unproven.as_ref()?))
    }

    /// Whether a row is of the asset that alone counts. A row that does not tell counts.
    pub(super) fn is_of_asset(&self, place: Place<'_>) -> bool {
        self.asset.as_ref().is_none_or(|wanted| wanted.is(&asset_of(place)) != Some(false))
    }

    /// The name of the asset with this id, where assets were read.
    pub(super) fn asset_name(&self, id: &str) -> Option<String> {
        let assets = self.assets.borrow();
        let asset = assets.as_ref()?.as_ref()?.iter().find(|asset| asset.id.as_deref() == Some(id))?;
        asset.full_name.clone().or_else(|| asset.name.clone())
    }
}

/// The asset that a row names.
fn asset_of(place: Place<'_>) -> Asset {
    let parts = &place.asset.parts;
    let word_of = |named: &Named| word(&named.word);
    let id = word(first(&[&parts.id, place.asset_id]));
    let named = word_of(place.asset);
    let full_name = word(&parts.full_name)
        .or_else(|| word_of(place.repository))
        .or_else(|| word(&place.repository.parts.full_name))
        .or_else(|| named.clone().filter(|name| name.contains('/')));
    let name = word(first(&[&parts.name, place.asset_name])).or(named.filter(|name| !name.contains('/')));
    Asset { id, name, full_name, projects: Vec::new() }
}

/// What a row calls its asset, for people.
pub(super) fn asset_label(place: Place<'_>) -> (Option<String>, Option<String>) {
    let Asset { id, name, full_name, projects: _ } = asset_of(place);
    (full_name.or(name), id)
}

impl Asset {
    /// Whether what a row names is this asset. `None`: the row names none, or in a way that cannot be compared.
    fn is(&self, named: &Asset) -> Option<bool> {
        if let (Some(id), Some(other)) = (&self.id, &named.id)
            && id == other
        {
            return Some(true);
        }
        if let (Some(name), Some(other)) = (&self.full_name, &named.full_name) {
            return Some(is_repository(other, name));
        }
        if let (Some(_), Some(_)) = (&self.id, &named.id) {
            return Some(false);
        }
        let own = self.name.as_deref().or_else(|| self.full_name.as_deref()?.rsplit('/').next())?;
        let other = named.name.as_deref()?;
        // A name is either the short or the whole one.
        let short = self.full_name.as_deref().and_then(|name| name.rsplit('/').next());
        Some([Some(own), short, self.full_name.as_deref()].into_iter().flatten().any(|name| same(name, other)))
    }
}

#[cfg(test)]
mod tests;
