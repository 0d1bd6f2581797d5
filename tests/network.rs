//! The HTTP client, end to end, through a source that uses it: certificates, proxies, time, and whatever an answer may be.

mod common;
#[path = "network/tls.rs"]
mod tls;
#[path = "appsecplus/vendor.rs"]
mod vendor;

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use common::server::{Reply, Server};
use common::{Folder, Run, finish};
use rustls::ServerConfig;
use serde_json::json;
use tls::Authority;
use vendor::{REPOSITORY, TOKEN, Vendor};

const POLICY: &str = "version: 1\nthresholds: {all: any}\nsources: {appsecplus: {}}\n";
/// A name that no name server knows; a proxy in a test does.
const NAME: &str = "appsec.test";

fn command(folder: &Folder, url: &str) -> Command {
    folder.write("policy.yml", POLICY);
    let mut command = folder.command();
    command
        .args(["check", "--policy", "policy.yml", "--verbose", "--repo", REPOSITORY])
        .envs([("FINDGATE_TIMEOUT", "10s"), ("FINDGATE_FORMAT", "json")])
        .env("APPSECPLUS_URL", url)
        .env("APPSECPLUS_TOKEN", TOKEN);
    command
}

/// Runs it, and says how long that took. No output may hold the token.
#[track_caller]
fn ended(command: &mut Command, status: i32) -> (Run, Duration) {
    let started = Instant::now();
    let run = finish(command).ends_with(status);
    assert!(!run.stdout.contains(TOKEN) && !run.stderr.contains(TOKEN), "{run:#?}");
    (run, started.elapsed())
}

/// Runs it against a server that answers everything in one way.
#[track_caller]
fn against(reply: Reply, status: i32, words: &[&str]) -> (Run, Duration) {
    let server = Server::start(move |_| reply.clone());
    let (run, took) = ended(&mut command(&Folder::new(), &server.url), status);
    for word in words {
        assert!(run.stdout.contains(word), "no {word:?} in\n{}", run.stdout);
    }
    (run, took)
}

// Certificates.

/// Answers as AppSec+ does, behind TLS. It gives the port.
fn serve_tls(config: ServerConfig) -> u16 {
    tls::serve(config, |request| Vendor::default().answer(request))
}

#[test]
fn a_certificate_of_an_unknown_authority_is_refused_at_once_and_taken_with_its_roots() {
    let authority = Authority::new();
    let port = serve_tls(authority.certify(&["localhost", "127.0.0.1"], 2100));
    let folder =
        Folder::new().with("acme.pem", &authority.pem).with("other.pem", Authority::new().pem).with("no.pem", "none");
    for host in ["localhost", "127.0.0.1"] {
        let url = format!("https://{host}:{port}");
        let (run, took) = ended(&mut command(&folder, &url), 3);
        assert!(
            run.stdout.contains("nobody who is trusted issued it") && run.stdout.contains("--ca-file"),
            "{}",
            run.stdout
        );
        assert!(!run.stdout.contains("tried") && took < Duration::from_secs(2), "{took:?}\n{}", run.stdout);
        ended(command(&folder, &url).args(["--ca-file", "acme.pem"]), 0);
        ended(command(&folder, &url).env("FINDGATE_CA_FILE", "acme.pem"), 0);
        ended(command(&folder, &url).env("SSL_CERT_FILE", folder.path().join("acme.pem")), 0);
        ended(command(&folder, &url).args(["--ca-file", "other.pem"]), 3);
        ended(command(&folder, &url).env("SSL_CERT_FILE", folder.path().join("other.pem")), 3);
    }
    let url = format!("https://localhost:{port}");
    for bad in ["missing.pem", "no.pem"] {
        let (run, _) = ended(command(&folder, &url).env("SSL_CERT_FILE", folder.path().join(bad)), 3);
        assert!(run.stdout.contains("SSL_CERT_FILE") && run.stdout.contains("holds no certificate"), "{}", run.stdout);
        // Roots that are named and cannot be read are wrong usage.
        let (run, _) = ended(command(&folder, &url).args(["--ca-file", bad]), 2);
        assert!(run.stderr.contains("--ca-file"), "{}", run.stderr);
    }
}

#[test]
fn a_certificate_that_has_expired_or_is_for_another_name_is_refused_whoever_issued_it() {
    let authority = Authority::new();
    let folder = Folder::new().with("acme.pem", &authority.pem);
    for (names, until, word) in [
        (["localhost", "127.0.0.1"], 2001, "it has expired"),
        (["other.acme.example", "10.0.0.1"], 2100, "it is for another name"),
    ] {
        let port = serve_tls(authority.certify(&names, until));
        let (run, took) =
            ended(command(&folder, &format!("https://localhost:{port}")).args(["--ca-file", "acme.pem"]), 3);
        assert!(run.stdout.contains("is not trusted") && run.stdout.contains(word), "{}", run.stdout);
        assert!(took < Duration::from_secs(2), "{took:?}");
    }
}

#[test]
fn what_is_no_tls_at_all_is_no_connection() {
    let server = Vendor::default().start();
    let (run, _) = ended(command(&Folder::new(), &server.url.replace("http:", "https:")).args(["--timeout", "5s"]), 3);
    assert!(run.stdout.contains("no connection to 127.0.0.1") || run.stdout.contains("is used up"), "{}", run.stdout);
    assert!(server.requests().is_empty());
}

// Proxies.

/// A proxy that connects everything to one port of this machine, or refuses with a status. What it was asked is kept.
struct Proxy {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn start(target: Result<u16, u16>) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let log = Arc::clone(&log);
                thread::spawn(move || connect(stream, target, &log));
            }
        });
        Proxy { url, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn connect(stream: TcpStream, target: Result<u16, u16>, log: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            break;
        }
    }
    log.lock().unwrap().push(head.clone());
    let mut client = stream;
    match target {
        Ok(port) if head.starts_with("CONNECT ") => {
            client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").ok()?;
            let server = TcpStream::connect(("127.0.0.1", port)).ok()?;
            let (mut up, mut down) = (server.try_clone().ok()?, server);
            thread::spawn(move || {
                let _ = std::io::copy(&mut reader, &mut up);
                let _ = up.shutdown(std::net::Shutdown::Write);
            });
            std::io::copy(&mut down, &mut client).ok().map(|_| ())
        }
        Ok(_) => client.write_all(b"HTTP/1.1 405 Only CONNECT\r\nContent-Length: 0\r\n\r\n").ok(),
        Err(status) => {
            let more = if status == 407 { "Proxy-Authenticate: Basic\r\n" } else { "" };
            client.write_all(format!("HTTP/1.1 {status} No\r\n{more}Content-Length: 0\r\n\r\n").as_bytes()).ok()
        }
    }
}

#[test]
fn an_encrypted_request_goes_through_the_proxy_which_sees_only_the_host() {
    let authority = Authority::new();
    let folder = Folder::new().with("acme.pem", &authority.pem);
    let proxy = Proxy::start(Ok(serve_tls(authority.certify(&[NAME], 2100))));
    let url = format!("https://{NAME}");
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        ended(command(&folder, &url).args(["--ca-file", "acme.pem"]).env(variable, &proxy.url), 0);
    }
    let with_user = proxy.url.replace("http://", "http://me:pr0xy-word@");
    let (run, _) = ended(command(&folder, &url).args(["--ca-file", "acme.pem"]).env("HTTPS_PROXY", &with_user), 0);
    assert!(!run.stderr.contains("pr0xy-word"), "{}", run.stderr);
    let asked = proxy.asked();
    assert!(asked.len() >= 4 && asked.iter().all(|head| head.starts_with("CONNECT appsec.test:443 ")), "{asked:#?}");
    assert!(asked.iter().all(|head| !head.contains(TOKEN)), "{asked:#?}");
    assert!(asked.last().unwrap().to_ascii_lowercase().contains("proxy-authorization: basic"), "{asked:#?}");
    // Another authority is refused through a proxy as well, and said to be no matter of the proxy.
    let (run, _) = ended(command(&folder, &url).env("HTTPS_PROXY", &proxy.url), 3);
    assert!(run.stdout.contains("nobody who is trusted issued it"), "{}", run.stdout);
}

#[test]
fn a_host_that_is_exempt_is_not_asked_for_through_the_proxy() {
    let proxy = Proxy::start(Err(403));
    for exempt in [NAME, ".test", "other.example, appsec.test", "*"] {
        let folder = Folder::new();
        let mut command = command(&folder, &format!("https://{NAME}"));
        command.args(["--timeout", "1s"]).env("HTTPS_PROXY", &proxy.url).env("NO_PROXY", exempt);
        let (run, _) = ended(&mut command, 3);
        assert!(!run.stdout.contains("the proxy did not"), "{}", run.stdout);
    }
    assert!(proxy.asked().is_empty());
}

#[test]
fn a_proxy_that_refuses_is_told_from_a_server_that_does() {
    let folder = Folder::new();
    for status in [403, 407, 502] {
        let proxy = Proxy::start(Err(status));
        let with_user = proxy.url.replace("http://", "http://me:pr0xy-word@");
        let mut command = command(&folder, &format!("https://{NAME}"));
        let (run, _) = ended(command.env("HTTPS_PROXY", with_user).args(["--timeout", "1s"]), 3);
        assert!(run.stdout.contains("cannot read the applications: "), "{}", run.stdout);
        assert!(
            run.stdout.contains("the proxy did not connect to appsec.test") && run.stdout.contains("NO_PROXY"),
            "{}",
            run.stdout
        );
        assert!(!run.stdout.contains("pr0xy-word") && !run.stderr.contains("pr0xy-word"), "{run:#?}");
    }
    // One that is not there.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut gone = command(&folder, &format!("https://{NAME}"));
    let (run, _) = ended(gone.env("HTTPS_PROXY", format!("http://127.0.0.1:{port}")).args(["--timeout", "1s"]), 3);
    assert!(run.stdout.contains("proxy"), "{}", run.stdout);
    // Nobody asks a host that nobody named.
    let unnamed = finish(&mut command(&folder, "")).ends_with(2);
    unnamed.complains("there is no public AppSec+ service; set APPSECPLUS_URL");
}

#[test]
fn this_machine_is_never_asked_through_a_proxy() {
    let trap = Proxy::start(Err(403));
    let server = Vendor::default().start();
    let folder = Folder::new();
    let traps = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"].map(|name| (name, trap.url.clone()));
    ended(command(&folder, &server.url).envs(traps.clone()), 0);
    let by_name = server.url.replace("127.0.0.1", "localhost");
    ended(command(&folder, &by_name).envs(traps.clone()), 0);
    // Nor when another host is asked, too, through a proxy.
    let authority = Authority::new();
    folder.write("acme.pem", &authority.pem);
    let proxy = Proxy::start(Ok(serve_tls(authority.certify(&[NAME], 2100))));
    let mut both = command(&folder, &server.url);
    both.args(["--ca-file", "acme.pem"])
        .envs(traps)
        .env("HTTPS_PROXY", &proxy.url)
        .env("https_proxy", &proxy.url)
        .env_remove("APPSECPLUS_TOKEN")
        .env("APPSECPLUS_CLIENT_ID", vendor::CLIENT_ID)
        .env("APPSECPLUS_CLIENT_SECRET", vendor::SECRET)
        .env("APPSECPLUS_TOKEN_URL", format!("https://{NAME}/oauth/token"));
    ended(&mut both, 0);
    assert_eq!(proxy.asked().len(), 1);
    assert!(trap.asked().is_empty(), "{:#?}", trap.asked());
}

// Time.

#[test]
fn a_server_that_asks_to_wait_is_waited_for() {
    // The date has no fractions of a second, so what is waited for it may be almost a second shorter.
    for (header, least) in [("1", 1000), ("date", 500), ("0", 200)] {
        let calls = Mutex::new(0);
        let server = Vendor::default().start_with(move |_, _| {
            let mut calls = calls.lock().unwrap();
            *calls += 1;
            #[expect(clippy::disallowed_methods, reason = "a server's date is one of now")]
            let date = jiff::Timestamp::now() + Duration::from_millis(1900);
            let date = jiff::fmt::rfc2822::to_string(&date.to_zoned(jiff::tz::TimeZone::UTC)).unwrap();
            let value = if header == "date" { date.replace("+0000", "GMT") } else { header.to_owned() };
            let status = if header == "0" { 503 } else { 429 };
            (*calls == 1).then(|| vendor::refusal(status, "rate_limited", "slow down").with("Retry-After", &value))
        });
        let (_, took) = ended(&mut command(&Folder::new(), &server.url), 0);
        assert!(took >= Duration::from_millis(least) && took < Duration::from_secs(6), "{header}: {took:?}");
        assert_eq!(server.count("/applications"), 2, "{header}");
    }
}

#[test]
fn a_wait_beyond_all_time_is_an_error_and_not_the_end_of_the_program() {
    for value in ["18446744073709551615", "99999999999", "Fri, 01 Jan 9999 23:59:59 GMT"] {
        let reply = vendor::refusal(429, "rate_limited", "no").with("Retry-After", value);
        let (_, took) = against(reply, 3, &["asks to wait"]);
        assert!(took < Duration::from_secs(3), "{took:?}");
        let reply = Reply::json(429, &json!({"error": {"retry_after": u64::MAX}}));
        against(reply, 3, &["asks to wait"]);
    }
    let reply =
        Reply::ok(&json!([])).with("X-RateLimit-Remaining", "0").with("X-RateLimit-Reset", "18446744073709551615");
    against(reply, 3, &["no application"]);
}

#[test]
fn the_time_of_the_run_ends_every_answer_that_does_not() {
    let body = json!([{"id": "x".repeat(10_000)}]).to_string().into_bytes();
    let slow = || Reply::Slow(Duration::from_secs(30), Box::new(Reply::ok(&json!([]))));
    for reply in [
        slow(),
        Reply::Trickle(body, Duration::from_millis(50)),
        Reply::Endless(vec![b' '; 4096]),
        Reply::Endless(b"[".to_vec()),
        vendor::refusal(500, "server_error", "no").with("Retry-After", "1"),
        vendor::refusal(503, "unavailable", "no").with("Retry-After", "1"),
    ] {
        let shown = format!("{reply:?}").chars().take(40).collect::<String>();
        let server = Server::start(move |_| reply.clone());
        let (_, took) = ended(command(&Folder::new(), &server.url).args(["--timeout", "1s"]), 3);
        assert!(took < Duration::from_secs(3), "{shown}: {took:?}");
    }
}

// Answers.

/// What gzip makes of bytes that it does not compress.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    let length = u16::try_from(bytes.len()).unwrap();
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1];
    packed.extend(length.to_le_bytes());
    packed.extend((!length).to_le_bytes());
    packed.extend(bytes);
    packed.extend((!crc).to_le_bytes());
    packed.extend(u32::from(length).to_le_bytes());
    packed
}

#[test]
fn a_compressed_answer_is_read_and_a_damaged_one_never_as_less() {
    let vendor = Vendor::default();
    let server = Server::start(move |request| match vendor.answer(request) {
        Reply::Answer(status, headers, body) => {
            assert!(request.header("accept-encoding").is_some_and(|value| value.contains("gzip")));
            Reply::Answer(status, headers, gzip(&body)).with("Content-Encoding", "gzip")
        }
        other => other,
    });
    let (run, _) = ended(&mut command(&Folder::new(), &server.url), 0);
    assert!(run.stdout.contains("\"state\":\"complete\""), "{}", run.stdout);
    let packed = gzip(b"[]");
    let mut wrong_sum = packed.clone();
    wrong_sum[18] ^= 1;
    let truncated = packed[..packed.len() - 9].to_vec();
    for damaged in [wrong_sum, truncated, b"[]".to_vec()] {
        let reply = Reply::text(200, "application/json", damaged).with("Content-Encoding", "gzip");
        let server = Server::start(move |_| reply.clone());
        let (run, _) = ended(command(&Folder::new(), &server.url).args(["--timeout", "2s"]), 3);
        assert!(run.stdout.contains("\"state\":\"failed\""), "{}", run.stdout);
    }
    // An encoding that was not asked for.
    against(
        Reply::text(200, "application/json", *b"\x0b\x01\x80[]\x03").with("Content-Encoding", "br"),
        3,
        &["\"state\":\"failed\""],
    );
}

#[test]
fn what_is_not_what_was_asked_for_is_said_in_words() {
    against(Reply::text(200, "text/html", "<!doctype html><p>Please log in"), 3, &["a page for people"]);
    against(Reply::text(200, "application/json", *b"[\"\xc3\x28\"]"), 3, &["is not UTF-8"]);
    // A part that is whole JSON by itself would look like all there is.
    against(Reply::text(206, "application/json", "[]"), 3, &["sent a part of an answer (206)"]);
    against(Reply::text(200, "application/json", "[{\"id\": 1}"), 3, &["is not JSON, or only the half of it"]);
    against(Reply::text(204, "application/json", ""), 3, &["\"state\":\"failed\""]);
    against(Reply::text(502, "text/html", "<html>Bad gateway</html>"), 3, &["answered 502 (a page for people)"]);
}

#[test]
fn a_redirect_is_not_followed_and_nobody_there_hears_of_the_token() {
    let trap = Vendor::default().start();
    for status in [301, 302, 303, 307, 308] {
        let reply = Reply::json(status, &json!([])).with("Location", &format!("{}/applications", trap.url));
        against(reply, 3, &["127.0.0.1", "where no credential is sent"]);
        against(
            Reply::json(status, &json!([])).with("Location", "https://evil.example/"),
            3,
            &["leads to evil.example"],
        );
    }
    assert!(trap.requests().is_empty());
}

#[test]
fn a_server_that_is_not_there_is_told_from_a_name_that_nobody_knows() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (run, _) = ended(&mut command(&Folder::new(), &format!("http://127.0.0.1:{port}")), 3);
    assert!(
        run.stdout.contains(&format!("no connection to 127.0.0.1:{port}")) && run.stdout.contains("tried 5 times"),
        "{}",
        run.stdout
    );
    let (run, took) = ended(&mut command(&Folder::new(), "https://nosuch.invalid"), 3);
    assert!(run.stdout.contains("nosuch.invalid has no address"), "{}", run.stdout);
    // Whoever reads it has to know what to change, and nothing of the resolver.
    let text = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("is the host right (APPSECPLUS_URL)") && !text.contains("Query"), "{text}");
    assert!(took < Duration::from_secs(11), "{took:?}");
    let hangup = Server::start(|_| Reply::Hangup);
    ended(&mut command(&Folder::new(), &hangup.url), 3);
    assert_eq!(hangup.requests().len(), 5);
}

#[test]
fn a_host_of_the_policy_alone_needs_a_word_on_the_command_line() {
    let authority = Authority::new();
    let proxy = Proxy::start(Ok(serve_tls(authority.certify(&[NAME], 2100))));
    let folder = Folder::new().with("acme.pem", &authority.pem);
    let with = |more: &[&str]| {
        let mut command = command(&folder, "");
        folder.write(
            "policy.yml",
            format!("version: 1\nthresholds: {{all: any}}\nsources: {{appsecplus: {{url: 'https://{NAME}'}}}}\n"),
        );
        command.args(["--ca-file", "acme.pem"]).env("HTTPS_PROXY", &proxy.url).args(more);
        command
    };
    for more in
        [&[][..], &["--allow-host", "other.test"], &["--allow-host", "test"], &["--allow-host", "appsec.test:8443"]]
    {
        let (run, _) = ended(&mut with(more), 2);
        assert!(run.stderr.contains("--allow-host appsec.test"), "{}", run.stderr);
    }
    assert!(proxy.asked().is_empty());
    for more in [["--allow-host", "appsec.test"], ["--allow-host", "APPSEC.test:443"]] {
        ended(&mut with(&more), 0);
    }
    ended(with(&[]).env("FINDGATE_ALLOW_HOST", NAME), 0);
}

#[test]
fn every_request_says_who_asks_and_no_more() {
    let server = Vendor::default().start();
    ended(&mut command(&Folder::new(), &server.url), 0);
    for request in server.requests() {
        assert!(request.header("user-agent").unwrap().starts_with("findgate/"), "{request:#?}");
        for absent in ["referer", "cookie", "origin"] {
            assert_eq!(request.header(absent), None);
        }
    }
}
