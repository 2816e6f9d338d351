//! Parses the output of HAProxy's admin socket.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Context;

/// The requests of one backend.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackendLoad {
    pub servers: BTreeMap<String, RequestCounts>,
    /// Requests for which no server has capacity.
    pub queued: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestCounts {
    pub current: usize,
    /// The total, which reveals requests too short to be observed.
    pub total: usize,
}

impl BackendLoad {
    pub fn of(&self, server: &str) -> anyhow::Result<RequestCounts> {
        self.servers.get(server).copied().with_context(|| format!("haproxy has no server {server}"))
    }
}

/// Parses the table of `show stat`.
pub fn parse_load(table: &str, backend: &str) -> anyhow::Result<BackendLoad> {
    let mut lines = table.lines().filter(|line| !line.is_empty());
    let header: Vec<&str> =
        lines.next().and_then(|line| line.strip_prefix("# ")).context("no table")?.split(',').collect();
    let mut load = BackendLoad::default();
    for line in lines {
        let row: BTreeMap<&str, &str> = header.iter().copied().zip(line.split(',')).collect();
        let field = |name: &str| row.get(name).copied().with_context(|| format!("no {name} in {line}"));
        match (field("pxname")?, field("svname")?) {
            (name, _) if name != backend => {}
            (_, "BACKEND") => load.queued = field("qcur")?.parse()?,
            (_, name) => {
                let counts = RequestCounts { current: field("scur")?.parse()?, total: field("stot")?.parse()? };
                load.servers.insert(name.to_owned(), counts);
            }
        }
    }
    Ok(load)
}

/// Finds the ids of a backend's sessions that have reached an age, in the list of `show sess`.
pub fn sessions_older_than<'a>(list: &'a str, backend: &str, min_age: Duration) -> Vec<&'a str> {
    let backend = format!("be={backend}");
    let old = list.lines().filter_map(|line| {
        let (id, fields) = line.split_once(": ")?;
        let mut fields = fields.split(' ');
        let age = fields.clone().find_map(|field| parse_age(field.strip_prefix("age=")?))?;
        (fields.any(|field| field == backend) && age >= min_age).then_some(id)
    });
    old.collect()
}

/// Parses an age such as `1h2m` or `5s`.
fn parse_age(text: &str) -> Option<Duration> {
    let mut seconds = 0;
    for part in text.split_inclusive(|letter: char| letter.is_ascii_alphabetic()) {
        let (number, unit) = part.split_at(part.len() - 1);
        let unit = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)].into_iter().find(|(name, _)| *name == unit)?.1;
        seconds += number.parse::<u64>().ok()? * unit;
    }
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_per_server() {
        let table = "# pxname,svname,qcur,scur,stot\nfront,FRONTEND,,9,9\ninstances,1,0,3,5\ninstances,2,0,0,1\n\
                     instances,BACKEND,2,5,9\n\n";
        let servers = [("1", 3, 5), ("2", 0, 1)]
            .map(|(name, current, total)| (name.to_owned(), RequestCounts { current, total }));
        assert_eq!(parse_load(table, "instances").unwrap(), BackendLoad { servers: servers.into(), queued: 2 });
        for broken in ["", "what?", "# pxname,svname,qcur,scur,stot\ninstances,1\n"] {
            assert!(parse_load(broken, "instances").is_err(), "{broken}");
        }
    }

    #[test]
    fn old_sessions_are_found() {
        let list = "0x5a: proto=tcpv4 src=127.0.0.1:1 fe=front be=instances srv=1 ts=00 epoch=0 age=1m5s calls=2\n\
                    0x5b: proto=tcpv4 src=127.0.0.1:2 fe=front be=instances srv=2 ts=00 epoch=0 age=59s calls=2\n\
                    0x5c: proto=unix_stream src=unix:1 fe=GLOBAL be=<NONE> srv=<none> ts=00 epoch=0 age=2m0s calls=1\n\n";
        assert_eq!(sessions_older_than(list, "instances", Duration::from_secs(60)), ["0x5a"]);
        assert_eq!(sessions_older_than(list, "instances", Duration::from_secs(59)), ["0x5a", "0x5b"]);
    }

    #[test]
    fn ages_are_parsed() {
        for (text, seconds) in
            [("0s", Some(0)), ("1h0m", Some(3_600)), ("1d2h", Some(93_600)), ("tea", None), ("5", None)]
        {
            assert_eq!(parse_age(text), seconds.map(Duration::from_secs), "{text}");
        }
    }
}
