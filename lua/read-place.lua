-- A visitor's place, exactly; asking counts as being there (AD5).
--
-- KEYS event feed admitted called places gone lapsed seen0 seen1 seen2 line
-- ARGV eventId visitorId
-- INCLUDE event.lua line.lua place.lua
--
-- place <...> as place.lua | no_place | unloaded
local event = read_event(unpack(LINE_FIELDS))
if not event then return {'unloaded'} end
local number = number_in_line(event, visitorId)
if not number then return {'no_place'} end
local now = now_ms()
if number > event.calledThrough then touch(event, number, now) end
return place_reply(event, number, now)
