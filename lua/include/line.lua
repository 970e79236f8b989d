-- The line: who is called next, and how an admission ends. Wants admitted_key, admissions_key, called_key,
-- gone_key, lapsed_key, seen0_key, seen1_key, seen2_key, line_key, and the include event.
--
-- A place is a number. Numbers up to event.calledThrough have been called or passed over, those above it wait
-- unless their bit in `gone` is set. So a leave costs one bit, however many wait.

-- Fields of the event's hash that the functions here read.
local LINE_FIELDS = {
  'lobbyOpensAtMs', 'paused', 'capacity', 'ratePerMinute', 'admissionMs', 'claimMs', 'inventoryAware',
  'seatsPerAdmissionMilli', 'lineEpoch', 'nextNumber', 'calledThrough', 'waiting', 'tokensMilli', 'tokensAtMs',
  'seenWindow', 'paceCount', 'paceAtMs', 'paceSinceMs',
}

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

local function touch(event, number, now)
  redis.call('SETBIT', turn_windows(event, now), number, 1)
end

local function is_present(number)
  return redis.call('GETBIT', seen0_key, number) == 1 or redis.call('GETBIT', seen1_key, number) == 1
    or redis.call('GETBIT', seen2_key, number) == 1
end

-- Slots that may be given away: room under the cap, less what those inside are thought to buy.
local function free_slots(event)
  if event.roomOff == 1 then return math.huge end
  local inside = redis.call('ZCARD', admitted_key) + redis.call('ZCARD', called_key)
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

-- Calls whoever is next while there are slots and tokens (AD3, AD4). Those who left are passed over, those who
-- are absent lose their turn. Returns the numbers called.
local function call_next(event, now)
  local called = {}
  if on_sale_state(event, now) ~= 'open' or event.calledThrough >= event.nextNumber then return called end
  refill(event, now)
  local slots = free_slots(event)
  local by = now + event.claimMs
  local looked_at = 0
  local off = event.roomOff == 1
  turn_windows(event, now)
  while event.calledThrough < event.nextNumber and slots >= 1 and (off or event.tokensMilli >= 1000)
    and looked_at < LOOKED_AT_MAX do
    local number = event.calledThrough + 1
    event.calledThrough = number
    looked_at = looked_at + 1
    if redis.call('GETBIT', gone_key, number) == 0 then
      event.waiting = event.waiting - 1
      if is_present(number) then
        redis.call('ZADD', called_key, by, number)
        called[#called + 1] = number
        slots = slots - 1
        if not off then event.tokensMilli = event.tokensMilli - 1000 end
      else
        redis.call('SETBIT', lapsed_key, number, 1)
      end
    end
  end
  count_pace(event, #called, now)
  return called
end

-- Tells the gateways which places have changed, for those who watch them.
local function tell_line(numbers)
  if #numbers > 0 then redis.call('PUBLISH', line_key, table.concat(numbers, ',')) end
end

local function number_of(admission_id)
  return tonumber(string.match(admission_id, '%-(%d+)$'))
end
