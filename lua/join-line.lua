-- Gives a visitor a place at the end of the line, or the one it has (AD1, AD2). Whoever can be called at once is.
--
-- KEYS event map admitted called places gone lapsed seen0 seen1 seen2 line
-- ARGV eventId visitorId
--
-- An empty visitorId is a new visitor, whose id the caller makes of event, line epoch and number.
--
-- place <...> as place.lua | not_on_sale | unloaded
local event = read_event(LINE_FIELDS)
if not event then return {'unloaded'} end
local now = now_ms()
local number = visitorId ~= '' and number_in_line(event, visitorId) or nil
if number then
  local state = describe_place(event, number, now)[1]
  if state ~= 'left' and state ~= 'expired' then
    touch(event, number, now)
    return place_reply(event, number, now)
  end
end
local state = on_sale_state(event, now)
if state == 'scheduled' or state == 'closed' then return {'not_on_sale'} end

event.nextNumber = event.nextNumber + 1
number = event.nextNumber
event.waiting = event.waiting + 1
if visitorId ~= '' then redis.call('HSET', places_key, visitorId, number) end
touch(event, number, now)
tell_line(call_next(event, now))
store_line(event)
return place_reply(event, number, now)
