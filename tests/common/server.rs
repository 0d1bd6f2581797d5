//! A server of HTTP/1.1 on this machine, for tests: what it answers is a function of the request, and it can misbehave in every
//! way that servers and networks do.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// A request, as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Decoded, without the query.
    pub(crate) path: String,
    /// As it was sent.
    pub(crate) target: String,
    /// Decoded, in the order of the address.
    pub(crate) query: Vec<(String, String)>,
    /// Names in small letters.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }

    /// The fields of a form.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        pairs(&self.body)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// What the server does.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// A status, headers and a body.
    Answer(u16, Vec<(String, String)>, Vec<u8>),
    /// As `Answer`, but the connection is closed after so many bytes of the body.
    Cut(u16, Vec<u8>, usize),
    /// The body again and again, without end.
    Endless(Vec<u8>),
    /// A byte of the body, then a pause, and so on.
    Trickle(Vec<u8>, Duration),
    /// The connection is closed without a word.
    Hangup,
    /// A pause before another reply.
    Slow(Duration, Box<Reply>),
}

impl Reply {
    pub(crate) fn json(status: u16, body: &Value) -> Reply {
        Reply::text(status, "application/json", body.to_string())
    }

    pub(crate) fn ok(body: &Value) -> Reply {
        Reply::json(200, body)
    }

    pub(crate) fn text(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Reply {
        Reply::Answer(status, vec![("Content-Type".into(), content_type.into())], body.into())
    }

    pub(crate) fn with(self, name: &str, value: &str) -> Reply {
        match self {
            Reply::Answer(status, mut headers, body) => {
                headers.push((name.to_owned(), value.to_owned()));
                Reply::Answer(status, headers, body)
            }
            other => panic!("no headers on {other:?}"),
        }
    }
}

type Handler = dyn Fn(&Request) -> Reply + Send + Sync;

/// The server; it ends with the test.
pub(crate) struct Server {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Request>>>,
    most_at_once: Arc<AtomicUsize>,
}

impl Server {
    /// Starts one that answers with this function.
    pub(crate) fn start(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("bind a port");
        let url = format!("http://{}", listener.local_addr().expect("the port"));
        let seen: Arc<Mutex<Vec<Request>>> = Arc::default();
        let most_at_once: Arc<AtomicUsize> = Arc::default();
        let now = Arc::new(AtomicUsize::new(0));
        let handler: Arc<Handler> = Arc::new(handler);
        let (log, most) = (Arc::clone(&seen), Arc::clone(&most_at_once));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { continue };
                let (handler, log, most, now) = (handler.clone(), log.clone(), most.clone(), now.clone());
                thread::spawn(move || serve(&stream, &*handler, &log, &most, &now));
            }
        });
        Server { url, seen, most_at_once }
    }

    /// Every request so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    /// How many requests had this path.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.requests().iter().filter(|request| request.path == path).count()
    }

    /// How many requests were being answered at the same time, at most.
    pub(crate) fn most_at_once(&self) -> usize {
        self.most_at_once.load(Ordering::SeqCst)
    }
}

fn serve(stream: &TcpStream, handler: &Handler, log: &Mutex<Vec<Request>>, most: &AtomicUsize, now: &AtomicUsize) {
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader) {
        log.lock().unwrap().push(request.clone());
        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let reply = handler(&request);
        let goes_on = write_reply(stream, reply);
        now.fetch_sub(1, Ordering::SeqCst);
        if goes_on != Some(true) {
            let _ = stream.shutdown(std::net::Shutdown::Both);
            return;
        }
    }
}

/// Reads a request from any stream. `None` at its end.
pub(crate) fn read_request(reader: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut parts = line.split_whitespace();
    let (method, target) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    Some(Request {
        method,
        path: decode(path, false),
        query: pairs(query),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
        target: target.clone(),
    })
}

/// Writes a reply. `None` if the other side is gone, `Some(false)` if the connection must end.
pub(crate) fn write_reply(mut stream: impl Write, reply: Reply) -> Option<bool> {
    match reply {
        Reply::Answer(status, headers, body) => {
            head(&mut stream, status, &headers, Some(body.len()))?;
            stream.write_all(&body).ok()?;
            stream.flush().ok()?;
            Some(true)
        }
        Reply::Cut(status, body, after) => {
            let headers = [("Content-Type".to_owned(), "application/json".to_owned())];
            head(&mut stream, status, &headers, Some(body.len()))?;
            stream.write_all(&body[..after.min(body.len())]).ok()?;
            stream.flush().ok()?;
            Some(false)
        }
        Reply::Endless(body) => {
            let headers = [("Content-Type".to_owned(), "application/json".to_owned())];
            head(&mut stream, 200, &headers, None)?;
            loop {
                write!(stream, "{:x}\r\n", body.len()).ok()?;
                stream.write_all(&body).ok()?;
                stream.write_all(b"\r\n").ok()?;
            }
        }
        Reply::Trickle(body, pause) => {
            head(&mut stream, 200, &[], Some(body.len()))?;
            for byte in body {
                stream.write_all(&[byte]).ok()?;
                stream.flush().ok()?;
                thread::sleep(pause);
            }
            Some(true)
        }
        Reply::Hangup => Some(false),
        Reply::Slow(pause, reply) => {
            thread::sleep(pause);
            write_reply(stream, *reply)
        }
    }
}

fn head(stream: &mut impl Write, status: u16, headers: &[(String, String)], length: Option<usize>) -> Option<()> {
    let mut text = format!("HTTP/1.1 {status} Status\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    match length {
        Some(length) => text.push_str(&format!("Content-Length: {length}\r\n\r\n")),
        None => text.push_str("Transfer-Encoding: chunked\r\n\r\n"),
    }
    stream.write_all(text.as_bytes()).ok()
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(k, v)| (decode(k, true), decode(v, true)))
        .collect()
}

fn decode(text: &str, plus: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
                continue;
            }
            (b'+', _) if plus => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A JWT that ends so many seconds from now. Nobody verifies it.
pub(crate) fn jwt(subject: &str, seconds: i64) -> String {
    use base64::Engine as _;
    let encode = |value: Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    #[expect(clippy::disallowed_methods, reason = "a test's token ends in real time")]
    let now = jiff::Timestamp::now().as_second();
    let head = encode(serde_json::json!({"alg": "none", "typ": "JWT"}));
    let body = encode(serde_json::json!({"sub": subject, "iat": now, "exp": now + seconds}));
    format!("{head}.{body}.c2lnbmF0dXJl")
}
