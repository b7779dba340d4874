complete -c mc-format -s o -l output -d 'The output format: table, wide, json, yaml, name, csv, tsv or ndjson' -r -f -a "table\t''
wide\t''
json\t''
yaml\t''
name\t''
csv\t''
tsv\t''
ndjson\t''"
complete -c mc-format -l no-headers -d 'Leave out the headings' -r
complete -c mc-format -l show-kind -d 'Lead each name with its kind: pod/web' -r
complete -c mc-format -l fail-on -d 'Exit with 3 when this many of the clusters did not answer: any, all or a percentage' -r
complete -c mc-format -s v -l verbose -d 'Name every cluster that did not answer, with the reason and what to try' -r
complete -c mc-format -l stream -d 'Print rows as they come, in place of sorting them when all are there'
complete -c mc-format -s h -l help -d 'Print help'
