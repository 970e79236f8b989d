-- Ends an admission by name: its visitor leaves the room, or the operator revokes it (AD7).
--
-- KEYS event map seats best holds deadlines paying visitors feed admitted admissions called aside front staff parked gone lapsed seen0 seen1 seen2 line
-- ARGV admissionId reason
--
-- ended | unknown | unloaded
local event = read_event(LINE_FIELDS)
if not event then return {'unloaded'} end
local ended, number = end_admission(event, admissionId, reason)
if not ended then return {'unknown'} end
store_map(event)
local changed = call_next(event, now_ms())
changed[#changed + 1] = number
tell_line(changed)
store_line(event)
return {'ended'}
