-- The line: who is called next, and how a place ends. Wants admitted_key, called_key, aside_key, front_key, staff_key,
-- parked_key, gone_key, lapsed_key, seen0_key, seen1_key, seen2_key, line_key, and the includes event and draw;
-- leave_lane wants leavers_key.
--
-- A place is a number. Numbers up to event.calledThrough have been called or passed over, those above it wait
-- unless their bit in `gone` is set. So a leave costs one bit, however many wait. A parked place has that bit too,
-- and so it is passed over and counted nowhere (AD25).
--
-- A place in a lane of its own has a number beyond all others, of which the line, its bitmaps and its draw know
-- nothing: in `front`, which is called before the line (AD21), or in `staff`, beside the cap (AD22).

-- Fields of the event's hash that the functions here read.
local LINE_FIELDS = {
  'lobbyOpensAtMs', 'paused', 'capacity', 'staffCapacity', 'ratePerMinute', 'admissionMs', 'claimMs', 'inventoryAware',
  'seatsPerAdmissionMilli', 'lineEpoch', 'nextNumber', 'calledThrough', 'waiting', 'tokensMilli', 'tokensAtMs',
  'seenWindow', 'paceCount', 'paceAtMs', 'paceSinceMs', 'draw', 'asidePlaces',
}

-- And those of a join, which asks for more.
local JOIN_FIELDS = {'access', 'challenge'}
for at = 1, #LINE_FIELDS do JOIN_FIELDS[at + 2] = LINE_FIELDS[at] end

local function store_line(event)
  redis.call('HSET', event_key, 'nextNumber', event.nextNumber, 'calledThrough', event.calledThrough,
    'waiting', event.waiting, 'tokensMilli', event.tokensMilli,
    'tokensAtMs', event.tokensAtMs, 'seenWindow', event.seenWindow, 'paceCount', event.paceCount,
    'paceAtMs', event.paceAtMs, 'paceSinceMs', event.paceSinceMs)
end

-- Presence: three bitmaps for three windows of 30 s in turn, so silence counts as absence after 60 to 90 s,
-- for a bit each and without a key that expires.
local SEEN_WINDOW_MS = 30000

local function seen_key(window)
  local turn = window % 3
  return turn == 0 and seen0_key or turn == 1 and seen1_key or seen2_key
end

local function turn_windows(event, now)
  local window = math.floor(now / SEEN_WINDOW_MS)
  if window > event.seenWindow then
    for past = math.max(event.seenWindow + 1, window - 2), window do redis.call('DEL', seen_key(past)) end
    event.seenWindow = window
    redis.call('HSET', event_key, 'seenWindow', window)
  end
  return seen_key(window)
end

-- Numbers of places in a lane of their own. There the set `aside` says when somebody was heard of, or how it ended.
local ASIDE_FROM = 1000000000
local ASIDE_LEFT, ASIDE_LAPSED = -1, -2
-- As long as the bitmaps remember, on average.
local ASIDE_PRESENT_MS = 75000

local function is_aside(number)
  return number > ASIDE_FROM
end

local function touch(event, number, now)
  if not is_aside(number) then
    redis.call('SETBIT', turn_windows(event, now), number, 1)
  elseif tonumber(redis.call('ZSCORE', aside_key, number) or ASIDE_LEFT) > 0 then
    redis.call('ZADD', aside_key, now, number)
  end
end

local function is_present(event, number, now)
  if is_fresh_from_draw(event, number, now) then return true end
  if is_aside(number) then
    return tonumber(redis.call('ZSCORE', aside_key, number) or ASIDE_LEFT) > now - ASIDE_PRESENT_MS
  end
  return redis.call('GETBIT', seen0_key, number) == 1 or redis.call('GETBIT', seen1_key, number) == 1
    or redis.call('GETBIT', seen2_key, number) == 1
end

-- A place is over: left in time, or lapsed.
local function end_place(number, in_time)
  if is_aside(number) then
    redis.call('ZADD', aside_key, in_time and ASIDE_LEFT or ASIDE_LAPSED, number)
    redis.call('ZREM', front_key, number)
    redis.call('ZREM', staff_key, number)
  else
    redis.call('SETBIT', in_time and gone_key or lapsed_key, number, 1)
  end
end

-- How a place that neither waits nor is called or inside has ended. Who was away when the lobby closed has both bits.
local function has_left(number)
  if is_aside(number) then return tonumber(redis.call('ZSCORE', aside_key, number) or 0) == ASIDE_LEFT end
  return redis.call('GETBIT', gone_key, number) == 1 and redis.call('GETBIT', lapsed_key, number) == 0
end

-- Who stands beside the cap; a waiting number has itself as its score.
local STAFF_CALLED, STAFF_INSIDE = -1, -2

-- Most lines have no other lane, and are not asked for it.
local function count_front(event)
  return event.asidePlaces > 0 and redis.call('ZCARD', front_key) or 0
end

local function has_staff(event)
  return event.asidePlaces > 0 and redis.call('ZCARD', staff_key) > 0
end

local function staff_inside(event)
  if event.asidePlaces == 0 then return 0 end
  return redis.call('ZCOUNT', staff_key, STAFF_INSIDE, STAFF_CALLED)
end

-- When the on-sale opens for those who go first.
local function opens_for_front(event)
  if event.presaleOpensAtMs == 0 then return event.opensAtMs end
  return math.min(event.presaleOpensAtMs, event.opensAtMs)
end

-- The lane in which a number waits: line, parked, front or staff; nil where it does not.
local function lane_of(event, number)
  if is_aside(number) then
    if redis.call('ZSCORE', front_key, number) then return 'front' end
    return tonumber(redis.call('ZSCORE', staff_key, number) or 0) > 0 and 'staff' or nil
  end
  if redis.call('GETBIT', gone_key, number) == 1 then
    return redis.call('ZSCORE', parked_key, number) and 'parked' or nil
  end
  return number > event.calledThrough and 'line' or nil
end

-- A waiting place is given up.
local function leave_lane(event, number, lane)
  if lane == 'line' or lane == 'front' then event.waiting = event.waiting - 1 end
  end_place(number, true)
  -- The draw that is under way gives this visitor another number, which has to be gone instead.
  if lane == 'line' and is_frozen(event, number) then redis.call('RPUSH', leavers_key, number) end
  if not is_aside(number) then redis.call('ZREM', parked_key, number) end
end

-- A new place in a lane of its own. Those with the larger offset come behind all with a smaller one.
local function give_aside(event, lane, offset, now)
  event.asidePlaces = redis.call('HINCRBY', event_key, 'asidePlaces', 1)
  local number = ASIDE_FROM + event.asidePlaces
  redis.call('ZADD', aside_key, now, number)
  if lane == 'staff' then
    redis.call('ZADD', staff_key, number, number)
  else
    redis.call('ZADD', front_key, offset + number, number)
    event.waiting = event.waiting + 1
  end
  return number
end

-- Whether a number waits for the draw. There a parked one takes part like any other and has no bit in `gone` yet.
local function awaits_draw(event, number)
  local draw = draw_of(event)
  return draw ~= nil and draw.state ~= 'drawn' and in_lobby(event, number)
end

-- A place of the line that waits there is to be called no more. False where it is parked already.
local function park(event, number)
  if redis.call('ZADD', parked_key, number, number) == 0 then return false end
  if not awaits_draw(event, number) then
    redis.call('SETBIT', gone_key, number, 1)
    event.waiting = event.waiting - 1
  end
  return true
end

-- Slots that may be given away: room under the cap, less what those inside are thought to buy.
local function free_slots(event)
  if event.roomOff == 1 then return math.huge end
  local inside = redis.call('ZCARD', admitted_key) + redis.call('ZCARD', called_key) - staff_inside(event)
  local slots = event.capacity - inside
  if event.inventoryAware == 1 then
    -- What is left when those inside have taken what they are thought to want and do not hold yet. The last
    -- seat calls somebody too.
    local wanted = math.max(0, inside * event.seatsPerAdmissionMilli - event.locked * 1000)
    local left = event.available * 1000 - wanted
    slots = math.min(slots, math.ceil(left / event.seatsPerAdmissionMilli))
  end
  return slots
end

-- The rate is a bucket of tokens, a second's worth deep, counted in thousandths so that slow rates add up.
local function refill(event, now)
  local depth = math.max(1000, event.ratePerMinute * 1000 / 60)
  local gained = (now - event.tokensAtMs) * event.ratePerMinute / 60
  if event.ratePerMinute == 0 then depth = 0 end
  event.tokensMilli = math.min(depth, event.tokensMilli + gained)
  event.tokensAtMs = now
end

-- The pace is a count of calls that fades with a time constant of a minute.
local PACE_MS = 60000
local function count_pace(event, calls, now)
  if event.paceSinceMs == 0 then
    if calls == 0 then return end
    event.paceSinceMs = now
  end
  event.paceCount = event.paceCount * math.exp(-(now - event.paceAtMs) / PACE_MS) + calls
  event.paceAtMs = now
end

-- One call looks at no more numbers than this, so that Redis is never blocked for long by a line of absentees.
local LOOKED_AT_MAX = 2000

-- Calls a number whose turn it is. Who is absent loses the turn: false.
local function call_number(event, number, now, called)
  if not is_present(event, number, now) then
    end_place(number, false)
    return false
  end
  redis.call('ZADD', called_key, now + event.claimMs, number)
  called[#called + 1] = number
  return true
end

-- Calls staff while there is room beside the cap, whatever the rate and however long the line (AD22).
local function call_staff(event, now, called)
  if not has_staff(event) then return end
  local state = on_sale_state(event, now, opens_for_front(event))
  if state ~= 'open' and state ~= 'paused' and state ~= 'sold_out' then return end
  local room = event.staffCapacity - staff_inside(event)
  if room < 1 then return end
  for _, number in ipairs(redis.call('ZRANGEBYSCORE', staff_key, 1, '+inf', 'LIMIT', 0, room)) do
    if call_number(event, tonumber(number), now, called) then redis.call('ZADD', staff_key, STAFF_CALLED, number) end
  end
end

-- The next number of those that are called: from the front, then from the line. Nil where nobody waits.
local function take_next(event, front, line)
  if front then
    local number = redis.call('ZPOPMIN', front_key)[1]
    if number then return tonumber(number) end
  end
  if not line or event.calledThrough >= event.nextNumber then return nil end
  event.calledThrough = event.calledThrough + 1
  return event.calledThrough, redis.call('GETBIT', gone_key, event.calledThrough) == 1
end

-- Calls whoever is next while there are slots and tokens (AD3, AD4): first those in front, then the line. Those who
-- left are passed over, those who are absent lose their turn. Returns the numbers called.
local function call_next(event, now)
  local called = {}
  call_staff(event, now, called)
  local beside = #called
  local line = event.calledThrough < event.nextNumber and line_state(event, now) == 'open'
  local front = count_front(event) > 0 and on_sale_state(event, now, opens_for_front(event)) == 'open'
  if not line and not front then return called end
  refill(event, now)
  local slots = free_slots(event)
  local off = event.roomOff == 1
  turn_windows(event, now)
  for _ = 1, LOOKED_AT_MAX do
    if slots < 1 or not (off or event.tokensMilli >= 1000) then break end
    local number, passed_over = take_next(event, front, line)
    if not number then break end
    if not passed_over then
      event.waiting = event.waiting - 1
      if call_number(event, number, now, called) then
        slots = slots - 1
        if not off then event.tokensMilli = event.tokensMilli - 1000 end
      end
    end
  end
  count_pace(event, #called - beside, now)
  return called
end

-- Tells the gateways which places have changed, for those who watch them.
local function tell_line(numbers)
  if #numbers > 0 then redis.call('PUBLISH', line_key, table.concat(numbers, ',')) end
end

local function number_of(admission_id)
  return tonumber(string.match(admission_id, '%-(%d+)$'))
end
