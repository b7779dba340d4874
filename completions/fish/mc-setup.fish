complete -c mc-setup -l provider -d 'Set up only the clusters of this cloud' -r -f -a "aws\t''
gcp\t''
azure\t''
alibaba\t''"
complete -c mc-setup -s y -l yes -d 'Answer yes to every question: run the clouds\' tools, write the files' -r
complete -c mc-setup -l dry-run -d 'Print what would be run and changed, without doing it' -r
complete -c mc-setup -l clusters -d 'Names or globs of the clusters to ask: --clusters=prod-*,eu-* (repeatable)' -r
complete -c mc-setup -l exclude -d 'Names or globs of clusters to leave out (repeatable)' -r
complete -c mc-setup -l cluster-selector -d 'A label selector for the clusters\' labels and properties: \'env in (prod,stage),!legacy\'' -r
complete -c mc-setup -l cluster-set -d 'Names or globs of cluster sets: ask only clusters in one of them (repeatable)' -r
complete -c mc-setup -l healthy -d 'Leave out clusters whose control plane is unhealthy' -r
complete -c mc-setup -l skip-unhealthy -d 'Report unhealthy clusters as skipped instead of asking them [default: discovery.skipUnhealthy, else false]' -r
complete -c mc-setup -l hub-context -d 'The hub\'s kubeconfig context' -r
complete -c mc-setup -l hub-namespace -d 'Use only what this namespace of the hub lists, instead of all namespaces' -r
complete -c mc-setup -l source -d 'Where the list of clusters comes from; several sources are combined (repeatable) [default: discovery.api of the configuration, else clusterprofile]' -r -f -a "clusterprofile\t''
inventory\t''
ocm\t''
about\t''
kubeconfig\t''
stdin\t''"
complete -c mc-setup -l placement -d 'With --source inventory, only the clusters of this placement [default: discovery.placement]' -r
complete -c mc-setup -l contexts -d 'With --source kubeconfig or about, names or globs of contexts (repeatable)' -r
complete -c mc-setup -l region -d 'When several hubs list a cluster, use the one in this region' -r
complete -c mc-setup -l refresh -d 'Ask the hub even if the cached fleet is fresh' -r
complete -c mc-setup -l no-stale -d 'Fail when the hub cannot be reached, instead of using an expired cache with exit status 3' -r
complete -c mc-setup -l max-stale -d 'How old a cached fleet may be that is used when the hub cannot be reached; 0 means never [default: discovery.maxStale, else 24h]' -r
complete -c mc-setup -l concurrency -d 'Ask at most this many clusters at once; 0 is no limit [default: execution.maxConcurrency, else 10, of which one that does not answer within a second lets the next one start]' -r
complete -c mc-setup -l connect-timeout -d 'The time for DNS lookup, connecting and TLS handshake; 0 is no limit [default: 5s]' -r
complete -c mc-setup -l total-timeout -d 'The time for the whole run; 0 is no limit [default: 60s, or 5s for each cluster, or --timeout plus --connect-timeout, whichever is longest]' -r
complete -c mc-setup -l timeout -d 'The time for one cluster: 30s, 2m; 0 is no limit [default: execution.timeout, else 30s]' -r
complete -c mc-setup -l request-timeout -d 'kubectl\'s name for --timeout: 30s, 2m, or a number of seconds; 0 is no limit' -r
complete -c mc-setup -l cache-dir -d 'The cache folder; its subfolder kubectl-mc is used [default: ~/.kube/cache]' -r -F
complete -c mc-setup -l kubeconfig -d 'The kubeconfig to use instead of $KUBECONFIG and ~/.kube/config' -r -F
complete -c mc-setup -l providers -d 'The file of credential plugins by access provider (KEP-5339) [default: access.providers of the configuration, else ~/.kube/kubectl-mc-providers.json]' -r -F
complete -c mc-setup -s h -l help -d 'Print help (see more with \'--help\')'
