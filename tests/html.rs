//! `--format html`, as the binary writes it. What a browser makes of it is looked at by `scripts/check-html`.

mod common;

use common::{Folder, STRICT, result, sarif};

#[test]
fn a_page_is_the_same_on_stdout_and_in_a_file_and_does_not_change_the_status() {
    let folder = Folder::new().with("policy.yml", STRICT).with("scan.sarif", sarif(vec![result(7)]));
    let run = folder.check(&["--as-of", "2026-11-21", "--format", "html", "--output", "html=page.html"]).ends_with(1);
    assert_eq!(run.stdout, folder.read("page.html"));
    let run = run.says("<title>FAIL: the policy is violated in 1 rule - findgate</title>");
    run.says("src/a.py:7").says("thresholds.all.any").says("flaw 7").says("as of 2026-11-21").says("policy.yml:2");
}

#[test]
fn a_page_says_pass_only_of_what_was_read() {
    let folder = Folder::new().with("policy.yml", STRICT).with("scan.sarif", sarif(Vec::new()));
    folder.check(&["--format", "html"]).ends_with(0).says("<title>PASS: the policy holds");
    folder.write("broken.sarif", "{\"version\": \"2.1.0\", \"runs\": [");
    let run = folder.check(&["--format", "html"]).ends_with(3).says("<title>UNDECIDED: no violation was seen");
    run.says("Not read").says("broken.sarif");
}

#[test]
fn a_place_leads_to_the_file_at_the_commit_that_was_judged() {
    let folder = Folder::new().with("policy.yml", STRICT).with("scan.sarif", sarif(vec![result(7)]));
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let run =
        folder.check(&["--format", "html", "--repo", "github.com/acme/payments", "--commit", commit]).ends_with(1);
    run.says(&format!("href=\"https://github.com/acme/payments/blob/{commit}/src/a.py#L7\">src/a.py:7</a>"));
}

#[test]
fn what_weakens_the_gate_stands_on_the_page() {
    let folder = Folder::new().with("policy.yml", STRICT).with("scan.sarif", sarif(vec![result(7)]));
    let more = ["--format", "html", "--exit-zero", "--allow-host", "vendor.example"];
    let run = folder.check(&more).ends_with(0).says("<title>FAIL: ").says("findgate: fail (1)");
    run.says("the violation does not fail this run, because of --exit-zero")
        .says("the gate was weakened by")
        .says("<li>--allow-host vendor.example</li>");
}
