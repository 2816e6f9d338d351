-- ARGV after those of presence.lua: 1 if this is the last chunk; then connection, user id and name of each.
-- Only the last chunk sweeps, because connections of a later chunk may have expired.
for i = 6, #ARGV, 3 do add(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
if ARGV[5] == '1' then sweep() end
expire_later()
publish_changes()
