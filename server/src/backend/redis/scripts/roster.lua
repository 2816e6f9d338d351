sweep()
publish_changes()
return roster()
