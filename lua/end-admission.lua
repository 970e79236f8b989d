-- Ends an admission by name: its visitor leaves the room, or the operator revokes it (AD7).
--
-- KEYS event seats best holds deadlines paying visitors feed admitted admissions called gone lapsed seen0 seen1 seen2 line
-- ARGV admissionId reason
-- INCLUDE event.lua seats.lua holds.lua line.lua admission.lua
--
-- ended | unknown | unloaded
local event = read_event(unpack(LINE_FIELDS))
if not event then return {'unloaded'} end
local ended, number = end_admission(event, admissionId, reason)
if not ended then return {'unknown'} end
store_counts(event)
local changed = call_next(event, now_ms())
changed[#changed + 1] = number
tell_line(changed)
store_line(event)
return {'ended'}
