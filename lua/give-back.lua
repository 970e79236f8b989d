-- The payment did not happen: the hold gets back the time it had left, 30 s at least, and the buyer is told
-- (CK5). Where its admission is over nobody could use it, so it ends. An empty holdId only tells the buyer.
--
-- KEYS map seats best holds deadlines paying visitors feed hold
-- ARGV holdId visitorId orderId failure
--
-- given <expiresAtMs or 0> | stale | unloaded
local LEFT_MS_MIN = 30000
local event = read_map()
if not event then return {'unloaded'} end
local now = now_ms()
local hold = read_hold(holdId)
if not hold or hold.state ~= 'paying' or hold.order ~= orderId then return {'stale'} end

redis.call('ZREM', paying_key, holdId)
local visitor = read_visitor(hold.visitor)
local ends = visitor.admission == hold.admission and visitor.ends or 0
if hold.admission == '' then ends = math.huge end
if ends <= now then
  end_hold(event, holdId, hold, 'expired')
  append(event, 'order|' .. visitorId .. '|' .. orderId .. '|failed|' .. failure)
  store_map(event)
  return {'given', 0}
end
hold.state, hold.order = 'held', ''
hold.deadline = math.min(now + math.max(hold.left, LEFT_MS_MIN), ends)
hold.left = 0
write_hold(holdId, hold)
redis.call('ZADD', deadlines_key, hold.deadline, holdId)
redis.call('SET', hold_key, '', 'PX', math.max(1, hold.deadline - now))
append(event, 'extended|' .. holdId .. '|' .. visitorId .. '|' .. hold.deadline .. '|' .. hold.seats)
append(event, 'order|' .. visitorId .. '|' .. orderId .. '|failed|' .. failure)
store_map(event)
return {'given', hold.deadline}
