-- drop removes a generation. A server that is out of memory allows a script's later writes if the first one was
-- allowed, so the removal comes before the mark.
redis.call('UNLINK', unpack(KEYS, 1, 9))
redis.call('SET', KEYS[10], '')
return 'done'
