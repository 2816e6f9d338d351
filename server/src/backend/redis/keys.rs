use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use protocol::RoomName;

/// Everything but letters and digits is encoded, so that no name can close the braces of the hash tag.
const ENCODED: &AsciiSet = NON_ALPHANUMERIC;

/// The keys of one room. They share a hash tag, so a cluster stores them on one node.
pub struct Keys(String);

impl Keys {
    pub fn of(room: &RoomName) -> Self {
        Self(utf8_percent_encode(room.as_str(), ENCODED).to_string())
    }

    /// The room's epoch, and the `seq` and `uid` of its head.
    pub fn meta(&self) -> String {
        self.key("meta")
    }

    /// The channel of the room's events and ephemerals.
    pub fn channel(&self) -> String {
        self.key("events")
    }

    /// The keys of the scripts that start with `epoch.lua`.
    pub fn history(&self) -> Vec<String> {
        ["meta", "stream", "ids", "order"].map(|name| self.key(name)).into()
    }

    /// When each connection expires.
    pub fn live(&self) -> String {
        self.key("live")
    }

    /// The keys of the scripts that start with `presence.lua`.
    pub fn presence(&self) -> Vec<String> {
        ["live", "who", "count", "names"].map(|name| self.key(name)).into()
    }

    fn key(&self, name: &str) -> String {
        format!("sala:{{{}}}:{name}", self.0)
    }
}

/// A user's read positions by room. No room has a key that ends in `reads`, so a room named like a user id does not
/// collide.
pub fn read_markers_of(user: &str) -> String {
    format!("sala:{{{}}}:reads", utf8_percent_encode(user, ENCODED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_closes_the_hash_tag() {
        for (name, key) in [
            ("lobby", "sala:{lobby}:meta"),
            ("}:meta{", "sala:{%7D%3Ameta%7B}:meta"),
            ("a b%", "sala:{a%20b%25}:meta"),
            ("é", "sala:{%C3%A9}:meta"),
        ] {
            assert_eq!(Keys::of(&RoomName::new(name).unwrap()).meta(), key, "{name}");
        }
    }
}
