#!/usr/bin/env bash
# The browser tests drive Debian's Chromium. It is installed here where that is possible; elsewhere those
# tests skip and say why, and everything else runs.
set -u
if command -v chromium >/dev/null 2>&1; then exit 0; fi
if ! command -v apt-get >/dev/null 2>&1; then
  echo "No chromium and no apt-get here: the browser tests will be skipped."; exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "No chromium here, and installing it needs root (apt-get install chromium): the browser tests will be skipped."; exit 0
fi
echo "Installing Debian's chromium for the browser tests ..."
export DEBIAN_FRONTEND=noninteractive
(apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium fonts-dejavu-core) >/tmp/rightcall-apt.log 2>&1 \
  || echo "chromium could not be installed (see /tmp/rightcall-apt.log): the browser tests will be skipped."
