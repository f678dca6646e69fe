#!/bin/sh
# Writes down the container's command, its environment and its folder for the service, then becomes systemd.
set -eu

mkdir -p /etc/balena
{
    export -p
    printf 'cd "$PWD"\nexec'
    for word in "$@"; do
        printf " '%s'" "$(printf '%s' "$word" | sed "s/'/'\\\\''/g")"
    done
    echo
} > /etc/balena/start

exec /sbin/init
