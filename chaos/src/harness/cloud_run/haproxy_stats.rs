//! Reads what HAProxy tells of itself.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Context;

/// How many requests there are now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackendLoad {
    /// By the name of the server.
    pub servers: BTreeMap<String, RequestCounts>,
    /// For which no server has room.
    pub queued: usize,
}

/// Those of one server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestCounts {
    pub now: usize,
    /// Ever: by it one is seen that was short.
    pub ever: usize,
}

impl BackendLoad {
    pub fn of(&self, server: &str) -> anyhow::Result<RequestCounts> {
        self.servers.get(server).copied().with_context(|| format!("haproxy knows no {server}"))
    }
}

/// Of one backend, from the table of `show stat`.
pub fn load(table: &str, backend: &str) -> anyhow::Result<BackendLoad> {
    let mut lines = table.lines().filter(|line| !line.is_empty());
    let head: Vec<&str> =
        lines.next().and_then(|line| line.strip_prefix("# ")).context("no table")?.split(',').collect();
    let column =
        |name: &str| head.iter().position(|column| *column == name).with_context(|| format!("no column {name}"));
    let (proxy, server) = (column("pxname")?, column("svname")?);
    let (now, ever, queued) = (column("scur")?, column("stot")?, column("qcur")?);
    let mut load = BackendLoad::default();
    for line in lines {
        let fields: Vec<&str> = line.split(',').collect();
        let field = |number: usize| fields.get(number).copied().with_context(|| format!("too short: {line}"));
        match (field(proxy)?, field(server)?) {
            (name, _) if name != backend => {}
            (_, "BACKEND") => load.queued = field(queued)?.parse()?,
            (_, name) => {
                let requests = RequestCounts { now: field(now)?.parse()?, ever: field(ever)?.parse()? };
                load.servers.insert(name.to_owned(), requests);
            }
        }
    }
    Ok(load)
}

/// Those requests of a backend that last for so long, from the list of `show sess`.
pub fn sessions_older_than<'a>(list: &'a str, backend: &str, than: Duration) -> Vec<&'a str> {
    let wanted = format!("be={backend}");
    let overdue = list.lines().filter_map(|line| {
        let (id, rest) = line.split_once(": ")?;
        let mut words = rest.split(' ');
        let age = words.clone().find_map(|word| age(word.strip_prefix("age=")?))?;
        (words.any(|word| word == wanted) && age >= than).then_some(id)
    });
    overdue.collect()
}

/// As in `1h2m` or `5s`: HAProxy tells two units at most.
fn age(text: &str) -> Option<Duration> {
    let mut seconds = 0;
    for part in text.split_inclusive(|letter: char| letter.is_ascii_alphabetic()) {
        let (number, instance) = part.split_at(part.len() - 1);
        let instance = match instance {
            "d" => 86_400,
            "h" => 3_600,
            "m" => 60,
            "s" => 1,
            _ => return None,
        };
        seconds += number.parse::<u64>().ok()? * instance;
    }
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_server() {
        let table = "# pxname,svname,qcur,scur,stot\nfront,FRONTEND,,9,9\ninstances,1,0,3,5\ninstances,2,0,0,1\n\
                     instances,BACKEND,2,5,9\n\n";
        let servers =
            [("1", 3, 5), ("2", 0, 1)].map(|(name, now, ever)| (name.to_owned(), RequestCounts { now, ever }));
        assert_eq!(load(table, "instances").unwrap(), BackendLoad { servers: servers.into(), queued: 2 });
        for broken in ["", "what?", "# pxname,svname,qcur\n", "# pxname,svname,qcur,scur,stot\ninstances,1\n"] {
            assert!(load(broken, "instances").is_err(), "{broken}");
        }
    }

    #[test]
    fn requests_whose_time_is_up_are_found() {
        let list = "0x5a: proto=tcpv4 src=127.0.0.1:1 fe=front be=instances srv=1 ts=00 epoch=0 age=1m5s calls=2\n\
                    0x5b: proto=tcpv4 src=127.0.0.1:2 fe=front be=instances srv=2 ts=00 epoch=0 age=59s calls=2\n\
                    0x5c: proto=unix_stream src=unix:1 fe=GLOBAL be=<NONE> srv=<none> ts=00 epoch=0 age=2m0s calls=1\n\n";
        assert_eq!(sessions_older_than(list, "instances", Duration::from_secs(60)), ["0x5a"]);
        assert_eq!(sessions_older_than(list, "instances", Duration::from_secs(59)), ["0x5a", "0x5b"]);
    }

    #[test]
    fn ages_are_read() {
        for (text, seconds) in [("0s", Some(0)), ("1m5s", Some(65)), ("1h0m", Some(3_600)), ("1d2h", Some(93_600))] {
            assert_eq!(age(text), seconds.map(Duration::from_secs), "{text}");
        }
        assert_eq!((age("tea"), age("5")), (None, None));
    }
}
