-- What hold-seats and hold-best share. Wants hold_key, the arguments holdId, visitorId and admissionId, and the
-- includes event, seats and holds.

-- A refusal, or nil and the moment at which the admission ends. Who is inside is judged in the same step that
-- locks the seat: a token may live longer than its admission.
local function may_hold(event, visitor, now)
  if event.closedAtMs > 0 and event.closedAtMs <= now then return {'denied', 'not_on_sale', ''} end
  -- Before the opening only those can be inside whom a presale let in.
  local presale = admissionId ~= '' and event.presaleOpensAtMs > 0 and event.presaleOpensAtMs <= now
  if event.opensAtMs > now and not presale then return {'denied', 'not_on_sale', ''} end
  if admissionId == '' and event.roomOff == 1 then return nil, math.huge end
  if visitor.admission ~= admissionId or visitor.ends <= now then return {'denied', 'admission_ended', ''} end
  return nil, visitor.ends
end

-- Writes the hold of seats that have just been locked. A hold ends no later than its admission.
local function grant(event, hold, locked, visitor, admission_ends, now)
  local text = table.concat(locked, ',')
  if hold then
    hold.seats = hold.seats .. ',' .. text
  else
    local deadline = math.min(now + event.holdMs, admission_ends)
    hold = {
      visitor = visitorId, admission = admissionId, fence = event.offset + 1, deadline = deadline,
      state = 'held', extended = 0, order = '', left = 0, seats = text,
    }
    redis.call('ZADD', deadlines_key, string.format('%d', deadline), holdId)
    redis.call('SET', hold_key, '', 'PX', string.format('%d', math.max(1, deadline - now)))
    visitor.holds = with_hold(visitor.holds, holdId)
  end
  write_hold(holdId, hold)
  visitor.held = visitor.held + #locked
  write_visitor(visitorId, visitor)
  event.available = event.available - #locked
  event.locked = event.locked + #locked
  append(event, string.format('locked|%s|%s|%d|%s|%s', holdId, visitorId, hold.deadline, text, hold.seats))
  store_map(event)
  return {'granted', hold.seats, hold.deadline, hold.fence, 0}
end
