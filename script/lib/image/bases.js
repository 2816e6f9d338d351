// What stands in for the images that a registry would give; script/image --help tells people of it.
"use strict";

const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const { join } = require("node:path");

const { RELEASE, sources, sourcesList } = require("./apt");
const { lend, takeBack } = require("./host");
const { inside } = require("./inside");
const { layer } = require("./layers");

const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
// As small as Debian's own slim image: without what only people read.
const SLIM = `
  set -e; export DEBIAN_FRONTEND=noninteractive
  apt-get update -q && apt-get upgrade -y -q && apt-get clean
  rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/debconf/*-old
  find /usr/share/doc /usr/share/man /usr/share/info /usr/share/locale -type f ! -name copyright -delete`;
const COMPILER = `
  set -e; export DEBIAN_FRONTEND=noninteractive
  apt-get update -q
  apt-get install -y -q --no-install-recommends build-essential ca-certificates curl git
  apt-get clean`;

const STAND_INS = [
  { pattern: /^debian:bookworm-\d+-slim$/, layers: debian },
  { pattern: /^node:(?<version>[\d.]+)-bookworm-slim$/, layers: node },
  { pattern: /^rust:[\d.]+-bookworm$/, layers: rust },
];

function standIn(image) {
  for (const { pattern, layers } of STAND_INS) {
    const found = pattern.exec(image);
    if (found) return layers(found.groups);
  }
  throw new Error(`Nothing stands in for the image ${image}: add it to script/lib/image/bases.js`);
}

function debian() {
  return layer([], `debootstrap ${RELEASE}`, SLIM, (root) => {
    execFileSync("debootstrap", ["--variant=minbase", RELEASE, root, sources()[0].here], { stdio: "inherit" });
    // It has copied these from this machine, and noted its mirror.
    for (const file of ["resolv.conf", "hostname", "hosts"]) fs.writeFileSync(join(root, "etc", file), "");
    fs.writeFileSync(join(root, "etc/apt/sources.list"), sourcesList("usual"));
    run(root, { variables: [PATH], folder: "/" }, SLIM);
  });
}

function node({ version }) {
  const packages = { [`node-linux-${process.arch}@${version}`]: "usr/local", "npm@10": "usr/local/lib/node_modules/npm" };
  return layer(debian(), `Node.js ${version} by npm`, packages, (root) => {
    for (const [name, folder] of Object.entries(packages)) {
      const pack = ["pack", "--silent", "--pack-destination", join(root, "tmp"), name];
      const path = join(root, "tmp", execFileSync("npm", pack, { encoding: "utf8" }).trim());
      fs.mkdirSync(join(root, folder), { recursive: true });
      execFileSync("tar", ["-xzf", path, "-C", join(root, folder), "--strip-components=1", "--no-same-owner"]);
      fs.rmSync(path);
    }
  });
}

function rust() {
  return layer(debian(), "gcc, curl and git by apt", COMPILER, (root) => run(root, { variables: [PATH], folder: "/" }, COMPILER));
}

// run(ROOT, HOW, COMMAND): as RUN does, with what this machine lends to it.
function run(root, how, command) {
  const variables = ["HOME=/root", ...lend(root), ...how.variables];
  execFileSync(...inside(root, { ...how, variables }, ["/bin/sh", "-c", command]), { stdio: ["ignore", "inherit", "inherit"] });
  takeBack(root);
}

module.exports = { PATH, run, standIn };
