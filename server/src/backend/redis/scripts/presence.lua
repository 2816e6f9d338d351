-- live: connection -> expiry in ms of this server's clock, the only clock that is used
-- who: connection -> user id
-- count: user id -> number of connections, a space, the name given by the latest connection
-- names: name NUL user id of every user, in the order of the roster (a name has no control characters)
local live, who, count, names = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
-- ARGV: PUBLISH or, in a cluster, SPUBLISH; channel; time to live of a connection in ms; maximum length of the roster
local publish, channel, ttl, listed = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])

-- All four keys exist, or none. When Redis evicts one of them, users would be counted twice or not at all for as long
-- as anybody is in the room. So the rest is deleted as well, and the next refresh of each instance restores its users.
if redis.call('EXISTS', live, who, count, names) < 4 then redis.call('DEL', live, who, count, names) end

local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local joined, left = {}, {}

local function lookup(id)
  local known = redis.call('HGET', count, id)
  if not known then return 0, nil end
  local connections, name = known:match('^(%d+) (.*)$')
  return tonumber(connections), name
end

local function add(connection, id, name)
  if redis.call('ZADD', live, now + ttl, connection) == 0 then return end
  redis.call('HSET', who, connection, id)
  local connections, known_as = lookup(id)
  if known_as ~= name then
    if known_as then redis.call('ZREM', names, known_as .. '\0' .. id) end
    redis.call('ZADD', names, 0, name .. '\0' .. id)
    joined[#joined + 1] = '{"id":' .. cjson.encode(id) .. ',"name":' .. cjson.encode(name) .. '}'
  end
  redis.call('HSET', count, id, (connections + 1) .. ' ' .. name)
end

local function remove(connection)
  if redis.call('ZREM', live, connection) == 0 then return end
  local id = redis.call('HGET', who, connection)
  if not id then return end
  redis.call('HDEL', who, connection)
  local connections, name = lookup(id)
  if connections > 1 then
    redis.call('HSET', count, id, (connections - 1) .. ' ' .. name)
  elseif connections == 1 then
    redis.call('HDEL', count, id)
    redis.call('ZREM', names, name .. '\0' .. id)
    left[#left + 1] = cjson.encode(id)
  end
end

local function sweep()
  for _, connection in ipairs(redis.call('ZRANGEBYSCORE', live, '-inf', now)) do remove(connection) end
end

-- The presence of a room whose instances all died expires after an hour.
local function expire_later()
  for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, 3600) end
end

local function publish_changes()
  if #joined == 0 and #left == 0 then return end
  redis.call(publish, channel, '~{"type":"people","joined":[' .. table.concat(joined, ',') ..
    '],"left":[' .. table.concat(left, ',') .. '],"count":' .. redis.call('HLEN', count) .. '}')
end

local function roster()
  return { redis.call('HLEN', count), redis.call('ZRANGE', names, 0, listed - 1) }
end
