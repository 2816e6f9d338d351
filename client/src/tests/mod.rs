//! The client seen from outside: inputs go in, effects come out as one readable line.

mod changes;
mod connection;
mod harness;
mod history;
mod join;
mod model;
mod outbox;
mod people;
mod read_marker;
mod recovery;
mod timeline;
