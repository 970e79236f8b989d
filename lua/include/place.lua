-- A visitor's place. Wants places_key and what line.lua wants, and that include.

-- The number that a visitor has in this line, or nil. A visitor id made by a join in this line says its number
-- (`<event>-<lineEpoch>-<number>`), which costs Redis nothing; a visitor who came from elsewhere, or who
-- joined again, is in `places`.
local function number_in_line(event, visitor_id)
  local moved = redis.call('HGET', places_key, visitor_id)
  if moved then return tonumber(moved) end
  local epoch, number = string.match(visitor_id, '^' .. eventId .. '%-(%d+)%-(%d+)$')
  if epoch and tonumber(epoch) == event.lineEpoch then return tonumber(number) end
  return nil
end

local function admission_of(event, number)
  return eventId .. '-' .. event.lineEpoch .. '-' .. number
end

-- The place as {state, number, ahead, slot end, claim by, admission end}; absent ones are -1. `slot end` is
-- the end of the slot that the bound of the wait is reckoned from.
local function describe_place(event, number, now)
  if number > event.calledThrough then
    if redis.call('GETBIT', gone_key, number) == 1 then return {'left', number, -1, -1, -1} end
    local state = on_sale_state(event, now)
    if state == 'lobby' or state == 'scheduled' then return {'lobby', number, -1, -1, -1} end
    local ahead = number - event.calledThrough - 1
    if ahead > 0 then
      ahead = ahead - redis.call('BITCOUNT', gone_key, event.calledThrough + 1, number - 1, 'BIT')
    end
    return {'waiting', number, ahead, -1, -1}
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
  if redis.call('GETBIT', gone_key, number) == 1 then return {'left', number, -1, -1, -1} end
  return {'expired', number, -1, -1, -1}
end

-- The end of the (ahead mod capacity)-th slot in order of their ends; a free slot ends now. A called visitor
-- counts as one who entered when called, and so ends after those inside.
local function slot_end(event, ahead, now)
  local inside = redis.call('ZCARD', admitted_key)
  local called = redis.call('ZCARD', called_key)
  local free = event.capacity - inside - called
  local at = ahead % event.capacity - free
  if at < 0 then return now end
  if at < inside then
    local entry = redis.call('ZRANGE', admitted_key, at, at, 'WITHSCORES')
    return tonumber(entry[2] or now)
  end
  local entry = redis.call('ZRANGE', called_key, at - inside, at - inside, 'WITHSCORES')
  return tonumber(entry[2] or now) - event.claimMs + event.admissionMs
end

-- The reply that every script about a place gives.
local function place_reply(event, number, now)
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
    event.ratePerMinute, on_sale_state(event, now), pace_per_minute_milli, event.lineEpoch,
  }
end
