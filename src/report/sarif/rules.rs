//! The rule table: what SARIF calls a rule is the scanner's check here, not the policy's rule.
//!
//! An alert stays the same alert on GitHub as long as its rule id does. So the id is the check; for a dependency the
//! advisory and the package, because several advisories on the same line of a lock file would otherwise fold into one
//! alert. The severity that GitHub shows stands on the rule, so a check whose findings differ in severity becomes several
//! rules. The severity that most of them have keeps the check's own name, so that one odd finding renames no other:
//! `check`, `check/high`.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value;
use serde_sarif::sarif::{MultiformatMessageString, PropertyBag, ReportingConfiguration, ReportingDescriptor};
use sha2::{Digest as _, Sha256};

use super::super::Report;
use super::super::escape::{markdown, markdown_code, sarif_message, shorten};
use super::super::words::links::https;
use super::super::words::{name_of_check, subject, title};
use super::result::level_name;
use super::{Chosen, ruled};
use crate::finding::{Finding, Kind, Severity, Text, unversioned};
use crate::policy::{Judged, Violation};

/// GitHub takes so many rules of a run. Results beyond them keep their rule id, but nothing describes it.
const RULES: usize = 25_000;

/// GitHub's and GitLab's limit of a rule's texts.
const DESCRIPTION: usize = 1_024;

/// Tags of a rule that GitHub keeps.
const TAGS: usize = 10;

/// The rules of a run. Numbers are given in the order of asking until [`Rules::keep`] puts them in the order of their ids.
pub(super) struct Rules {
    /// How often each severity was seen with a check, over all findings of the evaluation. A waiver or a profile must not
    /// change the ids of the findings that it does not concern.
    severities: HashMap<String, [u32; 6]>,
    numbers: HashMap<String, usize>,
    rules: Vec<Rule>,
    /// The place of each rule in the order of ids.
    ranks: std::cell::OnceCell<Vec<usize>>,
    /// The ids of the policy's own rules that stand in the table, in their order.
    own: Vec<String>,
}

struct Rule {
    id: String,
    /// The finding that describes it, the first in the order of fingerprints: an index into the evaluation's findings.
    example: usize,
    severity: Option<Severity>,
    /// Whether its findings have more than one title or path, so that no single one describes it.
    various: bool,
    /// The highest CVSS score that agrees with the severity.
    score: Option<f64>,
}

impl Rules {
    /// `own` are the ids of the policy's own rules, in their order.
    pub(super) fn of(findings: &[Judged], own: Vec<String>) -> Rules {
        let mut severities: HashMap<String, [u32; 6]> = HashMap::new();
        for judged in findings {
            severities.entry(base_id(&judged.finding)).or_default()[severity_index(judged.finding.severity)] += 1;
        }
        Rules { severities, numbers: HashMap::new(), rules: Vec::new(), ranks: std::cell::OnceCell::new(), own }
    }

    /// The number of a finding's rule.
    pub(super) fn number(&mut self, judged: &Judged) -> usize {
        let finding = &judged.finding;
        let mut id = base_id(finding);
        // The last of the greatest: of two that are equally frequent the worse one.
        let usual = self.severities.get(&id).and_then(|seen| (0..seen.len()).max_by_key(|&at| seen[at]));
        if usual != Some(severity_index(finding.severity)) {
            id.push('/');
            id.push_str(finding.severity.map_or("unknown", Severity::name));
        }
        if let Some(&number) = self.numbers.get(&id) {
            return number;
        }
        let number = self.rules.len();
        self.numbers.insert(id.clone(), number);
        self.rules.push(Rule { id, example: usize::MAX, severity: None, various: false, score: None });
        number
    }

    /// Where a rule stands in the order of ids. All numbers must have been given.
    pub(super) fn rank(&self, number: usize) -> usize {
        let ranks = self.ranks.get_or_init(|| {
            let mut order: Vec<usize> = (0..self.rules.len()).collect();
            order.sort_by(|&a, &b| self.rules[a].id.cmp(&self.rules[b].id));
            let mut ranks = vec![0; order.len()];
            for (rank, number) in order.into_iter().enumerate() {
                ranks[number] = rank;
            }
            ranks
        });
        ranks[number]
    }

    /// Drops the rules that no chosen finding has, puts the others in the order of their ids, and describes each by the
    /// findings that have it.
    pub(super) fn keep(&mut self, findings: &[Judged], chosen: &mut [Chosen]) {
        let mut new_numbers = vec![None; self.rules.len()];
        for Chosen { finding, rule } in chosen.iter() {
            new_numbers[self.rank(*rule)] = Some(());
            let rule = &mut self.rules[*rule];
            let facts = &findings[*finding].finding;
            if let Some(example) = findings.get(rule.example).map(|example| &example.finding) {
                let path = |finding: &Finding| finding.location.as_ref().map(|location| Text::clone(&location.path));
                rule.various |= example.title != facts.title || path(example) != path(facts);
            }
            rule.example = rule.example.min(*finding);
            // They agree, unless a check is named like another one's `check/severity`; then the worse counts.
            rule.severity = rule.severity.max(facts.severity);
            if let Some(score) = facts.cvss.map(one_decimal).filter(|&score| agrees(score, facts.severity)) {
                rule.score = Some(rule.score.map_or(score, |other| other.max(score)));
            }
        }
        let mut next = 0..;
        let new_numbers: Vec<Option<usize>> =
            new_numbers.into_iter().map(|used| used.and_then(|()| next.next())).collect();
        for chosen in chosen.iter_mut() {
            if let Some(number) = new_numbers[self.rank(chosen.rule)] {
                chosen.rule = number;
            }
        }
        self.rules.retain(|rule| rule.example != usize::MAX);
        self.rules.sort_by(|a, b| a.id.cmp(&b.id));
        self.numbers.clear();
        self.severities.clear();
    }

    pub(super) fn id(&self, number: usize) -> &str {
        &self.rules[number].id
    }

    /// The index that a result names, if the rule is in the table.
    pub(super) fn index(&self, number: usize) -> Option<i64> {
        let before = self.own.iter().filter(|own| ***own < *self.rules[number].id).count();
        in_table(number + before)
    }

    /// The same for a rule of the policy's own.
    pub(super) fn own_index(&self, id: &str) -> Option<i64> {
        let own = self.own.iter().position(|own| own == id)?;
        in_table(own + self.rules.iter().filter(|rule| *rule.id <= *id).count())
    }

    /// How many rules are not in the table.
    pub(super) fn left_out(&self) -> usize {
        (self.rules.len() + self.own.len()).saturating_sub(RULES)
    }

    /// The table, one descriptor at a time, in the order of ids.
    pub(super) fn descriptors<'a>(
        &'a self,
        report: &'a Report<'_>,
        own: &'a [&Violation],
    ) -> impl Iterator<Item = ReportingDescriptor> + 'a {
        let mut rules = self.rules.iter().peekable();
        let mut own = own.iter().peekable();
        let next = move || match (rules.peek(), own.peek()) {
            (Some(rule), Some(violation)) if *rule.id > *ruled::id(violation) => {
                own.next().map(|v| ruled::descriptor(v))
            }
            (None, _) => own.next().map(|violation| ruled::descriptor(violation)),
            (Some(_), _) => rules.next().map(|rule| rule.descriptor(&report.evaluation.findings[rule.example].finding)),
        };
        std::iter::from_fn(next).take(RULES)
    }
}

fn in_table(index: usize) -> Option<i64> {
    if index < RULES { i64::try_from(index).ok() } else { None }
}

impl Rule {
    fn descriptor(&self, finding: &Finding) -> ReportingDescriptor {
        let title = self.title(finding);
        let short = match (finding.advisory(), &finding.package) {
            (Some(advisory), Some(package)) => format!("{advisory} in {}: {title}", package.name),
            _ => title.clone().into_owned(),
        };
        let full = match finding.tool() {
            _ if self.various => format!("{title}."),
            Some(tool) => format!("{title}. Found by {tool} as {}.", name_of_check(finding)),
            None => format!("{title}. Found as {}.", name_of_check(finding)),
        };
        let link = finding.links.iter().find_map(|link| https(link));
        let mut properties = std::collections::BTreeMap::new();
        if let Some(score) = self.security_severity() {
            properties.insert("security-severity".to_owned(), Value::String(format!("{score:.1}")));
        }
        let mut descriptor = ReportingDescriptor::builder()
            .id(self.id.as_str())
            .short_description(text(&short))
            .full_description(text(&full))
            .help(self.help(finding, link))
            .default_configuration(
                ReportingConfiguration::builder().level(Value::String(level_name(self.severity).to_owned())).build(),
            )
            .properties(PropertyBag::builder().tags(tags(finding)).additional_properties(properties).build())
            .build();
        let name = name(finding.kind);
        // A name that only repeats the id tells nothing (SARIF 2.1.0, 3.49.7).
        descriptor.name = (!self.id.eq_ignore_ascii_case(name)).then(|| name.to_owned());
        descriptor.help_uri = link.map(str::to_owned);
        descriptor
    }

    /// What describes all findings of the rule: the title that they share, else who found them. The title of one finding
    /// would be wrong for the others, and would change when that one is fixed.
    fn title<'a>(&self, finding: &'a Finding) -> Cow<'a, str> {
        match (self.various && finding.package.is_none(), finding.tool()) {
            (true, Some(tool)) => Cow::Owned(format!("{} of {tool}", name_of_check(finding))),
            (true, None) => Cow::Borrowed(name_of_check(finding)),
            (false, _) => Cow::Borrowed(title(finding)),
        }
    }

    /// What stands in `security-severity`: a score only where it does not contradict the severity that the policy judged
    /// by, else a number from the middle of the band. Never 9.0 for a label: GitHub's table calls "over 9.0" critical and
    /// "7.0 to 8.9" high. Nothing for info and unknown; 0.0 would be shown as no severity too, but claims to be one.
    fn security_severity(&self) -> Option<f64> {
        let label = match self.severity? {
            Severity::Critical => 9.5,
            Severity::High => 8.0,
            Severity::Medium => 5.5,
            Severity::Low => 2.0,
            Severity::Info => return None,
        };
        Some(self.score.filter(|&score| agrees(score, self.severity)).unwrap_or(label))
    }

    /// What it is, what to do, where to read on, how to waive. GitHub shows the Markdown and does not show `helpUri`, so
    /// the link stands in the text as well.
    fn help(&self, finding: &Finding, link: Option<&str>) -> MultiformatMessageString {
        let title = self.title(finding);
        let mut plain = message(&title, DESCRIPTION);
        let mut rendered = cut_markdown(&title, DESCRIPTION);
        if let Some(fix) = fix(finding) {
            plain.push_str(&format!("\n\n{}", message(&fix, 500)));
            rendered.push_str(&format!("\n\n{}", cut_markdown(&fix, 500)));
        }
        if let Some(link) = link {
            plain.push_str(&format!("\n\nMore: {link}"));
            rendered.push_str(&format!("\n\nMore: <{link}>"));
        }
        let (how, what) = if self.various && finding.package.is_none() {
            // What matches the one finding would not match the other, or would match more than is meant.
            let name = name_of_check(finding);
            (
                "\n\nTo waive one until a day, add to the policy what this command prints: ",
                format!("findgate explain {name}"),
            )
        } else {
            let how = "\n\nTo waive it until a day, add this to `waivers` in the policy, with a reason, an owner and `expires`: ";
            (how, waiver(finding))
        };
        plain.push_str(how);
        plain.push_str(&message(&what, 600));
        rendered.push_str(how);
        rendered.push_str(&markdown_code(&what));
        MultiformatMessageString::builder().text(plain).markdown(rendered).build()
    }
}

/// The id before any suffix: short, visible, and the same from run to run.
fn base_id(finding: &Finding) -> String {
    let name = name_of_check(finding);
    match &finding.package {
        Some(package) => identifier(&format!("{name}/{}", package.name)),
        None => identifier(name),
    }
}

/// A text as an identifier: nothing hidden, no long one. What is cut off is kept apart by a hash of the whole.
fn identifier(name: &str) -> String {
    const LENGTH: usize = 200;
    let clean = sarif_message(name);
    if clean.len() <= LENGTH {
        return clean.into_owned();
    }
    let hash = Sha256::digest(name.as_bytes());
    let digits: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{}{digits}", shorten(&clean, LENGTH - digits.len()))
}

/// What kind of thing it is, in one word, as GitHub's filter shows it.
fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Sca => "VulnerableDependency",
        Kind::Sast => "CodeFlaw",
        Kind::Secret => "ExposedSecret",
        Kind::Iac => "InfrastructureMisconfiguration",
        Kind::Container => "VulnerableContainer",
        Kind::License => "LicenseViolation",
        Kind::Cicd => "PipelineFlaw",
        Kind::Dast => "RuntimeFlaw",
        Kind::Other => "SecurityFinding",
    }
}

fn fix(finding: &Finding) -> Option<String> {
    match (&finding.package, &finding.fixed_in[..]) {
        (Some(package), [_, ..]) => Some(format!("Upgrade {} to {}.", package.name, versions(finding))),
        (None, [_, ..]) => Some(format!("Fixed in {}.", versions(finding))),
        (Some(package), []) if finding.fix == Some(false) => {
            Some(format!("No fixed version of {} is known.", package.name))
        }
        _ => None,
    }
}

/// The first fixed versions, as the source wrote them.
pub(super) fn versions(finding: &Finding) -> String {
    const SHOWN: usize = 4;
    let shown: Vec<Cow<'_, str>> = finding.fixed_in.iter().take(SHOWN).map(|version| shorten(version, 40)).collect();
    let more = if finding.fixed_in.len() > SHOWN { ", ..." } else { "" };
    format!("{}{more}", shown.join(" or "))
}

/// The `match` of a waiver for the findings of a rule. A string of JSON is one of YAML too.
fn waiver(finding: &Finding) -> String {
    let quoted = |text: &str| Value::String(shorten(text, 200).into_owned()).to_string();
    let location = finding.location.as_ref();
    match (&finding.package, finding.advisory(), finding.check()) {
        (Some(package), Some(advisory), _) => {
            format!(
                "match: {{id: {}, package: {}}}",
                quoted(advisory),
                quoted(package.purl.as_deref().map_or(&*package.name, unversioned))
            )
        }
        (_, _, Some(check)) => match location {
            Some(location) => format!("match: {{check: {}, path: {}}}", quoted(check), quoted(&location.path)),
            None => format!("match: {{check: {}}}", quoted(check)),
        },
        (_, Some(advisory), None) => format!("match: {{id: {}}}", quoted(advisory)),
        (_, None, None) => format!("match: {{fingerprint: {}}}", quoted(&finding.fingerprint.to_string())),
    }
}

/// `security`, the kind, weaknesses in the forms that GitHub and GitLab understand, advisories; ten are kept. Three
/// weaknesses at most, so that there is room for the advisory.
fn tags(finding: &Finding) -> Vec<String> {
    const WEAKNESSES: usize = 3;
    let mut tags = vec!["security".to_owned(), finding.kind.name().to_owned()];
    for cwe in finding.cwe.iter().take(WEAKNESSES) {
        tags.push(format!("external/cwe/cwe-{:03}", cwe.0));
        tags.push(format!("cwe-{}", cwe.0));
    }
    let mut ids: Vec<&str> = finding.ids.iter().map(|id| &**id).collect();
    ids.sort_by_key(|id| !id.starts_with("CVE-"));
    for id in ids {
        let tag = shorten(&sarif_message(id), 100).to_lowercase();
        // SARIF 2.1.0, 3.8.2: a tag is in the list once.
        if tags.len() < TAGS && !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

/// A score as it is written. `NaN` and what is no score never agree with a severity.
fn one_decimal(score: f32) -> f64 {
    (f64::from(score) * 10.0).round() / 10.0
}

/// Whether the score lies in the band of the severity.
fn agrees(score: f64, severity: Option<Severity>) -> bool {
    severity.is_some() && Severity::from_score(score) == severity
}

fn severity_index(severity: Option<Severity>) -> usize {
    match severity {
        None => 0,
        Some(Severity::Info) => 1,
        Some(Severity::Low) => 2,
        Some(Severity::Medium) => 3,
        Some(Severity::High) => 4,
        Some(Severity::Critical) => 5,
    }
}

/// A plain text of the document: escaped, then cut.
pub(super) fn message(text: &str, limit: usize) -> String {
    // What is far too long is cut before, so that a title of a megabyte is not escaped for the sake of its beginning.
    shorten(&sarif_message(&shorten(text, limit * 2)), limit).into_owned()
}

fn cut_markdown(text: &str, limit: usize) -> String {
    // Cut before escaping: half an escape would be shown, and the text has no limit of its own.
    markdown(&shorten(text, limit))
}

fn text(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(message(text, DESCRIPTION)).build()
}

/// What a message is about where there is no place to show: the package, else the check.
pub(super) fn about(finding: &Finding) -> String {
    subject(finding).unwrap_or_else(|| name_of_check(finding).to_owned())
}
