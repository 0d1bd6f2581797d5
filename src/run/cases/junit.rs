//! The result of the tests as JUnit XML, which CI platforms show. It names no time, so the same result gives the same bytes.

use std::io;

use super::{Outcome, Ran, Suite};
use crate::report::xml::Xml;

pub(super) fn write(suites: &[Suite], out: &mut dyn io::Write) -> io::Result<()> {
    let mut xml = Xml::open(out)?;
    let all = || suites.iter().flat_map(|suite| &suite.results);
    let [tests, failures, errors] = counted(all());
    xml.start(
        "testsuites",
        &[("name", "findgate policy test"), ("tests", &tests), ("failures", &failures), ("errors", &errors)],
    )?;
    for Suite { name, results } in suites {
        let [tests, failures, errors] = counted(results.iter());
        xml.start("testsuite", &[("name", name), ("tests", &tests), ("failures", &failures), ("errors", &errors)])?;
        for Ran { name: case, line, outcome } in results {
            let line = line.to_string();
            let attributes = [("name", case.as_str()), ("classname", name.as_str()), ("file", name), ("line", &line)];
            match outcome {
                Outcome::Holds => xml.element("testcase", &attributes, "")?,
                Outcome::Differs(lines) => {
                    xml.start("testcase", &attributes)?;
                    let message = lines.first().map_or("", String::as_str);
                    xml.element("failure", &[("message", message)], &lines.join("\n"))?;
                    xml.end()?;
                }
                Outcome::Broken(why) => {
                    xml.start("testcase", &attributes)?;
                    xml.element("error", &[("message", why)], why)?;
                    xml.end()?;
                }
            }
        }
        xml.end()?;
    }
    xml.end()
}

/// How many cases there are, how many failed, and how many could not be judged.
fn counted<'a>(results: impl Iterator<Item = &'a Ran>) -> [String; 3] {
    let mut counts = [0usize; 3];
    for Ran { outcome, .. } in results {
        counts[0] += 1;
        match outcome {
            Outcome::Holds => {}
            Outcome::Differs(_) => counts[1] += 1,
            Outcome::Broken(_) => counts[2] += 1,
        }
    }
    counts.map(|count| count.to_string())
}
