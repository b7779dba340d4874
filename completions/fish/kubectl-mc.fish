# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_kubectl_mc_global_optspecs
    string join \n clusters= exclude= cluster-selector= cluster-set= healthy= skip-unhealthy= hub-context= hub-namespace= source= placement= contexts= region= refresh= no-stale= max-stale= concurrency= connect-timeout= total-timeout= timeout= request-timeout= cache-dir= kubeconfig= fail-fast= providers= accessible= as= as-group= as-uid= as-user-extra= warnings-as-errors= context= cluster= s/server= tls-server-name= certificate-authority= insecure-skip-tls-verify= user= token= username= password= client-certificate= client-key= o/output= template= allow-missing-template-keys= no-headers= show-kind= output-list= escape-formulas= stream= fail-on= v/verbose= print-pipeline= h/help
end

function __fish_kubectl_mc_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_kubectl_mc_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_kubectl_mc_using_subcommand
    set -l cmd (__fish_kubectl_mc_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l clusters -d 'Names or globs of the clusters to ask: --clusters=prod-*,eu-* (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l exclude -d 'Names or globs of clusters to leave out (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l cluster-selector -d 'A label selector for the clusters\' labels and properties: \'env in (prod,stage),!legacy\'' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l cluster-set -d 'Names or globs of cluster sets: ask only clusters in one of them (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l healthy -d 'Leave out clusters whose control plane is unhealthy' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l skip-unhealthy -d 'Report unhealthy clusters as skipped instead of asking them [default: discovery.skipUnhealthy, else false]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l hub-context -d 'The hub\'s kubeconfig context' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l hub-namespace -d 'Use only what this namespace of the hub lists, instead of all namespaces' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l source -d 'Where the list of clusters comes from; several sources are combined (repeatable) [default: discovery.api of the configuration, else clusterprofile]' -r -f -a "clusterprofile\t''
inventory\t''
ocm\t''
about\t''
kubeconfig\t''
stdin\t''"
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l placement -d 'With --source inventory, only the clusters of this placement [default: discovery.placement]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l contexts -d 'With --source kubeconfig or about, names or globs of contexts (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l region -d 'When several hubs list a cluster, use the one in this region' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l refresh -d 'Ask the hub even if the cached fleet is fresh' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l no-stale -d 'Fail when the hub cannot be reached, instead of using an expired cache with exit status 3' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l max-stale -d 'How old a cached fleet may be that is used when the hub cannot be reached; 0 means never [default: discovery.maxStale, else 24h]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l concurrency -d 'Ask at most this many clusters at once; 0 is no limit [default: execution.maxConcurrency, else 10, of which one that does not answer within a second lets the next one start]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l connect-timeout -d 'The time for DNS lookup, connecting and TLS handshake; 0 is no limit [default: 5s]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l total-timeout -d 'The time for the whole run; 0 is no limit [default: 60s, or 5s for each cluster, or --timeout plus --connect-timeout, whichever is longest]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l timeout -d 'The time for one cluster: 30s, 2m; 0 is no limit [default: execution.timeout, else 30s]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l request-timeout -d 'kubectl\'s name for --timeout: 30s, 2m, or a number of seconds; 0 is no limit' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l cache-dir -d 'The cache folder; its subfolder kubectl-mc is used [default: ~/.kube/cache]' -r -F
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l kubeconfig -d 'The kubeconfig to use instead of $KUBECONFIG and ~/.kube/config' -r -F
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l fail-fast -d 'Stop all when the first cluster fails [default: not execution.continueOnError]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l providers -d 'The file of credential plugins by access provider (KEP-5339) [default: access.providers of the configuration, else ~/.kube/kubectl-mc-providers.json]' -r -F
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l accessible -d 'Leave out clusters that you have no access to, without reporting them [default: discovery.accessible, else false]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l as -d 'A user or a service account to impersonate on every member' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l as-group -d 'A group to impersonate (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l as-uid -d 'A UID to impersonate' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l as-user-extra -d 'An extra field of the user to impersonate (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l warnings-as-errors -d 'Count a cluster as failed if its server sends a warning; its rows are printed all the same' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l context -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l cluster -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -s s -l server -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l tls-server-name -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l certificate-authority -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l insecure-skip-tls-verify -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l user -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l token -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l username -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l password -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l client-certificate -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l client-key -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -s o -l output -d 'The output format: table, wide, json, yaml, kyaml, name, csv, tsv, ndjson, go-template=TEMPLATE, go-template-file=FILE, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADING:PATH,…, custom-columns-file=FILE, csv=HEADING:PATH,… or tsv=…' -r -f -a "csv\t''
custom-columns\t''
custom-columns-file\t''
go-template\t''
go-template-file\t''
json\t''
jsonpath\t''
jsonpath-as-json\t''
jsonpath-file\t''
kyaml\t''
name\t''
ndjson\t''
table\t''
template\t''
templatefile\t''
tsv\t''
wide\t''
yaml\t''"
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l template -d 'The template or its file, if --output does not have it: -o jsonpath --template=\'{.kind}\'' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l allow-missing-template-keys -d 'With false, a field that an object lacks is an error in a template' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l no-headers -d 'Do not print headings' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l show-kind -d 'Print the kind before each name: pod/web' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l output-list -d 'Print json, yaml and kyaml as one plain List that kubectl and jq can read, each item annotated with its cluster' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l escape-formulas -d 'Put \' before cells of csv and tsv that a spreadsheet would take for a formula (=, +, -, @)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l stream -d 'Print rows as they arrive, instead of sorting them at the end' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l fail-on -d 'Exit with 3 if this many clusters did not answer: any, all or a percentage' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -s v -l verbose -d 'Report every cluster that did not answer, with the reason and what to try' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -l print-pipeline -d 'Print the equivalent shell line instead of running it' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -f -a "get" -d 'Display one or many resources of every cluster, as kubectl get does for one'
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -f -a "version" -d 'Show the version of every cluster\'s API server'
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -f -a "clusters" -d 'List the fleet: name, health, version, hub, and the access to each cluster or why there is none'
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -f -a "setup" -d 'Set up access to each cluster, with the clouds\' own tools or with contexts that you choose'
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -f -a "doctor" -d 'Check every link on the way to each cluster, and report how to fix what is broken'
complete -c kubectl-mc -n "__fish_kubectl_mc_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -s n -l namespace -d 'The namespace [default: that of each cluster\'s context]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -s A -l all-namespaces -d 'Get objects of all namespaces' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -s l -l selector -d 'A label selector: -l app=web,tier!=cache' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l field-selector -d 'A field selector: --field-selector status.phase=Running' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -s L -l label-columns -d 'Labels to show as columns: -L app,tier (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l show-labels -d 'Show all labels as the last column' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l ignore-not-found -d 'Succeed even if an object that is named does not exist on any cluster' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l chunk-size -d 'How many objects one request fetches; 0 means all' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l show-managed-fields -d 'Print managedFields in JSON and YAML' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l subresource -d 'Get a subresource of the named objects: status, scale, resize' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l server-print -d 'With false, print NAME and AGE of each object instead of the server\'s columns' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l sort-by -d 'Sort the objects of all clusters by a field: --sort-by=.metadata.creationTimestamp' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -s f -l filename -d 'Get the objects that these files or folders hold; - is standard input: -f pod.yaml,svc.yaml (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -s k -l kustomize -d 'Get the objects of a kustomization, which kubectl kustomize makes' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -s R -l recursive -d 'With -f, read the subfolders of folders too' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l stdin-fd -d 'The descriptor that -f - reads, because standard input is the stream of clusters' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l raw -d 'Request this path from every cluster and print the answers: --raw=/readyz' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -s w -l watch -d 'After the list, print what changes on any cluster, until interrupted' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l watch-only -d 'Print what changes without the list before' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l output-watch-events -d 'Print for each row or object whether it was added, modified or deleted' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l clusters -d 'Names or globs of the clusters to ask: --clusters=prod-*,eu-* (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l exclude -d 'Names or globs of clusters to leave out (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l cluster-selector -d 'A label selector for the clusters\' labels and properties: \'env in (prod,stage),!legacy\'' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l cluster-set -d 'Names or globs of cluster sets: ask only clusters in one of them (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l healthy -d 'Leave out clusters whose control plane is unhealthy' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l skip-unhealthy -d 'Report unhealthy clusters as skipped instead of asking them [default: discovery.skipUnhealthy, else false]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l hub-context -d 'The hub\'s kubeconfig context' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l hub-namespace -d 'Use only what this namespace of the hub lists, instead of all namespaces' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l source -d 'Where the list of clusters comes from; several sources are combined (repeatable) [default: discovery.api of the configuration, else clusterprofile]' -r -f -a "clusterprofile\t''
inventory\t''
ocm\t''
about\t''
kubeconfig\t''
stdin\t''"
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l placement -d 'With --source inventory, only the clusters of this placement [default: discovery.placement]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l contexts -d 'With --source kubeconfig or about, names or globs of contexts (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l region -d 'When several hubs list a cluster, use the one in this region' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l refresh -d 'Ask the hub even if the cached fleet is fresh' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l no-stale -d 'Fail when the hub cannot be reached, instead of using an expired cache with exit status 3' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l max-stale -d 'How old a cached fleet may be that is used when the hub cannot be reached; 0 means never [default: discovery.maxStale, else 24h]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l concurrency -d 'Ask at most this many clusters at once; 0 is no limit [default: execution.maxConcurrency, else 10, of which one that does not answer within a second lets the next one start]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l connect-timeout -d 'The time for DNS lookup, connecting and TLS handshake; 0 is no limit [default: 5s]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l total-timeout -d 'The time for the whole run; 0 is no limit [default: 60s, or 5s for each cluster, or --timeout plus --connect-timeout, whichever is longest]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l timeout -d 'The time for one cluster: 30s, 2m; 0 is no limit [default: execution.timeout, else 30s]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l request-timeout -d 'kubectl\'s name for --timeout: 30s, 2m, or a number of seconds; 0 is no limit' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l cache-dir -d 'The cache folder; its subfolder kubectl-mc is used [default: ~/.kube/cache]' -r -F
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l kubeconfig -d 'The kubeconfig to use instead of $KUBECONFIG and ~/.kube/config' -r -F
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l fail-fast -d 'Stop all when the first cluster fails [default: not execution.continueOnError]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l providers -d 'The file of credential plugins by access provider (KEP-5339) [default: access.providers of the configuration, else ~/.kube/kubectl-mc-providers.json]' -r -F
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l accessible -d 'Leave out clusters that you have no access to, without reporting them [default: discovery.accessible, else false]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l as -d 'A user or a service account to impersonate on every member' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l as-group -d 'A group to impersonate (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l as-uid -d 'A UID to impersonate' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l as-user-extra -d 'An extra field of the user to impersonate (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l warnings-as-errors -d 'Count a cluster as failed if its server sends a warning; its rows are printed all the same' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l context -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l cluster -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -s s -l server -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l tls-server-name -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l certificate-authority -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l insecure-skip-tls-verify -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l user -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l token -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l username -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l password -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l client-certificate -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l client-key -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -s o -l output -d 'The output format: table, wide, json, yaml, kyaml, name, csv, tsv, ndjson, go-template=TEMPLATE, go-template-file=FILE, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADING:PATH,…, custom-columns-file=FILE, csv=HEADING:PATH,… or tsv=…' -r -f -a "csv\t''
custom-columns\t''
custom-columns-file\t''
go-template\t''
go-template-file\t''
json\t''
jsonpath\t''
jsonpath-as-json\t''
jsonpath-file\t''
kyaml\t''
name\t''
ndjson\t''
table\t''
template\t''
templatefile\t''
tsv\t''
wide\t''
yaml\t''"
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l template -d 'The template or its file, if --output does not have it: -o jsonpath --template=\'{.kind}\'' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l allow-missing-template-keys -d 'With false, a field that an object lacks is an error in a template' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l no-headers -d 'Do not print headings' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l show-kind -d 'Print the kind before each name: pod/web' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l output-list -d 'Print json, yaml and kyaml as one plain List that kubectl and jq can read, each item annotated with its cluster' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l escape-formulas -d 'Put \' before cells of csv and tsv that a spreadsheet would take for a formula (=, +, -, @)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l stream -d 'Print rows as they arrive, instead of sorting them at the end' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l fail-on -d 'Exit with 3 if this many clusters did not answer: any, all or a percentage' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -s v -l verbose -d 'Report every cluster that did not answer, with the reason and what to try' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -l print-pipeline -d 'Print the equivalent shell line instead of running it' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l client -d 'Print only the version of kubectl-mc itself, and ask no cluster' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l clusters -d 'Names or globs of the clusters to ask: --clusters=prod-*,eu-* (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l exclude -d 'Names or globs of clusters to leave out (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l cluster-selector -d 'A label selector for the clusters\' labels and properties: \'env in (prod,stage),!legacy\'' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l cluster-set -d 'Names or globs of cluster sets: ask only clusters in one of them (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l healthy -d 'Leave out clusters whose control plane is unhealthy' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l skip-unhealthy -d 'Report unhealthy clusters as skipped instead of asking them [default: discovery.skipUnhealthy, else false]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l hub-context -d 'The hub\'s kubeconfig context' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l hub-namespace -d 'Use only what this namespace of the hub lists, instead of all namespaces' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l source -d 'Where the list of clusters comes from; several sources are combined (repeatable) [default: discovery.api of the configuration, else clusterprofile]' -r -f -a "clusterprofile\t''
inventory\t''
ocm\t''
about\t''
kubeconfig\t''
stdin\t''"
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l placement -d 'With --source inventory, only the clusters of this placement [default: discovery.placement]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l contexts -d 'With --source kubeconfig or about, names or globs of contexts (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l region -d 'When several hubs list a cluster, use the one in this region' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l refresh -d 'Ask the hub even if the cached fleet is fresh' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l no-stale -d 'Fail when the hub cannot be reached, instead of using an expired cache with exit status 3' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l max-stale -d 'How old a cached fleet may be that is used when the hub cannot be reached; 0 means never [default: discovery.maxStale, else 24h]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l concurrency -d 'Ask at most this many clusters at once; 0 is no limit [default: execution.maxConcurrency, else 10, of which one that does not answer within a second lets the next one start]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l connect-timeout -d 'The time for DNS lookup, connecting and TLS handshake; 0 is no limit [default: 5s]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l total-timeout -d 'The time for the whole run; 0 is no limit [default: 60s, or 5s for each cluster, or --timeout plus --connect-timeout, whichever is longest]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l timeout -d 'The time for one cluster: 30s, 2m; 0 is no limit [default: execution.timeout, else 30s]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l request-timeout -d 'kubectl\'s name for --timeout: 30s, 2m, or a number of seconds; 0 is no limit' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l cache-dir -d 'The cache folder; its subfolder kubectl-mc is used [default: ~/.kube/cache]' -r -F
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l kubeconfig -d 'The kubeconfig to use instead of $KUBECONFIG and ~/.kube/config' -r -F
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l fail-fast -d 'Stop all when the first cluster fails [default: not execution.continueOnError]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l providers -d 'The file of credential plugins by access provider (KEP-5339) [default: access.providers of the configuration, else ~/.kube/kubectl-mc-providers.json]' -r -F
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l accessible -d 'Leave out clusters that you have no access to, without reporting them [default: discovery.accessible, else false]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l as -d 'A user or a service account to impersonate on every member' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l as-group -d 'A group to impersonate (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l as-uid -d 'A UID to impersonate' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l as-user-extra -d 'An extra field of the user to impersonate (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l warnings-as-errors -d 'Count a cluster as failed if its server sends a warning; its rows are printed all the same' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l context -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l cluster -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -s s -l server -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l tls-server-name -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l certificate-authority -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l insecure-skip-tls-verify -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l user -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l token -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l username -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l password -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l client-certificate -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l client-key -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -s o -l output -d 'The output format: table, wide, json, yaml, kyaml, name, csv, tsv, ndjson, go-template=TEMPLATE, go-template-file=FILE, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADING:PATH,…, custom-columns-file=FILE, csv=HEADING:PATH,… or tsv=…' -r -f -a "csv\t''
custom-columns\t''
custom-columns-file\t''
go-template\t''
go-template-file\t''
json\t''
jsonpath\t''
jsonpath-as-json\t''
jsonpath-file\t''
kyaml\t''
name\t''
ndjson\t''
table\t''
template\t''
templatefile\t''
tsv\t''
wide\t''
yaml\t''"
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l template -d 'The template or its file, if --output does not have it: -o jsonpath --template=\'{.kind}\'' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l allow-missing-template-keys -d 'With false, a field that an object lacks is an error in a template' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l no-headers -d 'Do not print headings' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l show-kind -d 'Print the kind before each name: pod/web' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l output-list -d 'Print json, yaml and kyaml as one plain List that kubectl and jq can read, each item annotated with its cluster' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l escape-formulas -d 'Put \' before cells of csv and tsv that a spreadsheet would take for a formula (=, +, -, @)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l stream -d 'Print rows as they arrive, instead of sorting them at the end' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l fail-on -d 'Exit with 3 if this many clusters did not answer: any, all or a percentage' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -s v -l verbose -d 'Report every cluster that did not answer, with the reason and what to try' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -l print-pipeline -d 'Print the equivalent shell line instead of running it' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand version" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l clusters -d 'Names or globs of the clusters to ask: --clusters=prod-*,eu-* (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l exclude -d 'Names or globs of clusters to leave out (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l cluster-selector -d 'A label selector for the clusters\' labels and properties: \'env in (prod,stage),!legacy\'' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l cluster-set -d 'Names or globs of cluster sets: ask only clusters in one of them (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l healthy -d 'Leave out clusters whose control plane is unhealthy' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l skip-unhealthy -d 'Report unhealthy clusters as skipped instead of asking them [default: discovery.skipUnhealthy, else false]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l hub-context -d 'The hub\'s kubeconfig context' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l hub-namespace -d 'Use only what this namespace of the hub lists, instead of all namespaces' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l source -d 'Where the list of clusters comes from; several sources are combined (repeatable) [default: discovery.api of the configuration, else clusterprofile]' -r -f -a "clusterprofile\t''
inventory\t''
ocm\t''
about\t''
kubeconfig\t''
stdin\t''"
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l placement -d 'With --source inventory, only the clusters of this placement [default: discovery.placement]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l contexts -d 'With --source kubeconfig or about, names or globs of contexts (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l region -d 'When several hubs list a cluster, use the one in this region' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l refresh -d 'Ask the hub even if the cached fleet is fresh' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l no-stale -d 'Fail when the hub cannot be reached, instead of using an expired cache with exit status 3' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l max-stale -d 'How old a cached fleet may be that is used when the hub cannot be reached; 0 means never [default: discovery.maxStale, else 24h]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l concurrency -d 'Ask at most this many clusters at once; 0 is no limit [default: execution.maxConcurrency, else 10, of which one that does not answer within a second lets the next one start]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l connect-timeout -d 'The time for DNS lookup, connecting and TLS handshake; 0 is no limit [default: 5s]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l total-timeout -d 'The time for the whole run; 0 is no limit [default: 60s, or 5s for each cluster, or --timeout plus --connect-timeout, whichever is longest]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l timeout -d 'The time for one cluster: 30s, 2m; 0 is no limit [default: execution.timeout, else 30s]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l request-timeout -d 'kubectl\'s name for --timeout: 30s, 2m, or a number of seconds; 0 is no limit' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l cache-dir -d 'The cache folder; its subfolder kubectl-mc is used [default: ~/.kube/cache]' -r -F
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l kubeconfig -d 'The kubeconfig to use instead of $KUBECONFIG and ~/.kube/config' -r -F
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l fail-fast -d 'Stop all when the first cluster fails [default: not execution.continueOnError]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l providers -d 'The file of credential plugins by access provider (KEP-5339) [default: access.providers of the configuration, else ~/.kube/kubectl-mc-providers.json]' -r -F
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l accessible -d 'Leave out clusters that you have no access to, without reporting them [default: discovery.accessible, else false]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l as -d 'A user or a service account to impersonate on every member' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l as-group -d 'A group to impersonate (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l as-uid -d 'A UID to impersonate' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l as-user-extra -d 'An extra field of the user to impersonate (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l warnings-as-errors -d 'Count a cluster as failed if its server sends a warning; its rows are printed all the same' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l context -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l cluster -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -s s -l server -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l tls-server-name -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l certificate-authority -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l insecure-skip-tls-verify -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l user -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l token -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l username -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l password -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l client-certificate -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l client-key -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -s o -l output -d 'The output format: table, wide, json, yaml, kyaml, name, csv, tsv, ndjson, go-template=TEMPLATE, go-template-file=FILE, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADING:PATH,…, custom-columns-file=FILE, csv=HEADING:PATH,… or tsv=…' -r -f -a "csv\t''
custom-columns\t''
custom-columns-file\t''
go-template\t''
go-template-file\t''
json\t''
jsonpath\t''
jsonpath-as-json\t''
jsonpath-file\t''
kyaml\t''
name\t''
ndjson\t''
table\t''
template\t''
templatefile\t''
tsv\t''
wide\t''
yaml\t''"
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l template -d 'The template or its file, if --output does not have it: -o jsonpath --template=\'{.kind}\'' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l allow-missing-template-keys -d 'With false, a field that an object lacks is an error in a template' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l no-headers -d 'Do not print headings' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l show-kind -d 'Print the kind before each name: pod/web' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l output-list -d 'Print json, yaml and kyaml as one plain List that kubectl and jq can read, each item annotated with its cluster' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l escape-formulas -d 'Put \' before cells of csv and tsv that a spreadsheet would take for a formula (=, +, -, @)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l stream -d 'Print rows as they arrive, instead of sorting them at the end' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l fail-on -d 'Exit with 3 if this many clusters did not answer: any, all or a percentage' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -s v -l verbose -d 'Report every cluster that did not answer, with the reason and what to try' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -l print-pipeline -d 'Print the equivalent shell line instead of running it' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand clusters" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l provider -d 'Set up only the clusters of this cloud' -r -f -a "aws\t''
gcp\t''
azure\t''
alibaba\t''"
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -s y -l yes -d 'Answer yes to every question: run the clouds\' tools, write the files' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l dry-run -d 'Print what would be run and changed, without doing it' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l clusters -d 'Names or globs of the clusters to ask: --clusters=prod-*,eu-* (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l exclude -d 'Names or globs of clusters to leave out (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l cluster-selector -d 'A label selector for the clusters\' labels and properties: \'env in (prod,stage),!legacy\'' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l cluster-set -d 'Names or globs of cluster sets: ask only clusters in one of them (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l healthy -d 'Leave out clusters whose control plane is unhealthy' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l skip-unhealthy -d 'Report unhealthy clusters as skipped instead of asking them [default: discovery.skipUnhealthy, else false]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l hub-context -d 'The hub\'s kubeconfig context' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l hub-namespace -d 'Use only what this namespace of the hub lists, instead of all namespaces' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l source -d 'Where the list of clusters comes from; several sources are combined (repeatable) [default: discovery.api of the configuration, else clusterprofile]' -r -f -a "clusterprofile\t''
inventory\t''
ocm\t''
about\t''
kubeconfig\t''
stdin\t''"
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l placement -d 'With --source inventory, only the clusters of this placement [default: discovery.placement]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l contexts -d 'With --source kubeconfig or about, names or globs of contexts (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l region -d 'When several hubs list a cluster, use the one in this region' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l refresh -d 'Ask the hub even if the cached fleet is fresh' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l no-stale -d 'Fail when the hub cannot be reached, instead of using an expired cache with exit status 3' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l max-stale -d 'How old a cached fleet may be that is used when the hub cannot be reached; 0 means never [default: discovery.maxStale, else 24h]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l concurrency -d 'Ask at most this many clusters at once; 0 is no limit [default: execution.maxConcurrency, else 10, of which one that does not answer within a second lets the next one start]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l connect-timeout -d 'The time for DNS lookup, connecting and TLS handshake; 0 is no limit [default: 5s]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l total-timeout -d 'The time for the whole run; 0 is no limit [default: 60s, or 5s for each cluster, or --timeout plus --connect-timeout, whichever is longest]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l timeout -d 'The time for one cluster: 30s, 2m; 0 is no limit [default: execution.timeout, else 30s]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l request-timeout -d 'kubectl\'s name for --timeout: 30s, 2m, or a number of seconds; 0 is no limit' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l cache-dir -d 'The cache folder; its subfolder kubectl-mc is used [default: ~/.kube/cache]' -r -F
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l kubeconfig -d 'The kubeconfig to use instead of $KUBECONFIG and ~/.kube/config' -r -F
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l fail-fast -d 'Stop all when the first cluster fails [default: not execution.continueOnError]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l providers -d 'The file of credential plugins by access provider (KEP-5339) [default: access.providers of the configuration, else ~/.kube/kubectl-mc-providers.json]' -r -F
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l accessible -d 'Leave out clusters that you have no access to, without reporting them [default: discovery.accessible, else false]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l as -d 'A user or a service account to impersonate on every member' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l as-group -d 'A group to impersonate (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l as-uid -d 'A UID to impersonate' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l as-user-extra -d 'An extra field of the user to impersonate (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l warnings-as-errors -d 'Count a cluster as failed if its server sends a warning; its rows are printed all the same' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l context -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l cluster -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -s s -l server -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l tls-server-name -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l certificate-authority -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l insecure-skip-tls-verify -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l user -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l token -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l username -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l password -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l client-certificate -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l client-key -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -s o -l output -d 'The output format: table, wide, json, yaml, kyaml, name, csv, tsv, ndjson, go-template=TEMPLATE, go-template-file=FILE, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADING:PATH,…, custom-columns-file=FILE, csv=HEADING:PATH,… or tsv=…' -r -f -a "csv\t''
custom-columns\t''
custom-columns-file\t''
go-template\t''
go-template-file\t''
json\t''
jsonpath\t''
jsonpath-as-json\t''
jsonpath-file\t''
kyaml\t''
name\t''
ndjson\t''
table\t''
template\t''
templatefile\t''
tsv\t''
wide\t''
yaml\t''"
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l template -d 'The template or its file, if --output does not have it: -o jsonpath --template=\'{.kind}\'' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l allow-missing-template-keys -d 'With false, a field that an object lacks is an error in a template' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l no-headers -d 'Do not print headings' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l show-kind -d 'Print the kind before each name: pod/web' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l output-list -d 'Print json, yaml and kyaml as one plain List that kubectl and jq can read, each item annotated with its cluster' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l escape-formulas -d 'Put \' before cells of csv and tsv that a spreadsheet would take for a formula (=, +, -, @)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l stream -d 'Print rows as they arrive, instead of sorting them at the end' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l fail-on -d 'Exit with 3 if this many clusters did not answer: any, all or a percentage' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -s v -l verbose -d 'Report every cluster that did not answer, with the reason and what to try' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -l print-pipeline -d 'Print the equivalent shell line instead of running it' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand setup" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l clusters -d 'Names or globs of the clusters to ask: --clusters=prod-*,eu-* (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l exclude -d 'Names or globs of clusters to leave out (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l cluster-selector -d 'A label selector for the clusters\' labels and properties: \'env in (prod,stage),!legacy\'' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l cluster-set -d 'Names or globs of cluster sets: ask only clusters in one of them (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l healthy -d 'Leave out clusters whose control plane is unhealthy' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l skip-unhealthy -d 'Report unhealthy clusters as skipped instead of asking them [default: discovery.skipUnhealthy, else false]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l hub-context -d 'The hub\'s kubeconfig context' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l hub-namespace -d 'Use only what this namespace of the hub lists, instead of all namespaces' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l source -d 'Where the list of clusters comes from; several sources are combined (repeatable) [default: discovery.api of the configuration, else clusterprofile]' -r -f -a "clusterprofile\t''
inventory\t''
ocm\t''
about\t''
kubeconfig\t''
stdin\t''"
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l placement -d 'With --source inventory, only the clusters of this placement [default: discovery.placement]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l contexts -d 'With --source kubeconfig or about, names or globs of contexts (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l region -d 'When several hubs list a cluster, use the one in this region' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l refresh -d 'Ask the hub even if the cached fleet is fresh' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l no-stale -d 'Fail when the hub cannot be reached, instead of using an expired cache with exit status 3' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l max-stale -d 'How old a cached fleet may be that is used when the hub cannot be reached; 0 means never [default: discovery.maxStale, else 24h]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l concurrency -d 'Ask at most this many clusters at once; 0 is no limit [default: execution.maxConcurrency, else 10, of which one that does not answer within a second lets the next one start]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l connect-timeout -d 'The time for DNS lookup, connecting and TLS handshake; 0 is no limit [default: 5s]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l total-timeout -d 'The time for the whole run; 0 is no limit [default: 60s, or 5s for each cluster, or --timeout plus --connect-timeout, whichever is longest]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l timeout -d 'The time for one cluster: 30s, 2m; 0 is no limit [default: execution.timeout, else 30s]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l request-timeout -d 'kubectl\'s name for --timeout: 30s, 2m, or a number of seconds; 0 is no limit' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l cache-dir -d 'The cache folder; its subfolder kubectl-mc is used [default: ~/.kube/cache]' -r -F
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l kubeconfig -d 'The kubeconfig to use instead of $KUBECONFIG and ~/.kube/config' -r -F
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l fail-fast -d 'Stop all when the first cluster fails [default: not execution.continueOnError]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l providers -d 'The file of credential plugins by access provider (KEP-5339) [default: access.providers of the configuration, else ~/.kube/kubectl-mc-providers.json]' -r -F
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l accessible -d 'Leave out clusters that you have no access to, without reporting them [default: discovery.accessible, else false]' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l as -d 'A user or a service account to impersonate on every member' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l as-group -d 'A group to impersonate (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l as-uid -d 'A UID to impersonate' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l as-user-extra -d 'An extra field of the user to impersonate (repeatable)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l warnings-as-errors -d 'Count a cluster as failed if its server sends a warning; its rows are printed all the same' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l context -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l cluster -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -s s -l server -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l tls-server-name -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l certificate-authority -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l insecure-skip-tls-verify -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l user -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l token -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l username -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l password -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l client-certificate -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l client-key -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -s o -l output -d 'The output format: table, wide, json, yaml, kyaml, name, csv, tsv, ndjson, go-template=TEMPLATE, go-template-file=FILE, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADING:PATH,…, custom-columns-file=FILE, csv=HEADING:PATH,… or tsv=…' -r -f -a "csv\t''
custom-columns\t''
custom-columns-file\t''
go-template\t''
go-template-file\t''
json\t''
jsonpath\t''
jsonpath-as-json\t''
jsonpath-file\t''
kyaml\t''
name\t''
ndjson\t''
table\t''
template\t''
templatefile\t''
tsv\t''
wide\t''
yaml\t''"
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l template -d 'The template or its file, if --output does not have it: -o jsonpath --template=\'{.kind}\'' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l allow-missing-template-keys -d 'With false, a field that an object lacks is an error in a template' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l no-headers -d 'Do not print headings' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l show-kind -d 'Print the kind before each name: pod/web' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l output-list -d 'Print json, yaml and kyaml as one plain List that kubectl and jq can read, each item annotated with its cluster' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l escape-formulas -d 'Put \' before cells of csv and tsv that a spreadsheet would take for a formula (=, +, -, @)' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l stream -d 'Print rows as they arrive, instead of sorting them at the end' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l fail-on -d 'Exit with 3 if this many clusters did not answer: any, all or a percentage' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -s v -l verbose -d 'Report every cluster that did not answer, with the reason and what to try' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -l print-pipeline -d 'Print the equivalent shell line instead of running it' -r
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand help; and not __fish_seen_subcommand_from get version clusters setup doctor help" -f -a "get" -d 'Display one or many resources of every cluster, as kubectl get does for one'
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand help; and not __fish_seen_subcommand_from get version clusters setup doctor help" -f -a "version" -d 'Show the version of every cluster\'s API server'
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand help; and not __fish_seen_subcommand_from get version clusters setup doctor help" -f -a "clusters" -d 'List the fleet: name, health, version, hub, and the access to each cluster or why there is none'
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand help; and not __fish_seen_subcommand_from get version clusters setup doctor help" -f -a "setup" -d 'Set up access to each cluster, with the clouds\' own tools or with contexts that you choose'
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand help; and not __fish_seen_subcommand_from get version clusters setup doctor help" -f -a "doctor" -d 'Check every link on the way to each cluster, and report how to fix what is broken'
complete -c kubectl-mc -n "__fish_kubectl_mc_using_subcommand help; and not __fish_seen_subcommand_from get version clusters setup doctor help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
