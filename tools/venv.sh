#!/bin/sh
# Make .venv and install this checkout into it, unless that is done already.
#   tools/venv.sh run|test|bench          PYTHON=… names the Python to use
set -eu
cd "$(dirname "$0")/.."
purpose=$1

fail() {
    printf '\nCannot set up Tongxing: %s\n' "$1" >&2
    exit 1
}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        command -v "$PYTHON" >/dev/null || fail "PYTHON=$PYTHON is not a command on this machine."
        new_enough "$PYTHON" || fail "PYTHON=$PYTHON is $("$PYTHON" --version 2>&1); Python 3.11 or newer is needed."
        python=$PYTHON
        return
    fi
    for python in python3 python3.14 python3.13 python3.12 python3.11; do
        if new_enough "$python"; then return; fi
    done
    found=$(python3 --version 2>&1) || found="no python3"
    fail "Python 3.11 or newer is needed; this machine has $found. Install one, or name it: make $purpose PYTHON=/path/to/python3.12"
}

make_venv() {
    "$python" -c 'import venv, ensurepip' 2>/dev/null || fail "$("$python" --version) here lacks its venv and ensurepip modules.
On Debian or Ubuntu they are a package of their own: apt-get install python3-venv"
    "$python" -m venv --clear .venv
    printf '%s\n' "$made_for" >.venv/made-for
}

# A virtual environment holds absolute paths and belongs to one Python: when either changes, it is made anew.
find_python
made_for="$PWD $("$python" -c 'import sys; print(sys.base_prefix, sys.version)')"
if [ ! -x .venv/bin/python ] || [ "$(cat .venv/made-for 2>/dev/null)" != "$made_for" ]; then
    make_venv
fi

# The stamp is written last, so an interrupted install is not taken for a finished one.
stamp=.venv/installed-for-$purpose
wanted=$(cat setup.cfg pyproject.toml | cksum)
[ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || exit 0

case $purpose in
run) what='.[face]' ;;
test) what='.[test]' ;;
bench) what='.[test,bench]' ;; # the benchmarks use the private PostgreSQL and the Node.js of the tests
*) fail "unknown purpose $purpose." ;;
esac
log=.venv/install.log

# dlib takes a compiler and ten minutes to build: it comes as a wheel, or not at all.
install() {
    .venv/bin/python -m pip install --disable-pip-version-check --quiet --only-binary dlib-bin \
        --editable "$1" >"$log" 2>&1
}

echo "Installing Tongxing and the packages it needs into .venv (about a minute the first time) ..."
installed=yes
install "$what" || installed=no
if [ $installed = no ] && [ "$purpose" = run ] && grep -qi 'No matching distribution found for dlib-bin' "$log"; then
    install . && installed=yes &&
        echo "There is no face engine (dlib-bin) for this machine: it goes on without, and the face check is off."
fi
if [ $installed = no ]; then
    tail -n 15 "$log" >&2
    if grep -qiE 'connection (broken|refused|error)|NewConnectionError|ProxyError|SSLError|timed out|name resolution|No matching distribution' "$log"; then
        fail "pip could not fetch a package (above; all of it in $log).
Is this machine online? Behind a proxy or a mirror, pip must be told: pip config, or the variables HTTPS_PROXY and PIP_INDEX_URL."
    fi
    fail "pip could not install it (above; all of it in $log)."
fi
for purpose in run "$purpose"; do # whoever can test can run
    echo "$wanted" >".venv/installed-for-$purpose"
done
