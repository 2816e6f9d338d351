# The same scripts as on a laptop: script/setup for the tools, script/build for the release. A small image without any of
# them then runs the server, not as root. No cache mounts: builders without BuildKit, as some clouds have, refuse them.

# The one line of Cargo.toml that the tools depend on, so that they are not installed anew for each of its other changes.
FROM debian:bookworm-slim AS pin
COPY Cargo.toml /Cargo.toml
RUN grep '^wasm-bindgen = ' /Cargo.toml >/pin.toml

FROM node:22-bookworm-slim AS node

FROM rust:1.96-bookworm AS build
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules/npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
ENV XDG_CACHE_HOME=/cache
WORKDIR /sala

# The tools take the longest and change the least: a layer of their own. rustup adds what the image's Rust lacks.
COPY rust-toolchain.toml ./
COPY script/env script/setup script/
COPY script/lib script/lib
COPY --from=pin /pin.toml ./Cargo.toml
RUN script/setup --build-only

COPY . .
RUN script/build && mkdir /data

FROM debian:bookworm-slim
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
