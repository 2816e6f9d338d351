// What a month of so many people needs: docs/cost.md tells the model in words.
"use strict";

const HOURS_OF_A_MONTH = 730;
const GIB = 2 ** 30;

// By the documentation of Cloud Run, see docs/cost.md: its autoscaler aims at this part of an instance's requests, and of its CPU.
const AIM = 0.6;
// Assumed: how long an instance stays when nobody is left, which is billed where instances are billed and not requests.
const LINGERS_HOURS = 0.25;
// Redis needs room for its buffers and for copying itself to a replica.
const REDIS_FILL = 0.8;
// A socket is changed at a moment between 75 and 95 % of the longest request (server/src/ws/connection.rs).
const ROTATION = 0.85;
// HISTORY_LIMIT of the server: a room keeps so many messages, however old.
const KEPT_IN_A_ROOM = 10_000;
// A connector has two machines at least.
const CONNECTOR_MACHINES = 2;

// What people do unless the flags of script/cost say otherwise.
const DEFAULTS = { people: 1000, room: 10, messages: 1, hours: 8, days: 30, visits: 4, first: 0.1, min: 0, billing: "request" };
const baseLoad = (settings) => ({ ...DEFAULTS, tier: settings.TIER, max: settings.MAX_INSTANCES });

// `figures` are measured, `settings` those of deploy/settings, `load` what people do.
function month(figures, settings, load) {
  const instances = instancesFor(figures, settings, load);
  const awake = load.people > 0 ? load.hours * load.days : 0;
  const personHours = load.people * awake;
  const visits = load.people * load.visits * load.days;
  const sockets = visits + personHours / ((settings.TIMEOUT / 3600) * ROTATION);
  const pages = 1 - load.first + load.first * figures.FIRST_VISIT_REQUESTS;
  const spread = hearing(instances, load.room);

  const serving = instances * awake;
  const lingers = load.billing === "instance" ? Math.max(0, instances - load.min) * LINGERS_HOURS * load.days : 0;
  const waiting = Math.max(0, load.min * HOURS_OF_A_MONTH - Math.min(load.min, instances) * awake);
  const memory = settings.MEMORY_MIB / 1024;
  const redisNeeded = redisMemory(figures, load) / GIB;
  return {
    people: load.people,
    instances,
    vcpuSeconds: (serving + lingers) * 3600 * settings.CPU,
    gibSeconds: (serving + lingers) * 3600 * memory,
    waitingVcpuSeconds: waiting * 3600 * settings.CPU,
    waitingGibSeconds: waiting * 3600 * memory,
    requests: visits * pages + sockets,
    egressGib:
      (personHours * figures.IDLE_BYTES +
        personHours * 60 * load.messages * message(figures, "BYTES", load.room, spread) +
        visits * (load.first * figures.FIRST_VISIT_BYTES + (1 - load.first) * figures.VISIT_BYTES) +
        sockets * figures.JOIN_BYTES) /
      GIB,
    toRedisGib: (awake * 3600 * bytesOfRedis(figures, load, instances, "RECEIVED")) / GIB,
    redisNeeded,
    redisGib: load.size ?? Math.max(settings.SIZE, Math.ceil(redisNeeded / REDIS_FILL)),
    redisHours: HOURS_OF_A_MONTH,
    connectorHours: load.connector ? CONNECTOR_MACHINES * HOURS_OF_A_MONTH : 0,
  };
}

// As many as the sockets ask for, and where that is more, as the CPU asks for.
function instancesFor(figures, settings, load) {
  if (load.people === 0) return 0;
  let instances = Math.ceil(load.people / (settings.CONCURRENCY * AIM));
  for (;;) {
    const asked = Math.ceil(cpuOfInstances(figures, load, instances) / (settings.CPU * AIM));
    if (asked <= instances) return instances;
    instances = asked;
  }
}

// Seconds of CPU in a second, of all instances together.
function cpuOfInstances(figures, load, instances) {
  const spread = hearing(instances, load.room);
  const page = load.first * figures.FIRST_VISIT_CPU_US + (1 - load.first) * figures.VISIT_CPU_US + figures.JOIN_CPU_US;
  return (
    (said(load) * message(figures, "CPU_US", load.room, spread)) / 1e6 +
    (load.people * spread * figures.IDLE_CPU_MS) / 3.6e6 +
    (load.people * load.visits * page) / (load.hours * 3600 * 1e6)
  );
}

// The same of Redis. Each instance that hears a room looks after it.
function cpuOfRedis(figures, load, instances) {
  const spread = hearing(instances, load.room);
  return (
    (said(load) * message(figures, "REDIS_CPU_US", load.room, spread)) / 1e6 +
    (load.people * spread * figures.IDLE_REDIS_CPU_MS) / 3.6e6
  );
}

// Bytes in a second between Redis and all instances, one way ("SENT" by Redis, or "RECEIVED").
function bytesOfRedis(figures, load, instances, way) {
  const spread = hearing(instances, load.room);
  const silence = (load.people * spread * figures[`IDLE_REDIS_${way}`]) / 3600;
  return said(load) * message(figures, `REDIS_${way}`, load.room, spread) + silence;
}

// When all rooms have all they keep: a room in which something was said never goes away by itself.
function redisMemory(figures, load) {
  const rooms = Math.ceil(load.people / load.room);
  return rooms * KEPT_IN_A_ROOM * figures.KEPT_MESSAGE_BYTES + load.people * figures.PERSON_BYTES;
}

// Messages in a second.
function said(load) {
  return (load.people * load.messages) / 60;
}

// What one message takes in a room of `members` that `spread` instances hear: a straight line through what was measured in rooms
// of 10 and of 100, on one instance and on two.
function message(figures, what, members, spread) {
  const inRoom = (key) => {
    const [ten, hundred] = [figures[`MESSAGE_10${key}_${what}`], figures[`MESSAGE_100${key}_${what}`]];
    return ten + ((hundred - ten) / 90) * (members - 10);
  };
  return inRoom("") + Math.max(0, inRoom("_TWO") - inRoom("")) * (spread - 1);
}

// On how many of the instances somebody of a room is, where chance decides who comes to which.
function hearing(instances, members) {
  return instances === 0 ? 1 : Math.max(1, instances * (1 - (1 - 1 / instances) ** members));
}

module.exports = {
  GIB, REDIS_FILL, baseLoad, bytesOfRedis, cpuOfInstances, cpuOfRedis, hearing, instancesFor, message, month, redisMemory,
};
