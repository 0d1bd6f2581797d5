use super::*;

/// Reads the pages one after the other; each row's `id` is its id.
fn walk(limit: u32, most: u64, pages: &[&str]) -> (Vec<Turn>, Walk) {
    let mut walk = Walk::new("rows", limit, most);
    let mut turns = Vec::new();
    for body in pages {
        let page = page(body).unwrap();
        for row in &page.rows {
            let value: Value = serde_json::from_str(row.get()).unwrap();
            match value["id"].as_str() {
                Some(id) => {
                    walk.is_fresh(id, row);
                }
                None => walk.nameless(),
            }
        }
        turns.push(walk.turn(&page));
    }
    (turns, walk)
}

fn go(cursor: &str) -> Turn {
    Turn::Go(cursor.to_owned())
}

#[test]
fn the_next_page_is_found_in_every_envelope_and_its_address_is_not_followed() {
    let rows = r#""response": [{"id": "a"}, {"id": "b"}]"#;
    for (more, want) in [
        // Java services, flat, the total as text.
        (r#"{"totalItems": "422", "next": "http://elsewhere.example?cursor=3", "cursor": 3}"#, go("3")),
        // Nested.
        (r#"{"totalItems": 11, "paging": {"next": "http://elsewhere.example/x?limit=2&cursor=a%2Bb"}}"#, go("a+b")),
        // Without an address: the cursor, while more is due.
        (r#"{"totalItems": 11, "cursor": 7}"#, go("7")),
        (r#"{"paging": {"cursor": "c"}}"#, go("c")),
        // The code scanner.
        (r#"{"cursor": 1, "next": "https://elsewhere.example/api?cursor=1"}"#, go("1")),
        // Images: the field `cursor` is this page's, `next` leads on.
        (
            r#"{"totalItems": 9, "paging": {"cursor": 5, "next": "https://elsewhere.example?cursor=6&limit=5"}}"#,
            go("6"),
        ),
        // Last pages.
        (r#"{"totalItems": 2, "paging": {}}"#, Turn::Done),
        (r#"{"totalItems": 2, "paging": {"cursor": 0}}"#, Turn::Done),
        (r#"{"totalItems": 1}"#, Turn::Done),
        ("null", Turn::Done),
        ("{}", Turn::Done),
        (r#"{"paging": null, "next": "", "cursor": null}"#, Turn::Done),
    ] {
        let (turns, _) = walk(2, 1000, &[&format!(r#"{{{rows}, "additionalData": {more}, "supportToken": "x"}}"#)]);
        assert_eq!(turns, [want], "{more}");
    }
    assert_eq!(walk(2, 1000, &[&format!("{{{rows}}}")]).0, [Turn::Done], "no additionalData at all");
    let short = r#"{"response": [{"id": "a"}], "additionalData": {"cursor": 1}}"#;
    assert_eq!(walk(2, 1000, &[short]).0, [Turn::Done], "a page that is not full is the last where no total is told");
}

#[test]
fn what_is_missing_is_said() {
    let page = |ids: &[&str], more: &str| {
        let rows: Vec<String> = ids.iter().map(|id| format!(r#"{{"id": "{id}"}}"#)).collect();
        format!(r#"{{"response": [{}], "additionalData": {more}}}"#, rows.join(","))
    };
    let stop = |pages: &[String], most: u64| {
        let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
        match walk(2, most, &pages).0.pop() {
            Some(Turn::Stop(why)) => why,
            other => panic!("{other:?}"),
        }
    };
    let next = |cursor: u32| format!(r#"{{"next": "http://x?cursor={cursor}"}}"#);
    assert!(stop(&[page(&["a"], r#"{"totalItems": "3"}"#)], 9).ends_with("Mend counts 3, and 1 came"));
    assert!(stop(&[page(&[], r#"{"totalItems": 3, "next": "http://x?cursor=1"}"#)], 9).contains("and 0 came"));
    assert!(stop(&[page(&["a"], &next(1)), page(&["b"], &next(1))], 9).contains("in a circle"));
    assert!(stop(&[page(&["a"], &next(1)), page(&["a"], &next(2))], 9).contains("nothing but what had come before"));
    assert!(stop(&[page(&["a"], &next(1)), page(&["b"], &next(2))], 2).contains("more than 2"));
    assert!(stop(&[page(&["a"], r#"{"next": "http://x/more"}"#)], 9).contains("no cursor"));
    // The only thing that leads on is the cursor that was sent, and it leads to the same rows again.
    let echoed = r#"{"cursor": 0}"#;
    assert!(stop(&[page(&["a", "b"], echoed), page(&["a", "b"], echoed)], 9).contains("had come before"));
    // Something leads on that is no address.
    assert!(stop(&[page(&["a"], r#"{"next": 5}"#)], 9).contains("no cursor"));
    let twice =
        [page(&["a"], r#"{"totalItems": 2, "next": "http://x?cursor=1"}"#), page(&["a"], r#"{"totalItems": 2}"#)];
    assert!(stop(&twice, 9).ends_with("Mend counts 2, and 1 came"), "a row that came twice is one");
}

#[test]
fn an_empty_page_that_leads_on_is_no_end_where_nobody_counts() {
    let rows = |ids: &str, more: &str| format!(r#"{{"response": [{ids}], "additionalData": {more}}}"#);
    let next = |cursor: u32| format!(r#"{{"next": "http://x?cursor={cursor}"}}"#);
    let (empty, full) = (rows("", &next(1)), rows(r#"{"id": "a"}"#, "null"));
    assert_eq!(walk(2, 9, &[&empty, &full]).0, [go("1"), Turn::Done]);
    // Two in a row, or one that leads to itself, are the end.
    assert_eq!(walk(2, 9, &[&empty, &rows("", &next(2))]).0, [go("1"), Turn::Done]);
    assert_eq!(walk(2, 9, &[&rows(r#"{"id": "a"}"#, &next(1)), &empty]).0, [go("1"), Turn::Done]);
    // A total says more than an address.
    let none = rows("", r#"{"totalItems": 0, "next": "http://x?cursor=1"}"#);
    assert_eq!(walk(2, 9, &[&none]).0, [Turn::Done]);
}

#[test]
fn a_total_that_changes_on_the_way_is_noticed() {
    let first = r#"{"response": [{"id": "a"}], "additionalData": {"totalItems": 2, "next": "http://x?cursor=1"}}"#;
    let (turns, walk) = walk(1, 9, &[first, r#"{"response": [{"id": "b"}], "additionalData": {"totalItems": 1}}"#]);
    assert_eq!(turns, [go("1"), Turn::Done]);
    assert!(walk.moved);
}

#[test]
fn equal_rows_of_one_id_are_one_and_different_ones_are_not() {
    let mut walk = Walk::new("rows", 10, 10);
    let row = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
    assert!(walk.is_fresh("a", &row("{\"x\": 1}")));
    assert!(!walk.is_fresh("a", &row("{\"x\": 1}")));
    assert!(walk.is_fresh("a", &row("{\"x\": 2}")));
    assert_eq!(walk.distinct(), 1);
}

#[test]
fn what_is_no_page_of_a_list_is_never_an_empty_one() {
    for (body, why) in [
        ("[]", "it is no object"),
        ("\"Unauthorized\"", "it is no object"),
        ("{}", "it holds no `response`"),
        (r#"{"supportToken": "x"}"#, "it holds no `response`"),
        // Two other envelopes of Mend's, of lists that are not read here.
        (r#"{"data": [], "pagination": {"hasMore": false, "total": 0}}"#, "it holds no `response`"),
        (r#"{"vulnerabilities": [], "totalCount": 0}"#, "it holds no `response`"),
        (r#"{"response": {}}"#, "its `response` is no list"),
        (r#"{"response": "ok"}"#, "its `response` is no list"),
        (r#"{"response": null, "additionalData": {"totalItems": 3}}"#, "its `response` is no list"),
        (r#"{"response": [], "additionalData": {"error": "failed loading"}}"#, "it reports an error: failed loading"),
        (
            r#"{"response": null, "additionalData": {"message": "Something went wrong", "result": "error", "success": false}}"#,
            "it reports an error: Something went wrong",
        ),
        (r#"{"response": [], "additionalData": {"success": "False"}}"#, "it reports an error"),
        (r#"{"response": [], "additionalData": {"totalItems": "many"}}"#, "its total is no number of rows"),
        (r#"{"response": [], "additionalData": {"totalItems": 1e300}}"#, "its total is no number of rows"),
        (r#"{"response": [], "additionalData": {"totalItems": 2.5}}"#, "its total is no number of rows"),
        (r#"{"response": [], "response": []}"#, "duplicate field"),
    ] {
        let error = page(body).unwrap_err();
        assert!(error.contains(why), "{body}: {error}");
    }
    assert_eq!(page(r#"{"response": [], "additionalData": {"totalItems": -1, "success": true}}"#).unwrap().total, None);
    for body in [r#"{"response": null}"#, r#"{"response": [], "additionalData": {"totalItems": 0, "error": ""}}"#] {
        assert!(page(body).unwrap().rows.is_empty(), "{body}");
    }
}
