//! Reading a project: its scans, then all of its lists at the same time.

use std::collections::HashMap;

use futures_util::future::{LocalBoxFuture, join_all};
use serde_json::value::RawValue;

use super::client::{Api, List, Listing, Refused, Row};
use super::config::{Engine, Licenses, NAME};
use super::lag;
use super::normalize::{Library, Maker};
use super::project::Project;
use super::scans::{self, Scans};
use crate::finding::{Finding, Severity};
use crate::policy::CommitRule;
use crate::source::ledger::Ledger;

/// Reads a project. What could not be read is in the ledger.
pub(super) async fn project(api: &Api<'_>, org: &str, project: &Project) -> Ledger {
    let mut ledger = Ledger::new(NAME);
    ledger.projects.push(project.label.as_str().into());
    let mut scans = match scans::read(api, org, project).await {
        Ok(mut scans) => {
            ledger.absorb(std::mem::replace(&mut scans.ledger, Ledger::new(NAME)));
            Some(scans)
        }
        Err(fault) => {
            ledger.failed(fault);
            None
        }
    };
    if let Some(scans) = &scans
        && !scans.any_ended()
    {
        let label = &project.label;
        match project.scanned.ever {
            Some(false) => {
                let fault = format!("the project {label} was never scanned; scan it, or name another with `project`");
                ledger.failed(crate::source::Fault::new(fault));
                ledger.scans(scans.notable.clone());
                return ledger;
            }
            None => ledger.partial(format!(
                "nothing shows that the project {label} was ever scanned, so no finding means nothing"
            )),
            Some(true) => {}
        }
    }
    let none = Scans::none();
    let seen = scans.as_ref().unwrap_or(&none);
    let engines = engines(api, project, seen, &mut ledger);
    if engines.contains(&Engine::Sca) || engines.contains(&Engine::License) {
        lag::wait(api, org, project, seen, &mut ledger).await;
    }
    let parts = join_all(engines.iter().map(|engine| read(api, org, project, seen, *engine))).await;
    for (engine, part) in engines.iter().zip(parts) {
        if let Some(scans) = &mut scans {
            count(scans, *engine, part.read(), api);
        }
        ledger.absorb(part);
    }
    if let Some(scans) = scans {
        ledger.scans(scans.notable);
    }
    ledger
}

/// What is read of the project, and what that leaves unsaid.
fn engines(api: &Api<'_>, project: &Project, scans: &Scans, ledger: &mut Ledger) -> Vec<Engine> {
    let label = &project.label;
    let ran = |engine: Engine| scans.show(engine) || project.scanned.by(engine) == Some(true);
    let is_unknown =
        |engine: Engine| project.scanned.by(engine).is_none() && (scans.notable.is_empty() || scans.any_unified);
    let asked = api.reader.settings.engines.as_deref();
    let engines: Vec<Engine> = match asked {
        Some(asked) => asked.to_vec(),
        None => {
            let ran = |engine: Engine| ran(engine) || is_unknown(engine);
            let wanted = |engine: &Engine| *engine == Engine::Sca || (*engine != Engine::License && ran(*engine));
            ledger.note(
                "licenses and policy violations are not read; `engines` in the source mend can name them: license",
            );
            Engine::ALL.into_iter().filter(wanted).collect()
        }
    };
    let rule = api.desk.rule;
    let proof = match (rule.commit, rule.max_age) {
        (CommitRule::Branch | CommitRule::Head, _) => Some("`commit`"),
        (CommitRule::Any, Some(_)) => Some("`max_age`"),
        (CommitRule::Any, None) => None,
    };
    for engine in &engines {
        let kind = engine.scans();
        let never = !ran(*engine) && !is_unknown(*engine);
        if never && asked.is_some() {
            let name = engine.name();
            ledger.partial(format!(
                "`engines` asks for {name}, but no {kind} scan ever ran in the project {label}; scan it so, or leave {name} out"
            ));
        } else if never {
            ledger.note(format!("no {kind} scan ever ran in the project {label}, so it shows nothing of that kind"));
        } else if let Some(proof) = proof
            && !scans.show(*engine)
        {
            ledger.partial(format!(
                "Mend lists no {kind} scan of the project {label}, so nothing proves what {proof} of the policy asks for"
            ));
        }
    }
    engines
}

/// How many findings came from the scan that an engine was read from.
fn count(scans: &mut Scans, engine: Engine, read: u64, api: &Api<'_>) {
    let Some(origin) = scans.to_read(engine, api.desk).map(|scan| scan.origin.clone()) else { return };
    if let Some(scan) = scans.notable.iter_mut().find(|scan| scan.origin == origin) {
        scan.findings += read;
    }
}

fn read<'f>(
    api: &'f Api<'_>,
    org: &'f str,
    project: &'f Project,
    scans: &'f Scans,
    engine: Engine,
) -> LocalBoxFuture<'f, Ledger> {
    let maker = Maker::new(&project.uuid, api.desk.repository.as_deref());
    Box::pin(async move {
        match engine {
            Engine::Sca => {
                let ledger =
                    findings(api, &lists(project, engine, None), |row, ledger| maker.dependency(row, ledger)).await;
                with_the_right_scan(ledger, api, scans, engine)
            }
            Engine::Sast => of_scan(api, project, scans, engine, |row, ledger| maker.code(row, ledger)).await,
            Engine::Container => {
                let mut ledger = of_images(api, project, scans, engine, |row, ledger| maker.image(row, ledger)).await;
                ledger.note("Mend tells no status of image findings and secrets, so every one of them counts as open");
                ledger
            }
            Engine::Secret => {
                let mut ledger = of_images(api, project, scans, engine, |row, ledger| maker.secret(row, ledger)).await;
                ledger.note("Mend tells no status of image findings and secrets, so every one of them counts as open");
                ledger
            }
            Engine::License => {
                let ledger = licenses(api, org, project, &maker).await;
                with_the_right_scan(ledger, api, scans, engine)
            }
        }
    })
}

/// Lists of dependencies show the newest scan only. Where that is not the one that the policy asks for, it is said.
fn with_the_right_scan(mut ledger: Ledger, api: &Api<'_>, scans: &Scans, engine: Engine) -> Ledger {
    if let Some((asked, newest)) = scans.is_overtaken(engine, api.desk) {
        ledger.partial(format!(
            "Mend shows the dependencies of the newest {} scan only ({}), and the policy asks for an older one ({})",
            engine.scans(),
            newest.origin,
            asked.origin
        ));
    }
    ledger
}

/// The list of an engine: of a scan, where one is given, else of the project.
pub(super) fn lists<'l>(project: &'l Project, engine: Engine, scan: Option<&'l str>) -> List<'l> {
    let mut path: Vec<&'l str> = vec!["projects", &project.uuid];
    path.extend(scan.iter().flat_map(|scan| ["scans", scan]));
    let (what, rest): (_, &[&'static str]) = match engine {
        Engine::Sca => ("SCA findings", &["dependencies", "findings", "security"]),
        Engine::Sast => ("SAST findings", &["code", "findings"]),
        Engine::Container => ("image findings", &["images", "findings", "security"]),
        Engine::Secret => ("image secrets", &["images", "findings", "secrets"]),
        Engine::License => ("libraries", &["dependencies", "libraries"]),
    };
    path.extend(rest);
    List { counts: engine != Engine::License, ..List::of_findings(what, path) }
}

/// The list of what violates policies at Mend.
pub(super) fn violations<'l>(org: &'l str, project: &'l Project) -> List<'l> {
    List::of_findings("policy violations", vec!["orgs", org, "projects", &project.uuid, "violations"])
}

async fn findings(api: &Api<'_>, list: &List<'_>, take: impl Fn(&RawValue, &mut Ledger) -> Row<Finding>) -> Ledger {
    poured(api.list(list, take).await)
}

fn poured(listing: Result<Listing<Finding>, Refused>) -> Ledger {
    match listing {
        Ok(Listing { items, mut ledger }) => {
            items.into_iter().for_each(|finding| ledger.add(finding));
            ledger
        }
        Err(refused) => {
            let mut ledger = Ledger::new(NAME);
            ledger.failed(refused.fault);
            ledger
        }
    }
}

/// Reads the list of the scan that counts, so that no other scan comes between. Where Mend does not have it, that of the
/// project.
async fn of_scan(
    api: &Api<'_>,
    project: &Project,
    scans: &Scans,
    engine: Engine,
    take: impl Fn(&RawValue, &mut Ledger) -> Row<Finding>,
) -> Ledger {
    let of_project = lists(project, engine, None);
    let (what, label) = (of_project.what, &project.label);
    let Some(scan) = scans.to_read(engine, api.desk) else {
        let mut ledger = findings(api, &of_project, take).await;
        ledger.note(format!(
            "no finished {} scan of {label} is listed, so its {what} are those of the project",
            engine.scans()
        ));
        return ledger;
    };
    let list = lists(project, engine, Some(&scan.origin));
    match api.list(&list, &take).await {
        Err(Refused { status: Some(status @ (400 | 404)), .. }) => {
            let mut ledger = findings(api, &of_project, take).await;
            ledger.note(format!(
                "Mend does not show the {what} of the newest scan of {label} alone (status {status}), so they are those of the \
                 project"
            ));
            with_the_right_scan(ledger, api, scans, engine)
        }
        listing => poured(listing),
    }
}

/// Reads the list of the newest scan of an image, and that of the project: a project may hold several images, each with scans
/// of its own, and the newest scan is of one of them.
async fn of_images(
    api: &Api<'_>,
    project: &Project,
    scans: &Scans,
    engine: Engine,
    take: impl Fn(&RawValue, &mut Ledger) -> Row<Finding>,
) -> Ledger {
    if scans.to_read(engine, api.desk).is_none() {
        return of_scan(api, project, scans, engine, take).await;
    }
    let of_project = lists(project, engine, None);
    let (mut ledger, of_project) =
        futures_util::join!(of_scan(api, project, scans, engine, &take), api.list(&of_project, &take));
    match of_project {
        // An instance that shows the list of a scan only, has shown it.
        Err(Refused { status: Some(400 | 404), .. }) => {}
        of_project => {
            let unseen = ledger.absorb_unseen(poured(of_project));
            if unseen > 0 {
                ledger.note(format!(
                    "{unseen} of the {} of {} are not of its newest {} scan; they count, for they may be of another image",
                    lists(project, engine, None).what,
                    project.label,
                    engine.scans()
                ));
            }
        }
    }
    ledger
}

/// Violations of policies at Mend, with what the libraries tell of them, and the licenses that the policy asks for.
async fn licenses(api: &Api<'_>, org: &str, project: &Project, maker: &Maker<'_>) -> Ledger {
    let wanted = api.reader.settings.licenses;
    let (violations, libraries) = (violations(org, project), lists(project, Engine::License, None));
    let (violations, libraries) = futures_util::join!(
        api.list(&violations, |row, ledger| maker.violation(row, ledger)),
        api.list(&libraries, |row, ledger| maker.library(row, ledger)),
    );
    let mut ledger = Ledger::new(NAME);
    let libraries = match libraries {
        Ok(Listing { items, ledger: account }) => {
            ledger.absorb(account);
            items
        }
        // A violation counts without knowing more of its library.
        Err(refused) if wanted == Licenses::Violations => {
            ledger.note(format!("policy violations are told without facts of their libraries: {}", refused.fault));
            Vec::new()
        }
        Err(refused) => {
            ledger.failed(refused.fault);
            Vec::new()
        }
    };
    let violations = match violations {
        Ok(Listing { items, ledger: account }) => {
            ledger.absorb(account);
            items
        }
        Err(refused) => {
            ledger.failed(refused.fault);
            Vec::new()
        }
    };
    let by_id: HashMap<&str, &Library> = libraries.iter().map(|library| (&*library.id, library)).collect();
    let by_name: HashMap<&str, &Library> = libraries.iter().map(|library| (&*library.name, library)).collect();
    let (mut told, mut violated) = (0u64, std::collections::HashSet::new());
    for row in &violations {
        let library = row.origin_uuid.text().and_then(|id| by_id.get(id));
        let library = library.or_else(|| row.origin_name.text().and_then(|name| by_name.get(name))).copied();
        match maker.violated(row, library, &mut ledger) {
            Some(finding) => {
                if let Some(library) = library {
                    violated.extend(finding.license.iter().map(|name| (library.id.as_str(), name.to_lowercase())));
                }
                ledger.add(finding);
            }
            None => told += 1,
        }
    }
    if told > 0 {
        ledger.note(format!(
            "{told} policy violations of {} are by findings that its lists tell, and count there",
            project.label
        ));
    }
    if !violations.is_empty() {
        ledger.note("Mend tells no status of policy violations, so every one of them counts as open");
    }
    let is_risky = |word: Option<&str>| word.and_then(Severity::from_word).is_some_and(|risk| risk >= Severity::Medium);
    for library in libraries.iter().filter(|_| wanted != Licenses::Violations) {
        for license in &library.licenses {
            let known = violated.contains(&(library.id.as_str(), license.name.to_lowercase()));
            if !known && (wanted == Licenses::All || is_risky(license.risk.text())) {
                let finding = maker.licensed(library, license, &mut ledger);
                ledger.add(finding);
            }
        }
    }
    ledger
}
