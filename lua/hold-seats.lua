-- Takes every seat asked for, or none (HO1, HO2). Asked again with the same id, it answers the same (HO4).
--
-- KEYS map seats holds deadlines visitors feed hold
-- ARGV holdId visitorId admissionId add seats...
--
-- `add` is 1 to add to a hold that the visitor has, its deadline unmoved; else 0.
--
-- granted <all seats> <expiresAtMs> <fence> <again>
-- denied <code> <taken seats>        the codes of HoldReply in hold-reply.ts
-- unloaded
local event = read_map()
if not event then return {'unloaded'} end
local now = now_ms()

-- 1. May this visitor hold now?
local visitor = read_visitor(visitorId)
local denied, admission_ends = may_hold(event, visitor, now)
if denied then return denied end

-- 2. The hold it has, where it has one.
local hold = read_hold(holdId)
if hold and hold.visitor ~= visitorId then return {'denied', 'unknown_hold', ''} end
if add == '1' then
  if not hold or (hold.state == 'held' and hold.deadline <= now) then return {'denied', 'unknown_hold', ''} end
  if hold.state == 'paying' then return {'denied', 'hold_paying', ''} end
elseif hold then
  return {'granted', hold.seats, hold.deadline, hold.fence, 1}
end

-- 3. The seats: of this event, and not already in the hold.
local had = {}
if hold then
  for _, seat in ipairs(split_seats(hold.seats)) do had[seat] = true end
end
local wanted = {}
for _, text in ipairs(seats) do
  local seat = tonumber(text)
  if seat < 0 or seat >= event.seatCount then return {'denied', 'unknown_seat', ''} end
  if not had[seat] then wanted[#wanted + 1] = seat end
end
if #wanted == 0 then return {'granted', hold.seats, hold.deadline, hold.fence, 1} end
if visitor.held + visitor.bought + #wanted > event.seatsPerVisitorMax then return {'denied', 'over_limit', ''} end

-- 4. Lock them; where one was not free, unlock those that were.
local old = swap_seats(wanted, LOCKED)
local taken = {}
for at, seat in ipairs(wanted) do
  if old[at] ~= AVAILABLE then taken[#taken + 1] = seat end
end
if #taken > 0 then
  restore_seats(wanted, old)
  return {'denied', 'seats_taken', table.concat(taken, ',')}
end

-- 5. Write the hold, tell the feed.
return grant(event, hold, wanted, visitor, admission_ends, now)
