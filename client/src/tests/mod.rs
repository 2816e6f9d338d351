//! The client seen from outside: inputs go in, effects come out as one readable line.

mod changes;
mod connection;
mod desk;
mod entering;
mod model;
mod older;
mod outbox;
mod people;
mod reading;
mod recovery;
mod timeline;
