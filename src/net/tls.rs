//! The certificates that are trusted.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::env::Env;

/// Where trusted roots come from besides the system's.
#[derive(Clone, Debug, Default)]
pub struct Roots {
    /// Those of `--ca-file`, and what a platform names for itself.
    more: Vec<CertificateDer<'static>>,
    /// `SSL_CERT_FILE`, if it is set: it replaces the system's roots, so it must hold some.
    replacement: Option<String>,
}

impl Roots {
    /// Reads `--ca-file`.
    ///
    /// # Errors
    /// If it cannot be read or holds no certificate.
    pub fn read(ca_file: Option<&Path>, env: &Env) -> anyhow::Result<Roots> {
        let more = match ca_file {
            Some(path) => {
                certificates(&env.folder.join(path)).with_context(|| format!("--ca-file {}", path.display()))?
            }
            None => Vec::new(),
        };
        Ok(Roots { more, replacement: env.get("SSL_CERT_FILE").map(str::to_owned) })
    }

    /// Adds those of another file, which a platform names for its own server.
    ///
    /// # Errors
    /// If it cannot be read or holds no certificate.
    pub fn add(&mut self, file: &Path) -> anyhow::Result<()> {
        self.more.extend(certificates(file)?);
        Ok(())
    }

    /// What the client trusts: the system's roots (or those of `SSL_CERT_FILE` and `SSL_CERT_DIR`), else those of the web
    /// as they were when findgate was built, and the ones of `--ca-file`.
    ///
    /// # Errors
    /// If `SSL_CERT_FILE` holds no certificate: to go on with others would be to trust what nobody named.
    ///
    /// Without `system` only those of `--ca-file`: to read the system's takes longer than all else that a client needs.
    pub(super) fn config(&self, system: bool) -> anyhow::Result<ClientConfig> {
        let mut store = RootCertStore::empty();
        if system {
            self.add_system(&mut store)?;
        }
        for certificate in &self.more {
            store.add(certificate.clone()).context("--ca-file: use a certificate in it")?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .context("choose a TLS version")?
            .with_root_certificates(store)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

impl Roots {
    fn add_system(&self, store: &mut RootCertStore) -> anyhow::Result<()> {
        let native = rustls_native_certs::load_native_certs();
        let (usable, _) = store.add_parsable_certificates(native.certs);
        if usable == 0 {
            if let Some(file) = &self.replacement {
                let why = native.errors.first().map(|error| format!(" ({error})")).unwrap_or_default();
                bail!("SSL_CERT_FILE {file} holds no certificate that can be used{why}");
            }
            store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        Ok(())
    }
}

/// Many times what all roots of the web take.
const MOST_BYTES: u64 = 16 << 20;

fn certificates(path: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let mut pem = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut pem));
    ensure!(read.context("cannot read it")? as u64 <= MOST_BYTES, "it is larger than {MOST_BYTES} bytes");
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(|error| anyhow::anyhow!("{error}"))?;
    if certificates.is_empty() {
        bail!("it holds no certificate; it must be PEM, with -----BEGIN CERTIFICATE-----");
    }
    Ok(certificates)
}
