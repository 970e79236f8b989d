-- Holds and what a visitor has. Wants holds_key, deadlines_key, paying_key, visitors_key, best_key, and the
-- includes event and seats.
--
-- A hold is one string: visitor|admission|fence|deadline|state|extended|order|left|seats, where `left` is
-- the time that a paying hold had left when payment began.
local function parse_hold(text)
  local visitor, admission, fence, deadline, state, extended, order, left, seats =
    string.match(text, '^([^|]*)|([^|]*)|(%d+)|(%d+)|(%a+)|(%d)|([^|]*)|(%d+)|(.*)$')
  return {
    visitor = visitor, admission = admission, fence = tonumber(fence), deadline = tonumber(deadline),
    state = state, extended = tonumber(extended), order = order, left = tonumber(left), seats = seats,
  }
end

local function read_hold(hold_id)
  local text = redis.call('HGET', holds_key, hold_id)
  return text and parse_hold(text) or nil
end

local function write_hold(hold_id, hold)
  redis.call('HSET', holds_key, hold_id, string.format('%s|%s|%d|%d|%s|%d|%s|%d|%s', hold.visitor,
    hold.admission, hold.fence, hold.deadline, hold.state, hold.extended, hold.order, hold.left, hold.seats))
end

-- A visitor is: seats held | seats bought | admission | its end | hold ids. One read tells whether it may hold and
-- how much. Nobody is kept who has nothing of it.
local function read_visitor(visitor_id)
  local text = redis.call('HGET', visitors_key, visitor_id)
  if not text then return {held = 0, bought = 0, admission = '', ends = 0, holds = ''} end
  local held, bought, admission, ends, holds = string.match(text, '^(%d+)|(%d+)|([^|]*)|(%d+)|(.*)$')
  return {held = tonumber(held), bought = tonumber(bought), admission = admission, ends = tonumber(ends), holds = holds}
end

local function write_visitor(visitor_id, visitor)
  if visitor.held <= 0 and visitor.bought <= 0 and visitor.admission == '' then
    redis.call('HDEL', visitors_key, visitor_id)
  else
    redis.call('HSET', visitors_key, visitor_id, string.format('%d|%d|%s|%d|%s', visitor.held, visitor.bought,
      visitor.admission, visitor.ends, visitor.holds))
  end
end

local function with_hold(holds, hold_id)
  return holds == '' and hold_id or holds .. ',' .. hold_id
end

local function without_hold(holds, hold_id)
  local kept = {}
  for id in string.gmatch(holds, '[^,]+') do
    if id ~= hold_id then kept[#kept + 1] = id end
  end
  return table.concat(kept, ',')
end

-- Makes seats free that a hold had locked, and returns those. A seat that is not locked (sold, blocked) stays
-- as it is: nothing that ends a hold ever reopens a sold seat.
local function unlock(event, seats)
  local old = swap_seats(seats, AVAILABLE)
  local freed = {}
  for at, seat in ipairs(seats) do
    if old[at] == LOCKED then
      freed[#freed + 1] = seat
    elseif old[at] ~= AVAILABLE then
      redis.call('BITFIELD', seats_key, 'SET', 'u2', slot(seat), old[at])
    end
  end
  event.available = event.available + #freed
  event.locked = event.locked - #freed
  redis.call('DEL', best_key)
  return freed
end

-- Forgets a hold, its deadline and its share of the visitor's limit. Seats are the caller's to set.
local function forget_hold(hold_id, hold, seat_count)
  redis.call('HDEL', holds_key, hold_id)
  redis.call('ZREM', deadlines_key, hold_id)
  redis.call('ZREM', paying_key, hold_id)
  local visitor = read_visitor(hold.visitor)
  visitor.held = visitor.held - seat_count
  visitor.holds = without_hold(visitor.holds, hold_id)
  write_visitor(hold.visitor, visitor)
end

-- Ends a hold: seats free, hold forgotten, feed told. Reason is released, expired or revoked.
local function end_hold(event, hold_id, hold, reason)
  local seats = split_seats(hold.seats)
  local freed = unlock(event, seats)
  forget_hold(hold_id, hold, #seats)
  -- Who lost a hold to somebody with a better right hears of all its seats; that seat is told as sold right after.
  local told = reason == 'revoked' and hold.seats or table.concat(freed, ',')
  append(event, 'released|' .. hold_id .. '|' .. hold.visitor .. '|' .. reason .. '|' .. told)
end

-- Ends every hold that has one of these seats, so that somebody with a better right may have them (the judge
-- said so, or the operator). Rare, so it may look at every hold. Paying holds are spared where asked.
local function revoke_holds_of(event, seats, spare_paying)
  local wanted = {}
  for _, seat in ipairs(seats) do wanted[seat] = true end
  local holds = redis.call('HGETALL', holds_key)
  for at = 1, #holds, 2 do
    local hold = parse_hold(holds[at + 1])
    local hit = false
    for _, seat in ipairs(split_seats(hold.seats)) do hit = hit or wanted[seat] end
    if hit and not (spare_paying and hold.state == 'paying') then end_hold(event, holds[at], hold, 'revoked') end
  end
end
