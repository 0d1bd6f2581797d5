//! The JSON Schema and the reference of the policy, printed from the table of the language.
//!
//! The schema serves editors; the loader does not use it, for it asks for more than a schema can say and answers with a
//! line and a column.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::language::{POLICY, SOURCE_COMMON, WAIVER_FILE};
use super::shape::{Emptiness, Form, Presence, Shape, SourceLanguage, Table, Words};

/// The JSON Schema (draft 2020-12) of a policy with these sources.
#[must_use]
pub fn json_schema(sources: &[SourceLanguage]) -> Value {
    json_schema_of(&POLICY, "findgate policy", sources)
}

/// The JSON Schema (draft 2020-12) of a document whose root has these keys.
#[must_use]
pub fn json_schema_of(root: &'static Table, title: &str, sources: &[SourceLanguage]) -> Value {
    let mut schema = Schema { sources, definitions: BTreeMap::new() };
    let mut root = schema.table(root, &[]);
    let mut definitions = Map::new();
    for (name, definition) in schema.definitions {
        definitions.insert(name, definition.unwrap_or(Value::Null));
    }
    root.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    root.insert("title".to_owned(), json!(title));
    root.insert("$defs".to_owned(), Value::Object(definitions));
    Value::Object(root)
}

struct Schema<'a> {
    sources: &'a [SourceLanguage],
    /// `None` while a definition is being written, so that one that holds itself ends.
    definitions: BTreeMap<String, Option<Value>>,
}

impl Schema<'_> {
    fn table(&mut self, table: &'static Table, common: &'static [super::shape::Key]) -> Map<String, Value> {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for key in common.iter().chain(table.keys) {
            let mut value = self.shape(&key.shape);
            value.insert("description".to_owned(), json!(key.doc));
            value.insert("examples".to_owned(), json!([example(key.example)]));
            if let Presence::Optional(default) = key.presence {
                // `evidence.required` is no value but the key that says it.
                if !default.is_empty() && !default.contains('.') {
                    value.insert("default".to_owned(), example(default));
                }
            } else {
                required.push(key.name);
            }
            properties.insert(key.name.to_owned(), Value::Object(value));
        }
        let mut schema = object(json!({
            "title": table.name,
            "description": table.doc,
            "type": "object",
            "additionalProperties": false,
            "properties": properties,
        }));
        if !required.is_empty() {
            schema.insert("required".to_owned(), json!(required));
        }
        if let Some(one) = &table.at_least_one {
            let any: Vec<Value> = one.keys.iter().map(|key| json!({"required": [key]})).collect();
            schema.insert("anyOf".to_owned(), json!(any));
        }
        schema
    }

    fn reference(&mut self, table: &'static Table) -> Map<String, Value> {
        if !self.definitions.contains_key(table.name) {
            self.definitions.insert(table.name.to_owned(), None);
            let definition = self.table(table, &[]);
            self.definitions.insert(table.name.to_owned(), Some(Value::Object(definition)));
        }
        object(json!({"$ref": format!("#/$defs/{}", table.name)}))
    }

    fn shape(&mut self, shape: &'static Shape) -> Map<String, Value> {
        object(match shape {
            Shape::One => json!({"type": "integer", "const": 1}),
            Shape::Text => json!({"type": "string", "pattern": "[^\\s]"}),
            Shape::Form(form) => json!({"type": "string", "pattern": form.pattern}),
            Shape::Switch => json!({"type": "boolean"}),
            Shape::Count => json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}),
            Shape::Range(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
            Shape::Word(words) => json!({"type": "string", "enum": words.words}),
            Shape::OneOrMany(item) => {
                let item = Value::Object(self.shape(item));
                json!({"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]})
            }
            Shape::List(item, emptiness) => {
                let least = u8::from(*emptiness == Emptiness::Refused);
                json!({"type": "array", "items": self.shape(item), "minItems": least})
            }
            Shape::Map(table) => return self.reference(table),
            Shape::Named(form, value) => json!({
                "type": "object",
                "minProperties": 1,
                "propertyNames": {"pattern": form.pattern},
                "additionalProperties": self.shape(value),
            }),
            Shape::Either(shapes) => {
                let any: Vec<Value> = shapes.iter().map(|shape| Value::Object(self.shape(shape))).collect();
                json!({"anyOf": any})
            }
            Shape::Sources => {
                let mut properties = Map::new();
                for SourceLanguage { name, table, check: _ } in self.sources {
                    properties.insert((*name).to_owned(), Value::Object(self.table(table, SOURCE_COMMON.keys)));
                }
                json!({"type": "object", "minProperties": 1, "additionalProperties": false, "properties": properties})
            }
        })
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => Map::from_iter([("const".to_owned(), other)]),
    }
}

/// An example of the table as JSON.
fn example(yaml: &str) -> Value {
    let mut problems = super::Problems::default();
    let document = super::Document::parse("example", yaml, &mut problems);
    document.map_or_else(|| json!(yaml), |document| to_json(&document.root))
}

/// A value as JSON, plain scalars taken as YAML 1.2 takes them.
#[must_use]
pub fn to_json(node: &super::Node) -> Value {
    use super::expect::Written;
    match &node.value {
        super::Value::Null | super::Value::Refused => Value::Null,
        super::Value::Scalar { text, plain } => match (plain, Written::of(text)) {
            (true, Written::Switch) => json!(text.eq_ignore_ascii_case("true")),
            (true, Written::Number) => match text.parse::<u64>() {
                Ok(number) => json!(number),
                Err(_) => text.parse::<f64>().map_or_else(|_| json!(**text), |number| json!(number)),
            },
            _ => json!(**text),
        },
        super::Value::List(items) => Value::Array(items.iter().map(to_json).collect()),
        super::Value::Map(entries) => Value::Object(
            entries.iter().filter_map(|(key, value)| Some((key.text()?.to_string(), to_json(value)))).collect(),
        ),
    }
}

/// The reference as Markdown: every map of the language, with its keys.
#[must_use]
pub fn reference(sources: &[SourceLanguage]) -> String {
    let mut page = Page { text: INTRODUCTION.to_owned(), written: Vec::new(), waiting: Vec::new() };
    page.section(&POLICY, "The policy");
    page.section(&SOURCE_COMMON, "Every source");
    for SourceLanguage { name, table, check: _ } in sources {
        page.section(table, &format!("`sources.{name}`"));
    }
    while !page.waiting.is_empty() {
        for table in std::mem::take(&mut page.waiting) {
            page.section(table, &format!("`{}`", table.name));
        }
    }
    page.section(&WAIVER_FILE, "A file of waivers");
    page.text
}

const INTRODUCTION: &str = "<!-- Made from the program; `cargo test --test documents -- --ignored` writes it again. -->
# The policy language

Every key of a policy: what it means, what may stand behind it, an example, and what holds without it. The
[README](../README.md#the-policy) shows the language by an example. This page is made from the table that the program itself reads
policies by; `findgate policy schema` prints the same as a JSON Schema for editors.

A policy is one document of YAML 1.2. Unknown keys, duplicate keys and impossible values are errors, all shown at once. A key
without a default says nothing where it is left out.

In a glob `?` is one character, `[ab]`, `[a-z]` and `[!a]` are one of these or none of these, and `{a,b}` is either text; `[*]` is a
literal `*`. Characters are compared, not bytes: `?` matches `ä`, too. In paths and branches `?` and brackets match no `/`. Where case
does not matter, a letter is also its other case, outside ASCII as well, if that is one letter.
";

struct Page {
    text: String,
    written: Vec<&'static str>,
    waiting: Vec<&'static Table>,
}

impl Page {
    fn section(&mut self, table: &'static Table, title: &str) {
        if self.written.contains(&table.name) {
            return;
        }
        self.written.push(table.name);
        // Writing to a string cannot fail.
        let _ = write!(self.text, "\n## {title}\n\n{}\n", cell(table.doc));
        if let Some(one) = &table.at_least_one {
            if one.keys.len() < table.keys.len() && one.keys.len() < 8 {
                let _ = write!(
                    self.text,
                    "\nAt least one of {} must be given.\n",
                    super::problem::one_of(one.keys.iter().copied())
                );
            } else {
                self.text.push_str("\nAt least one key must be given.\n");
            }
        }
        // Few columns, since a browser makes none of them wide enough otherwise.
        self.text.push_str("\n| key | meaning | default |\n|---|---|---|\n");
        for key in table.keys {
            let default = match key.presence {
                Presence::Required => "**required**".to_owned(),
                Presence::Optional("") => String::new(),
                Presence::Optional(default) => format!("`{default}`"),
            };
            let value = self.value(&key.shape);
            let _ = writeln!(
                self.text,
                "| `{}` | {}<br>Value: {}<br>Example: `{}: {}` | {default} |",
                key.name,
                cell(key.doc),
                cell(&value),
                key.name,
                cell(key.example)
            );
        }
    }

    fn value(&mut self, shape: &'static Shape) -> String {
        match shape {
            Shape::One => "`1`".to_owned(),
            Shape::Text => "text".to_owned(),
            Shape::Form(Form { what, .. }) => (*what).to_owned(),
            Shape::Switch => "`true` or `false`".to_owned(),
            Shape::Count => "a whole number".to_owned(),
            Shape::Range(least, most) => format!("a whole number from {least} to {most}"),
            Shape::Word(Words { words, .. }) => super::problem::one_of(words.iter().copied()),
            Shape::OneOrMany(item) => format!("{}; or a list of such", self.value(item)),
            Shape::List(item, _) => format!("a list, each {}", self.value(item)),
            Shape::Map(table) => {
                self.waiting.push(table);
                format!("[{}](#{})", table.name, table.name)
            }
            Shape::Named(_, value) => format!("a map from names to {}", self.value(value)),
            Shape::Either(shapes) => {
                let values: Vec<String> = shapes.iter().map(|shape| self.value(shape)).collect();
                values.join("; or ")
            }
            Shape::Sources => "a map from names of sources to their sections".to_owned(),
        }
    }
}

/// Text within a cell of a Markdown table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
