//! How the policies of a run are loaded: that which decides, and those beside it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use anyhow::bail;
use jiff::Timestamp;

use crate::fetch::{Fetcher, Said, Worth};
use crate::policy_file::{self, Address, Loaded, Loading, NotLoaded};
use crate::tree::Tree;

/// What loading needs beside the files.
#[derive(Debug)]
pub(super) struct Library {
    pub(super) fetcher: Fetcher,
    fetched: Fetched,
    as_of: Timestamp,
}

impl Library {
    pub(super) fn new(fetcher: Fetcher, as_of: Timestamp) -> Library {
        Library { fetcher, fetched: Fetched::default(), as_of }
    }

    /// Loads a policy, and fetches what it extends.
    ///
    /// # Errors
    /// As [`policy_file::load`].
    pub(super) fn load(&self, named: Option<&str>, tree: &Tree) -> Result<Loaded, NotLoaded> {
        // What a policy is worth is found out where it is read, and it has a digest.
        let fetch = |address: &Address| self.fetcher.get(address, &|_| Worth::Good);
        let fetch = |address: &Address| self.fetched.remember(address, &fetch);
        let mut loaded = policy_file::load(named, Loading { tree, as_of: self.as_of, fetch: &fetch })?;
        let Said { notes: _, warnings } = self.fetcher.said();
        loaded.warnings.extend(warnings);
        Ok(loaded)
    }

    /// Loads a policy of the change's own making. What it names and nobody fetched is not fetched for it: whoever proposes
    /// the change could send the run anywhere.
    ///
    /// # Errors
    /// As [`policy_file::load`].
    pub(super) fn again(&self, named: Option<&str>, tree: &Tree) -> Result<Loaded, NotLoaded> {
        let fetch = |address: &Address| self.fetched.again(address);
        policy_file::load(named, Loading { tree, as_of: self.as_of, fetch: &fetch })
    }
}

/// What was fetched for the policy that decides, by address and digest.
#[derive(Debug, Default)]
struct Fetched(RefCell<BTreeMap<Key, Vec<u8>>>);

type Key = (String, Option<String>);

impl Fetched {
    /// Fetches, and remembers.
    fn remember(
        &self,
        address: &Address,
        fetch: &dyn Fn(&Address) -> anyhow::Result<Vec<u8>>,
    ) -> anyhow::Result<Vec<u8>> {
        let bytes = fetch(address)?;
        let key = (address.url.clone(), address.digest.clone());
        self.0.borrow_mut().insert(key, bytes.clone());
        Ok(bytes)
    }

    /// What was fetched before, and nothing else.
    ///
    /// # Errors
    /// If it was not.
    fn again(&self, address: &Address) -> anyhow::Result<Vec<u8>> {
        let key = (address.url.clone(), address.digest.clone());
        match self.0.borrow().get(&key) {
            Some(bytes) => Ok(bytes.clone()),
            None => bail!("{} is named by the change only, and nothing is fetched for that", address.url),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn address(url: &str, digest: Option<&str>) -> Address {
        Address { url: url.to_owned(), digest: digest.map(str::to_owned), max_age: Duration::ZERO }
    }

    #[test]
    fn only_what_was_fetched_for_the_policy_that_decides_is_there_for_the_change() {
        let fetched = Fetched::default();
        let known = address("https://policies.example/base.yml", Some("sha256:00"));
        assert_eq!(fetched.remember(&known, &|_| Ok(b"text".to_vec())).unwrap(), b"text");
        assert_eq!(fetched.again(&known).unwrap(), b"text");
        let other = address("https://policies.example/base.yml", Some("sha256:01"));
        for unknown in [other, address("https://evil.example/?q=1", None)] {
            assert!(fetched.again(&unknown).unwrap_err().to_string().contains("named by the change only"));
        }
        assert!(fetched.remember(&address("https://x.example", None), &|_| bail!("no")).is_err());
        assert!(fetched.again(&address("https://x.example", None)).is_err());
    }
}
