# What the stand-ins share: every call is noted, and a credential is given as `mode` says (see mod.rs).
# All that they read and write is below $HOME/standins.

state=$HOME/standins
tool=${0##*/}
printf '%s\n' "$tool${*:+ $*}" >>"$state/calls"

fail() {
    echo "$tool: $*" >&2
    exit 64
}

# Who is logged in, and fetching a kubeconfig's context: what setup runs. The first argument is how the tool is
# asked who that is; `TOOL.fetch` is the only other call that is taken, and `TOOL.act` what it does.
setup() {
    who=$1
    shift
    if [ "$*" = "$who" ]; then
        [ -e "$state/$tool.out" ] || echo me
    elif [ -e "$state/$tool.fetch" ] && [ "$*" = "$(cat "$state/$tool.fetch")" ]; then
        . "$state/$tool.act"
    else
        fail "unexpected: $*"
    fi
    exit
}

# ExecCredential. The arguments are the version, a token and the seconds until it expires.
answer() {
    expires=$(date -u -d "@$(($(date +%s) + $3))" +%Y-%m-%dT%H:%M:%SZ)
    printf '{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/%s", "spec": {}, ' "$1"
    printf '"status": {"expirationTimestamp": "%s", "token": "%s"}}\n' "$expires" "$2"
}

pem() {
    awk '{printf "%s\\n", $0}' "$state/$1"
}

# A credential for the cluster $1, in the version $2, or in that which was asked for.
credential() {
    cluster=$1
    printf '%s\n' "$tool $cluster" >>"$state/runs"
    printf '%s\n' "$KUBERNETES_EXEC_INFO" >>"$state/info"
    case $KUBERNETES_EXEC_INFO in
    *'"kind":"ExecCredential"'*'"apiVersion":"client.authentication.k8s.io/v1"'*) version=v1 ;;
    *'"kind":"ExecCredential"'*'"apiVersion":"client.authentication.k8s.io/v1beta1"'*) version=v1beta1 ;;
    *) fail "KUBERNETES_EXEC_INFO is no question: $KUBERNETES_EXEC_INFO" ;;
    esac
    version=${2:-$version}
    case $KUBERNETES_EXEC_INFO in
    *'"interactive":true'*) [ -t 0 ] || fail "stdin is said to be a terminal, and is none" ;;
    # Would wait for ever where it is an open pipe.
    *) [ -z "$(cat)" ] || fail "stdin is not closed" ;;
    esac
    mode=token
    for file in "$state/$tool.mode" "$state/$tool.$cluster.mode"; do
        [ ! -e "$file" ] || mode=$(cat "$file")
    done
    token='{cluster}-token'
    for file in "$state/token" "$state/$tool.token"; do
        [ ! -e "$file" ] || token=$(cat "$file")
    done
    run=$(grep -cxF "$tool $cluster" "$state/runs")
    token=$(printf %s "$token" | sed "s/{cluster}/$cluster/; s/{run}/$run/")
    case $mode in
    token) answer "$version" "$token" 840 ;;
    v1 | v1beta1) answer "$mode" "$token" 840 ;;
    expired) answer "$version" "$token" -3600 ;;
    soon) answer "$version" "$token" 3 ;;
    certificate)
        printf '{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/%s", ' "$version"
        printf '"status": {"clientCertificateData": "%s", "clientKeyData": "%s"}}\n' "$(pem certificate)" "$(pem key)"
        ;;
    hang)
        echo "$$" >>"$state/hanging"
        echo 'to log in, open https://login.example/device' >&2
        sleep 600
        ;;
    flood-stdout) yes 0123456789 ;;
    flood-stderr) yes complaint >&2 ;;
    noisy)
        yes complaint | head -c 3000000 >&2
        answer "$version" "$token" 840
        ;;
    fail)
        printf '\033[31mERROR:\033[0m \033]0;owned\a\302\233not logged\b in\r\n' >&2
        exit 1
        ;;
    rubbish) echo 'Please log in at https://login.example' ;;
    nothing) ;;
    ask)
        mkdir "$state/asking" || fail "two ask at once"
        printf 'code for %s: ' "$cluster" >&2
        read -r code
        rmdir "$state/asking"
        [ "$code" = 1234 ] || fail "wrong code $code"
        answer "$version" "$token" 840
        ;;
    gather)
        # Waits until as many as are meant to are there at once, and for a moment on, in case there are more.
        : >"$state/at.$cluster"
        until [ "$(find "$state" -name 'at.*' -o -name 'been.*' | wc -l)" -ge "$(cat "$state/gather")" ]; do
            sleep 0.02
        done
        sleep 0.3
        find "$state" -name 'at.*' | wc -l >>"$state/gathered"
        mv "$state/at.$cluster" "$state/been.$cluster"
        answer "$version" "$token" 840
        ;;
    *) fail "no mode $mode" ;;
    esac
    exit
}
