//! Trouble on the way, redirects, and credentials that a server echoes.

use std::time::Duration;

use serde_json::json;

use crate::common::server::{Reply, Server};
use crate::mock::{
    EMAIL, IMAGES, KEY, LIBRARIES, Mend, SAST, SAST_SCAN, SCA, SCANS, SECRETS, SUMMARIES, Shape, VIOLATIONS, judge,
    policy, refused, rows, sast_of, source, tells, with_images,
};

#[test]
fn credentials_that_a_server_echoes_are_masked_in_every_output() {
    let echo = format!("bad {KEY} of {EMAIL}");
    let mut row = rows("sca").remove(0);
    row["vulnerability"]["description"] = json!(format!("Found {KEY} here"));
    row["findingInfo"]["comment"] = json!({"comment": EMAIL});
    row["findingInfo"]["findingStatus"] = json!("SUPPRESSED");
    let reply = Reply::json(404, &json!({"message": echo}));
    let server = Mend::clean()
        .with(SCA, Shape::Nested, vec![row])
        .with(LIBRARIES, Shape::Nested, vec![])
        .always(VIOLATIONS, reply)
        .start();
    let policy = policy(&server, "engines: [sca, license]");
    for format in ["human", "json", "sarif", "sarif-audit"] {
        let run = judge(&policy, &["--format", format, "--verbose"]).ends_with(3);
        for text in [&run.stdout, &run.stderr] {
            assert!(!text.contains(KEY) && !text.contains(EMAIL), "{format}: {text}");
            for token in ["rt-2f7c0b6b4e1d9988", ".c2lnbmF0dXJl"] {
                assert!(!text.contains(token), "{format}: {text}");
            }
        }
        if format == "json" {
            assert!(
                run.stdout.contains("Found **** here") && run.stdout.contains("bad **** of ****"),
                "{}",
                run.stdout
            );
        }
    }
}

#[test]
fn a_credential_at_the_end_of_what_is_repeated_is_not_shown_by_half() {
    for before in [140, 145, 190, 195] {
        let said = format!("{}{KEY}{}", "x".repeat(before), "y".repeat(100));
        for reply in [Reply::text(404, "text/plain", said.clone()), Reply::json(404, &json!({"message": said}))] {
            let server = Mend::clean().always(SCA, reply).start();
            let run = judge(&policy(&server, "engines: sca"), &["--verbose"]).ends_with(3);
            assert!(!run.stdout.contains("xuk") && !run.stderr.contains("xuk"), "{}{}", run.stdout, run.stderr);
        }
    }
}

#[test]
fn a_redirect_is_not_followed_and_no_token_leaves() {
    let trap = Server::start(|_| Reply::ok(&json!({"response": []})));
    for list in ["login", "login/accessToken", SUMMARIES, SCA] {
        let to = format!("{}/x", trap.url);
        let server = Mend::clean().always(list, Reply::text(302, "text/html", "").with("Location", &to)).start();
        tells(&source(&server, "", 3)["reasons"], "where no credential is sent");
    }
    assert!(trap.requests().is_empty());
}

#[test]
fn a_page_for_people_is_no_answer() {
    for list in ["login", SUMMARIES, SCA] {
        let server = Mend::clean().always(list, Reply::text(200, "text/html", "<!doctype html><p>Sign in</p>")).start();
        tells(&source(&server, "", 3)["reasons"], "a page for people");
    }
}

#[test]
fn passing_trouble_is_waited_out_and_lasting_trouble_is_undecided() {
    let server = Mend::new().on(SCA, |_, n| (n < 2).then(|| refused(500))).start();
    assert_eq!(source(&server, "", 1)["state"], "complete");
    let server = Mend::new()
        .on(SCA, |_, n| (n < 3).then(|| refused(429).with("Retry-After", "0")))
        .on("login", |_, n| (n < 1).then(|| refused(503).with("Retry-After", "0")))
        .on(&sast_of(SAST_SCAN), |_, n| (n < 1).then_some(Reply::Cut(200, br#"{"response": [], "x": 1}"#.to_vec(), 9)))
        .on(SCANS, |_, n| (n < 1).then_some(Reply::Hangup))
        .start();
    assert_eq!(source(&server, "", 1)["state"], "complete");
    let server = Mend::clean().always(SCA, refused(500)).start();
    judge(&policy(&server, ""), &["--timeout", "3s"]).ends_with(3).complains("SCA findings");
    let server = Mend::clean().always(SCA, refused(429).with("Retry-After", "3600")).start();
    judge(&policy(&server, ""), &["--timeout", "5s"]).ends_with(3).complains("too many requests");
    let server = Mend::clean().always(SCA, Reply::Cut(200, br#"{"response": []}"#.to_vec(), 5)).start();
    judge(&policy(&server, ""), &["--timeout", "3s"]).ends_with(3);
}

#[test]
fn no_more_requests_are_under_way_than_allowed() {
    let slow = |mend: Mend| {
        [SCA, VIOLATIONS, LIBRARIES, IMAGES, SECRETS, SAST].iter().fold(mend, |mend, list| {
            mend.on(list, |_, _| {
                std::thread::sleep(Duration::from_millis(100));
                None
            })
        })
    };
    let full = || {
        slow(with_images(Mend::clean()).without(&sast_of(SAST_SCAN)))
            .with(SAST, Shape::Code, vec![])
            .with(VIOLATIONS, Shape::Flat, vec![])
            .with(LIBRARIES, Shape::Nested, vec![])
    };
    for (concurrency, most) in [(1, 1), (2, 2), (4, 4)] {
        let server = full().start();
        let source = source(
            &server,
            &format!("concurrency: {concurrency}, engines: [sca, sast, container, secret, license]"),
            0,
        );
        assert_eq!(source["state"], "complete", "{source:#}");
        assert!(server.most_at_once() <= most, "{} at once", server.most_at_once());
        if most > 1 {
            assert!(server.most_at_once() > 1, "lists are read at the same time");
        }
    }
}
