#!/bin/sh
# Starts a Redis that follows whoever the sentinels call master; at the very first start that is redis-1.
set -eu
. /etc/redis-common/master.sh
set -- /etc/redis-common/redis.conf --repl-diskless-sync-delay 0 --protected-mode no
hostname -i | tr ' ' '\n' | grep -qxF "$master" || set -- "$@" --replicaof "$master" 6379
exec redis-server "$@"
