-- Numbers of Lua are floats. Counters are exact: they are added in groups of 14 digits.
local function parts(number)
  return string.match(number, '^(-?)(%d+)%.?(%d*)$')
end

-- plus adds two decimal numbers. The sum has no zeros at its ends.
local function plus(a, b)
  local sign, whole_a, fraction_a = parts(a)
  local sign_b, whole_b, fraction_b = parts(b)
  local scale = math.max(#fraction_a, #fraction_b)
  local size = math.max(#whole_a, #whole_b) + scale
  size = size + -size % 14
  local function digits(whole, fraction)
    return string.rep('0', size - scale - #whole) .. whole .. fraction .. string.rep('0', scale - #fraction)
  end
  local x, y = digits(whole_a, fraction_a), digits(whole_b, fraction_b)
  local factor = sign == sign_b and 1 or -1
  if factor < 0 and x < y then -- the larger one first, so that nothing is borrowed in the end
    x, y, sign = y, x, sign_b
  end
  local groups, carry = {}, 0
  for at = size - 13, 1, -14 do
    local sum = tonumber(string.sub(x, at, at + 13)) + factor * tonumber(string.sub(y, at, at + 13)) + carry
    carry = math.floor(sum / 1e14)
    table.insert(groups, 1, string.format('%014.0f', sum - carry * 1e14))
  end
  local all = carry .. table.concat(groups)
  local whole = string.match(string.sub(all, 1, #all - scale), '^0*(.*)$')
  local fraction = string.match(string.sub(all, #all - scale + 1), '^(.-)0*$')
  if whole .. fraction == '' then
    return '0'
  end
  return sign .. (whole == '' and '0' or whole) .. (fraction == '' and '' or '.' .. fraction)
end

-- storable reports whether a sum has at most 38 digits, and its first digit is between 10^125 and 10^-130, as
-- projection.Number has it.
local function storable(sum)
  local _, whole, fraction = parts(sum)
  local magnitude = #whole - 1
  if whole == '0' then
    magnitude = -1 - #string.match(fraction, '^0*')
  end
  return sum == '0' or
    #string.match(whole .. fraction, '^0*(.-)0*$') <= 38 and magnitude <= 125 and magnitude >= -130
end
