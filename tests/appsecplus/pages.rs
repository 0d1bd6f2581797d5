//! Pages: by a cursor, without a word, in circles.

use serde_json::{Value, json};

use crate::common::Folder;
use crate::common::server::Reply;
use crate::gate::{assert_told, command, ended, gate, paged, read, told};
use crate::vendor::{Paging, Told, Vendor, refusal, vulnerabilities, vulnerability};

#[test]
fn a_bare_list_of_any_length_is_complete_and_a_round_one_is_asked_for_once_more() {
    for (count, calls) in [(57, 1), (100, 2), (0, 1)] {
        let server = Vendor::with(vulnerabilities(count)).start();
        let run = gate(&server, "", i32::from(count > 0));
        assert_told(&run, "complete", &["no total given for the vulnerabilities"]);
        assert_eq!((read(&run), server.count("/applications/app-20417/vulnerabilities")), (count, calls));
    }
    // Above, a server that does not know the parameter; here, one that takes it and gives the same.
    let server = Vendor { paging: Paging::Silent(1000), ..Vendor::with(vulnerabilities(100)) }.start();
    let run = gate(&server, "", 1);
    assert_told(
        &run,
        "complete",
        &["100 vulnerabilities came, a round number; asked for 200, the server gave the same"],
    );
    let last = server.requests().pop().unwrap();
    assert_eq!(last.query("limit"), Some("200"));
}

#[test]
fn a_server_that_pages_without_a_word_is_found_out() {
    for (count, default, section) in [(240, 100, ""), (101, 100, ""), (300, 50, "page_size: 77")] {
        let server = Vendor { paging: Paging::Silent(default), ..Vendor::with(vulnerabilities(count)) }.start();
        let run = gate(&server, section, 1);
        assert_told(&run, "partial", &["the vulnerabilities were not all read", "without telling how to get the rest"]);
        assert!(read(&run) > default as u64 && read(&run) <= count, "{}", read(&run));
    }
    // Fewer rows when asked for more is no proof either, and a refusal is none.
    let odd = Vendor::with(vulnerabilities(20))
        .start_with(|request, _| request.query("limit").map(|_| Reply::ok(&json!([]))));
    assert_told(&gate(&odd, "", 1), "partial", &["gives 20 and 0"]);
    let odd = Vendor::with(vulnerabilities(20))
        .start_with(|request, _| request.query("limit").map(|_| refusal(403, "x", "no")));
    assert_told(&gate(&odd, "", 1), "partial", &["to ask for more failed", "403"]);
    // One that tells how to go on when it is asked for more is read to its end.
    let vendor = Vendor { paging: Paging::Cursor(100, Told::Body), ..Vendor::with(vulnerabilities(90)) };
    let server = vendor.start_with(|request, vendor| {
        let silent = Vendor { paging: Paging::Silent(20), ..vendor.clone() };
        (request.query.is_empty()).then(|| silent.answer(request))
    });
    let run = gate(&server, "", 1);
    assert_told(&run, "complete", &[]);
    assert_eq!(read(&run), 90);
}

#[test]
fn a_cursor_is_followed_wherever_it_is_told() {
    for told in [Told::Body, Told::Meta, Told::Header, Told::Link] {
        for (section, size) in [("", 20), ("page_size: 50", 50)] {
            let server = Vendor { paging: Paging::Cursor(20, told), ..Vendor::with(vulnerabilities(57)) }.start();
            let run = gate(&server, section, 1);
            assert_told(&run, "complete", &[]);
            let pages = 57_usize.div_ceil(size);
            let calls =
                server.requests().into_iter().filter(|r| r.path.ends_with("/vulnerabilities")).collect::<Vec<_>>();
            // A link holds its own parameters, and ours leaves the limit out.
            let want = if matches!(told, Told::Link) && size == 50 { 2 } else { pages };
            assert_eq!((read(&run), calls.len()), (57, want), "{told:?} {section}");
            assert!(
                calls[1].target.contains("cursor=at%2F%2B") || calls[1].target.contains("cursor=at/%2B"),
                "{}",
                calls[1].target
            );
        }
    }
}

#[test]
fn a_server_that_does_not_know_the_limit_is_asked_without_it() {
    let server = Vendor::default().start();
    let run = gate(&server, "page_size: 50", 0);
    assert_told(&run, "complete", &["does not take `limit`"]);
}

#[test]
fn pages_that_go_in_circles_or_lead_nowhere_are_not_an_end() {
    let row = |number| json!([vulnerability(number, "low", "resolved")]);
    let number = |cursor: Option<&str>| cursor.map_or(1, |cursor| cursor.parse::<u64>().unwrap() + 1);
    let same_cursor = paged(move |cursor| json!({"items": row(number(cursor.map(|_| "1"))), "nextCursor": "1"}));
    assert_told(&gate(&same_cursor, "", 3), "partial", &["named the same next page twice"]);
    let same_rows = paged(move |cursor| json!({"items": row(1), "nextCursor": number(cursor).to_string()}));
    assert_told(&gate(&same_rows, "", 3), "partial", &["a page held only rows that came before"]);
    assert!(same_rows.requests().len() < 10);
    let empty = paged(move |cursor| json!({"items": [], "nextCursor": number(cursor).to_string()}));
    assert_told(&gate(&empty, "", 3), "partial", &["pages in a row were empty"]);
    let odd = paged(|_| json!({"items": [], "nextCursor": {"after": 1}}));
    assert_told(&gate(&odd, "", 3), "partial", &["a cursor that is neither text nor a number"]);
    let more = paged(|_| json!({"items": [], "hasMore": true}));
    assert_told(&gate(&more, "", 3), "partial", &["there is more, but no cursor for it"]);
    let done = paged(move |_| json!({"items": row(1), "nextCursor": "x", "hasMore": false}));
    assert_told(&gate(&done, "", 0), "complete", &[]);
    // Endless pages of new rows: the time of the run ends it.
    let endless = paged(move |cursor| json!({"items": row(number(cursor)), "nextCursor": number(cursor).to_string()}));
    let run = ended(command(&Folder::new(), &endless, "").args(["--timeout", "2s"]), 3);
    assert_told(&run.json(), "failed", &["the time of this run, 2s, is used up"]);
}

#[test]
fn a_link_to_another_host_is_not_followed() {
    let trap = Vendor::default().start();
    let address = trap.url.clone();
    let server = Vendor::default().start_with(move |request, _| {
        let link = format!("<{address}/applications/app-20417/vulnerabilities?cursor=2>; rel=\"next\"");
        request.path.ends_with("/vulnerabilities").then(|| Reply::ok(&json!([])).with("Link", &link))
    });
    assert_told(&gate(&server, "", 3), "partial", &["on another host"]);
    assert!(trap.requests().is_empty());
}

#[test]
fn a_total_is_compared_with_what_came() {
    let rows = json!([vulnerability(1, "low", "resolved"), vulnerability(2, "low", "resolved")]);
    let with = |total: u64| {
        let rows = rows.clone();
        paged(move |_| json!({"items": rows, "total": total}))
    };
    let run = gate(&with(2), "", 0);
    assert_told(&run, "complete", &[]);
    assert!(!told(&run, "notes").contains("no total given for the vulnerabilities"));
    assert_told(&gate(&with(3), "", 3), "partial", &["the server counts 3 and gave 2"]);
    let changing = paged(|cursor| match cursor {
        None => json!({"items": [vulnerability(1, "low", "resolved")], "total": 2, "nextCursor": "a"}),
        Some(_) => json!({"items": [vulnerability(2, "low", "resolved")], "total": 1}),
    });
    assert_told(&gate(&changing, "", 3), "partial", &["their number changed while they were read"]);
}

#[test]
fn a_row_on_two_pages_counts_once_and_the_stricter_of_two_contents_counts() {
    let with = |second: Value| {
        paged(move |cursor| match cursor {
            None => json!({"items": [vulnerability(1, "high", "resolved")], "nextCursor": "a"}),
            Some(_) => json!({"items": [second, vulnerability(2, "low", "resolved")]}),
        })
    };
    let run = gate(&with(vulnerability(1, "high", "resolved")), "", 0);
    assert_eq!((read(&run), run["findings"].as_array().unwrap().len()), (2, 2));
    let run = gate(&with(vulnerability(1, "high", "open")), "", 1);
    assert_told(&run, "complete", &["1 row came again with other content"]);
    assert_eq!(run["findings"].as_array().unwrap().len(), 2);
}

#[test]
fn pages_that_are_told_in_another_way_than_by_a_cursor_are_not_all() {
    let row = || json!([vulnerability(1, "low", "resolved")]);
    for (body, why) in [
        (json!({"results": row(), "count": 3, "next": "https://a.example/v?page=2"}), "there is another page"),
        (json!({"results": row(), "count": 3}), "the server counts 3 and gave 1"),
        (json!({"items": row(), "page": 1, "totalPages": 5}), "there is another page"),
        (json!({"items": row(), "total": 1, "meta": {"total": 3}}), "the server counts 3 and gave 1"),
        (json!({"items": row(), "hasMore": false, "meta": {"hasMore": true}}), "there is more"),
    ] {
        let server = paged(move |_| body.clone());
        assert_told(&gate(&server, "", 3), "partial", &[why]);
    }
    let server = paged(|_| json!({"items": [], "error": {"code": "server_error"}}));
    assert_told(&gate(&server, "", 3), "failed", &["a list and an error at the same time"]);
}

#[test]
fn a_list_as_long_as_pages_may_be_is_asked_for_once_more() {
    for count in [30, 64, 150, 1500] {
        let paging = Paging::Silent(usize::try_from(count).unwrap());
        let server = Vendor { paging, ..Vendor::with(vulnerabilities(count + 1)) }.start();
        assert_told(&gate(&server, "", 1), "partial", &["without telling how to get the rest"]);
    }
}
