#!/usr/bin/env bash
# The browser tests drive Debian's Chromium, and the database tests start a PostgreSQL of their own; with "all", the
# tests of the Spark engine need Java. Each is installed here where that is possible; elsewhere those tests skip and
# say why, and everything else runs.
set -u
log=/tmp/rightcall-apt.log
updated=no

# have NAME: is it here already? PostgreSQL's server programs are not on the path on Debian.
have() {
  case "$1" in
    chromium) command -v chromium >/dev/null 2>&1 ;;
    java) command -v java >/dev/null 2>&1 ;;
    postgresql) command -v pg_ctl >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/pg_ctl >/dev/null 2>&1 ;;
  esac
}

# want NAME TESTS PACKAGE...: install the packages unless NAME is here.
want() {
  local name="$1" tests="$2"
  shift 2
  if have "$name"; then return; fi
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "No $name and no apt-get here: the $tests tests will be skipped."; return
  fi
  if [ "$(id -u)" -ne 0 ]; then
    echo "No $name here, and installing it needs root (apt-get install $name): the $tests tests will be skipped."; return
  fi
  echo "Installing Debian's $name for the $tests tests ..."
  export DEBIAN_FRONTEND=noninteractive
  if [ "$updated" = no ]; then apt-get -qq update >>"$log" 2>&1 && updated=yes; fi
  apt-get -qq install -y --no-install-recommends "$@" >>"$log" 2>&1 \
    || echo "$name could not be installed (see $log): the $tests tests will be skipped."
}

: >"$log" 2>/dev/null || log=/dev/null
want chromium browser chromium fonts-dejavu-core
want postgresql database postgresql
if [ "${1:-}" = all ]; then want java Spark default-jre-headless; fi
exit 0
