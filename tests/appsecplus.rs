//! AppSec+ end to end: against a server that behaves as documented, and against every way in which one may not.

mod common;
#[path = "appsecplus/vendor.rs"]
mod vendor;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use assert_cmd::Command;
use common::server::{Reply, Server};
use common::{Folder, Run, finish};
use serde_json::{Value, json};
use vendor::{
    CLIENT_ID, COMMIT, Paging, REPOSITORY, SECRET, TOKEN, Told, Vendor, refusal, scan, vulnerabilities, vulnerability,
};

/// A policy with this section.
fn policy(section: &str) -> String {
    format!("version: 1\nthresholds: {{all: any}}\nsources:\n  appsecplus: {{{section}}}\n")
}

/// `findgate check` by a policy with this section, of a server.
fn command(folder: &Folder, server: &Server, section: &str) -> Command {
    folder.write("policy.yml", policy(section));
    let mut command = folder.command();
    command
        .args(["check", "--policy", "policy.yml", "--verbose", "--as-of", "2025-11-21", "--repo", REPOSITORY])
        .envs([("FINDGATE_FORMAT", "json"), ("FINDGATE_TIMEOUT", "20s")])
        .env("APPSECPLUS_URL", &server.url)
        .env("APPSECPLUS_CLIENT_ID", CLIENT_ID)
        .env("APPSECPLUS_CLIENT_SECRET", SECRET);
    command
}

/// Runs it, and sees to it that nothing that it says holds a credential.
#[track_caller]
fn ended(command: &mut Command, status: i32) -> Run {
    let run = finish(command).ends_with(status);
    for text in [&run.stdout, &run.stderr] {
        for secret in [SECRET, "s3cr3t", TOKEN, "eyJhbGci"] {
            assert!(!text.contains(secret), "{secret} in\n{text}");
        }
    }
    run
}

#[track_caller]
fn gate(server: &Server, section: &str, status: i32) -> Value {
    let source = ended(&mut command(&Folder::new(), server, section), status).json();
    assert_eq!(source["sources"].as_array().map(Vec::len), Some(1));
    source
}

fn state(run: &Value) -> &str {
    run["sources"][0]["state"].as_str().unwrap()
}

fn told(run: &Value, list: &str) -> String {
    run["sources"][0][list].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

/// That the source is in this state, for a reason (or, where it is complete, with a note) that holds these words.
#[track_caller]
fn assert_told(run: &Value, want: &str, words: &[&str]) {
    let texts = if want == "complete" { told(run, "notes") } else { told(run, "reasons") };
    assert_eq!(state(run), want, "{texts}");
    for word in words {
        assert!(texts.contains(word), "no {word:?} in\n{texts}");
    }
}

fn read(run: &Value) -> u64 {
    run["sources"][0]["read"].as_u64().unwrap()
}

// The token.

#[test]
fn a_clean_application_passes_and_shows_what_it_rests_on() {
    let server = Vendor::default().start();
    let run = gate(&server, "", 0);
    assert_told(
        &run,
        "complete",
        &["criticality of the application is high", "no total given for the vulnerabilities"],
    );
    let source = &run["sources"][0];
    assert_eq!(source["projects"], json!(["Checkout Service"]));
    assert_eq!(source["scans"].as_array().unwrap().len(), 2);
    let requests = server.requests();
    let paths: Vec<&str> = requests.iter().map(|request| request.path.as_str()).collect();
    let want =
        ["/oauth/token", "/applications", "/applications/app-20417/scans", "/applications/app-20417/vulnerabilities"];
    assert_eq!(paths, want);
    // Everything is read: no filter, no paging that nobody asked for.
    assert!(requests.iter().all(|request| request.query.is_empty()));
    assert!(requests.iter().all(|request| request.header("user-agent").unwrap().starts_with("findgate/")));
    assert!(requests[0].body.contains("client_secret=s3cr3t%2Bva%26l%3Due%25%2Fx"), "{}", requests[0].body);
}

#[test]
fn the_lifetime_of_a_token_may_be_text_or_missing_and_its_type_of_any_case() {
    for body in [
        json!({"access_token": TOKEN, "token_type": "bearer", "expires_in": "3600"}),
        json!({"access_token": TOKEN}),
        json!({"access_token": TOKEN, "expires_in": 18_446_744_073_709_551_615_u64, "token_type": null}),
        json!({"access_token": TOKEN, "expires_in": 30}),
    ] {
        let server =
            Vendor::default().start_with(move |request, _| (request.path == "/oauth/token").then(|| Reply::ok(&body)));
        gate(&server, "", 0);
        assert_eq!(server.count("/oauth/token"), 1);
    }
}

#[test]
fn a_refusal_to_give_a_token_is_told_in_both_shapes_and_not_repeated() {
    for (status, body, said) in [
        (
            400,
            json!({"code": "invalid_client", "message": "Client authentication failed", "details": {}}),
            "invalid_client: Client",
        ),
        (
            401,
            json!({"error": "invalid_client", "error_description": "Client authentication failed"}),
            "invalid_client: Client",
        ),
        (401, json!({"code": "invalid_client", "message": "no", "details": null}), "invalid_client: no"),
        (400, json!({"error": "invalid_request"}), "invalid_request"),
    ] {
        let server = Vendor::default()
            .start_with(move |request, _| (request.path == "/oauth/token").then(|| Reply::json(status, &body)));
        let run = gate(&server, "", 3);
        assert_told(
            &run,
            "failed",
            &["cannot log in", said, "check APPSECPLUS_CLIENT_ID and APPSECPLUS_CLIENT_SECRET"],
        );
        assert_eq!(server.requests().len(), 1);
    }
}

#[test]
fn what_is_no_token_is_refused() {
    for (body, said) in [
        (json!({"error": "unavailable"}), "it says unavailable"),
        (json!({"access_token": ""}), "cannot log in"),
        (json!({"access_token": "a b"}), "cannot log in"),
        (json!({"access_token": TOKEN, "token_type": "mac"}), "not Bearer"),
        (json!([]), "cannot log in"),
    ] {
        let server =
            Vendor::default().start_with(move |request, _| (request.path == "/oauth/token").then(|| Reply::ok(&body)));
        assert_told(&gate(&server, "", 3), "failed", &[said]);
    }
}

#[test]
fn too_many_token_requests_are_waited_out() {
    let calls = AtomicUsize::new(0);
    let server = Vendor::default().start_with(move |request, _| {
        (request.path == "/oauth/token" && calls.fetch_add(1, Ordering::SeqCst) == 0)
            .then(|| refusal(429, "rate_limited", "slow down").with("Retry-After", "1"))
    });
    gate(&server, "", 0);
    assert_eq!(server.count("/oauth/token"), 2);
}

/// A server whose tokens are numbered, and of which only some are taken.
fn numbered(is_good: impl Fn(usize, &str) -> bool + Send + Sync + 'static, vendor: Vendor) -> Server {
    let given = AtomicUsize::new(0);
    Server::start(move |request| {
        if request.path == "/oauth/token" {
            let number = given.fetch_add(1, Ordering::SeqCst) + 1;
            return Reply::ok(&json!({"access_token": format!("token-{number}"), "expires_in": 3600}));
        }
        let number = request.bearer().and_then(|token| token.strip_prefix("token-")?.parse().ok()).unwrap_or(0);
        let mut request = request.clone();
        if is_good(number, &request.target) {
            request.headers.retain(|(name, _)| name != "authorization");
            request.headers.push(("authorization".into(), format!("Bearer {TOKEN}")));
        }
        vendor.answer(&request)
    })
}

#[test]
fn a_token_that_ends_between_two_pages_is_renewed_once() {
    let vendor = Vendor { paging: Paging::Cursor(20, Told::Body), ..Vendor::with(vulnerabilities(57)) };
    let server = numbered(|number, target| if target.contains("at%2F%2B20") { number > 1 } else { number > 0 }, vendor);
    let run = gate(&server, "", 1);
    assert_told(&run, "complete", &[]);
    assert_eq!((read(&run), server.count("/oauth/token")), (57, 2));
}

#[test]
fn a_fresh_token_that_is_refused_too_is_an_error() {
    let server = numbered(|_, _| false, Vendor::default());
    let run = gate(&server, "", 3);
    assert_told(&run, "failed", &["answered 401", "(APPSECPLUS_TOKEN_URL) belong to the same AppSec+?"]);
    assert_eq!((server.count("/oauth/token"), server.count("/applications")), (2, 2));
}

#[test]
fn a_token_of_the_environment_goes_before_the_client_and_a_refusal_of_it_is_final() {
    let server = Vendor::default().start();
    let folder = Folder::new();
    ended(command(&folder, &server, "").env("APPSECPLUS_TOKEN", TOKEN), 0);
    assert_eq!(server.count("/oauth/token"), 0);
    let run = ended(command(&folder, &server, "").env("APPSECPLUS_TOKEN", "another-token"), 3);
    assert_told(&run.json(), "failed", &["APPSECPLUS_TOKEN is wrong or has expired"]);
    assert!(!run.stdout.contains("another-token"));
    assert_eq!((server.count("/oauth/token"), server.count("/applications")), (0, 2));
}

#[test]
fn the_client_may_say_who_it_is_by_basic_and_ask_for_a_scope() {
    use base64::Engine as _;
    let vendor = Vendor::default();
    let server = Server::start(move |request| {
        if request.path != "/oauth/token" {
            return vendor.answer(request);
        }
        let mut form = request.form();
        form.sort();
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let basic = request.header("authorization").and_then(|value| value.strip_prefix("Basic ")).unwrap_or_default();
        let basic = base64::engine::general_purpose::STANDARD.decode(basic).unwrap_or_default();
        if form != [("grant_type", "client_credentials"), ("scope", "read")]
            || basic != b"ci-gate:s3cr3t%2Bva%26l%3Due%25%2Fx"
        {
            return refusal(401, "invalid_client", &format!("{form:?} {basic:?}"));
        }
        Reply::ok(&json!({"access_token": TOKEN}))
    });
    gate(&server, "client_auth: basic, scope: read", 0);
}

#[test]
fn tokens_may_be_given_elsewhere_and_the_api_may_lie_below_a_prefix() {
    let tokens = Vendor::default().start_with(|request, vendor| {
        (request.path == "/login/t")
            .then(|| vendor.answer(&common::server::Request { path: "/oauth/token".into(), ..request.clone() }))
    });
    let api = Vendor { prefix: "/api", ..Vendor::default() }.start();
    let folder = Folder::new();
    let with = |section: &str| {
        let mut command = command(&folder, &api, section);
        command.env("APPSECPLUS_URL", format!("{}/api/", api.url));
        command
    };
    ended(&mut with(""), 0);
    assert_eq!(api.count("/api/oauth/token"), 1);
    ended(&mut with(&format!("token_url: '{}/login/t'", tokens.url)), 0);
    ended(with("").env("APPSECPLUS_TOKEN_URL", format!("{}/login/t", tokens.url)), 0);
    assert_eq!((api.count("/api/oauth/token"), tokens.count("/login/t")), (1, 2));
    // The address in the environment goes before the one in the policy.
    let run = ended(&mut with("url: 'https://evil.example'"), 0);
    assert!(!run.stderr.contains("evil"), "{}", run.stderr);
    let nowhere = Server::start(|_| refusal(404, "not_found", "nothing here"));
    let run = ended(with("").env("APPSECPLUS_TOKEN_URL", &nowhere.url), 3);
    assert_told(&run.json(), "failed", &["cannot log in", "`token_url`"]);
}

#[test]
fn missing_and_half_credentials_and_untrusted_hosts_are_wrong_settings_and_nobody_is_asked() {
    let server = Vendor::default().start();
    let folder = Folder::new();
    let without = |removed: &[&str]| {
        let mut command = command(&folder, &server, "");
        for name in removed {
            command.env_remove(name);
        }
        ended(&mut command, 2).stderr
    };
    assert!(without(&["APPSECPLUS_CLIENT_ID", "APPSECPLUS_CLIENT_SECRET"]).contains("it has no credentials"));
    assert!(without(&["APPSECPLUS_CLIENT_ID"]).contains("APPSECPLUS_CLIENT_ID is not"));
    assert!(without(&["APPSECPLUS_CLIENT_SECRET"]).contains("APPSECPLUS_CLIENT_SECRET is not"));
    for section in ["url: 'https://appsec.evil.example'", "token_url: 'https://appsec.evil.example/t'"] {
        let mut command = command(&folder, &server, section);
        if section.starts_with("url") {
            command.env_remove("APPSECPLUS_URL");
        }
        let run = ended(&mut command, 2);
        assert!(run.stderr.contains("--allow-host appsec.evil.example"), "{}", run.stderr);
    }
    ended(command(&folder, &server, "").env("APPSECPLUS_URL", "http://10.0.0.1"), 2).complains("not encrypted");
    // What should be judged is not known either.
    folder.write("policy.yml", policy(""));
    let mut nameless = folder.command();
    nameless
        .args(["check", "--policy", "policy.yml"])
        .env("APPSECPLUS_URL", &server.url)
        .env("APPSECPLUS_TOKEN", TOKEN);
    ended(&mut nameless, 2).complains("neither an application is named nor the repository known");
    assert!(server.requests().is_empty());
}

#[test]
fn a_fork_without_credentials_is_undecided() {
    let event = json!({
        "pull_request": {
            "number": 7, "head": {"sha": COMMIT, "ref": "fix", "repo": {"full_name": "eve/shop", "fork": true, "id": 2}},
            "base": {"sha": COMMIT, "ref": "main", "repo": {"full_name": "acme/shop", "id": 1}}
        }
    });
    let folder = Folder::new().with("policy.yml", policy("application: x")).with("event.json", event.to_string());
    let mut command = folder.command();
    command.args(["check", "--policy", "policy.yml", "--format", "json"]).envs([
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_REF", "refs/pull/7/merge"),
        ("GITHUB_HEAD_REF", "fix"),
        ("GITHUB_REPOSITORY", "acme/shop"),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_EVENT_PATH", "event.json"),
        ("FINDGATE_TRUST", "worktree"),
    ]);
    assert_told(&ended(&mut command, 3).json(), "failed", &["pull request from a fork", "APPSECPLUS_CLIENT_ID"]);
}

// The application.

#[test]
fn the_application_is_found_by_id_and_by_name_and_the_option_goes_first() {
    let mut vendor = Vendor::default();
    vendor.scans.as_array_mut().unwrap().push({
        let mut other = scan("scan-9", "sast", "completed", Some("2025-11-20T12:04:10Z"));
        other["applicationId"] = json!("app-20418");
        other
    });
    let server = vendor.start();
    for (section, option, want) in [
        ("application: app-20417", None, "Checkout Service"),
        ("application: Checkout Service", None, "Checkout Service"),
        ("project: checkout SERVICE", None, "Checkout Service"),
        ("application: app-20417", Some("Identity"), "Identity"),
        ("", Some("app-20418"), "Identity"),
    ] {
        let folder = Folder::new();
        let mut command = command(&folder, &server, section);
        if let Some(name) = option {
            command.args(["--project", name]);
        }
        let run = ended(&mut command, 0).json();
        assert_eq!(run["sources"][0]["projects"], json!([want]), "{section} {option:?}");
    }
    for (section, words) in [
        ("application: app-99999", ["no application `app-99999`", "Checkout Service"]),
        ("application: Chekout", ["no application `Chekout`", "--project"]),
        ("application: app-20417, tag: web", ["does not have the tag", "app-20417"]),
        ("tag: web", ["no application with the tag `web`", REPOSITORY]),
    ] {
        assert_told(&gate(&server, section, 3), "failed", &words);
    }
}

#[test]
fn the_application_is_found_by_the_repository_however_its_address_is_written() {
    for address in [
        "https://github.com/acme/checkout-service",
        "https://github.com/Acme/Checkout-Service.git",
        "git@github.com:acme/checkout-service.git",
        "ssh://git@github.com:22/acme/checkout-service/",
        "https://user:pw@github.com:443/acme/checkout-service",
    ] {
        let mut vendor = Vendor::default();
        vendor.applications[0]["repoUrl"] = json!(address);
        let run = gate(&vendor.start(), "", 0);
        assert_eq!(run["sources"][0]["projects"], json!(["Checkout Service"]), "{address}");
    }
    let mut vendor = Vendor::default();
    vendor.applications[0]["repoUrl"] = json!("https://github.com/acme/checkout");
    assert_told(
        &gate(&vendor.clone().start(), "", 3),
        "failed",
        &["no application has the address of this repository"],
    );
    vendor.applications = json!([
        {"id": "app-1", "name": "A", "repoUrl": "https://github.com/acme/checkout-service", "tags": ["web"]},
        {"id": "app-20417", "name": "B", "repoUrl": "git@github.com:acme/checkout-service.git", "tags": ["api"]},
        {"id": "app-3", "name": "b"},
    ]);
    let server = vendor.start();
    assert_told(&gate(&server, "", 3), "failed", &["several applications", "app-1 (A), app-20417 (B)", "--project"]);
    gate(&server, "tag: api", 0);
    gate(&server, "application: B", 0);
    assert_told(&gate(&server, "application: C", 3), "failed", &["no application `C`"]);
}

#[test]
fn another_application_than_the_one_that_was_asked_for_is_not_read() {
    let server = Vendor::default().start_with(|request, vendor| {
        (request.path == "/applications/app-20417").then(|| Reply::ok(&vendor.applications[1]))
    });
    assert_told(&gate(&server, "application: app-20417", 3), "failed", &["it is about `app-20418`"]);
}

#[test]
fn a_list_of_applications_that_was_not_read_to_its_end_proves_no_match_by_address() {
    let mut vendor = Vendor::default();
    let mut all = vendor.applications.as_array().unwrap().clone();
    all.extend((0..98).map(|n| json!({"id": format!("app-{n}"), "name": format!("N{n}")})));
    all.push(json!({"id": "app-x", "name": "X", "repoUrl": "https://github.com/acme/checkout-service"}));
    all.extend((100..300).map(|n| json!({"id": format!("app-{n}"), "name": format!("N{n}")})));
    vendor.applications = Value::Array(all);
    vendor.paging = Paging::Silent(100);
    let server = vendor.clone().start();
    // The second one of this repository lies on what the server gives only when asked for more.
    assert_told(&gate(&server, "", 3), "failed", &["several applications", "the applications were not all read"]);
    vendor.applications[100]["repoUrl"] = Value::Null;
    let server = vendor.start();
    assert_told(
        &gate(&server, "", 3),
        "partial",
        &["the applications were not all read", "name the application by its id"],
    );
    assert_told(&gate(&server, "application: Checkout Service", 0), "complete", &[]);
}

// Findings.

#[test]
fn a_finding_has_every_fact_that_was_told() {
    let vendor = Vendor::with(json!([{
        "id": "vuln-3001", "applicationId": "app-20417", "scanId": "scan-880",
        "title": "SQL injection in order search", "description": "A request value is concatenated into a statement.",
        "severity": "critical", "cwe": "CWE-89", "cve": null, "cvssScore": 9.4,
        "status": "open", "introducedIn": "commit-9f2c41d0", "remediation": "Bind the value as a parameter.",
        "createdAt": "2025-11-20T12:05:00Z", "updatedAt": "2025-11-20T12:05:00Z", "someday": {"new": true}
    }]));
    let run = gate(&vendor.start(), "", 1);
    let finding = &run["findings"][0];
    for (fact, want) in [
        ("kind", json!("sast")),
        ("severity", json!("critical")),
        ("title", json!("SQL injection in order search")),
        ("cwe", json!(["CWE-89"])),
    ] {
        assert_eq!(finding[fact], want, "{fact} of {finding:#}");
    }
    let text = finding.to_string();
    for part in ["vuln-3001", "9.4", "2025-11-20T12:05:00Z", "AppSec+"] {
        assert!(text.contains(part), "no {part} in {finding:#}");
    }
    assert_eq!(run["sources"][0]["scans"][0]["findings"], json!(1), "{:#}", run["sources"][0]);
}

#[test]
fn open_and_in_progress_count_accepted_only_where_it_is_asked_for_and_resolved_never() {
    for (status, plain, counted) in [
        ("open", 1, 1),
        ("in_progress", 1, 1),
        ("inProgress", 1, 1),
        ("accepted", 0, 1),
        ("false_positive", 0, 1),
        ("resolved", 0, 0),
        ("closed", 0, 0),
        ("whatever", 1, 1),
    ] {
        let server = Vendor::with(json!([vulnerability(1, "critical", status)])).start();
        let run = gate(&server, "", plain);
        assert_eq!(run["findings"].as_array().unwrap().len(), 1, "{status}");
        let notes = told(&run, "notes");
        assert_eq!(notes.contains("1 finding is accepted in AppSec+"), counted != plain, "{status}: {notes}");
        assert_eq!(notes.contains("status `whatever`"), status == "whatever", "{status}: {notes}");
        gate(&server, "count_accepted: true", counted);
    }
}

#[test]
fn a_severity_that_nobody_knows_is_unrated_and_told() {
    let server = Vendor::with(json!([vulnerability(1, "urgent", "open")])).start();
    let run = gate(&server, "", 1);
    assert_told(&run, "complete", &["1 finding has the severity `urgent`", "unknown_severity"]);
}

#[test]
fn rows_without_id_or_severity_or_sense_are_counted_and_make_the_source_partial() {
    for (bad, word) in [
        (json!({"severity": "low", "applicationId": "app-20417"}), "it has no id"),
        (json!({"id": "vuln-9", "applicationId": "app-20417"}), "it has no severity"),
        (json!("vuln-9"), "could not be read"),
        (json!(null), "could not be read"),
    ] {
        let run = gate(&Vendor::with(json!([vulnerability(1, "low", "resolved"), bad])).start(), "", 3);
        assert_told(&run, "partial", &["1 row of the vulnerabilities could not be read", word]);
        assert_eq!((read(&run), run["sources"][0]["skipped"].as_u64()), (1, Some(1)));
    }
}

#[test]
fn rows_of_other_applications_are_left_out_and_told_by_both_routes() {
    let foreign = |number| {
        let mut row = vulnerability(number, "critical", "open");
        row["applicationId"] = json!("app-20418");
        row
    };
    let rows = json!([vulnerability(1, "low", "resolved"), foreign(2), foreign(3)]);
    let flat = Vendor { nested: false, filters: false, ..Vendor::with(rows.clone()) }.start();
    let run = gate(&flat, "", 0);
    assert_told(&run, "complete", &["2 vulnerabilities of other applications left out", "come from the list of all"]);
    let vulnerabilities = flat.requests().into_iter().find(|request| request.path == "/vulnerabilities").unwrap();
    assert_eq!(vulnerabilities.query, [("applicationId".to_owned(), "app-20417".to_owned())]);
    let nested = Vendor::with(rows).start_with(|request, vendor| {
        (request.path.ends_with("/vulnerabilities")).then(|| Reply::ok(&vendor.vulnerabilities))
    });
    assert_told(&gate(&nested, "", 0), "complete", &["2 vulnerabilities of other applications left out"]);
}

#[test]
fn a_row_that_names_no_application_is_taken_below_one_and_refused_from_the_list_of_all() {
    let mut row = vulnerability(1, "low", "resolved");
    row.as_object_mut().unwrap().remove("applicationId");
    let vendor = Vendor::with(json!([row]));
    assert_eq!(read(&gate(&vendor.clone().start(), "", 0)), 1);
    let run = gate(&vendor.start(), "route: flat", 3);
    assert_told(&run, "partial", &["it does not say which application it is of"]);
}

#[test]
fn the_route_of_the_policy_is_the_one_that_is_taken() {
    let server = Vendor::default().start();
    gate(&server, "route: flat", 0);
    assert!(server.requests().iter().all(|request| !request.path.starts_with("/applications/")));
    let server = Vendor { nested: false, ..Vendor::default() }.start();
    assert_told(&gate(&server, "route: nested", 3), "failed", &["cannot read the vulnerabilities", "`route: flat`"]);
    assert_eq!((server.count("/vulnerabilities"), server.count("/scans")), (0, 0));
    // 405 means the same as 404; other refusals do not.
    for (status, want) in [(405, 0), (403, 3), (400, 3)] {
        let server = Vendor::default().start_with(move |request, _| {
            request.path.ends_with("app-20417/vulnerabilities").then(|| refusal(status, "no", "no"))
        });
        gate(&server, "", want);
    }
}

#[test]
fn a_finding_without_a_known_scan_is_of_the_kind_other_and_told() {
    let mut rows = vec![vulnerability(1, "low", "resolved"), vulnerability(2, "low", "resolved")];
    rows[0].as_object_mut().unwrap().remove("scanId");
    rows[1]["scanId"] = json!("scan-of-long-ago");
    let run = gate(&Vendor::with(json!(rows)).start(), "", 0);
    assert_told(&run, "complete", &["what kind 2 findings are of is not told"]);
    assert!(run["findings"].as_array().unwrap().iter().all(|finding| finding["kind"] == "other"));
    let mut vendor = Vendor::with(json!([vulnerability(1, "low", "resolved")]));
    vendor.scans[0]["scanType"] = json!("api");
    assert_told(&gate(&vendor.start(), "", 0), "complete", &["the kind `api`", "counts as `other`"]);
}

#[test]
fn fields_that_a_server_adds_are_used() {
    let mut row = vulnerability(1, "high", "open");
    row["filePath"] = json!("src/orders.rs");
    row["line"] = json!(12);
    row["scanner"] = json!("Semgrep");
    row["ruleId"] = json!("sql.concat");
    let run = gate(&Vendor::with(json!([row])).start(), "", 1);
    let text = run["findings"][0].to_string();
    for part in ["src/orders.rs", "12", "Semgrep", "sql.concat"] {
        assert!(text.contains(part), "no {part} in {text}");
    }
}

// Scans.

#[test]
fn an_application_that_was_never_scanned_is_not_clean() {
    let run = gate(&Vendor { scans: json!([]), ..Vendor::default() }.start(), "", 3);
    assert_told(&run, "failed", &["Checkout Service was never scanned"]);
    let rows = json!([vulnerability(1, "low", "resolved")]);
    let run = gate(&Vendor { scans: json!([]), ..Vendor::with(rows) }.start(), "", 3);
    assert_told(&run, "partial", &["lists vulnerabilities of Checkout Service but no scan"]);
}

#[test]
fn the_newest_scan_of_each_type_counts_and_null_times_harm_nothing() {
    let old_failure = json!([
        scan("scan-1", "sast", "failed", Some("2025-11-01T12:00:00Z")),
        scan("scan-880", "sast", "completed", Some("2025-11-20T12:00:00Z")),
    ]);
    gate(&Vendor { scans: old_failure, ..Vendor::default() }.start(), "", 0);
    for (newest, word) in [
        (scan("scan-2", "sast", "failed", Some("2025-11-20T13:00:00Z")), "failed"),
        (scan("scan-2", "sast", "queued", None), "still running"),
        (scan("scan-2", "sast", "running", None), "still running"),
        (scan("scan-2", "sast", "paused", None), "not known"),
    ] {
        let mut scans = Vendor::default().scans;
        scans.as_array_mut().unwrap().push(newest);
        let run = gate(&Vendor { scans, ..Vendor::default() }.start(), "", 3);
        assert_told(&run, "partial", &["the newest SAST scan of Checkout Service", word]);
    }
}

#[test]
fn a_running_scan_is_waited_for_as_long_as_the_policy_allows() {
    for (section, status, word) in [("wait: 10s", 0, ""), ("wait: 1s", 3, "`wait` was too short for it")] {
        let calls = AtomicUsize::new(0);
        let server = Vendor::default().start_with(move |request, vendor| {
            let mut scans = vendor.scans.clone();
            if !request.path.ends_with("/scans") {
                return None;
            }
            if status == 3 || calls.fetch_add(1, Ordering::SeqCst) < 2 {
                scans[1] = scan("scan-881", "sca", "running", None);
            }
            Some(Reply::ok(&scans))
        });
        let run = gate(&server, section, status);
        assert!(told(&run, "reasons").contains(word), "{run:#}");
        assert!((2..=4).contains(&server.count("/applications/app-20417/scans")));
        assert_eq!(server.count("/applications/app-20417/vulnerabilities"), 1);
    }
}

#[test]
fn a_scan_belongs_to_the_commit_that_its_trigger_names() {
    let server = Vendor::default().start();
    let with = |commit: &str, server: &Server, status| {
        let folder = Folder::new();
        let mut command = command(&folder, server, "commit: head");
        ended(command.args(["--commit", commit]), status).json()
    };
    with(COMMIT, &server, 0);
    let run = with("0000000000000000000000000000000000000000", &server, 3);
    assert_told(&run, "partial", &["no scan of commit 0000000", "9f2c41d0"]);
    let mut vendor = Vendor::default();
    vendor.scans[0]["triggeredBy"] = json!("Jo Doe");
    vendor.scans[1]["triggeredBy"] = Value::Null;
    assert_told(&with(COMMIT, &vendor.start(), 3), "partial", &["does not tell its commit"]);
}

#[test]
fn the_policy_may_want_types_of_scan_and_an_age() {
    let server = Vendor::default().start();
    gate(&server, "types: [sast, sca]", 0);
    assert_told(
        &gate(&server, "types: [sast, dast, container]", 3),
        "partial",
        &["no finished DAST scan", "no finished container scan"],
    );
    gate(&server, "max_age: 1d", 0);
    assert_told(&gate(&server, "max_age: 6h", 3), "stale", &["`max_age`"]);
}

#[test]
fn results_that_a_scan_counts_and_the_list_does_not_have_are_missing() {
    let mut vendor = Vendor::default();
    vendor.scans[1]["summary"] = json!({"totalFindings": 9, "critical": 1, "high": 2, "medium": 4, "low": 2});
    let run = gate(&vendor.clone().start(), "", 3);
    assert_told(&run, "partial", &["the newest SCA scan counts 9 vulnerabilities", "the list of them is empty"]);
    vendor.vulnerabilities = json!([vulnerability(1, "low", "resolved")]);
    gate(&vendor.start(), "", 0);
}

#[test]
fn scans_that_cannot_be_read_make_the_source_partial_and_findings_are_read_all_the_same() {
    let vendor = Vendor::with(json!([vulnerability(1, "critical", "open")]));
    let server =
        vendor.start_with(|request, _| request.path.ends_with("/scans").then(|| refusal(403, "forbidden", "not you")));
    let run = gate(&server, "", 1);
    assert_told(
        &run,
        "partial",
        &["cannot read the scans of Checkout Service", "answered 403 (forbidden: not you)", "Read-Only"],
    );
    assert_eq!(read(&run), 1);
    let mut vendor = Vendor::default();
    vendor.scans.as_array_mut().unwrap().push(json!({"scanType": "dast", "applicationId": "app-20417"}));
    assert_told(&gate(&vendor.start(), "", 3), "partial", &["1 row of the scans could not be read", "it has no id"]);
}

// Pages.

#[test]
fn a_bare_list_of_any_length_is_complete_and_a_round_one_is_asked_for_once_more() {
    for (count, calls) in [(57, 1), (100, 2), (0, 1)] {
        let server = Vendor::with(vulnerabilities(count)).start();
        let run = gate(&server, "", i32::from(count > 0));
        assert_told(&run, "complete", &["no total given for the vulnerabilities"]);
        assert_eq!((read(&run), server.count("/applications/app-20417/vulnerabilities")), (count, calls));
    }
    // Above, a server that does not know the parameter; here, one that takes it and gives the same.
    let server = Vendor { paging: Paging::Silent(1000), ..Vendor::with(vulnerabilities(100)) }.start();
    let run = gate(&server, "", 1);
    assert_told(
        &run,
        "complete",
        &["100 vulnerabilities came, a round number; asked for 200, the server gave the same"],
    );
    let last = server.requests().pop().unwrap();
    assert_eq!(last.query("limit"), Some("200"));
}

#[test]
fn a_server_that_pages_without_a_word_is_found_out() {
    for (count, default, section) in [(240, 100, ""), (101, 100, ""), (300, 50, "page_size: 77")] {
        let server = Vendor { paging: Paging::Silent(default), ..Vendor::with(vulnerabilities(count)) }.start();
        let run = gate(&server, section, 1);
        assert_told(&run, "partial", &["the vulnerabilities were not all read", "without telling how to get the rest"]);
        assert!(read(&run) > default as u64 && read(&run) <= count, "{}", read(&run));
    }
    // Fewer rows when asked for more is no proof either, and a refusal is none.
    let odd = Vendor::with(vulnerabilities(20))
        .start_with(|request, _| request.query("limit").map(|_| Reply::ok(&json!([]))));
    assert_told(&gate(&odd, "", 1), "partial", &["gives 20 and 0"]);
    let odd = Vendor::with(vulnerabilities(20))
        .start_with(|request, _| request.query("limit").map(|_| refusal(403, "x", "no")));
    assert_told(&gate(&odd, "", 1), "partial", &["to ask for more failed", "403"]);
    // One that tells how to go on when it is asked for more is read to its end.
    let vendor = Vendor { paging: Paging::Cursor(100, Told::Body), ..Vendor::with(vulnerabilities(90)) };
    let server = vendor.start_with(|request, vendor| {
        let silent = Vendor { paging: Paging::Silent(20), ..vendor.clone() };
        (request.query.is_empty()).then(|| silent.answer(request))
    });
    let run = gate(&server, "", 1);
    assert_told(&run, "complete", &[]);
    assert_eq!(read(&run), 90);
}

#[test]
fn a_cursor_is_followed_wherever_it_is_told() {
    for told in [Told::Body, Told::Meta, Told::Header, Told::Link] {
        for (section, size) in [("", 20), ("page_size: 50", 50)] {
            let server = Vendor { paging: Paging::Cursor(20, told), ..Vendor::with(vulnerabilities(57)) }.start();
            let run = gate(&server, section, 1);
            assert_told(&run, "complete", &[]);
            let pages = 57_usize.div_ceil(size);
            let calls =
                server.requests().into_iter().filter(|r| r.path.ends_with("/vulnerabilities")).collect::<Vec<_>>();
            // A link holds its own parameters, and ours leaves the limit out.
            let want = if matches!(told, Told::Link) && size == 50 { 2 } else { pages };
            assert_eq!((read(&run), calls.len()), (57, want), "{told:?} {section}");
            assert!(
                calls[1].target.contains("cursor=at%2F%2B") || calls[1].target.contains("cursor=at/%2B"),
                "{}",
                calls[1].target
            );
        }
    }
}

#[test]
fn a_server_that_does_not_know_the_limit_is_asked_without_it() {
    let server = Vendor::default().start();
    let run = gate(&server, "page_size: 50", 0);
    assert_told(&run, "complete", &["does not take `limit`"]);
}

/// A list of vulnerabilities that is answered by this function of the cursor.
fn paged(page: impl Fn(Option<&str>) -> Value + Send + Sync + 'static) -> Server {
    Vendor::default().start_with(move |request, _| {
        request.path.ends_with("/vulnerabilities").then(|| Reply::ok(&page(request.query("cursor"))))
    })
}

#[test]
fn pages_that_go_in_circles_or_lead_nowhere_are_not_an_end() {
    let row = |number| json!([vulnerability(number, "low", "resolved")]);
    let number = |cursor: Option<&str>| cursor.map_or(1, |cursor| cursor.parse::<u64>().unwrap() + 1);
    let same_cursor = paged(move |cursor| json!({"items": row(number(cursor.map(|_| "1"))), "nextCursor": "1"}));
    assert_told(&gate(&same_cursor, "", 3), "partial", &["named the same next page twice"]);
    let same_rows = paged(move |cursor| json!({"items": row(1), "nextCursor": number(cursor).to_string()}));
    assert_told(&gate(&same_rows, "", 3), "partial", &["a page held only rows that came before"]);
    assert!(same_rows.requests().len() < 10);
    let empty = paged(move |cursor| json!({"items": [], "nextCursor": number(cursor).to_string()}));
    assert_told(&gate(&empty, "", 3), "partial", &["pages in a row were empty"]);
    let odd = paged(|_| json!({"items": [], "nextCursor": {"after": 1}}));
    assert_told(&gate(&odd, "", 3), "partial", &["a cursor that is neither text nor a number"]);
    let more = paged(|_| json!({"items": [], "hasMore": true}));
    assert_told(&gate(&more, "", 3), "partial", &["there is more, but no cursor for it"]);
    let done = paged(move |_| json!({"items": row(1), "nextCursor": "x", "hasMore": false}));
    assert_told(&gate(&done, "", 0), "complete", &[]);
    // Endless pages of new rows: the time of the run ends it.
    let endless = paged(move |cursor| json!({"items": row(number(cursor)), "nextCursor": number(cursor).to_string()}));
    let run = ended(command(&Folder::new(), &endless, "").args(["--timeout", "2s"]), 3);
    assert_told(&run.json(), "failed", &["the time of this run, 2s, is used up"]);
}

#[test]
fn a_link_to_another_host_is_not_followed() {
    let trap = Vendor::default().start();
    let address = trap.url.clone();
    let server = Vendor::default().start_with(move |request, _| {
        let link = format!("<{address}/applications/app-20417/vulnerabilities?cursor=2>; rel=\"next\"");
        request.path.ends_with("/vulnerabilities").then(|| Reply::ok(&json!([])).with("Link", &link))
    });
    assert_told(&gate(&server, "", 3), "partial", &["on another host"]);
    assert!(trap.requests().is_empty());
}

#[test]
fn a_total_is_compared_with_what_came() {
    let rows = json!([vulnerability(1, "low", "resolved"), vulnerability(2, "low", "resolved")]);
    let with = |total: u64| {
        let rows = rows.clone();
        paged(move |_| json!({"items": rows, "total": total}))
    };
    let run = gate(&with(2), "", 0);
    assert_told(&run, "complete", &[]);
    assert!(!told(&run, "notes").contains("no total given for the vulnerabilities"));
    assert_told(&gate(&with(3), "", 3), "partial", &["the server counts 3 and gave 2"]);
    let changing = paged(|cursor| match cursor {
        None => json!({"items": [vulnerability(1, "low", "resolved")], "total": 2, "nextCursor": "a"}),
        Some(_) => json!({"items": [vulnerability(2, "low", "resolved")], "total": 1}),
    });
    assert_told(&gate(&changing, "", 3), "partial", &["their number changed while they were read"]);
}

#[test]
fn a_row_on_two_pages_counts_once_and_the_stricter_of_two_contents_counts() {
    let with = |second: Value| {
        paged(move |cursor| match cursor {
            None => json!({"items": [vulnerability(1, "high", "resolved")], "nextCursor": "a"}),
            Some(_) => json!({"items": [second, vulnerability(2, "low", "resolved")]}),
        })
    };
    let run = gate(&with(vulnerability(1, "high", "resolved")), "", 0);
    assert_eq!((read(&run), run["findings"].as_array().unwrap().len()), (2, 2));
    let run = gate(&with(vulnerability(1, "high", "open")), "", 1);
    assert_told(&run, "complete", &["1 row came again with other content"]);
    assert_eq!(run["findings"].as_array().unwrap().len(), 2);
}

// Trouble.

/// A server that answers one list in its own way.
fn broken(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Server {
    Vendor::default().start_with(move |request, _| request.path.ends_with("/vulnerabilities").then(&reply))
}

#[test]
fn a_refusal_says_who_said_what_and_what_to_do() {
    for (status, words) in [
        (400, ["answered 400", "no: because"]),
        (403, ["answered 403", "an admin of AppSec+"]),
        (404, ["answered 404", "is the address of the API right (`url`, APPSECPLUS_URL)?"]),
        (409, ["answered 409", "no: because"]),
    ] {
        let run = gate(&broken(move || refusal(status, "no", "because")), "", 3);
        assert_told(&run, "failed", &words);
        assert_told(&run, "failed", &["cannot read the vulnerabilities of Checkout Service: 127.0.0.1:"]);
    }
    let server = Vendor::default()
        .start_with(|request, _| (request.path == "/applications").then(|| refusal(403, "forbidden", "not you")));
    assert_told(&gate(&server, "", 3), "failed", &["cannot read the applications", "forbidden: not you"]);
}

#[test]
fn an_answer_that_cannot_be_read_is_never_no_findings() {
    let text = |body: &str| {
        let body = body.to_owned();
        broken(move || Reply::text(200, "application/json", body.clone()))
    };
    for (server, word) in [
        (text("<html>please log in</html>"), "a page for people"),
        (text(""), "not JSON"),
        (text(r#"[{"id": "vuln-1", "severity": "high""#), "not JSON"),
        (text(r#"[{"id": "vuln-1", "severity": "high"}, ]"#), "cannot be read"),
        (text("{}"), "no list"),
        (text(r#"{"items": null}"#), "no list"),
        (text(r#"{"items": {"id": 1}}"#), "no list"),
        (text(r#"{"items": [], "results": []}"#), "more than one list"),
        (text(r#"{"items": [], "items": []}"#), "duplicate field"),
        (text(r#""nothing""#), "cannot be read"),
        (broken(|| Reply::text(200, "application/json", *b"[{\"id\": \"\xff\"}]")), "not UTF-8"),
        (broken(|| Reply::text(200, "application/json", *b"[]").with("Content-Encoding", "br")), ""),
    ] {
        let run = gate(&server, "", if word.is_empty() { 0 } else { 3 });
        if !word.is_empty() {
            assert_told(&run, "failed", &[word]);
        }
    }
}

#[test]
fn half_a_body_is_asked_for_again_and_never_taken() {
    let body = vulnerabilities(5).to_string();
    let calls = AtomicUsize::new(0);
    let server = Vendor::with(vulnerabilities(5)).start_with({
        let body = body.clone();
        move |request, _| {
            (request.path.ends_with("/vulnerabilities") && calls.fetch_add(1, Ordering::SeqCst) == 0)
                .then(|| Reply::Cut(200, body.clone().into_bytes(), 700))
        }
    });
    assert_eq!(read(&gate(&server, "", 1)), 5);
    let always = broken(move || Reply::Cut(200, body.clone().into_bytes(), 700));
    let run = ended(command(&Folder::new(), &always, "").args(["--timeout", "10s"]), 3);
    assert_told(&run.json(), "failed", &["ended in the middle", "tried 5 times"]);
}

#[test]
fn a_server_that_fails_twice_and_then_works_is_read() {
    let calls = AtomicUsize::new(0);
    let server = Vendor::with(vulnerabilities(3)).start_with(move |request, _| {
        (request.path.ends_with("/vulnerabilities") && calls.fetch_add(1, Ordering::SeqCst) < 2)
            .then(|| refusal(500, "server_error", "try later"))
    });
    assert_eq!(read(&gate(&server, "", 1)), 3);
    assert_eq!(server.count("/applications/app-20417/vulnerabilities"), 3);
    let run = gate(&broken(|| refusal(500, "server_error", "try later")), "", 3);
    assert_told(&run, "failed", &["answered 500", "server_error: try later"]);
}

#[test]
fn too_many_requests_for_ever_end_with_the_time_of_the_run() {
    let started = Instant::now();
    for reply in [refusal(429, "rate_limited", "no"), refusal(429, "rate_limited", "no").with("Retry-After", "3600")] {
        let server = broken(move || reply.clone());
        let run = ended(command(&Folder::new(), &server, "").args(["--timeout", "3s"]), 3);
        assert_told(&run.json(), "failed", &["has had too many requests"]);
        assert!(server.count("/applications/app-20417/vulnerabilities") < 6);
    }
    assert!(started.elapsed() < Duration::from_secs(12));
}

#[test]
fn a_redirect_is_not_followed_and_the_trap_sees_nothing() {
    let trap = Vendor::default().start();
    for path in ["/oauth/token", "/applications", "/applications/app-20417/vulnerabilities"] {
        for status in [301, 302, 307, 308] {
            let target = format!("{}{path}", trap.url);
            let server = Vendor::default().start_with(move |request, _| {
                (request.path == path).then(|| Reply::json(status, &json!({})).with("Location", &target))
            });
            assert_told(&gate(&server, "", 3), "failed", &["where no credential is sent"]);
        }
    }
    assert!(trap.requests().is_empty());
}

#[test]
fn a_credential_that_the_server_echoes_is_masked_in_every_output() {
    let echo = format!("bad secret {SECRET} or token {TOKEN}");
    let said = echo.clone();
    let server = Vendor::default()
        .start_with(move |request, _| (request.path == "/applications").then(|| refusal(403, "forbidden", &said)));
    let run = gate(&server, "", 3);
    assert_told(&run, "failed", &["****"]);
    let mut row = vulnerability(1, "high", "open");
    row["title"] = json!(echo);
    row["url"] = json!(format!("https://appsec.acme.example/?t={TOKEN}"));
    row["status"] = json!(SECRET);
    let mut vendor = Vendor::with(json!([row]));
    vendor.applications[0]["name"] = json!(format!("Checkout {TOKEN}"));
    vendor.scans[0]["status"] = json!(SECRET);
    let server = vendor.start();
    for format in ["human", "json", "sarif", "sarif-audit"] {
        let folder = Folder::new();
        let run = ended(command(&folder, &server, "").args(["--format", format]), 1);
        assert!(run.stdout.contains("****"), "{format}: {}", run.stdout);
    }
}

#[test]
fn two_runs_give_the_same_bytes_whatever_the_order_of_rows() {
    let mut rows = vulnerabilities(30).as_array().unwrap().clone();
    let first = Vendor::with(json!(rows)).start();
    rows.reverse();
    let second = Vendor::with(json!(rows)).start();
    for format in ["human", "json", "sarif"] {
        let bytes = |server| ended(command(&Folder::new(), server, "").args(["--format", format]), 1).stdout;
        assert_eq!(bytes(&first), bytes(&first), "{format}");
        assert_eq!(bytes(&first), bytes(&second), "{format}");
    }
}

#[test]
fn the_example_policy_is_valid() {
    let example = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/vendors/appsecplus.yml");
    let folder = Folder::new().with("policy.yml", std::fs::read(example).unwrap());
    folder.run(["policy", "check", "policy.yml"]).ends_with(0);
    folder
        .run(["policy", "show", "policy.yml", "--branch", "main"])
        .ends_with(0)
        .says("vulnerabilities and scans of the application");
}

#[test]
fn pages_that_are_told_in_another_way_than_by_a_cursor_are_not_all() {
    let row = || json!([vulnerability(1, "low", "resolved")]);
    for (body, why) in [
        (json!({"results": row(), "count": 3, "next": "https://a.example/v?page=2"}), "there is another page"),
        (json!({"results": row(), "count": 3}), "the server counts 3 and gave 1"),
        (json!({"items": row(), "page": 1, "totalPages": 5}), "there is another page"),
        (json!({"items": row(), "total": 1, "meta": {"total": 3}}), "the server counts 3 and gave 1"),
        (json!({"items": row(), "hasMore": false, "meta": {"hasMore": true}}), "there is more"),
    ] {
        let server = paged(move |_| body.clone());
        assert_told(&gate(&server, "", 3), "partial", &[why]);
    }
    let server = paged(|_| json!({"items": [], "error": {"code": "server_error"}}));
    assert_told(&gate(&server, "", 3), "failed", &["a list and an error at the same time"]);
}

#[test]
fn a_list_below_the_application_that_holds_only_those_of_others_is_not_its_own() {
    let server = paged(|_| {
        let mut row = vulnerability(1, "critical", "open");
        row["applicationId"] = json!("app-20418");
        json!([row])
    });
    assert_told(&gate(&server, "", 3), "partial", &["nothing shows that it is the list of this application"]);
}

#[test]
fn a_scan_that_is_told_twice_has_not_ended_well_if_one_of_them_says_so() {
    let done = scan("scan-880", "sast", "completed", Some("2025-11-20T12:04:10Z"));
    let mut failed = done.clone();
    failed["status"] = json!("failed");
    for scans in [json!([done, failed]), json!([failed, done]), json!([done, done])] {
        let good = scans[0] == scans[1];
        let run = gate(&Vendor { scans, ..Vendor::default() }.start(), "", if good { 0 } else { 3 });
        assert_told(&run, if good { "complete" } else { "partial" }, if good { &[] } else { &["failed"] });
    }
}

#[test]
fn a_list_as_long_as_pages_may_be_is_asked_for_once_more() {
    for count in [30, 64, 150, 1500] {
        let paging = Paging::Silent(usize::try_from(count).unwrap());
        let server = Vendor { paging, ..Vendor::with(vulnerabilities(count + 1)) }.start();
        assert_told(&gate(&server, "", 1), "partial", &["without telling how to get the rest"]);
    }
}
