use std::time::Duration;

use ::redis::io::tcp::TcpSettings;
use ::redis::{
    Client, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo, RedisError, RedisResult, TlsCertificates,
};
use anyhow::{Context, bail, ensure};
use futures_util::future::select_ok;
use tokio::time::timeout;

/// What every certificate begins with.
const PEM: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// How long the Sentinels may take to answer.
const WAIT: Duration = Duration::from_secs(1);

/// Where Redis is: at one address, or wherever its Sentinels say that the master is now.
#[derive(Clone)]
pub struct Place {
    /// Everything about a connection to Redis; with Sentinels all but its address.
    info: ConnectionInfo,
    sentinels: Option<Sentinels>,
}

#[derive(Clone)]
struct Sentinels {
    clients: Vec<Client>,
    master: String,
}

impl Place {
    /// Reads `redis://[:password@]host[:port][/db]`, or `redis+sentinel://[:password@]host[:port],…/master[/db]`; either with
    /// `rediss` for TLS. `ca` is a certificate authority to trust instead of the system's, as PEM.
    ///
    /// # Errors
    /// What is wrong with it, never with the password.
    pub fn new(url: &str, ca: Option<Vec<u8>>) -> anyhow::Result<Self> {
        match url.split_once("+sentinel://") {
            Some((scheme, rest)) => Self::behind_sentinels(scheme, rest, ca.as_ref()),
            None => Ok(Self { info: connection(url, ca.as_ref())?, sentinels: None }),
        }
    }

    fn behind_sentinels(scheme: &str, rest: &str, ca: Option<&Vec<u8>>) -> anyhow::Result<Self> {
        let (auth, rest) = rest.rsplit_once('@').map_or(("", rest), |(auth, rest)| (auth, rest));
        let mut parts = rest.splitn(3, '/');
        let (hosts, master) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let db = parts.next().unwrap_or("0");
        ensure!(!master.is_empty(), "REDIS_URL names no master: redis+sentinel://host:26379/name-of-the-master");
        let clients = hosts.split(',').map(|host| {
            let port = if host.contains(':') { "" } else { ":26379" };
            Client::open(connection(&format!("{scheme}://{host}{port}"), ca)?).context("a Sentinel in REDIS_URL")
        });
        let sentinels = Sentinels { clients: clients.collect::<anyhow::Result<_>>()?, master: master.to_owned() };
        // The host is replaced by what the Sentinels say.
        let at = if auth.is_empty() { "" } else { "@" };
        let info = connection(&format!("{scheme}://{auth}{at}sentinel/{db}"), ca)?;
        Ok(Self { info, sentinels: Some(sentinels) })
    }

    /// Whether it may be elsewhere the next time.
    pub fn moves(&self) -> bool {
        self.sentinels.is_some()
    }

    /// A client of the server, or of the one that is the master now.
    ///
    /// # Errors
    /// When no Sentinel knows the master.
    pub async fn client(&self) -> RedisResult<Client> {
        let Some(sentinels) = &self.sentinels else { return Client::open(self.info.clone()) };
        let (host, port) = sentinels.master().await?;
        let addr = match self.info.addr().clone() {
            ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
                ConnectionAddr::TcpTls { host, port, insecure, tls_params }
            }
            _ => ConnectionAddr::Tcp(host, port),
        };
        Client::open(self.info.clone().set_addr(addr))
    }

    /// For people: where it is looked for.
    pub fn describe(&self) -> String {
        match &self.sentinels {
            None => self.info.addr().to_string(),
            Some(Sentinels { clients, master }) => {
                let hosts: Vec<_> =
                    clients.iter().map(|client| client.get_connection_info().addr().to_string()).collect();
                format!("{master} behind the Sentinels {}", hosts.join(", "))
            }
        }
    }
}

impl Sentinels {
    /// Asks all at once, and takes the first answer.
    async fn master(&self) -> RedisResult<(String, u16)> {
        let asking = self.clients.iter().map(|client| Box::pin(self.ask(client)));
        match timeout(WAIT, select_ok(asking)).await {
            Ok(answer) => answer.map(|(address, _)| address),
            Err(_) => Err(RedisError::from((ErrorKind::Io, "no Sentinel answers"))),
        }
    }

    async fn ask(&self, client: &Client) -> RedisResult<(String, u16)> {
        let mut connection = client.get_multiplexed_async_connection().await?;
        let mut question = ::redis::cmd("SENTINEL");
        question.arg("GET-MASTER-ADDR-BY-NAME").arg(&self.master);
        let address = question.query_async::<Option<(String, u16)>>(&mut connection).await?;
        address.ok_or_else(|| RedisError::from((ErrorKind::Io, "the Sentinels do not know this master")))
    }
}

fn connection(url: &str, ca: Option<&Vec<u8>>) -> anyhow::Result<ConnectionInfo> {
    let wrong = "REDIS_URL (or REDISHOST and REDISPORT) is no address of a Redis server, like redis://127.0.0.1:6379";
    let info = url.into_connection_info().context(wrong)?;
    let tcp = TcpSettings::default().set_nodelay(true);
    // Without it commands that are never acknowledged would keep a dead connection for a quarter of an hour.
    #[cfg(target_os = "linux")]
    let tcp = tcp.set_user_timeout(Duration::from_secs(5));
    // Managed services may block CLIENT.
    let settings = info.redis_settings().clone().set_skip_set_lib_name();
    let info = info.set_tcp_settings(tcp).set_redis_settings(settings);
    match (info.addr(), ca) {
        (ConnectionAddr::TcpTls { insecure: true, .. }, _) => {
            bail!("REDIS_URL must not switch off the check of the certificate")
        }
        (ConnectionAddr::TcpTls { .. }, Some(ca)) => {
            // The library would trust nobody, and say so only of the server.
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

    fn place(url: &str) -> Place {
        Place::new(url, None).unwrap_or_else(|error| panic!("{url}: {error:#}"))
    }

    #[test]
    fn addresses_with_and_without_sentinels_are_read() {
        for (url, described, db) in [
            ("redis://h", "h:6379", 0),
            ("redis://:secret@h:7000/3", "h:7000", 3),
            ("rediss://h:7000", "h:7000", 0),
            ("redis+sentinel://a,b:7/main", "main behind the Sentinels a:26379, b:7", 0),
            ("rediss+sentinel://:sec@ret@a/main/2", "main behind the Sentinels a:26379", 2),
        ] {
            let place = place(url);
            assert_eq!((place.describe().as_str(), place.info.redis_settings().db()), (described, db), "{url}");
        }
        assert_eq!(place("redis+sentinel://:secret@a/main").info.redis_settings().password(), Some("secret"));
    }

    #[test]
    fn what_is_no_address_is_refused_without_its_password() {
        for url in [
            "",
            "http://:hunter2@h",
            "redis+sentinel://:hunter2@h",
            "redis+sentinel://:hunter2@h/",
            "rediss://:hunter2@h/#insecure",
        ] {
            let error = Place::new(url, None).err().map(|error| format!("{error:#}")).expect(url);
            assert!(error.contains("REDIS_URL") && !error.contains("hunter2"), "{error}");
        }
    }
}
