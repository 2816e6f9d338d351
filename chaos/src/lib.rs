//! Real processes of Sala under load, for two programs: the fault suite ([`suite`], `script/chaos`), and Cloud Run in small for
//! people ([`cloudrun`], `script/cloudrun`), on which the suite plays one of its scenarios.

mod checker;
mod clients;
mod clock;
pub mod cloudrun;
mod harness;
mod http;
mod options;
mod prove;
mod report;
mod run;
mod scenario;
mod seed;
pub mod suite;
mod test_env;
