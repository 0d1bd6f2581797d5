//! The base as git has it: real repositories in folders of their own.

#![expect(clippy::disallowed_methods, reason = "git is found by the search path of the test")]

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use super::*;

const VARIABLES: [(&str, &str); 2] = [("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_SYSTEM", "/dev/null")];

/// A repository whose base has some files, and whose work tree has others.
struct Repository {
    dir: TempDir,
    base: String,
}

impl Repository {
    /// `None` on a machine without git, which has nothing to test here.
    fn new(base: &[(&str, &str)]) -> Option<Repository> {
        Command::new("git").arg("--version").output().ok()?;
        let mut repository = Repository { dir: tempfile::tempdir().unwrap(), base: String::new() };
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.write(base);
        repository.git(&["add", "--all"]);
        repository.git(&["commit", "--quiet", "--allow-empty", "--message", "base"]);
        repository.base = repository.git(&["rev-parse", "HEAD"]);
        Some(repository)
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Test").env(format!("GIT_{who}_EMAIL"), "test@example.com");
        }
        let output = command.args(arguments).current_dir(self.dir.path()).envs(VARIABLES).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn write(&self, files: &[(&str, &str)]) {
        for (name, content) in files {
            let path = self.dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
    }

    fn tree(&self, folder: &str) -> Tree {
        let path = std::env::var("PATH").unwrap();
        let variables = VARIABLES.into_iter().chain([("PATH", path.as_str())]);
        let env = Env::of(variables, &self.dir.path().join(folder));
        Tree::base(&env, Revision::Told(self.base.clone()))
    }
}

fn read(tree: &Tree, name: &str) -> Result<(String, Found), String> {
    let file = tree.read(Path::new(name), 100).map_err(|unread| unread.to_string())?;
    Ok((String::from_utf8(file.bytes).unwrap(), file.found))
}

fn good(text: &str, found: Found) -> Result<(String, Found), String> {
    Ok((text.to_owned(), found))
}

#[test]
fn each_file_tells_where_it_was_found() {
    let Some(repository) = Repository::new(&[("kept", "base"), ("altered", "base"), ("deleted", "base")]) else {
        return;
    };
    repository.write(&[("altered", "change"), ("new", "change"), ("made", "job")]);
    fs::remove_file(repository.dir.path().join("deleted")).unwrap();
    repository.git(&["add", "new"]);
    let tree = repository.tree(".");
    assert_eq!(tree.base_commit(), None, "nothing was needed yet");
    for name in ["kept", "altered", "deleted"] {
        assert_eq!(read(&tree, name), good("base", Found::Base), "{name}");
    }
    assert_eq!(read(&tree, "new"), good("change", Found::New));
    assert_eq!(read(&tree, "made"), good("job", Found::Untracked));
    assert_eq!(read(&tree, "nowhere"), Err("there is no such file".to_owned()));
    assert_eq!(tree.base_commit().as_ref(), Some(&repository.base));
    assert_eq!(tree.found(Path::new("altered")), Some(Found::Base));
    assert_eq!(tree.changed(), [Path::new("altered"), Path::new("deleted")]);
    // Committed it is as new as it was.
    repository.git(&["commit", "--quiet", "--message", "change"]);
    assert_eq!(read(&repository.tree("."), "new"), good("change", Found::New));
}

#[test]
fn what_only_the_change_has_is_not_trusted_and_says_so() {
    let Some(repository) = Repository::new(&[("waivers.yml", "base")]) else { return };
    repository.write(&[("waivers.yml", "change"), ("vex.json", "change"), ("feed.json", "job")]);
    repository.git(&["add", "vex.json"]);
    let tree = repository.tree(".");
    let trusted = |name: &str| tree.read_trusted(Path::new(name), 100).map(|file| file.found);
    assert_eq!(trusted("waivers.yml").unwrap(), Found::Base);
    assert_eq!(trusted("feed.json").unwrap(), Found::Untracked);
    assert!(matches!(trusted("nowhere"), Err(Unread::Missing)));
    let unread = trusted("vex.json").unwrap_err();
    assert!(matches!(unread, Unread::OnlyInChange));
    assert!(unread.to_string().starts_with("it is new in this change, which cannot excuse itself"), "{unread}");
    assert_eq!(tree.changed(), [Path::new("vex.json"), Path::new("waivers.yml")]);
    // The work tree decides elsewhere, and then everything counts.
    let tree = Tree::worktree(repository.dir.path());
    assert_eq!(tree.read_trusted(Path::new("vex.json"), 100).unwrap().found, Found::WorkTree);
}

#[test]
fn names_that_only_the_change_has_are_none_where_the_base_has_one() {
    let names = ["a.yml", "b.yml", "c.yml"];
    let Some(repository) = Repository::new(&[("b.yml", ""), ("c.yml", "")]) else { return };
    repository.write(&[("a.yml", "")]);
    fs::remove_file(repository.dir.path().join("b.yml")).unwrap();
    assert_eq!(repository.tree(".").discover(&names).unwrap(), ["b.yml", "c.yml"]);
    assert_eq!(Tree::worktree(repository.dir.path()).discover(&names).unwrap(), ["a.yml", "c.yml"]);
    let Some(repository) = Repository::new(&[]) else { return };
    repository.write(&[("c.yml", "")]);
    assert_eq!(repository.tree(".").discover(&names).unwrap(), ["c.yml"]);
}

#[test]
fn sizes_are_bounded_in_the_base_and_on_disk() {
    let long = "x".repeat(101);
    let Some(repository) = Repository::new(&[("base", &long), ("fits", &long[..100])]) else { return };
    repository.write(&[("made", &long)]);
    let tree = repository.tree(".");
    for name in ["base", "made"] {
        assert!(read(&tree, name).unwrap_err().contains("larger than 100 bytes"), "{name}");
    }
    assert_eq!(read(&tree, "fits"), good(&long[..100], Found::Base));
}

#[test]
fn what_is_no_file_of_the_base_is_refused() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
    let Some(repository) = Repository::new(&[("folder/file", ""), ("large", pointer)]) else { return };
    let tree = repository.tree(".");
    for (name, reason) in
        [("folder", "it is a directory"), (".", "it is a directory"), ("large/x", "is a file"), ("large", "Git LFS")]
    {
        let error = read(&tree, name).unwrap_err();
        assert!(error.contains(reason), "{name}: {error}");
    }
}

#[cfg(unix)]
#[test]
fn names_of_any_bytes_are_names() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let Some(mut repository) = Repository::new(&[]) else { return };
    let names: [&[u8]; 6] = [b"a\xffb", b"new\nline", b"-c", b":(glob)*", b"tab\t\"quote\"", b"*"];
    for name in names {
        fs::write(repository.dir.path().join(OsStr::from_bytes(name)), name).unwrap();
    }
    repository.git(&["add", "--all"]);
    repository.git(&["commit", "--quiet", "--message", "names"]);
    repository.base = repository.git(&["rev-parse", "HEAD"]);
    for name in names {
        let path = Path::new(OsStr::from_bytes(name));
        fs::write(repository.dir.path().join(path), "change").unwrap();
        let file = repository.tree(".").read(path, 100).unwrap();
        assert_eq!((file.bytes.as_slice(), file.found), (name, Found::Base), "{}", path.display());
    }
}

#[test]
fn a_folder_of_the_run_that_is_not_the_top_is_heeded() {
    let Some(repository) = Repository::new(&[("file", "top"), ("sub/file", "sub")]) else { return };
    repository.write(&[("file", "change"), ("sub/file", "change")]);
    let tree = repository.tree("sub");
    assert_eq!(read(&tree, "file"), good("sub", Found::Base));
    assert_eq!(read(&tree, "../file"), good("top", Found::Base));
    assert_eq!(read(&tree, "../sub/../sub/./file"), good("sub", Found::Base));
}

#[test]
fn without_a_repository_nothing_of_the_folder_is_read_and_what_is_elsewhere_is() {
    let folder = tempfile::tempdir().unwrap();
    let outside = folder.path().join("outside");
    fs::write(&outside, "outside").unwrap();
    let inside = folder.path().join("work");
    fs::create_dir(&inside).unwrap();
    fs::write(inside.join("file"), "change").unwrap();
    let tree = Tree::base(&Env::of([], &inside), Revision::Unknown);
    assert!(read(&tree, "file").unwrap_err().contains("is in no git repository"));
    assert!(tree.discover(&["file"]).is_err());
    assert_eq!(read(&tree, "../outside"), good("outside", Found::Outside));
    assert_eq!(read(&tree, outside.to_str().unwrap()), good("outside", Found::Outside));
}
