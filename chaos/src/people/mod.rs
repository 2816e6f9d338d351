//! The people of a run: each is the real client machine, driven over a real socket, with a journal of what it did and saw.

mod crowd;
mod jar;
mod journal;
mod person;
mod sign_in;
mod socket;
mod writing;

pub use crowd::{Cast, Crowd};
pub use jar::{Affinity, Jar};
pub use journal::{Acknowledged, Departure, Journal, Outage, Said, Screen, Shown, View};
pub use person::{MARK, Order, Standing};
pub use sign_in::{Pass, sign_in};
pub use socket::open;
