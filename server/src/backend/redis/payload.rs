use protocol::RoomName;

use crate::backend::{Entry, Error, Result, Signal, Whisper};

/// What a whisper begins with on a room's channel. An event begins with `+`: `append.lua` writes those.
const WHISPER: char = '~';
const EVENT: char = '+';

pub fn encode(whisper: &Whisper) -> String {
    let json = serde_json::to_string(whisper).expect("a whisper has only strings and numbers, so it always encodes");
    format!("{WHISPER}{json}")
}

/// Reads what came on the channel of a room.
///
/// # Errors
/// [`Error::Corrupt`], without a word of what was said.
pub fn decode(room: RoomName, payload: &[u8]) -> Result<Signal> {
    let corrupt = |what: &str| Error::Corrupt(format!("a message on a room's channel {what}"));
    let text = std::str::from_utf8(payload).map_err(|_| corrupt("is not UTF-8"))?;
    if let Some(event) = text.strip_prefix(EVENT) {
        let (epoch, entry) = event_of(event).ok_or_else(|| corrupt("has no header of an event"))?;
        Ok(Signal::Appended { room, epoch, entry })
    } else if let Some(json) = text.strip_prefix(WHISPER) {
        let whisper = serde_json::from_str(json).map_err(|_| corrupt("is no whisper"))?;
        Ok(Signal::Whispered { room, whisper })
    } else {
        Err(corrupt("is neither an event nor a whisper"))
    }
}

/// `epoch seq uid prev`, a line feed, the body. `prev` is empty for the first event.
fn event_of(text: &str) -> Option<(String, Entry)> {
    let (header, body) = text.split_once('\n')?;
    let mut words = header.split(' ');
    let (epoch, seq, uid, prev) = (words.next()?, words.next()?.parse().ok()?, words.next()?, words.next()?);
    if words.next().is_some() || epoch.is_empty() || uid.is_empty() {
        return None;
    }
    Some((epoch.into(), Entry { seq, uid: uid.into(), prev: prev.into(), body: body.into() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room() -> RoomName {
        RoomName::new("lobby").unwrap()
    }

    #[test]
    fn an_event_is_read_with_and_without_one_before_it() {
        for (payload, seq, prev, body) in [
            ("+k3 1 u1 \n{}", 1, "", "{}"),
            ("+k3 2 u1 u0\n{\"text\":\"a b\\n\"}\n", 2, "u0", "{\"text\":\"a b\\n\"}\n"),
        ] {
            let entry = Entry { seq, uid: "u1".into(), prev: prev.into(), body: body.into() };
            let expected = Signal::Appended { room: room(), epoch: "k3".into(), entry };
            assert_eq!(decode(room(), payload.as_bytes()).unwrap(), expected);
        }
    }

    #[test]
    fn a_whisper_is_read_as_it_was_written() {
        let whisper = Whisper::People { joined: vec![], left: vec!["u_1".into()], count: 3 };
        let expected = Signal::Whispered { room: room(), whisper: whisper.clone() };
        assert_eq!(decode(room(), encode(&whisper).as_bytes()).unwrap(), expected);
    }

    #[test]
    fn what_is_damaged_is_refused_without_repeating_it() {
        for payload in
            ["", "secret", "+", "+k3 1 u1\nsecret", "+k3 x u1 u0\nsecret", "+k3 1 u1 u0 x\nsecret", "~{secret"]
        {
            let error = decode(room(), payload.as_bytes()).unwrap_err();
            assert!(matches!(error, Error::Corrupt(_)) && !error.to_string().contains("secret"), "{error}");
        }
        assert!(decode(room(), b"+k3 1 u1 u0\n\xff").is_err());
    }
}
