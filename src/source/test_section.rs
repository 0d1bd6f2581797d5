//! What the tests of every source's section share.

use crate::policy::{Document, Node, Place, Problems};

/// What a source reads a section as, or everything that is wrong with it: its line and column, what it is, what to do.
pub(crate) fn read<T>(
    section: &str,
    decode: impl Fn(&Node, &Place, &mut Problems) -> Option<T>,
) -> Result<T, Vec<String>> {
    let mut problems = Problems::default();
    let document = Document::parse("p.yml", section, &mut problems).expect("YAML");
    let settings = decode(&document.root, &document.root.place, &mut problems);
    let problems: Vec<String> = problems
        .sorted()
        .into_iter()
        .map(|p| format!("{}:{} {} | {}", p.place.line, p.place.column, p.message, p.help.unwrap_or_default()))
        .collect();
    if problems.is_empty() { Ok(settings.expect("settings")) } else { Err(problems) }
}
