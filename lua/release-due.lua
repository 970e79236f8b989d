-- Frees the holds whose deadline has passed, and only those (HO8, HO9). Whoever calls it, however often and
-- however late, a hold ends once: it decides by the deadline in the sorted set and by nothing else.
--
-- KEYS map seats best holds deadlines paying visitors feed
-- ARGV limit
--
-- due <ended> <next deadline or 0> <lateness in ms of each...> | unloaded
local event = read_map()
if not event then return {'unloaded'} end
local now = now_ms()
local due = redis.call('ZRANGEBYSCORE', deadlines_key, '-inf', now, 'WITHSCORES', 'LIMIT', 0, limit)
local reply = {'due', #due / 2, 0}
for at = 1, #due, 2 do
  local hold_id = due[at]
  local hold = read_hold(hold_id)
  if hold and hold.state == 'held' then
    end_hold(event, hold_id, hold, 'expired')
  else
    redis.call('ZREM', deadlines_key, hold_id)
  end
  reply[#reply + 1] = now - due[at + 1]
end
if #due > 0 then store_map(event) end
local first = redis.call('ZRANGE', deadlines_key, 0, 0, 'WITHSCORES')
if first[2] then reply[3] = tonumber(first[2]) end
return reply
