//! How much longer findgate takes than a bare client that fetches the same pages.
//!
//! `cargo bench --bench vendors` starts, for each vendor, a server on this machine that answers after 50 ms, lets findgate read
//! 100,000 findings from it, and then fetches exactly what findgate asked for, at the concurrency that was seen, with nothing
//! but the HTTP library. It prints both times, their ratio and the memory of findgate. Figures are of the machine that ran it.
//!
//!   cargo bench --bench vendors -- mend    only that vendor
//!
//! FINDGATE_BENCH_FINDINGS is another number of findings.

#![expect(clippy::disallowed_methods, reason = "a program for developers, run by hand")]

#[path = "../../tests/common/server.rs"]
mod server;
mod vendors;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use server::{Reply, Request, Server};

/// What every answer of the servers waits.
const LATENCY: Duration = Duration::from_millis(50);
const RUNS: usize = 3;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let count: usize = std::env::var("FINDGATE_BENCH_FINDINGS").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    println!("{count} findings, {} ms latency, median of {RUNS}", LATENCY.as_millis());
    println!(
        "{:12} {:>9} {:>9} {:>6} {:>8} {:>8} {:>6}",
        "vendor", "findgate", "bare", "ratio", "requests", "at once", "MB"
    );
    for vendor in vendors::all(count) {
        if wanted.is_empty() || wanted.iter().any(|name| name == vendor.name) {
            measure(&vendor);
        }
    }
}

fn measure(vendor: &vendors::Vendor) {
    let folder = tempfile::tempdir().expect("make a folder");
    let answer = vendor.answer.clone();
    let server = Server::start(move |request: &Request| Reply::Slow(LATENCY, Box::new(answer(request))));
    std::fs::write(folder.path().join("policy.yml"), (vendor.policy)(&server.url)).expect("write the policy");
    let mut times = Vec::new();
    let mut memory = 0;
    for run in 0..RUNS {
        let before = server.requests().len();
        let started = Instant::now();
        let peak = findgate(folder.path(), &server.url, vendor);
        times.push(started.elapsed());
        memory = memory.max(peak);
        if run == 0 {
            assert!(server.requests().len() > before, "findgate asked nobody");
        }
    }
    let all = server.requests();
    let requests: Vec<Request> = all[..all.len() / RUNS].iter().filter(|one| (vendor.is_page)(one)).cloned().collect();
    let at_once = server.most_at_once();
    let bare: Vec<Duration> = (0..RUNS).map(|_| fetch(&server.url, &requests, at_once)).collect();
    let (ours, bare) = (median(times), median(bare));
    println!(
        "{:12} {:8.2}s {:8.2}s {:6.2} {:8} {:8} {:6}",
        vendor.name,
        ours.as_secs_f64(),
        bare.as_secs_f64(),
        ours.as_secs_f64() / bare.as_secs_f64(),
        requests.len(),
        at_once,
        memory / 1024,
    );
}

/// Runs it and gives its peak memory in KiB, where GNU time is there to tell.
fn findgate(folder: &std::path::Path, url: &str, vendor: &vendors::Vendor) -> u64 {
    let binary = env!("CARGO_BIN_EXE_findgate");
    let has_time = std::path::Path::new("/usr/bin/time").exists();
    let mut command = if has_time {
        let mut command = Command::new("/usr/bin/time");
        command.args(["-f", "%M", binary]);
        command
    } else {
        Command::new(binary)
    };
    command.args(["check", "--quiet", "--policy", "policy.yml"]).current_dir(folder);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    for (name, value) in (vendor.environment)(url) {
        command.env(name, value);
    }
    let output = command.stdin(Stdio::null()).output().expect("run findgate");
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let last = stdout.lines().last().unwrap_or_default();
    assert!(last.starts_with("findgate: pass") || last.starts_with("findgate: fail"), "{last}\n{stderr}");
    assert!(stdout.contains(&format!("{} findings read", vendor.findings)), "not all was read:\n{stdout}");
    stderr.lines().last().and_then(|line| line.trim().parse().ok()).unwrap_or(0)
}

/// Fetches the same pages, and looks at nothing.
fn fetch(url: &str, requests: &[Request], at_once: usize) -> Duration {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let started = Instant::now();
    runtime.block_on(async {
        let fetches = requests.iter().map(|request| {
            let mut builder = match request.method.as_str() {
                "POST" => client.post(format!("{url}{}", request.target)).body(request.body.clone()),
                _ => client.get(format!("{url}{}", request.target)),
            };
            for name in ["authorization", "x-api-key", "content-type", "wss-refresh-token"] {
                if let Some(value) = request.header(name) {
                    builder = builder.header(name, value);
                }
            }
            async move { builder.send().await.expect("an answer").bytes().await.expect("a body").len() }
        });
        let bytes: Vec<usize> = stream::iter(fetches).buffer_unordered(at_once).collect().await;
        assert!(bytes.iter().all(|bytes| *bytes > 0));
    });
    started.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
