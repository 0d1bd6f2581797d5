//! Pages to the end that the server announces, and servers that announce a wrong one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::common::server::Reply;
use crate::mock::{Mock, OTHER, TYPES, code, many, of_project, refusal, results};

#[test]
fn pages_are_walked_to_the_end_that_the_server_announces_whatever_size_it_gives() {
    for (count, clamp, pages) in [(52, 10, 6), (250, 100, 3), (101, 25, 5), (100, 100, 1)] {
        let mut mock = Mock::new().with("cicd", many(count));
        mock.clamp = clamp;
        let vendor = mock.start();
        let source = vendor.judge(&of_project(""), &[], 1).source().whole();
        assert_eq!(source.read(), count);
        assert_eq!(vendor.of_list("cicd").len(), pages, "{count} by {clamp}");
    }
}

#[test]
fn never_more_than_two_requests_are_made_at_a_time_and_one_where_the_policy_says_so() {
    for (section, most) in [("", 2), (", concurrency: 1", 1)] {
        let mut mock = Mock::new().with("sast", many(60)).with("iac", many(60));
        mock.clamp = 10;
        let inner = mock.clone();
        let mock = mock.before(move |request| {
            let list = TYPES.into_iter().find(|list| request.path == results(list))?;
            request.bearer()?;
            Some(Reply::Slow(Duration::from_millis(15), Box::new(inner.page(request, list))))
        });
        let vendor = mock.start();
        assert_eq!(vendor.judge(&of_project(section), &[], 1).source().whole().read(), 120);
        assert_eq!(vendor.api.most_at_once(), most);
    }
}

#[test]
fn the_size_of_a_page_is_what_the_policy_says() {
    let vendor = Mock::new().with("sast", many(25)).start();
    vendor.judge(&of_project(", page_size: 10, types: sast"), &[], 1).source().whole();
    assert_eq!(vendor.of_list("sast").len(), 3);
    assert!(vendor.of_list("sast").iter().all(|request| request.query("pageSizeNumber") == Some("10")));
}

/// A server whose SAST list is made by this function of the number of the page.
fn sast_pages(page: impl Fn(u64) -> Value + Send + Sync + 'static) -> Mock {
    Mock::new().at("/project/{id}/results/sast", move |request| {
        Reply::ok(&page(request.query("pageNumber").unwrap().parse().unwrap()))
    })
}

fn rows(from: u64, to: u64) -> Vec<Value> {
    (from..=to).map(|number| code(number, "low", "to_verify")).collect()
}

#[test]
fn fewer_findings_than_the_total_are_not_all() {
    for total in [json!("many"), json!(2.5), json!([])] {
        let mock = sast_pages(move |_| json!({"total": total, "totalPages": 1, "vulnerabilities": rows(1, 2)}));
        let source = mock.start().judge(&of_project("").replace("any", "critical"), &[], 3).source();
        source.is("failed", "its total is no number of rows");
    }
    // No page at all is what is told, and each has rows.
    let mock = sast_pages(|page| {
        let shown = if page < 3 { rows(2 * page - 1, 2 * page) } else { Vec::new() };
        json!({"totalPages": 0, "vulnerabilities": shown})
    });
    assert_eq!(mock.start().judge(&of_project(""), &[], 1).source().read(), 4);
    for (total, pages) in [(3, 1), (12, 1), (3, 0)] {
        let mock = sast_pages(move |_| json!({"total": total, "totalPages": pages, "vulnerabilities": rows(1, 2)}));
        let source = mock.start().judge(&of_project(""), &[], 1).source();
        source.is("partial", &format!("only 2 of the {total} SAST findings of payments-api were delivered"));
    }
}

#[test]
fn a_server_that_does_not_turn_the_page_is_noticed() {
    for body in [
        json!({"total": 9000, "totalPages": 9000, "vulnerabilities": rows(1, 2)}),
        json!({"total": 9000, "vulnerabilities": rows(1, 2)}),
        json!({"totalPages": 9000, "vulnerabilities": rows(1, 2)}),
        json!({"vulnerabilities": rows(1, 2)}),
    ] {
        let vendor = sast_pages(move |_| body.clone()).start();
        vendor.judge(&of_project(""), &[], 1).source().is("partial", "come again and again instead of the next page");
        assert!(vendor.of_list("sast").len() < 10, "{}", vendor.of_list("sast").len());
    }
}

#[test]
fn a_list_without_end_ends_with_the_time_of_the_run_and_is_not_believed() {
    for told in [true, false] {
        let mock = sast_pages(move |page| {
            let mut body = json!({"vulnerabilities": rows(page * 10, page * 10 + 9)});
            if told {
                body["total"] = json!(u32::MAX);
                body["totalPages"] = json!(u32::MAX);
            }
            body
        });
        let run = mock.start().judge(&of_project(", types: sast"), &["--timeout", "1s"], 1);
        let source = run.source().is("failed", "--timeout");
        assert!(source.read() > 10, "what was read is shown");
    }
}

#[test]
fn without_any_total_an_empty_page_is_the_end_and_that_is_noted() {
    let mock = sast_pages(
        |page| json!({"vulnerabilities": if page < 4 { rows(page * 10, page * 10 + 9) } else { Vec::new() }}),
    );
    let source = mock.start().judge(&of_project(""), &[], 1).source().whole();
    assert_eq!(source.notes_that("no total given for the SAST findings").read(), 30);
    // Pages that were announced and are empty are something else.
    let mock = sast_pages(
        |page| json!({"totalPages": 5, "vulnerabilities": if page < 4 { rows(page * 10, page * 10 + 9) } else { Vec::new() }}),
    );
    mock.start().judge(&of_project(""), &[], 1).source().is("partial", "is empty although more were announced");
}

#[test]
fn a_finding_on_two_pages_counts_once() {
    let mock = sast_pages(|page| match page {
        1 => json!({"total": 3, "totalPages": 2, "vulnerabilities": rows(1, 2)}),
        _ => json!({"total": 3, "totalPages": 2, "vulnerabilities": rows(2, 3)}),
    });
    assert_eq!(mock.start().judge(&of_project(""), &[], 1).source().whole().read(), 3);
}

#[test]
fn of_a_finding_that_changed_while_pages_were_read_the_stricter_reading_counts() {
    let mock = sast_pages(|page| {
        let rows = match page {
            1 => vec![code(1, "high", "resolved"), code(2, "low", "resolved")],
            _ => vec![code(1, "high", "to_verify"), code(3, "low", "resolved")],
        };
        json!({"total": 3, "totalPages": 2, "vulnerabilities": rows})
    });
    let source = mock.start().judge(&of_project(""), &[], 1).source().whole();
    assert_eq!(source.0["open"], 1);
}

#[test]
fn a_total_that_changes_is_read_once_more_and_then_not_believed() {
    // Page 2 of the first reading shows that a finding has come.
    let asked = Arc::new(AtomicUsize::new(0));
    let reading = |asked: &Arc<AtomicUsize>, settles: bool| {
        let asked = Arc::clone(asked);
        sast_pages(move |page| {
            let number = asked.fetch_add(1, Ordering::SeqCst) as u64;
            let total = if settles { if number == 0 { 4 } else { 5 } } else { 5 + number };
            let rows = if page == 1 { rows(1, 3) } else { rows(4, 5) };
            json!({"total": total, "totalPages": 2, "vulnerabilities": rows})
        })
    };
    let source = reading(&asked, true).start().judge(&of_project(""), &[], 1).source().whole();
    assert_eq!((source.read(), asked.load(Ordering::SeqCst)), (5, 4));
    asked.store(0, Ordering::SeqCst);
    let source = reading(&asked, false).start().judge(&of_project(""), &[], 1).source();
    let source = source.is("partial", "changed while they were read, and again");
    assert_eq!((source.read(), asked.load(Ordering::SeqCst)), (5, 4));
}

#[test]
fn rows_that_moved_from_one_page_to_another_are_looked_for_once_more() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let mock = sast_pages(move |page| {
        let first_time = count.fetch_add(1, Ordering::SeqCst) < 2;
        let rows = match (page, first_time) {
            (1, _) => rows(1, 3),
            (_, true) => rows(3, 4),
            (_, false) => rows(4, 5),
        };
        json!({"total": 5, "totalPages": 2, "vulnerabilities": rows})
    });
    assert_eq!(mock.start().judge(&of_project(""), &[], 1).source().whole().read(), 5);
    assert_eq!(asked.load(Ordering::SeqCst), 4);
}

#[test]
fn a_page_that_fails_leaves_what_came_before_it_and_fails_the_source() {
    let mut mock = Mock::new().with("sast", many(50));
    mock.clamp = 10;
    let inner = mock.clone();
    let mock = mock.before(move |request| {
        let is_it = request.path == results("sast") && request.bearer().is_some();
        is_it.then(|| match request.query("pageNumber") {
            Some("4") => refusal(404, "gone"),
            _ => inner.page(request, "sast"),
        })
    });
    let run = mock.start().judge(&of_project(""), &[], 1);
    assert_eq!(run.source().is("failed", "answered 404 (gone)").read(), 30);
}

#[test]
fn rows_without_an_id_are_counted_and_make_the_source_partial() {
    let rows = vec![
        code(1, "low", "to_verify"),
        json!({"base": {}}),
        json!({}),
        json!({"base": {"id": "", "path": "x"}}),
        json!("x"),
    ];
    let run = Mock::new().with("sast", rows).start().judge(&of_project(""), &[], 1);
    let source = run.source().is("partial", "4 rows of the SAST findings could not be read");
    assert_eq!((source.read(), &source.0["skipped"]), (1, &json!(4)));
    assert!(!source.reasons().contains("delivered"), "they were: {}", source.reasons());
}

#[test]
fn rows_of_another_project_are_left_out_and_noted() {
    let mut foreign = code(2, "critical", "to_verify");
    foreign["base"]["projectId"] = json!(OTHER);
    let vendor = Mock::new().with("sast", vec![code(1, "low", "ignored"), foreign]).start();
    let source = vendor.judge(&of_project(""), &[], 0).source().whole();
    assert_eq!(source.notes_that("1 of the SAST findings of payments-api are of another project").read(), 1);
}

#[test]
fn a_filter_that_nobody_asked_for_makes_the_source_partial() {
    for (member, words, complete) in [
        ("status", json!(["to_verify", "confirmed"]), false),
        ("status", json!(["to_verify", "confirmed", "resolved", "ignored"]), true),
        ("status", json!([]), true),
        ("severity", json!(["critical", "high", "medium", "low"]), false),
        ("priority", json!(["urgent"]), false),
    ] {
        let words_told = words.clone();
        let mock = sast_pages(move |_| {
            let mut body = json!({"total": 0, "totalPages": 0, "vulnerabilities": []});
            body[member] = words_told.clone();
            body
        });
        let source = mock.start().judge(&of_project(""), &[], if complete { 0 } else { 3 }).source();
        assert_eq!(source.state() == "complete", complete, "{member} {words}");
    }
}
