use std::path::Path;

use super::*;
use crate::env::Env;
use crate::net::{Host, Masks, Trust};
use crate::project::Project;
use crate::source::test_section;

fn read(section: &str) -> Result<Settings, Vec<String>> {
    test_section::read(section, decode)
}

const KEYS: [(&str, &str); 2] = [("MEND_EMAIL", "ci@acme.example"), ("MEND_USER_KEY", "uk-0123456789abcdef")];

fn made(section: &str, variables: &[(&str, &str)], allowed: &[&str], project: Project) -> Result<Reader, String> {
    let env = Env::of(variables.iter().copied(), Path::new("/"));
    let trust = Trust::new(allowed.iter().map(|host| Host::parse(host).unwrap()).collect());
    let masks = Masks::default();
    let access = Access { env: &env, trust: &trust, project: &project, masks: &masks };
    ready(&read(section).expect("good"), &access).map_err(|unready| match unready {
        Unready::NoCredentials(variables) => format!("none: {variables}"),
        Unready::Refused(error) => format!("{error:#}"),
    })
}

fn with(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    KEYS.iter().chain(more).copied().collect()
}

#[test]
fn a_section_is_read_with_every_default() {
    let settings = read("url: saas").expect("good");
    assert_eq!(settings.engines, None);
    assert_eq!((settings.page_size, settings.concurrency), (1000, 4));
    assert_eq!((settings.branch_tag.as_str(), settings.licenses), ("branch", Licenses::Violations));
    assert_eq!(settings.reads(), ["the project of the repository and branch: sca, and whatever else was ever scanned"]);
    let settings =
        read("{projects: [a/b, c], application: x, engines: [license, sca, sca], licenses: all}").expect("good");
    assert_eq!(settings.projects, ["a/b", "c"]);
    assert_eq!(settings.engines, Some(vec![Engine::Sca, Engine::License]));
    assert_eq!(settings.licenses, Licenses::All);
    assert_eq!(settings.reads()[1], "project c of the application x: sca, license");
    let settings = read("tags: {repo-url: github.com/acme/a}").expect("good");
    assert_eq!(settings.tags, [("repo-url".to_owned(), "github.com/acme/a".to_owned())]);
    assert!(settings.reads()[0].contains("repo-url=github.com/acme/a"));
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for (section, want) in [
        ("{project: a, projects: [b]}", "`project` and `projects` are both given"),
        ("engines: [iac]", "unknown engine `iac`"),
        ("engines: []", "expected at least one item for `engines`"),
        ("page_size: 0", "expected a number from 1 to 10000 for `page_size`"),
        ("concurrency: 5", "expected a number from 1 to 4 for `concurrency`"),
        ("tags: {}", "`tags` is empty"),
        ("licenses: all", "`licenses` says what is read, but licenses are not read"),
        ("partial: accept", "unknown key `partial` in the source `mend`"),
    ] {
        let problems = read(section).expect_err(section);
        assert!(problems.iter().any(|problem| problem.contains(want)), "{section}: {problems:?}");
    }
}

#[test]
fn without_credentials_or_with_half_of_them_nothing_is_read() {
    let none = |variables: &[(&str, &str)]| made("url: saas", variables, &[], Project::default()).unwrap_err();
    assert_eq!(none(&[]), "none: MEND_EMAIL and MEND_USER_KEY");
    assert_eq!(none(&[("MEND_EMAIL", ""), ("MEND_USER_KEY", " ")]), "none: MEND_EMAIL and MEND_USER_KEY");
    assert!(none(&KEYS[..1]).contains("MEND_USER_KEY is empty"));
    let error = none(&KEYS[1..]);
    assert!(error.contains("MEND_EMAIL is empty") && !error.contains("uk-0123"), "{error}");
}

#[test]
fn the_environment_goes_before_the_policy_and_only_it_may_name_another_host() {
    let address = |section: &str, variables: &[(&'static str, &'static str)], allowed: &[&str]| {
        made(section, &with(variables), allowed, Project::default()).map(|reader| reader.endpoint.address().to_owned())
    };
    assert_eq!(address("url: saas-eu", &[], &[]).unwrap(), "https://api-saas-eu.mend.io/api/v3.0");
    assert_eq!(
        address("url: saas-eu", &[("MEND_URL", "https://app.mend.io")], &[]).unwrap(),
        "https://api-app.mend.io/api/v3.0"
    );
    assert_eq!(
        address("{}", &[("MEND_URL", "https://mend.acme.example")], &[]).unwrap(),
        "https://api-mend.acme.example/api/v3.0"
    );
    let error = address("url: 'https://mend.acme.example'", &[], &[]).unwrap_err();
    assert!(error.contains("--allow-host api-mend.acme.example"), "{error}");
    assert!(address("url: 'https://mend.acme.example'", &[], &["api-mend.acme.example"]).is_ok());
    assert!(address("url: nowhere", &[], &[]).is_err(), "an instance that nobody knows is no host of the vendor's");
    assert!(address("{}", &[], &[]).unwrap_err().contains("which instance of Mend"));
    let error = address("url: 'https://ci:hunter22@saas.mend.io'", &[], &[]).unwrap_err();
    assert!(error.contains("carries a name or password") && !error.contains("hunter22"), "{error}");
}

#[test]
fn an_organization_that_two_name_differently_is_refused() {
    let org = |section: &str, variable: &'static str| {
        made(section, &with(&[("MEND_ORG_UUID", variable)]), &[], Project::default()).map(|reader| reader.settings.org)
    };
    assert_eq!(org("url: saas", "o-1").unwrap().as_deref(), Some("o-1"));
    assert_eq!(org("{url: saas, org: O-1}", "o-1").unwrap().as_deref(), Some("o-1"));
    let error = org("{url: saas, org: o-2}", "o-1").unwrap_err();
    assert!(error.contains("`o-1`") && error.contains("`o-2`"), "{error}");
}

#[test]
fn a_project_of_the_command_line_goes_before_those_of_the_policy() {
    let project = Project { name: Some("mine".into()), ..Project::default() };
    let reader = made("{url: saas, projects: [a, b]}", &KEYS, &[], project).unwrap();
    assert_eq!(reader.settings.projects, ["mine"]);
}
