use std::fs;

use super::*;

fn output(text: &str) -> Output {
    text.parse().unwrap()
}

fn to(format: Format, path: &Path) -> Output {
    Output { format, target: Target::File(path.to_owned()) }
}

fn refusal(format: Option<Format>, outputs: &[Output]) -> String {
    Targets::prepare(format, outputs, Color::Never).unwrap_err().to_string()
}

/// Prepares one file (standard output goes unused in these tests) and writes `text` to it.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut targets =
        Targets::prepare(None, &[to(Format::Json, path)], Color::Never).map_err(|error| anyhow!("{error}"))?;
    targets.stdout = None;
    let written = targets.write_with(&|_, out| out.write_all(text.as_bytes()))?;
    assert_eq!(written, Written::default());
    Ok(())
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn an_output_is_a_format_and_a_path() {
    assert_eq!(output("json=a=b c.json"), to(Format::Json, Path::new("a=b c.json")));
    assert_eq!(output("sarif-audit=-"), Output { format: Format::SarifAudit, target: Target::Stdout });
    #[cfg(unix)]
    assert_eq!(output("json=/dev/stdout").target, Target::Stdout);
}

#[test]
fn a_wrong_output_is_told_with_the_names_that_would_do() {
    for (text, parts) in [
        ("json", &["NAME=PATH", "formats: human, json, sarif, sarif-audit"][..]),
        ("jsn=x", &["`jsn` is not a format", "did you mean `json`?"]),
        ("JSON=x", &["`JSON` is not a format"]),
        ("zzz=x", &["`zzz` is not a format; formats: human"]),
        ("json=", &["names no file"]),
        ("a\u{1b}[31m=x", &["a\\u{1b}[31m"]),
    ] {
        let error = text.parse::<Output>().unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}

#[test]
fn standard_output_carries_one_document() {
    let stdout = |format, outputs: &[Output]| Targets::prepare(format, outputs, Color::Never).unwrap().stdout;
    assert_eq!(stdout(None, &[]), Some(Format::Human));
    assert_eq!(stdout(None, &[output("json=-")]), Some(Format::Json));
    assert_eq!(stdout(Some(Format::Json), &[output("json=-")]), Some(Format::Json));
    let conflict = Targets::prepare(Some(Format::Human), &[output("json=-")], Color::Never);
    assert!(matches!(conflict, Err(Unprepared::Conflict(_))), "wrong usage, not an unwritable output");
    let error = refusal(Some(Format::Human), &[output("json=-")]);
    assert!(error.contains("human and json both go to standard output"), "{error}");
    assert!(refusal(None, &[output("json=-"), output("sarif=-")]).contains("json and sarif"));
}

#[test]
fn what_cannot_be_written_is_found_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "x").unwrap();
    for (path, part) in [
        (folder.path().join("missing/out.json"), "missing does not exist; create it first"),
        (folder.path().to_owned(), "it is a folder"),
        (folder.path().join("new/"), "it is a folder"),
        (file.join("below"), "cannot write json to"),
        (folder.path().join(".."), "it is a folder"),
    ] {
        let error = refusal(None, &[to(Format::Json, &path)]);
        assert!(error.contains(part), "{}: {error}", path.display());
    }
    assert_eq!(names(folder.path()), ["file"], "preparing leaves nothing behind");
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_no_files_is_refused() {
    // Nobody can make a file there, root included.
    let error = refusal(None, &[to(Format::Json, Path::new("/proc/out.json"))]);
    assert!(error.contains("folder /proc cannot be written to") && !error.contains(".findgate-"), "{error}");
}

#[test]
fn two_documents_for_one_file_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let error = refusal(None, &[to(Format::Json, &path), to(Format::Sarif, &folder.path().join("./out"))]);
    assert!(error.contains("json and sarif are both to be written to"), "{error}");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("out", folder.path().join("link")).unwrap();
        refusal(None, &[to(Format::Json, &path), to(Format::Json, &folder.path().join("link"))]);
    }
}

#[test]
fn a_file_is_replaced_as_a_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.json");
    write(&path, "first").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "first");
    write(&path, "second").unwrap();

    let mut targets = Targets::prepare(None, &[to(Format::Json, &path)], Color::Never).unwrap();
    targets.stdout = None;
    let full = |_: Format, out: &mut dyn Write| {
        out.write_all(&vec![b'x'; 1 << 20])?;
        Err(io::Error::from(io::ErrorKind::StorageFull))
    };
    let error = format!("{:#}", targets.write_with(&full).unwrap_err());
    assert!(error.contains("cannot write json to") && error.contains("out.json"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "second");
    assert_eq!(names(folder.path()), ["out.json"]);
}

#[test]
fn one_output_that_fails_does_not_keep_the_others_from_being_written() {
    let folder = tempfile::tempdir().unwrap();
    let outputs = [Format::Json, Format::Sarif, Format::SarifAudit].map(|f| to(f, &folder.path().join(f.name())));
    let mut targets = Targets::prepare(None, &outputs, Color::Never).unwrap();
    targets.stdout = None;
    let render = |format: Format, out: &mut dyn Write| match format {
        Format::Sarif => out.write_all(b"good"),
        _ => Err(io::Error::other("bad")),
    };
    let error = targets.write_with(&render).unwrap_err().to_string();
    assert!(error.starts_with("2 outputs could not be written: cannot write json to"), "{error}");
    assert_eq!(names(folder.path()), ["sarif"]);
}

#[test]
fn human_reports_lose_their_styles_in_a_file_and_cannot_command_a_runner() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.txt");
    let mut targets = Targets::prepare(None, &[to(Format::Human, &path)], Color::Always).unwrap();
    targets.stdout = None;
    let _ = targets
        .write_with(&|_, out| out.write_all("\u{1b}[1m::error::\u{1b}[0mx\nä #\u{1b}[0m#[y]".as_bytes()))
        .unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), ": :error::x\nä ## [y]");
}

#[test]
fn a_large_code_scanning_file_is_announced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.sarif");
    let mut targets = Targets::prepare(None, &[to(Format::Sarif, &path)], Color::Never).unwrap();
    targets.stdout = None;
    let written = targets.write_with(&|_, out| out.write_all(&vec![b' '; 9_100_000])).unwrap();
    assert!(matches!(&written.notes[..], [note] if note.contains("9.1 MB")), "{written:?}");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_new_file_has_the_rights_of_any_new_file_and_an_old_one_keeps_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let usual = folder.path().join("usual");
        fs::write(&usual, "").unwrap();
        let path = folder.path().join("out");
        write(&path, "x").unwrap();
        assert_eq!(mode(&path), mode(&usual));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        write(&path, "y").unwrap();
        assert_eq!(mode(&path), 0o640);
    }

    #[test]
    fn a_symbolic_link_stays_and_what_it_points_to_is_written() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("real")).unwrap();
        for name in ["there", "not-yet"] {
            let link = folder.path().join(format!("link-{name}"));
            let real = folder.path().join("real").join(name);
            symlink(Path::new("real").join(name), &link).unwrap();
            if name == "there" {
                fs::write(&real, "old").unwrap();
            }
            write(&link, "new").unwrap();
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
            assert_eq!(fs::read_to_string(&real).unwrap(), "new");
        }
        assert_eq!(names(&folder.path().join("real")), ["not-yet", "there"]);
        symlink("round", folder.path().join("round")).unwrap();
        assert!(refusal(None, &[to(Format::Json, &folder.path().join("round"))]).contains("symbolic links"));
    }

    #[test]
    fn what_is_no_regular_file_is_written_as_it_is() {
        let device = fs::metadata("/dev/null").unwrap().ino();
        write(Path::new("/dev/null"), "x").unwrap();
        assert_eq!(fs::metadata("/dev/null").unwrap().ino(), device);
        write(Path::new("/dev/stderr"), "").unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error() {
        let error = format!("{:#}", write(Path::new("/dev/full"), "x").unwrap_err());
        assert!(error.contains("cannot write json to /dev/full"), "{error}");
    }

    #[test]
    fn a_named_pipe_is_opened_only_when_there_is_something_to_write() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        // Preparing would wait here for ever if it opened the pipe.
        let mut targets = Targets::prepare(None, &[to(Format::Json, &pipe)], Color::Never).unwrap();
        targets.stdout = None;
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read_to_string(pipe).unwrap()
        });
        let _ = targets.write_with(&|_, out| out.write_all(b"through")).unwrap();
        assert_eq!(reader.join().unwrap(), "through");
    }
}
