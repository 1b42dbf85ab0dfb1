-- Errors raised and caught at several depths, errors with values, coroutines that yield, fail and finish.
print(pcall(error, "plain"))
print(pcall(error, { code = 7 }) == false, select(2, pcall(error, nil)))
print(pcall(function() local t = nil; return t.x end))
print(pcall(function() return 1 + {} end))
print(pcall(function() return #5 end))
print(pcall(string.rep))
print(select("#", pcall(function() return 1, 2, 3 end)))
print(xpcall(function() error("deep", 2) end, function(message) return "handled: " .. tostring(message) end))

local function nest(depth)
  if depth == 0 then error({ depth = "bottom" }) end
  local ok, problem = pcall(nest, depth - 1)
  if ok then return "?" end
  if depth % 3 == 0 then return "caught at " .. depth end
  error(problem, 0)
end
print(pcall(nest, 1) == false, select(2, pcall(nest, 1)).depth)
print(nest(9))

local result, message = load("return +")
print(result, message)
print(load("return 6 * 7")())
local function deeper(text) return (text:gsub(".", deeper)) end
print(pcall(deeper, "x"))

local producer = coroutine.wrap(function(first)
  local got = first
  for i = 1, 5 do got = coroutine.yield(i * got) end
  return "finished"
end)
print(producer(2), producer(3), producer(4), producer(5), producer(6), producer(7))

local failing = coroutine.create(function()
  coroutine.yield("before")
  error("inside")
end)
print(coroutine.resume(failing))
print(coroutine.resume(failing))
print(coroutine.resume(failing), coroutine.status(failing))

local function generate(n)
  return coroutine.wrap(function()
    for i = 1, n do
      local ok = pcall(coroutine.yield, i)
      if not ok then coroutine.yield(-i) end
    end
  end)
end
local sum = 0
for value in generate(50) do sum = sum + value end
print("sum", sum)

do
  local log = {}
  local ok, problem = pcall(function()
    local closing <close> = setmetatable({}, { __close = function(_, e) log[#log + 1] = tostring(e) end })
    error("while open", 0)
  end)
  print(ok, problem, table.concat(log))
end
for i = 1, 300 do
  local ok = pcall(error, i)
  assert(not ok)
end
print(pcall(assert, false, "asserted"), pcall(assert, 1))
error("the end")
