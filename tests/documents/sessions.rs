//! The commands of the documents, run as they stand there.
//!
//! A block of the language `console` is what a person sees at a terminal: lines that begin with `$ ` are commands, the others
//! what they print. `...` stands for any number of lines, `…` for any part of one, and `# ends with 1` behind a command for its
//! status, which is 0 where nothing is said. A long line is shown as a narrow terminal does, in several. All blocks of a page
//! run one after the other in one folder, in which the files stand that the page shows before.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::pages::{Block, Part, document, pages, root};
use crate::common::Folder;
use crate::common::server::{Reply, Request, Server};

/// The folder of a session as pages write it.
const SHOWN: &str = "/src/payments";

/// A line that is shorter than this, in characters, is shown as it is.
const NARROW: usize = 60;

/// What a page's commands run in.
struct Session {
    folder: Folder,
    vendors: Vec<(&'static str, Server)>,
}

/// What came of a command.
struct Ended {
    status: i32,
    /// Both streams, as a terminal shows them.
    text: String,
}

#[test]
fn every_command_of_the_documents_does_what_they_show() {
    let (mut seen, mut wrong) = (0, Vec::new());
    for page in pages() {
        let mut session = Session::new();
        for part in &page.parts {
            match part {
                Part::Comment { line, word, text } => session.prepare(&format!("{}:{line}", page.name), word, text),
                Part::Block(block) if block.language == "console" && block.not_run.is_none() => {
                    seen += session.follow(&page.name, block, &mut wrong);
                }
                Part::Block(block) => {
                    if let Some(file) = block.file() {
                        session.folder.write(file, &block.text);
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(seen >= 110, "only {seen} commands were run: the test looks in the wrong place");
}

impl Session {
    fn new() -> Session {
        Session { folder: Folder::new(), vendors: Vec::new() }
    }

    fn prepare(&mut self, place: &str, word: &str, text: &str) {
        match word {
            "fresh" => *self = Session::new(),
            "vendors" => {
                let names = ["MEND", "MAYOASPM", "CYBEDEFEND", "APPSECPLUS"];
                let servers = ["mend", "mayo", "cybedefend", "appsecplus"].map(|name| vendor(name, self.folder.path()));
                self.vendors = names.into_iter().zip(servers).collect();
            }
            "sarif" => {
                let (path, count) = text.split_once(' ').unwrap_or_else(|| panic!("{place}: PATH COUNT"));
                self.folder.write(path, report(count.parse().unwrap_or_else(|_| panic!("{place}: COUNT"))));
            }
            _ => {
                let ended = self.shell(&format!("set -e\n{text}"));
                assert_eq!(ended.status, 0, "{place}\n{}", ended.text);
            }
        }
    }

    /// Runs the commands of a block, compares what they print, and says how many there were.
    fn follow(&self, page: &str, block: &Block, wrong: &mut Vec<String>) -> usize {
        let mut commands: Vec<(usize, String, Vec<&str>)> = Vec::new();
        let mut is_going_on = false;
        for (number, line) in block.text.lines().enumerate() {
            match (line.strip_prefix("$ "), commands.last_mut()) {
                (_, Some((_, command, _))) if is_going_on => {
                    let _ = write!(command, "\n{line}");
                }
                (Some(command), _) => commands.push((block.line + 1 + number, command.to_owned(), Vec::new())),
                (None, Some((_, _, expected))) => expected.push(line.trim_end()),
                (None, None) => panic!("{page}:{}: a block of commands begins with `$ `", block.line),
            }
            is_going_on = line.ends_with('\\');
        }
        for (line, command, expected) in &commands {
            let status = command.split_once("# ends with ").map_or(0, |(_, status)| status.trim().parse().unwrap());
            let ended = self.shell(command);
            let shown = format!("{page}:{line}: {command}\n{}", ended.text);
            if ended.status != status {
                wrong.push(format!("{shown}\nit ended with {}", ended.status));
            }
            let printed: Vec<&str> = ended.text.lines().map(str::trim_end).collect();
            let last = expected.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
            if let Err(missing) = fits(&expected[..last], &printed)
                && last > 0
            {
                wrong.push(format!("{shown}\nthe page shows instead: {missing}"));
            }
        }
        commands.len()
    }

    /// Runs a line with nothing of the surrounding environment but the search path.
    fn shell(&self, line: &str) -> Ended {
        let binary = Path::new(env!("CARGO_BIN_EXE_findgate")).parent().unwrap();
        let paths = std::env::var_os("PATH").unwrap_or_default();
        let paths = [binary.to_path_buf()].into_iter().chain(std::env::split_paths(&paths));
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("exec 2>&1\n{line}\n")]).current_dir(self.folder.path()).env_clear();
        shell.env("PATH", std::env::join_paths(paths).unwrap()).env("ROOT", root()).env("HOME", self.folder.path());
        // The same commits at every run.
        for who in ["AUTHOR", "COMMITTER"] {
            shell.env(format!("GIT_{who}_NAME"), "a").env(format!("GIT_{who}_EMAIL"), "a@acme.example");
            shell.env(format!("GIT_{who}_DATE"), "2026-11-20T12:00:00Z");
        }
        shell.env("GIT_CONFIG_NOSYSTEM", "1");
        for (name, server) in &self.vendors {
            shell.env(format!("{name}_URL"), &server.url);
        }
        if !self.vendors.is_empty() {
            shell.env("CYBEDEFEND_AUTH_URL", &self.vendors[2].1.url);
            for (name, value) in CREDENTIALS {
                shell.env(name, value);
            }
        }
        let output = shell.output().expect("run a shell");
        let mut text = String::from_utf8(output.stdout).expect("it is UTF-8");
        let here = self.folder.path().canonicalize().unwrap();
        for path in [here.as_path(), self.folder.path()] {
            text = text.replace(path.to_str().unwrap(), SHOWN);
        }
        for (name, server) in &self.vendors {
            let host = format!("{}.example", name.to_lowercase());
            text = text.replace(&server.url, &format!("https://{host}"));
            text = text.replace(server.url.strip_prefix("http://").unwrap(), &host);
        }
        Ended { status: output.status.code().expect("it ended by itself"), text }
    }
}

const CREDENTIALS: [(&str, &str); 6] = [
    ("MEND_EMAIL", "ci@acme.example"),
    ("MEND_USER_KEY", "key-of-the-example"),
    ("MAYOASPM_API_KEY", "mayo_ak_0123456789abcdefghijklmnopqrstuv"),
    ("CYBEDEFEND_PAT", "pat_of_the_example"),
    ("APPSECPLUS_CLIENT_ID", "ci-gate"),
    ("APPSECPLUS_CLIENT_SECRET", "secret-of-the-example"),
];

/// A server that gives the answers of a vendor of the example, or those that the page puts into `answers` of its folder.
fn vendor(name: &str, folder: &Path) -> Server {
    let answers: Value = serde_json::from_str(&document(&format!("examples/vendors/answers/{name}.json"))).unwrap();
    let others = folder.join(format!("answers/{name}.json"));
    Server::start(move |request: &Request| {
        let asked = format!("{} {}", request.method, request.path);
        let other: Value = fs::read(&others).map_or(Value::Null, |text| serde_json::from_slice(&text).unwrap());
        match other.get(&asked).or_else(|| answers.get(&asked)) {
            Some(Value::Number(status)) => Reply::json(status.as_u64().unwrap() as u16, &json!({"message": "no"})),
            Some(answer) => Reply::ok(answer),
            None => Reply::json(404, &json!({"message": "the example has no such answer"})),
        }
    })
}

/// A report of a code base with a past: of fifty findings one is critical, four are high, twenty are medium, the others low.
fn report(count: u64) -> String {
    let results: Vec<Value> = (1..=count)
        .map(|number| {
            let score = match number {
                number if number % 50 == 0 => "9.8",
                number if number % 10 == 0 => "8.1",
                number if number % 2 == 0 => "5.3",
                _ => "3.1",
            };
            let code = format!("query(input_{number})");
            json!({
                "ruleId": "SQL1",
                "message": {"text": "SQL injection"},
                "properties": {"security-severity": score},
                "locations": [{"physicalLocation": {
                    "artifactLocation": {"uri": format!("src/module{}.py", number % 40)},
                    "region": {"startLine": number, "snippet": {"text": code}}
                }}]
            })
        })
        .collect();
    let rules = json!([{"id": "SQL1", "properties": {"tags": ["security"]}}]);
    let driver = json!({"name": "Testscan", "version": "1.0", "rules": rules});
    json!({"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}).to_string()
}

/// Whether lines are as they are expected. The first that is missing otherwise.
fn fits(expected: &[&str], printed: &[&str]) -> Result<(), String> {
    match expected.split_first() {
        None if printed.is_empty() => Ok(()),
        None => Err(format!("nothing more, and not {:?}", printed[0])),
        Some((&"...", rest)) => {
            let mut nearest = Err("...".to_owned());
            for skipped in 0..=printed.len() {
                nearest = fits(rest, &printed[skipped..]);
                if nearest.is_ok() {
                    return nearest;
                }
            }
            Err(rest.first().map_or_else(|| nearest.unwrap_err(), |line| format!("{line:?}, or what comes after it")))
        }
        Some((line, rest)) => match printed.split_first() {
            Some((first, others)) if is_like(line, first) => fits(rest, others),
            Some((first, others)) if goes_on(line, first, rest).is_some() => {
                let (more, next) = goes_on(line, first, rest).unwrap_or_default();
                let expected: Vec<&str> = [next].into_iter().chain(rest[1..].iter().copied()).collect();
                let printed: Vec<&str> = [more].into_iter().chain(others.iter().copied()).collect();
                fits(&expected, &printed)
            }
            _ => Err(format!("{line:?}")),
        },
    }
}

/// What is left of a printed line of which the page shows the beginning, broken at a space, and the line of the page that goes
/// on with it, indented.
fn goes_on<'p>(line: &str, printed: &'p str, rest: &[&'p str]) -> Option<(&'p str, &'p str)> {
    let more = printed.strip_prefix(line)?.strip_prefix(' ')?;
    let next = rest.first()?;
    (line.chars().count() >= NARROW && next.starts_with("  ")).then(|| (more, next.trim_start()))
}

/// Whether a line is the expected one, of which `…` leaves parts open.
fn is_like(expected: &str, printed: &str) -> bool {
    let mut parts = expected.split('…');
    let Some(mut rest) = printed.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[test]
fn lines_are_compared_as_a_reader_does() {
    let printed = ["a", "b 1 c", "d"];
    for (expected, fit) in [
        (&["a", "b 1 c", "d"][..], true),
        (&["a", "...", "d"], true),
        (&["...", "b … c", "..."], true),
        (&["...", "d"], true),
        (&["a", "...", "b 1 c", "...", "d"], true),
        (&["a", "d"], false),
        (&["a", "...", "c"], false),
        (&["a", "b 2 c", "d"], false),
        (&["a", "b … d", "d"], false),
        (&["a", "b 1 c"], false),
        (&["a", "b 1 c", "d", "e"], false),
        (&["b 1 c", "..."], false),
    ] {
        assert_eq!(fits(expected, &printed).is_ok(), fit, "{expected:?}");
    }
    assert!(fits(&["nothing"], &[]).is_err());

    let long = format!("{} and so on to the end", "word ".repeat(20).trim_end());
    let (first, second) = long.split_at(long.find(" and").unwrap());
    let second = format!("    {}", second.trim_start());
    assert!(fits(&[first, &second, "d"], &[&long, "d"]).is_ok());
    assert!(fits(&[first, "    and so on to the", "    end"], &[&long]).is_err(), "a short line was broken");
    for shown in [&[first][..], &[first, "    and so on"], &[first, "and so on to the end"], &["word", &second]] {
        assert!(fits(shown, &[&long]).is_err(), "{shown:?}");
    }
}
