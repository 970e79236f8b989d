-- A called visitor goes in (AD4). Asked again, it answers with the same admission and deadline.
--
-- KEYS event map visitors admitted admissions called places order aside front staff parked gone lapsed seen0 seen1 seen2 line
-- ARGV eventId visitorId
--
-- entered <admissionId> <expiresAtMs> <again> | no_place | not_called | place_expired | unloaded
local event = read_event(LINE_FIELDS)
if not event then return {'unloaded'} end
local number = number_in_line(event, visitorId)
if not number then return {'no_place'} end
local now = now_ms()
local place = describe_place(event, number, now)
if place[1] == 'waiting' then
  -- Its turn may have come since the last tick.
  touch(event, number, now)
  tell_line(call_next(event, now))
  store_line(event)
  place = describe_place(event, number, now)
end
local state = place[1]
if state == 'waiting' or state == 'lobby' then return {'not_called'} end
if state == 'left' or state == 'expired' then return {'place_expired'} end
local admission_id = admission_of(event, number)
if state == 'admitted' then return {'entered', admission_id, place[5], 1} end

redis.call('ZREM', called_key, number)
redis.call('ZADD', staff_key, 'XX', STAFF_INSIDE, number)
local ends = now + event.admissionMs
redis.call('ZADD', admitted_key, ends, admission_id)
redis.call('HSET', admissions_key, admission_id, visitorId)
local visitor = read_visitor(visitorId)
visitor.admission, visitor.ends = admission_id, ends
write_visitor(visitorId, visitor)
tell_line({number})
return {'entered', admission_id, ends, 0}
