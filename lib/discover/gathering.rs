//! Collects what one hub lists into a fleet: one member for each cluster, however often the hub lists it.

use super::finding::{Finding, Findings};
use super::fleet::Fleet;
use super::member::Member;
use super::names::{quoted, quoted_list};
use super::namesakes::{Namesake, with_unique_names};
use super::rival_profiles::{publish_same_access, remove_access, servers};
use crate::record::{Cluster, Health, Str};
use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

/// The most members. A hub that lists more is broken or hostile.
const MAX_CLUSTERS: usize = 100_000;

/// The most that all records together take, in bytes.
const MAX_BYTES: usize = 256 << 20;

/// Decides which of two objects of one cluster is used: the one with the greater rank. The older object wins, because
/// its writer cannot choose its age: of two claims to a name the first one is the cluster's own, and a later one
/// replaces nothing. Objects of the same age are ranked by namespace and name.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Rank {
    /// True if the time of creation is missing, and that time (RFC 3339 in UTC, so that texts sort like times).
    created: Reverse<(bool, String)>,
    /// Namespace and name of the object.
    object: Reverse<(String, String)>,
}

impl Rank {
    /// Returns the rank of an object.
    pub fn new(namespace: &str, name: &str, created: Option<&str>) -> Self {
        Self {
            created: Reverse((created.is_none(), created.unwrap_or_default().to_owned())),
            object: Reverse((namespace.to_owned(), name.to_owned())),
        }
    }

    /// Returns the object's `namespace/name`.
    fn object(&self) -> String {
        let (namespace, name) = &self.object.0;
        format!("{namespace}/{name}")
    }
}

/// The fleet while it is being listed.
#[derive(Debug, Default)]
pub struct Gathering {
    /// By name and manager.
    clusters: HashMap<(String, String), Gathered>,
    bytes: usize,
    findings: Findings,
}

#[derive(Debug)]
struct Gathered {
    rank: Rank,
    member: Member,
    /// The objects that publish different access to this cluster, each with the servers that it names.
    rivals: BTreeMap<String, Vec<String>>,
}

impl Gathering {
    /// Adds a cluster. If it is listed already, with the same manager, the record with the higher rank stays.
    ///
    /// # Errors
    /// The fleet is too large.
    pub fn add(&mut self, cluster: &Cluster<'_>, rank: Rank) -> Result<(), String> {
        let member = Member::new(cluster);
        let manager = cluster.manager.as_deref().unwrap_or_default();
        let key = (member.name().to_owned(), manager.to_owned());
        match self.clusters.entry(key) {
            Entry::Occupied(mut gathered) => {
                let gathered = gathered.get_mut();
                let before = gathered.member.record().len();
                gathered.merge(member, rank);
                self.bytes = self.bytes + gathered.member.record().len() - before;
            }
            Entry::Vacant(place) => {
                self.bytes += member.record().len();
                place.insert(Gathered {
                    rank,
                    member,
                    rivals: BTreeMap::new(),
                });
            }
        }
        if self.clusters.len() > MAX_CLUSTERS {
            return Err(format!("it lists more than {MAX_CLUSTERS} clusters"));
        }
        if self.bytes > MAX_BYTES {
            return Err(format!("its clusters take more than {} MiB", MAX_BYTES >> 20));
        }
        Ok(())
    }

    /// Adds a finding.
    pub fn report(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Returns the fleet. If several managers have a cluster of the same name, each of these is listed as
    /// `name@manager`. A cluster without a manager keeps its name.
    pub fn finish(self, hub: &str) -> Fleet {
        let Gathering {
            clusters,
            mut findings,
            ..
        } = self;
        // A cluster without a manager keeps its name beside managed ones, so it must not publish access of its own.
        let managed: HashMap<String, String> = clusters
            .iter()
            .filter(|((_, manager), _)| !manager.is_empty())
            .map(|((name, _), gathered)| (name.clone(), gathered.rank.object()))
            .collect();
        let named = clusters
            .into_iter()
            .map(|((name, manager), mut gathered)| {
                if manager.is_empty()
                    && let Some(object) = managed.get(&name)
                {
                    gathered.rivals.entry(object.clone()).or_default();
                }
                Namesake {
                    name,
                    owner: manager,
                    member: gathered.finish(&mut findings),
                }
            })
            .collect();
        Fleet {
            hub: hub.to_owned(),
            members: with_unique_names(named, "cluster managers", &mut findings),
            findings: findings.finish(),
            millis: 0,
        }
    }
}

impl Gathered {
    /// Merges another record of the cluster into this one.
    fn merge(&mut self, mut other: Member, mut other_rank: Rank) {
        if !publish_same_access(&self.member.cluster(), &other.cluster()) {
            for (member, rank) in [(&self.member, &self.rank), (&other, &other_rank)] {
                self.rivals.insert(rank.object(), servers(&member.cluster()));
            }
        }
        if other_rank > self.rank {
            std::mem::swap(&mut self.member, &mut other);
            std::mem::swap(&mut self.rank, &mut other_rank);
        }
        let (own, other) = (self.member.cluster(), other.cluster());
        // OCM writes a profile for each set that a cluster is in, and does not update all of them at once.
        let has_more_sets = other
            .cluster_sets
            .iter()
            .any(|set| !own.cluster_sets.contains(set));
        let knows_health = own.health == Health::Unknown && other.health != Health::Unknown;
        if !has_more_sets && !knows_health {
            return;
        }
        self.member.change(|cluster| {
            let sets = other.cluster_sets.iter().map(|set| Str::from(set.to_string()));
            cluster.cluster_sets.extend(sets);
            cluster.cluster_sets.sort();
            cluster.cluster_sets.dedup();
            if knows_health {
                cluster.health = other.health;
                cluster.health_reason = other
                    .health_reason
                    .as_ref()
                    .map(|reason| Str::from(reason.to_string()));
            }
        });
    }

    /// Returns the member, without its published access if its objects disagree about that.
    fn finish(mut self, findings: &mut Findings) -> Member {
        if self.rivals.is_empty() {
            return self.member;
        }
        let own = servers(&self.member.cluster());
        self.rivals.insert(self.rank.object(), own);
        let profiles: Vec<String> = self.rivals.keys().cloned().collect();
        let named: Vec<String> = self
            .rivals
            .iter()
            .map(|(object, servers)| match servers.as_slice() {
                [] => format!("{} (none)", quoted(object)),
                servers => format!("{} ({})", quoted(object), quoted_list(servers)),
            })
            .collect();
        findings.push(
            Finding::note(format!(
                "cluster {}: its ClusterProfiles publish different access, and none is used: {}",
                quoted(self.member.name()),
                named.join(", ")
            ))
            .with_remedy(
                "name the namespace that you trust with --hub-namespace, or map the cluster to a context of your own",
            ),
        );
        self.member.change(|cluster| remove_access(cluster, &profiles));
        self.member
    }
}
