//! One source's word on a finding.

use super::Text;

/// That one tool, through one source, saw the finding, and what it said. Ordered so that a finding's list of sightings
/// is the same whatever the order of reading.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sighting {
    /// The source in the policy: `mend`, `sarif`.
    pub source: Text,
    /// The scanner's name.
    pub tool: Option<Text>,
    /// The scanner's check (its rule id).
    pub check: Option<Text>,
    /// The source's own id of the finding.
    pub id: Option<Text>,
    /// The status word as the source wrote it.
    pub status: Option<Text>,
    /// `Some`: the source does not count it as open.
    pub excuse: Option<Excuse>,
    /// The source's reason for the excuse.
    pub justification: Option<Text>,
    /// The severity as the source wrote it.
    pub severity: Option<Text>,
    /// The finding's page at the source, https only.
    pub url: Option<Text>,
    /// The fingerprint's hash that this sighting alone would have: a waiver that names it goes on matching after another
    /// source has seen the finding too.
    pub fingerprint: [u8; 16],
}

/// Why a source does not count a finding as open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Excuse {
    /// Suppressed, in the code or beside it.
    Suppressed,
    /// Ignored or snoozed.
    Ignored,
    /// The risk was accepted.
    AcceptedRisk,
    /// Marked as false positive.
    FalsePositive,
    /// Fixed or no longer there.
    Fixed,
}

impl Excuse {
    /// All of them.
    pub const ALL: [Excuse; 5] =
        [Excuse::Suppressed, Excuse::Ignored, Excuse::AcceptedRisk, Excuse::FalsePositive, Excuse::Fixed];

    /// For people and outputs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Excuse::Suppressed => "suppressed",
            Excuse::Ignored => "ignored",
            Excuse::AcceptedRisk => "accepted risk",
            Excuse::FalsePositive => "false positive",
            Excuse::Fixed => "fixed",
        }
    }

    /// Reads [`Excuse::name`], exactly.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Excuse> {
        Self::ALL.into_iter().find(|excuse| excuse.name() == name)
    }
}
