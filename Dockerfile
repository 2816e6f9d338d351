# The same scripts as on a laptop: script/setup for the tools, script/build for the release. A small image without any of
# them then runs the server, not as root. script/image takes these very steps where there is no container engine.
#
# No cache mounts: builders without BuildKit, as some clouds have, refuse them. Exact tags, and no digests: Debian's tag has
# its date, and the other two, which only build, are made anew by their keepers with Debian's fixes.

# What the tools and the crates of others depend on, without the rest: COPY looks at contents only, so that neither is
# built anew for a change elsewhere. The empty sources build by the same commands as the real ones.
FROM debian:bookworm-20260803-slim AS manifests
WORKDIR /sala
COPY . .
RUN grep '^wasm-bindgen = ' Cargo.toml >/pin.toml
RUN mkdir -p /crates/public /crates/style && touch /crates/style/main.scss && \
    cp --parents Cargo.toml Cargo.lock */Cargo.toml /crates && \
    for file in */build.rs */src/lib.rs */src/main.rs; do \
        mkdir -p "/crates/${file%/*}" && echo 'fn main() {}' >"/crates/$file" || exit; \
    done

FROM node:22.23.2-bookworm-slim AS node

FROM rust:1.96.0-bookworm AS build
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules/npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
ENV XDG_CACHE_HOME=/cache
WORKDIR /sala

# The tools take the longest and change the least. rustup adds what the image's Rust lacks.
COPY rust-toolchain.toml ./
COPY script/env script/setup script/
COPY script/lib/say.bash script/lib/rust.bash script/lib/
COPY --from=manifests /pin.toml ./Cargo.toml
RUN script/setup --build-only

# The crates of others, for the server and for the browser. What is made of the empty ones is of no use.
COPY --from=manifests /crates ./
COPY script/build script/
RUN script/build && rm -r target

COPY . .
# Cargo goes by times, and the sources may be older than the empty ones were.
RUN find . -name '*.rs' -exec touch {} + && script/build && strip target/release/server && mkdir /data

# Distroless would be 20 MB less to load, but the check of health has to be a program of its own there.
FROM debian:bookworm-20260803-slim
# hash.txt stands beside the server, which finds the names of the built files in it.
COPY --from=build /sala/target/release/server /sala/target/release/hash.txt /app/
COPY --from=build /sala/target/site /app/site
# For a Redis behind TLS.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
# A volume that is created here belongs to the server's user from the start.
COPY --from=build --chown=10001:10001 /data /data
WORKDIR /app
ENV HOST=0.0.0.0 PORT=8080 LEPTOS_SITE_ROOT=/app/site DATA_DIR=/data
USER 10001:10001
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
# By bash alone: nothing else needs to be in the image.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$PORT && printf 'GET /health/ready HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && read -r answer <&3 && [[ $answer == *' 200 '* ]]"]
ENTRYPOINT ["/app/server"]
