-- Parks places that wait in the line, or lets them wait again (AD25). One whose turn has gone by meanwhile is called
-- before everybody else. Whoever is called or inside already, or has a lane of its own, is left alone; its next place
-- is parked.
--
-- KEYS event map places order aside front staff parked gone
-- ARGV eventId park_it visitors...
--
-- parked <how many places that changed> | unloaded
local event = read_event(LINE_FIELDS)
if not event then return {'unloaded'} end
local now = now_ms()
local count = 0
for _, visitor_id in ipairs(visitors) do
  local number = number_in_line(event, visitor_id)
  local lane = number and lane_of(event, number)
  local changes = false
  if park_it == '1' then
    redis.call('HSET', places_key, 'parked:' .. visitor_id, 1)
    changes = lane == 'line' and park(event, number)
  else
    redis.call('HDEL', places_key, 'parked:' .. visitor_id)
    changes = lane and not is_aside(number) and redis.call('ZREM', parked_key, number) == 1
    if changes and lane == 'parked' then
      if number > event.calledThrough then
        redis.call('SETBIT', gone_key, number, 0)
        event.waiting = event.waiting + 1
      else
        redis.call('HSET', places_key, visitor_id, give_aside(event, 'front', -2 ^ 40, now))
      end
    end
  end
  if changes then count = count + 1 end
end
redis.call('HSET', event_key, 'waiting', event.waiting)
return {'parked', count}
