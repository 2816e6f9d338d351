// Downloads cargo-leptos and wasm-bindgen from a release server on loopback: `node --test
// script/lib/cargo-tools.test.js`.
"use strict";

const assert = require("node:assert/strict");
const { execFile, execFileSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const { createServer } = require("node:http");
const { tmpdir } = require("node:os");
const { basename, join } = require("node:path");
const { after, before, test } = require("node:test");

const COMMAND = ". script/env; . script/lib/say.bash; . script/lib/cargo-tools.bash; setup_cargo_tools";
// Connecting, a silent checksum and a slow archive together.
const GIVE_UP_MS = 20_000;

let scratch, address, server;
// How the server behaves, by the first folder of the path: the archive that it sends, and the bytes of the checksum.
const BEHAVIOURS = {
  right: (path) => ({ sent: archive(path) }),
  "wrong-checksum": (path) => ({ sent: archive(path), checked: "other bytes" }),
  "wrong-version": (path) => ({ sent: archive(path, "0.0.1") }),
  slow: (path) => ({ checked: archive(path) }),
};

function respond(request, response) {
  const [, behaviour, ...path] = request.url.split("/");
  if (behaviour === "silent") return;
  const { sent, checked = sent } = BEHAVIOURS[behaviour]?.(path.join("/")) ?? {};
  if (checked === undefined) response.writeHead(404).end("Not Found");
  else if (!request.url.endsWith(".tar.gz")) response.end(checksum(checked, request.url));
  else if (sent) response.end(sent);
  else {
    const drip = setInterval(() => response.write(Buffer.alloc(1_000)), 100);
    response.on("close", () => clearInterval(drip));
  }
}

before(async () => {
  scratch = fs.mkdtempSync(join(tmpdir(), "sala-setup-"));
  server = createServer(respond);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${server.address().port}`;
});

after(() => {
  server.closeAllConnections();
  server.close();
  fs.rmSync(scratch, { recursive: true });
});

test("installs both programs from the files that the projects publish", async () => {
  const asked = [];
  const triple = /(x86_64|aarch64)-(unknown-linux-musl|apple-darwin)/;
  server.on("request", ({ url }) => asked.push(url.replace(/\d+\.\d+\.\d+/g, "VERSION").replace(triple, "TRIPLE")));
  const { status, output, tools } = await run("right");
  server.removeAllListeners("request").on("request", respond);
  assert.equal(status, 0, output);
  assert.doesNotMatch(output, /compiling/);
  assert.deepEqual(fs.readdirSync(join(tools, "bin")), ["cargo-leptos", "wasm-bindgen"]);
  assert.deepEqual(asked, [
    "/right/leptos-rs/cargo-leptos/releases/download/vVERSION/cargo-leptos-TRIPLE.tar.gz.sha256",
    "/right/leptos-rs/cargo-leptos/releases/download/vVERSION/cargo-leptos-TRIPLE.tar.gz",
    "/right/wasm-bindgen/wasm-bindgen/releases/download/VERSION/wasm-bindgen-VERSION-TRIPLE.tar.gz.sha256sum",
    "/right/wasm-bindgen/wasm-bindgen/releases/download/VERSION/wasm-bindgen-VERSION-TRIPLE.tar.gz",
  ]);
});

for (const [behaviour, reason] of [
  ["wrong-checksum", /checksum is [0-9a-f]{64}, should be [0-9a-f]{64}/],
  ["wrong-version", /no working cargo-leptos/],
  ["missing", /404/],
  ["silent", /too slow/],
  ["slow", /too slow/],
  ["unreachable", /connect/i],
]) {
  test(`compiles both where the server is ${behaviour}`, async () => {
    const { status, output, tools, milliseconds } = await run(behaviour);
    assert.match(output, reason);
    assert.match(output, /cargo-leptos [\d.]+: compiling: done/);
    assert.equal(status, 0, output);
    assert.ok(milliseconds < GIVE_UP_MS, `gave up only after ${milliseconds} ms`);
    assert.deepEqual(fs.readdirSync(tools), ["bin"], "leftovers of the download");
  });
}

// A Cargo that writes both programs without compiling them.
const CARGO = `#!/bin/sh
write() { printf '#!/bin/sh\\necho %s\\n' "$2" >"$SALA_TOOLS/bin/$1" && chmod +x "$SALA_TOOLS/bin/$1"; }
write cargo-leptos "$CARGO_LEPTOS_VERSION" && write wasm-bindgen "$WASM_BINDGEN_VERSION"
`;

// Installs both in an empty cache.
function run(behaviour) {
  const home = fs.mkdtempSync(join(scratch, "home-"));
  const tools = join(home, "sala/tools");
  fs.mkdirSync(join(tools, "bin"), { recursive: true });
  fs.writeFileSync(join(home, "cargo"), CARGO, { mode: 0o755 });
  const releases = behaviour === "unreachable" ? "http://127.0.0.1:1" : `${address}/${behaviour}`;
  const env = { ...process.env, PATH: `${home}:${process.env.PATH}`, XDG_CACHE_HOME: home, SALA_RELEASES: releases };
  const started = Date.now();
  return new Promise((resolve) => {
    execFile("bash", ["-euo", "pipefail", "-c", COMMAND], { env }, (error, stdout, stderr) => {
      resolve({ status: error?.code ?? 0, output: stdout + stderr, tools, milliseconds: Date.now() - started });
    });
  });
}

// A release archive for the requested path: one folder with a program that prints the version.
function archive(path, version = /(\d+\.\d+\.\d+)/.exec(path)[1]) {
  const folder = basename(path).replace(/\.tar\.gz.*$/, "");
  const file = join(scratch, `${folder}-${version}.tar.gz`);
  if (!fs.existsSync(file)) {
    const program = folder.startsWith("cargo-leptos") ? "cargo-leptos" : "wasm-bindgen";
    fs.mkdirSync(join(scratch, folder), { recursive: true });
    fs.writeFileSync(join(scratch, folder, program), `#!/bin/sh\necho ${program} ${version}\n`, { mode: 0o755 });
    execFileSync("tar", ["-czf", file, "-C", scratch, folder]);
  }
  return fs.readFileSync(file);
}

const checksum = (bytes, path) => `${createHash("sha256").update(bytes).digest("hex")}  gh-release/${basename(path)}\n`;
