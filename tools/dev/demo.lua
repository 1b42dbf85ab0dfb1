-- The Mandelbrot set, and how many primes lie below ten thousand.
for y = -12, 12 do
    local line = {}
    for x = -45, 18 do
        local cr, ci, r, i, n = x / 24, y / 11, 0, 0, 0
        while r * r + i * i < 4 and n < 60 do
            r, i, n = r * r - i * i + cr, 2 * r * i + ci, n + 1
        end
        line[#line + 1] = (" .:-=+*#%@"):sub(n // 6 + 1, n // 6 + 1):gsub("^$", "@")
    end
    print("  " .. table.concat(line))
end

local primes, composite = 0, {}
for n = 2, 9999 do
    if not composite[n] then
        primes = primes + 1
        for multiple = n * n, 9999, n do
            composite[multiple] = true
        end
    end
end
print("  primes below 10000: " .. primes)
