//! Copies of what was fetched, in a folder of the user's, so that not every run has to fetch it again.
//!
//! An entry is one file, called like the digest of its address: a line of JSON that says what it is, and the bytes. Whatever
//! is wrong with one makes it none. Who can write into the folder can write the digests, too: so a folder that a change could
//! bring along is only believed in what the policy names the digest of.

use std::fs::{self, DirBuilder, File, Metadata};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::digest::digest;
use crate::env::Env;
use crate::net::MOST_BYTES;
use crate::project::top_of;

const FORMAT: &str = "findgate/cache/v1";

/// The longest first line of an entry, in bytes. An address fits.
const LONGEST_HEAD: usize = 16 << 10;

/// The folder.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
    /// Whether it lies in the work tree, where a change can put files.
    is_in_work_tree: bool,
}

/// A copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// `sha256:` and their digest.
    pub digest: String,
    /// When they were fetched.
    pub fetched: Timestamp,
}

/// The first line of an entry.
#[derive(Serialize, Deserialize)]
struct Head {
    format: String,
    url: String,
    fetched: String,
    digest: String,
}

impl Cache {
    /// `FINDGATE_CACHE_DIR`, else `findgate` in the folder where programs of this system keep such things. `None` where
    /// nobody says which that is.
    #[must_use]
    pub fn of(env: &Env) -> Option<Cache> {
        let absolute = |name: &str| env.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let usual = || {
            let base = if cfg!(windows) {
                absolute("LOCALAPPDATA")
            } else {
                absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))
            };
            base.map(|base| base.join("findgate"))
        };
        let folder = env.get("FINDGATE_CACHE_DIR").map(|folder| env.folder.join(folder)).or_else(usual)?;
        let is_in_work_tree = is_below(&folder, &work_tree(&env.folder));
        Some(Cache { folder, is_in_work_tree })
    }

    /// Whether what it holds is believed without a digest in the policy.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        !self.is_in_work_tree
    }

    /// What it is, for people.
    #[must_use]
    pub fn shown(&self) -> String {
        self.folder.display().to_string()
    }

    /// The copy of what is at an address. `None` if there is none, or what is there is not one.
    #[must_use]
    pub fn kept(&self, url: &str) -> Option<Kept> {
        ensure_private(&self.folder).ok()?;
        let bytes = read(&self.entry(url)).ok()?;
        let line = bytes.iter().take(LONGEST_HEAD).position(|byte| *byte == b'\n')?;
        let head: Head = serde_json::from_slice(bytes.get(..line)?).ok()?;
        let bytes = bytes.get(line + 1..)?.to_vec();
        let fetched = head.fetched.parse().ok()?;
        let is_whole = head.format == FORMAT && head.url == url && head.digest == digest(&bytes);
        is_whole.then_some(Kept { bytes, digest: head.digest, fetched })
    }

    /// Keeps a copy; one that was there is replaced.
    ///
    /// # Errors
    /// If it cannot be written. Nothing depends on it.
    pub fn keep(&self, url: &str, bytes: &[u8], now: Timestamp) -> anyhow::Result<()> {
        let attempt = || format!("cannot keep a copy in {}", self.shown());
        self.write(url, bytes, now).with_context(attempt)
    }

    fn write(&self, url: &str, bytes: &[u8], now: Timestamp) -> anyhow::Result<()> {
        create(&self.folder)?;
        ensure_private(&self.folder)?;
        let head =
            Head { format: FORMAT.to_owned(), url: url.to_owned(), fetched: now.to_string(), digest: digest(bytes) };
        let mut head = serde_json::to_vec(&head)?;
        ensure!(head.len() < LONGEST_HEAD, "the address is too long");
        head.push(b'\n');
        // Private from its creation, and in place whole or not at all; a link that stands there is replaced, not followed.
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(&head)?;
        file.write_all(bytes)?;
        file.persist(self.entry(url))?;
        Ok(())
    }

    fn entry(&self, url: &str) -> PathBuf {
        self.folder.join(digest(url.as_bytes()).trim_start_matches("sha256:"))
    }
}

/// Reads a file that is one, and not a link to one.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let seen = path.symlink_metadata()?;
    ensure!(seen.is_file(), "it is no file");
    let file = File::open(path)?;
    ensure!(is_same(&seen, &file.metadata()?), "it was replaced");
    let most = MOST_BYTES + LONGEST_HEAD;
    let mut bytes = Vec::new();
    file.take(most as u64 + 1).read_to_end(&mut bytes)?;
    ensure!(bytes.len() <= most, "it is larger than what is kept");
    Ok(bytes)
}

#[cfg(unix)]
fn is_same(seen: &Metadata, opened: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (seen.dev(), seen.ino()) == (opened.dev(), opened.ino())
}

#[cfg(not(unix))]
fn is_same(_: &Metadata, opened: &Metadata) -> bool {
    opened.is_file()
}

/// Makes the folder, for its owner only.
fn create(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.recursive(true).create(folder)
}

/// Refuses a folder that everybody may write to.
fn ensure_private(folder: &Path) -> anyhow::Result<()> {
    let metadata = fs::metadata(folder)?;
    ensure!(metadata.is_dir(), "it is no folder");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if metadata.permissions().mode() & 0o002 != 0 {
            bail!("everybody may write there; take that right away, or name another folder in FINDGATE_CACHE_DIR");
        }
    }
    Ok(())
}

/// The folder above which nothing belongs to the change that is judged.
fn work_tree(folder: &Path) -> PathBuf {
    top_of(folder).unwrap_or(folder).to_owned()
}

/// Whether a folder lies in another one, links followed as far as it exists.
fn is_below(folder: &Path, tree: &Path) -> bool {
    let resolved = folder.ancestors().find_map(|above| {
        let below = folder.strip_prefix(above).ok()?;
        Some(above.canonicalize().ok()?.join(below))
    });
    let resolved = resolved.unwrap_or_else(|| folder.to_owned());
    let tree = tree.canonicalize().unwrap_or_else(|_| tree.to_owned());
    // What cannot be told apart is not trusted.
    resolved.starts_with(&tree) || resolved.components().any(|part| part == std::path::Component::ParentDir)
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://feeds.example/kev.json";

    fn cache(folder: &Path) -> Cache {
        Cache { folder: folder.join("deep/findgate"), is_in_work_tree: false }
    }

    fn day(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn what_was_kept_comes_back_for_its_address_only() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path());
        assert_eq!(cache.kept(URL), None);
        for bytes in [b"one\n\0two".as_slice(), b"", b"newer"] {
            cache.keep(URL, bytes, day("2026-11-21T10:00:00Z")).unwrap();
            let kept = cache.kept(URL).unwrap();
            assert_eq!((kept.bytes.as_slice(), kept.fetched), (bytes, day("2026-11-21T10:00:00Z")));
            assert_eq!(kept.digest, digest(bytes));
        }
        assert_eq!(cache.kept("https://feeds.example/kev.json?"), None);
        // An entry that was moved to the name of another address is none of that one.
        fs::copy(cache.entry(URL), cache.entry("https://other.example/")).unwrap();
        assert_eq!(cache.kept("https://other.example/"), None);
    }

    #[test]
    fn an_entry_that_is_damaged_anywhere_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path());
        cache.keep(URL, b"{\"count\": 1}", day("2026-11-21T10:00:00Z")).unwrap();
        let good = fs::read(cache.entry(URL)).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(cache.entry(URL), &bad).unwrap();
            let kept = cache.kept(URL);
            // A date that is another date is still one; all else is told by the digest, the address or the format.
            assert!(kept.is_none_or(|kept| kept.bytes == b"{\"count\": 1}"), "byte {at}");
            fs::write(cache.entry(URL), &good[..at]).unwrap();
            assert_eq!(cache.kept(URL), None, "cut at {at}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_folder_is_private_and_no_link_in_it_is_followed() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path());
        cache.keep(URL, b"one", day("2026-11-21T10:00:00Z")).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&cache.folder), mode(&cache.entry(URL))), (0o700, 0o600));

        let elsewhere = folder.path().join("elsewhere");
        fs::rename(cache.entry(URL), &elsewhere).unwrap();
        symlink(&elsewhere, cache.entry(URL)).unwrap();
        assert_eq!(cache.kept(URL), None);
        cache.keep(URL, b"two", day("2026-11-21T10:00:00Z")).unwrap();
        assert_eq!(cache.kept(URL).unwrap().bytes, b"two");
        assert!(fs::read(&elsewhere).unwrap().ends_with(b"one"), "the link was followed");

        fs::set_permissions(&cache.folder, fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(cache.kept(URL), None);
        let why = format!("{:#}", cache.keep(URL, b"x", day("2026-11-21T10:00:00Z")).unwrap_err());
        assert!(why.contains("everybody may write there"), "{why}");
    }

    #[test]
    fn the_folder_is_the_users_and_one_in_the_work_tree_is_not_trusted() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().join("work");
        fs::create_dir_all(top.join(".git")).unwrap();
        fs::create_dir_all(top.join("part")).unwrap();
        let of = |variables: &[(&str, &str)]| {
            let cache = Cache::of(&Env::of(variables.iter().copied(), &top.join("part")));
            cache.map(|cache| (cache.is_trusted(), cache.folder))
        };
        let home = folder.path().to_str().unwrap();
        if !cfg!(windows) {
            let usual = folder.path().join(".cache/findgate");
            assert_eq!(of(&[("HOME", home)]), Some((true, usual)));
            assert_eq!(of(&[("HOME", "/h"), ("XDG_CACHE_HOME", home)]), Some((true, folder.path().join("findgate"))));
            assert_eq!(of(&[("XDG_CACHE_HOME", "relative")]), None);
        }
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[("FINDGATE_CACHE_DIR", home)]), Some((true, folder.path().to_owned())));
        for inside in [".cache", "../.cache", "../part"] {
            let (is_trusted, _) = of(&[("FINDGATE_CACHE_DIR", inside)]).unwrap();
            assert!(!is_trusted, "{inside}");
        }
    }
}
