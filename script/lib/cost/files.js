// Files of NAME=value lines: what was measured, what is deployed, and what the reader has filled in.
"use strict";

const { readFileSync } = require("node:fs");
const { relative } = require("node:path");

function readFigures(path) {
  return known(numbers(lines(path)), path, "script/bench --only cost --write");
}

// Those of deploy/settings that a bill depends on.
function readSettings(path) {
  const { MEMORY, TIER, ...rest } = lines(path);
  const [, mib] = /^(\d+)Mi$/.exec(MEMORY) ?? fail(`${path}: MEMORY=${MEMORY} is no number of Mi`);
  return known({ ...numbers(rest), MEMORY_MIB: Number(mib), TIER }, path, "git checkout deploy/settings");
}

// A price that is asked for and not there ends it, with its name.
function readPrices(path) {
  const filled = lines(path);
  return {
    of(name) {
      const price = filled[name];
      if (!price) fail(`${path} has no price ${name}: docs/prices.example says where it stands`);
      if (!/^\d+(\.\d+)?$/.test(price)) fail(`${path}: ${name}=${price} is no price, such as 0.00002`);
      return Number(price);
    },
    has: (name) => Boolean(filled[name]),
  };
}

function lines(path) {
  const pairs = readText(path).split("\n").filter((line) => /^[A-Z]/.test(line)).map((line) => line.split("=", 2));
  return Object.fromEntries(pairs.map(([name, value = ""]) => [name, value.replace(/\s*#.*/, "").trim()]));
}

function readText(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    return fail(`${relative(".", path)} cannot be read: ${error.message}`);
  }
}

function numbers(pairs) {
  return Object.fromEntries(Object.entries(pairs).map(([name, value]) => [name, Number(value)]));
}

// Asked for one that is missing it says so, where undefined would become a wrong bill.
function known(values, path, remedy) {
  return new Proxy(values, {
    get(target, name) {
      if (typeof name === "string" && !(name in target)) fail(`${relative(".", path)} has no ${name}: ${remedy}`);
      return target[name];
    },
  });
}

function fail(message) {
  throw new Error(message);
}

module.exports = { readFigures, readPrices, readSettings };
