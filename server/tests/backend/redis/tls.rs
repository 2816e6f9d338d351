use std::fs;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use server::backend::redis::{self, Settings};

use crate::redis_server::RedisServer;
use crate::site::{Instance, room};

#[tokio::test]
async fn a_redis_with_tls_and_a_password_is_used_and_one_that_nobody_vouches_for_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let [certificate, key] = ["redis.crt", "redis.key"].map(|name| dir.path().join(name).display().to_string());
    fs::write(&certificate, cert.pem()).unwrap();
    fs::write(&key, signing_key.serialize_pem()).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let _server = RedisServer::with(&[
        "--tls-port",
        &port.to_string(),
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
        "--tls-auth-clients",
        "no",
        "--tls-ca-cert-file",
        &certificate,
    ]);

    let url = format!("rediss://127.0.0.1:{port}");
    let ca = Some(fs::read(&certificate).unwrap());
    let mut instance = Instance(redis::open(Settings { ca, ..Settings::new(&url, 1_000) }).await.unwrap());
    instance.subscribe(&room("lobby")).await;
    instance.say(&room("lobby")).await;
    assert_eq!(instance.appended().await.2.seq, 1);

    let error = format!("{:#}", redis::open(Settings::new(&url, 1_000)).await.err().unwrap());
    assert!(error.contains("REDIS_URL") && error.to_lowercase().contains("certificate"), "{error}");
    let no_certificate = Settings { ca: Some(b"x".to_vec()), ..Settings::new(&url, 1_000) };
    assert!(format!("{:#}", redis::open(no_certificate).await.err().unwrap()).contains("REDIS_CA_FILE"));
}
