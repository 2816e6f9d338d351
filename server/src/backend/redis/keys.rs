use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use protocol::RoomName;

/// Everything but letters and digits is encoded, so that no name can break out of the braces.
const ENCODED: &AsciiSet = NON_ALPHANUMERIC;

/// The keys of one room. What stands in the braces is the same in all, which puts them on one node of a cluster.
pub struct Keys(String);

impl Keys {
    pub fn of(room: &RoomName) -> Self {
        Self(utf8_percent_encode(room.as_str(), ENCODED).to_string())
    }

    /// Its epoch, and the number and name of its last event.
    pub fn meta(&self) -> String {
        self.key("meta")
    }

    /// The channel of its events and ephemerals.
    pub fn channel(&self) -> String {
        self.key("events")
    }

    /// What `life.lua` and its kin work on.
    pub fn history(&self) -> Vec<String> {
        ["meta", "stream", "ids", "order"].map(|name| self.key(name)).into()
    }

    /// When each connection in it expires.
    pub fn live(&self) -> String {
        self.key("live")
    }

    /// What `presence.lua` and its kin work on.
    pub fn presence(&self) -> Vec<String> {
        ["live", "who", "count", "names"].map(|name| self.key(name)).into()
    }

    fn key(&self, name: &str) -> String {
        format!("sala:{{{}}}:{name}", self.0)
    }
}

/// How far a person has read, by room. No room has a key of this name, so that a room that is called like a person's id is none.
pub fn reads_of(user: &str) -> String {
    format!("sala:{{{}}}:reads", utf8_percent_encode(user, ENCODED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_breaks_out_of_the_braces() {
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
