//! What has to hold of whatever comes from outside. A function for each target; each panics where something does not hold.

mod comment;
mod evaluation;
mod judged;
mod policies;
mod project;
mod sarif;
mod seeds;
mod snapshot;
mod vendors;

pub use comment::comment;
pub use evaluation::evaluation;
pub use policies::{policy, vex, waivers};
pub use project::{address, event};
pub use sarif::sarif;
pub use seeds::{plant, seeds};
pub use snapshot::snapshot;
pub use vendors::{appsecplus, cybedefend, mayo, mend};

/// Every target by its name.
pub const TARGETS: [(&str, fn(&[u8])); 13] = [
    ("policy", policy),
    ("sarif", sarif),
    ("mend", mend),
    ("mayo", mayo),
    ("cybedefend", cybedefend),
    ("appsecplus", appsecplus),
    ("waivers", waivers),
    ("vex", vex),
    ("snapshot", snapshot),
    ("event", event),
    ("address", address),
    ("evaluation", evaluation),
    ("comment", comment),
];
