use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

/// By it Cloud Run finds the instance where somebody was before.
const AFFINITY: &str = "GAESA";

/// The cookies of one person. All sockets of the person share them.
#[derive(Clone, Debug, Default)]
pub struct CookieJar(Arc<Mutex<Cookies>>);

#[derive(Debug, Default)]
struct Cookies {
    values: BTreeMap<String, String>,
    affinity: SessionAffinity,
}

/// How often a socket was to lead to the instance where the person was before, and how often it did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionAffinity {
    pub wanted: usize,
    pub had: usize,
}

impl CookieJar {
    /// Keeps what an answer sets, by the values of its `Set-Cookie` headers.
    pub fn keep<'a>(&self, lines: impl IntoIterator<Item = &'a str>) {
        let mut cookies = self.lock();
        for (name, value) in lines.into_iter().filter_map(|line| line.split(';').next()?.split_once('=')) {
            cookies.values.insert(name.trim().to_owned(), value.trim().to_owned());
        }
    }

    /// The same of a socket that has been opened. The platform sets its cookie anew where it led to another instance.
    pub fn arrive<'a>(&self, lines: impl IntoIterator<Item = &'a str>) {
        let before = self.lock().values.get(AFFINITY).cloned();
        self.keep(lines);
        let mut cookies = self.lock();
        if let Some(before) = before {
            let stayed = cookies.values.get(AFFINITY) == Some(&before);
            cookies.affinity.wanted += 1;
            cookies.affinity.had += usize::from(stayed);
        }
    }

    /// The value of a `Cookie` header.
    pub fn header(&self) -> String {
        let cookies = self.lock();
        let pairs: Vec<String> = cookies.values.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    pub fn affinity(&self) -> SessionAffinity {
        self.lock().affinity
    }

    fn lock(&self) -> MutexGuard<'_, Cookies> {
        self.0.lock().expect("nobody panics with the cookies in hand")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_cookie_of_the_platform_tells_of_another_instance() {
        let cookies = CookieJar::default();
        cookies.keep(["session=a=b; Path=/; HttpOnly"]);
        cookies.arrive([]);
        assert_eq!((cookies.header().as_str(), cookies.affinity()), ("session=a=b", SessionAffinity::default()));
        cookies.arrive(["GAESA=s1; path=/"]);
        cookies.arrive([]);
        cookies.arrive(["session=c", "GAESA=s2; path=/"]);
        assert_eq!(cookies.header(), "GAESA=s2; session=c");
        assert_eq!(cookies.affinity(), SessionAffinity { wanted: 2, had: 1 });
    }
}
