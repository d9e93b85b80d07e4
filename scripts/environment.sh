#!/bin/sh
# Makes .venv and installs the requirements into it: environment.sh run|multilingual|dev
#
# Does nothing, in well under a second, when .venv is sound and the requirements have not changed. A .venv
# that is broken, half made or made from another Python than the one asked for is made anew.
#
# PYTHON: the Python to make .venv from. Left empty: the first of python3.13, 3.12, 3.11 and python3 that fits.
set -eu
cd "$(dirname "$0")/.."

venv=.venv
busy=$venv/.installing # there while an install runs, with the number of its process
answer=$venv/.multilingual # "yes" or "no": is the model for other languages wanted?
export PIP_DISABLE_PIP_VERSION_CHECK=1
[ -t 1 ] || export PIP_QUIET="${PIP_QUIET:-1}" # a log needs no progress bars

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

# Some commands of this name only tell that no such Python is set up, so being found is not enough.
is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
can_make_venvs() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }
identity() { "$1" -c 'import os, sys; print(sys.version, os.path.realpath(sys.base_prefix))' 2>/dev/null; }

choose_python() {
    without_venv=
    for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
        is_new_enough "$candidate" || continue
        if can_make_venvs "$candidate"; then
            python=$candidate
            return
        fi
        without_venv=$candidate
    done
    if [ -n "$without_venv" ]; then
        fail "$without_venv is here, but without its venv module, which TickTune is installed with." \
            "On Debian and Ubuntu: sudo apt-get install python3-venv" \
            "(for a Python beside the system's own, its own package: such as python3.12-venv)"
    elif [ -n "${PYTHON:-}" ]; then
        fail "PYTHON=$PYTHON is not a Python that runs here and is 3.11 or newer."
    fi
    fail "TickTune needs Python 3.11 or newer, and none was found." \
        "On Debian and Ubuntu: sudo apt-get install python3 python3-venv" \
        "On macOS: brew install python, or the installer from python.org" \
        "If it is somewhere else: make run PYTHON=/path/to/python3"
}

is_sound() {
    [ ! -e "$busy" ] &&
        "$venv/bin/python" -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null &&
        { [ -z "${PYTHON:-}" ] || [ "$(identity "$PYTHON")" = "$(identity "$venv/bin/python")" ]; }
}

kind=${1:-}
case "$kind" in
    run | multilingual | dev) ;;
    *) fail "usage: environment.sh run|multilingual|dev" ;;
esac

# Asked once, of whoever starts the page at a terminal, before the minutes in which nobody looks.
offer() {
    [ "$kind" = run ] && [ ! -e "$answer" ] && [ ! -e "$venv/.installed-dev" ] && [ -t 0 ] && [ -t 2 ] || return 0
    printf '%s\n%s' "The model that comes with TickTune reads English." \
        "Install one for a hundred languages as well (91 MB; later: make multilingual)? [y/N] " >&2
    read -r reply || reply=
    case "$reply" in
        [yY]*) echo yes >"$answer" ;;
        *) echo no >"$answer" ;;
    esac
}
is_multilingual() { [ "$(cat "$answer" 2>/dev/null)" = yes ]; }

# What .venv has to hold. requirements-dev.txt begins with everything in the two others.
wanted() {
    cat requirements.txt
    if [ "$1" = dev ] || is_multilingual; then cat requirements-multilingual.txt; fi
    [ "$1" = run ] || cat requirements-dev.txt
}
write_stamp() { wanted "$1" >"$venv/.installed-$1.part" && mv "$venv/.installed-$1.part" "$venv/.installed-$1"; }

if [ -s "$busy" ] && kill -0 "$(cat "$busy")" 2>/dev/null; then
    fail "Another command (process $(cat "$busy")) is installing into .venv just now: wait until it is done." \
        "If there is none, delete .venv/.installing and try again."
fi
if ! is_sound; then
    choose_python
    [ ! -e "$venv" ] || echo "Making .venv anew: it was incomplete, broken or of another Python." >&2
    rm -rf "$venv"
    mkdir "$venv"
    echo $$ >"$busy"
    "$python" -m venv "$venv"
    rm "$busy"
fi
[ "$kind" != multilingual ] || { echo yes >"$answer" && kind=run; }
offer
if wanted "$kind" | cmp -s - "$venv/.installed-$kind"; then
    exit 0
fi

requirements="-r requirements.txt"
! is_multilingual || requirements="$requirements -r requirements-multilingual.txt"
[ "$kind" = run ] || requirements="-r requirements-dev.txt"
echo "Installing ${requirements#-r } into .venv: minutes the first time, because PyTorch is large." >&2
rm -f "$venv/.installed-run" "$venv/.installed-dev"
echo $$ >"$busy"
status=0
"$venv/bin/python" -m pip install $requirements || status=$?
# Only a killed install leaves the mark behind, and with it a .venv that cannot be trusted.
rm "$busy"
[ $status -eq 0 ] || fail "The install did not finish: see pip's message above. The same command tries again."
write_stamp run
[ "$kind" = run ] || write_stamp dev
