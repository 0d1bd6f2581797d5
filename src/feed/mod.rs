//! The wire formats of public feeds that tell facts about vulnerabilities.
//!
//! A feed is believed as a whole or not at all: one row that cannot be read may be the one that matters. Both formats tell
//! the day that they are of.

pub mod epss;
pub mod kev;

use std::borrow::Cow;
use std::io::Read as _;

use anyhow::{Context as _, bail};

/// The most bytes of a feed, unpacked.
const MOST_BYTES: u64 = 256 << 20;

/// The bytes of a feed, unpacked if they are packed with gzip, and without a byte-order mark.
fn unpacked(bytes: &[u8]) -> anyhow::Result<Cow<'_, [u8]>> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(Cow::Borrowed(bytes.strip_prefix(MARK).unwrap_or(bytes)));
    }
    let mut plain = Vec::new();
    let decoder = flate2::read::MultiGzDecoder::new(bytes);
    decoder.take(MOST_BYTES + 1).read_to_end(&mut plain).context("cannot unpack it with gzip")?;
    if plain.len() as u64 > MOST_BYTES {
        bail!("unpacked it is larger than {MOST_BYTES} bytes, the most that is read");
    }
    if plain.starts_with(MARK) {
        plain.drain(..MARK.len());
    }
    Ok(Cow::Owned(plain))
}

#[cfg(test)]
pub(crate) fn packed(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked_and_what_is_damaged_is_refused() {
        let text = b"cve,epss,percentile\n".repeat(1000);
        let packed = packed(&text);
        assert_eq!(unpacked(&text).unwrap(), &text[..]);
        assert_eq!(unpacked(&packed).unwrap(), &text[..]);
        assert_eq!(unpacked(b"\xef\xbb\xbf{}").unwrap(), &b"{}"[..]);
        for end in [2, 20, packed.len() - 1] {
            assert!(unpacked(&packed[..end]).is_err(), "cut at {end}");
        }
        let mut bad = packed;
        let last = bad.len() - 6;
        bad[last] ^= 1;
        assert!(unpacked(&bad).is_err());
    }

    #[test]
    fn what_unpacks_without_end_is_refused() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let zeros = vec![0; 1 << 20];
        for _ in 0..=(MOST_BYTES >> 20) {
            std::io::Write::write_all(&mut encoder, &zeros).unwrap();
        }
        let error = unpacked(&encoder.finish().unwrap()).unwrap_err().to_string();
        assert!(error.contains("larger than"), "{error}");
    }
}
