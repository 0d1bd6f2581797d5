//! The exchange of the token, its life, and what is said where it is refused.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::common::server::Reply;
use crate::mock::{Mock, PROJECT, many, of_project, refusal};

#[test]
fn the_token_is_exchanged_exactly_as_it_must_be_and_used_for_the_api_alone() {
    let vendor = Mock::new().start();
    vendor.judge(&of_project(""), &[], 0);
    assert_eq!((vendor.exchanges(), vendor.api.count("/client-apps")), (1, 1));
    assert!(vendor.auth.requests().iter().all(|request| request.header("authorization").is_none()));
    let form = vendor.auth.requests()[0].form();
    let names: Vec<&str> = form.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["grant_type", "client_id", "subject_token", "subject_token_type", "resource"]);
    assert_eq!(form[4].1, vendor.api.url, "without a slash at its end");
    let open =
        vendor.api.requests().into_iter().filter(|request| request.bearer().is_none()).map(|request| request.path);
    assert_eq!(open.collect::<Vec<_>>(), ["/client-apps"]);
}

#[test]
fn the_audience_that_the_api_names_goes_before_its_address() {
    let mut mock = Mock::new();
    mock.resource = Some("https://audience.acme.example");
    mock.start().judge(&of_project(""), &[], 0);
}

#[test]
fn a_token_that_ends_between_pages_is_renewed_and_nothing_is_lost() {
    let mut mock = Mock::new().with("sast", many(60));
    mock.clamp = 10;
    mock.requests_per_token = 5;
    let vendor = mock.start();
    assert_eq!(vendor.judge(&of_project(""), &[], 1).source().whole().read(), 60);
    assert!((3..=5).contains(&vendor.exchanges()), "{}", vendor.exchanges());
}

#[test]
fn a_token_is_renewed_before_the_time_that_it_says_itself() {
    // The answer promises an hour, the token a second.
    for (lifetime, exchanges) in [((3600, 600), 1), ((3600, 1), 2)] {
        let mut mock = Mock::new().with("sast", many(40));
        mock.clamp = 10;
        mock.lifetime = lifetime;
        let inner = mock.clone();
        let mock = mock.at("/project/{id}/results/sast", move |request| {
            Reply::Slow(Duration::from_millis(80), Box::new(inner.page(request, "sast")))
        });
        let vendor = mock.start();
        vendor.judge(&of_project(", types: sast, concurrency: 1"), &[], 1).source().whole();
        assert!(
            vendor.exchanges() >= exchanges && (exchanges > 1 || vendor.exchanges() == 1),
            "{}",
            vendor.exchanges()
        );
    }
}

#[test]
fn a_token_that_is_always_refused_is_fetched_anew_once_and_then_it_is_said_what_to_do() {
    let mut mock = Mock::new();
    mock.requests_per_token = 0;
    let vendor = mock.start();
    let source = vendor.judge(&of_project(""), &[], 3).source().is("failed", "answered 401 (Unauthorized)");
    assert!(source.reasons().contains("region"), "{}", source.reasons());
    assert_eq!((vendor.exchanges(), vendor.api.count(&format!("/project/{PROJECT}"))), (2, 2));
}

#[test]
fn every_refusal_of_the_exchange_says_what_is_wrong() {
    let logto = |name: &str, description: &str| {
        Reply::json(
            400,
            &json!({"code": format!("oidc.{name}"), "message": "Said.", "error": name, "error_description": description}),
        )
    };
    for (reply, want) in [
        (
            logto("invalid_grant", "grant request is invalid"),
            "it was revoked, has expired, or was issued for another region",
        ),
        (logto("invalid_target", "unknown resource"), "does not give tokens for this API"),
        (logto("invalid_client", "invalid client x"), "does not know the client"),
        (
            logto("invalid_request", "requested grant type is not allowed for this client"),
            "administrator has to allow it",
        ),
        (Reply::json(400, &json!({"error": "token_exchange_not_allowed"})), "administrator has to allow it"),
        (refusal(401, "Unauthorized"), "it was revoked, has expired"),
        (refusal(403, "Forbidden"), "it was revoked, has expired"),
        (Reply::text(200, "text/html", "<html>sign in</html>"), "page for people"),
        (Reply::ok(&json!({"token_type": "Bearer"})), "it holds no access_token"),
        (Reply::ok(&json!([])), "it holds no access_token"),
        (Reply::text(200, "application/json", "{\"access_token\": "), "is not JSON"),
    ] {
        let shown = format!("{reply:?}");
        let vendor = Mock::new().at("/oidc/token", move |_| reply.clone()).start();
        let source = vendor.judge(&of_project(""), &["--timeout", "5s"], 3).source().is("failed", want);
        assert!(source.reasons().contains("exchange the personal access token (CYBEDEFEND_PAT)"), "{shown}");
        assert_eq!(vendor.api.requests().len(), 1, "nothing is asked without a token: {shown}");
    }
}

#[test]
fn a_server_of_ones_own_that_does_not_tell_its_client_gets_no_token() {
    for (reply, want) in [
        (refusal(404, "Not Found"), "answered 404 (Not Found)"),
        (Reply::ok(&json!({"vscode": {"appId": "x"}})), "it names no client `cli`"),
        (Reply::text(200, "text/html", "<html></html>"), "page for people"),
    ] {
        let vendor = Mock::new().at("/client-apps", move |_| reply.clone()).start();
        vendor.judge(&of_project(""), &["--timeout", "5s"], 3).source().is("failed", want);
        assert_eq!(vendor.exchanges(), 0);
    }
}

#[test]
fn a_discovery_and_an_exchange_that_fail_once_are_repeated() {
    let count = AtomicUsize::new(0);
    let vendor = Mock::new()
        .before(move |request| {
            let is_login = ["/client-apps", "/oidc/token"].contains(&request.path.as_str());
            (is_login && count.fetch_add(1, Ordering::SeqCst).is_multiple_of(2)).then(|| refusal(503, "busy"))
        })
        .start();
    vendor.judge(&of_project(""), &[], 0).source().whole();
    assert_eq!((vendor.exchanges(), vendor.api.count("/client-apps")), (2, 2));
}
