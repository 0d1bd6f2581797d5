//! A scanner's rule: what is kept of it, and which one a result means.

use std::collections::HashMap;
use std::sync::Arc;

use super::ids;
use super::kind::{self, Said, Tool};
use super::names::{one_line, sorted};
use super::package::Hints;
use super::place::link;
use super::severity::{Cvss, cvss_of, own_word};
use super::wire::{self, Int, Loose, Property};
use crate::finding::{Cwe, Kind, Severity, Text};

/// A title of more characters is cut.
pub(super) const TITLE: usize = 1024;

/// A rule or result that names more advisories is none of one vulnerability; merging takes memory for each of them.
pub(super) const MOST_IDS: usize = 250;

/// What is kept of a rule.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// Its id.
    pub(super) id: Option<Text>,
    /// Its stable id.
    pub(super) guid: Option<Box<str>>,
    /// Its name.
    pub(super) name: Option<Text>,
    /// Its description in one line: the short one, else the full one.
    pub(super) title: Option<Text>,
    /// Whether that is the short one. Trivy puts what a secret rule matched into the full one.
    pub(super) title_is_short: bool,
    /// The level of its default configuration.
    pub(super) level: Option<Box<str>>,
    /// The level that an invocation configured.
    pub(super) configured: Option<Box<str>>,
    /// The tool's own word, and where it stands.
    pub(super) word: Option<(Box<str>, &'static str)>,
    /// `problem.severity`.
    pub(super) problem: Option<Box<str>>,
    /// `security-severity`, as text.
    pub(super) security_severity: Option<Box<str>>,
    /// CVSS.
    pub(super) cvss: Cvss,
    /// Advisories.
    pub(super) ids: Arc<[Text]>,
    /// Weakness classes.
    pub(super) cwe: Arc<[Cwe]>,
    /// Pages about it, https only.
    pub(super) links: Arc<[Text]>,
    /// Licences.
    pub(super) license: Arc<[Text]>,
    /// Tags.
    pub(super) tags: Box<[Box<str>]>,
    /// What it says of packages.
    pub(super) hints: Hints,
    /// Texts of its messages.
    pub(super) messages: HashMap<Box<str>, Box<str>>,
    /// What it finds; known when the whole tool is.
    pub(super) kind: Option<Kind>,
}

impl Rule {
    /// Keeps what is needed.
    pub(super) fn new(wire: &wire::Rule<'_>) -> Rule {
        let id = wire.id.as_ref().map(|id| &*id.0).filter(|id| !id.is_empty());
        let name = wire.name.as_ref().map(|name| &*name.0).filter(|name| !name.is_empty());
        let short = wire.short_description.as_ref().and_then(said);
        let full = wire.full_description.as_ref().and_then(said);
        let properties = wire.properties.as_ref();
        let tags = properties.map(|bag| bag.tags.as_slice()).unwrap_or_default();

        let mut advisories = Vec::new();
        let mut cwe = Vec::new();
        if let Some(id) = id {
            ids::advisories(id, &mut advisories);
        }
        for tag in tags {
            ids::advisories(tag, &mut advisories);
            ids::weaknesses(tag, &mut cwe);
        }
        for old in wire.deprecated_ids.iter().flatten().filter_map(Loose::text) {
            // OSV-Scanner puts the aliases there.
            ids::advisories(old, &mut advisories);
        }
        if id.is_some_and(|id| id.starts_with("SNYK-"))
            && let Some(full) = full
        {
            // "(CVE-2020-8203) lodash@4.17.15"
            ids::advisories(full, &mut advisories);
        }
        for target in wire.relationships.iter().flatten().filter_map(|r| r.target.as_ref()) {
            taxon(target, &[], &mut cwe);
            if let Some(id) = &target.id {
                ids::advisories(&id.0, &mut advisories);
            }
        }
        if let Some(bag) = properties {
            facts(bag, &mut advisories, &mut cwe);
        }

        Rule {
            id: id.map(Text::from),
            guid: wire.guid.as_ref().map(|guid| (&*guid.0).into()),
            name: name.map(Text::from),
            title: short.or(full).map(|text| one_line(text, TITLE)).filter(|t| !t.is_empty()).map(Text::from),
            title_is_short: short.is_some(),
            level: wire
                .default_configuration
                .as_ref()
                .and_then(|configuration| configuration.level.as_ref())
                .map(|level| (&*level.0).into()),
            configured: None,
            word: properties.and_then(|bag| word(bag, id)).or_else(|| id.and_then(word_in_id)),
            problem: properties
                .and_then(|bag| bag.fact(Property::ProblemSeverity))
                .and_then(Loose::text)
                .map(Into::into),
            security_severity: properties
                .and_then(|bag| bag.security_severity.as_ref())
                .and_then(Loose::word)
                .map(|raw| (&*raw).into()),
            cvss: properties.map(cvss_of).unwrap_or_default(),
            ids: sorted(advisories.into_iter().map(Text::from).collect()),
            cwe: sorted(cwe),
            links: wire.help_uri.as_ref().and_then(Loose::text).and_then(link).map(Text::from).into_iter().collect(),
            license: properties
                .and_then(|bag| bag.fact(Property::License))
                .map(|value| sorted(value.each().iter().filter_map(Loose::text).map(Text::from).collect()))
                .unwrap_or_else(|| Arc::new([])),
            tags: tags.iter().map(|tag| Box::from(&**tag)).collect(),
            hints: Hints::of(wire),
            messages: wire
                .message_strings
                .iter()
                .flat_map(|strings| &strings.0)
                .filter_map(|(id, message)| Some(((&**id).into(), said(message)?.into())))
                .collect(),
            kind: None,
        }
    }

    /// Decides the kind, now that the tool is known.
    pub(super) fn finish(&mut self, tool: Tool) {
        let said = Said {
            check: self.id.as_deref().unwrap_or_default(),
            name: self.name.as_deref().unwrap_or_default(),
            tags: &self.tags,
            advisory: !self.ids.is_empty(),
            weakness: !self.cwe.is_empty(),
        };
        self.kind = kind::infer(tool, said);
    }

    /// Configures a level; of several the worst, for one invocation does not speak for another.
    pub(super) fn configure(&mut self, level: &str) {
        let worse = self.configured.as_deref().and_then(Severity::from_word) < Severity::from_word(level);
        if worse {
            self.configured = Some(level.into());
        }
    }
}

/// The text of a message of a rule.
fn said<'a>(message: &'a wire::Message<'_>) -> Option<&'a str> {
    message.text.as_deref().filter(|text| !text.trim().is_empty()).or(message.markdown.as_deref())
}

/// The tool's own word in a rule's properties or tags.
fn word(bag: &wire::Properties<'_>, id: Option<&str>) -> Option<(Box<str>, &'static str)> {
    if let Some((raw, property)) = own_word(bag) {
        let from = if property == Property::Problem { "problem of the rule" } else { "severity of the rule" };
        return Some((raw.into(), from));
    }
    // Trivy and gosec put the word, in capitals, among the tags. Of several the worst counts. `UNKNOWN` is kept for
    // Trivy, where it is a judgment.
    let words = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "UNKNOWN"];
    let tag = words.into_iter().find(|word| bag.tags.iter().any(|tag| tag == word));
    tag.map(|word| (word.into(), "severity tag of the rule")).or_else(|| id.and_then(word_in_id))
}

/// retire.js has one rule for each severity: `LibraryWithKnownHighSeverityVulnerability`.
fn word_in_id(id: &str) -> Option<(Box<str>, &'static str)> {
    let word = id.strip_prefix("LibraryWithKnown")?.strip_suffix("SeverityVulnerability")?;
    Severity::from_word(word).map(|_| (word.into(), "name of the rule"))
}

/// Adds ids and weakness classes from properties.
pub(super) fn facts(bag: &wire::Properties<'_>, advisories: &mut Vec<String>, cwe: &mut Vec<Cwe>) {
    for (property, value) in &bag.facts {
        for one in value.each() {
            let Some(text) = one.word() else { continue };
            match property {
                Property::Cwe => ids::weakness(&text, cwe),
                Property::Ids => ids::advisories(&text, advisories),
                _ => {}
            }
        }
    }
}

/// The names of a run's taxonomies with the ids of their taxa.
pub(super) type Taxonomies = [(String, Vec<String>)];

/// Adds the weakness class that a reference names.
pub(super) fn taxon(reference: &wire::RuleRef<'_>, known: &Taxonomies, found: &mut Vec<Cwe>) {
    let component = reference.tool_component.as_ref();
    let index = |int: Option<Int>| int.and_then(|Int(i)| usize::try_from(i).ok());
    let taxonomy = component.and_then(|component| {
        let named = component.name.as_ref().and_then(|name| known.iter().find(|(known, _)| known == &*name.0));
        named.or_else(|| known.get(index(component.index)?))
    });
    let name = component.and_then(|c| c.name.as_ref()).map(|name| &*name.0).or(taxonomy.map(|(name, _)| name.as_str()));
    let id = reference.id.as_ref().map(|id| &*id.0);
    let id = id.or_else(|| taxonomy?.1.get(index(reference.index)?).map(String::as_str));
    let Some(id) = id else { return };
    if name.is_some_and(|name| name.to_ascii_lowercase().contains("cwe")) {
        ids::weakness(id, found);
    } else {
        ids::weaknesses(id, found);
    }
}

/// The driver or an extension, with its rules.
#[derive(Debug, Default)]
pub(super) struct Component {
    /// Its name.
    pub(super) name: Option<String>,
    /// Its stable id.
    pub(super) guid: Option<String>,
    /// Its rules, in the order of the file.
    pub(super) rules: Vec<Rule>,
    /// Where a rule of an id stands.
    by_id: HashMap<Text, usize>,
    /// The same by stable id.
    by_guid: HashMap<Box<str>, usize>,
    /// Texts of messages that any rule may use.
    pub(super) messages: HashMap<Box<str>, Box<str>>,
}

impl Component {
    /// Makes the rules findable. Of two with one id the first is found, as by every other reader.
    pub(super) fn finish(&mut self, tool: Tool) {
        for (index, rule) in self.rules.iter_mut().enumerate() {
            rule.finish(tool);
            if let Some(id) = &rule.id {
                self.by_id.entry(Text::clone(id)).or_insert(index);
            }
            if let Some(guid) = &rule.guid {
                self.by_guid.entry(guid.clone()).or_insert(index);
            }
        }
    }

    fn by_id(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }
}

/// The rule that a result means, as the number of the component (0 is the driver) and of the rule in it.
///
/// In this order: `rule` with its component; `ruleIndex` into the driver; `ruleId` in the driver, then in the extensions;
/// the longest part of a hierarchical `ruleId`. An index that points at a rule of another id is not believed when the id
/// is there to be asked: Anchore's first SARIF writer gave every result the index 0.
pub(super) fn find(components: &[Component], result: &wire::Outcome<'_>) -> Option<(usize, usize)> {
    let reference = result.rule.as_ref();
    let id = result.rule_id.as_ref().or_else(|| reference?.id.as_ref()).map(|id| &*id.0).filter(|id| !id.is_empty());
    let fits = |component: usize, index: Option<Int>| {
        let index = usize::try_from(index?.0).ok()?;
        let rule = components.get(component)?.rules.get(index)?;
        let same = match (id, rule.id.as_deref()) {
            (Some(id), Some(found)) => id == found || id.strip_prefix(found).is_some_and(|rest| rest.starts_with('/')),
            _ => true,
        };
        same.then_some((component, index))
    };
    let referred = reference.and_then(|reference| {
        let component = component(components, reference.tool_component.as_ref())?;
        let by_guid = || {
            let guid = reference.guid.as_ref()?;
            components.get(component)?.by_guid.get(&*guid.0).map(|index| (component, *index))
        };
        // CodeQL leaves the index out of `rule` and means `ruleIndex` within the component that `rule` names.
        fits(component, reference.index)
            .or_else(|| fits(component, result.rule_index))
            .or_else(by_guid)
            .or_else(|| components.get(component)?.by_id(id?).map(|index| (component, index)))
    });
    referred.or_else(|| fits(0, result.rule_index)).or_else(|| {
        let mut part = id?;
        loop {
            let found = components.iter().enumerate().find_map(|(c, one)| one.by_id(part).map(|index| (c, index)));
            if found.is_some() {
                return found;
            }
            (part, _) = part.rsplit_once('/')?;
        }
    })
}

/// The component that a reference names; the driver where it names none.
pub(super) fn component(components: &[Component], reference: Option<&wire::ComponentRef<'_>>) -> Option<usize> {
    let Some(reference) = reference else { return Some(0) };
    if let Some(Int(index)) = reference.index
        && index >= 0
    {
        return usize::try_from(index).ok().map(|index| index + 1).filter(|index| *index < components.len());
    }
    if let Some(guid) = &reference.guid {
        return components.iter().position(|component| component.guid.as_deref() == Some(&*guid.0));
    }
    match &reference.name {
        Some(name) => components.iter().position(|component| component.name.as_deref() == Some(&*name.0)),
        None => Some(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn components() -> Vec<Component> {
        let rule = |json: &str| Rule::new(&serde_json::from_str(json).unwrap());
        let mut driver = Component { name: Some("driver".into()), ..Component::default() };
        driver.rules = vec![rule(r#"{"id": "A"}"#), rule(r#"{"id": "B", "guid": "g-b"}"#), rule(r#"{"id": "B"}"#)];
        let mut pack = Component { name: Some("pack".into()), guid: Some("g-p".into()), ..Component::default() };
        pack.rules = vec![rule(r#"{"id": "js/x"}"#), rule(r#"{"id": "A"}"#), rule("{}")];
        let mut all = vec![driver, pack];
        for component in &mut all {
            component.finish(Tool::of("x", false));
        }
        all
    }

    #[test]
    fn the_rule_of_a_result_is_found_as_the_specification_says() {
        let components = components();
        for (json, want) in [
            (r#"{"ruleId": "A"}"#, Some((0, 0))),
            (r#"{"ruleId": "A", "ruleIndex": -1}"#, Some((0, 0))),
            (r#"{"ruleIndex": 1}"#, Some((0, 1))),
            (r#"{"ruleIndex": "1"}"#, Some((0, 1))),
            (r#"{"ruleIndex": 1.0}"#, Some((0, 1))),
            (r#"{"ruleId": "", "ruleIndex": 2}"#, Some((0, 2))),
            (r#"{"ruleId": "B", "ruleIndex": 0}"#, Some((0, 1))),
            (r#"{"ruleId": "Z", "ruleIndex": 0}"#, None),
            (r#"{"ruleId": "js/x"}"#, Some((1, 0))),
            (r#"{"ruleId": "A/sub/one", "ruleIndex": 0}"#, Some((0, 0))),
            (r#"{"ruleId": "js/x/sub"}"#, Some((1, 0))),
            (r#"{"ruleId": "A", "rule": {"index": 1, "toolComponent": {"index": 0}}}"#, Some((1, 1))),
            (
                r#"{"ruleId": "A", "ruleIndex": 1, "rule": {"id": "A", "toolComponent": {"name": "pack"}}}"#,
                Some((1, 1)),
            ),
            (r#"{"rule": {"id": "A", "toolComponent": {"guid": "g-p"}}}"#, Some((1, 1))),
            (r#"{"rule": {"index": 2, "toolComponent": {"index": 0}}}"#, Some((1, 2))),
            (r#"{"rule": {"guid": "g-b"}}"#, Some((0, 1))),
            (r#"{"ruleIndex": 99}"#, None),
            (r#"{"message": "x"}"#, None),
        ] {
            assert_eq!(find(&components, &serde_json::from_str(json).unwrap()), want, "{json}");
        }
    }
}
