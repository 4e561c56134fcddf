#!/bin/bash
# Written by rackwright: first boot of backend-su01-r0. No secret is in here; the public SSH key and every file come from the
# depot, the files by digest.
set -eu
DEPOT=http://10.112.0.2:8480
MANIFEST=af79944983170271592a2075a483f7bf91cebcc58c7368e52794c661eb3cd6ae
USER_NAME='admin'
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

{
    sed '/^end$/d' "$stage/mnt/flash/startup-config"
    printf 'username %s ssh-key %s\nend\n' "$USER_NAME" "$(cat "$stage.key")"
} >/mnt/flash/startup-config
