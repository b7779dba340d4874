//! Asks all sources of all hubs at once.

use super::api_client::ApiClient;
use super::cache::{self, CacheKey, CachedFleet};
use super::finding::{Finding, FindingKind};
use super::fleet::Fleet;
use super::hub::{self, Hub};
use super::join::{HubOfPart, Part};
use super::options::{Files, Options};
use super::progress::{AskedWords, while_drawing};
use super::question::{CacheLookup, NoAnswer, Question};
use super::scope::Scope;
use super::sources::hub_api::{HubApi, HubScope};
use super::sources::{Lister, about, hub_api, lister};
use crate::config::Source;
use crate::connect::plugin::Screen;
use crate::connect::{self, Client, Connector};
use crate::exit::Fatal;
use crate::runtime::with_runtime;
use crate::term::progress::{ProgressLine, ProgressTimer};
use futures_util::future::join_all;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

/// The parameters that all questions have in common.
pub struct Asked<'a> {
    pub options: &'a Options,
    pub files: Files<'a>,
    pub scope: &'a Scope<'a>,
    pub hubs: &'a [Hub],
    /// The members that are asked themselves, by name with their contexts.
    pub members: &'a BTreeMap<String, String>,
    /// A fingerprint of the members.
    pub fingerprint: &'a str,
}

/// Returns a fingerprint of members and of the ways to them, for the key of the cache.
pub fn fingerprint(members: &BTreeMap<String, String>, files: Files<'_>) -> String {
    cache::fingerprint(members, |context| match files.kubeconfig.access(context) {
        Ok(access) => hub::way(files.kubeconfig, &access),
        Err(_) => String::new(),
    })
}

/// The content of the cache for one source of one hub.
pub struct CachedSource {
    pub source: Source,
    pub hub: HubOfPart,
    /// The hub as messages name it.
    pub hub_name: String,
    pub lookup: CacheLookup,
}

/// Looks in the cache for every source of every hub.
///
/// # Errors
/// The options are wrong, or there is no hub.
pub fn look_in_cache(options: &Options, files: Files<'_>) -> Result<Vec<CachedSource>, Fatal> {
    let hubs = Hub::find_all(options, files.kubeconfig)?;
    let asked = Asked {
        options,
        files,
        scope: &Scope::of(options)?,
        hubs: &hubs,
        members: &BTreeMap::new(),
        fingerprint: "",
    };
    let of_hubs = asked.questions().into_iter().filter_map(|(question, hub)| {
        Some(CachedSource {
            source: question.source,
            hub: HubOfPart::from(&hubs[hub?]),
            lookup: question.look_in_cache(),
            hub_name: question.hub_name,
        })
    });
    Ok(of_hubs.collect())
}

impl From<&Hub> for HubOfPart {
    fn from(hub: &Hub) -> Self {
        Self {
            context: hub.context().to_owned(),
            region: hub.region().map(str::to_owned),
        }
    }
}

impl<'a> Asked<'a> {
    /// Returns the questions, each with the index of the hub that it is for. There is none for sources that are read
    /// without a network.
    fn questions(&self) -> Vec<(Question<'a>, Option<usize>)> {
        let mut questions = Vec::new();
        for source in self.options.sources.iter().copied() {
            match lister(source) {
                Lister::Hub(api) => {
                    let of_hubs = self.hubs.iter().enumerate();
                    questions
                        .extend(of_hubs.map(|(index, hub)| (self.of_hub(source, api, hub), Some(index))));
                }
                Lister::Members => questions.push((self.of_members(source), None)),
                Lister::Contexts | Lister::Stdin => {}
            }
        }
        questions
    }

    fn of_hub(&self, source: Source, api: &HubApi, hub: &'a Hub) -> Question<'a> {
        Question {
            options: self.options,
            source,
            context: hub.context(),
            hub_name: hub.name(),
            key: CacheKey {
                server: hub.server(),
                way: hub.way(),
                source: source.as_str(),
                namespace: self.scope.namespace.filter(|_| api.has_namespaces),
                about: if api.has_placements {
                    self.scope.placement_text
                } else {
                    ""
                },
            },
            now: SystemTime::now(),
        }
    }

    fn of_members(&self, source: Source) -> Question<'a> {
        Question {
            options: self.options,
            source,
            context: "",
            hub_name: "the members".to_owned(),
            key: CacheKey {
                server: "contexts",
                way: "",
                source: source.as_str(),
                namespace: None,
                about: self.fingerprint,
            },
            now: SystemTime::now(),
        }
    }

    /// Answers the questions and adds the answers to `parts`.
    ///
    /// # Errors
    /// There is no answer to any question, and `parts` is empty. The error has a finding for each question.
    pub fn answer(&self, parts: &mut Vec<Part>, report: &mut dyn FnMut(Finding)) -> Result<(), Vec<Finding>> {
        let mut found: Vec<(usize, Part)> = Vec::new();
        let mut open: Vec<(usize, Question<'a>, Option<usize>, Option<CachedFleet>)> = Vec::new();
        for (index, (question, hub)) in self.questions().into_iter().enumerate() {
            match question.look_in_cache() {
                CacheLookup::Fresh(fleet) => found.push((index, self.part(question.source, hub, fleet))),
                CacheLookup::Expired(old) => open.push((index, question, hub, old)),
            }
        }
        let asked: Vec<(Source, Option<usize>)> = open
            .iter()
            .map(|(_, question, hub, _)| (question.source, *hub))
            .collect();
        let answers = self
            .ask_over_network(&asked)
            .map_err(|fatal| vec![Finding::missing(fatal.message)])?;
        let mut refusals: Vec<(Option<usize>, NoAnswer)> = Vec::new();
        for ((index, question, hub, old), answer) in open.into_iter().zip(answers) {
            match question.settle(old, answer, report) {
                Ok(fleet) => found.push((index, self.part(question.source, hub, fleet))),
                Err(refusal) => refusals.push((hub, refusal)),
            }
        }
        if found.is_empty() && parts.is_empty() && !refusals.is_empty() {
            return Err(refusals.into_iter().map(|(_, refusal)| refusal.finding).collect());
        }
        for (hub, refusal) in refusals {
            let context = hub.map(|hub| self.hubs[hub].context());
            // If a hub serves one of several APIs, the others would list nothing more.
            let is_served = found
                .iter()
                .any(|(_, part)| context.is_some() && part.hub_context() == context);
            let mut finding = refusal.finding;
            if refusal.is_unserved && is_served {
                finding.kind = FindingKind::Note;
            }
            report(finding);
        }
        found.sort_by_key(|(index, _)| *index);
        parts.extend(found.into_iter().map(|(_, part)| part));
        Ok(())
    }

    fn part(&self, source: Source, hub: Option<usize>, fleet: Fleet) -> Part {
        Part {
            source,
            hub: hub.map(|hub| HubOfPart::from(&self.hubs[hub])),
            fleet,
        }
    }

    /// Asks all at once. This is the only place where discovery needs an async runtime.
    fn ask_over_network(
        &self,
        asked: &[(Source, Option<usize>)],
    ) -> Result<Vec<Result<Fleet, connect::Error>>, Fatal> {
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let line = Arc::new(ProgressLine::default());
        let connector = Connector::new(connect::ConnectorOptions {
            connect_timeout: self.options.limits.connect_timeout,
            login_timeout: self.options.limits.login_timeout,
            screen: Screen {
                tool: "mc-discover",
                line: Arc::clone(&line),
            },
            ..connect::ConnectorOptions::default()
        });
        let progress = ProgressTimer::new(line, self.options.progress);
        let words = AskedWords::new(
            asked
                .iter()
                .map(|(_, hub)| hub.map(|hub| self.hubs[hub].context())),
        );
        let ask_all = async {
            // One client for each hub, so that its sources share the credentials and the connection.
            let clients: Vec<_> = self.hubs.iter().map(|hub| hub.client(&connector)).collect();
            let asked = asked.iter().map(|(source, hub)| {
                let hub = hub.map(|hub| (&self.hubs[hub], clients[hub].clone()));
                self.ask(*source, hub, &connector)
            });
            join_all(asked).await
        };
        with_runtime(|runtime| runtime.block_on(while_drawing(progress, &words, ask_all)))
    }

    async fn ask(
        &self,
        source: Source,
        hub: Option<(&Hub, Result<Client, connect::Error>)>,
        connector: &Connector,
    ) -> Result<Fleet, connect::Error> {
        let limits = &self.options.limits;
        let (Some((hub, client)), Some(api)) = (hub, hub_api(source)) else {
            return Ok(about::list(connector, self.files.kubeconfig, self.members, limits).await);
        };
        let started = Instant::now();
        let mut client = ApiClient::new(client?, limits.timeout);
        let scope = HubScope {
            hub: hub.context(),
            namespace: self.scope.namespace,
            placement: self.scope.placement.as_ref(),
        };
        let fleet = (api.list)(&mut client, scope).await?;
        Ok(Fleet {
            millis: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            ..fleet
        })
    }
}
