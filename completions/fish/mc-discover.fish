complete -c mc-discover -l changes -d 'Report how many clusters each hub lists and which are new or gone, instead of listing them. The hubs are asked even if the cache is fresh' -r
complete -c mc-discover -l clusters -d 'Names or globs of the clusters to ask: --clusters=prod-*,eu-* (repeatable)' -r
complete -c mc-discover -l exclude -d 'Names or globs of clusters to leave out (repeatable)' -r
complete -c mc-discover -l cluster-selector -d 'A label selector for the clusters\' labels and properties: \'env in (prod,stage),!legacy\'' -r
complete -c mc-discover -l cluster-set -d 'Names or globs of cluster sets: ask only clusters in one of them (repeatable)' -r
complete -c mc-discover -l healthy -d 'Leave out clusters whose control plane is unhealthy' -r
complete -c mc-discover -l skip-unhealthy -d 'Report unhealthy clusters as skipped instead of asking them [default: discovery.skipUnhealthy, else false]' -r
complete -c mc-discover -l hub-context -d 'The hub\'s kubeconfig context' -r
complete -c mc-discover -l source -d 'Where the list of clusters comes from; several sources are combined (repeatable) [default: discovery.api of the configuration, else clusterprofile]' -r -f -a "clusterprofile\t''
inventory\t''
ocm\t''
about\t''
kubeconfig\t''
stdin\t''"
complete -c mc-discover -l placement -d 'With --source inventory, only the clusters of this placement [default: discovery.placement]' -r
complete -c mc-discover -l contexts -d 'With --source kubeconfig or about, names or globs of contexts (repeatable)' -r
complete -c mc-discover -l region -d 'When several hubs list a cluster, use the one in this region' -r
complete -c mc-discover -l refresh -d 'Ask the hub even if the cached fleet is fresh' -r
complete -c mc-discover -l no-stale -d 'Fail when the hub cannot be reached, instead of using an expired cache with exit status 3' -r
complete -c mc-discover -l max-stale -d 'How old a cached fleet may be that is used when the hub cannot be reached; 0 means never [default: discovery.maxStale, else 24h]' -r
complete -c mc-discover -l concurrency -d 'Ask at most this many clusters at once; 0 is no limit [default: execution.maxConcurrency, else 10, of which one that does not answer within a second lets the next one start]' -r
complete -c mc-discover -l connect-timeout -d 'The time for DNS lookup, connecting and TLS handshake; 0 is no limit [default: 5s]' -r
complete -c mc-discover -l total-timeout -d 'The time for the whole run; 0 is no limit [default: 60s, or 5s for each cluster, or --timeout plus --connect-timeout, whichever is longest]' -r
complete -c mc-discover -l timeout -d 'The time for one cluster: 30s, 2m; 0 is no limit [default: execution.timeout, else 30s]' -r
complete -c mc-discover -l request-timeout -d 'kubectl\'s name for --timeout: 30s, 2m, or a number of seconds; 0 is no limit' -r
complete -c mc-discover -l cache-dir -d 'The cache folder; its subfolder kubectl-mc is used [default: ~/.kube/cache]' -r -F
complete -c mc-discover -l kubeconfig -d 'The kubeconfig to use instead of $KUBECONFIG and ~/.kube/config' -r -F
complete -c mc-discover -s o -l output -d 'The output format: table, wide, json, yaml, kyaml, name, csv, tsv, ndjson, go-template=TEMPLATE, go-template-file=FILE, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADING:PATH,…, custom-columns-file=FILE, csv=HEADING:PATH,… or tsv=…' -r -f -a "csv\t''
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
complete -c mc-discover -l no-headers -d 'Do not print headings' -r
complete -c mc-discover -l show-kind -d 'Print the kind before each name: pod/web' -r
complete -c mc-discover -l output-list -d 'Print json, yaml and kyaml as one plain List that kubectl and jq can read, each item annotated with its cluster' -r
complete -c mc-discover -l escape-formulas -d 'Put \' before cells of csv and tsv that a spreadsheet would take for a formula (=, +, -, @)' -r
complete -c mc-discover -s n -l hub-namespace -d 'Use only what this namespace of the hub lists, instead of all namespaces' -r
complete -c mc-discover -s h -l help -d 'Print help (see more with \'--help\')'
