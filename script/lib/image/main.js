// main.js CONTEXT check|serve|build PORT, in a mount namespace of its own: see script/image.
"use strict";

const { build } = require("./build");
const { check } = require("./check");
const { prepare } = require("./layers");
const { say } = require("./say");
const { start } = require("./server");

async function main(context, what, port) {
  prepare();
  const image = build(context);
  say("The image is built.");
  if (what === "check") await check(image);
  if (what === "serve") await serve(image, port);
}

async function serve(image, port) {
  const server = await start(image, [`PORT=${port}`]);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, server.stop);
  say(`Sala is at ${server.address}, its rooms in memory. Ctrl-C stops it.`);
  process.exitCode = (await server.gone) ?? 1;
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(`!! ${error.message}`);
  process.exit(1);
});
