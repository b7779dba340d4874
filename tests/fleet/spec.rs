//! The description of a fleet to start.

use std::path::PathBuf;
use std::time::Duration;

use super::faults::Fault;

/// The context and cluster name of the hub.
pub const HUB: &str = "hub";

/// The fleet that [`super::Fleet::start`] starts.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The folder of `kubeconfig` and `counters.json`; a temporary one by default.
    pub dir: Option<PathBuf>,
    /// The members, in the order of the hub's list and of the kubeconfig.
    pub members: Vec<Member>,
    /// The fault of the hub.
    pub hub_fault: Fault,
    /// Every member has this many pods, made from the recorded ones; without it the recorded ones.
    pub pods: Option<usize>,
    /// Every pod takes at least this many bytes in a list of objects; without it as many as were recorded.
    pub pod_bytes: Option<usize>,
    /// The interval at which a pod of each member restarts, in lists and in watches.
    pub restarts: Option<Duration>,
    /// Every answer takes this long, the hub's too.
    pub latency: Duration,
    /// A CA for every cluster instead of one for the fleet.
    pub ca_per_member: bool,
    /// The hub's ClusterProfiles publish the member's server and CA under this access provider.
    pub access_provider: Option<String>,
    /// ClusterProfiles to list after the generated ones, each a whole JSON object.
    pub extra_profiles: Vec<String>,
    /// The hub also serves ManagedClusters and PlacementDecisions, and the members ClusterProperties; see
    /// `sources`. Its manager is then Open Cluster Management.
    pub every_source: bool,
    /// Answers that take precedence over the recorded ones.
    pub fixed: Vec<Fixed>,
    /// Keeps every request for asserts; counters are kept always.
    pub record_requests: bool,
    /// Threads that serve; one leaves the other core to what is being measured.
    pub threads: usize,
    /// The folder with `index.json`, if it is not this repository's.
    pub recorded: Option<PathBuf>,
}

/// One member of the fleet.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name on the hub, and the name of its context.
    pub name: String,
    /// Labels of its ClusterProfile.
    pub labels: Vec<(String, String)>,
    /// Properties of its ClusterProfile, beside those that follow from its labels.
    pub properties: Vec<(String, String)>,
    /// Its fault.
    pub fault: Fault,
    /// The status of its ControlPlaneHealthy condition: `True`, `False`, `Unknown`, or empty for none.
    pub healthy: String,
    /// Its user has a client certificate instead of a token.
    pub client_certificate: bool,
    /// The kubeconfig has a context for it.
    pub context: bool,
    /// Tokens that it takes beside its own.
    pub tokens: Vec<String>,
    /// `status.accessProviders` of its ClusterProfile, in JSON, instead of the one by [`Spec::access_provider`].
    /// `@server@` stands for its URL and `@ca@` for its CA in base64.
    pub access_providers: Option<String>,
}

/// A fixed answer to one path of one cluster.
#[derive(Clone, Debug)]
pub struct Fixed {
    /// A member's name or [`HUB`].
    pub cluster: String,
    /// The path; with a query only that very query is meant.
    pub path: String,
    /// The HTTP status.
    pub status: u16,
    /// The body, as `application/json`.
    pub body: String,
}

impl Default for Spec {
    fn default() -> Spec {
        Spec {
            dir: None,
            members: Vec::new(),
            hub_fault: Fault::None,
            pods: None,
            pod_bytes: None,
            restarts: None,
            latency: Duration::ZERO,
            ca_per_member: false,
            access_provider: None,
            extra_profiles: Vec::new(),
            every_source: false,
            fixed: Vec::new(),
            record_requests: true,
            threads: 1,
            recorded: None,
        }
    }
}

impl Spec {
    /// A fleet of `members` with the default names, of which the last uses a client certificate
    /// where there are at least two.
    pub fn new(members: usize) -> Spec {
        let names: Vec<_> = (1..=members).map(default_name).collect();
        let mut spec = Spec::named(&names);
        if members > 1
            && let Some(last) = spec.members.last_mut()
        {
            last.client_certificate = true;
        }
        spec
    }

    /// A fleet of members with these names; labels follow from names of the form `env-region-number`.
    pub fn named<S: AsRef<str>>(names: &[S]) -> Spec {
        Spec {
            members: names.iter().map(|name| Member::new(name.as_ref())).collect(),
            ..Spec::default()
        }
    }

    /// Gives every member this many pods.
    #[must_use]
    pub fn pods(mut self, pods: usize) -> Spec {
        self.pods = Some(pods);
        self
    }

    /// Serves every API that lists a fleet.
    #[must_use]
    pub fn every_source(mut self) -> Spec {
        self.every_source = true;
        self
    }

    /// The manager of the members (`spec.clusterManager.name` of their ClusterProfiles).
    pub fn manager(&self) -> &'static str {
        if self.every_source {
            "open-cluster-management"
        } else {
            "simulated-fleet"
        }
    }

    /// Delays every answer.
    #[must_use]
    pub fn latency(mut self, latency: Duration) -> Spec {
        self.latency = latency;
        self
    }

    /// Lets a member, or the hub, misbehave; `target` is what [`Spec::targets`] takes.
    ///
    /// # Panics
    /// When there is no such member, which is a mistake in the test.
    #[must_use]
    pub fn fault(mut self, target: &str, fault: Fault) -> Spec {
        self.set_fault(target, fault)
            .expect("a member to give the fault to");
        self
    }

    /// Lets members, or the hub, misbehave.
    ///
    /// # Errors
    /// When there is no such member.
    pub fn set_fault(&mut self, target: &str, fault: Fault) -> Result<(), String> {
        if target == HUB {
            self.hub_fault = fault;
            return Ok(());
        }
        for index in self.targets(target)? {
            self.members[index].fault = fault;
        }
        Ok(())
    }

    /// Adds a fixed answer of status 200.
    #[must_use]
    pub fn answer(mut self, cluster: &str, path: &str, body: &str) -> Spec {
        self.fixed.push(Fixed {
            cluster: cluster.into(),
            path: path.into(),
            status: 200,
            body: body.into(),
        });
        self
    }

    /// The members that a word means: names, numbers from 1 (`3` or `member-3`) and ranges
    /// (`10-19`), separated by commas.
    ///
    /// # Errors
    /// When one of them means nothing.
    pub fn targets(&self, target: &str) -> Result<Vec<usize>, String> {
        let mut found = Vec::new();
        for word in target.split(',') {
            if let Some(index) = self.members.iter().position(|member| member.name == word) {
                found.push(index);
                continue;
            }
            let numbers = word.strip_prefix("member-").unwrap_or(word);
            let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
            match (first.parse::<usize>(), last.parse::<usize>()) {
                (Ok(first), Ok(last)) if first >= 1 && first <= last && last <= self.members.len() => {
                    found.extend(first - 1..last);
                }
                _ => {
                    return Err(format!(
                        "no member is called \"{word}\", there are {}",
                        self.members.len()
                    ));
                }
            }
        }
        Ok(found)
    }
}

impl Member {
    /// A healthy member without faults, with a token.
    pub fn new(name: &str) -> Member {
        let mut parts = name.split('-');
        let labels = match (parts.next(), parts.next(), parts.next()) {
            (Some(env), Some(region), Some(_)) => {
                vec![
                    ("env".to_owned(), env.to_owned()),
                    ("region".to_owned(), region.to_owned()),
                ]
            }
            _ => Vec::new(),
        };
        Member {
            name: name.to_owned(),
            labels,
            properties: Vec::new(),
            fault: Fault::None,
            healthy: "True".to_owned(),
            client_certificate: false,
            context: true,
            tokens: Vec::new(),
            access_providers: None,
        }
    }
}

/// The name of the n-th member, from 1: `prod-eu-1`, `prod-us-2`, `dev-eu-3`, `test-us-4`, …
pub fn default_name(number: usize) -> String {
    const ENVIRONMENTS: [&str; 4] = ["prod", "prod", "dev", "test"];
    // Of another length than the environments, so that every pair occurs.
    const REGIONS: [&str; 5] = ["eu", "us", "eu", "us", "ap"];
    let index = number.saturating_sub(1);
    format!(
        "{}-{}-{number}",
        ENVIRONMENTS[index % ENVIRONMENTS.len()],
        REGIONS[index % REGIONS.len()]
    )
}
