//! Reading all sources at once: vendors on one thread that waits for all of them, files on the one that called.

use std::path::Path;
use std::pin::Pin;

use futures_util::future::join_all;

use super::{Collected, Desk, Reader, Step, appsecplus, cybedefend, mayo, mend, sarif};
use crate::finding::Coverage;
use crate::net::on_one_thread;
use crate::parallel;
use crate::policy::EvidenceRule;
use crate::progress::Board;

/// Hears of each source when it was read, on whichever thread it was.
pub type Told<'a> = &'a (dyn Fn(&Coverage) + Sync);

/// Reads every source; what comes back is in their order. It does not fail, and one source that fails does not keep the
/// others: what could not be read is said in its coverage. `desk` makes what a source needs that asks a vendor.
pub fn collect(
    readers: &[(Reader, EvidenceRule)],
    folder: &Path,
    board: &Board,
    desk: &(dyn Fn(&Reader, &EvidenceRule) -> Desk + Sync),
    told: Told<'_>,
) -> Vec<Collected> {
    let mut collected: Vec<Option<Collected>> = readers.iter().map(|_| None).collect();
    let network = || if asks_vendors(readers) { from_vendors(readers, desk, told) } else { Ok(Vec::new()) };
    let files = || {
        for (place, (reader, _)) in collected.iter_mut().zip(readers) {
            let one = match reader {
                Reader::Sarif(settings) => {
                    let progress = board.files();
                    let collected = sarif::collect(settings, folder, &progress);
                    progress.finish();
                    collected
                }
                Reader::Unread(coverage) => Collected { findings: Vec::new(), coverage: coverage.clone() },
                Reader::Mend(_) | Reader::Mayo(_) | Reader::Cybedefend(_) | Reader::Appsecplus(_) => continue,
            };
            told(&one.coverage);
            *place = Some(one);
        }
    };
    let (from_network, ()) = parallel::both(network, files);
    let mut why = "its reader ended without a word; please report this".to_owned();
    match from_network {
        Some(Ok(read)) => read.into_iter().for_each(|(place, one)| collected[place] = Some(one)),
        Some(Err(error)) => why = error,
        None => {}
    }
    let missing = |reader: &Reader| {
        let coverage = Coverage::unread(reader.name(), why.clone());
        told(&coverage);
        Collected { findings: Vec::new(), coverage }
    };
    collected.into_iter().zip(readers).map(|(one, (reader, _))| one.unwrap_or_else(|| missing(reader))).collect()
}

fn asks_vendors(readers: &[(Reader, EvidenceRule)]) -> bool {
    readers.iter().any(|(reader, _)| !matches!(reader, Reader::Sarif(_) | Reader::Unread(_)))
}

type Reading<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

fn from_vendors(
    readers: &[(Reader, EvidenceRule)],
    desk: &(dyn Fn(&Reader, &EvidenceRule) -> Desk + Sync),
    told: Told<'_>,
) -> Result<Vec<(usize, Collected)>, String> {
    on_one_thread(async {
        let readings = readers.iter().enumerate().filter_map(|(place, (reader, rule))| {
            if matches!(reader, Reader::Sarif(_) | Reader::Unread(_)) {
                return None;
            }
            let desk = desk(reader, rule);
            let meter = desk.meter.clone();
            let reading: Reading<'_, Collected> = match reader {
                Reader::Mend(reader) => Box::pin(async move { mend::collect(reader, &desk).await }),
                Reader::Mayo(reader) => Box::pin(async move { mayo::collect(reader, &desk).await }),
                Reader::Cybedefend(reader) => Box::pin(async move { cybedefend::collect(reader, &desk).await }),
                Reader::Appsecplus(reader) => Box::pin(async move { appsecplus::collect(reader, &desk).await }),
                Reader::Sarif(_) | Reader::Unread(_) => return None,
            };
            Some(async move {
                let one = reading.await;
                meter.finish();
                told(&one.coverage);
                (place, one)
            })
        });
        join_all(readings).await
    })
}

/// Tries every vendor out; what comes back is in the order of the readers. Files have no steps. A server may have repeated a
/// credential in what it says: whoever shows the steps takes it out.
pub fn probe(
    readers: &[(Reader, EvidenceRule)],
    desk: &(dyn Fn(&Reader, &EvidenceRule) -> Desk + Sync),
) -> Vec<Vec<Step>> {
    let steps = on_one_thread(async {
        join_all(readers.iter().map(|(reader, rule)| async move {
            if matches!(reader, Reader::Sarif(_) | Reader::Unread(_)) {
                return Vec::new();
            }
            let desk = desk(reader, rule);
            let steps = match reader {
                Reader::Mend(reader) => mend::probe(reader, &desk).await,
                Reader::Mayo(reader) => mayo::probe(reader, &desk).await,
                Reader::Cybedefend(reader) => cybedefend::probe(reader, &desk).await,
                Reader::Appsecplus(reader) => appsecplus::probe(reader, &desk).await,
                Reader::Sarif(_) | Reader::Unread(_) => Vec::new(),
            };
            desk.meter.finish();
            steps
        }))
        .await
    });
    // None tried is none that works.
    steps.unwrap_or_else(|why| readers.iter().map(|_| vec![Step::bad("network", why.as_str())]).collect())
}
