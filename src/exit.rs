//! Every exit status, and nothing else.

use crate::policy::Verdict;

/// How the program ends. The number never depends on how many findings there are, nor on any format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// 0: the policy holds, or a command that judges nothing did its work.
    Holds,
    /// 1: the policy is violated; of a command that compares, something differs.
    Violated,
    /// 2: wrong usage, settings or policy; nothing was judged.
    Usage,
    /// 3: undecided. A required source is missing, incomplete or unreadable, or an output could not be written.
    Undecided,
}

impl Status {
    /// The number that the process ends with.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Status::Holds => 0,
            Status::Violated => 1,
            Status::Usage => 2,
            Status::Undecided => 3,
        }
    }
}

impl From<Verdict> for Status {
    fn from(verdict: Verdict) -> Status {
        match verdict {
            Verdict::Pass => Status::Holds,
            Verdict::Fail => Status::Violated,
            Verdict::Undecided => Status::Undecided,
        }
    }
}
