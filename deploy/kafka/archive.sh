#!/usr/bin/env bash
# archive.sh: the classes of a broker that has started into target/kafka.jsa, once: Java maps them from there, and a start takes
# less than half the time. Where that cannot be, an empty file says so, and start.sh goes without.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ -f "$here/target/.fetched" ] || exit 0
data=$(mktemp -d) port=$((20000 + RANDOM % 10000)) broker=
trap '[ -z "$broker" ] || kill "$broker" 2>/dev/null; rm -rf "$data"' EXIT
rm -f "$here/target/kafka.jsa"
KAFKA_ARCHIVE=$here/target/kafka.new "$here/start.sh" "$port" "$data/data" >"$data/log" 2>&1 &
broker=$!
for _ in {1..600}; do
  kill -0 "$broker" 2>/dev/null || break
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
  sleep 0.1
done
kill "$broker" 2>/dev/null
wait "$broker"; broker=
touch "$here/target/kafka.new"
mv -f "$here/target/kafka.new" "$here/target/kafka.jsa"
