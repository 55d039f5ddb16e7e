-- SPDX-License-Identifier: Apache-2.0
-- Copyright the mod_scim authors
--
-- wrk's side of the bench: one operation per run, each thread with its own part of the data.
--   wrk … -s drive.lua BASE -- OP DATA
-- DATA is the loader's output. Fails loudly on any status of 400 or more.

local threads = {}

function setup(thread)
   thread:set("thread_number", #threads + 1)
   table.insert(threads, thread)
end

local function read_data(path)
   local users, groups, tokens = {}, {}, {}
   for line in io.lines(path) do
      local kind, id, rest = line:match("^(%S+) (%S+) (%S+)$")
      if kind == "user" then
         users[#users + 1] = { id = id, name = rest, number = tonumber(rest:match("%d+$")) }
      elseif kind == "group" then
         groups[#groups + 1] = { id = id, size = tonumber(rest) }
      else
         tokens[kind] = rest
      end
   end
   return users, groups, tokens
end

local patch_head = '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":['
local json = {} -- wrk.headers and the content type; a table given to wrk.format() replaces wrk's
local run_mark = os.time() % 1000000

local function new_user(name)
   return '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"' .. name ..
      '","externalId":"' .. name .. '","name":{"formatted":"New User","familyName":"User",' ..
      '"givenName":"New"},"displayName":"New User","title":"Engineer","locale":"en-US",' ..
      '"active":true,"emails":[{"value":"' .. name .. '@example.com","type":"work",' ..
      '"primary":true},{"value":"' .. name .. '@home.example.org","type":"home"}],' ..
      '"phoneNumbers":[{"value":"+49-30-1234567","type":"work"}],"addresses":[{"type":"work",' ..
      '"streetAddress":"1 Example Street","locality":"Berlin","region":"BE",' ..
      '"postalCode":"10115","country":"DE"}],"groups":[],"password":"1mz050nq"}'
end

local ops = {}
local users, groups, counter
local unchanged = {} -- headers of a conditional request
local stored, rsa, ec = {}, {}, {} -- headers with a token of the database, and with signed ones
local middle -- pages before the middle of all users
local in_large -- users of the sample who are in the largest group

local function any_user()
   return users[math.random(#users)]
end

local function unique()
   counter = counter + 1
   return string.format("b%d-%d-%d", run_mark, thread_number, counter)
end

function ops.memory() return wrk.format("GET", "/probe/memory") end
function ops.select() return wrk.format("GET", "/probe/select/" .. any_user().id) end
function ops.page100() return wrk.format("GET", "/probe/page/0") end
function ops.insert()
   local name = unique()
   return wrk.format("POST", "/probe/insert/" .. name, json, new_user(name))
end

function ops.get() return wrk.format("GET", wrk.path .. "/Users/" .. any_user().id) end

-- With a token that is in the database and not in the configuration.
function ops.get_token()
   return wrk.format("GET", wrk.path .. "/Users/" .. any_user().id, stored)
end

-- With one that is signed.
function ops.get_jwt()
   return wrk.format("GET", wrk.path .. "/Users/" .. any_user().id, rsa)
end
function ops.get_jwt_ec()
   return wrk.format("GET", wrk.path .. "/Users/" .. any_user().id, ec)
end

-- In the large groups and no small one; and in none.
local function member() return users[11 + math.random(0, 4)] end
local function last_user() return users[#users - math.random(0, 4)] end

function ops.get_member() return wrk.format("GET", wrk.path .. "/Users/" .. member().id) end
function ops.get_free() return wrk.format("GET", wrk.path .. "/Users/" .. last_user().id) end
-- Nobody has changed these since they were loaded.
function ops.get_unchanged()
   return wrk.format("GET", wrk.path .. "/Users/" .. last_user().id, unchanged)
end

local function filter(attribute, value)
   return wrk.format("GET", wrk.path .. "/Users?filter=" .. attribute .. "%20eq%20%22" .. value ..
      "%22&startIndex=1&count=100")
end
function ops.lookup() return filter("userName", any_user().name) end
function ops.filter_email() return filter("emails.value", any_user().name .. "@example.com") end

local function page(query) return wrk.format("GET", wrk.path .. "/Users?count=100" .. query) end
function ops.page() return page("&startIndex=1") end
function ops.page_by_name() return page("&startIndex=1&sortBy=userName") end
function ops.page_by_email() return page("&startIndex=1&sortBy=emails.value") end

-- The console of an administrator, whose password is "bench": the first page, and a search.
local admin = { Authorization = "Basic YmVuY2g6YmVuY2g=" }
function ops.console_page() return wrk.format("GET", "/console/api/users?count=100", admin) end
function ops.console_search()
   return wrk.format("GET", "/console/api/users?count=100&q=" .. any_user().name:sub(1, -2), admin)
end

-- A static page, whose query names who asks for it. Of those who are remembered there are few enough.
local function static(name, user)
   return wrk.format("GET", "/pages/" .. name .. "/page.html?" .. user.name)
end
local function few_users() return users[math.random(math.min(200, #users))] end
function ops.require() return static("required", any_user()) end
function ops.require_cached() return static("cached", few_users()) end
function ops.require_none() return static("open", few_users()) end

-- A client that walks on by startIndex: over the first pages, and from the middle of all users on.
local function walk(first, pages)
   counter = counter + 1
   return page("&startIndex=" .. (first + (counter - 1) % pages) * 100 + 1)
end
function ops.walk_early() return walk(0, math.min(40, middle)) end
function ops.walk_late() return walk(middle, middle) end

function ops.post() return wrk.format("POST", wrk.path .. "/Users", json, new_user(unique())) end
function ops.post_rules()
   return wrk.format("POST", "/ruled" .. wrk.path .. "/Users", json, new_user(unique()))
end

-- The same for a tenant whose users are mapped: ten columns of an application's table.
function ops.post_mapped()
   return wrk.format("POST", "/mapped" .. wrk.path .. "/Users", json, new_user(unique()))
end

-- The same for a place that keeps no audit trail.
function ops.post_unaudited()
   return wrk.format("POST", "/unaudited" .. wrk.path .. "/Users", json, new_user(unique()))
end
function ops.patch_active()
   counter = counter + 1
   return wrk.format("PATCH", wrk.path .. "/Users/" .. any_user().id, json, patch_head ..
      '{"op":"replace","value":{"active":' .. (counter % 2 == 0 and "true" or "false") .. '}}]}')
end

-- Sixteen users of this thread go and come back, or come and go, so that the group keeps its size and
-- no two requests under way are about one user: an identity provider does not do that either.
local window = 16

local function member_change(group, first, count)
   local mine = math.floor(count / 2)
   local round = math.floor(counter / window)
   local at = (math.floor(round / 2) * window + counter % window) % mine
   local id = users[first + (thread_number - 1) * mine + at].id
   local comes = (round % 2 == 0) == (first > 1)
   counter = counter + 1
   if not comes then
      return wrk.format("PATCH", wrk.path .. "/Groups/" .. group.id, json, patch_head ..
         '{"op":"remove","path":"members[value eq \\"' .. id .. '\\"]"}]}')
   end
   return wrk.format("PATCH", wrk.path .. "/Groups/" .. group.id, json, patch_head ..
      '{"op":"add","path":"members","value":[{"value":"' .. id .. '"}]}]}')
end

local function group_by_size(largest)
   local found = groups[1]
   for _, g in ipairs(groups) do
      if (g.size > found.size) == largest then found = g end
   end
   return found
end

-- Who is in the large group: the first of the sample. In the small one is only who comes before
-- number 10.
function ops.member_big() return member_change(group_by_size(true), 1, in_large) end
function ops.member_small() return member_change(group_by_size(false), 11, in_large - 10) end

local operation

function init(args)
   math.randomseed(os.time() * 100 + thread_number)
   local tokens
   users, groups, tokens = read_data(args[2])
   counter = 0
   for name, value in pairs(wrk.headers) do
      json[name] = value
      unchanged[name] = value
      stored[name], rsa[name], ec[name] = value, value, value
   end
   stored["Authorization"] = "Bearer " .. tokens.token
   rsa["Authorization"] = "Bearer " .. tokens.rsa
   ec["Authorization"] = "Bearer " .. tokens.ec
   json["Content-Type"] = "application/scim+json"
   unchanged["If-None-Match"] = 'W/"1"'
   middle = math.floor(users[#users].number / 200)
   in_large = 0
   for _, g in ipairs(groups) do
      local n = 0
      while n < #users and users[n + 1].number < g.size do n = n + 1 end
      in_large = math.max(in_large, n)
   end
   operation = ops[args[1]]
   if not operation then error("no such operation: " .. tostring(args[1])) end
end

function request() return operation() end

function done(summary, latency)
   io.write(string.format("RESULT %d %d %d %d %d %d\n", summary.requests, summary.duration,
      summary.errors.status + summary.errors.connect + summary.errors.read +
      summary.errors.write + summary.errors.timeout, latency:percentile(50),
      latency:percentile(99), summary.bytes))
end
