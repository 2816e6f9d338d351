-- ARGV after those of presence.lua: connection
remove(ARGV[5])
sweep()
publish_changes()
