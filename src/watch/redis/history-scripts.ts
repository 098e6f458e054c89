import { RedisScript } from "../../redis-script.js";

/*
 * KEYS: 1 head (hash), 2 states (hash: version -> JSON), 3 log (stream: `<seq>-0` -> JSON of the change).
 * ARGV: 1 entries retained, 2 retention in ms, 3 wake-up channel, 4 wake-up message; then each script's own.
 *
 * Ticks (tickets and polls) count microseconds of the server's clock, and always upwards, so that they stay in order
 * also after the store was emptied.
 */
const COMMON = `
local head, states, log = KEYS[1], KEYS[2], KEYS[3]
local function get(field) return redis.call('HGET', head, field) end
local function num(field) return tonumber(get(field) or '0') end
local function text(n) return string.format('%.0f', n) end
local function touch() for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], ARGV[2]) end end
local function wake() redis.call('PUBLISH', ARGV[3], ARGV[4]) end
local function tick()
  local t = redis.call('TIME')
  local now = math.max(num('tick') + 1, t[1] * 1000000 + t[2])
  redis.call('HSET', head, 'tick', text(now))
  return now
end
local function outline()
  return redis.call('HMGET', head, 'inc', 'seq', 'originInc', 'originSeq', 'announced', 'seeded', 'wanted', 'served', 'polledAt', 'complete')
end
local function apply(kind, version, state)
  if kind == 'gone' then redis.call('DEL', states)
  elseif kind == 'vanished' then redis.call('HDEL', states, version)
  else redis.call('HSET', states, version, state) end
end
local function add(kind, version, change, state)
  local seq = redis.call('HINCRBY', head, 'seq', 1)
  redis.call('XADD', log, 'MAXLEN', '=', ARGV[1], seq .. '-0', 'c', change)
  apply(kind, version, state)
end
local function begin(inc, seq, originInc, originSeq, seeded)
  redis.call('DEL', states, log)
  redis.call('HDEL', head, 'fence')
  redis.call('HSET', head, 'inc', inc, 'seq', seq, 'announced', seq, 'originInc', originInc, 'originSeq', originSeq,
    'seeded', seeded, 'polledAt', 0, 'complete', 1)
end
`;

const define = (source: string): RedisScript => new RedisScript(COMMON + source);

export const LOAD = define(`
if not get('inc') then return false end
return { outline(), redis.call('HGETALL', states) }
`);

/** ARGV: 5 incarnation, 6 seq, 7 limit. */
export const READ = define(`
local inc = get('inc')
if not inc then return false end
local seq, announced = tonumber(ARGV[6]), num('announced')
local own = ARGV[5] == inc and seq <= num('seq')
local inherited = ARGV[5] == get('originInc') and seq <= num('originSeq')
if not (own or inherited) then return { outline(), 0, {} } end
if seq >= announced then return { outline(), 1, {} } end
local entries = redis.call('XRANGE', log, text(seq + 1) .. '-0', text(announced) .. '-0', 'COUNT', ARGV[7])
if not entries[1] or entries[1][1] ~= text(seq + 1) .. '-0' then return { outline(), 0, {} } end
return { outline(), 1, entries }
`);

export const WANT = define(`
local now = tick()
redis.call('HSET', head, 'wanted', text(now))
touch()
wake()
return text(now)
`);

export const BEGIN_POLL = define(`
local now = tick()
touch()
return { text(now), num('wanted') > num('served') and 1 or 0 }
`);

/**
 * ARGV: 5 fence, 6 incarnation, 7 seq, 8 whether the lease was lost, 9 number of changes; for each: kind, version, change,
 * state; then for each state: version, state.
 */
export const APPEND = define(`
if get('inc') ~= ARGV[6] then return 'conflict' end
local fence = num('fence')
if tonumber(ARGV[5]) < fence or (ARGV[8] == '1' and fence == 0) then return 'fenced' end
if num('seq') ~= tonumber(ARGV[7]) then return 'conflict' end
redis.call('HSET', head, 'fence', ARGV[5], 'seeded', 1)
local at = 10
for i = 1, tonumber(ARGV[9]) do
  add(ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3])
  at = at + 4
end
while ARGV[at] do
  redis.call('HSET', states, ARGV[at], ARGV[at + 1])
  at = at + 2
end
touch()
return 'appended'
`);

/** ARGV: 5 fence, 6 incarnation, 7 served, 8 polledAt, 9 complete. */
export const ANNOUNCE = define(`
if get('inc') ~= ARGV[6] then return 'conflict' end
if tonumber(ARGV[5]) < num('fence') then return 'fenced' end
redis.call('HSET', head, 'fence', ARGV[5], 'announced', get('seq'), 'polledAt', ARGV[8], 'complete', ARGV[9],
  'served', text(math.max(num('served'), tonumber(ARGV[7]))))
touch()
wake()
return 'announced'
`);

/**
 * ARGV: 5 incarnation, 6 seq, 7 origin's incarnation, 8 origin's seq, 9 seeded, 10 number of states; for each: version,
 * state; then for each entry: seq, kind, version, change, state.
 */
export const BEGIN = define(`
local seq, at = tonumber(ARGV[6]), 11
if not get('inc') then
  begin(ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9])
  for i = 1, tonumber(ARGV[10]) do
    redis.call('HSET', states, ARGV[at], ARGV[at + 1])
    at = at + 2
  end
  while ARGV[at] do
    redis.call('XADD', log, 'MAXLEN', '=', ARGV[1], ARGV[at] .. '-0', 'c', ARGV[at + 3])
    at = at + 5
  end
  touch()
  return 1
end
local known = num('seq')
if get('originInc') ~= ARGV[7] or num('originSeq') ~= known or seq <= known then return 0 end
at = at + 2 * tonumber(ARGV[10])
while ARGV[at] and tonumber(ARGV[at]) <= known do at = at + 5 end
if not ARGV[at] or tonumber(ARGV[at]) ~= known + 1 then return 0 end
while ARGV[at] do
  add(ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4])
  at = at + 5
end
redis.call('HSET', head, 'announced', ARGV[6], 'originSeq', ARGV[6])
touch()
wake()
return 1
`);

/** ARGV: 5 incarnation for a new history, 6 version, 7 change, 8 state. */
export const INTRODUCE = define(`
if not get('inc') then begin(ARGV[5], 0, '', 0, 0) end
if redis.call('HEXISTS', states, ARGV[6]) == 1 then return end
local told = get('announced') == get('seq')
add('status', ARGV[6], ARGV[7], ARGV[8])
if told then redis.call('HSET', head, 'announced', get('seq')) end
touch()
wake()
`);
