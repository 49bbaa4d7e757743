#!/bin/sh
# Gives each service a database and a role that owns nothing else, and sets the passwords to those in the secrets.
# It may run any number of times: at every start, and to rotate passwords. It speaks over the local socket.
set -eu
cd "${SECRETS:-/secrets}"
for service in rsvp intro notify; do
  psql -X -q -v ON_ERROR_STOP=1 -U postgres -d postgres -v role="$service" \
    -v password="$(cat "${service}_password")" -f "$(dirname "$0")/role.sql"
done
psql -X -q -v ON_ERROR_STOP=1 -U postgres -d postgres -v password="$(cat postgres_password)" <<'SQL'
ALTER ROLE postgres PASSWORD :'password';
SQL
echo "database: a role and a database for each service"
