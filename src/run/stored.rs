//! What an earlier run wrote, from a file or from standard input.

use std::io::{self, Read as _};
use std::path::Path;

use anyhow::{Context as _, anyhow, ensure};

use crate::env::Env;
use crate::tree::Tree;

/// Reads at most so many bytes; `-` is standard input.
///
/// # Errors
/// If there is no such file, it is larger, or it cannot be read. The error does not name it.
pub(super) fn read(path: &Path, most: u64, env: &Env) -> anyhow::Result<Vec<u8>> {
    if !is_stdin(path) {
        let file = Tree::worktree(&env.folder).read(path, most).map_err(|unread| anyhow!("{unread}"))?;
        return Ok(file.bytes);
    }
    let mut bytes = Vec::new();
    let input = io::stdin().lock().take(most.saturating_add(1)).read_to_end(&mut bytes);
    input.context("standard input cannot be read")?;
    ensure!(bytes.len() as u64 <= most, "it is larger than {most} bytes, the most that is read");
    Ok(bytes)
}

/// What it is called in messages.
pub(super) fn shown(path: &Path) -> String {
    if is_stdin(path) { "standard input".to_owned() } else { path.display().to_string() }
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}
