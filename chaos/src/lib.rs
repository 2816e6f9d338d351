//! Real processes of Sala under load, for two programs: the fault suite ([`suite`], `script/chaos`), and a local Cloud Run
//! ([`cloudrun`], `script/cloudrun`), which one scenario of the suite uses as well.

mod checker;
mod clients;
pub mod cloudrun;
mod harness;
mod prove;
mod report;
mod run_config;
mod scenario;
pub mod suite;
mod test_env;
