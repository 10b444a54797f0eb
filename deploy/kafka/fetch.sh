#!/usr/bin/env bash
# fetch.sh: the jars of one Apache Kafka broker into target/libs, once. Says in one line what is missing, if it cannot.
# With CI=true that is an error; otherwise tests that need a broker fall back to a stand-in, and say so.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
fail() {
  echo "no Apache Kafka for tests: $1" >&2
  if [ "${CI:-}" = true ]; then exit 1; fi
  exit 0
}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! command -v mvn >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing Debian's maven; this happens once."
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends maven; } >"$log" 2>&1 || true
fi
command -v mvn >/dev/null || fail "install Maven and Java 17 or newer (Debian: apt-get install maven)"
echo "Fetching Apache Kafka from Maven; this happens once and takes a minute or two."
rm -rf "$here/target"
mvn -B -q -f "$here/pom.xml" dependency:copy-dependencies >"$log" 2>&1 || fail "$(grep -m 1 ERROR "$log" || tail -n 1 "$log")"
touch "$here/target/.fetched"
