-- The operator's hand on seats (OP3): `block` keeps free ones back, `unblock` returns them, `release` takes
-- locked ones from whoever holds them. What is sold or being paid for is never touched.
--
-- KEYS map seats best holds deadlines paying visitors feed
-- ARGV action seats...
--
-- set <changed seats> <refused seats> | unknown_seat | unloaded
local event = read_map()
if not event then return {'unloaded'} end
local wanted = {}
for at, text in ipairs(seats) do
  local seat = tonumber(text)
  if seat < 0 or seat >= event.seatCount then return {'unknown_seat'} end
  wanted[at] = seat
end
if action == 'release' then revoke_holds_of(event, wanted, true) end

-- A seat that already is as asked for counts as changed to the caller, and moves no count.
local from = action == 'block' and AVAILABLE or action == 'unblock' and BLOCKED or nil
local to = action == 'block' and BLOCKED or AVAILABLE
local done, moved, refused = {}, {}, {}
for _, seat in ipairs(wanted) do
  local state = redis.call('BITFIELD', seats_key, 'GET', 'u2', slot(seat))[1]
  if state == from then
    redis.call('BITFIELD', seats_key, 'SET', 'u2', slot(seat), to)
    moved[#moved + 1] = seat
    done[#done + 1] = seat
  elseif state == to then
    done[#done + 1] = seat
  else
    refused[#refused + 1] = seat
  end
end
if #moved > 0 then
  local sign = action == 'block' and 1 or -1
  event.available = event.available - sign * #moved
  event.blocked = event.blocked + sign * #moved
  append(event, action .. 'ed|' .. table.concat(moved, ','))
  redis.call('DEL', best_key)
end
store_map(event)
return {'set', table.concat(done, ','), table.concat(refused, ',')}
