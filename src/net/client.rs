//! The client: sends a request until there is an answer, or a reason why there will be none.

use std::error::Error as _;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use reqwest::redirect;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::failure::{Cause, seconds};
use super::request::Expects;
use super::trust::is_loopback;
use super::{Answer, Endpoint, Failure, Masks, Request, Roots, dns, retry};

/// No answer is larger: a page of a thousand findings with code around each takes a tenth of it.
const MOST_BYTES: usize = 256 << 20;
const CONNECT: Duration = Duration::from_secs(15);
/// The longest silence in the middle of an answer.
const SILENCE: Duration = Duration::from_secs(60);
/// The longest that one try takes.
const TRY: Duration = Duration::from_secs(180);

/// What all clients of a run share.
#[derive(Clone)]
pub struct Network {
    /// The trusted roots.
    pub roots: Roots,
    /// When the run's time is used up.
    pub deadline: Instant,
    /// The run's time, for messages.
    pub budget: Duration,
    /// The credentials of the run.
    pub masks: Masks,
    /// Takes a line for the curious: what was asked, what is waited for.
    pub log: Arc<dyn Fn(&str) + Send + Sync>,
}

/// The client of one source.
pub struct Client {
    /// For this machine.
    local: reqwest::Client,
    /// For all others; `None` where there are none.
    remote: Option<reqwest::Client>,
    network: Network,
    source: &'static str,
    permits: Semaphore,
    /// No request leaves before: the server said that it takes none.
    pause: Mutex<Option<Instant>>,
}

impl Network {
    /// A client for one source, with so many requests at a time at most. `endpoints` are those that it will ask. This
    /// machine is never asked through a proxy, and roots are loaded only where there is something encrypted to ask.
    ///
    /// # Errors
    /// If the trusted roots cannot be used.
    pub fn client(&self, source: &'static str, endpoints: &[&Endpoint], concurrency: usize) -> anyhow::Result<Client> {
        let encrypted = endpoints.iter().any(|endpoint| endpoint.is_encrypted());
        let elsewhere = endpoints.iter().any(|endpoint| !endpoint.is_loopback());
        self.build(source, (encrypted, elsewhere), concurrency, |builder| builder)
    }

    /// A client for public documents, on any host. What it gets is as the server has it: no encoding is undone.
    ///
    /// # Errors
    /// If the trusted roots cannot be used.
    pub(super) fn public(&self) -> anyhow::Result<Client> {
        self.build("fetch", (true, true), 1, |builder| builder.gzip(false))
    }

    fn build(
        &self,
        source: &'static str,
        (encrypted, elsewhere): (bool, bool),
        concurrency: usize,
        more: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    ) -> anyhow::Result<Client> {
        let tls = self.roots.config(encrypted)?;
        let builder = || {
            let builder = reqwest::Client::builder()
                .user_agent(concat!("findgate/", env!("CARGO_PKG_VERSION")))
                .redirect(redirect::Policy::none())
                .referer(false)
                .connect_timeout(CONNECT)
                .read_timeout(SILENCE)
                .timeout(TRY)
                .tls_backend_preconfigured(tls.clone());
            more(builder)
        };
        // A proxy would see the credential of a plain request, and cannot reach this machine anyway. Nor may a name server
        // say where this machine is.
        let here = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
        let local = builder().no_proxy().resolve_to_addrs("localhost", &here).build()?;
        let remote = elsewhere.then(|| dns::resolve_with(builder()).build()).transpose()?;
        let permits = Semaphore::new(concurrency.max(1));
        Ok(Client { local, remote, network: self.clone(), source, permits, pause: Mutex::default() })
    }
}

impl Client {
    /// The credentials of the run, to add those that a server gives.
    #[must_use]
    pub fn masks(&self) -> &Masks {
        &self.network.masks
    }

    /// When the run's time is used up.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.network.deadline
    }

    /// Tells the curious something about this source.
    pub fn log(&self, line: &str) {
        (self.network.log)(&format!("{}: {}", self.source, self.network.masks.apply(line)));
    }

    /// Sends a request. An answer with any status but 3xx is an answer; a passing trouble (no connection, too many requests,
    /// 5xx, half an answer) is waited out first, as long as the run's time allows.
    ///
    /// # Errors
    /// If there is no answer that could be used. What servers said is in it without credentials.
    pub async fn send(&self, request: &Request) -> Result<Answer, Failure> {
        let _permit = self.permits.acquire().await;
        let mut tries = 0;
        loop {
            self.wait_for_pause(request, tries).await?;
            tries += 1;
            let started = Instant::now();
            let deadline = self.network.deadline;
            let outcome = tokio::time::timeout_at(deadline, self.once(request)).await;
            let outcome = outcome.unwrap_or(Err((Cause::Deadline(self.network.budget), Again::No)));
            let told = match &outcome {
                Ok(answer) => answer.status.to_string(),
                Err((cause, _)) => format!("{cause:?}"),
            };
            let method = request.method.http();
            self.log(&format!("{method} {} -> {told}, {} ms", request.url, started.elapsed().as_millis()));
            // A wait that the run has no time for is none: what happened says more than that the time was used up.
            let in_time = |wait: Duration| Some(wait).filter(|wait| Instant::now() + *wait < deadline);
            let wait = match &outcome {
                Ok(answer)
                    if answer.status == 429
                        || (answer.header("retry-after").is_some()
                            && (answer.status == 403 || (answer.status == 503 && !request.makes))) =>
                {
                    let asked = retry::asked(answer, now());
                    if tries >= retry::TRIES_WHEN_BUSY {
                        return Err(self.failure(request, Cause::Busy { wait: asked }, tries));
                    }
                    let wait = asked.unwrap_or_else(|| retry::backoff(tries, true)).max(retry::SHORTEST);
                    if in_time(wait).is_none() {
                        return Err(self.failure(request, Cause::Busy { wait: Some(wait) }, tries));
                    }
                    // The limit is that of the credential, so every request of this source waits.
                    self.pause_until(Instant::now() + wait);
                    Some(wait)
                }
                Ok(answer) if retry::is_passing(answer.status) && !request.makes && tries < retry::TRIES => {
                    in_time(retry::backoff(tries, false))
                }
                // What makes something may have made it, unless it never left.
                Err((cause, _)) if request.makes && !cause.is_before() => None,
                Err((_, Again::Yes)) if tries < retry::TRIES => in_time(retry::backoff(tries, false)),
                Err((_, Again::Once)) if tries < 3 => in_time(retry::backoff(tries, false)),
                _ => None,
            };
            let Some(wait) = wait else {
                return match outcome {
                    Ok(answer) => {
                        if let Some(wait) = retry::exhausted(&answer, now()) {
                            self.pause_until(Instant::now() + wait);
                        }
                        Ok(answer)
                    }
                    Err((cause, _)) => Err(self.failure(request, cause, tries)),
                };
            };
            self.log(&format!("{told}; waiting {}", seconds(wait)));
            if tokio::time::timeout_at(deadline, tokio::time::sleep(wait)).await.is_err() {
                return Err(self.failure(request, Cause::Deadline(self.network.budget), tries));
            }
        }
    }

    fn failure(&self, request: &Request, cause: Cause, tries: u32) -> Failure {
        let mask = |text: String| self.network.masks.apply(&text).into_owned();
        let cause = match cause {
            Cause::Name(why) => Cause::Name(mask(why)),
            Cause::Connect(why) => Cause::Connect(mask(why)),
            Cause::Certificate { why, help } => Cause::Certificate { why: mask(why), help },
            Cause::Proxy(why) => Cause::Proxy(mask(why)),
            Cause::Cut(why) => Cause::Cut(mask(why)),
            Cause::Other(why) => Cause::Other(mask(why)),
            cause => cause,
        };
        let host = host_of(&request.url).unwrap_or_default();
        Failure { attempt: request.attempt.clone(), host, named: request.named.clone(), cause, tries }
    }

    fn pause_until(&self, moment: Instant) {
        let mut pause = self.pause.lock().unwrap_or_else(PoisonError::into_inner);
        *pause = Some(pause.map_or(moment, |known| known.max(moment)));
    }

    async fn wait_for_pause(&self, request: &Request, tries: u32) -> Result<(), Failure> {
        let moment = *self.pause.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(moment) = moment.filter(|moment| *moment > Instant::now()) else { return Ok(()) };
        if moment >= self.network.deadline {
            let wait = Some(moment - Instant::now());
            return Err(self.failure(request, Cause::Busy { wait }, tries));
        }
        tokio::time::sleep_until(moment).await;
        Ok(())
    }

    async fn once(&self, request: &Request) -> Result<Answer, (Cause, Again)> {
        #[cfg(fuzzing)]
        if let Some(answered) = super::fuzzing::answer(request) {
            let (status, headers, bytes) = answered.ok_or((Cause::Deadline(self.network.budget), Again::No))?;
            redirected(request, status, &headers)?;
            return self.understand(status, headers, bytes);
        }
        let Request { attempt: _, url, named: _, method, headers, body, expects, makes: _ } = request;
        let http = if is_loopback(url) { Some(&self.local) } else { self.remote.as_ref() };
        let Some(http) = http else {
            let why = "it was not among the hosts that this source said it would ask; please report this";
            return Err((Cause::Other(why.to_owned()), Again::No));
        };
        let mut builder = http.request(method.http(), url.clone());
        for (name, value) in headers {
            builder = builder.header(name, value);
        }
        if let Some(body) = body {
            let content_type = HeaderValue::from_static(body.content_type);
            builder = builder.header(CONTENT_TYPE, content_type).body(body.text.expose().to_owned());
        }
        let mut response = builder.send().await.map_err(|error| classify(&error))?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let (most, is_document) = match *expects {
            Expects::Json => (MOST_BYTES, false),
            Expects::Document { most } => (most, true),
        };
        redirected(request, status, &headers)?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| classify(&error))? {
            if bytes.len() + chunk.len() > most {
                return Err((Cause::TooLarge { limit: most }, Again::No));
            }
            bytes.extend_from_slice(&chunk);
        }
        if is_document {
            return Ok(Answer { status, body: String::new(), bytes, headers });
        }
        self.understand(status, headers, bytes)
    }

    /// Takes what arrived for the answer of an API.
    fn understand(&self, status: u16, headers: HeaderMap, bytes: Vec<u8>) -> Result<Answer, (Cause, Again)> {
        if status == 206 {
            return Err((Cause::Part, Again::Once));
        }
        let good = (200..300).contains(&status);
        let body = match String::from_utf8(bytes) {
            Ok(body) => body,
            Err(_) if good => return Err((Cause::NotText, Again::No)),
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        };
        // What refuses may repeat what it was sent. Here it is whole yet: a sentence cuts it, and half a credential is not found.
        let body = if good { body } else { self.network.masks.apply(&body).into_owned() };
        if good && !looks_like_json(&body) {
            let html = body.trim_start().starts_with('<');
            return Err((Cause::NotJson { html }, Again::Once));
        }
        Ok(Answer { status, body, bytes: Vec::new(), headers })
    }
}

/// Whether a request may have another outcome when it is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    Yes,
    /// Perhaps: a proxy that is restarting answers with a page.
    Once,
    No,
}

/// An API never leads elsewhere, for a credential would go there.
fn redirected(request: &Request, status: u16, headers: &HeaderMap) -> Result<(), (Cause, Again)> {
    if !(300..400).contains(&status) || request.expects != Expects::Json {
        return Ok(());
    }
    let to = headers.get(LOCATION).and_then(|to| to.to_str().ok()).and_then(|to| request.url.join(to).ok());
    Err((Cause::Redirect { to: to.as_ref().and_then(host_of) }, Again::No))
}

/// Host and port, for messages.
pub(super) fn host_of(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// Whether a body begins and ends like JSON. What is between is read by who knows what it should be.
fn looks_like_json(body: &str) -> bool {
    let body = body.trim_start_matches('\u{feff}').trim();
    matches!((body.as_bytes().first(), body.as_bytes().last()), (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')))
        || matches!((body.as_bytes().first(), body.as_bytes().last()), (Some(b'"'), Some(b'"')) if body.len() > 1)
}

/// Takes the library's error apart: a certificate that is not trusted arrives as trouble with the connection, deep below it,
/// and to try it again would be a waste of time.
fn classify(error: &reqwest::Error) -> (Cause, Again) {
    let (mut deepest, mut is_name, mut is_proxy) = (String::new(), false, false);
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(tls) = tls_error(inner) {
            return (certificate(tls), Again::No);
        }
        deepest = inner.to_string();
        // Neither error has a type that could be asked for; these are the words that they print.
        is_name |= deepest.starts_with("dns error");
        is_proxy |= deepest.starts_with("tunnel error") || deepest.starts_with("proxy ");
        source = inner.source();
    }
    if error.is_timeout() {
        return (Cause::Slow, Again::Yes);
    }
    if error.is_connect() {
        // The name that has no address may be that of the proxy.
        if is_proxy {
            let again = if deepest.ends_with("authorization required") { Again::No } else { Again::Yes };
            return (Cause::Proxy(deepest), again);
        }
        if is_name {
            // The resolver prints its own question here, which nobody asked for.
            let unknown = deepest.starts_with("no records found") || deepest.contains("NXDomain");
            let why = if unknown { "the name servers do not know it".to_owned() } else { deepest };
            return (Cause::Name(why), Again::Yes);
        }
        return (Cause::Connect(deepest), Again::Yes);
    }
    if error.is_builder() {
        return (Cause::Other(deepest), Again::No);
    }
    (Cause::Cut(if deepest.is_empty() { "connection closed".to_owned() } else { deepest }), Again::Yes)
}

/// The TLS library's error, which an IO error may hold inside without naming it as its source.
fn tls_error<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e rustls::Error> {
    if let Some(tls) = error.downcast_ref() {
        return Some(tls);
    }
    let inner = error.downcast_ref::<std::io::Error>()?.get_ref()?;
    let inner: &(dyn std::error::Error + 'static) = inner;
    tls_error(inner).or_else(|| tls_error(inner.source()?))
}

fn certificate(error: &rustls::Error) -> Cause {
    use rustls::CertificateError as Bad;
    let rustls::Error::InvalidCertificate(bad) = error else { return Cause::Connect(error.to_string()) };
    let renew = "whoever runs the server has to renew it";
    let (why, help) = match bad {
        Bad::Expired | Bad::ExpiredContext { .. } => ("it has expired", renew),
        Bad::NotValidYet | Bad::NotValidYetContext { .. } => ("it is not valid yet", "is the clock right?"),
        Bad::NotValidForName | Bad::NotValidForNameContext { .. } => {
            ("it is for another name", "is the address right?")
        }
        Bad::UnknownIssuer => ("nobody who is trusted issued it", OWN_ROOTS),
        other if other.to_string().contains("CaUsedAsEndEntity") => {
            ("it is that of an authority", "a server needs one of its own, which the authority signed")
        }
        other => return Cause::Certificate { why: other.to_string(), help: OWN_ROOTS },
    };
    Cause::Certificate { why: why.to_owned(), help }
}

const OWN_ROOTS: &str = "if your company issued it, name its roots with --ca-file";

#[expect(clippy::disallowed_methods, reason = "a server's date is compared with the time at which it answered")]
fn now() -> Timestamp {
    Timestamp::try_from(SystemTime::now()).unwrap_or(Timestamp::MAX)
}
