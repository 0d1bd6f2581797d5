//! The token: how it is asked for, its life, and what is said where it is refused.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::common::Folder;
use crate::common::server::{Reply, Request, Server};
use crate::gate::{assert_told, command, ended, gate, read};
use crate::vendor::{Paging, TOKEN, Told, Vendor, refusal, vulnerabilities};

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
        (request.path == "/login/t").then(|| vendor.answer(&Request { path: "/oauth/token".into(), ..request.clone() }))
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
