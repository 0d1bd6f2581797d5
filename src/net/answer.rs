//! What a server answered.

use std::fmt;

use reqwest::header::HeaderMap;

/// An answer that arrived whole.
#[derive(Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, decompressed. Of a status 2xx it begins and ends like JSON, and is UTF-8.
    pub body: String,
    /// The bytes of a document; `body` is empty then.
    pub(super) bytes: Vec<u8>,
    pub(super) headers: HeaderMap,
}

/// Its body may hold a token.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an answer of status {} and {} bytes", self.status, self.body.len() + self.bytes.len())
    }
}

impl Answer {
    /// One that a test makes up.
    #[cfg(test)]
    pub(crate) fn made(status: u16, headers: &[(&'static str, &str)], body: &str) -> Answer {
        use reqwest::header::{HeaderName, HeaderValue};
        let pair = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value that a header can have"))
        };
        Answer { status, body: body.to_owned(), bytes: Vec::new(), headers: headers.iter().map(pair).collect() }
    }

    /// Whether the status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Every line of a header that is text, for headers that may be given several times.
    pub fn header_lines(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).map(str::trim)
    }

    /// A header, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim).filter(|value| !value.is_empty())
    }
}
