//! Counts as plots: drawn in the page, and as tables for those who do not see them.

use super::Report;
use super::finding::age;
use super::page::{Page, grouped};
use crate::finding::Severity;
use crate::policy::{Counts, Disposition};

/// The severities as plots tell them, worst first, with the color that each has where the style is not heeded.
pub(super) const SERIES: [(&str, &str); 6] = [
    ("critical", "#8c1538"),
    ("high", "#b83a10"),
    ("medium", "#8a5d00"),
    ("low", "#27639b"),
    ("info", "#59626e"),
    ("unknown", "#6b5596"),
];

/// Upper ends of ages, in days, and what they are called.
const AGES: [(u64, &str); 5] =
    [(7, "0-7 days"), (30, "8-30 days"), (90, "31-90 days"), (365, "91-365 days"), (u64::MAX, "over 365 days")];

/// A bar: what it is of, and how many of each severity.
type Row = (&'static str, [u64; SERIES.len()]);

/// Where bars begin, how long the longest is, and how far one is below the other, in units of the drawing.
const LEFT: u64 = 104;
const LENGTH: u64 = 200;
const STEP: u64 = 26;

pub(super) fn plots(report: &Report<'_>, page: &mut Page<'_>) {
    page.raw(
        "<section id=\"counts\" aria-labelledby=\"counts-title\">\n<h2 id=\"counts-title\">Counted findings</h2>\n",
    );
    let (kinds, ages) = (by_kind(report), by_age(report));
    if kinds.is_empty() {
        page.raw("<p>None.</p>\n");
    } else {
        // All bars but the last are of ages; where all are empty, a plot would be of nothing.
        let is_dated = ages.iter().take(AGES.len()).any(|(_, counts)| counts.iter().any(|&count| count > 0));
        legend(&kinds, page);
        page.raw("<div class=\"plots\">\n");
        plot("kinds", "By kind and severity", "kind", &kinds, page);
        if is_dated {
            plot("ages", "By age and severity, since first seen", "age", &ages, page);
        }
        page.raw("</div>\n");
        if !is_dated {
            page.raw("<p>By age: not known, for no source tells when it saw these findings first.</p>\n");
        }
    }
    aside(report, page);
    page.raw("</section>\n");
}

fn by_kind(report: &Report<'_>) -> Vec<Row> {
    let told = report.evaluation.counts.iter().filter(|(_, counts)| *counts != Counts::default());
    let row =
        |Counts { critical, high, medium, low, info, unknown }: Counts| [critical, high, medium, low, info, unknown];
    told.map(|(kind, counts)| (kind.name(), row(*counts))).collect()
}

/// All ages, so that a gap is seen as one; what nobody dated only where there is such.
fn by_age(report: &Report<'_>) -> Vec<Row> {
    let mut rows: Vec<Row> = AGES.iter().map(|(_, name)| (*name, [0; SERIES.len()])).collect();
    rows.push(("not told", [0; SERIES.len()]));
    for judged in report.evaluation.findings.iter().filter(|judged| judged.counts()) {
        let age = age(&judged.finding, report.as_of);
        let row = age.map_or(AGES.len(), |age| AGES.iter().take_while(|(end, _)| age > *end).count());
        let told = judged.finding.severity;
        let column = Severity::WORST_FIRST.iter().position(|severity| Some(*severity) == told);
        if let Some(count) = rows.get_mut(row).and_then(|(_, row)| row.get_mut(column.unwrap_or(SERIES.len() - 1))) {
            *count += 1;
        }
    }
    rows.pop_if(|(_, counts)| counts.iter().all(|&count| count == 0));
    rows
}

fn legend(rows: &[Row], page: &mut Page<'_>) {
    page.raw("<ul class=\"legend\">\n");
    for (column, (name, _)) in SERIES.iter().enumerate() {
        if rows.iter().any(|(_, counts)| counts.get(column).is_some_and(|&count| count > 0)) {
            page.raw("<li class=\"").raw(name).raw("\">").raw(name).raw("</li>\n");
        }
    }
    page.raw("</ul>\n");
}

fn plot(id: &'static str, title: &'static str, rows_are: &'static str, rows: &[Row], page: &mut Page<'_>) {
    let total = |counts: &[u64]| counts.iter().sum::<u64>();
    let most = rows.iter().map(|(_, counts)| total(counts)).max().unwrap_or(0).max(1);
    let height = rows.len() as u64 * STEP;
    page.raw("<figure>\n<figcaption>").raw(title).raw("</figcaption>\n<svg role=\"img\" aria-labelledby=\"");
    page.raw(id)
        .raw("-title ")
        .raw(id)
        .raw("-text\" viewBox=\"0 0 360 ")
        .plain(height)
        .raw("\" width=\"360\" height=\"");
    page.plain(height)
        .raw("\" font-size=\"13\" font-family=\"system-ui, sans-serif\" fill=\"currentColor\">\n<title id=\"");
    page.raw(id).raw("-title\">").raw(title).raw("</title>\n<desc id=\"").raw(id).raw("-text\">");
    for (name, counts) in rows {
        page.raw(name).raw(": ").number(total(counts)).raw(". ");
    }
    page.raw("The table below holds the numbers.</desc>\n");
    for (at, (name, counts)) in rows.iter().enumerate() {
        let top = at as u64 * STEP;
        page.raw("<text x=\"0\" y=\"").plain(top + 17).raw("\">").raw(name).raw("</text>\n");
        let mut left = LEFT;
        for ((class, color), &count) in SERIES.iter().zip(counts) {
            if count == 0 {
                continue;
            }
            // However few they are among many, they are seen.
            let width = (u128::from(count) * u128::from(LENGTH) / u128::from(most)).max(3) as u64;
            page.raw("<rect class=\"")
                .raw(class)
                .raw("\" fill=\"")
                .raw(color)
                .raw("\" x=\"")
                .plain(left)
                .raw("\" y=\"");
            page.plain(top + 4).raw("\" width=\"").plain(width - 1).raw("\" height=\"18\"/>\n");
            left += width;
        }
        page.raw("<text x=\"")
            .plain(left + 6)
            .raw("\" y=\"")
            .plain(top + 17)
            .raw("\">")
            .number(total(counts))
            .raw("</text>\n");
    }
    page.raw("</svg>\n<details>\n<summary>").raw(title).raw(", as a table</summary>\n");
    table(title, rows_are, rows, page);
    page.raw("</details>\n</figure>\n");
}

fn table(title: &'static str, rows_are: &'static str, rows: &[Row], page: &mut Page<'_>) {
    page.raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"")
        .raw(title)
        .raw(", table\">\n<table>\n<caption>");
    page.raw(title).raw("</caption>\n<thead><tr><th scope=\"col\">").raw(rows_are).raw("</th>");
    for (name, _) in SERIES {
        page.raw("<th scope=\"col\">").raw(name).raw("</th>");
    }
    page.raw("<th scope=\"col\">all</th></tr></thead>\n<tbody>\n");
    for (name, counts) in rows {
        page.raw("<tr><th scope=\"row\">").raw(name).raw("</th>");
        for count in counts.iter().copied().chain([counts.iter().sum()]) {
            page.raw("<td>").number(count).raw("</td>");
        }
        page.raw("</tr>\n");
    }
    page.raw("</tbody>\n</table>\n</div>\n");
}

/// What is in no plot.
fn aside(report: &Report<'_>, page: &mut Page<'_>) {
    let with = |disposition| report.evaluation.with(disposition).count() as u64;
    let known = with(Disposition::Baseline);
    if known > 0 {
        page.element("p", "", &format!("{} known from the baseline, and in no violated rule", grouped(known)))
            .raw("\n");
    }
    let aside = [(with(Disposition::Waived), "waived"), (with(Disposition::Excused), "excused by their source")];
    let aside: Vec<String> = aside
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", grouped(*count)))
        .collect();
    if !aside.is_empty() {
        page.element("p", "", &format!("Not counted: {}", aside.join(", "))).raw("\n");
    }
    if let Some(unseen) = &report.evaluation.unseen {
        page.raw("<p><b class=\"warning\">Not judged</b>: ").text(unseen).raw("</p>\n");
    }
}
