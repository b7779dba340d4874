//! The credentials of a kubeconfig's user, read as client-go does (`clientcmd` and `transport`).

use super::authorization::{basic, bearer};
use super::deadline::HeldUp;
use super::error::Error;
use super::oidc::Oidc;
use super::plugin::{ClusterInfo, Credential, Plugin, Plugins};
use super::text::non_empty;
use super::tls::Identity;
use crate::error_text::io_text;
use crate::mutex::lock;
use crate::percent::without;
use crate::program::shell_word::quote;
use http::{HeaderMap, HeaderName, HeaderValue};
use kube::config::AuthInfo;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::ExposeSecret;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long the content of a token file is used before it is read again: client-go's minute less its leeway.
const TOKEN_FILE_FRESH: Duration = Duration::from_secs(50);

/// A user's credentials.
#[derive(Debug)]
pub(crate) struct Credentials {
    authorization: Authorization,
    /// The client certificate, if the kubeconfig names one.
    pub identity: Option<Identity>,
    /// The headers of impersonation.
    pub headers: HeaderMap,
}

/// The source of the Authorization header. Header values are marked as sensitive, so that `Debug` does not show them.
#[derive(Debug)]
enum Authorization {
    None,
    Fixed(HeaderValue),
    File(TokenFile),
    Plugin(Arc<Plugin>),
    Oidc(Arc<Oidc>),
}

/// A file with a token, which another program keeps fresh.
#[derive(Debug)]
struct TokenFile {
    path: String,
    context: String,
    /// The file's token and when it was read, or the kubeconfig's own token until the file can be read.
    token: Mutex<(Option<Instant>, Option<HeaderValue>)>,
}

/// The authorization of one request.
#[derive(Default)]
pub(crate) struct Authorized {
    pub header: Option<HeaderValue>,
    /// The credential plugin's answer, which may have a client certificate, and which is renewed if it is refused.
    pub credential: Option<Arc<Credential>>,
}

impl Credentials {
    /// Reads a user. As in kubectl, only impersonation is sent over plain HTTP.
    pub(crate) fn of(
        context: &str,
        user: &AuthInfo,
        https: bool,
        plugins: &Plugins,
        cluster: impl FnOnce() -> Result<ClusterInfo, Error>,
        oidc: impl FnOnce(&HashMap<String, String>) -> Result<Arc<Oidc>, Error>,
    ) -> Result<Self, Error> {
        let headers = impersonation(context, user)?;
        if !https {
            return Ok(Self {
                authorization: Authorization::None,
                identity: None,
                headers,
            });
        }
        let wrong = |what: String| Error::unresolved(format!("the user of context \"{context}\" {what}"));
        let identity = Identity::of(context, user)?;
        let token = non_empty(user.token.as_ref().map(ExposeSecret::expose_secret));
        let name = user.username.as_deref().unwrap_or_default();
        let password = user
            .password
            .as_ref()
            .map(ExposeSecret::expose_secret)
            .unwrap_or_default();
        let is_basic = !name.is_empty() || !password.is_empty();
        let token_file = non_empty(user.token_file.as_deref());
        if is_basic && (token.is_some() || token_file.is_some()) {
            return Err(wrong("has a token and a password: only one is allowed".into()));
        }
        // Like kubectl, which refuses it even if there are other credentials.
        if let Some(provider) = user
            .auth_provider
            .as_ref()
            .filter(|provider| provider.name != "oidc")
        {
            let what = match provider.name.as_str() {
                "gcp" | "azure" | "openstack" => "which kubectl removed in 1.26",
                _ => "which kubectl does not know",
            };
            return Err(
                wrong(format!("has the auth-provider \"{}\", {what}", provider.name)).with_hint(
                    "use the credential plugin (exec) that replaced it: gke-gcloud-auth-plugin, kubelogin",
                ),
            );
        }
        let authorization = if let Some(path) = token_file {
            Authorization::File(TokenFile::open(context, path, token)?)
        } else if let Some(token) = token {
            Authorization::Fixed(
                trimmed_bearer(token).ok_or_else(|| wrong("has a token that no header can carry".into()))?,
            )
        } else if is_basic {
            let value = basic(name, password);
            Authorization::Fixed(
                value.ok_or_else(|| wrong("has a password that no header can carry".into()))?,
            )
        } else if let Some(provider) = &user.auth_provider {
            Authorization::Oidc(oidc(&provider.config)?)
        } else if let Some(exec) = user.exec.as_ref().filter(|_| identity.is_none()) {
            // client-go does not run a plugin if the user has other credentials.
            let cluster = exec.provide_cluster_info.then(cluster).transpose()?;
            Authorization::Plugin(plugins.plugin(context, exec, cluster)?)
        } else {
            Authorization::None
        };
        Ok(Self {
            authorization,
            identity,
            headers,
        })
    }

    /// Returns the authorization of the next request, and runs the credential plugin if necessary. The clock `logins` runs
    /// while the plugin waits for a person.
    pub(crate) async fn authorize(&self, logins: &HeldUp) -> Result<Authorized, Error> {
        match &self.authorization {
            Authorization::None => Ok(Authorized::default()),
            Authorization::Fixed(header) => Ok(Authorized {
                header: Some(header.clone()),
                credential: None,
            }),
            Authorization::File(file) => Ok(Authorized {
                header: Some(file.header()?),
                credential: None,
            }),
            Authorization::Oidc(oidc) => Ok(Authorized {
                header: Some(oidc.header().await?),
                credential: None,
            }),
            Authorization::Plugin(plugin) => {
                let credential = plugin.credential(logins).await?;
                let token = credential.token.as_ref().map(ExposeSecret::expose_secret);
                let header = match token {
                    None => None,
                    // As in kubectl, a line break at its end is part of this one.
                    Some(token) => Some(bearer(token).ok_or_else(|| {
                        Error::credential_plugin(format!(
                            "the token of {} holds what no header can carry",
                            plugin.shown()
                        ))
                    })?),
                };
                Ok(Authorized {
                    header,
                    credential: Some(credential),
                })
            }
        }
    }

    /// Runs the plugin again after a server refused its credential. Returns false if that would not help.
    pub(crate) async fn renew(&self, used: &Authorized, logins: &HeldUp) -> bool {
        match (&self.authorization, &used.credential) {
            (Authorization::Plugin(plugin), Some(used)) => plugin.renew(used, logins).await,
            _ => false,
        }
    }

    /// Returns what to do about a 401.
    pub(crate) fn login_hint(&self, context: &str) -> String {
        match &self.authorization {
            Authorization::Plugin(plugin) if plugin.came_expired() => format!(
                "the credential of {} had expired when it came: log in again with its own tool, or correct this \
                 machine's clock",
                plugin.shown()
            ),
            Authorization::Plugin(plugin) => format!(
                "the credential of {} is not accepted: log in again with its own tool, or check that this user \
                 may use the cluster",
                plugin.shown()
            ),
            Authorization::File(file) => {
                format!("the token in {} is not accepted: renew it", file.path)
            }
            Authorization::Oidc(oidc) => oidc.hint(),
            Authorization::Fixed(_) => {
                format!(
                    "the token or password of the user of context \"{context}\" is not accepted: renew it"
                )
            }
            Authorization::None => match &self.identity {
                Some(identity) => {
                    let expired = identity.expired(context);
                    let problem = expired.as_deref().unwrap_or("is not accepted");
                    format!("the client certificate of the user of context \"{context}\" {problem}: renew it")
                }
                None => {
                    format!("context \"{context}\" has no credentials: add a user to it in the kubeconfig")
                }
            },
        }
    }

    /// Returns what to do about a 403; `user` is the name of the user in the kubeconfig.
    pub(crate) fn permission_hint(&self, context: &str, user: Option<&str>) -> String {
        let is_anonymous = matches!(self.authorization, Authorization::None) && self.identity.is_none();
        match user {
            None if is_anonymous => format!(
                "context \"{context}\" names no user, so the request was anonymous: kubectl config set-context {} \
                 --user=NAME names one",
                quote(context)
            ),
            Some(user) if is_anonymous => format!(
                "the user of context \"{context}\" has no credentials, so the request was anonymous: kubectl config \
                 set-credentials {} adds them",
                quote(user)
            ),
            Some(_) => format!(
                "ask for the permission; kubectl --context {} auth can-i --list shows what you may do",
                quote(context)
            ),
            // A hub's access provider has no context that kubectl could use.
            None => "ask the cluster's administrators for the permission".to_owned(),
        }
    }

    /// Returns the plugin that requests may wait for, for messages.
    pub(crate) fn plugin(&self) -> Option<&Plugin> {
        match &self.authorization {
            Authorization::Plugin(plugin) => Some(plugin),
            _ => None,
        }
    }
}

impl TokenFile {
    /// Opens a token file. It must be readable, unless the kubeconfig has a token as well.
    fn open(context: &str, path: &str, token: Option<&str>) -> Result<Self, Error> {
        let file = Self {
            path: path.to_owned(),
            context: context.to_owned(),
            token: Mutex::new((None, token.and_then(trimmed_bearer))),
        };
        file.header()?;
        Ok(file)
    }

    fn header(&self) -> Result<HeaderValue, Error> {
        let mut held = lock(&self.token);
        if held.0.is_none_or(|read| read.elapsed() >= TOKEN_FILE_FRESH) {
            match (self.read(), &held.1) {
                (Ok(header), _) => *held = (Some(Instant::now()), Some(header)),
                // The file cannot be read just now: its previous token may still be valid.
                (Err(_), Some(_)) => held.0 = Some(Instant::now()),
                (Err(error), None) => return Err(error),
            }
        }
        held.1.clone().ok_or_else(|| self.wrong("is empty"))
    }

    fn wrong(&self, what: &str) -> Error {
        Error::unresolved(format!(
            "the tokenFile {} of context \"{}\" {what}",
            self.path, self.context
        ))
    }

    fn read(&self) -> Result<HeaderValue, Error> {
        let text = std::fs::read_to_string(&self.path)
            .map_err(|error| self.wrong(&format!("cannot be read: {}", io_text(&error))))?;
        let token = text.trim();
        if token.is_empty() {
            return Err(self.wrong("is empty"));
        }
        trimmed_bearer(token).ok_or_else(|| self.wrong("holds what no header can carry"))
    }
}

/// Returns the header for a token of a kubeconfig. YAML blocks leave a line break at its end, which is not part of it.
fn trimmed_bearer(token: &str) -> Option<HeaderValue> {
    bearer(token.trim_end())
}

/// Returns the headers of impersonation, as `transport.NewImpersonatingRoundTripper` writes them.
fn impersonation(context: &str, user: &AuthInfo) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    let no_header = || {
        let what = "impersonates a name that no header can carry";
        Error::unresolved(format!("the user of context \"{context}\" {what}"))
    };
    let uid = non_empty(user.impersonate_uid.as_deref());
    let groups = user.impersonate_groups.as_deref().unwrap_or_default();
    let extra = user.impersonate_user_extra.iter().flatten();
    let Some(name) = non_empty(user.impersonate.as_deref()) else {
        if uid.is_some() || !groups.is_empty() || extra.count() > 0 {
            // kubectl's words, but for the name of the context.
            let message = format!(
                "requesting uid, groups or user-extra for context \"{context}\" without impersonating a user"
            );
            return Err(Error::unresolved(message).with_hint(
                "--as-group, --as-uid and --as-user-extra need --as USER, or \"as\" in the kubeconfig's user",
            ));
        }
        return Ok(headers);
    };
    let value = |text: &str| HeaderValue::from_str(text).map_err(|_| no_header());
    headers.insert("impersonate-user", value(name)?);
    if let Some(uid) = uid {
        headers.insert("impersonate-uid", value(uid)?);
    }
    for group in groups {
        headers.append("impersonate-group", value(group)?);
    }
    for (key, values) in extra {
        let name = HeaderName::try_from(format!(
            "impersonate-extra-{}",
            utf8_percent_encode(key, NOT_IN_HEADER_NAMES)
        ))
        .map_err(|_| no_header())?;
        for text in values {
            headers.append(name.clone(), value(text)?);
        }
    }
    Ok(headers)
}

/// The characters that client-go's `headerKeyEscape` encodes in the name of a header: those that no such name can have,
/// and `%`.
const NOT_IN_HEADER_NAMES: &AsciiSet = &without(NON_ALPHANUMERIC, b"!#$&'*+-.^_`|~");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Reason;

    fn user(yaml: &str) -> AuthInfo {
        serde_yaml::from_str(yaml).unwrap()
    }

    fn credentials(yaml: &str, https: bool) -> Result<Credentials, Error> {
        let plugins = Plugins::for_tests(Duration::from_secs(1));
        Credentials::of(
            "c",
            &user(yaml),
            https,
            &plugins,
            || Ok(ClusterInfo::default()),
            |_| Err(Error::unresolved("not \"c\"")),
        )
    }

    async fn header(yaml: &str, https: bool) -> Option<String> {
        let authorized = credentials(yaml, https)
            .unwrap()
            .authorize(&HeldUp::default())
            .await
            .unwrap();
        authorized
            .header
            .map(|header| header.to_str().unwrap().to_owned())
    }

    #[tokio::test]
    async fn credentials_have_client_gos_precedence() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, " from-file\n").unwrap();
        let path = file.display();
        assert_eq!(header("token: t", true).await.unwrap(), "Bearer t");
        assert_eq!(
            header(&format!("{{token: t, tokenFile: {path}}}"), true)
                .await
                .unwrap(),
            "Bearer from-file"
        );
        assert_eq!(
            header("{token: t, tokenFile: /not/there}", true).await.unwrap(),
            "Bearer t"
        );
        assert_eq!(
            header("{username: u, password: p}", true).await.unwrap(),
            "Basic dTpw"
        );
        let exec = "exec: {apiVersion: client.authentication.k8s.io/v1, command: /not/there, interactiveMode: Never}";
        assert_eq!(
            header(&format!("token: t\n{exec}"), true).await.unwrap(),
            "Bearer t"
        );
        assert_eq!(header("{}", true).await, None);
        // Over plain HTTP nothing is sent.
        assert_eq!(header("token: t", false).await, None);
    }

    #[test]
    fn unusable_credentials_are_reported_with_their_context() {
        for yaml in [
            "{token: t, username: u}",
            "tokenFile: /not/there",
            "auth-provider: {name: gcp}",
            "client-certificate: /x",
            "as-groups: [g]",
            "token: \"a\\nb\"",
        ] {
            let error = credentials(yaml, true).unwrap_err();
            assert_eq!(error.reason, Reason::Unresolved, "{yaml}");
            assert!(error.message.contains("\"c\""), "{error}");
        }
    }

    #[test]
    fn impersonation_headers_are_encoded_as_in_client_go() {
        let made = credentials(
            "{as: alice, as-uid: u1, as-groups: [a, b], as-user-extra: {example.com/Some%: [x, y]}}",
            false,
        )
        .unwrap();
        let all = |name: &str| -> Vec<_> {
            made.headers
                .get_all(name)
                .iter()
                .map(|value| value.to_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(all("impersonate-user"), ["alice"]);
        assert_eq!(all("impersonate-uid"), ["u1"]);
        assert_eq!(all("impersonate-group"), ["a", "b"]);
        assert_eq!(all("impersonate-extra-example.com%2Fsome%25"), ["x", "y"]);
        assert_eq!(
            utf8_percent_encode("a b/ü", NOT_IN_HEADER_NAMES).to_string(),
            "a%20b%2F%C3%BC"
        );
    }
}
