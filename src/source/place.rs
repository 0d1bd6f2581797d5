//! Where something is, in the words of vendors: paths and links, each only if it is what it should be.

/// The longest path that is believed to be one, in bytes.
const LONGEST_PATH: usize = 4096;
/// The longest link, in bytes.
const LONGEST_LINK: usize = 2048;

/// A path in the repository, with `/` and without `./`. `None` for one that is absolute, leaves the repository or holds what no
/// path holds.
pub(super) fn relative(path: &str) -> Option<String> {
    let path = path.replace('\\', "/");
    let drive = matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    let odd = path.len() > LONGEST_PATH || path.contains("://") || path.chars().any(char::is_control);
    if path.starts_with('/') || drive || odd {
        return None;
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    (!parts.is_empty() && !parts.contains(&"..")).then(|| parts.join("/"))
}

/// A link that may be shown: https, one word, no control characters.
pub(super) fn link(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("https://")?;
    let fine =
        !rest.is_empty() && text.len() <= LONGEST_LINK && !text.chars().any(|c| c.is_control() || c.is_whitespace());
    fine.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_of_the_repository_or_none() {
        for (path, want) in [
            ("src/a.py", Some("src/a.py")),
            ("./src//a.py", Some("src/a.py")),
            ("src\\a.cs", Some("src/a.cs")),
            ("/etc/passwd", None),
            ("C:\\a.cs", None),
            ("../a", None),
            ("a/../b", None),
            ("https://a.example/b", None),
            ("a\nb", None),
            (".", None),
            ("", None),
        ] {
            assert_eq!(relative(path).as_deref(), want, "{path:?}");
        }
    }

    #[test]
    fn a_link_is_https_and_one_word() {
        assert_eq!(link("https://a.example/b"), Some("https://a.example/b"));
        for bad in ["http://a.example", "javascript:alert(1)", "https://", "https://a b", "https://a\u{7}"] {
            assert_eq!(link(bad), None, "{bad:?}");
        }
        assert_eq!(link(&format!("https://{}", "a".repeat(LONGEST_LINK))), None);
    }
}
