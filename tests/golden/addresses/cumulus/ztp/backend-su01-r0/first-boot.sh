#!/bin/bash
# CUMULUS-AUTOPROVISIONING
# Written by rackwright: first boot of backend-su01-r0. No secret is in here; the public SSH key and every file come from the
# depot, the files by digest.
set -eu
DEPOT=http://10.112.0.2:8480
MANIFEST=bcc142cd21bdd8e879fda4a3718c33a86406531521bfc01b0fa6f3f4011c9aa0
USER_NAME='root'
stage=$(mktemp -d)
trap 'rm -rf "$stage" "$stage.list" "$stage.key"' EXIT

# fetch DIGEST FILE: from the depot, refused unless its SHA-256 is DIGEST
fetch() {
    curl -fsS --connect-timeout 10 --max-time 120 --retry 5 -o "$2" "$DEPOT/ztp/sha256/$1"
    printf '%s  %s\n' "$1" "$2" | sha256sum -c - >/dev/null
}

fetch "$MANIFEST" "$stage.list"
while read -r digest path; do
    mkdir -p "$stage$(dirname "$path")"
    fetch "$digest" "$stage$path"
done <"$stage.list"
curl -fsS --connect-timeout 10 --max-time 60 --retry 5 -o "$stage.key" "$DEPOT/ztp/ssh-key.pub"

home=$(getent passwd "$USER_NAME" | cut -d: -f6)
mkdir -p "$home/.ssh"
touch "$home/.ssh/authorized_keys"
grep -qxFf "$stage.key" "$home/.ssh/authorized_keys" || cat "$stage.key" >>"$home/.ssh/authorized_keys"
chmod 700 "$home/.ssh"
chmod 600 "$home/.ssh/authorized_keys"
chown -R "$USER_NAME:" "$home/.ssh"

nv config replace "$stage/etc/nvue.d/startup.yaml"
nv config apply -y
nv config save
