#!/bin/sh
# Writes down the container's command, its environment and its folder for the service, then starts OpenRC and stays until
# that command has ended: its exit code is the container's.
set -eu

mkdir -p /etc/balena /run/balena /run/openrc
{
    export -p
    printf 'cd "$PWD"\nexec'
    for word in "$@"; do
        printf " '%s'" "$(printf '%s' "$word" | sed "s/'/'\\\\''/g")"
    done
    echo
} > /etc/balena/start

# balena-run tells the exit code here.
rm -f /run/balena/code
mkfifo /run/balena/code
cat /run/balena/code > /run/balena/ended &
told=$!

# Stops every service: the command's too, which then tells its end.
trap 'openrc shutdown' TERM INT
touch /run/openrc/softlevel
openrc default
# A service that could not be started (status 3, and no exit code) would be waited for in vain.
state=0
rc-service --quiet balena status > /dev/null || state=$?
if [ "$state" -eq 3 ]; then
    sleep 1
    [ -s /run/balena/ended ] || exit 1
fi

# A signal ends the waiting, not what is waited for.
while kill -0 "$told" 2> /dev/null; do
    wait "$told" || true
done
trap '' TERM INT
openrc shutdown
exit "$(cat /run/balena/ended)"
