-- Writes the settings of an on-sale; what is new holds from the next script on (OP2). A message that is new is
-- told to everybody on the map.
--
-- KEYS event map feed
-- ARGV settings...
--
-- `settings` is field, value, field, value, ...
--
-- set | unloaded
local event = read_event({'message'})
if not event then return {'unloaded'} end
redis.call('HSET', event_key, unpack(settings))
for at = 1, #settings, 2 do
  local field, value = settings[at], settings[at + 1]
  if field == 'message' then
    if value ~= tostring(event.message) and value ~= '' then append(event, 'notice|operator|' .. value) end
  elseif event[field] then
    event[field] = tonumber(value)
  end
end
store_map(event)
return {'set'}
