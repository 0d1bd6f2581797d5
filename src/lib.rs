//! findgate: a CI policy gate for security findings.
//!
//! Facts flow one way: policy, collect, normalize, evaluate, write, exit. [`finding`] and [`policy`] are the core; they do
//! no IO. A source is a folder of [`source`], a format is a file of [`report`]. ARCHITECTURE.md tells the rest.

#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)
)]

pub mod baseline;
mod brief;
pub mod cache;
pub mod cli;
pub mod comment;
pub mod digest;
pub mod env;
pub mod event;
pub mod exit;
pub mod feed;
pub mod fetch;
pub mod finding;
#[cfg(fuzzing)]
pub mod fuzzing;
pub mod messages;
pub mod net;
mod parallel;
pub mod policy;
pub mod policy_file;
pub mod policy_test;
pub mod progress;
pub mod project;
pub mod report;
pub mod run;
pub mod settings;
pub mod snapshot;
pub mod source;
pub mod tree;
pub mod vex;
