//! Stands in for reqwest, which cargo-leptos calls only to download tools, to avoid compiling HTTP and TLS. The feature
//! `no_downloads` of cargo-leptos excludes those calls, but still compiles them.

use std::fmt;

#[derive(Debug)]
pub struct Error;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("this cargo-leptos was built without downloads")
    }
}

impl std::error::Error for Error {}

#[derive(Default)]
pub struct ClientBuilder;

impl ClientBuilder {
    pub fn user_agent(self, _: &str) -> Self {
        self
    }

    pub fn build(self) -> Result<Client, Error> {
        Ok(Client)
    }
}

#[derive(Default)]
pub struct Client;

impl Client {
    pub fn get(&self, _: String) -> Request {
        Request
    }
}

pub struct Request;

impl Request {
    pub async fn send(self) -> Result<Response, Error> {
        Err(Error)
    }
}

/// A response that never arrives.
pub enum Response {}

impl Response {
    pub fn status(&self) -> Status {
        match *self {}
    }

    pub async fn bytes(self) -> Result<bytes::Bytes, Error> {
        match self {}
    }

    pub async fn json<T: serde::de::DeserializeOwned>(self) -> Result<T, Error> {
        match self {}
    }
}

pub enum Status {}

impl Status {
    pub fn is_success(&self) -> bool {
        match *self {}
    }
}

impl fmt::Display for Status {
    fn fmt(&self, _: &mut fmt::Formatter) -> fmt::Result {
        match *self {}
    }
}

/// Always fails.
pub async fn get(_: &str) -> Result<Response, Error> {
    Err(Error)
}
