//! Vendors: whole readings, the answers of which come from the fuzzer.
//!
//! The input is a list of answers, separated by NUL. Each answers the next request but those for a token; one that is empty
//! lets the made-up vendor of `examples/vendors` answer. One that begins with `HTTP 404` has that status, lines of headers
//! behind it, and its body behind an empty line. When all are used up the last one is given again and again, as a server
//! does that does not turn the page, until the time of the run is said to be over.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::OnceLock;

use findgate::fuzzing::Vendor;
use serde_json::Value;

use crate::judged::{LONGEST, judge, normalized};

/// So many requests are answered.
const MOST: usize = 100;

type Answers = HashMap<String, Vec<u8>>;

struct Made {
    vendor: Vendor,
    answers: &'static Answers,
}

fn made(policy: &str, variables: &[(&str, &str)], answers: &str) -> Made {
    let answers: HashMap<String, Value> = serde_json::from_str(answers).unwrap();
    let answers = answers.into_iter().map(|(asked, answer)| (asked, answer.to_string().into_bytes())).collect();
    let answers: &'static Answers = Box::leak(Box::new(answers));
    let vendor = Vendor::new(policy, variables).unwrap_or_else(|error| panic!("{error:#}"));
    let collected = Made { vendor, answers }.read(b"");
    assert!(!collected.findings.is_empty(), "{:#?}", collected.coverage);
    let vendor = Vendor::new(policy, variables).unwrap();
    Made { vendor, answers }
}

/// Series of answers: the true one, and each answer by itself at its place in it.
pub(crate) fn seeds(vendor: &str) -> Vec<Vec<u8>> {
    let made = match vendor {
        "mend" => made_mend(),
        "mayo" => made_mayo(),
        "cybedefend" => made_cybedefend(),
        _ => made_appsecplus(),
    };
    let asked = Rc::new(RefCell::new(Vec::new()));
    let (seen, answers) = (Rc::clone(&asked), made.answers);
    let collected = made.vendor.read(move |request| {
        if !is_login(request) {
            seen.borrow_mut().push(answers.get(request).cloned().unwrap_or_default());
        }
        Some(answers.get(request).map_or((404, Vec::new(), b"{}".to_vec()), |body| (200, Vec::new(), body.clone())))
    });
    assert!(!collected.findings.is_empty());
    let bodies = asked.take();
    let mut seeds: Vec<Vec<u8>> = vec![bodies.join(&0)];
    // Whoever tells what is wrong with an answer must not repeat all of it.
    let long = "a\\u001b".repeat(2 * LONGEST);
    for (at, body) in bodies.iter().enumerate() {
        let before = vec![0; at];
        for head in ["", "HTTP 429\nRetry-After: 1\n\n", "HTTP 503\n\n", "HTTP 302\nLocation: /x\n\n", "HTTP 204\n\n"] {
            // Behind it everything is as it should be.
            seeds.push([&before[..], head.as_bytes(), body, b"\0"].concat());
        }
        seeds.push([&before[..], body].concat());
        for wrong in
            [format!("\"{long}\""), format!("[\"{long}\"]"), format!("HTTP 400\n\n{{\"message\": \"{long}\"}}")]
        {
            seeds.push([&before[..], wrong.as_bytes()].concat());
        }
    }
    seeds
}

fn is_login(asked: &str) -> bool {
    ["/login", "/login/accessToken", "/logout", "/token", "/client-apps"].iter().any(|end| asked.ends_with(end))
}

impl Made {
    fn read(&self, data: &[u8]) -> findgate::source::Collected {
        let mut parts: Vec<Vec<u8>> = data.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
        parts.reverse();
        let (mut count, mut last) = (0, Vec::new());
        let answers = self.answers;
        self.vendor.read(move |asked| {
            count += 1;
            if count > MOST {
                return None;
            }
            let standard = || answers.get(asked).map(|body| (200, Vec::new(), body.clone()));
            if is_login(asked) {
                return standard();
            }
            last = parts.pop().unwrap_or_else(|| std::mem::take(&mut last));
            if last.is_empty() {
                return Some(standard().unwrap_or((404, Vec::new(), b"{}".to_vec())));
            }
            Some(sent(&last))
        })
    }
}

/// Status, headers and body of an answer.
fn sent(answer: &[u8]) -> (u16, Vec<(String, String)>, Vec<u8>) {
    let whole = || (200, Vec::new(), answer.to_vec());
    let Some(rest) = answer.strip_prefix(b"HTTP ") else { return whole() };
    let end = rest.windows(2).position(|pair| pair == b"\n\n").unwrap_or(rest.len());
    let (head, body) = rest.split_at(end);
    let Ok(head) = std::str::from_utf8(head) else { return whole() };
    let mut lines = head.lines();
    let Some(status) = lines.next().and_then(|status| status.parse().ok()) else { return whole() };
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    (status, headers, body.get(2..).unwrap_or_default().to_vec())
}

fn read(made: &Made, data: &[u8]) {
    let collected = made.read(data);
    normalized(&collected);
    for text in collected.coverage.reasons.iter().chain(&collected.coverage.notes) {
        assert!(!text.contains("-of-the-example"), "a credential is told: {text}");
        assert!(text.len() <= LONGEST, "a text of {} bytes: {text}", text.len());
    }
    judge(&collected);
}

/// Mend.
pub fn mend(data: &[u8]) {
    read(made_mend(), data);
}

fn made_mend() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        made(
            "version: 1\nthresholds: {all: high}\nsources: {mend: {org: f1d2a1b0-6a3e-4b55-9d1e-0c4b7f2e9a11, \
             projects: [GH_payments_main], licenses: all, engines: [sca, sast, container, secret, license]}}\n",
            &[
                ("MEND_URL", "http://127.0.0.1:9"),
                ("MEND_EMAIL", "ci@acme.example"),
                ("MEND_USER_KEY", "key-of-the-example"),
            ],
            include_str!("../../examples/vendors/answers/mend.json"),
        )
    })
}

/// Mayo ASPM.
pub fn mayo(data: &[u8]) {
    read(made_mayo(), data);
}

fn made_mayo() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        made(
            "version: 1\nthresholds: {all: high}\nsources: {mayo: {project: payments}}\n",
            &[("MAYOASPM_URL", "http://127.0.0.1:9"), ("MAYOASPM_API_KEY", "mayo_ak_0123456789-of-the-example")],
            include_str!("../../examples/vendors/answers/mayo.json"),
        )
    })
}

/// CybeDefend.
pub fn cybedefend(data: &[u8]) {
    read(made_cybedefend(), data);
}

fn made_cybedefend() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        made(
            "version: 1\nthresholds: {all: high}\nsources: {cybedefend: {project: 550e8400-e29b-41d4-a716-446655440001}}\n",
            &[
                ("CYBEDEFEND_URL", "http://127.0.0.1:9"),
                ("CYBEDEFEND_AUTH_URL", "http://127.0.0.1:9"),
                ("CYBEDEFEND_APP_URL", "https://eu.cybedefend.com"),
                ("CYBEDEFEND_PAT", "pat-of-the-example"),
            ],
            include_str!("../../examples/vendors/answers/cybedefend.json"),
        )
    })
}

/// AppSec+.
pub fn appsecplus(data: &[u8]) {
    read(made_appsecplus(), data);
}

fn made_appsecplus() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        made(
            "version: 1\nthresholds: {all: high}\nsources: {appsecplus: {application: Payments}}\n",
            &[
                ("APPSECPLUS_URL", "http://127.0.0.1:9"),
                ("APPSECPLUS_CLIENT_ID", "ci-gate"),
                ("APPSECPLUS_CLIENT_SECRET", "secret-of-the-example"),
            ],
            include_str!("../../examples/vendors/answers/appsecplus.json"),
        )
    })
}
