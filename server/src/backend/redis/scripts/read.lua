-- ARGV: epoch for a new life, XRANGE or XREVRANGE, its two bounds, how many entries at most
-- Returns epoch, number and uid of the last event, and the entries, all of one moment.
local fresh_epoch, direction, from, to, limit = unpack(ARGV)
local epoch, seq, uid = live(fresh_epoch)
return { epoch, seq, uid, redis.call(direction, stream, from, to, 'COUNT', limit) }
