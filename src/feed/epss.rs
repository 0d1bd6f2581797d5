//! FIRST's scores of how likely it is that a vulnerability is exploited within thirty days, in CSV.
//!
//! A line that says the day, a line that names the columns, and a row for each CVE there is: some three hundred thousand. So
//! rows are taken apart as bytes, and only those are kept that are asked for.

use std::collections::{HashMap, HashSet};

use anyhow::{Context as _, anyhow, bail, ensure};
use jiff::Timestamp;

use super::unpacked;

/// The scores that were asked for.
#[derive(Clone, Debug)]
pub struct Scores {
    /// The day that they are of.
    pub date: Timestamp,
    /// How many rows the feed has.
    pub entries: u64,
    scores: HashMap<String, f32>,
}

impl Scores {
    /// Reads the feed, plain or packed with gzip, and keeps the scores of these CVE ids.
    ///
    /// # Errors
    /// If it is not the feed, or a row of it cannot be read, or it ends in the middle of one.
    pub fn parse(bytes: &[u8], wanted: &HashSet<&str>) -> anyhow::Result<Scores> {
        let bytes = unpacked(bytes)?;
        let mut lines = bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let first = lines.next().unwrap_or_default();
        let date = date(first)?;
        let names: Vec<&[u8]> = lines.next().unwrap_or_default().split(|byte| *byte == b',').collect();
        let column = |name: &str| {
            let at = names.iter().position(|column| column.trim_ascii() == name.as_bytes());
            at.ok_or_else(|| anyhow!("its second line names no column `{name}`"))
        };
        let (cve, epss) = (column("cve")?, column("epss")?);
        ensure!(bytes.ends_with(b"\n"), "it ends in the middle of a line, so not all of it is there");
        let mut entries = 0;
        let mut scores = HashMap::new();
        for (number, line) in (3u64..).zip(lines).filter(|(_, line)| !line.is_empty()) {
            let (id, score) = row(line, (cve, epss), names.len()).with_context(|| format!("line {number}"))?;
            entries += 1;
            if wanted.contains(id) {
                // Of two rows of one CVE the worse counts, so that their order does not.
                scores.entry(id.to_owned()).and_modify(|known: &mut f32| *known = known.max(score)).or_insert(score);
            }
        }
        ensure!(entries > 0, "it has no row");
        Ok(Scores { date, entries, scores })
    }

    /// The score of a CVE id, if it was asked for and the feed has one.
    #[must_use]
    pub fn of(&self, cve: &str) -> Option<f32> {
        self.scores.get(cve).copied()
    }
}

/// `#model_version:v2025.03.14,score_date:2026-11-20T00:00:00+0000`.
fn date(line: &[u8]) -> anyhow::Result<Timestamp> {
    let line = std::str::from_utf8(line.trim_ascii()).unwrap_or_default();
    let told =
        line.strip_prefix('#').and_then(|rest| rest.split(',').find_map(|part| part.strip_prefix("score_date:")));
    let told = told.ok_or_else(|| anyhow!("it is not an EPSS feed in CSV: its first line tells no `score_date`"))?;
    let by_offset = jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%z", told).and_then(|time| time.to_timestamp());
    by_offset.or_else(|_| told.parse()).map_err(|_| anyhow!("`score_date` is no time: {told:?}"))
}

fn row(line: &[u8], (cve, epss): (usize, usize), columns: usize) -> anyhow::Result<(&str, f32)> {
    let (mut id, mut score, mut count) = (None, None, 0);
    for (at, cell) in line.split(|byte| *byte == b',').enumerate() {
        if at == cve {
            id = Some(cell);
        }
        if at == epss {
            score = Some(cell);
        }
        count = at + 1;
    }
    ensure!(count == columns, "it has {count} columns instead of {columns}");
    let text = |cell: Option<&'_ [u8]>| cell.and_then(|cell| str::from_utf8(cell.trim_ascii()).ok()).map(str::to_owned);
    let Some(id) = id.and_then(|id| str::from_utf8(id.trim_ascii()).ok()).filter(|id| id.starts_with("CVE-")) else {
        bail!("it begins with no CVE id: {:?}", text(id).unwrap_or_default());
    };
    let number = score.and_then(|score| str::from_utf8(score.trim_ascii()).ok()?.parse::<f32>().ok());
    match number.filter(|number| (0.0..=1.0).contains(number)) {
        Some(number) => Ok((id, number)),
        None => bail!("the score of {id} is no number from 0 to 1: {:?}", text(score).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEED: &str = "#model_version:v2025.03.14,score_date:2026-11-20T00:00:00+0000
cve,epss,percentile
CVE-1999-0001,0.01297,0.79424
CVE-2021-44228,0.94358,0.99957
CVE-2024-3094,1,1.0
";

    fn read(text: &str) -> anyhow::Result<Scores> {
        Scores::parse(text.as_bytes(), &HashSet::from(["CVE-2021-44228", "CVE-2024-3094", "CVE-2030-1"]))
    }

    #[test]
    fn the_scores_that_are_asked_for_are_kept() {
        for text in [FEED.to_owned(), FEED.replace('\n', "\r\n"), FEED.replace("+0000", "Z")] {
            let scores = read(&text).unwrap();
            assert_eq!((scores.entries, scores.date.to_string().as_str()), (3, "2026-11-20T00:00:00Z"));
            assert_eq!((scores.of("CVE-2021-44228"), scores.of("CVE-2024-3094")), (Some(0.94358), Some(1.0)));
            assert_eq!((scores.of("CVE-1999-0001"), scores.of("CVE-2030-1")), (None, None));
        }
        for rows in ["CVE-2021-44228,0.5,1\nCVE-2021-44228,0.1,1\n", "CVE-2021-44228,0.1,1\nCVE-2021-44228,0.5,1\n"] {
            let head = FEED.split_inclusive('\n').take(2).collect::<String>();
            assert_eq!(read(&(head + rows)).unwrap().of("CVE-2021-44228"), Some(0.5), "whatever the order of rows");
        }
        let packed = super::super::packed(FEED.as_bytes());
        assert_eq!(Scores::parse(&packed, &HashSet::new()).unwrap().entries, 3);
        let other = FEED.replace("cve,epss,percentile", "epss,cve").replace(",0.79424", "").replace(",0.99957", "");
        let other =
            other.replace("CVE-2024-3094,1,1.0\n", "").replace("CVE-1999-0001,0.01297", "0.01297,CVE-1999-0001");
        let other = other.replace("CVE-2021-44228,0.94358", "0.94358,CVE-2021-44228");
        assert_eq!(read(&other).unwrap().of("CVE-2021-44228"), Some(0.94358));
    }

    #[test]
    fn what_is_not_the_whole_feed_is_refused() {
        for (text, word) in [
            (FEED.trim_end().to_owned(), "in the middle of a line"),
            (FEED.replace("0.94358", "high"), "line 4: the score of CVE-2021-44228 is no number"),
            (FEED.replace("0.94358", "94"), "line 4"),
            (FEED.replace("0.94358", "NaN"), "line 4"),
            (FEED.replace("CVE-1999-0001", "1999-0001"), "line 3: it begins with no CVE id"),
            (FEED.replace(",0.79424", ""), "line 3: it has 2 columns instead of 3"),
            (FEED.replace("epss,", "score,"), "no column `epss`"),
            (FEED.replace("#model", "model"), "no `score_date`"),
            (FEED.replace("2026-11-20T", "2026-13-20T"), "`score_date` is no time"),
            (FEED.lines().take(2).map(|line| format!("{line}\n")).collect(), "no row"),
            ("<html>\n".to_owned(), "not an EPSS feed"),
            (String::new(), "not an EPSS feed"),
        ] {
            let error = format!("{:#}", read(&text).expect_err(&text));
            assert!(error.contains(word), "{word}: {error}");
        }
    }

    #[test]
    fn every_cut_of_a_feed_but_one_between_rows_is_refused() {
        for end in (0..FEED.len()).filter(|end| !FEED[..*end].ends_with('\n')) {
            assert!(read(&FEED[..end]).is_err(), "cut at {end}");
        }
    }
}
