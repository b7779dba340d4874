//! Understands the arguments of `kubectl get` as far as that is possible without a server (cli-runtime
//! `pkg/resource/builder.go`), with kubectl's own words for what it refuses.

use super::query::Query;
use super::raw_path;
use crate::apiserver::wellknown;
use crate::exit::Fatal;
use crate::go::text::quote;
use crate::manifest::Sources;
use std::collections::HashSet;

/// The objects that are asked for. Whether a word is a type, or a category of several, depends on the cluster.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Plan {
    /// All objects of these types.
    Lists(Vec<String>),
    /// Named objects of one type, which must not be a category of several types.
    Names(String, Vec<String>),
    /// Named objects, each with its type.
    Pairs(Vec<(String, String)>),
    /// The objects in these files (`-f`, `-k`).
    Files(Sources),
    /// The answer to a request for a path (`--raw`), escaped and with its query.
    Raw(String),
}

const NO_TYPE: &str = "You must specify the type of resource to get. Use \"kubectl api-resources\" for a \
complete list of supported resources.

error: Required resource not specified.
Use \"kubectl explain <resource>\" for a detailed description of that resource (e.g. kubectl explain pods).
See 'kubectl get -h' for help and examples";

/// The refusal of a watch without a type.
const NOTHING_WATCHED: &str = "error: You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'";

const NEEDLESS_TYPE: &str = "there is no need to specify a resource type as a separate argument when passing \
arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource \
resource/<resource_name>'";

/// The refusal of a name in all namespaces.
pub const NAME_IN_ALL_NAMESPACES: &str =
    "error: a resource cannot be retrieved by name across all namespaces";

/// Returns the error for a command line that kubectl refuses too, in its words.
pub fn refused(text: impl Into<String>) -> Fatal {
    Fatal::usage(text).in_kubectls_words()
}

/// Understands the arguments.
///
/// # Errors
/// The command lines that kubectl refuses whatever the server says, in its words.
pub fn plan(query: &Query) -> Result<Plan, Fatal> {
    if query.raw.is_empty() && !query.files.is_empty() {
        return files(query);
    }
    of_args(query).map_err(refused)
}

/// Makes the plan for files, which exclude types and names. Like kubectl, this ignores field selectors.
fn files(query: &Query) -> Result<Plan, Fatal> {
    let sources = query.files.find()?;
    let slashes = query.args.iter().any(|arg| arg.contains('/'));
    if !query.args.is_empty() {
        return Err(refused(if slashes {
            "error: resource/name arguments cannot be provided when a path is specified"
        } else {
            "error: when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well"
        }));
    }
    if query.watch.is_some() && sources.count() != 1 {
        return Err(refused(SEVERAL_WATCHED));
    }
    let plan = Plan::Files(sources);
    check_names(&plan, query).map_err(refused)?;
    Ok(plan)
}

fn of_args(query: &Query) -> Result<Plan, String> {
    if !query.raw.is_empty() {
        return raw_path::path(&query.raw).map(Plan::Raw);
    }
    if query.args.is_empty() {
        return Err(if query.watch.is_some() {
            NOTHING_WATCHED
        } else {
            NO_TYPE
        }
        .into());
    }
    let error = |text: &str| Err(format!("error: {text}"));
    let args = spread_types(&query.args);
    let selects = [&query.selector, &query.field_selector]
        .into_iter()
        .flatten()
        .any(|selector| !selector.trim().is_empty());
    let slashes = args.iter().filter(|arg| arg.contains('/')).count();
    let plan = if slashes > 0 {
        if slashes != args.len() {
            return error(NEEDLESS_TYPE);
        }
        let pairs = args.iter().map(|arg| pair(arg)).collect::<Result<Vec<_>, _>>();
        let pairs = pairs.map_err(|text| format!("error: {text}"))?;
        if selects {
            return error("selectors and the all flag cannot be used when passing resource/name arguments");
        }
        Plan::Pairs(pairs)
    } else if let [types] = args.as_slice() {
        Plan::Lists(split(types).map(str::to_owned).collect())
    } else if selects {
        return error("name cannot be provided when a selector is specified");
    } else {
        // Several types have become pairs by now.
        let type_ = split(&args[0]).next().unwrap_or_default().to_owned();
        Plan::Names(type_, args[1..].to_vec())
    };
    if !query.subresource.is_empty() && matches!(plan, Plan::Lists(_)) {
        return error("subresource cannot be used when bulk resources are specified");
    }
    if query.watch.is_some() {
        check_watched(&plan)?;
    }
    check_types(&plan)?;
    check_names(&plan, query)?;
    Ok(plan)
}

/// Turns `a,b x y` into `a/x a/y b/x b/y`.
fn spread_types(args: &[String]) -> Vec<String> {
    let types: Vec<&str> = split(&args[0]).collect();
    if args.len() < 2 || types.len() < 2 {
        return args.to_vec();
    }
    let names = &args[1..];
    types
        .iter()
        .flat_map(|type_| names.iter().map(move |name| format!("{type_}/{name}")))
        .collect()
}

/// Returns the parts between commas, each once.
fn split(arg: &str) -> impl Iterator<Item = &str> {
    let mut seen = HashSet::new();
    arg.split(',').filter(move |part| seen.insert(*part))
}

fn pair(arg: &str) -> Result<(String, String), &'static str> {
    let Some((type_, name)) = arg.split_once('/') else {
        return Err(NEEDLESS_TYPE);
    };
    if name.contains('/') {
        return Err("arguments in resource/name form may not have more than one slash");
    }
    if type_.is_empty() || name.is_empty() || split(type_).count() != 1 {
        return Err("arguments in resource/name form must have a single resource and name");
    }
    Ok((type_.to_owned(), name.to_owned()))
}

impl Plan {
    /// Returns the types, as typed, in the order asked for.
    pub fn types(&self) -> Vec<&str> {
        match self {
            Plan::Lists(types) => types.iter().map(String::as_str).collect(),
            Plan::Names(type_, _) => vec![type_],
            Plan::Pairs(pairs) => pairs.iter().map(|(type_, _)| type_.as_str()).collect(),
            Plan::Files(_) | Plan::Raw(_) => Vec::new(),
        }
    }

    /// Returns whether this is one named object.
    pub fn is_single(&self) -> bool {
        self.names().len() == 1
    }

    fn names(&self) -> Vec<&str> {
        match self {
            Plan::Lists(_) | Plan::Files(_) | Plan::Raw(_) => Vec::new(),
            Plan::Names(_, names) => names.iter().map(String::as_str).collect(),
            Plan::Pairs(pairs) => pairs.iter().map(|(_, name)| name.as_str()).collect(),
        }
    }
}

/// The refusal of a watch of several types.
pub const SEVERAL_TYPES: &str = "error: you may only specify a single resource type";

/// The refusal of a watch of several objects.
const SEVERAL_WATCHED: &str = "error: you may only watch a single resource or type of resource at a time";

/// Refuses to watch more than one type, or more than one object of it.
fn check_watched(plan: &Plan) -> Result<(), String> {
    let mut types = plan.types();
    if let Plan::Pairs(_) = plan {
        let spelt =
            |type_: &str| wellknown::find(type_).map_or(type_.to_owned(), |found| found.group_resource());
        types.dedup_by_key(|type_| spelt(type_));
    }
    if types.len() > 1 {
        return Err(SEVERAL_TYPES.into());
    }
    match plan.names().len() {
        0 | 1 => Ok(()),
        _ => Err(SEVERAL_WATCHED.into()),
    }
}

/// Refuses an empty type.
fn check_types(plan: &Plan) -> Result<(), String> {
    match plan
        .types()
        .iter()
        .find(|type_| type_.split('.').next() == Some(""))
    {
        Some(_) => Err("error: the server doesn't have a resource type \"\"".into()),
        None => Ok(()),
    }
}

/// Refuses names that cannot be a segment of a path (client-go `rest/request.go`).
fn check_names(plan: &Plan, query: &Query) -> Result<(), String> {
    let types = plan.types();
    for (index, name) in plan.names().into_iter().enumerate() {
        let type_ = types.get(index).or(types.first()).copied().unwrap_or_default();
        if query.all_namespaces && wellknown::find(type_).is_some_and(|mapping| mapping.namespaced) {
            return Err(NAME_IN_ALL_NAMESPACES.into());
        }
        if name.is_empty() {
            return Err("error: resource name may not be empty".into());
        }
        if let Some(problem) = bad_segment(name) {
            return Err(format!(
                "error: invalid resource name {}: [{problem}]",
                quote(name)
            ));
        }
    }
    if let Some(namespace) = &query.namespace
        && let Some(problem) = bad_segment(namespace)
    {
        return Err(format!(
            "error: invalid namespace {}: [{problem}]",
            quote(namespace)
        ));
    }
    if let Some(problem) = bad_segment(&query.subresource) {
        let subresource = &query.subresource;
        return Err(format!(
            "error: invalid subresource {}: [{problem}]",
            quote(subresource)
        ));
    }
    Ok(())
}

/// Returns why a text cannot be a segment of a path, in client-go's words.
pub fn bad_segment(segment: &str) -> Option<String> {
    if segment == "." || segment == ".." {
        return Some(format!("may not be '{segment}'"));
    }
    let found: Vec<String> = ['/', '%']
        .into_iter()
        .filter(|character| segment.contains(*character))
        .map(|character| format!("may not contain '{character}'"))
        .collect();
    (!found.is_empty()).then(|| found.join(" "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn query(line: &str) -> Query {
        let mut query = Query::default();
        for word in line.split(' ').filter(|word| !word.is_empty()) {
            match word {
                "-A" => query.all_namespaces = true,
                "-l" => query.selector = Some(" a=b ".into()),
                "-L" => query.selector = Some("  ".into()),
                "-F" => query.field_selector = Some("a=b".into()),
                "''" => query.args.push(String::new()),
                word => match word.strip_prefix("-n=") {
                    Some(namespace) => query.namespace = Some(namespace.into()),
                    None => query.args.push(word.into()),
                },
            }
        }
        query
    }

    fn strings(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    fn pairs(words: &[(&str, &str)]) -> Plan {
        Plan::Pairs(
            words
                .iter()
                .map(|(type_, name)| ((*type_).into(), (*name).into()))
                .collect(),
        )
    }

    #[test]
    fn arguments_make_a_plan() {
        let lists = |types: &[&str]| Plan::Lists(strings(types));
        for (line, expected) in [
            ("pods", lists(&["pods"])),
            ("po,svc", lists(&["po", "svc"])),
            ("po,svc,po", lists(&["po", "svc"])),
            ("deployments.v1.apps -l", lists(&["deployments.v1.apps"])),
            ("all -A", lists(&["all"])),
            ("pod a", Plan::Names("pod".into(), strings(&["a"]))),
            ("pod a -L", Plan::Names("pod".into(), strings(&["a"]))),
            ("pod a b a", Plan::Names("pod".into(), strings(&["a", "b", "a"]))),
            ("pod,pod a", Plan::Names("pod".into(), strings(&["a"]))),
            ("pod a b,c", Plan::Names("pod".into(), strings(&["a", "b,c"]))),
            ("pod/a", pairs(&[("pod", "a")])),
            (
                "pod/a svc/b pod/a",
                pairs(&[("pod", "a"), ("svc", "b"), ("pod", "a")]),
            ),
            (
                "po,svc a b",
                pairs(&[("po", "a"), ("po", "b"), ("svc", "a"), ("svc", "b")]),
            ),
            ("node a -A", Plan::Names("node".into(), strings(&["a"]))),
            ("widget a -A", Plan::Names("widget".into(), strings(&["a"]))),
        ] {
            assert_eq!(of_args(&query(line)), Ok(expected), "{line}");
        }
    }

    /// The texts are those of kubectl 1.36.
    #[test]
    fn arguments_are_refused_in_kubectls_words() {
        for (line, expected) in [
            ("", NO_TYPE),
            (
                "pods a -l",
                "error: name cannot be provided when a selector is specified",
            ),
            (
                "pods a -F",
                "error: name cannot be provided when a selector is specified",
            ),
            (
                "pods a -l -A",
                "error: name cannot be provided when a selector is specified",
            ),
            (
                "pods/a -l",
                "error: selectors and the all flag cannot be used when passing resource/name arguments",
            ),
            (
                "pods/a/b",
                "error: arguments in resource/name form may not have more than one slash",
            ),
            (
                "pods/",
                "error: arguments in resource/name form must have a single resource and name",
            ),
            (
                "/a",
                "error: arguments in resource/name form must have a single resource and name",
            ),
            (
                "a,b/c",
                "error: arguments in resource/name form must have a single resource and name",
            ),
            ("pods a -A", NAME_IN_ALL_NAMESPACES),
            ("po/a -A", NAME_IN_ALL_NAMESPACES),
            ("''", "error: the server doesn't have a resource type \"\""),
            ("pods,", "error: the server doesn't have a resource type \"\""),
            ("pods ''", "error: resource name may not be empty"),
            (
                "pods a%b",
                "error: invalid resource name \"a%b\": [may not contain '%']",
            ),
            (
                "pods a\"\\%",
                "error: invalid resource name \"a\\\"\\\\%\": [may not contain '%']",
            ),
            (
                "pods ..",
                "error: invalid resource name \"..\": [may not be '..']",
            ),
            (
                "pods -n=a/b",
                "error: invalid namespace \"a/b\": [may not contain '/']",
            ),
        ] {
            assert_eq!(of_args(&query(line)), Err(expected.into()), "{line}");
        }
        for line in ["pods/a svc", "pods a pods/b", "pods /x"] {
            assert_eq!(
                of_args(&query(line)),
                Err(format!("error: {NEEDLESS_TYPE}")),
                "{line}"
            );
        }
    }
}
