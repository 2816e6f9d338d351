//! The clients of a run. Each drives the real state machine of `client` over a real socket, and keeps a journal of what it
//! did and what its screen showed.

mod connection;
mod journal;
mod recorder;
mod simulated_client;
mod workload;

pub use connection::{Credentials, SessionAffinity, sign_in};
pub use journal::{DisplayedEvent, Journal, Outage, Screen, Timed, TimelineView};
pub use simulated_client::{ClientState, Instruction, TEXT_PREFIX};
pub use workload::{Clients, Workload};
