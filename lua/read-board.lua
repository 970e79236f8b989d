-- The board: one answer for everybody, from which each client works out its own place (AD9).
--
-- KEYS event map admitted gone
-- ARGV segments
--
-- `segments` is how many ranges the waiting numbers are cut into, narrow ones near the front: the i-th edge
-- stands at the square of i.
--
-- board <state> <opensAtMs> <waiting> <inside> <capacity> <rate> <calledThrough> <available> <message> <now>
--       <lobbyOpensAtMs> <from, to, waiting, from, to, waiting, ...> | unloaded
local event = read_event({
  'lobbyOpensAtMs', 'paused', 'capacity', 'ratePerMinute', 'calledThrough', 'nextNumber', 'waiting', 'message',
})
if not event then return {'unloaded'} end
local now = now_ms()
local cuts = {}
local waiting = event.nextNumber - event.calledThrough
local from = event.calledThrough + 1
local count = tonumber(segments)
for at = 1, count do
  local to = event.calledThrough + math.ceil(waiting * at * at / (count * count))
  if to >= from then
    cuts[#cuts + 1] = from
    cuts[#cuts + 1] = to
    cuts[#cuts + 1] = to - from + 1 - redis.call('BITCOUNT', gone_key, from, to, 'BIT')
    from = to + 1
  end
end
return {
  'board', on_sale_state(event, now), event.opensAtMs, event.waiting,
  redis.call('ZCARD', admitted_key), event.capacity, event.ratePerMinute, event.calledThrough, event.available,
  tostring(event.message), now, event.lobbyOpensAtMs, cuts,
}
