#!/bin/sh
# Puts a backup's databases in place of those that are there. `restore.sh FILE|latest`; the services are stopped.
# Everything is read into new databases first: a backup that is broken costs nothing.
set -eu
file=${1:-latest}
if [ "$file" = latest ]; then file=$(ls -1 /backups/tablemates-*.tar 2>/dev/null | sort | tail -n 1); else file="/backups/${file##*/}"; fi
if [ ! -f "$file" ]; then echo "restore: there is no such backup; there are: $(ls /backups | tr '\n' ' ')" >&2; exit 1; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar -C "$work" -xf "$file"
sql() { psql -X -q -v ON_ERROR_STOP=1 -U postgres -d postgres -c "$1"; }
for service in notify intro rsvp; do
  sql "DROP DATABASE IF EXISTS ${service}_restored WITH (FORCE)"
  sql "CREATE DATABASE ${service}_restored OWNER $service"
  pg_restore -U postgres -d "${service}_restored" --no-owner --role="$service" --exit-on-error "$work/$service.dump"
done
for service in notify intro rsvp; do
  sql "DROP DATABASE IF EXISTS $service WITH (FORCE)"
  sql "ALTER DATABASE ${service}_restored RENAME TO $service"
  sql "REVOKE ALL ON DATABASE $service FROM PUBLIC"
done
echo "restore: ${file##*/} is in place" >&2
cat "$work/secret_key"
