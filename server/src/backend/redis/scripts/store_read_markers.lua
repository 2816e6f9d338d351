-- KEYS: a user's read positions: room -> seq, a space, time of storing in ms, a space, epoch
-- ARGV: time to live in ms, maximum number of rooms, now in ms; then room, epoch and seq of each position
local reads, ttl, most, now = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3]

for i = 4, #ARGV, 3 do
  local room, epoch, seq = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local known, known_epoch = (redis.call('HGET', reads, room) or ''):match('^(%d+) %d+ (.*)$')
  if known_epoch ~= epoch or tonumber(known) < tonumber(seq) then
    redis.call('HSET', reads, room, seq .. ' ' .. now .. ' ' .. epoch)
  end
end

while redis.call('HLEN', reads) > most do
  local all, oldest, when = redis.call('HGETALL', reads), nil, nil
  for i = 1, #all, 2 do
    local at = tonumber(all[i + 1]:match('^%d+ (%d+) ')) or 0
    if not when or at < when then oldest, when = all[i], at end
  end
  redis.call('HDEL', reads, oldest)
end
redis.call('PEXPIRE', reads, ttl)
