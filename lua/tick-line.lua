-- The admitter's step: whoever did not claim in time loses the turn, whose admission is over is out, and the
-- next are called (AD3, AD8). Every gateway runs it a few times a second; there is no leader to lose.
--
-- KEYS event map seats best holds deadlines paying visitors feed admitted admissions called present aside front staff parked gone lapsed seen0 seen1 seen2 line
-- ARGV limit
--
-- ticked <next moment or 0> <no-shows> <timed out> <called numbers> <draw> <lineEpoch> <first> <count> | unloaded
--
-- `draw` is none, or the state of the lobby, with its numbers so far: a frozen one waits for whoever draws it.
local event = read_event(LINE_FIELDS)
if not event then return {'unloaded'} end
local now = now_ms()
close_lobby(event, now)
local changed = {}
local late = redis.call('ZRANGEBYSCORE', called_key, '-inf', now, 'LIMIT', 0, limit)
for _, number in ipairs(late) do
  redis.call('ZREM', called_key, number)
  end_place(tonumber(number), false)
  changed[#changed + 1] = number
end
local over = redis.call('ZRANGEBYSCORE', admitted_key, '-inf', now, 'LIMIT', 0, limit)
for _, admission_id in ipairs(over) do
  local _, number = end_admission(event, admission_id, 'expired')
  changed[#changed + 1] = number
end
if #over > 0 then store_map(event) end
local before, waiting_before = event.calledThrough, event.waiting
local called = call_next(event, now)
for _, number in ipairs(called) do changed[#changed + 1] = number end
tell_line(changed)
if #changed > 0 or event.calledThrough ~= before or event.waiting ~= waiting_before then store_line(event) end

local next_at = 0
local function sooner(moment)
  moment = tonumber(moment or 0)
  if moment > now and (next_at == 0 or moment < next_at) then next_at = moment end
end
sooner(redis.call('ZRANGE', called_key, 0, 0, 'WITHSCORES')[2])
sooner(redis.call('ZRANGE', admitted_key, 0, 0, 'WITHSCORES')[2])
sooner(event.opensAtMs)
sooner(event.presaleOpensAtMs)
local draw = draw_of(event) or {state = 'none', first = 0, count = 0}
local count = draw.state == 'lobby' and event.nextNumber - draw.first + 1 or draw.count
return {
  'ticked', next_at, #late, #over, table.concat(called, ','), draw.state, event.lineEpoch, draw.first, count,
}
