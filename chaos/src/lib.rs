//! Real processes of Sala under load, for two programs: the fault suite ([`suite`], `script/chaos`), and Cloud Run in small for
//! people ([`cloudrun`], `script/cloudrun`), on which the suite plays one of its scenarios.

mod check;
mod clock;
pub mod cloudrun;
mod figure;
mod http;
mod options;
mod page;
mod people;
mod prove;
mod report;
mod run;
mod scenario;
mod seed;
mod stage;
mod statistics;
pub mod suite;
mod table;
mod world;
