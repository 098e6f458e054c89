import { RedisScript } from "../redis-script.js";

/** What a replica tells and asks in one round trip. Times are in milliseconds. */
export interface TakeRequest {
  replica: string;
  /** Calls are counted in buckets of that length. */
  bucketMs: number;
  /** A bucket counts for so many buckets. */
  buckets: number;
  /** A replica's wishes hold what is free back for it for so long. */
  wishMs: number;
  /** How many calls there may have been when one of that priority is permitted: mutation, lookup, poll. */
  ceilings: [number, number, number];
  /** Calls that this replica permitted on its own since it last heard of Redis. */
  unreported: number;
  /** All calls that this replica permitted within the window: what Redis has lost is told again. */
  own: number;
  /** Permits of an earlier answer that were not used, and that answer's bucket. */
  back: number;
  backBucket: number;
  /** Permits beyond the wishes, where there are plenty. */
  spare: number;
  /** Priority (1 mutation, 2 lookup, 3 poll), project and count. */
  wishes: [number, string, number][];
}

/**
 * One step of the shared budget, by Redis's own clock.
 *
 * KEYS: 1 calls per bucket (hash), 2 replicas with their time and open wishes (hash), 3 how much each project has got while
 * others waited (hash). Who waits on whichever replica is considered: priorities one after the other, within one the
 * projects by start-time fair queueing (Goyal, Vin and Cheng, 1996), so that each gets as many permits as any other that
 * wants them. What falls to other replicas is not given away, but left for them.
 *
 * Reply: bucket, replicas, ms until there could be a permit for each priority, ms until it is worth asking again, spare
 * permits, then what each wish gets.
 */
const LUA = `
local ask = cjson.decode(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local bucket = math.floor(now / ask.bucketMs)
local retentionMs = (ask.buckets + 1) * ask.bucketMs

local spent = redis.call('HEXISTS', KEYS[2], ask.replica) == 1 and ask.unreported or ask.own
if spent > 0 then redis.call('HINCRBY', KEYS[1], bucket, spent) end
if ask.back > 0 then
  local known = tonumber(redis.call('HGET', KEYS[1], ask.backBucket) or '0')
  redis.call('HINCRBY', KEYS[1], ask.backBucket, -math.min(known, ask.back))
end

local used, counts = 0, {}
local calls = redis.call('HGETALL', KEYS[1])
for i = 1, #calls, 2 do
  local at, count = tonumber(calls[i]), tonumber(calls[i + 1])
  if at <= bucket - ask.buckets or at > bucket + 1 then
    redis.call('HDEL', KEYS[1], calls[i])
  elseif count > 0 then
    used = used + count
    counts[#counts + 1] = { at = at, count = count }
  end
end
table.sort(counts, function(a, b) return a.at < b.at end)

local replicas, others = 1, { {}, {}, {} }
local known = redis.call('HGETALL', KEYS[2])
for i = 1, #known, 2 do
  local replica = cjson.decode(known[i + 1])
  if replica.at <= now - retentionMs then
    redis.call('HDEL', KEYS[2], known[i])
  elseif known[i] ~= ask.replica then
    replicas = replicas + 1
    if replica.at > now - ask.wishMs then
      for _, wish in ipairs(replica.wishes) do
        local crowd = others[wish[1]]
        crowd[wish[2]] = (crowd[wish[2]] or 0) + wish[3]
      end
    end
  end
end

local shareOf = {}
local got = redis.call('HGETALL', KEYS[3])
for i = 1, #got, 2 do shareOf[got[i]] = tonumber(got[i + 1]) end
-- Whoever begins to wait has no claim to what he did not want before: he begins where those are who wait already.
local floor = shareOf[''] or 0
local function received(project) return math.max(shareOf[project] or 0, floor) end

-- How many permits each project gets of those that are free.
local function deal(wanted, free)
  local shares, total = {}, 0
  for project, count in pairs(wanted) do
    shares[project] = 0
    total = total + count
  end
  if total <= free then
    for project, count in pairs(wanted) do shares[project] = count end
    return shares
  end
  local projects = {}
  for project in pairs(wanted) do projects[#projects + 1] = project end
  table.sort(projects)
  for _ = 1, free do
    local next
    for _, project in ipairs(projects) do
      if shares[project] < wanted[project]
        and (not next or received(project) + shares[project] < received(next) + shares[next]) then
        next = project
      end
    end
    shares[next] = shares[next] + 1
  end
  return shares
end

local granted, open, taken, held = {}, {}, 0, 0
for priority = 1, 3 do
  local wanted = {}
  for project, count in pairs(others[priority]) do wanted[project] = count end
  for _, wish in ipairs(ask.wishes) do
    if wish[1] == priority then wanted[wish[2]] = (wanted[wish[2]] or 0) + wish[3] end
  end
  local shares = deal(wanted, ask.ceilings[priority] - used - taken - held)
  for i, wish in ipairs(ask.wishes) do
    if wish[1] == priority then
      local count = math.min(wish[3], shares[wish[2]])
      granted[i] = count
      shares[wish[2]] = shares[wish[2]] - count
      taken = taken + count
      if count > 0 then shareOf[wish[2]] = received(wish[2]) + count end
      if count < wish[3] then open[#open + 1] = { priority, wish[2], wish[3] - count } end
    end
  end
  for _, share in pairs(shares) do held = held + share end
end

local spare = 0
if #open == 0 then
  spare = math.max(0, math.min(ask.spare, math.floor(ask.ceilings[1] / 2) - used - taken - held))
end
if taken + spare > 0 then
  redis.call('HINCRBY', KEYS[1], bucket, taken + spare)
  counts[#counts + 1] = { at = bucket, count = taken + spare }
end

local function freeAfter(buckets) return (buckets + ask.buckets) * ask.bucketMs - now end
local earliest = {}
for priority = 1, 3 do
  local tooMany = used + taken + spare - ask.ceilings[priority] + 1
  earliest[priority] = 0
  for _, entry in ipairs(counts) do
    if tooMany <= 0 then break end
    earliest[priority] = freeAfter(entry.at)
    tooMany = tooMany - entry.count
  end
end
local retry = ask.bucketMs
if counts[1] then retry = math.max(1, math.min(retry, freeAfter(counts[1].at))) end

local wishes = #open > 0 and cjson.encode(open) or '[]'
redis.call('HSET', KEYS[2], ask.replica, '{"at":' .. string.format('%.0f', now) .. ',"wishes":' .. wishes .. '}')

-- What was got while nobody had to wait takes nothing from anybody and is forgotten.
local least
for _, wish in ipairs(open) do least = math.min(least or received(wish[2]), received(wish[2])) end
for priority = 1, 3 do
  for project in pairs(others[priority]) do least = math.min(least or received(project), received(project)) end
end
redis.call('DEL', KEYS[3])
if least then
  redis.call('HSET', KEYS[3], '', least)
  for project, share in pairs(shareOf) do
    if project ~= '' and share > least then redis.call('HSET', KEYS[3], project, share) end
  end
end
for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], retentionMs) end

local reply = { bucket, replicas, earliest[1], earliest[2], earliest[3], retry, spare }
for i = 1, #ask.wishes do reply[#reply + 1] = granted[i] end
return reply
`;

export const TAKE_SCRIPT = new RedisScript(LUA);

export interface TakeReply {
  bucket: number;
  /** Replicas that asked within the window, this one included. */
  replicas: number;
  earliestInMs: [mutation: number, lookup: number, poll: number];
  retryInMs: number;
  spare: number;
  /** For each wish. */
  granted: number[];
}

/** @throws Error for a reply that is none of the script's */
export function readTakeReply(reply: unknown, wishes: number): TakeReply {
  const numbers = Array.isArray(reply) ? reply.map(Number) : [];
  const [bucket, replicas, mutation, lookup, poll, retryInMs, spare, ...granted] = numbers;
  if (
    bucket === undefined ||
    replicas === undefined ||
    mutation === undefined ||
    lookup === undefined ||
    poll === undefined ||
    retryInMs === undefined ||
    spare === undefined ||
    granted.length !== wishes
  )
    throw new Error("Redis answered with something else than permits");
  return { bucket, replicas, earliestInMs: [mutation, lookup, poll], retryInMs, spare, granted };
}
