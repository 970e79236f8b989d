-- How an admission ends. Wants what holds.lua and line.lua want, and those includes.

-- Ends an admission and gives its slot back at once; its unpaid holds are released, what is being paid for
-- survives (AD7, AD8). Reason is left, expired, bought or revoked. False where it had ended before.
local function end_admission(event, admission_id, reason)
  if redis.call('ZREM', admitted_key, admission_id) == 0 then return false end
  local visitor_id = redis.call('HGET', admissions_key, admission_id)
  redis.call('HDEL', admissions_key, admission_id)
  local number = number_of(admission_id)
  end_place(number, reason == 'left' or reason == 'bought')
  local visitor = read_visitor(visitor_id)
  if visitor.admission == admission_id then
    visitor.admission, visitor.ends = '', 0
    write_visitor(visitor_id, visitor)
  end
  for hold_id in string.gmatch(visitor.holds, '[^,]+') do
    local hold = read_hold(hold_id)
    if hold and hold.admission == admission_id and hold.state == 'held' then
      end_hold(event, hold_id, hold, reason == 'revoked' and 'revoked' or reason == 'expired' and 'expired' or 'released')
    end
  end
  append(event, 'ended|' .. visitor_id .. '|' .. admission_id .. '|' .. reason)
  return true, number
end
