-- Says that the visitors with these numbers are still there: a gateway does so for those who hold a stream open.
--
-- KEYS event map order aside seen0 seen1 seen2
-- ARGV kind numbers...
--
-- Of the kind `lobby` are numbers of joins, as those have who have not heard of the draw; it may be over by now.
--
-- touched | unloaded
local event = read_event({'seenWindow', 'draw'})
if not event then return {'unloaded'} end
local now = now_ms()
for _, number in ipairs(numbers) do
  number = tonumber(number)
  touch(event, kind == 'lobby' and drawn_number(event, number) or number, now)
end
return {'touched'}
