// How this machine reaches registries: proxies, certificates, and the settings of apt, npm and Cargo. Each RUN is lent them, as
// mounts that are in no layer.
"use strict";

const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const { homedir } = require("node:os");
const { join } = require("node:path");

const { acquisition, sources, sourcesList } = require("./apt");

const OWN =
  /^((https?|ftp|no|all)_proxy|npm_config_\w*(registry|proxy)|cargo_(http|net|registr)\w*|rustup_\w*(install|server|root))$/i;
const CERTIFICATES = ["SSL_CERT_FILE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "CARGO_HTTP_CAINFO", "NODE_EXTRA_CA_CERTS"];

const variables = () => Object.entries(process.env).filter(([name]) => OWN.test(name));
const certificates = () => read(process.env.SSL_CERT_FILE ?? "/etc/ssl/certs/ca-certificates.crt");
const npm = () => read(join(homedir(), ".npmrc"));
const cargo = () => read(join(process.env.CARGO_HOME ?? join(homedir(), ".cargo"), "config.toml"));

// lend(ROOT): mounts all that, and returns the variables that tell of it.
function lend(root) {
  for (const folder of ["run", ".cargo"]) mountMemory(join(root, folder));
  // No variable names Cargo's; it looks into the folders above the one that it works in.
  fs.writeFileSync(join(root, ".cargo/config.toml"), cargo());
  fs.writeFileSync(join(root, "run/sources.list"), sourcesList("here"));
  mountOver(join(root, "run/sources.list"), join(root, "etc/apt/sources.list"));
  for (const file of ["/etc/resolv.conf", "/etc/hosts"]) mountOver(file, join(root, file));
  execFileSync("mount", ["--rbind", "/dev", join(root, "dev")]);

  const files = { APT_CONFIG: acquisition(), NPM_CONFIG_USERCONFIG: npm() };
  for (const name of CERTIFICATES) files[name] = certificates();
  const told = Object.entries(files).filter(([, content]) => content);
  for (const [name, content] of told) fs.writeFileSync(join(root, "run", name), content);
  return [...variables(), ...told.map(([name]) => [name, `/run/${name}`])].map((pair) => pair.join("="));
}

// The one folder that was not there before; everything else goes with the mounts.
function takeBack(root) {
  execFileSync("umount", [join(root, ".cargo")]);
  fs.rmdirSync(join(root, ".cargo"));
}

function mountMemory(folder) {
  fs.mkdirSync(folder, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", "mode=755", "lent", folder]);
}

function mountOver(file, path) {
  execFileSync("mount", ["--bind", "-o", "ro", file, path]);
}

// What is this machine's own in that, and too long to be anywhere by chance. Certificates are left out: the image has its own.
function secrets() {
  const mirrors = sources().filter(({ here, usual }) => here !== usual);
  const lines = [acquisition(), npm(), cargo()].flatMap((text) => text.split("\n"));
  const values = [...variables().map(([, value]) => value), ...mirrors.map(({ here }) => here)];
  return [...lines, ...values].filter((line) => line.trim().length >= 16);
}

const read = (path) => (fs.existsSync(path) ? fs.readFileSync(path, "utf8") : "");

module.exports = { lend, secrets, takeBack };
