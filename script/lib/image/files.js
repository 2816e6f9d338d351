// The files that a COPY names: what they are, as Docker compares them, and how they get into a root.
"use strict";

const { createHash } = require("node:crypto");
const fs = require("node:fs");
const { basename, dirname, join, relative } = require("node:path");

// find(ROOT, SOURCES, IGNORED): each file, folder and link under the sources, with the name that it gets below the target.
// A folder stands for what is in it.
function find(root, sources, ignored = () => false) {
  return sources.flatMap((source) => {
    const top = join(root, source);
    const isFolder = fs.lstatSync(top, { throwIfNoEntry: false })?.isDirectory();
    if (isFolder === undefined) throw new Error(`COPY finds no ${source}`);
    return walk(top, (path) => ignored(relative(root, path))).map(({ path, stat }) => {
      return { path, stat, name: isFolder ? relative(top, path) : basename(path), isFolder };
    });
  });
}

function walk(path, ignored) {
  const stat = fs.lstatSync(path);
  if (!stat.isDirectory()) return [{ path, stat }];
  const names = fs.readdirSync(path).sort();
  const inside = names.map((name) => join(path, name)).filter((inner) => !ignored(inner));
  return [{ path, stat }, ...inside.flatMap((inner) => walk(inner, ignored))];
}

// Alike for files that are alike. Times do not count.
function compare(files) {
  const hash = createHash("sha256");
  for (const { path, stat, name } of files) {
    hash.update(JSON.stringify([name, stat.mode, stat.isDirectory() || content(path, stat)]));
  }
  return hash.digest("hex");
}

function content(path, stat) {
  const bytes = stat.isSymbolicLink() ? fs.readlinkSync(path) : fs.readFileSync(path);
  return createHash("sha256").update(bytes).digest("hex");
}

// A target that ends with a slash, or that several files go to, is a folder.
function copy(files, target, owner) {
  const intoFolder = target.endsWith("/") || files.some(({ isFolder }) => isFolder);
  for (const { path, stat, name } of files) {
    const to = intoFolder ? join(target, name) : target;
    fs.mkdirSync(dirname(to), { recursive: true });
    if (stat.isDirectory()) fs.mkdirSync(to, { recursive: true });
    else if (stat.isSymbolicLink()) fs.symlinkSync(fs.readlinkSync(path), to);
    else fs.copyFileSync(path, to);
    fs.lchownSync(to, ...owner);
    if (stat.isSymbolicLink()) continue;
    fs.chmodSync(to, stat.mode & 0o7777);
    fs.utimesSync(to, stat.atime, stat.mtime);
  }
}

// What .dockerignore says, as a question about a path.
function readIgnored(path) {
  const patterns = fs.readFileSync(path, "utf8").split("\n").filter((line) => line && !line.startsWith("#"));
  const unknown = patterns.find((pattern) => /[!?[\]\\+(){}$^|]|.\*\*/.test(pattern));
  if (unknown) throw new Error(`${path}: script/image does not know how to read ${unknown}`);
  const expressions = patterns.map((pattern) => {
    const [, anywhere, rest] = /^(\*\*\/)?(.*)$/.exec(pattern);
    return new RegExp(`^${anywhere ? "(.*/)?" : ""}${rest.replace(/\./g, "\\.").replace(/\*/g, "[^/]*")}$`);
  });
  return (name) => expressions.some((expression) => expression.test(name));
}

module.exports = { compare, copy, find, readIgnored };
