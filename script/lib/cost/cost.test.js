// node --test script/lib/cost/cost.test.js
"use strict";

const assert = require("node:assert/strict");
const { spawnSync } = require("node:child_process");
const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { after, test } = require("node:test");

const { readFigures, readPrices, readSettings } = require("./files.js");
const { most, ofAnInstance, ofTheService } = require("./limits.js");
const { baseLoad, hearing, instancesFor, message, month } = require("./model.js");
const { bill, total } = require("./prices.js");
const { digits, written } = require("./tables.js");

const ROOT = join(__dirname, "../../..");
const SETTINGS = { CONCURRENCY: 1000, TIMEOUT: 3600, CPU: 1, MEMORY_MIB: 512, SIZE: 1, MAX_INSTANCES: 10 };
const LOAD = {
  people: 1, room: 10, messages: 1, hours: 8, days: 30, visits: 0, first: 0, min: 0, max: 10, billing: "request", tier: "basic",
};
const scratch = mkdtempSync(join(tmpdir(), "sala-cost-"));
after(() => rmSync(scratch, { recursive: true }));

// Nothing costs anything but what is given.
function figures(given = {}) {
  const known = Object.keys(readFigures(join(ROOT, "docs/cost.figures")));
  const nothing = Object.fromEntries(known.map((name) => [name, 0]));
  return { ...nothing, FIRST_VISIT_REQUESTS: 8, INSTANCE_MB: 30, INSTANCE_CONNECTIONS: 2, ...given };
}

const perMessage = (what, ten, hundred, tenOnTwo = ten, hundredOnTwo = hundred) => ({
  [`MESSAGE_10_${what}`]: ten, [`MESSAGE_100_${what}`]: hundred,
  [`MESSAGE_10_TWO_${what}`]: tenOnTwo, [`MESSAGE_100_TWO_${what}`]: hundredOnTwo,
});

const monthOf = (load, given) => month(figures(given), SETTINGS, { ...LOAD, ...load });

function file(name, text) {
  const path = join(scratch, name);
  writeFileSync(path, text);
  return path;
}

const cost = (...flags) => spawnSync(join(ROOT, "script/cost"), flags, { encoding: "utf8" });

test("nobody needs no instance, and Redis is there all the same", () => {
  const { instances, vcpuSeconds, requests, egressGib, redisGib, redisHours } = monthOf({ people: 0 });
  assert.deepEqual({ instances, vcpuSeconds, requests, egressGib }, { instances: 0, vcpuSeconds: 0, requests: 0, egressGib: 0 });
  assert.equal(redisGib * redisHours, 730);
});

test("one person keeps a whole instance", () => {
  const { instances, vcpuSeconds, gibSeconds } = monthOf({ people: 1, hours: 24 });
  assert.deepEqual([instances, vcpuSeconds, gibSeconds], [1, 30 * 86_400, 30 * 43_200]);
});

test("instances come one by one, when six tenths of the sockets are open", () => {
  const instances = (people) => monthOf({ people }).instances;
  assert.deepEqual([600, 601, 1_200, 1_201, 10_000].map(instances), [1, 2, 2, 3, 17]);
});

test("instances come for CPU where that is more", () => {
  // 600 people say 10 messages a second, each for a tenth of a second of CPU.
  const busy = figures(perMessage("CPU_US", 100_000, 100_000));
  assert.equal(instancesFor(busy, SETTINGS, { ...LOAD, people: 600 }), 2);
});

test("what goes to people is counted by hours, messages, visits and sockets", () => {
  const visit = { FIRST_VISIT_BYTES: 5_000, VISIT_BYTES: 500, JOIN_BYTES: 50 };
  const given = { ...perMessage("BYTES", 1_000, 1_000), ...visit, IDLE_BYTES: 100 };
  const { egressGib, requests } = monthOf({ people: 10, hours: 8.5, days: 2, visits: 4, first: 0.25, messages: 2 }, given);
  const [hours, visits] = [10 * 8.5 * 2, 10 * 4 * 2];
  const sockets = visits + hours / 0.85;
  const bytes = hours * 100 + hours * 60 * 2 * 1_000 + visits * (0.25 * 5_000 + 0.75 * 500) + sockets * 50;
  assert.ok(Math.abs(egressGib * 2 ** 30 - bytes) < 1e-3, `${egressGib * 2 ** 30} is not ${bytes}`);
  assert.equal(requests, visits * (0.25 * 8 + 0.75) + sockets);
});

test("what goes to Redis is counted by messages, and by silence on each instance that hears", () => {
  const given = { ...perMessage("REDIS_RECEIVED", 1_000, 1_000), IDLE_REDIS_RECEIVED: 60 };
  const { toRedisGib } = monthOf({ people: 1_200, room: 2 }, given);
  const bytes = 1_200 * 8 * 30 * (60 * 1_000 + 60 * 1.5);
  assert.ok(Math.abs(toRedisGib * 2 ** 30 - bytes) < 1e-3, `${toRedisGib * 2 ** 30} is not ${bytes}`);
});

test("a message is told from rooms of 10 and 100, on one instance and on two", () => {
  const of = figures(perMessage("BYTES", 10, 100, 14, 140));
  const cases = [[10, 1, 10], [100, 1, 100], [55, 1, 55], [10, 2, 14], [100, 2, 140], [10, 3, 18]];
  for (const [members, spread, bytes] of cases) assert.equal(message(of, "BYTES", members, spread), bytes);
});

test("a room is heard on as many instances as it has people, at most", () => {
  assert.deepEqual([hearing(0, 10), hearing(1, 10), hearing(2, 2)], [1, 1, 1.5]);
  assert.ok(hearing(1_000, 3) > 2.9 && hearing(1_000, 3) < 3);
  assert.ok(hearing(3, 200) > 2.99);
});

test("instances that wait are told apart from those that serve", () => {
  const awake = 8 * 30;
  assert.equal(monthOf({ people: 10, min: 2 }).waitingVcpuSeconds, (2 * 730 - awake) * 3600);
  assert.equal(monthOf({ people: 10, min: 1 }).waitingVcpuSeconds, (730 - awake) * 3600);
  assert.equal(monthOf({ people: 0, min: 1 }).waitingVcpuSeconds, 730 * 3600);
});

test("where instances are billed they are so until they go, those that stay anyway but once", () => {
  const billed = (min) => monthOf({ people: 10, billing: "instance", min }).vcpuSeconds;
  assert.equal(billed(0), (8 + 0.25) * 30 * 3600);
  assert.equal(billed(1), 8 * 30 * 3600);
});

test("Redis has what full rooms need, unless told otherwise", () => {
  const given = { KEPT_MESSAGE_BYTES: 1_000 };
  assert.equal(monthOf({ people: 1_000 }, given).redisGib, 2);
  assert.equal(monthOf({ people: 1_000, size: 1 }, given).redisGib, 1);
});

test("the most that holds is found", () => {
  for (const limit of [0, 1, 2, 999, 1_000, 65_537]) assert.equal(most((people) => people <= limit), limit);
  assert.equal(most(() => true), Infinity);
});

test("the order of the limits comes from the figures", () => {
  const first = (found) => found[0][0];
  assert.match(first(ofAnInstance(figures(), SETTINGS, LOAD)), /^sockets/);
  assert.deepEqual(first(ofAnInstance(figures(perMessage("CPU_US", 1e6, 1e6)), SETTINGS, LOAD)), "CPU");
  assert.equal(first(ofAnInstance(figures({ INSTANCE_MB: 600 }), SETTINGS, LOAD)), "memory");
  assert.match(first(ofTheService(figures(), SETTINGS, LOAD)), /^10 instances/);
  assert.match(first(ofTheService(figures(perMessage("REDIS_CPU_US", 1e5, 1e5)), SETTINGS, LOAD)), /^the core/);
  assert.match(first(ofTheService(figures({ KEPT_MESSAGE_BYTES: 1e6 }), SETTINGS, LOAD)), /^1 GiB/);
  assert.match(first(ofTheService(figures(perMessage("REDIS_RECEIVED", 1e6, 1e6)), SETTINGS, LOAD)), /^a connector of 2/);
  const people = ofTheService(readFigures(join(ROOT, "docs/cost.figures")), SETTINGS, LOAD).map(([, people]) => people);
  assert.deepEqual(people, [...people].sort((a, b) => a - b));
});

test("the bill is units times prices", () => {
  const prices = readPrices(file("prices", "VCPU_SECOND=0.5 # a comment\nGIB_SECOND=2\nMILLION_REQUESTS=1\nEGRESS_GIB=1\n" +
    "VPC_GIB=1\nREDIS_BASIC_GIB_HOUR=1\nREGISTRY_GIB_MONTH=10\nSECRET_MONTH=1\n"));
  const units = { ...monthOf({ people: 0 }), vcpuSeconds: 4, gibSeconds: 3, requests: 2e6, egressGib: 5, toRedisGib: 7 };
  assert.equal(total(units, LOAD, prices), 4 * 0.5 + 3 * 2 + 2 + 5 + 7 + 730 + 1 + 3);
});

test("a price that is missing is named, and no other is asked for", () => {
  const prices = readPrices(file("few", "VCPU_SECOND=1\nGIB_SECOND=\n"));
  assert.throws(() => bill(monthOf({}), LOAD, prices), /few has no price GIB_SECOND/);
  assert.throws(() => readPrices(file("wrong", "VCPU_SECOND=1,5\n")).of("VCPU_SECOND"), /VCPU_SECOND=1,5 is no price/);
  const names = (load) => bill(monthOf(load), { ...LOAD, ...load }, { of: (name) => asked.push(name) });
  const asked = [];
  names({});
  assert.deepEqual(asked.filter((name) => /WAITING|INSTANCE|CONNECTOR|STANDARD/.test(name)), []);
  asked.length = 0;
  names({ billing: "instance", tier: "standard", connector: true, min: 1 });
  assert.deepEqual(asked.filter((name) => /WAITING|REQUESTS|BASIC/.test(name)), []);
});

test("the prices of the example are all that are ever asked for", () => {
  const all = ["--billing", "instance", "--tier", "standard", "--connector", "--min", "1"];
  for (const flags of [[], ["--table"], ["--min", "1"], all]) {
    const { status, stdout, stderr } = cost("--prices", join(ROOT, "docs/prices.example"), "--busy", ...flags);
    assert.deepEqual([status, stderr], [0, ""]);
    assert.match(stdout, /Cost/);
  }
});

test("what is not understood is said", () => {
  for (const [flags, part] of [
    [["--peple", "3"], "does not know '--peple'"],
    [["people"], "does not know 'people'"],
    [["--people"], "--people : allowed is a whole number from 0"],
    [["--people", "1.5"], "allowed is a whole number"],
    [["--room", "201"], "from 2 to 200"],
    [["--tier", "gold"], "basic or standard"],
    [["--prices", join(scratch, "none")], "cannot be read"],
  ]) {
    const { status, stderr } = cost(...flags);
    assert.equal(status, 1);
    assert.ok(stderr.includes(part), stderr);
  }
  assert.match(cost("--help").stdout, /^script\/cost \[--table/);
});

test("a figure that is missing is named, with how to measure it", () => {
  const few = readFigures(file("figures", "IDLE_BYTES=1\n"));
  assert.throws(() => few.JOIN_BYTES, /has no JOIN_BYTES: script\/bench --only cost --write/);
});

test("numbers have three digits that count", () => {
  assert.deepEqual([0, 0.0042517, 84.56, 1_728_000].map(digits), ["0", "0.00425", "84.6", "1,730,000"]);
});

test("docs/cost.md has the tables of today: script/cost --write", () => {
  const page = readFileSync(join(ROOT, "docs/cost.md"), "utf8");
  const settings = readSettings(join(ROOT, "deploy/settings"));
  assert.ok(written(page, readFigures(join(ROOT, "docs/cost.figures")), settings, baseLoad(settings)) === page);
  assert.throws(() => written("", figures(), SETTINGS, LOAD), /has lost its markers/);
});
