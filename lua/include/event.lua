-- The event's record and hash, the clock, and the feed. Wants map_key; some want event_key and feed_key.
-- Redis TIME, read once, is the only clock: every deadline is judged by it and by nothing else.
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- What every hold needs of an event stands in one record of doubles, since a hash of forty fields costs more to
-- read than to hold. map-record.ts names the same fields in the same order.
local MAP_FORMAT = '<dddddddddddddd'

local function read_map()
  local record = redis.call('GET', map_key)
  if not record then return nil end
  local event = {}
  event.epoch, event.offset, event.seatCount, event.available, event.locked, event.sold, event.blocked,
    event.opensAtMs, event.closedAtMs, event.roomOff, event.holdMs, event.paymentMs, event.seatsPerVisitorMax,
    event.presaleOpensAtMs =
    struct.unpack(MAP_FORMAT, record)
  return event
end

local function store_map(event)
  redis.call('SET', map_key, struct.pack(MAP_FORMAT,
    event.epoch, event.offset, event.seatCount, event.available, event.locked, event.sold, event.blocked,
    event.opensAtMs, event.closedAtMs, event.roomOff, event.holdMs, event.paymentMs, event.seatsPerVisitorMax,
    event.presaleOpensAtMs))
end

-- The record and the named fields of the hash, numbers as numbers; nil where the event is not loaded.
local function read_event(names)
  local event = read_map()
  if not event then return nil end
  local values = redis.call('HMGET', event_key, unpack(names))
  for at, name in ipairs(names) do event[name] = tonumber(values[at]) or values[at] end
  return event
end

-- The state of the on-sale; the same lines as shared/domain/on-sale.ts. Absent moments are 0. `opens_at` stands
-- in for the opening where somebody is asked about to whom it opens at another moment.
local function on_sale_state(event, now, opens_at)
  if event.closedAtMs > 0 and event.closedAtMs <= now then return 'closed' end
  if (opens_at or event.opensAtMs) > now then
    if event.lobbyOpensAtMs > now then return 'scheduled' end
    return 'lobby'
  end
  if event.available == 0 and event.locked == 0 then return 'sold_out' end
  if event.paused == 1 then return 'paused' end
  return 'open'
end

-- A feed holds this many changes for those who fell behind; whoever is further behind takes a snapshot.
local FEED_ENTRIES_MAX = 20000

-- Writes one change to the feed and tells it. The caller stores the record afterwards.
local function append(event, entry)
  event.offset = event.offset + 1
  local id = string.format('%d-%d', event.epoch, event.offset)
  redis.call('XADD', feed_key, 'MAXLEN', '~', FEED_ENTRIES_MAX, id, 'e', entry)
  redis.call('PUBLISH', feed_key, id .. ' ' .. entry)
end
