//! AppSec+ end to end: against a server that behaves as documented, and against every way in which one may not.

mod common;

#[path = "appsecplus/application.rs"]
mod application;
#[path = "appsecplus/findings.rs"]
mod findings;
#[path = "appsecplus/gate.rs"]
mod gate;
#[path = "appsecplus/network.rs"]
mod network;
#[path = "appsecplus/pages.rs"]
mod pages;
#[path = "appsecplus/scans.rs"]
mod scans;
#[path = "appsecplus/settings.rs"]
mod settings;
#[path = "appsecplus/token.rs"]
mod token;
#[path = "appsecplus/vendor.rs"]
mod vendor;
