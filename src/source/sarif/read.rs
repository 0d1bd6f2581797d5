//! The second reading: results into findings, by several threads.
//!
//! A worker takes what is nearest to being finished: some results of a file whose outline is known, else the next file.
//! Outlines are released in the order of the files, because the limit of results counts in that order. What a worker
//! counts is added up afterwards by file and number, so nothing but the order of findings depends on who was faster.

use std::collections::{BTreeMap, VecDeque};
use std::fs::Metadata;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::account::{FileAccount, Problem, Tally};
use super::bytes::{Encoding, Unit, Utf16};
use super::config::{Selection, Settings};
use super::content::Content;
use super::files::Selected;
use super::names::Names;
use super::normalize::normalize;
use super::outline::{Chunk, Outline, outline};
use super::path::Roots;
use super::run::Run;
use super::scan::{Scanner, end_of_value};
use super::wire;
use crate::finding::{Finding, Text};
use crate::parallel;
use crate::progress::Progress;

/// A bigger file is not read: nobody waits for it, and nobody reads such a report.
const LARGEST_FILE: u64 = 2 << 30;
/// More results of one source are not read.
const MOST_RESULTS: u64 = 5_000_000;
/// More threads gain nothing: finding the results is one thread's work.
const MOST_WORKERS: usize = 4;
/// Below so many bytes a second thread costs more than it brings.
const WORTH_A_THREAD: u64 = 1 << 20;
/// So many files may be outlined before an earlier one is.
const AHEAD: usize = 16;

/// What is said of a report that an earlier run left where this one writes its own.
pub(super) const OWN_OUTPUT: &str = "this run writes it anew; what an earlier run left in it was not read";

/// What was read.
pub(super) struct Reading {
    /// The findings, in no order.
    pub(super) findings: Vec<Finding>,
    /// The accounts of the files, in their order.
    pub(super) files: Vec<FileAccount>,
}

/// Reads the files.
pub(super) fn read(settings: &Settings, files: &[Selected], roots: &Roots, progress: &Progress) -> Reading {
    read_at_most(MOST_RESULTS, settings, files, roots, progress)
}

/// Reads at most so many results.
pub(super) fn read_at_most(
    limit: u64,
    settings: &Settings,
    files: &[Selected],
    roots: &Roots,
    progress: &Progress,
) -> Reading {
    let total: u64 = files.iter().map(|file| file.size).sum();
    // Each file is read twice.
    progress.begin(2 * total);
    let desk = Desk {
        settings,
        files,
        roots,
        progress,
        limit,
        state: Mutex::new(State::default()),
        wake: Condvar::new(),
        findings: Mutex::new(Vec::new()),
    };
    let workers = if total < WORTH_A_THREAD { 1 } else { parallel::cores().min(MOST_WORKERS) };
    parallel::together(workers - 1, || desk.work());
    let Desk { state, findings, .. } = desk;
    let state = state.into_inner().unwrap_or_else(PoisonError::into_inner);
    let findings = findings.into_inner().unwrap_or_else(PoisonError::into_inner);
    Reading { findings, files: finish(files, state) }
}

/// Adds up what the workers counted.
fn finish(files: &[Selected], state: State) -> Vec<FileAccount> {
    let State { mut released, tallies, stamps, late, .. } = state;
    for ((file, run), tally) in tallies {
        if let Some(account) = released.get_mut(file).and_then(|file| file.runs.get_mut(run)) {
            account.tally.add(tally);
        }
    }
    for (file, problem) in late {
        if let Some(account) = released.get_mut(file) {
            account.problems.push(problem);
        }
    }
    for ((file, account), stamp) in files.iter().zip(&mut released).zip(stamps) {
        let Some(stamp) = stamp else { continue };
        // A file is read twice; that both readings saw the same is not to be taken for granted.
        let now =
            std::fs::metadata(&file.path).ok().map(|meta| Stamp { size: meta.len(), changed: meta.modified().ok() });
        if now != Some(stamp) {
            account.problems.push(Problem::partial(
                "the file changed while it was read; run findgate after the scanners have ended",
            ));
        }
    }
    released
}

/// What tells that a file is the one it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    size: u64,
    changed: Option<SystemTime>,
}

/// What all workers share.
struct Desk<'a> {
    settings: &'a Settings,
    files: &'a [Selected],
    roots: &'a Roots,
    progress: &'a Progress,
    limit: u64,
    state: Mutex<State>,
    wake: Condvar,
    findings: Mutex<Vec<Finding>>,
}

/// How far the work is.
#[derive(Default)]
struct State {
    /// The next file to outline.
    next: usize,
    /// Outlined, but an earlier file is not.
    waiting: BTreeMap<usize, (Outlined, Option<Stamp>)>,
    /// The accounts of all files up to the first that is not outlined.
    released: Vec<FileAccount>,
    /// Their stamps.
    stamps: Vec<Option<Stamp>>,
    /// Results of the released files.
    results: u64,
    /// Files with results that nobody has taken yet.
    ready: VecDeque<Arc<Open>>,
    /// What was counted, by file and run.
    tallies: BTreeMap<(usize, usize), Tally>,
    /// What went wrong in the second reading.
    late: Vec<(usize, Problem)>,
}

/// A file after its first reading.
struct Outlined {
    outline: Outline,
    input: Option<Input>,
}

/// A file whose results are being read.
struct Open {
    file: usize,
    runs: Vec<Run>,
    feed: Mutex<Feed>,
}

/// Hands out chunks in their order.
struct Feed {
    input: Input,
    chunks: VecDeque<Chunk>,
    /// Bytes that the progress was not told of yet.
    untold: u64,
}

/// Where chunks come from.
enum Input {
    /// The file itself; a mark at its beginning is not counted.
    Plain { file: Content, mark: u64 },
    /// A decoder, which only goes forward.
    Decoded { reader: Box<Utf16<Content>>, at: u64 },
}

enum Task {
    Outline(usize),
    Read(Arc<Open>),
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Desk<'_> {
    /// What each thread does until nothing is left.
    fn work(&self) {
        let mut hand = Hand {
            source: Text::from(&*self.settings.name),
            names: Names::new(),
            bytes: Vec::new(),
            findings: Vec::new(),
        };
        while let Some(task) = self.task() {
            match task {
                Task::Outline(file) => {
                    let outlined = self.outline(file);
                    self.release(file, outlined);
                }
                Task::Read(open) => self.read(&open, &mut hand),
            }
        }
    }

    fn task(&self) -> Option<Task> {
        let mut state = lock(&self.state);
        loop {
            if let Some(open) = state.ready.front() {
                return Some(Task::Read(Arc::clone(open)));
            }
            if state.next < self.files.len() && state.next < state.released.len() + AHEAD {
                state.next += 1;
                return Some(Task::Outline(state.next - 1));
            }
            if state.released.len() == self.files.len() {
                return None;
            }
            // Another worker is outlining and will say so.
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The first reading of a file.
    fn outline(&self, index: usize) -> (Outlined, Option<Stamp>) {
        let failed = |text: String| {
            let problems = vec![Problem::failed(text)];
            (Outlined { outline: Outline { problems, ..Outline::default() }, input: None }, None)
        };
        let Some((file, selection)) = self.file(index) else { return failed("the file is not known".to_owned()) };
        let (meta, mut opened) = match Content::open(&file.path, file.held.as_ref()) {
            Ok(opened) => opened,
            Err(error) => return failed(format!("the file cannot be read: {error}")),
        };
        if meta.as_ref().is_some_and(|meta| !meta.is_file()) {
            return failed("this is no regular file and was not read".to_owned());
        }
        if meta.as_ref().map_or(file.size, Metadata::len) > LARGEST_FILE {
            return failed("the file is larger than 2 GiB and was not read; split the scan".to_owned());
        }
        let stamp = meta.map(|meta| Stamp { size: meta.len(), changed: meta.modified().ok() });
        let roots = self.roots.seen_at(selection.root.as_deref());
        let first = || -> io::Result<(Outline, Input)> {
            let mut head = Vec::with_capacity(4);
            opened.by_ref().take(4).read_to_end(&mut head)?;
            let encoding = Encoding::of(&head);
            let mark = encoding.mark as u64;
            opened.seek(SeekFrom::Start(mark))?;
            if encoding.unit == Unit::Utf8 {
                let mut scanner = Scanner::new(Watched { file: opened, progress: self.progress });
                let outline = outline(&mut scanner, &roots, selection.empty);
                return Ok((outline, Input::Plain { file: scanner.into_reader().file, mark }));
            }
            let watched = Watched { file: opened, progress: self.progress };
            let mut scanner = Scanner::new(Utf16::new(watched, encoding.unit));
            let mut outline = outline(&mut scanner, &roots, selection.empty);
            let reader = scanner.into_reader();
            if reader.replaced > 0 {
                // One byte that is missing makes other text of all that follows it, brackets and quotes included.
                outline.problems.push(Problem::partial(format!(
                    "{} units are no UTF-16, so the file is damaged; have the scanner write it again",
                    reader.replaced
                )));
            }
            let mut opened = reader.into_reader().file;
            opened.seek(SeekFrom::Start(mark))?;
            Ok((outline, Input::Decoded { reader: Box::new(Utf16::new(opened, encoding.unit)), at: 0 }))
        };
        let written = file.path.canonicalize().is_ok_and(|path| self.settings.written.contains(&path));
        match first() {
            Ok((outline, _)) if written && outline.is_ours() => {
                let notes = vec![OWN_OUTPUT.to_owned()];
                (Outlined { outline: Outline { notes, ..Outline::default() }, input: None }, None)
            }
            Ok((mut outline, input)) => {
                if written {
                    outline.problems.push(Problem::partial(
                        "`--output` of this run writes over it, so the next run could not read it; name another file",
                    ));
                }
                (Outlined { outline, input: Some(input) }, stamp)
            }
            Err(error) => failed(format!("the file cannot be read: {error}")),
        }
    }

    fn file(&self, index: usize) -> Option<(&Selected, &Selection)> {
        let file = self.files.get(index)?;
        Some((file, self.settings.files.get(file.selection)?))
    }

    /// Gives the results of a file to the workers, in the order of the files.
    fn release(&self, index: usize, outlined: (Outlined, Option<Stamp>)) {
        let mut state = lock(&self.state);
        state.waiting.insert(index, outlined);
        loop {
            let index = state.released.len();
            let Some((Outlined { mut outline, input }, stamp)) = state.waiting.remove(&index) else { break };
            let file = self.files.get(index);
            let origin = file.map(|file| file.origin.as_str()).unwrap_or_default();
            self.limit(&mut outline, &mut state.results);
            let expected = usize::try_from(outline.results()).unwrap_or(usize::MAX);
            let text = Text::from(origin);
            let runs = outline.accounts(&text);
            state.released.push(FileAccount {
                origin: origin.to_owned(),
                problems: std::mem::take(&mut outline.problems),
                notes: std::mem::take(&mut outline.notes),
                runs,
            });
            state.stamps.push(stamp);
            let size = file.map_or(0, |file| file.size);
            match input {
                Some(input) if !outline.chunks.is_empty() => {
                    // Room for all of them at once: growing by doubling would need three times as much.
                    let _ = lock(&self.findings).try_reserve(expected);
                    let feed = Feed { input, chunks: outline.chunks.into(), untold: size };
                    state.ready.push_back(Arc::new(Open { file: index, runs: outline.runs, feed: Mutex::new(feed) }));
                }
                _ => self.progress.advance(size),
            }
        }
        drop(state);
        self.wake.notify_all();
    }

    /// Cuts the chunks at the limit of results, and says so.
    fn limit(&self, outline: &mut Outline, results: &mut u64) {
        let before = *results;
        *results += outline.results();
        if *results <= self.limit {
            return;
        }
        let mut room = self.limit.saturating_sub(before);
        for chunk in &mut outline.chunks {
            let kept = chunk.count.min(room);
            let lost = chunk.count - kept;
            if lost > 0
                && let Some(tally) = outline.tallies.get_mut(chunk.run)
            {
                tally.skipped += lost;
            }
            chunk.count = kept;
            room -= kept;
        }
        outline.chunks.retain(|chunk| chunk.count > 0);
        outline.problems.push(Problem::partial(format!(
            "the source holds more than {} results; the rest was not read; split it or let the scanners report less",
            self.limit
        )));
    }

    /// Reads some results of a file.
    fn read(&self, open: &Arc<Open>, hand: &mut Hand) {
        let taken = {
            let mut feed = lock(&open.feed);
            match feed.take(&mut hand.bytes) {
                Ok(Some((chunk, told))) => Ok((chunk, told, feed.chunks.is_empty())),
                Ok(None) => {
                    drop(feed);
                    self.close(open);
                    return;
                }
                Err((chunk, error)) => {
                    let lost = feed.chunks.drain(..).chain([chunk]).collect::<Vec<_>>();
                    Err((lost, error))
                }
            }
        };
        match taken {
            Err((lost, error)) => {
                self.close(open);
                let mut state = lock(&self.state);
                let text = format!("reading stopped in the middle: {error}");
                state.late.push((open.file, Problem::partial(text)));
                for chunk in lost {
                    state.tallies.entry((open.file, chunk.run)).or_default().skipped += chunk.count;
                }
            }
            Ok((chunk, told, last)) => {
                if last {
                    self.close(open);
                }
                self.progress.advance(told);
                let selection = self.file(open.file).map(|(_, selection)| selection);
                let mut tally = Tally::default();
                if let (Some(run), Some(selection)) = (open.runs.get(chunk.run), selection) {
                    hand.chunk(&chunk, run, selection, &mut tally);
                }
                lock(&self.findings).append(&mut hand.findings);
                lock(&self.state).tallies.entry((open.file, chunk.run)).or_default().add(tally);
            }
        }
    }

    /// Takes a file whose results are all taken off the list.
    fn close(&self, open: &Arc<Open>) {
        lock(&self.state).ready.retain(|other| !Arc::ptr_eq(other, open));
    }
}

/// A file whose first reading is told to whoever waits.
struct Watched<'a> {
    file: Content,
    progress: &'a Progress,
}

impl Read for Watched<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(into)?;
        self.progress.advance(read as u64);
        Ok(read)
    }
}

impl Feed {
    /// Reads the next chunk. Tells by how many bytes the progress went on.
    fn take(&mut self, into: &mut Vec<u8>) -> Result<Option<(Chunk, u64)>, (Chunk, io::Error)> {
        let Some(chunk) = self.chunks.pop_front() else { return Ok(None) };
        if let Err(error) = self.input.take(&chunk, into) {
            return Err((chunk, error));
        }
        let told = if self.chunks.is_empty() { self.untold } else { chunk.length.min(self.untold) };
        self.untold -= told;
        Ok(Some((chunk, told)))
    }
}

impl Input {
    fn take(&mut self, chunk: &Chunk, into: &mut Vec<u8>) -> io::Result<()> {
        into.clear();
        let read = match self {
            Input::Plain { file, mark } => {
                file.seek(SeekFrom::Start(chunk.offset + *mark))?;
                file.take(chunk.length).read_to_end(into)?
            }
            Input::Decoded { reader, at } => {
                let gap = chunk.offset.saturating_sub(*at);
                io::copy(&mut reader.take(gap), &mut io::sink())?;
                *at = chunk.offset + chunk.length;
                reader.take(chunk.length).read_to_end(into)?
            }
        };
        if read as u64 == chunk.length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

/// What a worker has in its hands.
struct Hand {
    source: Text,
    names: Names,
    bytes: Vec<u8>,
    findings: Vec<Finding>,
}

impl Hand {
    /// Reads the results of a chunk, one by one: each becomes a finding, is counted as none, or is a counted skip.
    fn chunk(&mut self, chunk: &Chunk, run: &Run, selection: &Selection, tally: &mut Tally) {
        let Hand { source, names, bytes, findings } = self;
        let engine = names.text(&run.engine);
        let whole = std::str::from_utf8(bytes).ok();
        let mut at = 0;
        for number in chunk.first..chunk.first + chunk.count {
            let rest = bytes.get(at..).unwrap_or_default();
            let gap = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',')).count();
            at += gap;
            let rest = rest.get(gap..).unwrap_or_default();
            if rest.first() != Some(&b'{') {
                tally.skip(number, "it is no object");
                at += end_of_value(rest);
                continue;
            }
            let read = |result: &wire::Outcome<'_>, names: &mut Names, tally: &mut Tally| {
                normalize(result, run, selection, (source, &engine), names, tally)
            };
            let outcome = match whole.and_then(|text| text.get(at..)) {
                Some(text) => match parse(text) {
                    Ok((result, length)) => {
                        at += length;
                        read(&result, names, tally)
                    }
                    Err(error) => {
                        at += end_of_value(rest);
                        Err(error)
                    }
                },
                None => {
                    let length = end_of_value(rest);
                    at += length;
                    let text = String::from_utf8_lossy(rest.get(..length).unwrap_or_default());
                    let mended = matches!(text, std::borrow::Cow::Owned(_));
                    tally.mended += u64::from(mended);
                    let sound = if mended { decided(&text) } else { Ok(()) };
                    sound.and_then(|()| parse(&text)).and_then(|(result, _)| read(&result, names, tally))
                }
            };
            match outcome {
                Ok(finding) => findings.extend(finding),
                Err(why) => tally.skip(number, why),
            }
        }
    }
}

/// Parses the result that the text begins with. Tells how long it is.
fn parse(text: &str) -> Result<(wire::Outcome<'_>, usize), String> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter();
    match stream.next() {
        Some(Ok(result)) => Ok((result, stream.byte_offset())),
        Some(Err(error)) => Err(why(&error)),
        None => Err("nothing is there".to_owned()),
    }
}

/// Whether bytes that were replaced stand only in text that decides nothing: in no key, and in no word of SARIF's own.
fn decided(text: &str) -> Result<(), String> {
    fn sound(key: &str, value: &wire::Loose<'_>) -> bool {
        let lost = |text: &str| text.contains(char::REPLACEMENT_CHARACTER);
        let word = matches!(key, "kind" | "level" | "status" | "baselineState");
        match value {
            wire::Loose::Text(text) => !(word && lost(text)),
            wire::Loose::List(list) => list.iter().all(|one| sound(key, one)),
            wire::Loose::Map(members) => members.iter().all(|(key, value)| !lost(key) && sound(key, value)),
            _ => true,
        }
    }
    match serde_json::from_str::<wire::Loose<'_>>(text) {
        Ok(value) if sound("", &value) => Ok(()),
        Ok(_) => Err("bytes that are no UTF-8 stand in a key or a word of SARIF".to_owned()),
        Err(error) => Err(why(&error)),
    }
}

/// What serde_json says, without its place, which counts from the result, and without the text that it quotes, which may
/// be anything, a secret among others.
fn why(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(head, _)| head);
    match (text.find('"'), text.rfind('"')) {
        (Some(first), Some(last)) if first < last => format!("{}\"…{}", &text[..first], &text[last..]),
        _ => text.to_owned(),
    }
}
