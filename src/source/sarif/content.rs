//! What is read: a file, or bytes that somebody read already.

use std::fs::{File, Metadata};
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

/// Bytes that somebody read already; cloning them copies a pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held(Arc<Vec<u8>>);

impl Held {
    pub(super) fn new(bytes: Vec<u8>) -> Held {
        Held(Arc::new(bytes))
    }
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Where the bytes of a file come from.
pub(super) enum Content {
    /// The file itself.
    File(File),
    /// Bytes that are there.
    Held(Cursor<Held>),
}

impl Content {
    /// Opens a file, or what is held of it; of the latter nobody knows more than the bytes.
    pub(super) fn open(path: &Path, held: Option<&Held>) -> io::Result<(Option<Metadata>, Content)> {
        if let Some(held) = held {
            return Ok((None, Content::Held(Cursor::new(held.clone()))));
        }
        let file = File::open(path)?;
        Ok((Some(file.metadata()?), Content::File(file)))
    }
}

impl Read for Content {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Content::File(file) => file.read(into),
            Content::Held(bytes) => bytes.read(into),
        }
    }
}

impl Seek for Content {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Content::File(file) => file.seek(to),
            Content::Held(bytes) => bytes.seek(to),
        }
    }
}
