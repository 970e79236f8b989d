-- What hold-seats and hold-best share. Wants admitted_key, hold_key, the arguments holdId, visitorId and
-- admissionId, and the includes event, seats and holds.

-- A refusal, or nil and the moment at which the admission ends. Who is inside is asked of Redis in the same
-- step that locks the seat: a token may live longer than its admission.
local function may_hold(event, admission_id, now)
  if event.closedAtMs > 0 and event.closedAtMs <= now then return {'denied', 'not_on_sale', ''} end
  if event.opensAtMs > now then return {'denied', 'not_on_sale', ''} end
  if admission_id == '' and event.waitingRoom == 'off' then return nil, math.huge end
  local ends = tonumber(redis.call('ZSCORE', admitted_key, admission_id) or 0)
  if ends <= now then return {'denied', 'admission_ended', ''} end
  return nil, ends
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
    redis.call('ZADD', deadlines_key, deadline, holdId)
    redis.call('SET', hold_key, '', 'PX', math.max(1, deadline - now))
    visitor.holds = with_hold(visitor.holds, holdId)
  end
  write_hold(holdId, hold)
  visitor.held = visitor.held + #locked
  write_visitor(visitorId, visitor)
  event.available = event.available - #locked
  event.locked = event.locked + #locked
  append(event, 'locked|' .. holdId .. '|' .. visitorId .. '|' .. hold.deadline .. '|' .. text .. '|' .. hold.seats)
  store_counts(event)
  return {'granted', hold.seats, hold.deadline, hold.fence, 0}
end
