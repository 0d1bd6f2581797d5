//! `sources.mayo` in the policy, and what the environment adds.

use anyhow::anyhow;

use crate::net::{Endpoint, Given, Secret};
use crate::policy::expect::{self, Fields};
use crate::policy::shape::{Form, Key, Presence, Shape, SourceLanguage, Table, Words};
use crate::policy::{Node, Place, Problem, Problems, Value, quoted};
use crate::source::{Access, Unready};

/// What the policy says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `url`.
    pub url: Option<String>,
    /// `project` or `projects`: names or ids; empty where the policy names none.
    pub projects: Vec<String>,
    /// `asset`: `owner/repo`.
    pub asset: Option<String>,
    /// `auth_header`.
    pub auth_header: AuthHeader,
    /// `findings_path`, in its parts.
    pub findings_path: Vec<String>,
    /// `project_param`; empty: none is sent.
    pub project_param: String,
    /// `extra_query`, in the order of the file.
    pub extra_query: Vec<(String, String)>,
    /// `count_accepted_risk`.
    pub count_accepted_risk: bool,
    /// `severity`.
    pub severity: SeverityFrom,
    /// `trust_server_filter`.
    pub trust_server_filter: bool,
    /// `page_size`.
    pub page_size: u32,
    /// `concurrency`.
    pub concurrency: u32,
}

/// `auth_header`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthHeader {
    /// `Authorization: Bearer`.
    #[default]
    Authorization,
    /// `X-API-Key`.
    ApiKey,
}

/// `severity`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SeverityFrom {
    /// The scanner's, as Mayo reports it.
    #[default]
    Reported,
    /// That of a priority policy at Mayo, where a finding has one.
    Adjusted,
}

/// What is needed to read.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The address of the API.
    pub(super) endpoint: Endpoint,
    /// The key.
    pub(super) key: Secret,
    /// What the policy says; `--project` has taken the place of its projects.
    pub(super) settings: Settings,
    /// Whether the key has another form than those that Mayo gives out.
    pub(super) odd_key: bool,
}

/// The name of this source in the policy.
pub const NAME: &str = "mayo";

/// The variable of the key.
pub(super) const KEY: &str = "MAYOASPM_API_KEY";
/// The variable of the address.
const URL: &str = "MAYOASPM_URL";
/// The address that holds where nobody says another.
const ADDRESS: &str = "https://mayoaspm.com/api";
/// Stands in `findings_path` for the id of a project.
pub(super) const PROJECT_ID: &str = "{project_id}";
/// How a key begins.
pub(super) const KEY_PREFIX: &str = "mayo_ak_";

const MOST_PER_PAGE: u32 = 100;
const MOST_AT_ONCE: u32 = 8;

/// What this source adds to the policy language.
pub const LANGUAGE: SourceLanguage = SourceLanguage {
    name: NAME,
    table: &TABLE,
    check: |section, owner, problems| {
        let _ = decode(section, owner, problems);
    },
};

const fn key(name: &'static str, shape: Shape, default: &'static str, example: &'static str, doc: &'static str) -> Key {
    Key { name, doc, shape, presence: Presence::Optional(default), example }
}

/// The keys of `sources.mayo`.
static TABLE: Table = Table {
    name: "mayo",
    what: "the source `mayo`",
    doc: "Mayo ASPM. The key comes from MAYOASPM_API_KEY; it needs the permissions projects:read and findings:read, and \
          scans:read where the policy asks for the age or the commit of scans.",
    keys: &[
        key(
            "url",
            Shape::Form(&WEB_ADDRESS),
            ADDRESS,
            "https://mayoaspm.com/api",
            "The address of the API; MAYOASPM_URL goes before it, and a host that is not Mayo's needs that or --allow-host.",
        ),
        key(
            "project",
            Shape::Text,
            "",
            "checkout-service",
            "The project, by name or id; without it, the project that holds the repository that is judged.",
        ),
        key(
            "projects",
            Shape::OneOrMany(&Shape::Text),
            "",
            "[checkout-service, proj_91aa02]",
            "Several projects, by name or id, where one is not enough.",
        ),
        key(
            "asset",
            Shape::Form(&REPOSITORY),
            "",
            "acme/checkout-service",
            "The repository whose findings count; without `project` its projects are read.",
        ),
        key(
            "auth_header",
            Shape::Word(&AUTH_HEADER),
            "authorization",
            "x-api-key",
            "The header that carries the key, where a proxy takes the usual one for itself.",
        ),
        key(
            "findings_path",
            Shape::Form(&PATH),
            "/findings",
            "\"/projects/{project_id}/findings\"",
            "Where the list of findings is below `url`; `{project_id}` stands for the id of the project.",
        ),
        key(
            "project_param",
            Shape::Form(&PARAMETER),
            "project_id",
            "project",
            "The parameter that restricts a list to one project; an empty text sends none, and the rows themselves decide.",
        ),
        key(
            "extra_query",
            Shape::Named(&PARAMETER_NAME, &Shape::Text),
            "",
            "{scanner_type: sast}",
            "More parameters for the list of findings; what the server leaves out for them is not seen, and the coverage says so.",
        ),
        key(
            "count_accepted_risk",
            Shape::Switch,
            "false",
            "true",
            "Whether findings whose risk was accepted at Mayo count as open.",
        ),
        key(
            "severity",
            Shape::Word(&SEVERITY),
            "reported",
            "adjusted",
            "Which severity counts: the one that Mayo reports, or the one that a priority policy at Mayo gave where there is one.",
        ),
        key(
            "trust_server_filter",
            Shape::Switch,
            "false",
            "true",
            "Whether findings that do not tell their project are taken for those of the project that was asked for; the \
             coverage says so.",
        ),
        key("page_size", Shape::Range(1, MOST_PER_PAGE), "100", "50", "How many rows are asked for at a time."),
        key(
            "concurrency",
            Shape::Range(1, MOST_AT_ONCE),
            "4",
            "2",
            "How many requests are under way at the same time, at most.",
        ),
    ],
    at_least_one: None,
    synonyms: &[
        ("base_url", "url"),
        ("endpoint", "url"),
        ("project_id", "project"),
        ("repository", "asset"),
        ("repo", "asset"),
        ("severity_source", "severity"),
        ("per_page", "page_size"),
        ("query", "extra_query"),
    ],
};

static WEB_ADDRESS: Form = Form { what: "an address, like `https://mayoaspm.com/api`", pattern: "^https?://[^ ?#]+$" };
static REPOSITORY: Form = Form { what: "a repository, like `acme/checkout-service`", pattern: "^[^ /]+(/[^ /]+)+$" };
static PATH: Form = Form { what: "a path below `url`, like `/findings`", pattern: "^/?[^ /?#]+(/[^ /?#]+)*$" };
static PARAMETER: Form = Form { what: "the name of a parameter, or an empty text", pattern: "^[A-Za-z0-9_.\\[\\]-]*$" };
static PARAMETER_NAME: Form = Form { what: "the name of a parameter", pattern: "^[A-Za-z0-9_.\\[\\]-]+$" };
static AUTH_HEADER: Words = Words {
    what: "header for the key",
    words: &["authorization", "x-api-key"],
    synonyms: &[("bearer", "authorization"), ("api-key", "x-api-key"), ("x_api_key", "x-api-key")],
};
static SEVERITY: Words = Words {
    what: "origin of severities",
    words: &["reported", "adjusted"],
    synonyms: &[("scanner", "reported"), ("original", "reported"), ("policy", "adjusted")],
};

/// What `extra_query` may not hold, and why.
const RESERVED: [(&str, &str); 5] = [
    ("severity", "a run that reads one severity only would call the others clean; limit severities in `thresholds`"),
    ("status", "findgate reads every status and judges it itself"),
    ("page", "findgate turns the pages itself"),
    ("per_page", "write it as `page_size`"),
    ("page_size", "write it as `page_size` beside `extra_query`"),
];

/// Reads the section of this source. `None` if it has problems, which are added.
#[must_use]
pub fn decode(node: &Node, owner: &Place, problems: &mut Problems) -> Option<Settings> {
    let before = problems.len();
    let fields = Fields::open(node, owner, &TABLE, problems)?;
    let url = fields.get("url").and_then(|node| expect::text(node, "an address", problems)).map(|url| url.to_string());
    let projects = projects(&fields, problems);
    let asset = fields.get("asset").and_then(|node| asset(node, problems));
    let auth_header = match fields.get("auth_header").and_then(|node| expect::word(node, &AUTH_HEADER, problems)) {
        Some("x-api-key") => AuthHeader::ApiKey,
        _ => AuthHeader::Authorization,
    };
    let findings_path =
        fields.get("findings_path").map_or_else(|| Some(vec!["findings".to_owned()]), |node| path(node, problems));
    let project_param =
        fields.get("project_param").map_or_else(|| Some("project_id".to_owned()), |node| parameter(node, problems));
    let extra_query = fields.entry("extra_query").map(|(key, node)| extra_query(node, &key.place, problems));
    let mut switch = |name: &'static str, what| {
        fields.get(name).and_then(|node| expect::switch(node, what, problems)).unwrap_or(false)
    };
    let count_accepted_risk = switch("count_accepted_risk", "`count_accepted_risk`");
    let trust_server_filter = switch("trust_server_filter", "`trust_server_filter`");
    let severity = match fields.get("severity").and_then(|node| expect::word(node, &SEVERITY, problems)) {
        Some("adjusted") => SeverityFrom::Adjusted,
        _ => SeverityFrom::Reported,
    };
    let page_size =
        fields.get("page_size").and_then(|node| expect::range(node, "`page_size`", 1..=MOST_PER_PAGE, problems));
    let concurrency =
        fields.get("concurrency").and_then(|node| expect::range(node, "`concurrency`", 1..=MOST_AT_ONCE, problems));
    fields.end();
    let extra_query = extra_query.unwrap_or_default();
    let project_param = project_param?;
    if let Some((name, _)) = extra_query.iter().find(|(name, _)| *name == project_param) {
        let message = format!("`extra_query` holds {}, which `project_param` sends already", quoted(name));
        problems.add(Problem::new(owner, message).label("twice").help("leave it out of `extra_query`"));
    }
    (problems.len() == before).then_some(Settings {
        url,
        projects,
        asset,
        auth_header,
        findings_path: findings_path?,
        project_param,
        extra_query,
        count_accepted_risk,
        severity,
        trust_server_filter,
        page_size: page_size.unwrap_or(MOST_PER_PAGE),
        concurrency: concurrency.unwrap_or(4),
    })
}

fn projects(fields: &Fields<'_>, problems: &mut Problems) -> Vec<String> {
    let one = fields.get("project");
    let many = fields.entry("projects");
    if let (Some(_), Some((key, _))) = (one, many) {
        let problem =
            Problem::new(&key.place, "`project` and `projects` are both given").label("the second of the two");
        problems.add(problem.help("put every project under `projects`"));
    }
    let nodes = many.and_then(|(_, node)| expect::one_or_many(node, "`projects`", problems)).unwrap_or_default();
    let nodes = one.into_iter().chain(nodes);
    let names = nodes.filter_map(|node| expect::text(node, "the name or id of a project", problems));
    names.map(|name| name.trim().to_owned()).collect()
}

fn asset(node: &Node, problems: &mut Problems) -> Option<String> {
    let text = expect::text(node, "a repository", problems)?;
    let name = text.trim();
    if name.contains('/') && name.split('/').all(|part| !part.is_empty() && !part.contains(char::is_whitespace)) {
        return Some(name.to_owned());
    }
    let problem = Problem::new(&node.place, format!("expected a repository, found {}", expect::found(node)));
    problems.add(problem.label("not a repository").help("write owner and name: `acme/checkout-service`"));
    None
}

fn path(node: &Node, problems: &mut Problems) -> Option<Vec<String>> {
    let text = expect::text(node, "a path", problems)?;
    let parts: Vec<String> = text.trim().trim_start_matches('/').split('/').map(str::to_owned).collect();
    let plain = |part: &String| {
        let rest = part.replace(PROJECT_ID, "");
        !part.is_empty()
            && part != "."
            && part != ".."
            && !rest.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#' | '{' | '}'))
    };
    if parts.iter().all(plain) {
        return Some(parts);
    }
    let problem = Problem::new(&node.place, format!("expected a path below `url`, found {}", expect::found(node)));
    problems.add(
        problem
            .label("not such a path")
            .help("write `/findings` or `/projects/{project_id}/findings`; parameters go into `extra_query`"),
    );
    None
}

fn is_parameter(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'[' | b']'))
}

/// The name of a parameter; an empty text, which no other key takes, means none.
fn parameter(node: &Node, problems: &mut Problems) -> Option<String> {
    if matches!(&node.value, Value::Scalar { text, plain: false } if text.is_empty()) {
        return Some(String::new());
    }
    let name = expect::text(node, "the name of a parameter", problems)?;
    if is_parameter(&name) {
        return Some(name.to_string());
    }
    let problem = Problem::new(&node.place, format!("{} is no name of a parameter", quoted(&name)));
    problems.add(problem.label("not a name").help("write for example `project_id`, or \"\" to send none"));
    None
}

fn extra_query(node: &Node, owner: &Place, problems: &mut Problems) -> Vec<(String, String)> {
    let entries = expect::named(node, owner, "`extra_query`", problems).unwrap_or_default();
    let mut query = Vec::new();
    for (key, value) in entries {
        let value = expect::text(value, "the value of a parameter", problems);
        let Some(name) = key.text().map(|name| &**name).filter(|name| !name.is_empty() && is_parameter(name)) else {
            let problem = Problem::new(&key.place, format!("{} is no name of a parameter", expect::found(key)));
            problems.add(problem.label("not a name").help("use letters, digits, `_`, `.`, `-`, `[` and `]`"));
            continue;
        };
        if let Some((_, why)) = RESERVED.iter().find(|(reserved, _)| name.eq_ignore_ascii_case(reserved)) {
            let problem = Problem::new(&key.place, format!("`extra_query` may not hold {}", quoted(name)));
            problems.add(problem.label("not here").help(*why));
            continue;
        }
        query.extend(value.map(|value| (name.to_owned(), value.to_string())));
    }
    query
}

impl Settings {
    /// What is going to be read, in the words of the policy.
    #[must_use]
    pub fn reads(&self) -> Vec<String> {
        let of = self.asset.as_ref().map(|asset| format!(" (asset {asset})")).unwrap_or_default();
        match (self.projects.as_slice(), &self.asset) {
            ([], Some(asset)) => vec![format!("asset {asset}")],
            ([], None) => vec!["the project of the repository that is judged".to_owned()],
            (projects, _) => projects.iter().map(|project| format!("project {project}{of}")).collect(),
        }
    }
}

/// Finds credentials and host.
///
/// # Errors
/// If there are no credentials, or a setting is wrong.
pub fn ready(settings: &Settings, access: &Access<'_>) -> Result<Reader, Unready> {
    let mut settings = settings.clone();
    if let Some(name) = &access.project.name {
        settings.projects = vec![name.trim().to_owned()];
    }
    let well_known = |host: &str| host == "mayoaspm.com";
    let endpoint = match (access.env.get(URL), &settings.url) {
        (Some(url), _) => access.trust.endpoint(NAME, url, Given::Environment(URL), well_known)?,
        (None, Some(url)) => access.trust.endpoint(NAME, url, Given::Policy, well_known)?,
        (None, None) => access.trust.endpoint(NAME, ADDRESS, Given::BuiltIn, well_known)?,
    };
    let key = access.credential(KEY).ok_or(Unready::NoCredentials(KEY))?;
    if key.expose().contains(|c: char| !c.is_ascii_graphic()) {
        return Err(Unready::Refused(anyhow!(
            "{KEY} holds white space or other characters that no key has; copy the key once more"
        )));
    }
    if settings.projects.is_empty() && settings.asset.is_none() && access.project.repository.is_none() {
        return Err(Unready::Refused(anyhow!(
            "which project is judged is not known: no repository was found, and nobody named one; write `project` or `asset` \
             into the policy, or name the project with --project"
        )));
    }
    let is_given_out = key
        .expose()
        .strip_prefix(KEY_PREFIX)
        .is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let odd_key = !is_given_out && !is_session_token(&key);
    Ok(Reader { endpoint, key, settings, odd_key })
}

/// Whether it is the token of a person's session, a JWT. Such a one is only ever sent as a bearer.
pub(super) fn is_session_token(key: &Secret) -> bool {
    key.expose().starts_with("eyJ")
}

#[cfg(test)]
mod tests;
