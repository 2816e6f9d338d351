-- ARGV after the four of presence.lua: connection
depart(ARGV[5])
sweep()
announce()
