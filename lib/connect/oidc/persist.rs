//! Replaces tokens in a kubeconfig without changing anything else.

use super::tokens::OidcTokens;
use crate::error_text::io_text;
use crate::kubeconfig::Origin;
use crate::userfile::{self, KubectlLock};
use secrecy::ExposeSecret as _;
use serde_yaml::Value;
use tokio::task::spawn_blocking;

const REFRESH: &str = "refresh-token";
const ID: &str = "id-token";

/// Reads the tokens of an entry again. `None` if it is another provider's, or cannot be read.
pub(super) fn tokens(origin: &Origin, issuer: &str, client: &str) -> Option<OidcTokens> {
    let text = std::fs::read_to_string(&origin.file).ok()?;
    let mut document: Value = serde_yaml::from_str(&text).ok()?;
    let mut configs = configs(&mut document, issuer, client);
    let (_, config) = configs.find(|(user, _)| *user == origin.user)?;
    let text = |key: &str| config.get(key).and_then(Value::as_str).unwrap_or_default();
    Some(OidcTokens {
        id: text(ID).into(),
        refresh: text(REFRESH).into(),
    })
}

/// Replaces the tokens of an entry, and of the others in its file that hold the same refresh token.
///
/// # Errors
/// The file cannot be read or written, or is locked by kubectl.
pub(super) async fn replace(
    origin: &Origin,
    issuer: &str,
    client: &str,
    old: &OidcTokens,
    new: &OidcTokens,
) -> Result<(), String> {
    let path = &origin.file;
    let place = path.clone();
    let locked = spawn_blocking(move || KubectlLock::take(&place)).await;
    let _lock = locked.map_err(|error| error.to_string())??;
    let text = std::fs::read_to_string(path).map_err(|error| io_text(&error))?;
    let changed = changed(&text, &origin.user, issuer, client, old, new)?;
    if changed == text {
        return Ok(());
    }
    userfile::replace(path, &changed, false).map_err(|error| io_text(&error))
}

/// Returns the configurations of a provider's users in a kubeconfig, with the users' names.
fn configs<'a>(
    document: &'a mut Value,
    issuer: &'a str,
    client: &'a str,
) -> impl Iterator<Item = (String, &'a mut Value)> {
    let users = document.get_mut("users").and_then(Value::as_sequence_mut);
    users.into_iter().flatten().filter_map(move |entry| {
        let name = entry.get("name")?.as_str()?.to_owned();
        let provider = entry.get_mut("user")?.get_mut("auth-provider")?;
        let config = provider.get_mut("config")?;
        let is = |key: &str, value: &str| config.get(key).and_then(Value::as_str) == Some(value);
        let is_meant = is("idp-issuer-url", issuer) && is("client-id", client);
        is_meant.then_some((name, config))
    })
}

/// Returns a kubeconfig's text with the new tokens.
fn changed(
    text: &str,
    user: &str,
    issuer: &str,
    client: &str,
    old: &OidcTokens,
    new: &OidcTokens,
) -> Result<String, String> {
    let parse = |text: &str| serde_yaml::from_str::<Value>(text);
    let mut wanted = parse(text).map_err(|_| "it is not valid YAML".to_owned())?;
    let (old_refresh, new_refresh) = (old.refresh.expose_secret(), new.refresh.expose_secret());
    let mut is_there = false;
    for (name, config) in configs(&mut wanted, issuer, client) {
        let has = config.get(REFRESH).and_then(Value::as_str) == Some(old_refresh);
        if has || name == user {
            config[ID] = new.id.expose_secret().into();
            config[REFRESH] = new_refresh.into();
            is_there = true;
        }
    }
    if !is_there {
        return Err(format!("it has no user {user} of this provider any more"));
    }
    // Replace the text in place if the result means the same, so that comments and order stay. Otherwise write the whole
    // file anew, as kubectl does.
    let in_place = in_place(text, old, new);
    if parse(&in_place).is_ok_and(|found| found == wanted) {
        return Ok(in_place);
    }
    userfile::written_anew(text, &wanted)
}

fn in_place(text: &str, old: &OidcTokens, new: &OidcTokens) -> String {
    let (id, refresh) = (new.id.expose_secret(), new.refresh.expose_secret());
    let with_refresh = set(text, REFRESH, old.refresh.expose_secret(), |_, quote| {
        scalar(refresh, quote)
    });
    if !old.id.expose_secret().is_empty() {
        return set(&with_refresh, ID, old.id.expose_secret(), |_, quote| {
            scalar(id, quote)
        });
    }
    // There was no id-token: insert one after the refresh token.
    set(&with_refresh, REFRESH, refresh, |before, quote| {
        let value = scalar(refresh, quote);
        let indent = before.rsplit('\n').next().unwrap_or_default();
        let indent = &indent[..indent.len() - indent.trim_start().len()];
        let is_block = before
            .rsplit('\n')
            .next()
            .is_some_and(|line| line.trim_start().starts_with(REFRESH));
        match is_block {
            true => format!("{value}\n{indent}{ID}: {}", scalar(id, "")),
            false => format!("{value}, \"{ID}\": {}", scalar(id, "\"")),
        }
    })
}

/// Replaces the value of a key wherever it is `old`. `value` returns the new text, quotes included, given the text before
/// it and the old quote.
fn set(text: &str, key: &str, old: &str, value: impl Fn(&str, &str) -> String) -> String {
    let mut changed = String::with_capacity(text.len() + 1024);
    let mut rest = text;
    while let Some(at) = rest.find(key) {
        let (before, after) = rest.split_at(at + key.len());
        changed.push_str(before);
        rest = after;
        let is_whole = !before[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
        let after_key = after
            .trim_start_matches(['"', '\''])
            .trim_start_matches([' ', '\t']);
        let Some(after_colon) = after_key.strip_prefix(':').filter(|_| is_whole) else {
            continue;
        };
        let begin = after_colon.trim_start_matches([' ', '\t']);
        let quote = match begin.chars().next() {
            Some('"') => "\"",
            Some('\'') => "'",
            _ => "",
        };
        let Some(end) = begin[quote.len()..].strip_prefix(old) else {
            continue;
        };
        let is_end = match quote {
            "" => end.is_empty() || end.starts_with([' ', '\t', '\r', '\n', ',', '}']),
            quote => end.starts_with(quote),
        };
        if !is_end || old.is_empty() {
            continue;
        }
        let kept = &after[..after.len() - begin.len()];
        let line = format!("{changed}{kept}");
        changed.push_str(kept);
        changed.push_str(&value(&line, quote));
        rest = &end[quote.len()..];
    }
    changed.push_str(rest);
    changed
}

/// Returns a token as a YAML scalar in these quotes, or in double quotes if it needs them.
fn scalar(token: &str, quote: &str) -> String {
    let is_plain = token
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.~+/=".contains(&byte))
        && token.starts_with(|c: char| c.is_ascii_alphanumeric());
    let is_text = !quote.is_empty() || token.parse::<f64>().is_err();
    match is_plain && is_text {
        true => format!("{quote}{token}{quote}"),
        // JSON strings are valid YAML.
        false => serde_json::Value::from(token).to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tokens(id: &str, refresh: &str) -> OidcTokens {
        OidcTokens {
            id: id.into(),
            refresh: refresh.into(),
        }
    }

    fn change(text: &str, old: &OidcTokens, new: &OidcTokens) -> Result<String, String> {
        changed(text, "me", "https://idp", "k", old, new)
    }

    const BLOCK: &str = "\
# mine
users:
- name: me
  user:
    auth-provider:
      config:
        client-id: k   # the client
        id-token: a.b.c
        idp-issuer-url: https://idp
        refresh-token: 'r'
      name: oidc
- name: other
  user: {auth-provider: {name: oidc, config: {idp-issuer-url: \"https://idp\", client-id: k, refresh-token: r, id-token: a.b.c}}}
- name: stranger
  user: {auth-provider: {name: oidc, config: {idp-issuer-url: \"https://idp\", client-id: k, refresh-token: rr}}}
";

    #[test]
    fn replacing_tokens_changes_nothing_else() {
        let changed = change(BLOCK, &tokens("a.b.c", "r"), &tokens("d.e.f", "r2")).unwrap();
        let expected = BLOCK
            .replace("a.b.c", "d.e.f")
            .replace("refresh-token: 'r'", "refresh-token: 'r2'")
            .replace("refresh-token: r,", "refresh-token: r2,");
        assert_eq!(changed, expected);
        // A token that needs quotes gets them.
        let changed = change(BLOCK, &tokens("a.b.c", "r"), &tokens("d.e.f", "1: #x")).unwrap();
        assert!(
            changed.contains("        refresh-token: \"1: #x\"\n"),
            "{changed}"
        );
        assert!(changed.starts_with("# mine\n"));
    }

    #[test]
    fn missing_id_token_is_added() {
        let block = BLOCK
            .replace("        id-token: a.b.c\n", "")
            .replace(", id-token: a.b.c", "");
        let changed = change(&block, &tokens("", "r"), &tokens("d.e.f", "r")).unwrap();
        assert!(
            changed.contains("        refresh-token: 'r'\n        id-token: d.e.f\n"),
            "{changed}"
        );
        assert!(
            changed.contains("refresh-token: r, \"id-token\": \"d.e.f\"}"),
            "{changed}"
        );
        assert!(changed.contains("# the client"));
    }

    #[test]
    fn kubeconfig_that_cannot_be_changed_in_place_is_written_anew() {
        let anchored = BLOCK.replace("id-token: a.b.c\n", "id-token: &id\n          a.b.c\n");
        let changed = change(&anchored, &tokens("a.b.c", "r"), &tokens("d.e.f", "r2")).unwrap();
        let read: Value = serde_yaml::from_str(&changed).unwrap();
        let config = &read["users"][0]["user"]["auth-provider"]["config"];
        assert_eq!(
            (config[ID].as_str(), config[REFRESH].as_str()),
            (Some("d.e.f"), Some("r2"))
        );
        let json = r#"{"users":[{"name":"me","user":{"auth-provider":{"name":"oidc","config":{"idp-issuer-url":"https://idp","client-id":"k","refresh-token":"r","id-token":"a.b.c"}}}}]}"#;
        let changed = change(json, &tokens("a.b.c", "r"), &tokens("d.e.f", "r2")).unwrap();
        assert_eq!(changed, json.replace("a.b.c", "d.e.f").replace("\"r\"", "\"r2\""));
        assert!(change("users: []\n", &tokens("a", "r"), &tokens("b", "r")).is_err());
        assert!(change("users: [", &tokens("a", "r"), &tokens("b", "r")).is_err());
    }
}
