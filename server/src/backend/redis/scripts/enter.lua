-- ARGV after those of presence.lua: connection, user id and name
add(ARGV[5], ARGV[6], ARGV[7])
sweep()
expire_later()
publish_changes()
return roster()
