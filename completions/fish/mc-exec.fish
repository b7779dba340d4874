# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_mc_exec_global_optspecs
    string join \n concurrency= connect-timeout= total-timeout= fail-fast= timeout= request-timeout= kubeconfig= providers= accessible= as= as-group= as-uid= as-user-extra= warnings-as-errors= cache-dir= context= cluster= s/server= tls-server-name= certificate-authority= insecure-skip-tls-verify= user= token= username= password= client-certificate= client-key= o/output= template= allow-missing-template-keys= no-headers= show-kind= output-list= escape-formulas= stream= fail-on= v/verbose= for= trim progress h/help
end

function __fish_mc_exec_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_mc_exec_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_mc_exec_using_subcommand
    set -l cmd (__fish_mc_exec_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c mc-exec -n "__fish_mc_exec_needs_command" -l concurrency -d 'Ask at most this many clusters at once; 0 is no limit [default: execution.maxConcurrency, else 10, of which one that does not answer within a second lets the next one start]' -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l connect-timeout -d 'The time for DNS lookup, connecting and TLS handshake; 0 is no limit [default: 5s]' -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l total-timeout -d 'The time for the whole run; 0 is no limit [default: 60s, or 5s for each cluster, or --timeout plus --connect-timeout, whichever is longest]' -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l fail-fast -d 'Stop all when the first cluster fails [default: not execution.continueOnError]' -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l timeout -d 'The time for one cluster: 30s, 2m; 0 is no limit [default: execution.timeout, else 30s]' -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l request-timeout -d 'kubectl\'s name for --timeout: 30s, 2m, or a number of seconds; 0 is no limit' -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l kubeconfig -d 'The kubeconfig to use instead of $KUBECONFIG and ~/.kube/config' -r -F
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l providers -d 'The file of credential plugins by access provider (KEP-5339) [default: access.providers of the configuration, else ~/.kube/kubectl-mc-providers.json]' -r -F
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l accessible -d 'Leave out clusters that you have no access to, without reporting them [default: discovery.accessible, else false]' -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l as -d 'A user or a service account to impersonate on every member' -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l as-group -d 'A group to impersonate (repeatable)' -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l as-uid -d 'A UID to impersonate' -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l as-user-extra -d 'An extra field of the user to impersonate (repeatable)' -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l warnings-as-errors -d 'Count a cluster as failed if its server sends a warning; its rows are printed all the same' -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l cache-dir -d 'The cache folder; its subfolder kubectl-mc is used [default: ~/.kube/cache]' -r -F
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l context -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l cluster -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -s s -l server -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l tls-server-name -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l certificate-authority -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l insecure-skip-tls-verify -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l user -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l token -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l username -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l password -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l client-certificate -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l client-key -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -s o -l output -d 'The output format: table, wide, json, yaml, kyaml, name, csv, tsv, ndjson, go-template=TEMPLATE, go-template-file=FILE, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADING:PATH,…, custom-columns-file=FILE, csv=HEADING:PATH,… or tsv=…' -r -f -a "csv\t''
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
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l template -d 'The template or its file, if --output does not have it: -o jsonpath --template=\'{.kind}\'' -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l allow-missing-template-keys -d 'With false, a field that an object lacks is an error in a template' -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l no-headers -d 'Do not print headings' -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l show-kind -d 'Print the kind before each name: pod/web' -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l output-list -d 'Print json, yaml and kyaml as one plain List that kubectl and jq can read, each item annotated with its cluster' -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l escape-formulas -d 'Put \' before cells of csv and tsv that a spreadsheet would take for a formula (=, +, -, @)' -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l stream -d 'Print rows as they arrive, instead of sorting them at the end' -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l fail-on -d 'Exit with 3 if this many clusters did not answer: any, all or a percentage' -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -s v -l verbose -d 'Report every cluster that did not answer, with the reason and what to try' -r
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l for -d 'The format that a later stage prints. It decides what is fetched: rows, whole objects or names. In a pipe, records are written unless --output asks for a format here [default: --output]' -r -f -a "csv\t''
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
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l trim -d 'With --for and custom columns, write only the fields of each object that are printed: less to merge and to format. Other formats get whole objects'
complete -c mc-exec -n "__fish_mc_exec_needs_command" -l progress -d 'Show on standard error, if it is a terminal, which clusters have not answered yet'
complete -c mc-exec -n "__fish_mc_exec_needs_command" -s h -l help -d 'Print help'
complete -c mc-exec -n "__fish_mc_exec_needs_command" -f -a "get" -d 'Display one or many resources of every cluster, as kubectl get does for one'
complete -c mc-exec -n "__fish_mc_exec_needs_command" -f -a "version" -d 'Show the version of every cluster\'s API server'
complete -c mc-exec -n "__fish_mc_exec_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -s n -l namespace -d 'The namespace [default: that of each cluster\'s context]' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -s A -l all-namespaces -d 'Get objects of all namespaces' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -s l -l selector -d 'A label selector: -l app=web,tier!=cache' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l field-selector -d 'A field selector: --field-selector status.phase=Running' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -s L -l label-columns -d 'Labels to show as columns: -L app,tier (repeatable)' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l show-labels -d 'Show all labels as the last column' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l ignore-not-found -d 'Succeed even if an object that is named does not exist on any cluster' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l chunk-size -d 'How many objects one request fetches; 0 means all' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l show-managed-fields -d 'Print managedFields in JSON and YAML' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l subresource -d 'Get a subresource of the named objects: status, scale, resize' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l server-print -d 'With false, print NAME and AGE of each object instead of the server\'s columns' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l sort-by -d 'Sort the objects of all clusters by a field: --sort-by=.metadata.creationTimestamp' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -s f -l filename -d 'Get the objects that these files or folders hold; - is standard input: -f pod.yaml,svc.yaml (repeatable)' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -s k -l kustomize -d 'Get the objects of a kustomization, which kubectl kustomize makes' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -s R -l recursive -d 'With -f, read the subfolders of folders too' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l stdin-fd -d 'The descriptor that -f - reads, because standard input is the stream of clusters' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l raw -d 'Request this path from every cluster and print the answers: --raw=/readyz' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -s w -l watch -d 'After the list, print what changes on any cluster, until interrupted' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l watch-only -d 'Print what changes without the list before' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l output-watch-events -d 'Print for each row or object whether it was added, modified or deleted' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l concurrency -d 'Ask at most this many clusters at once; 0 is no limit [default: execution.maxConcurrency, else 10, of which one that does not answer within a second lets the next one start]' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l connect-timeout -d 'The time for DNS lookup, connecting and TLS handshake; 0 is no limit [default: 5s]' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l total-timeout -d 'The time for the whole run; 0 is no limit [default: 60s, or 5s for each cluster, or --timeout plus --connect-timeout, whichever is longest]' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l fail-fast -d 'Stop all when the first cluster fails [default: not execution.continueOnError]' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l timeout -d 'The time for one cluster: 30s, 2m; 0 is no limit [default: execution.timeout, else 30s]' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l request-timeout -d 'kubectl\'s name for --timeout: 30s, 2m, or a number of seconds; 0 is no limit' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l kubeconfig -d 'The kubeconfig to use instead of $KUBECONFIG and ~/.kube/config' -r -F
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l providers -d 'The file of credential plugins by access provider (KEP-5339) [default: access.providers of the configuration, else ~/.kube/kubectl-mc-providers.json]' -r -F
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l accessible -d 'Leave out clusters that you have no access to, without reporting them [default: discovery.accessible, else false]' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l as -d 'A user or a service account to impersonate on every member' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l as-group -d 'A group to impersonate (repeatable)' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l as-uid -d 'A UID to impersonate' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l as-user-extra -d 'An extra field of the user to impersonate (repeatable)' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l warnings-as-errors -d 'Count a cluster as failed if its server sends a warning; its rows are printed all the same' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l cache-dir -d 'The cache folder; its subfolder kubectl-mc is used [default: ~/.kube/cache]' -r -F
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l context -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l cluster -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -s s -l server -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l tls-server-name -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l certificate-authority -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l insecure-skip-tls-verify -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l user -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l token -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l username -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l password -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l client-certificate -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l client-key -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -s o -l output -d 'The output format: table, wide, json, yaml, kyaml, name, csv, tsv, ndjson, go-template=TEMPLATE, go-template-file=FILE, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADING:PATH,…, custom-columns-file=FILE, csv=HEADING:PATH,… or tsv=…' -r -f -a "csv\t''
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
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l template -d 'The template or its file, if --output does not have it: -o jsonpath --template=\'{.kind}\'' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l allow-missing-template-keys -d 'With false, a field that an object lacks is an error in a template' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l no-headers -d 'Do not print headings' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l show-kind -d 'Print the kind before each name: pod/web' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l output-list -d 'Print json, yaml and kyaml as one plain List that kubectl and jq can read, each item annotated with its cluster' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l escape-formulas -d 'Put \' before cells of csv and tsv that a spreadsheet would take for a formula (=, +, -, @)' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l stream -d 'Print rows as they arrive, instead of sorting them at the end' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l fail-on -d 'Exit with 3 if this many clusters did not answer: any, all or a percentage' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -s v -l verbose -d 'Report every cluster that did not answer, with the reason and what to try' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l for -d 'The format that a later stage prints. It decides what is fetched: rows, whole objects or names. In a pipe, records are written unless --output asks for a format here [default: --output]' -r -f -a "csv\t''
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
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l trim -d 'With --for and custom columns, write only the fields of each object that are printed: less to merge and to format. Other formats get whole objects'
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -l progress -d 'Show on standard error, if it is a terminal, which clusters have not answered yet'
complete -c mc-exec -n "__fish_mc_exec_using_subcommand get" -s h -l help -d 'Print help'
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l client -d 'Print only the version of kubectl-mc itself, and ask no cluster' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l concurrency -d 'Ask at most this many clusters at once; 0 is no limit [default: execution.maxConcurrency, else 10, of which one that does not answer within a second lets the next one start]' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l connect-timeout -d 'The time for DNS lookup, connecting and TLS handshake; 0 is no limit [default: 5s]' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l total-timeout -d 'The time for the whole run; 0 is no limit [default: 60s, or 5s for each cluster, or --timeout plus --connect-timeout, whichever is longest]' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l fail-fast -d 'Stop all when the first cluster fails [default: not execution.continueOnError]' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l timeout -d 'The time for one cluster: 30s, 2m; 0 is no limit [default: execution.timeout, else 30s]' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l request-timeout -d 'kubectl\'s name for --timeout: 30s, 2m, or a number of seconds; 0 is no limit' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l kubeconfig -d 'The kubeconfig to use instead of $KUBECONFIG and ~/.kube/config' -r -F
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l providers -d 'The file of credential plugins by access provider (KEP-5339) [default: access.providers of the configuration, else ~/.kube/kubectl-mc-providers.json]' -r -F
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l accessible -d 'Leave out clusters that you have no access to, without reporting them [default: discovery.accessible, else false]' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l as -d 'A user or a service account to impersonate on every member' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l as-group -d 'A group to impersonate (repeatable)' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l as-uid -d 'A UID to impersonate' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l as-user-extra -d 'An extra field of the user to impersonate (repeatable)' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l warnings-as-errors -d 'Count a cluster as failed if its server sends a warning; its rows are printed all the same' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l cache-dir -d 'The cache folder; its subfolder kubectl-mc is used [default: ~/.kube/cache]' -r -F
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l context -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l cluster -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -s s -l server -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l tls-server-name -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l certificate-authority -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l insecure-skip-tls-verify -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l user -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l token -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l username -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l password -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l client-certificate -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l client-key -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -s o -l output -d 'The output format: table, wide, json, yaml, kyaml, name, csv, tsv, ndjson, go-template=TEMPLATE, go-template-file=FILE, jsonpath=TEMPLATE, jsonpath-as-json=TEMPLATE, jsonpath-file=FILE, custom-columns=HEADING:PATH,…, custom-columns-file=FILE, csv=HEADING:PATH,… or tsv=…' -r -f -a "csv\t''
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
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l template -d 'The template or its file, if --output does not have it: -o jsonpath --template=\'{.kind}\'' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l allow-missing-template-keys -d 'With false, a field that an object lacks is an error in a template' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l no-headers -d 'Do not print headings' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l show-kind -d 'Print the kind before each name: pod/web' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l output-list -d 'Print json, yaml and kyaml as one plain List that kubectl and jq can read, each item annotated with its cluster' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l escape-formulas -d 'Put \' before cells of csv and tsv that a spreadsheet would take for a formula (=, +, -, @)' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l stream -d 'Print rows as they arrive, instead of sorting them at the end' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l fail-on -d 'Exit with 3 if this many clusters did not answer: any, all or a percentage' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -s v -l verbose -d 'Report every cluster that did not answer, with the reason and what to try' -r
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l for -d 'The format that a later stage prints. It decides what is fetched: rows, whole objects or names. In a pipe, records are written unless --output asks for a format here [default: --output]' -r -f -a "csv\t''
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
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l trim -d 'With --for and custom columns, write only the fields of each object that are printed: less to merge and to format. Other formats get whole objects'
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -l progress -d 'Show on standard error, if it is a terminal, which clusters have not answered yet'
complete -c mc-exec -n "__fish_mc_exec_using_subcommand version" -s h -l help -d 'Print help'
complete -c mc-exec -n "__fish_mc_exec_using_subcommand help; and not __fish_seen_subcommand_from get version help" -f -a "get" -d 'Display one or many resources of every cluster, as kubectl get does for one'
complete -c mc-exec -n "__fish_mc_exec_using_subcommand help; and not __fish_seen_subcommand_from get version help" -f -a "version" -d 'Show the version of every cluster\'s API server'
complete -c mc-exec -n "__fish_mc_exec_using_subcommand help; and not __fish_seen_subcommand_from get version help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
