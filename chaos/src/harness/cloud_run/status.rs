use std::{fmt, net::SocketAddr};

use tokio::time::Instant;

/// The state of the service at one moment.
#[derive(Clone, Debug, Default)]
pub struct ServiceStatus {
    /// Revisions, the oldest first, and their percentage of the traffic.
    pub revisions: Vec<(String, u32)>,
    pub instances: Vec<InstanceStatus>,
    /// Requests that wait for an instance.
    pub waiting: usize,
}

#[derive(Clone, Debug)]
pub struct InstanceStatus {
    pub number: usize,
    pub revision: String,
    /// `None` until it serves.
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
    /// How many instances serve requests.
    pub fn serving(&self) -> usize {
        self.instances.iter().filter(|instance| instance.is_serving()).count()
    }
}

impl InstanceStatus {
    pub fn is_serving(&self) -> bool {
        self.state == InstanceState::Serving
    }
}

impl fmt::Display for ServiceStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (revision, percent) in &self.revisions {
            writeln!(f, "{revision} gets {percent} % of the traffic")?;
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
        if self.waiting > 0 { writeln!(f, "waiting requests: {}", self.waiting) } else { Ok(()) }
    }
}
