-- KEYS[1] is the hash of documents. Four pairs follow, each a hash and a sorted set that orders it: parked streams, two
-- lists, rows of counters. Each of these keys holds a placeholder. So a generation that was lost is not taken for an
-- empty one, even if the server has evicted one of its keys. A key of another type raises an error before any write.
local function whole()
  for i = 1, 9 do
    local held
    if i == 1 or i % 2 == 0 then
      held = redis.call('HEXISTS', KEYS[i], '') == 1
    else
      held = redis.call('ZSCORE', KEYS[i], '')
    end
    if not held then
      return false
    end
  end
  return true
end

-- text reads the text at a place of a value, which begins with its length. It also returns the place after it.
local function text(value, at)
  local size, from = string.match(value, '^(%d+):()', at)
  return string.sub(value, from, from + size - 1), from + size
end

-- flags says what else there is about a document: "p" if its stream is parked, "0" and "1" if it is in these lists.
local function flags(document)
  return string.match(document, '^%d+ %d+ %d+ (%S*)\n')
end

-- The hashes that the flags are about.
local about = {{'p', 2}, {'0', 4}, {'1', 6}}
