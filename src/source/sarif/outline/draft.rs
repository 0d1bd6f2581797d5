//! A run while it is read, and what becomes of it when all of it was seen.

use super::super::kind::Maker;
use super::*;

/// The name by which our own SARIF reports call their tool. A glob like `*.sarif` finds them on the second run.
pub(super) const OURS: &str = "findgate";

/// The facts of a run while it is read.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) semantic_version: Option<String>,
    pub(super) driver: Component,
    pub(super) extensions: Vec<Component>,
    pub(super) taxonomies: Vec<(String, Vec<String>)>,
    pub(super) bases: Bases,
    pub(super) artifacts: Vec<(Option<String>, Option<String>)>,
    pub(super) invocations: Vec<Vec<u8>>,
    pub(super) image: bool,
    pub(super) commit: Option<Text>,
    pub(super) branch: Option<Text>,
    /// Lists of results.
    pub(super) lists: u32,
    pub(super) tally: Tally,
    /// Results seen so far.
    pub(super) number: u64,
    /// Rules that could not be read.
    pub(super) bad_rules: u64,
    /// Whether there was more of something than is kept.
    pub(super) too_many: bool,
    pub(super) problems: Vec<Problem>,
}

impl Walk<'_> {
    /// The run has ended: all of its facts are known.
    pub(super) fn finish(&mut self, draft: Draft, number: usize) {
        let Draft {
            name,
            version,
            semantic_version,
            driver,
            extensions,
            taxonomies,
            bases,
            artifacts,
            invocations,
            image,
            commit,
            branch,
            lists,
            tally,
            number: _,
            bad_rules,
            too_many,
            problems,
        } = draft;
        let place = |text: String| if number > 1 { format!("run {number}: {text}") } else { text };
        self.outline.problems.extend(problems);
        if bad_rules > 0 {
            self.problem(Problem::partial(place(format!(
                "{bad_rules} rules could not be read, so the severity of their results may be wrong"
            ))));
        }
        if too_many {
            self.problem(Problem::partial(place(
                "the run has more rules, files, extensions, taxonomies or invocations than are kept, so some results may be judged \
                 without theirs"
                    .to_owned(),
            )));
        }
        if name.as_deref() == Some(OURS) {
            let run = self.outline.runs.len();
            self.outline.chunks.retain(|chunk| chunk.run != run);
            self.problem(Problem::failed(place(
                "findgate wrote it, so it tells what an earlier run decided and not what a scanner found; leave it out of \
                 the glob, or let `--output` write it to another folder"
                    .to_owned(),
            )));
        }
        match lists {
            0 => self.problem(Problem::partial(place(
                "the run has no `results`, which means that its analysis did not begin; look at the scanner's own output"
                    .to_owned(),
            ))),
            1 => {}
            _ => say(&mut self.outline.notes, place("`results` stands there more than once; all were read".to_owned())),
        }
        if name.is_none() {
            say(&mut self.outline.notes, place("the file does not name its tool".to_owned()));
        }
        let tool = Tool::of(name.as_deref().unwrap_or_default(), image);
        let mut components = vec![driver];
        components.extend(extensions);
        let mut ending = Ending::default();
        for invocation in &invocations {
            if read_as!(invocation, wire::Invocation<'_>, read => ending.add(&read, &mut components)).is_err() {
                ending.problems.push("an invocation could not be read, so nothing shows that it succeeded".to_owned());
            }
        }
        for component in &mut components {
            component.finish(tool);
        }
        let status = ending.status();
        for text in ending.problems {
            self.problem(Problem::partial(place(text)));
        }
        let roots = self.roots.with(&bases, &ending.folders).rooted(tool.maker == Maker::Grype);
        let artifacts = artifacts.into_iter().map(|(uri, base)| match uri {
            Some(uri) => roots.resolve(&uri, base.as_deref()),
            None => Target::Nowhere,
        });
        let artifacts = artifacts.collect();
        self.outline.runs.push(Run {
            engine: name.as_deref().unwrap_or("unnamed tool").into(),
            version: semantic_version.or(version).map(Text::from),
            tool,
            components,
            taxonomies,
            roots,
            artifacts,
            status: status.map(Text::from),
            finished: ending.finished,
            commit,
            branch,
        });
        self.outline.tallies.push(tally);
    }
}

/// The component that is being read.
pub(super) fn place(draft: &mut Draft, extension: Option<usize>) -> &mut Component {
    match extension.and_then(|index| draft.extensions.get_mut(index)) {
        Some(component) => component,
        None => &mut draft.driver,
    }
}
