//! Finding the projects: Mend has no question for one, so the summaries of all are read and looked through.
//!
//! A project of Mend's has no field for a repository or a branch. What tells them are tags that teams and tools set, and the
//! names that Mend's own integrations give.

use serde_json::json;
use serde_json::value::RawValue;

use super::client::{Api, List, Listing, Row};
use super::config::Engine;
use super::wire::Summary;
use crate::policy::{quoted, short_branch};
use crate::project::is_same_repository;
use crate::source::Fault;
use crate::source::ids::is_uuid;
use crate::source::ledger::Ledger;
use crate::source::names::one_line;
use crate::source::scalar::{Scalar, first};

/// So many candidates are told in a message.
const TOLD: usize = 10;

/// A project.
#[derive(Clone, Debug, Default)]
pub(super) struct Project {
    /// Its UUID.
    pub(super) uuid: String,
    /// Its name.
    pub(super) name: String,
    /// Its name, with that of its application where another project that is read has the same name.
    pub(super) label: String,
    /// The application that it belongs to.
    pub(super) application: Option<String>,
    /// Its tags; a name may come several times.
    tags: Vec<(String, String)>,
    /// When it was scanned.
    pub(super) scanned: Scanned,
}

/// What is known of when a project was scanned. `None`: not told; `Some(false)`: never.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scanned {
    /// By any engine.
    pub(super) ever: Option<bool>,
    sca: Option<bool>,
    sast: Option<bool>,
    images: Option<bool>,
    /// When its dependencies were scanned for the last time.
    pub(super) dependencies: Option<jiff::Timestamp>,
}

impl Scanned {
    /// Whether the scans of an engine ever ran.
    pub(super) fn by(&self, engine: Engine) -> Option<bool> {
        match engine {
            Engine::Sca | Engine::License => self.sca,
            Engine::Sast => self.sast,
            Engine::Container | Engine::Secret => self.images,
        }
    }
}

mod baseline;

/// What SCM integrations of Mend's put before the names of what they make.
const INTEGRATIONS: [&str; 4] = ["GH", "AZ", "BB", "GL"];

impl Project {
    fn of(row: &Summary) -> Option<Project> {
        let uuid = row.uuid.text()?.to_owned();
        let name = row.name.word().map_or_else(|| uuid.clone(), |name| one_line(&name, 200));
        let application = first(&[&row.application_name, &row.path]).word().map(|name| one_line(&name, 200));
        let tags =
            row.tags.iter().filter_map(|tag| Some((tag.key.word()?.into_owned(), tag.value.word()?.into_owned())));
        let tags = tags.collect();
        let last = &row.statistics.last_scan;
        let at = |time: &Scalar| time.count().map(|milliseconds| milliseconds > 0);
        let (sca, sast, images) =
            (at(&last.last_sca_scan_time), at(&last.last_sast_scan_time), at(&last.last_img_scan_time));
        let dependencies = last.last_sca_scan_time.milliseconds();
        let told: Vec<bool> = [at(&last.last_scan_time), sca, sast, images].into_iter().flatten().collect();
        let ever = match told.iter().any(|scanned| *scanned) {
            true => Some(true),
            // The older field is only asked where the newer ones say nothing.
            false if told.is_empty() => row.last_scanned.time().map(|_| true),
            false => Some(false),
        };
        let label = name.clone();
        Some(Project {
            uuid,
            name,
            label,
            application,
            tags,
            scanned: Scanned { ever, sca, sast, images, dependencies },
        })
    }

    fn values<'p>(&'p self, tag: &'p str) -> impl Iterator<Item = &'p str> {
        self.tags.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(tag)).map(|(_, value)| value.as_str())
    }

    /// The branch that it holds, as far as a tag or the name tells.
    pub(super) fn branch(&self, tag: &str, repository: Option<&str>, judged: Option<&str>) -> Option<String> {
        let mut told: Vec<&str> = self.values(tag).collect();
        told.dedup();
        match told.as_slice() {
            [one] => return Some(short_branch(one).to_owned()),
            [] => {}
            // Tags pile up where several branches are scanned into one project.
            _ => return None,
        }
        let (name, judged) = (repository?.rsplit('/').next()?, judged?);
        let is_integrations = |prefix: &str| self.name == format!("{prefix}_{name}_{judged}");
        INTEGRATIONS.iter().any(|prefix| is_integrations(prefix)).then(|| judged.to_owned())
    }

    fn described(&self) -> String {
        let application = self.application.as_ref().map(|name| format!("{name}/")).unwrap_or_default();
        format!("{application}{} ({})", self.name, self.uuid)
    }
}

/// Finds the projects that are to be read, at least one. What was odd on the way is in the ledger.
pub(super) async fn find(api: &Api<'_>, org: &str) -> Result<(Vec<Project>, Ledger), Fault> {
    let settings = &api.reader.settings;
    let wanted: Vec<&String> = match &api.reader.baseline {
        None => settings.projects.iter().collect(),
        // What is judged is looked for, too: it must be another project.
        Some(_) => settings.projects.iter().chain(&settings.baseline_projects).collect(),
    };
    // Only of projects that are named by UUID does Mend tell each by itself.
    let by_uuid = !wanted.is_empty() && wanted.iter().all(|name| is_uuid(name));
    let question = if by_uuid { json!({"projectUuids": wanted}) } else { json!({}) };
    let list = summaries(org, question);
    let Listing { items, ledger } = api.list(&list, take).await.map_err(|refused| refused.fault)?;
    let mut chosen = match &api.reader.baseline {
        None => choose(api, items, &settings.projects, api.desk.branch.as_deref())?,
        Some(branch) => baseline::choose(api, items, branch)?,
    };
    let names: Vec<String> = chosen.iter().map(|project| project.name.clone()).collect();
    for project in &mut chosen {
        if names.iter().filter(|name| **name == project.name).count() > 1 {
            let application = project.application.clone().unwrap_or_else(|| project.uuid.clone());
            project.label = format!("{application}/{}", project.name);
        }
    }
    // Scans of one label follow one another: two projects that share it would vouch for each other.
    let labels: Vec<String> = chosen.iter().map(|project| project.label.clone()).collect();
    for project in &mut chosen {
        if labels.iter().filter(|label| **label == project.label).count() > 1 {
            project.label = format!("{} ({})", project.label, project.uuid);
        }
    }
    Ok((chosen, ledger))
}

/// Reads the summary of a project once more. `None` if it is not there any more.
pub(super) async fn again(api: &Api<'_>, org: &str, uuid: &str) -> Option<Project> {
    let list = summaries(org, json!({"projectUuids": [uuid]}));
    let listing = api.list(&list, take).await.ok()?;
    listing.items.into_iter().find(|project| project.uuid == uuid)
}

fn summaries(org: &str, question: serde_json::Value) -> List<'_> {
    let path = vec!["orgs", org, "projects", "summaries"];
    List { what: "project summaries", path, question: Some(question), counts: false }
}

fn take(row: &RawValue, ledger: &mut Ledger) -> Row<Project> {
    let Some(row) = ledger.row::<Summary>("project summaries", row) else { return Row::Unreadable };
    match Project::of(&row) {
        Some(project) => Row::Kept(project.uuid.clone(), project),
        None => {
            ledger.skip("project summaries", "it has no uuid");
            Row::Unreadable
        }
    }
}

/// The projects of these names; where there are none, the one of the repository and this branch.
fn choose(api: &Api<'_>, all: Vec<Project>, names: &[String], branch: Option<&str>) -> Result<Vec<Project>, Fault> {
    let settings = &api.reader.settings;
    let within = |project: &Project| {
        settings.application.as_ref().is_none_or(|wanted| project.application.as_ref() == Some(wanted))
    };
    let looked = all.len();
    let (inside, outside): (Vec<Project>, Vec<Project>) = all.into_iter().partition(within);
    if names.is_empty() {
        let wanted = Wanted {
            tags: &settings.tags,
            branch_tag: &settings.branch_tag,
            repository: api.desk.repository.as_deref(),
            branch,
        };
        return by_repository(inside, &wanted, looked).map(|project| vec![project]).map_err(Fault::new);
    }
    let mut chosen: Vec<Project> = Vec::new();
    for name in names {
        let project = named(name, &inside, &outside, settings.application.as_deref()).map_err(Fault::new)?;
        if !chosen.iter().any(|one| one.uuid == project.uuid) {
            chosen.push(project);
        }
    }
    Ok(chosen)
}

/// The project of a name, `application/name` or UUID.
fn named(name: &str, inside: &[Project], outside: &[Project], application: Option<&str>) -> Result<Project, String> {
    let fits = |project: &&Project| {
        let full = || {
            project.application.as_ref().is_some_and(|application| format!("{application}/{}", project.name) == name)
        };
        project.uuid.eq_ignore_ascii_case(name) || project.name == name || full()
    };
    let mut found: Vec<&Project> = inside.iter().filter(fits).collect();
    // Somebody may call a project by another one's UUID.
    if found.len() > 1 && found.iter().any(|project| project.uuid.eq_ignore_ascii_case(name)) {
        found.retain(|project| project.uuid.eq_ignore_ascii_case(name));
    }
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let within = application.map(|name| format!(" in the application {}", quoted(name))).unwrap_or_default();
            let elsewhere: Vec<&Project> = outside.iter().filter(fits).collect();
            let like =
                |project: &&Project| !is_uuid(name) && project.name.to_lowercase().contains(&name.to_lowercase());
            let near: Vec<&Project> =
                if elsewhere.is_empty() { inside.iter().filter(like).collect() } else { elsewhere };
            let hint = if near.is_empty() { String::new() } else { format!("; there is {}", listed(&near)) };
            Err(format!(
                "Mend shows no project {}{within}: is the name right, may the user of MEND_EMAIL see it, is it in this \
                 organization, and is it active?{hint}",
                quoted(name)
            ))
        }
        several => Err(format!(
            "{} names several projects: {}; write application/name or the UUID",
            quoted(name),
            listed(several)
        )),
    }
}

/// What leads to a project that nobody named.
struct Wanted<'w> {
    tags: &'w [(String, String)],
    branch_tag: &'w str,
    repository: Option<&'w str>,
    branch: Option<&'w str>,
}

/// The project of the repository and branch: by tags, then by the names that Mend's integrations give.
fn by_repository(all: Vec<Project>, wanted: &Wanted<'_>, looked: usize) -> Result<Project, String> {
    const NAME_IT: &str = "name the project with --project or `project` in the source mend";
    let found: Vec<&Project>;
    let what;
    if !wanted.tags.is_empty() {
        let has = |project: &Project, (tag, value): &(String, String)| {
            project.values(tag).any(|told| told == value || is_same_repository(told, value))
        };
        found = all.iter().filter(|project| wanted.tags.iter().all(|tag| has(project, tag))).collect();
        let tags: Vec<String> = wanted.tags.iter().map(|(tag, value)| format!("{tag}={value}")).collect();
        what = format!("the tags {}", tags.join(", "));
    } else if let Some(repository) = wanted.repository {
        let is_of = |project: &&Project| project.values("sourceUrl").any(|told| is_same_repository(told, repository));
        let tagged: Vec<&Project> = all.iter().filter(is_of).collect();
        if tagged.is_empty() {
            found = all.iter().filter(|project| is_named_after(project, repository, wanted.branch)).collect();
        } else {
            found = tagged;
        }
        what = format!("the repository {repository}");
    } else {
        return Err(format!(
            "the repository that is judged is not known, so neither is its project at Mend; {NAME_IT}"
        ));
    }
    let of_branch = of_branch(&found, wanted);
    match (of_branch.as_slice(), found.as_slice()) {
        ([one], _) => Ok((*one).clone()),
        ([], []) => Err(format!(
            "none of the {looked} projects that Mend shows has {what} (a tag, or a name as Mend's integrations give it); {NAME_IT}"
        )),
        ([], others) => {
            let branch = wanted.branch.unwrap_or_default();
            Err(format!(
                "no project at Mend is of {what} and of the branch {branch}: there is {}; {NAME_IT}",
                listed(others)
            ))
        }
        (several, _) => Err(format!("several projects at Mend have {what}: {}; {NAME_IT}", listed(several))),
    }
}

/// Those of the branch: by its tag, else by the end of the name. A project whose tag names another branch is none of them, and
/// neither is one whose name does, as Mend's integrations give it.
fn of_branch<'p>(found: &[&'p Project], wanted: &Wanted<'_>) -> Vec<&'p Project> {
    let Some(branch) = wanted.branch else { return found.to_vec() };
    let is_tagged = |project: &&&Project| project.values(wanted.branch_tag).next().is_some();
    let has =
        |project: &&&Project| project.values(wanted.branch_tag).any(|told| short_branch(told) == short_branch(branch));
    let tagged: Vec<&Project> = found.iter().filter(has).copied().collect();
    if !tagged.is_empty() {
        return tagged;
    }
    let is_of_another = |project: &&&Project| is_named_after_another_branch(project, wanted.repository, branch);
    let untagged: Vec<&Project> =
        found.iter().filter(|project| !(is_tagged(project) || is_of_another(project))).copied().collect();
    let end = format!("_{}", short_branch(branch));
    let named: Vec<&Project> = untagged.iter().filter(|project| project.name.ends_with(&end)).copied().collect();
    if named.is_empty() { untagged } else { named }
}

/// Whether a project has the name that one of Mend's integrations gives to another branch: `GH_payments_main` for `dev`.
fn is_named_after_another_branch(project: &Project, repository: Option<&str>, branch: &str) -> bool {
    let Some(name) = repository.and_then(|repository| repository.rsplit('/').next()) else { return false };
    // Which characters a name may have nobody documents.
    let loose = |text: &str| text.replace(|c: char| !c.is_alphanumeric(), "_");
    INTEGRATIONS.iter().any(|prefix| {
        let told = project.name.strip_prefix(&format!("{prefix}_{name}_"));
        told.is_some_and(|told| loose(told) != loose(short_branch(branch)))
    })
}

/// Whether a project has the name that one of Mend's integrations gives: `GH_acme/GH_payments_main`.
fn is_named_after(project: &Project, repository: &str, branch: Option<&str>) -> bool {
    let mut parts = repository.split('/').skip(1);
    let (Some(owner), Some(name), Some(branch)) = (parts.next(), repository.rsplit('/').next(), branch) else {
        return false;
    };
    INTEGRATIONS.iter().any(|prefix| {
        let application = format!("{prefix}_{owner}");
        // Azure's applications have the name of its own project behind a slash.
        let in_it = |name: &String| *name == application || name.starts_with(&format!("{application}/"));
        project.name == format!("{prefix}_{name}_{}", short_branch(branch))
            && project.application.as_ref().is_none_or(in_it)
    })
}

fn listed(projects: &[&Project]) -> String {
    let mut names: Vec<String> = projects.iter().map(|project| project.described()).collect();
    names.sort();
    let more = names.len().saturating_sub(TOLD);
    names.truncate(TOLD);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", names.join(", "))
}

#[cfg(test)]
mod tests;
