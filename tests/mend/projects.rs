//! Which project is read, and that none speaks for another.

use serde_json::{Value, json};

use crate::common::server::Server;
use crate::mock::{
    Mend, PROJECT, SAST, SCA, SCA_SCAN, SCANS, SUMMARIES, Shape, judge, path, policy, rows, scan, source, tells,
};

#[test]
fn the_project_is_found_by_repository_and_branch() {
    let server = Mend::clean().start();
    let find = |repo: &str, branch: &str| {
        judge(&policy(&server, "named: no"), &["--repo", repo, "--branch", branch, "--format", "json"])
    };
    let run = find("github.com/acme/payments-api", "main").ends_with(0).json();
    assert_eq!(run["sources"][0]["projects"], json!(["GH_payments-api_main"]));
    let run = find("github.com/acme/payments-api", "dev").ends_with(3).json();
    tells(
        &run["sources"][0]["reasons"],
        "no project at Mend is of the repository github.com/acme/payments-api and of the branch dev",
    );
    let run = find("github.com/acme/other", "main").ends_with(3).json();
    tells(&run["sources"][0]["reasons"], "none of the 1 projects");

    let mut mend = Mend::clean();
    let mut twin = mend.summaries[0].clone();
    twin["uuid"] = json!("aaaaaaaa-7a41-4f0e-9c55-3f6f0c1b7d10");
    twin["name"] = json!("GH_payments-api_too");
    mend.summaries.push(twin);
    let server = mend.start();
    let run = judge(
        &policy(&server, "named: no"),
        &["--repo", "github.com/acme/payments-api", "--branch", "main", "--format", "json"],
    )
    .ends_with(3)
    .json();
    tells(
        &run["sources"][0]["reasons"],
        "GH_acme/GH_payments-api_main (8c0d2f5e-7a41-4f0e-9c55-3f6f0c1b7d10), GH_acme/GH_payments-api_too (aaaaaaaa",
    );
}

#[test]
fn projects_are_named_by_name_application_or_uuid_and_several_are_read_at_once() {
    let second = "aaaaaaaa-7a41-4f0e-9c55-3f6f0c1b7d10";
    let mut mend = Mend::clean();
    let mut twin = mend.summaries[0].clone();
    (twin["uuid"], twin["applicationName"]) = (json!(second), json!("GH_blog"));
    mend.summaries.push(twin);
    let of_second = |list: &str| list.replace("{p}", second);
    let mend = mend
        .with(
            &of_second(SCANS),
            Shape::Flat,
            vec![json!({"uuid": "s-2", "scanTime": "2026-09-14T08:21:40Z", "scanStatus": "FINISHED", "engine": "SCA"})],
        )
        .with(&of_second(SCA), Shape::Flat, {
            let mut row = rows("sca").remove(0);
            row["project"]["uuid"] = json!(second);
            vec![row]
        })
        .with(&of_second(SAST), Shape::Code, vec![]);
    let server = mend.start();
    for (projects, status, names) in [
        (PROJECT, 0, json!(["GH_payments-api_main"])),
        (second, 1, json!(["GH_payments-api_main"])),
        ("GH_blog/GH_payments-api_main", 1, json!(["GH_payments-api_main"])),
        (
            "[GH_acme/GH_payments-api_main, GH_blog/GH_payments-api_main]",
            1,
            json!(["GH_acme/GH_payments-api_main", "GH_blog/GH_payments-api_main"]),
        ),
    ] {
        let source = source(&server, &format!("projects: {projects}"), status);
        assert_eq!((&source["projects"], &source["state"]), (&names, &json!("complete")), "{projects}: {source:#}");
    }
    tells(&source(&server, "project: GH_payments-api_main", 3)["reasons"], "write application/name or the UUID");
    assert_eq!(source(&server, "project: GH_payments-api_main, application: GH_acme", 0)["state"], "complete");
    // Mend shows a user only what they may see, and nothing says why.
    let gone = "bbbbbbbb-7a41-4f0e-9c55-3f6f0c1b7d10";
    let source_of = source(&server, &format!("project: {gone}"), 3);
    tells(&source_of["reasons"], "Mend shows no project `bbbbbbbb-7a41-4f0e-9c55-3f6f0c1b7d10`");
    tells(&source_of["reasons"], "is it active?");
    let asked = server.requests().into_iter().rfind(|r| r.path == path(SUMMARIES)).unwrap();
    assert_eq!(asked.json(), json!({"projectUuids": [gone]}));
    // The command line goes before the policy.
    judge(&policy(&server, &format!("project: {gone}")), &["--project", PROJECT]).ends_with(0);
}

#[test]
fn no_project_proves_anything_for_another_one() {
    let second = "aaaaaaaa-7a41-4f0e-9c55-3f6f0c1b7d10";
    let of_second = |list: &str| list.replace("{p}", second);
    let both = |twin: &dyn Fn(&mut Value), scans: Vec<Value>| {
        let mut mend = Mend::clean().scans(vec![scan(SCA_SCAN, "SCA", "FINISHED", "2026-09-14T08:21:40Z")]);
        let mut copy = mend.summaries[0].clone();
        copy["uuid"] = json!(second);
        twin(&mut copy);
        mend.summaries.push(copy);
        mend.with(&of_second(SCANS), Shape::Flat, scans).with(&of_second(SCA), Shape::Flat, vec![]).start()
    };
    let judged = |server: &Server| {
        let more = format!("projects: [{PROJECT}, {second}], engines: sca, max_age: 7d");
        let run = judge(&policy(server, &more), &["--format", "json", "--as-of", "2026-09-15"]).ends_with(3);
        run.json()["sources"][0].clone()
    };
    // The scans of the one are recent; of the other none is listed.
    let source = judged(&both(&|twin| twin["name"] = json!("blog"), vec![]));
    tells(&source["reasons"], "Mend lists no SCA scan of the project blog");
    // Both have one name and one application, and only one was scanned of late.
    let old = json!({"uuid": "s-2", "scanTime": "2025-01-01T08:21:40Z", "scanStatus": "FINISHED", "engine": "SCA"});
    let source = judged(&both(&|_| {}, vec![old]));
    assert_eq!(source["state"], "stale", "{source:#}");
    tells(&source["reasons"], &format!("({second}) ended"));
}
