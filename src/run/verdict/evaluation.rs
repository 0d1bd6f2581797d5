//! Reading an evaluation whole, and finding out whether its members agree: what was edited, or put together of two, must
//! not pass. Members that are not known are passed over: later versions of `findgate/evaluation/v1` may have more of them.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::{anyhow, bail, ensure};
use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;

use crate::brief::bounded;
use crate::exit::Status;
use crate::finding::State;
use crate::policy::{Disposition, Requirement, UNUSED_RULE, Verdict, quoted, verdict_of};
use crate::report::EVALUATION_SCHEMA as SCHEMA;
use crate::run::once::Once;
use crate::source::Str;

/// What an evaluation says, as far as whoever waits for the verdict must know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) verdict: Verdict,
    /// The policy's file as reports show it.
    pub(super) policy: String,
    /// How many rules were evaluated.
    pub(super) rules: usize,
    pub(super) repository: Option<String>,
    pub(super) commit: Option<String>,
    pub(super) as_of: Timestamp,
    pub(super) only: Vec<String>,
    pub(super) violated: Vec<Violated>,
    pub(super) sources: Vec<Source>,
    /// How many sentences there are that a reader must know besides.
    pub(super) warnings: usize,
}

/// A violated rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Violated {
    pub(super) rule: String,
    /// Whether it fails the build.
    pub(super) denies: bool,
    /// The day from which it does.
    pub(super) denies_from: Option<String>,
    pub(super) found: u64,
    pub(super) allowed: u64,
    /// Its file and line in the policy.
    pub(super) place: String,
}

/// How far a source was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) state: State,
    pub(super) requirement: Requirement,
    pub(super) reason: Option<String>,
}

impl Source {
    pub(super) fn is_missing(&self) -> bool {
        self.requirement.lacks(self.state)
    }
}

#[derive(Deserialize)]
struct DocumentWire<'a> {
    #[serde(borrow)]
    verdict: Str<'a>,
    status: u8,
    #[serde(borrow)]
    tool: ToolWire<'a>,
    #[serde(borrow)]
    policy: PolicyWire<'a>,
    #[serde(borrow)]
    project: ProjectWire<'a>,
    #[serde(borrow)]
    as_of: Str<'a>,
    #[serde(borrow)]
    only: Vec<Str<'a>>,
    #[serde(borrow)]
    sources: Vec<SourceWire<'a>>,
    #[serde(rename = "feeds")]
    _feeds: Vec<IgnoredAny>,
    #[serde(rename = "baseline", deserialize_with = "given")]
    _baseline: Option<IgnoredAny>,
    counts: BTreeMap<String, BTreeMap<String, u64>>,
    dispositions: BTreeMap<String, u64>,
    #[serde(borrow)]
    violations: Vec<ViolationWire<'a>>,
    #[serde(borrow)]
    findings: Vec<FindingWire<'a>>,
    #[serde(rename = "waivers")]
    _waivers: Vec<IgnoredAny>,
    #[serde(rename = "beside")]
    _beside: Vec<IgnoredAny>,
    warnings: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
struct ToolWire<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow, rename = "version")]
    _version: Str<'a>,
}

#[derive(Deserialize)]
struct PolicyWire<'a> {
    #[serde(borrow, rename = "digest")]
    _digest: Str<'a>,
    #[serde(borrow)]
    origin: Str<'a>,
    #[serde(borrow)]
    rules: Vec<Str<'a>>,
}

#[derive(Deserialize)]
struct ProjectWire<'a> {
    #[serde(borrow, deserialize_with = "given")]
    repository: Option<Str<'a>>,
    #[serde(borrow, deserialize_with = "given")]
    commit: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct SourceWire<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    state: Str<'a>,
    required: bool,
    #[serde(borrow, deserialize_with = "given")]
    reason: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct ViolationWire<'a> {
    #[serde(borrow)]
    rule: Str<'a>,
    #[serde(borrow)]
    enforcement: Str<'a>,
    #[serde(borrow, deserialize_with = "given")]
    denies_from: Option<Str<'a>>,
    allowed: u64,
    found: u64,
    #[serde(borrow)]
    policy_file: Str<'a>,
    policy_line: u32,
    findings: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
struct FindingWire<'a> {
    #[serde(borrow)]
    disposition: Str<'a>,
    #[serde(borrow)]
    rules: Vec<Str<'a>>,
}

/// A member that may be null and may not be missing.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

impl Stored {
    /// Reads one.
    ///
    /// # Errors
    /// If it is none, not whole, of another version, or does not agree with itself.
    pub(super) fn parse(bytes: &[u8]) -> anyhow::Result<Stored> {
        Stored::take(bytes).map_err(bounded)
    }

    fn take(bytes: &[u8]) -> anyhow::Result<Stored> {
        let text = std::str::from_utf8(bytes).map_err(|_| anyhow!("it is not UTF-8, as every evaluation is"))?;
        ensure!(!text.trim().is_empty(), "it is empty");
        serde_json::from_str::<Once>(text).map_err(|error| match error.classify() {
            Category::Eof => anyhow!("it ends too early: it was cut off"),
            Category::Data => anyhow!("it is damaged: {error}"),
            Category::Syntax | Category::Io => anyhow!("it is not JSON: {error}"),
        })?;
        is_of_this_version(text)?;
        let document: DocumentWire<'_> = serde_json::from_str(text)
            .map_err(|error| anyhow!("it is no whole {SCHEMA}, or it is damaged: {error}"))?;
        document.take()
    }
}

fn is_of_this_version(text: &str) -> anyhow::Result<()> {
    #[derive(Deserialize)]
    struct Head {
        schema: Option<serde_json::Value>,
    }
    const MAKE: &str = "`findgate check --output json=FILE` writes one";
    // A list would be read as the members of a structure, in their order.
    let head = Some(text).filter(|text| text.trim_start().starts_with('{'));
    let schema = head.and_then(|text| serde_json::from_str::<Head>(text).ok()).and_then(|head| head.schema);
    match schema.as_ref().and_then(serde_json::Value::as_str) {
        Some(SCHEMA) => Ok(()),
        Some(other) if other.starts_with("findgate/evaluation/") => {
            bail!("it is of another version, {}, and this findgate reads {SCHEMA}", quoted(other))
        }
        Some(other) => bail!("it is no evaluation but {}; {MAKE}", quoted(other)),
        None => bail!("it is no evaluation of findgate, for it says no `schema`; {MAKE}"),
    }
}

impl DocumentWire<'_> {
    fn take(self) -> anyhow::Result<Stored> {
        let verdicts = [Verdict::Pass, Verdict::Fail, Verdict::Undecided];
        let verdict = verdicts.into_iter().find(|verdict| verdict.name() == self.verdict.0);
        let verdict = verdict.ok_or_else(|| anyhow!("its verdict is {}, which is none", quoted(&self.verdict.0)))?;
        let as_of = self.as_of.0.parse().map_err(|_| anyhow!("`as_of` of it is no time"))?;
        ensure!(self.tool.name.0 == env!("CARGO_PKG_NAME"), "it says that {} wrote it", quoted(&self.tool.name.0));
        let naming = self.findings_agree()?;
        let rules: HashSet<&str> = self.policy.rules.iter().map(|rule| &*rule.0).collect();
        let violated = self.violations.iter().map(|one| one.take(&rules, &naming));
        let violated = violated.collect::<anyhow::Result<Vec<Violated>>>()?;
        let sources = self.sources.into_iter().map(SourceWire::take).collect::<anyhow::Result<Vec<Source>>>()?;
        let name = verdict.name();
        let status = Status::from(verdict).number();
        ensure!(status == self.status, "its verdict is {name} and its status {}; they do not agree", self.status);
        let read: Vec<_> = sources.iter().map(|source| (source.state, source.requirement)).collect();
        let follows = verdict_of(violated.iter().any(|one| one.denies), &read).name();
        ensure!(follows == name, "its verdict is {name}, and by its violations and sources it would be {follows}");
        Ok(Stored {
            verdict,
            policy: self.policy.origin.owned(),
            rules: self.policy.rules.len(),
            repository: self.project.repository.map(Str::owned),
            commit: self.project.commit.map(Str::owned),
            as_of,
            only: self.only.into_iter().map(Str::owned).collect(),
            violated,
            sources,
            warnings: self.warnings.len(),
        })
    }

    /// Whether each finding landed where the violated rules that it names put it, and all numbers add up. How many findings
    /// name each rule.
    fn findings_agree(&self) -> anyhow::Result<HashMap<&str, u64>> {
        let denies: HashMap<&str, bool> =
            self.violations.iter().map(|one| (&*one.rule.0, one.enforcement.0 == "deny")).collect();
        ensure!(denies.len() == self.violations.len(), "it names a violated rule twice");
        let mut landed: BTreeMap<&str, u64> = BTreeMap::new();
        let mut naming: HashMap<&str, u64> = HashMap::new();
        for (number, FindingWire { disposition, rules }) in (1u64..).zip(&self.findings) {
            let by = rules.iter().map(|rule| denies.get(&*rule.0).copied()).collect::<Option<Vec<bool>>>();
            let by = by.ok_or_else(|| anyhow!("finding {number} of it names a rule that is not violated"))?;
            let agrees = match &*disposition.0 {
                "violation" => by.contains(&true),
                "warning" => !by.is_empty() && !by.contains(&true),
                other => by.is_empty() && Disposition::ALL.iter().any(|known| known.name() == other),
            };
            ensure!(agrees, "finding {number} of it did not land where its rules would put it");
            *landed.entry(&disposition.0).or_default() += 1;
            rules.iter().for_each(|rule| *naming.entry(&rule.0).or_default() += 1);
        }
        for name in Disposition::ALL.map(Disposition::name) {
            let told = self.dispositions.get(name).ok_or_else(|| anyhow!("it does not say how many are {name}"))?;
            let found = landed.get(name).copied().unwrap_or(0);
            ensure!(*told == found, "it says that {told} findings are {name}, and holds {found}");
        }
        let of = |disposition: Disposition| landed.get(disposition.name()).copied().unwrap_or(0);
        let counting = self.findings.len() as u64 - of(Disposition::Waived) - of(Disposition::Excused);
        let counted = self.counts.values().flat_map(BTreeMap::values);
        let counted = counted.fold(0u64, |sum, count| sum.saturating_add(*count));
        ensure!(counted == counting, "it counts {counted} findings, and holds {counting} that count");
        Ok(naming)
    }
}

impl ViolationWire<'_> {
    fn take(&self, rules: &HashSet<&str>, naming: &HashMap<&str, u64>) -> anyhow::Result<Violated> {
        let ViolationWire { rule, enforcement, denies_from, policy_file, policy_line, .. } = self;
        let (rule, found, allowed, listed) = (&*rule.0, self.found, self.allowed, self.findings.len() as u64);
        let named = quoted(rule);
        ensure!(rules.contains(rule), "the rule {named} is violated, and no rule of the policy");
        ensure!(found > allowed, "the rule {named} is violated by {found} findings, and {allowed} are allowed");
        let denies = match &*enforcement.0 {
            "deny" => true,
            "warn" => false,
            other => bail!("the rule {named} is to {}, which is not known", quoted(other)),
        };
        let naming = naming.get(rule).copied().unwrap_or(0);
        // That one counts waivers.
        let of_waivers = rule == UNUSED_RULE && listed == 0;
        let agrees = naming == listed && (of_waivers || listed == found);
        ensure!(agrees, "the rule {named} counts {found} findings, and it lists {listed} and {naming} name it");
        Ok(Violated {
            rule: rule.to_owned(),
            denies,
            denies_from: denies_from.as_ref().map(|day| day.0.to_string()),
            found,
            allowed,
            place: format!("{}:{policy_line}", policy_file.0),
        })
    }
}

impl SourceWire<'_> {
    fn take(self) -> anyhow::Result<Source> {
        let SourceWire { name, state, required, reason } = self;
        let known = State::from_name(&state.0);
        let state = known.ok_or_else(|| anyhow!("the state {} of a source is not known", quoted(&state.0)))?;
        let requirement = if required { Requirement::Required } else { Requirement::Optional };
        Ok(Source { name: name.owned(), state, requirement, reason: reason.map(Str::owned) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::report::Format;
    use crate::report::sample::{Checks, large, sample};

    fn why(document: &Value) -> String {
        Stored::parse(document.to_string().as_bytes()).expect_err("it was read").to_string()
    }

    #[test]
    fn what_is_written_is_read() {
        let stored = Stored::parse(sample().written(Format::Json).as_bytes()).unwrap();
        assert_eq!(stored.verdict, Verdict::Fail);
        assert!(stored.violated.iter().any(|one| one.denies) && stored.violated.iter().any(|one| !one.denies));
        assert!(stored.sources.iter().any(Source::is_missing));
        let mut many: Value = serde_json::from_str(&large(2000, Checks::Few).written(Format::Json)).unwrap();
        many["policy"]["rules"] = json!(["thresholds.all.info"]);
        assert_eq!(Stored::parse(many.to_string().as_bytes()).unwrap().violated[0].found, 2000);
    }

    #[test]
    fn every_member_that_is_missing_or_of_another_type_is_missed() {
        let whole: Value = serde_json::from_str(&sample().written(Format::Json)).unwrap();
        let names: Vec<String> = whole.as_object().unwrap().keys().cloned().collect();
        assert_eq!(names.len(), 18);
        for name in &names {
            let mut without = whole.clone();
            without.as_object_mut().unwrap().remove(name);
            assert!(!why(&without).is_empty(), "{name}");
            if name != "baseline" {
                let mut other = whole.clone();
                other[name] = json!(true);
                assert!(!why(&other).is_empty(), "{name}");
            }
        }
        for at in ["/project/commit", "/sources/0/reason", "/violations/0/found", "/findings/0/rules", "/policy/rules"]
        {
            let (above, name) = at.rsplit_once('/').unwrap();
            let mut without = whole.clone();
            without.pointer_mut(above).unwrap().as_object_mut().unwrap().remove(name).expect(at);
            assert!(why(&without).contains("no whole findgate/evaluation/v1"), "{at}");
        }
    }

    #[test]
    fn members_that_do_not_agree_are_found() {
        let whole: Value = serde_json::from_str(&sample().written(Format::Json)).unwrap();
        let mut seen = 0;
        for (changes, want) in [
            (
                vec![("/verdict", json!("pass")), ("/status", json!(0))],
                "by its violations and sources it would be fail",
            ),
            (vec![("/verdict", json!("pass"))], "they do not agree"),
            (vec![("/verdict", json!("passed"))], "which is none"),
            (vec![("/violations/0/enforcement", json!("warn"))], "did not land where its rules would put it"),
            (vec![("/violations/0/enforcement", json!("block"))], "did not land"),
            (vec![("/violations/0/rule", json!("other"))], "names a rule that is not violated"),
            (vec![("/violations/0/allowed", json!(1_000_000))], "are allowed"),
            (vec![("/violations/0/found", json!(1_000_000))], "counts 1000000 findings"),
            (vec![("/findings/0/disposition", json!("allowed"))], "did not land"),
            (vec![("/dispositions/waived", json!(1_000_000))], "1000000 findings are waived"),
            (vec![("/policy/rules", json!([]))], "no rule of the policy"),
            (vec![("/sources/0/state", json!("fine"))], "is not known"),
            (vec![("/tool/name", json!("other"))], "wrote it"),
            (vec![("/as_of", json!("yesterday"))], "no time"),
        ] {
            let mut document = whole.clone();
            for (at, value) in changes {
                *document.pointer_mut(at).unwrap_or_else(|| panic!("{at}")) = value;
            }
            let why = why(&document);
            assert!(why.contains(want), "{want}: {why}");
            seen += 1;
        }
        assert_eq!(seen, 14);
    }

    #[test]
    fn a_pass_needs_every_required_source_and_at_least_one() {
        let mut document: Value = serde_json::from_str(&large(0, Checks::Few).written(Format::Json)).unwrap();
        document["violations"] = json!([]);
        document["verdict"] = json!("pass");
        document["status"] = json!(0);
        for source in document["sources"].as_array_mut().unwrap() {
            source["state"] = json!("complete");
        }
        assert!(Stored::parse(document.to_string().as_bytes()).is_ok(), "{document:#}");
        let mut none = document.clone();
        none["sources"] = json!([]);
        assert!(why(&none).contains("it would be undecided"));
        document["sources"][0]["required"] = json!(true);
        for state in ["partial", "failed", "stale"] {
            document["sources"][0]["state"] = json!(state);
            assert!(why(&document).contains("it would be undecided"));
        }
    }

    #[test]
    fn what_is_no_evaluation_is_told_as_what_it_is() {
        let whole = sample().written(Format::Json);
        for (text, want) in [
            ("", "it is empty"),
            (" \n", "it is empty"),
            ("{", "cut off"),
            (&whole[..whole.len() - 3], "cut off"),
            ("findgate: pass (0)", "it is not JSON"),
            ("[]", "it is no evaluation"),
            ("{}", "says no `schema`"),
            ("[\"findgate/evaluation/v1\"]", "says no `schema`"),
            (r#"{"schema": "findgate/evaluation/v2"}"#, "another version"),
            (r#"{"schema": "findgate/snapshot/v1"}"#, "it is no evaluation but"),
            (&whole.replacen('{', r#"{"verdict": "pass","#, 1), "stands in it twice"),
            (&format!("{whole}{whole}"), "it is not JSON"),
        ] {
            let why = Stored::parse(text.as_bytes()).expect_err(want).to_string();
            assert!(why.contains(want), "{want}: {why}");
        }
        assert!(Stored::parse(b"\xff\xfe{").is_err());
        // Nor is any beginning of one.
        for end in (0..whole.trim_end().len()).step_by(211) {
            assert!(Stored::parse(&whole.as_bytes()[..end]).is_err(), "{end}");
        }
    }
}
