#!/bin/sh
# Written by rackwright: the compute plane's RoCE contract on this server's NICs.
# RoCE data: DSCP 26 (ToS 106), priority 3, lossless. CNP: DSCP 48, priority 6, strict.
# Nothing of it outlives a reboot or a driver reload: rackwright-roce@.service runs it for each port, and again when the port comes back.
# Usage: sh apply.sh [INTERFACE]; every port without one. Safe to run again; the first command that fails ends it.
set -eu
only=${1:-}

# One at a time: the vendors' tools do not share the firmware's mailbox.
exec 9>/run/rackwright-roce.lock
flock 9

write() { # file, value
  printf '%s\n' "$2" >"$1"
}

link_pause_off() { # interface; PFC and 802.3x pause exclude each other
  if ethtool -a "$1" | grep -Eq '^(RX|TX):[[:space:]]+on'; then
    ethtool -A "$1" rx off tx off
  fi
}

connection_manager() { # RDMA device; connections that the RDMA CM makes are RoCE v2 and marked
  modprobe rdma_cm
  mkdir -p "/sys/kernel/config/rdma_cm/$1"
  write "/sys/kernel/config/rdma_cm/$1/ports/1/default_roce_mode" 'RoCE v2'
  write "/sys/kernel/config/rdma_cm/$1/ports/1/default_roce_tos" 106
}

mlnx_qos_port() { # interface, RDMA device, metres of cable
  [ -z "$only" ] || [ "$only" = "$1" ] || return 0
  link_pause_off "$1"
  mlnx_qos -i "$1" -d os
  mlnx_qos -i "$1" --trust dscp
  mlnx_qos -i "$1" --dscp2prio set,26,3
  mlnx_qos -i "$1" --dscp2prio set,48,6
  mlnx_qos -i "$1" --pfc 0,0,0,1,0,0,0,0 --prio_tc 0,0,0,3,0,0,6,0 --tsa ets,ets,ets,ets,ets,ets,strict,ets --tcbw 50,0,0,50,0,0,0,0 --cable_len "$3"
  write "/sys/class/infiniband/$2/tc/1/traffic_class" 106
  cma_roce_mode -d "$2" -p 1 -m 2
  cma_roce_tos -d "$2" -t 106
  write "/sys/class/net/$1/ecn/roce_np/enable/3" 1
  write "/sys/class/net/$1/ecn/roce_rp/enable/3" 1
  write "/sys/class/net/$1/ecn/roce_np/cnp_dscp" 48
  write "/sys/class/net/$1/ecn/roce_np/cnp_802p_prio" 6
}

mlnx_qos_port enp24s0np0 mlx5_0 6
mlnx_qos_port enp64s0np0 mlx5_3 6
mlnx_qos_port enp79s0np0 mlx5_4 6
mlnx_qos_port enp94s0np0 mlx5_5 6
