complete -c mc-discover -l changes -d 'Say how many clusters each hub lists, and which of them are new or gone, in place of listing them. The hubs are asked anew' -r
complete -c mc-discover -l clusters -d 'Names or globs of the clusters to ask: --clusters=prod-*,eu-* (repeatable)' -r
complete -c mc-discover -l exclude -d 'Names or globs of clusters to leave out (repeatable)' -r
complete -c mc-discover -l cluster-selector -d 'A label selector over the clusters\' labels and properties: \'env in (prod,stage),!legacy\'' -r
complete -c mc-discover -l cluster-set -d 'Names or globs of cluster sets: only clusters that are in one of them (repeatable)' -r
complete -c mc-discover -l healthy -d 'Leave out clusters whose control plane is unhealthy' -r
complete -c mc-discover -l skip-unhealthy -d 'Name unhealthy clusters and do not ask them [default: discovery.skipUnhealthy, else false]' -r
complete -c mc-discover -l hub-context -d 'The hub\'s kubeconfig context' -r
complete -c mc-discover -l source -d 'What lists the fleet, joined where it is several (repeatable) [default: discovery.api of the configuration, else clusterprofile]' -r -f -a "clusterprofile\t''
inventory\t''
ocm\t''
about\t''
kubeconfig\t''
stdin\t''"
complete -c mc-discover -l placement -d 'Only clusters that this placement chose, with --source inventory [default: discovery.placement]' -r
complete -c mc-discover -l contexts -d 'Names or globs of contexts, with --source kubeconfig or about (repeatable)' -r
complete -c mc-discover -l region -d 'Of several hubs that know a cluster prefer the one of this region' -r
complete -c mc-discover -l refresh -d 'Ask the hub even if the cached fleet is fresh' -r
complete -c mc-discover -l no-stale -d 'Fail when the hub cannot be reached, in place of using an expired cache with exit status 3' -r
complete -c mc-discover -l max-stale -d 'How old an expired cache may be that is used when the hub cannot be reached, 0 for never [default: discovery.maxStale, else 24h]' -r
complete -c mc-discover -l concurrency -d 'At most so many clusters at once, 0 for no limit [default: execution.maxConcurrency, else 10, where silent ones make way within a second]' -r
complete -c mc-discover -l connect-timeout -d 'For looking up, connecting and the TLS handshake, 0 for no limit [default: 5s]' -r
complete -c mc-discover -l total-timeout -d 'For the whole run, 0 for no limit [default: 60s, or 5s a cluster, or --timeout and --connect-timeout together, whichever is most]' -r
complete -c mc-discover -l kubeconfig -d 'The kubeconfig to use, in place of $KUBECONFIG and ~/.kube/config' -r -F
complete -c mc-discover -l timeout -d 'For one cluster: 30s, 2m, 0 for no limit [default: execution.timeout, else 30s]' -r
complete -c mc-discover -l request-timeout -d 'The same, as kubectl calls it: 30s, 2m, or a number of seconds; 0 waits for ever' -r
complete -c mc-discover -l cache-dir -d 'The folder of the cache, in which kubectl-mc/ is used [default: ~/.kube/cache]' -r -F
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
complete -c mc-discover -l no-headers -d 'Leave out the headings' -r
complete -c mc-discover -l show-kind -d 'Lead each name with its kind: pod/web' -r
complete -c mc-discover -l output-list -d 'Make json, yaml and kyaml one plain List that kubectl and jq can read, each item annotated with its cluster' -r
complete -c mc-discover -l escape-formulas -d 'Put \' in front of cells of csv and tsv that a spreadsheet would take for a formula (=, +, -, @)' -r
complete -c mc-discover -s n -l hub-namespace -d 'Only what this namespace of the hub lists, in place of all namespaces' -r
complete -c mc-discover -s h -l help -d 'Print help (see more with \'--help\')'
