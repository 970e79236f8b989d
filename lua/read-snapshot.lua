-- The whole map with its position in the feed, in one step (FE2).
--
-- KEYS event seats
-- INCLUDE event.lua
--
-- snapshot <epoch> <offset> <seatCount> <bits> | unloaded
local event = read_event('epoch', 'offset', 'seatCount')
if not event then return {'unloaded'} end
return {'snapshot', event.epoch, event.offset, event.seatCount, redis.call('GET', seats_key)}
