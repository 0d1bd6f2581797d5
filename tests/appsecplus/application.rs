//! Which application is read: by id, by name, by the repository.

use serde_json::{Value, json};

use crate::common::Folder;
use crate::common::server::Reply;
use crate::gate::{assert_told, command, ended, gate};
use crate::vendor::{Paging, REPOSITORY, Vendor, scan};

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
