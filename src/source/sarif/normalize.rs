//! From a result, its rule and its run to a finding. Pure: no file is touched, and the same input gives the same finding.
//!
//! A secret is decided before anything is made of its text: its message, its code and its fingerprints may hold the
//! secret itself, so nothing of them goes anywhere. A finding about hard-coded credentials keeps its kind, but it too is
//! named by its rule, because linters quote the password in the message.

use std::borrow::Cow;
use std::sync::Arc;

use super::account::Tally;
use super::config::{Selection, Suppressions};
use super::ids;
use super::kind::{self, Maker, Said};
use super::names::{Names, one_line};
use super::package::{self, Clues, Recovered};
use super::path::Target;
use super::place;
use super::rule::{self, Rule, TITLE};
use super::run::Run;
use super::severity::{self, Evidence};
use super::wire::{self, Int, Loose, Property};
use crate::finding::{
    Context, Cwe, Excuse, Finding, Fingerprint, FingerprintInput, Kind, Location, Severity, Sighting, Text,
};

/// No text that is kept may be longer; such a result is skipped and counted, for no scanner writes it in earnest.
const LONGEST: usize = 64 * 1024;
/// So many parts a hierarchical id may have.
const MOST_PARTS_OF_ID: usize = 64;
/// A result in more places is not one result.
const MOST_LOCATIONS: usize = 1_000;

/// Reads a result. `Ok(None)`: it is no finding, and the tally says what it is. `Err`: why it could not be read.
pub(super) fn normalize(
    result: &wire::Outcome<'_>,
    run: &Run,
    selection: &Selection,
    (source, engine): (&Text, &Text),
    names: &mut Names,
    tally: &mut Tally,
) -> Result<Option<Finding>, String> {
    if let Some(kind) = other_kind(result) {
        *tally.other_kinds.entry(kind).or_default() += 1;
        return Ok(None);
    }
    let baseline = result.baseline_state.as_ref().map(|state| state.0.trim());
    if baseline.is_some_and(|state| state.eq_ignore_ascii_case("absent")) {
        tally.absent += 1;
        return Ok(None);
    }

    let named = [result.rule_id.as_ref(), result.rule.as_ref().and_then(|rule| rule.id.as_ref())];
    for id in named.into_iter().flatten() {
        // Each part of it is looked for.
        if id.0.len() > LONGEST || id.0.bytes().filter(|byte| *byte == b'/').count() > MOST_PARTS_OF_ID {
            return Err("the id of its rule is longer than 64 KiB or has more than 64 parts".to_owned());
        }
    }
    let found = rule::find(&run.components, result);
    let component = found.and_then(|(component, _)| run.components.get(component));
    let rule = found.and_then(|(_, index)| component?.rules.get(index));
    let check = result.rule_id.as_ref().map(|id| &*id.0).filter(|id| !id.is_empty());
    let check = check.or_else(|| result.rule.as_ref()?.id.as_ref().map(|id| &*id.0).filter(|id| !id.is_empty()));
    let check = check.or_else(|| rule.and_then(|rule| rule.id.as_deref().or(rule.name.as_deref())));
    let global = component.or(run.components.first()).map(|component| &component.messages);
    let message = message(result, rule, global);
    if check.is_none() && message.trim().is_empty() {
        return Err("it names no rule and has no message".to_owned());
    }

    // Ids and weaknesses, the rule's and the result's own.
    let mut ids = Vec::new();
    let mut cwe = Vec::new();
    if rule.is_none()
        && let Some(check) = check
    {
        ids::advisories(check, &mut ids);
    }
    if let Some(bag) = &result.properties {
        rule::facts(bag, &mut ids, &mut cwe);
        for tag in &bag.tags {
            ids::advisories(tag, &mut ids);
            ids::weaknesses(tag, &mut cwe);
        }
    }
    if ids.len() > rule::MOST_IDS {
        return Err(format!("it names more than {} advisories", rule::MOST_IDS));
    }
    for taxon in result.taxa.iter().flatten() {
        rule::taxon(taxon, &run.taxonomies, &mut cwe);
    }

    let kind = selection.kind.or_else(|| infer(result, run, rule, check.unwrap_or_default(), &message, &ids, &cwe));
    if kind.is_none() {
        tally.unknown_kind += 1;
    }
    let kind = kind.unwrap_or(Kind::Other);

    let location = location(result, run, names, tally)?;
    let also_in = also_in(result, run, location.as_ref(), names, tally)?;
    let recovered = match kind {
        Kind::Sca | Kind::Container | Kind::License => package::recover(Clues {
            maker: run.tool.maker,
            kind,
            result,
            message: &message,
            check: check.unwrap_or_default(),
            path: location.as_ref().map(|location| &*location.path),
            hints: rule.map(|rule| &rule.hints),
        }),
        _ => Recovered::default(),
    };
    let Recovered { package, fix, fixed_in, mut license, ids: beside, title: beside_title } = recovered;
    if let Some(told) = result.properties.as_ref().and_then(|bag| bag.fact(Property::License))
        && license.is_empty()
    {
        // Told of whatever kind of finding.
        license.extend(told.each().iter().filter_map(Loose::text).filter(|l| !l.is_empty()).map(Text::from));
    }
    ids.extend(beside);
    let location = location.map(|location| if package.is_some() { without_invented_line(location) } else { location });

    let cvss = result.properties.as_ref().map(severity::cvss_of).unwrap_or_default();
    let told = severity::judge(
        Evidence {
            properties: result.properties.as_ref(),
            message: message_word(run.tool.maker, &message),
            level: result.level.as_ref().map(|level| &*level.0),
            cvss: &cvss,
            rule,
            maker: run.tool.maker,
        },
        selection.severity,
    );

    let own_cvss = cvss.score.is_some() || cvss.vector.is_some();
    let shown = if own_cvss { &cvss } else { rule.map_or(&cvss, |rule| &rule.cvss) };

    let ids = merged(rule.map(|rule| &rule.ids), ids.into_iter().map(Text::from).collect(), |own| names.texts(own));
    let cwe = merged(rule.map(|rule| &rule.cwe), cwe, |own| names.cwe(own));
    let license =
        merged(rule.map(|rule| &rule.license).filter(|_| license.is_empty()), license, |own| names.texts(own));

    let quiet = kind == Kind::Secret || cwe.iter().any(|cwe| ids::is_credential(*cwe));
    let title = match beside_title.filter(|_| !quiet) {
        Some(text) => names.text(&one_line(&text, TITLE)),
        None => title(kind, quiet, rule, check, &message, engine, names),
    };
    let context = if kind == Kind::Secret || package.is_some() { None } else { context(result) };
    let (status, excuse, justification) = suppression(result, selection.suppressions, tally);
    let fingerprint = FingerprintInput {
        kind,
        advisory: best(&ids),
        check,
        package: package.as_deref(),
        path: location.as_ref().map(|location| &*location.path),
        context,
        message: if kind == Kind::Secret { "" } else { &message },
    }
    .hash();

    let bag = result.properties.as_ref();
    let sighting = Sighting {
        source: Text::clone(source),
        tool: Some(Text::clone(engine)),
        check: check.map(|check| names.text(check)),
        id: None,
        status: Some(names.text(status)),
        excuse,
        justification: justification.as_deref().map(Text::from),
        severity: told.raw.as_deref().map(|raw| names.text(raw)),
        url: result.hosted_viewer_uri.as_ref().and_then(Loose::text).and_then(place::link).map(Text::from),
        fingerprint,
    };
    tally.findings += 1;
    Ok(Some(Finding {
        fingerprint: Fingerprint { hash: fingerprint, ordinal: 1 },
        context,
        kind,
        severity: told.severity,
        severity_from: names.text(told.from),
        ids,
        cwe,
        title,
        said: said(result, &message, location.is_some()),
        package,
        fix,
        fixed_in: names.texts(fixed_in),
        location,
        also_in,
        first_seen: result
            .provenance
            .as_ref()
            .and_then(|provenance| provenance.first_detection_time_utc.as_ref()?.text()?.parse().ok()),
        cvss_vector: shown.vector.clone(),
        cvss: shown.score,
        // Of facts that contradict each other the stricter holds: yes before no before nothing, the higher number.
        epss: bag.and_then(|bag| {
            let told = bag.all(Property::Epss).filter_map(|told| told.number().and_then(probability));
            told.max_by(f32::total_cmp)
        }),
        kev: bag.and_then(|bag| bag.all(Property::Kev).filter_map(Loose::truth).max()),
        reachable: bag.and_then(|bag| bag.all(Property::Reachable).filter_map(reachable).max()),
        license,
        new: match baseline.map(str::to_ascii_lowercase).as_deref() {
            Some("new") => Some(true),
            Some("unchanged" | "updated") => Some(false),
            _ => None,
        },
        links: rule.map_or_else(|| names.texts(Vec::new()), |rule| rule.links.clone()),
        sightings: vec![sighting],
    }))
}

/// All that tells it from another result of the same check: the message, and of its places what is kept nowhere else.
fn said(result: &wire::Outcome<'_>, message: &str, is_located: bool) -> Option<Context> {
    let (first, others) = result.locations.as_ref().map(|all| (all.first.as_ref(), &all.others)).unzip();
    let physical = first.flatten().and_then(|first| first.physical_location.as_ref());
    let region = physical.and_then(|physical| physical.region.as_ref());
    let offsets = region.map(|region| (&region.byte_offset, &region.char_offset));
    let logical = first.flatten().and_then(|first| first.logical_locations.as_ref()?.0.as_ref());
    let unkept = physical.filter(|_| !is_located).and_then(|physical| physical.artifact_location.as_ref());
    let arguments = result.message.as_ref().map(|message| &message.arguments);
    let told = (
        offsets.filter(|offsets| *offsets != (&None, &None)),
        (logical, unkept),
        (others.filter(|others| !others.is_empty()), arguments.filter(|arguments| !arguments.is_empty())),
    );
    match told {
        (None, (None, None), (None, None)) => Context::of_code(message),
        told => Context::of_code(&format!("{message} {told:?}")),
    }
}

/// The kind, if it says that this is no finding. Only the known words do; whatever else stands there is a finding.
fn other_kind(result: &wire::Outcome<'_>) -> Option<&'static str> {
    let kind = result.kind.as_ref()?.0.trim();
    ["pass", "notApplicable", "informational", "review", "open"]
        .into_iter()
        .find(|known| kind.eq_ignore_ascii_case(known))
}

fn infer(
    result: &wire::Outcome<'_>,
    run: &Run,
    rule: Option<&Rule>,
    check: &str,
    message: &str,
    ids: &[String],
    cwe: &[Cwe],
) -> Option<Kind> {
    // Only Grype's message tells an image from a folder.
    if run.tool.maker == Maker::Grype && message.contains(" was found in image ") {
        return Some(Kind::Container);
    }
    let tags = result.properties.as_ref().map(|bag| bag.tags.as_slice()).unwrap_or_default();
    let own = || {
        let tags: Vec<Box<str>> = tags.iter().map(|tag| Box::from(&**tag)).collect();
        let name = rule.and_then(|rule| rule.name.as_deref()).unwrap_or_default();
        kind::infer(run.tool, Said { check, name, tags: &tags, advisory: !ids.is_empty(), weakness: !cwe.is_empty() })
    };
    match rule.and_then(|rule| rule.kind) {
        // A result may say more than its rule only where it has something to say.
        Some(kind) if tags.is_empty() => Some(kind),
        Some(kind) => own().filter(|own| *own == Kind::Secret).or(Some(kind)),
        None => own(),
    }
}

/// The message: its text; else the rule's or the tool's text of that id; else its markdown.
fn message<'a>(
    result: &'a wire::Outcome<'_>,
    rule: Option<&'a Rule>,
    global: Option<&'a std::collections::HashMap<Box<str>, Box<str>>>,
) -> Cow<'a, str> {
    let Some(message) = &result.message else { return Cow::Borrowed("") };
    let text = message.text.as_deref().filter(|text| !text.trim().is_empty());
    let by_id = || {
        let id = message.id.as_deref()?;
        rule.and_then(|rule| rule.messages.get(id)).or_else(|| global?.get(id)).map(|text| &**text)
    };
    let Some(text) = text.or_else(by_id).or(message.markdown.as_deref()) else { return Cow::Borrowed("") };
    if message.arguments.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(fill(text, &message.arguments)) }
}

/// Puts arguments in for `{0}`; `{{` and `}}` are braces.
fn fill(text: &str, arguments: &[Loose<'_>]) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, brace) = rest.split_at(at);
        out.push_str(before);
        let argument = brace
            .strip_prefix('{')
            // A number is short; looking further for its end would take forever in a text of nothing but beginnings.
            .and_then(|inner| Some(inner.split_at(inner.bytes().take(8).position(|byte| byte == b'}')?)))
            .map(|(number, after)| (number, after.get(1..).unwrap_or_default()))
            .and_then(|(number, after)| Some((arguments.get(number.parse::<usize>().ok()?)?.word()?, after)));
        if let Some((argument, after)) = argument {
            out.push_str(&argument);
            rest = after;
        } else {
            let twice = brace.starts_with("{{") || brace.starts_with("}}");
            out.push_str(brace.get(..1).unwrap_or_default());
            rest = brace.get(if twice { 2 } else { 1 }..).unwrap_or_default();
        }
        if out.len() > LONGEST {
            return out;
        }
    }
    out.push_str(rest);
    out
}

/// The severity that some tools write into the message.
fn message_word(maker: Maker, message: &str) -> Option<&str> {
    match maker {
        // A package's name could bring a line of its own, so of several the worst counts.
        Maker::Trivy => message
            .lines()
            .filter_map(|line| line.strip_prefix("Severity:"))
            .map(str::trim)
            .filter(|word| Severity::from_word(word).is_some() || word.eq_ignore_ascii_case("unknown"))
            .max_by_key(|word| Severity::from_word(word)),
        // "A high vulnerability in ..."
        Maker::Grype => message.strip_prefix("A ")?.split_once(" vulnerability in ").map(|(word, _)| word),
        // "... with a high severity vulnerability."
        Maker::Snyk => message.rsplit_once(" with a ")?.1.split_once(" severity ").map(|(word, _)| word),
        _ => None,
    }
}

/// The first location, if it has a path.
fn location(
    result: &wire::Outcome<'_>,
    run: &Run,
    names: &mut Names,
    tally: &mut Tally,
) -> Result<Option<Location>, String> {
    let first = result.locations.as_ref().and_then(|locations| locations.first.as_ref());
    let Some(physical) = first.and_then(|location| location.physical_location.as_ref()) else { return Ok(None) };
    let Some(artifact) = &physical.artifact_location else { return Ok(None) };
    let uri = artifact.uri.as_ref().map(|uri| &*uri.0).filter(|uri| !uri.is_empty());
    if uri.is_some_and(|uri| uri.len() > LONGEST) {
        return Err("its path is longer than 64 KiB".to_owned());
    }
    let base = artifact.uri_base_id.as_ref().map(|base| &*base.0);
    let path = match uri {
        Some(uri) if run.roots.is_plain(uri, base) => names.text(uri),
        Some(uri) => match inside(&run.roots.resolve(uri, base), tally) {
            Some(path) => names.text(path),
            None => return Ok(None),
        },
        None => {
            let index = artifact.index.and_then(|Int(index)| usize::try_from(index).ok());
            match index.and_then(|index| inside(run.artifacts.get(index)?, tally)) {
                Some(path) => names.text(path),
                None => return Ok(None),
            }
        }
    };
    let number = |int: Option<Int>| int.and_then(|Int(i)| u32::try_from(i).ok()).filter(|i| *i > 0);
    let region = physical.region.as_ref();
    let line = region.and_then(|region| number(region.start_line));
    let told_end = region.and_then(|region| number(region.end_line));
    // An end before its beginning is none, and then a column of that end says nothing either.
    let end_line = told_end.filter(|end| line.is_some_and(|line| *end >= line));
    Ok(Some(Location {
        path,
        line,
        column: region.and_then(|region| number(region.start_column)),
        end_line,
        end_column: region.filter(|_| end_line == told_end).and_then(|region| number(region.end_column)),
    }))
}

/// The paths of the other locations. A result that has several is at all of them (SARIF 2.1.0, 3.27.12).
fn also_in(
    result: &wire::Outcome<'_>,
    run: &Run,
    first: Option<&Location>,
    names: &mut Names,
    tally: &mut Tally,
) -> Result<Arc<[Text]>, String> {
    let others = result.locations.as_ref().map(|locations| locations.others.as_slice()).unwrap_or_default();
    if others.len() > MOST_LOCATIONS {
        return Err(format!("it has more than {MOST_LOCATIONS} locations"));
    }
    let mut paths: Vec<Text> = Vec::new();
    for other in others {
        let artifact = other.member("physicalLocation").and_then(|physical| physical.member("artifactLocation"));
        let member = |name| artifact.and_then(|artifact| artifact.member(name));
        let uri = member("uri").and_then(Loose::text).filter(|uri| !uri.is_empty());
        let base = member("uriBaseId").and_then(Loose::text);
        let index = || member("index")?.word()?.parse::<usize>().ok();
        let path = match uri {
            Some(uri) if uri.len() > LONGEST => None,
            Some(uri) => inside(&run.roots.resolve(uri, base), tally).map(|path| names.text(path)),
            None => index().and_then(|at| inside(run.artifacts.get(at)?, tally)).map(|path| names.text(path)),
        };
        paths.extend(path);
    }
    paths.sort_unstable();
    paths.dedup();
    paths.retain(|path| first.is_none_or(|first| first.path != *path));
    Ok(names.texts(paths))
}

/// The path of a target, with what is odd about it counted.
fn inside<'a>(target: &'a Target, tally: &mut Tally) -> Option<&'a str> {
    match target {
        Target::Inside(path) => Some(path),
        Target::Elsewhere(path) => {
            tally.elsewhere += 1;
            Some(path)
        }
        Target::Outside => {
            tally.outside += 1;
            None
        }
        Target::Nowhere => None,
    }
}

/// Scanners of packages know no line and write 1, because platforms demand one.
fn without_invented_line(location: Location) -> Location {
    let one = |number: Option<u32>| number.is_none_or(|number| number == 1);
    if one(location.line) && one(location.column) && one(location.end_line) && one(location.end_column) {
        return Location { line: None, column: None, end_line: None, end_column: None, ..location };
    }
    location
}

/// A rule's list, or its list and the result's own.
fn merged<T: Clone + Ord>(
    of_rule: Option<&std::sync::Arc<[T]>>,
    mut own: Vec<T>,
    make: impl FnOnce(Vec<T>) -> std::sync::Arc<[T]>,
) -> std::sync::Arc<[T]> {
    match of_rule {
        Some(list) if own.iter().all(|one| list.binary_search(one).is_ok()) => std::sync::Arc::clone(list),
        Some(list) => {
            own.extend(list.iter().cloned());
            make(own)
        }
        None => make(own),
    }
}

/// The advisory that people know it by: a CVE before a GHSA before any other.
fn best(ids: &[Text]) -> Option<&str> {
    let rank = |id: &str| match () {
        () if id.starts_with("CVE-") => 0,
        () if id.starts_with("GHSA-") => 1,
        () => 2,
    };
    ids.iter().map(|id| &**id).min_by_key(|id| (rank(id), *id))
}

/// One line that says what is wrong.
fn title(
    kind: Kind,
    quiet: bool,
    rule: Option<&Rule>,
    check: Option<&str>,
    message: &str,
    engine: &Text,
    names: &mut Names,
) -> Text {
    let described = rule.and_then(|rule| rule.title.as_ref().filter(|_| rule.title_is_short || !quiet));
    let name = || rule.and_then(|rule| rule.name.as_deref()).or(check).map(|name| one_line(name, TITLE));
    let said = || Some(one_line(&without_links(opening(message)), TITLE)).filter(|line| !line.is_empty());
    let text = if quiet {
        described.map(Text::clone).or_else(|| name().map(|name| names.text(&name)))
    } else if matches!(kind, Kind::Sca | Kind::Container | Kind::License | Kind::Iac) {
        // Their messages are tables of facts; what is wrong stands in the rule.
        described.map(Text::clone).or_else(|| said().or_else(name).map(|line| names.text(&line)))
    } else {
        said().map(|line| names.text(&line)).or_else(|| described.map(Text::clone)).or_else(|| name().map(Text::from))
    };
    text.filter(|text| !text.is_empty()).unwrap_or_else(|| names.text(&format!("finding of {engine}")))
}

/// The first line if it is a sentence, else the first paragraph.
fn opening(message: &str) -> &str {
    let message = message.trim_start();
    let line = message.lines().next().unwrap_or_default().trim_end();
    if line.ends_with(['.', '!', '?', ':']) {
        return line;
    }
    message.split("\n\n").next().unwrap_or(line)
}

/// Replaces SARIF's embedded links, `[text](1)`, by their text.
fn without_links(text: &str) -> Cow<'_, str> {
    if !text.contains("](") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("](") {
        // The end is looked for only behind a beginning, and once in vain is enough: a hostile text holds millions of either.
        match before.rfind('[').map(|open| (open, after.split_once(')'))) {
            Some((open, Some((_, tail)))) => {
                out.push_str(&before[..open]);
                out.push_str(&before[open + 1..]);
                rest = tail;
            }
            Some((_, None)) => break,
            None => {
                out.push_str(before);
                out.push_str("](");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The code that was seen: the snippet, else the hash that the tool made of it.
fn context(result: &wire::Outcome<'_>) -> Option<Context> {
    if let Some(snippet) = package::snippet(result) {
        return Context::of_code(snippet);
    }
    let print = result.partial_fingerprints.as_ref()?.line.as_deref()?;
    // What follows the colon counts lines with the same code. Semgrep writes "requires login" where a hash belongs.
    let hash = print.split(':').next().unwrap_or_default();
    let is_hash = hash.len() >= 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash { Context::of_code(hash) } else { None }
}

/// Whether it is suppressed: at least one suppression was accepted, and none is under review or rejected. SARIF leaves
/// mixtures open; the strict reading is that somebody still objects. A word that nobody knows accepts nothing.
fn suppression<'a>(
    result: &'a wire::Outcome<'_>,
    mode: Suppressions,
    tally: &mut Tally,
) -> (&'static str, Option<Excuse>, Option<Cow<'a, str>>) {
    let suppressions: Vec<&wire::Suppression<'_>> =
        result.suppressions.iter().flatten().map(|wire::Object(one)| one).collect();
    if suppressions.is_empty() {
        return ("open", None, None);
    }
    let status = |suppression: &wire::Suppression<'_>| {
        suppression.status.as_ref().map(|status| status.0.trim().to_ascii_lowercase()).unwrap_or_default()
    };
    let objected = |word: &str| suppressions.iter().any(|one| status(one) == word);
    let justification = |accepted: &&'a wire::Suppression<'_>| {
        let text = accepted.justification.as_ref().map(|text| &*text.0).filter(|text| !text.is_empty())?;
        Some(if text.len() > LONGEST { Cow::Owned(one_line(text, TITLE)) } else { Cow::Borrowed(text) })
    };
    if objected("rejected") {
        return ("rejected", None, None);
    }
    if objected("underreview") {
        return ("underReview", None, None);
    }
    if suppressions.iter().any(|one| !matches!(status(one).as_str(), "" | "accepted")) {
        return ("open", None, None);
    }
    let outside = |one: &&&wire::Suppression<'_>| {
        one.kind.as_ref().is_some_and(|kind| kind.0.trim().eq_ignore_ascii_case("external"))
    };
    let honored = match mode {
        Suppressions::Honor => suppressions.first(),
        Suppressions::External => suppressions.iter().find(outside),
        Suppressions::Ignore => None,
    };
    let Some(honored) = honored else {
        tally.not_honored += 1;
        return ("suppressed", None, suppressions.iter().find_map(justification));
    };
    let reason = justification(honored).or_else(|| suppressions.iter().find_map(justification));
    ("suppressed", Some(Excuse::Suppressed), reason)
}

/// A probability.
fn probability(number: f64) -> Option<f32> {
    #[expect(clippy::cast_possible_truncation, reason = "a probability, as just checked")]
    (0.0..=1.0).contains(&number).then_some(number as f32)
}

/// Only a plain yes or no: "no path found" proves nothing.
fn reachable(value: &Loose<'_>) -> Option<bool> {
    value.truth().or_else(|| match value.text()?.trim().to_ascii_lowercase().as_str() {
        "reachable" => Some(true),
        "unreachable" | "not reachable" | "not_reachable" => Some(false),
        _ => None,
    })
}
