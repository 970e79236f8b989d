-- The event's hash, the clock, and the feed. Wants event_key; append wants feed_key too.
-- Redis TIME, read once, is the only clock: every deadline is judged by it and by nothing else.
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- The named fields as a table, numbers as numbers; nil where the event is not loaded.
local function read_event(...)
  local names = {...}
  local values = redis.call('HMGET', event_key, ...)
  if not values[1] then return nil end
  local event = {}
  for at, name in ipairs(names) do event[name] = tonumber(values[at]) or values[at] end
  return event
end

-- The state of the on-sale; the same lines as shared/domain/on-sale.ts. Absent moments are 0.
local function on_sale_state(event, now)
  if event.closedAtMs > 0 and event.closedAtMs <= now then return 'closed' end
  if event.opensAtMs > now then
    if event.lobbyOpensAtMs > now then return 'scheduled' end
    return 'lobby'
  end
  if event.available == 0 and event.locked == 0 then return 'sold_out' end
  if event.paused == 1 then return 'paused' end
  return 'open'
end

-- A feed holds this many changes for those who fell behind; whoever is further behind takes a snapshot.
local FEED_ENTRIES_MAX = 20000

-- Writes one change to the feed and tells it. The caller stores event.offset with its other counters.
local function append(event, entry)
  event.offset = event.offset + 1
  local id = event.epoch .. '-' .. event.offset
  redis.call('XADD', feed_key, 'MAXLEN', '~', FEED_ENTRIES_MAX, id, 'e', entry)
  redis.call('PUBLISH', feed_key, id .. ' ' .. entry)
end
