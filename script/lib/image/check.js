// What script/image --check proves of the image.
"use strict";

const { execFileSync } = require("node:child_process");
const { randomBytes } = require("node:crypto");
const fs = require("node:fs");
const { join } = require("node:path");

const { freePort, withRedis } = require("./redis");
const { findLent } = require("./leaks");
const { printSizes } = require("./sizes");
const { start } = require("./server");

// Cloud Run and compose.yaml wait so long between SIGTERM and SIGKILL.
const GRACE_MS = 10_000;

async function check(image) {
  console.log("\n== By itself, with a volume");
  await visit(image, image.volumes, [], (server) => {
    claim("it has the user of the Dockerfile, no groups and no privileges", hasNoPrivileges(server, image.user));
    claimSame("what can be written to", writable(server), image.volumes);
    const attempt = server.run(["bash", "-c", ": >/tmp/probe"]);
    claim("a file in /tmp is refused as on a read-only file system", /Read-only file system/.test(attempt.stderr));
  });

  console.log("\n== With Redis, and nowhere to write to");
  await withRedis(async (url) => {
    const variables = [`REDIS_URL=${url}`, `SESSION_KEY=${randomBytes(32).toString("hex")}`];
    await visit(image, [], variables, (server) => claimSame("what can be written to", writable(server), []));
  });

  console.log("\n== What is in it");
  claimSame("files that tell how this machine reaches registries", findLent(image), []);
  printSizes(image);
}

// Starts it on a free port, lets two people talk over it, and tells it to go. LOOK sees it meanwhile.
async function visit(image, volumes, variables, look) {
  const port = await freePort();
  const server = await start(image, [`PORT=${port}`, ...variables], volumes);
  claim(`it listens on the PORT that it is told, ${port}`, server.address === `http://127.0.0.1:${port}`);
  claim("the HEALTHCHECK of the Dockerfile passes", server.run(image.healthcheck).status === 0);
  look(server);
  execFileSync("deploy/check", [server.address], { stdio: "inherit" });
  console.log("ok   two people talked over it");

  const told = Date.now();
  server.stop();
  const status = await Promise.race([server.gone, tooLate()]);
  claim(`${image.signal} ends it with status 0, ${Date.now() - told} ms`, status === 0);
  claim("the HEALTHCHECK fails then", server.run(image.healthcheck).status !== 0);
}

function hasNoPrivileges({ pid }, { uid, gid }) {
  const lines = fs.readFileSync(join("/proc", String(pid), "status"), "utf8").split("\n");
  const status = Object.fromEntries(lines.map((line) => line.split(":\t")).map(([name, value]) => [name, value?.trim()]));
  return (
    status.Uid === Array(4).fill(uid).join("\t") &&
    status.Gid === Array(4).fill(gid).join("\t") &&
    status.Groups === "" &&
    ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"].every((set) => /^0+$/.test(status[set])) &&
    status.NoNewPrivs === "1"
  );
}

// Everything that its user may write to, but for devices and what /proc shows of the process itself.
function writable(server) {
  const elsewhere = ["/", "-path", "/proc", "-prune", "-o"];
  const search = server.run(["find", ...elsewhere, "-writable", "!", "-type", "l", "!", "-type", "c", "-prune", "-print"]);
  // It may not look into the folders of root, and may not write there either.
  return search.stdout.split("\n").filter(Boolean);
}

function tooLate() {
  return new Promise((resolve) => setTimeout(resolve, GRACE_MS, "too late").unref());
}

function claim(what, holds) {
  if (!holds) throw new Error(`This is not so: ${what}`);
  console.log(`ok   ${what}`);
}

function claimSame(what, found, wanted) {
  if (found.join() !== wanted.join()) throw new Error(`${what} should be ${list(wanted)}, and is ${list(found)}`);
  console.log(`ok   ${what}: ${list(found)}`);
}

const list = (items) => items.join(", ") || "nothing";

module.exports = { check };
