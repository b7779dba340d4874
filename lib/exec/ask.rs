//! Verbs and the clusters that they ask: connects to each cluster and hands the connection to the verb.

use super::fanout::answer::Answer;
use super::fanout::output::Sink;
use super::fanout::query::Query;
use super::options::Options;
use crate::apiserver::query_state::QueryState;
use crate::apiserver::server::{ApiServer, Http};
use crate::apiserver::workers::Workers;
use crate::connect::{self, Client, Connector, Error};
use crate::record::{self, Access, Stream, Text};
use crate::resolve::{DEFAULT_NAMESPACE, Resolver};
use std::rc::Rc;

/// A verb of mc-exec. It asks one cluster at a time, and many of these queries run at once.
pub trait Ask {
    /// Returns whether a query goes on until the user or a time limit ends it, as a watch does. To be ended is then not
    /// a failure.
    fn is_endless(&self) -> bool {
        false
    }

    /// Returns whether each cluster is asked about the namespace of its context, since no other was named.
    fn asks_contexts_namespace(&self) -> bool {
        false
    }

    /// Asks one cluster and sends its records to the output as they come. The query may be dropped wherever it waits.
    fn ask<S: ApiServer>(&self, cluster: &Connection<'_, S>) -> impl Future<Output = Answer>;
}

/// A connection to one cluster, and what a verb needs to use it.
pub struct Connection<'a, S> {
    /// The cluster's API server.
    pub server: S,
    /// Everything that makes up the way to the server: the key under which its discovery documents are cached.
    pub server_key: String,
    /// The context's namespace.
    pub namespace: String,
    /// The state of the query.
    pub state: &'a QueryState,
    /// The output.
    pub sink: &'a Sink,
    /// The threads that read long answers.
    pub workers: &'a Workers,
    /// Shows the user a message on stderr.
    pub say: &'a dyn Fn(&str),
    /// True if `-v` was given.
    pub verbose: bool,
}

/// Connects to clusters for a verb.
pub(super) struct ConnectingQuery<'a, V> {
    pub verb: &'a V,
    pub options: &'a Options,
    pub resolver: &'a Resolver,
    pub connector: Connector,
    pub workers: Workers,
    pub say: &'a dyn Fn(&str),
}

impl<V: Ask> Query for ConnectingQuery<'_, V> {
    fn is_endless(&self) -> bool {
        self.verb.is_endless()
    }

    fn asks_contexts_namespace(&self) -> bool {
        self.verb.asks_contexts_namespace()
    }

    async fn run(&self, access: &Access<'_>, state: &QueryState, sink: &Sink) -> Answer {
        let (client, server_key, namespace) = match self.connect(access, state) {
            Ok(connected) => connected,
            Err(error) => return error.into(),
        };
        let verbose = self.options.verbose;
        let cluster = Connection {
            server: Http {
                client,
                state,
                warn: async |warning: &str| Box::pin(write_warning(warning, state, sink)).await,
                workers: &self.workers,
                say: verbose.then_some(self.say),
            },
            server_key,
            namespace,
            state,
            sink,
            workers: &self.workers,
            say: self.say,
            verbose,
        };
        let mut answer = self.verb.ask(&cluster).await;
        // As with kubectl, any other error takes precedence.
        if self.options.warnings_as_errors && answer.failure.is_none() && answer.missing.is_empty() {
            answer.failure = state.warnings_as_error();
        }
        answer
    }
}

impl<V> ConnectingQuery<'_, V> {
    /// Makes the client of a cluster. Returns it with the server's key and the context's namespace.
    fn connect(
        &self,
        access: &Access<'_>,
        state: &QueryState,
    ) -> Result<(Rc<Client>, String, String), Error> {
        let mut access = self.resolver.connection(access, state.cluster())?;
        self.options.act_as.put_into(&mut access);
        let client = Rc::new(self.connector.client_waiting(&access, state.logins())?);
        state.connect_through(Rc::clone(&client));
        let key = connect::server_key(&access);
        Ok((
            client,
            key,
            access.namespace.unwrap_or_else(|| DEFAULT_NAMESPACE.into()),
        ))
    }
}

/// Sends a warning to the output as a Text record for stderr.
async fn write_warning(warning: &str, state: &QueryState, sink: &Sink) {
    let text = Text {
        cluster: state.cluster().into(),
        stream: Stream::Stderr,
        text: warning.into(),
        about_types: false,
    };
    let mut line = Vec::new();
    // Writing to memory does not fail.
    let _ = record::write(&mut line, &text);
    sink.send(Some(state), line).await;
}
