// What each step adds to the files before it is a folder of its own, kept under a name that is made of the step and of all that
// it is given. The folders are mounted on each other by overlayfs. All mounts are in this process's own mount namespace, and
// end with it.
"use strict";

const { createHash } = require("node:crypto");
const { execFileSync } = require("node:child_process");
const { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } = require("node:fs");
const { join } = require("node:path");

const { say } = require("./say");

const CACHE = join(process.env.SALA_CACHE, "image");
const LAYERS = join(CACHE, "layers");
const PLACES = join(CACHE, "mounts");
// overlayfs wants two folders at least, and a writable one or none.
const EMPTY = "empty";

// What each layer of this image is, by its name.
const used = new Map([[EMPTY, "nothing"]]);

function prepare() {
  mkdirSync(join(LAYERS, EMPTY), { recursive: true });
  mkdirSync(PLACES, { recursive: true });
  // So that no mount point outlives the mounts either.
  execFileSync("mount", ["-t", "tmpfs", "-o", "mode=755", "mounts", PLACES]);
}

// layer(BELOW, WHAT, INPUT, FILL): BELOW and one more, which FILL writes into the mounted root if it is not kept from before.
function layer(below, what, input, fill) {
  const name = digest([below.at(-1), what, input]);
  used.set(name, what);
  if (existsSync(folderOf(name))) {
    say(`${what} (kept)`);
  } else {
    const started = Date.now();
    say(what);
    make(below, folderOf(name), fill);
    say(`done in ${Math.round((Date.now() - started) / 1000)} s`);
  }
  return [...below, name];
}

// Under its name only when it is whole.
function make(below, folder, fill) {
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  const [diff, work] = ["diff", "work"].map((name) => join(part, name));
  for (const made of [diff, work]) mkdirSync(made, { recursive: true, mode: 0o755 });
  const root = mount(below, [`upperdir=${diff}`, `workdir=${work}`]);
  fill(root);
  execFileSync("umount", ["--recursive", root]);
  renameSync(diff, folder);
  rmSync(part, { recursive: true });
}

// Mounts layers on each other, read-only unless told where changes go, and returns where.
function mount(layers, writable = ["ro"]) {
  const root = mkdtempSync(join(PLACES, "root-"));
  const lower = [...layers].reverse().concat(EMPTY).map(folderOf);
  execFileSync("mount", ["-t", "overlay", "-o", [`lowerdir=${lower.join(":")}`, ...writable].join(), "image", root]);
  return root;
}

// Layers that this image has no use for are those of an older one.
function forgetOthers() {
  for (const name of readdirSync(LAYERS)) {
    if (!used.has(name)) rmSync(folderOf(name), { recursive: true, force: true });
  }
}

const digest = (parts) => createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
const folderOf = (name) => join(LAYERS, name);
const whatIs = (name) => used.get(name);

module.exports = { folderOf, forgetOthers, layer, mount, prepare, whatIs };
