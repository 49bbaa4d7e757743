#!/bin/sh
# Starts a sentinel with a configuration that it may write to. What it knew is gone with it: it asks the others.
set -eu
. /etc/redis-common/master.sh
cat >/state/sentinel.conf <<CONF
port 26379
dir /state
protected-mode no
sentinel monitor tablemates $master 6379 2
sentinel down-after-milliseconds tablemates 2000
sentinel failover-timeout tablemates 6000
sentinel parallel-syncs tablemates 2
CONF
exec redis-server /state/sentinel.conf --sentinel
