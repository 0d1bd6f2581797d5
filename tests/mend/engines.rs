//! Lists of the engines: images, licenses, and what of an engine that never ran.

use serde_json::json;

use crate::mock::{
    IMAGES, IMG_SCAN, LIBRARIES, Mend, PROJECT, SAST, SAST_SCAN, SCA_SCAN, SCANS, SECRETS, Shape, VIOLATIONS, judge,
    path, policy, rows, scan, source, tells, with_images,
};

#[test]
fn images_are_read_by_scan_else_by_project_and_every_row_is_open() {
    let of_scan = |rest: &str| format!("projects/{{p}}/scans/{IMG_SCAN}/images/findings/{rest}");
    let mut other = rows("images").remove(0);
    other["uuid"] = json!("edcd08f7-0688-4a30-932b-541256072847");
    other["vulnerabilityId"] = json!("CVE-2026-30004");
    other["projectUuid"] = json!(PROJECT);
    other["detectionDate"] = json!("2026-09-10T16:15:26Z");
    for field in ["vulnerabilityID", "projectUUID"] {
        other.as_object_mut().unwrap().remove(field);
    }
    let both = vec![rows("images").remove(0), other];
    let by_scan = with_images(Mend::clean())
        .with(&of_scan("security"), Shape::Images, both.clone())
        .with(&of_scan("secrets"), Shape::Images, rows("secrets"))
        .start();
    let by_project = with_images(Mend::clean())
        .with(IMAGES, Shape::Images, both)
        .with(SECRETS, Shape::Images, rows("secrets"))
        .start();
    for (server, noted) in [(&by_scan, false), (&by_project, true)] {
        let run = judge(&policy(server, "page_size: 1"), &["--format", "json"]).ends_with(1).json();
        let mut open: Vec<String> = run["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|f| f["disposition"] == "violation")
            .map(|f| format!("{} {}", f["kind"].as_str().unwrap(), f["severity"].as_str().unwrap()))
            .collect();
        open.sort();
        assert_eq!(open, ["container high", "container high", "secret high"]);
        let notes = &run["sources"][0]["notes"];
        tells(notes, "Mend tells no status of image findings and secrets");
        assert_eq!(
            notes.to_string().contains("does not show the image findings of the newest scan"),
            noted,
            "{notes:#}"
        );
        assert_eq!(run["sources"][0]["state"], "complete");
    }
}

#[test]
fn the_newest_scan_of_one_image_does_not_hide_what_another_image_has() {
    let list = format!("projects/{{p}}/scans/{IMG_SCAN}/images/findings/security");
    let server = with_images(Mend::clean())
        .with(&list, Shape::Images, vec![])
        .with(&format!("projects/{{p}}/scans/{IMG_SCAN}/images/findings/secrets"), Shape::Images, vec![])
        .with(IMAGES, Shape::Images, rows("images"))
        .start();
    let run = judge(&policy(&server, ""), &["--format", "json"]).ends_with(1).json();
    let open = run["findings"].as_array().unwrap().iter().filter(|finding| finding["kind"] == "container").count();
    assert_eq!(open, 1, "{run:#}");
    tells(&run["sources"][0]["notes"], "are not of its newest IMG scan");
}

#[test]
fn licenses_and_violations_are_read_when_asked_for() {
    let mut lax = rows("libraries").remove(0);
    lax["uuid"] = json!("3d1f4c3b-9a8b-4c7d-8e6f-5a4b3c2d1e0f");
    lax["name"] = json!("easy-1.0.jar");
    lax["purl"] = json!("pkg:maven/org.easy/easy@1.0?type=jar");
    lax["licenses"] = json!([{"name": "MIT", "severity": "LOW"}, {"name": "LGPL-2.1", "severity": "MEDIUM"}]);
    let libraries = vec![rows("libraries").remove(0), lax];
    let server = Mend::clean()
        .with(VIOLATIONS, Shape::Flat, rows("violations"))
        .with(LIBRARIES, Shape::Nested, libraries)
        .start();
    for (licenses, want) in [
        ("violations", vec!["GPL-3.0"]),
        ("risky", vec!["GPL-3.0", "LGPL-2.1"]),
        ("all", vec!["GPL-3.0", "LGPL-2.1", "MIT"]),
    ] {
        let more = format!("engines: [sca, license], licenses: {licenses}");
        let run = judge(&policy(&server, &more), &["--format", "json"]).ends_with(1).json();
        let mut told: Vec<&str> = run["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| finding["kind"] == "license")
            .map(|finding| finding["license"][0].as_str().unwrap())
            .collect();
        told.sort_unstable();
        assert_eq!(told, want, "{licenses}");
        tells(
            &run["sources"][0]["notes"],
            "1 policy violations of GH_payments-api_main are by findings that its lists tell",
        );
        tells(&run["sources"][0]["notes"], "no status of policy violations");
        let gpl =
            run["findings"].as_array().unwrap().iter().find(|finding| finding["license"][0] == "GPL-3.0").unwrap();
        assert_eq!(gpl["package"]["purl"], "pkg:maven/org.copyleft/copyleft-parser@3.1.0");
    }
    // Without libraries a violation still counts; a choice of licenses cannot be made.
    let server = Mend::clean().with(VIOLATIONS, Shape::Flat, rows("violations")).start();
    let source_of = |more: &str, status| source(&server, more, status);
    tells(&source_of("engines: [sca, license]", 1)["notes"], "without facts of their libraries");
    assert_eq!(source_of("engines: [sca, license], licenses: all", 1)["state"], "failed");
}

#[test]
fn a_rule_on_licenses_sees_those_of_every_library() {
    let server =
        Mend::clean().with(VIOLATIONS, Shape::Flat, vec![]).with(LIBRARIES, Shape::Nested, rows("libraries")).start();
    let judge_by = |licenses: &str, status| {
        let policy = format!(
            "{}rules:\n  copyleft: {{when: {{kind: license, license: 'GPL-*'}}}}\n",
            policy(&server, &format!("engines: [sca, license], licenses: {licenses}"))
                .replace("thresholds: {all: any}\n", "")
        );
        judge(&policy, &[]).ends_with(status);
    };
    judge_by("all", 1);
    judge_by("violations", 0);
}

#[test]
fn scans_whose_findings_mend_does_not_list_are_no_part_of_a_pass_that_nobody_asked_for() {
    let mut mend = Mend::clean();
    let (_, scans) = mend.lists.get_mut(&path(SCANS)).unwrap();
    scans.push(scan("99990000-a6ff-4303-89a6-b051062fa5e3", "IAC", "FAILED", "2026-09-14T08:18:20Z"));
    let told = "has IAC scans, too; Mend has no list of what they found";
    let server = mend.start();
    tells(&source(&server, "", 3)["reasons"], told);
    tells(&source(&server, "engines: [sca, sast]", 0)["notes"], told);
}

#[test]
fn a_scan_of_no_engine_alone_may_have_been_of_any() {
    // Where the summary does not tell which engines ran, their lists are asked.
    let of = |engine: &str| {
        let scans = vec![
            scan(SCA_SCAN, "SCA", "FINISHED", "2026-09-14T08:21:40Z"),
            scan(IMG_SCAN, engine, "FINISHED", "2026-09-14T08:21:40Z"),
        ];
        let mut mend = Mend::clean().scans(scans).with(SAST, Shape::Code, rows("sast"));
        mend = mend.with(IMAGES, Shape::Images, vec![]).with(SECRETS, Shape::Images, vec![]);
        mend.summaries[0]["statistics"] = json!({});
        mend.start()
    };
    assert_eq!(source(&of("UNIFIED"), "", 1)["state"], "complete");
    assert_eq!(source(&of("SCA"), "", 0)["state"], "complete");
}

#[test]
fn an_engine_that_is_asked_for_and_never_ran_is_not_clean() {
    let server = with_images(Mend::clean())
        .scans(vec![scan(SCA_SCAN, "SCA", "FINISHED", "2026-09-14T08:21:40Z")])
        .last_scan(json!({"lastScanTime": 1, "lastScaScanTime": 1, "lastSastScanTime": 0, "lastImgScanTime": 0}))
        .with(SAST, Shape::Code, vec![])
        .start();
    for (engine, kind) in [("sast", "SAST"), ("container", "IMG"), ("secret", "IMG")] {
        let source = source(&server, &format!("engines: [sca, {engine}]"), 3);
        tells(&source["reasons"], &format!("`engines` asks for {engine}, but no {kind} scan ever ran"));
    }
    // Nobody asked for it: only what ran is read.
    let source_of = source(&server, "", 0);
    assert_eq!((&source_of["state"], server.count(&path(SAST))), (&json!("complete"), 1));
    let server = Mend::clean()
        .scans(vec![scan(SAST_SCAN, "SAST", "FINISHED", "2026-09-14T08:18:20Z")])
        .last_scan(json!({"lastScanTime": 1, "lastScaScanTime": 0, "lastSastScanTime": 1}))
        .start();
    tells(&source(&server, "", 0)["notes"], "no SCA scan ever ran in the project");
}
