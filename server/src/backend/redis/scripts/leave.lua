-- ARGV after the three of presence.lua: connection
depart(ARGV[4])
sweep()
announce()
