// Whether anything that was lent to the build has stayed in the image.
"use strict";

const { spawnSync } = require("node:child_process");

const { secrets } = require("./host");
const { folderOf } = require("./layers");

// The files in which something of it is.
function findLent(image) {
  const patterns = secrets();
  // grep takes an empty pattern for one that is everywhere.
  if (patterns.length === 0) return [];
  const folders = image.layers.map(folderOf);
  const search = spawnSync("grep", ["-rlaF", "-f", "-", ...folders], { input: patterns.join("\n"), encoding: "utf8" });
  if (search.status > 1) throw new Error(`grep failed: ${search.stderr}`);
  return search.stdout.split("\n").filter(Boolean);
}

module.exports = { findLent };
