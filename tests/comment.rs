//! `findgate comment` against servers that answer as GitHub and GitLab do: one comment, never that of somebody else, never
//! two, and a token that goes nowhere else.

mod common;

#[path = "comment/gitlab.rs"]
mod gitlab;
#[path = "comment/own.rs"]
mod own;
#[path = "comment/platform.rs"]
mod platform;
#[path = "comment/trouble.rs"]
mod trouble;
#[path = "comment/usage.rs"]
mod usage;
