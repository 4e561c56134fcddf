#!/bin/bash
# Written by rackwright: first boot of backend-su01-r0. No secret is in here; the public SSH key and every file come from the
# depot, the files by digest.
set -eu
DEPOT=http://10.112.0.2:8480
MANIFEST=267e25a17ef9a1150427930914463f26ff6febe10d14452d3d0e331333090857
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

cp "$stage/etc/sonic/config_db.json" /etc/sonic/config_db.json
config reload -y -f /etc/sonic/config_db.json
