-- rows reads the rows of counters ARGV.
if not whole() then
  return 'lost'
end
if #ARGV == 0 then
  return {}
end
return redis.call('HMGET', KEYS[8], unpack(ARGV))
