-- A visitor's place, exactly; asking counts as being there (AD5).
--
-- KEYS event map admitted called places order aside front staff parked gone lapsed seen0 seen1 seen2
-- ARGV eventId visitorId
--
-- place <...> as place.lua | no_place | unloaded
local event = read_event(LINE_FIELDS)
if not event then return {'unloaded'} end
local number, joined = number_in_line(event, visitorId)
if not number then return {'no_place'} end
local now = now_ms()
if number > event.calledThrough then touch(event, number, now) end
return place_reply(event, number, joined, now)
