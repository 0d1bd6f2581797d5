//! Rows as Mayo writes them. The service documents no schema of a finding, so each fact is looked for under every name that
//! its pages, its policies' input and its screens give it.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::source::scalar::{Scalar, scalars};

/// Something that is named: by a word (an id or a name) or by an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Named {
    /// The word.
    pub(super) word: Scalar,
    /// The object.
    pub(super) parts: Parts,
}

/// What may stand in an object that names something.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub(super) struct Parts {
    /// `id`.
    pub(super) id: Scalar,
    /// `name`.
    pub(super) name: Scalar,
    /// `full_name` of an asset: `owner/repo`.
    pub(super) full_name: Scalar,
    /// `parent_id` of a project.
    pub(super) parent_id: Scalar,
    /// `version` of a package.
    pub(super) version: Scalar,
}

impl Named {
    /// The name, or the word.
    pub(super) fn name(&self) -> Option<Cow<'_, str>> {
        self.parts.name.word().or_else(|| self.word.word())
    }
}

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Named, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Named;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }
            fn visit_unit<E>(self) -> Result<Named, E> {
                Ok(Named::default())
            }
            fn visit_bool<E>(self, _: bool) -> Result<Named, E> {
                Ok(Named::default())
            }
            fn visit_i64<E>(self, number: i64) -> Result<Named, E> {
                Ok(Named { word: Scalar::Whole(number), ..Named::default() })
            }
            fn visit_u64<E>(self, number: u64) -> Result<Named, E> {
                Ok(Named { word: Scalar::Text(number.to_string()), ..Named::default() })
            }
            fn visit_f64<E>(self, _: f64) -> Result<Named, E> {
                Ok(Named::default())
            }
            fn visit_str<E>(self, text: &str) -> Result<Named, E> {
                Ok(Named { word: Scalar::Text(text.to_owned()), ..Named::default() })
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Named, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Named::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Named, A::Error> {
                let parts = Parts::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Named { word: Scalar::Nothing, parts })
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// For `deserialize_with`: a list of things that are named; one stands for a list of it.
fn all_named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Named>, D::Error> {
    struct List;
    impl<'de> Visitor<'de> for List {
        type Value = Vec<Named>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any value")
        }
        fn visit_unit<E>(self) -> Result<Vec<Named>, E> {
            Ok(Vec::new())
        }
        fn visit_bool<E>(self, _: bool) -> Result<Vec<Named>, E> {
            Ok(Vec::new())
        }
        fn visit_i64<E>(self, number: i64) -> Result<Vec<Named>, E> {
            Ok(vec![Named { word: Scalar::Whole(number), ..Named::default() }])
        }
        fn visit_u64<E>(self, number: u64) -> Result<Vec<Named>, E> {
            Ok(vec![Named { word: Scalar::Text(number.to_string()), ..Named::default() }])
        }
        fn visit_f64<E>(self, _: f64) -> Result<Vec<Named>, E> {
            Ok(Vec::new())
        }
        fn visit_str<E>(self, text: &str) -> Result<Vec<Named>, E> {
            Ok(vec![Named { word: Scalar::Text(text.to_owned()), ..Named::default() }])
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Named>, A::Error> {
            let mut all = Vec::new();
            while let Some(one) = list.next_element()? {
                all.push(one);
            }
            Ok(all)
        }
        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Vec<Named>, A::Error> {
            let parts = Parts::deserialize(MapAccessDeserializer::new(map))?;
            Ok(vec![Named { word: Scalar::Nothing, parts }])
        }
    }
    deserializer.deserialize_any(List)
}

/// A row of `/projects`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Project {
    pub(super) id: Scalar,
    pub(super) name: Scalar,
    pub(super) slug: Scalar,
    pub(super) parent_id: Scalar,
    pub(super) parent: Named,
    pub(super) asset_count: Scalar,
    pub(super) finding_count: Scalar,
}

/// A row of `/assets`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asset {
    pub(super) id: Scalar,
    pub(super) name: Scalar,
    pub(super) full_name: Scalar,
    pub(super) repository: Named,
    pub(super) repo: Named,
    #[serde(deserialize_with = "scalars")]
    pub(super) project_ids: Vec<Scalar>,
    #[serde(deserialize_with = "all_named")]
    pub(super) projects: Vec<Named>,
    pub(super) project_id: Scalar,
    pub(super) project: Named,
}

/// What a row says of where it belongs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'r> {
    pub(super) project: &'r Named,
    pub(super) project_id: &'r Scalar,
    pub(super) project_ids: &'r [Scalar],
    pub(super) projects: &'r [Named],
    pub(super) asset: &'r Named,
    pub(super) asset_id: &'r Scalar,
    pub(super) asset_name: &'r Scalar,
    pub(super) repository: &'r Named,
}

/// Gives a row its `place`.
macro_rules! has_a_place {
    ($row:ty) => {
        impl $row {
            /// Where it belongs.
            pub(super) fn place(&self) -> Place<'_> {
                Place {
                    project: &self.project,
                    project_id: &self.project_id,
                    project_ids: &self.project_ids,
                    projects: &self.projects,
                    asset: &self.asset,
                    asset_id: &self.asset_id,
                    asset_name: &self.asset_name,
                    repository: &self.repository,
                }
            }
        }
    };
}

has_a_place!(Finding);
has_a_place!(Scan);

/// A row of `/findings`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Finding {
    pub(super) id: Scalar,
    pub(super) finding_id: Scalar,
    pub(super) title: Scalar,
    pub(super) name: Scalar,
    pub(super) message: Scalar,
    pub(super) severity: Scalar,
    pub(super) adjusted_severity: Scalar,
    pub(super) status: Scalar,
    pub(super) scanner: Named,
    pub(super) tool: Named,
    pub(super) scanner_type: Scalar,
    #[serde(rename = "type")]
    pub(super) type_: Scalar,
    pub(super) category: Scalar,
    pub(super) rule_id: Scalar,
    pub(super) rule: Named,
    pub(super) file_path: Scalar,
    pub(super) path: Scalar,
    pub(super) file: Scalar,
    pub(super) line_number: Scalar,
    pub(super) start_line: Scalar,
    pub(super) line: Scalar,
    pub(super) end_line: Scalar,
    pub(super) code_snippet: Scalar,
    pub(super) snippet: Scalar,
    #[serde(deserialize_with = "scalars")]
    pub(super) cve_id: Vec<Scalar>,
    #[serde(deserialize_with = "scalars")]
    pub(super) cve: Vec<Scalar>,
    #[serde(deserialize_with = "scalars")]
    pub(super) cwe_id: Vec<Scalar>,
    #[serde(deserialize_with = "scalars")]
    pub(super) cwe: Vec<Scalar>,
    pub(super) package: Named,
    pub(super) package_version: Scalar,
    pub(super) fixed_version: Scalar,
    pub(super) epss_score: Scalar,
    pub(super) epss: Scalar,
    pub(super) in_kev: Scalar,
    pub(super) kev: Scalar,
    pub(super) cvss_score: Scalar,
    pub(super) cvss: Scalar,
    pub(super) cvss_vector: Scalar,
    pub(super) first_detected: Scalar,
    pub(super) first_detected_at: Scalar,
    pub(super) first_seen: Scalar,
    pub(super) first_seen_at: Scalar,
    pub(super) created_at: Scalar,
    pub(super) branch: Scalar,
    #[serde(rename = "ref")]
    pub(super) ref_: Scalar,
    pub(super) url: Scalar,
    pub(super) html_url: Scalar,
    pub(super) link: Scalar,
    pub(super) project: Named,
    pub(super) project_id: Scalar,
    #[serde(deserialize_with = "scalars")]
    pub(super) project_ids: Vec<Scalar>,
    #[serde(deserialize_with = "all_named")]
    pub(super) projects: Vec<Named>,
    pub(super) asset: Named,
    pub(super) asset_id: Scalar,
    pub(super) asset_name: Scalar,
    pub(super) repository: Named,
}

/// A row of `/scans`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Scan {
    pub(super) id: Scalar,
    pub(super) scan_id: Scalar,
    pub(super) scanner: Named,
    pub(super) tool: Named,
    pub(super) scanner_type: Scalar,
    pub(super) branch: Scalar,
    #[serde(rename = "ref")]
    pub(super) ref_: Scalar,
    pub(super) commit_sha: Scalar,
    pub(super) commit: Scalar,
    pub(super) status: Scalar,
    pub(super) state: Scalar,
    pub(super) created_at: Scalar,
    pub(super) started_at: Scalar,
    pub(super) completed_at: Scalar,
    pub(super) finished_at: Scalar,
    pub(super) finding_count: Scalar,
    pub(super) project: Named,
    pub(super) project_id: Scalar,
    #[serde(deserialize_with = "scalars")]
    pub(super) project_ids: Vec<Scalar>,
    #[serde(deserialize_with = "all_named")]
    pub(super) projects: Vec<Named>,
    pub(super) asset: Named,
    pub(super) asset_id: Scalar,
    pub(super) asset_name: Scalar,
    pub(super) repository: Named,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_by_a_word_by_an_object_or_by_a_list_of_either_is_read() {
        let place: Finding = serde_json::from_str(
            r#"{"project": {"id": 7, "name": "a", "x": [1]}, "projects": ["p", {"id": "q"}, null, 8], "asset": "o/r", "repository": null,
                "project_ids": "one", "asset_name": {"no": "text"}}"#,
        )
        .unwrap();
        assert_eq!(place.project.parts.id.word().as_deref(), Some("7"));
        assert_eq!(place.project.name().as_deref(), Some("a"));
        let words: Vec<_> = place.projects.iter().map(|one| one.word.word().or(one.parts.id.word())).collect();
        assert_eq!(words, [Some("p".into()), Some("q".into()), None, Some("8".into())]);
        assert_eq!(place.asset.name().as_deref(), Some("o/r"));
        assert_eq!(place.project_ids.len(), 1);
        assert_eq!(place.asset_name.text(), None);
        for odd in ["null", "true", "1.5", "[]", "{}", "[[1]]"] {
            assert!(serde_json::from_str::<Named>(odd).is_ok_and(|one| one.name().is_none()), "{odd}");
        }
    }
}
