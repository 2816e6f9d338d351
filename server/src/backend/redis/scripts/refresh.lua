-- ARGV after the four of presence.lua: 1 if these are the last ones of the caller; then connection, id and name of each.
-- Nothing is swept before the last ones, or those that are still to come would blink.
for i = 6, #ARGV, 3 do arrive(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
if ARGV[5] == '1' then sweep() end
stay()
announce()
