-- ARGV after the three of presence.lua: connection, id and name of its person
arrive(ARGV[4], ARGV[5], ARGV[6])
sweep()
stay()
announce()
return roster()
