#!/bin/sh
# One file with everything that cannot be made anew: the three databases and the keys that sign links.
# Readers first: then nobody has read what the service that said it does not remember.
set -eu
umask 077 # what it holds is everything about everybody, and the keys to act for them
keep=${TABLEMATES_BACKUPS_KEEP:-14}
now=$(date -u +%Y%m%dT%H%M%SZ)
work=$(mktemp -d /backups/.making.XXXXXX)
trap 'rm -rf "$work"' EXIT
for service in notify intro rsvp; do
  pg_dump -U postgres -d "$service" --format=custom --no-owner --no-acl --file="$work/$service.dump"
done
cp /secrets/rsvp/secret_key "$work/secret_key"
tar -C "$work" -cf "$work/all.tar" notify.dump intro.dump rsvp.dump secret_key
mv "$work/all.tar" "/backups/tablemates-$now.tar"
ls -1 /backups/tablemates-*.tar | sort -r | tail -n "+$((keep + 1))" | while read -r old; do rm -f "$old"; done
echo "backup: tablemates-$now.tar"
