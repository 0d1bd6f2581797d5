//! Mayo ASPM, end to end: a server that answers as the service documents, and as it must not.

mod common;

#[path = "mayo/findings.rs"]
mod findings;
#[path = "mayo/mock.rs"]
mod mock;
#[path = "mayo/network.rs"]
mod network;
#[path = "mayo/pages.rs"]
mod pages;
#[path = "mayo/projects.rs"]
mod projects;
#[path = "mayo/scans.rs"]
mod scans;
#[path = "mayo/settings.rs"]
mod settings;
