//! The environment variables that a hub may set for a plugin of the user's provider file (KEP-5339, `additional-envs`):
//! those that identify the cluster, its place and its project.

/// The variables that a profile may set without permission. They identify the cluster, its place, and its project,
/// subscription or tenant, with the names that the clouds' tools, the providers of cluster-inventory-api and most scripts
/// use. `AZURE_CLIENT_ID` is for the plugin of AKS.
const ALLOWED: &str = "\
    CLUSTER CLUSTER_NAME CLUSTER_ID CLUSTER_NAMESPACE CLUSTER_REGION CLUSTER_LOCATION CLUSTER_ZONE \
    CLUSTER_PROJECT REGION LOCATION ZONE PROJECT PROJECT_ID ACCOUNT_ID SUBSCRIPTION_ID \
    RESOURCE_GROUP TENANT_ID CLIENT_ID AWS_REGION AWS_DEFAULT_REGION AZURE_CLIENT_ID AZURE_TENANT_ID \
    AZURE_SUBSCRIPTION_ID CLOUDSDK_CORE_PROJECT CLOUDSDK_COMPUTE_REGION CLOUDSDK_COMPUTE_ZONE \
    CLOUDSDK_CONTAINER_CLUSTER GOOGLE_CLOUD_PROJECT ALIBABA_CLOUD_REGION_ID";

fn words(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.split_ascii_whitespace()
}

/// The verdict on a variable that a profile sets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Judgement {
    Allowed,
    /// It is refused, and the user can allow it.
    Refused,
    /// It is refused, and the user should set it in the provider file instead: it may run programs or contain secrets, or
    /// it is not a valid name.
    Never,
}

/// Judges a variable. `is_replaced` is true if the provider file sets it and lets profiles replace it. `configured` are
/// the names of `access.allowedVariables`; those that end in `*` are prefixes.
pub(super) fn judge(name: &str, is_replaced: bool, configured: &[String]) -> Judgement {
    let is_name = !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_name {
        return Judgement::Never;
    }
    let is_listed =
        words(ALLOWED).any(|word| name == word) || configured.iter().any(|allowed| allowed == name);
    let begins = |allowed: &String| {
        allowed
            .strip_suffix('*')
            .is_some_and(|beginning| name.starts_with(beginning))
    };
    // Someone who allows many names at once does not mean these.
    let is_meant = (is_replaced || configured.iter().any(begins)) && !is_dangerous(name);
    match is_listed || is_meant {
        true => Judgement::Allowed,
        false if is_dangerous(name) => Judgement::Never,
        false => Judgement::Refused,
    }
}

/// Returns true if a variable, judged by its name, changes how programs are loaded and found, what they run, which files
/// they use, who they log in as, or where they connect to and whom they trust there. No list of such names is ever
/// complete, so this only narrows what is allowed otherwise.
fn is_dangerous(name: &str) -> bool {
    const NAMES: &str = "\
        PATH HOME IFS ENV SHELL SHELLOPTS TMPDIR PS4 CDPATH BROWSER EDITOR VISUAL CLASSPATH ZDOTDIR \
        LESSOPEN LESSCLOSE USERPROFILE HOSTALIASES LOCALDOMAIN NETRC NLSPATH VIMINIT EXINIT";
    const BEGINNINGS: &str = "\
        LD_ DYLD_ BASH_ NODE_ NPM_ RUBY PERL LUA_ JAVA_ _JAVA_ JDK_ GIT_ SSH_ SUDO_ GCONV_ KUBE KRB5 SSL \
        OPENSSL_ GLIBC_ MALLOC_ DOTNET_ GO XDG_ AWS_CONTAINER_ ERL_ ELIXIR_ MAKE";
    const PARTS: &str = "PYTHON PROXY ENDPOINT";
    const ENDS: &str = "\
        _FILE _DIR _PATH _HOME _CONFIG _CA_BUNDLE _CREDENTIALS _PROFILE _ARGS _OPTS _OPTIONS _COMMAND \
        PAGER ASKPASS _URL _URI _HOST _ADDR _ADDRESS FLAGS TOKEN SECRET PASSWORD _KEY _KEY_ID INIT";
    let upper = name.to_ascii_uppercase();
    words(NAMES).any(|word| upper == word)
        || words(BEGINNINGS).any(|beginning| upper.starts_with(beginning))
        || words(PARTS).any(|part| upper.contains(part))
        || words(ENDS).any(|end| upper.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profile_sets_only_listed_or_allowed_variables() {
        let allowed = ["CORP_*", "AWS_*", "LD_LIBRARY_PATH"].map(str::to_owned);
        for (name, by_itself, replaced, configured) in [
            ("CLUSTER_NAME", true, true, true),
            ("AWS_REGION", true, true, true),
            ("CORP_REALM", false, true, true),
            ("OTHER", false, true, false),
            // Names that a list of refused names would have missed.
            ("ERL_FLAGS", false, false, false),
            ("NLSPATH", false, false, false),
            ("NETRC", false, false, false),
            ("VIMINIT", false, false, false),
            ("MAKEFLAGS", false, false, false),
            ("AWS_ACCESS_KEY_ID", false, false, false),
            ("AWS_SESSION_TOKEN", false, false, false),
            ("CLOUDSDK_AUTH_ACCESS_TOKEN", false, false, false),
            ("AWS_CONFIG_FILE", false, false, false),
            // Allowed by its full name, although it is dangerous.
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
        assert!(words(ALLOWED).all(|name| judge(name, false, &[]) == Judgement::Allowed));
    }
}
