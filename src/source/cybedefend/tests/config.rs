use std::path::Path;

use super::*;
use crate::env::Env;
use crate::net::{Host, Masks, Trust};
use crate::project::Project;
use crate::source::test_section;

fn read(section: &str) -> Result<Settings, Vec<String>> {
    test_section::read(section, decode)
}

const GIVEN: (&str, &str) = (PAT, "pat_0123456789abcdef");
const ID: &str = "550e8400-e29b-41d4-a716-446655440001";

fn made(section: &str, env: &[(&str, &str)], name: Option<&str>, allowed: &[&str]) -> Result<Reader, Unready> {
    let env = Env::of(env.iter().copied(), Path::new("."));
    let trust = Trust::new(allowed.iter().map(|host| Host::parse(host).unwrap()).collect());
    let project = Project { name: name.map(str::to_owned), ..Project::default() };
    let masks = Masks::default();
    ready(&read(section).unwrap(), &Access { env: &env, trust: &trust, project: &project, masks: &masks })
}

fn refused(section: &str, env: &[(&str, &str)]) -> String {
    let env: Vec<_> = [GIVEN].into_iter().chain(env.iter().copied()).collect();
    match made(section, &env, None, &[]) {
        Err(Unready::Refused(error)) => format!("{error:#}"),
        other => panic!("{section} {env:?}: {other:?}"),
    }
}

#[test]
fn every_key_is_read_and_has_its_default() {
    let settings = read("region: EU").unwrap();
    assert_eq!(settings.region.as_deref(), Some("eu"));
    assert_eq!((settings.page_size, settings.concurrency, settings.types.is_none()), (100, 2, true));
    assert!(settings.branch.is_none() && settings.projects.is_empty());
    let settings = read(
        "{url: 'https://a.example/', auth_url: 'https://b.example', app_url: 'https://c.example/x/', projects: [a, b], \
         branch: refs/heads/main, types: [secret, sast, sast], page_size: 10, concurrency: 1}",
    )
    .unwrap();
    assert_eq!(settings.app_url.as_deref(), Some("https://c.example/x"));
    assert_eq!(settings.projects, ["a", "b"]);
    assert_eq!(settings.branch, Some(Branch::Named("main".into())));
    assert_eq!(settings.types, Some(vec![Type::Sast, Type::Secret]));
    assert_eq!((settings.page_size, settings.concurrency), (10, 1));
    assert_eq!(read("{region: eu, branch: current}").unwrap().branch, Some(Branch::Current));
    assert_eq!(read("{region: eu, types: sca}").unwrap().types, Some(vec![Type::Sca]));
    for key in TABLE.keys {
        assert!(read(&format!("{}: {}", key.name, key.example)).is_ok(), "{}", key.name);
    }
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_place() {
    for (section, want) in [
        ("region: eu.evil", "1:9 expected a region"),
        ("region: -eu", "1:9 expected a region"),
        ("region: 'a/b'", "1:9 expected a region"),
        ("url: api.example", "1:6 expected an address"),
        ("url: 'https:///x'", "1:6 expected an address"),
        ("app_url: http://x.example", "1:10 expected an https address"),
        ("app_url: 'https://x@y.example'", "1:10 expected an https address"),
        ("{region: eu, url: 'https://a.example'}", "1:14 `region` and `url` both say where CybeDefend is"),
        ("{project: a, projects: [b]}", "1:14 `project` and `projects` both say what is read"),
        ("projects: []", "1:11 expected at least one item for `projects`"),
        ("types: []", "1:8 expected at least one item for `types`"),
        ("types: [secrets]", "1:9 unknown type of finding `secrets` | did you mean `secret`?"),
        ("page_size: 9", "1:12 expected a number from 10 to 100 for `page_size`"),
        ("page_size: 101", "1:12 expected a number from 10 to 100"),
        ("concurrency: 3", "1:14 expected a number from 1 to 2"),
        ("on_error: warn", "1:1 unknown key `on_error`"),
        ("project_id: x", "1:1 unknown key `project_id` in the source `cybedefend` | did you mean `project`?"),
    ] {
        let problems = read(section).expect_err(section);
        assert_eq!(problems.len(), 1, "{section}: {problems:#?}");
        assert!(problems[0].starts_with(want), "{section}: {problems:#?}");
    }
}

#[test]
fn a_region_leads_to_the_hosts_of_the_vendor_and_to_its_pages() {
    for (section, env, region) in [
        ("region: eu", vec![], "eu"),
        ("region: us", vec![], "us"),
        ("region: Acme-2", vec![], "acme-2"),
        ("region: eu", vec![(REGION, " US ")], "us"),
        ("{}", vec![(REGION, "acme")], "acme"),
        ("{url: 'https://x.example', auth_url: 'https://y.example'}", vec![(REGION, "eu")], "eu"),
        ("{url: 'https://api-us.cybedefend.com', auth_url: 'https://auth-us.cybedefend.com'}", vec![], "us"),
    ] {
        let env: Vec<_> = [GIVEN].into_iter().chain(env).collect();
        let reader = made(section, &env, None, &[]).unwrap();
        assert_eq!(reader.api.address(), format!("https://api-{region}.cybedefend.com"), "{section}");
        assert_eq!(reader.auth.address(), format!("https://auth-{region}.cybedefend.com"), "{section}");
        assert_eq!(reader.app, Some(format!("https://{region}.cybedefend.com")), "{section}");
    }
}

#[test]
fn a_server_of_ones_own_is_named_by_both_addresses_and_trusted_by_whoever_runs_the_job() {
    let env = [GIVEN, (URL, "https://api.x.example/base/"), (AUTH_URL, "https://auth.x.example")];
    let reader = made("region: eu", &env, None, &[]).unwrap();
    assert_eq!((reader.api.address(), reader.auth.address()), ("https://api.x.example/base", "https://auth.x.example"));
    assert_eq!(reader.app, None);
    let with_app: Vec<_> = env.into_iter().chain([(APP_URL, "https://x.example/")]).collect();
    assert_eq!(made("{}", &with_app, None, &[]).unwrap().app.as_deref(), Some("https://x.example"));

    let section = "{url: 'https://api.x.example', auth_url: 'https://auth.x.example'}";
    let Err(Unready::Refused(error)) = made(section, &[GIVEN], None, &["api.x.example"]) else { panic!("refused") };
    let error = error.to_string();
    assert!(error.starts_with("`auth_url` of the source") && error.contains("--allow-host auth.x.example"), "{error}");
    assert!(made(section, &[GIVEN], None, &["api.x.example", "auth.x.example"]).is_ok());
}

#[test]
fn an_address_that_only_the_policy_names_gets_no_token_unless_it_is_the_vendors_own() {
    for (api, auth) in [
        ("https://api.x.example", "https://auth-eu.cybedefend.com"),
        ("https://api-eu.cybedefend.com", "https://auth.x.example"),
        ("https://api-eu.cybedefend.com.x.example", "https://auth-eu.cybedefend.com"),
        ("https://api-eu.x.cybedefend.com", "https://auth-eu.cybedefend.com"),
        ("https://eu.cybedefend.com", "https://auth-eu.cybedefend.com"),
        ("https://api-eu.cybedefend.com:8443", "https://auth-eu.cybedefend.com"),
    ] {
        let error = refused(&format!("{{url: '{api}', auth_url: '{auth}'}}"), &[]);
        assert!(error.contains("--allow-host"), "{api} {auth}: {error}");
    }
}

#[test]
fn half_of_a_pair_and_contradictions_are_refused_before_anybody_is_asked() {
    for (section, env, want) in [
        ("{}", vec![], "nothing says where CybeDefend is"),
        ("region: eu", vec![(URL, "https://a.example")], "CYBEDEFEND_URL is given without CYBEDEFEND_AUTH_URL"),
        ("region: eu", vec![(AUTH_URL, "https://a.example")], "CYBEDEFEND_AUTH_URL is given without CYBEDEFEND_URL"),
        ("url: 'https://a.example'", vec![], "`url` of the policy is given without `auth_url`"),
        ("auth_url: 'https://a.example'", vec![], "`auth_url` of the policy is given without `url`"),
        (
            "{}",
            vec![(URL, "https://a.example"), (AUTH_URL, "https://b.example"), (REGION, "eu")],
            "both say where CybeDefend is",
        ),
        ("{}", vec![(REGION, "eu.evil.example")], "CYBEDEFEND_REGION: `eu.evil.example` is not a region"),
        ("region: eu", vec![(APP_URL, "http://a.example")], "CYBEDEFEND_APP_URL: `http://a.example` is not"),
        ("region: eu", vec![(PROJECT, "payments")], "CYBEDEFEND_PROJECT_ID: `payments` is not an id"),
    ] {
        let error = refused(section, &env);
        assert!(error.contains(want), "{section} {env:?}: {error}");
    }
}

#[test]
fn the_command_line_goes_before_the_policy_and_the_policy_before_the_environment() {
    let env = [GIVEN, (PROJECT, ID)];
    let wanted = |section: &str, name| {
        let reader = made(section, &env, name, &[]).unwrap();
        reader.projects.into_iter().map(|wanted| (wanted.name, wanted.by)).collect::<Vec<_>>()
    };
    assert_eq!(wanted("region: eu", None), [(ID.to_owned(), PROJECT)]);
    assert_eq!(wanted("{region: eu, project: a}", None), [("a".to_owned(), "the policy")]);
    assert_eq!(wanted("{region: eu, projects: [a, b]}", None).len(), 2);
    assert_eq!(wanted("{region: eu, projects: [a, b]}", Some("c")), [("c".to_owned(), "--project")]);
    assert_eq!(made("region: eu", &[GIVEN], None, &[]).unwrap().projects, []);
}

#[test]
fn without_a_personal_access_token_it_is_not_ready() {
    for env in [vec![], vec![(PAT, "")], vec![(PAT, "  ")]] {
        assert!(matches!(made("region: eu", &env, None, &[]), Err(Unready::NoCredentials(PAT))), "{env:?}");
    }
}

#[test]
fn an_id_is_a_uuid() {
    assert!(is_uuid(ID) && is_uuid(&ID.to_uppercase()));
    for bad in ["", "payments", &ID[1..], &ID.replace('-', "0"), &ID.replace('5', "g")] {
        assert!(!is_uuid(bad), "{bad}");
    }
}

#[test]
fn what_is_read_is_told_in_the_words_of_the_policy() {
    let reads = read("{region: eu, project: payments-api, branch: current, types: [sast, sca]}").unwrap().reads();
    assert_eq!(reads, ["project payments-api", "the branch that is judged", "sast, sca"]);
    let reads = read("region: eu").unwrap().reads();
    assert!(reads[0].contains("CYBEDEFEND_PROJECT_ID") && reads[1] == "sast, sca, iac, secret, cicd, container");
}
