//! `findgate policy show`: the policy that holds, each value with where it comes from; for people.

use std::fmt::{Display, Write as _};

use crate::policy::{
    Asked, BaselineAt, Circumstances, Enforcement, Feed, FeedAt, Limit, Override, Parent, Place, Policy, Product,
    Requirement, Resolved, Stated, Subject, Unused, Waiver, WaiverRules, WhenUnknown,
};
use crate::policy_file::Loaded;
use crate::report::{actions_safe, terminal};
use crate::settings::PolicyAt;

/// The policy that is shown.
pub(super) struct Shown<'a> {
    pub(super) loaded: &'a Loaded,
    /// Which version of it that is.
    pub(super) at: &'a PolicyAt,
    pub(super) resolved: &'a Resolved,
    pub(super) circumstances: Circumstances<'a>,
}

impl Shown<'_> {
    /// Whether an override is the one that was applied: the first that holds.
    pub(super) fn applies(&self, own: &Override) -> bool {
        let holds = |own: &&Override| own.when.holds(self.circumstances) == Ok(true);
        self.loaded.policy.overrides.iter().find(holds).is_some_and(|first| first.place == own.place)
    }

    /// The text, which ends with a line feed.
    pub(super) fn text(&self) -> String {
        let mut page = Page::default();
        self.head(&mut page);
        let Policy { name, unknown_severity, evidence, sources, overrides, baseline, kev, epss, shadow, .. } =
            &self.loaded.policy;
        page.plain(0, "version: 1");
        if let Some(name) = name {
            page.said(0, format!("name: {}", yaml(&name.value)), Some(&name.place));
        }
        let applied = overrides.iter().find(|own| self.applies(own)).and_then(|own| own.unknown_severity.as_ref());
        let place = applied.or(unknown_severity.as_ref()).map(|said| &said.place);
        page.said(0, format!("unknown_severity: {}", self.resolved.unknown_severity), place);
        page.limits(0, &self.resolved.limits);
        page.plain(0, "evidence:");
        page.evidence(2, &Asked::default(), evidence);
        if let Some(locked) = evidence.locked.as_ref().filter(|locked| locked.value) {
            page.said(2, "locked: true", Some(&locked.place));
        }
        page.plain(0, if sources.is_empty() { "sources: {}  # none; name files with --sarif" } else { "sources:" });
        for section in sources {
            page.said(2, format!("{}:", yaml(&section.name)), Some(&section.place));
            if let crate::policy::Value::Map(entries) = &section.section.value {
                for (key, value) in entries.iter() {
                    page.said(4, format!("{}: {}", key.to_flow(), value.to_flow()), Some(&key.place));
                }
            }
            page.evidence(4, &section.evidence, evidence);
            let plans = self.loaded.plans.iter().filter(|(plan, _)| plan.name() == section.name);
            for what in plans.flat_map(|(plan, _)| plan.reads()) {
                page.plain(4, &format!("# reads {what}"));
            }
        }
        page.waivers(&self.resolved.waivers, &self.resolved.waiver_rules);
        if let Some(Stated { value, place }) = baseline {
            let text = match value {
                BaselineAt::File(file) => format!("baseline: {{file: {}}}", yaml(file)),
                BaselineAt::Branch(branch) => format!("baseline: {{branch: {}}}", yaml(branch)),
            };
            page.said(0, text, Some(place));
        }
        if kev.is_some() || epss.is_some() {
            page.plain(0, "enrich:");
            for (name, feed) in [("kev", kev), ("epss", epss)] {
                if let Some(Stated { value, place }) = feed {
                    page.said(2, format!("{name}: {}", feed_text(value)), Some(place));
                }
            }
        }
        if let Some(Stated { value, place }) = shadow {
            page.said(0, format!("shadow: {}", yaml(&parent(value))), Some(place));
        }
        page.plain(0, if overrides.is_empty() { "overrides: []" } else { "overrides:" });
        for own in overrides {
            let note = if self.applies(own) { "applied above" } else { "does not apply here" };
            page.line(2, &format!("- when: {{{}}}", occasion(own)), &[&own.place.to_string(), note]);
            if let Some(said) = &own.unknown_severity {
                page.said(4, format!("unknown_severity: {}", said.value), Some(&said.place));
            }
            page.limits(4, &own.limits);
        }
        page.text
    }

    fn head(&self, page: &mut Page) {
        let Loaded { digest, extends, .. } = self.loaded;
        page.plain(0, &format!("# policy: {}", self.at.shown));
        page.plain(0, &format!("# digest: {digest}"));
        if !extends.is_empty() {
            page.plain(0, "# extends:");
        }
        for entry in extends {
            page.plain(0, &format!("#   {} (at {})", entry.name, entry.place));
        }
        if let Some(applied) = &self.resolved.applied {
            page.plain(0, &format!("# applied: {applied}"));
        }
    }
}

/// Lines of YAML, each with where its value comes from.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn line(&mut self, indent: usize, text: &str, notes: &[&str]) {
        let notes = if notes.is_empty() { String::new() } else { format!("  # {}", notes.join(", ")) };
        // Writing to a string cannot fail.
        let _ =
            writeln!(self.text, "{}", actions_safe(&format!("{:indent$}{}", "", terminal(&format!("{text}{notes}")))));
    }

    fn plain(&mut self, indent: usize, text: &str) {
        self.line(indent, text, &[]);
    }

    /// A value; without a place it is the default.
    fn said(&mut self, indent: usize, text: impl Display, place: Option<&Place>) {
        let place = place.map_or("default".to_owned(), Place::to_string);
        self.line(indent, &text.to_string(), &[&place]);
    }

    fn limits(&mut self, indent: usize, limits: &[Limit]) {
        for (section, only_new) in [("thresholds", false), ("new_thresholds", true)] {
            let of_section =
                |limit: &&Limit| matches!(&limit.subject, Subject::AtLeast { only_new: new, .. } if *new == only_new);
            let mut rest: Vec<&Limit> = limits.iter().filter(of_section).collect();
            if !rest.is_empty() {
                self.plain(indent, &format!("{section}:"));
            }
            while let Some(first) = rest.first().copied() {
                let (group, others) = rest.into_iter().partition(|limit| limit.key() == first.key());
                rest = others;
                self.threshold(indent + 2, &group);
            }
        }
        let rules: Vec<&Limit> = limits.iter().filter(|limit| matches!(limit.subject, Subject::When(_))).collect();
        if !rules.is_empty() {
            self.plain(indent, "rules:");
        }
        for rule in rules {
            self.rule(indent + 2, rule);
        }
    }

    /// All numbers of one key.
    fn threshold(&mut self, indent: usize, group: &[&Limit]) {
        let Some(first) = group.first() else { return };
        let key = first.key();
        self.plain(indent, &format!("{}:", key.rsplit('.').next().unwrap_or(key)));
        for limit in group {
            if let Subject::AtLeast { floor, .. } = &limit.subject {
                self.said(indent + 2, format!("{floor}: {}", limit.allow), Some(&limit.place));
            }
        }
        if (first.enforcement, first.from) != (Enforcement::Deny, None) {
            self.plain(indent + 2, &format!("enforcement: {}", enforcement(first)));
        }
        if first.locked {
            self.plain(indent + 2, "locked: true");
        }
    }

    fn rule(&mut self, indent: usize, rule: &Limit) {
        let Limit { name, description, place, enforcement: _, from: _, allow, subject, locked } = rule;
        self.said(indent, format!("{name}:"), Some(place));
        if let Some(description) = description {
            self.plain(indent + 2, &format!("description: {}", yaml(description)));
        }
        if let Subject::When(condition) = subject {
            let clauses: Vec<&str> = condition.clauses.iter().map(|clause| clause.written.as_str()).collect();
            let (skip, note) = match condition.when_unknown {
                WhenUnknown::Match => ("", "what is not told counts as true"),
                WhenUnknown::Skip => (", unknown: skip", "what is not told counts as false"),
            };
            self.line(indent + 2, &format!("when: {{{}{skip}}}", clauses.join(", ")), &[note]);
        }
        self.plain(indent + 2, &format!("allow: {allow}"));
        self.plain(indent + 2, &format!("enforcement: {}", enforcement(rule)));
        if *locked {
            self.plain(indent + 2, "locked: true");
        }
    }

    /// What holds for a source: its own keys before the general ones.
    fn evidence(&mut self, indent: usize, own: &Asked, general: &Asked) {
        let rule = own.over(general);
        let required = rule.requirement == Requirement::Required;
        self.said(indent, format!("required: {required}"), place_of(&own.requirement, &general.requirement));
        let max_age = rule.max_age.map_or("any".to_owned(), duration);
        self.said(indent, format!("max_age: {max_age}"), place_of(&own.max_age, &general.max_age));
        self.said(indent, format!("commit: {}", rule.commit.name()), place_of(&own.commit, &general.commit));
        self.said(indent, format!("wait: {}", duration(rule.wait)), place_of(&own.wait, &general.wait));
    }

    fn waivers(&mut self, waivers: &[Waiver], rules: &WaiverRules) {
        let WaiverRules { files, vex, max_life, max_life_default, require, unused, locked, contrary, is_in_part: _ } =
            rules;
        self.plain(0, "waivers:");
        for (key, paths) in [("file", files), ("vex", vex)] {
            if !paths.is_empty() {
                self.plain(2, &format!("{key}:"));
            }
            for path in paths {
                self.said(4, format!("- {}", yaml(&path.value)), Some(&path.place));
            }
        }
        if !max_life.is_empty() || max_life_default.is_some() {
            self.plain(2, "max_life:");
        }
        let has_life = !max_life.is_empty() || max_life_default.is_some();
        let general = max_life_default.iter().map(|life| ("default", life));
        for (name, life) in max_life.iter().map(|(severity, life)| (severity.name(), life)).chain(general) {
            self.said(4, format!("{name}: {}", duration(life.value)), Some(&life.place));
        }
        if !require.is_empty() {
            self.plain(2, "require:");
        }
        for demanded in require {
            self.said(4, format!("- {}", demanded.value.name()), Some(&demanded.place));
        }
        let name = unused.as_ref().map_or(Unused::Warn, |unused| unused.value).name();
        self.said(2, format!("unused: {name}"), unused.as_ref().map(|unused| &unused.place));
        if let Some(locked) = locked.as_ref().filter(|locked| locked.value) {
            self.said(2, "locked: true", Some(&locked.place));
        }
        for statement in contrary {
            let about: Vec<&str> = statement.products.iter().take(3).map(Product::name).collect();
            let id = statement.ids.first().map(String::as_str).unwrap_or_default();
            let what = format!("# not waived: {id} is {} in {}", statement.status, about.join(", "));
            self.said(2, what, Some(&statement.place));
        }
        self.plain(2, if waivers.is_empty() { "entries: []" } else { "entries:" });
        for waiver in waivers {
            let is_vex = waiver.statement().is_some();
            let Waiver { id, place, matches, reason, owner, ticket, approved_by, expires } = waiver;
            self.said(4, format!("- id: {}", yaml(id)), Some(place));
            self.plain(6, &format!("match: {{{}}}", matches.as_written));
            self.plain(6, &format!("reason: {}", yaml(reason)));
            for (key, value) in [("owner", owner), ("ticket", ticket), ("approved_by", approved_by)] {
                if let Some(value) = value {
                    self.plain(6, &format!("{key}: {}", yaml(value)));
                }
            }
            match expires {
                Some(expires) => self.plain(6, &format!("expires: {expires}")),
                None if is_vex && has_life => {
                    self.plain(6, "# as long as `max_life` allows, from the date of the statement")
                }
                None => self.plain(6, "# never expires"),
            }
        }
    }
}

pub(super) fn place_of<'a, T>(own: &'a Option<Stated<T>>, general: &'a Option<Stated<T>>) -> Option<&'a Place> {
    own.as_ref().or(general.as_ref()).map(|said| &said.place)
}

/// Text as a value of YAML: plain where nobody would take it for anything else.
fn yaml(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphanumeric() || "./_".contains(c))
        && !text.ends_with([' ', ':'])
        && !text.contains(['\n', '"', '\\', '[', ']', '{', '}', ','])
        && !text.contains(": ")
        && !text.contains(" #");
    if plain { text.to_owned() } else { format!("{text:?}") }
}

fn enforcement(limit: &Limit) -> String {
    match limit.from {
        Some(from) => format!("{{warn_until: {from}}}"),
        None => limit.enforcement.name().to_owned(),
    }
}

fn feed_text(feed: &Feed) -> String {
    let Feed { at, max_age, digest } = feed;
    let at = match at {
        FeedAt::File(file) => format!("file: {}", yaml(file)),
        FeedAt::Url(url) => format!("url: {}", yaml(url)),
    };
    let digest = digest.as_ref().map(|digest| format!(", digest: {digest}")).unwrap_or_default();
    format!("{{{at}, max_age: {}{digest}}}", duration(*max_age))
}

/// The name of a policy, as it is written.
pub(super) fn parent(parent: &Parent) -> String {
    match parent {
        Parent::Preset(name) => format!("preset:{name}"),
        Parent::File(path) => path.clone(),
        Parent::Remote { url, .. } => url.clone(),
    }
}

fn occasion(own: &Override) -> String {
    let list = |name: &str, values: Vec<String>| format!("{name}: [{}]", values.join(", "));
    let quoted = |values: &[String]| values.iter().map(|value| format!("{value:?}")).collect();
    let all = [
        own.when.branch.as_ref().map(|globs| list("branch", quoted(&globs.as_written))),
        own.when.environment.as_ref().map(|globs| list("environment", quoted(&globs.as_written))),
        own.when
            .event
            .as_ref()
            .map(|events| list("event", events.iter().map(|event| event.name().to_owned()).collect())),
    ];
    all.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Seconds as the policy writes them, in the largest unit that fits.
fn duration(seconds: u64) -> String {
    let unit = [(86_400, "d"), (3600, "h"), (60, "m")].into_iter().find(|(unit, _)| seconds.is_multiple_of(*unit));
    unit.filter(|_| seconds > 0)
        .map_or_else(|| format!("{seconds}s"), |(unit, name)| format!("{}{name}", seconds / unit))
}
