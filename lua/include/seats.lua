-- Two bits a seat. Wants seats_key.
local AVAILABLE, LOCKED, SOLD, BLOCKED = 0, 1, 2, 3

-- BITFIELD counts from the high bits of a byte, the wire from the low ones: seat 0 is BITFIELD's #3.
local function slot(seat)
  local rest = seat % 4
  return string.format('#%d', seat - rest + 3 - rest)
end

-- A call has at most this many seats, since Lua can pass on only so many arguments at once.
local SEATS_PER_CALL = 1000

-- Sets the seats to a state and returns the states they had, in the same order.
local function swap_seats(seats, state)
  local old = {}
  for from = 1, #seats, SEATS_PER_CALL do
    local call = {'BITFIELD', seats_key}
    local n, state_text = 2, tostring(state)
    for at = from, math.min(#seats, from + SEATS_PER_CALL - 1) do
      call[n + 1], call[n + 2], call[n + 3], call[n + 4] = 'SET', 'u2', slot(seats[at]), state_text
      n = n + 4
    end
    for _, before in ipairs(redis.call(unpack(call))) do old[#old + 1] = before end
  end
  return old
end

-- Gives the seats back the states they had.
local function restore_seats(seats, old)
  for at, seat in ipairs(seats) do redis.call('BITFIELD', seats_key, 'SET', 'u2', slot(seat), old[at]) end
end

-- '12,13' as a table of numbers.
local function split_seats(text)
  local seats = {}
  for seat in string.gmatch(text, '%d+') do seats[#seats + 1] = tonumber(seat) end
  return seats
end
