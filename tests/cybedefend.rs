//! CybeDefend, end to end: the binary against a server that is as strict as the real one is known to be.

mod common;

#[path = "cybedefend/branches.rs"]
mod branches;
#[path = "cybedefend/login.rs"]
mod login;
#[path = "cybedefend/mock.rs"]
mod mock;
#[path = "cybedefend/network.rs"]
mod network;
#[path = "cybedefend/pages.rs"]
mod pages;
#[path = "cybedefend/projects.rs"]
mod projects;
#[path = "cybedefend/reading.rs"]
mod reading;
#[path = "cybedefend/scans.rs"]
mod scans;
#[path = "cybedefend/settings.rs"]
mod settings;
#[path = "cybedefend/types.rs"]
mod types;
