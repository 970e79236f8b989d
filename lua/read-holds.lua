-- The holds of one visitor, or of all for the operator and the reconciler.
--
-- KEYS map holds visitors
-- ARGV visitorId
--
-- An empty visitorId: everybody's.
--
-- holds <id> <record> <id> <record> ... | unloaded
if redis.call('EXISTS', map_key) == 0 then return {'unloaded'} end
local reply = {'holds'}
if visitorId == '' then
  for _, text in ipairs(redis.call('HGETALL', holds_key)) do reply[#reply + 1] = text end
  return reply
end
for hold_id in string.gmatch(read_visitor(visitorId).holds, '[^,]+') do
  local text = redis.call('HGET', holds_key, hold_id)
  if text then
    reply[#reply + 1] = hold_id
    reply[#reply + 1] = text
  end
end
return reply
