-- Runs without a single error raised, so it also runs where an error ends the run.
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
print("fib", fib(20), _VERSION)

local words = {}
for word in ("the quick brown fox jumps over the lazy dog"):gmatch("%a+") do words[#words + 1] = word end
table.sort(words)
print(table.concat(words, ","), #words, ("x"):rep(10, "-"))
print(("hello world"):upper(), ("hello"):reverse(), ("%5.2f|%-6d|%q|%x"):format(math.pi, 42, "a\nb", 255))
print(("key = value"):match("^(%w+)%s*=%s*(%w+)$"), ("a.b.c"):gsub("%.", "/"), ("abc"):byte(1, -1))
print(string.pack("<i4", 100):byte(1, -1))
print(7 // 2, -7 // 2, 7 % -3, 2 ^ 10, 10 / 4, 3 | 4, ~0, 1 << 62, 1e15, 1e100, 0.1, -0.0, 1 / 0, -1 / 0)
print(math.maxinteger, math.mininteger, math.maxinteger + 1 == math.mininteger, math.tointeger(3.0), math.type(1.5))
print(math.floor(-3.5), math.ceil(-3.5), math.sqrt(2), math.fmod(7, 3), math.abs(-4), math.max(1, 9, 3))
print(tostring(nil), tostring(true), tonumber("0x1p4"), tonumber("10", 2), tonumber("zz", 36), tonumber("x"))

local matrix = {}
for i = 1, 20 do
  matrix[i] = {}
  for j = 1, 20 do matrix[i][j] = (i * j) % 7 end
end
local trace = 0
for i = 1, 20 do trace = trace + matrix[i][i] end
print("trace", trace)

for row = 0, 11 do
  local line = {}
  for column = 0, 39 do
    local cr, ci, zr, zi, count = column / 16 - 2, row / 5 - 1.1, 0.0, 0.0, 0
    while count < 50 and zr * zr + zi * zi < 4 do
      zr, zi, count = zr * zr - zi * zi + cr, 2 * zr * zi + ci, count + 1
    end
    line[#line + 1] = count == 50 and "#" or count > 8 and "+" or "."
  end
  print(table.concat(line))
end

local list = {}
for i = 1, 2000 do list[i] = (i * 7919) % 2003 end
table.sort(list, function(a, b) return a > b end)
print(list[1], list[1000], list[2000], select("#", table.unpack(list, 1, 100)))

local class = setmetatable({}, { __call = function(_, x) return setmetatable({ x = x }, { __add = function(a, b)
  return a.x + b.x end, __tostring = function(s) return "<" .. s.x .. ">" end, __len = function() return 99 end,
  __eq = function() return true end, __index = function(_, k) return k .. "?" end }) end })
local a, b = class(3), class(4)
print(a + b, tostring(a), #a, a == b, a.missing)

local function counter()
  local n = 0
  return function() n = n + 1 return n end
end
local c1, c2 = counter(), counter()
print(c1(), c1(), c2())
for i = 1, 3 do
  if i == 2 then goto continue end
  io_free = i
  ::continue::
end
print(io_free, utf8.char(228, 8364, 128512), utf8.len("äöü€"))
for i = 1, 200 do local garbage = {} for j = 1, 100 do garbage[j] = { i, j } end end
collectgarbage()
print("collected", collectgarbage("count") < 20000)
