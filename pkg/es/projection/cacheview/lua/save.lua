-- save replaces checkpoints, and adds to counters. Everything is checked before the first write, because nothing is
-- undone. ARGV: the size of the largest row, the number of checkpoints; for each checkpoint its stream, the condition
-- on the one before or '' if there must be none, 'p' if that may be parked, the document, the reason if it is parked,
-- and place and row in each of two lists; then for each row of counters its key, how many counters, and for each of
-- them name and number.
if not whole() then
  return 'lost'
end
local largest, moves = tonumber(ARGV[1]), tonumber(ARGV[2])
-- group is how many documents are read or written by one call: the values of a call have limited room.
local width, first, group = 9, 3, 250

local before = {} -- the flags of the documents before
for from = 1, moves, group do
  local streams = {}
  for i = from, math.min(from + group - 1, moves) do
    table.insert(streams, ARGV[first + (i - 1) * width])
  end
  for n, document in ipairs(redis.call('HMGET', KEYS[1], unpack(streams))) do
    local i = from + n - 1
    local at = first + (i - 1) * width
    local prev, parked = ARGV[at + 1], ARGV[at + 2]
    before[i] = ''
    if prev ~= '' then
      if not document or string.sub(document, 1, #prev) ~= prev then
        return 'stale'
      end
      before[i] = flags(document)
      if parked == '' and string.find(before[i], 'p', 1, true) then
        return 'stale'
      end
    elseif document then -- there must be none
      return 'stale'
    end
  end
end

local sums = {} -- keys and their rows
local at = first + moves * width
while at <= #ARGV do
  local key, counters = ARGV[at], tonumber(ARGV[at + 1])
  local names, numbers = {}, {}
  local row, from = redis.call('HGET', KEYS[8], key) or '', 1
  while from <= #row do
    local name
    name, from = text(row, from)
    numbers[name], from = text(row, from)
    table.insert(names, name)
  end
  for i = at + 2, at + 2 * counters, 2 do
    local name = ARGV[i]
    if not numbers[name] then
      table.insert(names, name)
    end
    numbers[name] = plus(numbers[name] or '0', ARGV[i + 1])
    if not storable(numbers[name]) then
      return 'large'
    end
  end
  local texts = {}
  for _, name in ipairs(names) do
    table.insert(texts, #name .. ':' .. name .. #numbers[name] .. ':' .. numbers[name])
  end
  row = table.concat(texts)
  if #key + #row > largest then
    return 'large'
  end
  table.insert(sums, {key, row})
  at = at + 2 + 2 * counters
end

for from = 1, moves, group do
  local documents = {}
  for i = from, math.min(from + group - 1, moves) do
    local at = first + (i - 1) * width
    table.insert(documents, ARGV[at])
    table.insert(documents, ARGV[at + 3])
  end
  redis.call('HSET', KEYS[1], unpack(documents))
end
for i = 1, moves do
  local at = first + (i - 1) * width
  local stream, why = ARGV[at], ARGV[at + 4]
  local parked = string.find(before[i], 'p', 1, true)
  if why ~= '' then
    local seen = parked and string.match(redis.call('HGET', KEYS[2], stream) or '', '^%d+') or '0'
    redis.call('HSET', KEYS[2], stream, seen .. ' ' .. why)
    redis.call('ZADD', KEYS[3], 0, stream)
  elseif parked then
    redis.call('HDEL', KEYS[2], stream)
    redis.call('ZREM', KEYS[3], stream)
  end
  for list = 0, 1 do
    local hash, order = KEYS[4 + 2 * list], KEYS[5 + 2 * list]
    local place, row = ARGV[at + 5 + 2 * list], ARGV[at + 6 + 2 * list]
    local old = string.find(before[i], list, 1, true) and redis.call('HGET', hash, stream)
    local left = old and text(old, 1)
    if left and left ~= place then
      redis.call('ZREM', order, left)
    end
    if place == '' then
      if old then
        redis.call('HDEL', hash, stream)
      end
    else
      local new = #place .. ':' .. place .. row
      if new ~= old then
        redis.call('HSET', hash, stream, new)
      end
      if left ~= place then
        redis.call('ZADD', order, 0, place)
      end
    end
  end
end
for _, sum in ipairs(sums) do
  redis.call('HSET', KEYS[8], sum[1], sum[2])
  redis.call('ZADD', KEYS[9], 0, sum[1])
end
return 'done'
