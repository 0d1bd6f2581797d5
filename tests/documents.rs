//! What the documents promise, compared with the program: every policy is checked, every command parsed, every session of a
//! terminal run, every link followed.

#![allow(clippy::disallowed_methods, reason = "a test sets up the environment of the binary")]

mod common;

#[path = "documents/action.rs"]
mod action;
#[path = "documents/commands.rs"]
mod commands;
#[path = "documents/links.rs"]
mod links;
#[path = "documents/pages.rs"]
mod pages;
#[path = "documents/platforms.rs"]
mod platforms;
#[path = "documents/policies.rs"]
mod policies;
#[path = "documents/reference.rs"]
mod reference;
#[cfg(unix)]
#[path = "documents/sessions.rs"]
mod sessions;
