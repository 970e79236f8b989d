-- How a lobby begins and closes. Wants event_key, present_key, gone_key, lapsed_key, seen0_key, seen1_key, seen2_key
-- and the includes draw and line.

-- Whoever joins next is the lobby's first, if it has none yet.
local function begin_lobby(event)
  if not draw_of(event) then store_draw(event, 'lobby', event.nextNumber + 1, 0, 0) end
end

-- Writes a bitmap in which the numbers from `first` to `last` are set and no other.
local function write_range(key, first, last)
  redis.call('DEL', key)
  local from, to = math.floor(first / 8), math.floor(last / 8)
  redis.call('SETRANGE', key, from, string.rep('\255', to - from + 1))
  for number = from * 8, first - 1 do redis.call('SETBIT', key, number, 0) end
  for number = last + 1, to * 8 + 7 do redis.call('SETBIT', key, number, 0) end
end

-- Takes the bits of another bitmap out of one: (a or b) xor b.
local function without(key, other)
  redis.call('BITOP', 'OR', key, key, other)
  redis.call('BITOP', 'XOR', key, key, other)
end

-- Closes the lobby once the on-sale is open (AD13): whoever was heard of in the last 60 to 90 s and waits in line is
-- present, whoever was not has lost the place (AD17). Whoever joins after this step stands behind (AD16). Every step
-- that gives or calls numbers begins with it, so that the first one after the opening does it, whoever takes it.
local function close_lobby(event, now)
  local draw = draw_of(event)
  if not draw or draw.state ~= 'lobby' then return end
  local state = on_sale_state(event, now)
  if state == 'lobby' or state == 'scheduled' or state == 'closed' then return end
  turn_windows(event, now)
  local last = event.nextNumber
  if last < draw.first then
    -- Nobody came.
    event.draw = nil
    redis.call('HDEL', event_key, 'draw')
    return
  end
  write_range(present_key, draw.first, last)
  -- Who waits in line and was not heard of; for that the bitmap of those present is borrowed.
  without(present_key, gone_key)
  for _, key in ipairs({seen0_key, seen1_key, seen2_key}) do without(present_key, key) end
  event.waiting = event.waiting - redis.call('BITCOUNT', present_key)
  redis.call('BITOP', 'OR', lapsed_key, lapsed_key, present_key)
  redis.call('BITOP', 'OR', gone_key, gone_key, present_key)
  -- All the others who wait in line.
  write_range(present_key, draw.first, last)
  without(present_key, gone_key)
  redis.call('HSET', event_key, 'waiting', event.waiting)
  store_draw(event, 'frozen', draw.first, last - draw.first + 1, 0)
end
