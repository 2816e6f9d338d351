// Starts the image as a container engine does where it is told to trust it with nothing: the root read-only, the user of
// the Dockerfile without privileges, and process 1.
"use strict";

const { execFileSync, spawn, spawnSync } = require("node:child_process");
const fs = require("node:fs");
const { join } = require("node:path");

const { inside } = require("./inside");
const { mount } = require("./layers");

const DEVICES = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

// start(IMAGE, SETTINGS, VOLUMES): resolves when the server says where it listens.
async function start(image, settings, volumes = image.volumes) {
  const root = mount(image.layers);
  volumes.forEach((folder) => mountVolume(root, folder));
  mountDevices(root);
  // It shares the network of this machine, unlike a container, so the image's own 0.0.0.0 would let everybody in.
  const how = { ...image, variables: [...image.variables, "HOST=127.0.0.1", ...settings] };
  const child = spawn(...inside(root, how, image.entrypoint), { stdio: ["ignore", "pipe", "pipe"], detached: true });
  const gone = new Promise((resolve) => child.on("close", (status) => resolve(status)));
  const address = await Promise.race([
    listening(child),
    gone.then((status) => {
      throw new Error(`The server ended with status ${status} before it listened.`);
    }),
  ]);
  // unshare waits for its only child, which has become the server.
  const pid = Number(fs.readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8"));
  return {
    address,
    pid,
    gone,
    stop: () => process.kill(pid, image.signal),
    run: (command) => spawnSync(...inside(root, how, command), { encoding: "utf8" }),
  };
}

// What it logs is shown, too.
function listening(child) {
  return new Promise((resolve) => {
    let said = "";
    const streams = [child.stdout, child.stderr];
    const look = (bytes) => {
      said += bytes;
      const found = /listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(said);
      if (!found) return;
      streams.forEach((stream) => stream.off("data", look));
      resolve(found[1]);
    };
    for (const stream of streams) {
      stream.pipe(process.stderr, { end: false });
      stream.on("data", look);
    }
  });
}

// As an engine makes one: with the owner that the folder has in the image.
function mountVolume(root, folder) {
  const { uid, gid } = fs.statSync(join(root, folder));
  execFileSync("mount", ["-t", "tmpfs", "-o", `uid=${uid},gid=${gid},mode=755`, "volume", join(root, folder)]);
}

function mountDevices(root) {
  const folder = join(root, "dev");
  execFileSync("mount", ["-t", "tmpfs", "-o", "mode=755", "devices", folder]);
  execFileSync("cp", ["--archive", ...DEVICES, folder]);
  execFileSync("mount", ["-o", "remount,ro", folder]);
}

module.exports = { start };
