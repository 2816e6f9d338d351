use ::redis::aio::{PubSub, PubSubSink, PubSubStream};
use ::redis::{Msg, RedisResult};
use futures_util::StreamExt;

use super::members::{Members, News};

/// What listens: one connection, or in a cluster one to each master, which begin and end together.
pub struct Listening {
    pub sink: Sink,
    pub messages: Messages,
    /// The channel of each connection on which nothing comes but what this instance publishes itself.
    pub own_channels: Vec<String>,
}

/// Its way out.
#[derive(Clone)]
pub enum Sink {
    Server(PubSubSink),
    Members(Members),
}

/// Its way in. The library's queue behind it has no bound, so it must always be read.
pub enum Messages {
    Server(PubSubStream),
    Members(News),
}

impl Listening {
    pub fn to_server(pubsub: PubSub, own_channel: &str) -> Self {
        let (sink, messages) = pubsub.split();
        Self {
            sink: Sink::Server(sink),
            messages: Messages::Server(messages),
            own_channels: vec![own_channel.to_owned()],
        }
    }
}

impl Sink {
    /// Returns when all of it is confirmed.
    ///
    /// # Errors
    /// When it is not. Then none of it can be relied on.
    pub async fn subscribe(&mut self, channels: &[String]) -> RedisResult<()> {
        match self {
            Self::Server(_) if channels.is_empty() => Ok(()),
            Self::Server(sink) => sink.subscribe(channels).await,
            Self::Members(members) => members.subscribe(channels).await,
        }
    }

    /// Returns when all of it is confirmed.
    ///
    /// # Errors
    /// As [`Self::subscribe`].
    pub async fn unsubscribe(&mut self, channels: &[String]) -> RedisResult<()> {
        match self {
            Self::Server(_) if channels.is_empty() => Ok(()),
            Self::Server(sink) => sink.unsubscribe(channels).await,
            Self::Members(members) => members.unsubscribe(channels).await,
        }
    }
}

impl Messages {
    /// The next one, with the number of its connection. Cancel-safe: what is not taken stays in the queue.
    ///
    /// # Errors
    /// It has ended, and why.
    pub async fn next(&mut self) -> Result<(usize, Msg), &'static str> {
        match self {
            Self::Server(messages) => messages.next().await.map(|message| (0, message)).ok_or("it was closed"),
            Self::Members(news) => news.next().await,
        }
    }
}
