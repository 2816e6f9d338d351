# Builds with the same scripts as on a laptop: script/setup installs the tools, script/build builds the release. The
# final image has neither the tools nor the sources, and runs the server as a plain user. deploy/test/image tests it.
#
# Cache mounts are avoided, because builders without BuildKit refuse them.

# Holds only the files that determine the tools and the third-party crates. COPY compares contents, so a change
# elsewhere does not rebuild those layers. The sources are replaced by empty ones, which the same commands build.
FROM debian:bookworm-20260803-slim@sha256:abd67ffcfa541b485a3dff59865ab629aa048a6c613e639d36e7456b0b229241 AS manifests
WORKDIR /sala
COPY . .
RUN grep -E '^(rust-version|wasm-bindgen) = ' Cargo.toml >/versions.toml
RUN mkdir -p /crates/public /crates/style && touch /crates/style/main.scss && \
    cp --parents Cargo.toml Cargo.lock */Cargo.toml /crates && \
    for file in */build.rs */src/lib.rs */src/main.rs; do \
        mkdir -p "/crates/${file%/*}" && echo 'fn main() {}' >"/crates/$file" || exit; \
    done

FROM node:22.23.2-bookworm-slim@sha256:d649c27dae7ba0137b3cef5dd75baa422c08dc3d9e3fc0c23dfb172dc3cc6436 AS node

FROM rust:1.96.0-bookworm@sha256:5e2214abe154fe26e39f64488952e5c991eeed1d6d6da7cc8381ae83927f0cfc AS build
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules/npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
ENV XDG_CACHE_HOME=/cache
WORKDIR /sala

# The tools take the longest and change the least. rustup adds the components and the target that the image's Rust
# lacks.
COPY script/env script/setup script/
COPY script/lib/say.bash script/lib/install.bash script/lib/rust.bash script/lib/cargo-tools.bash script/lib/
COPY --from=manifests /versions.toml ./Cargo.toml
RUN script/setup --build-only

# Compiles the third-party crates, for the server and for the browser. The output of the empty crates is discarded.
COPY --from=manifests /crates ./
COPY script/build script/
RUN script/build && rm -r target

COPY . .
# Cargo compares modification times, and the sources may be older than the empty ones.
RUN find . -name '*.rs' -exec touch {} + && script/build && strip target/release/server && mkdir /data

# A distroless image would be 20 MB smaller, but its health check would have to be a program of its own.
FROM debian:bookworm-20260803-slim@sha256:abd67ffcfa541b485a3dff59865ab629aa048a6c613e639d36e7456b0b229241
# The server reads the hashed file names from hash.txt beside it.
COPY --from=build /sala/target/release/server /sala/target/release/hash.txt /app/
COPY --from=build /sala/target/site /app/site
# For connections to Redis over TLS.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
# A new volume takes its owner from this folder.
COPY --from=build --chown=10001:10001 /data /data
WORKDIR /app
ENV HOST=0.0.0.0 PORT=8080 LEPTOS_SITE_ROOT=/app/site DATA_DIR=/data
USER 10001:10001
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
# Written in bash, because the image has no curl.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$PORT && printf 'GET /health/ready HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && read -r answer <&3 && [[ $answer == *' 200 '* ]]"]
ENTRYPOINT ["/app/server"]
