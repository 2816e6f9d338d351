mod cluster;
mod sentinels;
mod slot_map;

use std::time::Duration;

use ::redis::io::tcp::TcpSettings;
use ::redis::{
    Client, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo, ProtocolVersion, RedisError, RedisResult,
    TlsCertificates,
};
use anyhow::{Context, bail, ensure};

use cluster::Cluster;
use sentinels::Sentinels;
pub use slot_map::{ClusterNode, SlotMap};

/// First line of every PEM certificate.
const PEM: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// Where Redis is and how to connect to it.
#[derive(Clone)]
pub struct Endpoint {
    /// Connection settings. The address is a placeholder behind Sentinels and in a cluster.
    info: ConnectionInfo,
    kind: EndpointKind,
}

#[derive(Clone)]
enum EndpointKind {
    /// One address.
    Server,
    /// The master that the Sentinels report.
    Sentinels(Sentinels),
    /// The masters of a cluster.
    Cluster(Cluster),
}

impl Endpoint {
    /// Parses `redis://[:password@]host[:port][/db]`, `redis+sentinel://[:password@]host[:port],…/master[/db]` or
    /// `redis+cluster://[:password@]host[:port],…`; each also with `rediss` for TLS. `ca` is a certificate authority to
    /// trust instead of the system's, as PEM.
    ///
    /// # Errors
    /// Says what is wrong, without the password.
    pub fn new(url: &str, ca: Option<Vec<u8>>) -> anyhow::Result<Self> {
        if let Some((scheme, rest)) = url.split_once("+sentinel://") {
            Self::behind_sentinels(scheme, rest, ca.as_ref())
        } else if let Some((scheme, rest)) = url.split_once("+cluster://") {
            Self::in_cluster(scheme, rest, ca.as_ref())
        } else {
            Ok(Self { info: connection_info(url, ca.as_ref())?, kind: EndpointKind::Server })
        }
    }

    fn behind_sentinels(scheme: &str, rest: &str, ca: Option<&Vec<u8>>) -> anyhow::Result<Self> {
        let (auth, rest) = split_auth(rest);
        let mut parts = rest.splitn(3, '/');
        let (hosts, master) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let db = parts.next().unwrap_or("0");
        ensure!(!master.is_empty(), "REDIS_URL names no master: redis+sentinel://host:26379/name-of-the-master");
        let clients = hosts.split(',').map(|host| {
            let host = with_port(host, 26_379);
            Client::open(connection_info(&format!("{scheme}://{host}"), ca)?).context("a Sentinel in REDIS_URL")
        });
        let sentinels = Sentinels::new(clients.collect::<anyhow::Result<_>>()?, master);
        // The Sentinels' answer replaces the host.
        let info = connection_info(&format!("{scheme}://{auth}sentinel/{db}"), ca)?;
        Ok(Self { info, kind: EndpointKind::Sentinels(sentinels) })
    }

    fn in_cluster(scheme: &str, rest: &str, ca: Option<&Vec<u8>>) -> anyhow::Result<Self> {
        let (auth, rest) = split_auth(rest);
        let (hosts, db) = rest.split_once('/').unwrap_or((rest, ""));
        ensure!(
            db.is_empty(),
            "REDIS_URL names a database, but a cluster has only one: redis+cluster://host:6379,host:6379"
        );
        let seeds = hosts.split(',').map(|host| {
            let seed = connection_info(&format!("{scheme}://{}", with_port(host, 6_379)), ca)?;
            match seed.addr() {
                ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
                    Ok(ClusterNode { host: host.clone(), port: *port })
                }
                _ => bail!("REDIS_URL names a node of a cluster that has no host"),
            }
        });
        let cluster = Cluster::new(seeds.collect::<anyhow::Result<_>>()?);
        // The addresses of the nodes replace the host.
        let info = connection_info(&format!("{scheme}://{auth}cluster"), ca)?;
        Ok(Self { info, kind: EndpointKind::Cluster(cluster) })
    }

    /// Whether the address may be another one the next time.
    pub fn may_move(&self) -> bool {
        matches!(self.kind, EndpointKind::Sentinels(_))
    }

    /// Whether rooms are sharded over several masters.
    pub fn is_cluster(&self) -> bool {
        matches!(self.kind, EndpointKind::Cluster(_))
    }

    /// A client for the server or the present master.
    ///
    /// # Errors
    /// No Sentinel knows the master.
    pub async fn client(&self) -> RedisResult<Client> {
        match &self.kind {
            EndpointKind::Server | EndpointKind::Cluster(_) => Client::open(self.info.clone()),
            EndpointKind::Sentinels(sentinels) => {
                sentinels.master(|host, port| self.client_at(&ClusterNode { host, port })).await
            }
        }
    }

    /// Reads which master has which slots.
    ///
    /// # Errors
    /// No node of the cluster answers, or this is not a cluster.
    pub async fn slots(&self) -> RedisResult<SlotMap> {
        match &self.kind {
            EndpointKind::Cluster(cluster) => cluster.slots(|node| self.client_at(node)).await,
            EndpointKind::Server | EndpointKind::Sentinels(_) => {
                Err(RedisError::from((ErrorKind::InvalidClientConfig, "no cluster")))
            }
        }
    }

    /// A client for one node.
    ///
    /// # Errors
    /// The address is invalid.
    pub fn client_at(&self, node: &ClusterNode) -> RedisResult<Client> {
        Client::open(self.info_at(node))
    }

    /// A client for one node that can subscribe and run commands on one connection (RESP3).
    ///
    /// # Errors
    /// As [`Self::client_at`].
    pub fn resp3_client_at(&self, node: &ClusterNode) -> RedisResult<Client> {
        let info = self.info_at(node);
        let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        Client::open(info.set_redis_settings(settings))
    }

    fn info_at(&self, node: &ClusterNode) -> ConnectionInfo {
        let ClusterNode { host, port } = node.clone();
        let addr = match self.info.addr().clone() {
            ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
                ConnectionAddr::TcpTls { host, port, insecure, tls_params }
            }
            _ => ConnectionAddr::Tcp(host, port),
        };
        self.info.clone().set_addr(addr)
    }

    /// The address for log messages.
    pub fn describe(&self) -> String {
        match &self.kind {
            EndpointKind::Server => self.info.addr().to_string(),
            EndpointKind::Sentinels(sentinels) => sentinels.describe(),
            EndpointKind::Cluster(cluster) => cluster.describe(),
        }
    }
}

/// Splits `user:password@` from the hosts. The password may contain an `@`.
fn split_auth(rest: &str) -> (&str, &str) {
    rest.rfind('@').map_or(("", rest), |at| rest.split_at(at + 1))
}

fn with_port(host: &str, port: u16) -> String {
    // An IPv6 address has its colons in brackets.
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
    if has_port { host.to_owned() } else { format!("{host}:{port}") }
}

fn connection_info(url: &str, ca: Option<&Vec<u8>>) -> anyhow::Result<ConnectionInfo> {
    let wrong = "REDIS_URL (or REDISHOST and REDISPORT) is no address of a Redis server, like redis://127.0.0.1:6379";
    let info = url.into_connection_info().context(wrong)?;
    let tcp = TcpSettings::default().set_nodelay(true);
    // Without it, commands that are never acknowledged would keep a dead connection for 15 minutes.
    #[cfg(target_os = "linux")]
    let tcp = tcp.set_user_timeout(Duration::from_secs(5));
    // Managed services may block `CLIENT`.
    let settings = info.redis_settings().clone().set_skip_set_lib_name();
    let info = info.set_tcp_settings(tcp).set_redis_settings(settings);
    match (info.addr(), ca) {
        (ConnectionAddr::TcpTls { insecure: true, .. }, _) => {
            bail!("REDIS_URL must not switch off the check of the certificate")
        }
        (ConnectionAddr::TcpTls { .. }, Some(ca)) => {
            // Without PEM data the library would trust no server, and report only the failed handshake.
            let is_pem = ca.windows(PEM.len()).any(|part| part == PEM);
            ensure!(is_pem, "REDIS_CA_FILE holds no certificates as PEM");
            let certificates = TlsCertificates { client_tls: None, root_cert: Some(ca.clone()) };
            let client =
                Client::build_with_tls(info, certificates).context("REDIS_CA_FILE holds no certificates as PEM")?;
            Ok(client.get_connection_info().clone())
        }
        _ => Ok(info),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str) -> Endpoint {
        Endpoint::new(url, None).unwrap_or_else(|error| panic!("{url}: {error:#}"))
    }

    #[test]
    fn parses_the_three_kinds_of_address() {
        for (url, described, db) in [
            ("redis://h", "h:6379", 0),
            ("redis://:secret@h:7000/3", "h:7000", 3),
            ("rediss://h:7000", "h:7000", 0),
            ("redis+sentinel://a,b:7/main", "main behind the Sentinels a:26379, b:7", 0),
            ("rediss+sentinel://:sec@ret@a/main/2", "main behind the Sentinels a:26379", 2),
            ("redis+cluster://a", "a cluster with the nodes a:6379", 0),
            (
                "rediss+cluster://:sec@ret@a,b:7,[::1],[::1]:8/",
                "a cluster with the nodes a:6379, b:7, ::1:6379, ::1:8",
                0,
            ),
        ] {
            let endpoint = endpoint(url);
            assert_eq!((endpoint.describe().as_str(), endpoint.info.redis_settings().db()), (described, db), "{url}");
        }
        for url in ["redis+sentinel://:secret@a/main", "redis+cluster://:secret@a"] {
            assert_eq!(endpoint(url).info.redis_settings().password(), Some("secret"));
        }
    }

    #[test]
    fn refuses_an_invalid_address_without_its_password() {
        for url in [
            "",
            "http://:hunter2@h",
            "redis+sentinel://:hunter2@h",
            "redis+sentinel://:hunter2@h/",
            "rediss://:hunter2@h/#insecure",
            "redis+cluster://:hunter2@",
            "redis+cluster://:hunter2@h:x",
            "redis+cluster://:hunter2@h,,g",
            "redis+cluster://:hunter2@h/0",
        ] {
            let error = Endpoint::new(url, None).err().map(|error| format!("{error:#}")).expect(url);
            assert!(error.contains("REDIS_URL") && !error.contains("hunter2"), "{error}");
        }
    }
}
