-- live: connection -> when it expires, in ms of this server's clock, which is the only one that counts
-- who: connection -> id of its person
-- count: id of a person -> number of connections, a space, the name that the latest one gave
-- names: name NUL id of every person, in the order of the roster (a name has no control characters)
local live, who, count, names = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
-- ARGV: PUBLISH or, in a cluster, SPUBLISH; channel; ms that a connection stays; how many people are listed
local publish, channel, ttl, listed = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])

-- All four are there, or none. Where memory is short Redis evicts one of them, and people would be counted twice, or not at all, for
-- as long as anybody is here. So what is left goes, too, and the next refresh of each instance brings its people back.
if redis.call('EXISTS', live, who, count, names) < 4 then redis.call('DEL', live, who, count, names) end

local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local joined, left = {}, {}

local function person(id)
  local known = redis.call('HGET', count, id)
  if not known then return 0, nil end
  local connections, name = known:match('^(%d+) (.*)$')
  return tonumber(connections), name
end

local function arrive(connection, id, name)
  if redis.call('ZADD', live, now + ttl, connection) == 0 then return end
  redis.call('HSET', who, connection, id)
  local connections, known_as = person(id)
  if known_as ~= name then
    if known_as then redis.call('ZREM', names, known_as .. '\0' .. id) end
    redis.call('ZADD', names, 0, name .. '\0' .. id)
    joined[#joined + 1] = '{"id":' .. cjson.encode(id) .. ',"name":' .. cjson.encode(name) .. '}'
  end
  redis.call('HSET', count, id, (connections + 1) .. ' ' .. name)
end

local function depart(connection)
  if redis.call('ZREM', live, connection) == 0 then return end
  local id = redis.call('HGET', who, connection)
  if not id then return end
  redis.call('HDEL', who, connection)
  local connections, name = person(id)
  if connections > 1 then
    redis.call('HSET', count, id, (connections - 1) .. ' ' .. name)
  elseif connections == 1 then
    redis.call('HDEL', count, id)
    redis.call('ZREM', names, name .. '\0' .. id)
    left[#left + 1] = cjson.encode(id)
  end
end

local function sweep()
  for _, connection in ipairs(redis.call('ZRANGEBYSCORE', live, '-inf', now)) do depart(connection) end
end

-- Rooms whose instances all died vanish after an hour.
local function stay()
  for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, 3600) end
end

local function announce()
  if #joined == 0 and #left == 0 then return end
  redis.call(publish, channel, '~{"type":"people","joined":[' .. table.concat(joined, ',') ..
    '],"left":[' .. table.concat(left, ',') .. '],"count":' .. redis.call('HLEN', count) .. '}')
end

local function roster()
  return { redis.call('HLEN', count), redis.call('ZRANGE', names, 0, listed - 1) }
end
