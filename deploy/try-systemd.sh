#!/bin/sh
# Shows that the units work under a real systemd: boots one in namespaces of its own, whose /etc,
# /opt, /var, /run and /tmp are thrown away, installs there from the wheelhouse as the guide says,
# starts, kills and stops the services, and has them make a PDF, with Pango and without. Needs Linux, root, systemd, and a Python with venv that
# lies outside /root and /home (PYTHON, otherwise /usr/bin/python3): ProtectHome hides the rest.
set -eu
python=${PYTHON:-/usr/bin/python3}

outside() {
    archive=$(pwd)/dist/dxflow-wheelhouse.tar.gz
    test -f "$archive" || { echo "first: make wheelhouse" >&2; exit 1; }
    test "$(id -u)" = 0 && test -x /lib/systemd/systemd || { echo "needs root and systemd" >&2; exit 1; }
    script=$(cd "$(dirname "$0")" && pwd)/try-systemd.sh
    log=$(mktemp)
    unshare --mount --pid --net --uts --ipc --cgroup --fork --kill-child=KILL --mount-proc \
        env PYTHON="$python" sh "$script" boot "$archive" > "$log" 2>&1 < /dev/null &
    namespace=$!
    trap 'kill -9 $namespace 2>/dev/null || true; rm -f "$log"' EXIT
    system=
    for _ in $(seq 100); do
        system=$(pgrep -P "$namespace" || true)
        test -n "$system" && grep -q "Reached target.*basic.target" "$log" && break
        sleep 0.2
    done
    test -n "$system" || { cat "$log"; exit 1; }
    nsenter -t "$system" --mount --pid --net --uts --ipc --cgroup \
        env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin PYTHON="$python" sh "$script" inside "$archive"
}

boot() {
    mount --make-rprivate /
    mount -t tmpfs none /mnt
    for name in etc opt var; do
        mkdir -p "/mnt/$name/upper" "/mnt/$name/work"
        mount -t overlay overlay "/$name" \
            -o "lowerdir=/$name,upperdir=/mnt/$name/upper,workdir=/mnt/$name/work"
    done
    mkdir -p /mnt/archive && cp "$1" "$(dirname "$0")/visitor.py" /mnt/archive/
    mount -t tmpfs none /run
    mount -t tmpfs none /tmp
    mkdir -p /run/lock
    for unit in systemd-tmpfiles-setup.service systemd-tmpfiles-clean.timer \
        systemd-tmpfiles-setup-dev.service; do
        ln -sf /dev/null "/etc/systemd/system/$unit"
    done
    exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        /lib/systemd/systemd --system --unit=basic.target --log-target=console
}

answers() {
    for _ in $(seq 150); do
        "$python" -c 'import urllib.request as r; r.urlopen("http://127.0.0.1:8000/healthz", timeout=5)' \
            2>/dev/null && return
        sleep 0.2
    done
    journalctl --no-pager -u dxflow | tail -20
    echo "NOT AS PROMISED: no answer $1" >&2
    exit 1
}

inside() {
    "$python" -c 'import fcntl, socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
fcntl.ioctl(s, 0x8914, struct.pack("16sH14s", b"lo", 0x49, b""))'  # SIOCSIFFLAGS: up, running
    cd /tmp
    tar -xzf /mnt/archive/dxflow-wheelhouse.tar.gz
    sh dxflow-wheelhouse/install.sh /opt/dxflow
    useradd --system --home-dir /var/lib/dxflow --shell /usr/sbin/nologin dxflow
    install -d -o dxflow -g dxflow -m 700 /var/lib/dxflow /var/backups/dxflow
    cp dxflow-wheelhouse/systemd/dxflow* /etc/systemd/system/
    systemctl daemon-reload
    cd /
    as_dxflow="runuser -u dxflow -- env DXFLOW_HOME=/var/lib/dxflow /opt/dxflow/.venv/bin/dxflow"
    $as_dxflow init --admin admin --pack standard --generate > /dev/null
    systemctl enable --quiet --now dxflow.service dxflow-worker dxflow-backup.timer
    answers "after the start"
    echo "as promised: pages and worker started"
    systemctl start dxflow-backup
    backup=$(ls /var/backups/dxflow/*.dxbackup)
    $as_dxflow backup --verify "$backup" > /dev/null
    echo "as promised: the unit's backup is whole"
    kill -9 "$(systemctl show -p MainPID --value dxflow)"
    answers "after a kill"
    test "$(systemctl show -p NRestarts --value dxflow)" = 1
    echo "as promised: killed and started again"
    $as_dxflow status > /dev/null
    systemctl stop dxflow dxflow-worker
    for unit in dxflow dxflow-worker; do
        test "$(systemctl show -p Result --value $unit)" = success
    done
    test -z "$(systemctl list-units --state=failed --no-legend)"
    echo "as promised: both stopped in peace"
    paper
    echo "under systemd: in order"
}

# The sample city's decisions as PDF, made by the service behind the walls of its unit.
paper() {
    visit="$python /mnt/archive/visitor.py http://127.0.0.1:8000"
    printf '%s\n' DXFLOW_HOME=/var/lib/dxflow/sample DXFLOW_DEMO=1 DXFLOW_HTTPS=0 > /etc/dxflow.env
    made=/tmp/made
    runuser -u dxflow -- env DXFLOW_HOME=/var/lib/dxflow/sample /opt/dxflow/.venv/bin/dxflow \
        demo --port 8001 > $made 2> /dev/null &
    demo=$!
    until test -s $made; do kill -0 $demo && sleep 0.2; done
    kill $demo
    wait $demo || true
    systemctl start dxflow dxflow-worker
    answers "with the sample city"
    pango=$(ldconfig -p | sed -n 's/.* => \(.*libpango-1\.0\.so\.0\)$/\1/p' | head -n 1)
    if [ -n "$pango" ]; then
        $visit
        mount --bind /dev/null "$(readlink -f "$pango")"
        systemctl restart dxflow
        answers "without Pango"
    else
        echo "Pango is not installed here: no PDF is made"
    fi
    $visit --without-pango
    systemctl stop dxflow dxflow-worker
    test -z "$(systemctl list-units --state=failed --no-legend)"
}

case ${1:-} in
boot) boot "$2" ;;
inside) inside ;;
*) outside ;;
esac
