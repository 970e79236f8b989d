-- The whole map with its position in the feed, in one step (FE2).
--
-- KEYS map seats
--
-- snapshot <epoch> <offset> <seatCount> <bits> | unloaded
local event = read_map()
if not event then return {'unloaded'} end
return {'snapshot', event.epoch, event.offset, event.seatCount, redis.call('GET', seats_key)}
