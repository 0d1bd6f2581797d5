//! Names to addresses.
//!
//! On Linux we ask the name servers ourselves: the C library of a static program loads modules at run time to do it, of
//! another version than its own, and crashes on some machines. Elsewhere the system does it.

use std::sync::Arc;

/// Makes a client resolve names as this program does.
pub(super) fn resolve_with(client: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    #[cfg(target_os = "linux")]
    if let Some(resolver) = linux::resolver() {
        return client.dns_resolver(Arc::new(resolver));
    }
    client
}

#[cfg(target_os = "linux")]
mod linux {
    use std::net::SocketAddr;

    use hickory_resolver::TokioResolver;
    use hickory_resolver::config::LookupIpStrategy;
    use reqwest::dns::{Addrs, Name, Resolve, Resolving};

    /// A resolver by `/etc/resolv.conf` and `/etc/hosts`. `None` without a configuration: to ask anybody's servers instead
    /// would tell them which hosts are asked for, so then the system may try.
    pub(super) fn resolver() -> Option<Resolver> {
        let mut builder = TokioResolver::builder_tokio().ok()?;
        builder.options_mut().ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        builder.build().ok().map(Resolver)
    }

    pub(super) struct Resolver(TokioResolver);

    impl Resolve for Resolver {
        fn resolve(&self, name: Name) -> Resolving {
            let resolver = self.0.clone();
            Box::pin(async move {
                let lookup = resolver.lookup_ip(name.as_str()).await?;
                let addresses: Vec<SocketAddr> = lookup.iter().map(|address| SocketAddr::new(address, 0)).collect();
                let addresses: Addrs = Box::new(addresses.into_iter());
                Ok(addresses)
            })
        }
    }
}
