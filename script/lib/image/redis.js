// A Redis on this machine's loopback, for as long as it is needed.
"use strict";

const { spawn } = require("node:child_process");
const { once } = require("node:events");
const { createServer } = require("node:net");
const { createInterface } = require("node:readline");

async function withRedis(use) {
  const port = await freePort();
  const settings = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  const redis = spawn("setpriv", ["--pdeathsig=KILL", "redis-server", ...settings], { stdio: ["ignore", "pipe", "inherit"] });
  const gone = once(redis, "close");
  let isReady = false;
  for await (const line of createInterface(redis.stdout)) {
    isReady = line.includes("Ready to accept connections");
    if (isReady) break;
  }
  if (!isReady) throw new Error("redis-server did not start.");
  // What it says from here on nobody reads, and a full pipe would stop it.
  redis.stdout.resume();
  try {
    await use(`redis://127.0.0.1:${port}`);
  } finally {
    redis.kill();
    await gone;
  }
}

async function freePort() {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address();
  listener.close();
  await once(listener, "close");
  return port;
}

module.exports = { freePort, withRedis };
