//! The Status objects that a kube-apiserver 1.36 sends when it says no.
//!
//! Written here and not taken from the recorded ones, because they name what was asked for; a test
//! compares them with the recorded ones.

use std::fmt::Write as _;

use super::answers::{Rendered, ResourcePath, Token};

/// Details of a Status, in the server's order.
#[derive(Default)]
struct Details<'a> {
    name: &'a str,
    group: &'a str,
    kind: &'a str,
    retry_after: u32,
}

fn status(code: u16, reason: &str, message: &str, details: Option<&Details<'_>>) -> Rendered {
    let message = serde_json::to_string(message).unwrap_or_default();
    let mut body = format!(
        r#"{{"kind":"Status","apiVersion":"v1","metadata":{{}},"status":"Failure","message":{message}"#
    );
    if !reason.is_empty() {
        let _ = write!(body, r#","reason":"{reason}""#);
    }
    if let Some(details) = details {
        let mut fields = Vec::new();
        for (key, value) in [
            ("name", details.name),
            ("group", details.group),
            ("kind", details.kind),
        ] {
            if !value.is_empty() {
                fields.push(format!(r#""{key}":"{value}""#));
            }
        }
        if details.retry_after > 0 {
            fields.push(format!(r#""retryAfterSeconds":{}"#, details.retry_after));
        }
        let _ = write!(body, r#","details":{{{}}}"#, fields.join(","));
    }
    let _ = writeln!(body, r#","code":{code}}}"#);
    Rendered::new(code, body.into())
}

/// The answer to a SelfSubjectAccessReview, without the question that a real one repeats.
pub fn access_review(allowed: bool) -> Rendered {
    let body = format!(
        "{{\"kind\":\"SelfSubjectAccessReview\",\"apiVersion\":\"authorization.k8s.io/v1\",\
         \"metadata\":{{}},\"spec\":{{}},\"status\":{{\"allowed\":{allowed}}}}}\n"
    );
    Rendered::new(201, body.into())
}

/// `pods` or `deployments.apps`.
fn qualified(path: &ResourcePath<'_>) -> String {
    if path.group.is_empty() {
        path.plural.to_owned()
    } else {
        format!("{}.{}", path.plural, path.group)
    }
}

fn details<'a>(path: &ResourcePath<'a>) -> Details<'a> {
    Details {
        name: path.name.unwrap_or(""),
        group: path.group,
        kind: path.plural,
        retry_after: 0,
    }
}

/// 404 for an object.
pub fn not_found(path: &ResourcePath<'_>) -> Rendered {
    let message = format!("{} \"{}\" not found", qualified(path), path.name.unwrap_or(""));
    status(404, "NotFound", &message, Some(&details(path)))
}

/// 404 for a resource type inside a known group.
pub fn no_such_resource() -> Rendered {
    status(
        404,
        "NotFound",
        "the server could not find the requested resource",
        Some(&Details::default()),
    )
}

/// 404 for a path that no API has; the one answer that is not a Status.
pub fn no_such_path() -> Rendered {
    Rendered::new(404, "404 page not found\n".into()).header("content-type", "text/plain; charset=utf-8")
}

/// 400.
pub fn bad_request(message: &str) -> Rendered {
    status(400, "BadRequest", message, None)
}

/// 401.
pub fn unauthorized() -> Rendered {
    status(401, "Unauthorized", "Unauthorized", None)
}

/// 403 to a user.
pub fn forbidden(path: Option<&ResourcePath<'_>>, raw_path: &str, user: &str) -> Rendered {
    let Some(path) = path else {
        let message = format!("forbidden: User \"{user}\" cannot get path \"{raw_path}\"");
        return status(403, "Forbidden", &message, Some(&Details::default()));
    };
    let name = path.name.map(|name| format!(" \"{name}\"")).unwrap_or_default();
    let verb = if path.name.is_some() { "get" } else { "list" };
    let scope = match path.namespace {
        Some(namespace) => format!("in the namespace \"{namespace}\""),
        None => "at the cluster scope".to_owned(),
    };
    let message = format!(
        "{}{name} is forbidden: User \"{user}\" cannot {verb} resource \"{}\" in API group \"{}\" {scope}",
        qualified(path),
        path.plural,
        path.group
    );
    status(403, "Forbidden", &message, Some(&details(path)))
}

/// 405 to what would change something.
pub fn method_not_allowed() -> Rendered {
    let message = "the server does not allow this method on the requested resource";
    status(405, "MethodNotAllowed", message, Some(&Details::default()))
}

/// 406 where nothing that was accepted can be given. Without a form to choose the server pretty-prints.
pub fn not_acceptable() -> Rendered {
    const BODY: &str = concat!(
        "{\n  \"kind\": \"Status\",\n  \"apiVersion\": \"v1\",\n  \"metadata\": {},\n  \"status\": \"Failure\",\n",
        "  \"message\": \"406: Not Acceptable\\n\\nAvailable representations: application/json, application/yaml, ",
        "application/vnd.kubernetes.protobuf, application/json;stream=watch, ",
        "application/vnd.kubernetes.protobuf;stream=watch\",\n  \"reason\": \"NotAcceptable\",\n",
        "  \"details\": {},\n  \"code\": 406\n}",
    );
    Rendered::new(406, BODY.into())
}

/// 410 to an expired continue token, with one that goes on at whatever version there is.
pub fn expired(token: &Token) -> Rendered {
    const MESSAGE: &str = "The provided continue parameter is too old to display a consistent list result. You can \
                           start a new list without the continue parameter, or use the continue token in this \
                           response to retrieve the remainder of the results. Continuing with the provided token \
                           results in an inconsistent list - objects that were created, modified, or deleted \
                           between the time the first chunk was returned and now may show up in the list.";
    let next = Token {
        start: token.start.clone(),
        version: -1,
    }
    .encode();
    let body = format!(
        r#"{{"kind":"Status","apiVersion":"v1","metadata":{{"continue":"{next}"}},"status":"Failure","message":"{MESSAGE}","reason":"Expired","code":410}}"#
    );
    Rendered::new(410, (body + "\n").into())
}

/// A watch from a version that is no longer known.
pub fn gone(from: u64, oldest: u64) -> Rendered {
    let message = format!("too old resource version: {from} ({oldest})");
    status(410, "Expired", &message, None)
}

/// 410 to a resource version that is too old.
pub fn too_old() -> Rendered {
    status(410, "Expired", "too old resource version: 1 (2)", None)
}

/// 429 with a Retry-After of one second.
pub fn too_many_requests() -> Rendered {
    let details = Details {
        retry_after: 1,
        ..Details::default()
    };
    let message = "Too many requests, please try again later.";
    status(429, "TooManyRequests", message, Some(&details)).header("retry-after", "1")
}

/// 500.
pub fn internal_error() -> Rendered {
    let message = "Internal error occurred: etcdserver: request timed out";
    status(500, "InternalError", message, Some(&Details::default()))
}

/// 503.
pub fn unavailable() -> Rendered {
    let message = "apiserver is shutting down";
    status(503, "ServiceUnavailable", message, None)
}

/// 302 to another server.
pub fn redirect(to: &str) -> Rendered {
    Rendered::new(302, format!("<a href=\"{to}\">Found</a>.\n\n").into())
        .header("content-type", "text/html; charset=utf-8")
        .header("location", to)
}
