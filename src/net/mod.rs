//! HTTP for whatever asks a server: one client, the hosts that may have a credential, and credentials.
//!
//! It knows no vendor and no finding. A request can only be made from an [`Endpoint`], and an endpoint only by [`Trust`]: so
//! a credential cannot travel to a host that nobody trusts. Everything that a server sends is bounded in size and time.

mod answer;
mod client;
mod dns;
mod document;
mod failure;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod request;
mod retry;
mod secret;
mod tls;
mod trust;

pub use answer::Answer;
pub use client::{Client, Network};
pub use document::{MOST_BYTES, document};
pub use failure::Failure;
pub use request::{Field, Request};
pub use secret::{Masks, Secret};
pub use tls::Roots;
pub use trust::{Endpoint, Given, Host, Trust};

/// Runs what waits for the network, on the thread that calls.
///
/// # Errors
/// If the system gives no means to wait: no descriptor is left.
pub(crate) fn on_one_thread<T>(work: impl Future<Output = T>) -> Result<T, String> {
    match tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build() {
        Ok(runtime) => Ok(runtime.block_on(work)),
        Err(error) => Err(format!("the system gives no means to wait for an answer: {error}")),
    }
}
