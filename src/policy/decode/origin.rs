//! What a policy reads besides its own file: `extends`, `shadow`, `baseline`, `enrich`.

use super::super::document::{Node, Value};
use super::super::expect::{self, Fields};
use super::super::language;
use super::super::problem::{Problem, Problems, quoted};
use super::super::{BaselineAt, Feed, FeedAt, Parent, Stated};

/// How old a feed may be that does not say it, in seconds: 30 days.
const FEED_AGE: u64 = 30 * 86_400;

/// `extends`: one or many.
pub(super) fn parents(node: &Node, problems: &mut Problems) -> Vec<Stated<Parent>> {
    let items = match &node.value {
        // A map is one policy on a server.
        Value::Map(_) => std::slice::from_ref(node),
        _ => expect::one_or_many(node, "a policy to extend", problems).unwrap_or_default(),
    };
    items.iter().filter_map(|item| parent(item, problems)).collect()
}

fn parent(node: &Node, problems: &mut Problems) -> Option<Stated<Parent>> {
    let value = match &node.value {
        Value::Map(_) => remote(node, problems)?,
        _ => local(node, "a policy to extend", problems)?,
    };
    Some(Stated { value, place: node.place.clone() })
}

/// `shadow`.
pub(super) fn shadow(key: &Node, node: &Node, problems: &mut Problems) -> Option<Stated<Parent>> {
    Some(Stated { value: local(node, "a policy", problems)?, place: key.place.clone() })
}

/// `preset:NAME` or a path.
fn local(node: &Node, what: &str, problems: &mut Problems) -> Option<Parent> {
    let text = expect::text(node, what, problems)?;
    if text.contains("://") {
        let problem = Problem::new(&node.place, format!("{} is an address without a digest", quoted(&text)));
        let help = "write {url: \"https://...\", digest: \"sha256:...\"}, so that it is always the same policy";
        problems.add(problem.label("could be any policy").help(help));
        return None;
    }
    if let Some(name) = text.strip_prefix("preset:") {
        return Some(Parent::Preset(name.to_owned()));
    }
    Some(Parent::File(path(node, what, problems)?))
}

fn remote(node: &Node, problems: &mut Problems) -> Option<Parent> {
    let fields = Fields::open(node, &node.place, &language::REMOTE, problems)?;
    let url = fields.get("url").and_then(|node| https(node, problems));
    let digest = fields.get("digest").and_then(|node| digest(node, problems));
    fields.end();
    Some(Parent::Remote { url: url?, digest: digest? })
}

/// `baseline`.
pub(super) fn baseline(key: &Node, node: &Node, problems: &mut Problems) -> Option<Stated<BaselineAt>> {
    let fields = Fields::open(node, &key.place, &language::BASELINE, problems)?;
    let file = fields.get("file").and_then(|node| path(node, "a file", problems));
    let branch = fields.get("branch").and_then(|node| expect::text(node, "a branch", problems));
    let both = fields.get("file").is_some() && fields.get("branch").is_some();
    fields.end();
    if both {
        let problem = Problem::new(&node.place, "a baseline is a file or a branch, and both are named");
        problems.add(problem.label("which of them?").help("keep one of them"));
        return None;
    }
    let value = match (file, branch) {
        (Some(file), _) => BaselineAt::File(file),
        (None, Some(branch)) => BaselineAt::Branch(branch.trim().to_owned()),
        (None, None) => return None,
    };
    Some(Stated { value, place: key.place.clone() })
}

/// `enrich`: `kev` and `epss`.
pub(super) fn enrich(key: &Node, node: &Node, problems: &mut Problems) -> (Option<Stated<Feed>>, Option<Stated<Feed>>) {
    let Some(fields) = Fields::open(node, &key.place, &language::ENRICH, problems) else { return (None, None) };
    let mut one = |name| {
        let (key, node): (&Node, &Node) = fields.entry(name)?;
        Some(Stated { value: feed(key, node, problems)?, place: key.place.clone() })
    };
    let feeds = (one("kev"), one("epss"));
    fields.end();
    feeds
}

fn feed(key: &Node, node: &Node, problems: &mut Problems) -> Option<Feed> {
    if !matches!(node.value, Value::Map(_)) {
        let text = expect::text(node, "a feed", problems)?;
        let at = if text.contains("://") {
            FeedAt::Url(https(node, problems)?)
        } else {
            FeedAt::File(path(node, "a feed", problems)?)
        };
        return Some(Feed { at, max_age: FEED_AGE, digest: None });
    }
    let fields = Fields::open(node, &key.place, &language::FEED, problems)?;
    let file = fields.get("file").and_then(|node| path(node, "a feed", problems));
    let url = fields.get("url").and_then(|node| https(node, problems));
    let both = fields.get("file").is_some() && fields.get("url").is_some();
    let max_age = fields.get("max_age").map(|node| expect::duration(node, "`max_age`", problems));
    let digest = fields.get("digest").map(|node| digest(node, problems));
    fields.end();
    if both {
        let problem = Problem::new(&node.place, "a feed is a file or an address, and both are named");
        problems.add(problem.label("which of them?").help("keep one of them"));
        return None;
    }
    let at = file.map(FeedAt::File).or(url.map(FeedAt::Url))?;
    // A value that was given and could not be read is a problem that was told.
    Some(Feed { at, max_age: max_age.unwrap_or(Some(FEED_AGE))?, digest: digest.map_or(Some(None), |d| d.map(Some))? })
}

/// A path in the repository. It is text: which files there are, the core does not know.
pub(super) fn path(node: &Node, what: &str, problems: &mut Problems) -> Option<String> {
    let text = expect::text(node, what, problems)?;
    let text = text.trim();
    if text.contains("://") {
        let problem =
            Problem::new(&node.place, format!("expected the path of {what}, found the address {}", quoted(text)));
        problems.add(problem.label("not a path").help("put the file into the repository, and name its path"));
        return None;
    }
    if text.contains(['*', '?']) {
        let problem =
            Problem::new(&node.place, format!("expected the path of {what}, found the glob {}", quoted(text)));
        problems.add(problem.label("not one path").help("name each file; a list may stand where several are allowed"));
        return None;
    }
    Some(text.to_owned())
}

fn https(node: &Node, problems: &mut Problems) -> Option<String> {
    let text = expect::text(node, "an https address", problems)?;
    let text = text.trim();
    let host = text.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next());
    let problem = match host {
        Some(host) if host.contains('@') => "an address holds no user and no password",
        Some(host) if !host.is_empty() && !text.contains(char::is_whitespace) => return Some(text.to_owned()),
        _ => "expected an address that begins with https://",
    };
    problems.add(Problem::new(&node.place, problem).label("not usable").help("write https:// and a public address"));
    None
}

/// `sha256:` and 64 digits.
fn digest(node: &Node, problems: &mut Problems) -> Option<String> {
    let text = expect::text(node, "a SHA-256 digest", problems)?;
    let digits = text.strip_prefix("sha256:").unwrap_or(&text);
    if digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(format!("sha256:{}", digits.to_ascii_lowercase()));
    }
    let problem = Problem::new(&node.place, format!("expected a SHA-256 digest, found {}", expect::found(node)));
    problems.add(problem.label("not 64 digits").help("write `sha256:` and what `sha256sum FILE` prints"));
    None
}
