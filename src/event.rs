//! What starts a run. Platforms tell it, and policies ask for it.

/// What started the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// A push to a branch.
    Push,
    /// A pull or merge request.
    PullRequest,
    /// A merge queue or merge train.
    MergeGroup,
    /// A tag.
    Tag,
    /// The clock.
    Schedule,
    /// A person.
    Manual,
    /// Anything else that a platform tells.
    Other,
}

impl Event {
    /// All of them.
    pub const ALL: [Event; 7] =
        [Event::Push, Event::PullRequest, Event::MergeGroup, Event::Tag, Event::Schedule, Event::Manual, Event::Other];

    /// The name in the policy.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Event::Push => "push",
            Event::PullRequest => "pull_request",
            Event::MergeGroup => "merge_group",
            Event::Tag => "tag",
            Event::Schedule => "schedule",
            Event::Manual => "manual",
            Event::Other => "other",
        }
    }

    /// Reads [`Event::name`], exactly.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Event> {
        Self::ALL.into_iter().find(|event| event.name() == name)
    }
}
