//! `sources.cybedefend` in the policy, and what the environment adds.

use anyhow::anyhow;

use super::types::{self, Type};
use crate::net::{Endpoint, Given, Secret};
use crate::policy::expect::{self, Fields};
use crate::policy::shape::{Form, Key, Presence, Shape, SourceLanguage, Table};
use crate::policy::{Node, Place, Problem, Problems, quoted, short_branch};
use crate::source::ids::is_uuid;
use crate::source::{Access, Unready};

/// What the policy says.
#[derive(Clone, Debug)]
pub struct Settings {
    region: Option<String>,
    url: Option<String>,
    auth_url: Option<String>,
    app_url: Option<String>,
    /// `project` or `projects`: ids or names.
    projects: Vec<String>,
    branch: Option<Branch>,
    /// `types`. `None`: all that the organization's plan has.
    types: Option<Vec<Type>>,
    page_size: u32,
    concurrency: u32,
}

/// Which branch's findings are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Branch {
    /// That which is judged.
    Current,
    /// This one.
    Named(String),
}

/// What is needed to read.
#[derive(Clone, Debug)]
pub struct Reader {
    /// Where findings are.
    pub(super) api: Endpoint,
    /// Where tokens are given.
    pub(super) auth: Endpoint,
    /// Where people look at findings, without a slash at its end; `None` where nobody told.
    pub(super) app: Option<String>,
    /// The personal access token. It is exchanged; it opens nothing itself.
    pub(super) pat: Secret,
    /// What to read. None: the project that is called like the repository.
    pub(super) projects: Vec<Wanted>,
    /// Which branch.
    pub(super) branch: Option<Branch>,
    /// Whether findings that do not tell their branch are left out.
    pub(super) only_of_branch: bool,
    /// Which types of finding.
    pub(super) types: Vec<Type>,
    /// Whether the policy names the types: then each of them must be there.
    pub(super) types_are_named: bool,
    /// Findings of a page.
    pub(super) page_size: u32,
    /// Requests at a time.
    pub(super) concurrency: usize,
}

impl Reader {
    /// What reads the findings of a branch to compare others with: only those that say that they are of it, since one that does
    /// not may be of the branch that is judged, and would then seem to be an old one.
    #[must_use]
    pub fn for_branch(&self, branch: &str) -> Reader {
        // Both readings share what the vendor can bear.
        let branch = Some(Branch::Named(branch.to_owned()));
        Reader { branch, only_of_branch: true, concurrency: 1, ..self.clone() }
    }
}

/// A project that is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Its id or its name.
    pub(super) name: String,
    /// Who named it, for messages: `--project`.
    pub(super) by: &'static str,
}

/// The name of this source in the policy.
pub const NAME: &str = "cybedefend";

/// Where the personal access token stands.
pub(super) const PAT: &str = "CYBEDEFEND_PAT";
const REGION: &str = "CYBEDEFEND_REGION";
const URL: &str = "CYBEDEFEND_URL";
const AUTH_URL: &str = "CYBEDEFEND_AUTH_URL";
const APP_URL: &str = "CYBEDEFEND_APP_URL";
const PROJECT: &str = "CYBEDEFEND_PROJECT_ID";

/// What this source adds to the policy language.
pub const LANGUAGE: SourceLanguage = SourceLanguage {
    name: NAME,
    table: &TABLE,
    check: |section, owner, problems| {
        let _ = decode(section, owner, problems);
    },
};

const PAGE_SIZE: (u32, u32) = (10, 100);
const CONCURRENCY: (u32, u32) = (1, 2);

/// The keys of `sources.cybedefend`.
static TABLE: Table = Table {
    name: "cybedefend",
    what: "the source `cybedefend`",
    doc: "CybeDefend. The personal access token stands in CYBEDEFEND_PAT; CYBEDEFEND_REGION, or CYBEDEFEND_URL with \
          CYBEDEFEND_AUTH_URL, goes before what stands here.",
    keys: &[
        Key {
            name: "region",
            doc: "The region, `eu` or `us`, or the name of a dedicated tenant; there is no default.",
            shape: Shape::Form(&LABEL),
            presence: Presence::Optional(""),
            example: "eu",
        },
        Key {
            name: "url",
            doc: "The address of the API where CybeDefend is self-hosted; it needs `auth_url`, and its host --allow-host.",
            shape: Shape::Form(&ADDRESS),
            presence: Presence::Optional(""),
            example: "https://cybedefend-api.acme.example",
        },
        Key {
            name: "auth_url",
            doc: "The address of the login service that belongs to `url`.",
            shape: Shape::Form(&ADDRESS),
            presence: Presence::Optional(""),
            example: "https://cybedefend-auth.acme.example",
        },
        Key {
            name: "app_url",
            doc: "The address of the web application where CybeDefend is self-hosted, for links to findings.",
            shape: Shape::Form(&PAGE),
            presence: Presence::Optional(""),
            example: "https://cybedefend.acme.example",
        },
        Key {
            name: "project",
            doc: "The project, by id or exact name; without it CYBEDEFEND_PROJECT_ID names it, else it is the only one that is \
                  called like the repository.",
            shape: Shape::Text,
            presence: Presence::Optional(""),
            example: "payments-api",
        },
        Key {
            name: "projects",
            doc: "Several projects, by id or exact name.",
            shape: Shape::OneOrMany(&Shape::Text),
            presence: Presence::Optional(""),
            example: "[payments-api, payments-web]",
        },
        Key {
            name: "branch",
            doc: "The branch whose findings are read, or `current` for the one that is judged; without it that one with `commit: \
                  branch` or `head`, and all with `commit: any`.",
            shape: Shape::Text,
            presence: Presence::Optional(""),
            example: "current",
        },
        Key {
            name: "types",
            doc: "The types of finding that must be there; without it all are read, and one that the plan does not have is noted.",
            shape: Shape::OneOrMany(&Shape::Word(&types::WORDS)),
            presence: Presence::Optional(""),
            example: "[sast, sca, secret]",
        },
        Key {
            name: "page_size",
            doc: "How many findings are asked for at a time.",
            shape: Shape::Range(PAGE_SIZE.0, PAGE_SIZE.1),
            presence: Presence::Optional("100"),
            example: "50",
        },
        Key {
            name: "concurrency",
            doc: "How many requests are made at a time.",
            shape: Shape::Range(CONCURRENCY.0, CONCURRENCY.1),
            presence: Presence::Optional("2"),
            example: "1",
        },
    ],
    at_least_one: None,
    synonyms: &[
        ("tenant", "region"),
        ("api_url", "url"),
        ("host", "url"),
        ("auth", "auth_url"),
        ("app", "app_url"),
        ("project_id", "project"),
        ("branches", "branch"),
        ("type", "types"),
        ("scan_types", "types"),
        ("limit", "page_size"),
    ],
};

static LABEL: Form = Form {
    what: "a region (`eu`, `us`) or the name of a dedicated tenant",
    pattern: "^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$",
};
static ADDRESS: Form =
    Form { what: "an address, like https://cybedefend-api.acme.example", pattern: "^https?://[^\\s/]\\S*$" };
static PAGE: Form =
    Form { what: "an https address, like https://cybedefend.acme.example", pattern: "^https://[^\\s/@?#][^\\s@?#]*$" };

/// Reads the section of this source. `None` if it has problems, which are added.
#[must_use]
pub fn decode(node: &Node, owner: &Place, problems: &mut Problems) -> Option<Settings> {
    let before = problems.len();
    let fields = Fields::open(node, owner, &TABLE, problems)?;
    let region = fields.get("region").and_then(|node| form(node, &LABEL, label, problems));
    let url = fields.get("url").and_then(|node| form(node, &ADDRESS, address, problems));
    let auth_url = fields.get("auth_url").and_then(|node| form(node, &ADDRESS, address, problems));
    let app_url = fields.get("app_url").and_then(|node| form(node, &PAGE, page, problems));
    for name in ["url", "auth_url"] {
        if let (Some((region, _)), Some((key, _))) = (fields.entry("region"), fields.entry(name)) {
            let problem = Problem::new(&key.place, format!("`region` and `{name}` both say where CybeDefend is"));
            problems.add(
                problem
                    .label("a second answer")
                    .help("keep `region`, or `url` with `auth_url`")
                    .related(&region.place, "the first"),
            );
        }
    }
    let mut projects = Vec::new();
    if let Some(node) = fields.get("project") {
        projects.extend(expect::text(node, "the id or name of a project", problems));
    }
    if let Some((key, node)) = fields.entry("projects") {
        if let Some((first, _)) = fields.entry("project") {
            let problem = Problem::new(&key.place, "`project` and `projects` both say what is read");
            problems.add(problem.label("a second answer").help("keep one of them").related(&first.place, "the first"));
        }
        for node in expect::one_or_many(node, "`projects`", problems).unwrap_or_default() {
            projects.extend(expect::text(node, "the id or name of a project", problems));
        }
    }
    let branch = fields.get("branch").and_then(|node| expect::text(node, "a branch, or `current`", problems));
    let types = fields.get("types").and_then(|node| {
        let nodes = expect::one_or_many(node, "`types`", problems)?;
        let words = nodes.iter().filter_map(|node| expect::word(node, &types::WORDS, problems));
        let mut types: Vec<Type> = words.filter_map(Type::from_name).collect();
        types.sort_unstable();
        types.dedup();
        Some(types)
    });
    let page_size = fields
        .get("page_size")
        .and_then(|node| expect::range(node, "`page_size`", PAGE_SIZE.0..=PAGE_SIZE.1, problems));
    let concurrency = fields
        .get("concurrency")
        .and_then(|node| expect::range(node, "`concurrency`", CONCURRENCY.0..=CONCURRENCY.1, problems));
    fields.end();
    (problems.len() == before).then(|| Settings {
        region,
        url,
        auth_url,
        app_url,
        projects: projects.iter().map(|name| name.trim().to_owned()).collect(),
        branch: branch.map(|name| match name.trim() {
            "current" => Branch::Current,
            name => Branch::Named(short_branch(name).to_owned()),
        }),
        types,
        page_size: page_size.unwrap_or(PAGE_SIZE.1),
        concurrency: concurrency.unwrap_or(CONCURRENCY.1),
    })
}

/// Text of a form; `read` gives it in its canonical form, or `None` if it has another.
fn form(node: &Node, form: &'static Form, read: fn(&str) -> Option<String>, problems: &mut Problems) -> Option<String> {
    let text = expect::text(node, form.what, problems)?;
    let value = read(&text);
    if value.is_none() {
        let problem = Problem::new(&node.place, format!("expected {}, found {}", form.what, expect::found(node)));
        problems.add(problem.label("something else"));
    }
    value
}

/// A region or tenant, in small letters: it becomes a part of a host, so it must be one label of a name.
fn label(text: &str) -> Option<String> {
    let label = text.trim().to_ascii_lowercase();
    is_label(&label).then_some(label)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// An address as far as a policy can be checked without its trust.
fn address(text: &str) -> Option<String> {
    let text = text.trim();
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    (!rest.is_empty() && !rest.starts_with('/') && !rest.contains(char::is_whitespace)).then(|| text.to_owned())
}

/// The beginning of a link.
fn page(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches('/');
    let rest = text.strip_prefix("https://")?;
    let plain = |c: char| !(c.is_whitespace() || c.is_control() || matches!(c, '@' | '?' | '#'));
    (!rest.is_empty() && !rest.starts_with('/') && rest.len() < 500 && rest.chars().all(plain)).then(|| text.to_owned())
}

/// The region or tenant of one of CybeDefend's own hosts: `eu` of `api-eu.cybedefend.com` with the part `api`.
fn region_of<'h>(host: &'h str, part: &str) -> Option<&'h str> {
    let label = host.strip_suffix(".cybedefend.com")?.strip_prefix(part)?.strip_prefix('-')?;
    is_label(label).then_some(label)
}

fn is_well_known(host: &str) -> bool {
    region_of(host, "api").or_else(|| region_of(host, "auth")).is_some()
}

impl Settings {
    /// What is going to be read, in the words of the policy.
    #[must_use]
    pub fn reads(&self) -> Vec<String> {
        let mut reads: Vec<String> = self.projects.iter().map(|project| format!("project {project}")).collect();
        if reads.is_empty() {
            reads.push(format!("the project of {PROJECT}, else the one that is called like the repository"));
        }
        match &self.branch {
            Some(Branch::Current) => reads.push("the branch that is judged".to_owned()),
            Some(Branch::Named(name)) => reads.push(format!("branch {name}")),
            None => {}
        }
        let types = self.types.as_deref().unwrap_or(&Type::ALL);
        reads.push(types.iter().map(|one| one.name()).collect::<Vec<_>>().join(", "));
        reads
    }
}

/// Finds credentials and host.
///
/// # Errors
/// If there are no credentials, or a setting is wrong.
pub fn ready(settings: &Settings, access: &Access<'_>) -> Result<Reader, Unready> {
    let pat = access.credential(PAT).ok_or(Unready::NoCredentials(PAT))?;
    if pat.expose().contains(|c: char| !c.is_ascii_graphic()) {
        return Err(
            anyhow!("{PAT} holds white space or other characters that no token has; copy the token once more").into()
        );
    }
    let (api, auth) = server(settings, access)?;
    let app = match access.env.get(APP_URL) {
        Some(text) => Some(page(text).ok_or_else(|| anyhow!("{APP_URL}: {} is not {}", quoted(text), PAGE.what))?),
        None => settings.app_url.clone().or_else(|| {
            let region = region_of(api.address().strip_prefix("https://")?, "api")?;
            Some(format!("https://{region}.cybedefend.com"))
        }),
    };
    Ok(Reader {
        api,
        auth,
        app,
        pat,
        projects: projects(settings, access)?,
        branch: settings.branch.clone(),
        only_of_branch: false,
        types: settings.types.clone().unwrap_or_else(|| Type::ALL.to_vec()),
        types_are_named: settings.types.is_some(),
        page_size: settings.page_size,
        concurrency: settings.concurrency as usize,
    })
}

/// Where findings are and where tokens are given.
fn server(settings: &Settings, access: &Access<'_>) -> anyhow::Result<(Endpoint, Endpoint)> {
    let endpoint = |address: &str, given: Given<'static>| access.trust.endpoint(NAME, address, given, is_well_known);
    let of_region = |region: &str, given: Given<'static>| {
        let api = endpoint(&format!("https://api-{region}.cybedefend.com"), given)?;
        Ok((api, endpoint(&format!("https://auth-{region}.cybedefend.com"), given)?))
    };
    let half = |one: &str, other: &str| {
        anyhow!(
            "{one} is given without {other}: the API and the login service belong together; give both, or name the region"
        )
    };
    let told = |variable| access.env.get(variable).map(str::trim).filter(|text| !text.is_empty());
    match (told(URL), told(AUTH_URL), told(REGION)) {
        (Some(_), _, Some(_)) | (_, Some(_), Some(_)) => {
            Err(anyhow!("{REGION} and {URL} with {AUTH_URL} both say where CybeDefend is; leave one of them empty"))
        }
        (Some(url), Some(auth), None) => {
            Ok((endpoint(url, Given::Environment(URL))?, endpoint(auth, Given::Environment(AUTH_URL))?))
        }
        (Some(_), None, None) => Err(half(URL, AUTH_URL)),
        (None, Some(_), None) => Err(half(AUTH_URL, URL)),
        (None, None, Some(region)) => {
            let label = label(region).ok_or_else(|| anyhow!("{REGION}: {} is not {}", quoted(region), LABEL.what))?;
            of_region(&label, Given::Environment(REGION))
        }
        (None, None, None) => match (&settings.url, &settings.auth_url, &settings.region) {
            (Some(url), Some(auth), _) => {
                let auth = endpoint(auth, Given::Key("auth_url"));
                Ok((endpoint(url, Given::Policy)?, auth?))
            }
            (Some(_), None, _) => Err(half("`url` of the policy", "`auth_url`")),
            (None, Some(_), _) => Err(half("`auth_url` of the policy", "`url`")),
            (None, None, Some(region)) => of_region(region, Given::Key("region")),
            (None, None, None) => Err(anyhow!(
                "nothing says where CybeDefend is, and there is no host for all regions; set {REGION} to eu or us (or write \
                 `region: eu` in the policy), or {URL} with {AUTH_URL} where it is self-hosted"
            )),
        },
    }
}

/// What is to be read: the command line goes before the policy, the policy before the environment.
fn projects(settings: &Settings, access: &Access<'_>) -> anyhow::Result<Vec<Wanted>> {
    if let Some(name) = &access.project.name {
        return Ok(vec![Wanted { name: name.trim().to_owned(), by: "--project" }]);
    }
    if !settings.projects.is_empty() {
        return Ok(settings.projects.iter().map(|name| Wanted { name: name.clone(), by: "the policy" }).collect());
    }
    match access.env.get(PROJECT).map(str::trim).filter(|id| !id.is_empty()) {
        Some(id) if is_uuid(id) => Ok(vec![Wanted { name: id.to_owned(), by: PROJECT }]),
        Some(text) => Err(anyhow!(
            "{PROJECT}: {} is not an id of a project (a UUID); a project is named by --project or in the policy",
            quoted(text)
        )),
        None => Ok(Vec::new()),
    }
}

#[cfg(test)]
#[path = "tests/config.rs"]
mod tests;
