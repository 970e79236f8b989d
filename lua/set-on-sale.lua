-- Writes the settings of an on-sale; what is new holds from the next script on (OP2). A message that is new is
-- told to everybody on the map.
--
-- KEYS event feed
-- ARGV settings...
-- INCLUDE event.lua
--
-- `settings` is field, value, field, value, ...
--
-- set | unloaded
local event = read_event('epoch', 'offset', 'message')
if not event then return {'unloaded'} end
redis.call('HSET', event_key, unpack(settings))
for at = 1, #settings, 2 do
  local message = settings[at + 1]
  if settings[at] == 'message' and message ~= tostring(event.message) and message ~= '' then
    append(event, 'notice|operator|' .. message)
    redis.call('HSET', event_key, 'offset', event.offset)
  end
end
return {'set'}
