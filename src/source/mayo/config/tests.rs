use std::path::Path;

use super::*;
use crate::env::Env;
use crate::net::{Masks, Trust};
use crate::policy::language::SOURCE_COMMON;
use crate::project::Project;
use crate::source::test_section;

fn read(section: &str) -> Result<Settings, Vec<String>> {
    test_section::read(section, decode)
}

#[test]
fn every_key_is_read_with_its_example_and_its_default() {
    for key in TABLE.keys {
        read(&format!("{}: {}", key.name, key.example)).unwrap_or_else(|problems| panic!("{}: {problems:?}", key.name));
        if let Presence::Optional(default) = key.presence
            && !default.is_empty()
        {
            let given = read(&format!("{}: {default}", key.name)).expect(key.name);
            let url = Some(ADDRESS.to_owned()).filter(|_| key.name == "url");
            assert_eq!(given, Settings { url, ..read("{}").expect("nothing") }, "{}", key.name);
        }
        assert!(SOURCE_COMMON.key(key.name).is_none(), "{}", key.name);
    }
    for (written, meant) in TABLE.synonyms {
        assert!(TABLE.key(meant).is_some() && TABLE.key(written).is_none(), "{written}");
    }
}

#[test]
fn a_section_says_what_is_read() {
    let all = read(
        "{projects: [a, proj_1], asset: acme/a, auth_header: x-api-key, findings_path: '/projects/{project_id}/findings', \
         project_param: '', extra_query: {scanner_type: sast}, count_accepted_risk: true, severity: adjusted, \
         trust_server_filter: true, page_size: 7, concurrency: 8}",
    )
    .expect("good");
    assert_eq!(all.projects, ["a", "proj_1"]);
    assert_eq!(all.findings_path, ["projects", PROJECT_ID, "findings"]);
    assert_eq!((all.project_param.as_str(), all.page_size, all.concurrency), ("", 7, 8));
    assert_eq!(all.extra_query, [("scanner_type".to_owned(), "sast".to_owned())]);
    assert_eq!((all.auth_header, all.severity), (AuthHeader::ApiKey, SeverityFrom::Adjusted));
    assert!(all.count_accepted_risk && all.trust_server_filter);
    assert_eq!(all.reads(), ["project a (asset acme/a)", "project proj_1 (asset acme/a)"]);
    assert_eq!(read("asset: acme/a").expect("good").reads(), ["asset acme/a"]);
    assert_eq!(read("{}").expect("good").reads(), ["the project of the repository that is judged"]);
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_place() {
    for (section, want) in [
        ("{project: a, projects: [b]}", "1:14 `project` and `projects` are both given"),
        ("project: 5", "1:10 expected the name or id of a project, found the number `5`"),
        ("asset: checkout", "1:8 expected a repository"),
        ("page_size: 0", "1:12 expected a number from 1 to 100"),
        ("page_size: 101", "1:12 expected a number from 1 to 100"),
        ("concurrency: 9", "1:14 expected a number from 1 to 8"),
        ("auth_header: basic", "1:14 unknown header for the key"),
        ("severity: highest", "1:11 unknown origin of severities"),
        ("findings_path: /a/../b", "1:16 expected a path below `url`"),
        ("findings_path: '/findings?status=open'", "1:16 expected a path below `url`"),
        ("findings_path: '/{id}/findings'", "1:16 expected a path below `url`"),
        ("project_param: 'a b'", "1:16 `a b` is no name of a parameter"),
        ("project_param:", "1:14 expected the name of a parameter, found nothing"),
        ("extra_query: {}", "1:14 `extra_query` is empty"),
        ("extra_query: {status: open}", "1:15 `extra_query` may not hold `status` | findgate reads every status"),
        ("extra_query: {severity: critical}", "1:15 `extra_query` may not hold `severity`"),
        ("extra_query: {Per_Page: '5'}", "1:15 `extra_query` may not hold `Per_Page`"),
        ("extra_query: {a: 5}", "1:18 expected the value of a parameter, found the number `5`"),
        ("extra_query: {project_id: x}", "1:1 `extra_query` holds `project_id`, which `project_param` sends already"),
        ("count_accepted_risk: 'yes'", "1:22 expected `true` or `false`"),
        ("base_url: x", "1:1 unknown key `base_url` in the source `mayo` | did you mean `url`?"),
        ("on_error: warn", "1:1 unknown key `on_error` in the source `mayo`"),
    ] {
        let problems = read(section).expect_err(section);
        assert_eq!(problems.len(), 1, "{section}: {problems:#?}");
        assert!(problems[0].starts_with(want), "{section}: {}", problems[0]);
    }
}

const KEY_VALUE: &str = "mayo_ak_0123456789abcdefABCDEF0123456789";

fn readied(section: &str, variables: &[(&str, &str)], project: &Project) -> Result<Reader, String> {
    let env = Env::of(variables.iter().copied(), Path::new("."));
    let (trust, masks) = (Trust::default(), Masks::default());
    let access = Access { env: &env, trust: &trust, project, masks: &masks };
    ready(&read(section).expect("a section"), &access).map_err(|unready| match unready {
        Unready::NoCredentials(variable) => format!("no {variable}"),
        Unready::Refused(error) => error.to_string(),
    })
}

#[test]
fn an_address_in_the_environment_goes_before_the_one_in_the_policy() {
    let here = Project::default();
    let address = |section: &str, variables: &[(&str, &str)]| {
        readied(section, variables, &here).map(|reader| reader.endpoint.address().to_owned())
    };
    let key = (KEY, KEY_VALUE);
    assert_eq!(address("project: a", &[key]).as_deref(), Ok("https://mayoaspm.com/api"));
    assert_eq!(
        address("{project: a, url: 'https://mayoaspm.com/api/v2/'}", &[key]).as_deref(),
        Ok("https://mayoaspm.com/api/v2")
    );
    let named = [key, ("MAYOASPM_URL", "https://proxy.example/mayo")];
    assert_eq!(
        address("{project: a, url: 'https://mayoaspm.com/api'}", &named).as_deref(),
        Ok("https://proxy.example/mayo")
    );
    let refused = address("{project: a, url: 'https://evil.example/api'}", &[key]).unwrap_err();
    assert!(refused.contains("--allow-host"), "{refused}");
}

#[test]
fn a_key_is_needed_and_one_of_another_form_is_told_and_not_refused() {
    let here = Project::default();
    assert_eq!(readied("project: a", &[], &here).unwrap_err(), "no MAYOASPM_API_KEY");
    assert_eq!(readied("project: a", &[(KEY, " \n")], &here).unwrap_err(), "no MAYOASPM_API_KEY");
    let odd = |key: &str| readied("project: a", &[(KEY, key)], &here).map(|reader| reader.odd_key);
    assert_eq!(odd(&format!(" {KEY_VALUE}\n")), Ok(false));
    assert_eq!(odd("mayo_ak_short"), Ok(true));
    assert_eq!(odd("eyJhbGciOiJIUzI1NiJ9.e30.c2ln"), Ok(false));
    assert!(odd("mayo_ak_0123 456").unwrap_err().contains("copy the key once more"));
}

#[test]
fn a_project_must_be_named_or_a_repository_known_and_the_option_goes_before_the_policy() {
    let key = [(KEY, KEY_VALUE)];
    let nothing = Project::default();
    assert!(readied("{}", &key, &nothing).unwrap_err().contains("--project"));
    let detected = Project { repository: Some("github.com/acme/a".into()), ..Project::default() };
    assert!(readied("{}", &key, &detected).is_ok());
    let named = Project { name: Some("b".into()), ..Project::default() };
    assert_eq!(readied("projects: [a, c]", &key, &named).unwrap().settings.projects, ["b"]);
}
