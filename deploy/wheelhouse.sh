#!/bin/sh
# On a machine with a connection: everything that an installation without one needs, in one file.
# Run by `make wheelhouse`. The wheels fit this machine's Python version and platform only; on Linux
# those are taken that a glibc as old as 2.28 (2018) can load, whatever this machine has.
set -eu
python=${1:?usage: wheelhouse.sh PYTHON}
folder=dist/dxflow-wheelhouse
rm -rf "$folder" "$folder.tar.gz"
mkdir -p "$folder/wheels" "$folder/docs"
platforms=$("$python" -c 'import platform, sysconfig
name = sysconfig.get_platform()
if name.startswith("linux-") and platform.libc_ver()[0] == "glibc":
    machine = name.removeprefix("linux-").replace("-", "_")
    policies = ["manylinux1", "manylinux2010", "manylinux2014"]
    policies += [f"manylinux_2_{minor}" for minor in range(5, 29)]
    print(*(f"--platform {policy}_{machine}" for policy in policies))')
# shellcheck disable=SC2086
"$python" -m pip download --quiet --require-hashes --only-binary :all: $platforms \
    -r requirements.lock -d "$folder/wheels"
"$python" -m pip wheel --quiet --no-deps --no-build-isolation -w "$folder/wheels" .
"$python" -c 'import sys, sysconfig
print(*sys.version_info[:2], sep=".", end=" ")
print(sysconfig.get_platform())' > "$folder/PYTHON"  # install.sh asks it of the Python it finds
cp requirements.lock deploy/install.sh "$folder/"
cp -r docs/*.md docs/ja docs/adr "$folder/docs/"
cp -r deploy/systemd deploy/nginx "$folder/"
(cd "$folder" && find . -type f ! -name SHA256SUMS | LC_ALL=C sort | xargs sha256sum > SHA256SUMS)
tar -C dist -czf "$folder.tar.gz" dxflow-wheelhouse
(cd dist && sha256sum dxflow-wheelhouse.tar.gz)
