// What is met first when more and more people come: each limit is looked for by itself, and what comes out is put in order.
"use strict";

const { GIB, REDIS_FILL, bytesOfRedis, cpuOfInstances, cpuOfRedis, instancesFor, redisMemory } = require("./model.js");

// By the documentation of Google and of Redis, see docs/cost.md.
const REDIS_CLIENTS = 65_000;
const REDIS_GBIT = 16;
const CONNECTOR_MBIT = { smallest: 200, largest: 1_000 };
const INSTANCES_BY_DEFAULT = 100;
const SUBSCRIBER_BUFFER = 32 * 2 ** 20;
// An instance that is stopped for so long and then goes on.
const STANDSTILL_SECONDS = 10;
// Beyond it people wait for Redis noticeably.
const REDIS_BUSY = 0.8;

// More people than there are.
const NEVER = 1e10;

// What fills one instance: [what, people].
function ofAnInstance(figures, settings, load) {
  const alone = (people) => ({ ...load, people });
  const memory = settings.MEMORY_MIB * 2 ** 20;
  return inOrder([
    ["sockets (`CONCURRENCY`, the most that Cloud Run allows)", settings.CONCURRENCY],
    ["CPU", most((people) => cpuOfInstances(figures, alone(people), 1) <= settings.CPU)],
    ["memory", Math.floor((settings.CONCURRENCY * memory) / (figures.INSTANCE_MB * 1e6))],
  ]);
}

// What fills the service, with as many instances as it takes: [what, people].
function ofTheService(figures, settings, load) {
  // Beyond the aim of the autoscaler, when there can be no more instances, the last ones fill up.
  const full = (instances) => instances * settings.CONCURRENCY;
  const size = load.size ?? settings.SIZE;
  const needs = (what) => (people) => {
    const crowd = { ...load, people };
    return what(crowd, instancesFor(figures, settings, crowd));
  };
  const traffic = (crowd, instances) =>
    (bytesOfRedis(figures, crowd, instances, "SENT") + bytesOfRedis(figures, crowd, instances, "RECEIVED")) * 8;
  const upTo = (what, limit) => most((people) => needs(what)(people) <= limit);
  return inOrder([
    [`${load.max} instances (\`deploy/up --max\`)`, full(load.max)],
    [`${INSTANCES_BY_DEFAULT} instances, the most where no most is set`, full(INSTANCES_BY_DEFAULT)],
    [
      `${size} GiB of Redis, all rooms full (\`deploy/up --size\`)`,
      upTo((crowd) => redisMemory(figures, crowd), size * GIB * REDIS_FILL),
    ],
    ["the core on which Redis runs commands, 80 % busy", upTo((crowd, k) => cpuOfRedis(figures, crowd, k), REDIS_BUSY)],
    ["a connector of 2 e2-micro, 200 Mbit/s", upTo(traffic, CONNECTOR_MBIT.smallest * 1e6)],
    ["a connector of 10 e2-micro, 1,000 Mbit/s", upTo(traffic, CONNECTOR_MBIT.largest * 1e6)],
    [`${REDIS_GBIT} Gbit/s of the largest Memorystore`, upTo(traffic, REDIS_GBIT * 1e9)],
    [
      `32 MB that Redis keeps for an instance that stands still for ${STANDSTILL_SECONDS} s`,
      upTo((crowd, k) => (bytesOfRedis(figures, crowd, k, "SENT") / k) * STANDSTILL_SECONDS, SUBSCRIBER_BUFFER),
    ],
    [
      `${REDIS_CLIENTS.toLocaleString("en")} connections to Redis`,
      upTo((_, k) => k * figures.INSTANCE_CONNECTIONS, REDIS_CLIENTS),
    ],
  ]);
}

// The most people of whom it still holds.
function most(holds) {
  let [low, high] = [0, 1];
  while (holds(high)) {
    [low, high] = [high, high * 2];
    if (high > NEVER) return Infinity;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}

const inOrder = (limits) => limits.sort(([, one], [, other]) => one - other);

module.exports = { ofAnInstance, ofTheService, most };
