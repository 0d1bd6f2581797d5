//! A request, before it is sent.

use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};

use super::{Endpoint, Secret};

/// A request. Unless it makes something it can be repeated without harm, so the client does where that may help.
#[derive(Clone, Debug)]
pub struct Request {
    /// What is attempted, for messages: `read the projects`.
    pub(super) attempt: String,
    pub(super) url: Url,
    /// The variable or key that gave the address, for messages.
    pub(super) named: String,
    pub(super) method: Method,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Option<Body>,
    pub(super) expects: Expects,
    /// Whether it makes something each time: then it is repeated only where it certainly has not arrived.
    pub(super) makes: bool,
}

/// What an answer is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expects {
    /// An API's JSON. It never leads elsewhere.
    Json,
    /// Any bytes, of which so many are taken at most. It may lead elsewhere: no credential goes with the request.
    Document {
        /// The limit, in bytes.
        most: usize,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
    Put,
    Patch,
}

impl Method {
    pub(super) fn http(self) -> reqwest::Method {
        match self {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
        }
    }
}

#[derive(Clone)]
pub(super) struct Body {
    pub(super) content_type: &'static str,
    pub(super) text: Secret,
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.content_type)
    }
}

/// A field of a form.
#[derive(Clone, Copy, Debug)]
pub enum Field<'a> {
    /// A plain value.
    Plain(&'a str),
    /// A credential.
    Secret(&'a Secret),
}

impl Request {
    /// `GET` of what lies below an endpoint. `attempt` fits after "cannot": `read the projects`.
    #[must_use]
    pub fn get(endpoint: &Endpoint, segments: &[&str], attempt: impl Into<String>) -> Request {
        Request::new(Method::Get, endpoint, segments, attempt.into())
    }

    /// `POST` to what lies below an endpoint. Only for calls that write nothing: logins, and queries too long for an address.
    #[must_use]
    pub fn post(endpoint: &Endpoint, segments: &[&str], attempt: impl Into<String>) -> Request {
        Request::new(Method::Post, endpoint, segments, attempt.into())
    }

    /// `POST` that makes something below an endpoint. It is sent once: after an answer that leaves open whether it was made, look
    /// before sending another ([`super::Failure::is_unclear`]).
    #[must_use]
    pub fn make(endpoint: &Endpoint, segments: &[&str], attempt: impl Into<String>) -> Request {
        Request { makes: true, ..Request::new(Method::Post, endpoint, segments, attempt.into()) }
    }

    /// `PUT` of what lies below an endpoint: replaces it.
    #[must_use]
    pub fn put(endpoint: &Endpoint, segments: &[&str], attempt: impl Into<String>) -> Request {
        Request::new(Method::Put, endpoint, segments, attempt.into())
    }

    /// `PATCH` of what lies below an endpoint. Only for values that are the same however often they are written.
    #[must_use]
    pub fn patch(endpoint: &Endpoint, segments: &[&str], attempt: impl Into<String>) -> Request {
        Request::new(Method::Patch, endpoint, segments, attempt.into())
    }

    fn new(method: Method, endpoint: &Endpoint, segments: &[&str], attempt: String) -> Request {
        let accept = (reqwest::header::ACCEPT, HeaderValue::from_static("application/json"));
        let named = endpoint.named().to_owned();
        Request {
            attempt,
            url: endpoint.below(segments),
            named,
            method,
            headers: vec![accept],
            body: None,
            expects: Expects::Json,
            makes: false,
        }
    }

    /// `GET` of a public document. It has no credential, so it needs no endpoint; only `document` makes one.
    pub(super) fn document(url: Url, most: usize, attempt: String) -> Request {
        // The digest that a policy names is that of the bytes as they are, so nothing may be packed on the way.
        let as_it_is = (reqwest::header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let headers = vec![(reqwest::header::ACCEPT, HeaderValue::from_static("*/*")), as_it_is];
        let expects = Expects::Document { most };
        let (named, method) = (String::new(), Method::Get);
        Request { attempt, url, named, method, headers, body: None, expects, makes: false }
    }

    /// Asks for another form of JSON than the plain one.
    #[must_use]
    pub fn accepting(mut self, form: &'static str) -> Request {
        self.headers.retain(|(name, _)| *name != reqwest::header::ACCEPT);
        self.header("accept", form)
    }

    /// Adds a parameter to the address.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Request {
        self.url.query_pairs_mut().append_pair(name, value);
        self
    }

    /// Adds a header. A value that no header can have is left out; servers then say what they miss.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Request {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((HeaderName::from_static(name), value));
        }
        self
    }

    /// Adds a header that holds a credential.
    #[must_use]
    pub fn secret_header(mut self, name: &'static str, value: &Secret) -> Request {
        if let Ok(mut value) = HeaderValue::from_str(value.expose()) {
            value.set_sensitive(true);
            self.headers.push((HeaderName::from_static(name), value));
        }
        self
    }

    /// Adds `Authorization: Bearer`.
    #[must_use]
    pub fn bearer(self, token: &Secret) -> Request {
        self.secret_header("authorization", &Secret::new(&format!("Bearer {}", token.expose())))
    }

    /// Sends JSON.
    #[must_use]
    pub fn json(mut self, body: &serde_json::Value) -> Request {
        self.body = Some(Body { content_type: "application/json", text: Secret::new(&body.to_string()) });
        self
    }

    /// Sends a form.
    #[must_use]
    pub fn form(mut self, fields: &[(&str, Field<'_>)]) -> Request {
        // The encoder of addresses is that of forms.
        let mut encoder = self.url.clone();
        encoder.set_query(None);
        for (name, value) in fields {
            let value = match value {
                Field::Plain(value) => value,
                Field::Secret(secret) => secret.expose(),
            };
            encoder.query_pairs_mut().append_pair(name, value);
        }
        let text = Secret::new(encoder.query().unwrap_or_default());
        self.body = Some(Body { content_type: "application/x-www-form-urlencoded", text });
        self
    }

    /// The same request to an address that the server names, as in its header `Link`. `None` if that lies on another host: a
    /// credential stays where it was meant to go.
    #[must_use]
    pub fn at(mut self, address: &str) -> Option<Request> {
        let mut url = self.url.join(address).ok()?;
        url.set_fragment(None);
        // A server behind something that ends TLS for it may not know that it is asked with https.
        if self.url.scheme() == "https" && url.scheme() == "http" && url.port().is_none() {
            url.set_scheme("https").ok()?;
        }
        let has_user = !url.username().is_empty() || url.password().is_some();
        if has_user || url.origin() != self.url.origin() {
            return None;
        }
        self.url = url;
        Some(self)
    }

    /// What is attempted.
    #[must_use]
    pub fn attempt(&self) -> &str {
        &self.attempt
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{Given, Trust};

    #[test]
    fn an_address_that_a_server_names_is_followed_on_its_own_host_only() {
        let endpoint = Trust::default().endpoint("mend", "http://127.0.0.1:81/api", Given::Policy, |_| false).unwrap();
        let at = |address: &str| {
            let request = Request::get(&endpoint, &["scans"], "read").query("limit", "5");
            request.at(address).map(|request| request.url.to_string())
        };
        for (address, want) in [
            ("?cursor=a%2Fb", "http://127.0.0.1:81/api/scans?cursor=a%2Fb"),
            ("/api/scans?page=2#x", "http://127.0.0.1:81/api/scans?page=2"),
            ("http://127.0.0.1:81/api/scans?page=2", "http://127.0.0.1:81/api/scans?page=2"),
        ] {
            assert_eq!(at(address).as_deref(), Some(want), "{address}");
        }
        for elsewhere in
            ["http://127.0.0.1:82/", "https://127.0.0.1:81/", "//evil.example/x", "http://me@127.0.0.1:81/", "http://["]
        {
            assert_eq!(at(elsewhere), None, "{elsewhere}");
        }
    }
}
