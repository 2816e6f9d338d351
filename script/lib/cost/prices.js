// What the units of a month cost, by the prices that the reader has filled in.
"use strict";

const IMAGE_GIB = 0.1;
const SECRETS = 3;

// The lines of the bill: what, how much of it, the name of its price, and how many units that price is for.
function lines(month, load) {
  const instance = load.billing === "instance" ? "_INSTANCE" : "";
  const tier = load.tier.toUpperCase();
  return [
    ["vCPU-seconds", month.vcpuSeconds, `VCPU_SECOND${instance}`],
    ["GiB-seconds", month.gibSeconds, `GIB_SECOND${instance}`],
    // Where instances are billed, one that waits costs as much as any other.
    ["vCPU-seconds, waiting", month.waitingVcpuSeconds, `VCPU_SECOND${instance || "_WAITING"}`],
    ["GiB-seconds, waiting", month.waitingGibSeconds, `GIB_SECOND${instance || "_WAITING"}`],
    ["million requests", load.billing === "instance" ? 0 : month.requests / 1e6, "MILLION_REQUESTS"],
    ["GiB to people", month.egressGib, "EGRESS_GIB"],
    ["GiB to Redis", month.toRedisGib, "VPC_GIB"],
    [`GiB-hours of Redis, ${load.tier}`, month.redisGib * month.redisHours, `REDIS_${tier}_GIB_HOUR`],
    ["machine-hours of the connector", month.connectorHours, "CONNECTOR_MACHINE_HOUR"],
    ["GiB of images", IMAGE_GIB, "REGISTRY_GIB_MONTH"],
    ["secrets", SECRETS, "SECRET_MONTH"],
  ].filter(([, units]) => units > 0);
}

// [what, units, price, cost] of each line.
function bill(month, load, prices) {
  return lines(month, load).map(([what, units, name]) => [what, units, prices.of(name), units * prices.of(name)]);
}

const total = (month, load, prices) => bill(month, load, prices).reduce((sum, [, , , cost]) => sum + cost, 0);

// The same people on one small machine with an embedded database.
function onMachine(month, prices) {
  const disk = Math.max(10, Math.ceil(month.redisNeeded));
  const machine = month.redisHours * prices.of("MACHINE_HOUR") + disk * prices.of("DISK_GIB_MONTH");
  return machine + month.egressGib * prices.of("EGRESS_GIB");
}

module.exports = { bill, lines, onMachine, total };
