//! Findings of the code scanner.

use super::{LINKS, Maker, excuse, rate};
use crate::finding::{Excuse, Finding, Kind, Location, Text};
use crate::source::ids;
use crate::source::ledger::Ledger;
use crate::source::mend::client::Row;
use crate::source::mend::wire::SastRow;
use crate::source::names::{one_line, sorted};
use crate::source::scalar::{Scalar, first};

/// Reads a row. That Mend calls a finding new means that the scan before did not have it, so `new` is not told by it: a
/// second scan of the same change would make it old.
pub(super) fn read(maker: &Maker<'_>, row: SastRow, ledger: &mut Ledger) -> Result<Row<Finding>, &'static str> {
    let id = row.id.word().ok_or("it has no id")?.into_owned();
    if maker.is_foreign(&[&row.project_id]) {
        return Ok(Row::Foreign(id));
    }
    let number = || row.check.id.word().map(|number| format!("mend-sast-{number}"));
    let check = first(&[&row.check.sarif, &row.check.common_id]).text().map(str::to_owned).or_else(number);
    // Mend rates from 0 to 10, in the bands of CVSS: its own 7.913 is `High`.
    let rating = first(&[&row.severity_rating, &row.check.severity_rating]).number();
    let rated = rate(first(&[&row.severity, &row.check.severity]), &Scalar::Nothing, rating, ledger);
    // A rating is no CVSS score, although it may stand for one.
    let from = if rated.from == "CVSS score at Mend" { "severity rating at Mend" } else { rated.from };
    let step = &row.shared_step;
    let flow = row.data_flows.iter().find(|flow| flow.sink_file.text().is_some());
    let (file, line, snippet) = match (step.file.text(), flow) {
        (None, Some(flow)) => (&flow.sink_file, &flow.sink_line, &flow.sink_snippet),
        _ => (&step.file, &step.line, &step.snippet),
    };
    let location = maker.path(file).map(|path| Location {
        path,
        line: line.line(),
        column: None,
        end_line: None,
        end_column: None,
    });
    let title = match (row.check.name.text(), row.description.text()) {
        (Some(name), Some(said)) => format!("{name}: {said}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => check.clone().unwrap_or_else(|| "finding of Mend SAST".to_owned()),
    };
    let draft = super::Draft {
        kind: Kind::Sast,
        tool: "Mend SAST",
        id: &id,
        check: check.as_deref(),
        title,
        rated: super::Rated { score: None, from, ..rated },
        package: None,
        location,
        snippet: snippet.text(),
        first_seen: row.created_time.time(),
    };
    let mut finding = maker.finding(draft, None);
    let suppressed = row.suppressed.flag() == Some(true);
    let requested = row.suppression_requested.flag() == Some(true);
    // What is only asked for has not been granted.
    let status = if suppressed { Some("suppressed") } else { requested.then_some("suppression requested") };
    let why = row.suppression_message.text().map(|why| one_line(why, 300));
    excuse(&mut finding, suppressed.then_some(Excuse::Suppressed), maker.maybe(status), maker.maybe(why.as_deref()));
    let mut cwe = Vec::new();
    if let Some(weakness) = row.check.cwe.id.word() {
        ids::weakness(&weakness, &mut cwe);
    }
    finding.cwe = maker.names.borrow_mut().cwe(cwe);
    let links = std::iter::once(&row.check.cwe.url).chain(&row.check.references);
    finding.links =
        sorted(links.filter_map(|told| crate::source::place::link(told.text()?)).take(LINKS).map(Text::from).collect());
    Ok(Row::Kept(id, finding))
}
