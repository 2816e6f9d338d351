use protocol::RoomName;

use crate::backend::{BackendError, BackendUpdate, Ephemeral, Result, StoredEvent};

/// First character of an ephemeral on a room's channel. An event starts with `+`, which `append.lua` writes.
const EPHEMERAL: char = '~';
const EVENT: char = '+';

pub fn encode(ephemeral: &Ephemeral) -> String {
    let json =
        serde_json::to_string(ephemeral).expect("an ephemeral has only strings and numbers, so it always encodes");
    format!("{EPHEMERAL}{json}")
}

/// Decodes a publication on a room's channel.
///
/// # Errors
/// [`BackendError::Corrupt`], without any of the content.
pub fn decode(room: RoomName, payload: &[u8]) -> Result<BackendUpdate> {
    let corrupt = |what: &str| BackendError::Corrupt(format!("a publication on a room's channel {what}"));
    let text = std::str::from_utf8(payload).map_err(|_| corrupt("is not UTF-8"))?;
    if let Some(event) = text.strip_prefix(EVENT) {
        let (epoch, event) = event_of(event).ok_or_else(|| corrupt("has no header of an event"))?;
        Ok(BackendUpdate::Appended { room, epoch, event })
    } else if let Some(json) = text.strip_prefix(EPHEMERAL) {
        let ephemeral = serde_json::from_str(json).map_err(|_| corrupt("is no ephemeral"))?;
        Ok(BackendUpdate::Ephemeral { room, ephemeral })
    } else {
        Err(corrupt("is neither an event nor an ephemeral"))
    }
}

/// Parses `epoch seq uid prev`, a line feed and the body. `prev` is empty for the first event.
fn event_of(text: &str) -> Option<(String, StoredEvent)> {
    let (header, body) = text.split_once('\n')?;
    let mut words = header.split(' ');
    let (epoch, seq, uid, prev) = (words.next()?, words.next()?.parse().ok()?, words.next()?, words.next()?);
    if words.next().is_some() || epoch.is_empty() || uid.is_empty() {
        return None;
    }
    Some((epoch.into(), StoredEvent { seq, uid: uid.into(), prev: prev.into(), body: body.into() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room() -> RoomName {
        RoomName::new("lobby").unwrap()
    }

    #[test]
    fn decodes_events_with_and_without_a_predecessor() {
        for (payload, seq, prev, body) in [
            ("+k3 1 u1 \n{}", 1, "", "{}"),
            ("+k3 2 u1 u0\n{\"text\":\"a b\\n\"}\n", 2, "u0", "{\"text\":\"a b\\n\"}\n"),
        ] {
            let event = StoredEvent { seq, uid: "u1".into(), prev: prev.into(), body: body.into() };
            let expected = BackendUpdate::Appended { room: room(), epoch: "k3".into(), event };
            assert_eq!(decode(room(), payload.as_bytes()).unwrap(), expected);
        }
    }

    #[test]
    fn decodes_an_encoded_ephemeral() {
        let ephemeral = Ephemeral::PresenceChange { joined: vec![], left: vec!["u_1".into()], count: 3 };
        let expected = BackendUpdate::Ephemeral { room: room(), ephemeral: ephemeral.clone() };
        assert_eq!(decode(room(), encode(&ephemeral).as_bytes()).unwrap(), expected);
    }

    #[test]
    fn refuses_malformed_payloads_without_repeating_them() {
        for payload in
            ["", "secret", "+", "+k3 1 u1\nsecret", "+k3 x u1 u0\nsecret", "+k3 1 u1 u0 x\nsecret", "~{secret"]
        {
            let error = decode(room(), payload.as_bytes()).unwrap_err();
            assert!(matches!(error, BackendError::Corrupt(_)) && !error.to_string().contains("secret"), "{error}");
        }
        assert!(decode(room(), b"+k3 1 u1 u0\n\xff").is_err());
    }
}
