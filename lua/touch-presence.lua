-- Says that the visitors with these numbers are still there: a gateway does so for those who hold a stream open.
--
-- KEYS event admitted called gone lapsed seen0 seen1 seen2 line feed
-- ARGV numbers...
-- INCLUDE event.lua line.lua
--
-- touched | unloaded
local event = read_event('seenWindow')
if not event then return {'unloaded'} end
local now = now_ms()
for _, number in ipairs(numbers) do touch(event, tonumber(number), now) end
return {'touched'}
