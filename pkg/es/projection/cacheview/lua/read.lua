-- read reads the documents of the streams ARGV. After each come those of its reason for parking and its places in lists
-- that its flags name.
if not whole() then
  return 'lost'
end
local found = {}
for i, document in ipairs(redis.call('HMGET', KEYS[1], unpack(ARGV))) do
  table.insert(found, document)
  local has = document and flags(document) or ''
  for _, more in ipairs(about) do
    if string.find(has, more[1], 1, true) then
      table.insert(found, redis.call('HGET', KEYS[more[2]], ARGV[i]))
    end
  end
end
return found
