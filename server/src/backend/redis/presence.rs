use std::sync::{Arc, LazyLock};

use ::redis::{Cmd, RedisError, Script, ScriptInvocation, Value};
use async_trait::async_trait;
use protocol::{RoomName, User, limits};

use super::commands::Commands;
use super::keys::Keys;
use crate::backend::{BackendError, PRESENCE_TTL_MS, Presence, Result, Roster};

/// A script that works on a room's presence.
macro_rules! script {
    ($name:ident, $file:literal) => {
        static $name: LazyLock<Script> =
            LazyLock::new(|| Script::new(concat!(include_str!("scripts/presence.lua"), include_str!($file))));
    };
}

script!(ENTER, "scripts/enter.lua");
script!(LEAVE, "scripts/leave.lua");
script!(REFRESH, "scripts/refresh.lua");
script!(PEOPLE, "scripts/people.lua");

/// How many connections are refreshed at once, so that a full room does not hold Redis up.
const REFRESHED: usize = 500;

/// Who is here, over all instances.
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
        invocation.key(keys.presence()).arg(self.commands.word()).arg(keys.channel()).arg(ttl_ms).arg(limits::PEOPLE);
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
        for here in here.chunks(REFRESHED) {
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

    /// Asks which rooms have expired ones before it does anything about them: mostly there are none.
    async fn sweep(&self, rooms: &[RoomName]) -> Result<()> {
        let answers = self.commands.ask(rooms, |keys| [::redis::cmd("TIME"), next_to_expire(keys)]).await;
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

    /// Takes the expired away before it looks.
    async fn roster(&self, room: &RoomName) -> Result<Roster> {
        roster(self.commands.run(room, &self.prepare(&PEOPLE, room)).await?)
    }
}

fn next_to_expire(keys: &Keys) -> Cmd {
    ::redis::cmd("ZRANGE").arg(keys.live()).arg(0).arg(0).arg("WITHSCORES").to_owned()
}

/// By the clock of the server that has the room: in a cluster each has its own.
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
    let people = people.ok_or_else(|| BackendError::Corrupt("a name in a room's register has no id".into()))?;
    Ok(Roster { people, count })
}
