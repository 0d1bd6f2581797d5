//! From bytes to UTF-8: marks, UTF-16, and text that is neither.
//!
//! JSON is UTF-8, yet tools on Windows write byte-order marks and UTF-16. serde_json refuses both, so they are undone
//! here, before anything is parsed. Bytes that are no UTF-8 at all are left alone: the structure of JSON is ASCII, so
//! only the result that holds them has to be mended, and the reader says how many there were.

use std::io::{self, Read};

/// How a file is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Encoding {
    /// Its unit.
    pub(super) unit: Unit,
    /// Bytes of the mark at its beginning.
    pub(super) mark: usize,
}

/// The unit of an encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// One byte; also what is no UTF-8 in truth.
    Utf8,
    /// Two bytes, the small one first.
    Utf16Le,
    /// Two bytes, the big one first.
    Utf16Be,
}

impl Encoding {
    /// Reads the encoding off the first bytes. JSON begins with an ASCII character, so in UTF-16 without a mark every
    /// second byte of its beginning is zero.
    pub(super) fn of(head: &[u8]) -> Encoding {
        match head {
            [0xef, 0xbb, 0xbf, ..] => Encoding { unit: Unit::Utf8, mark: 3 },
            [0xff, 0xfe, ..] => Encoding { unit: Unit::Utf16Le, mark: 2 },
            [0xfe, 0xff, ..] => Encoding { unit: Unit::Utf16Be, mark: 2 },
            [small, 0, ..] if *small != 0 => Encoding { unit: Unit::Utf16Le, mark: 0 },
            [0, small, ..] if *small != 0 => Encoding { unit: Unit::Utf16Be, mark: 0 },
            _ => Encoding { unit: Unit::Utf8, mark: 0 },
        }
    }
}

/// Reads UTF-8 from UTF-16. A half of a surrogate pair, or half a unit at the end, becomes U+FFFD.
#[derive(Debug)]
pub(super) struct Utf16<R> {
    reader: R,
    big_endian: bool,
    raw: Vec<u8>,
    /// A unit whose partner has not been read yet.
    high: Option<u16>,
    /// A byte whose partner has not been read yet.
    odd: Option<u8>,
    text: Vec<u8>,
    at: usize,
    /// What could not be decoded.
    pub(super) replaced: u64,
}

impl<R: Read> Utf16<R> {
    /// The mark must have been read already.
    pub(super) fn new(reader: R, unit: Unit) -> Utf16<R> {
        Utf16 {
            reader,
            big_endian: unit == Unit::Utf16Be,
            raw: vec![0; 64 * 1024],
            high: None,
            odd: None,
            text: Vec::with_capacity(96 * 1024),
            at: 0,
            replaced: 0,
        }
    }

    /// The reader, somewhere behind the place.
    pub(super) fn into_reader(self) -> R {
        self.reader
    }

    /// Decodes the next block; nothing in `text` afterwards means the end.
    fn fill(&mut self) -> io::Result<()> {
        self.text.clear();
        self.at = 0;
        while self.text.is_empty() {
            let count = match self.reader.read(&mut self.raw) {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if count == 0 {
                let left_over = self.high.take().is_some() | self.odd.take().is_some();
                if left_over {
                    self.lost();
                }
                return Ok(());
            }
            let raw = std::mem::take(&mut self.raw);
            for &byte in raw.get(..count).unwrap_or_default() {
                match self.odd.take() {
                    None => self.odd = Some(byte),
                    Some(first) if self.big_endian => self.unit(u16::from_be_bytes([first, byte])),
                    Some(first) => self.unit(u16::from_le_bytes([first, byte])),
                }
            }
            self.raw = raw;
        }
        Ok(())
    }

    fn unit(&mut self, unit: u16) {
        let units = match self.high.take() {
            Some(high) => [high, unit],
            None if (0xd800..0xdc00).contains(&unit) => {
                self.high = Some(unit);
                return;
            }
            None => [unit, 0],
        };
        let length = if (0xd800..0xdc00).contains(&units[0]) { 2 } else { 1 };
        match char::decode_utf16(units.into_iter().take(length)).next() {
            Some(Ok(character)) => self.push(character),
            _ => {
                self.lost();
                if length == 2 {
                    // The second unit was no partner: it stands for itself.
                    self.unit(unit);
                }
            }
        }
    }

    fn lost(&mut self) {
        self.replaced += 1;
        self.push(char::REPLACEMENT_CHARACTER);
    }

    fn push(&mut self, character: char) {
        self.text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.text.len() {
            self.fill()?;
        }
        let mut rest = self.text.get(self.at..).unwrap_or_default();
        let count = rest.read(into)?;
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8]) -> (String, u64) {
        let encoding = Encoding::of(bytes);
        let mut reader = Utf16::new(&bytes[encoding.mark..], encoding.unit);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        (text, reader.replaced)
    }

    fn bytes(units: &[u16], big: bool) -> Vec<u8> {
        units.iter().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
    }

    #[test]
    fn utf_16_is_read_in_both_orders_with_and_without_a_mark() {
        let text = "{\"é\": \"😀\"}";
        for big in [false, true] {
            for mark in [false, true] {
                let units: Vec<u16> = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16()).collect();
                assert_eq!(decode(&bytes(&units, big)), (text.to_owned(), 0), "big {big}, mark {mark}");
            }
        }
    }

    #[test]
    fn what_is_no_utf_16_is_replaced_and_counted() {
        let mut odd = bytes(&[0x7b, 0xd800, 0x41, 0xdc00, 0xd800, 0xd800], false);
        odd.push(0x41);
        assert_eq!(decode(&odd), ("{\u{fffd}A\u{fffd}\u{fffd}\u{fffd}".to_owned(), 4));
    }

    #[test]
    fn the_first_bytes_tell_the_encoding() {
        for (head, unit, mark) in [
            (&b"{\"a\""[..], Unit::Utf8, 0),
            (b"\xef\xbb\xbf{", Unit::Utf8, 3),
            (b"", Unit::Utf8, 0),
            (b"\xff\xfe{\0", Unit::Utf16Le, 2),
            (b"{\0\"\0", Unit::Utf16Le, 0),
            (b"\0{\0\"", Unit::Utf16Be, 0),
        ] {
            assert_eq!(Encoding::of(head), Encoding { unit, mark }, "{head:?}");
        }
    }
}
