// Takes the steps of the Dockerfile, and returns its last stage.
"use strict";

const { join, resolve } = require("node:path");

const { PATH, run, standIn } = require("./bases");
const { readDockerfile } = require("./dockerfile");
const files = require("./files");
const { forgetOthers, layer, mount } = require("./layers");

// What each instruction does to the stage that it stands in.
const STEPS = {
  COPY: (stage, step, from) => {
    const found = files.find(from.root, step.sources, from.ignored);
    stage.layers = layer(stage.layers, step.text, [stage.folder, files.compare(found)], (root) => {
      const slash = /(^|\/)\.?$/.test(step.target) ? "/" : "";
      files.copy(found, join(root, resolve(stage.folder, step.target), slash), (step.owner ?? "0:0").split(":").map(Number));
    });
  },
  RUN: (stage, step) => {
    if (stage.user) throw new Error(`script/image only knows RUN before USER: ${step.text}`);
    stage.layers = layer(stage.layers, step.text, [stage.folder, stage.variables], (root) => run(root, stage, step.command));
  },
  ENV: (stage, { variables }) => stage.variables.push(...variables),
  WORKDIR: (stage, { folder }) => (stage.folder = folder),
  USER: (stage, { uid, gid }) => (stage.user = { uid, gid }),
  VOLUME: (stage, { folder }) => stage.volumes.push(folder),
  EXPOSE: () => {},
  STOPSIGNAL: (stage, { signal }) => (stage.signal = signal),
  HEALTHCHECK: (stage, { command }) => (stage.healthcheck = command),
  ENTRYPOINT: (stage, { command }) => (stage.entrypoint = command),
};

function build(context) {
  const stages = new Map();
  const here = { root: context, ignored: files.readIgnored(join(context, ".dockerignore")) };
  let stage;
  for (const step of readDockerfile(join(context, "Dockerfile"))) {
    if (step.name === "FROM") {
      stage = { layers: standIn(step.image), variables: [PATH], folder: "/", volumes: [], signal: "SIGTERM" };
      stages.set(step.stage, stage);
    } else {
      STEPS[step.name](stage, step, step.from ? mounted(stages, step.from) : here);
    }
  }
  forgetOthers();
  return stage;
}

// A stage that others copy from is mounted once.
function mounted(stages, name) {
  const stage = stages.get(name);
  if (!stage) throw new Error(`The Dockerfile has no stage ${name} above the one that copies from it.`);
  stage.root ??= mount(stage.layers);
  return stage;
}

module.exports = { build };
