//! Which project is read: by name, by id, by the repository; and that none speaks for another.

use serde_json::{Value, json};

use crate::common::server::Reply;
use crate::common::{Folder, finish};
use crate::mock::{Mock, ORGANIZATION, OTHER, PAT, PROJECT, SCAN, many, of_project, policy, refusal, results};

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
