//! When a request is repeated, and how long is waited before.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use jiff::Timestamp;

use super::Answer;

/// How often a request is made when the connection or the server fails.
pub(super) const TRIES: u32 = 5;
/// How often a request is made when the server has had too many.
pub(super) const TRIES_WHEN_BUSY: u32 = 12;

/// The shortest wait, also for a server that asks for none: to try again at once would only be refused again.
pub(super) const SHORTEST: Duration = Duration::from_millis(250);
/// The longest wait that is read from an answer. No run lasts as long, and a moment beyond all calendars is no moment.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

/// Whether an answer may be another one when the request is repeated.
pub(super) fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
}

/// How long a server asks to wait: `Retry-After` in seconds or as a date, else the reset of the rate limit where nothing
/// remains of it.
pub(super) fn asked(answer: &Answer, now: Timestamp) -> Option<Duration> {
    in_headers_or_body(answer, now).map(|wait| wait.min(LONGEST))
}

fn in_headers_or_body(answer: &Answer, now: Timestamp) -> Option<Duration> {
    let until = |moment: Timestamp| Duration::try_from(moment.duration_since(now)).unwrap_or_default();
    if let Some(text) = answer.header("retry-after") {
        if let Ok(seconds) = text.parse::<u64>() {
            return Some(Duration::from_secs(seconds));
        }
        if let Ok(date) = jiff::fmt::rfc2822::parse(text) {
            return Some(until(date.timestamp()));
        }
    }
    exhausted(answer, now).or_else(|| in_body(&answer.body).filter(|_| answer.status == 429))
}

/// How long until a rate limit of which nothing remains is reset. The reset is a moment (seconds since 1970) or, where it is
/// too small for one, a number of seconds.
pub(super) fn exhausted(answer: &Answer, now: Timestamp) -> Option<Duration> {
    let header = |names: [&str; 2]| names.iter().find_map(|name| answer.header(name)?.parse::<u64>().ok());
    let remaining = header(["x-ratelimit-remaining", "ratelimit-remaining"])?;
    let reset = header(["x-ratelimit-reset", "ratelimit-reset"])?;
    if remaining > 0 {
        return None;
    }
    const YEAR: u64 = 365 * 24 * 3600;
    if reset < YEAR {
        return Some(Duration::from_secs(reset));
    }
    let moment = Timestamp::from_second(i64::try_from(reset).ok()?).ok()?;
    Some(Duration::try_from(moment.duration_since(now)).unwrap_or_default().min(LONGEST))
}

/// `{"error": {"retry_after": 32}}`.
fn in_body(body: &str) -> Option<Duration> {
    #[derive(serde::Deserialize)]
    struct Body {
        error: Error,
    }
    #[derive(serde::Deserialize)]
    struct Error {
        retry_after: u64,
    }
    serde_json::from_str::<Body>(body).ok().map(|body| Duration::from_secs(body.error.retry_after))
}

/// How long is waited before the next try where the server does not say: it doubles, with a random part, so that many jobs
/// that failed together do not come back together.
pub(super) fn backoff(tries: u32, busy: bool) -> Duration {
    let first = if busy { 1000 } else { 250 };
    let most = if busy { 30_000 } else { 8_000 };
    let wait = (first << tries.saturating_sub(1).min(8)).min(most);
    Duration::from_millis(wait / 2 + random() % (wait / 2 + 1))
}

fn random() -> u64 {
    RandomState::new().hash_one(0u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T10:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_wait_is_read_from_seconds_dates_resets_and_bodies() {
        let body = r#"{"error": {"code": "rate_limited", "retry_after": 32}}"#;
        let reset = (now().as_second() + 7).to_string();
        for (headers, body, seconds) in [
            (vec![("retry-after", "3")], "", Some(3)),
            (vec![("retry-after", "Sat, 21 Nov 2026 10:00:05 GMT")], "", Some(5)),
            (vec![("retry-after", "Sat, 21 Nov 2020 10:00:05 GMT")], "", Some(0)),
            (vec![("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", &reset)], "", Some(7)),
            (vec![("ratelimit-remaining", "0"), ("ratelimit-reset", "9")], "", Some(9)),
            (vec![("x-ratelimit-remaining", "1"), ("x-ratelimit-reset", &reset)], "", None),
            (vec![], body, Some(32)),
            (vec![("retry-after", "soon")], "", None),
            (vec![("retry-after", "18446744073709551615")], "", Some(LONGEST.as_secs())),
            (vec![("ratelimit-remaining", "0"), ("ratelimit-reset", "9999999999")], "", Some(LONGEST.as_secs())),
        ] {
            let waited = asked(&Answer::made(429, &headers, body), now());
            assert_eq!(waited, seconds.map(Duration::from_secs), "{headers:?} {body}");
        }
    }

    #[test]
    fn waits_grow_and_never_beyond_their_limit() {
        for busy in [false, true] {
            let most = if busy { 30 } else { 8 };
            for tries in 1..40 {
                let wait = backoff(tries, busy);
                assert!(wait <= Duration::from_secs(most) && wait >= Duration::from_millis(100), "{wait:?}");
            }
        }
    }
}
