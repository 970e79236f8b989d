-- Builds an event in Redis from what PostgreSQL knows (FE6). Does nothing where the event is there and this is
-- still the server run that it was loaded into. After a restart of Redis what survived of holds and of the
-- line is kept as far as PostgreSQL does not say otherwise, under a new epoch, since changes may be lost.
--
-- KEYS event map seats runs best holds deadlines paying visitors feed admitted admissions called places present order leavers aside front staff parked spent gone lapsed seen0 seen1 seen2
-- ARGV run_id seat_count bits run_records settings facts
--
-- `bits` is the map as PostgreSQL has it: sold, blocked, and claimed ones as locked. `settings` is JSON of the
-- on-sale's fields; `facts` is JSON: { bought: { visitor: seats }, paying: [{ holdId, visitorId, admissionId,
-- fence, payByMs, orderId, seats: 'text' }] }.
--
-- already <epoch> | loaded <epoch>
local known = redis.call('HMGET', event_key, 'runId', 'epoch')
if known[1] == run_id then return {'already', known[2]} end
local now = now_ms()
local epoch = math.max(now, (tonumber(known[2] or 0)) + 1)
local survived = known[1]

if not survived then
  redis.call('DEL', holds_key, deadlines_key, paying_key, visitors_key, admitted_key, admissions_key, called_key,
    places_key, present_key, order_key, leavers_key, aside_key, front_key, staff_key, parked_key, spent_key, gone_key, lapsed_key, seen0_key, seen1_key, seen2_key)
  redis.call('HSET', event_key, 'lineEpoch', epoch, 'nextNumber', 0, 'calledThrough', 0, 'waiting', 0, 'asidePlaces', 0,
    'tokensMilli', 1e12, 'tokensAtMs', now, 'seenWindow', 0, 'paceCount', 0, 'paceAtMs', 0, 'paceSinceMs', 0)
end
redis.call('DEL', feed_key, best_key)
redis.call('SET', seats_key, bits)
redis.call('SET', runs_key, run_records)
local event = {}
for field, value in pairs(cjson.decode(settings)) do
  event[field] = value
  if type(value) == 'number' then value = string.format('%d', value) end
  redis.call('HSET', event_key, field, value)
end

-- Holds that survived lock their seats again, if every one of them is free; else PostgreSQL knows better.
facts = cjson.decode(facts)
local kept = {}
local held_by = {}
local function keep(hold_id, hold)
  kept[hold_id] = hold
  local visitor = held_by[hold.visitor] or {held = 0, bought = 0, admission = '', ends = 0, holds = ''}
  visitor.held = visitor.held + #split_seats(hold.seats)
  visitor.holds = with_hold(visitor.holds, hold_id)
  held_by[hold.visitor] = visitor
end
local paid_for = {}
for _, paying in ipairs(facts.paying) do
  paid_for[paying.holdId] = true
  keep(paying.holdId, {
    visitor = paying.visitorId, admission = paying.admissionId, fence = paying.fence, deadline = paying.payByMs,
    state = 'paying', extended = 0, order = paying.orderId, left = 0, seats = paying.seats,
  })
end
local survivors = redis.call('HGETALL', holds_key)
for at = 1, #survivors, 2 do
  if not paid_for[survivors[at]] then
    local hold = parse_hold(survivors[at + 1])
    local seats = split_seats(hold.seats)
    local old = swap_seats(seats, LOCKED)
    local free = true
    for _, state in ipairs(old) do free = free and state == AVAILABLE end
    if free then keep(survivors[at], hold) else restore_seats(seats, old) end
  end
end
redis.call('DEL', holds_key, deadlines_key, paying_key, visitors_key)
for hold_id, hold in pairs(kept) do
  write_hold(hold_id, hold)
  redis.call('ZADD', hold.state == 'paying' and paying_key or deadlines_key, hold.deadline, hold_id)
end
for visitor_id, seats in pairs(facts.bought) do
  held_by[visitor_id] = held_by[visitor_id] or {held = 0, bought = 0, admission = '', ends = 0, holds = ''}
  held_by[visitor_id].bought = seats
end
-- Whoever was inside still is.
local inside = redis.call('ZRANGE', admitted_key, 0, -1, 'WITHSCORES')
for at = 1, #inside, 2 do
  local visitor_id = redis.call('HGET', admissions_key, inside[at])
  local visitor = held_by[visitor_id] or {held = 0, bought = 0, holds = ''}
  visitor.admission, visitor.ends = inside[at], tonumber(inside[at + 1])
  held_by[visitor_id] = visitor
end
for visitor_id, visitor in pairs(held_by) do write_visitor(visitor_id, visitor) end

-- Counted from the bits, so that the counts are true whatever was lost.
local counts = {[0] = 0, 0, 0, 0}
local states = redis.call('GET', seats_key)
for seat = 0, tonumber(seat_count) - 1 do
  local state = bit.band(bit.rshift(string.byte(states, math.floor(seat / 4) + 1), (seat % 4) * 2), 3)
  counts[state] = counts[state] + 1
end
event.epoch, event.offset, event.seatCount = epoch, 0, tonumber(seat_count)
event.available, event.locked, event.sold, event.blocked =
  counts[AVAILABLE], counts[LOCKED], counts[SOLD], counts[BLOCKED]
store_map(event)
redis.call('HSET', event_key, 'runId', run_id, 'epoch', epoch)
redis.call('PUBLISH', feed_key, epoch .. '-0 epoch')
return {'loaded', epoch}
