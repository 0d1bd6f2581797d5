//! From a path on the machine that scanned to one in the repository.
//!
//! Mend tells paths as that machine saw them, mostly absolute, and nobody tells where the checkout stood. It is found by the
//! places where CI platforms put it, else by the repository's name. Where neither fits there is no path: one that was cut at
//! the wrong place would make a condition on paths miss the finding, and one that nobody told cannot.

/// The path in the repository, with `/`. `repository` is host and path: `github.com/acme/payments`.
pub(super) fn relative(told: &str, repository: Option<&str>) -> Option<String> {
    let told = told.trim().replace('\\', "/");
    if told.is_empty() || told.len() > 4096 || told.contains(char::is_control) {
        return None;
    }
    let drive = told.as_bytes().get(1) == Some(&b':') && told.starts_with(|c: char| c.is_ascii_alphabetic());
    let mut parts = Vec::new();
    for part in told.split('/') {
        match part {
            "" | "." => {}
            // Whoever climbs may climb anywhere.
            ".." => return None,
            part => parts.push(part),
        }
    }
    let inside = if drive || told.starts_with('/') { below_checkout(&parts, repository)? } else { &parts };
    (!inside.is_empty()).then(|| inside.join("/"))
}

/// What of the parts of an absolute path lies below the checkout.
fn below_checkout<'p>(parts: &'p [&'p str], repository: Option<&str>) -> Option<&'p [&'p str]> {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let after = |count: usize| parts.get(count..).filter(|rest| !rest.is_empty());
    match parts {
        ["github", "workspace", ..] => return after(2),
        ["bitbucket", "pipelines", "agent", "build", ..] => return after(4),
        // GitHub's runners, and its containers.
        ["home", "runner", "work", one, two, ..] if one == two => return after(5),
        ["__w", one, two, ..] if one == two => return after(3),
        // Azure's containers.
        ["__w", number, "s", ..] if is_number(number) => return after(3),
        _ => {}
    }
    // Azure's agents: `.../_work/1/s/`, `/home/vsts/work/1/s/`.
    let azure = parts.windows(3).position(|window| {
        matches!(window, [work, number, "s"] if (*work == "_work" || *work == "work" || *work == "a") && is_number(number))
    });
    if let Some(place) = azure {
        return after(place + 3);
    }
    let name = repository?.rsplit('/').next().filter(|name| !name.is_empty())?;
    let place = parts.iter().position(|part| part.eq_ignore_ascii_case(name))?;
    after(place + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_the_machine_that_scanned_becomes_one_of_the_repository_or_none() {
        for (told, want) in [
            ("src/codegen/generate.rb", Some("src/codegen/generate.rb")),
            ("./web//package.json", Some("web/package.json")),
            ("web\\package.json", Some("web/package.json")),
            ("/builds/acme/payments/package.json", Some("package.json")),
            ("/builds/acme/Payments/web/pom.xml", Some("web/pom.xml")),
            ("/github/workspace/go.mod", Some("go.mod")),
            ("/home/runner/work/other/other/pom.xml", Some("pom.xml")),
            ("/home/vsts/work/1/s/app/pom.xml", Some("app/pom.xml")),
            ("C:\\agent\\_work\\12\\s\\app\\pom.xml", Some("app/pom.xml")),
            ("D:\\a\\1\\s\\app.csproj", Some("app.csproj")),
            ("/__w/1/s/pom.xml", Some("pom.xml")),
            ("/bitbucket/pipelines/agent/build/a/b.js", Some("a/b.js")),
            // The wrapper of a library in a cache is no file of the repository.
            ("/root/.m2/repository/org/a/a-1.jar", None),
            ("/builds/acme/payments", None),
            ("C:\\Users\\ci\\pom.xml", None),
            ("../secret", None),
            ("/builds/acme/payments/../../x", None),
            ("a\nb", None),
            ("", None),
            ("/", None),
        ] {
            assert_eq!(relative(told, Some("github.com/acme/payments")).as_deref(), want, "{told}");
        }
        assert_eq!(relative("/builds/acme/payments/a", None), None, "nobody knows where the checkout stood");
    }
}
