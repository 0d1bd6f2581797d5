//! Where the API of an instance of Mend is, whichever of its addresses a user knows.

/// The hosts that are Mend's own: those of its instances, and of the two that kept the name that the company had before.
const HOSTS: [&str; 7] = [
    "api-saas.mend.io",
    "api-saas-eu.mend.io",
    "api-app.mend.io",
    "api-app-eu.mend.io",
    "api-saas-au.mend.io",
    "api-saas.whitesourcesoftware.com",
    "api-saas-eu.whitesourcesoftware.com",
];

/// Whether a host, in small letters, is Mend's own.
pub(super) fn is_well_known(host: &str) -> bool {
    HOSTS.contains(&host)
}

/// The address of the API: from itself, from the address of the pages that people use, or from an instance's bare name
/// (`saas-eu`). The API's host is that of the pages with `api-` before it; whatever path was given, its own is always the same.
pub(super) fn of_api(given: &str) -> String {
    let given = given.trim();
    let (scheme, rest) = given.split_once("://").unwrap_or(("https", given));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    // Only who decides about trust reads a name and a password.
    if authority.is_empty() || authority.contains('@') {
        return given.to_owned();
    }
    let is_bare = !given.contains("://") && authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let authority = if is_bare && !authority.eq_ignore_ascii_case("localhost") {
        format!("{authority}.mend.io")
    } else {
        authority.to_owned()
    };
    let host = authority.to_ascii_lowercase();
    let name = host.split(':').next().unwrap_or_default();
    let is_vendors = name.ends_with(".mend.io") || name.ends_with(".whitesourcesoftware.com");
    // A host of somebody else's that was given together with the API's path is the API's already.
    let is_api = host.starts_with("api-") || is_machine(name) || (!is_vendors && tail.starts_with("/api/v3.0"));
    let prefix = if is_api { "" } else { "api-" };
    format!("{scheme}://{prefix}{authority}/api/v3.0")
}

/// Whether a host is a number or this machine: then there is no name to put something before.
fn is_machine(name: &str) -> bool {
    name == "localhost" || name.starts_with('[') || name.parse::<std::net::Ipv4Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_that_a_user_knows_leads_to_the_same_api() {
        for (given, want) in [
            ("saas", "https://api-saas.mend.io/api/v3.0"),
            ("saas-eu", "https://api-saas-eu.mend.io/api/v3.0"),
            ("api-app", "https://api-app.mend.io/api/v3.0"),
            ("app-eu.mend.io", "https://api-app-eu.mend.io/api/v3.0"),
            ("https://saas.mend.io", "https://api-saas.mend.io/api/v3.0"),
            ("https://saas.mend.io/", "https://api-saas.mend.io/api/v3.0"),
            ("https://SAAS.mend.io/app/orgs/Acme?project=1#x", "https://api-SAAS.mend.io/api/v3.0"),
            ("https://saas.mend.io/api/v3.0", "https://api-saas.mend.io/api/v3.0"),
            ("https://api-saas.mend.io/api/v3.0/", "https://api-saas.mend.io/api/v3.0"),
            ("https://api-saas.mend.io/api/v3.0/api/v3.0", "https://api-saas.mend.io/api/v3.0"),
            ("https://saas.whitesourcesoftware.com", "https://api-saas.whitesourcesoftware.com/api/v3.0"),
            ("https://mend.acme.example", "https://api-mend.acme.example/api/v3.0"),
            ("https://mend.acme.example/api/v3.0", "https://mend.acme.example/api/v3.0"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/api/v3.0"),
            ("http://localhost:8080/x", "http://localhost:8080/api/v3.0"),
            ("http://[::1]:8080", "http://[::1]:8080/api/v3.0"),
        ] {
            assert_eq!(of_api(given), want, "{given}");
        }
        assert_eq!(of_api("https://me:pw@saas.mend.io/"), "https://me:pw@saas.mend.io/", "left for trust to refuse");
    }

    #[test]
    fn only_the_vendors_own_hosts_are_known_well() {
        assert!(is_well_known("api-saas.mend.io") && is_well_known("api-saas-eu.whitesourcesoftware.com"));
        for other in ["saas.mend.io", "api-evil.mend.io", "api-saas.mend.io.evil.example", "mend.io"] {
            assert!(!is_well_known(other), "{other}");
        }
    }
}
