// Where this machine's apt finds Debian, and how it gets there.
"use strict";

const { execFileSync } = require("node:child_process");

const RELEASE = "bookworm";
const DEBIAN = "http://deb.debian.org/debian/";
const SECURITY = "http://deb.debian.org/debian-security/";

// Each list of packages with Debian's own address, and with that which this machine has for it.
function sources() {
  const targets = ["indextargets", "--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages", "Origin: Debian"];
  const known = new Map(apt("apt-get", targets).map((line) => line.split(" ")));
  const lists = { [RELEASE]: DEBIAN, [`${RELEASE}-updates`]: DEBIAN, [`${RELEASE}-security`]: SECURITY };
  return Object.entries(lists).map(([name, usual]) => ({ name, usual, here: known.get(name) ?? usual }));
}

// sourcesList(WHICH): as a file for apt, `usual` or `here`.
const sourcesList = (which) => sources().map((source) => `deb ${source[which]} ${source.name} main\n`).join("");

// Proxies and the like.
const acquisition = () => apt("apt-config", ["dump"]).filter((line) => line.startsWith("Acquire::")).join("\n");

function apt(program, words) {
  try {
    return execFileSync(program, words, { encoding: "utf8" }).split("\n");
  } catch (error) {
    // Where there is no apt it has no settings either.
    if (error.code === "ENOENT") return [];
    throw error;
  }
}

module.exports = { RELEASE, acquisition, sources, sourcesList };
