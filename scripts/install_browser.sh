#!/usr/bin/env bash
# Installs what the browser tests and the screenshots need, where it is missing: Chromium and a font with Chinese.
#
# Says on stdout only the path of the browser to drive; everything else goes to stderr. Takes well under a
# second when both are there. Set CHROMIUM to use a browser of your own.
set -euo pipefail
cd "$(dirname "$0")/.."

python=.venv/bin/python

say() { printf '%s\n' "$@" >&2; }
fail() {
    say "$@"
    exit 1
}
has() { command -v "$1" >/dev/null; }

# Ubuntu's packages of Chromium are stubs around a snap, which is shut out from the folders that the tests use.
is_snap() {
    local file
    file=$(realpath "$1" 2>/dev/null || echo "$1")
    [[ $file == */snap || $file == */snap/* ]] || { [[ $(head -c 2 "$file") == '#!' ]] && grep -q /snap/ "$file"; }
}

system_browser() {
    local name file
    if [[ -n ${CHROMIUM:-} ]]; then
        [[ -x $CHROMIUM ]] || fail "CHROMIUM=$CHROMIUM is no program: unset it, or give the path of a Chromium."
        echo "$CHROMIUM"
        return
    fi
    for name in chromium chromium-browser google-chrome; do
        file=$(command -v "$name") || continue
        is_snap "$file" || { echo "$file" && return; }
    done
}

# The browser that Playwright keeps for itself, outside the system's packages.
playwright_browser() {
    [[ -x $python ]] || return 0
    "$python" -c '
import os
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    path = playwright.chromium.executable_path
    print(path if os.access(path, os.X_OK) else "")
'
}

find_browser() {
    local found
    found=$(system_browser) || return
    [[ -n $found ]] || found=$(playwright_browser) || return
    echo "$found"
}

has_cjk_font() {
    [[ $(uname) == Darwin ]] && return # it ships with macOS
    if has fc-list; then
        [[ -n $(fc-list :lang=zh file) ]]
    else
        [[ -n $(find /usr/share/fonts -iname '*cjk*' -o -iname 'wqy*' 2>/dev/null) ]]
    fi
}

as_root() {
    if [[ $(id -u) == 0 ]]; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

may_be_root() { [[ $(id -u) == 0 ]] || { has sudo && { sudo -n true 2>/dev/null || [[ -t 0 ]]; }; }; }

apt_install() {
    may_be_root || fail "This needs the rights of an administrator. Run: sudo apt-get install $*"
    say "Installing $* ..."
    local log
    log=$(mktemp)
    if ! as_root apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        fail "apt-get could not install $*: see its message above."
    fi
    rm "$log"
}

# Whether apt's own chromium is a real one: Debian's is, Ubuntu has none or a snap's stub.
apt_has_chromium() {
    local candidate
    candidate=$(LC_ALL=C apt-cache policy chromium | sed -n 's/^ *Candidate: //p')
    [[ -n $candidate && $candidate != "(none)" && $candidate != *snap* ]]
}

playwright_install() {
    [[ -x $python ]] || fail "Playwright brings the browser here, and it is not installed yet: run make setup."
    say "Installing Playwright's Chromium ..."
    local with_deps=() # Playwright knows the libraries that its browser needs on systems with apt
    ! has apt-get || ! may_be_root || with_deps=(--with-deps)
    "$python" -m playwright install chromium ${with_deps[@]+"${with_deps[@]}"} >&2 </dev/null ||
        fail "Playwright could not install Chromium: see its message above." \
            "Install Chromium or Google Chrome in another way, or set CHROMIUM to the path of one."
}

browser=$(find_browser)
font=missing
! has_cjk_font || font=there

if has apt-get && [[ -z $browser || $font == missing ]]; then
    if may_be_root; then
        as_root apt-get update -qq >&2 </dev/null || say "apt-get update failed: going on with the lists that are here."
    fi
    packages=()
    [[ -n $browser ]] || ! apt_has_chromium || packages+=(chromium)
    [[ $font == there ]] || packages+=(fonts-noto-cjk)
    [[ ${#packages[@]} == 0 ]] || apt_install "${packages[@]}"
elif [[ $font == missing ]]; then
    say "No font with Chinese characters was found: screenshots will show boxes in their place." \
        "Install one with your package manager: its name has noto and cjk in it."
fi

[[ -n $browser ]] || browser=$(system_browser)
if [[ -z $browser ]]; then
    playwright_install
    browser=$(playwright_browser)
    [[ -n $browser ]] || fail "Chromium was installed but cannot be found: set CHROMIUM to its path."
fi
echo "$browser"
