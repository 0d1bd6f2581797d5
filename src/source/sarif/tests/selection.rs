//! Globs, links, folders and files that are none.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::{collect, document, selection};
use crate::finding::{Coverage, State};

fn write(root: &Path, name: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, document("", r#"{"message": "m"}"#)).unwrap();
}

fn coverage(root: &Path, patterns: &[&str]) -> Coverage {
    collect(root, patterns.iter().map(|pattern| selection(pattern)).collect()).coverage
}

fn origins(coverage: &Coverage) -> Vec<&str> {
    coverage.scans.iter().map(|scan| &*scan.origin).collect()
}

#[test]
fn a_glob_finds_its_files_in_a_fixed_order() {
    let folder = TempDir::new().unwrap();
    let root = folder.path();
    for name in
        ["r/b.sarif", "r/a.sarif", "r/deep/er/c.sarif", "r/x.json", "other/d.sarif", ".hidden/e.sarif", "f[1].sarif"]
    {
        write(root, name);
    }
    for (pattern, want) in [
        ("r/*.sarif", &["r/a.sarif", "r/b.sarif"][..]),
        ("./r/*.sarif", &["r/a.sarif", "r/b.sarif"]),
        ("r/**/*.sarif", &["r/a.sarif", "r/b.sarif", "r/deep/er/c.sarif"]),
        ("**/[ae].sarif", &[".hidden/e.sarif", "r/a.sarif"]),
        ("{r,other}/{a,d}.sarif", &["other/d.sarif", "r/a.sarif"]),
        ("r/deep/*/c.sarif", &["r/deep/er/c.sarif"]),
        ("f[1].sarif", &["f[1].sarif"]),
        ("r/x.json", &["r/x.json"]),
    ] {
        let coverage = coverage(root, &[pattern]);
        assert_eq!(origins(&coverage), want, "{pattern}");
        assert_eq!(coverage.state, State::Complete, "{pattern}: {:?}", coverage.reasons);
    }
    let absolute = format!("{}/r/*.sarif", root.display());
    assert_eq!(coverage(root, &[&absolute]).scans.len(), 2);
}

#[test]
fn a_file_is_read_once_and_the_first_selection_holds() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "r/a.sarif");
    let coverage = coverage(folder.path(), &["r/a.sarif", "r/*.sarif", "./r/../r/a.sarif"]);
    assert_eq!((coverage.read, coverage.state, coverage.notes.len()), (1, State::Complete, 3), "{coverage:?}");
    assert!(
        coverage.notes[0].contains("r/a.sarif is named by r/a.sarif and by r/*.sarif; the first holds"),
        "{:?}",
        coverage.notes
    );
}

#[test]
fn what_matches_nothing_has_failed() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("reports")).unwrap();
    let here = folder.path().display().to_string();
    for (pattern, said) in [
        ("reports/*.sarif", format!("reports/*.sarif matches no file in {here}")),
        ("nowhere/**/*.sarif", format!("nowhere/**/*.sarif matches no file in {here}")),
        ("a.sarif", format!("a.sarif does not exist in {here}")),
        ("reports/", "write reports/**/*.sarif".to_owned()),
        ("", "names no file".to_owned()),
        ("a{b", "is no glob".to_owned()),
        (&format!("{}a{}", "{".repeat(400), "}".repeat(400)), "is no glob: ".to_owned()),
        ("/dev/null", "neither a file nor a folder".to_owned()),
    ] {
        let coverage = coverage(folder.path(), &[pattern]);
        assert_eq!(coverage.state, State::Failed, "{pattern}");
        assert!(coverage.reasons[0].contains(&said), "{pattern}: {:?}", coverage.reasons);
    }
    assert_eq!(coverage(folder.path(), &[]).state, State::Failed);
}

#[test]
fn the_worst_file_decides_and_the_others_are_kept() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "a.sarif");
    fs::write(folder.path().join("b.sarif"), "").unwrap();
    let coverage = coverage(folder.path(), &["*.sarif"]);
    assert_eq!((coverage.state, coverage.read), (State::Failed, 1));
    assert_eq!(coverage.reasons, ["b.sarif: the file is empty; the scanner wrote nothing"]);
}

#[cfg(unix)]
#[test]
fn links_are_read_only_inside_the_root_or_when_named() {
    use std::os::unix::fs::symlink;
    let folder = TempDir::new().unwrap();
    let outside = TempDir::new().unwrap();
    let root = folder.path();
    write(outside.path(), "o.sarif");
    write(root, "real/a.sarif");
    symlink(outside.path().join("o.sarif"), root.join("out.sarif")).unwrap();
    symlink(root.join("real/a.sarif"), root.join("in.sarif")).unwrap();
    symlink("nowhere", root.join("gone.sarif")).unwrap();
    symlink(root.join("real"), root.join("folder")).unwrap();
    let globbed = coverage(root, &["**/*.sarif"]);
    assert_eq!((globbed.state, globbed.read), (State::Partial, 1));
    let said = globbed.reasons.join("\n") + &globbed.notes.join("\n");
    for part in ["out.sarif is a link that leads out", "gone.sarif cannot be read", "folder is a link to a folder"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(coverage(root, &["out.sarif"]).state, State::Complete);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_without_waiting_for_a_writer() {
    let folder = TempDir::new().unwrap();
    let pipe = folder.path().join("p.sarif");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    if !made.is_ok_and(|status| status.success()) {
        return;
    }
    for pattern in ["*.sarif", "p.sarif"] {
        let coverage = coverage(folder.path(), &[pattern]);
        assert_ne!(coverage.state, State::Complete);
        assert!(coverage.reasons[0].contains("was not read"), "{:?}", coverage.reasons);
    }
}

#[test]
fn a_file_that_is_named_like_the_glob_hides_none_of_the_files_that_it_matches() {
    for glob in ["r/*.sarif", "r/[ab].sarif", "r/{a,b}.sarif", "**/*.sarif"] {
        let folder = TempDir::new().unwrap();
        for name in ["r/a.sarif", "r/b.sarif", glob] {
            write(folder.path(), name);
        }
        let coverage = coverage(folder.path(), &[glob]);
        assert_eq!((coverage.scans.len(), coverage.state), (3, State::Complete), "{glob}: {coverage:?}");
    }
}

#[test]
fn a_wildcard_of_files_is_one_character_and_no_slash() {
    let folder = TempDir::new().unwrap();
    for name in ["r/\u{e4}.sarif", "r/\u{1f980}.sarif", "r/x/y.sarif", "[r]/x.sarif"] {
        write(folder.path(), name);
    }
    for (glob, want) in [
        ("r/?.sarif", 2),
        ("r/[!x].sarif", 2),
        ("r/[\u{e4}\u{f6}].sarif", 1),
        ("r[!y]x/?.sarif", 0),
        ("r/x[!y]?.sarif", 0),
        ("r/**/[\u{e4}y].sarif", 2),
        ("[[]r[]]/?.sarif", 1),
    ] {
        assert_eq!(coverage(folder.path(), &[glob]).scans.len(), want, "{glob}");
    }
}

/// Bytes that are no UTF-8 are shown as a replacement character, and that is one.
#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_no_text_is_matched_as_it_is_shown() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = TempDir::new().unwrap();
    write(folder.path(), "r/x.sarif");
    let name = folder.path().join("r").join(std::ffi::OsStr::from_bytes(b"\xff.sarif"));
    fs::rename(folder.path().join("r/x.sarif"), name).unwrap();
    for (glob, want) in [("r/*.sarif", 1), ("r/?.sarif", 1), ("r/[!x].sarif", 1), ("r/??.sarif", 0), ("r/x.sarif", 0)] {
        assert_eq!(coverage(folder.path(), &[glob]).scans.len(), want, "{glob}");
    }
}

#[cfg(unix)]
#[test]
fn a_linked_folder_that_could_hold_a_matching_file_and_is_not_walked_makes_it_incomplete() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "r/a/x.sarif");
    write(folder.path(), "elsewhere/x.sarif");
    std::os::unix::fs::symlink("../elsewhere", folder.path().join("r/b")).unwrap();
    for (glob, want) in [
        ("r/*/x.sarif", State::Partial),
        ("r/**/x.sarif", State::Partial),
        // Here the folder behind the link is walked under its own name.
        ("**/x.sarif", State::Complete),
        ("r/*.sarif", State::Failed),
    ] {
        assert_eq!(coverage(folder.path(), &[glob]).state, want, "{glob}");
    }
}
