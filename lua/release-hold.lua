-- Gives back a hold, or some of its seats, at its owner's wish (HO6). What is being paid for stays.
--
-- KEYS map seats best holds deadlines paying visitors feed
-- ARGV holdId visitorId seats...
--
-- No seats: all of them.
--
-- released <seats> | denied unknown_hold | denied hold_paying | unloaded
local event = read_map()
if not event then return {'unloaded'} end
local hold = read_hold(holdId)
if not hold or hold.visitor ~= visitorId then return {'denied', 'unknown_hold'} end
if hold.state == 'paying' then return {'denied', 'hold_paying'} end

local leaving = {}
for _, seat in ipairs(seats) do leaving[tonumber(seat)] = true end
local kept, given = {}, {}
for _, seat in ipairs(split_seats(hold.seats)) do
  if #seats == 0 or leaving[seat] then given[#given + 1] = seat else kept[#kept + 1] = seat end
end
if #given == 0 then return {'released', ''} end
local text = table.concat(given, ',')
if #kept == 0 then
  end_hold(event, holdId, hold, 'released')
else
  unlock(event, given)
  hold.seats = table.concat(kept, ',')
  write_hold(holdId, hold)
  local visitor = read_visitor(visitorId)
  visitor.held = visitor.held - #given
  write_visitor(visitorId, visitor)
  append(event, 'released|' .. holdId .. '|' .. visitorId .. '|released|' .. text)
end
store_map(event)
return {'released', text}
