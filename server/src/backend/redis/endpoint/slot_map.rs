use std::collections::BTreeSet;
use std::fmt;

use ::redis::{ErrorKind, RedisError, RedisResult, Value};

/// How many slots a cluster has.
const SLOTS: u16 = 16_384;

/// A node's address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClusterNode {
    pub host: String,
    pub port: u16,
}

impl ClusterNode {
    /// The address of another node as this node reports it. An unknown host is reported as empty or `?`, and stands for
    /// the host of the node that was asked.
    pub fn neighbor(&self, host: &str, port: u16) -> Self {
        let host = if matches!(host, "" | "?") { &self.host } else { host };
        Self { host: host.to_owned(), port }
    }
}

/// Which master has which slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotMap {
    /// First and last slot of each range, sorted, without holes.
    ranges: Vec<(u16, u16, ClusterNode)>,
}

impl SlotMap {
    /// Parses the answer of `there` to `CLUSTER SLOTS`. Returns all nodes in it as well.
    ///
    /// # Errors
    /// The answer is malformed, or a slot has no master.
    pub fn read(answer: Value, node: &ClusterNode) -> RedisResult<(Self, Vec<ClusterNode>)> {
        let unreadable = || RedisError::from((ErrorKind::UnexpectedReturnType, "an unreadable map of a cluster"));
        let (mut ranges, mut nodes) = (Vec::new(), Vec::new());
        for range in ::redis::from_redis_value::<Vec<Vec<Value>>>(answer)? {
            let [first, last, servers @ ..] = range.as_slice() else { return Err(unreadable()) };
            let servers: Vec<ClusterNode> =
                servers.iter().map(|server| parse_node(server, node)).collect::<Option<_>>().ok_or_else(unreadable)?;
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
    pub fn master_of(&self, key: &str) -> &ClusterNode {
        let slot = slot_of(key);
        let range = self.ranges.partition_point(|(_, last, _)| *last < slot);
        &self.ranges.get(range).expect("the ranges are all slots").2
    }

    pub fn masters(&self) -> BTreeSet<&ClusterNode> {
        self.ranges.iter().map(|(_, _, master)| master).collect()
    }
}

/// Parses host and port; the rest of the entry is not needed.
fn parse_node(server: &Value, node: &ClusterNode) -> Option<ClusterNode> {
    let server: Vec<Value> = ::redis::from_redis_value_ref(server).ok()?;
    let (host, port) = (server.first()?, server.get(1)?);
    let host: Option<String> = ::redis::from_redis_value_ref(host).ok()?;
    Some(node.neighbor(&host.unwrap_or_default(), ::redis::from_redis_value_ref(port).ok()?))
}

/// CRC-16/XMODEM of the hash tag, or of the whole key without one, as Redis computes it.
fn slot_of(key: &str) -> u16 {
    let tag = key.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map(|(tag, _)| tag);
    let hashed = tag.filter(|tag| !tag.is_empty()).unwrap_or(key);
    let crc = hashed.bytes().fold(0_u16, |crc, byte| {
        (0..8)
            .fold(crc ^ (u16::from(byte) << 8), |crc, _| if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 })
    });
    crc % SLOTS
}

impl fmt::Display for ClusterNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn computes_slots_as_redis_does() {
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
    fn reads_a_map_and_completes_addresses_without_a_host() {
        let text = |text: &str| Value::BulkString(text.into());
        let server = |host: Value, port| Value::Array(vec![host, Value::Int(port), text("id"), Value::Array(vec![])]);
        let range = |first, last, servers: Vec<Value>| {
            Value::Array([vec![Value::Int(first), Value::Int(last)], servers].concat())
        };
        let answer = Value::Array(vec![
            range(6_001, 16_383, vec![server(Value::Nil, 2)]),
            range(0, 6_000, vec![server(text("a"), 1), server(text("?"), 3)]),
        ]);
        let asked = ClusterNode { host: "there".into(), port: 9 };
        let (slots, nodes) = SlotMap::read(answer, &asked).unwrap();
        let names = |nodes: Vec<&ClusterNode>| nodes.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(slots.masters().into_iter().collect()), ["a:1", "there:2"]);
        assert_eq!(names(nodes.iter().collect()), ["there:2", "a:1", "there:3"]);
        assert_eq!(slots.master_of("foo").to_string(), "there:2");
        assert_eq!(slots.master_of("bar").to_string(), "a:1");
        let hole = Value::Array(vec![range(0, 16_382, vec![server(Value::Nil, 2)])]);
        for wrong in [Value::Array(vec![]), Value::Array(vec![Value::Int(1)]), hole] {
            assert!(SlotMap::read(wrong, &asked).is_err());
        }
    }
}
