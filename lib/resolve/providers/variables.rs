//! The environment variables that a hub may set for a plugin of the user's provider file (KEP-5339,
//! `additional-envs`): which cluster, where, and in whose project, and no more.

/// The variables that a profile may set without being allowed to. They say which cluster is meant, where it is, and which project,
/// subscription or tenant holds it, under the names by which the clouds' tools, the providers of
/// cluster-inventory-api and most scripts know that. `AZURE_CLIENT_ID` is what its plugin for AKS is given.
const ALLOWED: &[&str] = &[
    "CLUSTER",
    "CLUSTER_NAME",
    "CLUSTER_ID",
    "CLUSTER_NAMESPACE",
    "CLUSTER_REGION",
    "CLUSTER_LOCATION",
    "CLUSTER_ZONE",
    "CLUSTER_PROJECT",
    "REGION",
    "LOCATION",
    "ZONE",
    "PROJECT",
    "PROJECT_ID",
    "ACCOUNT_ID",
    "SUBSCRIPTION_ID",
    "RESOURCE_GROUP",
    "TENANT_ID",
    "CLIENT_ID",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AZURE_CLIENT_ID",
    "AZURE_TENANT_ID",
    "AZURE_SUBSCRIPTION_ID",
    "CLOUDSDK_CORE_PROJECT",
    "CLOUDSDK_COMPUTE_REGION",
    "CLOUDSDK_COMPUTE_ZONE",
    "CLOUDSDK_CONTAINER_CLUSTER",
    "GOOGLE_CLOUD_PROJECT",
    "ALIBABA_CLOUD_REGION_ID",
];

/// The verdict on a variable that a profile sets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Judgement {
    Allowed,
    /// It may not, and the user can allow it.
    Refused,
    /// It may not, and the user does better to set it in the provider file: it may run programs or hold secrets, or it is
    /// no variable at all.
    Never,
}

/// Judges a variable. `is_replaced` is whether the provider file sets it itself and lets profiles replace that;
/// `configured` are the names of `access.allowedVariables`, of which those that end in `*` stand for a beginning.
pub(super) fn judge(name: &str, is_replaced: bool, configured: &[String]) -> Judgement {
    let is_name = !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_name {
        return Judgement::Never;
    }
    let is_listed = ALLOWED.contains(&name) || configured.iter().any(|allowed| allowed == name);
    let begins = |allowed: &String| {
        allowed
            .strip_suffix('*')
            .is_some_and(|beginning| name.starts_with(beginning))
    };
    // Who allowed many at once did not think of these.
    let is_meant = (is_replaced || configured.iter().any(begins)) && !is_dangerous(name);
    match is_listed || is_meant {
        true => Judgement::Allowed,
        false if is_dangerous(name) => Judgement::Never,
        false => Judgement::Refused,
    }
}

/// Returns whether a variable changes, by its form, how programs are loaded and found, what they run and which files they use,
/// who they say that they are, or where they connect to and whom they trust there, whatever the program. No list of
/// such names is ever whole, so this only narrows what is allowed otherwise.
fn is_dangerous(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "PATH",
        "HOME",
        "IFS",
        "ENV",
        "SHELL",
        "SHELLOPTS",
        "TMPDIR",
        "PS4",
        "CDPATH",
        "BROWSER",
        "EDITOR",
        "VISUAL",
        "CLASSPATH",
        "ZDOTDIR",
        "LESSOPEN",
        "LESSCLOSE",
        "USERPROFILE",
        "HOSTALIASES",
        "LOCALDOMAIN",
        "NETRC",
        "NLSPATH",
        "VIMINIT",
        "EXINIT",
    ];
    const BEGINNINGS: &[&str] = &[
        "LD_",
        "DYLD_",
        "BASH_",
        "NODE_",
        "NPM_",
        "RUBY",
        "PERL",
        "LUA_",
        "JAVA_",
        "_JAVA_",
        "JDK_",
        "GIT_",
        "SSH_",
        "SUDO_",
        "GCONV_",
        "KUBE",
        "KRB5",
        "SSL",
        "OPENSSL_",
        "GLIBC_",
        "MALLOC_",
        "DOTNET_",
        "GO",
        "XDG_",
        "AWS_CONTAINER_",
        "ERL_",
        "ELIXIR_",
        "MAKE",
    ];
    const PARTS: &[&str] = &["PYTHON", "PROXY", "ENDPOINT"];
    const ENDS: &[&str] = &[
        "_FILE",
        "_DIR",
        "_PATH",
        "_HOME",
        "_CONFIG",
        "_CA_BUNDLE",
        "_CREDENTIALS",
        "_PROFILE",
        "_ARGS",
        "_OPTS",
        "_OPTIONS",
        "_COMMAND",
        "PAGER",
        "ASKPASS",
        "_URL",
        "_URI",
        "_HOST",
        "_ADDR",
        "_ADDRESS",
        "FLAGS",
        "TOKEN",
        "SECRET",
        "PASSWORD",
        "_KEY",
        "_KEY_ID",
        "INIT",
    ];
    let upper = name.to_ascii_uppercase();
    NAMES.contains(&upper.as_str())
        || BEGINNINGS.iter().any(|beginning| upper.starts_with(beginning))
        || PARTS.iter().any(|part| upper.contains(part))
        || ENDS.iter().any(|end| upper.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_sets_only_what_is_listed_or_allowed() {
        let allowed = ["CORP_*", "AWS_*", "LD_LIBRARY_PATH"].map(str::to_owned);
        for (name, by_itself, replaced, configured) in [
            ("CLUSTER_NAME", true, true, true),
            ("AWS_REGION", true, true, true),
            ("CORP_REALM", false, true, true),
            ("OTHER", false, true, false),
            // What was let through while there was a list of what is refused.
            ("ERL_FLAGS", false, false, false),
            ("NLSPATH", false, false, false),
            ("NETRC", false, false, false),
            ("VIMINIT", false, false, false),
            ("MAKEFLAGS", false, false, false),
            ("AWS_ACCESS_KEY_ID", false, false, false),
            ("AWS_SESSION_TOKEN", false, false, false),
            ("CLOUDSDK_AUTH_ACCESS_TOKEN", false, false, false),
            ("AWS_CONFIG_FILE", false, false, false),
            // By its whole name, whatever it is.
            ("LD_LIBRARY_PATH", false, false, true),
        ] {
            let is_allowed =
                |replaced, configured: &[String]| judge(name, replaced, configured) == Judgement::Allowed;
            let found = (
                is_allowed(false, &[]),
                is_allowed(true, &[]),
                is_allowed(false, &allowed),
            );
            assert_eq!(found, (by_itself, replaced, configured), "{name}");
        }
        for name in ["", "1A", "A=B", "A B", "A\nB", "\u{e4}"] {
            assert_eq!(judge(name, true, &["*".into()]), Judgement::Never, "{name}");
        }
        assert!(
            ALLOWED
                .iter()
                .all(|name| judge(name, false, &[]) == Judgement::Allowed)
        );
    }
}
