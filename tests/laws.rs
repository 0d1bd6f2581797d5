//! The laws that merging and evaluation keep, whatever the input.

#[path = "laws/coverage.rs"]
mod coverage;
#[path = "laws/evaluation.rs"]
mod evaluation;
#[path = "laws/merging.rs"]
mod merging;
#[path = "laws/tightening.rs"]
mod tightening;
#[path = "laws/values.rs"]
mod values;
#[path = "laws/waivers.rs"]
mod waivers;
