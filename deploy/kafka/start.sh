#!/usr/bin/env bash
# start.sh [PORT] [DATA_DIR]: one Apache Kafka broker (KRaft) in the foreground; `make kafka` fetches its jars.
# KAFKA_CONTROLLER_PORT: port of its controller, PORT + 1 if left out. KAFKA_EXTRA: a file with more properties; the last
# one of a name counts. KAFKA_HEAP_OPTS: memory. SIGTERM stops it in order; what it holds stays in DATA_DIR.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
port=${1:-9092}; controller=${KAFKA_CONTROLLER_PORT:-$((port + 1))}
data=${2:-$here/data}; mkdir -p "$data"; data=$(cd "$data" && pwd)
ls "$here"/target/libs/kafka_2.13-*.jar >/dev/null 2>&1 || { echo "no broker in $here/target/libs: run \`make kafka\` first" >&2; exit 1; }
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
run=("$java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dlog4j2.configurationFile="$here/log4j2.properties" -Dkafka.logs.dir="$data")
[ ! -s "$here/target/kafka.jsa" ] || run+=(-XX:SharedArchiveFile="$here/target/kafka.jsa")
properties=$data/server.properties
sed -e "s|@PORT@|$port|g" -e "s|@CPORT@|$controller|g" -e "s|@NODE@|${KAFKA_NODE:-1}|g" -e "s|@DATA@|$data|g" \
  "$here/server.properties.in" ${KAFKA_EXTRA:+"$KAFKA_EXTRA"} >"$properties"
if [ ! -f "$data/log/meta.properties" ]; then
  id=${KAFKA_CLUSTER_ID:-$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | cut -c 1-22)}
  "${run[@]}" -Xmx128m -cp "$here/target/libs/*" kafka.tools.StorageTool format ${KAFKA_FORMAT:---standalone} -t "$id" -c "$properties"
fi
[ -z "${KAFKA_ARCHIVE:-}" ] || run+=(-XX:ArchiveClassesAtExit="$KAFKA_ARCHIVE")
exec "${run[@]}" ${KAFKA_HEAP_OPTS:--Xms256m -Xmx512m} -cp "$here/target/libs/*" kafka.Kafka "$properties"
