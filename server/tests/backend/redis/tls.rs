use std::fs;
use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use server::{backend::redis, config::RedisConfig};
use tempfile::TempDir;
use testkit::{RedisServer, free_port};
use tokio::time::timeout;

use super::run;
use crate::redis_cluster::{self, until};
use crate::site::{BackendInstance, room};

/// A key and a self-signed certificate.
pub struct Identity {
    dir: TempDir,
    pub port: u16,
}

impl Identity {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let port = free_port().unwrap();
        let identity = Self { dir, port };
        fs::write(identity.file("redis.crt"), cert.pem()).unwrap();
        fs::write(identity.file("redis.key"), signing_key.serialize_pem()).unwrap();
        identity
    }

    /// Arguments for a Redis with the certificate.
    pub fn arguments(&self) -> Vec<String> {
        let (port, certificate, key) = (self.port.to_string(), self.file("redis.crt"), self.file("redis.key"));
        let own = ["--tls-port", &port, "--tls-cert-file", &certificate, "--tls-key-file", &key];
        let trust = ["--tls-auth-clients", "no", "--tls-ca-cert-file", &certificate];
        own.into_iter().chain(trust).map(str::to_owned).collect()
    }

    /// Starts a Redis with the certificate and more arguments.
    pub async fn start_redis(&self, arguments: &[&str]) -> RedisServer {
        let own = self.arguments();
        let all: Vec<&str> = own.iter().map(String::as_str).chain(arguments.iter().copied()).collect();
        RedisServer::start_with(&all).await.unwrap()
    }

    pub fn settings(&self, url: &str) -> RedisConfig {
        RedisConfig { ca: Some(fs::read(self.file("redis.crt")).unwrap()), ..RedisConfig::new(url, 1_000) }
    }

    fn file(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }
}

#[tokio::test]
async fn tls_works_and_an_untrusted_certificate_is_refused() {
    let identity = Identity::new();
    let _server = identity.start_redis(&[]).await;

    let url = format!("rediss://127.0.0.1:{}", identity.port);
    let mut instance = BackendInstance(redis::open(identity.settings(&url)).await.unwrap());
    instance.subscribe(&room("lobby")).await;
    instance.say(&room("lobby")).await;
    assert_eq!(instance.appended().await.2.seq, 1);

    let error = format!("{:#}", redis::open(RedisConfig::new(&url, 1_000)).await.err().unwrap());
    assert!(error.contains("REDIS_URL") && error.to_lowercase().contains("certificate"), "{error}");
    let no_certificate = RedisConfig { ca: Some(b"x".to_vec()), ..RedisConfig::new(&url, 1_000) };
    assert!(format!("{:#}", redis::open(no_certificate).await.err().unwrap()).contains("REDIS_CA_FILE"));
}

#[tokio::test]
async fn a_cluster_with_tls_and_password_works_and_errors_hide_the_password() {
    let identity = Identity::new();
    // Otherwise nodes report their plain-text port.
    let tls = identity.arguments();
    let tls: Vec<&str> = tls.iter().map(String::as_str).chain(["--tls-cluster", "yes"]).collect();
    let node = redis_cluster::node(&tls).await;
    let _: () = run(&node, &["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]).await;
    until(&node, &["CLUSTER", "INFO"], |info: &String| info.contains("cluster_state:ok")).await;
    let _: () = run(&node, &["CONFIG", "SET", "requirepass", "hunter2"]).await;

    let url = |password| format!("rediss+cluster://:{password}@127.0.0.1:{}", identity.port);
    let mut instance = BackendInstance(redis::open(identity.settings(&url("hunter2"))).await.unwrap());
    instance.subscribe(&room("lobby")).await;
    instance.say(&room("lobby")).await;
    assert_eq!(instance.appended().await.2.seq, 1);

    let opening = timeout(Duration::from_secs(5), redis::open(identity.settings(&url("hunter3")))).await;
    let error = format!("{:#}", opening.expect("no waiting").err().unwrap());
    assert!(error.contains("REDIS_URL") && !error.contains("hunter3"), "{error}");
}
