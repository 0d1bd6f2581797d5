//! The invariants of ARCHITECTURE.md that the compiler does not keep.

use std::fs;
use std::path::{Path, PathBuf};

/// Every file below a folder whose name has one of these extensions.
fn files_below(folder: PathBuf, extensions: &[&str]) -> Vec<PathBuf> {
    let mut folders = vec![folder];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("read {}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extensions.iter().any(|one| extension == *one)) {
                files.push(path);
            }
        }
    }
    files
}

/// The Rust files of a room of `src`, a folder or a file or both, with their text, comments left out.
fn code_of(room: &str) -> Vec<(PathBuf, String)> {
    let room_at = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room);
    let mut files = if room_at.is_dir() { files_below(room_at.clone(), &["rs"]) } else { Vec::new() };
    files.extend(Some(room_at.with_extension("rs")).filter(|file| file.is_file()));
    assert!(!files.is_empty(), "{room} holds no Rust file: the test looks in the wrong place");
    let code = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        (path, code.join("\n"))
    };
    files.into_iter().map(code).collect()
}

/// Fails naming every file of the room that holds one of the words outside its unit tests.
fn room_does_not_know(room: &str, words: &[&str]) {
    let mut broken = Vec::new();
    // A test may look at the whole program from wherever it stands.
    let is_test =
        |path: &Path| path.to_string_lossy().replace('\\', "/").contains("tests") && !path.ends_with("lib.rs");
    for (path, code) in
        code_of(room).into_iter().filter(|(path, _)| !is_test(path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap()))
    {
        // Tests in a file of their own are named at its beginning, and all of the program stands behind that.
        let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        broken
            .extend(words.iter().filter(|word| code.contains(*word)).map(|word| format!("{}: {word}", path.display())));
    }
    assert!(broken.is_empty(), "{room} must not know:\n{}", broken.join("\n"));
}

const IO: [&str; 8] =
    ["std::fs", "std::io", "std::env", "std::net", "std::process", "std::thread", "SystemTime", "Timestamp::now"];

#[test]
fn the_model_does_no_io_and_knows_neither_policy_nor_sources_nor_formats_nor_serde() {
    room_does_not_know("finding", &IO);
    room_does_not_know("finding", &["crate::policy", "crate::source", "crate::report", "crate::cli", "serde", "clap"]);
}

#[test]
fn the_policy_does_no_io_and_knows_neither_sources_nor_formats_nor_the_command_line() {
    room_does_not_know("policy", &IO);
    room_does_not_know(
        "policy",
        &["crate::source", "crate::report", "crate::cli", "crate::env", "crate::settings", "clap"],
    );
}

#[test]
fn a_source_knows_no_format_and_no_limit_of_the_policy() {
    room_does_not_know(
        "source",
        &["crate::report", "crate::cli", "crate::settings", "policy::evaluate", "policy::Limit"],
    );
}

#[test]
fn a_vex_document_is_read_from_text_without_looking_at_findings() {
    room_does_not_know("vex", &IO);
    room_does_not_know("vex", &["crate::finding", "crate::source", "crate::report", "crate::settings", "crate::cli"]);
}

#[test]
fn the_tree_knows_neither_findings_nor_the_policy() {
    room_does_not_know(
        "tree",
        &["crate::finding", "crate::policy", "crate::source", "crate::report", "crate::settings", "crate::cli"],
    );
}

#[test]
fn a_baseline_knows_no_network_and_no_limit_of_the_policy() {
    room_does_not_know(
        "baseline",
        &["crate::net", "crate::fetch", "crate::cli", "crate::settings", "policy::evaluate", "policy::Limit", "Env"],
    );
}

#[test]
fn a_feed_is_read_from_bytes_wherever_they_come_from() {
    room_does_not_know("feed", &["std::fs", "std::env", "std::net", "std::process", "std::thread"]);
    room_does_not_know("feed", &["crate::net", "crate::fetch", "crate::cache", "crate::finding", "crate::settings"]);
}

#[test]
fn what_fetches_and_keeps_does_not_know_what_bytes_mean() {
    for room in ["fetch", "cache"] {
        room_does_not_know(
            room,
            &["crate::feed", "crate::finding", "crate::source", "crate::report", "crate::settings", "crate::cli"],
        );
    }
}

#[test]
fn cases_of_a_policy_are_read_without_io_and_without_judging() {
    room_does_not_know("policy_test", &IO);
    room_does_not_know("policy_test", &["policy::evaluate", "crate::settings", "crate::run", "crate::cli"]);
}

#[test]
fn what_starts_a_run_knows_nothing_of_the_program() {
    room_does_not_know("event", &["crate::"]);
}

#[test]
fn every_room_stands_on_the_page_about_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let library = fs::read_to_string(root.join("src/lib.rs")).unwrap();
    let rooms = library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    for room in rooms {
        let is_told = page.contains(&format!("`{room}.rs`")) || page.contains(&format!("`{room}/"));
        assert!(is_told || room == "source", "ARCHITECTURE.md does not tell of {room}");
    }
}

#[test]
fn the_network_knows_no_vendor_and_no_finding() {
    room_does_not_know(
        "net",
        &[
            "crate::finding",
            "crate::source",
            "crate::report",
            "crate::settings",
            "crate::cli",
            "crate::project",
            "crate::comment",
        ],
    );
    room_does_not_know("net", &["mend", "mayo", "cybedefend", "appsecplus"]);
}

#[test]
fn what_posts_comments_knows_neither_findings_nor_the_policy_nor_formats() {
    room_does_not_know(
        "comment",
        &["crate::finding", "crate::policy", "crate::source", "crate::report", "crate::settings", "crate::cli"],
    );
}

#[test]
fn no_vendor_knows_another() {
    const VENDORS: [&str; 5] = ["mend", "mayo", "cybedefend", "appsecplus", "sarif"];
    for vendor in VENDORS {
        let others = VENDORS.iter().filter(|other| **other != vendor).map(|other| format!("source::{other}"));
        let others: Vec<String> = others.collect();
        room_does_not_know(&format!("source/{vendor}"), &others.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

#[test]
fn a_snapshot_knows_no_network_no_format_and_no_limit_of_the_policy() {
    room_does_not_know(
        "snapshot",
        &["crate::net", "crate::cli", "crate::settings", "report::Format", "policy::evaluate", "policy::Limit", "Env"],
    );
}

#[test]
fn the_project_knows_neither_findings_nor_the_policy_nor_the_command_line() {
    room_does_not_know(
        "project",
        &["crate::finding", "crate::policy", "crate::source", "crate::report", "crate::settings", "crate::cli"],
    );
}

#[test]
fn a_writer_knows_no_source_no_network_and_no_policy_as_written() {
    room_does_not_know(
        "report",
        &["crate::source", "crate::settings", "crate::cli", "policy::Document", "policy::decode"],
    );
    room_does_not_know("report", &["crate::net", "crate::comment", "crate::run", "crate::fetch", "std::net"]);
}

#[test]
fn main_only_parses_runs_and_exits() {
    let main = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/main.rs")).unwrap();
    assert!(main.lines().count() < 60, "main.rs has {} lines", main.lines().count());
}

#[test]
fn status_numbers_stand_in_one_file() {
    for (path, code) in code_of("") {
        let names_a_number = code.contains("ExitCode::from(") && !path.ends_with("src/main.rs");
        assert!(!names_a_number && !code.contains("process::exit"), "{} ends the process", path.display());
    }
}

#[test]
fn no_file_of_the_program_is_longer_than_six_hundred_lines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut long = Vec::new();
    for folder in ["fuzz/src", "src", "tests", "benches", "scripts", "action", ".ci"] {
        let files = files_below(root.join(folder), &["rs", "py", "sh"]);
        assert!(!files.is_empty(), "{folder} holds no file: the test looks in the wrong place");
        for path in files {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            long.extend((lines > 600).then(|| format!("{}: {lines}", path.strip_prefix(root).unwrap().display())));
        }
    }
    assert!(long.is_empty(), "more than 600 lines:\n{}", long.join("\n"));
}
