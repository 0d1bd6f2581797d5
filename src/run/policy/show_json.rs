//! `findgate policy show --format json`: the same for programs, `findgate/policy/v1`.
//!
//! Every object always has all its members. `from` is where a value stands (`file`, `line`), and `null` for a default; times
//! are in seconds.

use serde_json::{Value, json};

use crate::policy::{
    Asked, BaselineAt, Feed, FeedAt, Limit, Override, Place, Policy, Requirement, Stated, Subject, Unused, Waiver,
    WaiverRules, WhenUnknown, to_json,
};
use crate::policy_file::Loaded;
use crate::report::compact;

use super::show::{Shown, parent, place_of};

impl Shown<'_> {
    /// The document, a member a line.
    pub(super) fn json(&self) -> std::io::Result<Vec<u8>> {
        let mut out = b"{".to_vec();
        let mut line = Vec::new();
        for (number, (name, value)) in self.members().into_iter().enumerate() {
            out.extend_from_slice(if number == 0 { b"\n  " } else { b",\n  " });
            compact(&mut out, &mut line, name)?;
            out.extend_from_slice(b": ");
            compact(&mut out, &mut line, value)?;
        }
        out.extend_from_slice(b"\n}\n");
        Ok(out)
    }

    fn members(&self) -> Vec<(&'static str, Value)> {
        let Loaded { origin, digest, files, extends, policy, .. } = self.loaded;
        let Policy { name, unknown_severity, evidence, overrides, baseline, kev, epss, shadow, .. } = policy;
        let files =
            files.iter().map(|file| json!({"role": file.role.name(), "name": file.name, "digest": file.digest}));
        let extends = extends.iter().map(|entry| json!({"name": entry.name, "from": from(Some(&entry.place))}));
        let applied = overrides.iter().find(|own| self.applies(own)).and_then(|own| own.unknown_severity.as_ref());
        let severity =
            said(self.resolved.unknown_severity.name(), applied.or(unknown_severity.as_ref()).map(|s| &s.place));
        let mut general = asked(&Asked::default(), evidence);
        general["locked"] = locked(&evidence.locked);
        let baseline = baseline.as_ref().map(|Stated { value, place }| {
            let (file, branch) = match value {
                BaselineAt::File(file) => (Some(file), None),
                BaselineAt::Branch(branch) => (None, Some(branch)),
            };
            json!({"file": file, "branch": branch, "from": from(Some(place))})
        });
        let shadow = shadow.as_ref().map(|said| json!({"name": parent(&said.value), "from": from(Some(&said.place))}));
        vec![
            ("schema", json!("findgate/policy/v1")),
            ("origin", json!(origin)),
            ("digest", json!(digest)),
            ("files", files.collect()),
            ("extends", extends.collect()),
            ("applied", json!(self.resolved.applied)),
            ("name", optional(name)),
            ("unknown_severity", severity),
            ("limits", self.resolved.limits.iter().map(limit).collect()),
            ("evidence", general),
            ("sources", self.sources()),
            ("waivers", waivers(&self.resolved.waivers, &self.resolved.waiver_rules)),
            ("baseline", json!(baseline)),
            ("enrich", json!({"kev": feed(kev), "epss": feed(epss)})),
            ("shadow", json!(shadow)),
            ("overrides", overrides.iter().map(|own| self.own(own)).collect()),
        ]
    }

    fn sources(&self) -> Value {
        let policy = &self.loaded.policy;
        let one = |section: &crate::policy::SourceSection| {
            let keys: Vec<Value> = match &section.section.value {
                crate::policy::Value::Map(entries) => entries
                    .iter()
                    .map(|(key, value)| json!({"key": key.text().map(|text| &**text), "value": to_json(value), "from": from(Some(&key.place))}))
                    .collect(),
                _ => Vec::new(),
            };
            let plans = self.loaded.plans.iter().filter(|(plan, _)| plan.name() == section.name);
            let reads: Vec<String> = plans.flat_map(|(plan, _)| plan.reads()).collect();
            json!({
                "name": section.name,
                "from": from(Some(&section.place)),
                "keys": keys,
                "evidence": asked(&section.evidence, &policy.evidence),
                "reads": reads,
            })
        };
        policy.sources.iter().map(one).collect()
    }

    fn own(&self, own: &Override) -> Value {
        let events = own.when.event.as_ref().map(|events| events.iter().map(|event| event.name()).collect::<Vec<_>>());
        json!({
            "from": from(Some(&own.place)),
            "branch": own.when.branch.as_ref().map(|globs| &globs.as_written),
            "environment": own.when.environment.as_ref().map(|globs| &globs.as_written),
            "event": events,
            "applied": self.applies(own),
            "unknown_severity": own.unknown_severity.as_ref().map(|s| said(s.value.name(), Some(&s.place))),
            "limits": own.limits.iter().map(limit).collect::<Vec<_>>(),
        })
    }
}

fn from(place: Option<&Place>) -> Value {
    place.map_or(Value::Null, |place| json!({"file": &*place.file, "line": place.line}))
}

fn said(value: impl Into<Value>, place: Option<&Place>) -> Value {
    json!({"value": value.into(), "from": from(place)})
}

fn optional(stated: &Option<Stated<String>>) -> Value {
    said(stated.as_ref().map(|said| said.value.clone()), stated.as_ref().map(|said| &said.place))
}

fn locked(stated: &Option<Stated<bool>>) -> Value {
    said(stated.as_ref().is_some_and(|said| said.value), stated.as_ref().map(|said| &said.place))
}

fn limit(limit: &Limit) -> Value {
    let Limit { name, description, place, enforcement, from: until, allow, subject, locked } = limit;
    let (kind, floor, only_new, when, unknown) = match subject {
        Subject::AtLeast { kind, floor, only_new } => {
            (Some(kind.map_or("all", |kind| kind.name())), Some(floor.name()), Some(*only_new), None, None)
        }
        Subject::When(condition) => {
            let clauses: Vec<&str> = condition.clauses.iter().map(|clause| clause.written.as_str()).collect();
            let unknown = match condition.when_unknown {
                WhenUnknown::Match => "match",
                WhenUnknown::Skip => "skip",
            };
            (None, None, None, Some(clauses), Some(unknown))
        }
    };
    json!({
        "rule": name,
        "from": from(Some(place)),
        "description": description,
        "kind": kind,
        "floor": floor,
        "only_new": only_new,
        "when": when,
        "unknown": unknown,
        "allow": allow,
        "enforcement": enforcement.name(),
        "warn_until": until.map(|day| day.to_string()),
        "locked": locked,
    })
}

fn asked(own: &Asked, general: &Asked) -> Value {
    let rule = own.over(general);
    json!({
        "required": said(rule.requirement == Requirement::Required, place_of(&own.requirement, &general.requirement)),
        "max_age": said(rule.max_age, place_of(&own.max_age, &general.max_age)),
        "commit": said(rule.commit.name(), place_of(&own.commit, &general.commit)),
        "wait": said(rule.wait, place_of(&own.wait, &general.wait)),
    })
}

fn waivers(waivers: &[Waiver], rules: &WaiverRules) -> Value {
    let WaiverRules {
        files,
        vex,
        max_life,
        max_life_default,
        require,
        unused,
        locked: is_locked,
        contrary: _,
        is_in_part: _,
    } = rules;
    let paths = |paths: &[Stated<String>]| -> Vec<Value> {
        paths.iter().map(|path| said(path.value.clone(), Some(&path.place))).collect()
    };
    let general = max_life_default.iter().map(|life| ("default", life));
    let lives = max_life.iter().map(|(severity, life)| (severity.name(), life)).chain(general);
    let lives =
        lives.map(|(name, life)| json!({"severity": name, "seconds": life.value, "from": from(Some(&life.place))}));
    let entry = |waiver: &Waiver| {
        let Waiver { id, place, matches, reason, owner, ticket, approved_by, expires } = waiver;
        json!({
            "id": id,
            "from": from(Some(place)),
            "match": matches.as_written,
            "reason": reason,
            "owner": owner,
            "ticket": ticket,
            "approved_by": approved_by,
            "expires": expires.map(|day| day.to_string()),
        })
    };
    json!({
        "files": paths(files),
        "vex": paths(vex),
        "max_life": lives.collect::<Vec<_>>(),
        "require": require.iter().map(|demanded| said(demanded.value.name(), Some(&demanded.place))).collect::<Vec<_>>(),
        "unused": said(
            unused.as_ref().map_or(Unused::Warn, |unused| unused.value).name(),
            unused.as_ref().map(|unused| &unused.place),
        ),
        "locked": locked(is_locked),
        "entries": waivers.iter().map(entry).collect::<Vec<_>>(),
    })
}

fn feed(stated: &Option<Stated<Feed>>) -> Value {
    let Some(Stated { value: Feed { at, max_age, digest }, place }) = stated else { return Value::Null };
    let (file, url) = match at {
        FeedAt::File(file) => (Some(file), None),
        FeedAt::Url(url) => (None, Some(url)),
    };
    json!({"file": file, "url": url, "max_age": max_age, "digest": digest, "from": from(Some(place))})
}
