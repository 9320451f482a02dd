-- prepare makes an empty generation. KEYS[10] exists if it was dropped.
if redis.call('EXISTS', KEYS[10]) == 1 then
  return 'dropped'
end
if whole() then
  return 'done'
end
redis.call('UNLINK', unpack(KEYS, 1, 9)) -- what is left of one that was lost in part
for i = 1, 9 do
  if i == 1 or i % 2 == 0 then
    redis.call('HSET', KEYS[i], '', '')
  else
    redis.call('ZADD', KEYS[i], 0, '')
  end
end
return 'done'
