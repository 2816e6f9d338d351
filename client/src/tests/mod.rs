//! Tests of the public interface of the client: inputs go in, and effects come out as one readable line.

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
