#!/bin/sh
# Installs or updates dxflow from the folder this file lies in, without any network:
#     sh install.sh /opt/dxflow
set -eu
target=${1:?usage: sh install.sh FOLDER}
here=$(cd "$(dirname "$0")" && pwd)
cd "$here"
sha256sum --quiet -c SHA256SUMS || {
    echo "この配布物は壊れています。もう一度写してください。(damaged: copy it again)" >&2
    exit 1
}
mkdir -p "$target"
test -x "$target/.venv/bin/python" || "${PYTHON:-python3}" -m venv "$target/.venv"
pip="$target/.venv/bin/python -m pip --disable-pip-version-check install --quiet --no-index"
$pip --find-links wheels --require-hashes -r requirements.lock
$pip --no-deps --force-reinstall wheels/dxflow-*.whl
case $(readlink -f "$target/.venv/bin/python") in
/root/* | /home/*)
    echo "Python が /root か /home の下にあるため、systemd の例（ProtectHome=yes）では動きません。" >&2
    echo "PYTHON=/usr/bin/python3 を付けて、空のフォルダーへ入れ直してください。" >&2
    echo "(the units hide /root and /home: install again with a Python of the system)" >&2
    ;;
esac
"$target/.venv/bin/dxflow" --help > /dev/null
echo "$target/.venv/bin/dxflow"
