#compdef @TOOL@
# zsh completion of @TOOL@, which kubectl_complete-mc gives the choices for.
_@TOOL@() {
    local line word directive=0
    local -a choices suffix
    for line in "${(@f)$(kubectl_complete-mc --tool=@TOOL@ "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        case $line in
        ('') ;;
        (:[0-9]*) directive=${line#:} ;;
        (*)
            # _describe separates word and description by a colon.
            word=${${line%%$'\t'*}//:/\\:}
            [[ $line == *$'\t'* ]] && word+=":${line#*$'\t'}"
            choices+=("$word")
            ;;
        esac
    done
    # The choices are for what comes after --flag=.
    compset -P 1 '-*='
    if (( ! $#choices )); then
        # 4: no file names.
        (( directive & 4 )) && return 1
        _files
        return
    fi
    # 2: the word may go on.
    (( directive & 2 )) && suffix=(-S '')
    _describe -t choices choice choices "$suffix[@]"
}

if [[ $funcstack[1] == _@TOOL@ ]]; then
    _@TOOL@ "$@"
elif (( $+functions[compdef] )); then
    compdef _@TOOL@ @TOOL@
fi
