# Sets `master` to the address that the sentinels give for the master, or else to redis-1's. Read by other scripts.
master=""
for sentinel in sentinel-1 sentinel-2 sentinel-3; do
  if [ -z "$master" ] && timeout 2 getent hosts "$sentinel" >/dev/null; then
    master=$(timeout 2 redis-cli -h "$sentinel" -p 26379 sentinel get-master-addr-by-name tablemates 2>/dev/null |
      head -n 1 | grep -E '^[0-9a-f.:]+$') || master=""
  fi
done
[ -n "$master" ] || master=$(getent hosts redis-1 | awk '{print $1; exit}')
