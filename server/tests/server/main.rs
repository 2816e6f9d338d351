//! The server over real sockets, with a real database.
#![expect(clippy::unwrap_used, reason = "what fails here must fail the test")]

mod bad_input;
mod changes;
mod chat;
mod earlier_release;
mod forms;
mod health;
mod history;
mod instances;
mod leaving;
mod limits;
mod pages;
mod read_markers;
mod settings;
mod support;
mod upgrade;
