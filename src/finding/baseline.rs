//! What is new: findings compared with those that were known before.
//!
//! Both sides are multisets: each known finding answers for one finding, so one that became a hundred is ninety-nine new
//! ones. Four passes, each over what the ones before it left:
//!
//! 1. the source's own id and the fingerprint together;
//! 2. the source's own id, of the same kind of thing: an id that a vendor uses again for another check or package is not
//!    believed, and one that it gives to several rows is counted;
//! 3. the fingerprint, its ordinal left out, then those of single sightings: one more source that sees a finding does not
//!    make it new, and one source less does not either;
//! 4. the kind, the check or advisory, the package of its ecosystem without its version, the path, and the code (or the title, where no code
//!    is shown) without line numbers. This is where a file that was renamed is followed.
//!
//! In each pass findings are taken in the order of their lines, and so are those that are known. So the last of several
//! equal ones is called new, and the order of input never matters; and one more on the side of the known can only make
//! fewer new, never more: whom it displaces takes at best the place of another one.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use super::{Excuse, Finding, Kind, Text, unversioned};

/// Findings that were known before: what they are recognized by, and nothing else of them.
#[derive(Clone, Debug, Default)]
pub struct Known {
    entries: Vec<Entry>,
}

/// Which files were renamed since.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renames(HashMap<String, String>);

impl Renames {
    /// Of pairs: the old path and the new one.
    #[must_use]
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Renames {
        Renames(pairs.into_iter().collect())
    }
}

/// How a finding was recognized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By the id that its source gives it.
    Id,
    /// By its fingerprint.
    Fingerprint,
    /// By what it is and the code or text around it.
    Context,
    /// As by [`Way::Context`], in a file that was renamed.
    Renamed,
}

impl Way {
    /// For people, behind "known".
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Way::Id => "by the id that its source gives it",
            Way::Fingerprint => "by its fingerprint",
            Way::Context => "by its check and what stands around it",
            Way::Renamed => "by its check and what stands around it, in a file that was renamed",
        }
    }
}

/// What a finding is recognized by. Ordered, so that the order in which they were added does not matter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    /// The fingerprint's hash.
    hash: [u8; 16],
    path: Option<Text>,
    line: Option<u32>,
    /// Sources and their ids, sorted.
    ids: Box<[(Text, Text)]>,
    /// The hashes of single sightings that are others.
    hashes: Box<[[u8; 16]]>,
    kind: Kind,
    /// What it is: advisories, or checks, sorted; at least one, empty where nobody names any.
    names: Box<[Text]>,
    /// Its package URL without the version, so that packages of one name in two ecosystems stay two; else its name.
    package: Option<Text>,
    around: Around,
}

/// What stands around a finding, without line numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Around {
    /// An advisory of a package needs nothing more; and of a secret nothing more may be looked at.
    Nothing,
    /// The code.
    Code([u8; 16]),
    /// What the source says, where it shows no code.
    Said(Text),
}

impl Entry {
    fn of(finding: &Finding) -> Entry {
        let sightings = &finding.sightings;
        let mut ids: Vec<(Text, Text)> = Vec::new();
        let mut hashes: Vec<[u8; 16]> = Vec::new();
        for sighting in sightings {
            ids.extend(sighting.id.as_ref().map(|id| (Text::clone(&sighting.source), Text::clone(id))));
            hashes.extend(Some(sighting.fingerprint).filter(|hash| *hash != finding.fingerprint.hash));
        }
        let checks = || sightings.iter().filter_map(|sighting| sighting.check.clone()).collect();
        // As in a fingerprint: a package is known by its advisories, code by its check.
        let is_about_package = finding.package.is_some();
        let mut names: Vec<Text> =
            if is_about_package && !finding.ids.is_empty() { finding.ids.to_vec() } else { checks() };
        if names.is_empty() {
            names = if finding.ids.is_empty() { vec![Text::from("")] } else { finding.ids.to_vec() };
        }
        let around = match finding.context {
            _ if finding.kind == Kind::Secret || (is_about_package && !finding.ids.is_empty()) => Around::Nothing,
            Some(code) if !is_about_package => Around::Code(code.0),
            _ => Around::Said(without_lines(finding)),
        };
        Entry {
            hash: finding.fingerprint.hash,
            path: finding.location.as_ref().map(|location| Text::clone(&location.path)),
            line: finding.location.as_ref().and_then(|location| location.line),
            ids: sorted(ids),
            hashes: sorted(hashes),
            kind: finding.kind,
            names: sorted(names),
            package: finding.package.as_ref().map(|package| match &package.purl {
                Some(purl) => Text::from(unversioned(purl)),
                None => Text::clone(&package.name),
            }),
            around,
        }
    }

    /// The key of the first pass.
    fn whole(&self) -> impl Iterator<Item = ([u8; 16], &[(Text, Text)])> {
        std::iter::once((self.hash, &*self.ids))
    }

    /// The keys of the second pass: an id, and what it is the id of.
    fn by_id(&self) -> impl Iterator<Item = (&(Text, Text), Thing<'_>)> {
        self.ids.iter().flat_map(|id| self.things().map(move |thing| (id, thing)))
    }

    /// The key of the third pass.
    fn own_hash(&self) -> impl Iterator<Item = [u8; 16]> {
        std::iter::once(self.hash)
    }

    /// The same, with those of single sightings.
    fn any_hash(&self) -> impl Iterator<Item = [u8; 16]> {
        self.own_hash().chain(self.hashes.iter().copied())
    }

    /// The keys of the last pass.
    fn here(&self) -> impl Iterator<Item = (Thing<'_>, Option<&str>, &Around)> {
        self.things().map(|thing| (thing, self.path.as_deref(), &self.around))
    }

    fn things(&self) -> impl Iterator<Item = Thing<'_>> {
        self.names.iter().map(|name| (self.kind, &**name, self.package.as_deref()))
    }
}

/// What something is: its kind, one of its advisories or checks, and the package without its version.
type Thing<'e> = (Kind, &'e str, Option<&'e str>);

fn sorted<T: Ord>(mut list: Vec<T>) -> Box<[T]> {
    if list.len() > 1 {
        list.sort_unstable();
        list.dedup();
    }
    list.into()
}

/// Whether every source that tells of it says that it is not there any more.
fn is_gone(finding: &Finding) -> bool {
    let sightings = &finding.sightings;
    !sightings.is_empty() && sightings.iter().all(|sighting| sighting.excuse == Some(Excuse::Fixed))
}

/// The title with `#` for the numbers of lines: the finding's own, and those that a word says to be one.
fn without_lines(finding: &Finding) -> Text {
    let title = &finding.title;
    if !title.contains(|c: char| c.is_ascii_digit()) {
        return Text::clone(title);
    }
    let own = finding.location.as_ref().map(|location| [location.line, location.end_line]).unwrap_or_default();
    let mut out: Cow<'_, str> = Cow::Borrowed("");
    let mut rest: &str = title;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(start);
        let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
        let (number, after) = number.split_at(end);
        out.to_mut().push_str(before);
        let word = before.trim_end_matches([' ', ':', '#']);
        let word = word.rsplit(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        let is_line = word.eq_ignore_ascii_case("line") || word.eq_ignore_ascii_case("lines");
        let is_own = number.parse().is_ok_and(|number: u32| own.contains(&Some(number)));
        out.to_mut().push_str(if is_line || is_own { "#" } else { number });
        rest = after;
    }
    out.to_mut().push_str(rest);
    Text::from(&*out)
}

impl Known {
    /// None.
    #[must_use]
    pub fn new() -> Known {
        Known::default()
    }

    /// Of findings as sources read them: what is the same thing is known once.
    #[must_use]
    pub fn of(findings: Vec<Finding>) -> Known {
        let mut known = Known::new();
        for finding in super::merge(findings).findings {
            known.add(&finding);
        }
        known
    }

    /// Adds a finding that was merged, if it was there: one that every source calls fixed was not, and if it is there now
    /// it came back. One that was waived or excused in another way was there.
    pub fn add(&mut self, finding: &Finding) {
        if !is_gone(finding) {
            self.entries.push(Entry::of(finding));
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.entries.len() as u64
    }

    /// Says of each finding whether it is new, whatever its source says of that, and gives how each was recognized.
    pub fn mark(&self, findings: &mut [Finding], renames: &Renames) -> Vec<Option<Way>> {
        let mut comparison = self.compare(findings);
        comparison.follow(renames);
        comparison.mark(findings)
    }

    /// Compares findings, as long as no file was renamed.
    #[must_use]
    pub fn compare(&self, findings: &[Finding]) -> Comparison<'_> {
        let mut known: Vec<&Entry> = self.entries.iter().collect();
        known.sort_unstable();
        let current: Vec<Entry> = findings.iter().map(Entry::of).collect();
        let mut order: Vec<u32> = (0..).take(current.len()).collect();
        // The facts of a finding decide where its entry does not, so that its place in the list never does.
        let facts = |at: u32| &findings[at as usize];
        order.sort_by(|&a, &b| {
            let entries = current[a as usize].cmp(&current[b as usize]);
            entries.then_with(|| super::total_order(facts(a), facts(b)))
        });
        let (mut taken, mut ways) = (vec![false; known.len()], vec![None; current.len()]);
        pass(Way::Fingerprint, (&known, &mut taken), (&current, &mut ways, &order), Entry::whole);
        for (way, entry) in ways.iter_mut().zip(&current) {
            *way = way.map(|way| if entry.ids.is_empty() { way } else { Way::Id });
        }
        in_order_of_lines(&mut order, &current, &ways);
        pass(Way::Id, (&known, &mut taken), (&current, &mut ways, &order), Entry::by_id);
        pass(Way::Fingerprint, (&known, &mut taken), (&current, &mut ways, &order), Entry::own_hash);
        pass(Way::Fingerprint, (&known, &mut taken), (&current, &mut ways, &order), Entry::any_hash);
        pass(Way::Context, (&known, &mut taken), (&current, &mut ways, &order), Entry::here);
        Comparison { known, taken, current, ways, order }
    }
}

/// Findings beside those that were known.
#[derive(Clone, Debug)]
pub struct Comparison<'k> {
    known: Vec<&'k Entry>,
    /// Which of the known answer for a finding.
    taken: Vec<bool>,
    current: Vec<Entry>,
    /// How each finding was recognized.
    ways: Vec<Option<Way>>,
    /// The findings in the order in which they are taken; after the first pass those only that it left.
    order: Vec<u32>,
}

impl Comparison<'_> {
    /// Whether a file that was renamed could answer for a finding: one that is known is left in a file without findings.
    #[must_use]
    pub fn asks_for_renames(&self) -> bool {
        let has_path = |entry: &Entry| entry.path.is_some();
        if !self.order.iter().any(|&at| self.ways[at as usize].is_none() && has_path(&self.current[at as usize])) {
            return false;
        }
        let paths: HashSet<&str> = self.current.iter().filter_map(|entry| entry.path.as_deref()).collect();
        let mut left = self.known.iter().zip(&self.taken).filter(|(_, taken)| !**taken);
        left.any(|(entry, _)| entry.path.as_deref().is_some_and(|path| !paths.contains(path)))
    }

    /// Looks again for what is left, in files that were renamed.
    pub fn follow(&mut self, Renames(renames): &Renames) {
        let renamed = |entry: &Entry| renames.get(entry.path.as_deref()?).map(|path| Text::from(path.as_str()));
        let moved: Vec<Entry> = self
            .known
            .iter()
            .zip(&self.taken)
            .filter(|(_, taken)| !**taken)
            .filter_map(|(entry, _)| Some(Entry { path: Some(renamed(entry)?), ..(*entry).clone() }))
            .collect();
        let mut taken = vec![false; moved.len()];
        let moved: Vec<&Entry> = moved.iter().collect();
        let Comparison { current, ways, order, .. } = self;
        pass(Way::Renamed, (&moved, &mut taken), (current, ways, order), Entry::here);
    }

    /// Says of each finding whether it is new, and gives how each was recognized. The findings are those that were
    /// compared, in their order. One that was fixed is not there, so it is not new.
    pub fn mark(self, findings: &mut [Finding]) -> Vec<Option<Way>> {
        for (finding, way) in findings.iter_mut().zip(&self.ways) {
            finding.new = Some(way.is_none() && !is_gone(finding));
        }
        self.ways
    }
}

/// Leaves what nobody has answered for, by its place: equal keys may from here on be those of different fingerprints, and
/// then lines decide which comes first.
fn in_order_of_lines(order: &mut Vec<u32>, current: &[Entry], ways: &[Option<Way>]) {
    order.retain(|&at| ways[at as usize].is_none());
    let place = |at: u32| {
        let Entry { path, line, .. } = &current[at as usize];
        (path, line)
    };
    // Stable: what is at one place stays in the order of its facts.
    order.sort_by(|&a, &b| place(a).cmp(&place(b)));
}

/// A pass over the known and the current: each finding that is left takes the first of the known that is not taken and has
/// a key of its own. Both are in their order.
fn pass<'e, K: Eq + Hash, I: Iterator<Item = K>>(
    way: Way,
    (known, taken): (&[&'e Entry], &mut [bool]),
    (current, ways, order): (&'e [Entry], &mut [Option<Way>], &[u32]),
    keys: impl Fn(&'e Entry) -> I,
) {
    if order.iter().all(|&at| ways[at as usize].is_some()) {
        return;
    }
    // For each key a list of those that have it: the place of its first link, and the links, each with the next one.
    let mut first: HashMap<K, u32> = HashMap::with_capacity(known.len());
    let mut links: Vec<(u32, u32)> = Vec::with_capacity(known.len());
    for (number, entry) in known.iter().enumerate().rev().filter(|(number, _)| !taken[*number]) {
        for key in keys(entry) {
            let link = links.len() as u32;
            let next = first.insert(key, link).unwrap_or(END);
            links.push((number as u32, next));
        }
    }
    if links.is_empty() {
        return;
    }
    for &at in order {
        let way_of = &mut ways[at as usize];
        if way_of.is_some() {
            continue;
        }
        for key in keys(&current[at as usize]) {
            let Some(link) = first.get_mut(&key) else { continue };
            // Those that are taken are left behind for good, so that no list is walked twice.
            while *link != END && taken[links[*link as usize].0 as usize] {
                *link = links[*link as usize].1;
            }
            if *link != END {
                taken[links[*link as usize].0 as usize] = true;
                *way_of = Some(way);
                break;
            }
        }
    }
}

/// The end of a list of links.
const END: u32 = u32::MAX;

#[cfg(test)]
mod tests;
