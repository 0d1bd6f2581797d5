//! Which files were renamed between a commit and what is checked out, as git finds out.

use super::git::{is_commit, start_without_words, top_of};
use crate::env::Env;

/// More than this is not read of the list of renames.
const MOST: u64 = 8 << 20;

/// Files that were renamed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renamed {
    /// The old path of each, and the new one, both relative to the folder that is judged.
    pub pairs: Vec<(String, String)>,
    /// Whether there are more than were read.
    pub is_cut: bool,
}

/// Asks git which files were renamed since a commit. `since` may also be a branch of `origin`.
///
/// # Errors
/// Why it cannot be known, as half a sentence that says what to do.
pub fn renamed(since: &str, env: &Env) -> Result<Renamed, String> {
    // It becomes an argument, and comes from a file or the environment.
    let is_name = |name: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | '-');
        !name.is_empty() && !name.starts_with(['-', '/', '.']) && !name.contains("..") && name.chars().all(fits)
    };
    let since = match since {
        commit if is_commit(commit) => commit.to_owned(),
        branch if is_name(branch) => format!("refs/remotes/origin/{branch}"),
        _ => return Err("the commit before is not known by its full name".to_owned()),
    };
    if top_of(&env.folder).is_none() {
        return Err("no git repository is here".to_owned());
    }
    let tree = format!("{since}^{{tree}}");
    let arguments = [
        "diff",
        "--find-renames",
        "-l1000",
        "--diff-filter=R",
        "--name-status",
        "-z",
        "--relative",
        "--no-ext-diff",
        "--no-textconv",
        "--no-color",
        "--ignore-submodules",
        &tree,
        "HEAD^{tree}",
        "--",
    ];
    let answer = start_without_words(&arguments, env).and_then(|question| question.finish_within(MOST));
    match answer {
        Ok((true, bytes)) => {
            let is_cut = bytes.len() as u64 == MOST;
            Ok(Renamed { pairs: parse(&bytes), is_cut })
        }
        Ok((false, _)) => Err(format!(
            "git cannot compare {since} with what is checked out; a shallow clone lacks it: fetch the whole history \
             (`fetch-depth: 0`, `GIT_DEPTH: 0`)"
        )),
        Err(_) => Err("there is no git program that could be asked".to_owned()),
    }
}

/// Reads `R100`, the old path and the new one, each ended by a zero. What is cut off at the end is left out.
fn parse(bytes: &[u8]) -> Vec<(String, String)> {
    let mut fields: Vec<&[u8]> = bytes.split(|byte| *byte == 0).collect();
    // Behind the last zero stands nothing, or what was cut.
    fields.pop();
    let pairs = fields.chunks_exact(3).map_while(|fields| match fields {
        [status, old, new] if status.starts_with(b"R") => Some((std::str::from_utf8(old), std::str::from_utf8(new))),
        _ => None,
    });
    // A path that is no text is none that a finding could have.
    pairs.filter_map(|(old, new)| Some((old.ok()?.to_owned(), new.ok()?.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn pairs_are_read_and_what_was_cut_off_is_left_out() {
        let pair = |old: &str, new: &str| (old.to_owned(), new.to_owned());
        let both = [pair("a b.py", "c\nd.py"), pair("x", "y")];
        assert_eq!(parse(b"R100\0a b.py\0c\nd.py\0R087\0x\0y\0"), both);
        assert_eq!(parse(b"R100\0a b.py\0c\nd.py\0R087\0x\0y"), both[..1]);
        assert_eq!(parse(b"R100\0\xff\0n\0R087\0x\0y\0"), both[1..]);
        assert_eq!(parse(b""), []);
        assert_eq!(parse(b"fatal: no\0such\0thing\0"), []);
    }
}
