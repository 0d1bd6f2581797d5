//! Tokens: renewed, refused, of another organization.

use std::time::Duration;

use serde_json::json;

use crate::common::server::Reply;
use crate::mock::{
    EMAIL, KEY, LIBRARIES, Mend, ORG, SCA, SCANS, SUMMARIES, Shape, VIOLATIONS, judge, path, policy, refused, source,
    tells,
};

#[test]
fn a_token_that_ends_is_renewed_whoever_says_so() {
    for status in [401, 403] {
        let mut mend = Mend::new();
        mend.ends = Some((2, status));
        let server = mend.start();
        let source = source(&server, "page_size: 1, concurrency: 1", 1);
        assert_eq!((&source["state"], &source["read"]), (&json!("complete"), &json!(5)), "{status}");
        assert_eq!(server.count(&path("login")), 1, "the refresh token suffices");
        assert!(server.count(&path("login/accessToken")) > 2, "{status}");
    }
}

#[test]
fn a_token_is_renewed_before_it_ends_whatever_tells_when_that_is() {
    for (life, ttl, tokens) in [
        (600, json!(null), 1),
        (1800, json!(1), 1),
        (1, json!(1800), 2),
        // Its own claim is of no use: then the answer's, in seconds or milliseconds.
        (-1, json!("1"), 2),
        (-1, json!(600_000), 1),
        (-1, json!(null), 1),
    ] {
        let mut mend = Mend::new().on(SCANS, |_, _| {
            std::thread::sleep(Duration::from_millis(1100));
            None
        });
        (mend.life, mend.ttl) = (life, ttl.clone());
        let server = mend.start();
        assert_eq!(source(&server, "", 1)["state"], "complete");
        assert_eq!(server.count(&path("login/accessToken")), tokens, "{life} {ttl}");
    }
}

#[test]
fn a_refused_refresh_token_leads_to_a_new_login() {
    let mut mend = Mend::new().on("login/accessToken", |_, n| (n == 1).then(|| refused(403)));
    mend.ends = Some((2, 401));
    let server = mend.start();
    assert_eq!(source(&server, "concurrency: 1", 1)["state"], "complete");
    assert_eq!(server.count(&path("login")), 2);
}

#[test]
fn what_stays_refused_with_a_new_token_is_a_missing_permission() {
    for (list, what, more) in [
        (SCA, "SCA findings", ""),
        (SCANS, "scans", ""),
        (SUMMARIES, "project summaries", ""),
        (VIOLATIONS, "policy violations", "engines: [sca, license]"),
    ] {
        for status in [401, 403] {
            let reply = Reply::json(status, &json!({"supportToken": "9af0", "message": "denied"}));
            let server = Mend::clean().with(LIBRARIES, Shape::Nested, vec![]).always(list, reply).start();
            let source = source(&server, more, 3);
            assert_eq!(source["state"], "failed", "{list}");
            let reason = source["reason"].as_str().unwrap();
            for part in
                [what, &status.to_string(), "denied, support token 9af0", "may not read", "Organization Auditor"]
            {
                assert!(reason.contains(part), "{list}: {reason}");
            }
            assert_eq!(server.count(&path(list)), 2, "once more with a new token, and no more");
            assert_eq!(server.count(&path("logout")), 1);
        }
    }
}

#[test]
fn the_message_of_a_refusal_is_found_wherever_it_stands_and_no_page_is_repeated() {
    for (body, want) in [
        (
            json!({"additionalData": {"message": "Something went wrong", "success": false}, "response": null, "supportToken": "4c"}),
            "(Something went wrong, support token 4c)",
        ),
        (
            json!({"additionalData": {"error": "failed loading"}, "response": [], "supportToken": "65"}),
            "(failed loading, support token 65)",
        ),
        (json!({"errorMessage": "no such"}), "(no such)"),
        (json!({"response": {"message": "inner"}}), "(inner)"),
        (json!("Unauthorized"), "(Unauthorized)"),
        (json!({"supportToken": "1"}), "(support token 1)"),
    ] {
        let server = Mend::clean().always(SCA, Reply::json(404, &body)).start();
        let source = source(&server, "", 3);
        assert!(source["reason"].as_str().unwrap().contains(want), "{source:#}");
    }
    let server = Mend::clean().always(SCA, Reply::text(404, "text/html", "<html><script>x</script></html>")).start();
    let reason = source(&server, "", 3)["reason"].to_string();
    assert!(reason.contains("a page for people") && !reason.contains("script"), "{reason}");
}

#[test]
fn a_wrong_key_is_told_apart_from_everything_else_and_never_printed() {
    for status in [400, 401, 403] {
        let server = Mend::new().always("login", refused(status)).start();
        let run = judge(&policy(&server, ""), &["--verbose"]).ends_with(3);
        assert!(run.stderr.contains("cannot log in to Mend"), "{}", run.stderr);
        assert!(run.stderr.contains("are MEND_EMAIL and MEND_USER_KEY right"), "{}", run.stderr);
        for secret in [KEY, EMAIL] {
            assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{}{}", run.stdout, run.stderr);
        }
        assert_eq!(server.count(&path("login")), 1, "a wrong key is not tried again");
    }
    let server = Mend::new().always("login", Reply::ok(&json!({"response": {"userUuid": "u"}}))).start();
    judge(&policy(&server, ""), &[]).ends_with(3).complains("no refresh token");
    let server = Mend::new().always("login/accessToken", refused(403)).start();
    judge(&policy(&server, ""), &[]).ends_with(3).complains("does the user belong to the organization");
    let server = Mend::new().always("login/accessToken", Reply::ok(&json!({"response": {"orgUuid": ORG}}))).start();
    judge(&policy(&server, ""), &[]).ends_with(3).complains("there is no token in it");
}

#[test]
fn a_key_of_another_organization_is_refused_and_its_projects_are_not_read() {
    let mut mend = Mend::clean();
    mend.org = "99999999-6a3e-4b55-9d1e-0c4b7f2e9a11".to_owned();
    let server = mend.start();
    let source = source(&server, "", 3);
    let reason = source["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("the key belongs to organization 99999999-6a3e-4b55-9d1e-0c4b7f2e9a11 (Acme)"),
        "{reason}"
    );
    assert!(reason.contains(ORG), "{reason}");
    assert!(server.requests().iter().all(|request| !request.path.contains("/orgs/")), "nothing of it was read");
    assert_eq!(server.count(&path("logout")), 1, "and the token is given back");
    assert!(server.requests().iter().any(|r| r.path == path("login/accessToken") && r.query("orgUuid") == Some(ORG)));
}

#[test]
fn without_an_organization_that_of_the_key_is_read_and_told() {
    let server = Mend::clean().start();
    let policy = policy(&server, "").replace(&format!("org: {ORG}, "), "");
    let run = judge(&policy, &["--format", "json"]).ends_with(0).json();
    tells(&run["sources"][0]["notes"], &format!("the organization is the key's own, {ORG} (Acme)"));
    let login = server.requests().into_iter().find(|r| r.path == path("login/accessToken")).unwrap();
    assert_eq!(login.query("orgUuid"), None);
}

#[test]
fn a_new_token_of_another_organization_ends_the_reading() {
    // The key's own organization changes while its lists are read; there the project has no findings.
    let count = std::sync::atomic::AtomicUsize::new(0);
    let mut mend = Mend::clean().with(SCA, Shape::Nested, vec![]);
    mend.ends = Some((2, 401));
    let server = mend
        .on("login/accessToken", move |_, _| {
            let first = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
            (!first).then(|| {
                Reply::ok(
                    &json!({"response": {"jwtToken": "a.b.c", "orgUuid": "99999999-6a3e-4b55-9d1e-0c4b7f2e9a11"}}),
                )
            })
        })
        .start();
    let policy = policy(&server, "engines: sca").replace(&format!("org: {ORG}, "), "");
    judge(&policy, &[]).ends_with(3).complains("of another organization (99999999-6a3e-4b55-9d1e-0c4b7f2e9a11)");
}
