-- A lobby that has closed and waits for its draw: what the draw is made of (AD13).
--
-- KEYS event map present
--
-- lobby <lineEpoch> <first number> <count> <present> | none | unloaded
local event = read_event({'lineEpoch', 'draw'})
if not event then return {'unloaded'} end
local draw = draw_of(event)
if not draw or draw.state ~= 'frozen' then return {'none'} end
return {'lobby', event.lineEpoch, draw.first, draw.count, redis.call('GET', present_key) or ''}
