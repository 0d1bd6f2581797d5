//! Fetching what the policy names by an https address, and the copies that are kept of it.

mod common;
#[path = "network/tls.rs"]
mod tls;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use assert_cmd::Command;
use common::server::{Reply, Request};
use common::{Folder, Run, finish, sarif};
use serde_json::json;
use tls::Authority;

const KEV: &str = r#"{"catalogVersion": "2026.11.20", "dateReleased": "2026-11-20T15:00:12.1234Z", "count": 1,
    "vulnerabilities": [{"cveID": "CVE-2021-44228"}]}"#;

/// A server of feeds, and a folder of a user who names one.
struct World {
    folder: Folder,
    cache: tempfile::TempDir,
    url: String,
    asked: Arc<Mutex<Vec<Request>>>,
    reply: Arc<Mutex<Reply>>,
}

impl World {
    fn new() -> World {
        World::answering(KEV.as_bytes())
    }

    fn answering(body: &[u8]) -> World {
        let authority = Authority::new();
        let asked: Arc<Mutex<Vec<Request>>> = Arc::default();
        let reply = Arc::new(Mutex::new(Reply::text(200, "application/octet-stream", body)));
        let (log, now) = (Arc::clone(&asked), Arc::clone(&reply));
        let port = tls::serve(authority.certify(&["localhost", "127.0.0.1", "feeds.test"], 2100), move |request| {
            log.lock().unwrap().push(request.clone());
            match request.path.strip_prefix("/to/") {
                Some(to) => Reply::text(302, "text/plain", "").with("Location", to),
                None => now.lock().unwrap().clone(),
            }
        });
        let row = json!({"ruleId": "CVE-2020-0001", "level": "note", "message": {"text": "old"}});
        let folder = Folder::new().with("acme.pem", &authority.pem).with("scan.sarif", sarif(vec![row]));
        let cache = tempfile::tempdir().unwrap();
        World { folder, cache, url: format!("https://localhost:{port}"), asked, reply }
    }

    fn cache(&self) -> PathBuf {
        self.cache.path().join("kept")
    }

    fn replies(&self, reply: Reply) {
        *self.reply.lock().unwrap() = reply;
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// `findgate check` by a policy that names this feed.
    fn command(&self, feed: &str) -> Command {
        let policy = "version: 1\nrules: {exploited: {when: {kev: true, unknown: skip}}}\n";
        self.folder.write("policy.yml", format!("{policy}enrich: {{kev: {feed}}}\n"));
        let mut command = self.folder.command();
        command.args(["check", "--policy", "policy.yml", "--format", "json", "--verbose", "--as-of", "2026-11-21"]);
        command
            .env("FINDGATE_CA_FILE", "acme.pem")
            .env("FINDGATE_TIMEOUT", "10s")
            .env("FINDGATE_CACHE_DIR", self.cache());
        command
    }

    #[track_caller]
    fn judged(&self, path: &str, status: i32) -> Run {
        let feed = format!("\"{}{path}\"", self.url);
        finish(self.command(&feed).args(["--sarif", "*.sarif"])).ends_with(status)
    }

    /// The one entry of the cache.
    fn entry(&self) -> PathBuf {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(self.cache()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(entries.len(), 1, "{entries:?}");
        entries.remove(0)
    }

    /// Makes the copy seem to be of another time.
    fn age(&self, fetched: &str) {
        let entry = String::from_utf8(std::fs::read(self.entry()).unwrap()).unwrap();
        let (head, body) = entry.split_once('\n').unwrap();
        let mut head: serde_json::Value = serde_json::from_str(head).unwrap();
        head["fetched"] = json!(fetched);
        std::fs::write(self.entry(), format!("{head}\n{body}")).unwrap();
    }
}

#[expect(clippy::disallowed_methods, reason = "a copy grows old in real time")]
fn days_ago(days: i64) -> String {
    (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days)).to_string()
}

#[test]
fn a_feed_is_fetched_once_and_then_a_young_copy_is_used_without_asking() {
    let world = World::new();
    let first = world.judged("/kev.json", 0);
    assert_eq!(first.json()["feeds"][0]["from"], json!(format!("{}/kev.json", world.url)));
    assert_eq!(world.asked(), 1);
    let request = world.asked.lock().unwrap()[0].clone();
    assert_eq!((request.method.as_str(), request.header("accept-encoding")), ("GET", Some("identity")));
    assert_eq!((request.header("authorization"), request.header("cookie")), (None, None));
    let again = world.judged("/kev.json", 0);
    assert_eq!((again.stdout.as_str(), world.asked()), (first.stdout.as_str(), 1));
    assert!(again.stderr.contains("was not asked for"), "{}", again.stderr);
    world.judged("/other.json", 0);
    assert_eq!(world.asked(), 2, "a copy is that of its own address");
}

#[test]
fn an_older_copy_is_asked_for_again_and_used_where_the_server_gives_nothing() {
    let world = World::new();
    world.judged("/kev.json", 0);
    world.age(&days_ago(10));
    world.judged("/kev.json", 0);
    assert_eq!(world.asked(), 2);
    world.age(&days_ago(10));
    world.replies(Reply::text(404, "text/html", "gone"));
    let run = world.judged("/kev.json", 0);
    assert!(run.stderr.contains("has no such document (404); the copy of"), "{}", run.stderr);
    world.age(&days_ago(31));
    let run = world.judged("/kev.json", 3);
    assert!(run.stdout.contains("has no such document (404)"), "{}", run.stdout);
}

#[test]
fn a_copy_that_is_damaged_is_fetched_again_and_what_is_damaged_is_not_kept() {
    let world = World::new();
    world.judged("/kev.json", 0);
    let whole = std::fs::read(world.entry()).unwrap();
    std::fs::write(world.entry(), &whole[..whole.len() - 5]).unwrap();
    world.judged("/kev.json", 0);
    assert_eq!(world.asked(), 2);
    let world = World::answering(b"<html>log in</html>");
    let run = world.judged("/kev.json", 3);
    assert!(run.stdout.contains("not a KEV catalog"), "{}", run.stdout);
    assert!(!world.cache().exists(), "what is no feed was kept");
    world.replies(Reply::text(200, "application/json", KEV));
    world.judged("/kev.json", 0);
}

#[test]
fn a_copy_that_is_old_by_its_own_date_is_asked_for_again() {
    let world = World::answering(KEV.replace("2026-11-20T", "2026-10-01T").as_bytes());
    let run = world.judged("/kev.json", 3);
    assert!(run.stdout.contains("stale"), "{}", run.stdout);
    world.replies(Reply::text(200, "application/json", KEV));
    world.judged("/kev.json", 0);
    assert_eq!(world.asked(), 2);
}

#[test]
fn a_digest_is_looked_at_and_what_has_it_never_grows_old() {
    let world = World::new();
    let digest = findgate::digest::digest(KEV.as_bytes());
    let pinned = |digest: &str| format!("{{url: \"{}/kev.json\", digest: \"{digest}\"}}", world.url);
    let judged = |digest: &str| finish(world.command(&pinned(digest)).args(["--sarif", "*.sarif"]));
    let wrong = judged(&format!("sha256:{}", "0".repeat(64))).ends_with(3);
    assert!(wrong.stdout.contains(&format!("its digest is {digest}")), "{}", wrong.stdout);
    assert!(!world.cache().exists(), "what has another digest was kept");
    judged(&digest).ends_with(0);
    world.age(&days_ago(4000));
    judged(&digest).ends_with(0);
    assert_eq!(world.asked(), 2);
}

#[test]
fn a_snapshot_is_judged_by_the_copy_and_asks_nobody() {
    let world = World::new();
    let feed = format!("\"{}/kev.json\"", world.url);
    let by_snapshot = |status: i32| finish(world.command(&feed).args(["--snapshot", "s.json"])).ends_with(status);
    world.folder.run(["collect", "--policy", "preset:audit", "--sarif", "*.sarif", "--output", "s.json"]).ends_with(0);
    let run = by_snapshot(3);
    assert!(run.stdout.contains("with --snapshot nobody is asked, and no copy is kept"), "{}", run.stdout);
    world.judged("/kev.json", 0);
    by_snapshot(0);
    world.age(&days_ago(31));
    let run = by_snapshot(3);
    assert!(run.stdout.contains("is older than `max_age` allows"), "{}", run.stdout);
    assert_eq!(world.asked(), 1);
}

#[test]
fn a_copy_in_the_work_tree_is_one_that_a_change_may_have_brought_along() {
    let world = World::new();
    let feed = format!("\"{}/kev.json\"", world.url);
    let mut judged = world.command(&feed);
    judged.args(["--sarif", "*.sarif"]).env("FINDGATE_CACHE_DIR", ".cache");
    finish(&mut judged).ends_with(0);
    finish(&mut judged).ends_with(0);
    assert_eq!(world.asked(), 2);
}

#[test]
fn a_document_may_lead_elsewhere_three_times_and_only_with_encryption() {
    let world = World::new();
    let to = |rest: &str| format!("/to/{}{rest}", world.url);
    world.judged(&to("/kev.json"), 0);
    world.judged("/to//kev.json", 0);
    world.judged(&to(&to(&to("/kev.json"))), 0);
    for (path, word) in [
        (to(&to(&to(&to("/kev.json")))), "more than 3 times"),
        ("/to/http://feeds.example/kev.json".to_owned(), "without encryption"),
        ("/to/https://me:word@feeds.example/".to_owned(), "a user or a password"),
        ("/to/file:///etc/passwd".to_owned(), "does not say where"),
    ] {
        let run = world.judged(&path, 3);
        assert!(run.stdout.contains(word), "no {word:?} in {}", run.stdout);
    }
}

#[test]
fn what_is_larger_than_any_feed_cut_or_not_trusted_is_undecided() {
    let world = World::new();
    world.replies(Reply::Endless(vec![b' '; 1 << 20]));
    let run = world.judged("/kev.json", 3);
    assert!(run.stdout.contains("larger than 67108864 bytes"), "{}", run.stdout);
    world.replies(Reply::text(403, "text/plain", "no"));
    let run = world.judged("/kev.json", 3);
    assert!(run.stdout.contains("asks for credentials (403)"), "{}", run.stdout);
    let feed = format!("\"{}/kev.json\"", world.url);
    let run = finish(world.command(&feed).args(["--sarif", "*.sarif"]).env_remove("FINDGATE_CA_FILE")).ends_with(3);
    assert!(run.stdout.contains("nobody who is trusted issued it"), "{}", run.stdout);
}

#[test]
fn a_proxy_connects_and_sees_only_the_host() {
    let world = World::new();
    let port: u16 = world.url.rsplit_once(':').unwrap().1.parse().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let heads: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&heads);
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let mut reader = BufReader::new(client.try_clone().unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap_or(0) > 0 {}
            log.lock().unwrap().push(head);
            client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").unwrap();
            let mut server = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
            let mut up = server.try_clone().unwrap();
            thread::spawn(move || std::io::copy(&mut reader, &mut up));
            thread::spawn(move || std::io::copy(&mut server, &mut client));
        }
    });
    let mut command = world.command("\"https://feeds.test/kev.json?day=today\"");
    finish(command.args(["--sarif", "*.sarif"]).env("HTTPS_PROXY", &proxy)).ends_with(0);
    let heads = heads.lock().unwrap().clone();
    assert!(heads.len() == 1 && heads[0].starts_with("CONNECT feeds.test:443 "), "{heads:?}");
    assert!(!heads[0].contains("today"), "{heads:?}");
}
