-- Chooses the best seats that are free and takes them, in one step: chosen outside, a rush would choose the
-- same ones and be refused (HO5). Asked again with the same id, it answers the same.
--
-- KEYS map seats best holds deadlines visitors feed runs hold
-- ARGV holdId visitorId admissionId count section category scatter accessible
--
-- `section` and `category` are positions in the plan, or -1 for any. `scatter` is 1 where seats that are not
-- side by side will do when no others are left. `accessible` is 1 for wheelchair places with their companions
-- and nothing else; others are offered those last of all, since the runs end with them.
--
-- The runs are records of 12 bytes, best first: u32 first seat, u16 count, u16 section, u16 category,
-- u16 flags (1 accessible: wheelchair, companion, wheelchair, companion, ...; 2 general admission: all alike).
-- `best` remembers, for each question, the run before which nothing fits; it is forgotten whenever a seat
-- comes free. That keeps a rush on a full house from reading all of it each time.
--
-- granted, denied, unloaded: as hold-seats
local event = read_map()
if not event then return {'unloaded'} end
local now = now_ms()
count, section, category = tonumber(count), tonumber(section), tonumber(category)

local visitor = read_visitor(visitorId)
local denied, admission_ends = may_hold(event, visitor, now)
if denied then return denied end
local hold = read_hold(holdId)
if hold then
  if hold.visitor ~= visitorId then return {'denied', 'unknown_hold', ''} end
  return {'granted', hold.seats, hold.deadline, hold.fence, 1}
end
if event.available == 0 and event.locked == 0 then return {'denied', 'sold_out', ''} end
if event.available < count then return {'denied', 'no_adjacent_seats', ''} end
if visitor.held + visitor.bought + count > event.seatsPerVisitorMax then return {'denied', 'over_limit', ''} end

local RUN_BYTES = 12
local ACCESSIBLE, GENERAL = 1, 2
local runs = redis.call('GET', runs_key)
local run_count = #runs / RUN_BYTES
local states = redis.call('GET', seats_key)

local function is_free(seat)
  local byte = string.byte(states, math.floor(seat / 4) + 1)
  return bit.band(bit.rshift(byte, (seat % 4) * 2), 3) == AVAILABLE
end

-- The best `count` neighbours of a run, as the first of them: such that no single seat is left over beside
-- them where that can be, then close to the middle. Nil where there are none.
local function choose_window(first, length, step)
  local best, best_cost
  local last = first + length - 1
  local middle = first + (length - count) / 2
  local free_from
  for seat = first, last + 1 do
    if seat <= last and is_free(seat) then
      free_from = free_from or seat
    elseif free_from then
      local free_to = seat - 1
      for start = free_from + (free_from - first) % step, free_to - count + 1, step do
        local before, after = start - free_from, free_to - (start + count - 1)
        local orphans = (before == 1 and 1 or 0) + (after == 1 and 1 or 0)
        local cost = orphans * 100000 + math.abs(start - middle)
        if not best or cost < best_cost then best, best_cost = start, cost end
      end
      free_from = nil
    end
  end
  return best
end

local function is_asked_for(run_section, run_category, flags)
  return (section < 0 or section == run_section) and (category < 0 or category == run_category)
    and (accessible == '0' or bit.band(flags, ACCESSIBLE) ~= 0)
end

local question = count .. ':' .. section .. ':' .. category .. ':' .. accessible
local first_run = tonumber(redis.call('HGET', best_key, question) or 0)
local chosen
-- Places of general admission are alike: they are gathered across runs until there are enough.
local gathered, gathered_section, gathered_from = {}, nil, nil
local at = first_run
while at < run_count and not chosen do
  local first, length, run_section, run_category, flags =
    struct.unpack('<I4I2I2I2I2', runs, at * RUN_BYTES + 1)
  local asked_for = is_asked_for(run_section, run_category, flags)
  if asked_for and bit.band(flags, GENERAL) ~= 0 then
    if gathered_section ~= run_section then gathered, gathered_section, gathered_from = {}, run_section, nil end
    for seat = first, first + length - 1 do
      if is_free(seat) then
        gathered_from = gathered_from or at
        gathered[#gathered + 1] = seat
        if #gathered == count then
          chosen = gathered
          at = gathered_from
          break
        end
      end
    end
  elseif asked_for then
    -- Whoever takes a companion's place takes the wheelchair place before it: pairs are not torn.
    local step = bit.band(flags, ACCESSIBLE) ~= 0 and 2 or 1
    local start = length >= count and choose_window(first, length, step)
    if start then
      chosen = {}
      for seat = start, start + count - 1 do chosen[#chosen + 1] = seat end
    end
  end
  if not chosen then at = at + 1 end
end
-- Before this run nothing fits, until a seat comes free.
redis.call('HSET', best_key, question, gathered_from or at)

if not chosen and scatter == '1' then
  local loose = {}
  for run = 0, run_count - 1 do
    local first, length, run_section, run_category, flags =
      struct.unpack('<I4I2I2I2I2', runs, run * RUN_BYTES + 1)
    if is_asked_for(run_section, run_category, flags) then
      for seat = first, first + length - 1 do
        if #loose < count and is_free(seat) then loose[#loose + 1] = seat end
      end
    end
  end
  if #loose == count then chosen = loose end
end
if not chosen then return {'denied', 'no_adjacent_seats', ''} end

swap_seats(chosen, LOCKED)
return grant(event, nil, chosen, visitor, admission_ends, now)
