-- The lobby's draw, rules AD13 to AD18. Wants the include event; drawn_number wants order_key.
--
-- The field `draw` of the event's hash is '<state> <first number> <count> <drawn at>', or absent where nobody has
-- been in a lobby of this line. Its states: `lobby` gathers; `frozen` has closed, with those present in the bitmap
-- `present`, and calls nobody; `drawn` has its outcome in `order`: four bytes for each of the lobby's numbers, the
-- number by which its visitor is called. Those who were present have changed numbers among themselves, all others
-- kept theirs. A visitor id and `places` have the number of the join for ever; everything else goes by the drawn one.

-- Those who were drawn count as present for this long, since they have done nothing wrong by being surprised.
local DRAWN_PRESENT_MS = 90000

local function draw_of(event)
  if type(event.draw) == 'string' then
    local state, first, count, at = string.match(event.draw, '^(%a+) (%d+) (%d+) (%d+)$')
    event.draw = {state = state, first = tonumber(first), count = tonumber(count), at = tonumber(at)}
  end
  return event.draw or nil
end

local function store_draw(event, state, first, count, at)
  event.draw = {state = state, first = first, count = count, at = at}
  redis.call('HSET', event_key, 'draw', string.format('%s %d %d %d', state, first, count, at))
end

-- Whether a number is one of the lobby's, as far as it is known.
local function in_lobby(event, number)
  local draw = draw_of(event)
  if not draw or number < draw.first then return false end
  return draw.state == 'lobby' and number <= event.nextNumber or number < draw.first + draw.count
end

-- Whether a number is in a lobby that has closed and is not drawn.
local function is_frozen(event, number)
  local draw = draw_of(event)
  return draw ~= nil and draw.state == 'frozen' and in_lobby(event, number)
end

-- Whether a number came while the lobby waited for its draw: it stands behind it already (AD16).
local function is_late(event, number)
  local draw = draw_of(event)
  return draw ~= nil and draw.state == 'frozen' and number >= draw.first + draw.count
end

-- The state as the line shows it: the lobby lasts until it is drawn, some milliseconds after the opening. Until
-- then nobody in line is called.
local function line_state(event, now)
  local state = on_sale_state(event, now)
  local draw = draw_of(event)
  local undrawn = draw ~= nil and draw.state ~= 'drawn'
  if undrawn and (state == 'open' or state == 'paused' or state == 'sold_out') then return 'lobby' end
  return state
end

-- What the draw made of the number of a join; the number itself where it was in no draw.
local function drawn_number(event, joined)
  local draw = draw_of(event)
  if not draw or draw.state ~= 'drawn' or not in_lobby(event, joined) then return joined end
  local at = (joined - draw.first) * 4
  return (struct.unpack('>I4', redis.call('GETRANGE', order_key, at, at + 3)))
end

-- Whether a number was drawn so lately that its visitor counts as present without a word (AD17).
local function is_fresh_from_draw(event, number, now)
  local draw = draw_of(event)
  return draw ~= nil and draw.state == 'drawn' and in_lobby(event, number) and now < draw.at + DRAWN_PRESENT_MS
end
