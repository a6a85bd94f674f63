#!/usr/bin/env bash
# Installs a wheel into a new environment, away from the checkout, runs the demonstration, opens both faces.
set -euo pipefail
wheel=$(realpath "$1")
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room"
python3 -m venv venv
venv/bin/pip install -q "$wheel"
TMPDIR="$room" venv/bin/portal demo --port 0 --desk-port 0 >out 2>err &
demo=$!
for _ in $(seq 240); do
  grep -q 'leaves nothing behind' out && break
  kill -0 "$demo" 2>/dev/null || { cat out err; exit 1; }
  sleep 0.5
done
mapfile -t addresses < <(grep -oE 'http://[0-9.:]+/' out)
for address in "${addresses[@]}"; do
  page=$(python3 -c 'import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())' "$address")
  grep -q '<html lang=' <<<"$page" || { echo "no page at $address"; exit 1; }
done
[ "${#addresses[@]}" -eq 2 ] || { cat out err; exit 1; }
kill -INT "$demo"
wait "$demo" || { cat err; exit 1; }
if compgen -G "$room/portal-demo-*" >/dev/null; then
  echo "the demonstration left something behind"
  exit 1
fi
echo "The installed wheel serves both faces and leaves nothing behind."
