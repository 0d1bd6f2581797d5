//! Which projects are read. CybeDefend knows them by their ids; a name is looked up, and must be the name of one only.

use super::client::Server;
use super::config::Wanted;
use super::types::Type;
use super::wire;
use crate::source::Fault;
use crate::source::ids::is_uuid;
use crate::source::names::one_line;
use crate::source::scalar::{Scalar, first};

/// More pages of projects are not read.
const MOST_PAGES: u64 = 1_000;
/// The most that the server gives on a page.
const PAGE_SIZE: &str = "10";
/// So many candidates stand in a message.
const EXAMPLES: usize = 10;

/// A project that may be read.
#[derive(Debug)]
pub(super) struct Project {
    /// Its id.
    pub(super) id: String,
    /// Its name; the id where none is told.
    pub(super) name: String,
    /// How it is scanned.
    told: wire::Project,
}

/// What a project's settings keep out of its findings.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Hidden {
    /// A sentence.
    pub(super) told: String,
    /// Whether every policy would want to see it: a list without what is critical or high looks clean.
    pub(super) is_grave: bool,
}

/// A project that a name may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Candidate {
    id: String,
    name: String,
    organization: Option<String>,
}

/// Opens what is wanted, which shows that it may be read.
pub(super) async fn open(server: &Server<'_>, wanted: &Wanted) -> Result<Project, Fault> {
    let Wanted { name, by } = wanted;
    if is_uuid(name) {
        return by_id(server, name).await;
    }
    let help = format!("{by} names it; write the name as CybeDefend has it, or the id");
    by_id(server, &find(server, name, &help).await?).await
}

/// Opens the project that is called like the repository, because nothing names one.
pub(super) async fn open_unnamed(server: &Server<'_>, repository: Option<&str>) -> Result<Project, Fault> {
    let help = "name the project: --project, CYBEDEFEND_PROJECT_ID, or `project` of the source in the policy";
    let name = repository.and_then(|repository| repository.trim_end_matches('/').rsplit('/').next());
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        return Err(Fault::new(format!("nothing says which project is to be read; {help}")));
    };
    by_id(server, &find(server, name, help).await?).await
}

/// Reads a project.
async fn by_id(server: &Server<'_>, id: &str) -> Result<Project, Fault> {
    let attempt = format!("read the project {id}");
    let answer = server.ask(server.get(&["project", id], attempt.as_str())).await?;
    let told: wire::Project = server.parse(&attempt, &answer)?;
    let says = first(&[&told.project_id, &told.id]).text();
    let says = says.ok_or_else(|| Fault::protocol(&attempt, &server.host(), "it holds no id of a project"))?;
    if !says.eq_ignore_ascii_case(id) {
        return Err(Fault::protocol(&attempt, &server.host(), "it is of another project"));
    }
    let name = told.name.text().map_or_else(|| id.to_owned(), |name| one_line(name, 100));
    Ok(Project { id: id.to_owned(), name, told })
}

/// The id of the only project of this name.
async fn find(server: &Server<'_>, name: &str, help: &str) -> Result<String, Fault> {
    let mut all = of_profile(server).await?;
    let mut unread = Vec::new();
    if !all.iter().any(|candidate| candidate.name == name) {
        // A profile need not list projects.
        all.extend(of_organizations(server, name, &mut unread).await?);
    }
    all.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    all.dedup_by(|a, b| a.id.eq_ignore_ascii_case(&b.id));
    let same: Vec<&Candidate> = all.iter().filter(|candidate| candidate.name == name).collect();
    match same.as_slice() {
        [one] => Ok(one.id.clone()),
        [] => {
            let unread =
                unread.first().map(|fault| format!(" (not all could be looked at: {fault})")).unwrap_or_default();
            let seen =
                if all.is_empty() { "none at all".to_owned() } else { examples(&all.iter().collect::<Vec<_>>()) };
            Err(Fault::new(format!(
                "no project is called {}; the user of CYBEDEFEND_PAT sees {seen}; {help}{unread}",
                one_line(name, 100)
            )))
        }
        several => Err(Fault::new(format!(
            "{} projects are called {}: {}; name one by its id, with --project or `project` in the policy",
            several.len(),
            one_line(name, 100),
            examples(several)
        ))),
    }
}

fn examples(candidates: &[&Candidate]) -> String {
    let told = candidates.iter().take(EXAMPLES).map(|Candidate { id, name, organization }| {
        let organization = organization.as_ref().map(|name| format!(", {}", one_line(name, 60))).unwrap_or_default();
        format!("{} ({id}{organization})", one_line(name, 60))
    });
    let more = if candidates.len() > EXAMPLES { " and more" } else { "" };
    format!("{}{more}", told.collect::<Vec<_>>().join(", "))
}

fn candidate(listed: &wire::Listed, organization: Option<&str>) -> Option<Candidate> {
    let id = first(&[&listed.project_id, &listed.id]).text().filter(|id| is_uuid(id))?;
    let name = first(&[&listed.project_name, &listed.name]).text()?;
    Some(Candidate { id: id.to_owned(), name: name.to_owned(), organization: organization.map(str::to_owned) })
}

/// The projects that the user's own profile lists, if it does.
async fn of_profile(server: &Server<'_>) -> Result<Vec<Candidate>, Fault> {
    let attempt = "read the projects of the user";
    let answer = server.send(server.get(&["user", "profile"], attempt)).await?;
    if matches!(answer.status, 403 | 404) {
        return Ok(Vec::new());
    }
    if !answer.is_success() {
        return Err(server.refused(attempt, &answer));
    }
    let profile: wire::Profile = server.parse(attempt, &answer)?;
    let organization = |id: &Scalar| {
        let known = profile.my_organizations.iter().find(|known| known.id.text().is_some() && known.id == *id)?;
        known.name.text()
    };
    let listed = profile.my_accessible_projects.iter();
    Ok(listed.filter_map(|listed| candidate(listed, organization(&listed.organization_id))).collect())
}

/// The projects of all organizations that a search for the name finds.
async fn of_organizations(server: &Server<'_>, name: &str, unread: &mut Vec<Fault>) -> Result<Vec<Candidate>, Fault> {
    let attempt = "read the organizations";
    let answer = server.send(server.get(&["organizations"], attempt)).await?;
    if matches!(answer.status, 403 | 404) {
        unread.push(server.refused(attempt, &answer));
        return Ok(Vec::new());
    }
    if !answer.is_success() {
        return Err(server.refused(attempt, &answer));
    }
    let organizations: Vec<wire::Organization> =
        if answer.body.trim_start_matches('\u{feff}').trim_start().starts_with('[') {
            server.parse(attempt, &answer)?
        } else {
            server.parse::<wire::Organizations>(attempt, &answer)?.organizations
        };
    let mut candidates = Vec::new();
    for organization in &organizations {
        let Some(id) = organization.id.text() else { continue };
        let title = organization.name.text().unwrap_or(id);
        let attempt = format!("read the projects of {title}");
        let mut page = 1;
        loop {
            let request = server
                .get(&["organization", id, "projects"], attempt.as_str())
                .query("page", &page.to_string())
                .query("pageSize", PAGE_SIZE)
                .query("search", name);
            let answer = server.send(request).await?;
            if matches!(answer.status, 403 | 404) {
                unread.push(server.refused(&attempt, &answer));
                break;
            }
            if !answer.is_success() {
                return Err(server.refused(&attempt, &answer));
            }
            let listing: wire::Listing = server.parse(&attempt, &answer)?;
            candidates.extend(listing.projects.iter().filter_map(|listed| candidate(listed, Some(title))));
            let last = listing.total_pages.count().unwrap_or(MOST_PAGES).min(MOST_PAGES);
            if listing.projects.is_empty() || page >= last {
                break;
            }
            page += 1;
        }
    }
    Ok(candidates)
}

impl Project {
    /// Whether the scanner of a type is switched off; for secrets and pipelines there is no switch.
    pub(super) fn is_off(&self, list: Type) -> bool {
        let switch = match list {
            Type::Sast => &self.told.sast_enabled,
            Type::Sca => &self.told.sca_enabled,
            Type::Iac => &self.told.iac_enabled,
            Type::Container => &self.told.container_enabled,
            Type::Secret | Type::Cicd => return false,
        };
        switch.flag() == Some(false)
    }

    /// What the project's settings keep out of its findings.
    pub(super) fn hidden(&self, types: &[Type]) -> Vec<Hidden> {
        let mut hidden = Vec::new();
        for (list, shown) in [
            (Type::Sast, &self.told.sast_severities),
            (Type::Sca, &self.told.sca_severities),
            (Type::Iac, &self.told.iac_severities),
        ] {
            let serde_json::Value::Array(shown) = shown else { continue };
            if !types.contains(&list) {
                continue;
            }
            let is_shown = |level: &&str| {
                shown.iter().filter_map(|word| word.as_str()).any(|word| word.trim().eq_ignore_ascii_case(level))
            };
            let missing: Vec<&str> =
                ["critical", "high", "medium", "low"].into_iter().filter(|level| !is_shown(level)).collect();
            if !missing.is_empty() {
                let told = format!(
                    "{} hides {} of these severities in CybeDefend: {}; whether there are any, findgate cannot see",
                    self.name,
                    list.list(),
                    missing.join(", ")
                );
                hidden
                    .push(Hidden { told, is_grave: missing.iter().any(|level| matches!(*level, "critical" | "high")) });
            }
        }
        if types.contains(&Type::Sca) {
            for (switch, what) in [
                (&self.told.sca_transitive_dependencies_enabled, "transitive dependencies"),
                (&self.told.sca_development_dependencies_enabled, "development dependencies"),
            ] {
                if switch.flag() == Some(false) {
                    let told =
                        format!("{} has {what} switched off in CybeDefend, so no finding tells of them", self.name);
                    hidden.push(Hidden { told, is_grave: false });
                }
            }
        }
        hidden
    }
}
