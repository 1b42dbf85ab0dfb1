-- The work of run(n): calls, tables, strings, closures, floats. Returns a function of n that gives an integer.

local function fib(n)
  if n < 2 then return n end
  return fib(n - 1) + fib(n - 2)
end

local seed = 12345
local function random(limit)
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return (seed >> 8) % limit
end

local function sorting()
  local values = {}
  for i = 1, 300 do values[i] = random(10000) end
  table.sort(values, function(a, b) return a > b end)
  return values[1] * 3 + values[150]
end

local function words()
  local parts, counts = {}, {}
  for i = 1, 120 do parts[i] = string.char(97 + random(26), 97 + random(3)) end
  local text = table.concat(parts, " ")
  for word in text:gmatch("%a+") do counts[word] = (counts[word] or 0) + 1 end
  local sum = 0
  for word, count in pairs(counts) do sum = sum + count * word:byte(1) end
  return sum + #text:gsub("a", "aa"):upper() + #string.format("%5d|%-8s|%.3f", sum, "x", sum / 7)
end

local function mandelbrot()
  local inside = 0
  for y = 0, 15 do
    for x = 0, 15 do
      local cr, ci, zr, zi, i = x / 8 - 1.5, y / 8 - 1, 0.0, 0.0, 0
      while i < 30 and zr * zr + zi * zi < 4 do
        zr, zi, i = zr * zr - zi * zi + cr, 2 * zr * zi + ci, i + 1
      end
      inside = inside + i
    end
  end
  return inside
end

local Account = {}
Account.__index = Account
function Account.new(balance) return setmetatable({ balance = balance }, Account) end
function Account:deposit(amount) self.balance = self.balance + amount end

local function objects()
  local accounts = {}
  for i = 1, 50 do accounts[i] = Account.new(i) end
  for i = 1, 400 do accounts[i % 50 + 1]:deposit(random(100)) end
  local sum = 0
  for _, account in ipairs(accounts) do sum = sum + account.balance end
  return sum
end

return function(n)
  local sum = 0
  seed = 12345
  for _ = 1, n do
    sum = (sum * 31 + fib(14) + sorting() + words() + mandelbrot() + objects()) & 0x7fffffff
  end
  return sum
end
