sweep()
announce()
return roster()
