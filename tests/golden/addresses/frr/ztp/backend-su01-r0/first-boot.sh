#!/bin/bash
# Written by rackwright: first boot of backend-su01-r0. No secret is in here; the public SSH key and every file come from the
# depot, the files by digest.
set -eu
DEPOT=http://10.112.0.2:8480
MANIFEST=6fd0d0cd670d3337c0e5a70becdba29a114e0d84e42cc829fd0dc99469c0828c
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

hostnamectl set-hostname backend-su01-r0
cat >/etc/systemd/network/10-eth0.network <<'FILE'
# Written by rackwright: management port.
[Match]
Name=eth0

[Link]
MTUBytes=1500

[Network]
Address=10.112.1.1/16
IPv6AcceptRA=no
LLDP=no
FILE
cp -R "$stage/." /
sysctl --system >/dev/null
systemctl enable systemd-networkd frr lldpd
systemctl restart systemd-networkd frr lldpd
if test -d /etc/dnsmasq.d && test -n "$(ls -A /etc/dnsmasq.d)"; then
    systemctl enable dnsmasq
    systemctl restart dnsmasq
fi
