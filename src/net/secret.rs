//! Credentials, and taking them out of what servers echo.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, RwLock};

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};

/// A credential. It prints stars, and is overwritten when it goes.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes text for a credential. White space around it, which a copied one often has, is left out.
    #[must_use]
    pub fn new(text: &str) -> Secret {
        Secret(text.trim().to_owned().into())
    }

    /// The credential itself. Only what makes a request has a reason to call this.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(STARS)
    }
}

/// What stands where a credential was.
const STARS: &str = "****";

/// Text shorter than this is no credential, and taking it out would tear words apart.
const SHORTEST: usize = 6;

/// The credentials of a run, to take them out of every text that came from outside. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Masks(Arc<RwLock<Known>>);

#[derive(Default)]
struct Known {
    forms: Vec<String>,
    finder: Option<AhoCorasick>,
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} credentials", self.forms.len())
    }
}

impl Masks {
    /// From now on this is taken out, in every form that it travels in.
    pub fn add(&self, secret: &Secret) {
        let plain = secret.expose();
        if plain.len() < SHORTEST {
            return;
        }
        let percent: String = url_encoded(plain);
        let json = serde_json::to_string(plain).unwrap_or_default();
        let json = json.trim_matches('"').to_owned();
        let forms = [plain.to_owned(), percent, json, STANDARD.encode(plain), URL_SAFE_NO_PAD.encode(plain)];
        // A thread that panicked while it held the lock left a list that is as good as before.
        let mut known = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        for form in forms {
            if !known.forms.contains(&form) {
                known.forms.push(form);
            }
        }
        known.finder = AhoCorasickBuilder::new().match_kind(MatchKind::LeftmostLongest).build(&known.forms).ok();
    }

    /// The text with stars where a credential was.
    #[must_use]
    pub fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let known = self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        match &known.finder {
            Some(finder) if finder.is_match(text) => {
                Cow::Owned(finder.replace_all(text, &vec![STARS; known.forms.len()]))
            }
            _ => Cow::Borrowed(text),
        }
    }
}

fn url_encoded(text: &str) -> String {
    let mut encoded = reqwest::Url::parse("x:?").map(|mut url| {
        url.query_pairs_mut().append_pair("", text);
        url.query().unwrap_or_default().trim_start_matches('=').to_owned()
    });
    encoded.as_mut().map(std::mem::take).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_stars_and_loses_the_white_space_around_it() {
        let secret = Secret::new(" pat_0123456789\n");
        assert_eq!(secret.expose(), "pat_0123456789");
        assert!(!format!("{secret:?} {:?}", Some(&secret)).contains("0123"));
    }

    #[test]
    fn what_a_server_echoes_is_masked_in_every_form_that_it_travels_in() {
        let masks = Masks::default();
        let secret = "s3cr3t+va&l\"ue=/";
        masks.add(&Secret::new(secret));
        let percent = url_encoded(secret);
        assert!(percent.contains("%2B"), "{percent}");
        let base64 = STANDARD.encode(secret);
        let json = serde_json::json!({ "said": secret }).to_string();
        for text in [format!("got {secret}!"), format!("?a={percent}"), format!("Basic {base64}"), json] {
            let masked = masks.apply(&text);
            assert!(masked.contains(STARS), "{masked}");
            assert!(!masked.contains("s3cr3t") && !masked.contains(&base64), "{masked}");
        }
        assert_eq!(masks.apply("nothing here"), "nothing here");
    }

    #[test]
    fn text_too_short_for_a_credential_masks_nothing() {
        let masks = Masks::default();
        masks.add(&Secret::new("a"));
        masks.add(&Secret::new(""));
        assert_eq!(masks.apply("a banana"), "a banana");
    }
}
