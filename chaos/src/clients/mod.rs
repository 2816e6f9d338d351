//! The people of a run: each is the real client machine, driven over a real socket, with a journal of what it did and saw.

mod cookie_jar;
mod journal;
mod recorder;
mod sign_in;
mod simulated_client;
mod socket;
mod workload;

pub use cookie_jar::{CookieJar, SessionAffinity};
pub use journal::{AcknowledgedMessage, Departure, DisplayedEvent, Journal, Outage, Screen, SentMessage, TimelineView};
pub use sign_in::{Credentials, sign_in};
pub use simulated_client::{ClientState, Instruction, MARK};
pub use socket::open;
pub use workload::{Clients, Workload};
