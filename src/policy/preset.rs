//! Policies that are built in.

/// A built-in policy.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Its name after `preset:`.
    pub name: &'static str,
    /// The text of `policies/NAME.yml`.
    pub text: &'static str,
}

/// All of them.
pub const PRESETS: [Preset; 4] = [
    Preset { name: "recommended", text: include_str!("../../policies/recommended.yml") },
    Preset { name: "strict", text: include_str!("../../policies/strict.yml") },
    Preset { name: "audit", text: include_str!("../../policies/audit.yml") },
    Preset { name: "new-code", text: include_str!("../../policies/new-code.yml") },
];

impl Preset {
    /// The preset of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Preset> {
        PRESETS.into_iter().find(|preset| preset.name == name)
    }
}
