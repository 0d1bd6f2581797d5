//! CybeDefend, end to end: the binary against a server that is as strict as the real one is known to be.

mod common;
#[path = "cybedefend/mock.rs"]
mod mock;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::server::{Reply, Server};
use common::{Folder, finish};
use mock::{
    Mock, ORGANIZATION, OTHER, PAT, PROJECT, SCAN, TYPES, code, image, many, of_project, on, package, policy, refusal,
};
use serde_json::{Value, json};

fn results(list: &str) -> String {
    format!("/project/{PROJECT}/results/{list}")
}

// What is read.

#[test]
fn all_six_types_are_read_with_their_facts_and_links() {
    let vendor = Mock::new()
        .with("sast", vec![code(1, "critical", "to_verify")])
        .with("sca", vec![package(1, json!("medium"))])
        .with("iac", vec![code(2, "high", "confirmed")])
        .with("secret", vec![code(3, "high", "to_verify")])
        .with("cicd", vec![code(4, "low", "to_verify")])
        .with("container", vec![image(1)])
        .start();
    let folder = Folder::new().with("policy.yml", of_project(""));
    let mut command = folder.command();
    command.args(["check", "--policy", "policy.yml", "--format", "json", "--as-of", "2026-11-21"]);
    command
        .env("CYBEDEFEND_PAT", PAT)
        .env("CYBEDEFEND_URL", &vendor.api.url)
        .env("CYBEDEFEND_AUTH_URL", &vendor.auth.url);
    command.env("CYBEDEFEND_APP_URL", "https://app.acme.example/");
    let run = finish(&mut command).ends_with(1);
    let source = run.source().whole();
    assert_eq!((source.read(), source.0["projects"].clone()), (6, json!(["payments-api"])));
    let findings = run.findings();
    let kinds: BTreeSet<&str> = findings.iter().map(|finding| finding["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, TYPES.into_iter().collect());
    let of = |kind: &str| findings.iter().find(|finding| finding["kind"] == kind).unwrap().clone();
    assert_eq!(of("sast")["severity"], "critical");
    assert_eq!(of("sast")["location"]["path"], "src/a1.py");
    assert_eq!(of("sca")["package"]["purl"], "pkg:npm/cookie@0.3.1");
    assert_eq!(of("sca")["ids"], json!(["CVE-2024-47764", "GHSA-pxg6-pf52-xh8x"]));
    assert_eq!(of("container")["location"]["path"], "acme/payments");
    let text = run.stdout.clone();
    for (kind, id) in
        [("sast", "5dc18003-c915-430d-bbeb-000000000001"), ("container", "4c7e0a7d-8f0a-4f1b-9d0e-000000000001")]
    {
        assert!(text.contains(&format!("https://app.acme.example/project/{PROJECT}/{kind}/issue/{id}")), "{kind}");
    }
    let [scan] = source.0["scans"].as_array().unwrap().as_slice() else {
        panic!("one scan: {source:#}", source = source.0)
    };
    assert_eq!((&scan["engine"], &scan["findings"]), (&json!("CybeDefend"), &json!(6)));
}

#[test]
fn a_project_without_findings_passes_and_its_scan_is_told() {
    let run = Mock::new().start().judge(&of_project(""), &[], 0);
    let source = run.source().whole();
    let scan = &source.0["scans"][0];
    assert_eq!(scan["origin"], SCAN);
    assert_eq!(scan["state"], "finished");
    assert!(scan["finished"].as_str().unwrap().starts_with("2026-11-20T06:11:58"), "{scan}");
    assert_eq!((&scan["branch"], &scan["commit"]), (&Value::Null, &Value::Null));
    assert_eq!(source.0["pages"], 6);
}

#[test]
fn every_status_is_asked_for_and_what_is_settled_does_not_count() {
    let statuses = [
        "to_verify",
        "confirmed",
        "proposed_not_exploitable",
        "resolved",
        "ignored",
        "not_exploitable",
        "fixed",
        "accepted_risk",
    ];
    let rows = (1..).zip(statuses).map(|(number, status)| code(number, "high", status)).collect();
    let vendor = Mock::new().with("sast", rows).start();
    let run = vendor.judge(&of_project(""), &[], 1);
    assert_eq!(run.source().whole().read(), 8);
    let excused = run.findings().iter().filter(|finding| finding["disposition"] == "excused").count();
    assert_eq!(excused, 5);
    let documented: BTreeSet<&str> = ["page", "limit", "pageNumber", "pageSizeNumber", "sort", "order"].into();
    for list in TYPES {
        for request in vendor.of_list(list) {
            let names: BTreeSet<&str> = request.query.iter().map(|(name, _)| name.as_str()).collect();
            assert!(
                names.is_subset(&documented),
                "{list} is filtered or asked in a way that nobody documents: {names:?}"
            );
            assert_eq!(names.contains("sort"), list != "container", "{list}");
            assert_eq!((request.query("limit"), request.query("pageSizeNumber")), (Some("100"), Some("100")));
        }
    }
}

#[test]
fn words_that_nobody_knows_count_as_open_and_as_unrated() {
    let rows = vec![code(1, "high", "in_progress"), code(2, "catastrophic", "to_verify")];
    let run = Mock::new().with("iac", rows).start().judge(&of_project(""), &[], 1);
    let source = run.source().whole().notes_that("the status `in_progress`").notes_that("the severity `catastrophic`");
    assert_eq!(source.0["open"], 2);
    assert!(
        run.findings()
            .iter()
            .any(|finding| finding["severity"] == "unknown" && finding["counted_severity"] == "critical"),
        "{}",
        run.stdout
    );
}

#[test]
fn unrated_findings_are_read_and_count_as_the_policy_says() {
    let vendor = Mock::new().with("sca", vec![package(1, Value::Null)]).start();
    let with = |rest: &str| of_project("").replace("{all: any}", &format!("{{all: critical}}{rest}"));
    vendor.judge(&with(""), &[], 1);
    vendor.judge(&with("\nunknown_severity: low"), &[], 0);
}

#[test]
fn a_list_that_is_wrapped_in_a_list_is_read_and_one_of_several_is_not() {
    let wrapped = |copies: usize| {
        let mock = Mock::new().with("sast", vec![code(1, "high", "to_verify")]);
        let inner = mock.clone();
        mock.at("/project/{id}/results/sast", move |request| match inner.page(request, "sast") {
            Reply::Answer(status, headers, body) => {
                let body = String::from_utf8(body).unwrap();
                Reply::Answer(status, headers, format!("[{}]", vec![body; copies].join(",")).into_bytes())
            }
            other => other,
        })
    };
    assert_eq!(wrapped(1).start().judge(&of_project(""), &[], 1).source().whole().read(), 1);
    wrapped(2).start().judge(&of_project(""), &[], 3).source().is("failed", "not of one page");
}

#[test]
fn only_the_named_types_are_read() {
    let vendor = Mock::new().with("iac", many(1)).start();
    let run = vendor.judge(&of_project(", types: [sast, secret]"), &[], 0);
    assert_eq!(run.source().whole().0["pages"], 2);
    for list in TYPES {
        assert_eq!(!vendor.of_list(list).is_empty(), ["sast", "secret"].contains(&list), "{list}");
    }
}

// Logging in.

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

// Which project.

#[test]
fn a_project_is_found_by_its_name_in_the_profile() {
    let vendor = Mock::new().start();
    vendor.judge(&policy("project: payments-api"), &[], 0).source().whole();
    vendor.judge(&policy("project: other"), &["--project", "payments-api"], 0);
    vendor.judge(&policy("project: other"), &["--project", PROJECT], 0);
    assert_eq!(vendor.api.count("/organizations"), 0);
}

#[test]
fn the_environment_names_the_project_where_the_policy_does_not() {
    let vendor = Mock::new().start();
    for (section, id, status) in [("", PROJECT, 0), ("", OTHER, 3), ("project: payments-api", OTHER, 0)] {
        let folder = Folder::new().with("policy.yml", policy(section));
        let mut command = folder.command();
        command.args(["check", "--policy", "policy.yml"]).env("CYBEDEFEND_PAT", PAT).env("CYBEDEFEND_PROJECT_ID", id);
        command.env("CYBEDEFEND_URL", &vendor.api.url).env("CYBEDEFEND_AUTH_URL", &vendor.auth.url);
        finish(&mut command).ends_with(status);
    }
}

/// A server whose profile lists no project, with these in an organization.
fn walked(projects: Vec<Value>, wrapped: bool) -> Mock {
    let mut mock = Mock::new();
    mock.profile = json!({"id": "u", "myOrganizations": []});
    let organizations = json!([{"id": ORGANIZATION, "name": "Acme"}]);
    mock.before(move |request| {
        // What asks without a token is for the strict part to refuse.
        request.bearer()?;
        if request.path == "/organizations" {
            return Some(Reply::ok(&if wrapped {
                json!({"organizations": organizations})
            } else {
                organizations.clone()
            }));
        }
        if request.path != format!("/organization/{ORGANIZATION}/projects") {
            return None;
        }
        let size: usize = request.query("pageSize").unwrap().parse().unwrap();
        if size > 10 {
            return Some(refusal(400, "pageSize must not be greater than 10"));
        }
        let page: usize = request.query("page").unwrap().parse().unwrap();
        let search = request.query("search").unwrap();
        let found: Vec<&Value> =
            projects.iter().filter(|project| project["name"].as_str().unwrap().contains(search)).collect();
        let shown: Vec<&Value> = found.iter().copied().skip((page - 1) * size).take(size).collect();
        Some(Reply::ok(
            &json!({"projects": shown, "totalProjects": found.len(), "totalPages": found.len().div_ceil(size)}),
        ))
    })
}

#[test]
fn a_project_is_found_in_an_organization_where_the_profile_lists_none() {
    for wrapped in [false, true] {
        let mut projects: Vec<Value> =
            (0..14).map(|n| json!({"projectId": format!("770e8400-e29b-41d4-a716-{n:012}"), "name": format!("payments-api-{n}")})).collect();
        projects.push(json!({"projectId": PROJECT, "name": "payments-api"}));
        let vendor = walked(projects, wrapped).start();
        vendor.judge(&policy("project: payments-api"), &[], 0).source().whole();
        assert_eq!(vendor.api.count(&format!("/organization/{ORGANIZATION}/projects")), 2);
    }
}

#[test]
fn a_name_of_several_projects_or_of_none_is_not_guessed() {
    let same = |id: &str| json!({"projectId": id, "name": "payments-api"});
    let source = walked(vec![same(PROJECT), same(OTHER)], false)
        .start()
        .judge(&policy("project: payments-api"), &[], 3)
        .source();
    let reasons = source.is("failed", "2 projects are called payments-api").reasons();
    assert!(reasons.contains(PROJECT) && reasons.contains(OTHER) && reasons.contains("Acme"), "{reasons}");

    let vendor = walked(vec![same(PROJECT)], true).start();
    let reasons = vendor
        .judge(&policy("project: payments"), &[], 3)
        .source()
        .is("failed", "no project is called payments")
        .reasons();
    assert!(reasons.contains("payments-api"), "what there is: {reasons}");
    assert_eq!(vendor.api.count(&results("sast")), 0);
}

#[test]
fn the_project_that_is_called_like_the_repository_is_read_where_nothing_is_named() {
    let vendor = Mock::new().start();
    let source = vendor.judge(&policy(""), &["--repo", "github.com/acme/payments-api"], 0).source();
    source.whole().notes_that("no project is named, so payments-api was read");
    vendor
        .judge(&policy(""), &["--repo", "github.com/acme/unknown"], 3)
        .source()
        .is("failed", "no project is called unknown");
    let folder = Folder::new().with("policy.yml", policy(""));
    let run = vendor.judge_in(folder, &[], 3);
    run.source().is("failed", "nothing says which project is to be read; name the project: --project");
}

#[test]
fn one_project_that_may_not_be_read_keeps_nobody_from_reading_the_other() {
    let vendor = Mock::new().with("sast", many(1)).start();
    let run = vendor.judge(&policy(&format!("projects: [{OTHER}, payments-api, {PROJECT}]")), &[], 1);
    let source = run.source().is("failed", "answered 403 (Forbidden); the user of CYBEDEFEND_PAT may not read this");
    assert_eq!(source.read(), 1, "the same project is read once");
}

#[test]
fn a_project_that_the_server_does_not_let_in_or_does_not_know_is_told_apart() {
    for (status, want) in [
        (400, "is it a version of its own?"),
        (403, "may not read this"),
        (404, "it does not exist here"),
        (410, "takes the credential for an API key"),
    ] {
        let vendor = Mock::new().at("/project/{id}", move |_| refusal(status, "Said so")).start();
        let source = vendor.judge(&of_project(""), &[], 3).source().is("failed", want);
        assert!(source.reasons().contains(&format!("answered {status} (Said so)")), "{}", source.reasons());
    }
    let other = Mock::new().at("/project/{id}", |_| Reply::ok(&json!({"projectId": OTHER, "name": "x"}))).start();
    other.judge(&of_project(""), &[], 3).source().is("failed", "it is of another project");
    let by_id = Mock::new().at("/project/{id}", |_| Reply::ok(&json!({"id": PROJECT, "name": "x"}))).start();
    by_id.judge(&of_project(""), &[], 0);
}

#[test]
fn what_a_project_keeps_out_of_its_findings_is_noted() {
    let mut mock = Mock::new();
    mock.project["sastSeverities"] = json!(["critical", "HIGH", "medium"]);
    mock.project["iacSeverities"] = json!(["critical", "high", "medium", "low"]);
    mock.project["scaTransitiveDependenciesEnabled"] = json!(false);
    mock.project["containerEnabled"] = json!(false);
    mock.project["sastEnabled"] = json!(true);
    let vendor = mock.start();
    let source = vendor
        .judge(&of_project(""), &[], 0)
        .source()
        .whole()
        .notes_that("hides SAST findings of these severities in CybeDefend: low")
        .notes_that("transitive dependencies switched off")
        .notes_that("container is switched off");
    assert!(!source.notes().contains("IaC"), "{}", source.notes());
    vendor.judge(&of_project(", types: container"), &[], 3).source().is("partial", "container is switched off");
}

#[test]
fn a_project_that_hides_what_is_critical_or_high_is_not_clean() {
    for (shown, hidden) in [
        (json!([]), "critical, high, medium, low"),
        (json!(["critical", "medium", "low"]), "high"),
        (json!(["high", "medium", "low"]), "critical"),
    ] {
        let mut mock = Mock::new();
        mock.project["scaSeverities"] = shown;
        let vendor = mock.start();
        let told = format!("hides SCA findings of these severities in CybeDefend: {hidden};");
        vendor.judge(&of_project(""), &[], 3).source().is("partial", &told);
        vendor.judge(&of_project(", types: sast"), &[], 0).source().whole();
    }
}

/// A second project that answers as the first does, but for its scan.
fn twin(name: &'static str, scan: Option<&'static str>) -> Mock {
    Mock::new().before(move |request| {
        request.bearer()?;
        let rest = request.path.strip_prefix(&format!("/project/{OTHER}"))?;
        if rest.is_empty() {
            return Some(Reply::ok(&json!({"projectId": OTHER, "name": name})));
        }
        if let (true, Some(time)) = (rest.starts_with("/scan/"), scan) {
            return Some(Reply::ok(&json!({"id": SCAN, "state": "completed", "endTime": time})));
        }
        if !rest.starts_with("/results/") {
            return None;
        }
        let mut page = json!({"projectId": OTHER, "total": 0, "totalPages": 0, "vulnerabilities": []});
        if scan.is_some() {
            page["scanProjectInfo"] = json!({"scanId": SCAN, "state": "completed"});
        }
        Some(Reply::ok(&page))
    })
}

#[test]
fn no_project_proves_anything_for_another_one() {
    let both = policy(&format!("projects: [{PROJECT}, {OTHER}], max_age: 7d"));
    twin("payments-web", Some("2026-11-20T06:11:58Z")).start().judge(&both, &[], 0).source().whole();
    // Of the other project no list names a scan.
    let source = twin("payments-web", None).start().judge(&both, &[], 3).source();
    source.is("partial", "CybeDefend names no scan of payments-web, so nothing proves what `max_age`");
    let of_branch = both.replace("max_age: 7d", "commit: branch");
    let source = twin("payments-web", None).start().judge(&of_branch, &["--branch", "main"], 3).source();
    source.is("partial", "CybeDefend names no scan of payments-web, so nothing proves what `commit`");
    // Both are called the same, and one was scanned long ago.
    let source = twin("payments-api", Some("2025-11-20T06:11:58Z")).start().judge(&both, &[], 3).source();
    source.is("stale", &format!("payments-api ({OTHER}) ended"));
}

// Lists that may not be read.

#[test]
fn a_type_that_the_plan_does_not_have_is_noted_and_undecided_only_where_it_is_named() {
    let vendor = Mock::new().at("/project/{id}/results/container", |_| refusal(403, "not in plan")).start();
    let source = vendor.judge(&of_project(""), &[], 0).source().whole();
    source.notes_that("cannot read the container findings of payments-api").notes_that("not in plan");
    vendor.judge(&of_project(", types: [sast, container]"), &[], 3).source().is("partial", "not in plan");
    vendor.judge(&of_project(", types: [sast, sca]"), &[], 0);
}

#[test]
fn no_list_at_all_is_a_failure_and_says_what_to_do() {
    let vendor =
        Mock::new().before(|request| request.path.contains("/results/").then(|| refusal(403, "Forbidden"))).start();
    let reasons = vendor
        .judge(&of_project(""), &[], 3)
        .source()
        .is("failed", "none of the lists of payments-api may be read")
        .reasons();
    assert!(reasons.contains("Read Only suffices"), "{reasons}");
}

#[test]
fn a_list_that_fails_in_any_other_way_fails_the_source_and_keeps_what_the_others_show() {
    for (reply, want) in [
        (refusal(404, "Not Found"), "answered 404"),
        (refusal(400, "bad"), "answered 400 (bad)"),
        (Reply::json(400, &json!({"message": ["a must be b", "c"], "error": "Bad Request"})), "(a must be b; c)"),
        (
            Reply::json(
                400,
                &json!({"timestamp": "x", "service": "S", "method": "m", "message": "Invalid", "code": 400}),
            ),
            "(Invalid)",
        ),
        (Reply::json(404, &json!({"error_description": "described", "error": "short"})), "(described)"),
        (Reply::json(404, &json!({"error": "short"})), "(short)"),
        (Reply::text(404, "text/html", "<html>not here</html>"), "a page for people"),
        (Reply::text(404, "text/plain", ""), "answered 404; it does not exist here"),
        (Reply::json(410, &json!({"message": "Gone"})), "create a personal access token"),
        (Reply::ok(&json!({"message": "Forbidden", "statusCode": 403})), "it holds no `vulnerabilities`"),
        (Reply::ok(&json!({"total": 3, "totalPages": 1, "vulnerabilities": null})), "it holds no `vulnerabilities`"),
        (Reply::ok(&json!({"total": 0, "totalPages": 0, "vulnerabilities": "none"})), "cannot be read"),
        (
            Reply::ok(&json!({"projectId": OTHER, "total": 0, "totalPages": 0, "vulnerabilities": []})),
            "it is of another project",
        ),
        (Reply::text(200, "application/json", "{\"total\": 1, \"vulnerabilities\": [{\"ba}"), "cannot be read"),
        (
            Reply::text(200, "application/json", "{\"total\": 1, \"total\": 0, \"vulnerabilities\": []}"),
            "duplicate field",
        ),
        (
            Reply::text(200, "application/json", b"{\"total\": 0, \"vulnerabilities\": [], \"x\": \"\xff\"}".to_vec()),
            "not UTF-8",
        ),
    ] {
        let vendor = Mock::new().with("sast", many(1)).at("/project/{id}/results/iac", move |_| reply.clone()).start();
        let run = vendor.judge(&of_project(""), &[], 1);
        let source = run.source().is("failed", want);
        assert!(source.reasons().contains("cannot read the IaC findings of payments-api"), "{}", source.reasons());
        assert_eq!(source.read(), 1);
    }
}

#[test]
fn an_empty_list_may_come_without_its_rows() {
    let reply = Reply::ok(&json!({"projectId": PROJECT, "total": 0, "totalPages": 0, "vulnerabilities": null}));
    let vendor = Mock::new().at("/project/{id}/results/iac", move |_| reply.clone()).start();
    vendor.judge(&of_project(""), &[], 0).source().whole();
}

#[test]
fn a_server_that_takes_only_the_documented_parameters_gets_only_those() {
    let mut mock = Mock::new().with("sast", many(25)).with("sca", (1..=25).map(|n| package(n, json!("low"))).collect());
    mock.clamp = 10;
    let mock = mock.before(|request| {
        let list = request.path.split("/results/").nth(1)?;
        let names: BTreeSet<&str> = request.query.iter().map(|(name, _)| name.as_str()).collect();
        let pair: BTreeSet<&str> = if ["sca", "container"].contains(&list) {
            ["page", "limit"].into()
        } else {
            ["pageNumber", "pageSizeNumber"].into()
        };
        (names != pair).then(|| refusal(400, "property page should not exist"))
    });
    let vendor = mock.start();
    assert_eq!(vendor.judge(&of_project(""), &[], 1).source().whole().read(), 50);
    assert_eq!(vendor.of_list("sast").len(), 4, "the other dialect is tried once");
}

// Pages.

#[test]
fn pages_are_walked_to_the_end_that_the_server_announces_whatever_size_it_gives() {
    for (count, clamp, pages) in [(52, 10, 6), (250, 100, 3), (101, 25, 5), (100, 100, 1)] {
        let mut mock = Mock::new().with("cicd", many(count));
        mock.clamp = clamp;
        let vendor = mock.start();
        let source = vendor.judge(&of_project(""), &[], 1).source().whole();
        assert_eq!(source.read(), count);
        assert_eq!(vendor.of_list("cicd").len(), pages, "{count} by {clamp}");
    }
}

#[test]
fn never_more_than_two_requests_are_made_at_a_time_and_one_where_the_policy_says_so() {
    for (section, most) in [("", 2), (", concurrency: 1", 1)] {
        let mut mock = Mock::new().with("sast", many(60)).with("iac", many(60));
        mock.clamp = 10;
        let inner = mock.clone();
        let mock = mock.before(move |request| {
            let list = TYPES.into_iter().find(|list| request.path == results(list))?;
            request.bearer()?;
            Some(Reply::Slow(Duration::from_millis(15), Box::new(inner.page(request, list))))
        });
        let vendor = mock.start();
        assert_eq!(vendor.judge(&of_project(section), &[], 1).source().whole().read(), 120);
        assert_eq!(vendor.api.most_at_once(), most);
    }
}

#[test]
fn the_size_of_a_page_is_what_the_policy_says() {
    let vendor = Mock::new().with("sast", many(25)).start();
    vendor.judge(&of_project(", page_size: 10, types: sast"), &[], 1).source().whole();
    assert_eq!(vendor.of_list("sast").len(), 3);
    assert!(vendor.of_list("sast").iter().all(|request| request.query("pageSizeNumber") == Some("10")));
}

/// A server whose SAST list is made by this function of the number of the page.
fn sast_pages(page: impl Fn(u64) -> Value + Send + Sync + 'static) -> Mock {
    Mock::new().at("/project/{id}/results/sast", move |request| {
        Reply::ok(&page(request.query("pageNumber").unwrap().parse().unwrap()))
    })
}

fn rows(from: u64, to: u64) -> Vec<Value> {
    (from..=to).map(|number| code(number, "low", "to_verify")).collect()
}

#[test]
fn fewer_findings_than_the_total_are_not_all() {
    for total in [json!("many"), json!(2.5), json!([])] {
        let mock = sast_pages(move |_| json!({"total": total, "totalPages": 1, "vulnerabilities": rows(1, 2)}));
        let source = mock.start().judge(&of_project("").replace("any", "critical"), &[], 3).source();
        source.is("failed", "its total is no number of rows");
    }
    // No page at all is what is told, and each has rows.
    let mock = sast_pages(|page| {
        let shown = if page < 3 { rows(2 * page - 1, 2 * page) } else { Vec::new() };
        json!({"totalPages": 0, "vulnerabilities": shown})
    });
    assert_eq!(mock.start().judge(&of_project(""), &[], 1).source().read(), 4);
    for (total, pages) in [(3, 1), (12, 1), (3, 0)] {
        let mock = sast_pages(move |_| json!({"total": total, "totalPages": pages, "vulnerabilities": rows(1, 2)}));
        let source = mock.start().judge(&of_project(""), &[], 1).source();
        source.is("partial", &format!("only 2 of the {total} SAST findings of payments-api were delivered"));
    }
}

#[test]
fn a_server_that_does_not_turn_the_page_is_noticed() {
    for body in [
        json!({"total": 9000, "totalPages": 9000, "vulnerabilities": rows(1, 2)}),
        json!({"total": 9000, "vulnerabilities": rows(1, 2)}),
        json!({"totalPages": 9000, "vulnerabilities": rows(1, 2)}),
        json!({"vulnerabilities": rows(1, 2)}),
    ] {
        let vendor = sast_pages(move |_| body.clone()).start();
        vendor.judge(&of_project(""), &[], 1).source().is("partial", "come again and again instead of the next page");
        assert!(vendor.of_list("sast").len() < 10, "{}", vendor.of_list("sast").len());
    }
}

#[test]
fn a_list_without_end_ends_with_the_time_of_the_run_and_is_not_believed() {
    for told in [true, false] {
        let mock = sast_pages(move |page| {
            let mut body = json!({"vulnerabilities": rows(page * 10, page * 10 + 9)});
            if told {
                body["total"] = json!(u32::MAX);
                body["totalPages"] = json!(u32::MAX);
            }
            body
        });
        let run = mock.start().judge(&of_project(", types: sast"), &["--timeout", "1s"], 1);
        let source = run.source().is("failed", "--timeout");
        assert!(source.read() > 10, "what was read is shown");
    }
}

#[test]
fn without_any_total_an_empty_page_is_the_end_and_that_is_noted() {
    let mock = sast_pages(
        |page| json!({"vulnerabilities": if page < 4 { rows(page * 10, page * 10 + 9) } else { Vec::new() }}),
    );
    let source = mock.start().judge(&of_project(""), &[], 1).source().whole();
    assert_eq!(source.notes_that("no total given for the SAST findings").read(), 30);
    // Pages that were announced and are empty are something else.
    let mock = sast_pages(
        |page| json!({"totalPages": 5, "vulnerabilities": if page < 4 { rows(page * 10, page * 10 + 9) } else { Vec::new() }}),
    );
    mock.start().judge(&of_project(""), &[], 1).source().is("partial", "is empty although more were announced");
}

#[test]
fn a_finding_on_two_pages_counts_once() {
    let mock = sast_pages(|page| match page {
        1 => json!({"total": 3, "totalPages": 2, "vulnerabilities": rows(1, 2)}),
        _ => json!({"total": 3, "totalPages": 2, "vulnerabilities": rows(2, 3)}),
    });
    assert_eq!(mock.start().judge(&of_project(""), &[], 1).source().whole().read(), 3);
}

#[test]
fn of_a_finding_that_changed_while_pages_were_read_the_stricter_reading_counts() {
    let mock = sast_pages(|page| {
        let rows = match page {
            1 => vec![code(1, "high", "resolved"), code(2, "low", "resolved")],
            _ => vec![code(1, "high", "to_verify"), code(3, "low", "resolved")],
        };
        json!({"total": 3, "totalPages": 2, "vulnerabilities": rows})
    });
    let source = mock.start().judge(&of_project(""), &[], 1).source().whole();
    assert_eq!(source.0["open"], 1);
}

#[test]
fn a_total_that_changes_is_read_once_more_and_then_not_believed() {
    // Page 2 of the first reading shows that a finding has come.
    let asked = Arc::new(AtomicUsize::new(0));
    let reading = |asked: &Arc<AtomicUsize>, settles: bool| {
        let asked = Arc::clone(asked);
        sast_pages(move |page| {
            let number = asked.fetch_add(1, Ordering::SeqCst) as u64;
            let total = if settles { if number == 0 { 4 } else { 5 } } else { 5 + number };
            let rows = if page == 1 { rows(1, 3) } else { rows(4, 5) };
            json!({"total": total, "totalPages": 2, "vulnerabilities": rows})
        })
    };
    let source = reading(&asked, true).start().judge(&of_project(""), &[], 1).source().whole();
    assert_eq!((source.read(), asked.load(Ordering::SeqCst)), (5, 4));
    asked.store(0, Ordering::SeqCst);
    let source = reading(&asked, false).start().judge(&of_project(""), &[], 1).source();
    let source = source.is("partial", "changed while they were read, and again");
    assert_eq!((source.read(), asked.load(Ordering::SeqCst)), (5, 4));
}

#[test]
fn rows_that_moved_from_one_page_to_another_are_looked_for_once_more() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let mock = sast_pages(move |page| {
        let first_time = count.fetch_add(1, Ordering::SeqCst) < 2;
        let rows = match (page, first_time) {
            (1, _) => rows(1, 3),
            (_, true) => rows(3, 4),
            (_, false) => rows(4, 5),
        };
        json!({"total": 5, "totalPages": 2, "vulnerabilities": rows})
    });
    assert_eq!(mock.start().judge(&of_project(""), &[], 1).source().whole().read(), 5);
    assert_eq!(asked.load(Ordering::SeqCst), 4);
}

#[test]
fn a_page_that_fails_leaves_what_came_before_it_and_fails_the_source() {
    let mut mock = Mock::new().with("sast", many(50));
    mock.clamp = 10;
    let inner = mock.clone();
    let mock = mock.before(move |request| {
        let is_it = request.path == results("sast") && request.bearer().is_some();
        is_it.then(|| match request.query("pageNumber") {
            Some("4") => refusal(404, "gone"),
            _ => inner.page(request, "sast"),
        })
    });
    let run = mock.start().judge(&of_project(""), &[], 1);
    assert_eq!(run.source().is("failed", "answered 404 (gone)").read(), 30);
}

#[test]
fn rows_without_an_id_are_counted_and_make_the_source_partial() {
    let rows = vec![
        code(1, "low", "to_verify"),
        json!({"base": {}}),
        json!({}),
        json!({"base": {"id": "", "path": "x"}}),
        json!("x"),
    ];
    let run = Mock::new().with("sast", rows).start().judge(&of_project(""), &[], 1);
    let source = run.source().is("partial", "4 rows of the SAST findings could not be read");
    assert_eq!((source.read(), &source.0["skipped"]), (1, &json!(4)));
    assert!(!source.reasons().contains("delivered"), "they were: {}", source.reasons());
}

#[test]
fn rows_of_another_project_are_left_out_and_noted() {
    let mut foreign = code(2, "critical", "to_verify");
    foreign["base"]["projectId"] = json!(OTHER);
    let vendor = Mock::new().with("sast", vec![code(1, "low", "ignored"), foreign]).start();
    let source = vendor.judge(&of_project(""), &[], 0).source().whole();
    assert_eq!(source.notes_that("1 of the SAST findings of payments-api are of another project").read(), 1);
}

#[test]
fn a_filter_that_nobody_asked_for_makes_the_source_partial() {
    for (member, words, complete) in [
        ("status", json!(["to_verify", "confirmed"]), false),
        ("status", json!(["to_verify", "confirmed", "resolved", "ignored"]), true),
        ("status", json!([]), true),
        ("severity", json!(["critical", "high", "medium", "low"]), false),
        ("priority", json!(["urgent"]), false),
    ] {
        let words_told = words.clone();
        let mock = sast_pages(move |_| {
            let mut body = json!({"total": 0, "totalPages": 0, "vulnerabilities": []});
            body[member] = words_told.clone();
            body
        });
        let source = mock.start().judge(&of_project(""), &[], if complete { 0 } else { 3 }).source();
        assert_eq!(source.state() == "complete", complete, "{member} {words}");
    }
}

// Scans.

#[test]
fn only_a_scan_that_completed_is_a_proof() {
    for (state, status, want) in [
        ("completed", 0, ""),
        ("COMPLETED", 0, ""),
        ("completed_degraded", 3, "ended, but not all of it (it says completed_degraded)"),
        ("failed", 3, "failed (it says failed)"),
        ("queued", 3, "is still running"),
        ("running", 3, "`wait` in the policy waits for it"),
        ("paused", 3, "whether the newest CybeDefend scan of payments-api has ended is not known (it says paused)"),
    ] {
        let run = Mock::new().scan(state).start().judge(&of_project(""), &[], status);
        let source = run.source();
        assert_eq!(source.state() == "complete", status == 0, "{state}");
        assert!(source.reasons().contains(want), "{state}: {}", source.reasons());
    }
}

#[test]
fn why_a_scan_failed_is_noted() {
    let mut mock = Mock::new().scan("failed");
    let scan = mock.scan.as_mut().unwrap();
    scan["errorMessage"] = json!("out of\nmemory");
    scan["errorCategory"] = json!("scan");
    mock.start()
        .judge(&of_project(""), &[], 3)
        .source()
        .notes_that("the newest scan of payments-api says: out of memory (scan)");
}

/// A server whose scan ends after it was asked for so many times.
fn ends_after(times: usize) -> Mock {
    let count = Arc::new(AtomicUsize::new(0));
    let mock = Mock::new();
    let (running, done) = (mock.clone().scan("running"), mock.clone());
    mock.before(move |request| {
        request.bearer()?;
        let is_scan = request.path.contains("/scan/");
        let asked = if is_scan { count.fetch_add(1, Ordering::SeqCst) } else { count.load(Ordering::SeqCst) };
        let now = if asked < times { &running } else { &done };
        if is_scan {
            return Some(Reply::ok(now.scan.as_ref().unwrap()));
        }
        let list = TYPES.into_iter().find(|list| request.path == results(list))?;
        let with = |rows| Mock { lists: [(list, rows)].into(), ..now.clone() };
        // What the scan finds is there when it has ended.
        Some(if asked < times { with(Vec::new()) } else { with(many(1)) }.page(request, list))
    })
}

#[test]
fn a_running_scan_is_waited_for_and_what_it_finds_is_read() {
    let vendor = ends_after(2).start();
    let run = vendor.judge(&of_project(", types: sast, wait: 60s"), &[], 1);
    assert_eq!(run.source().whole().read(), 1);
    assert_eq!(vendor.of_list("sast").len(), 2, "while it runs only the scan is asked for");

    let run = ends_after(2).start().judge(&of_project(", types: sast"), &[], 3);
    run.source().is("partial", "is still running");
    let run = ends_after(999).start().judge(&of_project(", types: sast, wait: 1s"), &[], 3);
    run.source().is("partial", "`wait` was too short for it");
    let with_branch = of_project(", types: sast, wait: 60s, commit: branch");
    assert_eq!(ends_after(2).start().judge(&with_branch, &["--branch", "main"], 1).source().whole().read(), 1);
}

#[test]
fn a_list_that_is_refused_only_after_the_scan_was_waited_for_is_not_left_out() {
    let asked = AtomicUsize::new(0);
    let mock = ends_after(2);
    let inner = Arc::clone(&mock.before);
    let vendor = mock
        .before(move |request| {
            let is_list = request.bearer().is_some() && request.path == results("container");
            if is_list && asked.fetch_add(1, Ordering::SeqCst) > 0 { Some(refusal(403, "no")) } else { inner(request) }
        })
        .start();
    let lenient = of_project(", wait: 60s").replace("{all: any}", "{all: critical}");
    vendor.judge(&lenient, &[], 3).source().is("failed", "cannot read the container findings of payments-api");
}

#[test]
fn a_scan_that_ends_between_its_lists_and_the_question_for_it_is_read_again() {
    // The lists are read while it runs and show nothing; when it is asked for it has ended.
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let mock = Mock::new().with("sast", many(1));
    let (running, done) = (mock.clone().with("sast", Vec::new()).scan("running"), mock.clone());
    let mock = mock.before(move |request| {
        let is_list = request.bearer().is_some() && request.path == results("sast");
        is_list.then(|| {
            let now = if count.fetch_add(1, Ordering::SeqCst) == 0 { &running } else { &done };
            now.page(request, "sast")
        })
    });
    let run = mock.start().judge(&of_project(", types: sast"), &[], 1);
    assert_eq!((run.source().whole().read(), asked.load(Ordering::SeqCst)), (1, 2));
}

#[test]
fn lists_that_name_different_scans_need_all_of_them() {
    const SECOND: &str = "1f3f1a60-3a39-4f0c-8f6e-5a2b9a4a7c12";
    let mock = Mock::new().before(|request| {
        request.bearer()?;
        if request.path == results("container") {
            let info = json!({"scanId": SECOND, "state": "failed"});
            return Some(Reply::ok(
                &json!({"total": 0, "totalPages": 0, "vulnerabilities": [], "scanProjectInfo": info}),
            ));
        }
        (request.path == format!("/project/{PROJECT}/scan/{SECOND}"))
            .then(|| Reply::ok(&json!({"id": SECOND, "state": "failed", "endTime": "2026-01-01T00:00:00Z"})))
    });
    let source = mock.start().judge(&of_project(""), &[], 3).source();
    let source = source.is("partial", "the newest CybeDefend container scan of payments-api failed");
    assert_eq!(source.0["scans"].as_array().unwrap().len(), 2);
}

#[test]
fn a_scan_that_may_not_be_read_has_the_state_that_the_lists_tell() {
    for status in [403, 404] {
        for (state, ends) in [("completed", 0), ("running", 3)] {
            let mock = Mock::new()
                .scan(state)
                .before(move |request| request.path.contains("/scan/").then(|| refusal(status, "no")));
            let source = mock.start().judge(&of_project(""), &[], ends).source();
            source.notes_that("its state is the one that the findings name");
        }
    }
    let mock = Mock::new().before(|request| request.path.contains("/scan/").then(|| refusal(400, "odd")));
    mock.start().judge(&of_project(""), &[], 3).source().is("partial", "cannot read the newest scan of payments-api");
    let mut foreign = Mock::new();
    foreign.scan.as_mut().unwrap()["projectId"] = json!(OTHER);
    foreign.start().judge(&of_project(""), &[], 3).source().is("partial", "it is of another project");
    let mut another = Mock::new();
    another.scan.as_mut().unwrap()["id"] = json!("1f3f1a60-3a39-4f0c-8f6e-5a2b9a4a7c12");
    another.start().judge(&of_project(""), &[], 3).source().is("partial", "it is another scan");
}

#[test]
fn an_old_scan_is_stale() {
    let vendor = Mock::new().start();
    vendor.judge(&of_project(", max_age: 7d"), &[], 0);
    vendor.judge(&of_project(", max_age: 1h"), &[], 3).source().is("stale", "(`max_age`)");
}

#[test]
fn a_project_without_scan_and_findings_is_noted_or_undecided_as_the_policy_asks() {
    let mut mock = Mock::new();
    mock.scan = None;
    mock.branches = Vec::new();
    let vendor = mock.start();
    let never = "was never scanned, or it was and is clean: CybeDefend does not tell which";
    vendor.judge(&of_project(""), &[], 0).source().whole().notes_that(&format!("payments-api {never}"));
    vendor.judge(&of_project(", commit: branch"), &["--branch", "main"], 3).source().is("partial", never);
    vendor.judge(&of_project(", commit: head"), &["--branch", "main"], 3).source().is("partial", never);
    vendor.judge(&of_project(", max_age: 7d"), &[], 3).source().is("partial", "it shows no scan");
}

// Branches.

#[test]
fn the_branch_is_asked_for_where_the_policy_says_so() {
    let rows = vec![on("main", code(1, "low", "to_verify")), on("feature/x y&z", code(2, "high", "to_verify"))];
    let vendor = Mock::new().with("sast", rows).start();
    for (section, branch, asked, read) in [
        ("", Some("main"), None, 2),
        (", branch: current", Some("feature/x y&z"), Some("feature/x y&z"), 1),
        (", branch: main", Some("feature/x y&z"), Some("main"), 1),
        (", commit: branch", Some("main"), Some("main"), 1),
    ] {
        let before = vendor.api.requests().len();
        let arguments: Vec<&str> = branch.iter().flat_map(|branch| ["--branch", branch]).collect();
        let run = vendor.judge(&of_project(section), &arguments, 1);
        assert_eq!(run.source().read(), read, "{section}");
        assert_eq!(run.source().notes().contains("are those of 2 branches"), read == 2, "{section}");
        for request in vendor.api.requests().iter().skip(before).filter(|request| request.path.contains("/results/")) {
            assert_eq!(request.query("branch"), asked, "{section} {}", request.target);
        }
    }
    vendor
        .judge(&of_project(", branch: current"), &[], 3)
        .source()
        .is("failed", "that is not known; name it with --branch");
}

#[test]
fn a_branch_is_shown_to_be_scanned_by_its_findings_alone() {
    let settled = || on("main", code(1, "low", "resolved"));
    let judged = |mock: Mock, more: &str, status| {
        mock.start().judge(&of_project(&format!(", commit: branch{more}")), &["--branch", "main"], status).source()
    };
    // A finding of the branch, though it does not count any more.
    let source = judged(Mock::new().with("sast", vec![settled()]), "", 0).whole();
    assert_eq!(source.0["scans"][0]["branch"], "main");
    assert!(source.0["scans"][0]["finished"].as_str().unwrap().starts_with("2026-11-18T10:21:33"), "{:#}", source.0);
    source.notes_that("CybeDefend tells no branch of a scan");
    // The scan of the project is fresh, but nothing shows that it was of this branch.
    judged(Mock::new().with("sast", vec![settled()]), ", max_age: 1d", 3).is("stale", "(`max_age`)");
    judged(Mock::new().with("sast", vec![settled()]), ", max_age: 7d", 0).whole();
    // CybeDefend names it, with findings of types that are not read.
    judged(Mock::new(), "", 0).whole();
    judged(Mock::new(), ", max_age: 7d", 3).is("partial", "does not tell when it ended");
    // A scan that may be of this branch and is not over, or did not end well, proves nothing.
    judged(Mock::new().scan("running").with("sast", vec![settled()]), "", 3).is("partial", "is still running");
    judged(Mock::new().scan("failed").with("sast", vec![settled()]), "", 3).is("partial", "failed");
}

#[test]
fn a_branch_that_nothing_shows_is_not_clean() {
    let vendor = Mock::new().with("sast", vec![on("main", code(1, "low", "to_verify"))]).start();
    let never = "branch feature/x of payments-api was never scanned, or it was and is clean";
    let of = |section: &str, status| vendor.judge(&of_project(section), &["--branch", "feature/x"], status).source();
    of(", commit: branch", 3).is("partial", never);
    of(", commit: branch", 3).is("partial", "does not tell its branch, so nothing proves that feature/x was scanned");
    of(", branch: current", 0).whole().notes_that(never);
    let hidden = Mock::new().at("/project/{id}/branches", |_| refusal(403, "no")).start();
    let of = |section: &str, status| hidden.judge(&of_project(section), &["--branch", "feature/x"], status).source();
    of(", commit: branch", 3).is("partial", "cannot read the branches of payments-api");
    of(", branch: current", 0).whole().notes_that("cannot read the branches of payments-api");
}

#[test]
fn no_scan_is_proven_to_be_of_a_commit() {
    let vendor = Mock::new().with("sast", vec![on("main", code(1, "low", "resolved"))]).start();
    let run = vendor.judge(&of_project(", commit: head"), &["--branch", "main", "--commit", "0123456789abcdef"], 3);
    run.source().is("partial", "does not tell its commit");
}

#[test]
fn a_server_that_does_not_filter_by_branch_is_noticed() {
    let mock = Mock::new();
    let mock = mock.at("/project/{id}/results/sast", |_| {
        let rows = vec![on("main", code(1, "critical", "to_verify")), on("feature/x", code(2, "low", "ignored"))];
        Reply::ok(&json!({"total": 2, "totalPages": 1, "vulnerabilities": rows}))
    });
    let source = mock.start().judge(&of_project(", branch: feature/x"), &[], 0).source().whole();
    assert_eq!(source.notes_that("1 of the SAST findings of payments-api are of another branch").read(), 1);
}

// Networks.

#[test]
fn passing_trouble_is_waited_out() {
    for trouble in [
        refusal(500, "oops"),
        refusal(503, "busy"),
        refusal(429, "slow down").with("Retry-After", "0"),
        Reply::Hangup,
        Reply::Cut(200, br#"{"total": 0, "totalPages": 0, "vulnerabilities": []}"#.to_vec(), 20),
        Reply::text(200, "text/html", "<html>restarting</html>"),
    ] {
        let count = AtomicUsize::new(0);
        let mock = Mock::new().with("sast", many(3)).before(move |request| {
            (request.path == results("sast") && count.fetch_add(1, Ordering::SeqCst) < 2).then(|| trouble.clone())
        });
        assert_eq!(mock.start().judge(&of_project(", types: sast"), &[], 1).source().whole().read(), 3);
    }
}

#[test]
fn a_server_that_has_had_too_many_requests_again_and_again_is_read_to_the_end() {
    let mut mock = Mock::new().with("sast", many(45)).with("iac", many(45));
    mock.clamp = 10;
    let count = AtomicUsize::new(0);
    let mock = mock.before(move |_| {
        (count.fetch_add(1, Ordering::SeqCst) % 5 < 3).then(|| refusal(429, "slow down").with("Retry-After", "0"))
    });
    assert_eq!(mock.start().judge(&of_project(""), &[], 1).source().whole().read(), 90);
}

#[test]
fn trouble_that_does_not_pass_is_undecided_and_says_what_it_was() {
    let truncated = br#"{"total": 0, "totalPages": 0, "vulnerabilities": []}"#.to_vec();
    for (trouble, want) in [
        (refusal(500, "oops"), "cannot read the SAST findings of payments-api: "),
        (refusal(429, "slow down").with("Retry-After", "3600"), "too many requests"),
        (Reply::Cut(200, truncated.clone(), 20), "cannot read the SAST findings of payments-api: "),
        (Reply::text(200, "application/json", truncated[..30].to_vec()), "is not JSON, or only the half of it"),
        (Reply::text(200, "text/html", "<html>sign in</html>"), "page for people"),
        (Reply::text(200, "application/json", ""), "is not JSON"),
    ] {
        let shown = format!("{trouble:?}");
        let mock = Mock::new().at("/project/{id}/results/sast", move |_| trouble.clone());
        let run = mock.start().judge(&of_project(", types: sast"), &["--timeout", "2s"], 3);
        assert!(run.source().is("failed", want).read() == 0, "{shown}");
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let trap = Server::start(|_| Reply::ok(&json!({"total": 0, "totalPages": 0, "vulnerabilities": []})));
    for path in ["/client-apps", "/oidc/token", "/project/{id}", "/project/{id}/results/sast"] {
        for status in [301, 302, 307, 308] {
            let to = format!("{}/x", trap.url);
            let reply = Reply::text(status, "text/plain", "").with("Location", &to);
            let mock = Mock::new().at(path, move |_| reply.clone());
            mock.start()
                .judge(&of_project(", types: sast"), &[], 3)
                .source()
                .is("failed", "where no credential is sent");
        }
    }
    assert_eq!(trap.requests().len(), 0);
}

#[test]
fn what_a_server_echoes_of_the_token_is_shown_nowhere() {
    for (format, status) in [("human", 1), ("json", 1), ("sarif", 1), ("sarif-audit", 1)] {
        let seen: Arc<std::sync::Mutex<Vec<String>>> = Arc::default();
        let tokens = Arc::clone(&seen);
        let mock = Mock::new().before(move |request| {
            let token = request.bearer()?;
            tokens.lock().unwrap().push(token.to_owned());
            if request.path == results("iac") {
                return Some(refusal(404, &format!("no {token} and no {PAT}")));
            }
            let mut row = code(1, "high", "to_verify");
            row["base"]["vulnerability"]["name"] = json!(format!("echo {token} {PAT}"));
            row["base"]["path"] = json!(format!("src/{token}.py"));
            row["base"]["vulnerability"]["id"] = json!(format!("rule-{PAT}"));
            let body = json!({"total": 1, "totalPages": 1, "vulnerabilities": [row]});
            (request.path == results("sast")).then(|| Reply::ok(&body))
        });
        let vendor = mock.start();
        let folder = Folder::new().with("policy.yml", of_project(""));
        let mut command = folder.command();
        command.args(["check", "--verbose", "--policy", "policy.yml", "--format", format]);
        command
            .env("CYBEDEFEND_PAT", PAT)
            .env("CYBEDEFEND_URL", &vendor.api.url)
            .env("CYBEDEFEND_AUTH_URL", &vendor.auth.url);
        let run = finish(&mut command).ends_with(status);
        assert!(run.stdout.contains("echo ****"), "{format}: {}", run.stdout);
        let tokens = seen.lock().unwrap();
        assert!(!tokens.is_empty());
        for secret in tokens.iter().map(String::as_str).chain([PAT]) {
            assert!(
                !run.stdout.contains(secret) && !run.stderr.contains(secret),
                "{format}\n{}\n{}",
                run.stdout,
                run.stderr
            );
        }
    }
}

#[test]
fn what_cannot_be_used_is_refused_before_anybody_is_asked() {
    let listener = Mock::new().start();
    let foreign = "url: 'https://cybedefend.acme.example', auth_url: 'https://auth.acme.example'";
    let set = |variable: &'static str, value: &str| (variable, value.to_owned());
    let url = || set("CYBEDEFEND_URL", &listener.api.url);
    let auth = || set("CYBEDEFEND_AUTH_URL", &listener.auth.url);
    let pat = || set("CYBEDEFEND_PAT", PAT);
    for (section, env, want) in [
        (foreign, vec![pat()], "--allow-host cybedefend.acme.example"),
        ("region: eu", vec![], "set CYBEDEFEND_PAT"),
        ("", vec![pat()], "nothing says where CybeDefend is"),
        ("", vec![pat(), url()], "CYBEDEFEND_URL is given without CYBEDEFEND_AUTH_URL"),
        ("", vec![pat(), url(), auth(), set("CYBEDEFEND_REGION", "eu")], "both say where CybeDefend is"),
        ("", vec![pat(), url(), auth(), set("CYBEDEFEND_PROJECT_ID", "../x")], "is not an id of a project"),
        ("", vec![pat(), set("CYBEDEFEND_REGION", "eu/../x")], "is not a region"),
        ("", vec![pat(), set("CYBEDEFEND_URL", "http://10.0.0.1"), auth()], "is not encrypted"),
        ("region: eu, url: 'https://x.example'", vec![pat()], "both say where CybeDefend is"),
        ("types: [dast]", vec![pat(), url(), auth()], "unknown type of finding"),
        ("", vec![set("CYBEDEFEND_PAT", "pat one"), url(), auth()], "CYBEDEFEND_PAT holds white space"),
    ] {
        let folder = Folder::new().with("policy.yml", policy(section));
        let mut command = folder.command();
        command.args(["check", "--policy", "policy.yml"]).envs(env);
        let run = finish(&mut command).ends_with(2).complains(want);
        assert!(!run.stderr.contains(PAT), "{}", run.stderr);
    }
    assert_eq!(listener.api.requests().len() + listener.auth.requests().len(), 0);
}

#[test]
fn addresses_on_this_machine_may_stand_in_the_policy() {
    let vendor = Mock::new().start();
    let section = format!("url: '{}/', auth_url: '{}', project: {PROJECT}", vendor.api.url, vendor.auth.url);
    let folder = Folder::new().with("policy.yml", policy(&section));
    let mut command = folder.command();
    finish(command.args(["check", "--policy", "policy.yml"]).env("CYBEDEFEND_PAT", PAT)).ends_with(0);
}

#[test]
fn a_pull_request_from_a_fork_has_no_token_and_is_undecided() {
    let event = json!({
        "number": 7,
        "pull_request": {
            "number": 7,
            "head": {"ref": "feature", "sha": "0123456789012345678901234567890123456789", "repo": {"full_name": "stranger/payments", "fork": true}},
            "base": {"ref": "main", "sha": "9876543210987654321098765432109876543210", "repo": {"full_name": "acme/payments"}}
        }
    });
    let folder = Folder::new().with("policy.yml", policy("region: eu")).with("event.json", event.to_string());
    let mut command = folder.command();
    command.args(["check", "--policy", "policy.yml"]);
    for (name, value) in [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_EVENT_PATH", folder.path().join("event.json").to_str().unwrap()),
        ("GITHUB_REPOSITORY", "acme/payments"),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_REF", "refs/pull/7/merge"),
        ("GITHUB_HEAD_REF", "feature"),
        ("GITHUB_BASE_REF", "main"),
        ("CYBEDEFEND_PAT", ""),
        ("FINDGATE_TRUST", "worktree"),
    ] {
        command.env(name, value);
    }
    finish(&mut command).ends_with(3).says("pull request from a fork");
}

#[test]
fn two_runs_give_the_same_bytes() {
    let mut mock = Mock::new()
        .with("sast", many(45))
        .with("iac", many(30))
        .with("sca", (1..=25).map(|n| package(n, json!("high"))).collect())
        .with("container", (1..=15).map(image).collect());
    mock.clamp = 10;
    let vendor = mock.start();
    for format in ["json", "sarif", "human"] {
        let folder = || Folder::new().with("policy.yml", of_project(""));
        let run = || {
            let folder = folder();
            let mut command = folder.command();
            command.args(["check", "--policy", "policy.yml", "--format", format, "--as-of", "2026-11-21"]);
            command
                .env("CYBEDEFEND_PAT", PAT)
                .env("CYBEDEFEND_URL", &vendor.api.url)
                .env("CYBEDEFEND_AUTH_URL", &vendor.auth.url);
            finish(&mut command).ends_with(1).stdout
        };
        assert_eq!(run(), run(), "{format}");
    }
}

#[test]
fn the_example_holds() {
    let example =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/vendors/cybedefend.yml")).unwrap();
    let folder = Folder::new().with("policy.yml", &example);
    folder.run(["policy", "check", "policy.yml"]).ends_with(0);
    folder.run(["policy", "show", "policy.yml"]).ends_with(0).says("project payments-api");
}
