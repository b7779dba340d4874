complete -c mc-setup -l provider -d 'Only the clusters of this cloud' -r -f -a "aws\t''
gcp\t''
azure\t''
alibaba\t''"
complete -c mc-setup -s y -l yes -d 'Agree to what would be asked: running the clouds\' tools, writing the files' -r
complete -c mc-setup -l dry-run -d 'Print what would be run and changed, and change nothing' -r
complete -c mc-setup -l clusters -d 'Names or globs of the clusters to ask: --clusters=prod-*,eu-* (repeatable)' -r
complete -c mc-setup -l exclude -d 'Names or globs of clusters to leave out (repeatable)' -r
complete -c mc-setup -l cluster-selector -d 'A label selector over the clusters\' labels and properties: \'env in (prod,stage),!legacy\'' -r
complete -c mc-setup -l cluster-set -d 'Names or globs of cluster sets: only clusters that are in one of them (repeatable)' -r
complete -c mc-setup -l healthy -d 'Leave out clusters whose control plane is unhealthy' -r
complete -c mc-setup -l skip-unhealthy -d 'Name unhealthy clusters and do not ask them [default: discovery.skipUnhealthy, else false]' -r
complete -c mc-setup -l hub-context -d 'The hub\'s kubeconfig context' -r
complete -c mc-setup -l hub-namespace -d 'Only what this namespace of the hub lists, in place of all namespaces' -r
complete -c mc-setup -l source -d 'What lists the fleet, joined where it is several (repeatable) [default: discovery.api of the configuration, else clusterprofile]' -r -f -a "clusterprofile\t''
inventory\t''
ocm\t''
about\t''
kubeconfig\t''
stdin\t''"
complete -c mc-setup -l placement -d 'Only clusters that this placement chose, with --source inventory [default: discovery.placement]' -r
complete -c mc-setup -l contexts -d 'Names or globs of contexts, with --source kubeconfig or about (repeatable)' -r
complete -c mc-setup -l region -d 'Of several hubs that know a cluster prefer the one of this region' -r
complete -c mc-setup -l refresh -d 'Ask the hub even if the cached fleet is fresh' -r
complete -c mc-setup -l no-stale -d 'Fail when the hub cannot be reached, in place of using an expired cache with exit status 3' -r
complete -c mc-setup -l max-stale -d 'How old an expired cache may be that is used when the hub cannot be reached, 0 for never [default: discovery.maxStale, else 24h]' -r
complete -c mc-setup -l concurrency -d 'At most so many clusters at once, 0 for no limit [default: execution.maxConcurrency, else 10, where silent ones make way within a second]' -r
complete -c mc-setup -l connect-timeout -d 'For looking up, connecting and the TLS handshake, 0 for no limit [default: 5s]' -r
complete -c mc-setup -l total-timeout -d 'For the whole run, 0 for no limit [default: 60s, or 5s a cluster, or --timeout and --connect-timeout together, whichever is most]' -r
complete -c mc-setup -l timeout -d 'For one cluster: 30s, 2m, 0 for no limit [default: execution.timeout, else 30s]' -r
complete -c mc-setup -l request-timeout -d 'The same, as kubectl calls it: 30s, 2m, or a number of seconds; 0 waits for ever' -r
complete -c mc-setup -l kubeconfig -d 'The kubeconfig to use, in place of $KUBECONFIG and ~/.kube/config' -r -F
complete -c mc-setup -l providers -d 'The credential plugins by access provider (KEP-5339) [default: access.providers of the configuration, else ~/.kube/kubectl-mc-providers.json]' -r -F
complete -c mc-setup -l cache-dir -d 'The folder of the cache, in which kubectl-mc/ is used [default: ~/.kube/cache]' -r -F
complete -c mc-setup -s h -l help -d 'Print help (see more with \'--help\')'
