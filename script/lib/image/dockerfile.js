// Reads the Dockerfile as far as ours goes. What it does not understand is an error that names the line, and never skipped.
"use strict";

const { readFileSync } = require("node:fs");

// How the rest of each instruction reads, as the properties that it stands for.
const READERS = {
  FROM: (rest) => groups(rest, /^(?<image>[^\s$]+)(?: AS (?<stage>[a-z]+))?$/),
  COPY: (rest) => {
    const found = groups(rest, /^(?:--from=(?<from>[a-z]+) )?(?:--chown=(?<owner>\d+:\d+) )?(?<paths>[^-$*?["][^$*?["]*)$/);
    const [target, ...sources] = words(found?.paths ?? "").reverse();
    return (sources.length === 1 || (sources.length > 1 && target.endsWith("/"))) && { ...found, sources, target };
  },
  RUN: (rest) => groups(rest, /^(?<command>[^-[<][^]*)$/),
  ENV: (rest) => /^(\w+=[^\s$"'\\]+(\s+|$))+$/.test(rest) && { variables: words(rest) },
  WORKDIR: (rest) => groups(rest, /^(?<folder>\/[^\s$]*)$/),
  USER: (rest) => groups(rest, /^(?<uid>\d+):(?<gid>\d+)$/),
  VOLUME: (rest) => groups(rest, /^(?<folder>\/[^\s$]*)$/),
  EXPOSE: () => ({}),
  STOPSIGNAL: (rest) => groups(rest, /^(?<signal>SIG[A-Z]+)$/),
  HEALTHCHECK: (rest) => program(rest.replace(/^(--[a-z-]+=\w+\s+)*CMD /, "")),
  ENTRYPOINT: (rest) => program(rest),
};

function readDockerfile(path) {
  return lines(readFileSync(path, "utf8")).map(({ number, text }) => {
    const [, name, rest] = /^(\S+)\s+([^]*)$/.exec(text) ?? [];
    const read = READERS[name]?.(rest);
    if (!read) throw new Error(`${path}:${number}: script/image does not know how to do this: ${text}`);
    return { name, text, ...read };
  });
}

// Without comments and empty lines, and with those that go on after a backslash in one.
function lines(source) {
  const found = [];
  let open;
  source.split("\n").forEach((line, index) => {
    if (/^\s*(#|$)/.test(line)) return;
    const text = line.replace(/\\$/, "").trim();
    if (open) open.text += ` ${text}`;
    else found.push((open = { number: index + 1, text }));
    if (!line.endsWith("\\")) open = undefined;
  });
  return found;
}

const words = (text) => text.split(/\s+/).filter(Boolean);
const groups = (text, pattern) => pattern.exec(text)?.groups;

function program(json) {
  try {
    return { command: JSON.parse(json) };
  } catch {
    return undefined;
  }
}

module.exports = { readDockerfile };
