//! Fields of another type than documented: they cost that fact, and not the document.

use serde::de::{Deserialize as _, Deserializer};
use serde_json::Value;

/// Text, or nothing.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(text) => Some(text),
        // Some writers give one context as a list of one.
        Value::Array(items) => items.into_iter().find_map(|item| item.as_str().map(str::to_owned)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    })
}
