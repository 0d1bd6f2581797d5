use serde_json::{Value, json};

use super::*;

fn target(id: &str, name: &str) -> Target {
    Target { id: id.into(), name: name.into(), ..Target::default() }
}

fn belongs(chosen: &Chosen, row: &Value) -> Belongs {
    let row: wire::Finding = serde_json::from_str(&row.to_string()).unwrap();
    chosen.belongs(row.place())
}

#[test]
fn a_row_belongs_to_a_project_by_its_id_and_by_its_name_only_where_no_id_is_told() {
    let chosen = Chosen { targets: vec![target("proj_1", "Checkout"), target("7", "other")], ..Chosen::default() };
    for (row, want) in [
        (json!({"project": {"id": "proj_1", "name": "Checkout"}}), Belongs::To(0)),
        (json!({"project": {"name": "checkout"}}), Belongs::To(0)),
        (json!({"project": "Checkout"}), Belongs::To(0)),
        (json!({"project": "proj_1"}), Belongs::To(0)),
        (json!({"project_id": 7}), Belongs::To(1)),
        (json!({"project_id": "7"}), Belongs::To(1)),
        (json!({"project_ids": ["x", "proj_1"]}), Belongs::To(0)),
        (json!({"projects": [{"id": "x"}, {"id": "proj_1"}]}), Belongs::To(0)),
        (json!({"projects": ["x", "proj_1"]}), Belongs::To(0)),
        (json!({"project": {"id": "proj_9", "name": "child", "parent_id": "proj_1"}}), Belongs::To(0)),
        (json!({"project": {"id": "proj_2", "name": "Checkout"}}), Belongs::Elsewhere("Checkout".into())),
        (json!({"project_id": "proj_2"}), Belongs::Elsewhere("proj_2".into())),
        (json!({"project": "identity"}), Belongs::Elsewhere("identity".into())),
        (json!({"project": null, "project_id": "", "projects": []}), Belongs::Untold),
        (json!({}), Belongs::Untold),
    ] {
        assert_eq!(belongs(&chosen, &row), want, "{row}");
    }
    let named = belongs(&chosen, &json!({"asset": {"full_name": "acme/checkout"}}));
    assert!(matches!(named, Belongs::Asset(_)), "{named:?}");
}

#[test]
fn a_project_is_found_by_its_id_its_name_or_its_name_in_another_case_and_never_guessed() {
    let known = [target("proj_1", "Checkout"), target("proj_2", "checkout"), target("proj_3", "Identity")];
    assert_eq!(by_name(&known, "proj_3").unwrap().name, "Identity");
    assert_eq!(by_name(&known, "checkout").unwrap().id, "proj_2");
    assert_eq!(by_name(&known, "IDENTITY").unwrap().id, "proj_3");
    let error = by_name(&known, "CHECKOUT").unwrap_err();
    assert!(error.contains("2 projects are called") && error.contains("proj_1, proj_2"), "{error}");
    let error = by_name(&known, "check").unwrap_err();
    assert!(error.contains("there is no project `check`; there is `Checkout`, `Identity`, `checkout`"), "{error}");
    assert!(by_name(&[], "x").unwrap_err().contains("sees no project at all"));
    let many: Vec<Target> = (10..40).map(|n| target(&n.to_string(), &format!("p{n}"))).collect();
    let error = by_name(&many, "x").unwrap_err();
    assert!(error.contains("`p19`, ...") && !error.contains("p20"), "{error}");
}

#[test]
fn sub_projects_are_read_with_their_parent_each_once() {
    let child = |id: &str, parent: &str| Target { parent: Some(parent.into()), ..target(id, id) };
    let known = [target("a", "a"), child("b", "a"), child("c", "b"), child("d", "x"), child("e", "e")];
    let found = with_children(vec![known[0].clone(), known[1].clone(), known[4].clone()], &known);
    let told: Vec<(&str, usize)> = found.iter().map(|target| (target.id.as_str(), target.group)).collect();
    assert_eq!(told, [("a", 0), ("b", 0), ("c", 0), ("e", 2)]);
}

#[test]
fn a_repository_is_the_same_however_its_address_is_written() {
    for (a, b, want) in [
        ("acme/checkout", "github.com/acme/checkout", true),
        ("Acme/Checkout", "github.com/acme/checkout", true),
        ("https://github.com/acme/checkout.git", "github.com/acme/checkout", true),
        ("git@github.com:acme/checkout.git", "acme/checkout", true),
        ("acme/checkout", "acme/checkout", true),
        ("acme/checkout", "gitlab.com/group/acme/checkout", false),
        ("https://gitlab.com/acme/checkout", "github.com/acme/checkout", false),
        ("acme/checkout", "github.com/acme/checkout-service", false),
        ("checkout", "github.com/acme/checkout", false),
        ("acme.io/checkout", "github.com/acme.io/checkout", true),
    ] {
        assert_eq!(is_repository(a, b), want, "{a} {b}");
    }
}

#[test]
fn an_asset_is_known_by_its_id_its_full_name_or_its_name() {
    let wanted = Asset {
        id: Some("asset_1".into()),
        name: Some("checkout".into()),
        full_name: Some("acme/checkout".into()),
        projects: vec![],
    };
    for (row, want) in [
        (json!({"asset_id": "asset_1"}), Some(true)),
        (json!({"asset_id": "asset_2"}), Some(false)),
        (json!({"asset": {"full_name": "ACME/checkout"}}), Some(true)),
        (json!({"asset": {"full_name": "other/checkout", "name": "checkout"}}), Some(false)),
        (json!({"asset": "acme/checkout"}), Some(true)),
        (json!({"asset": "checkout"}), Some(true)),
        (json!({"asset_name": "identity"}), Some(false)),
        (json!({"repository": "https://github.com/acme/checkout"}), Some(true)),
        (json!({}), None),
    ] {
        let row: wire::Finding = serde_json::from_str(&row.to_string()).unwrap();
        assert_eq!(wanted.is(&asset_of(row.place())), want, "{row:?}");
    }
}

#[test]
fn rows_of_projects_and_assets_are_read_under_every_name() {
    let raw = |value: Value| RawValue::from_string(value.to_string()).unwrap();
    let read =
        project(&raw(json!({"id": 7, "name": "a", "finding_count": "3", "asset_count": 0, "parent": {"id": 6}})))
            .ok()
            .unwrap();
    assert_eq!((read.key.as_deref(), read.value.findings, read.value.assets), (Some("7"), Some(3), Some(0)));
    assert_eq!(read.value.parent.as_deref(), Some("6"));
    assert!(project(&raw(json!({"name": "a"}))).is_err());
    for row in [
        json!({"id": "x", "full_name": "a/b", "project_ids": ["p"]}),
        json!({"id": "x", "repository": "a/b", "projects": [{"id": "p"}]}),
        json!({"id": "x", "repo": {"full_name": "a/b"}, "project_id": "p"}),
        json!({"id": "x", "repository": {"full_name": "a/b"}, "project": {"id": "p"}}),
        json!({"id": "x", "full_name": "a/b", "project": "p", "projects": ["p"]}),
    ] {
        let read = asset(&raw(row.clone())).ok().unwrap().value;
        assert_eq!((read.full_name.as_deref(), &*read.projects), (Some("a/b"), &["p".to_owned()][..]), "{row}");
    }
    assert!(asset(&raw(json!({"name": "b"}))).is_err());
}
