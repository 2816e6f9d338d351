# shellcheck shell=bash
#
# Paths of the built release. The server reads hash.txt, with the names of the built files, from its own folder.

export SALA_BIN=$SALA_ROOT/target/release/server LEPTOS_SITE_ROOT=$SALA_ROOT/target/site
