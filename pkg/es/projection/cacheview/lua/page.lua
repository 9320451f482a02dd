-- page reads members of a sorted set, each followed by its value in the hash before it. ARGV: the command, the number
-- of the hash, the bounds, how many, and where in a member to look for the end of its sort key: the field of the hash
-- comes after that. 0: the field is the member.
if not whole() then
  return 'lost'
end
local hash, skip = tonumber(ARGV[2]), tonumber(ARGV[6])
local members = redis.call(ARGV[1], KEYS[hash + 1], ARGV[3], ARGV[4], 'LIMIT', 0, ARGV[5])
if #members == 0 then
  return {}
end
local fields = {}
for i, member in ipairs(members) do
  fields[i] = member
  if skip > 0 then
    local _, last = string.find(member, '\0\0', skip, true)
    fields[i] = string.sub(member, last + 1)
  end
end
local found = {}
for i, value in ipairs(redis.call('HMGET', KEYS[hash], unpack(fields))) do
  table.insert(found, members[i])
  table.insert(found, value)
end
return found
