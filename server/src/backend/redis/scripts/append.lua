-- ARGV: PUBLISH or, in a cluster, SPUBLISH; channel, epoch for a new life, uid, author/id, time in ms, body, events to
-- keep, 1 if replicas are waited for
-- Returns the number of the event and the time of its first acceptance.
local publish, channel, fresh_epoch, uid, id, at, body, limit, copied = unpack(ARGV)
local DAY = 24 * 60 * 60 * 1000

-- Ids outlive their events' stay in the stream by as much as is missing to a day. Two a time keep pace with one new one.
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

local epoch, last, prev = live(fresh_epoch)
local receipt = redis.call('HGET', ids, id)
if receipt then
  -- Only a write of this connection is waited for; the first one may have been made on another.
  if copied == '1' then redis.call('HSET', ids, id, receipt) end
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
