//! Trying AppSec+ out, step by step.

use super::api::Api;
use super::application::{self, Application};
use super::config::{Credentials, Reader, Route};
use super::page::Page;
use super::{NAME, client, scans};
use crate::finding::Scan;
use crate::net::{Client, Request};
use crate::policy::{CommitRule, EvidenceRule, series};
use crate::source::ledger::Ledger;
use crate::source::{Desk, Step};

/// Tries everything that reading needs.
pub async fn probe(reader: &Reader, desk: &Desk) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Err(step) = try_out(reader, desk, &mut steps).await {
        steps.push(step);
    }
    steps
}

/// Adds a step for each thing that works; what does not, and makes the rest senseless, comes back as an error.
async fn try_out(reader: &Reader, desk: &Desk, steps: &mut Vec<Step>) -> Result<(), Step> {
    let client = client(reader, desk).map_err(|fault| Step::bad("reached", fault.to_string()))?;
    steps.push(reached(reader, &client).await?);
    let api = Api::new(reader, &client);
    steps.push(authenticated(&api).await?);

    let mut ledger = Ledger::new(NAME);
    let application = application::find(&api, desk.repository.as_deref(), &mut ledger)
        .await
        .map_err(|fault| Step::bad("project", fault.to_string()))?;
    let doubts = ledger.finish(&desk.network.masks).coverage.reasons;
    let criticality = application.criticality.as_ref().map(|word| format!(", criticality {word}")).unwrap_or_default();
    let found = format!("{} ({}){criticality}", application.name, application.id);
    steps.push(match doubts.first() {
        Some(doubt) => Step::odd("project", format!("{found}; {doubt}")),
        None => Step::good("project", found),
    });

    steps.push(newest_scans(&api, &application, desk).await);
    steps.push(vulnerabilities(&api, &application).await);
    Ok(())
}

/// Any answer will do, and no credential is needed for it.
async fn reached(reader: &Reader, client: &Client) -> Result<Step, Step> {
    let request = Request::get(&reader.url, &["applications"], "reach AppSec+");
    match client.send(&request).await {
        Ok(answer) if answer.status < 500 => Ok(Step::good("reached", reader.url.host())),
        Ok(answer) => Ok(Step::odd("reached", format!("{} answers {}", reader.url.host(), answer.status))),
        Err(failure) => Err(Step::bad("reached", failure.to_string())),
    }
}

async fn authenticated(api: &Api<'_>) -> Result<Step, Step> {
    let bad = |why: String| Step::bad("authenticated", why);
    api.log_in().await.map_err(|fault| bad(fault.to_string()))?;
    let attempt = "read the applications";
    let answer = api.send(api.request(&["applications"], attempt)).await.map_err(|fault| bad(fault.to_string()))?;
    // A server may let a client read one application and not the list of them.
    if matches!(answer.status, 401) {
        return Err(bad(api.refused(attempt, &answer, "").to_string()));
    }
    if !answer.is_success() {
        return Ok(Step::odd(
            "authenticated",
            api.refused(attempt, &answer, "is the address of the API right (`url`, APPSECPLUS_URL)?").to_string(),
        ));
    }
    Ok(Step::good(
        "authenticated",
        match &api.reader().credentials {
            Credentials::Token(_) => "the token of APPSECPLUS_TOKEN is taken".to_owned(),
            Credentials::Client(client) => format!("{} gives tokens", client.token_url.host()),
        },
    ))
}

async fn newest_scans(api: &Api<'_>, application: &Application, desk: &Desk) -> Step {
    // Only a look: nothing is waited for.
    let rule = EvidenceRule { wait: 0, commit: CommitRule::Any, ..desk.rule };
    let now = Desk { rule, ..desk.clone() };
    match scans::read(api, application, &now).await {
        Ok(scans) if scans.notable.is_empty() => Step::odd("scans", "none: it was never scanned"),
        Ok(scans) => {
            let newest: Vec<String> =
                series(&scans.notable).iter().filter_map(|series| series.first().map(|scan| shown(scan))).collect();
            let missing: Vec<String> = api
                .reader()
                .types
                .iter()
                .filter(|wanted| !scans.finished.iter().any(|finished| **finished == ***wanted))
                .map(|wanted| format!("no finished {} scan", scans::engine(wanted)))
                .chain(scans.extent.missing)
                .collect();
            if missing.is_empty() {
                Step::good("scans", newest.join("; "))
            } else {
                Step::odd("scans", format!("{}; {}", newest.join("; "), missing.join("; ")))
            }
        }
        Err(fault) => Step::bad("scans", fault.to_string()),
    }
}

/// `SCA completed 2026-01-02T03:04:05Z`.
fn shown(scan: &Scan) -> String {
    let status = scan.status.as_deref().unwrap_or("without a status");
    let time = scan.finished.map(|time| format!(" {time}")).unwrap_or_default();
    format!("{} {status}{time}", scan.engine)
}

/// Asks for one row, which shows whether the list may be read.
async fn vulnerabilities(api: &Api<'_>, application: &Application) -> Step {
    let name = "vulnerabilities";
    let attempt = format!("read the vulnerabilities of {}", application.name);
    let nested = api.request(&["applications", &application.id, name], &attempt);
    let flat = api.request(&[name], &attempt).query("applicationId", &application.id);
    let mut ways = match api.reader().route {
        Route::Auto => vec![nested, flat],
        Route::Nested => vec![nested],
        Route::Flat => vec![flat],
    };
    ways.reverse();
    let mut limited = true;
    let Some(mut way) = ways.pop() else { return Step::bad(name, "there is no way to read them; please report this") };
    loop {
        let request = if limited { way.clone().query("limit", "1") } else { way.clone() };
        let answer = match api.send(request).await {
            Ok(answer) => answer,
            Err(fault) => return Step::bad(name, fault.to_string()),
        };
        match answer.status {
            400 if limited => limited = false,
            404 | 405 if !ways.is_empty() => way = ways.pop().unwrap_or(way),
            _ if !answer.is_success() => {
                return Step::bad(name, api.refused(&attempt, &answer, "see `route` of the policy").to_string());
            }
            _ => {
                return match Page::parse(&answer, name) {
                    Ok(_) => Step::good(name, "can be read"),
                    Err(what) => Step::bad(name, api.protocol(&attempt, what).to_string()),
                };
            }
        }
    }
}
