#!/bin/sh
# Gives each service a database and a role that owns nothing else, and sets the passwords to those in the secrets.
# It may run any number of times: at every start, and to rotate passwords. It speaks over the local socket.
set -eu
cd "${SECRETS:-/secrets}"
# While the folder is being made a server is there already, which listens on the socket only, and goes again.
tries=600
until [ -n "$(psql -X -At -U postgres -d postgres -c 'SHOW listen_addresses' 2>/dev/null)" ]; do
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || { echo "database: PostgreSQL does not come up: docker compose logs postgres" >&2; exit 1; }
  sleep 0.2
done
for service in rsvp intro notify; do
  psql -X -q -v ON_ERROR_STOP=1 -U postgres -d postgres -v role="$service" \
    -v password="$(cat "${service}_password")" -f "$(dirname "$0")/role.sql"
done
psql -X -q -v ON_ERROR_STOP=1 -U postgres -d postgres -v password="$(cat postgres_password)" <<'SQL'
ALTER ROLE postgres PASSWORD :'password';
SQL
echo "database: a role and a database for each service"
