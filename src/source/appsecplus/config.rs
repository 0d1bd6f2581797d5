//! `sources.appsecplus` in the policy, and what the environment adds.

use anyhow::anyhow;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::net::{Endpoint, Given, Secret};
use crate::policy::expect::{self, Fields};
use crate::policy::shape::{Form, Key, Presence, Shape, SourceLanguage, Table, Words};
use crate::policy::{Node, Place, Problem, Problems, quoted};
use crate::source::{Access, Unready};

/// What the policy says.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    url: Option<String>,
    token_url: Option<String>,
    client_auth: ClientAuth,
    scope: Option<String>,
    application: Option<String>,
    tag: Option<String>,
    types: Vec<&'static str>,
    route: Route,
    count_accepted: bool,
    page_size: Option<u32>,
}

/// How the client says who it is when it asks for a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ClientAuth {
    /// In the form, as AppSec+ documents it.
    #[default]
    Body,
    /// By HTTP Basic, the other way of OAuth 2.0.
    Basic,
}

/// Which addresses lists are read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Route {
    /// Below the application, else the list of all with the application as a parameter.
    #[default]
    Auto,
    /// `applications/ID/vulnerabilities` only.
    Nested,
    /// `vulnerabilities?applicationId=ID` only.
    Flat,
}

/// What is needed to read.
#[derive(Clone, Debug)]
pub struct Reader {
    /// Where the API is.
    pub(super) url: Endpoint,
    /// What proves who we are there.
    pub(super) credentials: Credentials,
    /// The name or id of the application; `None`: the one of the repository.
    pub(super) application: Option<String>,
    /// The application must have this tag.
    pub(super) tag: Option<String>,
    /// These types of scan must have ended, in small letters.
    pub(super) types: Vec<&'static str>,
    /// Where lists are read.
    pub(super) route: Route,
    /// Whether accepted findings count.
    pub(super) count_accepted: bool,
    /// `limit` of every list; `None`: the server's own.
    pub(super) page_size: Option<u32>,
}

/// What proves who we are.
#[derive(Clone, Debug)]
pub(super) enum Credentials {
    /// A token that somebody else fetched.
    Token(Secret),
    /// A client that fetches tokens itself.
    Client(Box<ClientCredentials>),
}

/// A client that fetches tokens itself.
#[derive(Clone, Debug)]
pub(super) struct ClientCredentials {
    /// Its id.
    pub(super) id: String,
    /// Its secret.
    pub(super) secret: Secret,
    /// `id:secret`, encoded as HTTP Basic wants it.
    pub(super) basic: Secret,
    /// Where tokens are given.
    pub(super) token_url: Endpoint,
    /// Whether `token_url` is the address itself, and not what `/oauth/token` lies below.
    pub(super) is_whole: bool,
    /// How it says who it is.
    pub(super) auth: ClientAuth,
    /// `scope` of the token.
    pub(super) scope: Option<String>,
}

/// The name of this source in the policy.
pub const NAME: &str = "appsecplus";

/// The host of the vendor's documentation. It lies in a domain that is reserved for examples: real servers have their own.
pub(super) const HOST: &str = "api.appsecplus.example.com";

const CLIENT_ID: &str = "APPSECPLUS_CLIENT_ID";
const CLIENT_SECRET: &str = "APPSECPLUS_CLIENT_SECRET";
const TOKEN: &str = "APPSECPLUS_TOKEN";
const URL: &str = "APPSECPLUS_URL";
const TOKEN_URL: &str = "APPSECPLUS_TOKEN_URL";

/// What this source adds to the policy language.
pub const LANGUAGE: SourceLanguage = SourceLanguage {
    name: NAME,
    table: &TABLE,
    check: |section, owner, problems| {
        let _ = decode(section, owner, problems);
    },
};

/// The keys of `sources.appsecplus`.
static TABLE: Table = Table {
    name: "appsecplus",
    what: "the source `appsecplus`",
    doc: "AppSec+: the vulnerabilities of one application. Credentials come from APPSECPLUS_CLIENT_ID and \
          APPSECPLUS_CLIENT_SECRET, or from APPSECPLUS_TOKEN.",
    keys: &[
        Key {
            name: "url",
            doc: "The address of the API, a prefix of its paths included; APPSECPLUS_URL goes before it.",
            shape: Shape::Form(&ADDRESS),
            presence: Presence::Optional(""),
            example: "\"https://appsec.acme.example/api\"",
        },
        Key {
            name: "token_url",
            doc: "The address that gives tokens, where it is not `/oauth/token` below `url`; \
                  APPSECPLUS_TOKEN_URL goes before it.",
            shape: Shape::Form(&ADDRESS),
            presence: Presence::Optional(""),
            example: "\"https://login.acme.example/oauth/token\"",
        },
        Key {
            name: "client_auth",
            doc: "Whether the client's secret travels in the form that asks for a token, or as HTTP Basic.",
            shape: Shape::Word(&CLIENT_AUTH),
            presence: Presence::Optional("body"),
            example: "basic",
        },
        Key {
            name: "scope",
            doc: "The scope to ask a token for, where the server wants one.",
            shape: Shape::Text,
            presence: Presence::Optional(""),
            example: "read",
        },
        Key {
            name: "application",
            doc: "The application that is judged, by name or id; without it the one that has the address of this \
                  repository.",
            shape: Shape::Text,
            presence: Presence::Optional(""),
            example: "Checkout Service",
        },
        Key {
            name: "project",
            doc: "Another name of `application`, for those who know it from other sources.",
            shape: Shape::Text,
            presence: Presence::Optional(""),
            example: "app-20417",
        },
        Key {
            name: "tag",
            doc: "Only an application with this tag is meant, where several have the address of this repository.",
            shape: Shape::Text,
            presence: Presence::Optional(""),
            example: "payments",
        },
        Key {
            name: "types",
            doc: "The types of scan that must have ended for this application.",
            shape: Shape::OneOrMany(&Shape::Word(&TYPES)),
            presence: Presence::Optional(""),
            example: "[sast, sca]",
        },
        Key {
            name: "route",
            doc: "Where lists are read: below the application, from the list of all with the application as a parameter, or \
                  the second where the server does not have the first.",
            shape: Shape::Word(&ROUTE),
            presence: Presence::Optional("auto"),
            example: "flat",
        },
        Key {
            name: "count_accepted",
            doc: "Whether findings count that were accepted, or called false positives, in AppSec+.",
            shape: Shape::Switch,
            presence: Presence::Optional("false"),
            example: "true",
        },
        Key {
            name: "page_size",
            doc: "How many rows to ask for at a time, where the server takes `limit`; without it the server decides.",
            shape: Shape::Range(1, MOST_ROWS),
            presence: Presence::Optional(""),
            example: "200",
        },
    ],
    at_least_one: None,
    synonyms: &[
        ("base_url", "url"),
        ("address", "url"),
        ("host", "url"),
        ("auth", "client_auth"),
        ("scopes", "scope"),
        ("app", "application"),
        ("applications", "application"),
        ("application_id", "application"),
        ("application_name", "application"),
        ("name", "application"),
        ("projects", "project"),
        ("tags", "tag"),
        ("type", "types"),
        ("scan_types", "types"),
        ("required_scan_types", "types"),
        ("vulnerabilities_route", "route"),
        ("accepted", "count_accepted"),
        ("limit", "page_size"),
    ],
};

/// No documented server says how many rows a page may have; more would only be refused.
const MOST_ROWS: u32 = 10_000;

static ADDRESS: Form = Form { what: "an address (`https://…`)", pattern: "^https?://[^\\s]+$" };

static CLIENT_AUTH: Words = Words {
    what: "way to send the secret",
    words: &["body", "basic"],
    synonyms: &[("form", "body"), ("post", "body"), ("header", "basic")],
};

static TYPES: Words = Words {
    what: "type of scan",
    words: &["sast", "dast", "sca", "container"],
    synonyms: &[("image", "container"), ("static", "sast"), ("dynamic", "dast"), ("dependency", "sca"), ("oss", "sca")],
};

static ROUTE: Words = Words {
    what: "route",
    words: &["auto", "nested", "flat"],
    synonyms: &[("any", "auto"), ("application", "nested"), ("all", "flat")],
};

/// Reads the section of this source. `None` if it has problems, which are added.
#[must_use]
pub fn decode(node: &Node, owner: &Place, problems: &mut Problems) -> Option<Settings> {
    let before = problems.len();
    let fields = Fields::open(node, owner, &TABLE, problems)?;
    let mut text = |name, what: &str| {
        fields.get(name).and_then(|node| expect::text(node, what, problems)).map(|text| text.trim().to_owned())
    };
    let scope = text("scope", "a scope");
    let application = text("application", "the name or id of an application");
    let project = text("project", "the name or id of an application");
    let tag = text("tag", "a tag");
    if let (Some((first, _)), Some((second, _))) = (fields.entry("application"), fields.entry("project")) {
        let problem = Problem::new(&second.place, "`project` is another name of `application`, and both are given");
        let problem = problem.label("given twice").related(&first.place, "first given here");
        problems.add(problem.help("remove one of them"));
    }
    let mut word = |name, words| fields.get(name).and_then(|node| expect::word(node, words, problems));
    let client_auth = match word("client_auth", &CLIENT_AUTH) {
        Some("basic") => ClientAuth::Basic,
        _ => ClientAuth::Body,
    };
    let route = match word("route", &ROUTE) {
        Some("nested") => Route::Nested,
        Some("flat") => Route::Flat,
        _ => Route::Auto,
    };
    let mut types = Vec::new();
    for node in fields.get("types").and_then(|node| expect::one_or_many(node, "`types`", problems)).unwrap_or_default()
    {
        types.extend(expect::word(node, &TYPES, problems).filter(|word| !types.contains(word)));
    }
    let switch = fields.get("count_accepted").and_then(|node| expect::switch(node, "`count_accepted`", problems));
    let settings = Settings {
        url: fields.get("url").and_then(|node| address(node, problems)),
        token_url: fields.get("token_url").and_then(|node| address(node, problems)),
        client_auth,
        scope,
        application: application.or(project),
        tag,
        types,
        route,
        count_accepted: switch.unwrap_or(false),
        page_size: fields.get("page_size").and_then(|node| expect::range(node, "`page_size`", 1..=MOST_ROWS, problems)),
    };
    fields.end();
    (problems.len() == before).then_some(settings)
}

fn address(node: &Node, problems: &mut Problems) -> Option<String> {
    let text = expect::text(node, "an address", problems)?;
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    if rest.is_some_and(|rest| !rest.is_empty()) && !text.contains(char::is_whitespace) {
        return Some(text.to_string());
    }
    let problem = Problem::new(&node.place, format!("expected an address, found {}", expect::found(node)));
    problems.add(problem.label("not an address").help("write it with https://, as in https://appsec.acme.example"));
    None
}

impl Settings {
    /// What is going to be read, in the words of the policy.
    #[must_use]
    pub fn reads(&self) -> Vec<String> {
        let which = match &self.application {
            Some(application) => format!("vulnerabilities and scans of the application {}", quoted(application)),
            None => "vulnerabilities and scans of the application of this repository".to_owned(),
        };
        vec![which]
    }
}

/// Finds credentials and host.
///
/// # Errors
/// If there are no credentials, or a setting is wrong.
pub fn ready(settings: &Settings, access: &Access<'_>) -> Result<Reader, Unready> {
    let token = access.credential(TOKEN);
    let (id, secret) = (access.env.get(CLIENT_ID).map(str::trim).unwrap_or_default(), access.credential(CLIENT_SECRET));
    let well_known = |host: &str| host == HOST;
    let endpoint = |address: &str, given: Given<'_>| access.trust.endpoint(NAME, address, given, well_known);
    let url = || match (access.env.get(URL), &settings.url) {
        (Some(address), _) => endpoint(address, Given::Environment(URL)),
        (None, Some(address)) => endpoint(address, Given::Policy),
        (None, None) => Err(anyhow!(
            "there is no public AppSec+ service; set {URL}, or `url` in its section of the policy, to the address of yours"
        )),
    };
    let (url, credentials) = match (token, id.is_empty(), secret) {
        (Some(token), _, _) => {
            if !is_visible(token.expose()) {
                let what = "holds what no token can: white space, or letters beyond ASCII";
                return Err(anyhow!("{TOKEN} {what}; give the token alone, without `Bearer` before it").into());
            }
            (url()?, Credentials::Token(token))
        }
        (None, false, Some(secret)) => {
            let url = url()?;
            let (token_url, is_whole) = match (access.env.get(TOKEN_URL), &settings.token_url) {
                (Some(address), _) => (endpoint(address, Given::Environment(TOKEN_URL))?, true),
                (None, Some(address)) => (endpoint(address, Given::Key("token_url"))?, true),
                (None, None) => (url.clone(), false),
            };
            let basic = basic(id, &secret);
            access.masks.add(&basic);
            let (id, auth, scope) = (id.to_owned(), settings.client_auth, settings.scope.clone());
            let client = ClientCredentials { id, secret, basic, token_url, is_whole, auth, scope };
            (url, Credentials::Client(Box::new(client)))
        }
        (None, true, None) => {
            return Err(Unready::NoCredentials(
                "APPSECPLUS_CLIENT_ID and APPSECPLUS_CLIENT_SECRET (or APPSECPLUS_TOKEN)",
            ));
        }
        (None, false, None) => return Err(anyhow!("{CLIENT_ID} is set and {CLIENT_SECRET} is not; set both").into()),
        (None, true, Some(_)) => return Err(anyhow!("{CLIENT_SECRET} is set and {CLIENT_ID} is not; set both").into()),
    };
    let application =
        access.project.name.as_deref().map(|name| name.trim().to_owned()).or(settings.application.clone());
    if application.is_none() && access.project.repository.is_none() {
        let known = "neither an application is named nor the repository known";
        return Err(anyhow!("{known}, so what should be judged? Name it with --project, or as `application`").into());
    }
    Ok(Reader {
        url,
        credentials,
        application,
        tag: settings.tag.clone(),
        types: settings.types.clone(),
        route: settings.route,
        count_accepted: settings.count_accepted,
        page_size: settings.page_size,
    })
}

/// Whether a header can carry it.
pub(super) fn is_visible(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What HTTP Basic sends: each half encoded like a field of a form first, as OAuth 2.0 wants it (RFC 6749, section 2.3.1).
fn basic(id: &str, secret: &Secret) -> Secret {
    let pair = format!("{}:{}", form_encoded(id), form_encoded(secret.expose()));
    Secret::new(&STANDARD.encode(pair))
}

fn form_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => encoded.push(char::from(byte)),
            b' ' => encoded.push('+'),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::Env;
    use crate::net::{Host, Masks, Trust};
    use crate::project::Project;
    use crate::source::test_section;

    fn read(section: &str) -> Result<Settings, Vec<String>> {
        test_section::read(section, decode)
    }

    fn made(section: &str, variables: &[(&str, &str)], allowed: &[&str]) -> Result<Reader, String> {
        let env = Env::of(variables.iter().copied(), std::path::Path::new("/"));
        let trust = Trust::new(allowed.iter().map(|host| Host::parse(host).unwrap()).collect());
        let project = Project { repository: Some("github.com/acme/shop".into()), ..Project::default() };
        let masks = Masks::default();
        let access = Access { env: &env, trust: &trust, project: &project, masks: &masks };
        ready(&read(section).expect("good"), &access).map_err(|unready| match unready {
            Unready::NoCredentials(variables) => format!("no {variables}"),
            Unready::Refused(error) => format!("{error:#}"),
        })
    }

    const HERE: &str = "{url: 'https://api.appsecplus.example.com'}";
    const PAIR: [(&str, &str); 2] = [(CLIENT_ID, "ci-gate"), (CLIENT_SECRET, "s3cr3t+va&l=ue%")];

    #[test]
    fn every_key_is_read_by_its_example_and_by_its_default() {
        for key in TABLE.keys {
            read(&format!("{}: {}", key.name, key.example)).unwrap_or_else(|problems| panic!("{problems:#?}"));
            if let Presence::Optional(default) = key.presence
                && !default.is_empty()
            {
                read(&format!("{}: {default}", key.name)).unwrap_or_else(|problems| panic!("{problems:#?}"));
            }
        }
        for (written, meant) in TABLE.synonyms {
            assert!(TABLE.key(meant).is_some() && TABLE.key(written).is_none(), "{written} -> {meant}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_place() {
        for (section, want) in [
            ("{url: appsec.acme.example}", "1:7 expected an address"),
            ("{page_size: 0}", "1:13 expected a number from 1 to 10000"),
            ("{application: a, project: b}", "1:18 `project` is another name of `application`"),
            ("{types: [sast, iac]}", "1:16 unknown type of scan `iac`"),
            ("{types: []}", "1:9 expected at least one item"),
            (
                "{applicaton: x}",
                "1:2 unknown key `applicaton` in the source `appsecplus` | did you mean `application`?",
            ),
            ("{import_policies: true}", "1:2 unknown key `import_policies`"),
            (
                "{route: nested, client_auth: header}",
                "1:30 unknown way to send the secret `header` | did you mean `basic`?",
            ),
        ] {
            let problems = read(section).expect_err(section);
            assert!(problems.len() == 1 && problems[0].starts_with(want), "{section}: {problems:#?}");
        }
        let settings = read("{project: app-1, types: sca, count_accepted: true}").unwrap();
        assert_eq!(settings.application.as_deref(), Some("app-1"));
        assert_eq!((settings.types.as_slice(), settings.count_accepted), (["sca"].as_slice(), true));
        assert!(settings.reads()[0].contains("app-1") && read("{}").unwrap().reads()[0].contains("this repository"));
    }

    #[test]
    fn credentials_come_from_the_environment_and_half_of_them_is_refused() {
        let good = made(HERE, &PAIR, &[]).unwrap();
        assert_eq!(good.url.address(), "https://api.appsecplus.example.com");
        let Credentials::Client(client) = &good.credentials else { panic!("{good:?}") };
        assert_eq!((client.is_whole, client.token_url.host().as_str()), (false, HOST));
        let both = made(HERE, &[PAIR[0], PAIR[1], (TOKEN, "eyJ.abc.def")], &[]).unwrap();
        assert!(matches!(both.credentials, Credentials::Token(_)));
        assert!(!format!("{good:?} {both:?}").contains("s3cr3t") && !format!("{both:?}").contains("eyJ"));
        for (variables, want) in [
            (&[][..], "no APPSECPLUS_CLIENT_ID and APPSECPLUS_CLIENT_SECRET"),
            (&PAIR[..1], "APPSECPLUS_CLIENT_SECRET is not"),
            (&PAIR[1..], "APPSECPLUS_CLIENT_ID is not"),
            (&[(TOKEN, "Bearer eyJ.abc")], "without `Bearer`"),
            (&[(TOKEN, "a\nb")], "what no token can"),
        ] {
            let error = made(HERE, variables, &[]).unwrap_err();
            assert!(error.contains(want), "{error}");
            assert!(!error.contains("eyJ"), "{error}");
        }
        let nowhere = made("{}", &PAIR, &[]).unwrap_err();
        assert!(nowhere.contains("set APPSECPLUS_URL"), "{nowhere}");
    }

    #[test]
    fn a_secret_goes_to_no_host_that_only_the_policy_names() {
        for section in [
            "{url: 'https://evil.example'}",
            "{url: 'https://api.appsecplus.example.com', token_url: 'https://evil.example/oauth/token'}",
            "{url: 'https://appsecplus.example.com'}",
        ] {
            let error = made(section, &PAIR, &[]).unwrap_err();
            assert!(error.contains("--allow-host"), "{error}");
        }
        let error =
            made("{url: 'https://api.appsecplus.example.com', token_url: 'https://evil.example/t'}", &PAIR, &[])
                .unwrap_err();
        assert!(error.starts_with("`token_url` of the source appsecplus: "), "{error}");
        assert!(
            made(
                "{url: 'https://api.appsecplus.example.com', token_url: 'https://evil.example/t'}",
                &PAIR,
                &["evil.example"]
            )
            .is_ok()
        );
        // A token that is there already is sent to no token endpoint.
        assert!(
            made(
                "{url: 'https://api.appsecplus.example.com', token_url: 'https://evil.example/t'}",
                &[(TOKEN, "abcdefgh")],
                &[]
            )
            .is_ok()
        );
        let variables = [PAIR[0], PAIR[1], (URL, "https://a.example/api/"), (TOKEN_URL, "https://b.example/t")];
        let reader = made("{url: 'https://evil.example', token_url: 'https://evil.example'}", &variables, &[]).unwrap();
        assert_eq!(reader.url.address(), "https://a.example/api");
        let Credentials::Client(client) = &reader.credentials else { panic!("{reader:?}") };
        assert_eq!((client.is_whole, client.token_url.address()), (true, "https://b.example/t"));
    }

    #[test]
    fn what_basic_sends_is_encoded_twice_as_oauth_wants_it() {
        let secret = Secret::new("s3cr3t+va&l=ue%");
        let sent = String::from_utf8(STANDARD.decode(basic("ci gate", &secret).expose()).unwrap()).unwrap();
        assert_eq!(sent, "ci+gate:s3cr3t%2Bva%26l%3Due%25");
    }
}
