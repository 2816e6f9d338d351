use std::collections::BTreeSet;
use std::fmt;

use ::redis::{ErrorKind, RedisError, RedisResult, Value};

/// Into how many slots a cluster divides all keys and channels.
const SLOTS: u16 = 16_384;

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    pub host: String,
    pub port: u16,
}

impl Node {
    /// Another one, as this one calls it: who does not know the host of a node leaves it empty or puts a question mark, which stands for
    /// the host of whoever was asked.
    pub fn beside(&self, host: &str, port: u16) -> Self {
        let host = if matches!(host, "" | "?") { &self.host } else { host };
        Self { host: host.to_owned(), port }
    }
}

/// Which master has which slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slots {
    /// First and last slot of each range. Together they are all slots, in their order.
    ranges: Vec<(u16, u16, Node)>,
}

impl Slots {
    /// Reads what `CLUSTER SLOTS` answered there, and all nodes in it.
    ///
    /// # Errors
    /// When it is something else, or leaves slots to nobody.
    pub fn read(answer: Value, there: &Node) -> RedisResult<(Self, Vec<Node>)> {
        let unreadable = || RedisError::from((ErrorKind::UnexpectedReturnType, "an unreadable map of a cluster"));
        let (mut ranges, mut nodes) = (Vec::new(), Vec::new());
        for range in ::redis::from_redis_value::<Vec<Vec<Value>>>(answer)? {
            let [first, last, servers @ ..] = range.as_slice() else { return Err(unreadable()) };
            let servers: Vec<Node> =
                servers.iter().map(|server| node(server, there)).collect::<Option<_>>().ok_or_else(unreadable)?;
            let master = servers.first().ok_or_else(unreadable)?.clone();
            let bound = |slot| ::redis::from_redis_value_ref::<u16>(slot);
            ranges.push((bound(first)?, bound(last)?, master));
            nodes.extend(servers);
        }
        ranges.sort();
        let next = ranges.iter().try_fold(0, |next, (first, last, _)| (*first == next).then_some(last + 1));
        if next != Some(SLOTS) {
            return Err(RedisError::from((ErrorKind::Io, "some slots of the cluster have no master")));
        }
        Ok((Self { ranges }, nodes))
    }

    /// The master of a key or channel.
    pub fn master_of(&self, key: &str) -> &Node {
        let slot = slot_of(key);
        let range = self.ranges.partition_point(|(_, last, _)| *last < slot);
        &self.ranges.get(range).expect("the ranges are all slots").2
    }

    pub fn masters(&self) -> BTreeSet<&Node> {
        self.ranges.iter().map(|(_, _, master)| master).collect()
    }
}

/// Address, port, name, and more that is of no interest.
fn node(server: &Value, there: &Node) -> Option<Node> {
    let server: Vec<Value> = ::redis::from_redis_value_ref(server).ok()?;
    let (host, port) = (server.first()?, server.get(1)?);
    let host: Option<String> = ::redis::from_redis_value_ref(host).ok()?;
    Some(there.beside(&host.unwrap_or_default(), ::redis::from_redis_value_ref(port).ok()?))
}

/// As Redis computes it: CRC-16/XMODEM of what stands between the first braces, or of everything if nothing does.
fn slot_of(key: &str) -> u16 {
    let tag = key.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map(|(tag, _)| tag);
    let hashed = tag.filter(|tag| !tag.is_empty()).unwrap_or(key);
    let crc = hashed.bytes().fold(0_u16, |crc, byte| {
        (0..8)
            .fold(crc ^ (u16::from(byte) << 8), |crc, _| if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 })
    });
    crc % SLOTS
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_redis() {
        for (key, slot) in [
            ("123456789", 12_739),
            ("foo", 12_182),
            ("sala:{foo}:meta", 12_182),
            ("{}foo", 9_500),
            ("{foo", 13_308),
            ("a{foo}{bar}", 12_182),
        ] {
            assert_eq!(slot_of(key), slot, "{key}");
        }
    }

    #[test]
    fn a_map_is_read_and_who_has_no_address_is_where_it_was_asked() {
        let text = |text: &str| Value::BulkString(text.into());
        let server = |host: Value, port| Value::Array(vec![host, Value::Int(port), text("id"), Value::Array(vec![])]);
        let range = |first, last, servers: Vec<Value>| {
            Value::Array([vec![Value::Int(first), Value::Int(last)], servers].concat())
        };
        let answer = Value::Array(vec![
            range(6_001, 16_383, vec![server(Value::Nil, 2)]),
            range(0, 6_000, vec![server(text("a"), 1), server(text("?"), 3)]),
        ]);
        let there = Node { host: "there".into(), port: 9 };
        let (slots, nodes) = Slots::read(answer, &there).unwrap();
        let names = |nodes: Vec<&Node>| nodes.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(slots.masters().into_iter().collect()), ["a:1", "there:2"]);
        assert_eq!(names(nodes.iter().collect()), ["there:2", "a:1", "there:3"]);
        assert_eq!(slots.master_of("foo").to_string(), "there:2");
        assert_eq!(slots.master_of("bar").to_string(), "a:1");
        let hole = Value::Array(vec![range(0, 16_382, vec![server(Value::Nil, 2)])]);
        for wrong in [Value::Array(vec![]), Value::Array(vec![Value::Int(1)]), hole] {
            assert!(Slots::read(wrong, &there).is_err());
        }
    }
}
