-- A visitor leaves, wherever it stands: waiting, called or inside. Everybody behind moves up (AD6).
--
-- KEYS event map seats best holds deadlines paying visitors feed admitted admissions called places present order leavers aside front staff parked gone lapsed seen0 seen1 seen2 line
-- ARGV eventId visitorId
--
-- left | no_place | unloaded
local event = read_event(LINE_FIELDS)
if not event then return {'unloaded'} end
local now = now_ms()
close_lobby(event, now)
local number = number_in_line(event, visitorId)
if not number then return {'no_place'} end
local state = describe_place(event, number, now)[1]
if state == 'waiting' or state == 'lobby' then
  leave_lane(event, number, lane_of(event, number))
elseif state == 'called' then
  redis.call('ZREM', called_key, number)
  end_place(number, true)
elseif state == 'admitted' then
  end_admission(event, admission_of(event, number), 'left')
  store_map(event)
else
  return {'left'}
end
local changed = call_next(event, now)
changed[#changed + 1] = number
tell_line(changed)
store_line(event)
return {'left'}
