//! The connection of a Sala client as a deterministic state machine: no clock, no randomness, no socket, no browser.
//!
//! A [`Client`] takes one [`Input`] at a time, with the [`Context`] at which it happened, and answers with [`Effect`]s
//! for a thin driver to carry out; between inputs it is there to be read and drawn. Every promise about missing and
//! repeated messages is kept here and can be tested in milliseconds.
//!
//! How it fits together, from the outside in:
//!
//! - [`Client`] (`client`, `frames`) hands inputs and frames to the connection or to the room they are about.
//! - `connection` knows whether there is a socket, how it does and when there is the next: back-off (`backoff`),
//!   heartbeat, close codes, and the change to another one before the present one is cut (`rotation`). [`ConnectionStatus`] is what people see of it.
//! - [`Room`] (`room`) joins (`membership`), shows events in their order (`timeline`, which is a `chain` of events and
//!   the `items` drawn from them), loads `older` ones, sends (`outbox`), and knows up to where it is read (`position`), who is here (`presence`) and who
//!   writes (`typing`).
//! - `effects` is one input while it is worked out: it gathers the effects.
//!
//! Three rules carry the rest:
//!
//! - **The chain.** An event is shown if it is next in number and names the event before it. One that was seen is
//!   dropped. Anything else means that something is missing or that history changed, and the room is joined again with
//!   its cursor; the answer either closes the gap or replaces the view and says why.
//! - **The outbox.** A message or a change to one stays in it until its acknowledgement or its event comes. After every join whatever is
//!   in it is sent again under the same id, which the server takes once.
//! - **The deadline.** Whatever waits for time or for an answer has a time at which it is looked at again, so nothing
//!   waits for ever; [`Client::deadline`] is the earliest.

mod backoff;
mod chain;
mod client;
mod connection;
mod connection_status;
mod effects;
mod failure_reason;
mod frames;
mod history_request;
mod input;
mod membership;
mod mentions;
mod outbox;
mod pending_command;
mod presence;
mod read_marker;
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
pub use input::{Change, Context, Effect, Input, Snapshot};
pub use mentions::{is_of_a_word, mention_places, mentions, name_at, stands_apart};
pub use pending_command::PendingCommand;
pub use room::Room;
pub use timeline::{DeliveryStatus, Notice, Reaction, TimelineItem};
