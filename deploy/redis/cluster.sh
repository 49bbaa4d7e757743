#!/bin/sh
# Makes a cluster of the nodes named, three masters with a replica each. Where there is one already its nodes are
# introduced to each other anew, because their addresses may have changed while they were down.
set -eu
first=$1
nodes=""

tries=300
wait_or_give_up() {
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || { echo "cluster: $1" >&2; exit 1; }
  sleep 0.2
}

for name in "$@"; do
  until [ "$(redis-cli -h "$name" ping 2>/dev/null)" = PONG ]; do wait_or_give_up "$name does not answer"; done
done
for name in "$@"; do nodes="$nodes $(getent hosts "$name" | awk '{print $1; exit}'):6379"; done
if redis-cli -h "$first" cluster info | grep -q 'cluster_slots_assigned:16384'; then
  for node in $nodes; do redis-cli -h "$first" cluster meet "${node%:*}" "${node#*:}" >/dev/null; done
  echo "cluster: is there"
else
  # shellcheck disable=SC2086
  redis-cli --cluster create $nodes --cluster-replicas 1 --cluster-yes >/dev/null
  echo "cluster: made of$nodes"
fi

# Every slot is served, and every replica could take its master's place.
whole() {
  redis-cli -h "$first" cluster info | grep -q 'cluster_state:ok' || return 1
  for node in $nodes; do
    redis-cli -h "${node%:*}" info replication | grep -q -e 'role:master' -e 'master_link_status:up' || return 1
  done
}

until whole; do wait_or_give_up "it does not come together"; done
