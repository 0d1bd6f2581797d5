//! What a run ends with, whatever became of a source: every state, required or not, in every format, with `--exit-zero` and
//! without it. The table in docs/statuses.md is what came out here.

mod common;

use std::fs;
use std::path::Path;

use clap::ValueEnum as _;
use common::server::{Reply, Request, Server};
use common::{Folder, finish};
use findgate::report::Format;
use serde_json::{Value, json};

const KEY: &str = "mayo_ak_0123456789abcdefABCDEF0123456789";
const COMMIT: &str = "9f2c41d0777700000000000000000000000000aa";
const TABLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/statuses.md");

/// What becomes of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Complete,
    Partial,
    Stale,
    Failed,
    Empty,
    NoProject,
    OtherCommit,
    Running,
    NoFile,
}

impl State {
    const ALL: [State; 9] = [
        State::Complete,
        State::Partial,
        State::Stale,
        State::Failed,
        State::Empty,
        State::NoProject,
        State::OtherCommit,
        State::Running,
        State::NoFile,
    ];

    fn words(self) -> &'static str {
        match self {
            State::Complete => "everything was read",
            State::Partial => "a row or a page is missing",
            State::Stale => "the newest scan is older than `max_age`",
            State::Failed => "the vendor refuses to answer",
            State::Empty => "no scan has run",
            State::NoProject => "the vendor has no such project",
            State::OtherCommit => "the scans are of another commit than `commit: head` asks for",
            State::Running => "the scan still runs",
            State::NoFile => "no file fits the glob",
        }
    }

    /// What the reason says, so that no state is taken for another.
    fn reasons(self) -> &'static [&'static str] {
        match self {
            State::Complete => &[],
            State::Partial => &["when they were read once more"],
            State::Stale => &["max_age"],
            State::Failed => &["401"],
            State::Empty => &["never scanned", "it shows no scan"],
            State::NoProject => &["no project"],
            State::OtherCommit => &["no scan of commit"],
            State::Running => &["running"],
            State::NoFile => &["matches no file"],
        }
    }

    /// Whether a finding can be seen at all.
    fn shows(self) -> bool {
        !matches!(self, State::Failed | State::NoProject | State::NoFile)
    }

    fn answer(self, finding: bool, request: &Request) -> Reply {
        if self == State::Failed {
            return Reply::json(401, &json!({"error": {"code": "unauthorized", "message": "no"}}));
        }
        let rows: Vec<Value> = match request.path.as_str() {
            "/projects" if self == State::NoProject => vec![json!({"id": "p2", "name": "other"})],
            "/projects" => vec![json!({"id": "p1", "name": "shop", "finding_count": u64::from(finding)})],
            "/scans" if self == State::Empty => Vec::new(),
            "/scans" => vec![self.scan()],
            "/findings" if finding && self.shows() => vec![json!({
                "id": "f1", "title": "SQL injection", "severity": "high", "status": "open", "scanner": "semgrep",
                "scanner_type": "sast", "rule_id": "sql", "file_path": "src/a.py", "line_number": 4,
                "first_detected": "2026-11-01T00:00:00Z", "project": {"id": "p1", "name": "shop"}
            })],
            "/findings" => Vec::new(),
            _ => return Reply::json(404, &json!({"detail": "Not Found"})),
        };
        let lost = u64::from(self == State::Partial && request.path == "/findings");
        let total = rows.len() as u64 + lost;
        Reply::ok(&json!({"data": rows, "pagination": {"page": 1, "per_page": 100, "total": total}}))
    }

    fn scan(self) -> Value {
        let day = if self == State::Stale { "2026-10-01" } else { "2026-11-20" };
        let is_running = self == State::Running;
        json!({
            "id": "s1", "asset_id": "a1", "project_id": "p1", "scanner": "semgrep", "scanner_type": "sast", "branch": "main",
            "commit_sha": if self == State::OtherCommit { "aaaaaaaaaaaa" } else { COMMIT },
            "status": if is_running { "running" } else { "completed" },
            "started_at": format!("{day}T03:00:00Z"),
            "completed_at": if is_running { Value::Null } else { json!(format!("{day}T03:10:00Z")) }
        })
    }

    fn policy(self, required: bool) -> String {
        let source = match self {
            State::NoFile => "sarif: {files: 'reports/*.sarif'",
            _ => "mayo: {project: shop, max_age: 7d, commit: head",
        };
        format!("version: 1\nthresholds: {{all: any}}\nsources: {{{source}, required: {required}}}}}\n")
    }
}

/// The statuses of a case, without `--exit-zero` and with it; the same in every format.
fn statuses(state: State, required: bool, finding: bool) -> (i32, i32) {
    let server = Server::start(move |request| state.answer(finding, request));
    let folder = Folder::new().with("policy.yml", state.policy(required));
    let status = |format: Format, more: &[&str]| {
        let mut command = folder.command();
        command.args(["check", "--policy", "policy.yml", "--as-of", "2026-11-21", "--commit", COMMIT]);
        command.args(["--format", format.name(), "--output", "json=told.json"]).args(more);
        let run = finish(command.env("MAYOASPM_URL", &server.url).env("MAYOASPM_API_KEY", KEY));
        // An annotation on every green run would teach people not to look.
        let is_silent = format == Format::Github && state == State::Complete && !finding;
        assert_eq!(run.stdout.is_empty(), is_silent, "{state:?} as {}:\n{}{}", format.name(), run.stdout, run.stderr);
        let told = folder.json("told.json");
        let reason = told["sources"][0]["reason"].as_str();
        let is_told = state.reasons().iter().any(|part| reason.is_some_and(|reason| reason.contains(part)));
        assert!(is_told || state == State::Complete && reason.is_none(), "{state:?} is told as {reason:?}");
        (run.status, told["status"].as_i64().unwrap(), told["verdict"].as_str().unwrap().to_owned())
    };
    let mut all =
        Format::value_variants().iter().map(|format| (status(*format, &[]), status(*format, &["--exit-zero"])));
    let ((plain, told, verdict), (zeroed, still_told, still)) = all.next().unwrap();
    assert_eq!((told, &verdict), (still_told, &still), "{state:?}: no option changes what is told");
    assert_eq!(i64::from(plain), told, "{state:?}: what is told is what it ends with");
    for (one, other) in all {
        let case = format!("{state:?} required {required} finding {finding}");
        assert_eq!((one.0, other.0), (plain, zeroed), "{case}: no format changes the status");
        assert_eq!((one.1, one.2, other.1, other.2), (told, verdict.clone(), told, verdict.clone()), "{case}");
    }
    (plain, zeroed)
}

fn verdict((plain, zeroed): (i32, i32)) -> String {
    let name = ["pass", "fail", "wrong usage", "undecided"][plain as usize];
    if plain == zeroed { format!("{name} ({plain})") } else { format!("{name} ({plain}; {zeroed})") }
}

#[test]
fn the_table_of_statuses_is_what_the_program_ends_with() {
    let mut table = String::from(
        "| what became of the source | required | required, and a finding was seen | optional | optional, and a finding was seen |\n\
         |---|---|---|---|---|\n",
    );
    for state in State::ALL {
        let cell = |required, finding| match finding && !state.shows() {
            true => "cannot be".to_owned(),
            false => verdict(statuses(state, required, finding)),
        };
        let cells = [cell(true, false), cell(true, true), cell(false, false), cell(false, true)];
        table.push_str(&format!("| {} | {} |\n", state.words(), cells.join(" | ")));
    }
    let document = fs::read_to_string(Path::new(TABLES)).unwrap();
    assert!(document.contains(&table), "docs/statuses.md holds another table than this:\n{table}");
    // Whatever the table says: of a required source nothing but what was read completely passes, and nothing makes it pass.
    let required: Vec<&str> = table.lines().skip(2).map(|line| line.split('|').nth(2).unwrap().trim()).collect();
    assert_eq!(required[0], "pass (0)");
    assert!(required[1..].iter().all(|cell| *cell == "undecided (3)"), "{table}");
}
