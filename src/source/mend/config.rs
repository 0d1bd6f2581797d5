//! `sources.mend` in the policy, and what the environment adds.

use anyhow::anyhow;

use super::address;
use crate::net::{Endpoint, Given, Secret};
use crate::policy::expect::{self, Fields};
use crate::policy::shape::{Form, Key, Presence, Shape, SourceLanguage, Table, Words};
use crate::policy::{Node, Place, Problem, Problems, quoted};
use crate::source::{Access, Unready};

/// What the policy says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `url`.
    pub url: Option<String>,
    /// `org`.
    pub org: Option<String>,
    /// `project`, or `projects`: names, `application/name` or UUIDs. Empty: the repository tells.
    pub projects: Vec<String>,
    /// `baseline_project`: as `projects`, for the branch that is the baseline.
    pub baseline_projects: Vec<String>,
    /// `application`.
    pub application: Option<String>,
    /// `tags`: each name with its value.
    pub tags: Vec<(String, String)>,
    /// `branch_tag`.
    pub branch_tag: String,
    /// `engines`. `None`: those that ever ran in the project, and `sca`.
    pub engines: Option<Vec<Engine>>,
    /// `licenses`.
    pub licenses: Licenses,
    /// `page_size`.
    pub page_size: u32,
    /// `concurrency`.
    pub concurrency: u32,
}

/// What is read of a project: each has lists of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    /// Known vulnerabilities of dependencies.
    Sca,
    /// Flaws in the code.
    Sast,
    /// Known vulnerabilities in container images.
    Container,
    /// Secrets in container images.
    Secret,
    /// Licenses, and violations of the organization's policies at Mend.
    License,
}

impl Engine {
    /// All of them, in the order in which they are read.
    pub const ALL: [Engine; 5] = [Engine::Sca, Engine::Sast, Engine::Container, Engine::Secret, Engine::License];

    /// The name in the policy.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Engine::Sca => "sca",
            Engine::Sast => "sast",
            Engine::Container => "container",
            Engine::Secret => "secret",
            Engine::License => "license",
        }
    }

    /// Mend's name of the scans that find such things.
    #[must_use]
    pub fn scans(self) -> &'static str {
        match self {
            Engine::Sca | Engine::License => "SCA",
            Engine::Sast => "SAST",
            Engine::Container | Engine::Secret => "IMG",
        }
    }
}

/// `licenses`: which licenses are findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Licenses {
    /// Those that violate a policy at Mend.
    #[default]
    Violations,
    /// These, and those of which Mend says that their risk is medium or worse.
    Risky,
    /// Every license of every library.
    All,
}

/// What is needed to read.
#[derive(Clone, Debug)]
pub struct Reader {
    /// What the policy says; the organization and the projects may be the environment's and the command line's.
    pub(super) settings: Settings,
    /// The API.
    pub(super) endpoint: Endpoint,
    /// The e-mail address of the user. It is masked like a secret.
    pub(super) email: Secret,
    /// The user key.
    pub(super) key: Secret,
    /// The branch that is the baseline, where it is read.
    pub(super) baseline: Option<BaselineBranch>,
}

/// The branch that is the baseline.
#[derive(Clone, Debug)]
pub(super) struct BaselineBranch {
    /// Its name.
    pub(super) branch: String,
    /// The branch that is judged.
    pub(super) judged: Option<String>,
}

impl Reader {
    /// What reads the project of a branch, to compare others with.
    ///
    /// # Errors
    /// If the policy names the project that is judged and not that of the branch.
    pub fn for_branch(&self, branch: &str, judged: Option<&str>) -> Result<Reader, String> {
        if !self.settings.projects.is_empty() && self.settings.baseline_projects.is_empty() {
            return Err(format!(
                "mend keeps a project for each branch, and the one of {branch} is not named; name it with `baseline_project` in \
                 the source mend"
            ));
        }
        let baseline = BaselineBranch { branch: branch.to_owned(), judged: judged.map(str::to_owned) };
        Ok(Reader { baseline: Some(baseline), ..self.clone() })
    }
}

/// The name of this source in the policy.
pub const NAME: &str = "mend";

/// What this source adds to the policy language.
pub const LANGUAGE: SourceLanguage = SourceLanguage {
    name: NAME,
    table: &TABLE,
    check: |section, owner, problems| {
        let _ = decode(section, owner, problems);
    },
};

/// So many rows are asked for in one answer, where the policy does not say. Mend takes up to 10000.
const PAGE_SIZE: u32 = 1000;
/// The most requests at a time: Mend documents no limit, so what is asked of it stays modest.
const CONCURRENCY: u32 = 4;

/// The keys of `sources.mend`.
static TABLE: Table = Table {
    name: "mend",
    what: "the source `mend`",
    doc: "Mend, by its Platform API 3.0. Credentials: MEND_EMAIL and MEND_USER_KEY.",
    keys: &[
        Key {
            name: "url",
            doc: "The instance: its name (`saas`, `saas-eu`, `app`, `app-eu`) or an address of it; MEND_URL goes before it.",
            shape: Shape::Text,
            presence: Presence::Optional(""),
            example: "saas-eu",
        },
        Key {
            name: "org",
            doc: "The UUID of the organization; without it, and without MEND_ORG_UUID, the one that the key belongs to.",
            shape: Shape::Text,
            presence: Presence::Optional(""),
            example: "f1d2a1b0-6a3e-4b55-9d1e-0c4b7f2e9a11",
        },
        Key {
            name: "project",
            doc: "The project: its name, `application/name` or UUID; without it the project of the repository and branch.",
            shape: Shape::Text,
            presence: Presence::Optional(""),
            example: "GH_payments-api_main",
        },
        Key {
            name: "projects",
            doc: "Several projects, each as `project` says.",
            shape: Shape::OneOrMany(&Shape::Text),
            presence: Presence::Optional(""),
            example: "[shop/web, shop/api]",
        },
        Key {
            name: "baseline_project",
            doc: "The project of the branch that `baseline` names, or several, each as `project` says; without it the project of \
                  the repository and that branch.",
            shape: Shape::OneOrMany(&Shape::Text),
            presence: Presence::Optional(""),
            example: "GH_payments-api_main",
        },
        Key {
            name: "application",
            doc: "The application that the project is looked for in.",
            shape: Shape::Text,
            presence: Presence::Optional(""),
            example: "GH_acme",
        },
        Key {
            name: "tags",
            doc: "Tags that the project has, where it is not named: all of them must fit.",
            shape: Shape::Named(&TAG, &Shape::Text),
            presence: Presence::Optional(""),
            example: "{repo-url: github.com/acme/payments}",
        },
        Key {
            name: "branch_tag",
            doc: "The tag of projects and scans that holds the branch.",
            shape: Shape::Text,
            presence: Presence::Optional("branch"),
            example: "azure-branch",
        },
        Key {
            name: "engines",
            doc: "What is read; without it everything that was ever scanned in the project but licenses, and always `sca`.",
            shape: Shape::OneOrMany(&Shape::Word(&ENGINES)),
            presence: Presence::Optional(""),
            example: "[sca, sast, license]",
        },
        Key {
            name: "licenses",
            doc: "With the engine `license`: whether the licenses that violate a policy at Mend are findings, or those of \
                  medium risk and worse too, or all licenses of all libraries.",
            shape: Shape::Word(&LICENSES),
            presence: Presence::Optional("violations"),
            example: "risky",
        },
        Key {
            name: "page_size",
            doc: "How many rows are asked for in one answer.",
            shape: Shape::Range(1, 10_000),
            presence: Presence::Optional("1000"),
            example: "500",
        },
        Key {
            name: "concurrency",
            doc: "How many requests are under way at a time, at most.",
            shape: Shape::Range(1, 4),
            presence: Presence::Optional("4"),
            example: "2",
        },
    ],
    at_least_one: None,
    synonyms: &[
        ("instance", "url"),
        ("address", "url"),
        ("organization", "org"),
        ("organisation", "org"),
        ("org_uuid", "org"),
        ("product", "application"),
        ("baseline", "baseline_project"),
        ("baseline_projects", "baseline_project"),
        ("tag", "tags"),
        ("engine", "engines"),
        ("license", "licenses"),
        ("limit", "page_size"),
    ],
};

static TAG: Form = Form { what: "the name of a tag", pattern: "[^\\s]" };

static ENGINES: Words = Words {
    what: "engine",
    words: &["sca", "sast", "container", "secret", "license"],
    synonyms: &[
        ("img", "container"),
        ("image", "container"),
        ("images", "container"),
        ("secrets", "secret"),
        ("code", "sast"),
        ("dependencies", "sca"),
        ("licenses", "license"),
        ("violations", "license"),
    ],
};

static LICENSES: Words = Words {
    what: "choice of licenses",
    words: &["violations", "risky", "all"],
    synonyms: &[("violating", "violations"), ("risk", "risky"), ("any", "all")],
};

/// Reads the section of this source. `None` if it has problems, which are added.
#[must_use]
pub fn decode(node: &Node, owner: &Place, problems: &mut Problems) -> Option<Settings> {
    let before = problems.len();
    let fields = Fields::open(node, owner, &TABLE, problems)?;
    let mut text = |name: &'static str, what| fields.get(name).and_then(|node| expect::text(node, what, problems));
    let url = text("url", "an instance or an address");
    let org = text("org", "the UUID of an organization");
    let project = text("project", "a project");
    let application = text("application", "an application");
    let branch_tag = text("branch_tag", "the name of a tag");
    let projects = fields.get("projects").and_then(|node| expect::one_or_many(node, "`projects`", problems));
    let base =
        fields.get("baseline_project").and_then(|node| expect::one_or_many(node, "`baseline_project`", problems));
    let mut names = |nodes: Option<&[Node]>| -> Vec<String> {
        let texts = nodes.unwrap_or_default().iter().filter_map(|node| expect::text(node, "a project", problems));
        texts.map(|name| name.to_string()).collect()
    };
    let (mut projects, baseline_projects) = (names(projects), names(base));
    if let (Some((key, _)), Some(_)) = (fields.entry("project"), fields.get("projects")) {
        let problem = Problem::new(&key.place, "`project` and `projects` are both given").label("one too many");
        problems.add(problem.help("name all projects in `projects`"));
    }
    projects.extend(project.map(|name| name.to_string()));
    let tags = tags(&fields, problems);
    let engines = fields.get("engines").and_then(|node| expect::one_or_many(node, "`engines`", problems));
    let engines = engines.map(|nodes| {
        let mut engines: Vec<Engine> = nodes.iter().filter_map(|node| engine(node, problems)).collect();
        engines.sort();
        engines.dedup();
        engines
    });
    let licenses = match fields.get("licenses").and_then(|node| expect::word(node, &LICENSES, problems)) {
        Some("risky") => Licenses::Risky,
        Some("all") => Licenses::All,
        _ => Licenses::Violations,
    };
    let page_size = fields.get("page_size").and_then(|node| expect::range(node, "`page_size`", 1..=10_000, problems));
    let concurrency = fields.get("concurrency").and_then(|node| expect::range(node, "`concurrency`", 1..=4, problems));
    let (page_size, concurrency) = (page_size.unwrap_or(PAGE_SIZE), concurrency.unwrap_or(CONCURRENCY));
    if let Some((key, _)) = fields.entry("licenses")
        && !engines.as_ref().is_some_and(|engines| engines.contains(&Engine::License))
        && problems.len() == before
        && licenses != Licenses::Violations
    {
        let problem = Problem::new(&key.place, "`licenses` says what is read, but licenses are not read");
        problems
            .add(problem.label("without effect").help("add `license` to `engines`, as in `engines: [sca, license]`"));
    }
    fields.end();
    let owned = |text: Option<std::sync::Arc<str>>| text.map(|text| text.trim().to_owned());
    (problems.len() == before).then(|| Settings {
        url: owned(url),
        org: owned(org),
        projects,
        baseline_projects,
        application: owned(application),
        tags,
        branch_tag: owned(branch_tag).unwrap_or_else(|| "branch".to_owned()),
        engines,
        licenses,
        page_size,
        concurrency,
    })
}

fn tags(fields: &Fields<'_>, problems: &mut Problems) -> Vec<(String, String)> {
    let Some((key, node)) = fields.entry("tags") else { return Vec::new() };
    let entries = expect::named(node, &key.place, "`tags`", problems).unwrap_or_default();
    let mut tags = Vec::new();
    for (name, value) in entries {
        let name = expect::text(name, "the name of a tag", problems);
        let value = expect::text(value, "the value of a tag", problems);
        if let (Some(name), Some(value)) = (name, value) {
            tags.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    tags
}

fn engine(node: &Node, problems: &mut Problems) -> Option<Engine> {
    let word = expect::word(node, &ENGINES, problems)?;
    Engine::ALL.into_iter().find(|engine| engine.name() == word)
}

impl Settings {
    /// What is going to be read, in the words of the policy.
    #[must_use]
    pub fn reads(&self) -> Vec<String> {
        let within = self.application.as_ref().map(|application| format!(" of the application {application}"));
        let within = within.unwrap_or_default();
        let projects: Vec<String> = if !self.projects.is_empty() {
            self.projects.iter().map(|name| format!("project {name}{within}")).collect()
        } else if !self.tags.is_empty() {
            let tags: Vec<String> = self.tags.iter().map(|(name, value)| format!("{name}={value}")).collect();
            vec![format!("the project{within} with the tags {}", tags.join(", "))]
        } else {
            vec![format!("the project{within} of the repository and branch")]
        };
        let engines = match &self.engines {
            Some(engines) => engines.iter().map(|engine| engine.name()).collect::<Vec<_>>().join(", "),
            None => "sca, and whatever else was ever scanned".to_owned(),
        };
        projects.into_iter().map(|project| format!("{project}: {engines}")).collect()
    }
}

/// Finds credentials and host.
///
/// # Errors
/// If there are no credentials, or a setting is wrong.
pub fn ready(settings: &Settings, access: &Access<'_>) -> Result<Reader, Unready> {
    let (email, key) = match (access.credential("MEND_EMAIL"), access.credential("MEND_USER_KEY")) {
        (Some(email), Some(key)) => (email, key),
        (None, None) => return Err(Unready::NoCredentials("MEND_EMAIL and MEND_USER_KEY")),
        (Some(_), None) => {
            return Err(
                anyhow!("MEND_EMAIL is set and MEND_USER_KEY is empty; set both, for they belong together").into()
            );
        }
        (None, Some(_)) => {
            return Err(
                anyhow!("MEND_USER_KEY is set and MEND_EMAIL is empty; set both, for they belong together").into()
            );
        }
    };
    let mut settings = settings.clone();
    let (address, given) = match (access.env.get("MEND_URL"), &settings.url) {
        (Some(address), _) => (address, Given::Environment("MEND_URL")),
        (None, Some(address)) => (address.as_str(), Given::Policy),
        (None, None) => {
            return Err(anyhow!(
                "which instance of Mend is meant? write `url: saas` (or saas-eu, app, app-eu, or its address) in the source \
                 mend, or set MEND_URL"
            )
            .into());
        }
    };
    let endpoint = access.trust.endpoint(NAME, &address::of_api(address), given, address::is_well_known)?;
    if let Some(org) = access.env.get("MEND_ORG_UUID").map(str::trim).filter(|org| !org.is_empty()) {
        if let Some(asked) = settings.org.as_ref().filter(|asked| !asked.eq_ignore_ascii_case(org)) {
            return Err(anyhow!(
                "MEND_ORG_UUID names the organization {}, and the policy asks for {}; make them the same, or leave one out",
                quoted(org),
                quoted(asked)
            )
            .into());
        }
        settings.org = Some(org.to_owned());
    }
    if let Some(name) = &access.project.name {
        settings.projects = vec![name.clone()];
    }
    Ok(Reader { settings, endpoint, email, key, baseline: None })
}

#[cfg(test)]
mod tests;
