use super::*;

fn project(name: &str, application: &str, tags: &[(&str, &str)]) -> Project {
    let tags: Vec<_> = tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    let row = json!({"uuid": format!("uuid-of-{application}-{name}"), "name": name, "path": application, "tags": tags});
    Project::of(&serde_json::from_value(row).unwrap()).unwrap()
}

const REPOSITORY: &str = "github.com/acme/payments";

fn found(all: &[Project], repository: Option<&str>, branch: Option<&str>) -> Result<String, String> {
    let wanted = Wanted { tags: &[], branch_tag: "branch", repository, branch };
    by_repository(all.to_vec(), &wanted, all.len()).map(|project| project.name)
}

#[test]
fn the_project_of_the_repository_is_found_by_its_tag_and_branch() {
    let of = |url: &str| ("sourceUrl", url.to_owned());
    let all: Vec<Project> = [
        ("a", of("github.com/acme/payments"), Some("main")),
        ("b", of("https://GitHub.com/acme/payments.git"), Some("refs/heads/release")),
        ("other", of("github.com/acme/web"), Some("main")),
    ]
    .into_iter()
    .map(|(name, (key, url), branch)| {
        let mut tags = vec![(key, url.as_str())];
        tags.extend(branch.map(|branch| ("branch", branch)));
        project(name, "x", &tags)
    })
    .collect();
    assert_eq!(found(&all, Some(REPOSITORY), Some("main")).unwrap(), "a");
    assert_eq!(found(&all, Some("git@github.com:acme/payments.git"), Some("release")).unwrap(), "b");
    let error = found(&all, Some(REPOSITORY), Some("feature")).unwrap_err();
    assert!(error.contains("of the branch feature") && error.contains("x/a (uuid-of-x-a), x/b"), "{error}");
    let error = found(&all, Some(REPOSITORY), None).unwrap_err();
    assert!(error.contains("several projects") && error.contains("uuid-of-x-b"), "{error}");
    assert!(found(&all, Some("github.com/acme/none"), Some("main")).unwrap_err().contains("none of the 3 projects"));
    assert!(found(&all, None, Some("main")).unwrap_err().contains("repository that is judged is not known"));
}

#[test]
fn two_projects_of_one_repository_without_a_branch_are_told_apart_by_name_or_not_at_all() {
    let tag = [("sourceUrl", REPOSITORY)];
    let both = [project("GH_payments_main", "GH_acme", &tag), project("GH_payments_dev", "GH_acme", &tag)];
    assert_eq!(found(&both, Some(REPOSITORY), Some("dev")).unwrap(), "GH_payments_dev");
    assert!(found(&both, Some(REPOSITORY), Some("other")).unwrap_err().contains("of the branch other: there is"));
    let both = [project("web", "x", &tag), project("jobs", "x", &tag)];
    assert!(found(&both, Some(REPOSITORY), Some("dev")).unwrap_err().contains("several projects"));
}

#[test]
fn the_only_project_of_a_repository_is_not_taken_for_a_branch_that_its_name_denies() {
    let tag = [("sourceUrl", REPOSITORY)];
    let of = |name: &str, branch: &str| found(&[project(name, "GH_acme", &tag)], Some(REPOSITORY), Some(branch));
    for (name, branch) in [("GH_payments_main", "dev"), ("GH_payments_release_main", "main")] {
        let error = of(name, branch).unwrap_err();
        assert!(error.contains(&format!("of the branch {branch}: there is GH_acme/{name}")), "{error}");
    }
    for (name, branch) in [("GH_payments_main", "main"), ("GH_payments_feature_x", "feature/x"), ("payments", "dev")] {
        assert_eq!(of(name, branch).unwrap(), name);
    }
}

#[test]
fn the_names_of_mends_integrations_lead_to_the_project() {
    let all = [
        project("GH_payments_main", "GH_acme", &[]),
        project("GH_payments_main", "GH_elsewhere", &[]),
        project("AZ_payments_main", "AZ_acme/shop", &[]),
    ];
    assert_eq!(found(&all[..2], Some(REPOSITORY), Some("main")).unwrap(), "GH_payments_main");
    assert_eq!(found(&all[2..], Some("dev.azure.com/acme/shop/payments"), Some("main")).unwrap(), "AZ_payments_main");
    assert!(found(&all[1..2], Some(REPOSITORY), Some("main")).is_err(), "another organization's");
}

#[test]
fn tags_of_the_policy_choose_the_project() {
    let all = [
        project("a", "x", &[("repo-url", "https://github.com/acme/payments"), ("tier", "1")]),
        project("b", "x", &[("repo-url", "https://github.com/acme/payments"), ("tier", "2")]),
    ];
    let tags = [("Repo-Url".to_owned(), REPOSITORY.to_owned()), ("tier".to_owned(), "2".to_owned())];
    let wanted = Wanted { tags: &tags, branch_tag: "branch", repository: None, branch: None };
    assert_eq!(by_repository(all.to_vec(), &wanted, 2).unwrap().name, "b");
    let wanted = Wanted { tags: &tags[..1], ..wanted };
    assert!(by_repository(all.to_vec(), &wanted, 2).unwrap_err().contains("several projects at Mend have the tags"));
}

#[test]
fn a_name_that_is_not_there_or_is_there_twice_is_told_with_the_candidates() {
    let all = [project("web", "shop", &[]), project("web", "blog", &[]), project("api", "shop", &[])];
    let find = |name: &str| named(name, &all, &[], None);
    assert_eq!(find("shop/web").unwrap().application.as_deref(), Some("shop"));
    assert_eq!(find("api").unwrap().name, "api");
    assert_eq!(find("UUID-OF-shop-api").unwrap().name, "api");
    let error = find("web").unwrap_err();
    assert!(error.contains("several projects: blog/web (uuid-of-blog-web), shop/web (uuid-of-shop-web)"), "{error}");
    assert!(find("AP").unwrap_err().contains("there is shop/api"), "{:?}", find("AP"));
    let error = named("api", &[], &all, Some("blog")).unwrap_err();
    assert!(error.contains("in the application `blog`") && error.contains("there is shop/api"), "{error}");
}

#[test]
fn the_branch_of_a_project_is_told_by_one_tag_or_by_the_whole_name() {
    let branch = |project: &Project| project.branch("branch", Some(REPOSITORY), Some("main"));
    assert_eq!(branch(&project("x", "a", &[("branch", "refs/heads/dev")])).as_deref(), Some("dev"));
    assert_eq!(branch(&project("x", "a", &[("branch", "dev"), ("branch", "main")])), None);
    assert_eq!(branch(&project("GH_payments_main", "a", &[])).as_deref(), Some("main"));
    assert_eq!(branch(&project("GH_payments_release_main", "a", &[])), None, "that is the branch release_main");
}

#[test]
fn whether_a_project_was_ever_scanned_is_read_from_what_is_told() {
    let ever = |row: serde_json::Value| {
        let row = serde_json::from_value(row).unwrap();
        Project::of(&row).unwrap().scanned
    };
    let last = |value: serde_json::Value| json!({"uuid": "u", "statistics": {"LAST_SCAN": value}});
    assert_eq!(ever(last(json!({"lastScanTime": 0, "lastScaScanTime": 0}))).ever, Some(false));
    let scanned = ever(last(json!({"lastScanTime": 1_789_374_100_000_u64, "lastSastScanTime": "0"})));
    assert_eq!((scanned.ever, scanned.by(Engine::Sast), scanned.by(Engine::Sca)), (Some(true), Some(false), None));
    assert_eq!(ever(json!({"uuid": "u"})).ever, None);
    assert_eq!(ever(json!({"uuid": "u", "lastScanned": "2026-09-14T08:21:40Z"})).ever, Some(true));
}
