//! From a cluster's name to a way into it (mc-resolve): the mapping file, then a context of the
//! cluster's own name.

mod line;
pub mod plugin;

use crate::config::{ClusterMapping, Paths};
use crate::exit::{Fatal, Status};
use crate::kubeconfig::Kubeconfig;
use crate::record::{self, Access, Cluster, Reason, Skip};
use crate::wire::{BadLine, Line, LineReader, pass_on};
use line::{Item, fill_in, read};
use std::io::{BufWriter, Read, Write};

/// Where access comes from.
#[derive(Debug)]
pub struct Resolver {
    kubeconfig: Kubeconfig,
    mapping: ClusterMapping,
    /// The mapping file, as messages name it.
    mapping_file: String,
}

/// What a cluster resolved to.
#[derive(Debug)]
pub enum Resolution {
    /// There is a way in.
    Access(Access<'static>),
    /// There is none.
    Skip(Skip<'static>),
}

/// A cluster that a line stands for, and the way into it.
#[derive(Debug)]
pub struct ResolvedCluster {
    /// Its name.
    pub name: String,
    /// What the record had already, or what it resolves to.
    pub resolution: Resolution,
}

impl Resolver {
    /// A resolver over the user's own files.
    pub fn new(kubeconfig: Kubeconfig, mapping: ClusterMapping) -> Self {
        Self {
            kubeconfig,
            mapping,
            mapping_file: mapping_file(),
        }
    }

    /// The kubeconfig that contexts are looked up in.
    pub fn kubeconfig(&self) -> &Kubeconfig {
        &self.kubeconfig
    }

    /// The user's mapping of clusters to contexts.
    pub fn mapping(&self) -> &ClusterMapping {
        &self.mapping
    }

    /// The way into a cluster that no stage has resolved yet.
    pub fn resolve(&self, cluster: &Cluster<'_>) -> Resolution {
        self.choose(&cluster.cluster).0
    }

    /// The cluster that a line of the stream stands for: a bare name, or a `Cluster` record, whose own
    /// `access` or `skip` is taken as it is (`skip` where it has both). `None` for a record of another
    /// kind, which is to be passed on.
    ///
    /// # Errors
    /// What is wrong with a line that is neither a record nor a name.
    pub fn cluster_of_line(&self, line: &str) -> Result<Option<ResolvedCluster>, String> {
        let cluster = match read(line)? {
            Item::Name(name) => record::bare_cluster(name),
            Item::Cluster(cluster) => *cluster,
            Item::Other => return Ok(None),
        };
        let resolution = match (cluster.skip, cluster.access) {
            (Some(skip), _) => Resolution::Skip(Skip {
                reason: skip.reason,
                message: skip.message.into_owned(),
            }),
            (None, Some(access)) if access.context.is_none() => self::skip(
                Reason::Unresolved,
                "access of a kind that this release does not know",
            ),
            (None, Some(access)) => Resolution::Access(Access {
                context: access.context.map(record::Str::into_owned),
                via: access.via.map(record::Str::into_owned),
            }),
            (None, None) => self.choose(&cluster.cluster).0,
        };
        Ok(Some(ResolvedCluster {
            name: cluster.cluster.0.into_owned(),
            resolution,
        }))
    }

    /// What a cluster resolves to, and how that came about.
    fn choose(&self, name: &str) -> (Resolution, String) {
        let file = &self.mapping_file;
        if let Some(context) = self.mapping.clusters.get(name) {
            return match self.kubeconfig.check(context) {
                Ok(()) => {
                    let beside = if context != name && self.kubeconfig.has_context(name) {
                        "; the context of its own name is not used, the mapping goes first"
                    } else {
                        ""
                    };
                    let why = format!("context {context:?}, mapped in {file}{beside}");
                    (access(context, "mapping"), why)
                }
                Err(_) if !self.kubeconfig.has_context(context) => refused(format!(
                    "{file} maps cluster {name:?} to context {context:?}, which is not in the kubeconfig{}; \
                     correct the mapping or add the context",
                    self.kubeconfig.did_you_mean(context)
                )),
                Err(error) => refused(format!("{error}; {file} maps cluster {name:?} to it")),
            };
        }
        if !self.kubeconfig.has_context(name) {
            let message = format!(
                "no context named {name:?} in the kubeconfig and no mapping in {file}{}; add one of them",
                self.kubeconfig.did_you_mean(name)
            );
            return (skip(Reason::Skipped, &message), format!("skipped: {message}"));
        }
        match self.kubeconfig.check(name) {
            Ok(()) => {
                let why = format!("the context of its own name; no mapping in {file}");
                (access(name, "context"), why)
            }
            Err(error) => refused(error.0),
        }
    }
}

fn access(context: &str, via: &'static str) -> Resolution {
    Resolution::Access(Access {
        context: Some(context.to_owned().into()),
        via: Some(via.into()),
    })
}

fn skip(reason: Reason, message: &str) -> Resolution {
    Resolution::Skip(Skip {
        reason,
        message: message.to_owned().into(),
    })
}

fn refused(message: String) -> (Resolution, String) {
    (
        skip(Reason::Unresolved, &message),
        format!("unresolved: {message}"),
    )
}

/// The mapping file's place, with `~` for the home folder.
fn mapping_file() -> String {
    let Ok(paths) = Paths::from_env() else {
        return "~/.kube/kubectl-mc-clusters.yaml".into();
    };
    let file = paths.clusters();
    match paths.kube.parent().map(|home| file.strip_prefix(home)) {
        Some(Ok(below)) => format!("~/{}", below.display()),
        _ => file.display().to_string(),
    }
}

/// How many lines could be dealt with, and how many not.
#[derive(Default)]
struct Counts {
    good: u64,
    bad: u64,
}

impl Counts {
    fn status(&self) -> Status {
        match (self.bad, self.good) {
            (0, _) => Status::Complete,
            (_, 0) => Status::Failed,
            _ => Status::Partial,
        }
    }
}

/// mc-resolve: passes every line on, and fills in `access` or `skip` where a cluster record has neither.
/// A line that is not JSON is a cluster's name and becomes a record. What was written is flushed whenever
/// no more input is there yet.
///
/// A malformed line is reported on `complain` with its number, and left out. `verbose` says there for each
/// cluster what was chosen and why.
///
/// The status is Partial where a line was malformed, and Failed where all were. A cluster without access is a
/// good record here: it is for mc-exec, which cannot ask it, to count it.
///
/// # Errors
/// Only on the input or the output itself.
pub fn run(
    resolver: &Resolver,
    verbose: bool,
    input: impl Read,
    output: &mut dyn Write,
    complain: &mut dyn FnMut(&str),
) -> Result<Status, Fatal> {
    let mut reader = LineReader::new(input);
    let mut out = BufWriter::new(output);
    let mut counts = Counts::default();
    while let Some(line) = reader.next_line().map_err(|error| Fatal::input(&error))? {
        let problem = match line {
            Line::Text(line) => one(resolver, line, &mut out, verbose, complain)?,
            Line::Bad(bad) => Some(bad.problem),
        };
        match problem {
            None => counts.good += 1,
            Some(problem) => {
                counts.bad += 1;
                let number = reader.number();
                complain(&BadLine { number, problem }.to_string());
            }
        }
        if !reader.has_buffered() {
            out.flush().map_err(|error| Fatal::output(&error))?;
        }
    }
    out.flush().map_err(|error| Fatal::output(&error))?;
    Ok(counts.status())
}

/// Deals with one line. Gives what is wrong with it, if something is.
fn one(
    resolver: &Resolver,
    line: &str,
    out: &mut impl Write,
    verbose: bool,
    complain: &mut dyn FnMut(&str),
) -> Result<Option<String>, Fatal> {
    let mut decide = |cluster: &Cluster<'_>| {
        let (resolution, why) = resolver.choose(&cluster.cluster);
        if verbose {
            complain(&format!("{}: {why}", cluster.cluster));
        }
        resolution
    };
    let written = match read(line) {
        Err(problem) => return Ok(Some(problem)),
        Ok(Item::Other) => pass_on(out, line),
        Ok(Item::Name(name)) => {
            let mut cluster = record::bare_cluster(name);
            match decide(&cluster) {
                Resolution::Access(access) => cluster.access = Some(access),
                Resolution::Skip(skip) => cluster.skip = Some(skip),
            }
            record::write(out, &cluster)
        }
        Ok(Item::Cluster(cluster)) if cluster.skip.is_some() || cluster.access.is_some() => {
            if verbose {
                complain(&format!("{}: resolved already", cluster.cluster));
            }
            pass_on(out, line)
        }
        Ok(Item::Cluster(cluster)) => {
            let resolution = decide(&cluster);
            match fill_in(line, &resolution) {
                Ok(filled) => pass_on(out, &filled),
                Err(error) => return Ok(Some(error.to_string())),
            }
        }
    };
    written.map_err(|error| Fatal::output(&error))?;
    Ok(None)
}

#[cfg(test)]
mod tests;
