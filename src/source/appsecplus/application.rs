//! Which application is judged.

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::api::Api;
use super::list::{Extent, List, Seen, Stop};
use super::wire;
use crate::policy::quoted;
use crate::project::is_same_repository;
use crate::source::Fault;
use crate::source::ledger::Ledger;
use crate::source::names::one_line;
use crate::source::scalar::Scalar;

/// The application that is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Application {
    /// The vendor's id: `app-20417`.
    pub(super) id: String,
    /// Its name, or its id where it has none.
    pub(super) name: String,
    /// How much depends on it, in the vendor's words.
    pub(super) criticality: Option<String>,
}

const ATTEMPT: &str = "read the applications";
/// So many names are told where one was not found.
const EXAMPLES: usize = 5;

/// Finds the application that the settings name, else the one that has the address of the repository.
pub(super) async fn find(api: &Api<'_>, repository: Option<&str>, ledger: &mut Ledger) -> Result<Application, Fault> {
    let reader = api.reader();
    let tag = reader.tag.as_deref();
    if let Some(id) = reader.application.as_deref().filter(|wanted| wanted.starts_with("app-"))
        && let Some(found) = by_id(api, id, ledger).await?
    {
        if tag.is_some_and(|tag| !has_tag(&found, tag)) {
            return Err(Fault::new(format!("the application {} does not have the tag of the policy", quoted(id))));
        }
        return known(&found).ok_or_else(|| api.protocol(ATTEMPT, "the application has no id"));
    }
    let (mut applications, mut ids) = (Vec::new(), HashSet::new());
    let mut extent = Extent::default();
    let list = List { segments: &["applications"], query: &[], rows: "applications", attempt: ATTEMPT };
    let read = api
        .read(list, &mut extent, |row: &RawValue| {
            let Ok(application) = serde_json::from_str::<wire::Application>(row.get()) else {
                ledger.skip("applications", "a row is no object");
                return Seen::New;
            };
            if application.id.word().is_some_and(|id| !ids.insert(id.into_owned())) {
                return Seen::Known;
            }
            applications.push(application);
            Seen::New
        })
        .await;
    ledger.pages += extent.pages;
    match read {
        Ok(()) => {}
        Err(Stop::Refused(answer)) => {
            return Err(api.refused(ATTEMPT, &answer, "is the address of the API right (`url`, APPSECPLUS_URL)?"));
        }
        Err(Stop::Fault(fault)) => return Err(fault),
    }
    let chosen = choose(&applications, reader.application.as_deref(), repository, tag);
    let incomplete = extent.missing.map(|why| format!("the applications were not all read: {why}"));
    let (found, how) = chosen.map_err(|why| match &incomplete {
        Some(incomplete) => Fault::new(format!("{why}; {incomplete}")),
        None => Fault::new(why),
    })?;
    // A name is unique; of everything else there may be a second one among what was not read.
    if how != How::Named
        && let Some(incomplete) = incomplete
    {
        ledger.partial(format!("{incomplete}; name the application by its id"));
    }
    known(found).ok_or_else(|| api.protocol(ATTEMPT, "the application has no id"))
}

/// The application of this id; `None` if there is none.
async fn by_id(api: &Api<'_>, id: &str, ledger: &mut Ledger) -> Result<Option<wire::Application>, Fault> {
    let attempt = format!("read the application {id}");
    let answer = api.send(api.request(&["applications", id], &attempt)).await?;
    // A name may look like an id, and a server may refuse what is none.
    if matches!(answer.status, 400 | 404) {
        return Ok(None);
    }
    if !answer.is_success() {
        return Err(api.refused(&attempt, &answer, ""));
    }
    ledger.pages += 1;
    let found: wire::Application = serde_json::from_str(answer.body.trim_start_matches('\u{feff}'))
        .map_err(|error| api.protocol(&attempt, error))?;
    match found.id.word() {
        Some(told) if told == id => Ok(Some(found)),
        Some(told) => Err(api.protocol(&attempt, format!("it is about {}", quoted(&told)))),
        None => Err(api.protocol(&attempt, "the application has no id")),
    }
}

fn known(application: &wire::Application) -> Option<Application> {
    let id = application.id.word()?.into_owned();
    let name = application.name.word().map_or_else(|| id.clone(), |name| one_line(&name, 100));
    Some(Application { id, name, criticality: application.criticality.text().map(|word| one_line(word, 40)) })
}

fn has_tag(application: &wire::Application, tag: &str) -> bool {
    application.tags.iter().any(|one| one.word().is_some_and(|one| one.trim().eq_ignore_ascii_case(tag)))
}

/// How an application was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// By its id or its very name.
    Named,
    /// By a name of other case, or by the address of the repository.
    Matched,
}

type Test<'t> = &'t dyn Fn(&wire::Application) -> bool;

/// Chooses the one application that is meant, or says why none is.
fn choose<'a>(
    all: &'a [wire::Application],
    wanted: Option<&str>,
    repository: Option<&str>,
    tag: Option<&str>,
) -> Result<(&'a wire::Application, How), String> {
    let with_tag = |application: &&wire::Application| tag.is_none_or(|tag| has_tag(application, tag));
    let those = |test: Test<'_>| -> Vec<&'a wire::Application> {
        all.iter().filter(|application| test(application)).filter(with_tag).collect()
    };
    let tagged = tag.map(|tag| format!(" with the tag {}", quoted(tag))).unwrap_or_default();
    if let Some(wanted) = wanted {
        let is =
            |field: &Scalar, same: fn(&str, &str) -> bool| field.word().is_some_and(|field| same(field.trim(), wanted));
        let lower = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
        let ways: [(Test<'_>, How); 3] = [
            (&|one| is(&one.id, |a, b| a == b), How::Named),
            (&|one| is(&one.name, |a, b| a == b), How::Named),
            (&|one| is(&one.name, lower), How::Matched),
        ];
        for (way, how) in ways {
            match those(way).as_slice() {
                [] => {}
                [one] => return Ok((one, how)),
                several => {
                    let ids = ids(several);
                    return Err(format!(
                        "several applications are called {}: {ids}; name one by its id",
                        quoted(wanted)
                    ));
                }
            }
        }
        return Err(format!(
            "there is no application {}{tagged} among the {} that these credentials see{}; check `application`, or \
             --project",
            quoted(wanted),
            all.len(),
            names(all)
        ));
    }
    let Some(repository) = repository else {
        return Err(
            "neither an application is named nor the repository known; name it with --project, or as `application`"
                .to_owned(),
        );
    };
    let is_its = |one: &wire::Application| one.repo_url.text().is_some_and(|url| is_same_repository(url, repository));
    match those(&is_its).as_slice() {
        [one] => Ok((one, How::Matched)),
        [] => Err(format!(
            "no application{tagged} has the address of this repository, {repository}, among the {} that these credentials \
             see{}; name it with --project, or as `application`",
            all.len(),
            names(all)
        )),
        several => Err(format!(
            "several applications{tagged} have the address of this repository, {repository}: {}; name one with --project, or \
             as `application`",
            ids(several)
        )),
    }
}

fn ids(applications: &[&wire::Application]) -> String {
    let shown = |one: &&wire::Application| {
        let id = one.id.word().unwrap_or_default();
        one.name.word().map_or_else(|| id.to_string(), |name| format!("{id} ({})", one_line(&name, 60)))
    };
    let mut shown: Vec<String> = applications.iter().map(shown).collect();
    shown.sort();
    let more = if shown.len() > EXAMPLES { ", and more" } else { "" };
    shown.truncate(EXAMPLES);
    format!("{}{more}", shown.join(", "))
}

/// Some of the names, so that a misspelling shows.
fn names(all: &[wire::Application]) -> String {
    let mut names: Vec<String> = all.iter().filter_map(|one| Some(one_line(&one.name.word()?, 60))).collect();
    names.sort();
    let more = if names.len() > EXAMPLES { ", ..." } else { "" };
    names.truncate(EXAMPLES);
    if names.is_empty() { String::new() } else { format!(" ({}{more})", names.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(wanted: Option<&str>, repository: Option<&str>, tag: Option<&str>) -> Result<String, String> {
        let all: Vec<wire::Application> = serde_json::from_str(
            r#"[
                {"id": "app-1", "name": "Checkout Service", "repoUrl": "https://github.com/acme/checkout.git", "tags": ["pci"]},
                {"id": "app-2", "name": "Identity", "repoUrl": null, "tags": []},
                {"id": "app-3", "name": "IDENTITY"},
                {"id": "app-4", "name": "Web", "repoUrl": "git@github.com:Acme/Mono.git", "tags": ["web"]},
                {"id": "app-5", "name": "Api", "repoUrl": "ssh://git@github.com:22/acme/mono", "tags": ["api"]},
                {"id": 6, "name": "web", "repoUrl": "https://me:pw@gitlab.acme.example:443/x/y/"},
                {"name": "Nobody"}
            ]"#,
        )
        .unwrap();
        let chosen = choose(&all, wanted, repository, tag);
        chosen.map(|(one, _)| one.id.word().map_or("no id".to_owned(), std::borrow::Cow::into_owned))
    }

    #[test]
    fn an_application_is_found_by_id_by_name_and_by_a_unique_name_of_other_case() {
        for (wanted, want) in
            [("app-2", "app-2"), ("6", "6"), ("Identity", "app-2"), ("CHECKOUT service", "app-1"), ("Web", "app-4")]
        {
            assert_eq!(chosen(Some(wanted), Some("github.com/acme/mono"), None).as_deref(), Ok(want));
        }
        let error = chosen(Some("identity"), None, None).unwrap_err();
        assert!(
            error.contains("several applications") && error.contains("app-2 (Identity), app-3 (IDENTITY)"),
            "{error}"
        );
        let error = chosen(Some("Chekout"), None, None).unwrap_err();
        assert!(error.contains("no application `Chekout`") && error.contains("Checkout Service"), "{error}");
        assert!(chosen(Some("Web"), None, Some("api")).unwrap_err().contains("with the tag `api`"));
    }

    #[test]
    fn an_application_is_found_by_the_address_of_the_repository_however_it_is_written() {
        for (repository, tag, want) in [
            ("github.com/acme/checkout", None, "app-1"),
            ("github.com/acme/mono", Some("API"), "app-5"),
            ("gitlab.acme.example/x/y", None, "6"),
        ] {
            assert_eq!(chosen(None, Some(repository), tag).as_deref(), Ok(want), "{repository}");
        }
        let error = chosen(None, Some("github.com/acme/mono"), None).unwrap_err();
        assert!(error.contains("app-4 (Web), app-5 (Api)"), "{error}");
        assert!(
            chosen(None, Some("github.com/acme/other"), None).unwrap_err().contains("no application has the address")
        );
        assert!(chosen(None, Some("github.com/acme/checkout"), Some("web")).is_err());
        assert!(chosen(None, None, None).is_err());
    }
}
