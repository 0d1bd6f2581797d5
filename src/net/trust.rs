//! Which hosts may have a credential.
//!
//! A policy file may come with the change that is judged, so an address in it alone never suffices: a pull request could
//! otherwise collect the keys.

use std::fmt;
use std::net::IpAddr;

use anyhow::{anyhow, bail};
use reqwest::Url;

use crate::policy::quoted;

/// The hosts that `--allow-host` names.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    allowed: Vec<Host>,
}

/// A host, with a port where only that one is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    name: String,
    port: Option<u16>,
}

/// Who gave an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given<'a> {
    /// This variable of the environment. Who sets it runs the job, so it is trusted.
    Environment(&'a str),
    /// `url` in the policy.
    Policy,
    /// Another key of the policy: `token_url`.
    Key(&'a str),
    /// findgate itself.
    BuiltIn,
}

/// An address that a credential may be sent to. Only [`Trust::endpoint`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    url: Url,
    /// The variable or key that gave the address, for messages. Empty: findgate itself.
    named: String,
}

impl Host {
    /// Reads `HOST` or `HOST:PORT`.
    ///
    /// # Errors
    /// If it is not one host: an address with a scheme or path, a pattern.
    pub fn parse(text: &str) -> anyhow::Result<Host> {
        let text = text.trim();
        let url = Url::parse(&format!("https://{text}/")).ok();
        let plain = !text.contains(['/', '@', '?', '#', '*']);
        match url.as_ref().and_then(Url::host_str) {
            Some(name) if plain => {
                // The parser drops the port that the scheme stands for, however it is written.
                let is_with_port = text.rsplit_once(':').is_some_and(|(_, port)| !port.contains(']'));
                let port = url.as_ref().filter(|_| is_with_port).and_then(Url::port_or_known_default);
                Ok(Host { name: name.trim_end_matches('.').to_owned(), port })
            }
            _ => bail!("{} is not a host; write its name only, as in appsec.acme.example", quoted(text)),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl Trust {
    /// Trusts the hosts of `--allow-host` besides those that need no word.
    #[must_use]
    pub fn new(allowed: Vec<Host>) -> Trust {
        Trust { allowed }
    }

    /// Takes an address for one that a credential may be sent to. `well_known` says whether a host, in small letters, is the
    /// vendor's own.
    ///
    /// # Errors
    /// If it is no address, carries credentials, is not `https` (except on this machine), or nobody who may said that its
    /// host is to be trusted. No connection was made.
    pub fn endpoint(
        &self,
        source: &str,
        address: &str,
        given: Given<'_>,
        well_known: impl Fn(&str) -> bool,
    ) -> anyhow::Result<Endpoint> {
        let named = match given {
            Given::Environment(variable) => variable.to_owned(),
            Given::Policy => format!("`url` of the source {source}"),
            Given::Key(key) => format!("`{key}` of the source {source}"),
            Given::BuiltIn => String::new(),
        };
        let by = if named.is_empty() { String::new() } else { format!("{named}: ") };
        let address = address.trim();
        let mut url = Url::parse(address)
            .ok()
            .filter(|url| url.has_host() && matches!(url.scheme(), "http" | "https"))
            .ok_or_else(|| anyhow!("{by}{} is not an address; write it with https://", shown(address)))?;
        let host = url.host_str().unwrap_or_default().trim_end_matches('.').to_owned();
        if !url.username().is_empty() || url.password().is_some() {
            bail!("{by}the address of {host} carries a name or password; credentials come from their own variables");
        }
        if url.query().is_some() || url.fragment().is_some() {
            bail!("{by}the address of {host} has more than a path; leave out what follows `?` or `#`");
        }
        let loopback = is_loopback(&url);
        if url.scheme() == "http" && !loopback {
            bail!("{by}{address} is not encrypted; write https:// (plain http is for this machine only)");
        }
        let port = url.port_or_known_default();
        let allowed = self.allowed.iter().any(|one| one.name == host && (one.port.is_none() || one.port == port));
        let known = matches!(given, Given::BuiltIn) || (well_known(&host) && url.port().is_none());
        if !(loopback || allowed || known || matches!(given, Given::Environment(_))) {
            bail!(
                "{by}{host} is no host of the vendor's, and an address in a policy may come with the change that is judged, \
                 so it gets no credential; if it is yours, say so outside the policy: --allow-host {host}"
            );
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Endpoint { url, named })
    }
}

/// An address in a message: its user part may be a password.
fn shown(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((_, host)) => quoted(&format!("****@{host}")),
        None => quoted(address),
    }
}

pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl Endpoint {
    /// Host and port, for messages.
    #[must_use]
    pub fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// The address without a slash at the end.
    #[must_use]
    pub fn address(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// The variable or key that gave the address. Empty: findgate itself.
    #[must_use]
    pub fn named(&self) -> &str {
        &self.named
    }

    /// Whether what is sent there is encrypted.
    pub(super) fn is_encrypted(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether it is this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    /// An address below this one. Each segment is encoded, so that no id in a path leads elsewhere.
    pub(super) fn below(&self, segments: &[&str]) -> Url {
        let mut url = self.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments.iter().map(|segment| match *segment {
                // These two would climb even when they are encoded.
                "." => "%2E",
                ".." => "%2E%2E",
                other => other,
            }));
        }
        url
    }

    /// The same host with another path, for APIs whose parts lie beside each other.
    #[must_use]
    pub fn with_path(&self, path: &str) -> Endpoint {
        let mut url = self.url.clone();
        url.set_path(path.trim_end_matches('/'));
        Endpoint { url, named: self.named.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(address: &str, given: Given<'_>, allowed: &[&str]) -> Result<String, String> {
        let trust = Trust::new(allowed.iter().map(|host| Host::parse(host).unwrap()).collect());
        trust
            .endpoint("mend", address, given, |host| host == "api-saas.mend.io")
            .map(|endpoint| endpoint.address().to_owned())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_host_that_only_the_policy_names_gets_no_credential() {
        for address in
            ["https://evil.example", "https://api-saas.mend.io.evil.example/", "https://api-saas.mend.io:8443"]
        {
            let error = endpoint(address, Given::Policy, &[]).unwrap_err();
            assert!(error.contains("--allow-host"), "{error}");
        }
        assert_eq!(endpoint("https://API-SAAS.mend.io/", Given::Policy, &[]).unwrap(), "https://api-saas.mend.io");
        assert_eq!(
            endpoint("https://x.example/api/", Given::Environment("MEND_URL"), &[]).unwrap(),
            "https://x.example/api"
        );
        assert_eq!(endpoint("https://x.example", Given::Policy, &["X.example"]).unwrap(), "https://x.example");
        assert_eq!(
            endpoint("https://x.example:8443", Given::Policy, &["x.example:8443"]).unwrap(),
            "https://x.example:8443"
        );
        assert!(endpoint("https://x.example", Given::Policy, &["x.example:8443"]).is_err());
    }

    #[test]
    fn plain_http_goes_to_this_machine_only() {
        for good in ["http://127.0.0.1:80", "http://localhost:1234/a", "http://[::1]:9"] {
            assert!(endpoint(good, Given::Policy, &[]).is_ok(), "{good}");
        }
        for bad in
            ["http://x.example", "http://10.0.0.1", "http://localhost.evil.example", "http://127.0.0.1.evil.example"]
        {
            let error = endpoint(bad, Given::Environment("MEND_URL"), &[]).unwrap_err();
            assert!(error.starts_with("MEND_URL: ") && error.contains("encrypted"), "{error}");
        }
    }

    #[test]
    fn an_address_with_a_password_is_refused_and_not_repeated() {
        for address in ["https://me:hunter22@x.example", "https://me:hunter22@", "me:hunter22@x.example"] {
            let error = endpoint(address, Given::Environment("MEND_URL"), &[]).unwrap_err();
            assert!(!error.contains("hunter22"), "{error}");
        }
    }

    #[test]
    fn a_host_is_a_name_and_nothing_else() {
        for bad in ["", "https://x.example", "x.example/path", "*.example", "a@b", "x y"] {
            assert!(Host::parse(bad).is_err(), "{bad}");
        }
        for (text, host) in [
            ("X.Example:443", "x.example:443"),
            ("x.example:0443", "x.example:443"),
            ("x.example:8443", "x.example:8443"),
            ("x.example.", "x.example"),
            ("[::1]", "[::1]"),
            ("[::1]:443", "[::1]:443"),
            ("127.1", "127.0.0.1"),
        ] {
            assert_eq!(Host::parse(text).unwrap().to_string(), host, "{text}");
        }
    }

    #[test]
    fn no_segment_of_a_path_leads_elsewhere() {
        let trust = Trust::default();
        let endpoint = trust.endpoint("mend", "http://localhost:1/api/", Given::Policy, |_| false).unwrap();
        let url = endpoint.below(&["a/b?c#d", "..", "é"]);
        assert_eq!(url.as_str(), "http://localhost:1/api/a%2Fb%3Fc%23d/%252E%252E/%C3%A9");
    }
}
