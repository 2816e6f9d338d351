-- A room lives while its meta has an epoch and, once something was said in it, its stream and its ids are there. What is
-- left of a life that lost one of them (a deletion, an eviction) is removed, and a new life begins: its epoch makes every client replace
-- what it shows, and no number of the old life is mistaken for one of the new.
local meta, stream, ids, order = KEYS[1], KEYS[2], KEYS[3], KEYS[4]

local function live(fresh_epoch)
  local epoch, seq, uid = unpack(redis.call('HMGET', meta, 'epoch', 'seq', 'uid'))
  -- A room that was only looked at is forgotten a day after the last look; its first event makes it stay.
  if seq == '0' then redis.call('EXPIRE', meta, 86400) end
  if epoch and seq and uid and (seq == '0' or redis.call('EXISTS', stream, ids, order) == 3) then
    return epoch, tonumber(seq), uid
  end
  redis.call('DEL', meta, stream, ids, order)
  redis.call('HSET', meta, 'epoch', fresh_epoch, 'seq', 0, 'uid', '')
  redis.call('EXPIRE', meta, 86400)
  return fresh_epoch, 0, ''
end
