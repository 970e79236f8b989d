-- Pins a hold while it is paid for: from here on a deadline alone does not free it (CK1). Asked again for the
-- same order, it answers the same.
--
-- KEYS map holds deadlines paying visitors
-- ARGV holdId visitorId admissionId orderId
--
-- begun <fence> <payByMs> <seats> | denied unknown_hold | hold_expired | hold_paying | admission_ended | unloaded
local event = read_map()
if not event then return {'unloaded'} end
local now = now_ms()
local hold = read_hold(holdId)
if not hold or hold.visitor ~= visitorId then return {'denied', 'unknown_hold'} end
if hold.state == 'paying' then
  if hold.order ~= orderId then return {'denied', 'hold_paying'} end
  return {'begun', hold.fence, hold.deadline, hold.seats}
end
if hold.deadline <= now then return {'denied', 'hold_expired'} end
if not (admissionId == '' and event.roomOff == 1) then
  local visitor = read_visitor(visitorId)
  if visitor.ends <= now or visitor.admission ~= admissionId or hold.admission ~= admissionId then
    return {'denied', 'admission_ended'}
  end
end

hold.left = hold.deadline - now
hold.deadline = now + event.paymentMs
hold.state = 'paying'
hold.order = orderId
write_hold(holdId, hold)
redis.call('ZREM', deadlines_key, holdId)
redis.call('ZADD', paying_key, hold.deadline, holdId)
return {'begun', hold.fence, hold.deadline, hold.seats}
