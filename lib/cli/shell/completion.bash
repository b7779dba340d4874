# bash completion of @TOOL@, which kubectl_complete-mc gives the choices for.
_@ID@() {
    local cur='' cword=0 words=() line word directive=0 choices=() descriptions=()
    # --flag=value is one word, which readline splits at the = sign.
    if declare -F _comp_get_words >/dev/null; then
        _comp_get_words -n '=:' cur words cword
    elif declare -F _get_comp_words_by_ref >/dev/null; then
        _get_comp_words_by_ref -n '=:' cur words cword
    else
        words=("${COMP_WORDS[@]}") cword=$COMP_CWORD cur=${COMP_WORDS[COMP_CWORD]}
    fi
    while IFS= read -r line; do
        case $line in
        :[0-9]*) directive=${line#:} ;;
        *)
            choices+=("${line%%$'\t'*}")
            case $line in
            *$'\t'*) descriptions+=("${line#*$'\t'}") ;;
            *) descriptions+=('') ;;
            esac
            ;;
        esac
    done < <(kubectl_complete-mc --tool=@TOOL@ "${words[@]:1:cword}" 2>/dev/null)
    COMPREPLY=()
    if [ ${#choices[@]} -eq 0 ]; then
        # 4: no file names.
        [ $((directive & 4)) -ne 0 ] || compopt -o default
        return
    fi
    # 2: the word may go on.
    [ $((directive & 2)) -eq 0 ] || compopt -o nospace
    # The choices are for what comes after --flag=. readline completes only what comes after the last = sign or colon,
    # if these separate words.
    local before='' flag='' index
    case $cur in
    -*=*)
        case $COMP_WORDBREAKS in *=*) ;; *) flag=${cur%%=*}= ;; esac
        cur=${cur#*=}
        ;;
    esac
    case $COMP_WORDBREAKS in
    *:*=* | *=*:*) before=${cur%"${cur##*[=:]}"} ;;
    *=*) before=${cur%"${cur##*=}"} ;;
    *:*) before=${cur%"${cur##*:}"} ;;
    esac
    [ -z "$before" ] || flag=''
    for index in "${!choices[@]}"; do
        word=$flag${choices[index]#"$before"}
        # 63: the second TAB, which lists the choices and inserts none of them.
        if [ "${COMP_TYPE:-0}" = 63 ] && [ ${#choices[@]} -gt 1 ] && [ -n "${descriptions[index]}" ]; then
            printf -v line '%-24s (%s)' "$word" "${descriptions[index]}"
            [ ${#line} -le $((${COLUMNS:-80} - 1)) ] || line="${line:0:$((${COLUMNS:-80} - 2))}…"
            COMPREPLY+=("$line")
        else
            COMPREPLY+=("$word")
        fi
    done
}
complete -F _@ID@ @TOOL@
