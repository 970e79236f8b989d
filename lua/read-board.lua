-- The board: one answer for everybody, from which each client works out its own place (AD9).
--
-- KEYS event map admitted front staff gone
-- ARGV segments
--
-- `segments` is how many ranges the waiting numbers are cut into, narrow ones near the front: the i-th edge
-- stands at the square of i. Those in front are the first range, of no number. A range in which nobody waits goes
-- with its neighbour: nothing is said of a number that a parked place could not have (AD25).
--
-- board <state> <opensAtMs> <waiting> <inside> <capacity> <rate> <calledThrough> <available> <message> <now>
--       <lobbyOpensAtMs> <from, to, waiting, from, to, waiting, ...> | unloaded
local event = read_event({
  'lobbyOpensAtMs', 'paused', 'capacity', 'ratePerMinute', 'calledThrough', 'nextNumber', 'waiting', 'message',
  'draw', 'asidePlaces',
})
if not event then return {'unloaded'} end
local now = now_ms()
local cuts = {}
local waiting = event.nextNumber - event.calledThrough
local from = event.calledThrough + 1
local count = tonumber(segments)
local front = count_front(event)
if front > 0 then cuts = {0, 0, front} end
for at = 1, count do
  local to = event.calledThrough + math.ceil(waiting * at * at / (count * count))
  if to >= from then
    local here = to - from + 1 - redis.call('BITCOUNT', gone_key, from, to, 'BIT')
    if here > 0 or at == count and #cuts == 0 then
      cuts[#cuts + 1] = from
      cuts[#cuts + 1] = to
      cuts[#cuts + 1] = here
      from = to + 1
    elseif at == count and cuts[#cuts - 1] > 0 then
      cuts[#cuts - 1] = to
    end
  end
end
local beside = has_staff(event) and redis.call('ZCOUNT', staff_key, STAFF_INSIDE, STAFF_INSIDE) or 0
return {
  'board', line_state(event, now), event.opensAtMs, event.waiting,
  redis.call('ZCARD', admitted_key) - beside, event.capacity, event.ratePerMinute, event.calledThrough,
  event.available, tostring(event.message), now, event.lobbyOpensAtMs, cuts,
}
