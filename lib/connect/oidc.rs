//! The `auth-provider: oidc` of a kubeconfig's user (client-go `plugin/pkg/client/auth/oidc`), which kubectl still supports.
//! The id-token is the bearer token. When it has expired, a new one is requested with the refresh token, and written back
//! into the kubeconfig.
//!
//! A refresh token may be valid for one use only. So all users with the same token share its refresh, even across
//! processes, and a refresh goes on when those who wait for it give up.

mod file_lock;
mod persist;
mod tokens;

use super::authorization::{basic, bearer};
use super::error::Error;
use super::request::ApiRequest;
use super::text::non_empty;
use crate::kubeconfig::{Access, Origin, decode};
use crate::mutex::lock;
use crate::percent;
use http::StatusCode;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use kube::config::{AuthInfo, Cluster};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokens::{OidcTokens, expiry};

/// A token counts as expired this long before it is (client-go's `expiryDelta`).
const LEEWAY_SECONDS: i64 = 10;

/// The most that an identity provider may answer.
const MAX_ANSWER: usize = 1 << 20;

/// How long a failed refresh is returned to everyone who asks.
const FAILURE_LASTS: Duration = Duration::from_secs(60);

/// Sends requests to identity providers. This is a trait because a client, which sends them, depends on this module for
/// its credentials.
pub(super) trait ProviderRequests: std::fmt::Debug + Send + Sync {
    /// Sends a request and returns the status and the body of the answer, which may be an error's. The body may have up
    /// to `limit` bytes.
    fn send(&self, access: Access, path: String, request: ApiRequest, limit: usize) -> Answering;

    /// Prints a message for the user.
    fn say(&self, message: &str);
}

/// A request under way.
pub(super) type Answering = Pin<Box<dyn Future<Output = Result<(StatusCode, Vec<u8>), Error>> + Send>>;

/// The users of identity providers that this process knows. Those that share tokens are one.
#[derive(Debug)]
pub(super) struct Providers {
    requests: Arc<dyn ProviderRequests>,
    known: Mutex<HashMap<String, Arc<Oidc>>>,
}

/// A user of an identity provider.
#[derive(Debug)]
pub(super) struct Oidc {
    context: String,
    requests: Arc<dyn ProviderRequests>,
    issuer: String,
    client_id: String,
    client_secret: SecretString,
    authority: Option<String>,
    authority_data: Option<String>,
    tokens: Mutex<OidcTokens>,
    /// The entries of kubeconfigs with these tokens.
    origins: Mutex<Vec<Origin>>,
    /// Held during a refresh: there is one at a time. Contains the last failure.
    refreshing: tokio::sync::Mutex<Option<(Instant, Error)>>,
}

impl Providers {
    pub(super) fn new(requests: Arc<dyn ProviderRequests>) -> Self {
        Self {
            requests,
            known: Mutex::default(),
        }
    }

    /// Returns the provider's user for a configuration: the same one for the same tokens.
    ///
    /// # Errors
    /// kubectl would refuse the configuration too.
    pub(super) fn get(&self, access: &Access, config: &HashMap<String, String>) -> Result<Arc<Oidc>, Error> {
        let context = &access.context;
        let text = |key: &str| config.get(key).map(String::as_str).unwrap_or_default();
        let wrong = |what: &str| {
            Error::unresolved(format!(
                "the auth-provider oidc of the user of context \"{context}\" {what}"
            ))
        };
        for key in ["idp-issuer-url", "client-id"] {
            if text(key).is_empty() {
                return Err(wrong(&format!("has no {key}")));
            }
        }
        let data = text("idp-certificate-authority-data");
        if decode(data).is_none() {
            return Err(wrong("has an idp-certificate-authority-data that is not base64"));
        }
        let (id, refresh) = (text("id-token"), text("refresh-token"));
        let own = if refresh.is_empty() { id } else { refresh };
        let key = [text("idp-issuer-url"), text("client-id"), own].join("\n");
        let mut known = lock(&self.known);
        let oidc = known.entry(key).or_insert_with(|| {
            Arc::new(Oidc {
                context: context.clone(),
                requests: Arc::clone(&self.requests),
                issuer: text("idp-issuer-url").to_owned(),
                client_id: text("client-id").to_owned(),
                client_secret: text("client-secret").into(),
                authority: non_empty(Some(text("idp-certificate-authority"))).map(str::to_owned),
                authority_data: non_empty(Some(data)).map(str::to_owned),
                tokens: Mutex::new(OidcTokens {
                    id: id.into(),
                    refresh: refresh.into(),
                }),
                origins: Mutex::default(),
                refreshing: tokio::sync::Mutex::default(),
            })
        });
        let mut origins = lock(&oidc.origins);
        if let Some(origin) = access.origin.as_ref().filter(|origin| !origins.contains(origin)) {
            origins.push(origin.clone());
        }
        drop(origins);
        Ok(Arc::clone(oidc))
    }
}

impl Oidc {
    /// Returns what to do if the server does not accept the token.
    pub(super) fn hint(&self) -> String {
        format!(
            "the id-token of the user of context \"{}\" is not accepted: log in again at {} with the tool that wrote the \
             kubeconfig",
            self.context, self.issuer
        )
    }

    /// Returns the Authorization header, and refreshes the token if necessary.
    ///
    /// # Errors
    /// The token is malformed, or has expired and cannot be refreshed.
    pub(super) async fn header(self: &Arc<Self>) -> Result<HeaderValue, Error> {
        let token = match self.current()? {
            Some(token) => token,
            None => {
                let this = Arc::clone(self);
                tokio::spawn(async move { this.refreshed().await })
                    .await
                    .map_err(|_| self.failed("was interrupted".to_owned()))??
            }
        };
        bearer(token.expose_secret())
            .ok_or_else(|| self.failed("has an id-token that no header can carry".to_owned()))
    }

    /// Returns the token if it has not expired.
    fn current(&self) -> Result<Option<SecretString>, Error> {
        self.unexpired(&lock(&self.tokens).id)
    }

    fn unexpired(&self, token: &SecretString) -> Result<Option<SecretString>, Error> {
        let text = token.expose_secret();
        if text.is_empty() {
            return Ok(None);
        }
        let expires = expiry(text).ok_or_else(|| {
            self.failed("has an id-token that is not a JSON web token with an expiry".to_owned())
        })?;
        let now = jiff::Timestamp::now().as_second();
        Ok((now + LEEWAY_SECONDS < expires).then(|| token.clone()))
    }

    /// Returns the token after a refresh.
    async fn refreshed(&self) -> Result<SecretString, Error> {
        let mut failed = self.refreshing.lock().await;
        if let Some(token) = self.current()? {
            return Ok(token);
        }
        if let Some((when, error)) = &*failed
            && when.elapsed() < FAILURE_LASTS
        {
            return Err(error.clone());
        }
        let made = self.refresh().await;
        *failed = made.as_ref().err().map(|error| (Instant::now(), error.clone()));
        made
    }

    async fn refresh(&self) -> Result<SecretString, Error> {
        let origins = lock(&self.origins).clone();
        // Another process may refresh the same tokens meanwhile: then the kubeconfig has the new ones.
        let _locks = file_lock::all(&origins).await;
        for origin in &origins {
            let Some(found) = persist::tokens(origin, &self.issuer, &self.client_id) else {
                continue;
            };
            if let Some(token) = self.unexpired(&found.id)? {
                *lock(&self.tokens) = found;
                return Ok(token);
            }
            if !found.refresh.expose_secret().is_empty() {
                *lock(&self.tokens) = found;
            }
        }
        let old = lock(&self.tokens).clone();
        if old.refresh.expose_secret().is_empty() {
            let what = "has no id-token that is still valid, and no refresh-token to get another one with";
            return Err(self.failed(what.to_owned()));
        }
        let endpoint = self.token_endpoint().await?;
        let answer = self.ask_for_tokens(&endpoint, &old.refresh).await?;
        let text = |key: &str| answer[key].as_str().unwrap_or_default();
        if text("id_token").is_empty() {
            return Err(self.failed(format!(
                "was refused an id-token: {endpoint} answered without one (either the scope openid was not asked for at \
                 the login, or the provider gives none when it refreshes)"
            )));
        }
        let new = OidcTokens {
            id: text("id_token").into(),
            refresh: match text("refresh_token") {
                "" => old.refresh.clone(),
                other => other.into(),
            },
        };
        *lock(&self.tokens) = new.clone();
        for origin in &origins {
            if let Err(problem) = persist::replace(origin, &self.issuer, &self.client_id, &old, &new).await {
                self.requests.say(&format!(
                    "{}: the new tokens of user {} could not be written to {}: {problem}; the next run may have to log in \
                     again",
                    self.context,
                    origin.user,
                    origin.file.display()
                ));
            }
        }
        self.unexpired(&new.id)?.ok_or_else(|| {
            self.failed(format!(
                "got an id-token from {endpoint} that has expired already"
            ))
        })
    }

    fn failed(&self, what: String) -> Error {
        Error::credential_plugin(format!(
            "the auth-provider oidc of the user of context \"{}\" {what}",
            self.context
        ))
        .with_hint(format!(
            "log in again at {} with the tool that wrote the kubeconfig",
            self.issuer
        ))
    }

    /// Sends a request to a URL of the provider's.
    async fn send(&self, url: &str, request: ApiRequest) -> Result<(StatusCode, Vec<u8>), Error> {
        let no_url = || {
            self.failed(format!(
                "has a provider that refers to {url:?}, which is not a URL"
            ))
        };
        let (scheme, rest) = url.split_once("://").ok_or_else(no_url)?;
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let path = if path.is_empty() { "/" } else { path };
        let access = Access {
            context: format!("{}, whose issuer is {}", self.context, self.issuer),
            cluster: Cluster {
                server: Some(format!("{scheme}://{authority}")),
                certificate_authority: self.authority.clone().filter(|_| self.authority_data.is_none()),
                certificate_authority_data: self.authority_data.clone(),
                ..Cluster::default()
            },
            user: AuthInfo::default(),
            namespace: None,
            origin: None,
        };
        self.requests
            .send(access, path.to_owned(), request, MAX_ANSWER)
            .await
            .map_err(|error| self.failed(format!("cannot be refreshed: {error}")))
    }

    /// Returns the address for token requests, which OpenID Connect Discovery tells.
    async fn token_endpoint(&self) -> Result<String, Error> {
        let issuer = self.issuer.trim_end_matches('/');
        let url = format!("{issuer}/.well-known/openid-configuration");
        let request = ApiRequest::get(HeaderValue::from_static("application/json"));
        let (status, body) = self.send(&url, request).await?;
        if !status.is_success() {
            return Err(self.failed(format!(
                "cannot be refreshed: {issuer} answers {status} when asked for its endpoints"
            )));
        }
        let found: Value = serde_json::from_slice(&body).unwrap_or_default();
        match found["token_endpoint"].as_str() {
            Some(endpoint) if !endpoint.is_empty() => Ok(endpoint.to_owned()),
            _ => Err(self.failed(format!("cannot be refreshed: {issuer} names no token_endpoint"))),
        }
    }

    /// Requests tokens with the client's secret in a header, or if that is refused in the form, as Go's oauth2 does.
    async fn ask_for_tokens(&self, endpoint: &str, refresh: &SecretString) -> Result<Value, Error> {
        let secret = self.client_secret.expose_secret();
        let mut form = BTreeMap::from([
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.expose_secret()),
        ]);
        let mut last = String::new();
        for in_form in [false, true] {
            let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
            let mut headers = HeaderMap::from_iter([
                (ACCEPT, HeaderValue::from_static("application/json")),
                (CONTENT_TYPE, form_type),
            ]);
            if in_form {
                form.insert("client_id", &self.client_id);
                if !secret.is_empty() {
                    form.insert("client_secret", secret);
                }
            } else {
                let (client, secret) = (
                    percent::query_escape(&self.client_id),
                    percent::query_escape(secret),
                );
                let basic = basic(&client, &secret);
                let basic = basic.ok_or_else(|| {
                    self.failed("has a client-id or client-secret that no header can carry".to_owned())
                })?;
                headers.insert(AUTHORIZATION, basic);
            }
            let body: Vec<String> = form
                .iter()
                .map(|(key, value)| format!("{key}={}", percent::query_escape(value)))
                .collect();
            let request = ApiRequest::post(headers, body.join("&"));
            let (status, body) = self.send(endpoint, request).await?;
            let answer = answer(&body);
            let error = answer["error"].as_str().unwrap_or_default();
            if status.is_success() && error.is_empty() {
                return Ok(answer);
            }
            let why = [error, answer["error_description"].as_str().unwrap_or_default()];
            let why: Vec<&str> = why.into_iter().filter(|text| !text.is_empty()).collect();
            last = format!("{status} {}", why.join(": "));
        }
        Err(self.failed(format!(
            "could not be refreshed: {endpoint} answers {}",
            crate::term::escape(last.trim())
        )))
    }
}

/// Parses the provider's answer, which may be JSON or a form.
fn answer(body: &[u8]) -> Value {
    if let Ok(json) = serde_json::from_slice(body) {
        return json;
    }
    let text = String::from_utf8_lossy(body);
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    let pairs = pairs.map(|(key, value)| {
        let value = percent::decode(&value.replace('+', " "));
        (key.to_owned(), Value::String(value))
    });
    Value::Object(pairs.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_answers_may_be_forms() {
        let form = answer(b"id_token=a%2Bb&scope=x+y");
        assert_eq!(
            (form["id_token"].as_str(), form["scope"].as_str()),
            (Some("a+b"), Some("x y"))
        );
    }
}
