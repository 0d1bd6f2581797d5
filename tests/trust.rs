//! A change cannot excuse itself: in a pull or merge request the policy is the base's. End to end, with real repositories.

#![allow(clippy::disallowed_methods, reason = "a test sets up the environment of the binary")]

mod common;

#[path = "trust/base.rs"]
mod base;
#[path = "trust/paths.rs"]
mod paths;
#[path = "trust/policy.rs"]
mod policy;
#[path = "trust/repository.rs"]
mod repository;
