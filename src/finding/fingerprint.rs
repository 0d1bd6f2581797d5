//! The fingerprint: a finding's identity across runs, machines, moved lines and versions of tools.
//!
//! Version 1 is the SHA-256 of the parts below, each written with its length before it, cut to 128 bits:
//!
//! - about a package: the advisory (the check where there is none), the package without its version, the path;
//! - a secret: the check and the path. Neither the code nor the message goes in, for both may hold the secret itself;
//! - everything else: the check, the path, and the code that was seen without its white space, or the message where the
//!   source shows no code.
//!
//! No line number, time, tool version or severity goes in. Several findings with the same parts (the same call twice in
//! one file) are told apart by an ordinal, given in the order of their lines.

use std::fmt;

use sha2::{Digest, Sha256};

use super::{Kind, Package};

/// A finding's identity. Written `v1:` and 32 hexadecimal digits; from the second finding with the same parts on, a dot
/// and its number follow: `v1:0123456789abcdef0123456789abcdef.2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint {
    /// The first 128 bits of the hash.
    pub hash: [u8; 16],
    /// 1 for the first finding with this hash.
    pub ordinal: u32,
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // At once: every finding is written, in several places of several documents.
        write!(f, "v1:{:032x}", u128::from_be_bytes(self.hash))?;
        if self.ordinal > 1 {
            write!(f, ".{}", self.ordinal)?;
        }
        Ok(())
    }
}

impl Fingerprint {
    /// Reads what [`fmt::Display`] writes. `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Fingerprint> {
        let rest = text.strip_prefix("v1:")?;
        let (digits, ordinal) = match rest.split_once('.') {
            Some((digits, ordinal)) => (digits, ordinal.parse().ok().filter(|&n| n > 1)?),
            None => (rest, 1),
        };
        if digits.len() != 32 || !digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let number = u128::from_str_radix(digits, 16).ok()?;
        Some(Fingerprint { hash: number.to_be_bytes(), ordinal })
    }
}

/// The code around a finding, as a hash that white space does not change: the first 128 bits. Of fewer, two pieces of code
/// could be made that have the same, and the one be waived to let the other in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Context(pub [u8; 16]);

impl Context {
    /// Hashes code. `None` for code that is nothing but white space.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Context> {
        let mut hasher = Sha256::new();
        let mut anything = false;
        for word in code.split_whitespace() {
            hasher.update(word.as_bytes());
            anything = true;
        }
        anything.then(|| Context(first_half(hasher)))
    }
}

/// What a fingerprint is made of; which of the parts count depends on the kind.
#[derive(Clone, Copy, Debug)]
pub struct FingerprintInput<'a> {
    /// The kind; a secret's code and message are left out.
    pub kind: Kind,
    /// The advisory that people know it by.
    pub advisory: Option<&'a str>,
    /// The scanner's check.
    pub check: Option<&'a str>,
    /// The package; its version and qualifiers are left out.
    pub package: Option<&'a Package>,
    /// The path in the repository.
    pub path: Option<&'a str>,
    /// The code.
    pub context: Option<Context>,
    /// The message, used only where there is no code.
    pub message: &'a str,
}

impl FingerprintInput<'_> {
    /// The hash of version 1.
    #[must_use]
    pub fn hash(&self) -> [u8; 16] {
        let mut parts = Parts(Sha256::new());
        let name = self.advisory.or(self.check).unwrap_or_default();
        match self.package {
            Some(package) => {
                parts.add(b"package");
                parts.add(name.as_bytes());
                parts.add(unversioned(package).as_bytes());
                parts.add(self.path.unwrap_or_default().as_bytes());
            }
            None if self.kind == Kind::Secret => {
                parts.add(b"secret");
                parts.add(self.check.unwrap_or_default().as_bytes());
                parts.add(self.path.unwrap_or_default().as_bytes());
            }
            None => {
                parts.add(b"code");
                parts.add(self.check.or(self.advisory).unwrap_or_default().as_bytes());
                parts.add(self.path.unwrap_or_default().as_bytes());
                match self.context {
                    Some(Context(code)) => parts.add(&code),
                    None => parts.add(self.message.as_bytes()),
                }
            }
        }
        first_half(parts.0)
    }
}

/// The first 128 bits.
fn first_half(hasher: Sha256) -> [u8; 16] {
    let full: [u8; 32] = hasher.finalize().into();
    let mut half = [0; 16];
    half.copy_from_slice(&full[..16]);
    half
}

/// The purl (or the name) without version, qualifiers and subpath.
fn unversioned(package: &Package) -> &str {
    let Some(purl) = &package.purl else { return &package.name };
    let end = purl.find(['?', '#']).unwrap_or(purl.len());
    let head = &purl[..end];
    // A version follows the last `@`; a scope's own `@` is percent-encoded in a canonical purl.
    match head.rfind('@') {
        Some(at) if !head[at..].contains('/') => &head[..at],
        _ => head,
    }
}

struct Parts(Sha256);

impl Parts {
    fn add(&mut self, part: &[u8]) {
        self.0.update((part.len() as u64).to_be_bytes());
        self.0.update(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(purl: &str) -> Package {
        Package { name: "lodash".into(), version: None, purl: Some(purl.into()), direct: None, scope: None }
    }

    fn hash(kind: Kind, package: Option<&Package>, code: &str, message: &str) -> [u8; 16] {
        FingerprintInput {
            kind,
            advisory: None,
            check: Some("check"),
            package,
            path: Some("a/b"),
            context: Context::of_code(code),
            message,
        }
        .hash()
    }

    #[test]
    fn a_package_keeps_its_fingerprint_when_its_version_changes() {
        let old = package("pkg:npm/%40scope/lodash@4.17.19?os=linux");
        let new = package("pkg:npm/%40scope/lodash@4.17.20");
        let other = package("pkg:npm/%40scope/lodash.merge@4.17.20");
        assert_eq!(hash(Kind::Sca, Some(&old), "", "x"), hash(Kind::Sca, Some(&new), "", "y"));
        assert_ne!(hash(Kind::Sca, Some(&old), "", "x"), hash(Kind::Sca, Some(&other), "", "x"));
    }

    #[test]
    fn code_that_only_moved_or_was_indented_keeps_its_fingerprint() {
        let one = hash(Kind::Sast, None, "call(a,\n  b)", "");
        assert_eq!(one, hash(Kind::Sast, None, "   call(a, b)\n", "reworded by a newer tool"));
        assert_ne!(one, hash(Kind::Sast, None, "call(a, c)", ""));
    }

    #[test]
    fn a_secret_does_not_go_into_its_fingerprint() {
        assert_eq!(hash(Kind::Secret, None, "key = 'hunter2'", "found hunter2"), hash(Kind::Secret, None, "", ""));
    }

    #[test]
    fn the_ordinal_is_written_from_two_on() {
        let hash = [0xab; 16];
        assert_eq!(Fingerprint { hash, ordinal: 1 }.to_string(), format!("v1:{}", "ab".repeat(16)));
        assert_eq!(Fingerprint { hash, ordinal: 2 }.to_string(), format!("v1:{}.2", "ab".repeat(16)));
    }

    #[test]
    fn what_is_written_can_be_read_again_and_nothing_else_can() {
        for ordinal in [1, 2, 4_000_000_000] {
            let fingerprint = Fingerprint { hash: [0x0f; 16], ordinal };
            assert_eq!(Fingerprint::parse(&fingerprint.to_string()), Some(fingerprint));
        }
        let digits = "0f".repeat(16);
        for bad in
            ["", "v1:", "v2:", &format!("v1:{digits}0"), &format!("v1:{digits}.1"), &format!("v1:+{}", &digits[1..])]
        {
            assert_eq!(Fingerprint::parse(bad), None, "{bad}");
        }
    }
}
