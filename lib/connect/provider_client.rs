//! Requests to OpenID Connect providers, over the same stack as requests to clusters.

use super::client::Client;
use super::error::Error;
use super::oidc::{Answering, ProviderRequests};
use super::request::ApiRequest;
use super::shared::ConnectorState;
use crate::kubeconfig::Access;
use std::sync::{Arc, Weak};

/// Sends a provider's requests with the connector's own settings. The connector holds it, so it must not hold the
/// connector.
#[derive(Debug)]
pub(super) struct ProviderClient(pub Weak<ConnectorState>);

impl ProviderRequests for ProviderClient {
    fn send(&self, access: Access, path: String, request: ApiRequest, limit: usize) -> Answering {
        let shared = self.0.upgrade();
        Box::pin(async move {
            let shared = shared.ok_or_else(|| Error::credential_plugin("this process is ending"))?;
            let client = Client::new(&shared, &access, Arc::default())?;
            let response = client.ask(&path, &request).await?;
            let status = response.status();
            Ok((status, response.into_body().read_to_end(limit).await?))
        })
    }

    fn say(&self, message: &str) {
        if let Some(shared) = self.0.upgrade() {
            shared.options.screen.say(message);
        }
    }
}
