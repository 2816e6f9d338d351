use std::sync::{Arc, LazyLock};

use ::redis::{Cmd, RedisError, Script, ScriptInvocation, Value};
use async_trait::async_trait;
use protocol::{RoomName, User, limits};

use super::commands::Commands;
use super::keys::Keys;
use crate::backend::{BackendError, PRESENCE_TTL_MS, Presence, Result, Roster};

/// A script that works on a room's presence keys.
macro_rules! script {
    ($name:ident, $file:literal) => {
        static $name: LazyLock<Script> =
            LazyLock::new(|| Script::new(concat!(include_str!("scripts/presence.lua"), include_str!($file))));
    };
}

script!(ENTER, "scripts/enter.lua");
script!(LEAVE, "scripts/leave.lua");
script!(REFRESH, "scripts/refresh.lua");
script!(ROSTER, "scripts/roster.lua");

/// How many connections one call refreshes, so that a full room does not block Redis.
const REFRESH_CHUNK: usize = 500;

/// The presence table of all instances, kept in Redis.
pub struct RedisPresence {
    commands: Arc<Commands>,
}

impl RedisPresence {
    pub fn new(commands: Arc<Commands>) -> Self {
        Self { commands }
    }

    fn prepare<'a>(&self, script: &'a Script, room: &RoomName) -> ScriptInvocation<'a> {
        self.prepare_for(script, room, PRESENCE_TTL_MS)
    }

    fn prepare_for<'a>(&self, script: &'a Script, room: &RoomName, ttl_ms: u64) -> ScriptInvocation<'a> {
        let keys = Keys::of(room);
        let mut invocation = script.prepare_invoke();
        invocation
            .key(keys.presence())
            .arg(self.commands.publish_command())
            .arg(keys.channel())
            .arg(ttl_ms)
            .arg(limits::PEOPLE);
        invocation
    }
}

#[async_trait]
impl Presence for RedisPresence {
    async fn enter(&self, room: &RoomName, connection: &str, user: &User) -> Result<Roster> {
        let mut enter = self.prepare(&ENTER, room);
        enter.arg(connection).arg(&user.id).arg(&user.name);
        roster(self.commands.run(room, &enter).await?)
    }

    async fn leave(&self, room: &RoomName, connection: &str) -> Result<()> {
        self.commands.run(room, self.prepare(&LEAVE, room).arg(connection)).await
    }

    async fn refresh(&self, room: &RoomName, here: &[(String, User)], ttl_ms: u64) -> Result<()> {
        let mut left = here.len();
        for here in here.chunks(REFRESH_CHUNK) {
            left -= here.len();
            let mut refresh = self.prepare_for(&REFRESH, room, ttl_ms);
            refresh.arg(u8::from(left == 0));
            for (connection, user) in here {
                refresh.arg(connection).arg(&user.id).arg(&user.name);
            }
            self.commands.run::<()>(room, &refresh).await?;
        }
        Ok(())
    }

    /// First asks which rooms have expired connections, because most have none.
    async fn sweep(&self, rooms: &[RoomName]) -> Result<()> {
        let answers = self.commands.query(rooms, |keys| [::redis::cmd("TIME"), next_to_expire(keys)]).await;
        let mut swept = Ok(());
        for (room, answer) in rooms.iter().zip(answers) {
            let sweeping = async {
                if is_overdue(&answer?)? {
                    self.roster(room).await?;
                }
                Ok(())
            };
            swept = sweeping.await.and(swept);
        }
        swept
    }

    /// Removes expired connections first.
    async fn roster(&self, room: &RoomName) -> Result<Roster> {
        roster(self.commands.run(room, &self.prepare(&ROSTER, room)).await?)
    }
}

fn next_to_expire(keys: &Keys) -> Cmd {
    ::redis::cmd("ZRANGE").arg(keys.live()).arg(0).arg(0).arg("WITHSCORES").to_owned()
}

/// Compares with the clock of the room's own server: in a cluster each master has its own.
fn is_overdue([clock, next]: &[Value; 2]) -> Result<bool> {
    let (seconds, micros): (u64, u64) = ::redis::from_redis_value_ref(clock).map_err(RedisError::from)?;
    let next: Vec<(String, f64)> = ::redis::from_redis_value_ref(next).map_err(RedisError::from)?;
    let now = (seconds * 1_000 + micros / 1_000) as f64;
    Ok(next.iter().any(|(_, expires)| *expires <= now))
}

fn roster((count, names): (u64, Vec<String>)) -> Result<Roster> {
    let user = |name: String| {
        let (name, id) = name.split_once('\0')?;
        Some(User { id: id.into(), name: name.into() })
    };
    let people = names.into_iter().map(user).collect::<Option<_>>();
    let people = people.ok_or_else(|| BackendError::Corrupt("a name in a room's presence table has no id".into()))?;
    Ok(Roster { people, count })
}
