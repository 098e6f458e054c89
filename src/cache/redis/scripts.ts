import { RedisScript } from "../../redis-script.js";
import { RELEASED } from "./messages.js";

/*
 * The keys of one call share a hash tag. Instants are milliseconds of Redis's own clock.
 *
 * generation  a hash: "*" is the group's generation "<when it began>-<unique>", other fields are those of its parts.
 *             One that is missing is made anew, never assumed: whatever was written under a lost one is void.
 * entry       "<began>:<fresh until>:<answered>:<generation>:<checksum>:<json>"
 * proof       when the upstream answered the credential, or "-" and when the proof was revoked: an older one that comes later,
 *             with a script that Redis did not know at first for instance, is none
 * lock        "<token>" of who loads, with "!" behind it when others wait to be told
 */

const TIME = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function digits(n) return string.format('%.0f', n) end
`;

const GENERATION = `
local function groupGeneration(key, unique, ttl)
  local whole = redis.call('HGET', key, '*')
  if not whole then
    whole = digits(now) .. '-' .. unique
    redis.call('HSET', key, '*', whole)
    redis.call('PEXPIRE', key, ttl)
  end
  return whole
end
local function generationOf(key, part, whole)
  return whole .. '/' .. (redis.call('HGET', key, part) or '')
end
`;

const READABLE = `
local function readable(key, generation)
  local entry = redis.call('GET', key) or ''
  local freshUntil, entryGeneration = string.match(entry, '^%d+:(%d+):%d+:([^:]*):')
  if entryGeneration ~= generation then return '', false end
  return entry, tonumber(freshUntil) > now
end
`;

const KEEP = `
local function keep(key, generation, value, keptUntil)
  local life = tonumber(keptUntil) - now
  if life <= 0 then return end
  local otherBegan, otherGeneration = string.match(redis.call('GETRANGE', key, 0, 255), '^(%d+):%d+:%d+:([^:]*):')
  if otherGeneration == generation and tonumber(otherBegan) > tonumber(string.match(value, '^%d+')) then return end
  redis.call('SET', key, value, 'PX', digits(life))
end
`;

const GIVE_BACK = `
local function giveBack(key, token, channel)
  local owner = redis.call('GET', key)
  if owner == token then
    redis.call('DEL', key)
  elseif owner == token .. '!' then
    redis.call('DEL', key)
    redis.call('PUBLISH', channel, '${RELEASED}' .. key)
  end
end
`;

const PROVE = `
local function prove(key, provenAt, ttl)
  local known = tonumber(redis.call('GET', key) or '')
  if known and known < 0 and -known > tonumber(provenAt) then return end
  redis.call('SET', key, provenAt, 'PX', ttl)
end
`;

const PROOF = `
local function proofAge(key, ttl)
  local provenAt = tonumber(redis.call('GET', key) or '')
  if provenAt and now - provenAt < tonumber(ttl) then return digits(math.max(now - provenAt, 0)) end
  return ''
end
`;

/**
 * KEYS generation, entry, proof, shared lock, own lock, substitute where there is one; ARGV unique, generation TTL, part, proven,
 * proof TTL, token or "", lease, the substitute's part. Returns now, generation, age of the proof or "", entry or "", substitute
 * where it is fresh and the credential may have it or "", lock key or "", its owner's token.
 */
export const READ = new RedisScript(`${TIME}${GENERATION}${READABLE}${PROOF}
local whole = groupGeneration(KEYS[1], ARGV[1], ARGV[2])
local generation = generationOf(KEYS[1], ARGV[3], whole)
local age = proofAge(KEYS[3], ARGV[5])
local proven = ARGV[4] == '1' or age ~= ''
local entry, fresh = readable(KEYS[2], generation)
local substitute = ''
if KEYS[6] and proven then
  local kept, isFresh = readable(KEYS[6], generationOf(KEYS[1], ARGV[8], whole))
  if isFresh then substitute = kept end
end
local reply = { digits(now), generation, age, entry, substitute, '', '' }
if ARGV[6] == '' or (proven and (fresh or substitute ~= '')) then return reply end
local lock = proven and KEYS[4] or KEYS[5]
reply[6] = lock
if redis.call('SET', lock, ARGV[6], 'NX', 'PX', ARGV[7]) then
  reply[7] = ARGV[6]
  return reply
end
local owner = redis.call('GET', lock)
if string.sub(owner, -1) == '!' then
  owner = string.sub(owner, 1, -2)
else
  redis.call('APPEND', lock, '!')
end
reply[7] = owner
return reply
`);

/**
 * KEYS generation, proof, entries ...; ARGV proof TTL, the entries' parts ... Returns now, age of the proof or "", entries or
 * "" ...
 */
export const PEEK = new RedisScript(`${TIME}${GENERATION}${READABLE}${PROOF}
local reply = { digits(now), proofAge(KEYS[2], ARGV[1]) }
local whole = redis.call('HGET', KEYS[1], '*')
for i = 3, #KEYS do
  reply[i] = whole and (readable(KEYS[i], generationOf(KEYS[1], ARGV[i - 1], whole))) or ''
end
return reply
`);

/**
 * KEYS generation, entry, lock, proof where there is one; ARGV part, generation, value, kept until, generation TTL, token, channel,
 * instant of the proof, its TTL. Returns 1 when the generation is still the same.
 */
export const WRITE = new RedisScript(`${TIME}${GENERATION}${KEEP}${GIVE_BACK}${PROVE}
if KEYS[4] then prove(KEYS[4], ARGV[8], ARGV[9]) end
local whole = redis.call('HGET', KEYS[1], '*')
local current = whole and generationOf(KEYS[1], ARGV[1], whole) == ARGV[2]
if current then
  keep(KEYS[2], ARGV[2], ARGV[3], ARGV[4])
  redis.call('PEXPIRE', KEYS[1], ARGV[5])
end
giveBack(KEYS[3], ARGV[6], ARGV[7])
return current and 1 or 0
`);

/** KEYS lock, entry; ARGV token, channel, "1" to forget the entry. */
export const RELEASE = new RedisScript(`${GIVE_BACK}
if ARGV[3] == '1' then redis.call('DEL', KEYS[2]) end
giveBack(KEYS[1], ARGV[1], ARGV[2])
`);

/** KEYS lock; ARGV token, lease. */
export const EXTEND = new RedisScript(`
local owner = redis.call('GET', KEYS[1])
if owner == ARGV[1] or owner == ARGV[1] .. '!' then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
`);

/** KEYS generation; ARGV unique, generation TTL, channel, message. */
export const INVALIDATE = new RedisScript(`${TIME}${GENERATION}
redis.call('DEL', KEYS[1])
groupGeneration(KEYS[1], ARGV[1], ARGV[2])
redis.call('PUBLISH', ARGV[3], ARGV[4])
`);

/**
 * KEYS generation, entry; ARGV unique, generation TTL, part, quiet since, value before and after the generation, kept until, channel,
 * message, parts to drop ...
 */
export const OBSERVE = new RedisScript(`${TIME}${GENERATION}${KEEP}
local whole = groupGeneration(KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
for i = 10, #ARGV do redis.call('HSET', KEYS[1], ARGV[i], ARGV[1]) end
if tonumber(string.match(whole, '^%d+')) < tonumber(ARGV[4]) then
  local generation = generationOf(KEYS[1], ARGV[3], whole)
  keep(KEYS[2], generation, ARGV[5] .. generation .. ARGV[6], ARGV[7])
end
if #ARGV > 9 then redis.call('PUBLISH', ARGV[8], ARGV[9]) end
`);

/** KEYS proof; ARGV its instant, proof TTL. */
export const RECORD_PROOF = new RedisScript(`${PROVE}
prove(KEYS[1], ARGV[1], ARGV[2])
`);

/** KEYS proof; ARGV proof TTL. */
export const REVOKE = new RedisScript(`${TIME}
redis.call('SET', KEYS[1], '-' .. digits(now), 'PX', ARGV[1])
`);

/** KEYS proof; ARGV proof TTL. Returns now and the age of the proof or "". */
export const READ_PROOF = new RedisScript(`${TIME}${PROOF}
return { digits(now), proofAge(KEYS[1], ARGV[1]) }
`);

/** KEYS a name in the channel's slot; ARGV channel, message. Returns now. */
export const BEACON = new RedisScript(`${TIME}
redis.call('PUBLISH', ARGV[1], ARGV[2])
return digits(now)
`);
