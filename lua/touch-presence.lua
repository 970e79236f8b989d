-- Says that the visitors with these numbers are still there: a gateway does so for those who hold a stream open.
--
-- KEYS event map seen0 seen1 seen2
-- ARGV numbers...
--
-- touched | unloaded
local event = read_event({'seenWindow'})
if not event then return {'unloaded'} end
local now = now_ms()
for _, number in ipairs(numbers) do touch(event, tonumber(number), now) end
return {'touched'}
