use std::{fmt, net::SocketAddr};

use tokio::time::Instant;

/// How everything stands at one moment.
#[derive(Clone, Debug, Default)]
pub struct ServiceStatus {
    /// Revisions and their parts of the traffic, in percent; the oldest first.
    pub revisions: Vec<(String, u32)>,
    pub instances: Vec<InstanceStatus>,
    /// Requests for which no instance has room, or none is there.
    pub waiting: usize,
}

/// One instance.
#[derive(Clone, Debug)]
pub struct InstanceStatus {
    pub number: usize,
    pub revision: String,
    /// Unknown until it serves.
    pub address: Option<SocketAddr>,
    pub state: InstanceState,
    pub requests: usize,
    pub since: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceState {
    Starting,
    Serving,
    Ending,
}

impl ServiceStatus {
    /// How many instances get requests.
    pub fn serving(&self) -> usize {
        self.instances.iter().filter(|status| status.state == InstanceState::Serving).count()
    }
}

impl fmt::Display for ServiceStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (revision, share) in &self.revisions {
            writeln!(f, "{revision} gets {share} % of the traffic")?;
        }
        if self.instances.is_empty() {
            writeln!(f, "no instance: the next request starts one")?;
        } else {
            writeln!(f, "{:>4}  {:<16} {:<9} {:>5}  {:>8}  {:>6}", "", "revision", "state", "port", "requests", "age")?;
        }
        for InstanceStatus { number, revision, address, state, requests, since } in &self.instances {
            let port = address.map_or_else(|| "–".to_owned(), |address| address.port().to_string());
            let (state, age) = (format!("{state:?}").to_lowercase(), since.elapsed().as_secs());
            writeln!(f, "{number:>4}  {revision:<16} {state:<9} {port:>5}  {requests:>8}  {age:>4} s")?;
        }
        if self.waiting > 0 { writeln!(f, "requests that wait: {}", self.waiting) } else { Ok(()) }
    }
}
