//! `findgate check`, end to end: what goes in, what comes out, how it ends.

mod common;

#[path = "check/evidence.rs"]
mod evidence;
#[path = "check/merging.rs"]
mod merging;
#[path = "check/outputs.rs"]
mod outputs;
#[path = "check/policy.rs"]
mod policy;
#[path = "check/status.rs"]
mod status;

const FORMATS: [&str; 7] = ["human", "json", "sarif", "sarif-audit", "junit", "gitlab", "github"];
