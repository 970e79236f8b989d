-- A refund: the seats come free again on every map, and no longer count against the buyer (CK8).
--
-- KEYS map seats best holds deadlines paying visitors feed
-- ARGV orderId visitorId refunded_seats
--
-- unsold <how many were sold> | unloaded
local event = read_map()
if not event then return {'unloaded'} end
local seats = split_seats(refunded_seats)
local old = swap_seats(seats, AVAILABLE)
local freed = {}
for at, seat in ipairs(seats) do
  if old[at] == SOLD then
    freed[#freed + 1] = seat
  elseif old[at] ~= AVAILABLE then
    redis.call('BITFIELD', seats_key, 'SET', 'u2', slot(seat), old[at])
  end
end
if #freed == 0 then return {'unsold', 0} end
event.available = event.available + #freed
event.sold = event.sold - #freed
redis.call('DEL', best_key)
local visitor = read_visitor(visitorId)
visitor.bought = math.max(0, visitor.bought - #freed)
write_visitor(visitorId, visitor)
append(event, 'released|||refunded|' .. table.concat(freed, ','))
append(event, 'order|' .. visitorId .. '|' .. orderId .. '|refunded|')
store_map(event)
return {'unsold', #freed}
