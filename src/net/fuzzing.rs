//! Answers from memory instead of those of a network: what fuzzing reads vendors with.

use std::cell::RefCell;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::Request;
use super::request::Method;

/// What a server sends: the status, headers, the bytes of the body.
pub(crate) type Sent = (u16, Vec<(String, String)>, Vec<u8>);

/// Answers a request, of which it gets method and path, `GET /findings`; `None`: the run's time is used up.
type Answers = Box<dyn FnMut(&str) -> Option<Sent>>;

/// Understood by the client in the place of what a network gives.
type Arrived = (u16, HeaderMap, Vec<u8>);

thread_local! {
    static SERVER: RefCell<Option<Answers>> = const { RefCell::new(None) };
}

/// From now on every request of this thread is answered from memory.
pub(crate) fn serve(answers: impl FnMut(&str) -> Option<Sent> + 'static) {
    SERVER.with_borrow_mut(|server| *server = Some(Box::new(answers)));
}

/// The answer to a request. `None` if nobody answers from memory, `Some(None)` if the time is used up.
pub(super) fn answer(request: &Request) -> Option<Option<Arrived>> {
    let method = if request.method == Method::Get { "GET" } else { "POST" };
    let asked = format!("{method} {}", request.url.path());
    SERVER.with_borrow_mut(|server| server.as_mut().map(|answers| answers(&asked).map(arrived)))
}

fn arrived((status, headers, body): Sent) -> Arrived {
    let header = |(name, value): (String, String)| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(&value).ok()?))
    };
    (status, headers.into_iter().filter_map(header).collect(), body)
}
