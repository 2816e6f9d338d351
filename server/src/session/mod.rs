//! Sessions: a guest's id and name in a signed cookie, so that every instance can verify it and none has to store it.

mod key;

use std::path::Path;
use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use cookie::{Cookie, CookieJar, Key, SameSite};
use protocol::{User, UserName};
use serde::{Deserialize, Serialize};

use crate::random;

/// Name of the cookie.
const COOKIE: &str = "sala_session";

/// Lifetime of a session, from sign-in or renewal.
const LIFETIME: Duration = Duration::from_secs(30 * 24 * 3_600);

/// Issues and verifies sessions.
pub struct Sessions {
    key: Key,
}

/// Content of the cookie.
#[derive(Serialize, Deserialize)]
struct Claims {
    id: String,
    name: String,
    /// Expiry, in milliseconds since the Unix epoch.
    until: u64,
}

impl Sessions {
    /// Signs with a secret that all instances share.
    #[must_use]
    pub fn signed_with(secret: &str) -> Self {
        Self { key: Key::derive_from(secret.as_bytes()) }
    }

    /// Signs with a random key that is stored in `folder`, for a single server.
    ///
    /// # Errors
    /// The key cannot be read or stored. The text names the file.
    pub fn stored_in(folder: &Path) -> anyhow::Result<Self> {
        Ok(Self { key: key::load_or_create(folder)? })
    }

    /// Signs with a random key that no other instance and no later start knows.
    #[must_use]
    pub fn with_random_key() -> Self {
        Self { key: Key::generate() }
    }

    /// Starts a session at `now` (milliseconds since the Unix epoch). Signing in again with the same name keeps the
    /// user's id. Returns the value of a `Set-Cookie` header.
    #[must_use]
    pub fn issue(&self, name: &UserName, known: Option<&User>, is_tls: bool, now: u64) -> String {
        let id = known.filter(|user| user.name == name.as_str()).map_or_else(new_id, |user| user.id.clone());
        self.start(id, name, is_tls, now)
    }

    /// Starts a session with the same id and another name. Returns the value of a `Set-Cookie` header.
    #[must_use]
    pub fn rename(&self, user: &User, name: &UserName, is_tls: bool, now: u64) -> String {
        self.start(user.id.clone(), name, is_tls, now)
    }

    /// Extends a session that is half over at `now`, so that returning users keep their id, to which unsent messages in
    /// the browser belong. Takes the value of a `Cookie` header, returns that of a `Set-Cookie` header.
    #[must_use]
    pub fn renew(&self, header: &str, is_tls: bool, now: u64) -> Option<String> {
        let Claims { id, name, until } = self.claims(header, now)?;
        let is_half_over = until - now < millis(LIFETIME) / 2;
        let name = UserName::new(&name).ok().filter(|_| is_half_over)?;
        Some(self.start(id, &name, is_tls, now))
    }

    fn start(&self, id: String, name: &UserName, is_tls: bool, now: u64) -> String {
        let until = now + millis(LIFETIME);
        let claims = Claims { id, name: name.to_string(), until };
        let claims = serde_json::to_vec(&claims).expect("text always encodes");
        let max_age = cookie::time::Duration::try_from(LIFETIME).expect("thirty days fit");
        self.cookie(BASE64_URL_SAFE_NO_PAD.encode(claims), max_age, is_tls)
    }

    /// Ends a session. Returns the value of a `Set-Cookie` header.
    #[must_use]
    pub fn end(&self, is_tls: bool) -> String {
        self.cookie(String::new(), cookie::time::Duration::ZERO, is_tls)
    }

    /// The user in a `Cookie` header's value, if the signature is valid and the session has not expired at `now`.
    #[must_use]
    pub fn read(&self, header: &str, now: u64) -> Option<User> {
        self.claims(header, now).map(|Claims { id, name, .. }| User { id, name })
    }

    fn claims(&self, header: &str, now: u64) -> Option<Claims> {
        let mut jar = CookieJar::new();
        for cookie in Cookie::split_parse(header).flatten().filter(|cookie| cookie.name() == COOKIE) {
            jar.add_original(cookie.into_owned());
        }
        let cookie = jar.signed(&self.key).get(COOKIE)?;
        let claims = BASE64_URL_SAFE_NO_PAD.decode(cookie.value()).ok()?;
        let claims: Claims = serde_json::from_slice(&claims).ok()?;
        (now < claims.until).then_some(claims)
    }

    fn cookie(&self, value: String, max_age: cookie::time::Duration, is_tls: bool) -> String {
        let cookie = Cookie::build((COOKIE, value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(is_tls)
            .max_age(max_age)
            .build();
        let mut jar = CookieJar::new();
        jar.signed_mut(&self.key).add(cookie);
        jar.get(COOKIE).map(ToString::to_string).expect("it was just added")
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).expect("thirty days fit")
}

/// 16 random characters, about 95 bits: ids identify the authors of messages and must not be guessable.
fn new_id() -> String {
    format!("u_{}", random::token(16))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "a key that is long enough for a test";

    fn sign_in(sessions: &Sessions, name: &str, known: Option<&User>) -> String {
        let cookie = sessions.issue(&UserName::new(name).unwrap(), known, false, 1_000);
        cookie.split(';').next().unwrap().to_owned()
    }

    #[test]
    fn every_instance_with_the_key_accepts_a_session() {
        let cookie = sign_in(&Sessions::signed_with(KEY), "Zoë 🌊", None);
        let user = Sessions::signed_with(KEY).read(&format!("a=b; {cookie}; c=d"), 2_000).unwrap();
        assert_eq!(user.name, "Zoë 🌊");
        assert!(user.id.starts_with("u_"));
        assert!(Sessions::signed_with("another key that is long enough!!").read(&cookie, 2_000).is_none());
    }

    #[test]
    fn a_stored_key_and_a_session_of_an_earlier_release_are_valid() {
        #[derive(Deserialize)]
        struct RecordedSession {
            cookie: String,
            user: User,
        }
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/release-3ebb6b1");
        let recorded = std::fs::read(folder.join("sqlite.json")).unwrap();
        let RecordedSession { cookie, user } = serde_json::from_slice(&recorded).unwrap();
        let sessions = Sessions::stored_in(&folder).unwrap();
        assert_eq!(sessions.read(&cookie, 1_796_104_060_000), Some(user));
    }

    #[test]
    fn rejects_a_forged_or_expired_session() {
        let sessions = Sessions::signed_with(KEY);
        let cookie = sign_in(&sessions, "Ana", None);
        let month = 31 * 24 * 3_600 * 1_000;
        assert!(sessions.read(&cookie, month).is_none());
        for at in [COOKIE.len() + 3, cookie.len() - 3] {
            let mut forged = cookie.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            assert!(sessions.read(std::str::from_utf8(&forged).unwrap(), 2_000).is_none());
        }
        for header in ["", "sala_session=", "sala_session=x", "sala_session", ";;;"] {
            assert!(sessions.read(header, 2_000).is_none(), "{header}");
        }
    }

    #[test]
    fn signing_in_with_the_same_name_keeps_the_id() {
        let sessions = Sessions::signed_with(KEY);
        let ana = sessions.read(&sign_in(&sessions, "Ana", None), 0).unwrap();
        assert_eq!(sessions.read(&sign_in(&sessions, "Ana", Some(&ana)), 0).unwrap(), ana);
        assert_ne!(sessions.read(&sign_in(&sessions, "Rui", Some(&ana)), 0).unwrap().id, ana.id);
    }

    #[test]
    fn a_session_is_renewed_in_its_second_half() {
        let sessions = Sessions::signed_with(KEY);
        let cookie = sign_in(&sessions, "Ana", None);
        let day = 24 * 3_600 * 1_000;
        assert!(sessions.renew(&cookie, false, 14 * day).is_none());
        let renewed = sessions.renew(&cookie, false, 20 * day).unwrap();
        assert_eq!(sessions.read(&renewed, 49 * day), sessions.read(&cookie, 20 * day));
        assert!(sessions.renew(&cookie, false, 31 * day).is_none(), "it is over");
    }

    #[test]
    fn renaming_keeps_the_id() {
        let sessions = Sessions::signed_with(KEY);
        let ana = sessions.read(&sign_in(&sessions, "Ana", None), 0).unwrap();
        let cookie = sessions.rename(&ana, &UserName::new("Zoe").unwrap(), false, 0);
        assert_eq!(sessions.read(&cookie, 0).unwrap(), User { name: "Zoe".into(), ..ana });
    }

    #[test]
    fn the_cookie_is_hidden_from_scripts_and_other_sites() {
        let header = Sessions::signed_with(KEY).issue(&UserName::new("Ana").unwrap(), None, true, 0);
        for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Secure"] {
            assert!(header.contains(part), "{header}");
        }
    }
}
