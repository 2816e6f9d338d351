//! Who runs on which core. Where there is no `taskset`, or only one core, nobody is bound and the report says so.

use std::{num::NonZero, process::Stdio, thread::available_parallelism};

use tokio::process::Command;

const SERVER: &str = "0";
const GENERATOR: &str = "1";

/// The machine's cores, given out.
#[derive(Debug)]
pub struct Cores {
    bound: bool,
}

impl Cores {
    /// Binds this process to its core. Whatever it starts inherits that.
    pub async fn claim() -> anyhow::Result<Self> {
        let several = available_parallelism().map_or(1, NonZero::get) > 1;
        let bound = several && bind_self().await;
        if !bound {
            eprintln!(
                "Without taskset and two cores the load generator takes CPU time from the server: figures will be worse."
            );
        }
        Ok(Self { bound })
    }

    /// A command that runs on the server's core.
    pub fn server(&self, program: &str) -> Command {
        if !self.bound {
            return Command::new(program);
        }
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", SERVER, program]);
        command
    }
}

async fn bind_self() -> bool {
    let own = std::process::id().to_string();
    let mut taskset = Command::new("taskset");
    taskset.args(["--all-tasks", "--cpu-list", "--pid", GENERATOR, &own]).stdout(Stdio::null());
    taskset.status().await.is_ok_and(|status| status.success())
}
