//! Splits a stream of bytes into values of the Redis protocol, without decoding them.

use std::collections::VecDeque;

/// Buffers the bytes of one direction and returns them value by value.
#[derive(Debug, Default)]
pub struct RespSplitter {
    bytes: VecDeque<u8>,
}

impl RespSplitter {
    pub fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
    }

    /// The next complete value. Bytes that are not valid are passed on as they are.
    pub fn next(&mut self) -> Option<Vec<u8>> {
        let bytes = self.bytes.make_contiguous();
        let length = match length_of(bytes) {
            Length::Known(length) => length,
            Length::Incomplete => return None,
            Length::Invalid => bytes.len(),
        };
        (length > 0).then(|| self.bytes.drain(..length).collect())
    }
}

/// Whether `bytes` contain `wanted`.
pub fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

enum Length {
    Known(usize),
    Incomplete,
    Invalid,
}

fn length_of(bytes: &[u8]) -> Length {
    let Some(end) = bytes.windows(2).position(|pair| pair == b"\r\n") else { return Length::Incomplete };
    let line = end + 2;
    let count = || std::str::from_utf8(&bytes[1..end]).ok()?.parse::<i64>().ok();
    let array = |times: i64| match count() {
        Some(count) => elements(bytes, line, count.max(0) * times),
        None => Length::Invalid,
    };
    match bytes[0] {
        b'+' | b'-' | b':' | b'_' | b',' | b'#' | b'(' => Length::Known(line),
        b'$' | b'=' | b'!' => match count() {
            Some(-1) => Length::Known(line),
            Some(count) => {
                let whole = line + usize::try_from(count).unwrap_or_default() + 2;
                if bytes.len() >= whole { Length::Known(whole) } else { Length::Incomplete }
            }
            None => Length::Invalid,
        },
        b'*' | b'>' | b'~' => array(1),
        b'%' => array(2),
        _ => Length::Invalid,
    }
}

fn elements(bytes: &[u8], mut at: usize, count: i64) -> Length {
    for _ in 0..count {
        match bytes.get(at..).filter(|rest| !rest.is_empty()).map(length_of) {
            Some(Length::Known(length)) => at += length,
            Some(other) => return other,
            None => return Length::Incomplete,
        }
    }
    Length::Known(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(bytes: &[u8]) -> Vec<String> {
        let mut values = RespSplitter::default();
        values.extend(bytes);
        std::iter::from_fn(|| values.next()).map(|value| String::from_utf8(value).unwrap()).collect()
    }

    #[test]
    fn values_are_split() {
        for value in
            ["+OK\r\n", ":1\r\n", "$-1\r\n", "$5\r\na\r\nbc\r\n", "*2\r\n$1\r\na\r\n*1\r\n:1\r\n", "*0\r\n", "*-1\r\n"]
        {
            assert_eq!(take(format!("{value}{value}").as_bytes()), [value, value]);
        }
    }

    #[test]
    fn a_value_is_returned_when_it_is_complete() {
        let value = b"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$3\r\na\r\n\r\n";
        for length in 0..value.len() {
            assert!(take(&value[..length]).is_empty(), "{length} bytes");
        }
        assert_eq!(take(value).len(), 1);
    }
}
