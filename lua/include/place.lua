-- A visitor's place. Wants places_key, order_key and what line.lua wants but for the keys of an admission's end, and that
-- include.

-- The number that a visitor's join in this line was given, or nil. A visitor id made by a join in this line says
-- it (`<event>-<lineEpoch>-<number>`), which costs Redis nothing; a visitor who came from elsewhere, or who joined
-- again, is in `places`.
local function joined_as(event, visitor_id)
  local moved = redis.call('HGET', places_key, visitor_id)
  if moved then return tonumber(moved) end
  local epoch, number = string.match(visitor_id, '^' .. eventId .. '%-(%d+)%-(%d+)')
  if epoch and tonumber(epoch) == event.lineEpoch then return tonumber(number) end
  return nil
end

-- The number by which the line goes, which is another one after a draw, and that of the join; or nil.
local function number_in_line(event, visitor_id)
  local number = joined_as(event, visitor_id)
  if not number then return nil end
  return drawn_number(event, number), number
end

local function admission_of(event, number)
  return eventId .. '-' .. event.lineEpoch .. '-' .. number
end

-- How many will be called before a number that waits. A parked one sees the others who are parked as well, so
-- that its place looks like any other; once the line has gone past it, it stays next (AD25).
local function count_ahead(event, number, lane)
  if lane == 'front' then return redis.call('ZRANK', front_key, number) end
  if lane == 'staff' then return redis.call('ZCOUNT', staff_key, 1, number - 1) end
  local ahead = count_front(event)
  local from, to = event.calledThrough + 1, number - 1
  if to < from then return ahead end
  ahead = ahead + to - from + 1 - redis.call('BITCOUNT', gone_key, from, to, 'BIT')
  if lane == 'parked' then ahead = ahead + redis.call('ZCOUNT', parked_key, from, to) end
  return ahead
end

-- The place as {state, number, ahead, claim by, admission end, the on-sale as it is for this place}; absent ones
-- are -1.
local function describe_place(event, number, now)
  local lane = lane_of(event, number)
  if lane then
    local first = lane == 'front' or lane == 'staff'
    local state = first and on_sale_state(event, now, opens_for_front(event)) or line_state(event, now)
    local waits_for_draw = state == 'lobby' and not is_late(event, number)
    if waits_for_draw or state == 'scheduled' then return {'lobby', number, -1, -1, -1, state} end
    return {'waiting', number, count_ahead(event, number, lane), -1, -1, state}
  end
  local claim_by = redis.call('ZSCORE', called_key, number)
  if claim_by then
    if tonumber(claim_by) > now then return {'called', number, -1, tonumber(claim_by), -1} end
    return {'expired', number, -1, -1, -1}
  end
  local ends = redis.call('ZSCORE', admitted_key, admission_of(event, number))
  if ends then
    if tonumber(ends) > now then return {'admitted', number, -1, -1, tonumber(ends)} end
    return {'expired', number, -1, -1, -1}
  end
  return {has_left(number) and 'left' or 'expired', number, -1, -1, -1}
end

-- Where staff stand in `admitted` or `called`, lowest first.
local function ranks_of_staff(event, key)
  local ranks = {}
  local score = key == called_key and STAFF_CALLED or STAFF_INSIDE
  for _, number in ipairs(redis.call('ZRANGEBYSCORE', staff_key, score, score)) do
    local rank = redis.call('ZRANK', key, key == called_key and number or admission_of(event, number))
    if rank then ranks[#ranks + 1] = rank end
  end
  table.sort(ranks)
  return ranks
end

-- The entry at a rank when staff are left out.
local function entry_without_staff(key, at, ranks)
  for _, rank in ipairs(ranks) do
    if rank <= at then at = at + 1 end
  end
  return redis.call('ZRANGE', key, at, at, 'WITHSCORES')[2]
end

-- The end of the (ahead mod capacity)-th slot in order of their ends; a free slot ends now. A called visitor
-- counts as one who entered when called, and so ends after those inside.
local function slot_end(event, ahead, now)
  local staff = has_staff(event)
  local staff_admitted = staff and ranks_of_staff(event, admitted_key) or {}
  local staff_called = staff and ranks_of_staff(event, called_key) or {}
  local inside = redis.call('ZCARD', admitted_key) - #staff_admitted
  local called = redis.call('ZCARD', called_key) - #staff_called
  local free = event.capacity - inside - called
  local at = ahead % event.capacity - free
  if at < 0 then return now end
  -- How many of those called end before the slot that is sought: both lists are sorted, so halving finds it.
  local function end_of_called(position)
    local claim_by = entry_without_staff(called_key, position, staff_called)
    return tonumber(claim_by or now) - event.claimMs + event.admissionMs
  end
  local low, high = math.max(0, at - inside), math.min(called, at)
  while low < high do
    local middle = math.floor((low + high) / 2)
    local admitted_end = tonumber(entry_without_staff(admitted_key, at - middle - 1, staff_admitted) or math.huge)
    if end_of_called(middle) < admitted_end then low = middle + 1 else high = middle end
  end
  local next_called = low < called and end_of_called(low) or math.huge
  local next_admitted = at - low < inside
    and tonumber(entry_without_staff(admitted_key, at - low, staff_admitted) or now) or math.huge
  return math.min(next_called, next_admitted)
end

-- The reply that every script about a place gives; at its end the number of the join in the lobby, or -1.
local function place_reply(event, number, joined, now)
  local place = describe_place(event, number, now)
  local ends = place[1] == 'waiting' and slot_end(event, place[3], now) or -1
  local pace_per_minute_milli = 0
  if event.paceSinceMs > 0 then
    local span = math.max(1000, now - event.paceSinceMs)
    local fresh = event.paceCount * math.exp(-(now - event.paceAtMs) / PACE_MS)
    pace_per_minute_milli = math.floor(1000 * fresh / (1 - math.exp(-span / PACE_MS)))
  end
  return {
    'place', place[1], place[2], place[3], place[4], place[5], ends, now, event.capacity, event.admissionMs,
    event.ratePerMinute, place[6] or line_state(event, now), pace_per_minute_milli, event.lineEpoch,
    in_lobby(event, joined) and joined or -1,
  }
end
