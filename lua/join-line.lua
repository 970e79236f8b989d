-- Gives a visitor a place at the end of the line, or the one it has (AD1, AD2). Whoever can be called at once is.
-- What the event asks for (account, code, challenge) is judged here, in the step that gives the place: however
-- many devices ask at once, an account or a code of one use has one place, and a code has no more than its uses.
--
-- KEYS event map admitted called places present order leavers aside front staff parked spent gone lapsed seen0 seen1 seen2 line
-- ARGV eventId visitorId accountId codeId codeKind codeUsesMax challengeId challengeEndsAtMs park_it salt
--
-- An empty visitorId is a new visitor. accountId, codeId and challengeId are empty where there is none; the caller
-- has looked up the code and checked the solution. `park_it` is 1 for a place that shall never be called.
--
-- joined <visitorId> <whether the place is new> <place <...> as place.lua> | not_on_sale | account_required |
-- code_required | bad_code | challenge_required | bad_challenge | unloaded
local event = read_event(JOIN_FIELDS)
if not event then return {'unloaded'} end
local now = now_ms()
close_lobby(event, now)

-- 1. What the code is good for. With a presale code one goes first until the others may come, behind every VIP.
local lane = (codeKind == 'vip' or codeKind == 'presale') and 'front' or codeKind == 'staff' and 'staff' or 'line'
local is_presale = event.presaleOpensAtMs > 0 and event.opensAtMs > now
if codeKind == 'presale' and not is_presale then lane = 'line' end
local lane_offset = codeKind == 'presale' and 2 ^ 40 or 0

-- 2. Whose place it is: one place per account where accounts are asked for; else one per code of one use. Such a
-- code hands its visitor to whoever shows it.
local needs_account = event.access == 'account'
local account_field = needs_account and accountId ~= '' and 'account:' .. accountId
local code_field = codeId ~= '' and codeUsesMax == '1' and not needs_account and 'code:' .. codeId
local owner_field = account_field or code_field
local owner = owner_field and redis.call('HGET', places_key, owner_field) or nil

local function living_number(visitor_id)
  local number = visitor_id and visitor_id ~= '' and number_in_line(event, visitor_id)
  if not number then return nil end
  local state = describe_place(event, number, now)[1]
  return state ~= 'left' and state ~= 'expired' and number or nil
end
local holder, held = visitorId, living_number(visitorId)
local given_up
local theirs = owner ~= visitorId and (code_field or not held) and living_number(owner)
if theirs then
  if held and lane_of(event, held) then given_up = held end
  holder, held = owner, theirs
end

-- 3. Whoever has a place keeps it; a code for another lane moves it there.
local moves = held and lane ~= 'line' and lane_of(event, held) == 'line'
if held and not moves then
  touch(event, held, now)
  if given_up then
    leave_lane(event, given_up, lane_of(event, given_up))
    store_line(event)
  end
  return {'joined', holder, 0, place_reply(event, held, joined_as(event, holder), now)}
end

-- 4. Whether it may.
local state = on_sale_state(event, now, lane ~= 'line' and opens_for_front(event) or nil)
if state == 'scheduled' or state == 'closed' then return {'not_on_sale'} end
if needs_account and not account_field and not held then return {'account_required'} end
if event.access == 'code' and codeId == '' then return {'code_required'} end
-- A code's visitor is a new one, who has nothing else that the next to show the code could read.
local visitor_id = owner or code_field and '' or visitorId
local is_use = codeId ~= '' and
  (visitor_id == '' or redis.call('HEXISTS', places_key, 'used:' .. codeId .. ':' .. visitor_id) == 0)
if is_use and tonumber(redis.call('HGET', places_key, 'uses:' .. codeId) or 0) >= tonumber(codeUsesMax) then
  return {'bad_code'}
end
if event.challenge == 'on' and not moves then
  if challengeId == '' then return {'challenge_required'} end
  redis.call('ZREMRANGEBYSCORE', spent_key, '-inf', now)
  if redis.call('ZADD', spent_key, 'NX', challengeEndsAtMs, challengeId) == 0 then return {'bad_challenge'} end
end

-- 5. The place. Whoever was parked once is parked again.
if on_sale_state(event, now) == 'lobby' then begin_lobby(event) end
for _, old in pairs({held, given_up}) do leave_lane(event, old, lane_of(event, old)) end
local is_parked = park_it == '1'
  or visitor_id ~= '' and redis.call('HEXISTS', places_key, 'parked:' .. visitor_id) == 1
local number
if lane == 'line' or is_parked then
  number = event.nextNumber + 1
  event.nextNumber = number
  event.waiting = event.waiting + 1
else
  number = give_aside(event, lane, lane_offset, now)
end
if visitor_id == '' then
  -- With something random behind it: a Redis that lost its last moments gives a number again, but never an id.
  visitor_id = admission_of(event, number) .. '-' .. salt
else
  redis.call('HSET', places_key, visitor_id, number)
end
if is_parked then
  redis.call('HSET', places_key, 'parked:' .. visitor_id, 1)
  park(event, number)
end
if owner_field then redis.call('HSET', places_key, owner_field, visitor_id) end
if is_use then
  redis.call('HINCRBY', places_key, 'uses:' .. codeId, 1)
  redis.call('HSET', places_key, 'used:' .. codeId .. ':' .. visitor_id, 1)
end
touch(event, number, now)
tell_line(call_next(event, now))
store_line(event)
return {'joined', visitor_id, moves and 0 or 1, place_reply(event, number, number, now)}
