-- ARGV: new epoch, XRANGE or XREVRANGE, its two bounds, maximum number of entries
-- Returns epoch, seq and uid of the head, and the entries, as one snapshot.
local new_epoch, direction, from, to, limit = unpack(ARGV)
local epoch, seq, uid = ensure_epoch(new_epoch)
return { epoch, seq, uid, redis.call(direction, stream, from, to, 'COUNT', limit) }
