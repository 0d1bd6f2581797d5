//! What other policies would say.

use super::page::Page;
use super::{LISTED, Report, class_of};
use crate::exit::Status;
use crate::policy::BesideRole;
use crate::report::words::beside as words;
use crate::report::{Beside, Would};

pub(super) fn beside(report: &Report<'_>, page: &mut Page<'_>) {
    if report.beside.is_empty() {
        return;
    }
    page.raw("<section id=\"beside\" aria-labelledby=\"beside-title\">\n<h2 id=\"beside-title\">Other policies</h2>\n");
    page.raw("<p>What they would say; they do not decide.</p>\n");
    for one in report.beside {
        let Beside { role, origin, digest: _, result } = one;
        page.raw("<h3>").raw(words::whose(*role));
        let Ok(would) = result else {
            page.raw("</h3>\n").element("p", "warning", &one.sentence()).raw("\n");
            continue;
        };
        let verdict = would.verdict();
        page.raw(" would give <span class=\"").raw(class_of(verdict.into())).raw("\">").raw(verdict.name());
        page.raw("</span> (").number(u64::from(Status::from(verdict).number())).raw(")");
        page.raw(if *role == BesideRole::Change { " after the merge</h3>\n" } else { "</h3>\n" });
        page.element("p", "soft", origin).raw("\n");
        differences(report, would, page);
    }
    page.raw("</section>\n");
}

fn differences(report: &Report<'_>, would: &Would, page: &mut Page<'_>) {
    let unread: Vec<String> = would.unread.iter().map(|reason| format!("not read: {reason}")).collect();
    page.list(&unread, LISTED, "more reason");
    let lines = words::differences(report, would);
    if lines.is_empty() && unread.is_empty() {
        page.raw("<p>It makes no difference.</p>\n");
    }
    page.list(&lines, LISTED, "more difference");
}
