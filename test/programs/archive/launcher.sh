#!/bin/sh
# Starts the program of the same name beside it, by the Node of this machine.
set -eu

fail() {
  echo "$1 Get it from https://nodejs.org or your package manager." >&2
  exit 2
}

# krew and npm link to this file from elsewhere.
self=$0
while [ -L "$self" ]; do
  link=$(readlink "$self")
  case $link in
    /*) self=$link ;;
    *) self=$(dirname "$self")/$link ;;
  esac
done
folder=$(cd "$(dirname "$self")" && pwd -P)
name=$(basename "$self")

node=$(command -v node) || fail "$name needs Node 22.19 or newer, and there is no node in the PATH."
version=$("$node" --version)
numbers=${version#v}
major=${numbers%%.*}
rest=${numbers#*.}
minor=${rest%%.*}
if [ "$major" -lt 22 ] || { [ "$major" -eq 22 ] && [ "$minor" -lt 19 ]; }; then
  fail "$name needs Node 22.19 or newer, and $node is $version."
fi

case $name in
  kubectl_complete-ucl) exec "$node" "$folder/kubectl-ucl.js" __complete "$@" ;;
  *) exec "$node" "$folder/$name.js" "$@" ;;
esac
