-- ARGV: PUBLISH or, in a cluster, SPUBLISH; channel, new epoch, uid, author/id, time in ms, body, events to keep, 1 if
-- the caller waits for replicas
-- Returns the event's seq and the time at which it was first accepted.
local publish, channel, new_epoch, uid, id, at, body, limit, replicated = unpack(ARGV)
local DAY = 24 * 60 * 60 * 1000

-- An id is kept while its event is in the stream, and for at least a day. Removing two ids per append keeps pace.
local function prune()
  for _ = 1, 2 do
    local oldest = redis.call('LINDEX', order, 0)
    if not oldest then return end
    local receipt = redis.call('HGET', ids, oldest)
    if receipt then
      local seq, accepted = receipt:match('^(%d+) (%d+)$')
      if tonumber(accepted) + DAY >= tonumber(at) then return end
      local first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
      if first and tonumber(first[1]:match('^%d+')) <= tonumber(seq) then return end
      redis.call('HDEL', ids, oldest)
    end
    redis.call('LPOP', order)
  end
end

local epoch, last, prev = ensure_epoch(new_epoch)
local receipt = redis.call('HGET', ids, id)
if receipt then
  -- WAIT covers writes of this connection only, and the first append may have used another one.
  if replicated == '1' then redis.call('HSET', ids, id, receipt) end
  local seq, accepted = receipt:match('^(%d+) (%d+)$')
  return { tonumber(seq), tonumber(accepted) }
end

local seq = string.format('%.0f', last + 1)
redis.call('HSET', meta, 'seq', seq, 'uid', uid)
if last == 0 then redis.call('PERSIST', meta) end
redis.call('XADD', stream, 'MAXLEN', '~', limit, seq .. '-0', 'uid', uid, 'prev', prev, 'body', body)
redis.call('HSET', ids, id, seq .. ' ' .. at)
redis.call('RPUSH', order, id)
redis.call(publish, channel, '+' .. epoch .. ' ' .. seq .. ' ' .. uid .. ' ' .. prev .. '\n' .. body)
prune()
return { tonumber(seq), tonumber(at) }
