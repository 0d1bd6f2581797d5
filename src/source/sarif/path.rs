//! From a URI in a SARIF file to a path in the repository. Nothing here opens or looks for a file.
//!
//! Decisions where SARIF leaves room or tools stray:
//! - a base that is not declared is the root of the repository (Semgrep and Trivy use undeclared ones; retire.js writes a
//!   folder where the name of a base belongs);
//! - a declared base elsewhere, as on another machine, is the root as well: it is where the checkout stood;
//! - an absolute path under the root, under a declared base or under the folder that the tool worked in loses that part;
//!   any other stays absolute and is counted, and conditions by path take it for a path that nobody told;
//! - Grype writes a leading slash before paths that are relative to the folder it scanned;
//! - control characters are written as `%XX`: no repository means them, and no output should see them;
//! - a URI of another scheme is kept as text, without credentials, query and fragment, for that is all a scan of a
//!   running program tells.

use std::collections::HashMap;
use std::path::Path;

/// Where a URI leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A path in the repository.
    Inside(String),
    /// An absolute path that lies under nothing known, with its leading slash or drive.
    Elsewhere(String),
    /// It leaves the root.
    Outside,
    /// Nothing, or the root itself.
    Nowhere,
}

/// `originalUriBaseIds` as written: the URI and the base it refers to.
pub(super) type Bases = HashMap<String, (Option<String>, Option<String>)>;

/// The folders that absolute paths are made relative to.
#[derive(Clone, Debug, Default)]
pub(super) struct Roots {
    /// The root of the repository, as given and with links resolved; `/`-separated, no slash at the end.
    local: Vec<String>,
    /// The same for folders on the machine that scanned.
    foreign: Vec<String>,
    /// By base, what to put before a URI: empty, or a folder of the repository with a slash at its end.
    prefixes: HashMap<String, String>,
    /// Whether a path with a leading slash is relative to the root all the same.
    rooted: bool,
}

impl Roots {
    /// The root of this repository.
    pub(super) fn new(root: &Path) -> Roots {
        let absolute = std::path::absolute(root).unwrap_or_else(|_| root.to_path_buf());
        let resolved = root.canonicalize().unwrap_or_else(|_| absolute.clone());
        let mut local: Vec<String> = [absolute, resolved]
            .iter()
            .map(|path| path.to_string_lossy().replace('\\', "/"))
            .map(|path| path.strip_prefix("//?/").map_or(path.clone(), str::to_owned))
            .map(|path| path.trim_end_matches('/').to_owned())
            // The root `/` has no name that could be taken off.
            .filter(|path| !path.is_empty())
            .collect();
        local.dedup();
        // Actions that run in a container see the checkout there, whatever the host calls it.
        let foreign = vec!["/github/workspace".to_owned()];
        Roots { local, foreign, prefixes: HashMap::new(), rooted: false }
    }

    /// Adds the folder that the user says the scanner saw the repository in.
    pub(super) fn seen_at(&self, folder: Option<&str>) -> Roots {
        let mut roots = self.clone();
        roots.foreign.extend(folder.map(|folder| folder.replace('\\', "/").trim_end_matches('/').to_owned()));
        roots
    }

    /// For a tool that writes a slash before paths that are relative to the root.
    pub(super) fn rooted(mut self, rooted: bool) -> Roots {
        self.rooted = rooted;
        self
    }

    /// Adds the bases of a run and the folders that its tool worked in.
    pub(super) fn with(&self, bases: &Bases, folders: &[String]) -> Roots {
        let mut roots = self.clone();
        for uri in bases.values().filter_map(|(uri, _)| uri.as_ref()).chain(folders) {
            let plain = plain(uri);
            let Some(path) = absolute(&plain) else { continue };
            if let Some(folder) = fold(path).filter(|folder| !folder.is_empty()) {
                // The folder `/` or `/src` of a container is as good a root as any; only `/` itself has no name.
                let slash = if has_drive(&folder) { "" } else { "/" };
                roots.foreign.push(format!("{slash}{folder}"));
            }
        }
        // The longest first: a folder in a folder is the better root.
        roots.foreign.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        roots.foreign.dedup();
        // Each absolute path is held against all of them.
        roots.foreign.truncate(64);
        for name in bases.keys() {
            let prefix = roots.prefix(bases, name);
            roots.prefixes.insert(name.clone(), prefix);
        }
        roots
    }

    /// Follows a base to the root.
    fn prefix(&self, bases: &Bases, name: &str) -> String {
        let mut parts = Vec::new();
        let mut next = Some(name);
        // A chain that is longer is a circle.
        for _ in 0..16 {
            let Some((uri, parent)) = next.and_then(|name| bases.get(name)) else { break };
            if let Some(uri) = uri {
                let plain = plain(uri);
                if let Some(path) = absolute(&plain) {
                    if let Some(inside) = self.under(path, &self.local) {
                        parts.push(inside);
                    }
                    break;
                }
                parts.push(plain);
            }
            next = parent.as_deref();
        }
        let mut prefix = String::new();
        for part in parts.iter().rev().filter(|part| !part.is_empty()) {
            prefix.push_str(part);
            if !part.ends_with('/') {
                prefix.push('/');
            }
        }
        prefix
    }

    /// What is left of an absolute path under one of the folders.
    fn under(&self, path: &str, folders: &[String]) -> Option<String> {
        let full = fold(path)?;
        let full = if has_drive(&full) { full } else { format!("/{full}") };
        folders.iter().find_map(|folder| {
            let head = full.get(..folder.len())?;
            // Only Windows, whose paths begin with a drive, does not tell cases apart.
            let same = if has_drive(folder) { head.eq_ignore_ascii_case(folder) } else { head == folder };
            let rest = full.get(folder.len()..).filter(|_| same)?;
            if rest.is_empty() { Some(String::new()) } else { rest.strip_prefix('/').map(str::to_owned) }
        })
    }

    /// Resolves a URI.
    pub(super) fn resolve(&self, uri: &str, base: Option<&str>) -> Target {
        if uri.is_empty() {
            return Target::Nowhere;
        }
        if let Some(other) = other_scheme(uri) {
            return Target::Inside(other);
        }
        let plain = plain(uri);
        let (relative, known) = match absolute(&plain) {
            None => {
                let prefix = base.and_then(|base| self.prefixes.get(base)).map_or("", String::as_str);
                (format!("{prefix}{plain}"), true)
            }
            Some(path) => match self.under(path, &self.local).or_else(|| self.under(path, &self.foreign)) {
                Some(inside) => (inside, true),
                None => (path.trim_start_matches('/').to_owned(), self.rooted && uri.starts_with('/')),
            },
        };
        match fold(&relative) {
            None => Target::Outside,
            Some(path) if path.is_empty() => Target::Nowhere,
            Some(path) if known => Target::Inside(path),
            Some(path) if has_drive(&path) => Target::Elsewhere(path),
            Some(path) => Target::Elsewhere(format!("/{path}")),
        }
    }

    /// Whether [`Roots::resolve`] would give back just this text: the common case, told without building anything.
    pub(super) fn is_plain(&self, uri: &str, base: Option<&str>) -> bool {
        let bytes = uri.as_bytes();
        !matches!(bytes, [] | [b'/', ..] | [.., b'/'])
            && base.is_none_or(|base| self.prefixes.get(base).is_none_or(String::is_empty))
            && !bytes.iter().any(|byte| matches!(byte, b'%' | b'\\' | b':' | 0..=31 | 127))
            && !uri.split('/').any(|part| matches!(part, "" | "." | ".."))
    }
}

/// Strips `file:`, decodes percent signs once, turns backslashes, hides control characters.
fn plain(uri: &str) -> String {
    let path = match uri.get(..5).filter(|head| head.eq_ignore_ascii_case("file:")) {
        None => uri,
        Some(_) => {
            let rest = uri.get(5..).unwrap_or_default();
            match rest.strip_prefix("//") {
                // `file://host/path`: the host is where the file is, not which one.
                Some(host) if !host.starts_with('/') && !has_drive(host) => host.find('/').map_or("", |at| &host[at..]),
                _ => rest,
            }
        }
    };
    let mut out = String::with_capacity(path.len());
    for character in decode(path).chars() {
        match character {
            '\\' => out.push('/'),
            c if c.is_control() => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    out.push_str(&format!("%{byte:02X}"));
                }
            }
            c => out.push(c),
        }
    }
    out
}

/// Percent-decodes once. What is no escape stays as it is: several tools do not encode at all.
fn decode(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let hex = |byte: u8| char::from(byte).to_digit(16);
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if let (b'%', [high, low, after @ ..]) = (*first, tail)
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
            rest = after;
            continue;
        }
        bytes.push(*first);
        rest = tail;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The path, if it is absolute; `/C:/x` becomes `C:/x`.
fn absolute(path: &str) -> Option<&str> {
    let bare = path.trim_start_matches('/');
    if has_drive(bare) {
        return Some(bare);
    }
    path.starts_with('/').then_some(path)
}

/// `C:` or `C:/...`.
fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':'] | [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic())
}

/// Takes out empty parts, `.` and `..`. `None` if it goes above its beginning.
fn fold(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// A URI of another scheme than `file`, without credentials, query and fragment.
fn other_scheme(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once(':')?;
    let is_scheme = scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    if !is_scheme || scheme.eq_ignore_ascii_case("file") {
        return None;
    }
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let rest = &rest[..end];
    let rest = match rest.strip_prefix("//") {
        None => rest.to_owned(),
        Some(after) => {
            let (host, path) = after.split_at(after.find('/').unwrap_or(after.len()));
            let host = host.rsplit('@').next().unwrap_or_default();
            format!("//{host}{path}")
        }
    };
    let clean: String = rest.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    Some(format!("{}:{clean}", scheme.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roots(root: &str) -> Roots {
        Roots { local: vec![root.to_owned()], ..Roots::default() }
    }

    fn inside(path: &str) -> Target {
        Target::Inside(path.to_owned())
    }

    fn base(uri: Option<&str>, parent: Option<&str>) -> (Option<String>, Option<String>) {
        (uri.map(str::to_owned), parent.map(str::to_owned))
    }

    #[test]
    fn a_uri_becomes_a_path_in_the_repository() {
        let here = roots("/work/app");
        for (uri, want) in [
            ("src/a.js", inside("src/a.js")),
            ("./src//a.js", inside("src/a.js")),
            ("src\\a.js", inside("src/a.js")),
            ("src/a%20b.js", inside("src/a b.js")),
            ("src/100%.js", inside("src/100%.js")),
            ("src/%2525.js", inside("src/%25.js")),
            ("src/x/../a.js", inside("src/a.js")),
            ("file:///work/app/src/a.js", inside("src/a.js")),
            ("file:////work/app/src/a.js", inside("src/a.js")),
            ("file://localhost/work/app/src/a.js", inside("src/a.js")),
            ("FILE:/work/app/a.js", inside("a.js")),
            ("/work/app/a.js", inside("a.js")),
            ("/work/application/a.js", Target::Elsewhere("/work/application/a.js".to_owned())),
            ("/requirements.txt", Target::Elsewhere("/requirements.txt".to_owned())),
            ("file:///src/index.js", Target::Elsewhere("/src/index.js".to_owned())),
            ("../app/a.js", Target::Outside),
            ("%2e%2e/%2e%2e/etc/passwd", Target::Outside),
            ("..\\..\\x", Target::Outside),
            ("/work/app/../../../etc", Target::Outside),
            ("", Target::Nowhere),
            (".", Target::Nowhere),
            ("/work/app", Target::Nowhere),
            ("file://", Target::Nowhere),
            ("a\u{0}b\nc", inside("a%00b%0Ac")),
            ("a%0Ab", inside("a%0Ab")),
            ("https://user:pw@host/p?token=1#x", inside("https://host/p")),
            ("docker:nginx", inside("docker:nginx")),
            ("café/ü.js", inside("café/ü.js")),
        ] {
            assert_eq!(here.resolve(uri, None), want, "{uri}");
            if here.is_plain(uri, None) {
                assert_eq!(here.resolve(uri, None), inside(uri));
            }
        }
    }

    #[test]
    fn a_folder_that_the_user_names_is_the_root_and_a_rooted_tool_writes_relative_paths() {
        let here = roots("/work/app");
        let seen = here.seen_at(Some("/src/shop/"));
        assert_eq!(seen.resolve("file:///src/shop/app/a.py", None), inside("app/a.py"));
        assert_eq!(seen.resolve("/src/shopping/a.py", None), Target::Elsewhere("/src/shopping/a.py".to_owned()));
        assert_eq!(here.seen_at(Some("D:\\agent\\w")).resolve("file:///d:/agent/w/a.cs", None), inside("a.cs"));
        let rooted = here.rooted(true);
        assert_eq!(rooted.resolve("/requirements.txt", None), inside("requirements.txt"));
        assert_eq!(rooted.resolve("file:///etc/passwd", None), Target::Elsewhere("/etc/passwd".to_owned()));
    }

    #[test]
    fn windows_paths_are_read_whatever_their_case() {
        let here = roots("C:/work/App");
        for uri in ["C:\\work\\App\\src\\a.cs", "file:///c:/Work/app/src/a.cs", "c:/work/app/src/a.cs"] {
            assert_eq!(here.resolve(uri, None), inside("src/a.cs"), "{uri}");
        }
        assert_eq!(here.resolve("D:/x/a.cs", None), Target::Elsewhere("D:/x/a.cs".to_owned()));
    }

    #[test]
    fn bases_are_followed_to_the_root() {
        let mut bases = Bases::new();
        bases.insert("ROOT".into(), base(Some("file:///work/app/"), None));
        bases.insert("SUB".into(), base(Some("packages/a"), Some("ROOT")));
        bases.insert("FAR".into(), base(Some("file:///home/runner/checkout/"), None));
        bases.insert("FARSUB".into(), base(Some("lib/"), Some("FAR")));
        bases.insert("INNER".into(), base(Some("file:///work/app/sub/"), None));
        bases.insert("EMPTY".into(), base(None, None));
        bases.insert("LOOP".into(), base(Some("x"), Some("LOOP")));
        let here = roots("/work/app").with(&bases, &["file:///ci/build".to_owned()]);
        for (uri, base, want) in [
            ("a.js", "ROOT", inside("a.js")),
            ("a.js", "SUB", inside("packages/a/a.js")),
            ("a.js", "FAR", inside("a.js")),
            ("a.js", "FARSUB", inside("lib/a.js")),
            ("a.js", "INNER", inside("sub/a.js")),
            ("a.js", "EMPTY", inside("a.js")),
            ("a.js", "not declared", inside("a.js")),
            ("../a.js", "SUB", inside("packages/a.js")),
            ("../../../a.js", "SUB", Target::Outside),
            ("file:///home/runner/checkout/src/a.js", "ROOT", inside("src/a.js")),
            ("/ci/build/src/a.js", "", inside("src/a.js")),
        ] {
            assert_eq!(here.resolve(uri, Some(base)), want, "{uri} in {base}");
        }
        assert!(matches!(here.resolve("a", Some("LOOP")), Target::Inside(_)));
    }
}
