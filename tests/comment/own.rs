//! One comment on GitHub, and never that of somebody else.

use serde_json::{Value, json};

use crate::common::server::Reply;
use crate::platform::{Comments, MARKER, REPORT, bot, github, github_row, methods, on_github, plain, post};

#[test]
fn a_comment_is_posted_once_then_updated_and_left_alone_where_it_says_the_same() {
    let comments = Comments::of(vec![github_row(1, "nice", &json!({"id": 5, "login": "ann", "type": "User"}))]);
    let server = plain(&comments);
    post(&server).ends_with(0).complains("posted comment 1001 on pull request 7 of o/r");
    assert_eq!(comments.body(1001), REPORT);
    post(&server).ends_with(0).complains("left as it is, for it says the same: comment 1001");
    assert_eq!(methods(&server), ["POST /repos/o/r/issues/7/comments"]);
    on_github(&server, "", "<!-- findgate: default -->\n## pass\n", &[]).ends_with(0).complains("updated comment 1001");
    assert_eq!(comments.body(1001), "<!-- findgate: default -->\n## pass\n");
    assert_eq!(methods(&server)[1..], ["PATCH /repos/o/r/issues/comments/1001"]);
    // Another name has a comment of its own.
    on_github(&server, "", "<!-- findgate: web -->\n## pass\n", &[]).ends_with(0).complains("posted comment 1002");
    assert_eq!(comments.all().len(), 3);
}

#[test]
fn line_ends_and_what_stands_behind_the_last_word_make_no_difference() {
    let stored = REPORT.trim_end().replace('\n', "\r\n");
    let comments = Comments::of(vec![github_row(3, &stored, &bot())]);
    let server = plain(&comments);
    post(&server).ends_with(0).complains("comment 3");
    assert_eq!(methods(&server), [""; 0]);
}

#[test]
fn a_comment_on_the_third_page_is_found() {
    let ann = json!({"id": 5, "login": "ann", "type": "User"});
    let mut rows: Vec<Value> = (1..=250).map(|id| github_row(id, "talk", &ann)).collect();
    rows[220] = github_row(221, "<!-- findgate: default -->\nold", &bot());
    let comments = Comments::of(rows);
    let server = plain(&comments);
    post(&server).ends_with(0).complains("updated comment 221");
    assert_eq!(comments.body(221), REPORT);
    assert_eq!(server.count("/repos/o/r/issues/7/comments"), 3);
    assert_eq!(server.count("/evil"), 0);
}

#[test]
fn a_comment_of_somebody_else_with_our_marker_is_neither_edited_nor_taken_for_ours() {
    let stolen = format!("{MARKER}\n## findgate: pass\n");
    let foreign = [
        json!({"id": 5, "login": "mallory", "type": "User"}),
        // A name that looks like the bot's.
        json!({"id": 6, "login": "github-actions", "type": "User"}),
        json!({"id": 7, "login": "evil-app[bot]", "type": "Bot"}),
        json!({"id": 8, "login": "github-actions-evil[bot]", "type": "Bot"}),
        Value::Null,
    ];
    let mut rows: Vec<Value> = (1..).zip(&foreign).map(|(id, author)| github_row(id, &stolen, author)).collect();
    rows[2]["performed_via_github_app"] = json!({"slug": "evil-app"});
    // One of ours that only quotes the marker.
    rows.push(github_row(50, &format!("see\n{MARKER}\n"), &bot()));
    rows.push(github_row(51, &format!("{MARKER} and more\n"), &bot()));
    let comments = Comments::of(rows.clone());
    let server = plain(&comments);
    post(&server).ends_with(0).complains("posted comment 1007");
    assert_eq!(comments.all()[..7], rows[..]);
    post(&server).ends_with(0).complains("left as it is");
    assert_eq!(methods(&server).len(), 1);
}

#[test]
fn a_personal_token_finds_its_own_comment_by_the_account() {
    let me = json!({"id": 77, "login": "ann", "type": "User"});
    let renamed = json!({"id": 77, "login": "ann-before", "type": "User"});
    let comments = Comments::of(vec![
        github_row(1, &format!("{MARKER}\nbot"), &bot()),
        github_row(2, &format!("{MARKER}\nother"), &json!({"id": 78, "login": "ann", "type": "User"})),
        github_row(3, &format!("{MARKER}\nmine"), &renamed),
    ]);
    let server = github("", &comments, move |request, _| (request.path == "/user").then(|| Reply::ok(&me)));
    post(&server).ends_with(0).complains("updated comment 3");
    assert_eq!(server.count("/graphql"), 0);
}

#[test]
fn the_token_of_an_app_finds_the_comment_of_its_own_bot() {
    let own = json!({"id": 91, "login": "acme-gate[bot]", "type": "Bot"});
    for login in ["acme-gate[bot]", "acme-gate"] {
        let comments = Comments::of(vec![
            github_row(1, &format!("{MARKER}\nof a job"), &bot()),
            github_row(2, &format!("{MARKER}\nof the app"), &own),
        ]);
        let server = github("", &comments, move |request, _| {
            (request.path == "/graphql").then(|| Reply::ok(&json!({"data": {"viewer": {"login": login}}})))
        });
        post(&server).ends_with(0).complains("updated comment 2");
    }
    // Where the platform knows none, it is the job's own.
    for reply in
        [Reply::json(404, &json!({})), Reply::ok(&json!({"errors": []})), Reply::ok(&json!({"data": {"viewer": null}}))]
    {
        let comments = Comments::of(vec![github_row(1, &format!("{MARKER}\nof a job"), &bot())]);
        let server = github("", &comments, move |request, _| (request.path == "/graphql").then(|| reply.clone()));
        post(&server).ends_with(0).complains("updated comment 1");
    }
}

#[test]
fn where_nobody_tells_whose_token_it_is_no_comment_is_guessed_to_be_its_own() {
    let old = github_row(1, &format!("{MARKER}\nof a job"), &bot());
    let busy = json!({"message": "You have exceeded a secondary rate limit."});
    for (path, reply, want) in [
        ("/graphql", Reply::json(501, &json!({})), "cannot ask which bot the token belongs to: "),
        ("/graphql", Reply::json(403, &busy), "cannot ask which bot the token belongs to: "),
        ("/graphql", Reply::text(200, "text/html", "<html>"), "ask which bot the token belongs to"),
        ("/user", Reply::json(403, &busy), "cannot ask whom the token belongs to: "),
    ] {
        let comments = Comments::of(vec![old.clone()]);
        let server = github("", &comments, move |request, _| (request.path == path).then(|| reply.clone()));
        post(&server).ends_with(0).complains("::warning title=findgate::the comment was not posted: ").complains(want);
        assert_eq!((methods(&server), comments.all()), (vec![], vec![old.clone()]));
    }
}

#[test]
fn of_several_the_first_is_updated_and_the_others_are_told() {
    let old = format!("{MARKER}\nold");
    let comments = Comments::of((1..=3).map(|id| github_row(id, &old, &bot())).collect());
    let server = plain(&comments);
    post(&server).ends_with(0).complains("updated comment 1 ").complains("2 more comments of the same name are there");
    assert_eq!((comments.body(1), comments.body(2), comments.body(3)), (REPORT.to_owned(), old.clone(), old));
}
