//! The Sala client as a deterministic state machine, without a clock, randomness, sockets or a browser.
//!
//! A [`Client`] handles one [`Input`] at a time, together with the [`Context`] at which it happened, and returns the
//! [`Effect`]s that a driver has to run. Between inputs, the driver reads the client's state and renders it. It updates
//! timelines by their [`TimelineDiff`]s. All logic against missing and repeated messages is in this crate, so it can be
//! tested without a network.
//!
//! The modules, from the outside in:
//!
//! - [`Client`] (`client`, `frames`) dispatches inputs and frames to the connection or to a room.
//! - `connection` opens and closes sockets: back-off (`backoff`), heartbeat, close codes, and the planned change to a
//!   new socket (`rotation`). [`ConnectionStatus`] is its public state.
//! - [`Room`] (`room`) joins (`membership`), shows events in order (`timeline`, which consists of a `chain` of events
//!   and the `items` made from them), loads older events (`request_state`) and sends commands (`outbox`). It also
//!   tracks the read marker (`read_marker`), who is present (`presence`) and who is typing (`typing`).
//! - `effects` collects the effects of one input.
//!
//! The crate relies on three mechanisms:
//!
//! - **The chain.** An event is shown if its `seq` is the next one and its `prev` is the `uid` of the last event. An
//!   event that was seen before is dropped. Any other event means that there is a gap or a fork. The room is then
//!   joined again with its cursor, and the answer either closes the gap or replaces the view and gives the reason.
//! - **The outbox.** A command stays in the outbox until its event is shown, and is persisted until it is acknowledged.
//!   After every join, each pending command without an acknowledgement is sent again with the same id. The server
//!   stores an id only once.
//! - **The deadline.** Everything that waits for time or for an answer has a deadline, so nothing waits forever.
//!   [`Client::deadline`] returns the earliest.

mod backoff;
mod chain;
mod client;
mod connection;
mod connection_status;
mod effects;
mod failure_reason;
mod frames;
mod input;
mod membership;
mod mentions;
mod outbox;
mod pending_command;
mod presence;
mod read_marker;
mod request_state;
mod room;
mod rotation;
#[cfg(test)]
mod tests;
mod timeline;
mod typing;
mod vec_map;

pub use client::Client;
pub use connection_status::{ConnectionStatus, StopReason};
pub use failure_reason::FailureReason;
pub use input::{Context, Effect, Input, Snapshot, StateChange};
pub use mentions::{is_at_word_start, is_word_char, mention_starts, mentions, name_at};
pub use pending_command::PendingCommand;
pub use room::Room;
pub use timeline::{DeliveryStatus, HistoryState, Notice, Reaction, TimelineDiff, TimelineItem};
