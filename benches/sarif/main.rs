//! What the gate costs on large SARIF files, beside the least that reading them can cost.
//!
//!   cargo bench --bench sarif                  100,000 results
//!   cargo bench --bench sarif -- 1000 1000000  other numbers of results
//!
//! It prints ratios: they hold on another machine, seconds do not. A peer is measured in the same run if its command is
//! given, `{}` standing for the file: FINDGATE_BENCH_PEER='sarif --check error summary {}'.

#![expect(clippy::disallowed_methods, reason = "a program for developers, run by hand")]

mod generator;

use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _, Write as _};
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
    for size in sizes {
        measure(size);
    }
}

fn measure(results: u64) {
    let file = input(results);
    let bytes = fs::metadata(&file).expect("the input was just written").len();
    println!("{results} results, {:.1} MB", bytes as f64 / 1e6);

    let read = fastest(|| read_only(&file));
    let parse = fastest(|| parse_only(&file));
    row("read the bytes", read, None, parse);
    row("parse the bytes as JSON", parse, None, parse);
    for format in ["human", "json", "sarif"] {
        let (gate, peak) = run(&mut gate(&file, format));
        row(&format!("findgate check --format {format}"), gate, peak, parse);
    }
    let snapshot = file.with_extension("snapshot.json");
    let (gate, peak) = run(&mut collect(&file, &snapshot));
    row("findgate collect", gate, peak, parse);
    let (gate, peak) = run(&mut again(&snapshot));
    row("findgate check --snapshot", gate, peak, parse);
    for format in ["human", "json"] {
        let (gate, peak) = run(&mut compare(&file, &snapshot, format));
        row(&format!("the same as {format}, --baseline"), gate, peak, parse);
    }
    if let Ok(peer) = std::env::var("FINDGATE_BENCH_PEER") {
        let words: Vec<String> =
            peer.split_whitespace().map(|word| word.replace("{}", &file.to_string_lossy())).collect();
        if let Some((program, arguments)) = words.split_first() {
            let (time, peak) = run(Command::new(program).args(arguments));
            row(program, time, peak, parse);
        }
    }
}

fn row(what: &str, time: Duration, peak: Option<u64>, parse: Duration) {
    let peak = peak.map(|kib| format!("{:6.0} MB", kib as f64 / 1e3)).unwrap_or_default();
    let (seconds, ratio) = (time.as_secs_f64(), time.as_secs_f64() / parse.as_secs_f64());
    println!("  {what:32} {seconds:8.3} s  {ratio:6.2} x parsing  {peak}");
}

fn gate(file: &Path, format: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_findgate"));
    command.args(["check", "--quiet", "--policy", "preset:strict", "--format", format, "--sarif"]).arg(file);
    command.current_dir(file.parent().expect("the input is in a folder"));
    command
}

fn collect(file: &Path, snapshot: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_findgate"));
    command
        .args(["collect", "--quiet", "--policy", "preset:strict", "--sarif"])
        .arg(file)
        .arg("--output")
        .arg(snapshot);
    command.current_dir(file.parent().expect("the input is in a folder"));
    command
}

fn compare(file: &Path, baseline: &Path, format: &str) -> Command {
    let mut command = gate(file, format);
    command.arg("--baseline").arg(baseline);
    command
}

fn again(snapshot: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_findgate"));
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
    let _ = io::stdout().flush();
    file
}
