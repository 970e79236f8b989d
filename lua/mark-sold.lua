-- PostgreSQL has said that the seats are paid for: they are sold on the map, their hold is over, and the buyer's
-- slot is free (CK7). Idempotent; it may come late, or after Redis forgot everything.
--
-- KEYS event map seats best holds deadlines paying visitors feed admitted admissions called aside front staff parked gone lapsed seen0 seen1 seen2 line
-- ARGV orderId holdId visitorId admissionId sold_seats
--
-- sold <how many were not sold before> | unloaded
local event = read_event(LINE_FIELDS)
if not event then return {'unloaded'} end
local now = now_ms()
local seats = split_seats(sold_seats)

-- 1. Its own hold is over. Another hold on these seats never had the right to them.
local hold = read_hold(holdId)
local own = {}
if hold and hold.visitor == visitorId then
  local held = split_seats(hold.seats)
  for _, seat in ipairs(held) do own[seat] = true end
  forget_hold(holdId, hold, #held)
end
local old = swap_seats(seats, SOLD)
local fresh, strangers = {}, {}
for at, seat in ipairs(seats) do
  if old[at] ~= SOLD then
    fresh[#fresh + 1] = seat
    event.sold = event.sold + 1
  end
  if old[at] == AVAILABLE then event.available = event.available - 1 end
  if old[at] == BLOCKED then event.blocked = event.blocked - 1 end
  if old[at] == LOCKED then
    event.locked = event.locked - 1
    if not own[seat] then strangers[#strangers + 1] = seat end
  end
  own[seat] = nil
end
if #strangers > 0 then revoke_holds_of(event, strangers, false) end
local left_over = {}
for seat in pairs(own) do left_over[#left_over + 1] = seat end
if #left_over > 0 then
  local freed = table.concat(unlock(event, left_over), ',')
  append(event, 'released|' .. holdId .. '|' .. visitorId .. '|released|' .. freed)
end
-- 2. The seats count against the buyer's limit, and everybody sees them sold.
if #fresh > 0 then
  local visitor = read_visitor(visitorId)
  visitor.bought = visitor.bought + #fresh
  write_visitor(visitorId, visitor)
  append(event, 'sold|' .. holdId .. '|' .. visitorId .. '|' .. orderId .. '|' .. table.concat(fresh, ','))
end
-- A Redis that was loaded anew has the seats as sold already; its buyer is still inside and knows nothing.
if #fresh > 0 or redis.call('ZSCORE', admitted_key, admissionId) then
  append(event, 'order|' .. visitorId .. '|' .. orderId .. '|paid|')
end

-- 3. Whoever has bought leaves room for the next.
local ended, number = end_admission(event, admissionId, 'bought')
store_map(event)
if ended then
  local changed = call_next(event, now)
  changed[#changed + 1] = number
  tell_line(changed)
  store_line(event)
end
return {'sold', #fresh}
