-- ARGV after the four of presence.lua: connection, id and name of its person
arrive(ARGV[5], ARGV[6], ARGV[7])
sweep()
stay()
announce()
return roster()
