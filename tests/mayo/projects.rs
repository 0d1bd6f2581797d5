//! Whose findings are read: of the project, of its assets, of the repository.

use serde_json::{Value, json};

use crate::common::server::Reply;
use crate::mock::{
    Form, Mayo, OTHER, POLICY, PROJECT, blamed, done, error, finding, finding_of, list, many, noted, policy, project,
    run, run_with, source, with,
};

#[test]
fn findings_of_other_projects_are_left_out_and_told() {
    let mut rows = many(2);
    rows.push(finding_of("f_x", OTHER, "identity"));
    // It lacks what a finding needs, and is nobody's here.
    rows.push(json!({"id": "f_y", "project_id": OTHER}));
    let projects = vec![project(PROJECT, "checkout-service", 2)];
    let server = Mayo { restricts: false, projects, ..Mayo::with(rows.clone()) }.start();
    let run = noted(run(&server).ends_with(1), "2 findings of other projects left out (`identity`, `proj_91aa02`)");
    assert_eq!((&source(&run)["state"], &source(&run)["read"]), (&json!("complete"), &json!(2)), "{:#}", source(&run));
    // More are said to be there than are left.
    let projects = vec![project(PROJECT, "checkout-service", 4)];
    let server = Mayo { restricts: false, projects, ..Mayo::with(rows) }.start();
    blamed(self::run(&server).ends_with(1), "partial", "is said to have 4 findings, and its list has 2");
    // Nothing of ours among them, and nothing is expected.
    let rows = vec![finding_of("f_x", OTHER, "identity")];
    let server =
        Mayo { restricts: false, projects: vec![project(PROJECT, "checkout-service", 0)], ..Mayo::with(rows) }.start();
    assert_eq!(source(&self::run(&server).ends_with(0))["read"], 0);
}

#[test]
fn findings_that_do_not_tell_their_project_are_nobodys_unless_the_policy_trusts_the_server() {
    let bare = |id: &str| {
        let mut row = finding(id);
        row.as_object_mut().unwrap().retain(|name, _| name != "project" && name != "asset");
        row
    };
    let server = Mayo::with(vec![bare("a"), bare("b")]).start();
    let untrusted = run(&server).ends_with(3);
    blamed(untrusted, "failed", "none of the 2 findings");
    let trusting = policy("project: checkout-service, trust_server_filter: true");
    let run = noted(run_with(&server, &trusting, &[], &[]).ends_with(1), "`trust_server_filter`");
    assert_eq!((&source(&run)["state"], &source(&run)["read"]), (&json!("complete"), &json!(2)));
    // Where nothing restricts the list, there is nothing to trust.
    let trusting = policy("project: checkout-service, trust_server_filter: true, project_param: ''");
    blamed(run_with(&server, &trusting, &[], &[]).ends_with(3), "failed", "nothing restricts the list");
    // Some do, some do not: all count.
    let server = Mayo::with(vec![bare("a"), finding("b")]).start();
    let run = noted(self::run(&server).ends_with(1), "1 finding without a project in the list");
    assert_eq!(source(&run)["read"], 2);
    // One that is another's shows that the service does tell.
    let server = Mayo { restricts: false, ..Mayo::with(vec![bare("a"), finding_of("b", OTHER, "identity")]) }.start();
    assert_eq!(source(&self::run(&server).ends_with(1))["read"], 1);
}

#[test]
fn a_finding_that_names_only_its_asset_belongs_to_the_projects_of_that_asset() {
    let by_asset = |id: &str, name: &str| {
        let mut row = finding_of(id, PROJECT, name);
        row.as_object_mut().unwrap().remove("project");
        row
    };
    let assets = vec![
        json!({"id": "asset_checkout-service", "full_name": "acme/checkout-service", "project_ids": [PROJECT]}),
        json!({"id": "asset_identity", "full_name": "acme/identity", "project_ids": [OTHER]}),
    ];
    let rows = vec![by_asset("a", "checkout-service"), by_asset("b", "identity"), by_asset("c", "unheard-of")];
    let server = Mayo { assets: Some(assets), ..Mayo::with(rows.clone()) }.start();
    let run = noted(run(&server).ends_with(1), "1 finding of other projects left out");
    assert_eq!(source(&run)["read"], 2, "what cannot be told counts: {:#}", source(&run));
    // Without a list of assets nobody can tell.
    blamed(self::run(&Mayo::with(rows).start()).ends_with(3), "failed", "none of the 3 findings");
}

#[test]
fn an_empty_list_of_a_project_that_is_said_to_have_findings_is_no_pass() {
    let server = Mayo { projects: vec![project(PROJECT, "checkout-service", 12)], ..Mayo::with(Vec::new()) }.start();
    blamed(run(&server).ends_with(3), "failed", "said to have 12 findings");
    // All that is shown is another's.
    let rows = vec![finding_of("f_x", OTHER, "identity")];
    let mayo = Mayo { projects: vec![project(PROJECT, "checkout-service", 12)], restricts: false, ..Mayo::with(rows) };
    blamed(run(&mayo.start()).ends_with(3), "failed", "findings:read");
    // Nobody says how many there are.
    let untold = vec![json!({"id": PROJECT, "name": "checkout-service"})];
    let mayo = Mayo { projects: untold, ..Mayo::with(Vec::new()) };
    blamed(run(&mayo.clone().start()).ends_with(3), "partial", "nothing shows that the list is that of the project");
    let trusting = policy("project: checkout-service, trust_server_filter: true");
    noted(run_with(&mayo.start(), &trusting, &[], &[]).ends_with(0), "the server's word is taken for it");
}

#[test]
fn neither_status_nor_severity_is_asked_for_so_no_filter_can_hide_anything() {
    let rows = ["open", "Triaged", "confirmed", "In Progress", "in-progress", "IN_PROGRESS", "accepted", "quarantined"];
    let out = ["resolved", "False Positive", "suppressed", "accepted_risk", "muted"];
    let rows: Vec<Value> = rows
        .iter()
        .chain(&out)
        .enumerate()
        .map(|(n, word)| with(finding(&format!("f_{n}")), "status", json!(word)))
        .collect();
    let server = Mayo::with(rows).start();
    let run = noted(
        run(&server).ends_with(1),
        "the status `quarantined`, which this version does not know; it counts as open",
    );
    assert_eq!(run.json()["dispositions"]["violation"], 8);
    assert_eq!(run.json()["dispositions"]["excused"], 5);
    assert!(server.requests().iter().all(|r| r.query("status").is_none() && r.query("severity").is_none()));
    let strict = policy("project: checkout-service, count_accepted_risk: true");
    assert_eq!(run_with(&server, &strict, &[], &[]).ends_with(1).json()["dispositions"]["violation"], 9);
}

#[test]
fn a_server_that_does_not_know_the_parameter_of_the_project_shows_everything_and_the_rows_decide() {
    for reply in [
        error(400, "invalid_parameter", "Unknown parameter 'project_id'"),
        Reply::json(
            400,
            &json!({"error": {"code": "validation_error", "message": "Invalid", "details": [{"field": "project_id", "message": "unknown"}]}}),
        ),
        Reply::json(
            422,
            &json!({"detail": [{"type": "extra_forbidden", "loc": ["query", "project_id"], "msg": "Extra inputs are not permitted"}]}),
        ),
    ] {
        let mut rows = many(2);
        rows.push(finding_of("f_x", OTHER, "identity"));
        let mut scans = vec![done()];
        scans.push(with(done(), "project_id", json!(OTHER)));
        scans[1]["id"] = json!("scan_x");
        let projects = vec![project(PROJECT, "checkout-service", 2)];
        let mayo = Mayo { scans: Some(scans), projects, ..Mayo::with(rows) };
        let refused = reply.clone();
        let server = mayo.start_with(move |request| request.query("project_id").is_some().then(|| refused.clone()));
        let run = noted(run(&server).ends_with(1), "refuses the parameter `project_id`");
        assert_eq!(
            (&source(&run)["state"], &source(&run)["read"]),
            (&json!("complete"), &json!(2)),
            "{:#}",
            source(&run)
        );
        assert_eq!(source(&run)["scans"].as_array().unwrap().len(), 1);
    }
    // The refusal of anything else stands.
    let server = Mayo::with(many(1))
        .start_with(|request| (request.path == "/findings").then(|| error(400, "invalid_parameter", "page is wrong")));
    blamed(run(&server).ends_with(3), "failed", "400 (invalid_parameter: page is wrong)");
    // Scans are asked for in an order that the service may not know.
    let server = Mayo::with(many(1)).start_with(|request| {
        request.query("sort").is_some().then(|| error(400, "invalid_parameter", "sort: unknown"))
    });
    assert_eq!(source(&run(&server).ends_with(1))["state"], "complete");
    assert!(server.requests().iter().all(|r| r.path != "/findings" || r.query("sort").is_none()));
}

#[test]
fn a_project_that_is_not_there_is_told_with_those_that_are() {
    let server = Mayo::with(many(1)).start();
    let run = run_with(&server, &policy("project: checkout"), &[], &[]).ends_with(3);
    blamed(run, "failed", "there is no project `checkout`; there is `checkout-service`, `identity`");
    assert_eq!(server.count("/findings"), 0, "nothing else is read instead");
    // By its id, in another case, by the option.
    for keys in ["project: proj_7f31c0", "project: Checkout-Service", "projects: [checkout-service]"] {
        assert_eq!(source(&run_with(&server, &policy(keys), &[], &[]).ends_with(1))["read"], 1, "{keys}");
    }
    let named = run_with(&server, POLICY, &[], &["--project", "identity"]).ends_with(3);
    assert_eq!(source(&named)["projects"], json!(["identity"]));
    blamed(named, "failed", "never scanned");
    let twice = vec![project("1", "a", 1), project("2", "a", 1)];
    let server = Mayo { projects: twice, ..Mayo::with(many(1)) }.start();
    blamed(run_with(&server, &policy("project: a"), &[], &[]).ends_with(3), "failed", "name one by its id: 1, 2");
}

#[test]
fn several_projects_and_sub_projects_are_read_and_a_finding_of_two_counts_once() {
    let projects = vec![
        project(PROJECT, "checkout-service", 2),
        project(OTHER, "identity", 1),
        with(project("proj_sub", "checkout-web", 1), "parent_id", json!(PROJECT)),
    ];
    let both = with(finding("both"), "projects", json!([{"id": OTHER}, {"id": PROJECT}]));
    let rows = vec![both, finding_of("b", OTHER, "identity"), finding_of("c", "proj_sub", "checkout-web")];
    let server = Mayo { projects, restricts: false, ..Mayo::with(rows) }.start();
    let run = run_with(&server, &policy("projects: [checkout-service, identity]"), &[], &[]).ends_with(1);
    assert_eq!(source(&run)["read"], 3);
    assert_eq!(source(&run)["projects"], json!(["checkout-service", "checkout-web", "identity"]));
    let asked: Vec<String> = server
        .requests()
        .iter()
        .filter(|r| r.path == "/findings")
        .filter_map(|r| r.query("project_id").map(str::to_owned))
        .collect();
    assert_eq!(asked, [PROJECT, "proj_sub", OTHER]);
}

#[test]
fn the_project_of_the_repository_is_found_by_its_asset() {
    let assets = || {
        Some(vec![
            json!({"id": "asset_checkout-service", "name": "checkout-service", "full_name": "acme/checkout-service", "project_ids": [PROJECT]}),
            json!({"id": "asset_web", "name": "web", "full_name": "acme/web", "project_ids": [PROJECT]}),
            json!({"id": "asset_lone", "name": "lone", "full_name": "acme/lone", "project_ids": []}),
        ])
    };
    let mut other = finding("f_other");
    other["asset"] = json!({"id": "asset_web", "name": "web", "full_name": "acme/web"});
    let rows = vec![finding("f_1"), other];
    let server = Mayo { assets: assets(), ..Mayo::with(rows) }.start();
    for (keys, more) in [
        ("", &["--repo", "github.com/acme/checkout-service"][..]),
        ("asset: acme/checkout-service", &[]),
        ("asset: ACME/Checkout-Service, project: checkout-service", &[]),
    ] {
        let run = run_with(&server, &policy(keys), &[], more).ends_with(1);
        let run = noted(run, "1 finding of other assets than");
        assert_eq!(
            (&source(&run)["read"], &source(&run)["projects"]),
            (&json!(1), &json!(["checkout-service"])),
            "{keys}"
        );
    }
    blamed(
        run_with(&server, &policy("asset: acme/none"), &[], &[]).ends_with(3),
        "failed",
        "there is no asset `acme/none`",
    );
    blamed(run_with(&server, &policy("asset: acme/lone"), &[], &[]).ends_with(3), "failed", "belongs to no project");
    // The server knows no list of assets.
    for status in [404, 405] {
        let reply = Reply::json(status, &json!({"detail": "no"}));
        let server = Mayo::with(many(1)).start_with(move |r| (r.path == "/assets").then(|| reply.clone()));
        let run = run_with(&server, &policy(""), &[], &["--repo", "github.com/acme/checkout-service"]).ends_with(1);
        noted(run, "found by the name of the repository github.com/acme/checkout-service");
        let run = run_with(&server, &policy(""), &[], &["--repo", "github.com/acme/none"]).ends_with(3);
        blamed(run, "failed", "there is no project `none`");
        // It is called the same, and is another's.
        let run = run_with(&server, &policy(""), &[], &["--repo", "github.com/evil/checkout-service"]).ends_with(1);
        blamed(run, "failed", "none of github.com/evil/checkout-service");
    }
    let server =
        Mayo::with(many(1)).start_with(|r| (r.path == "/assets").then(|| error(403, "insufficient_permissions", "no")));
    blamed(
        run_with(&server, &policy("asset: acme/a"), &[], &[]).ends_with(3),
        "failed",
        "the permission projects:read",
    );
    // Nobody says which project is meant.
    run_with(&server, &policy(""), &[], &[]).ends_with(2).complains("--project");
}

#[test]
fn of_a_finding_that_two_lists_tell_differently_the_stricter_counts() {
    let projects = vec![project(PROJECT, "checkout-service", 1), project(OTHER, "identity", 1)];
    let server = Mayo { projects, ..Mayo::with(Vec::new()) }.start_with(|request| {
        let both = with(finding("f"), "projects", json!([{"id": OTHER}, {"id": PROJECT}]));
        let status = if request.query("project_id") == Some(OTHER) { "open" } else { "resolved" };
        (request.path == "/findings")
            .then(|| Reply::ok(&list(Form::Data, &[with(both, "status", json!(status))], 1, 100, 0)))
    });
    let run = run_with(&server, &policy("projects: [checkout-service, identity]"), &[], &[]).ends_with(1);
    assert_eq!(source(&run)["read"], 1);
}

#[test]
fn findings_are_of_the_asset_whatever_project_they_name_and_by_a_name_that_cannot_be_compared_none_is_left_out() {
    // The asset is in two projects, and its finding names the other one.
    let assets = vec![
        json!({"id": "asset_identity", "name": "The Shop", "full_name": "acme/identity", "project_ids": [OTHER, PROJECT]}),
    ];
    let rows = vec![finding_of("f_1", OTHER, "identity")];
    let server = Mayo { assets: Some(assets.clone()), restricts: false, ..Mayo::with(rows) }.start();
    let run = run_with(&server, &policy("asset: acme/identity, project: checkout-service"), &[], &[]).ends_with(1);
    assert_eq!(source(&run)["read"], 1);
    // By the short name of the repository, where the asset has a name for people.
    let row = with(finding("f_1"), "asset", json!({"name": "identity"}));
    let server = Mayo { assets: Some(assets), ..Mayo::with(vec![row.clone()]) }.start();
    run_with(&server, &policy("asset: acme/identity, project: checkout-service"), &[], &[]).ends_with(1);
    // Nobody tells whether `Web Shop` is the repository.
    let row = with(row, "asset", json!({"id": "asset_55", "name": "Web Shop"}));
    let server = Mayo { scans: None, ..Mayo::with(vec![row]) }.start();
    let run = run_with(&server, &policy("asset: acme/identity, project: checkout-service"), &[], &[]).ends_with(3);
    blamed(run, "partial", "names the asset `acme/identity`");
}
