-- Puts a draw in force (AD13, AD18). From this step on everything goes by the numbers that it gave, and the line moves.
--
-- KEYS event map present order leavers parked gone line
-- ARGV line_epoch first_number lobby_count drawn_numbers
--
-- drawn | already | not_frozen | other_line | unloaded
local event = read_event({'lineEpoch', 'draw', 'nextNumber', 'waiting'})
if not event then return {'unloaded'} end
if event.lineEpoch ~= tonumber(line_epoch) then return {'other_line'} end
local draw = draw_of(event)
if draw and draw.state == 'drawn' then return {'already'} end
if not draw or draw.state ~= 'frozen' then return {'not_frozen'} end

-- The draw counts as it was stored, whatever Redis may have lost of the lobby since.
local first, count = tonumber(first_number), tonumber(lobby_count)
redis.call('SET', order_key, drawn_numbers)
store_draw(event, 'drawn', first, count, now_ms())
event.nextNumber = math.max(event.nextNumber, first + count - 1)
redis.call('HSET', event_key, 'nextNumber', event.nextNumber)

-- Who left meanwhile is gone under the new number, and not under the old one, which is another's now.
local leavers = redis.call('LRANGE', leavers_key, 0, -1)
for _, joined in ipairs(leavers) do redis.call('SETBIT', gone_key, joined, 0) end
for _, joined in ipairs(leavers) do
  redis.call('SETBIT', gone_key, drawn_number(event, tonumber(joined)), 1)
end

-- Parked places were drawn like any other; from here on they are passed over, under their new numbers (AD25).
local parked = redis.call('ZRANGEBYSCORE', parked_key, first, first + count - 1)
redis.call('ZREMRANGEBYSCORE', parked_key, first, first + count - 1)
for _, joined in ipairs(parked) do
  local number = drawn_number(event, tonumber(joined))
  if redis.call('GETBIT', gone_key, number) == 0 then park(event, number) end
end
redis.call('HSET', event_key, 'waiting', event.waiting)
redis.call('DEL', present_key, leavers_key)
redis.call('PUBLISH', line_key, 'drawn')
return {'drawn'}
