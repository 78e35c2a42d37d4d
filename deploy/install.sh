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
python=${PYTHON:-python3}
wanted=$(cat PYTHON)
found=$("$python" -c 'import sys, sysconfig
print(*sys.version_info[:2], sep=".", end=" ")
print(sysconfig.get_platform())') || found=
test "$found" = "$wanted" || {
    echo "この配布物は Python $wanted のためのものですが、ここの $python は ${found:-動きません} です。" >&2
    echo "同じ Python を PYTHON=/usr/bin/python3.12 のように指定するか、この機械と同じ種類の機械で make wheelhouse をやり直してください。" >&2
    echo "(for another Python: name the right one with PYTHON=…, or make the wheelhouse on a machine like this one)" >&2
    exit 1
}
test "$(ls wheels/dxflow-*.whl | wc -l)" = 1 || {
    echo "二つの版が混ざっています。フォルダー $here を消し、配布物をもう一度展開してください。" >&2
    echo "(two versions mixed: remove this folder and unpack again)" >&2
    exit 1
}
mkdir -p "$target"
# Without pip: new, left unfinished by a Python without venv, or made by a Python that has gone.
if ! "$target/.venv/bin/python" -m pip --version > /dev/null 2>&1; then
    "$python" -c 'import ensurepip, venv' 2> /dev/null || {
        echo "$python に venv がありません。Debian と Ubuntu では、運び込んだパッケージ（手引きの debs）から入れてください:" >&2
        echo "    apt-get install --no-install-recommends ./debs/*.deb" >&2
        echo "そのあと、もう一度実行してください。(install python3-venv, then run this again)" >&2
        exit 1
    }
    "$python" -m venv --clear "$target/.venv"
fi
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
