#!/bin/sh
# Entry point of every image: starts udevd if UDEV asks for it, then becomes the command.
# UDEV is on for 1, true and on in any case; everything else is off.
set -u

say() {
    echo "entry.sh: $*" >&2
}

udev_is_on() {
    case "${UDEV:-off}" in
        1 | [Tt][Rr][Uu][Ee] | [Oo][Nn]) return 0 ;;
        *) return 1 ;;
    esac
}

# Put the kernel's devtmpfs in the place of the container's static /dev, keeping what the engine mounted below it.
# Fails, with nothing changed, where the container may not mount: it is not privileged.
mount_dev() {
    new=$(mktemp -d) || return 1
    if ! mount -t devtmpfs none "$new" 2>/dev/null; then
        rmdir "$new"
        return 1
    fi
    for name in shm mqueue pts; do
        mkdir -p "$new/$name"
        mount --move "/dev/$name" "$new/$name" || say "/dev/$name is not mounted: not kept"
    done
    # There is a console only where the engine was asked for a terminal.
    if grep -q ' /dev/console ' /proc/self/mounts; then
        mount --move /dev/console "$new/console" || say "/dev/console: not kept"
    fi
    # Lazily: our own standard input may be the old /dev/null.
    umount -l /dev || say "mounting over /dev"
    mount --move "$new" /dev || say "/dev could not be replaced"
    rmdir "$new" || say "$new stays behind"
    # What the engine gives every container, and the kernel does not.
    for link in fd:fd stdin:fd/0 stdout:fd/1 stderr:fd/2; do
        [ -e "/dev/${link%%:*}" ] || ln -s "/proc/self/${link#*:}" "/dev/${link%%:*}"
    done
    # devpts is an instance of this container, so its ptmx has to be used. A bind mount and not a symbolic link:
    # devtmpfs is the host's too, and a link would replace the host's /dev/ptmx.
    mount --bind /dev/pts/ptmx /dev/ptmx || say "/dev/ptmx: the host's is used"
}

# Print where udevd is: systemd's, or Alpine's eudev.
find_udevd() {
    PATH="$PATH:/sbin:/lib/systemd:/usr/lib/systemd"
    for name in systemd-udevd udevd; do
        command -v "$name" && return 0
    done
    return 1
}

start_udev() {
    if ! daemon=$(find_udevd); then
        say "UDEV is on, but no udevd is installed"
    elif mount_dev; then
        # In a network namespace of its own it does not see, and so not rename, the host's network devices.
        unshare --net "$daemon" --daemon || say "udevd did not start"
        udevadm trigger || say "udevadm trigger failed: devices that were there before may be missing"
    else
        say "UDEV is on, but this container is not privileged: /dev stays as it is, plugged devices will not appear"
        "$daemon" --daemon || say "udevd did not start"
    fi
}

if udev_is_on; then
    start_udev
fi

# exec: the command becomes process 1 and gets SIGTERM itself.
exec "$@"
