//! Text of a JSON document.

use std::borrow::Cow;

use serde::Deserialize;

/// Text that borrows where it can. `Option<Cow<str>>` never borrows: serde's derive knows only a bare `Cow`.
#[derive(Deserialize, Clone, Debug, PartialEq)]
#[serde(transparent)]
pub(crate) struct Str<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

impl Str<'_> {
    pub(crate) fn owned(self) -> String {
        self.0.into_owned()
    }
}
