//! Mend, end to end: against a server that answers as Mend does.

#![allow(clippy::disallowed_methods, reason = "a test sets up the environment of the binary")]

mod common;

#[path = "mend/engines.rs"]
mod engines;
#[path = "mend/login.rs"]
mod login;
#[path = "mend/mock.rs"]
mod mock;
#[path = "mend/network.rs"]
mod network;
#[path = "mend/pages.rs"]
mod pages;
#[path = "mend/projects.rs"]
mod projects;
#[path = "mend/reading.rs"]
mod reading;
#[path = "mend/scans.rs"]
mod scans;
#[path = "mend/settings.rs"]
mod settings;
