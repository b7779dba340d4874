//! The names that are offered: those in the user's files and caches, and where these have none, those that one hub and
//! one member tell within [`TIME_TO_ASK`].

use super::live::{self, TIME_TO_ASK};
use crate::apiserver::discovery::{DiscoveryCache, TypeNames};
use crate::cli::discover::options;
use crate::cli::flags::{AccessArgs, DiscoverArgs};
use crate::cli::load::{load_config, load_kubeconfig, load_mapping, load_resolver};
use crate::config::{ClusterMapping, Config, Paths, Source};
use crate::connect::server_key;
use crate::discover::cache::{Seen, read_any};
use crate::discover::{self, Files, HubContext, Member, Options, Selection};
use crate::exec::get::completion::{known_type, known_types, names, namespaces, served_types};
use crate::kubeconfig::{Access, Kubeconfig};
use crate::record::Health;
use crate::resolve::Resolution;
use clap::{ArgMatches, Command, FromArgMatches};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The labels and properties of clusters, each with its values.
pub type Labels = BTreeMap<String, BTreeSet<String>>;

/// The most clusters that are looked at for one that can be asked.
const MOST_LOOKED_AT: usize = 100;

/// The names that are offered.
pub trait Names {
    /// The clusters, their sets and the placements.
    fn fleet(&self) -> Seen;
    /// The groups of clusters, each with its `@`.
    fn groups(&self) -> Vec<String>;
    /// The labels and properties of the clusters.
    fn labels(&self) -> Labels;
    /// The regions of the hubs.
    fn regions(&self) -> BTreeSet<String>;
    /// The contexts of the kubeconfig.
    fn contexts(&self) -> Vec<String>;
    /// The types.
    fn types(&self) -> TypeNames;
    /// The namespaces of a cluster.
    fn namespaces(&self) -> Vec<String>;
    /// The objects of a type in a cluster.
    fn objects(&self, type_: &str) -> Vec<String>;
}

/// The names for a command line.
pub struct KnownNames {
    command: Command,
    before: Vec<String>,
    started: Instant,
    loaded: OnceCell<Option<Loaded>>,
}

/// The flags that were typed, and the files that they name.
struct Loaded {
    typed: DiscoverArgs,
    /// `-n`
    namespace: Option<String>,
    all_namespaces: bool,
    paths: Paths,
    config: Config,
    kubeconfig: Kubeconfig,
    mapping: ClusterMapping,
}

impl KnownNames {
    /// Reads nothing yet. `before` is the words before the one to complete.
    pub fn new(command: Command, before: &[String]) -> Self {
        Self {
            command,
            before: before.to_vec(),
            started: Instant::now(),
            loaded: OnceCell::new(),
        }
    }

    fn loaded(&self) -> Option<&Loaded> {
        let load = || Loaded::load(self.command.clone(), &self.before);
        self.loaded.get_or_init(load).as_ref()
    }

    /// Returns the time that is left for a request.
    fn time_left(&self) -> Duration {
        TIME_TO_ASK.saturating_sub(self.started.elapsed())
    }

    /// Lists the clusters that the flags choose, or all of the fleet.
    fn list(&self, selection: Option<&Selection>) -> Vec<Member> {
        self.loaded()
            .and_then(|loaded| loaded.list(selection, self.time_left()))
            .unwrap_or_default()
    }

    /// Returns the access to the cluster that is asked for names: the first selected one with access, preferably one
    /// that was asked for its types before.
    fn member(&self) -> Option<Access> {
        let loaded = self.loaded()?;
        let selection = loaded.options()?.selection;
        let members = self.list(Some(&selection));
        let resolver = load_resolver(
            &loaded.paths,
            &loaded.config,
            &loaded.typed.kubeconfig,
            &AccessArgs::default(),
        )
        .ok()?;
        let cache = DiscoveryCache::new(&loaded.cache());
        let mut first = None;
        for member in members.iter().take(MOST_LOOKED_AT) {
            let cluster = member.cluster();
            if cluster.health == Health::Unhealthy || cluster.skip.is_some() {
                continue;
            }
            let Resolution::Access(access) = resolver.resolve(&cluster) else {
                continue;
            };
            let Ok(access) = resolver.connection(&access, member.name()) else {
                continue;
            };
            if !live::asks_nobody(&access) {
                continue;
            }
            if cache.has(&server_key(&access)) {
                return Some(access);
            }
            first.get_or_insert(access);
        }
        first
    }
}

impl Loaded {
    fn load(command: Command, before: &[String]) -> Option<Self> {
        let words = std::iter::once(command.get_name().to_owned()).chain(before.iter().cloned());
        let has = |id: &str| command.get_arguments().any(|arg| arg.get_id() == id);
        let has_fleet = has("hub_context");
        let (has_kubeconfig, has_cache) = (has("kubeconfig"), has("cache_dir"));
        // What cannot be read is what is being typed: flags before it count all the same.
        let matches = command.ignore_errors(true).try_get_matches_from(words).ok()?;
        let mut matches = &matches;
        while let Some((_, of_verb)) = matches.subcommand() {
            matches = of_verb;
        }
        let typed = DiscoverArgs {
            fleet: group(has_fleet, matches),
            kubeconfig: group(has_kubeconfig, matches),
            cache: group(has_cache, matches),
            ..DiscoverArgs::default()
        };
        let (paths, config) = load_config().ok()?;
        Some(Self {
            namespace: value::<String>(matches, "namespace"),
            all_namespaces: value::<bool>(matches, "all_namespaces").unwrap_or_default(),
            kubeconfig: load_kubeconfig(&typed.kubeconfig).ok()?,
            mapping: load_mapping(&paths).ok()?,
            typed,
            paths,
            config,
        })
    }

    fn cache(&self) -> PathBuf {
        self.typed.cache.folder(&self.paths, &self.config)
    }

    fn files(&self) -> Files<'_> {
        Files {
            kubeconfig: &self.kubeconfig,
            mapping: &self.mapping,
        }
    }

    /// Returns the options of mc-discover, without the sources that take more than one request, or standard input.
    fn options(&self) -> Option<Options> {
        let mut options = options(&self.typed, &self.paths, &self.config).ok()?;
        for source in &mut options.sources {
            if *source == Source::About {
                *source = Source::Kubeconfig;
            }
        }
        options.sources.retain(|source| *source != Source::Stdin);
        options.refresh = false;
        // However old it is.
        options.cache_ttl = Duration::MAX;
        Some(options)
    }

    /// Lists clusters from the cache, or else from one hub within a time.
    fn list(&self, selection: Option<&Selection>, limit: Duration) -> Option<Vec<Member>> {
        let mut options = self.options()?;
        options.selection = selection.cloned().unwrap_or_default();
        if options.needs_hub() && discover::last_listed(&options, self.files()).is_none() {
            self.choose_hub(&mut options);
            options.limits.timeout = limit;
            options.limits.connect_timeout = limit;
            options.limits.login_timeout = limit;
        }
        if options.sources.is_empty() {
            return None;
        }
        let listing = discover::list(
            &options,
            self.files(),
            std::io::empty(),
            &mut std::io::sink(),
            &mut drop,
        );
        Some(listing.ok()?.members)
    }

    /// Leaves one source of one hub that lists the fleet in one request, if it can be asked.
    fn choose_hub(&self, options: &mut Options) {
        options.hubs.truncate(1);
        let named = options.hubs.first().map(|HubContext { name, .. }| name.as_str());
        let context = named.or(self.kubeconfig.current_context());
        let access = context.and_then(|context| self.kubeconfig.access(context).ok());
        let may_ask = access.is_some_and(|access| live::asks_nobody(&access));
        let in_one_request =
            |source: &Source| may_ask && matches!(source, Source::ClusterProfile | Source::Ocm);
        let first = options.sources.iter().copied().find(in_one_request);
        options
            .sources
            .retain(|source| !source.needs_hub() || Some(*source) == first);
        if first.is_some() {
            live::leave_terminal();
        }
    }
}

impl Names for KnownNames {
    fn fleet(&self) -> Seen {
        let Some(loaded) = self.loaded() else {
            return Seen::default();
        };
        let mut seen = Seen::default();
        for member in self.list(None) {
            let cluster = member.cluster();
            seen.clusters.insert(member.name().to_owned());
            seen.cluster_sets
                .extend(cluster.cluster_sets.iter().map(ToString::to_string));
        }
        let of_any_hub = read_any(&loaded.cache());
        seen.placements = of_any_hub.placements.clone();
        match seen.clusters.is_empty() {
            true => of_any_hub,
            false => seen,
        }
    }

    fn groups(&self) -> Vec<String> {
        let groups = self.loaded().map(|loaded| loaded.config.groups.names());
        groups
            .into_iter()
            .flatten()
            .map(|name| format!("@{name}"))
            .collect()
    }

    fn labels(&self) -> Labels {
        let mut labels = Labels::new();
        for member in self.list(None) {
            let cluster = member.cluster();
            for (key, value) in cluster.labels.iter().chain(&cluster.properties) {
                labels
                    .entry(key.to_string())
                    .or_default()
                    .insert(value.to_string());
            }
        }
        labels
    }

    fn regions(&self) -> BTreeSet<String> {
        let hubs = self.loaded().map(|loaded| loaded.config.hubs.as_slice());
        let regions = hubs
            .unwrap_or_default()
            .iter()
            .filter_map(|hub| hub.region.clone());
        regions.collect()
    }

    fn contexts(&self) -> Vec<String> {
        let names = self.loaded().map(|loaded| loaded.kubeconfig.context_names());
        names.into_iter().flatten().map(str::to_owned).collect()
    }

    fn types(&self) -> TypeNames {
        let Some(loaded) = self.loaded() else {
            return known_types(&PathBuf::new()).0;
        };
        let (types, is_cached) = known_types(&loaded.cache());
        if is_cached {
            return types;
        }
        let served = self.member().and_then(|access| {
            live::ask(&access, self.time_left(), async |client| {
                served_types(&client).await
            })
        });
        served.unwrap_or(types)
    }

    fn namespaces(&self) -> Vec<String> {
        let ask = || {
            let mapping = namespaces()?;
            let access = self.member()?;
            live::ask(&access, self.time_left(), async |client| {
                names(&client, &mapping, "").await
            })
        };
        ask().unwrap_or_default()
    }

    fn objects(&self, type_: &str) -> Vec<String> {
        let ask = || {
            let loaded = self.loaded().filter(|loaded| !loaded.all_namespaces)?;
            let access = self.member()?;
            let mapping = known_type(&loaded.cache(), &server_key(&access), type_)?;
            let namespace = loaded.namespace.as_ref().or(access.namespace.as_ref());
            let namespace = namespace.map_or("default", String::as_str);
            live::ask(&access, self.time_left(), async |client| {
                names(&client, &mapping, namespace).await
            })
        };
        ask().unwrap_or_default()
    }
}

/// Returns a group of flags as it was typed, if the command has it.
fn group<T: FromArgMatches + Default>(is_there: bool, matches: &ArgMatches) -> T {
    let typed = is_there.then(|| T::from_arg_matches(matches).ok());
    typed.flatten().unwrap_or_default()
}

/// Returns the value of a flag that the command may have.
fn value<T: Clone + Send + Sync + 'static>(matches: &ArgMatches, id: &str) -> Option<T> {
    matches.try_get_one::<T>(id).ok().flatten().cloned()
}
