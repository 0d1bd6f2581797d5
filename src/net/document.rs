//! Fetching a public document: a policy that others extend, a feed.
//!
//! No credential goes with it, so any host may be asked, and one that leads elsewhere is followed. What the bytes are worth
//! is for the caller to find out.

use anyhow::{Context as _, anyhow, bail};
use reqwest::Url;

use super::client::host_of;
use super::trust::is_loopback;
use super::{Network, Request};

/// The most bytes of a document that are taken.
pub const MOST_BYTES: usize = 64 << 20;

/// How often a document may lead elsewhere.
const MOST_REDIRECTS: usize = 3;

/// Gets what is at an https address.
///
/// # Errors
/// If there is no answer that could be used, it is larger, or it leads to where nothing is fetched from. The error names the
/// address.
pub async fn document(address: &str, most: usize, network: &Network) -> anyhow::Result<Vec<u8>> {
    let attempt = || format!("cannot fetch {address}");
    let url = Url::parse(address).ok().filter(Url::has_host).ok_or_else(|| anyhow!("it is no address"));
    let mut url = url.with_context(attempt)?;
    let from_here = is_loopback(&url);
    allowed(&url, from_here).with_context(attempt)?;
    let client = network.public().with_context(attempt)?;
    for _ in 0..=MOST_REDIRECTS {
        let answer = client.send(&Request::document(url.clone(), most, format!("fetch {address}"))).await?;
        let host = host_of(&url).unwrap_or_default();
        match answer.status {
            200 => return Ok(answer.bytes),
            301 | 302 | 303 | 307 | 308 => {
                let to = answer.header("location").and_then(|to| url.join(to).ok()).filter(Url::has_host);
                let to = to.ok_or_else(|| anyhow!("{host} leads elsewhere and does not say where"));
                let to = to.with_context(attempt)?;
                allowed(&to, from_here).with_context(|| format!("{host} leads elsewhere")).with_context(attempt)?;
                url = to;
            }
            404 | 410 => return Err(anyhow!("{host} has no such document ({})", answer.status)).with_context(attempt),
            401 | 403 | 407 => {
                let why = anyhow!("{host} asks for credentials ({}), and none are sent for a document", answer.status);
                return Err(why).with_context(attempt);
            }
            status => return Err(anyhow!("{host} answered {status}")).with_context(attempt),
        }
    }
    Err(anyhow!("it leads from one address to another more than {MOST_REDIRECTS} times")).with_context(attempt)
}

/// Whether a document may be fetched from there. What is on this machine is for those who name it, not for who leads there.
fn allowed(url: &Url, from_here: bool) -> anyhow::Result<()> {
    let host = host_of(url).unwrap_or_default();
    if url.scheme() != "https" {
        bail!("{host} would be asked without encryption; only https is fetched");
    }
    if !url.username().is_empty() || url.password().is_some() {
        bail!("the address of {host} holds a user or a password");
    }
    if is_loopback(url) && !from_here {
        bail!("{host} is this machine, which no server elsewhere leads to");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why_not(address: &str, from_here: bool) -> Option<String> {
        allowed(&Url::parse(address).unwrap(), from_here).err().map(|error| error.to_string())
    }

    #[test]
    fn a_document_is_encrypted_holds_no_user_and_is_on_this_machine_only_for_who_says_so() {
        assert_eq!(why_not("https://feeds.example/kev.json?day=1", false), None);
        assert_eq!(why_not("https://localhost:1/kev.json", true), None);
        for (address, word) in [
            ("http://feeds.example/", "without encryption"),
            ("http://localhost/", "without encryption"),
            ("ftp://feeds.example/", "without encryption"),
            ("https://me@feeds.example/", "a user or a password"),
            ("https://127.0.0.1/", "this machine"),
            ("https://[::1]:8443/", "this machine"),
        ] {
            let why = why_not(address, false).unwrap_or_else(|| panic!("{address} was allowed"));
            assert!(why.contains(word), "{address}: {why}");
        }
    }
}
