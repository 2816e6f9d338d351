# shellcheck shell=bash
#
# Where the built release is, for whoever starts it. hash.txt has to stay beside the server: it holds the names of the files.

export SALA_BIN=$SALA_ROOT/target/release/server LEPTOS_SITE_ROOT=$SALA_ROOT/target/site
