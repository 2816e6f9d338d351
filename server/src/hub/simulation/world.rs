use std::{sync::Arc, time::Duration};

use protocol::{MessageId, RoomName};
use tokio::{task::JoinSet, time::sleep};

use super::{member::Member, model::Model};
use crate::hub::{Hub, Parting};

/// What goes wrong with one publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    Dropped,
    Twice,
    /// It comes after the next one.
    Late,
    /// It was stored, and nobody is told so.
    AnswerLost,
}

#[derive(Clone, Debug)]
pub enum Step {
    Say(usize, Fault),
    /// So many messages at once, of which every tenth is not heard.
    Burst(usize),
    Join(usize),
    Cut(usize),
    LoseTail(usize),
    BeginAnew,
    Doubt,
    FailReads(u32),
    SlowReads(u64),
    /// Milliseconds.
    Wait(u64),
}

pub struct World {
    hub: Arc<Hub>,
    model: Arc<Model>,
    room: RoomName,
    people: Vec<Member>,
    joining: JoinSet<()>,
    said: u32,
    /// Author and id of what was acknowledged and not lost with a history since.
    acknowledged: Vec<(String, String)>,
}

impl World {
    pub fn new(people: usize) -> Self {
        let (model, backend) = Model::start();
        Self {
            hub: Hub::new(backend),
            model,
            room: RoomName::new("lobby").unwrap(),
            people: (0..people).map(Member::new).collect(),
            joining: JoinSet::new(),
            said: 0,
            acknowledged: Vec::new(),
        }
    }

    pub async fn take(&mut self, step: &Step) {
        match *step {
            Step::Say(who, fault) => self.say(who, fault).await,
            Step::Burst(count) => {
                for n in 0..count {
                    self.say(0, if n % 10 == 3 { Fault::Dropped } else { Fault::None }).await;
                }
            }
            Step::Join(who) => self.join(who),
            Step::Cut(who) => self.cut(who),
            Step::LoseTail(count) => self.lose(|model| model.lose_tail(count)),
            Step::BeginAnew => self.lose(Model::begin_anew),
            Step::Doubt => self.model.doubt().await,
            Step::FailReads(count) => self.model.fail_reads(count),
            Step::SlowReads(ms) => self.model.slow_reads(ms),
            Step::Wait(ms) => sleep(Duration::from_millis(ms)).await,
        }
        // Lets the hub work, in no time.
        sleep(Duration::from_millis(1)).await;
        self.read().await;
    }

    /// The faults end. Within half a minute everybody who is connected stands where the history stands.
    pub async fn calm_down(&mut self) {
        self.model.calm_down().await;
        for _ in 0..30 {
            sleep(Duration::from_secs(1)).await;
            self.read().await;
            (0..self.people.len()).for_each(|who| self.join(who));
        }
        let end = self.model.cursor();
        for member in &self.people {
            assert!(member.is_in, "{} is not let in", member.user.id);
            assert_eq!(member.cursor.as_ref(), Some(&end), "{} stands elsewhere", member.user.id);
        }
        for (author, id) in &self.acknowledged {
            assert!(self.model.holds(author, id), "{id} of {author} was acknowledged and is not there");
        }
        self.hub.close().await;
    }

    async fn say(&mut self, who: usize, fault: Fault) {
        self.said += 1;
        let (author, id) = (self.people[who].user.clone(), MessageId::new(&format!("m{}", self.said)).unwrap());
        self.model.prepare(fault);
        if self.hub.send(&self.room, &author, &id, "x", 1).await.is_ok() {
            self.acknowledged.push((author.id, id.to_string()));
        }
    }

    fn join(&mut self, who: usize) {
        let member = &mut self.people[who];
        if member.is_connected {
            return;
        }
        member.connect();
        let (hub, room, connection) = (Arc::clone(&self.hub), self.room.clone(), member.connection.clone());
        let (user, mailbox, cursor) = (member.user.clone(), Arc::clone(&member.mailbox), member.cursor.clone());
        self.joining.spawn(async move {
            // As a client does that is refused for now.
            while hub.join(&room, &connection, &user, &mailbox, cursor.clone()).await.is_err() {
                sleep(Duration::from_millis(500)).await;
            }
        });
    }

    fn cut(&mut self, who: usize) {
        let member = &mut self.people[who];
        if member.is_in {
            member.cut();
            self.hub.leave(&self.room, &member.connection, Parting::Lost);
        }
    }

    fn lose(&mut self, lose: impl FnOnce(&Model)) {
        lose(&self.model);
        let model = Arc::clone(&self.model);
        self.acknowledged.retain(|(author, id)| model.holds(author, id));
    }

    async fn read(&mut self) {
        for member in &mut self.people {
            let was_in = member.is_in;
            member.read().await;
            if was_in && !member.is_connected {
                self.hub.leave(&self.room, &member.connection, Parting::Lost);
            }
        }
    }
}
