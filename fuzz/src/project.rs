//! What tells the project: addresses of git, and the event of a CI platform.

use findgate::fuzzing::{addressed, of_github};

use crate::judged::plain;
use crate::policies::folder;

/// An address of a git remote.
pub fn address(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let [repository, _] = addressed(text);
    if let Ok(name) = &repository {
        assert!(!name.contains('@') && !name.contains("://"), "{text:?} becomes {name:?}");
        let (host, path) = name.split_once('/').unwrap_or_else(|| panic!("{text:?} becomes {name:?}, without a path"));
        assert!(!host.is_empty() && !path.is_empty(), "{text:?} becomes {name:?}");
    }
    // Credentials before the host, in the forms in which git takes them.
    let secret = "Pa55w0rd";
    if text.to_ascii_lowercase().contains(&secret.to_ascii_lowercase()) {
        return;
    }
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    let mut hidden = vec![format!("https://user:{secret}@{rest}"), format!("ssh://{secret}@{rest}")];
    hidden.extend([format!("{scheme}://{secret}@{rest}"), format!("{secret}@{rest}"), format!("a:{secret}@{rest}")]);
    for address in hidden {
        for name in addressed(&address).into_iter().flatten() {
            assert!(!name.to_ascii_lowercase().contains(&secret.to_ascii_lowercase()), "{address:?} becomes {name:?}");
        }
    }
}

/// The event that starts a run of GitHub Actions. The first byte chooses its name.
pub fn event(data: &[u8]) {
    const NAMES: [&str; 8] = [
        "pull_request",
        "pull_request_target",
        "push",
        "merge_group",
        "workflow_run",
        "deployment",
        "pull_request_review",
        "schedule",
    ];
    let Some((name, event)) = data.split_first() else { return };
    let folder = folder();
    std::fs::write(folder.join("event.json"), event).expect("a file");
    let name = NAMES[usize::from(*name) % NAMES.len()];
    let variables = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_REPOSITORY", "acme/payments"),
        ("GITHUB_EVENT_PATH", "event.json"),
        ("GITHUB_EVENT_NAME", name),
        ("GITHUB_REF", "refs/heads/main"),
        ("GITHUB_SHA", "4f2a9c1d7e0b4f2a9c1d7e0b4f2a9c1d7e0b4f2a"),
    ];
    for text in of_github(&variables, &folder) {
        assert!(text.len() <= 2048, "a text of {} bytes", text.len());
        plain(&findgate::report::actions_safe(&text));
    }
}
