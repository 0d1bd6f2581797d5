//! Evaluations that nobody thought of.

use std::cell::Cell;
use std::sync::Arc;

use proptest::prelude::*;

use super::{Sample, hostile_text, judged, sample};
use crate::finding::{Excuse, Kind, Location, Severity};
use crate::policy::{Disposition, Judged, Verdict};

/// Evaluations that nobody thought of: any facts, any texts, any of them missing.
pub(crate) fn any_sample() -> impl Strategy<Value = Sample> {
    let findings = proptest::collection::vec((any::<u64>(), hostile_text(), hostile_text()), 0..12);
    (findings, any::<u64>(), hostile_text(), proptest::option::of(hostile_text())).prop_map(
        |(findings, bits, text, name)| {
            let mut sample = sample();
            sample.evaluation.findings =
                findings.iter().map(|(bits, title, other)| any_judged(&Bits(Cell::new(*bits)), title, other)).collect();
            let bits = Bits(Cell::new(bits));
            sample.evaluation.baseline = bits.some(crate::policy::Baseline::sample());
            sample.evaluation.verdict = bits.pick(&[Verdict::Pass, Verdict::Fail, Verdict::Undecided]);
            sample.policy_origin = bits
                .pick(&[".findgate.yml", "preset:recommended", "/etc/findgate.yml", "a/../b.yml", "c:d.yml"])
                .to_owned();
            sample.policy.name = name;
            sample.evaluation.warnings.push(text.clone());
            sample.evaluation.besides.push(text.clone());
            sample.evaluation.evidence[2].coverage.reasons.push(text.clone());
            sample.evaluation.waivers[0].reason.clone_from(&text);
            sample.project.repository = bits.some(text);
            if bits.pick(&[true, false]) {
                sample.only.clear();
            }
            sample.settle()
        },
    )
}

fn any_judged(bits: &Bits, title: &str, other: &str) -> Judged {
    let severity =
        bits.pick(&[None, Some(Severity::Critical), Some(Severity::High), Some(Severity::Low), Some(Severity::Info)]);
    let disposition = bits.pick(&Disposition::ALL);
    let kind = bits.pick(&Kind::ALL);
    let violations = match disposition {
        Disposition::Violation => vec![0, 3],
        Disposition::Warning => vec![3],
        Disposition::Allowed | Disposition::Baseline | Disposition::Waived | Disposition::Excused => Vec::new(),
    };
    let mut one = judged(bits.0.get() as u32, kind, severity, disposition, &violations, title);
    one.waiver = (disposition == Disposition::Waived).then(|| bits.pick(&[0, 1, 2, 3, 4]));
    one.unwaived = (!violations.is_empty()).then(|| bits.pick(&[2, 4, 5, 6, 7]));
    one.excuse = (disposition == Disposition::Excused).then_some(Excuse::AcceptedRisk);
    let finding = &mut one.finding;
    finding.sightings[0].excuse = one.excuse;
    finding.sightings[0].check = bits.some(other.into());
    finding.sightings[0].tool = bits.some(title.into());
    finding.cvss = bits.some(bits.pick(&[0.0, 0.04, 3.95, 6.96, 8.95, 9.0, 9.01, 10.0, f32::NAN, -1.0, 11.0]));
    finding.location = bits.some(Location {
        path: bits.pick(&[other, "src/a.rs", "", "/", "..", "a//b", "./c"]).into(),
        line: bits.some(bits.pick(&[0, 1, 7, u32::MAX])),
        column: bits.some(bits.pick(&[0, 1, 9])),
        end_line: bits.some(bits.pick(&[0, 1, 7, 8])),
        end_column: bits.some(bits.pick(&[0, 1, 9, 10])),
    });
    if bits.pick(&[true, false]) {
        finding.ids = Arc::from([]);
        finding.links = [format!("https://example.org/{other}").into()].into();
    }
    if let Some(package) = &mut finding.package {
        package.name = other.into();
        package.purl = bits.some(title.into());
        package.version = bits.some(other.into());
    }
    one
}

/// A source of small choices, all of them made by one number that proptest can shrink.
struct Bits(Cell<u64>);

impl Bits {
    fn pick<T: Copy>(&self, from: &[T]) -> T {
        let bits = self.0.get();
        let at = bits % from.len() as u64;
        self.0.set(bits.rotate_right(7).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(at));
        from[at as usize]
    }

    fn some<T>(&self, value: T) -> Option<T> {
        self.pick(&[true, true, false]).then_some(value)
    }
}
