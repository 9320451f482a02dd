-- seen raises the version that was seen of a parked stream. ARGV: the stream, the version. Versions are compared as
-- texts: a number of Lua has 53 bits.
if not whole() then
  return 'lost'
end
local parked = redis.call('HGET', KEYS[2], ARGV[1])
if not parked then
  return 'stale'
end
local seen, why = string.match(parked, '^(%d+)( .*)$')
if #ARGV[2] > #seen or #ARGV[2] == #seen and ARGV[2] > seen then
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[2] .. why)
end
return 'done'
