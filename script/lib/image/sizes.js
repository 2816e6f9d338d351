// How large the image is: each of its layers on the disk, and as gzip, as a registry keeps it.
"use strict";

const { execFileSync } = require("node:child_process");

const { folderOf, whatIs } = require("./layers");

function printSizes(image) {
  const rows = image.layers.map((name) => ({ what: whatIs(name), plain: measure(name, "cat"), packed: measure(name, "gzip") }));
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
  for (const { plain, packed, what } of [...rows, { what: "in all", plain: sum("plain"), packed: sum("packed") }]) {
    console.log(`${megabytes(plain)} ${megabytes(packed)} gzipped   ${what}`);
  }
}

function measure(name, pack) {
  const count = `set -o pipefail; tar -cC "$0" . | ${pack} | wc -c`;
  return Number(execFileSync("bash", ["-c", count, folderOf(name)], { encoding: "utf8" }));
}

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`.padStart(9);

module.exports = { printSizes };
