-- A room exists while its meta has an epoch and, once it has events, its stream and ids exist. When one of these keys
-- is lost (a deletion, an eviction), the rest is removed and a new epoch begins: it makes every client replace its
-- view, and no seq of the old epoch is mistaken for one of the new.
local meta, stream, ids, order = KEYS[1], KEYS[2], KEYS[3], KEYS[4]

local function ensure_epoch(new_epoch)
  local epoch, seq, uid = unpack(redis.call('HMGET', meta, 'epoch', 'seq', 'uid'))
  -- A room without events expires a day after the last read; its first event makes it permanent.
  if seq == '0' then redis.call('EXPIRE', meta, 86400) end
  if epoch and seq and uid and (seq == '0' or redis.call('EXISTS', stream, ids, order) == 3) then
    return epoch, tonumber(seq), uid
  end
  redis.call('DEL', meta, stream, ids, order)
  redis.call('HSET', meta, 'epoch', new_epoch, 'seq', 0, 'uid', '')
  redis.call('EXPIRE', meta, 86400)
  return new_epoch, 0, ''
end
