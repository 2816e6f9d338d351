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
        let length = length_of(self.bytes.make_contiguous()).filter(|length| *length > 0)?;
        Some(self.bytes.drain(..length).collect())
    }
}

/// Whether `bytes` contain `wanted`.
pub fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// The length of the first value; `None` while it is incomplete.
fn length_of(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
    let line = end + 2;
    let count = bytes.get(1..end).and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<i64>().ok());
    let elements = |count: i64| (0..count).try_fold(line, |at, _| Some(at + length_of(bytes.get(at..)?)?));
    match (bytes[0], count) {
        (b'+' | b'-' | b':' | b'_' | b',' | b'#' | b'(', _) | (b'$', Some(-1)) => Some(line),
        (b'$' | b'=' | b'!', Some(count)) => {
            let whole = line + usize::try_from(count).ok()? + 2;
            (whole <= bytes.len()).then_some(whole)
        }
        (b'*' | b'>' | b'~', Some(count)) => elements(count),
        (b'%', Some(count)) => elements(count * 2),
        _ => Some(bytes.len()),
    }
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
