//! That the decoder, the table of the language, the schema and the presets say the same.

use serde_json::Value as Json;

use super::decode::tests::read;
use super::schema::to_json;
use super::shape::{Presence, Shape, Table};
use super::*;
use crate::source::sarif::config;

const SOURCES: &[SourceLanguage] = &[config::LANGUAGE];
const SARIF: &Table = config::LANGUAGE.table;

fn json(yaml: &str) -> Json {
    let mut problems = Problems::default();
    to_json(&Document::parse("p.yml", yaml, &mut problems).unwrap_or_else(|| panic!("{yaml}: {problems:#?}")).root)
}

fn validator() -> jsonschema::Validator {
    let schema = json_schema(SOURCES);
    jsonschema::draft202012::meta::validate(&schema).expect("a schema");
    jsonschema::draft202012::new(&schema).expect("a schema")
}

/// Every table of the language with a policy in which `@` stands for the keys of one such map.
fn places() -> Vec<(&'static Table, &'static str)> {
    let Shape::OneOrMany(Shape::Either([_, Shape::Map(file)])) = &SARIF.keys[0].shape else {
        panic!("the first key of the source is `files`")
    };
    vec![
        (&language::POLICY, "{@}"),
        (&language::EVIDENCE, "{version: 1, thresholds: {all: low}, evidence: {@}}"),
        (&language::SOURCE_COMMON, "{version: 1, thresholds: {all: low}, sources: {sarif: {files: x, @}}}"),
        (SARIF, "{version: 1, thresholds: {all: low}, sources: {sarif: {@}}}"),
        (file, "{version: 1, thresholds: {all: low}, sources: {sarif: {files: {@}}}}"),
        (&language::THRESHOLDS, "{version: 1, thresholds: {@}}"),
        (&language::ALLOWED, "{version: 1, thresholds: {sca: {@}}}"),
        (&language::RULE, "{version: 1, rules: {r: {@}}}"),
        (&language::CONDITION, "{version: 1, rules: {r: {when: {@}}}}"),
        (&language::WAIVERS, "{version: 1, thresholds: {all: low}, waivers: {@}}"),
        (&language::WAIVER, "{version: 1, thresholds: {all: low}, waivers: [{@}]}"),
        (&language::MATCH, "{version: 1, thresholds: {all: low}, waivers: [{id: a, reason: b, match: {@}}]}"),
        (&language::OVERRIDE, "{version: 1, thresholds: {all: low}, overrides: [{branch: main, @}]}"),
        (&language::NEW_THRESHOLDS, "{version: 1, new_thresholds: {@}}"),
        (&language::STAGED, "{version: 1, thresholds: {sca: {high: 1, enforcement: {@}}}}"),
        (&language::REMOTE, "{version: 1, extends: [{@}]}"),
        (&language::BASELINE, "{version: 1, thresholds: {all: low}, baseline: {@}}"),
        (&language::ENRICH, "{version: 1, thresholds: {all: low}, enrich: {@}}"),
        (&language::FEED, "{version: 1, thresholds: {all: low}, enrich: {kev: {@}}}"),
        (&language::MAX_LIFE, "{version: 1, thresholds: {all: low}, waivers: {max_life: {@}}}"),
    ]
}

/// The keys that a map needs beside `given`, with their examples.
fn beside(table: &Table, given: &str) -> String {
    let mut text = String::new();
    for key in table.keys.iter().filter(|k| k.name != given && k.presence == Presence::Required) {
        text.push_str(&format!(", {}: {}", key.name, key.example));
    }
    if let Some(one) = &table.at_least_one
        && !one.keys.contains(&given)
    {
        let key = table.key(one.keys[0]).expect("a key of the table");
        text.push_str(&format!(", {}: {}", key.name, key.example));
    }
    text
}

#[test]
fn every_key_of_the_table_is_read_and_its_example_fits_the_schema() {
    let validator = validator();
    let mut count = 0;
    for (table, place) in places() {
        for key in table.keys {
            // An override that says when it holds does not need to say it again.
            let place = if key.name == "branch" { place.replace("branch: main, ", "") } else { place.to_owned() };
            let yaml = place.replace('@', &format!("{}: {}{}", key.name, key.example, beside(table, key.name)));
            read(&yaml).unwrap_or_else(|problems| panic!("{yaml}: {problems:#?}"));
            let value = json(&yaml);
            assert!(
                validator.is_valid(&value),
                "{yaml}: {:?}",
                validator.iter_errors(&value).map(|e| e.to_string()).collect::<Vec<_>>()
            );
            if let Presence::Optional(default) = key.presence
                && !default.is_empty()
                && !default.contains('.')
            {
                let yaml = place.replace('@', &format!("{}: {default}{}", key.name, beside(table, key.name)));
                read(&yaml).unwrap_or_else(|problems| panic!("{yaml}: {problems:#?}"));
            }
            count += 1;
        }
    }
    assert!(count > 70, "{count}");
}

#[test]
fn no_other_key_is_read_and_none_that_is_required_may_be_missing() {
    let validator = validator();
    for (table, place) in places() {
        for other in ["zzz", "Kind", "x-note", "$schema"] {
            let yaml = place.replace('@', &format!("{other}: 1{}", beside(table, "")));
            let problems = read(&yaml).expect_err(&yaml);
            assert_eq!(problems.len(), 1, "{yaml}: {problems:#?}");
            assert!(!validator.is_valid(&json(&yaml)), "{yaml}");
        }
        for key in table.keys.iter().filter(|key| key.presence == Presence::Required) {
            let yaml = place.replace('@', beside(table, key.name).trim_start_matches(", "));
            assert!(read(&yaml).is_err(), "{yaml}");
            assert!(!validator.is_valid(&json(&yaml)), "{yaml}");
        }
        if table.at_least_one.is_some() {
            let yaml = place.replace('@', if table.name == "override" { "branch: x" } else { "" });
            assert!(read(&yaml).is_err(), "{yaml}");
            assert!(!validator.is_valid(&json(&yaml)), "{yaml}");
        }
    }
}

#[test]
fn every_synonym_means_a_word_that_there_is() {
    for (table, _) in places() {
        for (written, meant) in table.synonyms {
            assert!(table.key(meant).is_some(), "{written} -> {meant} in {}", table.what);
            assert!(table.key(written).is_none(), "{written} is a key of {}", table.what);
        }
        if let Some(one) = &table.at_least_one {
            assert!(one.keys.iter().all(|key| table.key(key).is_some()), "{}", table.what);
        }
    }
    for words in [
        &language::SEVERITY,
        &language::KIND,
        &language::THRESHOLD_WORD,
        &language::ENFORCEMENT,
        &language::EVENT,
        &language::REQUIRED,
        &language::UNUSED,
        &language::FIX,
        &language::SCOPE,
        &language::UNKNOWN,
    ] {
        assert!(
            words.synonyms.iter().all(|(written, meant)| words.words.contains(meant) && !words.words.contains(written))
        );
    }
}

#[test]
fn presets_are_policies_and_fit_the_schema() {
    let validator = validator();
    for preset in PRESETS {
        let policy = read(preset.text).unwrap_or_else(|problems| panic!("{}: {problems:#?}", preset.name));
        assert_eq!(policy.name.as_ref().map(|name| name.value.as_str()), Some(preset.name));
        assert!(validator.is_valid(&json(preset.text)), "{}", preset.name);
        assert!(policy.overrides.is_empty() && policy.waivers.is_empty() && policy.sources.is_empty());
        assert!(preset.text.is_ascii(), "{}", preset.name);
        let denies = policy.limits.iter().any(|limit| limit.enforcement == Enforcement::Deny);
        assert_eq!(denies, preset.name != "audit");
    }
    assert!(Preset::named("strict").is_some() && Preset::named("lax").is_none());
}

#[test]
fn the_new_code_preset_asks_of_every_deny_rule_whether_the_finding_is_new_and_lets_nothing_unknown_go() {
    let policy = read(Preset::named("new-code").expect("a preset").text).expect("good");
    for limit in policy.limits.iter().filter(|limit| limit.enforcement == Enforcement::Deny) {
        match &limit.subject {
            Subject::AtLeast { only_new, .. } => assert!(only_new, "{}", limit.name),
            Subject::When(condition) => {
                assert_eq!(condition.when_unknown, WhenUnknown::Match, "{}", limit.name);
                assert!(
                    condition.clauses.iter().any(|clause| matches!(clause.test, Test::New(true))),
                    "{}",
                    limit.name
                );
            }
        }
    }
}

#[test]
fn shape_errors_do_not_fit_the_schema_and_good_policies_do() {
    let validator = validator();
    for (yaml, good) in [
        ("{version: 1, thresholds: {all: any}}", true),
        ("{version: 1, thresholds: {all: {high: 5, low: 0}}}", true),
        ("{version: 1, rules: {a: {when: {severity: [high, low], cwe: [79, CWE-80]}}}}", true),
        ("{version: 1, rules: {a: {when: {any: [{not: {kev: true}}, {all: [{new: true}]}]}}}}", true),
        ("{version: 1, thresholds: {all: low}, waivers: []}", true),
        ("{version: 2, thresholds: {all: any}}", false),
        ("{version: '1', thresholds: {all: any}}", false),
        ("{version: 1}", false),
        ("{version: 1, thresholds: {}}", false),
        ("{version: 1, thresholds: null}", false),
        ("{version: 1, thresholds: {all: none}}", false),
        ("{version: 1, thresholds: {all: {high: -1}}}", false),
        ("{version: 1, thresholds: {all: {high: '5'}}}", false),
        ("{version: 1, thresholds: {all: {high: 1.5}}}", false),
        ("{version: 1, thresholds: {all: {high: 4294967296}}}", false),
        ("{version: 1, rules: {'a b': {when: {kev: true}}}}", false),
        ("{version: 1, rules: {}}", false),
        ("{version: 1, rules: {a: {when: {}}}}", false),
        ("{version: 1, rules: {a: {when: {kev: yes}}}}", false),
        ("{version: 1, rules: {a: {when: {epss: 0.5}}}}", false),
        ("{version: 1, rules: {a: {when: {age: '>3m'}}}}", false),
        ("{version: 1, rules: {a: {when: {severity: '>=hgih'}}}}", false),
        ("{version: 1, rules: {a: {when: {kind: []}}}}", false),
        ("{version: 1, rules: {a: {when: {any: []}}}}", false),
        ("{version: 1, rules: {a: {when: {not: {not: {foo: 1}}}}}}", false),
        ("{version: 1, rules: {a: {when: {path: /x}}}}", false),
        ("{version: 1, thresholds: {all: low}, name: 5}", false),
        ("{version: 1, thresholds: {all: low}, name: ' '}", false),
        ("{version: 1, thresholds: {all: low}, sources: {github: {}}}", false),
        ("{version: 1, thresholds: {all: low}, overrides: []}", false),
        ("{version: 1, thresholds: {all: low}, waivers: [{id: a, match: {}, reason: x}]}", false),
        ("{version: 1, thresholds: {all: low}, waivers: [{id: a, match: {fingerprint: abc}, reason: x}]}", false),
    ] {
        assert_eq!(validator.is_valid(&json(yaml)), good, "{yaml}");
        assert_eq!(read(yaml).is_ok(), good, "{yaml}");
    }
}

#[test]
fn the_schema_has_no_absolute_id_and_describes_every_key() {
    let schema = json_schema(SOURCES);
    assert_eq!(schema["$id"], Json::Null);
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["$defs"]["condition"]["properties"]["not"]["$ref"], "#/$defs/condition");
    fn described(value: &Json) {
        if let Some(Json::Object(properties)) = value.get("properties") {
            assert_eq!(value["additionalProperties"], false);
            assert!(
                properties.values().all(|p| p.get("type") == Some(&"object".into()) || p.get("description").is_some()),
                "{value:#}"
            );
        }
        match value {
            Json::Object(map) => map.values().for_each(described),
            Json::Array(items) => items.iter().for_each(described),
            _ => {}
        }
    }
    described(&schema);
}

#[test]
fn the_reference_names_every_key_and_its_tables_are_whole() {
    let reference = reference(SOURCES);
    for (table, _) in places() {
        for key in table.keys {
            assert!(reference.contains(&format!("| `{}` |", key.name)), "{} of {}", key.name, table.name);
        }
    }
    for line in reference.lines().filter(|line| line.starts_with('|')) {
        assert_eq!(line.replace("\\|", "").matches('|').count(), 4, "{line}");
    }
    for link in reference.split("](#").skip(1) {
        let anchor = link.split(')').next().expect("a link");
        assert!(reference.contains(&format!("\n## `{anchor}`\n")), "{anchor}");
    }
}
