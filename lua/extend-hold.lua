-- Gives a hold its full time once more, once, and never past its admission (HO7).
--
-- KEYS map holds deadlines visitors feed hold
-- ARGV holdId visitorId
--
-- extended <expiresAtMs> <all seats> | denied unknown_hold | hold_expired | hold_paying | already_extended | unloaded
local event = read_map()
if not event then return {'unloaded'} end
local now = now_ms()
local hold = read_hold(holdId)
if not hold or hold.visitor ~= visitorId then return {'denied', 'unknown_hold'} end
if hold.state == 'paying' then return {'denied', 'hold_paying'} end
if hold.deadline <= now then return {'denied', 'hold_expired'} end
if hold.extended == 1 then return {'denied', 'already_extended'} end

local visitor = read_visitor(visitorId)
local bounded = hold.admission ~= '' and visitor.admission == hold.admission
local ends = bounded and visitor.ends or now + event.holdMs
hold.deadline = math.max(hold.deadline, math.min(now + event.holdMs, ends))
hold.extended = 1
write_hold(holdId, hold)
redis.call('ZADD', deadlines_key, hold.deadline, holdId)
redis.call('SET', hold_key, '', 'PX', hold.deadline - now)
append(event, 'extended|' .. holdId .. '|' .. visitorId .. '|' .. hold.deadline .. '|' .. hold.seats)
store_map(event)
return {'extended', hold.deadline, hold.seats}
