//! Objects and their table rows: the recorded ones, or many made from them.

use std::collections::BTreeSet;

/// One recorded object, ready to be written under other names.
#[derive(Debug)]
pub struct Template {
    /// Its namespace, empty for cluster-scoped ones.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// `metadata.resourceVersion`.
    pub resource_version: String,
    /// Its labels.
    pub labels: Vec<(String, String)>,
    /// `status.phase`, for field selectors.
    pub phase: String,
    /// `spec.nodeName`, for field selectors.
    pub node: String,
    /// It is as most are: it runs.
    pub ordinary: bool,
    /// The row's `cells`, and its `conditions` if it has any.
    pub cells: Pattern,
    /// The row's PartialObjectMetadata.
    pub metadata: Pattern,
    /// The whole object, as it stands in a list.
    pub object: Option<Pattern>,
}

/// One object: a template, and the names it goes by.
#[derive(Debug)]
pub struct Item {
    template: usize,
    /// Its namespace.
    pub namespace: Box<str>,
    /// Its name.
    pub name: Box<str>,
    /// Its number among the made ones, for its UID; none for a recorded one.
    copy: Option<u32>,
}

/// The objects of one resource, in the order of the server's keys.
#[derive(Debug, Default)]
pub struct Items {
    templates: Vec<Template>,
    items: Vec<Item>,
}

impl Item {
    /// `namespace/name`, or the name of a cluster-scoped object: what a continue token points at.
    pub fn key(&self) -> String {
        if self.namespace.is_empty() {
            self.name.to_string()
        } else {
            format!("{}/{}", self.namespace, self.name)
        }
    }
}

impl Items {
    /// The recorded objects as they are.
    pub fn recorded(templates: Vec<Template>) -> Items {
        let item = |(index, template): (usize, &Template)| Item {
            template: index,
            namespace: template.namespace.as_str().into(),
            name: template.name.as_str().into(),
            copy: None,
        };
        let items = templates.iter().enumerate().map(item).collect();
        Items { templates, items }
    }

    /// `count` objects made from the recorded ones, most of them from those that run, with names such
    /// as a Deployment's pods have. The same count gives the same names.
    #[must_use]
    pub fn multiplied(self, count: usize) -> Items {
        const APPS: [&str; 12] = [
            "api",
            "cart",
            "checkout",
            "frontend",
            "ingest",
            "inventory",
            "ledger",
            "mailer",
            "payments",
            "recommender",
            "search",
            "worker",
        ];
        let mut namespaces: Vec<&str> = self.templates.iter().map(|t| t.namespace.as_str()).collect();
        namespaces.sort_unstable();
        namespaces.dedup();
        if namespaces.is_empty() {
            return self;
        }
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let mut keys = BTreeSet::new();
        // An app has a few pods that share its ReplicaSet's hash, but every namespace gets some.
        let replicas = (count / namespaces.len()).clamp(1, 4);
        let mut app = String::new();
        while keys.len() < count {
            if keys.len() % replicas == 0 || app.is_empty() {
                let name = APPS[random.below(APPS.len())];
                app = format!("{name}-{}", random.word(10));
            }
            let namespace = namespaces[(keys.len() / replicas) % namespaces.len()];
            keys.insert(format!("{namespace}/{app}-{}", random.word(5)));
        }
        /// Of so many pods one is in some trouble.
        const TROUBLE: usize = 8;
        let (ordinary, other): (Vec<usize>, Vec<usize>) =
            (0..self.templates.len()).partition(|index| self.templates[*index].ordinary);
        let choose = |index: usize| {
            if ordinary.is_empty() || (index % TROUBLE == TROUBLE - 1 && !other.is_empty()) {
                other[index / TROUBLE % other.len()]
            } else {
                ordinary[index % ordinary.len()]
            }
        };
        let item = |(index, key): (usize, String)| {
            let (namespace, name) = key.split_once('/').unwrap_or(("", &key));
            Item {
                template: choose(index),
                namespace: namespace.into(),
                name: name.into(),
                copy: u32::try_from(index).ok(),
            }
        };
        let items = keys.into_iter().enumerate().map(item).collect();
        Items { items, ..self }
    }

    /// The same pods with so much in their environment that each takes at least this many bytes.
    #[must_use]
    pub fn enlarged(mut self, bytes: usize) -> Items {
        for object in self.templates.iter_mut().filter_map(|t| t.object.as_mut()) {
            object.enlarge(bytes);
        }
        self
    }

    /// The objects in order, each with its template.
    pub fn iter(&self) -> impl Iterator<Item = (&Item, &Template)> {
        self.items
            .iter()
            .map(|item| (item, &self.templates[item.template]))
    }
}

/// JSON text in which an object's own name, namespace and UID can be replaced.
#[derive(Debug)]
pub struct Pattern(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    Text(String),
    Name,
    Namespace,
    Uid(String),
}

impl Pattern {
    /// Finds the names in compact JSON. In `cells`, where there are no keys, the name is a string
    /// of its own; elsewhere it has a key, also inside kubectl's last-applied annotation.
    pub fn new(json: &str, namespace: &str, name: &str, uid: &str, cells: bool) -> Pattern {
        let mut needles: Vec<(String, String, Piece)> = Vec::new();
        if cells {
            needles.push(("\"".into(), name.into(), Piece::Name));
        } else {
            needles.push(("\"name\":\"".into(), name.into(), Piece::Name));
            needles.push(("\\\"name\\\":\\\"".into(), name.into(), Piece::Name));
            needles.push(("\"namespace\":\"".into(), namespace.into(), Piece::Namespace));
            needles.push((
                "\\\"namespace\\\":\\\"".into(),
                namespace.into(),
                Piece::Namespace,
            ));
            needles.push(("\"uid\":\"".into(), uid.into(), Piece::Uid(uid.into())));
        }
        needles.retain(|(_, value, _)| !value.is_empty());
        let mut pieces = Vec::new();
        let (mut start, mut at) = (0, 0);
        while at < json.len() {
            let rest = &json.as_bytes()[at..];
            let hit = needles.iter().find(|(key, value, _)| {
                let end = key.len() + value.len();
                rest.starts_with(key.as_bytes())
                    && rest[key.len()..].starts_with(value.as_bytes())
                    && matches!(rest.get(end), Some(b'"' | b'\\'))
            });
            let Some((key, value, piece)) = hit else {
                at += 1;
                continue;
            };
            pieces.push(Piece::Text(json[start..at + key.len()].to_owned()));
            pieces.push(match piece {
                Piece::Uid(uid) => Piece::Uid(uid.clone()),
                Piece::Namespace => Piece::Namespace,
                _ => Piece::Name,
            });
            at += key.len() + value.len();
            start = at;
        }
        pieces.push(Piece::Text(json[start..].to_owned()));
        Pattern(pieces)
    }

    /// Gives the first container of a pod a longer environment.
    fn enlarge(&mut self, bytes: usize) {
        const CONTAINERS: &str = "\"containers\":[{";
        let size = |piece: &Piece| match piece {
            Piece::Text(text) => text.len(),
            _ => 0,
        };
        let missing = bytes.saturating_sub(self.0.iter().map(size).sum());
        for piece in &mut self.0 {
            if let Piece::Text(text) = piece
                && let Some(at) = text.find(CONTAINERS)
            {
                let mut variables = String::new();
                for number in 0.. {
                    if variables.len() >= missing {
                        break;
                    }
                    let comma = if number == 0 { "" } else { "," };
                    variables.push_str(&format!(
                        "{comma}{{\"name\":\"SETTING_{number}\",\"value\":\"the value of {number}\"}}"
                    ));
                }
                text.insert_str(at + CONTAINERS.len(), &format!("\"env\":[{variables}],"));
                return;
            }
        }
    }

    /// Writes the text for one object.
    pub fn write(&self, item: &Item, out: &mut String) {
        for piece in &self.0 {
            match (piece, item.copy) {
                (Piece::Text(text), _) => out.push_str(text),
                (Piece::Name, _) => out.push_str(&item.name),
                (Piece::Namespace, _) => out.push_str(&item.namespace),
                (Piece::Uid(uid), None) => out.push_str(uid),
                (Piece::Uid(uid), Some(copy)) => {
                    // The last group of a UUID has 12 digits.
                    let kept = uid.len().saturating_sub(12);
                    out.push_str(uid.get(..kept).unwrap_or(""));
                    out.push_str(&format!("{copy:012x}"));
                }
            }
        }
    }
}

/// A small generator (xorshift64*), so that the same fleet has the same names on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from((self.next() >> 33) % limit as u64).unwrap_or(0)
    }

    /// In the alphabet of Kubernetes' own generated names.
    fn word(&mut self, length: usize) -> String {
        const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        (0..length)
            .map(|_| char::from(ALPHABET[self.below(ALPHABET.len())]))
            .collect()
    }
}
