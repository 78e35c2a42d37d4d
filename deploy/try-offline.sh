#!/bin/sh
# Shows that the wheelhouse is enough: unpacks, installs, makes a city, serves and fetches the
# login page in a network namespace that has no route and no interface but its own loopback. Then a
# decision of the sample city is fetched as PDF, and once more with Pango hidden.
set -eu
if [ "${1:-}" != inside ]; then
    test -f dist/dxflow-wheelhouse.tar.gz || { echo "first: make wheelhouse" >&2; exit 1; }
    archive=$(pwd)/dist/dxflow-wheelhouse.tar.gz
    script=$(cd "$(dirname "$0")" && pwd)/try-offline.sh
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cd "$folder"
    exec_user=$(test "$(id -u)" = 0 || echo --map-root-user)
    # shellcheck disable=SC2086
    env -i PATH="$PATH" PYTHON="${PYTHON:-python3}" LANG=C.UTF-8 HOME="$folder" \
        unshare $exec_user --net --mount sh "$script" inside "$archive"
    exit
fi
python3 - <<'PYTHON'
import fcntl, socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
fcntl.ioctl(s, 0x8914, struct.pack("16sH14s", b"lo", 0x49, b""))  # SIOCSIFFLAGS: up, running
routes = open("/proc/net/route").read().splitlines()[1:]
assert routes == [], routes
try:
    socket.create_connection(("192.0.2.1", 80), 2)
except OSError as exc:
    print("no network:", exc.strerror)
else:
    raise SystemExit("there is a network here")
PYTHON
tar -xzf "$2"
sh dxflow-wheelhouse/install.sh "$(pwd)/opt"
rm -rf dxflow-wheelhouse
export DXFLOW_HOME="$(pwd)/var"
dxflow=opt/.venv/bin/dxflow
$dxflow init --admin admin --generate --pack standard
$dxflow serve --port 8123 > served 2> log &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
opt/.venv/bin/python - <<'PYTHON'
import re, time, urllib.error, urllib.request
for _ in range(100):
    try:
        page = urllib.request.urlopen("http://127.0.0.1:8123/login", timeout=5).read().decode()
        break
    except urllib.error.URLError:
        time.sleep(0.2)
assert 'name="_csrf"' in page, page[:500]
files = sorted(set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page)))
assert files, "the login page names no files"
for name in files:
    assert urllib.request.urlopen("http://127.0.0.1:8123" + name, timeout=5).status == 200, name
print("login page and", len(files), "files fetched")
PYTHON
$dxflow backup first.dxbackup
kill $server
wait $server
$dxflow restore --replace first.dxbackup
$dxflow audit verify

visit="opt/.venv/bin/python $(dirname "$0")/visitor.py http://127.0.0.1:8124"
pango=$(/sbin/ldconfig -p | sed -n 's/.* => \(.*libpango-1\.0\.so\.0\)$/\1/p' | head -n 1)
export DXFLOW_HOME="$(pwd)/sample"
$dxflow demo --port 8124 > sample.json 2> log &
server=$!
until test -s sample.json; do kill -0 $server && sleep 0.2; done
if [ -n "$pango" ]; then
    $visit
    mount --bind /dev/null "$(readlink -f "$pango")"
else
    echo "Pango is not installed here: no PDF is made"
fi
$visit --without-pango
kill $server
wait $server
echo "offline installation: in order"
