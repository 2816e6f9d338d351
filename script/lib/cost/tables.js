// The answers of script/cost, as Markdown.
"use strict";

const { ofAnInstance, ofTheService } = require("./limits.js");
const { month } = require("./model.js");
const { bill, lines, onMachine, total } = require("./prices.js");

const CROWDS = [10, 100, 1_000, 10_000];

const silentUnlessBusy = (load) => (load.busy ? load : { ...load, messages: 0 });

// One month, line by line.
function one(month, load, prices) {
  const { people, instances, redisNeeded, redisGib } = month;
  const more = instances > load.max ? `, more than --max ${load.max}: deploy/up --max ${instances}` : "";
  const head = [
    `${count(people)} people, ${load.busy ? "busy" : "silent"}, ${digits(load.hours)} hours on ${digits(load.days)} days.`,
    `Instances at once: ${count(instances)}${more}.`,
    `Redis has ${redisGib} GiB, of which rooms that are full take ${digits(redisNeeded)}.`,
  ].join("\n");
  const rows = lines(month, load).map(([what, units]) => [what, digits(units)]);
  return `${head}\n\n${prices ? priced(month, load, prices) : table(["A month", "Units"], rows)}`;
}

function priced(month, load, prices) {
  const rows = bill(month, load, prices).map(([what, units, price, cost]) => [what, digits(units), price, money(cost)]);
  rows.push(["Together", "", "", money(total(month, load, prices))]);
  if (prices.has("MACHINE_HOUR")) {
    rows.push(["The same people on one machine, without Redis", "", "", money(onMachine(month, prices))]);
  }
  return table(["A month", "Units", "Price", "Cost"], rows);
}

function byPeople(figures, settings, load, prices) {
  const rows = [["nobody", { ...load, people: 0 }]];
  for (const people of CROWDS) {
    rows.push([`${count(people)}, silent`, silentUnlessBusy({ ...load, people, busy: false })]);
    rows.push([`${count(people)}, busy`, { ...load, people, busy: true }]);
  }
  const head = ["People", "Instances", "vCPU-seconds", "GiB-seconds", "Requests", "GiB to people", "GiB of Redis"];
  const body = rows.map(([name, crowd]) => {
    const units = month(figures, settings, crowd);
    const { instances, requests, egressGib, redisGib } = units;
    const [vcpu, gib] = [units.vcpuSeconds + units.waitingVcpuSeconds, units.gibSeconds + units.waitingGibSeconds];
    const cells = [name, ...[instances, vcpu, gib, requests, egressGib, redisGib].map(digits)];
    return prices ? [...cells, money(total(units, crowd, prices))] : cells;
  });
  return table(prices ? [...head, "Cost"] : head, body);
}

function limits(figures, settings, load) {
  const rows = (found) => found.map(([what, people]) => [what, people === Infinity ? "never" : digits(people)]);
  return [
    table(["One instance is full by its", "People on it"], rows(ofAnInstance(figures, settings, load))),
    table(["The service is full by", "People"], rows(ofTheService(figures, settings, load))),
  ].join("\n\n");
}

function measured(figures) {
  const of = (...keys) => keys.map((key) => digits(figures[key]));
  const messages = ["MESSAGE_10", "MESSAGE_100", "MESSAGE_10_TWO", "MESSAGE_100_TWO"];
  const each = (what) => of(...messages.map((key) => `${key}_${what}`));
  return [
    table(
      ["", "Bytes to the person", "CPU", "Requests"],
      [
        ["First visit", ...of("FIRST_VISIT_BYTES", "FIRST_VISIT_CPU_US", "FIRST_VISIT_REQUESTS")],
        ["Later visit", ...of("VISIT_BYTES", "VISIT_CPU_US", "VISIT_REQUESTS")],
        ["Coming in, by a socket", ...of("JOIN_BYTES", "JOIN_CPU_US"), "1"],
        ["An hour of silence", ...of("IDLE_BYTES"), digits(figures.IDLE_CPU_MS * 1e3), "–"],
      ].map(([what, bytes, cpu, requests]) => [what, bytes, `${cpu} µs`, requests]),
    ),
    table(
      ["A message that is written, said and read", "Room of 10", "Room of 100", "10, two instances", "100, two instances"],
      [
        ["Bytes to all of them", ...each("BYTES")],
        ["CPU", ...each("CPU_US").map(micro)],
        ["CPU of Redis", ...each("REDIS_CPU_US").map(micro)],
        ["Commands of Redis", ...each("REDIS_COMMANDS")],
        ["Bytes to Redis", ...each("REDIS_RECEIVED")],
        ["Bytes from Redis", ...each("REDIS_SENT")],
      ],
    ),
    table(
      ["", ""],
      [
        ["A delivery and an acknowledgement, text of 64 bytes", `${digits(figures.DELIVERY_BYTES)} bytes`],
        ["A message that is kept: memory of Redis", `${digits(figures.KEPT_MESSAGE_BYTES)} bytes`],
        ["A person who is there: memory of Redis", `${digits(figures.PERSON_BYTES)} bytes`],
        ["A silent person, in an hour: commands of Redis", digits(figures.IDLE_REDIS_COMMANDS)],
        ["A silent person, in an hour: CPU of Redis", `${digits(figures.IDLE_REDIS_CPU_MS)} ms`],
        ["An instance with 1,000 silent people: memory", `${digits(figures.INSTANCE_MB)} MB`],
        ["An instance: connections to Redis", digits(figures.INSTANCE_CONNECTIONS)],
      ],
    ),
  ].join("\n\n");
}

// The page with the tables of today.
function written(page, figures, settings, load) {
  const parts = {
    measured: measured(figures),
    table: byPeople(figures, settings, load),
    limits: limits(figures, settings, load),
    "limits --room 100": limits(figures, settings, { ...load, room: 100 }),
  };
  return Object.entries(parts).reduce((text, [name, part]) => {
    const [begin, end] = [`<!-- script/cost --${name}: begin -->\n`, `<!-- script/cost --${name}: end -->`];
    const [before, rest] = text.split(begin);
    const after = rest?.split(end)[1];
    if (after === undefined) throw new Error(`docs/cost.md has lost its markers of --${name}`);
    return `${before}${begin}\n${part}\n\n${end}${after}`;
  }, page);
}

const micro = (text) => `${text} µs`;

function table(head, rows) {
  const line = (cells) => `|${cells.map((cell) => (cell === "" ? " " : ` ${cell} `)).join("|")}|`;
  return [line(head), `|---|${"---:|".repeat(head.length - 1)}`, ...rows.map(line)].join("\n");
}

const money = (amount) => amount.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

const count = (number) => number.toLocaleString("en");

// Three significant digits.
function digits(number) {
  return Number(number.toPrecision(3)).toLocaleString("en", { maximumFractionDigits: 20 });
}

module.exports = { byPeople, digits, limits, measured, one, silentUnlessBusy, written };
