#!/bin/sh
# Writes down the container's command, its environment and its folder for the service, then starts OpenRC and stays.
set -eu

mkdir -p /etc/balena /run/openrc
{
    export -p
    printf 'cd "$PWD"\nexec'
    for word in "$@"; do
        printf " '%s'" "$(printf '%s' "$word" | sed "s/'/'\\\\''/g")"
    done
    echo
} > /etc/balena/start

stop() {
    openrc shutdown
    exit 0
}
trap stop TERM INT

touch /run/openrc/softlevel
openrc default
while :; do
    sleep 3600 &
    wait $!
done
