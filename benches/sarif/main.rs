//! What the gate costs on large SARIF files, beside the least that reading them can cost.
//!
//!   cargo bench --bench sarif                  100,000 results
//!   cargo bench --bench sarif -- 1000 1000000  other numbers of results, and how the cost grows between them
//!
//! It prints ratios: they hold on another machine, seconds do not. `scripts/measure` runs it on the static binary
//! (FINDGATE_BENCH_BINARY) beside peers. A peer is a line of FINDGATE_BENCH_PEERS, `name: command`, in which `{}` stands for
//! the file.

#![expect(clippy::disallowed_methods, reason = "a program for developers, run by hand")]

mod generator;

use std::fs::{self, File};
use std::io::{BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Counted runs of each command; the fastest counts, for nothing but the machine makes a run slower.
const RUNS: usize = 5;

fn main() {
    let mut sizes: Vec<u64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    if sizes.is_empty() {
        sizes.push(100_000);
    }
    started();
    let grown: Vec<(u64, Duration, Option<u64>)> = sizes.iter().map(|size| measure(*size)).collect();
    for pair in grown.windows(2) {
        let [(fewer, before, _), (more, after, peak)] = pair else { continue };
        let (times, cost) = (*more as f64 / *fewer as f64, after.as_secs_f64() / before.as_secs_f64());
        let each = (after.as_secs_f64() - before.as_secs_f64()) / (*more as f64 - *fewer as f64) * 1e6;
        let memory = peak.map(|kib| format!(", {:.0} MB", kib as f64 / 1e3)).unwrap_or_default();
        println!(
            "{fewer} to {more} results: {times:.0} times the results, {cost:.1} times the time, {each:.2} us each{memory}"
        );
    }
}

/// The start, beside that of a program that does nothing.
fn started() {
    let (nothing, _) = run(&mut Command::new("true"));
    let (version, peak) = run(Command::new(binary()).arg("--version"));
    println!("start to exit");
    row("a program that does nothing", nothing, None, nothing, "it");
    row("findgate --version", version, peak, nothing, "it");
}

/// Measures one size; gives what the usual run costs.
fn measure(results: u64) -> (u64, Duration, Option<u64>) {
    let file = input(results);
    let bytes = fs::metadata(&file).expect("the input was just written").len();
    println!("{results} results, {:.1} MB", bytes as f64 / 1e6);

    let read = fastest(|| read_only(&file));
    let parse = fastest(|| parse_only(&file));
    let row = |what: &str, (time, peak): (Duration, Option<u64>)| row(what, time, peak, parse, "parsing");
    row("read the bytes", (read, None));
    row("parse the bytes as JSON", (parse, None));
    let usual = run(&mut gate(&file, "human"));
    row("findgate check", usual);
    for format in ["json", "sarif", "junit", "gitlab", "markdown", "html"] {
        row(&format!("findgate check --format {format}"), run(&mut gate(&file, format)));
    }
    let snapshot = file.with_extension("snapshot.json");
    row("findgate collect", run(&mut collect(&file, &snapshot)));
    row("findgate check --snapshot", run(&mut again(&snapshot)));
    row("findgate check --baseline", run(&mut compare(&file, &snapshot)));
    let outputs = ["json", "sarif"].map(|format| {
        let mut output = std::ffi::OsString::from(format!("{format}="));
        output.push(file.with_extension(format!("out.{format}")));
        output
    });
    let mut written = compare(&file, &snapshot);
    written.args(outputs.iter().flat_map(|output| [std::ffi::OsStr::new("--output"), output]));
    row("the same, writing SARIF and JSON", run(&mut written));
    for peer in std::env::var("FINDGATE_BENCH_PEERS").unwrap_or_default().lines() {
        let Some((name, command)) = peer.split_once(": ") else { continue };
        let words: Vec<String> =
            command.split_whitespace().map(|word| word.replace("{}", &file.to_string_lossy())).collect();
        if let Some((program, arguments)) = words.split_first() {
            row(name, run(Command::new(program).args(arguments)));
        }
    }
    (results, usual.0, usual.1)
}

/// The program that is measured.
fn binary() -> PathBuf {
    std::env::var_os("FINDGATE_BENCH_BINARY").map_or_else(|| env!("CARGO_BIN_EXE_findgate").into(), PathBuf::from)
}

fn row(what: &str, time: Duration, peak: Option<u64>, least: Duration, of_what: &str) {
    let peak = peak.map(|kib| format!("{:6.0} MB", kib as f64 / 1e3)).unwrap_or_default();
    let (seconds, ratio) = (time.as_secs_f64(), time.as_secs_f64() / least.as_secs_f64());
    println!("  {what:36} {seconds:8.3} s  {ratio:6.2} x {of_what}  {peak}");
}

fn gate(file: &Path, format: &str) -> Command {
    let mut command = Command::new(binary());
    command.args(["check", "--quiet", "--policy", "preset:strict", "--format", format, "--sarif"]).arg(file);
    command.current_dir(file.parent().expect("the input is in a folder"));
    command
}

fn collect(file: &Path, snapshot: &Path) -> Command {
    let mut command = Command::new(binary());
    command
        .args(["collect", "--quiet", "--policy", "preset:strict", "--sarif"])
        .arg(file)
        .arg("--output")
        .arg(snapshot);
    command.current_dir(file.parent().expect("the input is in a folder"));
    command
}

fn compare(file: &Path, baseline: &Path) -> Command {
    let mut command = gate(file, "human");
    command.arg("--baseline").arg(baseline);
    command
}

fn again(snapshot: &Path) -> Command {
    let mut command = Command::new(binary());
    command.args(["check", "--quiet", "--policy", "preset:strict", "--snapshot"]).arg(snapshot);
    command.current_dir(snapshot.parent().expect("the snapshot is in a folder"));
    command
}

/// The fastest of several runs, and the largest peak of memory that was seen, in KiB (Linux only).
fn run(command: &mut Command) -> (Duration, Option<u64>) {
    let mut peak = None;
    let fastest = fastest(|| {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("start the command");
        while child.try_wait().expect("wait for the command").is_none() {
            peak = peak.max(peak_of(child.id()));
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    (fastest, peak)
}

/// The high-water mark of a process's memory, as the kernel keeps it.
fn peak_of(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn fastest(mut work: impl FnMut()) -> Duration {
    let one = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    one(&mut work);
    (0..RUNS).map(|_| one(&mut work)).min().unwrap_or_default()
}

fn read_only(file: &Path) {
    let mut buffer = vec![0; 1 << 16];
    let mut file = File::open(file).expect("open the input");
    while file.read(&mut buffer).expect("read the input") > 0 {}
}

fn parse_only(file: &Path) {
    let bytes = fs::read(file).expect("read the input");
    let parsed: Result<serde::de::IgnoredAny, _> = serde_json::from_slice(&bytes);
    std::hint::black_box(parsed.expect("the input is JSON"));
}

/// The input, written once for each size, below the build folder.
fn input(results: u64) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(&folder).expect("make the folder of the input");
    let file = folder.join(format!("bench-{results}.sarif"));
    if !file.exists() {
        let mut out = BufWriter::new(File::create(&file).expect("create the input"));
        generator::write(results, &mut out).and_then(|()| out.flush()).expect("write the input");
    }
    file
}
